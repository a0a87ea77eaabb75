//! The blocks that `return`, `break` and `continue` leave, and what leaving each of them takes.

use super::{Compiler, Res};
use crate::ir::{Label, Loc};
use crate::opcode::Op;
use ruff_python_ast::Stmt;

/// What kind of block.
#[derive(Clone, Copy)]
pub enum FKind<'a> {
    While,
    For,
    AsyncFor,
    TryExcept,
    FinallyTry(&'a [Stmt]),
    FinallyEnd,
    With,
    AsyncWith,
    /// The body of an `except`, with the name to forget.
    HandlerCleanup(Option<&'a str>),
    PopValue,
    ExceptionHandler,
    ExceptionGroupHandler,
    AsyncComprehension,
    StopIteration,
}

/// An open block.
#[derive(Clone, Copy)]
pub struct FBlock<'a> {
    pub kind: FKind<'a>,
    /// Where `continue` goes.
    pub start: Option<Label>,
    /// Where `break` goes.
    pub exit: Option<Label>,
    pub loc: Loc,
}

/// CPython's limit on nested blocks.
const MAX_BLOCKS: usize = 21;

impl<'a> Compiler<'a> {
    pub fn push_block(
        &mut self,
        kind: FKind<'a>,
        start: Option<Label>,
        exit: Option<Label>,
        loc: Loc,
    ) -> Res {
        if self.unit().fblocks.len() >= MAX_BLOCKS {
            return self.error_at("too many statically nested blocks", loc);
        }
        self.unit().fblocks.push(FBlock {
            kind,
            start,
            exit,
            loc,
        });
        Ok(())
    }
    pub fn pop_block(&mut self) {
        self.unit().fblocks.pop();
    }

    pub fn call_exit_with_nones(&mut self, loc: Loc) {
        for _ in 0..3 {
            self.load_none(loc);
        }
        self.op_i(Op::CALL, 3, loc);
    }

    /// Emits what leaves one block; updates the location of the code that follows.
    fn unwind(&mut self, loc: &mut Loc, info: &FBlock<'a>, keep_top: bool) -> Res {
        match info.kind {
            FKind::While
            | FKind::TryExcept
            | FKind::ExceptionHandler
            | FKind::ExceptionGroupHandler
            | FKind::AsyncComprehension
            | FKind::StopIteration => {
                if matches!(info.kind, FKind::TryExcept) {
                    self.op(Op::POP_BLOCK, *loc);
                }
            }
            FKind::For | FKind::AsyncFor | FKind::PopValue => {
                if keep_top {
                    self.op_i(Op::SWAP, 2, *loc);
                }
                self.op(Op::POP_TOP, *loc);
            }
            FKind::FinallyTry(body) => {
                self.op(Op::POP_BLOCK, *loc);
                if keep_top {
                    self.push_block(FKind::PopValue, None, None, *loc)?;
                }
                self.stmts(body)?;
                if keep_top {
                    self.pop_block();
                }
                *loc = Loc::NONE;
            }
            FKind::FinallyEnd => {
                if keep_top {
                    self.op_i(Op::SWAP, 2, *loc);
                }
                self.op(Op::POP_TOP, *loc);
                if keep_top {
                    self.op_i(Op::SWAP, 2, *loc);
                }
                self.op(Op::POP_BLOCK, *loc);
                self.op(Op::POP_EXCEPT, *loc);
            }
            FKind::With | FKind::AsyncWith => {
                *loc = info.loc;
                self.op(Op::POP_BLOCK, *loc);
                if keep_top {
                    self.op_i(Op::SWAP, 3, *loc);
                    self.op_i(Op::SWAP, 2, *loc);
                }
                self.call_exit_with_nones(*loc);
                if matches!(info.kind, FKind::AsyncWith) {
                    self.await_value(2, *loc)?;
                }
                self.op(Op::POP_TOP, *loc);
                *loc = Loc::NONE;
            }
            FKind::HandlerCleanup(name) => {
                if name.is_some() {
                    self.op(Op::POP_BLOCK, *loc);
                }
                if keep_top {
                    self.op_i(Op::SWAP, 2, *loc);
                }
                self.op(Op::POP_BLOCK, *loc);
                self.op(Op::POP_EXCEPT, *loc);
                if let Some(name) = name {
                    self.load_none(*loc);
                    self.store(name, *loc)?;
                    self.delete(name, *loc)?;
                }
            }
        }
        Ok(())
    }

    /// Leaves blocks from the innermost out: all of them, or up to the innermost loop, which is returned.
    fn unwind_all(
        &mut self,
        loc: &mut Loc,
        keep_top: bool,
        to_loop: bool,
    ) -> Res<Option<FBlock<'a>>> {
        let Some(&top) = self.unit().fblocks.last() else {
            return Ok(None);
        };
        if matches!(top.kind, FKind::ExceptionGroupHandler) {
            let msg = "'break', 'continue' and 'return' cannot appear in an except* block";
            return self.error_at(msg, *loc);
        }
        if to_loop && matches!(top.kind, FKind::While | FKind::For | FKind::AsyncFor) {
            return Ok(Some(top));
        }
        self.pop_block();
        self.unwind(loc, &top, keep_top)?;
        let found = self.unwind_all(loc, keep_top, to_loop)?;
        self.unit().fblocks.push(top);
        Ok(found)
    }

    /// Before a `return`.
    pub fn unwind_for_return(&mut self, loc: &mut Loc, keep_top: bool) -> Res {
        self.unwind_all(loc, keep_top, false).map(|_| ())
    }

    pub fn break_stmt(&mut self, at: Loc) -> Res {
        let mut loc = at;
        self.op(Op::NOP, loc);
        let Some(found) = self.unwind_all(&mut loc, false, true)? else {
            return self.error_at("'break' outside loop", at);
        };
        self.unwind(&mut loc, &found, false)?;
        if let Some(exit) = found.exit {
            self.jump(Op::JUMP, exit, loc);
        }
        Ok(())
    }

    pub fn continue_stmt(&mut self, at: Loc) -> Res {
        let mut loc = at;
        self.op(Op::NOP, loc);
        let Some(found) = self.unwind_all(&mut loc, false, true)? else {
            return self.error_at("'continue' not properly in loop", at);
        };
        if let Some(start) = found.start {
            self.jump(Op::JUMP, start, loc);
        }
        Ok(())
    }
}
