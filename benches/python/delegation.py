"""Generators that delegate to generators, coroutines that await each other, generators handed to built-ins."""

from best import report


class Folder:
    def __init__(self, name, folders):
        self.name = name
        self.folders = folders

    def __iter__(self):
        yield self.name
        for folder in self.folders:
            yield from folder


def tree(depth):
    return Folder(depth, [tree(depth - 1) for _ in range(2)] if depth else [])


async def climb(n):
    return n if n < 2 else await climb(n - 1) + await climb(n - 3)


def run(coroutine):
    try:
        while True:
            coroutine.send(None)
    except StopIteration as end:
        return end.value


def delegation():
    total = sum(tree(13)) + run(climb(27))
    rows = [(i, i % 7, [i, i + 1]) for i in range(400)]
    for _ in range(60):
        total += sum(a * b for a, b, _ in rows if b)
        total += any(c[0] > 398 for _, _, c in rows) + all(c for _, _, c in rows)
        total += len(set(b for _, b, _ in rows)) + len(tuple(a for a, _, _ in rows))
        total += max(a for a, _, _ in rows) + len([x for _, _, c in rows for x in c if x % 2])
        total += sum(len({k: v for k, v in zip("abc", row)}) for row in rows)
    return total


report(delegation)
