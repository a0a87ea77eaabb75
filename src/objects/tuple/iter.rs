//! The iterator of tuples.

use super::Tuple;
use crate::native::*;
use crate::objects::iter::cursor::Cursor;
use crate::objects::object;
use crate::{Cx, Res, Value};

/// Iterator over a tuple.
#[pytype(name = "tuple_iterator", gc, no_new, static_index = TUPLE_ITER)]
#[repr(C)]
pub struct TupleIter {
    pub head: Header,
    tuple: Value,
    #[skip]
    next: Cursor,
}

/// `iter(tuple)`; `in_loop`: for a `for` that alone will have it.
#[inline]
pub fn new_iter(cx: &mut Cx, tuple: &Value, in_loop: bool) -> Res<Value> {
    object::alloc(
        cx,
        Type::of::<TupleIter>(),
        TupleIter {
            head: Header::placeholder(),
            tuple: tuple.clone(),
            next: Cursor::new(in_loop),
        },
    )
}

impl TupleIter {
    /// The next item; None at the end. Used by `FOR_ITER` directly.
    #[inline(always)]
    pub fn next_item(&self, cx: &Cx) -> Option<Value> {
        let t = self.tuple.downcast::<Tuple>()?;
        match t.items().get(self.next.advance(&self.head, cx)?) {
            Some(v) => Some(v.clone_in(cx.tid)),
            None => {
                self.next.finish();
                None
            }
        }
    }
    /// The next item as a register word, for the loop that alone has the iterator; 0: ask [`Self::next_item`].
    #[inline(always)]
    pub fn next_in_loop(&self) -> u64 {
        let Some(t) = self.tuple.downcast_exact::<Tuple>() else {
            return 0;
        };
        let i = self.next.in_loop();
        let Some(v) = t.items().get(i) else {
            return 0;
        };
        self.next.step_in_loop(i);
        v.clone_ref_for_register().into_bits()
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
        n.saturating_sub(self.next.index().unwrap_or(n))
    }
    /// Return state information for pickling.
    fn __reduce__(&self, cx: &mut Cx) -> Res<Value> {
        let maker = crate::objects::iter::builtin(cx, "iter")?;
        let n = self.tuple.downcast::<Tuple>().map_or(0, Tuple::len);
        let i = self.next.index().unwrap_or(n);
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
        self.next.set(state.0.clamp(0, n as isize) as usize);
    }
}
