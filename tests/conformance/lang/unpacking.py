# Assignment forms, star targets, star arguments, del, chained and swapped assignment.
a = b = c = []
a.append(1)
print(a, b is c)
x, y = 1, 2
x, y = y, x
print(x, y)
(a, b), [c, d] = (1, 2), (3, 4)
print(a, b, c, d)
first, *rest = "hello"
*init, last = range(5)
h, *m, t = [1, 2]
print(first, rest, init, last, h, m, t)
(a, (b, *c)), d = (1, (2, 3, 4)), 5
print(a, b, c, d)
[a], = [[7]],
print(a)
for bad in ("a, b = 1,", "a, b = 1, 2, 3", "a, *b, c = [1]", "a, b = 5", "(a, b), c = 1, 2", "a, b = {}", "a, = ''", "a, b = iter([1])"):
    try:
        exec(bad)
    except (ValueError, TypeError) as e:
        print(bad, "->", type(e).__name__ + ":", e)
lst = [0] * 5
lst[0], lst[1:3], lst[-1] = "a", "bc", "z"
print(lst)
i = 0
i, lst[i] = 1, "order"
print(i, lst)


class Obj:
    pass


o = Obj()
o.a, o.b = 1, 2
o.c = o.d = 3
print(vars(o))
del o.a, lst[0], lst[1:3]
print(vars(o), lst)
d = {"a": 1, "b": 2}
del d["a"]
print(d)
for bad in ("del d['zz']", "del lst[99]", "del undefined", "del o.zz", "lst[99] = 1", "d[[]] = 1", "'abc'[0] = 'x'", "(1, 2)[0] = 1", "del 'abc'[0]"):
    try:
        exec(bad)
    except Exception as e:
        print(bad, "->", type(e).__name__ + ":", e)


def f(*args, **kw):
    return args, kw


print(f(*"ab", 1, *[2], k=1, **{"z": 2}), f(*(), **{}), f(*{"x": 1}), f(*range(3), *f(9)[0]))
print([*"ab", *(1, 2)], (*"ab",), {*"aa"}, {**{"a": 1}, **{"a": 2, "b": 3}})
print(*[1, 2, 3], sep="-", end="!\n")
n: int = 5
m: "undefined annotation"
print(n, __annotations__ if "__annotations__" in globals() else "lazy")


class Annotated:
    x: int = 1
    y: str


print(Annotated.__annotations__, Annotated.x, hasattr(Annotated, "y"))
k = [1, 2, 3]
k[1:1] = [9, 9]
k[::2] = "abc"
print(k)
try:
    k[::2] = [1]
except ValueError as e:
    print(e)
z = (yield_ := 5) + yield_
print(z)
a, b = b, a = 1, 2
print(a, b)
t = 1,
print(t, type(t).__name__, (), (1, 2,))
x = y = z = 0
x += 1
print(x, y, z)
s = "abc"
s *= 2
l = [1]
l2 = l
l += (2, 3)
l *= 2
print(s, l, l2 is l)
tup = ([1], 2)
try:
    tup[0] += [5]
except TypeError as e:
    print(e, tup)
print(lambda_ := (lambda *a, b=1, **k: (a, b, k))(1, 2, b=3, c=4))
