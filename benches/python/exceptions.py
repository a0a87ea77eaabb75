"""Exceptions raised and caught, in one frame and across frames."""

from best import report


def fail(n):
    if n % 3 == 0:
        raise ValueError(n)
    return n


def catch():
    caught = 0
    for i in range(150_000):
        try:
            fail(i)
        except ValueError:
            caught += 1
    table = {}
    for i in range(50_000):
        try:
            table[i]
        except KeyError:
            caught += 1
        finally:
            caught += 1
    return caught


report(catch)
