//! Two locks at a time (R1): exclusion, no deadlock whatever the order they are asked for in, one object twice.
//!
//! Interleavings: `same_object` 419, `three_threads` 8 354, `two_threads` 6 084.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom_tests::parking::ParkingLock;
use loom_tests::protocol::two_locks::{Lockable, lock_both};
use loom_tests::thread;
use loom_tests::{Bug, check, check_bounded, must_catch};

struct Lock(ParkingLock);

impl Lockable for Lock {
    type Thread = ();
    fn lock(&self, _: &mut ()) {
        self.0.lock();
    }
    fn try_lock(&self, _: &()) -> bool {
        self.0.try_lock()
    }
    fn unlock(&self, _: &()) {
        self.0.unlock();
    }
}

struct World {
    locks: [Lock; 2],
    data: [UnsafeCell<u32>; 2],
}

// SAFETY: loom checks the accesses to the data.
unsafe impl Sync for World {}
// SAFETY: as above.
unsafe impl Send for World {}

impl World {
    fn new() -> Arc<World> {
        Arc::new(World {
            locks: [Lock(ParkingLock::default()), Lock(ParkingLock::default())],
            data: [UnsafeCell::new(0), UnsafeCell::new(0)],
        })
    }
    fn add(&self, i: usize) {
        // SAFETY: loom reports it if the lock does not exclude.
        self.data[i].with_mut(|p| unsafe { *p += 1 });
    }
    fn both(&self, a: usize, b: usize) {
        if lock_both(&self.locks[a], &self.locks[b], &mut ()) {
            self.add(b);
            self.locks[b].unlock(&());
        }
        self.add(a);
        self.locks[a].unlock(&());
    }
    fn one(&self, i: usize) {
        self.locks[i].lock(&mut ());
        self.add(i);
        self.locks[i].unlock(&());
    }
}

/// `a.extend(b)` against `b.extend(a)`.
fn crosswise() {
    let world = World::new();
    let other = {
        let world = world.clone();
        thread::spawn(move || world.both(1, 0))
    };
    world.both(0, 1);
    other.join().unwrap();
}

/// `a.extend(a)` against an append.
fn with_itself() {
    let world = World::new();
    let other = {
        let world = world.clone();
        thread::spawn(move || world.one(0))
    };
    world.both(0, 0);
    other.join().unwrap();
}

/// The pair, crosswise, and one who wants a single lock.
fn three() {
    let world = World::new();
    let others = [
        {
            let world = world.clone();
            thread::spawn(move || world.both(1, 0))
        },
        {
            let world = world.clone();
            thread::spawn(move || world.one(1))
        },
    ];
    world.both(0, 1);
    for other in others {
        other.join().unwrap();
    }
}

#[test]
fn two_threads() {
    check(crosswise);
}

#[test]
fn same_object() {
    check(with_itself);
}

#[test]
fn three_threads() {
    check_bounded(3, three);
}

#[test]
fn waiting_with_a_lock_in_hand_is_caught() {
    must_catch(Bug::WaitHoldingTheOther, crosswise);
}

#[test]
fn one_object_locked_twice_is_caught() {
    must_catch(Bug::LockTwice, with_itself);
}
