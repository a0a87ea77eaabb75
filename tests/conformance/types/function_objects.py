# Function, method, code and built-in objects.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


def f(a, b=1, *args, c, d=2, **kw) -> int:
    "doc"
    x = a
    return x
print(f.__name__, f.__qualname__, f.__doc__, f.__defaults__, f.__kwdefaults__, f.__module__, f.__annotations__, f.__closure__)
c = f.__code__
print(c.co_name, c.co_argcount, c.co_kwonlyargcount, c.co_varnames, c.co_nlocals, c.co_flags & 0x0C, c.co_consts[-1] if False else "", c.co_names, c.co_freevars, c.co_cellvars, c.co_firstlineno > 0, c.co_qualname)
f.__name__ = "renamed"
f.__doc__ = None
f.__defaults__ = (5, 6)
print(f.__name__, f.__doc__, f(c=1))
f.__code__ = (lambda a=0, b=0: "swapped").__code__
print(f())
for bad in ("f.__name__ = 5", "f.__code__ = 5", "f.__defaults__ = 5", "f.nope", "del f.nope", "f.__dict__ = 5", "(lambda: 0).x", "f < f", "f + 1", "f[0]", "len.x = 1", "len.__name__ = 'x'"):
    try:
        exec(bad)
        print(bad, "ok")
    except Exception as e:
        print(bad, "->", type(e).__name__ + ":", e)
class C:
    def m(self, x):
        return x
    @classmethod
    def cm(cls):
        return cls.__name__
    @staticmethod
    def sm():
        return "static"
o = C()
m = o.m
print(m(5), m.__self__ is o, m.__func__ is C.m, m.__name__, o.m == o.m, o.m is o.m, hash(o.m) == hash(o.m), C.m(o, 6), o.cm(), C.cm.__self__ is C, o.sm is C.sm)
import types
print(isinstance(f, types.FunctionType), isinstance(m, types.MethodType), isinstance(len, types.BuiltinFunctionType), isinstance((x for x in []), types.GeneratorType), types.MethodType(lambda s, y: (s, y), 1)(2))
g = types.FunctionType(compile("def q(x): return x + k", "<g>", "exec").co_consts[0], {"k": 10}, "made")
print(g(5), g.__name__, g.__globals__["k"])
print(len.__name__, len.__doc__ is not None, len.__self__.__name__, [].append.__name__, [].append.__self__, str.upper.__name__, str.upper("a"), str.__add__("a", "b"), type(str.upper).__name__, type([].append).__name__, int.__add__.__name__)
for code in ("str.upper(5)", "str.upper()", "list.append([])", "dict.get(1, 2)", "int.__add__('a', 1)", "object.__repr__()", "str.join(',', ['a'])", "list.append(5, 1)"):
    try:
        print(code, eval(code))
    except Exception as e:
        print(code, "->", type(e).__name__ + ":", e)
show("print.__name__", "repr(len)", "repr(str.upper)", "repr(int.__add__)", "repr(print)", "repr([].append)[:36]", "repr(dict.fromkeys)[:38]", "repr(object.__init__)", "callable(len)", "type(f).__name__", "type(C.__dict__['cm']).__name__", "type(C.__dict__['sm']).__name__", "C.__dict__['m'] is C.m", "repr(C)", "repr(type)", "repr(Exception)", "repr(f)[:17]", "repr(o.m)[:27]", "repr(lambda: 0)[:19]")
print(sorted(k for k in vars(C) if not k.startswith("__")), dir(o)[-3:], "m" in dir(C))
def outer(x):
    def inner():
        return x
    return inner
i = outer(5)
print(i.__closure__[0].cell_contents, i.__code__.co_freevars, outer.__code__.co_cellvars)
i.__closure__[0].cell_contents = 6
print(i())
print(c.replace(co_name="other").co_name, c == c, list(c.co_lines())[0][2] is not None, len(c.co_code) > 0)
