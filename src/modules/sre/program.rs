//! A pattern's code with what is worked out once for all searches: for each instruction that takes one character a bitmap of
//! the first 256 characters, and what the first characters of a match must be.

use super::codes::{self, at, op};
use std::collections::HashMap;
use std::sync::Arc;

/// How many characters from the beginning of a match are looked at when a place to begin is sought.
const AHEAD: usize = 8;
/// Instructions visited to find those characters; nested alternatives may ask for very many.
const VISITS: u32 = 400;

/// A set of the characters below 256, and whether larger ones may be in it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Set {
    bits: [u64; 4],
    wide: bool,
}

impl Set {
    #[inline(always)]
    pub fn has(&self, c: u8) -> bool {
        self.bits[c as usize >> 6] >> (c & 63) & 1 == 1
    }

    fn of(f: impl Fn(u32) -> bool) -> Set {
        let mut set = Set {
            bits: [0; 4],
            wide: true,
        };
        for c in 0..256u32 {
            if f(c) {
                set.bits[c as usize >> 6] |= 1 << (c & 63);
            }
        }
        set
    }

    fn single(c: u32) -> Set {
        let mut set = Set::default();
        match u8::try_from(c) {
            Ok(c) => set.bits[c as usize >> 6] |= 1 << (c & 63),
            Err(_) => set.wide = true,
        }
        set
    }

    fn join(&mut self, other: &Set) {
        for (a, b) in self.bits.iter_mut().zip(other.bits) {
            *a |= b;
        }
        self.wide |= other.wide;
    }

    fn members(&self) -> impl Iterator<Item = u8> + '_ {
        (0..=255).filter(|&c| self.has(c))
    }
}

/// Where matches can begin.
pub enum Begin {
    Anywhere,
    /// At the beginning of a line.
    Line,
    /// With this text.
    Text(Box<[u32]>),
    /// With characters of the sets, one set for each of the first places: bit `i` of a character's mask says that it is in
    /// set `i`.
    Sets(Box<Masks>),
}

pub struct Masks {
    pub of: [u8; 256],
    /// The mask of all characters from 256 on.
    pub wide: u8,
    /// The number of sets.
    pub len: usize,
    /// All members of the first set, when they are few and none is wide.
    pub few: Vec<u8>,
}

pub struct Program {
    pub code: Arc<[u32]>,
    /// For the place of an instruction that takes one character and is not a plain literal: its set's number plus one.
    tests: Box<[u16]>,
    sets: Vec<Set>,
    /// The first instruction.
    pub start: usize,
    /// The least length of a match.
    pub min: usize,
    pub begin: Begin,
    /// Matches begin at the beginning of the text only.
    pub is_anchored: bool,
}

impl Program {
    /// `code` ends with SUCCESS.
    pub fn new(code: Arc<[u32]>) -> Program {
        let word = |i: usize| code.get(i).copied().unwrap_or(op::FAILURE);
        let (start, min) = match word(0) {
            op::INFO => (1 + word(1) as usize, word(3) as usize),
            _ => (0, 0),
        };
        let is_anchored = word(start) == op::AT
            && matches!(word(start + 1), at::BEGINNING | at::BEGINNING_STRING);
        let mut p = Program {
            tests: vec![0; code.len()].into_boxed_slice(),
            sets: Vec::new(),
            start,
            min,
            begin: Begin::Anywhere,
            is_anchored,
            code,
        };
        let mut known = HashMap::new();
        p.walk(start, p.code.len(), &mut known);
        p.begin = p.first_characters();
        p
    }

    fn word(&self, i: usize) -> u32 {
        self.code.get(i).copied().unwrap_or(op::FAILURE)
    }

    /// The bitmap of the instruction at `ip`.
    #[inline(always)]
    pub fn set(&self, ip: usize) -> Option<&Set> {
        match self.tests[ip] {
            0 => None,
            n => self.sets.get(n as usize - 1),
        }
    }

    /// Whether the single-character instruction at `ip` takes `c`.
    #[inline(always)]
    pub fn takes(&self, ip: usize, c: u32) -> bool {
        match self.code[ip] {
            op::LITERAL => c == self.code[ip + 1],
            op::ANY => c != 10,
            op::ANY_ALL => true,
            op::NOT_LITERAL => c != self.code[ip + 1],
            _ => match (u8::try_from(c), self.set(ip)) {
                (Ok(c), Some(set)) => set.has(c),
                _ => codes::takes(&self.code, ip, c),
            },
        }
    }

    /// Find the instructions of `lo..hi` that want a bitmap. Instructions stand one behind the other, but for the offsets
    /// between the alternatives of a BRANCH.
    fn walk(&mut self, lo: usize, hi: usize, known: &mut HashMap<Set, u16>) {
        let mut ip = lo;
        while ip < hi {
            ip = match self.word(ip) {
                op::IN | op::IN_IGNORE | op::IN_UNI_IGNORE | op::IN_LOC_IGNORE => {
                    self.note(ip, known);
                    ip + 1 + self.word(ip + 1) as usize
                }
                op::CATEGORY
                | op::LITERAL_IGNORE
                | op::NOT_LITERAL_IGNORE
                | op::LITERAL_UNI_IGNORE
                | op::NOT_LITERAL_UNI_IGNORE
                | op::LITERAL_LOC_IGNORE
                | op::NOT_LITERAL_LOC_IGNORE => {
                    self.note(ip, known);
                    ip + 2
                }
                op::LITERAL
                | op::NOT_LITERAL
                | op::MARK
                | op::AT
                | op::JUMP
                | op::ATOMIC_GROUP
                | op::GROUPREF
                | op::GROUPREF_IGNORE
                | op::GROUPREF_UNI_IGNORE
                | op::GROUPREF_LOC_IGNORE => ip + 2,
                op::ASSERT | op::ASSERT_NOT | op::GROUPREF_EXISTS => ip + 3,
                op::REPEAT_ONE
                | op::MIN_REPEAT_ONE
                | op::POSSESSIVE_REPEAT_ONE
                | op::REPEAT
                | op::POSSESSIVE_REPEAT => ip + 4,
                op::BRANCH => {
                    let mut at = ip + 1;
                    loop {
                        match self.word(at) as usize {
                            0 => break,
                            skip => {
                                self.walk(at + 1, (at + skip).min(hi), known);
                                at += skip;
                            }
                        }
                    }
                    at + 1
                }
                op::INFO => ip + 1 + self.word(ip + 1) as usize,
                _ => ip + 1,
            };
        }
    }

    fn note(&mut self, ip: usize, known: &mut HashMap<Set, u16>) {
        let set = Set::of(|c| codes::takes(&self.code, ip, c));
        let next = self.sets.len() + 1;
        let n = match known.get(&set) {
            Some(&n) => n,
            None => {
                // Later ones do without.
                let Ok(n) = u16::try_from(next) else { return };
                self.sets.push(set);
                known.insert(set, n);
                n
            }
        };
        self.tests[ip] = n;
    }

    // ---- the first characters ------------------------------------------------------------------------------------

    fn first_characters(&self) -> Begin {
        let flags = if self.word(0) == op::INFO {
            self.word(2)
        } else {
            0
        };
        if flags & codes::INFO_PREFIX != 0 {
            let n = self.word(5) as usize;
            if let Some(prefix) = self.code.get(7..7 + n)
                && n > 1
            {
                return Begin::Text(prefix.into());
            }
        }
        if self.word(self.start) == op::AT && self.word(self.start + 1) == at::BEGINNING_LINE {
            return Begin::Line;
        }
        let mut sets = Vec::new();
        self.prefix(self.start, &mut sets, &mut VISITS.clone());
        sets.truncate(AHEAD);
        if sets.is_empty() {
            return Begin::Anywhere;
        }
        let literal = |s: &Set| {
            let mut members = s.members();
            let first = members.next()?;
            (!s.wide && members.next().is_none()).then_some(u32::from(first))
        };
        if let Some(text) = sets.iter().map(literal).collect::<Option<Vec<u32>>>() {
            return Begin::Text(text.into());
        }
        let mut masks = Box::new(Masks {
            of: [0; 256],
            wide: 0,
            len: sets.len(),
            few: Vec::new(),
        });
        for (i, set) in sets.iter().enumerate() {
            for c in set.members() {
                masks.of[c as usize] |= 1 << i;
            }
            masks.wide |= u8::from(set.wide) << i;
        }
        if sets[0].members().count() <= 3 {
            masks.few = sets[0].members().collect();
        }
        Begin::Sets(masks)
    }

    /// The sets of the characters that a match of the code from `ip` on begins with, as many as are certain.
    fn prefix(&self, mut ip: usize, sets: &mut Vec<Set>, visits: &mut u32) {
        while sets.len() < AHEAD && *visits > 0 {
            *visits -= 1;
            match self.word(ip) {
                op::LITERAL => {
                    sets.push(Set::single(self.word(ip + 1)));
                    ip += 2;
                }
                op::ANY | op::ANY_ALL => {
                    sets.push(self.one(ip));
                    ip += 1;
                }
                op::IN | op::IN_IGNORE | op::IN_UNI_IGNORE | op::IN_LOC_IGNORE => {
                    sets.push(self.one(ip));
                    ip += 1 + self.word(ip + 1) as usize;
                }
                op::NOT_LITERAL
                | op::CATEGORY
                | op::LITERAL_IGNORE
                | op::NOT_LITERAL_IGNORE
                | op::LITERAL_UNI_IGNORE
                | op::NOT_LITERAL_UNI_IGNORE
                | op::LITERAL_LOC_IGNORE
                | op::NOT_LITERAL_LOC_IGNORE => {
                    sets.push(self.one(ip));
                    ip += 2;
                }
                op::MARK | op::AT => ip += 2,
                op::JUMP | op::ASSERT | op::ASSERT_NOT => ip += 1 + self.word(ip + 1) as usize,
                op::BRANCH => return self.prefix_of_branch(ip, sets, visits),
                op::REPEAT_ONE | op::MIN_REPEAT_ONE | op::POSSESSIVE_REPEAT_ONE => {
                    let (min, max) = (self.word(ip + 2), self.word(ip + 3));
                    let tail = ip + 1 + self.word(ip + 1) as usize;
                    let set = self.one(ip + 4);
                    for _ in 0..min.min(AHEAD as u32) {
                        sets.push(set);
                    }
                    if min != max {
                        return self.either(sets, set, tail, visits);
                    }
                    ip = tail;
                }
                op::REPEAT | op::POSSESSIVE_REPEAT => {
                    let min = self.word(ip + 2);
                    let mut body = Vec::new();
                    self.prefix(ip + 4, &mut body, visits);
                    if min > 0 {
                        sets.extend(body);
                        return;
                    }
                    // Behind MAX_UNTIL, MIN_UNTIL or SUCCESS.
                    let tail = ip + 2 + self.word(ip + 1) as usize;
                    if let Some(&set) = body.first() {
                        self.either(sets, set, tail, visits);
                    }
                    return;
                }
                op::ATOMIC_GROUP => return self.prefix(ip + 2, sets, visits),
                // A reference to a group, the end, or code that did not come from the compiler.
                _ => return,
            }
        }
    }

    /// One more character: of `set`, or the first of the tail. Where the tail goes on after it is not certain.
    fn either(&self, sets: &mut Vec<Set>, mut set: Set, tail: usize, visits: &mut u32) {
        if sets.len() >= AHEAD {
            return;
        }
        let mut behind = Vec::new();
        self.prefix(tail, &mut behind, visits);
        if let Some(first) = behind.first() {
            set.join(first);
            sets.push(set);
        }
    }

    fn prefix_of_branch(&self, ip: usize, sets: &mut Vec<Set>, visits: &mut u32) {
        let mut all: Option<Vec<Set>> = None;
        let mut at = ip + 1;
        loop {
            let skip = self.word(at) as usize;
            if skip == 0 {
                break;
            }
            let mut one = Vec::new();
            // An alternative ends with a JUMP to what stands behind all of them.
            self.prefix(at + 1, &mut one, visits);
            match &mut all {
                None => all = Some(one),
                Some(all) => {
                    all.truncate(one.len());
                    for (a, b) in all.iter_mut().zip(&one) {
                        a.join(b);
                    }
                }
            }
            at += skip;
        }
        // The budget may have ended in the middle: then nothing is certain.
        if *visits > 0 {
            sets.extend(all.unwrap_or_default());
        }
    }

    /// The set of the single-character instruction at `ip`.
    fn one(&self, ip: usize) -> Set {
        match (self.word(ip), self.tests.get(ip)) {
            (op::LITERAL, _) => Set::single(self.word(ip + 1)),
            (_, Some(&n)) if n != 0 => self.sets[n as usize - 1],
            _ => Set::of(|c| codes::takes(&self.code, ip, c)),
        }
    }
}
