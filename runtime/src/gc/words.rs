//! Side words: the counts of the doubtful, those cells that no root led to.
//!
//! ```text
//! DOUBTFUL 1<<31 | count of references not accounted for
//! ```
//! The words of small cells lie in an array for each page that has doubtful ones, those of types in an
//! array of their own, those of large cells in their prefix, beside their mark. All is reached with
//! the world stopped, by one thread.

use super::marks::LARGE_MARK;
use crate::arena;
use crate::header::{Header, flag};
use crate::info::type_flag;
use crate::large;
use crate::page::Page;
use crate::refcount;
use crate::region;
use crate::sync::{AtomicPtr, Ordering};
use std::ptr::null_mut;

const DOUBTFUL: u32 = 1 << 31;
const COUNT: u32 = LARGE_MARK - 1;

/// The types' words, indexed as their cells.
static TYPE_WORDS: AtomicPtr<u32> = AtomicPtr::new(null_mut());

/// The side words of one collection, and whose they are.
pub(super) struct Words {
    pages: Vec<(&'static Page, Box<[u32]>)>,
    _types: Vec<u32>,
    pub(super) doubtful: Vec<*const Header>,
}

#[inline(always)]
fn word(head: *const Header) -> *mut u32 {
    if arena::contains(head as *const u8) {
        // SAFETY: a small cell's page record; `gc` points at its words, if it has any.
        unsafe {
            let page = &*arena::page_of(head as *const u8);
            let words = page.gc.get();
            if words.is_null() {
                return words;
            }
            words.add(page.index_of(head))
        }
    } else {
        unusual_word(head)
    }
}

#[inline(never)]
fn unusual_word(head: *const Header) -> *mut u32 {
    if let Some(index) = region::type_index(head) {
        // SAFETY: the array has a word for every type cell.
        unsafe { TYPE_WORDS.load(Ordering::Relaxed).add(index) }
    } else if region::contains(head as *const u8) {
        null_mut()
    } else {
        // SAFETY: everything else is a large cell.
        unsafe { (*large::prefix(head)).gc.as_ptr() }
    }
}

/// One reference to the cell is accounted for.
#[inline(always)]
pub(super) fn subtract(head: *const Header) {
    let p = word(head);
    if p.is_null() {
        return;
    }
    // SAFETY: see `word`.
    unsafe {
        let w = *p;
        if w & DOUBTFUL != 0 {
            debug_assert!(
                w & COUNT != 0,
                "traverse shows more references than are counted: type {:#x}",
                (*head).type_word()
            );
            if w & COUNT != 0 {
                *p = w - 1;
            }
        }
    }
}

/// How many references to a doubtful cell are unaccounted for.
pub(super) fn unaccounted(head: *const Header) -> u32 {
    // SAFETY: see `word`; the doubtful have one.
    unsafe { *word(head) & COUNT }
}

fn first_word(head: &Header) -> u32 {
    debug_assert!(
        !head.info().has(type_flag::IS_TYPE) || head.is_deferred(),
        "types are deferred or immortal: their instances do not count them (R11): type {:#x}, flags {:#x}, in the region {}",
        head.type_word(),
        head.flags(),
        crate::region::contains((&raw const *head).cast())
    );
    let total = refcount::total(head);
    debug_assert!(total >= 0, "negative count: type {:#x}", head.type_word());
    DOUBTFUL | (total.clamp(0, COUNT as i64) as u32)
}

/// Whether the collector has to decide about a cell.
#[inline(always)]
pub(super) fn is_candidate(head: &Header) -> bool {
    let flags = head.flags();
    flags & flag::DYING == 0 && (head.info().has(type_flag::GC) || flags & flag::DEFERRED != 0)
}

impl Words {
    /// Gives the doubtful their counts. World stopped.
    pub(super) fn of(doubtful: Vec<*const Header>) -> Words {
        let mut types = vec![0u32; region::type_count()];
        TYPE_WORDS.store(types.as_mut_ptr(), Ordering::Relaxed);
        let mut pages: Vec<(&'static Page, Box<[u32]>)> = Vec::new();
        for &head in &doubtful {
            // SAFETY: a live cell, with the world stopped; page records live forever.
            unsafe {
                if arena::contains(head as *const u8) {
                    let page = &*arena::page_of(head as *const u8);
                    if page.gc.get().is_null() {
                        let mut words = vec![0u32; page.carved() as usize].into_boxed_slice();
                        page.gc.set(words.as_mut_ptr());
                        pages.push((page, words));
                    }
                }
                *word(head) = first_word(&*head);
            }
        }
        Words {
            pages,
            _types: types,
            doubtful,
        }
    }
}

impl Drop for Words {
    fn drop(&mut self) {
        TYPE_WORDS.store(null_mut(), Ordering::Relaxed);
        for (page, _) in &self.pages {
            page.gc.set(null_mut());
        }
    }
}
