//! What single exception classes add to `BaseException`: attributes in the extra slots, and their own `__init__` and
//! `__str__`. `OSError` stands in `oserror.rs`, groups in `group.rs`.

use super::base::{base_init, base_str, exc, no_keywords};
use crate::native::*;
use crate::objects::Dict;
use crate::objects::bytes::{Bytes, new_bytes};
use crate::objects::int::new_int;
use crate::objects::str::new_str;
use crate::objects::tuple::new_tuple;
use crate::protocol;

/// Reads extra slot `I`; None when it is empty.
pub(super) fn get_extra<const I: usize>(_: &mut Cx, this: &Value) -> Res<Value> {
    Ok(exc(this).extra(I).unwrap_or_else(Value::none))
}
pub(super) fn set_extra<const I: usize>(cx: &mut Cx, this: &Value, v: Option<&Value>) -> Res<()> {
    exc(this).set_extra(cx, I, v.cloned());
    Ok(())
}

/// An attribute kept in extra slot `I`.
pub(super) const fn extra<const I: usize>(name: &'static str, doc: &'static str) -> GetSetDef {
    GetSetDef {
        member: true,
        name,
        get: get_extra::<I>,
        set: Some(set_extra::<I>),
        doc,
    }
}

pub(super) const fn method(
    name: &'static str,
    call: crate::native::def::NativeFn,
    doc: &'static str,
) -> MethodDef {
    MethodDef {
        name,
        call,
        doc,
        text_signature: None,
        kind: MethodKind::Method,
        min: 0,
        max: 255,
        takes_keywords: false,
        quick: None,
    }
}

/// The receiver of a hand-written method.
pub(super) fn receiver_of<'a>(
    cx: &mut Cx,
    args: Args<'a>,
    name: &str,
    kind: ExcKind,
) -> Res<&'a Value> {
    match args.pos.first() {
        Some(v) if super::is_kind(v, kind) => Ok(v),
        Some(v) => {
            let (o, t) = (kind.name(), v.type_name());
            Err(cx.type_error(format!(
                "descriptor '{name}' for '{o}' objects doesn't apply to a '{t}' object"
            )))
        }
        None => {
            let o = kind.name();
            Err(cx.type_error(format!("unbound method {o}.{name}() needs an argument")))
        }
    }
}

/// The keyword arguments a class takes; others are an error.
fn keywords<'a, const N: usize>(
    cx: &mut Cx,
    args: Args<'a>,
    who: &str,
    allowed: [&str; N],
) -> Res<[Option<&'a Value>; N]> {
    let mut out = [None; N];
    for (k, v) in args.keywords() {
        match allowed.iter().position(|a| k.equals_str(a)) {
            Some(i) => out[i] = Some(v),
            None => {
                let k = k.to_string_lossy();
                return Err(
                    cx.type_error(format!("{who}() got an unexpected keyword argument '{k}'"))
                );
            }
        }
    }
    Ok(out)
}

/// A copy of the instance's dict, for `__getstate__`.
fn state_dict(cx: &mut Cx, this: &Value) -> Res<Value> {
    match exc(this).dict_if_any() {
        Some(d) => match d.downcast::<Dict>() {
            Some(d) => d.copy(cx),
            None => crate::objects::dict::new_dict(cx),
        },
        None => crate::objects::dict::new_dict(cx),
    }
}

fn put(cx: &mut Cx, dict: &Value, name: &str, v: Option<Value>) -> Res<()> {
    match (dict.downcast::<Dict>(), v) {
        (Some(d), Some(v)) => d.set_str(cx, name, v),
        _ => Ok(()),
    }
}

/// `(type(self), self.args[, state])`.
fn reduce_with(cx: &mut Cx, this: &Value, state: Value) -> Res<Value> {
    let args = exc(this).arg_list();
    let args = new_tuple(cx, args)?;
    let mut parts = vec![this.ty().value(), args];
    if state.downcast::<Dict>().is_some_and(|d| !d.is_empty()) {
        parts.push(state);
    }
    new_tuple(cx, parts)
}

// ---- StopIteration, SystemExit, KeyError ---------------------------------------------------------------------------

fn stop_iteration_init(cx: &mut Cx, this: &Value, args: Args<'_>) -> Res<()> {
    no_keywords(cx, this.ty(), args)?;
    base_init(cx, this, args.pos)?;
    exc(this).set_extra(
        cx,
        0,
        Some(args.pos.first().cloned().unwrap_or_else(Value::none)),
    );
    Ok(())
}

/// The value a `StopIteration` carries.
pub fn stop_value(this: &Value) -> Value {
    exc(this).extra(0).unwrap_or_else(Value::none)
}

pub static STOP_ITERATION: Part = Part {
    methods: &[],
    getset: &[extra::<0>("value", "generator return value")],
    attrs: &[],
    install_slots: |s| s.init = Some(stop_iteration_init),
};

fn system_exit_init(cx: &mut Cx, this: &Value, args: Args<'_>) -> Res<()> {
    no_keywords(cx, this.ty(), args)?;
    base_init(cx, this, args.pos)?;
    let code = match args.pos {
        [] => None,
        [one] => Some(one.clone()),
        many => Some(new_tuple(cx, many.to_vec())?),
    };
    exc(this).set_extra(cx, 0, code);
    Ok(())
}

pub static SYSTEM_EXIT: Part = Part {
    methods: &[],
    getset: &[extra::<0>("code", "exception code")],
    attrs: &[],
    install_slots: |s| s.init = Some(system_exit_init),
};

fn key_error_str(cx: &mut Cx, this: &Value) -> Res<Value> {
    let args = exc(this).arg_list();
    match args.as_slice() {
        [one] => protocol::repr(cx, one),
        _ => base_str(cx, this),
    }
}

pub static KEY_ERROR: Part = Part {
    methods: &[],
    getset: &[],
    attrs: &[],
    install_slots: |s| s.str = Some(key_error_str),
};

// ---- NameError, AttributeError, ImportError ------------------------------------------------------------------------

fn name_error_init(cx: &mut Cx, this: &Value, args: Args<'_>) -> Res<()> {
    let [name] = keywords(cx, args, "NameError", ["name"])?;
    base_init(cx, this, args.pos)?;
    exc(this).set_extra(cx, 0, name.cloned());
    Ok(())
}

pub static NAME_ERROR: Part = Part {
    methods: &[],
    getset: &[extra::<0>("name", "name")],
    attrs: &[],
    install_slots: |s| s.init = Some(name_error_init),
};

fn attribute_error_init(cx: &mut Cx, this: &Value, args: Args<'_>) -> Res<()> {
    let [name, obj] = keywords(cx, args, "AttributeError", ["name", "obj"])?;
    base_init(cx, this, args.pos)?;
    exc(this).set_extra(cx, 0, name.cloned());
    exc(this).set_extra(cx, 1, obj.cloned());
    Ok(())
}

/// Remember what `o.name` failed on, for suggestions, unless the exception says already.
pub fn note_attribute(cx: &mut Cx, this: &Value, obj: &Value, name: &Value) {
    let e = exc(this);
    if e.extra(0).is_none() && e.extra(1).is_none() {
        e.set_extra(cx, 0, Some(name.clone()));
        e.set_extra(cx, 1, Some(obj.clone()));
    }
}

fn attribute_error_getstate(cx: &mut Cx, args: Args<'_>) -> Res<Value> {
    let this = receiver_of(cx, args, "__getstate__", ExcKind::AttributeError)?;
    let e = exc(this);
    let d = state_dict(cx, this)?;
    put(cx, &d, "name", e.extra(0))?;
    let args = new_tuple(cx, e.arg_list())?;
    put(cx, &d, "args", Some(args))?;
    Ok(d)
}

fn attribute_error_reduce(cx: &mut Cx, args: Args<'_>) -> Res<Value> {
    let state = attribute_error_getstate(cx, args)?;
    reduce_with(cx, &args.pos[0], state)
}

pub static ATTRIBUTE_ERROR: Part = Part {
    methods: &[
        method(
            "__getstate__",
            attribute_error_getstate,
            "Helper for pickle.",
        ),
        method("__reduce__", attribute_error_reduce, ""),
    ],
    getset: &[
        extra::<0>("name", "attribute name"),
        extra::<1>("obj", "object"),
    ],
    attrs: &[],
    install_slots: |s| s.init = Some(attribute_error_init),
};

fn import_error_init(cx: &mut Cx, this: &Value, args: Args<'_>) -> Res<()> {
    let [name, path, name_from] = keywords(cx, args, "ImportError", ["name", "path", "name_from"])?;
    base_init(cx, this, args.pos)?;
    let e = exc(this);
    e.set_extra(
        cx,
        0,
        if args.pos.len() == 1 {
            Some(args.pos[0].clone())
        } else {
            None
        },
    );
    e.set_extra(cx, 1, name.cloned());
    e.set_extra(cx, 2, path.cloned());
    e.set_extra(cx, 3, name_from.cloned());
    Ok(())
}

fn import_error_str(cx: &mut Cx, this: &Value) -> Res<Value> {
    match exc(this).extra(0) {
        Some(m) if m.downcast_exact::<Str>().is_some() => Ok(m),
        _ => base_str(cx, this),
    }
}

fn import_error_reduce(cx: &mut Cx, args: Args<'_>) -> Res<Value> {
    let this = receiver_of(cx, args, "__reduce__", ExcKind::ImportError)?;
    let e = exc(this);
    let d = state_dict(cx, this)?;
    put(cx, &d, "name", e.extra(1))?;
    put(cx, &d, "path", e.extra(2))?;
    put(cx, &d, "name_from", e.extra(3))?;
    reduce_with(cx, this, d)
}

pub static IMPORT_ERROR: Part = Part {
    methods: &[method("__reduce__", import_error_reduce, "")],
    getset: &[
        extra::<0>("msg", "exception message"),
        extra::<1>("name", "module name"),
        extra::<2>("path", "module path"),
        extra::<3>("name_from", "name imported from module"),
    ],
    attrs: &[],
    install_slots: |s| {
        s.init = Some(import_error_init);
        s.str = Some(import_error_str);
    },
};

/// `ImportError(msg, name=..., path=...)`, or another of its family.
pub fn new_import_error(
    cx: &mut Cx,
    kind: ExcKind,
    msg: &str,
    name: Option<&Value>,
    path: Option<&Value>,
) -> Res<Value> {
    let text = new_str(cx, msg)?;
    let e = super::new_exception(cx, kind, vec![text])?;
    exc(&e).set_extra(cx, 1, name.cloned());
    exc(&e).set_extra(cx, 2, path.cloned());
    Ok(e)
}

// ---- SyntaxError ---------------------------------------------------------------------------------------------------

/// The rarely used attributes of a `SyntaxError` share the last slot, as a tuple: end_lineno, end_offset,
/// print_file_and_line, _metadata.
const REST: usize = 5;

pub(super) fn syntax_rest(this: &Value, i: usize) -> Option<Value> {
    let t = exc(this).extra(REST)?;
    t.downcast::<Tuple>()
        .and_then(|t| t.items().get(i).cloned())
        .filter(|v| !v.is_none())
}

fn get_rest<const I: usize>(_: &mut Cx, this: &Value) -> Res<Value> {
    Ok(syntax_rest(this, I).unwrap_or_else(Value::none))
}

fn set_rest<const I: usize>(cx: &mut Cx, this: &Value, v: Option<&Value>) -> Res<()> {
    let mut items: Vec<Value> = (0..4)
        .map(|i| syntax_rest(this, i).unwrap_or_else(Value::none))
        .collect();
    items[I] = v.cloned().unwrap_or_else(Value::none);
    let t = new_tuple(cx, items)?;
    exc(this).set_extra(cx, REST, Some(t));
    Ok(())
}

const fn rest_attr<const I: usize>(name: &'static str, doc: &'static str) -> GetSetDef {
    GetSetDef {
        member: true,
        name,
        get: get_rest::<I>,
        set: Some(set_rest::<I>),
        doc,
    }
}

fn syntax_error_init(cx: &mut Cx, this: &Value, args: Args<'_>) -> Res<()> {
    no_keywords(cx, this.ty(), args)?;
    base_init(cx, this, args.pos)?;
    let e = exc(this);
    if let Some(msg) = args.pos.first() {
        e.set_extra(cx, 0, Some(msg.clone()));
    }
    if let [_, details] = args.pos {
        let d = protocol::collect(cx, details)?;
        let n = d.len();
        if n < 4 {
            return Err(cx.type_error(format!("function takes at least 4 arguments ({n} given)")));
        }
        if n > 7 {
            return Err(cx.type_error(format!("function takes at most 7 arguments ({n} given)")));
        }
        for i in 0..4 {
            e.set_extra(cx, i + 1, Some(d[i].clone()));
        }
        if n == 5 {
            return Err(cx.type_error("end_offset must be provided when end_lineno is provided"));
        }
        let none = Value::none;
        let at = |i: usize| d.get(i).cloned().unwrap_or_else(none);
        let t = new_tuple(cx, vec![at(4), at(5), none(), at(6)])?;
        e.set_extra(cx, REST, Some(t));
    }
    Ok(())
}

fn syntax_error_str(cx: &mut Cx, this: &Value) -> Res<Value> {
    let e = exc(this);
    let file = e.extra(1).filter(|f| f.downcast::<Str>().is_some());
    let line = e.extra(2).and_then(|l| l.as_small_int());
    let none = Value::none();
    let msg = e.extra(0).unwrap_or(none);
    if file.is_none() && line.is_none() {
        return protocol::str(cx, &msg);
    }
    let text = protocol::str_string(cx, &msg)?;
    let name = match &file {
        Some(f) => {
            let s = protocol::str_string(cx, f)?;
            Some(s.rsplit('/').next().unwrap_or("").to_owned())
        }
        None => None,
    };
    let out = match (name, line) {
        (Some(f), Some(l)) => format!("{text} ({f}, line {l})"),
        (Some(f), None) => format!("{text} ({f})"),
        (None, Some(l)) => format!("{text} (line {l})"),
        (None, None) => text,
    };
    new_str(cx, &out)
}

pub static SYNTAX_ERROR: Part = Part {
    methods: &[],
    getset: &[
        extra::<0>("msg", "exception msg"),
        extra::<1>("filename", "exception filename"),
        extra::<2>("lineno", "exception lineno"),
        extra::<3>("offset", "exception offset"),
        extra::<4>("text", "exception text"),
        rest_attr::<0>("end_lineno", "exception end lineno"),
        rest_attr::<1>("end_offset", "exception end offset"),
        rest_attr::<2>("print_file_and_line", "exception print_file_and_line"),
        rest_attr::<3>("_metadata", "exception private metadata"),
    ],
    attrs: &[],
    install_slots: |s| {
        s.init = Some(syntax_error_init);
        s.str = Some(syntax_error_str);
    },
};

// ---- UnicodeError --------------------------------------------------------------------------------------------------

#[derive(Clone, Copy, PartialEq)]
enum Family {
    Decode,
    Encode,
    Translate,
}

fn need_str(cx: &mut Cx, v: &Value, place: usize) -> Res<()> {
    if v.downcast::<Str>().is_some() {
        return Ok(());
    }
    let t = if v.is_none() {
        "None".into()
    } else {
        v.type_name()
    };
    Err(cx.type_error(format!("argument {place} must be str, not {t}")))
}

fn unicode_init(cx: &mut Cx, this: &Value, args: Args<'_>, family: Family) -> Res<()> {
    no_keywords(cx, this.ty(), args)?;
    base_init(cx, this, args.pos)?;
    let want = if family == Family::Translate { 4 } else { 5 };
    let n = args.pos.len();
    if n != want {
        return Err(cx.type_error(format!(
            "function takes exactly {want} arguments ({n} given)"
        )));
    }
    let (encoding, p) = if family == Family::Translate {
        (None, args.pos)
    } else {
        (Some(&args.pos[0]), &args.pos[1..])
    };
    let base = if encoding.is_some() { 1 } else { 0 };
    if let Some(e) = encoding {
        need_str(cx, e, 1)?;
    }
    let object = if family == Family::Decode {
        if p[0].downcast::<Bytes>().is_some() {
            p[0].clone()
        } else {
            let buffer = crate::objects::buffer::get(cx, &p[0], false)?;
            let copy = buffer.to_vec();
            new_bytes(cx, &copy)?
        }
    } else {
        need_str(cx, &p[0], base + 1)?;
        p[0].clone()
    };
    let mut places = Vec::with_capacity(2);
    for v in &p[1..3] {
        let i = <isize as FromArg>::from_arg(cx, v, At::attribute("start"))?;
        places.push(new_int(cx, i as i64)?);
    }
    need_str(cx, &p[3], base + 4)?;
    let e = exc(this);
    e.set_extra(cx, 0, encoding.cloned());
    e.set_extra(cx, 1, Some(object));
    let end = places.pop();
    e.set_extra(cx, 2, places.pop());
    e.set_extra(cx, 3, end);
    e.set_extra(cx, 4, Some(p[3].clone()));
    Ok(())
}

fn unicode_decode_init(cx: &mut Cx, this: &Value, args: Args<'_>) -> Res<()> {
    unicode_init(cx, this, args, Family::Decode)
}
fn unicode_encode_init(cx: &mut Cx, this: &Value, args: Args<'_>) -> Res<()> {
    unicode_init(cx, this, args, Family::Encode)
}
fn unicode_translate_init(cx: &mut Cx, this: &Value, args: Args<'_>) -> Res<()> {
    unicode_init(cx, this, args, Family::Translate)
}

fn place(this: &Value, i: usize) -> i64 {
    exc(this)
        .extra(i)
        .and_then(|v| v.as_small_int())
        .unwrap_or(0)
}

fn unicode_str(cx: &mut Cx, this: &Value, family: Family) -> Res<Value> {
    let e = exc(this);
    if e.extra(1).is_none() {
        // Not initialized.
        return new_str(cx, "");
    }
    let reason = protocol::str_string(cx, &e.extra(4).unwrap_or_else(Value::none))?;
    let encoding = match family {
        Family::Translate => String::new(),
        _ => protocol::str_string(cx, &e.extra(0).unwrap_or_else(Value::none))?,
    };
    // These texts may have been made by Python code that changed the exception.
    let Some(object) = e.extra(1) else {
        return Err(cx.type_error("object attribute not set"));
    };
    let (start, end) = (place(this, 2), place(this, 3));
    let is_one = |len: usize| {
        let len = len as i64;
        (0..len).contains(&start) && end <= len && end == start + 1
    };
    let one = match family {
        Family::Decode => {
            let Some(data) = object.downcast::<Bytes>() else {
                return Err(cx.type_error("object attribute must be bytes"));
            };
            let data = data.as_slice();
            is_one(data.len()).then(|| format!("byte {:#04x}", data[start as usize]))
        }
        Family::Encode | Family::Translate => {
            let Some(text) = object.downcast::<Str>() else {
                return Err(cx.type_error("object attribute must be str"));
            };
            is_one(text.len()).then(|| match text.at(start as usize) {
                c @ 0..=0xFF => format!("character '\\x{c:02x}'"),
                c @ 0x100..=0xFFFF => format!("character '\\u{c:04x}'"),
                c => format!("character '\\U{c:08x}'"),
            })
        }
    };
    let (what, at) = match one {
        Some(one) => (one, start.to_string()),
        None => {
            let many = match family {
                Family::Decode => "bytes",
                Family::Encode | Family::Translate => "characters",
            };
            (many.to_owned(), format!("{start}-{}", end.wrapping_sub(1)))
        }
    };
    let text = match family {
        Family::Decode => {
            format!("'{encoding}' codec can't decode {what} in position {at}: {reason}")
        }
        Family::Encode => {
            format!("'{encoding}' codec can't encode {what} in position {at}: {reason}")
        }
        Family::Translate => format!("can't translate {what} in position {at}: {reason}"),
    };
    new_str(cx, &text)
}

fn unicode_decode_str(cx: &mut Cx, this: &Value) -> Res<Value> {
    unicode_str(cx, this, Family::Decode)
}
fn unicode_encode_str(cx: &mut Cx, this: &Value) -> Res<Value> {
    unicode_str(cx, this, Family::Encode)
}
fn unicode_translate_str(cx: &mut Cx, this: &Value) -> Res<Value> {
    unicode_str(cx, this, Family::Translate)
}

fn set_place<const I: usize>(cx: &mut Cx, this: &Value, v: Option<&Value>) -> Res<()> {
    let Some(v) = v else {
        return Err(cx.type_error("can't delete numeric/char attribute"));
    };
    if crate::objects::int::as_int(v).is_none() {
        return Err(cx.type_error("an integer is required"));
    }
    exc(this).set_extra(cx, I, Some(v.clone()));
    Ok(())
}

const UNICODE_ATTRS: &[GetSetDef] = &[
    extra::<0>("encoding", "exception encoding"),
    extra::<1>("object", "exception object"),
    GetSetDef {
        member: true,
        name: "start",
        get: get_extra::<2>,
        set: Some(set_place::<2>),
        doc: "exception start",
    },
    GetSetDef {
        member: true,
        name: "end",
        get: get_extra::<3>,
        set: Some(set_place::<3>),
        doc: "exception end",
    },
    extra::<4>("reason", "exception reason"),
];

pub static UNICODE_DECODE: Part = Part {
    methods: &[],
    getset: UNICODE_ATTRS,
    attrs: &[],
    install_slots: |s| {
        s.init = Some(unicode_decode_init);
        s.str = Some(unicode_decode_str);
    },
};
pub static UNICODE_ENCODE: Part = Part {
    methods: &[],
    getset: UNICODE_ATTRS,
    attrs: &[],
    install_slots: |s| {
        s.init = Some(unicode_encode_init);
        s.str = Some(unicode_encode_str);
    },
};
pub static UNICODE_TRANSLATE: Part = Part {
    methods: &[],
    getset: UNICODE_ATTRS,
    attrs: &[],
    install_slots: |s| {
        s.init = Some(unicode_translate_init);
        s.str = Some(unicode_translate_str);
    },
};
