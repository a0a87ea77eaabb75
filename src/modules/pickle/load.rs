//! Reading: the pickle machine. It lies in the native frame of the thread that reads, so it needs no lock.

use super::globals::{attribute, broken, dotted, globals, import, lookup, walk, with_context};
use super::input::Input;
use super::opcodes::*;
use crate::support::pack;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI32, Ordering};
use typhon_text::codecs::escape;
use typhon_text::int_bytes::{self, ByteOrder};
use typhon_vm::native::*;
use typhon_vm::objects::bytes::{new_bytes, new_bytes_vec};
use typhon_vm::objects::dict::bulk::Item;
use typhon_vm::objects::dict::keys::dict_hash;
use typhon_vm::objects::object::{self, instance};
use typhon_vm::objects::str::codec::{self, Codec};
use typhon_vm::objects::str::intern::{intern, intern_static};
use typhon_vm::objects::{
    Dict, List, bytearray, dict, float, int, list, memoryview, set, str, tuple,
};
use typhon_vm::{number, protocol};

/// What the machine remembers by number. Pickles number from 0 on; far numbers stand apart, so that one that lies takes no memory.
#[derive(Default)]
pub struct Remembered {
    near: Vec<Option<Value>>,
    far: HashMap<usize, Value>,
    len: usize,
}

/// A number this far behind the others is a far one.
const FAR: usize = 1 << 12;

impl Remembered {
    fn get(&self, n: usize) -> Option<&Value> {
        match self.near.get(n) {
            Some(v) => v.as_ref(),
            None => self.far.get(&n),
        }
    }

    /// The displaced value is the caller's to drop.
    #[inline]
    pub fn put(&mut self, n: usize, v: Value) -> Option<Value> {
        if n == self.near.len() {
            self.near.push(Some(v));
            self.len += 1;
            return None;
        }
        self.put_elsewhere(n, v)
    }

    fn put_elsewhere(&mut self, n: usize, v: Value) -> Option<Value> {
        if n > self.near.len() * 2 + FAR {
            let old = self.far.insert(n, v);
            self.len += usize::from(old.is_none());
            return old;
        }
        if n >= self.near.len() {
            self.near.resize_with(n + 1, || None);
        }
        let old = self.near[n].replace(v);
        self.len += usize::from(old.is_none());
        old
    }

    pub fn entries(&self) -> impl Iterator<Item = (usize, &Value)> {
        let near = self.near.iter().enumerate();
        near.filter_map(|(n, v)| Some((n, v.as_ref()?)))
            .chain(self.far.iter().map(|(n, v)| (*n, v)))
    }
}

impl Traverse for Remembered {
    fn traverse(&self, visitor: &mut Visitor) {
        self.near.traverse(visitor);
        self.far.values().for_each(|v| v.traverse(visitor));
    }
}

/// How a pickle is read.
#[derive(Clone)]
pub struct Settings {
    pub fix_imports: bool,
    pub encoding: String,
    pub errors: String,
    /// An iterator over the buffers that stand outside of the pickle.
    pub buffers: Option<Value>,
    /// Methods that Python code has put in place of the machine's own.
    pub find_class: Option<Value>,
    pub persistent_load: Option<Value>,
}

pub struct Machine<'a> {
    pub input: Input<'a>,
    pub memo: Remembered,
    settings: Settings,
    stack: Vec<Value>,
    marks: Vec<usize>,
    protocol: i32,
    /// Where the unpickler's `find_class` sees the protocol.
    pub shared_protocol: Option<&'a AtomicI32>,
}

impl<'a> Machine<'a> {
    pub fn new(input: Input<'a>, memo: Remembered, settings: Settings) -> Machine<'a> {
        Machine {
            input,
            memo,
            settings,
            stack: Vec::with_capacity(8),
            marks: Vec::new(),
            protocol: 0,
            shared_protocol: None,
        }
    }

    // ---- the stack ---------------------------------------------------------------------------------------------

    fn fence(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    #[cold]
    fn underflow(&self, cx: &mut Cx) -> Raised {
        broken(
            cx,
            if self.marks.is_empty() {
                "unpickling stack underflow"
            } else {
                "unexpected MARK found"
            },
        )
    }

    #[inline]
    fn pop(&mut self, cx: &mut Cx) -> Res<Value> {
        if self.stack.len() > self.fence()
            && let Some(v) = self.stack.pop()
        {
            return Ok(v);
        }
        Err(self.underflow(cx))
    }

    /// A copy of what lies on top.
    #[inline]
    fn top(&self, cx: &mut Cx) -> Res<Value> {
        match self.stack.last() {
            Some(v) if self.stack.len() > self.fence() => Ok(v.clone_in(cx.tid)),
            _ => Err(self.underflow(cx)),
        }
    }

    /// The height at the last mark, which is taken away.
    fn mark(&mut self, cx: &mut Cx) -> Res<usize> {
        match self.marks.pop() {
            Some(m) => Ok(m),
            None => Err(broken(cx, "could not find MARK")),
        }
    }

    fn above_mark(&mut self, cx: &mut Cx) -> Res<Vec<Value>> {
        let m = self.mark(cx)?;
        Ok(self.stack.split_off(m))
    }

    fn tuple_of(&mut self, cx: &mut Cx, n: usize) -> Res<()> {
        if self.stack.len() < self.fence() + n {
            return Err(self.underflow(cx));
        }
        let at = self.stack.len() - n;
        let t = tuple::new_tuple_from(cx, n, self.stack.drain(at..))?;
        self.stack.push(t);
        Ok(())
    }

    // ---- the loop ----------------------------------------------------------------------------------------------

    /// Read one pickle.
    pub fn load(&mut self, cx: &mut Cx) -> Res<Value> {
        loop {
            let op = self.input.opcode(cx)?;
            if op == STOP {
                return self.pop(cx);
            }
            self.step(cx, op)?;
        }
    }

    #[inline]
    fn step(&mut self, cx: &mut Cx, op: u8) -> Res<()> {
        let v = match op {
            NONE => Value::none(),
            NEWTRUE => Value::bool(true),
            NEWFALSE => Value::bool(false),
            BININT => Value::small_int(i32::from_le_bytes(self.input.array(cx)?)),
            BININT1 => Value::small_int(self.input.array::<1>(cx)?[0].into()),
            BININT2 => Value::small_int(u16::from_le_bytes(self.input.array(cx)?).into()),
            BINFLOAT => {
                let f = f64::from_be_bytes(self.input.array(cx)?);
                float::new_float(cx, f)?
            }
            SHORT_BINUNICODE => {
                let n = self.input.array::<1>(cx)?[0];
                self.text(cx, n.into())?
            }
            BINUNICODE => {
                let n = u32::from_le_bytes(self.input.array(cx)?);
                self.text(cx, n as usize)?
            }
            BINUNICODE8 => {
                let n = self.length8(cx, "BINUNICODE8")?;
                self.text(cx, n)?
            }
            SHORT_BINBYTES => {
                let n = self.input.array::<1>(cx)?[0];
                self.bytes(cx, n.into())?
            }
            BINBYTES => {
                let n = u32::from_le_bytes(self.input.array(cx)?);
                self.bytes(cx, n as usize)?
            }
            BINBYTES8 => {
                let n = self.length8(cx, "BINBYTES8")?;
                self.bytes(cx, n)?
            }
            BYTEARRAY8 => {
                let n = self.length8(cx, "BYTEARRAY8")?;
                let at = self.input.take(cx, n)?;
                let data = self.input.data[at].to_vec();
                bytearray::new_bytearray(cx, data)?
            }
            EMPTY_TUPLE => pack(cx, [])?,
            EMPTY_LIST => list::new_empty(cx)?,
            EMPTY_DICT => dict::new_dict(cx)?,
            EMPTY_SET => set::new_set(cx)?,
            MARK => {
                self.marks.push(self.stack.len());
                return Ok(());
            }
            TUPLE1 => return self.tuple_of(cx, 1),
            TUPLE2 => return self.tuple_of(cx, 2),
            TUPLE3 => return self.tuple_of(cx, 3),
            TUPLE => {
                let m = self.mark(cx)?;
                let n = self.stack.len() - m;
                tuple::new_tuple_from(cx, n, self.stack.drain(m..))?
            }
            MEMOIZE => {
                let v = self.top(cx)?;
                let n = self.memo.len;
                drop(self.memo.put(n, v));
                return Ok(());
            }
            BINPUT => {
                let n = self.input.array::<1>(cx)?[0];
                return self.put(cx, n.into());
            }
            LONG_BINPUT => {
                let n = u32::from_le_bytes(self.input.array(cx)?);
                return self.put(cx, n as usize);
            }
            BINGET => {
                let n = self.input.array::<1>(cx)?[0];
                self.get(cx, n.into())?
            }
            LONG_BINGET => {
                let n = u32::from_le_bytes(self.input.array(cx)?);
                self.get(cx, n as usize)?
            }
            APPEND => {
                let n = self.stack.len();
                if n < self.fence() + 2 {
                    return Err(self.underflow(cx));
                }
                return self.append(cx, n - 1);
            }
            APPENDS => {
                let m = self.mark(cx)?;
                if m <= self.fence() {
                    return Err(self.underflow(cx));
                }
                return self.append(cx, m);
            }
            SETITEM => {
                let n = self.stack.len();
                if n < self.fence() + 3 {
                    return Err(self.underflow(cx));
                }
                return self.set_items(cx, n - 2);
            }
            SETITEMS => {
                let m = self.mark(cx)?;
                if m <= self.fence() {
                    return Err(self.underflow(cx));
                }
                return self.set_items(cx, m);
            }
            FRAME => return self.frame(cx),
            PROTO => {
                let n = self.input.array::<1>(cx)?[0];
                if i32::from(n) > HIGHEST_PROTOCOL {
                    return Err(cx.value_error(format!("unsupported pickle protocol: {n}")));
                }
                self.protocol = n.into();
                if let Some(shared) = self.shared_protocol {
                    shared.store(n.into(), Ordering::Relaxed);
                }
                return Ok(());
            }
            _ => return self.rare(cx, op),
        };
        self.stack.push(v);
        Ok(())
    }

    /// The opcodes that make or change objects by calls, and those of old protocols.
    fn rare(&mut self, cx: &mut Cx, op: u8) -> Res<()> {
        let v = match op {
            GLOBAL => {
                let module = self.utf8_line(cx)?;
                let name = self.utf8_line(cx)?;
                self.find_class(cx, &module, &name)?
            }
            STACK_GLOBAL => {
                let name = self.pop(cx)?;
                let module = self.pop(cx)?;
                if !str::is_exact_str(&name) || !str::is_exact_str(&module) {
                    return Err(broken(cx, "STACK_GLOBAL requires str"));
                }
                self.find_class(cx, &module, &name)?
            }
            REDUCE => {
                let args = self.pop(cx)?;
                let f = self.pop(cx)?;
                let Some(t) = args.downcast::<Tuple>() else {
                    return Err(cx.type_error("argument list must be a tuple"));
                };
                protocol::call(cx, &f, t.items())?
            }
            NEWOBJ => self.new_object(cx, false)?,
            NEWOBJ_EX => self.new_object(cx, true)?,
            BUILD => return self.build(cx),
            FROZENSET => {
                let items = self.above_mark(cx)?;
                set::new_frozenset(cx, items)?
            }
            ADDITEMS => return self.add_items(cx),
            LIST => {
                let items = self.above_mark(cx)?;
                list::new_list(cx, items)?
            }
            DICT => {
                let items = self.above_mark(cx)?;
                if !items.len().is_multiple_of(2) {
                    return Err(broken(cx, "odd number of items for DICT"));
                }
                let made = dict::new_dict(cx)?;
                if let Some(d) = dict::as_dict(&made) {
                    for pair in items.chunks_exact(2) {
                        d.set(cx, &pair[0], pair[1].clone())?;
                    }
                }
                made
            }
            POP => {
                // Objects and marks lie on two stacks: take away the higher one.
                let n = self.stack.len();
                if self.marks.last() == Some(&n) {
                    self.marks.pop();
                } else {
                    drop(self.pop(cx)?);
                }
                return Ok(());
            }
            POP_MARK => {
                drop(self.above_mark(cx)?);
                return Ok(());
            }
            DUP => self.top(cx)?,
            GET => {
                let n = self.number_line(cx)?;
                match n.as_small_int().and_then(|n| usize::try_from(n).ok()) {
                    Some(n) => self.get(cx, n)?,
                    None => {
                        let n = protocol::str_string(cx, &n)?;
                        return Err(broken(cx, format!("Memo value not found at index {n}")));
                    }
                }
            }
            PUT => {
                let n = self.number_line(cx)?;
                return match number::index_isize(cx, &n)? {
                    n if n < 0 => Err(cx.value_error("negative PUT argument")),
                    n => self.put(cx, n as usize),
                };
            }
            INT => {
                let at = self.input.word_line(cx)?;
                match &self.input.data[at.clone()] {
                    b"00" => Value::bool(false),
                    b"01" => Value::bool(true),
                    text => int::text::parse_bytes(cx, text, 10)?,
                }
            }
            LONG => {
                let at = self.input.word_line(cx)?;
                let text = &self.input.data[at];
                let text = text.strip_suffix(b"L").unwrap_or(text).to_vec();
                int::text::parse_bytes(cx, &text, 10)?
            }
            LONG1 => {
                let n = self.input.array::<1>(cx)?[0];
                self.long(cx, n.into())?
            }
            LONG4 => {
                let n = i32::from_le_bytes(self.input.array(cx)?);
                match usize::try_from(n) {
                    Ok(n) => self.long(cx, n)?,
                    // Such a pickle was damaged or made to harm.
                    Err(_) => return Err(broken(cx, "LONG pickle has negative byte count")),
                }
            }
            FLOAT => {
                let at = self.input.word_line(cx)?;
                let text = str::new_str_latin1(cx, &self.input.data[at])?;
                let text = text.downcast::<Str>().map(Str::text);
                let f = text.map_or(Ok(0.0), typhon_text::float_text::parse);
                let f = number::lift(cx, f)?;
                float::new_float(cx, f)?
            }
            UNICODE => {
                let at = self.input.line(cx)?;
                let data = &self.input.data[at];
                let (buf, _) =
                    codec::decode_by(cx, data, None, true, &mut escape::decode_raw_unicode)?;
                str::new_from_buf(cx, buf)?
            }
            STRING => self.quoted(cx)?,
            SHORT_BINSTRING => {
                let n = self.input.array::<1>(cx)?[0];
                self.byte_string(cx, n.into())?
            }
            BINSTRING => {
                let n = i32::from_le_bytes(self.input.array(cx)?);
                match usize::try_from(n) {
                    Ok(n) => self.byte_string(cx, n)?,
                    Err(_) => return Err(broken(cx, "BINSTRING pickle has negative byte count")),
                }
            }
            NEXT_BUFFER => self.next_buffer(cx)?,
            READONLY_BUFFER => {
                let b = self.pop(cx)?;
                let view = memoryview::from_object(cx, &b)?;
                let readonly = protocol::getattr_str(cx, &view, "readonly")?;
                if readonly.is_true() {
                    b
                } else {
                    protocol::call_method(cx, &view, "toreadonly", &[])?
                }
            }
            PERSID => {
                let at = self.input.line(cx)?;
                let line = &self.input.data[at];
                if !line.is_ascii() {
                    return Err(broken(
                        cx,
                        "persistent IDs in protocol 0 must be ASCII strings",
                    ));
                }
                let id = str::new_str_latin1(cx, line)?;
                self.persistent(cx, &id)?
            }
            BINPERSID => {
                let id = self.pop(cx)?;
                self.persistent(cx, &id)?
            }
            INST => {
                let module = self.ascii_line(cx)?;
                let name = self.ascii_line(cx)?;
                let class = self.find_class(cx, &module, &name)?;
                let args = self.above_mark(cx)?;
                instantiate(cx, &class, &args)?
            }
            OBJ => {
                let args = self.above_mark(cx)?;
                match args.split_first() {
                    Some((class, args)) => instantiate(cx, class, args)?,
                    None => return Err(self.underflow(cx)),
                }
            }
            EXT1 => {
                let n = self.input.array::<1>(cx)?[0];
                self.extension(cx, n.into())?
            }
            EXT2 => {
                let n = u16::from_le_bytes(self.input.array(cx)?);
                self.extension(cx, n.into())?
            }
            EXT4 => {
                let n = i32::from_le_bytes(self.input.array(cx)?);
                self.extension(cx, n)?
            }
            _ => {
                let shown = match op {
                    b'\'' | b'\\' => format!("\\x{op:02x}"),
                    0x20..0x7F => char::from(op).to_string(),
                    _ => format!("\\x{op:02x}"),
                };
                return Err(broken(cx, format!("invalid load key, '{shown}'.")));
            }
        };
        self.stack.push(v);
        Ok(())
    }

    // ---- arguments of opcodes --------------------------------------------------------------------------------------

    fn length8(&mut self, cx: &mut Cx, what: &str) -> Res<usize> {
        let n = u64::from_le_bytes(self.input.array(cx)?);
        if n > isize::MAX as u64 {
            let most = isize::MAX;
            return Err(cx.overflow_error(format!(
                "{what} exceeds system's maximum size of {most} bytes"
            )));
        }
        Ok(n as usize)
    }

    fn text(&mut self, cx: &mut Cx, n: usize) -> Res<Value> {
        let at = self.input.take(cx, n)?;
        let data = &self.input.data[at];
        if data.is_ascii() {
            return str::new_str_exact(cx, str::Units::Latin1(data), true);
        }
        Ok(codec::decode_as(cx, data, Codec::Utf8, Some("surrogatepass"), true)?.0)
    }

    fn bytes(&mut self, cx: &mut Cx, n: usize) -> Res<Value> {
        let at = self.input.take(cx, n)?;
        new_bytes(cx, &self.input.data[at])
    }

    fn long(&mut self, cx: &mut Cx, n: usize) -> Res<Value> {
        let at = self.input.take(cx, n)?;
        let big = int_bytes::from_bytes(&self.input.data[at], ByteOrder::Little, true);
        int::new_big(cx, big)
    }

    fn utf8_line(&mut self, cx: &mut Cx) -> Res<Value> {
        let at = self.input.word_line(cx)?;
        let data = &self.input.data[at];
        Ok(codec::decode_as(cx, data, Codec::Utf8, None, true)?.0)
    }

    fn ascii_line(&mut self, cx: &mut Cx) -> Res<Value> {
        let at = self.input.word_line(cx)?;
        let data = &self.input.data[at];
        Ok(codec::decode_as(cx, data, Codec::Ascii, None, true)?.0)
    }

    fn number_line(&mut self, cx: &mut Cx) -> Res<Value> {
        let at = self.input.word_line(cx)?;
        let text = self.input.data[at].to_vec();
        int::text::parse_bytes(cx, &text, 10)
    }

    /// A string of Python 2: decoded as the caller said.
    fn decoded(&self, cx: &mut Cx, data: Vec<u8>) -> Res<Value> {
        if self.settings.encoding == "bytes" {
            return new_bytes_vec(cx, data);
        }
        codec::decode(
            cx,
            &data,
            Some(&self.settings.encoding),
            Some(&self.settings.errors),
        )
    }

    fn byte_string(&mut self, cx: &mut Cx, n: usize) -> Res<Value> {
        let at = self.input.take(cx, n)?;
        let data = self.input.data[at].to_vec();
        self.decoded(cx, data)
    }

    fn quoted(&mut self, cx: &mut Cx) -> Res<Value> {
        let at = self.input.word_line(cx)?;
        let line = &self.input.data[at];
        let inside = match line {
            [b'"', inside @ .., b'"'] | [b'\'', inside @ .., b'\''] => inside,
            _ => {
                return Err(broken(cx, "the STRING opcode argument must be quoted"));
            }
        };
        let data = number::lift(cx, escape::decode_bytes(inside, "strict", &mut None))?;
        self.decoded(cx, data)
    }

    fn frame(&mut self, cx: &mut Cx) -> Res<()> {
        let n = u64::from_le_bytes(self.input.array(cx)?);
        if n > isize::MAX as u64 {
            let most = isize::MAX;
            return Err(cx.overflow_error(format!(
                "FRAME length exceeds system's maximum of {most} bytes"
            )));
        }
        self.input.enter_frame(cx, n as usize)
    }

    // ---- the memo ----------------------------------------------------------------------------------------------

    #[inline]
    fn get(&mut self, cx: &mut Cx, n: usize) -> Res<Value> {
        match self.memo.get(n) {
            Some(v) => Ok(v.clone_in(cx.tid)),
            None => Err(broken(cx, format!("Memo value not found at index {n}"))),
        }
    }

    #[inline]
    fn put(&mut self, cx: &mut Cx, n: usize) -> Res<()> {
        let v = self.top(cx)?;
        drop(self.memo.put(n, v));
        Ok(())
    }

    // ---- containers ----------------------------------------------------------------------------------------------

    /// Append what lies above height `from` to the object below.
    fn append(&mut self, cx: &mut Cx, from: usize) -> Res<()> {
        let items = self.stack.split_off(from);
        let o = self.top(cx)?;
        if items.is_empty() {
            return Ok(());
        }
        if let Some(l) = o.downcast_exact::<List>() {
            return l.extend_from_vec(cx, items);
        }
        if let Some(extend) = attribute(cx, &o, "extend")? {
            let items = list::new_list(cx, items)?;
            return protocol::call(cx, &extend, &[items]).map(drop);
        }
        let append = protocol::getattr_str(cx, &o, "append")?;
        for item in items {
            protocol::call(cx, &append, &[item])?;
        }
        Ok(())
    }

    /// Set the pairs that lie above height `from` in the object below.
    fn set_items(&mut self, cx: &mut Cx, from: usize) -> Res<()> {
        if !(self.stack.len() - from).is_multiple_of(2) {
            return Err(broken(cx, "odd number of items for SETITEMS"));
        }
        if let Some(below) = from.checked_sub(1)
            && below >= self.fence()
            && let Some(o) = self.stack[below]
                .downcast_exact::<Dict>()
                .map(|_| self.stack[below].clone_in(cx.tid))
            && let Some(d) = o.downcast_exact::<Dict>()
            && d.insert_plain(cx, &mut self.stack, from)?
        {
            return Ok(());
        }
        let items = self.stack.split_off(from);
        let o = self.top(cx)?;
        let mut items = items.into_iter();
        let Some(d) = o.downcast_exact::<Dict>() else {
            while let (Some(key), Some(value)) = (items.next(), items.next()) {
                protocol::setitem(cx, &o, &key, Some(&value))?;
            }
            return Ok(());
        };
        let mut entries = Vec::with_capacity(items.len() / 2);
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            let hash = dict_hash(cx, &key)?;
            entries.push(Item { hash, key, value });
        }
        d.insert_all(cx, entries)
    }

    fn add_items(&mut self, cx: &mut Cx) -> Res<()> {
        let m = self.mark(cx)?;
        if m <= self.fence() {
            return Err(self.underflow(cx));
        }
        let items = self.stack.split_off(m);
        let o = self.top(cx)?;
        if o.downcast::<set::Set>().is_some() {
            for item in &items {
                set::add(cx, &o, item)?;
            }
            return Ok(());
        }
        let add = protocol::getattr_str(cx, &o, "add")?;
        for item in items {
            protocol::call(cx, &add, &[item])?;
        }
        Ok(())
    }

    // ---- objects -----------------------------------------------------------------------------------------------

    /// The object that stands under a name in a module, as Python code of the reader sees fit.
    fn find_class(&mut self, cx: &mut Cx, module: &Value, name: &Value) -> Res<Value> {
        match &self.settings.find_class {
            Some(f) => protocol::call(cx, &f.clone(), &[module.clone(), name.clone()]),
            None => find_class(cx, module, name, self.protocol, self.settings.fix_imports),
        }
    }

    fn persistent(&mut self, cx: &mut Cx, id: &Value) -> Res<Value> {
        match self.settings.persistent_load.clone() {
            Some(f) => protocol::call(cx, &f, std::slice::from_ref(id)),
            None => Err(no_persistent_load(cx)),
        }
    }

    fn new_object(&mut self, cx: &mut Cx, keywords: bool) -> Res<Value> {
        let what = if keywords { "NEWOBJ_EX" } else { "NEWOBJ" };
        let kwargs = if keywords { Some(self.pop(cx)?) } else { None };
        let args = self.pop(cx)?;
        let class = self.pop(cx)?;
        let Some(cls) = class.downcast::<Type>() else {
            let n = class.type_name();
            return Err(broken(
                cx,
                format!("{what} class argument must be a type, not {n}"),
            ));
        };
        let Some(new) = cls.slots.new.get() else {
            return Err(broken(
                cx,
                format!(
                    "{what} class argument '{}' doesn't have __new__",
                    cls.name()
                ),
            ));
        };
        let Some(t) = args.downcast::<Tuple>() else {
            let n = args.type_name();
            return Err(broken(
                cx,
                format!("{what} args argument must be a tuple, not {n}"),
            ));
        };
        let Some(kwargs) = kwargs else {
            return new(cx, cls, Args::positional(t.items()));
        };
        let Some(d) = kwargs.downcast::<Dict>() else {
            let n = kwargs.type_name();
            return Err(broken(
                cx,
                format!("{what} kwargs argument must be a dict, not {n}"),
            ));
        };
        let (names, values): (Vec<_>, Vec<_>) = d.entries(cx).into_iter().unzip();
        if names.iter().any(|n| n.downcast::<Str>().is_none()) {
            return Err(cx.type_error("keywords must be strings"));
        }
        let names = tuple::new_tuple(cx, names)?;
        new(
            cx,
            cls,
            Args {
                pos: t.items(),
                kwvalues: &values,
                kwnames: names.downcast::<Tuple>(),
            },
        )
    }

    fn build(&mut self, cx: &mut Cx) -> Res<()> {
        let mut state = self.pop(cx)?;
        let o = self.top(cx)?;
        if let Some(f) = attribute(cx, &o, "__setstate__")? {
            return protocol::call(cx, &f, &[state]).map(drop);
        }
        let mut slots = Value::none();
        if let Some([own, more]) = state.downcast::<Tuple>().map(Tuple::items) {
            let (own, more) = (own.clone(), more.clone());
            (state, slots) = (own, more);
        }
        if !state.is_none() {
            let Some(d) = state.downcast::<Dict>() else {
                return Err(broken(cx, "state is not a dictionary"));
            };
            set_state(cx, &o, d)?;
        }
        if !slots.is_none() {
            let Some(d) = slots.downcast::<Dict>() else {
                return Err(broken(cx, "slot state is not a dictionary"));
            };
            for (name, value) in d.entries(cx) {
                protocol::setattr(cx, &o, &name, Some(&value))?;
            }
        }
        Ok(())
    }

    fn extension(&mut self, cx: &mut Cx, code: i32) -> Res<Value> {
        if code <= 0 {
            return Err(broken(cx, "EXT specifies code <= 0"));
        }
        let g = globals(cx)?;
        let key = Value::small_int(code);
        if let Some(known) = lookup(cx, &g.extension_cache, &key)? {
            return Ok(known);
        }
        let Some(pair) = lookup(cx, &g.inverted_registry, &key)? else {
            return Err(cx.value_error(format!("unregistered extension code {code}")));
        };
        let Some([module, name]) = pair.downcast::<Tuple>().map(Tuple::items) else {
            return Err(not_a_pair(cx, code));
        };
        if module.downcast::<Str>().is_none() || name.downcast::<Str>().is_none() {
            return Err(not_a_pair(cx, code));
        }
        let found = self.find_class(cx, module, name)?;
        if let Some(d) = dict::as_dict(&g.extension_cache) {
            d.set(cx, &key, found.clone())?;
        }
        Ok(found)
    }

    fn next_buffer(&mut self, cx: &mut Cx) -> Res<Value> {
        let Some(it) = self.settings.buffers.clone() else {
            return Err(broken(
                cx,
                "pickle stream refers to out-of-band data but no *buffers* argument was given",
            ));
        };
        match protocol::next(cx, &it)? {
            Some(b) => Ok(b),
            None => Err(broken(cx, "not enough out-of-band buffers")),
        }
    }
}

#[cold]
fn not_a_pair(cx: &mut Cx, code: i32) -> Raised {
    cx.value_error(format!(
        "_inverted_registry[{code}] isn't a 2-tuple of strings"
    ))
}

/// The error of a persistent id that nobody knows.
#[cold]
pub fn no_persistent_load(cx: &mut Cx) -> Raised {
    broken(
        cx,
        "A load persistent id instruction was encountered, but no persistent_load function was specified.",
    )
}

/// An instance of a class of old pickles.
fn instantiate(cx: &mut Cx, class: &Value, args: &[Value]) -> Res<Value> {
    if args.is_empty()
        && class.downcast::<Type>().is_some()
        && attribute(cx, class, "__getinitargs__")?.is_none()
    {
        let new = protocol::getattr_str(cx, class, "__new__")?;
        return protocol::call(cx, &new, std::slice::from_ref(class));
    }
    protocol::call(cx, class, args)
}

/// Put a state into an object's `__dict__`.
fn set_state(cx: &mut Cx, o: &Value, state: &Dict) -> Res<()> {
    let name = intern_static(cx, "__dict__")?;
    // Where `__dict__` is what every class has, the values go where attributes go, and no dict is made.
    let plain = instance::dict_word(o).is_some()
        && o.ty()
            .lookup(cx, name)
            .is_some_and(|found| is_own_dict(&found));
    let mut own = None;
    for (key, value) in state.entries(cx) {
        let key = if str::is_exact_str(&key) {
            intern(&key)
        } else {
            key
        };
        if plain
            && let Some(text) = key.downcast_exact::<Str>()
            && instance::set_own(cx, o, &key, text, value.clone())?
        {
            continue;
        }
        let d = match &own {
            Some(d) => d,
            None => own.insert(protocol::getattr(cx, o, name)?),
        };
        protocol::setitem(cx, d, &key, Some(&value))?;
    }
    if own.is_none() && !plain {
        // An object without `__dict__` takes no state, not even an empty one.
        protocol::getattr(cx, o, name)?;
    }
    Ok(())
}

/// Whether an attribute is the `__dict__` that classes get by themselves.
fn is_own_dict(found: &Value) -> bool {
    found
        .downcast::<typhon_vm::objects::builtin::GetSetDescr>()
        .is_some_and(|g| std::ptr::eq(g.def, &object::DICT_GETSET))
}

/// `Unpickler.find_class`: import the module, take the attribute.
pub fn find_class(
    cx: &mut Cx,
    module: &Value,
    name: &Value,
    protocol: i32,
    fix_imports: bool,
) -> Res<Value> {
    crate::sys::hooks::audit(cx, "pickle.find_class", vec![module.clone(), name.clone()])?;
    let (mut module, mut name) = (module.clone(), name.clone());
    if protocol < 3 && fix_imports {
        let g = globals(cx)?;
        let key = pack(cx, [module.clone(), name.clone()])?;
        if let Some(other) = lookup(cx, &g.name_mapping_2to3, &key)? {
            if let Some([m, n]) = other.downcast::<Tuple>().map(Tuple::items) {
                (module, name) = (m.clone(), n.clone());
            }
        } else if let Some(m) = lookup(cx, &g.import_mapping_2to3, &module)? {
            module = m;
        }
    }
    let object = import(cx, &module)?;
    if protocol < 4 {
        return protocol::getattr(cx, &object, &name);
    }
    let path = dotted(cx, &name)?;
    match walk(cx, &object, &path) {
        Err(r) if path.len() > 1 && cx.exc_is(ExcKind::AttributeError) => {
            let exc = cx.take_exc(r);
            let (name, module) = (
                protocol::repr_string(cx, &name)?,
                protocol::repr_string(cx, &module)?,
            );
            let raised =
                cx.attribute_error(format!("Can't resolve path {name} on module {module}"));
            Err(with_context(cx, raised, exc))
        }
        r => r,
    }
}
