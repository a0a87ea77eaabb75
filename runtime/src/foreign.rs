//! Finalizers and weakref callbacks that the running code has not brought about: of objects whose last
//! reference another thread gave up, and that were merged here.
//!
//! They may want any lock, and the thread that happens to merge may be holding that very lock: run
//! there and then, they would wait for it forever. So they go to one pool, and a thread takes from it
//! at a full safepoint while it holds none of Python's locks ([`Holder`]). If every thread holds one
//! for long, they run nevertheless: a lock kept for the whole life of a program must not keep objects.

use crate::hooks::Pending;
use crate::protocol::foreign_pool::{Inner, Pool, Taker};
use crate::sync::{AtomicU16, Ordering};
use crate::thread::{self, Thread, breaker};
use std::time::{Duration, Instant};

/// How long the pool waits for a thread without locks.
const PATIENCE: Duration = Duration::from_millis(500);
/// Safepoints that find the thread holding locks, for each look at the clock.
const LOOK_EVERY: u32 = 256;

static POOL: Pool<Pending, Instant> = Pool::new();

/// Adds work to the pool. Who adds last tells everybody, see [`announce`].
pub(crate) fn add(t: &Thread, work: Pending) {
    POOL.add(work, Instant::now, || {
        t.breaker.fetch_or(breaker::FOREIGN, Ordering::Relaxed);
    });
}

/// The caller cannot do the work itself now: somebody else shall.
pub(crate) fn announce() {
    if !POOL.is_empty() {
        thread::set_breaker_everywhere(breaker::FOREIGN);
    }
}

/// Something from the pool, if this thread may run it now. At a full safepoint.
pub(crate) fn take(t: &Thread) -> Option<Pending> {
    let by = if !t.holds_python_locks() {
        Taker::Free(Instant::now())
    } else if is_overdue(t) {
        Taker::Overdue
    } else {
        Taker::Holder
    };
    if !matches!(by, Taker::Holder) || POOL.is_empty() {
        t.foreign_visits.set(0);
    }
    POOL.take(by, || {
        t.breaker.fetch_and(!breaker::FOREIGN, Ordering::Relaxed);
    })
}

/// For a thread with locks: whether there is something that nobody without locks comes for. Tells all at its first visit.
fn is_overdue(t: &Thread) -> bool {
    if POOL.is_empty() {
        return false;
    }
    let visits = t.foreign_visits.get().wrapping_add(1);
    t.foreign_visits.set(visits);
    if visits == 1 {
        announce();
    }
    visits.is_multiple_of(LOOK_EVERY) && POOL.since().is_some_and(|s| s.elapsed() >= PATIENCE)
}

/// Held across a fork.
pub(crate) fn before_fork() -> impl Drop {
    struct Held(#[allow(dead_code)] crate::sync::MutexGuard<'static, Inner<Pending, Instant>>);
    impl Drop for Held {
        fn drop(&mut self) {}
    }
    Held(POOL.lock())
}

/// Part of a lock that Python code takes: whose it is, for the sum over all locks of that thread.
/// Any thread may give a lock up, so each id stored here is one in that id's sum, and leaves by a swap.
#[derive(Default)]
pub struct Holder(AtomicU16);

impl Holder {
    pub const fn new() -> Holder {
        Holder(AtomicU16::new(0))
    }

    /// The lock was taken by the running thread.
    #[inline]
    pub fn taken(&self, t: &Thread) {
        t.count_python_lock();
        leave(self.0.swap(t.tid, Ordering::AcqRel));
    }

    /// The lock is about to be given up, by whichever thread.
    #[inline]
    pub fn given_up(&self) {
        leave(self.0.swap(0, Ordering::AcqRel));
    }
}

impl Drop for Holder {
    /// A lock that dies locked.
    fn drop(&mut self) {
        leave(*self.0.get_mut());
    }
}

#[inline]
fn leave(tid: u16) {
    if tid != 0 {
        thread::record(tid)
            .python_locks
            .fetch_sub(1, Ordering::Relaxed);
    }
}
