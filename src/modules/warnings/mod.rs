//! Module `_warnings`: the filters, and deciding what becomes of a warning. Python's `warnings` takes the filter list and
//! the registries from here; when it is loaded, what is shown goes through its `_showwarnmsg`, so that it can be replaced.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::reentrant::Reentrant;
use typhon_vm::native::*;
use typhon_vm::objects::dict::new_dict;
use typhon_vm::objects::list::{List, new_list};
use typhon_vm::objects::str::new_str;
use typhon_vm::objects::tuple::new_tuple;
use typhon_vm::objects::{Dict, Module};
use typhon_vm::{caller, protocol};

/// Grows when filters change; registries made before are stale then.
static FILTERS_VERSION: AtomicU64 = AtomicU64::new(1);
/// What Python's `warnings` holds while it changes the filters.
static LOCK: Reentrant = Reentrant::new();
/// The module's own namespace.
static NAMESPACE: OnceLock<Value> = OnceLock::new();

/// The state stands in the module `warnings` when it is loaded (it may be replaced there), else in ours.
fn attribute(cx: &mut Cx, name: &'static str, own: &'static str) -> Res<Option<Value>> {
    if let Some(m) = typhon_vm::objects::module::methods::loaded(cx, "warnings")?
        && let Some(v) = protocol::getattr_str_opt(cx, &m, name)?
    {
        return Ok(Some(v));
    }
    Ok(NAMESPACE
        .get()
        .and_then(|d| d.downcast::<Dict>())
        .and_then(|d| d.get_named(cx, own)))
}

/// Issue a warning from native code; `stacklevel` 1 is the Python code that called.
pub fn warn(cx: &mut Cx, kind: ExcKind, message: &str, stacklevel: i64) -> Res<()> {
    let m = new_str(cx, message)?;
    let category = kind.ty().value();
    issue(cx, &m, &category, stacklevel, None, &[])
}

/// Is the category's name and message matched by a filter of `default_action` order? The action, and the filter itself.
fn find_action(
    cx: &mut Cx,
    category: &Value,
    text: &Value,
    module: &Value,
    lineno: &Value,
) -> Res<(String, Value)> {
    let context = context_filters(cx)?;
    for filters in context {
        let Some(list) = filters.downcast::<List>() else {
            return Err(cx.value_error("_warnings.filters must be a list"));
        };
        let mut i = 0;
        while let Some(item) = list.get(cx, i) {
            i += 1;
            let Some(t) = item.downcast::<Tuple>().filter(|t| t.len() == 5) else {
                return Err(
                    cx.value_error(format!("warnings.filters item {} isn't a 5-tuple", i - 1))
                );
            };
            let [action, msg, cat, modul, line] = t.items() else {
                continue;
            };
            if matches(cx, msg, text)?
                && matches(cx, modul, module)?
                && typhon_vm::objects::object::isinstance::issubclass(cx, category, cat)?
                && (line.as_small_int() == Some(0) || protocol::equal(cx, line, lineno)?)
            {
                let Some(a) = action.downcast::<Str>().map(|s| s.to_string_lossy()) else {
                    let n = action.type_name();
                    return Err(cx.type_error(format!("action must be a string, not '{n}'")));
                };
                return Ok((a, item.clone()));
            }
        }
    }
    let action = attribute(cx, "defaultaction", "_defaultaction")?;
    match action.as_ref().and_then(|a| a.downcast::<Str>()) {
        Some(a) => Ok((a.to_string_lossy(), Value::none())),
        None => Err(cx.value_error("_warnings.defaultaction not found")),
    }
}

/// The filter lists that apply: those of the running context first, when `warnings` keeps them there.
fn context_filters(cx: &mut Cx) -> Res<Vec<Value>> {
    let mut out = Vec::new();
    if let Some(f) = attribute(cx, "_get_context", "")? {
        let context = protocol::call(cx, &f, &[])?;
        if let Some(filters) = protocol::getattr_str_opt(cx, &context, "_filters")?
            && filters.downcast::<List>().is_some()
        {
            out.push(filters);
        }
    }
    if let Some(f) = attribute(cx, "filters", "filters")?
        && !out.iter().any(|o| o.is(&f))
    {
        out.push(f);
    }
    Ok(out)
}

/// A filter's pattern: None matches all, a str exactly, anything else by its `match`.
fn matches(cx: &mut Cx, pattern: &Value, text: &Value) -> Res<bool> {
    if pattern.is_none() {
        return Ok(true);
    }
    if let Some(p) = pattern.downcast_exact::<Str>() {
        return Ok(text.downcast::<Str>().is_some_and(|t| p.equals(t)));
    }
    let r = protocol::call_method(cx, pattern, "match", std::slice::from_ref(text))?;
    protocol::truthy(cx, &r)
}

/// Whether this warning was shown already according to a registry; it is noted there if `note`.
fn already_warned(cx: &mut Cx, registry: &Value, key: &Value, note: bool) -> Res<bool> {
    let Some(d) = registry.downcast::<Dict>() else {
        return Ok(false);
    };
    let current = FILTERS_VERSION.load(Ordering::Relaxed) as i64;
    let version = d.get_named(cx, "version").and_then(|v| v.as_small_int());
    if version != Some(current) {
        d.clear(cx);
        d.set_str(cx, "version", Value::small_int(current as i32))?;
    } else if let Some(v) = d.get(cx, key)?
        && protocol::truthy(cx, &v)?
    {
        return Ok(true);
    }
    if note {
        d.set(cx, key, Value::bool(true))?;
    }
    Ok(false)
}

fn normalize_module(cx: &mut Cx, filename: &str) -> Res<Value> {
    let name = if filename.is_empty() {
        "<unknown>"
    } else {
        filename.strip_suffix(".py").unwrap_or(filename)
    };
    new_str(cx, name)
}

/// Where a warning comes from.
struct Place {
    filename: Value,
    lineno: Value,
    module: Option<Value>,
    registry: Value,
    source_line: Option<Value>,
    source: Value,
}

fn explicit(cx: &mut Cx, category: &Value, message: &Value, place: &Place) -> Res<()> {
    let module = match &place.module {
        Some(m) if m.is_none() => return Ok(()),
        Some(m) => m.clone(),
        None => {
            let f = place
                .filename
                .downcast::<Str>()
                .map(|s| s.to_string_lossy())
                .unwrap_or_default();
            normalize_module(cx, &f)?
        }
    };
    let registry = &place.registry;
    if !registry.is_none() && registry.downcast::<Dict>().is_none() {
        let t = registry.type_name();
        return Err(cx.type_error(format!("'registry' must be a dict or None, not '{t}'")));
    }
    let warning = ExcKind::Warning.ty().value();
    let (text, category, message) = if protocol::isinstance(cx, message, &warning)? {
        (
            protocol::str(cx, message)?,
            message.ty().value(),
            message.clone(),
        )
    } else {
        let m = protocol::call(cx, category, std::slice::from_ref(message))?;
        (message.clone(), category.clone(), m)
    };
    let key = new_tuple(
        cx,
        vec![text.clone(), category.clone(), place.lineno.clone()],
    )?;
    if !registry.is_none() && already_warned(cx, registry, &key, false)? {
        return Ok(());
    }
    let (action, item) = find_action(cx, &category, &text, &module, &place.lineno)?;
    match action.as_str() {
        "error" => return Err(cx.raise_value(message)),
        "ignore" => return Ok(()),
        "always" | "all" => {}
        _ => {
            let done = match action.as_str() {
                "once" => {
                    let once =
                        attribute(cx, "onceregistry", "_onceregistry")?.unwrap_or_else(Value::none);
                    let k = new_tuple(cx, vec![text.clone(), category.clone()])?;
                    if registry.is_none() {
                        already_warned(cx, &once, &k, true)?
                    } else {
                        note(cx, registry, &key)?;
                        already_warned(cx, &once, &k, true)?
                    }
                }
                "module" => {
                    if registry.is_none() {
                        false
                    } else {
                        note(cx, registry, &key)?;
                        let k = new_tuple(
                            cx,
                            vec![text.clone(), category.clone(), Value::small_int(0)],
                        )?;
                        already_warned(cx, registry, &k, true)?
                    }
                }
                "default" => {
                    note(cx, registry, &key)?;
                    false
                }
                _ => {
                    let shown = protocol::repr_string(cx, &item)?;
                    return Err(cx.runtime_error(format!(
                        "Unrecognized action ({action}) in warnings.filters:\n {shown}"
                    )));
                }
            };
            if done {
                return Ok(());
            }
        }
    }
    show(cx, &message, &text, &category, place)
}

fn note(cx: &mut Cx, registry: &Value, key: &Value) -> Res<()> {
    if let Some(d) = registry.downcast::<Dict>() {
        d.set(cx, key, Value::bool(true))?;
    }
    Ok(())
}

/// A warning about a source that is being compiled.
pub fn warn_of_source(cx: &mut Cx, message: &str, filename: &Value, line: i32) -> Res<()> {
    let place = Place {
        filename: filename.clone(),
        lineno: Value::small_int(line),
        module: None,
        registry: Value::none(),
        source_line: None,
        source: Value::none(),
    };
    let message = new_str(cx, message)?;
    let category = ExcKind::SyntaxWarning.ty().value();
    explicit(cx, &category, &message, &place)
}

/// Show a warning, through Python's `warnings` when it is there.
fn show(cx: &mut Cx, message: &Value, text: &Value, category: &Value, place: &Place) -> Res<()> {
    let mut module = typhon_vm::objects::module::methods::loaded(cx, "warnings")?;
    if module.is_none()
        && !place.source.is_none()
        && !crate::sys::functions::FINALIZING.load(Ordering::Acquire)
    {
        module = Some(crate::builtins::import::import_absolute_str(
            cx, "warnings",
        )?);
    }
    if let Some(m) = module
        && let Some(f) = protocol::getattr_str_opt(cx, &m, "_showwarnmsg")?
    {
        if !protocol::is_callable(&f) {
            return Err(cx.type_error("warnings._showwarnmsg() must be set to a callable"));
        }
        let class = protocol::getattr_str(cx, &m, "WarningMessage")?;
        let none = Value::none();
        let args = [
            message.clone(),
            category.clone(),
            place.filename.clone(),
            place.lineno.clone(),
            none.clone(),
            none,
            place.source.clone(),
        ];
        let msg = protocol::call(cx, &class, &args)?;
        protocol::call(cx, &f, &[msg])?;
        return Ok(());
    }
    let file = protocol::str_string(cx, &place.filename)?;
    let line = place.lineno.as_small_int().unwrap_or(0);
    let name = category
        .downcast::<Type>()
        .map(|t| t.name())
        .unwrap_or_default();
    let t = protocol::str_string(cx, text)?;
    let mut out = format!("{file}:{line}: {name}: {t}\n");
    let source = match &place.source_line {
        Some(l) => l.downcast::<Str>().map(|s| s.to_string_lossy()),
        None => std::fs::read(&file).ok().and_then(|b| {
            let text = String::from_utf8_lossy(&b).into_owned();
            text.lines()
                .nth((line - 1).max(0) as usize)
                .map(str::to_owned)
        }),
    };
    if let Some(l) = source {
        out.push_str("  ");
        out.push_str(l.trim());
        out.push('\n');
    }
    crate::sys::hooks::write_stderr(cx, &out);
    Ok(())
}

/// Frames of the import machinery do not count as callers.
fn is_internal(file: &str) -> bool {
    file == "<frozen _typhon_library>" || file.contains("importlib") && file.contains("_bootstrap")
}

fn file_of(cx: &mut Cx, frame: &Value) -> Res<String> {
    let code = protocol::getattr_str(cx, frame, "f_code")?;
    let f = protocol::getattr_str(cx, &code, "co_filename")?;
    Ok(f.downcast::<Str>()
        .map(|s| s.to_string_lossy())
        .unwrap_or_default())
}

/// `warnings.warn`: the place is `stacklevel` frames up.
fn issue(
    cx: &mut Cx,
    message: &Value,
    category: &Value,
    stacklevel: i64,
    source: Option<&Value>,
    skip: &[String],
) -> Res<()> {
    let mut frame = caller::frame_at(cx, 0)?;
    let mut level = stacklevel;
    let mut outside = true;
    if level <= 0
        || skip.is_empty()
            && frame
                .clone()
                .is_some_and(|f| file_of(cx, &f).is_ok_and(|n| is_internal(&n)))
    {
        // Warnings of the import system itself count every frame.
        while level > 1 && frame.is_some() {
            level -= 1;
            frame = match &frame {
                Some(f) => Some(protocol::getattr_str(cx, f, "f_back")?).filter(|f| !f.is_none()),
                None => None,
            };
        }
    } else {
        while level > 1 {
            level -= 1;
            loop {
                frame = match &frame {
                    Some(f) => {
                        Some(protocol::getattr_str(cx, f, "f_back")?).filter(|f| !f.is_none())
                    }
                    None => None,
                };
                let Some(f) = &frame else { break };
                let name = file_of(cx, f)?;
                if !is_internal(&name) && !skip.iter().any(|p| name.starts_with(p.as_str())) {
                    break;
                }
            }
            if frame.is_none() {
                outside = false;
                break;
            }
        }
    }
    let _ = outside;
    let (globals, filename, lineno) = match &frame {
        Some(f) => {
            let g = protocol::getattr_str(cx, f, "f_globals")?;
            let code = protocol::getattr_str(cx, f, "f_code")?;
            let name = protocol::getattr_str(cx, &code, "co_filename")?;
            let line = protocol::getattr_str(cx, f, "f_lineno")?;
            (
                Some(g),
                name,
                if line.is_none() {
                    Value::small_int(0)
                } else {
                    line
                },
            )
        }
        None => {
            let name = new_str(cx, "<sys>")?;
            let g = typhon_vm::init::with_globals(|g| g.sys_dict.clone());
            (g, name, Value::small_int(0))
        }
    };
    let g = globals.as_ref().and_then(|g| g.downcast::<Dict>());
    let registry = match g {
        Some(d) => match d
            .get_named(cx, "__warningregistry__")
            .filter(|r| !r.is_none())
        {
            Some(r) => r,
            None => {
                let r = new_dict(cx)?;
                d.set_str(cx, "__warningregistry__", r.clone())?;
                r
            }
        },
        None => Value::none(),
    };
    let module = match g
        .and_then(|d| d.get_named(cx, "__name__"))
        .filter(|n| n.downcast::<Str>().is_some() || n.is_none())
    {
        Some(m) => m,
        None => new_str(cx, "<string>")?,
    };
    let place = Place {
        filename,
        lineno,
        module: Some(module),
        registry,
        source_line: None,
        source: source.cloned().unwrap_or_else(Value::none),
    };
    explicit(cx, category, message, &place)
}

/// The category of a warning: that of a warning instance, else the one given, else UserWarning.
fn category_of(cx: &mut Cx, message: &Value, category: &Value) -> Res<Value> {
    let warning = ExcKind::Warning.ty().value();
    if protocol::isinstance(cx, message, &warning)? {
        return Ok(message.ty().value());
    }
    if category.is_none() {
        return Ok(ExcKind::UserWarning.ty().value());
    }
    let ok = category
        .downcast::<Type>()
        .is_some_and(|t| t.is_subtype_of(ExcKind::Warning.ty()));
    if !ok {
        let t = match category.downcast::<Type>() {
            Some(t) => t.name(),
            None => category.type_name(),
        };
        return Err(cx.type_error(format!("category must be a Warning subclass, not '{t}'")));
    }
    Ok(category.clone())
}

#[pymodule(name = "_warnings")]
pub mod module {
    //! _warnings provides basic warning filtering support.
    //! It is a helper module to speed up interpreter start-up.
    use super::*;

    /// Issue a warning, or maybe ignore it or raise an exception.
    ///
    ///   message
    ///     Text of the warning message.
    ///   category
    ///     The Warning category subclass. Defaults to UserWarning.
    ///   stacklevel
    ///     How far up the call stack to make this warning appear. A value of 2 for
    ///     example attributes the warning to the caller of the code calling warn().
    ///   source
    ///     If supplied, the destroyed object which emitted a ResourceWarning
    ///   skip_file_prefixes
    ///     An optional tuple of module filename prefixes indicating frames to skip
    ///     during stacklevel computations for stack frame attribution.
    #[pyfunction]
    #[sig(message, category = None, stacklevel = 1, source = None, *, skip_file_prefixes = ())]
    fn warn(
        message: &Value,
        category: &Value,
        stacklevel: i64,
        source: Option<&Value>,
        skip_file_prefixes: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<()> {
        let category = category_of(cx, message, category)?;
        let mut prefixes = Vec::new();
        if let Some(p) = skip_file_prefixes {
            let Some(t) = p.downcast::<Tuple>() else {
                let n = p.type_name();
                return Err(cx.type_error(format!(
                    "warn() argument 'skip_file_prefixes' must be tuple, not {n}"
                )));
            };
            for s in t.items() {
                match s.downcast::<Str>() {
                    Some(s) => prefixes.push(s.to_string_lossy()),
                    None => {
                        let n = s.type_name();
                        return Err(
                            cx.type_error(format!("Found non-str '{n}' in skip_file_prefixes."))
                        );
                    }
                }
            }
        }
        let level = if prefixes.is_empty() {
            stacklevel
        } else {
            stacklevel.max(2)
        };
        issue(cx, message, &category, level, source, &prefixes)
    }

    /// Issue a warning, or maybe ignore it or raise an exception.
    #[pyfunction]
    #[sig(message, category, filename, lineno, module = absent, registry = None, module_globals = None, source = None)]
    fn warn_explicit(
        message: &Value,
        category: &Value,
        filename: &Value,
        lineno: i64,
        module: Option<&Value>,
        registry: &Value,
        module_globals: &Value,
        source: &Value,
        cx: &mut Cx,
    ) -> Res<()> {
        let category = category_of(cx, message, category)?;
        let source_line = if module_globals.is_none() {
            None
        } else {
            source_line(cx, module_globals, lineno)?
        };
        let place = Place {
            filename: filename.clone(),
            lineno: typhon_vm::objects::int::new_int(cx, lineno)?,
            module: module.cloned(),
            registry: registry.clone(),
            source_line,
            source: source.clone(),
        };
        explicit(cx, &category, message, &place)
    }

    fn source_line(cx: &mut Cx, globals: &Value, lineno: i64) -> Res<Option<Value>> {
        let Some(d) = globals.downcast::<Dict>() else {
            let t = globals.type_name();
            return Err(cx.type_error(format!("module_globals must be a dict, not '{t}'")));
        };
        let (Some(loader), Some(name)) =
            (d.get_named(cx, "__loader__"), d.get_named(cx, "__name__"))
        else {
            return Ok(None);
        };
        let Some(f) = protocol::getattr_str_opt(cx, &loader, "get_source")? else {
            return Ok(None);
        };
        let source = protocol::call(cx, &f, &[name])?;
        let Some(s) = source.downcast::<Str>() else {
            return Ok(None);
        };
        let text = s.to_string_lossy();
        match text.lines().nth((lineno - 1).max(0) as usize) {
            Some(l) => new_str(cx, l).map(Some),
            None => Ok(None),
        }
    }

    #[pyfunction]
    fn _filters_mutated_lock_held() {
        FILTERS_VERSION.fetch_add(1, Ordering::Relaxed);
    }
    #[pyfunction]
    fn _acquire_lock(cx: &mut Cx) {
        LOCK.acquire(cx);
    }
    #[pyfunction]
    fn _release_lock(cx: &mut Cx) -> Res<()> {
        if LOCK.release(cx) {
            Ok(())
        } else {
            Err(cx.runtime_error("cannot release un-acquired lock"))
        }
    }

    #[pyinit]
    fn init(module: &Value, cx: &mut Cx) -> Res<()> {
        let Some(m) = module.downcast::<Module>() else {
            return Err(cx.system_error("not a module"));
        };
        crate::posix::register_in_child(|cx| LOCK.after_fork(cx));
        let d = m.dict();
        let mut filters = Vec::new();
        let none = Value::none();
        let main = new_str(cx, "__main__")?;
        let mut rows = vec![
            ("default", ExcKind::DeprecationWarning, main),
            ("ignore", ExcKind::DeprecationWarning, none.clone()),
            ("ignore", ExcKind::PendingDeprecationWarning, none.clone()),
            ("ignore", ExcKind::ImportWarning, none.clone()),
            ("ignore", ExcKind::ResourceWarning, none.clone()),
        ];
        if crate::sys::config().dev_mode {
            rows = vec![];
        }
        for (action, kind, module) in rows {
            let a = new_str(cx, action)?;
            filters.push(new_tuple(
                cx,
                vec![
                    a,
                    none.clone(),
                    kind.ty().value(),
                    module,
                    Value::small_int(0),
                ],
            )?);
        }
        let list = new_list(cx, filters)?;
        d.set_str(cx, "filters", list)?;
        let once = new_dict(cx)?;
        d.set_str(cx, "_onceregistry", once)?;
        // Which filters a context has; `catch_warnings` sets it.
        if let Some(m) = crate::imp::create_native(cx, "_contextvars")? {
            let class = protocol::getattr_str(cx, &m, "ContextVar")?;
            let name = new_str(cx, "warnings_context")?;
            let var = protocol::call(cx, &class, &[name])?;
            d.set_str(cx, "_warnings_context", var)?;
        }
        let action = new_str(cx, "default")?;
        d.set_str(cx, "_defaultaction", action)?;
        let _ = NAMESPACE.set(protocol::getattr_str(cx, module, "__dict__")?);

        Ok(())
    }
}
