//! UTF-16, both byte orders and with a byte order mark.

use super::{DecodeError, EncodeError};
use crate::code_points::{Text, TextBuf};

/// Byte order of 16 and 32 bit units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

impl Order {
    /// The machine's.
    pub const NATIVE: Order = if cfg!(target_endian = "big") {
        Order::Big
    } else {
        Order::Little
    };

    fn unit(self, b: &[u8]) -> u32 {
        u32::from(match self {
            Order::Little => u16::from_le_bytes([b[0], b[1]]),
            Order::Big => u16::from_be_bytes([b[0], b[1]]),
        })
    }
}

/// Order told by a mark at the beginning, and its length; the native one without.
pub fn read_mark(input: &[u8]) -> (Option<Order>, usize) {
    match input {
        [0xff, 0xfe, ..] => (Some(Order::Little), 2),
        [0xfe, 0xff, ..] => (Some(Order::Big), 2),
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
        Order::Little => "utf-16-le",
        Order::Big => "utf-16-be",
    };
    let error = |start, end, reason| {
        Err(DecodeError {
            encoding,
            start,
            end,
            reason,
        })
    };
    while *at < input.len() {
        let rest = &input[*at..];
        if rest.len() < 2 {
            return if is_final {
                error(*at, *at + 1, "truncated data")
            } else {
                Ok(())
            };
        }
        let c = order.unit(rest);
        match c {
            0xd800..0xdc00 if rest.len() < 4 => {
                if !is_final {
                    return Ok(());
                }
                return error(*at, input.len(), "unexpected end of data");
            }
            0xd800..0xdc00 => {
                let low = order.unit(&rest[2..]);
                if !(0xdc00..0xe000).contains(&low) {
                    return error(*at, *at + 2, "illegal UTF-16 surrogate");
                }
                out.push(0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
                *at += 4;
            }
            0xdc00..0xe000 => return error(*at, *at + 2, "illegal encoding"),
            _ => {
                out.push(c);
                *at += 2;
            }
        }
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
    let mut unit = |u: u32| {
        out.extend_from_slice(&match order {
            Order::Little => (u as u16).to_le_bytes(),
            Order::Big => (u as u16).to_be_bytes(),
        });
    };
    while let Some(c) = text.get(*at) {
        match c {
            0xd800..0xe000 => {
                return Err(EncodeError {
                    encoding,
                    start: *at,
                    end: *at + 1,
                    reason: "surrogates not allowed",
                });
            }
            0x10000.. => {
                unit(0xd800 + ((c - 0x10000) >> 10));
                unit(0xdc00 + ((c - 0x10000) & 0x3ff));
            }
            _ => unit(c),
        }
        *at += 1;
    }
    Ok(())
}
