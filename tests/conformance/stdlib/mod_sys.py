# sys.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


import sys
print(sys.version_info[:2], sys.version_info >= (3, 14), sys.version_info.major, sys.version_info.releaselevel in ("final", "candidate", "beta", "alpha"), sys.maxsize, sys.maxunicode, sys.byteorder, sys.platform, sys.hexversion >> 16 == 0x30E, type(sys.version).__name__, sys.version.startswith("3.14"))
print(sys.argv[1:], isinstance(sys.path, list), sys.modules["sys"] is sys, "__main__" in sys.modules, sys.getrecursionlimit() >= 1000, sys.getdefaultencoding(), sys.getfilesystemencoding(), sys.flags.optimize, sys.stdout.encoding, isinstance(sys.executable, str), sys.byteorder)
print(sys.float_info.max, sys.float_info.epsilon, sys.float_info.dig, sys.int_info.default_max_str_digits, sys.hash_info.modulus, sys.hash_info.width, sys.implementation.name in ("cpython", "typhon"), sys.intern("abc") is sys.intern("ab" + "c"))
print(sys.getsizeof([]) > 0, sys.getrefcount([]) >= 1, sys.exc_info(), sys.stdin is not None, sys.__stdout__ is sys.stdout, "math" in sys.builtin_module_names or "math" in sys.stdlib_module_names, callable(sys.excepthook), callable(sys.displayhook), sys.is_finalizing())
def frame():
    f = sys._getframe()
    return f.f_code.co_name, f.f_back.f_code.co_name, sorted(f.f_locals), f.f_lineno > 0
print(frame())
def lines():
    try:
        1 / 0
    except ZeroDivisionError:
        t, v, tb = sys.exc_info()
        return t.__name__, str(v), tb.tb_lineno - tb.tb_frame.f_code.co_firstlineno
print(lines())
old = sys.getrecursionlimit()
sys.setrecursionlimit(200)
def deep(n):
    return deep(n + 1)
try:
    deep(0)
except RecursionError as e:
    print(e)
sys.setrecursionlimit(old)
sys.stdout.write("written\n")
sys.stdout.flush()
import io
saved, sys.stdout = sys.stdout, io.StringIO()
print("captured")
text, sys.stdout = sys.stdout.getvalue(), saved
print(repr(text))
show("sys.setrecursionlimit(0)", "sys.setrecursionlimit('a')", "sys.nope", "sys.intern(5)", "sys._getframe(1000)", "sys.exit.__name__", "sys.getswitchinterval()", "sys.version_info > (3, 0)", "len(sys.version_info)", "sys.set_int_max_str_digits(100)", "sys.set_int_max_str_digits(0)", "len(str(10 ** 5000))", "sys.displayhook(None)", "sys.getsizeof()", "sys._is_gil_enabled() in (True, False)")
sys.displayhook(5)
try:
    sys.exit(3)
except SystemExit as e:
    print("exit", e.code)
for arg in (None, 0, "text", [1], True):
    try:
        sys.exit(arg)
    except SystemExit as e:
        print(repr(e.code), repr(e))
