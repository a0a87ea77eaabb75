//! The global lock: one holder, no lost request, and who is asked to let go comes behind at least one other.
//!
//! Interleavings: `three_threads` 25 919, `two_threads` 176 604.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom_tests::protocol::gil_turns::Turns;
use loom_tests::sync::{AtomicU32, Ordering};
use loom_tests::thread;
use loom_tests::{Bug, check, check_bounded, must_catch};
use std::time::Duration;

struct World {
    turns: Turns<usize>,
    /// Breakers, and who was asked in which turn (under the lock's mutex).
    breakers: [AtomicU32; 3],
    asked_in_turn: UnsafeCell<[u64; 3]>,
    data: UnsafeCell<u32>,
}

// SAFETY: loom checks the accesses to the cells.
unsafe impl Sync for World {}
// SAFETY: as above.
unsafe impl Send for World {}

impl World {
    fn new() -> Arc<World> {
        Arc::new(World {
            turns: Turns::new(),
            breakers: [AtomicU32::new(0), AtomicU32::new(0), AtomicU32::new(0)],
            asked_in_turn: UnsafeCell::new([0; 3]),
            data: UnsafeCell::new(0),
        })
    }

    /// Returns the number of the turn.
    fn acquire(&self, me: usize) -> u64 {
        let ask = |holder: usize| {
            self.breakers[holder].fetch_or(1, Ordering::Relaxed);
            // SAFETY: under the mutex; loom checks it. The turn's number is one a count of askings stands for.
            self.asked_in_turn.with_mut(|p| unsafe { (*p)[holder] = 1 });
        };
        let forget = || {
            self.breakers[me].fetch_and(!1, Ordering::Relaxed);
        };
        self.turns.acquire(me, || Duration::ZERO, ask, forget);
        let state = self.turns.lock();
        state.turns
    }

    fn work(&self) {
        // SAFETY: loom reports it if the lock does not exclude.
        self.data.with_mut(|p| unsafe { *p += 1 });
    }

    /// A turn with a safepoint in it.
    fn take_turns(&self, me: usize) {
        let first = self.acquire(me);
        self.work();
        let asked = {
            let _state = self.turns.lock();
            // SAFETY: under the mutex.
            self.asked_in_turn
                .with_mut(|p| unsafe { std::mem::take(&mut (*p)[me]) })
                != 0
        };
        let told = self.breakers[me].load(Ordering::Relaxed) & 1 != 0;
        assert!(told || !asked, "a request was lost");
        if told {
            self.turns.yield_turn();
            let next = self.acquire(me);
            assert!(next >= first + 2, "nobody had a turn in between");
            self.work();
        }
        self.turns.release();
    }
}

fn run(threads: usize) {
    let world = World::new();
    let others: Vec<_> = (1..threads)
        .map(|i| {
            let world = world.clone();
            thread::spawn(move || world.take_turns(i))
        })
        .collect();
    world.take_turns(0);
    for other in others {
        other.join().unwrap();
    }
}

#[test]
fn two_threads() {
    check(|| run(2));
}

#[test]
fn three_threads() {
    check_bounded(3, || run(3));
}

#[test]
fn handing_over_to_oneself_is_caught() {
    must_catch(Bug::HandOverToItself, || run(2));
}

#[test]
fn lost_request_is_caught() {
    must_catch(Bug::DropFlagLost, || run(2));
}
