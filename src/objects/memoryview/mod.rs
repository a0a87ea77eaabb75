//! `memoryview`: a `Buffer` as an object, until it is released. `item.rs`: single items and formats; `methods.rs`: the type;
//! `cast.rs`: other formats and shapes; `iter.rs`.
//!
//! The buffer stands behind the object's lock, so that a release and a use in another thread cannot meet half-way: uses
//! clone it (which counts as an export of the underlying object) or touch single items under the lock.

pub mod cast;
pub mod item;
pub mod iter;
pub mod methods;

use crate::native::*;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};

/// Create a new memoryview object which references the given object.
#[pytype(name = "memoryview", gc, sequence, weakrefable, static_index = MEMORYVIEW)]
pub struct MemoryView {
    pub head: Header,
    /// None when released.
    view: Guarded<Option<Buffer>>,
    /// Buffers handed on to others; a release waits for none of them.
    #[skip]
    exports: AtomicUsize,
    /// Cached hash; -1 = not computed.
    #[skip]
    hash: AtomicI64,
    /// Shown to `__release_buffer__` only: no further view of it may be made.
    #[skip]
    restricted: AtomicBool,
}

/// Make a memoryview of a buffer.
pub fn of_buffer(cx: &mut Cx, b: Buffer) -> Res<Value> {
    let payload = MemoryView {
        head: Header::placeholder(),
        view: Guarded::new(Some(b)),
        exports: AtomicUsize::new(0),
        hash: AtomicI64::new(-1),
        restricted: AtomicBool::new(false),
    };
    crate::objects::object::alloc(cx, Type::of::<MemoryView>(), payload)
}

/// `memoryview(object)`.
pub fn from_object(cx: &mut Cx, object: &Value) -> Res<Value> {
    if let Some(m) = object.downcast::<MemoryView>() {
        let b = m.view_to_keep(cx)?;
        return of_buffer(cx, b);
    }
    match crate::objects::buffer::get_opt(cx, object, false)? {
        Some(b) => of_buffer(cx, b),
        None => {
            let n = object.type_name();
            Err(cx.type_error(format!(
                "memoryview: a bytes-like object is required, not '{n}'"
            )))
        }
    }
}

/// `object.__release_buffer__(view)` of a native type.
pub fn release_of(cx: &mut Cx, object: &Value, view: &Value) -> Res<()> {
    let Some(m) = view.downcast::<MemoryView>() else {
        return Err(cx.type_error("expected a memoryview object"));
    };
    match m.view_opt(cx) {
        None => Err(cx.value_error("memoryview's buffer has already been released")),
        Some(b) if !b.owner().is(object) => {
            Err(cx.value_error("memoryview's buffer is not this object"))
        }
        Some(b) => {
            drop(b);
            m.release(cx)
        }
    }
}

#[cold]
pub fn released(cx: &mut Cx) -> Raised {
    cx.value_error("operation forbidden on released memoryview object")
}

impl MemoryView {
    /// A counted copy of the view; `ValueError` when released.
    pub fn view_of(&self, cx: &mut Cx) -> Res<Buffer> {
        match self.view_opt(cx) {
            Some(b) => Ok(b),
            None => Err(released(cx)),
        }
    }
    pub fn view_opt(&self, cx: &mut Cx) -> Option<Buffer> {
        self.view.lock(&self.head, &mut cx.thread).clone()
    }
    /// A counted copy of the view for another object.
    fn view_to_keep(&self, cx: &mut Cx) -> Res<Buffer> {
        self.may_keep(cx)?;
        self.view_of(cx)
    }
    fn may_keep(&self, cx: &mut Cx) -> Res<()> {
        if self.restricted.load(Ordering::Relaxed) {
            return Err(cx.value_error("cannot create new view on restricted memoryview"));
        }
        Ok(())
    }
    /// From now on nothing else may view this memory through here.
    pub fn restrict(&self) {
        self.restricted.store(true, Ordering::Relaxed);
    }
    /// Look at the view under the lock: `f` runs no Python (R1).
    fn with<R>(&self, cx: &mut Cx, f: impl FnOnce(&Buffer) -> R) -> Res<R> {
        let guard = self.view.lock(&self.head, &mut cx.thread);
        let r = guard.as_ref().map(f);
        drop(guard);
        r.ok_or_else(|| released(cx))
    }
    /// `release()`.
    pub fn release(&self, cx: &mut Cx) -> Res<()> {
        let mut guard = self.view.lock(&self.head, &mut cx.thread);
        let n = self.exports.load(Ordering::Acquire);
        // Dropped after the lock (R1).
        let gone = if n == 0 { guard.take() } else { None };
        drop(guard);
        if gone.is_some() {
            drop(gone);
            // A class whose `__release_buffer__` wants to know is told now.
            crate::call::run_pending(cx);
        }
        if n > 0 {
            let s = if n == 1 { "" } else { "s" };
            return Err(cx.buffer_error(format!("memoryview has {n} exported buffer{s}")));
        }
        Ok(())
    }
    /// The view handed on: it keeps this memoryview from being released.
    pub fn export(this: &Value, writable: bool, cx: &mut Cx) -> Res<Buffer> {
        let Some(m) = this.downcast::<MemoryView>() else {
            return Err(cx.system_error("not a memoryview"));
        };
        m.may_keep(cx)?;
        let guard = m.view.lock(&m.head, &mut cx.thread);
        let b = match guard.as_ref() {
            None => None,
            Some(b) if writable && b.readonly() => Some(None),
            Some(b) => {
                m.exports.fetch_add(1, Ordering::Relaxed);
                // SAFETY: the counter lies inside `this` and was just raised; while it is not zero the view stays.
                Some(Some(unsafe {
                    b.forwarded(this.clone(), &raw const m.exports)
                }))
            }
        };
        drop(guard);
        match b {
            Some(Some(b)) => Ok(b),
            Some(None) => Err(cx.buffer_error("memoryview: underlying buffer is not writable")),
            None => Err(released(cx)),
        }
    }
}
