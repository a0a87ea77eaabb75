//! Merging references that non-owners gave up, and serving ids whose thread sleeps or is gone (R5).

use super::Thread;
use super::breaker;
use super::ids::{id_bound, record};
use super::world::tell_stopper;
use crate::counters::Counter;
use crate::dealloc::dealloc;
use crate::protocol::owner_queue::is_due;
use crate::refcount;

impl Thread {
    /// Merges what others queued to this thread.
    pub(crate) fn merge_queue(&self) {
        if !is_due(&self.breaker, breaker::MERGE) {
            return;
        }
        let queue = std::mem::take(&mut self.record().inner.lock().queue);
        self.counters.add(Counter::merged, queue.len() as u64);
        self.as_foreign(|| {
            for head in queue {
                // SAFETY: this thread owns them (or they are merged already); the queue's reference
                // goes.
                unsafe {
                    if refcount::merge(head, 1) {
                        dealloc(self, head);
                    }
                }
            }
        });
    }

    /// What dies in `f` was not dropped by the running code ([`crate::foreign`]).
    pub(crate) fn as_foreign(&self, f: impl FnOnce()) {
        let before = self.foreign.replace(true);
        f();
        self.foreign.set(before);
    }
}

/// Before the heap grows: ids without a running thread give back what they do not use (R5).
pub(crate) fn serve_sleepers(t: &Thread) {
    for tid in 1..id_bound() {
        if tid != t.tid && !record(tid).foreign_frees.is_empty() {
            serve(tid);
        }
    }
}

/// The same for all of them, those without foreign frees too. Not while the world stands.
pub(crate) fn serve_all_sleepers() {
    for tid in 1..id_bound() {
        serve(tid);
    }
}

fn serve(tid: u16) {
    let rec = record(tid);
    let mut inner = rec.inner.lock();
    if let Some(heap) = &mut inner.heap {
        // SAFETY: an orphan, under its record's lock.
        unsafe {
            heap.shed();
            heap.serve(tid);
        }
    } else if rec.state.try_help() {
        // SAFETY: registered, and HELPED by this thread.
        unsafe { (*(*inner.thread).heap.get()).serve(tid) };
        rec.state.end_help();
        drop(inner);
        tell_stopper();
    }
}
