//! The global lock: always in the build with feature `gil`, by request (`-X gil=1`) in the other.
//!
//! A waiter that has waited for the switch interval sets GIL_DROP at the holder, who lets go at its
//! next safepoint and then waits until somebody else has had the lock (fair hand-over). The lock is
//! taken before the thread attaches and released after it detaches, so the world is stopped only by
//! its holder.

use crate::counters::Counter;
use crate::protocol::gil_turns::{State, Turns};
use crate::sync::{AtomicBool, AtomicU64, MutexGuard, Ordering};
use crate::thread::{Thread, breaker};
use std::time::{Duration, Instant};

/// How a holder is told to let go.
#[derive(Clone, Copy)]
struct Holder(*const Thread);

// SAFETY: the pointer is followed only under the mutex, while its owner holds the global lock.
unsafe impl Send for Holder {}

static TURNS: Turns<Holder> = Turns::new();
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
    let ask = |holder: Holder| {
        // SAFETY: the holder lets go under this mutex before its record goes.
        let breaker = unsafe { &(*holder.0).breaker };
        breaker.fetch_or(breaker::GIL_DROP, Ordering::Relaxed);
    };
    let mut start = None;
    let interval = || {
        start.get_or_insert_with(Instant::now);
        switch_interval()
    };
    TURNS.acquire(Holder(t), interval, ask, || {
        t.breaker.fetch_and(!breaker::GIL_DROP, Ordering::Relaxed);
    });
    if let Some(start) = start {
        t.counters.add(Counter::gil_waits, 1);
        t.counters
            .add(Counter::gil_wait_ns, start.elapsed().as_nanos() as u64);
    }
}

pub(crate) fn release(_t: &Thread) {
    TURNS.release();
}

/// At a safepoint with GIL_DROP: called while detached from the lock's point of view.
pub(crate) fn hand_over(t: &Thread) {
    t.counters.add(Counter::gil_switches, 1);
    TURNS.yield_turn();
    acquire(t);
}

/// Held across a fork; in the child, the one thread left holds the global lock and nobody waits.
pub(crate) struct AcrossFork(MutexGuard<'static, State<Holder>>);

pub(crate) fn before_fork() -> AcrossFork {
    AcrossFork(TURNS.lock())
}

impl AcrossFork {
    pub(crate) fn reset_in_child(&mut self) {
        self.0.waiting = 0;
    }
}
