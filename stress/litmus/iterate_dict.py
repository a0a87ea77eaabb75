"""Iterating over a dict into which another thread puts keys: finished before, or a RuntimeError."""

from support import litmus


def insert(state):
    for n in range(3, 12):
        state[n] = -n


def iterate(state):
    seen = []
    try:
        for key in state:
            seen.append(key)
    except RuntimeError:
        return "RuntimeError"
    if seen != list(range(len(seen))):
        return "keys out of order"
    return "finished"


litmus(
    "d[key] = ... | for key in d",
    make=lambda: {0: 0, 1: -1, 2: -2},
    bodies=[insert, iterate],
    outcome=lambda state, given: given[1] if len(state) == 12 else "lost keys",
    never=["keys out of order", "lost keys"],
)
