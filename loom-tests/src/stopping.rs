//! Stopping the world, as `runtime/src/thread/` does it with the protocols' words: for models of that and of what relies on it.

use crate::protocol::stop_bell::Bell;
use crate::protocol::thread_state::{ATTACHED, DETACHED, SUSPENDED, ThreadState};
use crate::sync::{AtomicU32, Condvar, Mutex, Ordering};
use loom::cell::UnsafeCell;
use loom::sync::Arc;

const STOP: u32 = 1;

struct Runner {
    state: ThreadState,
    breaker: AtomicU32,
    inner: Mutex<()>,
    resumed: Condvar,
}

pub struct World {
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
    pub fn new(n: usize) -> Arc<World> {
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
    pub fn touch(&self, i: usize) {
        // SAFETY: loom reports it if the world is not stopped.
        self.objects[i].with_mut(|p| unsafe { *p += 1 });
    }

    pub fn attach(&self, me: usize) {
        let runner = &self.runners[me];
        while !runner.state.try_attach() {
            let mut inner = runner.inner.lock();
            while runner.state.get() == SUSPENDED {
                runner.resumed.wait(&mut inner);
            }
        }
    }
    pub fn detach(&self, me: usize) {
        self.runners[me].state.detach();
        self.bell.state_changed();
    }
    pub fn safepoint(&self, me: usize) {
        if self.runners[me].breaker.load(Ordering::Acquire) & STOP != 0 {
            self.runners[me].state.suspend_self();
            self.bell.state_changed();
            self.attach(me);
        }
    }

    /// Runs `f` with the world stopped.
    pub fn stop<R>(&self, me: usize, f: impl FnOnce() -> R) -> R {
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
        let result = f();
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
        result
    }
}
