//! What is searched: a string's units or a buffer's bytes, borrowed for the time of a call. Strings do not change; a buffer
//! whose bytes may change is copied.

use super::engine::{Halt, Machine, Mode};
use super::pattern::Pattern;
use std::borrow::Cow;
use typhon_vm::native::*;
use typhon_vm::objects::buffer;
use typhon_vm::objects::bytes::{Bytes, new_bytes};
use typhon_vm::objects::str::{Units, make};

/// A subject held for the time of a call.
pub struct Subject<'a> {
    pub value: &'a Value,
    bytes: Option<Buffer>,
}

/// The text of a subject.
pub enum Text<'a> {
    Units(Units<'a>),
    Bytes(Cow<'a, [u8]>),
}

impl Text<'_> {
    pub fn len(&self) -> usize {
        match self {
            Text::Units(u) => u.len(),
            Text::Bytes(b) => b.len(),
        }
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A match as positions: begin and end, the groups' marks, the group closed last.
pub struct Found {
    pub start: usize,
    pub end: usize,
    pub marks: Vec<usize>,
    pub lastindex: u32,
}

impl<'a> Subject<'a> {
    /// The subject of a pattern; TypeError when the two do not go together.
    pub fn new(cx: &mut Cx, pattern: &Pattern, value: &'a Value) -> Res<Subject<'a>> {
        let s = Subject::of(cx, value)?;
        match (pattern.is_bytes, s.bytes.is_some()) {
            (Some(true), false) => {
                Err(cx.type_error("cannot use a bytes pattern on a string-like object"))
            }
            (Some(false), true) => {
                Err(cx.type_error("cannot use a string pattern on a bytes-like object"))
            }
            _ => Ok(s),
        }
    }

    /// Any string or buffer.
    pub fn of(cx: &mut Cx, value: &'a Value) -> Res<Subject<'a>> {
        if value.downcast::<Str>().is_some() {
            return Ok(Subject { value, bytes: None });
        }
        match buffer::get_opt(cx, value, false)? {
            Some(b) => Ok(Subject {
                value,
                bytes: Some(b),
            }),
            None => {
                let n = value.type_name();
                Err(cx.type_error(format!("expected string or bytes-like object, got '{n}'")))
            }
        }
    }

    pub fn text(&self) -> Text<'_> {
        match (&self.bytes, self.value.downcast::<Str>()) {
            (Some(b), _) => Text::Bytes(b.contents()),
            (None, Some(s)) => Text::Units(s.units()),
            (None, None) => Text::Bytes(Cow::Borrowed(&[])),
        }
    }

    /// The part `start..end` as a `str` or `bytes`.
    pub fn slice(&self, cx: &mut Cx, text: &Text<'_>, start: usize, end: usize) -> Res<Value> {
        match text {
            Text::Units(_) => match self.value.downcast::<Str>() {
                Some(s) => make::substring(cx, s, start.min(s.len()), end.min(s.len())),
                None => Ok(Value::none()),
            },
            Text::Bytes(b) => {
                let (start, end) = (start.min(b.len()), end.min(b.len()));
                if start == 0 && end == b.len() && self.value.downcast_exact::<Bytes>().is_some() {
                    return Ok(self.value.clone());
                }
                new_bytes(cx, &b[start..end.max(start)])
            }
        }
    }

    /// `""` or `b""`.
    pub fn empty(&self) -> Value {
        if self.bytes.is_some() {
            typhon_vm::objects::bytes::empty()
        } else {
            typhon_vm::objects::str::empty()
        }
    }
}

/// Which way to look for a match.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum How {
    Match,
    FullMatch,
    Search,
}

/// Run the pattern on the text up to `end` from `pos` on.
pub fn find(
    cx: &mut Cx,
    pattern: &Pattern,
    text: &Text<'_>,
    pos: usize,
    end: usize,
    how: How,
    must_advance: bool,
) -> Res<Option<Found>> {
    if pos > end {
        return Ok(None);
    }
    match text {
        Text::Units(Units::Latin1(s)) => find_in(cx, pattern, &s[..end], pos, how, must_advance),
        Text::Units(Units::Ucs2(s)) => find_in(cx, pattern, &s[..end], pos, how, must_advance),
        Text::Units(Units::Ucs4(s)) => find_in(cx, pattern, &s[..end], pos, how, must_advance),
        Text::Bytes(s) => find_in(cx, pattern, &s[..end], pos, how, must_advance),
    }
}

fn find_in<U: super::engine::Unit>(
    cx: &mut Cx,
    pattern: &Pattern,
    text: &[U],
    pos: usize,
    how: How,
    must_advance: bool,
) -> Res<Option<Found>> {
    let mode = Mode {
        whole: how == How::FullMatch,
        must_advance,
    };
    let done = {
        let mut poll = || crate::os_call::check_signals(cx);
        let mut m = Machine::new(pattern.program(), text, pattern.groups, &mut poll);
        let found = if how == How::Search {
            m.search(pos, mode)
        } else {
            m.match_at(pos, mode)
        };
        match found {
            Ok(None) => Ok(None),
            Ok(Some((start, end))) => Ok(Some(Found {
                start,
                end,
                lastindex: m.lastindex,
                marks: m.marks.clone(),
            })),
            Err(h) => Err(h),
        }
    };
    done.map_err(|h| match h {
        Halt::Raised(r) => r,
        Halt::NoMemory => cx.memory_error(),
    })
}
