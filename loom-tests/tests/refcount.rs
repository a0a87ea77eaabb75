//! Biased counts: merging, queueing, counting from nothing. Exactly one thread frees, and only when
//! nobody holds a reference (R4, R5).

use loom::cell::UnsafeCell;
use loom::sync::{Arc, Mutex};
use loom::thread;
use loom_tests::protocol::refword::{DEFAULT, Dec, ONE, READABLE, RefWord};
use loom_tests::sync::{AtomicU16, AtomicU32, Ordering};
use loom_tests::{Bug, check, must_catch};

const OWNER: u16 = 1;
const NEXT_OWNER: u16 = 2;

struct Cell {
    owner: AtomicU16,
    /// Touched by the owner only.
    local: AtomicU32,
    shared: RefWord,
    payload: UnsafeCell<u32>,
    freed: AtomicU32,
    queue: Mutex<u32>,
}

// SAFETY: loom checks the accesses to the payload.
unsafe impl Sync for Cell {}
// SAFETY: as above.
unsafe impl Send for Cell {}

impl Cell {
    fn new(local: u32, shared: u32) -> Arc<Cell> {
        Arc::new(Cell {
            owner: AtomicU16::new(OWNER),
            local: AtomicU32::new(local),
            shared: RefWord::new(shared),
            payload: UnsafeCell::new(0),
            freed: AtomicU32::new(0),
            queue: Mutex::new(0),
        })
    }

    /// Frees, and the cell is at once somebody else's.
    fn free(&self) {
        // SAFETY: loom reports it if anybody may still read.
        self.payload.with_mut(|p| unsafe { *p += 1 });
        self.freed.fetch_add(1, Ordering::Relaxed);
        self.shared.reset();
        self.owner.store(NEXT_OWNER, Ordering::Relaxed);
    }

    fn touch(&self) {
        // SAFETY: a counted reader.
        self.payload.with(|p| unsafe { assert_eq!(*p, 0) });
    }

    /// The owner drops a reference.
    fn drop_local(&self) {
        let local = self.local.load(Ordering::Relaxed) - 1;
        self.local.store(local, Ordering::Relaxed);
        if local != 0 {
            return;
        }
        if self.shared.load_acquire() == DEFAULT
            || self
                .shared
                .merge(0, || self.owner.store(0, Ordering::Relaxed))
                == Dec::Dead
        {
            self.free();
        }
    }

    fn drop_shared(&self) {
        match self.shared.dec() {
            Dec::Alive | Dec::Uncounted => {}
            Dec::Dead => self.free(),
            Dec::Queue => *self.queue.lock().unwrap() += 1,
        }
    }

    /// The owner at a safepoint, or whoever acts for it.
    fn serve_queue(&self) {
        let given = std::mem::take(&mut *self.queue.lock().unwrap());
        if given == 0 {
            return;
        }
        let local = if self.owner.load(Ordering::Relaxed) == 0 {
            0
        } else {
            self.local.load(Ordering::Relaxed)
        };
        let what = self.shared.merge(local as i32 - given as i32, || {
            self.local.store(0, Ordering::Relaxed);
            self.owner.store(0, Ordering::Relaxed);
        });
        if what == Dec::Dead {
            self.free();
        }
    }

    fn assert_freed_once(&self) {
        assert_eq!(self.freed.load(Ordering::Relaxed), 1);
        assert_eq!(
            self.owner.load(Ordering::Relaxed),
            NEXT_OWNER,
            "stored after it was freed"
        );
    }
}

/// The owner lets go while another thread drops what it counted itself.
fn merge_against_dec() {
    let cell = Cell::new(1, ONE);
    let other = {
        let cell = cell.clone();
        thread::spawn(move || {
            cell.touch();
            cell.drop_shared();
        })
    };
    cell.touch();
    cell.drop_local();
    other.join().unwrap();
    cell.assert_freed_once();
}

#[test]
fn merge_is_exact() {
    check(merge_against_dec);
}

#[test]
fn owner_word_after_merge_is_caught() {
    must_catch(Bug::MergeBeforeOwner, merge_against_dec);
}

/// A reference counted by the owner is dropped by another thread: it goes through the queue.
#[test]
fn queued_references_come_home() {
    check(|| {
        let cell = Cell::new(2, DEFAULT);
        let other = {
            let cell = cell.clone();
            thread::spawn(move || {
                cell.touch();
                cell.drop_shared();
            })
        };
        cell.serve_queue();
        // Merged already, the owner counts as everybody else.
        if cell.owner.load(Ordering::Relaxed) == OWNER {
            cell.drop_local();
        } else {
            cell.drop_shared();
        }
        other.join().unwrap();
        cell.serve_queue();
        cell.assert_freed_once();
    });
}

/// A reader without a reference (weak reference, lock-free read) against the owner's last drop.
#[test]
fn counting_from_nothing() {
    check(|| {
        let cell = Cell::new(1, READABLE);
        let other = {
            let cell = cell.clone();
            thread::spawn(move || {
                if cell.shared.try_inc() {
                    cell.touch();
                    cell.drop_shared();
                }
            })
        };
        cell.drop_local();
        other.join().unwrap();
        cell.serve_queue();
        cell.assert_freed_once();
    });
}

#[test]
fn two_droppers_of_a_merged_object() {
    check(|| {
        let cell = Cell::new(0, (2 * ONE) | 3);
        let other = {
            let cell = cell.clone();
            thread::spawn(move || {
                cell.touch();
                cell.drop_shared();
            })
        };
        cell.touch();
        cell.drop_shared();
        other.join().unwrap();
        cell.assert_freed_once();
    });
}
