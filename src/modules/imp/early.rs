//! Imports before `importlib` runs, and the start of `importlib` itself.

use super::{code, create_native, library_path, modules, namespace};
use crate::library::library;
use std::sync::OnceLock;
use typhon_vm::native::*;
use typhon_vm::objects::Dict;
use typhon_vm::objects::exception::families::new_import_error;
use typhon_vm::objects::list::new_list;
use typhon_vm::objects::module::methods::new_module;
use typhon_vm::objects::str::new_str;
use typhon_vm::{SlotExt, init, protocol};

static SYS: OnceLock<Value> = OnceLock::new();
static BUILTINS: OnceLock<Value> = OnceLock::new();

/// The one module object of `sys` or `builtins`.
pub fn single(name: &str) -> Option<Value> {
    match name {
        "sys" => SYS.get().cloned(),
        "builtins" => BUILTINS.get().cloned(),
        _ => None,
    }
}

/// Make `sys` and `builtins`, and give the interpreter what it needs of them.
pub fn start(cx: &mut Cx) -> Res<()> {
    let sys = crate::loader::make(cx, &crate::sys::module::MODULE)?;
    let dict = sys
        .downcast::<typhon_vm::objects::Module>()
        .and_then(|m| m.dict.get(&m.head));
    init::with_globals(|g| {
        g.sys_dict = dict;
        g.unraisable = Some(crate::sys::hooks::unraisable);
        g.warn = Some(|cx, category, message| crate::warnings::warn(cx, category, message, 1));
        g.import_from_error = Some(crate::builtins::import::import_from_error);
    });
    let builtins = crate::loader::make(cx, &crate::builtins::module::MODULE)?;
    if let Some(d) = builtins
        .downcast::<typhon_vm::objects::Module>()
        .and_then(|m| m.dict.get(&m.head))
    {
        init::set_builtins(cx, d);
    }
    let table = modules(cx)?;
    let table = table.downcast::<Dict>().expect("checked to be a dict");
    table.set_str(cx, "sys", sys.clone())?;
    table.set_str(cx, "builtins", builtins.clone())?;
    let _ = SYS.set(sys);
    let _ = BUILTINS.set(builtins);
    Ok(())
}

/// Start `importlib`: its two bootstrap modules, then the finder of the embedded library.
pub fn install_importlib(cx: &mut Cx) -> Res<()> {
    let bootstrap = import_str(cx, "_frozen_importlib")?;
    let imp = import_str(cx, "_imp")?;
    let sys = import_str(cx, "sys")?;
    protocol::call_method(cx, &bootstrap, "_install", &[sys, imp])?;
    crate::builtins::import::set_bootstrap(bootstrap.clone());
    protocol::call_method(cx, &bootstrap, "_install_external_importers", &[])?;
    let name = new_str(cx, "_typhon_library")?;
    let library = crate::builtins::import::import_absolute(cx, &name)?;
    protocol::call_method(cx, &library, "install", &[bootstrap])?;
    Ok(())
}

fn import_str(cx: &mut Cx, name: &str) -> Res<Value> {
    let n = new_str(cx, name)?;
    import(cx, &n)
}

/// The file of a module of the library, frozen ones first, and whether it is a package.
fn file_of(name: &str) -> Option<(String, bool)> {
    let l = library()?;
    if let Some((_, file)) = l.frozen(name) {
        return Some((file.to_owned(), file.ends_with("/__init__.py")));
    }
    let base = name.replace('.', "/");
    for (file, package) in [
        (format!("{base}/__init__.py"), true),
        (format!("{base}.py"), false),
    ] {
        if l.find(&file).is_some() {
            return Some((file, package));
        }
    }
    None
}

/// Import a native module or one of the library, without `importlib`.
pub fn import(cx: &mut Cx, full: &Value) -> Res<Value> {
    let Some(name) = full.downcast::<Str>().map(|s| s.to_string_lossy()) else {
        return Err(cx.type_error("module name must be a string"));
    };
    let table_v = modules(cx)?;
    let table = table_v.downcast::<Dict>().expect("checked to be a dict");
    if let Some(m) = table.get(cx, full)? {
        return Ok(m);
    }
    let parent = match name.rsplit_once('.') {
        Some((parent, last)) => Some((import_str(cx, parent)?, last.to_owned())),
        None => None,
    };
    // Importing a package may have made its submodule (`collections.abc`).
    if let Some(m) = table.get(cx, full)? {
        return Ok(m);
    }
    let module = match create_native(cx, &name)? {
        Some(m) => {
            table.set(cx, full, m.clone())?;
            m
        }
        None => {
            let Some((file, package)) = file_of(&name) else {
                let text = format!("No module named '{name}'");
                let e =
                    new_import_error(cx, ExcKind::ModuleNotFoundError, &text, Some(full), None)?;
                return Err(cx.raise_value(e));
            };
            let code = code::library_code(cx, &file)?;
            let m = new_module(cx, &name)?;
            let d = namespace(&m).expect("just made");
            if let Some((origin, _)) = library().and_then(|l| l.frozen(&name)) {
                // `FrozenImporter` gives these their other attributes.
                let v = new_str(cx, origin)?;
                d.set_str(cx, "__origname__", v)?;
                if package {
                    let list = new_list(cx, vec![])?;
                    d.set_str(cx, "__path__", list)?;
                }
            } else {
                let path = library_path(&file);
                let parent = name.rsplit_once('.').map_or("", |(p, _)| p);
                let package_name = if package { name.as_str() } else { parent };
                for (key, text) in [("__file__", path.as_str()), ("__package__", package_name)] {
                    let v = new_str(cx, text)?;
                    d.set_str(cx, key, v)?;
                }
                if package {
                    let dir = new_str(cx, path.trim_end_matches("/__init__.py"))?;
                    let list = new_list(cx, vec![dir])?;
                    d.set_str(cx, "__path__", list)?;
                }
            }
            table.set(cx, full, m.clone())?;
            let ns = protocol::getattr_str(cx, &m, "__dict__")?;
            if let Err(r) = crate::builtins::code::exec_in(cx, &code, &ns) {
                let e = cx.take_exc(r);
                let _ = table.remove(cx, full);
                return Err(cx.reraise(e));
            }
            m
        }
    };
    if let Some((parent, last)) = parent {
        let last = typhon_vm::objects::str::intern::intern_str(cx, &last)?;
        protocol::setattr(cx, &parent, &last, Some(&module))?;
    }
    Ok(module)
}

/// `from package import submodule`: import those names that are no attributes yet and name modules.
pub fn submodules(cx: &mut Cx, package: &Value, full: &Value, names: &Value) -> Res<()> {
    if protocol::getattr_str_opt(cx, package, "__path__")?.is_none() {
        return Ok(());
    }
    for n in protocol::collect(cx, names)? {
        if protocol::getattr_opt(cx, package, &n)?.is_some() {
            continue;
        }
        let (p, n) = (
            protocol::str_string(cx, full)?,
            protocol::str_string(cx, &n)?,
        );
        let sub = format!("{p}.{n}");
        if crate::find(&sub).is_some() || file_of(&sub).is_some() {
            import_str(cx, &sub)?;
        }
    }
    Ok(())
}
