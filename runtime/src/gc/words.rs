//! Side words: what the collector knows of a cell during one collection.
//!
//! ```text
//! CANDIDATE 1<<31 | MARKED 1<<30 | count of references not accounted for
//! ```
//! 0: not a candidate (a leaf, dying, immortal static data). The words of small cells lie in one array
//! with a pointer into it in each page record, those of types in an array of their own, those of large
//! cells in their prefix. All is reached with the world stopped, by one thread.

use crate::arena;
use crate::header::{Header, flag};
use crate::heap;
use crate::info::type_flag;
use crate::large;
use crate::refcount;
use crate::region;
use crate::sync::{AtomicPtr, Ordering};
use std::ptr::null_mut;

const CANDIDATE: u32 = 1 << 31;
const MARKED: u32 = 1 << 30;
const COUNT: u32 = MARKED - 1;

/// The types' words, indexed as their cells.
static TYPE_WORDS: AtomicPtr<u32> = AtomicPtr::new(null_mut());

/// The side words of one collection.
pub(super) struct Words {
    _small: Vec<u32>,
    types: Vec<u32>,
}

#[inline(always)]
fn word(head: *const Header) -> *mut u32 {
    if arena::contains(head as *const u8) {
        // SAFETY: a small cell's page record; `gc` points at its words during a collection.
        unsafe {
            let page = &*arena::page_of(head as *const u8);
            page.gc.get().add(page.index_of(head))
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

/// True if the cell was a candidate not marked before.
#[inline(always)]
pub(super) fn mark(head: *const Header) -> bool {
    let p = word(head);
    if p.is_null() {
        return false;
    }
    // SAFETY: see `word`.
    unsafe {
        let w = *p;
        if w & (CANDIDATE | MARKED) == CANDIDATE {
            *p = w | MARKED;
            return true;
        }
    }
    false
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
        if w & (CANDIDATE | MARKED) == CANDIDATE {
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

/// Of a candidate: not marked yet, and how many references are unaccounted for.
pub(super) fn doubtful(head: *const Header) -> Option<u32> {
    let p = word(head);
    if p.is_null() {
        return None;
    }
    // SAFETY: see `word`.
    let w = unsafe { *p };
    (w & (CANDIDATE | MARKED) == CANDIDATE).then_some(w & COUNT)
}

/// What the first pass found.
#[derive(Default)]
pub(super) struct Found {
    /// Immortal or frozen cells that hold references.
    pub(super) roots: Vec<*const Header>,
    /// Types kept alive by cells that are not traversed.
    pub(super) types: Vec<u32>,
}

fn first_word(head: &Header, found: &mut Found) -> u32 {
    let flags = head.flags();
    let ty = head.type_word();
    // SAFETY: a live cell's type is alive (R12).
    let info = unsafe { region::info(ty) };
    if flags & flag::DYING != 0 || (!info.has(type_flag::GC) && flags & flag::DEFERRED == 0) {
        // Static types are roots anyway.
        if !region::is_static_type(ty) && found.types.last() != Some(&ty) {
            found.types.push(ty);
        }
        return 0;
    }
    if flags & (flag::IMMORTAL | flag::FROZEN) != 0 {
        found.roots.push(head);
        return CANDIDATE;
    }
    debug_assert!(
        !info.has(type_flag::IS_TYPE) || flags & flag::DEFERRED != 0,
        "types are deferred or immortal: their instances do not count them (R11)"
    );
    let total = refcount::total(head);
    debug_assert!(total >= 0, "negative count: type {ty:#x}");
    CANDIDATE | (total.clamp(0, COUNT as i64) as u32)
}

impl Words {
    /// Gives every cell its word.
    pub(super) fn prepare() -> (Words, Found) {
        let mut found = Found::default();
        let mut n = 0;
        arena::for_each_page(|page| {
            if page.is_live() {
                n += page.carved() as usize;
            }
        });
        let mut small = vec![0u32; n];
        let base = small.as_mut_ptr();
        let mut next = 0;
        arena::for_each_page(|page| {
            if page.is_live() {
                // SAFETY: the sum of the same numbers.
                page.gc.set(unsafe { base.add(next) });
                next += page.carved() as usize;
            }
        });
        heap::for_each_small(|head, _, page, index| {
            // SAFETY: a live cell; its word.
            unsafe { *page.gc.get().add(index) = first_word(&*head, &mut found) };
        });
        large::for_each(|head, _| {
            // SAFETY: as above.
            unsafe {
                (*large::prefix(head))
                    .gc
                    .set(first_word(&*head, &mut found))
            };
        });
        let mut types = vec![0u32; region::type_count()];
        region::for_each_type(|head| {
            if let Some(index) = region::type_index(head) {
                // SAFETY: an initialized type cell.
                types[index] = first_word(unsafe { &*head }, &mut found);
            }
        });
        found.types.sort_unstable();
        found.types.dedup();
        TYPE_WORDS.store(types.as_mut_ptr(), Ordering::Relaxed);
        (
            Words {
                _small: small,
                types,
            },
            found,
        )
    }

    /// Every candidate not marked, with its count.
    pub(super) fn for_each_doubtful(&self, mut f: impl FnMut(*const Header, u32)) {
        heap::for_each_small(|head, _, page, index| {
            // SAFETY: the cell's word.
            let w = unsafe { *page.gc.get().add(index) };
            if w & (CANDIDATE | MARKED) == CANDIDATE {
                f(head, w & COUNT);
            }
        });
        large::for_each(|head, _| {
            if let Some(count) = doubtful(head) {
                f(head, count);
            }
        });
        for index in 0..self.types.len() {
            let head = region::type_at(index);
            // Read through the pointer: marking wrote there.
            if let Some(count) = doubtful(head) {
                f(head, count);
            }
        }
    }
}

impl Drop for Words {
    fn drop(&mut self) {
        TYPE_WORDS.store(null_mut(), Ordering::Relaxed);
        arena::for_each_page(|page| page.gc.set(null_mut()));
    }
}
