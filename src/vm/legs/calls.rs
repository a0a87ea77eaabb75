//! The legs of calls and returns.

use super::*;

/// A Python function whose frame cannot simply stand on its arguments.
///
/// # Safety
/// `base` is the callable's register: a function; the self slot and `argc` arguments follow.
#[inline(never)]
pub unsafe fn enter(cx: &mut Cx, base: *mut u64, argc: usize) -> Res<()> {
    // SAFETY: by contract.
    unsafe {
        let has_self = (*base.add(1) != 0) as usize;
        let (at, n) = (2 - has_self, argc + has_self);
        let f = &*((*base & !7) as *const Function);
        if enter_short(cx, *base, base.add(at), n, FrameKind::Inline) {
            return Ok(());
        }
        let rc = f.code().reg();
        if !rc.is_null()
            && (*rc).makes != 0
            && let Some(made) = make_quick::<true>(cx, base, f, base.add(at), n)
        {
            let w = (*(*cx.frame).pc).load(Ordering::Relaxed);
            put_result(cx, (*cx.frame).regs, w, made);
            return Ok(());
        }
        enter_function(cx, base, at, n, None)
    }
}

/// Push the frame of the function `fbits` on its `n` arguments where they stand, if it has positional parameters alone and those
/// that are missing have defaults. False: nothing has happened.
///
/// # Safety
/// `fbits` is a function's word, which somebody keeps for the call; `args` is inside the running frame's registers, and what
/// lies above the arguments is free.
#[inline(always)]
unsafe fn enter_short(cx: &mut Cx, fbits: u64, args: *mut u64, n: usize, kind: FrameKind) -> bool {
    // SAFETY: by contract; R14: register code lives as long as its code object.
    unsafe {
        let f = &*((fbits & !7) as *const Function);
        let Some(rc) = f.code().reg().as_ref() else {
            return false;
        };
        let argc = rc.inline_argc;
        // Registers of a generator are its own: no callee stands there.
        if n > argc || argc == usize::MAX || (*cx.frame).is_generator() || !cx.has_room(args) {
            return false;
        }
        if n < argc && !fill_missing(cx, f, args, n, argc) {
            return false;
        }
        clear_from(args, argc, rc.nlocals);
        let frame = cx.push_inline(fbits | 4, f, rc, args);
        (*frame).pc = rc.start();
        (*frame).kind = kind;
        true
    }
}

/// The last parameters of a function, from number `n` on, get their defaults. False if not all have one.
///
/// # Safety
/// As for [`enter_short`].
#[inline(never)]
unsafe fn fill_missing(cx: &mut Cx, f: &Function, args: *mut u64, n: usize, argc: usize) -> bool {
    let tid = cx.thread.tid;
    // SAFETY: by contract; nothing runs or is dropped before it is back, and a tuple does not change.
    unsafe {
        if let Some(bits) = f.defaults.peek_own(tid) {
            return put_defaults(tid, &*(&raw const bits as *const Value), args, n, argc);
        }
        let Ok(Some(defaults)) = f.defaults.try_get_for_register(tid, || true) else {
            return false;
        };
        let enough = put_defaults(tid, &defaults, args, n, argc);
        drop_word(cx, defaults.into_bits());
        enough
    }
}

/// # Safety
/// As for [`fill_missing`].
#[inline(always)]
unsafe fn put_defaults(tid: u16, defaults: &Value, args: *mut u64, n: usize, argc: usize) -> bool {
    if defaults.class_word() != word::TUPLE {
        return false;
    }
    // SAFETY: exactly a tuple, which the caller keeps; the places hold nothing. What is uncounted in registers stays while one
    // names it (R11).
    unsafe {
        let items = (*((defaults.bits() & !7) as *const crate::objects::Tuple)).items();
        let Some(from) = (items.len() + n).checked_sub(argc) else {
            return false;
        };
        for (i, v) in items.get_unchecked(from..).iter().enumerate() {
            let bits = v.bits();
            *args.add(n + i) = if bits & 3 != 0 {
                bits
            } else if v.header_unchecked().is_uncounted_in_registers() {
                bits | 4
            } else {
                v.clone_in(tid).into_bits()
            };
        }
        true
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
    // SAFETY: by contract; the type word tells what is cast.
    unsafe {
        let base = r.add(a_of(w));
        let callee = *base;
        if callee & 3 == 0 && callee != 0 && *base.add(1) == 0 {
            if (*((callee & !7) as *const typhon_runtime::Header)).type_word() == word::METHOD {
                let m = &*((callee & !7) as *const Method);
                let (f, this) = (m.func.bits(), m.this.bits());
                if m.func.class_word() == word::FUNCTION {
                    // The method object in `base` keeps both alive.
                    *base.add(1) = if this & 3 == 0 { this | 4 } else { this };
                    if enter_short(cx, f, base.add(1), b_of(w) + 1, FrameKind::Inline) {
                        return Ok(Called::Entered);
                    }
                    *base.add(1) = 0;
                }
            } else if callee & !4 == std::ptr::from_ref(Type::from_word(word::TYPE)) as u64
                && b_of(w) == 1
            {
                // `type(x)`. The class is counted by nobody here: it is deferred, and its register is scanned (R11).
                let one = std::mem::take(&mut *base.add(2));
                let v = std::mem::ManuallyDrop::new(Value::from_bits(one));
                let bits = std::ptr::from_ref(v.ty()) as u64 | 4;
                *base = 0;
                for old in [one, callee] {
                    if old & 7 == 0 {
                        drop_if_owned(cx, old);
                    }
                }
                put_result(cx, r, w, bits);
                return Ok(Called::Done);
            }
        }
        call_by_class(cx, r, w)
    }
}

/// The same by the callable's class.
#[inline(never)]
unsafe fn call_by_class(cx: &mut Cx, r: *mut u64, w: u64) -> Res<Called> {
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
                    if enter_short(cx, init, base.add(1), argc + 1, FrameKind::Init) {
                        return Ok(Called::Entered);
                    }
                    enter_function(cx, base, 1, argc + 1, Some(init))?;
                    return Ok(Called::Entered);
                }
                let pos = std::slice::from_raw_parts(base.add(2) as *const Value, argc);
                if cls.word() != word::TYPE {
                    let args = Args::positional(pos);
                    let v = crate::objects::typeobj::methods::call_type(cx, cls, args)?;
                    return finish_call(cx, r, w, v);
                }
            }
            _ if *base.add(1) == 0 => {
                let (f, args) = (&*(base as *const Value), base.add(2) as *const Value);
                let bits = answer::ask(cx, f, args, argc);
                if bits != 0 {
                    // In a register while the others are released: it may be counted by none but the callable (R11).
                    *base.add(1) = bits;
                    for i in (0..argc + 2).filter(|&i| i != 1) {
                        let old = std::mem::take(&mut *base.add(i));
                        drop_word(cx, old);
                    }
                    let bits = std::mem::take(&mut *base.add(1));
                    put_result(cx, r, w, bits);
                    return Ok(Called::Done);
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
        release_call(cx, r, w);
        put_result(cx, r, w, v.into_counted_or_immediate());
    }
    Ok(Called::Done)
}

/// The callable and its arguments go.
#[inline(always)]
unsafe fn release_call(cx: &mut Cx, r: *mut u64, w: u64) {
    // SAFETY: by the contract of `call_other`.
    unsafe {
        for i in a_of(w)..a_of(w) + b_of(w) + 2 {
            let old = std::mem::take(&mut *r.add(i));
            drop_word(cx, old);
        }
    }
}

/// Store the result of a call, if it is wanted.
///
/// # Safety
/// `bits` is an owned word or an immediate; `w` a call's word of the frame with registers `r`.
#[inline(always)]
pub(super) unsafe fn put_result(cx: &mut Cx, r: *mut u64, w: u64, bits: u64) {
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
                word::TYPE => {
                    let cls = &*((callee & !7) as *const Type);
                    if let Some(init) = attr::python_init(cx, cls)
                        && cold::enter_ex_init(cx, base, cls, init)?
                    {
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
            FrameKind::Getter
                if (*frame).frame_obj == 0 && (*frame).locals == 0 && (*frame).func & 4 != 0 =>
            {
                cx.clear_locals((*frame).regs, (*(*frame).rc).nlocals);
                let caller = cx.pop_inline(frame);
                let lw = (*(*caller).pc).load(std::sync::atomic::Ordering::Relaxed);
                // Of an attribute or an immediate subscript the word says that b is no register to release.
                super::finish_short(cx, (*caller).regs, lw, x_of(lw), bits);
                Ok(Returned::Continue)
            }
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
                super::finish_short(cx, r, lw, x_of(lw), bits);
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
            FrameKind::GenInline if end_quick(cx) => {
                let caller = cx.frame;
                let fw = (*(*caller).pc.sub(1)).load(Ordering::Relaxed);
                if Rop::of(fw) == Rop::Send {
                    put(cx, (*caller).regs, fw, bits);
                } else {
                    drop_word(cx, bits);
                }
                Ok(Returned::Exhausted)
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
