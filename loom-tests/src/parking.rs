//! An object lock as the runtime has it: the lock byte, and a parking bucket for its one address made of the checker's
//! own lock.

use crate::protocol::lock_byte::{LockByte, Unlock};
use crate::sync::{Condvar, Mutex};

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
}

impl Default for ParkingLock {
    fn default() -> Self {
        ParkingLock::new()
    }
}

impl ParkingLock {
    pub fn new() -> ParkingLock {
        ParkingLock {
            byte: LockByte::new(),
            bucket: Mutex::new(Bucket::default()),
            wake: Condvar::new(),
        }
    }

    pub fn try_lock(&self) -> bool {
        self.byte.try_lock()
    }

    pub fn lock(&self) {
        while !self.byte.try_lock() {
            if !self.byte.announce() {
                continue;
            }
            let mut bucket = self.bucket.lock();
            if !self.byte.still_waits() {
                continue;
            }
            bucket.waiting += 1;
            while bucket.woken == 0 {
                self.wake.wait(&mut bucket);
            }
            bucket.woken -= 1;
        }
    }

    pub fn unlock(&self) {
        if self.byte.unlock() == Unlock::Wake {
            let mut bucket = self.bucket.lock();
            if bucket.waiting != 0 {
                bucket.waiting -= 1;
                bucket.woken += 1;
            }
            self.byte.unlock_waking(bucket.waiting != 0);
            drop(bucket);
            self.wake.notify_all();
        }
    }
}
