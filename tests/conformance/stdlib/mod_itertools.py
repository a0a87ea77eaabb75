# itertools.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


from itertools import *
import operator
show("list(islice(count(5, 2), 4))", "list(islice(count(0.5), 3))", "list(islice(cycle('ab'), 5))", "list(repeat(1, 3))", "list(islice(repeat(1), 2))", "list(accumulate([1, 2, 3]))", "list(accumulate([1, 2, 3], operator.mul))", "list(accumulate([1, 2], initial=10))", "list(accumulate([]))", "list(chain('ab', [1], ()))", "list(chain.from_iterable(['ab', [1]]))", "list(compress('abcd', [1, 0, 1]))", "list(dropwhile(lambda x: x < 3, [1, 3, 2]))", "list(takewhile(lambda x: x < 3, [1, 3, 2]))", "list(filterfalse(lambda x: x % 2, range(5)))", "list(filterfalse(None, [0, 1, '']))", "list(starmap(pow, [(2, 3), (3, 2)]))", "list(zip_longest('ab', [1], fillvalue='-'))", "list(zip_longest())", "list(pairwise('abcd'))", "list(pairwise('a'))", "list(batched('abcdefg', 3))", "list(batched('ab', 3, strict=True))", "list(batched('ab', 0))")
show("list(product('ab', [1, 2]))", "list(product('ab', repeat=2))", "list(product())", "list(product('ab', []))", "list(permutations('abc', 2))", "list(permutations('ab'))", "list(permutations('ab', 3))", "list(combinations('abcd', 2))", "list(combinations('ab', 3))", "list(combinations_with_replacement('ab', 2))", "list(combinations('ab', -1))", "len(list(permutations(range(6))))", "list(product(range(2), repeat=3))[-1]")
show("list(islice('abcdef', 2))", "list(islice('abcdef', 2, None))", "list(islice('abcdef', 1, 5, 2))", "islice('a', -1)", "islice('a', 'x')", "list(islice(range(10), None, None, 3))", "list(groupby('aab'))  and 1", "[(k, list(g)) for k, g in groupby('aabbca')]", "[(k, list(g)) for k, g in groupby(range(6), key=lambda x: x // 2)]", "count()", "count(2)", "count(2, 3)", "repeat(5)", "repeat(5, 2)", "count('a')", "chain(5)  is not None", "list(chain(5))", "product('a', repeat=-1)", "tee([1, 2], 2)[0].__next__()", "tee([], -1)", "next(cycle([]))", "starmap(pow, [5]).__next__()", "accumulate()", "zip_longest('a', x=1)")
a, b = tee(iter(range(5)))
print(next(a), next(a), next(b), list(a), list(b))
g = groupby("aabbb")
k, first = next(g)
next(g)
print(k, list(first))
r = repeat("x", 3)
print(r.__length_hint__(), next(r), r.__length_hint__())
print(dict(zip(count(), "abc")), list(map(operator.add, count(1), [10, 20])), [*zip(repeat(0), "ab")])
def flatten(x):
    return list(chain.from_iterable(flatten(i) if isinstance(i, list) else [i] for i in x))
print(flatten([1, [2, [3, [4]], 5]]))
print(sum(1 for _ in product(range(10), repeat=3)), [len(list(combinations(range(8), k))) for k in range(9)])
print(list(islice((p for p in count(2) if all(p % d for d in takewhile(lambda d: d * d <= p, count(2)))), 15)))
i = islice(count(), 3, 10, 3)
print(next(i), list(i), list(i))
