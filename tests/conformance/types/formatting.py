# format(), str.format and % over many specs at once.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


import itertools
values = (0, 7, -7, 12345, True)
for fill, align, sign, alt, width, comma, kind in itertools.product(("", "*"), ("", "<", "^", "="), ("", "+"), ("", "#"), ("", "9"), ("", ","), ("", "d", "x", "b")):
    if fill and not align:
        continue
    spec = fill + align + sign + alt + width + comma + kind
    row = []
    for v in values:
        try:
            row.append(format(v, spec))
        except ValueError as e:
            row.append(str(e))
    print(f"{spec:<10}", row)
for align, width, prec in itertools.product(("", "<", ">", "^", "-^"), ("", "8"), ("", ".2")):
    spec = align + width + prec
    print(repr(spec), [format(s, spec) for s in ("", "a", "hello", "é漢😀")])
for flags, width, prec, kind in itertools.product(("", "-", "0", "+", " ", "#"), ("", "8"), ("", ".3"), "dxeEfgGrs"):
    spec = "%" + flags + width + prec + kind
    row = []
    for v in (5, -3, 1234.5):
        try:
            row.append(spec % v)
        except TypeError as e:
            row.append(str(e))
    print(f"{spec:<8}", row)
print("{0.real} {0.imag:.1f} {1[0]} {1[k-x]} {2.__class__.__name__}".format(1 + 2j, {"0": 1, 0: "zero", "k-x": "dash"}, []) if False else "{0.real} {1[0]} {2.__class__.__name__}".format(1 + 2j, ["zero"], []))
print("{:{}}|{:{}.{}}|{:{fill}{align}{width}}".format("a", 5, 3.14159, 8, 3, "x", fill="*", align="^", width=7))
print("{!s} {!r} {!a}".format("é", "é", "é"), "{0!r:>8}".format("a"), "{a[b][c]}".format(a={"b": {"c": 1}}))
show("'{:d}'.format('a')", "'{:s}'.format(1)", "'{0}{}'.format(1, 2)", "'{a}'.format()", "'{'.format()", "'}'.format()", "'{0[}'.format([1])", "'{0.}'.format(1)", "'{:{}{}}'.format(1, 2)", "'{0!x}'.format(1)", "'{0!}'.format(1)", "format(1, 2)", "format([], 'd')", "format(None, 'x')", "format(object(), '5')[:4]", "'{}'.format()", "'{1}'.format(1)", "'%(x)s' % {}", "'%s' % {}", "'%s' % (1,)", "'%s %s' % 'a'", "'%d%%' % 50", "'%z' % 1", "'%' % ()", "'abc' % 1", "'abc' % ()", "'abc' % []", "'abc' % {}", "'%s' % None", "'%i' % 1.9", "'%d' % '1'", "'%c' % 'x'", "'%c' % 128512", "'%c' % 'xy'", "'%c' % -1", "'%.2s' % 'abc'", "'%5s|%-5s|' % ('a', 'b')", "'%*.*f' % (8, 2, 3.14159)", "'%r' % 'a'", "'%a' % 'é'", "'%x' % -255", "'%#o' % 8", "'%e' % 0", "'%s' % [1, 'a']", "'%(a)d %(b)s' % {'a': 1, 'b': 2}", "'%(a)s' % 1", "'%5%|' % ()")
