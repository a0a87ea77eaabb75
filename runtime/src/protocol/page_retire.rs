//! Pages that empty and change hands (R3): until a grace period has passed, a stale reader may still look at the count
//! words of cells that lay there.
//!
//! ```text
//! IN USE --last cell freed: goal = advanced sequence--> RETIRED --owner needs one of the same class--> IN USE
//!                                                       RETIRED --every thread has passed the goal--> POOL
//! POOL --any thread, any class--> IN USE
//! ```
//! For the same owner and class nothing moves: a header stays where a header was, so a stale reader finds
//! a dead count or a live one and looks again (R2). The pool may lay payload over old headers, so the way there
//! waits for all readers.

use super::qsbr_seq::{Global, Local};
use crate::sync::{AtomicU64, Bug, Ordering, const_new, seeded};

/// When a page was retired. Its owner's to use.
pub struct RetiredAt(AtomicU64);

impl RetiredAt {
    const_new! { pub fn new() -> RetiredAt { RetiredAt(AtomicU64::new(0)) } }

    /// The last cell was freed, by whoever acts for the owner. Tells the goal.
    pub fn retire(&self, global: &Global) -> u64 {
        let goal = global.advance();
        self.0.store(goal, Ordering::Relaxed);
        goal
    }

    pub fn goal(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Whether the pool may have it, all threads having passed `passed` ([`passed_by_all`]).
    pub fn may_change_hands(&self, passed: u64) -> bool {
        seeded(Bug::PageNoGrace) || self.goal() <= passed
    }
}

/// The sequence that all online threads have passed.
pub fn passed_by_all<'a>(threads: impl Iterator<Item = &'a Local>) -> u64 {
    threads
        .filter_map(Local::online_since)
        .min()
        .unwrap_or(u64::MAX)
}
