//! Writing.

use std::collections::HashMap;
use typhon_vm::native::*;
use typhon_vm::objects::bytes::Bytes;
use typhon_vm::objects::complex::Complex;
use typhon_vm::objects::int::{IntRef, as_int};
use typhon_vm::objects::list::List;
use typhon_vm::objects::{CodeObj, Dict};
use typhon_vm::protocol;
use typhon_vm::statics::{self, word};

pub const VERSION: i64 = 5;
const MAX_DEPTH: u32 = 2000;
const REF: u8 = 0x80;

pub fn dump(cx: &mut Cx, value: &Value, version: i64, allow_code: bool) -> Res<Vec<u8>> {
    let mut w = Writer {
        out: Vec::new(),
        refs: HashMap::new(),
        version,
        allow_code,
        depth: 0,
    };
    w.value(cx, value)?;
    Ok(w.out)
}

struct Writer {
    out: Vec<u8>,
    /// Identity of the values written so far; the values are alive as long as the one being dumped is.
    refs: HashMap<u64, u32>,
    version: i64,
    allow_code: bool,
    depth: u32,
}

impl Writer {
    fn long(&mut self, n: u32) {
        self.out.extend(n.to_le_bytes());
    }
    fn sized(&mut self, tag: u8, bytes: &[u8]) {
        self.out.push(tag);
        self.long(bytes.len() as u32);
        self.out.extend(bytes);
    }

    fn value(&mut self, cx: &mut Cx, v: &Value) -> Res<()> {
        if self.depth > MAX_DEPTH {
            return Err(cx.value_error("object too deeply nested to marshal"));
        }
        self.depth += 1;
        let r = self.inner(cx, v);
        self.depth -= 1;
        r
    }

    fn inner(&mut self, cx: &mut Cx, v: &Value) -> Res<()> {
        let bits = v.bits() & !4;
        match bits {
            statics::NONE => {
                return {
                    self.out.push(b'N');
                    Ok(())
                };
            }
            statics::TRUE => {
                return {
                    self.out.push(b'T');
                    Ok(())
                };
            }
            statics::FALSE => {
                return {
                    self.out.push(b'F');
                    Ok(())
                };
            }
            statics::ELLIPSIS => {
                return {
                    self.out.push(b'.');
                    Ok(())
                };
            }
            _ => {}
        }
        let w = v.class_word();
        if w == word::TYPE && v.is(&ExcKind::StopIteration.ty().value()) {
            self.out.push(b'S');
            return Ok(());
        }
        // Shared values are written once; those that nobody else holds cannot come again.
        let mut flag = 0;
        if self.version >= 3
            && let Some(h) = v.header()
            && (h.is_immortal() || h.is_deferred() || h.refcount() > 1)
        {
            let id = v.bits() & !7;
            if let Some(&n) = self.refs.get(&id) {
                self.out.push(b'r');
                self.long(n);
                return Ok(());
            }
            self.refs.insert(id, self.refs.len() as u32);
            flag = REF;
        }
        if w == word::INT {
            self.int(v, flag);
        } else if let Some(f) = typhon_vm::objects::float::as_f64_exact(v) {
            if self.version > 1 {
                self.out.push(b'g' | flag);
                self.out.extend(f.to_le_bytes());
            } else {
                let text = protocol::repr_string(cx, v)?;
                self.short_text(b'f' | flag, &text);
            }
        } else if let Some(c) = v.downcast_exact::<Complex>() {
            if self.version > 1 {
                self.out.push(b'y' | flag);
                self.out.extend(c.re.to_le_bytes());
                self.out.extend(c.im.to_le_bytes());
            } else {
                let (re, im) = (
                    typhon_vm::objects::float::new_float(cx, c.re)?,
                    typhon_vm::objects::float::new_float(cx, c.im)?,
                );
                let (re, im) = (
                    protocol::repr_string(cx, &re)?,
                    protocol::repr_string(cx, &im)?,
                );
                self.short_text(b'x' | flag, &re);
                self.out.push(im.len() as u8);
                self.out.extend(im.as_bytes());
            }
        } else if let Some(b) = v.downcast_exact::<Bytes>() {
            self.sized(b's' | flag, b.as_slice());
        } else if let Some(s) = v.downcast_exact::<Str>() {
            self.string(s, flag);
        } else if let Some(t) = v.downcast_exact::<Tuple>() {
            if self.version >= 4 && t.len() < 256 {
                self.out.push(b')' | flag);
                self.out.push(t.len() as u8);
            } else {
                self.out.push(b'(' | flag);
                self.long(t.len() as u32);
            }
            for i in t.items() {
                self.value(cx, i)?;
            }
        } else if let Some(l) = v.downcast_exact::<List>() {
            let items = l.to_vec(cx);
            self.out.push(b'[' | flag);
            self.long(items.len() as u32);
            for i in &items {
                self.value(cx, i)?;
            }
        } else if let Some(d) = v.downcast_exact::<Dict>() {
            self.out.push(b'{' | flag);
            for (k, x) in d.entries(cx) {
                self.value(cx, &k)?;
                self.value(cx, &x)?;
            }
            self.out.push(b'0');
        } else if w == word::SET || w == word::FROZENSET {
            self.set(cx, v, if w == word::SET { b'<' } else { b'>' } | flag)?;
        } else if let Some(c) = v.downcast_exact::<CodeObj>() {
            self.code(cx, c, flag)?;
        } else if w == word::SLICE {
            if self.version < 5 {
                return Err(cx.value_error("unmarshallable object"));
            }
            self.out.push(b':' | flag);
            for n in ["start", "stop", "step"] {
                let p = protocol::getattr_str(cx, v, n)?;
                self.value(cx, &p)?;
            }
        } else if let Some(b) = typhon_vm::objects::buffer::get_opt(cx, v, false)? {
            self.sized(b's' | flag, &b.to_vec());
        } else {
            self.out.push(b'?');
            return Err(cx.value_error("unmarshallable object"));
        }
        Ok(())
    }

    fn short_text(&mut self, tag: u8, text: &str) {
        self.out.push(tag);
        self.out.push(text.len() as u8);
        self.out.extend(text.as_bytes());
    }

    fn int(&mut self, v: &Value, flag: u8) {
        match as_int(v) {
            Some(IntRef::Small(i)) if i32::try_from(i).is_ok() => {
                self.out.push(b'i' | flag);
                self.out.extend((i as i32).to_le_bytes());
            }
            Some(i) => {
                let big = i.to_big();
                let negative = big.sign() == dashu_int::Sign::Negative;
                let magnitude = dashu_int::UBig::try_from(if negative { -big } else { big })
                    .unwrap_or_default();
                let digits = digits_15(&magnitude.to_le_bytes());
                self.out.push(b'l' | flag);
                let n = digits.len() as i32;
                self.out
                    .extend((if negative { -n } else { n }).to_le_bytes());
                for d in digits {
                    self.out.extend(d.to_le_bytes());
                }
            }
            None => {}
        }
    }

    fn string(&mut self, s: &Str, flag: u8) {
        let interned = s.is_interned();
        if self.version >= 4 && s.is_ascii() {
            let text = s.as_ascii().unwrap_or_default();
            if text.len() < 256 {
                self.short_text(if interned { b'Z' } else { b'z' } | flag, text);
            } else {
                self.sized(if interned { b'A' } else { b'a' } | flag, text.as_bytes());
            }
            return;
        }
        let bytes = typhon_vm::objects::code::consts::py_str(s);
        let tag = if interned && self.version >= 1 {
            b't'
        } else {
            b'u'
        };
        self.sized(tag | flag, bytes.as_bytes());
    }

    /// Members in the order of their own marshalled form, so that equal sets give equal bytes.
    fn set(&mut self, cx: &mut Cx, v: &Value, tag: u8) -> Res<()> {
        let mut items = Vec::new();
        for i in protocol::collect(cx, v)? {
            let key = dump(cx, &i, self.version, self.allow_code)?;
            items.push((key, i));
        }
        items.sort_by(|a, b| a.0.cmp(&b.0));
        self.out.push(tag);
        self.long(items.len() as u32);
        for (_, i) in &items {
            self.value(cx, i)?;
        }
        Ok(())
    }

    fn code(&mut self, cx: &mut Cx, c: &CodeObj, flag: u8) -> Res<()> {
        if !self.allow_code {
            return Err(cx.value_error("marshalling code objects is disallowed"));
        }
        self.out.push(b'c' | flag);
        let code = c.code.clone();
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
        let values = c.values(cx)?;
        self.value(cx, &values.consts)?;
        self.value(cx, &values.names)?;
        self.value(cx, &values.localsplus)?;
        self.sized(b's', &code.localspluskinds);
        let filename = c.filename_value();
        self.value(cx, &filename)?;
        self.value(cx, &c.name)?;
        self.value(cx, &c.qualname)?;
        self.long(code.firstlineno);
        self.sized(b's', &code.linetable);
        self.sized(b's', &code.exceptiontable);
        Ok(())
    }
}

/// Little-endian bytes as digits of 15 bits.
fn digits_15(bytes: &[u8]) -> Vec<u16> {
    let mut out = Vec::with_capacity(bytes.len() * 8 / 15 + 1);
    let (mut acc, mut bits) = (0u32, 0);
    for &b in bytes {
        acc |= (b as u32) << bits;
        bits += 8;
        if bits >= 15 {
            out.push((acc & 0x7FFF) as u16);
            acc >>= 15;
            bits -= 15;
        }
    }
    if acc != 0 {
        out.push(acc as u16);
    }
    while out.last() == Some(&0) {
        out.pop();
    }
    out
}
