//! Counting references, free-threaded: biased reference counts (PEP 703). Its twin is
//! `refcount_gil.rs`.
//!
//! ```text
//! total references = local + count(shared)                                       COUNTED
//!                    local + count(shared) - bias + the sum of all tallies       DEFERRED
//! ```
//! The owner counts in `local` with plain loads and stores, everybody else in `shared`. When `local`
//! reaches zero the owner lets go: it frees if nobody counted in `shared`, else it stores owner = 0
//! and then merges (R5). A non-owner that finds nothing in `shared` to subtract from queues its
//! reference to the owner, who merges at a safepoint (`thread::merge`).
//!
//! A deferred object is counted by whoever is not its owner in the thread's own tally ([`crate::protocol::tally`]): no
//! word that other threads read is written.

use crate::alone;
use crate::counters::Counter;
use crate::dealloc::dealloc;
use crate::header::{Header, flag};
use crate::promote;
use crate::protocol::refword::{self, Dec};
use crate::protocol::slot_read::{Read, count_and_look_again};
use crate::protocol::tally::Tallied;
use crate::sync::{AtomicU64, Ordering};
use crate::thread::{self, Thread};
use crate::zerocount;

/// # Safety
/// The caller knows the object alive; `tid` is the current thread's.
#[inline(always)]
pub unsafe fn incref(head: &Header, tid: u16) {
    if head.owner.load(Ordering::Relaxed) == tid {
        let local = head.local.load(Ordering::Relaxed).wrapping_add(1);
        head.local.store(local, Ordering::Relaxed);
        if (local as i32) < 0 {
            saturate(head);
        }
    } else {
        incref_shared(head);
    }
}

#[inline]
fn incref_shared(head: &Header) {
    let flags = head.flags();
    if flags & flag::IMMORTAL == 0 {
        incref_foreign(head, flags);
    }
}

#[inline(never)]
fn incref_foreign(head: &Header, flags: u8) {
    if alone::is_alone() {
        // Nobody else reads the word: no tally spares anything.
        if head.shared.inc_alone() > refword::SATURATION {
            saturate(head);
        }
        return;
    }
    if flags & flag::DEFERRED != 0 {
        count_deferred(head, 1);
        return;
    }
    if head.shared.inc() > refword::SATURATION {
        saturate(head);
    }
    promote::sample(head);
}

/// Counts `by` references to a deferred object in this thread's tally.
#[inline]
fn count_deferred(head: &Header, by: i32) {
    let t = Thread::current();
    if t.is_null() {
        write_tally(None, head, by);
        return;
    }
    // SAFETY: the running thread's record.
    let t = unsafe { &*t };
    let address = &raw const *head as usize;
    let write = |address: usize, by| write_tally_of(t, address, by);
    if t.tallies.count(address, by, write) == Tallied::Below {
        zerocount::look_soon();
    }
    promote::sample_deferred(t, head);
}

/// A tally of `t` goes to the word.
#[inline(never)]
fn write_tally_of(t: &Thread, address: usize, by: i32) {
    t.counters.add(Counter::tallies_written, 1);
    // SAFETY: a deferred object with a tally: it does not die before the world stops, when all tallies are written first.
    write_tally(Some(t), unsafe { &*(address as *const Header) }, by);
}

fn write_tally(t: Option<&Thread>, head: &Header, by: i32) {
    if head.flags() & flag::IMMORTAL != 0 {
        return;
    }
    match head.shared.add(by) {
        Dec::Alive => {}
        Dec::Uncounted => zerocount::note(&raw const *head as *mut Header),
        // At the next safepoint: the caller may be inside a guard or hold a lock.
        Dec::Queue => match t {
            Some(t) => t.queue_later(head),
            // SAFETY: the reference is the queue's; a thread without a record holds no guard and no lock.
            None => unsafe { thread::queue_to_owner(&raw const *head as *mut Header) },
        },
        Dec::Dead => unreachable!("a deferred object has its bias"),
    }
    if by > 0 && refword::count(head.shared.load()) > refword::SATURATION {
        saturate(head);
    }
}

/// All that `t` counted of deferred objects goes to their words: by itself, or with the world stopped.
#[inline]
pub(crate) fn write_tallies(t: &Thread) {
    t.tallies
        .write_all(|address, by| write_tally_of(t, address, by));
}

/// Too many to count: never freed from now on.
#[cold]
#[inline(never)]
fn saturate(head: &Header) {
    head.set_flags(flag::IMMORTAL);
}

/// A reference for the collector. What it counts says nothing of traffic: nobody is asked to merge garbage, which would live until
/// that is done, and nothing is promoted.
///
/// # Safety
/// By the stopper, of an object that is alive; `tid` is its own.
pub(crate) unsafe fn hold(head: &Header, tid: u16) {
    if head.is_owned_by(tid) {
        // SAFETY: the owner's leg, by contract.
        unsafe { incref(head, tid) };
    } else if head.flags() & flag::IMMORTAL == 0 && head.shared.inc() > refword::SATURATION {
        saturate(head);
    }
}

/// # Safety
/// The caller gives up a reference it holds; `tid` is the current thread's.
#[inline(always)]
pub unsafe fn decref(head: *mut Header, tid: u16) {
    // SAFETY: the reference given up keeps it alive until here.
    let h = unsafe { &*head };
    if h.owner.load(Ordering::Relaxed) == tid {
        let local = h.local.load(Ordering::Relaxed).wrapping_sub(1);
        h.local.store(local, Ordering::Relaxed);
        if local == 0 {
            // SAFETY: as above.
            unsafe { local_zero(head) };
        }
    } else if h.flags() & flag::IMMORTAL == 0 {
        // SAFETY: as above.
        unsafe { decref_shared(head) };
    }
}

/// [`decref`] by a caller that has its record at hand.
///
/// # Safety
/// The caller gives up a reference it holds; `t` is the record of the running thread.
#[inline(always)]
pub unsafe fn decref_in(head: *mut Header, t: &Thread) {
    // SAFETY: the reference given up keeps it alive until here.
    let h = unsafe { &*head };
    if h.owner.load(Ordering::Relaxed) == t.tid {
        let local = h.local.load(Ordering::Relaxed).wrapping_sub(1);
        h.local.store(local, Ordering::Relaxed);
        if local == 0 {
            // SAFETY: as above.
            unsafe { local_zero_in(head, t) };
        }
    } else if h.flags() & flag::IMMORTAL == 0 {
        // SAFETY: as above.
        unsafe { decref_shared(head) };
    }
}

#[inline(never)]
unsafe fn decref_shared(head: *mut Header) {
    // SAFETY: alive by the reference the caller gives up.
    let h = unsafe { &*head };
    let alone = alone::is_alone();
    if h.flags() & flag::DEFERRED != 0 && !alone {
        count_deferred(h, -1);
        return;
    }
    let what = if alone {
        h.shared.dec_alone()
    } else {
        h.shared.dec()
    };
    match what {
        Dec::Alive => {}
        // SAFETY: the count of a merged object reached zero here and nowhere else.
        Dec::Dead => unsafe { free_dead(head) },
        Dec::Uncounted => note_deferred(head),
        // SAFETY: the reference is the queue's now.
        Dec::Queue => unsafe { thread::queue_to_owner(head) },
    }
}

/// A count at the bias: of a deferred object, or of one with very many references, which is none of this.
#[cold]
fn note_deferred(head: *mut Header) {
    // SAFETY: a deferred object is not freed before the world stops; the other has 2^26 references.
    if unsafe { (*head).is_deferred() } {
        zerocount::note(head);
    }
}

/// [`local_zero`] with the record at hand: most objects die here, known to nobody but their owner.
#[inline(never)]
unsafe fn local_zero_in(head: *mut Header, t: &Thread) {
    // SAFETY: as in `local_zero`.
    unsafe {
        if (*head).shared.load_acquire() == refword::DEFAULT
            && (*head).flags() & flag::IMMORTAL == 0
        {
            dealloc(t, head);
            return;
        }
        local_zero(head);
    }
}

/// The owner's count reached zero.
#[inline(never)]
unsafe fn local_zero(head: *mut Header) {
    // SAFETY: nobody but the owner frees while it is the owner.
    let h = unsafe { &*head };
    if h.shared.load_acquire() == refword::DEFAULT {
        if h.flags() & flag::IMMORTAL == 0 {
            // SAFETY: local and shared are zero and no reader counts from DEFAULT zero (R2).
            unsafe { free_dead(head) };
        }
        return;
    }
    if h.flags() & flag::IMMORTAL != 0 {
        // Saturated: leave it owned by nobody, so that its counts are never looked at again.
        h.owner.store(0, Ordering::Release);
        return;
    }
    // R5: owner = 0, then merged, then nothing uncounted.
    match h.shared.merge(0, || h.owner.store(0, Ordering::Release)) {
        // SAFETY: merged with zero.
        Dec::Dead => unsafe { free_dead(head) },
        Dec::Uncounted => note_deferred(head),
        Dec::Alive | Dec::Queue => {}
    }
}

unsafe fn free_dead(head: *mut Header) {
    let t = Thread::current();
    debug_assert!(
        !t.is_null(),
        "a reference was dropped by a thread that is not attached"
    );
    if t.is_null() {
        return;
    }
    // SAFETY: the record of the running thread; zero references.
    unsafe { dealloc(&*t, head) };
}

/// Merges the owner's count into the shared word and gives up `given` references of the caller.
/// True: zero, the caller frees.
///
/// # Safety
/// By the owner, the stopper, or under the id-record lock for an orphan or helped sleeper (R5).
pub(crate) unsafe fn merge(head: *mut Header, given: i32) -> bool {
    // SAFETY: the references given up keep it alive.
    let h = unsafe { &*head };
    let local = if h.owner.load(Ordering::Relaxed) == 0 {
        0
    } else {
        h.local.load(Ordering::Relaxed)
    };
    let what = h.shared.merge(local as i32 - given, || {
        if h.flags() & flag::IMMORTAL == 0 {
            h.local.store(0, Ordering::Relaxed);
        }
        h.owner.store(0, Ordering::Release);
    });
    if h.flags() & flag::IMMORTAL != 0 {
        return false;
    }
    if what == Dec::Uncounted && given != 0 {
        note_deferred(head);
    }
    what == Dec::Dead
}

/// Garbage changes hands: what nobody but its owner counted is owned by this thread from now on, which so lets go of it as of its
/// own, without locked instructions and without retiring its buffers. True: it is this thread's.
///
/// # Safety
/// By the stopper (R5), of an object that no running code can reach.
pub(crate) unsafe fn adopt(head: &Header, tid: u16) -> bool {
    let others = head.flags() & (flag::IMMORTAL | flag::DEFERRED) != 0
        || head.shared.load() != refword::DEFAULT;
    if others || head.owner.load(Ordering::Relaxed) == 0 {
        return false;
    }
    head.owner.store(tid, Ordering::Relaxed);
    true
}

/// Counts a reference to an object the caller holds none to (R2). False where it may be dead.
///
/// # Safety
/// The header is type-stable for the duration (R3): a guard, or the weak registry's lock.
#[inline]
pub unsafe fn try_incref(head: &Header, tid: u16) -> bool {
    if head.owner.load(Ordering::Relaxed) == tid {
        let local = head.local.load(Ordering::Relaxed);
        if local != 0 {
            // SAFETY: the owner's count is not zero and only the owner brings it there.
            unsafe { incref(head, tid) };
            return true;
        }
    }
    let flags = head.flags_acquire();
    if flags & (flag::IMMORTAL | flag::DEFERRED) != 0 {
        if flags & flag::IMMORTAL == 0 {
            // It does not die before the world stops.
            count_deferred(head, 1);
        }
        return true;
    }
    head.shared.try_inc()
}

/// The legs of R2 for a reader that does not own the object.
#[inline]
pub(crate) fn count_reader(
    head: &Header,
    _tid: u16,
    slot: &AtomicU64,
    bits: u64,
    path_unchanged: impl Fn() -> bool,
) -> Read {
    let flags = head.flags_acquire();
    if flags & (flag::IMMORTAL | flag::DEFERRED) != 0 {
        if slot.load(Ordering::Acquire) != bits || !path_unchanged() {
            return Read::Refused;
        }
        if flags & flag::IMMORTAL == 0 {
            // Still in the slot after the flag was read: it does not die before the world stops.
            count_deferred(head, 1);
        }
        return Read::Counted;
    }
    let read = count_and_look_again(&head.shared, slot, bits, path_unchanged);
    if read == Read::Counted {
        promote::sample(head);
    }
    read
}

/// True if [`try_incref`] by this thread needs no second look at the path: the owner's leg (R2).
#[inline(always)]
pub fn is_owner_leg(head: &Header, tid: u16) -> bool {
    head.owner.load(Ordering::Relaxed) == tid && head.local.load(Ordering::Relaxed) != 0
}

/// One more reference to an object that this thread owns and that no other thread can bring to zero: the owner's leg (R2).
/// False: it is not so.
#[inline(always)]
pub fn try_incref_owned(head: &Header, tid: u16) -> bool {
    let local = head.local.load(Ordering::Relaxed);
    if head.owner.load(Ordering::Relaxed) != tid || local == 0 {
        return false;
    }
    head.local.store(local.wrapping_add(1), Ordering::Relaxed);
    if (local.wrapping_add(1) as i32) < 0 {
        saturate(head);
    }
    true
}

/// One reference again for an object that just reached zero: finalizers.
pub(crate) fn resurrect(head: &Header, tid: u16) {
    if head.owner.load(Ordering::Relaxed) == tid {
        head.local.store(1, Ordering::Relaxed);
    } else {
        head.shared.inc();
    }
}

/// `n` more references to an object the caller holds.
pub fn incref_by(head: &Header, n: u32, tid: u16) {
    if head.owner.load(Ordering::Relaxed) == tid {
        let local = head.local.load(Ordering::Relaxed).wrapping_add(n);
        head.local.store(local, Ordering::Relaxed);
        if (local as i32) < 0 {
            saturate(head);
        }
    } else if head.flags() & flag::IMMORTAL == 0 && head.shared.inc_by(n) > refword::SATURATION {
        saturate(head);
    }
}

/// The count as this thread knows it: what it kept to itself goes to the word first.
pub(crate) fn total_for_reader(head: &Header) -> i64 {
    let t = Thread::current();
    if !t.is_null() && head.is_deferred() {
        // SAFETY: the running thread's record.
        write_tallies(unsafe { &*t });
    }
    total(head)
}

pub(crate) fn add_bias(head: &Header) {
    head.shared.add_bias();
}
pub(crate) fn remove_bias(head: &Header) {
    head.shared.remove_bias();
}

/// Exact only while nobody counts.
pub(crate) fn total(head: &Header) -> i64 {
    let local = if head.owner.load(Ordering::Relaxed) == 0 {
        0
    } else {
        head.local.load(Ordering::Relaxed)
    };
    let mut n = local as i64 + refword::count(head.shared.load()) as i64;
    if head.is_deferred() {
        n -= refword::count(refword::BIAS) as i64;
    }
    n
}
