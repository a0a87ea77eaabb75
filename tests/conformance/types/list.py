# list.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


a = [3, 1, 2]
a.append(4)
a.extend([5, 6])
a.extend("xy")
a.insert(0, "first")
a.insert(100, "last")
a.insert(-1, "before last")
print(a, len(a))
print(a.pop(), a.pop(0), a.pop(-2), a)
a.remove("before last") if "before last" in a else None
a = [3, 1, 2, 3]
print(a.index(3), a.index(3, 1), a.count(3), a.count(9), 3 in a, 9 not in a)
a.reverse()
print(a, a[::-1], a[1:3], a[:-1], a[-2:], a[::2], a[5:], a[2:1], a[-100:100])
a.sort()
print(a, sorted(a, reverse=True), a == [1, 2, 3, 3], a < [1, 2, 4], [] < [0], [1, 2] <= [1, 2], [1] != [2], [1, 2] > [1])
b = a.copy()
b[0] = "changed"
print(a, b, a is b, a[:] is a)
b.clear()
print(b, not b)
c = list(range(10))
c[2:5] = ["x"]
print(c)
c[1:1] = [7, 8, 9]
print(c)
c[::3] = [0] * len(c[::3])
print(c)
c[:] = [1, 2, 3]
del c[1]
print(c)
del c[:]
print(c)
c = list(range(10))
del c[::2]
print(c)
del c[-1:0:-2]
print(c)
show("list()", "list('abc')", "list((1, 2))", "list({1: 2})", "list(range(3))", "[1] + [2]", "[1] + (2,)", "[1, 2] * 2", "2 * [1]", "[1] * -1", "[1] * 1.5", "[][0]", "[1][-2]", "[1]['a']", "[1][1.0]", "[1][None:1]", "[].pop()", "[1].pop(5)", "[1].pop('a')", "[].remove(1)", "[1].index(2)", "[1, 2].index(1, 1)", "[1].append()", "[1].insert(1)", "[1, 2] == (1, 2)", "[1] < ['a']", "[1] < 1", "hash([])", "[[]] * 2", "list(5)", "list(1, 2)", "[1, 2, 3].__contains__(2)", "[1, 2].__len__()", "[3, 1].sort()", "[1].sort(5)", "[1, 'a'].sort()", "sorted([1, 2], cmp=1)", "[1].extend(5)", "[1, [2, [3]]]", "[None, True, 1.5, 'x', b'y', (1,), {2}, {3: 4}]", "[1].__class_getitem__(int)", "list[int]([1])")
x = [1]
x.append(x)
print(x, x == x, len(x), x[1][1][1] is x)
m = [[0] * 3 for _ in range(2)]
m[0][1] = 5
print(m, [[0] * 2] * 2)
n = [1, 2, 3]
alias = n
n += [4]
print(alias, alias is n)
n = n + [5]
print(alias is n, n)
n *= 2
print(n)
for bad in ("n[100] = 1", "n['a'] = 1", "del n[100]", "n[1:2] = 5", "n[::2] = [1]"):
    try:
        exec(bad)
    except Exception as e:
        print(bad, "->", type(e).__name__ + ":", e)
words = "the quick Brown fox jumps over The lazy dog".split()
print(sorted(words), sorted(words, key=str.lower), sorted(words, key=len), sorted(words, key=lambda w: (len(w), w.lower()), reverse=True))
pairs = [(1, "b"), (0, "a"), (1, "a"), (0, "b")]
pairs.sort(key=lambda p: p[0])
print(pairs)
pairs.sort(key=lambda p: p[0], reverse=True)
print(pairs)
big = [(i * 7919) % 1009 for i in range(2000)]
s = sorted(big)
print(s[:5], s[-5:], all(a <= b for a, b in zip(s, s[1:])), sorted(big, reverse=True) == sorted(big)[::-1] or "ties", sum(big))
print(sorted([3.5, 1, 2.25, -1]), sorted([True, False, 0.5]), sorted(["b", "a", "é", "Z"]), sorted([(1, 2), (1,), ()]), sorted([[2], [1, 5]]), sorted([b"b", b"a"]))
class Bad:
    def __lt__(self, other):
        raise ValueError("no order")
try:
    sorted([Bad(), Bad()])
except ValueError as e:
    print(e)
l = [3, 1, 2]
try:
    l.sort(key=lambda v: l.append(v) or v)
except ValueError as e:
    print(e)
class L(list):
    def __repr__(self):
        return f"L{list(self)}"
y = L([1, 2])
y.append(3)
print(y, y[1:], type(y[1:]).__name__, y + [4], y == [1, 2, 3], type(y * 2).__name__, isinstance(y, list), type(y.copy()).__name__)
y.attr = 1
print(y.attr)
q = []
for i in range(100):
    q.insert(0, i)
    if i % 3 == 0:
        q.pop()
print(len(q), q[:5], q[-5:])
