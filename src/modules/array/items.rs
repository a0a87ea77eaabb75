//! Arrays as sequences: slices, assignment, concatenation, repetition, comparison.

use super::Array;
use typhon_vm::native::*;
use typhon_vm::number;
use typhon_vm::objects::int;
use typhon_vm::objects::slice::{Slice, as_slice};
use typhon_vm::protocol;

/// The outcome of a change under the lock.
enum Change {
    Done,
    NoIndex,
    Exported,
    Sizes(usize, usize),
    NoMemory,
}

fn report(cx: &mut Cx, change: Change) -> Res<()> {
    match change {
        Change::Done => Ok(()),
        Change::NoIndex => Err(cx.index_error("array assignment index out of range")),
        Change::Exported => {
            Err(cx.buffer_error("cannot resize an array that is exporting buffers"))
        }
        Change::Sizes(got, want) => Err(cx.value_error(format!(
            "attempt to assign array of size {got} to extended slice of size {want}"
        ))),
        Change::NoMemory => Err(cx.memory_error()),
    }
}

/// The index that a subscript is.
pub fn index_of(cx: &mut Cx, key: &Value) -> Res<Index> {
    if int::as_int(key).is_none() && key.ty().slots.index.get().is_none() {
        return Err(cx.type_error("array indices must be integers"));
    }
    number::index_isize_checked(cx, key, ExcKind::IndexError).map(Index)
}

impl Array {
    /// The items of a slice as a new array.
    pub(super) fn part(&self, cx: &mut Cx, slice: &Slice) -> Res<Value> {
        let size = self.code.size;
        let bounds = slice.bounds(cx)?;
        let data = self.store.lock(&self.head, cx);
        let s = bounds.adjust(data.len() / size);
        let mut out = Vec::with_capacity(s.count * size);
        for i in 0..s.count {
            let at = (s.start + i as isize * s.step) as usize * size;
            out.extend_from_slice(&data[at..at + size]);
        }
        drop(data);
        Array::make(cx, self.code, out)
    }

    /// Replace the items of a slice, or delete them.
    fn assign(&self, cx: &mut Cx, slice: &Slice, value: Option<&Value>) -> Res<()> {
        let size = self.code.size;
        let with = match value {
            None => Vec::new(),
            Some(v) => match v.downcast::<Array>() {
                Some(other) if other.code == self.code => other.to_vec(cx),
                Some(_) => {
                    return Err(cx.type_error("bad argument type for built-in operation"));
                }
                None => {
                    let name = v.type_name();
                    return Err(cx.type_error(format!(
                        "can only assign array (not \"{name}\") to array slice"
                    )));
                }
            },
        };
        let bounds = slice.bounds(cx)?;
        let mut data = self.store.lock(&self.head, cx);
        let movable = self.store.is_movable();
        let s = bounds.adjust(data.len() / size);
        let change = if s.step == 1 {
            let (start, end) = (s.start as usize * size, s.stop.max(s.start) as usize * size);
            if with.len() != end - start && !movable {
                Change::Exported
            } else if data.try_reserve(with.len()).is_err() {
                Change::NoMemory
            } else {
                data.splice(start..end, with);
                Change::Done
            }
        } else if value.is_none() || with.is_empty() {
            if s.count == 0 {
                Change::Done
            } else if !movable {
                Change::Exported
            } else {
                let mut gone = vec![false; data.len() / size];
                (0..s.count).for_each(|i| gone[(s.start + i as isize * s.step) as usize] = true);
                let mut i = 0;
                data.retain(|_| {
                    i += 1;
                    !gone[(i - 1) / size]
                });
                Change::Done
            }
        } else if with.len() != s.count * size {
            Change::Sizes(with.len() / size, s.count)
        } else {
            for (i, item) in with.chunks_exact(size).enumerate() {
                let at = (s.start + i as isize * s.step) as usize * size;
                data[at..at + size].copy_from_slice(item);
            }
            Change::Done
        };
        drop(data);
        report(cx, change)
    }

    fn repeated(&self, cx: &mut Cx, count: &Value) -> Res<Vec<u8>> {
        let n = number::index_isize_checked(cx, count, ExcKind::OverflowError)?;
        let data = self.to_vec(cx);
        let n = usize::try_from(n).unwrap_or(0);
        let total = data
            .len()
            .checked_mul(n)
            .filter(|&t| t <= isize::MAX as usize);
        let mut out = Vec::new();
        if total.is_none_or(|total| out.try_reserve_exact(total).is_err()) {
            return Err(cx.memory_error());
        }
        if !data.is_empty() {
            (0..n).for_each(|_| out.extend_from_slice(&data));
        }
        Ok(out)
    }
}

#[pymethods(part = SHARED)]
impl Array {
    #[slot]
    fn len(&self, cx: &mut Cx) -> usize {
        self.store.lock(&self.head, cx).len() / self.code.size
    }

    #[slot]
    fn setitem(&self, key: &Value, value: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let i = match key.as_small_int() {
            Some(i) => Index(i as isize),
            None => {
                if let Some(slice) = as_slice(key) {
                    return self.assign(cx, slice, value);
                }
                index_of(cx, key)?
            }
        };
        let size = self.code.size;
        let new = match value {
            Some(v) => Some(self.code.encode(cx, v)?),
            None => None,
        };
        let mut data = self.store.lock(&self.head, cx);
        let movable = self.store.is_movable();
        let change = match (i.within(data.len() >> size.trailing_zeros()), new) {
            (None, _) => Change::NoIndex,
            (Some(i), Some(item)) => {
                match data.as_chunks_mut::<8>() {
                    (items, []) if size == 8 => items[i] = item,
                    _ => data[i * size..(i + 1) * size].copy_from_slice(&item[..size]),
                }
                Change::Done
            }
            (Some(_), None) if !movable => Change::Exported,
            (Some(i), None) => {
                data.drain(i * size..(i + 1) * size);
                Change::Done
            }
        };
        drop(data);
        report(cx, change)
    }

    #[slot]
    fn contains(&self, item: &Value, cx: &mut Cx) -> Res<bool> {
        Ok(self.find(cx, item, 0, usize::MAX)?.is_some())
    }

    #[slot]
    fn concat(this: &Value, other: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(a) = this.downcast::<Array>() else {
            return Ok(Value::not_implemented());
        };
        let Some(b) = other.downcast::<Array>() else {
            let name = other.type_name();
            return Err(cx.type_error(format!("can only append array (not \"{name}\") to array")));
        };
        if a.code != b.code {
            return Err(cx.type_error("bad argument type for built-in operation"));
        }
        let mut data = a.to_vec(cx);
        let more = b.to_vec(cx);
        if data.try_reserve_exact(more.len()).is_err() {
            return Err(cx.memory_error());
        }
        data.extend_from_slice(&more);
        Array::make(cx, a.code, data)
    }

    #[slot]
    fn repeat(this: &Value, count: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(a) = this.downcast::<Array>() else {
            return Ok(Value::not_implemented());
        };
        let data = a.repeated(cx, count)?;
        Array::make(cx, a.code, data)
    }

    #[slot]
    fn iconcat(this: &Value, other: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(a) = this.downcast::<Array>() else {
            return Ok(Value::not_implemented());
        };
        if other.downcast::<Array>().is_none() {
            let name = other.type_name();
            return Err(cx.type_error(format!("can only extend array with array (not \"{name}\")")));
        }
        a.extend(other, cx)?;
        Ok(this.clone())
    }

    #[slot]
    fn irepeat(this: &Value, count: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(a) = this.downcast::<Array>() else {
            return Ok(Value::not_implemented());
        };
        let data = a.repeated(cx, count)?;
        if data.len() != a.store.lock(&a.head, cx).len() {
            let _old = a.resize(cx, |old| std::mem::replace(old, data))?;
        }
        Ok(this.clone())
    }

    #[slot]
    fn richcompare(&self, other: &Array, op: CmpOp, cx: &mut Cx) -> Res<Value> {
        let (n, m) = (self.length(cx), other.length(cx));
        if n != m && matches!(op, CmpOp::Eq | CmpOp::Ne) {
            return Ok(Value::bool(op == CmpOp::Ne));
        }
        let (left, right) = (self.to_vec(cx), other.to_vec(cx));
        let mut pairs = left
            .chunks_exact(self.code.size)
            .zip(right.chunks_exact(other.code.size));
        let same = self.code == other.code && !matches!(self.code.letter, b'f' | b'd');
        for (a, b) in &mut pairs {
            if same && a == b {
                continue;
            }
            let a = self.code.decode(cx, a)?;
            let b = other.code.decode(cx, b)?;
            if !protocol::equal(cx, &a, &b)? {
                return match op {
                    CmpOp::Eq => Ok(Value::bool(false)),
                    CmpOp::Ne => Ok(Value::bool(true)),
                    _ => protocol::compare(cx, &a, &b, op),
                };
            }
        }
        let (n, m) = (left.len() / self.code.size, right.len() / other.code.size);
        Ok(Value::bool(op.matches(n.cmp(&m))))
    }
}
