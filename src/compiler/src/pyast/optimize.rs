//! What `PyCF_OPTIMIZED_AST` makes of a tree: `__debug__` becomes a constant, the numbers of patterns are worked out, and
//! with `-OO` docstrings go. (Other expressions are folded later, in the control-flow graph, as in CPython.)

use super::{Node, Value};
use crate::Options;
use crate::code::Const;

pub fn optimize(node: &mut Node, opts: &Options) {
    stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || {
        if opts.optimize >= 2 && has_docstring(node.kind) {
            drop_docstring(node);
        }
        for (_, value) in &mut node.fields {
            match value {
                Value::Node(child) => optimize(child, opts),
                Value::List(items) => {
                    for item in items {
                        if let Value::Node(child) = item {
                            optimize(child, opts);
                        }
                    }
                }
                _ => {}
            }
        }
        match node.kind {
            "Name" => {
                if let Some(value) = debug(node, opts) {
                    to_constant(node, value);
                }
            }
            "MatchValue" => {
                if let Some(Value::Node(value)) = get_mut(node, "value") {
                    fold_number(value);
                }
            }
            "MatchMapping" => {
                if let Some(Value::List(keys)) = get_mut(node, "keys") {
                    for key in keys {
                        if let Value::Node(key) = key {
                            fold_number(key);
                        }
                    }
                }
            }
            _ => {}
        }
    });
}

fn get<'n>(node: &'n Node, name: &str) -> Option<&'n Value> {
    node.fields.iter().find(|f| f.0 == name).map(|f| &f.1)
}

fn get_mut<'n>(node: &'n mut Node, name: &str) -> Option<&'n mut Value> {
    node.fields
        .iter_mut()
        .find(|f| f.0 == name)
        .map(|f| &mut f.1)
}

fn to_constant(node: &mut Node, value: Const) {
    node.kind = "Constant";
    node.fields = vec![("value", Value::Const(value)), ("kind", Value::None)];
}

/// The value of a name that is `__debug__`, being read.
fn debug(node: &Node, opts: &Options) -> Option<Const> {
    let read = matches!(get(node, "ctx"), Some(Value::Node(ctx)) if ctx.kind == "Load");
    let named = matches!(get(node, "id"), Some(Value::Ident(id)) if id == "__debug__");
    (read && named).then_some(match opts.optimize {
        0 => Const::True,
        _ => Const::False,
    })
}

fn has_docstring(kind: &str) -> bool {
    matches!(
        kind,
        "Module" | "ClassDef" | "FunctionDef" | "AsyncFunctionDef"
    )
}

/// Takes the docstring out of a body; one that had nothing else keeps a `pass` in its place.
fn drop_docstring(node: &mut Node) {
    let module = node.kind == "Module";
    let Some(Value::List(body)) = get_mut(node, "body") else {
        return;
    };
    let loc = match body.first() {
        Some(Value::Node(first)) if first.kind == "Expr" => match get(first, "value") {
            Some(Value::Node(value))
                if matches!(get(value, "value"), Some(Value::Const(Const::Str(_)))) =>
            {
                first.loc
            }
            _ => return,
        },
        _ => return,
    };
    if body.len() > 1 || module {
        body.remove(0);
    } else {
        body[0] = Value::from(Node {
            kind: "Pass",
            fields: Vec::new(),
            loc,
        });
    }
}

/// `-1`, `1 + 2j` and `-1 - 2j`, which patterns may have.
fn fold_number(node: &mut Node) {
    if let Some(value) = number(node) {
        to_constant(node, value);
    }
}

fn number(node: &Node) -> Option<Const> {
    let child = |name: &str| match get(node, name) {
        Some(Value::Node(n)) => Some(&**n),
        _ => None,
    };
    match node.kind {
        "Constant" => match get(node, "value")? {
            Value::Const(c) => Some(c.clone()),
            _ => None,
        },
        "UnaryOp" if child("op")?.kind == "USub" => match number(child("operand")?)? {
            Const::Int(i) => Some(Const::int(-num_bigint::BigInt::from(i))),
            Const::BigInt(i) => Some(Const::int(-*i)),
            Const::Float(f) => Some(Const::Float(-f)),
            Const::Complex(re, im) => Some(Const::Complex(-re, -im)),
            _ => None,
        },
        "BinOp" => {
            let Const::Complex(_, im) = number(child("right")?)? else {
                return None;
            };
            let re = match number(child("left")?)? {
                Const::Int(i) => i as f64,
                Const::Float(f) => f,
                _ => return None,
            };
            match child("op")?.kind {
                "Add" => Some(Const::Complex(re, im)),
                "Sub" => Some(Const::Complex(re, -im)),
                _ => None,
            }
        }
        _ => None,
    }
}
