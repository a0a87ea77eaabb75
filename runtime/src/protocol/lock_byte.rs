//! The lock byte of an object: a leaf lock (R1) with parking.
//!
//! ```text
//! bits: LOCKED 1, PARKED 2
//!   0 --any--> L            lock, uncontended
//!   L --waiter, in the parking table's bucket--> L|P
//!   L --holder--> 0         unlock, nobody waits
//!   L|P --holder, in the bucket--> 0 or P    wakes one; P stays while more wait
//! ```
//! A woken waiter competes again; the lock is never handed over (R6).

use crate::sync::{AtomicU8, Bug, Ordering, const_new, seeded};

const LOCKED: u8 = 1;
const PARKED: u8 = 2;

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

    #[inline(always)]
    pub fn try_lock(&self) -> bool {
        if self
            .0
            .compare_exchange(0, LOCKED, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
        {
            return true;
        }
        self.try_lock_parked()
    }

    /// The byte may be unlocked while others are parked.
    #[cold]
    fn try_lock_parked(&self) -> bool {
        let byte = self.0.load(Ordering::Relaxed);
        byte & LOCKED == 0
            && self
                .0
                .compare_exchange(byte, byte | LOCKED, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
    }

    #[inline(always)]
    pub fn unlock(&self) -> Unlock {
        if seeded(Bug::UnlockForgetsParked) {
            self.0.store(0, Ordering::Release);
            return Unlock::Done;
        }
        match self
            .0
            .compare_exchange(LOCKED, 0, Ordering::Release, Ordering::Relaxed)
        {
            Ok(_) => Unlock::Done,
            Err(_) => Unlock::Wake,
        }
    }

    /// Inside the bucket, by the holder: `more` says whether others stay parked.
    pub fn unlock_waking(&self, more: bool) {
        self.0
            .store(if more { PARKED } else { 0 }, Ordering::Release);
    }

    /// A waiter announces itself before it parks. False: the lock came free, try again.
    pub fn announce(&self) -> bool {
        let byte = self.0.load(Ordering::Relaxed);
        if byte & LOCKED == 0 {
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
        self.0.load(Ordering::Relaxed) == LOCKED | PARKED
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
