# traceback.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


import traceback, sys, io, re
def clean(text):
    return re.sub(r'File "[^"]*[/\\]', 'File "', text)
def inner(x):
    return 1 / x
def outer():
    inner(0)
try:
    outer()
except ZeroDivisionError as e:
    print(clean(traceback.format_exc()))
    tb = traceback.extract_tb(e.__traceback__)
    print([(f.name, f.line) for f in tb], len(tb), tb[0].lineno < tb[-1].lineno or True)
    print(traceback.format_exception_only(e), clean("".join(traceback.format_exception(e))).splitlines()[-1], traceback.format_exception_only(type(e), e))
    te = traceback.TracebackException.from_exception(e)
    print(str(te), te.exc_type.__name__, len(te.stack), list(te.format_exception_only()))
    out = io.StringIO(); traceback.print_exc(file=out); print(clean(out.getvalue()).splitlines()[0])
    out = io.StringIO(); traceback.print_tb(e.__traceback__, limit=1, file=out); print(clean(out.getvalue()))
try:
    try:
        raise KeyError("first")
    except KeyError as e:
        raise ValueError("second") from e
except ValueError:
    print(clean(traceback.format_exc()))
try:
    try:
        raise KeyError("first")
    except KeyError:
        raise ValueError("during")
except ValueError as e:
    e.add_note("a note"); e.add_note("two\nlines")
    print(clean(traceback.format_exc()))
    print(clean("".join(traceback.format_exception(e, chain=False))))
try:
    raise ExceptionGroup("many", [ValueError(1), ExceptionGroup("deep", [TypeError("t")])])
except ExceptionGroup:
    print(clean(traceback.format_exc()))
try:
    compile("x = = 1", "<bad>", "exec")
except SyntaxError as e:
    print("".join(traceback.format_exception_only(e)))
def stack():
    return [f.name for f in traceback.extract_stack()]
print(stack()[-2:], traceback.format_list([("f.py", 3, "fn", "x = 1")]), traceback.format_tb(None))
class E(Exception):
    def __str__(self): raise RuntimeError
print(traceback.format_exception_only(E()))
print(traceback.format_exception_only(ValueError()), traceback.format_exception_only(ValueError("multi\nline")), traceback.format_exception_only(KeyboardInterrupt()))
def rec(n):
    if n == 0:
        raise ValueError("deep")
    rec(n - 1)
try:
    rec(20)
except ValueError:
    text = clean(traceback.format_exc())
    print(len(text.splitlines()), "Previous line repeated" in text)
def carets(d, s):
    return d["a"]["b"] + s.attr.missing(1, 2)
for args in (({}, 1), ({"a": {}}, 1), ({"a": {"b": 1}}, 1)):
    try:
        carets(*args)
    except Exception:
        print(clean(traceback.format_exc()))
f = traceback.FrameSummary("file.py", 10, "func", line="code()")
print(f, tuple(f), traceback.StackSummary.from_list([f]).format())
out = io.StringIO(); traceback.print_exception(ValueError("direct"), file=out); print(out.getvalue())
print(traceback.format_exc())
