//! Entering the loop: a panic in native code ends here as SystemError in the frame that was running.

use crate::call::Step;
use crate::interp::execute;
use crate::{Cx, Raised, Res};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Run the top frame (an entry frame) to its end or next yield.
pub fn run(cx: &mut Cx) -> Res<Step> {
    run_guarded(cx, None)
}

/// Run the top frame with an exception raised at its current instruction.
pub fn run_raised(cx: &mut Cx, raised: Raised) -> Res<Step> {
    run_guarded(cx, Some(raised))
}

fn run_guarded(cx: &mut Cx, mut raised: Option<Raised>) -> Res<Step> {
    let entry = cx.frame;
    let depth = cx.depth();
    let handled = cx.handled.len();
    loop {
        let r = raised.take();
        match catch_unwind(AssertUnwindSafe(|| match cx.stats {
            None => execute::<false>(cx, r),
            Some(_) => execute::<true>(cx, r),
        })) {
            Ok(result) => {
                crate::monitor::switch::left(cx);
                return result;
            }
            Err(payload) => {
                // The frames above the entry frame are intact records: unwind them as an exception would.
                debug_assert!(
                    cx.depth() >= depth && cx.handled.len() >= handled && !entry.is_null()
                );
                let text = payload
                    .downcast_ref::<&str>()
                    .map(|s| s.to_string())
                    .or_else(|| payload.downcast_ref::<String>().cloned())
                    .unwrap_or_else(|| "unknown panic".into());
                drop(cx.exc.take());
                raised = Some(if payload.is::<typhon_text::memory::OutOfMemory>() {
                    cx.memory_error()
                } else {
                    cx.system_error(format!("internal error: {text}"))
                });
            }
        }
    }
}
