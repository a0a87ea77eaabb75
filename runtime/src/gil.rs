//! The global lock: always in the build with feature `gil`, by request (`-X gil=1`) in the other.
//!
//! A waiter that has waited for the switch interval sets GIL_DROP at the holder, who lets go at its
//! next safepoint and then waits until somebody else has had the lock (fair hand-over). The lock is
//! taken before the thread attaches and released after it detaches, so the world is stopped only by
//! its holder.

use crate::counters::Counter;
use crate::sync::{AtomicBool, AtomicU64, Condvar, Mutex, MutexGuard, Ordering};
use crate::thread::{Thread, breaker};
use std::time::{Duration, Instant};

struct Gil {
    /// Id of the holder, 0 if free.
    holder: u16,
    /// The holder's record.
    thread: *const Thread,
    /// Grows by one with every acquisition.
    switches: u64,
    waiting: u32,
}

// SAFETY: the pointer is followed only under the mutex, while its owner holds the global lock.
unsafe impl Send for Gil {}

static GIL: Mutex<Gil> = Mutex::new(Gil {
    holder: 0,
    thread: std::ptr::null(),
    switches: 0,
    waiting: 0,
});
static FREED: Condvar = Condvar::new();
static TAKEN: Condvar = Condvar::new();
static ENABLED: AtomicBool = AtomicBool::new(crate::GIL_BUILD);
static INTERVAL_US: AtomicU64 = AtomicU64::new(5000);

#[inline]
pub fn is_enabled() -> bool {
    crate::GIL_BUILD || ENABLED.load(Ordering::Relaxed)
}

/// `-X gil=1`. Before the first thread attaches.
pub fn enable() {
    ENABLED.store(true, Ordering::Relaxed);
}

pub fn switch_interval() -> Duration {
    Duration::from_micros(INTERVAL_US.load(Ordering::Relaxed))
}

pub fn set_switch_interval(interval: Duration) {
    INTERVAL_US.store((interval.as_micros() as u64).max(1), Ordering::Relaxed);
}

pub(crate) fn acquire(t: &Thread) {
    let mut gil = GIL.lock();
    gil.waiting += 1;
    let start = (gil.holder != 0).then(Instant::now);
    while gil.holder != 0 {
        let seen = gil.switches;
        let timed_out = FREED.wait_for(&mut gil, switch_interval());
        if timed_out && gil.holder != 0 && gil.switches == seen {
            // SAFETY: the holder clears `thread` under this mutex before its record goes.
            unsafe {
                (*gil.thread)
                    .breaker
                    .fetch_or(breaker::GIL_DROP, Ordering::Relaxed)
            };
        }
    }
    gil.waiting -= 1;
    gil.holder = t.tid;
    gil.thread = t;
    gil.switches += 1;
    drop(gil);
    t.breaker.fetch_and(!breaker::GIL_DROP, Ordering::Relaxed);
    TAKEN.notify_all();
    if let Some(start) = start {
        t.counters.add(Counter::gil_waits, 1);
        t.counters
            .add(Counter::gil_wait_ns, start.elapsed().as_nanos() as u64);
    }
}

pub(crate) fn release(t: &Thread) {
    let mut gil = GIL.lock();
    debug_assert_eq!(gil.holder, t.tid);
    gil.holder = 0;
    gil.thread = std::ptr::null();
    drop(gil);
    FREED.notify_one();
}

/// At a safepoint with GIL_DROP: called while detached from the lock's point of view.
pub(crate) fn hand_over(t: &Thread) {
    t.counters.add(Counter::gil_switches, 1);
    release(t);
    let mut gil = GIL.lock();
    let seen = gil.switches;
    if gil.waiting > 0 && gil.holder == 0 {
        // Forced switch: do not take it again before somebody else did.
        while gil.switches == seen && gil.waiting > 0 {
            TAKEN.wait_for(&mut gil, Duration::from_millis(1));
        }
    }
    drop(gil);
    acquire(t);
}

/// Held across a fork; in the child, the one thread left holds the global lock and nobody waits.
pub(crate) struct AcrossFork(MutexGuard<'static, Gil>);

pub(crate) fn before_fork() -> AcrossFork {
    AcrossFork(GIL.lock())
}

impl AcrossFork {
    pub(crate) fn reset_in_child(&mut self) {
        self.0.waiting = 0;
    }
}
