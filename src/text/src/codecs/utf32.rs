//! UTF-32, both byte orders and with a byte order mark.

use super::utf16::Order;
use super::{DecodeError, EncodeError};
use crate::code_points::{Text, TextBuf};

/// Order told by a mark at the beginning, and its length.
pub fn read_mark(input: &[u8]) -> (Option<Order>, usize) {
    match input {
        [0xff, 0xfe, 0, 0, ..] => (Some(Order::Little), 4),
        [0, 0, 0xfe, 0xff, ..] => (Some(Order::Big), 4),
        _ => (None, 0),
    }
}

/// Decodes from `*at`; see [`super::Decoder`].
pub fn decode(
    order: Order,
    input: &[u8],
    at: &mut usize,
    is_final: bool,
    out: &mut TextBuf,
) -> Result<(), DecodeError> {
    let encoding = match order {
        Order::Little => "utf-32-le",
        Order::Big => "utf-32-be",
    };
    while *at < input.len() {
        let start = *at;
        let error = |end, reason| {
            Err(DecodeError {
                encoding,
                start,
                end,
                reason,
            })
        };
        let Some(unit) = input[start..].first_chunk::<4>() else {
            return if is_final {
                error(input.len(), "truncated data")
            } else {
                Ok(())
            };
        };
        let c = match order {
            Order::Little => u32::from_le_bytes(*unit),
            Order::Big => u32::from_be_bytes(*unit),
        };
        match c {
            0xd800..0xe000 => {
                return error(
                    start + 4,
                    "code point in surrogate code point range(0xd800, 0xe000)",
                );
            }
            0x110000.. => return error(start + 4, "code point not in range(0x110000)"),
            _ => out.push(c),
        }
        *at += 4;
    }
    Ok(())
}

/// Encodes from `*at` under the name `encoding`, without a mark; see [`super::Encoder`].
pub fn encode(
    order: Order,
    encoding: &'static str,
    text: Text<'_>,
    at: &mut usize,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    while let Some(c) = text.get(*at) {
        if (0xd800..0xe000).contains(&c) {
            return Err(EncodeError {
                encoding,
                start: *at,
                end: *at + 1,
                reason: "surrogates not allowed",
            });
        }
        out.extend_from_slice(&match order {
            Order::Little => c.to_le_bytes(),
            Order::Big => c.to_be_bytes(),
        });
        *at += 1;
    }
    Ok(())
}
