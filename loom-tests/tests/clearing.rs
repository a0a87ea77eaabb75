//! Condemned garbage that is freed (`clearing.rs`) while others fork: no fork finds it half done, and none waits for ever.
//!
//! Interleavings: `fork_against_collector` 3 739 (four preemptions), `two_forks` 438 672.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom_tests::protocol::clearing::Clearing;
use loom_tests::stopping::World;
use loom_tests::thread;
use loom_tests::{Bug, check_bounded, must_catch_bounded};

struct Heap {
    world: Arc<World>,
    clearing: Clearing,
    /// What is condemned and not freed: changed by the collector, read by who forks with the world stopped.
    condemned: UnsafeCell<u32>,
}

// SAFETY: loom checks the accesses to the cell.
unsafe impl Sync for Heap {}
// SAFETY: as above.
unsafe impl Send for Heap {}

impl Heap {
    fn condemned(&self, count: u32) {
        // SAFETY: loom reports it if the world is not stopped for who forks.
        self.condemned.with_mut(|p| unsafe { *p = count });
    }

    /// Passes a safepoint in the midst of freeing.
    fn collect(&self, me: usize) {
        self.world.stop(me, || {
            self.condemned(2);
            self.clearing.begin();
        });
        self.condemned(1);
        self.world.safepoint(me);
        self.condemned(0);
        self.clearing.end();
        self.world.detach(me);
    }

    fn fork(&self, me: usize) {
        while !self.world.stop(me, || {
            let may = self.clearing.is_over();
            // SAFETY: as above.
            assert!(!may || self.condemned.with(|p| unsafe { *p }) == 0);
            may
        }) {
            self.world.detach(me);
            self.clearing.wait();
            self.world.attach(me);
        }
        self.world.detach(me);
    }
}

/// The first thread collects, the others fork.
fn model(threads: usize) {
    let heap = Arc::new(Heap {
        world: World::new(threads),
        clearing: Clearing::new(),
        condemned: UnsafeCell::new(0),
    });
    let others: Vec<_> = (1..threads)
        .map(|me| {
            let heap = heap.clone();
            thread::spawn(move || heap.fork(me))
        })
        .collect();
    heap.collect(0);
    for other in others {
        other.join().unwrap();
    }
}

#[test]
fn fork_against_collector() {
    check_bounded(4, || model(2));
}

#[test]
fn two_forks() {
    check_bounded(3, || model(3));
}

#[test]
fn fork_of_what_is_half_cleared_is_caught() {
    must_catch_bounded(3, Bug::ForkHalfCleared, || model(2));
}

#[test]
fn who_is_not_told_is_caught() {
    must_catch_bounded(3, Bug::ClearedUntold, || model(2));
}
