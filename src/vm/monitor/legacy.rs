//! `sys.settrace` and `sys.setprofile`: two more tools, whose functions belong to threads.

use super::{Event, PROFILE, TRACE, set_events, set_local_events};
use crate::objects::BaseException;
use crate::objects::frame::{Frame, FrameObj, object::frame_object};
use crate::objects::str::intern::intern_static;
use crate::statics::word;
use crate::{Cx, Res, SlotExt, Value, ValueExt, protocol};
use std::sync::atomic::Ordering;
use typhon_runtime::sync::Mutex;

/// How many threads trace, and how many profile.
static THREADS: Mutex<[usize; 2]> = Mutex::new([0; 2]);

fn events_of(tool: usize) -> u32 {
    let both = Event::PyStart.bit()
        | Event::PyResume.bit()
        | Event::PyReturn.bit()
        | Event::PyYield.bit()
        | Event::PyUnwind.bit()
        | Event::PyThrow.bit();
    match tool {
        PROFILE => both | Event::Call.bit(),
        _ => {
            both | Event::Raise.bit()
                | Event::Line.bit()
                | Event::Jump.bit()
                | Event::StopIteration.bit()
        }
    }
}

/// One thread more or less.
fn count(tool: usize, had: bool, has: bool) {
    let mut threads = THREADS.lock();
    let n = &mut threads[tool - PROFILE];
    *n = *n - had as usize + has as usize;
    let events = if *n > 0 { events_of(tool) } else { 0 };
    set_events(tool, events);
}

/// This thread's trace function.
pub fn set_trace(cx: &mut Cx, f: Option<Value>) {
    let has = f.is_some();
    let old = std::mem::replace(&mut cx.trace, f);
    if old.is_some() != has {
        count(TRACE, old.is_some(), has);
    }
    if has
        && !cx.frame.is_null()
        && let Some(obj) = seen(cx.frame)
        && let Some(obj) = obj.downcast_exact::<FrameObj>()
        && obj.trace_opcodes.load(Ordering::Relaxed)
    {
        show_opcodes(obj, true);
    }
    drop(old);
}

/// This thread's profile function.
pub fn set_profile(cx: &mut Cx, f: Option<Value>) {
    let has = f.is_some();
    let old = std::mem::replace(&mut cx.profile, f);
    if old.is_some() != has {
        count(PROFILE, old.is_some(), has);
    }
    drop(old);
}

/// The same for all threads, this one included.
pub fn set_everywhere(cx: &mut Cx, tool: usize, f: Option<Value>) {
    let displaced = cx.thread.stop_the_world(|_| {
        let mut displaced = Vec::new();
        typhon_runtime::thread::for_each_registered(|t| {
            // SAFETY: every registered record is the first field of a `Cx`, and the world stands still.
            let other = unsafe { &mut *t.cast::<Cx>().cast_mut() };
            let place = match tool {
                TRACE => &mut other.trace,
                _ => &mut other.profile,
            };
            displaced.push(std::mem::replace(place, f.clone()));
        });
        displaced
    });
    for old in &displaced {
        if old.is_some() != f.is_some() {
            count(tool, old.is_some(), f.is_some());
        }
    }
    drop(displaced);
}

/// The frame's object, if it has one.
fn seen(f: *mut Frame) -> Option<Value> {
    // SAFETY: a frame of this thread.
    unsafe {
        match (*f).frame_obj {
            0 => None,
            w => Some((*std::mem::ManuallyDrop::new(Value::from_bits(w))).clone()),
        }
    }
}

/// `f_trace_opcodes` was set: the frame's code tells of each instruction, or no more.
pub fn show_opcodes(f: &FrameObj, on: bool) {
    let events = if on { Event::Instruction.bit() } else { 0 };
    set_local_events(f.code(), TRACE, events);
}

/// Call the trace function as `what`.
pub(super) fn trace(cx: &mut Cx, f: *mut Frame, e: Event, args: &[Value]) -> Res<()> {
    match e {
        Event::PyStart | Event::PyResume | Event::PyThrow => {
            let Some(hook) = cx.trace.clone() else {
                return Ok(());
            };
            let obj = frame_object(cx, f)?;
            call(cx, &obj, &hook, "call", Value::none())
        }
        Event::Raise | Event::StopIteration => {
            let exc = &args[2];
            let tb = exc
                .downcast::<BaseException>()
                .and_then(|e| e.traceback.get(&e.head))
                .unwrap_or_else(Value::none);
            if seen(f).is_none() || cx.trace.is_none() {
                return Ok(());
            }
            let arg =
                crate::objects::tuple::new_tuple(cx, vec![exc.ty().value(), exc.clone(), tb])?;
            local(cx, f, "exception", arg)
        }
        Event::PyReturn | Event::PyYield => local(cx, f, "return", args[2].clone()),
        Event::PyUnwind => local(cx, f, "return", Value::none()),
        Event::Line => local(cx, f, "line", Value::none()),
        Event::Instruction => local(cx, f, "opcode", Value::none()),
        Event::Jump => {
            // Back to the same line: nothing else tells of that.
            let (Some(from), Some(to)) = (args[1].as_small_int(), args[2].as_small_int()) else {
                return Ok(());
            };
            // SAFETY: the running frame.
            let code = unsafe { (*f).code().code.clone() };
            let line = code.line_for(from as u32);
            if to < from && line.is_some() && line == code.line_for(to as u32) {
                return local(cx, f, "line", Value::none());
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Call the frame's own trace function, if it has one.
fn local(cx: &mut Cx, f: *mut Frame, what: &'static str, arg: Value) -> Res<()> {
    if cx.trace.is_none() {
        return Ok(());
    }
    let Some(obj) = seen(f) else {
        return Ok(());
    };
    let Some(frame) = obj.downcast_exact::<FrameObj>() else {
        return Ok(());
    };
    let wanted = match what {
        "line" => frame.trace_lines.load(Ordering::Relaxed),
        "opcode" => frame.trace_opcodes.load(Ordering::Relaxed),
        _ => true,
    };
    match frame.trace.get(&frame.head) {
        Some(hook) if wanted => call(cx, &obj, &hook, what, arg),
        _ => Ok(()),
    }
}

/// Call a trace function; what it gives back traces the frame from now on. One that raises traces no more.
fn call(cx: &mut Cx, obj: &Value, hook: &Value, what: &'static str, arg: Value) -> Res<()> {
    let name = intern_static(cx, what)?.clone();
    let r = protocol::call(cx, hook, &[obj.clone(), name, arg]);
    let Some(frame) = obj.downcast_exact::<FrameObj>() else {
        return Ok(());
    };
    match r {
        Ok(v) => {
            if !v.is_none() {
                drop(frame.trace.put(&frame.head, cx, Some(v)));
            }
            if frame.trace_opcodes.load(Ordering::Relaxed) {
                show_opcodes(frame, true);
            }
            Ok(())
        }
        Err(raised) => {
            let exc = cx.take_exc(raised);
            set_trace(cx, None);
            drop(frame.trace.put(&frame.head, cx, None));
            Err(cx.reraise(exc))
        }
    }
}

/// Call the profile function.
pub(super) fn profile(cx: &mut Cx, f: *mut Frame, e: Event, args: &[Value]) -> Res<()> {
    let Some(hook) = cx.profile.clone() else {
        return Ok(());
    };
    let (what, arg) = match e {
        Event::PyStart | Event::PyResume | Event::PyThrow => ("call", Value::none()),
        Event::PyReturn | Event::PyYield => ("return", args[2].clone()),
        Event::PyUnwind => ("return", Value::none()),
        Event::Call | Event::CReturn | Event::CRaise => {
            let callable = match args[2].class_word() {
                word::BUILTIN => args[2].clone(),
                word::METHOD_DESCR => {
                    // Shown as the method of its first argument.
                    let (d, this) = (&args[2], &args[3]);
                    let Some(get) = d.ty().slots.descr_get.get() else {
                        return Ok(());
                    };
                    let t = this.ty().value();
                    match get(cx, d, Some(this), Some(&t)) {
                        Ok(m) => m,
                        Err(r) => {
                            drop(cx.take_exc(r));
                            return Ok(());
                        }
                    }
                }
                _ => return Ok(()),
            };
            let what = match e {
                Event::Call => "c_call",
                Event::CReturn => "c_return",
                _ => "c_exception",
            };
            (what, callable)
        }
        _ => return Ok(()),
    };
    let name = intern_static(cx, what)?.clone();
    let obj = frame_object(cx, f)?;
    match protocol::call(cx, &hook, &[obj, name, arg]) {
        Ok(_) => Ok(()),
        Err(raised) => {
            let exc = cx.take_exc(raised);
            set_profile(cx, None);
            Err(cx.reraise(exc))
        }
    }
}
