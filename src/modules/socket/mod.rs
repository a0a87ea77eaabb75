//! `_socket`: sockets of the families internet, Unix and netlink.
//! - `object.rs`: the class; `transfer.rs`: its methods that send and receive, and its options
//! - `address.rs`: addresses between Python and the kernel; `lookup.rs`: names; `constants.rs`: numbers

mod address;
mod constants;
mod lookup;
mod object;
mod transfer;

use crate::os_call;
use object::{DEFAULT_TIMEOUT, Socket, timeout_of, timeout_value};
use std::sync::atomic::Ordering;
use typhon_vm::native::*;
use typhon_vm::os::socket as sys;
use typhon_vm::os::{fs, libc};

#[pymodule(name = "_socket", types(Socket), include(lookup::functions::PART))]
pub mod module {
    //! Implementation module for socket operations.
    //!
    //! See the socket module for documentation.
    use super::*;

    #[pyattr]
    const has_ipv6: bool = true;

    /// close(integer) -> None
    ///
    /// Close an integer socket file descriptor.  This is like os.close(), but for
    /// sockets; on some platforms os.close() won't work for socket file descriptors.
    #[pyfunction]
    #[sig(fd, /)]
    #[text_signature(none)]
    fn close(fd: i32, cx: &mut Cx) -> Res<()> {
        match os_call::retry(cx, || fs::close(fd))? {
            Err(e) if e.raw_os_error() != Some(libc::ECONNRESET) => Err(os_call::raise(cx, &e)),
            _ => Ok(()),
        }
    }

    /// dup(integer) -> integer
    ///
    /// Duplicate an integer socket file descriptor.  This is like os.dup(), but for
    /// sockets; on some platforms os.dup() won't work for socket file descriptors.
    #[pyfunction]
    #[sig(fd, /)]
    #[text_signature(none)]
    fn dup(fd: i32, cx: &mut Cx) -> Res<i32> {
        os_call::call(cx, || fs::dup(fd))
    }

    /// socketpair([family[, type [, proto]]]) -> (socket object, socket object)
    ///
    /// Create a pair of socket objects from the sockets returned by the platform
    /// socketpair() function.
    /// The arguments are the same as for socket() except the default family is
    /// AF_UNIX if defined on the platform; otherwise, the default is AF_INET.
    #[pyfunction]
    #[sig(family = None, r#type = libc::SOCK_STREAM, proto = 0, /)]
    #[text_signature(none)]
    fn socketpair(
        family: Option<&Value>,
        r#type: i32,
        proto: i32,
        cx: &mut Cx,
    ) -> Res<(Value, Value)> {
        let family = match family {
            Some(v) => <i32 as FromArg>::from_arg(cx, v, At::attribute("family"))?,
            None => libc::AF_UNIX,
        };
        let (a, b) = os_call::call(cx, || sys::socketpair(family, r#type, proto))?;
        let first = match Socket::make(cx, a, family, r#type, proto) {
            Ok(first) => first,
            Err(r) => {
                let _ = fs::close(b);
                return Err(r);
            }
        };
        Ok((first, Socket::make(cx, b, family, r#type, proto)?))
    }

    /// getdefaulttimeout() -> timeout
    ///
    /// Returns the default timeout in seconds (float) for new socket objects.
    /// A value of None indicates that new socket objects have no timeout.
    /// When the socket module is first imported, the default is None.
    #[pyfunction]
    fn getdefaulttimeout() -> Option<f64> {
        timeout_value(DEFAULT_TIMEOUT.load(Ordering::Relaxed))
    }

    /// setdefaulttimeout(timeout)
    ///
    /// Set the default timeout in seconds (float) for new socket objects.
    /// A value of None indicates that new socket objects have no timeout.
    /// When the socket module is first imported, the default is None.
    #[pyfunction]
    #[sig(timeout, /)]
    fn setdefaulttimeout(timeout: &Value, cx: &mut Cx) -> Res<()> {
        let ns = timeout_of(cx, timeout)?;
        DEFAULT_TIMEOUT.store(ns, Ordering::Relaxed);
        Ok(())
    }

    /// CMSG_LEN(length) -> control message length
    ///
    /// Return the total length, without trailing padding, of an ancillary
    /// data item with associated data of the given length.
    #[pyfunction]
    #[sig(length, /)]
    #[text_signature(none)]
    fn CMSG_LEN(length: isize, cx: &mut Cx) -> Res<usize> {
        transfer::space(cx, length, sys::ancillary_len, "CMSG_LEN")
    }

    /// CMSG_SPACE(length) -> buffer size
    ///
    /// Return the buffer size needed for recvmsg() to receive an ancillary
    /// data item with associated data of the given length, along with any
    /// trailing padding.
    #[pyfunction]
    #[sig(length, /)]
    #[text_signature(none)]
    fn CMSG_SPACE(length: isize, cx: &mut Cx) -> Res<usize> {
        transfer::space(cx, length, sys::ancillary_space, "CMSG_SPACE")
    }

    #[pyinit]
    fn init(module: &Value, cx: &mut Cx) -> Res<()> {
        let class = Socket::type_object(cx)?.value();
        os_call::set(cx, module, "SocketType", class)?;
        os_call::set(cx, module, "error", ExcKind::OSError.ty().value())?;
        os_call::set(cx, module, "timeout", ExcKind::TimeoutError.ty().value())?;
        let gaierror = lookup::gaierror(cx)?;
        os_call::set(cx, module, "gaierror", gaierror)?;
        let herror = lookup::herror(cx)?;
        os_call::set(cx, module, "herror", herror)?;
        os_call::set_constants(cx, module, constants::CONSTANTS)
    }
}
