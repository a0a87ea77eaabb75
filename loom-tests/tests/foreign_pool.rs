//! The pool of foreign finalizers: each piece is taken once, and announced work never waits with all flags off,
//! a thread with locks gets none.
//!
//! Interleavings: `one_adder` 4 195, `two_adders` 24 795.

use loom::sync::Arc;
use loom_tests::protocol::foreign_pool::{Pool, Taker};
use loom_tests::sync::{AtomicU32, Ordering};
use loom_tests::thread;
use loom_tests::{Bug, check, check_bounded, must_catch};

struct World {
    pool: Pool<u32, ()>,
    flags: [AtomicU32; 3],
    taken: AtomicU32,
}

impl World {
    /// One piece is there, and the last thread has been told.
    fn new() -> Arc<World> {
        let world = World {
            pool: Pool::new(),
            flags: [AtomicU32::new(0), AtomicU32::new(0), AtomicU32::new(0)],
            taken: AtomicU32::new(0),
        };
        world.pool.add(0, || (), || world.set(0));
        Arc::new(world)
    }
    fn set(&self, thread: usize) {
        self.flags[thread].fetch_or(1, Ordering::Relaxed);
    }
    fn is_told(&self, thread: usize) -> bool {
        self.flags[thread].load(Ordering::Relaxed) != 0
    }
    /// A thread that holds locks: it merges something with a finalizer, tells everybody, and comes to a safepoint.
    fn add(&self, me: usize) {
        self.pool.add(me as u32, || (), || self.set(me));
        if !self.pool.is_empty() {
            for thread in 0..3 {
                self.set(thread);
            }
        }
        if self.is_told(me) {
            let taken = self.pool.take(Taker::Holder, self.unflag(me));
            assert_eq!(taken, None, "it may want the lock");
        }
    }
    fn unflag(&self, me: usize) -> impl FnOnce() + use<'_> {
        move || {
            self.flags[me].fetch_and(0, Ordering::Relaxed);
        }
    }
    /// A thread without locks at its safepoints.
    fn serve(&self, me: usize, safepoints: u32) {
        for _ in 0..safepoints {
            if !self.is_told(me) {
                continue;
            }
            if let Some(work) = self.pool.take(Taker::Free(()), self.unflag(me)) {
                let bit = 1 << work;
                assert_eq!(self.taken.fetch_or(bit, Ordering::Relaxed) & bit, 0);
            }
        }
    }
}

fn adders(n: usize) {
    let world = World::new();
    let others: Vec<_> = (1..=n)
        .map(|i| {
            let world = world.clone();
            thread::spawn(move || world.add(i))
        })
        .collect();
    world.serve(0, 2);
    for other in others {
        other.join().unwrap();
    }
    if !world.pool.is_empty() {
        assert!(world.is_told(0), "work waits, and nobody is told");
    }
    world.serve(0, 3);
    assert_eq!(
        world.taken.load(Ordering::Relaxed).count_ones() as usize,
        n + 1
    );
}

#[test]
fn one_adder() {
    check(|| adders(1));
}

#[test]
fn two_adders() {
    check_bounded(3, || adders(2));
}

#[test]
fn holder_that_takes_is_caught() {
    must_catch(Bug::PoolHolderTakes, || adders(1));
}

#[test]
fn flag_taken_off_late_is_caught() {
    must_catch(Bug::PoolFlagClearedLate, || adders(1));
}
