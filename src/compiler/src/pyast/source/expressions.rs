//! Expressions and constants as text.

use super::{
    Res, Writer, child, comparison, field, int, items, malformed, node, operator, opt, opt_text,
    text,
};
use crate::code::{Const, PyStr};
use crate::ir::Loc;
use crate::pyast::{Node, Value};

impl Writer {
    /// Writes an expression; returns where it lies, parentheses around it left out.
    pub(super) fn expr(&mut self, e: &Node) -> Res<(usize, usize)> {
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

    pub(super) fn expr_inner(&mut self, e: &Node) -> Res {
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
    pub(super) fn index(&mut self, e: &Node) -> Res {
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

    pub(super) fn comprehension(&mut self, e: &Node, open: &str, close: &str) -> Res {
        self.put(open);
        self.expr(child(e, "elt")?)?;
        self.generators(e)?;
        self.put(close);
        Ok(())
    }

    pub(super) fn generators(&mut self, e: &Node) -> Res {
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

    pub(super) fn format_string(&mut self, e: &Node, letter: char) -> Res {
        self.out.push(letter);
        self.put("'");
        self.format_parts(e)?;
        self.put("'");
        Ok(())
    }

    pub(super) fn format_parts(&mut self, e: &Node) -> Res {
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

    pub(super) fn constant(&mut self, value: &Const) -> Res<String> {
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
