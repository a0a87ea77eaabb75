//! The lock byte with parking: mutual exclusion, and no waiter is forgotten (R6).
//!
//! Interleavings: `three_threads` 4 966, `two_threads` 319.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom_tests::parking::ParkingLock;
use loom_tests::thread;
use loom_tests::{Bug, check, check_bounded, must_catch};

struct Object {
    lock: ParkingLock,
    data: UnsafeCell<u32>,
}

// SAFETY: loom checks the accesses to the data.
unsafe impl Sync for Object {}
// SAFETY: as above.
unsafe impl Send for Object {}

impl Object {
    fn work(&self) {
        self.lock.lock();
        // SAFETY: loom reports it if the lock does not exclude.
        self.data.with_mut(|p| unsafe { *p += 1 });
        self.lock.unlock();
    }
}

fn contend(threads: u32) {
    let object = Arc::new(Object {
        lock: ParkingLock::new(),
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
    check_bounded(3, || contend(3));
}

#[test]
fn forgotten_waiter_is_caught() {
    must_catch(Bug::UnlockForgetsParked, || contend(2));
}
