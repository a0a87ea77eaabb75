//! The lock-free read of a slot (R2) while the buffer is replaced, the object freed, and its cell
//! handed to another object.
//!
//! Interleavings: `no_foreign_object` 276 + 276, `no_foreign_object_for_two` 6 179 + 6 179.

use loom::sync::Arc;
use loom_tests::protocol::refword::{DEFAULT, RefWord};
use loom_tests::protocol::slot_read::{Read, count_and_look_again};
use loom_tests::sync::{AtomicU64, Ordering};
use loom_tests::thread;
use loom_tests::{Bug, check, check_bounded, must_catch};

const CELL: u64 = 16;

struct World {
    /// Which buffer is current.
    path: AtomicU64,
    /// A slot of buffer 0. Retired buffers are not cleared.
    slot: AtomicU64,
    /// The count of the one cell.
    word: RefWord,
}

impl World {
    fn new() -> Arc<World> {
        Arc::new(World {
            path: AtomicU64::new(0),
            slot: AtomicU64::new(CELL),
            word: RefWord::new(DEFAULT),
        })
    }
    /// The object dies, and another is made in its cell and counted by a thread that does not own it.
    fn reuse(&self) {
        self.word.reset();
        let _ = self.word.inc();
    }
    fn read(&self) {
        if self.path.load(Ordering::Acquire) != 0 {
            return;
        }
        let bits = self.slot.load(Ordering::Acquire);
        if bits == 0 {
            return;
        }
        let unchanged = || self.path.load(Ordering::Acquire) == 0;
        // The first object is never counted in the word, so a count is one of the stranger.
        let read = count_and_look_again(&self.word, &self.slot, bits, unchanged);
        assert_ne!(read, Read::Counted, "a foreign object was returned");
    }
}

fn run(readers: usize, change: fn(&World)) {
    let world = World::new();
    let readers: Vec<_> = (0..readers)
        .map(|_| {
            let world = world.clone();
            thread::spawn(move || world.read())
        })
        .collect();
    change(&world);
    for reader in readers {
        reader.join().unwrap();
    }
}

/// The buffer is replaced.
fn replaced_buffer(world: &World) {
    world.path.store(1, Ordering::Release);
    world.reuse();
}

/// The item itself is taken out of its slot.
fn replaced_item(world: &World) {
    world.slot.store(0, Ordering::Release);
    world.reuse();
}

#[test]
fn no_foreign_object() {
    check(|| run(1, replaced_buffer));
    check(|| run(1, replaced_item));
}

#[test]
fn no_foreign_object_for_two() {
    check_bounded(3, || run(2, replaced_buffer));
    check_bounded(3, || run(2, replaced_item));
}

#[test]
fn missing_path_check_is_caught() {
    must_catch(Bug::ReadNoRecheck, || run(1, replaced_buffer));
}

#[test]
fn relaxed_free_is_caught() {
    must_catch(Bug::FreeRelaxed, || run(1, replaced_item));
}
