//! Thread states: a sleeper's merge queue is always served by somebody (R5), and a stop meets every
//! thread stopped (R18).
//!
//! Interleavings: `sleepers_are_served` 673, `stopper_and_helper` 314, `stopper_helper_and_sleeper` 4 591.

use loom::sync::{Arc, Mutex};
use loom_tests::protocol::thread_state::{ATTACHED, DETACHED, SUSPENDED, ThreadState};
use loom_tests::sync::{AtomicU32, Ordering};
use loom_tests::thread;
use loom_tests::{Bug, check, check_bounded, must_catch};

const MERGE: u32 = 2;

struct Record {
    state: ThreadState,
    breaker: AtomicU32,
    /// References waiting to be merged, under the record's lock.
    queue: Mutex<u32>,
    served: AtomicU32,
}

impl Record {
    fn new(state: u32) -> Arc<Record> {
        Arc::new(Record {
            state: ThreadState::new(state),
            breaker: AtomicU32::new(0),
            queue: Mutex::new(0),
            served: AtomicU32::new(0),
        })
    }

    fn serve(&self, queue: &mut u32) {
        self.served
            .fetch_add(std::mem::take(queue), Ordering::Relaxed);
    }

    /// The owner goes to sleep.
    fn detach(&self) {
        loop {
            if self.breaker.load(Ordering::Relaxed) & MERGE != 0 {
                self.breaker.fetch_and(!MERGE, Ordering::AcqRel);
                self.serve(&mut self.queue.lock().unwrap());
            }
            if !self.state.detach_looking(&self.breaker, MERGE) {
                return;
            }
            while !self.state.try_attach() {
                // A helper holds the lock while it is at work.
                drop(self.queue.lock().unwrap());
                thread::yield_now();
            }
        }
    }

    /// Another thread queues a reference to it.
    fn queue(&self) {
        let mut queue = self.queue.lock().unwrap();
        *queue += 1;
        if self.state.set_and_help(&self.breaker, MERGE) {
            self.serve(&mut queue);
            self.breaker.fetch_and(!MERGE, Ordering::AcqRel);
            self.state.end_help();
        }
    }
}

fn queue_against_detach() {
    let record = Record::new(ATTACHED);
    let other = {
        let record = record.clone();
        thread::spawn(move || record.queue())
    };
    record.detach();
    other.join().unwrap();
    assert_eq!(
        record.served.load(Ordering::Relaxed),
        1,
        "a sleeper holds memory back"
    );
}

#[test]
fn sleepers_are_served() {
    check(queue_against_detach);
}

#[test]
fn a_detach_without_a_second_look_is_caught() {
    must_catch(Bug::DetachNoRecheck, queue_against_detach);
}

/// The stopper suspends who is detached, and never takes a helped thread for stopped. With `sleeper`, that thread wants to
/// wake up meanwhile.
fn stopper_against_help(sleeper: bool) {
    let record = Record::new(DETACHED);
    let data = Arc::new(Mutex::new(()));
    let helper = {
        let (record, data) = (record.clone(), data.clone());
        thread::spawn(move || {
            if record.state.try_help() {
                // At work on the sleeper's behalf.
                let working = data.try_lock();
                assert!(working.is_ok(), "the world is stopped, or its thread runs");
                drop(working);
                record.state.end_help();
            }
        })
    };
    let sleeper = sleeper.then(|| {
        let (record, data) = (record.clone(), data.clone());
        thread::spawn(move || {
            if record.state.try_attach() {
                let running = data.try_lock();
                assert!(running.is_ok(), "the world is stopped, or it is helped");
                drop(running);
                record.state.detach();
            }
        })
    });
    if record.state.get() == DETACHED && record.state.try_suspend() {
        let stopped = data.try_lock();
        assert!(stopped.is_ok(), "somebody is at work");
        assert_eq!(record.state.get(), SUSPENDED);
        drop(stopped);
        assert!(record.state.resume());
    } else {
        assert_ne!(record.state.get(), SUSPENDED);
    }
    helper.join().unwrap();
    if let Some(sleeper) = sleeper {
        sleeper.join().unwrap();
    }
    assert!(record.state.try_attach());
}

#[test]
fn stopper_and_helper() {
    check(|| stopper_against_help(false));
}

#[test]
fn stopper_helper_and_sleeper() {
    check_bounded(3, || stopper_against_help(true));
}
