//! The stack of foreign frees: no cell is lost or doubled, and the owner hears of each batch.
//!
//! Interleavings: `one_pusher` 58, `two_pushers` 2 474.

use loom::sync::Arc;
use loom_tests::protocol::xfree::FreeStack;
use loom_tests::sync::{AtomicU32, AtomicU64, Ordering};
use loom_tests::thread;
use loom_tests::{Bug, check, check_bounded, must_catch};

struct World {
    stack: FreeStack,
    links: [AtomicU64; 3],
    told: AtomicU32,
}

impl World {
    fn push(&self, cell: u64) {
        let link = &self.links[cell as usize];
        if self
            .stack
            .push(cell, |next| link.store(next, Ordering::Relaxed))
        {
            self.told.fetch_add(1, Ordering::Relaxed);
        }
    }
    /// The cells on the stack as a bit set.
    fn take(&self) -> u32 {
        let mut set = 0;
        let mut cell = self.stack.take_all();
        while cell != 0 {
            assert_eq!(set & (1 << cell), 0);
            set |= 1 << cell;
            cell = self.links[cell as usize].load(Ordering::Relaxed);
        }
        set
    }
}

fn pushers(n: u64) {
    let world = Arc::new(World {
        stack: FreeStack::new(),
        links: [AtomicU64::new(9), AtomicU64::new(9), AtomicU64::new(9)],
        told: AtomicU32::new(0),
    });
    let pushers: Vec<_> = (1..=n)
        .map(|cell| {
            let world = world.clone();
            thread::spawn(move || world.push(cell))
        })
        .collect();
    let first = world.take();
    for pusher in pushers {
        pusher.join().unwrap();
    }
    let second = world.take();
    assert_eq!(first & second, 0);
    assert_eq!(first | second, (1 << (n + 1)) - 2);
    let batches = (first != 0) as u32 + (second != 0) as u32;
    assert_eq!(world.told.load(Ordering::Relaxed), batches);
}

#[test]
fn one_pusher() {
    check(|| pushers(1));
}

#[test]
fn two_pushers() {
    check_bounded(3, || pushers(2));
}

#[test]
fn taking_in_two_steps_is_caught() {
    must_catch(Bug::TakeInTwoSteps, || pushers(1));
}
