//! `unicode_escape`, `raw_unicode_escape` and the bytes codec `escape_decode`: the backslashes of literals.

use super::{DecodeError, EncodeError};
use crate::code_points::{Text, TextBuf};
use crate::error::{Error, Result};
use crate::str_repr::push_escape;
use crate::unicode::names::{Named, lookup};

/// An escape that is not one (kept as it stands, with a warning).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadEscape {
    /// Index of the character behind the backslash.
    pub at: usize,
    /// Value of an octal escape above `\377`, else `None`.
    pub octal: Option<u32>,
}

/// Number of hexadecimal digits at the beginning of `s`, at most `max`, and their value.
fn hex_run(s: &[u8], max: usize) -> (usize, u32) {
    let mut value = 0;
    for (i, &b) in s.iter().take(max).enumerate() {
        match (b as char).to_digit(16) {
            Some(d) => value = value << 4 | d,
            None => return (i, value),
        }
    }
    (s.len().min(max), value)
}

/// Up to three octal digits.
fn octal_run(s: &[u8]) -> (usize, u32) {
    let n = s
        .iter()
        .take(3)
        .take_while(|b| matches!(b, b'0'..=b'7'))
        .count();
    (
        n,
        s[..n].iter().fold(0, |v, &b| v << 3 | u32::from(b - b'0')),
    )
}

/// Value of the one-letter escapes.
fn simple(b: u8) -> Option<u8> {
    Some(match b {
        b'\\' | b'\'' | b'"' => b,
        b'a' => 7,
        b'b' => 8,
        b't' => 9,
        b'n' => 10,
        b'v' => 11,
        b'f' => 12,
        b'r' => 13,
        _ => return None,
    })
}

/// Decodes `unicode_escape` from `*at`; see [`super::Decoder`]. The first escape that is none goes to `bad`.
pub fn decode_unicode(
    input: &[u8],
    at: &mut usize,
    is_final: bool,
    out: &mut TextBuf,
    bad: &mut Option<BadEscape>,
) -> Result<(), DecodeError> {
    while *at < input.len() {
        let start = *at;
        let plain = memchr::memchr(b'\\', &input[start..]).unwrap_or(input.len() - start);
        out.push_latin1(&input[start..start + plain]);
        *at += plain;
        let start = *at;
        if start == input.len() {
            break;
        }
        let error = |end, reason| {
            Err(DecodeError {
                encoding: "unicodeescape",
                start,
                end,
                reason,
            })
        };
        let body = &input[start + 1..];
        let Some(&b) = body.first() else {
            return if is_final {
                error(start + 1, "\\ at end of string")
            } else {
                Ok(())
            };
        };
        if let Some(c) = simple(b) {
            out.push(c.into());
            *at += 2;
            continue;
        }
        let (want, reason) = match b {
            b'\n' => {
                *at += 2;
                continue;
            }
            b'0'..=b'7' => {
                let (n, c) = octal_run(body);
                if c > 0o377 {
                    bad.get_or_insert(BadEscape {
                        at: start + 1,
                        octal: Some(c),
                    });
                }
                out.push(c);
                *at += 1 + n;
                continue;
            }
            b'x' => (2, "truncated \\xXX escape"),
            b'u' => (4, "truncated \\uXXXX escape"),
            b'U' => (8, "truncated \\UXXXXXXXX escape"),
            b'N' => {
                let reason = "malformed \\N character escape";
                let Some(b'{') = body.get(1) else {
                    return if body.len() == 1 && !is_final {
                        Ok(())
                    } else {
                        error(start + 2, reason)
                    };
                };
                let name = &body[2..];
                let Some(n) = memchr::memchr(b'}', name) else {
                    return if is_final {
                        error(input.len(), reason)
                    } else {
                        Ok(())
                    };
                };
                if n == 0 {
                    return error(start + 3, reason);
                }
                let found = std::str::from_utf8(&name[..n]).ok().and_then(lookup);
                let Some(Named::Char(c)) = found else {
                    return error(start + 4 + n, "unknown Unicode character name");
                };
                out.push(c);
                *at += 4 + n;
                continue;
            }
            _ => {
                bad.get_or_insert(BadEscape {
                    at: start + 1,
                    octal: None,
                });
                out.push_latin1(&[b'\\', b]);
                *at += 2;
                continue;
            }
        };
        let (n, c) = hex_run(&body[1..], want);
        if n < want {
            if !is_final && start + 2 + n == input.len() {
                return Ok(());
            }
            return error(start + 2 + n, reason);
        }
        if c > 0x10ffff {
            return error(start + 2 + n, "illegal Unicode character");
        }
        out.push(c);
        *at += 2 + n;
    }
    Ok(())
}

/// Decodes `raw_unicode_escape` from `*at`: only `\u` and `\U` behind an odd number of backslashes.
pub fn decode_raw_unicode(
    input: &[u8],
    at: &mut usize,
    is_final: bool,
    out: &mut TextBuf,
) -> Result<(), DecodeError> {
    while *at < input.len() {
        let start = *at;
        if input[start] != b'\\' {
            out.push(input[start].into());
            *at += 1;
            continue;
        }
        let Some(&b) = input.get(start + 1) else {
            if is_final {
                out.push(b'\\'.into());
                *at += 1;
            }
            return Ok(());
        };
        let (want, reason) = match b {
            b'u' => (4, "truncated \\uXXXX escape"),
            b'U' => (8, "truncated \\UXXXXXXXX escape"),
            _ => {
                out.push_latin1(&[b'\\', b]);
                *at += 2;
                continue;
            }
        };
        let (n, c) = hex_run(&input[start + 2..], want);
        let end = start + 2 + n;
        let error = |reason| {
            Err(DecodeError {
                encoding: "rawunicodeescape",
                start,
                end,
                reason,
            })
        };
        if n < want {
            return if !is_final && end == input.len() {
                Ok(())
            } else {
                error(reason)
            };
        }
        if c > 0x10ffff {
            return error("\\Uxxxxxxxx out of range");
        }
        out.push(c);
        *at = end;
    }
    Ok(())
}

/// Encodes `unicode_escape`.
pub fn encode_unicode(text: Text<'_>) -> Vec<u8> {
    let mut out = TextBuf::with_capacity(text.len());
    for c in text.iter() {
        match c {
            0x5c => out.push_latin1(b"\\\\"),
            9 => out.push_latin1(b"\\t"),
            10 => out.push_latin1(b"\\n"),
            13 => out.push_latin1(b"\\r"),
            0x20..0x7f => out.push(c),
            _ => push_escape(&mut out, c),
        }
    }
    latin1_bytes(out)
}

/// Encodes `raw_unicode_escape`.
pub fn encode_raw_unicode(text: Text<'_>) -> Vec<u8> {
    let mut out = TextBuf::with_capacity(text.len());
    for c in text.iter() {
        if c < 0x100 {
            out.push(c);
        } else {
            push_escape(&mut out, c);
        }
    }
    latin1_bytes(out)
}

fn latin1_bytes(t: TextBuf) -> Vec<u8> {
    match t {
        TextBuf::Latin1(v) => v,
        wide => wide.as_text().iter().map(|c| c as u8).collect(),
    }
}

/// `codecs.escape_decode(data, errors)`; the first escape that is none goes to `bad`.
pub fn decode_bytes(data: &[u8], errors: &str, bad: &mut Option<BadEscape>) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(data.len());
    let mut i = 0;
    while i < data.len() {
        if data[i] != b'\\' {
            out.push(data[i]);
            i += 1;
            continue;
        }
        let start = i;
        let body = &data[i + 1..];
        let Some(&b) = body.first() else {
            return Err(Error::value("Trailing \\ in string"));
        };
        if let Some(c) = simple(b) {
            out.push(c);
            i += 2;
            continue;
        }
        match b {
            b'\n' => i += 2,
            b'0'..=b'7' => {
                let (n, c) = octal_run(body);
                if c > 0o377 {
                    bad.get_or_insert(BadEscape {
                        at: start + 1,
                        octal: Some(c),
                    });
                }
                out.push(c as u8);
                i += 1 + n;
            }
            b'x' => {
                let (n, c) = hex_run(&body[1..], 2);
                i += 2 + n;
                if n == 2 {
                    out.push(c as u8);
                    continue;
                }
                match errors {
                    "strict" => {
                        return Err(Error::value(format!(
                            "invalid \\x escape at position {start}"
                        )));
                    }
                    "replace" => out.push(b'?'),
                    "ignore" => {}
                    other => {
                        return Err(Error::value(format!(
                            "decoding error; unknown error handling code: {other}"
                        )));
                    }
                }
            }
            _ => {
                bad.get_or_insert(BadEscape {
                    at: start + 1,
                    octal: None,
                });
                out.extend([b'\\', b]);
                i += 2;
            }
        }
    }
    Ok(out)
}

/// Encoders that cannot fail, in the shape of [`super::Encoder`].
pub fn infallible(
    f: impl Fn(Text<'_>) -> Vec<u8>,
) -> impl FnMut(Text<'_>, &mut usize, &mut Vec<u8>) -> Result<(), EncodeError> {
    move |text, at, out| {
        out.extend(f(text.slice(*at..text.len())));
        *at = text.len();
        Ok(())
    }
}
