//! Functions, lambdas, decorators, closures.

use super::blocks::FKind;
use super::statements::stripped_docstring;
use super::{Compiler, Res, unit::ScopeKind};
use crate::ast::docstring;
use crate::code::{Code, Const};
use crate::error::CompileError;
use crate::ir::Loc;
use crate::literal::clean_docstring;
use crate::opcode::{Op, function_attribute as attribute, intrinsic2};
use crate::symtable::BlockKey;
use ruff_python_ast::{Decorator, ExprLambda, Parameters, StmtFunctionDef};
use std::sync::Arc;

/// The counts of parameters of a code object.
fn counts(params: &Parameters) -> [u32; 3] {
    let posonly = params.posonlyargs.len() as u32;
    [
        posonly + params.args.len() as u32,
        posonly,
        params.kwonlyargs.len() as u32,
    ]
}

impl<'a> Compiler<'a> {
    pub fn decorators(&mut self, decorators: &'a [Decorator]) -> Res {
        for decorator in decorators {
            self.expr(&decorator.expression)?;
        }
        Ok(())
    }

    /// Calls the decorators; what they decorate stands in the place of `self`.
    pub fn apply_decorators(&mut self, decorators: &'a [Decorator]) {
        for decorator in decorators.iter().rev() {
            let loc = self.loc(&decorator.expression);
            self.op_i(Op::CALL, 0, loc);
        }
    }

    /// The line a code object starts at: that of the first decorator, if any.
    pub fn first_line(&self, decorators: &[Decorator], loc: Loc) -> u32 {
        decorators
            .first()
            .map_or(loc.line, |d| self.loc(&d.expression).line) as u32
    }

    /// Evaluates default values; tells which attributes of the function they become.
    fn default_arguments(&mut self, params: &'a Parameters, loc: Loc) -> Res<u32> {
        let mut flags = 0;
        let mut count = 0;
        for param in params.posonlyargs.iter().chain(&params.args) {
            if let Some(default) = &param.default {
                self.expr(default)?;
                count += 1;
            }
        }
        if count > 0 {
            self.op_i(Op::BUILD_TUPLE, count, loc);
            flags |= attribute::DEFAULTS;
        }
        let mut keywords = 0;
        for param in &params.kwonlyargs {
            if let Some(default) = &param.default {
                let name = self.mangle(param.parameter.name.as_str());
                self.load_const(Const::str(&name), loc);
                self.expr(default)?;
                keywords += 1;
            }
        }
        if keywords > 0 {
            self.op_i(Op::BUILD_MAP, keywords, loc);
            flags |= attribute::KWDEFAULTS;
        }
        Ok(flags)
    }

    /// Makes a function of a code object, with its closure and what is on the stack for `flags`.
    pub fn make_closure(&mut self, loc: Loc, code: Arc<Code>, mut flags: u32) -> Res {
        use crate::code::kinds;
        let free: Vec<String> = code
            .localsplusnames
            .iter()
            .zip(code.localspluskinds.iter())
            .filter(|(_, kind)| **kind & kinds::FREE != 0)
            .filter_map(|(name, _)| name.to_str().map(String::from))
            .collect();
        if !free.is_empty() {
            for name in &free {
                let index = self.closure_index(name)?;
                self.op_i(Op::LOAD_CLOSURE, index, loc);
            }
            self.op_i(Op::BUILD_TUPLE, free.len() as u32, loc);
            flags |= attribute::CLOSURE;
        }
        self.load_const(Const::Code(code), loc);
        self.op(Op::MAKE_FUNCTION, loc);
        for bit in [
            attribute::CLOSURE,
            attribute::ANNOTATIONS,
            attribute::ANNOTATE,
            attribute::KWDEFAULTS,
            attribute::DEFAULTS,
        ] {
            if flags & bit != 0 {
                self.op_i(Op::SET_FUNCTION_ATTRIBUTE, bit, loc);
            }
        }
        Ok(())
    }

    /// The cell an inner function's free variable refers to.
    fn closure_index(&self, name: &str) -> Res<u32> {
        use crate::symtable::{BlockKind, NameScope};
        let unit = self.unit_ref();
        // A class's own special cells come before those of a class around it.
        let own = self.block().kind == BlockKind::Class
            && matches!(
                name,
                "__class__" | "__classdict__" | "__conditional_annotations__"
            );
        match (self.block().symbols.scope(name), unit.cellvars.get(name)) {
            (NameScope::Free, _) if !own => self.free_index(name),
            (_, Some(index)) => Ok(index),
            _ => self.free_index(name),
        }
        .map_err(|_| CompileError::internal(format!("no cell for '{name}' to close over")))
    }

    pub fn function(&mut self, s: &'a StmtFunctionDef) -> Res {
        let loc = self
            .src
            .loc(self.src.definition_range(s.range, &s.decorator_list));
        let first_line = self.first_line(&s.decorator_list, loc);
        self.decorators(&s.decorator_list)?;
        let mut flags = self.default_arguments(&s.parameters, loc)?;
        let mut passed = 0;
        if let Some(params) = &s.type_params {
            // The defaults are evaluated outside and handed to the type parameters' scope as arguments.
            passed = (flags & (attribute::DEFAULTS | attribute::KWDEFAULTS)).count_ones();
            if passed == 2 {
                self.op_i(Op::SWAP, 2, loc);
            }
            let block = self.lookup(BlockKey::node(&**params))?;
            let name = format!("<generic parameters of {}>", s.name);
            self.enter_scope(
                &name,
                ScopeKind::TypeParams,
                block,
                first_line,
                None,
                [passed, 0, 0],
            )?;
            self.type_params(params)?;
            for index in 0..passed {
                self.op_i(Op::LOAD_FAST, index, loc);
            }
        }
        flags |= self.function_annotations(
            &s.parameters,
            s.returns.as_deref(),
            BlockKey::node(s),
            &s.name,
            loc,
        )?;
        self.function_body(s, flags, first_line, loc)?;
        if s.type_params.is_some() {
            self.op_i(Op::SWAP, 2, loc);
            self.op_i(
                Op::CALL_INTRINSIC_2,
                intrinsic2::SET_FUNCTION_TYPE_PARAMS,
                loc,
            );
            let code = self.leave_scope(false)?;
            self.make_closure(loc, code, 0)?;
            if passed > 0 {
                self.op_i(Op::SWAP, passed + 1, loc);
                self.op_i(Op::CALL, passed - 1, loc);
            } else {
                self.op(Op::PUSH_NULL, loc);
                self.op_i(Op::CALL, 0, loc);
            }
        }
        self.apply_decorators(&s.decorator_list);
        self.store(s.name.as_str(), loc)
    }

    fn function_body(
        &mut self,
        s: &'a StmtFunctionDef,
        flags: u32,
        first_line: u32,
        loc: Loc,
    ) -> Res {
        let kind = if s.is_async {
            ScopeKind::AsyncFunction
        } else {
            ScopeKind::Function
        };
        let block = self.lookup(BlockKey::node(s))?;
        self.enter_scope(
            s.name.as_str(),
            kind,
            block,
            first_line,
            None,
            counts(&s.parameters),
        )?;
        let mut body = &s.body[..];
        if let Some(doc) = docstring(body) {
            body = &body[1..];
            if self.opts.optimize < 2 {
                if let Const::Str(text) = self.string_value(doc)? {
                    self.unit().add_const(Const::Str(clean_docstring(&text)));
                }
            } else if body.is_empty() {
                let at = stripped_docstring(self.loc(doc));
                self.op(Op::NOP, at);
            }
        }
        let start = self.label();
        self.put(start);
        let resumable = self.block().coroutine || self.block().generator;
        if resumable {
            self.push_block(FKind::StopIteration, Some(start), None, loc)?;
        }
        self.stmts(body)?;
        if resumable {
            self.stop_iteration_handler();
            self.pop_block();
        }
        let code = self.leave_scope(true)?;
        self.make_closure(loc, code, flags)
    }

    pub fn lambda(&mut self, e: &'a ExprLambda) -> Res {
        let loc = self.loc(e);
        let mut flags = 0;
        let mut numbers = [0; 3];
        if let Some(params) = &e.parameters {
            flags = self.default_arguments(params, loc)?;
            numbers = counts(params);
        }
        let block = self.lookup(BlockKey::node(e))?;
        self.enter_scope(
            "<lambda>",
            ScopeKind::Lambda,
            block,
            loc.line as u32,
            None,
            numbers,
        )?;
        self.expr(&e.body)?;
        let code = if self.block().generator {
            self.leave_scope(false)?
        } else {
            let body = self.loc(&*e.body);
            self.op(Op::RETURN_VALUE, body);
            self.leave_scope(true)?
        };
        self.make_closure(loc, code, flags)
    }
}
