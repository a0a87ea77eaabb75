//! What CPython 3.14 warns of (`SyntaxWarning`) while it compiles: literals with doubtful escapes or followed by a
//! keyword, jumps out of `finally`, `is` with literals, calls and subscripts that cannot work.
//!
//! A pass of its own over the tree, run only when somebody wants to know.

use crate::ast::{Root, is_constant};
use crate::code::Const;
use crate::error::{CompileError, ErrorKind};
use crate::literal::{self, Token};
use crate::source::Source;
use crate::{Mode, Options};
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_interpolated_string_element, walk_stmt};
use ruff_python_ast::{
    CmpOp, Expr, ExprContext, FStringPart, InterpolatedStringElement, InterpolatedStringElements,
    Stmt,
};
use ruff_text_size::{Ranged, TextRange, TextSize};

/// A `SyntaxWarning`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub msg: String,
    pub line: i32,
    /// What is raised instead when warnings are errors.
    pub error: CompileError,
}

/// Whether a text may have literals to warn of.
pub fn may_have_doubtful_literals(src: &Source) -> bool {
    src.text().contains('\\')
}

/// The warnings of the strings in a tree, in their order.
pub fn of_literals(root: Root<'_>, src: &Source, opts: &Options) -> Vec<Warning> {
    let mut literals = visit(root, src, opts).literals;
    literals.sort_by_key(|(at, _)| *at);
    literals.into_iter().map(|(_, warning)| warning).collect()
}

/// The warnings of a tree, those of its literals first.
pub fn collect(root: Root<'_>, src: &Source, opts: &Options) -> Vec<Warning> {
    let Pass {
        mut literals,
        jumps,
        rest,
        ..
    } = visit(root, src, opts);
    literals.sort_by_key(|(at, _)| *at);
    literals
        .into_iter()
        .map(|(_, warning)| warning)
        .chain(jumps)
        .chain(rest)
        .collect()
}

fn visit<'s>(root: Root<'_>, src: &'s Source, opts: &'s Options) -> Pass<'s> {
    let mut pass = Pass {
        src,
        opts,
        literals: Vec::new(),
        jumps: Vec::new(),
        rest: Vec::new(),
        context: Vec::new(),
    };
    match root {
        Root::Body(body, mode) => {
            debug_assert!(mode != Mode::Eval, "an expression has no statements");
            pass.visit_body(body);
        }
        Root::Expr(expr) => pass.visit_expr(expr),
    }
    pass
}

/// What a jump would leave.
#[derive(Clone, Copy, PartialEq)]
enum Context {
    Finally,
    Loop,
    Scope,
}

struct Pass<'s> {
    src: &'s Source,
    opts: &'s Options,
    literals: Vec<(TextSize, Warning)>,
    jumps: Vec<Warning>,
    rest: Vec<Warning>,
    context: Vec<Context>,
}

impl Pass<'_> {
    fn warning(&self, msg: String, error: &str, range: TextRange) -> Warning {
        let error = self.src.error(ErrorKind::Syntax, error, range);
        Warning {
            msg,
            line: error.line,
            error,
        }
    }

    fn warn(&mut self, msg: impl Into<String>, range: TextRange) {
        let msg = msg.into();
        let warning = self.warning(msg.clone(), &msg, range);
        self.rest.push(warning);
    }

    fn escape(&mut self, text: &str, octal: bool, at: TextSize, range: TextRange) {
        let kind = if octal { "octal escape" } else { "escape" };
        let head = format!("\"\\{text}\" is an invalid {kind} sequence.");
        let tail = format!("Did you mean \"\\\\{text}\"? A raw string is also an option.");
        let msg = format!("{head} Such sequences will not work in the future. {tail}");
        let mut warning = self.warning(msg, &format!("{head} {tail}"), range);
        warning.line = self.src.line(at);
        self.literals.push((at, warning));
    }

    /// The first doubtful escape of a literal's body.
    fn escapes(&mut self, body: &str, start: TextSize, bytes: bool) {
        let raw = body.as_bytes();
        let mut at = 0;
        while let Some(found) = raw[at..].iter().position(|&b| b == b'\\') {
            let slash = at + found;
            let Some(next) = body.get(slash + 1..).and_then(|rest| rest.chars().next()) else {
                return;
            };
            at = slash + 1 + next.len_utf8();
            let (text, octal) = match next {
                '\n' | '\\' | '\'' | '"' | 'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | 'x' => {
                    continue;
                }
                'N' | 'u' | 'U' if !bytes => continue,
                '0'..='7' => {
                    let digits = raw[slash + 1..]
                        .iter()
                        .take(3)
                        .take_while(|b| (b'0'..=b'7').contains(b))
                        .count();
                    let text = &body[slash + 1..slash + 1 + digits];
                    if u32::from_str_radix(text, 8).is_ok_and(|value| value <= 0o377) {
                        continue;
                    }
                    (text.to_string(), true)
                }
                other if !other.is_ascii() => continue,
                other => (other.to_string(), false),
            };
            let place = start + TextSize::new(slash as u32);
            let range = TextRange::at(place, TextSize::new(1 + next.len_utf8() as u32));
            self.escape(&text, octal, place, range);
            return;
        }
    }

    fn literal(&mut self, range: TextRange) {
        let text = self.src.slice(range);
        let token = Token::split(text);
        if !token.raw {
            let offset = token.body.as_ptr().addr() - text.as_ptr().addr();
            let (body, bytes) = (token.body.to_string(), token.bytes);
            self.escapes(&body, range.start() + TextSize::new(offset as u32), bytes);
        }
    }

    fn elements(&mut self, elements: &InterpolatedStringElements, raw: bool) {
        for element in elements {
            match element {
                InterpolatedStringElement::Literal(text) if !raw => {
                    // A backslash in front of a field is one too many.
                    let mut end = text.range.end();
                    let bytes = self.src.text().as_bytes();
                    if bytes.get(end.to_usize()) == Some(&b'{') {
                        end += TextSize::new(1);
                    }
                    let range = TextRange::new(text.range.start(), end);
                    let body = self.src.slice(range).to_string();
                    self.escapes(&body, range.start(), false);
                }
                InterpolatedStringElement::Interpolation(field) => {
                    if let Some(spec) = &field.format_spec {
                        self.elements(&spec.elements, raw);
                    }
                }
                InterpolatedStringElement::Literal(_) => {}
            }
        }
    }

    fn number(&mut self, range: TextRange) {
        let text = self.src.slice(range).to_ascii_lowercase();
        let after = self.src.text().as_bytes().get(range.end().to_usize());
        if !after.is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_') {
            return;
        }
        let kind = match text.as_bytes() {
            [b'0', b'x', ..] => "hexadecimal",
            [b'0', b'o', ..] => "octal",
            [b'0', b'b', ..] => "binary",
            [.., b'j'] => "imaginary",
            _ => "decimal",
        };
        let msg = format!("invalid {kind} literal");
        let last = TextRange::new(
            range.end() - TextSize::new(1),
            range.end() - TextSize::new(1),
        );
        let warning = self.warning(msg.clone(), &msg, last);
        self.literals.push((range.start(), warning));
    }

    fn jump(&mut self, word: &str, range: TextRange) {
        if self.context.last() == Some(&Context::Finally) {
            let msg = format!("'{word}' in a 'finally' block");
            let warning = self.warning(msg.clone(), &msg, range);
            self.jumps.push(warning);
        }
    }

    fn within(&mut self, context: Context, run: impl FnOnce(&mut Self)) {
        self.context.push(context);
        run(self);
        self.context.pop();
    }

    /// The type of an expression, if its form tells.
    fn type_of(&self, expr: &Expr) -> Option<&'static str> {
        Some(match expr {
            Expr::Tuple(_) => "tuple",
            Expr::List(_) | Expr::ListComp(_) => "list",
            Expr::Dict(_) | Expr::DictComp(_) => "dict",
            Expr::Set(_) | Expr::SetComp(_) => "set",
            Expr::Generator(_) => "generator",
            Expr::Lambda(_) => "function",
            Expr::FString(_) | Expr::StringLiteral(_) => "str",
            Expr::TString(_) => "string.templatelib.Template",
            Expr::BytesLiteral(_) => "bytes",
            Expr::NumberLiteral(e) => match literal::number(self.src.slice(e.range)).ok()? {
                Const::Float(_) => "float",
                Const::Complex(..) => "complex",
                _ => "int",
            },
            Expr::BooleanLiteral(_) => "bool",
            Expr::NoneLiteral(_) => "NoneType",
            Expr::EllipsisLiteral(_) => "ellipsis",
            Expr::Name(_) if is_constant(expr) => "bool",
            _ => return None,
        })
    }

    /// Whether comparing the identity of the value makes sense.
    fn has_identity(expr: &Expr) -> bool {
        match expr {
            Expr::Tuple(e) => !e.elts.iter().all(is_constant),
            Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::Name(_) => true,
            _ => !is_constant(expr),
        }
    }

    fn compare(&mut self, e: &ruff_python_ast::ExprCompare) {
        let mut left = &*e.left;
        for (op, right) in e.ops.iter().zip(&e.comparators) {
            let words = match op {
                CmpOp::Is => Some(("is", "==")),
                CmpOp::IsNot => Some(("is not", "!=")),
                _ => None,
            };
            let odd = [left, right]
                .into_iter()
                .find(|expr| !Self::has_identity(expr));
            if let (Some((word, better)), Some(odd)) = (words, odd) {
                let kind = self.type_of(odd).unwrap_or("object");
                let msg = format!("\"{word}\" with '{kind}' literal. Did you mean \"{better}\"?");
                return self.warn(msg, e.range);
            }
            left = right;
        }
    }

    fn call(&mut self, func: &Expr) {
        if matches!(func, Expr::Lambda(_)) {
            return;
        }
        if let Some(kind) = self.type_of(func) {
            let msg = format!("'{kind}' object is not callable; perhaps you missed a comma?");
            self.warn(msg, func.range());
        }
    }

    fn subscript(&mut self, e: &ruff_python_ast::ExprSubscript) {
        let Some(kind) = self.type_of(&e.value) else {
            return;
        };
        if matches!(&*e.value, Expr::Dict(_) | Expr::DictComp(_)) {
            return;
        }
        if !matches!(kind, "str" | "bytes" | "tuple" | "list") {
            let msg = format!("'{kind}' object is not subscriptable; perhaps you missed a comma?");
            return self.warn(msg, e.value.range());
        }
        if let Some(index) = self.type_of(&e.slice)
            && !matches!(index, "int" | "bool")
        {
            let msg = format!(
                "{kind} indices must be integers or slices, not {index}; perhaps you missed a comma?"
            );
            self.warn(msg, e.value.range());
        }
    }
}

impl<'a> Visitor<'a> for Pass<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Return(s) => self.jump("return", s.range),
            Stmt::Break(s) => self.jump("break", s.range),
            Stmt::Continue(s) => self.jump("continue", s.range),
            Stmt::Assert(s) if self.opts.optimize == 0 => {
                if matches!(&*s.test, Expr::Tuple(tuple) if !tuple.elts.is_empty()) {
                    self.warn(
                        "assertion is always true, perhaps remove parentheses?",
                        s.range,
                    );
                }
            }
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {
                return self.within(Context::Scope, |pass| walk_stmt(pass, stmt));
            }
            Stmt::For(_) | Stmt::While(_) => {
                return self.within(Context::Loop, |pass| walk_stmt(pass, stmt));
            }
            Stmt::Try(s) => {
                self.visit_body(&s.body);
                for handler in &s.handlers {
                    self.visit_except_handler(handler);
                }
                self.visit_body(&s.orelse);
                return self.within(Context::Finally, |pass| pass.visit_body(&s.finalbody));
            }
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::StringLiteral(e) => e.value.iter().for_each(|part| self.literal(part.range)),
            Expr::BytesLiteral(e) => e.value.iter().for_each(|part| self.literal(part.range)),
            Expr::FString(e) => {
                for part in e.value.iter() {
                    match part {
                        FStringPart::Literal(literal) => self.literal(literal.range),
                        FStringPart::FString(f) => {
                            self.elements(&f.elements, f.flags.prefix().is_raw())
                        }
                    }
                }
            }
            Expr::TString(e) => {
                for part in e.value.iter() {
                    self.elements(&part.elements, part.flags.prefix().is_raw());
                }
            }
            Expr::NumberLiteral(e) => self.number(e.range),
            Expr::Compare(e) => self.compare(e),
            Expr::Call(e) => self.call(&e.func),
            Expr::Subscript(e) if e.ctx == ExprContext::Load => self.subscript(e),
            _ => {}
        }
        walk_expr(self, expr);
    }

    fn visit_interpolated_string_element(&mut self, element: &'a InterpolatedStringElement) {
        walk_interpolated_string_element(self, element);
    }
}
