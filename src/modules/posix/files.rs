//! Names in the file system and what belongs to them.

use super::stat::{stat_result, statvfs_result};
use super::{path, path_or_fd};
use crate::os_call::{self, Also, Path, dir_fd};
use std::io;
use typhon_vm::native::*;
use typhon_vm::objects::bytes::new_bytes;
use typhon_vm::objects::exception::oserror;
use typhon_vm::objects::int::as_int;
use typhon_vm::os::{fs, libc};

/// An error that names two files.
fn raise_two(cx: &mut Cx, e: &io::Error, a: &Path, b: &Path) -> Raised {
    match e.raw_os_error() {
        Some(n) => oserror::new_os_error(cx, n, Some(&a.object), Some(&b.object)),
        None => os_call::raise(cx, e),
    }
}

fn refuse(cx: &mut Cx, function: &str, what: &str) -> Raised {
    cx.value_error(format!("{function}: {what}"))
}

/// `dir_fd` and `follow_symlinks` make no sense together with a descriptor.
fn check_fd(cx: &mut Cx, function: &str, p: &Path, dir: i32, follow: bool) -> Res<()> {
    if p.fd.is_none() {
        return Ok(());
    }
    if dir != fs::CWD {
        return Err(refuse(
            cx,
            function,
            "can't specify dir_fd without matching path",
        ));
    }
    if !follow {
        return Err(refuse(
            cx,
            function,
            "cannot use fd and follow_symlinks together",
        ));
    }
    Ok(())
}

fn stat_of(cx: &mut Cx, p: &Path, dir: i32, follow: bool) -> Res<Value> {
    let s = p.call(cx, |p| match p.fd {
        Some(fd) => fs::fstat(fd),
        None => fs::stat(dir, &p.name, follow),
    })?;
    stat_result(cx, &s)
}

/// Seconds and nanoseconds of a float or int time.
fn split_time(cx: &mut Cx, v: &Value) -> Res<(i64, i64)> {
    if as_int(v).is_some() {
        return Ok((<i64 as FromArg>::from_arg(cx, v, At::attribute("time"))?, 0));
    }
    let f = <f64 as FromArg>::from_arg(cx, v, At::attribute("time"))?;
    let r = typhon_text::time_text::split_seconds(f, 1e9, typhon_text::time_text::Round::Floor);
    typhon_vm::number::lift(cx, r)
}

fn pair_of(cx: &mut Cx, v: &Value) -> Option<(Value, Value)> {
    let _ = cx;
    match v.downcast::<Tuple>()?.items() {
        [a, b] => Some((a.clone(), b.clone())),
        _ => None,
    }
}

#[pyfunctions(part = PART, module = "posix")]
pub mod functions {
    use super::*;

    /// Perform a stat system call on the given path.
    #[pyfunction]
    #[sig(path, *, dir_fd = None, follow_symlinks = True)]
    fn stat(
        path: &Value,
        dir_fd: Option<&Value>,
        follow_symlinks: bool,
        cx: &mut Cx,
    ) -> Res<Value> {
        let p = path_or_fd(cx, path, "stat")?;
        let dir = super::dir_fd(cx, dir_fd)?;
        check_fd(cx, "stat", &p, dir, follow_symlinks)?;
        stat_of(cx, &p, dir, follow_symlinks)
    }

    /// Perform a stat system call on the given path, without following symbolic links.
    #[pyfunction]
    #[sig(path, *, dir_fd = None)]
    fn lstat(path: &Value, dir_fd: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let p = super::path(cx, path, "lstat")?;
        let dir = super::dir_fd(cx, dir_fd)?;
        stat_of(cx, &p, dir, false)
    }

    /// Perform a stat system call on the given file descriptor.
    #[pyfunction]
    #[sig(fd)]
    fn fstat(fd: i32, cx: &mut Cx) -> Res<Value> {
        let s = os_call::call(cx, || fs::fstat(fd))?;
        stat_result(cx, &s)
    }

    /// Perform a statvfs system call on the given path.
    #[pyfunction]
    #[sig(path)]
    fn statvfs(path: &Value, cx: &mut Cx) -> Res<Value> {
        let p = path_or_fd(cx, path, "statvfs")?;
        let s = p.call(cx, |p| match p.fd {
            Some(fd) => fs::fstatvfs(fd),
            None => fs::statvfs(&p.name),
        })?;
        statvfs_result(cx, &s)
    }

    /// Perform an fstatvfs system call on the given fd.
    #[pyfunction]
    #[sig(fd, /)]
    fn fstatvfs(fd: i32, cx: &mut Cx) -> Res<Value> {
        let s = os_call::call(cx, || fs::fstatvfs(fd))?;
        statvfs_result(cx, &s)
    }

    /// Use the real uid/gid to test for access to a path.
    #[pyfunction]
    #[sig(path, mode, *, dir_fd = None, effective_ids = False, follow_symlinks = True)]
    fn access(
        path: &Value,
        mode: i32,
        dir_fd: Option<&Value>,
        effective_ids: bool,
        follow_symlinks: bool,
        cx: &mut Cx,
    ) -> Res<bool> {
        let p = super::path(cx, path, "access")?;
        let dir = super::dir_fd(cx, dir_fd)?;
        let mut flags = 0;
        if effective_ids {
            flags |= libc::AT_EACCESS;
        }
        if !follow_symlinks {
            flags |= libc::AT_SYMLINK_NOFOLLOW;
        }
        Ok(cx
            .thread
            .detach(|| fs::access(dir, &p.name, mode, flags))
            .is_ok())
    }

    /// Create a directory.
    #[pyfunction]
    #[sig(path, mode = 0o777, *, dir_fd = None)]
    fn mkdir(path: &Value, mode: i32, dir_fd: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let p = super::path(cx, path, "mkdir")?;
        let dir = super::dir_fd(cx, dir_fd)?;
        p.call(cx, |p| fs::mkdir(dir, &p.name, mode as u32))
    }

    /// Create a "fifo" (a POSIX named pipe).
    #[pyfunction]
    #[sig(path, mode = 0o666, *, dir_fd = None)]
    fn mkfifo(path: &Value, mode: i32, dir_fd: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let p = super::path(cx, path, "mkfifo")?;
        let dir = super::dir_fd(cx, dir_fd)?;
        p.call(cx, |p| fs::mkfifo(dir, &p.name, mode as u32))
    }

    /// Create a node in the file system.
    #[pyfunction]
    #[sig(path, mode = 0o600, device = 0, *, dir_fd = None)]
    fn mknod(path: &Value, mode: i32, device: u64, dir_fd: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let p = super::path(cx, path, "mknod")?;
        let dir = super::dir_fd(cx, dir_fd)?;
        p.call(cx, |p| fs::mknod(dir, &p.name, mode as u32, device))
    }

    /// Remove a directory.
    #[pyfunction]
    #[sig(path, *, dir_fd = None)]
    fn rmdir(path: &Value, dir_fd: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let p = super::path(cx, path, "rmdir")?;
        let dir = super::dir_fd(cx, dir_fd)?;
        p.call(cx, |p| fs::unlink(dir, &p.name, libc::AT_REMOVEDIR))
    }

    /// Remove a file (same as remove()).
    #[pyfunction]
    #[sig(path, *, dir_fd = None)]
    fn unlink(path: &Value, dir_fd: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let p = super::path(cx, path, "unlink")?;
        let dir = super::dir_fd(cx, dir_fd)?;
        p.call(cx, |p| fs::unlink(dir, &p.name, 0))
    }

    /// Remove a file (same as unlink()).
    #[pyfunction]
    #[sig(path, *, dir_fd = None)]
    fn remove(path: &Value, dir_fd: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let p = super::path(cx, path, "remove")?;
        let dir = super::dir_fd(cx, dir_fd)?;
        p.call(cx, |p| fs::unlink(dir, &p.name, 0))
    }

    fn move_file(
        cx: &mut Cx,
        src: &Value,
        dst: &Value,
        from: Option<&Value>,
        to: Option<&Value>,
        name: &str,
    ) -> Res<()> {
        let a = Path::new(cx, src, name, "src", Also::Nothing)?;
        let b = Path::new(cx, dst, name, "dst", Also::Nothing)?;
        let (from, to) = (super::dir_fd(cx, from)?, super::dir_fd(cx, to)?);
        let r = os_call::retry(cx, || fs::rename(from, &a.name, to, &b.name))?;
        r.map_err(|e| raise_two(cx, &e, &a, &b))
    }

    /// Rename a file or directory.
    #[pyfunction]
    #[sig(src, dst, *, src_dir_fd = None, dst_dir_fd = None)]
    fn rename(
        src: &Value,
        dst: &Value,
        src_dir_fd: Option<&Value>,
        dst_dir_fd: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<()> {
        move_file(cx, src, dst, src_dir_fd, dst_dir_fd, "rename")
    }

    /// Rename a file or directory, overwriting the destination.
    #[pyfunction]
    #[sig(src, dst, *, src_dir_fd = None, dst_dir_fd = None)]
    fn replace(
        src: &Value,
        dst: &Value,
        src_dir_fd: Option<&Value>,
        dst_dir_fd: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<()> {
        move_file(cx, src, dst, src_dir_fd, dst_dir_fd, "replace")
    }

    /// Create a hard link to a file.
    #[pyfunction]
    #[sig(src, dst, *, src_dir_fd = None, dst_dir_fd = None, follow_symlinks = True)]
    fn link(
        src: &Value,
        dst: &Value,
        src_dir_fd: Option<&Value>,
        dst_dir_fd: Option<&Value>,
        follow_symlinks: bool,
        cx: &mut Cx,
    ) -> Res<()> {
        let a = Path::new(cx, src, "link", "src", Also::Nothing)?;
        let b = Path::new(cx, dst, "link", "dst", Also::Nothing)?;
        let (from, to) = (
            super::dir_fd(cx, src_dir_fd)?,
            super::dir_fd(cx, dst_dir_fd)?,
        );
        let flags = if follow_symlinks {
            libc::AT_SYMLINK_FOLLOW
        } else {
            0
        };
        let r = os_call::retry(cx, || fs::link(from, &a.name, to, &b.name, flags))?;
        r.map_err(|e| raise_two(cx, &e, &a, &b))
    }

    /// Create a symbolic link pointing to src named dst.
    #[pyfunction]
    #[sig(src, dst, target_is_directory = False, *, dir_fd = None)]
    fn symlink(
        src: &Value,
        dst: &Value,
        target_is_directory: bool,
        dir_fd: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<()> {
        let _ = target_is_directory;
        let a = Path::new(cx, src, "symlink", "src", Also::Nothing)?;
        let b = Path::new(cx, dst, "symlink", "dst", Also::Nothing)?;
        let dir = super::dir_fd(cx, dir_fd)?;
        let r = os_call::retry(cx, || fs::symlink(&a.name, dir, &b.name))?;
        r.map_err(|e| raise_two(cx, &e, &a, &b))
    }

    /// Return a string representing the path to which the symbolic link points.
    #[pyfunction]
    #[sig(path, *, dir_fd = None)]
    fn readlink(path: &Value, dir_fd: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let p = super::path(cx, path, "readlink")?;
        let dir = super::dir_fd(cx, dir_fd)?;
        let target = p.call(cx, |p| fs::readlink(dir, &p.name))?;
        p.make(cx, &target)
    }

    /// Change the access permissions of a file.
    #[pyfunction]
    #[sig(path, mode, *, dir_fd = None, follow_symlinks = True)]
    fn chmod(
        path: &Value,
        mode: i32,
        dir_fd: Option<&Value>,
        follow_symlinks: bool,
        cx: &mut Cx,
    ) -> Res<()> {
        let p = path_or_fd(cx, path, "chmod")?;
        let dir = super::dir_fd(cx, dir_fd)?;
        check_fd(cx, "chmod", &p, dir, true)?;
        let flags = if follow_symlinks {
            0
        } else {
            libc::AT_SYMLINK_NOFOLLOW
        };
        p.call(cx, |p| match p.fd {
            Some(fd) => fs::fchmod(fd, mode as u32),
            None => fs::chmod(dir, &p.name, mode as u32, flags),
        })
    }

    /// Change the access permissions of the file given by file descriptor fd.
    #[pyfunction]
    #[sig(fd, mode)]
    fn fchmod(fd: i32, mode: i32, cx: &mut Cx) -> Res<()> {
        os_call::call(cx, || fs::fchmod(fd, mode as u32))
    }

    /// Change the owner and group id of path to the numeric uid and gid.
    #[pyfunction]
    #[sig(path, uid, gid, *, dir_fd = None, follow_symlinks = True)]
    fn chown(
        path: &Value,
        uid: i64,
        gid: i64,
        dir_fd: Option<&Value>,
        follow_symlinks: bool,
        cx: &mut Cx,
    ) -> Res<()> {
        let p = path_or_fd(cx, path, "chown")?;
        let dir = super::dir_fd(cx, dir_fd)?;
        check_fd(cx, "chown", &p, dir, follow_symlinks)?;
        let flags = if follow_symlinks {
            0
        } else {
            libc::AT_SYMLINK_NOFOLLOW
        };
        p.call(cx, |p| match p.fd {
            Some(fd) => fs::fchown(fd, uid as u32, gid as u32),
            None => fs::chown(dir, &p.name, uid as u32, gid as u32, flags),
        })
    }

    /// Change the owner and group id of the file specified by file descriptor.
    #[pyfunction]
    #[sig(fd, uid, gid)]
    fn fchown(fd: i32, uid: i64, gid: i64, cx: &mut Cx) -> Res<()> {
        os_call::call(cx, || fs::fchown(fd, uid as u32, gid as u32))
    }

    /// Change the owner and group id of path; the link itself.
    #[pyfunction]
    #[sig(path, uid, gid)]
    fn lchown(path: &Value, uid: i64, gid: i64, cx: &mut Cx) -> Res<()> {
        let p = super::path(cx, path, "lchown")?;
        p.call(cx, |p| {
            fs::chown(
                fs::CWD,
                &p.name,
                uid as u32,
                gid as u32,
                libc::AT_SYMLINK_NOFOLLOW,
            )
        })
    }

    /// Set the access and modified time of path.
    #[pyfunction]
    #[sig(path, times = absent, *, ns = absent, dir_fd = None, follow_symlinks = True)]
    fn utime(
        path: &Value,
        times: Option<&Value>,
        ns: Option<&Value>,
        dir_fd: Option<&Value>,
        follow_symlinks: bool,
        cx: &mut Cx,
    ) -> Res<()> {
        let p = path_or_fd(cx, path, "utime")?;
        let times = times.filter(|t| !t.is_none());
        if times.is_some() && ns.is_some() {
            return Err(
                cx.value_error("utime: you may specify either 'times' or 'ns' but not both")
            );
        }
        let when = match (times, ns) {
            (Some(t), _) => match pair_of(cx, t) {
                Some((a, b)) => Some([split_time(cx, &a)?, split_time(cx, &b)?]),
                None => {
                    return Err(
                        cx.type_error("utime: 'times' must be either a tuple of two ints or None")
                    );
                }
            },
            (None, Some(n)) => match pair_of(cx, n) {
                Some((a, b)) => {
                    let mut out = [(0, 0); 2];
                    for (place, v) in out.iter_mut().zip([a, b]) {
                        let big = typhon_vm::number::as_bigint(cx, &v)?;
                        let Ok(n) = i128::try_from(&big) else {
                            return Err(
                                cx.overflow_error("Python int too large to convert to C long")
                            );
                        };
                        *place = (
                            n.div_euclid(1_000_000_000) as i64,
                            n.rem_euclid(1_000_000_000) as i64,
                        );
                    }
                    Some(out)
                }
                None => return Err(cx.type_error("utime: 'ns' must be a tuple of two ints")),
            },
            (None, None) => None,
        };
        let dir = super::dir_fd(cx, dir_fd)?;
        check_fd(cx, "utime", &p, dir, follow_symlinks)?;
        p.call(cx, |p| match p.fd {
            Some(fd) => fs::utime(fd, None, when, true),
            None => fs::utime(dir, Some(&p.name), when, follow_symlinks),
        })
    }

    /// Truncate a file, specified by path, to a specific length.
    #[pyfunction]
    #[sig(path, length)]
    fn truncate(path: &Value, length: i64, cx: &mut Cx) -> Res<()> {
        let p = path_or_fd(cx, path, "truncate")?;
        p.call(cx, |p| match p.fd {
            Some(fd) => fs::ftruncate(fd, length),
            None => fs::truncate(fs::CWD, &p.name, length),
        })
    }

    /// Change the current working directory to the specified path.
    #[pyfunction]
    #[sig(path)]
    fn chdir(path: &Value, cx: &mut Cx) -> Res<()> {
        let p = path_or_fd(cx, path, "chdir")?;
        p.call(cx, |p| match p.fd {
            Some(fd) => fs::fchdir(fd),
            None => fs::chdir(fs::CWD, &p.name),
        })
    }

    /// Change to the directory of the given file descriptor.
    #[pyfunction]
    #[sig(fd)]
    fn fchdir(fd: &Value, cx: &mut Cx) -> Res<()> {
        let fd = os_call::fileno(cx, fd)?;
        os_call::call(cx, || fs::fchdir(fd))
    }

    /// Change root directory to path.
    #[pyfunction]
    #[sig(path)]
    fn chroot(path: &Value, cx: &mut Cx) -> Res<()> {
        let p = super::path(cx, path, "chroot")?;
        p.call(cx, |p| fs::chroot(fs::CWD, &p.name))
    }

    /// Return a unicode string representing the current working directory.
    #[pyfunction]
    fn getcwd(cx: &mut Cx) -> Res<Value> {
        let b = os_call::call(cx, fs::getcwd)?;
        os_call::decode_name(cx, &b)
    }

    /// Return a bytes string representing the current working directory.
    #[pyfunction]
    fn getcwdb(cx: &mut Cx) -> Res<Value> {
        let b = os_call::call(cx, fs::getcwd)?;
        new_bytes(cx, &b)
    }

    /// Set the current numeric umask and return the previous umask.
    #[pyfunction]
    #[sig(mask, /)]
    fn umask(mask: i32) -> u32 {
        fs::umask(mask as u32)
    }

    /// Return the configuration limit name for the file or directory path.
    #[pyfunction]
    #[sig(path, name)]
    fn pathconf(path: &Value, name: &Value, cx: &mut Cx) -> Res<i64> {
        let p = path_or_fd(cx, path, "pathconf")?;
        let name = crate::posix::constants::conf_name(cx, name, crate::posix::constants::PATHCONF)?;
        p.call(cx, |p| match p.fd {
            Some(fd) => fs::fpathconf(fd, name),
            None => fs::pathconf(&p.name, name),
        })
    }

    /// Return the configuration limit name for the file descriptor fd.
    #[pyfunction]
    #[sig(fd, name)]
    fn fpathconf(fd: &Value, name: &Value, cx: &mut Cx) -> Res<i64> {
        let fd = os_call::fileno(cx, fd)?;
        let name = crate::posix::constants::conf_name(cx, name, crate::posix::constants::PATHCONF)?;
        os_call::call(cx, || fs::fpathconf(fd, name))
    }

    /// Force write of everything to disk.
    #[pyfunction]
    fn sync(cx: &mut Cx) {
        cx.thread.detach(fs::sync);
    }
}
