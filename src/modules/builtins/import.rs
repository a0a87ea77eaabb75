//! `__import__`: the fast path over `sys.modules`, and the way into `importlib._bootstrap` for everything else. Until that
//! module runs (it is itself imported), a plain import of native and embedded modules serves.

use std::sync::OnceLock;
use typhon_vm::init::sys_get;
use typhon_vm::native::*;
use typhon_vm::objects::Dict;
use typhon_vm::objects::exception::families::new_import_error;
use typhon_vm::objects::exception::traceback::Traceback;
use typhon_vm::objects::module::methods::{may_shadow, shadows_library};
use typhon_vm::objects::str::{make::substring, new_str};
use typhon_vm::{SlotExt, protocol};

/// `importlib._bootstrap`, once it is installed.
static BOOTSTRAP: OnceLock<Value> = OnceLock::new();

pub fn set_bootstrap(module: Value) {
    if let Some(h) = module.header() {
        h.set_immortal();
    }
    let _ = BOOTSTRAP.set(module);
}

#[pyfunctions(part = PART, module = "builtins")]
pub mod functions {
    use super::*;

    /// Import a module.
    ///
    /// Because this function is meant for use by the Python
    /// interpreter and not for general use, it is better to use
    /// importlib.import_module() to programmatically import a module.
    ///
    /// The globals argument is only used to determine the context;
    /// they are not modified.  The locals argument is unused.  The fromlist
    /// should be a list of names to emulate ``from name import ...``, or an
    /// empty list to emulate ``import name``.
    /// When importing a module from a package, note that __import__('A.B', ...)
    /// returns package A when fromlist is empty, but its submodule B when
    /// fromlist is not empty.  The level argument is used to determine whether to
    /// perform absolute or relative imports: 0 is absolute, while a positive number
    /// is the number of parent directories to search relative to the current module.
    #[pyfunction]
    #[sig(name, globals = None, locals = None, fromlist = (), level = 0)]
    fn __import__(
        name: &Value,
        globals: &Value,
        locals: &Value,
        fromlist: Option<&Value>,
        level: i32,
        cx: &mut Cx,
    ) -> Res<Value> {
        let _ = locals;
        import_module_level(cx, name, globals, fromlist, level)
    }
}

/// What `__import__` does.
pub fn import_module_level(
    cx: &mut Cx,
    name: &Value,
    globals: &Value,
    fromlist: Option<&Value>,
    level: i32,
) -> Res<Value> {
    let Some(n) = name.downcast::<Str>() else {
        return Err(cx.type_error("module name must be a string"));
    };
    if level < 0 {
        return Err(cx.value_error("level must be >= 0"));
    }
    let full = if level > 0 {
        resolve_name(cx, n, globals, level)?
    } else {
        if n.is_empty() {
            return Err(cx.value_error("Empty module name"));
        }
        name.clone()
    };
    let module = import_absolute(cx, &full)?;
    let has_from = match fromlist {
        Some(f) => protocol::truthy(cx, f)?,
        None => false,
    };
    if has_from {
        let fromlist = fromlist.expect("it is true");
        if let Some(p) = protocol::getattr_str_opt(cx, &module, "__path__")?
            && let Some(b) = BOOTSTRAP.get()
        {
            drop(p);
            let import = import_function(cx);
            return protocol::call_method(
                cx,
                b,
                "_handle_fromlist",
                &[module, fromlist.clone(), import],
            );
        }
        if BOOTSTRAP.get().is_none() {
            crate::imp::early::submodules(cx, &module, &full, fromlist)?;
        }
        return Ok(module);
    }
    if level > 0 && n.is_empty() {
        return Ok(module);
    }
    // `import a.b.c` binds `a`.
    let Some(dot) = n.units().iter().position(|c| c == '.' as u32) else {
        return Ok(module);
    };
    if level == 0 {
        let front = substring(cx, n, 0, dot)?;
        return import_absolute(cx, &front);
    }
    let cut = n.len() - dot;
    let Some(f) = full.downcast::<Str>() else {
        return Ok(module);
    };
    let front = substring(cx, f, 0, f.len() - cut)?;
    match loaded(cx, &front)? {
        Some(m) => Ok(m),
        None => {
            let r = protocol::repr_string(cx, &front)?;
            let text = new_str(cx, &format!("{r} not in sys.modules as expected"))?;
            Err(cx.key_error(&text))
        }
    }
}

/// `builtins.__import__`, with which `importlib` imports parent packages.
fn import_function(cx: &mut Cx) -> Value {
    let builtins = typhon_vm::init::builtins().and_then(|b| b.downcast::<Dict>());
    builtins
        .and_then(|b| b.get_named(cx, "__import__"))
        .unwrap_or_else(Value::none)
}

/// Files whose frames are the import system's own.
const MACHINERY: [&str; 3] = [
    "<frozen importlib._bootstrap>",
    "<frozen importlib._bootstrap_external>",
    "<frozen _typhon_library>",
];

/// Take the import system's frames out of a traceback: all of them for an ImportError, else those down to where it called
/// the module's own code.
fn trim_traceback(cx: &mut Cx, e: &Value) {
    if crate::sys::config().verbose > 0 || !typhon_vm::objects::exception::is_exception(e) {
        return;
    }
    let always = typhon_vm::objects::exception::is_kind(e, ExcKind::ImportError);
    let exc = typhon_vm::objects::exception::base::exc(e);
    let mut entries = Vec::new();
    let mut at = exc.traceback();
    while let Some(tb) = at {
        let next = tb.downcast::<Traceback>().and_then(Traceback::next);
        entries.push(tb);
        at = next;
    }
    let mut kept: Vec<Value> = Vec::new();
    // Where the current run of machinery frames begins among those kept.
    let mut run = None;
    for tb in &entries {
        let Some(t) = tb.downcast::<Traceback>() else {
            return;
        };
        let code = t.frame().code();
        if MACHINERY.contains(&code.filename_text().as_str()) {
            let start = *run.get_or_insert(kept.len());
            if always || code.name_text() == "_call_with_frames_removed" {
                kept.truncate(start);
                continue;
            }
        } else {
            run = None;
        }
        kept.push(tb.clone());
    }
    if kept.len() == entries.len() {
        return;
    }
    for (i, tb) in kept.iter().enumerate() {
        if let Some(t) = tb.downcast::<Traceback>() {
            drop(t.next.put(&t.head, cx, kept.get(i + 1).cloned()));
        }
    }
    exc.set_traceback(cx, kept.first().cloned());
}

/// `sys.modules.get(name)`.
fn loaded(cx: &mut Cx, name: &Value) -> Res<Option<Value>> {
    let Some(modules) = sys_get(cx, "modules") else {
        return Err(cx.runtime_error("unable to get sys.modules"));
    };
    if let Some(d) = modules.downcast_exact::<Dict>() {
        return d.get(cx, name);
    }
    match protocol::getitem(cx, &modules, name) {
        Ok(m) => Ok(Some(m)),
        Err(r) => {
            cx.catch(r, ExcKind::KeyError)?;
            Ok(None)
        }
    }
}

/// A module by its absolute name, imported if it is not yet.
pub fn import_absolute(cx: &mut Cx, full: &Value) -> Res<Value> {
    if let Some(m) = loaded(cx, full)?
        && !m.is_none()
    {
        if is_initializing(cx, &m)?
            && let Some(b) = BOOTSTRAP.get()
        {
            // Another thread may be at it: wait for its lock.
            protocol::call_method(cx, b, "_lock_unlock_module", std::slice::from_ref(full))?;
        }
        return Ok(m);
    }
    match BOOTSTRAP.get() {
        Some(b) => {
            let import = import_function(cx);
            match protocol::call_method(cx, b, "_find_and_load", &[full.clone(), import]) {
                Ok(m) => Ok(m),
                Err(r) => {
                    let e = cx.take_exc(r);
                    trim_traceback(cx, &e);
                    Err(cx.reraise(e))
                }
            }
        }
        None => crate::imp::early::import(cx, full),
    }
}

/// `module.__spec__._initializing`.
pub fn is_initializing(cx: &mut Cx, module: &Value) -> Res<bool> {
    let spec = match module.downcast::<typhon_vm::objects::Module>() {
        Some(m) => m.dict().get_named(cx, "__spec__"),
        None => protocol::getattr_str_opt(cx, module, "__spec__")?,
    };
    let Some(spec) = spec.filter(|s| !s.is_none()) else {
        return Ok(false);
    };
    match protocol::getattr_str_opt(cx, &spec, "_initializing")? {
        Some(v) => protocol::truthy(cx, &v),
        None => Ok(false),
    }
}

fn text(v: &Value) -> Option<String> {
    v.downcast::<Str>().map(|s| s.to_string_lossy())
}

/// The absolute name of a relative import.
fn resolve_name(cx: &mut Cx, name: &Str, globals: &Value, level: i32) -> Res<Value> {
    let Some(g) = globals.downcast::<Dict>() else {
        return Err(cx.type_error("globals must be a dict"));
    };
    let package = g.get_named(cx, "__package__").filter(|v| !v.is_none());
    let spec = g.get_named(cx, "__spec__").filter(|v| !v.is_none());
    let package = match (package, spec) {
        (Some(p), spec) => {
            let Some(p_text) = text(&p) else {
                return Err(cx.type_error("package must be a string"));
            };
            if let Some(s) = spec {
                let parent = protocol::getattr_str(cx, &s, "parent")?;
                if !protocol::equal(cx, &p, &parent)? {
                    let (a, b) = (
                        protocol::repr_string(cx, &p)?,
                        protocol::repr_string(cx, &parent)?,
                    );
                    crate::warnings::warn(
                        cx,
                        ExcKind::DeprecationWarning,
                        &format!("__package__ != __spec__.parent ({a} != {b})"),
                        1,
                    )?;
                }
            }
            p_text
        }
        (None, Some(s)) => {
            let parent = protocol::getattr_str(cx, &s, "parent")?;
            match text(&parent) {
                Some(p) => p,
                None => return Err(cx.type_error("__spec__.parent must be a string")),
            }
        }
        (None, None) => {
            crate::warnings::warn(
                cx,
                ExcKind::ImportWarning,
                "can't resolve package from __spec__ or __package__, falling back on __name__ and __path__",
                1,
            )?;
            let Some(n) = g.get_named(cx, "__name__") else {
                let key = new_str(cx, "'__name__' not in globals")?;
                return Err(cx.key_error(&key));
            };
            let Some(mut n) = text(&n) else {
                return Err(cx.type_error("__name__ must be a string"));
            };
            if !g.contains_str(cx, "__path__") {
                n.truncate(n.rfind('.').unwrap_or(0));
            }
            n
        }
    };
    if package.is_empty() {
        return Err(cx.import_error("attempted relative import with no known parent package"));
    }
    let mut base = package.as_str();
    for _ in 1..level {
        match base.rfind('.') {
            Some(i) => base = &base[..i],
            None => {
                return Err(cx.import_error("attempted relative import beyond top-level package"));
            }
        }
    }
    if name.is_empty() {
        new_str(cx, base)
    } else {
        new_str(cx, &format!("{base}.{}", name.to_string_lossy()))
    }
}

/// The error for a missing name in `from module import name`, with what most likely caused it.
pub fn import_from_error(
    cx: &mut Cx,
    module: &Value,
    full: Option<&str>,
    name: &str,
    name_v: &Value,
) -> Res<Value> {
    let shown = |s: &str| format!("'{s}'");
    let name_text = shown(name);
    let module_text = full.map_or_else(|| "'<unknown module name>'".to_owned(), shown);
    let spec = protocol::getattr_str_opt(cx, module, "__spec__")?.filter(|s| !s.is_none());
    let mut origin = None;
    if let Some(s) = &spec {
        let has = match protocol::getattr_str_opt(cx, s, "has_location")? {
            Some(v) => protocol::truthy(cx, &v)?,
            None => false,
        };
        if has {
            origin = protocol::getattr_str_opt(cx, s, "origin")?
                .filter(|o| o.downcast::<Str>().is_some());
        }
    }
    let origin = match origin {
        Some(o) => Some(o),
        None => protocol::getattr_str_opt(cx, module, "__file__")?
            .filter(|o| o.downcast::<Str>().is_some()),
    };
    let path = origin.as_ref().and_then(text);
    let shadows = match (&path, full) {
        (Some(p), Some(m)) => shadows_library(cx, m, p)?,
        _ => false,
    };
    let msg = if shadows {
        let p = path.as_deref().unwrap_or_default();
        format!(
            "cannot import name {name_text} from {module_text} (consider renaming {} since it has the same name as the standard library module named {module_text} and prevents importing that standard library module)",
            shown(p)
        )
    } else if is_initializing(cx, module)? {
        match &path {
            Some(p) if may_shadow(p) => format!(
                "cannot import name {name_text} from {module_text} (consider renaming {} if it has the same name as a library you intended to import)",
                shown(p)
            ),
            Some(p) => format!(
                "cannot import name {name_text} from partially initialized module {module_text} (most likely due to a circular import) ({p})"
            ),
            None => format!(
                "cannot import name {name_text} from partially initialized module {module_text} (most likely due to a circular import)"
            ),
        }
    } else {
        format!(
            "cannot import name {name_text} from {module_text} ({})",
            path.as_deref().unwrap_or("unknown location")
        )
    };
    let full_v = match full {
        Some(f) => new_str(cx, f)?,
        None => Value::none(),
    };
    let exc = new_import_error(
        cx,
        ExcKind::ImportError,
        &msg,
        Some(&full_v),
        origin.as_ref(),
    )?;
    let key = new_str(cx, "name_from")?;
    protocol::setattr(cx, &exc, &key, Some(name_v))?;
    Err(cx.raise_value(exc))
}

/// The dict of a module object, for those who fill it.
pub fn module_dict(module: &Value) -> Option<Value> {
    let m = module.downcast::<typhon_vm::objects::Module>()?;
    m.dict.get(&m.head)
}

/// The same by a Rust name.
pub fn import_absolute_str(cx: &mut Cx, full: &str) -> Res<Value> {
    let n = new_str(cx, full)?;
    import_absolute(cx, &n)
}
