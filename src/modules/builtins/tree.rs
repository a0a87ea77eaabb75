//! Syntax trees between the compiler and the classes of Python's `ast`.

use typhon_compiler::ir::Loc;
use typhon_compiler::pyast::grammar::{self, Field, Kind, Many, Sort};
use typhon_compiler::pyast::{self, Node};
use typhon_vm::native::*;
use typhon_vm::objects::code::consts;
use typhon_vm::objects::{List, int, list, str};
use typhon_vm::{number, protocol};

/// A node as an instance of its class in `ast`.
pub fn to_python(cx: &mut Cx, module: &Value, node: &Node) -> Res<Value> {
    cx.check_native_stack(" during ast construction")?;
    let class = protocol::getattr_str(cx, module, node.kind)?;
    let mut fields = Vec::with_capacity(node.fields.len() + 4);
    for (name, v) in &node.fields {
        fields.push((*name, field_to_python(cx, module, v)?));
    }
    if let Some(l) = &node.loc {
        for (name, n) in [
            ("lineno", l.line),
            ("col_offset", l.col),
            ("end_lineno", l.end_line),
            ("end_col_offset", l.end_col),
        ] {
            fields.push((name, Value::small_int(n)));
        }
    }
    protocol::call_kw(cx, &class, &[], &fields)
}

fn field_to_python(cx: &mut Cx, module: &Value, v: &pyast::Value) -> Res<Value> {
    match v {
        pyast::Value::None => Ok(Value::none()),
        pyast::Value::Node(n) => to_python(cx, module, n),
        pyast::Value::List(items) => {
            let mut out = Vec::with_capacity(items.len());
            for i in items {
                out.push(field_to_python(cx, module, i)?);
            }
            list::new_list(cx, out)
        }
        pyast::Value::Ident(s) => str::intern::intern_str(cx, s),
        pyast::Value::Int(i) => int::new_int(cx, *i),
        pyast::Value::Const(c) => consts::const_value(cx, c),
    }
}

/// Whether an object is a node of `ast`.
pub fn is_node(cx: &mut Cx, v: &Value) -> Res<bool> {
    let Some(module) = typhon_vm::objects::module::methods::loaded(cx, "_ast")? else {
        return Ok(false);
    };
    let base = protocol::getattr_str(cx, &module, "AST")?;
    protocol::isinstance(cx, v, &base)
}

/// The tree that an instance of a class in `ast` stands for; its root must be of the family `mod` and of the kind that the
/// mode wants.
pub fn from_python(cx: &mut Cx, v: &Value, root: &'static str) -> Res<Node> {
    let module = crate::builtins::import::import_absolute_str(cx, "_ast")?;
    let node = Reader { module }.node(cx, v, "mod")?;
    if node.kind != root {
        let got = v.type_name();
        return Err(cx.type_error(format!("expected {root} node, got {got}")));
    }
    Ok(node)
}

struct Reader {
    module: Value,
}

impl Reader {
    /// The kind of an object in a family, by the classes it inherits from.
    fn kind(&self, cx: &mut Cx, v: &Value, family: &str) -> Res<&'static Kind> {
        for class in v.ty().mro().to_vec() {
            let Some(name) = class.downcast::<Type>().map(Type::name) else {
                continue;
            };
            if let Some(kind) = grammar::kind(&name)
                && kind.family == family
                && protocol::getattr_str(cx, &self.module, kind.name)?.is(&class)
            {
                return Ok(kind);
            }
        }
        let shown = protocol::repr_string(cx, v)?;
        Err(cx.type_error(format!("expected some sort of {family}, but got {shown}")))
    }

    fn node(&self, cx: &mut Cx, v: &Value, family: &str) -> Res<Node> {
        cx.check_native_stack(" during ast construction")?;
        let kind = self.kind(cx, v, family)?;
        let loc = if kind.placed {
            Some(self.place(cx, v, kind)?)
        } else {
            None
        };
        let mut fields = Vec::with_capacity(kind.fields.len());
        for field in &kind.fields {
            let held = protocol::getattr_str_opt(cx, v, field.name)?;
            fields.push((field.name, self.field(cx, kind, field, held)?));
        }
        Ok(Node {
            kind: kind.name,
            fields,
            loc,
        })
    }

    fn place(&self, cx: &mut Cx, v: &Value, kind: &Kind) -> Res<Loc> {
        let mut number = |name: &'static str, default: Option<i32>| -> Res<i32> {
            match (protocol::getattr_str_opt(cx, v, name)?, default) {
                (Some(n), Some(default)) if n.is_none() => Ok(default),
                (Some(n), _) => integer(cx, &n).map(|n| n as i32),
                (None, Some(default)) => Ok(default),
                (None, None) => {
                    let family = kind.family;
                    Err(cx.type_error(format!("required field \"{name}\" missing from {family}")))
                }
            }
        };
        let line = number("lineno", None)?;
        let col = number("col_offset", None)?;
        let end_line = number("end_lineno", Some(line))?;
        let end_col = number("end_col_offset", Some(col))?;
        Ok(Loc {
            line,
            end_line,
            col,
            end_col,
        })
    }

    fn field(
        &self,
        cx: &mut Cx,
        kind: &Kind,
        field: &Field,
        held: Option<Value>,
    ) -> Res<pyast::Value> {
        let name = field.name;
        match field.many {
            Many::One => match held {
                // None is a constant like any other.
                Some(v) if !v.is_none() || field.sort == Sort::Const => self.value(cx, field, &v),
                _ if field.name == "ctx" => Ok(load().into()),
                _ => Err(cx.type_error(format!(
                    "required field \"{name}\" missing from {}",
                    kind.name
                ))),
            },
            Many::Optional => match held {
                Some(v) if !v.is_none() => self.value(cx, field, &v),
                _ => Ok(pyast::Value::None),
            },
            Many::List | Many::Gaps => {
                let Some(v) = held else {
                    return Ok(pyast::Value::List(Vec::new()));
                };
                let Some(items) = v.downcast::<List>() else {
                    let found = v.type_name();
                    return Err(cx.type_error(format!(
                        "{} field \"{name}\" must be a list, not a {found}",
                        kind.name
                    )));
                };
                let n = items.len();
                let mut out = Vec::with_capacity(n);
                for i in 0..n {
                    let Some(item) = items.get(cx, i) else { break };
                    out.push(match item.is_none() {
                        true => pyast::Value::None,
                        false => self.value(cx, field, &item)?,
                    });
                    if items.len() != n {
                        return Err(cx.runtime_error(format!(
                            "{} field \"{name}\" changed size during iteration",
                            kind.name
                        )));
                    }
                }
                Ok(pyast::Value::List(out))
            }
        }
    }

    fn value(&self, cx: &mut Cx, field: &Field, v: &Value) -> Res<pyast::Value> {
        match field.sort {
            Sort::Node(family) => self.node(cx, v, family).map(pyast::Value::from),
            Sort::Int => integer(cx, v).map(pyast::Value::Int),
            Sort::Ident => match v.downcast_exact::<Str>().and_then(Str::to_utf8) {
                Some(text) => Ok(pyast::Value::Ident(text.into_owned())),
                None => Err(cx.type_error("AST identifier must be of type str")),
            },
            Sort::Text => match v.downcast_exact::<Str>().and_then(Str::to_utf8) {
                Some(text) => Ok(pyast::Value::Ident(text.into_owned())),
                None => Err(cx.type_error("AST string must be of type str")),
            },
            Sort::Const => match consts::value_const(cx, v) {
                Some(c) => Ok(pyast::Value::Const(c)),
                None => {
                    let found = v.type_name();
                    Err(cx.type_error(format!("got an invalid type in Constant: {found}")))
                }
            },
        }
    }
}

fn load() -> Node {
    Node {
        kind: "Load",
        fields: Vec::new(),
        loc: None,
    }
}

fn integer(cx: &mut Cx, v: &Value) -> Res<i64> {
    if int::as_int(v).is_none() {
        let shown = protocol::repr_string(cx, v)?;
        return Err(cx.value_error(format!("invalid integer value: {shown}")));
    }
    number::index_i32(cx, v).map(i64::from)
}
