"""List, dict and set comprehensions, sorting with keys, zip, enumerate, unpacking."""

from best import report


def build():
    squares = [i * i for i in range(200_000) if i % 3]
    index = {n: i for i, n in enumerate(squares)}
    buckets = {n % 97 for n in squares}
    order = sorted(squares, key=lambda n: n % 1009)
    total = 0
    for a, b in zip(squares, order):
        total += a - b
    return len(index), len(buckets), order[0], total


report(build)
