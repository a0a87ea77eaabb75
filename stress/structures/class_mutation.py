"""A class whose attributes, methods, bases and instances' classes change while threads call."""

from support import hammer


class Left:
    side = "left"

    def tell(self):
        return "left"


class Right:
    side = "right"

    def tell(self):
        return "right"


class Base:
    pass


class Shared(Base):
    limit = 0

    def __init__(self):
        self.value = 1

    def double(self):
        return self.value * 2


class Twin(Base):
    def __init__(self):
        self.value = 1

    def double(self):
        return self.value + self.value


objects = [Shared() for _ in range(8)]
sided = type("Sided", (Left,), {})
instance = sided()


def mutates(number, turn):
    Shared.limit = turn
    Shared.double = (lambda self: self.value * 2) if turn % 2 else (lambda self: self.value + self.value)
    setattr(Base, "extra%d" % (turn % 30), turn)
    if turn % 3 == 0:
        Shared.__len__ = lambda self: 5
    elif "__len__" in vars(Shared):
        del Shared.__len__
    objects[turn % 8].__class__ = Twin if turn % 2 else Shared
    sided.__bases__ = (Right,) if turn % 2 else (Left,)
    if turn % 20 == 0:
        type("Temporary%d" % turn, (Shared,), {"n": turn})().double()


def calls(number, turn):
    o = objects[turn % 8]
    assert o.double() == 2
    assert type(o) in (Shared, Twin)
    assert instance.side in ("left", "right") and instance.tell() in ("left", "right")
    assert Shared.limit >= 0
    getattr(o, "extra3", 0)
    Base.__subclasses__()


def mutates_alone(number, turn):
    # One writer: `del` after `in` must not fail.
    if number == 0:
        mutates(number, turn)
    else:
        calls(number, turn)


hammer(mutates_alone, calls, calls, calls)
print("ok")
