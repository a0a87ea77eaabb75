//! `if`, loops and `with`.

use super::{Compiler, Res, blocks::FKind};
use crate::ir::Loc;
use crate::opcode::{Op, resume, special};
use ruff_python_ast::{ElifElseClause, Expr, Stmt, StmtFor, StmtWhile, StmtWith};

impl<'a> Compiler<'a> {
    pub fn if_stmt(
        &mut self,
        test: &'a Expr,
        body: &'a [Stmt],
        clauses: &'a [ElifElseClause],
    ) -> Res {
        let end = self.label();
        let (mut test, mut body, mut clauses) = (test, body, clauses);
        let mut ends = vec![end];
        // Each `elif` is an `if` nested in the `else` of the one before.
        while let Some((clause, rest)) = clauses.split_first() {
            let next = self.label();
            self.jump_if(test, next, false)?;
            self.stmts(body)?;
            let last = ends[ends.len() - 1];
            self.jump(Op::JUMP_NO_INTERRUPT, last, Loc::NONE);
            self.put(next);
            match &clause.test {
                Some(condition) => {
                    (test, body, clauses) = (condition, &clause.body, rest);
                    let inner = self.label();
                    ends.push(inner);
                }
                None => {
                    self.stmts(&clause.body)?;
                    return self.put_all(&ends);
                }
            }
        }
        let last = ends[ends.len() - 1];
        self.jump_if(test, last, false)?;
        self.stmts(body)?;
        self.put_all(&ends)
    }

    fn put_all(&mut self, labels: &[crate::ir::Label]) -> Res {
        for &label in labels.iter().rev() {
            self.put(label);
        }
        Ok(())
    }

    pub fn while_stmt(&mut self, s: &'a StmtWhile) -> Res {
        let loc = self.src.loc(self.src.compound_range(s.range));
        let [start, end, anchor] = self.new_labels();
        self.put(start);
        self.push_block(FKind::While, Some(start), Some(end), loc)?;
        self.jump_if(&s.test, anchor, false)?;
        self.stmts(&s.body)?;
        self.jump(Op::JUMP, start, Loc::NONE);
        self.pop_block();
        self.put(anchor);
        self.stmts(&s.orelse)?;
        self.put(end);
        Ok(())
    }

    pub fn for_stmt(&mut self, s: &'a StmtFor) -> Res {
        let stmt = self.src.loc(self.src.compound_range(s.range));
        let [start, cleanup, end] = self.new_labels();
        self.push_block(FKind::For, Some(start), Some(end), stmt)?;
        self.expr(&s.iter)?;
        let loc = self.loc(&*s.iter);
        self.op(Op::GET_ITER, loc);
        self.put(start);
        self.jump(Op::FOR_ITER, cleanup, loc);
        // Keeps the target's line visible to tracing when it is another one.
        let target = self.loc(&*s.target);
        self.op(Op::NOP, target);
        self.expr(&s.target)?;
        self.stmts(&s.body)?;
        self.jump(Op::JUMP, start, Loc::NONE);
        self.put(cleanup);
        self.op(Op::END_FOR, Loc::NONE);
        self.op(Op::POP_ITER, Loc::NONE);
        self.pop_block();
        self.stmts(&s.orelse)?;
        self.put(end);
        Ok(())
    }

    pub fn async_for(&mut self, s: &'a StmtFor) -> Res {
        let loc = self.src.loc(self.src.compound_range(s.range));
        let iter = self.loc(&*s.iter);
        let [start, except, end] = self.new_labels();
        self.expr(&s.iter)?;
        self.op(Op::GET_AITER, iter);
        self.put(start);
        self.push_block(FKind::AsyncFor, Some(start), Some(end), loc)?;
        let send = self.async_next(except, loc)?;
        self.op(Op::NOT_TAKEN, loc);
        self.expr(&s.target)?;
        self.stmts(&s.body)?;
        self.jump(Op::JUMP, start, Loc::NONE);
        self.pop_block();
        self.put(except);
        self.jump(Op::END_ASYNC_FOR, send, iter);
        self.stmts(&s.orelse)?;
        self.put(end);
        Ok(())
    }

    /// One step of an asynchronous iteration, guarded for StopAsyncIteration; returns the label of its SEND.
    pub fn async_next(&mut self, except: crate::ir::Label, loc: Loc) -> Res<crate::ir::Label> {
        let send = self.label();
        self.jump(Op::SETUP_FINALLY, except, loc);
        self.op(Op::GET_ANEXT, loc);
        self.load_none(loc);
        self.put(send);
        self.yield_from(true, loc)?;
        self.op(Op::POP_BLOCK, loc);
        Ok(send)
    }

    /// `GET_AWAITABLE` and waiting for the result.
    pub fn await_value(&mut self, kind: u32, loc: Loc) -> Res {
        self.op_i(Op::GET_AWAITABLE, kind, loc);
        self.load_none(loc);
        self.yield_from(true, loc)
    }

    /// The loop that delegates to an iterator.
    pub fn yield_from(&mut self, awaiting: bool, loc: Loc) -> Res {
        let [send, fail, exit] = self.new_labels();
        self.put(send);
        self.jump(Op::SEND, exit, loc);
        // A StopIteration out of close() or throw() is the delegation's result.
        self.jump(Op::SETUP_FINALLY, fail, loc);
        self.op_i(Op::YIELD_VALUE, 1, loc);
        self.op(Op::POP_BLOCK, Loc::NONE);
        let place = if awaiting {
            resume::AFTER_AWAIT
        } else {
            resume::AFTER_YIELD_FROM
        };
        self.op_i(Op::RESUME, place, loc);
        self.jump(Op::JUMP_NO_INTERRUPT, send, loc);
        self.put(fail);
        self.op(Op::CLEANUP_THROW, loc);
        self.put(exit);
        self.op(Op::END_SEND, loc);
        Ok(())
    }

    pub fn with_stmt(&mut self, s: &'a StmtWith, index: usize) -> Res {
        let item = &s.items[index];
        let [block, finale, exit, cleanup] = self.new_labels();
        self.expr(&item.context_expr)?;
        let loc = self.loc(&item.context_expr);
        let (leave, enter) = if s.is_async {
            (special::AEXIT, special::AENTER)
        } else {
            (special::EXIT, special::ENTER)
        };
        self.op_i(Op::COPY, 1, loc);
        self.op_i(Op::LOAD_SPECIAL, leave, loc);
        self.op_i(Op::SWAP, 2, loc);
        self.op_i(Op::SWAP, 3, loc);
        self.op_i(Op::LOAD_SPECIAL, enter, loc);
        self.op_i(Op::CALL, 0, loc);
        if s.is_async {
            self.await_value(1, loc)?;
        }
        self.jump(Op::SETUP_WITH, finale, loc);
        self.put(block);
        let kind = if s.is_async {
            FKind::AsyncWith
        } else {
            FKind::With
        };
        self.push_block(kind, Some(block), Some(finale), loc)?;
        match &item.optional_vars {
            Some(target) => self.expr(target)?,
            None => self.op(Op::POP_TOP, loc),
        }
        if index + 1 == s.items.len() {
            self.stmts(&s.body)?;
        } else {
            stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || self.with_stmt(s, index + 1))?;
        }
        self.pop_block();
        self.op(Op::POP_BLOCK, if s.is_async { loc } else { Loc::NONE });
        self.call_exit_with_nones(loc);
        if s.is_async {
            self.await_value(2, loc)?;
        }
        self.op(Op::POP_TOP, loc);
        self.jump(Op::JUMP, exit, loc);
        self.put(finale);
        self.jump(Op::SETUP_CLEANUP, cleanup, loc);
        self.op(Op::PUSH_EXC_INFO, loc);
        self.op(Op::WITH_EXCEPT_START, loc);
        if s.is_async {
            self.await_value(2, loc)?;
        }
        self.with_except_finish(cleanup);
        self.put(exit);
        Ok(())
    }

    /// Decides by the result of `__exit__` whether the exception goes on.
    fn with_except_finish(&mut self, cleanup: crate::ir::Label) {
        let [suppress, exit] = self.new_labels();
        let none = Loc::NONE;
        self.op(Op::TO_BOOL, none);
        self.jump(Op::POP_JUMP_IF_TRUE, suppress, none);
        self.op_i(Op::RERAISE, 2, none);
        self.put(suppress);
        self.op(Op::POP_TOP, none);
        self.op(Op::POP_BLOCK, none);
        self.op(Op::POP_EXCEPT, none);
        for _ in 0..3 {
            self.op(Op::POP_TOP, none);
        }
        self.jump(Op::JUMP_NO_INTERRUPT, exit, none);
        self.put(cleanup);
        self.pop_except_and_reraise();
        self.put(exit);
    }

    pub fn pop_except_and_reraise(&mut self) {
        self.op_i(Op::COPY, 3, Loc::NONE);
        self.op(Op::POP_EXCEPT, Loc::NONE);
        self.op_i(Op::RERAISE, 1, Loc::NONE);
    }
}
