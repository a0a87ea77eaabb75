//! `_posixsubprocess`: fork and exec in one step. The child runs no Python code (`os/spawn.rs` does its work), so other
//! threads need not stand still; `preexec_fn`, which would, is refused.

pub use module::MODULE;

use crate::os_call;
use crate::posix::{string, strings};
use std::ffi::CString;
use typhon_vm::native::*;
use typhon_vm::os::spawn::{Spawn, spawn};
use typhon_vm::protocol;

fn number<'a, T: FromArg<'a>>(cx: &mut Cx, v: &'a Value) -> Res<T> {
    T::from_arg(cx, v, At::attribute("argument"))
}

fn optional<'a, T: FromArg<'a>>(cx: &mut Cx, v: &'a Value) -> Res<Option<T>> {
    if v.is_none() {
        Ok(None)
    } else {
        number(cx, v).map(Some)
    }
}

fn pair(cx: &mut Cx, a: &Value, b: &Value) -> Res<(i32, i32)> {
    Ok((number(cx, a)?, number(cx, b)?))
}

#[pymodule(name = "_posixsubprocess")]
pub mod module {
    //! A POSIX helper for the subprocess module.
    use super::*;

    /// Spawn a fresh new child process.
    ///
    /// Fork a child process, close parent file descriptors as appropriate in the
    /// child and duplicate the few that are needed before calling exec() in the
    /// child process.
    #[pyfunction]
    fn fork_exec(args: Args<'_>, cx: &mut Cx) -> Res<i32> {
        args.no_keywords(cx, "fork_exec")?;
        let a = args.pos;
        if a.len() != 22 {
            return Err(cx.type_error(format!("fork_exec expected 22 arguments, got {}", a.len())));
        }
        if !a[21].is_none() {
            return Err(cx.not_implemented("preexec_fn is not supported"));
        }
        let close_fds = protocol::truthy(cx, &a[2])?;
        let mut keep: Vec<i32> = Vec::new();
        for v in protocol::collect(cx, &a[3])? {
            keep.push(number(cx, &v)?);
        }
        if close_fds && !keep.is_sorted() || keep.iter().any(|&fd| fd < 0) {
            return Err(cx.value_error("bad value(s) in fds_to_keep"));
        }
        let env: Option<Vec<CString>> = if a[5].is_none() {
            None
        } else {
            Some(strings(cx, &a[5])?)
        };
        let groups = if a[18].is_none() {
            None
        } else {
            let mut out = Vec::new();
            for v in protocol::collect(cx, &a[18])? {
                out.push(number(cx, &v)?);
            }
            Some(out)
        };
        let pgid: i32 = number(cx, &a[16])?;
        let umask: i32 = number(cx, &a[20])?;
        let child = Spawn {
            argv: strings(cx, &a[0])?,
            executables: strings(cx, &a[1])?,
            env,
            cwd: if a[4].is_none() {
                None
            } else {
                Some(string(cx, &a[4])?)
            },
            keep,
            close_fds,
            p2c: pair(cx, &a[6], &a[7])?,
            c2p: pair(cx, &a[8], &a[9])?,
            err: pair(cx, &a[10], &a[11])?,
            errpipe_write: number(cx, &a[13])?,
            restore_signals: protocol::truthy(cx, &a[14])?,
            new_session: protocol::truthy(cx, &a[15])?,
            pgid: (pgid >= 0).then_some(pgid),
            gid: optional(cx, &a[17])?,
            groups,
            uid: optional(cx, &a[19])?,
            umask: u32::try_from(umask).ok(),
        };
        let r = cx.thread.detach(|| spawn(&child));
        r.map_err(|e| os_call::raise(cx, &e))
    }
}
