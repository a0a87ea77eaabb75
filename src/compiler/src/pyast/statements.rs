//! Statements, patterns and type parameters.

use super::{Builder, Res, Value, ident, list, opt_ident, plain};
use crate::codegen::stmt_range;
use ruff_python_ast::{
    Alias, ElifElseClause, ExceptHandler, Expr, Parameter, Parameters, Pattern, Singleton, Stmt,
    StmtIf, TypeParam, TypeParams,
};
use ruff_text_size::{Ranged, TextRange, TextSize};

impl Builder<'_> {
    pub(super) fn stmts(&self, body: &[Stmt]) -> Res {
        list(body, |stmt| self.stmt(stmt))
    }

    fn stmt(&self, stmt: &Stmt) -> Res {
        stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || self.stmt_inner(stmt))
    }

    fn stmt_inner(&self, stmt: &Stmt) -> Res {
        let range = stmt_range(self.src, stmt);
        let (kind, fields) = match stmt {
            Stmt::FunctionDef(s) => (
                if s.is_async {
                    "AsyncFunctionDef"
                } else {
                    "FunctionDef"
                },
                vec![
                    ("name", ident(s.name.as_str())),
                    ("args", self.parameters(&s.parameters)?),
                    ("body", self.stmts(&s.body)?),
                    (
                        "decorator_list",
                        list(&s.decorator_list, |d| self.expr(&d.expression))?,
                    ),
                    ("returns", self.opt(s.returns.as_deref())?),
                    ("type_comment", {
                        let end = s.returns.as_ref().map_or(s.parameters.end(), |r| r.end());
                        self.comments.of_header(self.src, end, true)
                    }),
                    ("type_params", self.type_params(s.type_params.as_deref())?),
                ],
            ),
            Stmt::ClassDef(s) => {
                let (bases, keywords) = match &s.arguments {
                    Some(arguments) => (
                        self.exprs(&arguments.args)?,
                        self.keywords(&arguments.keywords)?,
                    ),
                    None => (Value::List(vec![]), Value::List(vec![])),
                };
                let fields = vec![
                    ("name", ident(s.name.as_str())),
                    ("bases", bases),
                    ("keywords", keywords),
                    ("body", self.stmts(&s.body)?),
                    (
                        "decorator_list",
                        list(&s.decorator_list, |d| self.expr(&d.expression))?,
                    ),
                    ("type_params", self.type_params(s.type_params.as_deref())?),
                ];
                ("ClassDef", fields)
            }
            Stmt::Return(s) => ("Return", vec![("value", self.opt(s.value.as_deref())?)]),
            Stmt::Delete(s) => ("Delete", vec![("targets", self.exprs(&s.targets)?)]),
            Stmt::TypeAlias(s) => (
                "TypeAlias",
                vec![
                    ("name", self.expr(&s.name)?),
                    ("type_params", self.type_params(s.type_params.as_deref())?),
                    ("value", self.expr(&s.value)?),
                ],
            ),
            Stmt::Assign(s) => (
                "Assign",
                vec![
                    ("targets", self.exprs(&s.targets)?),
                    ("value", self.expr(&s.value)?),
                    (
                        "type_comment",
                        self.comments.of_statement(self.src, range.end()),
                    ),
                ],
            ),
            Stmt::AugAssign(s) => (
                "AugAssign",
                vec![
                    ("target", self.expr(&s.target)?),
                    ("op", self.operator(s.op)),
                    ("value", self.expr(&s.value)?),
                ],
            ),
            Stmt::AnnAssign(s) => (
                "AnnAssign",
                vec![
                    ("target", self.expr(&s.target)?),
                    ("annotation", self.expr(&s.annotation)?),
                    ("value", self.opt(s.value.as_deref())?),
                    ("simple", Value::Int(i64::from(s.simple))),
                ],
            ),
            Stmt::For(s) => (
                if s.is_async { "AsyncFor" } else { "For" },
                vec![
                    ("target", self.expr(&s.target)?),
                    ("iter", self.expr(&s.iter)?),
                    ("body", self.stmts(&s.body)?),
                    ("orelse", self.stmts(&s.orelse)?),
                    (
                        "type_comment",
                        self.comments.of_header(self.src, s.iter.end(), false),
                    ),
                ],
            ),
            Stmt::While(s) => (
                "While",
                vec![
                    ("test", self.expr(&s.test)?),
                    ("body", self.stmts(&s.body)?),
                    ("orelse", self.stmts(&s.orelse)?),
                ],
            ),
            Stmt::If(s) => return self.if_stmt(s, range),
            Stmt::With(s) => {
                let items = list(&s.items, |item| {
                    let fields = vec![
                        ("context_expr", self.expr(&item.context_expr)?),
                        ("optional_vars", self.opt(item.optional_vars.as_deref())?),
                    ];
                    Ok(plain("withitem", fields).into())
                })?;
                let kind = if s.is_async { "AsyncWith" } else { "With" };
                (
                    kind,
                    vec![
                        ("items", items),
                        ("body", self.stmts(&s.body)?),
                        ("type_comment", {
                            let end = s.items.last().map_or(range.start(), |item| item.end());
                            self.comments.of_header(self.src, end, false)
                        }),
                    ],
                )
            }
            Stmt::Match(s) => {
                let cases = list(&s.cases, |case| {
                    let fields = vec![
                        ("pattern", self.pattern(&case.pattern)?),
                        ("guard", self.opt(case.guard.as_deref())?),
                        ("body", self.stmts(&case.body)?),
                    ];
                    Ok(plain("match_case", fields).into())
                })?;
                (
                    "Match",
                    vec![("subject", self.expr(&s.subject)?), ("cases", cases)],
                )
            }
            Stmt::Raise(s) => (
                "Raise",
                vec![
                    ("exc", self.opt(s.exc.as_deref())?),
                    ("cause", self.opt(s.cause.as_deref())?),
                ],
            ),
            Stmt::Try(s) => {
                let handlers = list(&s.handlers, |ExceptHandler::ExceptHandler(h)| {
                    let fields = vec![
                        ("type", self.opt(h.type_.as_deref())?),
                        ("name", opt_ident(h.name.as_ref())),
                        ("body", self.stmts(&h.body)?),
                    ];
                    Ok(self.node("ExceptHandler", self.src.compound_range(h.range), fields))
                })?;
                let fields = vec![
                    ("body", self.stmts(&s.body)?),
                    ("handlers", handlers),
                    ("orelse", self.stmts(&s.orelse)?),
                    ("finalbody", self.stmts(&s.finalbody)?),
                ];
                (if s.is_star { "TryStar" } else { "Try" }, fields)
            }
            Stmt::Assert(s) => (
                "Assert",
                vec![
                    ("test", self.expr(&s.test)?),
                    ("msg", self.opt(s.msg.as_deref())?),
                ],
            ),
            Stmt::Import(s) => ("Import", vec![("names", self.aliases(&s.names)?)]),
            Stmt::ImportFrom(s) => (
                "ImportFrom",
                vec![
                    ("module", opt_ident(s.module.as_ref())),
                    ("names", self.aliases(&s.names)?),
                    ("level", Value::Int(i64::from(s.level))),
                ],
            ),
            Stmt::Global(s) => (
                "Global",
                vec![("names", list(&s.names, |n| Ok(ident(n.as_str())))?)],
            ),
            Stmt::Nonlocal(s) => (
                "Nonlocal",
                vec![("names", list(&s.names, |n| Ok(ident(n.as_str())))?)],
            ),
            Stmt::Expr(s) => ("Expr", vec![("value", self.expr(&s.value)?)]),
            Stmt::Pass(_) | Stmt::IpyEscapeCommand(_) => ("Pass", vec![]),
            Stmt::Break(_) => ("Break", vec![]),
            Stmt::Continue(_) => ("Continue", vec![]),
        };
        Ok(self.node(kind, range, fields))
    }

    /// `elif` is an `if` in the `else` of the one before.
    fn if_stmt(&self, s: &StmtIf, range: TextRange) -> Res {
        let mut orelse = Value::List(vec![]);
        for clause in s.elif_else_clauses.iter().rev() {
            let ElifElseClause { test, body, .. } = clause;
            orelse = match test {
                None => self.stmts(body)?,
                Some(test) => {
                    let place = TextRange::new(clause.range.start(), range.end());
                    let fields = vec![
                        ("test", self.expr(test)?),
                        ("body", self.stmts(body)?),
                        ("orelse", orelse),
                    ];
                    Value::List(vec![self.node("If", place, fields)])
                }
            };
        }
        let fields = vec![
            ("test", self.expr(&s.test)?),
            ("body", self.stmts(&s.body)?),
            ("orelse", orelse),
        ];
        Ok(self.node("If", range, fields))
    }

    fn aliases(&self, names: &[Alias]) -> Res {
        list(names, |alias| {
            let fields = vec![
                ("name", ident(alias.name.as_str())),
                ("asname", opt_ident(alias.asname.as_ref())),
            ];
            Ok(self.node("alias", alias.range, fields))
        })
    }

    /// A parameter; `end` is that of its default.
    fn arg(&self, param: &Parameter, end: TextSize) -> Res {
        let range = TextRange::new(param.name.start(), param.end());
        let fields = vec![
            ("arg", ident(param.name.as_str())),
            ("annotation", self.opt(param.annotation.as_deref())?),
            ("type_comment", self.comments.of_parameter(self.src, end)),
        ];
        Ok(self.node("arg", range, fields))
    }

    fn opt_arg(&self, param: Option<&Parameter>) -> Res {
        param.map_or(Ok(Value::None), |param| self.arg(param, param.end()))
    }

    pub(super) fn parameters(&self, params: &Parameters) -> Res {
        let defaults = params
            .posonlyargs
            .iter()
            .chain(&params.args)
            .filter_map(|p| p.default.as_deref());
        if params.vararg.is_none()
            && let Some(first) = params.kwonlyargs.first()
        {
            let positional = params.posonlyargs.iter().chain(&params.args);
            let from = positional.last().map_or(params.start(), |p| p.end());
            let between = &self.src.text()[TextRange::new(from, first.start())];
            if let Some(at) = between.find('*') {
                let at = from + TextSize::try_from(at).unwrap_or_default();
                self.comments.check_star(self.src, at)?;
            }
        }
        let fields = vec![
            (
                "posonlyargs",
                list(&params.posonlyargs, |p| self.arg(&p.parameter, p.end()))?,
            ),
            (
                "args",
                list(&params.args, |p| self.arg(&p.parameter, p.end()))?,
            ),
            ("vararg", self.opt_arg(params.vararg.as_deref())?),
            (
                "kwonlyargs",
                list(&params.kwonlyargs, |p| self.arg(&p.parameter, p.end()))?,
            ),
            (
                "kw_defaults",
                list(&params.kwonlyargs, |p| self.opt(p.default.as_deref()))?,
            ),
            ("kwarg", self.opt_arg(params.kwarg.as_deref())?),
            (
                "defaults",
                list(defaults, |default: &Expr| self.expr(default))?,
            ),
        ];
        Ok(plain("arguments", fields).into())
    }

    fn type_params(&self, params: Option<&TypeParams>) -> Res {
        let Some(params) = params else {
            return Ok(Value::List(vec![]));
        };
        list(&params.type_params, |param| {
            let (kind, name, bound, default) = match param {
                TypeParam::TypeVar(p) => ("TypeVar", &p.name, Some(p.bound.as_deref()), &p.default),
                TypeParam::TypeVarTuple(p) => ("TypeVarTuple", &p.name, None, &p.default),
                TypeParam::ParamSpec(p) => ("ParamSpec", &p.name, None, &p.default),
            };
            let mut fields = vec![("name", ident(name.as_str()))];
            if let Some(bound) = bound {
                fields.push(("bound", self.opt(bound)?));
            }
            fields.push(("default_value", self.opt(default.as_deref())?));
            Ok(self.node(kind, param.range(), fields))
        })
    }

    fn patterns(&self, patterns: &[Pattern]) -> Res {
        list(patterns, |pattern| self.pattern(pattern))
    }

    fn pattern(&self, pattern: &Pattern) -> Res {
        stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || self.pattern_inner(pattern))
    }

    fn pattern_inner(&self, pattern: &Pattern) -> Res {
        use crate::code::Const;
        let (kind, fields) = match pattern {
            Pattern::MatchValue(p) => ("MatchValue", vec![("value", self.expr(&p.value)?)]),
            Pattern::MatchSingleton(p) => {
                let value = match p.value {
                    Singleton::None => Const::None,
                    Singleton::True => Const::True,
                    Singleton::False => Const::False,
                };
                ("MatchSingleton", vec![("value", Value::Const(value))])
            }
            Pattern::MatchSequence(p) => (
                "MatchSequence",
                vec![("patterns", self.patterns(&p.patterns)?)],
            ),
            Pattern::MatchMapping(p) => (
                "MatchMapping",
                vec![
                    ("keys", self.exprs(&p.keys)?),
                    ("patterns", self.patterns(&p.patterns)?),
                    ("rest", opt_ident(p.rest.as_ref())),
                ],
            ),
            Pattern::MatchClass(p) => {
                let keywords = &p.arguments.keywords;
                let fields = vec![
                    ("cls", self.expr(&p.cls)?),
                    ("patterns", self.patterns(&p.arguments.patterns)?),
                    ("kwd_attrs", list(keywords, |k| Ok(ident(k.attr.as_str())))?),
                    (
                        "kwd_patterns",
                        list(keywords, |k| self.pattern(&k.pattern))?,
                    ),
                ];
                ("MatchClass", fields)
            }
            Pattern::MatchStar(p) => ("MatchStar", vec![("name", opt_ident(p.name.as_ref()))]),
            Pattern::MatchAs(p) => {
                let inner = p
                    .pattern
                    .as_deref()
                    .map_or(Ok(Value::None), |inner| self.pattern(inner))?;
                (
                    "MatchAs",
                    vec![("pattern", inner), ("name", opt_ident(p.name.as_ref()))],
                )
            }
            Pattern::MatchOr(p) => ("MatchOr", vec![("patterns", self.patterns(&p.patterns)?)]),
        };
        Ok(self.node(kind, pattern.range(), fields))
    }
}
