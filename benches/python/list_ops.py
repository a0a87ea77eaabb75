"""list.append, indexing, storing, slicing, iterating."""

from best import report


def lists():
    items = []
    for i in range(300_000):
        items.append(i)
    total = 0
    for i in range(len(items)):
        total += items[i]
    for i in range(0, len(items), 2):
        items[i] = items[i - 1]
    for x in items:
        total += x
    while len(items) > 250_000:
        items.pop()
    return total, len(items[10:-10])


report(lists)
