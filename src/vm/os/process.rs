//! Processes, users, limits, the machine.

use super::fs::errno_call;
use super::{check, check_size};
use std::ffi::{CStr, CString};
use std::io;
use std::mem::MaybeUninit;

/// Calls without arguments that cannot fail.
macro_rules! asking {
    ($($name:ident: $t:ty,)*) => { $(
        pub fn $name() -> $t {
            // SAFETY: no arguments.
            unsafe { libc::$name() }
        }
    )* };
}
asking! { getpid: i32, getppid: i32, getuid: u32, geteuid: u32, getgid: u32, getegid: u32, getpgrp: i32, }

/// Calls with numbers that say -1 on failure.
macro_rules! numbers {
    ($($name:ident($($a:ident: $t:ty),*);)*) => { $(
        pub fn $name($($a: $t),*) -> io::Result<i32> {
            // SAFETY: numbers only.
            check(unsafe { libc::$name($($a),*) })
        }
    )* };
}
numbers! {
    kill(pid: i32, signal: i32); killpg(pgid: i32, signal: i32); setsid(); getsid(pid: i32); getpgid(pid: i32); setpgid(pid: i32, pgid: i32);
    setuid(uid: u32); setgid(gid: u32); seteuid(uid: u32); setegid(gid: u32); setreuid(r: u32, e: u32); setregid(r: u32, e: u32);
    sched_yield(); tcgetpgrp(fd: i32); tcsetpgrp(fd: i32, pgid: i32); sched_get_priority_max(policy: i32); sched_get_priority_min(policy: i32);
}

pub fn nice(by: i32) -> io::Result<i32> {
    errno_call(|| {
        // SAFETY: numbers only.
        unsafe { libc::nice(by) as libc::c_long }
    })
    .map(|n| n as i32)
}

pub fn getpriority(which: i32, who: u32) -> io::Result<i32> {
    errno_call(|| {
        // SAFETY: numbers only.
        unsafe { libc::getpriority(which as _, who) as libc::c_long }
    })
    .map(|n| n as i32)
}

pub fn setpriority(which: i32, who: u32, value: i32) -> io::Result<()> {
    // SAFETY: numbers only.
    check(unsafe { libc::setpriority(which as _, who, value) }).map(drop)
}

pub fn getgroups() -> io::Result<Vec<u32>> {
    // SAFETY: asks for the number, then fills at most so many.
    unsafe {
        let n = check(libc::getgroups(0, std::ptr::null_mut()))?;
        let mut out = vec![0; n as usize];
        let n = check(libc::getgroups(n, out.as_mut_ptr()))?;
        out.truncate(n as usize);
        Ok(out)
    }
}

pub fn setgroups(groups: &[u32]) -> io::Result<()> {
    // SAFETY: reads the slice.
    check(unsafe { libc::setgroups(groups.len(), groups.as_ptr()) }).map(drop)
}

pub fn getresuid() -> io::Result<(u32, u32, u32)> {
    let (mut a, mut b, mut c) = (0, 0, 0);
    // SAFETY: writes three numbers.
    check(unsafe { libc::getresuid(&mut a, &mut b, &mut c) })?;
    Ok((a, b, c))
}

pub fn getresgid() -> io::Result<(u32, u32, u32)> {
    let (mut a, mut b, mut c) = (0, 0, 0);
    // SAFETY: writes three numbers.
    check(unsafe { libc::getresgid(&mut a, &mut b, &mut c) })?;
    Ok((a, b, c))
}

pub fn waitpid(pid: i32, options: i32) -> io::Result<(i32, i32)> {
    let mut status = 0;
    // SAFETY: writes one number.
    let pid = check(unsafe { libc::waitpid(pid, &mut status, options) })?;
    Ok((pid, status))
}

pub fn wait4(pid: i32, options: i32) -> io::Result<(i32, i32, libc::rusage)> {
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: plain integers.
    unsafe {
        let pid = check(libc::wait4(pid, &mut status, options, usage.as_mut_ptr()))?;
        Ok((pid, status, usage.assume_init()))
    }
}

/// `waitid`: pid, uid, signal, status, code of the child, or None with WNOHANG.
pub fn waitid(kind: u32, id: u32, options: i32) -> io::Result<Option<[i32; 5]>> {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    // SAFETY: filled by the call; a zeroed struct has pid 0.
    unsafe {
        check(libc::waitid(kind as _, id, info.as_mut_ptr(), options))?;
        let i = info.assume_init();
        if i.si_pid() == 0 {
            return Ok(None);
        }
        Ok(Some([
            i.si_pid(),
            i.si_uid() as i32,
            i.si_signo,
            i.si_status(),
            i.si_code,
        ]))
    }
}

pub fn pidfd_open(pid: i32, flags: u32) -> io::Result<i32> {
    // SAFETY: numbers only.
    check(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, flags) } as i32)
}

/// Run another program in this process. Returns only on failure.
pub fn execve(path: &CStr, argv: &[CString], env: Option<&[CString]>) -> io::Error {
    let pointers = |list: &[CString]| {
        list.iter()
            .map(|s| s.as_ptr())
            .chain([std::ptr::null()])
            .collect::<Vec<_>>()
    };
    let argv = pointers(argv);
    // SAFETY: terminated strings in terminated arrays.
    unsafe {
        match env {
            None => libc::execv(path.as_ptr(), argv.as_ptr()),
            Some(env) => libc::execve(path.as_ptr(), argv.as_ptr(), pointers(env).as_ptr()),
        }
    };
    io::Error::last_os_error()
}

/// End the process without running anything more.
pub fn exit_now(status: i32) -> ! {
    // SAFETY: ends the process.
    unsafe { libc::_exit(status) }
}

pub fn abort() -> ! {
    std::process::abort()
}

/// `system(3)`.
pub fn system(command: &CStr) -> i32 {
    // SAFETY: a terminated string.
    unsafe { libc::system(command.as_ptr()) }
}

pub fn uname() -> io::Result<[String; 5]> {
    let mut u = MaybeUninit::<libc::utsname>::zeroed();
    // SAFETY: terminated strings in fixed arrays, filled on success.
    unsafe {
        check(libc::uname(u.as_mut_ptr()))?;
        let u = u.assume_init();
        let text = |a: &[libc::c_char]| CStr::from_ptr(a.as_ptr()).to_string_lossy().into_owned();
        Ok([
            text(&u.sysname),
            text(&u.nodename),
            text(&u.release),
            text(&u.version),
            text(&u.machine),
        ])
    }
}

/// `times(2)`: user, system, children's user, children's system, elapsed; in ticks.
pub fn times() -> io::Result<[i64; 5]> {
    let mut t = MaybeUninit::<libc::tms>::zeroed();
    // SAFETY: plain integers.
    unsafe {
        let elapsed = libc::times(t.as_mut_ptr());
        if elapsed == -1 {
            return Err(io::Error::last_os_error());
        }
        let t = t.assume_init();
        Ok([
            t.tms_utime,
            t.tms_stime,
            t.tms_cutime,
            t.tms_cstime,
            elapsed,
        ])
    }
}

pub fn sysconf(name: i32) -> io::Result<i64> {
    errno_call(|| {
        // SAFETY: numbers only.
        unsafe { libc::sysconf(name) }
    })
}

pub fn confstr(name: i32) -> io::Result<Option<Vec<u8>>> {
    let mut out = vec![0u8; 256];
    loop {
        // SAFETY: writes at most the vector's length.
        let n = unsafe { libc::confstr(name, out.as_mut_ptr().cast(), out.len()) };
        if n == 0 {
            let e = io::Error::last_os_error();
            return if e.raw_os_error() == Some(libc::EINVAL) {
                Err(e)
            } else {
                Ok(None)
            };
        }
        if n <= out.len() {
            out.truncate(n - 1);
            return Ok(Some(out));
        }
        out.resize(n, 0);
    }
}

pub fn getloadavg() -> Option<[f64; 3]> {
    let mut out = [0.0; 3];
    // SAFETY: writes three doubles.
    (unsafe { libc::getloadavg(out.as_mut_ptr(), 3) } == 3).then_some(out)
}

/// The CPUs a process may run on.
pub fn sched_getaffinity(pid: i32) -> io::Result<Vec<usize>> {
    // SAFETY: a bit set, filled on success.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        check(libc::sched_getaffinity(
            pid,
            size_of::<libc::cpu_set_t>(),
            &mut set,
        ))?;
        Ok((0..libc::CPU_SETSIZE as usize)
            .filter(|&i| libc::CPU_ISSET(i, &set))
            .collect())
    }
}

pub fn sched_setaffinity(pid: i32, cpus: &[usize]) -> io::Result<()> {
    // SAFETY: a bit set; larger numbers are the caller's to refuse.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        for &c in cpus.iter().filter(|&&c| c < libc::CPU_SETSIZE as usize) {
            libc::CPU_SET(c, &mut set);
        }
        check(libc::sched_setaffinity(
            pid,
            size_of::<libc::cpu_set_t>(),
            &set,
        ))
        .map(drop)
    }
}

pub fn getrlimit(which: u32) -> io::Result<libc::rlimit> {
    let mut l = MaybeUninit::<libc::rlimit>::zeroed();
    // SAFETY: plain integers.
    unsafe {
        check(libc::getrlimit(which as _, l.as_mut_ptr()))?;
        Ok(l.assume_init())
    }
}

pub fn setrlimit(which: u32, limit: libc::rlimit) -> io::Result<()> {
    // SAFETY: reads the struct.
    check(unsafe { libc::setrlimit(which as _, &limit) }).map(drop)
}

pub fn prlimit(pid: i32, which: u32, new: Option<libc::rlimit>) -> io::Result<libc::rlimit> {
    let mut old = MaybeUninit::<libc::rlimit>::zeroed();
    let p = new.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: plain integers.
    unsafe {
        check(libc::prlimit(pid, which as _, p, old.as_mut_ptr()))?;
        Ok(old.assume_init())
    }
}

pub fn getrusage(who: i32) -> io::Result<libc::rusage> {
    let mut u = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: plain integers.
    unsafe {
        check(libc::getrusage(who, u.as_mut_ptr()))?;
        Ok(u.assume_init())
    }
}

pub fn getlogin() -> io::Result<Vec<u8>> {
    let _one = WALK.lock();
    // SAFETY: one call at a time; the terminated name is copied before the next.
    unsafe {
        let p = libc::getlogin();
        if p.is_null() {
            Err(io::Error::last_os_error())
        } else {
            Ok(text(p))
        }
    }
}

/// One row of the password database.
#[derive(Clone, Debug)]
pub struct Passwd {
    pub name: Vec<u8>,
    pub passwd: Vec<u8>,
    pub uid: u32,
    pub gid: u32,
    pub gecos: Vec<u8>,
    pub dir: Vec<u8>,
    pub shell: Vec<u8>,
}

unsafe fn text(p: *const libc::c_char) -> Vec<u8> {
    if p.is_null() {
        return Vec::new();
    }
    // SAFETY: by the caller: a terminated string.
    unsafe { CStr::from_ptr(p) }.to_bytes().to_vec()
}

unsafe fn passwd(p: &libc::passwd) -> Passwd {
    // SAFETY: by the caller: the strings are terminated.
    unsafe {
        Passwd {
            name: text(p.pw_name),
            passwd: text(p.pw_passwd),
            uid: p.pw_uid,
            gid: p.pw_gid,
            gecos: text(p.pw_gecos),
            dir: text(p.pw_dir),
            shell: text(p.pw_shell),
        }
    }
}

pub enum Who<'a> {
    Id(u32),
    Name(&'a CStr),
}

/// Look up a user.
pub fn getpw(who: &Who<'_>) -> io::Result<Option<Passwd>> {
    let mut buf = vec![0u8; 1 << 14];
    // SAFETY: the C library fills the struct with pointers into the buffer, which outlives the copy.
    unsafe {
        let mut row: libc::passwd = std::mem::zeroed();
        let mut found = std::ptr::null_mut();
        let (b, n) = (buf.as_mut_ptr().cast(), buf.len());
        let e = match who {
            Who::Id(id) => libc::getpwuid_r(*id, &mut row, b, n, &mut found),
            Who::Name(name) => libc::getpwnam_r(name.as_ptr(), &mut row, b, n, &mut found),
        };
        if found.is_null() {
            return if e == 0 || e == libc::ENOENT {
                Ok(None)
            } else {
                Err(io::Error::from_raw_os_error(e))
            };
        }
        Ok(Some(passwd(&row)))
    }
}

/// One row of the group database.
#[derive(Clone, Debug)]
pub struct Group {
    pub name: Vec<u8>,
    pub passwd: Vec<u8>,
    pub gid: u32,
    pub members: Vec<Vec<u8>>,
}

unsafe fn group(g: &libc::group) -> Group {
    // SAFETY: by the caller: terminated strings, and a terminated array of such.
    unsafe {
        let mut members = Vec::new();
        let mut p = g.gr_mem;
        while !p.is_null() && !(*p).is_null() {
            members.push(text(*p));
            p = p.add(1);
        }
        Group {
            name: text(g.gr_name),
            passwd: text(g.gr_passwd),
            gid: g.gr_gid,
            members,
        }
    }
}

/// Look up a group.
pub fn getgr(who: &Who<'_>) -> io::Result<Option<Group>> {
    let mut buf = vec![0u8; 1 << 16];
    // SAFETY: as `getpw`.
    unsafe {
        let mut row: libc::group = std::mem::zeroed();
        let mut found = std::ptr::null_mut();
        let (b, n) = (buf.as_mut_ptr().cast(), buf.len());
        let e = match who {
            Who::Id(id) => libc::getgrgid_r(*id, &mut row, b, n, &mut found),
            Who::Name(name) => libc::getgrnam_r(name.as_ptr(), &mut row, b, n, &mut found),
        };
        if found.is_null() {
            return if e == 0 || e == libc::ENOENT {
                Ok(None)
            } else {
                Err(io::Error::from_raw_os_error(e))
            };
        }
        Ok(Some(group(&row)))
    }
}

/// The walks through the databases have one state for the whole process.
static WALK: typhon_runtime::sync::Mutex<()> = typhon_runtime::sync::Mutex::new(());

pub fn all_users() -> Vec<Passwd> {
    let _one = WALK.lock();
    let mut out = Vec::new();
    // SAFETY: one walk at a time; each row is copied before the next call.
    unsafe {
        libc::setpwent();
        loop {
            let p = libc::getpwent();
            if p.is_null() {
                break;
            }
            out.push(passwd(&*p));
        }
        libc::endpwent();
    }
    out
}

pub fn all_groups() -> Vec<Group> {
    let _one = WALK.lock();
    let mut out = Vec::new();
    // SAFETY: as above.
    unsafe {
        libc::setgrent();
        loop {
            let g = libc::getgrent();
            if g.is_null() {
                break;
            }
            out.push(group(&*g));
        }
        libc::endgrent();
    }
    out
}

/// `getgrouplist(3)`.
pub fn getgrouplist(user: &CStr, gid: u32) -> Vec<u32> {
    let mut n: libc::c_int = 64;
    loop {
        let mut out = vec![0; n as usize];
        let room = n;
        // SAFETY: fills at most `n` numbers.
        let r = unsafe { libc::getgrouplist(user.as_ptr(), gid, out.as_mut_ptr(), &mut n) };
        if r >= 0 {
            out.truncate(n as usize);
            return out;
        }
        if n <= room {
            n = room * 2;
        }
    }
}

/// Read what is left of a descriptor into memory (small system files).
pub fn read_all(fd: i32) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut buf = [0u8; 4096];
    loop {
        // SAFETY: writes at most the array's length.
        match check_size(unsafe { libc::read(fd, buf.as_mut_ptr().cast(), buf.len()) })? {
            0 => return Ok(out),
            n => out.extend_from_slice(&buf[..n]),
        }
    }
}

/// The environment is one array for the whole process: changes and copies take this lock. (The C library's own
/// readers do not, which is POSIX's rule and CPython's.)
static ENVIRONMENT: typhon_runtime::sync::Mutex<()> = typhon_runtime::sync::Mutex::new(());

pub fn environment() -> Vec<(Vec<u8>, Vec<u8>)> {
    use std::os::unix::ffi::OsStringExt;
    let _one = ENVIRONMENT.lock();
    std::env::vars_os()
        .map(|(k, v)| (k.into_vec(), v.into_vec()))
        .collect()
}

pub fn putenv(name: &CStr, value: &CStr) -> io::Result<()> {
    let _one = ENVIRONMENT.lock();
    // SAFETY: terminated strings; changes of the environment are serialized here.
    check(unsafe { libc::setenv(name.as_ptr(), value.as_ptr(), 1) }).map(drop)
}

pub fn unsetenv(name: &CStr) -> io::Result<()> {
    let _one = ENVIRONMENT.lock();
    // SAFETY: as above.
    check(unsafe { libc::unsetenv(name.as_ptr()) }).map(drop)
}
