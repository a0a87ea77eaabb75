//! The lock byte of an object: a leaf lock (R1) with parking.
//!
//! ```text
//! bits: LOCKED 1, PARKED 2, RESERVED 4, ASKED 8, OPEN 16, TURN 32, ENDING 64
//!   0                       the owner's alone: it locks without this byte ([`super::bias`])
//!   0 --any--> ASKED --the owner is out--> OPEN      for good; all below have OPEN too
//!   - --any--> L            lock, uncontended
//!   P --any--> L|P          the same while others are parked
//!   L --waiter, before it parks--> L|P
//!   L --holder--> -         unlock, nobody waits
//!   L|P --holder, in the bucket--> - or P      wakes one; P stays while more wait
//!   L|P --holder, in the bucket, now and then--> R or R|P     wakes one, for whom it is kept free
//!   R, R|P --the one that was woken--> L, L|P
//!   R, R|P --who has waited for it too long--> L, L|P
//!   L --holder--> L|TURN        it keeps the lock for a while ([`super::turn`])
//!   L|TURN --waiter--> L|ENDING or L|ENDING|P --the same, once the other is out--> L, L|P
//! ```
//! While one thread runs alone ([`super::alone_end`]) it sets and takes away L alone, by plain loads and stores, OPEN or not.
//!
//! A woken waiter competes again; the lock is never handed over (R6), else it could be held by a thread that the stopper
//! finds asleep. But a thread that unlocks and locks again at once would win for ever against one that has to
//! wake up first. So twice in a millisecond or so an unlocking leaves the lock free and reserved: those who come by see it as
//! taken, and only a woken waiter takes it. A reservation is not a promise: it holds nobody up who has
//! waited a while (whoever it was for may be gone, in the child of a fork).

use crate::sync::{AtomicU8, Bug, Ordering, const_new, seeded};

const LOCKED: u8 = 1;
const PARKED: u8 = 2;
const RESERVED: u8 = 4;
/// Somebody wants the lock to be everybody's.
const ASKED: u8 = 8;
/// It is everybody's.
const OPEN: u8 = 16;
/// One thread locks and unlocks without this byte, until another makes an end of that.
const TURN: u8 = 32;
const ENDING: u8 = 64;
/// Nobody that just comes by may take it.
const TAKEN: u8 = LOCKED | RESERVED;

#[repr(transparent)]
pub struct LockByte(AtomicU8);

#[must_use]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unlock {
    Done,
    /// Somebody is parked: call [`LockByte::unlock_waking`] inside the bucket.
    Wake,
}

impl LockByte {
    const_new! {
        #[inline]
        pub fn new() -> LockByte { LockByte(AtomicU8::new(0)) }
    }

    const_new! {
        /// One that nobody locks in the owner's way.
        pub fn opened() -> LockByte { LockByte(AtomicU8::new(OPEN)) }
    }

    /// Whether it is the owner's alone. By the owner, after it has said where it is ([`super::bias`]).
    #[inline(always)]
    pub fn is_owners(&self) -> bool {
        self.0.load(Ordering::Acquire) == 0
    }

    /// Whether it is everybody's.
    #[inline(always)]
    pub fn is_open(&self) -> bool {
        self.0.load(Ordering::Acquire) & OPEN != 0
    }

    /// From now on the owner does not lock in its own way any more. False: it is everybody's already.
    pub fn ask(&self) -> bool {
        match self
            .0
            .compare_exchange(0, ASKED, Ordering::AcqRel, Ordering::Acquire)
        {
            Ok(_) => true,
            Err(byte) => byte & OPEN == 0,
        }
    }

    /// Asked, and not open yet.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed) == ASKED
    }

    /// The owner is out, and was asked before.
    pub fn open(&self) {
        // Another who asked may have been first.
        let _ = self
            .0
            .compare_exchange(ASKED, OPEN, Ordering::AcqRel, Ordering::Relaxed);
    }

    /// The cell is free: its next object is its owner's alone.
    #[inline(always)]
    pub fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// Fails, too, while it is not open.
    #[inline(always)]
    pub fn try_lock(&self) -> bool {
        if self
            .0
            .compare_exchange(OPEN, OPEN | LOCKED, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
        {
            return true;
        }
        self.try_lock_parked()
    }

    /// [`Self::try_lock`] where no other thread exists: a load and a store.
    #[inline(always)]
    pub fn try_lock_alone(&self) -> bool {
        let byte = self.0.load(Ordering::Relaxed);
        self.0.store(byte | LOCKED, Ordering::Relaxed);
        byte & LOCKED == 0
    }

    /// Its counterpart: nobody waits.
    #[inline(always)]
    pub fn unlock_alone(&self) {
        let byte = self.0.load(Ordering::Relaxed);
        self.0.store(byte & !LOCKED, Ordering::Relaxed);
    }

    /// The byte may be unlocked while others are parked.
    #[cold]
    fn try_lock_parked(&self) -> bool {
        let byte = self.0.load(Ordering::Relaxed);
        byte & (TAKEN | OPEN) == OPEN
            && self
                .0
                .compare_exchange(byte, byte | LOCKED, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
    }

    /// By a waiter that was woken, or that has seen the reservation for too long: takes a reserved lock too.
    pub fn try_lock_woken(&self) -> bool {
        if seeded(Bug::WokenHeedsReservation) {
            return self.try_lock();
        }
        let mut byte = self.0.load(Ordering::Relaxed);
        while byte & LOCKED == 0 {
            let taken = byte & !RESERVED | LOCKED;
            match self
                .0
                .compare_exchange(byte, taken, Ordering::Acquire, Ordering::Relaxed)
            {
                Ok(_) => return true,
                Err(now) => byte = now,
            }
        }
        false
    }

    /// Free, but for somebody else.
    pub fn is_reserved(&self) -> bool {
        self.0.load(Ordering::Relaxed) & TAKEN == RESERVED
    }

    #[inline(always)]
    pub fn unlock(&self) -> Unlock {
        if seeded(Bug::UnlockForgetsParked) {
            self.0.store(OPEN, Ordering::Release);
            return Unlock::Done;
        }
        match self
            .0
            .compare_exchange(OPEN | LOCKED, OPEN, Ordering::Release, Ordering::Relaxed)
        {
            Ok(_) => Unlock::Done,
            Err(_) => Unlock::Wake,
        }
    }

    /// Inside the bucket, by the holder: `more` says whether others stay parked, `reserve` whether the lock is kept for the
    /// one that was woken.
    pub fn unlock_waking(&self, more: bool, reserve: bool) {
        let parked = if more { PARKED } else { 0 };
        let reserved = if reserve { RESERVED } else { 0 };
        self.0.store(OPEN | parked | reserved, Ordering::Release);
    }

    /// A waiter announces itself before it parks. False: the lock came free, try again.
    pub fn announce(&self) -> bool {
        let byte = self.0.load(Ordering::Relaxed);
        if byte & LOCKED == 0 || byte & TURN != 0 && !seeded(Bug::TurnParks) {
            return false;
        }
        byte & PARKED != 0
            || self
                .0
                .compare_exchange(byte, byte | PARKED, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    /// Inside the bucket: whether to go to sleep.
    pub fn still_waits(&self) -> bool {
        let byte = self.0.load(Ordering::Relaxed);
        // Who ends a turn has the lock then, and sees who waits.
        byte & !ENDING == OPEN | LOCKED | PARKED
            || seeded(Bug::TurnParks) && byte == OPEN | LOCKED | PARKED | TURN
    }

    /// By the holder. False: somebody is parked.
    pub fn begin_turn(&self) -> bool {
        if seeded(Bug::TurnWhileParked) {
            self.0.store(OPEN | LOCKED | TURN, Ordering::Release);
            return true;
        }
        self.0
            .compare_exchange(
                OPEN | LOCKED,
                OPEN | LOCKED | TURN,
                Ordering::Release,
                Ordering::Relaxed,
            )
            .is_ok()
    }

    /// Whether some thread has a turn that nobody makes an end of.
    #[inline(always)]
    pub fn has_turn(&self) -> bool {
        self.0.load(Ordering::Acquire) == OPEN | LOCKED | TURN
    }

    /// By a waiter. True: it has the lock as soon as the other is outside.
    pub fn end_turn(&self) -> bool {
        self.0
            .compare_exchange(
                OPEN | LOCKED | TURN,
                OPEN | LOCKED | ENDING,
                Ordering::Acquire,
                Ordering::Relaxed,
            )
            .is_ok()
    }

    /// It is. Others may have parked meanwhile.
    pub fn turn_ended(&self) {
        self.0.fetch_and(!ENDING, Ordering::Release);
    }

    /// The same, ordered with the caller's `SeqCst` exchange before it.
    #[inline]
    pub fn is_locked_seq_cst(&self) -> bool {
        self.0.load(Ordering::SeqCst) & LOCKED != 0
    }

    #[inline]
    pub fn is_locked(&self) -> bool {
        self.0.load(Ordering::Relaxed) & LOCKED != 0
    }
}
