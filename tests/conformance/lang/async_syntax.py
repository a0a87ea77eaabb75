# Coroutines driven by hand: no event loop needed.
class Awaitable:
    def __init__(self, value):
        self.value = value

    def __await__(self):
        got = yield ("waiting", self.value)
        return got


async def add(a, b):
    x = await Awaitable(a)
    y = await Awaitable(b)
    return x + y


async def outer():
    try:
        return await add(1, 2) * 10
    finally:
        print("outer finally")


def drive(coro, answers):
    value = None
    answers = iter(answers)
    while True:
        try:
            print("yielded", coro.send(value))
            value = next(answers)
        except StopIteration as e:
            return e.value


print(drive(outer(), [5, 6]))
c = outer()
print(type(c).__name__, c.send(None))
try:
    c.throw(ValueError("thrown"))
except ValueError as e:
    print(e)


class Manager:
    async def __aenter__(self):
        print("aenter")
        return self

    async def __aexit__(self, *exc):
        print("aexit", exc[0].__name__ if exc[0] else None)
        return True


async def use():
    async with Manager() as m:
        print("body", type(m).__name__)
    async with Manager():
        raise KeyError
    return "used"


print(drive(use(), []))


class Numbers:
    def __init__(self, n):
        self.n = n

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.n == 0:
            raise StopAsyncIteration
        self.n -= 1
        await Awaitable(self.n)
        return self.n


async def loop():
    out = []
    async for x in Numbers(3):
        out.append(x)
    else:
        out.append("else")
    return out, [x async for x in Numbers(2)], {x: await add(x, 1) async for x in Numbers(1)}


print(drive(loop(), list(range(20))))


async def agen(n):
    for i in range(n):
        got = yield i
        if got:
            print("agen got", got)


async def use_agen():
    out = [x async for x in agen(3)]
    g = agen(2)
    out.append(await g.__anext__())
    out.append(await g.asend("sent"))
    await g.aclose()
    return out


print(drive(use_agen(), []))
c = outer()
c.close()


async def never():
    await Awaitable(1)


n = never()
n.send(None)
n.close()
for bad in ("drive(never, [])",):
    try:
        eval(bad)
    except AttributeError as e:
        print(e)


async def bad_await():
    await 5


try:
    bad_await().send(None)
except TypeError as e:
    print(e)
