//! Two object locks at a time (R1).
//!
//! ```text
//! waits for FIRST, holding nothing --has it--> tries SECOND --has it--> both
//!          ^                                        | is held
//!          '--- FIRST and SECOND exchange places <--' gives FIRST up
//! ```
//! Nobody waits while it holds, so no cycle of waiters can form, whatever the order; beginning with the lower
//! address spares two threads that want the same pair the exchange. One object twice is locked once.

use crate::sync::{Bug, seeded};

/// The three ways to use one lock; the waiting one is a safepoint (R6) and is called only while nothing is held.
pub trait Lockable {
    type Thread: ?Sized;
    fn lock(&self, t: &mut Self::Thread);
    /// While another is held, without waiting.
    fn try_lock(&self, t: &Self::Thread) -> bool;
    fn unlock(&self, t: &Self::Thread);
}

/// Holds both on return, and once what is the same. True: they are two.
#[inline(always)]
pub fn lock_both<L: Lockable>(a: &L, b: &L, t: &mut L::Thread) -> bool {
    if std::ptr::eq(a, b) && !seeded(Bug::LockTwice) {
        a.lock(t);
        return false;
    }
    let (mut first, mut second) = (a, b);
    if seeded(Bug::WaitHoldingTheOther) {
        first.lock(t);
        second.lock(t);
        return true;
    }
    if (second as *const L) < (first as *const L) {
        std::mem::swap(&mut first, &mut second);
    }
    loop {
        first.lock(t);
        if second.try_lock(t) {
            return true;
        }
        first.unlock(t);
        std::mem::swap(&mut first, &mut second);
    }
}
