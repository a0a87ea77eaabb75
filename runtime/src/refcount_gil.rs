//! Counting references under the global lock: one plain count. The twin of `refcount.rs` (R19).
//!
//! `local` holds the count; an immortal object's has its sign bit set and is never stored to. A
//! deferred object's carries the bias.

use crate::dealloc::dealloc;
use crate::header::{Header, flag};
use crate::protocol::slot_read::Read;
use crate::sync::{AtomicU64, Ordering};
use crate::thread::Thread;
use crate::zerocount;

const BIAS: u32 = 1 << 27;

/// # Safety
/// The caller knows the object alive and holds the global lock.
#[inline(always)]
pub unsafe fn incref(head: &Header, _tid: u16) {
    let local = head.local.load(Ordering::Relaxed);
    if (local as i32) >= 0 {
        // 2^31 references make the sign bit appear: immortal from then on.
        head.local.store(local + 1, Ordering::Relaxed);
    }
}

/// A reference for the collector.
///
/// # Safety
/// By the stopper, of an object that is alive.
pub(crate) unsafe fn hold(head: &Header, tid: u16) {
    // SAFETY: by contract; who stops the world holds the global lock.
    unsafe { incref(head, tid) }
}

/// # Safety
/// The caller gives up a reference it holds, under the global lock.
#[inline(always)]
pub unsafe fn decref(head: *mut Header, _tid: u16) {
    // SAFETY: the reference given up keeps it alive until here.
    let h = unsafe { &*head };
    let local = h.local.load(Ordering::Relaxed);
    if (local as i32) > 0 {
        let left = local - 1;
        h.local.store(left, Ordering::Relaxed);
        // Zero, or the bias alone.
        if left & (BIAS - 1) == 0 {
            // SAFETY: as above.
            unsafe { uncounted(head, left) };
        }
    }
}

/// [`decref`] by the thread of a record at hand, of which counting asks nothing here.
///
/// # Safety
/// As for [`decref`].
#[inline(always)]
pub unsafe fn decref_in(head: *mut Header, t: &Thread) {
    // SAFETY: by contract.
    unsafe { decref(head, t.tid) }
}

#[inline(never)]
unsafe fn uncounted(head: *mut Header, left: u32) {
    if left == 0 {
        // SAFETY: zero references.
        unsafe { free_dead(head) };
    // SAFETY: a deferred object is freed with the world stopped only.
    } else if left == BIAS && unsafe { (*head).is_deferred() } {
        zerocount::note(head);
    }
}

#[inline(never)]
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

/// # Safety
/// The caller gives up `given` references.
pub(crate) unsafe fn merge(head: *mut Header, given: i32) -> bool {
    // SAFETY: alive by the references given up.
    let h = unsafe { &*head };
    let local = h.local.load(Ordering::Relaxed);
    if (local as i32) < 0 {
        return false;
    }
    h.local.store(local - given as u32, Ordering::Relaxed);
    local == given as u32
}

/// One lock, one owner: there is nothing to take over.
///
/// # Safety
/// None is needed; that of the twin is.
pub(crate) unsafe fn adopt(_head: &Header, _tid: u16) -> bool {
    false
}

/// # Safety
/// The header is type-stable for the duration.
#[inline]
pub unsafe fn try_incref(head: &Header, tid: u16) -> bool {
    if head.local.load(Ordering::Relaxed) == 0 {
        return false;
    }
    // SAFETY: alive.
    unsafe { incref(head, tid) };
    true
}

/// Never reached: every read takes the owner's leg.
pub(crate) fn count_reader(
    head: &Header,
    tid: u16,
    _slot: &AtomicU64,
    _bits: u64,
    _path_unchanged: impl Fn() -> bool,
) -> Read {
    // SAFETY: under the global lock the slot's own reference keeps it alive.
    if unsafe { try_incref(head, tid) } {
        Read::Counted
    } else {
        Read::Refused
    }
}

#[inline(always)]
pub fn is_owner_leg(_head: &Header, _tid: u16) -> bool {
    true
}

/// One more reference; nobody else counts meanwhile.
#[inline(always)]
pub fn try_incref_owned(head: &Header, tid: u16) -> bool {
    // SAFETY: named by a slot while the lock is held: alive.
    unsafe { incref(head, tid) };
    true
}

pub(crate) fn resurrect(head: &Header, _tid: u16) {
    head.local.store(1, Ordering::Relaxed);
}

/// `n` more references to an object the caller holds.
pub fn incref_by(head: &Header, n: u32, _tid: u16) {
    let local = head.local.load(Ordering::Relaxed);
    if (local as i32) >= 0 {
        head.local.store(local.saturating_add(n), Ordering::Relaxed);
    }
}

pub(crate) fn add_bias(head: &Header) {
    head.local
        .store(head.local.load(Ordering::Relaxed) + BIAS, Ordering::Relaxed);
}
pub(crate) fn remove_bias(head: &Header) {
    head.local
        .store(head.local.load(Ordering::Relaxed) - BIAS, Ordering::Relaxed);
}

/// No thread keeps counts to itself here.
#[inline(always)]
pub(crate) fn write_tallies(_: &Thread) {}

pub(crate) fn total_for_reader(head: &Header) -> i64 {
    total(head)
}

pub(crate) fn total(head: &Header) -> i64 {
    let n = head.local.load(Ordering::Relaxed) as i64;
    if head.flags() & flag::DEFERRED != 0 {
        n - BIAS as i64
    } else {
        n
    }
}
