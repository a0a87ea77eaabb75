//! The iterators of `bytes` and `bytearray`. Positions are atomic words, so threads that share one get each byte once.

use super::{Bytes, ops};
use crate::native::*;
use crate::objects::{int, tuple};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The position when the iterator is exhausted; for a bytearray that is final even if it grows again.
const DONE: usize = usize::MAX;

/// The next position, if there is one: without an exchange where no other thread can have the iterator whose header is `head`.
#[inline]
fn claim(head: &Header, tid: u16, at: &AtomicUsize, len: usize) -> Option<usize> {
    let mut i = at.load(Ordering::Relaxed);
    if head.is_uniquely_held(tid) {
        let found = i < len;
        at.store(if found { i + 1 } else { DONE }, Ordering::Relaxed);
        return found.then_some(i);
    }
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
    fn next(&self, cx: &mut Cx) -> Option<Value> {
        let b = self.source.downcast::<Bytes>()?;
        claim(&self.head, cx.tid, &self.at, b.len()).map(|i| ops::int_of(b.as_slice()[i]))
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
        let i = self.at.load(Ordering::Relaxed);
        let (n, byte) = ops::with(cx, &self.source, |b| (b.len(), b.get(i).copied()));
        match claim(&self.head, cx.tid, &self.at, n)? {
            mine if mine == i => byte,
            // Another thread was there meanwhile.
            mine => ops::item(cx, &self.source, mine as isize),
        }
        .map(ops::int_of)
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

/// How many bytes are copied from under the lock at once.
const CHUNK: usize = 256;

/// What [`crate::feed::feed`] does with the bytes that an iterator has left, if it is one of these and nobody else has it: nothing runs
/// between two bytes that could tell that they were fetched together.
pub fn feed_bytes(
    cx: &mut Cx,
    it: &Value,
    sink: &mut crate::feed::Sink<'_>,
) -> Option<Option<Value>> {
    let (head, source, at) = if let Some(it) = it.downcast_exact::<BytesIter>() {
        (&it.head, &it.source, &it.at)
    } else {
        let it = it.downcast_exact::<BytearrayIter>()?;
        (&it.head, &it.source, &it.at)
    };
    let mut chunk = [0; CHUNK];
    while head.is_uniquely_held(cx.tid) {
        let first = at.load(Ordering::Relaxed);
        let n = ops::with(cx, source, |b| {
            let left = b.get(first..).unwrap_or_default();
            let n = left.len().min(CHUNK);
            chunk[..n].copy_from_slice(&left[..n]);
            n
        });
        if n == 0 {
            at.store(DONE, Ordering::Relaxed);
            return Some(None);
        }
        for (i, &byte) in chunk[..n].iter().enumerate() {
            if let Err(v) = sink(ops::int_of(byte)) {
                at.store(first + i + 1, Ordering::Relaxed);
                return Some(Some(v));
            }
        }
        at.store(first + n, Ordering::Relaxed);
        cx.thread.safepoint_stop();
    }
    None
}
