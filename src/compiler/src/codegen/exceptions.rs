//! `try` in its three forms.

use super::{Compiler, Res, blocks::FKind};
use crate::ir::{Label, Loc};
use crate::opcode::{Op, intrinsic2};
use ruff_python_ast::{ExceptHandler, StmtTry};

const NONE: Loc = Loc::NONE;

impl<'a> Compiler<'a> {
    pub fn try_stmt(&mut self, s: &'a StmtTry) -> Res {
        if s.finalbody.is_empty() {
            self.try_handlers(s)
        } else {
            self.try_finally(s)
        }
    }

    fn try_handlers(&mut self, s: &'a StmtTry) -> Res {
        if s.is_star {
            self.try_star(s)
        } else {
            self.try_except(s)
        }
    }

    fn try_finally(&mut self, s: &'a StmtTry) -> Res {
        let loc = self.src.loc(self.src.compound_range(s.range));
        let [body, end, exit, cleanup] = self.new_labels();
        self.jump(Op::SETUP_FINALLY, end, loc);
        self.put(body);
        self.push_block(FKind::FinallyTry(&s.finalbody), Some(body), Some(end), loc)?;
        if s.handlers.is_empty() {
            self.stmts(&s.body)?;
            self.stmts(&s.orelse)?;
        } else {
            self.try_handlers(s)?;
        }
        self.op(Op::POP_BLOCK, NONE);
        self.pop_block();
        self.stmts(&s.finalbody)?;
        self.jump(Op::JUMP_NO_INTERRUPT, exit, NONE);

        self.put(end);
        self.push_block(FKind::FinallyEnd, Some(end), None, loc)?;
        self.jump(Op::SETUP_CLEANUP, cleanup, NONE);
        self.op(Op::PUSH_EXC_INFO, NONE);
        self.stmts(&s.finalbody)?;
        self.op_i(Op::RERAISE, 0, NONE);
        self.pop_block();
        self.put(cleanup);
        self.pop_except_and_reraise();
        self.put(exit);
        Ok(())
    }

    /// The guarded body, up to the handlers.
    fn try_body(&mut self, s: &'a StmtTry, except: Label) -> Res {
        let loc = self.src.loc(self.src.compound_range(s.range));
        let body = self.label();
        self.jump(Op::SETUP_FINALLY, except, loc);
        self.put(body);
        self.push_block(FKind::TryExcept, Some(body), None, loc)?;
        self.stmts(&s.body)?;
        self.pop_block();
        self.op(Op::POP_BLOCK, NONE);
        Ok(())
    }

    /// `name = None; del name`
    fn forget(&mut self, name: Option<&str>) -> Res {
        if let Some(name) = name {
            self.load_none(NONE);
            self.store(name, NONE)?;
            self.delete(name, NONE)?;
        }
        Ok(())
    }

    fn try_except(&mut self, s: &'a StmtTry) -> Res {
        let stmt = self.src.loc(self.src.compound_range(s.range));
        let [mut except, end, cleanup] = self.new_labels();
        self.try_body(s, except)?;
        self.stmts(&s.orelse)?;
        self.jump(Op::JUMP_NO_INTERRUPT, end, NONE);
        self.put(except);
        self.jump(Op::SETUP_CLEANUP, cleanup, NONE);
        self.op(Op::PUSH_EXC_INFO, NONE);
        self.push_block(FKind::ExceptionHandler, None, None, stmt)?;
        let count = s.handlers.len();
        for (index, ExceptHandler::ExceptHandler(handler)) in s.handlers.iter().enumerate() {
            let loc = self.src.loc(self.src.compound_range(handler.range));
            if handler.type_.is_none() && index + 1 < count {
                return self.error("default 'except:' must be last", handler.range);
            }
            except = self.label();
            if let Some(type_) = &handler.type_ {
                self.expr(type_)?;
                self.op(Op::CHECK_EXC_MATCH, loc);
                self.jump(Op::POP_JUMP_IF_FALSE, except, loc);
            }
            if let Some(name) = &handler.name {
                let name = name.as_str();
                let [cleanup_end, cleanup_body] = self.new_labels();
                self.store(name, loc)?;
                self.jump(Op::SETUP_CLEANUP, cleanup_end, loc);
                self.put(cleanup_body);
                self.push_block(
                    FKind::HandlerCleanup(Some(name)),
                    Some(cleanup_body),
                    None,
                    loc,
                )?;
                self.stmts(&handler.body)?;
                self.pop_block();
                self.op(Op::POP_BLOCK, NONE);
                self.op(Op::POP_BLOCK, NONE);
                self.op(Op::POP_EXCEPT, NONE);
                self.forget(Some(name))?;
                self.jump(Op::JUMP_NO_INTERRUPT, end, NONE);
                self.put(cleanup_end);
                self.forget(Some(name))?;
                self.op_i(Op::RERAISE, 1, NONE);
            } else {
                let cleanup_body = self.label();
                self.op(Op::POP_TOP, loc);
                self.put(cleanup_body);
                self.push_block(FKind::HandlerCleanup(None), Some(cleanup_body), None, loc)?;
                self.stmts(&handler.body)?;
                self.pop_block();
                self.op(Op::POP_BLOCK, NONE);
                self.op(Op::POP_EXCEPT, NONE);
                self.jump(Op::JUMP_NO_INTERRUPT, end, NONE);
            }
            self.put(except);
        }
        self.pop_block();
        self.op_i(Op::RERAISE, 0, NONE);
        self.put(cleanup);
        self.pop_except_and_reraise();
        self.put(end);
        Ok(())
    }

    fn try_star(&mut self, s: &'a StmtTry) -> Res {
        let stmt = self.src.loc(self.src.compound_range(s.range));
        let [except, orelse, end, cleanup, reraise_star, reraise] = self.new_labels();
        self.try_body(s, except)?;
        self.jump(Op::JUMP_NO_INTERRUPT, orelse, NONE);
        self.put(except);
        self.jump(Op::SETUP_CLEANUP, cleanup, NONE);
        self.op(Op::PUSH_EXC_INFO, NONE);
        self.push_block(FKind::ExceptionGroupHandler, None, None, stmt)?;
        let count = s.handlers.len();
        for (index, ExceptHandler::ExceptHandler(handler)) in s.handlers.iter().enumerate() {
            let loc = self.src.loc(self.src.compound_range(handler.range));
            let [next, with_error, no_match] = self.new_labels();
            if index == 0 {
                // [group] becomes [group, raised in handlers, rest to match]
                self.op_i(Op::BUILD_LIST, 0, loc);
                self.op_i(Op::COPY, 2, loc);
            }
            if let Some(type_) = &handler.type_ {
                self.expr(type_)?;
                self.op(Op::CHECK_EG_MATCH, loc);
                self.op_i(Op::COPY, 1, loc);
                self.jump(Op::POP_JUMP_IF_NONE, no_match, loc);
            }
            let [cleanup_end, cleanup_body] = self.new_labels();
            let name = handler.name.as_ref().map(|name| name.as_str());
            match name {
                Some(name) => self.store(name, loc)?,
                None => self.op(Op::POP_TOP, loc),
            }
            self.jump(Op::SETUP_CLEANUP, cleanup_end, loc);
            self.put(cleanup_body);
            self.push_block(FKind::HandlerCleanup(name), Some(cleanup_body), None, loc)?;
            self.stmts(&handler.body)?;
            self.pop_block();
            self.op(Op::POP_BLOCK, NONE);
            self.forget(name)?;
            self.jump(Op::JUMP_NO_INTERRUPT, next, NONE);
            self.put(cleanup_end);
            self.forget(name)?;
            self.op_i(Op::LIST_APPEND, 3, NONE);
            self.op(Op::POP_TOP, NONE);
            self.jump(Op::JUMP_NO_INTERRUPT, with_error, NONE);
            self.put(next);
            // Holds the location of the body's end.
            self.op(Op::NOP, NONE);
            self.jump(Op::JUMP_NO_INTERRUPT, with_error, NONE);
            self.put(no_match);
            self.op(Op::POP_TOP, loc);
            self.put(with_error);
            if index + 1 == count {
                self.op_i(Op::LIST_APPEND, 1, NONE);
                self.jump(Op::JUMP_NO_INTERRUPT, reraise_star, NONE);
            }
        }
        self.pop_block();
        self.put(reraise_star);
        self.op_i(Op::CALL_INTRINSIC_2, intrinsic2::PREP_RERAISE_STAR, NONE);
        self.op_i(Op::COPY, 1, NONE);
        self.jump(Op::POP_JUMP_IF_NOT_NONE, reraise, NONE);
        self.op(Op::POP_TOP, NONE);
        self.op(Op::POP_BLOCK, NONE);
        self.op(Op::POP_EXCEPT, NONE);
        self.jump(Op::JUMP_NO_INTERRUPT, end, NONE);
        self.put(reraise);
        self.op(Op::POP_BLOCK, NONE);
        self.op_i(Op::SWAP, 2, NONE);
        self.op(Op::POP_EXCEPT, NONE);
        self.op_i(Op::RERAISE, 0, NONE);
        self.put(cleanup);
        self.pop_except_and_reraise();
        self.put(orelse);
        self.stmts(&s.orelse)?;
        self.put(end);
        Ok(())
    }
}
