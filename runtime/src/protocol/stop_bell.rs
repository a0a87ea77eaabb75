//! Stopping the world: how the stopper learns that the last thread stands still (R18).
//!
//! ```text
//! FREE --claim--> CLAIMED --STOP bits set, bell on, fence--> WAITING --all stand--> STOPPED --end--> FREE
//! runner:  state changes (detached, suspended, helped no more); fence; bell on? --yes: through the lock, wake the stopper
//! ```
//! Either the runner sees the bell, or the stopper's look at the states, which comes after its own fence, sees
//! the change. A runner that saw the bell takes the lock, so it cannot wake a stopper that is between looking and
//! waiting. Other requesters wait detached, so they count as stopped, and claim one after the other.

use super::ranks::Rank;
use crate::sync::{AtomicU32, Bug, Condvar, Mutex, MutexGuard, Ordering, const_new, fence, seeded};

pub struct Bell {
    on: AtomicU32,
    /// True: some thread stops or has stopped the world.
    claimed: Mutex<bool>,
    changed: Condvar,
    free: Condvar,
}

impl Bell {
    const_new! {
        pub fn new() -> Bell {
            Bell {
                on: AtomicU32::new(0),
                claimed: Mutex::ranked(Rank::Bell, false),
                changed: Condvar::new(),
                free: Condvar::new(),
            }
        }
    }

    /// A thread's state has changed.
    #[inline]
    pub fn state_changed(&self) {
        if !seeded(Bug::BellNoFence) {
            fence(Ordering::SeqCst);
        }
        if self.on.load(Ordering::Relaxed) != 0 {
            drop(self.claimed.lock());
            self.changed.notify_all();
        }
    }

    /// False: another thread has it; wait for it with [`Self::wait_until_free`], detached.
    #[must_use]
    pub fn try_claim(&self) -> bool {
        !std::mem::replace(&mut *self.claimed.lock(), true)
    }
    pub fn wait_until_free(&self) {
        let mut claimed = self.claimed.lock();
        while *claimed {
            self.free.wait(&mut claimed);
        }
    }

    /// By the claimer, before it sets the STOP bits of the registered threads, under the registry's lock.
    pub fn ring(&self) {
        self.on.store(1, Ordering::Relaxed);
    }
    /// By the claimer, after: returns when `all_stand` says so.
    pub fn wait(&self, mut all_stand: impl FnMut() -> bool) {
        fence(Ordering::SeqCst);
        let mut claimed = self.claimed.lock();
        while !all_stand() {
            self.changed.wait(&mut claimed);
        }
        self.on.store(0, Ordering::Relaxed);
    }
    /// By the claimer, when the world runs again.
    pub fn end(&self) {
        *self.claimed.lock() = false;
        self.free.notify_all();
    }

    /// Held across a fork.
    pub fn lock(&self) -> MutexGuard<'_, bool> {
        self.claimed.lock()
    }
}
