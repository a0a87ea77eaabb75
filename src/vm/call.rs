//! Calling: frames pushed and popped, arguments bound to parameters, generators resumed. The loop in `interp.rs` uses these
//! for everything but its fast legs; native code enters Python here.

use crate::native::Args;
use crate::objects::code::{CodeObj, co};
use crate::objects::frame::{Frame, FrameKind, OWN_TOP};
use crate::objects::function::{Function, as_function, qualname};
use crate::objects::generator::{CREATED, DONE, Generator, RUNNING, SUSPENDED, as_generator};
use crate::objects::{Dict, Str, Tuple};
use crate::regcode::{RegCode, a_of};
use crate::slot_ext::SlotExt;
use crate::{Cx, Raised, Res, Value, ValueExt, run};
use std::sync::atomic::Ordering;

/// How a run of a frame ended.
#[derive(Debug)]
pub enum Step {
    Yield(Value),
    Return(Value),
}

/// What a generator is resumed with.
pub enum Resume {
    Next,
    Send(Value),
    Throw(Value),
}

/// Code with more registers than this is never entered by the loop's short way.
pub const MAX_INLINE_REGS: usize = 512;

/// Make a constant of code immortal, with what is in it.
fn immortalize(v: &Value) {
    use crate::statics::word;
    let Some(head) = v.header() else { return };
    match v.class_word() {
        word::STR | word::BYTES | word::INT | word::FLOAT | word::COMPLEX => head.set_immortal(),
        word::TUPLE if !head.is_immortal() => {
            if let Some(t) = v.downcast::<Tuple>() {
                t.items().iter().for_each(immortalize);
            }
            head.set_immortal();
        }
        _ => {}
    }
}

/// Register code of a code object, translated now if it is not yet.
#[inline(always)]
pub fn reg_code<'a>(cx: &mut Cx, code: &'a CodeObj) -> Res<&'a RegCode> {
    let p = code.reg();
    if !p.is_null() {
        // SAFETY: R14: register code lives as long as its code object.
        return Ok(unsafe { &*p });
    }
    translate(cx, code)
}

#[cold]
#[inline(never)]
fn translate<'a>(cx: &mut Cx, code: &'a CodeObj) -> Res<&'a RegCode> {
    loop {
        let rc = translation(cx, code, crate::monitor::mode_of(code))?;
        if crate::monitor::publish(code, rc) {
            return Ok(rc);
        }
    }
}

/// The translation of a code object in one of its modes, made now if it is not yet.
pub(crate) fn translation<'a>(cx: &mut Cx, code: &'a CodeObj, mode: u8) -> Res<&'a RegCode> {
    let place = &code.made[mode as usize];
    let p = place.load(Ordering::Acquire);
    if !p.is_null() {
        // SAFETY: R14: register code lives as long as its code object.
        return Ok(unsafe { &*p });
    }
    let plain = match mode {
        crate::monitor::PLAIN => None,
        _ => Some(translation(cx, code, crate::monitor::PLAIN)?),
    };
    typhon_runtime::program_pages::note_first_run();
    let values = code.values(cx)?;
    let consts = values.consts().to_vec();
    // What every thread that runs a function reads for good: no thread counts the constants (CPython's free-threaded build
    // does the same). Code that runs once, as `eval` makes it, is let go with its constants.
    if !typhon_runtime::GIL_BUILD && code.flags & crate::objects::code::co::OPTIMIZED != 0 {
        consts.iter().for_each(immortalize);
    }
    let names: Vec<Value> = values
        .names()
        .iter()
        .map(crate::objects::str::intern::intern)
        .collect();
    let mut rc = match crate::translate::translate(&code.code, consts, names, mode) {
        Ok(rc) => rc,
        Err(msg) => return Err(cx.system_error(format!("invalid code object: {msg}"))),
    };
    if let (Some(i), Some(plain)) = (&mut rc.instrumented, plain) {
        (i.code, i.plain) = (code, plain);
        // Frames change between the translations: they have the same registers.
        if rc.nregs > plain.nregs {
            return Err(cx.system_error("invalid code object: the stack is too deep"));
        }
        rc.nregs = plain.nregs;
    }
    let fresh = Box::into_raw(Box::new(rc));
    match place.compare_exchange(
        std::ptr::null_mut(),
        fresh,
        Ordering::AcqRel,
        Ordering::Acquire,
    ) {
        // SAFETY: just published; lives as long as the code object.
        Ok(_) => Ok(unsafe { &*fresh }),
        Err(other) => {
            // SAFETY: ours was never published; the other thread's is valid.
            unsafe {
                drop(Box::from_raw(fresh));
                Ok(&*other)
            }
        }
    }
}

/// Drop a register word.
#[inline(always)]
pub fn drop_word(cx: &mut Cx, w: u64) {
    if w & 7 == 0 && w != 0 {
        // SAFETY: an owned word carries one count, which the caller gives up.
        unsafe { Value::from_bits(w) }.drop_in(&cx.thread);
    }
}

/// A register word as a counted value; the register is not changed.
///
/// # Safety
/// `w` is a register's word, not 0.
#[inline(always)]
pub unsafe fn counted(cx: &Cx, w: u64) -> Value {
    // SAFETY: by contract; the temporary is not dropped.
    unsafe {
        let v = std::mem::ManuallyDrop::new(Value::from_bits(w));
        v.clone_in(cx.thread.tid)
    }
}

impl Cx {
    /// First register that a new frame may use.
    #[inline]
    pub fn stack_top(&self) -> *mut u64 {
        if self.frame.is_null() {
            self.stack.base
        } else {
            // SAFETY: the running frame's record.
            unsafe { (*self.frame).stack_top() }
        }
    }

    /// Push a frame record. The registers of the parameters are filled by the caller.
    #[inline(always)]
    pub fn push_frame(
        &mut self,
        func: u64,
        f: &Function,
        rc: &RegCode,
        regs: *mut u64,
        kind: FrameKind,
    ) -> Res<*mut Frame> {
        let top = regs.wrapping_add(rc.nregs);
        if self.stack.next >= self.stack.limit || top as usize + 4096 > self.stack.end as usize {
            return Err(self.too_deep());
        }
        let frame = self.push_inline(func, f, rc, regs);
        // SAFETY: our fresh record.
        unsafe {
            (*frame).pc = rc.start();
            (*frame).kind = kind;
        }
        Ok(frame)
    }

    /// Whether a frame of code with an `inline_argc` can stand at `regs`: such code has at most `MAX_INLINE_REGS` registers.
    #[inline(always)]
    pub(crate) fn has_room(&self, regs: *mut u64) -> bool {
        self.stack.next < self.stack.limit
            && regs as usize + (8 * MAX_INLINE_REGS + 4096) <= self.stack.end as usize
    }

    /// Push the frame of a call by the loop itself, whose arguments stand in place; the room was asked for. Where the frame
    /// stands in its code (`pc`) is said by whoever runs it, before anybody looks.
    #[inline(always)]
    pub(crate) fn push_inline(
        &mut self,
        func: u64,
        f: &Function,
        rc: &RegCode,
        regs: *mut u64,
    ) -> *mut Frame {
        let frame = self.stack.next;
        // SAFETY: below the limit; the record is private to this thread.
        unsafe {
            self.stack.next = frame.add(1);
            (*frame).regs = regs;
            (*frame).rc = rc;
            (*frame).prev = self.frame;
            (*frame).func = func;
            (*frame).globals = f.globals();
            (*frame).locals = 0;
            (*frame).frame_obj = 0;
            (*frame).kind = FrameKind::Inline;
            (*frame).flags = 0;
        }
        self.frame = frame;
        frame
    }

    /// Release the first `n` registers; says whether something was given up, which may have left finalizers to run.
    ///
    /// # Safety
    /// They are the locals of the running frame.
    #[inline(always)]
    pub(crate) unsafe fn clear_locals(&mut self, regs: *mut u64, n: usize) -> bool {
        let mut dropped = false;
        // SAFETY: by contract.
        unsafe {
            let (mut p, end) = (regs, regs.add(n));
            while p != end {
                let w = *p;
                *p = 0;
                // Locals that were never set are many: no call for those.
                if w & 7 == 0 && w != 0 {
                    dropped = true;
                    crate::slow::drop_if_owned(self, w);
                }
                p = p.add(1);
            }
        }
        dropped
    }

    /// Unlink an inline call's frame, whose locals are released and which has no frame object; gives the caller's frame.
    ///
    /// # Safety
    /// `frame` is the top frame, of kind `Inline`: its function is borrowed, it has no namespace.
    #[inline(always)]
    pub(crate) unsafe fn pop_inline(&mut self, frame: *mut Frame) -> *mut Frame {
        // SAFETY: by contract.
        unsafe {
            debug_assert!((*frame).locals == 0 && (*frame).func & 4 != 0);
            let caller = (*frame).prev;
            self.frame = caller;
            self.stack.next = frame;
            caller
        }
    }

    #[cold]
    #[inline(never)]
    fn too_deep(&mut self) -> Raised {
        // Room for handlers that report the error.
        self.stack.move_limit(50);
        let r = self.recursion_error("maximum recursion depth exceeded");
        self.stack.move_limit(-50);
        r
    }

    /// Release what the top frame holds and unlink it. Generator frames are only unlinked.
    #[inline(always)]
    pub(crate) fn pop_frame(&mut self) {
        let f = self.frame;
        // SAFETY: the top frame of this thread; registers hold owned words, borrowed words, immediates or 0.
        unsafe {
            if (*f).frame_obj != 0 {
                crate::objects::frame::object::detach(self, f);
            }
            self.clear_locals((*f).regs, (*(*f).rc).nlocals);
            let (locals, func) = ((*f).locals, (*f).func);
            self.frame = (*f).prev;
            self.stack.next = f;
            if locals != 0 {
                drop_word(self, locals);
            }
            drop_word(self, func);
        }
    }

    /// Release the temporaries of a frame from stack depth `depth` up.
    pub(crate) fn clear_temps(&mut self, f: *mut Frame, depth: usize) {
        // SAFETY: as in `pop_frame`.
        unsafe {
            let regs = (*f).regs;
            let (mut p, end) = (
                regs.add((*(*f).rc).nlocals + depth),
                regs.add((*(*f).rc).nregs),
            );
            while p < end {
                let w = *p;
                if w != 0 {
                    *p = 0;
                    drop_word(self, w);
                }
                p = p.add(1);
            }
        }
    }
}

/// Call a Python function from native code.
pub fn call_function(cx: &mut Cx, fv: &Value, args: Args<'_>) -> Res<Value> {
    call_function_locals(cx, fv, args, None)
}

/// The same with a namespace for `STORE_NAME` (class bodies, modules, `exec`).
pub fn call_function_locals(
    cx: &mut Cx,
    fv: &Value,
    args: Args<'_>,
    locals: Option<Value>,
) -> Res<Value> {
    let Some(f) = as_function(fv) else {
        return Err(cx.system_error("bad internal call"));
    };
    let rc = reg_code(cx, f.code())?;
    if rc.makes != 0 && args.kwnames.is_none() {
        let (base, pos) = (std::ptr::from_ref(fv), args.pos.as_ptr());
        // SAFETY: values of the caller, which are copied.
        let made = unsafe {
            crate::legs::make_quick::<false>(
                cx,
                base.cast_mut().cast(),
                f,
                pos.cast_mut().cast(),
                args.pos.len(),
            )
        };
        if let Some(bits) = made {
            // SAFETY: a counted word.
            return Ok(unsafe { Value::from_bits(bits) });
        }
    }
    cx.check_native_stack("")?;
    let regs = cx.stack_top();
    if regs as usize + 8 * rc.nregs + 4096 > cx.stack.end as usize {
        return Err(cx.too_deep());
    }
    // SAFETY: `nregs` registers above the stack top are free and hold no pointers; empty locals are 0.
    unsafe { crate::slow::clear_from(regs, 0, rc.nlocals) };
    // The function is held by the caller's reference for the whole call.
    let func = fv.bits() | 4;
    let frame = cx.push_frame(func, f, rc, regs, FrameKind::Entry)?;
    if let Some(l) = locals {
        // SAFETY: our fresh record.
        unsafe { (*frame).locals = l.into_bits() };
    }
    if args.kwnames.is_none() && args.pos.len() == rc.exact_argc {
        for (i, v) in args.pos.iter().enumerate() {
            // The caller's references outlive the call: borrowed, as in calls by the loop (R11).
            let bits = v.bits();
            // SAFETY: parameters are the first locals.
            unsafe { *regs.add(i) = bits | if bits & 3 == 0 { 4 } else { 0 } };
        }
    } else if let Err(r) = bind(cx, f, rc, args, regs) {
        cx.pop_frame();
        return Err(r);
    }
    match run::run(cx)? {
        Step::Return(v) => Ok(v),
        Step::Yield(_) => Err(cx.system_error("a plain frame yielded")),
    }
}

/// Bind arguments to parameters: counted values into `regs` (all 0 before).
pub(crate) fn bind(
    cx: &mut Cx,
    f: &Function,
    rc: &RegCode,
    args: Args<'_>,
    regs: *mut u64,
) -> Res<()> {
    let n = args.pos.len();
    let set = |i: usize, v: Value| {
        // SAFETY: parameters are the first locals; `regs` has `nregs` words.
        unsafe { *regs.add(i) = v.into_bits() };
    };
    if args.kwnames.is_none() && n == rc.exact_argc {
        for (i, v) in args.pos.iter().enumerate() {
            set(i, v.clone_in(cx.thread.tid));
        }
        return Ok(());
    }
    bind_general(cx, f, rc, args, regs)
}

#[inline(never)]
fn bind_general(
    cx: &mut Cx,
    f: &Function,
    rc: &RegCode,
    args: Args<'_>,
    regs: *mut u64,
) -> Res<()> {
    let code = f.code();
    let (argc, kwonly, posonly) = (
        code.argcount as usize,
        code.kwonly as usize,
        code.posonly as usize,
    );
    let total = argc + kwonly;
    let has_var = code.flags & co::VARARGS != 0;
    let has_kw = code.flags & co::VARKEYWORDS != 0;
    let n = args.pos.len();
    // SAFETY (all register accesses here): parameters are the first `total_args` locals.
    let set = |i: usize, v: Value| unsafe { *regs.add(i) = v.into_bits() };
    let is_set = |i: usize| unsafe { *regs.add(i) != 0 };
    let kwdict = if has_kw {
        let d = crate::objects::dict::new_dict(cx)?;
        set(total + has_var as usize, d.clone());
        Some(d)
    } else {
        None
    };
    for i in 0..n.min(argc) {
        set(i, args.pos[i].clone());
    }
    if has_var {
        let extra = &args.pos[argc.min(n)..];
        let t = crate::objects::tuple::new_tuple_copy(cx, extra)?;
        set(total, t);
    }
    if let Some(names) = args.kwnames {
        let params = code.values(cx)?.variables();
        for (name, value) in names.items().iter().zip(args.kwvalues) {
            let Some(key) = name.downcast::<Str>() else {
                let q = qualname(f);
                return Err(cx.type_error(format!("{q}() keywords must be strings")));
            };
            let found = (posonly..total).find(|&i| params[i].is(name)).or_else(|| {
                (posonly..total)
                    .find(|&i| params[i].downcast::<Str>().is_some_and(|p| p.equals(key)))
            });
            if let Some(i) = found {
                if is_set(i) {
                    let (q, k) = (qualname(f), key.to_string_lossy());
                    return Err(
                        cx.type_error(format!("{q}() got multiple values for argument '{k}'"))
                    );
                }
                set(i, value.clone());
                continue;
            }
            if let Some(d) = &kwdict {
                d.downcast::<Dict>()
                    .expect("a dict")
                    .set(cx, name, value.clone())?;
                continue;
            }
            return Err(unexpected_keyword(
                cx,
                f,
                names,
                key,
                &params[..total],
                posonly,
            ));
        }
    }
    if n > argc && !has_var {
        return Err(too_many_positional(cx, f, n, argc, kwonly, regs));
    }
    if n < argc {
        let defaults = f.defaults.get(&f.head);
        let d: &[Value] = defaults
            .as_ref()
            .and_then(|d| d.downcast::<Tuple>())
            .map_or(&[], Tuple::items);
        let first_default = argc - d.len().min(argc);
        let missing: Vec<usize> = (n..first_default).filter(|&i| !is_set(i)).collect();
        if !missing.is_empty() {
            return Err(missing_arguments(cx, f, code, &missing, "positional"));
        }
        for i in n.max(first_default)..argc {
            if !is_set(i) {
                set(i, d[i - first_default].clone());
            }
        }
    }
    if kwonly > 0 {
        let kwdefaults = f.kwdefaults.get(&f.head);
        let params = code.values(cx)?.variables();
        let mut missing = Vec::new();
        for i in argc..total {
            if is_set(i) {
                continue;
            }
            let found = match &kwdefaults {
                Some(d) => match d.downcast::<Dict>() {
                    Some(d) => d.get(cx, &params[i])?,
                    None => None,
                },
                None => None,
            };
            match found {
                Some(v) => set(i, v),
                None => missing.push(i),
            }
        }
        if !missing.is_empty() {
            return Err(missing_arguments(cx, f, code, &missing, "keyword-only"));
        }
    }
    let _ = rc;
    Ok(())
}

#[cold]
fn unexpected_keyword(
    cx: &mut Cx,
    f: &Function,
    names: &Tuple,
    key: &Str,
    params: &[Value],
    posonly: usize,
) -> Raised {
    let q = qualname(f);
    let text = |v: &Value| {
        v.downcast::<Str>()
            .map(|s| s.to_string_lossy())
            .unwrap_or_default()
    };
    let wrong: Vec<String> = params[..posonly]
        .iter()
        .filter(|p| {
            names.items().iter().any(|n| {
                n.is(p)
                    || p.downcast::<Str>()
                        .zip(n.downcast::<Str>())
                        .is_some_and(|(a, b)| a.equals(b))
            })
        })
        .map(text)
        .collect();
    if !wrong.is_empty() {
        let list = wrong.join(", ");
        return cx.type_error(format!(
            "{q}() got some positional-only arguments passed as keyword arguments: '{list}'"
        ));
    }
    let k = key.to_string_lossy();
    let candidates: Vec<String> = params[posonly..].iter().map(text).collect();
    match crate::native::suggestion(&k, candidates.iter().map(String::as_str)) {
        Some(s) => {
            let s = s.to_owned();
            cx.type_error(format!(
                "{q}() got an unexpected keyword argument '{k}'. Did you mean '{s}'?"
            ))
        }
        None => cx.type_error(format!("{q}() got an unexpected keyword argument '{k}'")),
    }
}

#[cold]
fn too_many_positional(
    cx: &mut Cx,
    f: &Function,
    given: usize,
    argc: usize,
    kwonly: usize,
    regs: *mut u64,
) -> Raised {
    let q = qualname(f);
    let ndefaults = f
        .defaults
        .get(&f.head)
        .and_then(|d| d.downcast::<Tuple>().map(Tuple::len))
        .unwrap_or(0);
    // SAFETY: keyword-only parameters are locals.
    let kwgiven = (argc..argc + kwonly)
        .filter(|&i| unsafe { *regs.add(i) != 0 })
        .count();
    let (sig, plural) = if ndefaults > 0 {
        (
            format!("from {} to {argc}", argc - ndefaults.min(argc)),
            true,
        )
    } else {
        (argc.to_string(), argc != 1)
    };
    let kw = if kwgiven > 0 {
        format!(
            " positional argument{} (and {kwgiven} keyword-only argument{})",
            if given != 1 { "s" } else { "" },
            if kwgiven != 1 { "s" } else { "" }
        )
    } else {
        String::new()
    };
    let verb = if given == 1 && kwgiven == 0 {
        "was"
    } else {
        "were"
    };
    cx.type_error(format!(
        "{q}() takes {sig} positional argument{} but {given}{kw} {verb} given",
        if plural { "s" } else { "" }
    ))
}

#[cold]
fn missing_arguments(
    cx: &mut Cx,
    f: &Function,
    code: &CodeObj,
    missing: &[usize],
    kind: &str,
) -> Raised {
    let params = match code.values(cx) {
        Ok(values) => values.variables(),
        Err(r) => return r,
    };
    let mut names = Vec::new();
    for &i in missing {
        match crate::protocol::repr_string(cx, &params[i]) {
            Ok(s) => names.push(s),
            Err(r) => return r,
        }
    }
    let list = match names.len() {
        1 => names[0].clone(),
        2 => format!("{} and {}", names[0], names[1]),
        n => format!("{}, and {}", names[..n - 1].join(", "), names[n - 1]),
    };
    let (q, n) = (qualname(f), names.len());
    cx.type_error(format!(
        "{q}() missing {n} required {kind} argument{}: {list}",
        if n == 1 { "" } else { "s" }
    ))
}

/// Make a generator of the top frame, whose registers move into it; the frame is popped. Called for `RETURN_GENERATOR`.
#[inline(never)]
pub fn make_generator(cx: &mut Cx, pc: *const std::sync::atomic::AtomicU64) -> Res<Value> {
    let f = cx.frame;
    // SAFETY: the top frame of this thread.
    let (rc, fword) = unsafe { ((*f).code(), (*f).func) };
    // SAFETY: the frame's function.
    let fv = unsafe { counted(cx, fword) };
    let func = as_function(&fv).expect("frames run functions");
    let kind = rc.makes;
    // SAFETY (both): registers of the frame; locals move out, counted.
    for i in 0..rc.nlocals {
        unsafe {
            let p = (*f).regs.add(i);
            if *p & 7 == 4 {
                *p = counted(cx, *p).into_bits();
            }
        }
    }
    let name = func.name.get(&func.head).map_or(0, Value::into_bits);
    let qual = func.qualname.get(&func.head).map_or(0, Value::into_bits);
    let func_word = fv.into_bits();
    // SAFETY: R12: the payload is written before the type word; bytes 0..16 are the allocator's. The frame's locals move, which
    // nothing can interrupt.
    let made = unsafe {
        typhon_runtime::alloc_sized(&cx.thread, Generator::size_of(rc.nregs), kind, |cell| {
            let made = cell.cast::<Generator>();
            Generator::init(made, name, qual, f, rc.nlocals, rc.nregs);
            // Links are set at each resumption. A frame object made before the generator was (tracing) stays with the plain frame.
            let record = (*made).frame.get();
            (*record).regs = (*made).regs();
            (*record).pc = pc;
            (*record).func = func_word;
            (*record).prev = std::ptr::null_mut();
            (*record).kind = FrameKind::GenEntry;
            (*record).top = std::ptr::null_mut();
            (*record).frame_obj = 0;
            // R11: without a count, as it is its own frame.
            (*record).generator = cell as u64;
            (*f).locals = 0;
        })
    };
    let Ok(v) = made else {
        // SAFETY: the counts taken for the generator.
        for w in [name, qual, func_word] {
            drop_word(cx, w);
        }
        return Err(cx.memory_error());
    };
    if kind == crate::statics::word::COROUTINE && cx.watch.origin_depth > 0 {
        let origin = origin(cx, f)?;
        let g = as_generator(&v).expect("a generator");
        drop(g.origin.swap(Some(origin)));
    }
    cx.pop_frame();
    Ok(v)
}

/// Where a coroutine was made: files, lines and functions of the frames above `f`, innermost first.
#[cold]
fn origin(cx: &mut Cx, f: *mut Frame) -> Res<Value> {
    let mut rows = Vec::new();
    // SAFETY (both): the chain of this thread's frames.
    let mut f = unsafe { (*f).prev };
    while !f.is_null() && rows.len() < cx.watch.origin_depth as usize {
        let (code, line) = unsafe { ((*f).code().code.clone(), (*f).line()) };
        let text =
            |s: &typhon_compiler::code::PyStr| String::from_utf8_lossy(s.as_bytes()).into_owned();
        let file = crate::objects::str::new_str(cx, &text(&code.filename))?;
        let name = crate::objects::str::new_str(cx, &text(&code.name))?;
        let row = vec![file, Value::small_int(line), name];
        rows.push(crate::objects::tuple::new_tuple(cx, row)?);
        // SAFETY: as above.
        f = unsafe { (*f).prev };
    }
    crate::objects::tuple::new_tuple(cx, rows)
}

/// Resume a generator from native code.
pub fn resume(cx: &mut Cx, gv: &Value, arg: Resume) -> Res<Step> {
    resume_as(cx, gv, arg, FrameKind::GenEntry)
}

/// The same; `kind` says where its items go.
pub(crate) fn resume_as(cx: &mut Cx, gv: &Value, arg: Resume, kind: FrameKind) -> Res<Step> {
    let Some(g) = as_generator(gv) else {
        return Err(cx.type_error("not a generator"));
    };
    cx.check_native_stack("")?;
    let state = match g.try_start_chain() {
        Ok(s) => s,
        Err(_) if g.state() == DONE => return finished(cx, gv, arg),
        Err(_) if crate::chain::wake(cx, g) => return resume_as(cx, gv, arg, kind),
        Err(_) => {
            let what = kind_name(gv);
            return Err(cx.value_error(format!("{what} already executing")));
        }
    };
    if state == CREATED {
        match &arg {
            Resume::Send(v) if !v.is_none() => {
                g.finish(CREATED);
                let what = kind_name(gv);
                return Err(cx.type_error(format!(
                    "can't send non-None value to a just-started {what}"
                )));
            }
            _ => {}
        }
    }
    let sent = match arg {
        Resume::Next => Value::none(),
        Resume::Send(v) => v,
        Resume::Throw(e) => {
            if !g.leaf.load(Ordering::Relaxed).is_null() {
                // SAFETY: this thread has won the root of a parked chain.
                unsafe { crate::chain::take_apart(g) };
            }
            link_generator(cx, g, kind, state)?;
            let e = crate::monitor::deliver::thrown(cx, e);
            // Only what the generator itself is handling becomes the context, not what its caller is.
            let r = match cx.handled.last() {
                Some(Some(_)) => cx.raise_value(e),
                _ => cx.reraise(e),
            };
            return run::run_raised(cx, r);
        }
    };
    let before = cx.frame;
    match enter_generator(cx, g, kind, state, sent) {
        Ok(()) => run::run(cx),
        Err(r) if std::ptr::eq(cx.frame, before) => Err(r),
        // In a generator that it delegates to.
        Err(r) => run::run_raised(cx, r),
    }
}

/// Put a generator's frame, which the caller has won in `state`, on top, and give it the value sent. Where it is suspended in a
/// `yield from` or `await` with what another generator yielded, that one's frame comes on top of it, and so on: the frames
/// between do not run to pass a value down. A parked chain goes on as a whole.
#[inline]
pub fn enter_generator(
    cx: &mut Cx,
    g: &Generator,
    kind: FrameKind,
    mut state: u8,
    sent: Value,
) -> Res<()> {
    let mut frame = link(cx, g, kind, state)?;
    while state == SUSPENDED {
        // SAFETY: R11: this thread runs `g`; its registers keep the generator it waits for, and `send_at` names a `Send` of its
        // code while its frame stands at the next word.
        unsafe {
            let g = crate::chain::generator(frame);
            let at = std::mem::replace(&mut *g.send_at.get(), std::ptr::null());
            if at.is_null() || (*frame).pc != at.add(1) || crate::monitor::active() {
                break;
            }
            let receiver = (*frame)
                .regs
                .add(a_of((*at.sub(1)).load(Ordering::Relaxed)));
            if *receiver & 3 != 0 || *receiver == 0 {
                break;
            }
            let Some(inner) = as_generator(&*(receiver as *const Value)) else {
                break;
            };
            match inner.try_start_register(cx.tid) {
                Ok(SUSPENDED) => {}
                Ok(other) => {
                    inner.finish(other);
                    break;
                }
                Err(_) => break,
            }
            (*frame).pc = at;
            frame = link(cx, inner, FrameKind::GenInline, SUSPENDED)?;
            state = SUSPENDED;
        }
    }
    give(cx, frame, state, sent);
    Ok(())
}

/// Name of the kind of a generator, for messages.
pub(crate) fn kind_name(v: &Value) -> &'static str {
    match v.class_word() {
        crate::statics::word::COROUTINE => "coroutine",
        crate::statics::word::ASYNC_GENERATOR => "async generator",
        _ => "generator",
    }
}

fn finished(cx: &mut Cx, gv: &Value, arg: Resume) -> Res<Step> {
    if gv.class_word() == crate::statics::word::COROUTINE {
        return Err(cx.runtime_error("cannot reuse already awaited coroutine"));
    }
    match arg {
        Resume::Throw(e) => Err(cx.reraise(e)),
        _ => Ok(Step::Return(Value::none())),
    }
}

/// Put the sent value where the suspended `yield` expects it.
pub(crate) fn give(cx: &mut Cx, frame: *mut Frame, state: u8, v: Value) {
    // SAFETY: the generator is RUNNING for this thread; a suspended frame's pc is at its `Yield` word, whose `d` is the
    // register of the yield's value. A created one is at `ReturnGenerator`, whose value is dropped by the code.
    unsafe {
        let w = (*(*frame).pc).load(Ordering::Relaxed);
        let d = crate::regcode::d_of(w);
        let p = (*frame).regs.add(d);
        let old = *p;
        *p = crate::statics::NONE | 4;
        drop_word(cx, old);
        if state == SUSPENDED {
            if crate::regcode::x_of(w) & crate::regcode::UNSENT != 0 {
                drop_word(cx, v.into_bits());
            } else {
                *p = v.into_bits();
            }
        }
    }
}

/// [`link_generator`], or the whole chain that is parked there: the innermost frame.
#[inline(always)]
fn link(cx: &mut Cx, g: &Generator, kind: FrameKind, state: u8) -> Res<*mut Frame> {
    if !g.leaf.load(Ordering::Relaxed).is_null()
        && let Some(leaf) = crate::chain::go_on(cx, g, kind)
    {
        return Ok(leaf);
    }
    link_generator(cx, g, kind, state)
}

/// Make a generator's frame the top frame. The caller has won RUNNING, from `state`.
#[inline(always)]
fn link_generator(cx: &mut Cx, g: &Generator, kind: FrameKind, state: u8) -> Res<*mut Frame> {
    if cx.stack.next >= cx.stack.limit {
        g.finish(state);
        return Err(cx.too_deep());
    }
    let frame = g.frame.get();
    let top = cx.stack_top();
    // SAFETY: we run it.
    unsafe {
        (*frame).prev = cx.frame;
        (*frame).top = top;
        (*frame).flags |= OWN_TOP;
        (*frame).kind = kind;
    }
    cx.stack.move_limit(-1);
    cx.handled.push(g.handled.take());
    cx.frame = frame;
    if crate::monitor::active() {
        crate::monitor::switch::resumed(cx, frame);
    }
    Ok(frame)
}

/// R11: count what the first `n` registers of a generator hold without a count, before it is suspended. One that names what
/// the first local owns needs none: it goes before that does, and who displaces a local keeps it as long (R13).
///
/// # Safety
/// The registers of a generator that this thread runs.
#[inline(always)]
pub(crate) unsafe fn count_registers(cx: &Cx, regs: *mut u64, n: usize) {
    // SAFETY: by contract.
    unsafe {
        for i in 0..n {
            let p = regs.add(i);
            if *p & 7 == 4 && !names_first(*regs, *p) {
                *p = counted(cx, *p).into_bits();
            }
        }
    }
}

/// Whether register word `w`, which has no count, names what `first` owns.
#[inline(always)]
pub(crate) fn names_first(first: u64, w: u64) -> bool {
    first & 7 == 0 && first | 4 == w
}

/// Unlink a generator frame at a yield: its registers, of which the first `live` hold something, counted, state stored.
#[inline(always)]
pub fn suspend_generator(cx: &mut Cx, g: &Generator, live: usize) {
    let frame = g.frame.get();
    // SAFETY: we run it; R11: at a yield live uncounted registers become counted. Those above hold nothing but constants.
    unsafe {
        count_registers(cx, (*frame).regs, live);
        cx.frame = (*frame).prev;
        (*frame).prev = std::ptr::null_mut();
        (*frame).flags &= !crate::chain::SETTLED;
        crate::chain::leave(frame, cx.frame);
    }
    cx.stack.move_limit(1);
    let handled = cx.handled.pop().flatten();
    drop(g.handled.swap(handled));
    g.finish(SUSPENDED);
}

/// Unlink a generator frame that returned or raised, and release it; no register from `live` on holds an owned pointer.
pub fn end_generator(cx: &mut Cx, g: &Generator, live: usize) {
    let frame = g.frame.get();
    // SAFETY: we run it.
    unsafe {
        if (*frame).frame_obj != 0 {
            crate::objects::frame::object::detach(cx, frame);
        }
        cx.frame = (*frame).prev;
        (*frame).prev = std::ptr::null_mut();
        crate::chain::leave(frame, cx.frame);
    }
    cx.stack.move_limit(1);
    drop(cx.handled.pop());
    debug_assert_eq!(g.state(), RUNNING);
    let rest = g.end_frame();
    g.done(cx.tid);
    rest.release(&cx.thread, live);
}

/// `fn(&mut Cx) -> Res<()>` run on the main thread when a signal arrived.
pub static SIGNAL_HOOK: crate::objects::typeobj::slots::SlotCell<fn(&mut Cx) -> Res<()>> =
    crate::objects::typeobj::slots::SlotCell::new();

/// The slow side of the eval breaker between two words of the loop: the running frame may be given another translation.
#[cold]
#[inline(never)]
pub(crate) fn at_breaker(cx: &mut Cx, at: crate::monitor::switch::At) -> Res<()> {
    handle_breaker(cx)?;
    if cx.thread.breaker.load(Ordering::Relaxed) & crate::monitor::SWITCH != 0 {
        cx.thread
            .breaker
            .fetch_and(!crate::monitor::SWITCH, Ordering::AcqRel);
        crate::monitor::switch::switch_frames(cx, at);
    }
    Ok(())
}

/// The slow side of the eval breaker: stop requests, finalizers, signals, a due collection.
#[cold]
#[inline(never)]
pub fn handle_breaker(cx: &mut Cx) -> Res<()> {
    use typhon_runtime::thread::breaker as bit;
    cx.thread.safepoint_full();
    let bits = cx.thread.breaker.load(Ordering::Acquire);
    if bits & bit::ASYNC_EXC != 0 {
        cx.thread
            .breaker
            .fetch_and(!bit::ASYNC_EXC, Ordering::AcqRel);
        if let Some(e) = crate::threads::take_async_exc(cx) {
            let e = crate::objects::exception::instantiate(cx, &e)?;
            return Err(cx.raise_value(e));
        }
    }
    if bits & bit::SIGNAL != 0 && cx.is_main {
        cx.thread.breaker.fetch_and(!bit::SIGNAL, Ordering::AcqRel);
        if let Some(f) = SIGNAL_HOOK.get() {
            f(cx)?;
        }
    }
    Ok(())
}

/// Run what drops left behind: `__del__` and weak reference callbacks. The pending exception, if any, is kept aside.
#[inline(never)]
pub fn run_pending(cx: &mut Cx) {
    let saved = cx.exc.take();
    cx.thread.run_pending();
    cx.exc = saved;
}
