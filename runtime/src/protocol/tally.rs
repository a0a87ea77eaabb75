//! What a thread has counted of deferred objects and not yet written to their words (R16).
//!
//! ```text
//! total references = local + count(shared) - bias + the sum of all threads' tallies
//!
//! count, give up     by the thread, in its own tally: no shared word is written
//! a place is wanted  for another object, or a tally is large: it goes to the object's word
//! the thread leaves  (detach, exit), a tick of the clock: all tallies go to the words
//! the world stands   all tallies of all threads go to the words: totals are exact
//! ```
//! A deferred object dies only with the world stopped, so what is said of it may wait. That the wait ends: a tally that falls
//! below zero starts the clock, whose tick makes every thread write its tallies; and a word that comes to the bias or
//! below it by a decrement is noted, for the stopper to look at with all tallies written. If the total is zero for good, either some
//! tally is below zero (the clock runs), or the word is at the bias or below and came there by a decrement that was noted, and
//! whatever was looked at before then was found with another word.

use crate::sync::{Bug, seeded};
use std::cell::Cell;

/// Rows of places, a cache line each. Of some fifty objects that a program uses in turn, hardly ever five meet in one row; three
/// often do, and each count of theirs would displace another.
const ROWS: usize = 64;
const PLACES: usize = 4;
/// A tally of this magnitude is written. All threads' together stay far below the bias.
const MOST: i32 = 1 << 10;

struct Place {
    item: Cell<usize>,
    tally: Cell<i32>,
}

impl Place {
    #[inline(always)]
    fn take(&self) -> i32 {
        self.tally.replace(0)
    }
}

#[repr(align(64))]
struct Row([Place; PLACES]);

/// Only its thread uses it, or who stopped the world.
pub struct Tallies {
    rows: [Row; ROWS],
    /// The rows that may have something to write.
    touched: Cell<u64>,
    /// Which place of a row is given up next if all have something to write.
    next: Cell<usize>,
}

/// What the thread has to do now.
#[must_use]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tallied {
    Done,
    /// It fell below zero: the clock has to run.
    Below,
}

impl Tallies {
    #[allow(clippy::declare_interior_mutable_const)]
    pub const fn new() -> Tallies {
        const EMPTY: Place = Place {
            item: Cell::new(0),
            tally: Cell::new(0),
        };
        Tallies {
            rows: [const { Row([const { EMPTY }; PLACES]) }; ROWS],
            touched: Cell::new(0),
            next: Cell::new(0),
        }
    }

    #[inline(always)]
    fn index(item: usize) -> usize {
        // Fibonacci hashing: cells of one page differ in a few low bits only.
        ((item as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - ROWS.trailing_zeros())) as usize
    }

    /// Counts `by` references to an item, that is, to an address which is not 0. `write` is told what leaves for a word.
    #[inline]
    pub fn count(&self, item: usize, by: i32, mut write: impl FnMut(usize, i32)) -> Tallied {
        let at = Self::index(item);
        let Row(row) = &self.rows[at];
        let place = match row.iter().find(|place| place.item.get() == item) {
            Some(place) => place,
            None => self.vacate(row, item, &mut write),
        };
        self.touched.set(self.touched.get() | 1 << at);
        let before = place.tally.get();
        let now = before + by;
        place.tally.set(now);
        if now.abs() >= MOST {
            write(item, place.take());
        }
        if now < 0 && before >= 0 && !seeded(Bug::BelowUntold) {
            return Tallied::Below;
        }
        Tallied::Done
    }

    /// A place for the item: one without anything to write if there is one, else each in its turn.
    #[cold]
    fn vacate<'a>(
        &self,
        row: &'a [Place; PLACES],
        item: usize,
        write: &mut impl FnMut(usize, i32),
    ) -> &'a Place {
        let place = match row.iter().find(|place| place.tally.get() == 0) {
            Some(place) => place,
            None => {
                let next = self.next.get();
                self.next.set((next + 1) % PLACES);
                &row[next]
            }
        };
        let left = place.take();
        if left != 0 {
            write(place.item.get(), left);
        }
        place.item.set(item);
        place
    }

    /// Everything goes to the words.
    #[inline]
    pub fn write_all(&self, mut write: impl FnMut(usize, i32)) {
        if seeded(Bug::JudgeUnwritten) {
            return;
        }
        let mut touched = self.touched.replace(0);
        while touched != 0 {
            let at = touched.trailing_zeros() as usize;
            touched &= touched - 1;
            for place in &self.rows[at].0 {
                let left = place.take();
                if left != 0 {
                    write(place.item.get(), left);
                }
            }
        }
    }
}
