//! Arithmetic of `float`: IEEE with Python's rules for division, remainder and powers.

use super::{as_f64, new_float};
use crate::number::{int_to_f64, lift};
use crate::objects::int::{IntRef, as_int};
use crate::{Cx, ExcKind, Res, Value, ValueExt};
use std::cmp::Ordering;

/// A float or an int (subclasses included) as a double; None for anything else.
#[inline(always)]
pub fn operand(cx: &mut Cx, v: &Value) -> Res<Option<f64>> {
    if let Some(f) = v.as_float_imm() {
        return Ok(Some(f));
    }
    if let Some(i) = v.as_small_int() {
        return Ok(Some(i as f64));
    }
    if let Some(f) = as_f64(v) {
        return Ok(Some(f));
    }
    match as_int(v) {
        Some(i) => int_to_f64(cx, i).map(Some),
        None => Ok(None),
    }
}

#[cold]
fn by_zero<T>(cx: &mut Cx) -> Res<T> {
    Err(cx.zero_division("division by zero"))
}

/// `x / y`
#[inline(always)]
pub fn div_f64(cx: &mut Cx, x: f64, y: f64) -> Res<f64> {
    if y == 0.0 { by_zero(cx) } else { Ok(x / y) }
}

/// Remainder with the sign of `y`.
#[inline]
fn floor_rem(x: f64, y: f64) -> f64 {
    let r = x % y;
    if r == 0.0 {
        0f64.copysign(y)
    } else if (y < 0.0) != (r < 0.0) {
        r + y
    } else {
        r
    }
}

/// `x % y`
#[inline]
pub fn mod_f64(cx: &mut Cx, x: f64, y: f64) -> Res<f64> {
    if y == 0.0 {
        by_zero(cx)
    } else {
        Ok(floor_rem(x, y))
    }
}

/// `divmod(x, y)`
pub fn divmod_f64(cx: &mut Cx, x: f64, y: f64) -> Res<(f64, f64)> {
    if y == 0.0 {
        return by_zero(cx);
    }
    let raw = x % y;
    // x - raw is a multiple of y but for rounding; the quotient then is off by less than one half.
    let mut q = (x - raw) / y;
    let r = floor_rem(x, y);
    if raw != 0.0 && (y < 0.0) != (raw < 0.0) {
        q -= 1.0;
    }
    let q = if q == 0.0 {
        0f64.copysign(x / y)
    } else {
        let down = q.floor();
        if q - down > 0.5 { down + 1.0 } else { down }
    };
    Ok((q, r))
}

/// `x // y`
#[inline]
pub fn floordiv_f64(cx: &mut Cx, x: f64, y: f64) -> Res<f64> {
    Ok(divmod_f64(cx, x, y)?.0)
}

/// `x ** y` where the result is real; NaN stands for a negative base with a fractional exponent (see `pow`).
pub fn pow_f64(cx: &mut Cx, x: f64, y: f64) -> Res<f64> {
    if x == 0.0 && y < 0.0 && y.is_finite() {
        return Err(cx.zero_division("zero to a negative power"));
    }
    let r = x.powf(y);
    if r.is_infinite() && x.is_finite() && y.is_finite() {
        let msg = crate::objects::str::new_str(cx, "Numerical result out of range")?;
        return Err(cx.raise_args(ExcKind::OverflowError, vec![Value::small_int(34), msg]));
    }
    Ok(r)
}

/// `x ** y`: complex for a negative base with a fractional exponent.
pub fn pow(cx: &mut Cx, x: f64, y: f64) -> Res<Value> {
    if x < 0.0 && x.is_finite() && y.is_finite() && y != y.floor() {
        let (re, im) = crate::objects::complex::arith::pow(cx, (x, 0.0), (y, 0.0))?;
        return crate::objects::complex::new_complex(cx, re, im);
    }
    let r = pow_f64(cx, x, y)?;
    new_float(cx, r)
}

/// A float against an int or float; None when the operand is of another kind, Some(None) when unordered.
pub fn compare(x: f64, other: &Value) -> Option<Option<Ordering>> {
    if let Some(y) = as_f64(other) {
        return Some(x.partial_cmp(&y));
    }
    match as_int(other)? {
        IntRef::Small(i) if i.unsigned_abs() <= 1 << 53 => Some(x.partial_cmp(&(i as f64))),
        IntRef::Small(i) => {
            Some(typhon_text::int_float::cmp_int_f64(&i.into(), x).map(Ordering::reverse))
        }
        IntRef::Big(b) => Some(typhon_text::int_float::cmp_int_f64(b, x).map(Ordering::reverse)),
    }
}

/// `round(x, ndigits)`.
pub fn round(cx: &mut Cx, x: f64, ndigits: &Value) -> Res<Value> {
    let n = crate::number::index_isize(cx, ndigits)?;
    let r = lift(cx, typhon_text::float_math::round(x, n as i64))?;
    new_float(cx, r)
}

macro_rules! exact_ops {
    ($($(#[$m:meta])* $name:ident: |$cx:ident, $x:ident, $y:ident| $e:expr;)*) => { $(
        $(#[$m])*
        #[inline(always)]
        pub fn $name(cx: &mut Cx, a: &Value, b: &Value) -> Res<Value> {
            let (Some($x), Some($y)) = (operand(cx, a)?, operand(cx, b)?) else { return Ok(Value::not_implemented()) };
            let $cx = &mut *cx;
            let r: f64 = $e;
            new_float($cx, r)
        }
    )* };
}

exact_ops! {
    /// `a + b` of floats and ints; NotImplemented for other operands.
    add: |cx, x, y| x + y;
    /// `a - b`
    sub: |cx, x, y| x - y;
    /// `a * b`
    mul: |cx, x, y| x * y;
    /// `a / b`
    truediv: |cx, x, y| div_f64(cx, x, y)?;
    /// `a // b`
    floordiv: |cx, x, y| floordiv_f64(cx, x, y)?;
    /// `a % b`
    mod_: |cx, x, y| mod_f64(cx, x, y)?;
}
