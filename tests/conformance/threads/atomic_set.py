# The rows of docs/thread-safety.md for set, frozenset and bytearray.
from race import race

THREADS = 4
s = set()
race("add", *[lambda i, t: s.add((i, t))] * THREADS, check=lambda: len(s) == 200 * THREADS)
s = set()
race("add of equal items", *[lambda i, t: s.add(str(t % 50))] * THREADS, check=lambda: len(s) == 50)
for name, take in (
    ("remove", lambda t: (s.remove(t), t)[1]),
    ("pop", lambda t: s.pop()),
):
    s = set(range(200))
    got = [[] for _ in range(THREADS)]

    def take_one(i, t):
        try:
            got[i].append(take(t))
        except KeyError:
            pass

    race(name, *[take_one] * THREADS, check=lambda: sorted(sum(got, [])) == list(range(200)) and not s)
s = set(range(200))
race("discard", *[lambda i, t: s.discard(t)] * THREADS, check=lambda: s == set())
s = {"stays"}


def come_and_go(i, t):
    s.add(t % 40)
    s.discard((t * 7) % 40)


race("a member that stays is always found", come_and_go, come_and_go, lambda i, t: "stays" in s, turns=500)
odd, even = frozenset(range(1, 40, 2)), frozenset(range(0, 40, 2))


def whole(items):
    """Both halves are there or not, none in part."""
    items = set(items)
    return items & odd in (odd, set()) and items & even in (even, set())


copies = {
    "copy()": lambda: s.copy(),
    "set(s)": lambda: set(s),
    "frozenset(s)": lambda: frozenset(s),
    "s | set()": lambda: s | set(),
    "s - set()": lambda: s - set(),
    "s & all": lambda: s & (odd | even),
    "s ^ set()": lambda: s ^ set(),
}


def update(i, t):
    s.update(odd if t % 2 else even)


def take_away(i, t):
    s.difference_update(even if t % 2 else odd)


for name, copy in copies.items():
    s = set()
    race(f"update, difference_update against {name}", update, take_away, lambda i, t: whole(copy()))


def in_place(i, t):
    target = s
    if t % 3 == 0:
        target |= odd
    elif t % 3 == 1:
        target &= odd
    else:
        target ^= even


s = set()
race("|=, &=, ^=", in_place, in_place, lambda i, t: whole(s.copy()))
s = set(odd)
race("clear", lambda i, t: s.clear(), lambda i, t: s.update(odd), lambda i, t: whole(s.copy()))
s = set(odd)
race(
    "issubset, isdisjoint, ==",
    come_and_go,
    lambda i, t: (s.issubset(even), s.isdisjoint(even), s == even, s < odd) is not None,
    lambda i, t: len(s) <= 60,
)


def iterate(i, t):
    try:
        for _ in s:
            pass
    except RuntimeError as e:
        return str(e) == "Set changed size during iteration"


race("iteration ends or says that the size changed", come_and_go, iterate, iterate)
a, b = set(range(10)), set(range(5, 15))
race(
    "a.update(b) against b.update(a)",
    lambda i, t: a.update(b),
    lambda i, t: b.update(a),
    lambda i, t: len(a | b) == 15,
    check=lambda: a == b == set(range(15)),
)
data = bytearray()
race(
    "bytearray.append",
    *[lambda i, t: data.append(i)] * THREADS,
    check=lambda: len(data) == 200 * THREADS and all(data.count(i) == 200 for i in range(THREADS)),
)
data = bytearray()
race(
    "bytearray.extend, +=",
    lambda i, t: data.extend(b"ab"),
    lambda i, t: data.__iadd__(b"cd"),
    check=lambda: data.count(b"ab") == data.count(b"cd") == 200 and len(data) == 800,
)
data = bytearray(range(200))
got = [[] for _ in range(2)]
race("bytearray.pop", *[lambda i, t: got[i].append(data.pop())] * 2, turns=100, check=lambda: sorted(sum(got, [])) == list(range(200)))
data = bytearray(b"a" * 20)


def assign(i, t):
    data[:] = (b"a", b"b")[t % 2] * 20


race(
    "bytearray slices",
    assign,
    lambda i, t: len(set(data[:])) == 1,
    lambda i, t: len(set(bytes(data))) == 1,
    lambda i, t: data.find(b"ab") == -1,
)


def resize(i, t):
    data.extend(b"x" * 50)
    del data[20:]


def look(i, t):
    with memoryview(data) as view:
        return len(view) >= 0 and view[0] >= 0


data = bytearray(b"a" * 20)
race("bytearray with a view cannot be resized", resize, look, look, allowed=BufferError)
