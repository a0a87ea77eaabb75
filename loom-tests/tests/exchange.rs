//! The exchange of a slot without the lock against a reader that counts under the lock (`Slot::exchange`): the displaced
//! object must not die between the reader's look and its count.
//!
//! Interleavings: `displaced_object_outlives_locked_reader` 218, `displaced_object_outlives_two_readers` 4 710.

use loom::sync::Arc;
use loom_tests::protocol::exchange;
use loom_tests::protocol::lock_byte::{LockByte, Unlock};
use loom_tests::sync::{AtomicU64, Ordering};
use loom_tests::thread;
use loom_tests::{Bug, check, check_bounded, must_catch};

struct World {
    lock: LockByte,
    slot: AtomicU64,
    /// Whether the first object is dead.
    dead: AtomicU64,
}

fn exchange_and_locked_reads(readers: usize) {
    let world = Arc::new(World {
        lock: LockByte::opened(),
        slot: AtomicU64::new(1),
        dead: AtomicU64::new(0),
    });
    let writer = {
        let world = world.clone();
        thread::spawn(move || {
            assert_eq!(exchange::swap(&world.slot, 2), 1);
            while exchange::must_wait(&world.lock) {
                thread::yield_now();
            }
            world.dead.store(1, Ordering::Release);
        })
    };
    let other = (readers == 2).then(|| {
        let world = world.clone();
        thread::spawn(move || world.locked_read())
    });
    world.locked_read();
    writer.join().unwrap();
    if let Some(other) = other {
        other.join().unwrap();
    }
}

impl World {
    fn locked_read(&self) {
        if !self.lock.try_lock() {
            return;
        }
        exchange::begin_locked_read();
        if self.slot.load(Ordering::Relaxed) == 1 {
            // Counting: the object must live.
            assert_eq!(
                self.dead.load(Ordering::Acquire),
                0,
                "counted a dead object"
            );
        }
        assert!(self.lock.unlock() == Unlock::Done);
    }
}

#[test]
fn displaced_object_outlives_locked_reader() {
    check(|| exchange_and_locked_reads(1));
}

#[test]
fn displaced_object_outlives_two_readers() {
    check_bounded(3, || exchange_and_locked_reads(2));
}

#[test]
fn missing_look_at_the_lock_is_caught() {
    must_catch(Bug::ExchangeNoLook, || exchange_and_locked_reads(1));
}
