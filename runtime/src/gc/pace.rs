//! By how much the heap grows until the next collection.
//!
//! A program that fills a table makes no garbage in cycles: with a fixed growth by a half it pays for marking three times what it
//! has in the end. So each collection that finds next to nothing lets the heap grow by a half more, up to one and a half times
//! what is alive, and each that finds much goes back to a half: garbage in cycles makes the heap grow that far once, not
//! again and again. Either way the marking of all collections together is linear in what was made.

use crate::sync::{AtomicUsize, Ordering};

/// The heap grows by so many halves of what is alive.
static HALVES: AtomicUsize = AtomicUsize::new(LEAST);
const LEAST: usize = 1;
const MOST: usize = 3;

/// A collection that was due by growth found so many objects dead, and so many alive.
pub(super) fn note(found: usize, alive: usize) {
    let halves = HALVES.load(Ordering::Relaxed);
    // Of what has come since the one before, garbage was a sixteenth at most, or a quarter and more.
    let fresh = (alive + found) * halves / (2 + halves);
    let next = if found >= fresh / 4 {
        LEAST
    } else if found <= fresh / 16 {
        (halves + 1).min(MOST)
    } else {
        halves
    };
    HALVES.store(next, Ordering::Relaxed);
}

/// The pages to come until the next collection, so many being alive.
pub(super) fn growth(alive: usize) -> usize {
    alive / 2 * HALVES.load(Ordering::Relaxed)
}
