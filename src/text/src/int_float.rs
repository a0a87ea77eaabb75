//! Between integers of any size and 64-bit floats, correctly rounded, and their comparison.

use crate::error::{Error, ErrorKind, Result};
use crate::int_bytes::{bit_length, ubig_bit_length};
use dashu_int::{IBig, Sign, UBig};
use std::cmp::Ordering;

/// The error of an int past the range of float.
pub fn too_large() -> Error {
    Error::overflow("int too large to convert to float")
}

/// `float(n)`, rounded half to even.
pub fn int_to_f64(n: &IBig) -> Result<f64> {
    let (sign, words) = n.as_sign_words();
    let x = words_to_f64(words, false).ok_or_else(too_large)?;
    Ok(if sign == Sign::Negative { -x } else { x })
}

/// Nearest float to the magnitude `words` (`sticky`: plus something less than one); `None` past the range.
fn words_to_f64(words: &[u64], sticky: bool) -> Option<f64> {
    let (Some(&top), n) = (words.last(), words.len()) else {
        return Some(0.0);
    };
    if n > 16 {
        return None;
    }
    let shift = top.leading_zeros();
    let mut head = top << shift;
    let mut below = sticky;
    if n > 1 {
        if shift > 0 {
            head |= words[n - 2] >> (64 - shift);
        }
        below |= words[n - 2] << shift != 0 || words[..n - 2].iter().any(|&w| w != 0);
    } else if sticky && shift > 0 {
        // The part below one sits in vacated bits.
        head |= 1;
        below = false;
    }
    // 64 bits round to 53 once; the lowest bit stands for everything below.
    let x = (head | u64::from(below)) as f64;
    let exponent = (n as i32 - 1) * 64 - shift as i32;
    let scaled = x * 2f64.powi(exponent);
    scaled.is_finite().then_some(scaled)
}

/// `int(x)`: towards zero.
pub fn f64_to_int(x: f64) -> Result<IBig> {
    if x.is_nan() {
        return Err(Error::value("cannot convert float NaN to integer"));
    }
    if x.is_infinite() {
        return Err(Error::overflow("cannot convert float infinity to integer"));
    }
    Ok(trunc_to_int(x))
}

fn trunc_to_int(x: f64) -> IBig {
    if x.abs() < 9e18 {
        return IBig::from(x as i64);
    }
    let bits = x.abs().to_bits();
    let mantissa = UBig::from(bits & ((1 << 52) - 1) | 1 << 52);
    let magnitude = mantissa << ((bits >> 52) as usize - 1075);
    IBig::from_parts(
        if x < 0.0 {
            Sign::Negative
        } else {
            Sign::Positive
        },
        magnitude,
    )
}

/// Exact comparison of an int with a float; `None` for NaN.
pub fn cmp_int_f64(n: &IBig, x: f64) -> Option<Ordering> {
    if x.is_nan() {
        return None;
    }
    if x.is_infinite() {
        return Some(if x > 0.0 {
            Ordering::Less
        } else {
            Ordering::Greater
        });
    }
    let whole = trunc_to_int(x);
    Some(n.cmp(&whole).then_with(|| {
        let rest = x - x.trunc();
        0.0f64.partial_cmp(&rest).unwrap_or(Ordering::Equal)
    }))
}

/// `a / b` of two ints, correctly rounded.
pub fn true_divide(a: &IBig, b: &IBig) -> Result<f64> {
    if b.is_zero() {
        return Err(Error::new(ErrorKind::ZeroDivision, "division by zero"));
    }
    if a.is_zero() {
        return Ok(if b.sign() == Sign::Negative {
            -0.0
        } else {
            0.0
        });
    }
    let negative = a.sign() != b.sign();
    let finish = |x: f64| if negative { -x } else { x };
    if bit_length(a) <= 53 && bit_length(b) <= 53 {
        // Both exact: one division, one rounding.
        return Ok(int_to_f64(a)? / int_to_f64(b)?);
    }
    let (p, q) = (a.clone().into_parts().1, b.clone().into_parts().1);
    let exponent = ubig_bit_length(&p) as i64 - ubig_bit_length(&q) as i64;
    if exponent > 1025 {
        return Err(Error::overflow(
            "integer division result too large for a float",
        ));
    }
    if exponent < -1080 {
        return Ok(finish(0.0));
    }
    // A quotient of 65 or 66 bits, the remainder as sticky bit.
    let shift = 66 - exponent;
    let (p, q) = if shift >= 0 {
        (p << shift as usize, q)
    } else {
        (p, q << (-shift) as usize)
    };
    let (quotient, rest) = (&p / &q, &p % &q);
    match scale_rounded(&quotient, !rest.is_zero(), -shift) {
        Some(x) => Ok(finish(x)),
        None => Err(Error::overflow(
            "integer division result too large for a float",
        )),
    }
}

/// Nearest float to `(m + sticky) * 2**exponent` with one rounding, subnormals included; `None` past the range.
pub(crate) fn scale_rounded(m: &UBig, sticky: bool, exponent: i64) -> Option<f64> {
    if m.is_zero() {
        return Some(0.0);
    }
    let bits = ubig_bit_length(m) as i64;
    let top = bits + exponent;
    if top > 1024 {
        return None;
    }
    // How many of the leading bits the result keeps: fewer when it is subnormal.
    let keep = (top + 1074).min(53);
    if keep < 0 {
        return Some(0.0);
    }
    let drop = bits - keep;
    let (kept, unit) = if drop <= 0 {
        (u64::try_from(m).ok()?, exponent)
    } else {
        let drop = drop as usize;
        let kept = u64::try_from(m >> drop).ok()?;
        let rest = m - (UBig::from(kept) << drop);
        let half = UBig::ONE << (drop - 1);
        let up = match rest.cmp(&half) {
            Ordering::Less => false,
            Ordering::Greater => true,
            Ordering::Equal => sticky || kept & 1 == 1,
        };
        (kept + u64::from(up), exponent + drop as i64)
    };
    let x = ldexp_exact(kept, unit);
    x.is_finite().then_some(x)
}

/// `m * 2**e` where the product is exact (or past the range).
pub(crate) fn ldexp_exact(m: u64, e: i64) -> f64 {
    let x = m as f64;
    let step = |x: f64, e: i64| x * f64::from_bits(((e + 1023) as u64) << 52);
    match e {
        1024.. => step(step(x, 1000), (e - 1000).min(1000)),
        -1022..1024 => step(x, e),
        _ => step(step(x, -1000), (e + 1000).max(-1022)),
    }
}
