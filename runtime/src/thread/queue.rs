//! Handing references to their owners' merge queues (R5). Only the free-threaded build queues.

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

/// References that are handed over under one lock, at most: the owner does not come back meanwhile.
const TOGETHER: usize = 256;

/// The reference the caller gives up belongs to the merge queue of the object's owner now. An owner
/// that is gone or asleep is merged for (R5). What a container held is handed over together, before its outermost container has
/// been freed or this thread detaches; no program's code runs until then.
///
/// # Safety
/// The object's word is QUEUED by the caller's decrement.
#[cold]
pub(crate) unsafe fn queue_to_owner(head: *mut Header) {
    // SAFETY: called by an attached thread.
    let me = unsafe { Thread::current().as_ref() };
    let Some(t) = me.filter(|t| t.is_freeing()) else {
        return hand_over(me, &mut [head]);
    };
    // SAFETY: only this thread uses its list; the borrow ends before anything is freed.
    let full = unsafe {
        let list = &mut *t.to_hand_over.get();
        list.push(head);
        list.len() >= TOGETHER
    };
    if full {
        hand_over_all(t);
    } else {
        t.has_left_over();
    }
}

/// Those that wait in this thread's list.
pub(crate) fn hand_over_all(t: &Thread) {
    // SAFETY: as above.
    let take = || unsafe { std::mem::take(&mut *t.to_hand_over.get()) };
    let mut items = take();
    if items.is_empty() {
        return;
    }
    hand_over(Some(t), &mut items);
    items.clear();
    // The list keeps its memory, unless what was freed has begun another.
    // SAFETY: as above.
    unsafe {
        if (*t.to_hand_over.get()).is_empty() {
            *t.to_hand_over.get() = items;
        }
    }
}

/// Each of these objects' words is QUEUED, and the reference that made it so is given up.
fn hand_over(me: Option<&Thread>, mut items: &mut [*mut Header]) {
    // SAFETY: the queue's references keep them alive until they are merged.
    let owner_of = |head: *mut Header| unsafe { (*head).owner.load(Ordering::Relaxed) };
    if let Some(t) = me {
        t.counters.add(Counter::merge_queued, items.len() as u64);
    }
    let mut others = Vec::new();
    while let Some(&first) = items.first() {
        let owner = owner_of(first);
        // How many are done with, and how many of those are dead and stand first.
        let (done, dead) = if owner == 0 {
            // SAFETY: merged in the meantime.
            (1, usize::from(unsafe { refcount::merge(first, 1) }))
        } else {
            let rec = record(owner);
            let mut inner = rec.inner.lock();
            let same = items.iter().take_while(|&&i| owner_of(i) == owner).count();
            if same == 0 {
                continue;
            }
            let these = &mut items[..same];
            let given = give(&mut *inner, &rec.state, breaker::MERGE, these, &mut others);
            drop(inner);
            match given {
                Given::Left => (same, 0),
                Given::Merged(dead) => (same, dead),
                Given::Helped { merged, dead } => {
                    tell_stopper();
                    if let Some(t) = me {
                        t.counters.add(Counter::merged_for_other, merged as u64);
                    }
                    (same, dead)
                }
            }
        };
        let (these, rest) = std::mem::take(&mut items).split_at_mut(done);
        items = rest;
        let Some(t) = me else { continue };
        for &mut head in &mut these[..dead] {
            // SAFETY: merged with zero.
            unsafe { dealloc(t, head) };
        }
        for other in others.drain(..) {
            // SAFETY: merged with zero.
            t.as_foreign(|| unsafe { dealloc(t, other) });
        }
    }
}
