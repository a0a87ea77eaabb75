"""Generators that delegate to generators: values out, values in, exceptions through, and looking at those in the middle."""
import gc
import sys
import traceback
import types


def tree(n):
    if n:
        yield from tree(n - 1)
        yield n
        yield from tree(n - 1)


print(list(tree(4)), sum(tree(9)), sorted(set(tree(5))), any(x > 4 for x in tree(5)))


# ---- what is sent goes to the innermost
def echo():
    x = None
    while True:
        x = yield x
        if x == "stop":
            return "done"


def wrap(n):
    if n == 0:
        r = yield from echo()
    else:
        r = yield from wrap(n - 1)
    return r + str(n)


g = wrap(50)
next(g)
print(g.send(5), g.send(7), next(g))
try:
    g.send("stop")
except StopIteration as e:
    print(e.value)


# ---- exceptions thrown in, closing, dropping
def leaf(log):
    try:
        while True:
            try:
                yield 1
            except ValueError as e:
                log.append(str(e))
                yield 2
    finally:
        log.append("end")


def outer(n, log):
    try:
        if n:
            yield from outer(n - 1, log)
        else:
            yield from leaf(log)
    finally:
        log.append(n)


for way in "close", "drop", "throw":
    log = []
    g = outer(5, log)
    next(g), next(g)
    print(g.throw(ValueError("in")), next(g))
    if way == "close":
        g.close()
    elif way == "throw":
        try:
            g.throw(KeyError("out"))
        except KeyError as e:
            print(len(traceback.extract_tb(e.__traceback__)))
    del g
    print(way, log)


# ---- those in the middle, seen from outside, while all stand still
g = wrap(5)
next(g), g.send(1)
inner, depth = g, 0
while isinstance(inner.gi_yieldfrom, types.GeneratorType):
    inner = inner.gi_yieldfrom
    depth += 1
    print(depth, inner.__name__, inner.gi_suspended, inner.gi_running, inner.gi_frame.f_back)
print(g.send(9))
del inner
print(g.send(2), g.send(3))

# One that only the collector shows, and that is resumed behind the back of the others.
g = wrap(5)
next(g), g.send(1)
found = [o for o in gc.get_objects() if isinstance(o, types.GeneratorType) and o.__name__ == "echo"
         and o.gi_frame is not None and o.gi_frame.f_locals["x"] == 1]
print(len(found), found[0].gi_suspended, found[0].gi_running)
print(found[0].send("q"), g.send(3))
found[0].close()
try:
    g.send(3)
except TypeError as e:
    print(e)


# ---- one that runs cannot be resumed by what it runs
def again(n):
    if n:
        yield from again(n - 1)
    else:
        yield "first"
        for o in gc.get_referrers(sys._getframe().f_code), everything:
            for x in o:
                if isinstance(x, types.GeneratorType):
                    try:
                        next(x)
                    except ValueError as e:
                        yield str(e)


everything = []
g = again(3)
everything.append(g)
print(sorted(set(g)))
everything.clear()


# ---- handlers and frames on the way
def failing(n):
    if n == 0:
        yield 1
        1 / 0
    else:
        try:
            yield from failing(n - 1)
        except ZeroDivisionError:
            yield f"caught {n}"
            raise


out = []
try:
    for x in failing(5):
        out.append(x)
except ZeroDivisionError as e:
    print(out, [t.name for t in traceback.extract_tb(e.__traceback__)])


def names():
    f, out = sys._getframe(1), []
    while f:
        out.append(f.f_code.co_name)
        f = f.f_back
    return out


def looking(n):
    if n:
        yield from looking(n - 1)
    else:
        yield len(names())
        yield names()[:3]
        yield len(names())


def from_deeper(g, n):
    return from_deeper(g, n - 1) if n else next(g)


g = looking(6)
print(next(g), from_deeper(g, 2), from_deeper(g, 4))


def handling(n):
    try:
        raise ValueError(n)
    except ValueError:
        if n:
            yield from handling(n - 1)
        else:
            yield sys.exception().args
            yield sys.exception().args
    yield repr(sys.exception())


print(list(handling(3)))


# ---- resumed at other depths of the stack than it was suspended at
def add(a, b, c):
    return a + b + c


def calling(n):
    if n:
        yield from calling(n - 1)
        yield add(n, n, n)
        yield [add(i, n, 1) for i in range(3)]
    else:
        for i in range(5):
            yield add(i, 1, 1)


def at(g, n, *rest):
    a = b = c = n
    return at(g, n - 1, a, b, c) if n else next(g, None)


g, i, got = calling(6), 1, []
while (v := at(g, i % 37)) is not None:
    got.append(v)
    i += 7
print(got == list(calling(6)), got[-4:])


# ---- cycles through the frames in the middle
class Loud:
    count = 0

    def __del__(self):
        Loud.count += 1


def cycle():
    me = [Loud()]

    def inside():
        yield me
        yield 2

    def outside():
        yield from inside()

    g = outside()
    me.append(g)
    next(g)


for i in range(100):
    cycle()
gc.collect()
print(Loud.count)


# ---- coroutines, and a generator used both alone and in a chain
class Turns:
    def __await__(self):
        x = None
        for i in range(3):
            x = yield i
        return x


async def waits(n):
    return await waits(n - 1) if n else await Turns()


co = waits(20)
got = [co.send(None)]
for i in range(3):
    try:
        got.append(co.send(i * 10))
    except StopIteration as e:
        got.append(e.value)
print(got)
co = waits(3)
co.send(None), co.send(1)
print(co.cr_await.cr_await.cr_running, co.cr_suspended, co.cr_await.cr_await.cr_suspended)
co.close()

g = tree(4)
alone = [next(g), next(g), next(g)]


def then(g):
    yield from g


print(alone, list(zip(then(g), then(tree(4)))), list(g))
