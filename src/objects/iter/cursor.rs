//! The place of an iterator over something with indices.
//!
//! An iterator that several threads may hold moves by one atomic addition, so that no item comes twice. One that `for` has
//! made for itself is held by a register of its frame and by nothing else: it says so in the top bit of its place and moves by
//! a load and a store. (Code that is not the compiler's own could give such an iterator away: two threads might then
//! get the same item, never one outside, since every reader compares the index with the length.)

use crate::Cx;
use std::sync::atomic::{AtomicUsize, Ordering};
use typhon_runtime::header::Header;

/// The index of the item that comes next.
pub struct Cursor(AtomicUsize);

/// Only a loop has the iterator.
const LOOP: usize = 1 << 63;
/// Past every index: exhausted for good, even if the container grows.
const DONE: usize = usize::MAX / 2;

impl Cursor {
    /// At the beginning; `in_loop`: of an iterator that only a `for` will have.
    #[inline(always)]
    pub fn new(in_loop: bool) -> Cursor {
        Cursor(AtomicUsize::new((in_loop as usize) << 63))
    }
    /// The index, if only a loop has the iterator and it is not exhausted; else past every index.
    #[inline(always)]
    pub fn in_loop(&self) -> usize {
        self.0.load(Ordering::Relaxed) ^ LOOP
    }
    /// Item `i`, as told by [`Self::in_loop`], was taken.
    #[inline(always)]
    pub fn step_in_loop(&self, i: usize) {
        self.0.store((i + 1) ^ LOOP, Ordering::Relaxed);
    }
    /// The index of the next item, which is the caller's then; None when exhausted. `head` is the iterator's.
    #[inline(always)]
    pub fn advance(&self, head: &Header, cx: &Cx) -> Option<usize> {
        let n = self.0.load(Ordering::Relaxed);
        if n & LOOP != 0 {
            self.0.store(n + 1, Ordering::Relaxed);
            return Some(n ^ LOOP);
        }
        if n >= DONE {
            return None;
        }
        if head.is_uniquely_held(cx.tid) {
            self.0.store(n + 1, Ordering::Relaxed);
            return Some(n);
        }
        Some(self.0.fetch_add(1, Ordering::Relaxed))
    }
    /// There is nothing more.
    #[inline]
    pub fn finish(&self) {
        self.0.store(DONE, Ordering::Relaxed);
    }
    /// The index; None when exhausted.
    pub fn index(&self) -> Option<usize> {
        Some(self.0.load(Ordering::Relaxed) & !LOOP).filter(|&n| n < DONE)
    }
    /// Go to index `i`, unless exhausted.
    pub fn set(&self, i: usize) {
        if self.index().is_some() {
            self.0.store(i, Ordering::Relaxed);
        }
    }
}
