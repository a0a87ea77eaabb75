# Evaluation order of calls, argument passing by star forms, mutation during calls, bound and partial callables.
def t(x):  # what is evaluated, and when
    print("eval", getattr(x, "__name__", x))
    return x
def f(*a, **k): return a, k
print(t(f)(t(1), *t([2, 3]), t(4), *t((5,)), k=t(6), **t({"m": 7})))
class Keys:
    def keys(self): return ["a", "b"]
    def __getitem__(self, k): return k.upper()
print(f(**Keys()), {**Keys()}, f(*Keys().keys()), f(*{1: 2}), f(*"ab"), f(*(i for i in range(3))))
def gen():
    yield 1
    raise ValueError("in star")
for code in ("f(*gen())", "f(**{1: 2})", "f(*None)", "f(**None)", "f(a=1, **{'a': 2})", "f(**{'a': 1}, **{'a': 2})", "f(**[('a', 1)])", "f(*5)", "None()", "(1)(2)", "'a'()", "f.x()", "f(**{'a': 1, 2: 3})"):
    try:
        print(code, "=", eval(code))
    except Exception as e:
        print(code, "->", type(e).__name__, e)
def swap(a, b, c=3, *, d=4): return a, b, c, d
print(swap(b=1, a=2), swap(1, b=2, d=0), swap(*[1], **{"b": 5}), swap(1, *[2], d=9))
d = {"x": 1}
def mutate(**kw): kw["x"] = 2; return kw
print(mutate(**d), d)
l = [1, 2]
def extend(*a): l.append(3); return a
print(extend(*l), l)
def defaults(a, b=[], *, c={}): b.append(a); c[a] = 1; return b, c
print(defaults(1), defaults(2), defaults.__defaults__)
def rec(n, acc=()): return acc if n == 0 else rec(n - 1, acc + (n,))
print(rec(10))
class M:
    def __init__(self, n): self.n = n
    def __call__(self, *a): return (self.n, *a)
    def m(self, x): return self.n + x
    @classmethod
    def c(cls, x): return cls.__name__ + x
    @staticmethod
    def s(x): return x * 2
o = M(5)
print(o(1, 2), M(1)(2), list(map(o, "ab")), list(map(o.m, [1, 2])), list(map(M.c, "xy")), list(map(M.s, [1, 2])), M.m(o, 1), [*map(str.upper, "ab")])
fs = [o.m, M.s, len, str, lambda x: x, M, int.__add__.__get__(5), "abc".count, [].append, dict, o]
for fn in fs:
    try:
        r = fn(*([1] if fn is not len and fn is not "abc".count else ["a"]))
        print(type(fn).__name__, r if not isinstance(r, M) else "M")
    except TypeError as e:
        print(type(fn).__name__, "->", e)
o.__call__ = lambda: "instance attribute is not used"
print(o())
class K:
    def __new__(cls, a, b=2): 
        self = object.__new__(cls); self.made = (a, b); return self
    def __init__(self, *args, **kw): self.init = (args, kw)
k = K(1, b=3)
print(k.made, k.init)
def annotated_star(*args: int, **kw: str) -> None: return len(args) + len(kw)
print(annotated_star(1, 2, a="b"))
def nested(a, *, _=None):
    def inner(b, /, *args, c=a, **kw): return a, b, args, c, kw
    return inner
print(nested(1)(2, 3, 4, c=5, b=6), nested("x")("y"))
def posonly(a, b=2, /, **kw): return a, b, kw
print(posonly(1, a=3, b=4))
x = [f(i, *[i] * i, **{str(i): i}) for i in range(3)]
print(x)
import operator
print(operator.call(f, 1, a=2), (lambda *a, k=1, **kw: (a, k, kw))(1, 2, k=3, z=4))
big = list(range(300))
print(len(f(*big)[0]), sum(f(*big, *big)[0]), len(f(**{f"k{i}": i for i in range(300)})[1]), max(*big), print(*big[:3], sep=""))
def order(a=t("default a"), /, *, b=t("default b")): return a, b
print(order())
