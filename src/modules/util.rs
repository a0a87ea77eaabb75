//! Small things native modules need of the interpreter.

use typhon_vm::native::*;
use typhon_vm::objects::{dict, str, tuple};
use typhon_vm::{ExcKind, protocol};

/// Make the exception class `module.name`, derived from a built-in one.
pub fn new_exception_class(cx: &mut Cx, module: &str, name: &str, base: ExcKind) -> Res<Value> {
    let ns = dict::new_dict(cx)?;
    let module = str::new_str(cx, module)?;
    if let Some(d) = dict::as_dict(&ns) {
        d.set_str(cx, "__module__", module)?;
    }
    let base = base.ty().value();
    let bases = tuple::new_tuple(cx, vec![base.clone()])?;
    let name = str::new_str(cx, name)?;
    let meta = base.ty().value();
    protocol::call(cx, &meta, &[name, bases, ns])
}

/// A class or other object made once and kept for the process.
pub struct Once(std::sync::OnceLock<Value>);

impl Once {
    pub const fn new() -> Once {
        Once(std::sync::OnceLock::new())
    }
    /// The object, made by `f` at the first call. Two first calls at once both make one; all see the same.
    pub fn get(&self, cx: &mut Cx, f: impl FnOnce(&mut Cx) -> Res<Value>) -> Res<Value> {
        if let Some(v) = self.0.get() {
            return Ok(v.clone());
        }
        let v = f(cx)?;
        Ok(self.0.get_or_init(|| v).clone())
    }
}

impl Default for Once {
    fn default() -> Self {
        Once::new()
    }
}

/// Raise `class(msg)`.
pub fn raise_class(cx: &mut Cx, class: Res<Value>, msg: &str) -> Raised {
    let made = class.and_then(|c| {
        let msg = str::new_str(cx, msg)?;
        protocol::call(cx, &c, &[msg])
    });
    match made {
        Ok(exc) => cx.raise_value(exc),
        Err(r) => r,
    }
}

/// Import a module inside a package: `__import__` returns the package.
pub fn import_submodule(cx: &mut Cx, name: &str) -> Res<Value> {
    use typhon_vm::objects::module::methods::{import, loaded};
    let top = import(cx, name)?;
    Ok(loaded(cx, name)?.unwrap_or(top))
}
