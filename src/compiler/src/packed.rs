//! How the embedded library's code stands in the program: so that reading a module makes only what its own body needs. The
//! bodies of functions are read when they are first asked for, and bytes and texts are not copied at all.
//!
//! A file is the text of its file name, the head of its code, then bodies: those that run when the module is imported
//! (its own, its classes') before those of functions, so that they lie together. Numbers are of variable length, seven
//! bits a byte. A text is 0, its length and its WTF-8 bytes, or where such a pair of length and bytes stood before.
//! Only the build script writes this and only the program that it is in reads it, so there are no versions and no
//! malformed files: what is damaged panics.

use crate::code::{Body, Code, Const, Octets, PyStr, flags};
use num_bigint::BigInt;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

mod tag {
    pub const NONE: u8 = 0;
    pub const TRUE: u8 = 1;
    pub const FALSE: u8 = 2;
    pub const ELLIPSIS: u8 = 3;
    pub const INT: u8 = 4;
    pub const BIG: u8 = 5;
    pub const FLOAT: u8 = 6;
    pub const COMPLEX: u8 = 7;
    pub const STR: u8 = 8;
    pub const BYTES: u8 = 9;
    pub const TUPLE: u8 = 10;
    pub const FROZENSET: u8 = 11;
    pub const SLICE: u8 = 12;
    pub const CODE: u8 = 13;
}

/// A code object as the library has it.
pub fn pack(code: &Code) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.text(&code.filename);
    writer.head(code);
    while let Some((place, code)) = writer.next() {
        let at = (writer.out.len() as u32).to_le_bytes();
        writer.out[place..place + 4].copy_from_slice(&at);
        writer.body(code);
    }
    writer.out
}

/// The code object that `pack` wrote, its body unread.
pub fn unpack(file: &'static [u8]) -> Code {
    let mut reader = Reader { file, at: 0 };
    let filename = reader.text();
    reader.head(&filename)
}

/// Where a body stands.
#[derive(Clone, Copy)]
pub struct Packed {
    file: &'static [u8],
    at: usize,
}

impl Packed {
    /// The body; code in it gets this file name.
    pub(crate) fn body(self, filename: &PyStr) -> Body {
        let mut reader = Reader {
            file: self.file,
            at: self.at,
        };
        reader.body(filename)
    }
}

#[derive(Default)]
struct Writer<'a> {
    out: Vec<u8>,
    /// Where the texts written so far stand.
    seen: HashMap<&'a [u8], usize>,
    /// Where to say where a body stands, and the body, of what an import runs.
    soon: VecDeque<(usize, &'a Code)>,
    /// Of functions.
    later: VecDeque<(usize, &'a Code)>,
}

impl<'a> Writer<'a> {
    fn next(&mut self) -> Option<(usize, &'a Code)> {
        self.soon.pop_front().or_else(|| self.later.pop_front())
    }
    fn number(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.out.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.out.push(n as u8);
    }
    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.out.extend(bytes);
    }
    fn text(&mut self, text: &'a PyStr) {
        let bytes = text.as_bytes();
        if let Some(&at) = self.seen.get(bytes) {
            return self.number(at as u64);
        }
        self.number(0);
        self.seen.insert(bytes, self.out.len());
        self.bytes(bytes);
    }
    fn texts(&mut self, texts: &'a [PyStr]) {
        self.number(texts.len() as u64);
        texts.iter().for_each(|text| self.text(text));
    }
    fn values(&mut self, values: &'a [Const]) {
        self.number(values.len() as u64);
        values.iter().for_each(|value| self.value(value));
    }
    fn float(&mut self, value: f64) {
        self.out.extend(value.to_bits().to_le_bytes());
    }

    fn value(&mut self, value: &'a Const) {
        match value {
            Const::None => self.out.push(tag::NONE),
            Const::True => self.out.push(tag::TRUE),
            Const::False => self.out.push(tag::FALSE),
            Const::Ellipsis => self.out.push(tag::ELLIPSIS),
            Const::Int(i) => {
                self.out.push(tag::INT);
                // The sign is the lowest bit.
                self.number((i << 1 ^ i >> 63) as u64);
            }
            Const::BigInt(i) => {
                self.out.push(tag::BIG);
                self.bytes(&i.to_signed_bytes_le());
            }
            Const::Float(f) => {
                self.out.push(tag::FLOAT);
                self.float(*f);
            }
            Const::Complex(re, im) => {
                self.out.push(tag::COMPLEX);
                self.float(*re);
                self.float(*im);
            }
            Const::Str(s) => {
                self.out.push(tag::STR);
                self.text(s);
            }
            Const::Bytes(b) => {
                self.out.push(tag::BYTES);
                self.bytes(b);
            }
            Const::Tuple(items) => {
                self.out.push(tag::TUPLE);
                self.values(items);
            }
            Const::FrozenSet(items) => {
                self.out.push(tag::FROZENSET);
                self.values(items);
            }
            Const::Slice(parts) => {
                self.out.push(tag::SLICE);
                parts.iter().for_each(|part| self.value(part));
            }
            Const::Code(code) => {
                self.out.push(tag::CODE);
                self.head(code);
            }
        }
    }

    fn head(&mut self, code: &'a Code) {
        for n in [
            code.argcount,
            code.posonlyargcount,
            code.kwonlyargcount,
            code.stacksize,
            code.flags,
            code.firstlineno,
        ] {
            self.number(u64::from(n));
        }
        self.bytes(&code.localspluskinds);
        self.text(&code.name);
        self.text(&code.qualname);
        let of_function = code.flags & flags::OPTIMIZED != 0;
        let queue = if of_function {
            &mut self.later
        } else {
            &mut self.soon
        };
        queue.push_back((self.out.len(), code));
        self.out.extend([0; 4]);
    }

    fn body(&mut self, code: &'a Code) {
        self.bytes(&code.code);
        self.values(&code.consts);
        self.texts(&code.names);
        self.texts(&code.localsplusnames);
        self.bytes(&code.linetable);
        self.bytes(&code.exceptiontable);
    }
}

struct Reader {
    file: &'static [u8],
    at: usize,
}

impl Reader {
    fn take(&mut self, count: usize) -> &'static [u8] {
        let taken = &self.file[self.at..self.at + count];
        self.at += count;
        taken
    }
    fn array<const N: usize>(&mut self) -> [u8; N] {
        self.take(N).try_into().expect("so many were taken")
    }
    fn number(&mut self) -> u64 {
        let (mut n, mut shift) = (0, 0);
        loop {
            let byte = self.file[self.at];
            self.at += 1;
            n |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return n;
            }
            shift += 7;
        }
    }
    fn count(&mut self) -> usize {
        self.number() as usize
    }
    fn bytes(&mut self) -> &'static [u8] {
        let count = self.count();
        self.take(count)
    }
    fn octets(&mut self) -> Octets {
        Octets::Borrowed(self.bytes())
    }
    fn text(&mut self) -> PyStr {
        match self.count() {
            0 => PyStr::from_static(self.bytes()),
            at => {
                let mut there = Reader {
                    file: self.file,
                    at,
                };
                PyStr::from_static(there.bytes())
            }
        }
    }
    fn texts(&mut self) -> Vec<PyStr> {
        (0..self.count()).map(|_| self.text()).collect()
    }
    fn float(&mut self) -> f64 {
        f64::from_bits(u64::from_le_bytes(self.array()))
    }
    fn values(&mut self, filename: &PyStr) -> Vec<Const> {
        (0..self.count()).map(|_| self.value(filename)).collect()
    }

    fn value(&mut self, filename: &PyStr) -> Const {
        match self.array::<1>()[0] {
            tag::NONE => Const::None,
            tag::TRUE => Const::True,
            tag::FALSE => Const::False,
            tag::ELLIPSIS => Const::Ellipsis,
            tag::INT => {
                let n = self.number();
                Const::Int((n >> 1) as i64 ^ -((n & 1) as i64))
            }
            tag::BIG => Const::int(BigInt::from_signed_bytes_le(self.bytes())),
            tag::FLOAT => Const::Float(self.float()),
            tag::COMPLEX => Const::Complex(self.float(), self.float()),
            tag::STR => Const::Str(self.text()),
            tag::BYTES => Const::Bytes(self.bytes().to_vec()),
            tag::TUPLE => Const::Tuple(self.values(filename)),
            tag::FROZENSET => Const::FrozenSet(self.values(filename)),
            tag::SLICE => Const::Slice(Box::new(std::array::from_fn(|_| self.value(filename)))),
            tag::CODE => Const::Code(Arc::new(self.head(filename))),
            other => panic!("the library's code is damaged: {other} is no tag"),
        }
    }

    fn head(&mut self, filename: &PyStr) -> Code {
        let [
            argcount,
            posonlyargcount,
            kwonlyargcount,
            stacksize,
            flags,
            firstlineno,
        ] = std::array::from_fn(|_| self.number() as u32);
        Code {
            argcount,
            posonlyargcount,
            kwonlyargcount,
            stacksize,
            flags,
            firstlineno,
            localspluskinds: self.octets(),
            filename: filename.clone(),
            name: self.text(),
            qualname: self.text(),
            body: Packed {
                file: self.file,
                at: u32::from_le_bytes(self.array()) as usize,
            }
            .into(),
        }
    }

    fn body(&mut self, filename: &PyStr) -> Body {
        Body {
            code: self.octets(),
            consts: self.values(filename),
            names: self.texts(),
            localsplusnames: self.texts(),
            linetable: self.octets(),
            exceptiontable: self.octets(),
        }
    }
}
