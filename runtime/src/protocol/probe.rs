//! The hash index of a compact, ordered table, probed without its lock (R9).
//!
//! ```text
//! entry:  NULL --insert: hash, value, key--> K --delete: value, key--> NULL, for good in this table
//! index:  EMPTY --insert, after the key--> n --delete, before the key--> DUMMY --insert--> m
//!                                          n --move to the tail, after the new entry--> m
//! ```
//! Every store is a Release. A reader that finds `n` in the index finds a whole entry there, or NULL if it is gone
//! by now; on NULL it looks at the index word again, since a moved entry is found under its new number. A key that is there
//! all the time keeps its place in the sequence of probes, so no probe passes it by.
//!
//! A reader of a table that has been replaced sees it as it was at the last moment: an answer "absent" is as old as
//! that, and a value is counted only if the table is still the dict's (slot_read, the table being the path).

use crate::sync::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Bug, Ordering, seeded};

pub const EMPTY: u32 = u32::MAX;
pub const DUMMY: u32 = u32::MAX - 1;

/// What the caller says of an entry it is shown.
pub enum Match {
    Yes,
    No,
    Stop,
}

/// Where a probe ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    At(u32),
    Absent,
    /// The caller stopped at this entry.
    Stopped(u32),
}

/// A width of the index.
pub trait IndexWord {
    fn get(&self) -> u32;
    fn put(&self, n: u32);
}
macro_rules! index_word {
    ($($t:ty: $i:ty,)*) => { $( impl IndexWord for $t {
        #[inline(always)]
        fn get(&self) -> u32 {
            let n = self.load(Ordering::Acquire);
            // The two marks are the two greatest numbers of every width.
            if n >= <$i>::MAX - 1 { n as u32 | !(<$i>::MAX as u32) } else { n as u32 }
        }
        #[inline(always)]
        fn put(&self, n: u32) {
            self.store(n as $i, Ordering::Release);
        }
    } )* };
}
index_word! { AtomicU8: u8, AtomicU16: u16, AtomicU32: u32, }

/// The places a hash is looked for at.
struct Sequence {
    at: usize,
    perturb: usize,
}

impl Sequence {
    #[inline(always)]
    fn of(hash: i64, mask: usize) -> Sequence {
        let perturb = hash as u64 as usize;
        // Small ints in a row still get a place each; `id`s and other multiples of 16, whose low bits are all the same, do too.
        Sequence {
            at: (perturb ^ perturb >> 4) & mask,
            perturb,
        }
    }
    #[inline(always)]
    fn step(&mut self) {
        self.perturb >>= 5;
        self.at = self
            .at
            .wrapping_mul(5)
            .wrapping_add(self.perturb)
            .wrapping_add(1);
    }
}

/// The first place that [`find`] asks. A key that is met there is there.
#[inline(always)]
pub fn first(hash: i64, mask: usize) -> usize {
    Sequence::of(hash, mask).at
}

/// Shows `see` the entries that may hold a key of this hash until it recognizes one: number and bits of the key, never 0.
/// `index` reads a word of the index, `key` gives an entry's.
#[inline(always)]
pub fn find<'a>(
    mask: usize,
    hash: i64,
    index: impl Fn(usize) -> u32,
    key: impl Fn(u32) -> &'a AtomicU64,
    mut see: impl FnMut(u32, u64) -> Match,
) -> Found {
    let mut s = Sequence::of(hash, mask);
    loop {
        let n = index(s.at & mask);
        if n < DUMMY {
            let k = key(n).load(Ordering::Acquire);
            if k != 0 {
                match see(n, k) {
                    Match::Yes => return Found::At(n),
                    Match::No => {}
                    Match::Stop => return Found::Stopped(n),
                }
            } else if !seeded(Bug::ProbeNoSecondLook) && index(s.at & mask) != n {
                // The entry moved to the tail or went: look at this place again.
                continue;
            }
        } else if n == EMPTY {
            return Found::Absent;
        }
        s.step();
    }
}

/// Under the lock: fills entry `n`, which was never used, and names it in the index. `fill` stores hash and value; the key
/// is what tells readers that they stand.
#[inline(always)]
pub fn insert<W: IndexWord>(
    words: &[W],
    hash: i64,
    n: u32,
    key: &AtomicU64,
    bits: u64,
    fill: impl FnOnce(),
) {
    if seeded(Bug::KeyBeforeEntry) {
        key.store(bits, Ordering::Release);
        put(words, hash, n);
        fill();
        return;
    }
    fill();
    key.store(bits, Ordering::Release);
    put(words, hash, n);
}

/// Under the lock: names entry `n` at the first free place.
#[inline(always)]
pub fn put<W: IndexWord>(words: &[W], hash: i64, n: u32) {
    let mask = words.len() - 1;
    let mut s = Sequence::of(hash, mask);
    while words[s.at & mask].get() < DUMMY {
        s.step();
    }
    words[s.at & mask].put(n);
}

/// Under the lock: where entry `n` is named, `to` is from now on; DUMMY for one that goes.
#[inline(always)]
pub fn rename<W: IndexWord>(words: &[W], hash: i64, n: u32, to: u32) {
    let mask = words.len() - 1;
    let mut s = Sequence::of(hash, mask);
    loop {
        let m = words[s.at & mask].get();
        if m == n {
            return words[s.at & mask].put(to);
        }
        debug_assert!(m != EMPTY, "a live entry is indexed");
        s.step();
    }
}
