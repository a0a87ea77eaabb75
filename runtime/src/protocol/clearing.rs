//! Condemned garbage on its way to be freed, and who must not meet it half done.
//!
//! ```text
//! collector:   stop; condemn; ON; start; clear, free; OFF, wake
//! who forks:   stop; ON? --no--> fork; start
//!                        --yes--> start; sleep until OFF; again
//! others whose heap has grown too much:  sleep until OFF
//! ```
//! The world can stop while the collector is at it: freeing waits for locks and frees by the system, and a check of the heap stops
//! the world itself. In the child of a fork that thread is no more, and what it had condemned would stay as it is: no longer deferred,
//! half of it cleared. So it is ON from the stop in which it was condemned, and who has stopped the world sees what will be true as long
//! as it stands. To wait it has to let the world go, for the collector.
//!
//! Between ON and OFF the collector runs no Python code: it is never the one that forks, and waits for nobody who sleeps here.

use super::ranks::Rank;
use crate::sync::{Bug, Condvar, Mutex, MutexGuard, const_new, seeded};

pub struct Clearing {
    on: Mutex<bool>,
    over: Condvar,
}

impl Clearing {
    const_new! {
        pub fn new() -> Clearing {
            Clearing {
                on: Mutex::ranked(Rank::Clearing, false),
                over: Condvar::new(),
            }
        }
    }

    /// By the collector, within the stop in which it condemns.
    pub fn begin(&self) {
        *self.on.lock() = true;
    }

    /// By the collector: all is freed.
    pub fn end(&self) {
        *self.on.lock() = false;
        if !seeded(Bug::ClearedUntold) {
            self.over.notify_all();
        }
    }

    /// Sleeps until it is over, detached.
    pub fn wait(&self) {
        let mut on = self.on.lock();
        while *on {
            self.over.wait(&mut on);
        }
    }

    /// By who has stopped the world: what stands still is no garbage half done. False: start the world, [`Self::wait`], stop it again.
    pub fn is_over(&self) -> bool {
        seeded(Bug::ForkHalfCleared) || !*self.on.lock()
    }

    /// Held across a fork.
    pub fn lock(&self) -> MutexGuard<'_, bool> {
        self.on.lock()
    }
}
