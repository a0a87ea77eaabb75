//! Quiescent-state based reclamation: the sequence numbers (R8).
//!
//! The global sequence is odd and advances by 2; a thread's sequence is 0 while it is offline
//! (detached), else the value of the global one at its last quiescent state. What was unlinked
//! before the advance to `goal` is unreachable once every online thread has reached `goal`.
//!
//! Going online stores the sequence and then fences; the reclaimer unlinks, advances, fences and
//! only then scans: one of the two sees the other. A quiescent state needs no fence: a thread that
//! read `goal` (Acquire) also sees what was unlinked before it.

use crate::sync::{AtomicU64, Bug, Ordering, const_new, fence, seeded};

pub struct Global(AtomicU64);
pub struct Local(AtomicU64);

impl Global {
    const_new! { pub fn new() -> Global { Global(AtomicU64::new(1)) } }

    /// Reclaimer, after unlinking: the sequence every reader has to reach.
    pub fn advance(&self) -> u64 {
        let goal = self.0.fetch_add(2, Ordering::AcqRel) + 2;
        if !seeded(Bug::QsbrNoFence) {
            fence(Ordering::SeqCst);
        }
        goal
    }
    pub fn current(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

impl Local {
    const_new! { pub fn new() -> Local { Local(AtomicU64::new(0)) } }

    pub fn online(&self, global: &Global) {
        self.0.store(global.current(), Ordering::Relaxed);
        if !seeded(Bug::QsbrNoFence) {
            fence(Ordering::SeqCst);
        }
    }
    /// What the thread read before is dead to it.
    #[inline]
    pub fn quiescent(&self, global: &Global) {
        self.0.store(global.current(), Ordering::Release);
    }
    pub fn offline(&self) {
        self.0.store(0, Ordering::Release);
    }
    /// Reclaimer, after [`Global::advance`].
    pub fn has_passed(&self, goal: u64) -> bool {
        let seq = self.0.load(Ordering::Acquire);
        seq == 0 || seq >= goal
    }
    /// Reclaimer: the sequence of the last quiescent state, None while offline.
    pub fn online_since(&self) -> Option<u64> {
        match self.0.load(Ordering::Acquire) {
            0 => None,
            seq => Some(seq),
        }
    }
}
