//! The stack of cells freed by threads that do not own the page (Treiber's, with take-all, so there
//! is no ABA). The pusher that finds it empty tells the owner, once.

use crate::sync::{AtomicU64, Bug, Ordering, const_new, seeded};

/// Head address; 0 is empty.
pub struct FreeStack(AtomicU64);

impl FreeStack {
    const_new! { pub fn new() -> FreeStack { FreeStack(AtomicU64::new(0)) } }

    /// `set_link(next)` writes the link into the pushed cell. True: it was empty before.
    #[inline]
    pub fn push(&self, cell: u64, mut set_link: impl FnMut(u64)) -> bool {
        let mut head = self.0.load(Ordering::Relaxed);
        loop {
            set_link(head);
            match self
                .0
                .compare_exchange_weak(head, cell, Ordering::AcqRel, Ordering::Relaxed)
            {
                Ok(_) => return head == 0,
                Err(now) => head = now,
            }
        }
    }

    /// By the page's owner.
    #[inline]
    pub fn take_all(&self) -> u64 {
        if seeded(Bug::TakeInTwoSteps) {
            let head = self.0.load(Ordering::Acquire);
            self.0.store(0, Ordering::Release);
            return head;
        }
        self.0.swap(0, Ordering::AcqRel)
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }
}
