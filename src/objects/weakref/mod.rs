//! `weakref.ref`, and the proxies (`proxy.rs`). The runtime knows which weak reference objects name a target
//! (`typhon_runtime::weak`); here is what Python sees of them.

pub mod proxy;

use crate::native::*;
use crate::objects::object::alloc;
use crate::objects::typeobj::flag;
use crate::protocol;
use crate::slot_ext::SlotExt;
use std::sync::atomic::{AtomicI64, Ordering};
use typhon_runtime::weak::{self, WeakCell};

/// A registered weak reference: leaves the registry when its object is freed.
pub struct Registered(pub WeakCell);

impl Drop for Registered {
    fn drop(&mut self) {
        weak::detach(&self.0);
    }
}

#[pytype(name = "ReferenceType", module = "weakref", gc, basetype, static_index = WEAKREF)]
pub struct WeakRef {
    pub head: Header,
    #[skip]
    pub cell: Registered,
    pub callback: Slot,
    /// The target's hash, once asked for; -1, which no hash is: not yet.
    #[skip]
    hash: AtomicI64,
}

/// Whether a value can be the target of a weak reference.
pub fn check_target(cx: &mut Cx, v: &Value) -> Res<()> {
    if v.is_ptr() && v.ty().has(flag::WEAKREFABLE) {
        return Ok(());
    }
    let t = v.type_name();
    Err(cx.type_error(format!("cannot create weak reference to '{t}' object")))
}

/// `weakref.ref(target, callback)` of class `cls`.
pub fn new_ref_of(cx: &mut Cx, cls: &Type, target: &Value, callback: Option<&Value>) -> Res<Value> {
    check_target(cx, target)?;
    let callback = callback.filter(|c| !c.is_none());
    let plain = callback.is_none() && cls.word() == crate::statics::word::WEAKREF;
    if plain {
        // Plain references to one target are one object.
        for w in weak::list(&cx.thread, target) {
            if let Some(r) = w.downcast_exact::<WeakRef>()
                && r.callback.is_empty()
            {
                return Ok(w);
            }
        }
    }
    let r = WeakRef {
        head: Header::placeholder(),
        cell: Registered(WeakCell::new()),
        callback: Slot::new(callback.cloned()),
        hash: AtomicI64::new(-1),
    };
    let v = alloc(cx, cls, r)?;
    if let Some(r) = v.downcast::<WeakRef>() {
        if plain {
            weak::attach_plain(target, &v, &r.cell.0);
        } else {
            weak::attach(target, &v, &r.cell.0, callback.is_some());
        }
    }
    Ok(v)
}

/// `weakref.ref(target)`.
pub fn new_ref(cx: &mut Cx, target: &Value, callback: Option<&Value>) -> Res<Value> {
    new_ref_of(cx, Type::of::<WeakRef>(), target, callback)
}

/// The target of a weak reference object, while it lives.
pub fn target(cx: &mut Cx, r: &WeakRef) -> Option<Value> {
    weak::upgrade(&cx.thread, &r.cell.0)
}

/// The callback of a weak reference or proxy whose target is gone: called at most once.
pub fn take_callback(cx: &mut Cx, w: &Value) -> Option<Value> {
    if let Some(r) = w.downcast::<WeakRef>() {
        return r.callback.put(&r.head, cx, None);
    }
    proxy::take_callback(cx, w)
}

#[pymethods]
impl WeakRef {
    #[clear]
    fn break_cycle(&self, cx: &mut Cx) {
        drop(self.callback.put(&self.head, cx, None));
    }
    #[new]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        args.check_count(cx, "__new__", 1, 2)?;
        new_ref_of(cx, cls, &args.pos[0], args.pos.get(1))
    }
    #[init]
    fn init(&self, args: Args<'_>, cx: &mut Cx) -> Res<()> {
        args.no_keywords(cx, "ref")?;
        args.check_count(cx, "__init__", 1, 2)
    }
    #[slot]
    #[sig()]
    fn call(&self, cx: &mut Cx) -> Option<Value> {
        target(cx, self)
    }
    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<String> {
        let at = this.bits() & !7;
        let found = match this.downcast::<WeakRef>() {
            Some(r) => target(cx, r),
            None => None,
        };
        let Some(o) = found else {
            return Ok(format!("<weakref at {at:#x}; dead>"));
        };
        let name = protocol::lookup_special(cx, &o, "__name__")?
            .and_then(|n| n.downcast::<Str>().map(|s| s.to_string_lossy()));
        let (t, p) = (o.type_name(), o.bits() & !7);
        Ok(match name {
            Some(n) => format!("<weakref at {at:#x}; to '{t}' at {p:#x} ({n})>"),
            None => format!("<weakref at {at:#x}; to '{t}' at {p:#x}>"),
        })
    }
    #[slot]
    fn hash(&self, cx: &mut Cx) -> Res<i64> {
        let known = self.hash.load(Ordering::Relaxed);
        if known != -1 {
            return Ok(known);
        }
        let Some(o) = target(cx, self) else {
            return Err(cx.type_error("weak object has gone away"));
        };
        let h = protocol::hash(cx, &o)?;
        self.hash.store(h, Ordering::Relaxed);
        Ok(h)
    }
    #[slot]
    fn richcompare(this: &Value, other: &Value, op: CmpOp, cx: &mut Cx) -> Res<Value> {
        if !matches!(op, CmpOp::Eq | CmpOp::Ne) {
            return Ok(Value::not_implemented());
        }
        let (Some(a), Some(b)) = (this.downcast::<WeakRef>(), other.downcast::<WeakRef>()) else {
            return Ok(Value::not_implemented());
        };
        match (target(cx, a), target(cx, b)) {
            (Some(x), Some(y)) => protocol::compare(cx, &x, &y, op),
            _ => Ok(Value::bool(this.is(other) == (op == CmpOp::Eq))),
        }
    }
    #[member]
    #[getter]
    fn __callback__(&self, cx: &mut Cx) -> Option<Value> {
        target(cx, self)?;
        self.callback.get(&self.head)
    }
    /// See PEP 585
    #[classmethod]
    fn __class_getitem__(cls: &Type, item: &Value, cx: &mut Cx) -> Res<Value> {
        crate::objects::genericalias::new(cx, &cls.value(), item)
    }
}
