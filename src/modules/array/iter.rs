//! The iterator of arrays: a place, and the array until its end was met.

use super::Array;
use crate::support::{make, pack};
use std::sync::atomic::{AtomicUsize, Ordering};
use typhon_vm::native::*;
use typhon_vm::objects::iter::builtin;
use typhon_vm::objects::tuple::new_tuple;

/// The place of an iterator that met the end: it stays there, even if the array grows.
const DONE: usize = usize::MAX;

#[pytype(name = "arrayiterator", module = "array", gc)]
pub struct ArrayIter {
    head: Header,
    array: Value,
    #[skip]
    place: AtomicUsize,
}

pub fn over(cx: &mut Cx, array: &Value) -> Res<Value> {
    make(
        cx,
        ArrayIter {
            head: Header::placeholder(),
            array: array.clone(),
            place: AtomicUsize::new(0),
        },
    )
}

#[pymethods]
impl ArrayIter {
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }

    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        let Some(a) = self.array.downcast::<Array>() else {
            return Ok(None);
        };
        let n = a.length(cx);
        // Two threads never get the same place.
        let step = |i: usize| Some(if i < n { i + 1 } else { DONE });
        let i = self
            .place
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, step)
            .unwrap_or(DONE);
        if i >= n {
            return Ok(None);
        }
        match a.item(cx, i) {
            Some(item) => a.code.decode(cx, &item).map(Some),
            None => Ok(None),
        }
    }

    /// Return state information for pickling.
    fn __reduce__(&self, cx: &mut Cx) -> Res<Value> {
        let iter = builtin(cx, "iter")?;
        let place = self.place.load(Ordering::Relaxed);
        if place == DONE {
            let empty = new_tuple(cx, vec![])?;
            let args = pack(cx, [empty])?;
            return pack(cx, [iter, args]);
        }
        let args = pack(cx, [self.array.clone()])?;
        let place = place.into_value(cx)?;
        pack(cx, [iter, args, place])
    }

    /// Set state information for unpickling.
    #[sig(state, /)]
    fn __setstate__(&self, state: Index, cx: &mut Cx) {
        let n = match self.array.downcast::<Array>() {
            Some(a) => a.length(cx),
            None => 0,
        };
        // An iterator that met its end stays there.
        let step = |i: usize| (i != DONE).then_some((state.0.max(0) as usize).min(n));
        let _ = self
            .place
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, step);
    }
}
