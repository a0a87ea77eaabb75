# __slots__, __dict__ as a live view, deleting and re-adding attributes, many instances of one class.
class S:
    __slots__ = ("a", "b", "__dict__")
s = S(); s.a = 1; s.other = 2
print(s.a, s.__dict__, hasattr(s, "b"))
class Base: __slots__ = ("x",)
class Child(Base): __slots__ = ("y",)
class Open(Base): pass
c = Child(); c.x, c.y = 1, 2
o = Open(); o.x, o.z = 3, 4
print(c.x, c.y, o.x, o.__dict__, Base.x.__get__(c), type(Base.x).__name__)
for code in ("c.z = 1", "c.__dict__", "del c.x; c.x", "Child.x.__set__(c, 9); print(c.x)", "Base.x.__get__(5)", "type('T', (), {'__slots__': 'a', 'a': 1})", "type('T', (), {'__slots__': ('1x',)})", "type('T', (int,), {'__slots__': ('a',)})", "type('T', (Base, S), {})", "type('T', (), {'__slots__': 5})"):
    try:
        exec(code); print(code, "ok")
    except Exception as e:
        print(code, "->", type(e).__name__, e)
class P:
    kind = "class"
    def __init__(self): self.a, self.b, self.c = 1, 2, 3
p = P()
d = p.__dict__
d["d"] = 4; p.e = 5; del p.a
print(d, p.d, d is p.__dict__, list(vars(p)))
p.a = 10
print(list(d), p.__dict__ == {"b": 2, "c": 3, "d": 4, "e": 5, "a": 10})
p.__dict__ = {"fresh": 1}
print(p.fresh, hasattr(p, "b"), d["b"])
try:
    p.__dict__ = 5
except TypeError as e:
    print(e)
p.kind = "instance"
print(p.kind, P.kind); del p.kind; print(p.kind)
many = [P() for _ in range(100)]
for i, q in enumerate(many):
    q.a = i
    if i % 3 == 0: del q.b
    if i % 5 == 0: q.extra = i
    if i % 7 == 0: q.__dict__["via dict"] = i
print(sum(q.a for q in many), sum(hasattr(q, "b") for q in many), sum(getattr(q, "extra", 0) for q in many), len(many[0].__dict__), len(many[35].__dict__), many[1].__dict__)
class Big: pass
b = Big()
for i in range(100): setattr(b, f"attr{i}", i)
for i in range(0, 100, 2): delattr(b, f"attr{i}")
print(len(vars(b)), b.attr99, list(vars(b))[:3], hasattr(b, "attr0"))
b.attr0 = "back"
print(list(vars(b))[-1], b.attr0)
def read(q): return q.a
class Q:
    a = "class a"
objs = [P(), Q(), P()]
print([read(x) for x in objs * 3][:6])
Q.a = property(lambda self: "property a")
print(read(objs[1])); P.a = 5; print(read(objs[0])); del P.a
class DD:
    def __get__(self, o, t): return "data descriptor"
    def __set__(self, o, v): pass
P.a = DD(); print(read(objs[0])); del P.a; print(read(objs[0]))
x = P(); y = P(); x.__dict__, y.__dict__ = y.__dict__, x.__dict__; x.a = 99
print(x.a, y.a)
x.__dict__.update(a=1, z=2); x.__dict__.pop("b"); print(x.__dict__, sorted(x.__dict__.items()))
x.__dict__.clear(); print(vars(x), hasattr(x, "a"))
x.__dict__[5] = "odd key"; print(x.__dict__)
for name in ("a b", "", "é", "class"):
    setattr(x, name, name)
print(vars(x), getattr(x, "a b"))
x.__class__ = Q; print(type(x).__name__, x.a)
try:
    x.__class__ = int
except TypeError as e:
    print(e)
class W: 
    def __setattr__(self, k, v): self.__dict__[k] = ("stored", v)
w = W(); w.q = 1; print(w.q, vars(w))
print(object.__getattribute__(w, "q"), object.__setattr__(w, "r", 2), w.r, type.__getattribute__(W, "__name__"))
