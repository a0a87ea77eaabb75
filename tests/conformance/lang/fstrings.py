# f-strings: conversions, format specs, nesting, debugging form, quotes.
name, n, pi = "World", 42, 3.14159265
print(f"Hello {name}!", f"{n}", f"{n:5}|{n:<5}|{n:^5}|{n:>5}|{n:05}|{n:+}|{n:x}|{n:#x}|{n:o}|{n:b}|{n:#b}|{n:c}|{n:e}|{n:,}")
print(f"{pi:.2f}|{pi:10.3f}|{pi:<10.1f}|{pi:e}|{pi:g}|{pi:%}|{pi:.0f}|{pi:+.2f}")
print(f"{name!r} {name!s} {name!a} {'é'!a} {name:>10} {name:*^11} {name:.2}")
width, prec = 10, 3
print(f"{pi:{width}.{prec}}|{name:{'>'}{width}}|{n:{'0'}{5}}")
print(f"{n=} {name=} {n = } {pi=:.2f} {name=!s} {n + 1=}")
print(f"{{braces}} {'nested ' + f'{n}'} {'quotes'} {"same quotes"}")
print(f"{n if n > 10 else 'small'} {[x for x in range(3)]} {(lambda x: x * 2)(4)} { {'a': 1}['a'] }")
print(f"""multi
{n}
line""")
print(f"{1_000_000:,} {1234567.891:,.2f} {0.5:%} {1e10:g} {123456789:_} {255:_b} {10**20:,d}")
print("a" f"{n}" "b" rf"\{n}\n" fr"{n}\t")
print(f"{None} {True} {1.0} {1e100} {-0.0} {[1, 'a']} {1+2j}")
print(f"{n:>{width}}", f"{'x':{'-'}^{width}}", f"{True:d} {True}")
print("{} {1} {0}".format(1, 2) if False else "{0} {1} {0}".format(1, 2), "{} {}".format("a", "b"), "{a} {b[0]} {c.real}".format(a=1, b=[2], c=3))
print("{:>{w}}".format("r", w=5), "{!r:>6}".format("q"), "{0[key]}".format({"key": "v"}), "{{}}".format())
for spec, value in (("d", "x"), ("s", 1), ("z", 1), (".2d", 1), ("x", 1.5), (",s", "a"), ("=5", "x"), ("c", -1), ("10z", 1)):
    try:
        print(format(value, spec))
    except (ValueError, OverflowError) as e:
        print(spec, repr(value), "->", type(e).__name__, e)
for fmt, args, kw in (("{}{}", (1,), {}), ("{x}", (), {}), ("{", (), {}), ("}", (), {}), ("{0}{}", (1,), {}), ("{!z}", (1,), {})):
    try:
        print(fmt.format(*args, **kw))
    except (ValueError, IndexError, KeyError) as e:
        print(repr(fmt), "->", type(e).__name__, e)


class F:
    def __format__(self, spec):
        return f"spec={spec!r}"

    def __repr__(self):
        return "F()"


print(f"{F()} {F():>10} {F()!r:>5} {F()=}")
print("%s %r %d %5d|%-5d|%05d %x %X %o %e %.2f %g %c %% %s" % ("s", "r", 1, 2, 3, 4, 255, 255, 8, 1.5, 2.345, 1e-5, "c", [1]))
print("%(a)s %(b)05.1f" % {"a": 1, "b": 2.25}, "%5.1s|" % "abc", "%*d" % (5, 3), "%+d % d" % (1, 1), "%#x %#o" % (255, 8))
for f, a in (("%d", "x"), ("%s %s", (1,)), ("%s", (1, 2)), ("%q", 1), ("%(a)s", 5), ("%c", "ab"), ("%", 1)):
    try:
        print(f % a)
    except (TypeError, ValueError) as e:
        print(repr(f), "->", type(e).__name__, e)
print(f"{'a' 'b'}", f'{"\n".join(["x", "y"])}', f"{f"{f"{1 + 1}"}"}", f"{n!r:^{width}}")
print(f"{3.0} {3.10} {1e16} {1e-5} {123456789012345680.0} {0.1 + 0.2} {1/3}")
print(f"{float('inf')} {float('nan')} {float('-inf'):>8} {float('inf'):06}")
print(f"{'tab\there'!r} {'unié'} {'\u0041'}")
t = t"template {name!r:>5} and {n}"
print(t.strings, [(i.value, i.expression, i.conversion, i.format_spec) for i in t.interpolations])
