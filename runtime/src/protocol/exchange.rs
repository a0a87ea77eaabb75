//! A slot replaced without its object's lock, against a reader that counts under the lock (R20's one exception).
//!
//! ```text
//! writer:  exchange the slot; lock held? --yes: wait for the lock once--> drop what was displaced
//! reader whose lock-free read failed:  lock; fence; read the slot; count; unlock
//! ```
//! As in Dekker's algorithm, one of the two sees the other: either the writer sees the lock held and lets the reader
//! finish, or the reader, which looks after its fence, sees the new value. On x86-64 this costs the writer one load; taking the
//! lock would cost a second locked instruction.

use super::lock_byte::LockByte;
use crate::sync::{AtomicU64, Bug, Ordering, fence, seeded, seq_cst_access};

/// The writer's first step.
#[inline(always)]
pub fn swap(slot: &AtomicU64, new: u64) -> u64 {
    let old = slot.swap(new, Ordering::SeqCst);
    seq_cst_access();
    old
}

/// The writer's second step: whether a reader may be counting what was displaced.
#[inline(always)]
pub fn must_wait(lock: &LockByte) -> bool {
    !seeded(Bug::ExchangeNoLook) && lock.is_locked_seq_cst()
}

/// The reader, between taking the lock and reading the slot.
#[inline(always)]
pub fn begin_locked_read() {
    fence(Ordering::SeqCst);
}
