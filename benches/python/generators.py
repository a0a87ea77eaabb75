"""Loops over generators, plain and chained, and generator expressions."""

from best import report


def count(n):
    i = 0
    while i < n:
        yield i
        i += 1


def evens(source):
    for x in source:
        if not x & 1:
            yield x


def loops():
    total = 0
    for x in count(400_000):
        total += x
    for x in evens(count(400_000)):
        total -= x
    return total + sum(x * 2 for x in range(300_000))


report(loops)
