# Identity, mutability and aliasing rules that programs rely on.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


a = b = [1]
b.append(2)
print(a, a is b, a == [1, 2], a is not [1, 2])
print(() is (), None is None, True is True, "" is "" or True, ... is Ellipsis, NotImplemented is NotImplemented)
def f(x, acc={}):
    acc[x] = acc.get(x, 0) + 1
    return acc
print(f(1), f(1), f(2), f.__defaults__)
x = [[]] * 3
x[0].append(1)
print(x)
y = [[] for _ in range(3)]
y[0].append(1)
print(y)
import copy
z = copy.copy(y)
w = copy.deepcopy(y)
y[0].append(2)
print(z, w)
class P:
    items = []
    count = 0
p, q = P(), P()
p.items.append(1)
p.count += 1
print(q.items, q.count, P.count, p.count)
def swap(l, i, j):
    l[i], l[j] = l[j], l[i]
l = [1, 2, 3]
swap(l, 0, 2)
print(l)
t = ([1],)
t[0].append(2)
print(t)
s = "abc"
u = s
s += "d"
print(s, u)
n = 1
def g():
    return n
n = 2
print(g())
fs = {}
for name in ("a", "b"):
    def h(name=name):
        return name
    fs[name] = h
print(fs["a"](), fs["b"]())
d = {"k": [1]}
e = dict(d)
e["k"].append(2)
e["n"] = 1
print(d, e)
it = iter([1, 2, 3])
print(list(zip(it, it)), list(it))
m = [1, 2, 3]
for v in m[:]:
    m.remove(v)
print(m)
k = list(range(5))
k2 = k
k = k + [5]
print(len(k2), len(k))
k2 += [6]
print(k2)
big = 10 ** 20
print(big is big, big == 10 ** 20, id(k2) == id(k2))
print([1, 2] == [1, 2], [1, 2] is [1, 2], {1: [2]} == {1: [2]}, (1, [2]) == (1, [2]), float("nan") == float("nan"))
nan = float("nan")
print(nan in [nan], [nan] == [nan], nan == nan, {nan: 1}[nan], (nan,) == (nan,))
