//! Stack code to register code. Stack slot *i* has the home register *nlocals + i*; an abstract stack of lazy entries lets
//! borrowed locals and constants become operands without a move. Values that live at a block's end, or below a handler's
//! depth, stand in their home registers. Loads of locals are folded only when the compiler marked them as borrowed, and are
//! written out as counted copies when a store to the same local comes first (R13). Input is not trusted: every index is
//! checked here, so the loop can run unchecked.

use crate::Value;
use crate::decode::{Ins, decode};
use crate::regcode::*;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use typhon_compiler::code::Code;
use typhon_compiler::opcode::{Op, stack_effect};

pub(crate) mod instrument;
pub(crate) mod loops;
mod shapes;
mod temporaries;

use crate::monitor::{Instrumented, PLAIN};
use instrument::Plan;

/// Something on the abstract stack.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Entry {
    /// In its home register, owned (or empty).
    Temp,
    /// A local, borrowed.
    Local(u16),
    Int(i32),
    Const(u32),
    Null,
}

/// Where a jump's distance goes.
#[derive(Clone, Copy, PartialEq)]
enum Reach {
    /// `d`, 16 bits.
    Near,
    /// `a:b`, 32 bits.
    Far,
    /// A word of its own.
    Word,
}

struct Translator<'a> {
    ins: Vec<Ins>,
    depth_at: Vec<i32>,
    starts: Vec<bool>,
    words: Vec<u64>,
    offsets: Vec<u32>,
    caches: Vec<u32>,
    /// By opcode and name, in a huge code object.
    shared_caches: HashMap<(u8, u32), u16>,
    stack: Vec<Entry>,
    /// (word index whose immediate is a jump, where the distance goes, target instruction)
    fixups: Vec<(usize, Reach, usize)>,
    /// Comparisons and their jumps are one word: their distance has 16 bits.
    near: bool,
    /// Word index of each block-start instruction.
    word_of: Vec<u32>,
    /// The last word, when its `d` is the pure destination of the top entry.
    patchable: Option<usize>,
    nlocals: u16,
    offset: u32,
    maxdepth: usize,
    /// A generator expression: the first local is what it iterates.
    iterates_argument: bool,
    code: &'a Code,
    /// Set when the code is to tell of events.
    plan: Option<Box<Plan>>,
    /// Set to learn the stack behind a word.
    watch: Option<Watched>,
}

/// The question what the stack holds when the first `words` words have run, and its answer.
struct Watched {
    words: usize,
    last: Option<u64>,
    seen: Option<StackAt>,
}

/// The abstract stack between two instructions.
pub(crate) struct StackAt {
    /// Offset of the next instruction.
    pub offset: u32,
    pub stack: Vec<Entry>,
}

type Fail = String;

/// `x` of a word that writes a local.
const LOCAL: u8 = (DEST_LOCAL >> 8) as u8;

/// Comparisons by COMPARE_OP number (`<`, `<=`, `==`, `!=`, `>`, `>=`): the opposite of each, for ints, and the jumps.
const OPPOSITE: [u8; 6] = [5, 4, 3, 2, 1, 0];
const JUMPS: [Rop; 6] = [
    Rop::JumpLt,
    Rop::JumpLe,
    Rop::JumpEq,
    Rop::JumpNe,
    Rop::JumpGt,
    Rop::JumpGe,
];
const JUMPS_I: [Rop; 6] = [
    Rop::JumpLtI,
    Rop::JumpLeI,
    Rop::JumpEqI,
    Rop::JumpNeI,
    Rop::JumpGtI,
    Rop::JumpGeI,
];

/// Translate a code object; `consts` and `names` are its run-time constants and interned names.
pub fn translate(
    code: &Arc<Code>,
    consts: Vec<Value>,
    names: Vec<Value>,
    mode: u8,
) -> Result<RegCode, Fail> {
    // A function so long that a comparison cannot jump over 32,767 words: plain jumps instead.
    let mut built = build(code, true, mode)?;
    if built.is_none() {
        built = build(code, false, mode)?;
    }
    let mut rc = built.ok_or("jump too far")?;
    rc.consts = consts.into();
    rc.names = names.into();
    Ok(rc)
}

/// What the stack of the plain translation `rc` holds when its first `words` words have run, where that is between two
/// instructions.
pub(crate) fn stack_at(rc: &RegCode, words: usize) -> Option<StackAt> {
    for near in [true, false] {
        let (mut t, table) = prepare(&rc.code, near, PLAIN).ok()?;
        t.watch = Some(Watched {
            words,
            last: None,
            seen: None,
        });
        t.depths(&table).ok()?;
        t.run().ok()?;
        if t.words.len() == rc.words.len() {
            return t.watch?.seen;
        }
    }
    None
}

type Protected = Vec<(usize, usize, usize, u16, bool)>;

fn prepare(code: &Code, near: bool, mode: u8) -> Result<(Translator<'_>, Protected), Fail> {
    let nlocals = code.localsplusnames.len();
    if nlocals + code.stacksize as usize + 8 > u16::MAX as usize {
        return Err("too many local variables".into());
    }
    let ins = decode(code)?;
    let handlers = code.exception_table();
    let plan = match mode {
        PLAIN => None,
        _ => Plan::new(mode, crate::monitor::lines::lines(code, &ins), ins.len()),
    };
    let mut t = Translator {
        depth_at: vec![-1; ins.len() + 1],
        starts: vec![false; ins.len() + 1],
        word_of: vec![u32::MAX; ins.len() + 1],
        ins,
        words: Vec::new(),
        offsets: Vec::new(),
        caches: Vec::new(),
        shared_caches: Default::default(),
        stack: Vec::new(),
        fixups: Vec::new(),
        near,
        patchable: None,
        nlocals: nlocals as u16,
        offset: 0,
        maxdepth: 0,
        iterates_argument: code
            .localsplusnames
            .first()
            .is_some_and(|n| n.as_bytes() == b".0"),
        code,
        plan,
        watch: None,
    };
    let mut table: Protected = Vec::new();
    for h in &handlers {
        // The table counts code units, instructions are named by byte offset.
        let find = |o: u32| t.ins.partition_point(|i| i.offset < 2 * o);
        let (s, e, g) = (find(h.start), find(h.end), find(h.target));
        if g >= t.ins.len() || t.ins[g].offset != 2 * h.target || h.start > h.end {
            return Err("bad exception table".into());
        }
        // What stands on the stack then is home. Where the range ends nothing starts: a word belongs to its first instruction.
        t.starts[s] = true;
        t.starts[g] = true;
        table.push((s, e, g, h.depth as u16, h.lasti));
    }
    Ok((t, table))
}

/// One attempt; None when a near jump is too far.
fn build(code: &Arc<Code>, near: bool, mode: u8) -> Result<Option<RegCode>, Fail> {
    let (mut t, table) = prepare(code, near, mode)?;
    let (nlocals, handlers) = (t.nlocals as usize, code.exception_table());
    t.depths(&table)?;
    t.run()?;
    let nregs = nlocals + t.maxdepth.max(code.stacksize as usize) + 4;
    let mut jumps = t.direct();
    for (at, reach, target) in std::mem::take(&mut t.fixups) {
        let to = t.arrival(at, target);
        if to == u32::MAX {
            return Err("jump into nowhere".into());
        }
        jumps.push((at, reach, to as usize));
    }
    for (at, reach, to) in jumps {
        let distance = to as i64 - (at as i64 + 1);
        match reach {
            Reach::Word => t.words[at] = distance as u64,
            Reach::Far => {
                let d = i32::try_from(distance).map_err(|_| "jump too far".to_string())?;
                t.words[at] = t.words[at] & 0xFFFF_FFFF | (d as u32 as u64) << 32;
            }
            Reach::Near => {
                let Ok(d) = i16::try_from(distance) else {
                    return Ok(None);
                };
                t.words[at] = t.words[at] & !(0xFFFF << 16) | (d as u16 as u64) << 16;
            }
        }
    }
    let mut out: Vec<Handler> = Vec::new();
    for (h, (_, _, g, depth, lasti)) in handlers.iter().zip(&table) {
        if t.word_of[*g] != u32::MAX {
            out.push(Handler {
                start: 2 * h.start,
                end: 2 * h.end,
                target: t.handler_word(*g),
                depth: *depth,
                lasti: *lasti,
            });
        }
    }
    out.sort_by_key(|h| h.start);
    let blocks = t
        .ins
        .iter()
        .enumerate()
        .filter(|(i, _)| t.word_of[*i] != u32::MAX)
        .map(|(i, ins)| (ins.offset, t.word_of[i]))
        .collect();
    let entries = t.entries();
    let instrumented = t.plan.take().map(|plan| {
        Box::new(Instrumented {
            sites: plan.sites.into(),
            entries,
            plain: std::ptr::null(),
            code: std::ptr::null(),
        })
    });
    let (exact_argc, makes, makes_at) = crate::regcode::calling(code, nregs, &t.words);
    Ok(Some(RegCode {
        words: t.words.into_iter().map(AtomicU64::new).collect(),
        caches: t.caches.iter().map(|&name| Cache::new(name)).collect(),
        consts: Default::default(),
        names: Default::default(),
        lines: Default::default(),
        offsets: crate::offsets::Offsets::of(&t.offsets),
        handlers: out.into(),
        blocks,
        nlocals,
        nregs,
        exact_argc,
        inline_argc: if makes == 0 { exact_argc } else { usize::MAX },
        makes,
        makes_at,
        flags: code.flags,
        code: code.clone(),
        told: crate::postmortem::Told::of(code),
        mode,
        instrumented,
    }))
}

impl Translator<'_> {
    /// Stack depth at every reachable instruction; marks block starts.
    fn depths(&mut self, table: &[(usize, usize, usize, u16, bool)]) -> Result<(), Fail> {
        let mut work = vec![(0usize, 0i32)];
        let mut by_start: Vec<_> = table.to_vec();
        by_start.sort();
        self.starts[0] = true;
        let mut handled = vec![false; table.len()];
        while let Some((mut i, mut depth)) = work.pop() {
            loop {
                if i >= self.ins.len() {
                    return Err("code runs past its end".into());
                }
                if self.depth_at[i] >= 0 {
                    if self.depth_at[i] != depth {
                        return Err(format!(
                            "inconsistent stack depth at {}",
                            self.ins[i].offset
                        ));
                    }
                    break;
                }
                self.depth_at[i] = depth;
                for (n, h) in by_start.iter().enumerate() {
                    if h.0 > i {
                        break;
                    }
                    if i < h.1 && !handled[n] {
                        handled[n] = true;
                        if h.3 as i32 > depth {
                            return Err("exception handler deeper than the stack".into());
                        }
                        work.push((h.2, h.3 as i32 + h.4 as i32 + 1));
                    }
                }
                let ins = &self.ins[i];
                let effect = |jump| {
                    stack_effect(ins.op, ins.arg, jump)
                        .ok_or_else(|| "bad stack effect".to_string())
                };
                if ins.op.has_jump() && ins.op != Op::END_ASYNC_FOR {
                    let mut target = ins.target;
                    let mut d = depth + effect(true)?;
                    if ins.op == Op::FOR_ITER {
                        // Exhausted: the value is not pushed, and END_FOR is skipped.
                        target += 1;
                        d = depth;
                    }
                    if ins.op == Op::SEND {
                        d = depth;
                    }
                    if target >= self.ins.len() {
                        return Err("jump past the end".into());
                    }
                    self.starts[target] = true;
                    work.push((target, d));
                }
                depth += effect(false)?;
                if !(0..=60_000).contains(&depth) {
                    return Err("stack depth out of range".into());
                }
                self.maxdepth = self.maxdepth.max(depth as usize);
                if ins.op.ends_flow() {
                    if i + 1 < self.starts.len() {
                        self.starts[i + 1] = true;
                    }
                    break;
                }
                i += 1;
            }
        }
        Ok(())
    }

    fn home(&self, i: usize) -> u16 {
        self.nlocals + i as u16
    }
    fn top_home(&self) -> u16 {
        self.home(self.stack.len())
    }
    fn emit(&mut self, w: u64) -> usize {
        self.words.push(w);
        self.offsets.push(self.offset);
        self.patchable = None;
        self.words.len() - 1
    }
    fn op(&mut self, op: Rop, x: u8, d: u16, a: u16, b: u16) {
        self.emit(word(op, x, d, a, b));
    }
    /// Emit an op whose result is pushed; a following store may redirect it.
    fn push_result(&mut self, op: Rop, x: u8, a: u16, b: u16) {
        let d = self.top_home();
        let at = self.emit(word(op, x, d, a, b));
        self.stack.push(Entry::Temp);
        self.patchable = Some(at);
    }
    fn flush_at(&mut self, i: usize) {
        let d = self.home(i);
        match self.stack[i] {
            Entry::Temp => return,
            Entry::Local(l) => self.op(Rop::Borrow, 0, d, l, 0),
            Entry::Int(n) => {
                self.emit(word_imm(Rop::LoadInt, 0, d, n));
            }
            Entry::Const(k) => {
                self.emit(word_imm(Rop::LoadConst, 0, d, k as i32));
            }
            Entry::Null => self.op(Rop::LoadNull, 0, d, 0, 0),
        }
        self.stack[i] = Entry::Temp;
    }
    fn flush(&mut self) {
        for i in 0..self.stack.len() {
            self.flush_at(i);
        }
    }
    fn flush_top(&mut self, n: usize) {
        for i in self.stack.len().saturating_sub(n)..self.stack.len() {
            self.flush_at(i);
        }
    }
    /// Entries that read local `l` become counted copies before it changes (R13).
    fn protect(&mut self, l: u16) {
        for i in 0..self.stack.len() {
            if self.stack[i] == Entry::Local(l) {
                let d = self.home(i);
                self.op(Rop::Copy, 0, d, l, 0);
                self.stack[i] = Entry::Temp;
            }
        }
    }
    fn pop(&mut self) -> Result<Entry, Fail> {
        self.stack.pop().ok_or_else(|| "stack underflow".into())
    }
    /// Pop an operand: its register, and whether it is consumed.
    fn operand(&mut self) -> Result<(u16, bool), Fail> {
        let i = self.stack.len().checked_sub(1).ok_or("stack underflow")?;
        if let Entry::Local(l) = self.stack[i] {
            self.stack.pop();
            return Ok((l, false));
        }
        self.flush_at(i);
        self.stack.pop();
        Ok((self.home(i), true))
    }
    /// Pop two operands (a below b): registers and consume flags.
    fn operands(&mut self) -> Result<(u16, u16, u8), Fail> {
        let n = self.stack.len();
        if n < 2 {
            return Err("stack underflow".into());
        }
        for i in n - 2..n {
            if !matches!(self.stack[i], Entry::Local(_)) {
                self.flush_at(i);
            }
        }
        let (b, cb) = self.operand()?;
        let (a, ca) = self.operand()?;
        Ok((a, b, (ca as u8 * CONSUME_A) | (cb as u8 * CONSUME_B)))
    }
    /// The cache of an instruction that names something. Words have 16 bits for its index: in a huge code object the
    /// instructions of one kind share a cache for each name (what it says is checked at each use, whoever filled it).
    fn cache(&mut self, rop: Rop, name: u32) -> Result<u16, Fail> {
        const OWN: usize = 1 << 15;
        if name as usize >= self.code.names.len() && rop != Rop::MakeFunction {
            return Err("name index out of range".into());
        }
        let i = self.caches.len();
        if i >= OWN
            && let Some(&shared) = self.shared_caches.get(&(rop as u8, name))
        {
            return Ok(shared);
        }
        let index = u16::try_from(i).ok().filter(|&i| i < u16::MAX);
        let index = index.ok_or("code too large: more than 32,768 names in use")?;
        self.caches.push(name);
        if rop == Rop::LoadSuperAttr {
            // The second names the class that the first is for.
            self.caches.push(name);
        }
        if i >= OWN {
            self.shared_caches.insert((rop as u8, name), index);
        }
        Ok(index)
    }
    fn local(&self, arg: u32) -> Result<u16, Fail> {
        if arg < self.nlocals as u32 {
            Ok(arg as u16)
        } else {
            Err("local index out of range".into())
        }
    }
    fn jump_word(&mut self, op: Rop, x: u8, d: u16, target: usize) {
        let at = self.emit(word_imm(op, x, d, 0));
        self.fixups.push((at, Reach::Far, target));
    }
    fn target_word(&mut self, target: usize) {
        let at = self.emit(0);
        self.fixups.push((at, Reach::Word, target));
    }
    /// Hand an instruction to the out-of-line stack machine.
    fn cold(&mut self, op: Op, arg: u32) -> Result<(), Fail> {
        self.flush();
        let sp = self.top_home();
        self.emit(word_imm(Rop::Cold, op as u16 as u8, sp, arg as i32));
        let effect = stack_effect(op, arg, false).ok_or("bad stack effect")?;
        self.adjust(effect)
    }
    fn adjust(&mut self, effect: i32) -> Result<(), Fail> {
        let n = self.stack.len() as i32 + effect;
        if n < 0 {
            return Err("stack underflow".into());
        }
        self.stack.resize(n as usize, Entry::Temp);
        self.maxdepth = self.maxdepth.max(n as usize);
        Ok(())
    }

    fn store_fast(&mut self, l: u16) -> Result<(), Fail> {
        let i = self.stack.len().checked_sub(1).ok_or("stack underflow")?;
        let entry = self.stack[i];
        let patch = self.patchable;
        if self.stack[..i].contains(&Entry::Local(l)) {
            self.protect(l);
        } else if entry == Entry::Temp
            && let Some(at) = patch
        {
            // The producing instruction writes the local directly.
            let w = self.words[at];
            self.words[at] = w & !(0xFFFF << 16) | (l as u64) << 16 | DEST_LOCAL;
            self.stack.pop();
            self.patchable = None;
            return Ok(());
        }
        self.stack.pop();
        match entry {
            Entry::Temp => {
                let h = self.home(i);
                self.op(Rop::Move, LOCAL, l, h, 0);
            }
            Entry::Local(s) => {
                if s != l {
                    self.op(Rop::Copy, LOCAL, l, s, 0);
                }
            }
            Entry::Int(n) => {
                self.emit(word_imm(Rop::LoadInt, LOCAL, l, n));
            }
            Entry::Const(k) => {
                self.emit(word_imm(Rop::LoadConst, LOCAL, l, k as i32));
            }
            Entry::Null => self.op(Rop::LoadNull, LOCAL, l, 0, 0),
        }
        Ok(())
    }

    fn run(&mut self) -> Result<(), Fail> {
        let mut i = 0;
        let mut live = true;
        while i < self.ins.len() {
            let ran = live;
            // What tells of events can be entered at every instruction.
            if self.starts[i] || !live || self.plan.is_some() {
                if live {
                    self.flush();
                }
                if self.depth_at[i] < 0 {
                    live = false;
                    i += 1;
                    continue;
                }
                live = true;
                self.patchable = None;
                self.stack.clear();
                self.stack.resize(self.depth_at[i] as usize, Entry::Temp);
                self.word_of[i] = self.words.len() as u32;
            }
            self.offset = self.ins[i].offset;
            let (fell, fixups) = (ran, self.fixups.len());
            self.before(i, fell)?;
            let used = self.one(i)?;
            self.behind(i, fixups)?;
            self.look(i + used);
            if self.ins[i + used - 1].op.ends_flow() {
                live = false;
            }
            i += used;
        }
        self.branches()?;
        // A trap behind the last instruction: unreachable by construction.
        self.emit(word_imm(Rop::Cold, Op::RESERVED as u16 as u8, 0, 0));
        Ok(())
    }

    /// Answer what was asked for, if it is here: before instruction `next`.
    fn look(&mut self, next: usize) {
        let Some(w) = &mut self.watch else {
            return;
        };
        let last = self.words.last().copied();
        // A store that redirects the last word belongs to it.
        if self.words.len() == w.words && w.last != last {
            w.last = last;
            w.seen = self.ins.get(next).map(|i| StackAt {
                offset: i.offset,
                stack: self.stack.clone(),
            });
        }
    }

    /// Whether instruction `i` can be joined to the one before (it starts no block).
    fn joins(&self, i: usize, op: Op) -> bool {
        i < self.ins.len() && !self.starts[i] && self.plan.is_none() && self.ins[i].op == op
    }

    /// A comparison or test followed by a conditional jump: (jump instruction, jump-if-true, instructions used).
    fn following_jump(&self, mut i: usize) -> Option<(usize, bool, usize)> {
        let from = i;
        if self.joins(i, Op::TO_BOOL) {
            i += 1;
        }
        let when = if self.joins(i, Op::POP_JUMP_IF_FALSE) {
            false
        } else if self.joins(i, Op::POP_JUMP_IF_TRUE) {
            true
        } else {
            return None;
        };
        Some((self.ins[i].target, when, i - from + 1))
    }

    /// Translate instruction `i`; returns how many instructions were used.
    fn one(&mut self, i: usize) -> Result<usize, Fail> {
        let (op, arg) = (self.ins[i].op, self.ins[i].arg);
        match op {
            Op::NOP | Op::NOT_TAKEN | Op::CACHE => {}
            // The caller checks the eval breaker when it enters a frame (`Call`), loops check it at their end.
            Op::RESUME => {}
            Op::LOAD_FAST => {
                let l = self.local(arg)?;
                // Nothing but the one loop over it uses a generator expression's iterable, which keeps it: no second count.
                if arg == 0 && self.plan.is_none() && self.iterates_argument {
                    self.push_result(Rop::Borrow, 0, l, 0);
                } else {
                    self.load(i, l);
                }
            }
            Op::LOAD_FAST_BORROW if self.plan.is_some() => {
                let l = self.local(arg)?;
                self.push_result(Rop::Copy, 0, l, 0);
            }
            Op::LOAD_FAST_BORROW => {
                let l = self.local(arg)?;
                self.stack.push(Entry::Local(l));
                self.patchable = None;
            }
            Op::LOAD_FAST_BORROW_LOAD_FAST_BORROW if self.plan.is_none() => {
                let (l, m) = (self.local(arg >> 4)?, self.local(arg & 15)?);
                self.stack.push(Entry::Local(l));
                self.stack.push(Entry::Local(m));
                self.patchable = None;
            }
            Op::LOAD_FAST_LOAD_FAST | Op::LOAD_FAST_BORROW_LOAD_FAST_BORROW => {
                let (l, m) = (self.local(arg >> 4)?, self.local(arg & 15)?);
                self.push_result(Rop::Copy, 0, l, 0);
                self.push_result(Rop::Copy, 0, m, 0);
            }
            Op::LOAD_FAST_CHECK => {
                let l = self.local(arg)?;
                self.push_result(Rop::CopyCheck, 0, l, 0);
            }
            Op::LOAD_FAST_AND_CLEAR => {
                let l = self.local(arg)?;
                self.protect(l);
                self.push_result(Rop::TakeLocal, 0, l, 0);
                self.patchable = None;
            }
            Op::STORE_FAST => {
                let l = self.local(arg)?;
                self.store_fast(l)?;
            }
            Op::STORE_FAST_LOAD_FAST => {
                let (l, m) = (self.local(arg >> 4)?, self.local(arg & 15)?);
                self.store_fast(l)?;
                self.load(i, m);
            }
            Op::STORE_FAST_STORE_FAST => {
                let (l, m) = (self.local(arg >> 4)?, self.local(arg & 15)?);
                self.store_fast(l)?;
                self.patchable = None;
                self.store_fast(m)?;
            }
            Op::DELETE_FAST => {
                let l = self.local(arg)?;
                self.protect(l);
                self.op(Rop::DeleteFast, 0, 0, l, 0);
            }
            Op::LOAD_CONST => {
                if arg as usize >= self.code.consts.len() {
                    return Err("constant index out of range".into());
                }
                self.stack.push(Entry::Const(arg));
                self.patchable = None;
            }
            Op::LOAD_SMALL_INT => {
                self.stack.push(Entry::Int(arg as i32));
                self.patchable = None;
            }
            Op::PUSH_NULL => {
                self.stack.push(Entry::Null);
                self.patchable = None;
            }
            Op::POP_TOP | Op::POP_ITER | Op::END_FOR => self.pop_top(i)?,
            Op::COPY => {
                let n = arg as usize;
                if n == 0 || n > self.stack.len() {
                    return Err("COPY out of range".into());
                }
                let at = self.stack.len() - n;
                match self.stack[at] {
                    Entry::Temp => {
                        let h = self.home(at);
                        self.push_result(Rop::Copy, 0, h, 0);
                        // A redirected copy would leave the original in place: fine, it stays on the stack.
                    }
                    lazy => {
                        self.stack.push(lazy);
                        self.patchable = None;
                    }
                }
            }
            Op::SWAP => {
                let (n, len) = (arg as usize, self.stack.len());
                if n < 1 || n > len {
                    return Err("SWAP out of range".into());
                }
                let (x, y) = (len - n, len - 1);
                self.patchable = None;
                if self.stack[x] != Entry::Temp && self.stack[y] != Entry::Temp {
                    self.stack.swap(x, y);
                } else if x != y {
                    // A lazy entry moves freely; the other goes to its new home.
                    let (hx, hy) = (self.home(x), self.home(y));
                    if self.stack[x] == Entry::Temp && self.stack[y] == Entry::Temp {
                        self.op(Rop::Swap, 0, hx, hy, 0);
                    } else if self.stack[x] == Entry::Temp {
                        self.op(Rop::Move, 0, hy, hx, 0);
                        self.stack.swap(x, y);
                    } else {
                        self.op(Rop::Move, 0, hx, hy, 0);
                        self.stack.swap(x, y);
                    }
                }
            }
            Op::BINARY_OP => self.binary(arg)?,
            Op::COMPARE_OP => {
                let cmp = (arg >> 5) as u8;
                if cmp > 5 {
                    return Err("bad comparison".into());
                }
                if self.near
                    && let Some((target, when, used)) = self.following_jump(i + 1)
                {
                    let n = self.stack.len();
                    let small = match self.stack.last() {
                        Some(Entry::Int(k)) => i16::try_from(*k).ok(),
                        _ => None,
                    };
                    let x = cmp << 2 | (when as u8) << 7;
                    let ints = if when { cmp } else { OPPOSITE[cmp as usize] } as usize;
                    // Everything that stays must be home before the jump.
                    for k in 0..n.saturating_sub(2) {
                        self.flush_at(k);
                    }
                    if let Some(imm) = small {
                        self.stack.pop();
                        let (a, c) = self.operand()?;
                        self.op(JUMPS_I[ints], x | c as u8, 0, a, imm as u16);
                    } else {
                        let (a, b, c) = self.operands()?;
                        self.op(JUMPS[ints], x | c, 0, a, b);
                    }
                    self.fixups
                        .push((self.words.len() - 1, Reach::Near, target));
                    return Ok(1 + used);
                }
                let (a, b, c) = self.operands()?;
                let bool_bit = if arg & 16 != 0 { 8 << 2 } else { 0 };
                self.push_result(Rop::Compare, c | cmp << 2 | bool_bit, a, b);
            }
            Op::IS_OP => {
                let (a, b, c) = self.operands()?;
                self.push_result(Rop::IsOp, c | ((arg & 1) as u8) << 2, a, b);
            }
            Op::CONTAINS_OP => {
                let (a, b, c) = self.operands()?;
                self.push_result(Rop::ContainsOp, c | ((arg & 1) as u8) << 2, a, b);
            }
            Op::UNARY_NOT => self.unary(Rop::Not)?,
            Op::UNARY_NEGATIVE => self.unary(Rop::Neg)?,
            Op::UNARY_INVERT => self.unary(Rop::Invert)?,
            Op::TO_BOOL => {
                if let Some((target, when, used)) = self.following_jump(i) {
                    self.cond_jump(if when { Rop::JumpTrue } else { Rop::JumpFalse }, target)?;
                    return Ok(used);
                }
                self.unary(Rop::ToBool)?;
            }
            Op::POP_JUMP_IF_FALSE => self.cond_jump(Rop::JumpFalse, self.ins[i].target)?,
            Op::POP_JUMP_IF_TRUE => self.cond_jump(Rop::JumpTrue, self.ins[i].target)?,
            Op::POP_JUMP_IF_NONE => self.cond_jump(Rop::JumpNone, self.ins[i].target)?,
            Op::POP_JUMP_IF_NOT_NONE => self.cond_jump(Rop::JumpNotNone, self.ins[i].target)?,
            Op::JUMP_FORWARD => {
                self.flush();
                self.jump_word(Rop::Jump, 0, 0, self.ins[i].target);
            }
            Op::JUMP_BACKWARD => {
                self.flush();
                self.loop_end(self.ins[i].target);
                self.jump_word(Rop::JumpBack, 0, 0, self.ins[i].target);
            }
            Op::JUMP_BACKWARD_NO_INTERRUPT => {
                self.flush();
                self.jump_word(Rop::JumpBackQuiet, 0, 0, self.ins[i].target);
            }
            Op::LOAD_GLOBAL => {
                let c = self.cache(Rop::LoadGlobal, arg >> 1)?;
                self.push_result(Rop::LoadGlobal, 0, 0, c);
                if arg & 1 != 0 {
                    self.stack.push(Entry::Null);
                    self.maxdepth = self.maxdepth.max(self.stack.len());
                    self.patchable = None;
                }
            }
            Op::LOAD_NAME => {
                let c = self.cache(Rop::LoadName, arg)?;
                self.push_result(Rop::LoadName, 0, 0, c);
            }
            Op::STORE_NAME => self.name_op(Rop::StoreName, arg, true)?,
            Op::DELETE_NAME => self.name_op(Rop::DeleteName, arg, false)?,
            Op::STORE_GLOBAL => self.name_op(Rop::StoreGlobal, arg, true)?,
            Op::DELETE_GLOBAL => self.name_op(Rop::DeleteGlobal, arg, false)?,
            Op::LOAD_ATTR => {
                let rop = match arg & 1 {
                    0 => Rop::LoadAttr,
                    _ => Rop::LoadMethod,
                };
                let c = self.cache(rop, arg >> 1)?;
                if arg & 1 != 0 {
                    // The receiver may move to d + 1: a borrowed local stays borrowed.
                    let (a, consumed) = self.operand()?;
                    let d = self.top_home();
                    self.op(Rop::LoadMethod, consumed as u8, d, a, c);
                    self.adjust(2)?;
                } else {
                    let (a, consumed) = self.operand()?;
                    self.push_result(Rop::LoadAttr, consumed as u8, a, c);
                }
            }
            Op::STORE_ATTR => {
                let c = self.cache(Rop::StoreAttr, arg)?;
                // Stack: value, owner.
                let (v, o, x) = self.operands()?;
                // In the word d = value (consumed by B), a = owner (consumed by A).
                let x = (x & CONSUME_A) << 1 | (x & CONSUME_B) >> 1;
                self.op(Rop::StoreAttr, x, v, o, c);
            }
            Op::DELETE_ATTR => {
                let c = self.cache(Rop::DeleteAttr, arg)?;
                let (o, consumed) = self.operand()?;
                self.op(Rop::DeleteAttr, consumed as u8, 0, o, c);
            }
            Op::LOAD_SUPER_ATTR => {
                let c = self.cache(Rop::LoadSuperAttr, arg >> 2)?;
                self.flush_top(3);
                self.adjust(-3)?;
                let d = self.top_home();
                self.op(Rop::LoadSuperAttr, ((arg & 3) as u8) << 2, d, d, c);
                self.adjust(1 + (arg & 1) as i32)?;
            }
            Op::LOAD_DEREF => {
                let l = self.local(arg)?;
                self.push_result(Rop::LoadDeref, 0, l, 0);
            }
            Op::STORE_DEREF => {
                let l = self.local(arg)?;
                let (a, consumed) = self.operand()?;
                self.op(Rop::StoreDeref, consumed as u8, l, a, 0);
            }
            Op::DELETE_DEREF => {
                let l = self.local(arg)?;
                self.op(Rop::DeleteDeref, 0, 0, l, 0);
            }
            Op::MAKE_CELL => {
                let l = self.local(arg)?;
                self.protect(l);
                self.op(Rop::MakeCell, 0, 0, l, 0);
            }
            Op::COPY_FREE_VARS => {
                if arg > self.nlocals as u32 {
                    return Err("COPY_FREE_VARS out of range".into());
                }
                self.op(Rop::CopyFreeVars, 0, 0, arg as u16, 0);
            }
            Op::BUILD_TUPLE => self.build(Rop::BuildTuple, arg, arg)?,
            Op::BUILD_LIST => self.build(Rop::BuildList, arg, arg)?,
            Op::BUILD_SLICE => self.build(Rop::BuildSlice, arg, arg)?,
            Op::BUILD_SET => self.build(Rop::BuildSet, arg, arg)?,
            Op::BUILD_STRING => self.build(Rop::BuildString, arg, arg)?,
            Op::BUILD_MAP => self.build(Rop::BuildMap, arg, 2 * arg)?,
            Op::LIST_APPEND | Op::SET_ADD => {
                let (b, consumed) = self.operand()?;
                let at = self
                    .stack
                    .len()
                    .checked_sub(arg as usize)
                    .ok_or("LIST_APPEND out of range")?;
                self.flush_at(at);
                let list = self.home(at);
                let rop = if op == Op::LIST_APPEND {
                    Rop::ListAppend
                } else {
                    Rop::SetAdd
                };
                self.op(rop, (consumed as u8) << 1, 0, list, b);
            }
            Op::MAP_ADD => {
                let (a, b, c) = self.operands()?;
                let at = self
                    .stack
                    .len()
                    .checked_sub(arg as usize)
                    .ok_or("MAP_ADD out of range")?;
                self.flush_at(at);
                let map = self.home(at);
                self.op(Rop::MapAdd, c, map, a, b);
            }
            Op::STORE_SUBSCR => {
                // Stack: value, container, key. d = value, consumed by bit 2 of x.
                let n = self.stack.len();
                if n < 3 {
                    return Err("stack underflow".into());
                }
                for k in n - 3..n {
                    if !matches!(self.stack[k], Entry::Local(_)) {
                        self.flush_at(k);
                    }
                }
                let (a, b, c) = self.operands()?;
                let (d, consumed) = self.operand()?;
                self.op(Rop::StoreSubscr, c | (consumed as u8) << 2, d, a, b);
            }
            Op::DELETE_SUBSCR => {
                let (a, b, c) = self.operands()?;
                self.op(Rop::DeleteSubscr, c, 0, a, b);
            }
            Op::UNPACK_SEQUENCE => return self.unpack(i),
            Op::BINARY_SLICE => self.slice()?,
            Op::STORE_SLICE => self.store_slice()?,
            Op::MAKE_FUNCTION => return self.make_function(i),
            Op::GET_ITER => {
                let (a, consumed) = self.operand()?;
                // In front of a loop, a comprehension's too, nobody else can get the iterator. A call follows where a generator
                // expression is made, which loops over it.
                let next = self.ins.get(i + 1).map(|n| n.op);
                let in_loop = matches!(
                    next,
                    Some(Op::FOR_ITER | Op::LOAD_FAST_AND_CLEAR | Op::CALL)
                );
                self.push_result(Rop::GetIter, consumed as u8 | (in_loop as u8) << 1, a, 0);
                self.patchable = None;
            }
            Op::FOR_ITER => {
                self.flush();
                let iter = self.home(self.stack.len().checked_sub(1).ok_or("stack underflow")?);
                let d = self.top_home();
                let at = self.emit(word(Rop::ForIter, 0, d, iter, 0));
                self.target_word(self.ins[i].target + 1);
                self.stack.push(Entry::Temp);
                self.maxdepth = self.maxdepth.max(self.stack.len());
                self.patchable = Some(at);
            }
            Op::CALL => {
                use crate::objects::code::co;
                let n = arg as usize + 2;
                let own = co::GENERATOR | co::COROUTINE | co::ASYNC_GENERATOR;
                let far = self.code.flags & own != 0;
                let at = self.stack.len().checked_sub(n).ok_or("stack underflow")?;
                // Known to have no self, the call does not look for one, and its place needs no word.
                let plain = !far && self.stack[at + 1] == Entry::Null;
                for i in at..at + n {
                    if !(plain && i == at + 1) {
                        self.flush_at(i);
                    }
                }
                self.adjust(-(n as i32))?;
                let base = self.top_home();
                let argc = u16::try_from(arg).map_err(|_| "too many arguments")?;
                // No foreign request between `__enter__` and the block it guards.
                let enters = i > 0 && self.ins[i - 1].op == Op::LOAD_SPECIAL;
                let rop = match (far, plain) {
                    (true, _) => Rop::CallFar,
                    (false, true) => Rop::CallFn,
                    (false, false) => Rop::Call,
                };
                self.push_result(rop, enters as u8, base, argc);
            }
            Op::CALL_KW => {
                let n = arg as usize + 3;
                self.flush_top(n);
                self.adjust(-(n as i32))?;
                let base = self.top_home();
                let argc = u16::try_from(arg).map_err(|_| "too many arguments")?;
                self.push_result(Rop::CallKw, 0, base, argc);
            }
            Op::CALL_FUNCTION_EX => {
                self.flush_top(4);
                self.adjust(-4)?;
                let base = self.top_home();
                self.push_result(Rop::CallEx, 0, base, 0);
            }
            Op::RETURN_VALUE => {
                let (a, consumed) = self.operand()?;
                self.op(Rop::Return, consumed as u8, 0, a, 0);
            }
            Op::RETURN_GENERATOR => {
                self.flush();
                let d = self.top_home();
                self.op(Rop::ReturnGenerator, 0, d, 0, 0);
                self.stack.push(Entry::Temp);
            }
            Op::YIELD_VALUE => {
                self.yield_value(arg)?;
            }
            Op::SEND => {
                self.flush();
                let v = self.home(self.stack.len().checked_sub(1).ok_or("stack underflow")?);
                self.op(Rop::Send, 0, v, v - 1, v);
                self.target_word(self.ins[i].target);
            }
            Op::FORMAT_SIMPLE => {
                let (a, consumed) = self.operand()?;
                self.push_result(Rop::FormatSimple, consumed as u8, a, 0);
            }
            Op::FORMAT_WITH_SPEC => {
                let (a, b, c) = self.operands()?;
                self.push_result(Rop::FormatSpec, c, a, b);
            }
            Op::END_ASYNC_FOR => {
                self.cold(op, arg)?;
            }
            Op::END_SEND => self.end_send()?,
            Op::GET_AWAITABLE => self.awaitable(arg)?,
            Op::RAISE_VARARGS if arg == 1 => {
                let (a, consumed) = self.operand()?;
                self.op(Rop::Raise, consumed as u8, 0, a, 0);
            }
            Op::PUSH_EXC_INFO => {
                self.flush();
                let d = self.top_home();
                self.op(Rop::PushExc, 0, d - 1, 0, 0);
                self.adjust(1)?;
            }
            Op::CHECK_EXC_MATCH => {
                self.flush_top(2);
                let (b, _) = self.operand()?;
                let at = self.stack.len().checked_sub(1).ok_or("stack underflow")?;
                let a = self.home(at);
                self.push_result(Rop::MatchExc, CONSUME_B, a, b);
            }
            Op::POP_EXCEPT => {
                self.flush_top(1);
                let (a, _) = self.operand()?;
                self.op(Rop::PopExc, 0, 0, a, 0);
            }
            Op::RAISE_VARARGS | Op::RERAISE => {
                self.flush();
                let sp = self.top_home();
                self.emit(word_imm(Rop::Cold, op as u16 as u8, sp, arg as i32));
            }
            Op::EXTENDED_ARG
            | Op::RESERVED
            | Op::INTERPRETER_EXIT
            | Op::EXIT_INIT_CHECK
            | Op::ENTER_EXECUTOR => {
                return Err(format!("opcode {} cannot stand in code", op.name()));
            }
            _ if op.name().starts_with("INSTRUMENTED_") || op.is_pseudo() => {
                return Err(format!("opcode {} cannot stand in code", op.name()));
            }
            _ => {
                if op.has_name() {
                    let index = match op {
                        Op::LOAD_ATTR => arg >> 1,
                        _ => arg,
                    };
                    if index as usize >= self.code.names.len() {
                        return Err("name index out of range".into());
                    }
                }
                if op.has_free() || op.has_local() {
                    self.local(arg)?;
                }
                self.cold(op, arg)?;
            }
        }
        self.maxdepth = self.maxdepth.max(self.stack.len() + 1);
        Ok(1)
    }
}
