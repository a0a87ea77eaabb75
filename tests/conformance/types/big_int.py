# Arbitrary-size integers against known identities.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


a = 3 ** 200
b = 7 ** 150
print(a)
print(a * b, a // 12345, a % 98765, -a // b, -b // a, -a % 97, divmod(b, a), divmod(-b, a))
print((a + b) * (a - b) == a * a - b * b, (a // b) * b + a % b == a, a ** 3 // a ** 2 == a)
print(a & b, a | b, a ^ b, ~a, -a & b, -a | b, -a ^ -b, a >> 100, -a >> 100, a << 50)
f = 1
for i in range(1, 101):
    f *= i
print(f, len(str(f)), f.bit_length())
print(hex(a), oct(b), bin(3 ** 40))
print(int("123456789" * 20), int("f" * 50, 16), int("-" + "7" * 60, 8), int(str(a)) == a)
print(pow(a, b, 10 ** 20), pow(2, 10 ** 20, 10 ** 9 + 7), pow(a, -1, 10 ** 9 + 7))
print(float(a), a / b, a / 2, 10 ** 30 / 10 ** 10, (2 ** 1023) / (2 ** 1000), 1e20 == 10 ** 20, 2 ** 64 == 2.0 ** 64, a < float(a), int(1e22), int(1.5e300) % 1000)
print(2 ** 62, 2 ** 62 - 1, -2 ** 62, -2 ** 62 - 1, 2 ** 63, 2 ** 63 - 1, -2 ** 63, 2 ** 61 + 2 ** 61, (2 ** 62 - 1) + 1, (-2 ** 61) * 2 - 1, 2 ** 61 * 2, 4611686018427387903 + 1 - 1, -(-2 ** 61), abs(-2 ** 63), 3037000500 ** 2, 2147483648 * 2147483648 * 2)
x = 1
for _ in range(130):
    x += x
print(x, x - 1, x // 2 ** 129, -x)
for _ in range(130):
    x //= 2
print(x, type(x))
s = 0
for i in range(0, 1 << 66, 1 << 60):
    s += i
print(s, len(range(0, 1 << 66, 1 << 60)))
fib = [0, 1]
while len(fib) < 300:
    fib.append(fib[-1] + fib[-2])
print(fib[-1], fib[93], fib[92], fib[91])
import math
print(math.isqrt(a), math.gcd(a * 6, b * 6), math.lcm(2 ** 40, 3 ** 30), math.factorial(30), math.comb(100, 50), math.perm(30, 10), math.isqrt(10 ** 40))
print(round(a, -80), round(12345678901234567890, -5), a.to_bytes(40, "big").hex(), int.from_bytes(b"\xff" * 20, "little"), (-a).to_bytes(41, "little", signed=True).hex(), int.from_bytes(b"\x80" + b"\0" * 10, "big", signed=True))
print(hash(a), hash(-a), hash(2 ** 61 - 2), {10 ** 20: "big"}[10 ** 20], 10 ** 20 in [10 ** 20], sorted([a, -b, 5, b, -a])[0] == -a)
for bad in ("10 ** 400 * 1.0", "1 << 10 ** 20", "float('1e400') and int('9' * 5000)", "str(10 ** 5000)", "range(10 ** 20)[10 ** 21]", "[0] * 10 ** 20", "'a' * 10 ** 20", "2.0 ** 5000", "math.exp(1000)", "len(range(10 ** 20))", "[1][10 ** 20]", "(10 ** 400).__float__()", "a / 0", "a // 0", "a % 0"):
    try:
        print(bad, "=", eval(bad))
    except Exception as e:
        print(bad, "->", type(e).__name__ + ":", e)
print(f"{a:,}", f"{a:x}", f"{a:e}", f"{b:>200}|", "%d" % a, "%x" % b, str(a)[:10], a.bit_count())
print([10 ** n for n in range(17, 22)], [2 ** n - 1 for n in (30, 31, 32, 60, 61, 62, 63, 64, 65)])
import sys
print(sys.maxsize, sys.get_int_max_str_digits())
