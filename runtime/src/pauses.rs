//! The times the world stood still, and what it took until it did: histograms, and a log of the latest.

use crate::protocol::ranks::Rank;
use crate::sync::{AtomicU64, Mutex, Ordering};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Bucket `i` holds pauses below `2^i` microseconds that no bucket before holds; the last holds the rest.
pub const BUCKETS: usize = 24;
/// How many pauses the log keeps.
const LOGGED: usize = 64;

/// Of times of one kind.
struct Sums {
    histogram: [AtomicU64; BUCKETS],
    total_ns: AtomicU64,
    longest_ns: AtomicU64,
}

static STOOD: Sums = Sums::new();
static WAITED: Sums = Sums::new();
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

/// The sums over all so far.
#[derive(Clone, Debug)]
pub struct Totals {
    pub histogram: [u64; BUCKETS],
    pub total: Duration,
    pub longest: Duration,
}

impl Sums {
    const fn new() -> Sums {
        Sums {
            histogram: [const { AtomicU64::new(0) }; BUCKETS],
            total_ns: AtomicU64::new(0),
            longest_ns: AtomicU64::new(0),
        }
    }

    fn note(&self, time: Duration) {
        let ns = time.as_nanos() as u64;
        let bucket = (u64::BITS - (ns / 1000).leading_zeros()) as usize;
        self.histogram[bucket.min(BUCKETS - 1)].fetch_add(1, Ordering::Relaxed);
        self.total_ns.fetch_add(ns, Ordering::Relaxed);
        self.longest_ns.fetch_max(ns, Ordering::Relaxed);
    }

    fn totals(&self) -> Totals {
        Totals {
            histogram: std::array::from_fn(|i| self.histogram[i].load(Ordering::Relaxed)),
            total: Duration::from_nanos(self.total_ns.load(Ordering::Relaxed)),
            longest: Duration::from_nanos(self.longest_ns.load(Ordering::Relaxed)),
        }
    }
}

pub(crate) fn note(pause: Pause) {
    STOOD.note(pause.stood);
    WAITED.note(pause.waited);
    let mut log = LOG.lock();
    if log.len() == LOGGED {
        log.pop_front();
    }
    log.push_back(pause);
}

/// How long the world stood.
pub fn totals() -> Totals {
    STOOD.totals()
}

/// How long it took until it stood.
pub fn waits() -> Totals {
    WAITED.totals()
}

/// The latest pauses, oldest first.
pub fn log() -> Vec<Pause> {
    LOG.lock().iter().copied().collect()
}
