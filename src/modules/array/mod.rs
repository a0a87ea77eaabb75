//! `array`: sequences of machine values. The items stand as bytes in a `buffer::Store`, so every operation is one under the
//! object's lock, and while views are out items can be written but not moved. What runs Python code (making an item of an
//! object, comparing) works on copies.
//! - `items.rs`: the sequence's operations; `iter.rs`: its iterator; the kinds of items are `objects/buffer/code.rs`

mod items;
mod iter;

use items::index_of;
use typhon_vm::native::*;
use typhon_vm::number;
use typhon_vm::objects::buffer::code::{self, CODES, Code, Machine, odd_length, swap, text_of};
use typhon_vm::objects::buffer::{self, Layout, Store};
use typhon_vm::objects::bytes::{self, Bytes};
use typhon_vm::objects::list::{new_list, repr};
use typhon_vm::objects::str::new_str;
use typhon_vm::objects::{Bytearray, List, genericalias, object};
use typhon_vm::protocol;

/// array(typecode [, initializer]) -> array
///
/// Return a new array whose items are restricted by typecode, and
/// initialized from the optional initializer value, which must be a list,
/// string or iterable over elements of the appropriate type.
///
/// Arrays represent basic values and behave very much like lists, except
/// the type of objects stored in them is constrained. The type is specified
/// at object creation time by using a type code, which is a single character.
#[pytype(
    name = "array",
    module = "array",
    basetype,
    sequence,
    weakrefable,
    unhashable
)]
pub struct Array {
    pub head: Header,
    pub store: Store,
    #[skip]
    pub code: &'static Code,
}

impl Array {
    fn fresh(code: &'static Code, data: Vec<u8>) -> Array {
        Array {
            head: Header::placeholder(),
            store: Store::new(data),
            code,
        }
    }

    /// A new plain array.
    pub fn make(cx: &mut Cx, code: &'static Code, data: Vec<u8>) -> Res<Value> {
        crate::support::make(cx, Array::fresh(code, data))
    }

    /// The number of items.
    pub fn length(&self, cx: &mut Cx) -> usize {
        self.store.lock(&self.head, cx).len() / self.code.size
    }

    /// A copy of the bytes.
    pub fn to_vec(&self, cx: &mut Cx) -> Vec<u8> {
        self.store.lock(&self.head, cx).clone()
    }

    /// The item at one place, None when there is none (any more).
    pub fn item(&self, cx: &mut Cx, i: usize) -> Option<code::Bytes8> {
        self.item_at(cx, Index(isize::try_from(i).ok()?))
    }

    /// The item at an index, which may count from the end.
    #[inline]
    fn item_at(&self, cx: &mut Cx, i: Index) -> Option<code::Bytes8> {
        let size = self.code.size;
        let data = self.store.lock(&self.head, cx);
        let mut out = [0; 8];
        if size == 8 {
            let (items, _) = data.as_chunks::<8>();
            return items.get(i.within(items.len())?).copied();
        }
        // Sizes are powers of two; a division takes longer than all the rest.
        let at = i.within(data.len() >> size.trailing_zeros())? * size;
        let item = data.get(at..at + size)?;
        match size {
            4 => out[..4].copy_from_slice(item),
            _ => out[..size].copy_from_slice(item),
        }
        Some(out)
    }

    /// Change the bytes by `f`, which may change their number.
    pub fn resize<R>(&self, cx: &mut Cx, f: impl FnOnce(&mut Vec<u8>) -> R) -> Res<R> {
        let mut data = self.store.lock(&self.head, cx);
        if self.store.is_movable() {
            return Ok(f(&mut data));
        }
        drop(data);
        Err(cx.buffer_error("cannot resize an array that is exporting buffers"))
    }

    /// Append whole items.
    pub fn append_bytes(&self, cx: &mut Cx, more: &[u8]) -> Res<()> {
        if more.is_empty() {
            return Ok(());
        }
        let done = self.resize(cx, |data| {
            data.try_reserve(more.len())
                .map(|()| data.extend_from_slice(more))
        })?;
        done.map_err(|_| cx.memory_error())
    }

    fn append_all(&self, cx: &mut Cx, items: &Value) -> Res<()> {
        protocol::for_each(cx, items, |cx, v| {
            let item = self.code.encode(cx, &v)?;
            self.append_bytes(cx, &item[..self.code.size])
        })
    }

    fn append_text(&self, cx: &mut Cx, text: &Str) -> Res<()> {
        let data: Vec<u8> = text.units().iter().flat_map(u32::to_ne_bytes).collect();
        self.append_bytes(cx, &data)
    }

    fn append_raw(&self, cx: &mut Cx, data: &[u8]) -> Res<()> {
        if !data.len().is_multiple_of(self.code.size) {
            return Err(odd_length(cx));
        }
        self.append_bytes(cx, data)
    }

    /// All items as objects.
    fn objects(&self, cx: &mut Cx) -> Res<Vec<Value>> {
        let data = self.to_vec(cx);
        let mut out = Vec::with_capacity(data.len() / self.code.size);
        for item in data.chunks_exact(self.code.size) {
            out.push(self.code.decode(cx, item)?);
        }
        Ok(out)
    }

    /// The text of an array of characters.
    fn text(&self, cx: &mut Cx) -> Res<Value> {
        let data = self.to_vec(cx);
        let points: Vec<u32> = data
            .chunks_exact(4)
            .map(|c| u32::from_ne_bytes([c[0], c[1], c[2], c[3]]))
            .collect();
        text_of(cx, &points)
    }

    /// The first place in `start..stop` whose item equals `v`.
    fn find(&self, cx: &mut Cx, v: &Value, start: usize, stop: usize) -> Res<Option<usize>> {
        let mut i = start;
        while i < stop {
            // Comparing may change the array: each item is asked for anew.
            let Some(item) = self.item(cx, i) else { break };
            let item = self.code.decode(cx, &item)?;
            if protocol::equal(cx, &item, v)? {
                return Ok(Some(i));
            }
            i += 1;
        }
        Ok(None)
    }

    fn of_class(cx: &mut Cx, cls: &Type, code: &'static Code) -> Res<Value> {
        if code.letter == b'u' {
            cx.warn(
                ExcKind::DeprecationWarning,
                "The 'u' type code is deprecated and will be removed in Python 3.16",
            )?;
        }
        object::alloc(cx, cls, Array::fresh(code, Vec::new()))
    }
}

fn no_code(cx: &mut Cx) -> Raised {
    cx.value_error("bad typecode (must be b, B, u, w, h, H, i, I, l, L, q, Q, f or d)")
}

fn not_text(cx: &mut Cx, method: &str) -> Raised {
    cx.value_error(format!(
        "{method}() may only be called on unicode type arrays ('u' or 'w')"
    ))
}

#[pymethods(include(SHARED))]
impl Array {
    #[new]
    #[sig(typecode, initializer = absent, /)]
    #[text_signature(none)]
    fn new(cls: &Type, typecode: char, initializer: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let Some(code) = Code::of(typecode) else {
            return Err(no_code(cx));
        };
        let initial = initializer;
        if let Some(v) = initial
            && !code.is_text()
        {
            let kind = match v.downcast::<Array>() {
                Some(a) if a.code.is_text() => "unicode array",
                None if v.downcast::<Str>().is_some() => "str",
                _ => "",
            };
            if !kind.is_empty() {
                let article = if kind == "str" {
                    "a str"
                } else {
                    "a unicode array"
                };
                return Err(cx.type_error(format!(
                    "cannot use {article} to initialize an array with typecode '{typecode}'"
                )));
            }
        }
        let this = Array::of_class(cx, cls, code)?;
        let (Some(v), Some(a)) = (initial, this.downcast::<Array>()) else {
            return Ok(this);
        };
        if let Some(other) = v.downcast::<Array>().filter(|other| other.code == code) {
            let data = other.to_vec(cx);
            a.append_bytes(cx, &data)?;
        } else if let Some(b) = v.downcast::<Bytes>() {
            a.append_raw(cx, b.as_slice())?;
        } else if let Some(b) = v.downcast::<Bytearray>() {
            let data = b.to_vec(cx);
            a.append_raw(cx, &data)?;
        } else if let Some(text) = v.downcast::<Str>() {
            a.append_text(cx, text)?;
        } else {
            a.append_all(cx, v)?;
        }
        Ok(this)
    }

    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(a) = this.downcast::<Array>() else {
            return Ok(Value::none());
        };
        let (name, letter) = (this.ty().name(), char::from(a.code.letter));
        let mut out = format!("{name}('{letter}'").into_bytes();
        if a.length(cx) > 0 {
            out.extend_from_slice(b", ");
            let shown = if a.code.is_text() {
                a.text(cx)?
            } else {
                let items = a.objects(cx)?;
                new_list(cx, items)?
            };
            repr::push(cx, &mut out, &shown)?;
        }
        out.push(b')');
        typhon_vm::objects::str::new_str_wtf8(cx, &out)
    }

    #[slot]
    fn iter(this: &Value, cx: &mut Cx) -> Res<Value> {
        iter::over(cx, this)
    }

    #[slot]
    fn buffer(this: &Value, writable: bool, cx: &mut Cx) -> Res<Buffer> {
        let _ = writable;
        let Some(a) = this.downcast::<Array>() else {
            return Err(cx.system_error("not an array"));
        };
        let view = a.store.export(this, cx)?;
        let size = a.code.size;
        let layout = Layout {
            format: a.code.format().into(),
            itemsize: size,
            shape: vec![(view.len() / size) as isize],
            strides: vec![size as isize],
        };
        view.with_layout(layout)
            .ok_or_else(|| cx.system_error("an array outside its memory"))
    }

    /// Append new value v to the end of the array.
    fn append(&self, v: &Value, cx: &mut Cx) -> Res<()> {
        let item = self.code.encode(cx, v)?;
        self.append_bytes(cx, &item[..self.code.size])
    }

    /// Insert a new item v into the array before position i.
    fn insert(&self, i: Index, v: &Value, cx: &mut Cx) -> Res<()> {
        let size = self.code.size;
        let item = self.code.encode(cx, v)?;
        let done = self.resize(cx, |data| {
            let at = i.clamped(data.len() / size) * size;
            data.try_reserve(size)?;
            data.splice(at..at, item[..size].iter().copied());
            Ok::<_, std::collections::TryReserveError>(())
        })?;
        done.map_err(|_| cx.memory_error())
    }

    /// Append items to the end of the array.
    #[sig(bb, /)]
    fn extend(&self, bb: &Value, cx: &mut Cx) -> Res<()> {
        let Some(other) = bb.downcast::<Array>() else {
            return self.append_all(cx, bb);
        };
        if other.code != self.code {
            return Err(cx.type_error("can only extend with array of same kind"));
        }
        let data = other.to_vec(cx);
        self.append_bytes(cx, &data)
    }

    /// Remove and return the i-th element and delete it from the array.
    ///
    /// i defaults to -1.
    #[sig(i = -1, /)]
    fn pop(&self, i: Index, cx: &mut Cx) -> Res<Value> {
        let size = self.code.size;
        let mut empty = false;
        let mut item = [0; 8];
        let found = self.resize(cx, |data| {
            empty = data.is_empty();
            let at = i.within(data.len() / size)? * size;
            item[..size].copy_from_slice(&data[at..at + size]);
            data.drain(at..at + size);
            Some(())
        })?;
        match found {
            Some(()) => self.code.decode(cx, &item),
            None if empty => Err(cx.index_error("pop from empty array")),
            None => Err(cx.index_error("pop index out of range")),
        }
    }

    /// Remove the first occurrence of v in the array.
    #[sig(v, /)]
    fn remove(&self, v: &Value, cx: &mut Cx) -> Res<()> {
        let size = self.code.size;
        match self.find(cx, v, 0, usize::MAX)? {
            Some(i) => self.resize(cx, |data| {
                if data.len() >= (i + 1) * size {
                    data.drain(i * size..(i + 1) * size);
                }
            }),
            None => Err(cx.value_error("array.remove(x): x not in array")),
        }
    }

    /// Return index of first occurrence of v in the array.
    ///
    /// Raise ValueError if the value is not present.
    #[sig(v, start = 0, stop = isize::MAX => "sys.maxsize", /)]
    fn index(&self, v: &Value, start: Index, stop: Index, cx: &mut Cx) -> Res<usize> {
        let n = self.length(cx);
        // An array that grows while its items are compared is searched to its new end.
        let stop = if stop.0 == isize::MAX {
            usize::MAX
        } else {
            stop.clamped(n)
        };
        match self.find(cx, v, start.clamped(n), stop)? {
            Some(i) => Ok(i),
            None => Err(cx.value_error("array.index(x): x not in array")),
        }
    }

    /// Return number of occurrences of v in the array.
    #[sig(v, /)]
    fn count(&self, v: &Value, cx: &mut Cx) -> Res<usize> {
        let (mut n, mut at) = (0, 0);
        while let Some(i) = self.find(cx, v, at, usize::MAX)? {
            n += 1;
            at = i + 1;
        }
        Ok(n)
    }

    /// Reverse the order of the items in the array.
    fn reverse(&self, cx: &mut Cx) {
        let mut data = self.store.lock(&self.head, cx);
        data.reverse();
        swap(&mut data, self.code.size);
    }

    /// Remove all items from the array.
    fn clear(&self, cx: &mut Cx) -> Res<()> {
        self.resize(cx, Vec::clear)
    }

    /// Byteswap all items of the array.
    ///
    /// If the items in the array are not 1, 2, 4, or 8 bytes in size,
    /// RuntimeError is raised.
    fn byteswap(&self, cx: &mut Cx) {
        let mut data = self.store.lock(&self.head, cx);
        swap(&mut data, self.code.size);
    }

    /// Return a tuple (address, length) giving the current memory address and the length in items of the buffer used to hold array's contents.
    ///
    /// The length should be multiplied by the itemsize attribute to
    /// calculate the buffer length in bytes.
    fn buffer_info(&self, cx: &mut Cx) -> (usize, usize) {
        let data = self.store.lock(&self.head, cx);
        (data.as_ptr() as usize, data.len() / self.code.size)
    }

    /// Convert array to an ordinary list with the same items.
    fn tolist(&self, cx: &mut Cx) -> Res<Vec<Value>> {
        self.objects(cx)
    }

    /// Append items to array from list.
    #[sig(list, /)]
    fn fromlist(&self, list: &Value, cx: &mut Cx) -> Res<()> {
        let Some(items) = list.downcast::<List>() else {
            return Err(cx.type_error("arg must be list"));
        };
        let n = items.len();
        let mut data = Vec::new();
        for i in 0..n {
            let Some(v) = items.get(cx, i) else { break };
            let item = self.code.encode(cx, &v)?;
            data.extend_from_slice(&item[..self.code.size]);
        }
        if items.len() != n {
            return Err(cx.runtime_error("list changed size during iteration"));
        }
        // All or nothing: an item that cannot be converted leaves the array as it was.
        self.append_bytes(cx, &data)
    }

    /// Convert the array to an array of machine values and return the bytes representation.
    fn tobytes(&self, cx: &mut Cx) -> Res<Value> {
        let data = self.to_vec(cx);
        bytes::new_bytes_vec(cx, data)
    }

    /// Appends items from the string, interpreting it as an array of machine values, as if it had been read from a file using the fromfile() method.
    #[sig(buffer, /)]
    fn frombytes(&self, buffer: &Value, cx: &mut Cx) -> Res<()> {
        let view = buffer::get(cx, buffer, false)?;
        if view.itemsize() != 1 {
            return Err(cx.type_error("a bytes-like object is required"));
        }
        let data = view.to_vec();
        drop(view);
        self.append_raw(cx, &data)
    }

    /// Read n objects from the file object f and append them to the end of the array.
    #[sig(f, n, /)]
    fn fromfile(&self, f: &Value, n: isize, cx: &mut Cx) -> Res<()> {
        let Ok(n) = usize::try_from(n) else {
            return Err(cx.value_error("negative count"));
        };
        let Some(wanted) = n
            .checked_mul(self.code.size)
            .filter(|&n| n <= isize::MAX as usize)
        else {
            return Err(cx.memory_error());
        };
        let wanted_object = wanted.into_value(cx)?;
        let got = protocol::call_method(cx, f, "read", &[wanted_object])?;
        let Some(data) = got.downcast::<Bytes>() else {
            return Err(cx.type_error("read() didn't return bytes"));
        };
        self.append_raw(cx, data.as_slice())?;
        if data.as_slice().len() != wanted {
            return Err(cx.raise(ExcKind::EOFError, "read() didn't return enough bytes"));
        }
        Ok(())
    }

    /// Write all items (as machine values) to the file object f.
    #[sig(f, /)]
    fn tofile(&self, f: &Value, cx: &mut Cx) -> Res<()> {
        // In blocks, as a file may take its time.
        const BLOCK: usize = 64 * 1024;
        for block in self.to_vec(cx).chunks(BLOCK) {
            let block = bytes::new_bytes(cx, block)?;
            protocol::call_method(cx, f, "write", &[block])?;
        }
        if self.length(cx) == 0 {
            protocol::getattr_str(cx, f, "write")?;
        }
        Ok(())
    }

    /// Extends this array with data from the unicode string ustr.
    ///
    /// The array must be a unicode type array; otherwise a ValueError is
    /// raised.  Use array.frombytes(ustr.encode(...)) to append Unicode
    /// data to an array of some other type.
    #[sig(ustr, /)]
    fn fromunicode(&self, ustr: &Value, cx: &mut Cx) -> Res<()> {
        let Some(text) = ustr.downcast::<Str>() else {
            return Err(crate::support::wrong_type(
                cx,
                "fromunicode() argument",
                "str",
                ustr,
            ));
        };
        if !self.code.is_text() {
            return Err(not_text(cx, "fromunicode"));
        }
        self.append_text(cx, text)
    }

    /// Extends this array with data from the unicode string ustr.
    ///
    /// Convert the array to a unicode string.  The array must be a unicode
    /// type array; otherwise a ValueError is raised.  Use
    /// array.tobytes().decode() to obtain a unicode string from an array of
    /// some other type.
    fn tounicode(&self, cx: &mut Cx) -> Res<Value> {
        if !self.code.is_text() {
            return Err(not_text(cx, "tounicode"));
        }
        self.text(cx)
    }

    /// Return a copy of the array.
    fn __copy__(&self, cx: &mut Cx) -> Res<Value> {
        let data = self.to_vec(cx);
        Array::make(cx, self.code, data)
    }

    /// Return a copy of the array.
    #[sig(unused, /)]
    fn __deepcopy__(&self, unused: &Value, cx: &mut Cx) -> Res<Value> {
        let _ = unused;
        self.__copy__(cx)
    }

    /// Return state information for pickling.
    #[sig(value, /)]
    fn __reduce_ex__(this: &Value, value: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(a) = this.downcast::<Array>() else {
            return Ok(Value::none());
        };
        let protocol_number = number::index_i64(cx, value)?;
        let dict = protocol::getattr_str_opt(cx, this, "__dict__")?.unwrap_or_else(Value::none);
        let cls = this.ty().value();
        let letter = new_str(cx, &char::from(a.code.letter).to_string())?;
        if protocol_number < 3 {
            let items = a.objects(cx)?;
            let items = new_list(cx, items)?;
            let args = crate::support::pack(cx, [letter, items])?;
            return crate::support::pack(cx, [cls, args, dict]);
        }
        let module = crate::builtins::import::import_absolute_str(cx, "array")?;
        let make = protocol::getattr_str(cx, &module, "_array_reconstructor")?;
        let number = Machine::number(a.code).into_value(cx)?;
        let data = a.tobytes(cx)?;
        let args = crate::support::pack(cx, [cls, letter, number, data])?;
        crate::support::pack(cx, [make, args, dict])
    }

    /// Size of the array in memory, in bytes.
    fn __sizeof__(&self, cx: &mut Cx) -> usize {
        size_of::<Array>() + self.store.lock(&self.head, cx).capacity()
    }

    /// Arrays are generic over the type of their elements
    #[classmethod]
    #[sig(object, /)]
    fn __class_getitem__(cls: &Type, object: &Value, cx: &mut Cx) -> Res<Value> {
        let cls = cls.value();
        genericalias::new(cx, &cls, object)
    }

    /// the typecode character used to create the array
    #[getter]
    fn typecode(&self) -> char {
        char::from(self.code.letter)
    }

    /// the size, in bytes, of one array item
    #[getter]
    fn itemsize(&self) -> usize {
        self.code.size
    }

    #[slot]
    fn getitem(&self, key: &Value, cx: &mut Cx) -> Res<Value> {
        if let Some(slice) = typhon_vm::objects::slice::as_slice(key) {
            return self.part(cx, slice);
        }
        let i = index_of(cx, key)?;
        match self.item_at(cx, i) {
            Some(item) => self.code.decode(cx, &item),
            None => Err(cx.index_error("array index out of range")),
        }
    }
}

#[pymodule(name = "array", types(Array, iter::ArrayIter))]
pub mod module {
    //! This module defines an object type which can efficiently represent
    //! an array of basic values: characters, integers, floating-point
    //! numbers.  Arrays are sequence types and behave very much like lists,
    //! except that the type of objects stored in them is constrained.
    use super::*;

    #[pyattr]
    const typecodes: &str = code::LETTERS;

    /// Internal. Used for pickling support.
    #[pyfunction]
    #[sig(arraytype, typecode, mformat_code, items, /)]
    fn _array_reconstructor(
        arraytype: &Value,
        typecode: char,
        mformat_code: i32,
        items: &Value,
        cx: &mut Cx,
    ) -> Res<Value> {
        let Some(cls) = arraytype.downcast::<Type>() else {
            let name = arraytype.type_name();
            return Err(cx.type_error(format!("first argument must be a type object, not {name}")));
        };
        let base = Array::type_object(cx)?;
        if !cls.is_subtype_of(base) {
            let name = cls.name();
            return Err(cx.type_error(format!("{name} is not a subtype of array.array")));
        }
        let Some(code) = Code::of(typecode) else {
            return Err(cx.value_error("second argument must be a valid type code"));
        };
        let Some(machine) = Machine::of(mformat_code.into()) else {
            return Err(cx.value_error("third argument must be a valid machine format code."));
        };
        let Some(data) = items.downcast::<Bytes>() else {
            let name = items.type_name();
            return Err(cx.type_error(format!("fourth argument should be bytes, not {name}")));
        };
        let letter = new_str(cx, &typecode.to_string())?;
        if Machine::number(code) == i64::from(mformat_code) {
            return protocol::call(cx, arraytype, &[letter, items.clone()]);
        }
        if !data.as_slice().len().is_multiple_of(machine.size()) {
            return Err(cx.value_error("bytes length not a multiple of item size"));
        }
        let values = machine.decode(cx, data.as_slice())?;
        let values = new_list(cx, values)?;
        let letter = match machine.native(code) {
            other if other == code => letter,
            other => new_str(cx, &char::from(other.letter).to_string())?,
        };
        protocol::call(cx, arraytype, &[letter, values])
    }

    #[pyinit]
    fn init(module: &Value, cx: &mut Cx) -> Res<()> {
        debug_assert!(CODES.len() == typecodes.len());
        let class = Array::type_object(cx)?;
        typhon_vm::announce_numbers!(Array, class);
        let class = class.value();
        protocol::setattr_str(cx, module, "ArrayType", &class)?;
        // An import of its own: `collections.abc` is no native module.
        let abc = crate::util::import_submodule(cx, "collections.abc")?;
        let sequence = protocol::getattr_str(cx, &abc, "MutableSequence")?;
        protocol::call_method(cx, &sequence, "register", &[class])?;
        Ok(())
    }
}
