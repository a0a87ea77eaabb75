//! An object lock as the runtime has it: the lock byte, and a parking bucket for its one address made of the checker's
//! own lock.

use crate::protocol::lock_byte::{LockByte, Unlock};
use crate::sync::{AtomicU32, Condvar, Mutex, Ordering};

/// The parking table's bucket for the one address.
#[derive(Default)]
struct Bucket {
    waiting: u32,
    woken: u32,
}

pub struct ParkingLock {
    pub byte: LockByte,
    bucket: Mutex<Bucket>,
    wake: Condvar,
    /// Whether unlocking keeps the lock for the one it wakes: never, always, or by turns as a clock would have it.
    pub fair: Fair,
    unlocks: AtomicU32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fair {
    Never,
    Always,
    ByTurns,
}

impl Default for ParkingLock {
    fn default() -> Self {
        ParkingLock::new(Fair::Never)
    }
}

impl ParkingLock {
    pub fn new(fair: Fair) -> ParkingLock {
        ParkingLock {
            byte: LockByte::opened(),
            bucket: Mutex::new(Bucket::default()),
            wake: Condvar::new(),
            fair,
            unlocks: AtomicU32::new(0),
        }
    }

    pub fn try_lock(&self) -> bool {
        self.byte.try_lock()
    }

    /// Until somebody wakes this thread. False: not asleep at all.
    pub fn sleep(&self) -> bool {
        if !self.byte.announce() {
            return false;
        }
        let mut bucket = self.bucket.lock();
        if !self.byte.still_waits() {
            return false;
        }
        bucket.waiting += 1;
        while bucket.woken == 0 {
            self.wake.wait(&mut bucket);
        }
        bucket.woken -= 1;
        true
    }

    /// `patient`: reservations are always heeded.
    pub fn lock_as(&self, patient: bool) {
        while !self.byte.try_lock() {
            if self.byte.is_reserved() {
                // Here the runtime naps, and in the end takes it all the same.
                if !patient && self.byte.try_lock_woken() {
                    return;
                }
                loom::thread::yield_now();
                continue;
            }
            if !self.sleep() {
                continue;
            }
            if self.byte.try_lock_woken() {
                return;
            }
        }
    }
    pub fn lock(&self) {
        self.lock_as(true);
    }

    pub fn unlock(&self) {
        if self.byte.unlock() == Unlock::Wake {
            let mut bucket = self.bucket.lock();
            let mut reserve = false;
            if bucket.waiting != 0 {
                bucket.waiting -= 1;
                bucket.woken += 1;
                let turn = self.unlocks.fetch_add(1, Ordering::Relaxed);
                reserve = self.fair == Fair::Always
                    || self.fair == Fair::ByTurns && turn.is_multiple_of(2);
            }
            self.byte.unlock_waking(bucket.waiting != 0, reserve);
            drop(bucket);
            self.wake.notify_all();
        }
    }
}
