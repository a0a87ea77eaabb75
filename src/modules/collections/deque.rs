//! `deque`: a ring buffer whose whole state stands under the object's lock. Comparisons and searches run Python code, so
//! they look at counted items one by one and notice by the version when the deque was changed meanwhile (R1, R7).

use super::deque_iter::{DequeIter, DequeRevIter};
use crate::support::{getstate, make, pack};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicIsize, Ordering};
use typhon_vm::native::*;
use typhon_vm::number;
use typhon_vm::objects::iter::snapshot;
use typhon_vm::objects::list::{new_list, repr};
use typhon_vm::objects::{genericalias, object};
use typhon_vm::protocol;

/// What the lock protects.
#[derive(Default)]
pub struct State {
    pub items: VecDeque<Value>,
    /// Counts changes of the sequence's shape.
    pub version: u64,
}

impl Traverse for State {
    fn traverse(&self, v: &mut Visitor) {
        self.items.traverse(v);
    }
}

/// A list-like sequence optimized for data accesses near its endpoints.
#[pytype(
    name = "deque",
    module = "collections",
    gc,
    basetype,
    sequence,
    weakrefable,
    unhashable
)]
pub struct Deque {
    pub head: Header,
    pub state: Guarded<State>,
    /// Most items; negative: no bound.
    #[skip]
    maxlen: AtomicIsize,
}

const MUTATED: &str = "deque mutated during iteration";

impl Deque {
    fn empty(maxlen: isize) -> Deque {
        Deque {
            head: Header::placeholder(),
            state: Guarded::new(State::default()),
            maxlen: AtomicIsize::new(maxlen),
        }
    }

    fn limit(&self) -> usize {
        usize::try_from(self.maxlen.load(Ordering::Relaxed)).unwrap_or(usize::MAX)
    }

    pub fn len(&self, cx: &mut Cx) -> usize {
        self.state.lock(&self.head, cx).items.len()
    }

    /// Add at one end; what falls off the other is dropped after the lock.
    fn push(&self, cx: &mut Cx, v: Value, left: bool) -> Res<()> {
        let limit = self.limit();
        let mut guard = self.state.lock(&self.head, cx);
        if guard.items.try_reserve(1).is_err() {
            drop(guard);
            drop(v);
            return Err(cx.memory_error());
        }
        let s = &mut *guard;
        s.version += 1;
        if left {
            s.items.push_front(v);
        } else {
            s.items.push_back(v);
        }
        let off = if s.items.len() <= limit {
            None
        } else if left {
            s.items.pop_back()
        } else {
            s.items.pop_front()
        };
        drop(guard);
        drop(off);
        Ok(())
    }

    /// Many at one moment.
    fn push_many(&self, cx: &mut Cx, items: Vec<Value>, left: bool) -> Res<()> {
        let limit = self.limit();
        let mut guard = self.state.lock(&self.head, cx);
        if guard.items.try_reserve(items.len()).is_err() {
            drop(guard);
            drop(items);
            return Err(cx.memory_error());
        }
        let s = &mut *guard;
        s.version += items.len() as u64;
        for v in items {
            if left {
                s.items.push_front(v);
            } else {
                s.items.push_back(v);
            }
        }
        let n = s.items.len();
        let off = if n <= limit {
            VecDeque::new()
        } else if left {
            s.items.split_off(limit)
        } else {
            let kept = s.items.split_off(n - limit);
            std::mem::replace(&mut s.items, kept)
        };
        drop(guard);
        drop(off);
        Ok(())
    }

    fn push_all(this: &Value, iterable: &Value, left: bool, cx: &mut Cx) -> Res<()> {
        let Some(d) = this.downcast::<Deque>() else {
            return Ok(());
        };
        if let Some(other) = iterable.downcast_exact::<Deque>() {
            let items = other.snapshot(cx).0;
            return d.push_many(cx, items, left);
        }
        if let Some(items) = snapshot(cx, iterable)? {
            return d.push_many(cx, items, left);
        }
        protocol::for_each(cx, iterable, |cx, v| d.push(cx, v, left))
    }

    /// The items at one moment, and the version they belong to.
    pub fn snapshot(&self, cx: &mut Cx) -> (Vec<Value>, u64) {
        let s = self.state.lock(&self.head, cx);
        (
            s.items.iter().map(|v| v.clone_in(s.tid())).collect(),
            s.version,
        )
    }

    /// Item `i` while the version is the given one; `Err` when the deque was changed.
    pub fn at(&self, cx: &mut Cx, i: usize, version: u64) -> Result<Option<Value>, ()> {
        let s = self.state.lock(&self.head, cx);
        if s.version != version {
            return Err(());
        }
        Ok(s.items.get(i).map(|v| v.clone_in(s.tid())))
    }

    fn version(&self, cx: &mut Cx) -> u64 {
        self.state.lock(&self.head, cx).version
    }

    /// Replace everything; the old items come back to be dropped.
    #[must_use = "drop it after the lock"]
    fn replace(&self, cx: &mut Cx, items: VecDeque<Value>) -> VecDeque<Value> {
        let mut s = self.state.lock(&self.head, cx);
        s.version += 1;
        std::mem::replace(&mut s.items, items)
    }

    /// The first position in `lo..hi` that holds an equal item.
    fn find(
        &self,
        cx: &mut Cx,
        value: &Value,
        lo: usize,
        hi: usize,
        changed: fn(&mut Cx) -> Raised,
    ) -> Res<Option<(usize, u64)>> {
        let version = self.version(cx);
        for i in lo..hi {
            let item = match self.at(cx, i, version) {
                Ok(Some(v)) => v,
                Ok(None) => break,
                Err(()) => return Err(changed(cx)),
            };
            let eq = protocol::equal(cx, &item, value)?;
            if self.version(cx) != version {
                return Err(changed(cx));
            }
            if eq {
                return Ok(Some((i, version)));
            }
        }
        Ok(None)
    }

    /// The items of `n` repetitions, those that `maxlen` keeps.
    fn repeated(&self, cx: &mut Cx, n: isize) -> Res<VecDeque<Value>> {
        let (items, _) = self.snapshot(cx);
        let total = match usize::try_from(n.max(0))
            .ok()
            .and_then(|n| items.len().checked_mul(n))
        {
            Some(t) if t <= isize::MAX as usize / 8 => t,
            _ => return Err(cx.memory_error()),
        };
        let kept = total.min(self.limit());
        let mut out = VecDeque::new();
        if out.try_reserve_exact(kept).is_err() {
            return Err(cx.memory_error());
        }
        out.extend((total - kept..total).map(|i| items[i % items.len()].clone()));
        Ok(out)
    }

    fn like(&self, cx: &mut Cx, items: VecDeque<Value>) -> Res<Value> {
        let d = Deque {
            head: Header::placeholder(),
            state: Guarded::new(State { items, version: 0 }),
            maxlen: AtomicIsize::new(self.maxlen.load(Ordering::Relaxed)),
        };
        make(cx, d)
    }
}

fn mutated(cx: &mut Cx) -> Raised {
    cx.runtime_error(MUTATED)
}

/// The position that a subscript names.
fn position(cx: &mut Cx, key: &Value) -> Res<isize> {
    if key.as_small_int().is_none() && key.ty().slots.index.get().is_none() {
        let n = key.type_name();
        return Err(cx.type_error(format!("sequence index must be integer, not '{n}'")));
    }
    number::index_isize_checked(cx, key, ExcKind::IndexError)
}

#[pymethods]
impl Deque {
    #[new]
    #[text_signature = "([iterable[, maxlen]])"]
    fn new(cls: &Type, _args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        object::alloc(cx, cls, Deque::empty(-1))
    }

    #[init]
    #[sig(iterable = absent, maxlen = None)]
    fn init(this: &Value, iterable: Option<&Value>, maxlen: &Value, cx: &mut Cx) -> Res<()> {
        let Some(d) = this.downcast::<Deque>() else {
            return Ok(());
        };
        let mut limit = -1;
        if !maxlen.is_none() {
            if typhon_vm::objects::int::as_int(maxlen).is_none() {
                return Err(cx.type_error("an integer is required"));
            }
            limit = number::index_isize_checked(cx, maxlen, ExcKind::OverflowError)?;
            if limit < 0 {
                return Err(cx.value_error("maxlen must be non-negative"));
            }
        }
        d.maxlen.store(limit, Ordering::Relaxed);
        let old = d.replace(cx, VecDeque::new());
        drop(old);
        match iterable {
            Some(it) => Deque::push_all(this, it, false, cx),
            None => Ok(()),
        }
    }

    /// Add an element to the right side of the deque.
    #[sig(item, /)]
    fn append(&self, item: Value, cx: &mut Cx) -> Res<()> {
        self.push(cx, item, false)
    }

    /// Add an element to the left side of the deque.
    #[sig(item, /)]
    fn appendleft(&self, item: Value, cx: &mut Cx) -> Res<()> {
        self.push(cx, item, true)
    }

    /// Remove all elements from the deque.
    fn clear(&self, cx: &mut Cx) {
        let old = self.replace(cx, VecDeque::new());
        drop(old);
    }

    /// Return a shallow copy of a deque.
    fn copy(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(d) = this.downcast::<Deque>() else {
            return Ok(Value::none());
        };
        if this.downcast_exact::<Deque>().is_some() {
            let items = d.snapshot(cx).0.into();
            return d.like(cx, items);
        }
        let cls = this.ty().value();
        match d.maxlen.load(Ordering::Relaxed) {
            n if n < 0 => protocol::call(cx, &cls, std::slice::from_ref(this)),
            n => {
                let n = n.into_value(cx)?;
                protocol::call(cx, &cls, &[this.clone(), n])
            }
        }
    }

    /// Return a shallow copy of a deque.
    fn __copy__(this: &Value, cx: &mut Cx) -> Res<Value> {
        Deque::copy(this, cx)
    }

    /// Return number of occurrences of value.
    #[sig(value, /)]
    fn count(&self, value: &Value, cx: &mut Cx) -> Res<usize> {
        let (mut n, mut at) = (0, 0);
        let version = self.version(cx);
        loop {
            let item = match self.at(cx, at, version) {
                Ok(Some(v)) => v,
                Ok(None) => return Ok(n),
                Err(()) => return Err(mutated(cx)),
            };
            n += protocol::equal(cx, &item, value)? as usize;
            if self.version(cx) != version {
                return Err(mutated(cx));
            }
            at += 1;
        }
    }

    /// Extend the right side of the deque with elements from the iterable.
    #[sig(iterable, /)]
    fn extend(this: &Value, iterable: &Value, cx: &mut Cx) -> Res<()> {
        Deque::push_all(this, iterable, false, cx)
    }

    /// Extend the left side of the deque with elements from the iterable.
    #[sig(iterable, /)]
    fn extendleft(this: &Value, iterable: &Value, cx: &mut Cx) -> Res<()> {
        Deque::push_all(this, iterable, true, cx)
    }

    /// Return first index of value.
    ///
    /// Raises ValueError if the value is not present.
    #[sig(value, start = absent, stop = absent, /)]
    #[text_signature = "($self, value, [start, [stop]])"]
    fn index(
        &self,
        value: &Value,
        start: Option<&Value>,
        stop: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<usize> {
        let bound = |cx: &mut Cx, v: Option<&Value>, default: isize| match v {
            None => Ok(default),
            Some(v) if v.as_small_int().is_none() && v.ty().slots.index.get().is_none() => {
                Err(cx.type_error("slice indices must be integers or have an __index__ method"))
            }
            Some(v) => number::index_isize(cx, v),
        };
        let start = bound(cx, start, 0)?;
        let stop = bound(cx, stop, isize::MAX)?;
        let n = self.len(cx);
        let (lo, hi) = (Index(start).clamped(n), Index(stop).clamped(n));
        match self.find(cx, value, lo, hi, mutated)? {
            Some((i, _)) => Ok(i),
            None => Err(cx.value_error("deque.index(x): x not in deque")),
        }
    }

    /// Insert value before index.
    #[sig(index, value, /)]
    fn insert(&self, index: Index, value: Value, cx: &mut Cx) -> Res<()> {
        let limit = self.limit();
        let mut s = self.state.lock(&self.head, cx);
        let full = s.items.len() >= limit;
        if full || s.items.try_reserve(1).is_err() {
            drop(s);
            drop(value);
            return Err(if full {
                cx.index_error("deque already at its maximum size")
            } else {
                cx.memory_error()
            });
        }
        let at = index.clamped(s.items.len());
        s.items.insert(at, value);
        s.version += 1;
        Ok(())
    }

    /// Remove and return the rightmost element.
    fn pop(&self, cx: &mut Cx) -> Res<Value> {
        let mut s = self.state.lock(&self.head, cx);
        let v = s.items.pop_back();
        s.version += v.is_some() as u64;
        drop(s);
        v.ok_or_else(|| cx.index_error("pop from an empty deque"))
    }

    /// Remove and return the leftmost element.
    fn popleft(&self, cx: &mut Cx) -> Res<Value> {
        let mut s = self.state.lock(&self.head, cx);
        let v = s.items.pop_front();
        s.version += v.is_some() as u64;
        drop(s);
        v.ok_or_else(|| cx.index_error("pop from an empty deque"))
    }

    /// Remove first occurrence of value.
    #[sig(value, /)]
    fn remove(&self, value: &Value, cx: &mut Cx) -> Res<()> {
        let changed: fn(&mut Cx) -> Raised = |cx| cx.index_error("deque mutated during remove().");
        let n = self.len(cx);
        let Some((i, version)) = self.find(cx, value, 0, n, changed)? else {
            return Err(cx.value_error("deque.remove(x): x not in deque"));
        };
        let mut s = self.state.lock(&self.head, cx);
        if s.version != version {
            drop(s);
            return Err(changed(cx));
        }
        s.version += 1;
        let old = s.items.remove(i);
        drop(s);
        drop(old);
        Ok(())
    }

    /// Reverse *IN PLACE*.
    fn reverse(&self, cx: &mut Cx) {
        let mut s = self.state.lock(&self.head, cx);
        s.version += 1;
        s.items.make_contiguous().reverse();
    }

    /// Rotate the deque n steps to the right.  If n is negative, rotates left.
    #[sig(n = 1, /)]
    fn rotate(&self, n: Index, cx: &mut Cx) {
        let mut s = self.state.lock(&self.head, cx);
        let len = s.items.len();
        if len > 1 {
            s.version += 1;
            let by = n.0.rem_euclid(len as isize) as usize;
            s.items.rotate_right(by);
        }
    }

    /// Return state information for pickling.
    fn __reduce__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(d) = this.downcast::<Deque>() else {
            return Ok(Value::none());
        };
        let state = getstate(cx, this)?;
        let it = protocol::iter(cx, this)?;
        let args = match d.maxlen.load(Ordering::Relaxed) {
            n if n < 0 => pack(cx, [])?,
            n => {
                let (empty, n) = (pack(cx, [])?, n.into_value(cx)?);
                pack(cx, [empty, n])?
            }
        };
        let cls = this.ty().value();
        pack(cx, [cls, args, state, it])
    }

    /// Return a reverse iterator over the deque.
    fn __reversed__(this: &Value, cx: &mut Cx) -> Res<Value> {
        DequeRevIter::over(cx, this)
    }

    /// Return the size of the deque in memory, in bytes.
    fn __sizeof__(&self, cx: &mut Cx) -> usize {
        size_of::<Deque>() + 8 * self.state.lock(&self.head, cx).items.capacity()
    }

    /// See PEP 585
    #[classmethod]
    #[sig(item, /)]
    fn __class_getitem__(cls: &Type, item: &Value, cx: &mut Cx) -> Res<Value> {
        let cls = cls.value();
        genericalias::new(cx, &cls, item)
    }

    /// maximum size of a deque or None if unbounded
    #[getter]
    fn maxlen(&self) -> Option<isize> {
        Some(self.maxlen.load(Ordering::Relaxed)).filter(|&n| n >= 0)
    }

    #[slot(len)]
    fn len_slot(&self, cx: &mut Cx) -> usize {
        self.len(cx)
    }

    #[slot]
    fn iter(this: &Value, cx: &mut Cx) -> Res<Value> {
        DequeIter::over(cx, this)
    }

    #[slot]
    fn contains(&self, value: &Value, cx: &mut Cx) -> Res<bool> {
        let n = self.len(cx);
        Ok(self.find(cx, value, 0, n, mutated)?.is_some())
    }

    #[slot]
    fn getitem(&self, key: &Value, cx: &mut Cx) -> Res<Value> {
        let i = Index(position(cx, key)?);
        let s = self.state.lock(&self.head, cx);
        let found = i
            .within(s.items.len())
            .map(|i| s.items[i].clone_in(s.tid()));
        drop(s);
        found.ok_or_else(|| cx.index_error("deque index out of range"))
    }

    #[slot]
    fn setitem(&self, key: &Value, value: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let i = Index(position(cx, key)?);
        let new = value.cloned();
        let mut s = self.state.lock(&self.head, cx);
        let old = match i.within(s.items.len()) {
            None => {
                drop(s);
                drop(new);
                return Err(cx.index_error("deque index out of range"));
            }
            Some(i) => match new {
                Some(v) => Some(std::mem::replace(&mut s.items[i], v)),
                None => {
                    s.version += 1;
                    s.items.remove(i)
                }
            },
        };
        drop(s);
        drop(old);
        Ok(())
    }

    #[slot]
    fn concat(this: &Value, other: &Value, cx: &mut Cx) -> Res<Value> {
        if other.downcast::<Deque>().is_none() {
            let n = other.type_name();
            return Err(cx.type_error(format!("can only concatenate deque (not \"{n}\") to deque")));
        }
        let made = Deque::copy(this, cx)?;
        Deque::push_all(&made, other, false, cx)?;
        Ok(made)
    }

    #[slot]
    fn iconcat(this: &Value, other: &Value, cx: &mut Cx) -> Res<Value> {
        Deque::push_all(this, other, false, cx)?;
        Ok(this.clone())
    }

    #[slot]
    fn repeat(&self, count: &Value, cx: &mut Cx) -> Res<Value> {
        let n = number::index_isize_checked(cx, count, ExcKind::OverflowError)?;
        let items = self.repeated(cx, n)?;
        self.like(cx, items)
    }

    #[slot]
    fn irepeat(this: &Value, count: &Value, cx: &mut Cx) -> Res<Value> {
        if let Some(d) = this.downcast::<Deque>() {
            let n = number::index_isize_checked(cx, count, ExcKind::OverflowError)?;
            let items = d.repeated(cx, n)?;
            let old = d.replace(cx, items);
            drop(old);
        }
        Ok(this.clone())
    }

    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<Value> {
        repr::guarded(cx, this, "[...]", |cx, out| {
            let Some(d) = this.downcast::<Deque>() else {
                return Ok(());
            };
            let items = d.snapshot(cx).0;
            let list = new_list(cx, items)?;
            out.extend_from_slice(this.ty().name().as_bytes());
            out.push(b'(');
            let text = protocol::repr(cx, &list)?;
            if let Some(s) = text.downcast::<Str>() {
                repr::push_str(out, s);
            }
            if let Some(n) = d.maxlen() {
                out.extend_from_slice(format!(", maxlen={n}").as_bytes());
            }
            out.push(b')');
            Ok(())
        })
    }

    #[slot]
    fn richcompare(&self, other: &Deque, op: CmpOp, cx: &mut Cx) -> Res<Value> {
        let (a, _) = self.snapshot(cx);
        let (b, _) = other.snapshot(cx);
        if a.len() != b.len() && matches!(op, CmpOp::Eq | CmpOp::Ne) {
            return Ok(Value::bool(op == CmpOp::Ne));
        }
        for (x, y) in a.iter().zip(&b) {
            if !protocol::equal(cx, x, y)? {
                return match op {
                    CmpOp::Eq => Ok(Value::bool(false)),
                    CmpOp::Ne => Ok(Value::bool(true)),
                    _ => Ok(Value::bool(protocol::compare_bool(cx, x, y, op)?)),
                };
            }
        }
        Ok(Value::bool(op.matches(a.len().cmp(&b.len()))))
    }

    #[clear]
    fn clear_refs(&self, cx: &mut Cx) {
        self.clear(cx);
    }
}
