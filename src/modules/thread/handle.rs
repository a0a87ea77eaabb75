//! Starting threads and waiting for their end.

use super::local;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use typhon_text::time_text::Round;
use typhon_vm::native::*;
use typhon_vm::objects::Dict;
use typhon_vm::runtime::fork;
use typhon_vm::runtime::park::{RawEvent, Wait};
use typhon_vm::runtime::sync::Mutex;
use typhon_vm::{os, protocol, spawn, threads};

const NOT_STARTED: u8 = 0;
const STARTING: u8 = 1;
const RUNNING: u8 = 2;

/// A thread as others see it. Lives as long as anybody looks.
pub struct State {
    stage: AtomicU8,
    ident: AtomicU64,
    /// What the system calls it, once it has begun; 0: nobody knows.
    native: AtomicI64,
    begun: RawEvent,
    done: RawEvent,
}

impl State {
    fn new(stage: u8, ident: u64) -> Arc<State> {
        Arc::new(State {
            stage: AtomicU8::new(stage),
            ident: AtomicU64::new(ident),
            native: AtomicI64::new(0),
            begun: RawEvent::new(),
            done: RawEvent::new(),
        })
    }
    /// In the child of a fork, of a thread that is not there.
    fn is_gone(&self) {
        self.begun.set();
        self.done.set();
    }
}

/// Threads that the end of the program waits for.
static AWAITED: Mutex<Vec<Arc<State>>> = Mutex::new(Vec::new());
/// All threads started here that have not ended.
static RUNNING_THREADS: Mutex<Vec<Arc<State>>> = Mutex::new(Vec::new());
/// Handles of threads that were not started here, as long as anybody looks.
static ADOPTED: Mutex<Vec<Weak<State>>> = Mutex::new(Vec::new());
static MAIN_IDENT: AtomicU64 = AtomicU64::new(0);
/// `_thread.stack_size()`; 0: the default.
pub static STACK_SIZE: AtomicUsize = AtomicUsize::new(0);

/// The calling thread is the main thread.
pub fn set_main() {
    MAIN_IDENT.store(os::thread_ident(), Ordering::Relaxed);
}

pub fn main_ident() -> u64 {
    MAIN_IDENT.load(Ordering::Relaxed)
}

/// Whether a thread with this ident has been started and has not ended.
pub fn is_live(ident: u64) -> bool {
    let others = RUNNING_THREADS.lock();
    ident == main_ident()
        || others
            .iter()
            .any(|s| s.ident.load(Ordering::Relaxed) == ident)
}

pub fn count() -> usize {
    RUNNING_THREADS.lock().len()
}

/// In the child of a fork the caller is the only thread left.
pub fn after_fork(_: &mut Cx) {
    let me = os::thread_ident();
    let gone = std::mem::take(&mut *RUNNING_THREADS.lock());
    for s in &gone {
        if s.ident.load(Ordering::Relaxed) != me {
            s.is_gone();
        }
    }
    let adopted = std::mem::take(&mut *ADOPTED.lock());
    for s in adopted.iter().filter_map(Weak::upgrade) {
        if s.ident.load(Ordering::Relaxed) != me {
            s.is_gone();
        }
    }
    AWAITED.lock().clear();
    MAIN_IDENT.store(me, Ordering::Relaxed);
}

/// Start a thread that calls `func`.
pub fn start(
    cx: &mut Cx,
    func: Value,
    pos: Vec<Value>,
    kw: Vec<(String, Value)>,
    state: Arc<State>,
    daemon: bool,
) -> Res<u64> {
    if crate::sys::functions::FINALIZING.load(Ordering::Acquire) {
        state.stage.store(NOT_STARTED, Ordering::Release);
        let text = "can't create new thread at interpreter shutdown";
        return Err(cx.raise(ExcKind::PythonFinalizationError, text));
    }
    RUNNING_THREADS.lock().push(state.clone());
    if !daemon {
        AWAITED.lock().push(state.clone());
    }
    let (inner, end) = (state.clone(), state.clone());
    let main = move |cx: &mut Cx| {
        inner.ident.store(os::thread_ident(), Ordering::Relaxed);
        inner
            .native
            .store(os::native_thread_id(), Ordering::Relaxed);
        inner.stage.store(RUNNING, Ordering::Release);
        inner.begun.set();
        let kw: Vec<(&str, Value)> = kw.iter().map(|(n, v)| (n.as_str(), v.clone())).collect();
        if let Err(r) = protocol::call_kw(cx, &func, &pos, &kw) {
            if cx.exc_is(ExcKind::SystemExit) {
                drop(cx.take_exc(r));
            } else {
                threads::unraisable(cx, r, "Exception ignored in thread started by", &func);
            }
        }
        drop((func, pos, kw));
        local::forget_thread(cx);
    };
    let ended = move || forget(&end);
    let stack = STACK_SIZE.load(Ordering::Relaxed);
    match spawn::spawn(stack, main, ended) {
        Ok(ident) => {
            state.ident.store(ident, Ordering::Relaxed);
            let _ = state.stage.compare_exchange(
                STARTING,
                RUNNING,
                Ordering::AcqRel,
                Ordering::Relaxed,
            );
            Ok(ident)
        }
        Err(_) => {
            forget(&state);
            state.done.clear();
            state.stage.store(NOT_STARTED, Ordering::Release);
            Err(cx.runtime_error("can't start new thread"))
        }
    }
}

/// The thread has ended, or never was. One that has ended calls this itself: a fork finds it before or behind.
fn forget(state: &Arc<State>) {
    {
        let _no_fork = fork::put_off();
        RUNNING_THREADS.lock().retain(|s| !Arc::ptr_eq(s, state));
        AWAITED.lock().retain(|s| !Arc::ptr_eq(s, state));
        state.done.set_unheard();
    }
    state.done.wake();
}

/// Wait for all threads that are not daemons.
pub fn shutdown(cx: &mut Cx) {
    let me = os::thread_ident();
    loop {
        let next = AWAITED
            .lock()
            .iter()
            .find(|s| s.ident.load(Ordering::Relaxed) != me)
            .cloned();
        let Some(s) = next else { return };
        if let Err(r) = wait(cx, &s.done, None) {
            let none = Value::none();
            threads::unraisable(
                cx,
                r,
                "Exception ignored while joining a thread in _thread._shutdown()",
                &none,
            );
            AWAITED.lock().retain(|o| !Arc::ptr_eq(o, &s));
        }
    }
}

fn wait(cx: &mut Cx, event: &RawEvent, end: Option<Instant>) -> Res<()> {
    if cx.is_main {
        os::signal::ensure_watcher();
    }
    while !event.is_set() {
        let left = end.map(|e| e.saturating_duration_since(Instant::now()));
        match event.wait(&mut cx.thread, left, true) {
            Wait::Acquired | Wait::TimedOut => return Ok(()),
            Wait::Interrupted => crate::os_call::check_signals(cx)?,
        }
    }
    Ok(())
}

/// The handle of a thread.
#[pytype(name = "_ThreadHandle", module = "_thread", weakrefable)]
pub struct ThreadHandle {
    head: Header,
    #[skip]
    pub state: Arc<State>,
}

/// A handle of a thread that runs already and was not started here.
pub fn adopt(cx: &mut Cx, ident: u64) -> Res<Value> {
    let state = State::new(RUNNING, ident);
    state.begun.set();
    {
        let mut adopted = ADOPTED.lock();
        adopted.retain(|s| s.strong_count() != 0);
        adopted.push(Arc::downgrade(&state));
    }
    crate::os_call::make(
        cx,
        ThreadHandle {
            head: Header::placeholder(),
            state,
        },
    )
}

impl ThreadHandle {
    /// A handle to be started.
    pub fn fresh(cx: &mut Cx) -> Res<Value> {
        crate::os_call::make(
            cx,
            ThreadHandle {
                head: Header::placeholder(),
                state: State::new(NOT_STARTED, 0),
            },
        )
    }
    /// Claim it for a start; an error when it has been started.
    pub fn claim(&self, cx: &mut Cx) -> Res<Arc<State>> {
        match self.state.stage.compare_exchange(
            NOT_STARTED,
            STARTING,
            Ordering::AcqRel,
            Ordering::Relaxed,
        ) {
            Ok(_) => Ok(self.state.clone()),
            Err(_) => Err(cx.runtime_error("thread already started")),
        }
    }
}

#[pymethods]
impl ThreadHandle {
    #[new]
    fn new(cls: &Type, cx: &mut Cx) -> Res<Value> {
        typhon_vm::objects::object::alloc(
            cx,
            cls,
            ThreadHandle {
                head: Header::placeholder(),
                state: State::new(NOT_STARTED, 0),
            },
        )
    }
    #[getter]
    fn ident(&self) -> u64 {
        self.state.ident.load(Ordering::Relaxed)
    }
    fn is_done(&self) -> bool {
        self.state.done.is_set()
    }
    /// What the system calls a thread started here, as soon as it has begun; None of one that a fork left behind.
    fn _native_id(&self, cx: &mut Cx) -> Res<Option<i64>> {
        let s = &self.state;
        let ends = cx.is_main && crate::sys::functions::FINALIZING.load(Ordering::Acquire);
        if s.stage.load(Ordering::Acquire) != NOT_STARTED && !ends {
            wait(cx, &s.begun, None)?;
        }
        Ok(Some(s.native.load(Ordering::Relaxed)).filter(|&n| n != 0))
    }
    fn _set_done(&self, cx: &mut Cx) -> Res<()> {
        if self.state.stage.load(Ordering::Acquire) == NOT_STARTED {
            return Err(cx.runtime_error("thread not started"));
        }
        self.state.done.set();
        Ok(())
    }
    #[sig(timeout = None, /)]
    fn join(&self, timeout: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let end = match timeout {
            None => None,
            Some(t) => {
                let ns = crate::time::nanoseconds(cx, t, Round::Up)?;
                if ns < 0 {
                    None
                } else {
                    Instant::now().checked_add(Duration::from_nanos(ns as u64))
                }
            }
        };
        let s = &self.state;
        if s.stage.load(Ordering::Acquire) == NOT_STARTED {
            return Err(cx.runtime_error("thread not started"));
        }
        if s.ident.load(Ordering::Relaxed) == os::thread_ident() && !s.done.is_set() {
            return Err(cx.runtime_error("Cannot join current thread"));
        }
        if cx.is_main
            && crate::sys::functions::FINALIZING.load(Ordering::Acquire)
            && !s.done.is_set()
        {
            // Who ends the process does not wait for a daemon thread.
            let text = "cannot join thread at interpreter shutdown";
            return Err(cx.raise(ExcKind::PythonFinalizationError, text));
        }
        wait(cx, &s.done, end)
    }
    #[slot]
    fn repr(&self) -> String {
        let at = (&raw const self.head) as usize;
        format!(
            "<_thread._ThreadHandle object at {at:#x}: ident={}>",
            self.state.ident.load(Ordering::Relaxed)
        )
    }
}

/// The keyword arguments of a dict.
pub fn keywords(cx: &mut Cx, d: &Dict) -> Res<Vec<(String, Value)>> {
    let mut out = Vec::new();
    for (k, v) in d.entries(cx) {
        match k.downcast::<Str>() {
            Some(s) => out.push((s.to_string_lossy(), v)),
            None => return Err(cx.type_error("keywords must be strings")),
        }
    }
    Ok(out)
}
