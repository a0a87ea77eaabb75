# Every kind of parameter, and what wrong calls say.
def f(a, b=2, /, c=3, *args, d, e=5, **kw):
    return a, b, c, args, d, e, kw


print(f(1, d=4))
print(f(1, 20, 30, 40, 50, d=60, e=70, z=80, a=90))
print(f(*[1, 2], *(3, 4), d=0, **{"x": 1}, **{"y": 2}))


def g(a, b, *, c):
    return a, b, c


def h():
    pass


def k(x=1, *rest):
    return x, rest


def m(a, /, b):
    return a, b


def many(a, b, c, d):
    pass


def try_(call):
    try:
        print(call, "=", eval(call))
    except Exception as e:
        print(call, "->", type(e).__name__ + ":", e)


for call in ("g()", "g(1)", "g(1, 2)", "g(1, 2, 3)", "g(1, 2, 3, c=4)", "g(1, 2, c=3, d=4)", "g(1, a=2, b=3, c=4)", "h(1)", "h(x=1)", "h(1, 2)", "k(1, 2, 3)",
             "k(x=4)", "m(a=1, b=2)", "m(1, b=2)", "many()", "many(1)", "many(1, 2)", "many(1, 2, 3, 4, 5)", "many(1, 2, d=1)", "f()", "f(1)", "f(d=1)",
             "g(*1)", "g(**1)", "g(**{1: 2})", "h(*[1, 2, 3])", "g(1, 2, **{'c': 1}, **{'c': 2})", "(lambda x, y=2: (x, y))(1)", "(lambda: 1)(2)",
             "(lambda *a, **k: (a, k))(1, b=2)", "print(1, foo=2)", "len()", "len(1, 2)", "len(x=1)", "int(1, 2, 3)", "'a'.join()", "[].append()", "[].append(1, 2)"):
    try_(call)


def defaults(x, acc=[]):
    acc.append(x)
    return acc


print(defaults(1), defaults(2), defaults(3, []))
print(f.__name__, f.__defaults__, f.__kwdefaults__, f.__code__.co_argcount, f.__code__.co_posonlyargcount, f.__code__.co_kwonlyargcount, f.__code__.co_varnames[:7])


def doc():
    """The doc string."""


print(doc.__doc__, doc.__module__, doc.__qualname__, h.__doc__)


def outer():
    def inner():
        pass

    class C:
        def method(self):
            pass

    return inner, C


inner, C = outer()
print(inner.__qualname__, C.__qualname__, C.method.__qualname__)


def annotated(a: int, b: "str" = "x", *c: list, d: dict = {}, **e: 1 + 1) -> None:
    pass


print(annotated.__annotations__)


def recursive(n):
    return 1 if n == 0 else n * recursive(n - 1)


print(recursive(20))
f.attr = 1
print(f.attr, f.__dict__)
f.__defaults__ = (9,)
try_("f(1, d=2)")
print((lambda: (yield))().__class__.__name__)
print((lambda x: x * 2)(21), list(map(lambda x, y: x + y, [1, 2], [3, 4])))


def decorator(label):
    def apply(func):
        print("decorating", func.__name__, "with", label)

        def wrapper(*args, **kw):
            return label, func(*args, **kw)

        return wrapper

    return apply


@decorator("outer")
@decorator("inner")
def decorated(x):
    return x


print(decorated(5))


def order(a=print("default a"), b=print("default b")):
    pass


def returns_nothing():
    return


print(returns_nothing(), h())
