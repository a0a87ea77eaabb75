"""An instance may be given a class that has room for more attributes, or fewer."""
import gc


class Small:
    def __init__(self):
        self.a = 1

    def who(self):
        return "small"


class Big:
    def __init__(self):
        self.a, self.b, self.c, self.d, self.e, self.f, self.g, self.h = range(8)

    def who(self):
        return "big", self.a

    def grow(self):
        self.b, self.h, self.i = "b", "h", "i"


class Annotated:
    x: int = 0
    y: int = 0


class Wide:
    def __init__(self):
        self.n0 = self.n1 = self.n2 = self.n3 = self.n4 = self.n5 = self.n6 = self.n7 = self.n8 = self.n9 = 0
        self.m0 = self.m1 = self.m2 = self.m3 = self.m4 = self.m5 = self.m6 = self.m7 = self.m8 = self.m9 = 0


def read(o):
    return [getattr(o, n, None) for n in "abcdefghi"], o.a


def loop(objs):
    out = []
    for _ in range(50):
        for o in objs:
            out.append((o.a, o.who()))
            o.a = o.a
    return out[: len(objs)]


big, full = Big(), Big()
print(loop([big, full]))
small = Small()
small.__class__ = Big
print(loop([small, big, full]))
print(read(small), read(big))
small.grow()
big.grow()
print(read(small), read(big), small.__dict__, big.__dict__)
objs = [Small() for _ in range(200)]
for o in objs:
    o.__class__ = Big
    o.h = objs
for o in objs[::3]:
    o.__class__ = Small
for o in objs[::5]:
    o.__class__ = Wide
    o.n9, o.m9 = 1, 2
    del o.a
print(sum(getattr(o, "m9", 0) for o in objs), sum(getattr(o, "a", 0) for o in objs))
del o, objs
print(gc.collect() > 200)
a = Annotated()
a.__class__ = Big
a.__init__()
print(read(a), a.who())
full.__class__ = Annotated
full.x = 5
print(full.x, full.y, full.a, sorted(full.__dict__))
try:
    del small.nothing
except AttributeError as e:
    print(e)


class Defaults:
    p = 1
    q = 2

    def m(self):
        return "class"


def defaults(o):
    return o.p, o.q, o.m()


d = Defaults()
for _ in range(100):
    assert defaults(d) == (1, 2, "class")
d.p = 10
print(defaults(d))
d.m = lambda: "instance"
print(defaults(d))
d.__dict__["q"] = 20
print(defaults(d))
del d.p
print(defaults(d))
d.__dict__.clear()
print(defaults(d))
many = Defaults()
for i in range(40):
    setattr(many, f"x{i}", i)
for _ in range(100):
    assert (many.x39, many.p) == (39, 1)
    many.x38 = many.x38 + 1
print(many.x38, defaults(many))
Defaults.x39 = property(lambda self: "property")
print(many.x39)
del Defaults.x39
print(many.x39)
