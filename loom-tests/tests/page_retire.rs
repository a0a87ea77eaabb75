//! A page changes hands only when no reader looks at it any more (R3): a stale reader may still read the count words of a
//! cell that was freed, while the next owner lays payload over them.
//!
//! Interleavings: `one_reader` 15 049, `two_readers` 98 482.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom_tests::protocol::page_retire::{RetiredAt, passed_by_all};
use loom_tests::protocol::qsbr_seq::{Global, Local};
use loom_tests::protocol::refword::{Dec, READABLE, RefWord};
use loom_tests::protocol::slot_read::{Read, count_and_look_again};
use loom_tests::sync::{AtomicU64, Ordering};
use loom_tests::thread;
use loom_tests::{Bug, check, check_bounded, must_catch};

const CELL: u64 = 16;

struct World {
    global: Global,
    readers: [Local; 2],
    slot: AtomicU64,
    word: RefWord,
    /// Stands for the memory of the header: read with its words, written by a page of another class.
    memory: UnsafeCell<u32>,
    retired: RetiredAt,
}

// SAFETY: loom checks the accesses to the memory.
unsafe impl Sync for World {}
// SAFETY: as above.
unsafe impl Send for World {}

impl World {
    fn read(&self, reader: usize) {
        self.readers[reader].online(&self.global);
        let bits = self.slot.load(Ordering::Acquire);
        if bits != 0 {
            // SAFETY: loom reports it if the page has changed hands.
            self.memory.with(|p| unsafe { assert_eq!(*p, 0) });
            let read = count_and_look_again(&self.word, &self.slot, bits, || true);
            // SAFETY: as above.
            self.memory.with(|p| unsafe { assert_eq!(*p, 0) });
            if read != Read::Refused {
                // The writer's own count is gone or not: whoever is last finds out; here it is not the writer,
                // so the page stays.
                let _: Dec = self.word.dec();
            }
        }
        self.readers[reader].offline();
    }

    /// The owner of object and page.
    fn take_out_and_recycle(&self, readers: usize) {
        self.slot.store(0, Ordering::Release);
        if self.word.merge(0, || {}) != Dec::Dead {
            return;
        }
        self.word.reset();
        self.retired.retire(&self.global);
        let passed = passed_by_all(self.readers[..readers].iter());
        if self.retired.may_change_hands(passed) {
            // SAFETY: nobody reads.
            self.memory.with_mut(|p| unsafe { *p = 0x6B6B_6B6B });
        }
    }
}

fn recycle_against(readers: usize) {
    let world = Arc::new(World {
        global: Global::new(),
        readers: [Local::new(), Local::new()],
        slot: AtomicU64::new(CELL),
        // The owner's local count is one; `merge(0)` stands for its drop.
        word: RefWord::new(READABLE),
        memory: UnsafeCell::new(0),
        retired: RetiredAt::new(),
    });
    let others: Vec<_> = (0..readers)
        .map(|i| {
            let world = world.clone();
            thread::spawn(move || world.read(i))
        })
        .collect();
    world.take_out_and_recycle(readers);
    for other in others {
        other.join().unwrap();
    }
}

#[test]
fn one_reader() {
    check(|| recycle_against(1));
}

#[test]
fn two_readers() {
    check_bounded(3, || recycle_against(2));
}

#[test]
fn recycling_without_grace_is_caught() {
    must_catch(Bug::PageNoGrace, || recycle_against(1));
}

#[test]
fn recycling_without_fences_is_caught() {
    must_catch(Bug::QsbrNoFence, || recycle_against(1));
}
