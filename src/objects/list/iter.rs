//! The iterators of lists. The index moves by one atomic addition where others hold the iterator too, so no item comes twice.

use super::List;
use crate::native::*;
use crate::objects::iter::cursor::Cursor;
use crate::objects::{object, tuple};
use crate::{Cx, Res, Value};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Forward iterator over a list.
#[pytype(name = "list_iterator", gc, no_new, static_index = LIST_ITER)]
#[repr(C)]
pub struct ListIter {
    pub head: Header,
    list: Value,
    #[skip]
    next: Cursor,
}

/// `iter(list)`; `in_loop`: for a `for` that alone will have it.
#[inline]
pub fn new_iter(cx: &mut Cx, list: &Value, in_loop: bool) -> Res<Value> {
    object::alloc(
        cx,
        Type::of::<ListIter>(),
        ListIter {
            head: Header::placeholder(),
            list: list.clone(),
            next: Cursor::new(in_loop),
        },
    )
}

impl ListIter {
    /// The next item as a register word, for the loop that alone has the iterator; 0: ask [`Self::next_item`].
    #[inline(always)]
    pub fn next_in_loop(&self, cx: &Cx) -> u64 {
        let Some(list) = self.list.downcast_exact::<List>() else {
            return 0;
        };
        let i = self.next.in_loop();
        let bits = list.word_for_register(cx, i);
        if bits != 0 {
            self.next.step_in_loop(i);
        }
        bits
    }
    /// The next item, counted; None at the end.
    #[inline(always)]
    pub fn next_item(&self, cx: &mut Cx) -> Option<Value> {
        let list = self.list.downcast::<List>()?;
        let i = self.next.advance(&self.head, cx)?;
        let v = list.get(cx, i);
        if v.is_none() {
            self.next.finish();
        }
        v
    }
}

#[pymethods]
impl ListIter {
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
        let n = self.list.downcast::<List>().map_or(0, List::len);
        n.saturating_sub(self.next.index().unwrap_or(n))
    }
    /// Return state information for pickling.
    fn __reduce__(&self, cx: &mut Cx) -> Res<Value> {
        reduce(cx, "iter", || Some((&self.list, self.next.index()? as i64)))
    }
    /// Set state information for unpickling.
    fn __setstate__(&self, state: Index) {
        let n = self.list.downcast::<List>().map_or(0, List::len);
        self.next.set(state.0.clamp(0, n as isize) as usize);
    }
}

/// Backward iterator over a list: the index of the item that comes next, or -1.
#[pytype(name = "list_reverseiterator", gc, no_new, static_index = LIST_REVITER)]
#[repr(C)]
pub struct ListRevIter {
    pub head: Header,
    list: Value,
    next: AtomicUsize,
}

/// `reversed(list)`.
pub fn new_reversed(cx: &mut Cx, list: &Value) -> Res<Value> {
    let n = list.downcast::<List>().map_or(0, List::len);
    object::alloc(
        cx,
        Type::of::<ListRevIter>(),
        ListRevIter {
            head: Header::placeholder(),
            list: list.clone(),
            next: AtomicUsize::new(n),
        },
    )
}

#[pymethods]
impl ListRevIter {
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        let Some(list) = self.list.downcast::<List>() else {
            return Ok(None);
        };
        let mut n = self.next.load(Ordering::Relaxed);
        loop {
            if n == 0 {
                return Ok(None);
            }
            if self.head.is_uniquely_held(cx.tid) {
                self.next.store(n - 1, Ordering::Relaxed);
                break;
            }
            match self
                .next
                .compare_exchange(n, n - 1, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => break,
                Err(now) => n = now,
            }
        }
        let v = list.get(cx, n - 1);
        if v.is_none() {
            self.next.store(0, Ordering::Relaxed);
        }
        Ok(v)
    }
    /// Private method returning an estimate of len(list(it)).
    fn __length_hint__(&self) -> usize {
        let n = self.next.load(Ordering::Relaxed);
        if n > self.list.downcast::<List>().map_or(0, List::len) {
            0
        } else {
            n
        }
    }
    /// Return state information for pickling.
    fn __reduce__(&self, cx: &mut Cx) -> Res<Value> {
        reduce(cx, "reversed", || {
            let n = self.next.load(Ordering::Relaxed);
            (n > 0).then_some((&self.list, n as i64 - 1))
        })
    }
    /// Set state information for unpickling.
    fn __setstate__(&self, state: Index) {
        let n = self.list.downcast::<List>().map_or(0, List::len) as isize;
        self.next
            .store((state.0.clamp(-1, n - 1) + 1) as usize, Ordering::Relaxed);
    }
}

/// `(maker, (container,), index)`; an exhausted iterator pickles as that of an empty list. Whether it is exhausted is asked
/// after the maker has been found: that may compare keys of other classes, whose code may use up the iterator.
pub fn reduce<'a>(
    cx: &mut Cx,
    maker: &str,
    state: impl FnOnce() -> Option<(&'a Value, i64)>,
) -> Res<Value> {
    let maker = crate::objects::iter::builtin(cx, maker)?;
    match state() {
        Some((container, i)) => {
            let args = tuple::new_tuple(cx, vec![container.clone()])?;
            let i = crate::objects::int::new_int(cx, i)?;
            tuple::new_tuple(cx, vec![maker, args, i])
        }
        None => {
            let empty = super::new_empty(cx)?;
            let args = tuple::new_tuple(cx, vec![empty])?;
            tuple::new_tuple(cx, vec![maker, args])
        }
    }
}
