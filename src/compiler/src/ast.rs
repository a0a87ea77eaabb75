//! Small questions about ruff's AST that the symbol table and the code generator both ask.

use crate::Mode;
use ruff_python_ast::{Expr, ExprStringLiteral, Number, Pattern, Stmt, UnaryOp};

/// What is compiled.
#[derive(Clone, Copy)]
pub enum Root<'a> {
    Body(&'a [Stmt], Mode),
    Expr(&'a Expr),
}

impl Root<'_> {
    pub fn mode(&self) -> Mode {
        match self {
            Root::Body(_, mode) => *mode,
            Root::Expr(_) => Mode::Eval,
        }
    }
}

/// The docstring that opens a body.
pub fn docstring(body: &[Stmt]) -> Option<&ExprStringLiteral> {
    match body.first() {
        Some(Stmt::Expr(stmt)) => match &*stmt.value {
            Expr::StringLiteral(literal) => Some(literal),
            _ => None,
        },
        _ => None,
    }
}

/// Whether CPython's AST has a `Constant` here.
pub fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::StringLiteral(_)
        | Expr::BytesLiteral(_)
        | Expr::NumberLiteral(_)
        | Expr::BooleanLiteral(_)
        | Expr::NoneLiteral(_)
        | Expr::EllipsisLiteral(_) => true,
        Expr::Name(name) => name.id == "__debug__",
        _ => false,
    }
}

/// The number of a literal pattern: an optional minus, or a real and an imaginary part.
pub fn is_pattern_number(expr: &Expr) -> bool {
    match expr {
        Expr::NumberLiteral(_) => true,
        Expr::UnaryOp(e) => e.op == UnaryOp::USub && matches!(&*e.operand, Expr::NumberLiteral(_)),
        Expr::BinOp(e) => {
            is_pattern_number(&e.left)
                && matches!(&*e.right, Expr::NumberLiteral(n) if matches!(n.value, Number::Complex { .. }))
        }
        _ => false,
    }
}

/// `_`, without a name or an inner pattern.
pub fn is_wildcard(pattern: &Pattern) -> bool {
    matches!(pattern, Pattern::MatchAs(p) if p.pattern.is_none() && p.name.is_none())
}

/// `*_`
pub fn is_star_wildcard(pattern: &Pattern) -> bool {
    matches!(pattern, Pattern::MatchStar(p) if p.name.is_none())
}
