//! `round(x, n)`, `float.as_integer_ratio`, `float.hex` and `float.fromhex`.

use crate::code_points::Text;
use crate::error::{Error, Result};
use crate::float_text::trim_c_space;
use crate::int_float::{f64_to_int, int_to_f64, scale_rounded};
use dashu_int::{IBig, Sign, UBig};
use std::cmp::Ordering;

/// `round(x)`: to the nearest int, halves to even.
pub fn round_to_int(x: f64) -> Result<IBig> {
    f64_to_int(x.round_ties_even())
}

/// `round(x, ndigits)`: correctly rounded decimal, halves (of the exact value) to even.
pub fn round(x: f64, ndigits: i64) -> Result<f64> {
    if !x.is_finite() || ndigits > 323 || x == 0.0 {
        return Ok(x);
    }
    if ndigits < -308 {
        return Ok(0.0 * x);
    }
    if ndigits >= 0 {
        // Beyond 2**53 there is no fraction to round.
        if x.abs() >= 9_007_199_254_740_992.0 {
            return Ok(x);
        }
        let text = format!("{:.*}", ndigits as usize, x);
        return Ok(text.parse().unwrap_or(x));
    }
    let whole = x.abs().trunc();
    let fraction = x.abs() != whole;
    let n = f64_to_int(whole)?;
    let power = IBig::from(10).pow((-ndigits) as usize);
    let (mut q, r) = (&n / &power, &n % &power);
    let up = match (&r * IBig::from(2)).cmp(&power) {
        Ordering::Less => false,
        Ordering::Greater => true,
        Ordering::Equal => fraction || &q & IBig::ONE != IBig::ZERO,
    };
    if up {
        q += IBig::ONE;
    }
    let rounded = int_to_f64(&(q * power))
        .map_err(|_| Error::overflow("rounded value too large to represent"))?;
    Ok(rounded.copysign(x))
}

/// Mantissa and exponent of a finite float: `x == ± m * 2**e`.
fn parts(x: f64) -> (u64, i64) {
    let bits = x.abs().to_bits();
    match bits >> 52 {
        0 => (bits, -1074),
        e => (bits & ((1 << 52) - 1) | 1 << 52, e as i64 - 1075),
    }
}

/// `x.as_integer_ratio()`
pub fn as_integer_ratio(x: f64) -> Result<(IBig, IBig)> {
    if x.is_nan() {
        return Err(Error::value("cannot convert NaN to integer ratio"));
    }
    if x.is_infinite() {
        return Err(Error::overflow("cannot convert Infinity to integer ratio"));
    }
    if x == 0.0 {
        return Ok((IBig::ZERO, IBig::ONE));
    }
    let (m, e) = parts(x);
    let (m, e) = (m >> m.trailing_zeros(), e + i64::from(m.trailing_zeros()));
    let sign = if x < 0.0 {
        Sign::Negative
    } else {
        Sign::Positive
    };
    let shifted = |n: u64, by: i64| UBig::from(n) << by.max(0) as usize;
    Ok((
        IBig::from_parts(sign, shifted(m, e)),
        IBig::from_parts(Sign::Positive, shifted(1, -e)),
    ))
}

/// `x.hex()`
pub fn hex(x: f64) -> String {
    if !x.is_finite() {
        return crate::float_text::repr(x);
    }
    let minus = if x.is_sign_negative() { "-" } else { "" };
    if x == 0.0 {
        return format!("{minus}0x0.0p+0");
    }
    let bits = x.abs().to_bits();
    let (lead, e) = match bits >> 52 {
        0 => (0, -1022),
        e => (1, e as i64 - 1023),
    };
    format!("{minus}0x{lead}.{:013x}p{e:+}", bits & ((1 << 52) - 1))
}

/// `float.fromhex(text)`
pub fn from_hex(text: Text<'_>) -> Result<f64> {
    // What is not ASCII ends the number like any other stray character.
    let bytes: Vec<u8> = text
        .iter()
        .map(|c| u8::try_from(c).unwrap_or(0xff))
        .collect();
    parse_hex(trim_c_space(&bytes))
}

fn invalid_hex() -> Error {
    Error::value("invalid hexadecimal floating-point string")
}

fn parse_hex(s: &[u8]) -> Result<f64> {
    let (negative, s) = match s.first() {
        Some(b'-') => (true, &s[1..]),
        Some(b'+') => (false, &s[1..]),
        _ => (false, s),
    };
    let signed = |x: f64| if negative { -x } else { x };
    if s.eq_ignore_ascii_case(b"inf") || s.eq_ignore_ascii_case(b"infinity") {
        return Ok(signed(f64::INFINITY));
    }
    if s.eq_ignore_ascii_case(b"nan") {
        return Ok(signed(f64::NAN));
    }
    let s = match s {
        [b'0', b'x' | b'X', rest @ ..] => rest,
        _ => s,
    };
    let mut mantissa: u64 = 0;
    let mut sticky = false;
    let mut exponent: i64 = 0;
    let (mut any, mut point) = (false, false);
    let mut i = 0;
    while i < s.len() {
        let b = s[i];
        if b == b'.' && !point {
            point = true;
        } else if let Some(d) = (b as char).to_digit(16) {
            any = true;
            if mantissa >> 60 == 0 {
                mantissa = mantissa << 4 | u64::from(d);
                exponent -= if point { 4 } else { 0 };
            } else {
                sticky |= d != 0;
                exponent += if point { 0 } else { 4 };
            }
        } else {
            break;
        }
        i += 1;
    }
    if !any {
        return Err(invalid_hex());
    }
    if matches!(s.get(i), Some(b'p' | b'P')) {
        i += 1;
        let minus = s.get(i) == Some(&b'-');
        i += usize::from(matches!(s.get(i), Some(b'-' | b'+')));
        let start = i;
        let mut e: i64 = 0;
        while let Some(d) = s.get(i).filter(|b| b.is_ascii_digit()) {
            e = (e * 10 + i64::from(d - b'0')).min(1 << 56);
            i += 1;
        }
        if i == start {
            return Err(invalid_hex());
        }
        exponent += if minus { -e } else { e };
    }
    // Too large goes before trailing garbage.
    let x = scale_rounded(&UBig::from(mantissa), sticky, exponent)
        .ok_or_else(|| Error::overflow("hexadecimal value too large to represent as a float"))?;
    if i != s.len() {
        return Err(invalid_hex());
    }
    Ok(signed(x))
}
