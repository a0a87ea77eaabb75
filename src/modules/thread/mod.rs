//! `_thread`: what `threading` is made of. `lock.rs`: locks; `handle.rs`: threads; `local.rs`: thread-local data.

mod handle;
mod local;
mod lock;

pub use handle::is_live;
pub use module::MODULE;

use crate::os_call;
use crate::structseq::{StructSeq, export};
use handle::ThreadHandle;
use lock::{Lock, RLock};
use std::sync::atomic::Ordering;
use typhon_vm::native::*;
use typhon_vm::objects::{Dict, exception};
use typhon_vm::os::{self, libc};
use typhon_vm::{init, protocol};

static EXCEPT_HOOK_ARGS: StructSeq = StructSeq::new(
    "_thread._ExceptHookArgs",
    "ExceptHookArgs\n\nType used to pass arguments to threading.excepthook.",
    &[
        ("exc_type", "Exception type"),
        ("exc_value", "Exception value"),
        ("exc_traceback", "Exception traceback"),
        ("thread", "Thread"),
    ],
    4,
);

/// Wait for the threads that are not daemons: for the program's end.
pub fn shutdown(cx: &mut Cx) {
    handle::shutdown(cx);
}

#[pymodule(name = "_thread", types(Lock, RLock, ThreadHandle, local::Local))]
pub mod module {
    //! This module provides primitive operations to write multi-threaded programs.
    //! The 'threading' module provides a more convenient interface.
    use super::*;

    fn start_new(cx: &mut Cx, function: &Value, args: &Value, kwargs: Option<&Value>) -> Res<u64> {
        if !protocol::is_callable(function) {
            return Err(cx.type_error("first arg must be callable"));
        }
        let Some(pos) = args.downcast::<Tuple>() else {
            return Err(cx.type_error("2nd arg must be a tuple"));
        };
        let kw = match kwargs {
            None => Vec::new(),
            Some(k) => match k.downcast::<Dict>() {
                Some(d) => handle::keywords(cx, d)?,
                None => return Err(cx.type_error("optional 3rd arg must be a dictionary")),
            },
        };
        let h = ThreadHandle::fresh(cx)?;
        let h = h.downcast::<ThreadHandle>().expect("just made");
        let state = h.claim(cx)?;
        handle::start(cx, function.clone(), pos.items().to_vec(), kw, state, true)
    }

    /// Start a new thread and return its identifier.
    #[pyfunction]
    #[sig(function, args, kwargs = absent, /)]
    fn start_new_thread(
        function: &Value,
        args: &Value,
        kwargs: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<u64> {
        start_new(cx, function, args, kwargs)
    }

    /// An obsolete synonym of start_new_thread().
    #[pyfunction(name = "start_new")]
    #[sig(function, args, kwargs = absent, /)]
    fn start_new_alias(
        function: &Value,
        args: &Value,
        kwargs: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<u64> {
        start_new(cx, function, args, kwargs)
    }

    /// *For internal use only*: start a new thread.
    #[pyfunction]
    #[sig(function, handle = None, daemon = True)]
    fn start_joinable_thread(
        function: &Value,
        handle: Option<&Value>,
        daemon: bool,
        cx: &mut Cx,
    ) -> Res<Value> {
        if !protocol::is_callable(function) {
            return Err(cx.type_error("thread function must be callable"));
        }
        let h = match handle {
            Some(h) => h.clone(),
            None => ThreadHandle::fresh(cx)?,
        };
        let Some(t) = h.downcast::<ThreadHandle>() else {
            return Err(cx.type_error("'handle' must be a _ThreadHandle"));
        };
        let state = t.claim(cx)?;
        super::handle::start(cx, function.clone(), vec![], vec![], state, daemon)?;
        Ok(h)
    }

    /// Return True if daemon threads are allowed in the current interpreter, and False otherwise.
    #[pyfunction]
    fn daemon_threads_allowed() -> bool {
        true
    }

    /// Create a new lock object.
    #[pyfunction]
    fn allocate_lock(cx: &mut Cx) -> Res<Value> {
        lock::new_lock(cx)
    }
    /// An obsolete synonym of allocate_lock().
    #[pyfunction]
    fn allocate(cx: &mut Cx) -> Res<Value> {
        lock::new_lock(cx)
    }

    /// Return a non-zero integer that uniquely identifies the current thread
    /// amongst other threads that exist simultaneously.
    #[pyfunction]
    fn get_ident() -> u64 {
        os::thread_ident()
    }
    /// Return a non-negative integer identifying the thread as reported by the OS (kernel).
    #[pyfunction]
    fn get_native_id() -> i64 {
        os::native_thread_id()
    }
    /// Return the number of currently running Python threads, excluding the main thread.
    #[pyfunction]
    fn _count() -> usize {
        handle::count()
    }

    /// Return the thread stack size used when creating new threads.
    #[pyfunction]
    #[sig(size = 0, /)]
    fn stack_size(size: i64, cx: &mut Cx) -> Res<usize> {
        if size < 0 {
            return Err(cx.value_error("size must be 0 or a positive value"));
        }
        if size != 0 && size < 32 * 1024 {
            return Err(cx.value_error(format!("size not valid: {size} bytes")));
        }
        Ok(handle::STACK_SIZE.swap(size as usize, Ordering::Relaxed))
    }

    /// Simulate the arrival of the given signal in the main thread,
    /// where the corresponding signal handler will be executed.
    #[pyfunction]
    #[sig(signum = libc::SIGINT => "signal.SIGINT", /)]
    fn interrupt_main(signum: i32, cx: &mut Cx) -> Res<()> {
        if signum < 1 || signum >= os::signal::NSIG as i32 {
            return Err(cx.value_error("signal number out of range"));
        }
        crate::signal::simulate(signum);
        Ok(())
    }

    /// This is synonymous to ``raise SystemExit''.
    #[pyfunction]
    fn exit(cx: &mut Cx) -> Res<()> {
        Err(cx.raise_args(ExcKind::SystemExit, vec![]))
    }
    /// An obsolete synonym of exit().
    #[pyfunction]
    fn exit_thread(cx: &mut Cx) -> Res<()> {
        Err(cx.raise_args(ExcKind::SystemExit, vec![]))
    }

    /// Set the name of the current thread.
    #[pyfunction]
    #[sig(name)]
    fn set_name(name: &Value, cx: &mut Cx) -> Res<()> {
        let Some(s) = name.downcast::<Str>() else {
            let t = name.type_name();
            return Err(cx.type_error(format!("set_name() argument 'name' must be str, not {t}")));
        };
        let mut b = s.to_string_lossy().into_bytes();
        b.truncate(15);
        while std::str::from_utf8(&b).is_err() {
            b.pop();
        }
        b.retain(|&c| c != 0);
        let c = os_call::c_string(cx, b)?;
        os::set_thread_name(&c);
        Ok(())
    }

    /// Wait for all non-daemon threads (other than the calling thread) to stop.
    #[pyfunction]
    fn _shutdown(cx: &mut Cx) {
        handle::shutdown(cx);
    }

    /// Internal only. Make a thread handle for threads not spawned by the _thread or threading module.
    #[pyfunction]
    #[sig(ident, /)]
    fn _make_thread_handle(ident: u64, cx: &mut Cx) -> Res<Value> {
        handle::adopt(cx, ident)
    }
    /// Internal only. Return a non-zero integer that uniquely identifies the main thread of the main interpreter.
    #[pyfunction]
    fn _get_main_thread_ident() -> u64 {
        handle::main_ident()
    }
    /// Return True if the current interpreter is the main Python interpreter.
    #[pyfunction]
    fn _is_main_interpreter() -> bool {
        true
    }

    /// Handle uncaught Thread.run() exception.
    #[pyfunction]
    #[sig(exc_info, /)]
    fn _excepthook(exc_info: &Value, cx: &mut Cx) -> Res<()> {
        let class = EXCEPT_HOOK_ARGS.class(cx)?;
        let Some([kind, value, traceback, thread]) = exc_info
            .downcast::<Tuple>()
            .map(Tuple::items)
            .filter(|_| exc_info.ty().value().is(&class))
        else {
            return Err(cx.type_error("_thread.excepthook argument type must be ExceptHookArgs"));
        };
        if kind.is(&ExcKind::SystemExit.ty().value()) {
            return Ok(());
        }
        let file = match init::sys_get(cx, "stderr").filter(|f| !f.is_none()) {
            Some(f) => f,
            None => {
                if thread.is_none() {
                    return Ok(());
                }
                // At the end of the program `sys.stderr` may be gone; the thread remembers it.
                match protocol::getattr_str_opt(cx, thread, "_stderr")?.filter(|f| !f.is_none()) {
                    Some(f) => f,
                    None => return Ok(()),
                }
            }
        };
        let name = match protocol::getattr_str_opt(cx, thread, "name")? {
            Some(n) => protocol::str_string(cx, &n)?,
            None => os::thread_ident().to_string(),
        };
        let _ = traceback;
        let text = exception::render::format_exception(cx, value);
        let text = format!("Exception in thread {name}:\n{text}").into_value(cx)?;
        protocol::call_method(cx, &file, "write", &[text])?;
        protocol::call_method(cx, &file, "flush", &[]).map(drop)
    }

    #[pyinit]
    fn init(module: &Value, cx: &mut Cx) -> Res<()> {
        if cx.is_main && super::handle::main_ident() == 0 {
            super::handle::set_main();
            crate::posix::register_in_child(super::handle::after_fork);
        }
        let v = (lock::TIMEOUT_MAX as f64 / 1e9).floor().into_value(cx)?;
        os_call::set(cx, module, "TIMEOUT_MAX", v)?;
        os_call::set(cx, module, "error", ExcKind::RuntimeError.ty().value())?;
        let v = Lock::type_object(cx)?.value();
        os_call::set(cx, module, "LockType", v)?;
        os_call::set(cx, module, "_NAME_MAXLEN", Value::small_int(15))?;
        export(cx, module, &EXCEPT_HOOK_ARGS)
    }
}
