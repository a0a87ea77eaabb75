//! Copying to and from memory that other threads may write at the same time: every access is a relaxed atomic, of a word
//! where the shared side is aligned. A racing copy gives a mixture of old and new bytes, as CPython's `memcpy` does.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};

/// Copy shared bytes into private ones.
///
/// # Safety
/// `from` is readable for `to.len()` bytes.
pub unsafe fn read(from: *const u8, to: &mut [u8]) {
    let head = from.align_offset(8).min(to.len());
    let (first, rest) = to.split_at_mut(head);
    let words = rest.len() / 8;
    let (middle, last) = rest.split_at_mut(words * 8);
    // SAFETY: by contract; words are read where the address is a multiple of eight.
    unsafe {
        for (i, b) in first.iter_mut().enumerate() {
            *b = (*from.add(i).cast::<AtomicU8>()).load(Relaxed);
        }
        let base = from.add(head);
        for (i, chunk) in middle.chunks_exact_mut(8).enumerate() {
            chunk.copy_from_slice(
                &(*base.add(i * 8).cast::<AtomicU64>())
                    .load(Relaxed)
                    .to_ne_bytes(),
            );
        }
        let base = base.add(words * 8);
        for (i, b) in last.iter_mut().enumerate() {
            *b = (*base.add(i).cast::<AtomicU8>()).load(Relaxed);
        }
    }
}

/// Copy private bytes into shared ones.
///
/// # Safety
/// `to` is writable for `from.len()` bytes.
pub unsafe fn write(to: *mut u8, from: &[u8]) {
    let head = to.cast_const().align_offset(8).min(from.len());
    let (first, rest) = from.split_at(head);
    let words = rest.len() / 8;
    let (middle, last) = rest.split_at(words * 8);
    // SAFETY: by contract; words are written where the address is a multiple of eight.
    unsafe {
        for (i, &b) in first.iter().enumerate() {
            (*to.add(i).cast::<AtomicU8>()).store(b, Relaxed);
        }
        let base = to.add(head);
        for (i, chunk) in middle.chunks_exact(8).enumerate() {
            let mut word = [0; 8];
            word.copy_from_slice(chunk);
            (*base.add(i * 8).cast::<AtomicU64>()).store(u64::from_ne_bytes(word), Relaxed);
        }
        let base = base.add(words * 8);
        for (i, &b) in last.iter().enumerate() {
            (*base.add(i).cast::<AtomicU8>()).store(b, Relaxed);
        }
    }
}
