//! Promotion (R16): an object that several threads keep counting into registers becomes deferred by
//! itself, and its reads scale from then on.
//!
//! Each thread samples one in sixteen of its counts of objects that are not its own into a small table of addresses; an
//! address that comes up again and again is promoted, if its type says PROMOTABLE and has no
//! finalizer. Only the free-threaded build counts for others. Addresses are compared only, so a stale one at worst promotes another object early.

use crate::counters::{self, Counter};
use crate::header::Header;
use crate::info::type_flag;
use crate::thread::Thread;
use crate::traffic::{self, Kind, Sum};
use std::cell::Cell;

const SETS: usize = 16;
const PLACES: usize = 4;
/// Samples of one address until it is promoted.
const HITS: u32 = 8;

pub(crate) struct Samples {
    seen: Cell<u32>,
    places: [[Cell<(*const Header, u32)>; PLACES]; SETS],
}

impl Samples {
    pub(crate) const fn new() -> Samples {
        Samples {
            seen: Cell::new(0),
            places: [const { [const { Cell::new((std::ptr::null(), 0)) }; PLACES] }; SETS],
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
    let seen = t.samples.seen.get().wrapping_add(1);
    t.samples.seen.set(seen);
    if seen.is_multiple_of(counters::SAMPLED) {
        look(t, head);
    }
}

#[cold]
#[inline(never)]
fn look(t: &Thread, head: &Header) {
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
    let address: *const Header = head;
    let set = &t.samples.places[(address as usize >> 4 ^ address as usize >> 12) % SETS];
    // Objects that a loop counts in turn are sampled in turn: those that meet in a set must not drive each other out.
    let place = set
        .iter()
        .find(|place| std::ptr::eq(place.get().0, address))
        .or_else(|| set.iter().min_by_key(|place| place.get().1))
        .expect("a set has places");
    let (there, hits) = place.get();
    let hot = there == address && hits == HITS;
    place.set(match (there == address, hot) {
        (_, true) => (std::ptr::null(), 0),
        (true, _) => (address, hits + 1),
        _ => (address, 1),
    });
    hot
}

/// The current thread counted a reference to a deferred object that another thread owns. If it does so often, the owner shall
/// count as everybody does: its own count is a word beside those that readers read.
#[inline]
pub(crate) fn sample_deferred(t: &Thread, head: &Header) {
    if head.is_owned_by(0) {
        return;
    }
    let seen = t.samples.seen.get().wrapping_add(1);
    t.samples.seen.set(seen);
    if seen.is_multiple_of(counters::SAMPLED) {
        look_at_deferred(t, head);
    }
}

#[cold]
#[inline(never)]
fn look_at_deferred(t: &Thread, head: &Header) {
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
