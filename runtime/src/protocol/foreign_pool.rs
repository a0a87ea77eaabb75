//! The pool of work that some thread without Python locks has to do (finalizers of what others' merges killed).
//!
//! ```text
//! add, under the lock: work in, number of pieces; then the adder's own flag
//! announce, when the adder cannot do it itself: everybody's flag
//! take, at a full safepoint with the flag:  holds locks and the first piece is not old: not now
//!                                           else one piece out; the pool is empty: own flag off, UNDER the lock
//! ```
//! A flag is taken off only under the lock with the pool empty, and put on after work was put in under the lock; so
//! whenever there is work that has been announced, every flag is on that was not seen with the pool empty before it.

use super::ranks::Rank;
use crate::sync::{AtomicUsize, Bug, Mutex, MutexGuard, Ordering, const_new, seeded};
use std::collections::VecDeque;

/// `S` is the time of a clock.
pub struct Pool<W, S> {
    inner: Mutex<Inner<W, S>>,
    waiting: AtomicUsize,
}

pub struct Inner<W, S> {
    work: VecDeque<W>,
    /// Since when nobody without locks has taken any of `work`.
    since: Option<S>,
}

/// Who comes to the pool.
#[derive(Clone, Copy)]
pub enum Taker<S> {
    /// A thread without locks, and the time.
    Free(S),
    /// A thread with locks: it must not run what may want them.
    Holder,
    /// A thread with locks, when nobody else has come for long.
    Overdue,
}

impl<W, S: Copy> Pool<W, S> {
    const_new! {
        pub fn new() -> Pool<W, S> {
            Pool {
                inner: Mutex::ranked(Rank::Foreign, Inner { work: VecDeque::new(), since: None }),
                waiting: AtomicUsize::new(0),
            }
        }
    }

    /// `flag` puts the adder's own flag on.
    pub fn add(&self, work: W, now: impl FnOnce() -> S, flag: impl FnOnce()) {
        let mut inner = self.inner.lock();
        inner.since.get_or_insert_with(now);
        inner.work.push_back(work);
        self.waiting.store(inner.work.len(), Ordering::Relaxed);
        drop(inner);
        flag();
    }

    /// May be an old answer, but for the thread that added last.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) == 0
    }

    /// Since when there has been work of which nobody without locks has taken any: that the pool is never empty under load
    /// says nothing.
    pub fn since(&self) -> Option<S> {
        self.inner.lock().since
    }

    /// `unflag` takes the caller's own flag off: there is nothing to do.
    pub fn take(&self, by: Taker<S>, unflag: impl FnOnce()) -> Option<W> {
        let mut inner = self.inner.lock();
        // That the pool looked empty before says nothing here.
        let refused = matches!(by, Taker::Holder) && !seeded(Bug::PoolHolderTakes);
        if refused && !inner.work.is_empty() {
            return None;
        }
        let work = inner.work.pop_front();
        self.waiting.store(inner.work.len(), Ordering::Relaxed);
        if inner.work.is_empty() {
            inner.since = None;
            if seeded(Bug::PoolFlagClearedLate) {
                drop(inner);
            }
            unflag();
        } else if let Taker::Free(now) = by {
            inner.since = Some(now);
        }
        work
    }

    /// Held across a fork.
    pub fn lock(&self) -> MutexGuard<'_, Inner<W, S>> {
        self.inner.lock()
    }
}
