//! System calls as safe functions, for the native modules, which hold no `unsafe`. Nothing here knows Python values; what
//! may block is called by its user inside `cx.detach`.
//! - `fs.rs`: files and directories; `process.rs`: processes, users, limits; `spawn.rs`: a child that runs another program
//! - `time.rs`: clocks and calendars
//! - `socket.rs`: sockets; `names.rs`: lookups of hosts and services
//! - `mapping.rs`: mapped memory
//! - `semaphore.rs`: semaphores with names
//! - `signal.rs`: handlers, and how a signal reaches the main thread
//! - `fault.rs`: handlers and a watcher that tell what the threads run

pub mod fault;
pub mod fs;
pub mod mapping;
pub mod names;
pub mod process;
pub mod semaphore;
pub mod signal;
pub mod socket;
pub mod spawn;
pub mod time;

pub use libc;

use std::io;

/// The result of a call that says -1 and sets `errno`.
pub(crate) fn check(r: libc::c_int) -> io::Result<libc::c_int> {
    if r == -1 {
        Err(io::Error::last_os_error())
    } else {
        Ok(r)
    }
}

pub(crate) fn check_size(r: isize) -> io::Result<usize> {
    usize::try_from(r).map_err(|_| io::Error::last_os_error())
}

/// `pthread_self()` as `_thread.get_ident()` shows it.
pub fn thread_ident() -> u64 {
    // SAFETY: no arguments.
    unsafe { libc::pthread_self() as u64 }
}

/// The kernel's id of the calling thread.
pub fn native_thread_id() -> i64 {
    // SAFETY: no arguments.
    unsafe { libc::syscall(libc::SYS_gettid) as i64 }
}

/// Name the calling thread for the kernel (at most 15 bytes).
pub fn set_thread_name(name: &std::ffi::CStr) {
    // SAFETY: PR_SET_NAME reads up to 16 bytes of a terminated string.
    unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
}

/// Bytes of native stack below the current frame of the main thread, by `RLIMIT_STACK`.
pub fn main_stack_size() -> usize {
    match process::getrlimit(libc::RLIMIT_STACK) {
        Ok(l) if l.rlim_cur != libc::RLIM_INFINITY => (l.rlim_cur as usize).clamp(1 << 20, 1 << 30),
        _ => 8 << 20,
    }
}
