//! Elementary functions of complex numbers as pairs of doubles.

use std::f64::consts::{FRAC_PI_2, LN_2};

pub type C = (f64, f64);

/// Why a function has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Domain,
    Range,
}

type R = Result<C, Fault>;

/// Beyond this, squares overflow.
const LARGE: f64 = f64::MAX / 4.0;
/// The square root of it bounds products of two parts.
const SQRT_LARGE: f64 = 6.703_903_964_971_298e153;
/// Arguments of `exp` beyond this overflow.
const LOG_LARGE: f64 = 709.089_565_712_824_1;

fn finite((x, y): C) -> bool {
    x.is_finite() && y.is_finite()
}

/// A result that came out infinite from finite arguments is out of range.
fn in_range(z: C, r: C) -> R {
    if finite(z) && (r.0.is_infinite() || r.1.is_infinite()) {
        Err(Fault::Range)
    } else {
        Ok(r)
    }
}

/// `len` in the direction of the angle `y`; an infinite length keeps a zero angle's zero.
fn towards(len: f64, y: f64) -> C {
    if y == 0.0 && !len.is_finite() {
        return (len, y);
    }
    (len * y.cos(), len * y.sin())
}

pub fn sqrt((x, y): C) -> C {
    if y.is_infinite() {
        return (f64::INFINITY, y);
    }
    if x.is_nan() {
        return (x, f64::NAN);
    }
    if x == f64::INFINITY {
        return (x, if y.is_nan() { y } else { 0f64.copysign(y) });
    }
    if x == f64::NEG_INFINITY {
        return (if y.is_nan() { y } else { 0.0 }, f64::INFINITY.copysign(y));
    }
    if y.is_nan() {
        return (y, y);
    }
    if x == 0.0 && y == 0.0 {
        return (0.0, y);
    }
    let (ax, ay) = (x.abs(), y.abs());
    let s = if ax < f64::MIN_POSITIVE && ay < f64::MIN_POSITIVE && (ax > 0.0 || ay > 0.0) {
        // Subnormals are scaled up first.
        let k = libm::ldexp(1.0, 54);
        let (ax, ay) = (ax * k, ay * k);
        libm::ldexp((ax + ax.hypot(ay)).sqrt(), -27) / 2f64.sqrt()
    } else {
        let ax = ax / 8.0;
        2.0 * (ax + ax.hypot(ay / 8.0)).sqrt()
    };
    let d = ay / (2.0 * s);
    if x >= 0.0 {
        (s, d.copysign(y))
    } else {
        (d, s.copysign(y))
    }
}

pub fn exp(z: C) -> R {
    let (x, y) = z;
    if finite(z) {
        let r = if x > LOG_LARGE {
            let l = (x - 1.0).exp();
            (
                l * y.cos() * std::f64::consts::E,
                l * y.sin() * std::f64::consts::E,
            )
        } else {
            let l = x.exp();
            (l * y.cos(), l * y.sin())
        };
        return in_range(z, r);
    }
    if x == f64::NEG_INFINITY {
        return Ok(if y.is_finite() {
            (0f64.copysign(y.cos()), 0f64.copysign(y.sin()))
        } else {
            (0.0, 0.0)
        });
    }
    if y.is_infinite() && !x.is_nan() {
        return Err(Fault::Domain);
    }
    if x == f64::INFINITY {
        return Ok(if y == 0.0 || y.is_nan() {
            (x, y)
        } else {
            (x.copysign(y.cos()), x.copysign(y.sin()))
        });
    }
    Ok((f64::NAN, if x.is_nan() && y == 0.0 { y } else { f64::NAN }))
}

/// `ln |z|` without overflow or loss near one.
fn log_abs((x, y): C) -> f64 {
    let (ax, ay) = (x.abs(), y.abs());
    if ax.is_infinite() || ay.is_infinite() {
        return f64::INFINITY;
    }
    if ax > LARGE || ay > LARGE {
        return (ax / 2.0).hypot(ay / 2.0).ln() + LN_2;
    }
    if ax < f64::MIN_POSITIVE && ay < f64::MIN_POSITIVE {
        return libm::ldexp(ax, 53).hypot(libm::ldexp(ay, 53)).ln() - 53.0 * LN_2;
    }
    let h = ax.hypot(ay);
    if (0.71..=1.73).contains(&h) {
        let (big, small) = if ax > ay { (ax, ay) } else { (ay, ax) };
        return ((big - 1.0) * (big + 1.0) + small * small).ln_1p() / 2.0;
    }
    h.ln()
}

pub fn log(z: C) -> R {
    if z == (0.0, 0.0) {
        return Err(Fault::Domain);
    }
    Ok((log_abs(z), z.1.atan2(z.0)))
}

/// `ln |z|` of something large, by the factor it is scaled with.
fn log_scaled((x, y): C) -> f64 {
    if x.is_infinite() || y.is_infinite() {
        return f64::INFINITY;
    }
    (x / 2.0).hypot(y / 2.0).ln() + 2.0 * LN_2
}

fn is_large((x, y): C) -> bool {
    x.abs() > LARGE || y.abs() > LARGE
}

pub fn acos(z: C) -> R {
    let (x, y) = z;
    if is_large(z) {
        let l = log_scaled(z);
        return Ok((
            y.abs().atan2(x),
            if x < 0.0 {
                -l.copysign(y)
            } else {
                l.copysign(-y)
            },
        ));
    }
    if x == 0.0 && y.is_nan() {
        return Ok((FRAC_PI_2, y));
    }
    let (s1, s2) = (sqrt((1.0 - x, -y)), sqrt((1.0 + x, y)));
    Ok((
        2.0 * s1.0.atan2(s2.0),
        libm::asinh(s2.0 * s1.1 - s2.1 * s1.0),
    ))
}

pub fn acosh(z: C) -> R {
    let (x, y) = z;
    if is_large(z) {
        return Ok((log_scaled(z), y.atan2(x)));
    }
    if x == 0.0 && y.is_nan() {
        return Ok((y, FRAC_PI_2));
    }
    let (s1, s2) = (sqrt((x - 1.0, y)), sqrt((x + 1.0, y)));
    Ok((
        libm::asinh(s1.0 * s2.0 + s1.1 * s2.1),
        2.0 * s1.1.atan2(s2.0),
    ))
}

pub fn asinh(z: C) -> R {
    let (x, y) = z;
    if is_large(z) {
        let l = log_scaled(z);
        return Ok((
            if y >= 0.0 || y.is_nan() {
                l.copysign(x)
            } else {
                -l.copysign(-x)
            },
            y.atan2(x.abs()),
        ));
    }
    if x.is_nan() && y == 0.0 {
        return Ok((x, y));
    }
    let (s1, s2) = (sqrt((1.0 + y, -x)), sqrt((1.0 - y, x)));
    Ok((
        libm::asinh(s1.0 * s2.1 - s2.0 * s1.1),
        y.atan2(s1.0 * s2.0 - s1.1 * s2.1),
    ))
}

pub fn asin((x, y): C) -> R {
    // asin(z) = -i asinh(iz)
    let (a, b) = asinh((-y, x))?;
    Ok((b, -a))
}

pub fn atan((x, y): C) -> R {
    let (a, b) = atanh((-y, x))?;
    Ok((b, -a))
}

pub fn atanh(z: C) -> R {
    let (x, y) = z;
    if x < 0.0 || (x == 0.0 && x.is_sign_negative()) {
        let (a, b) = atanh((-x, -y))?;
        return Ok((-a, -b));
    }
    if x.is_infinite() || y.is_infinite() {
        let im = if y.is_nan() { y } else { FRAC_PI_2.copysign(y) };
        return Ok((0f64.copysign(x), im));
    }
    if x.is_nan() || y.is_nan() {
        return Ok((if x == 0.0 { x } else { f64::NAN }, f64::NAN));
    }
    let ay = y.abs();
    if x > SQRT_LARGE || ay > SQRT_LARGE {
        let h = (x / 2.0).hypot(y / 2.0);
        return Ok((x / 4.0 / h / h, -FRAC_PI_2.copysign(-y)));
    }
    if x == 1.0 && ay < f64::MIN_POSITIVE.sqrt() {
        if ay == 0.0 {
            return Err(Fault::Domain);
        }
        return Ok((
            -(ay.sqrt() / ay.hypot(2.0).sqrt()).ln(),
            (2f64.atan2(-ay) / 2.0).copysign(y),
        ));
    }
    let re = (4.0 * x / ((1.0 - x) * (1.0 - x) + ay * ay)).ln_1p() / 4.0;
    let im = -(-2.0 * y).atan2((1.0 - x) * (1.0 + x) - ay * ay) / 2.0;
    Ok((re, im))
}

pub fn cosh(z: C) -> R {
    let (x, y) = z;
    if finite(z) {
        let r = if x.abs() > LOG_LARGE {
            // One e is held back until the end.
            let less = x - 1f64.copysign(x);
            (
                y.cos() * less.cosh() * std::f64::consts::E,
                y.sin() * less.sinh() * std::f64::consts::E,
            )
        } else {
            (y.cos() * x.cosh(), y.sin() * x.sinh())
        };
        return in_range(z, r);
    }
    if y.is_infinite() && !x.is_nan() {
        return Err(Fault::Domain);
    }
    if x.is_infinite() {
        if y.is_nan() {
            return Ok((f64::INFINITY, y));
        }
        if y == 0.0 {
            return Ok((f64::INFINITY, if x > 0.0 { y } else { -y }));
        }
        return Ok((f64::INFINITY.copysign(y.cos()), x * y.sin().signum()));
    }
    if x.is_nan() {
        return Ok((x, if y == 0.0 { y } else { f64::NAN }));
    }
    Ok((f64::NAN, if x == 0.0 { 0.0 } else { f64::NAN }))
}

pub fn sinh(z: C) -> R {
    let (x, y) = z;
    if finite(z) {
        let r = if x.abs() > LOG_LARGE {
            let less = x - 1f64.copysign(x);
            (
                y.cos() * less.sinh() * std::f64::consts::E,
                y.sin() * less.cosh() * std::f64::consts::E,
            )
        } else {
            (y.cos() * x.sinh(), y.sin() * x.cosh())
        };
        return in_range(z, r);
    }
    if y.is_infinite() && !x.is_nan() {
        return Err(Fault::Domain);
    }
    if x.is_infinite() {
        if y.is_nan() {
            return Ok((x, y));
        }
        if y == 0.0 {
            return Ok((x, y));
        }
        return Ok((x * y.cos().signum(), f64::INFINITY.copysign(y.sin())));
    }
    if x.is_nan() {
        return Ok((x, if y == 0.0 { y } else { f64::NAN }));
    }
    Ok((if x == 0.0 { x } else { f64::NAN }, f64::NAN))
}

pub fn tanh(z: C) -> R {
    let (x, y) = z;
    if !finite(z) {
        if y.is_infinite() && x.is_finite() {
            return Err(Fault::Domain);
        }
        if x.is_infinite() {
            let im = if y.is_finite() {
                0f64.copysign((2.0 * y).sin())
            } else {
                0.0
            };
            return Ok((1f64.copysign(x), im));
        }
        if x.is_nan() && y == 0.0 {
            return Ok((x, y));
        }
        return Ok((if x == 0.0 { x } else { f64::NAN }, f64::NAN));
    }
    if x.abs() > LOG_LARGE {
        return Ok((
            1f64.copysign(x),
            4.0 * y.sin() * y.cos() * (-2.0 * x.abs()).exp(),
        ));
    }
    let (tx, ty) = (x.tanh(), y.tan());
    let cx = 1.0 / x.cosh();
    let txty = tx * ty;
    let denominator = 1.0 + txty * txty;
    Ok((
        tx * (1.0 + ty * ty) / denominator,
        (ty / denominator) * cx * cx,
    ))
}

pub fn cos((x, y): C) -> R {
    cosh((-y, x))
}

pub fn sin((x, y): C) -> R {
    let (a, b) = sinh((-y, x))?;
    Ok((b, -a))
}

pub fn tan((x, y): C) -> R {
    let (a, b) = tanh((-y, x))?;
    Ok((b, -a))
}

/// From polar coordinates.
pub fn rect(r: f64, phi: f64) -> R {
    if r.is_finite() && phi.is_finite() {
        return Ok(if phi == 0.0 {
            (r, r * phi)
        } else {
            towards(r, phi)
        });
    }
    if phi.is_infinite() && r != 0.0 && !r.is_nan() {
        return Err(Fault::Domain);
    }
    if r.is_infinite() && phi.is_finite() {
        if phi == 0.0 {
            return Ok((r, if r > 0.0 { phi } else { -phi }));
        }
        return Ok((r * phi.cos().signum(), r * phi.sin().signum()));
    }
    if r == 0.0 {
        return Ok((0.0, 0.0));
    }
    Ok((
        if r.is_infinite() {
            f64::INFINITY
        } else {
            f64::NAN
        },
        if r.is_nan() && phi == 0.0 {
            phi
        } else {
            f64::NAN
        },
    ))
}
