//! Whether one thread runs Python alone. Then nobody can come between two instructions of its own, and object locks,
//! exchanges of slots and the shared half of counts need no locked instructions, which are most of what they cost.
//!
//! ```text
//! shared --begin: one id in use--> alone --an id is reserved--> shared, for good
//! ```
//! Who reserves an id for a thread it is about to start is the one that was alone: it holds no object lock (R1), and the new
//! thread begins after it. A thread of somebody else's that reserves an id for itself stops the world once before it goes on:
//! behind that safepoint the other knows, and holds no lock either. Collector and scavenger have threads without a record;
//! they work while the world is stopped or on behalf of sleepers, and use neither locks nor counts.

use crate::sync::{AtomicBool, Ordering};
use crate::thread::Thread;

static ALONE: AtomicBool = AtomicBool::new(false);
/// Whoever attaches has to stop the world first.
static UNANNOUNCED: AtomicBool = AtomicBool::new(false);

/// Whether this thread is the only one.
#[inline(always)]
pub fn is_alone() -> bool {
    !crate::GIL_BUILD && ALONE.load(Ordering::Relaxed)
}

/// The calling thread, which is attached, is alone from now on, if no other id is in use. The caller knows that nobody
/// holds an object lock.
pub(crate) fn begin(ids_in_use: usize) {
    if ids_in_use == 1 {
        ALONE.store(true, Ordering::Relaxed);
    }
}

/// An id is about to be given to another thread.
pub(crate) fn end() {
    if !ALONE.load(Ordering::Relaxed) {
        return;
    }
    let t = Thread::current();
    // SAFETY: the running thread's own record.
    if !t.is_null() && unsafe { (*t).is_attached() } {
        // SAFETY: as above.
        unsafe { (*t).assert_no_lock() };
    } else {
        UNANNOUNCED.store(true, Ordering::SeqCst);
    }
    ALONE.store(false, Ordering::SeqCst);
}

/// A thread has attached and has not touched an object yet.
pub(crate) fn attached(t: &mut Thread) {
    if UNANNOUNCED.load(Ordering::SeqCst) {
        t.stop_the_world(|_| ());
        // Not before: others that attach meanwhile stop the world too.
        UNANNOUNCED.store(false, Ordering::SeqCst);
    }
}
