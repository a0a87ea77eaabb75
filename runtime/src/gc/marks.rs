//! Mark bits, beside the cells: one for each cell of the pages, at the head of the arena, one for each type cell, and one in the
//! prefix of each large cell. Looking at an edge to what is marked already touches no header, and
//! wiping the marks touches no cell.
//!
//! Static objects have no bit: they count as marked.

use crate::arena;
use crate::header::Header;
use crate::large;
use crate::region;
use crate::sync::{AtomicPtr, AtomicU32, AtomicU64, Ordering};
use std::ptr::null_mut;

/// The types' bits, indexed as their cells.
static TYPE_MARKS: AtomicPtr<AtomicU64> = AtomicPtr::new(null_mut());

/// In a large cell's word.
pub(super) const LARGE_MARK: u32 = 1 << 30;

/// The marks of one collection, all clear at first.
pub(super) struct Marks {
    _types: Vec<u64>,
}

impl Marks {
    /// World stopped.
    pub(super) fn new() -> Marks {
        arena::for_each_page(|page| {
            if page.is_live() {
                for word in page.marks() {
                    word.store(0, Ordering::Relaxed);
                }
            }
        });
        let mut types = vec![0u64; region::type_count().div_ceil(64)];
        TYPE_MARKS.store(types.as_mut_ptr() as *mut AtomicU64, Ordering::Relaxed);
        large::for_each(|head, _| {
            // SAFETY: a large cell's prefix; it holds the word of an earlier collection.
            unsafe { (*large::prefix(head)).gc.store(0, Ordering::Relaxed) };
        });
        Marks { _types: types }
    }
}

impl Drop for Marks {
    fn drop(&mut self) {
        TYPE_MARKS.store(null_mut(), Ordering::Relaxed);
    }
}

/// Applies one of the functions to the cell's bit, or gives `fixed` for what has none.
#[inline(always)]
fn at<R>(
    head: *const Header,
    bit: impl Fn(&AtomicU64, u64) -> R,
    large_bit: impl Fn(&AtomicU32) -> R,
    fixed: R,
) -> R {
    if arena::contains(head as *const u8) {
        // SAFETY: a small cell's page record and mark bits.
        unsafe {
            let index = (*arena::page_of(head as *const u8)).index_of(head);
            let word = &*arena::marks_of(head as *const u8).add(index / 64);
            return bit(word, 1 << (index % 64));
        }
    }
    if let Some(index) = region::type_index(head) {
        // SAFETY: the array has a bit for every type cell.
        let word = unsafe { &*TYPE_MARKS.load(Ordering::Relaxed).add(index / 64) };
        return bit(word, 1 << (index % 64));
    }
    if region::contains(head as *const u8) {
        return fixed;
    }
    // SAFETY: everything else is a large cell.
    large_bit(unsafe { &(*large::prefix(head)).gc })
}

#[inline(always)]
pub(super) fn is_marked(head: *const Header) -> bool {
    at(
        head,
        |word, bit| word.load(Ordering::Relaxed) & bit != 0,
        |word| word.load(Ordering::Relaxed) & LARGE_MARK != 0,
        true,
    )
}

/// Marks a cell; true if it was not marked. By the only thread that marks.
#[inline(always)]
pub(super) fn set(head: *const Header) -> bool {
    at(
        head,
        |word, bit| {
            let old = word.load(Ordering::Relaxed);
            word.store(old | bit, Ordering::Relaxed);
            old & bit == 0
        },
        |word| {
            let old = word.load(Ordering::Relaxed);
            word.store(old | LARGE_MARK, Ordering::Relaxed);
            old & LARGE_MARK == 0
        },
        false,
    )
}

/// The same while others mark too: one of them wins.
#[inline(always)]
pub(super) fn set_shared(head: *const Header) -> bool {
    at(
        head,
        |word, bit| {
            word.load(Ordering::Relaxed) & bit == 0
                && word.fetch_or(bit, Ordering::Relaxed) & bit == 0
        },
        |word| word.fetch_or(LARGE_MARK, Ordering::Relaxed) & LARGE_MARK == 0,
        false,
    )
}

/// Shows every cell that holds an object and is not marked. World stopped.
pub(super) fn for_each_unmarked(mut f: impl FnMut(*mut Header)) {
    arena::for_each_page(|page| {
        if !page.is_live() {
            return;
        }
        let (carved, marks) = (page.carved() as usize, page.marks());
        let marked: u32 = marks
            .iter()
            .map(|word| word.load(Ordering::Relaxed).count_ones())
            .sum();
        if marked == page.used.get() {
            return;
        }
        for (i, word) in marks.iter().enumerate() {
            let mut clear = !word.load(Ordering::Relaxed);
            if carved - i * 64 < 64 {
                clear &= (1 << (carved - i * 64)) - 1;
            }
            while clear != 0 {
                let head = page.cell((i * 64) as u32 + clear.trailing_zeros());
                clear &= clear - 1;
                // SAFETY: carved cells start with a header; 0 means free (R12).
                if unsafe { (*head).type_word() } != 0 {
                    f(head);
                }
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
