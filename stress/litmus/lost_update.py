"""Reading, adding and storing are three steps: without a lock an update may get lost, under any regime."""

from support import litmus


def add(state):
    state[0] += 1


litmus(
    "two threads: counter[0] += 1",
    make=lambda: [0],
    bodies=[add, add],
    outcome=lambda state, given: {2: "both counted", 1: "one update lost"}.get(state[0], f"counter is {state[0]}"),
    never=["counter is 0"],
)
