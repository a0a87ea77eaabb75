//! Handing a reference to the owner's merge queue (R5). Only the free-threaded build queues.

use super::Thread;
use super::breaker;
use super::ids::record;
use super::world::tell_stopper;
use crate::counters::Counter;
use crate::dealloc::dealloc;
use crate::header::Header;
use crate::protocol::owner_queue::{Given, give};
use crate::refcount;
use crate::sync::Ordering;

/// The reference the caller gives up belongs to the merge queue of the object's owner now. An owner
/// that is gone or asleep is merged for (R5).
///
/// # Safety
/// The object's word is QUEUED by the caller's decrement.
#[cold]
pub(crate) unsafe fn queue_to_owner(head: *mut Header) {
    // SAFETY: the queue's reference keeps it alive; called by an attached thread.
    let (h, me) = unsafe { (&*head, Thread::current().as_ref()) };
    let mut dead = Vec::new();
    // Whether the reference given was the last.
    let mut mine = false;
    loop {
        let owner = h.owner.load(Ordering::Relaxed);
        if owner == 0 {
            // SAFETY: merged in the meantime.
            mine = unsafe { refcount::merge(head, 1) };
            break;
        }
        let rec = record(owner);
        let mut inner = rec.inner.lock();
        if h.owner.load(Ordering::Relaxed) != owner {
            continue;
        }
        let given = give(&mut *inner, &rec.state, breaker::MERGE, head, &mut dead);
        drop(inner);
        match given {
            Given::Left => {}
            Given::Merged(last) => mine = last,
            Given::Helped(n) => {
                tell_stopper();
                if let Some(t) = me {
                    t.counters.add(Counter::merged_for_other, n as u64);
                }
            }
        }
        break;
    }
    if let Some(t) = me {
        t.counters.add(Counter::merge_queued, 1);
        if mine {
            // SAFETY: merged with zero.
            unsafe { dealloc(t, head) };
        }
        for other in dead {
            // SAFETY: merged with zero.
            let free = || unsafe { dealloc(t, other) };
            if std::ptr::eq(other, head) {
                free();
            } else {
                t.as_foreign(free);
            }
        }
    }
}
