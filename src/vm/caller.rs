//! The Python frame that a native function was called from: its namespaces, for `globals()`, `locals()`, `exec` and the
//! import system. Native calls push no frame, so it is the running one.

use crate::objects::frame::{self, FrameObj};
use crate::{Cx, Res, Value, ValueExt};

/// The caller's globals; None when no Python code runs.
pub fn globals(cx: &Cx) -> Option<Value> {
    if cx.frame.is_null() {
        return None;
    }
    // SAFETY: the running frame's namespace, which its function keeps alive.
    Some(unsafe { Value::borrow_header((*cx.frame).globals.cast()) })
}

/// The namespace in which the caller looks built-in names up.
pub fn builtins(cx: &Cx) -> Option<Value> {
    if cx.frame.is_null() {
        return crate::init::builtins().cloned();
    }
    // SAFETY: as above.
    let held = unsafe { Value::borrow_header((*cx.frame).builtins().cast()) };
    Some(crate::objects::function::view::shown(&held))
}

/// `co_flags` of the calling code.
pub fn code_flags(cx: &Cx) -> Option<u32> {
    if cx.frame.is_null() {
        return None;
    }
    // SAFETY: the running frame's register code.
    Some(unsafe { (*cx.frame).code().code.flags })
}

/// Whether the frame of a class or module may be in a comprehension, whose variables are all that `locals()` shows: some
/// place of its variables is filled, perhaps with an empty cell.
unsafe fn in_comprehension(f: &frame::Frame) -> bool {
    let kinds = &f.code().code.localspluskinds;
    let hidden = typhon_compiler::code::kinds::HIDDEN;
    // SAFETY: the running frame's registers.
    kinds
        .iter()
        .enumerate()
        .any(|(i, k)| k & hidden != 0 && unsafe { *f.regs.add(i) } != 0)
}

/// `locals()`: the namespace of a module or class body, a fresh snapshot in functions (PEP 667).
pub fn locals(cx: &mut Cx) -> Res<Option<Value>> {
    if cx.frame.is_null() {
        return Ok(None);
    }
    // SAFETY: the running frame; its namespace word is owned by it.
    unsafe {
        let w = (*cx.frame).locals;
        if w != 0
            && (*cx.frame).code().flags & crate::objects::code::co::OPTIMIZED == 0
            && !in_comprehension(&*cx.frame)
        {
            return Ok(Some(crate::call::counted(cx, w)));
        }
    }
    let f = frame::current_frame_object(cx)?;
    match f.downcast::<FrameObj>() {
        Some(f) => f.locals(cx).map(Some),
        None => Ok(None),
    }
}

/// The frame `depth` levels up from the caller; None when the stack is not that deep.
pub fn frame_at(cx: &mut Cx, depth: usize) -> Res<Option<Value>> {
    let mut f = cx.frame;
    for _ in 0..depth {
        if f.is_null() {
            return Ok(None);
        }
        // SAFETY: frames of this thread, linked while they run.
        f = unsafe { (*f).prev };
    }
    if f.is_null() {
        return Ok(None);
    }
    frame::object::frame_object(cx, f).map(Some)
}

/// The code object's file name and the line being run `depth` levels up.
pub fn place_at(cx: &Cx, depth: usize) -> Option<(String, i32)> {
    let mut f = cx.frame;
    for _ in 0..depth {
        if f.is_null() {
            return None;
        }
        // SAFETY: as above.
        f = unsafe { (*f).prev };
    }
    if f.is_null() {
        return None;
    }
    // SAFETY: as above.
    let f = unsafe { &*f };
    Some((
        String::from_utf8_lossy(f.code().code.filename.as_bytes()).into_owned(),
        f.line(),
    ))
}
