# enum.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


from enum import *
class Color(Enum):
    RED = 1
    GREEN = 2
    BLUE = "b"
    CRIMSON = 1
    def hello(self): return f"hello {self.name}"
    @classmethod
    def default(cls): return cls.GREEN
print(Color.RED, repr(Color.RED), Color.RED.name, Color.RED.value, Color(2), Color["BLUE"], Color.CRIMSON is Color.RED, list(Color), len(Color), Color.RED.hello(), Color.default(), Color.RED in Color, 1 in Color, 99 in Color, list(Color.__members__), Color.RED == 1, Color.RED is Color(1), {Color.RED: "r"}[Color.RED], isinstance(Color.RED, Color), f"{Color.RED}", str(Color.BLUE), hash(Color.RED) == hash(Color.RED), Color.RED.hello.__name__, type(Color.RED), Color)
show("Color(5)", "Color['X']", "Color.X", "Color.RED < Color.GREEN", "Color.RED.X")
for bad in ("Color.RED = 5", "del Color.RED", "Color.RED.value = 3"):
    try:
        exec(bad)
    except (AttributeError, TypeError) as e:
        print(bad, "->", e)
try:
    class More(Color): pass
except TypeError as e:
    print(e)
try:
    class Dup(Enum):
        A = 1
        A = 2
except TypeError as e:
    print(e)
class Auto(Enum):
    A = auto(); B = auto(); C = 10; D = auto()
print([m.value for m in Auto])
class N(IntEnum):
    ONE = 1; TWO = 2
print(N.ONE + 1, N.ONE < N.TWO, N.TWO == 2, sorted([N.TWO, N.ONE]), repr(N.ONE), str(N.ONE), f"{N.ONE:>3}", [10, 20, 30][N.ONE], N(2), int(N.TWO), N.ONE.real)
class S(StrEnum):
    A = auto(); BIG = "Big"
print(S.A, repr(S.A), S.BIG.upper(), S.A == "a", "x".join([S.A, S.BIG]))
class P(Flag):
    R = auto(); W = auto(); X = auto(); RW = R | W
print(P.R | P.X, repr(P.R | P.W), P.RW, ~P.R, P.R & P.RW, bool(P.R & P.W), P.R in P.RW, P(0), P(7), [*P.RW], len(P.RW), P.R ^ P.RW, (P.R | P.X).name, (P.R | P.X).value, P["RW"], list(P))
show("P(8)", "P.R | 1", "P('x')")
class I(IntFlag):
    A = 1; B = 2
print(I.A | 8, I.A | I.B, repr(I(3)), I.A + 1, I.B in I(3), I(0))
class Planet(Enum):
    EARTH = (5.97e24, 6.37e6); MARS = (6.4e23, 3.4e6)
    def __init__(self, mass, radius):
        self.mass, self.radius = mass, radius
    @property
    def g(self): return round(6.67e-11 * self.mass / self.radius ** 2, 2)
print(Planet.EARTH.g, Planet.MARS.mass, Planet.EARTH)
F = Enum("F", "A B C"); G = Enum("G", {"X": 1, "Y": 2}); H = Enum("H", [("P", 1)], module="m")
print(list(F), G.Y, H.P, F.B.value, H.__module__)
@unique
class U(Enum):
    A = 1; B = 2
try:
    @unique
    class V(Enum):
        A = 1; B = 1
except ValueError as e:
    print(e)
class M(Enum):
    A = 1
    @classmethod
    def _missing_(cls, v):
        return cls.A if v == "one" else None
print(M("one"), M.A._value_)
class O(Enum):
    _ignore_ = ["x"]
    x = 5
    A = 1; _private = 2 if False else 3
    @staticmethod
    def s(): return 1
    nm = nonmember(4)
print([m.name for m in O], O.nm, O.s())
import copy, json
print(copy.deepcopy(Color.RED) is Color.RED, [c.name for c in reversed(Color)], verify(UNIQUE)(U) is U)
match Color.GREEN:
    case Color.RED: print("red")
    case Color.GREEN: print("green")
class Ord(Enum):
    A = 1; B = 2
    def __lt__(self, o): return self.value < o.value
print(max(Ord), sorted(Ord, reverse=True))
