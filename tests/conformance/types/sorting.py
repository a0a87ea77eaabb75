# Sorting: stability, keys, reverse, mixed and failing comparisons, large inputs.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


state = 42
def rnd(n):
    global state
    state = (state * 6364136223846793005 + 1442695040888963407) % 2 ** 64
    return (state >> 33) % n
for size in (0, 1, 2, 3, 10, 63, 64, 65, 1000, 5000):
    data = [rnd(size + 1) for _ in range(size)]
    out = sorted(data)
    ok = all(a <= b for a, b in zip(out, out[1:])) and sum(out) == sum(data)
    pairs = [(v % 10, i) for i, v in enumerate(data)]
    stable = sorted(pairs, key=lambda p: p[0])
    down = sorted(pairs, key=lambda p: p[0], reverse=True)
    good = all(a[0] < b[0] or (a[0] == b[0] and a[1] < b[1]) for a, b in zip(stable, stable[1:]))
    good2 = all(a[0] > b[0] or (a[0] == b[0] and a[1] < b[1]) for a, b in zip(down, down[1:]))
    print(size, ok, good, good2, out[:3], out[-3:])
patterns = {"up": list(range(200)), "down": list(range(200, 0, -1)), "saw": [i % 7 for i in range(200)], "flat": [1] * 200, "organ": list(range(100)) + list(range(100, 0, -1)), "runs": [i + (i // 50) * -60 for i in range(200)]}
for name, data in patterns.items():
    count = 0
    class N:
        def __init__(self, v): self.v = v
        def __lt__(self, o):
            global count
            count += 1
            return self.v < o.v
    out = [x.v for x in sorted(map(N, data))]
    print(name, out == sorted(data), count <= 200 * 9)
print(sorted("banana"), sorted(["b", "B", "a", "A"], key=str.casefold), sorted([3, -1, 2], key=abs), sorted({3: 1, 1: 2}), sorted([(2, "b"), (2, "a"), (1, "z")]))
from functools import cmp_to_key
from operator import itemgetter, attrgetter
print(sorted([3, 1, 2], key=cmp_to_key(lambda a, b: b - a)), sorted([{"n": 2}, {"n": 1}], key=itemgetter("n")), sorted([1j, 2 + 0j], key=attrgetter("real")))
l = [5, 3, 1]
print(l.sort(), l, l.sort(reverse=True), l)
for bad in ("sorted([1, 'a'])", "sorted([1, None])", "sorted([(1, 'a'), (1, 2)])", "sorted([1], key=5)", "sorted([1, 2], key=lambda: 0)", "sorted([{}, {}])", "sorted([1j, 2j])", "sorted(1)", "sorted()", "sorted([1], None)", "[].sort(key=1, x=2)", "max(1, 'a')", "min([])"):
    try:
        print(bad, eval(bad))
    except Exception as e:
        print(bad, "->", type(e).__name__ + ":", e)
partial = [3, 1, 2]
try:
    partial.sort(key=lambda v: 1 / (v - 2))
except ZeroDivisionError:
    print(sorted(partial))
print(sorted([1.5, 1, True, 0.5]), sorted([float("inf"), -1, float("-inf")]), sorted(["é", "z", "a", "😀"]), sorted([b"b", b"", b"a"]), sorted([[], [0], [-1]]))
print(max([3, 1, 2]), min("hello"), max([1, 2], [0, 9]), max("a", "bb", key=len), min([(1, "b"), (1, "a")]), max({1: 9, 2: 0}), max([], default=None))
