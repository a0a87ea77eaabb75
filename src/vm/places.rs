//! For the runtime's account of traffic between threads: which type an object has, and where the thread is in the program.

use crate::objects::frame::Frame;
use crate::objects::{Str, Type};
use crate::{Cx, ValueExt};
use typhon_runtime::Thread;
use typhon_runtime::header::Header;
use typhon_runtime::traffic::Place;

/// Lines shown of a place, innermost first: a wait in `queue.py` means little without its caller.
const LINES: usize = 3;

/// By the thread itself, at any point where its frame is in order.
pub fn describe(t: &Thread, head: Option<&Header>) -> Place {
    // SAFETY: every attached record is the first field of a `Cx`, and it is the running thread's own.
    let cx = unsafe { &*(t as *const Thread).cast::<Cx>() };
    let mut lines = Vec::new();
    let mut frame: *const Frame = cx.frame;
    while !frame.is_null() && lines.len() < LINES {
        // SAFETY: records on the running thread's own stack, in the order in which they were entered.
        let record = unsafe { &*frame };
        if !record.rc.is_null() {
            let code = &record.code().code;
            let file = String::from_utf8_lossy(code.filename.as_bytes());
            lines.push(format!("{file}:{}", record.line()));
        }
        frame = record.prev;
    }
    Place {
        object: head.map_or_else(String::new, type_name),
        lines: lines.join(" < "),
    }
}

/// The name of the object's class, without waiting for a lock: a name that somebody changes just now stays unknown.
fn type_name(head: &Header) -> String {
    let class = Type::from_word(head.type_word());
    let name = class.name.try_get(|| true).ok().flatten();
    let name = name.as_ref().and_then(|name| name.downcast::<Str>());
    name.map_or_else(|| "?".into(), Str::to_string_lossy)
}
