//! Promotion (R16): an object that several threads keep counting into registers becomes deferred by
//! itself, and its reads scale from then on.
//!
//! Each thread samples about one in sixteen of its counts of objects that are not its own into a small table of addresses; an
//! address that comes up again and again is promoted, if its type says PROMOTABLE and has no
//! finalizer. Only the free-threaded build counts for others. Addresses are compared only, and not all of their bits, so a
//! stale one or one that looks the same at worst promotes another object early.
//!
//! How many counts lie between two samples is random: a loop counts the same objects in the same order again and again, and at
//! a fixed distance always the same few of them would be looked at.

use crate::counters::{self, Counter};
use crate::header::Header;
use crate::info::type_flag;
use crate::thread::Thread;
use crate::traffic::{self, Kind, Sum};
use std::cell::Cell;

/// Together as many as a loop may go over in turn (the items of shared lists and dicts) and still have promoted.
const SETS: usize = 1024;
const PLACES: usize = 4;
/// Samples of one address until it is promoted.
const HITS: u16 = 8;
/// A place: the samples of an address, and above them what is kept of the address; 0 is empty.
const HITS_BITS: u32 = 4;
const _: () = assert!(HITS < 1 << HITS_BITS);

pub(crate) struct Samples {
    /// Counts until the next sample.
    ahead: Cell<u32>,
    random: Cell<u32>,
    places: [[Cell<u16>; PLACES]; SETS],
}

impl Samples {
    pub(crate) const fn new() -> Samples {
        Samples {
            ahead: Cell::new(0),
            random: Cell::new(0x9E37_79B9),
            places: [const { [const { Cell::new(0) }; PLACES] }; SETS],
        }
    }

    /// Whether one more count is to be looked at.
    #[inline(always)]
    fn is_due(&self) -> bool {
        let ahead = self.ahead.get();
        if ahead != 0 {
            self.ahead.set(ahead - 1);
            return false;
        }
        true
    }

    /// Decides when the next one is: after half to one and a half times the mean distance.
    fn next(&self) {
        // Marsaglia's xorshift.
        let mut x = self.random.get();
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        self.random.set(x);
        self.ahead
            .set(counters::SAMPLED / 2 + x % counters::SAMPLED);
    }
}

/// The current thread, not the owner, counted a reference and holds it.
#[inline]
pub(crate) fn sample(head: &Header) {
    let t = Thread::current();
    if t.is_null() {
        return;
    }
    // SAFETY: the running thread's record.
    let t = unsafe { &*t };
    if t.samples.is_due() {
        look(t, head);
    }
}

#[cold]
#[inline(never)]
fn look(t: &Thread, head: &Header) {
    t.samples.next();
    t.counters
        .add(Counter::foreign_counts, u64::from(counters::SAMPLED));
    let sum = Sum {
        count: u64::from(counters::SAMPLED),
        ..Sum::default()
    };
    traffic::note(t, Kind::ForeignCount, Some(head), sum);
    if !is_hot(t, head) {
        return;
    }
    let info = head.info();
    if info.has(type_flag::PROMOTABLE)
        && !info.has(type_flag::HAS_DEL | type_flag::IS_TYPE)
        && head.set_deferred()
    {
        t.counters.add(Counter::promoted, 1);
        disown(t, head);
    }
}

/// Whether this is the sample that makes the address hot.
fn is_hot(t: &Thread, head: &Header) -> bool {
    // Fibonacci hashing: the upper bits of the product tell the set and, behind it, addresses apart.
    let mixed = (&raw const *head as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let set = &t.samples.places[(mixed >> 32) as usize % SETS];
    let address = (mixed >> 48) as u16 & !((1 << HITS_BITS) - 1);
    // Objects that a loop counts in turn are sampled in turn: those that meet in a set must not drive each other out.
    let hits_of = |place: u16| place & ((1 << HITS_BITS) - 1);
    let known = |place: u16| hits_of(place) != 0 && (place ^ address) < 1 << HITS_BITS;
    let place = set
        .iter()
        .find(|place| known(place.get()))
        .or_else(|| set.iter().min_by_key(|place| hits_of(place.get())))
        .expect("a set has places");
    let before = place.get();
    let hot = known(before) && hits_of(before) == HITS;
    place.set(match (known(before), hot) {
        (_, true) => 0,
        (true, _) => before + 1,
        _ => address | 1,
    });
    hot
}

/// The current thread counted a reference to a deferred object that another thread owns. If it does so often, the owner shall
/// count as everybody does: its own count is a word beside those that readers read.
#[inline]
pub(crate) fn sample_deferred(t: &Thread, head: &Header) {
    if !head.is_owned_by(0) && t.samples.is_due() {
        look_at_deferred(t, head);
    }
}

#[cold]
#[inline(never)]
fn look_at_deferred(t: &Thread, head: &Header) {
    t.samples.next();
    if is_hot(t, head) {
        disown(t, head);
    }
}

/// Asks the owner of a deferred object to merge (R5).
fn disown(t: &Thread, head: &Header) {
    if !head.is_owned_by(0) && head.shared.ask() {
        t.queue_later(head);
    }
}
