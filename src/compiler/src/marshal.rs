//! CPython 3.14's marshal format (version 5) for constants and code objects: what a `.pyc` holds after its header.
//!
//! Reading takes any bytes: malformed input is an error, never a panic, and the memory it makes us use is bounded by
//! a multiple of its length (back references are copied here, so a small file could otherwise unfold into a huge
//! tree). Lists, dictionaries and sets are no constants and are refused; the run-time `marshal` module knows them.

use crate::code::{Body, Code, Const, PyStr, push_code_point};
use num_bigint::{BigInt, Sign};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// The magic number at the start of a `.pyc` file: 3627 and a line end that text transfers would damage.
pub const MAGIC: [u8; 4] = [0x2b, 0x0e, b'\r', b'\n'];
/// Bytes of a `.pyc` file before the code: magic, flags, and modification time and size or a hash.
pub const HEADER_LEN: usize = 16;

const FLAG_REF: u8 = 0x80;
/// Nesting allowed in the input; source code cannot nest constants or scopes that deep.
const MAX_DEPTH: u32 = 300;
/// Digits of big integers carry this many bits.
const DIGIT_BITS: u64 = 15;

/// Why bytes could not be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MarshalError {
    /// The data stops too early (`EOFError`).
    Truncated,
    /// The data is malformed (`ValueError`).
    Bad(&'static str),
}

impl fmt::Display for MarshalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MarshalError::Truncated => f.write_str("marshal data too short"),
            MarshalError::Bad(why) => write!(f, "bad marshal data ({why})"),
        }
    }
}
impl std::error::Error for MarshalError {}

type Result<T> = std::result::Result<T, MarshalError>;

/// Writes a constant.
pub fn dump(value: &Const) -> Vec<u8> {
    let mut writer = Writer {
        out: Vec::new(),
        seen: HashMap::new(),
    };
    writer.value(value);
    writer.out
}

/// Writes a code object.
pub fn dump_code(code: &Code) -> Vec<u8> {
    let mut writer = Writer {
        out: Vec::with_capacity(code.code.len() * 2 + 256),
        seen: HashMap::new(),
    };
    writer.code(code);
    writer.out
}

/// Reads a constant; bytes behind it are ignored.
pub fn load(data: &[u8]) -> Result<Const> {
    let budget = data.len().saturating_mul(64).saturating_add(1 << 20);
    Reader {
        rest: data,
        refs: Vec::new(),
        budget,
        depth: 0,
    }
    .value()
}

/// Reads a code object.
pub fn load_code(data: &[u8]) -> Result<Arc<Code>> {
    match load(data)? {
        Const::Code(code) => Ok(code),
        _ => Err(MarshalError::Bad("not a code object")),
    }
}

struct Writer<'a> {
    out: Vec<u8>,
    /// Strings written so far and the number of their reference.
    seen: HashMap<&'a [u8], u32>,
}

impl<'a> Writer<'a> {
    fn long(&mut self, value: u32) {
        self.out.extend(value.to_le_bytes());
    }

    fn sized(&mut self, tag: u8, bytes: &[u8]) {
        self.out.push(tag);
        self.long(bytes.len() as u32);
        self.out.extend(bytes);
    }

    fn string(&mut self, s: &'a PyStr, interned: bool) {
        let bytes = s.as_bytes();
        if let Some(&at) = self.seen.get(bytes) {
            self.out.push(b'r');
            return self.long(at);
        }
        self.seen.insert(bytes, self.seen.len() as u32);
        if !bytes.is_ascii() {
            self.sized(if interned { b't' } else { b'u' } | FLAG_REF, bytes);
        } else if bytes.len() < 256 {
            self.out.extend([
                if interned { b'Z' } else { b'z' } | FLAG_REF,
                bytes.len() as u8,
            ]);
            self.out.extend(bytes);
        } else {
            self.sized(if interned { b'A' } else { b'a' } | FLAG_REF, bytes);
        }
    }

    fn tuple_head(&mut self, len: usize) {
        match u8::try_from(len) {
            Ok(short) => self.out.extend([b')', short]),
            Err(_) => {
                self.out.push(b'(');
                self.long(len as u32);
            }
        }
    }

    fn names(&mut self, names: &'a [PyStr]) {
        self.tuple_head(names.len());
        for name in names {
            self.string(name, true);
        }
    }

    fn big(&mut self, value: &BigInt) {
        let (sign, magnitude) = value.to_u64_digits();
        let bits = value.bits();
        let count = bits.div_ceil(DIGIT_BITS);
        self.out.push(b'l');
        self.long(if sign == Sign::Minus {
            (count as u32).wrapping_neg()
        } else {
            count as u32
        });
        for digit in 0..count {
            let at = digit * DIGIT_BITS;
            let (word, shift) = ((at / 64) as usize, at % 64);
            let mut value = magnitude[word] >> shift;
            if shift + DIGIT_BITS > 64 {
                value |= magnitude
                    .get(word + 1)
                    .map_or(0, |next| next << (64 - shift));
            }
            self.out.extend(((value & 0x7fff) as u16).to_le_bytes());
        }
    }

    fn value(&mut self, value: &'a Const) {
        match value {
            Const::None => self.out.push(b'N'),
            Const::True => self.out.push(b'T'),
            Const::False => self.out.push(b'F'),
            Const::Ellipsis => self.out.push(b'.'),
            Const::Int(i) => match i32::try_from(*i) {
                Ok(small) => {
                    self.out.push(b'i');
                    self.long(small as u32);
                }
                Err(_) => self.big(&BigInt::from(*i)),
            },
            Const::BigInt(i) => self.big(i),
            Const::Float(f) => {
                self.out.push(b'g');
                self.out.extend(f.to_le_bytes());
            }
            Const::Complex(re, im) => {
                self.out.push(b'y');
                self.out.extend(re.to_le_bytes());
                self.out.extend(im.to_le_bytes());
            }
            Const::Str(s) => self.string(s, looks_interned(s)),
            Const::Bytes(b) => self.sized(b's', b),
            Const::Tuple(items) => {
                self.tuple_head(items.len());
                items.iter().for_each(|item| self.value(item));
            }
            Const::FrozenSet(items) => {
                self.out.push(b'>');
                self.long(items.len() as u32);
                items.iter().for_each(|item| self.value(item));
            }
            Const::Slice(parts) => {
                self.out.push(b':');
                parts.iter().for_each(|part| self.value(part));
            }
            Const::Code(code) => self.code(code),
        }
    }

    fn code(&mut self, code: &'a Code) {
        self.out.push(b'c');
        for n in [
            code.argcount,
            code.posonlyargcount,
            code.kwonlyargcount,
            code.stacksize,
            code.flags,
        ] {
            self.long(n);
        }
        self.sized(b's', &code.code);
        self.tuple_head(code.consts.len());
        code.consts.iter().for_each(|c| self.value(c));
        self.names(&code.names);
        self.names(&code.localsplusnames);
        self.sized(b's', &code.localspluskinds);
        self.string(&code.filename, false);
        self.string(&code.name, true);
        self.string(&code.qualname, true);
        self.long(code.firstlineno);
        self.sized(b's', &code.linetable);
        self.sized(b's', &code.exceptiontable);
    }
}

/// CPython interns constants that could be names.
fn looks_interned(s: &PyStr) -> bool {
    s.as_bytes()
        .iter()
        .all(|b| b.is_ascii_alphanumeric() || *b == b'_')
}

struct Reader<'a> {
    rest: &'a [u8],
    /// Objects that later ones may refer to; `None` while one is being read.
    refs: Vec<Option<Const>>,
    /// Memory that copies of back references may still use.
    budget: usize,
    depth: u32,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or(MarshalError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }
    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(MarshalError::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }
    fn byte(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }
    fn long(&mut self) -> Result<i32> {
        Ok(i32::from_le_bytes(self.array()?))
    }
    fn float(&mut self) -> Result<f64> {
        Ok(f64::from_le_bytes(self.array()?))
    }
    fn text_float(&mut self) -> Result<f64> {
        let len = self.byte()?;
        let text = self.take(usize::from(len))?;
        let text = std::str::from_utf8(text)
            .ok()
            .and_then(|t| t.trim().parse().ok());
        text.ok_or(MarshalError::Bad("float expected"))
    }
    /// A count whose every item takes at least `each` bytes of what is left.
    fn size(&mut self, what: &'static str, each: usize) -> Result<usize> {
        let size = usize::try_from(self.long()?).map_err(|_| MarshalError::Bad(what))?;
        if size.saturating_mul(each) > self.rest.len() {
            return Err(MarshalError::Truncated);
        }
        Ok(size)
    }

    fn value(&mut self) -> Result<Const> {
        let code = self.byte()?;
        let (flagged, tag) = (code & FLAG_REF != 0, code & !FLAG_REF);
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(MarshalError::Bad("nested too deep"));
        }
        let value = self.tagged(tag, flagged)?;
        self.depth -= 1;
        Ok(value)
    }

    fn tagged(&mut self, tag: u8, flagged: bool) -> Result<Const> {
        // The number of a reference is taken before the parts of the object are read.
        let simple = matches!(tag, b'N' | b'T' | b'F' | b'.' | b'r');
        let slot = (flagged && !simple).then_some(self.refs.len());
        if slot.is_some() {
            self.refs.push(None);
        }
        let value = match tag {
            b'N' => Const::None,
            b'T' => Const::True,
            b'F' => Const::False,
            b'.' => Const::Ellipsis,
            b'r' => return self.reference(),
            b'i' => Const::Int(i64::from(self.long()?)),
            b'I' => Const::Int(i64::from_le_bytes(self.array()?)),
            b'l' => self.big()?,
            b'f' => Const::Float(self.text_float()?),
            b'g' => Const::Float(self.float()?),
            b'x' => Const::Complex(self.text_float()?, self.text_float()?),
            b'y' => Const::Complex(self.float()?, self.float()?),
            b's' => {
                let size = self.size("bytes object size out of range", 1)?;
                Const::Bytes(self.take(size)?.to_vec())
            }
            b'a' | b'A' => {
                let size = self.size("string size out of range", 1)?;
                Const::Str(latin1(self.take(size)?))
            }
            b'z' | b'Z' => {
                let size = usize::from(self.byte()?);
                Const::Str(latin1(self.take(size)?))
            }
            b'u' | b't' => {
                let size = self.size("string size out of range", 1)?;
                Const::Str(wtf8(self.take(size)?)?)
            }
            b')' => {
                let count = usize::from(self.byte()?);
                Const::Tuple(self.items(count)?)
            }
            b'(' => {
                let count = self.size("tuple size out of range", 1)?;
                Const::Tuple(self.items(count)?)
            }
            b'>' => {
                let count = self.size("set size out of range", 1)?;
                Const::FrozenSet(self.items(count)?)
            }
            b':' => Const::Slice(Box::new([self.value()?, self.value()?, self.value()?])),
            b'c' => Const::Code(Arc::new(self.code()?)),
            b'[' | b'{' | b'<' => return Err(MarshalError::Bad("no constant")),
            b'0' => return Err(MarshalError::Bad("NULL object in marshal data for object")),
            _ => return Err(MarshalError::Bad("unknown type code")),
        };
        if let Some(slot) = slot {
            self.spend(&value)?;
            self.refs[slot] = Some(value.clone());
        }
        Ok(value)
    }

    fn reference(&mut self) -> Result<Const> {
        let index =
            usize::try_from(self.long()?).map_err(|_| MarshalError::Bad("invalid reference"))?;
        let value = self
            .refs
            .get(index)
            .cloned()
            .flatten()
            .ok_or(MarshalError::Bad("invalid reference"))?;
        self.spend(&value)?;
        Ok(value)
    }

    fn spend(&mut self, value: &Const) -> Result<()> {
        self.budget = self
            .budget
            .checked_sub(weight(value))
            .ok_or(MarshalError::Bad("too many copies"))?;
        Ok(())
    }

    fn items(&mut self, count: usize) -> Result<Vec<Const>> {
        // Not more than the input can hold, whatever it claims.
        let mut items = Vec::with_capacity(count.min(self.rest.len()));
        for _ in 0..count {
            items.push(self.value()?);
        }
        Ok(items)
    }

    fn big(&mut self) -> Result<Const> {
        let count = self.long()?;
        let digits = count.unsigned_abs() as usize;
        if digits.saturating_mul(2) > self.rest.len() {
            return Err(MarshalError::Truncated);
        }
        let mut words = vec![0u32; (digits * DIGIT_BITS as usize).div_ceil(32)];
        for digit in 0..digits {
            let value = u16::from_le_bytes(self.array()?);
            if value > 0x7fff {
                return Err(MarshalError::Bad("digit out of range in long"));
            }
            if value == 0 && digit == digits - 1 {
                return Err(MarshalError::Bad("unnormalized long data"));
            }
            let at = digit * DIGIT_BITS as usize;
            let wide = u64::from(value) << (at % 32);
            words[at / 32] |= wide as u32;
            if wide >> 32 != 0 {
                words[at / 32 + 1] |= (wide >> 32) as u32;
            }
        }
        let sign = if count < 0 { Sign::Minus } else { Sign::Plus };
        Ok(Const::int(BigInt::new(sign, words)))
    }

    fn code(&mut self) -> Result<Code> {
        let argcount = self.count("argcount")?;
        let posonlyargcount = self.count("posonlyargcount")?;
        let kwonlyargcount = self.count("kwonlyargcount")?;
        let stacksize = self.count("stacksize")?;
        let flags = self.long()? as u32;
        let code = self.bytes()?;
        let consts = match self.value()? {
            Const::Tuple(items) => items,
            _ => return Err(MarshalError::Bad("code constants are no tuple")),
        };
        let names = self.names()?;
        let localsplusnames = self.names()?;
        let localspluskinds = self.bytes()?;
        if localsplusnames.len() != localspluskinds.len() {
            return Err(MarshalError::Bad("code with malformed variables"));
        }
        let filename = self.name()?;
        let name = self.name()?;
        let qualname = self.name()?;
        let firstlineno = self.long()?.max(0) as u32;
        let linetable = self.bytes()?;
        let exceptiontable = self.bytes()?;
        Ok(Code {
            argcount,
            posonlyargcount,
            kwonlyargcount,
            stacksize,
            flags,
            firstlineno,
            localspluskinds: localspluskinds.into(),
            filename,
            name,
            qualname,
            body: Body {
                code: code.into(),
                consts,
                names,
                localsplusnames,
                linetable: linetable.into(),
                exceptiontable: exceptiontable.into(),
            }
            .into(),
        })
    }

    fn count(&mut self, what: &'static str) -> Result<u32> {
        u32::try_from(self.long()?).map_err(|_| MarshalError::Bad(what))
    }
    fn bytes(&mut self) -> Result<Vec<u8>> {
        match self.value()? {
            Const::Bytes(bytes) => Ok(bytes),
            _ => Err(MarshalError::Bad("bytes expected in code")),
        }
    }
    fn name(&mut self) -> Result<PyStr> {
        match self.value()? {
            Const::Str(s) => Ok(s),
            _ => Err(MarshalError::Bad("string expected in code")),
        }
    }
    fn names(&mut self) -> Result<Vec<PyStr>> {
        let Const::Tuple(items) = self.value()? else {
            return Err(MarshalError::Bad("names expected in code"));
        };
        let name = |item| match item {
            Const::Str(s) => Ok(s),
            _ => Err(MarshalError::Bad("string expected in code")),
        };
        items.into_iter().map(name).collect()
    }
}

/// About the memory a copy takes, in bytes.
fn weight(value: &Const) -> usize {
    let own = size_of::<Const>();
    own + match value {
        // Shared.
        Const::Str(_) => 0,
        Const::Bytes(b) => b.len(),
        Const::BigInt(i) => i.bits() as usize / 8,
        Const::Tuple(items) | Const::FrozenSet(items) => items.iter().map(weight).sum(),
        Const::Slice(parts) => parts.iter().map(weight).sum(),
        _ => 0,
    }
}

fn latin1(bytes: &[u8]) -> PyStr {
    if bytes.is_ascii() {
        return PyStr::from_ascii(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len() * 2);
    bytes
        .iter()
        .for_each(|&b| push_code_point(&mut out, u32::from(b)));
    PyStr::from_wtf8(out)
}

/// UTF-8 that may contain surrogates, each as three bytes.
fn wtf8(bytes: &[u8]) -> Result<PyStr> {
    let mut rest = bytes;
    while let Err(error) = std::str::from_utf8(rest) {
        match rest[error.valid_up_to()..] {
            [0xed, 0xa0..=0xbf, 0x80..=0xbf, ref tail @ ..] => rest = tail,
            _ => return Err(MarshalError::Bad("invalid utf-8")),
        }
    }
    Ok(PyStr::from_wtf8(bytes.to_vec()))
}
