//! Loops: the words at their ends, which take the next item and jump into the body again; unpacking; awaiting.

use super::{Entry, Fail, LOCAL, Translator};
use crate::regcode::*;
use typhon_compiler::opcode::Op;

/// Where the items of a sequence go, and how many instructions say so.
struct Stores {
    locals: Vec<u16>,
    used: usize,
}

/// More are unpacked to the stack.
pub(crate) const MAX_LOCALS: usize = 16;

impl Translator<'_> {
    /// In front of the jump back to instruction `target`: if that is a loop's `ForIter`, the word that takes the next item where
    /// this needs no call. What a code object that tells of events does, it does instruction by instruction.
    pub(super) fn loop_end(&mut self, target: usize) {
        let first = self.word_of[target] as usize;
        if self.plan.is_some() || self.ins[target].op != Op::FOR_ITER || first >= self.words.len() {
            return;
        }
        let head = self.words[first];
        if Rop::of(head) != Rop::ForIter {
            return;
        }
        let offset = std::mem::replace(&mut self.offset, self.ins[target].offset);
        let body = first + 2;
        // An empty body has no word.
        let unpack = self.words.get(body).copied().unwrap_or(head);
        if Rop::of(unpack) == Rop::UnpackTwo && a_of(unpack) == d_of(head) {
            let at = self.emit(word(
                Rop::ForNextTwo,
                LOCAL,
                d_of(unpack) as u16,
                a_of(head) as u16,
                b_of(unpack) as u16,
            ));
            // Relative to the word behind, which a jump names by the one before it.
            self.emit((body as i64 - (at as i64 + 1)) as u64);
        } else if let Ok(back) = i16::try_from(body as i64 - 1 - self.words.len() as i64) {
            // The head says where the item goes.
            self.emit(
                head & 0x0000_FFFF_FFFF_FF00 | Rop::ForNext as u64 | (back as u16 as u64) << 48,
            );
        }
        self.offset = offset;
    }

    /// END_SEND: the receiver goes, what it returned stays.
    pub(super) fn end_send(&mut self) -> Result<(), Fail> {
        self.flush_top(2);
        self.adjust(-1)?;
        let d = self.top_home() - 1;
        self.op(Rop::Drop, 0, 0, d, 0);
        self.op(Rop::Move, 0, d, d + 1, 0);
        Ok(())
    }

    /// Whether word `at` is a call that can do without its result.
    pub(super) fn is_call(&self, at: usize) -> bool {
        matches!(
            Rop::of(self.words[at]),
            Rop::Call | Rop::CallFn | Rop::CallFar
        )
    }

    /// YIELD_VALUE; a local that was copied for it is yielded as it stands.
    pub(super) fn yield_value(&mut self, arg: u32) -> Result<(), Fail> {
        let i = self.stack.len().checked_sub(1).ok_or("stack underflow")?;
        let h = self.home(i);
        let mut from = (h, CONSUME_A);
        if let (Some(at), Entry::Temp) = (self.patchable, self.stack[i])
            && at + 1 == self.words.len()
            && Rop::of(self.words[at]) == Rop::Copy
            && d_of(self.words[at]) == h as usize
            && a_of(self.words[at]) < self.nlocals as usize
        {
            from = (a_of(self.words[at]) as u16, 0);
            self.words.pop();
            self.offsets.pop();
        }
        // Everything that lives across the yield is home and will be counted.
        self.flush();
        self.stack.pop();
        self.op(Rop::Yield, from.1 | ((arg & 1) as u8) << 2, h, from.0, 0);
        self.stack.push(Entry::Temp);
        Ok(())
    }

    /// GET_AWAITABLE: what is a coroutine stays where it is.
    pub(super) fn awaitable(&mut self, arg: u32) -> Result<(), Fail> {
        self.flush();
        let d = self.top_home() - 1;
        self.op(Rop::Awaitable, 0, d, 0, 0);
        self.cold(Op::GET_AWAITABLE, arg)
    }

    /// The locals to which the instructions from `i` on store `n` items, if that is all they do.
    fn stored_locals(&self, i: usize, n: usize) -> Result<Option<Stores>, Fail> {
        let (mut locals, mut at) = (Vec::new(), i);
        if !(3..=MAX_LOCALS).contains(&n) {
            return Ok(None);
        }
        while locals.len() < n {
            if self.joins(at, Op::STORE_FAST_STORE_FAST) && locals.len() + 2 <= n {
                let to = self.ins[at].arg;
                locals.extend([self.local(to >> 4)?, self.local(to & 15)?]);
            } else if self.joins(at, Op::STORE_FAST) {
                locals.push(self.local(self.ins[at].arg)?);
            } else {
                return Ok(None);
            }
            at += 1;
        }
        Ok(Some(Stores {
            locals,
            used: at - i,
        }))
    }

    /// UNPACK_SEQUENCE, with the stores of two locals behind it.
    pub(super) fn unpack(&mut self, i: usize) -> Result<usize, Fail> {
        let arg = self.ins[i].arg;
        if arg == 2 && self.joins(i + 1, Op::STORE_FAST_STORE_FAST) {
            let to = self.ins[i + 1].arg;
            let (l, m) = (self.local(to >> 4)?, self.local(to & 15)?);
            let (a, consumed) = self.operand()?;
            self.protect(l);
            self.protect(m);
            self.op(Rop::UnpackTwo, consumed as u8 | LOCAL, l, a, m);
            return Ok(2);
        }
        if let Some(to) = self.stored_locals(i + 1, arg as usize)? {
            let (a, consumed) = self.operand()?;
            for &l in &to.locals {
                self.protect(l);
            }
            // What is unpacked stays where it is unless one of these is its local.
            let stays = !consumed && !to.locals.contains(&a);
            let x = consumed as u8 | if stays { STAYS } else { 0 };
            self.op(Rop::UnpackLocals, x, 0, a, arg as u16);
            for four in to.locals.chunks(4) {
                let places = four.iter().rev().fold(0, |w, &l| w << 16 | l as u64);
                self.emit(places);
            }
            return Ok(1 + to.used);
        }
        let n = u16::try_from(arg).map_err(|_| "too many names to unpack")?;
        let at = self.stack.len().checked_sub(1).ok_or("stack underflow")?;
        self.flush_at(at);
        self.stack.pop();
        let h = self.home(at);
        self.op(Rop::Unpack, CONSUME_A, h, h, n);
        self.adjust(n as i32)?;
        // The stack may be deepest here.
        self.maxdepth = self.maxdepth.max(self.stack.len() + 1);
        Ok(1)
    }
}
