"""Iterators that threads share: of lists, dicts, ranges, zips, itertools."""

import itertools

from support import hammer

source = list(range(300))
table = {n: [n] for n in range(50)}


def fresh(kind):
    return (
        iter(source),
        iter(table),
        iter(range(300)),
        zip(source, source),
        enumerate(source),
        map(str, source),
        itertools.chain(source, source),
        itertools.islice(itertools.count(), 300),
        itertools.cycle([[1], [2]]),
        reversed(source),
        itertools.groupby(source),
        iter("text of several characters"),
        itertools.product(source[:5], source[:5]),
        itertools.accumulate(source),
        iter({1, 2, 3}),
        iter(b"bytes"),
    )[kind]


KINDS = 16
shared = [fresh(kind) for kind in range(KINDS)]


def advances(number, turn):
    kind = turn % KINDS
    it = shared[kind]
    for _ in range(5):
        try:
            item = next(it)
        except StopIteration:
            shared[kind] = fresh(kind)
            break
        if kind == 3:
            assert isinstance(item, tuple) and len(item) == 2
        elif kind == 4:
            assert isinstance(item[0], int)


def tees(number, turn):
    a, b = itertools.tee(iter(source), 2)
    assert list(a) == list(b)
    shared[turn % KINDS] = fresh(turn % KINDS)


hammer(advances, advances, advances, tees, allowed=(RuntimeError,))
print("ok")
