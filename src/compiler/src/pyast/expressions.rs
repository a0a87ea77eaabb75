//! Expressions.

use super::{Builder, Res, Value, ident, list, plain};
use crate::code::Const;
use crate::ir::Loc;
use crate::pieces::Piece;
use crate::pyast::Node;
use ruff_python_ast::{
    BoolOp, CmpOp, Comprehension, Expr, ExprContext, Keyword, Operator, Parameters, UnaryOp,
};
use ruff_text_size::TextRange;

impl Builder<'_> {
    pub(super) fn exprs(&self, exprs: &[Expr]) -> Res {
        list(exprs, |expr| self.expr(expr))
    }
    pub(super) fn opt(&self, expr: Option<&Expr>) -> Res {
        expr.map_or(Ok(Value::None), |expr| self.expr(expr))
    }

    pub(super) fn keywords(&self, keywords: &[Keyword]) -> Res {
        list(keywords, |keyword| {
            let fields = vec![
                (
                    "arg",
                    keyword
                        .arg
                        .as_ref()
                        .map_or(Value::None, |name| ident(name.as_str())),
                ),
                ("value", self.expr(&keyword.value)?),
            ];
            Ok(self.node("keyword", keyword.range, fields))
        })
    }

    pub(super) fn operator(&self, op: Operator) -> Value {
        let kind = match op {
            Operator::Add => "Add",
            Operator::Sub => "Sub",
            Operator::Mult => "Mult",
            Operator::MatMult => "MatMult",
            Operator::Div => "Div",
            Operator::Mod => "Mod",
            Operator::Pow => "Pow",
            Operator::LShift => "LShift",
            Operator::RShift => "RShift",
            Operator::BitOr => "BitOr",
            Operator::BitXor => "BitXor",
            Operator::BitAnd => "BitAnd",
            Operator::FloorDiv => "FloorDiv",
        };
        plain(kind, vec![]).into()
    }

    fn comparison(op: CmpOp) -> Value {
        let kind = match op {
            CmpOp::Eq => "Eq",
            CmpOp::NotEq => "NotEq",
            CmpOp::Lt => "Lt",
            CmpOp::LtE => "LtE",
            CmpOp::Gt => "Gt",
            CmpOp::GtE => "GtE",
            CmpOp::Is => "Is",
            CmpOp::IsNot => "IsNot",
            CmpOp::In => "In",
            CmpOp::NotIn => "NotIn",
        };
        plain(kind, vec![]).into()
    }

    fn context(ctx: ExprContext) -> Value {
        let kind = match ctx {
            ExprContext::Store => "Store",
            ExprContext::Del => "Del",
            _ => "Load",
        };
        plain(kind, vec![]).into()
    }

    fn comprehensions(&self, generators: &[Comprehension]) -> Res {
        list(generators, |generator| {
            let fields = vec![
                ("target", self.expr(&generator.target)?),
                ("iter", self.expr(&generator.iter)?),
                ("ifs", self.exprs(&generator.ifs)?),
                ("is_async", Value::Int(i64::from(generator.is_async))),
            ];
            Ok(plain("comprehension", fields).into())
        })
    }

    fn constant(&self, value: Const, kind: Value, range: TextRange) -> Value {
        self.node(
            "Constant",
            range,
            vec![("value", Value::Const(value)), ("kind", kind)],
        )
    }

    pub(super) fn expr(&self, expr: &Expr) -> Res {
        stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || self.expr_inner(expr))
    }

    fn expr_inner(&self, expr: &Expr) -> Res {
        use ruff_text_size::Ranged;
        let mut range = expr.range();
        let (kind, fields) = match expr {
            Expr::StringLiteral(e) => {
                let value = self.reader.string_value(e)?;
                let kind = if e.value.is_unicode() {
                    ident("u")
                } else {
                    Value::None
                };
                return Ok(self.constant(value, kind, range));
            }
            Expr::BytesLiteral(e) => {
                return Ok(self.constant(self.reader.bytes_value(e)?, Value::None, range));
            }
            Expr::NumberLiteral(_) => {
                return Ok(self.constant(self.reader.number_value(range)?, Value::None, range));
            }
            Expr::BooleanLiteral(e) => {
                return Ok(self.constant(Const::bool(e.value), Value::None, range));
            }
            Expr::NoneLiteral(_) => return Ok(self.constant(Const::None, Value::None, range)),
            Expr::EllipsisLiteral(_) => {
                return Ok(self.constant(Const::Ellipsis, Value::None, range));
            }
            Expr::BoolOp(e) => {
                let op = if e.op == BoolOp::And { "And" } else { "Or" };
                (
                    "BoolOp",
                    vec![
                        ("op", plain(op, vec![]).into()),
                        ("values", self.exprs(&e.values)?),
                    ],
                )
            }
            Expr::Named(e) => (
                "NamedExpr",
                vec![
                    ("target", self.expr(&e.target)?),
                    ("value", self.expr(&e.value)?),
                ],
            ),
            Expr::BinOp(e) => (
                "BinOp",
                vec![
                    ("left", self.expr(&e.left)?),
                    ("op", self.operator(e.op)),
                    ("right", self.expr(&e.right)?),
                ],
            ),
            Expr::UnaryOp(e) => {
                let op = match e.op {
                    UnaryOp::Invert => "Invert",
                    UnaryOp::Not => "Not",
                    UnaryOp::UAdd => "UAdd",
                    UnaryOp::USub => "USub",
                };
                (
                    "UnaryOp",
                    vec![
                        ("op", plain(op, vec![]).into()),
                        ("operand", self.expr(&e.operand)?),
                    ],
                )
            }
            Expr::Lambda(e) => {
                let empty = Parameters::default();
                let params = e.parameters.as_deref().unwrap_or(&empty);
                (
                    "Lambda",
                    vec![
                        ("args", self.parameters(params)?),
                        ("body", self.expr(&e.body)?),
                    ],
                )
            }
            Expr::If(e) => (
                "IfExp",
                vec![
                    ("test", self.expr(&e.test)?),
                    ("body", self.expr(&e.body)?),
                    ("orelse", self.expr(&e.orelse)?),
                ],
            ),
            Expr::Dict(e) => (
                "Dict",
                vec![
                    ("keys", list(&e.items, |item| self.opt(item.key.as_ref()))?),
                    ("values", list(&e.items, |item| self.expr(&item.value))?),
                ],
            ),
            Expr::Set(e) => ("Set", vec![("elts", self.exprs(&e.elts)?)]),
            Expr::ListComp(e) => (
                "ListComp",
                vec![
                    ("elt", self.expr(&e.elt)?),
                    ("generators", self.comprehensions(&e.generators)?),
                ],
            ),
            Expr::SetComp(e) => (
                "SetComp",
                vec![
                    ("elt", self.expr(&e.elt)?),
                    ("generators", self.comprehensions(&e.generators)?),
                ],
            ),
            Expr::DictComp(e) => (
                "DictComp",
                vec![
                    ("key", self.opt(e.key.as_deref())?),
                    ("value", self.expr(&e.value)?),
                    ("generators", self.comprehensions(&e.generators)?),
                ],
            ),
            Expr::Generator(e) => {
                range = self.src.generator_range(e);
                let fields = vec![
                    ("elt", self.expr(&e.elt)?),
                    ("generators", self.comprehensions(&e.generators)?),
                ];
                ("GeneratorExp", fields)
            }
            Expr::Await(e) => ("Await", vec![("value", self.expr(&e.value)?)]),
            Expr::Yield(e) => ("Yield", vec![("value", self.opt(e.value.as_deref())?)]),
            Expr::YieldFrom(e) => ("YieldFrom", vec![("value", self.expr(&e.value)?)]),
            Expr::Compare(e) => (
                "Compare",
                vec![
                    ("left", self.expr(&e.left)?),
                    (
                        "ops",
                        Value::List(e.ops.iter().map(|op| Self::comparison(*op)).collect()),
                    ),
                    ("comparators", self.exprs(&e.comparators)?),
                ],
            ),
            Expr::Call(e) => (
                "Call",
                vec![
                    ("func", self.expr(&e.func)?),
                    ("args", self.exprs(&e.arguments.args)?),
                    ("keywords", self.keywords(&e.arguments.keywords)?),
                ],
            ),
            Expr::FString(e) => (
                "JoinedStr",
                vec![("values", self.pieces(&self.reader.f_string(e)?, false)?)],
            ),
            Expr::TString(e) => (
                "TemplateStr",
                vec![("values", self.pieces(&self.reader.t_string(e)?, true)?)],
            ),
            Expr::Attribute(e) => (
                "Attribute",
                vec![
                    ("value", self.expr(&e.value)?),
                    ("attr", ident(e.attr.as_str())),
                    ("ctx", Self::context(e.ctx)),
                ],
            ),
            Expr::Subscript(e) => (
                "Subscript",
                vec![
                    ("value", self.expr(&e.value)?),
                    ("slice", self.expr(&e.slice)?),
                    ("ctx", Self::context(e.ctx)),
                ],
            ),
            Expr::Starred(e) => (
                "Starred",
                vec![
                    ("value", self.expr(&e.value)?),
                    ("ctx", Self::context(e.ctx)),
                ],
            ),
            Expr::Name(e) => (
                "Name",
                vec![("id", ident(&e.id)), ("ctx", Self::context(e.ctx))],
            ),
            Expr::List(e) => (
                "List",
                vec![
                    ("elts", self.exprs(&e.elts)?),
                    ("ctx", Self::context(e.ctx)),
                ],
            ),
            Expr::Tuple(e) => (
                "Tuple",
                vec![
                    ("elts", self.exprs(&e.elts)?),
                    ("ctx", Self::context(e.ctx)),
                ],
            ),
            Expr::Slice(e) => (
                "Slice",
                vec![
                    ("lower", self.opt(e.lower.as_deref())?),
                    ("upper", self.opt(e.upper.as_deref())?),
                    ("step", self.opt(e.step.as_deref())?),
                ],
            ),
            Expr::IpyEscapeCommand(_) => ("Name", vec![]),
        };
        Ok(self.node(kind, range, fields))
    }

    /// The parts of an f-string or t-string.
    fn pieces(&self, pieces: &[Piece<'_>], template: bool) -> Res {
        let at = |kind, loc: Loc, fields| {
            Value::from(Node {
                kind,
                fields,
                loc: Some(loc),
            })
        };
        list(pieces, |piece| {
            let field = match piece {
                Piece::Text(text, loc) => {
                    let value = Value::Const(Const::Str(text.clone()));
                    return Ok(at(
                        "Constant",
                        *loc,
                        vec![("value", value), ("kind", Value::None)],
                    ));
                }
                Piece::Field(field) => field,
            };
            let spec = match &field.spec {
                Some((spec, loc)) => at(
                    "JoinedStr",
                    *loc,
                    vec![("values", self.pieces(spec, false)?)],
                ),
                None => Value::None,
            };
            let conversion = Value::Int(match field.conversion {
                1 => i64::from(b's'),
                2 => i64::from(b'r'),
                3 => i64::from(b'a'),
                _ => -1,
            });
            let mut fields = vec![("value", self.expr(field.value)?)];
            if template {
                fields.push(("str", Value::Const(Const::str(&field.source))));
            }
            fields.extend([("conversion", conversion), ("format_spec", spec)]);
            let kind = if template {
                "Interpolation"
            } else {
                "FormattedValue"
            };
            Ok(at(kind, field.loc, fields))
        })
    }
}
