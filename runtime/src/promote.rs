//! Promotion (R16): an object that several threads keep counting into registers becomes deferred by
//! itself, and its reads scale from then on.
//!
//! Each thread looks at about one in sixteen of its counts of objects that are not its own and adds up in a small table of
//! addresses what they stand for; an address that comes to about fifty counts is promoted, if its type says PROMOTABLE and has no
//! finalizer. Only the free-threaded build counts for others. Addresses are compared only, and not all of their bits, so a
//! stale one or one that looks the same at worst promotes another object early.
//!
//! How many counts lie between two looks is random: a loop counts the same objects in the same order again and again, and at
//! a fixed distance always the same few of them would be looked at.
//!
//! Fifty counts of each are many where threads go over hundreds of objects again and again (the columns of a matrix). So
//! a look that meets an object which containers have handed out before, and not just now, halves the distance, any other
//! doubles it, and meeting it so is worth more than the one count.

use crate::counters::{self, Counter};
use crate::header::{Header, flag};
use crate::info::type_flag;
use crate::protocol::refword;
use crate::thread::Thread;
use crate::traffic::{self, Kind, Sum};
use std::cell::{Cell, OnceCell};

/// Together as many as a loop may go over in turn (the items of shared lists and dicts) and still have promoted.
const SETS: usize = 1024;
const PLACES: usize = 4;
/// What an address comes to until it is promoted: met again in six or so passes. With three times as much, two threads that multiply
/// matrices counted each other's columns 125,000 times, not 55,000.
const HOT: u32 = 48;
/// What it is worth at least that an object is met again after some time.
const AGAIN: u32 = 9;
/// So many counts are "some time".
const AGE: u32 = 64;

/// What is known of an address; 0 is empty: eight bits of worth, as many of the time of the last look, and sixteen of the address.
#[derive(Clone, Copy)]
struct Place(u32);

impl Place {
    const EMPTY: Place = Place(0);

    fn new(address: u16, age: u8, worth: u32) -> Place {
        Place(u32::from(address) << 16 | u32::from(age) << 8 | worth)
    }
    fn worth(self) -> u32 {
        self.0 & 0xFF
    }
    fn age(self) -> u8 {
        (self.0 >> 8) as u8
    }
    fn is(self, address: u16) -> bool {
        self.worth() != 0 && self.0 >> 16 == u32::from(address)
    }
}

pub(crate) struct Samples {
    /// Counts until the next look.
    ahead: Cell<u32>,
    /// As many lie between the last look and the next one.
    distance: Cell<u32>,
    /// The mean of the distance, 1 to [`counters::SAMPLED`].
    mean: Cell<u32>,
    /// Counts so far.
    time: Cell<u32>,
    random: Cell<u32>,
    /// Sixteen kilobytes, from the first look: a thread that counts nothing for others begins sooner without.
    places: OnceCell<Box<[Set]>>,
}

type Set = [Cell<Place>; PLACES];

/// What a look found.
enum Met {
    New,
    /// A moment ago.
    Lately,
    Again,
    /// Often enough.
    Hot,
}

impl Samples {
    pub(crate) const fn new() -> Samples {
        Samples {
            ahead: Cell::new(0),
            distance: Cell::new(1),
            mean: Cell::new(counters::SAMPLED),
            time: Cell::new(0),
            random: Cell::new(0x9E37_79B9),
            places: OnceCell::new(),
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

    /// Decides when the next look is: after half to one and a half times the mean distance. Gives how many counts this one
    /// stands for.
    fn next(&self) -> u32 {
        // Marsaglia's xorshift.
        let mut x = self.random.get();
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        self.random.set(x);
        let mean = self.mean.get();
        let ahead = mean / 2 + x % mean;
        self.ahead.set(ahead);
        let counts = self.distance.replace(ahead + 1);
        self.time.set(self.time.get().wrapping_add(counts));
        counts
    }

    /// The set of an address among these, and what is kept of it.
    fn find<'a>(places: &'a [Set], head: &Header) -> (&'a Set, u16) {
        // Fibonacci hashing: the upper bits of the product tell the set and, behind it, addresses apart.
        let mixed = (&raw const *head as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let set = &places[(mixed >> 32) as usize % SETS];
        (set, (mixed >> 48) as u16)
    }

    /// Adds `counts` to what is known of the address.
    fn meet(&self, head: &Header, counts: u32) -> Met {
        let age = (self.time.get() / AGE) as u8;
        let empty = || vec![[const { Cell::new(Place::EMPTY) }; PLACES]; SETS].into();
        let (set, address) = Self::find(self.places.get_or_init(empty), head);
        let Some(place) = set.iter().find(|place| place.get().is(address)) else {
            // Objects that a loop counts in turn are met in turn: those of one set must not drive each other out.
            let least = set.iter().min_by_key(|place| place.get().worth());
            let place = least.expect("a set has places");
            place.set(Place::new(address, age, counts));
            return Met::New;
        };
        let known = place.get();
        let again = known.age() != age;
        let worth = known.worth() + if again { counts.max(AGAIN) } else { counts };
        if worth >= HOT {
            place.set(Place::EMPTY);
            return Met::Hot;
        }
        place.set(Place::new(address, age, worth));
        if again { Met::Again } else { Met::Lately }
    }

    /// Another object may have been at this address before.
    pub(crate) fn forget(&self, head: &Header) {
        let Some(places) = self.places.get() else {
            return;
        };
        let (set, address) = Self::find(places, head);
        if let Some(place) = set.iter().find(|place| place.get().is(address)) {
            place.set(Place::EMPTY);
        }
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

/// Containers hand the object out from now on: what was at its address before is none of its.
pub(crate) fn begin(head: &Header) {
    let t = Thread::current();
    if !t.is_null() {
        // SAFETY: the running thread's record.
        unsafe { (*t).samples.forget(head) };
    }
}

#[cold]
#[inline(never)]
fn look(t: &Thread, head: &Header) {
    let counts = t.samples.next();
    t.counters.add(Counter::foreign_counts, u64::from(counts));
    let sum = Sum {
        count: u64::from(counts),
        ..Sum::default()
    };
    traffic::note(t, Kind::ForeignCount, Some(head), sum);
    let info = head.info();
    let may = info.has(type_flag::PROMOTABLE)
        && !info.has(type_flag::HAS_DEL | type_flag::IS_TYPE)
        && head.flags() & flag::IMMORTAL == 0;
    let met = if may {
        t.samples.meet(head, counts)
    } else {
        Met::New
    };
    let mean = t.samples.mean.get();
    match met {
        Met::Hot if head.set_deferred() => {
            t.counters.add(Counter::promoted, 1);
            disown(t, head);
        }
        // A message that went through a queue is counted often too, but not found in a container.
        Met::Again if refword::state(head.shared.load()) == refword::READABLE => {
            t.samples.mean.set((mean / 2).max(1));
        }
        Met::Lately => {}
        Met::New | Met::Again | Met::Hot => {
            t.samples.mean.set((mean * 2).min(counters::SAMPLED));
        }
    }
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
    let counts = t.samples.next();
    if matches!(t.samples.meet(head, counts), Met::Hot) {
        disown(t, head);
    }
}

/// Asks the owner of a deferred object to merge (R5).
fn disown(t: &Thread, head: &Header) {
    if !head.is_owned_by(0) && head.shared.ask() {
        t.queue_later(head);
    }
}
