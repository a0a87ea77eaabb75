//! Deferred counting of an object, its promotion and its undoing (R16).
//!
//! ```text
//! COUNTED --PROMOTING won, by a thread that holds a count--> PROMOTING --the same: bias added, then the flag--> DEFERRED
//! DEFERRED --last counted reference goes: count = bias--> noted in the zero-count table, still DEFERRED
//! COUNTED --refused, world stopped--> PROMOTING for good: nobody wins it any more
//! noted --world stopped: counted again, or a register names it--> DEFERRED (looked at once more if named)
//!       --world stopped: neither--> flag and bias taken away, freed after the restart
//! ```
//! From the moment the flag is seen, readers put the object into registers without a count and threads keep what they count
//! to themselves ([`super::tally`]), so the word may fall below what is counted: the bias is there before, and with it
//! the word never reaches zero by itself. Only with the world
//! stopped can all registers be read, so only then is it known that nobody holds the object.

use crate::sync::{AtomicU8, Bug, Ordering, seeded};

/// Won by the one thread that promotes. Goes together with the flag; without it, while the world stands, promotion is refused.
pub const PROMOTING: u8 = 64;

/// By a thread that holds a counted reference. `bar` are flags that exclude promotion. False: it was deferred already.
#[inline]
pub fn promote(flags: &AtomicU8, deferred: u8, bar: u8, add_bias: impl FnOnce()) -> bool {
    if flags.load(Ordering::Relaxed) & (deferred | PROMOTING | bar) != 0 {
        return false;
    }
    let won = flags.fetch_or(PROMOTING, Ordering::AcqRel) & PROMOTING == 0;
    if won || seeded(Bug::PromoteTwice) {
        if seeded(Bug::FlagBeforeBias) {
            flags.fetch_or(deferred, Ordering::AcqRel);
        }
        add_bias();
        flags.fetch_or(deferred, Ordering::AcqRel);
        return true;
    }
    false
}

/// With the world stopped, so nobody is between winning PROMOTING and the flag: excludes the object from promotion. False: too late.
pub fn refuse(flags: &AtomicU8, deferred: u8, bar: u8) -> bool {
    flags.load(Ordering::Relaxed) & (deferred | bar) == 0 && {
        flags.fetch_or(PROMOTING, Ordering::AcqRel);
        true
    }
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
    flags.fetch_and(!(deferred | PROMOTING), Ordering::AcqRel);
    remove_bias();
}
