//! Threads as Python has them: making a `Cx`, attaching it, and what the runtime's hooks do on it (finalizers, callbacks).

use crate::objects::frame::RegStack;
use crate::{Cx, Raised, Value, ValueExt, protocol};
use std::collections::HashMap;
use typhon_runtime::sync::Mutex;
use typhon_runtime::thread::Thread;

/// Register and frame stacks: reserved address space, committed as used.
const MAIN_STACK: usize = 256 << 20;
const THREAD_STACK: usize = 64 << 20;
const DEFAULT_RECURSION_LIMIT: u32 = 1000;

/// Exceptions that other threads asked a thread to raise, by thread id.
static ASYNC_EXC: Mutex<Option<HashMap<u16, Value>>> = Mutex::new(None);
/// `sys.setrecursionlimit` for threads to come.
static RECURSION_LIMIT: std::sync::atomic::AtomicU32 =
    std::sync::atomic::AtomicU32::new(DEFAULT_RECURSION_LIMIT);

impl Cx {
    /// A record for the calling thread, not attached yet. None when address space is out.
    pub fn new(is_main: bool, native_stack: usize) -> Option<Box<Cx>> {
        let stack = RegStack::new(if is_main { MAIN_STACK } else { THREAD_STACK })?;
        Some(Cx::with_stack(stack, is_main, native_stack))
    }
    /// The stacks of a thread to be: reserved by who starts it, who alone can tell that there is no room.
    pub(crate) fn stack_for_thread() -> Option<RegStack> {
        RegStack::new(THREAD_STACK)
    }
    pub(crate) fn with_stack(stack: RegStack, is_main: bool, native_stack: usize) -> Box<Cx> {
        let here = crate::cx::approximate_stack_pointer();
        let mut cx = Box::new(Cx {
            thread: Thread::new(),
            exc: None,
            handled: crate::cx::handled_stack(),
            frame: std::ptr::null_mut(),
            stack,
            recursion_limit: 0,
            native_limit: here.saturating_sub(native_stack),
            repr_stack: Vec::new(),
            recall: Default::default(),
            specials: Default::default(),
            locals: [const { None }; 8],
            trace: None,
            profile: None,
            no_traceback: false,
            stats: crate::stats::of_new_thread(),
            reraised_at: None,
            sink: None,
            watch: crate::monitor::Watch::new(),
            is_main,
        });
        cx.thread.naps.set(is_main);
        let limit = RECURSION_LIMIT.load(std::sync::atomic::Ordering::Relaxed);
        cx.limit_levels(limit);
        cx
    }
    /// How many levels the limit stands for: memory bounds it too.
    fn levels(&self) -> isize {
        (self.recursion_limit as usize).min(self.stack.capacity()) as isize
    }
    fn limit_levels(&mut self, n: u32) {
        let old = self.levels();
        self.recursion_limit = n;
        let more = self.levels() - old;
        self.stack.move_limit(more);
    }
    /// Depth of Python calls.
    pub fn depth(&self) -> u32 {
        (self.levels() - self.stack.levels_left()).max(0) as u32
    }
    /// `sys.setrecursionlimit`: this thread and those to come.
    pub fn set_recursion_limit(&mut self, n: u32) {
        RECURSION_LIMIT.store(n, std::sync::atomic::Ordering::Relaxed);
        self.limit_levels(n);
    }
    /// The record of the running thread.
    ///
    /// # Safety
    /// The calling thread runs with a `Cx`, and no other `&mut Cx` to it is used while this one lives.
    pub unsafe fn current<'a>() -> &'a mut Cx {
        // SAFETY: by contract; every attached record is the first field of a `Cx`.
        unsafe { &mut *Thread::current().cast::<Cx>().cast_mut() }
    }
}

/// What `threading.get_ident()` is in the thread with this record, which lives.
pub fn ident_of(t: &Thread) -> u64 {
    // SAFETY: every attached record is the first field of a `Cx`; the ident is written before it is attached.
    unsafe { (*(t as *const Thread).cast::<Cx>()).watch.ident }
}

/// The exception another thread left for this one.
pub fn take_async_exc(cx: &mut Cx) -> Option<Value> {
    ASYNC_EXC.lock().as_mut()?.remove(&cx.thread.tid)
}

/// Ask the thread with this id to raise; false when there is none.
pub fn set_async_exc(tid: u16, exc: Option<Value>) -> bool {
    let mut table = ASYNC_EXC.lock();
    let map = table.get_or_insert_with(HashMap::new);
    let old = match exc {
        Some(e) => map.insert(tid, e),
        None => map.remove(&tid),
    };
    drop(table);
    drop(old);
    typhon_runtime::thread::set_breaker_of(tid, typhon_runtime::thread::breaker::ASYNC_EXC)
}

/// Run `__del__` (or the native finalizer) of a value; errors go to `sys.unraisablehook`.
pub fn run_finalizer(cx: &mut Cx, v: &Value) {
    if let Some(f) = v.ty().slots.finalize.get()
        && let Err(r) = f(cx, v)
    {
        let what = match v.ty().lookup_str(cx, "__del__") {
            Some(d) => d,
            None => v.clone(),
        };
        unraisable(cx, r, "Exception ignored while calling deallocator", &what);
    }
}

/// Call the callbacks of weak references whose target is gone.
pub fn run_weakref_callbacks(cx: &mut Cx, list: Vec<Value>) {
    for w in list {
        if let Some(cb) = crate::objects::weakref::take_callback(cx, &w)
            && let Err(r) = protocol::call(cx, &cb, std::slice::from_ref(&w))
        {
            unraisable(
                cx,
                r,
                "Exception ignored while calling weakref callback",
                &cb,
            );
        }
    }
}

/// Report an exception that nobody can handle through `sys.unraisablehook`.
pub fn unraisable(cx: &mut Cx, raised: Raised, what: &str, object: &Value) {
    let exc = cx.take_exc(raised);
    let r = crate::init::report_unraisable(cx, exc, what, object);
    if let Err(r) = r {
        drop(cx.take_exc(r));
    }
}

/// Attach a record to the calling thread for the time of `f`, then end it. None when there is no room for another thread.
pub fn run_attached<R>(
    is_main: bool,
    native_stack: usize,
    f: impl FnOnce(&mut Cx) -> R,
) -> Option<R> {
    assert!(
        Thread::current().is_null(),
        "the thread has a record already"
    );
    let mut cx = Cx::new(is_main, native_stack)?;
    // SAFETY: the thread has no record; the box keeps the record in place until `exit` below.
    unsafe { cx.thread.attach_current() }.ok()?;
    if is_main {
        cx.thread.run_alone();
    }
    let r = f(&mut cx);
    cx.thread.exit();
    Some(r)
}
