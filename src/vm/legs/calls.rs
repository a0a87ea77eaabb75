//! The legs of calls, returns and generators.

use super::*;
use crate::objects::generator::{CREATED, SUSPENDED};

/// A Python function whose frame cannot simply stand on its arguments.
///
/// # Safety
/// `base` is the callable's register: a function; the self slot and `argc` arguments follow.
#[inline(never)]
pub unsafe fn enter(cx: &mut Cx, base: *mut u64, argc: usize) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        let has_self = (*base.add(1) != 0) as usize;
        enter_function(cx, base, 2 - has_self, argc + has_self, None)
    }
}

/// Any call in a generator: its registers are its own, so a callee's begin at the top of the thread's stack, and the
/// arguments move there.
///
/// # Safety
/// As for [`call_other`].
#[inline(never)]
pub unsafe fn call_far(cx: &mut Cx, r: *mut u64, w: u64) -> Res<Called> {
    // SAFETY: by contract.
    unsafe {
        let (base, argc) = (r.add(a_of(w)), b_of(w));
        let callee = *base;
        if callee & 3 != 0 || callee == 0 {
            return Err(bad_callee(cx, base));
        }
        let has_self = (*base.add(1) != 0) as usize;
        let (args, n) = (base.add(2 - has_self), argc + has_self);
        match (*(base as *const Value)).class_word() {
            word::FUNCTION => {
                let f = &*((callee & !7) as *const Function);
                let rc = f.code().reg();
                let regs = (*cx.frame).stack_top();
                if !rc.is_null() && n == (*rc).inline_argc && cx.has_room(regs) {
                    for i in 0..n {
                        *regs.add(i) = std::mem::take(&mut *args.add(i));
                    }
                    for i in n..(*rc).nlocals {
                        *regs.add(i) = 0;
                    }
                    let frame = cx.push_inline(callee | 4, f, &*rc, regs);
                    (*frame).pc = (*rc).start();
                } else {
                    enter(cx, base, argc)?;
                }
                Ok(Called::Entered)
            }
            t @ (word::METHOD_DESCR | word::BUILTIN) => {
                let v = call_native(cx, callee, t, args as *const Value, n)?;
                finish_call(cx, r, w, v)
            }
            _ => call_other(cx, r, w),
        }
    }
}

/// How a call out of line went.
pub enum Called {
    /// A frame was pushed.
    Entered,
    /// The result is stored.
    Done,
}

/// A call of anything but a Python function or a native function.
///
/// # Safety
/// As for [`enter`]; `w` is the call's word.
#[inline(never)]
pub unsafe fn call_other(cx: &mut Cx, r: *mut u64, w: u64) -> Res<Called> {
    // SAFETY: by contract.
    unsafe {
        let (base, argc) = (r.add(a_of(w)), b_of(w));
        let callee = *base;
        if callee & 3 != 0 || callee == 0 {
            return Err(bad_callee(cx, base));
        }
        match (*(base as *const Value)).class_word() {
            word::METHOD if *base.add(1) == 0 => {
                let m = &*((callee & !7) as *const Method);
                let this = m.this.bits();
                *base.add(1) = if this & 3 == 0 { this | 4 } else { this };
                if m.func.class_word() == word::FUNCTION {
                    // The method object in `base` keeps both alive.
                    enter_method(cx, base, argc)?;
                    return Ok(Called::Entered);
                }
                let pos = std::slice::from_raw_parts(base.add(1) as *const Value, argc + 1);
                let v = protocol::call(cx, &m.func, pos)?;
                return finish_call(cx, r, w, v);
            }
            word::TYPE if *base.add(1) == 0 => {
                let cls = &*((callee & !7) as *const Type);
                if let Some(init) = attr::python_init(cx, cls) {
                    // Allocate, then run __init__ inline: the instance waits in `base`, borrowed as self.
                    let bits = crate::objects::object::alloc_plain(cx, cls)?.into_bits();
                    *base = bits;
                    *base.add(1) = bits | 4;
                    drop_word(cx, callee);
                    enter_function(cx, base, 1, argc + 1, Some(init))?;
                    return Ok(Called::Entered);
                }
                let pos = std::slice::from_raw_parts(base.add(2) as *const Value, argc);
                if cls.word() != word::TYPE {
                    let args = Args::positional(pos);
                    let v = crate::objects::typeobj::methods::call_type(cx, cls, args)?;
                    return finish_call(cx, r, w, v);
                }
                if let [one] = pos {
                    let v = one.ty().value();
                    return finish_call(cx, r, w, v);
                }
            }
            _ => {}
        }
        let v = call_slow(cx, base, argc)?;
        finish_call(cx, r, w, v)
    }
}

#[inline(always)]
unsafe fn finish_call(cx: &mut Cx, r: *mut u64, w: u64, v: Value) -> Res<Called> {
    // SAFETY: by the contract of `call_other`.
    unsafe {
        for i in a_of(w)..a_of(w) + b_of(w) + 2 {
            let old = std::mem::take(&mut *r.add(i));
            drop_word(cx, old);
        }
        put_result(cx, r, w, v.into_counted_or_immediate());
    }
    Ok(Called::Done)
}

/// Store the result of a call, if it is wanted.
///
/// # Safety
/// `bits` is an owned word or an immediate; `w` a call's word of the frame with registers `r`.
#[inline(always)]
unsafe fn put_result(cx: &mut Cx, r: *mut u64, w: u64, bits: u64) {
    // SAFETY: by contract.
    unsafe {
        if x_of(w) & DISCARD != 0 {
            drop_word(cx, bits);
        } else {
            put(cx, r, w, bits);
        }
    }
}

#[cold]
unsafe fn bad_callee(cx: &mut Cx, base: *mut u64) -> Raised {
    // SAFETY: a register; 0 is no Value.
    unsafe {
        if *base == 0 {
            return cx.system_error("an empty register was called");
        }
        not_callable(cx, &*(base as *const Value))
    }
}

/// A call with keywords: names tuple above the arguments.
///
/// # Safety
/// As for [`call_other`].
#[inline(never)]
pub unsafe fn call_kw(cx: &mut Cx, r: *mut u64, w: u64) -> Res<Called> {
    // SAFETY: by contract.
    unsafe {
        let (base, argc) = (r.add(a_of(w)), b_of(w));
        let Some(names) =
            (&*(base.add(2 + argc) as *const Value)).downcast::<crate::objects::Tuple>()
        else {
            return Err(cx.system_error("CALL_KW without names"));
        };
        let nk = names.len();
        if nk > argc || *base == 0 {
            return Err(cx.system_error("CALL_KW with too many names"));
        }
        let (at, n) = if *base.add(1) != 0 {
            (1, argc + 1)
        } else {
            (2, argc)
        };
        if *base & 3 == 0 && (*(base as *const Value)).class_word() == word::FUNCTION {
            enter_function_kw(cx, base, at, n - nk, nk)?;
            return Ok(Called::Entered);
        }
        let pos = std::slice::from_raw_parts(base.add(at) as *const Value, n - nk);
        let kwvalues = std::slice::from_raw_parts(base.add(at + n - nk) as *const Value, nk);
        let v = protocol::call_args(
            cx,
            &*(base as *const Value),
            Args {
                pos,
                kwvalues,
                kwnames: Some(names),
            },
        )?;
        let names = std::mem::take(&mut *base.add(2 + argc));
        drop_word(cx, names);
        finish_call(cx, r, w, v)
    }
}

/// `d = a(*a+2, **a+3)`.
///
/// # Safety
/// See [`arith`].
#[inline(never)]
pub unsafe fn call_ex(cx: &mut Cx, r: *mut u64, w: u64) -> Res<Called> {
    // SAFETY: by contract; the callable's register keeps what it binds.
    unsafe {
        let base = r.add(a_of(w));
        let callee = *base;
        if callee & 3 == 0 && callee != 0 {
            match (*(base as *const Value)).class_word() {
                word::FUNCTION => {
                    cold::enter_ex(cx, base, &*((callee & !7) as *const Function))?;
                    return Ok(Called::Entered);
                }
                word::METHOD if *base.add(1) == 0 => {
                    let m = &*((callee & !7) as *const Method);
                    if m.func.class_word() == word::FUNCTION {
                        let this = m.this.bits();
                        *base.add(1) = if this & 3 == 0 { this | 4 } else { this };
                        let f = &*((m.func.bits() & !7) as *const Function);
                        cold::enter_ex(cx, base, f)?;
                        return Ok(Called::Entered);
                    }
                }
                _ => {}
            }
        }
        let v = cold::call_ex(cx, base)?;
        for i in a_of(w)..a_of(w) + 4 {
            let old = std::mem::take(&mut *r.add(i));
            drop_word(cx, old);
        }
        put(cx, r, w, v.into_counted_or_immediate());
    }
    Ok(Called::Done)
}

/// Suspend the running generator with `a`. None: the loop's `for` or `Send` drives it, and has the item. Else it was resumed by
/// native code, which gets the value.
///
/// # Safety
/// See [`arith`]; the frame is a generator's.
#[inline(never)]
pub unsafe fn yield_out(cx: &mut Cx, r: *mut u64, w: u64) -> Res<Option<Value>> {
    // SAFETY: by contract.
    unsafe {
        let v = if x_of(w) & CONSUME_A == 0 {
            match operand(cx, r, a_of(w)) {
                Ok(v) => v.clone_in(cx.thread.tid),
                Err(r) => return Err(r),
            }
        } else {
            let bits = std::mem::take(&mut *r.add(a_of(w)));
            match bits & 7 {
                4 => counted(cx, bits),
                _ => Value::from_bits(bits),
            }
        };
        if (*cx.frame).kind == FrameKind::GenInline {
            chain::settle(cx, (*cx.frame).prev);
        }
        let v = match crate::feed::offer(cx, cx.frame, v) {
            Ok(()) => {
                // `yield` is None: the frame goes on.
                *r.add(d_of(w)) = crate::statics::NONE | 4;
                return Ok(None);
            }
            Err(v) => v,
        };
        let mut w = w;
        loop {
            let root = chain::park(cx, w);
            let kind = if root.is_null() {
                let g = chain::generator(cx.frame);
                let kind = (*cx.frame).kind;
                g.delegating
                    .store(x_of(w) >> 2 & 1, std::sync::atomic::Ordering::Relaxed);
                // Everything that lives across the yield is below the value yielded.
                crate::call::suspend_generator(cx, g, d_of(w));
                kind
            } else {
                (*root).kind
            };
            if kind != FrameKind::GenInline {
                return Ok(Some(v));
            }
            let caller = cx.frame;
            if let Some(next) = chain::passes(caller) {
                // It would yield the same at once.
                let at = (*caller).pc;
                *chain::generator(caller).send_at.get() = at;
                (*caller).pc = at.add(1);
                w = next;
                if (*caller).kind == FrameKind::GenInline {
                    chain::settle(cx, (*caller).prev);
                }
                continue;
            }
            let sent = (*(*caller).pc.sub(1)).load(std::sync::atomic::Ordering::Relaxed);
            put(cx, (*caller).regs, sent, v.into_bits());
            return Ok(None);
        }
    }
}

/// Suspend the running generator that a `for` drives, where nothing has to be counted, dropped or told: the value yielded, a
/// register word for the item, the caller's frame on top. 0: ask [`yield_out`].
///
/// # Safety
/// See [`arith`]; the frame is a generator's.
#[inline(never)]
pub unsafe fn yield_quick(cx: &mut Cx, r: *mut u64, w: u64) -> u64 {
    // SAFETY: by contract; the caller's frame stands at the second word of its `ForIter` or `Send`.
    unsafe {
        let frame = cx.frame;
        let bits = *r.add(a_of(w));
        if (*frame).kind != FrameKind::GenInline || bits & 7 == 4 || bits == 0 {
            return 0;
        }
        let caller = (*frame).prev;
        let driver = (*(*caller).pc.sub(1)).load(std::sync::atomic::Ordering::Relaxed);
        let g = &*(((*frame).generator & !7) as *const Generator);
        let Some(None) = cx.handled.last() else {
            return 0;
        };
        if Rop::of(driver) != Rop::ForIter {
            return 0;
        }
        for i in 0..d_of(w) {
            if *r.add(i) & 7 == 4 {
                return 0;
            }
        }
        if x_of(w) & CONSUME_A != 0 {
            *r.add(a_of(w)) = 0;
        } else if bits & 7 == 0 {
            std::mem::forget((*(r.add(a_of(w)) as *const Value)).clone_in(cx.thread.tid));
        }
        cx.handled.set_len(cx.handled.len() - 1);
        cx.frame = caller;
        (*frame).prev = std::ptr::null_mut();
        cx.stack.move_limit(1);
        g.delegating.store(0, std::sync::atomic::Ordering::Relaxed);
        g.finish(SUSPENDED);
        bits
    }
}

/// Put the frame of a generator on top that is suspended at a `Yield` of its own and held by a register only: its frame. Null: ask
/// [`resume_for`].
///
/// # Safety
/// `it` is a generator, held by a register of the running frame, which stands at the second word of its `ForIter`.
#[inline(never)]
pub unsafe fn resume_quick(cx: &mut Cx, it: u64) -> *mut crate::objects::frame::Frame {
    // SAFETY: by contract; a suspended frame is at its `Yield`, whose `d` is a dead temporary.
    unsafe {
        let g = &*((it & !7) as *const Generator);
        if !g.head.is_uniquely_held(cx.thread.tid)
            || g.state.load(std::sync::atomic::Ordering::Relaxed) != SUSPENDED
            || !(*g.send_at.get()).is_null()
            || !g.handled.is_empty()
            || cx.stack.next >= cx.stack.limit
            || cx.handled.len() == cx.handled.capacity()
            || crate::monitor::active()
        {
            return std::ptr::null_mut();
        }
        let frame = g.frame.get();
        g.state.store(
            crate::objects::generator::RUNNING,
            std::sync::atomic::Ordering::Relaxed,
        );
        (*frame).prev = cx.frame;
        (*frame).top = cx.stack_top();
        (*frame).flags |= crate::objects::frame::OWN_TOP;
        (*frame).kind = FrameKind::GenInline;
        cx.stack.move_limit(-1);
        let n = cx.handled.len();
        cx.handled.as_mut_ptr().add(n).write(None);
        cx.handled.set_len(n + 1);
        cx.frame = frame;
        let w = (*(*frame).pc).load(std::sync::atomic::Ordering::Relaxed);
        *(*frame).regs.add(d_of(w)) = crate::statics::NONE | 4;
        frame
    }
}

/// The next item of a generator for `for`: its frame is on top then. False: it has ended.
///
/// # Safety
/// `it` is a generator, held by a register of the running frame.
#[inline(never)]
pub unsafe fn resume_for(cx: &mut Cx, it: &Value) -> Res<bool> {
    // SAFETY: by contract.
    let g = unsafe { &*((it.bits() & !7) as *const Generator) };
    match g.try_start_register(cx.tid) {
        Ok(state) => {
            crate::call::enter_generator(cx, g, FrameKind::GenInline, state, Value::none())?;
            Ok(true)
        }
        Err(crate::objects::generator::DONE) => Ok(false),
        Err(_) => Err(cx.value_error("generator already executing")),
    }
}

/// How a `Send` went.
pub enum Sent {
    /// The receiver's frame is on top: it runs in the same loop.
    Entered,
    /// It yielded; the value is stored.
    Yielded,
    /// It returned; the value is stored.
    Returned,
}

/// Send `b` to `a`.
///
/// # Safety
/// See [`arith`]; the next word belongs to this one.
#[inline(never)]
pub unsafe fn send(cx: &mut Cx, r: *mut u64, w: u64) -> Res<Sent> {
    // SAFETY: by contract.
    unsafe {
        let receiver = operand(cx, r, a_of(w))?;
        let value = operand(cx, r, b_of(w))?.clone_in(cx.thread.tid);
        // What was sent in was in the result's register.
        if b_of(w) == d_of(w) {
            let old = std::mem::take(&mut *r.add(b_of(w)));
            drop_word(cx, old);
        }
        if matches!(receiver.class_word(), word::GENERATOR | word::COROUTINE) {
            // Held by its register until it has yielded or returned.
            let g = &*((receiver.bits() & !7) as *const Generator);
            match g.try_start_register(cx.tid) {
                Ok(CREATED) if !value.is_none() => g.finish(CREATED),
                Ok(state) => {
                    crate::call::enter_generator(cx, g, FrameKind::GenInline, state, value)?;
                    return Ok(Sent::Entered);
                }
                Err(_) => {}
            }
        }
        let receiver = receiver.clone_in(cx.thread.tid);
        let (v, sent) = match cold::send(cx, &receiver, value)? {
            Step::Yield(v) => (v, Sent::Yielded),
            Step::Return(v) => (v, Sent::Returned),
        };
        put(cx, r, w, v.into_bits());
        Ok(sent)
    }
}

/// Make the generator of the running frame, which stands at `pc`, and return it to the caller; Some: to native code.
///
/// # Safety
/// See [`arith`].
#[inline(never)]
pub unsafe fn return_generator(
    cx: &mut Cx,
    pc: *const std::sync::atomic::AtomicU64,
) -> Res<Option<Value>> {
    // SAFETY: by contract.
    unsafe {
        let kind = (*cx.frame).kind;
        let v = crate::call::make_generator(cx, pc)?;
        if kind == FrameKind::Entry {
            return Ok(Some(v));
        }
        let caller = cx.frame;
        let cw = (*(*caller).pc).load(std::sync::atomic::Ordering::Relaxed);
        let r = (*caller).regs;
        let callee = std::mem::take(&mut *r.add(a_of(cw)));
        drop_word(cx, callee);
        put_result(cx, r, cw, v.into_bits());
    }
    Ok(None)
}

/// How a `return` went that does not go to the plain caller in the same run of the loop.
pub enum Returned {
    /// The caller's frame is on top; its registers are set.
    Continue,
    /// The generator that a `for` or a `Send` drives has ended: jump by the word at `pc`.
    Exhausted,
    /// Leave the loop.
    Leave(Value),
}

/// `return` from any frame but an inline call's. `bits` is owned or immediate.
///
/// # Safety
/// The top frame is at its `Return`.
#[inline(never)]
pub unsafe fn return_other(cx: &mut Cx, bits: u64) -> Res<Returned> {
    // SAFETY: by contract.
    unsafe {
        let frame = cx.frame;
        match (*frame).kind {
            FrameKind::Inline | FrameKind::InlineSeen => {
                cx.pop_frame();
                let caller = cx.frame;
                let cw = (*(*caller).pc).load(std::sync::atomic::Ordering::Relaxed);
                let r = (*caller).regs;
                let callee = std::mem::take(&mut *r.add(a_of(cw)));
                drop_word(cx, callee);
                put_result(cx, r, cw, bits);
                Ok(Returned::Continue)
            }
            FrameKind::Getter => {
                cx.pop_frame();
                let caller = cx.frame;
                let lw = (*(*caller).pc).load(std::sync::atomic::Ordering::Relaxed);
                let r = (*caller).regs;
                // Of an attribute or an immediate subscript the word says that b is no register to release.
                release_operands_ab(cx, r, lw);
                put(cx, r, lw, bits);
                Ok(Returned::Continue)
            }
            FrameKind::Init => {
                cx.pop_frame();
                if bits != crate::statics::NONE {
                    let v = Value::from_bits(bits);
                    let t = v.type_name();
                    drop(v);
                    return Err(cx.type_error(format!("__init__() should return None, not '{t}'")));
                }
                let caller = cx.frame;
                let cw = (*(*caller).pc).load(std::sync::atomic::Ordering::Relaxed);
                let r = (*caller).regs;
                let instance = std::mem::take(&mut *r.add(a_of(cw)));
                put_result(cx, r, cw, instance);
                Ok(Returned::Continue)
            }
            FrameKind::Entry => {
                cx.pop_frame();
                Ok(Returned::Leave(Value::from_bits(bits)))
            }
            kind @ (FrameKind::GenInline | FrameKind::GenEntry | FrameKind::GenSink) => {
                let gv = crate::call::counted(cx, (*frame).generator);
                let g = &*((gv.bits() & !7) as *const Generator);
                // A `return` leaves nothing on the stack.
                crate::call::end_generator(cx, g, (*(*frame).rc).nlocals);
                if kind != FrameKind::GenInline {
                    return Ok(Returned::Leave(Value::from_bits(bits)));
                }
                let caller = cx.frame;
                let fw = (*(*caller).pc.sub(1)).load(std::sync::atomic::Ordering::Relaxed);
                if Rop::of(fw) == Rop::Send {
                    put(cx, (*caller).regs, fw, bits);
                } else if bits != crate::statics::NONE && crate::monitor::watches_exceptions() {
                    let exc = exception::new_exception(
                        cx,
                        crate::ExcKind::StopIteration,
                        vec![Value::from_bits(bits)],
                    )?;
                    crate::monitor::deliver::swallowed(cx, exc)?;
                } else {
                    drop_word(cx, bits);
                }
                drop(gv);
                Ok(Returned::Exhausted)
            }
        }
    }
}

/// Whether a register word is a coroutine that can be awaited as it stands.
///
/// # Safety
/// A register of the running frame.
#[inline(always)]
pub unsafe fn is_awaitable(bits: u64) -> bool {
    // SAFETY: by contract; the type word tells what is cast.
    unsafe {
        if bits & 3 != 0 || bits == 0 {
            return false;
        }
        let g = (bits & !7) as *const Generator;
        (*g).head.type_word() == word::COROUTINE
            && (*g).state() == crate::objects::generator::CREATED
    }
}

/// A call of a native function or an unbound native method: `callee`'s type word is `t`.
///
/// # Safety
/// `callee` is a pointer word of a register; the arguments stand in registers of the running frame.
#[inline(always)]
pub unsafe fn call_native(
    cx: &mut Cx,
    callee: u64,
    t: u32,
    args: *const Value,
    n: usize,
) -> Res<Value> {
    use crate::objects::builtin::{Builtin, MethodDescr};
    // SAFETY: by contract; the type word tells what is cast; a quick result is the caller's.
    unsafe {
        let f = &*((callee & !7) as *const Builtin);
        let (def, this) = match t {
            word::METHOD_DESCR => ((*((callee & !7) as *const MethodDescr)).def, false),
            _ => (f.def, f.this.is_some()),
        };
        if let Some(quick) = def.quick
            && !this
        {
            let bits = quick(cx, args, n);
            if bits != 0 {
                return Ok(Value::from_bits(bits));
            }
        }
        let pos = std::slice::from_raw_parts(args, n);
        if this {
            return call_builtin(cx, f, pos);
        }
        (def.call)(cx, Args::positional(pos))
    }
}
