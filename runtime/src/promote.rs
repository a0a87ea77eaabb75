//! Promotion (R16): an object that several threads keep counting into registers becomes deferred by
//! itself, and its reads scale from then on.
//!
//! Each thread samples one in sixteen of its non-owner counts into a small table of addresses; an
//! address that comes up again and again is promoted, if its type says PROMOTABLE and has no
//! finalizer. Addresses are compared only, so a stale one at worst promotes another object early.

use crate::counters::{self, Counter};
use crate::header::Header;
use crate::info::type_flag;
use crate::thread::Thread;
use crate::traffic::{self, Kind, Sum};
use std::cell::Cell;

const PLACES: usize = 16;
/// Samples of one address until it is promoted.
const HITS: u32 = 8;

pub(crate) struct Samples {
    seen: Cell<u32>,
    places: [Cell<(*const Header, u32)>; PLACES],
}

impl Samples {
    pub(crate) const fn new() -> Samples {
        Samples {
            seen: Cell::new(0),
            places: [const { Cell::new((std::ptr::null(), 0)) }; PLACES],
        }
    }
}

/// The current thread, not the owner, counted a reference for a register and holds it.
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
    let address: *const Header = head;
    let place = &t.samples.places[(address as usize >> 4 ^ address as usize >> 12) % PLACES];
    let (there, hits) = place.get();
    if there != address {
        place.set((address, 1));
    } else if hits < HITS {
        place.set((address, hits + 1));
    } else {
        place.set((std::ptr::null(), 0));
        let info = head.info();
        if info.has(type_flag::PROMOTABLE)
            && !info.has(type_flag::HAS_DEL | type_flag::IS_TYPE)
            && head.set_deferred()
        {
            t.counters.add(Counter::promoted, 1);
        }
    }
}
