//! Deferred counting of an object, its promotion and its undoing (R16).
//!
//! ```text
//! COUNTED --flag won, by a thread that holds a count--> PROMOTING --the same: bias added--> DEFERRED
//! DEFERRED --last counted reference goes: count = bias--> noted in the zero-count table, still DEFERRED
//! noted --world stopped: counted again, or a register names it--> DEFERRED (looked at once more if named)
//!       --world stopped: neither--> flag and bias taken away, freed after the restart
//! ```
//! From the moment the flag is seen, readers put the object into registers without a count. Until the bias is there,
//! the promoter's own count keeps the word from its end; with it the word never reaches zero by itself. Only with the world
//! stopped can all registers be read, so only then is it known that nobody holds the object.

use crate::sync::{AtomicU8, Bug, Ordering, seeded};

/// By a thread that holds a counted reference. `bar` are flags that exclude promotion. False: it was deferred already.
#[inline]
pub fn promote(flags: &AtomicU8, deferred: u8, bar: u8, add_bias: impl FnOnce()) -> bool {
    if flags.load(Ordering::Relaxed) & (deferred | bar) != 0 {
        return false;
    }
    let won = flags.fetch_or(deferred, Ordering::AcqRel) & deferred == 0;
    if won || seeded(Bug::PromoteTwice) {
        add_bias();
        return true;
    }
    false
}

/// With the world stopped: whether a noted object is over. `total` is its count less the bias, `named` whether a
/// register names it.
pub fn is_over(flags: &AtomicU8, deferred: u8, total: i64, named: bool) -> bool {
    flags.load(Ordering::Relaxed) & deferred != 0
        && total == 0
        && (!named || seeded(Bug::UndoUnscanned))
}

/// With the world stopped.
pub fn undo(flags: &AtomicU8, deferred: u8, remove_bias: impl FnOnce()) {
    flags.fetch_and(!deferred, Ordering::AcqRel);
    remove_bias();
}
