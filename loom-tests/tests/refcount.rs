//! Biased counts: merging, queueing, counting from nothing. Exactly one thread frees, and only when
//! nobody holds a reference (R4, R5).
//!
//! Interleavings: `counting_from_nothing` 418, `merge_is_exact` 75, `queued_references_come_home` 31, `three_threads`
//! 2 509, `two_droppers_of_a_merged_object` 53.

use loom::sync::{Arc, Mutex};
use loom_tests::counted::{Counted, OWNER};
use loom_tests::protocol::refword::{DEFAULT, Dec, MERGED, ONE, READABLE};
use loom_tests::sync::Ordering;
use loom_tests::thread;
use loom_tests::{Bug, check, check_bounded, must_catch};

/// An object and its owner's merge queue.
struct Cell {
    object: Counted,
    queue: Mutex<i32>,
}

impl Cell {
    fn new(local: u32, shared: u32) -> Arc<Cell> {
        Arc::new(Cell {
            object: Counted::new(local, shared),
            queue: Mutex::new(0),
        })
    }
    fn touch(&self) {
        self.object.touch();
    }
    fn drop_local(&self) {
        if self.object.drop_local() {
            self.object.free();
        }
    }
    fn drop_shared(&self) {
        match self.object.shared.dec() {
            Dec::Alive | Dec::Uncounted => {}
            Dec::Dead => self.object.free(),
            Dec::Queue => *self.queue.lock().unwrap() += 1,
        }
    }
    /// The owner at a safepoint.
    fn serve_queue(&self) {
        let given = std::mem::take(&mut *self.queue.lock().unwrap());
        if given != 0 && self.object.merge(given) {
            self.object.free();
        }
    }
    /// The owner drops a reference of its own; merged already, it counts as everybody else.
    fn drop_own(&self) {
        if self.object.owner.load(Ordering::Relaxed) == OWNER {
            self.drop_local();
        } else {
            self.drop_shared();
        }
    }
    fn assert_freed_once(&self) {
        self.object.assert_freed_once();
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
        cell.drop_own();
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
                if cell.object.shared.try_inc() {
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
        let cell = Cell::new(0, (2 * ONE) | MERGED);
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

/// The owner, one who drops what the owner counted, and a reader that counts from nothing.
#[test]
fn three_threads() {
    check_bounded(3, || {
        let cell = Cell::new(2, READABLE);
        let others = [
            {
                let cell = cell.clone();
                thread::spawn(move || {
                    cell.touch();
                    cell.drop_shared();
                })
            },
            {
                let cell = cell.clone();
                thread::spawn(move || {
                    if cell.object.shared.try_inc() {
                        cell.touch();
                        cell.drop_shared();
                    }
                })
            },
        ];
        cell.serve_queue();
        cell.drop_own();
        for other in others {
            other.join().unwrap();
        }
        cell.serve_queue();
        cell.assert_freed_once();
    });
}
