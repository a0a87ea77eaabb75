//! Giving memory back to the system after a peak.
//!
//! Pages come back to their owners bit by bit, by what those do; one that sleeps does nothing. Nor does the general allocator, which
//! gives up what is empty when it is next used. So when many pages have been retired, or many bytes of buffers freed, a
//! native thread of short life looks after them:
//!
//! ```text
//! each tick:  serve the ids whose threads sleep or are gone (R5): foreign frees come home, empty pages go to the pool (of
//!             those that are gone all of them)
//!             ask the running threads for a quiescent state, at which they do the same
//!             pages that lay in the pool for a whole tick, beyond a reserve: their memory goes back to the system
//! some ticks without news: with a smaller reserve once more, the general allocator's free memory too, and the thread ends
//! ```
//! It touches no object and has no thread record, but it changes heaps, so it must not run while the world stands: it works
//! in slices, each under the claim to stop the world. A fork finds it between two slices, or it would not have got the claim.

use crate::arena;
use crate::general;
use crate::qsbr;
use crate::sync::{AtomicBool, AtomicUsize, Ordering, fence};
use crate::thread::{self, Thread};
use std::cell::Cell;
use std::time::Duration;

const TICK: Duration = Duration::from_millis(50);
/// Retired pages that wake it: one megabyte.
const NEWS: usize = 64;
/// Ticks without news until it ends.
const QUIET: u32 = 4;
/// Pages given to the system in one slice.
const SLICE: usize = 1024;

static RETIRED: AtomicUsize = AtomicUsize::new(0);
static RUNS: AtomicBool = AtomicBool::new(false);

/// A page was retired, or many bytes were freed otherwise.
#[inline]
pub(crate) fn note_retired(pages: usize) {
    if RETIRED.fetch_add(pages, Ordering::Relaxed) + pages >= NEWS {
        // Either this finds the thread about to end, or that finds the news (R20).
        fence(Ordering::SeqCst);
        if !RUNS.load(Ordering::Relaxed) {
            start();
        }
    }
}

/// Smaller blocks are not worth counting.
const COUNTED: usize = 1 << 10;
/// Bytes of blocks after which a thread tells of them.
const TOLD: usize = 4 << 20;

thread_local! {
    /// Bytes of blocks that this thread has freed and not told of.
    static FREED: Cell<usize> = const { Cell::new(0) };
}

/// A block of the general allocator was freed. It goes back to the system when the allocator is next used for something larger, so
/// in a program that sleeps from now on never.
#[cfg_attr(feature = "sanitized", allow(dead_code))]
#[inline(always)]
pub(crate) fn note_freed(bytes: usize) {
    if bytes >= COUNTED {
        let all = FREED.get() + bytes;
        FREED.set(all);
        if all >= TOLD {
            tell_of_freed();
        }
    }
}

/// Tells what this thread has freed since it told last: now and then, when it sleeps and when it ends.
#[cold]
#[inline(never)]
pub(crate) fn tell_of_freed() {
    let pages = FREED.replace(0) / arena::PAGE as usize;
    if Thread::current().is_null() {
        // A thread that comes or goes, or one of the runtime's own: not the place to start another.
        RETIRED.fetch_add(pages, Ordering::Relaxed);
    } else {
        note_retired(pages);
    }
}

#[cold]
#[inline(never)]
fn start() {
    if RUNS.swap(true, Ordering::AcqRel) {
        return;
    }
    let thread = std::thread::Builder::new()
        .name("typhon-memory".into())
        .stack_size(128 << 10);
    if crate::signals::blocked(|| thread.spawn(run)).is_err() {
        RETIRED.store(0, Ordering::Relaxed);
        RUNS.store(false, Ordering::Release);
    }
}

fn run() {
    loop {
        look_after();
        RUNS.store(false, Ordering::Release);
        fence(Ordering::SeqCst);
        // What was told meanwhile found it running.
        let news = RETIRED.load(Ordering::Relaxed) >= NEWS;
        if !news || RUNS.swap(true, Ordering::AcqRel) {
            return;
        }
    }
}

/// Until nothing has come back for a while.
fn look_after() {
    let mut quiet = 0;
    while quiet < QUIET {
        std::thread::sleep(TICK);
        let news = RETIRED.swap(0, Ordering::Relaxed) != 0;
        quiet = if tick() || news { 0 } else { quiet + 1 };
    }
    give(arena::spare(arena::RESERVE_AT_REST));
    thread::with_world_claimed(|| {
        arena::release_marks();
        general::collect();
    });
}

/// True if there was something to do.
fn tick() -> bool {
    if thread::with_world_claimed(thread::serve_all_sleepers).is_none() {
        return true;
    }
    qsbr::ask_for_quiescence();
    let spare = arena::spare(arena::RESERVE);
    give(spare);
    spare != 0
}

/// So many free pages to the system.
fn give(mut spare: usize) {
    while spare != 0 {
        let n = spare.min(SLICE);
        if thread::with_world_claimed(|| arena::give_to_system(n)).is_none() {
            break;
        }
        spare -= n;
    }
}

/// In the child of a fork the thread is gone.
pub(crate) fn reset_in_child() {
    RUNS.store(false, Ordering::Relaxed);
}
