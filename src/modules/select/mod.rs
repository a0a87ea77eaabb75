//! `select`: waiting for descriptors by `poll(2)`; `epoll.rs`: the kernel's own sets.

mod epoll;

pub use module::MODULE;

use crate::os_call;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use typhon_text::time_text::Round;
use typhon_vm::native::*;
use typhon_vm::os::{fs, libc};
use typhon_vm::protocol;

/// Wait for events until `end`, handling signals meanwhile.
fn wait(cx: &mut Cx, fds: &[(i32, i16)], end: Option<Instant>) -> Res<Vec<(i32, i16)>> {
    let mut out = Vec::new();
    let r = os_call::retry(cx, || {
        let ms = match end {
            None => -1,
            Some(e) => {
                let left = e.saturating_duration_since(Instant::now());
                // Rounded up: a wait must not end early.
                left.as_nanos().div_ceil(1_000_000).min(i32::MAX as u128) as i32
            }
        };
        out = fds.to_vec();
        fs::poll(&mut out, ms)
    })?;
    match r {
        Ok(_) => Ok(out),
        Err(e) => Err(os_call::raise(cx, &e)),
    }
}

/// The end of a wait of so many nanoseconds.
fn end_of(ns: i64) -> Option<Instant> {
    Instant::now().checked_add(Duration::from_nanos(ns as u64))
}

/// Returns a polling object.
#[pytype(name = "poll", module = "select")]
pub struct Poll {
    head: Header,
    #[skip]
    fds: Guarded<BTreeMap<i32, i16>>,
}

const DEFAULT: u16 = (libc::POLLIN | libc::POLLPRI | libc::POLLOUT) as u16;

#[pymethods]
impl Poll {
    /// Register a file descriptor with the polling object.
    #[sig(fd, eventmask = DEFAULT, /)]
    fn register(&self, fd: &Value, eventmask: u16, cx: &mut Cx) -> Res<()> {
        let fd = os_call::fileno(cx, fd)?;
        self.fds
            .lock(&self.head, &mut cx.thread)
            .insert(fd, eventmask as i16);
        Ok(())
    }
    /// Modify an already registered file descriptor.
    #[sig(fd, eventmask, /)]
    fn modify(&self, fd: &Value, eventmask: u16, cx: &mut Cx) -> Res<()> {
        let fd = os_call::fileno(cx, fd)?;
        let mut all = self.fds.lock(&self.head, &mut cx.thread);
        let known = all.get_mut(&fd).map(|e| *e = eventmask as i16).is_some();
        drop(all);
        if known {
            Ok(())
        } else {
            Err(os_call::raise(
                cx,
                &std::io::Error::from_raw_os_error(libc::ENOENT),
            ))
        }
    }
    /// Remove a file descriptor being tracked by the polling object.
    #[sig(fd, /)]
    fn unregister(&self, fd: &Value, cx: &mut Cx) -> Res<()> {
        let fd = os_call::fileno(cx, fd)?;
        let known = self
            .fds
            .lock(&self.head, &mut cx.thread)
            .remove(&fd)
            .is_some();
        if known {
            Ok(())
        } else {
            let n = Value::small_int(fd);
            Err(cx.key_error(&n))
        }
    }
    /// Polls the set of registered file descriptors.
    #[sig(timeout = None, /)]
    fn poll(&self, timeout: Option<&Value>, cx: &mut Cx) -> Res<Vec<(i32, i32)>> {
        let end = match timeout {
            None => None,
            Some(t) => {
                // Milliseconds.
                let ns = crate::time::nanoseconds(cx, t, Round::Up)? / 1000;
                if ns < 0 { None } else { end_of(ns) }
            }
        };
        let fds: Vec<(i32, i16)> = self
            .fds
            .lock(&self.head, &mut cx.thread)
            .iter()
            .map(|(f, e)| (*f, *e))
            .collect();
        let got = wait(cx, &fds, end)?;
        Ok(got
            .into_iter()
            .filter(|g| g.1 != 0)
            .map(|(f, e)| (f, e as u16 as i32))
            .collect())
    }
}

#[pymodule(name = "select", types(epoll::Epoll))]
pub mod module {
    //! This module supports asynchronous I/O on multiple file descriptors.
    use super::*;

    /// Wait until one or more file descriptors are ready for some kind of I/O.
    #[pyfunction]
    #[sig(rlist, wlist, xlist, timeout = None, /)]
    fn select(
        rlist: &Value,
        wlist: &Value,
        xlist: &Value,
        timeout: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<(Vec<Value>, Vec<Value>, Vec<Value>)> {
        let end = match timeout {
            None => None,
            Some(t) => {
                let ns = crate::time::nanoseconds(cx, t, Round::Up)?;
                if ns < 0 {
                    return Err(cx.value_error("timeout must be non-negative"));
                }
                end_of(ns)
            }
        };
        let mut fds = Vec::new();
        let mut sets: [Vec<Value>; 3] = Default::default();
        let wanted = [libc::POLLIN, libc::POLLOUT, libc::POLLPRI];
        for ((list, set), events) in [rlist, wlist, xlist].into_iter().zip(&mut sets).zip(wanted) {
            for v in protocol::collect(cx, list)? {
                fds.push((os_call::fileno(cx, &v)?, events));
                set.push(v);
            }
        }
        let got = wait(cx, &fds, end)?;
        if got.iter().any(|g| g.1 & libc::POLLNVAL != 0) {
            return Err(os_call::raise(
                cx,
                &std::io::Error::from_raw_os_error(libc::EBADF),
            ));
        }
        let mut got = got.into_iter();
        let ready = [
            libc::POLLIN | libc::POLLHUP | libc::POLLERR,
            libc::POLLOUT | libc::POLLERR,
            libc::POLLPRI,
        ];
        let mut out = sets.into_iter().zip(ready).map(|(set, events)| {
            set.into_iter()
                .zip(got.by_ref())
                .filter(|(_, g)| g.1 & events != 0)
                .map(|(v, _)| v)
                .collect::<Vec<_>>()
        });
        let mut next = || out.next().unwrap_or_default();
        Ok((next(), next(), next()))
    }

    /// Returns a polling object, which supports registering and unregistering file descriptors.
    #[pyfunction]
    fn poll(cx: &mut Cx) -> Res<Value> {
        os_call::make(
            cx,
            Poll {
                head: Header::placeholder(),
                fds: Guarded::new(BTreeMap::new()),
            },
        )
    }

    #[pyinit]
    fn init(module: &Value, cx: &mut Cx) -> Res<()> {
        os_call::set(cx, module, "error", ExcKind::OSError.ty().value())?;
        os_call::set_constants(cx, module, epoll::CONSTANTS)?;
        os_call::set_constants(
            cx,
            module,
            &[
                ("POLLIN", libc::POLLIN as i64),
                ("POLLPRI", libc::POLLPRI as i64),
                ("POLLOUT", libc::POLLOUT as i64),
                ("POLLERR", libc::POLLERR as i64),
                ("POLLHUP", libc::POLLHUP as i64),
                ("POLLNVAL", libc::POLLNVAL as i64),
                ("POLLRDNORM", libc::POLLRDNORM as i64),
                ("POLLRDBAND", libc::POLLRDBAND as i64),
                ("POLLWRNORM", libc::POLLWRNORM as i64),
                ("POLLWRBAND", libc::POLLWRBAND as i64),
                ("POLLRDHUP", libc::POLLRDHUP as i64),
                ("PIPE_BUF", libc::PIPE_BUF as i64),
            ],
        )
    }
}
