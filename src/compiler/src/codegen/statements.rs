//! Statements: the dispatcher and the simple ones.

use super::{Compiler, Res, names::Access, unit::ScopeKind};
use crate::ast::{docstring, is_constant};
use crate::code::Const;
use crate::ir::Loc;
use crate::literal::clean_docstring;
use crate::opcode::{Op, binary, common_constant, intrinsic1};
use crate::source::Source;
use crate::symtable::BlockKind;
use ruff_python_ast::{Expr, Operator, Stmt, StmtAssert, StmtAugAssign, StmtExpr, StmtReturn};
use ruff_text_size::{Ranged, TextRange};

/// A statement's range as CPython counts it: decorators are no part of it.
pub fn stmt_range(src: &Source, stmt: &Stmt) -> TextRange {
    match stmt {
        Stmt::FunctionDef(s) => src.definition_range(s.range, &s.decorator_list),
        Stmt::ClassDef(s) => src.definition_range(s.range, &s.decorator_list),
        Stmt::If(_)
        | Stmt::For(_)
        | Stmt::While(_)
        | Stmt::With(_)
        | Stmt::Try(_)
        | Stmt::Match(_) => src.compound_range(stmt.range()),
        _ => stmt.range(),
    }
}

impl<'a> Compiler<'a> {
    /// The statements of a module or class, with docstring and annotations.
    pub fn body(&mut self, loc: Loc, body: &'a [Stmt]) -> Res {
        if self.block().has_conditional_annotations && !body.is_empty() {
            self.op_i(Op::BUILD_SET, 0, loc);
            if self.block().kind == BlockKind::Class {
                let index = self.deref_index("__conditional_annotations__")?;
                self.op_i(Op::STORE_DEREF, index, loc);
            } else {
                self.op_name(Op::STORE_NAME, "__conditional_annotations__", loc);
            }
        }
        if self.future_annotations() && self.block().annotations_used {
            self.op(Op::SETUP_ANNOTATIONS, loc);
        }
        let mut rest = body;
        let documented = docstring(body).filter(|_| !(self.interactive && self.units.len() == 1));
        if let Some(doc) = documented {
            rest = &body[1..];
            if self.opts.optimize < 2 {
                let doc_loc = self.loc(doc);
                if let Const::Str(text) = self.string_value(doc)? {
                    self.load_const(Const::Str(clean_docstring(&text)), doc_loc);
                    self.store("__doc__", Loc::NONE)?;
                }
            } else if rest.is_empty() {
                let loc = stripped_docstring(self.loc(doc));
                self.op(Op::NOP, loc);
            }
        }
        self.stmts(rest)?;
        if !self.future_annotations() {
            self.deferred_annotations(loc)?;
        }
        Ok(())
    }

    pub fn stmts(&mut self, body: &'a [Stmt]) -> Res {
        body.iter().try_for_each(|stmt| self.stmt(stmt))
    }

    pub fn stmt(&mut self, stmt: &'a Stmt) -> Res {
        stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || self.stmt_inner(stmt))
    }

    /// Runs code whose annotations may or may not be executed.
    fn conditional(&mut self, run: impl FnOnce(&mut Self) -> Res) -> Res {
        let old = std::mem::replace(&mut self.unit().in_conditional_block, true);
        run(self)?;
        self.unit().in_conditional_block = old;
        Ok(())
    }

    fn stmt_inner(&mut self, stmt: &'a Stmt) -> Res {
        let loc = self.src.loc(stmt_range(self.src, stmt));
        match stmt {
            Stmt::FunctionDef(s) => self.function(s),
            Stmt::ClassDef(s) => self.class(s),
            Stmt::TypeAlias(s) => self.type_alias(s),
            Stmt::Return(s) => self.return_stmt(s),
            Stmt::Delete(s) => s.targets.iter().try_for_each(|target| self.expr(target)),
            Stmt::Assign(s) => {
                self.expr(&s.value)?;
                let last = s.targets.len().saturating_sub(1);
                for (index, target) in s.targets.iter().enumerate() {
                    if index < last {
                        self.op_i(Op::COPY, 1, loc);
                    }
                    self.expr(target)?;
                }
                Ok(())
            }
            Stmt::AugAssign(s) => self.aug_assign(s),
            Stmt::AnnAssign(s) => self.ann_assign(s),
            Stmt::For(s) if s.is_async => self.conditional(|c| c.async_for(s)),
            Stmt::For(s) => self.conditional(|c| c.for_stmt(s)),
            Stmt::While(s) => self.conditional(|c| c.while_stmt(s)),
            Stmt::If(s) => self.conditional(|c| c.if_stmt(&s.test, &s.body, &s.elif_else_clauses)),
            Stmt::Match(s) => self.conditional(|c| c.match_stmt(s)),
            Stmt::With(s) => self.conditional(|c| c.with_stmt(s, 0)),
            Stmt::Try(s) => self.conditional(|c| c.try_stmt(s)),
            Stmt::Raise(s) => {
                let parts = [s.exc.as_deref(), s.cause.as_deref()];
                let mut count = 0;
                for part in parts.into_iter().flatten() {
                    self.expr(part)?;
                    count += 1;
                }
                self.op_i(Op::RAISE_VARARGS, count, loc);
                Ok(())
            }
            Stmt::Assert(s) => self.assert_stmt(s),
            Stmt::Import(s) => self.import_stmt(s),
            Stmt::ImportFrom(s) => self.import_from(s),
            Stmt::Global(_) | Stmt::Nonlocal(_) => Ok(()),
            Stmt::Expr(s) => self.expr_stmt(s, loc),
            Stmt::Pass(_) => {
                self.op(Op::NOP, loc);
                Ok(())
            }
            Stmt::Break(_) => self.break_stmt(loc),
            Stmt::Continue(_) => self.continue_stmt(loc),
            Stmt::IpyEscapeCommand(s) => self.error("invalid syntax", s.range),
        }
    }

    fn expr_stmt(&mut self, s: &'a StmtExpr, loc: Loc) -> Res {
        if self.interactive && self.units.len() == 1 {
            self.expr(&s.value)?;
            self.op_i(Op::CALL_INTRINSIC_1, intrinsic1::PRINT, loc);
            self.op(Op::POP_TOP, Loc::NONE);
            return Ok(());
        }
        if is_constant(&s.value) {
            // The statement does nothing, but tracing still sees its line.
            self.constant(&s.value)?;
            self.op(Op::NOP, loc);
            return Ok(());
        }
        self.expr(&s.value)?;
        self.op(Op::POP_TOP, Loc::NONE);
        Ok(())
    }

    fn return_stmt(&mut self, s: &'a StmtReturn) -> Res {
        let mut loc = self.loc(s);
        if !self.block().is_function_like() {
            return self.error("'return' outside function", s.range);
        }
        let value = s.value.as_deref();
        if value.is_some() && self.block().coroutine && self.block().generator {
            return self.error("'return' with value in async generator", s.range);
        }
        let constant = value.filter(|value| is_constant(value));
        let keep_top = value.is_some() && constant.is_none();
        if let Some(value) = value {
            if keep_top {
                self.expr(value)?;
            } else {
                loc = self.loc(value);
                self.op(Op::NOP, loc);
            }
        }
        if value.is_none_or(|value| self.loc(value).line != self.loc(s).line) {
            loc = self.loc(s);
            self.op(Op::NOP, loc);
        }
        self.unwind_for_return(&mut loc, keep_top)?;
        match constant {
            Some(value) => {
                let value = self.constant(value)?.unwrap_or(Const::None);
                self.load_const(value, loc);
            }
            None if value.is_none() => self.load_none(loc),
            None => {}
        }
        self.op(Op::RETURN_VALUE, loc);
        Ok(())
    }

    fn assert_stmt(&mut self, s: &'a StmtAssert) -> Res {
        if self.opts.optimize > 0 {
            // What is left out must be right nevertheless.
            return self.check_async_comprehensions(s);
        }
        let loc = self.loc(s);
        let end = self.label();
        self.jump_if(&s.test, end, true)?;
        self.op_i(
            Op::LOAD_COMMON_CONSTANT,
            common_constant::ASSERTION_ERROR,
            loc,
        );
        if let Some(msg) = &s.msg {
            self.expr(msg)?;
            self.op_i(Op::CALL, 0, loc);
        }
        let test = self.loc(&*s.test);
        self.op_i(Op::RAISE_VARARGS, 1, test);
        self.put(end);
        Ok(())
    }

    fn aug_assign(&mut self, s: &'a StmtAugAssign) -> Res {
        let stmt = self.loc(s);
        let target = self.loc(&*s.target);
        let op = binary_op(s.op) + binary::INPLACE;
        match &*s.target {
            Expr::Name(e) => {
                self.name_op(&e.id, Access::Load, target)?;
                self.expr(&s.value)?;
                self.op_i(Op::BINARY_OP, op, stmt);
                self.name_op(&e.id, Access::Store, target)
            }
            Expr::Attribute(e) => {
                self.expr(&e.value)?;
                self.op_i(Op::COPY, 1, target);
                let at = self.attribute_loc(target, e);
                self.load_attr(e.attr.as_str(), false, at);
                self.expr(&s.value)?;
                self.op_i(Op::BINARY_OP, op, stmt);
                self.op_i(Op::SWAP, 2, at);
                self.op_name(Op::STORE_ATTR, e.attr.as_str(), at);
                Ok(())
            }
            Expr::Subscript(e) => {
                self.expr(&e.value)?;
                let sliced = self.two_part_slice(&e.slice);
                if let Some(slice) = sliced {
                    self.slice_parts(slice)?;
                    for _ in 0..3 {
                        self.op_i(Op::COPY, 3, target);
                    }
                    self.op(Op::BINARY_SLICE, target);
                } else {
                    self.expr(&e.slice)?;
                    self.op_i(Op::COPY, 2, target);
                    self.op_i(Op::COPY, 2, target);
                    self.op_i(Op::BINARY_OP, binary::SUBSCR, target);
                }
                self.expr(&s.value)?;
                self.op_i(Op::BINARY_OP, op, stmt);
                if sliced.is_some() {
                    self.op_i(Op::SWAP, 4, target);
                    self.op_i(Op::SWAP, 3, target);
                    self.op_i(Op::SWAP, 2, target);
                    self.op(Op::STORE_SLICE, target);
                } else {
                    self.op_i(Op::SWAP, 3, target);
                    self.op_i(Op::SWAP, 2, target);
                    self.op(Op::STORE_SUBSCR, target);
                }
                Ok(())
            }
            other => self.error("illegal expression for augmented assignment", other.range()),
        }
    }

    /// Whether the code being generated is the body of a module or class.
    pub fn in_module_or_class(&self) -> bool {
        matches!(self.unit_ref().kind, ScopeKind::Module | ScopeKind::Class)
    }
}

/// Where the `pass` stands that replaces a docstring which was all of a body.
pub fn stripped_docstring(doc: Loc) -> Loc {
    Loc {
        end_line: doc.line,
        end_col: doc.col + 4,
        ..doc
    }
}

/// The operand of `BINARY_OP`.
pub fn binary_op(op: Operator) -> u32 {
    match op {
        Operator::Add => binary::ADD,
        Operator::Sub => binary::SUBTRACT,
        Operator::Mult => binary::MULTIPLY,
        Operator::MatMult => binary::MATRIX_MULTIPLY,
        Operator::Div => binary::TRUE_DIVIDE,
        Operator::Mod => binary::REMAINDER,
        Operator::Pow => binary::POWER,
        Operator::LShift => binary::LSHIFT,
        Operator::RShift => binary::RSHIFT,
        Operator::BitOr => binary::OR,
        Operator::BitXor => binary::XOR,
        Operator::BitAnd => binary::AND,
        Operator::FloorDiv => binary::FLOOR_DIVIDE,
    }
}
