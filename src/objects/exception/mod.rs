//! Exceptions. All built-in exception classes share one native layout: the fields of `BaseException` and six extra slots
//! whose meaning depends on the class (`OSError`'s errno, `SyntaxError`'s lineno, ...; the table stands in `types.rs`).
//! - `types.rs`: the classes, their attributes and constructors
//! - `group.rs`: exception groups
//! - `traceback.rs`: traceback objects; `render.rs`: how an uncaught exception is printed

pub mod base;
pub mod carets;
pub mod compile_error;
pub mod families;
pub mod group;
pub mod oserror;
pub mod render;
pub mod source;
pub mod suggest;
pub mod traceback;
pub mod types;

use crate::error::{ExcKind, Raised, Res};
use crate::native::pytype;
use crate::objects::typeobj::flag;
use crate::statics::index;
use crate::{Cx, SlotExt, Type, Value, ValueExt};
use std::sync::atomic::{AtomicBool, Ordering};
use typhon_runtime::header::Header;
use typhon_runtime::region::static_type_word;
use typhon_runtime::slot::Slot;

/// An exception instance. All mutable state is in slots (R2), set by any thread.
#[pytype(name = "BaseException", doc = "Common base class for all exceptions", gc, basetype, has_dict, static_index = EXC_FIRST, drop = drop_payload)]
pub struct BaseException {
    pub head: Header,
    pub dict: Slot,
    pub args: Slot,
    pub traceback: Slot,
    pub context: Slot,
    pub cause: Slot,
    pub suppress_context: AtomicBool,
    /// Class-specific attributes.
    pub extra: [Slot; 6],
}

/// Drops what an exception holds: its `drop_payload`. Most of its slots are empty.
///
/// # Safety
/// Called once by the runtime when the count reached zero.
pub unsafe fn drop_payload(h: *mut Header, thread: &typhon_runtime::thread::Thread) {
    // SAFETY: the runtime calls this once, with exclusive access to a dead cell.
    let e = unsafe { &*h.cast::<BaseException>() };
    for slot in [&e.dict, &e.args, &e.traceback, &e.context, &e.cause] {
        if !slot.is_empty() {
            slot.drop_unshared(thread);
        }
    }
    for slot in &e.extra {
        if !slot.is_empty() {
            slot.drop_unshared(thread);
        }
    }
}

impl ExcKind {
    /// Type word of the class.
    pub const fn word(self) -> u32 {
        static_type_word(index::EXC_FIRST + self as u32)
    }
    /// The class.
    pub fn ty(self) -> &'static Type {
        Type::from_word(self.word())
    }
}

/// Whether `v` is an exception instance.
#[inline]
pub fn is_exception(v: &Value) -> bool {
    v.bits() & 3 == 0 && v.ty().has(flag::EXC_SUBCLASS)
}

/// Whether `v` is an exception class.
pub fn is_exception_class(v: &Value) -> bool {
    v.downcast::<Type>()
        .is_some_and(|t| t.has(flag::EXC_SUBCLASS))
}

/// Whether `v` is an instance of the built-in exception class `kind`.
pub fn is_kind(v: &Value, kind: ExcKind) -> bool {
    v.is_instance_of_word(kind.word())
}

/// Allocate an instance of exactly the built-in class `kind` with `args`, without running `__init__`'s extras.
pub fn new_bare(cx: &mut Cx, kind: ExcKind, args: Vec<Value>) -> Res<Value> {
    let args = crate::objects::tuple::new_tuple(cx, args)?;
    alloc_exception(cx, kind.ty(), args)
}

/// Allocate an instance of an exception class with the given args tuple.
pub fn alloc_exception(cx: &mut Cx, cls: &Type, args: Value) -> Res<Value> {
    crate::objects::object::alloc(
        cx,
        cls,
        BaseException {
            head: Header::placeholder(),
            dict: Slot::EMPTY,
            args: Slot::new(Some(args)),
            traceback: Slot::EMPTY,
            context: Slot::EMPTY,
            cause: Slot::EMPTY,
            suppress_context: AtomicBool::new(false),
            extra: [const { Slot::EMPTY }; 6],
        },
    )
}

/// An exception of a built-in class, with class-specific attributes filled from `args`.
pub fn new_exception(cx: &mut Cx, kind: ExcKind, args: Vec<Value>) -> Res<Value> {
    let exc = new_bare(cx, kind, args)?;
    types::fill_extras(cx, &exc)?;
    Ok(exc)
}

/// Raise `kind(msg)`.
pub fn raise_message(cx: &mut Cx, kind: ExcKind, msg: &str) -> Raised {
    let text = match crate::objects::str::new_str(cx, msg) {
        Ok(t) => t,
        Err(r) => return r,
    };
    match new_exception(cx, kind, vec![text]) {
        Ok(exc) => cx.raise_value(exc),
        Err(r) => r,
    }
}

impl BaseException {
    pub fn args(&self) -> Option<Value> {
        self.args.get(&self.head)
    }
    pub fn suppressed(&self) -> bool {
        self.suppress_context.load(Ordering::Relaxed)
    }
}

/// The exception being handled by this thread (`sys.exception()`).
pub fn handled(cx: &Cx) -> Option<Value> {
    cx.handled.iter().rev().find_map(|e| e.clone())
}

/// Set `__context__` of a newly raised exception to the handled one, avoiding cycles.
pub fn chain_context(cx: &mut Cx, exc: &Value) {
    let Some(current) = handled(cx) else { return };
    if current.is(exc) {
        return;
    }
    let Some(new) = exc.downcast::<BaseException>() else {
        return;
    };
    // Break a cycle: if `exc` stands in the chain of contexts of `current`, cut it there. Brent's detection guards
    // against a chain that is already cyclic.
    let mut o = current.clone();
    let (mut slow, mut steps) = (current.clone(), 0u32);
    while let Some(e) = o.downcast::<BaseException>() {
        let Some(ctx) = e.context.get(&e.head) else {
            break;
        };
        if ctx.is(exc) {
            drop(e.context.put(&e.head, cx, None));
            break;
        }
        o = ctx;
        if o.is(&slow) {
            break;
        }
        steps += 1;
        if steps.is_multiple_of(2) {
            let next = slow
                .downcast::<BaseException>()
                .and_then(|s| s.context.get(&s.head));
            match next {
                Some(n) => slow = n,
                None => break,
            }
        }
    }
    drop(new.context.put(&new.head, cx, Some(current)));
}

/// The instance that `raise cls` or `raise instance` means.
pub fn instantiate(cx: &mut Cx, v: &Value) -> Res<Value> {
    if is_exception_class(v) {
        let exc = crate::protocol::call(cx, v, &[])?;
        if !is_exception(&exc) {
            let (n, t) = (crate::protocol::repr_string(cx, v)?, exc.type_name());
            return Err(cx.type_error(format!(
                "calling {n} should have returned an instance of BaseException, not {t}"
            )));
        }
        return Ok(exc);
    }
    if is_exception(v) {
        return Ok(v.clone());
    }
    Err(cx.type_error("exceptions must derive from BaseException"))
}

/// Whether exception `exc` matches `cls` (a class or a tuple of classes) in an `except` clause.
pub fn matches(cx: &mut Cx, exc: &Value, cls: &Value) -> Res<bool> {
    if let Some(t) = cls.downcast::<crate::objects::Tuple>() {
        for c in t.items() {
            check_catchable(cx, c)?;
        }
        for c in t.items() {
            if matches(cx, exc, c)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    check_catchable(cx, cls)?;
    Ok(match cls.downcast::<Type>() {
        Some(t) => exc.ty().is_subtype_of(t),
        None => false,
    })
}

fn check_catchable(cx: &mut Cx, cls: &Value) -> Res<()> {
    if is_exception_class(cls) {
        Ok(())
    } else {
        Err(cx.type_error("catching classes that do not inherit from BaseException is not allowed"))
    }
}
