//! Conditions: jumps on truth, comparisons, `and`, `or`, conditional expressions.

use super::{Compiler, Res};
use crate::ir::{Label, Loc};
use crate::opcode::{Op, compare};
use ruff_python_ast::{BoolOp, CmpOp, Expr, ExprBoolOp, ExprCompare, ExprIf, UnaryOp};

impl<'a> Compiler<'a> {
    /// Jumps to `to` when the truth of `expr` is `when`; falls through otherwise.
    pub fn jump_if(&mut self, expr: &'a Expr, to: Label, when: bool) -> Res {
        stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || {
            self.jump_if_inner(expr, to, when)
        })
    }

    fn jump_if_inner(&mut self, expr: &'a Expr, to: Label, when: bool) -> Res {
        let loc = self.loc(expr);
        match expr {
            Expr::UnaryOp(e) if e.op == UnaryOp::Not => return self.jump_if(&e.operand, to, !when),
            Expr::BoolOp(e) => {
                let is_or = e.op == BoolOp::Or;
                let skip = if is_or == when { to } else { self.label() };
                let Some((last, firsts)) = e.values.split_last() else {
                    return Ok(());
                };
                for value in firsts {
                    self.jump_if(value, skip, is_or)?;
                }
                self.jump_if(last, to, when)?;
                if skip != to {
                    self.put(skip);
                }
                return Ok(());
            }
            Expr::If(e) => {
                let [end, orelse] = self.new_labels();
                self.jump_if(&e.test, orelse, false)?;
                self.jump_if(&e.body, to, when)?;
                self.jump(Op::JUMP_NO_INTERRUPT, end, Loc::NONE);
                self.put(orelse);
                self.jump_if(&e.orelse, to, when)?;
                self.put(end);
                return Ok(());
            }
            Expr::Compare(e) if e.ops.len() > 1 => {
                let cleanup = self.label();
                self.expr(&e.left)?;
                let last = e.ops.len() - 1;
                for index in 0..last {
                    self.expr(&e.comparators[index])?;
                    self.op_i(Op::SWAP, 2, loc);
                    self.op_i(Op::COPY, 2, loc);
                    self.compare_op(e.ops[index], loc);
                    self.op(Op::TO_BOOL, loc);
                    self.jump(Op::POP_JUMP_IF_FALSE, cleanup, loc);
                }
                self.expr(&e.comparators[last])?;
                self.compare_op(e.ops[last], loc);
                self.op(Op::TO_BOOL, loc);
                self.jump(Self::jump_op(when), to, loc);
                let end = self.label();
                self.jump(Op::JUMP_NO_INTERRUPT, end, Loc::NONE);
                self.put(cleanup);
                self.op(Op::POP_TOP, loc);
                if !when {
                    self.jump(Op::JUMP_NO_INTERRUPT, to, Loc::NONE);
                }
                self.put(end);
                return Ok(());
            }
            _ => {}
        }
        self.expr(expr)?;
        self.op(Op::TO_BOOL, loc);
        self.jump(Self::jump_op(when), to, loc);
        Ok(())
    }

    fn jump_op(when: bool) -> Op {
        if when {
            Op::POP_JUMP_IF_TRUE
        } else {
            Op::POP_JUMP_IF_FALSE
        }
    }

    pub fn compare_op(&mut self, op: CmpOp, loc: Loc) {
        let (op, arg) = match op {
            CmpOp::Eq => (Op::COMPARE_OP, compare::operand(compare::EQ)),
            CmpOp::NotEq => (Op::COMPARE_OP, compare::operand(compare::NE)),
            CmpOp::Lt => (Op::COMPARE_OP, compare::operand(compare::LT)),
            CmpOp::LtE => (Op::COMPARE_OP, compare::operand(compare::LE)),
            CmpOp::Gt => (Op::COMPARE_OP, compare::operand(compare::GT)),
            CmpOp::GtE => (Op::COMPARE_OP, compare::operand(compare::GE)),
            CmpOp::Is => (Op::IS_OP, 0),
            CmpOp::IsNot => (Op::IS_OP, 1),
            CmpOp::In => (Op::CONTAINS_OP, 0),
            CmpOp::NotIn => (Op::CONTAINS_OP, 1),
        };
        self.op_i(op, arg, loc);
    }

    pub fn compare_expr(&mut self, e: &'a ExprCompare) -> Res {
        let loc = self.loc(e);
        self.expr(&e.left)?;
        let last = e.ops.len() - 1;
        if last == 0 {
            self.expr(&e.comparators[0])?;
            self.compare_op(e.ops[0], loc);
            return Ok(());
        }
        let cleanup = self.label();
        for index in 0..last {
            self.expr(&e.comparators[index])?;
            self.op_i(Op::SWAP, 2, loc);
            self.op_i(Op::COPY, 2, loc);
            self.compare_op(e.ops[index], loc);
            self.op_i(Op::COPY, 1, loc);
            self.op(Op::TO_BOOL, loc);
            self.jump(Op::POP_JUMP_IF_FALSE, cleanup, loc);
            self.op(Op::POP_TOP, loc);
        }
        self.expr(&e.comparators[last])?;
        self.compare_op(e.ops[last], loc);
        let end = self.label();
        self.jump(Op::JUMP_NO_INTERRUPT, end, Loc::NONE);
        self.put(cleanup);
        self.op_i(Op::SWAP, 2, loc);
        self.op(Op::POP_TOP, loc);
        self.put(end);
        Ok(())
    }

    pub fn bool_op(&mut self, e: &'a ExprBoolOp) -> Res {
        let loc = self.loc(e);
        let end = self.label();
        let op = if e.op == BoolOp::And {
            Op::JUMP_IF_FALSE
        } else {
            Op::JUMP_IF_TRUE
        };
        let Some((last, firsts)) = e.values.split_last() else {
            return Ok(());
        };
        for value in firsts {
            self.expr(value)?;
            self.jump(op, end, loc);
            self.op(Op::POP_TOP, loc);
        }
        self.expr(last)?;
        self.put(end);
        Ok(())
    }

    pub fn if_expr(&mut self, e: &'a ExprIf) -> Res {
        let [end, orelse] = self.new_labels();
        self.jump_if(&e.test, orelse, false)?;
        self.expr(&e.body)?;
        self.jump(Op::JUMP_NO_INTERRUPT, end, Loc::NONE);
        self.put(orelse);
        self.expr(&e.orelse)?;
        self.put(end);
        Ok(())
    }
}
