//! What must be reset in the child of a `fork`.
//!
//! The parking table may hold waiters of threads that exist only in the parent. Keys carry the number
//! of forks, so nobody in the child meets them.

use crate::sync::{AtomicUsize, Ordering};

static FORKS: AtomicUsize = AtomicUsize::new(0);

/// The parking key of an address in this process.
#[inline]
pub(crate) fn park_key(address: usize) -> usize {
    address ^ (FORKS.load(Ordering::Relaxed) << 48)
}
