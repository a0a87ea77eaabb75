//! Reading.

use std::sync::Arc;
use typhon_compiler::code::{Body, Code, PyStr};
use typhon_vm::native::*;
use typhon_vm::objects::bytes::{Bytes, new_bytes};
use typhon_vm::objects::code::consts::{py_str, value_const};
use typhon_vm::objects::dict::new_dict;
use typhon_vm::objects::list::{List, new_list};
use typhon_vm::objects::str::{intern, new_str_latin1, new_str_wtf8};
use typhon_vm::objects::tuple::new_tuple;
use typhon_vm::objects::{Dict, set};
use typhon_vm::{protocol, statics};

const MAX_DEPTH: u32 = 2000;
const REF: u8 = 0x80;

/// A value and how many bytes it took.
pub fn load(cx: &mut Cx, data: &[u8], allow_code: bool) -> Res<(Value, usize)> {
    if allow_code && data.first().is_some_and(|t| t & !REF == b'c') {
        // The common case: a `.pyc` file's code.
        if let Ok(code) = typhon_compiler::marshal::load_code(data) {
            return Ok((crate::imp::code::new_code(cx, code)?, data.len()));
        }
    }
    let mut r = Reader {
        data,
        at: 0,
        refs: Vec::new(),
        depth: 0,
        allow_code,
    };
    match r.value(cx)? {
        Some(v) => Ok((v, r.at)),
        None => Err(cx.type_error("NULL object in marshal data for object")),
    }
}

struct Reader<'a> {
    data: &'a [u8],
    at: usize,
    refs: Vec<Option<Value>>,
    depth: u32,
    allow_code: bool,
}

impl<'a> Reader<'a> {
    fn bytes(&mut self, cx: &mut Cx, n: usize) -> Res<&'a [u8]> {
        match self.data.get(self.at..self.at.saturating_add(n)) {
            Some(b) => {
                self.at += n;
                Ok(b)
            }
            None => Err(cx.eof_error("marshal data too short")),
        }
    }
    fn byte(&mut self, cx: &mut Cx) -> Res<u8> {
        match self.data.get(self.at) {
            Some(b) => {
                self.at += 1;
                Ok(*b)
            }
            None => Err(cx.eof_error("EOF read where object expected")),
        }
    }
    fn long(&mut self, cx: &mut Cx) -> Res<i32> {
        let b = self.bytes(cx, 4)?;
        Ok(i32::from_le_bytes([b[0], b[1], b[2], b[3]]))
    }
    /// A count of items, which cannot be more than there are bytes left.
    fn size(&mut self, cx: &mut Cx, what: &str) -> Res<usize> {
        let n = self.long(cx)?;
        if n < 0 {
            return Err(cx.value_error(format!("bad marshal data ({what} size out of range)")));
        }
        Ok(n as usize)
    }
    fn double(&mut self, cx: &mut Cx) -> Res<f64> {
        let b = self.bytes(cx, 8)?;
        Ok(f64::from_le_bytes(b.try_into().expect("eight bytes")))
    }
    fn text_double(&mut self, cx: &mut Cx) -> Res<f64> {
        let n = self.byte(cx)? as usize;
        let b = self.bytes(cx, n)?;
        match std::str::from_utf8(b)
            .ok()
            .and_then(|t| t.trim().parse().ok())
        {
            Some(f) => Ok(f),
            None => Err(cx.value_error("bad marshal data (float)")),
        }
    }

    /// The next value; None for the end mark of a dict.
    fn value(&mut self, cx: &mut Cx) -> Res<Option<Value>> {
        if self.depth > MAX_DEPTH {
            return Err(cx.value_error("recursion limit exceeded"));
        }
        cx.check_native_stack(" while unmarshalling")?;
        self.depth += 1;
        let r = self.inner(cx);
        self.depth -= 1;
        r
    }

    fn need(&mut self, cx: &mut Cx, what: &str) -> Res<Value> {
        match self.value(cx)? {
            Some(v) => Ok(v),
            None => Err(cx.type_error(format!("NULL object in marshal data for {what}"))),
        }
    }

    fn inner(&mut self, cx: &mut Cx) -> Res<Option<Value>> {
        let tag = self.byte(cx)?;
        let (kind, shared) = (tag & !REF, tag & REF != 0);
        match kind {
            b'0' => return Ok(None),
            b'N' => return Ok(Some(Value::none())),
            b'T' => return Ok(Some(Value::bool(true))),
            b'F' => return Ok(Some(Value::bool(false))),
            b'.' => return Ok(Some(statics::immortal(statics::ELLIPSIS))),
            b'S' => return Ok(Some(ExcKind::StopIteration.ty().value())),
            b'r' => {
                let n = self.long(cx)?;
                return match usize::try_from(n)
                    .ok()
                    .and_then(|n| self.refs.get(n).cloned().flatten())
                {
                    Some(v) => Ok(Some(v)),
                    None => Err(cx.value_error("bad marshal data (invalid reference)")),
                };
            }
            _ => {}
        }
        // The place in the table of references is taken before the contents are read.
        let place = self.refs.len();
        if shared {
            self.refs.push(None);
        }
        let v = self.composite(cx, kind, shared.then_some(place))?;
        if shared {
            self.refs[place] = Some(v.clone());
        }
        Ok(Some(v))
    }

    fn composite(&mut self, cx: &mut Cx, kind: u8, place: Option<usize>) -> Res<Value> {
        Ok(match kind {
            b'i' => Value::small_int(self.long(cx)?),
            b'I' => {
                let b = self.bytes(cx, 8)?;
                typhon_vm::objects::int::new_int(
                    cx,
                    i64::from_le_bytes(b.try_into().expect("eight bytes")),
                )?
            }
            b'l' => self.big(cx)?,
            b'g' => {
                let f = self.double(cx)?;
                typhon_vm::objects::float::new_float(cx, f)?
            }
            b'f' => {
                let f = self.text_double(cx)?;
                typhon_vm::objects::float::new_float(cx, f)?
            }
            b'y' => {
                let (re, im) = (self.double(cx)?, self.double(cx)?);
                typhon_vm::objects::complex::new_complex(cx, re, im)?
            }
            b'x' => {
                let (re, im) = (self.text_double(cx)?, self.text_double(cx)?);
                typhon_vm::objects::complex::new_complex(cx, re, im)?
            }
            b's' => {
                let n = self.size(cx, "bytes object")?;
                let b = self.bytes(cx, n)?;
                new_bytes(cx, b)?
            }
            b'z' | b'Z' | b'a' | b'A' => {
                let n = match kind {
                    b'z' | b'Z' => self.byte(cx)? as usize,
                    _ => self.size(cx, "string")?,
                };
                let b = self.bytes(cx, n)?;
                let s = new_str_latin1(cx, b)?;
                if kind.is_ascii_uppercase() {
                    intern::intern(&s)
                } else {
                    s
                }
            }
            b'u' | b't' => {
                let n = self.size(cx, "string")?;
                let b = self.bytes(cx, n)?;
                if !is_wtf8(b) {
                    return Err(cx.value_error("bad marshal data (string is not utf-8)"));
                }
                let s = new_str_wtf8(cx, b)?;
                if kind == b't' { intern::intern(&s) } else { s }
            }
            b')' | b'(' => {
                let n = if kind == b')' {
                    self.byte(cx)? as usize
                } else {
                    self.size(cx, "tuple")?
                };
                let items = self.items(cx, n, "tuple")?;
                new_tuple(cx, items)?
            }
            b'[' => {
                let n = self.size(cx, "list")?;
                let list = new_list(cx, vec![])?;
                self.announce(place, &list);
                let items = self.items(cx, n, "list")?;
                list.downcast::<List>()
                    .expect("just made")
                    .extend_from_vec(cx, items)?;
                list
            }
            b'{' => {
                let dict = new_dict(cx)?;
                self.announce(place, &dict);
                let d = dict.downcast::<Dict>().expect("just made");
                while let Some(k) = self.value(cx)? {
                    let Some(v) = self.value(cx)? else { break };
                    d.set(cx, &k, v)?;
                }
                dict
            }
            b'<' | b'>' => {
                let n = self.size(cx, "set")?;
                if kind == b'<' {
                    let empty = new_tuple(cx, vec![])?;
                    let s = set::new_set_from(cx, &empty)?;
                    self.announce(place, &s);
                    for i in self.items(cx, n, "set")? {
                        protocol::call_method(cx, &s, "add", &[i])?;
                    }
                    s
                } else {
                    let items = self.items(cx, n, "set")?;
                    set::new_frozenset(cx, items)?
                }
            }
            b':' => {
                let parts = [
                    self.need(cx, "slice")?,
                    self.need(cx, "slice")?,
                    self.need(cx, "slice")?,
                ];
                let [start, stop, step] = parts;
                typhon_vm::objects::slice::new_slice(cx, start, stop, step)?
            }
            b'c' => self.code(cx)?,
            _ => return Err(cx.value_error("bad marshal data (unknown type code)")),
        })
    }

    /// A container that may contain itself is known before its contents.
    fn announce(&mut self, place: Option<usize>, v: &Value) {
        if let Some(p) = place {
            self.refs[p] = Some(v.clone());
        }
    }

    fn items(&mut self, cx: &mut Cx, n: usize, what: &str) -> Res<Vec<Value>> {
        let mut out = Vec::with_capacity(n.min(self.data.len() - self.at));
        for _ in 0..n {
            out.push(self.need(cx, what)?);
        }
        Ok(out)
    }

    fn big(&mut self, cx: &mut Cx) -> Res<Value> {
        let n = self.long(cx)?;
        if n == i32::MIN {
            return Err(cx.value_error("bad marshal data (long size out of range)"));
        }
        let count = n.unsigned_abs() as usize;
        let b = self.bytes(cx, count * 2)?;
        let mut out = vec![0u8; count * 15 / 8 + 4];
        let mut last = 0;
        for (i, d) in b.chunks_exact(2).enumerate() {
            let d = u16::from_le_bytes([d[0], d[1]]);
            if d > 0x7FFF {
                return Err(cx.value_error("bad marshal data (digit out of range in long)"));
            }
            last = d;
            let (byte, bit) = (i * 15 / 8, i * 15 % 8);
            let wide = (d as u32) << bit;
            for (k, part) in wide.to_le_bytes().iter().take(3).enumerate() {
                out[byte + k] |= part;
            }
        }
        if count > 0 && last == 0 {
            return Err(cx.value_error("bad marshal data (unnormalized long data)"));
        }
        let big = dashu_int::IBig::from(dashu_int::UBig::from_le_bytes(&out));
        typhon_vm::objects::int::new_big(cx, if n < 0 { -big } else { big })
    }

    fn code(&mut self, cx: &mut Cx) -> Res<Value> {
        if !self.allow_code {
            return Err(cx.value_error("unmarshalling code objects is disallowed"));
        }
        let mut head = [0u32; 5];
        for h in &mut head {
            *h = self.long(cx)? as u32;
        }
        let [argcount, posonlyargcount, kwonlyargcount, stacksize, flags] = head;
        let code = self.raw(cx)?;
        let consts_v = self.need(cx, "code")?;
        let names = self.strings(cx)?;
        let localsplusnames = self.strings(cx)?;
        let localspluskinds = self.raw(cx)?;
        let (filename, name, qualname) = (self.string(cx)?, self.string(cx)?, self.string(cx)?);
        let firstlineno = self.long(cx)? as u32;
        let (linetable, exceptiontable) = (self.raw(cx)?, self.raw(cx)?);
        let Some(t) = consts_v.downcast::<Tuple>() else {
            return Err(bad_code(cx));
        };
        let mut consts = Vec::with_capacity(t.len());
        for c in t.items() {
            match value_const(cx, c) {
                Some(c) => consts.push(c),
                None => return Err(bad_code(cx)),
            }
        }
        let code = Code {
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
        };
        if typhon_compiler::verify::verify(&code).is_err() {
            return Err(bad_code(cx));
        }
        crate::imp::code::new_code(cx, Arc::new(code))
    }

    fn raw(&mut self, cx: &mut Cx) -> Res<Vec<u8>> {
        let v = self.need(cx, "code")?;
        match v.downcast::<Bytes>() {
            Some(b) => Ok(b.as_slice().to_vec()),
            None => Err(bad_code(cx)),
        }
    }
    fn string(&mut self, cx: &mut Cx) -> Res<PyStr> {
        let v = self.need(cx, "code")?;
        match v.downcast::<Str>() {
            Some(s) => Ok(py_str(s)),
            None => Err(bad_code(cx)),
        }
    }
    fn strings(&mut self, cx: &mut Cx) -> Res<Vec<PyStr>> {
        let v = self.need(cx, "code")?;
        let names = v.downcast::<Tuple>().and_then(|t| {
            t.items()
                .iter()
                .map(|i| i.downcast::<Str>().map(py_str))
                .collect::<Option<Vec<_>>>()
        });
        names.ok_or_else(|| bad_code(cx))
    }
}

fn bad_code(cx: &mut Cx) -> Raised {
    cx.value_error("bad marshal data (malformed code object)")
}

/// UTF-8 that may hold surrogates one by one.
fn is_wtf8(mut b: &[u8]) -> bool {
    loop {
        match std::str::from_utf8(b) {
            Ok(_) => return true,
            Err(e) => {
                let at = e.valid_up_to();
                match b.get(at..at + 3) {
                    Some([0xED, 0xA0..=0xBF, 0x80..=0xBF]) => b = &b[at + 3..],
                    _ => return false,
                }
            }
        }
    }
}
