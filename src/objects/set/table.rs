//! The table of a set: open addressing with runs of linear probing. An entry's key goes NULL -> K -> NULL and is never used
//! again in one table (R9); a deleted entry keeps a hash that no key has. Iteration order is table order, as in CPython.

use crate::Value;
use crate::objects::list::owned;
use std::alloc::Layout;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use typhon_runtime::slot::Slot;
use typhon_runtime::thread::Thread;

pub struct Entry {
    /// Of a free entry 0, of a deleted one DELETED.
    pub hash: AtomicI64,
    pub key: Slot,
}

/// No hash is -1.
const DELETED: i64 = -1;

#[repr(C)]
pub struct Table {
    mask: usize,
    /// Entries in use or deleted, and `COUNTED`. Written under the lock.
    fill: AtomicUsize,
    entries: [Entry; 0],
}

const HEADER: usize = 16;
const _: () = assert!(size_of::<Table>() == HEADER && size_of::<Entry>() == 16);

/// A bit of `fill`: a key with a count stood here. Tables of small ints are freed without a look at their entries.
const COUNTED: usize = 1 << 63;

/// Neighbours looked at before the probe jumps.
const LINEAR: usize = 9;
pub const MIN_SIZE: usize = 8;

#[repr(C)]
struct NoTable {
    table: Table,
    entry: Entry,
}
static NO_TABLE: NoTable = NoTable {
    table: Table {
        mask: 0,
        fill: AtomicUsize::new(0),
        entries: [],
    },
    entry: Entry {
        hash: AtomicI64::new(0),
        key: Slot::EMPTY,
    },
};

/// The table of an empty set.
#[inline(always)]
pub fn no_table() -> *mut Table {
    (&raw const NO_TABLE).cast::<Table>().cast_mut()
}

/// What the caller says of an entry it is shown.
pub enum Match {
    Yes,
    No,
    Stop,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    At(usize),
    /// Absent; a key of this hash goes to this entry.
    Absent(usize),
    Stopped(usize),
}

fn layout(size: usize) -> Option<Layout> {
    Layout::from_size_align(
        size.checked_mul(size_of::<Entry>())?.checked_add(HEADER)?,
        8,
    )
    .ok()
}

/// The table size for a set that grows beyond `used` keys.
pub fn grown_size(used: usize) -> Option<usize> {
    size_above(if used > 50_000 {
        used.checked_mul(2)?
    } else {
        used * 4
    })
}

/// The smallest table with more than `n` entries.
#[inline]
pub fn size_above(n: usize) -> Option<usize> {
    Some(n.checked_add(1)?.checked_next_power_of_two()?.max(MIN_SIZE))
}

/// The size of a table to which `n` keys were added one by one, few enough not to overflow.
pub fn size_after(n: usize) -> Option<usize> {
    let mut size = MIN_SIZE;
    loop {
        let full = ((size - 1) * 3).div_ceil(5);
        if n < full {
            return Some(size);
        }
        size = grown_size(full)?;
    }
}

impl Table {
    /// A new empty table of `size` (a power of two) entries; None when memory is out.
    #[inline]
    pub fn alloc(size: usize) -> Option<*mut Table> {
        match size {
            MIN_SIZE => Table::alloc_least(),
            _ => Table::alloc_zeroed(size),
        }
    }

    /// One of the smallest size: known beforehand, it is filled by a few stores.
    #[inline(always)]
    pub fn alloc_least() -> Option<*mut Table> {
        const LEAST: usize = HEADER + MIN_SIZE * size_of::<Entry>();
        // SAFETY: the size is not 0; zeroed entries are free ones.
        unsafe {
            let p = std::alloc::alloc(layout(MIN_SIZE)?);
            if p.is_null() {
                return None;
            }
            p.write_bytes(0, LEAST);
            let p = p.cast::<Table>();
            (*p).mask = MIN_SIZE - 1;
            Some(p)
        }
    }

    #[inline(never)]
    fn alloc_zeroed(size: usize) -> Option<*mut Table> {
        // SAFETY: the size is not 0; zeroed entries are free ones.
        unsafe {
            let p = std::alloc::alloc_zeroed(layout(size)?).cast::<Table>();
            if p.is_null() {
                return None;
            }
            (*p).mask = size - 1;
            Some(p)
        }
    }
    #[inline(always)]
    pub fn mask(&self) -> usize {
        self.mask
    }
    pub fn is_static(&self) -> bool {
        self.mask == 0
    }
    pub fn bytes(&self) -> usize {
        if self.is_static() {
            0
        } else {
            HEADER + (self.mask + 1) * size_of::<Entry>()
        }
    }
    /// Entry `i`; `i <= mask`.
    #[inline(always)]
    pub fn entry(&self, i: usize) -> &Entry {
        debug_assert!(i <= self.mask);
        // SAFETY: R9: `mask + 1` entries follow the header.
        unsafe {
            &*(&raw const *self)
                .cast::<u8>()
                .add(HEADER)
                .cast::<Entry>()
                .add(i)
        }
    }
    /// Whether one more key wants a bigger table.
    #[inline(always)]
    pub fn is_full(&self, more: usize) -> bool {
        ((self.fill.load(Ordering::Relaxed) & !COUNTED) + more) * 5 >= self.mask * 3
    }

    /// Show `see` the entries that may hold a key of this hash until it recognizes one. It is given the entry and the bits
    /// of its key (never 0).
    #[inline(always)]
    pub fn find(&self, hash: i64, mut see: impl FnMut(&Entry, u64) -> Match) -> Found {
        let mask = self.mask;
        let mut perturb = hash as u64 as usize;
        let mut i = perturb & mask;
        loop {
            let run = if i + LINEAR <= mask { LINEAR } else { 0 };
            for at in i..=i + run {
                let e = self.entry(at);
                let key = e.key.peek_bits_acquire();
                if key != 0 {
                    match see(e, key) {
                        Match::Yes => return Found::At(at),
                        Match::No => {}
                        Match::Stop => return Found::Stopped(at),
                    }
                } else if e.hash.load(Ordering::Acquire) != DELETED {
                    return Found::Absent(at);
                }
            }
            perturb >>= 5;
            i = i.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb) & mask;
        }
    }

    /// Whether the key of these bits stands at the first place that [`Self::find`] asks, where that tells.
    #[inline(always)]
    pub fn has_at_first(&self, hash: i64, bits: u64) -> Option<bool> {
        let e = self.entry(hash as u64 as usize & self.mask);
        match e.key.peek_bits_acquire() {
            0 => (e.hash.load(Ordering::Acquire) != DELETED).then_some(false),
            key => (key == bits).then_some(true),
        }
    }

    /// The same, and the number of the place where it stands. The table does not change.
    #[inline(always)]
    pub fn first_place(&self, hash: i64, bits: u64) -> Option<Option<usize>> {
        let at = hash as u64 as usize & self.mask;
        let e = self.entry(at);
        match e.key.peek_bits() {
            0 => (e.hash.load(Ordering::Relaxed) != DELETED).then_some(None),
            key => (key == bits).then_some(Some(at)),
        }
    }

    /// A new table of the keys at these places, each counted anew, which is the one that adding them one by one leaves. None if
    /// that cannot be told, since two of them want one place, or memory is out. Under the lock.
    pub fn of_places(&self, places: &[u32], tid: u16) -> Option<*mut Table> {
        let p = Table::alloc(size_after(places.len())?)?;
        // SAFETY: just made.
        let new = unsafe { &*p };
        for &at in places {
            let e = self.entry(at as usize);
            let hash = e.hash.load(Ordering::Relaxed);
            let to = new.entry(hash as u64 as usize & new.mask);
            if !to.key.is_empty() {
                // SAFETY: nobody knows the new table, and its words have no counts yet.
                unsafe { free_table(p) };
                return None;
            }
            to.hash.store(hash, Ordering::Relaxed);
            // SAFETY: the count is taken below, before anybody sees the table.
            unsafe { to.key.set_bits(e.key.peek_bits()) };
        }
        let mut counted = 0;
        if self.fill.load(Ordering::Relaxed) & COUNTED != 0 {
            counted = COUNTED;
            for &at in places {
                // SAFETY: under the lock the keys are alive.
                if let Some(v) = unsafe { self.entry(at as usize).key.as_value() } {
                    v.incref_in(tid);
                }
            }
        }
        new.fill.store(places.len() | counted, Ordering::Relaxed);
        Some(p)
    }

    /// The free entry for a key of this hash in a table that does not have it, has the room, and from which nothing was deleted.
    /// Most are free where the hash says.
    #[inline(always)]
    fn free_or_further(&self, hash: i64) -> usize {
        let first = hash as u64 as usize & self.mask;
        match self.entry(first).key.peek_bits() {
            0 => first,
            _ => self.free_further(hash),
        }
    }
    #[inline(never)]
    fn free_further(&self, hash: i64) -> usize {
        self.free_place(hash)
    }

    /// As [`Self::free_or_further`].
    #[inline(always)]
    pub fn free_place(&self, hash: i64) -> usize {
        let mask = self.mask;
        let mut perturb = hash as u64 as usize;
        let mut i = perturb & mask;
        loop {
            let run = if i + LINEAR <= mask { LINEAR } else { 0 };
            for at in i..=i + run {
                if self.entry(at).key.peek_bits() == 0 {
                    return at;
                }
            }
            perturb >>= 5;
            i = i.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb) & mask;
        }
    }

    /// Fill the free entry `at`. Under the lock.
    #[inline]
    pub fn insert_at(&self, at: usize, hash: i64, key: Value) {
        let e = self.entry(at);
        e.hash.store(hash, Ordering::Relaxed);
        let counted = if key.is_ptr() { COUNTED } else { 0 };
        e.key.init(key);
        let fill = self.fill.load(Ordering::Relaxed) + 1;
        self.fill.store(fill | counted, Ordering::Relaxed);
    }

    /// Take out the key of entry `at`. Under the lock.
    pub fn delete_at(&self, at: usize) -> Option<Value> {
        let e = self.entry(at);
        // The mark first: a reader that meets NULL must not take it for the end of the probe.
        e.hash.store(DELETED, Ordering::Release);
        e.key.take()
    }

    /// A new table with the same `used` keys; the counts move when `moving`, else they are taken anew.
    pub fn rebuilt(&self, size: usize, used: usize, moving: bool, tid: u16) -> Option<*mut Table> {
        let p = Table::alloc(size)?;
        // SAFETY: just made.
        let new = unsafe { &*p };
        let mut n = 0;
        // Of the same size and without deleted entries, keys keep their places.
        let same = size == self.mask + 1 && self.fill.load(Ordering::Relaxed) & !COUNTED == used;
        let mut i = 0;
        // Behind the last key nothing is left to look at.
        while n < used {
            let (at, e) = (i, self.entry(i));
            i += 1;
            let bits = e.key.peek_bits();
            if bits == 0 {
                continue;
            }
            let hash = e.hash.load(Ordering::Relaxed);
            let to = new.entry(if same { at } else { new.free_or_further(hash) });
            to.hash.store(hash, Ordering::Relaxed);
            // SAFETY: the counts move with the words or are taken here; under the lock the keys are alive.
            unsafe {
                if !moving && let Some(v) = e.key.as_value() {
                    v.incref_in(tid);
                }
                to.key.set_bits(bits);
            }
            n += 1;
        }
        let counted = self.fill.load(Ordering::Relaxed) & COUNTED;
        new.fill.store(n | counted, Ordering::Relaxed);
        Some(p)
    }
}

/// A table taken out of its set (R9). `full` ones still own their keys' counts.
#[must_use = "dispose of it after the lock"]
pub struct OldTable {
    table: *mut Table,
    shared: bool,
    full: bool,
}

impl OldTable {
    pub fn none() -> OldTable {
        OldTable {
            table: no_table(),
            shared: false,
            full: false,
        }
    }
    pub fn moved(table: *mut Table, shared: bool) -> OldTable {
        OldTable {
            table,
            shared,
            full: false,
        }
    }
    pub fn full(table: *mut Table, shared: bool) -> OldTable {
        OldTable {
            table,
            shared,
            full: true,
        }
    }
    pub fn is_none(&self) -> bool {
        std::ptr::eq(self.table, no_table())
    }
    /// Free what nobody else has ever seen; its keys went elsewhere.
    #[inline]
    pub fn free_unshared(self) {
        debug_assert!(!self.shared && !self.full);
        // SAFETY: unlinked, and no reader.
        unsafe {
            if !(*self.table).is_static() {
                free_table(self.table);
            }
        }
    }
    /// Drop what it holds and free it. No lock is held.
    #[inline]
    pub fn dispose(self, t: &Thread) {
        // SAFETY: R9: unlinked; retired with the layout it was made with when others may be reading.
        unsafe {
            if (*self.table).is_static() {
                return;
            }
            if self.full {
                drop_keys(self.table);
            }
            if self.shared {
                let layout = layout((*self.table).mask + 1).expect("was allocated");
                typhon_runtime::qsbr::retire_buffer(t, self.table.cast(), layout);
            } else {
                free_table(self.table);
            }
        }
    }
}

/// Give a table's memory back.
///
/// # Safety
/// It was allocated, nobody reads it and its keys have gone elsewhere.
#[inline]
unsafe fn free_table(table: *mut Table) {
    // SAFETY: by contract.
    unsafe {
        // It was made with the layout of this size, so that has one.
        let layout = layout((*table).mask + 1).unwrap_unchecked();
        std::alloc::dealloc(table.cast(), layout);
    }
}

/// # Safety
/// The table is unlinked and its counts belong to the caller.
unsafe fn drop_keys(table: *mut Table) {
    // SAFETY: by contract.
    unsafe {
        // Entries filled in all: behind the last of them nothing stands.
        let fill = (*table).fill.load(Ordering::Relaxed);
        if fill & COUNTED == 0 {
            return;
        }
        let mut left = fill & !COUNTED;
        for i in 0..=(*table).mask {
            let e = (*table).entry(i);
            let bits = e.key.peek_bits();
            if bits != 0 || e.hash.load(Ordering::Relaxed) == DELETED {
                if bits & 3 == 0 {
                    drop(owned(bits));
                }
                left -= 1;
                if left == 0 {
                    break;
                }
            }
        }
    }
}

/// Free a dead set's table.
///
/// # Safety
/// Nobody reads it.
pub unsafe fn free_dead(table: *mut Table) {
    // SAFETY: by contract.
    unsafe {
        if !(*table).is_static() {
            drop_keys(table);
            free_table(table);
        }
    }
}
