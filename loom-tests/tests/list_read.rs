//! A list's item read without its lock (R2, R9) against removal, shrinking, growing, and the reuse of the removed item's
//! cell: the reader gets the item that was there, or nothing, and never reads past a buffer or in a freed one.
//!
//! Interleavings: `reader_against_append` 89, `reader_against_growing` 16 575 + 4 070, `reader_against_shrinking` 397
//! 854, `two_readers` 357 754.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom_tests::protocol::list_read::{Place, is_current, place, publish_buffer, publish_length};
use loom_tests::protocol::page_retire::passed_by_all;
use loom_tests::protocol::qsbr_seq::{Global, Local};
use loom_tests::protocol::refword::{DEFAULT, Dec, READABLE, RefWord};
use loom_tests::protocol::slot_read::{Read, count_and_look_again};
use loom_tests::sync::{AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use loom_tests::thread;
use loom_tests::{Bug, check, check_bounded, must_catch};

/// The item at index 1, and the object made in its cell later.
const ITEM: u64 = 16;

struct Buffer {
    slots: Vec<AtomicU64>,
    /// Read with the slots, written when it is freed.
    memory: UnsafeCell<u32>,
}

impl Buffer {
    fn new(words: &[u64]) -> Buffer {
        Buffer {
            slots: words.iter().map(|&w| AtomicU64::new(w)).collect(),
            memory: UnsafeCell::new(0),
        }
    }
    fn touch(&self) {
        // SAFETY: loom reports it if the buffer is freed meanwhile.
        self.memory
            .with(|p| unsafe { assert_eq!(*p, 0, "a freed buffer") });
    }
}

struct World {
    global: Global,
    readers: [Local; 2],
    length: AtomicUsize,
    current: AtomicPtr<Buffer>,
    /// The second is the one of after.
    buffers: [Buffer; 2],
    word: RefWord,
    /// Generation of the object in the cell.
    object: UnsafeCell<u32>,
}

// SAFETY: loom checks the accesses to the cells.
unsafe impl Sync for World {}
// SAFETY: as above.
unsafe impl Send for World {}

impl World {
    fn new(first: Buffer, second: Buffer, length: usize, word: u32) -> Arc<World> {
        let world = Arc::new(World {
            global: Global::new(),
            readers: [Local::new(), Local::new()],
            length: AtomicUsize::new(length),
            current: AtomicPtr::new(std::ptr::null_mut()),
            buffers: [first, second],
            word: RefWord::new(word),
            object: UnsafeCell::new(0),
        });
        world.set_current(0);
        world
    }
    fn set_current(&self, i: usize) {
        publish_buffer(&self.current, (&raw const self.buffers[i]).cast_mut());
    }

    /// Item 1; true if there was one.
    fn read(&self, reader: usize) -> bool {
        self.readers[reader].online(&self.global);
        let capacity = |b: *const Buffer| {
            // SAFETY: the model keeps its buffers.
            let b = unsafe { &*b };
            b.touch();
            b.slots.len()
        };
        let mut found = false;
        if let Place::In(b) = place(&self.length, &self.current, 1, capacity) {
            // SAFETY: as above.
            let buffer = unsafe { &*b };
            buffer.touch();
            let slot = buffer.slots.get(1).expect("past the end of a buffer");
            let bits = slot.load(Ordering::Acquire);
            if bits != 0 {
                let same = || is_current(&self.current, b);
                match count_and_look_again(&self.word, slot, bits, same) {
                    Read::Counted => {
                        // SAFETY: counted.
                        self.object
                            .with(|p| unsafe { assert_eq!(*p, 0, "a foreign object") });
                        found = true;
                        self.drop_one();
                    }
                    Read::Undo => self.drop_one(),
                    Read::Refused => {}
                }
            }
        }
        self.readers[reader].offline();
        found
    }

    fn drop_one(&self) {
        if self.word.dec() == Dec::Dead {
            self.free();
        }
    }
    /// The object dies, and another is made in its cell and counted by a thread that does not own it.
    fn free(&self) {
        // SAFETY: the last reference is gone.
        self.object.with_mut(|p| unsafe { *p += 1 });
        self.word.reset();
        let _ = self.word.inc();
    }

    fn dispose(&self, buffer: usize, readers: usize) {
        let goal = self.global.advance();
        if passed_by_all(self.readers[..readers].iter()) >= goal {
            // SAFETY: the grace period is over.
            self.buffers[buffer].memory.with_mut(|p| unsafe { *p = 1 });
        }
    }

    /// `pop()`, then the smaller buffer, then the item dies; under the lock up to its death.
    fn pop_and_shrink(&self, readers: usize) {
        publish_length(&self.length, 1);
        self.buffers[0].slots[1].store(0, Ordering::Release);
        self.set_current(1);
        if self.word.merge(0, || {}) == Dec::Dead {
            self.free();
        }
        self.dispose(0, readers);
    }

    /// A bigger buffer takes over the item, which is replaced there and dies. The old buffer shows it still; it is freed
    /// in the other models.
    fn grow_and_replace(&self, _: usize) {
        self.set_current(1);
        publish_length(&self.length, 3);
        self.buffers[1].slots[1].store(0, Ordering::Release);
        if self.word.merge(0, || {}) == Dec::Dead {
            self.free();
        }
    }
}

fn run(readers: usize, world: Arc<World>, change: fn(&World, usize)) {
    let others: Vec<_> = (0..readers)
        .map(|i| {
            let world = world.clone();
            thread::spawn(move || world.read(i))
        })
        .collect();
    change(&world, readers);
    for other in others {
        other.join().unwrap();
    }
}

fn shrinking(readers: usize) {
    let (first, second) = (Buffer::new(&[8, ITEM]), Buffer::new(&[8]));
    run(
        readers,
        World::new(first, second, 2, READABLE),
        World::pop_and_shrink,
    );
}

fn growing(readers: usize) {
    let (first, second) = (Buffer::new(&[8, ITEM]), Buffer::new(&[8, ITEM, 24, 0]));
    run(
        readers,
        World::new(first, second, 2, READABLE),
        World::grow_and_replace,
    );
}

/// The same with an item that only its owner has counted: readers must not count it from nothing.
fn growing_unmarked() {
    let (first, second) = (Buffer::new(&[8, ITEM]), Buffer::new(&[8, ITEM, 24, 0]));
    run(
        1,
        World::new(first, second, 2, DEFAULT),
        World::grow_and_replace,
    );
}

/// An append that grows: who sees the new length finds the item.
fn append_is_whole() {
    let world = World::new(Buffer::new(&[8]), Buffer::new(&[8, 0, 0, 0]), 1, READABLE);
    let writer = {
        let world = world.clone();
        thread::spawn(move || {
            world.set_current(1);
            world.buffers[1].slots[1].store(ITEM, Ordering::Release);
            publish_length(&world.length, 2);
        })
    };
    let length = world.length.load(Ordering::Acquire);
    let found = world.read(0);
    assert!(length == 1 || found, "an item below the length is missing");
    writer.join().unwrap();
}

#[test]
fn reader_against_shrinking() {
    check(|| shrinking(1));
}

#[test]
fn reader_against_growing() {
    check(|| growing(1));
    check(growing_unmarked);
}

#[test]
fn reader_against_append() {
    check(append_is_whole);
}

#[test]
fn two_readers() {
    check_bounded(3, || growing(2));
}

#[test]
fn length_for_capacity_is_caught() {
    must_catch(Bug::LengthForCapacity, || shrinking(1));
}

#[test]
fn missing_path_check_is_caught() {
    must_catch(Bug::ReadNoRecheck, || growing(1));
}

#[test]
fn missing_fences_are_caught() {
    must_catch(Bug::QsbrNoFence, || shrinking(1));
}
