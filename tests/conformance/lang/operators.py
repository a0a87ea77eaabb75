# Operator overloading, reflected and in-place operators, comparison fallbacks, conversions.
class V:
    def __init__(self, n):
        self.n = n

    def __repr__(self):
        return f"V({self.n})"


names = "add sub mul truediv floordiv mod pow and or xor lshift rshift matmul".split()
for name in names:
    def method(self, other, name=name):
        return f"{name}({self}, {other})"

    def reflected(self, other, name=name):
        return f"r{name}({self}, {other})"

    setattr(V, f"__{name}__", method)
    setattr(V, f"__r{name}__", reflected)
v = V(1)
for op in "+ - * / // % ** & | ^ << >> @".split():
    print(eval(f"v {op} 2"), eval(f"2 {op} v"))


class Sub(V):
    def __radd__(self, other):
        return "sub radd first"


print(V(1) + Sub(2), Sub(1) + V(2))


class InPlace:
    def __init__(self):
        self.log = []

    def __iadd__(self, other):
        self.log.append(other)
        return self

    def __isub__(self, other):
        return "replaced"


i = InPlace()
j = i
i += 1
i += 2
print(i is j, i.log)
i -= 1
print(i)


class Refuses:
    def __add__(self, other):
        return NotImplemented

    def __eq__(self, other):
        return NotImplemented

    def __lt__(self, other):
        return NotImplemented


r = Refuses()
print(r == r, r == Refuses(), r != r)
for e in ("r + 1", "1 + r", "r < r", "r < 1", "r * 2"):
    try:
        eval(e)
    except TypeError as x:
        print(x)


class Cmp:
    def __init__(self, v):
        self.v = v

    def __eq__(self, o):
        print("eq", self.v)
        return self.v == o.v

    def __lt__(self, o):
        print("lt", self.v)
        return self.v < o.v

    def __le__(self, o):
        print("le", self.v)
        return self.v <= o.v


print(Cmp(1) == Cmp(1), Cmp(1) != Cmp(2), Cmp(1) < Cmp(2), Cmp(1) > Cmp(2), Cmp(1) >= Cmp(2))
try:
    hash(Cmp(1))
except TypeError as e:
    print(e)


class Conv:
    def __int__(self): return 3
    def __float__(self): return 2.5
    def __complex__(self): return 1j
    def __index__(self): return 4
    def __bool__(self): return False
    def __len__(self): return 9
    def __str__(self): return "str"
    def __repr__(self): return "repr"
    def __format__(self, spec): return f"<{spec}>"
    def __bytes__(self): return b"bytes"
    def __hash__(self): return 77
    def __round__(self, n=None): return ("round", n)
    def __trunc__(self): return "trunc"
    def __floor__(self): return "floor"
    def __ceil__(self): return "ceil"
    def __neg__(self): return "neg"
    def __pos__(self): return "pos"
    def __invert__(self): return "invert"
    def __abs__(self): return "abs"
    def __divmod__(self, o): return "divmod", o
    def __pow__(self, o, m=None): return "pow", o, m
    def __contains__(self, x): return x == "in"
    def __getitem__(self, k): return k
    def __setitem__(self, k, v): print("setitem", k, v)
    def __delitem__(self, k): print("delitem", k)
    def __reversed__(self): return iter("rev")
    def __call__(self, *a): return a
    def __dir__(self): return ["b", "a"]


import math

c = Conv()
print(int(c), float(c), complex(c), [0] * 4 == [0] * c, bool(c), len(c), str(c), repr(c), f"{c:abc}", f"{c!r}", bytes(c), hash(c))
print(round(c), round(c, 2), math.trunc(c), math.floor(c), math.ceil(c), -c, +c, ~c, abs(c), divmod(c, 2), pow(c, 2, 5), c ** 3)
print("in" in c, "out" in c, c[1], c[1:2], c[..., ::2], c[1, 2], list(reversed(c)), c(1, 2), dir(c), range(10)[c], hex(c), "%d %s %r" % (c, c, c))
c["k"] = "v"
c[1:2] = 3
del c["k"]


class Truth:
    def __init__(self, n): self.n = n
    def __len__(self): return self.n


print(bool(Truth(0)), bool(Truth(2)), not Truth(0))
for bad, f in (("__bool__", bool), ("__len__", len), ("__str__", str), ("__repr__", repr), ("__hash__", hash), ("__int__", int), ("__float__", float), ("__index__", hex), ("__iter__", iter)):
    try:
        f(type("Bad", (), {bad: lambda self: [1.5]})())
    except TypeError as e:
        print(bad, e)
try:
    len(Truth(-1))
except ValueError as e:
    print(e)


class NoEq:
    pass


a, b = NoEq(), NoEq()
print(a == a, a == b, a != b, a in [b, a], [a].index(a))


class Seq:
    def __getitem__(self, i):
        if i >= 4:
            raise IndexError
        return i * 10


print(list(Seq()), 20 in Seq(), 5 in Seq(), tuple(reversed([*Seq()])))
x, y, *z = Seq()
print(x, y, z)
