"""Swapping two items is two reads and two stores."""

from support import litmus


def swap(state):
    state[0], state[1] = state[1], state[0]


def outcome(state, given):
    if state == [1, 2]:
        return "swapped twice"
    if state == [2, 1]:
        return "one swap lost"
    return "an item doubled" if set(state) <= {1, 2} else "a foreign item"


litmus(
    "two threads: a[0], a[1] = a[1], a[0]",
    make=lambda: [1, 2],
    bodies=[swap, swap],
    outcome=outcome,
    never=["a foreign item"],
)
