//! What builds with debug assertions can do to find mistakes sooner, asked for by the environment:
//!
//! | variable | effect |
//! | --- | --- |
//! | `TYPHON_VERIFY_HEAP=1` | the heap verifier (`gc/verify.rs`) runs before and within every collection |
//! | `TYPHON_COLLECT_EVERY=N` | a full collection is due at every Nth object that a thread makes |
//! | `TYPHON_SHRINK=1` | batches, spins, samples and delays shrink to one or near it, so that rare paths are common |
//!
//! Other builds read none of them, and the questions below fold away.

use crate::sync::OnceLock;
use crate::sync::{AtomicU64, Ordering};
use crate::thread::{Thread, breaker};

fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.trim().parse().unwrap_or(1)).filter(|&n| n != 0)
}

/// `usual`, or 1 where constants shrink.
#[inline(always)]
pub(crate) fn shrunk(usual: usize) -> usize {
    static SHRINK: OnceLock<bool> = OnceLock::new();
    if cfg!(debug_assertions) && *SHRINK.get_or_init(|| variable("TYPHON_SHRINK").is_some()) {
        1
    } else {
        usual
    }
}

pub(crate) fn verifies_heap() -> bool {
    static VERIFY: OnceLock<bool> = OnceLock::new();
    cfg!(debug_assertions) && *VERIFY.get_or_init(|| variable("TYPHON_VERIFY_HEAP").is_some())
}

/// The thread makes an object.
#[inline(always)]
pub(crate) fn allocated(t: &Thread) {
    if cfg!(debug_assertions) {
        count_allocation(t);
    }
}

/// After how many objects each there is to be a collection; 0: when the heap has grown.
fn collect_every() -> u64 {
    static EVERY: OnceLock<u64> = OnceLock::new();
    *EVERY.get_or_init(|| variable("TYPHON_COLLECT_EVERY").unwrap_or(0))
}

pub(crate) fn collects_often() -> bool {
    cfg!(debug_assertions) && collect_every() != 0
}

#[cold]
fn count_allocation(t: &Thread) {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let every = collect_every();
    if every != 0 && MADE.fetch_add(1, Ordering::Relaxed).is_multiple_of(every) {
        t.breaker.fetch_or(breaker::GC_DUE, Ordering::Relaxed);
    }
}
