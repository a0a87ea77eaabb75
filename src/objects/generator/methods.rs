//! `send`, `throw`, `close` and the attributes of generators and coroutines.

use super::{CREATED, DONE, Generator, RUNNING, SUSPENDED, as_generator};
use crate::call::{Resume, Step, kind_name, resume};
use crate::native::*;
use crate::objects::exception::traceback::Traceback;
use crate::objects::exception::{self, families::stop_value, is_exception, is_exception_class};
use crate::objects::function::Function;
use crate::objects::object::alloc;
use crate::protocol;
use crate::regcode::{Rop, imm_of, x_of};
use crate::slot_ext::SlotExt;
use std::sync::atomic::Ordering;
use typhon_compiler::opcode::{Op, intrinsic1};

/// The generator (or coroutine, async generator) behind the receiver of a method.
pub(super) fn receiver<'a>(
    cx: &mut Cx,
    args: Args<'a>,
    name: &str,
    word: u32,
) -> Res<(&'a Value, &'a Generator)> {
    match args.pos.first() {
        Some(v) if v.class_word() == word => match as_generator(v) {
            Some(g) => Ok((v, g)),
            None => Err(cx.system_error("not a generator")),
        },
        Some(v) => {
            let (o, t) = (Type::from_word(word).name(), v.type_name());
            Err(cx.type_error(format!(
                "descriptor '{name}' for '{o}' objects doesn't apply to a '{t}' object"
            )))
        }
        None => {
            let o = Type::from_word(word).name();
            Err(cx.type_error(format!("unbound method {o}.{name}() needs an argument")))
        }
    }
}

/// A step as Python sees it: the value yielded, or `StopIteration` with the value returned.
pub(super) fn finish(cx: &mut Cx, step: Step) -> Res<Value> {
    match step {
        Step::Yield(v) => Ok(v),
        Step::Return(v) => Err(cx.stop_iteration(Some(v).filter(|v| !v.is_none()))),
    }
}

/// A step as the `next` slot gives it. A returned value other than None travels in its StopIteration.
pub(super) fn finish_next(cx: &mut Cx, step: Step) -> Res<Option<Value>> {
    match step {
        Step::Yield(v) => Ok(Some(v)),
        Step::Return(v) if v.is_none() => Ok(None),
        Step::Return(v) => Err(cx.stop_iteration(Some(v))),
    }
}

fn next(cx: &mut Cx, this: &Value) -> Res<Option<Value>> {
    let step = resume(cx, this, Resume::Next)?;
    finish_next(cx, step)
}

/// `gen.send(v)`.
pub fn send(cx: &mut Cx, this: &Value, v: &Value) -> Res<Step> {
    resume(cx, this, Resume::Send(v.clone()))
}

/// The iterator a generator delegates to. The caller has won the right to run it.
fn delegate(g: &Generator) -> Option<Value> {
    if g.delegating.load(Ordering::Relaxed) == 0 {
        return None;
    }
    // SAFETY: the caller runs the generator, so nobody touches its record. A frame suspended inside `yield from` stands
    // at its `Yield` word; the receiver is the stack entry below the one that takes the sent value.
    unsafe {
        let f = g.frame.get();
        if (*f).pc_index() == 0 {
            return None;
        }
        let w = (*(*f).pc).load(Ordering::Relaxed);
        let d = crate::regcode::d_of(w);
        if d == 0 {
            None
        } else {
            crate::objects::frame::object::register(f, d - 1)
        }
    }
}

/// The same for who only looks (`gi_yieldfrom`): wins the right for a moment.
fn peek_delegate(cx: &mut Cx, g: &Generator) -> Option<Value> {
    if shown_state(cx, g) != SUSPENDED || g.delegating.load(Ordering::Relaxed) == 0 {
        return None;
    }
    match g.try_start() {
        Ok(before) => {
            let v = if before == SUSPENDED {
                delegate(g)
            } else {
                None
            };
            g.finish(before);
            v
        }
        Err(_) => None,
    }
}

/// The state of a generator as others see it.
fn shown_state(cx: &mut Cx, g: &Generator) -> u8 {
    match g.state() {
        RUNNING if crate::chain::wake(cx, g) => g.state(),
        s => s,
    }
}

/// The exception that `throw(type, value, traceback)` means.
pub fn normalize(cx: &mut Cx, typ: &Value, val: Option<&Value>, tb: Option<&Value>) -> Res<Value> {
    let val = val.filter(|v| !v.is_none());
    let tb = tb.filter(|t| !t.is_none());
    if let Some(t) = tb
        && t.downcast::<Traceback>().is_none()
    {
        return Err(cx.type_error("throw() third argument must be a traceback object"));
    }
    let exc = if is_exception_class(typ) {
        match val {
            // What goes wrong there is thrown instead.
            None => match exception::instantiate(cx, typ) {
                Ok(e) => e,
                Err(r) => cx.take_exc(r),
            },
            Some(v)
                if typ
                    .downcast::<Type>()
                    .is_some_and(|t| v.ty().is_subtype_of(t)) =>
            {
                v.clone()
            }
            Some(v) => {
                let args: Vec<Value> = match v.downcast::<Tuple>() {
                    Some(t) => t.items().to_vec(),
                    None => vec![v.clone()],
                };
                let e = protocol::call(cx, typ, &args)?;
                if !is_exception(&e) {
                    let t = e.type_name();
                    return Err(cx.type_error(format!(
                        "exceptions must derive from BaseException, not {t}"
                    )));
                }
                e
            }
        }
    } else if is_exception(typ) {
        if val.is_some() {
            return Err(cx.type_error("instance exception may not have a separate value"));
        }
        typ.clone()
    } else {
        let t = typ.type_name();
        return Err(cx.type_error(format!(
            "exceptions must be classes or instances deriving from BaseException, not {t}"
        )));
    };
    if let Some(t) = tb {
        exception::base::exc(&exc).set_traceback(cx, Some(t.clone()));
    }
    Ok(exc)
}

/// Throwing by type, value and traceback is deprecated.
pub(super) fn warn_of_three(cx: &mut Cx, n: usize) -> Res<()> {
    if n < 2 {
        return Ok(());
    }
    let text = "the (type, exc, tb) signature of throw() is deprecated, use the single-arg signature instead.";
    warn_deprecated(cx, text)
}

/// The arguments of `throw`, whichever signature they follow.
pub(super) fn throw_arguments(cx: &mut Cx, args: &[Value]) -> Res<Value> {
    let n = args.len();
    warn_of_three(cx, n)?;
    let (Some(typ), true) = (args.first(), n <= 3) else {
        return Err(if n == 0 {
            cx.type_error("throw expected at least 1 argument, got 0")
        } else {
            cx.type_error(format!("throw expected at most 3 arguments, got {n}"))
        });
    };
    normalize(cx, typ, args.get(1), args.get(2))
}

/// `warnings.warn(text, DeprecationWarning)`.
pub(super) fn warn_deprecated(cx: &mut Cx, text: &str) -> Res<()> {
    let Some(m) = crate::objects::module::methods::loaded(cx, "warnings")? else {
        return Ok(());
    };
    let text = crate::objects::str::new_str(cx, text)?;
    let kind = ExcKind::DeprecationWarning.ty().value();
    protocol::call_method(cx, &m, "warn", &[text, kind]).map(drop)
}

/// `gen.throw(exc)`: into the iterator it delegates to, or into itself.
pub fn throw(cx: &mut Cx, this: &Value, exc: Value) -> Res<Step> {
    throw_with(cx, this, exc, true)
}

/// `close_delegate`: whether GeneratorExit closes the delegate instead of being thrown into it.
pub(super) fn throw_with(cx: &mut Cx, this: &Value, exc: Value, close_delegate: bool) -> Res<Step> {
    let Some(g) = as_generator(this) else {
        return Err(cx.system_error("not a generator"));
    };
    let before = match g.try_start() {
        Ok(s) => s,
        Err(RUNNING) if crate::chain::wake(cx, g) => {
            return throw_with(cx, this, exc, close_delegate);
        }
        Err(_) => return resume(cx, this, Resume::Throw(exc)),
    };
    let inner = if before == SUSPENDED {
        delegate(g)
    } else {
        None
    };
    let Some(inner) = inner else {
        g.finish(before);
        return resume(cx, this, Resume::Throw(exc));
    };
    // The generator counts as running while its delegate does, and its frame as the delegate's caller.
    let frame = link_outer(cx, g);
    let result = if close_delegate && exception::is_kind(&exc, ExcKind::GeneratorExit) {
        match close_iterator(cx, &inner) {
            Ok(()) => Thrown::Into(exc),
            Err(r) => Thrown::Into(cx.take_exc(r)),
        }
    } else if matches!(
        inner.class_word(),
        crate::statics::word::GENERATOR | crate::statics::word::COROUTINE
    ) {
        match throw_with(cx, &inner, exc, close_delegate) {
            Ok(Step::Yield(v)) => Thrown::Yielded(v),
            Ok(Step::Return(v)) => {
                let r = cx.stop_iteration(Some(v).filter(|v| !v.is_none()));
                Thrown::Into(cx.take_exc(r))
            }
            Err(r) => Thrown::Into(cx.take_exc(r)),
        }
    } else {
        match protocol::getattr_str_opt(cx, &inner, "throw") {
            Ok(Some(f)) => match protocol::call(cx, &f, &[exc]) {
                Ok(v) => Thrown::Yielded(v),
                Err(r) => Thrown::Into(cx.take_exc(r)),
            },
            Ok(None) => Thrown::Into(exc),
            Err(r) => Thrown::Into(cx.take_exc(r)),
        }
    };
    unlink_outer(cx, frame);
    g.finish(SUSPENDED);
    match result {
        Thrown::Yielded(v) => Ok(Step::Yield(v)),
        Thrown::Into(e) => resume(cx, this, Resume::Throw(e)),
    }
}

/// Put the frame of a generator above the running one while its delegate runs.
fn link_outer(cx: &mut Cx, g: &Generator) -> *mut crate::objects::frame::Frame {
    let frame = g.frame.get();
    let top = cx.stack_top();
    // SAFETY: the caller has won RUNNING.
    unsafe {
        (*frame).prev = cx.frame;
        (*frame).top = top;
        (*frame).flags |= crate::objects::frame::OWN_TOP;
        (*frame).kind = crate::objects::frame::FrameKind::GenEntry;
    }
    cx.stack.move_limit(-1);
    cx.frame = frame;
    frame
}

fn unlink_outer(cx: &mut Cx, frame: *mut crate::objects::frame::Frame) {
    // SAFETY: linked by `link_outer`, and everything above it has ended.
    unsafe {
        cx.frame = (*frame).prev;
        (*frame).prev = std::ptr::null_mut();
    }
    cx.stack.move_limit(1);
}

/// What came of throwing into a delegate.
enum Thrown {
    Yielded(Value),
    /// The exception goes into the generator itself.
    Into(Value),
}

/// `close()` of whatever a generator delegates to, when it has one.
fn close_iterator(cx: &mut Cx, it: &Value) -> Res<()> {
    if matches!(
        it.class_word(),
        crate::statics::word::GENERATOR | crate::statics::word::COROUTINE
    ) {
        return close(cx, it).map(drop);
    }
    match protocol::getattr_str_opt(cx, it, "close") {
        Ok(Some(f)) => protocol::call(cx, &f, &[]).map(drop),
        Ok(None) => Ok(()),
        // Who is closed learns nothing of it.
        Err(r) => {
            let what = "Exception ignored while closing generator";
            crate::threads::unraisable(cx, r, what, it);
            Ok(())
        }
    }
}

/// Release the frame of a generator that has not started or is garbage. The caller has won the right to run it.
pub(super) fn discard(cx: &mut Cx, g: &Generator) {
    let f = g.frame.get();
    // SAFETY: we run it.
    unsafe {
        if (*f).frame_obj != 0 {
            crate::objects::frame::object::detach(cx, f);
        }
    }
    let rest = g.end_frame();
    g.done(cx.tid);
    rest.release(&cx.thread, usize::MAX);
    drop(g.handled.put(&g.head, cx, None));
}

/// `gen.close()`: the value it returned, if any.
pub fn close(cx: &mut Cx, this: &Value) -> Res<Value> {
    let Some(g) = as_generator(this) else {
        return Err(cx.system_error("not a generator"));
    };
    let before = match g.try_start() {
        Ok(s) => s,
        Err(DONE) => return Ok(Value::none()),
        Err(_) if crate::chain::wake(cx, g) => return close(cx, this),
        Err(_) => {
            let what = kind_name(this);
            return Err(cx.value_error(format!("{what} already executing")));
        }
    };
    if before == CREATED {
        discard(cx, g);
        return Ok(Value::none());
    }
    let mut exc = None;
    if let Some(inner) = delegate(g)
        && let Err(r) = close_iterator(cx, &inner)
    {
        exc = Some(cx.take_exc(r));
    }
    if exc.is_none() && !crate::monitor::active() && leaves_at_once(g) {
        discard(cx, g);
        return Ok(Value::none());
    }
    g.finish(before);
    let exc = match exc {
        Some(e) => e,
        None => exception::new_exception(cx, ExcKind::GeneratorExit, vec![])?,
    };
    match resume(cx, this, Resume::Throw(exc)) {
        Ok(Step::Yield(v)) => {
            drop(v);
            let what = kind_name(this);
            Err(cx.runtime_error(format!("{what} ignored GeneratorExit")))
        }
        Ok(Step::Return(v)) => Ok(v),
        Err(r) if cx.exc_is(ExcKind::StopIteration) => {
            let e = cx.take_exc(r);
            Ok(stop_value(&e))
        }
        Err(r) => {
            cx.catch(r, ExcKind::GeneratorExit)?;
            Ok(Value::none())
        }
    }
}

/// Whether a GeneratorExit thrown in would come out again with nothing run on its way: there is no handler where the
/// generator stands but the one around its whole body (PEP 479), which lets it pass. The caller has won the right to run it.
pub(super) fn leaves_at_once(g: &Generator) -> bool {
    let f = g.frame.get();
    // SAFETY: nobody else runs it; a suspended frame stands at a word of its code.
    unsafe {
        let rc = (*f).code();
        if (*f).frame_obj != 0 {
            return false;
        }
        rc.handler_for((*f).lasti()).is_none_or(|h| {
            let w = rc.words[h.target as usize].load(Ordering::Relaxed);
            Rop::of(w) == Rop::Cold
                && u16::from(x_of(w)) == Op::CALL_INTRINSIC_1 as u16
                && imm_of(w) as u32 == intrinsic1::STOPITERATION_ERROR
        })
    }
}

/// Before it is freed: `finally` blocks of a suspended generator run; a coroutine that was never awaited is reported.
pub fn finalize(cx: &mut Cx, this: &Value) -> Res<()> {
    let Some(g) = as_generator(this) else {
        return Ok(());
    };
    match shown_state(cx, g) {
        SUSPENDED => {
            if let Err(r) = close(cx, this) {
                let what = "Exception ignored while closing generator";
                crate::threads::unraisable(cx, r, what, this);
            }
            Ok(())
        }
        CREATED if this.class_word() == crate::statics::word::COROUTINE => {
            let name = g
                .qualname
                .get(&g.head)
                .and_then(|q| q.downcast::<Str>().map(|s| s.to_string_lossy()))
                .unwrap_or_default();
            never_awaited(cx, this, &name);
            close(cx, this).map(drop)
        }
        _ => Ok(()),
    }
}

/// Warns through `warnings._warn_unawaited_coroutine`, which can say where the coroutine was made, or, when that is
/// missing or broken, by itself.
fn never_awaited(cx: &mut Cx, this: &Value, name: &str) {
    let mut warned = false;
    let r = warn_of_origin(cx, this, &mut warned);
    ignore_while_finalizing(cx, this, r);
    if !warned {
        let text = format!("coroutine '{name}' was never awaited");
        let r = cx.warn(ExcKind::RuntimeWarning, &text);
        ignore_while_finalizing(cx, this, r);
    }
}

fn warn_of_origin(cx: &mut Cx, this: &Value, warned: &mut bool) -> Res<()> {
    let m = crate::objects::module::methods::import(cx, "warnings")?;
    let Some(f) = protocol::getattr_str_opt(cx, &m, "_warn_unawaited_coroutine")? else {
        return Ok(());
    };
    let r = protocol::call(cx, &f, std::slice::from_ref(this)).map(drop);
    // A warning made an exception was told all the same.
    *warned = r.is_ok() || cx.exc_is(ExcKind::RuntimeWarning);
    r
}

fn ignore_while_finalizing(cx: &mut Cx, this: &Value, r: Res<()>) {
    if let Err(r) = r {
        let what = "Exception ignored while finalizing coroutine";
        crate::threads::unraisable(cx, r, what, this);
    }
}

// ---- attributes ----------------------------------------------------------------------------------------------------

pub(super) fn of(v: &Value) -> &Generator {
    as_generator(v).expect("the descriptor checked the receiver")
}

pub(super) fn get_name(_: &mut Cx, v: &Value) -> Res<Value> {
    let g = of(v);
    Ok(g.name.get(&g.head).unwrap_or_else(Value::none))
}
pub(super) fn get_qualname(_: &mut Cx, v: &Value) -> Res<Value> {
    let g = of(v);
    Ok(g.qualname.get(&g.head).unwrap_or_else(Value::none))
}
pub(super) fn set_name(cx: &mut Cx, v: &Value, to: Option<&Value>) -> Res<()> {
    let Some(to) = to.filter(|t| t.downcast::<Str>().is_some()) else {
        return Err(cx.type_error("__name__ must be set to a string object"));
    };
    let g = of(v);
    drop(g.name.put(&g.head, cx, Some(to.clone())));
    Ok(())
}
pub(super) fn set_qualname(cx: &mut Cx, v: &Value, to: Option<&Value>) -> Res<()> {
    let Some(to) = to.filter(|t| t.downcast::<Str>().is_some()) else {
        return Err(cx.type_error("__qualname__ must be set to a string object"));
    };
    let g = of(v);
    drop(g.qualname.put(&g.head, cx, Some(to.clone())));
    Ok(())
}
pub(super) fn get_running(cx: &mut Cx, v: &Value) -> Res<Value> {
    Ok(Value::bool(shown_state(cx, of(v)) == RUNNING))
}
pub(super) fn get_suspended(cx: &mut Cx, v: &Value) -> Res<Value> {
    Ok(Value::bool(shown_state(cx, of(v)) == SUSPENDED))
}
pub(super) fn get_delegate(cx: &mut Cx, v: &Value) -> Res<Value> {
    Ok(peek_delegate(cx, of(v)).unwrap_or_else(Value::none))
}
fn get_origin(_: &mut Cx, v: &Value) -> Res<Value> {
    let g = of(v);
    Ok(g.origin.get(&g.head).unwrap_or_else(Value::none))
}

/// Run `f` on the record of a generator that this thread runs or may run.
fn with_record<R>(
    cx: &mut Cx,
    g: &Generator,
    f: impl FnOnce(&mut Cx, *mut crate::objects::frame::Frame) -> R,
) -> Option<R> {
    match g.try_start() {
        Ok(before) => {
            let r = f(cx, g.frame.get());
            g.finish(before);
            Some(r)
        }
        Err(DONE) => None,
        Err(_) if crate::chain::wake(cx, g) => with_record(cx, g, f),
        // Running: by this thread, or the record shows what does not change while it runs.
        Err(_) => Some(f(cx, g.frame.get())),
    }
}

pub(super) fn get_frame(cx: &mut Cx, v: &Value) -> Res<Value> {
    match with_record(cx, of(v), crate::objects::frame::object::frame_object) {
        Some(f) => f,
        None => Ok(Value::none()),
    }
}
pub(super) fn get_code(cx: &mut Cx, v: &Value) -> Res<Value> {
    let code = with_record(cx, of(v), |cx, f| {
        // SAFETY: the function word of a record is set until the generator is done.
        let func = unsafe { crate::call::counted(cx, (*f).func) };
        func.downcast::<Function>()
            .and_then(|f| f.code.get(&f.head))
    });
    let g = of(v);
    Ok(code
        .flatten()
        .or_else(|| g.code.get(&g.head))
        .or_else(|| {
            let f = g.kept_function()?;
            f.code.get(&f.head)
        })
        .unwrap_or_else(Value::none))
}

pub(super) fn repr(cx: &mut Cx, v: &Value) -> Res<Value> {
    let g = of(v);
    let q = g
        .qualname
        .get(&g.head)
        .and_then(|q| q.downcast::<Str>().map(|s| s.to_string_lossy()))
        .unwrap_or_default();
    let t = v.type_name();
    crate::objects::str::new_str(cx, &format!("<{t} object {q} at {:#x}>", v.bits() & !7))
}

pub(super) const fn attr(
    name: &'static str,
    get: fn(&mut Cx, &Value) -> Res<Value>,
    doc: &'static str,
) -> GetSetDef {
    GetSetDef {
        member: false,
        name,
        get,
        set: None,
        doc,
    }
}
pub(super) const NAME: GetSetDef = GetSetDef {
    member: false,
    name: "__name__",
    get: get_name,
    set: Some(set_name),
    doc: "name of the generator",
};
pub(super) const QUALNAME: GetSetDef = GetSetDef {
    member: false,
    name: "__qualname__",
    get: get_qualname,
    set: Some(set_qualname),
    doc: "qualified name of the generator",
};

pub(super) const fn method(
    name: &'static str,
    call: crate::native::NativeFn,
    doc: &'static str,
) -> MethodDef {
    MethodDef {
        name,
        call,
        doc,
        text_signature: None,
        kind: MethodKind::Method,
        min: 0,
        max: 255,
        takes_keywords: false,
        quick: None,
    }
}

pub(super) fn class_getitem(cx: &mut Cx, args: Args<'_>) -> Res<Value> {
    args.check_count(cx, "__class_getitem__", 2, 2)?;
    crate::objects::genericalias::new(cx, &args.pos[0], &args.pos[1])
}
pub(super) const CLASS_GETITEM: MethodDef = MethodDef {
    name: "__class_getitem__",
    call: class_getitem,
    doc: "See PEP 585",
    text_signature: None,
    kind: MethodKind::ClassMethod,
    min: 1,
    max: 1,
    takes_keywords: false,
    quick: None,
};

macro_rules! driver {
    ($send:ident $throw:ident $close:ident $word:ident) => {
        fn $send(cx: &mut Cx, args: Args<'_>) -> Res<Value> {
            let (this, _) = receiver(cx, args, "send", crate::statics::word::$word)?;
            let n = args.pos.len() - 1;
            let [_, v] = args.pos else {
                let t = this.type_name();
                return Err(
                    cx.type_error(format!("{t}.send() takes exactly one argument ({n} given)"))
                );
            };
            let step = send(cx, this, v)?;
            finish(cx, step)
        }
        fn $throw(cx: &mut Cx, args: Args<'_>) -> Res<Value> {
            let (this, _) = receiver(cx, args, "throw", crate::statics::word::$word)?;
            let exc = throw_arguments(cx, &args.pos[1..])?;
            let step = throw(cx, this, exc)?;
            finish(cx, step)
        }
        fn $close(cx: &mut Cx, args: Args<'_>) -> Res<Value> {
            let (this, _) = receiver(cx, args, "close", crate::statics::word::$word)?;
            close(cx, this)
        }
    };
}
driver!(gen_send gen_throw gen_close GENERATOR);
driver!(coro_send coro_throw coro_close COROUTINE);

const SEND_DOC: &str = "send(value) -> send 'value' into generator,\nreturn next yielded value or raise StopIteration.";
const THROW_DOC: &str = "throw(value)\nthrow(type[,value[,tb]])\n\nRaise exception in generator, return next yielded value or raise\nStopIteration.\nthe (type, val, tb) signature is deprecated, \nand may be removed in a future version of Python.";
const CLOSE_DOC: &str = "close() -> raise GeneratorExit inside generator.";

pub static GENERATOR: Part = Part {
    methods: &[
        method("send", gen_send, SEND_DOC),
        method("throw", gen_throw, THROW_DOC),
        method("close", gen_close, CLOSE_DOC),
        CLASS_GETITEM,
    ],
    getset: &[
        NAME,
        QUALNAME,
        attr(
            "gi_yieldfrom",
            get_delegate,
            "object being iterated by yield from, or None",
        ),
        attr("gi_running", get_running, ""),
        attr("gi_frame", get_frame, ""),
        attr("gi_suspended", get_suspended, ""),
        attr("gi_code", get_code, ""),
    ],
    attrs: &[],
    install_slots: |s| {
        s.repr = Some(repr);
        s.iter = Some(|_, v| Ok(v.clone()));
        s.next = Some(next);
        s.finalize = Some(finalize);
    },
};

fn coro_await(cx: &mut Cx, v: &Value) -> Res<Value> {
    alloc(
        cx,
        Type::of::<CoroutineWrapper>(),
        CoroutineWrapper {
            head: Header::placeholder(),
            coro: v.clone(),
        },
    )
}

pub static COROUTINE: Part = Part {
    methods: &[
        method(
            "send",
            coro_send,
            "send(arg) -> send 'arg' into coroutine,\nreturn next yielded value or raise StopIteration.",
        ),
        method(
            "throw",
            coro_throw,
            "throw(value)\nthrow(type[,value[,traceback]])\n\nRaise exception in coroutine, return next yielded value or raise\nStopIteration.",
        ),
        method(
            "close",
            coro_close,
            "close() -> raise GeneratorExit inside coroutine.",
        ),
        CLASS_GETITEM,
    ],
    getset: &[
        GetSetDef {
            doc: "name of the coroutine",
            ..NAME
        },
        GetSetDef {
            doc: "qualified name of the coroutine",
            ..QUALNAME
        },
        attr("cr_await", get_delegate, "object being awaited on, or None"),
        attr("cr_running", get_running, ""),
        attr("cr_frame", get_frame, ""),
        attr("cr_code", get_code, ""),
        attr("cr_suspended", get_suspended, ""),
        attr("cr_origin", get_origin, ""),
    ],
    attrs: &[],
    install_slots: |s| {
        s.repr = Some(repr);
        s.await_ = Some(coro_await);
        s.finalize = Some(finalize);
    },
};

/// A wrapper object implementing __await__ for coroutines.
#[pytype(name = "coroutine_wrapper", gc, no_new, static_index = COROUTINE_WRAPPER)]
pub struct CoroutineWrapper {
    pub head: Header,
    coro: Value,
}

#[pymethods]
impl CoroutineWrapper {
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        let step = resume(cx, &self.coro, Resume::Next)?;
        finish_next(cx, step)
    }
    /// send(arg) -> send 'arg' into coroutine,
    /// return next yielded value or raise StopIteration.
    #[method(name = "send")]
    fn send_value(&self, arg: &Value, cx: &mut Cx) -> Res<Value> {
        let step = send(cx, &self.coro, arg)?;
        finish(cx, step)
    }
    /// throw(value)
    /// throw(type[,value[,traceback]])
    ///
    /// Raise exception in coroutine, return next yielded value or raise
    /// StopIteration.
    #[method(name = "throw")]
    fn throw_exc(&self, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let exc = throw_arguments(cx, args.pos)?;
        let step = throw(cx, &self.coro, exc)?;
        finish(cx, step)
    }
    /// close() -> raise GeneratorExit inside coroutine.
    #[method(name = "close")]
    fn close_it(&self, cx: &mut Cx) -> Res<Value> {
        close(cx, &self.coro)
    }
}

/// What an async generator yields to its own `asend`: told apart from what its awaits yield to the event loop.
pub fn async_gen_wrap(cx: &mut Cx, v: Value) -> Res<Value> {
    super::agen::wrap(cx, v)
}
