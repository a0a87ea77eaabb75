//! What the grammar cannot say of a tree: lists that must hold something, contexts, places. Checked before a tree from
//! outside is compiled; the words are CPython's.

use super::{Node, Value};
use crate::code::Const;
use crate::error::{CompileError, ErrorKind};

type Res<T = ()> = Result<T, CompileError>;

fn wrong<T>(msg: impl Into<String>) -> Res<T> {
    Err(CompileError::new(ErrorKind::Value, msg))
}

fn field<'n>(node: &'n Node, name: &str) -> &'n Value {
    const NONE: &Value = &Value::None;
    node.fields
        .iter()
        .find(|(known, _)| *known == name)
        .map_or(NONE, |(_, value)| value)
}

fn items<'n>(node: &'n Node, name: &str) -> &'n [Value] {
    match field(node, name) {
        Value::List(items) => items,
        _ => &[],
    }
}

fn child<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    match field(node, name) {
        Value::Node(child) => Some(child),
        _ => None,
    }
}

/// A list that must not be empty.
fn some(node: &Node, name: &str) -> Res {
    if items(node, name).is_empty() {
        return wrong(format!("empty {name} on {}", node.kind));
    }
    Ok(())
}

/// Checks a whole tree.
pub fn validate(root: &Node) -> Res {
    match root.kind {
        "Expression" => match child(root, "body") {
            Some(body) => expr(body, "Load"),
            None => Ok(()),
        },
        "FunctionType" => {
            exprs(root, "argtypes", "Load")?;
            opt(root, "returns")
        }
        _ => stmts(root, "body"),
    }
}

fn place(node: &Node) -> Res {
    let Some(loc) = node.loc else { return Ok(()) };
    let (line, end_line, col, end_col) = (loc.line, loc.end_line, loc.col, loc.end_col);
    if line > end_line {
        return wrong(format!(
            "AST node line range ({line}, {end_line}) is not valid"
        ));
    }
    if (line < 0 && end_line != line) || (col < 0 && col != end_col) {
        return wrong(format!(
            "AST node column range ({col}, {end_col}) for line range ({line}, {end_line}) is not valid"
        ));
    }
    if line == end_line && col > end_col {
        return wrong(format!(
            "line {line}, column {col}-{end_col} is not a valid range"
        ));
    }
    Ok(())
}

fn nodes(node: &Node, name: &str, what: &str, mut check: impl FnMut(&Node) -> Res) -> Res {
    for item in items(node, name) {
        match item {
            Value::Node(item) => check(item)?,
            _ => return wrong(format!("None disallowed in {what} list")),
        }
    }
    Ok(())
}

fn exprs(node: &Node, name: &str, ctx: &str) -> Res {
    nodes(node, name, "expression", |item| expr(item, ctx))
}

fn stmts(node: &Node, name: &str) -> Res {
    nodes(node, name, "statement", stmt)
}

/// An expression that may be missing.
fn opt(node: &Node, name: &str) -> Res {
    child(node, name).map_or(Ok(()), |item| expr(item, "Load"))
}

fn body(node: &Node) -> Res {
    some(node, "body")?;
    stmts(node, "body")
}

fn name_of(node: &Node, field_name: &str) -> Res {
    if let Value::Ident(text) = field(node, field_name)
        && matches!(text.as_str(), "None" | "True" | "False")
    {
        return wrong(format!(
            "identifier field can't represent '{text}' constant"
        ));
    }
    Ok(())
}

fn arguments(args: &Node) -> Res {
    let arg = |arg: &Node| {
        place(arg)?;
        opt(arg, "annotation")
    };
    for list in ["posonlyargs", "args"] {
        nodes(args, list, "argument", arg)?;
    }
    if let Some(vararg) = child(args, "vararg") {
        arg(vararg)?;
    }
    nodes(args, "kwonlyargs", "argument", arg)?;
    if let Some(kwarg) = child(args, "kwarg") {
        arg(kwarg)?;
    }
    let positional = items(args, "posonlyargs").len() + items(args, "args").len();
    if items(args, "defaults").len() > positional {
        return wrong("more positional defaults than args on arguments");
    }
    if items(args, "kw_defaults").len() != items(args, "kwonlyargs").len() {
        return wrong("length of kwonlyargs is not the same as kw_defaults on arguments");
    }
    exprs(args, "defaults", "Load")?;
    gaps(args, "kw_defaults")
}

/// A list of expressions in which some may be missing.
fn gaps(node: &Node, name: &str) -> Res {
    for item in items(node, name) {
        if let Value::Node(item) = item {
            expr(item, "Load")?;
        }
    }
    Ok(())
}

fn keywords(node: &Node) -> Res {
    nodes(node, "keywords", "keyword", |keyword| {
        place(keyword)?;
        opt(keyword, "value")
    })
}

fn generators(node: &Node) -> Res {
    if items(node, "generators").is_empty() {
        return wrong("comprehension with no generators");
    }
    nodes(node, "generators", "comprehension", |generator| {
        if let Some(target) = child(generator, "target") {
            expr(target, "Store")?;
        }
        opt(generator, "iter")?;
        exprs(generator, "ifs", "Load")
    })
}

fn type_params(node: &Node) -> Res {
    nodes(node, "type_params", "type parameter", |param| {
        place(param)?;
        name_of(param, "name")?;
        opt(param, "bound")?;
        opt(param, "default_value")
    })
}

fn stmt(s: &Node) -> Res {
    place(s)?;
    match s.kind {
        "FunctionDef" | "AsyncFunctionDef" => {
            body(s)?;
            type_params(s)?;
            if let Some(args) = child(s, "args") {
                arguments(args)?;
            }
            exprs(s, "decorator_list", "Load")?;
            opt(s, "returns")
        }
        "ClassDef" => {
            body(s)?;
            type_params(s)?;
            exprs(s, "bases", "Load")?;
            keywords(s)?;
            exprs(s, "decorator_list", "Load")
        }
        "Delete" => {
            some(s, "targets")?;
            exprs(s, "targets", "Del")
        }
        "Assign" => {
            some(s, "targets")?;
            exprs(s, "targets", "Store")?;
            opt(s, "value")
        }
        "AugAssign" => {
            store(s, "target")?;
            opt(s, "value")
        }
        "AnnAssign" => {
            let named = child(s, "target").is_some_and(|target| target.kind == "Name");
            if !named && *field(s, "simple") != Value::Int(0) {
                return wrong("AnnAssign with simple non-Name target");
            }
            store(s, "target")?;
            opt(s, "value")?;
            opt(s, "annotation")
        }
        "TypeAlias" => {
            if child(s, "name").is_some_and(|name| name.kind != "Name") {
                return Err(CompileError::new(
                    ErrorKind::Type,
                    "TypeAlias with non-Name name",
                ));
            }
            store(s, "name")?;
            type_params(s)?;
            opt(s, "value")
        }
        "For" | "AsyncFor" => {
            store(s, "target")?;
            opt(s, "iter")?;
            body(s)?;
            stmts(s, "orelse")
        }
        "While" | "If" => {
            opt(s, "test")?;
            body(s)?;
            stmts(s, "orelse")
        }
        "With" | "AsyncWith" => {
            some(s, "items")?;
            nodes(s, "items", "withitem", |item| {
                opt(item, "context_expr")?;
                store(item, "optional_vars")
            })?;
            body(s)
        }
        "Match" => {
            opt(s, "subject")?;
            some(s, "cases")?;
            nodes(s, "cases", "match_case", |case| {
                if let Some(found) = child(case, "pattern") {
                    pattern(found, false)?;
                }
                opt(case, "guard")?;
                body(case)
            })
        }
        "Raise" => {
            if child(s, "exc").is_none() && child(s, "cause").is_some() {
                return wrong("Raise with cause but no exception");
            }
            opt(s, "exc")?;
            opt(s, "cause")
        }
        "Try" | "TryStar" => {
            body(s)?;
            let kind = s.kind;
            if items(s, "handlers").is_empty() && items(s, "finalbody").is_empty() {
                return wrong(format!("{kind} has neither handlers nor finalbody"));
            }
            if items(s, "handlers").is_empty() && !items(s, "orelse").is_empty() {
                return wrong(format!("{kind} has orelse but no except handlers"));
            }
            nodes(s, "handlers", "excepthandler", |handler| {
                place(handler)?;
                opt(handler, "type")?;
                body(handler)
            })?;
            stmts(s, "finalbody")?;
            stmts(s, "orelse")
        }
        "Assert" => {
            opt(s, "test")?;
            opt(s, "msg")
        }
        "Import" => some(s, "names"),
        "ImportFrom" => {
            if let Value::Int(level) = field(s, "level")
                && *level < 0
            {
                return wrong("Negative ImportFrom level");
            }
            some(s, "names")
        }
        "Global" | "Nonlocal" => some(s, "names"),
        _ => opt(s, "value"),
    }
}

fn store(node: &Node, name: &str) -> Res {
    child(node, name).map_or(Ok(()), |item| expr(item, "Store"))
}

fn expr(e: &Node, ctx: &str) -> Res {
    place(e)?;
    let own = child(e, "ctx").map(|own| own.kind);
    if own.is_none() && ctx != "Load" {
        return wrong(format!(
            "expression which can't be assigned to in {ctx} context"
        ));
    }
    if let Some(own) = own
        && own != ctx
    {
        return wrong(format!(
            "expression must have {ctx} context but has {own} instead"
        ));
    }
    match e.kind {
        "BoolOp" => {
            if items(e, "values").len() < 2 {
                return wrong("BoolOp with less than 2 values");
            }
            exprs(e, "values", "Load")
        }
        "NamedExpr" => {
            if child(e, "target").is_some_and(|target| target.kind != "Name") {
                return Err(CompileError::new(
                    ErrorKind::Type,
                    "NamedExpr target must be a Name",
                ));
            }
            store(e, "target")?;
            opt(e, "value")
        }
        "Lambda" => {
            if let Some(args) = child(e, "args") {
                arguments(args)?;
            }
            opt(e, "body")
        }
        "Dict" => {
            if items(e, "keys").len() != items(e, "values").len() {
                return wrong("Dict doesn't have the same number of keys as values");
            }
            // A key that is missing unpacks the value.
            gaps(e, "keys")?;
            exprs(e, "values", "Load")
        }
        "ListComp" | "SetComp" | "GeneratorExp" => {
            generators(e)?;
            opt(e, "elt")
        }
        "DictComp" => {
            generators(e)?;
            opt(e, "key")?;
            opt(e, "value")
        }
        "Compare" => {
            if items(e, "comparators").is_empty() {
                return wrong("Compare with no comparators");
            }
            if items(e, "comparators").len() != items(e, "ops").len() {
                return wrong("Compare has a different number of comparators and operands");
            }
            exprs(e, "comparators", "Load")?;
            opt(e, "left")
        }
        "Call" => {
            opt(e, "func")?;
            exprs(e, "args", "Load")?;
            keywords(e)
        }
        "JoinedStr" | "TemplateStr" | "Set" => {
            exprs(e, "values", "Load")?;
            exprs(e, "elts", "Load")
        }
        "List" | "Tuple" => exprs(e, "elts", ctx),
        "Starred" => child(e, "value").map_or(Ok(()), |item| expr(item, ctx)),
        "Name" => name_of(e, "id"),
        _ => {
            for (name, value) in &e.fields {
                if let Value::Node(item) = value
                    && !matches!(*name, "ctx" | "op")
                {
                    expr(item, "Load")?;
                }
            }
            Ok(())
        }
    }
}

/// The expression of a value pattern.
fn pattern_value(value: &Node) -> Res {
    expr(value, "Load")?;
    let good = match value.kind {
        "Constant" => match field(value, "value") {
            Value::Const(Const::Ellipsis) => {
                return wrong("unexpected constant inside of a literal pattern");
            }
            Value::Const(
                Const::Int(_)
                | Const::BigInt(_)
                | Const::Float(_)
                | Const::Complex(..)
                | Const::Str(_)
                | Const::Bytes(_),
            ) => true,
            _ => return wrong("unexpected constant inside of a literal pattern"),
        },
        "Attribute" | "JoinedStr" | "TemplateStr" => true,
        "UnaryOp" => {
            child(value, "op").is_some_and(|op| op.kind == "USub")
                && child(value, "operand").is_some_and(is_number)
        }
        "BinOp" => {
            let real = child(value, "left").is_some_and(|left| {
                is_number(left)
                    || left.kind == "UnaryOp" && child(left, "operand").is_some_and(is_number)
            });
            let op = child(value, "op").is_some_and(|op| matches!(op.kind, "Add" | "Sub"));
            real && op && child(value, "right").is_some_and(is_number)
        }
        _ => false,
    };
    if good {
        Ok(())
    } else {
        wrong("patterns may only match literals and attribute lookups")
    }
}

fn is_number(node: &Node) -> bool {
    matches!(
        field(node, "value"),
        Value::Const(Const::Int(_) | Const::BigInt(_) | Const::Float(_) | Const::Complex(..))
    )
}

fn capture(node: &Node, name: &str) -> Res {
    if matches!(field(node, name), Value::Ident(text) if text == "_") {
        return wrong("can't capture name '_' in patterns");
    }
    name_of(node, name)
}

fn patterns(node: &Node, name: &str, star: bool) -> Res {
    nodes(node, name, "pattern", |item| pattern(item, star))
}

fn pattern(p: &Node, star: bool) -> Res {
    place(p)?;
    match p.kind {
        "MatchValue" => child(p, "value").map_or(Ok(()), pattern_value),
        "MatchSingleton" => match field(p, "value") {
            Value::Const(Const::None | Const::True | Const::False) => Ok(()),
            _ => wrong("MatchSingleton can only contain True, False and None"),
        },
        "MatchSequence" => patterns(p, "patterns", true),
        "MatchMapping" => {
            if items(p, "keys").len() != items(p, "patterns").len() {
                return wrong("MatchMapping doesn't have the same number of keys as patterns");
            }
            if *field(p, "rest") != Value::None {
                capture(p, "rest")?;
            }
            nodes(p, "keys", "expression", |key| {
                let singleton = matches!(
                    field(key, "value"),
                    Value::Const(Const::None | Const::True | Const::False)
                );
                if key.kind == "Constant" && singleton {
                    return Ok(());
                }
                pattern_value(key)
            })?;
            patterns(p, "patterns", false)
        }
        "MatchClass" => {
            if items(p, "kwd_attrs").len() != items(p, "kwd_patterns").len() {
                return wrong(
                    "MatchClass doesn't have the same number of keyword attributes as patterns",
                );
            }
            let mut class = child(p, "cls");
            if let Some(class) = class {
                expr(class, "Load")?;
            }
            while let Some(part) = class.filter(|part| part.kind != "Name") {
                if part.kind != "Attribute" {
                    return wrong("MatchClass cls field can only contain Name or Attribute nodes.");
                }
                class = child(part, "value");
            }
            for name in items(p, "kwd_attrs") {
                if let Value::Ident(text) = name
                    && matches!(text.as_str(), "None" | "True" | "False")
                {
                    return wrong(format!(
                        "identifier field can't represent '{text}' constant"
                    ));
                }
            }
            patterns(p, "patterns", false)?;
            patterns(p, "kwd_patterns", false)
        }
        "MatchStar" => {
            if !star {
                return wrong("can't use MatchStar here");
            }
            capture(p, "name")
        }
        "MatchAs" => {
            capture(p, "name")?;
            match child(p, "pattern") {
                None => Ok(()),
                Some(_) if *field(p, "name") == Value::None => {
                    wrong("MatchAs must specify a target name if a pattern is given")
                }
                Some(inner) => pattern(inner, false),
            }
        }
        "MatchOr" => {
            if items(p, "patterns").len() < 2 {
                return wrong("MatchOr requires at least 2 patterns");
            }
            patterns(p, "patterns", false)
        }
        _ => Ok(()),
    }
}
