//! UTF-7 (RFC 2152).

use super::DecodeError;
use crate::code_points::{Text, TextBuf};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn sextet(b: u8) -> Option<u32> {
    ALPHABET.iter().position(|&a| a == b).map(|i| i as u32)
}

/// Characters that stand for themselves (set D, blanks; set O and the rest of ASCII are encoded on demand).
fn is_direct(c: u32, set_o: bool, white: bool) -> bool {
    match u8::try_from(c) {
        Ok(b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9') => true,
        Ok(b'\'' | b'(' | b')' | b',' | b'-' | b'.' | b'/' | b':' | b'?') => true,
        Ok(b' ' | b'\t' | b'\r' | b'\n') => !white,
        Ok(
            b'!' | b'"' | b'#' | b'$' | b'%' | b'&' | b'*' | b';' | b'<' | b'=' | b'>' | b'@'
            | b'[' | b']' | b'^' | b'_' | b'`' | b'{' | b'|' | b'}',
        ) => !set_o,
        _ => false,
    }
}

/// Encodes text; every code point has a form, so this cannot fail.
pub fn encode(text: Text<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() * 2);
    let (mut bits, mut count, mut inside) = (0u32, 0u32, false);
    for c in text.iter() {
        let direct = is_direct(c, false, false);
        if inside && direct {
            if count > 0 {
                out.push(ALPHABET[(bits << (6 - count)) as usize & 63]);
            }
            (bits, count, inside) = (0, 0, false);
            // A minus must end the section where the next character could belong to it.
            if sextet(c as u8).is_some() || c == u32::from(b'-') {
                out.push(b'-');
            }
        }
        if !inside {
            if direct {
                out.push(c as u8);
                continue;
            }
            out.push(b'+');
            if c == u32::from(b'+') {
                out.push(b'-');
                continue;
            }
            inside = true;
        }
        let mut unit = |u: u32| {
            bits = bits << 16 | u;
            count += 16;
            while count >= 6 {
                count -= 6;
                out.push(ALPHABET[(bits >> count) as usize & 63]);
            }
            bits &= (1 << count) - 1;
        };
        if c >= 0x10000 {
            unit(0xd800 + ((c - 0x10000) >> 10));
            unit(0xdc00 + ((c - 0x10000) & 0x3ff));
        } else {
            unit(c);
        }
    }
    if count > 0 {
        out.push(ALPHABET[(bits << (6 - count)) as usize & 63]);
    }
    if inside {
        out.push(b'-');
    }
    out
}

/// Decodes from `*at`; see [`super::Decoder`]. What a section in base64 that is not finished gave is taken back
/// unless `is_final`, so decoding can begin again at its `+`.
pub fn decode(
    input: &[u8],
    at: &mut usize,
    is_final: bool,
    out: &mut TextBuf,
) -> Result<(), DecodeError> {
    let mut i = *at;
    let (mut bits, mut count, mut inside) = (0u32, 0u32, false);
    let mut high: Option<u32> = None;
    let mut start = i;
    let mut pending = TextBuf::new();
    let error = |start, end, reason| DecodeError {
        encoding: "utf7",
        start,
        end,
        reason,
    };
    while i < input.len() {
        let b = input[i];
        if inside {
            if let Some(s) = sextet(b) {
                bits = bits << 6 | s;
                count += 6;
                i += 1;
                if count >= 16 {
                    count -= 16;
                    let unit = bits >> count & 0xffff;
                    bits &= (1 << count) - 1;
                    if let Some(h) = high.take() {
                        if (0xdc00..0xe000).contains(&unit) {
                            pending.push(0x10000 + ((h - 0xd800) << 10) + (unit - 0xdc00));
                            continue;
                        }
                        pending.push(h);
                    }
                    if (0xd800..0xdc00).contains(&unit) {
                        high = Some(unit);
                    } else {
                        pending.push(unit);
                    }
                }
                continue;
            }
            inside = false;
            let reason = if count >= 6 {
                "partial character in shift sequence"
            } else if bits != 0 {
                "non-zero padding bits in shift sequence"
            } else {
                ""
            };
            if !reason.is_empty() {
                out.push_text(pending.as_text());
                *at = i + 1;
                return Err(error(start, i + 1, reason));
            }
            if let Some(h) = high.take()
                && (b == b'-' || is_direct(b.into(), false, false) || b < 0x80)
            {
                pending.push(h);
            }
            out.push_text(pending.as_text());
            pending = TextBuf::new();
            if b == b'-' {
                i += 1;
            }
            start = i;
            continue;
        }
        start = i;
        match b {
            b'+' => {
                i += 1;
                match input.get(i) {
                    Some(b'-') => {
                        i += 1;
                        out.push(b'+'.into());
                    }
                    Some(&next) if sextet(next).is_none() => {
                        *at = i + 1;
                        return Err(error(start, i + 1, "ill-formed sequence"));
                    }
                    _ => {
                        inside = true;
                        (bits, count, high) = (0, 0, None);
                        pending = TextBuf::new();
                    }
                }
            }
            0..0x80 => {
                out.push(b.into());
                i += 1;
            }
            _ => {
                *at = i + 1;
                return Err(error(start, i + 1, "unexpected special character"));
            }
        }
    }
    if inside {
        if !is_final {
            *at = start;
            return Ok(());
        }
        if high.is_some() || count >= 6 || bits != 0 {
            out.push_text(pending.as_text());
            *at = input.len();
            return Err(error(start, input.len(), "unterminated shift sequence"));
        }
        out.push_text(pending.as_text());
    }
    *at = input.len();
    Ok(())
}
