//! Templates of `str.format`: literal text, fields with conversion and spec, and paths (`0.name[key]`).
//!
//! Parsing only: the caller evaluates fields, formats values and expands nested specs, counting depth.

use crate::code_points::Text;
use crate::error::{Error, Result};
use crate::unicode::decimal;

/// A replacement field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field<'a> {
    /// What stands before `!` and `:`, see [`split_path`].
    pub name: Text<'a>,
    /// The character behind `!`.
    pub conversion: Option<u32>,
    /// What stands behind `:`, empty if nothing.
    pub spec: Text<'a>,
    /// The spec holds fields of its own and must be expanded first.
    pub nested: bool,
}

/// A run of literal text and the field behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chunk<'a> {
    /// Text to copy.
    pub literal: Text<'a>,
    /// The field, unless the text ends in a doubled brace or the template ends.
    pub field: Option<Field<'a>>,
}

/// `ValueError: Max string recursion exceeded`, for specs nested more than two deep.
pub fn too_deep() -> Error {
    Error::value("Max string recursion exceeded")
}

/// `ValueError: Unknown conversion specifier`
pub fn unknown_conversion(c: u32) -> Error {
    Error::value(match c {
        33..127 => format!("Unknown conversion specifier {}", c as u8 as char),
        _ => format!("Unknown conversion specifier \\x{c:x}"),
    })
}

/// Chunks of a template.
#[derive(Clone, Debug)]
pub struct Chunks<'a> {
    text: Text<'a>,
    at: usize,
}

/// Parses `template` piecewise.
pub fn parse(template: Text<'_>) -> Chunks<'_> {
    Chunks {
        text: template,
        at: 0,
    }
}

const OPEN: u32 = b'{' as u32;
const CLOSE: u32 = b'}' as u32;

impl<'a> Iterator for Chunks<'a> {
    type Item = Result<Chunk<'a>>;

    fn next(&mut self) -> Option<Result<Chunk<'a>>> {
        if self.at >= self.text.len() {
            return None;
        }
        let chunk = self.chunk();
        if chunk.is_err() {
            self.at = self.text.len();
        }
        Some(chunk)
    }
}

impl<'a> Chunks<'a> {
    fn bump(&mut self) -> Option<u32> {
        let c = self.text.get(self.at)?;
        self.at += 1;
        Some(c)
    }

    fn chunk(&mut self) -> Result<Chunk<'a>> {
        let start = self.at;
        let brace = loop {
            match self.bump() {
                None => break None,
                Some(c @ (OPEN | CLOSE)) => break Some(c),
                Some(_) => {}
            }
        };
        let Some(brace) = brace else {
            return Ok(Chunk {
                literal: self.text.slice(start..self.at),
                field: None,
            });
        };
        let doubled = self.text.get(self.at) == Some(brace);
        if doubled {
            let literal = self.text.slice(start..self.at);
            self.at += 1;
            return Ok(Chunk {
                literal,
                field: None,
            });
        }
        if brace == CLOSE {
            return Err(Error::value("Single '}' encountered in format string"));
        }
        if self.at >= self.text.len() {
            return Err(Error::value("Single '{' encountered in format string"));
        }
        let literal = self.text.slice(start..self.at - 1);
        let field = Some(self.field()?);
        Ok(Chunk { literal, field })
    }

    fn field(&mut self) -> Result<Field<'a>> {
        let start = self.at;
        let mut last = None;
        while let Some(c) = self.bump() {
            last = Some(c);
            match u8::try_from(c) {
                Ok(b'{') => return Err(Error::value("unexpected '{' in field name")),
                Ok(b'[') => {
                    while self.text.get(self.at).is_some_and(|c| c != u32::from(b']')) {
                        self.at += 1;
                    }
                }
                Ok(b'}' | b':' | b'!') => break,
                _ => {}
            }
        }
        let empty = self.text.slice(0..0);
        let mut field = Field {
            name: self.text.slice(start..self.at.max(start + 1) - 1),
            conversion: None,
            spec: empty,
            nested: false,
        };
        match last.and_then(|c| u8::try_from(c).ok()) {
            Some(b'}') => return Ok(field),
            Some(b':') => {}
            Some(b'!') => {
                let c = self.bump().ok_or_else(|| {
                    Error::value("end of string while looking for conversion specifier")
                })?;
                field.conversion = Some(c);
                match self.bump() {
                    Some(CLOSE) => return Ok(field),
                    Some(c) if c != u32::from(b':') => {
                        return Err(Error::value("expected ':' after conversion specifier"));
                    }
                    _ => {}
                }
            }
            _ => return Err(Error::value("expected '}' before end of string")),
        }
        let start = self.at;
        let mut depth = 1;
        while let Some(c) = self.bump() {
            match c {
                OPEN => {
                    field.nested = true;
                    depth += 1;
                }
                CLOSE => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                field.spec = self.text.slice(start..self.at - 1);
                return Ok(field);
            }
        }
        Err(Error::value("unmatched '{' in format spec"))
    }
}

/// What a field name begins with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum First<'a> {
    /// Nothing: the next automatic number.
    Auto,
    /// A positional argument.
    Index(usize),
    /// A keyword argument.
    Name(Text<'a>),
}

/// One step behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step<'a> {
    /// `.name`
    Attribute(Text<'a>),
    /// `[0]`
    Index(usize),
    /// `[key]`
    Key(Text<'a>),
}

/// Digits only: their number; `None` for anything else.
fn integer(text: Text<'_>) -> Result<Option<usize>> {
    let mut n: usize = 0;
    for c in text.iter() {
        let Some(d) = decimal(c) else { return Ok(None) };
        n = n
            .checked_mul(10)
            .and_then(|n| n.checked_add(usize::from(d)))
            .filter(|&n| n <= isize::MAX as usize)
            .ok_or_else(|| Error::value("Too many decimal digits in format string"))?;
    }
    Ok((!text.is_empty()).then_some(n))
}

/// Splits a field name into its beginning and an iterator over the steps.
pub fn split_path(name: Text<'_>) -> Result<(First<'_>, Steps<'_>)> {
    let end = name
        .iter()
        .position(|c| matches!(u8::try_from(c), Ok(b'.' | b'[')))
        .unwrap_or(name.len());
    let head = name.slice(0..end);
    let first = match integer(head)? {
        Some(i) => First::Index(i),
        None if head.is_empty() => First::Auto,
        None => First::Name(head),
    };
    Ok((
        first,
        Steps {
            text: name,
            at: end,
        },
    ))
}

/// Steps of a path.
#[derive(Clone, Debug)]
pub struct Steps<'a> {
    text: Text<'a>,
    at: usize,
}

impl<'a> Iterator for Steps<'a> {
    type Item = Result<Step<'a>>;

    fn next(&mut self) -> Option<Result<Step<'a>>> {
        if self.at >= self.text.len() {
            return None;
        }
        let step = self.step();
        if step.is_err() {
            self.at = self.text.len();
        }
        Some(step)
    }
}

impl<'a> Steps<'a> {
    fn until(&mut self, stop: impl Fn(u8) -> bool) -> Text<'a> {
        let start = self.at;
        while let Some(c) = self.text.get(self.at) {
            if u8::try_from(c).is_ok_and(&stop) {
                break;
            }
            self.at += 1;
        }
        self.text.slice(start..self.at)
    }

    fn step(&mut self) -> Result<Step<'a>> {
        let empty = || Error::value("Empty attribute in format string");
        let opener = self.text.at(self.at);
        self.at += 1;
        match u8::try_from(opener) {
            Ok(b'.') => {
                let name = self.until(|b| matches!(b, b'.' | b'['));
                if name.is_empty() {
                    Err(empty())
                } else {
                    Ok(Step::Attribute(name))
                }
            }
            Ok(b'[') => {
                let key = self.until(|b| b == b']');
                if self.at >= self.text.len() {
                    return Err(Error::value("Missing ']' in format string"));
                }
                self.at += 1;
                match integer(key)? {
                    Some(i) => Ok(Step::Index(i)),
                    None if key.is_empty() => Err(empty()),
                    None => Ok(Step::Key(key)),
                }
            }
            _ => Err(Error::value(
                "Only '.' or '[' may follow ']' in format field specifier",
            )),
        }
    }
}

/// Automatic numbering of fields; a template uses it throughout or not at all.
#[derive(Clone, Debug, Default)]
pub struct AutoNumber {
    manual: Option<bool>,
    next: usize,
}

impl AutoNumber {
    /// The positional index a field takes, `None` for a keyword.
    pub fn resolve(&mut self, first: First<'_>) -> Result<Option<usize>> {
        let manual = match first {
            First::Name(_) => return Ok(None),
            First::Index(_) => true,
            First::Auto => false,
        };
        if *self.manual.get_or_insert(manual) != manual {
            let (a, b) = if manual {
                ("automatic field numbering", "manual field specification")
            } else {
                ("manual field specification", "automatic field numbering")
            };
            return Err(Error::value(format!("cannot switch from {a} to {b}")));
        }
        if let First::Index(i) = first {
            return Ok(Some(i));
        }
        self.next += 1;
        Ok(Some(self.next - 1))
    }
}
