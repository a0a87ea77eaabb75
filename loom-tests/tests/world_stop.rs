//! Stopping the world (R18) against threads that detach, attach, and want to stop it themselves: the stopper is always told,
//! and nobody touches objects while it stands.
//!
//! Interleavings: `one_stopper` 109 594, `requests_queue_up` 153 603, `two_runners` 7 476.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom_tests::protocol::stop_bell::Bell;
use loom_tests::protocol::thread_state::{ATTACHED, DETACHED, SUSPENDED, ThreadState};
use loom_tests::sync::{AtomicU32, Condvar, Mutex, Ordering};
use loom_tests::thread;
use loom_tests::{Bug, check, check_bounded, must_catch};

const STOP: u32 = 1;

struct Runner {
    state: ThreadState,
    breaker: AtomicU32,
    inner: Mutex<()>,
    resumed: Condvar,
}

struct World {
    bell: Bell,
    runners: Vec<Runner>,
    /// What only attached threads and the stopper touch; one part for each runner.
    objects: Vec<UnsafeCell<u32>>,
}

// SAFETY: loom checks the accesses to the objects.
unsafe impl Sync for World {}
// SAFETY: as above.
unsafe impl Send for World {}

impl World {
    fn new(n: usize) -> Arc<World> {
        Arc::new(World {
            bell: Bell::new(),
            runners: (0..n)
                .map(|_| Runner {
                    state: ThreadState::new(ATTACHED),
                    breaker: AtomicU32::new(0),
                    inner: Mutex::new(()),
                    resumed: Condvar::new(),
                })
                .collect(),
            objects: (0..n).map(|_| UnsafeCell::new(0)).collect(),
        })
    }
    fn touch(&self, i: usize) {
        // SAFETY: loom reports it if the world is not stopped.
        self.objects[i].with_mut(|p| unsafe { *p += 1 });
    }

    fn attach(&self, me: usize) {
        let runner = &self.runners[me];
        while !runner.state.try_attach() {
            let mut inner = runner.inner.lock();
            while runner.state.get() == SUSPENDED {
                runner.resumed.wait(&mut inner);
            }
        }
    }
    fn detach(&self, me: usize) {
        self.runners[me].state.detach();
        self.bell.state_changed();
    }
    fn safepoint(&self, me: usize) {
        if self.runners[me].breaker.load(Ordering::Acquire) & STOP != 0 {
            self.runners[me].state.suspend_self();
            self.bell.state_changed();
            self.attach(me);
        }
    }

    fn stop(&self, me: usize) {
        while !self.bell.try_claim() {
            self.detach(me);
            self.bell.wait_until_free();
            self.attach(me);
        }
        self.bell.ring();
        for runner in &self.runners {
            runner.breaker.fetch_or(STOP, Ordering::AcqRel);
        }
        self.bell.wait(|| {
            let others = self.runners.iter().enumerate().filter(|&(i, _)| i != me);
            others.fold(true, |all, (_, runner)| {
                all & match runner.state.get() {
                    SUSPENDED => true,
                    DETACHED => runner.state.try_suspend(),
                    _ => false,
                }
            })
        });
        for i in 0..self.objects.len() {
            self.touch(i);
        }
        for (i, runner) in self.runners.iter().enumerate() {
            runner.breaker.fetch_and(!STOP, Ordering::AcqRel);
            if i != me {
                let _inner = runner.inner.lock();
                if runner.state.resume() {
                    runner.resumed.notify_all();
                }
            }
        }
        self.bell.end();
    }

    /// A runner that passes a safepoint, sleeps, and comes back.
    fn run(&self, me: usize) {
        self.touch(me);
        self.safepoint(me);
        self.touch(me);
        self.detach(me);
        self.attach(me);
        self.touch(me);
        self.detach(me);
    }
}

/// One stopper against one runner that detaches.
fn stop_against_runner() {
    let world = World::new(2);
    let runner = {
        let world = world.clone();
        thread::spawn(move || world.run(1))
    };
    world.stop(0);
    world.detach(0);
    runner.join().unwrap();
}

/// Two want to stop the world at once.
fn two_stoppers() {
    let world = World::new(2);
    let other = {
        let world = world.clone();
        thread::spawn(move || {
            world.stop(1);
            world.detach(1);
        })
    };
    world.stop(0);
    world.detach(0);
    other.join().unwrap();
}

/// One stopper, two that sleep.
fn three() {
    let world = World::new(3);
    let others: Vec<_> = [1, 2]
        .into_iter()
        .map(|i| {
            let world = world.clone();
            thread::spawn(move || {
                world.touch(i);
                world.detach(i);
            })
        })
        .collect();
    world.stop(0);
    world.detach(0);
    for other in others {
        other.join().unwrap();
    }
}

#[test]
fn one_stopper() {
    check(stop_against_runner);
}

#[test]
fn requests_queue_up() {
    check(two_stoppers);
}

#[test]
fn two_runners() {
    check_bounded(3, three);
}

#[test]
fn bell_without_a_fence_is_caught() {
    must_catch(Bug::BellNoFence, stop_against_runner);
}
