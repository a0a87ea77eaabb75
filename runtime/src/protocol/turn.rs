//! The lock of an object that several threads hammer, for whole turns: without locked instructions in between.
//!
//! ```text
//! L    --holder, nobody is parked--> L|TURN     "T's": TURN names thread and object in a word beside
//! T's: critical = object; light fence; L|TURN, and T's? --yes--> in ... critical = 0
//!                                                       --no--> critical = 0; locks as everybody does
//! L|TURN --another, after its pause--> L|ENDING; heavy fence; T's critical = object? --yes--> looks again
//!                                                                                    --no--> L, the other's
//! ```
//! To all others the lock is held as long as the turn lasts, whether the thread is inside or not, so nothing else has to know of turns:
//! who stores a slot without the lock waits, hence ends the turn. Inside and outside are told apart as in [`super::bias`], by what the
//! thread says itself and a fence of all processors, one for each turn instead of two locked instructions each time.
//!
//! The word belongs to many objects, one at a time; it is changed by who holds the object's lock in the ordinary way, and emptied
//! when the object is freed. It names a thread by its id: who inherits that inherits the turn, and an id without a thread is not
//! inside. Nobody parks while there is a turn (it is ended instead), for its thread does not look who waits when it leaves.

use super::lock_byte::LockByte;
use crate::sync::{AtomicU64, Bug, Ordering, const_new, heavy_fence, seeded};

pub struct Turn(AtomicU64);

const SHIFT: u32 = 48;

fn word(object: usize, tid: u16) -> u64 {
    object as u64 | u64::from(tid) << SHIFT
}

impl Turn {
    const_new! {
        pub fn new() -> Turn { Turn(AtomicU64::new(0)) }
    }

    /// By the holder of the ordinary lock, who has said already that it is inside. False: it stays the ordinary one.
    pub fn take(&self, object: usize, tid: u16, byte: &LockByte) -> bool {
        let mine = word(object, tid);
        if seeded(Bug::TurnNamedLate) && byte.begin_turn() {
            self.0.store(mine, Ordering::Release);
            return true;
        }
        if self
            .0
            .compare_exchange(0, mine, Ordering::Relaxed, Ordering::Relaxed)
            .is_err()
        {
            return false;
        }
        let begun = byte.begin_turn();
        if !begun {
            self.0.store(0, Ordering::Relaxed);
        }
        begun
    }

    /// By the thread, after it has said that it is inside, and fenced: whether it is its turn.
    #[inline(always)]
    pub fn is_mine(&self, object: usize, tid: u16, byte: &LockByte) -> bool {
        // In this order: the byte's next turn has another name here.
        byte.has_turn()
            && (seeded(Bug::TurnUnnamed) || self.0.load(Ordering::Relaxed) == word(object, tid))
    }

    /// By who wants the lock. Whose turn it was: who made it end has the lock as soon as that thread is seen outside.
    pub fn end(&self, byte: &LockByte) -> Option<u16> {
        if !byte.end_turn() {
            return None;
        }
        let tid = (self.0.load(Ordering::Relaxed) >> SHIFT) as u16;
        if !seeded(Bug::TurnNoFence) {
            heavy_fence();
        }
        Some(tid)
    }

    /// That thread is outside: the lock is an ordinary one.
    pub fn ended(&self, byte: &LockByte) {
        self.0.store(0, Ordering::Relaxed);
        byte.turn_ended();
    }

    /// The object is freed. Only for the sake of others that share the word: nobody is inside.
    pub fn forget(&self, object: usize) {
        let old = self.0.load(Ordering::Relaxed);
        if old & ((1 << SHIFT) - 1) == object as u64 {
            // Else another object has it already.
            let _ = self
                .0
                .compare_exchange(old, 0, Ordering::Relaxed, Ordering::Relaxed);
        }
    }
}
