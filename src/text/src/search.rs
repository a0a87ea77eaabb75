//! Searching in slices of units of any width.
//!
//! Bytes use `memchr`. Wider units look for the first unit of the needle with a loop that vectorizes and compare
//! behind it; when that has cost too much (periodic texts), Knuth-Morris-Pratt takes over, so no search is worse
//! than linear.

use crate::code_points::Unit;

/// The searches the string algorithms need of a unit.
pub trait Search: Unit {
    /// Index of the first `unit`.
    fn find_unit(hay: &[Self], unit: Self) -> Option<usize>;
    /// Index of the last `unit`.
    fn rfind_unit(hay: &[Self], unit: Self) -> Option<usize>;
    /// How often `unit` occurs.
    fn count_unit(hay: &[Self], unit: Self) -> usize {
        hay.iter().filter(|&&u| u == unit).count()
    }
    /// Index of the first `needle`, which has two units at least.
    fn find_long(hay: &[Self], needle: &[Self]) -> Option<usize>;
    /// Index of the last `needle`, which has two units at least.
    fn rfind_long(hay: &[Self], needle: &[Self]) -> Option<usize>;
}

impl Search for u8 {
    #[inline]
    fn find_unit(hay: &[u8], unit: u8) -> Option<usize> {
        memchr::memchr(unit, hay)
    }
    #[inline]
    fn rfind_unit(hay: &[u8], unit: u8) -> Option<usize> {
        memchr::memrchr(unit, hay)
    }
    #[inline]
    fn count_unit(hay: &[u8], unit: u8) -> usize {
        memchr::memchr_iter(unit, hay).count()
    }
    #[inline]
    fn find_long(hay: &[u8], needle: &[u8]) -> Option<usize> {
        if hay.len() <= SHORT {
            return find_short(hay, needle);
        }
        memchr::memmem::find(hay, needle)
    }
    #[inline]
    fn rfind_long(hay: &[u8], needle: &[u8]) -> Option<usize> {
        memchr::memmem::rfind(hay, needle)
    }
}

/// Up to this many bytes are searched without the preparations of the general search, which take longer than looking at them.
const SHORT: usize = 128;

fn find_short(hay: &[u8], needle: &[u8]) -> Option<usize> {
    let last_start = hay.len().checked_sub(needle.len())?;
    let mut at = 0;
    while at <= last_start {
        at += memchr::memchr(needle[0], &hay[at..=last_start])?;
        if hay[at + 1] == needle[1] && hay[at..].starts_with(needle) {
            return Some(at);
        }
        at += 1;
    }
    None
}

const BLOCK: usize = 32;

/// Whether the block holds `unit`, without an early exit so that it compiles to vector instructions.
#[inline]
fn block_has<U: Unit>(block: &[U], unit: U) -> bool {
    block.iter().fold(false, |found, &u| found | (u == unit))
}

fn wide_find_unit<U: Unit>(hay: &[U], unit: U) -> Option<usize> {
    let mut at = 0;
    let mut blocks = hay.chunks_exact(BLOCK);
    for block in &mut blocks {
        if block_has(block, unit) {
            return block.iter().position(|&u| u == unit).map(|i| at + i);
        }
        at += BLOCK;
    }
    blocks
        .remainder()
        .iter()
        .position(|&u| u == unit)
        .map(|i| at + i)
}

fn wide_rfind_unit<U: Unit>(hay: &[U], unit: U) -> Option<usize> {
    let mut end = hay.len();
    let mut blocks = hay.rchunks_exact(BLOCK);
    for block in &mut blocks {
        end -= BLOCK;
        if block_has(block, unit) {
            return block.iter().rposition(|&u| u == unit).map(|i| end + i);
        }
    }
    blocks.remainder().iter().rposition(|&u| u == unit)
}

/// For each prefix of `needle`, the length of its longest proper border.
fn borders<U: Eq>(needle: impl Fn(usize) -> U, n: usize) -> Vec<usize> {
    let mut table = vec![0; n];
    let mut k = 0;
    for i in 1..n {
        while k > 0 && needle(i) != needle(k) {
            k = table[k - 1];
        }
        k += usize::from(needle(i) == needle(k));
        table[i] = k;
    }
    table
}

/// Knuth, Morris and Pratt over accessors, so that it runs in either direction; returns the end of the match.
fn linear_search<U: Eq>(
    hay: impl Fn(usize) -> U,
    len: usize,
    needle: impl Fn(usize) -> U,
    n: usize,
    from: usize,
) -> Option<usize> {
    let table = borders(&needle, n);
    let mut k = 0;
    for i in from..len {
        let u = hay(i);
        while k > 0 && u != needle(k) {
            k = table[k - 1];
        }
        k += usize::from(u == needle(k));
        if k == n {
            return Some(i + 1);
        }
    }
    None
}

fn wide_find<U: Unit>(hay: &[U], needle: &[U]) -> Option<usize> {
    let n = needle.len();
    let last_start = hay.len().checked_sub(n)?;
    let mut budget = 4 * hay.len() + 64;
    let mut at = 0;
    while at <= last_start {
        at += wide_find_unit(&hay[at..=last_start], needle[0])?;
        let same = hay[at..]
            .iter()
            .zip(needle)
            .take_while(|(a, b)| a == b)
            .count();
        if same == n {
            return Some(at);
        }
        at += 1;
        // A hit costs about as much as a block even when the second unit differs.
        budget = budget.saturating_sub(same + BLOCK / 2);
        if budget == 0 {
            return linear_search(|i| hay[i], hay.len(), |i| needle[i], n, at).map(|end| end - n);
        }
    }
    None
}

fn wide_rfind<U: Unit>(hay: &[U], needle: &[U]) -> Option<usize> {
    let (n, len) = (needle.len(), hay.len());
    let mut budget = 4 * len + 64;
    let mut end = len;
    while end >= n {
        let at = wide_rfind_unit(&hay[..=end - n], needle[0])?;
        let same = hay[at..]
            .iter()
            .zip(needle)
            .take_while(|(a, b)| a == b)
            .count();
        if same == n {
            return Some(at);
        }
        end = at + n - 1;
        budget = budget.saturating_sub(same + BLOCK / 2);
        if budget == 0 {
            // Both reversed.
            let found = linear_search(
                |i| hay[len - 1 - i],
                len,
                |i| needle[n - 1 - i],
                n,
                len - end,
            );
            return found.map(|back| len - back);
        }
    }
    None
}

macro_rules! wide {
    ($unit:ty) => {
        impl Search for $unit {
            fn find_unit(hay: &[$unit], unit: $unit) -> Option<usize> {
                wide_find_unit(hay, unit)
            }
            fn rfind_unit(hay: &[$unit], unit: $unit) -> Option<usize> {
                wide_rfind_unit(hay, unit)
            }
            fn find_long(hay: &[$unit], needle: &[$unit]) -> Option<usize> {
                wide_find(hay, needle)
            }
            fn rfind_long(hay: &[$unit], needle: &[$unit]) -> Option<usize> {
                wide_rfind(hay, needle)
            }
        }
    };
}
wide!(u16);
wide!(u32);

/// Index of the first `needle` in `hay`; an empty one is at 0.
#[inline]
pub fn find<U: Search>(hay: &[U], needle: &[U]) -> Option<usize> {
    match needle {
        [] => Some(0),
        [unit] => U::find_unit(hay, *unit),
        _ => U::find_long(hay, needle),
    }
}

/// Index of the last `needle` in `hay`; an empty one is at the end.
#[inline]
pub fn rfind<U: Search>(hay: &[U], needle: &[U]) -> Option<usize> {
    match needle {
        [] => Some(hay.len()),
        [unit] => U::rfind_unit(hay, *unit),
        _ => U::rfind_long(hay, needle),
    }
}

/// Places of `needle` (not empty) in `hay` from left to right, not overlapping.
pub fn find_all<'a, U: Search>(hay: &'a [U], needle: &'a [U]) -> impl Iterator<Item = usize> + 'a {
    let mut at = 0;
    std::iter::from_fn(move || {
        let i = at + find(&hay[at..], needle)?;
        at = i + needle.len();
        Some(i)
    })
}

/// Number of places; an empty needle has one more than there are units.
pub fn count<U: Search>(hay: &[U], needle: &[U]) -> usize {
    match needle {
        [] => hay.len() + 1,
        [unit] => U::count_unit(hay, *unit),
        _ => find_all(hay, needle).count(),
    }
}
