//! Encodings of text as bytes.
//!
//! A decoder or encoder runs until the end or the first error, whose span it returns; the caller's error
//! handler says what to put in its place and where to go on ([`decode`], [`encode`] drive the loop).
//! [`Errors`] holds the handlers every Python has built in.

pub mod charmap;
pub mod escape;
pub mod handlers;
pub mod single;
pub mod utf16;
pub mod utf32;
pub mod utf7;
pub mod utf8;

pub use handlers::Errors;

use crate::code_points::{Text, TextBuf};

/// What a `UnicodeDecodeError` needs besides its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// Name of the encoding.
    pub encoding: &'static str,
    /// First byte of the offending span.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// What a `UnicodeEncodeError` needs besides its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodeError {
    /// Name of the encoding.
    pub encoding: &'static str,
    /// First character of the offending span.
    pub start: usize,
    /// One past its last character.
    pub end: usize,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// What an error handler puts into encoded output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// Characters, to be encoded in turn.
    Text(TextBuf),
    /// Bytes as they are.
    Bytes(Vec<u8>),
}

/// A decoder: reads `input` from `*at` on, appends to `out`, leaves `*at` behind what it consumed. Unless
/// `is_final`, an unfinished sequence at the end is left alone.
pub type Decoder<'a> =
    &'a mut dyn FnMut(&[u8], &mut usize, bool, &mut TextBuf) -> Result<(), DecodeError>;

/// An encoder: reads `text` from `*at` on, appends to `out`.
pub type Encoder<'a> =
    &'a mut dyn FnMut(Text<'_>, &mut usize, &mut Vec<u8>) -> Result<(), EncodeError>;

/// Decodes `input`; `handle` appends the replacement and returns where to go on. Returns what was consumed.
pub fn decode<E>(
    decoder: Decoder<'_>,
    input: &[u8],
    is_final: bool,
    out: &mut TextBuf,
    mut handle: impl FnMut(&DecodeError, &mut TextBuf) -> Result<usize, E>,
) -> Result<usize, E> {
    let mut at = 0;
    while let Err(e) = decoder(input, &mut at, is_final, out) {
        at = handle(&e, out)?;
    }
    Ok(at)
}

/// Encodes `text`; `handle` returns a replacement and where to go on. A replacement that cannot be encoded is
/// the original error, turned into the caller's by `fail`.
pub fn encode<E>(
    encoder: Encoder<'_>,
    text: Text<'_>,
    mut handle: impl FnMut(&EncodeError) -> Result<(Replacement, usize), E>,
    fail: impl FnOnce(EncodeError) -> E,
) -> Result<Vec<u8>, E> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Err(e) = encoder(text, &mut at, &mut out) {
        let (replacement, next) = handle(&e)?;
        match replacement {
            // Whole code units only.
            Replacement::Bytes(b) if b.len() % unit_size(e.encoding) != 0 => return Err(fail(e)),
            Replacement::Bytes(b) => out.extend_from_slice(&b),
            Replacement::Text(t) => {
                if encoder(t.as_text(), &mut 0, &mut out).is_err() {
                    return Err(fail(e));
                }
            }
        }
        at = next;
    }
    Ok(out)
}

fn unit_size(encoding: &str) -> usize {
    match encoding.get(..6) {
        Some("utf-16") => 2,
        Some("utf-32") => 4,
        _ => 1,
    }
}
