# math.
def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", e)


import math
from math import *
show("sqrt(2)", "sqrt(-1)", "isqrt(99)", "isqrt(-1)", "round(cbrt(27), 12)", "exp(1)", "exp2(10)", "expm1(1e-10)", "log(10)", "log(8, 2)", "log(0)", "log(-1)", "log(10 ** 400)", "log2(1024)", "log10(1000)", "log1p(1e-10)", "pow(2, 0.5)", "pow(-8, 1 / 3)", "pow(0, -1)", "pow(0, 0)", "hypot(3, 4)", "hypot(1, 2, 3)", "hypot()", "dist([0, 0], [3, 4])", "dist([1], [1, 2])")
for f in (sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, atanh, erf, erfc, gamma, lgamma, degrees, radians):
    print(f.__name__, [f"{f(x):.12g}" for x in (0.1, 0.5, 0.9)])
show("round(acosh(2), 12)", "atan2(1, -1)", "asin(2)", "acosh(0.5)", "gamma(5)", "gamma(0)", "gamma(-1)", "lgamma(0)", "sin(inf)", "gamma(171)", "gamma(172)", "atanh(1)")
show("floor(2.7)", "floor(-2.7)", "ceil(2.1)", "trunc(-2.7)", "floor(10 ** 20)", "floor(1e300)", "floor(inf)", "ceil(nan)", "fabs(-2)", "fmod(-7, 3)", "fmod(7, 0)", "remainder(7, 4)", "remainder(10, 4)", "modf(2.5)", "modf(-inf)", "frexp(8)", "ldexp(0.5, 4)", "ldexp(1, 5000)", "copysign(1, -0.0)", "fsum([0.1] * 10)", "fsum([1e100, 1, -1e100])", "prod([1, 2, 3, 4])", "prod([], start=5)", "prod([1.5, 2])", "sumprod([1, 2], [3, 4])", "sumprod([1], [1, 2])", "fma(2, 3, 4)")
show("gcd(12, 18)", "gcd()", "gcd(0, 0)", "gcd(-4, 6, 10)", "gcd(1.5, 2)", "lcm(4, 6)", "lcm()", "lcm(0, 5)", "factorial(10)", "factorial(0)", "factorial(-1)", "factorial(1.5)", "comb(5, 2)", "comb(2, 5)", "comb(-1, 2)", "perm(5, 2)", "perm(5)", "isclose(0.1 + 0.2, 0.3)", "isclose(1, 2, rel_tol=0.5)", "isclose(0, 1e-10, abs_tol=1e-9)", "isclose(1, 1, rel_tol=-1)", "isfinite(1)", "isinf(inf)", "isnan(nan)", "nextafter(1, 2)", "nextafter(1, 2, steps=3)", "ulp(1)", "ulp(0)", "pi, e, tau, inf", "isnan(math.nan)", "sqrt('a')", "floor('a')", "sin()", "sin(1, 2)", "math.nope", "floor(True)", "sqrt(10 ** 400)", "log(2 ** 2000, 2)", "fsum([inf, -inf])")
class T:
    def __floor__(self): return "F"
    def __ceil__(self): return "C"
    def __trunc__(self): return "T"
    def __float__(self): return 4.0
print(floor(T()), ceil(T()), trunc(T()), sqrt(T()))
print([factorial(n) for n in range(15)], [comb(10, k) for k in range(11)], factorial(25))
