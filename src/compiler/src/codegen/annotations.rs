//! Annotations: the `__annotate__` functions of PEP 649, and strings under `from __future__ import annotations`.

use super::{Compiler, Res, unit::ScopeKind};
use crate::code::Const;
use crate::error::CompileError;
use crate::ir::Loc;
use crate::opcode::{Op, common_constant, compare, function_attribute};
use crate::symtable::{BlockId, BlockKey};
use ruff_python_ast::{Expr, Parameter, Parameters, StmtAnnAssign};

/// `annotationlib.Format.VALUE_WITH_FAKE_GLOBALS`: annotate functions refuse what is greater.
const VALUE_WITH_FAKE_GLOBALS: i64 = 2;

impl<'a> Compiler<'a> {
    /// Opens a scope that is called with an annotation format, and checks the format.
    pub fn enter_annotations(&mut self, loc: Loc, block: BlockId) -> Res {
        let name = self.table[block].name.clone();
        self.enter_scope(
            &name,
            ScopeKind::Annotations,
            block,
            loc.line as u32,
            None,
            [1, 1, 0],
        )?;
        self.op_i(Op::LOAD_FAST, 0, loc);
        self.load_const(Const::Int(VALUE_WITH_FAKE_GLOBALS), loc);
        self.op_i(Op::COMPARE_OP, compare::operand(compare::GT), loc);
        let body = self.label();
        self.jump(Op::POP_JUMP_IF_FALSE, body, loc);
        self.op_i(
            Op::LOAD_COMMON_CONSTANT,
            common_constant::NOT_IMPLEMENTED_ERROR,
            loc,
        );
        self.op_i(Op::RAISE_VARARGS, 1, loc);
        self.put(body);
        Ok(())
    }

    /// Closes the scope of an `__annotate__` function, whose parameter shows as `format`.
    fn leave_annotations(&mut self, loc: Loc) -> Res {
        self.op(Op::RETURN_VALUE, loc);
        self.unit().varnames.rename_first("format");
        let code = self.leave_scope(true)?;
        self.make_closure(loc, code, 0)
    }

    /// The annotations of a function, as a function; tells the attribute it becomes.
    pub fn function_annotations(
        &mut self,
        params: &'a Parameters,
        returns: Option<&'a Expr>,
        function: BlockKey,
        name: &str,
        loc: Loc,
    ) -> Res<u32> {
        let function = self.lookup(function)?;
        if !self.table[function].annotations_used {
            return Ok(0);
        }
        let block = self.lookup(BlockKey::second(params))?;
        let qualname = self.qualname(name, ScopeKind::Function);
        self.enter_annotations(loc, block)?;
        self.unit().qualname = format!("{qualname}.__annotate__");
        let mut count = 0;
        let plain = params
            .args
            .iter()
            .chain(&params.posonlyargs)
            .map(|p| &p.parameter);
        let keyword = params.kwonlyargs.iter().map(|p| &p.parameter);
        let all = plain
            .chain(params.vararg.as_deref())
            .chain(keyword)
            .chain(params.kwarg.as_deref());
        for param in all {
            count += self.parameter_annotation(param, loc)?;
        }
        if let Some(returns) = returns {
            self.annotation_item("return", returns, loc)?;
            count += 1;
        }
        self.op_i(Op::BUILD_MAP, count, loc);
        self.leave_annotations(loc)?;
        Ok(function_attribute::ANNOTATE)
    }

    fn parameter_annotation(&mut self, param: &'a Parameter, loc: Loc) -> Res<u32> {
        match &param.annotation {
            Some(annotation) => self
                .annotation_item(param.name.as_str(), annotation, loc)
                .map(|()| 1),
            None => Ok(0),
        }
    }

    fn annotation_item(&mut self, name: &str, annotation: &'a Expr, loc: Loc) -> Res {
        let mangled = self.mangle(name);
        self.load_const(Const::str(&mangled), loc);
        if self.future_annotations() {
            return self.annotation_string(annotation);
        }
        match annotation {
            // `*args: *Ts`
            Expr::Starred(starred) => {
                self.expr(&starred.value)?;
                self.op_i(Op::UNPACK_SEQUENCE, 1, loc);
                Ok(())
            }
            _ => self.expr(annotation),
        }
    }

    fn annotation_string(&mut self, annotation: &'a Expr) -> Res {
        let text = self.unparse(annotation)?;
        let loc = self.loc(annotation);
        self.load_const(Const::str(&text), loc);
        Ok(())
    }

    pub fn ann_assign(&mut self, s: &'a StmtAnnAssign) -> Res {
        let loc = self.loc(s);
        if let Some(value) = &s.value {
            self.expr(value)?;
            self.expr(&s.target)?;
        }
        let deferred = matches!(&*s.target, Expr::Name(_)) && s.simple && self.in_module_or_class();
        if !deferred && !self.future_annotations() {
            // Never evaluated, but it must be right.
            self.refuse_async_comprehensions(&s.annotation)?;
        }
        match &*s.target {
            Expr::Name(name) if deferred => {
                let mangled = self.mangle(&name.id);
                if self.future_annotations() {
                    self.annotation_string(&s.annotation)?;
                    self.op_name(Op::LOAD_NAME, "__annotations__", loc);
                    self.load_const(Const::str(&mangled), loc);
                    self.op(Op::STORE_SUBSCR, loc);
                } else {
                    self.defer_annotation(s, loc)?;
                }
            }
            Expr::Attribute(target) if s.value.is_none() => self.evaluate(&target.value)?,
            Expr::Subscript(target) if s.value.is_none() => {
                self.evaluate(&target.value)?;
                self.evaluate_index(&target.slice)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Runs an expression for its effects.
    fn evaluate(&mut self, expr: &'a Expr) -> Res {
        self.expr(expr)?;
        self.op(Op::POP_TOP, Loc::NONE);
        Ok(())
    }

    fn evaluate_index(&mut self, index: &'a Expr) -> Res {
        match index {
            Expr::Slice(slice) => {
                let parts = [&slice.lower, &slice.upper, &slice.step];
                parts
                    .into_iter()
                    .flatten()
                    .try_for_each(|part| self.evaluate(part))
            }
            Expr::Tuple(tuple) => tuple
                .elts
                .iter()
                .try_for_each(|elt| self.evaluate_index(elt)),
            _ => self.evaluate(index),
        }
    }

    fn defer_annotation(&mut self, s: &'a StmtAnnAssign, loc: Loc) -> Res {
        let unit = self.unit();
        let class = unit.kind == ScopeKind::Class;
        let condition = (!class || unit.in_conditional_block).then(|| {
            unit.next_condition += 1;
            unit.next_condition - 1
        });
        unit.deferred.push((s, condition));
        let Some(number) = condition else {
            return Ok(());
        };
        if class {
            let index = self.deref_index("__conditional_annotations__")?;
            self.op_i(Op::LOAD_DEREF, index, loc);
        } else {
            self.op_name(Op::LOAD_NAME, "__conditional_annotations__", loc);
        }
        self.load_int(number as usize, loc);
        self.op_i(Op::SET_ADD, 1, loc);
        self.op(Op::POP_TOP, loc);
        Ok(())
    }

    /// Makes the `__annotate__` function of a module or class once its body is known.
    pub fn deferred_annotations(&mut self, loc: Loc) -> Res {
        let deferred = std::mem::take(&mut self.unit().deferred);
        if deferred.is_empty() {
            return Ok(());
        }
        let kind = self.unit_ref().kind;
        let Some(block) = self.block().annotation_block else {
            return Err(CompileError::internal("annotations without a scope"));
        };
        // A module's annotations must be reachable while it still runs, so they are set up at its start.
        let main = (kind == ScopeKind::Module).then(|| self.unit().start_annotations());
        self.enter_annotations(loc, block)?;
        self.op_i(Op::BUILD_MAP, 0, loc);
        for (s, condition) in deferred {
            let at = self.loc(s);
            let skip = self.label();
            if let Some(number) = condition {
                self.load_int(number as usize, at);
                if kind == ScopeKind::Class {
                    let index = self.free_index("__conditional_annotations__")?;
                    self.op_i(Op::LOAD_DEREF, index, at);
                } else {
                    let index = self.unit().add_name("__conditional_annotations__");
                    self.op_i(Op::LOAD_GLOBAL, index << 1, at);
                }
                self.op_i(Op::CONTAINS_OP, 0, at);
                self.jump(Op::POP_JUMP_IF_FALSE, skip, at);
            }
            self.expr(&s.annotation)?;
            self.op_i(Op::COPY, 2, at);
            if let Expr::Name(name) = &*s.target {
                let mangled = self.mangle(&name.id);
                self.load_const(Const::str(&mangled), at);
            }
            self.op(Op::STORE_SUBSCR, loc);
            self.put(skip);
        }
        self.leave_annotations(loc)?;
        let name = if kind == ScopeKind::Class {
            "__annotate_func__"
        } else {
            "__annotate__"
        };
        self.store(name, loc)?;
        if let Some(main) = main {
            self.unit().end_annotations(main);
        }
        Ok(())
    }
}
