"""Two threads pop the only item: one gets it."""

from support import litmus


def pop(state):
    try:
        return state.pop()
    except IndexError:
        return 0


litmus(
    "two threads: list.pop() of one item",
    make=lambda: [1],
    bodies=[pop, pop],
    outcome=lambda state, given: {1: "one got it", 2: "both got it"}.get(sum(given), "nobody got it"),
    never=["both got it", "nobody got it"],
)
