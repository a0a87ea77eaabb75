//! What Python sees of `memoryview`.

use super::item::{native_code, pack, unpack};
use super::{MemoryView, cast, from_object, iter, of_buffer, released};
use crate::native::*;
use crate::number;
use crate::objects::buffer::{Layout, get_opt, item_offset};
use crate::objects::bytes::{new_bytes_vec, ops};
use crate::objects::slice::{Steps, as_slice};
use crate::objects::str::new_str;
use crate::objects::{int, list, tuple};
use crate::protocol;
use std::sync::atomic::Ordering;

/// The i-th item of a one-dimensional view.
pub fn item(cx: &mut Cx, m: &MemoryView, i: isize) -> Res<Value> {
    // Plain bytes, the common case, are read under the lock without taking the view out.
    let quick = m.with(cx, |b| {
        if b.format() != "B" || b.ndim() != 1 {
            return None;
        }
        let l = b.layout();
        let n = l.shape[0];
        let i = if i < 0 { i + n } else { i };
        if i < 0 || i >= n {
            return Some(None);
        }
        let mut byte = [0];
        b.read_at(i * l.strides[0], &mut byte);
        Some(Some(byte[0]))
    })?;
    match quick {
        Some(Some(b)) => return Ok(ops::int_of(b)),
        Some(None) => return Err(cx.index_error("index out of bounds on dimension 1")),
        None => {}
    }
    let b = m.view_of(cx)?;
    let at = place(cx, &b.layout(), &[i])?;
    item_at(cx, &b, at)
}

fn item_at(cx: &mut Cx, b: &Buffer, at: isize) -> Res<Value> {
    let mut raw = vec![0; b.itemsize()];
    b.read_at(at, &mut raw);
    unpack(cx, b.format(), &raw)
}

/// Byte offset of the item at `indices`.
fn place(cx: &mut Cx, l: &Layout, indices: &[isize]) -> Res<isize> {
    let mut at = 0;
    for (d, ((&i, &n), &stride)) in indices.iter().zip(&l.shape).zip(&l.strides).enumerate() {
        let i = if i < 0 { i + n } else { i };
        if i < 0 || i >= n {
            return Err(cx.index_error(format!("index out of bounds on dimension {}", d + 1)));
        }
        at += i * stride;
    }
    Ok(at)
}

/// What a subscript means.
enum Key {
    Whole,
    Item(isize),
    Slice(Steps),
}

fn is_index(v: &Value) -> bool {
    int::as_int(v).is_some() || v.ty().slots.index.get().is_some()
}

fn index_of(cx: &mut Cx, v: &Value) -> Res<isize> {
    number::index_isize_checked(cx, v, ExcKind::IndexError)
}

fn key_of(cx: &mut Cx, b: &Buffer, key: &Value) -> Res<Key> {
    let l = b.layout();
    let ndim = l.shape.len();
    if ndim == 0 {
        let empty = key.downcast::<Tuple>().is_some_and(|t| t.is_empty());
        if empty {
            return Ok(Key::Item(0));
        }
        if crate::objects::singletons::is_ellipsis(key) {
            return Ok(Key::Whole);
        }
        return Err(cx.type_error("invalid indexing of 0-dim memory"));
    }
    if is_index(key) {
        let i = index_of(cx, key)?;
        if ndim > 1 {
            return Err(cx.not_implemented("multi-dimensional sub-views are not implemented"));
        }
        return place(cx, &l, &[i]).map(Key::Item);
    }
    if let Some(s) = as_slice(key) {
        return Ok(Key::Slice(s.steps(cx, l.shape[0] as usize)?));
    }
    if let Some(t) = key.downcast::<Tuple>() {
        if t.items().iter().all(is_index) {
            if t.len() != ndim {
                let (n, what) = (
                    t.len(),
                    if t.len() < ndim {
                        "sub-views are not implemented"
                    } else {
                        ""
                    },
                );
                if !what.is_empty() {
                    return Err(cx.not_implemented(what));
                }
                return Err(cx.type_error(format!(
                    "cannot index {ndim}-dimension view with {n}-element tuple"
                )));
            }
            let mut indices = Vec::with_capacity(ndim);
            for v in t.items() {
                indices.push(index_of(cx, v)?);
            }
            return place(cx, &l, &indices).map(Key::Item);
        }
        if t.items().iter().all(|v| as_slice(v).is_some()) {
            return Err(cx.not_implemented("multi-dimensional slicing is not implemented"));
        }
    }
    Err(cx.type_error("memoryview: invalid slice key"))
}

/// The part of the first dimension a slice names.
fn sliced(b: &Buffer, s: Steps) -> Buffer {
    let mut l = b.layout().into_owned();
    let offset = if s.count == 0 {
        0
    } else {
        s.start * l.strides[0]
    };
    l.shape[0] = s.count as isize;
    l.strides[0] = l.strides[0].wrapping_mul(s.step);
    b.sub_view(offset, l)
}

/// Nested lists of a view's items.
fn nested(cx: &mut Cx, b: &Buffer, l: &Layout, dim: usize, at: isize) -> Res<Value> {
    if dim == l.shape.len() {
        return item_at(cx, b, at);
    }
    let mut items = Vec::with_capacity(l.shape[dim] as usize);
    for i in 0..l.shape[dim] {
        items.push(nested(cx, b, l, dim + 1, at + i * l.strides[dim])?);
    }
    list::new_list(cx, items)
}

fn ints(cx: &mut Cx, values: &[isize]) -> Res<Value> {
    let mut items = Vec::with_capacity(values.len());
    for &v in values {
        items.push(int::new_int(cx, v as i64)?);
    }
    tuple::new_tuple(cx, items)
}

/// Whether two views hold equal items in equal shapes.
fn equal(cx: &mut Cx, a: &Buffer, b: &Buffer) -> Res<bool> {
    let (la, lb) = (a.layout().into_owned(), b.layout().into_owned());
    if la.shape != lb.shape {
        return Ok(false);
    }
    let (ca, cb) = (native_code(&la.format), native_code(&lb.format));
    let plain = |c: Option<u8>| {
        matches!(
            c,
            Some(
                b'B' | b'b'
                    | b'c'
                    | b'h'
                    | b'H'
                    | b'i'
                    | b'I'
                    | b'l'
                    | b'L'
                    | b'q'
                    | b'Q'
                    | b'n'
                    | b'N'
                    | b'P'
            )
        )
    };
    if ca == cb && plain(ca) {
        return Ok(a.contents() == b.contents());
    }
    if ca.is_none() || cb.is_none() {
        // Formats of `struct` beyond single characters: equal only as the same bytes of the same format.
        return Ok(la.format == lb.format
            && la.itemsize == lb.itemsize
            && struct_equal(cx, a, b, &la.format)?);
    }
    for i in 0..la.items() {
        let x = item_at(cx, a, item_offset(&la, i, false))?;
        let y = item_at(cx, b, item_offset(&lb, i, false))?;
        if !protocol::compare_bool(cx, &x, &y, CmpOp::Eq)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn struct_equal(cx: &mut Cx, a: &Buffer, b: &Buffer, format: &str) -> Res<bool> {
    let _ = cx;
    // A format `struct` does not know makes views unequal.
    if typhon_text::struct_codec::Format::parse(format.as_bytes()).is_err() {
        return Ok(false);
    }
    Ok(a.contents() == b.contents())
}

#[pymethods]
impl MemoryView {
    #[new]
    #[sig(object)]
    fn new(cls: &Type, object: &Value, cx: &mut Cx) -> Res<Value> {
        let _ = cls;
        from_object(cx, object)
    }
    /// Create a new memoryview object which references the given object.
    #[classmethod]
    #[sig(object, flags)]
    fn _from_flags(cls: &Type, object: &Value, flags: i32, cx: &mut Cx) -> Res<Value> {
        let _ = cls;
        match get_opt(cx, object, flags & 1 != 0)? {
            Some(b) => of_buffer(cx, b),
            None => {
                let n = object.type_name();
                Err(cx.type_error(format!(
                    "memoryview: a bytes-like object is required, not '{n}'"
                )))
            }
        }
    }
    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<Value> {
        let gone = this
            .downcast::<MemoryView>()
            .is_none_or(|m| m.view_opt(cx).is_none());
        let what = if gone { "released memory" } else { "memory" };
        new_str(cx, &format!("<{what} at {:#x}>", this.bits() & !7))
    }
    #[slot]
    fn hash(&self, cx: &mut Cx) -> Res<i64> {
        let known = self.hash.load(Ordering::Relaxed);
        if known != -1 {
            return Ok(known);
        }
        let b = self.view_of(cx)?;
        if !b.readonly() {
            return Err(cx.value_error("cannot hash writable memoryview object"));
        }
        if !matches!(native_code(b.format()), Some(b'B' | b'b' | b'c')) {
            return Err(
                cx.value_error("memoryview: hashing is restricted to formats 'B', 'b' or 'c'")
            );
        }
        // The object must be hashable itself.
        let owner = b.owner().clone();
        // Its `__hash__` must not take the view away.
        self.exports.fetch_add(1, Ordering::AcqRel);
        let hashed = protocol::hash(cx, &owner);
        self.exports.fetch_sub(1, Ordering::AcqRel);
        hashed?;
        let h = crate::objects::object::hash::hash_bytes(&b.contents());
        self.hash.store(h, Ordering::Relaxed);
        Ok(h)
    }
    #[slot]
    fn richcompare(this: &Value, other: &Value, op: CmpOp, cx: &mut Cx) -> Res<Value> {
        if !matches!(op, CmpOp::Eq | CmpOp::Ne) {
            return Ok(Value::not_implemented());
        }
        let answer = |same: bool| Ok(Value::bool(same == (op == CmpOp::Eq)));
        let Some(m) = this.downcast::<MemoryView>() else {
            return Ok(Value::not_implemented());
        };
        let Some(a) = m.view_opt(cx) else {
            return answer(this.is(other));
        };
        let b = match other.downcast::<MemoryView>() {
            Some(o) => match o.view_opt(cx) {
                Some(b) => b,
                None => return answer(false),
            },
            None => match get_opt(cx, other, false) {
                Ok(Some(b)) => b,
                Ok(None) => return Ok(Value::not_implemented()),
                Err(r) => {
                    drop(cx.take_exc(r));
                    return Ok(Value::not_implemented());
                }
            },
        };
        let same = equal(cx, &a, &b)?;
        answer(same)
    }
    #[slot]
    fn len(&self, cx: &mut Cx) -> Res<usize> {
        let n = self.with(cx, |b| b.layout().shape.first().copied())?;
        match n {
            Some(n) => Ok(n as usize),
            None => Err(cx.type_error("0-dim memory has no length")),
        }
    }
    #[slot]
    fn getitem(this: &Value, key: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(m) = this.downcast::<MemoryView>() else {
            return Ok(Value::none());
        };
        if let Some(i) = key.as_small_int()
            && m.with(cx, Buffer::ndim)? == 1
        {
            return item(cx, m, i as isize);
        }
        let b = m.view_of(cx)?;
        match key_of(cx, &b, key)? {
            Key::Whole => Ok(this.clone()),
            // The key's own code may have released the view.
            Key::Item(_) if m.view_opt(cx).is_none() => Err(released(cx)),
            Key::Item(at) => item_at(cx, &b, at),
            Key::Slice(s) => {
                m.may_keep(cx)?;
                let part = sliced(&b, s);
                of_buffer(cx, part)
            }
        }
    }
    #[slot]
    fn setitem(&self, key: &Value, value: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let b = self.view_of(cx)?;
        if b.readonly() {
            return Err(cx.type_error("cannot modify read-only memory"));
        }
        let Some(value) = value else {
            return Err(cx.type_error("cannot delete memory"));
        };
        match key_of(cx, &b, key)? {
            Key::Item(at) => {
                let (raw, n) = pack(cx, b.format(), value)?;
                // Packing may have run Python that released the view.
                if self.view_opt(cx).is_none() {
                    return Err(released(cx));
                }
                b.write_at(at, &raw[..n.min(b.itemsize())]);
                Ok(())
            }
            Key::Whole => {
                let (raw, n) = pack(cx, b.format(), value)?;
                if self.view_opt(cx).is_none() {
                    return Err(released(cx));
                }
                b.write_at(0, &raw[..n.min(b.itemsize())]);
                Ok(())
            }
            Key::Slice(s) => {
                if b.ndim() > 1 {
                    return Err(cx.not_implemented(
                        "memoryview slice assignments are currently restricted to ndim = 1",
                    ));
                }
                let to = sliced(&b, s);
                let from = crate::objects::buffer::get(cx, value, false)?;
                if self.view_opt(cx).is_none() {
                    return Err(released(cx));
                }
                let (lt, lf) = (to.layout(), from.layout());
                if lt.shape != lf.shape
                    || lt.itemsize != lf.itemsize
                    || native_code(&lt.format) != native_code(&lf.format)
                {
                    return Err(cx.value_error(
                        "memoryview assignment: lvalue and rvalue have different structures",
                    ));
                }
                // A copy first: the two may overlap.
                let data = from.to_vec();
                to.fill_from(&data);
                Ok(())
            }
        }
    }
    #[slot]
    fn iter(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(m) = this.downcast::<MemoryView>() else {
            return Ok(Value::none());
        };
        let b = m.view_of(cx)?;
        let l = b.layout();
        match l.shape.len() {
            0 => Err(cx.type_error("invalid indexing of 0-dim memory")),
            1 if native_code(&l.format).is_none() => {
                let f = &l.format;
                Err(cx.not_implemented(format!("memoryview: format {f} not supported")))
            }
            1 => iter::new_iter(cx, this, l.shape[0] as usize),
            _ => Err(cx.not_implemented("multi-dimensional sub-views are not implemented")),
        }
    }
    #[slot]
    fn buffer(this: &Value, writable: bool, cx: &mut Cx) -> Res<Buffer> {
        MemoryView::export(this, writable, cx)
    }

    /// Release the underlying buffer exposed by the memoryview object.
    #[method(name = "release")]
    fn release_method(&self, cx: &mut Cx) -> Res<()> {
        self.release(cx)
    }
    fn __enter__(this: &Value, cx: &mut Cx) -> Res<Value> {
        if let Some(m) = this.downcast::<MemoryView>() {
            m.with(cx, |_| ())?;
        }
        Ok(this.clone())
    }
    #[sig(*args)]
    fn __exit__(&self, args: &[Value], cx: &mut Cx) -> Res<()> {
        let _ = args;
        self.release(cx)
    }
    /// Cast a memoryview to a new format or shape.
    #[sig(format, shape = absent)]
    #[text_signature = "($self, /, format, shape=<unrepresentable>)"]
    fn cast(&self, format: &Value, shape: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        match format.downcast::<Str>() {
            Some(f) => cast::cast(cx, self, &f.to_string_lossy(), shape),
            None => Err(cx.type_error("memoryview: format argument must be a string")),
        }
    }
    /// Return a readonly version of the memoryview.
    fn toreadonly(&self, cx: &mut Cx) -> Res<Value> {
        let mut b = self.view_to_keep(cx)?;
        b.make_readonly();
        of_buffer(cx, b)
    }
    /// Return the data in the buffer as a byte string.
    ///
    /// Order can be {'C', 'F', 'A'}. When order is 'C' or 'F', the data of the
    /// original array is converted to C or Fortran order. For contiguous views,
    /// 'A' returns an exact copy of the physical memory. In particular, in-memory
    /// Fortran order is preserved. For non-contiguous views, the data is converted
    /// to C first. order=None is the same as order='C'.
    #[sig(order = "C")]
    fn tobytes(&self, order: Option<&str>, cx: &mut Cx) -> Res<Value> {
        let fortran = match order {
            None | Some("C") => false,
            Some("F") => true,
            Some("A") => {
                let b = self.view_of(cx)?;
                !b.is_c_contiguous() && b.layout().is_contiguous(true)
            }
            Some(_) => return Err(cx.value_error("order must be 'C', 'F' or 'A'")),
        };
        let b = self.view_of(cx)?;
        let data = if fortran { b.collect(true) } else { b.to_vec() };
        new_bytes_vec(cx, data)
    }
    /// Return the data in the buffer as a string of hexadecimal numbers.
    ///
    ///   sep
    ///     An optional single character or byte to separate hex bytes.
    ///   bytes_per_sep
    ///     How many bytes between separators.  Positive values count from the
    ///     right, negative values count from the left.
    ///
    /// Example:
    /// >>> value = memoryview(b'\xb9\x01\xef')
    /// >>> value.hex()
    /// 'b901ef'
    /// >>> value.hex(':')
    /// 'b9:01:ef'
    #[sig(sep = absent, bytes_per_sep = 1)]
    fn hex(&self, sep: Option<&Value>, bytes_per_sep: isize, cx: &mut Cx) -> Res<Value> {
        let b = self.view_of(cx)?;
        ops::hex(cx, &b.contents(), sep, bytes_per_sep)
    }
    /// Return the data in the buffer as a list of elements.
    fn tolist(&self, cx: &mut Cx) -> Res<Value> {
        let b = self.view_of(cx)?;
        let l = b.layout().into_owned();
        nested(cx, &b, &l, 0, 0)
    }
    /// Count the number of occurrences of a value.
    fn count(this: &Value, value: &Value, cx: &mut Cx) -> Res<usize> {
        let mut n = 0;
        protocol::for_each(cx, this, |cx, v| {
            n += usize::from(protocol::equal(cx, &v, value)?);
            Ok(())
        })?;
        Ok(n)
    }
    /// Return the index of the first occurrence of a value.
    ///
    /// Raises ValueError if the value is not present.
    #[sig(value, start = 0, stop = isize::MAX => "sys.maxsize", /)]
    fn index(&self, value: &Value, start: Index, stop: Index, cx: &mut Cx) -> Res<usize> {
        let b = self.view_of(cx)?;
        let l = b.layout().into_owned();
        match l.shape.len() {
            0 => return Err(cx.type_error("invalid lookup on 0-dim memory")),
            1 => {}
            _ => return Err(cx.not_implemented("multi-dimensional lookup is not implemented")),
        }
        let n = l.shape[0] as usize;
        for i in start.clamped(n)..stop.clamped(n) {
            let v = item_at(cx, &b, i as isize * l.strides[0])?;
            if protocol::equal(cx, &v, value)? {
                return Ok(i);
            }
        }
        Err(cx.value_error("memoryview.index(x): x not found"))
    }
    /// See PEP 585
    #[classmethod]
    fn __class_getitem__(cls: &Type, item: &Value, cx: &mut Cx) -> Res<Value> {
        let cls = cls.value();
        crate::objects::genericalias::new(cx, &cls, item)
    }

    /// The underlying object of the memoryview.
    #[getter]
    fn obj(&self, cx: &mut Cx) -> Res<Value> {
        let b = self.view_of(cx)?;
        Ok(b.owner().clone())
    }
    /// The amount of space in bytes that the array would use in
    ///  a contiguous representation.
    #[getter]
    fn nbytes(&self, cx: &mut Cx) -> Res<usize> {
        self.with(cx, Buffer::len)
    }
    /// A bool indicating whether the memory is read only.
    #[getter]
    fn readonly(&self, cx: &mut Cx) -> Res<bool> {
        self.with(cx, Buffer::readonly)
    }
    /// The size in bytes of each element of the memoryview.
    #[getter]
    fn itemsize(&self, cx: &mut Cx) -> Res<usize> {
        self.with(cx, Buffer::itemsize)
    }
    /// A string containing the format (in struct module style)
    ///  for each element in the view.
    #[getter]
    fn format(&self, cx: &mut Cx) -> Res<String> {
        self.with(cx, |b| b.format().to_owned())
    }
    /// An integer indicating how many dimensions of a multi-dimensional
    ///  array the memory represents.
    #[getter]
    fn ndim(&self, cx: &mut Cx) -> Res<usize> {
        self.with(cx, Buffer::ndim)
    }
    /// A tuple of ndim integers giving the shape of the memory
    ///  as an N-dimensional array.
    #[getter]
    fn shape(&self, cx: &mut Cx) -> Res<Value> {
        let v = self.with(cx, |b| b.layout().into_owned().shape)?;
        ints(cx, &v)
    }
    /// A tuple of ndim integers giving the size in bytes to access
    ///  each element for each dimension of the array.
    #[getter]
    fn strides(&self, cx: &mut Cx) -> Res<Value> {
        let v = self.with(cx, |b| b.layout().into_owned().strides)?;
        ints(cx, &v)
    }
    /// A tuple of integers used internally for PIL-style arrays.
    #[getter]
    fn suboffsets(&self, cx: &mut Cx) -> Res<Value> {
        self.with(cx, |_| ())?;
        tuple::new_tuple(cx, vec![])
    }
    /// A bool indicating whether the memory is C contiguous.
    #[getter]
    fn c_contiguous(&self, cx: &mut Cx) -> Res<bool> {
        self.with(cx, Buffer::is_c_contiguous)
    }
    /// A bool indicating whether the memory is Fortran contiguous.
    #[getter]
    fn f_contiguous(&self, cx: &mut Cx) -> Res<bool> {
        self.with(cx, |b| b.layout().is_contiguous(true))
    }
    /// A bool indicating whether the memory is contiguous.
    #[getter]
    fn contiguous(&self, cx: &mut Cx) -> Res<bool> {
        self.with(cx, |b| {
            b.is_c_contiguous() || b.layout().is_contiguous(true)
        })
    }
}
