//! Mapping and class patterns of `match` (PEP 634).

use crate::objects::typeobj::flag;
use crate::objects::{Dict, Str, Tuple};
use crate::statics::word;
use crate::{Cx, Res, Type, Value, ValueExt, protocol};

pub(crate) fn match_keys(cx: &mut Cx, subject: &Value, keys: &Value) -> Res<Value> {
    let keys = protocol::collect(cx, keys)?;
    let mut out = Vec::with_capacity(keys.len());
    for (i, k) in keys.iter().enumerate() {
        for other in &keys[..i] {
            if protocol::equal(cx, k, other)? {
                let r = protocol::repr_string(cx, k)?;
                return Err(cx.value_error(format!("mapping pattern checks duplicate key ({r})")));
            }
        }
    }
    if let Some(d) = subject.downcast_exact::<Dict>() {
        for k in &keys {
            match d.get(cx, k)? {
                Some(v) => out.push(v),
                None => return Ok(Value::none()),
            }
        }
        return crate::objects::tuple::new_tuple(cx, out);
    }
    let get = protocol::getattr_str(cx, subject, "get")?;
    let marker = crate::objects::object::new_plain_object(cx)?;
    for k in &keys {
        let v = protocol::call(cx, &get, &[k.clone(), marker.clone()])?;
        if v.is(&marker) {
            return Ok(Value::none());
        }
        out.push(v);
    }
    crate::objects::tuple::new_tuple(cx, out)
}

pub(crate) fn match_class(
    cx: &mut Cx,
    subject: &Value,
    cls: &Value,
    nargs: usize,
    names: &Value,
) -> Res<Value> {
    let Some(t) = cls.downcast::<Type>() else {
        return Err(cx.type_error("called match pattern must be a class"));
    };
    if !protocol::isinstance(cx, subject, cls)? {
        return Ok(Value::none());
    }
    let mut out: Vec<Value> = Vec::new();
    let mut seen: Vec<Value> = Vec::new();
    let tname = t.name();
    if nargs > 0 {
        let match_args = protocol::getattr_str_opt(cx, cls, "__match_args__")?;
        let (args, match_self) = match &match_args {
            Some(a) => match a.downcast::<Tuple>() {
                Some(t) => (t.items().to_vec(), false),
                None => {
                    let n = a.type_name();
                    return Err(
                        cx.type_error(format!("{tname}.__match_args__ must be a tuple (got {n})"))
                    );
                }
            },
            None => {
                let own = flag::INT_SUBCLASS
                    | flag::STR_SUBCLASS
                    | flag::BYTES_SUBCLASS
                    | flag::LIST_SUBCLASS
                    | flag::TUPLE_SUBCLASS
                    | flag::DICT_SUBCLASS;
                let w = crate::objects::object::instance::native_base(t).word();
                let also = matches!(
                    w,
                    word::FLOAT | word::SET | word::FROZENSET | word::BYTEARRAY | word::BOOL
                );
                (vec![], t.has(own) || also)
            }
        };
        let allowed = if match_self { 1 } else { args.len() };
        if nargs > allowed {
            let plural = if allowed == 1 { "" } else { "s" };
            return Err(cx.type_error(format!(
                "{tname}() accepts {allowed} positional sub-pattern{plural} ({nargs} given)"
            )));
        }
        if match_self {
            out.push(subject.clone());
        } else {
            for a in &args[..nargs] {
                if a.downcast::<Str>().is_none() {
                    let n = a.type_name();
                    return Err(
                        cx.type_error(format!("__match_args__ elements must be strings (got {n})"))
                    );
                }
                if !match_attr(cx, subject, a, &mut seen, &mut out, &tname)? {
                    return Ok(Value::none());
                }
            }
        }
    }
    for n in protocol::collect(cx, names)? {
        if !match_attr(cx, subject, &n, &mut seen, &mut out, &tname)? {
            return Ok(Value::none());
        }
    }
    crate::objects::tuple::new_tuple(cx, out)
}

fn match_attr(
    cx: &mut Cx,
    subject: &Value,
    name: &Value,
    seen: &mut Vec<Value>,
    out: &mut Vec<Value>,
    tname: &str,
) -> Res<bool> {
    for s in seen.iter() {
        if protocol::equal(cx, s, name)? {
            let r = protocol::repr_string(cx, name)?;
            return Err(cx.type_error(format!(
                "{tname}() got multiple sub-patterns for attribute {r}"
            )));
        }
    }
    seen.push(name.clone());
    match protocol::getattr_opt(cx, subject, name)? {
        Some(v) => {
            out.push(v);
            Ok(true)
        }
        None => Ok(false),
    }
}
