//! Counters, one list, kept per thread and summed on demand.
//!
//! A thread writes only its own (plain load and store of a relaxed atomic); [`total`] adds up the
//! live threads and what the dead ones left.

use crate::sync::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(usize)]
        pub enum Counter { $($(#[$doc])* $name,)* }

        pub const NAMES: &[&str] = &[$(stringify!($name),)*];
        impl Counter {
            pub const ALL: &[Counter] = &[$(Counter::$name,)*];
        }
    };
}

/// Of the counts of objects that another thread owns, one in this many is looked at, in some phases more.
pub const SAMPLED: u32 = 16;

counters! {
    /// An object lock was held by somebody else.
    lock_contended,
    /// Looks at such a lock before the thread sleeps.
    lock_spins,
    /// Nanoseconds that threads slept for object locks.
    lock_wait_ns,
    /// A thread slept for a lock of the program: `Lock`, `RLock`, and what is made of them.
    program_lock_waits,
    /// For so many nanoseconds.
    program_lock_wait_ns,
    /// Objects whose running owner had to be kept from locking them in its own way.
    locks_opened,
    /// Nanoseconds that took whoever wanted them.
    locks_opened_ns,
    /// Owners that lost that way for a while, because it took others too long.
    own_ways_lost,
    /// Turns at an object that was locked all the time, ended by a thread that wanted its own.
    lock_turns,
    /// References to another thread's objects counted for a register (some [`SAMPLED`] at a time).
    foreign_counts,
    /// A lock-free read had to fall back to the lock (R2).
    read_contended,
    /// A non-owner asked an owner to merge.
    merge_queued,
    /// Objects merged from the queue at a safepoint.
    merged,
    /// Objects merged on behalf of a sleeping or dead owner.
    merged_for_other,
    /// Cells freed by a thread that does not own their page.
    cross_thread_free,
    /// Pages of the object heap taken from the pool.
    page_taken,
    /// Pages given back to the pool after a grace period.
    page_recycled,
    /// Large objects allocated.
    large_alloc,
    /// Buffers handed to quiescent-state reclamation, and freed by it.
    retired,
    reclaimed,
    /// Their bytes.
    retired_bytes,
    reclaimed_bytes,
    /// Batches of retired memory that threads saw through their grace period, and the nanoseconds that took in all.
    grace_periods,
    grace_ns,
    /// Times this thread stopped the world, or stood still for somebody who did.
    stops_requested,
    stops_obeyed,
    /// Full collections run by this thread.
    collections,
    /// Objects promoted to deferred because several threads kept counting them.
    promoted,
    /// Times that a thread's own count of a deferred object went to the object's word.
    tallies_written,
    /// Deferred objects freed because neither heap nor registers named them.
    zero_count_freed,
    /// The global lock was handed to somebody who asked for it.
    gil_switches,
    /// A thread had to wait for the global lock.
    gil_waits,
    /// For so many nanoseconds.
    gil_wait_ns,
}

pub struct Counters([AtomicU64; NAMES.len()]);

static LEFT_BY_THE_DEAD: Counters = Counters::new();

impl Counters {
    pub const fn new() -> Counters {
        Counters([const { AtomicU64::new(0) }; NAMES.len()])
    }

    /// By the thread the counters belong to.
    #[inline(always)]
    pub fn add(&self, counter: Counter, n: u64) {
        let cell = &self.0[counter as usize];
        cell.store(
            cell.load(Ordering::Relaxed).wrapping_add(n),
            Ordering::Relaxed,
        );
    }

    pub fn get(&self, counter: Counter) -> u64 {
        self.0[counter as usize].load(Ordering::Relaxed)
    }

    /// A thread ends.
    pub(crate) fn bequeath(&self) {
        for (mine, all) in self.0.iter().zip(&LEFT_BY_THE_DEAD.0) {
            all.fetch_add(mine.swap(0, Ordering::Relaxed), Ordering::Relaxed);
        }
    }
}

impl Default for Counters {
    fn default() -> Self {
        Counters::new()
    }
}

/// By a thread that may have no record.
pub(crate) fn add_process(counter: Counter, n: u64) {
    LEFT_BY_THE_DEAD.0[counter as usize].fetch_add(n, Ordering::Relaxed);
}

/// The sum over all threads, dead ones included.
pub fn total(counter: Counter) -> u64 {
    let mut sum = LEFT_BY_THE_DEAD.get(counter);
    crate::thread::for_each_registered(|t| {
        // SAFETY: registered records live while the registry is locked; counters are atomics.
        sum += unsafe { (*t).counters.get(counter) };
    });
    sum
}

/// Shows the counters of each living thread, with the registry locked: `f` takes no lock.
pub fn for_each_thread(mut f: impl FnMut(&crate::Thread, [u64; NAMES.len()])) {
    crate::thread::for_each_registered(|t| {
        // SAFETY: registered records live while the registry is locked; counters are atomics.
        let t = unsafe { &*t };
        f(t, std::array::from_fn(|i| t.counters.get(Counter::ALL[i])));
    });
}
