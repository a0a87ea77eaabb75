# List, set, dict comprehensions, generator expressions, nested and conditional.
print([x for x in range(5)], [x * 2 for x in "ab"], [(x, y) for x in range(2) for y in "ab"])
print([x for x in range(20) if x % 2 if x % 3], [x if x % 2 else -x for x in range(5)])
print({x % 3: x for x in range(7)}, sorted({x % 3 for x in range(7)}), {k: v for k, v in zip("abc", [1, 2, 3]) if v != 2})
matrix = [[1, 2, 3], [4, 5, 6]]
print([[row[i] for row in matrix] for i in range(3)], [cell for row in matrix for cell in row])
print([x for x, in [(1,), (2,)]], [a + sum(b) for a, *b in [(1, 2, 3), (4,)]])
print([[j for j in range(i)] for i in range(4)])
print([f(3) for f in [lambda x, n=n: x ** n for n in range(4)]])
x = "outer"
print([x for x in range(3)], x)
print([last := n for n in range(5)], last)
print(any((hit := n) > 3 for n in range(10)), hit)
print([y for x in range(3) if (y := x * x) > 0])


class C:
    items = [1, 2, 3]
    doubled = [i * 2 for i in items]
    pairs = {i: i for i in items}


print(C.doubled, C.pairs, hasattr(C, "i"))


def f(n):
    return [[(i, j, n) for j in range(i)] for i in range(n)]


print(f(3))
try:
    [1 / n for n in (1, 0)]
except ZeroDivisionError as e:
    print(e)
try:
    [n for n in 5]
except TypeError as e:
    print(e)
print([*range(3), *"ab", *[]], {*range(3), 1}, {**{"a": 1}, "b": 2, **{"a": 3}}, (*[1], 2))
print([(lambda: i)() for i in range(3)], [k for k in (lambda: (yield from "gen"))()])
print({(a, b): a + b for a in range(2) for b in range(2)})
print(dict(sorted({word: len(word) for word in "the quick brown fox".split()}.items())))
print([c for c in "hello" if c not in "l"], "".join(c.upper() for c in "join"), sum([n for n in range(101)]))
it = (print("lazy", n) or n for n in range(2))
print("before")
print(list(it))
outer = [1, 2]
print([(o, i) for o in outer for i in [o, o * 10] if i != 2])
print([i for i in range(5) for i in range(i)])


def deep():
    a = 1
    return [[[a + b + c + d for d in range(2)] for c in range(2)] for b in range(2)]


print(deep())
print([locals_free for locals_free in [sorted(n for n in [3, 1, 2])]])
print({i: [j for j in range(i)] for i in range(3)}, [{j for j in range(i)} for i in range(2)])
big = [i * i for i in range(100_000)]
print(len(big), big[-1], sum(big))
