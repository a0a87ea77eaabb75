//! The special attributes of classes: `__name__`, `__bases__`, `__annotations__` and the like.

use super::lookup::{subclasses, type_of_word};
use super::methods::{qualname_of, store};
use super::{TYPE_MUTEX, Type, build, dunder, flag};
use crate::native::*;
use crate::objects::Dict;
use crate::objects::str::intern::intern_str;
use crate::objects::tuple::new_tuple;
use crate::protocol;
use crate::slot_ext::SlotExt;
use std::sync::atomic::Ordering;

/// What a native type was made from.
pub fn spec_of(t: &Type) -> Option<&'static TypeSpec> {
    let spec = t.spec.load(Ordering::Relaxed);
    // SAFETY: the specs of native types are static.
    if spec.is_null() {
        None
    } else {
        Some(unsafe { &*spec })
    }
}

/// May a special attribute be set: heap types only, and most cannot be deleted.
fn settable<'a>(cx: &mut Cx, t: &Type, v: Option<&'a Value>, name: &str) -> Res<&'a Value> {
    let n = t.name();
    if t.has(flag::IMMUTABLE) {
        return Err(cx.type_error(format!(
            "cannot set '{name}' attribute of immutable type '{n}'"
        )));
    }
    match v {
        Some(v) => Ok(v),
        None => Err(cx.type_error(format!(
            "cannot delete '{name}' attribute of immutable type '{n}'"
        ))),
    }
}

/// A value of the class's own namespace, bound as an attribute of the class.
fn own(cx: &mut Cx, this: &Value, t: &Type, name: &'static str) -> Res<Option<Value>> {
    let Some(v) = t.dict().get_named(cx, name) else {
        return Ok(None);
    };
    match v.ty().slots.descr_get.get() {
        Some(get) => get(cx, &v, None, Some(this)).map(Some),
        None => Ok(Some(v)),
    }
}

fn put(cx: &mut Cx, t: &Type, name: &str, v: &Value) -> Res<()> {
    let this = t.value();
    let n = intern_str(cx, name)?;
    store(cx, t, &this, &n, Some(v))
}

fn drop_named(cx: &mut Cx, t: &Type, name: &str) -> Res<bool> {
    let n = intern_str(cx, name)?;
    t.change(cx, |cx| {
        let lost = t.dict().remove(cx, &n)?;
        Ok((lost.is_some(), lost))
    })
}

fn missing(cx: &mut Cx, this: &Value, t: &Type, name: &str) -> Raised {
    let text = format!("type object '{}' has no attribute '{name}'", t.name());
    match intern_str(cx, name) {
        Ok(n) => crate::objects::object::raise_attribute_error(cx, &text, this, &n),
        Err(r) => r,
    }
}

#[pymethods(part = ATTRS)]
impl Type {
    #[getter]
    fn __name__(&self) -> Option<Value> {
        self.name.get(&self.head)
    }
    #[setter]
    fn set___name__(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let v = settable(cx, self, v, "__name__")?;
        let Some(s) = v.downcast::<Str>() else {
            let (n, t) = (self.name(), v.type_name());
            return Err(cx.type_error(format!("can only assign string to {n}.__name__, not '{t}'")));
        };
        if s.units().iter().any(|c| c == 0) {
            return Err(cx.value_error("type name must not contain null characters"));
        }
        crate::native::check_encodable(cx, v)?;
        drop(self.name.put(&self.head, cx, Some(v.clone())));
        Ok(())
    }
    #[getter]
    fn __qualname__(&self, cx: &mut Cx) -> Res<Value> {
        match self.qualname.get(&self.head) {
            Some(q) => Ok(q),
            None => crate::objects::str::new_str(cx, &qualname_of(self)),
        }
    }
    #[setter]
    fn set___qualname__(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let v = settable(cx, self, v, "__qualname__")?;
        if v.downcast::<Str>().is_none() {
            let (n, t) = (self.name(), v.type_name());
            return Err(cx.type_error(format!(
                "can only assign string to {n}.__qualname__, not '{t}'"
            )));
        }
        drop(self.qualname.put(&self.head, cx, Some(v.clone())));
        Ok(())
    }
    #[getter]
    fn __module__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(t) = this.downcast::<Type>() else {
            return Err(cx.system_error("not a type"));
        };
        if let Some(spec) = spec_of(t) {
            return intern_str(cx, spec.module);
        }
        match own(cx, this, t, "__module__")? {
            Some(m) => Ok(m),
            None => Err(cx.attribute_error("__module__")),
        }
    }
    #[setter]
    fn set___module__(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let v = settable(cx, self, v, "__module__")?;
        put(cx, self, "__module__", v)?;
        drop_named(cx, self, "__firstlineno__")?;
        Ok(())
    }
    #[getter]
    fn __doc__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(t) = this.downcast::<Type>() else {
            return Err(cx.system_error("not a type"));
        };
        if let Some(spec) = spec_of(t) {
            return if spec.doc.is_empty() {
                Ok(Value::none())
            } else {
                crate::objects::str::new_str(cx, spec.doc)
            };
        }
        Ok(own(cx, this, t, "__doc__")?.unwrap_or_else(Value::none))
    }
    #[setter]
    fn set___doc__(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let v = settable(cx, self, v, "__doc__")?;
        put(cx, self, "__doc__", v)
    }
    #[getter]
    fn __text_signature__(&self) -> Option<&'static str> {
        spec_of(self)?.text_signature
    }
    #[getter]
    fn __dict__(&self, cx: &mut Cx) -> Res<Value> {
        match self.dict.get(&self.head) {
            Some(d) => crate::objects::dict::new_mapping_proxy(cx, &d),
            None => Ok(Value::none()),
        }
    }
    #[getter]
    fn __base__(&self) -> Option<Value> {
        self.base_slot.get(&self.head)
    }
    #[getter]
    fn __bases__(&self) -> Option<Value> {
        self.bases.get(&self.head)
    }
    #[setter]
    fn set___bases__(this: &Value, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let Some(t) = this.downcast::<Type>() else {
            return Ok(());
        };
        let v = settable(cx, t, v, "__bases__")?;
        set_bases(cx, t, this, v)
    }
    #[getter]
    fn __mro__(&self) -> Option<Value> {
        // While the metaclass's mro() runs for the first time there is none.
        if !self.has(flag::READY) {
            return None;
        }
        self.mro.get(&self.head)
    }
    #[getter]
    fn __basicsize__(&self) -> usize {
        self.basic_size()
    }
    #[getter]
    fn __itemsize__(&self) -> usize {
        spec_of(self).map_or(0, |s| s.itemsize)
    }
    #[getter]
    fn __dictoffset__(&self) -> i64 {
        match self.dict_offset.load(Ordering::Relaxed) {
            u32::MAX => -1,
            n => n as i64,
        }
    }
    #[getter]
    fn __weakrefoffset__(&self) -> i64 {
        if self.has(flag::WEAKREFABLE) {
            self.basic_size() as i64
        } else {
            0
        }
    }
    #[getter]
    fn __flags__(&self) -> u64 {
        let f = self.flags();
        // The bits that Python code knows: see `inspect` and `abc`.
        let map = [
            (flag::IMMUTABLE, 8),
            (flag::HEAP, 9),
            (flag::BASETYPE, 10),
            (flag::READY, 12),
            (flag::GC, 14),
            (flag::METHOD_DESCRIPTOR, 17),
            (flag::ABSTRACT, 20),
            (flag::SEQUENCE, 5),
            (flag::MAPPING, 6),
        ];
        let low: u64 = map
            .iter()
            .filter(|(b, _)| f & b != 0)
            .map(|(_, n)| 1u64 << n)
            .sum();
        // CPython's marks of instances with a `__dict__` of the interpreter's own, and with values kept inline.
        let python = f & flag::HEAP != 0 && !self.has(flag::TYPE_SUBCLASS);
        let managed = u64::from(python && f & flag::HAS_DICT != 0) << 4;
        let inline = u64::from(python && f & flag::INLINE != 0) << 2;
        low | managed | inline | (f & 0xFF00_0000) as u64
    }
    #[getter]
    fn __abstractmethods__(&self, cx: &mut Cx) -> Res<Value> {
        let found = if self.word() == crate::statics::word::TYPE {
            None
        } else {
            self.dict().get_named(cx, "__abstractmethods__")
        };
        match found {
            Some(v) => Ok(v),
            None => Err(cx.attribute_error("__abstractmethods__")),
        }
    }
    #[setter]
    fn set___abstractmethods__(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        match v {
            Some(v) => {
                let is_abstract = protocol::truthy(cx, v)?;
                put(cx, self, "__abstractmethods__", v)?;
                if is_abstract {
                    self.set_flags(flag::ABSTRACT, 0)
                } else {
                    self.set_flags(0, flag::ABSTRACT)
                }
            }
            None => {
                if !drop_named(cx, self, "__abstractmethods__")? {
                    return Err(cx.attribute_error("__abstractmethods__"));
                }
                self.set_flags(0, flag::ABSTRACT);
            }
        }
        self.invalidate(cx);
        Ok(())
    }
    #[getter]
    fn __type_params__(&self, cx: &mut Cx) -> Res<Value> {
        if self.has(flag::HEAP)
            && let Some(v) = self.dict().get_named(cx, "__type_params__")
        {
            return Ok(v);
        }
        new_tuple(cx, vec![])
    }
    #[setter]
    fn set___type_params__(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let v = settable(cx, self, v, "__type_params__")?;
        put(cx, self, "__type_params__", v)
    }
    #[getter]
    fn __annotate__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(t) = this.downcast::<Type>() else {
            return Err(cx.system_error("not a type"));
        };
        get_annotate(cx, this, t)
    }
    #[setter]
    fn set___annotate__(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let Some(v) = v else {
            return Err(cx.type_error("cannot delete __annotate__ attribute"));
        };
        settable(cx, self, Some(v), "__annotate__")?;
        if !v.is_none() && !protocol::is_callable(v) {
            return Err(cx.type_error("__annotate__ must be callable or None"));
        }
        put(cx, self, "__annotate_func__", v)?;
        if !v.is_none() {
            drop_named(cx, self, "__annotations_cache__")?;
        }
        Ok(())
    }
    #[getter]
    fn __annotations__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(t) = this.downcast::<Type>() else {
            return Err(cx.system_error("not a type"));
        };
        if !t.has(flag::HEAP) {
            return Err(missing(cx, this, t, "__annotations__"));
        }
        for name in ["__annotations__", "__annotations_cache__"] {
            if let Some(v) = own(cx, this, t, name)? {
                return Ok(v);
            }
        }
        let f = get_annotate(cx, this, t)?;
        let made = if protocol::is_callable(&f) {
            let d = protocol::call(cx, &f, &[Value::small_int(1)])?;
            if d.downcast::<Dict>().is_none() {
                let n = d.type_name();
                return Err(cx.type_error(format!("__annotate__ returned non-dict of type '{n}'")));
            }
            d
        } else {
            crate::objects::dict::new_dict(cx)?
        };
        put(cx, t, "__annotations_cache__", &made)?;
        Ok(made)
    }
    #[setter]
    fn set___annotations__(this: &Value, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let Some(t) = this.downcast::<Type>() else {
            return Ok(());
        };
        if t.has(flag::IMMUTABLE) {
            let n = t.name();
            return Err(cx.type_error(format!(
                "cannot set '__annotations__' attribute of immutable type '{n}'"
            )));
        }
        match v {
            Some(v) => {
                let place = if t.dict().contains_str(cx, "__annotations__") {
                    "__annotations__"
                } else {
                    "__annotations_cache__"
                };
                put(cx, t, place, v)?;
            }
            None => {
                if !drop_named(cx, t, "__annotations__")?
                    && !drop_named(cx, t, "__annotations_cache__")?
                {
                    return Err(cx.attribute_error("__annotations__"));
                }
            }
        }
        drop_named(cx, t, "__annotate_func__")?;
        drop_named(cx, t, "__annotate__")?;
        Ok(())
    }
}

fn get_annotate(cx: &mut Cx, this: &Value, t: &Type) -> Res<Value> {
    if !t.has(flag::HEAP) {
        return Err(missing(cx, this, t, "__annotate__"));
    }
    // What the class body defines by that name comes before what the compiler made.
    for name in ["__annotate__", "__annotate_func__"] {
        if let Some(f) = own(cx, this, t, name)? {
            return Ok(f);
        }
    }
    Ok(Value::none())
}

/// `cls.__bases__ = ...`: same layout, new order of resolution for the class and everything below it.
fn set_bases(cx: &mut Cx, t: &Type, this: &Value, v: &Value) -> Res<()> {
    let n = t.name();
    let Some(bases) = v.downcast::<Tuple>() else {
        let got = v.type_name();
        return Err(cx.type_error(format!("can only assign tuple to {n}.__bases__, not {got}")));
    };
    if bases.is_empty() {
        return Err(cx.type_error(format!(
            "can only assign non-empty tuple to {n}.__bases__, not ()"
        )));
    }
    for b in bases.items() {
        let Some(bt) = b.downcast::<Type>() else {
            let got = b.type_name();
            return Err(cx.type_error(format!(
                "{n}.__bases__ must be tuple of classes, not '{got}'"
            )));
        };
        if bt.is_subtype_of(t) || descends(bt, t) {
            return Err(cx.type_error("a __bases__ item causes an inheritance cycle"));
        }
    }
    let new_base = build::best_base(cx, bases)?;
    let (Some(old_base), Some(old_bases)) = (t.base(), t.bases.get(&t.head)) else {
        return Ok(());
    };
    // Methods of the new bases find in instances the places that they know.
    let places = |b: &Type| {
        (
            b.solid.load(Ordering::Relaxed),
            b.dict_offset.load(Ordering::Relaxed) == 0,
        )
    };
    if places(new_base) != places(old_base) {
        let (a, b) = (new_base.name(), old_base.name());
        return Err(cx.type_error(format!(
            "__bases__ assignment: '{a}' object layout differs from '{b}'"
        )));
    }
    let old_base = old_base.value();
    put_bases(cx, t, v.clone(), new_base.value());
    let mut changed = Vec::new();
    if let Err(r) = update_order(cx, t, this, &mut changed) {
        for change in changed.into_iter().rev() {
            let ct = type_of_word(&change.class);
            if ct.mro.peek_bits() & !7 == change.new.bits() & !7 {
                put_order(cx, ct, change.old);
            }
        }
        if t.bases.peek_bits() & !7 == v.bits() & !7 {
            put_bases(cx, t, old_bases, old_base);
        }
        return Err(r);
    }
    // A custom mro() may have assigned again meanwhile, and done the rest.
    if t.bases.peek_bits() & !7 != v.bits() & !7 {
        return Ok(());
    }
    let me = t.word();
    if let Some(old) = old_bases.downcast::<Tuple>() {
        for b in old.items() {
            type_of_word(b).below.subclasses.remove(me);
        }
    }
    for b in bases.items() {
        type_of_word(b).below.subclasses.add(me);
    }
    // A new base that changed before it knew of this class did not take its version away.
    t.invalidate(cx);
    relink(cx, t)
}

/// Whether `t` has `above` in its chain of `__base__`, which is set before the order is.
fn descends(t: &Type, above: &Type) -> bool {
    let mut at = Some(t);
    while let Some(b) = at {
        if std::ptr::eq(b, above) {
            return true;
        }
        at = b.base();
    }
    false
}

fn put_bases(cx: &mut Cx, t: &Type, bases: Value, base: Value) {
    let displaced = {
        let _guard = TYPE_MUTEX.lock(&mut cx.thread);
        t.invalidate_locked();
        [t.bases.swap(Some(bases)), t.base_slot.swap(Some(base))]
    };
    drop(displaced);
}

fn put_order(cx: &mut Cx, t: &Type, order: Value) {
    let old = {
        let _guard = TYPE_MUTEX.lock(&mut cx.thread);
        t.invalidate_locked();
        t.leave_order_locked();
        t.mro.swap(Some(order))
    };
    drop(old);
}

/// A class whose order of resolution was replaced.
struct Reordered {
    class: Value,
    new: Value,
    old: Value,
}

/// A new order of resolution for a class and everything below it; what was done before an error is in `changed`.
fn update_order(cx: &mut Cx, t: &Type, this: &Value, changed: &mut Vec<Reordered>) -> Res<()> {
    let (Some(bases), Some(old)) = (t.bases.get(&t.head), t.mro.get(&t.head)) else {
        return Ok(());
    };
    let Some(b) = bases.downcast::<Tuple>() else {
        return Ok(());
    };
    let order = build::compute_mro(cx, this.ty(), this, b)?;
    if t.mro.peek_bits() & !7 != old.bits() & !7 {
        // The metaclass's mro() has come here again and set a newer one.
        return Ok(());
    }
    let new = new_tuple(cx, order)?;
    if let Some(h) = new.header() {
        h.set_deferred();
    }
    put_order(cx, t, new.clone());
    changed.push(Reordered {
        class: this.clone(),
        new,
        old,
    });
    for s in subclasses(t) {
        update_order(cx, type_of_word(&s), &s, changed)?;
    }
    Ok(())
}

/// New slots for a class whose MRO changed, and for its subclasses.
fn relink(cx: &mut Cx, t: &Type) -> Res<()> {
    let seen = dunder::updates();
    dunder::fill_slots(cx, t)?;
    dunder::catch_up(cx, t, seen)?;
    for s in subclasses(t) {
        relink(cx, type_of_word(&s))?;
    }
    Ok(())
}
