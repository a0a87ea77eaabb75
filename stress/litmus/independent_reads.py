"""Two writers, two readers: do the readers agree on the order of the writes?"""

from support import litmus


class Pair:
    x = y = 0


def write_x(pair):
    pair.x = 1


def write_y(pair):
    pair.y = 1


def x_then_y(pair):
    return pair.x, pair.y


def y_then_x(pair):
    return pair.y, pair.x


def outcome(pair, given):
    if given[2] == given[3] == (1, 0):
        return "the readers disagree"
    return "the readers agree"


litmus(
    "x = 1 | y = 1 | read x, y | read y, x",
    make=Pair,
    bodies=[write_x, write_y, x_then_y, y_then_x],
    outcome=outcome,
    never=["the readers disagree"],
)
