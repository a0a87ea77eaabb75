"""What was written before the flag is there when the flag is seen."""

from support import litmus


class Box:
    data = None
    ready = False


def write(box):
    box.data = 42
    box.ready = True


def read(box):
    if box.ready:
        return "flag and data" if box.data == 42 else "flag without data"
    return "not yet"


litmus(
    "data = 42; ready = True | if ready: data",
    make=Box,
    bodies=[write, read],
    outcome=lambda box, given: given[1],
    never=["flag without data"],
)
