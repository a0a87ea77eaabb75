# The match statement: every pattern kind.
class Point:
    __match_args__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y


class Color:
    RED = 1
    GREEN = 2


def kind(v):
    match v:
        case 0 | 1:
            return "zero or one"
        case -1:
            return "minus one"
        case 1.5 | 2 + 3j:
            return "special number"
        case "a" | "b" as letter:
            return f"letter {letter}"
        case b"bytes":
            return "bytes"
        case None:
            return "none"
        case True:
            return "never, 1 came first"
        case []:
            return "empty sequence"
        case [x]:
            return f"one item {x}"
        case [1, 2, *rest]:
            return f"starts 1 2, rest {rest}"
        case [first, *_, last] if first == last:
            return f"same ends {first}"
        case (str(a), int(b)):
            return f"str {a} int {b}"
        case [Point(x=0), *others]:
            return f"origin-x point and {len(others)} others"
        case {"type": "circle", "r": r}:
            return f"circle {r}"
        case {"type": t, **rest}:
            return f"type {t}, rest {rest}"
        case {}:
            return "mapping"
        case Point(0, 0):
            return "origin"
        case Point(x, 0):
            return f"on x axis at {x}"
        case Point(x=px, y=py) if px == py:
            return f"diagonal {px}"
        case Point():
            return "point"
        case Color.GREEN:
            return "green"
        case int() | float():
            return "number"
        case str(s):
            return f"other string {s}"
        case [[a, b], [c, d]]:
            return f"nested {a}{b}{c}{d}"
        case _:
            return "other"


for v in (0, 1, True, -1, 1.5, 2 + 3j, "a", "b", b"bytes", None, [], (), [9], (1, 2, 3, 4), [5, 6, 5], ["s", 1], [Point(0, 1), 2], {"type": "circle", "r": 3},
          {"type": "box", "w": 1}, {}, {"z": 1}, Point(0, 0), Point(5, 0), Point(4, 4), Point(1, 2), 2, 3, 3.5, "zzz", [[1, 2], [3, 4]], {1, 2}, range(1), object):
    label = "Point" if isinstance(v, Point) else [type(x).__name__ for x in v] if isinstance(v, list) and v and isinstance(v[0], Point) else v
    print(label, "->", kind(v))


def fallthrough(v):
    match v:
        case 1:
            return "one"
    return "nothing"


print(fallthrough(1), fallthrough(2))
match 1, 2:
    case a, b:
        print(a, b)
match [1, [2, [3, 4]]]:
    case [a, [b, [c, d]]] as whole:
        print(a, b, c, d, whole)
match {"a": {"b": [1, {"c": 2}]}}:
    case {"a": {"b": [_, {"c": n}]}}:
        print("deep", n)
match = 5
case = match + 1
print(match, case)


class Bad:
    __match_args__ = "x"


for subject, code in ((Point(1, 2), "Point(1, 2, 3)"), (Bad(), "Bad(1)"), (1, "int(1, 2)"), (Point(1, 2), "Point(1, x=1)")):
    try:
        exec(f"match subject:\n    case {code}:\n        print('matched')")
    except TypeError as e:
        print(e)


class M(dict):
    def __missing__(self, key):
        return "missing"


match M(a=1):
    case {"b": b}:
        print("got", b)
    case {"a": a}:
        print("a only", a)


def guard(n):
    match n:
        case x if x < 0:
            return "neg"
        case x if x % 2:
            return f"odd {x}"
        case x:
            return f"even {x}"


print(guard(-5), guard(3), guard(4))
match "text":
    case [*_]:
        print("strings are not sequences here")
    case str():
        print("a string")
match (1, "x", 2.0):
    case (int(i), str(s), float(f)):
        print(i, s, f)
