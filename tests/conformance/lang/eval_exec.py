# eval, exec, compile, code objects, namespaces.
x = 10
print(eval("x + 1"), eval("x", {"x": 5}), eval("x + y", {"x": 1}, {"y": 2}), eval(" 1+1 "), eval("(lambda a: a * x)(3)"))
ns = {"a": 1}
exec("b = a + 1\ndef f(n):\n    return n * b\nc = [f(i) for i in range(3)]", ns)
print(ns["b"], ns["c"], ns["f"](10), "__builtins__" in ns)
exec("x = 99")
print(x)
def local():
    y = 1
    exec("y = 2; z = 3")
    return y, eval("y"), sorted(locals())
print(local())
code = compile("v = 7\nprint('compiled', v)", "<my file>", "exec")
exec(code)
print(code.co_filename, code.co_name, eval(compile("[i for i in range(3)]", "<e>", "eval")))
exec(compile("1 + 1", "<single>", "single"))
for bad in (lambda: eval("x ="), lambda: eval("import os"), lambda: eval(""), lambda: exec("1 +"), lambda: eval(5), lambda: exec(5), lambda: eval("x", 5), lambda: eval("undefined_here"), lambda: compile("x", "f", "wrong"), lambda: eval("1", {}, 5), lambda: compile("a = 1", "f", "eval"), lambda: eval(b"1 + 1") and 1 / 0):
    try:
        print(bad())
    except Exception as e:
        print(type(e).__name__, e)
class Missing(dict):
    def __missing__(self, key):
        return f"<{key}>"
print(eval("a + b", {}, Missing()))
class Tracking(dict):
    def __setitem__(self, k, v):
        print("store", k)
        super().__setitem__(k, v)
exec("p = 1\nq = p + 1", {}, Tracking())
print(eval("__builtins__ is not None"), eval("len([1, 2])", {"__builtins__": {"len": lambda v: "mine"}}))
try:
    eval("len([])", {"__builtins__": {}})
except NameError as e:
    print(e)
globals()["made"] = "by globals()"
print(made)
def outer():
    k = 5
    return eval("k * 2"), [eval("k", {"k": n}) for n in range(2)]
print(outer())
exec("def g(a, b=2, *c, d=4, **e): return a, b, c, d, e")
print(g(1), g(1, 3, 5, d=7, z=8))
exec("""
class C:
    attr = x
    def m(self):
        return __class__.__name__
""")
print(C.attr, C().m())
exec("global inside; inside = 'global by exec'", globals(), {})
print(inside)
f = lambda: (yield)
print(code.co_consts[0], code.co_names[:2], code.co_firstlineno, code.co_stacksize > 0)
def closure():
    free = 1
    def inner(): return free
    return inner
try:
    exec(closure().__code__)
except TypeError as e:
    print(e)
src = "\n".join(f"v{i} = {i}" for i in range(2000))
big = {}
exec(src, big)
print(big["v1999"], len([k for k in big if k.startswith("v")]))
print(eval("+".join(str(i) for i in range(500))))
t = {}
exec("try:\n    1/0\nexcept ZeroDivisionError as e:\n    msg = str(e)\nfinally:\n    done = True", t)
print(t["msg"], t["done"], "e" in t)
exec("from math import pi as PI\nimport os.path as osp")
print(round(PI, 3), osp.basename("/a/b"))
