# Arithmetic operators over ints, floats and their mixtures.
for a in (7, -7):
    for b in (3, -3):
        print(a, b, a + b, a - b, a * b, a // b, a % b, divmod(a, b), a / b)
for a in (7.5, -7.5):
    for b in (2, -2.0):
        print(a, b, a // b, a % b, divmod(a, b))
print(2 ** 10, 2 ** -1, (-2) ** 3, -2 ** 2, 2 ** 3 ** 2, 0 ** 0, 0.0 ** 0)
print((-8) ** (1 / 3))
print(7 & 3, 7 | 8, 7 ^ 2, ~7, 1 << 10, -1 >> 3, 1024 >> 3)
print(+True, -True, ~0, not 0, not "x")
print(1 + 2 * 3 - 4 / 2, (1 + 2) * (3 - 4) / 2, 10 - 3 - 2, 2 * 3 % 4)
print(1 < 2 < 3, 1 < 3 < 2, 1 == 1.0 == True, 3 > 2 >= 2 != 1)
print(0 or "a", 1 and "b", "" or 0 or None, 1 and 0 and 2, not (1 and 0))
print(1 if 2 > 1 else 0, "x" if "" else "y", 1 if 0 else 2 if 0 else 3)


def trace(x):
    print("eval", x)
    return x


print(trace(1) < trace(3) < trace(2) < trace(9))
print(trace(0) and trace(1), trace(2) or trace(3))
print(trace(1) + trace(2) * trace(3))
d = {}
d[trace("k")] = trace("v")
trace([10, 20])[trace(1)] += trace(5)
x = 5
x += 2; x -= 1; x *= 3; x //= 2; x **= 2; x %= 50; x <<= 2; x >>= 1; x |= 1; x &= 0xFF; x ^= 3
print(x)
y = 1
y /= 4
print(y)
for expr in ("1 / 0", "1 // 0", "1 % 0", "1.0 / 0", "1.0 // 0", "1.0 % 0", "divmod(1, 0)", "0 ** -1", "0.0 ** -1",
             "1 + 'a'", "'a' + 1", "[] + ()", "1 << -1", "'a' * 'b'", "-'a'", "~1.5", "{} | 1", "1 @ 2", "1 < 'a'", "[] < 1", "None > None",
             "object() + 1", "2.0 ** 10000", "(-1) ** 0.5 and 1", "1 in 2", "'%d' % 'x'", "len(5)", "5()", "5[0]", "5 .x", "pow(2, -1, 4)"):
    try:
        print(expr, "=", eval(expr))
    except Exception as e:
        print(expr, "->", type(e).__name__ + ":", e)
print(0x1F, 0o17, 0b101, 1_000_000, 1e3, 1.5e-3, .5, 5., 3j, 1_0.0_1)
print(10 ** 20 // 7, -(10 ** 20) % 7, 2 ** 100 & (2 ** 65 - 1), 3 ** 50 >> 10)
print((n := 10) + n, [y := 1, y ** 2], n)
