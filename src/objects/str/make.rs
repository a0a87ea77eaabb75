//! Making strings: from the text crate's forms, by joining, repeating and cutting. Also `Str` seen as `Text`.

use super::{
    Str, Units, new_latin1_with, new_str_exact, new_str_filled, new_str_in, new_str_units,
};
use crate::statics;
use crate::{Cx, Res, Value, ValueExt};
use typhon_text::{Text, TextBuf};

impl<'a> From<Units<'a>> for Text<'a> {
    #[inline]
    fn from(u: Units<'a>) -> Text<'a> {
        match u {
            Units::Latin1(s) => Text::Latin1(s),
            Units::Ucs2(s) => Text::Ucs2(s),
            Units::Ucs4(s) => Text::Ucs4(s),
        }
    }
}

impl<'a> From<Text<'a>> for Units<'a> {
    #[inline]
    fn from(t: Text<'a>) -> Units<'a> {
        match t {
            Text::Latin1(s) => Units::Latin1(s),
            Text::Ucs2(s) => Units::Ucs2(s),
            Text::Ucs4(s) => Units::Ucs4(s),
        }
    }
}

impl Str {
    /// The content as the text crate takes it.
    #[inline]
    pub fn text(&self) -> Text<'_> {
        self.units().into()
    }
}

/// The string of a text, narrowed.
pub fn new_from_text(cx: &mut Cx, t: Text<'_>) -> Res<Value> {
    new_str_units(cx, t.into())
}

/// The string of a builder's content, whose width is the narrowest already.
pub fn new_from_buf(cx: &mut Cx, b: TextBuf) -> Res<Value> {
    match b {
        TextBuf::Latin1(v) if v.len() >= LONG => {
            let ascii = v.is_ascii();
            new_str_in(cx, v, ascii)
        }
        TextBuf::Ucs2(v) if v.len() >= LONG => new_str_in(cx, v, false),
        TextBuf::Ucs4(v) if v.len() >= LONG => new_str_in(cx, v, false),
        short => match short.as_text() {
            Text::Latin1(s) => new_str_exact(cx, Units::Latin1(s), s.is_ascii()),
            other => new_str_exact(cx, other.into(), false),
        },
    }
}

/// From so many units on a builder's memory becomes the string's: a copy beside it would be as large once more. Below, what the
/// builder has to spare is worth the copy.
const LONG: usize = 32 << 10;

/// The one-character string of a code point.
#[inline]
pub fn new_char(cx: &mut Cx, c: u32) -> Res<Value> {
    match c {
        0..=0xFF => Ok(super::latin1_char(c as u8)),
        0x100..=0xFFFF => new_str_exact(cx, Units::Ucs2(&[c as u16]), false),
        _ => new_str_exact(cx, Units::Ucs4(&[c]), false),
    }
}

/// The empty string.
pub fn empty() -> Value {
    statics::immortal(statics::EMPTY_STR)
}

/// `s[start:end]` of an exact string's content; the whole of an exact `str` is itself.
pub fn substring(cx: &mut Cx, s: &Str, start: usize, end: usize) -> Res<Value> {
    if start == 0 && end >= s.len() && s.head.type_word() == statics::word::STR {
        return Ok(s.value());
    }
    let u = s.units().slice(start..end.max(start));
    if s.is_ascii() {
        new_str_exact(cx, u, true)
    } else {
        new_str_units(cx, u)
    }
}

/// `a + b`
pub fn concat(cx: &mut Cx, a: &Str, b: &Str) -> Res<Value> {
    if a.is_empty() && b.head.type_word() == statics::word::STR {
        return Ok(b.value());
    }
    if b.is_empty() && a.head.type_word() == statics::word::STR {
        return Ok(a.value());
    }
    let Some(n) = a
        .len()
        .checked_add(b.len())
        .filter(|&n| n < isize::MAX as usize / 4)
    else {
        return Err(cx.overflow_error("strings are too large to concat"));
    };
    let ascii = a.is_ascii() && b.is_ascii();
    macro_rules! join {
        ($t:ty) => {
            new_str_filled::<$t>(cx, n, ascii, |buf| {
                let (first, second) = buf.split_at_mut(a.len());
                copy_units(a.units(), first);
                copy_units(b.units(), second);
            })
        };
    }
    match a.kind().max(b.kind()) {
        1 => new_latin1_with(cx, n, ascii, |out| {
            out.push_str(a);
            out.push_str(b);
        }),
        2 => join!(u16),
        _ => join!(u32),
    }
}

/// A unit type that takes units of its own width or narrower.
trait Wider: Copy {
    fn from_unit(u: u32) -> Self;
    /// The units as they are, when they have this very width.
    fn same(u: Units<'_>) -> Option<&[Self]>;
}
macro_rules! wider {
    ($($t:ty: $k:ident),*) => { $(impl Wider for $t {
        #[inline(always)]
        fn from_unit(u: u32) -> $t { u as $t }
        #[inline(always)]
        fn same(u: Units<'_>) -> Option<&[$t]> { match u { Units::$k(s) => Some(s), _ => None } }
    })* };
}
wider!(u8: Latin1, u16: Ucs2, u32: Ucs4);

/// Copy units, widening them.
fn copy_units<T: Wider>(from: Units<'_>, to: &mut [T]) {
    if let Some(s) = T::same(from) {
        to.copy_from_slice(s);
        return;
    }
    match from {
        Units::Latin1(s) => to
            .iter_mut()
            .zip(s)
            .for_each(|(t, &u)| *t = T::from_unit(u.into())),
        Units::Ucs2(s) => to
            .iter_mut()
            .zip(s)
            .for_each(|(t, &u)| *t = T::from_unit(u.into())),
        Units::Ucs4(s) => to
            .iter_mut()
            .zip(s)
            .for_each(|(t, &u)| *t = T::from_unit(u)),
    }
}

/// `s * n`
pub fn repeat(cx: &mut Cx, s: &Str, n: isize) -> Res<Value> {
    if n <= 0 || s.is_empty() {
        return Ok(empty());
    }
    if n == 1 && s.head.type_word() == statics::word::STR {
        return Ok(s.value());
    }
    let n = n as usize;
    let Some(total) = s
        .len()
        .checked_mul(n)
        .filter(|&t| t < isize::MAX as usize / s.kind())
    else {
        return Err(cx.overflow_error("repeated string is too long"));
    };
    macro_rules! fill {
        ($u:expr) => {{
            let u = $u;
            new_str_filled(cx, total, s.is_ascii(), |buf| {
                if let &[one] = u {
                    buf.fill(one);
                } else {
                    for part in buf.chunks_exact_mut(u.len()) {
                        part.copy_from_slice(u);
                    }
                }
            })
        }};
    }
    match s.units() {
        Units::Latin1(&[one]) => new_latin1_with(cx, total, s.is_ascii(), |out| out.fill(one, n)),
        Units::Latin1(u) => new_latin1_with(cx, total, s.is_ascii(), |out| {
            for _ in 0..n {
                out.push(u);
            }
        }),
        Units::Ucs2(u) => fill!(u),
        Units::Ucs4(u) => fill!(u),
    }
}

/// `s[start:..:step]` of `count` items.
pub fn stepped(cx: &mut Cx, s: &Str, start: isize, step: isize, count: usize) -> Res<Value> {
    if count == 0 {
        return Ok(empty());
    }
    if step == 1 {
        return substring(cx, s, start as usize, start as usize + count);
    }
    let at = |i: usize| (start + i as isize * step) as usize;
    macro_rules! take {
        ($u:expr, $kind:ident) => {{
            let u = $u;
            let v: Vec<_> = (0..count).map(|i| u[at(i)]).collect();
            new_str_units(cx, Units::$kind(&v))
        }};
    }
    match s.units() {
        Units::Latin1(u) => take!(u, Latin1),
        Units::Ucs2(u) => take!(u, Ucs2),
        Units::Ucs4(u) => take!(u, Ucs4),
    }
}

/// A string; nearly all are exactly that.
#[inline(always)]
fn text_of(v: &Value) -> Option<&Str> {
    match v.downcast_exact::<Str>() {
        Some(s) => Some(s),
        None => v.downcast::<Str>(),
    }
}

/// `sep.join(items)`; `items` have been collected, so they stand still.
pub fn join(cx: &mut Cx, sep: &Str, items: &[Value]) -> Res<Value> {
    if let [one] = items
        && one.downcast_exact::<Str>().is_some()
    {
        return Ok(one.clone());
    }
    let (mut total, mut kind, mut ascii) = (0usize, 1, true);
    for (i, v) in items.iter().enumerate() {
        let Some(s) = text_of(v) else {
            let n = v.type_name();
            return Err(cx.type_error(format!(
                "sequence item {i}: expected str instance, {n} found"
            )));
        };
        let gap = if i == 0 { 0 } else { sep.len() };
        total = match total.checked_add(s.len()).and_then(|t| t.checked_add(gap)) {
            Some(t) if t < isize::MAX as usize / 4 => t,
            _ => return Err(cx.overflow_error("join() result is too long for a Python string")),
        };
        kind = kind.max(s.kind());
        ascii &= s.is_ascii();
    }
    if items.is_empty() {
        return Ok(empty());
    }
    if items.len() > 1 {
        kind = kind.max(sep.kind());
        ascii &= sep.is_ascii();
    }
    macro_rules! build {
        ($t:ty) => {
            new_str_filled::<$t>(cx, total, ascii, |v| {
                let mut at = 0;
                let mut put = |s: &Str| {
                    copy_units(s.units(), &mut v[at..at + s.len()]);
                    at += s.len();
                };
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        put(sep);
                    }
                    if let Some(s) = item.downcast::<Str>() {
                        put(s);
                    }
                }
            })
        };
    }
    match kind {
        1 => new_latin1_with(cx, total, ascii, |out| {
            let Units::Latin1(sep) = sep.units() else {
                return;
            };
            for (i, item) in items.iter().enumerate() {
                if i > 0 && !sep.is_empty() {
                    out.push(sep);
                }
                if let Some(s) = text_of(item) {
                    out.push_str(s);
                }
            }
        }),
        2 => build!(u16),
        _ => build!(u32),
    }
}

impl Str {
    /// The fields of a string whose units lie in a buffer of its own: for instances of subclasses. None without memory.
    pub(super) fn payload(units: Units<'_>, ascii: bool) -> Option<Str> {
        let bytes = units.bytes();
        let kind = match units {
            Units::Latin1(_) => 1,
            Units::Ucs2(_) => 2,
            Units::Ucs4(_) => 4,
        };
        // Never of size zero, so that the buffer can be freed by the rule for all others.
        let data = super::alloc_buffer(bytes.len().max(1));
        if data.is_null() {
            return None;
        }
        // SAFETY: a fresh buffer of at least that size.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), data, bytes.len()) };
        let meta = (units.len() as u64) << 8
            | super::EXTERNAL
            | if ascii { super::ASCII } else { 0 }
            | kind;
        Some(Str {
            head: typhon_runtime::header::Header::placeholder(),
            hash: std::sync::atomic::AtomicI64::new(0),
            meta,
            data: (data as usize).to_ne_bytes(),
        })
    }
}
