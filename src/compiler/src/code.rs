//! The finished code object and its constants, as plain data: what marshal writes, what the runtime turns
//! into objects. Mirrors CPython 3.14's `code` field by field.

use crate::packed::Packed;
use num_bigint::BigInt;
use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};

/// A Python string: utf-8 generalized to lone surrogates (WTF-8). Copies share the text: the names of a module occur in
/// many of its functions.
#[derive(Clone)]
pub struct PyStr(Text);

#[derive(Clone)]
enum Text {
    Shared(Arc<[u8]>),
    /// Text of the embedded library, which stands in the program.
    Static(&'static [u8]),
}

impl PyStr {
    /// Takes bytes that are well-formed WTF-8 (surrogate pairs joined).
    pub fn from_wtf8(bytes: Vec<u8>) -> PyStr {
        PyStr(Text::Shared(bytes.into()))
    }
    /// Takes ASCII.
    pub fn from_ascii(bytes: &[u8]) -> PyStr {
        debug_assert!(bytes.is_ascii());
        PyStr(Text::Shared(bytes.into()))
    }
    /// Takes bytes that are well-formed WTF-8 and copies nothing.
    pub(crate) fn from_static(bytes: &'static [u8]) -> PyStr {
        PyStr(Text::Static(bytes))
    }
    /// The WTF-8 bytes.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Text::Shared(bytes) => bytes,
            Text::Static(bytes) => bytes,
        }
    }
    /// The text, unless a lone surrogate is in it.
    pub fn to_str(&self) -> Option<&str> {
        std::str::from_utf8(self.as_bytes()).ok()
    }
    /// The code points, surrogates included.
    pub fn code_points(&self) -> CodePoints<'_> {
        CodePoints {
            rest: self.as_bytes(),
        }
    }
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }
}

impl Default for PyStr {
    fn default() -> PyStr {
        PyStr::from_static(b"")
    }
}
impl From<&str> for PyStr {
    fn from(s: &str) -> PyStr {
        PyStr::from_wtf8(s.into())
    }
}
impl From<String> for PyStr {
    fn from(s: String) -> PyStr {
        PyStr::from_wtf8(s.into_bytes())
    }
}
impl PartialEq for PyStr {
    fn eq(&self, other: &PyStr) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}
impl Eq for PyStr {}
impl PartialEq<str> for PyStr {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}
impl Hash for PyStr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}
impl fmt::Debug for PyStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&String::from_utf8_lossy(self.as_bytes()), f)
    }
}

/// Iterator over the code points of a [`PyStr`].
pub struct CodePoints<'a> {
    rest: &'a [u8],
}

impl Iterator for CodePoints<'_> {
    type Item = u32;
    fn next(&mut self) -> Option<u32> {
        let (&first, _) = self.rest.split_first()?;
        let (len, init) = match first {
            0..=0x7f => (1, u32::from(first)),
            0xc0..=0xdf => (2, u32::from(first & 0x1f)),
            0xe0..=0xef => (3, u32::from(first & 0x0f)),
            _ => (4, u32::from(first & 0x07)),
        };
        let len = len.min(self.rest.len());
        let value = self.rest[1..len]
            .iter()
            .fold(init, |acc, b| (acc << 6) | u32::from(b & 0x3f));
        self.rest = &self.rest[len..];
        Some(value)
    }
}

/// Appends a code point, surrogates included, to WTF-8 bytes; a high and a low surrogate stay two code points
/// (Python does not join them), so the bytes are the generalized form.
pub fn push_code_point(out: &mut Vec<u8>, cp: u32) {
    match char::from_u32(cp) {
        Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        None => out.extend_from_slice(&[
            0xe0 | (cp >> 12) as u8,
            0x80 | ((cp >> 6) & 0x3f) as u8,
            0x80 | (cp & 0x3f) as u8,
        ]),
    }
}

/// A constant of a code object. Equality is that of CPython's constant table: same type and same value,
/// floats by their bits.
#[derive(Clone, Debug)]
pub enum Const {
    None,
    True,
    False,
    Ellipsis,
    /// An integer that fits.
    Int(i64),
    /// An integer that does not fit `i64`, always.
    BigInt(Box<BigInt>),
    Float(f64),
    Complex(f64, f64),
    Str(PyStr),
    Bytes(Vec<u8>),
    Tuple(Vec<Const>),
    FrozenSet(Vec<Const>),
    Slice(Box<[Const; 3]>),
    Code(Arc<Code>),
}

impl Const {
    /// An integer in its one normal form.
    pub fn int(value: BigInt) -> Const {
        match i64::try_from(&value) {
            Ok(small) => Const::Int(small),
            Err(_) => Const::BigInt(Box::new(value)),
        }
    }
    pub fn bool(value: bool) -> Const {
        if value { Const::True } else { Const::False }
    }
    pub fn str(value: &str) -> Const {
        Const::Str(value.into())
    }
    /// Python's truth of the constant.
    pub fn is_true(&self) -> bool {
        match self {
            Const::None | Const::False => false,
            Const::True | Const::Ellipsis | Const::BigInt(_) | Const::Slice(_) | Const::Code(_) => {
                true
            }
            Const::Int(i) => *i != 0,
            Const::Float(f) => *f != 0.0,
            Const::Complex(re, im) => *re != 0.0 || *im != 0.0,
            Const::Str(s) => !s.is_empty(),
            Const::Bytes(b) => !b.is_empty(),
            Const::Tuple(items) | Const::FrozenSet(items) => !items.is_empty(),
        }
    }
}

impl PartialEq for Const {
    fn eq(&self, other: &Const) -> bool {
        use Const::*;
        match (self, other) {
            (None, None) | (True, True) | (False, False) | (Ellipsis, Ellipsis) => true,
            (Int(a), Int(b)) => a == b,
            (BigInt(a), BigInt(b)) => a == b,
            // Not-a-numbers are never the same.
            (Float(a), Float(b)) => !a.is_nan() && a.to_bits() == b.to_bits(),
            (Complex(a, b), Complex(c, d)) => {
                a.to_bits() == c.to_bits() && b.to_bits() == d.to_bits()
            }
            (Str(a), Str(b)) => a == b,
            (Bytes(a), Bytes(b)) => a == b,
            (Tuple(a), Tuple(b)) => a == b,
            // Order is no part of a set's value.
            (FrozenSet(a), FrozenSet(b)) => a.len() == b.len() && a.iter().all(|x| b.contains(x)),
            (Slice(a), Slice(b)) => a == b,
            (Code(a), Code(b)) => Arc::ptr_eq(a, b) || a == b,
            _ => false,
        }
    }
}
impl Eq for Const {}

impl Hash for Const {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Const::None | Const::True | Const::False | Const::Ellipsis => {}
            Const::Int(i) => i.hash(state),
            Const::BigInt(i) => i.hash(state),
            Const::Float(f) => f.to_bits().hash(state),
            Const::Complex(re, im) => (re.to_bits(), im.to_bits()).hash(state),
            Const::Str(s) => s.hash(state),
            Const::Bytes(b) => b.hash(state),
            Const::Tuple(items) => items.hash(state),
            Const::FrozenSet(items) => items.len().hash(state),
            Const::Slice(parts) => parts.hash(state),
            Const::Code(code) => (&code.name, code.firstlineno).hash(state),
        }
    }
}

/// Bits of `co_flags`.
pub mod flags {
    pub const OPTIMIZED: u32 = 0x1;
    pub const NEWLOCALS: u32 = 0x2;
    pub const VARARGS: u32 = 0x4;
    pub const VARKEYWORDS: u32 = 0x8;
    pub const NESTED: u32 = 0x10;
    pub const GENERATOR: u32 = 0x20;
    pub const COROUTINE: u32 = 0x80;
    pub const ITERABLE_COROUTINE: u32 = 0x100;
    pub const ASYNC_GENERATOR: u32 = 0x200;
    pub const FUTURE_DIVISION: u32 = 0x2_0000;
    pub const FUTURE_ABSOLUTE_IMPORT: u32 = 0x4_0000;
    pub const FUTURE_WITH_STATEMENT: u32 = 0x8_0000;
    pub const FUTURE_PRINT_FUNCTION: u32 = 0x10_0000;
    pub const FUTURE_UNICODE_LITERALS: u32 = 0x20_0000;
    pub const FUTURE_BARRY_AS_BDFL: u32 = 0x40_0000;
    pub const FUTURE_GENERATOR_STOP: u32 = 0x80_0000;
    pub const FUTURE_ANNOTATIONS: u32 = 0x100_0000;
    pub const HAS_DOCSTRING: u32 = 0x400_0000;
    pub const METHOD: u32 = 0x800_0000;
    /// The bits a `from __future__ import` may set.
    pub const FUTURE_MASK: u32 = FUTURE_DIVISION
        | FUTURE_ABSOLUTE_IMPORT
        | FUTURE_WITH_STATEMENT
        | FUTURE_PRINT_FUNCTION
        | FUTURE_UNICODE_LITERALS
        | FUTURE_BARRY_AS_BDFL
        | FUTURE_GENERATOR_STOP
        | FUTURE_ANNOTATIONS;
}

/// Bits of an entry of `localspluskinds`.
pub mod kinds {
    pub const ARG_POS: u8 = 0x02;
    pub const ARG_KW: u8 = 0x04;
    pub const ARG_VAR: u8 = 0x08;
    pub const ARG_MASK: u8 = ARG_POS | ARG_KW | ARG_VAR;
    pub const HIDDEN: u8 = 0x10;
    pub const LOCAL: u8 = 0x20;
    pub const CELL: u8 = 0x40;
    pub const FREE: u8 = 0x80;
}

/// A code object. What only running it or looking into it needs is its [`Body`], to which this dereferences: that of the
/// embedded library's functions is read from the program when something asks for it first, since most never run.
#[derive(Clone)]
pub struct Code {
    pub argcount: u32,
    pub posonlyargcount: u32,
    pub kwonlyargcount: u32,
    pub stacksize: u32,
    pub flags: u32,
    pub firstlineno: u32,
    pub localspluskinds: Octets,
    pub filename: PyStr,
    pub name: PyStr,
    pub qualname: PyStr,
    pub body: LazyBody,
}

/// Bytes that are made, or stand in the program.
pub type Octets = Cow<'static, [u8]>;

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Body {
    /// CPython's bytes: two per instruction, inline caches zeroed.
    pub code: Octets,
    pub consts: Vec<Const>,
    pub names: Vec<PyStr>,
    pub localsplusnames: Vec<PyStr>,
    pub linetable: Octets,
    pub exceptiontable: Octets,
}

/// A body, or where it is packed. Threads that ask at once wait for the first: unpacking needs nothing of anybody.
#[derive(Clone, Default)]
pub struct LazyBody {
    made: OnceLock<Box<Body>>,
    packed: Option<Packed>,
}

impl From<Body> for LazyBody {
    fn from(body: Body) -> LazyBody {
        LazyBody {
            made: OnceLock::from(Box::new(body)),
            packed: None,
        }
    }
}
impl From<Packed> for LazyBody {
    fn from(packed: Packed) -> LazyBody {
        LazyBody {
            made: OnceLock::new(),
            packed: Some(packed),
        }
    }
}

impl Code {
    #[cold]
    fn unpack(&self) -> &Body {
        self.body.made.get_or_init(|| {
            let packed = self.body.packed.as_ref();
            Box::new(packed.map_or_else(Body::default, |packed| packed.body(&self.filename)))
        })
    }
}

impl Deref for Code {
    type Target = Body;
    #[inline]
    fn deref(&self) -> &Body {
        match self.body.made.get() {
            Some(body) => body,
            None => self.unpack(),
        }
    }
}
impl DerefMut for Code {
    fn deref_mut(&mut self) -> &mut Body {
        self.unpack();
        self.body.made.get_mut().expect("unpacked above")
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Code) -> bool {
        let numbers = |c: &Code| {
            [
                c.argcount,
                c.posonlyargcount,
                c.kwonlyargcount,
                c.stacksize,
                c.flags,
                c.firstlineno,
            ]
        };
        numbers(self) == numbers(other)
            && self.localspluskinds == other.localspluskinds
            && self.filename == other.filename
            && self.name == other.name
            && self.qualname == other.qualname
            && **self == **other
    }
}
impl Eq for Code {}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code")
            .field("argcount", &self.argcount)
            .field("posonlyargcount", &self.posonlyargcount)
            .field("kwonlyargcount", &self.kwonlyargcount)
            .field("stacksize", &self.stacksize)
            .field("flags", &self.flags)
            .field("firstlineno", &self.firstlineno)
            .field("localspluskinds", &self.localspluskinds)
            .field("filename", &self.filename)
            .field("name", &self.name)
            .field("qualname", &self.qualname)
            .field("body", &**self)
            .finish()
    }
}
