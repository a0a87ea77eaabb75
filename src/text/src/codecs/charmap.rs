//! Character maps: one byte a character by a table of 256.

use super::{DecodeError, EncodeError};
use crate::code_points::{Text, TextBuf};

/// What a decoding table holds for bytes without a character.
pub const UNDEFINED: u32 = 0xfffe;
const REASON: &str = "character maps to <undefined>";

/// Decodes from `*at` by `table`; see [`super::Decoder`].
pub fn decode(
    table: Text<'_>,
    input: &[u8],
    at: &mut usize,
    out: &mut TextBuf,
) -> Result<(), DecodeError> {
    while let Some(&b) = input.get(*at) {
        match table.get(usize::from(b)) {
            Some(c) if c != UNDEFINED => out.push(c),
            _ => {
                return Err(DecodeError {
                    encoding: "charmap",
                    start: *at,
                    end: *at + 1,
                    reason: REASON,
                });
            }
        }
        *at += 1;
    }
    Ok(())
}

/// `codecs.charmap_build`: the inverse of a decoding table.
#[derive(Clone, Debug, Default)]
pub struct EncodingMap {
    sorted: Vec<(u32, u8)>,
}

impl EncodingMap {
    /// From the first 256 characters of `table`; of equal ones the last counts.
    pub fn build(table: Text<'_>) -> EncodingMap {
        let mut sorted: Vec<(u32, u8)> = table
            .iter()
            .take(256)
            .enumerate()
            .filter(|&(_, c)| c != UNDEFINED)
            .map(|(i, c)| (c, i as u8))
            .collect();
        sorted.sort_unstable_by_key(|&(c, b)| (c, std::cmp::Reverse(b)));
        sorted.dedup_by_key(|e| e.0);
        EncodingMap { sorted }
    }

    /// The byte of a character.
    #[inline]
    pub fn get(&self, c: u32) -> Option<u8> {
        let i = self.sorted.binary_search_by_key(&c, |e| e.0).ok()?;
        Some(self.sorted[i].1)
    }

    /// Encodes from `*at`; see [`super::Encoder`].
    pub fn encode(
        &self,
        text: Text<'_>,
        at: &mut usize,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        while let Some(c) = text.get(*at) {
            let Some(b) = self.get(c) else {
                let run = (*at..text.len())
                    .take_while(|&i| self.get(text.at(i)).is_none())
                    .count();
                return Err(EncodeError {
                    encoding: "charmap",
                    start: *at,
                    end: *at + run,
                    reason: REASON,
                });
            };
            out.push(b);
            *at += 1;
        }
        Ok(())
    }
}
