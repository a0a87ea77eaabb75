//! A weak reference upgraded while the last reference goes: the target or nothing, never a dead object or a stranger in
//! its cell.
//!
//! Interleavings: `one_upgrade` 1 042, `two_upgrades` 13 339.

use loom::sync::Arc;
use loom_tests::counted::Counted;
use loom_tests::protocol::refword::READABLE;
use loom_tests::protocol::weak_cell::{clear, upgrade};
use loom_tests::sync::{AtomicU64, Mutex, Ordering};
use loom_tests::thread;
use loom_tests::{Bug, check, check_bounded, must_catch};

const ADDRESS: u64 = 16;

struct World {
    target: Counted,
    cell: AtomicU64,
    shard: Mutex<()>,
}

impl World {
    /// What `dealloc` does with a dead target.
    fn die(&self) {
        {
            let _shard = self.shard.lock();
            clear(&self.cell);
        }
        self.target.free();
        // A stranger in the same cell, counted by a thread that does not own it.
        let _ = self.target.shared.inc();
    }

    fn look(&self) {
        let found = upgrade(
            &self.cell,
            |_| self.shard.lock(),
            |_| self.target.shared.try_inc(),
        );
        if found.is_some() {
            self.target.touch();
            if self.target.shared.dec() == loom_tests::protocol::refword::Dec::Dead {
                self.die();
            }
        }
    }
}

fn last_drop_against(lookers: u32) {
    let world = Arc::new(World {
        target: Counted::new(1, READABLE),
        cell: AtomicU64::new(ADDRESS),
        shard: Mutex::new(()),
    });
    let others: Vec<_> = (0..lookers)
        .map(|_| {
            let world = world.clone();
            thread::spawn(move || world.look())
        })
        .collect();
    world.target.touch();
    if world.target.drop_local() {
        world.die();
    }
    for other in others {
        other.join().unwrap();
    }
    world.target.assert_freed_once();
    assert_eq!(world.cell.load(Ordering::Relaxed), 0);
}

#[test]
fn one_upgrade() {
    check(|| last_drop_against(1));
}

#[test]
fn two_upgrades() {
    check_bounded(3, || last_drop_against(2));
}

#[test]
fn trusting_the_address_of_before_is_caught() {
    must_catch(Bug::WeakNoSecondLook, || last_drop_against(1));
}
