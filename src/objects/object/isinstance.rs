//! `isinstance` and `issubclass`, with the hooks of PEP 3119, tuples, unions, and objects that only look like classes.

use crate::native::*;
use crate::objects::typeobj::methods::is_plain_type_check;
use crate::objects::typeobj::special::special;
use crate::objects::union::Union;
use crate::protocol;

/// `isinstance(o, cls)`.
pub fn isinstance(cx: &mut Cx, o: &Value, cls: &Value) -> Res<bool> {
    // An exact class match needs no hook.
    if std::ptr::from_ref(o.ty()) as u64 == cls.bits() & !7 {
        return Ok(true);
    }
    if cls.class_word() == crate::statics::word::TYPE {
        return recursive_isinstance(cx, o, cls);
    }
    if let Some(u) = cls.downcast_exact::<Union>() {
        for c in u.args_vec() {
            let c = if c.is_none() {
                Type::from_word(crate::statics::word::NONE).value()
            } else {
                c
            };
            if cx.recurse(" in __instancecheck__", |cx| isinstance(cx, o, &c))? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if let Some(t) = cls.downcast::<Tuple>() {
        for c in t.items() {
            let answer = if std::ptr::from_ref(o.ty()) as u64 == c.bits() & !7 {
                true
            } else if c.class_word() == crate::statics::word::TYPE {
                recursive_isinstance(cx, o, c)?
            } else {
                cx.recurse(" in __instancecheck__", |cx| isinstance(cx, o, c))?
            };
            if answer {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if let Some(f) = protocol::lookup_special(cx, cls, "__instancecheck__")? {
        if is_plain_type_check(&f) {
            return recursive_isinstance(cx, o, cls);
        }
        cx.check_native_stack(" in __instancecheck__")?;
        let r = protocol::call(cx, &f, std::slice::from_ref(o))?;
        return protocol::truthy(cx, &r);
    }
    recursive_isinstance(cx, o, cls)
}

/// What `type.__instancecheck__` does.
pub fn recursive_isinstance(cx: &mut Cx, o: &Value, cls: &Value) -> Res<bool> {
    if let Some(c) = cls.downcast::<Type>() {
        if o.ty().is_subtype_of(c) {
            return Ok(true);
        }
        // A proxy may claim another class.
        if has_plain_class(cx, o) {
            return Ok(false);
        }
        let Some(claimed) = protocol::getattr_str_opt(cx, o, "__class__")? else {
            return Ok(false);
        };
        return Ok(match claimed.downcast::<Type>() {
            Some(t) if !std::ptr::eq(t, o.ty()) => t.is_subtype_of(c),
            _ => false,
        });
    }
    if abstract_bases(cx, cls)?.is_none() {
        return Err(
            cx.type_error("isinstance() arg 2 must be a type, a tuple of types, or a union")
        );
    }
    match protocol::getattr_str_opt(cx, o, "__class__")? {
        Some(c) => abstract_issubclass(cx, &c, cls),
        None => Ok(false),
    }
}

/// Whether `o.__class__` is `object`'s plain getter, so that it cannot differ from the type.
fn has_plain_class(cx: &mut Cx, o: &Value) -> bool {
    let t = o.ty();
    if !t.has(flags::GENERIC_GETATTR) {
        return false;
    }
    if !t.has(flags::HEAP) {
        return true;
    }
    let Ok(name) = crate::objects::str::intern::intern_static(cx, "__class__") else {
        return false;
    };
    // A data descriptor: what the instance itself has of that name does not count.
    let found = special(cx, t, name).map(|d| d.bits() & !7);
    let plain = special(cx, Type::of::<crate::objects::Object>(), name).map(|d| d.bits() & !7);
    found.is_some() && found == plain
}

/// `__bases__` of a class or of what looks like one.
fn abstract_bases(cx: &mut Cx, cls: &Value) -> Res<Option<Value>> {
    Ok(
        protocol::getattr_str_opt(cx, cls, "__bases__")?
            .filter(|b| b.downcast::<Tuple>().is_some()),
    )
}

fn abstract_issubclass(cx: &mut Cx, derived: &Value, cls: &Value) -> Res<bool> {
    if derived.is(cls) {
        return Ok(true);
    }
    cx.check_native_stack(" in __issubclass__")?;
    let Some(bases) = abstract_bases(cx, derived)? else {
        return Ok(false);
    };
    for b in protocol::collect(cx, &bases)? {
        if abstract_issubclass(cx, &b, cls)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `issubclass(derived, cls)`.
pub fn issubclass(cx: &mut Cx, derived: &Value, cls: &Value) -> Res<bool> {
    if cls.class_word() == crate::statics::word::TYPE {
        if derived.is(cls) {
            return Ok(true);
        }
        return recursive_issubclass(cx, derived, cls);
    }
    if let Some(u) = cls.downcast_exact::<Union>() {
        for c in u.args_vec() {
            let c = if c.is_none() {
                Type::from_word(crate::statics::word::NONE).value()
            } else {
                c
            };
            if cx.recurse(" in __subclasscheck__", |cx| issubclass(cx, derived, &c))? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if let Some(t) = cls.downcast::<Tuple>() {
        for c in t.items() {
            if cx.recurse(" in __subclasscheck__", |cx| issubclass(cx, derived, c))? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if let Some(f) = protocol::lookup_special(cx, cls, "__subclasscheck__")? {
        if is_plain_type_check(&f) {
            return recursive_issubclass(cx, derived, cls);
        }
        cx.check_native_stack(" in __subclasscheck__")?;
        let r = protocol::call(cx, &f, std::slice::from_ref(derived))?;
        return protocol::truthy(cx, &r);
    }
    recursive_issubclass(cx, derived, cls)
}

/// What `type.__subclasscheck__` does.
pub fn recursive_issubclass(cx: &mut Cx, derived: &Value, cls: &Value) -> Res<bool> {
    if let (Some(d), Some(c)) = (derived.downcast::<Type>(), cls.downcast::<Type>()) {
        return Ok(d.is_subtype_of(c));
    }
    if abstract_bases(cx, derived)?.is_none() {
        return Err(cx.type_error("issubclass() arg 1 must be a class"));
    }
    if cls.downcast_exact::<Union>().is_none() && abstract_bases(cx, cls)?.is_none() {
        return Err(
            cx.type_error("issubclass() arg 2 must be a class, a tuple of classes, or a union")
        );
    }
    abstract_issubclass(cx, derived, cls)
}
