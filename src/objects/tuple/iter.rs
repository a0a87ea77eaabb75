//! The iterator of tuples.

use super::Tuple;
use crate::native::*;
use crate::objects::object;
use crate::{Cx, Res, Value};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Iterator over a tuple.
#[pytype(name = "tuple_iterator", gc, no_new, static_index = TUPLE_ITER)]
#[repr(C)]
pub struct TupleIter {
    pub head: Header,
    tuple: Value,
    next: AtomicUsize,
}

/// `iter(tuple)`.
#[inline]
pub fn new_iter(cx: &mut Cx, tuple: &Value) -> Res<Value> {
    object::alloc(
        cx,
        Type::of::<TupleIter>(),
        TupleIter {
            head: Header::placeholder(),
            tuple: tuple.clone(),
            next: AtomicUsize::new(0),
        },
    )
}

impl TupleIter {
    /// The next item; None at the end. Used by `FOR_ITER` directly.
    #[inline(always)]
    pub fn next_item(&self, cx: &Cx) -> Option<Value> {
        let t = self.tuple.downcast::<Tuple>()?;
        let mut i = self.next.load(Ordering::Relaxed);
        if i >= t.len() {
            return None;
        }
        if self.head.is_uniquely_held(cx.tid) {
            self.next.store(i + 1, Ordering::Relaxed);
        } else {
            i = self.next.fetch_add(1, Ordering::Relaxed);
        }
        t.items().get(i).map(|v| v.clone_in(cx.tid))
    }
}

#[pymethods]
impl TupleIter {
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        Ok(self.next_item(cx))
    }
    /// Private method returning an estimate of len(list(it)).
    fn __length_hint__(&self) -> usize {
        let n = self.tuple.downcast::<Tuple>().map_or(0, Tuple::len);
        n.saturating_sub(self.next.load(Ordering::Relaxed))
    }
    /// Return state information for pickling.
    fn __reduce__(&self, cx: &mut Cx) -> Res<Value> {
        let maker = crate::objects::iter::builtin(cx, "iter")?;
        let i = self.next.load(Ordering::Relaxed);
        let n = self.tuple.downcast::<Tuple>().map_or(0, Tuple::len);
        if i >= n {
            let empty = super::new_tuple(cx, vec![])?;
            let args = super::new_tuple(cx, vec![empty])?;
            return super::new_tuple(cx, vec![maker, args]);
        }
        let args = super::new_tuple(cx, vec![self.tuple.clone()])?;
        let i = crate::objects::int::new_int(cx, i as i64)?;
        super::new_tuple(cx, vec![maker, args, i])
    }
    /// Set state information for unpickling.
    fn __setstate__(&self, state: Index) {
        let n = self.tuple.downcast::<Tuple>().map_or(0, Tuple::len);
        self.next
            .store(state.0.clamp(0, n as isize) as usize, Ordering::Relaxed);
    }
}
