//! The turns of threads at the global lock.
//!
//! ```text
//! WAITING --holder gone--> HOLDS, turn number + 1, own request to let go forgotten
//! WAITING --the interval is over and the same turn lasts--> asks the holder to let go, goes on waiting
//! HOLDS --blocks or ends--> OUT            lets go, wakes one waiter
//! HOLDS --asked, at a safepoint--> YIELDING lets go, wakes one waiter
//! YIELDING --somebody has had a turn, or nobody waits any more--> WAITING
//! ```
//! So who is asked comes behind at least one other: no thread takes turn after turn while others starve. A request is
//! made under the mutex to the holder of that moment, and forgotten under the mutex by the next one only; so a request to
//! one's own turn is never lost.

use super::ranks::Rank;
use crate::sync::{Bug, Condvar, Mutex, MutexGuard, const_new, seeded};
use std::time::Duration;

pub struct State<T> {
    /// How the holder is told to let go; None: the lock is free.
    pub holder: Option<T>,
    /// Grows by one with every turn.
    pub turns: u64,
    pub waiting: u32,
}

pub struct Turns<T> {
    state: Mutex<State<T>>,
    freed: Condvar,
    taken: Condvar,
}

impl<T: Copy> Turns<T> {
    const_new! {
        pub fn new() -> Turns<T> {
            Turns {
                state: Mutex::ranked(Rank::Gil, State { holder: None, turns: 0, waiting: 0 }),
                freed: Condvar::new(),
                taken: Condvar::new(),
            }
        }
    }

    /// Waits for a turn. `ask` tells a holder to let go, `forget` drops what `me` was told in an earlier turn; both run
    /// under the mutex.
    pub fn acquire(
        &self,
        me: T,
        mut interval: impl FnMut() -> Duration,
        mut ask: impl FnMut(T),
        forget: impl FnOnce(),
    ) {
        let mut state = self.state.lock();
        state.waiting += 1;
        while state.holder.is_some() {
            let seen = state.turns;
            let over = self.freed.wait_for(&mut state, interval());
            if let Some(holder) = state.holder
                && over
                && state.turns == seen
            {
                ask(holder);
            }
        }
        state.waiting -= 1;
        state.holder = Some(me);
        state.turns += 1;
        if seeded(Bug::DropFlagLost) {
            drop(state);
            forget();
        } else {
            forget();
            drop(state);
        }
        self.taken.notify_all();
    }

    pub fn release(&self) {
        let mut state = self.state.lock();
        debug_assert!(state.holder.is_some());
        state.holder = None;
        drop(state);
        self.freed.notify_one();
    }

    /// Instead of [`Self::release`], by a holder that was asked and wants the next turn but one.
    pub fn yield_turn(&self) {
        self.release();
        if seeded(Bug::HandOverToItself) {
            return;
        }
        let mut state = self.state.lock();
        let seen = state.turns;
        if state.holder.is_none() {
            while state.turns == seen && state.waiting > 0 {
                self.taken.wait_for(&mut state, Duration::from_millis(1));
            }
        }
    }

    /// For a fork, and for models.
    pub fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock()
    }
}
