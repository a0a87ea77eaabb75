"""What happens at the ends of loops: pairs without tuples, unpacking into locals that hold the sequence, generators used up by
native code, results that nobody wants, awaiting."""

import sys
import traceback


class Noisy:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("gone", self.name)


def pairs():
    out = []
    first = iter([1, 2, 3])
    for x, y in zip(first, [10]):
        out.append((x, y))
    out.append(next(first, "nothing left"))
    for x, x in [(1, 2), (3, 4)]:
        out.append(x)
    for k, v in {"a": 1, "b": 2}.items():
        out.append(k * v)
    for i, (a, b) in enumerate([(1, 2), (3, 4)], 5):
        out.append((i, a, b))
    for a, b in ["xy", [1, 2], {3: 0, 4: 0}]:
        out.append((a, b))
    return out


def changing_dict():
    d = {i: i for i in range(3)}
    try:
        for k, v in d.items():
            d[k + 10] = v
    except RuntimeError as e:
        return str(e), len(d)


def growing_list():
    l = [1, 2, 3]
    seen = []
    for x in l:
        seen.append(x)
        if len(l) < 6:
            l.append(x * 10)
    return seen


def unpack_over_itself():
    t = (1, (2, 3))
    t, x = t
    u = [[1, 2, 3], 4, 5]
    u, v, w = u
    u, v, w = w, u, v
    p = q = r = (7, 8, 9)
    p, q, r = p
    return t, x, u, v, w, p, q, r


def wrong_counts():
    for made in ((1, 2), [1, 2, 3, 4], "ab", iter([1]), 5):
        try:
            a, b, c = made
        except (ValueError, TypeError) as e:
            print(type(e).__name__, e)
    try:
        for a, b in [(1, 2), (3,)]:
            pass
    except ValueError as e:
        print(e, e.__traceback__.tb_lineno - wrong_counts.__code__.co_firstlineno)


def failing():
    yield 1
    yield 2
    raise KeyError("inside")


def used_up():
    for use in (list, sum, set, tuple, max, any, sorted):
        g = failing()
        try:
            print(use(g))
        except KeyError as e:
            lines = [f.name for f in traceback.extract_tb(e.__traceback__)]
            print(use.__name__, e, lines)
        print(next(g, "ended"))


def early():
    log = []

    def source():
        for i in range(10):
            log.append(i)
            yield i

    g = source()
    print(any(x > 3 for x in g), log, next(g))
    g = source()
    print(3 in g, next(g))
    print(max(source()), min(source(), default=0), sum(source(), 0.5), sum([True, 2.5, 3]))
    print(sum(x / 4 for x in source()))


def running():
    def me():
        yield g.gi_running
        yield g.gi_frame.f_lineno - me.__code__.co_firstlineno
        try:
            next(g)
        except ValueError as e:
            yield str(e)

    g = me()
    print(list(g), g.gi_running, g.gi_frame)


def nested():
    def inner(n):
        got = yield n
        return (n, got)

    def outer():
        a = yield from inner(1)
        b = yield from (n for n in range(2))
        yield a, b
        yield list(inner(3))

    print(list(outer()))


def hashes():
    class Odd:
        def __init__(self, v):
            self.v = v

        def __hash__(self):
            print("hash", self.v)
            return 1

        def __eq__(self, other):
            print("eq", self.v, getattr(other, "v", other))
            return isinstance(other, Odd) and self.v == other.v

    def source():
        for v in (1, 2, 1):
            print("make", v)
            yield Odd(v)
        yield 1

    print(len(set(source())))


def unwanted():
    Noisy("dropped at once")
    print("then")
    [Noisy("in a list")]
    print("then")
    (lambda: Noisy("returned"))()
    print("then")


def traced():
    events = []

    def tracer(frame, event, arg):
        if frame.f_code.co_name == "body":
            events.append((event, frame.f_lineno - frame.f_code.co_firstlineno))
        return tracer

    def body():
        total = 0
        for i, x in enumerate("ab"):
            total += i
        for y in [1, 2]:
            total += y
        return total

    sys.settrace(tracer)
    try:
        body()
    finally:
        sys.settrace(None)
    print(events)


def attributes():
    class Base:
        def __init__(self, v):
            self.v = v

        def get(self):
            return self.v

    classes = [type(f"C{i}", (Base,), {}) for i in range(7)]
    objects = [c(i) for i, c in enumerate(classes)] * 40
    total = 0
    for o in objects:
        o.v += 1
        total += o.v + o.get()
    classes[2].get = lambda self: 1000
    classes[3].v = property(lambda self: -1, lambda self, v: None)
    for o in objects:
        total += o.get() + o.v
    print(total)


print(pairs())
print(changing_dict())
print(growing_list())
print(unpack_over_itself())
wrong_counts()
used_up()
early()
running()
nested()
hashes()
unwanted()
traced()
attributes()
