"""Between the check and the act another thread may have acted."""

from support import litmus


def act(state):
    if "key" not in state:
        state["key"] = object()
        return 1
    return 0


litmus(
    "two threads: if key not in d: d[key] = ...",
    make=dict,
    bodies=[act, act],
    outcome=lambda state, given: {1: "one acted", 2: "both acted"}.get(sum(given), "none acted"),
    never=["none acted"],
)
