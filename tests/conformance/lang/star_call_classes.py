# Calls of classes with a tuple of arguments: `__init__` runs in a frame of the caller's.
import sys
import traceback


class Point:
    def __init__(self, x, y=2, *rest, z=3, **more):
        self.all = x, y, rest, z, more

    def __del__(self):
        dropped.append(getattr(self, "all", None))


dropped = []


def make(cls, *args, **kwargs):
    return cls(*args, **kwargs)


print(make(Point, 1).all, make(Point, 1, 5, 6, 7).all, make(Point, 1, z=4, w=5).all)
print(Point(*(1,)).all, Point(*[1, 2], *(3,)).all, Point(*range(20)).all)
args = (object(), [1])
before = sys.getrefcount(args[0]) if hasattr(sys, "getrefcount") else 0
for _ in range(100):
    Point(*args)
print(len(dropped))
for bad in ((), (1, 2), 5):
    class Strict:
        def __init__(self, only):
            if only is None:
                raise ValueError("no")
            self.only = only

    try:
        print(Strict(*bad).only)
    except TypeError as e:
        print(e)


class Answers:
    def __init__(self, *args):
        return args


class Fails:
    def __init__(self, *args):
        raise KeyError(args)


for cls in (Answers, Fails):
    try:
        cls(*(1, 2))
    except (TypeError, KeyError) as e:
        print(type(e).__name__, e, [f.name for f in traceback.extract_tb(e.__traceback__)])


class Deep:
    def __init__(self, n, *rest):
        self.below = Deep(*(n - 1,) + rest) if n else None


d, n = Deep(*(200, 1, 2)), 0
while d.below:
    d, n = d.below, n + 1
print(n)


def generator():
    for i in range(3):
        yield Point(*(i,) * i + (1,)).all


print(list(generator()))


# The tuple of a call's arguments is made of a list that nobody else sees.
def rest(*args):
    return args


items = [1, [2]]
print(rest(0, *items), rest(*items, *items), rest(*[]), rest(0, *(), *iter("ab")), (*items, 3), (*[],))
print(rest(*items)[1] is items[1], items)
