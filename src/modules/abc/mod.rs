//! `_abc`: registries and caches of abstract base classes. Each class has one `_abc_data`; the classes in its sets are held by
//! weak references, found by address: an entry whose reference names another address is dead, so a hit is two loads.

pub use module::MODULE;

use crate::os_call;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use typhon_vm::native::*;
use typhon_vm::objects::object::isinstance;
use typhon_vm::objects::set;
use typhon_vm::objects::typeobj::{flag, lookup};
use typhon_vm::objects::weakref::{self, WeakRef};
use typhon_vm::protocol;

/// Grows with every registration anywhere: older negative results are void.
static REGISTRATIONS: AtomicU64 = AtomicU64::new(0);

/// Weakly held classes by address.
#[derive(Default)]
struct WeakClasses(HashMap<u64, Value>);

fn is_alive(w: &Value, address: u64) -> bool {
    w.downcast::<WeakRef>()
        .is_some_and(|r| r.cell.0.target_bits() == address)
}

impl WeakClasses {
    fn contains(&self, class: &Value) -> bool {
        let at = class.as_ptr() as u64;
        self.0.get(&at).is_some_and(|w| is_alive(w, at))
    }
    /// Add a reference to the class at `at`; what it displaces, and now and then the dead, are the caller's to drop.
    #[must_use]
    fn add(&mut self, at: u64, w: Value) -> Vec<Value> {
        let mut gone = Vec::new();
        if self.0.len() == self.0.capacity() {
            let dead: Vec<u64> = self
                .0
                .iter()
                .filter(|(a, w)| !is_alive(w, **a))
                .map(|(a, _)| *a)
                .collect();
            gone.extend(dead.iter().filter_map(|a| self.0.remove(a)));
        }
        gone.extend(self.0.insert(at, w));
        gone
    }
    fn take(&mut self) -> Vec<Value> {
        self.0.drain().map(|(_, w)| w).collect()
    }
    fn all(&self) -> Vec<Value> {
        self.0.values().cloned().collect()
    }
}

impl Traverse for WeakClasses {
    fn traverse(&self, v: &mut Visitor) {
        self.0.values().for_each(|w| w.traverse(v));
    }
}

#[derive(Default)]
struct Sets {
    registry: WeakClasses,
    cache: WeakClasses,
    negative: WeakClasses,
    /// REGISTRATIONS when `negative` was last cleared.
    negative_version: u64,
}

impl Traverse for Sets {
    fn traverse(&self, v: &mut Visitor) {
        self.registry.traverse(v);
        self.cache.traverse(v);
        self.negative.traverse(v);
    }
}

/// Internal state held by ABC machinery.
#[pytype(name = "_abc_data", module = "_abc", gc)]
pub struct AbcData {
    head: Header,
    sets: Guarded<Sets>,
}

#[derive(Clone, Copy)]
enum Which {
    Registry,
    Cache,
    Negative,
}

impl AbcData {
    fn add(&self, cx: &mut Cx, which: Which, class: &Value) -> Res<()> {
        let w = weakref::new_ref(cx, class, None)?;
        let at = class.as_ptr() as u64;
        let mut s = self.sets.lock(&self.head, &mut cx.thread);
        let set = match which {
            Which::Registry => &mut s.registry,
            Which::Cache => &mut s.cache,
            Which::Negative => &mut s.negative,
        };
        let gone = set.add(at, w);
        drop(s);
        drop(gone);
        Ok(())
    }
    /// The cached answer, if there is one.
    fn cached(&self, cx: &mut Cx, class: &Value) -> Option<bool> {
        let s = self.sets.lock(&self.head, &mut cx.thread);
        if s.cache.contains(class) {
            return Some(true);
        }
        (s.negative_version == REGISTRATIONS.load(Ordering::Acquire) && s.negative.contains(class))
            .then_some(false)
    }
    /// Forget negative answers from before the last registration.
    fn renew(&self, cx: &mut Cx) {
        let now = REGISTRATIONS.load(Ordering::Acquire);
        let mut s = self.sets.lock(&self.head, &mut cx.thread);
        let mut gone = Vec::new();
        if s.negative_version < now {
            gone = s.negative.take();
            s.negative_version = now;
        }
        drop(s);
        drop(gone);
    }
}

#[pymethods]
impl AbcData {}

fn data_of(cx: &mut Cx, class: &Value) -> Res<Value> {
    let v = protocol::getattr_str(cx, class, "_abc_impl")?;
    if v.downcast::<AbcData>().is_none() {
        return Err(cx.type_error("_abc_impl is set to a wrong type"));
    }
    Ok(v)
}

fn data(v: &Value) -> &AbcData {
    v.downcast::<AbcData>().expect("checked by data_of")
}

fn is_abstract(cx: &mut Cx, v: &Value) -> Res<bool> {
    match protocol::getattr_str_opt(cx, v, "__isabstractmethod__")? {
        Some(f) => protocol::truthy(cx, &f),
        None => Ok(false),
    }
}

/// Set `__abstractmethods__`.
fn compute_abstract_methods(cx: &mut Cx, this: &Value) -> Res<()> {
    let mut names: Vec<Value> = Vec::new();
    let ns = protocol::getattr_str(cx, this, "__dict__")?;
    let items = match this.downcast::<Type>() {
        Some(t) => lookup::dict_entries(t, cx),
        None => {
            let items = protocol::call_method(cx, &ns, "items", &[])?;
            let mut out = Vec::new();
            for pair in protocol::collect(cx, &items)? {
                if let Some([k, v]) = pair.downcast::<Tuple>().map(Tuple::items) {
                    out.push((k.clone(), v.clone()));
                }
            }
            out
        }
    };
    for (k, v) in &items {
        if is_abstract(cx, v)? {
            names.push(k.clone());
        }
    }
    let bases = protocol::getattr_str(cx, this, "__bases__")?;
    for base in protocol::collect(cx, &bases)? {
        let Some(inherited) = protocol::getattr_str_opt(cx, &base, "__abstractmethods__")? else {
            continue;
        };
        for name in protocol::collect(cx, &inherited)? {
            if let Some(v) = protocol::getattr_opt(cx, this, &name)?
                && is_abstract(cx, &v)?
            {
                names.push(name);
            }
        }
    }
    let all = set::new_frozenset(cx, names)?;
    protocol::setattr_str(cx, this, "__abstractmethods__", &all)
}

const COLLECTION: u32 = flag::SEQUENCE | flag::MAPPING;

/// `match` treats a class and its subclasses as sequences or mappings.
fn set_collection_flags(cx: &mut Cx, class: &Value, flags: u32) -> Res<()> {
    let Some(t) = class.downcast::<Type>() else {
        return Ok(());
    };
    if t.has(flag::IMMUTABLE) || t.flags() & COLLECTION == flags {
        return Ok(());
    }
    t.set_flags(flags, COLLECTION & !flags);
    let subclasses = protocol::call_method(cx, class, "__subclasses__", &[])?;
    for s in protocol::collect(cx, &subclasses)? {
        set_collection_flags(cx, &s, flags)?;
    }
    Ok(())
}

fn subclass_check(cx: &mut Cx, this: &Value, subclass: &Value) -> Res<bool> {
    if subclass.downcast::<Type>().is_none() {
        return Err(cx.type_error("issubclass() arg 1 must be a class"));
    }
    let d = data_of(cx, this)?;
    let d = data(&d);
    if let Some(known) = d.cached(cx, subclass) {
        return Ok(known);
    }
    d.renew(cx);
    // The class may know.
    let ok = protocol::call_method(cx, this, "__subclasshook__", std::slice::from_ref(subclass))?;
    if ok.is_true() {
        d.add(cx, Which::Cache, subclass)?;
        return Ok(true);
    }
    if ok.is_false() {
        d.add(cx, Which::Negative, subclass)?;
        return Ok(false);
    }
    if !ok.is_not_implemented() {
        return Err(cx.assertion_error(
            "__subclasshook__ must return either False, True, or NotImplemented",
        ));
    }
    // A real subclass?
    if subclass
        .downcast::<Type>()
        .is_some_and(|t| t.mro().iter().any(|c| c.is(this)))
    {
        d.add(cx, Which::Cache, subclass)?;
        return Ok(true);
    }
    // A subclass of a registered one?
    let registry = d.sets.lock(&d.head, &mut cx.thread).registry.all();
    for w in registry {
        let Some(class) = w.downcast::<WeakRef>().and_then(|r| weakref::target(cx, r)) else {
            continue;
        };
        if isinstance::issubclass(cx, subclass, &class)? {
            d.add(cx, Which::Cache, subclass)?;
            return Ok(true);
        }
    }
    // A subclass of a subclass?
    let subclasses = protocol::call_method(cx, this, "__subclasses__", &[])?;
    if subclasses.downcast::<typhon_vm::objects::List>().is_none() {
        return Err(cx.type_error("__subclasses__() must return a list"));
    }
    for s in protocol::collect(cx, &subclasses)? {
        if isinstance::issubclass(cx, subclass, &s)? {
            d.add(cx, Which::Cache, subclass)?;
            return Ok(true);
        }
    }
    d.add(cx, Which::Negative, subclass)?;
    Ok(false)
}

#[pymodule(name = "_abc")]
pub mod module {
    //! Module contains faster C implementation of abc.ABCMeta
    use super::*;

    /// Returns the current ABC cache token.
    #[pyfunction]
    fn get_cache_token() -> u64 {
        REGISTRATIONS.load(Ordering::Acquire)
    }

    /// Internal ABC helper for class set-up. Should be never used outside abc module.
    #[pyfunction]
    #[sig(this, /)]
    fn _abc_init(this: &Value, cx: &mut Cx) -> Res<()> {
        compute_abstract_methods(cx, this)?;
        let sets = Sets {
            negative_version: REGISTRATIONS.load(Ordering::Acquire),
            ..Sets::default()
        };
        let d = os_call::make(
            cx,
            AbcData {
                head: Header::placeholder(),
                sets: Guarded::new(sets),
            },
        )?;
        protocol::setattr_str(cx, this, "_abc_impl", &d)?;
        // `Sequence` and `Mapping` say with CPython's bits what `match` makes of them.
        if let Some(t) = this.downcast::<Type>()
            && let Some(bits) = t.dict().get_named(cx, "__abc_tpflags__")
            && let Some(bits) = bits.as_small_int()
        {
            let flags =
                match bits & (3 << 5) {
                    0x20 => flag::SEQUENCE,
                    0x40 => flag::MAPPING,
                    0 => 0,
                    _ => return Err(cx.type_error(
                        "__abc_tpflags__ cannot be both Py_TPFLAGS_SEQUENCE and Py_TPFLAGS_MAPPING",
                    )),
                };
            t.set_flags(flags, COLLECTION & !flags);
            let name = typhon_vm::objects::str::intern::intern_str(cx, "__abc_tpflags__")?;
            protocol::setattr(cx, this, &name, None)?;
        }
        Ok(())
    }

    /// Internal ABC helper for subclasss registration. Should be never used outside abc module.
    #[pyfunction]
    #[sig(this, subclass, /)]
    fn _abc_register(this: &Value, subclass: &Value, cx: &mut Cx) -> Res<Value> {
        if subclass.downcast::<Type>().is_none() {
            return Err(cx.type_error("Can only register classes"));
        }
        if isinstance::issubclass(cx, subclass, this)? {
            return Ok(subclass.clone());
        }
        if isinstance::issubclass(cx, this, subclass)? {
            return Err(cx.runtime_error("Refusing to create an inheritance cycle"));
        }
        let d = data_of(cx, this)?;
        data(&d).add(cx, Which::Registry, subclass)?;
        REGISTRATIONS.fetch_add(1, Ordering::AcqRel);
        if let Some(t) = this.downcast::<Type>() {
            let flags = t.flags() & COLLECTION;
            if flags != 0 {
                set_collection_flags(cx, subclass, flags)?;
            }
        }
        Ok(subclass.clone())
    }

    /// Internal ABC helper for instance checks. Should be never used outside abc module.
    #[pyfunction]
    #[sig(this, instance, /)]
    fn _abc_instancecheck(this: &Value, instance: &Value, cx: &mut Cx) -> Res<Value> {
        let d = data_of(cx, this)?;
        let own = instance.ty().value();
        let subclass = protocol::getattr_str_opt(cx, instance, "__class__")?;
        let subclass = subclass.unwrap_or_else(|| own.clone());
        match data(&d).cached(cx, &subclass) {
            Some(true) => return Ok(Value::bool(true)),
            Some(false) if own.is(&subclass) => return Ok(Value::bool(false)),
            _ => {}
        }
        let r = protocol::call_method(
            cx,
            this,
            "__subclasscheck__",
            std::slice::from_ref(&subclass),
        )?;
        if own.is(&subclass) || protocol::truthy(cx, &r)? {
            return Ok(r);
        }
        protocol::call_method(cx, this, "__subclasscheck__", &[own])
    }

    /// Internal ABC helper for subclasss checks. Should be never used outside abc module.
    #[pyfunction]
    #[sig(this, subclass, /)]
    fn _abc_subclasscheck(this: &Value, subclass: &Value, cx: &mut Cx) -> Res<bool> {
        cx.recurse(" in __subclasscheck__", |cx| {
            subclass_check(cx, this, subclass)
        })
    }

    /// Internal ABC helper to reset registry of a given class.
    #[pyfunction]
    #[sig(this, /)]
    fn _reset_registry(this: &Value, cx: &mut Cx) -> Res<()> {
        let d = data_of(cx, this)?;
        let d = data(&d);
        let gone = d.sets.lock(&d.head, &mut cx.thread).registry.take();
        drop(gone);
        Ok(())
    }

    /// Internal ABC helper to reset both caches of a given class.
    #[pyfunction]
    #[sig(this, /)]
    fn _reset_caches(this: &Value, cx: &mut Cx) -> Res<()> {
        let d = data_of(cx, this)?;
        let d = data(&d);
        let mut s = d.sets.lock(&d.head, &mut cx.thread);
        let gone = (s.cache.take(), s.negative.take());
        drop(s);
        drop(gone);
        Ok(())
    }

    /// Internal ABC helper for cache and registry debugging.
    #[pyfunction]
    #[sig(this, /)]
    fn _get_dump(this: &Value, cx: &mut Cx) -> Res<(Value, Value, Value, u64)> {
        let d = data_of(cx, this)?;
        let d = data(&d);
        let s = d.sets.lock(&d.head, &mut cx.thread);
        let (lists, version) = (
            [s.registry.all(), s.cache.all(), s.negative.all()],
            s.negative_version,
        );
        drop(s);
        let [a, b, c] = lists;
        let mut make = |list: Vec<Value>| -> Res<Value> {
            let v = set::new_set(cx)?;
            for w in &list {
                set::add(cx, &v, w)?;
            }
            Ok(v)
        };
        let (a, b, c) = (make(a)?, make(b)?, make(c)?);
        Ok((a, b, c, version))
    }
}
