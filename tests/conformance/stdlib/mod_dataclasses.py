# dataclasses.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


from dataclasses import *
import dataclasses
@dataclass
class P:
    x: int
    y: int = 0
    tags: list = field(default_factory=list)
    hidden: str = field(default="h", repr=False, compare=False)
p = P(1)
print(p, p == P(1), p != P(2), P(1, 2, [3]), asdict(p), astuple(p), replace(p, x=9), [f.name for f in fields(P)], is_dataclass(P), is_dataclass(p), P.__match_args__, p.__eq__(5))
p.tags.append(1)
print(P(1).tags, p.tags)
show("P()", "P(1, 2, 3, 4, 5)", "P(z=1)", "hash(p)", "p < p", "replace(p, nope=1)", "fields(5)", "asdict(5)")
@dataclass(frozen=True, order=True)
class F:
    a: int
    b: str = "x"
f = F(1)
print(f, hash(f) == hash(F(1)), F(1) < F(2), F(1, "a") < F(1, "b"), sorted([F(2), F(1)]), {f: 1}[F(1)], F(1) <= F(1))
for bad in ("f.a = 2", "del f.a"):
    try:
        exec(bad)
    except FrozenInstanceError as e:
        print(e)
@dataclass(slots=True, kw_only=True)
class S:
    a: int
    b: int = 2
print(S(a=1), S.__slots__, hasattr(S(a=1), "__dict__"))
show("S(1)", "setattr(S(a=1), 'zz', 1)")
@dataclass
class Base:
    a: int = 1
    def __post_init__(self): self.total = self.a * 2
@dataclass
class Derived(Base):
    b: int = 5
    a: int = 10
print(Derived(), Derived().total, Base(4).total, Derived(1, 2))
@dataclass
class Init:
    x: InitVar[int]
    y: int = field(init=False)
    z: "list[int]" = field(default_factory=lambda: [1], kw_only=True)
    K: dataclasses.KW_ONLY = None
    def __post_init__(self, x): self.y = x * 2
print(Init(5), Init(5, z=[]))
for bad in ("@dataclass\nclass B:\n    x: list = []", "@dataclass\nclass B:\n    x: int = 1\n    y: int", "@dataclass(order=True)\nclass B:\n    x: int\n    def __lt__(self, o): ...", "@dataclass(frozen=True)\nclass B(P):\n    pass", "field(default=1, default_factory=int)"):
    try:
        exec(bad)
    except (TypeError, ValueError) as e:
        print(type(e).__name__, e)
@dataclass
class Nested:
    p: P
    many: list[P]
    d: dict
n = Nested(P(1), [P(2)], {"k": P(3)})
print(asdict(n), astuple(n))
M = make_dataclass("M", ["a", ("b", int), ("c", int, field(default=3))], namespace={"sum": lambda self: self.b + self.c})
print(M(1, 2), M(1, 2).sum())
@dataclass(repr=False, eq=False)
class NoRepr:
    x: int
print(NoRepr(1) == NoRepr(1), "NoRepr object" in repr(NoRepr(1)))
@dataclass(unsafe_hash=True)
class H:
    x: int
print(hash(H(1)) == hash(H(1)))
@dataclass
class Node:
    name: str
    next: "Node" = None
a = Node("a"); a.next = a
print(a)
match P(1, 2):
    case P(x, 2): print("matched", x)
import copy
print(copy.replace(P(1), y=7), dataclasses.MISSING is not None, fields(P)[1].default, fields(P)[2].default_factory, fields(P)[0].type, P.__doc__, P.__annotations__)
