# The iteration protocol, and the iterators of the built-in types.
class Countdown:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if self.n == 0:
            raise StopIteration
        self.n -= 1
        return self.n + 1


print(list(Countdown(3)), sum(Countdown(4)), tuple(Countdown(2)), 2 in Countdown(3), max(Countdown(3)), sorted(Countdown(3)), [*Countdown(2)], set(Countdown(2)))
a, b, c = Countdown(3)
print(a, b, c)
print(list(zip(Countdown(3), "abcdef")), list(enumerate(Countdown(2), start=5)), list(map(str, Countdown(2))), list(filter(lambda x: x > 1, Countdown(3))))
print(dict(zip(Countdown(2), Countdown(2))), ",".join(str(x) for x in Countdown(3)))


class OldStyle:
    def __getitem__(self, i):
        if i < 3:
            return i * i
        raise IndexError


print(list(OldStyle()), list(iter(OldStyle())), 4 in OldStyle())
calls = iter([1, 2, 0, 3])
print(list(iter(lambda: next(calls), 0)))
for make in (lambda: iter([1]), lambda: iter((1,)), lambda: iter("a"), lambda: iter(b"a"), lambda: iter({1: 1}), lambda: iter({1}), lambda: iter(range(1)), lambda: reversed([1]), lambda: iter({1: 1}.values()), lambda: iter({1: 1}.items()),
             lambda: zip([1]), lambda: map(str, [1]), lambda: filter(None, [1]), lambda: enumerate([1]), lambda: iter(int, 1), lambda: (x for x in [1]), lambda: reversed(range(1)), lambda: iter(range(2 ** 70, 2 ** 70 + 1)), lambda: iter(OldStyle())):
    it = make()
    print(type(it).__name__, iter(it) is it, next(it, "end"), next(it, "end") if type(it).__name__ not in ("callable_iterator", "iterator") else "")
try:
    next(iter([]))
except StopIteration as e:
    print("stop", e.args)
for bad in ("iter(5)", "next(5)", "next([])", "iter(5, 5)", "list(None)", "zip(1)", "map()", "map(str)", "enumerate(5)", "sum(5)", "max([])", "min(())", "max()", "sum(['a'])", "reversed({1})", "sorted(5)", "sorted([1, 'a'])", "zip([1], [1, 2], strict=True).__next__() and list(zip([1], [1, 2], strict=True))",
            "list(zip([1, 2], [1], strict=True))", "next(iter([]))", "any(5)", "range(1, 2, 0)", "range('a')", "range(1.5)", "dict([1])", "dict([(1, 2, 3)])", "tuple(5)", "set([[]])", "min(1)", "enumerate()"):
    try:
        print(bad, "=", eval(bad))
    except Exception as e:
        print(bad, "->", type(e).__name__ + ":", e)


class BadIter:
    def __iter__(self):
        return 5


class NotIter:
    __iter__ = None


for x in (BadIter(), NotIter()):
    try:
        iter(x)
    except TypeError as e:
        print(e)


class Raises:
    def __iter__(self):
        yield 1
        raise ValueError("in the middle")


got = []
try:
    for x in Raises():
        got.append(x)
except ValueError as e:
    print(got, e)
lst = [1, 2, 3]
it = iter(lst)
next(it)
lst.append(4)
print(list(it), it.__length_hint__())
lst.append(5)
print(list(it))
print(list(reversed("abc")), list(reversed({"a": 1, "b": 2})), list(reversed(range(0, 10, 3))), list(reversed([])))
print(max(3, 1, 2), min("b", "a"), max([1, -5], key=abs), min([], default="d"), max("ab", "c", key=len), sum([[1], [2]], []), sum([0.1] * 10), sum([1, 2.5, 3]))
print(all([]), any([]), all([1, 0]), any([0, 1]), list(zip()), list(zip([1, 2], "ab", (3, 4))), list(map(lambda a, b: a * b, [1, 2, 3], [4, 5])), list(map(None.__class__, [])))
print(list(filter(None, [0, 1, "", "a"])), sorted("bca", reverse=True), sorted([3, 1, 2], key=lambda x: -x), list(enumerate("ab")))
from operator import length_hint

print(length_hint(iter([1, 2, 3])), length_hint(iter(range(10))), length_hint(5, 7))
