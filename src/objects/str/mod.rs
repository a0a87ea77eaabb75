//! `str`: the flexible representation of PEP 393. A string is an array of Latin-1 bytes, UCS-2 or UCS-4 units, the narrowest
//! that holds its widest code point; lone surrogates are ordinary units. Short strings keep the units in the cell, long ones
//! in a buffer (R3). Immutable; the hash is filled in lazily with a relaxed store (every thread computes the same).

pub mod builder;
pub mod codec;
pub mod concat;
pub mod convert;
pub mod find;
pub mod intern;
pub mod iter;
pub mod make;
pub mod methods;
pub mod percent;

pub use make::{empty, new_char, new_from_buf, new_from_text};

pub use concat::{concat_all, is_identifier};

use crate::native::Traverse;
use crate::native::pytype;
use crate::statics::{self, word};
use crate::{Cx, Res, Value, ValueExt};
use std::sync::atomic::{AtomicI64, Ordering};
use typhon_runtime::gc::Visitor;
use typhon_runtime::header::Header;

/// str(object='') -> str
/// str(bytes_or_buffer[, encoding[, errors]]) -> str
///
/// Create a new string object from the given object. If encoding or
/// errors is specified, then the object must expose a data buffer
/// that will be decoded using the given encoding and error handler.
/// Otherwise, returns the result of object.__str__() (if defined)
/// or repr(object).
/// encoding defaults to 'utf-8'.
/// errors defaults to 'strict'.
#[pytype(name = "str", basetype, static_index = STR, drop = drop_payload, manual_traverse)]
pub struct Str {
    pub head: Header,
    /// Cached hash; 0 = not computed (a true hash of 0 is stored as computed anew each time).
    hash: AtomicI64,
    /// `len << 8 | EXTERNAL | ASCII | kind`.
    meta: u64,
    /// The units, or the address of the buffer that holds them.
    data: [u8; 8],
}

const KIND: u64 = 7;
const ASCII: u64 = 8;
const EXTERNAL: u64 = 16;
const DATA: usize = 32;
/// Longest data kept inside the cell.
const INLINE_MAX: usize = 512 - DATA;
const _: () = assert!(std::mem::offset_of!(Str, data) == DATA);

/// The units of a string.
#[derive(Clone, Copy, Debug)]
pub enum Units<'a> {
    Latin1(&'a [u8]),
    Ucs2(&'a [u16]),
    Ucs4(&'a [u32]),
}

impl<'a> Units<'a> {
    pub fn len(&self) -> usize {
        match self {
            Units::Latin1(s) => s.len(),
            Units::Ucs2(s) => s.len(),
            Units::Ucs4(s) => s.len(),
        }
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Code point `i`.
    #[inline]
    pub fn at(&self, i: usize) -> u32 {
        match self {
            Units::Latin1(s) => s[i] as u32,
            Units::Ucs2(s) => s[i] as u32,
            Units::Ucs4(s) => s[i],
        }
    }
    pub fn slice(&self, r: std::ops::Range<usize>) -> Units<'a> {
        match self {
            Units::Latin1(s) => Units::Latin1(&s[r]),
            Units::Ucs2(s) => Units::Ucs2(&s[r]),
            Units::Ucs4(s) => Units::Ucs4(&s[r]),
        }
    }
    pub fn iter(self) -> impl DoubleEndedIterator<Item = u32> + 'a {
        (0..self.len()).map(move |i| self.at(i))
    }
    pub fn max(&self) -> u32 {
        match self {
            Units::Latin1(s) => s.iter().copied().max().unwrap_or(0) as u32,
            Units::Ucs2(s) => s.iter().copied().max().unwrap_or(0) as u32,
            Units::Ucs4(s) => s.iter().copied().max().unwrap_or(0),
        }
    }
    fn bytes(&self) -> &'a [u8] {
        // SAFETY: plain integers viewed as bytes.
        unsafe {
            match self {
                Units::Latin1(s) => s,
                Units::Ucs2(s) => std::slice::from_raw_parts(s.as_ptr().cast(), s.len() * 2),
                Units::Ucs4(s) => std::slice::from_raw_parts(s.as_ptr().cast(), s.len() * 4),
            }
        }
    }
}

impl Str {
    #[inline(always)]
    pub fn len(&self) -> usize {
        (self.meta >> 8) as usize
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Bytes per unit: 1, 2 or 4.
    #[inline(always)]
    pub fn kind(&self) -> usize {
        (self.meta & KIND) as usize
    }
    #[inline(always)]
    pub fn is_ascii(&self) -> bool {
        self.meta & ASCII != 0
    }
    #[inline(always)]
    fn data(&self) -> *const u8 {
        // SAFETY: the data, or the pointer to it, stands behind the struct.
        unsafe {
            let at = (&raw const *self).cast::<u8>().add(DATA);
            if self.meta & EXTERNAL != 0 {
                *at.cast::<*const u8>()
            } else {
                at
            }
        }
    }
    #[inline]
    pub fn units(&self) -> Units<'_> {
        let (p, n) = (self.data(), self.len());
        // SAFETY: `len` units of `kind` bytes, immutable after publication; inline data is 16-aligned, buffers too.
        unsafe {
            match self.kind() {
                1 => Units::Latin1(std::slice::from_raw_parts(p, n)),
                2 => Units::Ucs2(std::slice::from_raw_parts(p.cast(), n)),
                _ => Units::Ucs4(std::slice::from_raw_parts(p.cast(), n)),
            }
        }
    }
    /// The text, when it is pure ASCII.
    #[inline]
    pub fn as_ascii(&self) -> Option<&str> {
        if !self.is_ascii() {
            return None;
        }
        // SAFETY: ASCII bytes are UTF-8.
        Some(unsafe {
            std::str::from_utf8_unchecked(std::slice::from_raw_parts(self.data(), self.len()))
        })
    }
    /// Code point `i`.
    #[inline]
    pub fn at(&self, i: usize) -> u32 {
        self.units().at(i)
    }
    /// The text as UTF-8, lone surrogates replaced by U+FFFD: for messages.
    pub fn to_string_lossy(&self) -> String {
        match self.as_ascii() {
            Some(s) => s.to_owned(),
            None => self
                .units()
                .iter()
                .map(|c| char::from_u32(c).unwrap_or('\u{FFFD}'))
                .collect(),
        }
    }
    /// The text as UTF-8, or None when it holds a lone surrogate.
    pub fn to_utf8(&self) -> Option<std::borrow::Cow<'_, str>> {
        match self.as_ascii() {
            Some(s) => Some(s.into()),
            None => self
                .units()
                .iter()
                .map(char::from_u32)
                .collect::<Option<String>>()
                .map(Into::into),
        }
    }
    /// SipHash-1-3 of the units, as CPython keys it (`PYTHONHASHSEED`).
    #[inline(always)]
    pub fn hash(&self) -> i64 {
        match self.hash.load(Ordering::Relaxed) {
            0 => self.hash_slow(),
            h => h,
        }
    }
    #[cold]
    #[inline(never)]
    fn hash_slow(&self) -> i64 {
        let h = crate::objects::object::hash::hash_bytes(self.units().bytes());
        self.hash.store(h, Ordering::Relaxed);
        h
    }
    /// Whether `part` is somewhere in the text.
    #[inline]
    pub fn contains_text(&self, part: &Str) -> bool {
        if part.len() == 1 && self.kind() == 1 && part.kind() == 1 && (1..=16).contains(&self.len())
        {
            return self.contains_byte(part.at(0) as u8);
        }
        typhon_text::strings::find_text(self.text(), part.text()).is_some()
    }
    /// Of a short text of one byte a character: what asks whether a character is one of a few.
    #[inline(always)]
    fn contains_byte(&self, c: u8) -> bool {
        const LOW: u64 = 0x0101_0101_0101_0101;
        let (data, n) = (self.data(), self.len());
        if n < 8 {
            // SAFETY: the text's bytes.
            return unsafe { std::slice::from_raw_parts(data, n) }.contains(&c);
        }
        let has = |at: usize| {
            // SAFETY: eight bytes from there lie inside the text.
            let word = unsafe { data.add(at).cast::<u64>().read_unaligned() };
            // A byte of this is 0 where the character stands.
            let other = word ^ (LOW * u64::from(c));
            other.wrapping_sub(LOW) & !other & (LOW << 7) != 0
        };
        // The second word may overlap the first.
        has(0) || has(n - 8)
    }
    /// Equality of contents.
    #[inline]
    pub fn equals(&self, other: &Str) -> bool {
        std::ptr::eq(self, other)
            || (self.meta & !EXTERNAL == other.meta & !EXTERNAL && self.same_bytes(other))
    }
    /// Whether two strings of the same length and width hold the same units.
    #[inline(always)]
    fn same_bytes(&self, other: &Str) -> bool {
        let n = self.len() * self.kind();
        let (a, b) = (self.data(), other.data());
        // SAFETY: both hold `n` bytes; each word read lies inside them.
        unsafe {
            let word = |p: *const u8, at: usize| p.add(at).cast::<u64>().read_unaligned();
            if (8..=32).contains(&n) {
                // Words from the front, and the last one, which may overlap them.
                let mut at = 0;
                while at + 8 < n {
                    if word(a, at) != word(b, at) {
                        return false;
                    }
                    at += 8;
                }
                return word(a, n - 8) == word(b, n - 8);
            }
            if n < 8 {
                if n >= 4 {
                    let half = |p: *const u8, at: usize| p.add(at).cast::<u32>().read_unaligned();
                    return half(a, 0) == half(b, 0) && half(a, n - 4) == half(b, n - 4);
                }
                return (0..n).all(|i| *a.add(i) == *b.add(i));
            }
            std::slice::from_raw_parts(a, n) == std::slice::from_raw_parts(b, n)
        }
    }
    pub fn equals_str(&self, other: &str) -> bool {
        match self.as_ascii() {
            Some(s) => s == other,
            None => self.units().iter().eq(other.chars().map(|c| c as u32)),
        }
    }
    /// Interned strings are immortal and unique: equality of interned strings is identity.
    #[inline(always)]
    pub fn is_interned(&self) -> bool {
        self.head.is_immortal()
    }
    pub fn value(&self) -> Value {
        // SAFETY: a Str starts with its header.
        unsafe { Value::borrow_header(&raw const self.head) }
    }
    /// Order of two strings by code points.
    pub fn compare(&self, other: &Str) -> std::cmp::Ordering {
        match (self.units(), other.units()) {
            (Units::Latin1(a), Units::Latin1(b)) => a.cmp(b),
            (a, b) => a.iter().cmp(b.iter()),
        }
    }

    /// Write the fields of a string cell whose units are `units` (already narrowest).
    ///
    /// # Safety
    /// `cell` has room for `cell_size(units)` bytes and is not yet published (R12).
    unsafe fn fill(cell: *mut u8, units: Units<'_>, ascii: bool, external: *mut u8) {
        let kind = match units {
            Units::Latin1(_) => 1,
            Units::Ucs2(_) => 2,
            Units::Ucs4(_) => 4,
        };
        let bytes = units.bytes();
        // SAFETY: by contract.
        unsafe {
            let s = cell.cast::<Str>();
            (&raw mut (*s).hash).write(AtomicI64::new(0));
            let ext = if external.is_null() { 0 } else { EXTERNAL };
            (*s).meta = (units.len() as u64) << 8 | ext | if ascii { ASCII } else { 0 } | kind;
            if external.is_null() {
                std::ptr::copy_nonoverlapping(bytes.as_ptr(), cell.add(DATA), bytes.len());
            } else {
                std::ptr::copy_nonoverlapping(bytes.as_ptr(), external, bytes.len());
                cell.add(DATA).cast::<*mut u8>().write(external);
            }
        }
    }

    /// The same for units that lie in a buffer already.
    ///
    /// # Safety
    /// As above; the buffer holds `n` units of `kind` bytes and belongs to the string from now on.
    unsafe fn fill_external(cell: *mut u8, n: usize, kind: u64, ascii: bool, buffer: *mut u8) {
        // SAFETY: by contract.
        unsafe {
            let s = cell.cast::<Str>();
            (&raw mut (*s).hash).write(AtomicI64::new(0));
            (*s).meta = (n as u64) << 8 | EXTERNAL | if ascii { ASCII } else { 0 } | kind;
            cell.add(DATA).cast::<*mut u8>().write(buffer);
        }
    }
    /// Write a static (immortal) string of at most one Latin-1 character at `cell`; the caller publishes the header.
    ///
    /// # Safety
    /// `cell` is the static place of the string.
    pub unsafe fn init_static(cell: *mut u8, text: &[u8]) {
        // SAFETY: by contract; one byte fits the static stride.
        unsafe {
            Str::fill(
                cell,
                Units::Latin1(text),
                text.iter().all(u8::is_ascii),
                std::ptr::null_mut(),
            )
        }
    }
}

/// Make a string from units that are already the narrowest representation.
pub fn new_str_exact(cx: &mut Cx, units: Units<'_>, ascii: bool) -> Res<Value> {
    match units {
        Units::Latin1([]) => return Ok(statics::immortal(statics::EMPTY_STR)),
        Units::Latin1(&[c]) => return Ok(latin1_char(c)),
        Units::Latin1(b) => return new_latin1_with(cx, b.len(), ascii, |out| out.push(b)),
        _ => {}
    }
    let n = units.bytes().len();
    let external = if n > INLINE_MAX {
        let p = alloc_buffer(n);
        if p.is_null() {
            return Err(cx.memory_error());
        }
        p
    } else {
        std::ptr::null_mut()
    };
    let size = DATA + if external.is_null() { n } else { 8 };
    // SAFETY: R12: `fill` writes every field before the type word is stored.
    let made = unsafe {
        typhon_runtime::alloc_sized(&cx.thread, size, word::STR, |cell| {
            Str::fill(cell, units, ascii, external)
        })
    };
    made.map_err(|_| cx.memory_error())
}

/// A string of many units, in the narrowest width that holds them, whose memory becomes the string's.
fn new_str_in<T: Copy>(cx: &mut Cx, units: Vec<T>, ascii: bool) -> Res<Value> {
    let n = units.len();
    let buffer = typhon_runtime::into_block(units);
    // SAFETY: R12: every field is written before the type word is stored. The buffer holds `n` units, and may be freed as those
    // of `alloc_buffer` are (`into_block`).
    let made = unsafe {
        typhon_runtime::alloc_sized(&cx.thread, DATA + 8, word::STR, |cell| {
            Str::fill_external(cell, n, size_of::<T>() as u64, ascii, buffer)
        })
    };
    made.map_err(|_| {
        // SAFETY: no string has it.
        unsafe {
            std::alloc::dealloc(
                buffer,
                std::alloc::Layout::from_size_align_unchecked(n * size_of::<T>(), 16),
            )
        };
        cx.memory_error()
    })
}

/// The units of a Latin-1 string while it is being made.
pub struct Latin1Out {
    at: *mut u8,
    left: usize,
}

impl Latin1Out {
    /// Append; what would not fit is left out.
    #[inline(always)]
    pub fn push(&mut self, units: &[u8]) {
        let n = units.len().min(self.left);
        let (from, to) = (units.as_ptr(), self.at);
        // SAFETY: `left` bytes of the new cell or buffer follow `at`; `n` bytes stand at `from`.
        unsafe {
            // Short pieces without a call: two words that may overlap.
            if n > 16 {
                std::ptr::copy_nonoverlapping(from, to, n);
            } else if n >= 8 {
                let (a, b) = (
                    from.cast::<u64>().read_unaligned(),
                    from.add(n - 8).cast::<u64>().read_unaligned(),
                );
                to.cast::<u64>().write_unaligned(a);
                to.add(n - 8).cast::<u64>().write_unaligned(b);
            } else if n >= 4 {
                let (a, b) = (
                    from.cast::<u32>().read_unaligned(),
                    from.add(n - 4).cast::<u32>().read_unaligned(),
                );
                to.cast::<u32>().write_unaligned(a);
                to.add(n - 4).cast::<u32>().write_unaligned(b);
            } else {
                for i in 0..n {
                    *to.add(i) = *from.add(i);
                }
            }
            self.at = to.add(n);
        }
        self.left -= n;
    }
    /// Append the units of a Latin-1 string; those of others are left out.
    #[inline(always)]
    pub fn push_str(&mut self, s: &Str) {
        if let Units::Latin1(b) = s.units() {
            self.push(b);
        }
    }
    /// Append one unit `n` times.
    #[inline]
    pub fn fill(&mut self, unit: u8, n: usize) {
        let n = n.min(self.left);
        // SAFETY: as in `push`.
        unsafe {
            std::ptr::write_bytes(self.at, unit, n);
            self.at = self.at.add(n);
        }
        self.left -= n;
    }
    /// Append what `f` makes of each unit.
    #[inline(always)]
    pub fn map(&mut self, units: &[u8], f: impl Fn(u8) -> u8) {
        let n = units.len().min(self.left);
        // SAFETY: as in `push`.
        unsafe {
            for (i, &u) in units[..n].iter().enumerate() {
                *self.at.add(i) = f(u);
            }
            self.at = self.at.add(n);
        }
        self.left -= n;
    }
}

/// Make a Latin-1 string of `n` units in place. `fill` appends them; it runs nothing, allocates nothing and does not panic
/// (R12). `ascii` says whether all are ASCII.
#[inline(always)]
pub fn new_latin1_with(
    cx: &mut Cx,
    n: usize,
    ascii: bool,
    fill: impl FnOnce(&mut Latin1Out),
) -> Res<Value> {
    if n < 2 {
        let mut small = [0u8; 1];
        fill(&mut Latin1Out {
            at: small.as_mut_ptr(),
            left: n,
        });
        return new_str_exact(cx, Units::Latin1(&small[..n]), ascii);
    }
    let external = if n > INLINE_MAX {
        let p = alloc_buffer(n);
        if p.is_null() {
            return Err(cx.memory_error());
        }
        p
    } else {
        std::ptr::null_mut()
    };
    let size = DATA + if external.is_null() { n } else { 8 };
    // SAFETY: R12: every field and unit is written before the type word is stored.
    let made = unsafe {
        typhon_runtime::alloc_sized(&cx.thread, size, word::STR, |cell| {
            let s = cell.cast::<Str>();
            (&raw mut (*s).hash).write(AtomicI64::new(0));
            let ext = if external.is_null() { 0 } else { EXTERNAL };
            (*s).meta = (n as u64) << 8 | ext | if ascii { ASCII } else { 0 } | 1;
            let data = if external.is_null() {
                cell.add(DATA)
            } else {
                cell.add(DATA).cast::<*mut u8>().write(external);
                external
            };
            let mut out = Latin1Out { at: data, left: n };
            fill(&mut out);
            // Whatever was not filled is at least defined.
            std::ptr::write_bytes(out.at, 0, out.left);
        })
    };
    made.map_err(|_| {
        if !external.is_null() {
            // SAFETY: allocated above by this rule; no string has it.
            unsafe {
                std::alloc::dealloc(
                    external,
                    std::alloc::Layout::from_size_align_unchecked(n, 16),
                )
            };
        }
        cx.memory_error()
    })
}

fn alloc_buffer(n: usize) -> *mut u8 {
    match std::alloc::Layout::from_size_align(n, 16) {
        // SAFETY: the size is not zero.
        Ok(layout) => unsafe { std::alloc::alloc(layout) },
        Err(_) => std::ptr::null_mut(),
    }
}

/// A unit of a representation.
trait StrUnit: Copy + Default {
    fn units(of: &[Self]) -> Units<'_>;
}
impl StrUnit for u8 {
    fn units(of: &[u8]) -> Units<'_> {
        Units::Latin1(of)
    }
}
impl StrUnit for u16 {
    fn units(of: &[u16]) -> Units<'_> {
        Units::Ucs2(of)
    }
}
impl StrUnit for u32 {
    fn units(of: &[u32]) -> Units<'_> {
        Units::Ucs4(of)
    }
}

/// Make a string of `n` units that `write` puts into zeroed room; they are then the narrowest representation. Long ones are
/// written where they stay.
fn new_str_filled<T: StrUnit>(
    cx: &mut Cx,
    n: usize,
    ascii: bool,
    write: impl FnOnce(&mut [T]),
) -> Res<Value> {
    const STACK: usize = INLINE_MAX;
    if n <= STACK / size_of::<T>() {
        let mut buf = [T::default(); STACK];
        write(&mut buf[..n]);
        return new_str_exact(cx, T::units(&buf[..n]), ascii);
    }
    let layout = n
        .checked_mul(size_of::<T>())
        .and_then(|bytes| std::alloc::Layout::from_size_align(bytes, 16).ok());
    let Some(layout) = layout else {
        return Err(cx.memory_error());
    };
    // SAFETY: the size is not zero.
    let p = unsafe { std::alloc::alloc_zeroed(layout) };
    if p.is_null() {
        return Err(cx.memory_error());
    }
    // SAFETY: fresh zeroed room for so many units.
    write(unsafe { std::slice::from_raw_parts_mut(p.cast::<T>(), n) });
    // SAFETY: R12: every field is written before the type word is stored; the buffer goes to the string.
    let made = unsafe {
        typhon_runtime::alloc_sized(&cx.thread, DATA + 8, word::STR, |cell| {
            Str::fill_external(cell, n, size_of::<T>() as u64, ascii, p)
        })
    };
    made.map_err(|_| {
        // SAFETY: allocated above; no string has it.
        unsafe { std::alloc::dealloc(p, layout) };
        cx.memory_error()
    })
}

/// The immortal one-character string of a Latin-1 code point.
#[inline]
pub fn latin1_char(c: u8) -> Value {
    statics::immortal(typhon_runtime::region::static_value_bits(
        statics::offset::LATIN1 + c as u32 * statics::offset::LATIN1_STRIDE,
    ))
}

/// Make a string from UTF-8.
pub fn new_str(cx: &mut Cx, text: &str) -> Res<Value> {
    if text.is_ascii() {
        return new_str_exact(cx, Units::Latin1(text.as_bytes()), true);
    }
    let max = text.chars().max().unwrap_or('\0') as u32;
    if max < 256 {
        let v: Vec<u8> = text.chars().map(|c| c as u8).collect();
        new_str_exact(cx, Units::Latin1(&v), false)
    } else if max < 65536 {
        let v: Vec<u16> = text.chars().map(|c| c as u16).collect();
        new_str_exact(cx, Units::Ucs2(&v), false)
    } else {
        let v: Vec<u32> = text.chars().map(|c| c as u32).collect();
        new_str_exact(cx, Units::Ucs4(&v), false)
    }
}

/// Make a string from Latin-1 bytes.
pub fn new_str_latin1(cx: &mut Cx, bytes: &[u8]) -> Res<Value> {
    new_str_exact(cx, Units::Latin1(bytes), bytes.is_ascii())
}

/// Make a string from UCS-2 units of any value, narrowing.
pub fn new_str_ucs2(cx: &mut Cx, units: &[u16]) -> Res<Value> {
    if units.iter().all(|&u| u < 256) {
        let v: Vec<u8> = units.iter().map(|&u| u as u8).collect();
        return new_str_latin1(cx, &v);
    }
    new_str_exact(cx, Units::Ucs2(units), false)
}

/// Make a string from code points (surrogates allowed), narrowing.
pub fn new_str_code_points(cx: &mut Cx, cps: &[u32]) -> Res<Value> {
    let max = cps.iter().copied().max().unwrap_or(0);
    if max < 256 {
        let v: Vec<u8> = cps.iter().map(|&u| u as u8).collect();
        new_str_latin1(cx, &v)
    } else if max < 65536 {
        let v: Vec<u16> = cps.iter().map(|&u| u as u16).collect();
        new_str_exact(cx, Units::Ucs2(&v), false)
    } else {
        new_str_exact(cx, Units::Ucs4(cps), false)
    }
}

/// Make a string from part of another's units, narrowing where needed.
pub fn new_str_units(cx: &mut Cx, units: Units<'_>) -> Res<Value> {
    match units {
        Units::Latin1(b) => new_str_latin1(cx, b),
        Units::Ucs2(u) => new_str_ucs2(cx, u),
        Units::Ucs4(u) => new_str_code_points(cx, u),
    }
}

/// Make a string from WTF-8 bytes (UTF-8 that may hold encoded surrogates), as the compiler's constants are.
pub fn new_str_wtf8(cx: &mut Cx, bytes: &[u8]) -> Res<Value> {
    match std::str::from_utf8(bytes) {
        Ok(s) => new_str(cx, s),
        Err(_) => {
            let cps = typhon_text_wtf8(bytes);
            new_str_code_points(cx, &cps)
        }
    }
}

/// Code points of generalized UTF-8.
fn typhon_text_wtf8(b: &[u8]) -> Vec<u32> {
    let mut out = Vec::with_capacity(b.len());
    let mut i = 0;
    while i < b.len() {
        let c = b[i] as u32;
        let (n, start) = match c {
            0..=0x7F => (1, c),
            0xC0..=0xDF => (2, c & 0x1F),
            0xE0..=0xEF => (3, c & 0x0F),
            _ => (4, c & 7),
        };
        let mut cp = start;
        for k in 1..n {
            cp = cp << 6 | (b.get(i + k).copied().unwrap_or(0) as u32 & 0x3F);
        }
        out.push(cp);
        i += n;
    }
    out
}

/// Frees the buffer of a long string: the `drop_payload` of `str`.
///
/// # Safety
/// Called once by the runtime on a dead cell.
pub unsafe fn drop_payload(h: *mut Header, _: &typhon_runtime::thread::Thread) {
    let s = h.cast::<Str>();
    // SAFETY: the buffer was made by `alloc_buffer` with this size; nobody else reads a dead string (R2 counts first).
    unsafe {
        if (*s).meta & EXTERNAL != 0 {
            let n = ((*s).len() * (*s).kind()).max(1);
            std::alloc::dealloc(
                (*s).data().cast_mut(),
                std::alloc::Layout::from_size_align_unchecked(n, 16),
            );
        }
    }
}

impl Traverse for Str {
    fn traverse(&self, _: &mut Visitor) {}
}

impl std::fmt::Display for Str {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_string_lossy())
    }
}

/// Whether `v` is exactly a `str`.
#[inline(always)]
pub fn is_exact_str(v: &Value) -> bool {
    v.bits() & 3 == 0 && v.class_word() == word::STR
}
