//! `fcntl`: control of descriptors by numbers, and file locks. Requests that pass structs as bytes are not supported yet.

pub use module::MODULE;

use crate::os_call;
use typhon_vm::native::*;
use typhon_vm::os::{fs, libc};

#[pymodule(name = "fcntl")]
pub mod module {
    //! This module performs file control and I/O control on file
    //! descriptors.
    use super::*;

    /// Perform the operation `cmd` on file descriptor fd.
    #[pyfunction]
    #[sig(fd, cmd, arg = absent, /)]
    fn fcntl(fd: &Value, cmd: i32, arg: Option<&Value>, cx: &mut Cx) -> Res<i32> {
        let fd = os_call::fileno(cx, fd)?;
        let arg = match arg {
            None => 0,
            Some(v) if v.ty().slots.index.get().is_some() => {
                <i64 as FromArg>::from_arg(cx, v, At::attribute("arg"))?
            }
            Some(_) => {
                return Err(cx.not_implemented("fcntl() with a buffer argument is not supported"));
            }
        };
        // These read or write through their argument.
        if [libc::F_GETLK, libc::F_SETLK, libc::F_SETLKW].contains(&cmd) {
            return Err(
                cx.not_implemented("fcntl() with a struct flock is not supported; use lockf()")
            );
        }
        os_call::call(cx, || fs::fcntl(fd, cmd, arg))
    }

    /// Perform the lock operation `operation` on file descriptor `fd`.
    #[pyfunction]
    #[sig(fd, operation, /)]
    fn flock(fd: &Value, operation: i32, cx: &mut Cx) -> Res<()> {
        let fd = os_call::fileno(cx, fd)?;
        os_call::call(cx, || fs::flock(fd, operation))
    }

    /// A wrapper around the fcntl() locking calls.
    #[pyfunction]
    #[sig(fd, cmd, len = 0, start = 0, whence = 0, /)]
    fn lockf(fd: &Value, cmd: i32, len: i64, start: i64, whence: i32, cx: &mut Cx) -> Res<()> {
        let fd = os_call::fileno(cx, fd)?;
        let kind = if cmd == libc::LOCK_UN {
            libc::F_UNLCK
        } else if cmd & libc::LOCK_SH != 0 {
            libc::F_RDLCK
        } else if cmd & libc::LOCK_EX != 0 {
            libc::F_WRLCK
        } else {
            return Err(cx.value_error("unrecognized lockf argument"));
        };
        os_call::call(cx, || {
            fs::record_lock(
                fd,
                cmd & libc::LOCK_NB == 0,
                kind as i16,
                start,
                len,
                whence as i16,
            )
        })
    }

    #[pyinit]
    fn init(module: &Value, cx: &mut Cx) -> Res<()> {
        os_call::set_constants(
            cx,
            module,
            &[
                ("LOCK_SH", libc::LOCK_SH as i64),
                ("LOCK_EX", libc::LOCK_EX as i64),
                ("LOCK_NB", libc::LOCK_NB as i64),
                ("LOCK_UN", libc::LOCK_UN as i64),
                ("F_DUPFD", libc::F_DUPFD as i64),
                ("F_DUPFD_CLOEXEC", libc::F_DUPFD_CLOEXEC as i64),
                ("F_GETFD", libc::F_GETFD as i64),
                ("F_SETFD", libc::F_SETFD as i64),
                ("F_GETFL", libc::F_GETFL as i64),
                ("F_SETFL", libc::F_SETFL as i64),
                ("F_GETLK", libc::F_GETLK as i64),
                ("F_SETLK", libc::F_SETLK as i64),
                ("F_SETLKW", libc::F_SETLKW as i64),
                ("F_GETOWN", libc::F_GETOWN as i64),
                ("F_SETOWN", libc::F_SETOWN as i64),
                ("F_GETPIPE_SZ", libc::F_GETPIPE_SZ as i64),
                ("F_SETPIPE_SZ", libc::F_SETPIPE_SZ as i64),
                ("F_RDLCK", libc::F_RDLCK as i64),
                ("F_WRLCK", libc::F_WRLCK as i64),
                ("F_UNLCK", libc::F_UNLCK as i64),
                ("FD_CLOEXEC", libc::FD_CLOEXEC as i64),
                ("FASYNC", libc::O_ASYNC as i64),
            ],
        )
    }
}
