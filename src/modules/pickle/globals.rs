//! What pickling needs of other modules, fetched once: the tables of `copyreg` and `_compat_pickle`, a few functions, the
//! exception classes; and names: of classes in messages, of objects inside modules.

use crate::builtins::import::{import_absolute, import_module_level};
use crate::support::pack;
use crate::util::{Once, import_submodule};
use std::sync::OnceLock;
use typhon_vm::native::*;
use typhon_vm::objects::exception::base;
use typhon_vm::objects::object::instance;
use typhon_vm::objects::{Dict, dict, str};
use typhon_vm::{init, protocol};

/// The tables and functions of other modules.
pub struct Globals {
    pub dispatch_table: Value,
    pub extension_registry: Value,
    pub inverted_registry: Value,
    pub extension_cache: Value,
    pub name_mapping_2to3: Value,
    pub import_mapping_2to3: Value,
    pub name_mapping_3to2: Value,
    pub import_mapping_3to2: Value,
    pub codecs_encode: Value,
    pub partial: Value,
    pub getattr: Value,
}

pub fn globals(cx: &mut Cx) -> Res<&'static Globals> {
    static GLOBALS: OnceLock<Globals> = OnceLock::new();
    if let Some(g) = GLOBALS.get() {
        return Ok(g);
    }
    let copyreg = import_submodule(cx, "copyreg")?;
    let compat = import_submodule(cx, "_compat_pickle")?;
    let codecs = import_submodule(cx, "codecs")?;
    let functools = import_submodule(cx, "functools")?;
    let builtins = import_submodule(cx, "builtins")?;
    let mut table = |module: &Value, name: &'static str| -> Res<Value> {
        let v = protocol::getattr_str(cx, module, name)?;
        if v.downcast_exact::<Dict>().is_none() {
            let n = v.type_name();
            let message = format!("{name} should be a dict, not {n}");
            return Err(cx.runtime_error(message));
        }
        Ok(v)
    };
    let made = Globals {
        dispatch_table: table(&copyreg, "dispatch_table")?,
        extension_registry: table(&copyreg, "_extension_registry")?,
        inverted_registry: table(&copyreg, "_inverted_registry")?,
        extension_cache: table(&copyreg, "_extension_cache")?,
        name_mapping_2to3: table(&compat, "NAME_MAPPING")?,
        import_mapping_2to3: table(&compat, "IMPORT_MAPPING")?,
        name_mapping_3to2: table(&compat, "REVERSE_NAME_MAPPING")?,
        import_mapping_3to2: table(&compat, "REVERSE_IMPORT_MAPPING")?,
        codecs_encode: protocol::getattr_str(cx, &codecs, "encode")?,
        partial: protocol::getattr_str(cx, &functools, "partial")?,
        getattr: protocol::getattr_str(cx, &builtins, "getattr")?,
    };
    Ok(GLOBALS.get_or_init(|| made))
}

/// The value of a key in one of the tables.
pub fn lookup(cx: &mut Cx, table: &Value, key: &Value) -> Res<Option<Value>> {
    match dict::as_dict(table) {
        Some(d) => d.get(cx, key),
        None => Ok(None),
    }
}

// ---- exceptions ----------------------------------------------------------------------------------------------------

static PICKLE_ERROR: Once = Once::new();
static PICKLING_ERROR: Once = Once::new();
static UNPICKLING_ERROR: Once = Once::new();

fn derived(cx: &mut Cx, name: &str, base: Value) -> Res<Value> {
    let ns = dict::new_dict(cx)?;
    let module = str::intern::intern_str(cx, "_pickle")?;
    if let Some(d) = dict::as_dict(&ns) {
        d.set_str(cx, "__module__", module)?;
    }
    let bases = pack(cx, [base])?;
    let name = str::intern::intern_str(cx, name)?;
    let meta = Type::of::<Type>().value();
    protocol::call(cx, &meta, &[name, bases, ns])
}

pub fn pickle_error(cx: &mut Cx) -> Res<Value> {
    PICKLE_ERROR.get(cx, |cx| {
        let base = init::exc_class(ExcKind::Exception);
        derived(cx, "PickleError", base)
    })
}

pub fn pickling_error(cx: &mut Cx) -> Res<Value> {
    PICKLING_ERROR.get(cx, |cx| {
        let base = pickle_error(cx)?;
        derived(cx, "PicklingError", base)
    })
}

pub fn unpickling_error(cx: &mut Cx) -> Res<Value> {
    UNPICKLING_ERROR.get(cx, |cx| {
        let base = pickle_error(cx)?;
        derived(cx, "UnpicklingError", base)
    })
}

/// Raise `PicklingError(message)`.
#[cold]
pub fn unpicklable(cx: &mut Cx, message: impl AsRef<str>) -> Raised {
    let class = pickling_error(cx);
    crate::util::raise_class(cx, class, message.as_ref())
}

/// Raise `PicklingError(message)` in place of the pending exception, which becomes its context.
#[cold]
pub fn unpicklable_because(cx: &mut Cx, cause: Value, message: impl AsRef<str>) -> Raised {
    let raised = unpicklable(cx, message);
    with_context(cx, raised, cause)
}

/// Raise `UnpicklingError(message)`.
#[cold]
pub fn broken(cx: &mut Cx, message: impl AsRef<str>) -> Raised {
    let class = unpickling_error(cx);
    crate::util::raise_class(cx, class, message.as_ref())
}

/// The pending exception with another one as its context.
#[cold]
pub fn with_context(cx: &mut Cx, raised: Raised, context: Value) -> Raised {
    let exc = cx.take_exc(raised);
    if let Some(e) = crate::support::as_exception(&exc)
        && !exc.is(&context)
    {
        e.set_context(cx, Some(context));
    }
    cx.reraise(exc)
}

/// The pending exception with a note added: what was being written.
#[cold]
pub fn noted(cx: &mut Cx, raised: Raised, note: impl FnOnce(&mut Cx) -> Res<String>) -> Raised {
    let exc = cx.take_exc(raised);
    let added = note(cx).and_then(|text| {
        let text = str::new_str(cx, &text)?;
        base::add_note(cx, &exc, text)
    });
    match added {
        Ok(()) => cx.reraise(exc),
        Err(raised) => with_context(cx, raised, exc),
    }
}

// ---- names ---------------------------------------------------------------------------------------------------------

/// A class's name in messages: with its module, unless that is `builtins` or `__main__`.
pub fn class_name(cx: &mut Cx, class: &Value) -> Res<String> {
    let mut text = |name| -> Res<Option<String>> {
        Ok(protocol::getattr_str_opt(cx, class, name)?
            .and_then(|v| v.downcast::<Str>().map(Str::to_string_lossy)))
    };
    let qualified = text("__qualname__")?.unwrap_or_default();
    Ok(match text("__module__")? {
        Some(module) if module != "builtins" && module != "__main__" => {
            format!("{module}.{qualified}")
        }
        _ => qualified,
    })
}

/// The name of an object's class in messages.
pub fn type_name(cx: &mut Cx, o: &Value) -> Res<String> {
    let class = o.ty().value();
    class_name(cx, &class)
}

/// The parts of a dotted name.
pub fn dotted(cx: &mut Cx, name: &Value) -> Res<Vec<Value>> {
    let Some(s) = name.downcast::<Str>() else {
        return Ok(vec![name.clone()]);
    };
    let units = s.units();
    if !units.iter().any(|c| c == u32::from(b'.')) {
        return Ok(vec![name.clone()]);
    }
    let (mut parts, mut from) = (Vec::new(), 0);
    for i in 0..units.len() {
        if units.at(i) == u32::from(b'.') {
            parts.push(str::make::substring(cx, s, from, i)?);
            from = i + 1;
        }
    }
    parts.push(str::make::substring(cx, s, from, units.len())?);
    Ok(parts)
}

/// The attribute of an attribute ... of `o`.
pub fn walk(cx: &mut Cx, o: &Value, path: &[Value]) -> Res<Value> {
    let mut o = o.clone();
    for name in path {
        o = protocol::getattr(cx, &o, name)?;
    }
    Ok(o)
}

/// `import a.b.c`, giving `a.b.c`.
pub fn import(cx: &mut Cx, name: &Value) -> Res<Value> {
    if name.downcast::<Str>().is_some_and(|n| !n.is_empty()) {
        return import_absolute(cx, name);
    }
    // Raises what an import statement would.
    import_module_level(cx, name, &Value::none(), None, 0)
}

/// An attribute named by a literal, None when there is none.
pub fn attribute(cx: &mut Cx, o: &Value, name: &'static str) -> Res<Option<Value>> {
    let name = str::intern::intern_static(cx, name)?;
    protocol::getattr_opt(cx, o, name)
}

/// A method that a class derived from a native one replaces; None when it is the native class's own.
pub fn replaced(cx: &mut Cx, o: &Value, own: &Type, name: &'static str) -> Res<Option<Value>> {
    if std::ptr::eq(o.ty(), own) {
        return Ok(None);
    }
    let n = str::intern::intern_static(cx, name)?;
    let (found, known) = (o.ty().lookup(cx, n), own.lookup(cx, n));
    if let (Some(f), Some(k)) = (found, known)
        && f.is(&k)
    {
        let own = match n.downcast::<Str>() {
            Some(n) => instance::get_own(cx, o, n)?,
            None => None,
        };
        if own.is_none() {
            return Ok(None);
        }
    }
    protocol::getattr_opt(cx, o, n)
}
