//! Where temporaries go that need no word of their own, or one word where the stack code has several: values thrown away,
//! bounds of slices, functions with their closures.

use super::{Entry, Fail, Translator};
use crate::regcode::*;
use typhon_compiler::opcode::{Op, stack_effect};

impl Translator<'_> {
    /// Push local `l`, as the last that instruction `i` does: counted, unless what uses it up is near.
    pub(super) fn load(&mut self, i: usize, l: u16) {
        if self.is_used_up(i) {
            self.stack.push(Entry::Local(l));
            self.patchable = None;
        } else {
            self.push_result(Rop::Copy, 0, l, 0);
        }
    }

    /// Whether the value on top of the stack behind instruction `i` is used up in the same block, before any local changes. (The
    /// compiler borrows most of these, but none that is loaded by the instruction that stores a loop's variable.)
    fn is_used_up(&self, i: usize) -> bool {
        const NEAR: usize = 24;
        let mut above = 1;
        for k in i + 1..self.ins.len().min(i + NEAR) {
            let (op, arg) = (self.ins[k].op, self.ins[k].arg as i32);
            let (Some(taken), Some(effect)) =
                (taken(op, arg), stack_effect(op, self.ins[k].arg, false))
            else {
                return false;
            };
            if self.starts[k] || self.plan.is_some() {
                return false;
            }
            if taken >= above {
                return true;
            }
            if op.has_jump() {
                return false;
            }
            above += effect;
        }
        false
    }

    /// POP_TOP and its like, instruction `i`.
    pub(super) fn pop_top(&mut self, i: usize) -> Result<(), Fail> {
        let made = self.patchable.filter(|&at| self.is_call(at));
        if self.pop()? == Entry::Temp {
            let h = self.top_home();
            // What was there before came from the last word: RESUME has none.
            let joins = i > 1 && self.joins(i, self.ins[i].op) && !self.starts[i - 1];
            let last = self.words.len().wrapping_sub(1);
            match (made, self.words.get(last).map(|&w| Rop::of(w))) {
                (Some(at), _) if d_of(self.words[at]) == h as usize => {
                    self.words[at] |= (DISCARD as u64) << 8;
                }
                (_, Some(Rop::Yield)) if joins && d_of(self.words[last]) == h as usize => {
                    self.words[last] |= (UNSENT as u64) << 8;
                }
                // The register is None when a generator starts.
                (_, Some(Rop::ReturnGenerator)) if joins => {}
                _ => self.op(Rop::Drop, 0, 0, h, 0),
            }
        }
        self.patchable = None;
        Ok(())
    }

    /// The two bounds on top of the stack are home; the register of the first.
    fn bounds(&mut self) -> Result<u16, Fail> {
        let n = self.stack.len();
        if n < 3 {
            return Err("stack underflow".into());
        }
        // What stands below, in order.
        for k in n.saturating_sub(4)..n {
            if k >= n - 2 || !matches!(self.stack[k], Entry::Local(_)) {
                self.flush_at(k);
            }
        }
        self.stack.truncate(n - 2);
        Ok(self.home(n - 2))
    }

    /// BINARY_SLICE.
    pub(super) fn slice(&mut self) -> Result<(), Fail> {
        let b = self.bounds()?;
        let (a, consumed) = self.operand()?;
        self.push_result(Rop::Slice, consumed as u8, a, b);
        Ok(())
    }

    /// STORE_SLICE.
    pub(super) fn store_slice(&mut self) -> Result<(), Fail> {
        let b = self.bounds()?;
        let (a, consumed) = self.operand()?;
        let (d, value) = self.operand()?;
        self.op(
            Rop::StoreSlice,
            consumed as u8 | (value as u8) << 2,
            d,
            a,
            b,
        );
        Ok(())
    }

    /// MAKE_FUNCTION, with a closure that SET_FUNCTION_ATTRIBUTE gives it next; how many instructions that are.
    pub(super) fn make_function(&mut self, i: usize) -> Result<usize, Fail> {
        const CLOSURE: u32 = 8;
        let code = match self.stack.last() {
            Some(Entry::Const(k)) => u16::try_from(*k).ok(),
            _ => None,
        };
        let Some(code) = code else {
            self.cold(Op::MAKE_FUNCTION, 0)?;
            return Ok(1);
        };
        self.stack.pop();
        let cache = self.cache(Rop::MakeFunction, 0)?;
        if self.joins(i + 1, Op::SET_FUNCTION_ATTRIBUTE) && self.ins[i + 1].arg == CLOSURE {
            let at = self.stack.len().checked_sub(1).ok_or("stack underflow")?;
            self.flush_at(at);
            self.op(Rop::MakeFunction, 1, self.home(at), code, cache);
            return Ok(2);
        }
        self.push_result(Rop::MakeFunction, 0, code, cache);
        Ok(1)
    }
}

/// How many values an instruction takes from the stack, of those that change no local and do not look further down.
fn taken(op: Op, arg: i32) -> Option<i32> {
    Some(match op {
        Op::NOP
        | Op::NOT_TAKEN
        | Op::CACHE
        | Op::PUSH_NULL
        | Op::LOAD_CONST
        | Op::LOAD_SMALL_INT
        | Op::LOAD_FAST
        | Op::LOAD_FAST_BORROW
        | Op::LOAD_FAST_LOAD_FAST
        | Op::LOAD_FAST_BORROW_LOAD_FAST_BORROW
        | Op::LOAD_GLOBAL
        | Op::LOAD_DEREF => 0,
        Op::LOAD_ATTR
        | Op::TO_BOOL
        | Op::UNARY_NOT
        | Op::UNARY_NEGATIVE
        | Op::UNARY_INVERT
        | Op::GET_ITER
        | Op::FORMAT_SIMPLE
        | Op::LIST_APPEND
        | Op::SET_ADD
        | Op::POP_TOP
        | Op::POP_JUMP_IF_FALSE
        | Op::POP_JUMP_IF_TRUE
        | Op::POP_JUMP_IF_NONE
        | Op::POP_JUMP_IF_NOT_NONE
        | Op::RETURN_VALUE => 1,
        Op::BINARY_OP
        | Op::COMPARE_OP
        | Op::IS_OP
        | Op::CONTAINS_OP
        | Op::FORMAT_WITH_SPEC
        | Op::MAP_ADD
        | Op::STORE_ATTR => 2,
        Op::BINARY_SLICE | Op::STORE_SUBSCR => 3,
        Op::STORE_SLICE => 4,
        Op::CALL => arg + 2,
        Op::CALL_KW => arg + 3,
        Op::BUILD_TUPLE | Op::BUILD_LIST | Op::BUILD_SET | Op::BUILD_STRING => arg,
        _ => return None,
    })
}
