//! Calling native functions: the receiver put in front of the arguments without counting, and the shim that turns a panic
//! into `SystemError`.

use super::{Builtin, MethodDescr};
use crate::native::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

const SMALL: usize = 12;

/// Run `f` with `this` in front of the positional arguments.
#[inline]
pub fn with_receiver<R>(
    cx: &mut Cx,
    this: &Value,
    args: Args<'_>,
    f: impl FnOnce(&mut Cx, Args<'_>) -> R,
) -> R {
    let (p, k) = (args.pos.len(), args.kwvalues.len());
    let n = 1 + p + k;
    let words = std::iter::once(this).chain(args.pos).chain(args.kwvalues);
    // SAFETY: R11: the copies carry no count; they die before `this` and `args`, which keep the objects alive meanwhile.
    let words = words.map(|v| unsafe { v.register_copy() });
    if n <= SMALL {
        let mut store: [Option<Value>; SMALL] = [const { None }; SMALL];
        for (place, v) in store.iter_mut().zip(words) {
            *place = Some(v);
        }
        // SAFETY: the first `n` words are Some, and Option<Value> is Value's word with 0 for None.
        let all = unsafe { std::slice::from_raw_parts(store.as_ptr().cast::<Value>(), n) };
        f(
            cx,
            Args {
                pos: &all[..=p],
                kwvalues: &all[1 + p..],
                kwnames: args.kwnames,
            },
        )
    } else {
        let all: Vec<Value> = words.collect();
        f(
            cx,
            Args {
                pos: &all[..=p],
                kwvalues: &all[1 + p..],
                kwnames: args.kwnames,
            },
        )
    }
}

/// Call a native function; a panic inside becomes `SystemError`.
#[inline]
pub fn call_native(cx: &mut Cx, def: &'static MethodDef, args: Args<'_>) -> Res<Value> {
    let (limit, frame, shown) = (cx.stack.limit, cx.frame, cx.repr_stack.len());
    match catch_unwind(AssertUnwindSafe(|| (def.call)(cx, args))) {
        Ok(r) => r,
        Err(payload) => {
            cx.stack.limit = limit;
            cx.frame = frame;
            cx.repr_stack.truncate(shown);
            Err(panicked(cx, def, payload))
        }
    }
}

#[cold]
fn panicked(cx: &mut Cx, def: &MethodDef, payload: Box<dyn std::any::Any + Send>) -> Raised {
    let why = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("unknown reason");
    let name = def.name;
    cx.exc = None;
    cx.system_error(format!("internal error in {name}(): {why}"))
}

impl Builtin {
    /// Call with the arguments of a Python call.
    #[inline]
    pub fn invoke(&self, cx: &mut Cx, args: Args<'_>) -> Res<Value> {
        match &self.this {
            Some(this) => with_receiver(cx, this, args, |cx, args| call_native(cx, self.def, args)),
            None => call_native(cx, self.def, args),
        }
    }
}

impl MethodDescr {
    /// Call with the receiver first.
    #[inline]
    pub fn invoke(&self, cx: &mut Cx, args: Args<'_>) -> Res<Value> {
        call_native(cx, self.def, args)
    }
}

/// The same for the loop.
#[inline(never)]
pub fn call_bound(cx: &mut Cx, f: &Builtin, args: Args<'_>) -> Res<Value> {
    f.invoke(cx, args)
}
