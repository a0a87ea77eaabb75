//! The read of a slot without a lock (R2), its second half: a reference to a cell that may meanwhile
//! be another object is counted, and then the slot and every pointer of the path are read again.
//!
//! Why it holds: if the count succeeded, its Acquire synchronizes with the Release that reset the cell
//! when it was last freed (R4; every change since is a read-modify-write). Whoever freed it had taken
//! it out of the slot, or the buffer out of the path, before; so the second look sees that.

use super::refword::RefWord;
use crate::sync::{AtomicU64, Bug, Ordering, seeded};

#[must_use]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Read {
    /// The caller holds a reference to what the slot holds.
    Counted,
    /// The caller holds a reference to a stranger: give it back past guard and locks.
    Undo,
    /// Nothing was counted: take the lock.
    Refused,
}

/// `bits` is what the slot held.
#[inline]
pub fn count_and_look_again(
    word: &RefWord,
    slot: &AtomicU64,
    bits: u64,
    path_unchanged: impl Fn() -> bool,
) -> Read {
    if !word.try_inc() {
        return Read::Refused;
    }
    let same = slot.load(Ordering::Acquire) == bits;
    if same && (seeded(Bug::ReadNoRecheck) || path_unchanged()) {
        Read::Counted
    } else {
        Read::Undo
    }
}
