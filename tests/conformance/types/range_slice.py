# range and slice.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


show("range(5)", "range(1, 5)", "range(1, 10, 3)", "list(range(10, 0, -3))", "list(range(0))", "list(range(5, 0))", "len(range(1, 10, 3))", "range(10)[3]", "range(10)[-1]", "range(10)[10]", "range(10)[2:5]", "range(10)[::-1]", "range(10)[::3]", "range(0, 10, 2)[1:3]", "5 in range(10)", "10 in range(10)", "5.0 in range(10)", "5.5 in range(10)", "'a' in range(3)", "range(10).index(4)", "range(10).index(40)", "range(0, 10, 2).count(4)", "range(3) == range(0, 3, 1)", "range(0, 3, 2) == range(0, 4, 2)", "range(0) == range(2, 1)", "hash(range(3)) == hash(range(0, 3, 1))", "range(5).start, range(5).stop, range(5).step", "range(1.5)", "range('a')", "range(1, 2, 0)", "range()", "range(1, 2, 3, 4)", "range(3) < range(4)", "range(3) + range(4)", "bool(range(0))", "list(reversed(range(5)))", "range(2 ** 70)[2 ** 69]", "2 ** 69 in range(2 ** 70)", "list(range(2 ** 65, 2 ** 65 + 2))", "range(2 ** 70)[-1]", "len(range(2 ** 70))", "sum(range(101))", "max(range(5))", "range(True)", "range(10)[True]", "range(5)['a']", "list(range(-5, 5, 4))", "range(0, -5, -2)[1]", "sorted(range(5), reverse=True)", "range(10)[2:100]", "range(3).x", "range(5).start")
show("slice(5)", "slice(1, 5)", "slice(1, 5, 2)", "slice(None)", "slice(1, 5).indices(3)", "slice(None, None, -1).indices(5)", "slice(-3, None).indices(10)", "slice(0, 10, 0).indices(5)", "slice(1, 2) == slice(1, 2)", "slice(1, 2) < slice(1, 3)", "hash(slice(1, 2)) == hash(slice(1, 2))", "slice(1, 2, 3).start, slice(1, 2, 3).stop, slice(1, 2, 3).step", "slice()", "slice('a', 'b')", "'abc'[slice(1)]", "[1, 2, 3][slice('a', None)]", "(1, 2, 3)[slice(None, None, -1)]", "slice(1.5).indices(3)")
base = list(range(6))
for start in (None, 0, 2, -2, 10, -10):
    for stop in (None, 4, -1, -10):
        print(start, stop, [base[start:stop:step] for step in (None, 2, -1, -2)], "abcdef"[start:stop:-1], tuple(base)[start:stop], range(6)[start:stop:2])
class Get:
    def __getitem__(self, k):
        return k
g = Get()
print(g[1], g[1:2], g[1:2, 3], g[:], g[::-1], g[...], g[1:2:3], g[()], g[None], g[*[1, 2]], g[*(1,), 2:3])
total = 0
for i in range(0, 100_000, 7):
    total += i
for i in range(5, -5, -2):
    total += i
print(total, i)
r = iter(range(3))
print(next(r), list(r), list(r))
