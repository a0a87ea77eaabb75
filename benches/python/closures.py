"""Calls of closures, lambdas, functions with defaults, keywords and star arguments."""

from best import report


def make(step):
    total = 0

    def add(n, scale=1, *, bias=0):
        nonlocal total
        total += n * scale + step + bias
        return total

    return add


def spread(*args, **options):
    return len(args) + len(options)


def calls():
    add = make(3)
    for i in range(150_000):
        add(i)
        add(i, 2)
        add(i, bias=1)
    total = 0
    for i in range(80_000):
        total += spread(i, i, key=i)
    return add(0), total


report(calls)
