//! What Python sees of `type`: calling classes, attribute access on classes. The special attributes stand in `attrs.rs`.

use super::lookup::subclasses;
use super::{Type, build, dunder, flag};
use crate::native::*;
use crate::objects::Dict;
use crate::objects::builtin::MethodDescr;
use crate::objects::list::new_list;
use crate::objects::object::instance::native_base;
use crate::objects::object::{isinstance, methods::merge_class_dict, raise_attribute_error};
use crate::slot_ext::SlotExt;
use crate::statics::word;

/// `__qualname__` of a class.
pub fn qualname_of(t: &Type) -> String {
    match t.qualname.get(&t.head) {
        Some(v) => v
            .downcast::<Str>()
            .map(|s| s.to_string_lossy())
            .unwrap_or_default(),
        None => t.name(),
    }
}

/// `__module__` of a class, when it is a string.
pub fn module_of(cx: &mut Cx, t: &Type) -> Option<String> {
    if let Some(spec) = super::attrs::spec_of(t) {
        return Some(spec.module.into());
    }
    match t.dict().get_named(cx, "__module__") {
        Some(m) => m.downcast::<Str>().map(|s| s.to_string_lossy()),
        None if t.has(flag::HEAP) => None,
        None => Some("builtins".into()),
    }
}

/// `module.qualname` for messages, without the module for built-ins and the program's own classes.
pub fn shown_name(cx: &mut Cx, t: &Type) -> String {
    match module_of(cx, t) {
        Some(m) if m != "builtins" && m != "__main__" => format!("{m}.{}", qualname_of(t)),
        _ => qualname_of(t),
    }
}

/// `module.qualname`, without the module for built-ins.
pub fn full_name(cx: &mut Cx, t: &Type) -> String {
    let q = qualname_of(t);
    match module_of(cx, t) {
        Some(m) if m != "builtins" => format!("{m}.{q}"),
        _ => q,
    }
}

/// The class that decides which `__new__` is safe: the nearest native one.
pub fn type_new_base(t: &Type) -> &Type {
    native_base(t)
}

/// Whether a bound `__instancecheck__`/`__subclasscheck__` is `type`'s own.
pub fn is_plain_type_check(f: &Value) -> bool {
    f.downcast_exact::<crate::objects::Builtin>()
        .is_some_and(|b| {
            matches!(b.def.name, "__instancecheck__" | "__subclasscheck__")
                && super::attrs::spec_of(Type::of::<Type>())
                    .is_some_and(|s| s.methods().any(|m| std::ptr::eq(m, b.def)))
        })
}

/// `cls(*args, **kwargs)`: make, then initialize.
pub fn call_type(cx: &mut Cx, t: &Type, args: Args<'_>) -> Res<Value> {
    let Some(new) = t.slots.new.get() else {
        let n = full_name(cx, t);
        return Err(cx.type_error(format!("cannot create '{n}' instances")));
    };
    let obj = new(cx, t, args)?;
    let ty = obj.ty();
    if !ty.is_subtype_of(t) {
        return Ok(obj);
    }
    if let Some(init) = ty.slots.init.get() {
        // `object.__init__` has nothing to do, nor to complain about, behind a `__new__` of the class.
        let object = &Type::of::<crate::objects::Object>().slots;
        if ty.slots.init.bits() == object.init.bits() && ty.slots.new.bits() != object.new.bits() {
            return Ok(obj);
        }
        if ty.has(flag::EXC_SUBCLASS) && !args.has_keywords() {
            // What `BaseException.__init__` stores, `__new__` has stored.
            let plain = &crate::ExcKind::BaseException.ty().slots;
            if ty.slots.init.bits() == plain.init.bits() && t.slots.new.bits() == plain.new.bits() {
                return Ok(obj);
            }
        }
        init(cx, &obj, args)?;
    }
    Ok(obj)
}

/// `cls.name`.
pub fn type_getattr(cx: &mut Cx, this: &Value, name: &Value) -> Res<Value> {
    match type_getattr_opt(cx, this, name)? {
        Some(v) => Ok(v),
        None => {
            let t = this.downcast::<Type>().map(Type::name).unwrap_or_default();
            let n = name
                .downcast::<Str>()
                .map(|s| s.to_string_lossy())
                .unwrap_or_default();
            Err(raise_attribute_error(
                cx,
                &format!("type object '{t}' has no attribute '{n}'"),
                this,
                name,
            ))
        }
    }
}

/// The same that says None for a plain miss: data descriptors of the metaclass, the class and its bases, the metaclass.
pub fn type_getattr_opt(cx: &mut Cx, this: &Value, name: &Value) -> Res<Option<Value>> {
    let Some(t) = this.downcast::<Type>() else {
        return Err(cx.system_error("not a type"));
    };
    if name.downcast::<Str>().is_none() {
        let n = name.type_name();
        return Err(cx.type_error(format!("attribute name must be string, not '{n}'")));
    }
    let interned = crate::objects::str::intern::intern(name);
    let meta = this.ty();
    let of_meta = meta.lookup(cx, &interned);
    let mut meta_get = None;
    if let Some(d) = &of_meta {
        meta_get = d.ty().slots.descr_get.get();
        if let Some(get) = meta_get
            && d.ty().slots.descr_set.get().is_some()
        {
            let m = meta.value();
            return get(cx, d, Some(this), Some(&m)).map(Some);
        }
    }
    if let Some(v) = t.lookup(cx, &interned) {
        return match v.ty().slots.descr_get.get() {
            Some(get) => get(cx, &v, None, Some(this)).map(Some),
            None => Ok(Some(v)),
        };
    }
    match (of_meta, meta_get) {
        (Some(d), Some(get)) => {
            let m = meta.value();
            get(cx, &d, Some(this), Some(&m)).map(Some)
        }
        (d, _) => Ok(d),
    }
}

/// `cls.name = value`, `del cls.name`.
pub fn type_setattr(cx: &mut Cx, this: &Value, name: &Value, value: Option<&Value>) -> Res<()> {
    let Some(t) = this.downcast::<Type>() else {
        return Err(cx.system_error("not a type"));
    };
    if name.downcast::<Str>().is_none() {
        let n = name.type_name();
        return Err(cx.type_error(format!("attribute name must be string, not '{n}'")));
    }
    let name = crate::objects::str::intern::intern(name);
    if t.has(flag::IMMUTABLE) {
        let (n, tn) = (
            name.downcast::<Str>()
                .map(|s| s.to_string_lossy())
                .unwrap_or_default(),
            t.full_name(),
        );
        return Err(cx.type_error(format!(
            "cannot set '{n}' attribute of immutable type '{tn}'"
        )));
    }
    if let Some(d) = this.ty().lookup(cx, &name)
        && let Some(set) = d.ty().slots.descr_set.get()
    {
        return set(cx, &d, this, value);
    }
    store(cx, t, this, &name, value)
}

/// Write into a class's namespace and bring caches and slots up to date (R15).
pub fn store(cx: &mut Cx, t: &Type, this: &Value, name: &Value, value: Option<&Value>) -> Res<()> {
    if let Some(v) = value {
        build::defer_class_value(v);
    }
    let found = t.change(cx, |cx| {
        let lost = match value {
            Some(v) => t.dict().exchange(cx, name, v.clone())?,
            None => t.dict().remove(cx, name)?,
        };
        Ok((value.is_some() || lost.is_some(), lost))
    })?;
    if !found {
        let (n, tn) = (
            name.downcast::<Str>()
                .map(|s| s.to_string_lossy())
                .unwrap_or_default(),
            t.name(),
        );
        return Err(raise_attribute_error(
            cx,
            &format!("type object '{tn}' has no attribute '{n}'"),
            this,
            name,
        ));
    }
    match name.downcast::<Str>() {
        Some(n) => dunder::attribute_changed(cx, t, n),
        None => Ok(()),
    }
}

/// Attribute access of `type`, as the very functions that caches know.
pub const ACCESS: &Part = &Part {
    methods: &[],
    getset: &[],
    attrs: &[],
    install_slots: |s| {
        s.getattro = Some(type_getattr);
        s.setattro = Some(type_setattr);
    },
};

#[pymethods(include(crate::objects::typeobj::methods::ACCESS, ATTRS))]
impl Type {
    /// The class stands in its own MRO: the collector takes it out there. Its bases stay, for instances that die later.
    #[clear]
    fn leave_mro(&self, cx: &mut Cx) {
        let rest: Vec<Value> = self
            .mro()
            .iter()
            .filter(|b| b.bits() & !7 != &raw const *self as u64)
            .cloned()
            .collect();
        match crate::objects::tuple::new_tuple(cx, rest) {
            Ok(t) => drop(self.mro.swap(Some(t))),
            Err(r) => drop(cx.take_exc(r)),
        }
    }
    #[new]
    #[text_signature(none)]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let [name, bases, ns] = args.pos else {
            let n = args.pos.len();
            return Err(cx.type_error(format!(
                "type.__new__() takes exactly 3 arguments ({n} given)"
            )));
        };
        if name.downcast::<Str>().is_none() {
            let t = name.type_name();
            return Err(cx.type_error(format!("type.__new__() argument 1 must be str, not {t}")));
        }
        if bases.downcast::<Tuple>().is_none() {
            let t = bases.type_name();
            return Err(cx.type_error(format!("type.__new__() argument 2 must be tuple, not {t}")));
        }
        if ns.downcast::<Dict>().is_none() {
            let t = ns.type_name();
            return Err(cx.type_error(format!("type.__new__() argument 3 must be dict, not {t}")));
        }
        build::new_class(cx, cls, name, bases, ns, args)
    }
    #[init]
    #[text_signature(none)]
    fn init(this: &Value, args: Args<'_>, cx: &mut Cx) -> Res<()> {
        let _ = this;
        match args.pos.len() {
            1 if args.has_keywords() => {
                Err(cx.type_error("type.__init__() takes no keyword arguments"))
            }
            1 | 3 => Ok(()),
            _ => Err(cx.type_error("type.__init__() takes 1 or 3 arguments")),
        }
    }
    #[slot]
    fn call(this: &Value, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let Some(t) = this.downcast::<Type>() else {
            return Err(cx.system_error("not a type"));
        };
        if t.word() == word::TYPE {
            match args.pos {
                [one] if !args.has_keywords() => return Ok(one.ty().value()),
                [_, _, _] => {}
                _ => return Err(cx.type_error("type() takes 1 or 3 arguments")),
            }
        }
        call_type(cx, t, args)
    }
    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<String> {
        let Some(t) = this.downcast::<Type>() else {
            return Err(cx.system_error("not a type"));
        };
        Ok(format!("<class '{}'>", full_name(cx, t)))
    }
    #[slot]
    fn or(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        crate::objects::union::union_or(cx, left, right)
    }

    /// Return a type's method resolution order.
    #[method(name = "mro")]
    fn mro_list(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(t) = this.downcast::<Type>() else {
            return Err(cx.system_error("not a type"));
        };
        let items = match t.bases.get(&t.head) {
            Some(b) => match b.downcast::<Tuple>() {
                Some(b) => build::c3(cx, this, b)?,
                None => vec![this.clone()],
            },
            None => vec![this.clone()],
        };
        new_list(cx, items)
    }
    /// Return a list of immediate subclasses.
    fn __subclasses__(&self, cx: &mut Cx) -> Res<Value> {
        new_list(cx, subclasses(self))
    }
    /// Check if an object is an instance.
    #[sig(instance, /)]
    fn __instancecheck__(this: &Value, instance: &Value, cx: &mut Cx) -> Res<bool> {
        isinstance::recursive_isinstance(cx, instance, this)
    }
    /// Check if a class is a subclass.
    #[sig(subclass, /)]
    fn __subclasscheck__(this: &Value, subclass: &Value, cx: &mut Cx) -> Res<bool> {
        isinstance::recursive_issubclass(cx, subclass, this)
    }
    /// Create the namespace for the class statement
    #[classmethod]
    fn __prepare__(_cls: &Type, _args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        crate::objects::dict::new_dict(cx)
    }
    /// Specialized __dir__ implementation for types.
    fn __dir__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let names = crate::objects::dict::new_dict(cx)?;
        let Some(d) = names.downcast::<Dict>() else {
            return Err(cx.system_error("not a dict"));
        };
        merge_class_dict(cx, d, this)?;
        let keys = d.entries(cx).into_iter().map(|(k, _)| k).collect();
        new_list(cx, keys)
    }
    /// Return memory consumption of the type object.
    fn __sizeof__(&self) -> usize {
        size_of::<Type>()
    }
}

/// Whether a value found on a class is an unbound method of a native type.
pub fn is_native_method(v: &Value) -> bool {
    v.downcast_exact::<MethodDescr>().is_some()
}
