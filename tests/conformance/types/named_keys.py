# Keys of classes that inherit the hash of int, str or object, and those that do not.
from enum import IntEnum, StrEnum


class Named(int):
    def __new__(cls, value, name):
        self = super().__new__(cls, value)
        self.name = name
        return self

    def __repr__(self):
        return self.name


class Text(str):
    pass


class Same(int):
    def __eq__(self, other):
        return True

    __hash__ = int.__hash__


class Other(int):
    def __hash__(self):
        return 7


class Unhashable(int):
    __hash__ = None


A, B = Named(1, "A"), Named(2**70, "B")
print(A in {1, 2}, B in {2**70}, 1 in {A}, 2**70 in {B}, A in frozenset([B]), Named(-1, "M") in {-1})
print({A: "a", B: "b"}[1], {1: "one", 2**70: "big"}[B], {A: 1}.get(True), {A, 1, True, 1.0})
print(hash(A) == hash(1), hash(B) == hash(2**70), hash(Text("t")) == hash("t"), hash(Named(-1, "M")))
print(Text("t") in {"t"}, {"t": 1}[Text("t")], {Text("t"): 2}["t"], Text("u") in {"t"})
print(Same(5) in {5}, Same(5) in {6}, {Same(3): "s"}.get(3), {3: "t"}.get(Same(3)))
print(Other(5) in {5}, {Other(5): 1}.get(5), {Other(5): 1}.get(Other(5)))
for test in (lambda: Unhashable(1) in {1}, lambda: {Unhashable(1): 1}, lambda: {1: 1}.get(Unhashable(1))):
    try:
        print(test())
    except TypeError as e:
        print(e)


class Colour(IntEnum):
    RED = 1
    BLUE = 2


class Word(StrEnum):
    X = "x"


print(Colour.RED in {1, 5}, {Colour.RED: "r"}[1], {2: "b"}[Colour.BLUE], Word.X in {"x"}, {"x": 0}[Word.X])
Named.__hash__ = lambda self: 99
print(A in {1}, {A: 1}.get(1), hash(A))
del Named.__hash__
print(A in {1}, hash(A))

# Comparison by identity.
class Plain:
    pass


class Equal(Plain):
    def __eq__(self, other):
        return "yes"


p, q = Plain(), Plain()
print(p == p, p == q, p != p, p != q, p == Equal(), Equal() != p, Equal() == p)
Plain.__eq__ = lambda self, other: "changed"
print(p == q, p != q)

# Stores into bytearrays.
b = bytearray(3)
b[0], b[-1], b[True] = 255, 1, 2
print(b)
for i, v in ((3, 0), (-4, 0), (0, 256), (0, -1), (0, "a"), ("a", 0), (2**80, 0), (0, 2**80)):
    try:
        b[i] = v
        print(b)
    except (IndexError, ValueError, TypeError) as e:
        print(type(e).__name__, e)
with memoryview(b):
    b[1] = 9
print(b)

# Dicts that others hold too get new keys, replace values, grow.
d = {}
held = [d]
for i in list(range(-3, 30)) + ["k%d" % i for i in range(30)]:
    d[i] = i
    d[i] = str(i)
print(len(held[0]), list(d.items())[:5], d["k29"], d[-1], -2 in d)
