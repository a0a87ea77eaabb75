"""Iterating over a list to which another thread appends: no error, and a beginning of the list in its order."""

from support import litmus


def append(state):
    for n in range(3, 9):
        state.append(n)


def iterate(state):
    return [n for n in state]


def outcome(state, given):
    seen = given[1]
    if seen != list(range(len(seen))):
        return "items out of order"
    return {3: "the old items", 9: "all items"}.get(len(seen), "some new items")


litmus(
    "list.append | for x in list",
    make=lambda: [0, 1, 2],
    bodies=[append, iterate],
    outcome=outcome,
    never=["items out of order"],
)
