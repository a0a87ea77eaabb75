//! printf-style formatting (`%`) of str and bytes.
//!
//! [`format`] walks the template and asks the caller's [`Args`] for values in CPython's order, so that
//! errors come in the same order too; the `push_*` functions lay a converted value out.

use crate::code_points::{Text, TextBuf};
use crate::error::{Error, Result};
use crate::float_text::{FloatFlags, format_code};
use crate::int_text::{digits_in_base, to_decimal};
use dashu_int::{IBig, Sign};

/// One conversion of a template.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conversion {
    /// `-`
    pub left: bool,
    /// `+`
    pub plus: bool,
    /// A blank.
    pub blank: bool,
    /// `#`
    pub alternate: bool,
    /// `0`
    pub zero: bool,
    /// Minimum width.
    pub width: usize,
    /// Precision.
    pub precision: Option<usize>,
    /// The letter.
    pub code: u32,
    /// Index of the letter in the template.
    pub index: usize,
}

/// Where the values of a template come from.
pub trait Args {
    /// The caller's error.
    type Error: From<Error>;

    /// Called at `%(`: an error unless the right operand is a mapping ([`needs_mapping`]).
    fn check_mapping(&mut self) -> Result<(), Self::Error>;
    /// Looks `key` up: its value is the next argument.
    fn select(&mut self, key: Text<'_>) -> Result<(), Self::Error>;
    /// The next argument as the int a `*` wants ([`star_wants_int`]).
    fn star(&mut self, precision: bool) -> Result<isize, Self::Error>;
    /// Formats the next argument ([`not_enough`] if there is none) by `conversion`, whose letter may be
    /// unknown ([`unsupported`]).
    fn convert(&mut self, conversion: &Conversion, out: &mut TextBuf) -> Result<(), Self::Error>;
}

/// `TypeError: format requires a mapping`
pub fn needs_mapping() -> Error {
    Error::ty("format requires a mapping")
}
/// `TypeError: * wants int`
pub fn star_wants_int() -> Error {
    Error::ty("* wants int")
}
/// `TypeError: not enough arguments for format string`
pub fn not_enough() -> Error {
    Error::ty("not enough arguments for format string")
}
/// `TypeError: not all arguments converted ...`, for a template of str or bytes.
pub fn not_all_converted(bytes: bool) -> Error {
    let kind = if bytes { "bytes" } else { "string" };
    Error::ty(format!(
        "not all arguments converted during {kind} formatting"
    ))
}
/// `ValueError: unsupported format character ...`
pub fn unsupported(c: &Conversion, bytes: bool) -> Error {
    let shown = match c.code {
        0x80.. if bytes => return Error::overflow("character argument not in range(0x110000)"),
        code if bytes || (31..=126).contains(&code) => code as u8 as char,
        _ => '?',
    };
    Error::value(format!(
        "unsupported format character '{shown}' (0x{:x}) at index {}",
        c.code, c.index
    ))
}

struct Reader<'a> {
    text: Text<'a>,
    at: usize,
}

impl Reader<'_> {
    /// The next character, which must be there.
    fn next(&mut self) -> Result<u32> {
        let c = self
            .text
            .get(self.at)
            .ok_or_else(|| Error::value("incomplete format"))?;
        self.at += 1;
        Ok(c)
    }

    /// Digits from `c` on; leaves what follows in `c`.
    fn number(&mut self, c: &mut u32, max: usize, error: &'static str) -> Result<usize> {
        let mut n: usize = 0;
        while let Some(d) = (*c).checked_sub(48).filter(|&d| d < 10) {
            if n > (max - d as usize) / 10 {
                return Err(Error::value(error));
            }
            n = n * 10 + d as usize;
            *c = self.next()?;
        }
        Ok(n)
    }
}

/// `template % args`; `bytes` tells which of the two dialects of messages applies. Whether arguments are
/// left over is for the caller to check.
pub fn format<A: Args>(template: Text<'_>, bytes: bool, args: &mut A) -> Result<TextBuf, A::Error> {
    let percent = u32::from(b'%');
    let mut out = TextBuf::with_capacity(template.len() + 16);
    let mut r = Reader {
        text: template,
        at: 0,
    };
    loop {
        let start = r.at;
        match template {
            Text::Latin1(t) => {
                let rest = &t[r.at..];
                r.at += rest.iter().position(|&c| c == b'%').unwrap_or(rest.len());
            }
            _ => {
                while r.at < template.len() && template.at(r.at) != percent {
                    r.at += 1;
                }
            }
        }
        if start < r.at {
            out.push_text(template.slice(start..r.at));
        }
        if r.at == template.len() {
            return Ok(out);
        }
        r.at += 1;
        if template.get(r.at) == Some(percent) {
            r.at += 1;
            out.push(percent);
            continue;
        }
        let conversion = parse_one(&mut r, bytes, args)?;
        args.convert(&conversion, &mut out)?;
    }
}

/// A template that is one `%s` or `%(key)s` and nothing else: the key, if it has one.
pub fn is_sole_text(template: Text<'_>) -> Option<Option<Text<'_>>> {
    match template {
        Text::Latin1(b"%s") => Some(None),
        Text::Latin1([b'%', b'(', key @ .., b')', b's'])
            if !key.iter().any(|c| matches!(c, b'(' | b')')) =>
        {
            Some(Some(Text::Latin1(key)))
        }
        _ => None,
    }
}

fn parse_one<A: Args>(
    r: &mut Reader<'_>,
    bytes: bool,
    args: &mut A,
) -> Result<Conversion, A::Error> {
    let mut f = Conversion::default();
    let mut c = r.next()?;
    if c == u32::from(b'(') {
        args.check_mapping()?;
        let start = r.at;
        let mut depth = 1;
        while depth > 0 {
            let c = r
                .text
                .get(r.at)
                .ok_or_else(|| Error::value("incomplete format key"))?;
            r.at += 1;
            match u8::try_from(c) {
                Ok(b'(') => depth += 1,
                Ok(b')') => depth -= 1,
                _ => {}
            }
        }
        args.select(r.text.slice(start..r.at - 1))?;
        c = r.next()?;
    }
    // Most are a letter and nothing else.
    if matches!(u8::try_from(c), Ok(b's' | b'd' | b'r')) {
        f.code = c;
        f.index = r.at - 1;
        return Ok(f);
    }
    loop {
        match u8::try_from(c) {
            Ok(b'-') => f.left = true,
            Ok(b'+') => f.plus = true,
            Ok(b' ') => f.blank = true,
            Ok(b'#') => f.alternate = true,
            Ok(b'0') => f.zero = true,
            _ => break,
        }
        c = r.next()?;
    }
    if c == u32::from(b'*') {
        let width = args.star(false)?;
        f.left |= width < 0;
        f.width = width.unsigned_abs();
        c = r.next()?;
    } else {
        f.width = r.number(&mut c, isize::MAX as usize, "width too big")?;
    }
    if c == u32::from(b'.') {
        c = r.next()?;
        if c == u32::from(b'*') {
            f.precision = Some(args.star(true)?.max(0) as usize);
            c = r.next()?;
        } else {
            let error = if bytes {
                "prec too big"
            } else {
                "precision too big"
            };
            f.precision = Some(r.number(&mut c, i32::MAX as usize, error)?);
        }
    }
    if matches!(u8::try_from(c), Ok(b'h' | b'l' | b'L')) {
        c = r.next()?;
    }
    f.code = c;
    f.index = r.at - 1;
    Ok(f)
}

impl Conversion {
    /// The letter, if ASCII.
    pub fn letter(&self) -> u8 {
        u8::try_from(self.code).unwrap_or(0)
    }

    /// Pads `body` with blanks.
    fn pad(&self, body: Text<'_>, out: &mut TextBuf) {
        let pad = self.width.saturating_sub(body.len());
        if !self.left {
            out.push_n(32, pad);
        }
        out.push_text(body);
        if self.left {
            out.push_n(32, pad);
        }
    }

    /// Sign, prefix and digits, zeros between if so asked.
    fn number(&self, negative: bool, prefix: &str, digits: &str, out: &mut TextBuf) {
        let sign = match (negative, self.plus, self.blank) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        };
        let pad = self
            .width
            .saturating_sub(sign.len() + prefix.len() + digits.len());
        if !self.left && !self.zero {
            out.push_n(32, pad);
        }
        out.push_str(sign);
        out.push_str(prefix);
        if !self.left && self.zero {
            out.push_n(48, pad);
        }
        out.push_str(digits);
        if self.left {
            out.push_n(32, pad);
        }
    }

    /// `%s`, `%r`, `%a`, `%b`: cut to the precision, padded.
    pub fn push_text(&self, value: Text<'_>, out: &mut TextBuf) {
        if self.width == 0 && self.precision.is_none() {
            return out.push_text(value);
        }
        let n = self.precision.unwrap_or(usize::MAX).min(value.len());
        if n == value.len() {
            return self.pad(value, out);
        }
        let cut: TextBuf = value.slice(0..n).iter().collect();
        self.pad(cut.as_text(), out);
    }

    /// `%c`
    pub fn push_char(&self, c: u32, out: &mut TextBuf) {
        let one: TextBuf = [c].into_iter().collect();
        self.pad(one.as_text(), out);
    }

    /// Nothing but a letter.
    pub fn is_plain(&self) -> bool {
        let flags = self.left | self.plus | self.blank | self.alternate | self.zero;
        !flags && self.width == 0 && self.precision.is_none()
    }

    /// `%d %i %u %x %X %o`
    pub fn push_int(&self, n: &IBig, max_digits: usize, out: &mut TextBuf) -> Result<()> {
        let negative = n.sign() == Sign::Negative;
        let magnitude = || n.clone().into_parts().1;
        let (prefix, mut digits) = match self.letter() {
            b'x' => ("0x", digits_in_base(&magnitude(), 16)),
            b'X' => ("0X", digits_in_base(&magnitude(), 16).to_ascii_uppercase()),
            b'o' => ("0o", digits_in_base(&magnitude(), 8)),
            _ => (
                "",
                to_decimal(n, max_digits)?
                    .trim_start_matches('-')
                    .to_owned(),
            ),
        };
        let precision = self.precision.unwrap_or(0);
        if precision > i32::MAX as usize - 3 {
            return Err(Error::value("precision too large"));
        }
        if precision > digits.len() {
            let zeros = "0".repeat(precision - digits.len());
            digits.insert_str(0, &zeros);
        }
        let prefix = if self.alternate { prefix } else { "" };
        self.number(negative, prefix, &digits, out);
        Ok(())
    }

    /// `%e %E %f %F %g %G`
    pub fn push_float(&self, x: f64, out: &mut TextBuf) {
        let flags = FloatFlags {
            alternate: self.alternate,
            ..FloatFlags::default()
        };
        let text = format_code(x, self.letter(), self.precision.unwrap_or(6), flags);
        let digits = text.trim_start_matches('-');
        self.number(digits.len() < text.len(), "", digits, out);
    }
}
