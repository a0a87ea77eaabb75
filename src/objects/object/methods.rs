//! What Python sees of `object`: construction with its checks, the default methods, pickling, `__class__`.

use super::instance::{self, native_base};
use super::{Object, alloc_plain, default_repr, dict_of, generic_getattr, generic_setattr};
use crate::native::*;
use crate::objects::Dict;
use crate::objects::list::{List, new_list};
use crate::objects::tuple::new_tuple;
use crate::objects::typeobj::flag;
use crate::protocol;
use crate::slot_ext::SlotExt;
use crate::statics::word;
use std::sync::atomic::Ordering;

/// The dict in a native object's own slot, made at first use.
pub fn dict_in_slot(cx: &mut Cx, head: &Header, slot: &Slot) -> Res<Value> {
    if let Some(d) = slot.get(head) {
        return Ok(d);
    }
    let fresh = crate::objects::dict::new_dict(cx)?;
    let found = {
        let _guard = head.lock(&mut cx.thread);
        match slot.get_locked() {
            Some(d) => Some(d),
            None => {
                let none = slot.swap(Some(fresh.clone()));
                debug_assert!(none.is_none());
                std::mem::forget(none);
                None
            }
        }
    };
    Ok(found.unwrap_or(fresh))
}

/// Whether a value is a sequence (`PySequence_Check`): it has items by position and is no dict.
pub fn is_sequence(v: &Value) -> bool {
    v.ty().slots.getitem.get().is_some() && !v.ty().has(flag::DICT_SUBCLASS)
}

/// Attribute access of `object`, as the very functions that caches know.
pub const GENERIC: &Part = &Part {
    methods: &[],
    getset: &[],
    attrs: &[],
    install_slots: |s| {
        s.getattro = Some(generic_getattr);
        s.setattro = Some(generic_setattr);
    },
};

fn init_bits() -> usize {
    Type::of::<Object>().slots.init.bits()
}
fn new_bits() -> usize {
    Type::of::<Object>().slots.new.bits()
}

#[cold]
fn excess_new(cx: &mut Cx, cls: &Type) -> Raised {
    if cls.slots.new.bits() != new_bits() {
        return cx
            .type_error("object.__new__() takes exactly one argument (the type to instantiate)");
    }
    let n = cls.name();
    cx.type_error(format!("{n}() takes no arguments"))
}

/// `TypeError` for a class with abstract methods.
#[cold]
pub fn abstract_error(cx: &mut Cx, cls: &Type) -> Raised {
    let mut names: Vec<String> = Vec::new();
    if let Some(set) = cls.dict().get_named(cx, "__abstractmethods__") {
        match protocol::collect(cx, &set) {
            Ok(items) => names.extend(
                items
                    .iter()
                    .filter_map(|v| v.downcast::<Str>().map(|s| s.to_string_lossy())),
            ),
            Err(r) => return r,
        }
    }
    names.sort();
    let s = if names.len() == 1 { "" } else { "s" };
    let (n, list) = (cls.name(), names.join("', '"));
    cx.type_error(format!("Can't instantiate abstract class {n} without an implementation for abstract method{s} '{list}'"))
}

#[pymethods(include(crate::objects::object::methods::GENERIC))]
impl Object {
    #[new]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        if (!args.pos.is_empty() || args.has_keywords())
            && (cls.slots.new.bits() != new_bits() || cls.slots.init.bits() == init_bits())
        {
            return Err(excess_new(cx, cls));
        }
        if cls.has(flag::ABSTRACT) {
            return Err(abstract_error(cx, cls));
        }
        if native_base(cls).word() != word::OBJECT {
            // The base has a layout that only its own constructor fills.
            let n = cls.name();
            return Err(cx.type_error(format!("cannot create '{n}' instances")));
        }
        alloc_plain(cx, cls)
    }
    #[init]
    fn init(this: &Value, args: Args<'_>, cx: &mut Cx) -> Res<()> {
        if args.pos.is_empty() && !args.has_keywords() {
            return Ok(());
        }
        let t = this.ty();
        if t.slots.init.bits() != init_bits() {
            return Err(cx.type_error(
                "object.__init__() takes exactly one argument (the instance to initialize)",
            ));
        }
        if t.slots.new.bits() == new_bits() {
            let n = t.name();
            return Err(cx.type_error(format!(
                "{n}.__init__() takes exactly one argument (the instance to initialize)"
            )));
        }
        Ok(())
    }
    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<Value> {
        default_repr(cx, this)
    }
    #[slot]
    fn str(this: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::repr(cx, this)
    }
    #[slot]
    fn hash(this: &Value) -> i64 {
        super::hash::hash_pointer(this)
    }
    #[slot]
    fn richcompare(this: &Value, other: &Value, op: CmpOp, cx: &mut Cx) -> Res<Value> {
        match op {
            CmpOp::Eq if this.is(other) => Ok(Value::bool(true)),
            CmpOp::Ne => {
                let Some(f) = this.ty().slots.richcompare.get() else {
                    return Ok(Value::not_implemented());
                };
                let eq = f(cx, this, other, CmpOp::Eq)?;
                if eq.is_not_implemented() {
                    return Ok(eq);
                }
                Ok(Value::bool(!protocol::truthy(cx, &eq)?))
            }
            _ => Ok(Value::not_implemented()),
        }
    }
    /// the object's class
    #[getter]
    fn __class__(this: &Value) -> Value {
        this.ty().value()
    }
    #[setter]
    fn set___class__(this: &Value, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        set_class(cx, this, v)
    }
    /// Default dir() implementation.
    fn __dir__(this: &Value, cx: &mut Cx) -> Res<Value> {
        object_dir(cx, this)
    }
    /// Default object formatter.
    ///
    /// Return str(self) if format_spec is empty. Raise TypeError otherwise.
    #[sig(format_spec, /)]
    fn __format__(this: &Value, format_spec: &Str, cx: &mut Cx) -> Res<Value> {
        if !format_spec.is_empty() {
            let n = this.type_name();
            return Err(cx.type_error(format!(
                "unsupported format string passed to {n}.__format__"
            )));
        }
        protocol::str(cx, this)
    }
    /// Helper for pickle.
    fn __reduce__(this: &Value, cx: &mut Cx) -> Res<Value> {
        common_reduce(cx, this, 0)
    }
    /// Helper for pickle.
    #[sig(protocol, /)]
    fn __reduce_ex__(this: &Value, protocol: i64, cx: &mut Cx) -> Res<Value> {
        let own = Type::of::<Object>().lookup_str(cx, "__reduce__");
        let found = this.ty().lookup_str(cx, "__reduce__");
        if let (Some(f), Some(own)) = (found, own)
            && !f.is(&own)
        {
            return crate::protocol::call_method(cx, this, "__reduce__", &[]);
        }
        common_reduce(cx, this, protocol)
    }
    /// Helper for pickle.
    fn __getstate__(this: &Value, cx: &mut Cx) -> Res<Value> {
        default_state(cx, this, false)
    }
    /// Size of object in memory, in bytes.
    fn __sizeof__(this: &Value) -> usize {
        this.ty().basic_size()
    }
    /// This method is called when a class is subclassed.
    ///
    /// The default implementation does nothing. It may be
    /// overridden to extend subclasses.
    #[classmethod]
    fn __init_subclass__(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<()> {
        let n = args.pos.len();
        if args.has_keywords() {
            let c = cls.name();
            return Err(cx.type_error(format!(
                "{c}.__init_subclass__() takes no keyword arguments"
            )));
        }
        if n != 0 {
            let c = cls.name();
            return Err(cx.type_error(format!(
                "{c}.__init_subclass__() takes no arguments ({n} given)"
            )));
        }
        Ok(())
    }
    /// Abstract classes can override this to customize issubclass().
    ///
    /// This is invoked early on by abc.ABCMeta.__subclasscheck__().
    /// It should return True, False or NotImplemented.  If it returns
    /// NotImplemented, the normal algorithm is used.  Otherwise, it
    /// overrides the normal algorithm (and the outcome is cached).
    #[classmethod]
    fn __subclasshook__(_cls: &Type, _args: Args<'_>) -> Value {
        Value::not_implemented()
    }
}

// ---- __class__ -----------------------------------------------------------------------------------------------------

fn set_class(cx: &mut Cx, this: &Value, v: Option<&Value>) -> Res<()> {
    let Some(v) = v else {
        return Err(cx.type_error("can't delete __class__ attribute"));
    };
    let Some(new) = v.downcast::<Type>() else {
        let t = v.type_name();
        return Err(cx.type_error(format!(
            "__class__ must be set to a class, not '{t}' object"
        )));
    };
    let old = this.ty();
    if std::ptr::eq(old, new) {
        return Ok(());
    }
    let module = Type::from_word(word::MODULE);
    let both_modules = old.is_subtype_of(module) && new.is_subtype_of(module);
    if !both_modules && (old.has(flag::IMMUTABLE) || new.has(flag::IMMUTABLE)) {
        return Err(cx.type_error(
            "__class__ assignment only supported for mutable types or ModuleType subclasses",
        ));
    }
    if !same_layout(cx, old, new) {
        let (o, n) = (old.name(), new.name());
        return Err(cx.type_error(format!(
            "__class__ assignment: '{n}' object layout differs from '{o}'"
        )));
    }
    let Some(head) = this.header() else {
        return Ok(());
    };
    // R10: the values move to the dict first, so that the inline places of the new class are all MOVED.
    if old.has(flag::INLINE) {
        drop(instance::materialize(cx, this)?);
        instance::limit_places(cx, new, old);
    }
    let new_ref = new.value();
    {
        let _guard = head.lock(&mut cx.thread);
        head.set_type_word(new.word());
    }
    // The cell now names the new class; classes are kept by the cells that name them (R12), not by counts.
    drop(new_ref);
    Ok(())
}

/// Whether an instance of `a` may become one of `b`: the same native part, slots and places (the inline values are all MOVED by
/// then, and `b` may have more of them).
fn same_layout(cx: &mut Cx, a: &Type, b: &Type) -> bool {
    let places = |t: &Type| {
        (
            t.dict_offset.load(Ordering::Relaxed),
            t.inline_offset.load(Ordering::Relaxed),
            t.has(flag::INLINE),
            t.has(flag::WEAKREFABLE),
        )
    };
    native_base(a).word() == native_base(b).word()
        && places(a) == places(b)
        && (b.basic_size() == a.basic_size() || a.has(flag::INLINE))
        && (a.solid.load(Ordering::Relaxed) == b.solid.load(Ordering::Relaxed)
            || slots_below(a) == slots_below(b) && slot_names(cx, a) == slot_names(cx, b))
}

/// What fixes the layout of a class but for the last `__slots__`.
fn slots_below(t: &Type) -> Option<u32> {
    let solid = Type::from_word(t.solid.load(Ordering::Relaxed));
    solid.base().map(|b| b.solid.load(Ordering::Relaxed))
}

/// The names and places of all `__slots__` of a class.
fn slot_names(cx: &mut Cx, t: &Type) -> Vec<(u32, String)> {
    let mut out = Vec::new();
    let mut at = Some(t);
    while let Some(t) = at {
        if t.slots_count.load(Ordering::Relaxed) != 0 {
            for (name, v) in t.dict().entries(cx) {
                if let Some(m) = v.downcast_exact::<crate::objects::builtin::MemberDescr>()
                    && m.owner == t.word()
                    && let Some(name) = name.downcast::<Str>()
                {
                    out.push((m.offset, name.to_string_lossy()));
                }
            }
        }
        at = t.base();
    }
    out.sort();
    out
}

// ---- dir -----------------------------------------------------------------------------------------------------------

/// Add the names of a class and its bases to `into`.
pub fn merge_class_dict(cx: &mut Cx, into: &Dict, cls: &Value) -> Res<()> {
    if let Some(d) = protocol::getattr_str_opt(cx, cls, "__dict__")? {
        let keys = protocol::collect(cx, &d)?;
        for k in keys {
            into.set(cx, &k, Value::none())?;
        }
    }
    if let Some(bases) = protocol::getattr_str_opt(cx, cls, "__bases__")?
        && bases.downcast::<Tuple>().is_some()
    {
        for b in protocol::collect(cx, &bases)? {
            merge_class_dict(cx, into, &b)?;
        }
    }
    Ok(())
}

fn object_dir(cx: &mut Cx, this: &Value) -> Res<Value> {
    let names = crate::objects::dict::new_dict(cx)?;
    let Some(d) = names.downcast::<Dict>() else {
        return Err(cx.system_error("not a dict"));
    };
    if let Some(own) = protocol::getattr_str_opt(cx, this, "__dict__")?
        && let Some(own) = own.downcast::<Dict>()
    {
        for (k, _) in own.entries(cx) {
            d.set(cx, &k, Value::none())?;
        }
    }
    if let Some(cls) = protocol::getattr_str_opt(cx, this, "__class__")? {
        merge_class_dict(cx, d, &cls)?;
    }
    let keys = d.entries(cx).into_iter().map(|(k, _)| k).collect();
    new_list(cx, keys)
}

// ---- pickling ------------------------------------------------------------------------------------------------------

fn copyreg(cx: &mut Cx, name: &'static str) -> Res<Value> {
    let loaded = crate::init::sys_get(cx, "modules")
        .and_then(|m| m.downcast_exact::<Dict>()?.get_named(cx, "copyreg"));
    let m = match loaded {
        Some(m) => m,
        None => crate::objects::module::methods::import(cx, "copyreg")?,
    };
    protocol::getattr_str(cx, &m, name)
}

#[cold]
fn cannot_pickle(cx: &mut Cx, this: &Value) -> Raised {
    let n = this.type_name();
    cx.type_error(format!("cannot pickle '{n}' object"))
}

/// What `__getstate__` gives by default: the instance's dict, with the slots behind it where there are any.
fn default_state(cx: &mut Cx, this: &Value, required: bool) -> Res<Value> {
    let t = this.ty();
    if required && (native_base(t).word() != word::OBJECT || t.has_items()) {
        return Err(cannot_pickle(cx, this));
    }
    let own = dict_of(cx, this)?;
    let state = match own {
        Some(d) if d.downcast::<Dict>().is_some_and(|d| !d.is_empty()) => d,
        _ => Value::none(),
    };
    // The function leaves in the class what it found.
    let names = match t.dict().get_named(cx, "__slotnames__") {
        Some(names) if names.is_none() || names.downcast_exact::<List>().is_some() => names,
        _ => {
            let f = copyreg(cx, "_slotnames")?;
            protocol::call(cx, &f, &[t.value()])?
        }
    };
    if names.is_none() || names.downcast_exact::<List>().is_some_and(List::is_empty) {
        return Ok(state);
    }
    let slots = crate::objects::dict::new_dict(cx)?;
    for n in protocol::collect(cx, &names)? {
        if let Some(v) = protocol::getattr_opt(cx, this, &n)?
            && let Some(d) = slots.downcast::<Dict>()
        {
            d.set(cx, &n, v)?;
        }
    }
    if slots.downcast::<Dict>().is_some_and(|d| d.is_empty()) {
        return Ok(state);
    }
    new_tuple(cx, vec![state, slots])
}

/// `obj.__getstate__()`, the default one directly.
fn get_state(cx: &mut Cx, this: &Value, required: bool) -> Res<Value> {
    let own = Type::of::<Object>().lookup_str(cx, "__getstate__");
    let found = this.ty().lookup_str(cx, "__getstate__");
    match (found, own) {
        (Some(f), Some(own)) if f.is(&own) => default_state(cx, this, required),
        _ => protocol::call_method(cx, this, "__getstate__", &[]),
    }
}

fn common_reduce(cx: &mut Cx, this: &Value, proto: i64) -> Res<Value> {
    if proto < 2 {
        let f = copyreg(cx, "_reduce_ex")?;
        let p = crate::objects::int::new_int(cx, proto)?;
        return protocol::call(cx, &f, &[this.clone(), p]);
    }
    let t = this.ty();
    if t.slots.new.get().is_none() {
        return Err(cannot_pickle(cx, this));
    }
    let (args, kwargs) = new_arguments(cx, this)?;
    let cls = t.value();
    let has_args = args.is_some();
    let items = args.unwrap_or_default();
    let (constructor, args) = match kwargs {
        Some(kw) if kw.downcast::<Dict>().is_some_and(|d| !d.is_empty()) => {
            let f = copyreg(cx, "__newobj_ex__")?;
            let a = new_tuple(cx, items)?;
            (f, new_tuple(cx, vec![cls, a, kw])?)
        }
        _ => {
            let f = copyreg(cx, "__newobj__")?;
            let mut all = vec![cls];
            all.extend(items);
            (f, new_tuple(cx, all)?)
        }
    };
    let (is_list, is_dict) = (t.has(flag::LIST_SUBCLASS), t.has(flag::DICT_SUBCLASS));
    let state = get_state(cx, this, !(has_args || is_list || is_dict))?;
    let list_items = if is_list {
        protocol::iter(cx, this)?
    } else {
        Value::none()
    };
    let dict_items = if is_dict {
        let items = protocol::call_method(cx, this, "items", &[])?;
        protocol::iter(cx, &items)?
    } else {
        Value::none()
    };
    new_tuple(cx, vec![constructor, args, state, list_items, dict_items])
}

/// What `__getnewargs_ex__` or `__getnewargs__` say.
fn new_arguments(cx: &mut Cx, this: &Value) -> Res<(Option<Vec<Value>>, Option<Value>)> {
    if let Some(f) = protocol::lookup_special(cx, this, "__getnewargs_ex__")? {
        let r = protocol::call(cx, &f, &[])?;
        let Some(t) = r.downcast::<Tuple>() else {
            let n = r.type_name();
            return Err(cx.type_error(format!(
                "__getnewargs_ex__ should return a tuple, not '{n}'"
            )));
        };
        let [args, kwargs] = t.items() else {
            let n = t.len();
            return Err(cx.value_error(format!(
                "__getnewargs_ex__ should return a tuple of length 2, not {n}"
            )));
        };
        let Some(a) = args.downcast::<Tuple>() else {
            let n = args.type_name();
            return Err(cx.type_error(format!(
                "first item of the tuple returned by __getnewargs_ex__ must be a tuple, not '{n}'"
            )));
        };
        if kwargs.downcast::<Dict>().is_none() {
            let n = kwargs.type_name();
            return Err(cx.type_error(format!(
                "second item of the tuple returned by __getnewargs_ex__ must be a dict, not '{n}'"
            )));
        }
        return Ok((Some(a.items().to_vec()), Some(kwargs.clone())));
    }
    if let Some(f) = protocol::lookup_special(cx, this, "__getnewargs__")? {
        let r = protocol::call(cx, &f, &[])?;
        let Some(t) = r.downcast::<Tuple>() else {
            let n = r.type_name();
            return Err(cx.type_error(format!("__getnewargs__ should return a tuple, not '{n}'")));
        };
        return Ok((Some(t.items().to_vec()), None));
    }
    Ok((None, None))
}
