"""A while loop over small ints."""

from best import report


def loop():
    i = total = 0
    while i < 2_000_000:
        total += i & 15
        i += 1
    return total


report(loop)
