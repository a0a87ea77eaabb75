//! `_signal`: Python's handlers. The C level (`os/signal.rs`) notes what came; `handle` runs on the main thread at its next
//! safepoint and calls the handlers.

mod numbers;
mod waiting;

pub use module::MODULE;

use crate::os_call;
use typhon_vm::native::*;
use typhon_vm::objects::str::new_str;
use typhon_vm::objects::{Dict, dict, frame};
use typhon_vm::os::signal::{self as sys, Disposition, NSIG};
use typhon_vm::os::{fs, libc};
use typhon_vm::protocol;
use typhon_vm::runtime::sync::Mutex;

/// The handler of each signal as `getsignal` shows it.
static HANDLERS: Mutex<[Option<Value>; NSIG]> = Mutex::new([const { None }; NSIG]);

const SIG_DFL: i32 = 0;
const SIG_IGN: i32 = 1;

/// Replace a handler.
fn set_handler(signal: i32, v: Option<Value>) -> Option<Value> {
    std::mem::replace(&mut HANDLERS.lock()[signal as usize], v)
}

fn handler(signal: i32) -> Option<Value> {
    HANDLERS.lock()[signal as usize].clone()
}

/// Call the handlers of the signals that came. The main thread's hook.
fn handle(cx: &mut Cx) -> Res<()> {
    if let Some(e) = sys::take_wakeup_error() {
        let r = os_call::raise(cx, &std::io::Error::from_raw_os_error(e));
        let none = Value::none();
        typhon_vm::threads::unraisable(
            cx,
            r,
            "Exception ignored when trying to write to the signal wakeup fd",
            &none,
        );
    }
    let came = sys::take_tripped();
    for (i, &s) in came.iter().enumerate() {
        let Some(h) = handler(s) else { continue };
        if h.is_none() || h.as_small_int().is_some() {
            continue;
        }
        let r = call_handler(cx, &h, s);
        if let Err(r) = r {
            sys::put_back(&came[i + 1..]);
            return Err(r);
        }
    }
    Ok(())
}

fn call_handler(cx: &mut Cx, h: &Value, signal: i32) -> Res<()> {
    let f = frame::current_frame_object(cx)?;
    protocol::call(cx, h, &[Value::small_int(signal), f]).map(drop)
}

/// Note a signal for the main thread, as `_thread.interrupt_main` does: nothing when it is ignored or left to the system.
pub fn simulate(signal: i32) {
    if handler(signal).is_some_and(|h| h.as_small_int().is_none() && !h.is_none()) {
        sys::trip(signal);
    }
}

fn number(cx: &mut Cx, n: i32) -> Res<i32> {
    if n < 1 || n >= NSIG as i32 {
        return Err(cx.value_error("signal number out of range"));
    }
    Ok(n)
}

#[pymodule(name = "_signal", include(super::waiting::functions::PART))]
pub mod module {
    //! This module provides mechanisms to use signal handlers in Python.
    use super::*;

    /// The default handler for SIGINT installed by Python.
    #[pyfunction]
    #[sig(signalnum, frame, /)]
    fn default_int_handler(signalnum: i32, frame: &Value, cx: &mut Cx) -> Res<()> {
        let _ = (signalnum, frame);
        Err(cx.raise_args(ExcKind::KeyboardInterrupt, vec![]))
    }

    /// Set the action for the given signal.
    ///
    /// The action can be SIG_DFL, SIG_IGN, or a callable Python object.
    #[pyfunction]
    #[sig(signalnum, handler, /)]
    fn signal(signalnum: i32, handler: &Value, cx: &mut Cx) -> Res<Option<Value>> {
        if !cx.is_main {
            return Err(cx.value_error("signal only works in main thread of the main interpreter"));
        }
        let n = number(cx, signalnum)?;
        let d = if protocol::is_callable(handler) {
            Disposition::Python
        } else {
            match typhon_vm::objects::int::as_int(handler) {
                Some(typhon_vm::objects::int::IntRef::Small(v)) if v == SIG_IGN as i64 => {
                    Disposition::Ignore
                }
                Some(typhon_vm::objects::int::IntRef::Small(v)) if v == SIG_DFL as i64 => {
                    Disposition::Default
                }
                _ => {
                    return Err(cx.type_error("signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object"));
                }
            }
        };
        // What came before is handled by the old handler.
        os_call::check_signals(cx)?;
        sys::set(n, d).map_err(|e| os_call::raise(cx, &e))?;
        Ok(set_handler(n, Some(handler.clone())))
    }

    /// Return the current action for the given signal.
    #[pyfunction]
    #[sig(signalnum, /)]
    fn getsignal(signalnum: i32, cx: &mut Cx) -> Res<Option<Value>> {
        let n = number(cx, signalnum)?;
        Ok(super::handler(n))
    }

    /// Return the system description of the given signal.
    #[pyfunction]
    #[sig(signalnum, /)]
    fn strsignal(signalnum: i32, cx: &mut Cx) -> Res<Option<String>> {
        let n = number(cx, signalnum)?;
        Ok(sys::describe(n))
    }

    /// Send a signal to the executing process.
    #[pyfunction]
    #[sig(signalnum, /)]
    fn raise_signal(signalnum: i32, cx: &mut Cx) -> Res<()> {
        os_call::call(cx, || sys::raise(signalnum))?;
        os_call::check_signals(cx)
    }

    /// Change system call restart behaviour.
    #[pyfunction]
    #[sig(signalnum, flag, /)]
    fn siginterrupt(signalnum: i32, flag: i32, cx: &mut Cx) -> Res<()> {
        let n = number(cx, signalnum)?;
        sys::siginterrupt(n, flag != 0).map_err(|e| os_call::raise(cx, &e))
    }

    /// set_wakeup_fd(fd, *, warn_on_full_buffer=True) -> fd
    ///
    /// Sets the fd to be written to (with the signal number) when a signal comes in.
    #[pyfunction]
    #[sig(fd, /, *, warn_on_full_buffer = True)]
    fn set_wakeup_fd(fd: &Value, warn_on_full_buffer: bool, cx: &mut Cx) -> Res<i32> {
        let fd = <i32 as FromArg>::from_arg(cx, fd, At::attribute("fd"))?;
        if !cx.is_main {
            return Err(
                cx.value_error("set_wakeup_fd only works in main thread of the main interpreter")
            );
        }
        if fd != -1 {
            fs::fstat(fd).map_err(|e| os_call::raise(cx, &e))?;
            if fs::is_blocking(fd).map_err(|e| os_call::raise(cx, &e))? {
                return Err(cx.value_error(format!("the fd {fd} must be in non-blocking mode")));
            }
        }
        Ok(sys::set_wakeup_fd(fd, warn_on_full_buffer))
    }

    #[pyinit]
    fn init(module: &Value, cx: &mut Cx) -> Res<()> {
        numbers::install(cx, module)?;
        let base = ExcKind::OSError.ty().value();
        let ns = dict::new_dict(cx)?;
        let name = new_str(cx, "signal")?;
        ns.downcast::<Dict>()
            .expect("a new dict")
            .set_str(cx, "__module__", name)?;
        let name = new_str(cx, "itimer_error")?;
        let bases = typhon_vm::objects::tuple::new_tuple(cx, vec![base])?;
        let meta = Type::of::<Type>().value();
        let error = protocol::call(cx, &meta, &[name, bases, ns])?;
        os_call::set(cx, module, "ItimerError", error)?;
        waiting::install(cx, module)?;
        let int_handler = protocol::getattr_str(cx, module, "default_int_handler")?;
        start(cx, int_handler)
    }

    /// Take over the process's signals, once.
    fn start(cx: &mut Cx, int_handler: Value) -> Res<()> {
        if typhon_vm::call::SIGNAL_HOOK.get().is_some() {
            return Ok(());
        }
        if cx.is_main {
            sys::adopt_current_thread();
        }
        typhon_vm::call::SIGNAL_HOOK.set(Some(handle));
        for s in 1..NSIG as i32 {
            let v = match sys::get(s) {
                Ok(Disposition::Default) => Value::small_int(SIG_DFL),
                Ok(Disposition::Ignore) => Value::small_int(SIG_IGN),
                Ok(_) => Value::none(),
                Err(_) => continue,
            };
            drop(set_handler(s, Some(v)));
        }
        for s in [libc::SIGPIPE, libc::SIGXFSZ] {
            if sys::set(s, Disposition::Ignore).is_ok() {
                drop(set_handler(s, Some(Value::small_int(SIG_IGN))));
            }
        }
        if handler(libc::SIGINT).is_some_and(|h| h.as_small_int() == Some(SIG_DFL as i64))
            && sys::set(libc::SIGINT, Disposition::Python).is_ok()
        {
            drop(set_handler(libc::SIGINT, Some(int_handler)));
        }
        Ok(())
    }
}
