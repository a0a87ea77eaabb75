//! The iterators of `bytes` and `bytearray`. Positions are atomic words, so threads that share one get each byte once.

use super::{Bytes, ops};
use crate::native::*;
use crate::objects::{int, tuple};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The position when the iterator is exhausted; for a bytearray that is final even if it grows again.
const DONE: usize = usize::MAX;

fn claim(at: &AtomicUsize, len: usize) -> Option<usize> {
    let mut i = at.load(Ordering::Relaxed);
    loop {
        if i == DONE {
            return None;
        }
        let next = if i < len { i + 1 } else { DONE };
        match at.compare_exchange_weak(i, next, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) if i < len => return Some(i),
            Ok(_) => return None,
            Err(now) => i = now,
        }
    }
}

fn hint(cx: &mut Cx, at: &AtomicUsize, source: &Value) -> usize {
    ops::len(cx, source).saturating_sub(at.load(Ordering::Relaxed))
}

/// State for pickling: the position while there is one.
fn reduce(cx: &mut Cx, at: &AtomicUsize, source: &Value) -> Res<Value> {
    let iter = crate::objects::iter::builtin(cx, "iter")?;
    let i = at.load(Ordering::Relaxed);
    if i == DONE {
        let nothing = tuple::new_tuple(cx, vec![])?;
        let args = tuple::new_tuple(cx, vec![nothing])?;
        return tuple::new_tuple(cx, vec![iter, args]);
    }
    let args = tuple::new_tuple(cx, vec![source.clone()])?;
    let i = int::new_int(cx, i as i64)?;
    tuple::new_tuple(cx, vec![iter, args, i])
}

#[pytype(name = "bytes_iterator", gc, no_new, static_index = BYTES_ITER)]
pub struct BytesIter {
    pub head: Header,
    source: Value,
    #[skip]
    at: AtomicUsize,
}

#[pytype(name = "bytearray_iterator", gc, no_new, static_index = BYTEARRAY_ITER)]
pub struct BytearrayIter {
    pub head: Header,
    source: Value,
    #[skip]
    at: AtomicUsize,
}

/// `iter(b)` of bytes.
pub fn new_bytes_iter(cx: &mut Cx, b: &Value) -> Res<Value> {
    let payload = BytesIter {
        head: Header::placeholder(),
        source: b.clone(),
        at: AtomicUsize::new(0),
    };
    crate::objects::object::alloc(cx, Type::of::<BytesIter>(), payload)
}

/// `iter(b)` of a bytearray.
pub fn new_bytearray_iter(cx: &mut Cx, b: &Value) -> Res<Value> {
    let payload = BytearrayIter {
        head: Header::placeholder(),
        source: b.clone(),
        at: AtomicUsize::new(0),
    };
    crate::objects::object::alloc(cx, Type::of::<BytearrayIter>(), payload)
}

#[pymethods]
impl BytesIter {
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self) -> Option<Value> {
        let b = self.source.downcast::<Bytes>()?;
        claim(&self.at, b.len()).map(|i| ops::int_of(b.as_slice()[i]))
    }
    /// Private method returning an estimate of len(list(it)).
    fn __length_hint__(&self, cx: &mut Cx) -> usize {
        hint(cx, &self.at, &self.source)
    }
    /// Return state information for pickling.
    fn __reduce__(&self, cx: &mut Cx) -> Res<Value> {
        reduce(cx, &self.at, &self.source)
    }
    /// Set state information for unpickling.
    fn __setstate__(&self, state: Index, cx: &mut Cx) {
        let n = ops::len(cx, &self.source);
        self.at
            .store((state.0.max(0) as usize).min(n), Ordering::Relaxed);
    }
}

#[pymethods]
impl BytearrayIter {
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Option<Value> {
        let n = ops::len(cx, &self.source);
        let i = claim(&self.at, n)?;
        ops::item(cx, &self.source, i as isize).map(ops::int_of)
    }
    /// Private method returning an estimate of len(list(it)).
    fn __length_hint__(&self, cx: &mut Cx) -> usize {
        hint(cx, &self.at, &self.source)
    }
    /// Return state information for pickling.
    fn __reduce__(&self, cx: &mut Cx) -> Res<Value> {
        reduce(cx, &self.at, &self.source)
    }
    /// Set state information for unpickling.
    fn __setstate__(&self, state: Index, cx: &mut Cx) {
        let n = ops::len(cx, &self.source);
        self.at
            .store((state.0.max(0) as usize).min(n), Ordering::Relaxed);
    }
}
