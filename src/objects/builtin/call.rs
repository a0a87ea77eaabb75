//! Calling native functions: the receiver put in front of the arguments without counting, and the shim that turns a panic
//! into `SystemError`.

use super::{Builtin, MethodDescr};
use crate::native::*;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Longest row put together on the stack.
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
    let mut store = [const { MaybeUninit::<Value>::uninit() }; SMALL];
    let mut long = Vec::new();
    let row: *mut Value = if n <= SMALL {
        store.as_mut_ptr().cast()
    } else {
        long.reserve_exact(n);
        long.as_mut_ptr()
    };
    // SAFETY: R11: the words are those of the references given, which outlive the row; the copies are never dropped (the vector
    // stays empty). The row has room for them.
    let all = unsafe {
        std::ptr::copy_nonoverlapping(this, row, 1);
        std::ptr::copy_nonoverlapping(args.pos.as_ptr(), row.add(1), p);
        std::ptr::copy_nonoverlapping(args.kwvalues.as_ptr(), row.add(1 + p), k);
        std::slice::from_raw_parts(row, n)
    };
    f(
        cx,
        Args {
            pos: &all[..=p],
            kwvalues: &all[1 + p..],
            kwnames: args.kwnames,
        },
    )
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

/// The same for the loop, which catches panics itself.
#[inline(never)]
pub fn call_bound(cx: &mut Cx, f: &Builtin, args: Args<'_>) -> Res<Value> {
    match &f.this {
        Some(this) => {
            if args.kwvalues.is_empty() {
                match args.pos {
                    [] => return call_row(cx, f.def, [this]),
                    [a] => return call_row(cx, f.def, [this, a]),
                    [a, b] => return call_row(cx, f.def, [this, a, b]),
                    _ => {}
                }
            }
            with_receiver(cx, this, args, f.def.call)
        }
        None => (f.def.call)(cx, args),
    }
}

/// Call with the words of these values in a row, as they stand.
#[inline(always)]
fn call_row<const N: usize>(cx: &mut Cx, def: &'static MethodDef, row: [&Value; N]) -> Res<Value> {
    // SAFETY: R11: as in `with_receiver`: copies of words whose references outlive the row, never dropped.
    let row = row.map(|v| MaybeUninit::new(unsafe { std::ptr::read(v) }));
    // SAFETY: `Value`s without drop; a quick result is the caller's.
    unsafe {
        let at = row.as_ptr().cast::<Value>();
        if let Some(quick) = def.quick {
            let bits = quick(cx, at, N);
            if bits != 0 {
                return Ok(Value::from_bits(bits));
            }
        }
        (def.call)(cx, Args::positional(std::slice::from_raw_parts(at, N)))
    }
}
