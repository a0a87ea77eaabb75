//! Stop-the-world. Requests queue up; a waiting requester counts as stopped; threads that register
//! meanwhile begin SUSPENDED (R18).

use super::Thread;
use super::breaker;
use super::ids::REGISTRY;
use crate::counters::Counter;
use crate::dealloc::dealloc;
use crate::header::Header;
use crate::pauses::{self, Pause};
use crate::protocol::owner_queue::merge_all;
use crate::protocol::stop_bell::Bell;
use crate::protocol::thread_state::{ATTACHED, DETACHED, HELPED, SUSPENDED};
use crate::refcount;
use crate::sync::Ordering;
use std::time::Instant;

pub(super) static BELL: Bell = Bell::new();

/// Tells a waiting stopper that a state changed. After the change.
#[inline]
pub(crate) fn tell_stopper() {
    BELL.state_changed();
}

impl Thread {
    /// Runs `f` with every other thread at a safepoint or detached. Requests queue up; a waiting
    /// requester counts as stopped (R18). A safepoint itself.
    pub fn stop_the_world<R>(&mut self, f: impl FnOnce(&mut World) -> R) -> R {
        self.assert_no_lock();
        if self.is_stopper.get() {
            return f(&mut World {
                t: self,
                reason: "other",
            });
        }
        self.counters.add(Counter::stops_requested, 1);
        while !BELL.try_claim() {
            self.detach(|| BELL.wait_until_free());
        }
        self.is_stopper.set(true);
        let asked = Instant::now();
        let me: *const Thread = self;
        {
            let mut reg = REGISTRY.lock();
            reg.stopped = true;
            BELL.ring();
            for &t in &reg.live {
                // SAFETY: registered.
                unsafe { (*t).breaker.fetch_or(breaker::STOP, Ordering::AcqRel) };
            }
        }
        BELL.wait(|| all_stopped(me));

        let waited = asked.elapsed();

        /// Starts the world again even if `f` panics.
        struct Restart<'a>(World<'a>);
        impl Drop for Restart<'_> {
            fn drop(&mut self) {
                self.0.t.start_the_world();
            }
        }
        let mut restart = Restart(World {
            t: self,
            reason: "other",
        });
        restart.0.write_tallies();
        let result = f(&mut restart.0);
        let reason = restart.0.reason;
        drop(restart);
        pauses::note(Pause {
            reason,
            asked,
            waited,
            stood: asked.elapsed().saturating_sub(waited),
        });
        result
    }

    fn start_the_world(&self) {
        let mut dead = Vec::new();
        {
            let mut reg = REGISTRY.lock();
            reg.stopped = false;
            for &t in &reg.live {
                // SAFETY: registered, and suspended unless it is this thread.
                let t = unsafe { &*t };
                t.breaker.fetch_and(!breaker::STOP, Ordering::AcqRel);
                if std::ptr::eq(t, self) {
                    continue;
                }
                let rec = t.record();
                let mut inner = rec.inner.lock();
                // A sleeper would not look at its queue (R5).
                merge_all(&mut *inner, &mut dead);
                if rec.state.resume() {
                    rec.resumed.notify_all();
                }
            }
        }
        self.is_stopper.set(false);
        BELL.end();
        self.as_foreign(|| {
            for head in dead {
                // SAFETY: merged with zero.
                unsafe { dealloc(self, head) };
            }
        });
    }
}

/// Runs `f` while nobody stops the world, by a thread that has no record. None: somebody stops it already.
pub(crate) fn with_world_claimed<R>(f: impl FnOnce() -> R) -> Option<R> {
    if !BELL.try_claim() {
        return None;
    }
    let result = f();
    BELL.end();
    Some(result)
}

/// Suspends who is detached; true if nobody runs.
fn all_stopped(me: *const Thread) -> bool {
    let reg = REGISTRY.lock();
    let mut all = true;
    for &t in &reg.live {
        if std::ptr::eq(t, me) {
            continue;
        }
        // SAFETY: registered.
        let state = unsafe { &(*t).record().state };
        match state.get() {
            SUSPENDED => {}
            DETACHED => all &= state.try_suspend(),
            ATTACHED | HELPED => all = false,
            other => unreachable!("thread state {other}"),
        }
    }
    all
}

/// The stopped world.
pub struct World<'a> {
    t: &'a Thread,
    reason: &'static str,
}

impl World<'_> {
    /// What the log of pauses shall say.
    pub fn stopped_for(&mut self, reason: &'static str) {
        self.reason = reason;
    }

    /// The stopper's record.
    pub fn thread(&self) -> &Thread {
        self.t
    }

    /// Every thread, the stopper included.
    pub fn for_each_thread(&mut self, mut f: impl FnMut(*const Thread)) {
        let live = REGISTRY.lock().live.clone();
        for t in live {
            f(t);
        }
    }

    /// Every thread's own counts go to the objects' words: from now on totals are exact, until the stopper counts (R16).
    fn write_tallies(&mut self) {
        for &t in &REGISTRY.lock().live {
            // SAFETY: registered and stopped, or the stopper itself.
            refcount::write_tallies(unsafe { &*t });
        }
    }

    /// Merges all queues, and what threads have yet to put into one; what reached zero is for the caller to free.
    pub(crate) fn merge_queues(&mut self) -> Vec<*mut Header> {
        let mut dead = Vec::new();
        for &t in &REGISTRY.lock().live {
            // SAFETY: registered and stopped.
            let t = unsafe { &*t };
            merge_all(&mut *t.record().inner.lock(), &mut dead);
            t.merge_unqueued(&mut dead);
        }
        dead
    }
}
