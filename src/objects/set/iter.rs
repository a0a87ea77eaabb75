//! The iterator of sets: reads the table without the set's lock and moves by compare-and-swap where others hold it too.

use super::SetLike;
use crate::native::*;
use crate::objects::{object, tuple};
use crate::{Cx, Res, Value};
use std::sync::atomic::{AtomicUsize, Ordering};

const DONE: usize = usize::MAX;

/// Iterator over a set or frozenset.
#[pytype(name = "set_iterator", gc, no_new, static_index = SET_ITER)]
#[repr(C)]
pub struct SetIter {
    pub head: Header,
    set: Value,
    pos: AtomicUsize,
    /// The size it began with; DONE once a change was reported.
    used: AtomicUsize,
    left: AtomicUsize,
}

/// `iter(set)`.
pub fn new_iter(cx: &mut Cx, set: &Value) -> Res<Value> {
    let n = SetLike::of(set).map_or(0, SetLike::len);
    let head = Header::placeholder();
    let payload = SetIter {
        head,
        set: set.clone(),
        pos: AtomicUsize::new(0),
        used: AtomicUsize::new(n),
        left: AtomicUsize::new(n),
    };
    object::alloc(cx, Type::of::<SetIter>(), payload)
}

#[pymethods]
impl SetIter {
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        let Some(s) = SetLike::of(&self.set) else {
            return Ok(None);
        };
        if self.pos.load(Ordering::Relaxed) == DONE {
            return Ok(None);
        }
        if s.len() != self.used.load(Ordering::Relaxed) {
            self.used.store(DONE, Ordering::Relaxed);
            return Err(cx.runtime_error("Set changed size during iteration"));
        }
        // Behind the last element of what never changes nothing is looked at.
        if s.is_frozen() && self.left.load(Ordering::Relaxed) == 0 {
            self.pos.store(DONE, Ordering::Relaxed);
            return Ok(None);
        }
        let alone = self.head.is_uniquely_held(cx.tid);
        loop {
            let from = self.pos.load(Ordering::Relaxed);
            if from == DONE {
                return Ok(None);
            }
            let mut to = from;
            let Some((_, k)) = s.next(cx, &mut to) else {
                self.pos.store(DONE, Ordering::Relaxed);
                return Ok(None);
            };
            if alone {
                self.pos.store(to, Ordering::Relaxed);
            } else if self
                .pos
                .compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed)
                .is_err()
            {
                continue;
            }
            let left = self.left.load(Ordering::Relaxed);
            self.left.store(left.saturating_sub(1), Ordering::Relaxed);
            return Ok(Some(k));
        }
    }
    /// Private method returning an estimate of len(list(it)).
    fn __length_hint__(&self) -> usize {
        let same =
            SetLike::of(&self.set).is_some_and(|s| s.len() == self.used.load(Ordering::Relaxed));
        if same && self.pos.load(Ordering::Relaxed) != DONE {
            self.left.load(Ordering::Relaxed)
        } else {
            0
        }
    }
    /// Return state information for pickling.
    fn __reduce__(&self, cx: &mut Cx) -> Res<Value> {
        let mut rest = Vec::new();
        if let Some(s) = SetLike::of(&self.set) {
            let mut pos = self.pos.load(Ordering::Relaxed);
            if pos != DONE {
                while let Some((_, k)) = s.next(cx, &mut pos) {
                    rest.push(k);
                }
            }
        }
        let list = crate::objects::list::new_list(cx, rest)?;
        let maker = crate::objects::iter::builtin(cx, "iter")?;
        let args = tuple::new_tuple(cx, vec![list])?;
        tuple::new_tuple(cx, vec![maker, args])
    }
}
