//! The publication of an inline cache: a word that validates itself and a pointer that belongs to it (R14, R15).
//!
//! ```text
//! fill, under the one lock of all fills:  word = EMPTY, pointer, word
//! read:                                   word, pointer, word again: the same? then they belong together
//! ```
//! Every store is a Release, every first load an Acquire. A reader that got the pointer of a fill has seen that fill's
//! EMPTY, so its second look at the word cannot find the word of before; and the word of a fill comes after its
//! pointer. Two fills of one site never write the same word with different pointers: the word holds the version of what was
//! looked at, versions are never reused, and under one version the same name has one meaning.
//!
//! ```text
//! class:  version v --change begins: 0--> v' may be given --change ends: 0--> v"
//! filler: v, look up, v again? publish under v
//! ```
//! The version is read before the look-up. Whoever changes a class takes its version away first, so an answer that a change
//! overtook stands under a version that is gone for good ([`may_fill`] spares the fill); and takes it away once more
//! at the end ([`change`]), since a version given during the change may stand for either state. What the class lost lives until
//! then: a cache that was filled in between names it without a count, and to take the version away waits for a lock, which is a
//! safepoint, where what nothing counts and no register names is freed (R11).

use crate::sync::{AtomicU64, Bug, Ordering, fence, seeded};

/// The word of an empty cache: a version that nothing has.
pub const EMPTY: u64 = !0xFFFF;

/// The word and the pointer, consistent with each other.
#[inline(always)]
pub fn load(word: &AtomicU64, pointer: &AtomicU64) -> (u64, u64) {
    let w = word.load(Ordering::Acquire);
    let p = pointer.load(Ordering::Acquire);
    if seeded(Bug::CacheNoSecondLook) || word.load(Ordering::Relaxed) == w {
        (w, p)
    } else {
        (EMPTY, 0)
    }
}

/// Under the lock of all fills.
pub fn publish(word: &AtomicU64, pointer: &AtomicU64, w: u64, p: u64) {
    begin(word);
    pointer.store(p, Ordering::Release);
    word.store(w, Ordering::Release);
}

/// First step of a fill: nothing that is stored from here on is taken for part of the old pair.
pub fn begin(word: &AtomicU64) {
    if !seeded(Bug::CacheNotEmptied) {
        word.store(EMPTY, Ordering::Relaxed);
        fence(Ordering::Release);
    }
}

/// Whether an answer found after `before` was read may be published under that version. 0: uncacheable.
#[inline]
pub fn may_fill(version: &AtomicU64, before: u64) -> bool {
    before != 0 && version.load(Ordering::Acquire) == before
}

/// A change of a class, `forget` taking its versions away: before, so that no cache answers from the old state once the
/// change has begun, and after, for a version that was given in between. `act` gives back what the class lost besides its
/// result; it is dropped last.
#[inline]
pub fn change<C: ?Sized, R, D>(
    class: &mut C,
    mut forget: impl FnMut(&mut C),
    act: impl FnOnce(&mut C) -> (R, D),
) -> R {
    if !seeded(Bug::ChangeForgetsLate) {
        forget(class);
    }
    let (result, lost) = act(class);
    let mut lost = Some(lost);
    if seeded(Bug::ChangeDropsEarly) {
        lost = None;
    }
    if !seeded(Bug::ChangeForgetsOnce) {
        forget(class);
    }
    drop(lost);
    result
}
