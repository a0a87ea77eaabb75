//! Expressions as text, the way `from __future__ import annotations` stores them.

use super::{Compiler, Res};
use crate::code::{Const, PyStr};
use ruff_python_ast::{
    BoolOp, CmpOp, Comprehension, ConversionFlag, Expr, FStringPart, InterpolatedStringElement,
    Operator, Parameters, UnaryOp,
};

/// Binding strength, weakest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
#[repr(u8)]
enum Level {
    Tuple,
    Test,
    Or,
    And,
    Not,
    Compare,
    BitOr,
    BitXor,
    BitAnd,
    Shift,
    Arith,
    Term,
    Factor,
    Power,
    Await,
    Atom,
}

impl Level {
    fn next(self) -> Level {
        use Level::*;
        match self {
            Tuple => Test,
            Test => Or,
            Or => And,
            And => Not,
            Not => Compare,
            Compare => BitOr,
            BitOr => BitXor,
            BitXor => BitAnd,
            BitAnd => Shift,
            Shift => Arith,
            Arith => Term,
            Term => Factor,
            Factor => Power,
            Power => Await,
            Await | Atom => Atom,
        }
    }
}

impl Compiler<'_> {
    /// The text of an annotation.
    pub fn unparse(&self, expr: &Expr) -> Res<String> {
        let mut out = String::new();
        Unparser {
            compiler: self,
            out: &mut out,
        }
        .expr(expr, Level::Test)?;
        Ok(out)
    }
}

struct Unparser<'c, 'a> {
    compiler: &'c Compiler<'a>,
    out: &'c mut String,
}

impl Unparser<'_, '_> {
    fn text(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn wrapped(&mut self, wrap: bool, run: impl FnOnce(&mut Self) -> Res) -> Res {
        if wrap {
            self.text("(");
        }
        run(self)?;
        if wrap {
            self.text(")");
        }
        Ok(())
    }

    fn list<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) -> Res {
        for (index, expr) in exprs.into_iter().enumerate() {
            if index > 0 {
                self.text(", ");
            }
            self.expr(expr, Level::Test)?;
        }
        Ok(())
    }

    fn expr(&mut self, expr: &Expr, level: Level) -> Res {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.expr_inner(expr, level))
    }

    fn expr_inner(&mut self, expr: &Expr, level: Level) -> Res {
        if let Expr::Name(name) = expr {
            self.text(&name.id);
            return Ok(());
        }
        if let Some(value) = self.compiler.constant(expr)? {
            if let Expr::StringLiteral(literal) = expr
                && literal.value.is_unicode()
            {
                self.text("u");
            }
            let text = const_text(&value);
            self.text(&text);
            return Ok(());
        }
        match expr {
            Expr::Named(e) => self.wrapped(level > Level::Tuple, |u| {
                u.expr(&e.target, Level::Atom)?;
                u.text(" := ");
                u.expr(&e.value, Level::Atom)
            }),
            Expr::BoolOp(e) => {
                let (word, own) = if e.op == BoolOp::And {
                    (" and ", Level::And)
                } else {
                    (" or ", Level::Or)
                };
                self.wrapped(level > own, |u| {
                    for (index, value) in e.values.iter().enumerate() {
                        if index > 0 {
                            u.text(word);
                        }
                        u.expr(value, own.next())?;
                    }
                    Ok(())
                })
            }
            Expr::BinOp(e) => {
                let (word, own) = operator(e.op);
                let right_first = e.op == Operator::Pow;
                self.wrapped(level > own, |u| {
                    u.expr(&e.left, if right_first { own.next() } else { own })?;
                    u.text(word);
                    u.expr(&e.right, if right_first { own } else { own.next() })
                })
            }
            Expr::UnaryOp(e) => {
                let (word, own) = match e.op {
                    UnaryOp::Invert => ("~", Level::Factor),
                    UnaryOp::Not => ("not ", Level::Not),
                    UnaryOp::UAdd => ("+", Level::Factor),
                    UnaryOp::USub => ("-", Level::Factor),
                };
                self.wrapped(level > own, |u| {
                    u.text(word);
                    u.expr(&e.operand, own)
                })
            }
            Expr::Lambda(e) => self.wrapped(level > Level::Test, |u| {
                match &e.parameters {
                    Some(params) if !params.is_empty() => {
                        u.text("lambda ");
                        u.parameters(params)?;
                    }
                    _ => u.text("lambda"),
                }
                u.text(": ");
                u.expr(&e.body, Level::Test)
            }),
            Expr::If(e) => self.wrapped(level > Level::Test, |u| {
                u.expr(&e.body, Level::Or)?;
                u.text(" if ");
                u.expr(&e.test, Level::Or)?;
                u.text(" else ");
                u.expr(&e.orelse, Level::Test)
            }),
            Expr::Dict(e) => {
                self.text("{");
                for (index, item) in e.items.iter().enumerate() {
                    if index > 0 {
                        self.text(", ");
                    }
                    match &item.key {
                        Some(key) => {
                            self.expr(key, Level::Test)?;
                            self.text(": ");
                            self.expr(&item.value, Level::Test)?;
                        }
                        None => {
                            self.text("**");
                            self.expr(&item.value, Level::BitOr)?;
                        }
                    }
                }
                self.text("}");
                Ok(())
            }
            Expr::Set(e) => {
                self.text("{");
                self.list(&e.elts)?;
                self.text("}");
                Ok(())
            }
            Expr::List(e) => {
                self.text("[");
                self.list(&e.elts)?;
                self.text("]");
                Ok(())
            }
            Expr::Tuple(e) => {
                if e.elts.is_empty() {
                    self.text("()");
                    return Ok(());
                }
                self.wrapped(level > Level::Tuple, |u| {
                    u.list(&e.elts)?;
                    if e.elts.len() == 1 {
                        u.text(",");
                    }
                    Ok(())
                })
            }
            Expr::ListComp(e) => self.comprehension("[", &e.elt, None, &e.generators, "]"),
            Expr::SetComp(e) => self.comprehension("{", &e.elt, None, &e.generators, "}"),
            Expr::DictComp(e) => {
                let key = e.key.as_deref().unwrap_or(&e.value);
                self.comprehension("{", key, Some(&e.value), &e.generators, "}")
            }
            Expr::Generator(e) => self.comprehension("(", &e.elt, None, &e.generators, ")"),
            Expr::Await(e) => self.wrapped(level > Level::Await, |u| {
                u.text("await ");
                u.expr(&e.value, Level::Atom)
            }),
            Expr::Yield(e) => {
                self.text(if e.value.is_some() {
                    "(yield "
                } else {
                    "(yield"
                });
                if let Some(value) = &e.value {
                    self.expr(value, Level::Test)?;
                }
                self.text(")");
                Ok(())
            }
            Expr::YieldFrom(e) => {
                self.text("(yield from ");
                self.expr(&e.value, Level::Test)?;
                self.text(")");
                Ok(())
            }
            Expr::Compare(e) => self.wrapped(level > Level::Compare, |u| {
                u.expr(&e.left, Level::BitOr)?;
                for (op, value) in e.ops.iter().zip(&e.comparators) {
                    u.text(comparison(*op));
                    u.expr(value, Level::BitOr)?;
                }
                Ok(())
            }),
            Expr::Call(e) => {
                self.expr(&e.func, Level::Atom)?;
                if let ([Expr::Generator(only)], []) = (&*e.arguments.args, &*e.arguments.keywords)
                {
                    return self.comprehension("(", &only.elt, None, &only.generators, ")");
                }
                self.text("(");
                self.list(&e.arguments.args)?;
                for (index, keyword) in e.arguments.keywords.iter().enumerate() {
                    if index > 0 || !e.arguments.args.is_empty() {
                        self.text(", ");
                    }
                    match &keyword.arg {
                        Some(name) => {
                            self.text(name.as_str());
                            self.text("=");
                        }
                        None => self.text("**"),
                    }
                    self.expr(&keyword.value, Level::Test)?;
                }
                self.text(")");
                Ok(())
            }
            Expr::FString(e) => {
                let mut body = String::new();
                for part in e.value.iter() {
                    match part {
                        FStringPart::Literal(literal) => {
                            body += &literal.value.replace('{', "{{").replace('}', "}}")
                        }
                        FStringPart::FString(f) => self.elements(f.elements.iter(), &mut body)?,
                    }
                }
                self.text("f");
                let text = str_repr(&body.as_str().into());
                self.text(&text);
                Ok(())
            }
            Expr::TString(e) => {
                let mut body = String::new();
                for part in e.value.iter() {
                    self.elements(part.elements.iter(), &mut body)?;
                }
                self.text("t");
                let text = str_repr(&body.as_str().into());
                self.text(&text);
                Ok(())
            }
            Expr::Attribute(e) => {
                self.expr(&e.value, Level::Atom)?;
                let number = matches!(&*e.value, Expr::NumberLiteral(n) if matches!(n.value, ruff_python_ast::Number::Int(_)));
                self.text(if number { " ." } else { "." });
                self.text(e.attr.as_str());
                Ok(())
            }
            Expr::Subscript(e) => {
                self.expr(&e.value, Level::Atom)?;
                self.text("[");
                self.expr(&e.slice, Level::Tuple)?;
                self.text("]");
                Ok(())
            }
            Expr::Starred(e) => {
                self.text("*");
                self.expr(&e.value, Level::BitOr)
            }
            Expr::Slice(e) => {
                if let Some(lower) = &e.lower {
                    self.expr(lower, Level::Test)?;
                }
                self.text(":");
                if let Some(upper) = &e.upper {
                    self.expr(upper, Level::Test)?;
                }
                if let Some(step) = &e.step {
                    self.text(":");
                    self.expr(step, Level::Test)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn elements<'e>(
        &mut self,
        elements: impl Iterator<Item = &'e InterpolatedStringElement>,
        body: &mut String,
    ) -> Res {
        for element in elements {
            match element {
                InterpolatedStringElement::Literal(text) => {
                    *body += &text.value.replace('{', "{{").replace('}', "}}");
                }
                InterpolatedStringElement::Interpolation(field) => {
                    let mut inner = String::new();
                    Unparser {
                        compiler: self.compiler,
                        out: &mut inner,
                    }
                    .expr(&field.expression, Level::Test.next())?;
                    if let Some(debug) = &field.debug_text {
                        *body += debug.leading();
                        *body += debug.expression();
                        *body += debug.trailing();
                    }
                    *body += if inner.starts_with('{') { "{ " } else { "{" };
                    *body += &inner;
                    let implied = field.debug_text.is_some() && field.format_spec.is_none();
                    *body += match field.conversion {
                        ConversionFlag::None if implied => "!r",
                        ConversionFlag::None => "",
                        ConversionFlag::Str => "!s",
                        ConversionFlag::Repr => "!r",
                        ConversionFlag::Ascii => "!a",
                    };
                    if let Some(spec) = &field.format_spec {
                        body.push(':');
                        self.elements(spec.elements.iter(), body)?;
                    }
                    body.push('}');
                }
            }
        }
        Ok(())
    }

    fn comprehension(
        &mut self,
        open: &str,
        elt: &Expr,
        value: Option<&Expr>,
        generators: &[Comprehension],
        close: &str,
    ) -> Res {
        self.text(open);
        self.expr(elt, Level::Test)?;
        if let Some(value) = value {
            self.text(": ");
            self.expr(value, Level::Test)?;
        }
        for generator in generators {
            self.text(if generator.is_async {
                " async for "
            } else {
                " for "
            });
            self.expr(&generator.target, Level::Tuple)?;
            self.text(" in ");
            self.expr(&generator.iter, Level::Or)?;
            for test in &generator.ifs {
                self.text(" if ");
                self.expr(test, Level::Or)?;
            }
        }
        self.text(close);
        Ok(())
    }

    fn parameters(&mut self, params: &Parameters) -> Res {
        let mut first = true;
        let mut comma = |u: &mut Self| {
            if !std::mem::replace(&mut first, false) {
                u.text(", ");
            }
        };
        let named = |u: &mut Self, param: &ruff_python_ast::ParameterWithDefault| -> Res {
            u.text(param.parameter.name.as_str());
            match &param.default {
                Some(default) => {
                    u.text("=");
                    u.expr(default, Level::Test)
                }
                None => Ok(()),
            }
        };
        for (index, param) in params.posonlyargs.iter().enumerate() {
            comma(self);
            named(self, param)?;
            if index + 1 == params.posonlyargs.len() {
                self.text(", /");
            }
        }
        for param in &params.args {
            comma(self);
            named(self, param)?;
        }
        if params.vararg.is_some() || !params.kwonlyargs.is_empty() {
            comma(self);
            self.text("*");
            if let Some(vararg) = &params.vararg {
                self.text(vararg.name.as_str());
            }
        }
        for param in &params.kwonlyargs {
            comma(self);
            named(self, param)?;
        }
        if let Some(kwarg) = &params.kwarg {
            comma(self);
            self.text("**");
            self.text(kwarg.name.as_str());
        }
        Ok(())
    }
}

fn operator(op: Operator) -> (&'static str, Level) {
    match op {
        Operator::Add => (" + ", Level::Arith),
        Operator::Sub => (" - ", Level::Arith),
        Operator::Mult => (" * ", Level::Term),
        Operator::MatMult => (" @ ", Level::Term),
        Operator::Div => (" / ", Level::Term),
        Operator::Mod => (" % ", Level::Term),
        Operator::FloorDiv => (" // ", Level::Term),
        Operator::LShift => (" << ", Level::Shift),
        Operator::RShift => (" >> ", Level::Shift),
        Operator::BitOr => (" | ", Level::BitOr),
        Operator::BitXor => (" ^ ", Level::BitXor),
        Operator::BitAnd => (" & ", Level::BitAnd),
        Operator::Pow => (" ** ", Level::Power),
    }
}

fn comparison(op: CmpOp) -> &'static str {
    match op {
        CmpOp::Eq => " == ",
        CmpOp::NotEq => " != ",
        CmpOp::Lt => " < ",
        CmpOp::LtE => " <= ",
        CmpOp::Gt => " > ",
        CmpOp::GtE => " >= ",
        CmpOp::Is => " is ",
        CmpOp::IsNot => " is not ",
        CmpOp::In => " in ",
        CmpOp::NotIn => " not in ",
    }
}

/// The literal of a constant; infinity has none, so it is written as a number too large.
pub fn const_text(value: &Const) -> String {
    match value {
        Const::None => "None".into(),
        Const::True => "True".into(),
        Const::False => "False".into(),
        Const::Ellipsis => "...".into(),
        Const::Int(i) => i.to_string(),
        Const::BigInt(i) => i.to_string(),
        Const::Float(f) => float_repr(*f),
        Const::Complex(_, im) => {
            let text = float_repr(*im);
            format!("{}j", text.strip_suffix(".0").unwrap_or(&text))
        }
        Const::Str(s) => str_repr(s),
        Const::Bytes(b) => bytes_repr(b),
        _ => String::new(),
    }
}

fn float_repr(f: f64) -> String {
    if f.is_infinite() {
        return if f > 0.0 {
            "1e309".into()
        } else {
            "-1e309".into()
        };
    }
    let scientific = format!("{f:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = format!("{f}");
        return if plain.contains('.') {
            plain
        } else {
            plain + ".0"
        };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

fn str_repr(s: &PyStr) -> String {
    let has = |c: u8| s.as_bytes().contains(&c);
    let quote = if has(b'\'') && !has(b'"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for cp in s.code_points() {
        match char::from_u32(cp) {
            Some('\\') => out += "\\\\",
            Some('\n') => out += "\\n",
            Some('\r') => out += "\\r",
            Some('\t') => out += "\\t",
            Some(c) if c == quote => {
                out.push('\\');
                out.push(c);
            }
            Some(c) if c == ' ' || !(c.is_control() || c.is_whitespace()) => out.push(c),
            _ if cp < 0x100 => out += &format!("\\x{cp:02x}"),
            _ if cp < 0x1_0000 => out += &format!("\\u{cp:04x}"),
            _ => out += &format!("\\U{cp:08x}"),
        }
    }
    out.push(quote);
    out
}

fn bytes_repr(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') {
        b'"'
    } else {
        b'\''
    };
    let mut out = format!("b{}", char::from(quote));
    for &b in bytes {
        match b {
            b'\\' => out += "\\\\",
            b'\n' => out += "\\n",
            b'\r' => out += "\\r",
            b'\t' => out += "\\t",
            b if b == quote => {
                out.push('\\');
                out.push(char::from(b));
            }
            0x20..=0x7e => out.push(char::from(b)),
            _ => out += &format!("\\x{b:02x}"),
        }
    }
    out.push(char::from(quote));
    out
}
