//! Waiting for Python's own synchronization: `Lock`, `Condition`, `Event`, `join`.
//!
//! A waiter detaches, sleeps at a key with an optional timeout, and can be interrupted: whoever wants
//! it to look at its breaker (signals, asynchronous exceptions) sets the bit and then calls
//! [`interrupt`]. Waiter: publish the key, fence, test the breaker inside the bucket. Interrupter: set
//! the breaker, fence, read the key, unpark inside the bucket. One of the two sees the other.

#[cfg(not(feature = "gil"))]
use crate::checking::shrunk;
#[cfg(not(feature = "gil"))]
use crate::contention::Contention;
use crate::counters::Counter;
use crate::fork;
use crate::sync::{AtomicU8, AtomicUsize, Ordering, fence};
use crate::thread::{self, Thread, breaker};
use crate::traffic::{self, Kind, Sum};
use parking_lot_core::{
    DEFAULT_UNPARK_TOKEN, FilterOp, ParkResult, ParkToken, UnparkToken, park, unpark_all,
    unpark_filter, unpark_one,
};
use std::time::{Duration, Instant};

#[must_use]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wait {
    Acquired,
    TimedOut,
    /// A breaker bit wants attention: handle it and wait again.
    Interrupted,
}

/// What ended a sleep.
#[must_use]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Woken {
    /// By [`wake_one`] or [`wake_all`], or the validation failed.
    Awake,
    /// The lock was handed over by its holder.
    HandedOver,
    TimedOut,
    Interrupted,
}

const HAND_OVER: UnparkToken = UnparkToken(1);
const INTERRUPT: UnparkToken = UnparkToken(2);

/// Breaker bits that end an interruptible wait.
const INTERRUPTS: u32 = breaker::SIGNAL | breaker::ASYNC_EXC;

/// Sleeps at `address` unless `validate` (run inside the bucket) says no. Detaches for the time.
pub fn sleep_at(
    t: &mut Thread,
    address: usize,
    validate: impl FnOnce() -> bool,
    deadline: Option<Instant>,
    interruptible: bool,
) -> Woken {
    let tid = t.tid;
    let (bits, parked_at): (*const _, *const _) = (&t.breaker, &t.parked_at);
    if interruptible {
        t.waiting_at.store(address, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }
    let nap = t.nap().filter(|_| interruptible);
    let nap = deadline_of(nap).filter(|&nap| deadline.is_none_or(|end| nap < end));
    let mut interrupted = false;
    let result = t.detach(|| {
        let validate = || {
            // SAFETY: the record outlives its own wait.
            if interruptible && unsafe { (*bits).load(Ordering::Relaxed) } & INTERRUPTS != 0 {
                interrupted = true;
                return false;
            }
            validate()
        };
        // SAFETY: the record outlives its own wait; `validate` neither panics nor parks.
        unsafe {
            park_announced(
                &*parked_at,
                address,
                validate,
                ParkToken(tid as usize),
                nap.or(deadline),
            )
        }
    });
    if interruptible {
        t.waiting_at.store(0, Ordering::Relaxed);
    }
    match result {
        ParkResult::Unparked(INTERRUPT) => Woken::Interrupted,
        ParkResult::Unparked(HAND_OVER) => Woken::HandedOver,
        ParkResult::Invalid if interrupted => Woken::Interrupted,
        ParkResult::Unparked(_) | ParkResult::Invalid => Woken::Awake,
        ParkResult::TimedOut if nap.is_some() => Woken::Interrupted,
        ParkResult::TimedOut => Woken::TimedOut,
    }
}

/// Sleeps in the parking table, and says so to forks: they wait while somebody is at the table, and `parked_at`, which belongs to
/// the sleeping thread, tells the child whom to take out of it. Called detached.
///
/// # Safety
/// `validate` neither panics nor parks.
pub(crate) unsafe fn park_announced(
    parked_at: &AtomicUsize,
    address: usize,
    validate: impl FnOnce() -> bool,
    token: ParkToken,
    deadline: Option<Instant>,
) -> ParkResult {
    fork::enter_table();
    let key = fork::park_key(address);
    parked_at.store(key, Ordering::Relaxed);
    // SAFETY: by contract; leaving the table neither panics nor parks.
    let result = unsafe { park(key, validate, fork::leave_table, |_, _| {}, token, deadline) };
    if result == ParkResult::Invalid {
        fork::leave_table();
    }
    parked_at.store(0, Ordering::Relaxed);
    result
}

/// In the child of a fork: takes a thread out of the table that sleeps in the parent only. Its entry stands in the thread's own
/// memory, which the C library gives to the next thread that is started.
pub(crate) fn take_out(parked_at: &AtomicUsize) {
    let key = parked_at.load(Ordering::Relaxed);
    if key != 0 {
        // SAFETY: no callbacks. Nobody was at the table when the process forked.
        unsafe { unpark_all(key, DEFAULT_UNPARK_TOKEN) };
    }
}

/// Wakes one sleeper. True if there was one.
pub fn wake_one(address: usize) -> bool {
    fork::enter_table();
    // SAFETY: the callback neither panics nor parks.
    let r = unsafe { unpark_one(fork::park_key(address), |_| DEFAULT_UNPARK_TOKEN) };
    fork::leave_table();
    r.unparked_threads != 0
}

/// Wakes all sleepers; returns how many.
pub fn wake_all(address: usize) -> usize {
    fork::enter_table();
    // SAFETY: no callbacks.
    let n = unsafe { unpark_all(fork::park_key(address), DEFAULT_UNPARK_TOKEN) };
    fork::leave_table();
    n
}

/// Ends the interruptible wait of thread `tid`, whose breaker bit the caller has set.
pub fn interrupt(tid: u16) {
    fence(Ordering::SeqCst);
    let mut address = 0;
    thread::for_each_registered(|t| {
        // SAFETY: registered; atomics only.
        unsafe {
            if (*t).tid == tid {
                address = (*t).waiting_at.load(Ordering::Relaxed);
            }
        }
    });
    if address != 0 {
        let filter = |token: ParkToken| {
            if token.0 == tid as usize {
                FilterOp::Unpark
            } else {
                FilterOp::Skip
            }
        };
        fork::enter_table();
        // SAFETY: the callbacks neither panic nor park.
        unsafe { unpark_filter(fork::park_key(address), filter, |_| INTERRUPT) };
        fork::leave_table();
    }
}

pub fn deadline_of(timeout: Option<Duration>) -> Option<Instant> {
    timeout.and_then(|d| Instant::now().checked_add(d))
}

const LOCKED: u8 = 1;
const PARKED: u8 = 2;

/// Sleeping costs two system calls and waking about as many microseconds as a short section has instructions: who is the first to
/// wait looks away and back so many times before.
#[cfg(not(feature = "gil"))]
const LOOKS: usize = 4;
/// How often to try at each look.
#[cfg(not(feature = "gil"))]
const TRIES: usize = 24;
/// For a section that is brief: some microseconds in all.
#[cfg(not(feature = "gil"))]
const BRIEF_LOOKS: usize = 50;

/// The lock under `_thread.lock`. Any thread may unlock it. Mostly unfair, handed over now and then
/// so that nobody starves.
#[derive(Default)]
pub struct RawLock(AtomicU8);

impl RawLock {
    pub const fn new() -> RawLock {
        RawLock(AtomicU8::new(0))
    }

    #[inline]
    pub fn try_lock(&self) -> bool {
        let byte = self.0.load(Ordering::Relaxed);
        byte & LOCKED == 0
            && self
                .0
                .compare_exchange(byte, byte | LOCKED, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
    }

    pub fn is_locked(&self) -> bool {
        self.0.load(Ordering::Relaxed) & LOCKED != 0
    }

    fn key(&self) -> usize {
        self as *const RawLock as usize
    }

    pub fn lock(&self, t: &mut Thread, timeout: Option<Duration>, interruptible: bool) -> Wait {
        if self.try_lock() {
            return Wait::Acquired;
        }
        self.lock_until(t, deadline_of(timeout), interruptible)
    }

    /// For sections of the runtime that are over in a few hundred nanoseconds, between which their threads do other things:
    /// looking away for long, as from what all want all the time, would keep the waiter from those.
    pub fn lock_brief(&self, t: &mut Thread) {
        #[cfg(not(feature = "gil"))]
        if !crate::gil::is_enabled() && !crate::alone::is_alone() {
            for _ in 0..shrunk(BRIEF_LOOKS) {
                if self.try_lock() {
                    return;
                }
                t.safepoint_stop();
                std::hint::spin_loop();
                std::hint::spin_loop();
            }
        }
        while self.sleep_until(t, None, false) != Wait::Acquired {}
    }

    pub fn lock_until(
        &self,
        t: &mut Thread,
        deadline: Option<Instant>,
        interruptible: bool,
    ) -> Wait {
        #[cfg(not(feature = "gil"))]
        if self.look_out(t, deadline, interruptible) {
            return Wait::Acquired;
        }
        self.sleep_until(t, deadline, interruptible)
    }

    fn sleep_until(&self, t: &mut Thread, deadline: Option<Instant>, interruptible: bool) -> Wait {
        loop {
            let byte = self.0.load(Ordering::Relaxed);
            if byte & LOCKED == 0 {
                if self.try_lock() {
                    return Wait::Acquired;
                }
                continue;
            }
            if byte & PARKED == 0
                && self
                    .0
                    .compare_exchange(byte, byte | PARKED, Ordering::Relaxed, Ordering::Relaxed)
                    .is_err()
            {
                continue;
            }
            let validate = || self.0.load(Ordering::Relaxed) == LOCKED | PARKED;
            let start = Instant::now();
            let woken = sleep_at(t, self.key(), validate, deadline, interruptible);
            let time = start.elapsed();
            t.counters.add(Counter::program_lock_waits, 1);
            t.counters
                .add(Counter::program_lock_wait_ns, time.as_nanos() as u64);
            traffic::note(t, Kind::ProgramLock, None, Sum { count: 1, time });
            match woken {
                Woken::HandedOver => return Wait::Acquired,
                Woken::Awake => {}
                Woken::TimedOut => return Wait::TimedOut,
                Woken::Interrupted => return Wait::Interrupted,
            }
        }
    }

    /// Waits awake, for a time that depends on how much the lock is in demand ([`crate::contention`]). False: not taken.
    #[cfg(not(feature = "gil"))]
    fn look_out(&self, t: &mut Thread, deadline: Option<Instant>, interruptible: bool) -> bool {
        if crate::alone::is_alone() || crate::gil::is_enabled() {
            return false;
        }
        let contention = Contention::begin(self.key(), false).0;
        for _ in 0..shrunk(LOOKS) {
            // Others sleep for it already: who waits awake besides would only go before them.
            if self.0.load(Ordering::Relaxed) & PARKED != 0 {
                return false;
            }
            contention.look_away(&t.breaker);
            t.safepoint_stop();
            for _ in 0..TRIES {
                if self.try_lock() {
                    contention.got_it();
                    return true;
                }
                for _ in 0..4 {
                    std::hint::spin_loop();
                }
            }
            let interrupted = interruptible && t.breaker.load(Ordering::Relaxed) & INTERRUPTS != 0;
            if interrupted || deadline.is_some_and(|end| end <= Instant::now()) {
                return false;
            }
        }
        contention.gave_up();
        false
    }

    /// False if it was not locked.
    #[must_use]
    pub fn unlock(&self) -> bool {
        if self
            .0
            .compare_exchange(LOCKED, 0, Ordering::Release, Ordering::Relaxed)
            .is_ok()
        {
            return true;
        }
        if !self.is_locked() {
            return false;
        }
        let callback = |result: parking_lot_core::UnparkResult| {
            let more = if result.have_more_threads { PARKED } else { 0 };
            if result.unparked_threads != 0 && result.be_fair {
                self.0.store(LOCKED | more, Ordering::Release);
                return HAND_OVER;
            }
            self.0.store(more, Ordering::Release);
            DEFAULT_UNPARK_TOKEN
        };
        fork::enter_table();
        // SAFETY: the callback neither panics nor parks; it runs inside the bucket.
        unsafe { unpark_one(fork::park_key(self.key()), callback) };
        fork::leave_table();
        true
    }

    /// The child of a fork makes the lock anew.
    pub fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// A flag to wait for: thread started, thread ended.
#[derive(Default)]
pub struct RawEvent(AtomicU8);

impl RawEvent {
    pub const fn new() -> RawEvent {
        RawEvent(AtomicU8::new(0))
    }
    #[inline]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire) != 0
    }
    pub fn set(&self) {
        self.set_unheard();
        self.wake();
    }
    /// Sets it; who waits already learns of it by [`RawEvent::wake`].
    pub fn set_unheard(&self) {
        self.0.store(1, Ordering::Release);
    }
    pub fn wake(&self) {
        wake_all(self as *const RawEvent as usize);
    }
    pub fn clear(&self) {
        self.0.store(0, Ordering::Release);
    }
    pub fn wait(&self, t: &mut Thread, timeout: Option<Duration>, interruptible: bool) -> Wait {
        let deadline = deadline_of(timeout);
        while !self.is_set() {
            let key = self as *const RawEvent as usize;
            match sleep_at(t, key, || !self.is_set(), deadline, interruptible) {
                Woken::Awake | Woken::HandedOver => {}
                Woken::TimedOut => return Wait::TimedOut,
                Woken::Interrupted => return Wait::Interrupted,
            }
        }
        Wait::Acquired
    }
}
