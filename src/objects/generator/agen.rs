//! Async generators: the awaitables behind `asend`, `athrow`, `aclose` and `__anext__`.
//!
//! An async generator suspends for two reasons: an `await` inside it waits (the value goes out to the event loop as it is),
//! or it yields an item, which comes wrapped (`Wrapped`) so that the awaitable can tell it and finish with it.

use super::methods::{
    self, CLASS_GETITEM, NAME, QUALNAME, attr, finish, finish_next, get_code, get_delegate,
    get_frame, get_suspended, method, of, receiver, repr, throw_arguments,
};
use super::{CREATED, DONE, Generator, SUSPENDED, as_generator};
use crate::call::{Resume, Step, resume};
use crate::native::*;
use crate::objects::exception::{self, families::stop_value};
use crate::objects::object::alloc;
use crate::protocol;
use crate::slot_ext::SlotExt;
use crate::statics::word;
use std::sync::atomic::{AtomicU8, Ordering};

/// Places in `Cx::locals` of `sys.set_asyncgen_hooks`.
pub use crate::cx::local::{FINALIZER, FIRSTITER};

#[pytype(name = "async_generator_wrapped_value", gc, no_new)]
pub struct Wrapped {
    pub head: Header,
    value: Value,
}

pub fn wrap(cx: &mut Cx, v: Value) -> Res<Value> {
    let t = Wrapped::type_object(cx)?;
    alloc(
        cx,
        t,
        Wrapped {
            head: Header::placeholder(),
            value: v.into_counted(),
        },
    )
}

/// First use of an async generator: remember the finalizer, tell the event loop.
fn init_hooks(cx: &mut Cx, this: &Value) -> Res<()> {
    let g = of(this);
    if g.ag_hooks_inited.swap(1, Ordering::AcqRel) != 0 {
        return Ok(());
    }
    if let Some(f) = cx.locals[FINALIZER].clone() {
        drop(g.finalizer.put(&g.head, cx, Some(f)));
    }
    if let Some(f) = cx.locals[FIRSTITER].clone() {
        protocol::call(cx, &f, std::slice::from_ref(this))?;
    }
    Ok(())
}

/// What a step of the generator means to an awaitable: a value for the event loop, or the end with a value.
fn unwrap(cx: &mut Cx, g: &Generator, r: Res<Step>) -> Res<Step> {
    match r {
        Ok(Step::Yield(v)) => {
            if let Some(w) = v.downcast::<Wrapped>() {
                g.ag_running.store(0, Ordering::Release);
                return Ok(Step::Return(w.value.clone()));
            }
            Ok(Step::Yield(v))
        }
        Ok(Step::Return(_)) => {
            g.ag_closed.store(1, Ordering::Release);
            g.ag_running.store(0, Ordering::Release);
            Err(cx.raise_args(ExcKind::StopAsyncIteration, vec![]))
        }
        Err(r) => {
            if cx.exc_is(ExcKind::StopAsyncIteration) || cx.exc_is(ExcKind::GeneratorExit) {
                g.ag_closed.store(1, Ordering::Release);
            }
            g.ag_running.store(0, Ordering::Release);
            Err(r)
        }
    }
}

/// Win the generator for one awaitable.
fn begin(cx: &mut Cx, g: &Generator, what: &str) -> Res<()> {
    if g.ag_running
        .compare_exchange(0, 1, Ordering::AcqRel, Ordering::Relaxed)
        .is_err()
    {
        return Err(cx.runtime_error(format!("{what}: asynchronous generator is already running")));
    }
    Ok(())
}

const INIT: u8 = 0;
const ITER: u8 = 1;
const CLOSED: u8 = 2;

/// `asend(value)` and `__anext__()`.
#[pytype(name = "async_generator_asend", gc, no_new, weakrefable, static_index = ASYNC_GEN_ASEND)]
pub struct Asend {
    pub head: Header,
    agen: Value,
    value: Option<Value>,
    #[skip]
    state: AtomicU8,
}

fn new_asend(cx: &mut Cx, agen: &Value, value: Option<Value>) -> Res<Value> {
    init_hooks(cx, agen)?;
    let a = Asend {
        head: Header::placeholder(),
        agen: agen.clone(),
        value: value.map(Value::into_counted),
        state: AtomicU8::new(INIT),
    };
    alloc(cx, Type::of::<Asend>(), a)
}

impl Asend {
    fn step(&self, cx: &mut Cx, sent: &Value) -> Res<Step> {
        let g = of(&self.agen);
        let mut v = sent.clone();
        match self.state.load(Ordering::Acquire) {
            CLOSED => {
                return Err(cx.runtime_error("cannot reuse already awaited __anext__()/asend()"));
            }
            INIT => {
                if let Err(r) = begin(cx, g, "anext()") {
                    self.state.store(CLOSED, Ordering::Release);
                    return Err(r);
                }
                if v.is_none()
                    && let Some(first) = &self.value
                {
                    v = first.clone();
                }
                self.state.store(ITER, Ordering::Release);
            }
            _ => {}
        }
        let r = resume(cx, &self.agen, Resume::Send(v));
        let r = unwrap(cx, g, r);
        if !matches!(r, Ok(Step::Yield(_))) {
            self.state.store(CLOSED, Ordering::Release);
        }
        r
    }
}

#[pymethods]
impl Asend {
    /// Before it is freed: what was never awaited is reported.
    #[slot]
    fn finalize(&self, cx: &mut Cx) -> Res<()> {
        if self.state.load(Ordering::Acquire) != INIT {
            return Ok(());
        }
        let method = "asend";
        never_awaited(cx, &self.agen, method)
    }
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn await_(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        let s = self.step(cx, &Value::none())?;
        finish_next(cx, s)
    }
    fn send(&self, arg: &Value, cx: &mut Cx) -> Res<Value> {
        let s = self.step(cx, arg)?;
        finish(cx, s)
    }
    fn throw(&self, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let g = of(&self.agen);
        match self.state.load(Ordering::Acquire) {
            CLOSED => {
                return Err(cx.runtime_error("cannot reuse already awaited __anext__()/asend()"));
            }
            INIT => {
                if let Err(r) = begin(cx, g, "anext()") {
                    self.state.store(CLOSED, Ordering::Release);
                    return Err(r);
                }
                self.state.store(ITER, Ordering::Release);
            }
            _ => {}
        }
        let exc = throw_arguments(cx, args.pos)?;
        let r = methods::throw_with(cx, &self.agen, exc, false);
        let r = unwrap(cx, g, r);
        if !matches!(r, Ok(Step::Yield(_))) {
            self.state.store(CLOSED, Ordering::Release);
        }
        finish(cx, r?)
    }
    fn close(&self, cx: &mut Cx) -> Res<()> {
        if self.state.load(Ordering::Acquire) == CLOSED {
            return Ok(());
        }
        let e = exception::new_exception(cx, ExcKind::GeneratorExit, vec![])?;
        match Asend::throw(self, Args::positional(&[e]), cx) {
            Ok(_) => Err(cx.runtime_error("coroutine ignored GeneratorExit")),
            Err(r) => end_quietly(cx, r),
        }
    }
}

fn never_awaited(cx: &mut Cx, agen: &Value, method: &str) -> Res<()> {
    let g = of(agen);
    let name = g
        .qualname
        .get(&g.head)
        .and_then(|q| q.downcast::<Str>().map(|s| s.to_string_lossy()))
        .unwrap_or_default();
    let text = format!("coroutine method '{method}' of '{name}' was never awaited");
    cx.warn(ExcKind::RuntimeWarning, &text)
}

/// The exceptions that end an awaitable without a word.
fn end_quietly(cx: &mut Cx, r: Raised) -> Res<()> {
    if cx.exc_is(ExcKind::StopIteration)
        || cx.exc_is(ExcKind::StopAsyncIteration)
        || cx.exc_is(ExcKind::GeneratorExit)
    {
        drop(cx.take_exc(r));
        return Ok(());
    }
    Err(r)
}

/// `athrow(...)` and `aclose()`.
#[pytype(name = "async_generator_athrow", gc, no_new, weakrefable, static_index = ASYNC_GEN_ATHROW)]
pub struct Athrow {
    pub head: Header,
    agen: Value,
    /// What to throw; None for `aclose()`.
    args: Option<Value>,
    #[skip]
    state: AtomicU8,
}

fn new_athrow(cx: &mut Cx, agen: &Value, args: Option<Value>) -> Res<Value> {
    init_hooks(cx, agen)?;
    let a = Athrow {
        head: Header::placeholder(),
        agen: agen.clone(),
        args,
        state: AtomicU8::new(INIT),
    };
    alloc(cx, Type::of::<Athrow>(), a)
}

impl Athrow {
    fn closing(&self) -> bool {
        self.args.is_none()
    }
    /// What a step of the generator means here. `aclose` expects it to end.
    fn conclude(&self, cx: &mut Cx, g: &Generator, r: Res<Step>) -> Res<Step> {
        if !self.closing() {
            let r = unwrap(cx, g, r);
            if !matches!(r, Ok(Step::Yield(_))) {
                self.state.store(CLOSED, Ordering::Release);
            }
            return r;
        }
        match r {
            Ok(Step::Yield(v)) if v.downcast::<Wrapped>().is_some() => {
                g.ag_running.store(0, Ordering::Release);
                self.state.store(CLOSED, Ordering::Release);
                Err(cx.runtime_error("async generator ignored GeneratorExit"))
            }
            Ok(Step::Yield(v)) => Ok(Step::Yield(v)),
            Ok(Step::Return(_)) => {
                g.ag_running.store(0, Ordering::Release);
                g.ag_closed.store(1, Ordering::Release);
                self.state.store(CLOSED, Ordering::Release);
                Ok(Step::Return(Value::none()))
            }
            Err(r) => {
                g.ag_running.store(0, Ordering::Release);
                self.state.store(CLOSED, Ordering::Release);
                if cx.exc_is(ExcKind::StopAsyncIteration) || cx.exc_is(ExcKind::GeneratorExit) {
                    drop(cx.take_exc(r));
                    return Ok(Step::Return(Value::none()));
                }
                Err(r)
            }
        }
    }
    fn step(&self, cx: &mut Cx, sent: &Value) -> Res<Step> {
        let g = of(&self.agen);
        let what = if self.closing() {
            "aclose()"
        } else {
            "athrow()"
        };
        match self.state.load(Ordering::Acquire) {
            CLOSED => Err(cx.runtime_error("cannot reuse already awaited aclose()/athrow()")),
            INIT => {
                if g.ag_closed.load(Ordering::Acquire) != 0 && self.closing() || g.state() == DONE {
                    self.state.store(CLOSED, Ordering::Release);
                    return Err(cx.stop_iteration(None));
                }
                if let Err(r) = begin(cx, g, what) {
                    self.state.store(CLOSED, Ordering::Release);
                    return Err(r);
                }
                if g.ag_closed.load(Ordering::Acquire) != 0 {
                    g.ag_running.store(0, Ordering::Release);
                    self.state.store(CLOSED, Ordering::Release);
                    return Err(cx.raise_args(ExcKind::StopAsyncIteration, vec![]));
                }
                if !sent.is_none() {
                    g.ag_running.store(0, Ordering::Release);
                    return Err(
                        cx.runtime_error("can't send non-None value to a just-started coroutine")
                    );
                }
                self.state.store(ITER, Ordering::Release);
                let exc = match &self.args {
                    Some(a) => {
                        let items = a
                            .downcast::<Tuple>()
                            .map(|t| t.items().to_vec())
                            .unwrap_or_default();
                        throw_arguments(cx, &items)?
                    }
                    None => {
                        g.ag_closed.store(1, Ordering::Release);
                        exception::new_exception(cx, ExcKind::GeneratorExit, vec![])?
                    }
                };
                if self.closing() && g.state() == CREATED {
                    // Nothing has run: there is nothing to unwind.
                    methods::close(cx, &self.agen)?;
                    return self.conclude(cx, g, Ok(Step::Return(Value::none())));
                }
                let r = methods::throw_with(cx, &self.agen, exc, false);
                self.conclude(cx, g, r)
            }
            _ => {
                let r = resume(cx, &self.agen, Resume::Send(sent.clone()));
                self.conclude(cx, g, r)
            }
        }
    }
}

#[pymethods]
impl Athrow {
    /// Before it is freed: what was never awaited is reported.
    #[slot]
    fn finalize(&self, cx: &mut Cx) -> Res<()> {
        if self.state.load(Ordering::Acquire) != INIT {
            return Ok(());
        }
        let method = if self.closing() { "aclose" } else { "athrow" };
        never_awaited(cx, &self.agen, method)
    }
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn await_(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        let s = self.step(cx, &Value::none())?;
        finish_next(cx, s)
    }
    fn send(&self, arg: &Value, cx: &mut Cx) -> Res<Value> {
        let s = self.step(cx, arg)?;
        finish(cx, s)
    }
    fn throw(&self, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let g = of(&self.agen);
        let what = if self.closing() {
            "aclose()"
        } else {
            "athrow()"
        };
        match self.state.load(Ordering::Acquire) {
            CLOSED => {
                return Err(cx.runtime_error("cannot reuse already awaited aclose()/athrow()"));
            }
            INIT => {
                if let Err(r) = begin(cx, g, what) {
                    self.state.store(CLOSED, Ordering::Release);
                    return Err(r);
                }
                self.state.store(ITER, Ordering::Release);
            }
            _ => {}
        }
        let exc = throw_arguments(cx, args.pos)?;
        let r = methods::throw_with(cx, &self.agen, exc, false);
        let s = self.conclude(cx, g, r)?;
        finish(cx, s)
    }
    fn close(&self, cx: &mut Cx) -> Res<()> {
        if self.state.load(Ordering::Acquire) == CLOSED {
            return Ok(());
        }
        let e = exception::new_exception(cx, ExcKind::GeneratorExit, vec![])?;
        match Athrow::throw(self, Args::positional(&[e]), cx) {
            Ok(_) => Err(cx.runtime_error("coroutine ignored GeneratorExit")),
            Err(r) => end_quietly(cx, r),
        }
    }
}

// ---- the async generator itself ------------------------------------------------------------------------------------

fn anext(cx: &mut Cx, this: &Value) -> Res<Value> {
    new_asend(cx, this, None)
}
fn anext_method(cx: &mut Cx, args: Args<'_>) -> Res<Value> {
    let (this, _) = receiver(cx, args, "asend", word::ASYNC_GENERATOR)?;
    let n = args.pos.len() - 1;
    let [_, v] = args.pos else {
        return Err(cx.type_error(format!(
            "async_generator.asend() takes exactly one argument ({n} given)"
        )));
    };
    new_asend(cx, this, Some(v.clone()))
}
fn athrow_method(cx: &mut Cx, args: Args<'_>) -> Res<Value> {
    let (this, _) = receiver(cx, args, "athrow", word::ASYNC_GENERATOR)?;
    methods::warn_of_three(cx, args.pos.len() - 1)?;
    let a = crate::objects::tuple::new_tuple(cx, args.pos[1..].to_vec())?;
    new_athrow(cx, this, Some(a))
}
fn aclose_method(cx: &mut Cx, args: Args<'_>) -> Res<Value> {
    let (this, _) = receiver(cx, args, "aclose", word::ASYNC_GENERATOR)?;
    new_athrow(cx, this, None)
}
fn get_ag_running(_: &mut Cx, v: &Value) -> Res<Value> {
    Ok(Value::bool(of(v).ag_running.load(Ordering::Acquire) != 0))
}

/// Before it is freed: the event loop's hook takes over a generator that has more to do.
fn finalize(cx: &mut Cx, this: &Value) -> Res<()> {
    let Some(g) = as_generator(this) else {
        return Ok(());
    };
    if g.state() == SUSPENDED
        && g.ag_closed.load(Ordering::Acquire) == 0
        && let Some(f) = g.finalizer.get(&g.head)
    {
        return protocol::call(cx, &f, std::slice::from_ref(this)).map(drop);
    }
    methods::finalize(cx, this)
}

pub static ASYNC_GENERATOR: Part = Part {
    methods: &[
        method("asend", anext_method, "asend(v) -> send 'v' in generator."),
        method(
            "athrow",
            athrow_method,
            "athrow(value)\nathrow(type[,value[,tb]])\n\nraise exception in generator.",
        ),
        method(
            "aclose",
            aclose_method,
            "aclose() -> raise GeneratorExit inside generator.",
        ),
        CLASS_GETITEM,
    ],
    getset: &[
        NAME,
        QUALNAME,
        attr("ag_await", get_delegate, "object being awaited on, or None"),
        attr("ag_running", get_ag_running, ""),
        attr("ag_frame", get_frame, ""),
        attr("ag_code", get_code, ""),
        attr("ag_suspended", get_suspended, ""),
    ],
    attrs: &[],
    install_slots: |s| {
        s.repr = Some(repr);
        s.aiter = Some(|_, v| Ok(v.clone()));
        s.anext = Some(anext);
        s.finalize = Some(finalize);
    },
};

// ---- anext(it, default) --------------------------------------------------------------------------------------------

/// The awaitable of `anext(it, default)`: the default in place of `StopAsyncIteration`.
#[pytype(name = "anext_awaitable", gc, no_new, static_index = ANEXT_AWAITABLE)]
pub struct AnextAwaitable {
    pub head: Header,
    wrapped: Value,
    default: Value,
}

pub fn new_anext_awaitable(cx: &mut Cx, wrapped: &Value, default: &Value) -> Res<Value> {
    let a = AnextAwaitable {
        head: Header::placeholder(),
        wrapped: wrapped.clone(),
        default: default.clone(),
    };
    alloc(cx, Type::of::<AnextAwaitable>(), a)
}

impl AnextAwaitable {
    /// The iterator behind the awaitable.
    fn inner(&self, cx: &mut Cx) -> Res<Value> {
        let it = crate::cold::get_awaitable(cx, &self.wrapped)?;
        if it.class_word() == word::COROUTINE
            && let Some(f) = it.ty().slots.await_.get()
        {
            return f(cx, &it);
        }
        Ok(it)
    }
    fn ended(&self, cx: &mut Cx, r: Raised) -> Raised {
        if cx.exc_is(ExcKind::StopAsyncIteration) {
            drop(cx.take_exc(r));
            let d = self.default.clone();
            return cx.stop_iteration(Some(d));
        }
        r
    }
    fn proxy(&self, cx: &mut Cx, name: &'static str, args: &[Value]) -> Res<Value> {
        let it = self.inner(cx)?;
        protocol::call_method(cx, &it, name, args).map_err(|r| self.ended(cx, r))
    }
}

#[pymethods]
impl AnextAwaitable {
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn await_(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        let it = self.inner(cx)?;
        let Some(f) = it.ty().slots.next.get() else {
            let t = it.type_name();
            return Err(cx.type_error(format!("'{t}' object is not an iterator")));
        };
        f(cx, &it).map_err(|r| self.ended(cx, r))
    }
    fn send(&self, arg: &Value, cx: &mut Cx) -> Res<Value> {
        self.proxy(cx, "send", std::slice::from_ref(arg))
    }
    fn throw(&self, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        self.proxy(cx, "throw", args.pos)
    }
    fn close(&self, cx: &mut Cx) -> Res<Value> {
        self.proxy(cx, "close", &[])
    }
}

/// The value of a `StopIteration` that ended an awaitable.
pub fn ended_with(exc: &Value) -> Value {
    stop_value(exc)
}
