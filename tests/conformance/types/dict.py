# dict.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


d = {"a": 1, "b": 2}
d["c"] = 3
d["a"] = 10
print(d, len(d), d["a"], "b" in d, "z" in d, list(d), list(d.keys()), list(d.values()), list(d.items()))
print(d.get("a"), d.get("z"), d.get("z", 0), d.setdefault("a", 5), d.setdefault("n", 6), d.pop("n"), d.pop("n", "gone"), d)
print(d.popitem(), d)
d.update({"x": 1}, y=2)
d.update([("p", 1), ["q", 2]])
d.update(zip("rs", (3, 4)))
print(d)
del d["a"]
d["a"] = "moved to the end"
print(d)
print(d.copy() == d, d.copy() is d, dict(d) == d)
d.clear()
print(d, not d)
show("dict()", "dict(a=1)", "dict([('a', 1)], b=2)", "dict({'a': 1}, a=2)", "dict.fromkeys('ab')", "dict.fromkeys([1, 2], 0)", "{1: 'a', True: 'b', 1.0: 'c'}", "{**{'a': 1}, 'a': 2}", "{'a': 1} | {'b': 2}", "{'a': 1} | {'a': 2}", "{'a': 1} | [('b', 2)]", "{}['k']", "{1: 2}[1.0]", "{[]: 1}", "{{}: 1}", "{}[[]]", "{}.pop('x')", "{}.popitem()", "dict(5)", "dict([1])", "dict(['abc'])", "dict([('a',)])", "{'a': 1} == {'a': 1.0}", "{'a': 1, 'b': 2} == {'b': 2, 'a': 1}", "{'a': 1} < {'b': 1}", "hash({})", "{}.get()", "{}.x", "dict(1, 2)", "dict(**{'a b': 1})", "{} + {}", "{'a': {'b': []}}", "dict(a=1).__contains__('a')", "{(1, 2): 3}[1, 2]", "{None: 0, ...: 1}", "{1: 1}.update(5)", "{}.setdefault([])", "dict([[1, 2]])", "dict.fromkeys(5)", "{'a': 1}.items() == {('a', 1)}")
k = {"a": 1, "b": 2, "c": 3}
keys, values, items = k.keys(), k.values(), k.items()
k["d"] = 4
print(keys, values, items, len(keys), "d" in keys, 4 in values, ("d", 4) in items, ("d", 5) in items)
print(sorted(keys & {"a", "z"}), sorted(keys | {"z"}), sorted(keys - {"a"}), sorted(keys ^ {"a", "z"}), keys == {"a", "b", "c", "d"}, keys >= {"a"}, keys.isdisjoint(["q"]), sorted(items & {("a", 1)}), keys.mapping["a"])
print(list(reversed(k)), list(reversed(k.items())), next(iter(k)), max(k), sorted(k, reverse=True), sum(k.values()))
for how in ("k.pop('a')", "k.__setitem__('new', 1)"):
    try:
        for x in k:
            exec(how)
    except RuntimeError as e:
        print(e)
for x in k:
    k[x] = 0
print(k)
class Key:
    def __init__(self, v):
        self.v = v
    def __hash__(self):
        return 7
    def __eq__(self, o):
        return isinstance(o, Key) and self.v == o.v
    def __repr__(self):
        return f"K{self.v}"
c = {Key(i): i for i in range(8)}
print(c, c[Key(5)], Key(9) in c, c.pop(Key(3)), len(c))
class BadEq:
    def __hash__(self):
        return 7
    def __eq__(self, o):
        raise ValueError("eq fails")
try:
    {BadEq(): 1}[Key(1)]
except ValueError as e:
    print(e)
class BadHash:
    def __hash__(self):
        raise ValueError("hash fails")
for bad in ("{BadHash(): 1}", "BadHash() in {}", "{}.get(BadHash())"):
    try:
        print(bad, eval(bad))
    except ValueError as e:
        print(e)
class D(dict):
    def __missing__(self, key):
        return f"missing {key}"
x = D(a=1)
print(x, x["a"], x["q"], x.get("q"), "q" in x, isinstance(x, dict), type(x.copy()).__name__, x | {"b": 2}, type(x | {}).__name__)
r = {}
r["self"] = r
print(r)
big = {}
for i in range(10_000):
    big[i * 3] = i
for i in range(0, 10_000, 2):
    del big[i * 3]
print(len(big), sum(big), sum(big.values()), list(big)[:3], list(big)[-2:])
for i in range(100):
    big[f"s{i}"] = i
print(len(big), big["s42"], list(big)[-1])
n = {-1: "a", -2: "b", 2 ** 61 - 1: "c", 0: "d", 2 ** 70: "e", 0.5: "f", float("inf"): "g"}
print(n, n[0.0], n[-1.0], n[2.0 ** 70])
e = {"x": 1}
e |= {"y": 2}
e |= [("z", 3)]
print(e)
counts = {}
for ch in "mississippi":
    counts[ch] = counts.get(ch, 0) + 1
print(counts, sorted(counts.items(), key=lambda kv: (-kv[1], kv[0])), {v: k for k, v in counts.items()})
print(dict(sorted(counts.items())), list(map(counts.get, "msz")), min(counts, key=counts.get))
