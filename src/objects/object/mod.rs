//! `object`: what every value can do. Generic attribute access, making instances, `repr` guards.
//! - `instance.rs`: inline attributes, the dict word, and what the runtime calls on instances of Python classes (R10)
//! - `methods.rs`: what Python sees of `object`; `superobj.rs`, `isinstance.rs`, `hash.rs`

pub mod hash;
pub mod instance;
pub mod isinstance;
pub mod methods;
pub mod superobj;

use crate::native::{GetSetDef, PyType, pytype};
use crate::objects::typeobj::flag;
use crate::objects::{Dict, Module, Str};
use crate::{Cx, Res, Type, Value, ValueExt};
use std::sync::atomic::Ordering;
use typhon_runtime::header::Header;

/// The base of all types.
#[pytype(name = "object", basetype, static_index = OBJECT)]
pub struct Object {
    pub head: Header,
}

/// Make an instance of `cls`, whose native layout begins with `T`. What lies behind (dict word, slots, inline values) is empty.
#[inline]
pub fn alloc<T: PyType>(cx: &mut Cx, cls: &Type, payload: T) -> Res<Value> {
    let size = cls.basic_size().max(size_of::<T>());
    // SAFETY: R12: the payload is written before the type word; bytes 0..16 are the allocator's.
    let made = unsafe {
        typhon_runtime::alloc_sized(&cx.thread, size, cls.word(), |cell| {
            if size > size_of::<T>() {
                std::ptr::write_bytes(cell.add(size_of::<T>()), 0, size - size_of::<T>());
            }
            std::ptr::copy_nonoverlapping(
                (&raw const payload).cast::<u8>().add(16),
                cell.add(16),
                size_of::<T>() - 16,
            );
        })
    };
    match made {
        Ok(v) => {
            std::mem::forget(payload);
            Ok(v)
        }
        Err(_) => Err(cx.memory_error()),
    }
}

/// Make a plain instance of a Python class based on `object`.
#[inline]
pub fn alloc_plain(cx: &mut Cx, cls: &Type) -> Res<Value> {
    let size = cls.basic_size();
    // SAFETY: R12, as above; an instance of a class based on `object` is empty words behind the header.
    let made = unsafe {
        typhon_runtime::alloc_sized(&cx.thread, size, cls.word(), |cell| {
            let words = cell.add(16).cast::<u64>();
            for i in 0..(size - 16) / 8 {
                words.add(i).write(0);
            }
        })
    };
    made.map_err(|_| cx.memory_error())
}

/// `object()`.
pub fn new_plain_object(cx: &mut Cx) -> Res<Value> {
    alloc_plain(cx, Type::of::<Object>())
}

/// `<module.Class object at 0x...>`.
pub fn default_repr(cx: &mut Cx, v: &Value) -> Res<Value> {
    let t = v.ty();
    let name = crate::objects::typeobj::methods::full_name(cx, t);
    crate::objects::str::new_str(cx, &format!("<{name} object at {:#x}>", v.bits() & !7))
}

/// Run `f` unless `v` is already being shown on this thread; None then (the caller writes `...`).
pub fn repr_guard<T>(cx: &mut Cx, v: &Value, f: impl FnOnce(&mut Cx) -> Res<T>) -> Res<Option<T>> {
    let id = v.bits() & !7;
    if cx.repr_stack.contains(&id) {
        return Ok(None);
    }
    cx.enter_native(" while getting the repr of an object")?;
    cx.repr_stack.push(id);
    let r = f(cx);
    cx.repr_stack.pop();
    cx.leave_native();
    r.map(Some)
}

/// `cls[key]` for classes, the TypeError otherwise.
pub fn class_getitem(cx: &mut Cx, o: &Value, key: &Value) -> Res<Value> {
    if let Some(t) = o.downcast::<Type>() {
        if t.word() == crate::statics::word::TYPE {
            return crate::objects::genericalias::new(cx, o, key);
        }
        if let Some(f) = crate::protocol::getattr_str_opt(cx, o, "__class_getitem__")?
            && !f.is_none()
        {
            return crate::protocol::call(cx, &f, std::slice::from_ref(key));
        }
        let n = t.name();
        return Err(cx.type_error(format!("type '{n}' is not subscriptable")));
    }
    let n = o.type_name();
    Err(cx.type_error(format!("'{n}' object is not subscriptable")))
}

/// Where the attributes of an instance live.
pub enum Home<'a> {
    /// No instance attributes.
    Nothing,
    /// Inline values with the dict word in front, not materialized.
    Inline,
    Dict(DictRef<'a>),
}

/// An instance's dict, held for the time of an access.
pub struct DictRef<'a> {
    value: Value,
    _life: std::marker::PhantomData<&'a Dict>,
}
impl std::ops::Deref for DictRef<'_> {
    type Target = Dict;
    fn deref(&self) -> &Dict {
        self.value
            .downcast::<Dict>()
            .expect("a dict word names a dict")
    }
}

/// The instance's `__dict__` if it exists already (materialized or native), without making it.
pub fn existing_dict(o: &Value) -> Option<Value> {
    let word = instance::dict_word(o)?;
    use crate::slot_ext::SlotExt;
    // SAFETY: instances with a dict word are pointers.
    word.get(unsafe { o.header_unchecked() })
}

/// The instance's `__dict__`, made or materialized now; None when the class has none.
pub fn dict_of(cx: &mut Cx, o: &Value) -> Res<Option<Value>> {
    if let Some(m) = o.downcast::<Module>() {
        use crate::slot_ext::SlotExt;
        return Ok(m.dict.get(&m.head));
    }
    if !o.is_ptr() || instance::dict_word(o).is_none() {
        return Ok(None);
    }
    if let Some(d) = existing_dict(o) {
        return Ok(Some(d));
    }
    instance::materialize(cx, o).map(Some)
}

/// `object.__getattribute__`.
pub fn generic_getattr(cx: &mut Cx, o: &Value, name: &Value) -> Res<Value> {
    match generic_getattr_opt(cx, o, name)? {
        Some(v) => Ok(v),
        None => Err(no_attribute(cx, o, name)),
    }
}

/// `AttributeError` for a missing attribute, with `name` and `obj` for suggestions.
#[cold]
pub fn no_attribute(cx: &mut Cx, o: &Value, name: &Value) -> crate::Raised {
    let t = o.type_name();
    let n = name
        .downcast::<Str>()
        .map(|s| s.to_string_lossy())
        .unwrap_or_default();
    let msg = format!("'{t}' object has no attribute '{n}'");
    raise_attribute_error(cx, &msg, o, name)
}

/// `AttributeError(msg, name=name, obj=o)`.
#[cold]
pub fn raise_attribute_error(cx: &mut Cx, msg: &str, o: &Value, name: &Value) -> crate::Raised {
    let text = match crate::objects::str::new_str(cx, msg) {
        Ok(t) => t,
        Err(r) => return r,
    };
    match crate::objects::exception::new_exception(cx, crate::ExcKind::AttributeError, vec![text]) {
        Ok(exc) => {
            if let Some(e) = exc.downcast::<crate::objects::BaseException>() {
                drop(e.extra[0].swap(Some(name.clone())));
                drop(e.extra[1].swap(Some(o.clone())));
            }
            cx.raise_value(exc)
        }
        Err(r) => r,
    }
}

/// `object.__getattribute__` that says None instead of raising AttributeError for a plain miss.
pub fn generic_getattr_opt(cx: &mut Cx, o: &Value, name: &Value) -> Res<Option<Value>> {
    let Some(key) = name.downcast::<Str>() else {
        let t = name.type_name();
        return Err(cx.type_error(format!("attribute name must be string, not '{t}'")));
    };
    let interned;
    let (name, key) = if key.is_interned() {
        (name, key)
    } else {
        interned = match name.downcast_exact::<Str>() {
            Some(_) => crate::objects::str::intern::intern(name),
            // Of a subclass only the text counts.
            None => {
                let exact = crate::objects::str::methods::exact(cx, name)?;
                crate::objects::str::intern::intern(&exact)
            }
        };
        match interned.downcast_exact::<Str>() {
            Some(k) => (&interned, k),
            None => (name, key),
        }
    };
    let descr = o.ty().lookup(cx, name);
    let mut get = None;
    if let Some(d) = &descr {
        get = d.ty().slots.descr_get.get();
        if let Some(f) = get
            && d.ty().slots.descr_set.get().is_some()
        {
            let t = o.ty().value();
            return catch_attribute_error(cx, |cx| f(cx, d, Some(o), Some(&t)));
        }
    }
    if let Some(v) = instance::get_own(cx, o, key)? {
        return Ok(Some(v));
    }
    match (descr, get) {
        (Some(d), Some(f)) => {
            let t = o.ty().value();
            catch_attribute_error(cx, |cx| f(cx, &d, Some(o), Some(&t)))
        }
        (Some(d), None) => Ok(Some(d)),
        (None, _) => Ok(None),
    }
}

/// The same where an AttributeError of a descriptor counts as a miss too: `getattr` with a default, and before `__getattr__`.
pub fn generic_getattr_suppressed(cx: &mut Cx, o: &Value, name: &Value) -> Res<Option<Value>> {
    match generic_getattr_opt(cx, o, name) {
        Err(r) => {
            cx.catch(r, crate::ExcKind::AttributeError)?;
            Ok(None)
        }
        found => found,
    }
}

/// A descriptor's own AttributeError must keep its text: it is passed on as an error.
fn catch_attribute_error(cx: &mut Cx, f: impl FnOnce(&mut Cx) -> Res<Value>) -> Res<Option<Value>> {
    f(cx).map(Some)
}

/// `object.__setattr__` / `__delattr__`.
pub fn generic_setattr(cx: &mut Cx, o: &Value, name: &Value, value: Option<&Value>) -> Res<()> {
    let Some(key) = name.downcast::<Str>() else {
        let t = name.type_name();
        return Err(cx.type_error(format!("attribute name must be string, not '{t}'")));
    };
    let interned;
    let (name, key) = if key.is_interned() {
        (name, key)
    } else {
        interned = crate::objects::str::intern::intern(name);
        match interned.downcast_exact::<Str>() {
            Some(k) => (&interned, k),
            None => (name, key),
        }
    };
    let descr = o.ty().lookup(cx, name);
    if let Some(d) = &descr
        && let Some(f) = d.ty().slots.descr_set.get()
    {
        return f(cx, d, o, value);
    }
    match value {
        Some(v) => {
            if instance::set_own(cx, o, name, key, v.clone())? {
                return Ok(());
            }
        }
        None => match instance::delete_own(cx, o, name, key)? {
            Some(true) => return Ok(()),
            Some(false) => return Err(no_attribute(cx, o, name)),
            None => {}
        },
    }
    // No instance attributes at all.
    let (t, n) = (o.type_name(), key.to_string_lossy());
    let msg = if descr.is_some() {
        format!("'{t}' object attribute '{n}' is read-only")
    } else if o.ty().slots.setattro.get().is_none() || o.ty().has(flag::GENERIC_SETATTR) {
        format!("'{t}' object has no attribute '{n}' and no __dict__ for setting new attributes")
    } else {
        format!("'{t}' object has no attribute '{n}'")
    };
    Err(raise_attribute_error(cx, &msg, o, name))
}

/// `__dict__` of instances of Python classes.
pub static DICT_GETSET: GetSetDef = GetSetDef {
    member: false,
    name: "__dict__",
    get: |cx, o| match native_dict(cx, o) {
        Some(d) => (d.get)(cx, o),
        None => own_dict(cx, o),
    },
    set: Some(|cx, o, v| match native_dict(cx, o) {
        Some(d) => match d.set {
            Some(set) => set(cx, o, v),
            None => {
                let t = o.type_name();
                Err(cx.attribute_error(format!(
                    "attribute '__dict__' of '{t}' objects is not writable"
                )))
            }
        },
        None => set_own_dict(cx, o, v),
    }),
    doc: "dictionary for instance variables",
};

/// The native descriptor of an object whose native part brings a `__dict__` of its own, such as a class or a module.
fn native_dict(cx: &mut Cx, o: &Value) -> Option<&'static GetSetDef> {
    let native = instance::native_base(o.ty());
    if native.word() == crate::statics::word::OBJECT {
        return None;
    }
    let d = native.lookup_str(cx, "__dict__")?;
    let d = d.downcast_exact::<crate::objects::builtin::GetSetDescr>()?;
    (!std::ptr::eq(d.def, &DICT_GETSET)).then_some(d.def)
}

fn own_dict(cx: &mut Cx, o: &Value) -> Res<Value> {
    match dict_of(cx, o)? {
        Some(d) => Ok(d),
        None => {
            let n = crate::objects::str::intern::intern_str(cx, "__dict__")?;
            Err(no_attribute(cx, o, &n))
        }
    }
}

fn set_own_dict(cx: &mut Cx, o: &Value, v: Option<&Value>) -> Res<()> {
    match v {
        Some(d) => {
            if d.downcast::<Dict>().is_none() {
                let t = d.type_name();
                return Err(
                    cx.type_error(format!("__dict__ must be set to a dictionary, not a '{t}'"))
                );
            }
            instance::replace_dict(cx, o, d.clone())
        }
        None => {
            if instance::native_base(o.ty())
                .dict_offset
                .load(Ordering::Relaxed)
                != 0
            {
                return Err(cx.type_error("cannot delete __dict__"));
            }
            let d = crate::objects::dict::new_dict(cx)?;
            instance::replace_dict(cx, o, d)
        }
    }
}

/// `__weakref__` of instances of Python classes.
pub static WEAKREF_GETSET: GetSetDef = GetSetDef {
    member: false,
    name: "__weakref__",
    get: |cx, o| {
        Ok(typhon_runtime::weak::list(&cx.thread, o)
            .into_iter()
            .next()
            .unwrap_or_else(Value::none))
    },
    set: None,
    doc: "list of weak references to the object",
};

/// Whether some base shows `__dict__` already.
pub fn has_dict_getset(cx: &mut Cx, base: &Type) -> bool {
    base.dict_offset.load(Ordering::Relaxed) != 0 && base.lookup_str(cx, "__dict__").is_some()
}
