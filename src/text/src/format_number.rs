//! `format` of int, float and complex by a parsed [`FormatSpec`].

use crate::code_points::{Text, TextBuf};
use crate::error::{Error, Result};
use crate::float_text::{self, FloatFlags, format_code};
use crate::format_spec::{FormatSpec, Grouping, unknown_code};
use crate::int_float::int_to_f64;
use crate::int_text::{digits_in_base, to_decimal};
use crate::memory;
use dashu_int::{IBig, Sign};

/// What type `n` takes from the locale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberLocale {
    /// Decimal point.
    pub point: TextBuf,
    /// Separator of groups.
    pub separator: TextBuf,
    /// Sizes of groups from the right, as `lconv.grouping`: 0 repeats the last, 127 ends.
    pub groups: Vec<u8>,
}

impl Default for NumberLocale {
    /// The C locale.
    fn default() -> NumberLocale {
        NumberLocale {
            point: ".".into(),
            separator: TextBuf::new(),
            groups: Vec::new(),
        }
    }
}

impl NumberLocale {
    fn of(grouping: Grouping, locale: &NumberLocale) -> NumberLocale {
        let (separator, groups) = match grouping {
            Grouping::No => ("", vec![]),
            Grouping::Comma => (",", vec![3, 0]),
            Grouping::Underscore => ("_", vec![3, 0]),
            Grouping::UnderscoreFour => ("_", vec![4, 0]),
            Grouping::Locale => return locale.clone(),
        };
        NumberLocale {
            point: ".".into(),
            separator: separator.into(),
            groups,
        }
    }

    /// Sizes of the groups from the right; `None` once the rest is one group.
    fn sizes(&self) -> impl Iterator<Item = Option<usize>> + '_ {
        let mut i = 0;
        let mut last = 0;
        std::iter::from_fn(move || {
            match self.groups.get(i) {
                Some(0) => {}
                Some(&n) if n < 127 => {
                    last = usize::from(n);
                    i += 1;
                }
                _ => return Some(None),
            }
            Some((last > 0).then_some(last))
        })
    }
}

/// Digits of the integer part with separators, and zeros in front up to `min_width` characters.
fn group_left(digits: &[u8], min_width: usize, locale: &NumberLocale) -> TextBuf {
    let sep = locale.separator.as_text();
    // Built from the right, as the groups go.
    let mut reversed: Vec<u32> = memory::vec((digits.len() * 4 / 3).saturating_add(min_width));
    let mut rest = digits.iter().rev();
    let mut remaining = digits.len();
    let mut want = min_width;
    let mut first = true;
    for size in locale.sizes() {
        if !first {
            reversed.extend(sep.iter().rev());
            want = want.saturating_sub(sep.len());
        }
        first = false;
        let all = remaining.max(want).max(1);
        let size = size.map_or(all, |s| s.min(all));
        for _ in 0..size {
            reversed.push(rest.next().map_or(u32::from(b'0'), |&b| b.into()));
        }
        remaining = remaining.saturating_sub(size);
        want = want.saturating_sub(size);
        if remaining == 0 && want == 0 {
            break;
        }
    }
    reversed.into_iter().rev().collect()
}

/// Digits of the fraction with separators, counted from the point.
fn group_right(digits: &[u8], locale: &NumberLocale) -> TextBuf {
    let mut out = TextBuf::new();
    let mut rest = digits;
    for size in locale.sizes() {
        let n = size.unwrap_or(rest.len()).min(rest.len());
        out.push_latin1(&rest[..n]);
        rest = &rest[n..];
        if rest.is_empty() {
            break;
        }
        out.push_text(locale.separator.as_text());
    }
    out
}

/// The pieces of a number before padding.
struct Pieces<'a> {
    negative: bool,
    prefix: &'a [u8],
    /// Digits of the integer part; empty for `inf`, `nan` and characters.
    digits: &'a [u8],
    fraction: Option<&'a [u8]>,
    /// Exponent, percent sign, `inf`, `nan`, or the character of type `c`.
    rest: Text<'a>,
}

fn assemble(f: &FormatSpec, p: &Pieces<'_>, locale: &NumberLocale, out: &mut TextBuf) {
    let sign = match (p.negative, f.sign) {
        (true, _) => Some(b'-'),
        (false, b'+') => Some(b'+'),
        (false, b' ') => Some(b' '),
        _ => None,
    };

    if matches!(
        f.grouping,
        Grouping::No | Grouping::Comma | Grouping::Underscore
    ) && f.frac_grouping == Grouping::No
        && let Text::Latin1(rest) = p.rest
    {
        return assemble_plain(f, p, sign, rest, out);
    }
    let whole_locale = NumberLocale::of(f.grouping, locale);
    let mut tail = TextBuf::new();
    if let Some(fraction) = p.fraction {
        tail.push_text(whole_locale.point.as_text());
        let frac_locale = NumberLocale::of(f.frac_grouping, locale);
        tail.push_text(group_right(fraction, &frac_locale).as_text());
    }
    tail.push_text(p.rest);
    let fixed = usize::from(sign.is_some()) + p.prefix.len() + tail.len();
    let min_width = if f.fill == u32::from(b'0') && f.align == b'=' {
        f.width.unwrap_or(0).saturating_sub(fixed)
    } else {
        0
    };
    let digits = if p.digits.is_empty() {
        TextBuf::new()
    } else {
        group_left(p.digits, min_width, &whole_locale)
    };
    let len = fixed + digits.len();
    let pad = f.width.unwrap_or(0).saturating_sub(len);
    let (left, inner, right) = match f.align {
        b'<' => (0, 0, pad),
        b'^' => (pad / 2, 0, pad - pad / 2),
        b'=' => (0, pad, 0),
        _ => (pad, 0, 0),
    };
    out.push_n(f.fill, left);
    if let Some(sign) = sign {
        out.push(sign.into());
    }
    out.push_latin1(p.prefix);
    out.push_n(f.fill, inner);
    out.push_text(digits.as_text());
    out.push_text(tail.as_text());
    out.push_n(f.fill, right);
}

/// The usual case without the locale's words: groups of three at most, in the integer part only.
fn assemble_plain(
    f: &FormatSpec,
    p: &Pieces<'_>,
    sign: Option<u8>,
    rest: &[u8],
    out: &mut TextBuf,
) {
    let separator = match f.grouping {
        Grouping::Comma => Some(b','),
        Grouping::Underscore => Some(b'_'),
        _ => None,
    };
    let fraction = p.fraction.map_or(0, |d| d.len() + 1);
    let fixed = usize::from(sign.is_some()) + p.prefix.len() + fraction + rest.len();
    let width = f.width.unwrap_or(0);
    let grouped = |n: usize| {
        if separator.is_some() && n > 0 {
            n + (n - 1) / 3
        } else {
            n
        }
    };
    let mut digits = p.digits.len();
    if f.fill == u32::from(b'0') && f.align == b'=' && digits > 0 {
        // Zeros until the width is reached; a separator may not stand first, so it can be passed by one.
        let want = width.saturating_sub(fixed);
        let least = if separator.is_some() {
            (want / 4) * 3 + (want % 4).min(3)
        } else {
            want
        };
        let least = if separator.is_some() && want.is_multiple_of(4) && want > 0 {
            least + 1
        } else {
            least
        };
        digits = digits.max(least);
    }
    let pad = width.saturating_sub(fixed + grouped(digits));
    let (left, inner, right) = match f.align {
        b'<' => (0, 0, pad),
        b'^' => (pad / 2, 0, pad - pad / 2),
        b'=' => (0, pad, 0),
        _ => (pad, 0, 0),
    };
    out.push_n(f.fill, left);
    if let Some(sign) = sign {
        out.push(sign.into());
    }
    out.push_latin1(p.prefix);
    out.push_n(f.fill, inner);
    let zeros = digits - p.digits.len();
    match separator {
        None => {
            out.push_n(b'0'.into(), zeros);
            out.push_latin1(p.digits);
        }
        Some(separator) => {
            for i in 0..digits {
                if i > 0 && (digits - i).is_multiple_of(3) {
                    out.push(separator.into());
                }
                out.push(i.checked_sub(zeros).map_or(b'0', |i| p.digits[i]).into());
            }
        }
    }
    if let Some(d) = p.fraction {
        out.push(b'.'.into());
        out.push_latin1(d);
    }
    out.push_latin1(rest);
    out.push_n(f.fill, right);
}

/// `format(n, spec)` of an int (or subclass `type_name`).
pub fn format_int(
    n: &IBig,
    spec: Text<'_>,
    type_name: &str,
    max_digits: usize,
    locale: &NumberLocale,
) -> Result<TextBuf> {
    if spec.is_empty() {
        return Ok(TextBuf::Latin1(to_decimal(n, max_digits)?.into_bytes()));
    }
    let mut f = FormatSpec::parse(spec, type_name, b'd', b'>')?;
    let code = f
        .code_byte()
        .ok_or_else(|| unknown_code(f.code, type_name))?;
    match code {
        b'b' | b'c' | b'd' | b'o' | b'x' | b'X' | b'n' => {}
        b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'%' => {
            return apply_float(int_to_f64(n)?, f, code, locale);
        }
        _ => return Err(unknown_code(f.code, type_name)),
    }
    let refuse = |what: &str| {
        Err(Error::value(format!(
            "{what} not allowed in integer format specifier"
        )))
    };
    if f.precision.is_some() {
        return refuse("Precision");
    }
    if f.no_neg_0 {
        return refuse("Negative zero coercion (z)");
    }
    let mut out = TextBuf::new();
    if code == b'c' {
        let refuse = |what: &str| {
            Err(Error::value(format!(
                "{what} not allowed with integer format specifier 'c'"
            )))
        };
        if f.sign != 0 {
            return refuse("Sign");
        }
        if f.alternate {
            return refuse("Alternate form (#)");
        }
        let c = i64::try_from(n)
            .map_err(|_| Error::overflow("Python int too large to convert to C long"))?;
        let c = u32::try_from(c)
            .ok()
            .filter(|&c| c < 0x110000)
            .ok_or_else(|| Error::overflow("%c arg not in range(0x110000)"))?;
        let one = [c];
        let pieces = Pieces {
            negative: false,
            prefix: b"",
            digits: b"",
            fraction: None,
            rest: Text::Ucs4(&one),
        };
        assemble(&f, &pieces, locale, &mut out);
        return Ok(out.as_text().iter().collect());
    }
    let negative = n.sign() == Sign::Negative;
    let text = match code {
        b'd' | b'n' => to_decimal(n, max_digits)?,
        b'b' => digits_in_base(&n.clone().into_parts().1, 2),
        b'o' => digits_in_base(&n.clone().into_parts().1, 8),
        b'x' => digits_in_base(&n.clone().into_parts().1, 16),
        _ => digits_in_base(&n.clone().into_parts().1, 16).to_ascii_uppercase(),
    };
    let prefix: &[u8] = match (f.alternate, code) {
        (true, b'b') => b"0b",
        (true, b'o') => b"0o",
        (true, b'x') => b"0x",
        (true, b'X') => b"0X",
        _ => b"",
    };
    if code == b'n' {
        f.grouping = Grouping::Locale;
    }
    let pieces = Pieces {
        negative,
        prefix,
        digits: text.trim_start_matches('-').as_bytes(),
        fraction: None,
        rest: Text::Latin1(b""),
    };
    assemble(&f, &pieces, locale, &mut out);
    Ok(out)
}

/// `format(x, spec)` of a float (or subclass `type_name`).
pub fn format_float(
    x: f64,
    spec: Text<'_>,
    type_name: &str,
    locale: &NumberLocale,
) -> Result<TextBuf> {
    if spec.is_empty() {
        return Ok(TextBuf::Latin1(float_text::repr(x).into_bytes()));
    }
    let f = FormatSpec::parse(spec, type_name, 0, b'>')?;
    match f.code_byte() {
        Some(code @ (0 | b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'n' | b'%')) => {
            apply_float(x, f, code, locale)
        }
        _ => Err(unknown_code(f.code, type_name)),
    }
}

/// Digits that fit a C int bound the precision.
fn checked_precision(f: &FormatSpec) -> Result<Option<usize>> {
    match f.precision {
        Some(p) if p > i32::MAX as usize => Err(Error::value("precision too big")),
        p => Ok(p),
    }
}

fn apply_float(x: f64, mut f: FormatSpec, code: u8, locale: &NumberLocale) -> Result<TextBuf> {
    let precision = checked_precision(&f)?;
    let mut flags = FloatFlags {
        alternate: f.alternate,
        no_neg_0: f.no_neg_0,
        add_dot_0: false,
    };
    let mut x = x;
    let (code, precision) = match code {
        0 => {
            flags.add_dot_0 = true;
            (
                if precision.is_some() { b'g' } else { b'r' },
                precision.unwrap_or(0),
            )
        }
        b'n' => {
            f.grouping = Grouping::Locale;
            (b'g', precision.unwrap_or(6))
        }
        b'%' => {
            x *= 100.0;
            (b'f', precision.unwrap_or(6))
        }
        code => (code, precision.unwrap_or(6)),
    };
    let mut text = format_code(x, code, precision, flags);
    if f.code == u32::from(b'%') {
        text.push('%');
    }
    let mut out = TextBuf::with_capacity(text.len() + 8);
    assemble(&f, &split_number(&text), locale, &mut out);
    Ok(out)
}

/// Splits the output of [`format_code`].
fn split_number(text: &str) -> Pieces<'_> {
    let s = text.as_bytes();
    let (negative, s) = match s.first() {
        Some(b'-') => (true, &s[1..]),
        _ => (false, s),
    };
    let digits = |s: &[u8]| s.iter().take_while(|b| b.is_ascii_digit()).count();
    let (whole, mut s) = s.split_at(digits(s));
    let mut fraction = None;
    if let Some((b'.', behind)) = s.split_first() {
        let (frac, rest) = behind.split_at(digits(behind));
        fraction = Some(frac);
        s = rest;
    }
    Pieces {
        negative,
        prefix: b"",
        digits: whole,
        fraction,
        rest: Text::Latin1(s),
    }
}

/// `format(complex(real, imag), spec)`
pub fn format_complex(
    real: f64,
    imag: f64,
    spec: Text<'_>,
    type_name: &str,
    locale: &NumberLocale,
) -> Result<TextBuf> {
    if spec.is_empty() {
        return Ok(TextBuf::Latin1(
            crate::complex_text::repr(real, imag).into_bytes(),
        ));
    }
    let mut f = FormatSpec::parse(spec, type_name, 0, b'>')?;
    let code = match f.code_byte() {
        Some(code @ (0 | b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'n')) => code,
        _ => return Err(unknown_code(f.code, type_name)),
    };
    let precision = checked_precision(&f)?;
    if f.fill == u32::from(b'0') {
        return Err(Error::value(
            "Zero padding is not allowed in complex format specifier",
        ));
    }
    if f.align == b'=' {
        return Err(Error::value(
            "'=' alignment flag is not allowed in complex format specifier",
        ));
    }
    let flags = FloatFlags {
        alternate: f.alternate,
        no_neg_0: f.no_neg_0,
        add_dot_0: false,
    };
    let (number_code, digits) = match code {
        0 if precision.is_none() => (b'r', 0),
        0 => (b'g', precision.unwrap_or(0)),
        b'n' => {
            f.grouping = Grouping::Locale;
            (b'g', precision.unwrap_or(6))
        }
        code => (code, precision.unwrap_or(6)),
    };
    let skip_real = code == 0 && real == 0.0 && real.is_sign_positive();
    let parens = code == 0 && !skip_real;
    let mut part = FormatSpec {
        width: None,
        align: b'<',
        ..f
    };
    let mut body = TextBuf::new();
    if parens {
        body.push(b'('.into());
    }
    if !skip_real {
        let text = format_code(real, number_code, digits, flags);
        assemble(&part, &split_number(&text), locale, &mut body);
        part.sign = b'+';
    }
    let text = format_code(imag, number_code, digits, flags);
    assemble(&part, &split_number(&text), locale, &mut body);
    body.push(b'j'.into());
    if parens {
        body.push(b')'.into());
    }
    let (left, right) = f.padding(body.len());
    let mut out = TextBuf::new();
    out.push_n(f.fill, left);
    out.push_text(body.as_text());
    out.push_n(f.fill, right);
    Ok(out)
}
