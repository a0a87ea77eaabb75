# tuple.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


show("()", "(1,)", "1, 2", "tuple()", "tuple('abc')", "tuple([1, 2])", "(1, 2) + (3,)", "(1, 2) * 2", "2 * (1,)", "(1,) * -1", "(1, 2)[0]", "(1, 2)[-1]", "(1, 2)[5]", "(1, 2)['a']", "(1, 2, 3)[1:]", "(1, 2, 3)[::-1]", "(1, 2, 3)[::2]", "len((1, 2))", "1 in (1, 2)", "(1, 2).index(2)", "(1, 2).index(3)", "(1, 1, 2).count(1)", "(1, 2) == (1, 2)", "(1, 2) == [1, 2]", "(1, 2) < (1, 3)", "(1,) < (1, 0)", "(1, 'a') < (2, 1)", "(1, 'a') < (1, 1)", "(1, 2) + [3]", "hash((1, 2))", "hash(())", "hash((1, 'a')) == hash((1, 'a'))", "hash((1, []))", "hash((1.5, None)) == hash((1.5, None))", "tuple(5)", "tuple(1, 2)", "(1, 2).append", "((1, 2), (3,))", "(1, 2) > ()", "() == ()", "() is ()", "tuple((1, 2))", "(1, [2], {3})", "max((1, 5, 3))", "sum((1, 2))", "sorted((3, 1))", "repr((1,))", "str(((1,),))", "bool(())", "(0,) and 'true'", "{(1, 2): 'k'}[1, 2]", "isinstance((), tuple)", "(1, 2, 3)[0:2]", "tuple(x for x in range(3))", "(1,) is (1,) or 'maybe'", "(1, 2).__add__((3,))", "(1, 2).__getitem__(0)", "tuple[int, str]", "(lambda *a: a)()", "hash((1, 2, 3))", "hash(((1, 2), (3, 4)))", "hash((0, -1, 2 ** 70))")
t = (1, [2])
for bad in ("t[0] = 1", "del t[0]", "t.x = 1", "t[1] += [3]"):
    try:
        exec(bad)
    except Exception as e:
        print(bad, "->", type(e).__name__ + ":", e)
print(t)
s = ([],)
s[0].append(s)
print(s)
class T(tuple):
    def __new__(cls, *items):
        return super().__new__(cls, items)
    def __repr__(self):
        return "T" + super().__repr__()
x = T(1, 2)
print(x, x + (3,), x[:1], type(x[:]).__name__, x == (1, 2), hash(x) == hash((1, 2)), type(x * 1).__name__)
x.attr = "a"
print(x.attr)
a, (b, *c), d = 1, (2, 3, 4), 5
print(a, b, c, d)
d = {}
for i in range(50):
    d[i % 5, i % 7] = d.get((i % 5, i % 7), 0) + i
print(len(d), d[0, 0], d[4, 6], sorted(d)[:4])
print(tuple(sorted((i * 37 % 11, chr(97 + i)) for i in range(11))))
