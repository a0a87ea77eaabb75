"""An object found in a dict has all that its __init__ gave it."""

from support import litmus


class Thing:
    def __init__(self):
        self.first = [1]
        self.second = {"x": 2}
        self.third = "three"


def write(table):
    table["thing"] = Thing()


def read(table):
    thing = table.get("thing")
    if thing is None:
        return "not yet"
    try:
        whole = (thing.first, thing.second, thing.third) == ([1], {"x": 2}, "three")
    except AttributeError:
        whole = False
    return "whole" if whole else "half an object"


litmus(
    "d[key] = Thing() | d.get(key)",
    make=dict,
    bodies=[write, read],
    outcome=lambda table, given: given[1],
    never=["half an object"],
)
