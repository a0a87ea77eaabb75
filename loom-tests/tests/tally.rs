//! Counts of a deferred object that threads keep to themselves (R16): it is not freed while one of them holds a reference, and
//! it is freed, once, when none does.
//!
//! Interleavings: `promoter_and_counter` 16 733, `reader_and_writer` 8 736, `references_that_wander` 12 873, `three_holders` 2 354.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom_tests::protocol::deferral::{is_over, promote, undo};
use loom_tests::protocol::refword::{BIAS, Dec, MERGED, ONE, RefWord, count};
use loom_tests::protocol::tally::{Tallied, Tallies};
use loom_tests::sync::{AtomicU8, AtomicU64, Mutex, MutexGuard, Ordering};
use loom_tests::thread;
use loom_tests::{Bug, check, check_bounded, must_catch};
use std::cell::Cell;

const DEFERRED: u8 = 2;
const CELL: u64 = 16;

/// A thread: who holds the lock runs; the stopper holds all of them.
struct Place {
    /// Boxed: the stacks of models are small.
    tallies: Mutex<Box<Tallies>>,
    /// The clock's bit in its breaker. The clock itself is not what is checked: it is told at once.
    tick: Cell<bool>,
}

// SAFETY: the tallies are used under the lock; the threads of a model take turns.
unsafe impl Send for Place {}
// SAFETY: as above.
unsafe impl Sync for Place {}

struct World<const N: usize> {
    flags: AtomicU8,
    word: RefWord,
    slots: [AtomicU64; 2],
    threads: [Place; N],
    noted: Cell<bool>,
    freed: AtomicU64,
    object: UnsafeCell<u32>,
}

// SAFETY: loom checks the accesses to the object.
unsafe impl<const N: usize> Sync for World<N> {}
// SAFETY: as above.
unsafe impl<const N: usize> Send for World<N> {}

impl<const N: usize> World<N> {
    /// A deferred object in the first slot, and with one reference more for each of `holders`.
    fn new(holders: u32) -> Arc<World<N>> {
        Arc::new(World {
            flags: AtomicU8::new(DEFERRED),
            word: RefWord::new((BIAS + (1 + holders) * ONE) | MERGED),
            slots: [AtomicU64::new(CELL), AtomicU64::new(0)],
            threads: std::array::from_fn(|_| Place {
                tallies: Mutex::new(Box::new(Tallies::new())),
                tick: Cell::new(false),
            }),
            noted: Cell::new(false),
            freed: AtomicU64::new(0),
            object: UnsafeCell::new(0),
        })
    }

    /// The same, not deferred yet.
    fn counted(holders: u32) -> Arc<World<N>> {
        let mut world = World::new(holders);
        let it = Arc::get_mut(&mut world).expect("not shared yet");
        it.flags = AtomicU8::new(0);
        it.word = RefWord::new(((1 + holders) * ONE) | MERGED);
        world
    }

    /// Gives up a reference that the word counts, by who has not seen the flag.
    fn drop_directly(&self) {
        self.write(-1);
    }

    fn touch(&self) {
        // SAFETY: loom reports it if the object is freed meanwhile.
        self.object
            .with(|p| unsafe { assert_eq!(*p, 0, "a dead object") });
    }

    fn write(&self, by: i32) {
        match self.word.add(by) {
            Dec::Alive => {}
            Dec::Uncounted => self.noted.set(true),
            other => unreachable!("{other:?} of a deferred object"),
        }
    }

    fn count(&self, tallies: &Tallies, by: i32) {
        if tallies.count(CELL as usize, by, |_, by| self.write(by)) == Tallied::Below {
            for t in &self.threads {
                t.tick.set(true);
            }
        }
    }

    /// Between two safepoints.
    fn run(&self, me: usize, f: impl FnOnce(&Tallies)) {
        f(&self.threads[me].tallies.lock());
    }

    /// A counted reference to what is in a slot, by a reader that holds none. Between two safepoints.
    fn read(&self, tallies: &Tallies, slot: usize) -> bool {
        let bits = self.slots[slot].load(Ordering::Acquire);
        let held = bits != 0
            && self.flags.load(Ordering::Acquire) & DEFERRED != 0
            && self.slots[slot].load(Ordering::Acquire) == bits;
        if held {
            self.count(tallies, 1);
        }
        held
    }

    fn clear(&self, tallies: &Tallies, slot: usize) {
        if self.slots[slot].swap(0, Ordering::AcqRel) != 0 {
            self.touch();
            self.count(tallies, -1);
        }
    }

    /// A safepoint of a thread.
    fn safepoint(&self, me: usize) {
        if !self.threads[me].tick.replace(false) {
            return;
        }
        self.threads[me]
            .tallies
            .lock()
            .write_all(|_, by| self.write(by));
        if self.noted.get() {
            self.drain();
        }
    }

    /// Stops the world and frees what is over.
    fn drain(&self) {
        let stopped: Vec<MutexGuard<Box<Tallies>>> =
            self.threads.iter().map(|t| t.tallies.lock()).collect();
        for tallies in &stopped {
            tallies.write_all(|_, by| self.write(by));
        }
        self.noted.set(false);
        let total = count(self.word.load()) as i64 - count(BIAS) as i64;
        let over = is_over(&self.flags, DEFERRED, total, false);
        if over {
            undo(&self.flags, DEFERRED, || self.word.remove_bias());
        }
        drop(stopped);
        if over {
            // SAFETY: loom reports it if anybody may still touch it.
            self.object.with_mut(|p| unsafe { *p += 1 });
            self.freed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Everybody passes safepoints for some time.
    fn settle(&self) {
        for _ in 0..2 {
            for me in 0..N {
                self.safepoint(me);
            }
        }
        assert_eq!(self.freed.load(Ordering::Relaxed), 1, "freed so often");
    }
}

/// One counts what it reads and keeps it over safepoints, the other empties the slot.
fn read_against_clear() {
    let world = World::<2>::new(0);
    let reader = {
        let world = world.clone();
        thread::spawn(move || {
            let mut held = false;
            world.run(1, |mine| held = world.read(mine, 0));
            if held {
                world.safepoint(1);
                world.touch();
                world.run(1, |mine| world.count(mine, -1));
            }
            world.safepoint(1);
        })
    };
    world.run(0, |mine| world.clear(mine, 0));
    world.safepoint(0);
    reader.join().unwrap();
    world.settle();
}

/// References counted by one thread are given up by the other, so that tallies of both signs stand against each other.
fn wander() {
    let world = World::<2>::new(0);
    let other = {
        let world = world.clone();
        thread::spawn(move || {
            world.run(1, |mine| {
                world.clear(mine, 0);
                world.clear(mine, 1);
            });
            world.safepoint(1);
        })
    };
    let mut held = false;
    world.run(0, |mine| {
        held = world.read(mine, 0);
        if held {
            // One reference for the other slot, one for itself.
            world.count(mine, 1);
            world.slots[1].swap(CELL, Ordering::AcqRel);
        }
    });
    world.safepoint(0);
    if held {
        world.touch();
        world.run(0, |mine| world.count(mine, -1));
    }
    world.safepoint(0);
    other.join().unwrap();
    world.run(0, |mine| {
        world.clear(mine, 0);
        world.clear(mine, 1);
    });
    world.settle();
}

/// Three that hold references give them up, each counting one more in between.
fn three() {
    let world = World::<3>::new(2);
    let others = [1, 2].map(|me| {
        let world = world.clone();
        thread::spawn(move || {
            world.run(me, |mine| world.count(mine, 1));
            world.touch();
            world.run(me, |mine| {
                world.count(mine, -1);
                world.count(mine, -1);
            });
            world.safepoint(me);
        })
    });
    world.run(0, |mine| world.clear(mine, 0));
    world.safepoint(0);
    for other in others {
        other.join().unwrap();
    }
    world.settle();
}

/// While one promotes the object, another counts what it finds deferred and passes it on, so that the word falls below what
/// is counted; or it gives the slot's reference up without a look at the flag.
fn promote_against_tallies() {
    let world = World::<2>::counted(1);
    let other = {
        let world = world.clone();
        thread::spawn(move || {
            world.run(1, |mine| {
                if world.read(mine, 0) {
                    // What it has counted it passes on; who gets that gives it up with the slot's own, and writes at once.
                    world.slots[0].swap(0, Ordering::AcqRel);
                    world.write(-2);
                } else if world.slots[0].swap(0, Ordering::AcqRel) != 0 {
                    world.drop_directly();
                }
            });
            world.safepoint(1);
        })
    };
    promote(&world.flags, DEFERRED, 1, || world.word.add_bias());
    world.touch();
    world.run(0, |mine| world.count(mine, -1));
    world.safepoint(0);
    other.join().unwrap();
    world.settle();
}

#[test]
fn promoter_and_counter() {
    check(promote_against_tallies);
}

#[test]
fn a_flag_before_the_bias_is_caught() {
    must_catch(Bug::FlagBeforeBias, promote_against_tallies);
}

#[test]
fn reader_and_writer() {
    check(read_against_clear);
}

#[test]
fn references_that_wander() {
    check(wander);
}

#[test]
fn three_holders() {
    check_bounded(3, three);
}

#[test]
fn judging_with_unwritten_tallies_is_caught() {
    must_catch(Bug::JudgeUnwritten, read_against_clear);
}

#[test]
fn an_untold_fall_below_zero_is_caught() {
    must_catch(Bug::BelowUntold, read_against_clear);
}

#[test]
fn noting_at_the_bias_only_is_caught() {
    must_catch(Bug::NoteBiasOnly, wander);
}
