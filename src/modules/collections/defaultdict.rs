//! `defaultdict`: a dict whose `__missing__` calls a factory.

use crate::support::pack;
use typhon_vm::SlotExt;
use typhon_vm::native::*;
use typhon_vm::objects::Dict;
use typhon_vm::objects::list::repr;
use typhon_vm::objects::{genericalias, object};
use typhon_vm::protocol;

/// defaultdict(default_factory=None, /, [...]) --> dict with default factory
///
/// The default factory is called without arguments to produce
/// a new value when a key is not present, in __getitem__ only.
/// A defaultdict compares equal to a dict with the same items.
/// All remaining arguments are treated the same as if they were
/// passed to the dict constructor, including keyword arguments.
#[pytype(name = "defaultdict", module = "collections", base = Dict, gc, basetype, unhashable)]
pub struct DefaultDict {
    base: Dict,
    factory: Slot,
}

impl DefaultDict {
    fn head(&self) -> &Header {
        &self.base.head
    }
    fn factory(&self) -> Value {
        self.factory.get(self.head()).unwrap_or_else(Value::none)
    }
}

/// `type(this)(this.default_factory, source)`.
fn copy_with(cx: &mut Cx, this: &Value, source: &Value) -> Res<Value> {
    let Some(d) = this.downcast::<DefaultDict>() else {
        return Ok(Value::none());
    };
    let (cls, factory) = (this.ty().value(), d.factory());
    protocol::call(cx, &cls, &[factory, source.clone()])
}

#[pymethods]
impl DefaultDict {
    #[init]
    fn init(this: &Value, args: Args<'_>, cx: &mut Cx) -> Res<()> {
        let Some(d) = this.downcast::<DefaultDict>() else {
            return Ok(());
        };
        let rest = match args.pos.split_first() {
            None => args,
            Some((f, pos)) => {
                if !f.is_none() && !protocol::is_callable(f) {
                    return Err(cx.type_error("first argument must be callable or None"));
                }
                let old = d.factory.put(d.head(), cx, Some(f.clone()));
                drop(old);
                Args { pos, ..args }
            }
        };
        match Type::of::<Dict>().slots.init.get() {
            Some(f) => f(cx, this, rest),
            None => Ok(()),
        }
    }

    /// __missing__(key) # Called by __getitem__ for missing key; pseudo-code:
    ///   if self.default_factory is None: raise KeyError((key,))
    ///   self[key] = value = self.default_factory()
    ///   return value
    #[sig(key, /)]
    #[text_signature(none)]
    fn __missing__(this: &Value, key: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(d) = this.downcast::<DefaultDict>() else {
            return Ok(Value::none());
        };
        let factory = d.factory();
        if factory.is_none() {
            return Err(cx.key_error(key));
        }
        let value = protocol::call(cx, &factory, &[])?;
        if this.ty().slots.setitem.bits() == Type::of::<Dict>().slots.setitem.bits() {
            // Of two threads that miss the same key, both get the value that was stored first.
            return d.base.setdefault(cx, key, &value);
        }
        protocol::setitem(cx, this, key, Some(&value))?;
        Ok(value)
    }

    /// D.copy() -> a shallow copy of D.
    #[text_signature(none)]
    fn copy(this: &Value, cx: &mut Cx) -> Res<Value> {
        copy_with(cx, this, this)
    }

    /// D.copy() -> a shallow copy of D.
    #[text_signature(none)]
    fn __copy__(this: &Value, cx: &mut Cx) -> Res<Value> {
        copy_with(cx, this, this)
    }

    /// Return state information for pickling.
    #[text_signature(none)]
    fn __reduce__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(d) = this.downcast::<DefaultDict>() else {
            return Ok(Value::none());
        };
        let factory = d.factory();
        let args = if factory.is_none() {
            pack(cx, [])?
        } else {
            pack(cx, [factory])?
        };
        let items = protocol::call_method(cx, this, "items", &[])?;
        let it = protocol::iter(cx, &items)?;
        let cls = this.ty().value();
        pack(cx, [cls, args, Value::none(), Value::none(), it])
    }

    /// See PEP 585
    #[classmethod]
    #[sig(item, /)]
    fn __class_getitem__(cls: &Type, item: &Value, cx: &mut Cx) -> Res<Value> {
        let cls = cls.value();
        genericalias::new(cx, &cls, item)
    }

    /// Factory for default value called by __missing__().
    #[member]
    #[getter]
    fn default_factory(&self) -> Value {
        self.factory()
    }
    #[setter]
    fn set_default_factory(&self, v: Option<&Value>, cx: &mut Cx) {
        let old = self.factory.put(self.head(), cx, v.cloned());
        drop(old);
    }

    #[slot]
    fn or(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        let own = if left.downcast::<DefaultDict>().is_some() {
            left
        } else {
            right
        };
        if left.downcast::<Dict>().is_none() || right.downcast::<Dict>().is_none() {
            return Ok(Value::not_implemented());
        }
        let made = copy_with(cx, own, left)?;
        if let Some(d) = made.downcast::<Dict>() {
            d.update_from(cx, right)?;
        }
        Ok(made)
    }

    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(d) = this.downcast::<DefaultDict>() else {
            return Ok(Value::none());
        };
        let base = match Type::of::<Dict>().slots.repr.get() {
            Some(f) => f(cx, this)?,
            None => Value::none(),
        };
        let factory = d.factory();
        let shown = object::repr_guard(cx, &factory, |cx| protocol::repr(cx, &factory))?;
        let mut out = this.ty().name().into_bytes();
        out.push(b'(');
        match shown.as_ref().and_then(|s| s.downcast::<Str>()) {
            Some(s) => repr::push_str(&mut out, s),
            None => out.extend_from_slice(b"..."),
        }
        out.extend_from_slice(b", ");
        if let Some(s) = base.downcast::<Str>() {
            repr::push_str(&mut out, s);
        }
        out.push(b')');
        typhon_vm::objects::str::new_str_wtf8(cx, &out)
    }

    #[traverse]
    fn traverse(&self, v: &mut Visitor) {
        self.base.visit(v);
        self.factory.traverse(v);
    }

    #[clear]
    fn clear_refs(&self, cx: &mut Cx) {
        self.base.clear(cx);
        let old = self.factory.put(self.head(), cx, None);
        drop(old);
    }
}
