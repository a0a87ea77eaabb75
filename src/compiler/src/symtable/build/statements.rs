//! Statements, definitions, type parameters and patterns.

use super::{Builder, Res};
use crate::ast::docstring;
use crate::error::CompileError;
use crate::symtable::{BlockId, BlockKey, BlockKind, SymbolTable, def};
use ruff_python_ast::{
    Arguments, ExceptHandler, Expr, Parameters, Pattern, Stmt, StmtAnnAssign, StmtClassDef,
    StmtFunctionDef, TypeParam, TypeParams,
};
use ruff_text_size::{Ranged, TextRange};

impl<'a> Builder<'a> {
    pub(super) fn stmts(&mut self, body: &'a [Stmt]) -> Res {
        body.iter().try_for_each(|stmt| self.stmt(stmt))
    }

    pub(super) fn conditional(&mut self, run: impl FnOnce(&mut Self) -> Res) -> Res {
        let id = self.cur_id();
        let old = std::mem::replace(&mut self.table[id].in_conditional_block, true);
        run(self)?;
        self.table[id].in_conditional_block = old;
        Ok(())
    }

    pub(super) fn stmt(&mut self, stmt: &'a Stmt) -> Res {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.stmt_inner(stmt))
    }

    pub(super) fn stmt_inner(&mut self, stmt: &'a Stmt) -> Res {
        match stmt {
            Stmt::FunctionDef(s) => self.function(s),
            Stmt::ClassDef(s) => self.class(s),
            Stmt::TypeAlias(s) => {
                self.expr(&s.name)?;
                let in_class = self.cur().kind == BlockKind::Class;
                let name = match &*s.name {
                    Expr::Name(n) => n.id.to_string(),
                    _ => return Err(CompileError::internal("type alias without a name")),
                };
                if let Some(params) = &s.type_params {
                    self.enter_type_params(&name, params, false, false, false, s.range)?;
                    self.type_params(params)?;
                }
                self.enter(&name, BlockKind::TypeAlias, Some(BlockKey::node(s)));
                self.begins(s.range);
                if in_class {
                    self.cur().can_see_class_scope = true;
                    self.add("__classdict__", def::USE, s.value.range())?;
                }
                self.expr(&s.value)?;
                self.exit();
                if s.type_params.is_some() {
                    self.exit();
                }
                Ok(())
            }
            Stmt::Return(s) => self.opt(s.value.as_deref()),
            Stmt::Delete(s) => self.exprs(&s.targets),
            Stmt::Assign(s) => {
                self.exprs(&s.targets)?;
                self.expr(&s.value)
            }
            Stmt::AugAssign(s) => {
                self.expr(&s.target)?;
                self.expr(&s.value)
            }
            Stmt::AnnAssign(s) => self.ann_assign(s),
            Stmt::For(s) => {
                if s.is_async {
                    self.check_async(s.range, "async for")?;
                }
                self.expr(&s.target)?;
                self.expr(&s.iter)?;
                self.conditional(|b| {
                    b.stmts(&s.body)?;
                    b.stmts(&s.orelse)
                })
            }
            Stmt::While(s) => {
                self.expr(&s.test)?;
                self.conditional(|b| {
                    b.stmts(&s.body)?;
                    b.stmts(&s.orelse)
                })
            }
            Stmt::If(s) => {
                self.expr(&s.test)?;
                self.conditional(|b| {
                    b.stmts(&s.body)?;
                    for clause in &s.elif_else_clauses {
                        b.opt(clause.test.as_ref())?;
                        b.stmts(&clause.body)?;
                    }
                    Ok(())
                })
            }
            Stmt::With(s) => {
                if s.is_async {
                    self.check_async(s.range, "async with")?;
                }
                self.conditional(|b| {
                    for item in &s.items {
                        b.expr(&item.context_expr)?;
                        b.opt(item.optional_vars.as_deref())?;
                    }
                    b.stmts(&s.body)
                })
            }
            Stmt::Match(s) => {
                self.expr(&s.subject)?;
                self.conditional(|b| {
                    for case in &s.cases {
                        b.pattern(&case.pattern)?;
                        b.opt(case.guard.as_deref())?;
                        b.stmts(&case.body)?;
                    }
                    Ok(())
                })
            }
            Stmt::Raise(s) => {
                self.opt(s.exc.as_deref())?;
                self.opt(s.cause.as_deref())
            }
            Stmt::Try(s) => self.conditional(|b| {
                b.stmts(&s.body)?;
                b.stmts_of_handlers(&s.handlers)?;
                b.stmts(&s.orelse)?;
                b.stmts(&s.finalbody)
            }),
            Stmt::Assert(s) => {
                self.expr(&s.test)?;
                self.opt(s.msg.as_deref())
            }
            Stmt::Import(s) => s.names.iter().try_for_each(|alias| self.alias(alias)),
            Stmt::ImportFrom(s) => s.names.iter().try_for_each(|alias| self.alias(alias)),
            Stmt::Global(s) => self.directive(&s.names, s.range, true),
            Stmt::Nonlocal(s) => self.directive(&s.names, s.range, false),
            Stmt::Expr(s) => self.expr(&s.value),
            Stmt::Pass(_) | Stmt::Break(_) | Stmt::Continue(_) | Stmt::IpyEscapeCommand(_) => {
                Ok(())
            }
        }
    }

    pub(super) fn stmts_of_handlers(&mut self, handlers: &'a [ExceptHandler]) -> Res {
        for ExceptHandler::ExceptHandler(h) in handlers {
            self.opt(h.type_.as_deref())?;
            if let Some(name) = &h.name {
                self.check_name(name.as_str(), true, h.range)?;
                self.add(name.as_str(), def::LOCAL, h.range)?;
            }
            self.stmts(&h.body)?;
        }
        Ok(())
    }

    pub(super) fn directive(
        &mut self,
        names: &[ruff_python_ast::Identifier],
        range: TextRange,
        global: bool,
    ) -> Res {
        let word = if global { "global" } else { "nonlocal" };
        for name in names {
            let old = self.known(name.as_str());
            if old & (def::PARAM | def::LOCAL | def::USE | def::ANNOT) != 0 {
                let msg = if old & def::PARAM != 0 {
                    format!("name '{name}' is parameter and {word}")
                } else if old & def::USE != 0 {
                    format!("name '{name}' is used prior to {word} declaration")
                } else if old & def::ANNOT != 0 {
                    format!("annotated name '{name}' can't be {word}")
                } else {
                    format!("name '{name}' is assigned to before {word} declaration")
                };
                return Err(self.error(msg, range));
            }
            self.add(
                name.as_str(),
                if global { def::GLOBAL } else { def::NONLOCAL },
                range,
            )?;
            let mangled = self.mangle(name.as_str());
            self.cur().directives.push((mangled, range));
        }
        Ok(())
    }

    pub(super) fn alias(&mut self, alias: &ruff_python_ast::Alias) -> Res {
        let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
        if name == "*" {
            if self.cur().kind != BlockKind::Module {
                return Err(self.error("import * only allowed at module level", alias.range));
            }
            return Ok(());
        }
        let name = match alias.asname {
            Some(_) => name,
            None => name.split('.').next().unwrap_or(name),
        };
        self.check_name(name, true, alias.range)?;
        self.add(name, def::IMPORT, alias.range)
    }

    pub(super) fn ann_assign(&mut self, s: &'a StmtAnnAssign) -> Res {
        if self.cur().kind != BlockKind::Function {
            self.cur().annotations_used = true;
        }
        if let Expr::Name(target) = &*s.target {
            let old = self.known(&target.id);
            if old & (def::GLOBAL | def::NONLOCAL) != 0
                && self.cur_id() != SymbolTable::TOP
                && s.simple
            {
                let word = if old & def::GLOBAL != 0 {
                    "global"
                } else {
                    "nonlocal"
                };
                let msg = format!("annotated name '{}' can't be {word}", target.id);
                return Err(self.error(msg, s.range));
            }
            self.check_name(&target.id, true, target.range)?;
            if s.simple {
                self.add(&target.id, def::ANNOT | def::LOCAL, target.range)?;
            } else if s.value.is_some() {
                self.add(&target.id, def::LOCAL, target.range)?;
            }
        } else {
            self.expr(&s.target)?;
        }
        self.annotation(&s.annotation)?;
        self.opt(s.value.as_deref())
    }

    /// The annotation of an assignment; a block's annotations share one scope.
    pub(super) fn annotation(&mut self, annotation: &'a Expr) -> Res {
        let id = self.cur_id();
        let block = &mut self.table[id];
        let kind = block.kind;
        let unevaluated = kind == BlockKind::Function;
        let mut conditional = false;
        if (kind == BlockKind::Module || kind == BlockKind::Class && block.in_conditional_block)
            && !block.has_conditional_annotations
        {
            block.has_conditional_annotations = true;
            conditional = true;
            self.add("__conditional_annotations__", def::USE, annotation.range())?;
        }
        match self.table[id].annotation_block {
            None => {
                let block = self.enter("__annotate__", BlockKind::Annotation, None);
                self.begins(annotation.range());
                self.table[id].annotation_block = Some(block);
                if kind == BlockKind::Class {
                    self.cur().can_see_class_scope = true;
                    self.add("__classdict__", def::USE, annotation.range())?;
                }
            }
            Some(block) => self.enter_existing(block),
        }
        if conditional {
            self.add("__conditional_annotations__", def::USE, annotation.range())?;
        }
        let old = std::mem::replace(&mut self.cur().in_unevaluated_annotation, unevaluated);
        self.expr(annotation)?;
        self.cur().in_unevaluated_annotation = old;
        self.exit();
        Ok(())
    }

    pub(super) fn function(&mut self, s: &'a StmtFunctionDef) -> Res {
        let stmt = self.src.definition_range(s.range, &s.decorator_list);
        self.check_name(s.name.as_str(), true, stmt)?;
        self.add(s.name.as_str(), def::LOCAL, stmt)?;
        self.defaults(&s.parameters)?;
        for decorator in &s.decorator_list {
            self.expr(&decorator.expression)?;
        }
        if let Some(params) = &s.type_params {
            let has_kwdefaults = s.parameters.kwonlyargs.iter().any(|p| p.default.is_some());
            self.enter_type_params(s.name.as_str(), params, true, has_kwdefaults, false, stmt)?;
            self.type_params(params)?;
        }
        let function = self.create(
            s.name.as_str(),
            BlockKind::Function,
            Some(BlockKey::node(s)),
        );
        self.table[function].line = self.src.line(s.name.range().start());
        let documented = docstring(&s.body).is_some() && !self.strip_docstrings;
        self.table[function].has_docstring = documented;
        self.annotations(&s.parameters, s.returns.as_deref(), function, stmt)?;
        self.enter_existing(function);
        if s.is_async {
            self.cur().coroutine = true;
            self.cur().async_def = true;
        }
        self.parameters(&s.parameters)?;
        self.stmts(&s.body)?;
        self.exit();
        if s.type_params.is_some() {
            self.exit();
        }
        Ok(())
    }

    pub(super) fn annotations(
        &mut self,
        params: &'a Parameters,
        returns: Option<&'a Expr>,
        function: BlockId,
        stmt: TextRange,
    ) -> Res {
        let sees_class = self.cur().can_see_class_scope || self.cur().kind == BlockKind::Class;
        self.enter(
            "__annotate__",
            BlockKind::Annotation,
            Some(BlockKey::second(params)),
        );
        self.begins(stmt);
        if sees_class {
            self.cur().can_see_class_scope = true;
            self.add("__classdict__", def::USE, stmt)?;
        }
        let mut used = false;
        let plain = params
            .posonlyargs
            .iter()
            .chain(&params.args)
            .map(|p| &p.parameter);
        let rest = params
            .vararg
            .as_deref()
            .into_iter()
            .chain(params.kwarg.as_deref());
        let keyword = params.kwonlyargs.iter().map(|p| &p.parameter);
        for param in plain.chain(rest).chain(keyword) {
            if let Some(annotation) = &param.annotation {
                used = true;
                self.expr(annotation)?;
            }
        }
        if let Some(returns) = returns {
            used = true;
            self.expr(returns)?;
        }
        self.exit();
        self.table[function].annotations_used = used;
        Ok(())
    }

    pub(super) fn defaults(&mut self, params: &'a Parameters) -> Res {
        for param in params
            .posonlyargs
            .iter()
            .chain(&params.args)
            .chain(&params.kwonlyargs)
        {
            self.opt(param.default.as_deref())?;
        }
        Ok(())
    }

    pub(super) fn parameters(&mut self, params: &'a Parameters) -> Res {
        let named = params
            .posonlyargs
            .iter()
            .chain(&params.args)
            .chain(&params.kwonlyargs)
            .map(|p| &p.parameter);
        let rest = params
            .vararg
            .as_deref()
            .into_iter()
            .chain(params.kwarg.as_deref());
        for param in named.chain(rest) {
            // The stars are no part of it.
            let range = TextRange::new(param.name.start(), param.end());
            self.check_name(param.name.as_str(), true, range)?;
            self.add(param.name.as_str(), def::PARAM, range)?;
        }
        self.cur().varargs = params.vararg.is_some();
        self.cur().varkeywords = params.kwarg.is_some();
        Ok(())
    }

    pub(super) fn class(&mut self, s: &'a StmtClassDef) -> Res {
        let stmt = self.src.definition_range(s.range, &s.decorator_list);
        self.check_name(s.name.as_str(), true, stmt)?;
        self.add(s.name.as_str(), def::LOCAL, stmt)?;
        for decorator in &s.decorator_list {
            self.expr(&decorator.expression)?;
        }
        let outer = self.private.clone();
        if let Some(params) = &s.type_params {
            self.enter_type_params(s.name.as_str(), params, false, false, true, stmt)?;
            self.private = Some(s.name.to_string());
            self.cur().mangled_names = Some(Vec::new());
            self.type_params(params)?;
        }
        if let Some(arguments) = &s.arguments {
            self.arguments(arguments)?;
        }
        self.enter(s.name.as_str(), BlockKind::Class, Some(BlockKey::node(s)));
        self.begins(s.name.range());
        self.private = Some(s.name.to_string());
        if s.type_params.is_some() {
            self.add("__type_params__", def::LOCAL, stmt)?;
            self.add(".type_params", def::USE, stmt)?;
        }
        self.stmts(&s.body)?;
        self.exit();
        if s.type_params.is_some() {
            self.exit();
        }
        self.private = outer;
        Ok(())
    }

    pub(super) fn enter_type_params(
        &mut self,
        name: &str,
        params: &TypeParams,
        of_function: bool,
        has_kwdefaults: bool,
        of_class: bool,
        stmt: TextRange,
    ) -> Res {
        let in_class = self.cur().kind == BlockKind::Class;
        self.enter(
            name,
            BlockKind::TypeParameters,
            Some(BlockKey::node(params)),
        );
        self.begins(stmt);
        if in_class {
            self.cur().can_see_class_scope = true;
            self.add("__classdict__", def::USE, stmt)?;
        }
        if of_class {
            self.add(".type_params", def::LOCAL | def::USE, stmt)?;
            self.add(".generic_base", def::LOCAL | def::USE, stmt)?;
        }
        if of_function {
            self.add(".defaults", def::PARAM, stmt)?;
        }
        if has_kwdefaults {
            self.add(".kwdefaults", def::PARAM, stmt)?;
        }
        Ok(())
    }

    pub(super) fn type_params(&mut self, params: &'a TypeParams) -> Res {
        for param in &params.type_params {
            let (name, default, what) = match param {
                TypeParam::TypeVar(p) => (&p.name, &p.default, "a TypeVar default"),
                TypeParam::TypeVarTuple(p) => (&p.name, &p.default, "a TypeVarTuple default"),
                TypeParam::ParamSpec(p) => (&p.name, &p.default, "a ParamSpec default"),
            };
            self.check_name(name.as_str(), true, param.range())?;
            if name.as_str() == "__classdict__" {
                let msg = format!("reserved name '{name}' cannot be used for type parameter");
                return Err(self.error(msg, param.range()));
            }
            self.add(name.as_str(), def::TYPE_PARAM | def::LOCAL, param.range())?;
            if let TypeParam::TypeVar(p) = param
                && let Some(bound) = &p.bound
            {
                let what = if matches!(&**bound, Expr::Tuple(_)) {
                    "a TypeVar constraint"
                } else {
                    "a TypeVar bound"
                };
                self.type_variable(name.as_str(), bound, BlockKey::second(param), what)?;
            }
            if let Some(default) = default {
                self.type_variable(name.as_str(), default, BlockKey::third(param), what)?;
            }
        }
        Ok(())
    }

    pub(super) fn type_variable(
        &mut self,
        name: &str,
        expr: &'a Expr,
        key: BlockKey,
        what: &'static str,
    ) -> Res {
        let in_class = self.cur().can_see_class_scope;
        self.enter(name, BlockKind::TypeVariable, Some(key));
        self.begins(expr.range());
        self.cur().scope_info = what;
        if in_class {
            self.cur().can_see_class_scope = true;
            self.add("__classdict__", def::USE, expr.range())?;
        }
        self.expr(expr)?;
        self.exit();
        Ok(())
    }

    pub(super) fn arguments(&mut self, arguments: &'a Arguments) -> Res {
        self.exprs(&arguments.args)?;
        for keyword in &arguments.keywords {
            if let Some(name) = &keyword.arg {
                self.check_name(name.as_str(), true, keyword.range)?;
            }
            self.expr(&keyword.value)?;
        }
        Ok(())
    }

    pub(super) fn pattern(&mut self, pattern: &'a Pattern) -> Res {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.pattern_inner(pattern))
    }

    pub(super) fn capture(
        &mut self,
        name: Option<&ruff_python_ast::Identifier>,
        range: TextRange,
    ) -> Res {
        match name {
            Some(name) => {
                self.check_name(name.as_str(), true, range)?;
                self.add(name.as_str(), def::LOCAL, range)
            }
            None => Ok(()),
        }
    }

    pub(super) fn pattern_inner(&mut self, pattern: &'a Pattern) -> Res {
        match pattern {
            Pattern::MatchValue(p) => self.expr(&p.value),
            Pattern::MatchSingleton(_) => Ok(()),
            Pattern::MatchSequence(p) => p.patterns.iter().try_for_each(|p| self.pattern(p)),
            Pattern::MatchStar(p) => self.capture(p.name.as_ref(), p.range),
            Pattern::MatchMapping(p) => {
                p.keys.iter().try_for_each(|key| self.expr(key))?;
                p.patterns.iter().try_for_each(|p| self.pattern(p))?;
                self.capture(p.rest.as_ref(), pattern.range())
            }
            Pattern::MatchClass(p) => {
                self.expr(&p.cls)?;
                p.arguments
                    .patterns
                    .iter()
                    .try_for_each(|p| self.pattern(p))?;
                for keyword in &p.arguments.keywords {
                    self.check_name(keyword.attr.as_str(), true, keyword.pattern.range())?;
                }
                p.arguments
                    .keywords
                    .iter()
                    .try_for_each(|k| self.pattern(&k.pattern))
            }
            Pattern::MatchAs(p) => {
                if let Some(inner) = &p.pattern {
                    self.pattern(inner)?;
                }
                self.capture(p.name.as_ref(), p.range)
            }
            Pattern::MatchOr(p) => p.patterns.iter().try_for_each(|p| self.pattern(p)),
        }
    }
}
