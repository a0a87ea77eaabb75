//! ASCII and Latin-1.

use super::{DecodeError, EncodeError};
use crate::code_points::{Text, TextBuf};

/// Decodes ASCII from `*at`; see [`super::Decoder`].
pub fn decode_ascii(
    input: &[u8],
    at: &mut usize,
    _is_final: bool,
    out: &mut TextBuf,
) -> Result<(), DecodeError> {
    let rest = &input[*at..];
    let n = if rest.is_ascii() {
        rest.len()
    } else {
        rest.iter().take_while(|b| b.is_ascii()).count()
    };
    out.push_latin1(&rest[..n]);
    *at += n;
    if *at == input.len() {
        return Ok(());
    }
    Err(DecodeError {
        encoding: "ascii",
        start: *at,
        end: *at + 1,
        reason: "ordinal not in range(128)",
    })
}

/// Decodes Latin-1 from `*at`, which cannot fail.
pub fn decode_latin1(
    input: &[u8],
    at: &mut usize,
    _is_final: bool,
    out: &mut TextBuf,
) -> Result<(), DecodeError> {
    out.push_latin1(&input[*at..]);
    *at = input.len();
    Ok(())
}

fn encode_below(
    limit: u32,
    encoding: &'static str,
    reason: &'static str,
    text: Text<'_>,
    at: &mut usize,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    if let Text::Latin1(s) = text
        && (limit > 0xff || s[*at..].is_ascii())
    {
        out.extend_from_slice(&s[*at..]);
        *at = s.len();
        return Ok(());
    }
    while let Some(c) = text.get(*at) {
        if c >= limit {
            let run = (*at..text.len())
                .take_while(|&i| text.at(i) >= limit)
                .count();
            return Err(EncodeError {
                encoding,
                start: *at,
                end: *at + run,
                reason,
            });
        }
        out.push(c as u8);
        *at += 1;
    }
    Ok(())
}

/// Encodes ASCII from `*at`; see [`super::Encoder`].
pub fn encode_ascii(text: Text<'_>, at: &mut usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    encode_below(0x80, "ascii", "ordinal not in range(128)", text, at, out)
}

/// Encodes Latin-1 from `*at`; see [`super::Encoder`].
pub fn encode_latin1(text: Text<'_>, at: &mut usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    encode_below(0x100, "latin-1", "ordinal not in range(256)", text, at, out)
}
