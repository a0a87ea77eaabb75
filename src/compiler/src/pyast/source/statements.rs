//! Statements, parameters, arguments and patterns as text.

use super::{
    Res, Writer, child, field, int, items, malformed, node, operator, opt, opt_text, text,
};
use crate::pyast::{Node, Value};

impl Writer {
    /// An indented block; its end is where the last statement ends.
    pub(super) fn block(&mut self, parent: &Node, name: &str) -> Res<usize> {
        self.put(":\n");
        self.depth += 1;
        if items(parent, name).is_empty() {
            return malformed(format!("empty {name} on {}", parent.kind));
        }
        self.stmts(parent, name)?;
        self.depth -= 1;
        Ok(self.here() - 1)
    }

    pub(super) fn stmts(&mut self, parent: &Node, name: &str) -> Res {
        items(parent, name)
            .iter()
            .try_for_each(|stmt| self.stmt(node(stmt)?))
    }

    pub(super) fn stmt(&mut self, s: &Node) -> Res {
        stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || self.stmt_inner(s))
    }

    pub(super) fn stmt_inner(&mut self, s: &Node) -> Res {
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

    pub(super) fn orelse(&mut self, s: &Node, word: &str, name: &str, end: usize) -> Res<usize> {
        if items(s, name).is_empty() {
            return Ok(end);
        }
        self.indent();
        self.put(word);
        self.block(s, name)
    }

    pub(super) fn handler(&mut self, handler: &Node, star: bool) -> Res<usize> {
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

    pub(super) fn match_stmt(&mut self, s: &Node) -> Res<usize> {
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

    pub(super) fn simple_stmt(&mut self, s: &Node) -> Res {
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

    pub(super) fn aliases(&mut self, s: &Node) -> Res {
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

    pub(super) fn type_params(&mut self, s: &Node) -> Res {
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

    pub(super) fn arg(&mut self, arg: &Node) -> Res {
        let start = self.here();
        self.put(text(arg, "arg")?);
        if let Some(annotation) = opt(arg, "annotation") {
            self.put(": ");
            self.expr(annotation)?;
        }
        self.note(start, arg.loc);
        Ok(())
    }

    pub(super) fn parameters(&mut self, args: &Node) -> Res {
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

    pub(super) fn arguments(&mut self, args: &[Value], keywords: &[Value]) -> Res {
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

    pub(super) fn pattern(&mut self, p: &Node) -> Res {
        stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || self.pattern_inner(p))
    }

    pub(super) fn patterns(&mut self, patterns: &[Value]) -> Res {
        for (index, pattern) in patterns.iter().enumerate() {
            self.put(if index > 0 { ", " } else { "" });
            self.pattern(node(pattern)?)?;
        }
        Ok(())
    }

    /// An expression of a pattern, where parentheses would be a pattern's.
    pub(super) fn pattern_expr(&mut self, e: &Node) -> Res {
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

    pub(super) fn pattern_inner(&mut self, p: &Node) -> Res {
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
}
