"""Classes that are made and die below one that changes: its special methods and its bases reach all that live, and no other.

Who changes a class goes through the list of those below it, which does not keep them alive; a collection in another thread
frees some of them meanwhile.
"""

import gc
import threading

from support import hammer


class Left:
    side = "left"


class Right:
    side = "right"


class Top(Left):
    pass


class Lasting(Top):
    pass


lasting = Lasting()
# A change goes through all classes below: makers wait for each other's collections, so that they stay few.
collecting = threading.Lock()


def makes(number, turn):
    below = type("Below%d" % turn, (Top,), {"turn": turn})
    lowest = type("Lowest%d" % turn, (below,), {})
    assert lowest().turn == turn and lowest.side in ("left", "right")
    if turn % 10 == 9:
        with collecting:
            gc.collect()


def changes(number, turn):
    if number != 1:
        return looks(number, turn)
    # One writer, whose own changes are seen at once, by a class that was made before.
    Top.__len__ = lambda self: turn
    assert len(lasting) == turn
    Top.__bases__ = (Right,) if turn % 2 else (Left,)
    assert Lasting.side == ("right" if turn % 2 else "left")
    Top.attribute = turn
    assert lasting.attribute == turn
    del Top.__len__
    assert not hasattr(Lasting, "__len__")


def looks(number, turn):
    below = Top.__subclasses__()
    assert Lasting in below
    for one in below:
        assert one.__mro__[1] is Top and Top in one.__bases__, one
        for lowest in one.__subclasses__():
            assert lowest.turn == one.turn


hammer(makes, changes, looks)
assert gc.collect() >= 0
assert Top.__subclasses__() == [Lasting]
print("ok")
