//! The object lock of the free-threaded build: the lock byte with parking. Twin: `rawbyte_gil.rs`.
//!
//! The owner of an object locks without the byte until another thread wants it ([`crate::bias`]), and so does a thread in its turn at
//! an object that several hammer ([`crate::protocol::turn`]).
//! A thread that has to wait detaches first (R6), parks at the byte's address, and competes anew.

use crate::alone;
use crate::checking::shrunk;
use crate::contention::Contention;
use crate::counters::Counter;
use crate::fork;
use crate::header::Header;
use crate::park::park_announced;
use crate::protocol::exchange;
use crate::protocol::lock_byte::{LockByte, Unlock};
use crate::sync::AtomicUsize;
use crate::thread::Thread;
use crate::traffic::{self, Kind, Sum};
use parking_lot_core::{DEFAULT_PARK_TOKEN, DEFAULT_UNPARK_TOKEN, ParkResult, unpark_one};
use std::time::{Duration, Instant};

#[repr(transparent)]
pub struct RawByte(LockByte);

/// A non-owner marks the object before it reads or resizes (R9).
#[inline(always)]
fn note_stranger(head: &Header, t: &Thread) {
    if !head.is_owned_by(t.tid) {
        head.mark_shared();
    }
}

/// Parking costs two system calls: look away and back this many times first.
const LOOKS: usize = 4;
/// How often to try at each look. Who hammers a lock holds it half of the time, so a few tries at once take it nearly always.
const TRIES: usize = 24;

/// How long to look away from a lock that is kept for another.
const RESERVED_NAP: Duration = Duration::from_micros(50);
/// Waits after which reservations are not heeded any more.
const PATIENCE: u32 = 200;

impl RawByte {
    pub const fn new() -> RawByte {
        RawByte(LockByte::new())
    }

    #[inline(always)]
    pub(crate) fn byte(&self) -> &LockByte {
        &self.0
    }

    /// The cell is free (R4).
    #[inline(always)]
    pub(crate) fn reset(&self, head: &Header) {
        if self.0.has_turn() {
            Contention::forget(&raw const *head as usize);
        }
        self.0.reset();
    }

    /// Without waiting. `place` is 1 if this is the second of two locks.
    #[inline(always)]
    pub fn try_lock(&self, head: &Header, t: &Thread, place: usize) -> bool {
        head.enter_own(t, place) || self.try_lock_byte(head, t, place)
    }

    #[inline(never)]
    fn try_lock_byte(&self, head: &Header, t: &Thread, place: usize) -> bool {
        let taken = if alone::is_alone() {
            self.0.try_lock_alone()
        } else {
            head.enter_turn(t, place)
                || self.0.try_lock()
                || !self.0.is_open() && head.try_open(t) && self.0.try_lock()
        };
        if taken {
            note_stranger(head, t);
        }
        taken
    }

    /// `head` is the header this byte stands in. The caller holds no other lock.
    #[inline(always)]
    pub fn lock(&self, head: &Header, t: &mut Thread) {
        if !head.enter_own(t, 0) {
            self.lock_byte(head, t);
        }
    }

    #[inline(never)]
    fn lock_byte(&self, head: &Header, t: &mut Thread) {
        if head.enter_turn(t, 0) {
            return;
        }
        let taken = if alone::is_alone() {
            self.0.try_lock_alone()
        } else {
            self.0.try_lock() || {
                head.open(t);
                self.0.try_lock()
            }
        };
        if !taken {
            self.lock_slow(head, t);
        }
        note_stranger(head, t);
    }

    #[cold]
    #[inline(never)]
    fn lock_slow(&self, head: &Header, t: &mut Thread) {
        t.counters.add(Counter::lock_contended, 1);
        let (contention, dense) = Contention::begin(&raw const *head as usize, true);
        let mut patience = PATIENCE;
        loop {
            for _ in 0..shrunk(LOOKS) {
                // A turn that nobody uses is not waited for.
                if dense || !self.0.has_turn() {
                    contention.look_away(&t.breaker);
                }
                t.counters.add(Counter::lock_spins, 1);
                t.safepoint_stop();
                for _ in 0..TRIES {
                    if self.0.try_lock() || head.end_turn(t) {
                        contention.got_it();
                        if dense && contention.is_worth_turns() {
                            head.take_turn(t);
                        }
                        return;
                    }
                    for _ in 0..4 {
                        std::hint::spin_loop();
                    }
                }
            }
            let start = Instant::now();
            let parked_at: *const AtomicUsize = &t.parked_at;
            // SAFETY: the record outlives its own wait.
            let woken = t.detach(|| self.wait_once(unsafe { &*parked_at }));
            let time = start.elapsed();
            t.counters
                .add(Counter::lock_wait_ns, time.as_nanos() as u64);
            traffic::note(t, Kind::ObjectLock, Some(head), Sum { count: 1, time });
            patience = patience.saturating_sub(1);
            if if woken || patience == 0 {
                self.0.try_lock_woken()
            } else {
                self.0.try_lock()
            } {
                contention.got_it();
                return;
            }
        }
    }

    /// Sleeps until the holder wakes somebody, or returns at once if the lock is free. True if it was this thread that was
    /// woken.
    fn wait_once(&self, parked_at: &AtomicUsize) -> bool {
        if self.0.is_reserved() {
            // Whoever it is for is about to take it, and then there is a holder to wait for.
            std::thread::sleep(RESERVED_NAP);
            return false;
        }
        if !self.0.announce() {
            return false;
        }
        let validate = || self.0.still_waits();
        let address = self as *const _ as usize;
        // SAFETY: the callback neither panics nor parks.
        let result =
            unsafe { park_announced(parked_at, address, validate, DEFAULT_PARK_TOKEN, None) };
        result != ParkResult::Invalid
    }

    /// After an exchange of a slot without the lock.
    #[inline(always)]
    pub fn is_locked(&self) -> bool {
        exchange::must_wait(&self.0)
    }

    #[inline(always)]
    pub fn unlock(&self, head: &Header, t: &Thread) {
        if head.is_inside(t, 0) {
            head.leave_own(t, 0);
        } else {
            self.unlock_byte();
        }
    }

    /// The same for one of two locks.
    #[inline]
    pub fn unlock_of_two(&self, head: &Header, t: &Thread) {
        if head.is_inside(t, 1) {
            head.leave_own(t, 1);
        } else {
            self.unlock(head, t);
        }
    }

    #[inline(never)]
    fn unlock_byte(&self) {
        if alone::is_alone() {
            self.0.unlock_alone();
        } else if self.0.unlock() == Unlock::Wake {
            self.unlock_slow();
        }
    }

    #[cold]
    #[inline(never)]
    fn unlock_slow(&self) {
        let key = fork::park_key(self as *const _ as usize);
        // SAFETY: the callback neither panics nor parks; it runs inside the bucket.
        unsafe {
            fork::enter_table();
            unpark_one(key, |result| {
                let reserve = result.be_fair && result.unparked_threads != 0;
                self.0.unlock_waking(result.have_more_threads, reserve);
                DEFAULT_UNPARK_TOKEN
            });
            fork::leave_table();
        }
    }
}
