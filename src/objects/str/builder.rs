//! `StrBuilder`: accumulates text in the narrowest width that holds it, for whoever makes a string from pieces.

use super::{Str, new_from_buf};
use crate::{Cx, Res, Value, ValueExt};
use typhon_text::{Text, TextBuf};

/// Text under construction. It holds no references to objects.
#[derive(Default)]
pub struct StrBuilder {
    pub buf: TextBuf,
}

impl StrBuilder {
    pub fn new() -> StrBuilder {
        StrBuilder::default()
    }
    pub fn with_capacity(n: usize) -> StrBuilder {
        StrBuilder {
            buf: TextBuf::with_capacity(n),
        }
    }
    /// Append a string object's content.
    #[inline]
    pub fn push(&mut self, s: &Str) {
        self.buf.push_text(s.text());
    }
    /// Append the content of a value that is a `str`; others are left out.
    pub fn push_value(&mut self, v: &Value) {
        if let Some(s) = v.downcast::<Str>() {
            self.push(s);
        }
    }
    #[inline]
    pub fn push_text(&mut self, t: Text<'_>) {
        self.buf.push_text(t);
    }
    #[inline]
    pub fn push_str(&mut self, s: &str) {
        self.buf.push_str(s);
    }
    #[inline]
    pub fn push_char(&mut self, c: u32) {
        self.buf.push(c);
    }
    pub fn len(&self) -> usize {
        self.buf.len()
    }
    pub fn is_empty(&self) -> bool {
        self.buf.is_empty()
    }
    /// The string made.
    pub fn finish(self, cx: &mut Cx) -> Res<Value> {
        new_from_buf(cx, self.buf)
    }
}
