//! `globals`, `locals`, `vars`, `dir`.

use typhon_vm::native::*;
use typhon_vm::objects::list::{new_list, sort};
use typhon_vm::{caller, protocol};

#[pyfunctions(part = PART, module = "builtins")]
pub mod functions {
    use super::*;

    /// Return the dictionary containing the current scope's global variables.
    ///
    /// NOTE: Updates to this dictionary *will* affect name lookups in the current
    /// global scope and vice-versa.
    #[pyfunction]
    #[sig()]
    fn globals(cx: &mut Cx) -> Res<Value> {
        match caller::globals(cx) {
            Some(g) => Ok(g),
            None => Err(cx.system_error("frame does not exist")),
        }
    }

    /// Return a dictionary containing the current scope's local variables.
    ///
    /// NOTE: Whether or not updates to this dictionary will affect name lookups in
    /// the local scope and vice-versa is *implementation dependent* and not
    /// covered by any backwards compatibility guarantees.
    #[pyfunction]
    #[sig()]
    fn locals(cx: &mut Cx) -> Res<Value> {
        own_locals(cx)
    }

    /// vars([object]) -> dictionary
    ///
    /// Without arguments, equivalent to locals().
    /// With an argument, equivalent to object.__dict__.
    #[pyfunction]
    #[sig(object = absent, /)]
    #[text_signature(none)]
    fn vars(object: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let Some(o) = object else {
            return own_locals(cx);
        };
        match protocol::getattr_str_opt(cx, o, "__dict__")? {
            Some(d) => Ok(d),
            None => Err(cx.type_error("vars() argument must have __dict__ attribute")),
        }
    }

    /// dir([object]) -> list of strings
    ///
    /// If called without an argument, return the names in the current scope.
    /// Else, return an alphabetized list of names comprising (some of) the attributes
    /// of the given object, and of attributes reachable from it.
    /// If the object supplies a method named __dir__, it will be used; otherwise
    /// the default dir() logic is used and returns:
    ///   for a module object: the module's attributes.
    ///   for a class object:  its attributes, and recursively the attributes
    ///     of its bases.
    ///   for any other object: its attributes, its class's attributes, and
    ///     recursively the attributes of its class's base classes.
    #[pyfunction]
    #[sig(object = absent, /)]
    #[text_signature(none)]
    fn dir(object: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let names = match object {
            None => {
                let l = own_locals(cx)?;
                let keys = protocol::call_method(cx, &l, "keys", &[])?;
                protocol::collect(cx, &keys)?
            }
            Some(o) => match protocol::lookup_special(cx, o, "__dir__")? {
                Some(f) => {
                    let found = protocol::call(cx, &f, &[])?;
                    protocol::collect(cx, &found)?
                }
                None => return Err(cx.type_error("object does not provide __dir__")),
            },
        };
        let list = new_list(cx, names)?;
        sort::sorted(cx, &list, None, false)
    }
}

fn own_locals(cx: &mut Cx) -> Res<Value> {
    match caller::locals(cx)? {
        Some(l) => Ok(l),
        None => Err(cx.system_error("frame does not exist")),
    }
}
