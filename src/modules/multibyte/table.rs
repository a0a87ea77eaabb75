//! An encoding's characters by code, and codes by character: made from its description when it is first used.

use super::kinds::{FOUR, KINDS, Kind};
use encoding_rs::{DecoderResult, EncoderResult};
use std::collections::HashMap;
use std::sync::OnceLock;

pub struct Table {
    pub kind: &'static Kind,
    /// By the two bytes, each less 0x80 for the first: 0 for none.
    to: Box<[u32]>,
    /// Three-byte codes of `euc_jp`, by their last two bytes.
    to_long: Box<[u32]>,
    from: HashMap<u32, u16>,
    from_long: HashMap<u32, u16>,
}

static TABLES: [OnceLock<Table>; 16] = [const { OnceLock::new() }; 16];
const _: () = assert!(KINDS.len() <= 16);

/// The table of an encoding, by its number.
pub fn table(number: usize) -> &'static Table {
    TABLES[number].get_or_init(|| Table::new(&KINDS[number]))
}

/// The one character that bytes stand for.
fn decoded(kind: &Kind, bytes: &[u8]) -> Option<u32> {
    let mut text = String::with_capacity(16);
    let mut decoder = kind.base.new_decoder_without_bom_handling();
    let (result, read) = decoder.decode_to_string_without_replacement(bytes, &mut text, true);
    let mut chars = text.chars();
    match (result, chars.next(), chars.next()) {
        (DecoderResult::InputEmpty, Some(c), None) if read == bytes.len() => Some(c as u32),
        _ => None,
    }
}

/// The bytes that `encoding_rs` gives a character.
fn encoded(kind: &Kind, c: u32) -> Option<Vec<u8>> {
    let text = char::from_u32(c)?.to_string();
    let mut out = Vec::with_capacity(16);
    let mut encoder = kind.base.new_encoder();
    match encoder.encode_from_utf8_to_vec_without_replacement(&text, &mut out, true) {
        (EncoderResult::InputEmpty, _) => Some(out),
        _ => None,
    }
}

fn place(code: u16) -> usize {
    code as usize & 0x7FFF
}

impl Table {
    fn new(kind: &'static Kind) -> Table {
        let is_long = matches!(kind.name, "euc_jp");
        let mut t = Table {
            kind,
            to: vec![0; 0x8000].into(),
            to_long: vec![0; if is_long { 0x8000 } else { 0 }].into(),
            from: HashMap::new(),
            from_long: HashMap::new(),
        };
        let least = if kind.high { 0xA1 } else { 0x40 };
        let codes = || (0x8100..=0xFEFEu16).filter(|c| (c & 0xFF) >= least && (c >> 8) >= 0x81);
        let (mut other, mut rest) = (kind.other.iter().peekable(), "".chars());
        for code in codes().filter(|c| !kind.high || (c >> 8) >= 0xA1) {
            let bytes = code.to_be_bytes();
            // A first byte that is a character by itself begins no other.
            if decoded(kind, &bytes[..1]).is_some() {
                continue;
            }
            let Some(c) = decoded(kind, &bytes) else {
                continue;
            };
            if kind.without.iter().any(|(a, b)| (*a..=*b).contains(&code)) {
                continue;
            }
            if let Some((_, text)) = other.next_if(|(from, _)| *from == code) {
                rest = text.chars();
            }
            let c = rest.next().map_or(c, u32::from);
            t.to[place(code)] = c;
            t.from.entry(c).or_insert(code);
        }
        if is_long {
            for code in (0xA1A1..=0xFEFEu16).filter(|c| c & 0xFF >= 0xA1) {
                let [a, b] = code.to_be_bytes();
                let c = match code {
                    0xA2B7 => Some(u32::from('~')),
                    _ => decoded(kind, &[0x8F, a, b]),
                };
                if let Some(c) = c {
                    t.to_long[place(code)] = c;
                    t.from_long.entry(c).or_insert(code);
                }
            }
        }
        // Of several codes for one character the lowest is the usual one, but for what differs.
        for (from, _) in kind.other {
            t.from.insert(t.to[place(*from)], *from);
        }
        t.from.extend(kind.also.iter().copied());
        t
    }

    pub fn char_at(&self, code: u16) -> Option<u32> {
        Some(self.to[place(code)]).filter(|c| *c != 0)
    }
    pub fn char_at_long(&self, code: u16) -> Option<u32> {
        self.to_long.get(place(code)).copied().filter(|c| *c != 0)
    }
    pub fn code_of(&self, c: u32) -> Option<u16> {
        self.from.get(&c).copied()
    }
    pub fn code_of_long(&self, c: u32) -> Option<u16> {
        self.from_long.get(&c).copied()
    }
    /// Characters of four bytes (`gb18030`).
    pub fn char_of_four(&self, bytes: &[u8]) -> Option<u32> {
        let moved = FOUR.iter().find(|(_, four)| four == bytes);
        moved.map(|(c, _)| *c).or_else(|| decoded(self.kind, bytes))
    }
    pub fn four_of_char(&self, c: u32) -> Option<Vec<u8>> {
        match FOUR.iter().find(|(moved, _)| *moved == c) {
            Some((_, four)) => Some(four.to_vec()),
            None => encoded(self.kind, c).filter(|b| b.len() == 4),
        }
    }
}
