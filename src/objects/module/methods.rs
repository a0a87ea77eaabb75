//! What Python sees of modules, and how native code makes and finds them.

use super::Module;
use crate::native::*;
use crate::objects::Dict;
use crate::objects::list::new_list;
use crate::objects::object::{alloc, generic_getattr_suppressed, raise_attribute_error};
use crate::objects::str::new_str;
use crate::protocol;
use crate::slot_ext::SlotExt;
use std::path::Path;
use std::sync::OnceLock;

/// A module without attributes.
fn alloc_module(cx: &mut Cx, cls: &Type) -> Res<Value> {
    let dict = crate::objects::dict::new_dict(cx)?;
    let m = alloc(
        cx,
        cls,
        Module {
            head: Header::placeholder(),
            dict: Slot::new(Some(dict)),
        },
    )?;
    // Modules and their namespaces are named by every function in them: counted in the heap only.
    if let Some(h) = m.header() {
        h.set_deferred();
    }
    if let Some(d) = m.downcast::<Module>().and_then(|m| m.dict.get(&m.head))
        && let Some(h) = d.header()
    {
        h.set_deferred();
    }
    Ok(m)
}

fn set_up(cx: &mut Cx, m: &Value, name: &Value, doc: &Value) -> Res<()> {
    let Some(m) = m.downcast::<Module>() else {
        return Err(cx.system_error("not a module"));
    };
    let d = m.dict();
    d.set_str(cx, "__name__", name.clone())?;
    d.set_str(cx, "__doc__", doc.clone())?;
    for n in ["__package__", "__loader__", "__spec__"] {
        d.set_str(cx, n, Value::none())?;
    }
    Ok(())
}

/// An empty module of this name.
pub fn new_module(cx: &mut Cx, name: &str) -> Res<Value> {
    let m = alloc_module(cx, Type::of::<Module>())?;
    let name = crate::objects::str::intern::intern_str(cx, name)?;
    set_up(cx, &m, &name, &Value::none())?;
    Ok(m)
}

/// The module `builtins`.
pub fn builtins_module(cx: &mut Cx) -> Res<Value> {
    match loaded(cx, "builtins")? {
        Some(m) => Ok(m),
        None => Err(cx.runtime_error("the module builtins is gone")),
    }
}

/// `sys.modules[name]`, when it is there.
pub fn loaded(cx: &mut Cx, name: &str) -> Res<Option<Value>> {
    let Some(modules) = crate::init::sys_get(cx, "modules") else {
        return Ok(None);
    };
    let Some(d) = modules.downcast::<Dict>() else {
        return Ok(None);
    };
    // None: it is not to be imported, or not any more.
    Ok(d.get_text(cx, name).filter(|m| !m.is_none()))
}

/// Import a top-level module.
pub fn import(cx: &mut Cx, name: &str) -> Res<Value> {
    if let Some(m) = loaded(cx, name)? {
        return Ok(m);
    }
    let f = match crate::init::builtins().and_then(|b| b.downcast::<Dict>()) {
        Some(b) => b.get_named(cx, "__import__"),
        None => None,
    };
    let Some(f) = f else {
        return Err(cx.import_error("__import__ not found"));
    };
    let n = new_str(cx, name)?;
    protocol::call(cx, &f, &[n])
}

/// Whether a spec says that its module is still being run.
fn is_initializing(cx: &mut Cx, spec: Option<&Value>) -> Res<bool> {
    let Some(spec) = spec.filter(|s| !s.is_none()) else {
        return Ok(false);
    };
    match protocol::getattr_str_opt(cx, spec, "_initializing")? {
        Some(v) => protocol::truthy(cx, &v),
        None => Ok(false),
    }
}

/// The file a spec's module came from.
fn origin_of(cx: &mut Cx, spec: Option<&Value>) -> Res<Option<String>> {
    let Some(spec) = spec.filter(|s| !s.is_none()) else {
        return Ok(None);
    };
    let has = match protocol::getattr_str_opt(cx, spec, "has_location")? {
        Some(v) => protocol::truthy(cx, &v)?,
        None => false,
    };
    if !has {
        return Ok(None);
    }
    Ok(protocol::getattr_str_opt(cx, spec, "origin")?
        .and_then(|o| o.downcast::<Str>().map(|s| s.to_string_lossy())))
}

/// The folder that stands first in `sys.path` for the program's sake, as it was at the start; empty: the current one. Not set
/// where the program does not want it searched (`-P`).
static PROGRAM_FOLDER: OnceLock<String> = OnceLock::new();

pub fn set_program_folder(folder: String) {
    let _ = PROGRAM_FOLDER.set(folder);
}

/// Whether a module's file lies in the program's own folder, where it may hide another that was meant.
pub fn may_shadow(origin: &str) -> bool {
    let Some(first) = PROGRAM_FOLDER.get() else {
        return false;
    };
    let module = origin.strip_suffix("/__init__.py").unwrap_or(origin);
    let folder = Path::new(module).parent().unwrap_or(Path::new(""));
    match first.is_empty() {
        true => std::env::current_dir().is_ok_and(|here| folder == here),
        false => folder == Path::new(first),
    }
}

/// Whether it hides a module of the library.
pub fn shadows_library(cx: &mut Cx, name: &str, origin: &str) -> Res<bool> {
    if !may_shadow(origin) {
        return Ok(false);
    }
    let Some(names) = crate::init::sys_get(cx, "stdlib_module_names") else {
        return Ok(false);
    };
    let n = new_str(cx, name)?;
    protocol::contains(cx, &names, &n)
}

/// The text of the AttributeError for a missing module attribute.
fn missing_text(cx: &mut Cx, d: &Dict, name: &str) -> Res<String> {
    let Some(module) = d
        .get_named(cx, "__name__")
        .and_then(|n| n.downcast::<Str>().map(|s| s.to_string_lossy()))
    else {
        return Ok(format!("module has no attribute '{name}'"));
    };
    let spec = d.get_named(cx, "__spec__");
    let origin = origin_of(cx, spec.as_ref())?;
    if let Some(o) = &origin
        && shadows_library(cx, &module, o)?
    {
        return Ok(format!(
            "module '{module}' has no attribute '{name}' (consider renaming '{o}' since it has the same name as the standard library module named '{module}' and prevents importing that standard library module)"
        ));
    }
    if is_initializing(cx, spec.as_ref())? {
        return Ok(match origin {
            Some(o) if may_shadow(&o) => format!(
                "module '{module}' has no attribute '{name}' (consider renaming '{o}' if it has the same name as a library you intended to import)"
            ),
            Some(o) => format!(
                "partially initialized module '{module}' from '{o}' has no attribute '{name}' (most likely due to a circular import)"
            ),
            None => format!(
                "partially initialized module '{module}' has no attribute '{name}' (most likely due to a circular import)"
            ),
        });
    }
    if let Some(sub) = loaded(cx, &format!("{module}.{name}"))?
        && let Some(spec) = protocol::getattr_str_opt(cx, &sub, "__spec__")?
        && is_initializing(cx, Some(&spec))?
    {
        return Ok(format!(
            "cannot access submodule '{name}' of module '{module}' (most likely due to a circular import)"
        ));
    }
    Ok(format!("module '{module}' has no attribute '{name}'"))
}

/// `module.name` beyond the namespace: the module's own `__getattr__`, then the error.
pub fn module_getattr(cx: &mut Cx, this: &Value, name: &Value) -> Res<Value> {
    if let Some(v) = module_getattr_opt(cx, this, name)? {
        return Ok(v);
    }
    let Some(m) = this.downcast::<Module>() else {
        return Err(cx.system_error("not a module"));
    };
    let d = m.dict();
    let n = name
        .downcast::<Str>()
        .map(|s| s.to_string_lossy())
        .unwrap_or_default();
    let text = missing_text(cx, d, &n)?;
    Err(raise_attribute_error(cx, &text, this, name))
}

/// The same for who asks only whether it is there; an AttributeError of the module's own `__getattr__` is passed on.
pub fn module_getattr_opt(cx: &mut Cx, this: &Value, name: &Value) -> Res<Option<Value>> {
    if let Some(v) = generic_getattr_suppressed(cx, this, name)? {
        return Ok(Some(v));
    }
    let own = this
        .downcast::<Module>()
        .and_then(|m| m.dict().get_named(cx, "__getattr__"));
    own.map(|f| protocol::call(cx, &f, std::slice::from_ref(name)))
        .transpose()
}

/// How a module shows itself, from its spec or its file.
fn repr_text(cx: &mut Cx, d: &Dict) -> Res<String> {
    let shown = |cx: &mut Cx, v: Option<Value>| match v {
        Some(v) if !v.is_none() => protocol::repr_string(cx, &v),
        _ => Ok("'?'".into()),
    };
    if let Some(spec) = d.get_named(cx, "__spec__").filter(|s| !s.is_none()) {
        let name = protocol::getattr_str_opt(cx, &spec, "name")?;
        let name = shown(cx, name)?;
        let origin = protocol::getattr_str_opt(cx, &spec, "origin")?.filter(|o| !o.is_none());
        let Some(origin) = origin else {
            let loader = protocol::getattr_str_opt(cx, &spec, "loader")?.filter(|l| !l.is_none());
            return Ok(match loader {
                None => format!("<module {name}>"),
                Some(l) => format!("<module {name} ({})>", protocol::repr_string(cx, &l)?),
            });
        };
        let has = match protocol::getattr_str_opt(cx, &spec, "has_location")? {
            Some(v) => protocol::truthy(cx, &v)?,
            None => false,
        };
        return Ok(if has {
            format!(
                "<module {name} from {}>",
                protocol::repr_string(cx, &origin)?
            )
        } else {
            format!("<module {name} ({})>", protocol::str_string(cx, &origin)?)
        });
    }
    let name = d.get_named(cx, "__name__");
    let name = shown(cx, name)?;
    if let Some(f) = d.get_named(cx, "__file__") {
        return Ok(format!(
            "<module {name} from {}>",
            protocol::repr_string(cx, &f)?
        ));
    }
    match d.get_named(cx, "__loader__").filter(|l| !l.is_none()) {
        Some(l) => Ok(format!(
            "<module {name} ({})>",
            protocol::repr_string(cx, &l)?
        )),
        None => Ok(format!("<module {name}>")),
    }
}

/// Attribute access of modules, as the very function that caches know.
pub const ACCESS: &Part = &Part {
    methods: &[],
    getset: &[],
    attrs: &[],
    install_slots: |s| s.getattro = Some(module_getattr),
};

#[pymethods(include(crate::objects::module::methods::ACCESS))]
impl Module {
    #[new]
    fn new(cls: &Type, _args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        alloc_module(cx, cls)
    }
    #[init]
    #[sig(name, doc = None)]
    fn init(this: &Value, name: &Str, doc: &Value, cx: &mut Cx) -> Res<()> {
        let name = name.value();
        set_up(cx, this, &name, doc)
    }
    #[slot]
    fn repr(&self, cx: &mut Cx) -> Res<String> {
        repr_text(cx, self.dict())
    }
    #[getter]
    fn __dict__(&self) -> Option<Value> {
        self.dict.get(&self.head)
    }
    /// __dir__() -> list
    /// specialized dir() implementation
    fn __dir__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let d = protocol::getattr_str(cx, this, "__dict__")?;
        let Some(d) = d.downcast::<Dict>() else {
            return Err(cx.type_error("<module>.__dict__ is not a dictionary"));
        };
        if let Some(f) = d.get_named(cx, "__dir__") {
            return protocol::call(cx, &f, &[]);
        }
        let keys = d.entries(cx).into_iter().map(|(k, _)| k).collect();
        new_list(cx, keys)
    }
    #[getter]
    fn __annotations__(&self, cx: &mut Cx) -> Res<Value> {
        let d = self.dict();
        if let Some(a) = d.get_named(cx, "__annotations__") {
            return Ok(a);
        }
        let made = match d.get_named(cx, "__annotate__") {
            Some(f) if protocol::is_callable(&f) => {
                let r = protocol::call(cx, &f, &[Value::small_int(1)])?;
                if r.downcast::<Dict>().is_none() {
                    let t = r.type_name();
                    return Err(
                        cx.type_error(format!("__annotate__ returned non-dict of type '{t}'"))
                    );
                }
                r
            }
            _ => crate::objects::dict::new_dict(cx)?,
        };
        // While the module still runs, more names may come.
        let spec = d.get_named(cx, "__spec__");
        if !is_initializing(cx, spec.as_ref())? {
            d.set_str(cx, "__annotations__", made.clone())?;
        }
        Ok(made)
    }
    #[setter]
    fn set___annotations__(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let d = self.dict();
        match v {
            Some(v) => d.set_str(cx, "__annotations__", v.clone())?,
            None => {
                if d.get_named(cx, "__annotations__").is_none() {
                    return Err(cx.attribute_error("__annotations__"));
                }
                d.remove_named(cx, "__annotations__");
            }
        }
        d.remove_named(cx, "__annotate__");
        Ok(())
    }
    #[getter]
    fn __annotate__(&self, cx: &mut Cx) -> Res<Value> {
        let d = self.dict();
        match d.get_named(cx, "__annotate__") {
            Some(f) => Ok(f),
            None => {
                d.set_str(cx, "__annotate__", Value::none())?;
                Ok(Value::none())
            }
        }
    }
    #[setter]
    fn set___annotate__(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let Some(v) = v else {
            return Err(cx.type_error("cannot delete __annotate__ attribute"));
        };
        if !v.is_none() && !protocol::is_callable(v) {
            return Err(cx.type_error("__annotate__ must be callable or None"));
        }
        let d = self.dict();
        d.set_str(cx, "__annotate__", v.clone())?;
        if !v.is_none() {
            d.remove_named(cx, "__annotations__");
        }
        Ok(())
    }
}
