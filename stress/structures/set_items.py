"""Sets that threads change and combine."""

from support import hammer

shared = set(range(50))
other = {("t", n) for n in range(20)}


def writes(number, turn):
    shared.add(turn % 100)
    shared.discard((turn * 7) % 100)
    shared.add(("t", turn % 20))
    if turn % 50 == 0:
        shared.update(range(60))
    if turn % 77 == 0:
        shared.clear()
    if turn % 31 == 0:
        shared.symmetric_difference_update(other)
    if turn % 9 == 0:
        try:
            shared.pop()
        except KeyError:
            pass


def reads(number, turn):
    turn % 100 in shared
    for algebra in (shared | other, shared & other, shared - other, shared ^ other):
        assert all(isinstance(item, (int, tuple)) for item in algebra)
    assert (shared & other) <= other
    frozenset(shared), shared.copy() == shared
    for item in shared:
        item in shared


hammer(writes, reads, writes, reads, allowed=(RuntimeError,))
print("ok")
