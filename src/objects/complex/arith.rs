//! Complex arithmetic after C99's Annex G: operations mixed with a real number leave the other part's sign alone, and
//! products and quotients of infinities are infinities.

use super::C;
use crate::{Cx, Res};

/// `(a.re, a.im) * (b.re, b.im)`, infinities recovered from NaN results.
pub fn mul(x: C, y: C) -> C {
    let ((mut a, mut b), (mut c, mut d)) = (x, y);
    let (ac, bd, ad, bc) = (a * c, b * d, a * d, b * c);
    let r = (ac - bd, ad + bc);
    if !(r.0.is_nan() && r.1.is_nan()) {
        return r;
    }
    let mut again = false;
    if a.is_infinite() || b.is_infinite() {
        (a, b) = boxed(a, b);
        (c, d) = (denan(c), denan(d));
        again = true;
    }
    if c.is_infinite() || d.is_infinite() {
        (c, d) = boxed(c, d);
        (a, b) = (denan(a), denan(b));
        again = true;
    }
    if !again && [ac, bd, ad, bc].iter().any(|p| p.is_infinite()) {
        (a, b, c, d) = (denan(a), denan(b), denan(c), denan(d));
        again = true;
    }
    if again {
        (
            f64::INFINITY * (a * c - b * d),
            f64::INFINITY * (a * d + b * c),
        )
    } else {
        r
    }
}

/// Infinities become ones of their sign, the rest zeros of theirs.
fn boxed(a: f64, b: f64) -> C {
    let one = |x: f64| (if x.is_infinite() { 1.0 } else { 0.0f64 }).copysign(x);
    (one(a), one(b))
}

fn denan(x: f64) -> f64 {
    if x.is_nan() { 0f64.copysign(x) } else { x }
}

/// `a / b`; None when `b` is zero.
pub fn div(a: C, b: C) -> Option<C> {
    let (abs_re, abs_im) = (b.0.abs(), b.1.abs());
    let r = if abs_re >= abs_im {
        if abs_re == 0.0 {
            return None;
        }
        let ratio = b.1 / b.0;
        let denominator = b.0 + b.1 * ratio;
        (
            (a.0 + a.1 * ratio) / denominator,
            (a.1 - a.0 * ratio) / denominator,
        )
    } else if abs_im >= abs_re {
        let ratio = b.0 / b.1;
        let denominator = b.0 * ratio + b.1;
        (
            (a.0 * ratio + a.1) / denominator,
            (a.1 * ratio - a.0) / denominator,
        )
    } else {
        (f64::NAN, f64::NAN)
    };
    if !(r.0.is_nan() && r.1.is_nan()) {
        return Some(r);
    }
    if (a.0.is_infinite() || a.1.is_infinite()) && b.0.is_finite() && b.1.is_finite() {
        let (x, y) = boxed(a.0, a.1);
        return Some((
            f64::INFINITY * (x * b.0 + y * b.1),
            f64::INFINITY * (y * b.0 - x * b.1),
        ));
    }
    if (abs_re.is_infinite() || abs_im.is_infinite()) && a.0.is_finite() && a.1.is_finite() {
        let (x, y) = boxed(b.0, b.1);
        return Some((0.0 * (a.0 * x + a.1 * y), 0.0 * (a.1 * x - a.0 * y)));
    }
    Some(r)
}

/// A real number divided by a complex one; None when that is zero.
pub fn real_div(a: f64, b: C) -> Option<C> {
    let (abs_re, abs_im) = (b.0.abs(), b.1.abs());
    let r = if abs_re >= abs_im {
        if abs_re == 0.0 {
            return None;
        }
        let ratio = b.1 / b.0;
        let denominator = b.0 + b.1 * ratio;
        (a / denominator, (-a * ratio) / denominator)
    } else if abs_im >= abs_re {
        let ratio = b.0 / b.1;
        let denominator = b.0 * ratio + b.1;
        ((a * ratio) / denominator, -a / denominator)
    } else {
        (f64::NAN, f64::NAN)
    };
    if r.0.is_nan()
        && r.1.is_nan()
        && a.is_finite()
        && (abs_re.is_infinite() || abs_im.is_infinite())
    {
        let (x, y) = boxed(b.0, b.1);
        return Some((0.0 * (a * x), 0.0 * (-a * y)));
    }
    Some(r)
}

/// Why a power does not exist.
enum PowError {
    ZeroBase,
    Range,
}

fn general_pow(a: C, b: C) -> Result<C, PowError> {
    if b == (0.0, 0.0) {
        return Ok((1.0, 0.0));
    }
    if a == (0.0, 0.0) {
        return if b.1 != 0.0 || b.0 < 0.0 {
            Err(PowError::ZeroBase)
        } else {
            Ok((0.0, 0.0))
        };
    }
    let modulus = a.0.hypot(a.1);
    let mut len = modulus.powf(b.0);
    let angle = a.1.atan2(a.0);
    let mut phase = angle * b.0;
    if b.1 != 0.0 {
        len *= (-angle * b.1).exp();
        phase += b.1 * modulus.ln();
    }
    Ok((len * phase.cos(), len * phase.sin()))
}

/// A small natural power by squaring.
fn natural_pow(x: C, n: u32) -> C {
    let (mut p, mut r, mut n) = (x, (1.0, 0.0), n);
    if n > 0 {
        r = p;
        n -= 1;
    }
    let mut mask = 1;
    while mask <= n {
        if n & mask != 0 {
            r = mul(r, p);
        }
        mask <<= 1;
        p = mul(p, p);
    }
    r
}

fn any_pow(a: C, b: C) -> Result<C, PowError> {
    let r = if b.1 == 0.0 && b.0 == b.0.floor() && b.0.abs() <= 100.0 {
        let n = b.0 as i32;
        if n >= 0 {
            natural_pow(a, n as u32)
        } else {
            div((1.0, 0.0), natural_pow(a, n.unsigned_abs())).ok_or(PowError::ZeroBase)?
        }
    } else {
        general_pow(a, b)?
    };
    if r.0.is_infinite() || r.1.is_infinite() {
        Err(PowError::Range)
    } else {
        Ok(r)
    }
}

/// `a ** b`
pub fn pow(cx: &mut Cx, a: C, b: C) -> Res<C> {
    any_pow(a, b).map_err(|e| match e {
        PowError::ZeroBase => cx.zero_division("zero to a negative or complex power"),
        PowError::Range => cx.overflow_error("complex exponentiation"),
    })
}

/// `abs(a)`; infinite with finite parts is out of range.
pub fn abs(cx: &mut Cx, a: C) -> Res<f64> {
    if a.0.is_infinite() || a.1.is_infinite() {
        return Ok(f64::INFINITY);
    }
    let r = a.0.hypot(a.1);
    if r.is_infinite() {
        return Err(cx.overflow_error("absolute value too large"));
    }
    Ok(r)
}
