//! Turns at the lock of an object that several threads hammer (`turn.rs`): exclusion between the thread whose turn it is, those who
//! end it, and those who lock in the ordinary way; and nobody sleeps through a turn.
//!
//! Interleavings: `cell_is_used_again` 244, `three_threads` 72 622, `two_threads` 9 901, `two_threads_in_turns` 15 841,
//! `two_threads_that_sleep` 294.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom_tests::parking::{Fair, ParkingLock};
use loom_tests::protocol::bias::Bias;
use loom_tests::protocol::turn::Turn;
use loom_tests::thread;
use loom_tests::{Bug, check, check_bounded, must_catch, must_catch_bounded};

const OBJECT: usize = 8;

struct World {
    lock: ParkingLock,
    turn: Turn,
    /// What the threads say of themselves; thread `n` has the id `n + 1`.
    inside: [Bias; 3],
    data: UnsafeCell<u32>,
}

// SAFETY: loom checks the accesses to the data.
unsafe impl Sync for World {}
// SAFETY: as above.
unsafe impl Send for World {}

impl World {
    fn new() -> Arc<World> {
        Arc::new(World {
            lock: ParkingLock::new(Fair::Never),
            turn: Turn::new(),
            inside: [Bias::new(), Bias::new(), Bias::new()],
            data: UnsafeCell::new(0),
        })
    }

    fn add(&self) {
        // SAFETY: loom reports it if the lock does not exclude.
        self.data.with_mut(|p| unsafe { *p += 1 });
    }

    fn enter_turn(&self, me: usize) -> bool {
        let byte = &self.lock.byte;
        if !byte.has_turn() {
            return false;
        }
        self.inside[me].say(0, OBJECT);
        loom_tests::sync::light_fence();
        let mine = self.turn.is_mine(OBJECT, me as u16 + 1, byte);
        if !mine {
            self.inside[me].leave(0);
        }
        mine
    }

    fn end_turn(&self) -> bool {
        let Some(tid) = self.turn.end(&self.lock.byte) else {
            return false;
        };
        while let Some(other) = (tid as usize).checked_sub(1)
            && self.inside[other].is_seen_inside(OBJECT)
        {
            thread::yield_now();
        }
        self.turn.ended(&self.lock.byte);
        true
    }

    /// A change of the object, and how many that are: who does not sleep gives up if somebody else has the lock. `keeps`: who has
    /// to take the ordinary lock begins a turn.
    fn work(&self, me: usize, keeps: bool, sleeps: bool) -> u32 {
        if !self.enter_turn(me) {
            while !self.end_turn() && !self.lock.try_lock() {
                if !sleeps {
                    return 0;
                }
                if !self.lock.sleep() {
                    thread::yield_now();
                } else if self.lock.byte.try_lock_woken() {
                    break;
                }
            }
            if keeps {
                self.inside[me].say(0, OBJECT);
                if !self.turn.take(OBJECT, me as u16 + 1, &self.lock.byte) {
                    self.inside[me].leave(0);
                }
            }
        }
        self.add();
        if self.inside[me].is_inside(0, OBJECT) {
            self.inside[me].leave(0);
        } else {
            self.lock.unlock();
        }
        1
    }
}

/// It is the first thread's turn, but where they sleep. Each changes the object some times; those of `keeps` begin turns.
fn hammer(times: &'static [u32], keeps: &'static [bool], sleeps: bool) {
    let world = World::new();
    let begun = if sleeps {
        0
    } else {
        world.work(0, true, false)
    };
    let run = move |world: &World, me: usize| -> u32 {
        (0..times[me])
            .map(|_| world.work(me, keeps[me], sleeps))
            .sum()
    };
    let others: Vec<_> = (1..times.len())
        .map(|me| {
            let world = world.clone();
            thread::spawn(move || run(&world, me))
        })
        .collect();
    let mut sum = begun + run(&world, 0);
    for other in others {
        sum += other.join().unwrap();
    }
    // SAFETY: all have ended.
    world.data.with(|p| unsafe { assert_eq!(*p, sum) });
}

/// The object is freed during a turn, and its cell is another's before that thread looks at it again: what the word says of the first
/// is nobody's turn at the second, and stands in nobody's way.
fn freed_in_a_turn() {
    let world = World::new();
    world.work(0, true, false);
    world.turn.forget(OBJECT);
    assert!(world.turn.end(&world.lock.byte).is_some());
    world.turn.ended(&world.lock.byte);
    world.lock.unlock();
    let other = {
        let world = world.clone();
        thread::spawn(move || _ = world.work(1, true, false))
    };
    world.work(0, true, false);
    other.join().unwrap();
}

#[test]
fn two_threads() {
    check(|| hammer(&[1, 1], &[false, false], false));
}

#[test]
fn two_threads_in_turns() {
    check(|| hammer(&[1, 1], &[true, true], false));
}

#[test]
fn two_threads_that_sleep() {
    check_bounded(3, || hammer(&[1, 1], &[true, false], true));
}

#[test]
fn three_threads() {
    check_bounded(3, || hammer(&[1, 1, 1], &[false, true, false], false));
}

#[test]
fn three_threads_that_sleep() {
    check_bounded(3, || hammer(&[1, 1, 1], &[true, false, false], true));
}

#[test]
fn cell_is_used_again() {
    check_bounded(3, freed_in_a_turn);
}

#[test]
fn missing_fence_is_caught() {
    must_catch(Bug::TurnNoFence, || hammer(&[1, 1], &[true, false], false));
}

#[test]
fn turn_named_late_is_caught() {
    must_catch_bounded(3, Bug::TurnNamedLate, || {
        hammer(&[1, 1], &[true, false], true)
    });
}

#[test]
fn turn_of_another_is_caught() {
    must_catch(Bug::TurnUnnamed, || hammer(&[1, 1], &[true, true], false));
}

#[test]
fn parking_during_a_turn_is_caught() {
    must_catch_bounded(3, Bug::TurnParks, || hammer(&[1, 1], &[true, false], true));
}

#[test]
fn turn_while_somebody_is_parked_is_caught() {
    must_catch_bounded(3, Bug::TurnWhileParked, || {
        hammer(&[1, 1], &[true, false], true)
    });
}
