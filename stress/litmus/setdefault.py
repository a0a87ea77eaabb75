"""One call is one step: setdefault decides for one of the threads."""

from support import litmus


def act(state):
    mine = object()
    return state.setdefault("key", mine) is mine


litmus(
    "two threads: d.setdefault(key, ...)",
    make=dict,
    bodies=[act, act],
    outcome=lambda state, given: {1: "one won", 2: "both won"}.get(sum(given), "none won"),
    never=["none won", "both won"],
)
