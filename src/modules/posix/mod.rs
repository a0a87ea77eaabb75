//! `posix`: the system calls `os` is made of. Every call that may block runs detached and is repeated after signals.
//! - `files.rs`: names and metadata; `stat.rs`: their results; `scan.rs`: directories; `fds.rs`: descriptors
//! - `process.rs`: processes; `machine.rs`: users, limits, the machine; `constants.rs`: numbers

mod constants;
mod fds;
mod files;
mod machine;
mod process;
mod scan;
mod stat;

pub use module::MODULE;
pub use process::{register_in_child, string, strings};

use crate::os_call::{self, Also, Path};
use typhon_vm::native::*;
use typhon_vm::objects::bytes::{Bytes, new_bytes};
use typhon_vm::objects::{Dict, dict, exception};
use typhon_vm::os::process as sys;

/// A dict of the environment's bytes.
fn environ(cx: &mut Cx) -> Res<Value> {
    let d = dict::new_dict(cx)?;
    for (k, v) in sys::environment() {
        let (k, v) = (new_bytes(cx, &k)?, new_bytes(cx, &v)?);
        d.downcast::<Dict>()
            .expect("a new dict")
            .setdefault(cx, &k, &v)?;
    }
    Ok(d)
}

#[pymodule(
    name = "posix",
    types(scan::DirEntry, scan::ScandirIterator),
    include(
        super::files::functions::PART,
        super::scan::functions::PART,
        super::fds::functions::PART,
        super::process::functions::PART,
        super::machine::functions::PART
    )
)]
pub mod module {
    //! This module provides access to operating system functionality that is
    //! standardized by the C Standard and the POSIX standard (a thinly
    //! disguised Unix interface).  Refer to the library manual and
    //! corresponding Unix manual entries for more information on calls.
    use super::*;

    /// Return the file system path representation of the object.
    #[pyfunction]
    #[sig(path)]
    fn fspath(path: &Value, cx: &mut Cx) -> Res<Value> {
        os_call::fspath(cx, path)
    }

    #[pyfunction]
    fn _create_environ(cx: &mut Cx) -> Res<Value> {
        environ(cx)
    }

    fn name_bytes(cx: &mut Cx, v: &Value) -> Res<std::ffi::CString> {
        let p = os_call::fspath(cx, v)?;
        let b = match p.downcast::<Bytes>() {
            Some(b) => b.as_slice().to_vec(),
            None => os_call::encode_name(cx, &p)?,
        };
        os_call::c_string(cx, b)
    }

    /// Change or add an environment variable.
    #[pyfunction]
    #[sig(name, value, /)]
    fn putenv(name: &Value, value: &Value, cx: &mut Cx) -> Res<()> {
        let (n, v) = (name_bytes(cx, name)?, name_bytes(cx, value)?);
        if n.as_bytes().contains(&b'=') {
            return Err(cx.value_error("illegal environment variable name"));
        }
        sys::putenv(&n, &v).map_err(|e| os_call::raise(cx, &e))
    }

    /// Delete an environment variable.
    #[pyfunction]
    #[sig(name, /)]
    fn unsetenv(name: &Value, cx: &mut Cx) -> Res<()> {
        let n = name_bytes(cx, name)?;
        sys::unsetenv(&n).map_err(|e| os_call::raise(cx, &e))
    }

    /// Translate an error code to a message string.
    #[pyfunction]
    #[sig(code, /)]
    fn strerror(code: i32) -> String {
        exception::oserror::strerror(code)
    }

    /// Return the string encoding of the terminal, or None.
    #[pyfunction]
    #[sig(fd)]
    fn device_encoding(fd: i32) -> Option<&'static str> {
        typhon_vm::os::fs::isatty(fd).then_some("utf-8")
    }

    #[pyinit]
    fn init(module: &Value, cx: &mut Cx) -> Res<()> {
        let env = environ(cx)?;
        os_call::set(cx, module, "environ", env)?;
        os_call::set(cx, module, "error", ExcKind::OSError.ty().value())?;
        super::constants::install(cx, module)?;
        super::stat::install(cx, module)?;
        super::machine::install(cx, module)
    }
}

/// A path argument without descriptors.
fn path(cx: &mut Cx, v: &Value, function: &str) -> Res<Path> {
    Path::new(cx, v, function, "path", Also::Nothing)
}

/// A path argument, or a descriptor.
fn path_or_fd(cx: &mut Cx, v: &Value, function: &str) -> Res<Path> {
    Path::new(cx, v, function, "path", Also::Fd)
}
