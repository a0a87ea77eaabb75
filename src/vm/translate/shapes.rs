//! Words of a common shape: one operand and a result, a test and its jump, a name, a container of many, a binary operator.

use super::{Entry, Fail, Translator};
use crate::regcode::*;

impl Translator<'_> {
    pub(super) fn unary(&mut self, rop: Rop) -> Result<(), Fail> {
        let (a, consumed) = self.operand()?;
        self.push_result(rop, consumed as u8, a, 0);
        Ok(())
    }
    pub(super) fn cond_jump(&mut self, rop: Rop, target: usize) -> Result<(), Fail> {
        let n = self.stack.len().checked_sub(1).ok_or("stack underflow")?;
        for k in 0..n {
            self.flush_at(k);
        }
        let (a, consumed) = self.operand()?;
        self.jump_word(rop, consumed as u8, a, target);
        Ok(())
    }
    pub(super) fn name_op(&mut self, rop: Rop, name: u32, has_value: bool) -> Result<(), Fail> {
        let c = self.cache(rop, name)?;
        if has_value {
            let (a, consumed) = self.operand()?;
            self.op(rop, consumed as u8, 0, a, c);
        } else {
            self.op(rop, 0, 0, 0, c);
        }
        Ok(())
    }
    pub(super) fn build(&mut self, rop: Rop, arg: u32, n: u32) -> Result<(), Fail> {
        self.flush_top(n as usize);
        self.adjust(-(n as i32))?;
        let base = self.top_home();
        let count = u16::try_from(arg).map_err(|_| "too many items")?;
        self.push_result(rop, 0, base, count);
        Ok(())
    }
    pub(super) fn binary(&mut self, arg: u32) -> Result<(), Fail> {
        if arg > 26 {
            return Err("bad binary operator".into());
        }
        let (plain, inplace) = if (13..26).contains(&arg) {
            (arg - 13, 4u8)
        } else {
            (arg, 0)
        };
        if let Some(Entry::Int(k)) = self.stack.last()
            && let Ok(imm) = i16::try_from(*k)
        {
            let rop = match plain {
                0 => Some(Rop::AddI),
                10 => Some(Rop::SubI),
                5 => Some(Rop::MulI),
                6 => Some(Rop::ModI),
                2 => Some(Rop::FloorDivI),
                1 => Some(Rop::AndI),
                9 => Some(Rop::RShiftI),
                3 => Some(Rop::LShiftI),
                26 => Some(Rop::SubscrI),
                _ => None,
            };
            if let Some(rop) = rop {
                self.stack.pop();
                let (a, consumed) = self.operand()?;
                self.push_result(rop, consumed as u8 | inplace, a, imm as u16);
                return Ok(());
            }
        }
        let (a, b, c) = self.operands()?;
        let rop = match plain {
            0 => Rop::Add,
            10 => Rop::Sub,
            5 => Rop::Mul,
            11 => Rop::TrueDiv,
            2 => Rop::FloorDiv,
            6 => Rop::Mod,
            1 => Rop::And,
            7 => Rop::Or,
            12 => Rop::Xor,
            3 => Rop::LShift,
            9 => Rop::RShift,
            26 => Rop::Subscr,
            _ => {
                self.push_result(Rop::Binary, c | (arg as u8) << 2, a, b);
                return Ok(());
            }
        };
        self.push_result(rop, c | inplace, a, b);
        Ok(())
    }
}
