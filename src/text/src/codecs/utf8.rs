//! UTF-8.

use super::{DecodeError, EncodeError};
use crate::code_points::{Text, TextBuf};
use std::str::from_utf8;

/// Decodes from `*at`; see [`super::Decoder`].
pub fn decode(
    input: &[u8],
    at: &mut usize,
    is_final: bool,
    out: &mut TextBuf,
) -> Result<(), DecodeError> {
    let rest = &input[*at..];
    let e = match from_utf8(rest) {
        Ok(valid) => {
            out.push_utf8(valid);
            *at = input.len();
            return Ok(());
        }
        Err(e) => e,
    };
    let (valid, bad) = rest.split_at(e.valid_up_to());
    if let Ok(valid) = from_utf8(valid) {
        out.push_utf8(valid);
    }
    *at += valid.len();
    // Half a surrogate could still become one for `surrogatepass`: wait for its last byte.
    let unfinished = e.error_len().is_none() || matches!(bad, [0xed, 0xa0..=0xbf]);
    if unfinished && !is_final {
        return Ok(());
    }
    let (len, reason) = match (e.error_len(), bad[0]) {
        (None, _) => (bad.len(), "unexpected end of data"),
        (Some(n), 0x80..=0xc1 | 0xf5..) => (n, "invalid start byte"),
        (Some(n), _) => (n, "invalid continuation byte"),
    };
    Err(DecodeError {
        encoding: "utf-8",
        start: *at,
        end: *at + len,
        reason,
    })
}

/// Appends the three-byte form any code point of the basic plane has, or its longer or shorter one.
pub fn push_char(out: &mut Vec<u8>, c: u32) {
    match c {
        0..0x80 => out.push(c as u8),
        0x80..0x800 => out.extend([0xc0 | (c >> 6) as u8, 0x80 | c as u8 & 0x3f]),
        0x800..0x10000 => out.extend([
            0xe0 | (c >> 12) as u8,
            0x80 | (c >> 6) as u8 & 0x3f,
            0x80 | c as u8 & 0x3f,
        ]),
        _ => out.extend([
            0xf0 | (c >> 18) as u8,
            0x80 | (c >> 12) as u8 & 0x3f,
            0x80 | (c >> 6) as u8 & 0x3f,
            0x80 | c as u8 & 0x3f,
        ]),
    }
}

/// Encodes from `*at`; see [`super::Encoder`].
pub fn encode(text: Text<'_>, at: &mut usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    if let Text::Latin1(s) = text {
        let rest = &s[*at..];
        *at = s.len();
        if rest.is_ascii() {
            out.extend_from_slice(rest);
        } else {
            out.reserve(rest.len() + rest.len() / 2);
            rest.iter().for_each(|&b| push_char(out, b.into()));
        }
        return Ok(());
    }
    let is_surrogate = |c: u32| (0xd800..0xe000).contains(&c);
    let n = text.len();
    out.reserve(n - *at);
    while *at < n {
        let c = text.at(*at);
        if is_surrogate(c) {
            let run = (*at..n).take_while(|&i| is_surrogate(text.at(i))).count();
            return Err(EncodeError {
                encoding: "utf-8",
                start: *at,
                end: *at + run,
                reason: "surrogates not allowed",
            });
        }
        push_char(out, c);
        *at += 1;
    }
    Ok(())
}

/// Generalized UTF-8 (WTF-8 without joining pairs): surrogates as three bytes. Never fails.
pub fn encode_lossless(text: Text<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    text.iter().for_each(|c| push_char(&mut out, c));
    out
}
