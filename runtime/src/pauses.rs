//! The times the world stood still: a histogram, and a log of the latest.

use crate::protocol::ranks::Rank;
use crate::sync::{AtomicU64, Mutex, Ordering};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Bucket `i` holds pauses below `2^i` microseconds that no bucket before holds; the last holds the rest.
pub const BUCKETS: usize = 24;
/// How many pauses the log keeps.
const LOGGED: usize = 64;

static HISTOGRAM: [AtomicU64; BUCKETS] = [const { AtomicU64::new(0) }; BUCKETS];
static TOTAL_NS: AtomicU64 = AtomicU64::new(0);
static LONGEST_NS: AtomicU64 = AtomicU64::new(0);
static LOG: Mutex<VecDeque<Pause>> = Mutex::ranked(Rank::Log, VecDeque::new());

/// One pause.
#[derive(Clone, Copy, Debug)]
pub struct Pause {
    /// What the world was stopped for.
    pub reason: &'static str,
    /// When it was asked to stop; `waited` after that everybody stood still.
    pub asked: Instant,
    pub waited: Duration,
    /// How long everybody stood still.
    pub stood: Duration,
}

/// The sums over all pauses so far.
#[derive(Clone, Debug)]
pub struct Totals {
    pub histogram: [u64; BUCKETS],
    pub total: Duration,
    pub longest: Duration,
}

pub(crate) fn note(pause: Pause) {
    let ns = pause.stood.as_nanos() as u64;
    let bucket = (u64::BITS - (ns / 1000).leading_zeros()) as usize;
    HISTOGRAM[bucket.min(BUCKETS - 1)].fetch_add(1, Ordering::Relaxed);
    TOTAL_NS.fetch_add(ns, Ordering::Relaxed);
    LONGEST_NS.fetch_max(ns, Ordering::Relaxed);
    let mut log = LOG.lock();
    if log.len() == LOGGED {
        log.pop_front();
    }
    log.push_back(pause);
}

pub fn totals() -> Totals {
    Totals {
        histogram: std::array::from_fn(|i| HISTOGRAM[i].load(Ordering::Relaxed)),
        total: Duration::from_nanos(TOTAL_NS.load(Ordering::Relaxed)),
        longest: Duration::from_nanos(LONGEST_NS.load(Ordering::Relaxed)),
    }
}

/// The latest pauses, oldest first.
pub fn log() -> Vec<Pause> {
    LOG.lock().iter().copied().collect()
}
