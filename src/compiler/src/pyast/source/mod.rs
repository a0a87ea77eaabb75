//! The way back from a tree to code: the tree is written as source text in which every node's place is noted, and
//! that text is compiled; where the code generator asks for a location it gets the node's.
//!
//! Nearly everything is put in parentheses: they are no part of a node's range, so each node keeps a range of its
//! own, and precedence needs no thought.

mod expressions;
mod statements;

use super::{Node, Value};
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
