//! `iter(o)` of an object with `__getitem__` only, and `iter(callable, sentinel)`.

use super::{builtin, ends_sequence};
use crate::native::*;
use crate::objects::{int, object, tuple};
use crate::protocol;
use crate::{Cx, Res, Value};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Past every index: exhausted.
const DONE: usize = usize::MAX / 2;

/// Iterator by index.
#[pytype(name = "iterator", gc, no_new, static_index = SEQ_ITER)]
#[repr(C)]
pub struct SeqIter {
    pub head: Header,
    seq: Value,
    next: AtomicUsize,
}

/// An iterator over `o[0]`, `o[1]`, ... until IndexError.
pub fn new_seq_iter(cx: &mut Cx, o: &Value) -> Res<Value> {
    object::alloc(
        cx,
        Type::of::<SeqIter>(),
        SeqIter {
            head: Header::placeholder(),
            seq: o.clone(),
            next: AtomicUsize::new(0),
        },
    )
}

#[pymethods]
impl SeqIter {
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        if self.next.load(Ordering::Relaxed) >= DONE {
            return Ok(None);
        }
        let i = self.next.fetch_add(1, Ordering::Relaxed);
        let key = int::new_int(cx, i as i64)?;
        match protocol::getitem(cx, &self.seq, &key) {
            Ok(v) => Ok(Some(v)),
            Err(r) => {
                ends_sequence(cx, r)?;
                self.next.store(DONE, Ordering::Relaxed);
                Ok(None)
            }
        }
    }
    /// Private method returning an estimate of len(list(it)).
    fn __length_hint__(&self, cx: &mut Cx) -> Res<Value> {
        let i = self.next.load(Ordering::Relaxed);
        if i >= DONE {
            return int::new_int(cx, 0);
        }
        if self.seq.ty().slots.len.get().is_none() {
            return Ok(Value::not_implemented());
        }
        let n = protocol::len(cx, &self.seq)?;
        int::new_int(cx, n.saturating_sub(i) as i64)
    }
    /// Return state information for pickling.
    fn __reduce__(&self, cx: &mut Cx) -> Res<Value> {
        let maker = builtin(cx, "iter")?;
        let i = self.next.load(Ordering::Relaxed);
        if i >= DONE {
            let empty = tuple::new_tuple(cx, vec![])?;
            let args = tuple::new_tuple(cx, vec![empty])?;
            return tuple::new_tuple(cx, vec![maker, args]);
        }
        let args = tuple::new_tuple(cx, vec![self.seq.clone()])?;
        let i = int::new_int(cx, i as i64)?;
        tuple::new_tuple(cx, vec![maker, args, i])
    }
    /// Set state information for unpickling.
    fn __setstate__(&self, state: Index) {
        if self.next.load(Ordering::Relaxed) < DONE {
            self.next.store(state.0.max(0) as usize, Ordering::Relaxed);
        }
    }
}

/// Iterator that calls.
#[pytype(name = "callable_iterator", gc, no_new, static_index = CALLABLE_ITER)]
#[repr(C)]
pub struct CallableIter {
    pub head: Header,
    callable: Value,
    sentinel: Value,
    done: AtomicBool,
}

/// `iter(callable, sentinel)`.
pub fn new_callable_iter(cx: &mut Cx, callable: &Value, sentinel: &Value) -> Res<Value> {
    let payload = CallableIter {
        head: Header::placeholder(),
        callable: callable.clone(),
        sentinel: sentinel.clone(),
        done: AtomicBool::new(false),
    };
    object::alloc(cx, Type::of::<CallableIter>(), payload)
}

#[pymethods]
impl CallableIter {
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        if self.done.load(Ordering::Relaxed) {
            return Ok(None);
        }
        match protocol::call(cx, &self.callable, &[]) {
            // The call may have run this iterator to its end.
            Ok(_) if self.done.load(Ordering::Relaxed) => Ok(None),
            Ok(v) => {
                if protocol::equal(cx, &self.sentinel, &v)? {
                    self.done.store(true, Ordering::Relaxed);
                    return Ok(None);
                }
                Ok(Some(v))
            }
            Err(r) => {
                cx.catch(r, ExcKind::StopIteration)?;
                self.done.store(true, Ordering::Relaxed);
                Ok(None)
            }
        }
    }
    /// Return state information for pickling.
    fn __reduce__(&self, cx: &mut Cx) -> Res<Value> {
        let maker = builtin(cx, "iter")?;
        let args = if self.done.load(Ordering::Relaxed) {
            vec![tuple::new_tuple(cx, vec![])?]
        } else {
            vec![self.callable.clone(), self.sentinel.clone()]
        };
        let args = tuple::new_tuple(cx, args)?;
        tuple::new_tuple(cx, vec![maker, args])
    }
}
