# Generators: send, throw, close, return values, yield from, generator expressions, state errors.
def count(n):
    for i in range(n):
        yield i
    return "done"


print(list(count(3)), sum(count(5)), [*count(2)], dict(zip("ab", count(2))))
g = count(1)
print(next(g))
try:
    next(g)
except StopIteration as e:
    print("value", e.value)
print(next(g, "default"))


def echo():
    received = None
    while True:
        try:
            received = yield received
            print("received", received)
        except ValueError as e:
            print("thrown", e)
            received = "recovered"


e = echo()
next(e)
print(e.send(1), e.send("two"), e.throw(ValueError("oops")))
e.close()
try:
    e.send(1)
except StopIteration:
    print("closed")
e = echo()
try:
    e.send(5)
except TypeError as x:
    print(x)


def outer():
    result = yield from inner()
    print("inner returned", result)
    yield from [10, 20]
    yield from "xy"


def inner():
    try:
        got = yield 1
        print("inner got", got)
        yield 2
    except KeyError as k:
        print("inner caught", repr(k))
        yield "after throw"
    return "result"


o = outer()
print(next(o), o.send("hello"), next(o), list(o))
o = outer()
next(o)
print(o.throw(KeyError("k")), next(o))


def closing():
    try:
        yield 1
    except GeneratorExit:
        print("exit")
        raise
    finally:
        print("finally")


c = closing()
next(c)
c.close()
c.close()


def stubborn():
    while True:
        try:
            yield 1
        except GeneratorExit:
            pass


s = stubborn()
next(s)
try:
    s.close()
except RuntimeError as x:
    print(x)


def stop():
    yield 1
    raise StopIteration("inside")


try:
    list(stop())
except RuntimeError as x:
    print(x, repr(x.__cause__))


def selfish():
    try:
        next(me)
    except ValueError as x:
        print(x)
    yield


me = selfish()
next(me)
ge = (x * y for x in range(3) for y in range(3) if x != y)
print(list(ge), list(ge))
print(sum(x for x in range(10) if x % 2), max((len(w), w) for w in "a bbb cc".split()))


def lazily():
    print("started")
    yield


lazy = lazily()
print("not yet")
next(lazy)
print(type(lazy).__name__, lazy.gi_frame is not None, lazy.gi_running, lazy.gi_code.co_name, lazily.__name__)


def fib():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, a + b


import itertools

print(list(itertools.islice(fib(), 15)))


def tree(depth):
    if depth:
        yield from tree(depth - 1)
        yield depth
        yield from tree(depth - 1)


print(list(tree(4)))


def pipeline():
    numbers = (n for n in range(20))
    evens = (n for n in numbers if n % 2 == 0)
    return [n * n for n in evens]


print(pipeline())
gen = count(3)
print(2 in gen, list(gen))
a, b, c = count(3)
print(a, b, c, max(count(4)), sorted(count(4), reverse=True), any(count(3)), all(count(3)))


def with_yield_expr():
    x = [(yield 1), (yield 2)]
    yield x


w = with_yield_expr()
print(next(w), w.send("a"), w.send("b"))
try:
    (lambda: (yield))().throw(ValueError("at start"))
except ValueError as x:
    print(x)


class Delegate:
    def __iter__(self):
        return self

    def __next__(self):
        raise StopIteration(99)


def use():
    return (yield from Delegate())


try:
    next(use())
except StopIteration as x:
    print(x.value)
