//! The operations that `set` and `frozenset` share.

use super::table::{self, Entry, Found, Match, OldTable, Table, no_table};
use super::{FrozenSet, Set};
use crate::native::*;
use crate::objects::dict::keys::{self, Memo, pure_eq, with_bits};
use crate::objects::list::buf::may_read;
use crate::protocol;
use crate::{Cx, Res, Value};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

/// The table and size of a set. Who may touch what: written under the set's lock; read lock-free (R2).
#[repr(C)]
pub struct SetCore {
    /// Never null.
    table: AtomicPtr<Table>,
    used: AtomicUsize,
}

impl SetCore {
    /// Put another table in place of the one that is returned. Under the lock, or known to nobody else: readers without the lock
    /// need the new table's contents (Release), and nobody else writes, so it takes no exchange.
    fn replace_table(&self, new: *mut Table) -> *mut Table {
        let old = self.table.load(Ordering::Relaxed);
        self.table.store(new, Ordering::Release);
        old
    }
    pub fn empty() -> SetCore {
        SetCore {
            table: AtomicPtr::new(no_table()),
            used: AtomicUsize::new(0),
        }
    }
    /// Around a table of `used` keys that nobody else knows.
    pub(super) fn around(table: *mut Table, used: usize) -> SetCore {
        SetCore {
            table: AtomicPtr::new(table),
            used: AtomicUsize::new(used),
        }
    }
    /// A copy of the elements of a set, at one moment.
    pub(super) fn copy_of(cx: &mut Cx, other: SetLike<'_>) -> Res<SetCore> {
        let tid = cx.tid;
        let made = {
            let _g = other.head.lock(cx);
            let n = other.len();
            if n == 0 {
                return Ok(SetCore::empty());
            }
            // As CPython sizes a copy: room for five thirds.
            let size = table::size_above((n * 5).div_ceil(3)).unwrap_or(usize::MAX);
            other
                .core
                .table()
                .rebuilt(size, n, false, tid)
                .map(|t| (t, n))
        };
        match made {
            Some((table, n)) => Ok(SetCore::around(table, n)),
            None => Err(cx.memory_error()),
        }
    }
    #[inline(always)]
    pub(super) fn table(&self) -> &Table {
        // SAFETY: R8/R9: a replaced table is retired while readers may hold it; never null.
        unsafe { &*self.table.load(Ordering::Acquire) }
    }
    #[inline(always)]
    fn is_table(&self, t: &Table) -> bool {
        std::ptr::eq(self.table.load(Ordering::Acquire), t)
    }
}

impl Traverse for SetCore {
    fn traverse(&self, v: &mut Visitor) {
        let t = self.table();
        let key: *const Slot = &t.entry(0).key;
        // SAFETY: entries lie one behind the other; the world is stopped.
        unsafe {
            v.visit_words(key.cast(), t.mask() + 1, size_of_val(t.entry(0)) / 8, 1);
        }
    }
}

impl Drop for SetCore {
    fn drop(&mut self) {
        // SAFETY: the set is dead: nobody reads it (R2 starts from a counted root).
        unsafe { table::free_dead(*self.table.get_mut()) }
    }
}

/// A set or frozenset, subclasses included.
#[derive(Clone, Copy)]
pub struct SetLike<'a> {
    pub head: &'a Header,
    pub(super) core: &'a SetCore,
}

impl Set {
    #[inline(always)]
    pub fn like(&self) -> SetLike<'_> {
        SetLike {
            head: &self.head,
            core: &self.core,
        }
    }
}
impl FrozenSet {
    #[inline(always)]
    pub fn like(&self) -> SetLike<'_> {
        SetLike {
            head: &self.head,
            core: &self.core,
        }
    }
}

impl<'a> SetLike<'a> {
    #[inline]
    pub fn of(v: &'a Value) -> Option<SetLike<'a>> {
        // Exact ones first: asking for a subclass walks the bases.
        if let Some(s) = SetLike::of_exact(v) {
            return Some(s);
        }
        if let Some(s) = v.downcast::<Set>() {
            return Some(s.like());
        }
        v.downcast::<FrozenSet>().map(FrozenSet::like)
    }

    /// The set or frozenset that a value of this class is; None for another class.
    ///
    /// # Safety
    /// `class` is the value's class word.
    #[inline(always)]
    pub(crate) unsafe fn of_class(v: &'a Value, class: u32) -> Option<SetLike<'a>> {
        let at = v.bits() & !7;
        // SAFETY: by contract exactly this type; the value keeps it alive.
        unsafe {
            match class {
                crate::statics::word::SET => Some((*(at as *const Set)).like()),
                crate::statics::word::FROZENSET => Some((*(at as *const FrozenSet)).like()),
                _ => None,
            }
        }
    }

    /// Only instances of exactly `set` or `frozenset`.
    #[inline(always)]
    pub fn of_exact(v: &'a Value) -> Option<SetLike<'a>> {
        if let Some(s) = v.downcast_exact::<Set>() {
            return Some(s.like());
        }
        v.downcast_exact::<FrozenSet>().map(FrozenSet::like)
    }

    #[inline(always)]
    pub fn len(self) -> usize {
        self.core.used.load(Ordering::Relaxed)
    }
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
    pub fn table_bytes(self) -> usize {
        self.core.table().bytes()
    }
    /// Whether this is exactly a frozenset, which never changes once anybody sees it.
    #[inline(always)]
    pub fn is_frozen(self) -> bool {
        self.head.type_word() == crate::statics::word::FROZENSET
    }
    pub fn is_same(self, other: SetLike<'_>) -> bool {
        std::ptr::eq(self.head, other.head)
    }

    /// Whether the element is there, without the lock; None: ask under it.
    #[inline]
    pub(crate) fn contains_unlocked(self, tid: u16, key: &Value, hash: i64) -> Option<bool> {
        if !may_read(self.head, tid) {
            return None;
        }
        let t = self.core.table();
        let bits = key.bits() & !(if key.is_ptr() { 4 } else { 0 });
        match t.has_at_first(hash, bits) {
            None => self.contains_further(tid, t, key, bits, hash),
            known => known,
        }
    }

    #[inline(never)]
    fn contains_further(
        self,
        tid: u16,
        t: &Table,
        key: &Value,
        bits: u64,
        hash: i64,
    ) -> Option<bool> {
        let text = key.downcast_exact::<Str>();
        let mut held = None;
        let found = t.find(hash, |e, k| {
            if k == bits {
                return Match::Yes;
            }
            if e.hash.load(Ordering::Relaxed) != hash {
                return Match::No;
            }
            if let Some(text) = text
                && let Some(same) = keys::equals_stable_str(tid, k, text)
            {
                return if same { Match::Yes } else { Match::No };
            }
            if let Some(same) = keys::equals_stable(tid, k, key) {
                return if same { Match::Yes } else { Match::No };
            }
            self.compare_unlocked(tid, t, e, key, &mut held)
        });
        match found {
            Found::At(_) => Some(true),
            Found::Absent(_) => Some(false),
            Found::Stopped(_) => None,
        }
    }

    #[inline(never)]
    fn compare_unlocked(
        self,
        tid: u16,
        t: &Table,
        e: &Entry,
        key: &Value,
        held: &mut Option<Value>,
    ) -> Match {
        if held.is_some() {
            return Match::Stop;
        }
        let Ok(Some(k)) = e.key.try_get_in(tid, || self.core.is_table(t)) else {
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

    #[inline(always)]
    pub(super) fn find_locked(self, key: &Value, hash: i64, memo: &Memo) -> Found {
        let bits = key.bits() & !(if key.is_ptr() { 4 } else { 0 });
        let text = key.downcast_exact::<Str>();
        self.core.table().find(hash, |e, k| {
            if k == bits {
                Match::Yes
            } else if k & 3 == 1 && bits & 3 == 1 {
                // Two small ints.
                Match::No
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

    /// Do something with the entry of a key under the lock (R7): `Ok(n)` where it stands, `Err(n)` where it would.
    #[inline]
    fn with_entry<R>(
        self,
        cx: &mut Cx,
        key: &Value,
        hash: i64,
        f: impl FnOnce(Result<usize, usize>) -> R,
    ) -> Res<R> {
        static NO_ANSWERS: Memo = Memo::new();
        let ask = {
            let _g = self.head.lock(cx);
            match self.find_locked(key, hash, &NO_ANSWERS) {
                Found::At(n) => return Ok(f(Ok(n))),
                Found::Absent(n) => return Ok(f(Err(n))),
                Found::Stopped(n) => self.core.table().entry(n).key.get_locked_marking(),
            }
        };
        self.with_entry_asking(cx, key, hash, ask, f)
    }

    /// The same where keys have to be asked (R7), `ask` first.
    #[cold]
    #[inline(never)]
    fn with_entry_asking<R>(
        self,
        cx: &mut Cx,
        key: &Value,
        hash: i64,
        mut ask: Option<Value>,
        f: impl FnOnce(Result<usize, usize>) -> R,
    ) -> Res<R> {
        let mut memo = Memo::new();
        loop {
            if let Some(k) = ask.take() {
                let eq = protocol::equal(cx, &k, key)?;
                memo.note(k, eq);
            }
            let _g = self.head.lock(cx);
            match self.find_locked(key, hash, &memo) {
                Found::At(n) => return Ok(f(Ok(n))),
                Found::Absent(n) => return Ok(f(Err(n))),
                Found::Stopped(n) => ask = self.core.table().entry(n).key.get_locked_marking(),
            }
        }
    }

    pub fn contains(self, cx: &mut Cx, key: &Value, hash: i64) -> Res<bool> {
        match self.contains_unlocked(cx.tid, key, hash) {
            Some(answer) => Ok(answer),
            None => self.with_entry(cx, key, hash, |at| at.is_ok()),
        }
    }

    /// Add an element; whether it is new.
    pub fn add(self, cx: &mut Cx, key: &Value, hash: i64) -> Res<bool> {
        let tid = cx.tid;
        let done = self.with_entry(cx, key, hash, |at| match at {
            Ok(_) => Some((false, OldTable::none())),
            Err(n) => {
                let new = self.insert_locked(n, key.clone_in(tid), hash);
                new.ok().map(|old| (true, old))
            }
        })?;
        match done {
            Some((new, old)) => {
                old.dispose(cx);
                Ok(new)
            }
            None => Err(cx.memory_error()),
        }
    }

    /// The same for a set that the caller's own register or native frame holds. Held by nothing else, it needs no lock:
    /// another thread has no way to reach it. Not for sets reached through a field of another object.
    #[inline]
    pub fn add_private(self, cx: &mut Cx, key: &Value, hash: i64) -> Res<bool> {
        if !self.head.is_uniquely_held(cx.tid) {
            return self.add(cx, key, hash);
        }
        let t = self.core.table();
        match t.first_place(hash, key.bits() & !(if key.is_ptr() { 4 } else { 0 })) {
            Some(Some(_)) => Ok(false),
            Some(None) if !t.is_full(1) => {
                let at = hash as u64 as usize & t.mask();
                t.insert_at(at, hash, key.clone_in(cx.tid).into_counted());
                self.core.used.store(self.len() + 1, Ordering::Relaxed);
                Ok(true)
            }
            _ => self.add_searching(cx, key, hash),
        }
    }

    /// The same where the first place asked does not tell, or the table grows.
    #[inline(never)]
    fn add_searching(self, cx: &mut Cx, key: &Value, hash: i64) -> Res<bool> {
        static NO_ANSWERS: Memo = Memo::new();
        match self.find_locked(key, hash, &NO_ANSWERS) {
            Found::At(_) => Ok(false),
            Found::Absent(n) => match self.insert_locked(n, key.clone_in(cx.tid), hash) {
                Ok(old) => {
                    old.dispose(cx);
                    Ok(true)
                }
                Err(_) => Err(cx.memory_error()),
            },
            Found::Stopped(_) => self.add(cx, key, hash),
        }
    }

    /// Under the lock: add a counted key, if the first place asked tells whether it is there and the table need not grow.
    #[inline(always)]
    pub(super) fn add_at_first(self, key: Value, hash: i64) -> Result<(), Value> {
        let t = self.core.table();
        match t.first_place(hash, key.bits()) {
            Some(Some(_)) => Ok(()),
            Some(None) if !t.is_full(1) => {
                t.insert_at(hash as u64 as usize & t.mask(), hash, key);
                self.core.used.store(self.len() + 1, Ordering::Relaxed);
                Ok(())
            }
            _ => Err(key),
        }
    }

    /// Under the lock: a new key at the free entry `n`. The key comes back when memory is out.
    #[inline]
    pub(super) fn insert_locked(self, n: usize, key: Value, hash: i64) -> Result<OldTable, Value> {
        let mut old = OldTable::none();
        let mut at = n;
        if self.core.table().is_static() {
            let Some(first) = Table::alloc_least() else {
                return Err(key);
            };
            self.core.replace_table(first);
            at = hash as u64 as usize & (table::MIN_SIZE - 1);
        }
        let t = self.core.table();
        t.insert_at(at, hash, key.into_counted());
        let used = self.len() + 1;
        self.core.used.store(used, Ordering::Relaxed);
        if t.is_full(0) {
            // The key is in; a failure to grow shows at a later insertion, while there still is room.
            if let Some(o) = table::grown_size(used).and_then(|s| self.resize_locked(s)) {
                old = o;
            }
        }
        Ok(old)
    }

    fn resize_locked(self, size: usize) -> Option<OldTable> {
        let new = self.core.table().rebuilt(size, self.len(), true, 0)?;
        let old = self.core.replace_table(new);
        Some(OldTable::moved(old, self.head.is_shared()))
    }

    /// Remove an element; whether it was there.
    pub fn discard(self, cx: &mut Cx, key: &Value, hash: i64) -> Res<bool> {
        let gone = self.with_entry(cx, key, hash, |at| {
            at.ok().and_then(|n| self.delete_locked(n))
        })?;
        Ok(gone.is_some())
    }

    /// As `add_private`: remove an element; whether it was there.
    #[inline]
    pub fn discard_private(self, cx: &mut Cx, key: &Value, hash: i64) -> Res<bool> {
        if self.head.is_uniquely_held(cx.tid) {
            match self.find_locked(key, hash, &Memo::new()) {
                Found::At(n) => {
                    drop(self.delete_locked(n));
                    return Ok(true);
                }
                Found::Absent(_) => return Ok(false),
                Found::Stopped(_) => {}
            }
        }
        self.discard(cx, key, hash)
    }

    pub(super) fn delete_locked(self, n: usize) -> Option<Value> {
        let v = self.core.table().delete_at(n);
        self.core.used.store(self.len() - 1, Ordering::Relaxed);
        v
    }

    /// Remove some element.
    pub fn pop(self, cx: &mut Cx) -> Option<Value> {
        let _g = self.head.lock(cx);
        let t = self.core.table();
        let n = (0..=t.mask()).find(|&n| !t.entry(n).key.is_empty())?;
        self.delete_locked(n)
    }

    /// Take everything out.
    pub fn clear(self, cx: &mut Cx) {
        let old = {
            let _g = self.head.lock(cx);
            let old = self.core.replace_table(no_table());
            self.core.used.store(0, Ordering::Relaxed);
            OldTable::full(old, self.head.is_shared())
        };
        old.dispose(cx);
    }

    /// The elements with their hashes, at one moment, in table order.
    pub fn items(self, cx: &mut Cx) -> Vec<(i64, Value)> {
        let tid = cx.tid;
        let _g = self.head.lock(cx);
        let t = self.core.table();
        let mut out = Vec::with_capacity(self.len());
        for n in 0..=t.mask() {
            let e = t.entry(n);
            // SAFETY: the lock is held while the reference lives.
            if let Some(k) = unsafe { e.key.as_value() } {
                out.push((e.hash.load(Ordering::Relaxed), k.clone_in(tid)));
            }
        }
        out
    }

    /// The element at or after `*pos`, which moves past it; None at the end.
    pub fn next(self, cx: &mut Cx, pos: &mut usize) -> Option<(i64, Value)> {
        let tid = cx.tid;
        if may_read(self.head, tid) {
            let t = self.core.table();
            let mut n = *pos;
            loop {
                if n > t.mask() {
                    *pos = n;
                    return None;
                }
                let e = t.entry(n);
                if e.key.is_empty() {
                    n += 1;
                    continue;
                }
                let hash = e.hash.load(Ordering::Relaxed);
                match e.key.try_get_in(tid, || self.core.is_table(t)) {
                    Ok(None) => n += 1,
                    Ok(Some(k)) => {
                        *pos = n + 1;
                        return Some((hash, k));
                    }
                    Err(_) => break,
                }
            }
        }
        let _g = self.head.lock(cx);
        let t = self.core.table();
        while *pos <= t.mask() {
            let e = t.entry(*pos);
            *pos += 1;
            if let Some(k) = e.key.get_locked_marking() {
                return Some((e.hash.load(Ordering::Relaxed), k));
            }
        }
        None
    }

    /// Add many elements, the pure ones under one hold of the lock.
    pub fn add_all(self, cx: &mut Cx, items: Vec<(i64, Value)>) -> Res<()> {
        let memo = Memo::new();
        let mut rest = items.into_iter();
        let mut current = rest.next();
        while current.is_some() {
            let mut displaced: Vec<OldTable> = Vec::new();
            // Keys that were there; they are dropped after the lock (R1).
            let mut spare: Vec<Value> = Vec::new();
            let mut failed = false;
            {
                let _g = self.head.lock(cx);
                while let Some((hash, key)) = current.take() {
                    match self.find_locked(&key, hash, &memo) {
                        Found::At(_) if key.is_ptr() => spare.push(key),
                        Found::At(_) => {}
                        Found::Absent(n) => match self.insert_locked(n, key, hash) {
                            Ok(old) if old.is_none() => {}
                            Ok(old) => displaced.push(old),
                            Err(key) => {
                                spare.push(key);
                                failed = true;
                                break;
                            }
                        },
                        Found::Stopped(_) => {
                            current = Some((hash, key));
                            break;
                        }
                    }
                    current = rest.next();
                }
            }
            drop(spare);
            for old in displaced {
                old.dispose(cx);
            }
            if failed {
                return Err(cx.memory_error());
            }
            if let Some((hash, key)) = current.take() {
                // Its comparison runs Python code.
                self.add(cx, &key, hash)?;
                current = rest.next();
            }
        }
        Ok(())
    }

    /// Become a copy of `other` (this set is empty, new and known to nobody else).
    pub fn copy_from(self, cx: &mut Cx, other: SetLike<'_>) -> Res<()> {
        let core = SetCore::copy_of(cx, other)?;
        self.take_over(cx, &core);
        Ok(())
    }

    /// Take over the elements of a core that nobody else knows. Those of this set go.
    pub(super) fn take_over(self, cx: &mut Cx, core: &SetCore) {
        let table = core.replace_table(no_table());
        self.install(cx, table, core.used.load(Ordering::Relaxed));
    }

    fn install(self, cx: &mut Cx, table: *mut Table, used: usize) {
        let old = {
            let _g = self.head.lock(cx);
            let old = self.core.replace_table(table);
            self.core.used.store(used, Ordering::Relaxed);
            OldTable::full(old, self.head.is_shared())
        };
        old.dispose(cx);
    }
}

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
