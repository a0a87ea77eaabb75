//! "Did you mean ...?": the name that was perhaps meant by a NameError, AttributeError or ImportError.

use super::base::exc;
use super::is_kind;
use super::traceback::Traceback;
use crate::native::{ExcKind, suggestion};
use crate::objects::Str;
use crate::protocol;
use crate::{Cx, Res, Value, ValueExt};

/// More candidates than this are not worth the time.
const MOST: usize = 750;

/// What to append to the text of an exception.
pub fn hint(cx: &mut Cx, this: &Value) -> String {
    match hint_of(cx, this) {
        Ok(h) => h,
        Err(r) => {
            // Looking for names runs the program's code, which may fail: then there is no suggestion.
            drop(cx.take_exc(r));
            String::new()
        }
    }
}

fn text(v: Option<Value>) -> Option<String> {
    v.and_then(|v| v.downcast::<Str>().map(|s| s.to_string_lossy()))
}

fn hint_of(cx: &mut Cx, this: &Value) -> Res<String> {
    let is_name = is_kind(this, ExcKind::NameError);
    let wrong = if is_kind(this, ExcKind::ImportError) {
        text(exc(this).extra(3))
    } else if is_name || is_kind(this, ExcKind::AttributeError) {
        text(exc(this).extra(0))
    } else {
        None
    };
    let Some(wrong) = wrong else {
        return Ok(String::new());
    };
    let found = if is_name {
        for_name(cx, this, &wrong)?
    } else if is_kind(this, ExcKind::ImportError) {
        for_import(cx, this, &wrong)?
    } else {
        for_attribute(cx, this, &wrong)?
    };
    let mut out = match &found {
        Some(s) => format!(". Did you mean: '{s}'?"),
        None => String::new(),
    };
    if is_name && is_library_module(cx, &wrong)? {
        out.push_str(&match found {
            Some(_) => format!(" Or did you forget to import '{wrong}'?"),
            None => format!(". Did you forget to import '{wrong}'?"),
        });
    }
    Ok(out)
}

fn is_library_module(cx: &mut Cx, name: &str) -> Res<bool> {
    let Some(names) = crate::init::sys_get(cx, "stdlib_module_names") else {
        return Ok(false);
    };
    let n = crate::objects::str::new_str(cx, name)?;
    protocol::contains(cx, &names, &n)
}

fn closest(wrong: &str, names: &[String]) -> Option<String> {
    if names.len() > MOST {
        return None;
    }
    suggestion(wrong, names.iter().map(String::as_str)).map(str::to_owned)
}

/// `dir(obj)`, sorted.
fn dir(cx: &mut Cx, obj: &Value) -> Res<Vec<String>> {
    let list = match protocol::lookup_special(cx, obj, "__dir__")? {
        Some(f) => protocol::call(cx, &f, &[])?,
        None => return Ok(Vec::new()),
    };
    let mut names: Vec<String> = protocol::collect(cx, &list)?
        .iter()
        .filter_map(|v| v.downcast::<Str>().map(|s| s.to_string_lossy()))
        .collect();
    names.sort();
    Ok(names)
}

/// The innermost frame an exception passed through.
fn last_frame(this: &Value) -> Option<Value> {
    let mut tb = exc(this).traceback()?;
    while let Some(next) = tb.downcast::<Traceback>()?.next() {
        tb = next;
    }
    Some(tb.downcast::<Traceback>()?.frame.clone())
}

fn local(cx: &mut Cx, frame: &Value, name: &str) -> Option<Value> {
    let f = frame.downcast::<crate::objects::FrameObj>()?;
    f.items(cx)
        .into_iter()
        .find(|(k, _)| k.downcast::<Str>().is_some_and(|s| s.equals_str(name)))
        .map(|(_, v)| v)
}

fn for_attribute(cx: &mut Cx, this: &Value, wrong: &str) -> Res<Option<String>> {
    let Some(obj) = exc(this).extra(1) else {
        return Ok(None);
    };
    let mut names = dir(cx, &obj)?;
    let mut hide = !wrong.starts_with('_');
    if hide
        && let Some(f) = last_frame(this)
        && local(cx, &f, "self").is_some_and(|s| s.is(&obj))
    {
        hide = false;
    }
    if hide {
        names.retain(|n| !n.starts_with('_'));
    }
    Ok(closest(wrong, &names))
}

fn for_import(cx: &mut Cx, this: &Value, wrong: &str) -> Res<Option<String>> {
    let Some(module) = text(exc(this).extra(1)) else {
        return Ok(None);
    };
    let Some(m) = crate::objects::module::methods::loaded(cx, &module)? else {
        return Ok(None);
    };
    let mut names = dir(cx, &m)?;
    if !wrong.starts_with('_') {
        names.retain(|n| !n.starts_with('_'));
    }
    Ok(closest(wrong, &names))
}

fn for_name(cx: &mut Cx, this: &Value, wrong: &str) -> Res<Option<String>> {
    let Some(fv) = last_frame(this) else {
        return Ok(None);
    };
    let Some(f) = fv.downcast::<crate::objects::FrameObj>() else {
        return Ok(None);
    };
    let mut names: Vec<String> = Vec::new();
    let keys = |v: Vec<(Value, Value)>| {
        v.into_iter()
            .filter_map(|(k, _)| k.downcast::<Str>().map(|s| s.to_string_lossy()))
            .collect::<Vec<_>>()
    };
    let locals = match f.namespace(cx) {
        Some(ns) => protocol::collect(cx, &ns)?
            .into_iter()
            .filter_map(|k| k.downcast::<Str>().map(|s| s.to_string_lossy()))
            .collect(),
        None => keys(f.items(cx)),
    };
    names.extend(locals);
    if let Some(func) = f.function() {
        names.extend(keys(func.globals().entries(cx)));
        names.extend(keys(func.builtins().entries(cx)));
    }
    if let Some(this) = local(cx, &fv, "self") {
        let n = crate::objects::str::new_str(cx, wrong)?;
        if protocol::getattr_opt(cx, &this, &n)?.is_some() {
            return Ok(Some(format!("self.{wrong}")));
        }
    }
    Ok(closest(wrong, &names))
}
