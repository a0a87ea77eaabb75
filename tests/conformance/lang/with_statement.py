# The with statement: order of calls, suppressing, several managers, errors inside the protocol.
class CM:
    def __init__(self, name, swallow=False, fail_enter=False, fail_exit=False):
        self.name = name
        self.swallow = swallow
        self.fail_enter = fail_enter
        self.fail_exit = fail_exit

    def __enter__(self):
        print("enter", self.name)
        if self.fail_enter:
            raise RuntimeError("enter " + self.name)
        return self.name

    def __exit__(self, kind, value, tb):
        print("exit", self.name, kind.__name__ if kind else None, value, tb is not None)
        if self.fail_exit:
            raise RuntimeError("exit " + self.name)
        return self.swallow


with CM("a") as a, CM("b") as b:
    print("body", a, b)
with CM("s", swallow=True):
    raise ValueError("swallowed")
try:
    with CM("outer"), CM("inner"):
        raise KeyError("x")
except KeyError as e:
    print("got", e)
try:
    with CM("first"), CM("second", fail_enter=True):
        print("never")
except RuntimeError as e:
    print("got", e)
try:
    with CM("bad exit", fail_exit=True):
        raise ValueError("original")
except RuntimeError as e:
    print("got", e, "context", repr(e.__context__))
with (
    CM("p1") as x,
    CM("p2") as (y, z),
):
    print(x, y, z)


def leave(how):
    for i in range(2):
        with CM(how):
            if how == "return":
                return "returned"
            if how == "break":
                break
            if how == "continue":
                continue
    return "end"


print(leave("return"), leave("break"), leave("continue"))
for bad in (5, object()):
    try:
        with bad:
            pass
    except TypeError as e:
        print(e)


class NoExit:
    def __enter__(self):
        pass


try:
    with NoExit():
        pass
except TypeError as e:
    print(e)


def gen():
    with CM("in generator"):
        yield 1
        yield 2


g = gen()
print(next(g))
g.close()
slots = [0]
with CM("target") as slots[0]:
    pass
print(slots)


class Nested:
    def __enter__(self):
        return (1, (2, 3))

    def __exit__(self, *exc):
        return False


with Nested() as (a, (b, c)):
    print(a, b, c)
with CM("x", swallow=True) as v:
    with CM("y"):
        raise TypeError("through y, stopped by x")
print("end")
