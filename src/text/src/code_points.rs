//! Python strings as this crate sees them: borrowed code points in the narrowest of three widths
//! ([`Text`]), and a builder that widens as it must ([`TextBuf`]).
//!
//! Lone surrogates are code points like any others here; nothing in this file is UTF-8.

use crate::memory;
use std::ops::Range;

/// One code unit of a fixed-width string.
pub trait Unit: Copy + Eq + Ord + Into<u32> + Send + Sync + 'static {
    /// The unit for `c`, if this width can hold it.
    fn from_code_point(c: u32) -> Option<Self>;
}

impl Unit for u8 {
    #[inline]
    fn from_code_point(c: u32) -> Option<u8> {
        u8::try_from(c).ok()
    }
}
impl Unit for u16 {
    #[inline]
    fn from_code_point(c: u32) -> Option<u16> {
        u16::try_from(c).ok()
    }
}
impl Unit for u32 {
    #[inline]
    fn from_code_point(c: u32) -> Option<u32> {
        Some(c)
    }
}

/// Borrowed code points, one unit each.
#[derive(Clone, Copy, Debug)]
pub enum Text<'a> {
    /// Code points below 0x100.
    Latin1(&'a [u8]),
    /// Code points below 0x10000.
    Ucs2(&'a [u16]),
    /// Any code points.
    Ucs4(&'a [u32]),
}

/// Runs `$body` with `$s` bound to the slice of units, whatever the width.
#[macro_export]
macro_rules! with_units {
    ($text:expr, $s:ident => $body:expr) => {
        match $text {
            $crate::code_points::Text::Latin1($s) => $body,
            $crate::code_points::Text::Ucs2($s) => $body,
            $crate::code_points::Text::Ucs4($s) => $body,
        }
    };
}

impl<'a> Text<'a> {
    /// Number of code points.
    #[inline]
    pub fn len(self) -> usize {
        with_units!(self, s => s.len())
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The code point at `i`; panics past the end.
    #[inline]
    pub fn at(self, i: usize) -> u32 {
        with_units!(self, s => s[i].into())
    }

    /// The code point at `i`, or `None` past the end.
    #[inline]
    pub fn get(self, i: usize) -> Option<u32> {
        with_units!(self, s => s.get(i).map(|&u| u.into()))
    }

    /// The part at `range`.
    #[inline]
    pub fn slice(self, range: Range<usize>) -> Text<'a> {
        match self {
            Text::Latin1(s) => Text::Latin1(&s[range]),
            Text::Ucs2(s) => Text::Ucs2(&s[range]),
            Text::Ucs4(s) => Text::Ucs4(&s[range]),
        }
    }

    /// The code points in order.
    #[inline]
    pub fn iter(self) -> Iter<'a> {
        Iter {
            text: self,
            at: 0,
            end: self.len(),
        }
    }

    /// Whether every code point is below 0x80.
    pub fn is_ascii(self) -> bool {
        match self {
            Text::Latin1(s) => s.is_ascii(),
            Text::Ucs2(s) => s.iter().all(|&c| c < 0x80),
            Text::Ucs4(s) => s.iter().all(|&c| c < 0x80),
        }
    }

    /// Whether the code points equal those of `s`.
    pub fn eq_str(self, s: &str) -> bool {
        self.iter().eq(s.chars().map(|c| c as u32))
    }

    /// An owned copy, in the same width.
    pub fn to_buf(self) -> TextBuf {
        match self {
            Text::Latin1(s) => TextBuf::Latin1(s.to_vec()),
            Text::Ucs2(s) => TextBuf::Ucs2(s.to_vec()),
            Text::Ucs4(s) => TextBuf::Ucs4(s.to_vec()),
        }
    }

    /// A Rust string, lone surrogates replaced by U+FFFD (for messages only).
    pub fn to_string_lossy(self) -> String {
        self.iter()
            .map(|c| char::from_u32(c).unwrap_or('\u{fffd}'))
            .collect()
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Text<'_>) -> bool {
        match (*self, *other) {
            (Text::Latin1(a), Text::Latin1(b)) => a == b,
            (Text::Ucs2(a), Text::Ucs2(b)) => a == b,
            (Text::Ucs4(a), Text::Ucs4(b)) => a == b,
            (a, b) => a.len() == b.len() && a.iter().eq(b.iter()),
        }
    }
}

/// Code points of a [`Text`].
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    text: Text<'a>,
    at: usize,
    end: usize,
}

impl Iterator for Iter<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        if self.at == self.end {
            return None;
        }
        let c = self.text.at(self.at);
        self.at += 1;
        Some(c)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.end - self.at, Some(self.end - self.at))
    }
}

impl DoubleEndedIterator for Iter<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<u32> {
        if self.at == self.end {
            return None;
        }
        self.end -= 1;
        Some(self.text.at(self.end))
    }
}

impl ExactSizeIterator for Iter<'_> {}

/// Owned code points that widen when a wider one is pushed, so the width is always the narrowest possible.
#[derive(Clone, Debug)]
pub enum TextBuf {
    /// Code points below 0x100.
    Latin1(Vec<u8>),
    /// At least one code point above 0xff was pushed.
    Ucs2(Vec<u16>),
    /// At least one code point above 0xffff was pushed.
    Ucs4(Vec<u32>),
}

impl Default for TextBuf {
    fn default() -> TextBuf {
        TextBuf::new()
    }
}

impl TextBuf {
    /// Nothing yet.
    pub const fn new() -> TextBuf {
        TextBuf::Latin1(Vec::new())
    }

    /// Nothing yet, with room for `n` Latin-1 characters.
    pub fn with_capacity(n: usize) -> TextBuf {
        TextBuf::Latin1(memory::vec(n))
    }

    /// The content, borrowed.
    #[inline]
    pub fn as_text(&self) -> Text<'_> {
        match self {
            TextBuf::Latin1(v) => Text::Latin1(v),
            TextBuf::Ucs2(v) => Text::Ucs2(v),
            TextBuf::Ucs4(v) => Text::Ucs4(v),
        }
    }

    /// Number of code points.
    #[inline]
    pub fn len(&self) -> usize {
        self.as_text().len()
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends one code point.
    #[inline]
    pub fn push(&mut self, c: u32) {
        match self {
            TextBuf::Latin1(v) if c < 0x100 => v.push(c as u8),
            TextBuf::Ucs2(v) if c < 0x10000 => v.push(c as u16),
            TextBuf::Ucs4(v) => v.push(c),
            _ => {
                self.widen(c);
                self.push(c);
            }
        }
    }

    #[cold]
    fn widen(&mut self, c: u32) {
        *self = match std::mem::take(self) {
            TextBuf::Latin1(v) if c < 0x10000 => {
                let mut w = memory::vec(v.capacity());
                w.extend(v.iter().map(|&u| u16::from(u)));
                TextBuf::Ucs2(w)
            }
            TextBuf::Latin1(v) => {
                let mut w = memory::vec(v.capacity());
                w.extend(v.iter().map(|&u| u32::from(u)));
                TextBuf::Ucs4(w)
            }
            TextBuf::Ucs2(v) => {
                let mut w = memory::vec(v.capacity());
                w.extend(v.iter().map(|&u| u32::from(u)));
                TextBuf::Ucs4(w)
            }
            wide @ TextBuf::Ucs4(_) => wide,
        };
    }

    /// Appends `n` times the code point `c`.
    pub fn push_n(&mut self, c: u32, n: usize) {
        match self {
            TextBuf::Latin1(v) if c < 0x100 => memory::fill(v, c as u8, n),
            TextBuf::Ucs2(v) if c < 0x10000 => memory::fill(v, c as u16, n),
            TextBuf::Ucs4(v) => memory::fill(v, c, n),
            _ if n == 0 => {}
            _ => {
                self.widen(c);
                self.push_n(c, n);
            }
        }
    }

    /// Appends bytes, each a Latin-1 character.
    #[inline]
    pub fn push_latin1(&mut self, s: &[u8]) {
        match self {
            TextBuf::Latin1(v) => memory::extend(v, s),
            TextBuf::Ucs2(v) => v.extend(s.iter().map(|&u| u16::from(u))),
            TextBuf::Ucs4(v) => v.extend(s.iter().map(|&u| u32::from(u))),
        }
    }

    /// Appends a Rust string.
    #[inline]
    pub fn push_str(&mut self, s: &str) {
        self.push_utf8(s);
    }

    /// Appends UTF-8, the width chosen beforehand by the largest byte.
    pub fn push_utf8(&mut self, s: &str) {
        if s.is_ascii() {
            return self.push_latin1(s.as_bytes());
        }
        let widest = s.bytes().max().unwrap_or(0);
        match (&*self, widest) {
            (TextBuf::Latin1(_) | TextBuf::Ucs2(_), 0xf0..) => self.widen(0x10000),
            (TextBuf::Latin1(_), 0xc4..) => self.widen(0x100),
            _ => {}
        }
        // The least number of characters these bytes can be.
        let n = s.len() / 2;
        match self {
            TextBuf::Latin1(v) => {
                v.reserve(n);
                v.extend(s.chars().map(|c| c as u32 as u8));
            }
            TextBuf::Ucs2(v) => {
                v.reserve(n);
                v.extend(s.chars().map(|c| c as u32 as u16));
            }
            TextBuf::Ucs4(v) => {
                v.reserve(n);
                v.extend(s.chars().map(|c| c as u32));
            }
        }
    }

    /// Appends code points of any width.
    pub fn push_text(&mut self, t: Text<'_>) {
        match (&mut *self, t) {
            (_, Text::Latin1(s)) => self.push_latin1(s),
            (TextBuf::Ucs2(v), Text::Ucs2(s)) => v.extend_from_slice(s),
            (TextBuf::Ucs4(v), Text::Ucs4(s)) => v.extend_from_slice(s),
            (_, t) => t.iter().for_each(|c| self.push(c)),
        }
    }

    /// A Rust string, lone surrogates replaced by U+FFFD (for messages and tests).
    pub fn to_string_lossy(&self) -> String {
        self.as_text().to_string_lossy()
    }
}

impl From<&str> for TextBuf {
    fn from(s: &str) -> TextBuf {
        let mut buf = TextBuf::with_capacity(s.len());
        buf.push_str(s);
        buf
    }
}

impl FromIterator<u32> for TextBuf {
    fn from_iter<I: IntoIterator<Item = u32>>(iter: I) -> TextBuf {
        let mut buf = TextBuf::new();
        buf.extend(iter);
        buf
    }
}

impl Extend<u32> for TextBuf {
    fn extend<I: IntoIterator<Item = u32>>(&mut self, iter: I) {
        iter.into_iter().for_each(|c| self.push(c));
    }
}

impl PartialEq for TextBuf {
    fn eq(&self, other: &TextBuf) -> bool {
        self.as_text() == other.as_text()
    }
}

impl Eq for TextBuf {}
