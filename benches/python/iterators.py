"""Iteration over pairs and through iterators: items, zip, enumerate, map, filter, reversed, chain, sum, min, max, any, all."""

from itertools import chain, islice

from best import report


def iterate():
    numbers = list(range(1_000))
    names = {f"n{i}": i for i in numbers}
    total = 0
    for _ in range(30):
        for name, n in names.items():
            total += n
        for a, b in zip(numbers, numbers):
            total += a - b
        for i, n in enumerate(numbers):
            total += i
        for n in reversed(numbers):
            total -= n
        for n in chain(numbers, islice(numbers, 500)):
            total += n
        total += sum(numbers) + max(numbers) - min(numbers)
        total += len(list(map(str, numbers))) + len(list(filter(None, numbers)))
        total += any(n > 990 for n in numbers) + all(numbers[1:])
        total += len(numbers[10:-10] + numbers[:10]) + len([0] * 500)
        copy = dict(names)
        copy.update(names)
        total += len(copy | {"x": 1})
    return total


report(iterate)
