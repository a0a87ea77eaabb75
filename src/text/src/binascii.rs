//! Binary to ASCII and back: hexadecimal, base64, check sums.

use crate::code_points::Text;
use crate::error::{Error, ErrorKind, Result};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// `data.hex()`
pub fn hexlify(data: &[u8]) -> Vec<u8> {
    data.iter()
        .flat_map(|&b| [HEX[usize::from(b >> 4)], HEX[usize::from(b & 15)]])
        .collect()
}

/// `data.hex(sep, bytes_per_sep)`: groups are counted from the right, from the left if negative.
pub fn hexlify_sep(data: &[u8], sep: u8, bytes_per_sep: isize) -> Vec<u8> {
    let group = bytes_per_sep.unsigned_abs();
    if group == 0 || data.is_empty() {
        return hexlify(data);
    }
    let first = match (bytes_per_sep > 0, data.len() % group) {
        (true, rest @ 1..) => rest,
        _ => group.min(data.len()),
    };
    let (head, tail) = data.split_at(first);
    let mut out = hexlify(head);
    for part in tail.chunks(group) {
        out.push(sep);
        out.extend(hexlify(part));
    }
    out
}

/// The separator of `hex`: one ASCII character.
pub fn check_separator(sep: Text<'_>) -> Result<u8> {
    if sep.len() != 1 {
        return Err(Error::value("sep must be length 1."));
    }
    u8::try_from(sep.at(0))
        .ok()
        .filter(u8::is_ascii)
        .ok_or_else(|| Error::value("sep must be ASCII."))
}

fn nibble(c: u32) -> Option<u8> {
    char::from_u32(c)?.to_digit(16).map(|d| d as u8)
}

/// `binascii.unhexlify`
pub fn unhexlify(data: &[u8]) -> Result<Vec<u8>> {
    let error = |msg: &str| Error::new(ErrorKind::Binascii, msg);
    if !data.len().is_multiple_of(2) {
        return Err(error("Odd-length string"));
    }
    data.chunks_exact(2)
        .map(|p| Some(nibble(p[0].into())? << 4 | nibble(p[1].into())?))
        .collect::<Option<_>>()
        .ok_or_else(|| error("Non-hexadecimal digit found"))
}

/// `bytes.fromhex`: blanks may stand between bytes.
pub fn from_hex(text: Text<'_>) -> Result<Vec<u8>> {
    let bad = |i: usize| {
        Error::value(format!(
            "non-hexadecimal number found in fromhex() arg at position {i}"
        ))
    };
    if let Some(i) = text.iter().position(|c| c >= 0x80) {
        return Err(bad(i));
    }
    let mut out = Vec::with_capacity(text.len() / 2);
    let mut i = 0;
    while let Some(c) = text.get(i) {
        if matches!(c, 9..=13 | 32) {
            i += 1;
            continue;
        }
        let high = nibble(c).ok_or_else(|| bad(i))?;
        let Some(c) = text.get(i + 1) else {
            return Err(Error::value(
                "fromhex() arg must contain an even number of hexadecimal digits",
            ));
        };
        let low = nibble(c).ok_or_else(|| bad(i + 1))?;
        out.push(high << 4 | low);
        i += 2;
    }
    Ok(out)
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const fn sextets() -> [u8; 256] {
    let mut table = [255; 256];
    let mut i = 0;
    while i < 64 {
        table[BASE64[i] as usize] = i as u8;
        i += 1;
    }
    table
}

static SEXTETS: [u8; 256] = sextets();

/// `binascii.b2a_base64`
pub fn base64_encode(data: &[u8], newline: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len().div_ceil(3) * 4 + 1);
    for part in data.chunks(3) {
        let byte = |i: usize| u32::from(part.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let digit = BASE64[(bits >> (18 - 6 * i)) as usize & 63];
            out.push(if i <= part.len() { digit } else { b'=' });
        }
    }
    if newline {
        out.push(b'\n');
    }
    out
}

/// `binascii.a2b_base64`: foreign characters are skipped, unless `strict`.
pub fn base64_decode(data: &[u8], strict: bool) -> Result<Vec<u8>> {
    let error = |msg: &str| Err(Error::new(ErrorKind::Binascii, msg));
    let mut out = Vec::with_capacity(data.len() / 4 * 3 + 3);
    let (mut quad, mut pads, mut left) = (0u32, 0u32, 0u8);
    for (i, &b) in data.iter().enumerate() {
        if b == b'=' {
            if quad >= 2 {
                pads += 1;
            }
            if strict {
                if quad == 0 {
                    return error(if i == 0 {
                        "Leading padding not allowed"
                    } else {
                        "Excess padding not allowed"
                    });
                }
                if quad == 1 {
                    break;
                }
                if quad + pads > 4 {
                    return error("Excess padding not allowed");
                }
            }
            continue;
        }
        let v = SEXTETS[usize::from(b)];
        if v == 255 {
            if strict {
                return error("Only base64 data is allowed");
            }
            continue;
        }
        if strict && pads > 0 {
            return error(if quad + pads == 4 {
                "Excess data after padding"
            } else {
                "Discontinuous padding not allowed"
            });
        }
        pads = 0;
        match quad {
            0 => left = v,
            1 => {
                out.push(left << 2 | v >> 4);
                left = v & 15;
            }
            2 => {
                out.push(left << 4 | v >> 2);
                left = v & 3;
            }
            _ => out.push(left << 6 | v),
        }
        quad = (quad + 1) % 4;
    }
    if quad == 1 {
        return error(&format!(
            "Invalid base64-encoded string: number of data characters ({}) cannot be 1 more than a multiple of 4",
            out.len() / 3 * 4 + 1
        ));
    }
    if quad != 0 && quad + pads < 4 {
        return error("Incorrect padding");
    }
    Ok(out)
}

/// `binascii.crc32(data, start)`
pub fn crc32(data: &[u8], start: u32) -> u32 {
    let mut h = crc32fast::Hasher::new_with_initial(start);
    h.update(data);
    h.finalize()
}

/// `zlib.adler32(data, start)`
pub fn adler32(data: &[u8], start: u32) -> u32 {
    const MOD: u32 = 65_521;
    let (mut a, mut b) = (start & 0xffff, start >> 16);
    // 5552 bytes is the most that cannot overflow 32 bits.
    for part in data.chunks(5552) {
        for &byte in part {
            a += u32::from(byte);
            b += a;
        }
        a %= MOD;
        b %= MOD;
    }
    b << 16 | a
}

/// `binascii.crc_hqx(data, start)`: CRC-CCITT.
pub fn crc_hqx(data: &[u8], start: u16) -> u16 {
    data.iter().fold(start, |crc, &b| {
        (0..8).fold(crc ^ u16::from(b) << 8, |c, _| {
            if c & 0x8000 != 0 {
                c << 1 ^ 0x1021
            } else {
                c << 1
            }
        })
    })
}
