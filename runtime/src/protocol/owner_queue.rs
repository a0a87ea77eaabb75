//! Giving a reference to the merge queue of the id that owns the object, and the owner's exit (R5).
//!
//! ```text
//! giver, its decrement left the word QUEUED (or those of several objects, each once: what a dying container held):
//!   owner 0          merged meanwhile: merge with the given reference
//!   else lock the owner's record; owner changed: begin anew; take along what follows and has the same owner; then
//!     nobody lives there (orphan)   merge them, still under the lock; the queue is empty
//!     MERGE bit set, sleeps         HELPED: merge the whole queue and them under the lock, DETACHED again
//!     MERGE bit set, runs           push: it looks at its breaker, at the latest when it detaches
//!
//! owner that ends:  RUNNING --drain, lock--> queue empty? --no: unlock, again
//!                                                         --yes: "nobody lives here", unlock--> ORPHAN
//! ORPHAN --a new thread takes the id, under the lock--> RUNNING
//! ```
//! The lock decides between the giver and the exit: a reference pushed before it is drained by the owner, one
//! pushed after it is merged by the giver. So nothing waits for a thread that never comes, and whose local
//! count is moved is never in doubt. What is merged with zero is dropped after the unlocking.
//!
//! Two threads that work through what a third has made and sleeps meet at its record with every container they drop; one object
//! at a time they would pass its line to and fro six times for each.

use super::thread_state::ThreadState;
use crate::sync::{AtomicU32, Bug, Ordering, seeded};

/// The record of an id, locked.
pub trait Home {
    type Item: Copy;
    /// Gives up the reference that the queue (or the caller) keeps: moves the owner's count into the shared word. True: it
    /// was the last. By the owner, or under the lock while nobody lives there or it sleeps.
    fn merge(item: Self::Item) -> bool;
    fn queue(&mut self) -> &mut Vec<Self::Item>;
    /// The breaker of the thread that has the id; None: an orphan.
    fn breaker(&self) -> Option<&AtomicU32>;
}

/// What a giver has done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Given {
    /// Somebody else merges them.
    Left,
    /// Nobody lives there: this thread merged them. As many stand first now whose last reference it was; the caller frees them
    /// after the unlocking.
    Merged(usize),
    /// This thread merged for a sleeper, whose state has changed: tell the stopper after the unlocking.
    Helped {
        /// All references merged, with those that were in the queue.
        merged: usize,
        /// As in [`Given::Merged`].
        dead: usize,
    },
}

/// The owner at a safepoint: whether there is something in its queue. The bit goes off before the queue is taken, so
/// that what comes later puts it on again.
#[inline]
pub fn is_due(breaker: &AtomicU32, merge_bit: u32) -> bool {
    if breaker.load(Ordering::Relaxed) & merge_bit == 0 {
        return false;
    }
    breaker.fetch_and(!merge_bit, Ordering::AcqRel);
    true
}

/// Merges everything in the queue. By the owner's record's lock holder, as [`Home::merge`] says.
pub fn merge_all<H: Home>(home: &mut H, dead: &mut Vec<H::Item>) -> usize {
    let items = std::mem::take(home.queue());
    for &item in &items {
        if H::merge(item) {
            dead.push(item);
        }
    }
    items.len()
}

/// Merges each. Those that are dead stand first afterwards; how many.
fn merge_each<H: Home>(items: &mut [H::Item]) -> usize {
    let mut dead = 0;
    for i in 0..items.len() {
        if H::merge(items[i]) {
            items.swap(dead, i);
            dead += 1;
        }
    }
    dead
}

/// The record of the items' present owner is locked: the references are its queue's now. `merge_bit` is the breaker's; what was
/// in the queue and is dead goes to `others`.
pub fn give<H: Home>(
    home: &mut H,
    state: &ThreadState,
    merge_bit: u32,
    items: &mut [H::Item],
    others: &mut Vec<H::Item>,
) -> Given {
    let Some(breaker) = home.breaker() else {
        if seeded(Bug::GiveToOrphan) {
            home.queue().extend_from_slice(items);
            return Given::Left;
        }
        // Whoever drops what a dead thread has made comes here with each object, and finds the queue empty: the exit drained
        // it. Only in the child of a fork something may be left.
        if !home.queue().is_empty() {
            merge_all(home, others);
        }
        return Given::Merged(merge_each::<H>(items));
    };
    let helps = if seeded(Bug::GiveNoHelp) {
        breaker.fetch_or(merge_bit, Ordering::AcqRel);
        false
    } else {
        state.set_and_help(breaker, merge_bit)
    };
    if !helps {
        // Under the lock: whoever sees the bit takes it before it looks into the queue.
        home.queue().extend_from_slice(items);
        return Given::Left;
    }
    let merged = items.len() + merge_all(home, others);
    let dead = merge_each::<H>(items);
    if let Some(breaker) = home.breaker() {
        breaker.fetch_and(!merge_bit, Ordering::AcqRel);
    }
    state.end_help();
    Given::Helped { merged, dead }
}

/// The owner, which has drained its queue, wants to end and holds its record's lock: whether it may. If so it says under
/// the same lock that nobody lives here.
#[must_use]
pub fn may_leave<H: Home>(home: &mut H) -> bool {
    seeded(Bug::ExitForgetsQueue) || home.queue().is_empty()
}
