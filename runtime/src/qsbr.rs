//! Quiescent-state based reclamation (R8): memory that lock-free readers may still look at is retired
//! here and freed once every thread has passed a quiescent state.
//!
//! Each thread keeps what it retired. A batch (32 pieces or 64 KiB) is sealed with a goal, and all
//! threads are asked through their breaker to report a quiescent state; so delay is bounded in count
//! and bytes, and a thread that passes no garbage pays nothing but its breaker check. A thread that
//! detaches hands the rest to a common list. The callbacks only free memory: no values are dropped
//! and no Python runs.

use crate::arena;
use crate::checking::shrunk;
use crate::counters::{self, Counter};
use crate::protocol::page_retire;
use crate::protocol::qsbr_seq::Global;
use crate::protocol::ranks::Rank;
use crate::scavenge;
use crate::sync::{AtomicUsize, Mutex, MutexGuard, Ordering};
use crate::thread::{self, Thread, breaker};
use std::alloc::Layout;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

pub(crate) static GLOBAL: Global = Global::new();

const BATCH_COUNT: usize = 32;
const BATCH_BYTES: usize = 64 << 10;

type Release = unsafe fn(*mut u8, usize);

struct Piece {
    /// 0 until its batch is sealed.
    goal: u64,
    at: *mut u8,
    extra: usize,
    release: Release,
}

// SAFETY: retired memory belongs to whoever holds the piece.
unsafe impl Send for Piece {}

pub(crate) struct Garbage {
    pieces: VecDeque<Piece>,
    /// Of the batch not sealed yet.
    open_count: usize,
    open_bytes: usize,
    /// The goals of the sealed batches, and when they were sealed.
    sealed: VecDeque<(u64, Instant)>,
}

impl Garbage {
    pub(crate) const fn new() -> Garbage {
        Garbage {
            pieces: VecDeque::new(),
            open_count: 0,
            open_bytes: 0,
            sealed: VecDeque::new(),
        }
    }

    fn seal(&mut self) {
        if self.open_count == 0 {
            return;
        }
        let goal = GLOBAL.advance();
        for piece in self.pieces.iter_mut().rev().take(self.open_count) {
            piece.goal = goal;
        }
        self.open_count = 0;
        self.open_bytes = 0;
        self.sealed.push_back((goal, Instant::now()));
    }

    /// The batches that are over now, and how long they took in all.
    fn count_over(&mut self, passed: u64) -> (u64, Duration) {
        let (mut batches, mut time) = (0, Duration::ZERO);
        while let Some((_, at)) = self.sealed.pop_front_if(|(goal, _)| *goal <= passed) {
            batches += 1;
            time += at.elapsed();
        }
        (batches, time)
    }
}

/// Keeps the common list out of others' hands across a fork.
pub(crate) fn before_fork() -> impl Drop {
    struct Held(#[allow(dead_code)] MutexGuard<'static, VecDeque<Piece>>);
    impl Drop for Held {
        fn drop(&mut self) {}
    }
    Held(LEFT.lock())
}

/// Takes over what a thread that is no more had retired.
///
/// # Safety
/// `from` is not running and never will.
pub(crate) unsafe fn inherit(t: &Thread, from: &Thread) {
    // SAFETY: this thread's list, and one that is nobody's.
    unsafe {
        let theirs = &mut *from.garbage.get();
        theirs.seal();
        let mine = &mut *t.garbage.get();
        for piece in theirs.pieces.drain(..).rev() {
            mine.pieces.push_front(piece);
        }
        for batch in theirs.sealed.drain(..).rev() {
            mine.sealed.push_front(batch);
        }
    }
}

/// Sealed pieces of threads that sleep or ended.
static LEFT: Mutex<VecDeque<Piece>> = Mutex::ranked(Rank::Left, VecDeque::new());
static LEFT_COUNT: AtomicUsize = AtomicUsize::new(0);

/// Calls `release(at, extra)` after a grace period; `extra` is its size in bytes or near it.
///
/// # Safety
/// New readers cannot reach it; `release` frees memory and nothing else.
pub(crate) unsafe fn defer(t: &Thread, at: *mut u8, extra: usize, release: Release) {
    t.counters.add(Counter::retired, 1);
    t.counters.add(Counter::retired_bytes, extra as u64);
    // SAFETY: only this thread uses its list.
    let garbage = unsafe { &mut *t.garbage.get() };
    garbage.pieces.push_back(Piece {
        goal: 0,
        at,
        extra,
        release,
    });
    garbage.open_count += 1;
    garbage.open_bytes += extra;
    if garbage.open_count >= shrunk(BATCH_COUNT) || garbage.open_bytes >= BATCH_BYTES {
        garbage.seal();
        ask_for_quiescence();
        poll(t);
    }
}

/// Frees the box after a grace period. Its drop runs no Python and drops no values.
pub fn retire<T: Send + 'static>(t: &Thread, garbage: Box<T>) {
    unsafe fn drop_box<T>(at: *mut u8, _: usize) {
        // SAFETY: out of Box::into_raw below.
        drop(unsafe { Box::from_raw(at as *mut T) });
    }
    // SAFETY: the caller unlinked it.
    unsafe {
        defer(
            t,
            Box::into_raw(garbage) as *mut u8,
            size_of::<T>(),
            drop_box::<T>,
        );
    }
}

/// Frees a buffer of the global allocator after a grace period. `layout.align()` is at most 16.
///
/// # Safety
/// The buffer was allocated with this layout and new readers cannot reach it.
pub unsafe fn retire_buffer(t: &Thread, at: *mut u8, layout: Layout) {
    debug_assert!(layout.align() <= 16);
    unsafe fn free(at: *mut u8, bytes: usize) {
        // SAFETY: mimalloc finds a block by its address; size and alignment are of no account to it.
        unsafe { std::alloc::dealloc(at, Layout::from_size_align_unchecked(bytes, 8)) };
    }
    if layout.size() == 0 {
        return;
    }
    // SAFETY: by contract.
    unsafe { defer(t, at, layout.size(), free) };
}

/// The sequence all online threads have passed.
pub(crate) fn passed_by_all() -> u64 {
    page_retire::passed_by_all((1..thread::id_bound()).map(|tid| &thread::record(tid).seq))
}

/// Has every thread report a quiescent state at its next safepoint.
pub(crate) fn ask_for_quiescence() {
    thread::set_breaker_everywhere(breaker::QUIESCE);
}

/// Frees what every thread has passed.
pub(crate) fn poll(t: &Thread) {
    // SAFETY: only this thread uses its list.
    let garbage = unsafe { &mut *t.garbage.get() };
    let left = LEFT_COUNT.load(Ordering::Relaxed);
    if garbage.pieces.is_empty() && left == 0 {
        return;
    }
    let passed = passed_by_all();
    let mut freed = free_passed(&mut garbage.pieces, passed);
    let (batches, time) = garbage.count_over(passed);
    t.counters.add(Counter::grace_periods, batches);
    t.counters.add(Counter::grace_ns, time.as_nanos() as u64);
    if left != 0
        && let Some(mut list) = LEFT.try_lock()
    {
        // Threads seal at different times, so the order of goals is only roughly that of the list.
        let more = free_passed(&mut list, passed);
        freed = (freed.0 + more.0, freed.1 + more.1);
        LEFT_COUNT.store(list.len(), Ordering::Relaxed);
    }
    if freed.1 >= BATCH_BYTES as u64 {
        scavenge::note_retired((freed.1 / arena::PAGE) as usize);
    }
    t.counters.add(Counter::reclaimed, freed.0);
    t.counters.add(Counter::reclaimed_bytes, freed.1);
}

/// How many pieces were freed, and their bytes.
fn free_passed(pieces: &mut VecDeque<Piece>, passed: u64) -> (u64, u64) {
    let mut freed = (0, 0);
    while let Some(piece) = pieces.front() {
        if piece.goal == 0 || piece.goal > passed {
            break;
        }
        let piece = pieces.pop_front().expect("just seen");
        // SAFETY: unreachable since before `goal`, which everybody has passed (R8).
        unsafe { (piece.release)(piece.at, piece.extra) };
        freed = (freed.0 + 1, freed.1 + piece.extra as u64);
    }
    freed
}

/// The thread is about to sleep, and offline already: it must not keep garbage to itself.
pub(crate) fn leave_behind(t: &Thread) {
    // SAFETY: only this thread uses its list.
    let garbage = unsafe { &mut *t.garbage.get() };
    if garbage.pieces.is_empty() {
        return;
    }
    garbage.seal();
    poll(t);
    if !garbage.pieces.is_empty() {
        // Whoever frees them does not know since when they wait.
        garbage.sealed.clear();
        let mut left = LEFT.lock();
        left.append(&mut garbage.pieces);
        LEFT_COUNT.store(left.len(), Ordering::Relaxed);
        drop(left);
        ask_for_quiescence();
    }
}

/// Bytes retired that wait for their grace period, about: threads count on.
pub fn pending_bytes() -> u64 {
    let freed = counters::total(Counter::reclaimed_bytes);
    counters::total(Counter::retired_bytes).saturating_sub(freed)
}
