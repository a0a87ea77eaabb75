//! `math`: the functions of one or two real numbers. `integer.rs` has those of ints, `sums.rs` those of many numbers.

pub mod integer;
pub mod sums;

use dashu_int::IBig;
use typhon_vm::native::*;
use typhon_vm::number::{self, lift};
use typhon_vm::objects::int::{IntRef, as_int};
use typhon_vm::objects::{float, int};
use typhon_vm::protocol;

/// `r`, unless it came out of nothing: an overflow is an error, a NaN from numbers too.
pub(crate) fn checked(
    cx: &mut Cx,
    r: f64,
    finite_arguments: bool,
    nan_arguments: bool,
) -> Res<f64> {
    if r.is_nan() && !nan_arguments {
        return Err(cx.value_error("math domain error"));
    }
    if r.is_infinite() && finite_arguments {
        return Err(cx.overflow_error("math range error"));
    }
    Ok(r)
}

/// A function of one argument defined where `within` says; `words` describe the domain.
fn one(cx: &mut Cx, x: f64, within: bool, words: &str, f: fn(f64) -> f64) -> Res<f64> {
    if x.is_nan() {
        return Ok(x);
    }
    if !within {
        let shown = typhon_text::float_text::repr(x);
        return Err(cx.value_error(format!("{words}, got {shown}")));
    }
    let r = f(x);
    checked(cx, r, x.is_finite(), false)
}

/// A logarithm of any real number, ints past the range of floats included.
fn logarithm(cx: &mut Cx, v: &Value, f: fn(f64) -> f64) -> Res<f64> {
    if let Some(IntRef::Big(b)) = as_int(v) {
        if b.sign() == dashu_int::Sign::Negative {
            return Err(cx.value_error("expected a positive input"));
        }
        if let Ok(x) = typhon_text::int_float::int_to_f64(b) {
            return Ok(f(x));
        }
        // m * 2**e with m below one. The sixty-four bits kept round to the same double but for a tie.
        let e = typhon_text::int_bytes::bit_length(b);
        let m: IBig = b >> (e - 64);
        let m = libm::ldexp(lift(cx, typhon_text::int_float::int_to_f64(&m))?, -64);
        return Ok(f(m) + f(2.0) * e as f64);
    }
    let x = number::as_f64(cx, v)?;
    if x <= 0.0 {
        let text = match as_int(v) {
            Some(_) => "expected a positive input".to_owned(),
            None => {
                let shown = typhon_text::float_text::repr(x);
                format!("expected a positive input, got {shown}")
            }
        };
        return Err(cx.value_error(text));
    }
    Ok(f(x))
}

/// The special method `name` of `v`, or `f` of its float.
fn by_method(cx: &mut Cx, v: &Value, name: &'static str, f: fn(f64) -> f64) -> Res<Value> {
    if float::as_f64_exact(v).is_none()
        && let Some(r) = protocol::call_special(cx, v, name, &[])?
    {
        return Ok(r);
    }
    let x = number::as_f64(cx, v)?;
    float::methods::to_integer(cx, f(x))
}

/// The next float from `x` towards `y`, `steps` times.
fn step_towards(x: f64, y: f64, steps: u64) -> f64 {
    if steps == 0 {
        return x;
    }
    if x.is_nan() || y.is_nan() {
        return x + y;
    }
    // Floats in order as integers: the sign bit mirrors the negative ones.
    let rank = |f: f64| {
        let b = f.to_bits() as i64;
        if b < 0 { i64::MIN - b } else { b }
    };
    let (a, b) = (rank(x), rank(y));
    if a == b {
        return y;
    }
    let distance = a.abs_diff(b);
    if steps == 1 && y == 0.0 && distance == 1 {
        // A zero is reached from its own side.
        return 0.0_f64.copysign(x);
    }
    if steps >= distance {
        return y;
    }
    let r = if b > a {
        a + steps as i64
    } else {
        a - steps as i64
    };
    if r == 0 && x < 0.0 {
        return -0.0;
    }
    f64::from_bits(if r < 0 {
        (i64::MIN - r) as u64
    } else {
        r as u64
    })
}

#[pymodule(name = "math", include(super::integer::PART, super::sums::PART))]
pub mod module {
    //! This module provides access to the mathematical functions
    //! defined by the C standard.
    use super::*;

    #[pyattr]
    const pi: f64 = std::f64::consts::PI;
    #[pyattr]
    const e: f64 = std::f64::consts::E;
    #[pyattr]
    const tau: f64 = std::f64::consts::TAU;
    #[pyattr]
    const inf: f64 = f64::INFINITY;
    #[pyattr]
    const nan: f64 = f64::NAN;

    /// Return the arc cosine (measured in radians) of x.
    ///
    /// The result is between 0 and pi.
    #[pyfunction]
    fn acos(x: f64, cx: &mut Cx) -> Res<f64> {
        one(
            cx,
            x,
            x.abs() <= 1.0,
            "expected a number in range from -1 up to 1",
            f64::acos,
        )
    }
    /// Return the inverse hyperbolic cosine of x.
    #[pyfunction]
    fn acosh(x: f64, cx: &mut Cx) -> Res<f64> {
        one(
            cx,
            x,
            x >= 1.0,
            "expected argument value not less than 1",
            libm::acosh,
        )
    }
    /// Return the arc sine (measured in radians) of x.
    ///
    /// The result is between -pi/2 and pi/2.
    #[pyfunction]
    fn asin(x: f64, cx: &mut Cx) -> Res<f64> {
        one(
            cx,
            x,
            x.abs() <= 1.0,
            "expected a number in range from -1 up to 1",
            f64::asin,
        )
    }
    /// Return the inverse hyperbolic sine of x.
    #[pyfunction]
    fn asinh(x: f64, cx: &mut Cx) -> Res<f64> {
        one(cx, x, true, "", libm::asinh)
    }
    /// Return the arc tangent (measured in radians) of x.
    ///
    /// The result is between -pi/2 and pi/2.
    #[pyfunction]
    fn atan(x: f64) -> f64 {
        x.atan()
    }
    /// Return the arc tangent (measured in radians) of y/x.
    ///
    /// Unlike atan(y/x), the signs of both x and y are considered.
    #[pyfunction]
    fn atan2(y: f64, x: f64) -> f64 {
        y.atan2(x)
    }
    /// Return the inverse hyperbolic tangent of x.
    #[pyfunction]
    fn atanh(x: f64, cx: &mut Cx) -> Res<f64> {
        one(
            cx,
            x,
            x.abs() < 1.0,
            "expected a number between -1 and 1",
            libm::atanh,
        )
    }
    /// Return the cube root of x.
    #[pyfunction]
    fn cbrt(x: f64) -> f64 {
        x.cbrt()
    }
    /// Return the ceiling of x as an Integral.
    ///
    /// This is the smallest integer >= x.
    #[pyfunction]
    fn ceil(x: &Value, cx: &mut Cx) -> Res<Value> {
        by_method(cx, x, "__ceil__", f64::ceil)
    }
    /// Return a float with the magnitude (absolute value) of x but the sign of y.
    ///
    /// On platforms that support signed zeros, copysign(1.0, -0.0)
    /// returns -1.0.
    #[pyfunction]
    fn copysign(x: f64, y: f64) -> f64 {
        x.copysign(y)
    }
    /// Return the cosine of x (measured in radians).
    #[pyfunction]
    fn cos(x: f64, cx: &mut Cx) -> Res<f64> {
        one(cx, x, x.is_finite(), "expected a finite input", f64::cos)
    }
    /// Return the hyperbolic cosine of x.
    #[pyfunction]
    fn cosh(x: f64, cx: &mut Cx) -> Res<f64> {
        one(cx, x, true, "", f64::cosh)
    }
    /// Convert angle x from radians to degrees.
    #[pyfunction]
    fn degrees(x: f64) -> f64 {
        x * (180.0 / std::f64::consts::PI)
    }
    /// Error function at x.
    #[pyfunction]
    fn erf(x: f64) -> f64 {
        libm::erf(x)
    }
    /// Complementary error function at x.
    #[pyfunction]
    fn erfc(x: f64) -> f64 {
        libm::erfc(x)
    }
    /// Return e raised to the power of x.
    #[pyfunction]
    fn exp(x: f64, cx: &mut Cx) -> Res<f64> {
        one(cx, x, true, "", f64::exp)
    }
    /// Return 2 raised to the power of x.
    #[pyfunction]
    fn exp2(x: f64, cx: &mut Cx) -> Res<f64> {
        one(cx, x, true, "", f64::exp2)
    }
    /// Return exp(x)-1.
    ///
    /// This function avoids the loss of precision involved in the direct evaluation of
    /// exp(x)-1 for small x.
    #[pyfunction]
    fn expm1(x: f64, cx: &mut Cx) -> Res<f64> {
        one(cx, x, true, "", f64::exp_m1)
    }
    /// Return the absolute value of the float x.
    #[pyfunction]
    fn fabs(x: f64) -> f64 {
        x.abs()
    }
    /// Return the floor of x as an Integral.
    ///
    /// This is the largest integer <= x.
    #[pyfunction]
    fn floor(x: &Value, cx: &mut Cx) -> Res<Value> {
        by_method(cx, x, "__floor__", f64::floor)
    }
    /// Fused multiply-add operation.
    ///
    /// Compute (x * y) + z with a single round.
    #[pyfunction]
    fn fma(x: f64, y: f64, z: f64, cx: &mut Cx) -> Res<f64> {
        let r = x.mul_add(y, z);
        if r.is_nan() && !x.is_nan() && !y.is_nan() && !z.is_nan() {
            return Err(cx.value_error("invalid operation in fma"));
        }
        if r.is_infinite() && x.is_finite() && y.is_finite() && z.is_finite() {
            return Err(cx.overflow_error("overflow in fma"));
        }
        Ok(r)
    }
    /// Return fmod(x, y), according to platform C.
    ///
    /// x % y may differ.
    #[pyfunction]
    fn fmod(x: f64, y: f64, cx: &mut Cx) -> Res<f64> {
        checked(
            cx,
            x % y,
            x.is_finite() && y.is_finite(),
            x.is_nan() || y.is_nan(),
        )
    }
    /// Return the mantissa and exponent of x, as pair (m, e).
    ///
    /// m is a float and e is an int, such that x = m * 2.**e.
    /// If x is 0, m and e are both 0.  Else 0.5 <= abs(m) < 1.0.
    #[pyfunction]
    fn frexp(x: f64) -> (f64, i32) {
        if x.is_finite() && x != 0.0 {
            libm::frexp(x)
        } else {
            (x, 0)
        }
    }
    /// Gamma function at x.
    #[pyfunction]
    fn gamma(x: f64, cx: &mut Cx) -> Res<f64> {
        let pole = x == f64::NEG_INFINITY || (x <= 0.0 && x == x.floor());
        one(
            cx,
            x,
            !pole,
            "expected a noninteger or positive integer",
            libm::tgamma,
        )
    }
    /// Natural logarithm of absolute value of Gamma function at x.
    #[pyfunction]
    fn lgamma(x: f64, cx: &mut Cx) -> Res<f64> {
        let pole = x.is_finite() && x <= 0.0 && x == x.floor();
        one(
            cx,
            x,
            !pole,
            "expected a noninteger or positive integer",
            |x| {
                if x.is_infinite() {
                    f64::INFINITY
                } else {
                    libm::lgamma(x)
                }
            },
        )
    }
    /// Determine whether two floating-point numbers are close in value.
    ///
    ///   rel_tol
    ///     maximum difference for being considered "close", relative to the
    ///     magnitude of the input values
    ///   abs_tol
    ///     maximum difference for being considered "close", regardless of the
    ///     magnitude of the input values
    ///
    /// Return True if a is close in value to b, and False otherwise.
    ///
    /// For the values to be considered close, the difference between them
    /// must be smaller than at least one of the tolerances.
    ///
    /// -inf, inf and NaN behave similarly to the IEEE 754 Standard.  That
    /// is, NaN is not close to anything, even itself.  inf and -inf are
    /// only close to themselves.
    #[pyfunction]
    #[sig(a, b, *, rel_tol = 1e-09, abs_tol = 0.0)]
    fn isclose(a: f64, b: f64, rel_tol: f64, abs_tol: f64, cx: &mut Cx) -> Res<bool> {
        if rel_tol < 0.0 || abs_tol < 0.0 {
            return Err(cx.value_error("tolerances must be non-negative"));
        }
        if a == b {
            return Ok(true);
        }
        if a.is_infinite() || b.is_infinite() {
            return Ok(false);
        }
        let diff = (b - a).abs();
        Ok(diff <= (rel_tol * b).abs() || diff <= (rel_tol * a).abs() || diff <= abs_tol)
    }
    /// Return True if x is neither an infinity nor a NaN, and False otherwise.
    #[pyfunction]
    fn isfinite(x: f64) -> bool {
        x.is_finite()
    }
    /// Return True if x is a positive or negative infinity, and False otherwise.
    #[pyfunction]
    fn isinf(x: f64) -> bool {
        x.is_infinite()
    }
    /// Return True if x is a NaN (not a number), and False otherwise.
    #[pyfunction]
    fn isnan(x: f64) -> bool {
        x.is_nan()
    }
    /// Return x * (2**i).
    ///
    /// This is essentially the inverse of frexp().
    #[pyfunction]
    fn ldexp(x: f64, i: &Value, cx: &mut Cx) -> Res<f64> {
        if as_int(i).is_none() {
            return Err(cx.type_error("Expected an int as second argument to ldexp."));
        }
        let n = number::index_isize(cx, i)?.clamp(-100_000, 100_000) as i32;
        if x == 0.0 || !x.is_finite() {
            return Ok(x);
        }
        let r = libm::ldexp(x, n);
        checked(cx, r, true, false)
    }
    /// log(x, [base=math.e])
    /// Return the logarithm of x to the given base.
    ///
    /// If the base is not specified, returns the natural logarithm (base e) of x.
    #[pyfunction]
    #[sig(x, base = absent, /)]
    #[text_signature(none)]
    fn log(x: &Value, base: Option<&Value>, cx: &mut Cx) -> Res<f64> {
        let n = logarithm(cx, x, f64::ln)?;
        let Some(base) = base else { return Ok(n) };
        let d = logarithm(cx, base, f64::ln)?;
        float::arith::div_f64(cx, n, d)
    }
    /// Return the natural logarithm of 1+x (base e).
    ///
    /// The result is computed in a way which is accurate for x near zero.
    #[pyfunction]
    fn log1p(x: f64, cx: &mut Cx) -> Res<f64> {
        one(cx, x, x > -1.0, "expected argument value > -1", f64::ln_1p)
    }
    /// Return the base 2 logarithm of x.
    #[pyfunction]
    fn log2(x: &Value, cx: &mut Cx) -> Res<f64> {
        logarithm(cx, x, f64::log2)
    }
    /// Return the base 10 logarithm of x.
    #[pyfunction]
    fn log10(x: &Value, cx: &mut Cx) -> Res<f64> {
        logarithm(cx, x, f64::log10)
    }
    /// Return the fractional and integer parts of x.
    ///
    /// Both results carry the sign of x and are floats.
    #[pyfunction]
    fn modf(x: f64) -> (f64, f64) {
        if x.is_infinite() {
            return (0f64.copysign(x), x);
        }
        ((x - x.trunc()).copysign(x), x.trunc())
    }
    /// Return the floating-point value the given number of steps after x towards y.
    ///
    /// If steps is not specified or is None, it defaults to 1.
    ///
    /// Raises a TypeError, if x or y is not a double, or if steps is not an integer.
    /// Raises ValueError if steps is negative.
    #[pyfunction]
    #[sig(x, y, /, *, steps = None)]
    fn nextafter(x: f64, y: f64, steps: Option<&Value>, cx: &mut Cx) -> Res<f64> {
        let steps = match steps {
            None => 1,
            Some(s) => {
                let s = number::to_index(cx, s)?;
                if int::is_negative(&s) {
                    return Err(cx.value_error("steps must be a non-negative integer"));
                }
                match as_int(&s) {
                    Some(IntRef::Small(i)) => i as u64,
                    _ => u64::MAX,
                }
            }
        };
        Ok(step_towards(x, y, steps))
    }
    /// Return x**y (x to the power of y).
    #[pyfunction]
    fn pow(x: f64, y: f64, cx: &mut Cx) -> Res<f64> {
        if x == 0.0 && y < 0.0 && y.is_finite() {
            return Err(cx.value_error("math domain error"));
        }
        let r = x.powf(y);
        checked(
            cx,
            r,
            x.is_finite() && y.is_finite(),
            x.is_nan() || y.is_nan(),
        )
    }
    /// Convert angle x from degrees to radians.
    #[pyfunction]
    fn radians(x: f64) -> f64 {
        x * (std::f64::consts::PI / 180.0)
    }
    /// Difference between x and the closest integer multiple of y.
    ///
    /// Return x - n*y where n*y is the closest integer multiple of y.
    /// In the case where x is exactly halfway between two multiples of
    /// y, the nearest even value of n is used. The result is always exact.
    #[pyfunction]
    fn remainder(x: f64, y: f64, cx: &mut Cx) -> Res<f64> {
        if x.is_finite() && y.is_infinite() {
            return Ok(x);
        }
        checked(
            cx,
            libm::remainder(x, y),
            x.is_finite() && y.is_finite(),
            x.is_nan() || y.is_nan(),
        )
    }
    /// Return the sine of x (measured in radians).
    #[pyfunction]
    fn sin(x: f64, cx: &mut Cx) -> Res<f64> {
        one(cx, x, x.is_finite(), "expected a finite input", f64::sin)
    }
    /// Return the hyperbolic sine of x.
    #[pyfunction]
    fn sinh(x: f64, cx: &mut Cx) -> Res<f64> {
        one(cx, x, true, "", f64::sinh)
    }
    /// Return the square root of x.
    #[pyfunction]
    fn sqrt(x: f64, cx: &mut Cx) -> Res<f64> {
        one(cx, x, x >= 0.0, "expected a nonnegative input", f64::sqrt)
    }
    /// Return the tangent of x (measured in radians).
    #[pyfunction]
    fn tan(x: f64, cx: &mut Cx) -> Res<f64> {
        one(cx, x, x.is_finite(), "expected a finite input", f64::tan)
    }
    /// Return the hyperbolic tangent of x.
    #[pyfunction]
    fn tanh(x: f64) -> f64 {
        x.tanh()
    }
    /// Truncates the Real x to the nearest Integral toward 0.
    ///
    /// Uses the __trunc__ magic method.
    #[pyfunction]
    fn trunc(x: &Value, cx: &mut Cx) -> Res<Value> {
        if let Some(f) = float::as_f64_exact(x) {
            return float::methods::to_integer(cx, f);
        }
        match protocol::call_special(cx, x, "__trunc__", &[])? {
            Some(v) => Ok(v),
            None => {
                let n = x.type_name();
                Err(cx.type_error(format!("type {n} doesn't define __trunc__ method")))
            }
        }
    }
    /// Return the value of the least significant bit of the float x.
    #[pyfunction]
    fn ulp(x: f64) -> f64 {
        if x.is_nan() {
            return x;
        }
        let x = x.abs();
        if x.is_infinite() {
            return x;
        }
        let up = x.next_up();
        if up.is_infinite() {
            x - x.next_down()
        } else {
            up - x
        }
    }
}
