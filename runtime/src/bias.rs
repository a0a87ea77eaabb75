//! Locks and slots of objects that only their owner changes, and locks of those whose turn it is: without locked instructions
//! ([`crate::protocol::bias`], [`crate::protocol::turn`]).
//! Twin: `bias_gil.rs`.

use crate::barrier;
use crate::contention::{Contention, since_start};
use crate::counters::Counter;
use crate::header::Header;
use crate::protocol::lock_byte::LockByte;
use crate::sync::{AtomicU64, Ordering, light_fence};
use crate::thread::{Thread, record, running_threads, tell_stopper};
use std::cell::Cell;

/// A fence of all processors takes who asks for it, and whom it interrupts, 1 to 15 microseconds. What they may take together in
/// a period, in nanoseconds: 1.6 % of it. Each running thread may have its share of that spent on its objects before it loses its
/// way of locking.
const PERIOD: u64 = 64_000_000;
const FENCES: u64 = PERIOD / 64;
/// For how long it loses it at first, in nanoseconds, and the most this becomes by doubling where it is lost again as soon.
const REST: u64 = PERIOD;
const LONGEST_REST: u64 = 16 * REST;
/// How many of its objects it opens itself from one look at the clock to the next.
const LOOK: u32 = 16;

/// What a thread's record has of it.
pub(crate) struct Bias {
    shared: crate::protocol::bias::Bias,
    /// By others, under the record's lock, in nanoseconds: when the period began, how long the fences took in it; when the
    /// thread may lock in its own way again, and for how long it did not.
    period: AtomicU64,
    spent: AtomicU64,
    back: AtomicU64,
    rest: AtomicU64,
    /// By the thread itself.
    looks: Cell<u32>,
}

impl Bias {
    pub(crate) const fn new() -> Bias {
        Bias {
            shared: crate::protocol::bias::Bias::new(),
            period: AtomicU64::new(0),
            spent: AtomicU64::new(0),
            back: AtomicU64::new(0),
            rest: AtomicU64::new(REST / 2),
            looks: Cell::new(0),
        }
    }

    /// By another thread `t`, under the record's lock: opens an object of this one's ([`crate::protocol::bias::Bias::try_open`]).
    /// `running`: how many threads there are.
    fn try_open(&self, t: &Thread, address: usize, byte: &LockByte, running: usize) -> bool {
        if !self.shared.is_on() {
            return self.shared.try_open(address, byte);
        }
        let asked = since_start();
        let done = self.shared.try_open(address, byte);
        let now = since_start();
        let mut spent = now.saturating_sub(asked);
        t.counters.add(Counter::locks_opened_ns, spent);
        if asked.saturating_sub(self.period.load(Ordering::Relaxed)) >= PERIOD {
            self.period.store(asked, Ordering::Relaxed);
        } else {
            spent += self.spent.load(Ordering::Relaxed);
        }
        self.spent.store(spent, Ordering::Relaxed);
        if spent * running as u64 > FENCES {
            self.shared.lose();
            t.counters.add(Counter::own_ways_lost, 1);
            let last = self.rest.load(Ordering::Relaxed);
            let had_it = now.saturating_sub(self.back.load(Ordering::Relaxed));
            let rest = match had_it < last {
                true => (2 * last).min(LONGEST_REST),
                false => REST,
            };
            self.rest.store(rest, Ordering::Relaxed);
            self.back.store(now + rest, Ordering::Relaxed);
        }
        done
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
        let owner = || self.owner.load(Ordering::Relaxed);
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
        let owner = self.owner.load(Ordering::Acquire);
        if owner == 0 || owner == t.tid {
            // The owner itself is not inside: it asks no second time for what it has.
            byte.open();
            if owner != 0 {
                rest(t);
            }
            return true;
        }
        let running = running_threads();
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
        other.bias.try_open(t, address, byte, running)
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

/// The thread has opened an object of its own: has it rested for long enough?
fn rest(t: &Thread) {
    let bias = &t.bias;
    if bias.shared.is_on() || !barrier::is_available() {
        return;
    }
    let looks = bias.looks.get() + 1;
    bias.looks.set(looks % LOOK);
    if looks == LOOK && since_start() >= bias.back.load(Ordering::Relaxed) {
        let _inner = t.record().lock();
        bias.shared.begin(t.tid);
    }
}
