//! Promotion to deferred counting and its undoing (R16): an object that a register names without a count is not freed, one
//! that nothing names is, once.
//!
//! Interleavings: `one_bias` 13 043, `promoter_reader_and_writer` 11 612, `reader_over_a_safepoint` 1 469.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom_tests::protocol::deferral::{is_over, promote, undo};
use loom_tests::protocol::refword::{BIAS, Dec, MERGED, ONE, RefWord, count};
use loom_tests::sync::{AtomicU8, AtomicU64, Mutex, Ordering};
use loom_tests::thread;
use loom_tests::{Bug, check, check_bounded, must_catch};

const DEFERRED: u8 = 2;
const IMMORTAL: u8 = 1;
const CELL: u64 = 16;

struct World {
    flags: AtomicU8,
    word: RefWord,
    slot: AtomicU64,
    /// The reader's register, under the lock it holds while it runs: the stopper has it with the world stopped.
    running: Mutex<u64>,
    noted: Mutex<u32>,
    freed: AtomicU64,
    object: UnsafeCell<u32>,
}

// SAFETY: loom checks the accesses to the object.
unsafe impl Sync for World {}
// SAFETY: as above.
unsafe impl Send for World {}

impl World {
    /// One reference of the slot and one for each of `holders`, nobody's own.
    fn new(holders: u32) -> Arc<World> {
        Arc::new(World {
            flags: AtomicU8::new(0),
            word: RefWord::new(((1 + holders) * ONE) | MERGED),
            slot: AtomicU64::new(CELL),
            running: Mutex::new(0),
            noted: Mutex::new(0),
            freed: AtomicU64::new(0),
            object: UnsafeCell::new(0),
        })
    }

    fn touch(&self) {
        // SAFETY: loom reports it if the object is freed meanwhile.
        self.object
            .with(|p| unsafe { assert_eq!(*p, 0, "a dead object") });
    }
    fn free(&self) {
        // SAFETY: as above.
        self.object.with_mut(|p| unsafe { *p += 1 });
        self.freed.fetch_add(1, Ordering::Relaxed);
    }
    fn drop_one(&self) {
        match self.word.dec() {
            Dec::Dead => self.free(),
            Dec::Uncounted => *self.noted.lock() += 1,
            Dec::Alive | Dec::Queue => {}
        }
    }

    fn promote(&self) -> bool {
        promote(&self.flags, DEFERRED, IMMORTAL, || self.word.add_bias())
    }

    /// Reads into a register, passes a safepoint, uses it, clears it.
    fn read(&self) {
        let mut register = self.running.lock();
        let bits = self.slot.load(Ordering::Acquire);
        if bits == 0
            || self.flags.load(Ordering::Acquire) & DEFERRED == 0
            || self.slot.load(Ordering::Acquire) != bits
        {
            return;
        }
        *register = bits;
        self.touch();
        drop(register);
        // Here the world may stand.
        let mut register = self.running.lock();
        self.touch();
        *register = 0;
    }

    fn clear_slot(&self) {
        if self.slot.swap(0, Ordering::AcqRel) != 0 {
            self.drop_one();
        }
    }

    /// Frees what is over, with the world stopped.
    fn drain(&self) {
        if *self.noted.lock() == 0 {
            return;
        }
        let register = self.running.lock();
        let total = count(self.word.load()) as i64 - count(BIAS) as i64;
        let over = is_over(&self.flags, DEFERRED, total, *register == CELL);
        if over {
            *self.noted.lock() = 0;
            undo(&self.flags, DEFERRED, || self.word.remove_bias());
        }
        drop(register);
        if over {
            self.free();
        }
    }

    fn settle(&self) {
        self.drain();
        assert_eq!(self.freed.load(Ordering::Relaxed), 1, "freed so often");
    }
}

/// One thread promotes, empties the slot and drains; a reader holds it uncounted over a safepoint.
fn promote_and_free() {
    let world = World::new(1);
    let reader = {
        let world = world.clone();
        thread::spawn(move || world.read())
    };
    world.promote();
    world.drop_one();
    world.clear_slot();
    world.drain();
    reader.join().unwrap();
    world.settle();
}

/// Two threads find the object hot at once, and drop it.
fn two_promoters() {
    let world = World::new(2);
    let other = {
        let world = world.clone();
        thread::spawn(move || {
            world.promote();
            world.drop_one();
        })
    };
    world.promote();
    world.drop_one();
    world.clear_slot();
    other.join().unwrap();
    world.settle();
}

/// Promoter, reader, and a third that empties the slot.
fn three() {
    let world = World::new(1);
    let others = [
        {
            let world = world.clone();
            thread::spawn(move || world.read())
        },
        {
            let world = world.clone();
            thread::spawn(move || world.clear_slot())
        },
    ];
    world.promote();
    world.drop_one();
    world.drain();
    for other in others {
        other.join().unwrap();
    }
    world.settle();
}

#[test]
fn reader_over_a_safepoint() {
    check(promote_and_free);
}

#[test]
fn one_bias() {
    check(two_promoters);
}

#[test]
fn promoter_reader_and_writer() {
    check_bounded(3, three);
}

#[test]
fn two_biases_are_caught() {
    must_catch(Bug::PromoteTwice, two_promoters);
}

#[test]
fn undoing_without_a_scan_is_caught() {
    must_catch(Bug::UndoUnscanned, promote_and_free);
}
