"""Deques, bounded and not, that threads use from both ends."""

from collections import deque

from support import hammer

shared = deque(range(20))
bounded = deque(maxlen=16)


def writes(number, turn):
    shared.append(turn)
    shared.appendleft((turn,))
    bounded.append([turn])
    bounded.extendleft((turn, turn))
    shared.rotate(turn % 5)
    if turn % 2:
        shared.pop()
        shared.popleft()
    if turn % 211 == 0:
        shared.clear()


def reads(number, turn):
    assert len(bounded) <= 16
    list(bounded), bounded.copy()
    if len(shared) > 200:
        shared.popleft()
        shared.pop()
    for item in shared:
        pass
    shared.count(turn), reversed(shared)
    shared[0], shared[-1]


hammer(writes, reads, writes, reads, allowed=(RuntimeError, IndexError))
print("ok")
