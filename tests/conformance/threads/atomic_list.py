# The rows of docs/thread-safety.md for list and tuple.
from race import race

THREADS = 4


def same(items):
    """All items are one: what a reader sees of an atomic change of the whole."""
    return len(set(items)) <= 1


lst = []
race(
    "append",
    *[lambda i, t: lst.append((i, t))] * THREADS,
    check=lambda: [[t for j, t in lst if j == i] for i in range(THREADS)] == [list(range(200))] * THREADS,
)

sources = {
    "list": lambda i, t: [(i, t, k) for k in range(5)],
    "tuple": lambda i, t: tuple((i, t, k) for k in range(5)),
    "set": lambda i, t: {(i, t, k) for k in range(5)},
    "frozenset": lambda i, t: frozenset((i, t, k) for k in range(5)),
    "dict": lambda i, t: {(i, t, k): None for k in range(5)},
    "dict.keys()": lambda i, t: {(i, t, k): None for k in range(5)}.keys(),
    "dict.values()": lambda i, t: {k: (i, t, k) for k in range(5)}.values(),
}
for name, make in sources.items():
    lst = []
    race(
        f"extend by {name}",
        *[lambda i, t: lst.extend(make(i, t))] * THREADS,
        check=lambda: len(lst) == 200 * THREADS * 5
        and all(same((i, t) for i, t, k in lst[n : n + 5]) for n in range(0, len(lst), 5)),
    )
lst = []


def add_in_place(i, t):
    global_list = lst
    global_list += [(i, t)] * 3


race(
    "+= list",
    *[add_in_place] * THREADS,
    check=lambda: len(lst) == 600 * THREADS and all(same(lst[n : n + 3]) for n in range(0, len(lst), 3)),
)
lst = []
race(
    "extend by a generator",
    *[lambda i, t: lst.extend((i, t, k) for k in range(5))] * THREADS,
    check=lambda: sorted(lst) == [(i, t, k) for i in range(THREADS) for t in range(200) for k in range(5)],
)
lst = []
race(
    "insert",
    *[lambda i, t: lst.insert(0, (i, t))] * THREADS,
    check=lambda: [[t for j, t in lst if j == i] for i in range(THREADS)] == [list(range(199, -1, -1))] * THREADS,
)


def pop_in_the_middle():
    while True:
        try:
            return lst.pop(len(lst) // 4)
        except IndexError:
            # The list has become shorter since.
            pass


for name, take in (
    ("pop()", lambda i, t: lst.pop()),
    ("pop(0)", lambda i, t: lst.pop(0)),
    ("pop in the middle", lambda i, t: pop_in_the_middle()),
):
    lst = list(range(200 * THREADS))
    got = [[] for _ in range(THREADS)]
    race(
        name,
        *[lambda i, t: got[i].append(take(i, t))] * THREADS,
        check=lambda: sorted(sum(got, [])) == list(range(200 * THREADS)) and lst == [],
    )
lst = list(range(100)) * 2
removed = [0] * THREADS


def remove_one(i, t):
    try:
        lst.remove(t % 100)
        removed[i] += 1
    except ValueError:
        pass


race("remove", *[remove_one] * THREADS, check=lambda: sum(removed) == 200 and lst == [])
lst = list(range(400))
race("del lst[i]", *[lambda i, t: lst.__delitem__(0)] * 2, check=lambda: lst == [])

values = [0, 2**70, "text", (1, 2), 1.5, None]
lst = [0] * 10


def store(i, t):
    lst[t % 10] = values[t % 6]


race("lst[i] = v against lst[i]", store, store, *[lambda i, t: lst[t % 10] in values] * 2, turns=500)

lst = [0] * 10
copies = {
    "lst[:]": lambda: lst[:],
    "copy()": lambda: lst.copy(),
    "list(lst)": lambda: list(lst),
    "lst + []": lambda: lst + [],
    "[*lst]": lambda: [*lst],
    "lst * 2": lambda: (lst * 2)[:12],
    "tuple(lst)": lambda: tuple(lst),
    "sorted(lst)": lambda: sorted(lst),
    "reversed slice": lambda: lst[::-1],
    "repetition of a slice": lambda: lst[2:8] * 2,
}


def assign(i, t):
    lst[:] = [t * 2 + i] * 10


for name, copy in copies.items():
    race(f"lst[:] = items against {name}", assign, assign, lambda i, t: same(copy()), lambda i, t: same(copy()))


def assign_all_lengths(i, t):
    lst[:] = [t] * (t % 40)


race(
    "slice assignment that resizes",
    assign_all_lengths,
    lambda i, t: same(lst[:]),
    lambda i, t: same(lst.copy()),
    turns=400,
)
lst = list(range(50))


def cut(i, t):
    lst[10:20] = list(range(10, 20))


def cut_longer(i, t):
    lst[40:50] = range(40, 50)


race("slices of constant content", cut, cut_longer, lambda i, t: lst[:] == list(range(50)))
lst = list(range(40))
race(
    "reverse",
    lambda i, t: lst.reverse(),
    lambda i, t: lst.reverse(),
    lambda i, t: lst[:] in (list(range(40)), list(range(39, -1, -1))),
)
lst = [1] * 30


def fill_again(i, t):
    lst.extend([1] * 30)


race("clear", lambda i, t: lst.clear(), fill_again, lambda i, t: len(lst.copy()) % 30 == 0)

lst = list(range(60))


def shuffle_and_sort(i, t):
    lst.sort(key=lambda v: (v * 7 + t) % 61)


race(
    "sort: empty meanwhile, then whole",
    shuffle_and_sort,
    lambda i, t: sorted(lst[:]) in ([], list(range(60))),
    lambda i, t: len(lst) in (0, 60),
    allowed=(),
)
lst = list(range(60))
raised = []


def sort_or_error(i, t):
    try:
        lst.sort(key=lambda v: -v)
    except ValueError as e:
        raised.append(str(e))


race(
    "sort while others append",
    sort_or_error,
    lambda i, t: lst.append(t),
    check=lambda: set(raised) <= {"list modified during sort"},
)
lst = [object() for _ in range(20)]
stays = lst[0]
noise = lst[1:]
race(
    "in, index, count of an item that stays",
    lambda i, t: lst.append(t),
    lambda i, t: lst.pop() if len(lst) > 30 else None,
    lambda i, t: stays in lst,
    lambda i, t: lst.index(stays) == 0 and lst.count(stays) == 1,
)
a, b = [1] * 20, [1] * 20
race(
    "a.extend(b) against b.extend(a)",
    lambda i, t: a.extend(b) if len(a) < 3000 else a.clear(),
    lambda i, t: b.extend(a) if len(b) < 3000 else b.clear(),
    lambda i, t: a == b or True,
    lambda i, t: (a < b, a + b) is not None,
    check=lambda: set(a) <= {1} and set(b) <= {1},
)
lst = list(range(10))
race(
    "iteration while it changes",
    lambda i, t: lst.append(t) if len(lst) < 50 else lst.clear(),
    lambda i, t: lst.insert(0, t) if len(lst) < 50 else None,
    lambda i, t: all(isinstance(v, int) for v in lst),
    lambda i, t: sum(1 for _ in reversed(lst)) < 1000,
)


class Eq:
    def __eq__(self, other):
        lst.append(1)
        lst.pop()
        return False

    __hash__ = None


lst = [Eq() for _ in range(5)]
race(
    "comparison runs code that changes the list",
    lambda i, t: (1 in lst) in (True, False),
    lambda i, t: lst.count(2) >= 0,
    lambda i, t: (lst == [3] * 5) in (True, False),
    turns=100,
)
