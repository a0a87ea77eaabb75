//! The built-in error handlers: strict, ignore, replace, backslashreplace, xmlcharrefreplace,
//! namereplace, surrogateescape, surrogatepass.

use super::{DecodeError, EncodeError, Replacement};
use crate::code_points::{Text, TextBuf};
use crate::str_repr::push_escape;
use crate::unicode::names;

/// A built-in error handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errors {
    /// Raise.
    Strict,
    /// Leave out.
    Ignore,
    /// A replacement character.
    Replace,
    /// `\x..`, `\u....`
    BackslashReplace,
    /// `&#...;` (encoding only)
    XmlCharRefReplace,
    /// `\N{...}` (encoding only)
    NameReplace,
    /// Bytes to lone low surrogates and back.
    SurrogateEscape,
    /// Surrogates as if they were characters.
    SurrogatePass,
}

/// Layout of code units, for `surrogatepass`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Units {
    Utf8,
    Wide { size: usize, big: bool },
}

/// The UTF the name stands for, in any spelling.
fn units_of(encoding: &str) -> Option<Units> {
    let name: String = encoding
        .chars()
        .filter(|c| !matches!(c, '-' | '_'))
        .collect::<String>()
        .to_ascii_lowercase();
    let rest = match name.strip_prefix("utf") {
        Some(rest) => rest,
        None if name == "cp65001" => "8",
        None => return None,
    };
    let native_big = cfg!(target_endian = "big");
    Some(match rest {
        "8" => Units::Utf8,
        "16" => Units::Wide {
            size: 2,
            big: native_big,
        },
        "16le" => Units::Wide {
            size: 2,
            big: false,
        },
        "16be" => Units::Wide { size: 2, big: true },
        "32" => Units::Wide {
            size: 4,
            big: native_big,
        },
        "32le" => Units::Wide {
            size: 4,
            big: false,
        },
        "32be" => Units::Wide { size: 4, big: true },
        _ => return None,
    })
}

fn is_surrogate(c: u32) -> bool {
    (0xd800..0xe000).contains(&c)
}

impl Errors {
    /// By its registered name.
    pub fn parse(name: &str) -> Option<Errors> {
        Some(match name {
            "strict" => Errors::Strict,
            "ignore" => Errors::Ignore,
            "replace" => Errors::Replace,
            "backslashreplace" => Errors::BackslashReplace,
            "xmlcharrefreplace" => Errors::XmlCharRefReplace,
            "namereplace" => Errors::NameReplace,
            "surrogateescape" => Errors::SurrogateEscape,
            "surrogatepass" => Errors::SurrogatePass,
            _ => return None,
        })
    }

    /// Handles a decoding error: appends to `out` and returns where to go on, or `None` to raise.
    pub fn on_decode(self, e: &DecodeError, input: &[u8], out: &mut TextBuf) -> Option<usize> {
        self.on_decode_as(e.encoding, e.start, e.end, input, out)
    }

    /// The same from loose parts, the encoding named by anybody.
    pub fn on_decode_as(
        self,
        encoding: &str,
        start: usize,
        end: usize,
        input: &[u8],
        out: &mut TextBuf,
    ) -> Option<usize> {
        let span = input.get(start..end)?;
        match self {
            Errors::Strict | Errors::XmlCharRefReplace | Errors::NameReplace => None,
            Errors::Ignore => Some(end),
            Errors::Replace => {
                out.push(0xfffd);
                Some(end)
            }
            Errors::BackslashReplace => {
                span.iter().for_each(|&b| push_escape(out, b.into()));
                Some(end)
            }
            Errors::SurrogateEscape => {
                // At most four bytes, stopping before ASCII.
                let n = span.iter().take(4).take_while(|&&b| b >= 0x80).count();
                span[..n]
                    .iter()
                    .for_each(|&b| out.push(0xdc00 + u32::from(b)));
                (n > 0).then_some(start + n)
            }
            Errors::SurrogatePass => {
                let rest = &input[start..];
                let (c, n) = match units_of(encoding)? {
                    Units::Utf8 => match *rest {
                        [0xed, b @ 0xa0..=0xbf, c @ 0x80..=0xbf, ..] => {
                            (0xd000 | u32::from(b & 0x3f) << 6 | u32::from(c & 0x3f), 3)
                        }
                        _ => return None,
                    },
                    Units::Wide { size, big } => {
                        let unit = rest.get(..size)?;
                        let join = |acc: u32, &b: &u8| acc << 8 | u32::from(b);
                        let c = if big {
                            unit.iter().fold(0, join)
                        } else {
                            unit.iter().rev().fold(0, join)
                        };
                        (c, size)
                    }
                };
                if !is_surrogate(c) {
                    return None;
                }
                out.push(c);
                Some(start + n)
            }
        }
    }

    /// Handles an encoding error: the replacement and where to go on, or `None` to raise.
    pub fn on_encode(self, e: &EncodeError, text: Text<'_>) -> Option<(Replacement, usize)> {
        if self == Errors::SurrogateEscape && matches!(e.encoding, "utf-8" | "latin-1" | "ascii") {
            // These encoders take what can be escaped before they give up.
            let escapable = |&i: &usize| (0xdc80..0xdd00).contains(&text.at(i));
            let end = e.start + (e.start..e.end).take_while(escapable).count();
            return (end > e.start)
                .then(|| self.on_encode_as(e.encoding, e.start, end, text))
                .flatten();
        }
        self.on_encode_as(e.encoding, e.start, e.end, text)
    }

    /// The same from loose parts, the encoding named by anybody.
    pub fn on_encode_as(
        self,
        encoding: &str,
        start: usize,
        end: usize,
        text: Text<'_>,
    ) -> Option<(Replacement, usize)> {
        let span = text.slice(start..end);
        let mut out = TextBuf::new();
        match self {
            Errors::Strict => return None,
            Errors::Ignore => {}
            Errors::Replace => out.push_n(b'?'.into(), span.len()),
            Errors::BackslashReplace => span.iter().for_each(|c| push_escape(&mut out, c)),
            Errors::XmlCharRefReplace => span.iter().for_each(|c| out.push_str(&format!("&#{c};"))),
            Errors::NameReplace => {
                for c in span.iter() {
                    match names::name(c) {
                        Some(name) => out.push_str(&format!("\\N{{{name}}}")),
                        None => push_escape(&mut out, c),
                    }
                }
            }
            Errors::SurrogateEscape => {
                let bytes: Option<Vec<u8>> = span
                    .iter()
                    .map(|c| (0xdc80..0xdd00).contains(&c).then(|| (c - 0xdc00) as u8))
                    .collect();
                return bytes.map(|b| (Replacement::Bytes(b), end));
            }
            Errors::SurrogatePass => {
                let units = units_of(encoding)?;
                let mut bytes = vec![];
                for c in span.iter() {
                    if !is_surrogate(c) {
                        return None;
                    }
                    match units {
                        Units::Utf8 => bytes.extend([
                            0xe0 | (c >> 12) as u8,
                            0x80 | (c >> 6) as u8 & 0x3f,
                            0x80 | c as u8 & 0x3f,
                        ]),
                        Units::Wide { size, big: true } => {
                            bytes.extend_from_slice(&c.to_be_bytes()[4 - size..])
                        }
                        Units::Wide { size, big: false } => {
                            bytes.extend_from_slice(&c.to_le_bytes()[..size])
                        }
                    }
                }
                return Some((Replacement::Bytes(bytes), end));
            }
        }
        Some((Replacement::Text(out), end))
    }

    /// Appends a `translate`-style replacement: the same for `UnicodeTranslateError`.
    pub fn on_translate(self, start: usize, end: usize, out: &mut TextBuf) -> Option<usize> {
        match self {
            Errors::Ignore => Some(end),
            Errors::Replace => {
                out.push_n(0xfffd, end - start);
                Some(end)
            }
            _ => None,
        }
    }
}
