//! The lock-free read of a slot (R2) while the buffer is replaced, the object freed, and its cell
//! handed to another object.

use loom::sync::Arc;
use loom::thread;
use loom_tests::protocol::refword::{DEFAULT, RefWord};
use loom_tests::protocol::slot_read::{Read, count_and_look_again};
use loom_tests::sync::{AtomicU64, Ordering};
use loom_tests::{Bug, check, must_catch};

const CELL: u64 = 16;

struct World {
    /// Which buffer is current.
    path: AtomicU64,
    /// A slot of buffer 0. Retired buffers are not cleared.
    slot: AtomicU64,
    /// The count of the one cell.
    word: RefWord,
}

/// The buffer is replaced, then the object dies, and another is made in its cell and counted by a
/// thread that does not own it.
fn replaced_buffer() {
    let world = Arc::new(World {
        path: AtomicU64::new(0),
        slot: AtomicU64::new(CELL),
        word: RefWord::new(DEFAULT),
    });
    let writer = {
        let world = world.clone();
        thread::spawn(move || {
            world.path.store(1, Ordering::Release);
            world.word.reset();
            let _ = world.word.inc();
        })
    };
    if world.path.load(Ordering::Acquire) == 0 {
        let bits = world.slot.load(Ordering::Acquire);
        let unchanged = || world.path.load(Ordering::Acquire) == 0;
        // The first object is never counted in the word, so a count is one of the stranger.
        let read = count_and_look_again(&world.word, &world.slot, bits, unchanged);
        assert_ne!(read, Read::Counted, "a foreign object was returned");
    }
    writer.join().unwrap();
}

/// The same where the item itself is taken out of its slot.
fn replaced_item() {
    let world = Arc::new(World {
        path: AtomicU64::new(0),
        slot: AtomicU64::new(CELL),
        word: RefWord::new(DEFAULT),
    });
    let writer = {
        let world = world.clone();
        thread::spawn(move || {
            world.slot.store(0, Ordering::Release);
            world.word.reset();
            let _ = world.word.inc();
        })
    };
    let bits = world.slot.load(Ordering::Acquire);
    if bits != 0 {
        let read = count_and_look_again(&world.word, &world.slot, bits, || true);
        assert_ne!(read, Read::Counted, "a foreign object was returned");
    }
    writer.join().unwrap();
}

#[test]
fn no_foreign_object() {
    check(replaced_buffer);
    check(replaced_item);
}

#[test]
fn missing_path_check_is_caught() {
    must_catch(Bug::ReadNoRecheck, replaced_buffer);
}

#[test]
fn relaxed_free_is_caught() {
    must_catch(Bug::FreeRelaxed, replaced_item);
}
