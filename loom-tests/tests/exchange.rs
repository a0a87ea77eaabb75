//! The exchange of a slot without the lock against a reader that counts under the lock (`Slot::exchange`): the displaced
//! object must not die between the reader's look and its count.

use loom::sync::Arc;
use loom::thread;
use loom_tests::protocol::lock_byte::{LockByte, Unlock};
use loom_tests::sync::{AtomicU64, Ordering, fence};
use loom_tests::{Bug, check, must_catch, sync};

struct World {
    lock: LockByte,
    slot: AtomicU64,
    /// Whether the first object is dead.
    dead: AtomicU64,
}

fn exchange_and_locked_read() {
    let world = Arc::new(World {
        lock: LockByte::new(),
        slot: AtomicU64::new(1),
        dead: AtomicU64::new(0),
    });
    let writer = {
        let world = world.clone();
        thread::spawn(move || {
            let old = world.slot.swap(2, Ordering::SeqCst);
            assert_eq!(old, 1);
            if !sync::seeded(Bug::ExchangeNoLook) {
                // The checker takes SeqCst operations for AcqRel: its fences are what it orders.
                fence(Ordering::SeqCst);
                while world.lock.is_locked_seq_cst() {
                    thread::yield_now();
                }
            }
            world.dead.store(1, Ordering::Release);
        })
    };
    if world.lock.try_lock() {
        fence(Ordering::SeqCst);
        if world.slot.load(Ordering::Relaxed) == 1 {
            // Counting: the object must live.
            assert_eq!(
                world.dead.load(Ordering::Acquire),
                0,
                "counted a dead object"
            );
        }
        assert!(world.lock.unlock() == Unlock::Done);
    }
    writer.join().unwrap();
}

#[test]
fn displaced_object_outlives_locked_reader() {
    check(exchange_and_locked_read);
}

#[test]
fn missing_look_at_the_lock_is_caught() {
    must_catch(Bug::ExchangeNoLook, exchange_and_locked_read);
}
