//! What Python sees of `bytearray` beyond what it shares with `bytes`.

use super::{Bytearray, new_bytearray, of_class};
use crate::native::*;
use crate::number;
use crate::objects::buffer::resize_error;
use crate::objects::bytes::make::{self, Made, byte, construct};
use crate::objects::bytes::{contents_opt, iter, ops, percent, zeros};
use crate::objects::slice::as_slice;
use crate::objects::str::{new_str, new_str_latin1};
use crate::objects::{int, tuple};
use crate::protocol;

/// The outcome of a change under the lock.
enum Change {
    Done,
    NoIndex,
    Exported,
    Sizes(usize, usize),
    NoMemory,
}

fn report(cx: &mut Cx, c: Change) -> Res<()> {
    match c {
        Change::Done => Ok(()),
        Change::NoIndex => Err(cx.index_error("bytearray index out of range")),
        Change::Exported => Err(resize_error(cx)),
        Change::Sizes(got, want) => Err(cx.value_error(format!(
            "attempt to assign bytes of size {got} to extended slice of size {want}"
        ))),
        Change::NoMemory => Err(cx.memory_error()),
    }
}

fn index_of(cx: &mut Cx, key: &Value) -> Res<isize> {
    if key.as_small_int().is_none()
        && int::as_int(key).is_none()
        && key.ty().slots.index.get().is_none()
    {
        let n = key.type_name();
        return Err(cx.type_error(format!(
            "bytearray indices must be integers or slices, not {n}"
        )));
    }
    number::index_isize_checked(cx, key, ExcKind::IndexError)
}

fn resolve(i: isize, len: usize) -> Option<usize> {
    let i = if i < 0 { i + len as isize } else { i };
    usize::try_from(i).ok().filter(|&i| i < len)
}

/// Replace `range` by other bytes.
fn splice(v: &mut Vec<u8>, movable: bool, start: usize, end: usize, with: &[u8]) -> Change {
    let end = end.max(start);
    if with.len() != end - start {
        if !movable {
            return Change::Exported;
        }
        if v.try_reserve(with.len()).is_err() {
            return Change::NoMemory;
        }
    }
    v.splice(start..end, with.iter().copied());
    Change::Done
}

impl Bytearray {
    fn assign_slice(&self, cx: &mut Cx, key: &Value, value: Option<&Value>) -> Res<()> {
        let Some(slice) = as_slice(key) else {
            return Ok(());
        };
        let bounds = slice.bounds(cx)?;
        let with = match value {
            None => Vec::new(),
            Some(v) => {
                match contents_opt(cx, v)? {
                    Some(c) => c.into_owned(),
                    None => {
                        if int::as_int(v).is_some() || v.downcast::<Str>().is_some() {
                            return Err(cx.type_error("can assign only bytes, buffers, or iterables of ints in range(0, 256)"));
                        }
                        make::from_buffer_or_items(cx, v, "bytearray", "byte")?
                    }
                }
            }
        };
        let mut guard = self.lock(cx);
        let movable = self.store.is_movable();
        let s = bounds.adjust(guard.len());
        let change = if s.step == 1 {
            splice(
                &mut guard,
                movable,
                s.start as usize,
                s.stop as usize,
                &with,
            )
        } else if value.is_none() || with.is_empty() {
            if s.count == 0 {
                Change::Done
            } else if !movable {
                Change::Exported
            } else {
                let mut gone = vec![false; guard.len()];
                (0..s.count).for_each(|i| gone[(s.start + i as isize * s.step) as usize] = true);
                let mut i = 0;
                guard.retain(|_| {
                    i += 1;
                    !gone[i - 1]
                });
                Change::Done
            }
        } else if with.len() != s.count {
            Change::Sizes(with.len(), s.count)
        } else {
            for (i, &b) in with.iter().enumerate() {
                guard[(s.start + i as isize * s.step) as usize] = b;
            }
            Change::Done
        };
        drop(guard);
        report(cx, change)
    }

    fn state(this: &Value, cx: &mut Cx, text: bool) -> Res<Value> {
        let data = ops::data(cx, this).into_owned();
        let cls = this.ty().value();
        let args = if data.is_empty() {
            vec![]
        } else if text {
            vec![new_str_latin1(cx, &data)?, new_str(cx, "latin-1")?]
        } else {
            vec![crate::objects::bytes::new_bytes(cx, &data)?]
        };
        let args = tuple::new_tuple(cx, args)?;
        let state = protocol::call_method(cx, this, "__getstate__", &[])?;
        tuple::new_tuple(cx, vec![cls, args, state])
    }
}

#[pymethods(include(SHARED))]
impl Bytearray {
    #[new]
    #[sig(*args, **kwargs)]
    #[text_signature(none)]
    fn new(cls: &Type, args: &[Value], kwargs: Kwargs<'_>, cx: &mut Cx) -> Res<Value> {
        let _ = (args, kwargs);
        of_class(cx, cls, Vec::new())
    }
    #[init]
    #[sig(source = absent, encoding = absent, errors = absent)]
    fn init(
        &self,
        source: Option<&Value>,
        encoding: Option<&str>,
        errors: Option<&str>,
        cx: &mut Cx,
    ) -> Res<()> {
        // What fails leaves nothing behind.
        drop(self.resize(cx, std::mem::take)?);
        if let Some(items) = source
            && encoding.is_none()
            && errors.is_none()
            && items.ty().slots.iter.get().is_some()
            && items.ty().slots.buffer.get().is_none()
            && items.ty().slots.index.get().is_none()
            && items.downcast::<Str>().is_none()
            && items.downcast_exact::<crate::objects::List>().is_none()
            && items.downcast_exact::<Tuple>().is_none()
        {
            // An iterator's code sees what has come so far.
            return protocol::for_each(cx, items, |cx, item| {
                let b = byte(cx, &item, "byte")?;
                self.extend(cx, &[b])
            });
        }
        let data = match construct(cx, source, encoding, errors, "bytearray", "byte", false)? {
            Made::Object(v) => ops::data(cx, &v).into_owned(),
            Made::Data(d) => d,
        };
        let _old = self.resize(cx, |v| std::mem::replace(v, data))?;
        Ok(())
    }
    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<Value> {
        let name = this.ty().name();
        let mut inner = typhon_text::str_repr::repr_bytes(&ops::data(cx, this));
        // Single quotes are escaped even between double ones, unlike those of `bytes`.
        if inner.starts_with("b\"") {
            inner = inner.replace('\'', "\\'");
        }
        new_str(cx, &format!("{name}({inner})"))
    }
    #[slot]
    fn richcompare(this: &Value, other: &Value, op: CmpOp, cx: &mut Cx) -> Res<Value> {
        ops::compare(cx, this, other, op)
    }
    #[slot]
    fn len(&self, cx: &mut Cx) -> usize {
        self.lock(cx).len()
    }
    #[slot]
    fn getitem(this: &Value, key: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(b) = this.downcast::<Bytearray>() else {
            return Ok(Value::none());
        };
        if let Some(slice) = as_slice(key) {
            let bounds = slice.bounds(cx)?;
            let guard = b.lock(cx);
            let s = bounds.adjust(guard.len());
            let out: Vec<u8> = match s.step {
                1 => guard[s.start as usize..s.start as usize + s.count].to_vec(),
                _ => (0..s.count)
                    .map(|i| guard[(s.start + i as isize * s.step) as usize])
                    .collect(),
            };
            drop(guard);
            return new_bytearray(cx, out);
        }
        let i = index_of(cx, key)?;
        match ops::item(cx, this, i) {
            Some(b) => Ok(ops::int_of(b)),
            None => Err(cx.index_error("bytearray index out of range")),
        }
    }
    #[slot]
    fn setitem(&self, key: &Value, value: Option<&Value>, cx: &mut Cx) -> Res<()> {
        if as_slice(key).is_some() {
            return self.assign_slice(cx, key, value);
        }
        let i = index_of(cx, key)?;
        let new = match value {
            Some(v) => Some(byte(cx, v, "byte")?),
            None => None,
        };
        let mut guard = self.lock(cx);
        let movable = self.store.is_movable();
        let change = match (resolve(i, guard.len()), new) {
            (None, _) => Change::NoIndex,
            (Some(i), Some(b)) => {
                guard[i] = b;
                Change::Done
            }
            (Some(_), None) if !movable => Change::Exported,
            (Some(i), None) => {
                guard.remove(i);
                Change::Done
            }
        };
        drop(guard);
        report(cx, change)
    }
    #[slot]
    fn contains(this: &Value, item: &Value, cx: &mut Cx) -> Res<bool> {
        ops::contains(cx, this, item)
    }
    #[slot]
    fn concat(this: &Value, other: &Value, cx: &mut Cx) -> Res<Value> {
        ops::concat(cx, this, other)
    }
    #[slot]
    fn repeat(this: &Value, count: &Value, cx: &mut Cx) -> Res<Value> {
        let n = number::index_isize_checked(cx, count, ExcKind::OverflowError)?;
        let data = ops::data(cx, this).into_owned();
        let out = ops::repeated(cx, &data, n)?;
        new_bytearray(cx, out)
    }
    #[slot]
    fn iconcat(this: &Value, other: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(b) = this.downcast::<Bytearray>() else {
            return Ok(Value::not_implemented());
        };
        let Some(more) = contents_opt(cx, other)? else {
            let n = other.type_name();
            return Err(cx.type_error(format!("can't concat {n} to bytearray")));
        };
        b.extend(cx, &more)?;
        Ok(this.clone())
    }
    #[slot]
    fn irepeat(this: &Value, count: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(b) = this.downcast::<Bytearray>() else {
            return Ok(Value::not_implemented());
        };
        let n = number::index_isize_checked(cx, count, ExcKind::OverflowError)?;
        let data = b.to_vec(cx);
        let out = ops::repeated(cx, &data, n)?;
        if n != 1 {
            let _old = b.resize(cx, |v| std::mem::replace(v, out))?;
        }
        Ok(this.clone())
    }
    #[slot]
    fn mod_(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        if left.downcast::<Bytearray>().is_none() {
            return Ok(Value::not_implemented());
        }
        percent::format(cx, left, right)
    }
    #[slot]
    fn iter(this: &Value, cx: &mut Cx) -> Res<Value> {
        iter::new_bytearray_iter(cx, this)
    }
    #[slot]
    fn buffer(this: &Value, writable: bool, cx: &mut Cx) -> Res<Buffer> {
        let _ = writable;
        match this.downcast::<Bytearray>() {
            Some(b) => b.store.export(this, cx),
            None => Err(cx.system_error("not a bytearray")),
        }
    }

    /// Append a single item to the end of the bytearray.
    ///
    ///   item
    ///     The item to be appended.
    fn append(&self, item: &Value, cx: &mut Cx) -> Res<()> {
        let b = byte(cx, item, "byte")?;
        self.extend(cx, &[b])
    }
    /// Append all the items from the iterator or sequence to the end of the bytearray.
    ///
    ///   iterable_of_ints
    ///     The iterable of items to append.
    #[method(name = "extend")]
    fn extend_method(&self, iterable_of_ints: &Value, cx: &mut Cx) -> Res<()> {
        let v = iterable_of_ints;
        let end = self.lock(cx).len();
        let data = match contents_opt(cx, v)? {
            Some(c) => c.into_owned(),
            None if v.downcast::<Str>().is_some() => {
                return Err(cx.type_error("expected iterable of integers; got: 'str'"));
            }
            None if v.ty().slots.iter.get().is_none() && v.ty().slots.getitem.get().is_none() => {
                let n = v.type_name();
                return Err(cx.type_error(format!("can't extend bytearray with {n}")));
            }
            None => make::from_buffer_or_items(cx, v, "bytearray", "byte")?,
        };
        // Where the end was when the call began, if the argument's own code has not made it shorter.
        let done = self.resize(cx, |v| {
            v.try_reserve(data.len()).map(|()| {
                let at = end.min(v.len());
                v.splice(at..at, data.iter().copied());
            })
        })?;
        done.map_err(|_| cx.memory_error())
    }
    /// Insert a single item into the bytearray before the given index.
    ///
    ///   index
    ///     The index where the value is to be inserted.
    ///   item
    ///     The item to be inserted.
    fn insert(&self, index: Index, item: &Value, cx: &mut Cx) -> Res<()> {
        let b = byte(cx, item, "byte")?;
        self.resize(cx, |v| {
            let n = v.len() as isize;
            let i = if index.0 < 0 {
                (index.0 + n).max(0)
            } else {
                index.0.min(n)
            };
            v.insert(i as usize, b);
        })
    }
    /// Remove and return a single item from B.
    ///
    ///   index
    ///     The index from where to remove the item.
    ///     -1 (the default value) means remove the last item.
    ///
    /// If no index argument is given, will pop the last item.
    #[sig(index = -1, /)]
    fn pop(&self, index: Index, cx: &mut Cx) -> Res<Value> {
        let mut guard = self.lock(cx);
        if guard.is_empty() {
            drop(guard);
            return Err(cx.index_error("pop from empty bytearray"));
        }
        let Some(i) = resolve(index.0, guard.len()) else {
            drop(guard);
            return Err(cx.index_error("pop index out of range"));
        };
        if !self.store.is_movable() {
            drop(guard);
            return Err(resize_error(cx));
        }
        Ok(ops::int_of(guard.remove(i)))
    }
    /// Remove the first occurrence of a value in the bytearray.
    ///
    ///   value
    ///     The value to remove.
    fn remove(&self, value: &Value, cx: &mut Cx) -> Res<()> {
        let b = byte(cx, value, "byte")?;
        let mut guard = self.lock(cx);
        let Some(i) = guard.iter().position(|&x| x == b) else {
            drop(guard);
            return Err(cx.value_error("value not found in bytearray"));
        };
        if !self.store.is_movable() {
            drop(guard);
            return Err(resize_error(cx));
        }
        guard.remove(i);
        Ok(())
    }
    /// Remove all items from the bytearray.
    fn clear(&self, cx: &mut Cx) -> Res<()> {
        let _old = self.resize(cx, std::mem::take)?;
        Ok(())
    }
    /// Return a copy of B.
    fn copy(this: &Value, cx: &mut Cx) -> Res<Value> {
        let data = ops::data(cx, this).into_owned();
        new_bytearray(cx, data)
    }
    /// Reverse the order of the values in B in place.
    fn reverse(&self, cx: &mut Cx) {
        self.lock(cx).reverse();
    }
    /// Resize the internal buffer of bytearray to len.
    ///
    ///   size
    ///     New size to resize to..
    #[method(name = "resize")]
    fn resize_method(&self, size: isize, cx: &mut Cx) -> Res<()> {
        if size < 0 {
            return Err(cx.value_error(format!("Can only resize to positive sizes, got {size}")));
        }
        if self.lock(cx).len() == size as usize {
            return Ok(());
        }
        // Checks that there is memory for so many.
        drop(zeros(cx, size as usize)?);
        self.resize(cx, |v| v.resize(size as usize, 0))
    }
    /// B.__alloc__() -> int
    ///
    /// Return the number of bytes actually allocated.
    fn __alloc__(&self, cx: &mut Cx) -> usize {
        let guard = self.lock(cx);
        match guard.capacity() {
            0 => 0,
            // CPython's count has room for a closing zero.
            n => n + 1,
        }
    }
    /// Returns the size of the bytearray object in memory, in bytes.
    fn __sizeof__(&self, cx: &mut Cx) -> usize {
        size_of::<Bytearray>() + self.lock(cx).capacity()
    }
    /// Return state information for pickling.
    fn __reduce__(this: &Value, cx: &mut Cx) -> Res<Value> {
        Bytearray::state(this, cx, true)
    }
    /// Return state information for pickling.
    #[sig(proto = 0, /)]
    fn __reduce_ex__(this: &Value, proto: i32, cx: &mut Cx) -> Res<Value> {
        Bytearray::state(this, cx, proto < 3)
    }
}
