//! Quiescent-state reclamation (R8): nothing is freed under a reader.
//!
//! Interleavings: `attaching_reader` 804, `quiescent_reader` 1 263, `two_attaching_readers` 9 481.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom_tests::protocol::qsbr_seq::{Global, Local};
use loom_tests::sync::{AtomicU64, Ordering};
use loom_tests::thread;
use loom_tests::{Bug, check, check_bounded, must_catch};

struct World {
    global: Global,
    readers: [Local; 2],
    /// Which buffer is published.
    current: AtomicU64,
    buffers: [UnsafeCell<u32>; 2],
}

// SAFETY: loom checks the accesses to the buffers.
unsafe impl Sync for World {}
// SAFETY: as above.
unsafe impl Send for World {}

impl World {
    fn new() -> Arc<World> {
        Arc::new(World {
            global: Global::new(),
            readers: [Local::new(), Local::new()],
            current: AtomicU64::new(0),
            buffers: [UnsafeCell::new(1), UnsafeCell::new(1)],
        })
    }

    fn read(&self) {
        let i = self.current.load(Ordering::Acquire) as usize;
        // SAFETY: loom reports it if it was freed meanwhile.
        self.buffers[i].with(|p| unsafe { assert_eq!(*p, 1) });
    }

    fn replace_and_free(&self) {
        self.current.store(1, Ordering::Release);
        let goal = self.global.advance();
        if self.readers.iter().all(|r| r.has_passed(goal)) {
            // SAFETY: unreachable.
            self.buffers[0].with_mut(|p| unsafe { *p = 0 });
        }
    }
}

fn attach_and_read(readers: usize) {
    let world = World::new();
    let readers: Vec<_> = (0..readers)
        .map(|i| {
            let world = world.clone();
            thread::spawn(move || {
                world.readers[i].online(&world.global);
                world.read();
                world.readers[i].offline();
            })
        })
        .collect();
    world.replace_and_free();
    for reader in readers {
        reader.join().unwrap();
    }
}

#[test]
fn attaching_reader() {
    check(|| attach_and_read(1));
}

#[test]
fn two_attaching_readers() {
    check_bounded(3, || attach_and_read(2));
}

#[test]
fn quiescent_reader() {
    check(|| {
        let world = World::new();
        world.readers[0].online(&world.global);
        let reader = {
            let world = world.clone();
            thread::spawn(move || {
                world.read();
                world.readers[0].quiescent(&world.global);
                world.read();
            })
        };
        world.replace_and_free();
        reader.join().unwrap();
    });
}

#[test]
fn missing_fences_are_caught() {
    must_catch(Bug::QsbrNoFence, || attach_and_read(1));
}
