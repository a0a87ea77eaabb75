"""Two threads append to one list: nothing is lost, and each thread's items keep their order."""

from support import litmus


def low(state):
    for n in range(4):
        state.append(n)


def high(state):
    for n in range(10, 14):
        state.append(n)


def outcome(state, given):
    if sorted(state) != [0, 1, 2, 3, 10, 11, 12, 13]:
        return "lost items"
    if [n for n in state if n < 9] != [0, 1, 2, 3] or [n for n in state if n > 9] != [10, 11, 12, 13]:
        return "a thread's items changed order"
    if state in ([0, 1, 2, 3, 10, 11, 12, 13], [10, 11, 12, 13, 0, 1, 2, 3]):
        return "one after the other"
    return "interleaved"


litmus(
    "list.append | list.append",
    make=list,
    bodies=[low, high],
    outcome=outcome,
    never=["lost items", "a thread's items changed order"],
)
