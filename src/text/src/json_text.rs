//! JSON's strings and numbers: the inner loops of `json`.

use crate::code_points::{Text, TextBuf};
use std::ops::Range;

/// A `JSONDecodeError` to be raised: message and position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// Its message without the position.
    pub msg: &'static str,
    /// Index of the character it points to.
    pub at: usize,
}

fn short_escape(c: u32) -> Option<&'static [u8]> {
    Some(match u8::try_from(c).ok()? {
        b'"' => b"\\\"",
        b'\\' => b"\\\\",
        b'\n' => b"\\n",
        b'\r' => b"\\r",
        b'\t' => b"\\t",
        8 => b"\\b",
        12 => b"\\f",
        _ => return None,
    })
}

fn push_u(out: &mut TextBuf, unit: u32) {
    out.push_latin1(b"\\u");
    for shift in [12, 8, 4, 0] {
        out.push(u32::from(
            b"0123456789abcdef"[(unit >> shift) as usize & 15],
        ));
    }
}

/// Appends `json.dumps` of a str, quotes included; `ascii` is `ensure_ascii`.
pub fn encode(text: Text<'_>, ascii: bool, out: &mut TextBuf) {
    let quote = u32::from(b'"');

    out.push(quote);
    if let Text::Latin1(s) = text
        && s.iter().all(|&b| PLAIN[b as usize])
    {
        out.push_latin1(s);
        out.push(quote);
        return;
    }
    for c in text.iter() {
        match c {
            _ if short_escape(c).is_some() => out.push_latin1(short_escape(c).unwrap_or_default()),
            0..0x20 => push_u(out, c),
            0x20..0x7f => out.push(c),
            _ if !ascii => out.push(c),
            0x10000.. => {
                push_u(out, 0xd800 + ((c - 0x10000) >> 10));
                push_u(out, 0xdc00 + ((c - 0x10000) & 0x3ff));
            }
            _ => push_u(out, c),
        }
    }
    out.push(quote);
}

/// The ASCII characters that stand for themselves in a string literal.
static PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0x20;
    while b < 0x7f {
        table[b] = b != b'"' as usize && b != b'\\' as usize;
        b += 1;
    }
    table
};

/// The end of the string literal behind `start`, where its closing quote stands, if it is plain ASCII without escapes.
pub fn plain_end(s: &[u8], start: usize) -> Option<usize> {
    let n = s.get(start..)?.iter().position(|&b| !PLAIN[b as usize])?;
    (s[start + n] == b'"').then_some(start + n)
}

/// The integer literal at `start`, if it is one of at most 18 digits: its value and its end.
pub fn short_int(s: &[u8], start: usize) -> Option<(i64, usize)> {
    let negative = s.get(start) == Some(&b'-');
    let first = start + usize::from(negative);
    let n = s
        .get(first..)?
        .iter()
        .take(19)
        .take_while(|b| b.is_ascii_digit())
        .count();
    let digits = &s[first..first + n];
    let behind = s.get(first + n).copied().unwrap_or(b' ');
    let is_short = matches!(n, 1..=18) && (n == 1 || digits[0] != b'0');
    if !is_short || matches!(behind, b'.' | b'e' | b'E') {
        return None;
    }
    let value = digits
        .iter()
        .fold(0i64, |v, d| v * 10 + i64::from(d - b'0'));
    Some((if negative { -value } else { value }, first + n))
}

/// Reads a string literal whose opening quote stands before `start`: the value and the index behind the closing
/// quote. `strict` refuses control characters.
pub fn scan_string(
    text: Text<'_>,
    start: usize,
    strict: bool,
) -> Result<(TextBuf, usize), JsonError> {
    let unterminated = || JsonError {
        msg: "Unterminated string starting at",
        at: start.wrapping_sub(1),
    };
    let mut out = TextBuf::new();
    let mut i = start;
    // A high surrogate written as an escape waits for its low half.
    let mut high: Option<u32> = None;
    loop {
        let c = text.get(i).ok_or_else(unterminated)?;
        let mut escaped_unit = None;
        match u8::try_from(c) {
            Ok(b'"') => {
                high.into_iter().for_each(|h| out.push(h));
                return Ok((out, i + 1));
            }
            Ok(b'\\') => {
                let e = text.get(i + 1).ok_or_else(unterminated)?;
                let plain = match u8::try_from(e) {
                    Ok(b @ (b'"' | b'\\' | b'/')) => b,
                    Ok(b'b') => 8,
                    Ok(b'f') => 12,
                    Ok(b'n') => 10,
                    Ok(b'r') => 13,
                    Ok(b't') => 9,
                    Ok(b'u') => {
                        escaped_unit = Some(hex4(text, i + 2).ok_or(JsonError {
                            msg: "Invalid \\uXXXX escape",
                            at: i + 1,
                        })?);
                        0
                    }
                    _ => {
                        return Err(JsonError {
                            msg: "Invalid \\escape",
                            at: i,
                        });
                    }
                };
                if let Some(unit) = escaped_unit {
                    i += 6;
                    match (high.take(), unit) {
                        (Some(h), 0xdc00..0xe000) => {
                            out.push(0x10000 + ((h - 0xd800) << 10) + (unit - 0xdc00));
                            continue;
                        }
                        (Some(h), _) => out.push(h),
                        _ => {}
                    }
                    if (0xd800..0xdc00).contains(&unit) {
                        high = Some(unit);
                    } else {
                        out.push(unit);
                    }
                    continue;
                }
                high.take().into_iter().for_each(|h| out.push(h));
                out.push(plain.into());
                i += 2;
            }
            Ok(0..0x20) if strict => {
                return Err(JsonError {
                    msg: "Invalid control character at",
                    at: i,
                });
            }
            _ => {
                high.take().into_iter().for_each(|h| out.push(h));
                let n = plain_run(text, i).max(1);
                if let Text::Latin1(s) = text {
                    out.push_latin1(&s[i..i + n]);
                } else {
                    out.extend(text.slice(i..i + n).iter());
                }
                i += n;
            }
        }
    }
}

/// Characters from `i` on that stand for themselves.
fn plain_run(text: Text<'_>, i: usize) -> usize {
    let is_plain = |c: u32| c >= 0x20 && c != u32::from(b'"') && c != u32::from(b'\\');
    match text {
        Text::Latin1(s) => s[i..].iter().take_while(|&&b| is_plain(b.into())).count(),
        _ => (i..text.len())
            .take_while(|&j| is_plain(text.at(j)))
            .count(),
    }
}

fn hex4(text: Text<'_>, at: usize) -> Option<u32> {
    let mut value = 0;
    for j in at..at + 4 {
        let digit = char::from_u32(text.get(j)?)?.to_digit(16)?;
        value = value << 4 | digit;
    }
    Some(value)
}

/// A number literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// Where it stands.
    pub span: Range<usize>,
    /// It has a fraction or an exponent.
    pub is_float: bool,
}

/// Reads the number literal at `start`, if there is one.
pub fn scan_number(text: Text<'_>, start: usize) -> Option<Number> {
    let at = |i: usize| text.get(i).and_then(|c| u8::try_from(c).ok()).unwrap_or(0);
    let digits = |mut i: usize| {
        while at(i).is_ascii_digit() {
            i += 1;
        }
        i
    };
    let mut i = start + usize::from(at(start) == b'-');
    i = match at(i) {
        b'0' => i + 1,
        b'1'..=b'9' => digits(i),
        _ => return None,
    };
    let mut is_float = false;
    if at(i) == b'.' && at(i + 1).is_ascii_digit() {
        is_float = true;
        i = digits(i + 1);
    }
    if matches!(at(i), b'e' | b'E') {
        let j = i + 1 + usize::from(matches!(at(i + 1), b'+' | b'-'));
        if at(j).is_ascii_digit() {
            is_float = true;
            i = digits(j);
        }
    }
    Some(Number {
        span: start..i,
        is_float,
    })
}
