//! The type codes of arrays: what an item is in memory, and how it becomes an object. Here and not with `array`, for the loop reads
//! and writes items of the commonest codes itself (`numbers.rs`).

use crate::native::*;
use crate::number;
use crate::objects::str::new_str_code_points;

/// One kind of item.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    pub letter: u8,
    pub size: usize,
}

pub const CODES: [Code; 14] = [
    code(b'b', 1),
    code(b'B', 1),
    code(b'u', 4),
    code(b'w', 4),
    code(b'h', 2),
    code(b'H', 2),
    code(b'i', 4),
    code(b'I', 4),
    code(b'l', 8),
    code(b'L', 8),
    code(b'q', 8),
    code(b'Q', 8),
    code(b'f', 4),
    code(b'd', 8),
];

const fn code(letter: u8, size: usize) -> Code {
    Code { letter, size }
}

/// The codes in one string.
pub const LETTERS: &str = "bBuwhHiIlLqQfd";

/// The item of memory, as wide as the widest.
pub type Bytes8 = [u8; 8];

impl Code {
    pub fn of(letter: char) -> Option<&'static Code> {
        CODES.iter().find(|code| char::from(code.letter) == letter)
    }

    pub fn is_text(&self) -> bool {
        matches!(self.letter, b'u' | b'w')
    }

    fn is_signed(&self) -> bool {
        self.letter.is_ascii_lowercase() && !self.is_text()
    }

    /// As the `struct` module and memoryviews write it.
    pub fn format(&self) -> &'static str {
        match self.letter {
            b'u' => "w",
            letter => {
                let at = LETTERS
                    .bytes()
                    .position(|other| other == letter)
                    .unwrap_or(0);
                &LETTERS[at..at + 1]
            }
        }
    }

    /// The item of an object. Runs `__index__` and `__float__`.
    pub fn encode(&self, cx: &mut Cx, v: &Value) -> Res<Bytes8> {
        if self.letter == b'd' {
            return Ok(number::as_f64(cx, v)?.to_ne_bytes());
        }
        let mut out = [0; 8];
        match self.letter {
            b'u' | b'w' => {
                let c = match v.downcast::<Str>() {
                    Some(s) if s.len() == 1 => s.at(0),
                    Some(s) => {
                        let n = s.len();
                        return Err(cx.type_error(format!(
                            "array item must be a unicode character, not a string of length {n}"
                        )));
                    }
                    None => {
                        let name = v.type_name();
                        return Err(cx.type_error(format!(
                            "array item must be a unicode character, not {name}"
                        )));
                    }
                };
                out[..4].copy_from_slice(&c.to_ne_bytes());
            }
            b'f' => out[..4].copy_from_slice(&(number::as_f64(cx, v)? as f32).to_ne_bytes()),
            b'I' => {
                let n = number::index_u64(cx, v)?;
                let Ok(n) = u32::try_from(n) else {
                    return Err(cx.overflow_error("unsigned int is greater than maximum"));
                };
                out[..4].copy_from_slice(&n.to_ne_bytes());
            }
            b'L' => out = number::index_u64(cx, v)?.to_ne_bytes(),
            b'q' | b'Q' => out = self.encode_long_long(cx, v)?,
            b'l' => out = number::index_i64(cx, v)?.to_ne_bytes(),
            _ => {
                let n = number::index_i64(cx, v)?;
                let bits = self.size as u32 * 8;
                let (low, high) = if self.is_signed() {
                    (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
                } else {
                    (0, (1i64 << bits) - 1)
                };
                if n < low || n > high {
                    // CPython reads into the next larger signed type first.
                    let name = match self.letter {
                        b'b' if i16::try_from(n).is_err() => "signed short integer",
                        b'H' if i32::try_from(n).is_err() => "signed integer",
                        b'b' => "signed char",
                        b'B' => "unsigned byte integer",
                        b'h' => "signed short integer",
                        b'H' => "unsigned short",
                        _ => "signed integer",
                    };
                    let side = if n < low {
                        "less than minimum"
                    } else {
                        "greater than maximum"
                    };
                    return Err(cx.overflow_error(format!("{name} is {side}")));
                }
                out[..self.size].copy_from_slice(&n.to_ne_bytes()[..self.size]);
            }
        }
        Ok(out)
    }

    fn encode_long_long(&self, cx: &mut Cx, v: &Value) -> Res<Bytes8> {
        let int = number::to_index(cx, v)?;
        let big = number::as_bigint(cx, &int)?;
        if self.letter == b'q' {
            return match i64::try_from(&big) {
                Ok(n) => Ok(n.to_ne_bytes()),
                Err(_) => Err(cx.overflow_error("int too big to convert")),
            };
        }
        match u64::try_from(&big) {
            Ok(n) => Ok(n.to_ne_bytes()),
            Err(_) if crate::objects::int::is_negative(&int) => {
                Err(cx.overflow_error("can't convert negative int to unsigned"))
            }
            Err(_) => Err(cx.overflow_error("int too big to convert")),
        }
    }

    /// The object of an item.
    pub fn decode(&self, cx: &mut Cx, item: &[u8]) -> Res<Value> {
        if self.letter == b'd'
            && let Ok(item) = item.try_into()
        {
            return f64::from_ne_bytes(item).into_value(cx);
        }
        let mut bytes = [0; 8];
        match self.size {
            8 => bytes.copy_from_slice(&item[..8]),
            size => bytes[..size].copy_from_slice(&item[..size]),
        }
        match self.letter {
            b'u' | b'w' => {
                let c = u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
                text_of(cx, &[c])
            }
            b'f' => {
                let f = f32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
                f64::from(f).into_value(cx)
            }
            b'd' => f64::from_ne_bytes(bytes).into_value(cx),
            _ => {
                // The item stands at the low end of the word on every machine this runs on.
                let n = u64::from_le_bytes(bytes);
                let unused = 64 - self.size as u32 * 8;
                if self.is_signed() {
                    (((n << unused) as i64) >> unused).into_value(cx)
                } else {
                    n.into_value(cx)
                }
            }
        }
    }
}

const _: () = assert!(
    cfg!(target_endian = "little"),
    "`Code::decode` reads little-endian words"
);

/// A string of code points that came from anywhere.
pub fn text_of(cx: &mut Cx, points: &[u32]) -> Res<Value> {
    if let Some(c) = points.iter().find(|&&c| c > 0x10FFFF) {
        return Err(cx.value_error(format!(
            "character U+{c:x} is not in range [U+0000; U+10ffff]"
        )));
    }
    new_str_code_points(cx, points)
}

/// How items stand in a pickle: the numbers of a table that all machines share.
#[derive(Clone, Copy)]
pub enum Machine {
    Int {
        size: usize,
        signed: bool,
        big: bool,
    },
    Float {
        size: usize,
        big: bool,
    },
    Text {
        size: usize,
        big: bool,
    },
}

impl Machine {
    pub fn of(number: i64) -> Option<Machine> {
        let big = number % 2 == 1;
        Some(match number {
            0 | 1 => Machine::Int {
                size: 1,
                signed: big,
                big: false,
            },
            2..=13 => Machine::Int {
                size: 2 << ((number - 2) / 4),
                signed: (number - 2) % 4 >= 2,
                big,
            },
            14..=17 => Machine::Float {
                size: if number < 16 { 4 } else { 8 },
                big,
            },
            18..=21 => Machine::Text {
                size: if number < 20 { 2 } else { 4 },
                big,
            },
            _ => return None,
        })
    }

    /// The number of a code's own items.
    pub fn number(code: &Code) -> i64 {
        match code.letter {
            b'f' => 14,
            b'd' => 16,
            b'u' | b'w' => 20,
            _ if code.size == 1 => code.is_signed() as i64,
            _ => 2 + 4 * (code.size.ilog2() as i64 - 1) + 2 * code.is_signed() as i64,
        }
    }

    pub fn size(self) -> usize {
        match self {
            Machine::Int { size, .. }
            | Machine::Float { size, .. }
            | Machine::Text { size, .. } => size,
        }
    }

    /// The code whose items these are, whatever code they were written with.
    pub fn native(self, written: &'static Code) -> &'static Code {
        let Machine::Int { size, signed, .. } = self else {
            return written;
        };
        let fits = |code: &&Code| {
            !code.is_text()
                && !matches!(code.letter, b'f' | b'd')
                && code.size == size
                && code.is_signed() == signed
        };
        CODES.iter().rfind(fits).unwrap_or(written)
    }

    /// The objects of the items.
    pub fn decode(self, cx: &mut Cx, data: &[u8]) -> Res<Vec<Value>> {
        let mut out = Vec::new();
        if let Machine::Text { size: 2, big } = self {
            let units = data.chunks_exact(2).map(|pair| {
                let pair = [pair[0], pair[1]];
                if big {
                    u16::from_be_bytes(pair)
                } else {
                    u16::from_le_bytes(pair)
                }
            });
            for c in char::decode_utf16(units) {
                let c = c.map_or_else(|e| u32::from(e.unpaired_surrogate()), u32::from);
                out.push(text_of(cx, &[c])?);
            }
            return Ok(out);
        }
        for item in data.chunks_exact(self.size()) {
            let mut item = item.to_vec();
            let (Machine::Int { big, .. } | Machine::Float { big, .. } | Machine::Text { big, .. }) =
                self;
            if big {
                item.reverse();
            }
            let letter = match self {
                Machine::Float { size: 4, .. } => 'f',
                Machine::Float { .. } => 'd',
                Machine::Text { .. } => 'w',
                Machine::Int { size, signed, .. } => {
                    let letter = [b'b', b'h', b'i', b'q'][size.ilog2() as usize];
                    char::from(if signed {
                        letter
                    } else {
                        letter.to_ascii_uppercase()
                    })
                }
            };
            if let Some(code) = Code::of(letter) {
                out.push(code.decode(cx, &item)?);
            }
        }
        Ok(out)
    }
}

/// Turn the bytes of each item round.
pub fn swap(data: &mut [u8], size: usize) {
    data.chunks_exact_mut(size).for_each(<[u8]>::reverse);
}

/// The error of bytes that are no whole number of items.
pub fn odd_length(cx: &mut Cx) -> Raised {
    cx.value_error("bytes length not a multiple of item size")
}
