//! The table of a dict: compact and ordered. Entries stand in insertion order; a hash index beside them holds entry numbers.
//!
//! ```text
//! [Table header][entry 0][entry 1] ... [entry usable-1][index: 2^log2 numbers of 1, 2 or 4 bytes]
//! ```
//! Capacity never changes: a full table is replaced by a new one and retired (R9). In one table an entry's key goes NULL -> K
//! -> NULL and is never used again; an insertion stores hash, value, key, then the index, each with Release, so a reader that
//! follows the index finds a complete entry. A deletion leaves DUMMY in the index and NULL in key and value.

use crate::Value;
use std::alloc::Layout;
use std::sync::atomic::{
    AtomicBool, AtomicI64, AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering,
};
use typhon_runtime::protocol::probe::{self, IndexWord};
pub use typhon_runtime::protocol::probe::{Found, Match};
use typhon_runtime::slot::Slot;
use typhon_runtime::thread::Thread;
use typhon_runtime::value::BORROWED;

#[repr(C)]
pub struct Entry {
    pub hash: AtomicI64,
    pub key: Slot,
    pub value: Slot,
}

#[repr(C)]
pub struct Table {
    /// The keys version (R15): 0 = none; while it keeps a value no key is inserted or deleted in this table.
    version: AtomicU64,
    /// Entries handed out so far. Written under the lock.
    next: AtomicU32,
    /// No entry at or after this one holds a key; nor any before `first`.
    tail: AtomicU32,
    first: AtomicU32,
    usable: u32,
    log2: u8,
    /// Every key is an exact `str`.
    all_str: AtomicBool,
    /// Entries (by number modulo 16) whose value inline caches hold: replacing one ends the version. Under the lock.
    watched: AtomicU16,
    /// Those that were replaced while watched, and those to which that happened again: they are not watched any more. Once is
    /// forgiven, or a name that a module is given late would take away the others that share its bit.
    rebound: AtomicU16,
    rebound_again: AtomicU16,
    _align: [u64; 0],
}

const HEADER: usize = 32;
const _: () = assert!(size_of::<Table>() == HEADER && size_of::<Entry>() == 24);

#[inline(always)]
fn watch_bit(n: u32) -> u16 {
    1 << (n & 15)
}

/// Smallest table: 8 index slots, 5 entries.
pub const MIN_LOG2: u8 = 3;

/// What an empty dict points at: no room, never freed, never versioned.
#[repr(C)]
struct NoTable {
    table: Table,
    index: [AtomicU8; 8],
}
static NO_TABLE: NoTable = NoTable {
    table: Table {
        version: AtomicU64::new(0),
        next: AtomicU32::new(0),
        tail: AtomicU32::new(0),
        first: AtomicU32::new(0),
        usable: 0,
        log2: MIN_LOG2,
        all_str: AtomicBool::new(true),
        watched: AtomicU16::new(0),
        rebound: AtomicU16::new(0),
        rebound_again: AtomicU16::new(0),
        _align: [],
    },
    index: [const { AtomicU8::new(u8::MAX) }; 8],
};

/// The table of an empty dict.
#[inline(always)]
pub fn no_table() -> *mut Table {
    (&raw const NO_TABLE).cast::<Table>().cast_mut()
}

#[inline(always)]
fn usable_of(log2: u8) -> u32 {
    ((2u64 << log2) / 3) as u32
}

#[inline(always)]
fn width_of(log2: u8) -> usize {
    match log2 {
        0..=8 => 1,
        9..=16 => 2,
        _ => 4,
    }
}

/// The smallest table with room for `n` entries.
pub fn log2_for(n: usize) -> Option<u8> {
    (MIN_LOG2..=32).find(|&l| usable_of(l) as usize >= n)
}

/// The table a full one of `used` keys grows into.
pub fn grown_log2(used: usize) -> Option<u8> {
    let want = used.checked_mul(3)?.max(8);
    (MIN_LOG2..=32).find(|&l| 1usize << l >= want)
}

#[inline(always)]
fn layout(log2: u8) -> Option<Layout> {
    let bytes = HEADER + usable_of(log2) as usize * size_of::<Entry>() + (width_of(log2) << log2);
    Layout::from_size_align(bytes, 8).ok()
}

impl Table {
    /// A new table without keys; None when memory is out.
    #[inline]
    pub fn alloc(log2: u8) -> Option<*mut Table> {
        // Most are of the smallest size: known beforehand, it is filled by a few stores.
        if log2 == MIN_LOG2 {
            return Table::alloc_sized(MIN_LOG2);
        }
        Table::alloc_large(log2)
    }

    #[inline(never)]
    fn alloc_large(log2: u8) -> Option<*mut Table> {
        Table::alloc_sized(log2)
    }

    #[inline(always)]
    fn alloc_sized(log2: u8) -> Option<*mut Table> {
        let usable = usable_of(log2);
        // SAFETY: the size is not 0; every byte is written: header, zero entries, index of EMPTY.
        unsafe {
            let p = std::alloc::alloc(layout(log2)?);
            if p.is_null() {
                return None;
            }
            let table = Table {
                version: AtomicU64::new(0),
                next: AtomicU32::new(0),
                tail: AtomicU32::new(0),
                first: AtomicU32::new(0),
                usable,
                log2,
                all_str: AtomicBool::new(true),
                watched: AtomicU16::new(0),
                rebound: AtomicU16::new(0),
                rebound_again: AtomicU16::new(0),
                _align: [],
            };
            p.cast::<Table>().write(table);
            let entries = usable as usize * size_of::<Entry>();
            p.add(HEADER).write_bytes(0, entries);
            p.add(HEADER + entries)
                .write_bytes(0xFF, width_of(log2) << log2);
            Some(p.cast())
        }
    }

    /// Entry `i`; `i < usable`.
    #[inline(always)]
    pub fn entry(&self, i: u32) -> &Entry {
        debug_assert!(i < self.usable);
        // SAFETY: R9: `usable` entries follow the header; callers got `i` from the index or compare with `tail`.
        unsafe {
            &*(&raw const *self)
                .cast::<u8>()
                .add(HEADER)
                .cast::<Entry>()
                .add(i as usize)
        }
    }
    #[inline(always)]
    pub fn usable(&self) -> u32 {
        self.usable
    }
    pub fn log2(&self) -> u8 {
        self.log2
    }
    /// Bytes of the table, for `__sizeof__`.
    pub fn bytes(&self) -> usize {
        if self.usable == 0 {
            0
        } else {
            layout(self.log2).map_or(0, |l| l.size())
        }
    }
    /// No entry at or after this one holds a key.
    #[inline(always)]
    pub fn tail(&self) -> u32 {
        self.tail.load(Ordering::Acquire)
    }
    #[inline(always)]
    pub fn first(&self) -> u32 {
        self.first.load(Ordering::Relaxed)
    }
    #[inline(always)]
    pub fn is_full(&self) -> bool {
        self.next.load(Ordering::Relaxed) >= self.usable
    }
    pub fn room(&self) -> usize {
        (self.usable - self.next.load(Ordering::Relaxed)) as usize
    }
    #[inline(always)]
    pub fn handed_out(&self) -> u32 {
        self.next.load(Ordering::Relaxed)
    }
    pub fn all_str(&self) -> bool {
        self.all_str.load(Ordering::Relaxed)
    }
    #[inline(always)]
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }
    /// Under the lock.
    pub fn set_version(&self, v: u64) {
        self.version.store(v, Ordering::Release);
    }
    #[inline(always)]
    fn forget_version(&self) {
        if self.version.load(Ordering::Relaxed) != 0 {
            self.version.store(0, Ordering::Release);
        }
    }

    /// Replace the value of live entry `n`. Under the lock.
    #[inline(always)]
    pub fn replace(&self, n: u32, value: Value) -> Option<Value> {
        if self.watched.load(Ordering::Relaxed) & watch_bit(n) != 0 {
            self.stop_watching(n, value.bits());
        }
        self.entry(n).value.swap(Some(value))
    }
    /// Entry `n` gets the value of these bits.
    #[cold]
    fn stop_watching(&self, n: u32, bits: u64) {
        let same = bits & !(if bits & 3 == 0 { BORROWED } else { 0 });
        if self.entry(n).value.peek_bits() == same {
            return;
        }
        // The version goes first: who still finds it finds the old value in time.
        self.forget_version();
        self.watched.store(0, Ordering::Relaxed);
        let before = self.rebound.fetch_or(watch_bit(n), Ordering::Relaxed);
        let again = before & watch_bit(n);
        self.rebound_again.fetch_or(again, Ordering::Relaxed);
    }
    /// Have the version end when the value of entry `n` is replaced. False where that happened before: it would end again and
    /// again. Under the lock.
    pub fn watch(&self, n: u32) -> bool {
        if self.rebound_again.load(Ordering::Relaxed) & watch_bit(n) != 0 {
            return false;
        }
        self.watched.fetch_or(watch_bit(n), Ordering::Relaxed);
        true
    }

    #[inline(always)]
    fn index<W>(&self) -> &[W] {
        // SAFETY: the index follows the entries, `1 << log2` numbers of the width that `W` stands for.
        unsafe {
            let at = (&raw const *self)
                .cast::<u8>()
                .add(HEADER + self.usable as usize * size_of::<Entry>());
            std::slice::from_raw_parts(at.cast::<W>(), 1 << self.log2)
        }
    }

    /// Show `see` the entries that may hold a key of this hash until it recognizes one. It is given the entry and the bits
    /// of its key (never 0).
    #[inline(always)]
    pub fn find(&self, hash: i64, mut see: impl FnMut(&Entry, u64) -> Match) -> Found {
        probe::find(
            (1usize << self.log2) - 1,
            hash,
            #[inline(always)]
            |i| self.index_at(i),
            #[inline(always)]
            |n| self.entry(n).key.word(),
            #[inline(always)]
            |n, key| see(self.entry(n), key),
        )
    }

    /// The value slot of the key of these bits, if that stands where its hash says; `Some(None)` if nothing does.
    #[inline(always)]
    pub fn value_at_first(&self, hash: i64, bits: u64) -> Option<Option<&Slot>> {
        let n = self.at_first(hash, bits)?;
        Some(n.map(|n| &self.entry(n).value))
    }

    /// The number of the entry of the key of these bits, if that stands where its hash says; `Some(None)` if nothing does.
    #[inline(always)]
    pub fn at_first(&self, hash: i64, bits: u64) -> Option<Option<u32>> {
        let n = self.index_at(probe::first(hash, (1usize << self.log2) - 1));
        if n >= probe::DUMMY {
            return (n == probe::EMPTY).then_some(None);
        }
        (self.entry(n).key.word().load(Ordering::Acquire) == bits).then_some(Some(n))
    }

    /// Word `i` of the index, whatever its width: a branch that always goes one way costs less than three copies of a probe.
    #[inline(always)]
    fn index_at(&self, i: usize) -> u32 {
        debug_assert!(i >> self.log2 == 0);
        // SAFETY: the index follows the entries, `1 << log2` numbers of the width that `width_of` says.
        unsafe {
            let base = (&raw const *self)
                .cast::<u8>()
                .add(HEADER + self.usable as usize * size_of::<Entry>());
            if self.log2 <= 8 {
                (*base.cast::<AtomicU8>().add(i)).get()
            } else if self.log2 <= 16 {
                (*base.cast::<AtomicU16>().add(i)).get()
            } else {
                (*base.cast::<AtomicU32>().add(i)).get()
            }
        }
    }

    /// Add an entry for a key that is not there. Under the lock; not full.
    #[inline]
    pub fn insert(&self, hash: i64, key: Value, value: Value, key_is_str: bool) -> u32 {
        self.forget_version();
        if !key_is_str {
            self.all_str.store(false, Ordering::Relaxed);
        }
        let n = self.next.load(Ordering::Relaxed);
        let e = self.entry(n);
        let fill = || {
            e.hash.store(hash, Ordering::Relaxed);
            e.value.init(value);
            self.next.store(n + 1, Ordering::Relaxed);
            self.tail.store(n + 1, Ordering::Release);
        };
        let (place, bits) = (e.key.word(), key.into_counted().into_bits());
        if self.log2 <= 8 {
            probe::insert::<AtomicU8>(self.index(), hash, n, place, bits, fill);
        } else if self.log2 <= 16 {
            probe::insert::<AtomicU16>(self.index(), hash, n, place, bits, fill);
        } else {
            probe::insert::<AtomicU32>(self.index(), hash, n, place, bits, fill);
        }
        n
    }

    /// Add entries (hash, key, value) for strings that are not there to a table that nobody else knows and that has the room:
    /// how many they are.
    #[inline(always)]
    pub fn append_unshared(&self, items: impl Iterator<Item = (i64, Value, Value)>) -> usize {
        if self.log2 <= 8 {
            self.append_indexed::<AtomicU8>(items)
        } else if self.log2 <= 16 {
            self.append_indexed::<AtomicU16>(items)
        } else {
            self.append_indexed::<AtomicU32>(items)
        }
    }

    #[inline(always)]
    fn append_indexed<W: IndexWord>(
        &self,
        items: impl Iterator<Item = (i64, Value, Value)>,
    ) -> usize {
        let index = self.index::<W>();
        let before = self.next.load(Ordering::Relaxed);
        let mut n = before;
        for (hash, key, value) in items {
            assert!(n < self.usable, "the room was made beforehand");
            let e = self.entry(n);
            e.hash.store(hash, Ordering::Relaxed);
            e.value.init(value);
            e.key.init(key);
            probe::put::<W>(index, hash, n);
            n += 1;
        }
        self.next.store(n, Ordering::Relaxed);
        self.tail.store(n, Ordering::Relaxed);
        (n - before) as usize
    }

    #[inline(always)]
    fn index_put(&self, hash: i64, n: u32) {
        if self.log2 <= 8 {
            probe::put::<AtomicU8>(self.index(), hash, n);
        } else if self.log2 <= 16 {
            probe::put::<AtomicU16>(self.index(), hash, n);
        } else {
            probe::put::<AtomicU32>(self.index(), hash, n);
        }
    }

    /// Take out entry `n`. Under the lock. The values are dropped after it.
    pub fn delete(&self, n: u32) -> (Value, Value) {
        self.forget_version();
        let e = self.entry(n);
        self.index_rename(e.hash.load(Ordering::Relaxed), n, probe::DUMMY);
        let value = e.value.take();
        let key = e.key.take();
        if n + 1 == self.tail.load(Ordering::Relaxed) {
            // Holes before it are left to whoever looks for the last entry: walking over them at each deletion would make
            // a dict that is used as a stack with other keys below slow.
            self.tail.store(n, Ordering::Release);
        }
        if n == self.first() {
            let mut f = n + 1;
            let tail = self.tail.load(Ordering::Relaxed);
            while f < tail && self.entry(f).key.is_empty() {
                f += 1;
            }
            self.first.store(f, Ordering::Relaxed);
        }
        (key.expect("a live entry"), value.expect("a live entry"))
    }

    /// Move live entry `n` behind all others. Under the lock; not full. A reader meets the key in the old place, or finds
    /// that place empty and the index word changed.
    pub fn move_to_tail(&self, n: u32) {
        self.forget_version();
        let (e, to_n) = (self.entry(n), self.next.load(Ordering::Relaxed));
        let to = self.entry(to_n);
        let hash = e.hash.load(Ordering::Relaxed);
        to.hash.store(hash, Ordering::Relaxed);
        // SAFETY: the counts move with the words: the old place is emptied below, under the lock.
        unsafe {
            to.value.set_bits(e.value.peek_bits());
            to.key.set_bits(e.key.peek_bits());
        }
        self.next.store(to_n + 1, Ordering::Relaxed);
        self.tail.store(to_n + 1, Ordering::Release);
        self.index_rename(hash, n, to_n);
        // SAFETY: as above.
        unsafe {
            e.value.set_bits(0);
            e.key.set_bits(0);
        }
        if n == self.first() {
            let next = (n + 1..to_n).find(|&i| !self.entry(i).key.is_empty());
            self.first.store(next.unwrap_or(to_n), Ordering::Relaxed);
        }
    }

    /// The index names `to` where it named `n`.
    fn index_rename(&self, hash: i64, n: u32, to: u32) {
        if self.log2 <= 8 {
            probe::rename::<AtomicU8>(self.index(), hash, n, to);
        } else if self.log2 <= 16 {
            probe::rename::<AtomicU16>(self.index(), hash, n, to);
        } else {
            probe::rename::<AtomicU32>(self.index(), hash, n, to);
        }
    }

    /// A bigger (or tidied) table with the same live entries; the counts move into it when `moving`, else they are taken
    /// anew. Under the lock of the dict that this table belongs to. None when memory is out.
    pub fn rebuilt(&self, log2: u8, moving: bool, tid: u16) -> Option<*mut Table> {
        self.rebuilt_in_order(log2, moving, tid, self.first()..self.tail())
    }

    /// A copy of the table with counts of its own. As it stands where few entries are gone, else tidied. Under the lock of
    /// the dict that this table belongs to, which holds `used` keys. None when memory is out.
    pub fn copied(&self, used: usize, tid: u16) -> Option<*mut Table> {
        let (next, tail) = (self.next.load(Ordering::Relaxed), self.tail());
        if used as u32 != tail || next != tail || used < self.usable as usize / 2 {
            return self.rebuilt(log2_for(used)?, false, tid);
        }
        // No holes: the entries keep their numbers, so the index is right as it is.
        let layout = layout(self.log2)?;
        // SAFETY: the same size; the lock keeps writers out and the entries alive; nobody knows the copy, whose version is
        // its own.
        unsafe {
            let p = std::alloc::alloc(layout);
            if p.is_null() {
                return None;
            }
            std::ptr::copy_nonoverlapping((&raw const *self).cast::<u8>(), p, layout.size());
            let new = p.cast::<Table>();
            (*new).version.store(0, Ordering::Relaxed);
            (*new).watched.store(0, Ordering::Relaxed);
            (*new).rebound.store(0, Ordering::Relaxed);
            for i in 0..tail {
                let e = self.entry(i);
                for s in [&e.key, &e.value] {
                    if let Some(v) = s.as_value() {
                        v.incref_in(tid);
                    }
                }
            }
            Some(new)
        }
    }

    /// The same entries with the live entry `first` before all others; the counts move.
    pub fn rebuilt_with_first(&self, log2: u8, first: u32) -> Option<*mut Table> {
        let rest = (self.first()..self.tail()).filter(move |&i| i != first);
        self.rebuilt_in_order(log2, true, 0, std::iter::once(first).chain(rest))
    }

    fn rebuilt_in_order(
        &self,
        log2: u8,
        moving: bool,
        tid: u16,
        order: impl Iterator<Item = u32>,
    ) -> Option<*mut Table> {
        let p = Table::alloc(log2)?;
        // SAFETY: just made, reachable by nobody else.
        let new = unsafe { &*p };
        let mut n = 0;
        for i in order {
            let e = self.entry(i);
            if e.key.is_empty() {
                continue;
            }
            let hash = e.hash.load(Ordering::Relaxed);
            let to = new.entry(n);
            to.hash.store(hash, Ordering::Relaxed);
            // SAFETY: the counts move with the words, or are added here; under the lock both are alive.
            unsafe {
                if !moving {
                    for s in [&e.key, &e.value] {
                        if let Some(v) = s.as_value() {
                            v.incref_in(tid);
                        }
                    }
                }
                to.value.set_bits(e.value.peek_bits());
                to.key.set_bits(e.key.peek_bits());
            }
            new.index_put(hash, n);
            n += 1;
        }
        new.next.store(n, Ordering::Relaxed);
        new.tail.store(n, Ordering::Relaxed);
        new.all_str.store(self.all_str(), Ordering::Relaxed);
        Some(p)
    }
}

/// A table taken out of its dict, freed at once or after a grace period (R9). `full` ones still own what their entries hold.
#[must_use = "dispose of it after the lock"]
pub struct OldTable {
    table: *mut Table,
    shared: bool,
    full: bool,
}

impl OldTable {
    pub fn is_none(&self) -> bool {
        std::ptr::eq(self.table, no_table())
    }
    pub fn none() -> OldTable {
        OldTable {
            table: no_table(),
            shared: false,
            full: false,
        }
    }
    /// A table whose entries' counts moved elsewhere.
    pub fn moved(table: *mut Table, shared: bool) -> OldTable {
        OldTable {
            table,
            shared,
            full: false,
        }
    }
    /// A table that still owns its entries' counts.
    pub fn full(table: *mut Table, shared: bool) -> OldTable {
        OldTable {
            table,
            shared,
            full: true,
        }
    }
    /// Drop what it holds and free it. No lock is held.
    pub fn dispose(self, t: &Thread) {
        // SAFETY: R9: unlinked; a table that others may be reading is retired with the layout it was made with.
        unsafe {
            if (*self.table).usable == 0 {
                return;
            }
            if self.full {
                drop_entries(self.table);
            }
            if self.shared {
                let layout = layout((*self.table).log2).expect("was allocated");
                typhon_runtime::qsbr::retire_buffer(t, self.table.cast(), layout);
            } else {
                free_table(self.table);
            }
        }
    }
}

/// Drop the counts of every entry, leaving the words (readers that still see them find the path changed, R2).
///
/// # Safety
/// The table is unlinked and its counts belong to the caller.
unsafe fn drop_entries(table: *mut Table) {
    // SAFETY: by contract.
    unsafe {
        let t = &*table;
        for i in 0..t.tail.load(Ordering::Relaxed) {
            let e = t.entry(i);
            let (k, v) = (e.key.peek_bits(), e.value.peek_bits());
            for bits in [k, v] {
                if bits & 3 == 0 {
                    drop(crate::objects::list::owned(bits));
                }
            }
        }
    }
}

/// Free a dead dict's table.
///
/// # Safety
/// Nobody reads it (R2 starts from a counted root).
pub unsafe fn free_dead(table: *mut Table) {
    // SAFETY: by contract.
    unsafe {
        if (*table).usable != 0 {
            drop_entries(table);
            free_table(table);
        }
    }
}

/// Give a table's memory back.
///
/// # Safety
/// It was allocated, nobody reads it and what its entries held has gone elsewhere.
#[inline(always)]
unsafe fn free_table(table: *mut Table) {
    // SAFETY: by contract; R9: made with the layout of this size, so that has one.
    unsafe {
        let layout = layout((*table).log2).unwrap_unchecked();
        std::alloc::dealloc(table.cast(), layout);
    }
}
