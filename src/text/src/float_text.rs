//! Floats to text and back: `repr`, the `%` codes, `float(text)`.
//!
//! `repr` takes the shortest digits that read back the same (zmij); fixed precisions are exact,
//! rounded half to even on the exact binary value, however many digits are asked for.

use crate::code_points::Text;
use crate::error::{Error, Result};
use crate::int_text::{is_c_space, to_ascii_digits};
use crate::str_repr;

/// Options of [`format_code`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FloatFlags {
    /// `#`: keep the point, and the trailing zeros of `g`.
    pub alternate: bool,
    /// Append `.0` to what would look like an int.
    pub add_dot_0: bool,
    /// Drop the sign of what rounds to zero.
    pub no_neg_0: bool,
}

/// `repr(x)`
pub fn repr(x: f64) -> String {
    let mut out = String::with_capacity(24);
    push_repr(&mut out, x);
    out
}

/// Appends `repr(x)`.
pub fn push_repr(out: &mut String, x: f64) {
    if !x.is_finite() {
        return out.push_str(non_finite(x));
    }
    let mut buf = zmij::Buffer::new();
    let text = buf.format_finite(x);
    if x.abs() >= 1e-4 || x == 0.0 {
        // Here its layout is Python's already: positional below 1e16, then `e+16`.
        return out.push_str(text);
    }
    let d = Digits::from_text(text);
    d.lay_out(
        out,
        Layout {
            exponent: true,
            ..Layout::default()
        },
    );
}

fn non_finite(x: f64) -> &'static str {
    match (x.is_nan(), x > 0.0) {
        (true, _) => "nan",
        (false, true) => "inf",
        (false, false) => "-inf",
    }
}

/// Significant decimal digits without trailing zeros; the value is `0.DIGITS * 10**point`.
struct Digits {
    negative: bool,
    digits: Vec<u8>,
    point: i64,
}

/// How [`Digits`] are laid out.
#[derive(Default)]
struct Layout {
    exponent: bool,
    /// Number of significant digits shown at least, zeros appended.
    min_digits: i64,
    alternate: bool,
    add_dot_0: bool,
}

impl Digits {
    /// From `ddd.ddd`, with an exponent or not.
    fn from_text(text: &str) -> Digits {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let exponent: i64 = exponent.parse().unwrap_or(0);
        let mut digits = Vec::with_capacity(mantissa.len());
        let mut point = None;
        let negative = mantissa.starts_with('-');
        for b in mantissa.bytes() {
            match b {
                b'.' => point = Some(digits.len()),
                b'0'..=b'9' => digits.push(b),
                _ => {}
            }
        }
        let point = point.unwrap_or(digits.len()) as i64 + exponent;
        let lead = digits.iter().take_while(|&&b| b == b'0').count();
        digits.drain(..lead);
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        if digits.is_empty() {
            return Digits {
                negative,
                digits: vec![b'0'],
                point: 1,
            };
        }
        Digits {
            negative,
            digits,
            point: point - lead as i64,
        }
    }

    fn is_zero(&self) -> bool {
        self.digits == b"0"
    }

    fn lay_out(&self, out: &mut String, l: Layout) {
        if self.negative {
            out.push('-');
        }
        let shown = (self.digits.len() as i64).max(l.min_digits);
        let point = if l.exponent { 1 } else { self.point };
        let end = shown.max(if !l.exponent && l.add_dot_0 {
            point + 1
        } else {
            point
        });
        let zeros =
            |out: &mut String, n: i64| out.extend(std::iter::repeat_n('0', n.max(0) as usize));
        let part = |out: &mut String, from: i64, to: i64| {
            let (from, to) = (from.max(0), to.max(0));
            let have = self.digits.len() as i64;
            let cut = to.min(have);
            if from < cut {
                out.extend(
                    self.digits[from as usize..cut as usize]
                        .iter()
                        .map(|&b| b as char),
                );
            }
            zeros(out, to - from.max(cut));
        };
        if point <= 0 {
            out.push('0');
        } else {
            part(out, 0, point);
        }
        if end > point || l.alternate {
            out.push('.');
            if end > point {
                if point < 0 {
                    zeros(out, (-point).min(end - point));
                }
                part(out, point, end);
            }
        }
        if l.exponent {
            let e = self.point - 1;
            let sign = if e < 0 { '-' } else { '+' };
            out.push_str(&format!("e{sign}{:02}", e.abs()));
        }
    }
}

/// No float has more significant digits than this, nor more digits behind the point than the next.
const MAX_SIGNIFICANT: usize = 780;
const MAX_FRACTION: usize = 1080;

/// Digits of `x` rounded to `n >= 1` significant ones.
fn significant(x: f64, n: usize) -> Digits {
    Digits::from_text(&format!("{:.*e}", n.min(MAX_SIGNIFICANT) - 1, x))
}

/// `x` by a C-style code `e E f F g G r`; `precision` is unused by `r`.
pub fn format_code(x: f64, code: u8, precision: usize, flags: FloatFlags) -> String {
    let upper = code.is_ascii_uppercase();
    let mut out = String::new();
    if x.is_finite() {
        format_finite(&mut out, x, code.to_ascii_lowercase(), precision, flags);
    } else {
        out.push_str(non_finite(x));
    }
    if upper {
        out.make_ascii_uppercase();
    }
    out
}

fn format_finite(out: &mut String, x: f64, code: u8, precision: usize, flags: FloatFlags) {
    if code == b'f' {
        return format_fixed(out, x, precision, flags);
    }
    let mut layout = Layout {
        alternate: flags.alternate,
        add_dot_0: flags.add_dot_0,
        ..Layout::default()
    };
    let mut d = match code {
        b'e' => {
            layout.exponent = true;
            layout.min_digits = precision as i64 + 1;
            significant(x, precision + 1)
        }
        b'g' => {
            let precision = precision.max(1);
            let d = significant(x, precision);
            layout.exponent =
                d.point <= -4 || d.point > precision as i64 - i64::from(flags.add_dot_0);
            if flags.alternate {
                layout.min_digits = precision as i64;
            }
            d
        }
        _ => {
            let d = Digits::from_text(zmij::Buffer::new().format_finite(x));
            layout.exponent = d.point <= -4 || d.point > 16;
            d
        }
    };
    if flags.no_neg_0 && d.is_zero() {
        d.negative = false;
    }
    d.lay_out(out, layout);
}

fn format_fixed(out: &mut String, x: f64, precision: usize, flags: FloatFlags) {
    use std::fmt::Write;
    let exact = precision.min(MAX_FRACTION);
    // Writing to a String cannot fail.
    let _ = write!(out, "{x:.exact$}");
    if flags.no_neg_0
        && x.is_sign_negative()
        && out.bytes().all(|b| matches!(b, b'-' | b'0' | b'.'))
    {
        out.remove(0);
    }
    out.extend(std::iter::repeat_n('0', precision - exact));
    if precision == 0 {
        if flags.alternate {
            out.push('.');
        } else if flags.add_dot_0 {
            out.push_str(".0");
        }
    }
}

/// Length of the float literal `s` begins with (sign, digits, exponent, or `inf`, `nan`), 0 if none.
pub(crate) fn literal_len(s: &[u8]) -> usize {
    let sign = usize::from(matches!(s.first(), Some(b'+' | b'-')));
    let digits = |from: usize| s[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let word = |w: &[u8]| {
        s[sign..]
            .get(..w.len())
            .is_some_and(|h| h.eq_ignore_ascii_case(w))
    };
    let whole = digits(sign);
    let mut i = sign + whole;
    let mut any = whole > 0;
    if s.get(i) == Some(&b'.') {
        let fraction = digits(i + 1);
        any |= fraction > 0;
        if any {
            i += 1 + fraction;
        }
    }
    if !any {
        return if word(b"infinity") {
            sign + 8
        } else if word(b"inf") || word(b"nan") {
            sign + 3
        } else {
            0
        };
    }
    if matches!(s.get(i), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(s.get(i + 1), Some(b'+' | b'-')));
        let exponent = if i + 1 + sign <= s.len() {
            digits(i + 1 + sign)
        } else {
            0
        };
        if exponent > 0 {
            i += 1 + sign + exponent;
        }
    }
    i
}

/// Value of a whole literal as measured by [`literal_len`].
pub(crate) fn literal_value(s: &[u8]) -> f64 {
    let (negative, body) = match s.first() {
        Some(b'-') => (true, &s[1..]),
        Some(b'+') => (false, &s[1..]),
        _ => (false, s),
    };
    let x = match body.first() {
        Some(b'i' | b'I') => f64::INFINITY,
        Some(b'n' | b'N') => f64::NAN,
        _ => std::str::from_utf8(body)
            .ok()
            .and_then(|t| t.parse().ok())
            .unwrap_or(f64::NAN),
    };
    if negative { -x } else { x }
}

/// `s` without its underscores, which must stand between digits; `None` if one does not.
pub(crate) fn strip_underscores(s: &[u8]) -> Option<std::borrow::Cow<'_, [u8]>> {
    // CPython looks at a C string: underscores behind a NUL do not count.
    let nul = s.iter().position(|&b| b == 0);
    if !s[..nul.unwrap_or(s.len())].contains(&b'_') {
        return Some(s.into());
    }
    if nul.is_some() {
        return None;
    }
    let digit_at = |i: usize| s.get(i).is_some_and(u8::is_ascii_digit);
    let mut out = Vec::with_capacity(s.len());
    for (i, &b) in s.iter().enumerate() {
        if b != b'_' {
            out.push(b);
        } else if i == 0 || !digit_at(i - 1) || !digit_at(i + 1) {
            return None;
        }
    }
    Some(out.into())
}

pub(crate) fn trim_c_space(s: &[u8]) -> &[u8] {
    let start = s.iter().position(|&b| !is_c_space(b)).unwrap_or(s.len());
    let end = s
        .iter()
        .rposition(|&b| !is_c_space(b))
        .map_or(start, |i| i + 1);
    &s[start..end]
}

/// Value of ASCII text as `float` reads it.
pub fn parse_ascii(s: &[u8]) -> Option<f64> {
    let s = strip_underscores(trim_c_space(s))?;
    let n = literal_len(&s);
    (n > 0 && n == s.len()).then(|| literal_value(&s))
}

/// `float(text)` for a str.
pub fn parse(text: Text<'_>) -> Result<f64> {
    parse_ascii(&to_ascii_digits(text)).ok_or_else(|| {
        let shown = str_repr::repr_str(text).to_string_lossy();
        Error::value(format!("could not convert string to float: {shown}"))
    })
}

/// `float(data)` for bytes.
pub fn parse_bytes(data: &[u8]) -> Result<f64> {
    parse_ascii(data).ok_or_else(|| {
        let shown = str_repr::repr_bytes(data);
        Error::value(format!("could not convert string to float: {shown}"))
    })
}
