# except*, nested groups, split and subgroup, tracebacks and contexts of groups.
def handle(make):
    log = []
    try:
        try:
            make()
        except* ValueError as e:
            log.append(("value", [str(x) for x in e.exceptions]))
        except* (TypeError, KeyError) as e:
            log.append(("type or key", [type(x).__name__ for x in e.exceptions]))
        else:
            log.append("else")
        finally:
            log.append("finally")
    except BaseException as e:
        log.append(("left", type(e).__name__, str(e)))
    return log
def group(*e): raise ExceptionGroup("g", list(e))
def r(e): raise e
print(handle(lambda: None))
print(handle(lambda: group(ValueError(1), ValueError(2))))
print(handle(lambda: group(ValueError(1), TypeError(2), KeyError(3))))
print(handle(lambda: group(OSError("o"))))
print(handle(lambda: group(ValueError(1), OSError("o"))))
print(handle(lambda: r(ValueError("naked"))))
print(handle(lambda: r(OSError("naked"))))
print(handle(lambda: group(ExceptionGroup("inner", [ValueError(1), OSError("x")]), TypeError(5))))
print(handle(lambda: r(BaseExceptionGroup("b", [KeyboardInterrupt(), ValueError(3)]))))
try:
    try:
        group(ValueError(1), TypeError(2))
    except* ValueError:
        raise RuntimeError("raised in handler")
except ExceptionGroup as e:
    print(e, [repr(x) for x in e.exceptions], repr(e.exceptions[0].__context__) if e.exceptions[0].__context__ else None)
try:
    try:
        group(ValueError(1), TypeError(2))
    except* ValueError:
        raise
except ExceptionGroup as e:
    print(repr(e))
def loop():
    for i in range(3):
        try:
            if i == 1:
                group(ValueError(i))
        except* ValueError as e:
            print("in loop", i, e.exceptions)
    return "done"
print(loop())
eg = ExceptionGroup("top", [ValueError("a"), ExceptionGroup("mid", [TypeError("b"), ValueError("c")]), KeyError("d")])
match, rest = eg.split(ValueError)
print(repr(match), repr(rest))
print(repr(eg.subgroup(lambda e: "b" in str(e) and not isinstance(e, ExceptionGroup))), eg.subgroup(OSError), eg.split((TypeError, KeyError))[0])
class MyGroup(ExceptionGroup):
    def derive(self, excs): return MyGroup(self.message + " derived", excs)
m = MyGroup("mine", [ValueError(1), TypeError(2)])
a, b = m.split(ValueError)
print(type(a).__name__, a.message, type(b).__name__)
eg.add_note("note on group")
print(eg.split(KeyError)[0].__notes__)
for bad in ("ExceptionGroup(5, [ValueError()])", "ExceptionGroup('x', 5)", "ExceptionGroup('x', [])", "ExceptionGroup('x', [ValueError])", "ExceptionGroup('x')", "eg.split(5)", "eg.subgroup()"):
    try:
        print(bad, eval(bad))
    except (TypeError, ValueError) as e:
        print(bad, "->", type(e).__name__, e)
try:
    try:
        raise ValueError("x")
    except* ExceptionGroup:
        pass
except TypeError as e:
    print(e)
except ValueError as e:
    print("ValueError", e)
print(isinstance(eg, Exception), isinstance(BaseExceptionGroup("x", [KeyboardInterrupt()]), Exception), str(eg), eg.exceptions[1].exceptions[0])
