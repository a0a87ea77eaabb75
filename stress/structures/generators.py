"""Generators and coroutines that threads advance, close and throw into at once."""

from support import hammer


def count():
    held = [object()]
    try:
        for n in range(200):
            yield n, held
    finally:
        held.clear()


def delegate():
    yield from count()


shared = [count()]


def advances(number, turn):
    g = shared[0]
    try:
        n, held = next(g)
        assert 0 <= n < 200
    except StopIteration:
        shared[0] = delegate() if turn % 2 else count()


def disturbs(number, turn):
    g = shared[0]
    if turn % 11 == 0:
        g.close()
    elif turn % 11 == 1:
        try:
            g.throw(KeyError("thrown"))
        except (KeyError, StopIteration):
            pass
    else:
        g.gi_frame, g.gi_running, g.gi_yieldfrom
        repr(g)
    shared[0] = count()


hammer(advances, advances, disturbs, advances, allowed=(ValueError,))
print("ok")
