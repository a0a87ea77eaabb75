"""A slice assignment and a copy are one step each: the copy is all old or all new."""

from support import litmus


def write(state):
    state[:] = [1] * 16


def copy(state):
    return state[:]


def outcome(state, given):
    kinds = set(given[1])
    if len(given[1]) != 16 or len(kinds) != 1:
        return "a mixture"
    return "all new" if kinds == {1} else "all old"


litmus(
    "list[:] = new | list[:]",
    make=lambda: [0] * 16,
    bodies=[write, copy],
    outcome=outcome,
    never=["a mixture"],
)
