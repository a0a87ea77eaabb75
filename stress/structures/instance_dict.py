"""Instances whose attributes move into a dict, and whose dict is replaced, under readers and writers."""

from support import hammer


class Point:
    def __init__(self):
        self.x = 1
        self.y = 2


class Slotted:
    __slots__ = ("a", "b")


points = [Point() for _ in range(8)]
slotted = Slotted()
slotted.a = slotted.b = "value"


def changes(number, turn):
    p = points[turn % 8]
    if turn % 5 == 0:
        p.__dict__ = {"x": 1, "y": 2}
    elif turn % 5 == 1:
        p.__dict__["z%d" % (turn % 20)] = turn
    elif turn % 5 == 2:
        p.y, p.x = 2, 1
    elif turn % 5 == 3:
        points[turn % 8] = Point()
    else:
        p.extra = [turn]
        p.__dict__.pop("extra", None)
    slotted.a = str(turn)
    slotted.b = [turn]


def reads(number, turn):
    p = points[turn % 8]
    assert p.x == 1 and p.y == 2
    d = vars(p)
    assert d["x"] == 1
    d.copy(), list(d)
    fresh = Point()
    fresh.w = 3
    assert list(vars(fresh)) == ["x", "y", "w"]
    assert isinstance(slotted.a, str) and slotted.b


hammer(changes, reads, reads, changes)
print("ok")
