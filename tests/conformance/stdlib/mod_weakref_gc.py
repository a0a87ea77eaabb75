# weakref and gc.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


import weakref, gc
class C:
    def __init__(self, n): self.n = n
    def method(self): return self.n
    def __repr__(self): return f"C{self.n}"
c = C(1)
r = weakref.ref(c, lambda ref: print("callback", ref() is None))
print(r() is c, weakref.getweakrefcount(c), r == weakref.ref(c), weakref.ref(c) is weakref.ref(c), hash(r) == hash(c))
del c
print(r())
p_target = C(2)
p = weakref.proxy(p_target)
print(p.n, p.method(), p == p_target or "differ")
del p_target
try:
    p.n
except ReferenceError as e:
    print(e)
d = weakref.WeakValueDictionary()
a, b = C(3), C(4)
d["a"], d["b"] = a, b
print(sorted(d), len(d), d["a"], d.get("z"), "b" in d)
del a
print(sorted(d), len(d))
k = weakref.WeakKeyDictionary()
k[b] = "value"
print(len(k), k[b], list(k.values()))
s = weakref.WeakSet([b])
print(len(s), b in s)
del b
print(len(k), len(s), len(d))
c = C(5)
f = weakref.finalize(c, print, "finalized", 5)
print(f.alive)
del c
print(f.alive, f())
c = C(6)
m = weakref.WeakMethod(c.method)
print(m()(), m().__self__ is c)
del c
print(m())
show("weakref.ref(5)", "weakref.ref('a')", "weakref.ref([])", "weakref.ref({})", "weakref.ref(set())  is not None", "weakref.ref(C)() is C", "weakref.ref(show)() is show", "weakref.proxy(5)", "weakref.ref()")
class Slots:
    __slots__ = ("x",)
class SlotsW:
    __slots__ = ("x", "__weakref__")
show("weakref.ref(Slots())", "weakref.ref(SlotsW())()")
class Node:
    def __init__(self, name): self.name, self.other = name, None
    # In which order the members of one cycle end is nobody's promise.
    def __del__(self): ended.append(self.name)
ended = []
x, y = Node("x"), Node("y")
x.other, y.other = y, x
watch = weakref.ref(x)
del x, y
print(watch() is not None)
n = gc.collect()
print(sorted(ended), watch(), n > 0)
class Self: pass
o = Self(); o.me = o
w = weakref.ref(o, lambda r: print("cycle callback"))
del o
gc.collect()
print(w())
l = []; l.append(l); del l
d2 = {}; d2["self"] = d2; del d2
def closure():
    def inner(): return inner
    return inner
closure()
print(gc.collect() > 0, gc.isenabled(), gc.disable(), gc.isenabled(), gc.enable(), gc.isenabled(), gc.get_count() is not None, len(gc.get_threshold()), gc.is_tracked([]), gc.is_tracked(1), gc.garbage, isinstance(gc.get_stats(), list))
class Res:
    def __del__(self):
        global saved
        saved = self
        print("resurrected")
q = Res(); q.me = q; del q
gc.collect()
print(type(saved).__name__, saved.me is saved)
del saved
print(gc.collect() >= 0)
class Late:
    def __init__(self): self.items = [self]
    def __del__(self): print("late", len(self.items))
Late(); gc.collect()
ref_in_list = [weakref.ref(t) for t in [C(7)]]
print([r() for r in [weakref.ref(C(8))]])
holder = [C(9)]
rs = [weakref.ref(holder[0], lambda r, i=i: print("callback", i)) for i in range(3)]
holder.clear()
total = 0
for i in range(20_000):
    n = Self(); n.me = n
    total += 1
gc.collect()
print(total, sum(type(ob) is Self for ob in gc.get_objects()), len(gc.get_referrers(holder)) >= 0, len(gc.get_referents([1, 2])))
