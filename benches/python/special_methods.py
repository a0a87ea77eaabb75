"""Classes with special methods: operators, items, length, truth, comparison, hash, `with`."""

from best import report


class Vector:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __eq__(self, other):
        return self.x == other.x and self.y == other.y

    def __hash__(self):
        return self.x * 31 + self.y

    def __len__(self):
        return 2

    def __getitem__(self, i):
        return self.y if i else self.x

    def __bool__(self):
        return self.x != 0 or self.y != 0

    def __contains__(self, v):
        return v == self.x or v == self.y

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return False


def special():
    total = Vector(0, 0)
    step = Vector(1, 2)
    seen = {step: 0}
    for i in range(20_000):
        total = total + step
        if total and i in total:
            seen[step] += len(total)
        seen[step] += step[0] + step[1] + (total == step)
        with step as s:
            total.x += s.x
    return total.x, total.y, seen[step]


report(special)
