//! Expressions and comprehensions.

use super::{Builder, Res};
use crate::symtable::{BlockKey, BlockKind, Comprehension, SymbolTable, def};
use ruff_python_ast::{Comprehension as For, Expr, ExprContext, InterpolatedStringElement};
use ruff_text_size::TextRange;

impl<'a> Builder<'a> {
    pub(super) fn exprs(&mut self, exprs: &'a [Expr]) -> Res {
        exprs.iter().try_for_each(|expr| self.expr(expr))
    }
    pub(super) fn opt(&mut self, expr: Option<&'a Expr>) -> Res {
        expr.map_or(Ok(()), |expr| self.expr(expr))
    }

    pub(super) fn expr(&mut self, expr: &'a Expr) -> Res {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.expr_inner(expr))
    }

    pub(super) fn expr_inner(&mut self, expr: &'a Expr) -> Res {
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
                self.begins(e.range);
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

    pub(super) fn interpolation(&mut self, element: &'a InterpolatedStringElement) -> Res {
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

    pub(super) fn at_top(&self) -> bool {
        self.cur_id() == SymbolTable::TOP
    }

    pub(super) fn check_async(&mut self, range: TextRange, what: &str) -> Res {
        if self.top_level_await && self.at_top() {
            self.cur().coroutine = true;
            return Ok(());
        }
        if !self.cur().async_def {
            return Err(self.error(format!("'{what}' outside async function"), range));
        }
        Ok(())
    }

    pub(super) fn yields(&mut self, range: TextRange) -> Res {
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

    pub(super) fn refuse_in_annotation(&mut self, what: &str, range: TextRange) -> Res {
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
    pub(super) fn extend_scope(&mut self, name: &str, range: TextRange) -> Res {
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

    pub(super) fn comprehension(
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
        self.begins(range);
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
