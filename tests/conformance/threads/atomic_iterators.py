# The rows of docs/thread-safety.md for iterators and generators that threads share: each item is handed out once.
import itertools
import threading
from operator import add

from race import race

THREADS = 3
N = 300
numbers = list(range(N))
pairs = [(n, n) for n in numbers]


def drained(name, it, expected, key=None):
    """All threads take from one iterator until it ends: every expected item came out, once."""
    got = [[] for _ in range(THREADS)]

    def take(i, t):
        for item in it:
            got[i].append(item)

    race(name, *[take] * THREADS, turns=1, check=lambda: sorted(sum(got, []), key=key) == sorted(expected, key=key))


drained("iter(list)", iter(numbers), numbers)
drained("reversed(list)", reversed(numbers), numbers)
drained("iter(tuple)", iter(tuple(numbers)), numbers)
drained("iter(range)", iter(range(N)), numbers)
drained("iter(range) of big numbers", iter(range(2**70, 2**70 + N)), range(2**70, 2**70 + N))
drained("iter(str)", iter("".join(map(chr, range(256, 256 + N)))), map(chr, range(256, 256 + N)))
drained("iter(bytes)", iter(bytes(n % 256 for n in numbers)), [n % 256 for n in numbers])
drained("iter(bytearray)", iter(bytearray(n % 256 for n in numbers)), [n % 256 for n in numbers])
drained("iter(dict)", iter(dict.fromkeys(numbers)), numbers)
drained("iter(dict.values())", iter(dict(pairs).values()), numbers)
drained("iter(dict.items())", iter(dict(pairs).items()), pairs)
drained("reversed(dict)", reversed(dict(pairs)), numbers)
drained("iter(set)", iter(set(numbers)), numbers)
drained("iter(callable, sentinel)", iter(iter([*numbers, None]).__next__, None), numbers)
drained("zip of one", zip(numbers), [(n,) for n in numbers])
drained("map", map(abs, numbers), numbers)
drained("filter", filter(None, numbers), numbers[1:])
drained("memoryview", iter(memoryview(bytes(range(200)))), range(200))
drained("chain", itertools.chain(numbers, numbers), numbers * 2)
drained("chain.from_iterable", itertools.chain.from_iterable([numbers, numbers]), numbers * 2)
drained("islice", itertools.islice(itertools.count(), N), numbers)
drained("repeat", itertools.repeat(7, N), [7] * N)
drained("starmap", itertools.starmap(add, pairs), [2 * n for n in numbers])
drained("filterfalse", itertools.filterfalse(None, numbers), [0])
drained("compress", itertools.compress(numbers, itertools.repeat(True)), numbers)
drained("takewhile", itertools.takewhile(bool, [1] * N), [1] * N)
drained("dropwhile", itertools.dropwhile(bool, [1] * 5 + [0] * N), [0] * N)
drained("product", itertools.product(range(15), range(20)), itertools.product(range(15), range(20)))
drained("permutations", itertools.permutations(range(5)), itertools.permutations(range(5)))
drained("combinations", itertools.combinations(range(10), 3), itertools.combinations(range(10), 3))
drained(
    "combinations_with_replacement",
    itertools.combinations_with_replacement(range(8), 3),
    itertools.combinations_with_replacement(range(8), 3),
)
drained("zip_longest", itertools.zip_longest(numbers), [(n,) for n in numbers])

counter = itertools.count(5, 3)
got = [[] for _ in range(THREADS)]
race(
    "count",
    *[lambda i, t: got[i].append(next(counter))] * THREADS,
    check=lambda: sorted(sum(got, [])) == list(range(5, 5 + 3 * 200 * THREADS, 3)),
)
big = itertools.count(2**62 - 50)
got = [[] for _ in range(THREADS)]
race(
    "count past the small ints",
    *[lambda i, t: got[i].append(next(big))] * THREADS,
    check=lambda: sorted(sum(got, [])) == list(range(2**62 - 50, 2**62 - 50 + 200 * THREADS)),
)
endless = itertools.cycle(range(10))
got = [[] for _ in range(THREADS)]
race(
    "cycle",
    *[lambda i, t: got[i].append(next(endless))] * THREADS,
    check=lambda: all(sum(got, []).count(n) == 20 * THREADS for n in range(10)),
)


def taken(name, it, right):
    """Iterators whose steps take several items or remember something: their steps may interleave, so what is handed out
    together may come from the steps of several threads. But no item comes twice."""
    got = [[] for _ in range(THREADS)]

    def take(i, t):
        for item in it:
            got[i].append(item)

    race(name, *[take] * THREADS, turns=1, check=lambda: right(sum(got, [])))


def distinct(items):
    items = list(items)
    return len(set(items)) == len(items) and set(items) <= set(numbers)


taken("zip of two", zip(iter(numbers), iter(numbers)), lambda out: all(map(distinct, zip(*out))))
taken("enumerate", enumerate(numbers), lambda out: all(sorted(column) == numbers for column in zip(*out)))
taken("islice with a step", itertools.islice(numbers, 0, None, 2), distinct)
taken("batched", itertools.batched(numbers, 3), lambda out: sorted(sum(out, ())) == numbers)
taken("pairwise", itertools.pairwise(numbers), lambda out: distinct(new for old, new in out))
taken("accumulate", itertools.accumulate([1] * N), lambda out: len(out) == N and set(out) <= set(range(1, N + 1)))
# At the end one thread may have the last of the first column, another the last of the second: each gets None beside it.
taken(
    "zip_longest of two",
    itertools.zip_longest(numbers, numbers),
    lambda out: all(sorted(n for n in column if n is not None) == numbers for column in zip(*out)),
)


def generator():
    yield from range(2000)


g = generator()
got = [[] for _ in range(THREADS)]


def advance(i, t):
    try:
        for item in g:
            got[i].append(item)
    except ValueError as e:
        return str(e) == "generator already executing"


race("generator", *[advance] * THREADS, turns=300)
rest = list(g)
print("generator hands out each item once:", sorted(sum(got, rest)) == list(range(2000)))

lock = threading.Lock()
closed = []


def careful():
    try:
        while True:
            yield 1
    finally:
        closed.append(1)


g = careful()
next(g)


def close(i, t):
    try:
        g.close()
    except ValueError as e:
        return str(e) == "generator already executing"


race("generator.close", *[close] * THREADS, turns=20, check=lambda: closed == [1])


class Exhausted:
    """An iterator that must not be asked again after its end."""

    def __init__(self):
        self.items = iter(numbers)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.items)


drained("map over an iterator of Python", map(abs, Exhausted()), numbers)
left, right = itertools.tee(iter(numbers))
seen = {}


def branch(i, t):
    branch, mine = (left, right)[i], seen.setdefault(i, [])
    while True:
        try:
            mine.append(next(branch))
        except StopIteration:
            return
        except RuntimeError as e:
            # The other one is asking the source: documented.
            if str(e) != "cannot re-enter the tee iterator":
                return False


race("two branches of tee, one for each thread", branch, branch, turns=1, check=lambda: seen == {0: numbers, 1: numbers})
groups = itertools.groupby(n // 10 for n in numbers)


def group(i, t):
    for key, items in groups:
        if not set(items) <= {key}:
            return False


race("groupby by one thread at a time", lambda i, t: lock.acquire() and (group(i, t), lock.release()) and None, turns=2)
