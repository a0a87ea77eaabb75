//! `int(text, base)` and the way back: parsing and printing integers of any size in any base,
//! with the limit on the number of decimal digits (`sys.set_int_max_str_digits`).

use crate::code_points::Text;
use crate::error::{Error, Result};
use crate::str_repr;
use crate::unicode;
use dashu_int::{IBig, Sign, UBig};
use std::borrow::Cow;

/// `sys.int_info.default_max_str_digits`
pub const DEFAULT_MAX_STR_DIGITS: usize = 4300;
/// `sys.int_info.str_digits_check_threshold`: the limit never applies to fewer digits.
pub const STR_DIGITS_CHECK_THRESHOLD: usize = 640;

/// Why ASCII text is not an int.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseIntError {
    /// Not a literal in that base.
    Invalid,
    /// More digits than the limit; holds their number.
    TooManyDigits(usize),
}

/// `int(text, base)` for a str. `max_digits` 0 means no limit.
pub fn parse_int(text: Text<'_>, base: u32, max_digits: usize) -> Result<IBig> {
    check_base(base)?;
    parse_int_ascii(&to_ascii_digits(text), base, max_digits).map_err(|e| {
        parse_error(e, base, max_digits, || {
            str_repr::repr_str(text).to_string_lossy()
        })
    })
}

/// `int(data, base)` for bytes.
pub fn parse_int_bytes(data: &[u8], base: u32, max_digits: usize) -> Result<IBig> {
    check_base(base)?;
    parse_int_ascii(data, base, max_digits)
        .map_err(|e| parse_error(e, base, max_digits, || str_repr::repr_bytes(data)))
}

fn check_base(base: u32) -> Result<()> {
    if base == 0 || (2..=36).contains(&base) {
        Ok(())
    } else {
        Err(Error::value("int() base must be >= 2 and <= 36, or 0"))
    }
}

fn parse_error(e: ParseIntError, base: u32, max_digits: usize, repr: impl Fn() -> String) -> Error {
    Error::value(match e {
        ParseIntError::Invalid => {
            let shown: String = repr().chars().take(200).collect();
            format!("invalid literal for int() with base {base}: {shown}")
        }
        ParseIntError::TooManyDigits(n) => format!(
            "Exceeds the limit ({max_digits} digits) for integer string conversion: \
             value has {n} digits; use sys.set_int_max_str_digits() to increase the limit"
        ),
    })
}

/// Replaces decimal digits of any script by ASCII ones and any space by a blank, as `int`, `float`
/// and `complex` do first; text behind the first other character is cut and marked by `?`.
pub fn to_ascii_digits(text: Text<'_>) -> Cow<'_, [u8]> {
    if let Text::Latin1(s) = text
        && s.is_ascii()
    {
        return Cow::Borrowed(s);
    }
    let mut out = Vec::with_capacity(text.len());
    for c in text.iter() {
        if c < 0x80 {
            out.push(c as u8);
        } else if unicode::is_space(c) {
            out.push(b' ');
        } else if let Some(d) = unicode::decimal(c) {
            out.push(b'0' + d);
        } else {
            out.push(b'?');
            break;
        }
    }
    Cow::Owned(out)
}

#[inline]
pub(crate) const fn is_c_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t'..=b'\r')
}

/// Value of an ASCII digit or letter, 37 for anything else.
#[inline]
const fn digit_value(b: u8) -> u32 {
    match b {
        b'0'..=b'9' => (b - b'0') as u32,
        b'a'..=b'z' => (b - b'a') as u32 + 10,
        b'A'..=b'Z' => (b - b'A') as u32 + 10,
        _ => 37,
    }
}

/// Parses an int literal with optional blanks around it, sign, prefix and underscores.
pub fn parse_int_ascii(s: &[u8], base: u32, max_digits: usize) -> Result<IBig, ParseIntError> {
    use ParseIntError::{Invalid, TooManyDigits};
    let mut base = base;
    let mut i = s.iter().position(|&b| !is_c_space(b)).unwrap_or(s.len());
    let negative = match s.get(i) {
        Some(b'+') => {
            i += 1;
            false
        }
        Some(b'-') => {
            i += 1;
            true
        }
        _ => false,
    };
    let mut only_zeros = false;
    let prefix = match (s.get(i), s.get(i + 1)) {
        (Some(b'0'), Some(b'x' | b'X')) => 16,
        (Some(b'0'), Some(b'o' | b'O')) => 8,
        (Some(b'0'), Some(b'b' | b'B')) => 2,
        _ => 0,
    };
    if base == 0 {
        // "010" would be octal in C: only zeros may follow a zero.
        only_zeros = prefix == 0 && s.get(i) == Some(&b'0');
        base = if prefix == 0 { 10 } else { prefix };
    }
    if prefix == base {
        i += 2;
        if s.get(i) == Some(&b'_') {
            i += 1;
        }
    }
    let start = i;
    let mut underscores = 0;
    while i < s.len() {
        if s[i] == b'_' {
            if i == start || s[i - 1] == b'_' {
                return Err(Invalid);
            }
            underscores += 1;
        } else if digit_value(s[i]) >= base {
            break;
        }
        i += 1;
    }
    if i == start || s[i - 1] == b'_' {
        return Err(Invalid);
    }
    let digits = &s[start..i];
    let count = digits.len() - underscores;
    if !s[i..].iter().all(|&b| is_c_space(b)) {
        return Err(Invalid);
    }
    if !base.is_power_of_two()
        && max_digits > 0
        && count > max_digits
        && count > STR_DIGITS_CHECK_THRESHOLD
    {
        return Err(TooManyDigits(count));
    }
    if only_zeros && digits.iter().any(|&b| b != b'0' && b != b'_') {
        return Err(Invalid);
    }
    // 12 digits of base 36 fit 63 bits, as do 18 of base 10.
    if digits.len() <= 12 || (base == 10 && digits.len() <= 18) {
        let mut n: i64 = 0;
        for &b in digits {
            if b != b'_' {
                n = n * i64::from(base) + i64::from(digit_value(b));
            }
        }
        return Ok(IBig::from(if negative { -n } else { n }));
    }
    let clean: Cow<'_, [u8]> = if underscores == 0 {
        Cow::Borrowed(digits)
    } else {
        Cow::Owned(digits.iter().copied().filter(|&b| b != b'_').collect())
    };
    let text = std::str::from_utf8(&clean).map_err(|_| Invalid)?;
    let magnitude = UBig::from_str_radix(text, base).map_err(|_| Invalid)?;
    let sign = if negative {
        Sign::Negative
    } else {
        Sign::Positive
    };
    Ok(IBig::from_parts(sign, magnitude))
}

/// The error for printing an int with too many digits.
pub fn too_many_digits(max_digits: usize) -> Error {
    Error::value(format!(
        "Exceeds the limit ({max_digits} digits) for integer string conversion; \
         use sys.set_int_max_str_digits() to increase the limit"
    ))
}

/// `str(n)`. `max_digits` 0 means no limit.
pub fn to_decimal(n: &IBig, max_digits: usize) -> Result<String> {
    if let Ok(small) = i64::try_from(n) {
        return Ok(small_to_decimal(small));
    }
    let (sign, words) = n.as_sign_words();
    let limit = max_digits.max(STR_DIGITS_CHECK_THRESHOLD);
    // Every digit takes at least 3.32 bits: refuse before the conversion's work is spent.
    if max_digits > 0 && (words.len() - 1) as f64 * 64.0 / std::f64::consts::LOG2_10 > limit as f64
    {
        return Err(too_many_digits(max_digits));
    }
    let text = n.to_string();
    let digits = text.len() - usize::from(sign == Sign::Negative);
    if max_digits > 0 && digits > limit {
        return Err(too_many_digits(max_digits));
    }
    Ok(text)
}

/// `str(n)` for an int of one word.
pub fn small_to_decimal(n: i64) -> String {
    let mut buf = [0u8; 20];
    let digits = write_decimal(n, &mut buf);
    digits.iter().map(|&b| b as char).collect()
}

/// Writes `n` in decimal at the end of `buf` and returns that part; no allocation.
pub fn write_decimal(n: i64, buf: &mut [u8; 20]) -> &[u8] {
    let mut rest = n.unsigned_abs();
    let mut at = buf.len();
    while rest >= 100 {
        let pair = (rest % 100) as u8;
        rest /= 100;
        at -= 2;
        buf[at] = b'0' + pair / 10;
        buf[at + 1] = b'0' + pair % 10;
    }
    if rest >= 10 {
        at -= 2;
        buf[at] = b'0' + (rest / 10) as u8;
        buf[at + 1] = b'0' + (rest % 10) as u8;
    } else {
        at -= 1;
        buf[at] = b'0' + rest as u8;
    }
    if n < 0 {
        at -= 1;
        buf[at] = b'-';
    }
    &buf[at..]
}

/// Magnitude of `n` in `base` (2 to 36), lower case, without prefix or sign.
pub fn digits_in_base(n: &UBig, base: u32) -> String {
    n.in_radix(base as u8).to_string()
}

/// `bin`, `oct`, `hex` (and `str` with base 10): sign, prefix, digits.
pub fn to_base_prefixed(n: &IBig, base: u32) -> String {
    let (sign, magnitude) = n.clone().into_parts();
    let prefix = match base {
        2 => "0b",
        8 => "0o",
        16 => "0x",
        _ => "",
    };
    let minus = if sign == Sign::Negative { "-" } else { "" };
    format!("{minus}{prefix}{}", digits_in_base(&magnitude, base))
}
