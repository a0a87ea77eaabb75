//! Functions made by `def`, `lambda` and the like, most of all those that live for one call: generator expressions.

use super::put;
use crate::objects::Str;
use crate::objects::function::methods::function_of;
use crate::regcode::*;
use crate::{Cx, Res, Value, ValueExt};
use std::sync::atomic::Ordering;

/// The kind of cache that keeps nothing of other modules.
const ENTRY: u64 = 15;

/// `d` = function of the code constant `a` in the running frame's module; x: `d` holds the tuple of its closure. The cache `b`
/// knows where the globals have `__name__`.
///
/// # Safety
/// See [`super::arith`].
pub(super) unsafe fn make_function(cx: &mut Cx, r: *mut u64, w: u64) -> Res<()> {
    // SAFETY: by contract; the running frame's namespaces start with their headers, and live as long as it runs.
    unsafe {
        let frame = cx.frame;
        let rc = (*frame).rc;
        let code = &*(*rc).const_at(a_of(w));
        let module = module_name(cx, &*(*rc).cache_at(b_of(w)))?;
        let globals = Value::borrow_header((*frame).globals.cast());
        let builtins = Value::borrow_header((*frame).builtins().cast());
        let closure = match x_of(w) & 1 {
            0 => None,
            _ => Some(Value::from_bits(std::mem::take(&mut *r.add(d_of(w)))).into_counted()),
        };
        let f = function_of(cx, code, &globals, builtins, closure, module)?;
        put(cx, r, w, f.into_bits());
    }
    Ok(())
}

/// `__name__` of the running frame's globals.
unsafe fn module_name(cx: &mut Cx, cache: &Cache) -> Res<Option<Value>> {
    // SAFETY: the caller's: the running frame.
    let globals = unsafe { &*(*cx.frame).globals };
    let (w, n) = (
        cache.word.load(Ordering::Acquire),
        cache.also.load(Ordering::Acquire) as u32,
    );
    // SAFETY: R9, R11: globals that functions are made of are shared; the entry was there under this version.
    if w != Cache::EMPTY
        && cache.word.load(Ordering::Relaxed) == w
        && let Some(bits) = unsafe { globals.value_for_register(cx.thread.tid, w >> 16, n) }
    {
        // SAFETY: a register word of ours.
        return Ok(Some(unsafe { Value::from_bits(bits) }.into_counted()));
    }
    let name = crate::objects::str::intern::intern_static(cx, "__name__")?;
    let Some(name) = name.downcast_exact::<Str>() else {
        return Ok(None);
    };
    globals.share(cx);
    let found = globals.get_str(cx, name);
    if found.is_some() && globals.is_exact() {
        let version = globals.assign_keys_version(cx);
        if version != 0
            && let Some(n) = globals.index_of_str(cx, name)
            && globals.keys_version() == version
        {
            cache.fill_also(version << 16 | ENTRY, 0, n as u64);
        }
    }
    Ok(found)
}
