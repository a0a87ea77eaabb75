//! IMPORT_NAME, IMPORT_FROM and `from m import *`.

use crate::objects::frame::Frame;
use crate::objects::function::view;
use crate::objects::{Dict, Str, exception};
use crate::{Cx, Res, Value, ValueExt, protocol};

pub(crate) fn import_name(
    cx: &mut Cx,
    frame: *mut Frame,
    name: &Value,
    level: Value,
    fromlist: Value,
) -> Res<Value> {
    // SAFETY: the running frame's namespaces.
    let (b, globals, locals) = unsafe {
        let g = Value::borrow_header((*frame).globals.cast());
        let l = if (*frame).locals == 0 {
            Value::none()
        } else {
            crate::call::counted(cx, (*frame).locals)
        };
        (&*(*frame).builtins(), g, l)
    };
    let Some(f) = view::named(cx, b, "__import__")? else {
        return Err(cx.import_error("__import__ not found"));
    };
    let r = protocol::call(cx, &f, &[name.clone(), globals, locals, fromlist, level]);
    if r.is_err() {
        exception::traceback::trim_import_frames(cx);
    }
    r
}

/// `from module import name`.
pub(crate) fn import_from(cx: &mut Cx, module: &Value, name: &Value) -> Res<Value> {
    if let Some(v) = protocol::getattr_opt(cx, module, name)? {
        return Ok(v);
    }
    let n = name
        .downcast::<Str>()
        .map(|s| s.to_string_lossy())
        .unwrap_or_default();
    let full = match protocol::getattr_str_opt(cx, module, "__name__")? {
        Some(m) => m.downcast::<Str>().map(|s| s.to_string_lossy()),
        None => None,
    };
    if let Some(m) = &full
        && let Some(modules) = crate::init::sys_get(cx, "modules")
    {
        let key = crate::objects::str::new_str(cx, &format!("{m}.{n}"))?;
        if let Some(d) = modules.downcast::<Dict>()
            && let Some(v) = d.get(cx, &key)?
        {
            return Ok(v);
        }
    }
    crate::init::import_from_error(cx, module, full.as_deref(), &n, name)
}

/// The word of a frame's namespace: its globals when a module's code is called as a function.
///
/// # Safety
/// The running frame.
pub(crate) unsafe fn locals_word(frame: *mut Frame) -> u64 {
    // SAFETY: the frame keeps its globals alive.
    unsafe {
        match (*frame).locals {
            0 => (*frame).globals as u64,
            w => w,
        }
    }
}

/// `from module import *`.
pub(crate) fn import_star(cx: &mut Cx, frame: *mut Frame, module: &Value) -> Res<Value> {
    // SAFETY: the running frame.
    let w = unsafe { locals_word(frame) };
    // SAFETY: as above.
    let ns = unsafe { crate::call::counted(cx, w) };
    let (names, skip_private) = match protocol::getattr_str_opt(cx, module, "__all__")? {
        Some(all) => (protocol::collect(cx, &all)?, false),
        None => match crate::objects::object::dict_of(cx, module)? {
            Some(d) => (protocol::collect(cx, &d)?, true),
            None => {
                return Err(cx.import_error("from-import-* object has no __dict__ and no __all__"));
            }
        },
    };
    for n in names {
        let Some(s) = n.downcast::<Str>() else {
            let t = n.type_name();
            let from = protocol::getattr_str(cx, module, "__name__")?;
            let from = protocol::str_string(cx, &from)?;
            return Err(cx.type_error(match skip_private {
                true => format!("Key in {from}.__dict__ must be str, not {t}"),
                false => format!("Item in {from}.__all__ must be str, not {t}"),
            }));
        };
        if skip_private && !s.is_empty() && s.at(0) == '_' as u32 {
            continue;
        }
        let v = protocol::getattr(cx, module, &n)?;
        match ns.downcast_exact::<Dict>() {
            Some(d) => d.set(cx, &n, v)?,
            None => protocol::setitem(cx, &ns, &n, Some(&v))?,
        }
    }
    Ok(Value::none())
}
