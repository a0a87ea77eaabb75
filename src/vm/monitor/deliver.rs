//! Telling tools of events: what an `Event` word does, and what exceptions bring about on their way.

use super::{
    CALLBACKS, DISABLE, Event, GLOBAL, NativeCall, PROFILE, SWITCH, Site, TOOLS, TRACE, code_value,
    legacy, missing, mode_of, switch,
};
use crate::objects::frame::Frame;
use crate::objects::function::Method;
use crate::regcode::{Rop, a_of, b_of, d_of, x_of};
use crate::statics::word;
use crate::translate::instrument::{STAR_CALL, SUPER_CALL};
use crate::{Cx, ExcKind, Res, Value, ValueExt, protocol};
use std::sync::atomic::{AtomicU64, Ordering};

/// An `Event` word of the running frame. It may leave the frame at another word.
#[cold]
#[inline(never)]
pub(crate) fn event(cx: &mut Cx, w: u64) -> Res<()> {
    let f = cx.frame;
    // SAFETY: the running frame; its word came from the translator. The code object is held while callbacks run.
    let (i, regs) = unsafe {
        let Some(i) = &(*(*f).rc).instrumented else {
            return Ok(());
        };
        (&**i, (*f).regs)
    };
    let e = Event::from_u8(x_of(w));
    // SAFETY: the running frame; its saved `pc` is the event's word.
    let Some(site) = i.site(b_of(w), || unsafe { (*f).pc_index() }) else {
        return Ok(());
    };
    let tools = i.tools(e) & !site.disabled();
    if e == Event::CReturn {
        return native_returned(cx, f, site, tools);
    }
    if !tells(cx, tools) {
        // SAFETY: the translation lives, so its code object does.
        if e == Event::Line && tools == 0 && mode_of(unsafe { &*i.code }) == super::PLAIN {
            switch::leave(f, i.plain, site.offset);
        }
        return Ok(());
    }
    let code = code_value(cx, f)?;
    // SAFETY: the operands of the word are registers of the frame; those that events name are filled.
    let value = |cx: &mut Cx, at: usize| unsafe {
        match *regs.add(at) {
            0 => Value::none(),
            bits => crate::call::counted(cx, bits),
        }
    };
    let offset = Value::small_int(site.offset as i32);
    match e {
        Event::PyReturn | Event::PyYield => {
            let v = value(cx, a_of(w));
            fire(cx, f, e, Some(site), tools, &[code, offset, v])?;
        }
        Event::Line => {
            // SAFETY: the running frame.
            let line = Value::small_int(unsafe { (*f).line() });
            fire(cx, f, e, Some(site), tools, &[code, line])?;
        }
        Event::Jump | Event::BranchLeft | Event::BranchRight => {
            let dest = Value::small_int(site.dest as i32);
            fire(cx, f, e, Some(site), tools, &[code, offset, dest])?;
        }
        Event::StopIteration => {
            if matches!(
                value(cx, d_of(w)).class_word(),
                word::GENERATOR | word::COROUTINE
            ) {
                let v = value(cx, a_of(w));
                let args = if v.is_none() { vec![] } else { vec![v] };
                let exc =
                    crate::objects::exception::new_exception(cx, ExcKind::StopIteration, args)?;
                fire(cx, f, e, Some(site), tools, &[code, offset, exc])?;
            }
        }
        Event::Call => call(cx, f, w, site, tools, code)?,
        _ => fire(cx, f, e, Some(site), tools, &[code, offset])?,
    }
    if cx.thread.breaker.load(Ordering::Relaxed) & SWITCH != 0 {
        cx.thread.breaker.fetch_and(!SWITCH, Ordering::AcqRel);
        switch::switch_frames(cx, switch::At::Event);
    }
    Ok(())
}

/// Whether one of these tools is told anything by this thread now.
#[inline]
fn tells(cx: &Cx, tools: u8) -> bool {
    if cx.watch.silent != 0 {
        return false;
    }
    let mut tools = tools;
    if cx.trace.is_none() {
        tools &= !(1 << TRACE);
    }
    if cx.profile.is_none() {
        tools &= !(1 << PROFILE);
    }
    tools != 0
}

/// A call: what is called, and its first argument. The end of what runs no Python frame is told too.
fn call(cx: &mut Cx, f: *mut Frame, w: u64, site: &Site, tools: u8, code: Value) -> Res<()> {
    // SAFETY: the callable's register and those behind it stand as the instruction wants them.
    let at = |cx: &mut Cx, i: usize| unsafe {
        match *(*f).regs.add(a_of(w) + i) {
            0 => None,
            bits => Some(crate::call::counted(cx, bits)),
        }
    };
    let Some(mut callable) = at(cx, 0) else {
        return Ok(());
    };
    let kind = d_of(w) as u16;
    let arg = match kind {
        SUPER_CALL => (site.dest != 0).then(|| at(cx, 1)).flatten(),
        STAR_CALL => at(cx, 2).and_then(|t| {
            let t = t.downcast::<crate::objects::Tuple>()?;
            t.items().first().cloned()
        }),
        _ => match at(cx, 1) {
            // Shown as the function bound to the class.
            Some(class) if callable.class_word() == word::CLASSMETHOD_DESCR => {
                if let Some(get) = callable.ty().slots.descr_get.get() {
                    match get(cx, &callable, None, Some(&class)) {
                        Ok(bound) => callable = bound,
                        Err(r) => drop(cx.take_exc(r)),
                    }
                }
                if site.dest > 0 { at(cx, 2) } else { None }
            }
            Some(this) => Some(this),
            None if callable.class_word() == word::METHOD => {
                let m = callable.clone();
                let m = m.downcast::<Method>().expect("checked");
                callable = m.func.clone();
                Some(m.this.clone())
            }
            None if site.dest > 0 => at(cx, 2),
            None => None,
        },
    };
    let arg = arg.unwrap_or_else(missing);
    let native = kind == SUPER_CALL || callable.class_word() != word::FUNCTION;
    let offset = Value::small_int(site.offset as i32);
    let args = [code, offset, callable.clone(), arg.clone()];
    fire(cx, f, Event::Call, Some(site), tools, &args)?;
    if native {
        cx.watch.calls.push(NativeCall {
            frame: f as usize,
            offset: site.offset,
            callable,
            arg,
        });
    }
    Ok(())
}

/// The watched call of frame `f`, if it is in one at `offset`; what was left by frames that ended is dropped.
fn ended(cx: &mut Cx, f: *mut Frame, offset: u32) -> Option<NativeCall> {
    let last = cx.watch.calls.last()?;
    if last.frame != f as usize {
        return None;
    }
    let call = cx.watch.calls.pop()?;
    (call.offset == offset).then_some(call)
}

fn native_returned(cx: &mut Cx, f: *mut Frame, site: &Site, tools: u8) -> Res<()> {
    let Some(call) = ended(cx, f, site.offset) else {
        return Ok(());
    };
    if !tells(cx, tools) {
        return Ok(());
    }
    let code = code_value(cx, f)?;
    let offset = Value::small_int(site.offset as i32);
    let args = [code, offset, call.callable, call.arg];
    fire(cx, f, Event::CReturn, Some(site), tools, &args)
}

/// Call the tools, those of higher numbers first.
fn fire(
    cx: &mut Cx,
    f: *mut Frame,
    e: Event,
    site: Option<&Site>,
    tools: u8,
    args: &[Value],
) -> Res<()> {
    for tool in (0..=TRACE).rev() {
        if tools >> tool & 1 == 0 {
            continue;
        }
        let saved = (cx.watch.event, cx.watch.frame);
        (cx.watch.event, cx.watch.frame) = (Some(e), f);
        cx.watch.silent += 1;
        let r = match tool {
            TRACE => legacy::trace(cx, f, e, args),
            PROFILE => legacy::profile(cx, f, e, args),
            _ if other_way_disabled(f, tool, e, site) => Ok(()),
            _ => callback(cx, tool, e, site, args),
        };
        cx.watch.silent -= 1;
        (cx.watch.event, cx.watch.frame) = saved;
        r?;
    }
    Ok(())
}

/// Whether a tool with one function for both branches has disabled the other way of this one.
fn other_way_disabled(f: *mut Frame, tool: usize, e: Event, site: Option<&Site>) -> bool {
    let Some(site) = site.filter(|_| matches!(e, Event::BranchLeft | Event::BranchRight)) else {
        return false;
    };
    if super::BOTH_BRANCHES.load(Ordering::Relaxed) >> tool & 1 == 0 {
        return false;
    }
    // SAFETY: the running frame.
    let Some(i) = (unsafe { &(*(*f).rc).instrumented }) else {
        return false;
    };
    i.sites
        .iter()
        .any(|s| s.offset == site.offset && !std::ptr::eq(s, site) && s.disabled() >> tool & 1 != 0)
}

fn callback(cx: &mut Cx, tool: usize, e: Event, site: Option<&Site>, args: &[Value]) -> Res<()> {
    debug_assert!(tool < TOOLS);
    let Some(f) = CALLBACKS.lock()[tool][e as usize].clone() else {
        return Ok(());
    };
    let v = protocol::call(cx, &f, args)?;
    if v.bits() & !7 != DISABLE.load(Ordering::Relaxed) || !v.is_ptr() {
        return Ok(());
    }
    if let Some(site) = site
        && (e as usize) < super::PLACED
    {
        site.disable(tool);
        return Ok(());
    }
    drop(super::set_callback(tool, e, None));
    Err(cx.value_error(format!(
        "Cannot disable {} events. Callback removed.",
        e.name()
    )))
}

/// Tell of an event that no place in code belongs to. The exception goes on, or another that a callback raised.
fn tell(cx: &mut Cx, f: *mut Frame, e: Event, exc: Value) -> Result<Value, Value> {
    let tools = GLOBAL[e as usize].load(Ordering::Relaxed);
    if !tells(cx, tools) {
        return Ok(exc);
    }
    let r = code_value(cx, f).and_then(|code| {
        // SAFETY: a frame of this thread.
        let offset = Value::small_int(unsafe { (*f).lasti() } as i32);
        fire(cx, f, e, None, tools, &[code, offset, exc.clone()])
    });
    match r {
        Ok(()) => Ok(exc),
        Err(r) => Err(cx.take_exc(r)),
    }
}

/// Something was raised in frame `f`, or raised again.
pub(crate) fn raised(cx: &mut Cx, f: *mut Frame, mut exc: Value, again: bool) -> Value {
    // SAFETY: the running frame.
    let offset = unsafe { (*f).lasti() };
    if let Some(call) = ended(cx, f, offset)
        && tells(
            cx,
            GLOBAL[Event::Call as usize].load(Ordering::Relaxed) | local_calls(f),
        )
    {
        let tools = GLOBAL[Event::Call as usize].load(Ordering::Relaxed) | local_calls(f);
        let r = code_value(cx, f).and_then(|code| {
            let args = [
                code,
                Value::small_int(offset as i32),
                call.callable,
                call.arg,
            ];
            fire(cx, f, Event::CRaise, None, tools, &args)
        });
        if let Err(r) = r {
            exc = cx.take_exc(r);
        }
    }
    let e = if again { Event::Reraise } else { Event::Raise };
    tell(cx, f, e, exc).unwrap_or_else(|other| other)
}

/// A StopIteration ended an iteration of the running frame and goes no further.
#[cold]
pub(crate) fn swallowed(cx: &mut Cx, exc: Value) -> Res<()> {
    let f = cx.frame;
    if f.is_null() {
        return Ok(());
    }
    match tell(cx, f, Event::Raise, exc) {
        Ok(_) => Ok(()),
        Err(other) => Err(cx.reraise(other)),
    }
}

/// Whether the running frame is at a `for`: only there the end of an iteration is told of.
pub(crate) fn in_for_loop(cx: &Cx) -> bool {
    let f = cx.frame;
    if f.is_null() {
        return false;
    }
    // SAFETY: the running frame; at a `for`, its pc is at the second word of two.
    unsafe {
        let rc = (*f).code();
        let at = (*f).pc_index();
        at > 0 && Rop::of(rc.words[at - 1].load(Ordering::Relaxed)) == Rop::ForIter
    }
}

/// The tools that want calls of this frame's own code.
fn local_calls(f: *mut Frame) -> u8 {
    // SAFETY: the running frame.
    match unsafe { &(*(*f).rc).instrumented } {
        Some(i) => i.tools(Event::Call),
        None => 0,
    }
}

/// A handler was found.
pub(crate) fn handled(cx: &mut Cx, f: *mut Frame, exc: Value) -> Result<Value, Value> {
    tell(cx, f, Event::ExceptionHandled, exc)
}

/// The frame is left by the exception.
pub(crate) fn unwinding(cx: &mut Cx, f: *mut Frame, exc: Value) -> Value {
    tell(cx, f, Event::PyUnwind, exc).unwrap_or_else(|other| other)
}

/// An exception is thrown into the generator whose frame is on top.
pub(crate) fn thrown(cx: &mut Cx, exc: Value) -> Value {
    if !super::watches_exceptions() {
        return exc;
    }
    let f = cx.frame;
    tell(cx, f, Event::PyThrow, exc).unwrap_or_else(|other| other)
}

/// Whether the way of an exception concerns anybody.
#[inline(always)]
pub(crate) fn watches(cx: &Cx) -> bool {
    super::watches_exceptions() || !cx.watch.calls.is_empty()
}

/// Where a handler begins for an exception of line `line`: its own line is told of only if it is another.
pub(crate) fn handler_word(f: *mut Frame, target: usize, line: i32) -> *const AtomicU64 {
    // SAFETY: the running frame; handlers begin inside its code.
    unsafe {
        let rc = (*f).code();
        let mut at = target;
        if rc.instrumented.is_some() {
            let op = |i: usize| Rop::of(rc.words[i].load(Ordering::Relaxed));
            let w = rc.words[at].load(Ordering::Relaxed);
            if op(at) == Rop::Event
                && x_of(w) == Event::Line as u8
                && rc.lines()[at] == line
                // What is thrown into a generator comes from outside.
                && op((*f).pc_index()) != Rop::Yield
            {
                at += 1;
            }
        }
        rc.words.as_ptr().add(at)
    }
}
