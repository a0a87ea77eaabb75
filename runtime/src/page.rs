//! A page: 16 KiB of cells of one size class, owned by one thread id.
//!
//! | field | who |
//! | ----- | --- |
//! | free, used, trip, bump, next, prev, retired | the owner (a thread that inherited the id is the owner) |
//! | owner | the owner; stable while the page has a live cell |
//! | others, link | threads that free cells of the page ([`FreeStack`]); emptied by the owner |
//! | gc | the collector, world stopped |
//!
//! `used` counts cells not on `free`: live ones and those on the `others` stack. A free cell has a zero
//! header (R4) and its link in the eight bytes behind it, so a stale reader finds a dead object there.

use crate::arena::PAGE;
use crate::header::Header;
use crate::protocol::page_retire::RetiredAt;
use crate::protocol::xfree::FreeStack;
use crate::sync::{AtomicU16, AtomicU64, Ordering};
use std::cell::Cell;
use std::ptr::null_mut;

/// Cells are carved this many bytes at a time, so that memory is touched as it is needed.
const CARVE: u32 = 4096;
/// A full page is offered again only after this part of it is free.
const REENTER: u32 = 16;

#[repr(C)]
pub(crate) struct FreeCell {
    pub(crate) head: Header,
    pub(crate) link: Cell<*mut FreeCell>,
}

#[repr(C, align(128))]
pub(crate) struct Page {
    // A cache line that only the owner writes, at each object it makes and frees.
    pub(crate) free: Cell<*mut FreeCell>,
    pub(crate) used: Cell<u32>,
    /// When `used` falls to this, the page needs attention: it may be queued, or is empty.
    pub(crate) trip: Cell<u32>,
    capacity: Cell<u32>,
    bump: Cell<u32>,
    pub(crate) next: Cell<*mut Page>,
    pub(crate) prev: Cell<*mut Page>,
    /// While retired (R3).
    pub(crate) retired: RetiredAt,
    /// During a collection: one word per cell, if some are doubtful.
    pub(crate) gc: Cell<*mut u32>,
    queued: Cell<bool>,
    // And one for who frees cells that are not its own.
    shared: Line,
    pub(crate) owner: AtomicU16,
    /// Cell size in units of 16 bytes; 0: the page is in the pool.
    pub(crate) class: Cell<u8>,
    bytes: u32,
    start: *mut u8,
    pub(crate) others: FreeStack,
    /// The next page in the owner's list of pages with foreign frees.
    pub(crate) link: AtomicU64,
}

/// What follows begins a cache line.
#[repr(align(64))]
struct Line;

const _: () = {
    assert!(size_of::<Page>() == crate::arena::RECORD as usize);
    assert!(std::mem::offset_of!(Page, owner) == 64);
};

// SAFETY: see the table above; the collector reads with the world stopped.
unsafe impl Sync for Page {}

impl Page {
    pub(crate) const fn fresh(start: *mut u8, bytes: u32) -> Page {
        Page {
            free: Cell::new(null_mut()),
            used: Cell::new(0),
            trip: Cell::new(0),
            capacity: Cell::new(0),
            bump: Cell::new(0),
            next: Cell::new(null_mut()),
            prev: Cell::new(null_mut()),
            retired: RetiredAt::new(),
            gc: Cell::new(null_mut()),
            queued: Cell::new(false),
            shared: Line,
            owner: AtomicU16::new(0),
            class: Cell::new(0),
            bytes,
            start,
            others: FreeStack::new(),
            link: AtomicU64::new(0),
        }
    }

    /// From the pool into the hands of `owner`. Nobody reads its cells any more (R3).
    pub(crate) fn assign(&self, owner: u16, class: usize) {
        debug_assert_eq!(self.class.get(), 0);
        debug_assert!(self.others.is_empty());
        self.capacity.set(self.bytes / (class as u32 * 16));
        self.bump.set(0);
        self.used.set(0);
        self.trip.set(0);
        self.free.set(null_mut());
        self.next.set(null_mut());
        self.prev.set(null_mut());
        self.queued.set(false);
        self.class.set(class as u8);
        self.owner.store(owner, Ordering::Release);
    }

    pub(crate) fn release(&self) {
        debug_assert_eq!(self.used.get(), 0);
        self.class.set(0);
        self.owner.store(0, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn cell_bytes(&self) -> usize {
        self.class.get() as usize * 16
    }
    #[inline]
    pub(crate) fn carved(&self) -> u32 {
        self.bump.get()
    }
    /// Cells the page has room for.
    pub(crate) fn capacity(&self) -> u32 {
        self.capacity.get()
    }
    pub(crate) fn is_live(&self) -> bool {
        self.class.get() != 0
    }
    pub(crate) fn is_exhausted(&self) -> bool {
        self.free.get().is_null() && self.bump.get() == self.capacity.get()
    }

    /// Marks a full page, to be queued again when a part of it is free.
    pub(crate) fn set_full(&self) {
        let capacity = self.capacity.get();
        if capacity != 0 {
            self.queued.set(false);
            self.trip.set(capacity - (capacity / REENTER).max(1));
        }
    }

    /// True if the page is neither current nor queued: it was full.
    pub(crate) fn trips_from_full(&self) -> bool {
        self.trip.get() != 0
    }

    /// Makes the next free cells out of untouched space.
    ///
    /// # Safety
    /// By the owner; the free list is empty and space is left.
    pub(crate) unsafe fn carve(&self) {
        let size = self.cell_bytes() as u32;
        let first = self.bump.get();
        let n = (CARVE / size).max(4).min(self.capacity.get() - first);
        let mut head = self.free.get();
        for i in (first..first + n).rev() {
            // SAFETY: inside the page; nobody else uses the cell (R3).
            unsafe {
                let cell = self.start.add((i * size) as usize) as *mut FreeCell;
                // The place held other cells' payload once: nothing of it may pass for a lock byte or a flag.
                (&raw mut (*cell).head).write(Header::placeholder());
                (*cell).link.set(head);
                head = cell;
            }
        }
        self.free.set(head);
        self.bump.set(first + n);
    }

    /// The addresses of its cells.
    pub(crate) fn memory(&self) -> std::ops::Range<u64> {
        self.start as u64..self.start as u64 + self.bytes as u64
    }

    /// The first of its marks, of which [`crate::arena::PAGE_MARKS`] are its cells' and nobody else's.
    pub(crate) fn marks(&self) -> *mut u8 {
        crate::arena::mark_of((self.start as u64 & !(PAGE - 1)) as *const u8) as *mut u8
    }

    #[inline]
    pub(crate) fn cell(&self, index: u32) -> *mut Header {
        // SAFETY: index < carved.
        unsafe { self.start.add(index as usize * self.cell_bytes()) as *mut Header }
    }

    /// Whether the address is that of one of its cells.
    pub(crate) fn begins_cell(&self, at: *const Header) -> bool {
        let offset = (at as u64).wrapping_sub(self.start as u64) as usize;
        let size = self.cell_bytes();
        self.is_live() && offset < self.carved() as usize * size && offset.is_multiple_of(size)
    }

    /// The index of a cell in its page.
    #[inline(always)]
    pub(crate) fn index_of(&self, cell: *const Header) -> usize {
        // Division by the class through its reciprocal: exact for offsets below 1024 units.
        let units = ((cell as u64 - self.start as u64) >> 4) as u32;
        ((units * RECIPROCAL[self.class.get() as usize & 63]) >> 16) as usize
    }
}

const RECIPROCAL: [u32; 64] = {
    let mut table = [0; 64];
    let mut class = 1;
    while class < 64 {
        table[class] = 65536u32.div_ceil(class as u32);
        class += 1;
    }
    table
};
