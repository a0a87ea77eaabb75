# collections.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


from collections import *
from collections import abc
d = deque([1, 2, 3], maxlen=5)
d.append(4); d.appendleft(0); d.append(5)
print(d, d.maxlen, d[0], d[-1], len(d), 3 in d, d.index(3), d.count(1))
d.rotate(2); print(d); d.rotate(-1); print(d)
print(d.pop(), d.popleft(), d)
d.extend([7, 8]); d.extendleft("ab"); print(d)
d.insert(1, "i") if len(d) < 5 else None
d.remove(7) if 7 in d else None
d.reverse(); print(d, list(reversed(d)), d.copy() == d, d == deque(d), d + deque([1]) if True else 0)
del d[0]; d[0] = "set"; print(d, d * 2); d.clear(); print(d, bool(d))
show("deque()", "deque('abc')", "deque([1], maxlen=-1)", "deque().pop()", "deque().popleft()", "deque([1])[3]", "deque([1]).remove(2)", "deque([1, 2]) < deque([1, 3])", "deque([1]) == [1]", "hash(deque())", "deque([1], 0)", "deque([1, 2])[0:1]", "deque([1]) + [2]", "deque([1, 2], 2).insert(0, 1)", "deque(5)")
q = deque([1, 2, 3])
try:
    for x in q:
        q.append(x)
except RuntimeError as e:
    print(e)
c = Counter("mississippi")
print(c, c["s"], c["zz"], c.most_common(2), sorted(c.elements()), c.total(), c + Counter("ms"), c - Counter("ssss"), c & Counter("sip"), c | Counter("zzz"), +Counter(a=1, b=-1), -Counter(a=1, b=-1))
c.update("mmm"); c.subtract("i"); del c["p"]; print(c, Counter(a=1) == Counter(a=1, b=0), Counter(a=1) <= Counter(a=2), Counter({"a": 2}).most_common(), Counter([1, 1, 2]))
dd = defaultdict(list)
dd["a"].append(1); dd["b"]
print(dd, dd.default_factory, "z" in dd, dd.get("z"), defaultdict(int, a=1) | {"b": 2}, defaultdict(lambda: 5)["q"], dd.copy())
try:
    defaultdict()["x"]
except KeyError as e:
    print("KeyError", e)
try:
    defaultdict(5)
except TypeError as e:
    print(e)
o = OrderedDict(a=1, b=2, c=3)
o.move_to_end("a"); o.move_to_end("c", last=False)
print(o, o.popitem(), o.popitem(last=False), o, list(reversed(OrderedDict(x=1, y=2))), OrderedDict(a=1, b=2) == OrderedDict(b=2, a=1), OrderedDict(a=1, b=2) == {"b": 2, "a": 1}, o | {"k": 1})
P = namedtuple("P", "x y z", defaults=[0])
p = P(1, 2)
print(p, p.x, p[1], p._asdict(), p._replace(y=9), P._fields, P._make([4, 5, 6]), p == (1, 2, 0), P._field_defaults, len(p), *p, P.__doc__, p.__match_args__, hash(p) == hash((1, 2, 0)))
show("P()", "P(1, 2, 3, 4)", "P(1, 2, w=1)", "p._replace(q=1)", "namedtuple('A', 'x x')", "namedtuple('A', 'class')", "namedtuple('A', 'x _y')", "namedtuple('A', 'x class', rename=True)._fields", "P(x=1, y=2)", "P._make([1])", "p.q", "namedtuple('1', 'a')", "p < P(2, 0)")
try:
    p.x = 5
except AttributeError as e:
    print(e)
class Sub(namedtuple("Base", ["a", "b"])):
    __slots__ = ()
    def total(self): return self.a + self.b
print(Sub(1, 2).total(), Sub(1, 2))
m = ChainMap({"a": 1}, {"a": 2, "b": 3})
m["c"] = 4
print(m, m["a"], m["b"], len(m), sorted(m), m.maps[0], m.new_child({"a": 0})["a"], m.parents)
class UD(UserDict):
    def __getitem__(self, k): return super().__getitem__(k) * 2
print(UD(a=1)["a"], UserList([1, 2]) + [3], UserString("ab").upper())
for name in ("Iterable", "Iterator", "Sequence", "MutableSequence", "Mapping", "MutableMapping", "Set", "Hashable", "Callable", "Sized", "Container", "Generator", "Reversible", "Collection"):
    cls = getattr(abc, name)
    print(name, [t.__name__ for t in (list, tuple, dict, set, str, bytes, int, range, type(x for x in []), type(iter([])), deque) if issubclass(t, cls)])
class MySeq(abc.Sequence):
    def __len__(self): return 3
    def __getitem__(self, i):
        if i >= 3: raise IndexError
        return i * 10
s = MySeq()
print(list(s), 10 in s, s.index(20), s.count(0), list(reversed(s)))
show("abc.Sequence()", "abc.Mapping()", "isinstance({}, abc.Mapping)", "isinstance({}.keys(), abc.KeysView)", "isinstance(len, abc.Callable)")
