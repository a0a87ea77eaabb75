//! An object's lock without locked instructions, while nobody but its owner has ever wanted it.
//!
//! ```text
//! owner:     critical = object; light fence; byte 0? --yes--> in ... critical = 0
//!                                                    --no--> critical = 0; locks as everybody does
//! stranger:  byte 0 -> ASKED; heavy fence; critical = object? --yes--> looks again later
//!                                                             --no--> ASKED -> OPEN; locks as everybody does
//! ```
//! As in Dekker's algorithm one of the two sees the other; but the owner's fence is one for the compiler only, and the stranger's
//! makes every processor that runs this program fence (`membarrier(2)`). To the model checker both are plain fences. Who finds the byte ASKED
//! by another asks all the same: only OPEN says that the owner is out. An object is opened once in its life; its cell's next object
//! is its owner's again.
//!
//! A store of the owner into a slot is such a section too (`Slot::exchange`), and needs no look at who reads under the lock: to lock,
//! a reader has to open first, so it comes before the section or sees what was stored in it. Lock-free readers find what they
//! find under any lock: the new word is stored with Release before the displaced object's last count goes.
//!
//! Whose objects are opened so often that the fences take too long is no longer asked one by one: it loses its way of locking
//! altogether, for a while, and once it has been seen outside after that its objects are opened without a fence.

use super::lock_byte::LockByte;
use crate::sync::{
    AtomicBool, AtomicU16, AtomicUsize, Bug, Ordering, const_new, heavy_fence, light_fence, seeded,
};

/// What no object's owner is.
const NOBODY: u16 = u16::MAX;

/// A thread's half. `tid` and `over` are changed under a lock of the caller's, one for each thread.
pub struct Bias {
    /// The thread's id while it may lock in its own way.
    tid: AtomicU16,
    /// It may not, and has been seen outside since.
    over: AtomicBool,
    /// Which objects the thread has locked in its own way: one, or two at a time.
    critical: [AtomicUsize; 2],
}

impl Bias {
    const_new! {
        pub fn new() -> Bias {
            Bias {
                tid: AtomicU16::new(NOBODY),
                over: AtomicBool::new(true),
                critical: [AtomicUsize::new(0), AtomicUsize::new(0)],
            }
        }
    }

    /// By the thread itself, under the lock.
    pub fn begin(&self, tid: u16) {
        self.over.store(false, Ordering::Relaxed);
        self.tid.store(tid, Ordering::Relaxed);
    }

    /// By the thread itself, outside, or with the world stopped.
    pub fn end(&self) {
        self.tid.store(NOBODY, Ordering::Relaxed);
        self.over.store(true, Ordering::Release);
    }

    pub fn is_on(&self) -> bool {
        self.tid.load(Ordering::Relaxed) != NOBODY
    }

    /// By the thread: whether it has locked `object`, whose owner is `owner`, in its own way. `place` is 1 for the second of two.
    #[inline(always)]
    pub fn enter(
        &self,
        place: usize,
        object: usize,
        owner: impl Fn() -> u16,
        byte: &LockByte,
    ) -> bool {
        let mine =
            |byte: &LockByte| owner() == self.tid.load(Ordering::Relaxed) && byte.is_owners();
        if seeded(Bug::BiasLooksFirst) {
            let mine = mine(byte);
            self.critical[place].store(object, Ordering::Release);
            return mine;
        }
        self.critical[place].store(object, Ordering::Release);
        if !seeded(Bug::BiasNoFence) {
            light_fence();
        }
        if mine(byte) {
            return true;
        }
        self.leave(place);
        false
    }

    #[inline(always)]
    pub fn leave(&self, place: usize) {
        self.critical[place].store(0, Ordering::Release);
    }

    /// By the thread: it says that it is inside `object`, for another reason than its being its own.
    #[inline(always)]
    pub fn say(&self, place: usize, object: usize) {
        self.critical[place].store(object, Ordering::Release);
    }

    /// By another, after a heavy fence.
    pub fn is_seen_inside(&self, object: usize) -> bool {
        let inside = |c: &AtomicUsize| c.load(Ordering::Acquire) == object;
        self.critical.iter().any(inside)
    }

    /// By the thread: whether it is inside `object`.
    #[inline(always)]
    pub fn is_inside(&self, place: usize, object: usize) -> bool {
        self.critical[place].load(Ordering::Relaxed) == object
    }

    /// By a stranger, under the lock: the thread loses its way of locking, until it begins again. It may still be inside.
    pub fn lose(&self) {
        self.tid.store(NOBODY, Ordering::Relaxed);
        if seeded(Bug::BiasOverAtOnce) {
            self.over.store(true, Ordering::Relaxed);
        }
    }

    /// By a stranger, under the lock. False: the owner is inside, look again later.
    pub fn try_open(&self, object: usize, byte: &LockByte) -> bool {
        if seeded(Bug::BiasTrustsAsker) && byte.is_asked() {
            byte.open();
            return true;
        }
        if !seeded(Bug::BiasNoAsking) && !byte.ask() {
            return true;
        }
        if !self.over.load(Ordering::Acquire) {
            let ends = !self.is_on();
            heavy_fence();
            let inside = [&self.critical[0], &self.critical[1]].map(|c| c.load(Ordering::Acquire));
            if inside.contains(&object) && !seeded(Bug::BiasNoWait) {
                return false;
            }
            if ends && inside == [0, 0] {
                self.over.store(true, Ordering::Relaxed);
            }
        }
        if seeded(Bug::BiasNoAsking) {
            byte.ask();
        }
        byte.open();
        true
    }
}
