//! What `bytes` and `bytearray` have in common. A bytearray is asked under its lock (`with`) or copied (`data`); results are
//! made in the kind of the receiver.

use super::make::{bytes_or_bytearray, contents};
use super::{Bytes, new_bytes};
use crate::native::*;
use crate::number;
use crate::objects::bytearray::{Bytearray, new_bytearray};
use crate::objects::{buffer, int, list, tuple};
use crate::protocol;
use std::borrow::Cow;
use std::ops::Range;
use typhon_text::strings::search_range;
use typhon_text::{Text, binascii, search};

/// The class of a receiver, as methods' results go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Bytes,
    Bytearray,
}

impl Kind {
    pub fn of(v: &Value) -> Kind {
        if v.downcast::<Bytearray>().is_some() {
            Kind::Bytearray
        } else {
            Kind::Bytes
        }
    }
    pub fn name(self) -> &'static str {
        match self {
            Kind::Bytes => "bytes",
            Kind::Bytearray => "bytearray",
        }
    }
    pub fn make(self, cx: &mut Cx, data: &[u8]) -> Res<Value> {
        match self {
            Kind::Bytes => new_bytes(cx, data),
            Kind::Bytearray => new_bytearray(cx, data.to_vec()),
        }
    }
    pub fn make_vec(self, cx: &mut Cx, data: Vec<u8>) -> Res<Value> {
        match self {
            Kind::Bytes => super::new_bytes_vec(cx, data),
            Kind::Bytearray => new_bytearray(cx, data),
        }
    }
}

/// The receiver's bytes.
pub fn data<'a>(cx: &mut Cx, this: &'a Value) -> Cow<'a, [u8]> {
    bytes_or_bytearray(cx, this).unwrap_or_default()
}

/// Look at the receiver's bytes: under the lock for a bytearray, so `f` gets nothing that could run Python (R1).
pub fn with<R>(cx: &mut Cx, this: &Value, f: impl FnOnce(&[u8]) -> R) -> R {
    if let Some(b) = this.downcast::<Bytes>() {
        return f(b.as_slice());
    }
    match this.downcast::<Bytearray>() {
        Some(b) => f(&b.lock(cx)),
        None => f(&[]),
    }
}

/// Run `f`, in which `argument` may run Python code, with the size of a receiving bytearray fixed: code that changes it
/// gets a `BufferError`.
pub fn pinned<R>(
    cx: &mut Cx,
    this: &Value,
    argument: &Value,
    f: impl FnOnce(&mut Cx) -> Res<R>,
) -> Res<R> {
    let plain = argument.downcast_exact::<Bytes>().is_some()
        || argument.downcast_exact::<Bytearray>().is_some()
        || argument.class_word() == crate::statics::word::INT;
    let held = match this.downcast::<Bytearray>() {
        Some(b) if !plain => Some(b.store.export(this, cx)?),
        _ => None,
    };
    let result = f(cx);
    drop(held);
    result
}

/// Number of bytes now.
pub fn len(cx: &mut Cx, this: &Value) -> usize {
    with(cx, this, <[u8]>::len)
}

/// What to search for.
pub enum Needle<'a> {
    Byte([u8; 1]),
    Bytes(Cow<'a, [u8]>),
}

impl std::ops::Deref for Needle<'_> {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self {
            Needle::Byte(b) => b,
            Needle::Bytes(b) => b,
        }
    }
}

/// What to search for: an int or a bytes-like object.
pub fn needle<'a>(cx: &mut Cx, v: &'a Value) -> Res<Needle<'a>> {
    if let Some(c) = bytes_or_bytearray(cx, v) {
        return Ok(Needle::Bytes(c));
    }
    if int::as_int(v).is_some() || v.ty().slots.index.get().is_some() {
        return Ok(Needle::Byte([super::make::byte(cx, v, "byte")?]));
    }
    match super::make::contents_opt(cx, v)? {
        Some(c) => Ok(Needle::Bytes(c)),
        None => {
            let n = v.type_name();
            Err(cx.type_error(format!(
                "argument should be integer or bytes-like object, not '{n}'"
            )))
        }
    }
}

type Found = fn(&[u8], &[u8]) -> Option<usize>;
type Bounds = (Option<isize>, Option<isize>);

/// The part of `b` between the bounds, and where it begins; None where even an empty needle is not found.
fn part(b: &[u8], (start, end): Bounds) -> Option<(usize, &[u8])> {
    let range = search_range(b.len(), start, end)?;
    Some((range.start, &b[range]))
}

/// `find` and its kin.
pub fn position(
    cx: &mut Cx,
    this: &Value,
    sub: &Value,
    start: Option<&Value>,
    end: Option<&Value>,
    last: bool,
) -> Res<Option<usize>> {
    let sub = pinned(cx, this, sub, |cx| needle(cx, sub))?;
    let bounds = number::given_bounds(cx, start, end)?;
    let f: Found = if last { search::rfind } else { search::find };
    Ok(with(cx, this, |b| {
        let (begin, part) = part(b, bounds)?;
        Some(begin + f(part, &sub)?)
    }))
}

pub fn found(cx: &mut Cx, i: Option<usize>) -> Res<usize> {
    i.ok_or_else(|| cx.value_error("subsection not found"))
}

pub fn count(
    cx: &mut Cx,
    this: &Value,
    sub: &Value,
    start: Option<&Value>,
    end: Option<&Value>,
) -> Res<usize> {
    let sub = pinned(cx, this, sub, |cx| needle(cx, sub))?;
    let bounds = number::given_bounds(cx, start, end)?;
    Ok(with(cx, this, |b| {
        part(b, bounds).map_or(0, |(_, part)| search::count(part, &sub))
    }))
}

/// `item in this`.
pub fn contains(cx: &mut Cx, this: &Value, item: &Value) -> Res<bool> {
    if int::as_int(item).is_some() || item.ty().slots.index.get().is_some() {
        let b = pinned(cx, this, item, |cx| super::make::byte(cx, item, "byte"))?;
        return Ok(with(cx, this, |data| search::find(data, &[b]).is_some()));
    }
    let sub = pinned(cx, this, item, |cx| contents(cx, item))?;
    Ok(with(cx, this, |data| search::find(data, &sub).is_some()))
}

/// `startswith` and `endswith`.
pub fn affix(
    cx: &mut Cx,
    this: &Value,
    given: &Value,
    start: Option<&Value>,
    end: Option<&Value>,
    at_end: bool,
) -> Res<bool> {
    let bounds = number::given_bounds(cx, start, end)?;
    let check = |cx: &mut Cx, v: &Value| -> Res<bool> {
        let affix = contents(cx, v)?;
        Ok(with(cx, this, |b| match part(b, bounds) {
            None => false,
            Some((_, b)) if at_end => b.ends_with(&affix),
            Some((_, b)) => b.starts_with(&affix),
        }))
    };
    if let Some(several) = given.downcast::<Tuple>() {
        for v in several.items() {
            if check(cx, v)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if !super::is_bytes_or_bytearray(given) && given.ty().slots.buffer.get().is_none() {
        let (n, method) = (
            given.type_name(),
            if at_end { "endswith" } else { "startswith" },
        );
        return Err(cx.type_error(format!(
            "{method} first arg must be bytes or a tuple of bytes, not {n}"
        )));
    }
    check(cx, given)
}

/// A list of parts.
pub fn parts(cx: &mut Cx, kind: Kind, data: &[u8], ranges: Vec<Range<usize>>) -> Res<Value> {
    let mut items = Vec::with_capacity(ranges.len());
    for r in ranges {
        items.push(kind.make(cx, &data[r])?);
    }
    list::new_list(cx, items)
}

/// `partition` and `rpartition`.
pub fn partition(cx: &mut Cx, this: &Value, sep: &Value, last: bool) -> Res<Value> {
    let p = contents(cx, sep)?.into_owned();
    if p.is_empty() {
        return Err(cx.value_error("empty separator"));
    }
    let kind = Kind::of(this);
    let b = data(cx, this);
    let f: Found = if last { search::rfind } else { search::find };
    let (x, y, z): (&[u8], &[u8], &[u8]) = match f(&b, &p) {
        Some(i) => (&b[..i], &p, &b[i + p.len()..]),
        None if last => (&[], &[], &b),
        None => (&b, &[], &[]),
    };
    let (x, y, z) = (kind.make(cx, x)?, kind.make(cx, y)?, kind.make(cx, z)?);
    tuple::new_tuple(cx, vec![x, y, z])
}

/// The one byte of `center`'s fill.
pub fn fill(cx: &mut Cx, v: Option<&Value>, method: &str) -> Res<u8> {
    let Some(v) = v else { return Ok(b' ') };
    let kind = Kind::of(v).name();
    match bytes_or_bytearray(cx, v) {
        Some(b) if b.len() == 1 => Ok(b[0]),
        Some(b) => {
            let n = b.len();
            Err(cx.type_error(format!(
                "{method}(): argument 2 must be a byte string of length 1, not a {kind} object of length {n}"
            )))
        }
        None => {
            let n = v.type_name();
            Err(cx.type_error(format!(
                "{method}() argument 2 must be a byte string of length 1, not {n}"
            )))
        }
    }
}

/// Padding on both sides.
pub fn pad(
    cx: &mut Cx,
    this: &Value,
    width: isize,
    fillbyte: u8,
    place: fn(usize, usize) -> (usize, usize),
) -> Res<Value> {
    let kind = Kind::of(this);
    let b = data(cx, this);
    if width <= b.len() as isize {
        return same(cx, this, kind, &b);
    }
    let mut out = super::zeros(cx, width as usize)?;
    let (left, _) = place(b.len(), width as usize);
    out.fill(fillbyte);
    out[left..left + b.len()].copy_from_slice(&b);
    kind.make_vec(cx, out)
}

/// The receiver itself when it is exactly `bytes`, else a copy of its kind.
pub fn same(cx: &mut Cx, this: &Value, kind: Kind, b: &[u8]) -> Res<Value> {
    if this.downcast_exact::<Bytes>().is_some() {
        Ok(this.clone())
    } else {
        kind.make(cx, b)
    }
}

/// `this.join(iterable)`.
pub fn join(cx: &mut Cx, this: &Value, iterable: &Value) -> Res<Value> {
    pinned(cx, this, iterable, |cx| join_items(cx, this, iterable))
}

fn join_items(cx: &mut Cx, this: &Value, iterable: &Value) -> Res<Value> {
    if iterable.ty().slots.iter.get().is_none() && iterable.ty().slots.getitem.get().is_none() {
        return Err(cx.type_error("can only join an iterable"));
    }
    let kind = Kind::of(this);
    let items = protocol::collect(cx, iterable)?;
    if kind == Kind::Bytes
        && let [one] = &items[..]
        && one.downcast_exact::<Bytes>().is_some()
    {
        return Ok(one.clone());
    }
    let sep = data(cx, this);
    let mut out: Vec<u8> = Vec::new();
    for (i, v) in items.iter().enumerate() {
        let part = match super::make::contents_opt(cx, v)? {
            Some(c) => c,
            None => {
                let n = v.type_name();
                return Err(cx.type_error(format!(
                    "sequence item {i}: expected a bytes-like object, {n} found"
                )));
            }
        };
        // Asking for the bytes may have run code that changed the list.
        if let Some(list) = iterable.downcast::<crate::objects::List>()
            && list.len() != items.len()
        {
            return Err(cx.runtime_error("sequence changed size during iteration"));
        }
        if out.try_reserve(part.len() + sep.len()).is_err() {
            return Err(cx.memory_error());
        }
        if i > 0 {
            out.extend_from_slice(&sep);
        }
        out.extend_from_slice(&part);
    }
    kind.make_vec(cx, out)
}

/// Bytes that a native frame holds without asking for memory.
const SHORT: usize = 64;

/// `a + b`, in the kind of `a`.
pub fn concat(cx: &mut Cx, a: &Value, b: &Value) -> Res<Value> {
    if let (Some(x), Some(y)) = (a.downcast_exact::<Bytes>(), b.downcast_exact::<Bytes>()) {
        let (x, y) = (x.as_slice(), y.as_slice());
        // Short ones are put together on the native stack.
        let n = x.len() + y.len();
        if !x.is_empty() && !y.is_empty() && n <= SHORT {
            let mut both = [0; SHORT];
            both[..x.len()].copy_from_slice(x);
            both[x.len()..n].copy_from_slice(y);
            return super::new_bytes(cx, &both[..n]);
        }
    }
    let kind = Kind::of(a);
    let tail = match super::make::contents_opt(cx, b)? {
        Some(c) => c,
        None => {
            let (n, k) = (b.type_name(), kind.name());
            return Err(cx.type_error(format!("can't concat {n} to {k}")));
        }
    };
    let head = data(cx, a);
    if head.is_empty() && kind == Kind::Bytes && b.downcast_exact::<Bytes>().is_some() {
        return Ok(b.clone());
    }
    if tail.is_empty() && a.downcast_exact::<Bytes>().is_some() {
        return Ok(a.clone());
    }
    let mut out = Vec::new();
    if out.try_reserve_exact(head.len() + tail.len()).is_err() {
        return Err(cx.memory_error());
    }
    out.extend_from_slice(&head);
    out.extend_from_slice(&tail);
    kind.make_vec(cx, out)
}

/// `data * n` as a vector.
pub fn repeated(cx: &mut Cx, b: &[u8], n: isize) -> Res<Vec<u8>> {
    let n = n.max(0) as usize;
    let mut out = Vec::new();
    match b.len().checked_mul(n) {
        Some(total) if total <= isize::MAX as usize / 2 && out.try_reserve_exact(total).is_ok() => {
        }
        _ => return Err(cx.memory_error()),
    }
    match b {
        &[one] => out.resize(n, one),
        _ => (0..n).for_each(|_| out.extend_from_slice(b)),
    }
    Ok(out)
}

/// Order and equality with any bytes-like object.
pub fn compare(cx: &mut Cx, this: &Value, other: &Value, op: CmpOp) -> Res<Value> {
    if let (Some(a), Some(b)) = (this.downcast::<Bytes>(), other.downcast::<Bytes>()) {
        return Ok(Value::bool(op.matches(a.as_slice().cmp(b.as_slice()))));
    }
    let other = if super::is_bytes_or_bytearray(other) {
        data(cx, other)
    } else if Kind::of(this) == Kind::Bytearray && other.ty().slots.buffer.get().is_some() {
        Cow::Owned(buffer::get(cx, other, false)?.to_vec())
    } else {
        return Ok(Value::not_implemented());
    };
    let ord = with(cx, this, |b| b.cmp(&other));
    Ok(Value::bool(op.matches(ord)))
}

/// `this[i]` as an int, or None past the ends.
pub fn item(cx: &mut Cx, this: &Value, i: isize) -> Option<u8> {
    with(cx, this, |b| {
        let i = if i < 0 { i + b.len() as isize } else { i };
        usize::try_from(i).ok().and_then(|i| b.get(i).copied())
    })
}

/// `data.hex(sep, bytes_per_sep)`.
pub fn hex(cx: &mut Cx, b: &[u8], sep: Option<&Value>, bytes_per_sep: isize) -> Res<Value> {
    let sep = match sep {
        None => None,
        Some(v) => {
            if protocol::len(cx, v)? != 1 {
                return Err(cx.value_error("sep must be length 1."));
            }
            let c = if let Some(s) = v.downcast::<Str>() {
                number::lift(cx, binascii::check_separator(s.text()))?
            } else if let Some(b) = v.downcast::<Bytes>() {
                number::lift(cx, binascii::check_separator(Text::Latin1(b.as_slice())))?
            } else {
                return Err(cx.type_error("sep must be str or bytes."));
            };
            Some(c)
        }
    };
    let out = match sep {
        Some(c) if bytes_per_sep != 0 => binascii::hexlify_sep(b, c, bytes_per_sep),
        _ => binascii::hexlify(b),
    };
    crate::objects::str::new_str_exact(cx, crate::objects::str::Units::Latin1(&out), true)
}

/// The bytes of `fromhex`'s argument.
pub fn from_hex(cx: &mut Cx, v: &Value) -> Res<Vec<u8>> {
    if let Some(s) = v.downcast::<Str>() {
        return number::lift(cx, binascii::from_hex(s.text()));
    }
    if let Some(c) = super::make::contents_opt(cx, v)? {
        return number::lift(cx, binascii::from_hex(Text::Latin1(&c)));
    }
    let n = v.type_name();
    Err(cx.type_error(format!(
        "fromhex() argument must be str or bytes-like, not {n}"
    )))
}

/// Whether there is a byte and all satisfy `f`.
pub fn all(cx: &mut Cx, this: &Value, f: impl Fn(u8) -> bool) -> bool {
    with(cx, this, |b| !b.is_empty() && b.iter().all(|&c| f(c)))
}

/// `isupper`, `islower`: a cased letter, and none of the other case.
pub fn cased(cx: &mut Cx, this: &Value, want: fn(&u8) -> bool, refuse: fn(&u8) -> bool) -> bool {
    with(cx, this, |b| b.iter().any(want) && !b.iter().any(refuse))
}

/// `title`, and the words `istitle` checks.
pub fn titled(b: &[u8]) -> Vec<u8> {
    let mut inside = false;
    b.iter()
        .map(|&c| {
            let out = if inside {
                c.to_ascii_lowercase()
            } else {
                c.to_ascii_uppercase()
            };
            inside = c.is_ascii_alphabetic();
            out
        })
        .collect()
}

/// The int of a byte, as iteration gives it.
pub fn int_of(b: u8) -> Value {
    Value::small_int(i32::from(b))
}
