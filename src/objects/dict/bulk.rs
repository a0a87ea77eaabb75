//! Operations on whole dicts: snapshots, iteration by position, copy, clear, update, equality.

use super::keys::{self, dict_hash, hash_small_int};
use super::table::{self, OldTable, Table, log2_for, no_table};
use super::{Dict, Displaced, NoRoom, publish};
use crate::native::*;
use crate::objects::list::buf::may_read;
use crate::objects::set::SetLike;
use crate::objects::str::is_exact_str;
use crate::objects::{List, Tuple};
use crate::protocol;
use crate::{Cx, Res, Value};
use std::sync::atomic::Ordering;
use typhon_runtime::lock::lock2;
use typhon_runtime::slot::MARKED_AHEAD;

/// Key or value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    Key,
    Value,
}

impl Side {
    #[inline(always)]
    fn of(self, e: &super::table::Entry) -> &Slot {
        match self {
            Side::Key => &e.key,
            Side::Value => &e.value,
        }
    }
}

/// An entry of a snapshot.
pub struct Item {
    pub hash: i64,
    pub key: Value,
    pub value: Value,
}

/// So many entries ahead of a walk the processor is asked for the key: its count is about to change and its text to be read, and
/// the keys of a large dict lie all over the heap.
const FETCHED_AHEAD: u32 = 8;

#[inline(always)]
fn fetch_ahead(t: &Table, n: u32, tail: u32) {
    if n + FETCHED_AHEAD < tail {
        t.entry(n + FETCHED_AHEAD).key.prefetch();
    }
}

impl Dict {
    /// The entries at one moment, in order.
    pub fn items(&self, cx: &mut Cx) -> Vec<Item> {
        let tid = cx.tid;
        let _g = self.lock(cx);
        let t = self.table();
        let mut out = Vec::with_capacity(self.len());
        for n in t.first()..t.tail() {
            let e = t.entry(n);
            // SAFETY: the lock is held while the references live.
            if let (Some(k), Some(v)) = unsafe { (e.key.as_value(), e.value.as_value()) } {
                out.push(Item {
                    hash: e.hash.load(Ordering::Relaxed),
                    key: k.clone_in(tid),
                    value: v.clone_in(tid),
                });
            }
        }
        out
    }

    /// The (key, value) pairs at one moment, in order.
    pub fn entries(&self, cx: &mut Cx) -> Vec<(Value, Value)> {
        self.items(cx)
            .into_iter()
            .map(|i| (i.key, i.value))
            .collect()
    }

    pub fn keys_vec(&self, cx: &mut Cx) -> Vec<Value> {
        let tid = cx.tid;
        let _g = self.lock(cx);
        let t = self.table();
        let mut out = Vec::with_capacity(self.len());
        // SAFETY: the lock is held while the references live.
        out.extend(
            (t.first()..t.tail())
                .filter_map(|n| unsafe { t.entry(n).key.as_value() }.map(|k| k.clone_in(tid))),
        );
        out
    }

    pub fn values_vec(&self, cx: &mut Cx) -> Vec<Value> {
        let tid = cx.tid;
        let _g = self.lock(cx);
        let t = self.table();
        let mut out = Vec::with_capacity(self.len());
        // SAFETY: the lock is held while the references live.
        out.extend(
            (t.first()..t.tail())
                .filter_map(|n| unsafe { t.entry(n).value.as_value() }.map(|v| v.clone_in(tid))),
        );
        out
    }

    /// The entry at or after `*pos`, which moves past it; None at the end.
    #[inline]
    pub fn next_entry(&self, cx: &mut Cx, pos: &mut usize) -> Option<(Value, Value)> {
        let e = self.next_item(cx, pos)?;
        Some((e.key, e.value))
    }

    /// The next entries, at most `most` of them, at one moment.
    pub fn next_entries(
        &self,
        cx: &mut Cx,
        pos: &mut usize,
        most: usize,
        out: &mut Vec<(Value, Value)>,
    ) {
        out.reserve(most.min(self.len()));
        let tid = cx.tid;
        let _g = self.lock(cx);
        let t = self.table();
        let mut n = (*pos as u32).max(t.first());
        while n < t.tail() && out.len() < most {
            let e = t.entry(n);
            n += 1;
            // SAFETY: the lock is held while the references live.
            let pair = unsafe { e.key.as_value().zip(e.value.as_value()) };
            out.extend(pair.map(|(k, v)| (k.clone_in(tid), v.clone_in(tid))));
        }
        *pos = n as usize;
    }

    /// As `next_entry`, with the hash.
    pub fn next_item(&self, cx: &mut Cx, pos: &mut usize) -> Option<Item> {
        if may_read(&self.head, cx.tid)
            && let Ok(found) = self.next_unlocked(cx.tid, pos)
        {
            return found;
        }
        let tid = cx.tid;
        let _g = self.head.lock(cx);
        let t = self.table();
        let mut n = (*pos as u32).max(t.first());
        while n < t.tail() {
            let e = t.entry(n);
            n += 1;
            if let (Some(key), Some(value)) =
                (e.key.get_locked_marking(), e.value.get_locked_marking())
            {
                *pos = n as usize;
                for ahead in n..t.tail().min(n + MARKED_AHEAD as u32) {
                    t.entry(ahead).key.mark_ahead(tid);
                    t.entry(ahead).value.mark_ahead(tid);
                }
                return Some(Item {
                    hash: e.hash.load(Ordering::Relaxed),
                    key,
                    value,
                });
            }
        }
        *pos = n as usize;
        None
    }

    #[inline(always)]
    pub(super) fn next_unlocked(&self, tid: u16, pos: &mut usize) -> Result<Option<Item>, ()> {
        let t = self.table();
        let tail = t.tail();
        let mut n = (*pos as u32).max(t.first());
        while n < tail {
            let e = t.entry(n);
            fetch_ahead(t, n, tail);
            n += 1;
            let hash = e.hash.load(Ordering::Relaxed);
            let Some(key) = e.key.try_get_in(tid, || self.is_table(t)).map_err(|_| ())? else {
                continue;
            };
            // A key without its value was just deleted; `key` is dropped with the error, and nothing read is used again.
            let value = e
                .value
                .try_get_in(tid, || self.is_table(t))
                .map_err(|_| ())?
                .ok_or(())?;
            *pos = n as usize;
            return Ok(Some(Item { hash, key, value }));
        }
        *pos = n as usize;
        Ok(None)
    }

    /// The same without the lock, for a dict that this thread may read; `Err` when another thread is at it.
    #[inline(always)]
    pub(super) fn next_side_unlocked(
        &self,
        tid: u16,
        pos: &mut usize,
        side: Side,
    ) -> Result<Option<Value>, ()> {
        let t = self.table();
        let tail = t.tail();
        let mut n = (*pos as u32).max(t.first());
        while n < tail {
            if side == Side::Key {
                fetch_ahead(t, n, tail);
            }
            let found = side.of(t.entry(n)).try_get_in(tid, || self.is_table(t));
            n += 1;
            if let Some(v) = found.map_err(|_| ())? {
                *pos = n as usize;
                return Ok(Some(v));
            }
        }
        *pos = n as usize;
        Ok(None)
    }

    /// One side of the entry at or after `*pos`, which moves past it; None at the end.
    pub fn next_side(&self, cx: &mut Cx, pos: &mut usize, side: Side) -> Option<Value> {
        let tid = cx.tid;
        if may_read(&self.head, tid)
            && let Ok(found) = self.next_side_unlocked(tid, pos, side)
        {
            return found;
        }
        let item = self.next_item(cx, pos)?;
        Some(match side {
            Side::Key => item.key,
            Side::Value => item.value,
        })
    }

    /// The live entry before position `*pos`, which moves onto it; None at the start. For reversed iteration.
    pub fn previous_item(&self, cx: &mut Cx, pos: &mut usize) -> Option<Item> {
        let _g = self.lock(cx);
        let t = self.table();
        if *pos > t.tail() as usize {
            // Another table than the one the walk began in, as after `clear()`.
            *pos = 0;
            return None;
        }
        let mut n = *pos;
        while n > t.first() as usize {
            n -= 1;
            let e = t.entry(n as u32);
            if let (Some(key), Some(value)) =
                (e.key.get_locked_marking(), e.value.get_locked_marking())
            {
                *pos = n;
                return Some(Item {
                    hash: e.hash.load(Ordering::Relaxed),
                    key,
                    value,
                });
            }
        }
        *pos = 0;
        None
    }

    /// A copy, at one moment. Always an exact `dict`.
    pub fn copy(&self, cx: &mut Cx) -> Res<Value> {
        let tid = cx.tid;
        let made = {
            let _g = self.lock(cx);
            let n = self.len();
            if n == 0 {
                Some((no_table(), 0))
            } else {
                self.table().copied(n, tid).map(|t| (t, n))
            }
        };
        match made {
            Some((t, n)) => publish(cx, t, n),
            None => Err(cx.memory_error()),
        }
    }

    /// Take everything out.
    pub fn clear(&self, cx: &mut Cx) {
        let old = {
            let _g = self.head.lock(cx);
            let old = self.table.load(Ordering::Relaxed);
            self.table.store(no_table(), Ordering::Release);
            self.used.store(0, Ordering::Relaxed);
            OldTable::full(old, self.head.is_shared())
        };
        old.dispose(cx);
    }

    /// Store all items, the pure ones under one hold of the lock.
    pub fn insert_all(&self, cx: &mut Cx, items: Vec<Item>) -> Res<()> {
        self.insert_all_if(cx, items, true, None)
    }

    /// As `insert_all`; with `overwrite` false keys that exist keep their values. `source` is the dict the items come from:
    /// an `__eq__` that changes its size is an error.
    fn insert_all_if(
        &self,
        cx: &mut Cx,
        items: Vec<Item>,
        overwrite: bool,
        source: Option<&Dict>,
    ) -> Res<()> {
        let size = items.len();
        let mut rest = items.into_iter().peekable();
        let memo = super::Memo::new();
        while rest.peek().is_some() {
            let mut displaced: Vec<Displaced> = Vec::new();
            let mut leftovers: Vec<Item> = Vec::new();
            let mut failed = false;
            {
                let _g = self.lock(cx);
                let room = rest.len();
                if self.is_empty()
                    && room > 4
                    && let Some(t) = log2_for(room).and_then(Table::alloc)
                {
                    let old = self.table.load(Ordering::Relaxed);
                    self.table.store(t, Ordering::Release);
                    displaced.push(Displaced {
                        value: None,
                        table: OldTable::moved(old, self.head.is_shared()),
                    });
                }
                while let Some(item) = rest.peek() {
                    let n = match self.find_locked(&item.key, item.hash, &memo) {
                        super::Found::At(n) => Some(n),
                        super::Found::Absent => None,
                        super::Found::Stopped(_) => break,
                    };
                    let Item { hash, key, value } = rest.next().expect("peeked");
                    if n.is_some() && !overwrite {
                        leftovers.push(Item { hash, key, value });
                        continue;
                    }
                    let Some(n) = n else {
                        match self.add_locked(key, hash, value) {
                            Ok(old) if old.is_none() => {}
                            Ok(table) => displaced.push(Displaced { value: None, table }),
                            Err((key, value)) => {
                                leftovers.push(Item { hash, key, value });
                                failed = true;
                                break;
                            }
                        }
                        continue;
                    };
                    let value = self.table().replace(n, value);
                    // The old value, and the snapshot's count of the key: dropped after the lock.
                    for value in [value, Some(key)] {
                        displaced.push(Displaced {
                            value,
                            table: OldTable::none(),
                        });
                    }
                }
            }
            for d in displaced {
                d.table.dispose(cx);
            }
            if failed {
                return Err(cx.memory_error());
            }
            if let Some(Item { hash, key, value }) = rest.next() {
                // A key whose comparison runs Python code.
                if overwrite || !self.contains_with_hash(cx, &key, hash)? {
                    self.set_with_hash(cx, &key, hash, value)?;
                }
                if source.is_some_and(|d| d.len() != size && !std::ptr::eq(d, self)) {
                    return Err(cx.runtime_error("dict mutated during update"));
                }
            }
        }
        Ok(())
    }

    /// Store the pairs of keys and values that stand above `from`, all under one hold of the lock. False, and nothing is done, unless
    /// all keys are exact strings and small ints.
    pub fn insert_plain(&self, cx: &mut Cx, stack: &mut Vec<Value>, from: usize) -> Res<bool> {
        let plain = |k: &Value| k.as_small_int().is_some() || is_exact_str(k);
        let pairs = &stack[from..];
        if !pairs.iter().step_by(2).all(plain) {
            return Ok(false);
        }
        let n = pairs.len() / 2;
        let mut displaced: Vec<Value> = Vec::new();
        let mut asked: Vec<Item> = Vec::new();
        let mut pairs = stack.drain(from..);
        let old = {
            let _g = self.lock(cx);
            let old = self.make_room(n);
            if old.is_some() {
                while let (Some(key), Some(value)) = (pairs.next(), pairs.next()) {
                    let (hash, is_str) = match key.as_small_int() {
                        Some(i) => (hash_small_int(i), false),
                        None => (key.downcast_exact::<Str>().map_or(0, Str::hash), true),
                    };
                    match self.find_locked(&key, hash, &super::NO_ANSWERS) {
                        super::Found::Absent => {
                            self.table().insert(hash, key, value, is_str);
                            self.used.store(self.len() + 1, Ordering::Relaxed);
                        }
                        super::Found::At(n) => {
                            displaced.extend(self.table().replace(n, value.into_counted()));
                            displaced.push(key);
                        }
                        super::Found::Stopped(_) => asked.push(Item { hash, key, value }),
                    }
                }
            }
            old
        };
        drop(pairs);
        let Some(old) = old else {
            return Err(cx.memory_error());
        };
        old.dispose(cx);
        drop(displaced);
        for Item { hash, key, value } in asked {
            self.set_with_hash(cx, &key, hash, value)?;
        }
        Ok(true)
    }

    /// Store the entries of another dict, both at one moment. False where a comparison would run Python code: then part of
    /// them may be stored, and storing them all again does no harm.
    fn merge_pure(&self, cx: &mut Cx, other: &Dict, overwrite: bool) -> Res<bool> {
        static NO_DATA: Guarded<()> = Guarded::new(());
        if std::ptr::eq(self, other) {
            return Ok(true);
        }
        let tid = cx.tid;
        let memo = super::Memo::new();
        let mut displaced: Vec<Displaced> = Vec::new();
        let mut done = Ok(true);
        {
            let _g = lock2(&NO_DATA, &self.head, &NO_DATA, &other.head, cx);
            let from = other.table();
            let more = other.len();
            let room = if self.is_empty() && more > 0 {
                // A copy: what stands in the (empty) table goes.
                from.copied(more, tid).map(|t| {
                    let old = self.table.load(Ordering::Relaxed);
                    self.table.store(t, Ordering::Release);
                    self.used.store(more, Ordering::Relaxed);
                    displaced.push(Displaced {
                        value: None,
                        table: OldTable::moved(old, self.head.is_shared()),
                    });
                    true
                })
            } else {
                self.make_room_for(more).map(|table| {
                    displaced.push(Displaced { value: None, table });
                    false
                })
            };
            match room {
                None => done = Err(()),
                Some(true) => {}
                Some(false) => {
                    for n in from.first()..from.tail() {
                        let e = from.entry(n);
                        // SAFETY: the locks are held while the references live.
                        let (Some(key), Some(value)) =
                            (unsafe { (e.key.as_value(), e.value.as_value()) })
                        else {
                            continue;
                        };
                        let hash = e.hash.load(Ordering::Relaxed);
                        let at = match self.find_locked(key, hash, &memo) {
                            super::Found::At(_) if !overwrite => continue,
                            super::Found::At(n) => Some(n),
                            super::Found::Absent => None,
                            super::Found::Stopped(_) => {
                                done = Ok(false);
                                break;
                            }
                        };
                        match self.put_locked(at, key, hash, value.clone_in(tid)) {
                            Ok(d) => {
                                if d.value.is_some() || !d.table.is_none() {
                                    displaced.push(d);
                                }
                            }
                            Err(NoRoom(v)) => {
                                displaced.push(Displaced {
                                    value: Some(v),
                                    table: OldTable::none(),
                                });
                                done = Err(());
                                break;
                            }
                        }
                    }
                }
            }
        }
        for d in displaced {
            d.table.dispose(cx);
        }
        done.map_err(|()| cx.memory_error())
    }

    /// Under the lock: room for `more` entries, if that is more than the table could ever take.
    fn make_room_for(&self, more: usize) -> Option<OldTable> {
        if self.table().usable() as usize >= more {
            Some(OldTable::none())
        } else {
            self.make_room(more)
        }
    }

    /// `d.update(other)`: a mapping (anything with `keys`) or an iterable of pairs.
    pub fn update_from(&self, cx: &mut Cx, other: &Value) -> Res<()> {
        if let Some(d) = plain_dict(other)
            && self.merge_pure(cx, d, true)?
        {
            return Ok(());
        }
        if let Some(items) = plain_items(cx, other) {
            return self.insert_all_if(cx, items, true, other.downcast::<Dict>());
        }
        match keys_method(cx, other)? {
            Some(keys) => self.update_by_keys(cx, other, &keys, true),
            None => self.update_from_pairs(cx, other),
        }
    }

    /// `d.update(mapping)` where the argument must be a mapping (`**` in calls and displays).
    pub fn merge_mapping(&self, cx: &mut Cx, other: &Value, overwrite: bool) -> Res<()> {
        if let Some(d) = plain_dict(other)
            && self.merge_pure(cx, d, overwrite)?
        {
            return Ok(());
        }
        if let Some(items) = plain_items(cx, other) {
            return self.insert_all_if(cx, items, overwrite, other.downcast::<Dict>());
        }
        match keys_method(cx, other)? {
            Some(keys) => self.update_by_keys(cx, other, &keys, overwrite),
            None => {
                let n = other.type_name();
                Err(cx.type_error(format!("'{n}' object is not a mapping")))
            }
        }
    }

    fn update_by_keys(&self, cx: &mut Cx, other: &Value, keys: &Value, overwrite: bool) -> Res<()> {
        let keys = protocol::call(cx, keys, &[])?;
        protocol::for_each(cx, &keys, |cx, k| {
            let hash = dict_hash(cx, &k)?;
            if !overwrite && self.contains_with_hash(cx, &k, hash)? {
                return Ok(());
            }
            let v = protocol::getitem(cx, other, &k)?;
            self.set_with_hash(cx, &k, hash, v)
        })
    }

    /// `d.update(pairs)`.
    pub fn update_from_pairs(&self, cx: &mut Cx, pairs: &Value) -> Res<()> {
        let it = protocol::iter(cx, pairs)?;
        let mut i = 0usize;
        while let Some(pair) = protocol::next(cx, &it)? {
            let two = match quick_pair(cx, &pair) {
                Some(two) => two,
                None => {
                    let items = match protocol::collect(cx, &pair) {
                        Ok(items) => items,
                        Err(r) if cx.exc_is(ExcKind::TypeError) => {
                            let mut exc = cx.take_exc(r);
                            if pair.ty().slots.iter.get().is_none()
                                && pair.ty().slots.getitem.get().is_none()
                            {
                                let raised = cx.type_error("object is not iterable");
                                exc = cx.take_exc(raised);
                            }
                            let note = format!(
                                "Cannot convert dictionary update sequence element #{i} to a sequence"
                            );
                            let note = crate::objects::str::new_str(cx, &note)?;
                            protocol::call_method(cx, &exc, "add_note", &[note])?;
                            return Err(cx.reraise(exc));
                        }
                        Err(r) => return Err(r),
                    };
                    let n = items.len();
                    match <[Value; 2]>::try_from(items) {
                        Ok([k, v]) => (k, v),
                        Err(_) => {
                            return Err(cx.value_error(format!("dictionary update sequence element #{i} has length {n}; 2 is required")));
                        }
                    }
                }
            };
            self.set(cx, &two.0, two.1)?;
            i += 1;
        }
        Ok(())
    }

    /// Add the entries of `kwargs`, refusing keys that are there already: `f(**a, **b)`. The error carries the first
    /// duplicate (`Err(Some(key))`) or the pending exception (`Err(None)` with `Raised`).
    pub fn merge_unique(&self, cx: &mut Cx, other: &Value) -> Res<Option<Value>> {
        let items = match plain_items(cx, other) {
            Some(items) => items,
            None => {
                let Some(keys) = keys_method(cx, other)? else {
                    let n = other.type_name();
                    return Err(cx.type_error(format!("'{n}' object is not a mapping")));
                };
                let keys = protocol::call(cx, &keys, &[])?;
                let keys = protocol::collect(cx, &keys)?;
                let mut items = Vec::with_capacity(keys.len());
                for key in keys {
                    let hash = dict_hash(cx, &key)?;
                    let value = protocol::getitem(cx, other, &key)?;
                    items.push(Item { hash, key, value });
                }
                items
            }
        };
        for Item { hash, key, value } in items {
            if self.contains_with_hash(cx, &key, hash)? {
                return Ok(Some(key));
            }
            self.set_with_hash(cx, &key, hash, value)?;
        }
        Ok(None)
    }

    /// `a == b`: same keys, equal values.
    pub fn equal_to(&self, cx: &mut Cx, other: &Dict) -> Res<bool> {
        if std::ptr::eq(self, other) {
            return Ok(true);
        }
        if self.len() != other.len() {
            return Ok(false);
        }
        let mut pos = 0;
        while let Some(Item { hash, key, value }) = self.next_item(cx, &mut pos) {
            let Some(theirs) = other.get_with_hash(cx, &key, hash)? else {
                return Ok(false);
            };
            if !keys::equal(cx, &value, &theirs)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// `dict.fromkeys(keys, value)` into this empty dict.
    pub fn fill(&self, cx: &mut Cx, keys: &Value, value: &Value) -> Res<()> {
        if let Some(d) = keys.downcast_exact::<Dict>() {
            let items = d
                .items(cx)
                .into_iter()
                .map(|i| Item {
                    value: value.clone(),
                    ..i
                })
                .collect();
            return self.insert_all(cx, items);
        }
        if let Some(elements) = SetLike::of_exact(keys) {
            let items = elements.items(cx);
            let items = items
                .into_iter()
                .map(|(hash, key)| Item {
                    hash,
                    key,
                    value: value.clone(),
                })
                .collect();
            return self.insert_all(cx, items);
        }
        protocol::for_each(cx, keys, |cx, k| self.set(cx, &k, value.clone()))
    }

    /// Shows every counted reference; the world is stopped.
    pub fn visit(&self, v: &mut Visitor) {
        let t = self.table();
        let (first, end) = (t.first(), t.tail());
        if first < end {
            let key: *const Slot = &t.entry(first).key;
            // SAFETY: entries lie one behind the other, the value behind the key; the world is stopped.
            unsafe {
                v.visit_words(
                    key.cast(),
                    (end - first) as usize,
                    size_of::<table::Entry>() / 8,
                    2,
                );
            }
        }
    }
}

/// The items of a mapping that is a dict as `dict` iterates it (no `__iter__` of a subclass).
pub(crate) fn plain_items(cx: &mut Cx, other: &Value) -> Option<Vec<Item>> {
    plain_dict(other).map(|d| d.items(cx))
}

/// A mapping that is a dict as `dict` iterates it.
fn plain_dict(other: &Value) -> Option<&Dict> {
    let d = other.downcast::<Dict>()?;
    let dict_iter = Type::of::<Dict>().slots.iter.bits();
    (other.ty().slots.iter.bits() == dict_iter).then_some(d)
}

fn keys_method(cx: &mut Cx, o: &Value) -> Res<Option<Value>> {
    protocol::getattr_str_opt(cx, o, "keys")
}

/// An exact tuple or list of two.
fn quick_pair(cx: &mut Cx, pair: &Value) -> Option<(Value, Value)> {
    if let Some(t) = pair.downcast_exact::<Tuple>() {
        return match t.items() {
            [k, v] => Some((k.clone(), v.clone())),
            _ => None,
        };
    }
    let items = pair.downcast_exact::<List>()?.to_vec(cx);
    let [k, v] = <[Value; 2]>::try_from(items).ok()?;
    Some((k, v))
}

/// A dict of keyword arguments.
pub fn from_kwargs(cx: &mut Cx, names: &[Value], values: &[Value]) -> Res<Value> {
    let made = super::new_dict_with_capacity(cx, names.len())?;
    if let Some(d) = made.downcast_exact::<Dict>() {
        for (k, v) in names.iter().zip(values) {
            d.set_register(cx, k, v.clone())?;
        }
    }
    Ok(made)
}
