"""The same with an attribute."""

from support import litmus


class Counter:
    def __init__(self):
        self.value = 0


def add(state):
    state.value += 1


litmus(
    "two threads: counter.value += 1",
    make=Counter,
    bodies=[add, add],
    outcome=lambda state, given: {2: "both counted", 1: "one update lost"}.get(state.value, f"counter is {state.value}"),
    never=["counter is 0"],
)
