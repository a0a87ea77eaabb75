//! A growing array of slots read without its lock: length, buffer, slot (R2, R9).
//!
//! ```text
//! writer, under the lock       append:  word, then length
//!                              grow:    a new buffer with the words copied, then the buffer, then as above
//!                              remove:  length, word NULL
//!                              shrink:  length, words NULL, then the smaller buffer
//! reader, inside a guard       length: index outside? the answer is "no such item"
//!                              buffer: index beyond ITS capacity? take the lock
//!                              slot:   NULL? take the lock; else count and look again (slot_read), the buffer being the path
//! ```
//! Length and buffer are two words, read one after the other: a reader may hold the length of before and the
//! buffer of after, or the other way round. So the buffer's own capacity bounds the access, never the length; the length
//! only answers for indexes beyond it. A replaced buffer is retired, not freed, and keeps its words: that is why
//! the second look asks whether the buffer is still the list's.

use crate::sync::{AtomicPtr, AtomicUsize, Bug, Ordering, seeded};

/// Where item `i` is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place<B> {
    /// The list had no such item.
    Outside,
    /// Between two states: take the lock.
    Unsure,
    /// In this buffer.
    In(*const B),
}

#[inline(always)]
pub fn place<B>(
    length: &AtomicUsize,
    buffer: &AtomicPtr<B>,
    i: usize,
    capacity: impl FnOnce(*const B) -> usize,
) -> Place<B> {
    if i >= length.load(Ordering::Acquire) {
        return Place::Outside;
    }
    let b: *const B = buffer.load(Ordering::Acquire);
    if !seeded(Bug::LengthForCapacity) && i >= capacity(b) {
        return Place::Unsure;
    }
    Place::In(b)
}

/// The second look at the path.
#[inline(always)]
pub fn is_current<B>(buffer: &AtomicPtr<B>, b: *const B) -> bool {
    std::ptr::eq(buffer.load(Ordering::Acquire), b)
}

/// Under the lock; the buffer is filled. The caller retires the old one.
#[inline(always)]
pub fn publish_buffer<B>(buffer: &AtomicPtr<B>, new: *mut B) {
    buffer.store(new, Ordering::Release);
}

/// Under the lock; the words below it are stored.
#[inline(always)]
pub fn publish_length(length: &AtomicUsize, n: usize) {
    length.store(n, Ordering::Release);
}
