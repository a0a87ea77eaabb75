//! The translation that tells of events: the same register code with `Event` words between. Every instruction begins with
//! all of the stack in its home registers, as counted copies, so that a frame can enter at any instruction, and whoever is
//! called may change locals.

use super::{Fail, Reach, Translator};
use crate::decode::Ins;
use crate::monitor::lines::Lines;
use crate::monitor::{Entry, Event, FAR_SITE, PLAIN, Site, WITH_STEPS};
use crate::regcode::*;
use typhon_compiler::opcode::Op;

/// A conditional jump, which goes over a word that tells of it.
struct Branch {
    word: usize,
    reach: Reach,
    target: usize,
    from: usize,
}

pub(super) struct Plan {
    pub mode: u8,
    lines: Lines,
    pub sites: Vec<Site>,
    /// The word before the LINE event of each instruction.
    before: Vec<u32>,
    branches: Vec<Branch>,
    /// Jumps to words: (word, its reach, target word).
    direct: Vec<(usize, Reach, usize)>,
}

impl Plan {
    pub fn new(mode: u8, lines: Lines, n: usize) -> Option<Box<Plan>> {
        (mode != PLAIN).then(|| {
            Box::new(Plan {
                mode,
                lines,
                sites: Vec::new(),
                before: vec![u32::MAX; n + 1],
                branches: Vec::new(),
                direct: Vec::new(),
            })
        })
    }
}

impl Translator<'_> {
    fn event(&mut self, e: Event, d: u16, a: u16, dest: u32) -> Result<(), Fail> {
        let offset = self.offset;
        let plan = self.plan.as_mut().ok_or("no plan")?;
        let site = plan.sites.len().min(FAR_SITE as usize) as u16;
        plan.sites
            .push(Site::new(e, offset, dest, self.words.len() as u32));
        self.op(Rop::Event, e as u8, d, a, site);
        Ok(())
    }

    fn offset_of(&self, i: usize) -> u32 {
        self.ins
            .get(i)
            .map_or(self.code.code.len() as u32, |i| i.offset)
    }

    /// What stands before instruction `i`; `fell` says that the one before it may run into it.
    pub(super) fn before(&mut self, i: usize, fell: bool) -> Result<(), Fail> {
        let Some(plan) = self.plan.as_mut() else {
            return Ok(());
        };
        plan.before[i] = self.words.len() as u32;
        let Ins {
            op, arg, target, ..
        } = self.ins[i];
        let (shown, starts) = (i >= plan.lines.first, plan.lines.starts[i]);
        let steps = plan.mode == WITH_STEPS;
        if !shown {
            return Ok(());
        }
        if starts {
            let of = &plan.lines.of;
            let same = i > 0 && of[i - 1] == of[i] && self.ins[i - 1].op != Op::RESUME;
            if fell && same {
                // The line goes on: over the event, which is for jumps from other lines.
                self.emit(word_imm(Rop::Jump, 0, 0, 1));
            }
            let at = self.words.len() as u32;
            if let Some(plan) = self.plan.as_mut() {
                plan.before[i] = at;
            }
            self.event(Event::Line, 0, 0, 0)?;
            self.word_of[i] = self.words.len() as u32;
        }
        if steps && op != Op::RESUME {
            self.event(Event::Instruction, 0, 0, 0)?;
        }
        let top = self.stack.len();
        let at = |n: usize| top.checked_sub(n).ok_or("stack underflow");
        match op {
            Op::RESUME => {
                let e = if arg & 3 == 0 {
                    Event::PyStart
                } else {
                    Event::PyResume
                };
                self.event(e, 0, 0, 0)?;
            }
            Op::RETURN_VALUE => {
                let a = self.home(at(1)?);
                self.event(Event::PyReturn, 0, a, 0)?;
            }
            Op::YIELD_VALUE => {
                let a = self.home(at(1)?);
                self.event(Event::PyYield, 0, a, 0)?;
            }
            Op::END_SEND => {
                let (receiver, value) = (self.home(at(2)?), self.home(at(1)?));
                self.event(Event::StopIteration, receiver, value, 0)?;
            }
            Op::JUMP_FORWARD | Op::JUMP_BACKWARD => {
                let dest = self.offset_of(target);
                self.event(Event::Jump, 0, 0, dest)?;
            }
            Op::NOT_TAKEN => {
                let dest = self.offset_of(i + 1);
                let saved = self.offset;
                self.offset = self.offset_of(i.saturating_sub(1));
                let r = self.event(Event::BranchLeft, 0, 0, dest);
                self.offset = saved;
                r?;
            }
            Op::CALL => {
                let a = self.home(at(arg as usize + 2)?);
                self.event(Event::Call, PLAIN_CALL, a, arg)?;
            }
            Op::CALL_KW => {
                let a = self.home(at(arg as usize + 3)?);
                self.event(Event::Call, PLAIN_CALL, a, arg)?;
            }
            Op::CALL_FUNCTION_EX => {
                let a = self.home(at(4)?);
                self.event(Event::Call, STAR_CALL, a, 0)?;
            }
            Op::LOAD_SUPER_ATTR => {
                let a = self.home(at(3)?);
                self.event(Event::Call, SUPER_CALL, a, arg & 2)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// What stands behind it; `fixups` is how many jumps there were before it.
    pub(super) fn behind(&mut self, i: usize, fixups: usize) -> Result<(), Fail> {
        if self.plan.as_ref().is_none_or(|p| i < p.lines.first) {
            return Ok(());
        }
        match self.ins[i].op {
            Op::FOR_ITER
            | Op::POP_JUMP_IF_FALSE
            | Op::POP_JUMP_IF_TRUE
            | Op::POP_JUMP_IF_NONE
            | Op::POP_JUMP_IF_NOT_NONE => {
                let jumps: Vec<_> = self.fixups.drain(fixups..).collect();
                if let Some(plan) = self.plan.as_mut() {
                    plan.branches
                        .extend(jumps.into_iter().map(|(word, reach, target)| Branch {
                            word,
                            reach,
                            target,
                            from: i,
                        }));
                }
                if self.ins[i].op == Op::FOR_ITER {
                    let dest = self.offset_of(i + 1);
                    self.event(Event::BranchLeft, 0, 0, dest)?;
                }
            }
            Op::CALL | Op::CALL_KW | Op::CALL_FUNCTION_EX | Op::LOAD_SUPER_ATTR => {
                self.event(Event::CReturn, 0, 0, 0)?;
            }
            Op::END_ASYNC_FOR => {
                let dest = self.offset_of(i + 1);
                let saved = self.offset;
                self.offset = self.offset_of(self.ins[i].target);
                let r = self.event(Event::BranchRight, 0, 0, dest);
                self.offset = saved;
                r?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The words that conditional jumps go over, behind everything else.
    pub(super) fn branches(&mut self) -> Result<(), Fail> {
        let Some(plan) = self.plan.as_mut() else {
            return Ok(());
        };
        for b in std::mem::take(&mut plan.branches) {
            self.offset = self.offset_of(b.from);
            let to = self.words.len();
            if let Some(plan) = self.plan.as_mut() {
                plan.direct.push((b.word, b.reach, to));
            }
            // An exhausted loop also leaves its iterator behind.
            let skip = (self.ins[b.from].op == Op::FOR_ITER) as usize;
            let dest = self.offset_of(b.target + skip);
            self.event(Event::BranchRight, 0, 0, dest)?;
            self.jump_word(Rop::Jump, 0, 0, b.target);
        }
        Ok(())
    }

    /// The word where a jump from word `at` to instruction `target` arrives: lines begin only for who comes from another.
    pub(super) fn arrival(&self, at: usize, target: usize) -> u32 {
        let behind = self.word_of[target];
        let Some(plan) = &self.plan else {
            return behind;
        };
        if plan.before[target] == behind || behind == u32::MAX {
            return behind;
        }
        let from = self
            .ins
            .partition_point(|i| i.offset <= self.offsets[at])
            .saturating_sub(1);
        if plan.lines.of[from] == plan.lines.of[target] {
            behind
        } else {
            plan.before[target]
        }
    }

    /// Where a handler begins.
    pub(super) fn handler_word(&self, target: usize) -> u32 {
        match &self.plan {
            Some(plan) if self.word_of[target] != u32::MAX => plan.before[target],
            _ => self.word_of[target],
        }
    }

    pub(super) fn direct(&mut self) -> Vec<(usize, Reach, usize)> {
        match &mut self.plan {
            Some(plan) => std::mem::take(&mut plan.direct),
            None => Vec::new(),
        }
    }

    pub(super) fn entries(&self) -> Box<[Entry]> {
        let Some(plan) = &self.plan else {
            return Box::default();
        };
        (0..self.ins.len())
            .filter(|&i| self.word_of[i] != u32::MAX)
            .map(|i| Entry {
                offset: self.ins[i].offset,
                before: plan.before[i],
                behind: self.word_of[i],
            })
            .collect()
    }
}

/// The kinds of calls, `d` of the event's word.
pub(crate) const PLAIN_CALL: u16 = 0;
pub(crate) const STAR_CALL: u16 = 1;
pub(crate) const SUPER_CALL: u16 = 2;
