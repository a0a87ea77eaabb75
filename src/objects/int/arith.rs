//! Arithmetic of `int`. Every function takes any int values (subclasses and bool included) and stays in machine words while
//! both operands and the result fit; the rest is done by dashu. Division and remainder round towards minus infinity.

use super::{IntRef, as_int, new_big, new_int};
use crate::number::lift;
use crate::objects::float::new_float;
use crate::{Cx, Res, Value};
use dashu_int::ops::DivRem;
use dashu_int::{IBig, Sign, UBig};
use std::borrow::Cow;

/// Results of more bits than this are refused as `MemoryError` before the work begins.
const MAX_BITS: u64 = 1 << 37;

/// The operand as a big integer.
pub(super) fn big(v: &Value) -> Cow<'_, IBig> {
    match as_int(v) {
        Some(IntRef::Small(i)) => Cow::Owned(IBig::from(i)),
        Some(IntRef::Big(b)) => Cow::Borrowed(b),
        // Callers have checked; an operand of another type counts as nothing.
        None => Cow::Owned(IBig::ZERO),
    }
}

/// Both operands when they are small: immediate ints and bools.
#[inline(always)]
fn small2(a: &Value, b: &Value) -> Option<(i64, i64)> {
    Some((a.as_small_int()?, b.as_small_int()?))
}

#[inline(never)]
fn with_big(cx: &mut Cx, a: &Value, b: &Value, f: impl FnOnce(&IBig, &IBig) -> IBig) -> Res<Value> {
    let r = f(&big(a), &big(b));
    new_big(cx, r)
}

/// `a + b`
#[inline]
pub fn add(cx: &mut Cx, a: &Value, b: &Value) -> Res<Value> {
    match small2(a, b) {
        // Two 62-bit numbers cannot overflow 64 bits.
        Some((x, y)) => new_int(cx, x + y),
        None => with_big(cx, a, b, |x, y| x + y),
    }
}

/// `a - b`
#[inline]
pub fn sub(cx: &mut Cx, a: &Value, b: &Value) -> Res<Value> {
    match small2(a, b) {
        Some((x, y)) => new_int(cx, x - y),
        None => with_big(cx, a, b, |x, y| x - y),
    }
}

/// `a * b`
#[inline]
pub fn mul(cx: &mut Cx, a: &Value, b: &Value) -> Res<Value> {
    match small2(a, b) {
        Some((x, y)) => match x.checked_mul(y) {
            Some(p) => new_int(cx, p),
            None => new_big(cx, IBig::from(x as i128 * y as i128)),
        },
        None => with_big(cx, a, b, |x, y| x * y),
    }
}

/// Quotient rounded down and the remainder that goes with it; `y` is not zero.
#[inline]
pub fn floor_divmod_i64(x: i64, y: i64) -> (i64, i64) {
    let (q, r) = (x.wrapping_div(y), x.wrapping_rem(y));
    if r != 0 && (r < 0) != (y < 0) {
        (q - 1, r + y)
    } else {
        (q, r)
    }
}

/// The same for big integers.
pub fn floor_divmod_big(x: &IBig, y: &IBig) -> (IBig, IBig) {
    let (q, r) = x.div_rem(y);
    if !r.is_zero() && r.sign() != y.sign() {
        (q - IBig::ONE, r + y)
    } else {
        (q, r)
    }
}

#[cold]
fn by_zero<T>(cx: &mut Cx) -> Res<T> {
    Err(cx.zero_division("division by zero"))
}

/// `a // b`
#[inline]
pub fn floordiv(cx: &mut Cx, a: &Value, b: &Value) -> Res<Value> {
    match small2(a, b) {
        Some((_, 0)) => by_zero(cx),
        Some((x, y)) => new_int(cx, floor_divmod_i64(x, y).0),
        None => {
            let y = big(b);
            if y.is_zero() {
                return by_zero(cx);
            }
            let r = floor_divmod_big(&big(a), &y).0;
            new_big(cx, r)
        }
    }
}

/// `a % b`
#[inline]
pub fn mod_(cx: &mut Cx, a: &Value, b: &Value) -> Res<Value> {
    match small2(a, b) {
        Some((_, 0)) => by_zero(cx),
        Some((x, y)) => new_int(cx, floor_divmod_i64(x, y).1),
        None => {
            let y = big(b);
            if y.is_zero() {
                return by_zero(cx);
            }
            let r = floor_divmod_big(&big(a), &y).1;
            new_big(cx, r)
        }
    }
}

/// `divmod(a, b)` as a pair.
pub fn divmod_pair(cx: &mut Cx, a: &Value, b: &Value) -> Res<(Value, Value)> {
    match small2(a, b) {
        Some((_, 0)) => by_zero(cx),
        Some((x, y)) => {
            let (q, r) = floor_divmod_i64(x, y);
            Ok((new_int(cx, q)?, new_int(cx, r)?))
        }
        None => {
            let y = big(b);
            if y.is_zero() {
                return by_zero(cx);
            }
            let (q, r) = floor_divmod_big(&big(a), &y);
            Ok((new_big(cx, q)?, new_big(cx, r)?))
        }
    }
}

/// `a / b`, correctly rounded.
#[inline]
pub fn truediv(cx: &mut Cx, a: &Value, b: &Value) -> Res<Value> {
    const EXACT: u64 = 1 << 53;
    if let Some((x, y)) = small2(a, b)
        && y != 0
        && x.unsigned_abs() <= EXACT
        && y.unsigned_abs() <= EXACT
    {
        return new_float(cx, x as f64 / y as f64);
    }
    let r = typhon_text::int_float::true_divide(&big(a), &big(b));
    let f = lift(cx, r)?;
    new_float(cx, f)
}

/// `-a`
#[inline]
pub fn neg(cx: &mut Cx, a: &Value) -> Res<Value> {
    match a.as_small_int() {
        Some(x) => new_int(cx, -x),
        None => {
            let r = -big(a).into_owned();
            new_big(cx, r)
        }
    }
}

/// `abs(a)`
pub fn abs(cx: &mut Cx, a: &Value) -> Res<Value> {
    match a.as_small_int() {
        Some(x) => new_int(cx, x.abs()),
        None => {
            let (_, magnitude) = big(a).into_owned().into_parts();
            new_big(cx, magnitude.into())
        }
    }
}

/// `~a`
#[inline]
pub fn invert(cx: &mut Cx, a: &Value) -> Res<Value> {
    match a.as_small_int() {
        Some(x) => new_int(cx, !x),
        None => {
            let r = !big(a).into_owned();
            new_big(cx, r)
        }
    }
}

/// `a & b`
#[inline]
pub fn and(cx: &mut Cx, a: &Value, b: &Value) -> Res<Value> {
    match small2(a, b) {
        Some((x, y)) => new_int(cx, x & y),
        None => with_big(cx, a, b, |x, y| x & y),
    }
}

/// `a | b`
#[inline]
pub fn or(cx: &mut Cx, a: &Value, b: &Value) -> Res<Value> {
    match small2(a, b) {
        Some((x, y)) => new_int(cx, x | y),
        None => with_big(cx, a, b, |x, y| x | y),
    }
}

/// `a ^ b`
#[inline]
pub fn xor(cx: &mut Cx, a: &Value, b: &Value) -> Res<Value> {
    match small2(a, b) {
        Some((x, y)) => new_int(cx, x ^ y),
        None => with_big(cx, a, b, |x, y| x ^ y),
    }
}

/// A shift count: an error when negative, None when past any size.
fn shift_count(cx: &mut Cx, b: &Value) -> Res<Option<u64>> {
    let n = big(b);
    if n.sign() == Sign::Negative {
        return Err(cx.value_error("negative shift count"));
    }
    Ok(u64::try_from(&*n).ok())
}

/// `a << b`
#[inline]
pub fn lshift(cx: &mut Cx, a: &Value, b: &Value) -> Res<Value> {
    if let Some((x, n)) = small2(a, b)
        && (0..62).contains(&n)
        && (x << n) >> n == x
    {
        return new_int(cx, x << n);
    }
    lshift_slow(cx, a, b)
}

#[inline(never)]
fn lshift_slow(cx: &mut Cx, a: &Value, b: &Value) -> Res<Value> {
    let n = shift_count(cx, b)?;
    let x = big(a);
    if x.is_zero() {
        return new_int(cx, 0);
    }
    let Some(n) = n.filter(|&n| n < 1 << 62) else {
        return Err(cx.overflow_error("too many digits in integer"));
    };
    if n + typhon_text::int_bytes::bit_length(&x) as u64 > MAX_BITS {
        return Err(cx.memory_error());
    }
    let r = &*x << n as usize;
    new_big(cx, r)
}

/// `a >> b`
#[inline]
pub fn rshift(cx: &mut Cx, a: &Value, b: &Value) -> Res<Value> {
    if let Some((x, n)) = small2(a, b)
        && n >= 0
    {
        return new_int(cx, x >> n.min(63));
    }
    let n = shift_count(cx, b)?;
    let x = big(a);
    match n {
        Some(n) if n < MAX_BITS => {
            let r = floor_shift(&x, n as usize);
            new_big(cx, r)
        }
        _ => new_int(cx, if x.sign() == Sign::Negative { -1 } else { 0 }),
    }
}

/// `x >> n`, rounded towards minus infinity.
fn floor_shift(x: &IBig, n: usize) -> IBig {
    if x.sign() == Sign::Positive {
        return x >> n;
    }
    // ~(~x >> n): the complement is not negative.
    !((!x.clone()) >> n)
}

/// `a ** b` for ints, or `pow(a, b, c)`; a negative exponent without modulus gives a float.
pub fn pow(cx: &mut Cx, a: &Value, b: &Value, c: Option<&Value>) -> Res<Value> {
    if let Some(c) = c {
        return pow_mod(cx, a, b, c);
    }
    if let Some((x, n)) = small2(a, b)
        && (0..=64).contains(&n)
        && let Some(r) = x.checked_pow(n as u32)
    {
        return new_int(cx, r);
    }
    let (x, n) = (big(a), big(b));
    if n.sign() == Sign::Negative {
        let x = crate::number::int_to_f64(cx, IntRef::Big(&x))?;
        let n = crate::number::int_to_f64(cx, IntRef::Big(&n))?;
        let f = crate::objects::float::arith::pow_f64(cx, x, n)?;
        return new_float(cx, f);
    }
    if n.is_zero() || *x == IBig::ONE {
        return new_int(cx, 1);
    }
    if x.is_zero() {
        return new_int(cx, 0);
    }
    if *x == IBig::NEG_ONE {
        let odd = n.as_sign_words().1.first().is_some_and(|w| w & 1 == 1);
        return new_int(cx, if odd { -1 } else { 1 });
    }
    let bits = typhon_text::int_bytes::bit_length(&x) as u64;
    let fits = u64::try_from(&*n)
        .ok()
        .filter(|n| n.saturating_mul(bits - 1) <= MAX_BITS);
    let Some(n) = fits else {
        return Err(cx.memory_error());
    };
    let r = x.pow(n as usize);
    new_big(cx, r)
}

fn pow_mod(cx: &mut Cx, a: &Value, b: &Value, c: &Value) -> Res<Value> {
    let (x, n, m) = (big(a), big(b), big(c));
    if m.is_zero() {
        return Err(cx.value_error("pow() 3rd argument cannot be 0"));
    }
    let (msign, modulus) = m.clone().into_owned().into_parts();
    if modulus == UBig::ONE {
        return new_int(cx, 0);
    }
    let (nsign, exponent) = n.into_owned().into_parts();
    let mut base: UBig = floor_divmod_big(&x, &IBig::from(modulus.clone()))
        .1
        .into_parts()
        .1;
    if nsign == Sign::Negative && !exponent.is_zero() {
        match inverse(&base, &modulus) {
            Some(i) => base = i,
            None => return Err(cx.value_error("base is not invertible for the given modulus")),
        }
    }
    let ring = dashu_int::fast_div::ConstDivisor::new(modulus);
    let r = IBig::from(ring.reduce(base).pow(&exponent).residue());
    // The result takes the sign of the modulus.
    let r = if msign == Sign::Negative && !r.is_zero() {
        r + &*m
    } else {
        r
    };
    new_big(cx, r)
}

/// The inverse of `a` modulo `m`.
fn inverse(a: &UBig, m: &UBig) -> Option<UBig> {
    let m = IBig::from(m.clone());
    let (mut r0, mut r1) = (m.clone(), IBig::from(a.clone()));
    let (mut t0, mut t1) = (IBig::ZERO, IBig::ONE);
    while !r1.is_zero() {
        let (q, r) = (&r0).div_rem(&r1);
        let t = &t0 - &q * &t1;
        (r0, r1) = (r1, r);
        (t0, t1) = (t1, t);
    }
    (r0 == IBig::ONE).then(|| floor_divmod_big(&t0, &m).1.into_parts().1)
}

/// Order of two ints.
#[inline]
pub fn cmp(a: &Value, b: &Value) -> std::cmp::Ordering {
    match small2(a, b) {
        Some((x, y)) => x.cmp(&y),
        None => big(a).cmp(&big(b)),
    }
}

/// `round(n, ndigits)`: to a multiple of a power of ten, halves to even.
pub fn round(cx: &mut Cx, a: &Value, ndigits: &Value) -> Res<Value> {
    let d = big(ndigits);
    if d.sign() == Sign::Positive {
        return crate::number::to_index(cx, a);
    }
    let x = big(a);
    let digits = usize::try_from(-d.into_owned()).unwrap_or(usize::MAX);
    // 10**digits beyond twice the magnitude rounds to zero.
    if digits > typhon_text::int_bytes::bit_length(&x) / 3 + 2 {
        return new_int(cx, 0);
    }
    let unit = IBig::from(10).pow(digits);
    let (q, r) = floor_divmod_big(&x, &unit);
    let twice = r * IBig::from(2);
    let odd = q.as_sign_words().1.first().is_some_and(|w| w & 1 == 1);
    let up = twice > unit || (twice == unit && odd);
    let q = if up { q + IBig::ONE } else { q };
    new_big(cx, q * unit)
}
