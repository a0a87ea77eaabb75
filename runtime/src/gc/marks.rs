//! Marks, beside the cells: a byte for each, which its address leads to; those of types in an array of their own, those of
//! large cells in their prefix. Looking at an edge to what is marked already touches no header, and wiping the marks
//! touches no cell. Bytes and not bits, so that several threads mark by plain stores: two that meet may both find a cell
//! unmarked, and both look at it, which costs time but is seldom.
//!
//! Each collection marks with another number, so that the marks of the one before need not be wiped: the thread that wiped them
//! would have them all in its cache, and the others would have to take them from there.
//!
//! Static objects have none: they count as marked.

use super::Reason;
use crate::arena::{self, PAGE_MARKS};
use crate::header::Header;
use crate::large;
use crate::page::Page;
use crate::region;
use crate::sync::{AtomicPtr, AtomicU8, AtomicU32, Ordering};
use std::ptr::null_mut;

/// What marks a small cell in this collection; never 0, which is what fresh memory holds. Changed with the world stopped.
static MARK: AtomicU8 = AtomicU8::new(0);

/// The types' marks, indexed as their cells.
static TYPE_MARKS: AtomicPtr<AtomicU8> = AtomicPtr::new(null_mut());

/// In a large cell's word.
pub(super) const LARGE_MARK: u32 = 1 << 30;

/// The marks of one collection. Nothing is marked at first.
pub(super) struct Marks {
    _types: Vec<u8>,
    /// The next such collection comes when the heap is much bigger.
    of_growth: bool,
}

impl Marks {
    /// World stopped.
    pub(super) fn new(reason: Reason) -> Marks {
        let mark = match MARK.load(Ordering::Relaxed) {
            u8::MAX => {
                arena::wipe_marks();
                1
            }
            mark => mark + 1,
        };
        MARK.store(mark, Ordering::Relaxed);
        let mut types = vec![0u8; region::type_count()];
        TYPE_MARKS.store(types.as_mut_ptr() as *mut AtomicU8, Ordering::Relaxed);
        large::for_each(|head, _| {
            // SAFETY: a large cell's prefix; it holds the word of an earlier collection.
            unsafe { (*large::prefix(head)).gc.store(0, Ordering::Relaxed) };
        });
        Marks {
            _types: types,
            of_growth: reason == Reason::Growth,
        }
    }
}

impl Drop for Marks {
    fn drop(&mut self) {
        TYPE_MARKS.store(null_mut(), Ordering::Relaxed);
        if self.of_growth {
            arena::release_marks();
        }
    }
}

/// What a cell that is not small has for a mark.
enum Unusual {
    Type(&'static AtomicU8),
    Large(&'static AtomicU32),
    Static,
}

#[inline(never)]
fn unusual(head: *const Header) -> Unusual {
    if let Some(index) = region::type_index(head) {
        // SAFETY: the array has a mark for every type cell.
        Unusual::Type(unsafe { &*TYPE_MARKS.load(Ordering::Relaxed).add(index) })
    } else if region::contains(head as *const u8) {
        Unusual::Static
    } else {
        // SAFETY: everything else is a large cell, which stays while the world is stopped.
        Unusual::Large(unsafe { &(*large::prefix(head)).gc })
    }
}

#[inline(always)]
pub(super) fn is_marked(head: *const Header) -> bool {
    if arena::contains(head as *const u8) {
        // SAFETY: a small cell's mark.
        let mark = unsafe { &*arena::mark_of(head as *const u8) };
        return mark.load(Ordering::Relaxed) == MARK.load(Ordering::Relaxed);
    }
    match unusual(head) {
        Unusual::Type(mark) => mark.load(Ordering::Relaxed) != 0,
        Unusual::Large(word) => word.load(Ordering::Relaxed) & LARGE_MARK != 0,
        Unusual::Static => true,
    }
}

/// Marks a cell; true if it was not marked.
#[inline(always)]
pub(super) fn set(head: *const Header) -> bool {
    if arena::contains(head as *const u8) {
        // SAFETY: a small cell's mark.
        let mark = unsafe { &*arena::mark_of(head as *const u8) };
        return set_byte(mark, MARK.load(Ordering::Relaxed));
    }
    match unusual(head) {
        Unusual::Type(mark) => set_byte(mark, 1),
        Unusual::Large(word) => {
            let old = word.load(Ordering::Relaxed);
            word.store(old | LARGE_MARK, Ordering::Relaxed);
            old & LARGE_MARK == 0
        }
        Unusual::Static => false,
    }
}

#[inline(always)]
fn set_byte(place: &AtomicU8, mark: u8) -> bool {
    if place.load(Ordering::Relaxed) == mark {
        return false;
    }
    place.store(mark, Ordering::Relaxed);
    true
}

/// How many cells of a page are marked. World stopped, nobody marking.
fn count(page: &Page) -> u32 {
    /// Sums of so many fit in a byte.
    const ROW: usize = 128;
    const { assert!(PAGE_MARKS.is_multiple_of(ROW)) };
    let mark = MARK.load(Ordering::Relaxed);
    // SAFETY: the page's marks.
    let rows = unsafe { &*page.marks().cast::<[[u8; ROW]; PAGE_MARKS / ROW]>() };
    let marked = |row: &[u8; ROW]| row.iter().map(|&m| u8::from(m == mark)).sum::<u8>();
    rows.iter().map(|row| u32::from(marked(row))).sum()
}

/// Shows every cell that holds an object and is not marked. World stopped.
pub(super) fn for_each_unmarked(mut f: impl FnMut(*mut Header)) {
    arena::for_each_page(|page| {
        if !page.is_live() {
            return;
        }
        let marked = count(page);
        if marked == page.used.get() {
            return;
        }
        for i in 0..page.carved() {
            let head = page.cell(i);
            // SAFETY: carved cells start with a header; 0 means free (R12).
            if !is_marked(head) && unsafe { (*head).type_word() } != 0 {
                f(head);
            }
        }
    });
    large::for_each(|head, _| {
        if !is_marked(head) {
            f(head);
        }
    });
    region::for_each_type(|head| {
        if !is_marked(head) {
            f(head);
        }
    });
}
