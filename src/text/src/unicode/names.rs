//! Character names and their lookup.
//!
//! `names.bin` holds a lexicon of words and, per character, a run of word numbers (one byte for the
//! 192 commonest, two for the others). Names that end in their own code point and the Hangul
//! syllables are computed. Lookup is a binary search in the list of characters ordered by name.

use super::tables;
use std::cmp::Ordering;

static DATA: &[u8] = include_bytes!("names.bin");
const ONE_BYTE_WORDS: usize = 192;
/// Longest name, aliases and sequences included, rounded up.
const MAX_NAME: usize = 256;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// One character, by name or alias.
    Char(u32),
    /// A named sequence.
    Sequence(&'static [u32]),
}

struct Layout {
    word_ends: usize,
    words: usize,
    chars: usize,
    starts: usize,
    order: usize,
    codes: usize,
    count: usize,
}

fn u24(at: usize) -> usize {
    usize::from(DATA[at]) | usize::from(DATA[at + 1]) << 8 | usize::from(DATA[at + 2]) << 16
}

fn layout() -> Layout {
    let head = |i: usize| u24(i * 4);
    let (n_words, blob, count) = (head(0), head(1), head(2));
    let word_ends = 16;
    let words = word_ends + 3 * n_words;
    let chars = words + blob;
    let starts = chars + 3 * count;
    let order = starts + 3 * (count + 1);
    let codes = order + 2 * count;
    Layout {
        word_ends,
        words,
        chars,
        starts,
        order,
        codes,
        count,
    }
}

impl Layout {
    fn word(&self, k: usize) -> &'static [u8] {
        let start = if k == 0 {
            0
        } else {
            u24(self.word_ends + 3 * (k - 1))
        };
        &DATA[self.words + start..self.words + u24(self.word_ends + 3 * k)]
    }

    fn char(&self, i: usize) -> u32 {
        u24(self.chars + 3 * i) as u32
    }

    fn spell(&self, i: usize, out: &mut Vec<u8>) {
        out.clear();
        let at = |j: usize| self.codes + u24(self.starts + 3 * j);
        let mut codes = DATA[at(i)..at(i + 1)].iter().map(|&b| usize::from(b));
        while let Some(k) = codes.next() {
            let k = if k < ONE_BYTE_WORDS {
                k
            } else {
                let low = codes.next().unwrap_or(0);
                ONE_BYTE_WORDS + ((k - ONE_BYTE_WORDS) << 8) + low
            };
            if !out.is_empty() {
                out.push(b' ');
            }
            out.extend_from_slice(self.word(k));
        }
    }
}

const HANGUL: u32 = 0xac00;
const HANGUL_PREFIX: &str = "HANGUL SYLLABLE ";
const LEADS: [&str; 19] = [
    "G", "GG", "N", "D", "DD", "R", "M", "B", "BB", "S", "SS", "", "J", "JJ", "C", "K", "T", "P",
    "H",
];
const VOWELS: [&str; 21] = [
    "A", "AE", "YA", "YAE", "EO", "E", "YEO", "YE", "O", "WA", "WAE", "OE", "YO", "U", "WEO", "WE",
    "WI", "YU", "EU", "YI", "I",
];
const TAILS: [&str; 28] = [
    "", "G", "GG", "GS", "N", "NJ", "NH", "D", "L", "LG", "LM", "LB", "LS", "LT", "LP", "LH", "M",
    "B", "BS", "S", "SS", "NG", "J", "C", "K", "T", "P", "H",
];

/// `unicodedata.name`
pub fn name(c: u32) -> Option<String> {
    if (HANGUL..HANGUL + 11172).contains(&c) {
        let s = (c - HANGUL) as usize;
        return Some(format!(
            "{HANGUL_PREFIX}{}{}{}",
            LEADS[s / 588],
            VOWELS[s % 588 / 28],
            TAILS[s % 28]
        ));
    }
    let run = tables::NAME_RUNS.partition_point(|r| r.1 < c);
    if let Some(&(first, _, prefix)) = tables::NAME_RUNS.get(run)
        && first <= c
    {
        return Some(format!("{prefix}{c:X}"));
    }
    let l = layout();
    let (mut low, mut high) = (0, l.count);
    while low < high {
        let mid = (low + high) / 2;
        match l.char(mid).cmp(&c) {
            Ordering::Less => low = mid + 1,
            Ordering::Greater => high = mid,
            Ordering::Equal => {
                let mut out = Vec::with_capacity(40);
                l.spell(mid, &mut out);
                return String::from_utf8(out).ok();
            }
        }
    }
    None
}

fn longest_prefix(rest: &str, parts: &[&str]) -> Option<(usize, usize)> {
    let mut best: Option<(usize, usize)> = None;
    for (i, part) in parts.iter().enumerate() {
        if rest.starts_with(part) && best.is_none_or(|(_, n)| part.len() > n) {
            best = Some((i, part.len()));
        }
    }
    best
}

fn hangul(rest: &str) -> Option<u32> {
    let (lead, n) = longest_prefix(rest, &LEADS)?;
    let rest = &rest[n..];
    let (vowel, n) = longest_prefix(rest, &VOWELS)?;
    let (tail, m) = longest_prefix(&rest[n..], &TAILS)?;
    (n + m == rest.len()).then_some(HANGUL + ((lead * 21 + vowel) * 28 + tail) as u32)
}

/// `unicodedata.lookup` and `\N{...}`: by name in any case, alias or (where the caller allows) sequence.
pub fn lookup(name: &str) -> Option<Named> {
    if name.len() > MAX_NAME || !name.is_ascii() {
        return None;
    }
    let name = name.to_ascii_uppercase();
    if let Some(rest) = name.strip_prefix(HANGUL_PREFIX) {
        return hangul(rest).map(Named::Char);
    }
    if let Some(dash) = name.rfind('-') {
        let (prefix, hex) = name.split_at(dash + 1);
        if matches!(hex.len(), 4 | 5)
            && hex.bytes().all(|b| b.is_ascii_hexdigit())
            && let Ok(c) = u32::from_str_radix(hex, 16)
            && hex == format!("{c:X}")
            && tables::NAME_RUNS
                .iter()
                .any(|r| r.0 <= c && c <= r.1 && r.2 == prefix)
        {
            return Some(Named::Char(c));
        }
    }
    let l = layout();
    let mut spelled = Vec::with_capacity(MAX_NAME);
    let (mut low, mut high) = (0, l.count);
    while low < high {
        let mid = (low + high) / 2;
        let at = l.order + 2 * mid;
        let i = usize::from(DATA[at]) | usize::from(DATA[at + 1]) << 8;
        l.spell(i, &mut spelled);
        match spelled.as_slice().cmp(name.as_bytes()) {
            Ordering::Less => low = mid + 1,
            Ordering::Greater => high = mid,
            Ordering::Equal => return Some(Named::Char(l.char(i))),
        }
    }
    if let Ok(i) = tables::ALIASES.binary_search_by_key(&name.as_str(), |a| a.0) {
        return Some(Named::Char(tables::ALIASES[i].1));
    }
    let i = tables::SEQUENCES
        .binary_search_by_key(&name.as_str(), |a| a.0)
        .ok()?;
    Some(Named::Sequence(tables::SEQUENCES[i].1))
}
