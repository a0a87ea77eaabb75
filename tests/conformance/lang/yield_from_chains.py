"""Chains of `yield from` and `await`: values, exceptions, `close`, `throw` and `send` through several levels."""
import inspect
import sys
import types


class Tree:
    def __init__(self, left, value, right):
        self.left, self.value, self.right = left, value, right

    def __iter__(self):
        if self.left:
            yield from self.left
        yield self.value
        if self.right:
            yield from self.right


def tree(items):
    if not items:
        return None
    i = len(items) // 2
    return Tree(tree(items[:i]), items[i], tree(items[i + 1 :]))


print(list(tree(list(range(40)))) == list(range(40)))


def leaf(log):
    total = 0
    try:
        while True:
            got = yield total
            if got is None:
                continue
            if got == "stop":
                return total
            if got == "fail":
                raise LookupError(total)
            total += got
    except ValueError as e:
        log.append(("value error", str(e)))
        yield "caught"
        return -1
    finally:
        log.append("leaf done")


def level(n, log):
    try:
        result = yield from (leaf(log) if n == 0 else level(n - 1, log))
        log.append((n, result))
        return result
    except LookupError as e:
        log.append((n, "lookup", e.args))
        if n == 2:
            return "rescued"
        raise
    except GeneratorExit:
        log.append((n, "exit"))
        raise


def drive(*sent):
    log = []
    g = level(4, log)
    out = [next(g)]
    for s in sent:
        try:
            if isinstance(s, BaseException):
                out.append(g.throw(s))
            else:
                out.append(g.send(s))
        except StopIteration as e:
            out.append(("returned", e.value))
            break
    g.close()
    return out, log


print(drive(1, 2, 3, None, "stop"))
print(drive(1, "fail"))
print(drive(5, ValueError("x"), 1))
print(drive(5, ValueError("x"), KeyError("k")))
print(drive())

g = level(3, [])
next(g)
chain = []
at = g
while at is not None:
    chain.append((at.gi_code.co_name, at.gi_suspended, at.gi_running, at.gi_frame.f_lineno > 0))
    at = at.gi_yieldfrom
print(chain)
g.send(3)
print([f.f_code.co_name for f in (g.gi_frame, g.gi_yieldfrom.gi_frame)])
# The middle of a chain is used from outside.
middle = g.gi_yieldfrom
print(middle.send(4))
try:
    middle.throw(LookupError("out"))
except StopIteration as e:
    print("middle", e.value)
try:
    print(g.send(1))
except StopIteration as e:
    print("outer", e.value)


def me():
    yield 1
    yield from holder
    yield 2


holder = me()
outer = (x for x in holder)
try:
    print(next(outer), next(outer))
except ValueError as e:
    print(e)


def deep(n):
    if n:
        yield from deep(n - 1)
    else:
        yield 1
        yield 2


sys.setrecursionlimit(500)
print(list(deep(300)))
try:
    list(deep(3000))
except RecursionError as e:
    print("RecursionError")
g = deep(200)
print(next(g), next(g), next(g, "end"), inspect.getgeneratorstate(g))


@types.coroutine
def switch(x):
    return (yield x)


async def inner(n):
    return n + await switch(n)


async def middle_coro(n):
    got = 0
    for i in range(3):
        got += await inner(i)
    return got


async def agen():
    for i in range(3):
        yield await inner(i)


async def main():
    total = await middle_coro(1)
    async for x in agen():
        total += x
    try:
        async with Manager() as m:
            await inner(m)
            raise KeyError("in")
    except KeyError:
        total += 1000
    return total


class Manager:
    async def __aenter__(self):
        return await inner(7)

    async def __aexit__(self, *exc):
        await inner(8)


c = main()
send = None
seen = []
try:
    while True:
        seen.append(c.send(send))
        send = 10
except StopIteration as e:
    print(seen, e.value)


class Aw:
    def __await__(self):
        x = yield from switch("aw")
        return x * 2


async def use():
    return [await Aw(), await Aw()]


c = use()
print(c.send(None), c.send(2))
try:
    c.send(3)
except StopIteration as e:
    print(e.value)


def traced(frame, event, arg):
    events.append((event, frame.f_code.co_name))
    return traced


events = []
g = level(2, [])
next(g)
sys.settrace(traced)
g.send(1)
sys.settrace(None)
g.send(2)
print(events)
try:
    g.send("fail")
except StopIteration as e:
    print(e.value)
try:
    g = level(1, [])
    next(g)
    g.send("fail")
except LookupError as e:
    tb = e.__traceback__
    names = []
    while tb:
        names.append((tb.tb_frame.f_code.co_name, tb.tb_lineno))
        tb = tb.tb_next
    print(names)
