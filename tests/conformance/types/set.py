# set and frozenset.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


s = {3, 1, 2}
s.add(5)
s.add(1)
s.discard(99)
s.remove(3)
s.update([7, 8], (9,))
print(sorted(s), len(s), 7 in s, 3 in s)
a, b = {1, 2, 3, 4}, {3, 4, 5}
print(sorted(a | b), sorted(a & b), sorted(a - b), sorted(a ^ b), a <= b, {3} < b, a >= {1}, a == {4, 3, 2, 1}, a != b, a.isdisjoint({9}), a.issubset(range(10)), a.issuperset([1]))
print(sorted(a.union(b, [99])), sorted(a.intersection(b, [3])), sorted(a.difference(b, [1])), sorted(a.symmetric_difference(b)))
c = a.copy()
c |= b; c &= {1, 3, 5}; c -= {1}; c ^= {3, 9}
print(sorted(c))
c.intersection_update([5, 9]); c.difference_update([9]); c.symmetric_difference_update([1])
print(sorted(c))
c.clear()
print(c, set(), frozenset(), frozenset([1]), {1}, bool(c))
show("set('a')", "set([1, 1])", "{1, 1.0, True}", "{[]}", "{{1}}", "set(5)", "set().pop()", "set().remove(1)", "{1} | [2]", "{1} + {2}", "{1} < [1]", "hash(set())", "hash(frozenset([1, 2])) == hash(frozenset([2, 1]))", "frozenset([1]) | {2} == {1, 2}", "type(frozenset([1]) | {2}).__name__", "type({1} | frozenset([2])).__name__", "{frozenset([1]): 'x'}[frozenset([1])]", "frozenset([1]) == {1}", "frozenset().add", "{1}[0]", "set(1, 2)", "{1}.union(5)", "len({1, 2, 3})", "max({1, 5})", "{(1, 2)}", "sorted({'b', 'a'})", "{None}", "{1}.isdisjoint(5)", "{frozenset({1})} == {frozenset({1})}", "{1} in [{1}]", "{1} in {frozenset({1})}", "frozenset(x for x in [1])", "{1, 2} > {1}", "{1, 2} > {1, 2}", "{1}.issubset('a')")
p = {42}
print(p.pop(), p)
try:
    p.pop()
except KeyError as e:
    print(e)
f = frozenset("abc")
print(sorted(f), f is frozenset(f), f.copy() is f, sorted(f - {"a"}), "a" in f)
class S(set):
    pass
x = S([1, 2])
print(x, type(x | {3}).__name__, type(x.copy()).__name__, x == {1, 2}, sorted(x & {2}))
big = set()
for i in range(10_000):
    big.add(i * 7 % 5003)
for i in range(0, 5003, 2):
    big.discard(i)
print(len(big), sum(big), 7 in big, 8 in big)
print(sorted({w for w in "the cat the dog".split()}), len(set("mississippi")), sorted(set(range(5)) - set(range(0, 5, 2))))
try:
    for v in big:
        big.add(v + 100_000)
except RuntimeError as e:
    print(e)
class K:
    def __init__(self, v): self.v = v
    def __hash__(self): return self.v % 3
    def __eq__(self, o): return self.v == o.v
ks = {K(i) for i in range(20)} | {K(i) for i in range(10, 30)}
print(len(ks), K(5) in ks, K(50) in ks)
print({1, 2, 3}, {0}, {"one"}, {1.5}, frozenset({2}))
it = iter({1})
print(next(it), next(it, "done"))
sieve = set(range(2, 60))
for n in range(2, 8):
    sieve -= set(range(n * n, 60, n))
print(sorted(sieve))
