"""May both threads see a store that the other makes afterwards?"""

from support import litmus


def left(state):
    seen = state[0]
    state[1] = 1
    return seen


def right(state):
    seen = state[1]
    state[0] = 1
    return seen


litmus(
    "read x; y = 1 | read y; x = 1",
    make=lambda: [0, 0],
    bodies=[left, right],
    outcome=lambda state, given: f"read {given[0]}, {given[1]}",
    never=["read 1, 1"],
)
