//! Timers, masks and waiting for signals.

use crate::os_call;
use crate::structseq::{StructSeq, export};
use crate::time::nanoseconds;
use typhon_text::time_text::Round;
use typhon_vm::native::*;
use typhon_vm::objects::set::new_set_from;
use typhon_vm::os::libc;
use typhon_vm::os::signal::{self as sys, NSIG, Timer};
use typhon_vm::protocol;

static SIGINFO: StructSeq = StructSeq::new(
    "signal.struct_siginfo",
    "struct_siginfo: Result from sigwaitinfo or sigtimedwait.\n\nThis object may be accessed either as a tuple of\n(si_signo, si_code, si_errno, si_pid, si_uid, si_status, si_band),\nor via the attributes si_signo, si_code, and so on.",
    &[
        ("si_signo", "signal number"),
        ("si_code", "signal code"),
        ("si_errno", "errno associated with this signal"),
        ("si_pid", "sending process ID"),
        ("si_uid", "real user ID of sending process"),
        ("si_status", "exit value or signal"),
        ("si_band", "band event for SIGPOLL"),
    ],
    7,
);

pub fn install(cx: &mut Cx, module: &Value) -> Res<()> {
    export(cx, module, &SIGINFO)
}

/// The signals of an iterable.
fn signals(cx: &mut Cx, v: &Value) -> Res<Vec<i32>> {
    let mut out = Vec::new();
    for v in protocol::collect(cx, v)? {
        let n = <i64 as FromArg>::from_arg(cx, &v, At::attribute("signal")).or_else(|r| {
            cx.catch(r, ExcKind::OverflowError)?;
            Ok(-1)
        })?;
        if n < 1 || n >= NSIG as i64 {
            return Err(cx.value_error(format!("signal number {n} out of range [1; {}]", NSIG - 1)));
        }
        out.push(n as i32);
    }
    Ok(out)
}

fn to_set(cx: &mut Cx, signals: Vec<i32>) -> Res<Value> {
    let list = signals.into_value(cx)?;
    new_set_from(cx, &list)
}

fn seconds(cx: &mut Cx, (delay, interval): Timer) -> Res<Value> {
    (delay as f64 / 1e6, interval as f64 / 1e6).into_value(cx)
}

fn itimer_error(cx: &mut Cx, e: &std::io::Error) -> Raised {
    let made = (|| {
        let m = typhon_vm::objects::module::methods::import(cx, "_signal")?;
        let cls = protocol::getattr_str(cx, &m, "ItimerError")?;
        let n = e.raw_os_error().unwrap_or(0);
        let text = typhon_vm::objects::str::new_str(
            cx,
            &typhon_vm::objects::exception::oserror::strerror(n),
        )?;
        protocol::call(cx, &cls, &[Value::small_int(n), text])
    })();
    match made {
        Ok(exc) => cx.raise_value(exc),
        Err(r) => r,
    }
}

#[pyfunctions(part = PART, module = "_signal")]
pub mod functions {
    use super::*;

    /// Arrange for SIGALRM to arrive after the given number of seconds.
    #[pyfunction]
    #[sig(seconds, /)]
    fn alarm(seconds: i32) -> u32 {
        sys::alarm(seconds as u32)
    }

    /// Wait until a signal arrives.
    #[pyfunction]
    fn pause(cx: &mut Cx) -> Res<()> {
        cx.thread.detach(sys::pause);
        os_call::check_signals(cx)
    }

    /// Sets given itimer (one of ITIMER_REAL, ITIMER_VIRTUAL or ITIMER_PROF).
    #[pyfunction]
    #[sig(which, seconds, interval = absent, /)]
    fn setitimer(which: i32, seconds: &Value, interval: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let us = |cx: &mut Cx, v: &Value| Ok(nanoseconds(cx, v, Round::Ceiling)?.div_euclid(1000));
        let delay = us(cx, seconds)?;
        let interval = match interval {
            Some(v) => us(cx, v)?,
            None => 0,
        };
        match sys::setitimer(which, (delay, interval)) {
            Ok(old) => super::seconds(cx, old),
            Err(e) => Err(itimer_error(cx, &e)),
        }
    }

    /// Returns current value of given itimer.
    #[pyfunction]
    #[sig(which, /)]
    fn getitimer(which: i32, cx: &mut Cx) -> Res<Value> {
        match sys::getitimer(which) {
            Ok(t) => super::seconds(cx, t),
            Err(e) => Err(itimer_error(cx, &e)),
        }
    }

    /// Send a signal to a thread.
    #[pyfunction]
    #[sig(thread_id, signalnum, /)]
    fn pthread_kill(thread_id: u64, signalnum: i32, cx: &mut Cx) -> Res<()> {
        if !crate::thread::is_live(thread_id) {
            return Err(os_call::raise(
                cx,
                &std::io::Error::from_raw_os_error(libc::ESRCH),
            ));
        }
        sys::pthread_kill(thread_id, signalnum).map_err(|e| os_call::raise(cx, &e))?;
        os_call::check_signals(cx)
    }

    /// Fetch and/or change the signal mask of the calling thread.
    #[pyfunction]
    #[sig(how, mask, /)]
    fn pthread_sigmask(how: i32, mask: &Value, cx: &mut Cx) -> Res<Value> {
        let mask = signals(cx, mask)?;
        let old = sys::sigmask(how, &mask).map_err(|e| os_call::raise(cx, &e))?;
        os_call::check_signals(cx)?;
        to_set(cx, old)
    }

    /// Examine pending signals.
    #[pyfunction]
    fn sigpending(cx: &mut Cx) -> Res<Value> {
        let s = sys::sigpending().map_err(|e| os_call::raise(cx, &e))?;
        to_set(cx, s)
    }

    /// Return a set of valid signal numbers on this platform.
    #[pyfunction]
    fn valid_signals(cx: &mut Cx) -> Res<Value> {
        to_set(cx, sys::valid_signals())
    }

    /// Wait for a signal.
    #[pyfunction]
    #[sig(sigset, /)]
    fn sigwait(sigset: &Value, cx: &mut Cx) -> Res<i32> {
        let s = signals(cx, sigset)?;
        os_call::call(cx, || sys::sigwait(&s))
    }

    /// Wait synchronously until one of the signals in *sigset* is delivered.
    #[pyfunction]
    #[sig(sigset, /)]
    fn sigwaitinfo(sigset: &Value, cx: &mut Cx) -> Res<Value> {
        let s = signals(cx, sigset)?;
        let info = os_call::call(cx, || sys::sigtimedwait(&s, None))?;
        siginfo(cx, info)
    }

    /// Like sigwaitinfo(), but with a timeout.
    #[pyfunction]
    #[sig(sigset, timeout, /)]
    fn sigtimedwait(sigset: &Value, timeout: &Value, cx: &mut Cx) -> Res<Option<Value>> {
        let s = signals(cx, sigset)?;
        let ns = nanoseconds(cx, timeout, Round::Ceiling)?;
        if ns < 0 {
            return Err(cx.value_error("timeout must be non-negative"));
        }
        let end = std::time::Instant::now() + std::time::Duration::from_nanos(ns as u64);
        let left = || {
            end.saturating_duration_since(std::time::Instant::now())
                .as_nanos() as i64
        };
        match os_call::retry(cx, || sys::sigtimedwait(&s, Some(left())))? {
            Ok(info) => siginfo(cx, info).map(Some),
            Err(e) if e.raw_os_error() == Some(libc::EAGAIN) => Ok(None),
            Err(e) => Err(os_call::raise(cx, &e)),
        }
    }

    fn siginfo(cx: &mut Cx, info: [i64; 7]) -> Res<Value> {
        let mut v = Vec::new();
        for n in info {
            v.push(n.into_value(cx)?);
        }
        SIGINFO.make(cx, v)
    }
}
