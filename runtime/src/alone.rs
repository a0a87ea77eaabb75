//! Whether one thread runs Python alone. Then nobody can come between two instructions of its own, and locks of objects that it
//! does not own, exchanges of slots and the shared half of counts need no locked instructions, which are most of what they cost.
//!
//! How the state ends: [`crate::protocol::alone_end`]. Who reserves an id for a thread it is about to start is the one that was
//! alone: it holds no object lock (R1), and the new thread begins after it. A thread of somebody else's that reserves an id for itself
//! stops the world once before it goes on: behind that safepoint the other knows, and holds no lock either. Collector and scavenger
//! have threads without a record; they work while the world is stopped or on behalf of sleepers, and use neither locks nor counts.

use crate::bias;
use crate::protocol::alone_end::Alone;
use crate::thread::Thread;

static ALONE: Alone = Alone::new();

/// Whether this thread is the only one.
#[inline(always)]
pub fn is_alone() -> bool {
    !crate::GIL_BUILD && ALONE.is()
}

/// The calling thread, which is attached, is alone from now on, if no other id is in use. The caller knows that nobody
/// holds an object lock.
pub(crate) fn begin(t: &Thread, ids_in_use: usize) {
    if ids_in_use == 1 {
        ALONE.begin();
        bias::begin_alone(t);
    }
}

/// An id is about to be given to another thread.
pub(crate) fn end() {
    if !ALONE.is() {
        ALONE.end(false);
        return;
    }
    let t = Thread::current();
    // SAFETY: the running thread's own record.
    let itself = !t.is_null() && unsafe { (*t).is_attached() };
    if itself {
        // SAFETY: as above.
        unsafe { (*t).assert_no_lock() };
        // SAFETY: as above.
        bias::end_alone(unsafe { &*t });
    }
    ALONE.end(itself);
}

/// A thread has attached and has not touched an object yet.
pub(crate) fn attached(t: &mut Thread) {
    ALONE.attached(|| {
        t.stop_the_world(|world| {
            world.for_each_thread(|other| {
                // SAFETY: registered and stopped, or this thread.
                bias::end_alone(unsafe { &*other });
            });
        });
    });
}
