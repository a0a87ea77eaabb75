//! The format-spec mini language: `[[fill]align][sign][z][#][0][width][grouping][.precision[grouping]][type]`.
//!
//! This file parses a spec with CPython's errors; `format_number.rs` and [`format_str`] apply it.

use crate::code_points::{Text, TextBuf};
use crate::error::{Error, Result};

/// Which separator goes between groups of digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// None.
    No,
    /// A comma every three digits.
    Comma,
    /// An underscore every three digits.
    Underscore,
    /// An underscore every four digits (binary, octal, hexadecimal).
    UnderscoreFour,
    /// As the locale has it (type `n`).
    Locale,
}

/// A parsed spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatSpec {
    /// What pads.
    pub fill: u32,
    /// `<`, `>`, `=` or `^`.
    pub align: u8,
    /// `+`, `-`, a blank, or 0.
    pub sign: u8,
    /// `z`: no negative zero.
    pub no_neg_0: bool,
    /// `#`
    pub alternate: bool,
    /// Minimum width.
    pub width: Option<usize>,
    /// Separator of the integer part.
    pub grouping: Grouping,
    /// Precision.
    pub precision: Option<usize>,
    /// Separator of the fraction.
    pub frac_grouping: Grouping,
    /// Presentation type, 0 if the default of a type without one.
    pub code: u32,
}

const MAX_SIZE: usize = isize::MAX as usize;

fn is_align(c: u32) -> bool {
    matches!(u8::try_from(c), Ok(b'<' | b'>' | b'=' | b'^'))
}

struct Reader<'a> {
    text: Text<'a>,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u32> {
        self.text.get(self.at)
    }

    fn eat(&mut self, b: u8) -> bool {
        let hit = self.peek() == Some(u32::from(b));
        self.at += usize::from(hit);
        hit
    }

    fn integer(&mut self) -> Result<Option<usize>> {
        let mut n: Option<usize> = None;
        while let Some(d) = self.peek().and_then(crate::unicode::decimal) {
            let next = n
                .unwrap_or(0)
                .checked_mul(10)
                .and_then(|n| n.checked_add(usize::from(d)));
            match next.filter(|&n| n <= MAX_SIZE) {
                Some(next) => n = Some(next),
                None => return Err(Error::value("Too many decimal digits in format string")),
            }
            self.at += 1;
        }
        Ok(n)
    }

    /// At most one of `,` and `_`.
    fn grouping(&mut self) -> Result<Grouping> {
        let comma = self.eat(b',');
        let underscore = self.eat(b'_');
        if underscore && (comma || self.peek() == Some(u32::from(b','))) {
            return Err(Error::value("Cannot specify both ',' and '_'."));
        }
        Ok(match (comma, underscore) {
            (true, _) => Grouping::Comma,
            (_, true) => Grouping::Underscore,
            _ => Grouping::No,
        })
    }
}

fn shown_code(c: u32) -> String {
    match c {
        33..128 => format!("'{}'", c as u8 as char),
        _ => format!("'\\x{c:x}'"),
    }
}

pub(crate) fn unknown_code(c: u32, type_name: &str) -> Error {
    Error::value(format!(
        "Unknown format code {} for object of type '{type_name}'",
        shown_code(c)
    ))
}

fn check_grouping(grouping: Grouping, code: u32) -> Result<()> {
    let sep = match grouping {
        Grouping::Comma => ',',
        Grouping::No => return Ok(()),
        _ => '_',
    };
    match u8::try_from(code) {
        Ok(b'd' | b'e' | b'f' | b'g' | b'E' | b'G' | b'%' | b'F' | 0) => Ok(()),
        _ => Err(Error::value(format!(
            "Cannot specify '{sep}' with {}.",
            shown_code(code)
        ))),
    }
}

impl FormatSpec {
    /// Parses `spec` for an object of type `type_name`.
    pub fn parse(
        spec: Text<'_>,
        type_name: &str,
        default_code: u8,
        default_align: u8,
    ) -> Result<FormatSpec> {
        let mut r = Reader { text: spec, at: 0 };
        let mut f = FormatSpec {
            fill: u32::from(b' '),
            align: default_align,
            sign: 0,
            no_neg_0: false,
            alternate: false,
            width: None,
            grouping: Grouping::No,
            precision: None,
            frac_grouping: Grouping::No,
            code: default_code.into(),
        };
        let (mut has_fill, mut has_align) = (false, false);
        if let Some(c) = spec.get(1).filter(|&c| is_align(c)) {
            (f.fill, f.align) = (spec.at(0), c as u8);
            (has_fill, has_align) = (true, true);
            r.at = 2;
        } else if let Some(c) = r.peek().filter(|&c| is_align(c)) {
            f.align = c as u8;
            has_align = true;
            r.at = 1;
        }
        for sign in [b'+', b'-', b' '] {
            if r.eat(sign) {
                f.sign = sign;
                break;
            }
        }
        f.no_neg_0 = r.eat(b'z');
        f.alternate = r.eat(b'#');
        if !has_fill && r.eat(b'0') {
            f.fill = u32::from(b'0');
            if !has_align && default_align == b'>' {
                f.align = b'=';
            }
        }
        f.width = r.integer()?;
        f.grouping = r.grouping()?;
        if r.eat(b'.') {
            f.precision = r.integer()?;
            f.frac_grouping = r.grouping()?;
            if f.precision.is_none() && f.frac_grouping == Grouping::No {
                return Err(Error::value("Format specifier missing precision"));
            }
        }
        if spec.len() > r.at + 1 {
            return Err(Error::value(format!(
                "Invalid format specifier '{}' for object of type '{type_name}'",
                spec.to_string_lossy()
            )));
        }
        if let Some(c) = r.peek() {
            f.code = c;
        }
        if f.grouping == Grouping::Underscore
            && matches!(u8::try_from(f.code), Ok(b'b' | b'o' | b'x' | b'X'))
        {
            f.grouping = Grouping::UnderscoreFour;
        } else {
            check_grouping(f.grouping, f.code)?;
        }
        if f.code == u32::from(b'n') {
            check_grouping(f.frac_grouping, f.code)?;
        }
        Ok(f)
    }

    /// The code if ASCII.
    pub fn code_byte(&self) -> Option<u8> {
        u8::try_from(self.code).ok().filter(u8::is_ascii)
    }

    /// Padding left and right of `len` characters, for any alignment but `=`.
    pub(crate) fn padding(&self, len: usize) -> (usize, usize) {
        let pad = self.width.unwrap_or(0).saturating_sub(len);
        match self.align {
            b'>' => (pad, 0),
            b'^' => (pad / 2, pad - pad / 2),
            _ => (0, pad),
        }
    }
}

/// `format(value, spec)` of a str.
pub fn format_str(value: Text<'_>, spec: Text<'_>, type_name: &str) -> Result<TextBuf> {
    let f = FormatSpec::parse(spec, type_name, b's', b'<')?;
    if f.code != u32::from(b's') {
        return Err(unknown_code(f.code, type_name));
    }
    let refuse = |what: &str| {
        Err(Error::value(format!(
            "{what} not allowed in string format specifier"
        )))
    };
    match f.sign {
        0 => {}
        b' ' => return refuse("Space"),
        _ => return refuse("Sign"),
    }
    if f.no_neg_0 {
        return refuse("Negative zero coercion (z)");
    }
    if f.alternate {
        return refuse("Alternate form (#)");
    }
    if f.align == b'=' {
        return refuse("'=' alignment");
    }
    let len = f.precision.map_or(value.len(), |p| p.min(value.len()));
    let (left, right) = f.padding(len);
    let mut out = TextBuf::with_capacity(len.saturating_add(left.max(right)).min(1 << 20));
    out.push_n(f.fill, left);
    // A slice may be narrower than the whole: pushing narrows again.
    if len == value.len() {
        out.push_text(value);
    } else {
        out.extend(value.slice(0..len).iter());
    }
    out.push_n(f.fill, right);
    Ok(out)
}
