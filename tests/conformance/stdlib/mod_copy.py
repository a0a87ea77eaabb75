# copy.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


import copy
class C:
    def __init__(self, v): self.v = v
    def __repr__(self): return f"C({self.v!r})"
a = [1, [2, 3], {"k": C([4])}, (5, [6]), {7}]
b, c = copy.copy(a), copy.deepcopy(a)
a[1].append("x"); a[2]["k"].v.append("y"); a[3][1].append("z"); a.append("new")
print(a, b, c, sep="\n")
loop = [1]; loop.append(loop)
d = copy.deepcopy(loop)
print(d is not loop, d[1] is d)
shared = [0]
pair = copy.deepcopy([shared, shared])
print(pair[0] is pair[1], pair[0] is shared)
class Custom:
    def __copy__(self): return "copied"
    def __deepcopy__(self, memo): return "deep", type(memo).__name__
print(copy.copy(Custom()), copy.deepcopy([Custom()]))
class Slots:
    __slots__ = ("a", "b")
s = Slots(); s.a = [1]
t = copy.copy(s)
print(t.a is s.a, hasattr(t, "b"), copy.deepcopy(s).a is s.a)
class State:
    def __init__(self): self.x, self.y = 1, 2
    def __getstate__(self): return {"x": self.x}
    def __setstate__(self, state): self.__dict__.update(state, restored=True)
print(copy.copy(State()).__dict__)
class Reduce:
    def __init__(self, n): self.n = n
    def __reduce__(self): return Reduce, (self.n + 1,)
print(copy.copy(Reduce(1)).n, copy.deepcopy(Reduce(5)).n)
t1 = (1, 2, "a")
print(copy.copy(t1) is t1, copy.deepcopy(t1) is t1, copy.copy(len) is len, copy.deepcopy(C) is C, copy.copy(None), copy.copy(range(3)), copy.deepcopy(frozenset([1])), copy.copy({1: 2}), copy.copy({1}), copy.copy(bytearray(b"x")), copy.deepcopy(1.5))
class L(list):
    pass
l = L([1]); l.extra = "e"
m = copy.copy(l); n = copy.deepcopy(l)
print(m, m.extra, type(m).__name__, n.extra)
from collections import OrderedDict, defaultdict, deque, namedtuple, Counter
P = namedtuple("P", "x y")
print(copy.copy(OrderedDict(a=1)), copy.deepcopy(defaultdict(list, a=[1])), copy.copy(deque([1], 3)), copy.deepcopy(P(1, [2])), copy.copy(Counter("aa")))
print(copy.replace(P(1, 2), y=5))
show("copy.copy(x for x in [])", "copy.deepcopy([open])  == [open]", "copy.replace(5)", "copy.deepcopy(iter([1, 2])).__next__()", "copy.Error", "copy.copy(__import__('sys'))")
e = ValueError("a", 1); e.extra = [1]
f = copy.copy(e)
print(repr(f), f.extra is e.extra, repr(copy.deepcopy(e)))
