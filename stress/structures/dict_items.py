"""A dict that threads fill, empty, copy and iterate over, with keys of all kinds."""

from support import hammer


class Key:
    """A key whose comparison is Python code."""

    def __init__(self, n):
        self.n = n

    def __hash__(self):
        return self.n % 7

    def __eq__(self, other):
        return isinstance(other, Key) and self.n == other.n


shared = {}
keys = [Key(n) for n in range(40)]


def writes(number, turn):
    shared[turn % 100] = turn % 100
    shared["k%d" % (turn % 50)] = [turn]
    key = keys[turn % 40]
    shared[key] = key
    assert shared.get(key) in (None, key)
    if turn % 3 == 0:
        shared.pop(turn % 100, None)
        shared.pop(key, None)
    if turn % 101 == 0:
        shared.clear()
    if turn % 17 == 0:
        shared.update({n: n for n in range(20)})
    shared.setdefault(turn % 10, turn % 10)


def reads(number, turn):
    for n in range(100):
        assert shared.get(n, n) == n
    for key, value in shared.copy().items():
        assert not isinstance(key, int) or key == value
    for key in shared:
        key in shared
    list(shared.items()), list(shared.values())
    dict(shared), {**shared}
    try:
        shared.popitem()
    except KeyError:
        pass


hammer(writes, reads, writes, reads, allowed=(RuntimeError,))
print("ok")
