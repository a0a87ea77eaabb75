//! Locks and slots of objects that only their owner changes, and locks of those whose turn it is: without locked instructions
//! ([`crate::protocol::bias`], [`crate::protocol::turn`]).
//! Twin: `bias_gil.rs`.

use crate::barrier;
use crate::contention::Contention;
use crate::counters::Counter;
use crate::header::Header;
use crate::sync::light_fence;
use crate::thread::{Thread, record, tell_stopper};
use std::cell::Cell;

/// How many objects of a running thread others may open, a fence of all processors each, before it loses its way of locking: as
/// long as those fences take is how long the rest takes in locked instructions.
const LIMIT: u32 = 16;
/// How many of its objects it opens itself then until it gets it back: at first, and the most it becomes by doubling.
const REST: u32 = 1 << 12;
const LONGEST_REST: u32 = 1 << 20;

/// What a thread's record has of it.
pub(crate) struct Bias {
    shared: crate::protocol::bias::Bias,
    rest: Cell<u32>,
    next_rest: Cell<u32>,
}

impl Bias {
    pub(crate) const fn new() -> Bias {
        Bias {
            shared: crate::protocol::bias::Bias::new(),
            rest: Cell::new(REST),
            next_rest: Cell::new(2 * REST),
        }
    }
}

/// A thread gets its id, under its record's lock.
pub(crate) fn begin(t: &Thread) {
    if barrier::is_available() {
        t.bias.shared.begin(t.tid);
    }
}

/// A thread gives its id up, under its record's lock.
pub(crate) fn end(t: &Thread) {
    t.bias.shared.end();
}

/// Where processors cannot be made to fence, too, a thread that is alone locks in its own way: nobody asks for its objects.
pub(crate) fn begin_alone(t: &Thread) {
    t.bias.shared.begin(t.tid);
}

pub(crate) fn end_alone(t: &Thread) {
    if !barrier::is_available() {
        t.bias.shared.end();
    }
}

impl Header {
    /// The thread's own object, wanted by nobody else so far, is locked until [`Self::leave_own`] at the same place. False:
    /// take the lock. Between the two as under any lock (R1).
    #[inline(always)]
    pub(crate) fn enter_own(&self, t: &Thread, place: usize) -> bool {
        let owner = || self.owner.load(crate::sync::Ordering::Relaxed);
        t.bias
            .shared
            .enter(place, &raw const *self as usize, owner, self.lock.byte())
    }

    #[inline(always)]
    pub(crate) fn leave_own(&self, t: &Thread, place: usize) {
        debug_assert!(self.is_inside(t, place));
        t.bias.shared.leave(place);
    }

    #[inline(always)]
    pub(crate) fn is_inside(&self, t: &Thread, place: usize) -> bool {
        t.bias.shared.is_inside(place, &raw const *self as usize)
    }

    /// It is the thread's turn at the object: locked until [`Self::leave_own`] at the same place. False: it is not.
    #[inline(always)]
    pub(crate) fn enter_turn(&self, t: &Thread, place: usize) -> bool {
        let byte = self.lock.byte();
        if !byte.has_turn() {
            return false;
        }
        let address = &raw const *self as usize;
        let turn = &Contention::of(address).turn;
        t.bias.shared.say(place, address);
        light_fence();
        let mine = turn.is_mine(address, t.tid, byte);
        if !mine {
            t.bias.shared.leave(place);
        }
        mine
    }

    /// By the holder of the ordinary lock, of which there is one: keeps it, if nobody is parked, until another ends that.
    pub(crate) fn take_turn(&self, t: &Thread) {
        let address = &raw const *self as usize;
        if barrier::is_available() {
            t.bias.shared.say(0, address);
            if !Contention::of(address)
                .turn
                .take(address, t.tid, self.lock.byte())
            {
                t.bias.shared.leave(0);
            }
        }
    }

    /// Ends another thread's turn. True: the lock is this thread's, in the ordinary way.
    pub(crate) fn end_turn(&self, t: &Thread) -> bool {
        let address = &raw const *self as usize;
        let contention = Contention::of(address);
        let byte = self.lock.byte();
        if !byte.has_turn() {
            return false;
        }
        // Who comes back out of it has been sent away now.
        contention.got_it();
        let Some(tid) = contention.turn.end(byte) else {
            return false;
        };
        t.counters.add(Counter::lock_turns, 1);
        let mut looks = 0;
        loop {
            let inner = record(tid).lock();
            let inside = |other: &Thread| other.bias.shared.is_seen_inside(address);
            if !inner.thread().is_some_and(inside) {
                break;
            }
            drop(inner);
            wait_outside(&mut looks);
        }
        contention.turn.ended(byte);
        true
    }

    /// From now on everybody locks and changes the object in the same way. No safepoint.
    #[inline(always)]
    pub(crate) fn open(&self, t: &Thread) {
        if !self.lock.byte().is_open() {
            self.open_slow(t);
        }
    }

    #[cold]
    #[inline(never)]
    fn open_slow(&self, t: &Thread) {
        let mut looks = 0;
        while !self.try_open(t) {
            wait_outside(&mut looks);
        }
    }

    /// The same without waiting. False: the owner is inside.
    #[cold]
    #[inline(never)]
    pub(crate) fn try_open(&self, t: &Thread) -> bool {
        let byte = self.lock.byte();
        if !byte.ask() {
            return true;
        }
        // What its last owner did before it gave it up comes before.
        let owner = self.owner.load(crate::sync::Ordering::Acquire);
        if owner == 0 || owner == t.tid {
            // The owner itself is not inside: it asks no second time for what it has.
            byte.open();
            if owner != 0 {
                rest(t);
            }
            return true;
        }
        let rec = record(owner);
        let inner = rec.lock();
        let Some(other) = inner.thread() else {
            // Who gets the id will see that it is asked for.
            byte.open();
            return true;
        };
        if rec.state.try_help() {
            // It sleeps, and does not wake up before it sees that.
            byte.open();
            rec.state.end_help();
            drop(inner);
            tell_stopper();
            return true;
        }
        t.counters.add(Counter::locks_opened, 1);
        let address = &raw const *self as usize;
        other.bias.shared.try_open(address, byte, LIMIT)
    }
}

/// Another thread is inside: it takes no lock there that this thread could hold, and reaches no safepoint.
fn wait_outside(looks: &mut u32) {
    *looks += 1;
    if *looks < 64 {
        std::hint::spin_loop();
    } else {
        std::thread::yield_now();
    }
}

/// The thread has opened an object of its own.
fn rest(t: &Thread) {
    let bias = &t.bias;
    if bias.shared.is_on() || !barrier::is_available() {
        return;
    }
    let left = bias.rest.get() - 1;
    bias.rest.set(left);
    if left == 0 {
        let next = bias.next_rest.get();
        bias.rest.set(next);
        bias.next_rest.set((2 * next).min(LONGEST_REST));
        let _inner = t.record().lock();
        bias.shared.begin(t.tid);
    }
}
