//! The way of an exception through the frames of one run of the loop: to a handler, or out.

use crate::call::end_generator;
use crate::monitor::deliver;
use crate::objects::frame::FrameKind;
use crate::objects::generator::Generator;
use crate::{Cx, Raised};
use std::sync::atomic::AtomicU64;

/// What unwinding found.
pub(crate) enum Unwound {
    /// A handler: continue at this word.
    Handler(*const AtomicU64),
    /// The entry frame is gone.
    Exit(Raised),
}

/// Find the handler of the pending exception, popping frames on the way.
#[cold]
#[inline(never)]
pub(crate) fn unwind(cx: &mut Cx, mut raised: Raised) -> Unwound {
    // The exception comes from a callback that was told of another.
    let mut told = false;
    loop {
        let f = cx.frame;
        let exc = cx.take_exc(raised);
        // SAFETY: the running frame of this thread.
        let (offset, line) = unsafe { ((*f).lasti(), (*f).line()) };
        let reraised_at = cx.reraised_at.take();
        let again = std::mem::take(&mut cx.no_traceback);
        if !again
            && let Err(r) = crate::objects::frame::object::frame_object(cx, f).and_then(|obj| {
                crate::objects::exception::traceback::add_entry(cx, &exc, obj, offset, line)
            })
        {
            // Out of memory while recording: the exception goes on without this entry.
            drop(cx.take_exc(r));
        }
        let mut exc = exc;
        let watched = deliver::watches(cx);
        if watched && !std::mem::take(&mut told) {
            exc = deliver::raised(cx, f, exc, again);
        }
        // SAFETY: as above; the handler's depth was checked by the translator.
        unsafe {
            if let Some(h) = (*f).code().handler_for(offset) {
                cx.clear_temps(f, h.depth as usize);
                let mut at = (*f).code().nlocals + h.depth as usize;
                if h.lasti {
                    let from = reraised_at.unwrap_or(offset);
                    *(*f).regs.add(at) = ((from as u64) << 2) | 1;
                    at += 1;
                }
                let target = deliver::handler_word(f, h.target as usize, line);
                if watched {
                    // The frame is at the handler now: what a callback raises is sought a handler from there.
                    (*f).pc = target;
                    *(*f).regs.add(at) = exc.clone().into_bits();
                    if let Err(other) = deliver::handled(cx, f, exc) {
                        raised = cx.reraise(other);
                        told = true;
                        continue;
                    }
                } else {
                    *(*f).regs.add(at) = exc.into_bits();
                }
                return Unwound::Handler(target);
            }
            if let Some(at) = reraised_at {
                (*f).go_to(at);
            }
            if watched {
                exc = deliver::unwinding(cx, f, exc);
            }
            cx.clear_temps(f, 0);
            let kind = (*f).kind;
            raised = cx.reraise(exc);
            match kind {
                FrameKind::Inline | FrameKind::InlineSeen | FrameKind::Getter | FrameKind::Init => {
                    cx.pop_frame()
                }
                FrameKind::Entry => {
                    cx.pop_frame();
                    return Unwound::Exit(raised);
                }
                FrameKind::GenInline | FrameKind::GenEntry | FrameKind::GenSink => {
                    let gv = crate::call::counted(cx, (*f).generator);
                    let g = &*((gv.bits() & !7) as *const Generator);
                    end_generator(cx, g, usize::MAX);
                    drop(gv);
                    if kind != FrameKind::GenInline {
                        return Unwound::Exit(raised);
                    }
                    // A generator driven by `for`: StopIteration cannot come out of it (PEP 479).
                }
            }
        }
    }
}
