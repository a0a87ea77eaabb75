//! The shared half of a biased reference count (PEP 703; Choi, Shull and Torrellas 2018).
//!
//! ```text
//! word = count (30 bits, signed) << 2 | state
//!   DEFAULT   only counted references exist; a reader that holds none must not count
//!   READABLE  lock-free readers and weak references may count from zero (PEP 703's "weakrefs")
//!   QUEUED    somebody asked the owner to merge; the queue keeps that reference
//!   MERGED    the owner's count is in here; whoever brings the count to 0 frees
//!
//!   DEFAULT --mark (under the object's lock or by the owner)--> READABLE
//!   DEFAULT, READABLE with count 0 --dec by a non-owner--> QUEUED      (count stays)
//!   DEFAULT, READABLE of a deferred object, with a count of the bias --dec by a non-owner--> QUEUED
//!   DEFAULT, READABLE --asked, by a holder--> QUEUED                   (count + 1: the queue's)
//!   any --merge by the owner, by the stopper, or for an orphan (R5)--> MERGED
//! ```
//! total = local + count, where the reference kept by the queue is part of the total. A free cell
//! holds 0 (DEFAULT, 0), written with Release when it is freed and never by allocation (R4); every
//! other change is a read-modify-write.

use crate::sync::{AtomicU32, Bug, Ordering, const_new, seeded};

pub const DEFAULT: u32 = 0;
pub const READABLE: u32 = 1;
pub const QUEUED: u32 = 2;
pub const MERGED: u32 = 3;
const STATE: u32 = 3;
/// What the states are called.
pub const STATES: [&str; 4] = ["default", "readable", "queued", "merged"];
/// One reference in the word.
pub const ONE: u32 = 4;
/// Beyond this magnitude the object stops being counted for good.
pub const SATURATION: i32 = 1 << 28;
/// What deferral adds, so that the count never comes near zero.
pub const BIAS: u32 = (1 << 27) * ONE;

#[inline(always)]
pub const fn count(word: u32) -> i32 {
    (word as i32) >> 2
}
#[inline(always)]
pub const fn state(word: u32) -> u32 {
    word & STATE
}

/// What the thread that changed the word has to do now.
#[must_use]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dec {
    /// Others hold the object.
    Alive,
    /// The caller held the last reference: free it.
    Dead,
    /// A deferred object is held by registers at most: note it (R16).
    Uncounted,
    /// The caller's reference belongs to the owner's merge queue now: put it there.
    Queue,
}

/// What a count that went down means. A deferred object's is at the bias or below it while other threads keep counts to
/// themselves ([`super::tally`]).
#[inline(always)]
fn outcome(word: u32) -> Dec {
    if state(word) != MERGED {
        Dec::Alive
    } else if count(word) == 0 {
        Dec::Dead
    } else if is_at_bias(count(word)) && (!seeded(Bug::NoteBiasOnly) || count(word) == BIAS_COUNT) {
        Dec::Uncounted
    } else {
        Dec::Alive
    }
}

const BIAS_COUNT: i32 = count(BIAS);

/// Whether the count is a bias from which something was taken, or nothing.
#[inline(always)]
const fn is_at_bias(count: i32) -> bool {
    (count - BIAS_COUNT / 2 - 1) as u32 <= (BIAS_COUNT / 2 - 1) as u32
}

/// The pure transition of a decrement by a non-owner.
#[inline(always)]
pub fn step_dec(word: u32) -> (u32, Dec) {
    step_add(word, -1)
}

/// The same of several references, or of some more.
#[inline(always)]
pub fn step_add(word: u32, by: i32) -> (u32, Dec) {
    let next = word.wrapping_add((by << 2) as u32);
    if state(word) == MERGED || state(word) == QUEUED {
        return (next, if by < 0 { outcome(next) } else { Dec::Alive });
    }
    let left = count(next);
    if by < 0 && (left < 0 || left != BIAS_COUNT && is_at_bias(left)) {
        // One of the references given up is the queue's.
        (next.wrapping_add(ONE) & !STATE | QUEUED, Dec::Queue)
    } else {
        (next, Dec::Alive)
    }
}

/// The pure transition of a reader that holds no reference: fails where the object may be dead.
#[inline(always)]
pub const fn step_try_inc(word: u32) -> Option<u32> {
    if word == DEFAULT || word == MERGED {
        None
    } else {
        Some(word.wrapping_add(ONE))
    }
}

#[repr(transparent)]
pub struct RefWord(AtomicU32);

impl RefWord {
    const_new! {
        #[inline]
        pub fn new(word: u32) -> RefWord { RefWord(AtomicU32::new(word)) }
    }

    #[inline(always)]
    pub fn load(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
    #[inline(always)]
    pub fn load_acquire(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }

    /// Counts a reference for a holder of one. Returns the count after it, for the saturation test.
    #[inline(always)]
    pub fn inc(&self) -> i32 {
        count(self.0.fetch_add(ONE, Ordering::Relaxed).wrapping_add(ONE))
    }

    /// [`Self::inc`] where no other thread exists: a load and a store.
    #[inline(always)]
    pub fn inc_alone(&self) -> i32 {
        let word = self.load().wrapping_add(ONE);
        self.0.store(word, Ordering::Relaxed);
        count(word)
    }

    /// [`Self::dec`] where no other thread exists.
    #[inline(always)]
    pub fn dec_alone(&self) -> Dec {
        let (next, what) = step_dec(self.load());
        self.0.store(next, Ordering::Relaxed);
        what
    }

    /// Adds `n` references for a holder of one.
    pub fn inc_by(&self, n: u32) -> i32 {
        count(
            self.0
                .fetch_add(n * ONE, Ordering::Relaxed)
                .wrapping_add(n * ONE),
        )
    }

    #[inline(always)]
    pub fn dec(&self) -> Dec {
        self.add(-1)
    }

    /// Counts, or gives up, by one or many at once: what a thread had kept to itself.
    #[inline(always)]
    pub fn add(&self, by: i32) -> Dec {
        let mut word = self.0.load(Ordering::Relaxed);
        loop {
            let (next, what) = step_add(word, by);
            match self
                .0
                .compare_exchange_weak(word, next, Ordering::AcqRel, Ordering::Relaxed)
            {
                Ok(_) => return what,
                Err(now) => word = now,
            }
        }
    }

    /// Counts for a reader that holds nothing (R2, weak references).
    #[inline(always)]
    pub fn try_inc(&self) -> bool {
        let mut word = self.0.load(Ordering::Relaxed);
        while let Some(next) = step_try_inc(word) {
            match self
                .0
                .compare_exchange_weak(word, next, Ordering::AcqRel, Ordering::Relaxed)
            {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// Lets lock-free readers count from zero. The caller holds a reference.
    pub fn mark_readable(&self) {
        let mut word = self.0.load(Ordering::Relaxed);
        while state(word) == DEFAULT {
            match self.0.compare_exchange_weak(
                word,
                word | READABLE,
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(now) => word = now,
            }
        }
    }

    /// A holder wants the owner to merge: one reference more, which is the queue's. False: it was asked already or has
    /// merged, and nothing is counted.
    pub fn ask(&self) -> bool {
        let mut word = self.0.load(Ordering::Relaxed);
        while state(word) == DEFAULT || state(word) == READABLE {
            match self.0.compare_exchange_weak(
                word,
                word.wrapping_add(ONE) & !STATE | QUEUED,
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// Moves `extra` (the owner's local count, less what a queue held) into the word and makes it
    /// MERGED. `clear_owner` stores owner = 0 and runs first (R5); afterwards the caller touches
    /// nothing it holds no reference to.
    #[inline]
    pub fn merge(&self, extra: i32, clear_owner: impl FnOnce()) -> Dec {
        let late = seeded(Bug::MergeBeforeOwner);
        let mut clear_owner = Some(clear_owner);
        if !late {
            (clear_owner.take().unwrap())();
        }
        let mut word = self.0.load(Ordering::Relaxed);
        let next = loop {
            let next = ((count(word) + extra) as u32) << 2 | MERGED;
            match self
                .0
                .compare_exchange_weak(word, next, Ordering::AcqRel, Ordering::Relaxed)
            {
                Ok(_) => break next,
                Err(now) => word = now,
            }
        };
        if let Some(clear) = clear_owner {
            clear();
        }
        outcome(next)
    }

    /// Deferral: counts from registers stop, so the count must never reach zero by itself.
    pub fn add_bias(&self) {
        self.0.fetch_add(BIAS, Ordering::AcqRel);
    }
    /// Undone only with the world stopped (R16).
    pub fn remove_bias(&self) {
        self.0.fetch_sub(BIAS, Ordering::AcqRel);
    }

    /// The cell is free again (R4).
    #[inline(always)]
    pub fn reset(&self) {
        let order = if seeded(Bug::FreeRelaxed) {
            Ordering::Relaxed
        } else {
            Ordering::Release
        };
        self.0.store(0, order);
    }

    /// For immortal objects, before anyone else sees them.
    pub fn set_unshared(&self, word: u32) {
        self.0.store(word, Ordering::Relaxed);
    }
}
