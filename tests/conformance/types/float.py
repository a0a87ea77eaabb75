# float: repr, parsing, methods, special values.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


print(1.0, -0.0, 0.1, 1e16, 1e15, 123456789.123, 1e-4, 1e-5, 1.5e300, 5e-324, 1.7976931348623157e308, 2.5, 1/3, 100.0, 1e22, 1e23, 0.1 + 0.2, 9007199254740993.0, 4.35, 1e100, 12345678901234567.0)
show("float()", "float('1.5')", "float('  -1e3  ')", "float('1_0.5')", "float('inf')", "float('-Infinity')", "float('nan')", "float('1e400')", "float('1e-400')", "float(5)", "float('٣.٥')", "float(b'2.5')", "float(True)", "float('.5')", "float('5.')", "float('+3')")
show("float('')", "float('x')", "float('1.5.2')", "float('1e')", "float(None)", "float([])", "float('1 2')", "float('0x10')", "float(1, 2)", "float('e5')", "float('_1')")
show("(2.5).is_integer()", "(2.0).is_integer()", "(0.5).as_integer_ratio()", "(0.1).as_integer_ratio()", "(-1.5).hex()", "(0.1).hex()", "float.fromhex('0x1.8p1')", "float.fromhex('-0x.8')", "float.fromhex('inf')", "float.fromhex('zz')", "(1.5).real, (1.5).imag", "(1.5).conjugate()", "float.from_number(3)", "float('inf').as_integer_ratio()", "float('nan').as_integer_ratio()", "(0.0).hex()", "(5e-324).hex()")
show("round(2.5)", "round(3.5)", "round(-2.5)", "round(2.675, 2)", "round(1234.5678, -2)", "round(1e300)", "round(0.5)", "round(1.5, 0)", "round(5e-324, 400)", "round(1.25, 1)", "round(1e22, -22)", "round(float('nan'))", "round(float('inf'))", "round(float('inf'), 2)", "round(2.5, None)", "round(2.5, 'x')", "type(round(2.0)), type(round(2.0, 1))")
show("int(1e20)", "int(-0.5)", "2.5 // 1", "-2.5 // 1", "2.5 % 1", "-2.5 % 1", "2.5 % -1", "divmod(-2.5, 1)", "1e308 * 10", "-1e308 * 10", "1e-320 / 1e10", "0.0 == -0.0", "2.0 ** 0.5", "(-2.0) ** 2", "(-2.0) ** 0.5", "2.0 ** -1074", "2.0 ** 1024", "0.0 ** -1", "4 ** 0.5", "1.5 + 1", "1 - 0.5", "3 * 0.5", "1e16 + 1")
inf, nan = float("inf"), float("nan")
show("inf - inf", "inf * 0", "inf / inf", "inf // 1", "inf % 2", "5 % inf", "-5 % inf", "5 // inf", "nan == nan", "nan != nan", "nan < 1", "inf > 10 ** 400", "-inf < -10 ** 400", "[nan] == [nan]", "nan in [nan]", "inf == inf", "hash(inf)", "hash(-inf)", "max(1, nan)", "max(nan, 1)", "min(nan, 0.0) != 0", "nan is nan", "inf ** 0", "0 * nan", "1 ** nan", "nan ** 0")
show("hash(0.5)", "hash(1.0)", "hash(2 ** 70 * 1.0) == hash(2 ** 70)", "hash(0.1)", "hash(-0.0)", "hash(1e300)", "{1: 'a'}[1.0]", "1.0 == 1", "1.5 == 1", "1.0 is 1", "0.1 + 0.2 == 0.3", "1e16 == 10 ** 16", "2.0 ** 53 == 2 ** 53 + 1", "float(2 ** 53 + 1)", "1.1 < 2 < 2.2", "abs(-1.5)", "-(-0.0)", "+1.5", "bool(0.0), bool(0.1), bool(nan)")
for spec in ("", "f", ".0f", ".3f", "e", ".2E", "g", ".3g", "#.3g", "G", "%", ".1%", "10.2f", "<10.2f", "^+10.2f", "010.2f", ",.2f", "_.1f", "n", "+", " ", ".3", "z.1f", ".20f", "12.4g"):
    print(repr(spec), [format(v, spec) for v in (0.0, -0.0, 1.5, -1234567.891, 1e-7, 1e22, 123456789.0, inf, nan)])
for a in (0.0, 1.5, -1.5, 1e10, 1e-10, 3.0):
    print(repr(a), str(a), "%f %e %g %.3f %5.1f %+.2f %r %s %d %i" % (a, a, a, a, a, a, a, a, a, a))
show("'%d' % nan", "'%d' % inf", "'%x' % 1.5", "'%.60f' % 0.1", "'%.0f' % 0.5", "'%.0f' % 1.5", "'%g' % 1e-5", "'%#g' % 1.0", "'%.3g' % 123456")
class F(float):
    pass
show("F(1.5)", "F('2.5') + 1", "type(F(1) + F(2)).__name__", "F(1.5) == 1.5", "F(3).is_integer()", "repr(F(1e20))")
print(sum([0.1] * 10), sum([1e100, 1.0, -1e100]), sum([0.1, 0.2, 0.3]), sum([1, 0.5]), max(1.5, 2), min(1, 0.5), sorted([2.5, -1, 0.0, inf, -inf]))
x = 0.0
for i in range(1000):
    x += i * 0.001
print(x, float("123456789012345678901234567890"), 0.1 * 3, 1 - 0.9, 1e15 + 0.3, 5e-324 / 2, 1.7976931348623157e308 * 1.0000000000000002)
