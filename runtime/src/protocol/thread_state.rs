//! The state of a thread towards the others (PEP 703's, and one more).
//!
//! ```text
//! DETACHED --itself, CAS--> ATTACHED --itself--> DETACHED
//! DETACHED --stopper, CAS--> SUSPENDED --stopper--> DETACHED
//! ATTACHED --itself, at a safepoint with a stop request--> SUSPENDED
//! DETACHED --a thread serving its queues, CAS, under the id-record lock--> HELPED --same--> DETACHED
//! ```
//! ATTACHED: may touch objects. SUSPENDED: the world is stopped. HELPED: another thread merges on
//! its behalf (R5); to the stopper that counts as running, for the helper still is.

use crate::sync::{AtomicU32, Bug, Ordering, const_new, fence, seeded};

pub const DETACHED: u32 = 0;
pub const ATTACHED: u32 = 1;
pub const SUSPENDED: u32 = 2;
pub const HELPED: u32 = 3;

pub struct ThreadState(AtomicU32);

impl ThreadState {
    const_new! { pub fn new(state: u32) -> ThreadState { ThreadState(AtomicU32::new(state)) } }

    #[inline]
    pub fn get(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }
    /// By the thread itself.
    #[inline]
    pub fn try_attach(&self) -> bool {
        self.swing(DETACHED, ATTACHED)
    }
    /// By the thread itself; what it did is visible to whoever suspends or helps it.
    #[inline]
    pub fn detach(&self) {
        self.0.store(DETACHED, Ordering::Release);
    }
    /// Detaches, and tells whether the breaker's `bit` was set in time for nobody else to act on it: a
    /// thread that sets it ([`Self::set_and_help`]) either sees DETACHED or is seen here.
    #[must_use]
    pub fn detach_looking(&self, breaker: &AtomicU32, bit: u32) -> bool {
        self.detach();
        if seeded(Bug::DetachNoRecheck) {
            return false;
        }
        fence(Ordering::SeqCst);
        breaker.load(Ordering::Relaxed) & bit != 0
    }
    /// The counterpart: sets the bit and, if the thread sleeps, puts it in HELPED.
    #[must_use]
    pub fn set_and_help(&self, breaker: &AtomicU32, bit: u32) -> bool {
        breaker.fetch_or(bit, Ordering::AcqRel);
        fence(Ordering::SeqCst);
        self.try_help()
    }
    /// By the thread itself at a safepoint.
    pub fn suspend_self(&self) {
        self.0.store(SUSPENDED, Ordering::Release);
    }
    /// By the stopper.
    pub fn try_suspend(&self) -> bool {
        self.swing(DETACHED, SUSPENDED)
    }
    /// By the stopper: SUSPENDED only.
    pub fn resume(&self) -> bool {
        self.swing(SUSPENDED, DETACHED)
    }
    /// By a thread that wants to serve the sleeper's queues, under the id-record lock.
    pub fn try_help(&self) -> bool {
        self.swing(DETACHED, HELPED)
    }
    pub fn end_help(&self) {
        self.0.store(DETACHED, Ordering::Release);
    }
    #[inline]
    fn swing(&self, from: u32, to: u32) -> bool {
        self.0
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
    }
}
