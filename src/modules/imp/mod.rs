//! Module `_imp`: what `importlib._bootstrap` asks of the interpreter. Native modules are made by `loader.rs`, frozen ones
//! come from the embedded library. `early.rs` imports before `importlib` runs; `code.rs` loads marshalled code.

pub mod code;
pub mod early;

use crate::library::{library, root};
use crate::reentrant::Reentrant;
use std::hash::Hasher;
use typhon_vm::init::sys_get;
use typhon_vm::native::*;
use typhon_vm::objects::bytes::new_bytes;
use typhon_vm::objects::exception::families::new_import_error;
use typhon_vm::objects::list::new_list;
use typhon_vm::objects::str::new_str;
use typhon_vm::objects::tuple::new_tuple;
use typhon_vm::objects::{CodeObj, Dict, Module};
use typhon_vm::protocol;

/// `sys` and `builtins` exist once; importing them again gives the same module.
fn is_single(name: &str) -> bool {
    matches!(name, "sys" | "builtins")
}

/// Make or find a native module.
pub fn create_native(cx: &mut Cx, name: &str) -> Res<Option<Value>> {
    if is_single(name) {
        return Ok(early::single(name));
    }
    match crate::find(name) {
        Some(def) => crate::loader::make(cx, def).map(Some),
        None => Ok(None),
    }
}

fn no_frozen(cx: &mut Cx, name: &Value) -> Raised {
    let n = match protocol::repr_string(cx, name) {
        Ok(n) => n,
        Err(r) => return r,
    };
    match new_import_error(
        cx,
        ExcKind::ImportError,
        &format!("No such frozen object named {n}"),
        Some(name),
        None,
    ) {
        Ok(e) => cx.raise_value(e),
        Err(r) => r,
    }
}

fn frozen_file(name: &Value) -> Option<(&'static str, &'static str)> {
    let n = name.downcast::<Str>()?;
    library()?.frozen(&n.to_string_lossy())
}

/// The import lock, held while `importlib` looks after its module locks.
static LOCK: Reentrant = Reentrant::new();

/// A fork holds the lock, so that the child finds no import half done by a thread that it does not have.
pub fn before_fork(cx: &mut Cx) {
    LOCK.acquire(cx);
}

/// Behind the fork, in both processes.
pub fn after_fork(cx: &mut Cx) {
    let was_held = LOCK.release(cx);
    debug_assert!(was_held);
}

#[pymodule(name = "_imp")]
pub mod module {
    //! (Extremely) low-level import machinery bits as used by importlib.
    use super::*;

    #[pyattr]
    fn check_hash_based_pycs(cx: &mut Cx) -> Res<Value> {
        new_str(
            cx,
            crate::sys::config()
                .check_hash_pycs
                .as_deref()
                .unwrap_or("default"),
        )
    }
    #[pyattr]
    const pyc_magic_number_token: i64 = u32::from_le_bytes(typhon_compiler::marshal::MAGIC) as i64;

    /// Acquires the interpreter's import lock for the current thread.
    #[pyfunction]
    fn acquire_lock(cx: &mut Cx) {
        LOCK.acquire(cx);
    }
    /// Release the interpreter's import lock.
    #[pyfunction]
    fn release_lock(cx: &mut Cx) -> Res<()> {
        if LOCK.release(cx) {
            Ok(())
        } else {
            Err(cx.runtime_error("not holding the import lock"))
        }
    }
    /// Return True if the import lock is currently held, else False.
    #[pyfunction]
    fn lock_held() -> bool {
        LOCK.is_held()
    }

    /// Returns the list of file suffixes used to identify extension modules.
    #[pyfunction]
    fn extension_suffixes(cx: &mut Cx) -> Res<Value> {
        new_list(cx, vec![])
    }

    /// Create an extension module.
    #[pyfunction]
    #[sig(spec, file = None, /)]
    fn create_dynamic(spec: &Value, file: &Value, cx: &mut Cx) -> Res<Value> {
        let _ = file;
        let name = protocol::getattr_str(cx, spec, "name")?;
        let path = protocol::getattr_str_opt(cx, spec, "origin")?;
        let e = new_import_error(
            cx,
            ExcKind::ImportError,
            "extension modules are not supported",
            Some(&name),
            path.as_ref(),
        )?;
        Err(cx.raise_value(e))
    }
    /// Initialize an extension module.
    #[pyfunction]
    #[sig(r#mod, /)]
    fn exec_dynamic(r#mod: &Value) -> i32 {
        let _ = r#mod;
        0
    }

    /// Returns True if the module name corresponds to a built-in module.
    #[pyfunction]
    #[sig(name, /)]
    fn is_builtin(name: &Str) -> i32 {
        let n = name.to_string_lossy();
        match crate::find(&n) {
            None => 0,
            Some(_) if is_single(&n) => -1,
            Some(_) => 1,
        }
    }
    /// Create a builtin module.
    #[pyfunction]
    #[sig(spec, /)]
    fn create_builtin(spec: &Value, cx: &mut Cx) -> Res<Value> {
        let name = protocol::getattr_str(cx, spec, "name")?;
        let Some(n) = name.downcast::<Str>().map(|s| s.to_string_lossy()) else {
            return Err(cx.type_error("name must be string"));
        };
        Ok(create_native(cx, &n)?.unwrap_or_else(Value::none))
    }
    /// Initialize a built-in module.
    #[pyfunction]
    #[sig(r#mod, /)]
    fn exec_builtin(r#mod: &Value) -> i32 {
        // Making it filled it.
        let _ = r#mod;
        0
    }

    /// Returns True if the module name corresponds to a frozen module.
    #[pyfunction]
    #[sig(name, /)]
    fn is_frozen(name: &Value) -> bool {
        frozen_file(name).is_some()
    }
    /// Returns True if the module name is of a frozen package.
    #[pyfunction]
    #[sig(name, /)]
    fn is_frozen_package(name: &Value, cx: &mut Cx) -> Res<bool> {
        match frozen_file(name) {
            Some((_, file)) => Ok(file.ends_with("/__init__.py")),
            None => Err(no_frozen(cx, name)),
        }
    }
    /// Return info about the corresponding frozen module (if there is one) or None.
    ///
    /// The returned info (a 3-tuple):
    ///
    ///  * data         the raw marshalled bytes
    ///  * is_package   whether or not it is a package
    ///  * origname     the originally frozen module's name, or None if not
    ///                 a stdlib module (this will usually be the same as
    ///                 the module's current name)
    #[pyfunction]
    #[sig(name, /, *, withdata = False)]
    fn find_frozen(name: &Value, withdata: bool, cx: &mut Cx) -> Res<Value> {
        let Some((origin, file)) = frozen_file(name) else {
            return Ok(Value::none());
        };
        let data = match library().filter(|_| withdata).and_then(|l| l.code(file)) {
            Some(code) => {
                let b = new_bytes(cx, &typhon_compiler::marshal::dump_code(&code))?;
                typhon_vm::objects::memoryview::from_object(cx, &b)?
            }
            None => Value::none(),
        };
        let origin = new_str(cx, origin)?;
        new_tuple(
            cx,
            vec![data, Value::bool(file.ends_with("/__init__.py")), origin],
        )
    }
    /// Create a code object for a frozen module.
    #[pyfunction]
    #[sig(name, data = None, /)]
    fn get_frozen_object(name: &Value, data: &Value, cx: &mut Cx) -> Res<Value> {
        if !data.is_none() {
            let bytes = typhon_vm::objects::buffer::get(cx, data, false)?.to_vec();
            return match typhon_compiler::marshal::load_code(&bytes) {
                Ok(c) => code::new_code(cx, c),
                Err(_) => {
                    let n = protocol::repr_string(cx, name)?;
                    let e = new_import_error(
                        cx,
                        ExcKind::ImportError,
                        &format!("Frozen object named {n} is invalid"),
                        Some(name),
                        None,
                    )?;
                    Err(cx.raise_value(e))
                }
            };
        }
        match frozen_file(name) {
            Some((_, file)) => code::library_code(cx, file),
            None => Err(no_frozen(cx, name)),
        }
    }
    /// Initializes a frozen module.
    #[pyfunction]
    #[sig(name, /)]
    fn init_frozen(name: &Value, cx: &mut Cx) -> Res<Value> {
        match frozen_file(name) {
            Some(_) => early::import(cx, name),
            None => Ok(Value::none()),
        }
    }
    /// Returns the list of available frozen modules.
    #[pyfunction]
    fn _frozen_module_names(cx: &mut Cx) -> Res<Value> {
        let mut out = Vec::new();
        for n in library().map(|l| l.frozen_names()).unwrap_or_default() {
            out.push(new_str(cx, n)?);
        }
        new_list(cx, out)
    }
    /// (internal-only) Override PyConfig.use_frozen_modules.
    #[pyfunction]
    #[sig(r#override, /)]
    fn _override_frozen_modules_for_tests(r#override: i32) {
        let _ = r#override;
    }
    /// (internal-only) Override PyInterpreterConfig.check_multi_interp_extensions.
    #[pyfunction]
    #[sig(r#override, /)]
    fn _override_multi_interp_extensions_check(r#override: i32) -> i32 {
        let _ = r#override;
        0
    }

    /// Changes code.co_filename to specify the passed-in path.
    #[pyfunction]
    #[sig(code, path, /)]
    fn _fix_co_filename(code: &CodeObj, path: &Str, cx: &mut Cx) {
        super::code::rename(cx, code, path);
    }

    #[pyfunction]
    #[sig(key, source)]
    fn source_hash(key: i64, source: &Value, cx: &mut Cx) -> Res<Value> {
        let data = typhon_vm::objects::buffer::get(cx, source, false)?.to_vec();
        let mut h = siphasher::sip::SipHasher13::new_with_keys(key as u64, 0);
        h.write(&data);
        new_bytes(cx, &h.finish().to_le_bytes())
    }
}

/// `sys.modules`.
pub fn modules(cx: &mut Cx) -> Res<Value> {
    match sys_get(cx, "modules") {
        Some(m) if m.downcast::<Dict>().is_some() => Ok(m),
        _ => Err(cx.runtime_error("unable to get sys.modules")),
    }
}

/// The folder of a package of the library, or the file of a module.
pub fn library_path(file: &str) -> String {
    format!("{}/{file}", root())
}

/// The namespace of a module.
pub fn namespace(m: &Value) -> Option<&Dict> {
    m.downcast::<Module>().map(|m| m.dict())
}
