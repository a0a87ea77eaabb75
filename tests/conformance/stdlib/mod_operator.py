# operator.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


import operator as o
for name in "add sub mul truediv floordiv mod pow and_ or_ xor lshift rshift lt le eq ne gt ge is_ is_not".split():
    print(name, [getattr(o, name)(a, b) for a, b in ((7, 2), (1, 1), (0, 3))])
print(o.neg(1), o.pos(-1), o.invert(5), o.not_([]), o.truth("x"), o.abs(-2), o.index(3), o.concat("a", "b"), o.contains([1], 1), o.countOf([1, 1], 1), o.indexOf("abc", "c"), o.is_none(None), o.is_not_none(1))
l = [1, 2, 3]
o.setitem(l, 0, "x"); o.delitem(l, 1)
print(l, o.getitem(l, 1), o.iadd(l, [5]), o.imul(2, 3), o.matmul.__name__, o.call(max, 1, 2), o.length_hint([1, 2]))
print(o.itemgetter(1)("abc"), o.itemgetter(0, 2)("abc"), o.itemgetter("k")({"k": 1}), o.itemgetter(slice(1, None))("abc"), o.attrgetter("real")(5), o.attrgetter("real", "imag")(5), o.attrgetter("__class__.__name__")(5), o.methodcaller("upper")("a"), o.methodcaller("split", ",", maxsplit=1)("a,b,c"))
print(repr(o.itemgetter(1, "a")), repr(o.attrgetter("a.b")), repr(o.methodcaller("f", 1, x=2)), o.itemgetter(1) == o.itemgetter(1) or "differ")
show("o.add(1, 'a')", "o.itemgetter()", "o.attrgetter(5)", "o.itemgetter(5)('a')", "o.attrgetter('x')(1)", "o.methodcaller('x')(1)", "o.methodcaller()", "o.indexOf([1], 2)", "o.concat(1, 2)", "o.index(1.5)", "o.__add__(1, 2)", "o.getitem({}, 'k')", "o.countOf(5, 1)", "o.lt(1, 'a')")
print(sorted([("b", 2), ("a", 2), ("c", 1)], key=o.itemgetter(1, 0)), list(map(o.mul, [1, 2], [3, 4])))
