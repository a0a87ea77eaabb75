//! `dict`: compact, ordered, read without a lock (R2, R7, R9). Changes hold the object's lock; displaced values leave it
//! before they are dropped (R1).
//! - `table.rs`: the table and its layout
//! - `keys.rs`: hashing and comparing keys (R7), shared with sets
//! - `cached.rs`: what inline caches use: the keys version and entry numbers (R15)
//! - `quick.rs`: the loop's way to string keys
//! - `bulk.rs`: operations on whole dicts: copy, update, clear, snapshots
//! - `methods.rs`, `views.rs`, `iter.rs`, `proxy.rs`: what Python sees

pub mod bulk;
pub mod cached;
pub mod iter;
pub mod keys;
pub mod methods;
pub mod named;
pub mod order;
pub mod proxy;
pub mod quick;
pub mod table;
#[cfg(test)]
mod tests;
pub mod views;

use crate::native::*;
use crate::objects::list::buf::may_read;
use crate::objects::str::is_exact_str;
use crate::protocol;
use crate::statics::word;
use crate::{Cx, Res, Value};
use keys::{Memo, dict_hash, pure_eq, with_bits};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use table::{Entry, Found, Match, OldTable, Table, no_table};
use typhon_runtime::header::Header;
use typhon_runtime::info::Shape;
use typhon_runtime::lock::HeadGuard;

pub use proxy::{MappingProxy, new_mapping_proxy};

/// dict() -> new empty dictionary
/// dict(mapping) -> new dictionary initialized from a mapping object's
///     (key, value) pairs
/// dict(iterable) -> new dictionary initialized as if via:
///     d = {}
///     for k, v in iterable:
///         d[k] = v
/// dict(**kwargs) -> new dictionary initialized with the name=value pairs
///     in the keyword argument list.  For example:  dict(one=1, two=2)
#[pytype(name = "dict", gc, basetype, unhashable, mapping, static_index = DICT)]
#[repr(C)]
pub struct Dict {
    pub head: Header,
    /// Never null. Written under the lock.
    #[skip]
    table: AtomicPtr<Table>,
    /// Live entries. Written under the lock.
    #[skip]
    used: AtomicUsize,
}

/// Where a key stands; `same` compares a stored key with it where that needs neither lock nor count.
#[inline(always)]
fn place_by(
    t: &Table,
    key: &Value,
    hash: i64,
    same: impl Fn(u64) -> Option<bool>,
) -> Option<Found> {
    let bits = key.bits() & !(if key.is_ptr() { 4 } else { 0 });
    let found = t.find(hash, |e, k| {
        if k == bits {
            return Match::Yes;
        }
        if e.hash.load(Ordering::Relaxed) != hash {
            return Match::No;
        }
        match same(k) {
            Some(true) => Match::Yes,
            Some(false) => Match::No,
            None => Match::Stop,
        }
    });
    match found {
        Found::Stopped(_) => None,
        other => Some(other),
    }
}

impl Dict {
    /// Its entries are in the table.
    pub const SHAPE: Shape = Shape::Behind(std::mem::offset_of!(Dict, table) as u32);
}

/// What a first probe knows.
static NO_ANSWERS: Memo = Memo::new();

/// A lock-free read gave up: it met a writer, or a key whose comparison runs Python code.
pub(crate) struct GaveUp;

/// What a change displaced; dropped by the caller after the lock.
#[must_use = "settle it after the lock"]
pub(crate) struct Displaced {
    pub value: Option<Value>,
    pub table: OldTable,
}

/// Memory ran out; the value comes back to be dropped after the lock.
pub(crate) struct NoRoom(#[allow(dead_code)] Value);

impl Dict {
    /// The payload of an empty dict: for native types that begin with one.
    pub fn empty() -> Dict {
        Dict {
            head: Header::placeholder(),
            table: AtomicPtr::new(no_table()),
            used: AtomicUsize::new(0),
        }
    }
    fn with_table(table: *mut Table, used: usize) -> Dict {
        Dict {
            head: Header::placeholder(),
            table: AtomicPtr::new(table),
            used: AtomicUsize::new(used),
        }
    }

    #[inline(always)]
    pub fn len(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    pub fn size_in_memory(&self) -> usize {
        size_of::<Dict>() + self.table().bytes()
    }
    /// The table; valid until this thread's next safepoint when `may_read`, or while locked.
    #[inline(always)]
    pub(crate) fn table(&self) -> &Table {
        // SAFETY: R8/R9: a replaced table is retired while readers may hold it; the pointer is never null.
        unsafe { &*self.table.load(Ordering::Acquire) }
    }
    #[inline(always)]
    pub(crate) fn is_table(&self, t: &Table) -> bool {
        std::ptr::eq(self.table.load(Ordering::Acquire), t)
    }
    /// The lock; a safepoint (R6).
    #[inline(always)]
    pub(crate) fn lock<'a>(&'a self, cx: &'a mut Cx) -> HeadGuard<'a> {
        self.head.lock(cx)
    }

    /// Find a key without the lock. `held` keeps the entry's key alive past the guard when it was compared by content.
    #[inline(always)]
    fn find_unlocked(
        &self,
        tid: u16,
        t: &Table,
        key: &Value,
        hash: i64,
        held: &mut Option<Value>,
    ) -> Found {
        let bits = key.bits() & !(if key.is_ptr() { 4 } else { 0 });
        t.find(hash, |e, k| {
            if k == bits {
                return Match::Yes;
            }
            if e.hash.load(Ordering::Relaxed) != hash {
                return Match::No;
            }
            self.compare_unlocked(tid, t, e, key, held)
        })
    }

    #[inline(never)]
    fn compare_unlocked(
        &self,
        tid: u16,
        t: &Table,
        e: &Entry,
        key: &Value,
        held: &mut Option<Value>,
    ) -> Match {
        if held.is_some() {
            // A second candidate of the same hash: rare enough for the lock.
            return Match::Stop;
        }
        // Uncounted if it is deferred: the guard is shorter than a register's life. Keys that many threads compare become so.
        let Ok(Some(k)) = e.key.try_get_for_register(tid, || self.is_table(t)) else {
            return Match::Stop;
        };
        let answer = pure_eq(&k, key);
        *held = Some(k);
        match answer {
            Some(true) => Match::Yes,
            Some(false) => Match::No,
            None => Match::Stop,
        }
    }

    /// Where a string key stands, without the lock and without taking a count; None: ask in another way.
    #[inline(always)]
    fn place_of_str(
        &self,
        tid: u16,
        t: &Table,
        key: &Value,
        text: &Str,
        hash: i64,
    ) -> Option<Found> {
        place_by(t, key, hash, |k| keys::equals_stable_str(tid, k, text))
    }

    /// The same of any key.
    #[inline(always)]
    fn place_of_any(&self, tid: u16, t: &Table, key: &Value, hash: i64) -> Option<Found> {
        place_by(t, key, hash, |k| keys::equals_stable(tid, k, key))
    }

    /// Where a key stands whose hash and comparison run nothing, without the lock and without taking a count; None: ask in
    /// another way.
    #[inline(always)]
    fn place_quick(&self, tid: u16, t: &Table, key: &Value) -> Option<Found> {
        match key.downcast_exact::<Str>() {
            Some(text) => self.place_of_str(tid, t, key, text, text.hash()),
            None => self.place_of_any(tid, t, key, keys::quick_hash(key)?),
        }
    }

    /// Look a key up without the lock (R2).
    #[inline(always)]
    pub(crate) fn read(&self, tid: u16, key: &Value, hash: i64) -> Result<Option<Value>, GaveUp> {
        if !may_read(&self.head, tid) {
            return Err(GaveUp);
        }
        let t = self.table();
        let place = match key.downcast_exact::<Str>() {
            Some(text) => self.place_of_str(tid, t, key, text, hash),
            None => self.place_of_any(tid, t, key, hash),
        };
        match place {
            Some(Found::At(n)) => {
                if let Ok(Some(v)) = t.entry(n).value.try_get_in(tid, || self.is_table(t)) {
                    return Ok(Some(v));
                }
            }
            Some(_) => return Ok(None),
            None => {}
        }
        self.read_any(tid, t, key, hash)
    }

    #[inline(never)]
    fn read_any(
        &self,
        tid: u16,
        t: &Table,
        key: &Value,
        hash: i64,
    ) -> Result<Option<Value>, GaveUp> {
        let mut held = None;
        match self.find_unlocked(tid, t, key, hash, &mut held) {
            Found::Absent => Ok(None),
            // A NULL value: the entry was deleted or moved (order.rs) between index and value; the lock tells which.
            Found::At(n) => match t.entry(n).value.try_get_in(tid, || self.is_table(t)) {
                Ok(Some(v)) => Ok(Some(v)),
                _ => Err(GaveUp),
            },
            Found::Stopped(_) => Err(GaveUp),
        }
    }

    /// Find a key under the lock. `Stopped` names an entry whose key has to be asked.
    #[inline(always)]
    fn find_locked(&self, key: &Value, hash: i64, memo: &Memo) -> Found {
        let bits = key.bits() & !(if key.is_ptr() { 4 } else { 0 });
        let text = key.downcast_exact::<Str>();
        self.table().find(hash, |e, k| {
            if k == bits {
                Match::Yes
            } else if e.hash.load(Ordering::Relaxed) != hash {
                Match::No
            } else if let Some(text) = text
                && let Some(same) = keys::equals_held_str(k, text)
            {
                if same { Match::Yes } else { Match::No }
            } else {
                compare_locked(k, key, memo)
            }
        })
    }

    /// Do something with the entry of a key under the lock (R7). `f` gets the entry's number, or None when the key is absent.
    #[inline]
    pub(crate) fn with_entry<R>(
        &self,
        cx: &mut Cx,
        key: &Value,
        hash: i64,
        f: impl FnOnce(&Dict, u16, Option<u32>) -> R,
    ) -> Res<R> {
        let tid = cx.tid;
        let mut memo = Memo::new();
        let ask = {
            let _g = self.lock(cx);
            match self.find_locked(key, hash, &memo) {
                Found::At(n) => return Ok(f(self, tid, Some(n))),
                Found::Absent => return Ok(f(self, tid, None)),
                Found::Stopped(n) => self.table().entry(n).key.get_locked_marking(),
            }
        };
        self.with_entry_asking(cx, key, hash, &mut memo, ask, f)
    }

    #[inline(never)]
    fn with_entry_asking<R>(
        &self,
        cx: &mut Cx,
        key: &Value,
        hash: i64,
        memo: &mut Memo,
        mut ask: Option<Value>,
        f: impl FnOnce(&Dict, u16, Option<u32>) -> R,
    ) -> Res<R> {
        let tid = cx.tid;
        loop {
            if let Some(k) = ask.take() {
                let eq = protocol::equal(cx, &k, key)?;
                memo.note(k, eq);
            }
            let _g = self.lock(cx);
            match self.find_locked(key, hash, memo) {
                Found::At(n) => return Ok(f(self, tid, Some(n))),
                Found::Absent => return Ok(f(self, tid, None)),
                Found::Stopped(n) => ask = self.table().entry(n).key.get_locked_marking(),
            }
        }
    }

    /// The value of an exact `str` key. Runs no Python code: a key that would need some is not found here.
    #[inline]
    pub fn get_str(&self, cx: &mut Cx, key: &Str) -> Option<Value> {
        // SAFETY: the caller's reference keeps the string alive; the word is not dropped.
        unsafe {
            with_bits(&raw const *key as u64, |k| {
                match self.read(cx.tid, k, key.hash()) {
                    Ok(v) => v,
                    Err(GaveUp) => self.get_str_locked(cx, k, key.hash()),
                }
            })
        }
    }

    /// The same without the lock, hence without a safepoint, if that goes.
    #[inline]
    pub(crate) fn peek_str(&self, tid: u16, key: &Str) -> Result<Option<Value>, GaveUp> {
        // SAFETY: the caller's reference keeps the string alive; the word is not dropped.
        unsafe { with_bits(&raw const *key as u64, |k| self.read(tid, k, key.hash())) }
    }

    /// The value of an attribute's name in a namespace. A key that is no `str` but has the name's hash is asked.
    #[inline]
    pub fn get_name(&self, cx: &mut Cx, key: &Str) -> Res<Option<Value>> {
        // SAFETY: the caller's reference keeps the string alive; the word is not dropped.
        unsafe {
            with_bits(&raw const *key as u64, |k| {
                match self.read(cx.tid, k, key.hash()) {
                    Ok(v) => Ok(v),
                    Err(GaveUp) if self.has_foreign(cx, key.hash()) => {
                        self.get_with_hash(cx, k, key.hash())
                    }
                    Err(GaveUp) => Ok(self.get_str_locked(cx, k, key.hash())),
                }
            })
        }
    }

    /// Whether some key is no exact string.
    #[inline]
    pub fn has_other_keys(&self) -> bool {
        !self.table().all_str()
    }

    /// Whether a key of this hash is no string, so that only its own `__eq__` knows what it equals.
    #[cold]
    #[inline(never)]
    pub fn has_foreign(&self, cx: &mut Cx, hash: i64) -> bool {
        let _g = self.lock(cx);
        let mut foreign = false;
        let _ = self.table().find(hash, |e, k| {
            // SAFETY: the lock is held.
            foreign |= e.hash.load(Ordering::Relaxed) == hash
                && unsafe { with_bits(k, |k| k.downcast::<Str>().is_none()) };
            Match::No
        });
        foreign
    }

    #[cold]
    #[inline(never)]
    fn get_str_locked(&self, cx: &mut Cx, key: &Value, hash: i64) -> Option<Value> {
        let _g = self.lock(cx);
        let t = self.table();
        let found = t.find(hash, |e, k| {
            if e.hash.load(Ordering::Relaxed) != hash {
                return Match::No;
            }
            // SAFETY: the lock is held.
            let eq = unsafe {
                with_bits(k, |k| {
                    k.is(key) || pure_eq(k, key).unwrap_or_else(|| same_text(k, key))
                })
            };
            if eq { Match::Yes } else { Match::No }
        });
        match found {
            Found::At(n) => t.entry(n).value.get_locked_marking(),
            _ => None,
        }
    }

    /// The value of any key (R7).
    #[inline]
    pub fn get(&self, cx: &mut Cx, key: &Value) -> Res<Option<Value>> {
        let hash = dict_hash(cx, key)?;
        self.get_with_hash(cx, key, hash)
    }

    #[inline]
    pub fn get_with_hash(&self, cx: &mut Cx, key: &Value, hash: i64) -> Res<Option<Value>> {
        match self.read(cx.tid, key, hash) {
            Ok(v) => Ok(v),
            Err(GaveUp) => self.get_asking(cx, key, hash),
        }
    }

    #[inline(never)]
    fn get_asking(&self, cx: &mut Cx, key: &Value, hash: i64) -> Res<Option<Value>> {
        self.with_entry(cx, key, hash, |d, tid, n| {
            let e = d.table().entry(n?);
            // The key is marked too: the next look at it needs no lock (R2).
            e.key.mark_ahead(tid);
            e.value.get_locked_marking()
        })
    }

    pub fn contains(&self, cx: &mut Cx, key: &Value) -> Res<bool> {
        let hash = dict_hash(cx, key)?;
        self.contains_with_hash(cx, key, hash)
    }

    pub fn contains_with_hash(&self, cx: &mut Cx, key: &Value, hash: i64) -> Res<bool> {
        let tid = cx.tid;
        if may_read(&self.head, tid) {
            let t = self.table();
            let place = match key.downcast_exact::<Str>() {
                Some(text) => self.place_of_str(tid, t, key, text, hash),
                None => self.place_of_any(tid, t, key, hash),
            };
            if let Some(found) = place {
                match found {
                    Found::At(n) if t.entry(n).value.is_empty() => {}
                    found => return Ok(matches!(found, Found::At(_))),
                }
            }
            let mut held = None;
            match self.find_unlocked(tid, t, key, hash, &mut held) {
                Found::Absent => return Ok(false),
                Found::At(n) if !t.entry(n).value.is_empty() => return Ok(true),
                _ => {}
            }
        }
        self.with_entry(cx, key, hash, |_, _, n| n.is_some())
    }

    /// Store at entry `n`, or add the key. Under the lock (or uniquely held).
    #[inline]
    pub(crate) fn put_locked(
        &self,
        n: Option<u32>,
        key: &Value,
        hash: i64,
        value: Value,
    ) -> Result<Displaced, NoRoom> {
        match n {
            Some(n) => {
                let old = self.table().replace(n, value);
                Ok(Displaced {
                    value: old,
                    table: OldTable::none(),
                })
            }
            None => match self.add_locked(key.clone(), hash, value) {
                Ok(table) => Ok(Displaced { value: None, table }),
                Err((_, value)) => Err(NoRoom(value)),
            },
        }
    }

    /// Add a key that is not there, with the counts of key and value. Under the lock (or uniquely held). When memory is out they
    /// come back.
    #[inline]
    pub(crate) fn add_locked(
        &self,
        key: Value,
        hash: i64,
        value: Value,
    ) -> Result<OldTable, (Value, Value)> {
        let Some(old) = self.make_room(1) else {
            return Err((key, value));
        };
        let is_str = is_exact_str(&key);
        self.add_with_room(key, hash, value, is_str);
        Ok(old)
    }

    /// The same where the table is not full.
    #[inline(always)]
    pub(super) fn add_with_room(&self, key: Value, hash: i64, value: Value, is_str: bool) {
        self.table().insert(hash, key, value, is_str);
        self.used.store(self.len() + 1, Ordering::Relaxed);
    }

    /// Under the lock: room for `n` more entries; the displaced table comes back. None when memory is out.
    #[inline]
    pub(crate) fn make_room(&self, n: usize) -> Option<OldTable> {
        if self.table().room() >= n {
            Some(OldTable::none())
        } else {
            self.grow(n)
        }
    }

    #[inline(never)]
    fn grow(&self, n: usize) -> Option<OldTable> {
        let old = self.table.load(Ordering::Relaxed);
        // SAFETY: never null; under the lock.
        let t = unsafe { &*old };
        let used = self.len();
        let log2 = if n == 1 {
            table::grown_log2(used)?
        } else {
            table::grown_log2(used)?.max(table::log2_for(used.checked_add(n)?)?)
        };
        let new = match used {
            0 => Table::alloc(log2)?,
            _ => t.rebuilt(log2, true, 0)?,
        };
        let shared = self.head.is_shared();
        self.table.store(new, Ordering::Release);
        Some(OldTable::moved(old, shared))
    }

    /// `d[key] = value`.
    #[inline]
    pub fn set(&self, cx: &mut Cx, key: &Value, value: Value) -> Res<()> {
        let hash = dict_hash(cx, key)?;
        self.set_with_hash(cx, key, hash, value)
    }

    #[inline]
    pub fn set_with_hash(&self, cx: &mut Cx, key: &Value, hash: i64, value: Value) -> Res<()> {
        let (value, tid) = (value.into_counted(), cx.tid);
        // The common cases straight on: a key that is compared without a call, and room for a new one.
        let displaced = {
            let _g = self.lock(cx);
            match self.find_locked(key, hash, &NO_ANSWERS) {
                Found::At(n) => Ok(self.table().replace(n, value)),
                Found::Absent if !self.table().is_full() => {
                    self.add_with_room(key.clone_in(tid), hash, value, is_exact_str(key));
                    Ok(None)
                }
                Found::Absent => Err(Ok(self.put_locked(None, key, hash, value))),
                Found::Stopped(_) => Err(Err(value)),
            }
        };
        let value = match displaced {
            Ok(old) => {
                drop(old);
                return Ok(());
            }
            Err(Ok(done)) => return self.settle(cx, done),
            Err(Err(value)) => value,
        };
        let done = self.with_entry(cx, key, hash, |d, _, n| d.put_locked(n, key, hash, value))?;
        self.settle(cx, done)
    }

    /// `d[key] = value`; what stood there, for who has to keep it a while.
    pub fn exchange(&self, cx: &mut Cx, key: &Value, value: Value) -> Res<Option<Value>> {
        let hash = dict_hash(cx, key)?;
        let value = value.into_counted();
        let mut done =
            self.with_entry(cx, key, hash, |d, _, n| d.put_locked(n, key, hash, value))?;
        let old = done
            .as_mut()
            .ok()
            .and_then(|displaced| displaced.value.take());
        self.settle(cx, done)?;
        Ok(old)
    }

    /// `d[key] = value` for a dict that the caller's own register holds. Held by nothing else, it needs no lock: another
    /// thread has no way to reach it. Not for dicts reached through a field of another object.
    #[inline]
    pub fn set_register(&self, cx: &mut Cx, key: &Value, value: Value) -> Res<()> {
        if self.head.is_uniquely_held(cx.tid)
            && let Some(hash) = keys::quick_hash(key)
        {
            match self.find_locked(key, hash, &NO_ANSWERS) {
                Found::At(n) => {
                    drop(self.table().replace(n, value.into_counted()));
                    return Ok(());
                }
                Found::Absent if !self.table().is_full() => {
                    let (held, is_str) = (key.clone_in(cx.tid), is_exact_str(key));
                    self.add_with_room(held, hash, value.into_counted(), is_str);
                    return Ok(());
                }
                Found::Absent => {
                    let done = self.put_locked(None, key, hash, value.into_counted());
                    return self.settle(cx, done);
                }
                Found::Stopped(_) => return self.set_with_hash(cx, key, hash, value),
            }
        }
        self.set(cx, key, value)
    }

    #[inline(always)]
    pub(crate) fn settle(&self, cx: &mut Cx, done: Result<Displaced, NoRoom>) -> Res<()> {
        match done {
            Ok(d) => {
                d.table.dispose(cx);
                drop(d.value);
                Ok(())
            }
            Err(NoRoom(_)) => Err(cx.memory_error()),
        }
    }

    /// `d[key] = value` with a Rust name, interned.
    pub fn set_str(&self, cx: &mut Cx, key: &str, value: Value) -> Res<()> {
        let k = crate::objects::str::intern::intern_str(cx, key)?;
        self.set(cx, &k, value)
    }

    /// `d[key] = value` for an interned string.
    #[inline]
    pub fn set_interned(&self, cx: &mut Cx, key: &Value, value: Value) -> Res<()> {
        self.set(cx, key, value)
    }

    /// Take the key's value out.
    pub fn remove(&self, cx: &mut Cx, key: &Value) -> Res<Option<Value>> {
        let hash = dict_hash(cx, key)?;
        self.remove_with_hash(cx, key, hash)
    }

    pub fn remove_with_hash(&self, cx: &mut Cx, key: &Value, hash: i64) -> Res<Option<Value>> {
        let taken = self.with_entry(cx, key, hash, |d, _, n| n.map(|n| d.delete_locked(n)))?;
        Ok(taken.map(|(_, v)| v))
    }

    /// Take the key's value out if it still is this object.
    pub fn remove_if_identical(&self, cx: &mut Cx, key: &Value, value: &Value) -> Res<bool> {
        let hash = dict_hash(cx, key)?;
        let taken = self.with_entry(cx, key, hash, |d, _, n| {
            n.filter(|&n| d.table().entry(n).value.peek_bits() == value.bits() & !4)
                .map(|n| d.delete_locked(n))
        })?;
        Ok(taken.is_some())
    }

    /// Under the lock.
    pub(crate) fn delete_locked(&self, n: u32) -> (Value, Value) {
        let pair = self.table().delete(n);
        self.used.store(self.len() - 1, Ordering::Relaxed);
        pair
    }

    /// The value of the key, after storing `default` where there was none: atomically.
    pub fn setdefault(&self, cx: &mut Cx, key: &Value, default: &Value) -> Res<Value> {
        let hash = dict_hash(cx, key)?;
        if let Ok(Some(v)) = self.read(cx.tid, key, hash) {
            return Ok(v);
        }
        let got = self.with_entry(cx, key, hash, |d, _, n| match n {
            Some(n) => Ok((
                d.table().entry(n).value.get_locked_marking(),
                OldTable::none(),
            )),
            None => d
                .put_locked(None, key, hash, default.clone())
                .map(|x| (None, x.table)),
        })?;
        match got {
            Ok((v, table)) => {
                table.dispose(cx);
                Ok(v.unwrap_or_else(|| default.clone()))
            }
            Err(_) => Err(cx.memory_error()),
        }
    }

    /// Take out the last entry.
    pub fn pop_last(&self, cx: &mut Cx) -> Option<(Value, Value)> {
        let _g = self.lock(cx);
        let t = self.table();
        let n = (t.first()..t.tail())
            .rev()
            .find(|&n| !t.entry(n).key.is_empty())?;
        Some(self.delete_locked(n))
    }
}

/// Compare the key of an entry under the lock.
#[inline(never)]
fn compare_locked(k: u64, key: &Value, memo: &Memo) -> Match {
    // SAFETY: the lock is held.
    let answer = unsafe { with_bits(k, |k| pure_eq(k, key)) }.or_else(|| memo.answer(k));
    match answer {
        Some(true) => Match::Yes,
        Some(false) => Match::No,
        None => Match::Stop,
    }
}

/// Whether two instances of `str` or subclasses hold the same text.
fn same_text(a: &Value, b: &Value) -> bool {
    match (a.downcast::<Str>(), b.downcast::<Str>()) {
        (Some(a), Some(b)) => a.equals(b),
        _ => false,
    }
}

impl Drop for Dict {
    fn drop(&mut self) {
        // SAFETY: the dict is dead: nobody reads it (R2 starts from a counted root).
        unsafe { table::free_dead(*self.table.get_mut()) }
    }
}

/// A new empty dict.
#[inline]
pub fn new_dict(cx: &mut Cx) -> Res<Value> {
    publish(cx, no_table(), 0)
}

/// A new dict with room for `n` keys.
pub fn new_dict_with_capacity(cx: &mut Cx, n: usize) -> Res<Value> {
    if n == 0 {
        return new_dict(cx);
    }
    match table::log2_for(n).and_then(Table::alloc) {
        Some(t) => publish(cx, t, 0),
        None => Err(cx.memory_error()),
    }
}

/// A dict around a table nobody else knows.
fn publish(cx: &mut Cx, t: *mut Table, used: usize) -> Res<Value> {
    // SAFETY: R12: the payload is written before the type word.
    let made = unsafe {
        typhon_runtime::alloc_with::<Dict>(&cx.thread, word::DICT, |d| {
            (&raw mut (*d).table).write(AtomicPtr::new(t));
            (&raw mut (*d).used).write(AtomicUsize::new(used));
        })
    };
    made.map_err(|_| {
        drop(Dict::with_table(t, used));
        cx.memory_error()
    })
}

/// The dict of a value known to be one (a namespace, a keyword dict).
#[inline]
pub fn as_dict(v: &Value) -> Option<&Dict> {
    v.downcast::<Dict>()
}
