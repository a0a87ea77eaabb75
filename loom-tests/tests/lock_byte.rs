//! The lock byte with parking: mutual exclusion, and no waiter is forgotten (R6).

use loom::cell::UnsafeCell;
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;
use loom_tests::protocol::lock_byte::{LockByte, Unlock};
use loom_tests::{Bug, check, check_bounded, must_catch};

/// The parking table's bucket for the one address.
#[derive(Default)]
struct Bucket {
    waiting: u32,
    woken: u32,
}

struct Object {
    byte: LockByte,
    bucket: Mutex<Bucket>,
    wake: Condvar,
    data: UnsafeCell<u32>,
}

// SAFETY: loom checks the accesses to the data.
unsafe impl Sync for Object {}
// SAFETY: as above.
unsafe impl Send for Object {}

impl Object {
    fn lock(&self) {
        while !self.byte.try_lock() {
            if !self.byte.announce() {
                continue;
            }
            let mut bucket = self.bucket.lock().unwrap();
            if !self.byte.still_waits() {
                continue;
            }
            bucket.waiting += 1;
            while bucket.woken == 0 {
                bucket = self.wake.wait(bucket).unwrap();
            }
            bucket.woken -= 1;
        }
    }

    fn unlock(&self) {
        if self.byte.unlock() == Unlock::Wake {
            let mut bucket = self.bucket.lock().unwrap();
            if bucket.waiting != 0 {
                bucket.waiting -= 1;
                bucket.woken += 1;
            }
            self.byte.unlock_waking(bucket.waiting != 0);
            drop(bucket);
            self.wake.notify_all();
        }
    }

    fn work(&self) {
        self.lock();
        // SAFETY: loom reports it if the lock does not exclude.
        self.data.with_mut(|p| unsafe { *p += 1 });
        self.unlock();
    }
}

fn contend(threads: u32) {
    let object = Arc::new(Object {
        byte: LockByte::new(),
        bucket: Mutex::new(Bucket::default()),
        wake: Condvar::new(),
        data: UnsafeCell::new(0),
    });
    let others: Vec<_> = (1..threads)
        .map(|_| {
            let object = object.clone();
            thread::spawn(move || object.work())
        })
        .collect();
    object.work();
    for other in others {
        other.join().unwrap();
    }
    // SAFETY: all have ended.
    object.data.with(|p| unsafe { assert_eq!(*p, threads) });
}

#[test]
fn two_threads() {
    check(|| contend(2));
}

#[test]
fn three_threads() {
    check_bounded(2, || contend(3));
}

#[test]
fn forgotten_waiter_is_caught() {
    must_catch(Bug::UnlockForgetsParked, || contend(2));
}
