# Language features used by many threads at once: classes, generators, exceptions, closures, imports, recursion.
import threading, importlib

THREADS = 4


def run(body):
    results, errors = [None] * THREADS, []

    def wrapped(i):
        try:
            results[i] = body(i)
        except BaseException as e:
            errors.append(repr(e))

    ts = [threading.Thread(target=wrapped, args=(i,)) for i in range(THREADS)]
    [t.start() for t in ts]
    [t.join() for t in ts]
    return errors or (results if len(set(map(str, results))) > 1 else results[0])


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


print(run(lambda i: fib(18)))


class Shape:
    registry = {}

    def __init__(self, side):
        self.side = side

    @property
    def area(self):
        return self.side ** 2

    def scale(self, by):
        return type(self)(self.side * by)


class Square(Shape):
    def scale(self, by):
        return super().scale(by)


def objects(i):
    total = 0
    for k in range(2000):
        total += Square(k).scale(2).area
    return total


print(run(objects))


def generators(i):
    def numbers(n):
        for k in range(n):
            try:
                yield k
            finally:
                pass

    return sum(x for x in numbers(3000) if x % 3)


print(run(generators))


def exceptions(i):
    caught = 0
    for k in range(1000):
        try:
            try:
                [1, 2][k % 5]
            except IndexError as e:
                raise KeyError(k) from e
            finally:
                caught += 1
        except KeyError as e:
            caught += isinstance(e.__cause__, IndexError)
    return caught


print(run(exceptions))


def closures(i):
    fs = [lambda x, k=k: x + k + i * 0 for k in range(100)]
    return sum(f(n) for f in fs for n in range(20))


print(run(closures))


def strings(i):
    return len("".join(f"{k:>5}|{k / 7:.3f}|{k!r}" for k in range(2000)).replace("1", "one").upper().split("|"))


print(run(strings))


def new_classes(i):
    made = []
    for k in range(100):
        cls = type(f"C{k}", (Shape,), {"value": k, "get": lambda self: self.value})
        made.append(cls(1).get() + cls.value)
    return sum(made)


print(run(new_classes))


def change_class(i):
    for k in range(500):
        setattr(Shape, f"attr{k % 20}", k)
        assert Shape(3).area == 9
        getattr(Shape, f"attr{k % 20}")
    return "ok"


print(run(change_class))


def imports(i):
    return [importlib.import_module(n).__name__ for n in ("textwrap", "heapq", "json.decoder", "statistics", "fractions", "calendar")]


print(run(imports))


def recursion(i):
    def deep(n):
        return deep(n + 1)

    try:
        deep(0)
    except RecursionError as e:
        return str(e)[:32]


print(run(recursion))
log = []


class Dropped:
    def __del__(self):
        log.append(1)


def finalizers(i):
    for _ in range(500):
        Dropped()
    return "dropped"


print(run(finalizers), len(log))


def cycles(i):
    class Node:
        pass

    for _ in range(3000):
        a, b = Node(), Node()
        a.b, b.a = b, a
    return "cycles"


print(run(cycles))
shared = [Square(k) for k in range(100)]
print(run(lambda i: sum(s.area for _ in range(50) for s in shared)))


def matching(i):
    out = 0
    for k in range(3000):
        match (k % 4, [k, k + 1]):
            case (0, [a, b]):
                out += a
            case (1, [a, *_]) if a % 3 == 0:
                out += 1
            case _:
                out -= 1
    return out


print(run(matching))
one = (x for x in range(100_000))
busy = []


def contend(i):
    n = 0
    try:
        for _ in one:
            n += 1
    except ValueError as e:
        busy.append(str(e))
    return "done"


print(run(contend), set(busy) <= {"generator already executing"})
