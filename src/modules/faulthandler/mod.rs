//! `faulthandler`: tracebacks of a program that crashes, hangs, or is asked by a signal. What writes them is
//! `typhon_vm::os::fault`; here is what Python says and the files that must stay open for it.

pub use module::MODULE;

use crate::os_call;
use crate::time::nanoseconds;
use std::time::Duration;
use typhon_text::time_text::Round;
use typhon_vm::init::sys_get;
use typhon_vm::native::*;
use typhon_vm::objects::int::as_int;
use typhon_vm::os::signal::NSIG;
use typhon_vm::os::{fault, libc, signal};
use typhon_vm::postmortem;
use typhon_vm::protocol;
use typhon_vm::runtime::sync::Mutex;

/// The files whose descriptors are in use.
struct Files {
    fatal: Option<Value>,
    later: Option<Value>,
    users: [Option<Value>; NSIG],
}

static FILES: Mutex<Files> = Mutex::new(Files {
    fatal: None,
    later: None,
    users: [const { None }; NSIG],
});

/// A descriptor to write to and the file it belongs to; that of sys.stderr where there is none.
fn target(cx: &mut Cx, file: &Value) -> Res<(i32, Option<Value>)> {
    let file = if file.is_none() {
        match sys_get(cx, "stderr") {
            None => return Err(cx.runtime_error("unable to get sys.stderr")),
            Some(f) if f.is_none() => return Err(cx.runtime_error("sys.stderr is None")),
            Some(f) => f,
        }
    } else {
        file.clone()
    };
    if as_int(&file).is_some() {
        if file.is_true() || file.is_false() {
            cx.warn(ExcKind::RuntimeWarning, "bool is used as a file descriptor")?;
        }
        let fd = <i32 as FromArg>::from_arg(cx, &file, At::attribute("file"))?;
        if fd < 0 {
            return Err(cx.value_error("file is not a valid file descriptor"));
        }
        return Ok((fd, None));
    }
    let n = protocol::call_method(cx, &file, "fileno", &[])?;
    let fd = match as_int(&n) {
        Some(_) => <i32 as FromArg>::from_arg(cx, &n, At::attribute("fileno")).ok(),
        None => None,
    };
    let Some(fd) = fd.filter(|&fd| fd >= 0) else {
        return Err(cx.runtime_error("file.fileno() is not a valid file descriptor"));
    };
    if let Err(r) = protocol::call_method(cx, &file, "flush", &[]) {
        drop(cx.take_exc(r));
    }
    Ok((fd, Some(file)))
}

/// A signal that one may register.
fn user_signal(cx: &mut Cx, signal: i32) -> Res<usize> {
    if fault::is_fatal(signal) {
        return Err(cx.runtime_error(format!(
            "signal {signal} cannot be registered, use enable() instead"
        )));
    }
    match usize::try_from(signal) {
        Ok(n) if (1..NSIG).contains(&n) => Ok(n),
        _ => Err(cx.value_error("signal number out of range")),
    }
}

/// What stands above a traceback that came late: the time, in hours, minutes and seconds.
fn title(timeout: Duration) -> String {
    let seconds = timeout.as_secs();
    let (h, m, s, us) = (
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        timeout.subsec_micros(),
    );
    match us {
        0 => format!("Timeout ({h}:{m:02}:{s:02})!\n"),
        _ => format!("Timeout ({h}:{m:02}:{s:02}.{us:06})!\n"),
    }
}

fn in_child(_: &mut Cx) {
    fault::reset_in_child();
}

#[pymodule(name = "faulthandler")]
pub mod module {
    //! faulthandler module.
    use super::*;

    /// Enable the fault handler.
    #[pyfunction]
    #[sig(file = None, all_threads = True, c_stack = True)]
    fn enable(file: &Value, all_threads: bool, c_stack: bool, cx: &mut Cx) -> Res<()> {
        let (fd, file) = target(cx, file)?;
        fault::enable(fd, all_threads, c_stack).map_err(|e| os_call::raise(cx, &e))?;
        let old = std::mem::replace(&mut FILES.lock().fatal, file);
        drop(old);
        Ok(())
    }

    /// Disable the fault handler.
    #[pyfunction]
    fn disable() -> bool {
        let was = fault::disable();
        let old = FILES.lock().fatal.take();
        drop(old);
        was
    }

    /// Check if the handler is enabled.
    #[pyfunction]
    fn is_enabled() -> bool {
        fault::is_enabled()
    }

    /// Dump the traceback of the current thread, or of all threads if all_threads is True, into file.
    #[pyfunction]
    #[sig(file = None, all_threads = True)]
    fn dump_traceback(file: &Value, all_threads: bool, cx: &mut Cx) -> Res<()> {
        let (fd, _file) = target(cx, file)?;
        if !all_threads {
            fault::dump_own(fd);
            return Ok(());
        }
        // Told while all stand still, written when they run again: who reads it may be one of them.
        let mut text = String::new();
        cx.thread.stop_the_world(|_| {
            postmortem::with_scratch(|scratch| postmortem::all_threads(&mut text, scratch))
        });
        os_call::call(cx, || {
            fault::write_text(fd, &text);
            Ok(())
        })
    }

    /// Dump the C stack of the current thread.
    #[pyfunction]
    #[sig(file = None)]
    fn dump_c_stack(file: &Value, cx: &mut Cx) -> Res<()> {
        let (fd, _file) = target(cx, file)?;
        fault::dump_native_stack(fd);
        Ok(())
    }

    /// Dump the traceback of all threads in timeout seconds.
    ///
    /// If repeat is true, the tracebacks of all threads are dumped every timeout
    /// seconds. If exit is true, call _exit(1) which is not safe.
    #[pyfunction]
    #[sig(timeout, repeat = False, file = None, exit = False)]
    fn dump_traceback_later(
        timeout: &Value,
        repeat: bool,
        file: &Value,
        exit: bool,
        cx: &mut Cx,
    ) -> Res<()> {
        let ns = nanoseconds(cx, timeout, Round::Ceiling)?;
        // Whole microseconds, as the title tells them.
        let Some(us) = u64::try_from(ns / 1000 + i64::from(ns % 1000 > 0))
            .ok()
            .filter(|&us| us > 0)
        else {
            return Err(cx.value_error("timeout must be greater than 0"));
        };
        let timeout = Duration::from_micros(us);
        let (fd, file) = target(cx, file)?;
        crate::posix::register_in_child(in_child);
        os_call::call(cx, || {
            fault::dump_later(timeout, title(timeout), repeat, fd, exit)
        })?;
        let old = std::mem::replace(&mut FILES.lock().later, file);
        drop(old);
        Ok(())
    }

    /// Cancel the previous call to dump_traceback_later().
    #[pyfunction]
    fn cancel_dump_traceback_later(cx: &mut Cx) -> Res<()> {
        os_call::call(cx, || {
            fault::cancel_later();
            Ok(())
        })?;
        let old = FILES.lock().later.take();
        drop(old);
        Ok(())
    }

    /// Register a handler for the signal 'signum'.
    ///
    /// Dump the traceback of the current thread, or of all threads if
    /// all_threads is True, into file.
    #[pyfunction]
    #[sig(signum, file = None, all_threads = True, chain = False)]
    fn register(signum: i32, file: &Value, all_threads: bool, chain: bool, cx: &mut Cx) -> Res<()> {
        let n = user_signal(cx, signum)?;
        let (fd, file) = target(cx, file)?;
        crate::posix::register_in_child(in_child);
        fault::register(signum, fd, all_threads, chain).map_err(|e| os_call::raise(cx, &e))?;
        let old = std::mem::replace(&mut FILES.lock().users[n], file);
        drop(old);
        Ok(())
    }

    /// Unregister the handler of the signal 'signum' registered by register().
    #[pyfunction]
    #[sig(signum, /)]
    fn unregister(signum: i32, cx: &mut Cx) -> Res<bool> {
        let n = user_signal(cx, signum)?;
        let was = fault::unregister(signum);
        let old = FILES.lock().users[n].take();
        drop(old);
        Ok(was)
    }

    /// Read from NULL, raise a SIGSEGV or SIGBUS signal depending on the platform.
    #[pyfunction]
    fn _read_null() {
        fault::read_nothing();
    }

    /// Raise a SIGSEGV signal.
    #[pyfunction]
    #[sig(release_gil = False, /)]
    fn _sigsegv(release_gil: bool, cx: &mut Cx) -> Res<()> {
        raised(cx, libc::SIGSEGV, release_gil)
    }

    /// Raise a SIGABRT signal.
    #[pyfunction]
    fn _sigabrt(cx: &mut Cx) -> Res<()> {
        raised(cx, libc::SIGABRT, false)
    }

    /// Raise a SIGFPE signal.
    #[pyfunction]
    fn _sigfpe(cx: &mut Cx) -> Res<()> {
        raised(cx, libc::SIGFPE, false)
    }

    /// Recursive call to raise a stack overflow.
    #[pyfunction]
    fn _stack_overflow(cx: &mut Cx) -> Res<()> {
        let used = fault::overflow_the_stack();
        Err(cx.runtime_error(format!(
            "unable to raise a stack overflow (allocated {used} bytes on the stack)"
        )))
    }
}

fn raised(cx: &mut Cx, number: i32, detached: bool) -> Res<()> {
    if detached {
        os_call::call(cx, || signal::raise(number))
    } else {
        signal::raise(number).map_err(|e| os_call::raise(cx, &e))
    }
}
