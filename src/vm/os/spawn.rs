//! A new process that runs another program (`_posixsubprocess.fork_exec`).

use std::ffi::CString;
use std::io;

/// What a child process does between fork and exec (`_posixsubprocess.fork_exec`).
pub struct Spawn {
    pub argv: Vec<CString>,
    pub executables: Vec<CString>,
    pub env: Option<Vec<CString>>,
    pub cwd: Option<CString>,
    pub keep: Vec<i32>,
    pub close_fds: bool,
    pub p2c: (i32, i32),
    pub c2p: (i32, i32),
    pub err: (i32, i32),
    pub errpipe_write: i32,
    pub restore_signals: bool,
    pub new_session: bool,
    pub pgid: Option<i32>,
    pub gid: Option<u32>,
    pub groups: Option<Vec<u32>>,
    pub uid: Option<u32>,
    pub umask: Option<u32>,
}

/// Run the program in a child process; the parent learns of failures through the error pipe. Without Python code in the child
/// nothing but async-signal-safe calls runs there, so the world need not stop.
pub fn spawn(s: &Spawn) -> io::Result<i32> {
    let pointers = |list: &[CString]| {
        list.iter()
            .map(|s| s.as_ptr())
            .chain([std::ptr::null()])
            .collect::<Vec<_>>()
    };
    let argv = pointers(&s.argv);
    let env = s.env.as_deref().map(pointers);
    // SAFETY: signal sets are plain numbers; the child calls only async-signal-safe functions before exec or _exit, with memory
    // that was made beforehand.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut mask: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_BLOCK, &all, &mut mask);
        let mut start = Start {
            spawn: s,
            argv: &argv,
            env: env.as_deref(),
            mask,
            borrows: false,
        };
        let mut pid = borrowing_child(&mut start);
        if pid < 0 {
            start.borrows = false;
            pid = libc::fork();
            if pid == 0 {
                run(&start);
            }
        }
        let e = io::Error::last_os_error();
        libc::pthread_sigmask(libc::SIG_SETMASK, &mask, std::ptr::null_mut());
        if pid < 0 { Err(e) } else { Ok(pid) }
    }
}

/// What the child is given.
struct Start<'a> {
    spawn: &'a Spawn,
    argv: &'a [*const libc::c_char],
    env: Option<&'a [*const libc::c_char]>,
    /// The signals that the parent has blocked.
    mask: libc::sigset_t,
    /// The child uses the parent's memory.
    borrows: bool,
}

/// A child that uses the parent's memory until it becomes another program; so long the calling thread sleeps (`vfork`, on a stack of the child's
/// own, since a function cannot return twice). No page table is copied, and afterwards no page of the parent is
/// shared until it is written. Negative where there is no such child: on other systems, where the system refuses, and
/// for other users and groups, since the C library tells all threads of a process about those.
#[cfg(target_os = "linux")]
unsafe fn borrowing_child(start: &mut Start) -> libc::pid_t {
    const STACK: usize = 64 << 10;
    extern "C" fn begin(start: *mut libc::c_void) -> libc::c_int {
        // SAFETY: what `borrowing_child` passed; its frame stays while this thread of the parent sleeps.
        unsafe { run(&*start.cast::<Start>()) }
    }
    let s = start.spawn;
    if s.uid.is_some() || s.gid.is_some() || s.groups.is_some() {
        return -1;
    }
    start.borrows = true;
    let mut stack: Vec<u128> = Vec::with_capacity(STACK / size_of::<u128>());
    // SAFETY: the stack and what `start` names live until the child has gone to another program or ended, which is when this
    // call returns. All signals are blocked, and no handler of the parent's runs in the child (`run`).
    unsafe {
        let top = stack.as_mut_ptr().add(stack.capacity());
        let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
        libc::clone(begin, top.cast(), flags, (&raw mut *start).cast())
    }
}

#[cfg(not(target_os = "linux"))]
unsafe fn borrowing_child(_start: &mut Start) -> libc::pid_t {
    -1
}

/// The child.
unsafe fn run(start: &Start) -> ! {
    let s = start.spawn;
    // SAFETY: async-signal-safe calls.
    unsafe {
        // A handler would change the parent's memory.
        if start.borrows {
            let mut action: libc::sigaction = std::mem::zeroed();
            for signal in 1..=libc::SIGRTMAX() {
                if libc::sigismember(&start.mask, signal) == 0
                    && libc::sigaction(signal, std::ptr::null(), &mut action) == 0
                    && action.sa_sigaction != libc::SIG_IGN
                    && action.sa_sigaction != libc::SIG_DFL
                {
                    libc::signal(signal, libc::SIG_DFL);
                }
            }
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, &start.mask, std::ptr::null_mut());
        let (what, errno) = child(s, start.argv, start.env);
        report(s.errpipe_write, what, errno);
        libc::_exit(255);
    }
}

unsafe fn errno() -> i32 {
    // SAFETY: this thread's.
    unsafe { *libc::__errno_location() }
}

/// `OSError:HEX:what` into the pipe, without allocating.
unsafe fn report(fd: i32, what: &[u8], errno: i32) {
    let mut hex = [0u8; 8];
    let (mut n, mut e) = (hex.len(), errno as u32);
    while n > 0 {
        n -= 1;
        hex[n] = b"0123456789ABCDEF"[(e & 15) as usize];
        e >>= 4;
        if e == 0 {
            break;
        }
    }
    for part in [&b"OSError:"[..], &hex[n..], b":", what] {
        // SAFETY: reads the slice.
        unsafe { libc::write(fd, part.as_ptr().cast(), part.len()) };
    }
}

/// Everything up to exec; what failed and its number.
unsafe fn child(
    s: &Spawn,
    argv: &[*const libc::c_char],
    env: Option<&[*const libc::c_char]>,
) -> (&'static [u8], i32) {
    macro_rules! must {
        ($e:expr) => {
            if $e < 0 {
                return (b"", errno());
            }
        };
    }
    // SAFETY: async-signal-safe calls with terminated strings.
    unsafe {
        let ((p2cread, p2cwrite), (c2pread, c2pwrite), (errread, errwrite)) = (s.p2c, s.c2p, s.err);
        for fd in [p2cwrite, c2pread, errread] {
            if fd != -1 {
                must!(libc::close(fd));
            }
        }
        let mut c2pwrite = c2pwrite;
        let mut errwrite = errwrite;
        if c2pwrite == 0 {
            c2pwrite = libc::dup(c2pwrite);
            must!(c2pwrite);
            must!(libc::fcntl(c2pwrite, libc::F_SETFD, libc::FD_CLOEXEC));
        }
        while errwrite == 0 || errwrite == 1 {
            errwrite = libc::dup(errwrite);
            must!(errwrite);
            must!(libc::fcntl(errwrite, libc::F_SETFD, libc::FD_CLOEXEC));
        }
        for (from, to) in [(p2cread, 0), (c2pwrite, 1), (errwrite, 2)] {
            if from == to {
                must!(libc::fcntl(from, libc::F_SETFD, 0));
            } else if from != -1 {
                must!(libc::dup2(from, to));
            }
        }
        for &fd in &s.keep {
            if fd != s.errpipe_write {
                let flags = libc::fcntl(fd, libc::F_GETFD, 0);
                must!(flags);
                must!(libc::fcntl(fd, libc::F_SETFD, flags & !libc::FD_CLOEXEC));
            }
        }
        if let Some(cwd) = &s.cwd
            && libc::chdir(cwd.as_ptr()) == -1
        {
            return (b"noexec:chdir", errno());
        }
        if let Some(mask) = s.umask {
            libc::umask(mask);
        }
        if s.restore_signals {
            libc::signal(libc::SIGPIPE, libc::SIG_DFL);
            libc::signal(libc::SIGXFSZ, libc::SIG_DFL);
        }
        if s.new_session {
            must!(libc::setsid());
        }
        if let Some(pgid) = s.pgid {
            must!(libc::setpgid(0, pgid));
        }
        if let Some(g) = &s.groups {
            must!(libc::setgroups(g.len(), g.as_ptr()));
        }
        if let Some(gid) = s.gid {
            must!(libc::setregid(gid, gid));
        }
        if let Some(uid) = s.uid {
            must!(libc::setreuid(uid, uid));
        }
        if s.close_fds {
            let mut low: libc::c_uint = 3;
            for &fd in &s.keep {
                let fd = fd as libc::c_uint;
                if fd < low {
                    continue;
                }
                if fd > low {
                    libc::syscall(libc::SYS_close_range, low, fd - 1, 0);
                }
                low = fd + 1;
            }
            libc::syscall(libc::SYS_close_range, low, libc::c_uint::MAX, 0);
        }
        let mut saved = libc::ENOENT;
        for exe in &s.executables {
            match env {
                Some(env) => libc::execve(exe.as_ptr(), argv.as_ptr(), env.as_ptr()),
                None => libc::execv(exe.as_ptr(), argv.as_ptr()),
            };
            let e = errno();
            if e != libc::ENOENT && e != libc::ENOTDIR {
                saved = e;
                if e != libc::EACCES {
                    break;
                }
            }
        }
        (b"", saved)
    }
}
