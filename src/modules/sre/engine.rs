//! The matcher: a backtracking machine over the code of `re._compiler` (whose forms `codes.rs` numbers).
//!
//! It keeps explicit stacks, so that the length of the text never deepens the native stack: *choices* are the places to go
//! back to, the *trail* holds the group marks that were overwritten since, and *loops* are the repetitions in progress, each
//! iteration a node that names the one outside. A choice remembers the heights of the other two, and going back cuts them
//! down to it. Look-around, atomic groups and possessive repetitions run as a machine on top of the same stacks (native
//! recursion as deep as they are nested in the pattern) and drop their choices when they succeed.
//!
//! It is plain Rust over borrowed text; whoever runs it lends a function that is called now and then (a safepoint).

use super::codes::{self, MAXREPEAT, at, op};
use super::program::{Begin, Masks, Program};
use std::cell::Cell;
use typhon_text::search::{self, Search};
use typhon_vm::{Raised, Res};

/// A unit of text: a byte or a code point in one of the three widths of `str`.
pub trait Unit: Copy + Search {
    fn code(self) -> u32;
    fn from_code(c: u32) -> Option<Self>;
    /// The text as bytes, where its units are bytes.
    fn as_bytes(text: &[Self]) -> Option<&[u8]>;
}
macro_rules! units {
    ($($t:ty: $bytes:expr),*) => { $( impl Unit for $t {
        #[inline(always)]
        fn code(self) -> u32 {
            self as u32
        }
        #[inline(always)]
        fn from_code(c: u32) -> Option<$t> {
            <$t>::try_from(c).ok()
        }
        #[inline(always)]
        fn as_bytes(text: &[$t]) -> Option<&[u8]> {
            let f: fn(&[$t]) -> Option<&[u8]> = $bytes;
            f(text)
        }
    } )* };
}
units!(u8: |text| Some(text), u16: |_| None, u32: |_| None);

/// A mark that is not set.
pub const UNSET: usize = usize::MAX;
/// No loop.
const OUTSIDE: u32 = u32::MAX;
/// How many steps are made between two calls of the lent function.
const STEPS: u32 = 1 << 14;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Go on at `ip`.
    Alternative,
    /// Try the alternative of a BRANCH whose offset word stands at `ip`.
    Branch,
    /// A greedy repetition of single characters that took those up to `pos`: give back down to `limit`.
    Greedy,
    /// A lazy one at the REPEAT `ip`: take one more; `limit` counts those taken.
    Lazy,
}

#[derive(Clone, Copy)]
struct Choice {
    kind: Kind,
    ip: usize,
    pos: usize,
    limit: usize,
    trail: usize,
    loops: usize,
    current: u32,
    lastindex: u32,
}

#[derive(Clone, Copy)]
struct Loop {
    /// Its REPEAT.
    ip: usize,
    /// Iterations done; -1 before the first.
    count: i64,
    /// Where the last optional iteration began.
    last: usize,
    outer: u32,
}

/// How a run is asked for.
#[derive(Clone, Copy, Default)]
pub struct Mode {
    /// The match must reach the end of the text.
    pub whole: bool,
    /// A match at the first start tried must not be empty.
    pub must_advance: bool,
}

/// What a machine needs memory for, kept by the thread for its next one.
#[derive(Default)]
struct Stacks {
    marks: Vec<usize>,
    choices: Vec<Choice>,
    trail: Vec<(u32, usize)>,
    loops: Vec<Loop>,
}

/// Larger stacks are given back to the allocator.
const KEPT: usize = 1 << 12;

thread_local! {
    static STACKS: Cell<Option<Stacks>> = const { Cell::new(None) };
}

impl<U> Drop for Machine<'_, U> {
    fn drop(&mut self) {
        if self.choices.capacity().max(self.trail.capacity()) > KEPT
            || self.loops.capacity().max(self.marks.capacity()) > KEPT
        {
            return;
        }
        self.choices.clear();
        self.trail.clear();
        self.loops.clear();
        STACKS.set(Some(Stacks {
            marks: std::mem::take(&mut self.marks),
            choices: std::mem::take(&mut self.choices),
            trail: std::mem::take(&mut self.trail),
            loops: std::mem::take(&mut self.loops),
        }));
    }
}

pub struct Machine<'a, U> {
    code: &'a [u32],
    /// The text up to where matching ends.
    text: &'a [U],
    /// Begin and end of each group.
    pub marks: Vec<usize>,
    /// The group closed last; 0: none.
    pub lastindex: u32,
    choices: Vec<Choice>,
    trail: Vec<(u32, usize)>,
    loops: Vec<Loop>,
    program: &'a Program,
    /// Where the run on the pattern began.
    start: usize,
    mode: Mode,
    steps: u32,
    poll: &'a mut dyn FnMut() -> Res<()>,
    no_memory: bool,
}

/// Why a run ended early.
pub enum Halt {
    Raised(Raised),
    NoMemory,
}

impl From<Raised> for Halt {
    fn from(r: Raised) -> Halt {
        Halt::Raised(r)
    }
}

type Run<T> = Result<T, Halt>;

impl<'a, U: Unit> Machine<'a, U> {
    pub fn new(
        program: &'a Program,
        text: &'a [U],
        groups: usize,
        poll: &'a mut dyn FnMut() -> Res<()>,
    ) -> Machine<'a, U> {
        let stacks = STACKS.take().unwrap_or_default();
        let Stacks {
            mut marks,
            choices,
            trail,
            loops,
        } = stacks;
        marks.clear();
        marks.resize(2 * groups, UNSET);
        Machine {
            code: &program.code,
            text,
            marks,
            lastindex: 0,
            choices,
            trail,
            loops,
            program,
            start: 0,
            mode: Mode::default(),
            steps: STEPS,
            poll,
            no_memory: false,
        }
    }

    /// Begin and end of a match that begins at `pos`.
    pub fn match_at(&mut self, pos: usize, mode: Mode) -> Run<Option<(usize, usize)>> {
        self.mode = mode;
        if pos > self.text.len() {
            return Ok(None);
        }
        self.attempt(pos)
    }

    /// Begin and end of the first match that begins at `pos` or later.
    pub fn search(&mut self, pos: usize, mode: Mode) -> Run<Option<(usize, usize)>> {
        self.mode = mode;
        let program = self.program;
        let Some(last) = self.text.len().checked_sub(program.min) else {
            return Ok(None);
        };
        let mut pos = pos;
        while pos <= last {
            match self.next_begin(pos, last) {
                Some(p) => {
                    // Only a match at the very first place is bound to advance.
                    if p != pos {
                        self.mode.must_advance = false;
                    }
                    pos = p;
                }
                None => return Ok(None),
            }
            if let Some(m) = self.attempt(pos)? {
                return Ok(Some(m));
            }
            if program.is_anchored {
                return Ok(None);
            }
            self.mode.must_advance = false;
            self.tick()?;
            pos += 1;
        }
        Ok(None)
    }

    /// The next place from `pos` to `last` where a match can begin.
    #[inline]
    fn next_begin(&self, pos: usize, last: usize) -> Option<usize> {
        let found = match &self.program.begin {
            Begin::Anywhere => Some(pos),
            Begin::Line => self.find_line(pos),
            Begin::Text(t) => self.find_text(t, pos),
            Begin::Sets(masks) => self.find_sets(masks, pos),
        };
        found.filter(|&p| p <= last)
    }

    /// The next beginning of a line.
    fn find_line(&self, pos: usize) -> Option<usize> {
        let line = U::from_code(10)?;
        match pos.checked_sub(1) {
            None => Some(0),
            // From the character before: a line may begin right here.
            Some(before) => U::find_unit(&self.text[before..], line).map(|i| pos + i),
        }
    }

    fn find_text(&self, wanted: &[u32], pos: usize) -> Option<usize> {
        let rest = &self.text[pos..];
        // The first unit finds the place; few texts are so regular that more is worth its preparation.
        let (&first, behind) = wanted.split_first()?;
        let first = U::from_code(first)?;
        if behind.is_empty() {
            return U::find_unit(rest, first).map(|i| pos + i);
        }
        let mut at = 0;
        let mut tries = 0;
        while tries < 16 {
            at += U::find_unit(&rest[at..], first)?;
            let there = rest.get(at + 1..at + wanted.len())?;
            if there.iter().zip(behind).all(|(u, &c)| u.code() == c) {
                return Some(pos + at);
            }
            at += 1;
            tries += 1;
        }
        let needle = wanted
            .iter()
            .map(|&c| U::from_code(c))
            .collect::<Option<Vec<U>>>()?;
        search::find(&rest[at..], &needle).map(|i| pos + at + i)
    }

    fn find_sets(&self, masks: &Masks, pos: usize) -> Option<usize> {
        let mask = |u: U| match u8::try_from(u.code()) {
            Ok(c) => masks.of[c as usize],
            Err(_) => masks.wide,
        };
        if let [first, more @ ..] = &masks.few[..]
            && let Some(bytes) = U::as_bytes(self.text)
        {
            let mut pos = pos;
            loop {
                let rest = &bytes[pos..];
                let i = match more {
                    [] => memchr::memchr(*first, rest),
                    [b] => memchr::memchr2(*first, *b, rest),
                    [b, c, ..] => memchr::memchr3(*first, *b, *c, rest),
                }?;
                let there = bytes.get(pos + i..pos + i + masks.len)?;
                if there
                    .iter()
                    .enumerate()
                    .all(|(k, &c)| masks.of[c as usize] >> k & 1 == 1)
                {
                    return Some(pos + i);
                }
                pos += i + 1;
            }
        }
        // Bit i: the i + 1 characters before this place are in the first sets.
        let (mut state, goal) = (0u8, 1u8 << (masks.len - 1));
        for (i, &u) in self.text[pos..].iter().enumerate() {
            state = (state << 1 | 1) & mask(u);
            if state & goal != 0 {
                return Some(pos + i + 1 - masks.len);
            }
        }
        None
    }

    fn attempt(&mut self, pos: usize) -> Run<Option<(usize, usize)>> {
        if !self.trail.is_empty() {
            self.marks.fill(UNSET);
            self.trail.clear();
        }
        self.lastindex = 0;
        self.choices.clear();
        self.loops.clear();
        self.start = pos;
        let first = self.program.start;
        Ok(self.run(first, pos, true)?.map(|end| (pos, end)))
    }

    #[inline]
    fn tick(&mut self) -> Run<()> {
        self.steps -= 1;
        if self.steps == 0 {
            self.steps = STEPS;
            (self.poll)()?;
            if self.no_memory {
                return Err(Halt::NoMemory);
            }
        }
        Ok(())
    }

    #[inline]
    fn push(&mut self, kind: Kind, ip: usize, pos: usize, limit: usize, current: u32) -> Run<()> {
        if self.choices.len() == self.choices.capacity() && self.choices.try_reserve(1).is_err() {
            return Err(Halt::NoMemory);
        }
        let (trail, loops, lastindex) = (self.trail.len(), self.loops.len(), self.lastindex);
        self.choices.push(Choice {
            kind,
            ip,
            pos,
            limit,
            trail,
            loops,
            current,
            lastindex,
        });
        Ok(())
    }

    fn push_loop(&mut self, l: Loop) -> Run<u32> {
        if self.loops.len() == self.loops.capacity() && self.loops.try_reserve(1).is_err() {
            return Err(Halt::NoMemory);
        }
        self.loops.push(l);
        Ok(self.loops.len() as u32 - 1)
    }

    fn set_mark(&mut self, i: u32, pos: usize) {
        if self.trail.len() == self.trail.capacity() && self.trail.try_reserve(1).is_err() {
            self.no_memory = true;
            self.steps = 1;
            return;
        }
        let old = std::mem::replace(&mut self.marks[i as usize], pos);
        self.trail.push((i, old));
        if i & 1 == 1 {
            self.lastindex = i / 2 + 1;
        }
    }

    fn undo(&mut self, height: usize) {
        while self.trail.len() > height {
            if let Some((i, old)) = self.trail.pop() {
                self.marks[i as usize] = old;
            }
        }
    }

    /// The units of a group, None when it has not matched.
    fn group(&self, i: u32) -> Option<&'a [U]> {
        let (b, e) = (self.marks[2 * i as usize], self.marks[2 * i as usize + 1]);
        if b == UNSET || e == UNSET || e < b {
            None
        } else {
            self.text.get(b..e)
        }
    }

    /// The next place to go on from, above `base`.
    fn back(&mut self, base: usize) -> Run<Option<(usize, usize, u32)>> {
        loop {
            self.tick()?;
            let n = self.choices.len();
            if n == base {
                return Ok(None);
            }
            let c = self.choices[n - 1];
            self.undo(c.trail);
            self.loops.truncate(c.loops);
            self.lastindex = c.lastindex;
            match c.kind {
                Kind::Alternative => {
                    self.choices.pop();
                    return Ok(Some((c.ip, c.pos, c.current)));
                }
                Kind::Branch => {
                    let (body, next) = self.alternative(c.ip, c.pos);
                    match next {
                        Some(next) => self.choices[n - 1].ip = next,
                        None => {
                            self.choices.pop();
                        }
                    }
                    if let Some(body) = body {
                        return Ok(Some((body, c.pos, c.current)));
                    }
                }
                Kind::Greedy => {
                    let found = self.give_back(c.ip, c.limit, c.pos);
                    match found {
                        Some(pos) if pos > c.limit => self.choices[n - 1].pos = pos,
                        _ => {
                            self.choices.pop();
                        }
                    }
                    if let Some(pos) = found {
                        return Ok(Some((c.ip, pos, c.current)));
                    }
                }
                Kind::Lazy => {
                    let max = self.code[c.ip + 3];
                    let tail = c.ip + 1 + self.code[c.ip + 1] as usize;
                    // On to where the tail may begin.
                    let checked =
                        self.code[tail] == op::LITERAL || self.program.set(tail).is_some();
                    let (mut pos, mut taken) = (c.pos, c.limit);
                    let found = loop {
                        let more = (max == MAXREPEAT || taken < max as usize)
                            && self
                                .text
                                .get(pos)
                                .is_some_and(|u| self.program.takes(c.ip + 4, u.code()));
                        if !more {
                            break false;
                        }
                        pos += 1;
                        taken += 1;
                        if !checked
                            || self
                                .text
                                .get(pos)
                                .is_some_and(|u| self.program.takes(tail, u.code()))
                        {
                            break true;
                        }
                    };
                    if !found {
                        self.choices.pop();
                        continue;
                    }
                    let top = &mut self.choices[n - 1];
                    top.pos = pos;
                    top.limit = taken;
                    return Ok(Some((tail, pos, c.current)));
                }
            }
        }
    }

    /// The nearest position below `from` and not below `limit` where the tail at `ip` may match.
    fn give_back(&self, ip: usize, limit: usize, from: usize) -> Option<usize> {
        if from <= limit {
            return None;
        }
        if self.code[ip] == op::LITERAL {
            let wanted = U::from_code(self.code[ip + 1])?;
            let end = from.min(self.text.len());
            let i = U::rfind_unit(self.text.get(limit..end)?, wanted)?;
            return Some(limit + i);
        }
        if self.program.set(ip).is_some() {
            return (limit..from.min(self.text.len()))
                .rev()
                .find(|&p| self.program.takes(ip, self.text[p].code()));
        }
        Some(from - 1)
    }

    /// The first alternative at the offset word `ip` or after that can begin at `pos`: its code, and the offset word after
    /// it when another may follow.
    fn alternative(&self, mut ip: usize, pos: usize) -> (Option<usize>, Option<usize>) {
        loop {
            let skip = self.code[ip] as usize;
            if skip == 0 {
                return (None, None);
            }
            let (body, next) = (ip + 1, ip + skip);
            let fits = if self.code[body] == op::LITERAL || self.program.set(body).is_some() {
                self.text
                    .get(pos)
                    .is_some_and(|u| self.program.takes(body, u.code()))
            } else {
                true
            };
            if fits {
                let more = self.code[next] != 0;
                return (Some(body), more.then_some(next));
            }
            ip = next;
        }
    }

    /// How many units from `pos` on, at most `max`, the single-character instruction at `ip` takes.
    fn count(&self, ip: usize, pos: usize, max: u32) -> usize {
        let rest = &self.text[pos..];
        let rest = if max == MAXREPEAT {
            rest
        } else {
            &rest[..rest.len().min(max as usize)]
        };
        let stop = match self.code[ip] {
            op::ANY_ALL => None,
            op::ANY => U::from_code(10).and_then(|line| U::find_unit(rest, line)),
            op::LITERAL => {
                let wanted = self.code[ip + 1];
                rest.iter().position(|u| u.code() != wanted)
            }
            op::NOT_LITERAL => {
                let unwanted = U::from_code(self.code[ip + 1]);
                unwanted.and_then(|u| U::find_unit(rest, u))
            }
            _ => match self.program.set(ip) {
                Some(set) => rest.iter().position(|u| match u8::try_from(u.code()) {
                    Ok(c) => !set.has(c),
                    Err(_) => !codes::takes(self.code, ip, u.code()),
                }),
                None => rest.iter().position(|u| !self.program.takes(ip, u.code())),
            },
        };
        stop.unwrap_or(rest.len())
    }

    /// A run inside another one: its choices are dropped when it succeeds.
    fn inner(&mut self, ip: usize, pos: usize) -> Run<Option<usize>> {
        let (base, loops) = (self.choices.len(), self.loops.len());
        let end = self.run(ip, pos, false)?;
        self.choices.truncate(base);
        self.loops.truncate(loops);
        Ok(end)
    }

    fn at(&self, kind: u32, pos: usize) -> bool {
        let s = self.text;
        let unit = |i: usize| s.get(i).map(|u| u.code());
        match kind {
            at::BEGINNING | at::BEGINNING_STRING => pos == 0,
            at::BEGINNING_LINE => pos == 0 || unit(pos - 1) == Some(10),
            at::END => pos == s.len() || (pos + 1 == s.len() && unit(pos) == Some(10)),
            at::END_LINE => pos == s.len() || unit(pos) == Some(10),
            at::END_STRING => pos == s.len(),
            _ => codes::at_boundary(kind, pos.checked_sub(1).and_then(unit), unit(pos)),
        }
    }

    /// The position behind a reference to a group's text at `pos`.
    fn backreference(&self, group: u32, pos: usize, same: fn(u32, u32) -> bool) -> Option<usize> {
        let wanted = self.group(group)?;
        let end = pos.checked_add(wanted.len())?;
        let found = self.text.get(pos..end)?;
        found
            .iter()
            .zip(wanted)
            .all(|(a, b)| same(a.code(), b.code()))
            .then_some(end)
    }

    /// Match the code at `ip` against the text at `pos`: the position where SUCCESS was reached.
    fn run(&mut self, mut ip: usize, mut pos: usize, top: bool) -> Run<Option<usize>> {
        let base = self.choices.len();
        let mut current = OUTSIDE;
        macro_rules! fail {
            () => {{
                match self.back(base)? {
                    Some(there) => (ip, pos, current) = there,
                    None => return Ok(None),
                }
                continue;
            }};
        }
        loop {
            match self.code[ip] {
                op::SUCCESS => {
                    if top
                        && ((self.mode.whole && pos != self.text.len())
                            || (self.mode.must_advance && pos == self.start))
                    {
                        fail!();
                    }
                    return Ok(Some(pos));
                }
                op::FAILURE => fail!(),
                op::LITERAL => {
                    if self
                        .text
                        .get(pos)
                        .is_none_or(|u| u.code() != self.code[ip + 1])
                    {
                        fail!();
                    }
                    pos += 1;
                    ip += 2;
                }
                op::ANY_ALL | op::ANY => {
                    if self
                        .text
                        .get(pos)
                        .is_none_or(|u| !self.program.takes(ip, u.code()))
                    {
                        fail!();
                    }
                    pos += 1;
                    ip += 1;
                }
                op::IN | op::IN_IGNORE | op::IN_UNI_IGNORE | op::IN_LOC_IGNORE => {
                    if self
                        .text
                        .get(pos)
                        .is_none_or(|u| !self.program.takes(ip, u.code()))
                    {
                        fail!();
                    }
                    pos += 1;
                    ip += 1 + self.code[ip + 1] as usize;
                }
                op::NOT_LITERAL
                | op::CATEGORY
                | op::LITERAL_IGNORE
                | op::NOT_LITERAL_IGNORE
                | op::LITERAL_UNI_IGNORE
                | op::NOT_LITERAL_UNI_IGNORE
                | op::LITERAL_LOC_IGNORE
                | op::NOT_LITERAL_LOC_IGNORE => {
                    if self
                        .text
                        .get(pos)
                        .is_none_or(|u| !self.program.takes(ip, u.code()))
                    {
                        fail!();
                    }
                    pos += 1;
                    ip += 2;
                }
                op::MARK => {
                    self.set_mark(self.code[ip + 1], pos);
                    ip += 2;
                }
                op::AT => {
                    if !self.at(self.code[ip + 1], pos) {
                        fail!();
                    }
                    ip += 2;
                }
                op::JUMP | op::INFO => ip += 1 + self.code[ip + 1] as usize,
                op::BRANCH => {
                    let (body, next) = self.alternative(ip + 1, pos);
                    let Some(body) = body else { fail!() };
                    if let Some(next) = next {
                        self.push(Kind::Branch, next, pos, 0, current)?;
                    }
                    ip = body;
                }
                op::REPEAT_ONE => {
                    let (min, max) = (self.code[ip + 2] as usize, self.code[ip + 3]);
                    let tail = ip + 1 + self.code[ip + 1] as usize;
                    if self.text.len() - pos < min {
                        fail!();
                    }
                    let n = self.count(ip + 4, pos, max);
                    if n < min {
                        fail!();
                    }
                    // From the furthest place back to the nearest, those where the tail may begin.
                    let furthest = pos + n;
                    match self.give_back(tail, pos + min, furthest + 1) {
                        Some(p) => {
                            if p > pos + min {
                                self.push(Kind::Greedy, tail, p, pos + min, current)?;
                            }
                            pos = p;
                            ip = tail;
                        }
                        None => fail!(),
                    }
                }
                op::MIN_REPEAT_ONE => {
                    let min = self.code[ip + 2];
                    let n = if min == 0 {
                        0
                    } else {
                        self.count(ip + 4, pos, min)
                    };
                    if n < min as usize {
                        fail!();
                    }
                    pos += n;
                    self.push(Kind::Lazy, ip, pos, n, current)?;
                    ip += 1 + self.code[ip + 1] as usize;
                }
                op::POSSESSIVE_REPEAT_ONE => {
                    let n = self.count(ip + 4, pos, self.code[ip + 3]);
                    if n < self.code[ip + 2] as usize {
                        fail!();
                    }
                    pos += n;
                    ip += 1 + self.code[ip + 1] as usize;
                }
                op::REPEAT => {
                    current = self.push_loop(Loop {
                        ip,
                        count: -1,
                        last: UNSET,
                        outer: current,
                    })?;
                    ip += 1 + self.code[ip + 1] as usize;
                }
                until @ (op::MAX_UNTIL | op::MIN_UNTIL) => {
                    self.tick()?;
                    let l = self.loops[current as usize];
                    let (min, max) = (self.code[l.ip + 2] as i64, self.code[l.ip + 3]);
                    let count = l.count + 1;
                    let body = l.ip + 4;
                    if count < min {
                        current = self.push_loop(Loop { count, ..l })?;
                        ip = body;
                        continue;
                    }
                    let may_repeat = (max == MAXREPEAT || count < max as i64) && pos != l.last;
                    if !may_repeat {
                        current = l.outer;
                        ip += 1;
                        continue;
                    }
                    let again = Loop {
                        count,
                        last: pos,
                        ..l
                    };
                    if until == op::MAX_UNTIL {
                        self.push(Kind::Alternative, ip + 1, pos, 0, l.outer)?;
                        current = self.push_loop(again)?;
                        ip = body;
                    } else {
                        let node = self.push_loop(again)?;
                        self.push(Kind::Alternative, body, pos, 0, node)?;
                        current = l.outer;
                        ip += 1;
                    }
                }
                op::POSSESSIVE_REPEAT => {
                    let (min, max) = (self.code[ip + 2], self.code[ip + 3]);
                    let mut count = 0;
                    let mut last = UNSET;
                    let matched = loop {
                        self.tick()?;
                        let optional = count >= min;
                        if optional && ((max != MAXREPEAT && count >= max) || pos == last) {
                            break true;
                        }
                        last = if optional { pos } else { last };
                        let (height, lastindex) = (self.trail.len(), self.lastindex);
                        match self.inner(ip + 4, pos)? {
                            Some(end) => pos = end,
                            None => {
                                self.undo(height);
                                self.lastindex = lastindex;
                                break optional;
                            }
                        }
                        count += 1;
                    };
                    if !matched {
                        fail!();
                    }
                    // The body's SUCCESS stands before the tail.
                    ip += 2 + self.code[ip + 1] as usize;
                }
                op::ATOMIC_GROUP => match self.inner(ip + 2, pos)? {
                    Some(end) => {
                        pos = end;
                        ip += 1 + self.code[ip + 1] as usize;
                    }
                    None => fail!(),
                },
                op::ASSERT => {
                    let Some(from) = pos.checked_sub(self.code[ip + 2] as usize) else {
                        fail!()
                    };
                    if self.inner(ip + 3, from)?.is_none() {
                        fail!();
                    }
                    ip += 1 + self.code[ip + 1] as usize;
                }
                op::ASSERT_NOT => {
                    if let Some(from) = pos.checked_sub(self.code[ip + 2] as usize) {
                        let (height, lastindex) = (self.trail.len(), self.lastindex);
                        let found = self.inner(ip + 3, from)?;
                        self.undo(height);
                        self.lastindex = lastindex;
                        if found.is_some() {
                            fail!();
                        }
                    }
                    ip += 1 + self.code[ip + 1] as usize;
                }
                reference @ (op::GROUPREF
                | op::GROUPREF_IGNORE
                | op::GROUPREF_UNI_IGNORE
                | op::GROUPREF_LOC_IGNORE) => {
                    let same: fn(u32, u32) -> bool = match reference {
                        op::GROUPREF => |a, b| a == b,
                        op::GROUPREF_UNI_IGNORE => |a, b| codes::lower(a) == codes::lower(b),
                        _ => |a, b| codes::lower_ascii(a) == codes::lower_ascii(b),
                    };
                    match self.backreference(self.code[ip + 1], pos, same) {
                        Some(end) => pos = end,
                        None => fail!(),
                    }
                    ip += 2;
                }
                op::GROUPREF_EXISTS => {
                    if self.group(self.code[ip + 1]).is_some() {
                        ip += 3;
                    } else {
                        ip += 1 + self.code[ip + 2] as usize;
                    }
                }
                // Not an instruction: the code did not come from the compiler.
                _ => fail!(),
            }
        }
    }
}
