//! Where temporaries go that need no word of their own, or one word where the stack code has several: values thrown away,
//! bounds of slices, functions with their closures.

use super::{Entry, Fail, Translator};
use crate::regcode::*;
use typhon_compiler::opcode::Op;

impl Translator<'_> {
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
