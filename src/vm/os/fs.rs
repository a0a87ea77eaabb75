//! Files and directories. Paths are relative to `dir`, a directory's descriptor or `AT_FDCWD`.

use super::{check, check_size};
use std::ffi::{CStr, CString};
use std::io;
use std::mem::MaybeUninit;

pub type Fd = libc::c_int;
pub const CWD: Fd = libc::AT_FDCWD;

pub fn open(dir: Fd, path: &CStr, flags: i32, mode: u32) -> io::Result<Fd> {
    // SAFETY: a terminated path.
    check(unsafe {
        libc::openat(
            dir,
            path.as_ptr(),
            flags | libc::O_CLOEXEC,
            mode as libc::c_uint,
        )
    })
}

/// Memory with a name, which processes share.
pub fn shm_open(name: &CStr, flags: i32, mode: u32) -> io::Result<Fd> {
    // SAFETY: a terminated name. The descriptor is closed on exec.
    check(unsafe { libc::shm_open(name.as_ptr(), flags, mode) })
}

pub fn shm_unlink(name: &CStr) -> io::Result<()> {
    // SAFETY: a terminated name.
    check(unsafe { libc::shm_unlink(name.as_ptr()) }).map(drop)
}

pub fn close(fd: Fd) -> io::Result<()> {
    // SAFETY: a number; the descriptors of this process are Python's to close.
    check(unsafe { libc::close(fd) }).map(drop)
}

/// Close every descriptor in `low..high`, ignoring errors.
pub fn close_range(low: Fd, high: Fd) {
    if low >= high {
        return;
    }
    // SAFETY: numbers only.
    let done = unsafe {
        libc::syscall(
            libc::SYS_close_range,
            low as libc::c_uint,
            (high - 1) as libc::c_uint,
            0,
        )
    };
    if done != 0 {
        for fd in low..high {
            let _ = close(fd);
        }
    }
}

pub fn read(fd: Fd, to: &mut [u8]) -> io::Result<usize> {
    // SAFETY: writes at most the slice's length.
    check_size(unsafe { libc::read(fd, to.as_mut_ptr().cast(), to.len()) })
}

/// Append at most `n` bytes to a vector that has room for them.
pub fn read_append(fd: Fd, to: &mut Vec<u8>, n: usize) -> io::Result<usize> {
    let n = n.min(to.capacity() - to.len());
    // SAFETY: within the capacity; what was written becomes part of the vector.
    unsafe {
        let got = check_size(libc::read(fd, to.as_mut_ptr().add(to.len()).cast(), n))?;
        to.set_len(to.len() + got);
        Ok(got)
    }
}

pub fn pread(fd: Fd, to: &mut [u8], at: i64) -> io::Result<usize> {
    // SAFETY: as `read`.
    check_size(unsafe { libc::pread(fd, to.as_mut_ptr().cast(), to.len(), at) })
}

pub fn write(fd: Fd, from: &[u8]) -> io::Result<usize> {
    // SAFETY: reads the slice.
    check_size(unsafe { libc::write(fd, from.as_ptr().cast(), from.len()) })
}

pub fn pwrite(fd: Fd, from: &[u8], at: i64) -> io::Result<usize> {
    // SAFETY: reads the slice.
    check_size(unsafe { libc::pwrite(fd, from.as_ptr().cast(), from.len(), at) })
}

pub fn lseek(fd: Fd, to: i64, whence: i32) -> io::Result<i64> {
    // SAFETY: numbers only.
    let at = unsafe { libc::lseek(fd, to, whence) };
    if at < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(at)
    }
}

pub fn sendfile(out: Fd, from: Fd, offset: Option<i64>, count: usize) -> io::Result<usize> {
    let mut at = offset.unwrap_or(0);
    let place = if offset.is_some() {
        &raw mut at
    } else {
        std::ptr::null_mut()
    };
    // SAFETY: the offset's place lives through the call.
    check_size(unsafe { libc::sendfile(out, from, place, count) })
}

pub fn dup(fd: Fd) -> io::Result<Fd> {
    // SAFETY: numbers only.
    check(unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) })
}

pub fn dup2(from: Fd, to: Fd, inheritable: bool) -> io::Result<Fd> {
    // SAFETY: numbers only.
    unsafe {
        if inheritable || from == to {
            check(libc::dup2(from, to))
        } else {
            check(libc::dup3(from, to, libc::O_CLOEXEC))
        }
    }
}

pub fn pipe(flags: i32) -> io::Result<(Fd, Fd)> {
    let mut ends = [0; 2];
    // SAFETY: writes two numbers.
    check(unsafe { libc::pipe2(ends.as_mut_ptr(), flags) })?;
    Ok((ends[0], ends[1]))
}

pub fn isatty(fd: Fd) -> bool {
    // SAFETY: a number.
    unsafe { libc::isatty(fd) == 1 }
}

/// `fcntl` with a numeric argument.
pub fn fcntl(fd: Fd, command: i32, arg: i64) -> io::Result<i32> {
    // SAFETY: commands that take an address are the caller's to refuse: with a number the kernel answers EFAULT.
    check(unsafe { libc::fcntl(fd, command, arg) })
}

pub fn flock(fd: Fd, operation: i32) -> io::Result<()> {
    // SAFETY: numbers only.
    check(unsafe { libc::flock(fd, operation) }).map(drop)
}

/// POSIX record locks (`fcntl.lockf`): type, start, length, whence.
pub fn record_lock(
    fd: Fd,
    wait: bool,
    kind: i16,
    start: i64,
    len: i64,
    whence: i16,
) -> io::Result<()> {
    // SAFETY: plain integers; zero is a valid value of each.
    let mut l: libc::flock = unsafe { std::mem::zeroed() };
    (l.l_type, l.l_whence, l.l_start, l.l_len) = (kind, whence, start, len);
    let command = if wait { libc::F_SETLKW } else { libc::F_SETLK };
    // SAFETY: the kernel reads the struct.
    check(unsafe { libc::fcntl(fd, command, &raw const l) }).map(drop)
}

pub fn is_inheritable(fd: Fd) -> io::Result<bool> {
    Ok(fcntl(fd, libc::F_GETFD, 0)? & libc::FD_CLOEXEC == 0)
}

pub fn set_inheritable(fd: Fd, yes: bool) -> io::Result<()> {
    let old = fcntl(fd, libc::F_GETFD, 0)?;
    let new = if yes {
        old & !libc::FD_CLOEXEC
    } else {
        old | libc::FD_CLOEXEC
    };
    if new != old {
        fcntl(fd, libc::F_SETFD, new as i64)?;
    }
    Ok(())
}

pub fn is_blocking(fd: Fd) -> io::Result<bool> {
    Ok(fcntl(fd, libc::F_GETFL, 0)? & libc::O_NONBLOCK == 0)
}

pub fn set_blocking(fd: Fd, yes: bool) -> io::Result<()> {
    let old = fcntl(fd, libc::F_GETFL, 0)?;
    let new = if yes {
        old & !libc::O_NONBLOCK
    } else {
        old | libc::O_NONBLOCK
    };
    fcntl(fd, libc::F_SETFL, new as i64).map(drop)
}

pub type Stat = libc::stat;

pub fn stat(dir: Fd, path: &CStr, follow: bool) -> io::Result<Stat> {
    let mut s = MaybeUninit::<Stat>::zeroed();
    let flags = if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
    // SAFETY: a terminated path; the struct is plain integers, filled on success.
    unsafe {
        check(libc::fstatat(dir, path.as_ptr(), s.as_mut_ptr(), flags))?;
        Ok(s.assume_init())
    }
}

pub fn fstat(fd: Fd) -> io::Result<Stat> {
    let mut s = MaybeUninit::<Stat>::zeroed();
    // SAFETY: as above.
    unsafe {
        check(libc::fstat(fd, s.as_mut_ptr()))?;
        Ok(s.assume_init())
    }
}

pub fn statvfs(path: &CStr) -> io::Result<libc::statvfs> {
    let mut s = MaybeUninit::<libc::statvfs>::zeroed();
    // SAFETY: as `stat`.
    unsafe {
        check(libc::statvfs(path.as_ptr(), s.as_mut_ptr()))?;
        Ok(s.assume_init())
    }
}

pub fn fstatvfs(fd: Fd) -> io::Result<libc::statvfs> {
    let mut s = MaybeUninit::<libc::statvfs>::zeroed();
    // SAFETY: as `stat`.
    unsafe {
        check(libc::fstatvfs(fd, s.as_mut_ptr()))?;
        Ok(s.assume_init())
    }
}

/// Calls that take a path and numbers.
macro_rules! path_calls {
    ($($name:ident($($arg:ident: $t:ty),*) = |$p:ident| $call:expr;)*) => { $(
        pub fn $name(dir: Fd, path: &CStr, $($arg: $t),*) -> io::Result<()> {
            let $p = path.as_ptr();
            let _ = dir;
            // SAFETY: a terminated path and numbers.
            check(unsafe { $call(dir, $p, $($arg),*) }).map(drop)
        }
    )* };
}
path_calls! {
    access(mode: i32, flags: i32) = |p| libc::faccessat;
    mkdir(mode: u32) = |p| libc::mkdirat;
    mkfifo(mode: u32) = |p| libc::mkfifoat;
    mknod(mode: u32, device: u64) = |p| libc::mknodat;
    chmod(mode: u32, flags: i32) = |p| libc::fchmodat;
    chown(uid: u32, gid: u32, flags: i32) = |p| libc::fchownat;
    unlink(flags: i32) = |p| libc::unlinkat;
    truncate(len: i64) = |p| truncate_at;
    chdir() = |p| chdir_at;
    chroot() = |p| chroot_at;
}

unsafe fn truncate_at(_: Fd, p: *const libc::c_char, len: i64) -> i32 {
    // SAFETY: by the caller.
    unsafe { libc::truncate(p, len) }
}
unsafe fn chdir_at(_: Fd, p: *const libc::c_char) -> i32 {
    // SAFETY: by the caller.
    unsafe { libc::chdir(p) }
}
unsafe fn chroot_at(_: Fd, p: *const libc::c_char) -> i32 {
    // SAFETY: by the caller.
    unsafe { libc::chroot(p) }
}

pub fn rename(from_dir: Fd, from: &CStr, to_dir: Fd, to: &CStr) -> io::Result<()> {
    // SAFETY: terminated paths.
    check(unsafe { libc::renameat(from_dir, from.as_ptr(), to_dir, to.as_ptr()) }).map(drop)
}

pub fn link(from_dir: Fd, from: &CStr, to_dir: Fd, to: &CStr, flags: i32) -> io::Result<()> {
    // SAFETY: terminated paths.
    check(unsafe { libc::linkat(from_dir, from.as_ptr(), to_dir, to.as_ptr(), flags) }).map(drop)
}

pub fn symlink(target: &CStr, dir: Fd, path: &CStr) -> io::Result<()> {
    // SAFETY: terminated paths.
    check(unsafe { libc::symlinkat(target.as_ptr(), dir, path.as_ptr()) }).map(drop)
}

pub fn readlink(dir: Fd, path: &CStr) -> io::Result<Vec<u8>> {
    let mut out = vec![0u8; 4096];
    // SAFETY: writes at most the vector's length.
    let n = check_size(unsafe {
        libc::readlinkat(dir, path.as_ptr(), out.as_mut_ptr().cast(), out.len())
    })?;
    out.truncate(n);
    Ok(out)
}

/// Calls on a descriptor with numbers.
macro_rules! fd_calls {
    ($($name:ident($($arg:ident: $t:ty),*) = $call:path;)*) => { $(
        pub fn $name(fd: Fd, $($arg: $t),*) -> io::Result<()> {
            // SAFETY: numbers only.
            check(unsafe { $call(fd, $($arg),*) }).map(drop)
        }
    )* };
}
fd_calls! {
    fchdir() = libc::fchdir;
    fchmod(mode: u32) = libc::fchmod;
    fchown(uid: u32, gid: u32) = libc::fchown;
    ftruncate(len: i64) = libc::ftruncate;
    fsync() = libc::fsync;
    fdatasync() = libc::fdatasync;
}

pub fn posix_fallocate(fd: Fd, offset: i64, len: i64) -> io::Result<()> {
    // SAFETY: numbers only. The error is the result itself.
    match unsafe { libc::posix_fallocate(fd, offset, len) } {
        0 => Ok(()),
        e => Err(io::Error::from_raw_os_error(e)),
    }
}

pub fn posix_fadvise(fd: Fd, offset: i64, len: i64, advice: i32) -> io::Result<()> {
    // SAFETY: numbers only.
    match unsafe { libc::posix_fadvise(fd, offset, len, advice) } {
        0 => Ok(()),
        e => Err(io::Error::from_raw_os_error(e)),
    }
}

pub fn sync() {
    // SAFETY: no arguments.
    unsafe { libc::sync() }
}

/// Access and modification time in nanoseconds since the epoch; None: now. `path` None: the descriptor `dir` itself.
pub fn utime(
    dir: Fd,
    path: Option<&CStr>,
    times: Option<[(i64, i64); 2]>,
    follow: bool,
) -> io::Result<()> {
    let of = |(sec, nsec): (i64, i64)| libc::timespec {
        tv_sec: sec,
        tv_nsec: nsec,
    };
    let times = times.map(|t| t.map(of));
    let p = times.as_ref().map_or(std::ptr::null(), |t| t.as_ptr());
    let flags = if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
    // SAFETY: a terminated path or none, and two times or none.
    check(unsafe {
        match path {
            Some(path) => libc::utimensat(dir, path.as_ptr(), p, flags),
            None => libc::futimens(dir, p),
        }
    })
    .map(drop)
}

pub fn umask(mask: u32) -> u32 {
    // SAFETY: a number.
    unsafe { libc::umask(mask) }
}

/// The working directory.
pub fn getcwd() -> io::Result<Vec<u8>> {
    use std::os::unix::ffi::OsStringExt;
    Ok(std::env::current_dir()?.into_os_string().into_vec())
}

pub fn pathconf(path: &CStr, name: i32) -> io::Result<i64> {
    errno_call(|| {
        // SAFETY: a terminated path.
        unsafe { libc::pathconf(path.as_ptr(), name) }
    })
}

pub fn fpathconf(fd: Fd, name: i32) -> io::Result<i64> {
    errno_call(|| {
        // SAFETY: numbers only.
        unsafe { libc::fpathconf(fd, name) }
    })
}

/// Calls whose -1 is an error only if `errno` was set.
pub(crate) fn errno_call(f: impl FnOnce() -> libc::c_long) -> io::Result<i64> {
    // SAFETY: errno is this thread's.
    unsafe { *libc::__errno_location() = 0 };
    let r = f();
    let e = io::Error::last_os_error();
    if r == -1 && e.raw_os_error() != Some(0) {
        Err(e)
    } else {
        Ok(r)
    }
}

pub fn ttyname(fd: Fd) -> io::Result<CString> {
    let mut name = vec![0u8; 512];
    // SAFETY: writes a terminated string within the vector. The error is the result itself.
    match unsafe { libc::ttyname_r(fd, name.as_mut_ptr().cast(), name.len()) } {
        0 => Ok(CStr::from_bytes_until_nul(&name)
            .unwrap_or_default()
            .to_owned()),
        e => Err(io::Error::from_raw_os_error(e)),
    }
}

/// Columns and lines of a terminal.
pub fn terminal_size(fd: Fd) -> io::Result<(u16, u16)> {
    let mut w = MaybeUninit::<libc::winsize>::zeroed();
    // SAFETY: the request writes this struct.
    unsafe {
        check(libc::ioctl(fd, libc::TIOCGWINSZ, w.as_mut_ptr()))?;
        let w = w.assume_init();
        Ok((w.ws_col, w.ws_row))
    }
}

pub fn openpty() -> io::Result<(Fd, Fd)> {
    let (mut a, mut b) = (0, 0);
    let none = std::ptr::null_mut();
    // SAFETY: writes two numbers.
    check(unsafe { libc::openpty(&mut a, &mut b, none, none.cast(), none.cast()) })?;
    set_inheritable(a, false)?;
    set_inheritable(b, false)?;
    Ok((a, b))
}

pub fn memfd_create(name: &CStr, flags: u32) -> io::Result<Fd> {
    // SAFETY: a terminated name.
    check(unsafe { libc::memfd_create(name.as_ptr(), flags) })
}

/// Random bytes of the system.
pub fn getrandom(to: &mut [u8], flags: u32) -> io::Result<usize> {
    // SAFETY: writes at most the slice's length.
    check_size(unsafe { libc::getrandom(to.as_mut_ptr().cast(), to.len(), flags) })
}

/// `poll(2)`: descriptors with the events asked for, replaced by those that came. `timeout` in milliseconds, -1 for ever.
pub fn poll(fds: &mut [(Fd, i16)], timeout: i32) -> io::Result<usize> {
    let mut all: Vec<libc::pollfd> = fds
        .iter()
        .map(|&(fd, events)| libc::pollfd {
            fd,
            events,
            revents: 0,
        })
        .collect();
    // SAFETY: the vector lives through the call.
    let n = check(unsafe { libc::poll(all.as_mut_ptr(), all.len() as libc::nfds_t, timeout) })?;
    for (place, p) in fds.iter_mut().zip(&all) {
        place.1 = p.revents;
    }
    Ok(n as usize)
}

/// A set of descriptors that the kernel watches.
pub fn epoll_create(flags: i32) -> io::Result<Fd> {
    // SAFETY: numbers only.
    check(unsafe { libc::epoll_create1(flags) })
}

/// Add, change or remove a descriptor of the set.
pub fn epoll_control(set: Fd, operation: i32, fd: Fd, events: u32) -> io::Result<()> {
    let mut event = libc::epoll_event {
        events,
        u64: fd as u64,
    };
    // SAFETY: the event lives through the call.
    check(unsafe { libc::epoll_ctl(set, operation, fd, &raw mut event) }).map(drop)
}

/// Wait for events of the set: descriptors and what happened.
pub fn epoll_wait(set: Fd, most: usize, timeout: i32) -> io::Result<Vec<(Fd, u32)>> {
    let mut events = vec![libc::epoll_event { events: 0, u64: 0 }; most];
    // SAFETY: writes at most so many events.
    let n = check(unsafe { libc::epoll_wait(set, events.as_mut_ptr(), most as i32, timeout) })?;
    events.truncate(n as usize);
    Ok(events
        .into_iter()
        .map(|event| ({ event.u64 } as Fd, { event.events }))
        .collect())
}
