//! The way back from a tree to code: the tree is written as source text in which every node's place is noted, and
//! that text is compiled; where the code generator asks for a location it gets the node's.
//!
//! Nearly everything is put in parentheses: they are no part of a node's range, so each node keeps a range of its
//! own, and precedence needs no thought.

use super::{Node, Value};
use crate::code::{Const, PyStr};
use crate::error::{CompileError, ErrorKind};
use crate::ir::Loc;
use crate::source::{Places, Source};

type Res<T = ()> = Result<T, CompileError>;

/// Writes a tree as source text with places.
pub fn write(tree: &Node) -> Res<Source> {
    let mut writer = Writer {
        out: String::new(),
        places: Places::default(),
        depth: 0,
    };
    match tree.kind {
        "Expression" => {
            let body = field(tree, "body")?;
            writer.expr(node(body)?)?;
            writer.out.push('\n');
        }
        _ => writer.stmts(tree, "body")?,
    }
    Source::synthetic(writer.out, writer.places)
}

fn malformed<T>(what: impl Into<String>) -> Res<T> {
    Err(CompileError::new(ErrorKind::Value, what))
}

fn field<'n>(node: &'n Node, name: &str) -> Res<&'n Value> {
    match node.fields.iter().find(|(known, _)| *known == name) {
        Some((_, value)) => Ok(value),
        None => malformed(format!(
            "required field \"{name}\" missing from {}",
            node.kind
        )),
    }
}

fn node(value: &Value) -> Res<&Node> {
    match value {
        Value::Node(node) => Ok(node),
        _ => malformed("None disallowed in expression list"),
    }
}

fn child<'n>(parent: &'n Node, name: &str) -> Res<&'n Node> {
    match field(parent, name)? {
        Value::Node(node) => Ok(node),
        _ => malformed(format!(
            "required field \"{name}\" missing from {}",
            parent.kind
        )),
    }
}

fn opt<'n>(parent: &'n Node, name: &str) -> Option<&'n Node> {
    match field(parent, name) {
        Ok(Value::Node(node)) => Some(node),
        _ => None,
    }
}

fn items<'n>(parent: &'n Node, name: &str) -> &'n [Value] {
    match field(parent, name) {
        Ok(Value::List(items)) => items,
        _ => &[],
    }
}

fn text<'n>(parent: &'n Node, name: &str) -> Res<&'n str> {
    match field(parent, name)? {
        Value::Ident(text) => Ok(text),
        _ => malformed(format!(
            "required field \"{name}\" missing from {}",
            parent.kind
        )),
    }
}

fn opt_text<'n>(parent: &'n Node, name: &str) -> Option<&'n str> {
    match field(parent, name) {
        Ok(Value::Ident(text)) => Some(text),
        _ => None,
    }
}

fn int(parent: &Node, name: &str) -> i64 {
    match field(parent, name) {
        Ok(Value::Int(value)) => *value,
        _ => 0,
    }
}

struct Writer {
    out: String,
    places: Places,
    depth: usize,
}

impl Writer {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }
    fn here(&self) -> usize {
        self.out.len()
    }
    fn note(&mut self, start: usize, loc: Option<Loc>) {
        let end = self.here();
        self.note_range(start, end, loc);
    }
    fn note_range(&mut self, start: usize, end: usize, loc: Option<Loc>) {
        if let Some(loc) = loc {
            self.places.note(start, end, loc);
        }
    }
    fn indent(&mut self) {
        for _ in 0..self.depth {
            self.out.push(' ');
        }
    }

    fn commas(&mut self, values: &[Value]) -> Res {
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.put(", ");
            }
            self.expr(node(value)?)?;
        }
        Ok(())
    }

    /// An indented block; its end is where the last statement ends.
    fn block(&mut self, parent: &Node, name: &str) -> Res<usize> {
        self.put(":\n");
        self.depth += 1;
        if items(parent, name).is_empty() {
            return malformed(format!("empty {name} on {}", parent.kind));
        }
        self.stmts(parent, name)?;
        self.depth -= 1;
        Ok(self.here() - 1)
    }

    fn stmts(&mut self, parent: &Node, name: &str) -> Res {
        items(parent, name)
            .iter()
            .try_for_each(|stmt| self.stmt(node(stmt)?))
    }

    fn stmt(&mut self, s: &Node) -> Res {
        stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || self.stmt_inner(s))
    }

    fn stmt_inner(&mut self, s: &Node) -> Res {
        for decorator in items(s, "decorator_list") {
            self.indent();
            self.put("@");
            self.expr(node(decorator)?)?;
            self.put("\n");
        }
        self.indent();
        let start = self.here();
        let is_async = s.kind.starts_with("Async");
        if is_async {
            self.put("async ");
        }
        let end = match s.kind {
            "FunctionDef" | "AsyncFunctionDef" => {
                self.put("def ");
                self.put(text(s, "name")?);
                self.type_params(s)?;
                self.put("(");
                self.parameters(child(s, "args")?)?;
                self.put(")");
                if let Some(returns) = opt(s, "returns") {
                    self.put(" -> ");
                    self.expr(returns)?;
                }
                self.block(s, "body")?
            }
            "ClassDef" => {
                self.put("class ");
                self.put(text(s, "name")?);
                self.type_params(s)?;
                self.put("(");
                self.arguments(items(s, "bases"), items(s, "keywords"))?;
                self.put(")");
                self.block(s, "body")?
            }
            "For" | "AsyncFor" => {
                self.put("for ");
                self.expr(child(s, "target")?)?;
                self.put(" in ");
                self.expr(child(s, "iter")?)?;
                let end = self.block(s, "body")?;
                self.orelse(s, "else", "orelse", end)?
            }
            "While" => {
                self.put("while ");
                self.expr(child(s, "test")?)?;
                let end = self.block(s, "body")?;
                self.orelse(s, "else", "orelse", end)?
            }
            "If" => {
                self.put("if ");
                self.expr(child(s, "test")?)?;
                let end = self.block(s, "body")?;
                self.orelse(s, "else", "orelse", end)?
            }
            "With" | "AsyncWith" => {
                self.put("with ");
                for (index, item) in items(s, "items").iter().enumerate() {
                    let item = node(item)?;
                    if index > 0 {
                        self.put(", ");
                    }
                    self.expr(child(item, "context_expr")?)?;
                    if let Some(target) = opt(item, "optional_vars") {
                        self.put(" as ");
                        self.expr(target)?;
                    }
                }
                self.block(s, "body")?
            }
            "Match" => self.match_stmt(s)?,
            "Try" | "TryStar" => {
                self.put("try");
                let mut end = self.block(s, "body")?;
                for handler in items(s, "handlers") {
                    end = self.handler(node(handler)?, s.kind == "TryStar")?;
                }
                let end = self.orelse(s, "else", "orelse", end)?;
                self.orelse(s, "finally", "finalbody", end)?
            }
            _ => {
                self.simple_stmt(s)?;
                let end = self.here();
                self.put("\n");
                end
            }
        };
        self.note_range(start, end, s.loc);
        Ok(())
    }

    fn orelse(&mut self, s: &Node, word: &str, name: &str, end: usize) -> Res<usize> {
        if items(s, name).is_empty() {
            return Ok(end);
        }
        self.indent();
        self.put(word);
        self.block(s, name)
    }

    fn handler(&mut self, handler: &Node, star: bool) -> Res<usize> {
        self.indent();
        let start = self.here();
        self.put(if star { "except* " } else { "except " });
        if let Some(type_) = opt(handler, "type") {
            self.expr(type_)?;
        }
        if let Some(name) = opt_text(handler, "name") {
            self.put(" as ");
            self.put(name);
        }
        let end = self.block(handler, "body")?;
        self.note_range(start, end, handler.loc);
        Ok(end)
    }

    fn match_stmt(&mut self, s: &Node) -> Res<usize> {
        self.put("match ");
        self.expr(child(s, "subject")?)?;
        self.put(":\n");
        self.depth += 1;
        let mut end = self.here();
        for case in items(s, "cases") {
            let case = node(case)?;
            self.indent();
            self.put("case ");
            self.pattern(child(case, "pattern")?)?;
            if let Some(guard) = opt(case, "guard") {
                self.put(" if ");
                self.expr(guard)?;
            }
            end = self.block(case, "body")?;
        }
        self.depth -= 1;
        Ok(end)
    }

    fn simple_stmt(&mut self, s: &Node) -> Res {
        let optional = |writer: &mut Self, before: &str, name: &str| -> Res {
            if let Some(value) = opt(s, name) {
                writer.put(before);
                writer.expr(value)?;
            }
            Ok(())
        };
        match s.kind {
            "Return" => {
                self.put("return");
                optional(self, " ", "value")?;
            }
            "Delete" => {
                self.put("del ");
                self.commas(items(s, "targets"))?;
            }
            "Assign" => {
                for target in items(s, "targets") {
                    self.expr(node(target)?)?;
                    self.put(" = ");
                }
                self.expr(child(s, "value")?)?;
            }
            "AugAssign" => {
                self.expr(child(s, "target")?)?;
                self.put(" ");
                self.put(operator(child(s, "op")?)?);
                self.put("= ");
                self.expr(child(s, "value")?)?;
            }
            "AnnAssign" => {
                let target = child(s, "target")?;
                if target.kind == "Name" && int(s, "simple") == 0 {
                    self.put("(");
                    self.expr(target)?;
                    self.put(")");
                } else {
                    self.expr(target)?;
                }
                self.put(": ");
                self.expr(child(s, "annotation")?)?;
                optional(self, " = ", "value")?;
            }
            "TypeAlias" => {
                self.put("type ");
                self.expr(child(s, "name")?)?;
                self.type_params(s)?;
                self.put(" = ");
                self.expr(child(s, "value")?)?;
            }
            "Raise" => {
                self.put("raise");
                optional(self, " ", "exc")?;
                optional(self, " from ", "cause")?;
            }
            "Assert" => {
                self.put("assert ");
                self.expr(child(s, "test")?)?;
                optional(self, ", ", "msg")?;
            }
            "Import" => {
                self.put("import ");
                self.aliases(s)?;
            }
            "ImportFrom" => {
                self.put("from ");
                self.put(&".".repeat(int(s, "level").max(0) as usize));
                self.put(opt_text(s, "module").unwrap_or(""));
                self.put(" import ");
                self.aliases(s)?;
            }
            "Global" | "Nonlocal" => {
                self.put(if s.kind == "Global" {
                    "global "
                } else {
                    "nonlocal "
                });
                for (index, name) in items(s, "names").iter().enumerate() {
                    if let Value::Ident(name) = name {
                        self.put(if index > 0 { ", " } else { "" });
                        self.put(name);
                    }
                }
            }
            "Expr" => {
                // Parentheses keep a call of `match` from looking like a statement.
                let start = self.here();
                let value = child(s, "value")?;
                let bare = matches!(
                    value.kind,
                    "Yield" | "YieldFrom" | "Constant" | "JoinedStr" | "TemplateStr"
                );
                if !bare {
                    self.put("(");
                }
                let (first, last) = self.expr(value)?;
                if !bare {
                    self.put(")");
                }
                self.note(start, s.loc);
                if (first, last) != (start, self.here()) && value.loc == s.loc {
                    self.note_range(first, last, s.loc);
                }
            }
            "Pass" => self.put("pass"),
            "Break" => self.put("break"),
            "Continue" => self.put("continue"),
            other => return malformed(format!("expected some sort of stmt, but got {other}")),
        }
        Ok(())
    }

    fn aliases(&mut self, s: &Node) -> Res {
        for (index, alias) in items(s, "names").iter().enumerate() {
            let alias = node(alias)?;
            self.put(if index > 0 { ", " } else { "" });
            let start = self.here();
            self.put(text(alias, "name")?);
            if let Some(name) = opt_text(alias, "asname") {
                self.put(" as ");
                self.put(name);
            }
            self.note(start, alias.loc);
        }
        Ok(())
    }

    fn type_params(&mut self, s: &Node) -> Res {
        let params = items(s, "type_params");
        if params.is_empty() {
            return Ok(());
        }
        self.put("[");
        for (index, param) in params.iter().enumerate() {
            let param = node(param)?;
            self.put(if index > 0 { ", " } else { "" });
            let start = self.here();
            self.put(match param.kind {
                "TypeVarTuple" => "*",
                "ParamSpec" => "**",
                _ => "",
            });
            self.put(text(param, "name")?);
            if let Some(bound) = opt(param, "bound") {
                self.put(": ");
                self.expr(bound)?;
            }
            if let Some(default) = opt(param, "default_value") {
                self.put(" = ");
                self.expr(default)?;
            }
            self.note(start, param.loc);
        }
        self.put("]");
        Ok(())
    }

    fn arg(&mut self, arg: &Node) -> Res {
        let start = self.here();
        self.put(text(arg, "arg")?);
        if let Some(annotation) = opt(arg, "annotation") {
            self.put(": ");
            self.expr(annotation)?;
        }
        self.note(start, arg.loc);
        Ok(())
    }

    fn parameters(&mut self, args: &Node) -> Res {
        let (posonly, plain) = (items(args, "posonlyargs"), items(args, "args"));
        let defaults = items(args, "defaults");
        let Some(without) = (posonly.len() + plain.len()).checked_sub(defaults.len()) else {
            return malformed("more positional defaults than args on arguments");
        };
        let mut comma = "";
        for (index, arg) in posonly.iter().chain(plain).enumerate() {
            self.put(comma);
            comma = ", ";
            self.arg(node(arg)?)?;
            if index >= without {
                self.put("=");
                self.expr(node(&defaults[index - without])?)?;
            }
            if index + 1 == posonly.len() {
                self.put(", /");
            }
        }
        let keyword = items(args, "kwonlyargs");
        if let Some(vararg) = opt(args, "vararg") {
            self.put(comma);
            comma = ", ";
            self.put("*");
            self.arg(vararg)?;
        } else if !keyword.is_empty() {
            self.put(comma);
            comma = ", ";
            self.put("*");
        }
        for (arg, default) in keyword.iter().zip(items(args, "kw_defaults")) {
            self.put(comma);
            comma = ", ";
            self.arg(node(arg)?)?;
            if let Value::Node(default) = default {
                self.put("=");
                self.expr(default)?;
            }
        }
        if let Some(kwarg) = opt(args, "kwarg") {
            self.put(comma);
            self.put("**");
            self.arg(kwarg)?;
        }
        Ok(())
    }

    fn arguments(&mut self, args: &[Value], keywords: &[Value]) -> Res {
        self.commas(args)?;
        for (index, keyword) in keywords.iter().enumerate() {
            let keyword = node(keyword)?;
            self.put(if index > 0 || !args.is_empty() {
                ", "
            } else {
                ""
            });
            let start = self.here();
            match opt_text(keyword, "arg") {
                Some(name) => {
                    self.put(name);
                    self.put("=");
                }
                None => self.put("**"),
            }
            self.expr(child(keyword, "value")?)?;
            self.note(start, keyword.loc);
        }
        Ok(())
    }

    fn pattern(&mut self, p: &Node) -> Res {
        stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || self.pattern_inner(p))
    }

    fn patterns(&mut self, patterns: &[Value]) -> Res {
        for (index, pattern) in patterns.iter().enumerate() {
            self.put(if index > 0 { ", " } else { "" });
            self.pattern(node(pattern)?)?;
        }
        Ok(())
    }

    /// An expression of a pattern, where parentheses would be a pattern's.
    fn pattern_expr(&mut self, e: &Node) -> Res {
        let start = self.here();
        match e.kind {
            "Attribute" => {
                self.pattern_expr(child(e, "value")?)?;
                self.put(".");
                self.put(text(e, "attr")?);
            }
            "UnaryOp" => {
                self.put("-");
                self.pattern_expr(child(e, "operand")?)?;
            }
            "BinOp" => {
                self.pattern_expr(child(e, "left")?)?;
                self.put(operator(child(e, "op")?)?);
                self.pattern_expr(child(e, "right")?)?;
            }
            _ => self.expr_inner(e)?,
        }
        self.note(start, e.loc);
        Ok(())
    }

    fn pattern_inner(&mut self, p: &Node) -> Res {
        let sub = items(p, "patterns");
        let wrapped = matches!(p.kind, "MatchAs" | "MatchOr");
        if wrapped {
            self.put("(");
        }
        let start = self.here();
        match p.kind {
            "MatchValue" => self.pattern_expr(child(p, "value")?)?,
            "MatchSingleton" => match field(p, "value")? {
                Value::Const(value) => {
                    let text = self.constant(value)?;
                    self.put(&text);
                }
                _ => return malformed("MatchSingleton can only contain True, False and None"),
            },
            "MatchSequence" => {
                self.put("[");
                self.patterns(sub)?;
                self.put("]");
            }
            "MatchMapping" => {
                self.put("{");
                for (index, (key, pattern)) in items(p, "keys").iter().zip(sub).enumerate() {
                    self.put(if index > 0 { ", " } else { "" });
                    self.pattern_expr(node(key)?)?;
                    self.put(": ");
                    self.pattern(node(pattern)?)?;
                }
                if let Some(rest) = opt_text(p, "rest") {
                    self.put(if sub.is_empty() { "**" } else { ", **" });
                    self.put(rest);
                }
                self.put("}");
            }
            "MatchClass" => {
                self.pattern_expr(child(p, "cls")?)?;
                self.put("(");
                self.patterns(sub)?;
                let keywords = items(p, "kwd_attrs").iter().zip(items(p, "kwd_patterns"));
                for (index, (name, pattern)) in keywords.enumerate() {
                    self.put(if index > 0 || !sub.is_empty() {
                        ", "
                    } else {
                        ""
                    });
                    if let Value::Ident(name) = name {
                        self.put(name);
                    }
                    self.put("=");
                    self.pattern(node(pattern)?)?;
                }
                self.put(")");
            }
            "MatchStar" => {
                self.put("*");
                self.put(opt_text(p, "name").unwrap_or("_"));
            }
            "MatchAs" => {
                if let Some(inner) = opt(p, "pattern") {
                    self.pattern(inner)?;
                    self.put(" as ");
                }
                self.put(opt_text(p, "name").unwrap_or("_"));
            }
            "MatchOr" => {
                for (index, pattern) in sub.iter().enumerate() {
                    self.put(if index > 0 { " | " } else { "" });
                    self.pattern(node(pattern)?)?;
                }
            }
            other => return malformed(format!("expected some sort of pattern, but got {other}")),
        }
        self.note(start, p.loc);
        if wrapped {
            self.put(")");
        }
        Ok(())
    }

    /// Writes an expression; returns where it lies, parentheses around it left out.
    fn expr(&mut self, e: &Node) -> Res<(usize, usize)> {
        stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || {
            let bare = matches!(
                e.kind,
                "Name"
                    | "List"
                    | "Set"
                    | "Dict"
                    | "ListComp"
                    | "SetComp"
                    | "DictComp"
                    | "GeneratorExp"
                    | "Tuple"
                    | "Starred"
                    | "Slice"
                    | "Attribute"
                    | "Subscript"
                    | "Call"
            );
            if !bare {
                self.put("(");
            }
            let start = self.here();
            self.expr_inner(e)?;
            let end = self.here();
            self.note(start, e.loc);
            if !bare {
                self.put(")");
            }
            Ok((start, end))
        })
    }

    fn expr_inner(&mut self, e: &Node) -> Res {
        match e.kind {
            "Constant" => match field(e, "value")? {
                Value::Const(value) => {
                    let text = self.constant(value)?;
                    if opt_text(e, "kind") == Some("u") {
                        self.put("u");
                    }
                    self.put(&text);
                }
                _ => return malformed("got an invalid type in Constant"),
            },
            "Name" => self.put(text(e, "id")?),
            "NamedExpr" => {
                self.expr(child(e, "target")?)?;
                self.put(" := ");
                self.expr(child(e, "value")?)?;
            }
            "BoolOp" => {
                let word = if child(e, "op")?.kind == "And" {
                    " and "
                } else {
                    " or "
                };
                for (index, value) in items(e, "values").iter().enumerate() {
                    self.put(if index > 0 { word } else { "" });
                    self.expr(node(value)?)?;
                }
            }
            "BinOp" => {
                self.expr(child(e, "left")?)?;
                self.put(operator(child(e, "op")?)?);
                self.expr(child(e, "right")?)?;
            }
            "UnaryOp" => {
                self.put(match child(e, "op")?.kind {
                    "Invert" => "~",
                    "Not" => "not ",
                    "UAdd" => "+",
                    _ => "-",
                });
                self.expr(child(e, "operand")?)?;
            }
            "Lambda" => {
                self.put("lambda ");
                self.parameters(child(e, "args")?)?;
                self.put(": ");
                self.expr(child(e, "body")?)?;
            }
            "IfExp" => {
                self.expr(child(e, "body")?)?;
                self.put(" if ");
                self.expr(child(e, "test")?)?;
                self.put(" else ");
                self.expr(child(e, "orelse")?)?;
            }
            "Dict" => {
                self.put("{");
                for (index, (key, value)) in
                    items(e, "keys").iter().zip(items(e, "values")).enumerate()
                {
                    self.put(if index > 0 { ", " } else { "" });
                    match key {
                        Value::Node(key) => {
                            self.expr(key)?;
                            self.put(": ");
                        }
                        _ => self.put("**"),
                    }
                    self.expr(node(value)?)?;
                }
                self.put("}");
            }
            "Set" => {
                self.put("{");
                if items(e, "elts").is_empty() {
                    self.put("*()");
                }
                self.commas(items(e, "elts"))?;
                self.put("}");
            }
            "List" => {
                self.put("[");
                self.commas(items(e, "elts"))?;
                self.put("]");
            }
            "Tuple" => {
                self.put("(");
                self.commas(items(e, "elts"))?;
                self.put(if items(e, "elts").len() == 1 {
                    ",)"
                } else {
                    ")"
                });
            }
            "ListComp" => self.comprehension(e, "[", "]")?,
            "SetComp" => self.comprehension(e, "{", "}")?,
            "GeneratorExp" => self.comprehension(e, "(", ")")?,
            "DictComp" => {
                self.put("{");
                let (key, value) = (child(e, "key")?, child(e, "value")?);
                let (start, _) = self.expr(key)?;
                self.put(": ");
                let (_, end) = self.expr(value)?;
                if let (Some(first), Some(last)) = (key.loc, value.loc) {
                    let loc = Loc {
                        end_line: last.end_line,
                        end_col: last.end_col,
                        ..first
                    };
                    self.note_range(start, end, Some(loc));
                }
                self.generators(e)?;
                self.put("}");
            }
            "Await" => {
                self.put("await ");
                self.expr(child(e, "value")?)?;
            }
            "Yield" => {
                self.put("yield ");
                if let Some(value) = opt(e, "value") {
                    self.expr(value)?;
                } else {
                    self.out.pop();
                }
            }
            "YieldFrom" => {
                self.put("yield from ");
                self.expr(child(e, "value")?)?;
            }
            "Compare" => {
                self.expr(child(e, "left")?)?;
                for (op, value) in items(e, "ops").iter().zip(items(e, "comparators")) {
                    self.put(comparison(node(op)?)?);
                    self.expr(node(value)?)?;
                }
            }
            "Call" => {
                self.expr(child(e, "func")?)?;
                self.put("(");
                self.arguments(items(e, "args"), items(e, "keywords"))?;
                self.put(")");
            }
            "Attribute" => {
                self.expr(child(e, "value")?)?;
                self.put(".");
                self.put(text(e, "attr")?);
            }
            "Subscript" => {
                self.expr(child(e, "value")?)?;
                self.put("[");
                self.index(child(e, "slice")?)?;
                self.put("]");
            }
            "Starred" => {
                self.put("*");
                self.expr(child(e, "value")?)?;
            }
            "Slice" => {
                if let Some(lower) = opt(e, "lower") {
                    self.expr(lower)?;
                }
                self.put(":");
                if let Some(upper) = opt(e, "upper") {
                    self.expr(upper)?;
                }
                if let Some(step) = opt(e, "step") {
                    self.put(":");
                    self.expr(step)?;
                }
            }
            "JoinedStr" => self.format_string(e, 'f')?,
            "TemplateStr" => self.format_string(e, 't')?,
            other => return malformed(format!("expected some sort of expr, but got {other}")),
        }
        Ok(())
    }

    /// A subscript; slices may not stand in a tuple with parentheses.
    fn index(&mut self, e: &Node) -> Res {
        let sliced = |value: &Value| matches!(value, Value::Node(n) if n.kind == "Slice");
        if e.kind != "Tuple" || !items(e, "elts").iter().any(sliced) {
            self.expr(e)?;
            return Ok(());
        }
        let start = self.here();
        self.commas(items(e, "elts"))?;
        self.note(start, e.loc);
        if items(e, "elts").len() == 1 {
            self.put(",");
            self.note(start, e.loc);
        }
        Ok(())
    }

    fn comprehension(&mut self, e: &Node, open: &str, close: &str) -> Res {
        self.put(open);
        self.expr(child(e, "elt")?)?;
        self.generators(e)?;
        self.put(close);
        Ok(())
    }

    fn generators(&mut self, e: &Node) -> Res {
        for generator in items(e, "generators") {
            let generator = node(generator)?;
            self.put(if int(generator, "is_async") != 0 {
                " async for "
            } else {
                " for "
            });
            self.expr(child(generator, "target")?)?;
            self.put(" in ");
            self.expr(child(generator, "iter")?)?;
            for test in items(generator, "ifs") {
                self.put(" if ");
                self.expr(node(test)?)?;
            }
        }
        Ok(())
    }

    fn format_string(&mut self, e: &Node, letter: char) -> Res {
        self.out.push(letter);
        self.put("'");
        self.format_parts(e)?;
        self.put("'");
        Ok(())
    }

    fn format_parts(&mut self, e: &Node) -> Res {
        for value in items(e, "values") {
            let part = node(value)?;
            let start = self.here();
            match part.kind {
                "Constant" => {
                    if let Value::Const(Const::Str(text)) = field(part, "value")? {
                        let text = escaped(text, true);
                        self.put(&text);
                    }
                }
                "FormattedValue" | "Interpolation" => {
                    self.put("{");
                    if part.kind == "Interpolation"
                        && let Value::Const(Const::Str(text)) = field(part, "str")?
                    {
                        let source = text.to_str().unwrap_or("").to_string();
                        self.places.note_source(start, source);
                    }
                    self.expr(child(part, "value")?)?;
                    match int(part, "conversion") {
                        115 => self.put("!s"),
                        114 => self.put("!r"),
                        97 => self.put("!a"),
                        _ => {}
                    }
                    if let Some(spec) = opt(part, "format_spec") {
                        let colon = self.here();
                        self.put(":");
                        self.format_parts(spec)?;
                        self.note(colon, spec.loc);
                    }
                    self.put("}");
                }
                other => return malformed(format!("JoinedStr cannot hold {other}")),
            }
            self.note(start, part.loc);
        }
        Ok(())
    }

    fn constant(&mut self, value: &Const) -> Res<String> {
        Ok(match value {
            Const::Str(text) => format!("'{}'", escaped(text, false)),
            Const::Bytes(bytes) => {
                let body: String = bytes.iter().map(|b| format!("\\x{b:02x}")).collect();
                format!("b'{body}'")
            }
            Const::Float(f) if f.is_nan() => "1e309-1e309".into(),
            Const::Float(f) if f.is_infinite() => if *f > 0.0 { "1e309" } else { "-1e309" }.into(),
            Const::Float(f) => format!("{f:e}"),
            Const::Complex(re, im) if *re == 0.0 && !re.is_sign_negative() => format!("{im:e}j"),
            Const::Complex(re, im) => format!("{re:e}+{im:e}j"),
            Const::Tuple(items) => {
                let mut text = String::from("(");
                for item in items {
                    text += &self.constant(item)?;
                    text.push(',');
                }
                text + ")"
            }
            Const::None => "None".into(),
            Const::True => "True".into(),
            Const::False => "False".into(),
            Const::Ellipsis => "...".into(),
            Const::Int(i) => i.to_string(),
            Const::BigInt(i) => format!(
                "{}0x{}",
                if i.sign() == num_bigint::Sign::Minus {
                    "-"
                } else {
                    ""
                },
                i.magnitude().to_str_radix(16)
            ),
            _ => return malformed("got an invalid type in Constant"),
        })
    }
}

/// Text inside quotes, safe in every kind of literal.
fn escaped(text: &PyStr, format: bool) -> String {
    let mut out = String::new();
    for cp in text.code_points() {
        match char::from_u32(cp) {
            Some('{' | '}') if format => out += &format!("\\x{cp:02x}"),
            Some(c) if c == ' ' || c.is_ascii_graphic() && !matches!(c, '\'' | '"' | '\\') => {
                out.push(c)
            }
            _ if cp < 0x100 => out += &format!("\\x{cp:02x}"),
            _ if cp < 0x1_0000 => out += &format!("\\u{cp:04x}"),
            _ => out += &format!("\\U{cp:08x}"),
        }
    }
    out
}

fn operator(op: &Node) -> Res<&'static str> {
    Ok(match op.kind {
        "Add" => "+",
        "Sub" => "-",
        "Mult" => "*",
        "MatMult" => "@",
        "Div" => "/",
        "Mod" => "%",
        "Pow" => "**",
        "LShift" => "<<",
        "RShift" => ">>",
        "BitOr" => "|",
        "BitXor" => "^",
        "BitAnd" => "&",
        "FloorDiv" => "//",
        other => return malformed(format!("expected some sort of operator, but got {other}")),
    })
}

fn comparison(op: &Node) -> Res<&'static str> {
    Ok(match op.kind {
        "Eq" => " == ",
        "NotEq" => " != ",
        "Lt" => " < ",
        "LtE" => " <= ",
        "Gt" => " > ",
        "GtE" => " >= ",
        "Is" => " is ",
        "IsNot" => " is not ",
        "In" => " in ",
        "NotIn" => " not in ",
        other => return malformed(format!("expected some sort of cmpop, but got {other}")),
    })
}
