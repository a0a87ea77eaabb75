# The rows of docs/thread-safety.md for dict and its views.
from race import race

THREADS = 4


def same(items):
    return len(set(items)) <= 1


d = {}


def put(i, t):
    d[i, t] = t


race("d[k] = v", *[put] * THREADS, check=lambda: d == {(i, t): t for i in range(THREADS) for t in range(200)})
values = [0, 2**70, "text", (1, 2), 1.5, None]
d = dict.fromkeys(range(10), 0)


def store(i, t):
    d[t % 10] = values[t % 6]


race(
    "d[k] = v against d[k], get, in",
    store,
    store,
    lambda i, t: d[t % 10] in values and t % 10 in d,
    lambda i, t: d.get(t % 10, "missing") in values and len(d) == 10,
    turns=500,
)
d = {}


def come_and_go(i, t):
    d[f"k{t % 30}"] = t
    if t % 3:
        d.pop(f"k{(t * 7) % 30}", None)


d["stays"] = "here"
race(
    "a key that stays is always found",
    come_and_go,
    come_and_go,
    lambda i, t: d["stays"] == "here" and "stays" in d,
    lambda i, t: d.get("stays") == "here",
    turns=500,
)
for name, key in (("setdefault", lambda t: t), ("setdefault with keys compared by code", lambda t: Key(t))):

    class Key:
        def __init__(self, n):
            self.n = n

        def __hash__(self):
            return self.n % 5

        def __eq__(self, other):
            return self.n == other.n

    d = {}
    won = [0] * THREADS

    def claim(i, t):
        mine = [i]
        if d.setdefault(key(t), mine) is mine:
            won[i] += 1

    race(name, *[claim] * THREADS, turns=60, check=lambda: sum(won) == 60 == len(d))
for name, take in (
    ("pop", lambda t: d.pop(t)),
    ("popitem", lambda t: d.popitem()[1]),
    ("del d[k]", lambda t: (d.__delitem__(t), t)[1]),
):
    d = {n: n for n in range(200)}
    got = [[] for _ in range(THREADS)]

    def take_one(i, t):
        try:
            got[i].append(take(t))
        except KeyError:
            pass

    race(name, *[take_one] * THREADS, check=lambda: sorted(sum(got, [])) == list(range(200)) and d == {})

d = dict.fromkeys("abcdef", 0)
copies = {
    "copy()": lambda: d.copy().values(),
    "dict(d)": lambda: dict(d).values(),
    "{**d}": lambda: {**d}.values(),
    "d | {}": lambda: (d | {}).values(),
    "list(d.values())": lambda: list(d.values()),
    "list(d.items())": lambda: [v for k, v in list(d.items())],
    "tuple(d.values())": lambda: tuple(d.values()),
}


def update(i, t):
    d.update(dict.fromkeys("abcdef", t * 2 + i))


for name, copy in copies.items():
    race(f"update(dict) against {name}", update, update, lambda i, t: same(copy()), lambda i, t: same(copy()))


def update_in_place(i, t):
    target = d
    target |= dict.fromkeys("abcdef", t * 2 + i)


race("|= dict", update_in_place, update_in_place, lambda i, t: same(d.copy().values()))
race(
    "list(d), sorted(d), set(d.keys())",
    come_and_go,
    lambda i, t: set("abcdef") <= set(list(d)) | set("abcdef") - set(d),
    lambda i, t: set("abcdef") <= set(d.keys()) and len(sorted(map(str, list(d)))) >= 6,
)
d = {}


def fill(i, t):
    d.update(dict.fromkeys(range(20), 1))


race("clear", fill, lambda i, t: d.clear(), lambda i, t: len(d.copy()) in (0, 20), turns=400)
d = {n: n for n in range(30)}


def grow_and_shrink(i, t):
    for n in range(30, 40):
        d[n, i] = n
    for n in range(30, 40):
        del d[n, i]


def iterate(i, t):
    try:
        for k, v in d.items():
            if (k if isinstance(k, int) else k[0]) != v:
                return False
    except RuntimeError as e:
        return str(e) in (
            "dictionary changed size during iteration",
            "dictionary keys changed during iteration",
        )


race("iteration ends or says that keys changed", grow_and_shrink, grow_and_shrink, iterate, iterate)
a, b = {n: n for n in range(10)}, {n: n for n in range(5, 15)}
race(
    "a.update(b) against b.update(a)",
    lambda i, t: a.update(b),
    lambda i, t: b.update(a),
    lambda i, t: a.keys() & b.keys() >= set(range(5, 10)),
    lambda i, t: (a == b, a | b, a.keys() - b.keys()) is not None,
    check=lambda: a == b == {n: n for n in range(15)},
)


class Counted:
    alive = 0

    def __init__(self):
        self.other = [self]


d = {}


def replace(i, t):
    d[t % 4] = Counted()
    found = d.get((t + i) % 4)
    return found is None or found.other[0] is found


race("values freed by others", *[replace] * THREADS)
d = {}
race(
    "fromkeys, comprehension and len",
    lambda i, t: len(dict.fromkeys(d)) >= 0,
    put,
    lambda i, t: len({k: v for k, v in list(d.items())}) <= 400,
    lambda i, t: repr(d).startswith("{"),
    turns=100,
)
