//! Feeding the items of an iterable to native code. A generator that `list`, `sum`, `any` and their like use up need not leave the
//! loop for each item: while it is *fed*, its `Yield` hands the value to a sink and goes on. What the sink cannot take without
//! running Python code it refuses: then the generator is suspended as ever and the value comes back to the native code.
//!
//! ```text
//! feed: frame runs as GenSink ── Yield ── sink takes it ──> next word
//!                                     └── sink refuses ──> suspended, Step::Yield to `feed`
//! ```
//! Nobody can tell the difference: between two items that a sink takes, no Python code runs that is not the generator's.

use crate::call::{Resume, Step, resume_as};
use crate::objects::frame::{Frame, FrameKind};
use crate::statics::word;
use crate::{Cx, Res, Value, ValueExt, chain, protocol};
use std::sync::atomic::Ordering;

/// Takes an item, or gives it back. Runs no Python code and reaches no safepoint.
pub type Sink<'a> = dyn FnMut(Value) -> Result<(), Value> + 'a;

/// The sink of the innermost feeding of a thread.
pub(crate) type ActiveSink = Option<*mut Sink<'static>>;

/// Give the items of iterator `it` to the sink, until it refuses one, which is returned, or none is left.
pub fn feed(cx: &mut Cx, it: &Value, sink: &mut Sink<'_>) -> Res<Option<Value>> {
    if it.class_word() == word::GENERATOR {
        // SAFETY: only the lifetime changes; the pointer is taken back before this returns.
        let active = unsafe { std::mem::transmute::<*mut Sink<'_>, *mut Sink<'static>>(sink) };
        loop {
            let before = cx.sink.replace(active);
            let step = resume_as(cx, it, Resume::Next, FrameKind::GenSink);
            cx.sink = before;
            let Step::Yield(v) = step? else {
                return Ok(None);
            };
            // It was not offered while somebody watches the program.
            // SAFETY: as above; nothing else uses the sink now.
            if let Err(v) = unsafe { (*active)(v) } {
                return Ok(Some(v));
            }
        }
    }
    if let word::BYTES_ITER | word::BYTEARRAY_ITER = it.class_word()
        && let Some(refused) = crate::objects::bytes::iter::feed_bytes(cx, it, sink)
    {
        return Ok(refused);
    }
    while let Some(v) = protocol::next(cx, it)? {
        if let Err(v) = sink(v) {
            return Ok(Some(v));
        }
    }
    Ok(None)
}

/// A `Yield` of frame `f`: the sink has the value, or here it is.
///
/// # Safety
/// `f` is the running frame of a generator.
#[inline]
pub(crate) unsafe fn offer(cx: &mut Cx, f: *mut Frame, v: Value) -> Result<(), Value> {
    match cx.sink {
        // SAFETY: by contract; the sink lives while it stands in `cx`. The innermost feeding is this generator's: what it runs
        // natively has returned.
        Some(sink) if unsafe { is_fed(f) } && !crate::monitor::active() => unsafe { (*sink)(v) },
        _ => Err(v),
    }
}

/// Whether what the generator of frame `f` yields goes to the sink: directly, or through those that delegate to it.
unsafe fn is_fed(mut f: *mut Frame) -> bool {
    // SAFETY: the chain of this thread's frames; a delegating frame stands at the second word of its `Send`.
    unsafe {
        loop {
            match (*f).kind {
                FrameKind::GenSink => return true,
                FrameKind::GenInline => {}
                _ => return false,
            }
            f = (*f).prev;
            if (*f).flags & chain::SETTLED != 0 {
                f = (*chain::generator(f).root.load(Ordering::Relaxed))
                    .frame
                    .get();
            } else if chain::passes(f).is_none() {
                return false;
            }
        }
    }
}
