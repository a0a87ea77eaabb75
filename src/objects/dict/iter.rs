//! The iterators of dicts and their views. An iterator reads the dict without its lock and moves its position by a
//! compare-and-swap where others hold it too, so that no entry comes twice.

use super::Dict;
use super::bulk::Side;
use crate::native::*;
use crate::objects::list::buf::may_read;
use crate::objects::object;
use crate::{Cx, Res, Value};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What an iterator yields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    Keys,
    Values,
    Items,
}

/// An iteration over a dict's entries in one direction.
pub struct Walk {
    dict: Value,
    /// Next entry (forward), or one past it (backward).
    pos: AtomicUsize,
    /// The size it began with; CHANGED once a change was reported.
    used: AtomicUsize,
    left: AtomicUsize,
}

const DONE: usize = usize::MAX;
const CHANGED: usize = usize::MAX;

impl Traverse for Walk {
    fn traverse(&self, v: &mut Visitor) {
        self.dict.traverse(v);
    }
}

impl Walk {
    fn new(dict: &Value, backward: bool) -> Walk {
        let d = dict.downcast::<Dict>();
        let n = d.map_or(0, Dict::len);
        let start = match d {
            Some(d) if backward => d.table().tail() as usize,
            _ => 0,
        };
        Walk {
            dict: dict.clone(),
            pos: AtomicUsize::new(start),
            used: AtomicUsize::new(n),
            left: AtomicUsize::new(n),
        }
    }

    /// The dict, when there is more to come and its size is as it was.
    #[inline(always)]
    fn begin(&self, cx: &mut Cx) -> Res<Option<&Dict>> {
        let Some(d) = self.dict.downcast::<Dict>() else {
            return Ok(None);
        };
        if self.pos.load(Ordering::Relaxed) == DONE {
            return Ok(None);
        }
        if d.len() != self.used.load(Ordering::Relaxed) {
            self.used.store(CHANGED, Ordering::Relaxed);
            return Err(cx.runtime_error("dictionary changed size during iteration"));
        }
        Ok(Some(d))
    }

    /// Move from `from` to `to`; false when another thread was first.
    #[inline]
    fn advance(&self, from: usize, to: usize, alone: bool) -> bool {
        if alone {
            self.pos.store(to, Ordering::Relaxed);
            true
        } else {
            self.pos
                .compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        }
    }

    #[inline(always)]
    fn count(&self, cx: &mut Cx) -> Res<()> {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            self.pos.store(DONE, Ordering::Relaxed);
            return Err(cx.runtime_error("dictionary keys changed during iteration"));
        }
        self.left.store(left - 1, Ordering::Relaxed);
        Ok(())
    }

    /// The next key or value.
    #[inline]
    fn next_side(&self, head: &Header, side: Side, cx: &mut Cx) -> Res<Option<Value>> {
        let tid = cx.tid;
        let alone = head.is_uniquely_held(tid);
        let Some(d) = self.begin(cx)? else {
            return Ok(None);
        };
        if alone && may_read(&d.head, tid) {
            let mut pos = self.pos.load(Ordering::Relaxed);
            if let Ok(Some(v)) = d.next_side_unlocked(tid, &mut pos, side) {
                self.pos.store(pos, Ordering::Relaxed);
                self.count(cx)?;
                return Ok(Some(v));
            }
        }
        loop {
            let from = self.pos.load(Ordering::Relaxed);
            if from == DONE {
                return Ok(None);
            }
            let mut to = from;
            let Some(v) = d.next_side(cx, &mut to, side) else {
                self.pos.store(DONE, Ordering::Relaxed);
                return Ok(None);
            };
            if self.advance(from, to, alone) {
                self.count(cx)?;
                return Ok(Some(v));
            }
        }
    }

    /// The next entry in either direction.
    #[inline(never)]
    fn next_pair(&self, head: &Header, backward: bool, cx: &mut Cx) -> Res<Option<(Value, Value)>> {
        let alone = head.is_uniquely_held(cx.tid);
        let Some(d) = self.begin(cx)? else {
            return Ok(None);
        };
        loop {
            let from = self.pos.load(Ordering::Relaxed);
            if from == DONE {
                return Ok(None);
            }
            let mut to = from;
            let item = if backward {
                d.previous_item(cx, &mut to)
            } else {
                d.next_item(cx, &mut to)
            };
            let Some(item) = item else {
                self.pos.store(DONE, Ordering::Relaxed);
                return Ok(None);
            };
            if self.advance(from, to, alone) {
                self.count(cx)?;
                return Ok(Some((item.key, item.value)));
            }
        }
    }

    /// The next entry forward, as a tuple.
    #[inline]
    fn next_tuple(&self, head: &Header, cx: &mut Cx) -> Res<Option<Value>> {
        match self.next_parts(head, cx)? {
            Some((k, v)) => crate::objects::tuple::new_pair(cx, k, v).map(Some),
            None => Ok(None),
        }
    }

    /// The next entry forward.
    #[inline(always)]
    fn next_parts(&self, head: &Header, cx: &mut Cx) -> Res<Option<(Value, Value)>> {
        let tid = cx.tid;
        if head.is_uniquely_held(tid)
            && let Some(d) = self.begin(cx)?
            && may_read(&d.head, tid)
        {
            let mut pos = self.pos.load(Ordering::Relaxed);
            if let Ok(Some(item)) = d.next_unlocked(tid, &mut pos) {
                self.pos.store(pos, Ordering::Relaxed);
                self.count(cx)?;
                return Ok(Some((item.key, item.value)));
            }
        }
        self.next_pair(head, false, cx)
    }

    #[inline(always)]
    fn next_what(
        &self,
        head: &Header,
        what: What,
        backward: bool,
        cx: &mut Cx,
    ) -> Res<Option<Value>> {
        match (what, backward) {
            (What::Items, false) => self.next_tuple(head, cx),
            (What::Keys, false) => self.next_side(head, Side::Key, cx),
            (What::Values, false) => self.next_side(head, Side::Value, cx),
            (What::Keys, true) => Ok(self.next_pair(head, true, cx)?.map(|p| p.0)),
            (What::Values, true) => Ok(self.next_pair(head, true, cx)?.map(|p| p.1)),
            (What::Items, _) => match self.next_pair(head, backward, cx)? {
                Some((k, v)) => crate::objects::tuple::new_pair(cx, k, v).map(Some),
                None => Ok(None),
            },
        }
    }

    fn length_hint(&self) -> usize {
        let same = self
            .dict
            .downcast::<Dict>()
            .is_some_and(|d| d.len() == self.used.load(Ordering::Relaxed));
        if same && self.pos.load(Ordering::Relaxed) != DONE {
            self.left.load(Ordering::Relaxed)
        } else {
            0
        }
    }

    /// What is still to come, for `__reduce__`.
    fn rest(&self, what: What, backward: bool, cx: &mut Cx) -> Res<Vec<Value>> {
        let mut out = Vec::new();
        let copy = Walk {
            dict: self.dict.clone(),
            pos: AtomicUsize::new(self.pos.load(Ordering::Relaxed)),
            used: AtomicUsize::new(self.used.load(Ordering::Relaxed)),
            left: AtomicUsize::new(self.left.load(Ordering::Relaxed)),
        };
        let head = Header::placeholder();
        while let Some(v) = copy.next_what(&head, what, backward, cx)? {
            out.push(v);
        }
        Ok(out)
    }
}

macro_rules! dict_iterators {
    ($($t:ident $name:tt $index:ident $what:ident $backward:tt,)*) => { $(
        #[pytype(name = $name, gc, no_new, static_index = $index)]
        #[repr(C)]
        pub struct $t {
            pub head: Header,
            walk: Walk,
        }

        #[pymethods]
        impl $t {
            #[slot]
            fn iter(this: &Value) -> Value {
                this.clone()
            }
            #[slot]
            fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
                self.walk.next_what(&self.head, What::$what, $backward, cx)
            }
            /// Private method returning an estimate of len(list(it)).
            fn __length_hint__(&self) -> usize {
                self.walk.length_hint()
            }
            /// Return state information for pickling.
            fn __reduce__(&self, cx: &mut Cx) -> Res<Value> {
                let rest = self.walk.rest(What::$what, $backward, cx)?;
                let list = crate::objects::list::new_list(cx, rest)?;
                let iter = crate::objects::iter::builtin(cx, "iter")?;
                let args = crate::objects::tuple::new_tuple(cx, vec![list])?;
                crate::objects::tuple::new_tuple(cx, vec![iter, args])
            }
        }
    )* };
}

dict_iterators! {
    DictKeyIter "dict_keyiterator" DICT_KEYITER Keys false,
    DictValueIter "dict_valueiterator" DICT_VALUEITER Values false,
    DictItemIter "dict_itemiterator" DICT_ITEMITER Items false,
    DictRevKeyIter "dict_reversekeyiterator" DICT_REVKEYITER Keys true,
    DictRevValueIter "dict_reversevalueiterator" DICT_REVVALUEITER Values true,
    DictRevItemIter "dict_reverseitemiterator" DICT_REVITEMITER Items true,
}

impl DictItemIter {
    /// The next key and value.
    #[inline]
    pub fn next_parts(&self, cx: &mut Cx) -> Res<Option<(Value, Value)>> {
        self.walk.next_parts(&self.head, cx)
    }
}

/// `iter(dict)` and of its views.
pub fn new_iter(cx: &mut Cx, dict: &Value, what: What) -> Res<Value> {
    let walk = Walk::new(dict, false);
    let head = Header::placeholder();
    match what {
        What::Keys => object::alloc(cx, Type::of::<DictKeyIter>(), DictKeyIter { head, walk }),
        What::Values => object::alloc(
            cx,
            Type::of::<DictValueIter>(),
            DictValueIter { head, walk },
        ),
        What::Items => object::alloc(cx, Type::of::<DictItemIter>(), DictItemIter { head, walk }),
    }
}

/// `reversed(dict)` and of its views.
pub fn new_reversed(cx: &mut Cx, dict: &Value, what: What) -> Res<Value> {
    let walk = Walk::new(dict, true);
    let head = Header::placeholder();
    match what {
        What::Keys => object::alloc(
            cx,
            Type::of::<DictRevKeyIter>(),
            DictRevKeyIter { head, walk },
        ),
        What::Values => object::alloc(
            cx,
            Type::of::<DictRevValueIter>(),
            DictRevValueIter { head, walk },
        ),
        What::Items => object::alloc(
            cx,
            Type::of::<DictRevItemIter>(),
            DictRevItemIter { head, walk },
        ),
    }
}
