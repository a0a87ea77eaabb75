//! `int.to_bytes` and `int.from_bytes`, bit lengths and bit counts.

use crate::error::{Error, Result};
use dashu_int::ops::BitTest;
use dashu_int::{IBig, Sign, UBig};

/// Byte order of a conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

impl ByteOrder {
    /// From the argument `byteorder`.
    pub fn parse(name: &str) -> Result<ByteOrder> {
        match name {
            "little" => Ok(ByteOrder::Little),
            "big" => Ok(ByteOrder::Big),
            _ => Err(Error::value("byteorder must be either 'little' or 'big'")),
        }
    }
}

/// `n.to_bytes(length, order, signed=signed)`
pub fn to_bytes(n: &IBig, length: usize, order: ByteOrder, signed: bool) -> Result<Vec<u8>> {
    if n.sign() == Sign::Negative && !signed {
        return Err(Error::overflow("can't convert negative int to unsigned"));
    }
    let negative = n.sign() == Sign::Negative;
    let fill = if negative { 0xff } else { 0 };
    // Two's complement needs one bit more than the magnitude (of the complement, if negative).
    let needed = match (signed, negative) {
        _ if n.is_zero() => 0,
        (true, true) => bit_length(&(n + IBig::ONE)) / 8 + 1,
        (true, false) => bit_length(n) / 8 + 1,
        (false, _) => bit_length(n).div_ceil(8),
    };
    if needed > length {
        return Err(Error::overflow("int too big to convert"));
    }
    let mut bytes = n.to_le_bytes().into_vec();
    bytes.truncate(needed);
    bytes.resize(length, fill);
    if order == ByteOrder::Big {
        bytes.reverse();
    }
    Ok(bytes)
}

/// `to_bytes` of what is not negative and takes no more than eight bytes: they stand first in what is returned. None: the
/// general way knows, or says what is wrong.
pub fn small_to_bytes(n: i64, length: usize, order: ByteOrder, signed: bool) -> Option<[u8; 8]> {
    if n < 0 || length == 0 || length > 8 {
        return None;
    }
    let bits = 8 * length - signed as usize;
    if bits < 63 && n >> bits != 0 {
        return None;
    }
    Some(match order {
        ByteOrder::Little => n.to_le_bytes(),
        ByteOrder::Big => (n << (64 - 8 * length)).to_be_bytes(),
    })
}

/// `from_bytes` of up to seven bytes.
pub fn small_from_bytes(bytes: &[u8], order: ByteOrder, signed: bool) -> Option<i64> {
    if bytes.is_empty() || bytes.len() > 7 {
        return None;
    }
    let join = |n: i64, &b: &u8| n << 8 | b as i64;
    let n = match order {
        ByteOrder::Little => bytes.iter().rev().fold(0, join),
        ByteOrder::Big => bytes.iter().fold(0, join),
    };
    // The sign goes up from its bit.
    let above = if signed { 64 - 8 * bytes.len() } else { 0 };
    Some(n << above >> above)
}

/// `int.from_bytes(bytes, order, signed=signed)`
pub fn from_bytes(bytes: &[u8], order: ByteOrder, signed: bool) -> IBig {
    match (order, signed) {
        (_, true) if bytes.is_empty() => IBig::ZERO,
        (ByteOrder::Little, true) => IBig::from_le_bytes(bytes),
        (ByteOrder::Big, true) => IBig::from_be_bytes(bytes),
        (ByteOrder::Little, false) => UBig::from_le_bytes(bytes).into(),
        (ByteOrder::Big, false) => UBig::from_be_bytes(bytes).into(),
    }
}

/// `n.bit_length()`
pub fn bit_length(n: &IBig) -> usize {
    let (_, words) = n.as_sign_words();
    match words.last() {
        None => 0,
        Some(top) => words.len() * 64 - top.leading_zeros() as usize,
    }
}

/// `n.bit_count()`: ones in the magnitude.
pub fn bit_count(n: &IBig) -> usize {
    n.as_sign_words()
        .1
        .iter()
        .map(|w| w.count_ones() as usize)
        .sum()
}

/// Bit length of a magnitude.
pub fn ubig_bit_length(n: &UBig) -> usize {
    n.bit_len()
}
