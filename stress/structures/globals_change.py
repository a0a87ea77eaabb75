"""Global names, functions and builtins that change while threads use them."""

import builtins

from support import hammer

counter = 0
box = [0]


def helper(n):
    return n + 1


def other_helper(n):
    return 1 + n


first, second = helper, other_helper


def changes(number, turn):
    global counter, helper, box
    counter = turn
    helper = second if turn % 2 else first
    box = [turn]
    globals()["name%d" % (turn % 40)] = (turn, turn)
    if turn % 3 == 0:
        globals().pop("name%d" % (turn % 40), None)
    builtins.shared_builtin = turn
    first.__code__ = second.__code__ if turn % 2 else original
    first.__defaults__ = None


original = first.__code__


def uses(number, turn):
    assert helper(1) == 2
    assert counter >= 0 and box[0] >= 0
    assert isinstance(shared_builtin, int)
    pair = globals().get("name%d" % (turn % 40))
    assert pair is None or pair[0] == pair[1]
    assert first(2) == 3


builtins.shared_builtin = 0
hammer(changes, uses, uses, uses)
print("ok")
