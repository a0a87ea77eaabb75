//! What the native modules share: making objects, pieces of signatures, small conversions.

use std::sync::atomic::Ordering;
use typhon_vm::native::*;
use typhon_vm::objects::object::{self, DICT_GETSET};
use typhon_vm::objects::{builtin, exception, tuple};
use typhon_vm::protocol;

/// Make an instance of exactly the native type `T`.
#[inline]
pub fn make<T: PyType>(cx: &mut Cx, payload: T) -> Res<Value> {
    let t = T::type_object(cx)?;
    object::alloc(cx, t, payload)
}

/// A tuple of the given values.
#[inline]
pub fn pack<const N: usize>(cx: &mut Cx, items: [Value; N]) -> Res<Value> {
    tuple::new_tuple_from(cx, N, items.into_iter())
}

/// `object.__getstate__(o)`, for `__reduce__`.
pub fn getstate(cx: &mut Cx, o: &Value) -> Res<Value> {
    protocol::call_method(cx, o, "__getstate__", &[])
}

/// The values of `**kwargs` as a dict.
pub fn kwargs_dict(cx: &mut Cx, args: &Args<'_>) -> Res<Value> {
    let names = args.kwnames.map_or(&[][..], |t| t.items());
    typhon_vm::objects::dict::bulk::from_kwargs(cx, names, args.kwvalues)
}

/// Give the instances of a native type a `__dict__` in the slot at byte `offset`. Called once, by the module's init, before
/// there are instances or subclasses.
pub fn give_dict(cx: &mut Cx, t: &Type, offset: usize) -> Res<()> {
    t.dict_offset.store(offset as u32, Ordering::Relaxed);
    t.set_flags(flags::HAS_DICT, 0);
    let g = builtin::descr::new_getset(cx, &DICT_GETSET, t)?;
    t.dict().set_str(cx, "__dict__", g)
}

/// The TypeError for a wrong type of an argument that has no converter.
#[cold]
pub fn wrong_type(cx: &mut Cx, what: &str, expected: &str, found: &Value) -> Raised {
    let n = if found.is_none() {
        "None".to_owned()
    } else {
        found.type_name()
    };
    cx.type_error(format!("{what} must be {expected}, not {n}"))
}

/// A new exception class `module.name`.
pub fn new_exception_class(
    cx: &mut Cx,
    module: &str,
    name: &str,
    base: ExcKind,
    doc: Option<&str>,
) -> Res<Value> {
    use typhon_vm::objects::str::intern::intern_str;
    let d = typhon_vm::objects::dict::new_dict(cx)?;
    if let Some(ns) = d.downcast::<typhon_vm::objects::Dict>() {
        let m = intern_str(cx, module)?;
        ns.set_str(cx, "__module__", m)?;
        let doc = match doc {
            Some(t) => typhon_vm::objects::str::new_str(cx, t)?,
            None => Value::none(),
        };
        ns.set_str(cx, "__doc__", doc)?;
    }
    let name = intern_str(cx, name)?;
    let bases = pack(cx, [typhon_vm::init::exc_class(base)])?;
    let meta = Type::of::<Type>().value();
    protocol::call(cx, &meta, &[name, bases, d])
}

/// Whether an exception value is an instance of the class.
pub fn is_instance_of(exc: &Value, class: &Value) -> bool {
    class
        .downcast::<Type>()
        .is_some_and(|c| exc.ty().is_subtype_of(c))
}

/// `v` as an exception object, for the few places that look inside.
pub fn as_exception(v: &Value) -> Option<&exception::BaseException> {
    v.downcast()
}

/// The namespace of a module under construction.
pub fn namespace(cx: &mut Cx, module: &Value) -> Res<Value> {
    match object::dict_of(cx, module)? {
        Some(d) => Ok(d),
        None => Err(cx.system_error("a module without a namespace")),
    }
}
