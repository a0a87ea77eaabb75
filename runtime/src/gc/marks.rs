//! Marks, beside the cells: a byte for each, which its address leads to; those of types in an array of their own, those of
//! large cells in their prefix. Looking at an edge to what is marked already touches no header, and wiping the marks
//! touches no cell. Bytes and not bits, so that several threads mark by plain stores: two that meet may both find a cell
//! unmarked, and both look at it, which costs time but is seldom.
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

/// The types' marks, indexed as their cells.
static TYPE_MARKS: AtomicPtr<AtomicU8> = AtomicPtr::new(null_mut());

/// In a large cell's word.
pub(super) const LARGE_MARK: u32 = 1 << 30;

/// The marks of one collection, all clear at first.
pub(super) struct Marks {
    _types: Vec<u8>,
    /// The next such collection comes when the heap is much bigger.
    of_growth: bool,
}

impl Marks {
    /// World stopped.
    pub(super) fn new(reason: Reason) -> Marks {
        arena::for_each_page(|page| {
            if page.is_live() {
                // SAFETY: the page's marks, with the world stopped and nobody marking.
                unsafe { page.marks().write_bytes(0, PAGE_MARKS) };
            }
        });
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
        return unsafe { (*arena::mark_of(head as *const u8)).load(Ordering::Relaxed) } != 0;
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
        return set_byte(unsafe { &*arena::mark_of(head as *const u8) });
    }
    match unusual(head) {
        Unusual::Type(mark) => set_byte(mark),
        Unusual::Large(word) => {
            let old = word.load(Ordering::Relaxed);
            word.store(old | LARGE_MARK, Ordering::Relaxed);
            old & LARGE_MARK == 0
        }
        Unusual::Static => false,
    }
}

#[inline(always)]
fn set_byte(mark: &AtomicU8) -> bool {
    if mark.load(Ordering::Relaxed) != 0 {
        return false;
    }
    mark.store(1, Ordering::Relaxed);
    true
}

/// How many cells of a page are marked. World stopped, nobody marking.
fn count(page: &Page) -> u32 {
    const WORDS: usize = PAGE_MARKS / 8;
    // Byte-wise sums in words: each byte comes to WORDS at most.
    const { assert!(PAGE_MARKS.is_multiple_of(8) && WORDS < 256) };
    // SAFETY: the page's marks, aligned as its memory; each is 0 or 1.
    let words = unsafe { &*page.marks().cast::<[u64; WORDS]>() };
    let sums = words.iter().sum::<u64>();
    sums.to_ne_bytes().into_iter().map(u32::from).sum()
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
