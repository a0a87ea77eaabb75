//! The lock byte with parking: mutual exclusion, and no waiter is forgotten (R6).
//!
//! Interleavings: `three_threads` 9 988, `three_threads_with_reservations` 8 108 + 8 879, `two_threads` 419,
//! `two_threads_with_reservations` 28 421 + 28 421.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom_tests::parking::{Fair, ParkingLock};
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
    fn work(&self, patient: bool) {
        self.lock.lock_as(patient);
        // SAFETY: loom reports it if the lock does not exclude.
        self.data.with_mut(|p| unsafe { *p += 1 });
        self.lock.unlock();
    }
}

/// `impatient`: the last thread takes a reserved lock as if it had waited for long.
fn contend(threads: u32, turns: u32, fair: Fair, impatient: bool) {
    let object = Arc::new(Object {
        lock: ParkingLock::new(fair),
        data: UnsafeCell::new(0),
    });
    let others: Vec<_> = (1..threads)
        .map(|i| {
            let object = object.clone();
            thread::spawn(move || object.work(!impatient || i + 1 != threads))
        })
        .collect();
    for _ in 0..turns {
        object.work(true);
    }
    for other in others {
        other.join().unwrap();
    }
    // SAFETY: all have ended.
    object
        .data
        .with(|p| unsafe { assert_eq!(*p, threads - 1 + turns) });
}

#[test]
fn two_threads() {
    check(|| contend(2, 1, Fair::Never, false));
}

#[test]
fn two_threads_with_reservations() {
    check(|| contend(2, 2, Fair::Always, false));
    check(|| contend(2, 2, Fair::Always, true));
}

#[test]
fn three_threads() {
    check_bounded(3, || contend(3, 1, Fair::Never, false));
}

#[test]
fn three_threads_with_reservations() {
    check_bounded(3, || contend(3, 1, Fair::ByTurns, false));
    check_bounded(3, || contend(3, 1, Fair::Always, true));
}

#[test]
fn forgotten_waiter_is_caught() {
    must_catch(Bug::UnlockForgetsParked, || {
        contend(2, 1, Fair::Never, false)
    });
}

#[test]
fn waiter_that_heeds_its_own_reservation_is_caught() {
    must_catch(Bug::WokenHeedsReservation, || {
        contend(2, 1, Fair::Always, false)
    });
}
