//! Writing: the objects that have opcodes of their own. `reduce.rs` does the others.

use super::buffer::PickleBuffer;
use super::globals::{Globals, globals, noted, type_name, unpicklable};
use super::memo::Memo;
use super::opcodes::*;
use super::output::Output;
use crate::support::pack;
use std::sync::atomic::{AtomicBool, Ordering};
use typhon_text::int_bytes::{self, ByteOrder};
use typhon_vm::native::*;
use typhon_vm::objects::bytearray::Bytearray;
use typhon_vm::objects::bytes::{Bytes, new_bytes};
use typhon_vm::objects::float::as_f64_exact;
use typhon_vm::objects::int::{self, IntRef, as_int};
use typhon_vm::objects::set::core::SetLike;
use typhon_vm::objects::str::{Units, new_str_latin1};
use typhon_vm::objects::{Dict, List, dict, list, set, tuple};
use typhon_vm::protocol;
use typhon_vm::statics::{self, word};

/// How deep containers may be nested in fast mode before their identities are watched.
const FAST_NESTING: usize = 50;

/// Entries of a dict taken out under one hold of its lock.
const TOGETHER: usize = 32;

/// What a pickler's owner has set.
pub struct Settings {
    pub protocol: i32,
    pub bin: bool,
    pub fast: bool,
    pub fix_imports: bool,
    /// Called with each object; None: there is none but the default.
    pub persistent_id: Option<Value>,
    pub reducer_override: Option<Value>,
    pub dispatch_table: Option<Value>,
    pub buffer_callback: Option<Value>,
}

/// The writing of one pickle. It lies in the native frame of the thread that writes, so it needs no lock and no Python code
/// runs under one.
pub struct Writer<'a> {
    pub out: Output,
    pub memo: Memo,
    pub settings: Settings,
    pub globals: &'static Globals,
    /// Set by `clear_memo()` while this runs.
    pub cleared: Option<&'a AtomicBool>,
    /// Numbers and text may be written without asking for a persistent id or the protocol.
    quick: bool,
    fast_path: Vec<u64>,
    /// Room for entries of dicts, for the next dict.
    spare: Vec<Vec<(Value, Value)>>,
}

impl<'a> Writer<'a> {
    pub fn new(
        cx: &mut Cx,
        out: Output,
        memo: Memo,
        settings: Settings,
        cleared: Option<&'a AtomicBool>,
    ) -> Res<Writer<'a>> {
        Ok(Writer {
            out,
            memo,
            quick: settings.protocol >= 4 && settings.bin && settings.persistent_id.is_none(),
            settings,
            globals: globals(cx)?,
            cleared,
            fast_path: Vec::new(),
            spare: Vec::new(),
        })
    }

    /// A whole pickle.
    pub fn dump(&mut self, cx: &mut Cx, o: &Value) -> Res<()> {
        if self.settings.protocol >= 2 {
            self.out.put(&[PROTO, self.settings.protocol as u8]);
        }
        if self.settings.protocol >= 4 {
            self.out.start_framing();
        }
        self.save(cx, o)?;
        self.out.byte(STOP);
        self.out.finish(cx)
    }

    #[inline]
    pub fn save(&mut self, cx: &mut Cx, o: &Value) -> Res<()> {
        // What containers hold more than anything else.
        if self.quick {
            if let Some(i) = o.as_small_int() {
                match i {
                    0..=0xFF => self.out.op(BININT1, [i as u8]),
                    _ => self.save_int(cx, o)?,
                }
                return self.out.boundary(cx);
            }
            match o.class_word() {
                word::STR => {
                    match self.remembered(o) {
                        Some(n) => self.put_get(n),
                        None => self.save_str(cx, o)?,
                    }
                    return self.out.boundary(cx);
                }
                word::NONE => {
                    self.out.byte(NONE);
                    return self.out.boundary(cx);
                }
                _ => {}
            }
        }
        self.save_object(cx, o, true)?;
        self.out.boundary(cx)
    }

    /// Write an object; a persistent id has none of its own.
    pub fn save_object(&mut self, cx: &mut Cx, o: &Value, may_persist: bool) -> Res<()> {
        if may_persist && self.settings.persistent_id.is_some() && self.save_persistent(cx, o)? {
            return Ok(());
        }
        // What is never remembered.
        let class = o.class_word();
        match class {
            word::NONE => {
                self.out.byte(NONE);
                return Ok(());
            }
            word::BOOL => {
                let yes = o.is_true();
                match (self.settings.protocol >= 2, yes) {
                    (true, true) => self.out.byte(NEWTRUE),
                    (true, false) => self.out.byte(NEWFALSE),
                    (false, true) => self.out.put(b"I01\n"),
                    (false, false) => self.out.put(b"I00\n"),
                }
                return Ok(());
            }
            word::INT => return self.save_int(cx, o),
            word::FLOAT => return self.save_float(cx, o),
            _ => {}
        }
        if let Some(n) = self.remembered(o) {
            self.put_get(n);
            return Ok(());
        }
        match class {
            word::STR => return self.save_str(cx, o),
            word::BYTES => return self.save_bytes(cx, o),
            _ => {}
        }
        cx.check_native_stack(" while pickling an object")?;
        cx.enter_native(" while pickling an object")?;
        let r = match class {
            word::DICT => self.save_dict(cx, o),
            word::LIST => self.save_list(cx, o),
            word::TUPLE => self.save_tuple(cx, o),
            word::SET => self.save_set(cx, o),
            word::FROZENSET => self.save_frozenset(cx, o),
            word::BYTEARRAY => self.save_bytearray(cx, o),
            _ if o.downcast_exact::<PickleBuffer>().is_some() => self.save_buffer(cx, o),
            _ => self.save_other(cx, o),
        };
        cx.leave_native();
        r
    }

    // ---- the memo ----------------------------------------------------------------------------------------------

    /// The number of an object written before.
    #[inline]
    pub fn remembered(&mut self, o: &Value) -> Option<u64> {
        if let Some(flag) = self.cleared
            && flag.load(Ordering::Relaxed)
            && flag.swap(false, Ordering::Relaxed)
        {
            self.memo = Memo::default();
        }
        self.memo.get(o)
    }

    pub fn put_get(&mut self, n: u64) {
        if !self.settings.bin {
            self.out.put(format!("g{n}\n").as_bytes());
        } else if let Ok(n) = u8::try_from(n) {
            self.out.op(BINGET, [n]);
        } else {
            self.out.op(LONG_BINGET, (n as u32).to_le_bytes());
        }
    }

    /// Remember an object just written.
    pub fn memoize(&mut self, cx: &mut Cx, o: &Value) {
        let n = self.memo.count() as u64;
        if self.settings.fast || !self.memo.insert(o, cx.tid, n) {
            return;
        }
        if self.settings.protocol >= 4 {
            self.out.byte(MEMOIZE);
        } else if !self.settings.bin {
            self.out.put(format!("p{n}\n").as_bytes());
        } else if let Ok(n) = u8::try_from(n) {
            self.out.op(BINPUT, [n]);
        } else {
            self.out.op(LONG_BINPUT, (n as u32).to_le_bytes());
        }
    }

    /// In fast mode nothing is remembered, so cycles are looked for.
    fn enter_fast(&mut self, cx: &mut Cx, o: &Value) -> Res<()> {
        if !self.settings.fast {
            return Ok(());
        }
        let id = o.bits() & !7;
        if self.fast_path.len() >= FAST_NESTING && self.fast_path.contains(&id) {
            let n = type_name(cx, o)?;
            return Err(cx.value_error(format!(
                "fast mode: can't pickle cyclic objects including object type {n} at {id:#x}"
            )));
        }
        self.fast_path.push(id);
        Ok(())
    }

    fn leave_fast(&mut self) {
        if self.settings.fast {
            self.fast_path.pop();
        }
    }

    // ---- persistent ids ------------------------------------------------------------------------------------------

    fn save_persistent(&mut self, cx: &mut Cx, o: &Value) -> Res<bool> {
        let Some(f) = self.settings.persistent_id.clone() else {
            return Ok(false);
        };
        let id = protocol::call(cx, &f, std::slice::from_ref(o))?;
        if id.is_none() {
            return Ok(false);
        }
        if self.settings.bin {
            self.save_object(cx, &id, false)?;
            self.out.byte(BINPERSID);
            return Ok(true);
        }
        let text = protocol::str(cx, &id)?;
        let Some(text) = text.downcast::<Str>().and_then(Str::as_ascii) else {
            return Err(unpicklable(
                cx,
                "persistent IDs in protocol 0 must be ASCII strings",
            ));
        };
        self.out.byte(PERSID);
        self.out.put(text.as_bytes());
        self.out.byte(b'\n');
        Ok(true)
    }

    // ---- numbers and text ----------------------------------------------------------------------------------------

    fn save_int(&mut self, cx: &mut Cx, o: &Value) -> Res<()> {
        let small = o.as_small_int();
        if let Some(i) = small.and_then(|i| i32::try_from(i).ok()) {
            if !self.settings.bin {
                self.out.put(format!("I{i}\n").as_bytes());
            } else if let Ok(b) = u8::try_from(i) {
                self.out.op(BININT1, [b]);
            } else if let Ok(s) = u16::try_from(i) {
                self.out.op(BININT2, s.to_le_bytes());
            } else {
                self.out.op(BININT, i.to_le_bytes());
            }
            return Ok(());
        }
        let Some(i) = as_int(o) else {
            return Ok(());
        };
        if self.settings.protocol < 2 {
            let text = int::text::to_decimal(cx, i)?;
            self.out.put(format!("L{text}L\n").as_bytes());
            return Ok(());
        }
        let bytes = match i {
            IntRef::Small(i) => {
                // Bytes that only repeat the sign are not written.
                let n = (64 - (i ^ i >> 63).leading_zeros()) as usize / 8 + 1;
                self.out.op(LONG1, [n as u8]);
                self.out.put(&i.to_le_bytes()[..n]);
                return Ok(());
            }
            IntRef::Big(b) => {
                let n = int_bytes::bit_length(b) / 8 + 1;
                let mut bytes = typhon_vm::number::lift(
                    cx,
                    int_bytes::to_bytes(b, n, ByteOrder::Little, true),
                )?;
                if let [.., before, 0xFF] = bytes[..]
                    && before & 0x80 != 0
                {
                    bytes.pop();
                }
                bytes
            }
        };
        if let Ok(n) = u8::try_from(bytes.len()) {
            self.out.op(LONG1, [n]);
        } else if let Ok(n) = i32::try_from(bytes.len()) {
            self.out.op(LONG4, n.to_le_bytes());
        } else {
            return Err(cx.overflow_error("int too large to pickle"));
        }
        self.out.put(&bytes);
        Ok(())
    }

    fn save_float(&mut self, cx: &mut Cx, o: &Value) -> Res<()> {
        if self.settings.bin {
            let f = as_f64_exact(o).unwrap_or_default();
            self.out.op(BINFLOAT, f.to_be_bytes());
        } else {
            let text = protocol::repr_string(cx, o)?;
            self.out.put(format!("F{text}\n").as_bytes());
        }
        Ok(())
    }

    fn save_str(&mut self, cx: &mut Cx, o: &Value) -> Res<()> {
        let Some(s) = o.downcast::<Str>() else {
            return Ok(());
        };
        if !self.settings.bin {
            let mut line = vec![UNICODE];
            for c in s.units().iter() {
                match c {
                    0 | 0x0A | 0x0D | 0x1A | 0x5C | 0x100..=0xFFFF => {
                        line.extend(format!("\\u{c:04x}").bytes());
                    }
                    0x1_0000.. => line.extend(format!("\\U{c:08x}").bytes()),
                    _ => line.push(c as u8),
                }
            }
            line.push(b'\n');
            self.out.put(&line);
        } else if let Some(ascii) = s.as_ascii() {
            self.put_text(cx, ascii.as_bytes())?;
        } else {
            let encoded = wtf8(s.units());
            self.put_text(cx, &encoded)?;
        }
        self.memoize(cx, o);
        Ok(())
    }

    fn put_text(&mut self, cx: &mut Cx, utf8: &[u8]) -> Res<()> {
        let n = utf8.len();
        match (u8::try_from(n), u32::try_from(n)) {
            (Ok(n), _) if self.settings.protocol >= 4 => {
                self.out.sized(cx, [SHORT_BINUNICODE, n], utf8, None)
            }
            (_, Ok(n)) => self.out.sized(cx, header4(BINUNICODE, n), utf8, None),
            _ if self.settings.protocol >= 4 => {
                let header = header8(BINUNICODE8, n);
                self.out.sized(cx, header, utf8, None)
            }
            _ => Err(cx.overflow_error(
                "serializing a string larger than 4 GiB requires pickle protocol 4 or higher",
            )),
        }
    }

    fn save_bytes(&mut self, cx: &mut Cx, o: &Value) -> Res<()> {
        let Some(b) = o.downcast::<Bytes>() else {
            return Ok(());
        };
        if self.settings.protocol < 3 {
            let class = Type::of::<Bytes>().value();
            let reduced = if b.is_empty() {
                let none = pack(cx, [])?;
                pack(cx, [class, none])?
            } else {
                let text = new_str_latin1(cx, b.as_slice())?;
                let latin1 = typhon_vm::objects::str::intern::intern_str(cx, "latin1")?;
                let arguments = pack(cx, [text, latin1])?;
                pack(cx, [self.globals.codecs_encode.clone(), arguments])?
            };
            return self.save_reduced(cx, &reduced, Some(o));
        }
        self.put_bytes(cx, b.as_slice(), Some(o))?;
        self.memoize(cx, o);
        Ok(())
    }

    fn put_bytes(&mut self, cx: &mut Cx, data: &[u8], o: Option<&Value>) -> Res<()> {
        let n = data.len();
        match (u8::try_from(n), u32::try_from(n)) {
            (Ok(n), _) => self.out.sized(cx, [SHORT_BINBYTES, n], data, o),
            (_, Ok(n)) => self.out.sized(cx, header4(BINBYTES, n), data, o),
            _ if self.settings.protocol >= 4 => self.out.sized(cx, header8(BINBYTES8, n), data, o),
            _ => Err(cx.overflow_error(
                "serializing a bytes object larger than 4 GiB requires pickle protocol 4 or higher",
            )),
        }
    }

    fn save_bytearray(&mut self, cx: &mut Cx, o: &Value) -> Res<()> {
        let Some(b) = o.downcast::<Bytearray>() else {
            return Ok(());
        };
        let data = b.to_vec(cx);
        if self.settings.protocol < 5 {
            let class = Type::of::<Bytearray>().value();
            let arguments = if data.is_empty() {
                pack(cx, [])?
            } else {
                let data = new_bytes(cx, &data)?;
                pack(cx, [data])?
            };
            let reduced = pack(cx, [class, arguments])?;
            return self.save_reduced(cx, &reduced, Some(o));
        }
        self.out
            .sized(cx, header8(BYTEARRAY8, data.len()), &data, None)?;
        self.memoize(cx, o);
        Ok(())
    }

    fn save_buffer(&mut self, cx: &mut Cx, o: &Value) -> Res<()> {
        let Some(b) = o.downcast::<PickleBuffer>() else {
            return Ok(());
        };
        if self.settings.protocol < 5 {
            return Err(unpicklable(
                cx,
                "PickleBuffer can only be pickled with protocol >= 5",
            ));
        }
        let view = b.view(cx)?;
        let layout = view.layout();
        if !layout.is_contiguous(false) && !layout.is_contiguous(true) {
            return Err(unpicklable(
                cx,
                "PickleBuffer can not be pickled when pointing to a non-contiguous buffer",
            ));
        }
        let fortran = !layout.is_contiguous(false);
        drop(layout);
        let mut in_band = true;
        if let Some(f) = self.settings.buffer_callback.clone() {
            let r = protocol::call(cx, &f, std::slice::from_ref(o))?;
            in_band = protocol::truthy(cx, &r)?;
        }
        if !in_band {
            self.out.byte(NEXT_BUFFER);
            if view.readonly() {
                self.out.byte(READONLY_BUFFER);
            }
            return Ok(());
        }
        let data = view.collect(fortran);
        if view.readonly() {
            self.put_bytes(cx, &data, None)?;
        } else {
            self.out
                .sized(cx, header8(BYTEARRAY8, data.len()), &data, None)?;
        }
        self.memoize(cx, o);
        Ok(())
    }

    // ---- containers ----------------------------------------------------------------------------------------------

    /// Write item `i` of `o`.
    fn save_item(&mut self, cx: &mut Cx, o: &Value, i: usize, item: &Value) -> Res<()> {
        self.save(cx, item).map_err(|r| {
            noted(cx, r, |cx| {
                Ok(format!("when serializing {} item {i}", type_name(cx, o)?))
            })
        })
    }

    fn save_tuple(&mut self, cx: &mut Cx, o: &Value) -> Res<()> {
        let Some(t) = o.downcast::<Tuple>() else {
            return Ok(());
        };
        let n = t.len();
        if n == 0 {
            if self.settings.bin {
                self.out.byte(EMPTY_TUPLE);
            } else {
                self.out.put(&[MARK, TUPLE]);
            }
            return Ok(());
        }
        let short = n <= 3 && self.settings.protocol >= 2;
        if !short {
            self.out.byte(MARK);
        }
        for (i, item) in t.items().iter().enumerate() {
            self.save_item(cx, o, i, item)?;
        }
        // A tuple that contains itself was written by one of its items: drop these items and take it from the memo.
        if let Some(known) = self.remembered(o) {
            if short {
                self.out.put(&[POP; 3][..n]);
            } else if self.settings.bin {
                self.out.byte(POP_MARK);
            } else {
                self.out.put(&vec![POP; n + 1]);
            }
            self.put_get(known);
            return Ok(());
        }
        self.out.byte(match n {
            1 if short => TUPLE1,
            2 if short => TUPLE2,
            3 if short => TUPLE3,
            _ => TUPLE,
        });
        self.memoize(cx, o);
        Ok(())
    }

    fn save_list(&mut self, cx: &mut Cx, o: &Value) -> Res<()> {
        let Some(l) = o.downcast::<List>() else {
            return Ok(());
        };
        self.enter_fast(cx, o)?;
        if self.settings.bin {
            self.out.byte(EMPTY_LIST);
        } else {
            self.out.put(&[MARK, LIST]);
        }
        self.memoize(cx, o);
        let r = self.save_list_items(cx, o, l);
        self.leave_fast();
        r
    }

    fn save_list_items(&mut self, cx: &mut Cx, o: &Value, l: &List) -> Res<()> {
        // The list may change meanwhile: each item is asked for when its turn comes.
        if !self.settings.bin || l.len() == 1 {
            let mut i = 0;
            while let Some(item) = l.get(cx, i) {
                self.save_item(cx, o, i, &item)?;
                self.out.byte(APPEND);
                i += 1;
            }
            return Ok(());
        }
        let mut i = 0;
        while i < l.len() {
            self.out.byte(MARK);
            let end = i + BATCH;
            while i < end
                && let Some(item) = l.get(cx, i)
            {
                self.save_item(cx, o, i, &item)?;
                i += 1;
            }
            self.out.byte(APPENDS);
        }
        Ok(())
    }

    /// The items an iterator gives, appended to `o`.
    pub fn save_appends(&mut self, cx: &mut Cx, items: &Value, o: &Value) -> Res<()> {
        let mut i = 0;
        if !self.settings.bin {
            while let Some(item) = protocol::next(cx, items)? {
                self.save_item(cx, o, i, &item)?;
                self.out.byte(APPEND);
                i += 1;
            }
            return Ok(());
        }
        let mut next = protocol::next(cx, items)?;
        while let Some(first) = next {
            next = protocol::next(cx, items)?;
            if next.is_none() {
                self.save_item(cx, o, i, &first)?;
                self.out.byte(APPEND);
                return Ok(());
            }
            self.out.byte(MARK);
            self.save_item(cx, o, i, &first)?;
            i += 1;
            let mut n = 1;
            while let Some(item) = next.take() {
                self.save_item(cx, o, i, &item)?;
                i += 1;
                n += 1;
                if n == BATCH {
                    break;
                }
                next = protocol::next(cx, items)?;
            }
            self.out.byte(APPENDS);
            if n == BATCH {
                next = protocol::next(cx, items)?;
            }
        }
        Ok(())
    }

    /// Write a key of `o` and its value.
    fn save_pair(&mut self, cx: &mut Cx, o: &Value, key: &Value, value: &Value) -> Res<()> {
        self.save(cx, key)?;
        self.save(cx, value).map_err(|r| {
            noted(cx, r, |cx| {
                let name = type_name(cx, o)?;
                let key = protocol::repr_string(cx, key)?;
                Ok(format!("when serializing {name} item {key}"))
            })
        })
    }

    fn save_dict(&mut self, cx: &mut Cx, o: &Value) -> Res<()> {
        let Some(d) = o.downcast::<Dict>() else {
            return Ok(());
        };
        self.enter_fast(cx, o)?;
        if self.settings.bin {
            self.out.byte(EMPTY_DICT);
        } else {
            self.out.put(&[MARK, DICT]);
        }
        self.memoize(cx, o);
        let r = self.save_dict_items(cx, o, d);
        self.leave_fast();
        r
    }

    fn save_dict_items(&mut self, cx: &mut Cx, o: &Value, d: &Dict) -> Res<()> {
        let mut some = self.spare.pop().unwrap_or_default();
        let r = self.save_entries(cx, o, d, &mut some);
        some.clear();
        self.spare.push(some);
        r
    }

    fn save_entries(
        &mut self,
        cx: &mut Cx,
        o: &Value,
        d: &Dict,
        some: &mut Vec<(Value, Value)>,
    ) -> Res<()> {
        let size = d.len();
        let mut at = 0;
        let one = !self.settings.bin || size == 1;
        // How many stand behind the last mark.
        let mut n = 0;
        loop {
            d.next_entries(cx, &mut at, TOGETHER, some);
            if some.is_empty() {
                break;
            }
            for (key, value) in some.drain(..) {
                if one {
                    self.save_pair(cx, o, &key, &value)?;
                    self.out.byte(SETITEM);
                    continue;
                }
                if n == 0 {
                    self.out.byte(MARK);
                }
                self.save_pair(cx, o, &key, &value)?;
                n += 1;
                if n == BATCH {
                    self.out.byte(SETITEMS);
                    n = 0;
                }
            }
            self.check_size(cx, d.len() == size, "dictionary")?;
        }
        if n > 0 {
            self.out.byte(SETITEMS);
        }
        Ok(())
    }

    fn check_size(&self, cx: &mut Cx, same: bool, what: &str) -> Res<()> {
        if same {
            return Ok(());
        }
        Err(cx.runtime_error(format!("{what} changed size during iteration")))
    }

    /// The pairs an iterator gives, set in `o`.
    pub fn save_setitems(&mut self, cx: &mut Cx, pairs: &Value, o: &Value) -> Res<()> {
        if !self.settings.bin {
            while let Some(pair) = protocol::next(cx, pairs)? {
                let (key, value) = self.pair(cx, &pair)?;
                self.save_pair(cx, o, &key, &value)?;
                self.out.byte(SETITEM);
            }
            return Ok(());
        }
        let mut next = protocol::next(cx, pairs)?;
        while let Some(first) = next {
            let (key, value) = self.pair(cx, &first)?;
            next = protocol::next(cx, pairs)?;
            if next.is_none() {
                self.save_pair(cx, o, &key, &value)?;
                self.out.byte(SETITEM);
                return Ok(());
            }
            self.out.byte(MARK);
            self.save_pair(cx, o, &key, &value)?;
            let mut n = 1;
            while let Some(pair) = next.take() {
                let (key, value) = self.pair(cx, &pair)?;
                self.save_pair(cx, o, &key, &value)?;
                n += 1;
                if n == BATCH {
                    break;
                }
                next = protocol::next(cx, pairs)?;
            }
            self.out.byte(SETITEMS);
            if n == BATCH {
                next = protocol::next(cx, pairs)?;
            }
        }
        Ok(())
    }

    fn pair(&self, cx: &mut Cx, v: &Value) -> Res<(Value, Value)> {
        match v.downcast::<Tuple>().map(Tuple::items) {
            Some([key, value]) => Ok((key.clone(), value.clone())),
            _ => Err(cx.type_error("dict items iterator must return 2-tuples")),
        }
    }

    fn save_element(&mut self, cx: &mut Cx, o: &Value, item: &Value) -> Res<()> {
        self.save(cx, item).map_err(|r| {
            noted(cx, r, |cx| {
                Ok(format!("when serializing {} element", type_name(cx, o)?))
            })
        })
    }

    /// `(class, ([elements],))`: sets before protocol 4.
    fn save_as_list(&mut self, cx: &mut Cx, o: &Value) -> Res<()> {
        let items = set::snapshot(cx, o).unwrap_or_default();
        let items = list::new_list(cx, items)?;
        let arguments = pack(cx, [items])?;
        let reduced = pack(cx, [o.ty().value(), arguments])?;
        self.save_reduced(cx, &reduced, Some(o))
    }

    fn save_set(&mut self, cx: &mut Cx, o: &Value) -> Res<()> {
        if self.settings.protocol < 4 {
            return self.save_as_list(cx, o);
        }
        self.out.byte(EMPTY_SET);
        self.memoize(cx, o);
        let Some(s) = SetLike::of(o) else {
            return Ok(());
        };
        let size = s.len();
        let (mut at, mut n) = (0, if size == 0 { 0 } else { BATCH });
        while n == BATCH {
            n = 0;
            self.out.byte(MARK);
            while n < BATCH
                && let Some((_, item)) = s.next(cx, &mut at)
            {
                self.save_element(cx, o, &item)?;
                n += 1;
            }
            self.out.byte(ADDITEMS);
            self.check_size(cx, s.len() == size, "set")?;
        }
        Ok(())
    }

    fn save_frozenset(&mut self, cx: &mut Cx, o: &Value) -> Res<()> {
        if self.settings.protocol < 4 {
            return self.save_as_list(cx, o);
        }
        self.enter_fast(cx, o)?;
        let r = self.save_frozen_items(cx, o);
        self.leave_fast();
        r
    }

    fn save_frozen_items(&mut self, cx: &mut Cx, o: &Value) -> Res<()> {
        self.out.byte(MARK);
        if let Some(s) = SetLike::of(o) {
            let mut at = 0;
            while let Some((_, item)) = s.next(cx, &mut at) {
                self.save_element(cx, o, &item)?;
            }
        }
        // As with tuples.
        if let Some(known) = self.remembered(o) {
            self.out.byte(POP_MARK);
            self.put_get(known);
            return Ok(());
        }
        self.out.byte(FROZENSET);
        self.memoize(cx, o);
        Ok(())
    }

    // ---- classes and functions -----------------------------------------------------------------------------------

    /// A class; those of the singletons have no name in a module.
    pub fn save_class(&mut self, cx: &mut Cx, o: &Value) -> Res<()> {
        for single in [statics::NONE, statics::NOT_IMPLEMENTED, statics::ELLIPSIS] {
            let single = statics::immortal(single);
            if o.is(&single.ty().value()) {
                let arguments = tuple::new_tuple(cx, vec![single])?;
                let reduced = pack(cx, [Type::of::<Type>().value(), arguments])?;
                return self.save_reduced(cx, &reduced, Some(o));
            }
        }
        self.save_global(cx, o, None)
    }

    /// What the dispatch table has for a class.
    pub fn registered(&self, cx: &mut Cx, class: &Value) -> Res<Option<Value>> {
        match &self.settings.dispatch_table {
            None => match dict::as_dict(&self.globals.dispatch_table) {
                Some(d) => d.get(cx, class),
                None => Ok(None),
            },
            Some(table) => {
                let table = table.clone();
                match protocol::getitem(cx, &table, class) {
                    Ok(f) => Ok(Some(f)),
                    Err(r) => {
                        cx.catch(r, ExcKind::KeyError)?;
                        Ok(None)
                    }
                }
            }
        }
    }
}

fn header4(op: u8, n: u32) -> [u8; 5] {
    let mut h = [op; 5];
    h[1..].copy_from_slice(&n.to_le_bytes());
    h
}

fn header8(op: u8, n: usize) -> [u8; 9] {
    let mut h = [op; 9];
    h[1..].copy_from_slice(&(n as u64).to_le_bytes());
    h
}

/// UTF-8 in which surrogates are encoded like other characters.
pub fn wtf8(units: Units<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(units.len() * 2);
    for c in units.iter() {
        match c {
            0..=0x7F => out.push(c as u8),
            0x80..=0x7FF => out.extend([0xC0 | (c >> 6) as u8, 0x80 | (c & 0x3F) as u8]),
            0x800..=0xFFFF => out.extend([
                0xE0 | (c >> 12) as u8,
                0x80 | (c >> 6 & 0x3F) as u8,
                0x80 | (c & 0x3F) as u8,
            ]),
            _ => out.extend([
                0xF0 | (c >> 18) as u8,
                0x80 | (c >> 12 & 0x3F) as u8,
                0x80 | (c >> 6 & 0x3F) as u8,
                0x80 | (c & 0x3F) as u8,
            ]),
        }
    }
    out
}
