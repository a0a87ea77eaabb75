//! What Python sees of `list`: its methods and slots.

use super::slice::{position, repeated};
use super::{List, Sought, iter, repr, sort};
use crate::native::*;
use crate::number;
use crate::objects::dict::keys;
use crate::objects::object;
use crate::objects::range::Range;
use crate::protocol;
use crate::{Cx, Res, Value};
use std::sync::atomic::Ordering;

#[pymethods]
impl List {
    #[new]
    fn new(cls: &Type, _args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        object::alloc::<List>(cx, cls, List::empty())
    }

    #[init]
    #[text_signature = "(iterable=(), /)"]
    fn init(this: &Value, args: Args<'_>, cx: &mut Cx) -> Res<()> {
        let cls = this.ty();
        if cls.slots.new.bits() == Type::of::<List>().slots.new.bits() {
            args.no_keywords(cx, "list")?;
        }
        args.check_count(cx, "list", 0, 1)?;
        let Some(list) = this.downcast::<List>() else {
            return Ok(());
        };
        if !list.is_empty() {
            list.clear(cx);
        }
        match args.pos.first() {
            Some(o) => list.fill(cx, o),
            None => Ok(()),
        }
    }

    /// Append object to the end of the list.
    #[quick(crate::objects::builtin::quick::append)]
    fn append(&self, object: &Value, cx: &mut Cx) -> Res<()> {
        self.push(cx, object.clone())
    }

    /// Extend list by appending elements from the iterable.
    #[method(name = "extend")]
    fn py_extend(&self, iterable: &Value, cx: &mut Cx) -> Res<()> {
        self.extend(cx, iterable)
    }

    /// Insert object before index.
    fn insert(&self, index: isize, object: &Value, cx: &mut Cx) -> Res<()> {
        let i = index;
        self.insert_at(
            cx,
            |n| {
                if i < 0 {
                    i.saturating_add(n as isize).max(0) as usize
                } else {
                    i as usize
                }
            },
            object.clone(),
        )
    }

    /// Remove and return item at index (default last).
    ///
    /// Raises IndexError if list is empty or index is out of range.
    #[sig(index = -1, /)]
    fn pop(&self, index: isize, cx: &mut Cx) -> Res<Value> {
        let mut empty = false;
        let found = self.remove_at(cx, |n| {
            empty = n == 0;
            position(index, n)
        });
        match found {
            Some(v) => Ok(v),
            None if empty => Err(cx.index_error("pop from empty list")),
            None => Err(cx.index_error("pop index out of range")),
        }
    }

    /// Remove first occurrence of value.
    ///
    /// Raises ValueError if the value is not present.
    fn remove(&self, value: &Value, cx: &mut Cx) -> Res<()> {
        let mut i = 0;
        while let Some(item) = self.get(cx, i) {
            if keys::equal(cx, &item, value)? {
                if let Some(gone) = self.remove_if_identical(cx, i, &item) {
                    drop(gone);
                    return Ok(());
                }
                // The list changed under the comparison: look at this place again.
                continue;
            }
            i += 1;
        }
        Err(cx.value_error("list.remove(x): x not in list"))
    }

    /// Remove all items from list.
    #[method(name = "clear")]
    fn py_clear(&self, cx: &mut Cx) {
        self.clear(cx);
    }

    /// Return a shallow copy of the list.
    fn copy(&self, cx: &mut Cx) -> Res<Value> {
        self.copy_range(cx, 0, usize::MAX)
    }

    /// Return number of occurrences of value.
    fn count(&self, value: &Value, cx: &mut Cx) -> Res<usize> {
        let (mut i, mut n) = (0, 0);
        while let Some(at) = self.find_from(cx, value, i, usize::MAX)? {
            n += 1;
            i = at + 1;
        }
        Ok(n)
    }

    /// Return first index of value.
    ///
    /// Raises ValueError if the value is not present.
    #[sig(value, start = absent, stop = absent, /)]
    #[text_signature = "($self, value, start=0, stop=sys.maxsize, /)"]
    fn index(
        &self,
        value: &Value,
        start: Option<&Value>,
        stop: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<usize> {
        let start = search_bound(cx, start, 0)?;
        let stop = search_bound(cx, stop, isize::MAX)?;
        let (start, stop) = crate::objects::slice::search_range(start, stop, self.len());
        match self.find_from(cx, value, start, stop)? {
            Some(i) => Ok(i),
            None => Err(cx.value_error("list.index(x): x not in list")),
        }
    }

    /// Reverse *IN PLACE*.
    fn reverse(&self, cx: &mut Cx) {
        self.reverse_items(cx);
    }

    /// Sort the list in ascending order and return None.
    ///
    /// The sort is in-place (i.e. the list itself is modified) and stable (i.e. the
    /// order of two equal elements is maintained).
    ///
    /// If a key function is given, apply it once to each list item and sort them,
    /// ascending or descending, according to their function values.
    ///
    /// The reverse flag can be set to sort in descending order.
    #[sig(*, key = None, reverse = False)]
    fn sort(&self, key: Option<&Value>, reverse: bool, cx: &mut Cx) -> Res<()> {
        sort::sort_list(cx, self, key, reverse)
    }

    /// Return a reverse iterator over the list.
    fn __reversed__(this: &Value, cx: &mut Cx) -> Res<Value> {
        iter::new_reversed(cx, this)
    }

    /// Return the size of the list in memory, in bytes.
    fn __sizeof__(&self) -> usize {
        size_of::<List>() + self.buffer().cap() * 8
    }

    /// See PEP 585
    #[classmethod(name = "__class_getitem__")]
    fn class_getitem(cls: &Type, item: &Value, cx: &mut Cx) -> Res<Value> {
        let cls = cls.value();
        crate::objects::genericalias::new(cx, &cls, item)
    }

    #[slot(len)]
    fn len_slot(&self) -> usize {
        self.len()
    }

    #[slot]
    fn getitem(&self, key: &Value, cx: &mut Cx) -> Res<Value> {
        self.subscript_get(cx, key)
    }

    #[slot]
    fn setitem(&self, key: &Value, value: Option<&Value>, cx: &mut Cx) -> Res<()> {
        match value {
            Some(v) => self.subscript_set(cx, key, v),
            None => self.subscript_delete(cx, key),
        }
    }

    #[slot]
    fn contains(&self, value: &Value, cx: &mut Cx) -> Res<bool> {
        Ok(self.find_from(cx, value, 0, usize::MAX)?.is_some())
    }

    #[slot(iter)]
    fn iter_slot(this: &Value, cx: &mut Cx) -> Res<Value> {
        iter::new_iter(cx, this, false)
    }

    #[slot]
    fn concat(&self, other: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(o) = other.downcast::<List>() else {
            let n = other.type_name();
            return Err(cx.type_error(format!("can only concatenate list (not \"{n}\") to list")));
        };
        self.joined(cx, o)
    }

    #[slot]
    fn repeat(&self, count: &Value, cx: &mut Cx) -> Res<Value> {
        let n = number::index_isize_checked(cx, count, ExcKind::OverflowError)?;
        self.repeated(cx, n.max(0) as usize)
    }

    #[slot]
    fn iconcat(this: &Value, other: &Value, cx: &mut Cx) -> Res<Value> {
        if let Some(l) = this.downcast::<List>() {
            l.extend(cx, other)?;
        }
        Ok(this.clone())
    }

    #[slot]
    fn irepeat(this: &Value, count: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(l) = this.downcast::<List>() else {
            return Ok(Value::not_implemented());
        };
        let n = number::index_isize_checked(cx, count, ExcKind::OverflowError)?;
        if n < 1 {
            l.clear(cx);
        } else if n > 1 {
            let items = l.to_vec(cx);
            let more = repeated(cx, &items, n - 1)?;
            l.extend_from_vec(cx, more)?;
        }
        Ok(this.clone())
    }

    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(l) = this.downcast::<List>() else {
            return Ok(Value::none());
        };
        if l.is_empty() {
            return crate::objects::str::new_str(cx, "[]");
        }
        repr::guarded(cx, this, "[...]", |cx, out| {
            out.push(b'[');
            repr::push_items(cx, out, |cx, i| l.get(cx, i))?;
            out.push(b']');
            Ok(())
        })
    }

    #[slot]
    fn richcompare(&self, other: &List, op: CmpOp, cx: &mut Cx) -> Res<Value> {
        let (n, m) = (self.len(), other.len());
        if n != m && matches!(op, CmpOp::Eq | CmpOp::Ne) {
            return Ok(Value::bool(op == CmpOp::Ne));
        }
        let mut i = self.same_prefix(cx, other);
        while let (Some(a), Some(b)) = (self.get(cx, i), other.get(cx, i)) {
            if !keys::equal(cx, &a, &b)? {
                if i >= self.len() || i >= other.len() {
                    // The comparison itself took items away.
                    break;
                }
                return match op {
                    CmpOp::Eq => Ok(Value::bool(false)),
                    CmpOp::Ne => Ok(Value::bool(true)),
                    _ => protocol::compare(cx, &a, &b, op),
                };
            }
            i += 1;
        }
        Ok(Value::bool(op.matches(self.len().cmp(&other.len()))))
    }

    #[traverse]
    fn traverse(&self, v: &mut Visitor) {
        v.visit_slots(self.buffer().slots(self.len.load(Ordering::Relaxed)));
    }

    #[clear]
    fn clear_refs(&self, cx: &mut Cx) {
        self.clear(cx);
    }
}

/// A bound of `index`: like a slice's, but None is refused.
pub fn search_bound(cx: &mut Cx, v: Option<&Value>, default: isize) -> Res<isize> {
    let Some(v) = v else { return Ok(default) };
    if v.ty().slots.index.get().is_none() && v.as_small_int().is_none() {
        return Err(cx.type_error("slice indices must be integers or have an __index__ method"));
    }
    number::slice_bound(cx, v)
}

impl List {
    /// The first place from `i` on, below `stop`, whose item equals `value`.
    fn find_from(
        &self,
        cx: &mut Cx,
        value: &Value,
        mut i: usize,
        stop: usize,
    ) -> Res<Option<usize>> {
        loop {
            match self.seek(cx, value, i, stop) {
                Sought::At(i) => return Ok(Some(i)),
                Sought::Nowhere => return Ok(None),
                Sought::Ask(at) => {
                    let Some(item) = self.get(cx, at) else {
                        return Ok(None);
                    };
                    if keys::equal(cx, &item, value)? {
                        return Ok(Some(at));
                    }
                    i = at + 1;
                }
            }
        }
    }

    /// Append the items of an iterable to a list that nobody looks at yet: those of an iterator in batches.
    fn fill(&self, cx: &mut Cx, iterable: &Value) -> Res<()> {
        /// Items between two holds of the lock.
        const BATCH: usize = 256;
        if self.extend_at_once(cx, iterable)? {
            return Ok(());
        }
        let it = self.iter_with_room(cx, iterable)?;
        let mut batch = Vec::new();
        loop {
            let last = crate::feed::feed(cx, &it, &mut |v| {
                if batch.len() == BATCH {
                    return Err(v);
                }
                batch.push(v.into_counted());
                Ok(())
            })?;
            self.extend_from_vec(cx, std::mem::take(&mut batch))?;
            match last {
                Some(v) => batch.push(v.into_counted()),
                None => return Ok(()),
            }
        }
    }

    /// Append the items of an iterable: lists and tuples at one moment, others one by one.
    pub fn extend(&self, cx: &mut Cx, iterable: &Value) -> Res<()> {
        if self.extend_at_once(cx, iterable)? {
            return Ok(());
        }
        let it = self.iter_with_room(cx, iterable)?;
        while let Some(v) = protocol::next(cx, &it)? {
            self.push(cx, v)?;
        }
        Ok(())
    }

    /// Append the items of a built-in container; false for other iterables.
    fn extend_at_once(&self, cx: &mut Cx, iterable: &Value) -> Res<bool> {
        if let Some(l) = iterable.downcast_exact::<List>() {
            return self.extend_from_list(cx, l).map(|()| true);
        }
        if let Some(t) = iterable.downcast_exact::<Tuple>() {
            return self.extend_from_slice(cx, t.items()).map(|()| true);
        }
        if let Some(r) = iterable.downcast_exact::<Range>()
            && let Some(s) = r.small()
        {
            return self
                .extend_with(cx, s.len as usize, |i| s.item(i as i64))
                .map(|()| true);
        }
        if let Some(items) = crate::objects::iter::snapshot(cx, iterable)? {
            return self.extend_from_vec(cx, items).map(|()| true);
        }
        Ok(false)
    }

    /// The iterator of an iterable, with room for the items it says there are.
    fn iter_with_room(&self, cx: &mut Cx, iterable: &Value) -> Res<Value> {
        let it = protocol::iter(cx, iterable)?;
        let hint = protocol::length_hint(cx, iterable)?;
        // A hint that no list could follow is a lie: there may be room for what really comes.
        if hint <= isize::MAX as usize - self.len() {
            self.reserve(cx, hint)?;
        }
        Ok(it)
    }
}
