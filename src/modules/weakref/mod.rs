//! `_weakref`: the functions over weak references; the types are built in (`objects/weakref`).

pub use module::MODULE;

use crate::os_call;
use typhon_vm::native::*;
use typhon_vm::objects::Dict;
use typhon_vm::objects::weakref::{self, WeakRef, proxy};
use typhon_vm::runtime::weak;

#[pymodule(name = "_weakref")]
pub mod module {
    //! Weak-reference support module.
    use super::*;

    /// Return the number of weak references to 'object'.
    #[pyfunction]
    #[sig(object, /)]
    fn getweakrefcount(object: &Value) -> usize {
        if object.is_ptr() {
            weak::count(object)
        } else {
            0
        }
    }

    /// Return a list of all weak reference objects pointing to 'object'.
    #[pyfunction]
    #[sig(object, /)]
    fn getweakrefs(object: &Value, cx: &mut Cx) -> Vec<Value> {
        if object.is_ptr() {
            weak::list(&cx.thread, object)
        } else {
            Vec::new()
        }
    }

    /// Create a proxy object that weakly references 'object'.
    #[pyfunction]
    #[sig(object, callback = None, /)]
    fn proxy(object: &Value, callback: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        proxy::new_proxy(cx, object, callback)
    }

    /// Atomically remove key from dict if it points to a dead weakref.
    #[pyfunction]
    #[sig(dct, key, /)]
    fn _remove_dead_weakref(dct: &Value, key: &Value, cx: &mut Cx) -> Res<()> {
        let Some(d) = dct.downcast::<Dict>() else {
            let n = dct.type_name();
            return Err(cx.type_error(format!(
                "_remove_dead_weakref() argument 1 must be dict, not {n}"
            )));
        };
        let Some(v) = d.get(cx, key)? else {
            return Ok(());
        };
        match v.downcast::<WeakRef>() {
            None => Err(cx.type_error("not a weakref")),
            Some(r) if weakref::target(cx, r).is_none() => {
                // Only if it is still the dead one: a live one may have been stored meanwhile.
                d.remove_if_identical(cx, key, &v).map(drop)
            }
            Some(_) => Ok(()),
        }
    }

    #[pyinit]
    fn init(module: &Value, cx: &mut Cx) -> Res<()> {
        for name in ["ref", "ReferenceType"] {
            os_call::set(cx, module, name, Type::of::<WeakRef>().value())?;
        }
        os_call::set(cx, module, "ProxyType", Type::of::<proxy::Proxy>().value())?;
        os_call::set(
            cx,
            module,
            "CallableProxyType",
            Type::of::<proxy::CallableProxy>().value(),
        )
    }
}
