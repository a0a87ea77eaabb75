//! The class `socket`. Its state is a few atomic words; every call that may wait runs detached, so another thread can close
//! the socket meanwhile, as in CPython.

use super::address::{address_of, to_python};
use crate::os_call;
use std::io;
use std::sync::atomic::{AtomicI32, AtomicI64, Ordering};
use std::time::{Duration, Instant};
use typhon_text::time_text::Round;
use typhon_vm::native::*;
use typhon_vm::objects::object;
use typhon_vm::os::socket::{self as sys, Address};
use typhon_vm::os::{fs, libc};
use typhon_vm::protocol;

/// Nanoseconds; negative: wait for ever.
pub static DEFAULT_TIMEOUT: AtomicI64 = AtomicI64::new(-1);

/// socket(family=AF_INET, type=SOCK_STREAM, proto=0) -> socket object
/// socket(family=-1, type=-1, proto=-1, fileno=None) -> socket object
///
/// Open a socket of the given type.  The family argument specifies the
/// address family; it defaults to AF_INET.  The type argument specifies
/// whether this is a stream (SOCK_STREAM, this is the default)
/// or datagram (SOCK_DGRAM) socket.  The protocol argument defaults to 0,
/// specifying the default protocol.  Keyword arguments are accepted.
/// The socket is created as non-inheritable.
///
/// When a fileno is passed in, family, type and proto are auto-detected,
/// unless they are explicitly set.
///
/// A socket object represents one endpoint of a network connection.
#[pytype(name = "socket", module = "_socket", basetype)]
pub struct Socket {
    pub head: Header,
    fd: AtomicI32,
    family: AtomicI32,
    kind: AtomicI32,
    protocol: AtomicI32,
    timeout: AtomicI64,
}

/// What a socket must be ready for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ready {
    Read,
    Write,
}

impl Ready {
    fn events(self) -> i16 {
        match self {
            Ready::Read => libc::POLLIN,
            Ready::Write => libc::POLLOUT,
        }
    }
}

/// When a wait must end; None: never.
#[derive(Clone, Copy)]
pub struct Deadline(Option<Instant>);

fn timed_out(cx: &mut Cx) -> Raised {
    cx.raise(ExcKind::TimeoutError, "timed out")
}

/// Wait until a descriptor is ready. Handles signals; raises TimeoutError at the deadline.
fn wait(cx: &mut Cx, fd: i32, ready: Ready, deadline: Deadline) -> Res<()> {
    loop {
        let ms = match deadline.0 {
            None => -1,
            Some(end) => {
                let left = end.saturating_duration_since(Instant::now());
                // Rounded up: a wait must not end early.
                left.as_nanos().div_ceil(1_000_000).min(i32::MAX as u128) as i32
            }
        };
        let mut fds = [(fd, ready.events())];
        let n = cx.thread.detach(|| fs::poll(&mut fds, ms));
        match n {
            Ok(0) => return Err(timed_out(cx)),
            Ok(_) => return Ok(()),
            Err(e) if e.raw_os_error() == Some(libc::EINTR) => os_call::check_signals(cx)?,
            Err(e) => return Err(os_call::raise(cx, &e)),
        }
    }
}

impl Socket {
    fn fresh() -> Socket {
        Socket {
            head: Header::placeholder(),
            fd: AtomicI32::new(-1),
            family: AtomicI32::new(-1),
            kind: AtomicI32::new(-1),
            protocol: AtomicI32::new(-1),
            timeout: AtomicI64::new(-1),
        }
    }

    pub fn descriptor(&self) -> i32 {
        self.fd.load(Ordering::Relaxed)
    }

    pub fn address_family(&self) -> i32 {
        self.family.load(Ordering::Relaxed)
    }

    fn limit(&self) -> i64 {
        self.timeout.load(Ordering::Relaxed)
    }

    /// The end of an operation that begins now.
    pub fn deadline(&self) -> Deadline {
        let limit = u64::try_from(self.limit()).ok();
        Deadline(limit.and_then(|ns| Instant::now().checked_add(Duration::from_nanos(ns))))
    }

    /// Take over a descriptor.
    fn adopt(&self, cx: &mut Cx, fd: i32, family: i32, kind: i32, protocol: i32) -> Res<()> {
        let kind_only = kind & !(libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC);
        let default = DEFAULT_TIMEOUT.load(Ordering::Relaxed);
        let limit = if kind & libc::SOCK_NONBLOCK != 0 {
            0
        } else {
            default
        };
        self.fd.store(fd, Ordering::Relaxed);
        self.family.store(family, Ordering::Relaxed);
        self.kind.store(kind_only, Ordering::Relaxed);
        self.protocol.store(protocol, Ordering::Relaxed);
        self.timeout.store(limit, Ordering::Relaxed);
        if limit >= 0 && kind & libc::SOCK_NONBLOCK == 0 {
            sys::set_nonblocking(fd, true).map_err(|e| os_call::raise(cx, &e))?;
        }
        Ok(())
    }

    /// A new socket object over a descriptor.
    pub fn make(cx: &mut Cx, fd: i32, family: i32, kind: i32, protocol: i32) -> Res<Value> {
        let made = crate::support::make(cx, Socket::fresh())?;
        if let Some(s) = made.downcast::<Socket>() {
            s.adopt(cx, fd, family, kind, protocol)?;
        }
        Ok(made)
    }

    /// Run a call, waiting before it and after it where the timeout says so.
    pub fn operate<T>(
        &self,
        cx: &mut Cx,
        ready: Ready,
        deadline: Deadline,
        mut f: impl FnMut(i32) -> io::Result<T>,
    ) -> Res<T> {
        let fd = self.descriptor();
        let timed = self.limit() > 0;
        loop {
            if timed {
                wait(cx, fd, ready, deadline)?;
            }
            match os_call::retry(cx, || f(fd))? {
                // Somebody else took what was ready.
                Err(e) if timed && e.kind() == io::ErrorKind::WouldBlock => {}
                Err(e) => return Err(os_call::raise(cx, &e)),
                Ok(done) => return Ok(done),
            }
        }
    }

    /// Connect; the error stands for its number.
    fn connect_to(&self, cx: &mut Cx, address: &Address) -> Res<io::Result<()>> {
        let fd = self.descriptor();
        let deadline = self.deadline();
        let first = cx.thread.detach(|| sys::connect(fd, address));
        let Err(error) = first else { return Ok(Ok(())) };
        let code = error.raw_os_error().unwrap_or(0);
        let pending = match code {
            // The attempt goes on without us.
            libc::EINTR => {
                os_call::check_signals(cx)?;
                self.limit() != 0
            }
            libc::EINPROGRESS => self.limit() > 0,
            _ => false,
        };
        if !pending {
            return Ok(Err(error));
        }
        wait(cx, fd, Ready::Write, deadline)?;
        let result = sys::option_int(fd, libc::SOL_SOCKET, libc::SO_ERROR);
        Ok(match result {
            Ok(0) | Ok(libc::EISCONN) => Ok(()),
            Ok(code) => Err(io::Error::from_raw_os_error(code)),
            Err(e) => Err(e),
        })
    }

    fn close_now(&self, cx: &mut Cx) -> Res<()> {
        let fd = self.fd.swap(-1, Ordering::Relaxed);
        if fd < 0 {
            return Ok(());
        }
        match cx.thread.detach(|| fs::close(fd)) {
            // The peer's reset says nothing about closing.
            Err(e) if e.raw_os_error() != Some(libc::ECONNRESET) => Err(os_call::raise(cx, &e)),
            _ => Ok(()),
        }
    }
}

/// Nanoseconds of a timeout; negative: wait for ever.
pub fn timeout_of(cx: &mut Cx, v: &Value) -> Res<i64> {
    if v.is_none() {
        return Ok(-1);
    }
    let ns = crate::time::nanoseconds(cx, v, Round::Up)?;
    if ns < 0 {
        return Err(cx.value_error("Timeout value out of range"));
    }
    // Waiting counts milliseconds in 32 bits.
    if ns / 1_000_000 > i64::from(i32::MAX) {
        return Err(cx.overflow_error("timeout doesn't fit into C timeval"));
    }
    Ok(ns)
}

/// A timeout as Python shows it.
pub fn timeout_value(ns: i64) -> Option<f64> {
    (ns >= 0).then_some(ns as f64 * 1e-9)
}

#[pymethods(include(TRANSFER, OPTIONS))]
impl Socket {
    #[new]
    #[sig(*args, **kwargs)]
    #[text_signature(none)]
    fn new(cls: &Type, args: &[Value], kwargs: Kwargs<'_>, cx: &mut Cx) -> Res<Value> {
        let _ = (args, kwargs);
        object::alloc(cx, cls, Socket::fresh())
    }

    #[init]
    #[sig(family = -1, r#type = -1, proto = -1, fileno = None)]
    fn init(
        &self,
        family: i32,
        r#type: i32,
        proto: i32,
        fileno: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<()> {
        let (mut family, mut kind, mut protocol) = (family, r#type, proto);
        let fd = match fileno {
            Some(v) => {
                if typhon_vm::objects::float::as_f64(v).is_some()
                    && typhon_vm::objects::int::as_int(v).is_none()
                {
                    return Err(cx.type_error("integer argument expected, got float"));
                }
                let fd = <i32 as FromArg>::from_arg(cx, v, At::attribute("fileno"))?;
                if fd < 0 {
                    return Err(cx.value_error("negative file descriptor"));
                }
                let own = sys::own_address(fd);
                match &own {
                    Ok(address) => {
                        if family == -1 {
                            family = match address {
                                Address::V4 { .. } => libc::AF_INET,
                                Address::V6 { .. } => libc::AF_INET6,
                                Address::Unix(_) => libc::AF_UNIX,
                                Address::Netlink { .. } => libc::AF_NETLINK,
                                Address::Other { family, .. } => *family,
                                Address::None => libc::AF_UNSPEC,
                            }
                        }
                    }
                    Err(e) => {
                        let code = e.raw_os_error();
                        if family == -1 || matches!(code, Some(libc::EBADF | libc::ENOTSOCK)) {
                            return Err(os_call::raise(cx, e));
                        }
                    }
                }
                let ask = |cx: &mut Cx, name| {
                    sys::option_int(fd, libc::SOL_SOCKET, name).map_err(|e| os_call::raise(cx, &e))
                };
                if kind == -1 {
                    kind = ask(cx, libc::SO_TYPE)?;
                }
                if protocol == -1 {
                    protocol = ask(cx, libc::SO_PROTOCOL)?;
                }
                fd
            }
            None => {
                let or = |n: i32, default: i32| if n == -1 { default } else { n };
                family = or(family, libc::AF_INET);
                kind = or(kind, libc::SOCK_STREAM);
                protocol = or(protocol, 0);
                os_call::call(cx, || sys::socket(family, kind, protocol))?
            }
        };
        let done = self.adopt(cx, fd, family, kind, protocol);
        if done.is_err() && fileno.is_none() {
            self.fd.store(-1, Ordering::Relaxed);
            let _ = fs::close(fd);
        }
        done
    }

    #[slot]
    fn repr(&self) -> String {
        format!(
            "<socket object, fd={}, family={}, type={}, proto={}>",
            self.descriptor(),
            self.address_family(),
            self.kind.load(Ordering::Relaxed),
            self.protocol.load(Ordering::Relaxed)
        )
    }

    #[slot]
    fn finalize(this: &Value, cx: &mut Cx) -> Res<()> {
        let Some(s) = this.downcast::<Socket>() else {
            return Ok(());
        };
        if s.descriptor() < 0 {
            return Ok(());
        }
        let warned = protocol::repr_string(cx, this)
            .and_then(|text| cx.warn(ExcKind::ResourceWarning, &format!("unclosed {text}")));
        let closed = s.close_now(cx);
        warned.and(closed)
    }

    /// _accept() -> (integer, address info)
    ///
    /// Wait for an incoming connection.  Return a new socket file descriptor
    /// representing the connection, and the address of the client.
    /// For IP sockets, the address info is a pair (hostaddr, port).
    fn _accept(&self, cx: &mut Cx) -> Res<(i32, Value)> {
        let (fd, address) = self.operate(cx, Ready::Read, self.deadline(), sys::accept)?;
        match to_python(cx, &address) {
            Ok(address) => Ok((fd, address)),
            Err(r) => {
                let _ = fs::close(fd);
                Err(r)
            }
        }
    }

    /// bind(address)
    ///
    /// Bind the socket to a local address.  For IP sockets, the address is a
    /// pair (host, port); the host must refer to the local host. For raw packet
    /// sockets the address is a tuple (ifname, proto [,pkttype [,hatype [,addr]]])
    #[sig(object, /)]
    fn bind(&self, object: &Value, cx: &mut Cx) -> Res<()> {
        let address = address_of(cx, self.address_family(), object, "bind")?;
        os_call::call(cx, || sys::bind(self.descriptor(), &address))
    }

    /// close()
    ///
    /// Close the socket.  It cannot be used after this call.
    fn close(&self, cx: &mut Cx) -> Res<()> {
        self.close_now(cx)
    }

    /// connect(address)
    ///
    /// Connect the socket to a remote address.  For IP sockets, the address
    /// is a pair (host, port).
    #[sig(object, /)]
    fn connect(&self, object: &Value, cx: &mut Cx) -> Res<()> {
        let address = address_of(cx, self.address_family(), object, "connect")?;
        self.connect_to(cx, &address)?
            .map_err(|e| os_call::raise(cx, &e))
    }

    /// connect_ex(address) -> errno
    ///
    /// This is like connect(address), but returns an error code (the errno value)
    /// instead of raising an exception when an error occurs.
    #[sig(object, /)]
    fn connect_ex(&self, object: &Value, cx: &mut Cx) -> Res<i32> {
        let address = address_of(cx, self.address_family(), object, "connect_ex")?;
        match self.connect_to(cx, &address) {
            Ok(Ok(())) => Ok(0),
            Ok(Err(e)) => Ok(e.raw_os_error().unwrap_or(libc::EINVAL)),
            Err(r) if cx.exc_is(ExcKind::TimeoutError) => {
                drop(cx.take_exc(r));
                Ok(libc::EWOULDBLOCK)
            }
            Err(r) => Err(r),
        }
    }

    /// detach()
    ///
    /// Close the socket object without closing the underlying file descriptor.
    /// The object cannot be used after this call, but the file descriptor
    /// can be reused for other purposes.  The file descriptor is returned.
    fn detach(&self) -> i32 {
        self.fd.swap(-1, Ordering::Relaxed)
    }

    /// fileno() -> integer
    ///
    /// Return the integer file descriptor of the socket.
    fn fileno(&self) -> i32 {
        self.descriptor()
    }

    /// getpeername() -> address info
    ///
    /// Return the address of the remote endpoint.  For IP sockets, the address
    /// info is a pair (hostaddr, port).
    fn getpeername(&self, cx: &mut Cx) -> Res<Value> {
        let address = os_call::call(cx, || sys::peer_address(self.descriptor()))?;
        to_python(cx, &address)
    }

    /// getsockname() -> address info
    ///
    /// Return the address of the local endpoint. The format depends on the
    /// address family. For IPv4 sockets, the address info is a pair
    /// (hostaddr, port). For IPv6 sockets, the address info is a 4-tuple
    /// (hostaddr, port, flowinfo, scope_id).
    fn getsockname(&self, cx: &mut Cx) -> Res<Value> {
        let address = os_call::call(cx, || sys::own_address(self.descriptor()))?;
        to_python(cx, &address)
    }

    /// listen([backlog])
    ///
    /// Enable a server to accept connections.  If backlog is specified, it must be
    /// at least 0 (if it is lower, it is set to 0); it specifies the number of
    /// unaccepted connections that the system will allow before refusing new
    /// connections. If not specified, a default reasonable value is chosen.
    #[sig(backlog = 128, /)]
    #[text_signature(none)]
    fn listen(&self, backlog: i32, cx: &mut Cx) -> Res<()> {
        os_call::call(cx, || sys::listen(self.descriptor(), backlog.max(0)))
    }

    /// shutdown(flag)
    ///
    /// Shut down the reading side of the socket (flag == SHUT_RD), the writing side
    /// of the socket (flag == SHUT_WR), or both ends (flag == SHUT_RDWR).
    #[sig(object, /)]
    fn shutdown(&self, object: i32, cx: &mut Cx) -> Res<()> {
        os_call::call(cx, || sys::shutdown(self.descriptor(), object))
    }

    /// setblocking(flag)
    ///
    /// Set the socket to blocking (flag is true) or non-blocking (false).
    /// setblocking(True) is equivalent to settimeout(None);
    /// setblocking(False) is equivalent to settimeout(0.0).
    #[sig(object, /)]
    fn setblocking(&self, object: bool, cx: &mut Cx) -> Res<()> {
        self.timeout
            .store(if object { -1 } else { 0 }, Ordering::Relaxed);
        os_call::call(cx, || sys::set_nonblocking(self.descriptor(), !object))
    }

    /// getblocking()
    ///
    /// Returns True if socket is in blocking mode, or False if it
    /// is in non-blocking mode.
    fn getblocking(&self) -> bool {
        self.limit() != 0
    }

    /// settimeout(timeout)
    ///
    /// Set a timeout on socket operations.  'timeout' can be a float,
    /// giving in seconds, or None.  Setting a timeout of None disables
    /// the timeout feature and is equivalent to setblocking(1).
    /// Setting a timeout of zero is the same as setblocking(0).
    #[sig(object, /)]
    fn settimeout(&self, object: &Value, cx: &mut Cx) -> Res<()> {
        let ns = timeout_of(cx, object)?;
        self.timeout.store(ns, Ordering::Relaxed);
        os_call::call(cx, || sys::set_nonblocking(self.descriptor(), ns >= 0))
    }

    /// gettimeout() -> timeout
    ///
    /// Returns the timeout in seconds (float) associated with socket
    /// operations. A timeout of None indicates that timeouts on socket
    /// operations are disabled.
    fn gettimeout(&self) -> Option<f64> {
        timeout_value(self.limit())
    }

    /// the socket family
    #[getter]
    fn family(&self) -> i32 {
        self.address_family()
    }

    /// the socket type
    #[getter(name = "type")]
    fn kind(&self) -> i32 {
        self.kind.load(Ordering::Relaxed)
    }

    /// the socket protocol
    #[getter]
    fn proto(&self) -> i32 {
        self.protocol.load(Ordering::Relaxed)
    }

    /// the socket timeout
    #[getter]
    fn timeout(&self) -> Option<f64> {
        timeout_value(self.limit())
    }
}
