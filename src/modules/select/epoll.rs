//! `select.epoll`: a set of descriptors that the kernel watches.

use crate::os_call;
use std::io;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};
use typhon_text::time_text::Round;
use typhon_vm::native::*;
use typhon_vm::objects::object;
use typhon_vm::os::{fs, libc};

/// How many events one wait asks for unless told.
const MOST: i32 = 1023;

/// select.epoll(sizehint=-1, flags=0)
///
/// Returns an epolling object
///
/// sizehint must be a positive integer or -1 for the default size. The
/// sizehint is used to optimize internal data structures. It doesn't limit
/// the maximum number of monitored events.
#[pytype(name = "epoll", module = "select")]
pub struct Epoll {
    head: Header,
    fd: AtomicI32,
}

impl Epoll {
    fn over(cx: &mut Cx, cls: &Type, fd: i32) -> Res<Value> {
        let epoll = Epoll {
            head: Header::placeholder(),
            fd: AtomicI32::new(fd),
        };
        object::alloc(cx, cls, epoll)
    }

    fn open(&self, cx: &mut Cx) -> Res<i32> {
        match self.fd.load(Ordering::Relaxed) {
            fd if fd >= 0 => Ok(fd),
            _ => Err(cx.value_error("I/O operation on closed epoll object")),
        }
    }

    fn close_now(&self) -> io::Result<()> {
        match self.fd.swap(-1, Ordering::Relaxed) {
            fd if fd >= 0 => fs::close(fd),
            _ => Ok(()),
        }
    }

    fn control(&self, cx: &mut Cx, operation: i32, fd: &Value, events: u32) -> Res<()> {
        let set = self.open(cx)?;
        let fd = os_call::fileno(cx, fd)?;
        os_call::call(cx, || fs::epoll_control(set, operation, fd, events))
    }
}

#[pymethods]
impl Epoll {
    #[new]
    #[sig(sizehint = -1, flags = 0)]
    fn new(cls: &Type, sizehint: i32, flags: i32, cx: &mut Cx) -> Res<Value> {
        if sizehint < -1 || sizehint == 0 {
            return Err(cx.value_error("negative sizehint"));
        }
        if flags & !libc::EPOLL_CLOEXEC != 0 {
            return Err(cx.raise(ExcKind::OSError, "invalid flags"));
        }
        let fd = os_call::call(cx, || fs::epoll_create(flags | libc::EPOLL_CLOEXEC))?;
        Epoll::over(cx, cls, fd)
    }

    #[slot]
    fn finalize(&self) {
        // Nobody is left to tell.
        let _ = self.close_now();
    }

    /// Create an epoll object from a given control fd.
    #[classmethod]
    #[sig(fd, /)]
    fn fromfd(cls: &Type, fd: i32, cx: &mut Cx) -> Res<Value> {
        Epoll::over(cx, cls, fd)
    }

    /// Close the epoll control file descriptor.
    ///
    /// Further operations on the epoll object will raise an exception.
    fn close(&self, cx: &mut Cx) -> Res<()> {
        self.close_now().map_err(|e| os_call::raise(cx, &e))
    }

    /// True if the epoll handler is closed
    #[getter]
    fn closed(&self) -> bool {
        self.fd.load(Ordering::Relaxed) < 0
    }

    /// Return the epoll control file descriptor.
    fn fileno(&self, cx: &mut Cx) -> Res<i32> {
        self.open(cx)
    }

    /// Registers a new fd or raises an OSError if the fd is already registered.
    ///
    ///   fd
    ///     the target file descriptor of the operation
    ///   eventmask
    ///     a bit set composed of the various EPOLL constants
    ///
    /// The epoll interface supports all file descriptors that support poll.
    #[sig(fd, eventmask = (libc::EPOLLIN | libc::EPOLLPRI | libc::EPOLLOUT) as u32)]
    fn register(&self, fd: &Value, eventmask: u32, cx: &mut Cx) -> Res<()> {
        self.control(cx, libc::EPOLL_CTL_ADD, fd, eventmask)
    }

    /// Modify event mask for a registered file descriptor.
    #[sig(fd, eventmask)]
    fn modify(&self, fd: &Value, eventmask: u32, cx: &mut Cx) -> Res<()> {
        self.control(cx, libc::EPOLL_CTL_MOD, fd, eventmask)
    }

    /// Remove a registered file descriptor from the epoll object.
    #[sig(fd)]
    fn unregister(&self, fd: &Value, cx: &mut Cx) -> Res<()> {
        self.control(cx, libc::EPOLL_CTL_DEL, fd, 0)
    }

    /// Wait for events on the epoll file descriptor.
    ///
    ///   timeout
    ///     the maximum time to wait in seconds (as float);
    ///     a timeout of None or -1 makes poll wait indefinitely
    ///   maxevents
    ///     the maximum number of events returned; -1 means no limit
    ///
    /// Returns a list containing any descriptors that have events to report,
    /// as a list of (fd, events) 2-tuples.
    #[sig(timeout = None, maxevents = -1)]
    fn poll(&self, timeout: Option<&Value>, maxevents: i32, cx: &mut Cx) -> Res<Vec<(i32, u32)>> {
        let set = self.open(cx)?;
        let end = match timeout {
            None => None,
            Some(t) => {
                let ns = crate::time::nanoseconds(cx, t, Round::Up)?;
                u64::try_from(ns)
                    .ok()
                    .and_then(|ns| Instant::now().checked_add(Duration::from_nanos(ns)))
            }
        };
        let most = match maxevents {
            -1 => MOST,
            n if n > 0 => n,
            n => {
                return Err(cx.value_error(format!("maxevents must be greater than 0, got {n}")));
            }
        };
        os_call::call(cx, || {
            let ms = match end {
                None => -1,
                Some(end) => {
                    let left = end.saturating_duration_since(Instant::now());
                    // Rounded up: a wait must not end early.
                    left.as_nanos().div_ceil(1_000_000).min(i32::MAX as u128) as i32
                }
            };
            fs::epoll_wait(set, most as usize, ms)
        })
    }

    fn __enter__(this: &Value, cx: &mut Cx) -> Res<Value> {
        if let Some(epoll) = this.downcast::<Epoll>() {
            epoll.open(cx)?;
        }
        Ok(this.clone())
    }

    #[sig(exc_type = None, exc_value = None, exc_tb = None, /)]
    fn __exit__(
        &self,
        exc_type: &Value,
        exc_value: &Value,
        exc_tb: &Value,
        cx: &mut Cx,
    ) -> Res<()> {
        let _ = (exc_type, exc_value, exc_tb);
        self.close(cx)
    }
}

pub const CONSTANTS: &[(&str, i64)] = &[
    ("EPOLLIN", libc::EPOLLIN as i64),
    ("EPOLLOUT", libc::EPOLLOUT as i64),
    ("EPOLLPRI", libc::EPOLLPRI as i64),
    ("EPOLLERR", libc::EPOLLERR as i64),
    ("EPOLLHUP", libc::EPOLLHUP as i64),
    ("EPOLLRDHUP", libc::EPOLLRDHUP as i64),
    ("EPOLLET", libc::EPOLLET as u32 as i64),
    ("EPOLLONESHOT", libc::EPOLLONESHOT as i64),
    ("EPOLLEXCLUSIVE", libc::EPOLLEXCLUSIVE as i64),
    ("EPOLLWAKEUP", libc::EPOLLWAKEUP as i64),
    ("EPOLLRDNORM", libc::EPOLLRDNORM as i64),
    ("EPOLLRDBAND", libc::EPOLLRDBAND as i64),
    ("EPOLLWRNORM", libc::EPOLLWRNORM as i64),
    ("EPOLLWRBAND", libc::EPOLLWRBAND as i64),
    ("EPOLLMSG", libc::EPOLLMSG as i64),
    ("EPOLL_CLOEXEC", libc::EPOLL_CLOEXEC as i64),
];
