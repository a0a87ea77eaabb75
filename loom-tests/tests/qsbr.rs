//! Quiescent-state reclamation (R8): nothing is freed under a reader.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;
use loom_tests::protocol::qsbr_seq::{Global, Local};
use loom_tests::sync::{AtomicU64, Ordering};
use loom_tests::{Bug, check, must_catch};

struct World {
    global: Global,
    reader: Local,
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
            reader: Local::new(),
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
        if self.reader.has_passed(goal) {
            // SAFETY: unreachable.
            self.buffers[0].with_mut(|p| unsafe { *p = 0 });
        }
    }
}

fn attach_and_read() {
    let world = World::new();
    let reader = {
        let world = world.clone();
        thread::spawn(move || {
            world.reader.online(&world.global);
            world.read();
            world.reader.offline();
        })
    };
    world.replace_and_free();
    reader.join().unwrap();
}

#[test]
fn attaching_reader() {
    check(attach_and_read);
}

#[test]
fn quiescent_reader() {
    check(|| {
        let world = World::new();
        world.reader.online(&world.global);
        let reader = {
            let world = world.clone();
            thread::spawn(move || {
                world.read();
                world.reader.quiescent(&world.global);
                world.read();
            })
        };
        world.replace_and_free();
        reader.join().unwrap();
    });
}

#[test]
fn missing_fences_are_caught() {
    must_catch(Bug::QsbrNoFence, attach_and_read);
}
