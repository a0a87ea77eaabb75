//! Walks the AST once and records, block by block, what is defined and what is used.

use super::{
    Block, BlockId, BlockKey, BlockKind, Comprehension, NameScope, Symbol, SymbolTable, Symbols,
    analyze, def,
};
use crate::ast::{self, docstring};
use crate::error::{CompileError, ErrorKind};
use crate::source::Source;
use crate::{Mode, Options, code::flags};
use ruff_python_ast::{
    Arguments, Comprehension as For, ExceptHandler, Expr, ExprContext, InterpolatedStringElement,
    Parameters, Pattern, Stmt, StmtAnnAssign, StmtClassDef, StmtFunctionDef, TypeParam, TypeParams,
};
use ruff_text_size::{Ranged, TextRange};
use std::rc::Rc;

type Res = Result<(), CompileError>;

/// The symbol table of a module, expression or interactive input.
pub fn build(
    root: ast::Root<'_>,
    src: &Source,
    opts: &Options,
    future: u32,
) -> Result<SymbolTable, CompileError> {
    let mut builder = Builder {
        src,
        table: SymbolTable::default(),
        stack: Vec::new(),
        private: None,
        future_annotations: future & flags::FUTURE_ANNOTATIONS != 0,
        strip_docstrings: opts.optimize >= 2,
        top_level_await: opts.top_level_await,
        mode: root.mode(),
    };
    builder.enter("top", BlockKind::Module, None);
    match root {
        ast::Root::Body(body, _) => builder.stmts(body)?,
        ast::Root::Expr(expr) => builder.expr(expr)?,
    }
    builder.exit();
    let mut table = builder.table;
    analyze::analyze(&mut table)
        .map_err(|(msg, range)| src.error(ErrorKind::Syntax, msg, range))?;
    Ok(table)
}

struct Builder<'a> {
    src: &'a Source,
    table: SymbolTable,
    stack: Vec<BlockId>,
    private: Option<String>,
    future_annotations: bool,
    strip_docstrings: bool,
    top_level_await: bool,
    mode: Mode,
}

impl<'a> Builder<'a> {
    fn error(&self, msg: impl Into<String>, range: TextRange) -> CompileError {
        self.src.error(ErrorKind::Syntax, msg, range)
    }

    fn cur_id(&self) -> BlockId {
        self.stack.last().copied().unwrap_or(SymbolTable::TOP)
    }
    fn cur(&mut self) -> &mut Block {
        let id = self.cur_id();
        &mut self.table[id]
    }

    fn enter(&mut self, name: &str, kind: BlockKind, key: Option<BlockKey>) -> BlockId {
        let id = self.create(name, kind, key);
        self.enter_existing(id);
        id
    }

    fn create(&mut self, name: &str, kind: BlockKind, key: Option<BlockKey>) -> BlockId {
        let id = BlockId(self.table.blocks.len());
        let parent = self.stack.last().map(|&parent| &self.table[parent]);
        let nested = parent.is_some_and(|p| p.nested || p.is_function_like());
        let method =
            kind == BlockKind::Function && parent.is_some_and(|p| p.kind == BlockKind::Class);
        let mangled_names = match kind {
            BlockKind::Class => None,
            _ => parent.and_then(|p| p.mangled_names.clone()),
        };
        let mut block = Block {
            kind,
            name: name.into(),
            symbols: Symbols::default(),
            varnames: Vec::new(),
            children: Vec::new(),
            directives: Vec::new(),
            annotation_block: None,
            mangled_names,
            comprehension: Comprehension::No,
            scope_info: "",
            nested,
            generator: false,
            coroutine: false,
            async_def: false,
            varargs: false,
            varkeywords: false,
            method,
            has_docstring: false,
            annotations_used: false,
            comp_inlined: false,
            comp_iter_target: false,
            comp_iter_expr: 0,
            can_see_class_scope: false,
            needs_class_closure: false,
            needs_classdict: false,
            has_conditional_annotations: false,
            in_conditional_block: false,
            in_unevaluated_annotation: false,
        };
        if matches!(
            kind,
            BlockKind::Annotation | BlockKind::TypeVariable | BlockKind::TypeAlias
        ) {
            let format: Rc<str> = ".format".into();
            block.varnames.push(format.clone());
            let symbol = Symbol {
                flags: def::PARAM | def::USE,
                scope: NameScope::Unknown,
            };
            block.symbols.insert(format, symbol);
        }
        self.table.blocks.push(block);
        if let Some(key) = key {
            self.table.by_key.insert(key, id);
        }
        id
    }

    fn enter_existing(&mut self, id: BlockId) {
        if let Some(&parent) = self.stack.last() {
            self.table[id].comp_iter_expr = self.table[parent].comp_iter_expr;
            let ignored = self.table[id].kind == BlockKind::Annotation && self.future_annotations;
            if !ignored && !self.table[parent].children.contains(&id) {
                self.table[parent].children.push(id);
            }
        }
        self.stack.push(id);
    }

    fn exit(&mut self) {
        self.stack.pop();
    }

    fn mangle(&self, name: &str) -> Rc<str> {
        self.table[self.cur_id()].mangle(self.private.as_deref(), name)
    }

    fn check_name(&self, name: &str, store: bool, range: TextRange) -> Res {
        if name == "__debug__" {
            let verb = if store { "assign to" } else { "delete" };
            return Err(self.error(format!("cannot {verb} __debug__"), range));
        }
        Ok(())
    }

    fn add(&mut self, name: &str, flag: u32, range: TextRange) -> Res {
        let id = self.cur_id();
        if flag & def::TYPE_PARAM != 0
            && let Some(names) = &mut self.table[id].mangled_names
        {
            names.push(name.into());
        }
        self.add_to(id, name, flag, range)
    }

    fn add_to(&mut self, id: BlockId, name: &str, flag: u32, range: TextRange) -> Res {
        let mangled = self.table[id].mangle(self.private.as_deref(), name);
        let block = &mut self.table[id];
        let old = block.symbols.flags(&mangled);
        if flag & old & def::PARAM != 0 {
            return Err(self.error(
                format!("duplicate argument '{name}' in function definition"),
                range,
            ));
        }
        if flag & old & def::TYPE_PARAM != 0 {
            return Err(self.error(format!("duplicate type parameter '{name}'"), range));
        }
        let mut flags = old | flag;
        if block.comp_iter_target {
            if flags & (def::GLOBAL | def::NONLOCAL) != 0 {
                let msg = format!(
                    "comprehension inner loop cannot rebind assignment expression target '{name}'"
                );
                return Err(self.error(msg, range));
            }
            flags |= def::COMP_ITER;
        }
        block.symbols.insert(
            mangled.clone(),
            Symbol {
                flags,
                scope: NameScope::Unknown,
            },
        );
        if flag & def::PARAM != 0 {
            block.varnames.push(mangled);
        } else if flag & def::GLOBAL != 0 && id != SymbolTable::TOP {
            let top = &mut self.table[SymbolTable::TOP].symbols;
            let flags = top.flags(&mangled) | flag;
            top.insert(
                mangled,
                Symbol {
                    flags,
                    scope: NameScope::Unknown,
                },
            );
        }
        Ok(())
    }

    /// What is known so far of a name in the current block.
    fn known(&self, name: &str) -> u32 {
        self.table[self.cur_id()].symbols.flags(&self.mangle(name))
    }

    fn stmts(&mut self, body: &'a [Stmt]) -> Res {
        body.iter().try_for_each(|stmt| self.stmt(stmt))
    }

    fn conditional(&mut self, run: impl FnOnce(&mut Self) -> Res) -> Res {
        let id = self.cur_id();
        let old = std::mem::replace(&mut self.table[id].in_conditional_block, true);
        run(self)?;
        self.table[id].in_conditional_block = old;
        Ok(())
    }

    fn stmt(&mut self, stmt: &'a Stmt) -> Res {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.stmt_inner(stmt))
    }

    fn stmt_inner(&mut self, stmt: &'a Stmt) -> Res {
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

    fn stmts_of_handlers(&mut self, handlers: &'a [ExceptHandler]) -> Res {
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

    fn directive(
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

    fn alias(&mut self, alias: &ruff_python_ast::Alias) -> Res {
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

    fn ann_assign(&mut self, s: &'a StmtAnnAssign) -> Res {
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
    fn annotation(&mut self, annotation: &'a Expr) -> Res {
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

    fn function(&mut self, s: &'a StmtFunctionDef) -> Res {
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

    fn annotations(
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

    fn defaults(&mut self, params: &'a Parameters) -> Res {
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

    fn parameters(&mut self, params: &'a Parameters) -> Res {
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

    fn class(&mut self, s: &'a StmtClassDef) -> Res {
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

    fn enter_type_params(
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

    fn type_params(&mut self, params: &'a TypeParams) -> Res {
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

    fn type_variable(
        &mut self,
        name: &str,
        expr: &'a Expr,
        key: BlockKey,
        what: &'static str,
    ) -> Res {
        let in_class = self.cur().can_see_class_scope;
        self.enter(name, BlockKind::TypeVariable, Some(key));
        self.cur().scope_info = what;
        if in_class {
            self.cur().can_see_class_scope = true;
            self.add("__classdict__", def::USE, expr.range())?;
        }
        self.expr(expr)?;
        self.exit();
        Ok(())
    }

    fn arguments(&mut self, arguments: &'a Arguments) -> Res {
        self.exprs(&arguments.args)?;
        for keyword in &arguments.keywords {
            if let Some(name) = &keyword.arg {
                self.check_name(name.as_str(), true, keyword.range)?;
            }
            self.expr(&keyword.value)?;
        }
        Ok(())
    }

    fn pattern(&mut self, pattern: &'a Pattern) -> Res {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.pattern_inner(pattern))
    }

    fn capture(&mut self, name: Option<&ruff_python_ast::Identifier>, range: TextRange) -> Res {
        match name {
            Some(name) => {
                self.check_name(name.as_str(), true, range)?;
                self.add(name.as_str(), def::LOCAL, range)
            }
            None => Ok(()),
        }
    }

    fn pattern_inner(&mut self, pattern: &'a Pattern) -> Res {
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

    fn exprs(&mut self, exprs: &'a [Expr]) -> Res {
        exprs.iter().try_for_each(|expr| self.expr(expr))
    }
    fn opt(&mut self, expr: Option<&'a Expr>) -> Res {
        expr.map_or(Ok(()), |expr| self.expr(expr))
    }

    fn expr(&mut self, expr: &'a Expr) -> Res {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.expr_inner(expr))
    }

    fn expr_inner(&mut self, expr: &'a Expr) -> Res {
        match expr {
            Expr::Named(e) => {
                self.refuse_in_annotation("named expression", e.range)?;
                if self.cur().comp_iter_expr > 0 {
                    let msg = "assignment expression cannot be used in a comprehension iterable expression";
                    return Err(self.error(msg, e.range));
                }
                if self.cur().comprehension != Comprehension::No
                    && let Expr::Name(target) = &*e.target
                {
                    self.extend_scope(&target.id, target.range)?;
                }
                self.expr(&e.value)?;
                self.expr(&e.target)
            }
            Expr::BoolOp(e) => self.exprs(&e.values),
            Expr::BinOp(e) => {
                self.expr(&e.left)?;
                self.expr(&e.right)
            }
            Expr::UnaryOp(e) => self.expr(&e.operand),
            Expr::Lambda(e) => {
                if let Some(params) = &e.parameters {
                    self.defaults(params)?;
                }
                self.enter("<lambda>", BlockKind::Function, Some(BlockKey::node(e)));
                if let Some(params) = &e.parameters {
                    self.parameters(params)?;
                }
                self.expr(&e.body)?;
                self.exit();
                Ok(())
            }
            Expr::If(e) => {
                self.expr(&e.test)?;
                self.expr(&e.body)?;
                self.expr(&e.orelse)
            }
            Expr::Dict(e) => {
                for item in &e.items {
                    self.opt(item.key.as_ref())?;
                }
                e.items.iter().try_for_each(|item| self.expr(&item.value))
            }
            Expr::Set(e) => self.exprs(&e.elts),
            Expr::ListComp(e) => self.comprehension(
                BlockKey::node(e),
                Comprehension::List,
                &e.generators,
                &e.elt,
                None,
                e.range,
            ),
            Expr::SetComp(e) => self.comprehension(
                BlockKey::node(e),
                Comprehension::Set,
                &e.generators,
                &e.elt,
                None,
                e.range,
            ),
            Expr::DictComp(e) => {
                let key = e.key.as_deref().unwrap_or(&e.value);
                let value = Some(&*e.value);
                self.comprehension(
                    BlockKey::node(e),
                    Comprehension::Dict,
                    &e.generators,
                    key,
                    value,
                    e.range,
                )
            }
            Expr::Generator(e) => self.comprehension(
                BlockKey::node(e),
                Comprehension::Generator,
                &e.generators,
                &e.elt,
                None,
                e.range,
            ),
            Expr::Await(e) => {
                self.refuse_in_annotation("await expression", e.range)?;
                if !(self.top_level_await && self.at_top()) {
                    if !self.cur().is_function_like() {
                        return Err(self.error("'await' outside function", e.range));
                    }
                    if !self.cur().async_def && self.cur().comprehension == Comprehension::No {
                        return Err(self.error("'await' outside async function", e.range));
                    }
                }
                self.expr(&e.value)?;
                self.cur().coroutine = true;
                Ok(())
            }
            Expr::Yield(e) => {
                self.refuse_in_annotation("yield expression", e.range)?;
                self.opt(e.value.as_deref())?;
                self.yields(e.range)
            }
            Expr::YieldFrom(e) => {
                self.refuse_in_annotation("yield expression", e.range)?;
                self.expr(&e.value)?;
                self.yields(e.range)
            }
            Expr::Compare(e) => {
                self.expr(&e.left)?;
                self.exprs(&e.comparators)
            }
            Expr::Call(e) => {
                self.expr(&e.func)?;
                self.arguments(&e.arguments)
            }
            Expr::FString(e) => e
                .value
                .elements()
                .try_for_each(|element| self.interpolation(element)),
            Expr::TString(e) => e
                .value
                .elements()
                .try_for_each(|element| self.interpolation(element)),
            Expr::Attribute(e) => {
                match e.ctx {
                    ExprContext::Store => self.check_name(e.attr.as_str(), true, e.range)?,
                    ExprContext::Del => self.check_name(e.attr.as_str(), false, e.range)?,
                    _ => {}
                }
                self.expr(&e.value)
            }
            Expr::Subscript(e) => {
                self.expr(&e.value)?;
                self.expr(&e.slice)
            }
            Expr::Starred(e) => self.expr(&e.value),
            Expr::Name(e) => {
                let load = e.ctx == ExprContext::Load;
                if !load {
                    self.check_name(&e.id, e.ctx == ExprContext::Store, e.range)?;
                }
                if self.cur().in_unevaluated_annotation {
                    return Ok(());
                }
                self.add(&e.id, if load { def::USE } else { def::LOCAL }, e.range)?;
                if load && e.id == "super" && self.cur().is_function_like() {
                    self.add("__class__", def::USE, e.range)?;
                }
                Ok(())
            }
            Expr::List(e) => self.exprs(&e.elts),
            Expr::Tuple(e) => self.exprs(&e.elts),
            Expr::Slice(e) => {
                self.opt(e.lower.as_deref())?;
                self.opt(e.upper.as_deref())?;
                self.opt(e.step.as_deref())
            }
            Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::IpyEscapeCommand(_) => Ok(()),
        }
    }

    fn interpolation(&mut self, element: &'a InterpolatedStringElement) -> Res {
        let InterpolatedStringElement::Interpolation(field) = element else {
            return Ok(());
        };
        self.expr(&field.expression)?;
        match &field.format_spec {
            Some(spec) => spec
                .elements
                .iter()
                .try_for_each(|element| self.interpolation(element)),
            None => Ok(()),
        }
    }

    fn at_top(&self) -> bool {
        self.cur_id() == SymbolTable::TOP && self.mode != Mode::Eval
            || self.cur_id() == SymbolTable::TOP
    }

    fn check_async(&mut self, range: TextRange, what: &str) -> Res {
        if self.top_level_await && self.at_top() {
            self.cur().coroutine = true;
            return Ok(());
        }
        if !self.cur().async_def {
            return Err(self.error(format!("'{what}' outside async function"), range));
        }
        Ok(())
    }

    fn yields(&mut self, range: TextRange) -> Res {
        self.cur().generator = true;
        let place = match self.cur().comprehension {
            Comprehension::No => return Ok(()),
            Comprehension::List => "list comprehension",
            Comprehension::Set => "set comprehension",
            Comprehension::Dict => "dict comprehension",
            Comprehension::Generator => "generator expression",
        };
        Err(self.error(format!("'yield' inside {place}"), range))
    }

    fn refuse_in_annotation(&mut self, what: &str, range: TextRange) -> Res {
        let block = self.cur();
        let place = match block.kind {
            BlockKind::Annotation => "within an annotation".to_string(),
            BlockKind::TypeVariable => format!("within {}", block.scope_info),
            BlockKind::TypeAlias => "within a type alias".to_string(),
            BlockKind::TypeParameters => "within the definition of a generic".to_string(),
            _ => return Ok(()),
        };
        Err(self.error(format!("{what} cannot be used {place}"), range))
    }

    /// `:=` in a comprehension binds in the function or module around it.
    fn extend_scope(&mut self, name: &str, range: TextRange) -> Res {
        for index in (0..self.stack.len()).rev() {
            let id = self.stack[index];
            let mangled = self.table[id].mangle(self.private.as_deref(), name);
            let known = self.table[id].symbols.flags(&mangled);
            if self.table[id].comprehension != Comprehension::No {
                if known & def::COMP_ITER != 0 && known & (def::LOCAL | def::GLOBAL) != 0 {
                    let msg = format!(
                        "assignment expression cannot rebind comprehension iteration variable '{name}'"
                    );
                    return Err(self.error(msg, range));
                }
                continue;
            }
            let refused = match self.table[id].kind {
                BlockKind::Function => {
                    let flag = if known & def::GLOBAL != 0 {
                        def::GLOBAL
                    } else {
                        def::NONLOCAL
                    };
                    self.add(name, flag, range)?;
                    let here = self.mangle(name);
                    self.cur().directives.push((here, range));
                    return self.add_to(id, name, def::LOCAL, range);
                }
                BlockKind::Module => {
                    self.add(name, def::GLOBAL, range)?;
                    let here = self.mangle(name);
                    self.cur().directives.push((here, range));
                    return self.add_to(id, name, def::GLOBAL, range);
                }
                BlockKind::Class => "cannot be used in a class body",
                BlockKind::TypeParameters => "cannot be used within the definition of a generic",
                BlockKind::TypeAlias => "cannot be used in a type alias",
                BlockKind::TypeVariable => "cannot be used in a TypeVar bound",
                BlockKind::Annotation => "cannot be used within an annotation",
            };
            return Err(self.error(
                format!("assignment expression within a comprehension {refused}"),
                range,
            ));
        }
        Ok(())
    }

    fn comprehension(
        &mut self,
        key: BlockKey,
        kind: Comprehension,
        generators: &'a [For],
        elt: &'a Expr,
        value: Option<&'a Expr>,
        range: TextRange,
    ) -> Res {
        let Some((outermost, inner)) = generators.split_first() else {
            return Ok(());
        };
        self.cur().comp_iter_expr += 1;
        self.expr(&outermost.iter)?;
        self.cur().comp_iter_expr -= 1;
        let name = match kind {
            Comprehension::List => "<listcomp>",
            Comprehension::Set => "<setcomp>",
            Comprehension::Dict => "<dictcomp>",
            _ => "<genexpr>",
        };
        self.enter(name, BlockKind::Function, Some(key));
        self.cur().comprehension = kind;
        if outermost.is_async {
            self.cur().coroutine = true;
        }
        self.add(".0", def::PARAM, range)?;
        self.cur().comp_iter_target = true;
        self.expr(&outermost.target)?;
        self.cur().comp_iter_target = false;
        self.exprs(&outermost.ifs)?;
        for generator in inner {
            self.cur().comp_iter_target = true;
            self.expr(&generator.target)?;
            self.cur().comp_iter_target = false;
            self.cur().comp_iter_expr += 1;
            self.expr(&generator.iter)?;
            self.cur().comp_iter_expr -= 1;
            self.exprs(&generator.ifs)?;
            if generator.is_async {
                self.cur().coroutine = true;
            }
        }
        if let Some(value) = value {
            self.expr(value)?;
        }
        self.expr(elt)?;
        let generator = kind == Comprehension::Generator;
        self.cur().generator = generator;
        let is_async = self.cur().coroutine && !generator;
        self.exit();
        if is_async {
            self.cur().coroutine = true;
        }
        Ok(())
    }
}
