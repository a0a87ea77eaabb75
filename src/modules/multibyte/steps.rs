//! Decoding and encoding by a table, one character after the other.

use super::table::Table;
use typhon_text::code_points::{Text, TextBuf};
use typhon_text::codecs::{DecodeError, EncodeError};

/// What escape sequences of ISO 2022 have designated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Charset {
    Ascii,
    Roman,
    Double,
}

impl Charset {
    fn of(escape: &[u8]) -> Option<Charset> {
        Some(match escape {
            b"\x1b(B" => Charset::Ascii,
            b"\x1b(J" => Charset::Roman,
            b"\x1b$@" | b"\x1b$B" => Charset::Double,
            _ => return None,
        })
    }
    pub fn escape(self) -> &'static [u8] {
        match self {
            Charset::Ascii => b"\x1b(B",
            Charset::Roman => b"\x1b(J",
            Charset::Double => b"\x1b$B",
        }
    }
    pub fn number(self) -> i64 {
        self as i64
    }
    pub fn of_number(n: i64) -> Charset {
        match n {
            1 => Charset::Roman,
            2 => Charset::Double,
            _ => Charset::Ascii,
        }
    }
}

const KANA: u32 = 0xFF61 - 0xA1;

/// What stands at the beginning of some bytes.
enum Step {
    Char(u32, usize),
    /// A character begins and does not end.
    Short,
    Bad(usize),
}

fn roman(b: u8) -> u32 {
    match b {
        b'\\' => 0xA5,
        b'~' => 0x203E,
        b => u32::from(b),
    }
}

fn step(t: &Table, bytes: &[u8]) -> Step {
    let a = bytes[0];
    let one = |c| Step::Char(c, 1);
    match (t.kind.name, a) {
        (_, 0..=0x7F) => return one(u32::from(a)),
        ("cp932" | "shift_jis", 0xA1..=0xDF) => return one(u32::from(a) + KANA),
        ("cp932", 0x80) => return one(u32::from(a)),
        ("cp932", 0xA0) => return one(0xF8F0),
        ("cp932", 0xFD..) => return one(u32::from(a) - 0xFD + 0xF8F1),
        (_, 0x80 | 0xFF) => return Step::Bad(1),
        _ => {}
    }
    let Some(&b) = bytes.get(1) else {
        return Step::Short;
    };
    match (t.kind.name, a, b) {
        ("euc_jp", 0x8E, 0xA1..=0xDF) => return Step::Char(u32::from(b) + KANA, 2),
        ("euc_jp", 0x8F, _) => {
            let Some(&c) = bytes.get(2) else {
                return Step::Short;
            };
            let found = (b >= 0xA1 && c >= 0xA1)
                .then(|| t.char_at_long(u16::from_be_bytes([b, c])))
                .flatten();
            return found.map_or(Step::Bad(1), |c| Step::Char(c, 3));
        }
        ("gb18030", _, b'0'..=b'9') => {
            let Some(four) = bytes.get(..4) else {
                return Step::Short;
            };
            return t
                .char_of_four(four)
                .map_or(Step::Bad(1), |c| Step::Char(c, 4));
        }
        _ => {}
    }
    t.char_at(u16::from_be_bytes([a, b]))
        .map_or(Step::Bad(1), |c| Step::Char(c, 2))
}

/// A character of ISO 2022 in the designated set, or the length of an escape sequence.
fn step_2022(t: &Table, set: &mut Charset, bytes: &[u8]) -> Result<Step, usize> {
    let a = bytes[0];
    if a == 0x1B {
        let Some(escape) = bytes.get(..3) else {
            return Ok(Step::Short);
        };
        return match Charset::of(escape) {
            Some(next) => {
                *set = next;
                Err(3)
            }
            None => Ok(Step::Bad(1)),
        };
    }
    if a == b'\n' {
        *set = Charset::Ascii;
    }
    Ok(match *set {
        _ if a >= 0x80 => Step::Bad(1),
        _ if a < 0x20 => Step::Char(u32::from(a), 1),
        Charset::Ascii => Step::Char(u32::from(a), 1),
        Charset::Roman => Step::Char(roman(a), 1),
        Charset::Double => match bytes.get(1) {
            None => Step::Short,
            Some(&b) => t
                .char_at(u16::from_be_bytes([a | 0x80, b | 0x80]))
                .filter(|_| b < 0x80)
                .map_or(Step::Bad(1), |c| Step::Char(c, 2)),
        },
    })
}

/// Decodes from `*at`; see [`typhon_text::codecs::Decoder`].
pub fn decode(
    t: &Table,
    set: &mut Charset,
    input: &[u8],
    at: &mut usize,
    is_final: bool,
    out: &mut TextBuf,
) -> Result<(), DecodeError> {
    let shifts = t.kind.name == "iso2022_jp";
    let error = |start, end, reason| DecodeError {
        encoding: t.kind.name,
        start,
        end,
        reason,
    };
    while *at < input.len() {
        let rest = &input[*at..];
        let next = if shifts {
            match step_2022(t, set, rest) {
                Ok(next) => next,
                Err(length) => {
                    *at += length;
                    continue;
                }
            }
        } else {
            step(t, rest)
        };
        match next {
            Step::Char(c, n) => {
                out.push(c);
                *at += n;
            }
            Step::Bad(n) => {
                return Err(error(*at, *at + n, "illegal multibyte sequence"));
            }
            Step::Short if is_final => {
                return Err(error(*at, input.len(), "incomplete multibyte sequence"));
            }
            Step::Short => break,
        }
    }
    Ok(())
}

/// Encodes from `*at`; see [`typhon_text::codecs::Encoder`].
pub fn encode(
    t: &Table,
    set: &mut Charset,
    text: Text<'_>,
    at: &mut usize,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    while let Some(c) = text.get(*at) {
        let done = if t.kind.name == "iso2022_jp" {
            encode_2022(t, set, c, out)
        } else {
            encode_one(t, c, out)
        };
        if !done {
            return Err(EncodeError {
                encoding: t.kind.name,
                start: *at,
                end: *at + 1,
                reason: "illegal multibyte sequence",
            });
        }
        *at += 1;
    }
    Ok(())
}

fn encode_one(t: &Table, c: u32, out: &mut Vec<u8>) -> bool {
    let kana = (0xFF61..=0xFF9F).contains(&c).then(|| (c - KANA) as u8);
    match (t.kind.name, c) {
        (_, 0..=0x7F) => out.push(c as u8),
        ("cp932", 0x80) => out.push(c as u8),
        ("cp932", 0xF8F0) => out.push(0xA0),
        ("cp932", 0xF8F1..=0xF8F3) => out.push((c - 0xF8F1 + 0xFD) as u8),
        // The signs of JIS X 0201 that ASCII has in other places.
        ("shift_jis" | "euc_jp", 0xA5) => out.push(b'\\'),
        ("shift_jis" | "euc_jp", 0x203E) => out.push(b'~'),
        ("cp932" | "shift_jis", _) if kana.is_some() => out.extend(kana),
        ("euc_jp", _) if kana.is_some() => {
            out.push(0x8E);
            out.extend(kana);
        }
        _ => match (t.code_of(c), t.code_of_long(c)) {
            (Some(code), _) => out.extend(code.to_be_bytes()),
            (None, Some(code)) => {
                out.push(0x8F);
                out.extend(code.to_be_bytes());
            }
            (None, None) if t.kind.name == "gb18030" => match t.four_of_char(c) {
                Some(four) => out.extend(four),
                None => return false,
            },
            (None, None) => return false,
        },
    }
    true
}

fn encode_2022(t: &Table, set: &mut Charset, c: u32, out: &mut Vec<u8>) -> bool {
    let code = t.code_of(c).map(|code| (code & 0x7F7F).to_be_bytes());
    let (wanted, bytes): (Charset, &[u8]) = match (c, &code) {
        (0..=0x7F, _) => (Charset::Ascii, &[c as u8]),
        (0xA5, _) => (Charset::Roman, b"\\"),
        (0x203E, _) => (Charset::Roman, b"~"),
        (_, Some(code)) => (Charset::Double, code),
        (_, None) => return false,
    };
    if *set != wanted {
        out.extend(wanted.escape());
        *set = wanted;
    }
    out.extend(bytes);
    true
}
