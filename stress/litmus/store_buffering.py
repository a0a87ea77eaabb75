"""Dekker's pattern: may both threads miss the other's store? A processor's store buffer allows it."""

from support import litmus


def left(state):
    state[0] = 1
    return state[1]


def right(state):
    state[1] = 1
    return state[0]


litmus(
    "x = 1; read y | y = 1; read x",
    make=lambda: [0, 0],
    bodies=[left, right],
    outcome=lambda state, given: f"read {given[0]}, {given[1]}",
)
