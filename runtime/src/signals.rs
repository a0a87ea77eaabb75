//! Signals go to the program's threads. The runtime's own (collector, memory, clock) block them all: a signal sent to the
//! process is given to any thread that does not block it, also when every thread of the program does.

/// Run `f`, which starts a thread, with all signals blocked: the new thread inherits that, and no signal finds it before.
pub(crate) fn blocked<R>(f: impl FnOnce() -> R) -> R {
    // SAFETY: the calling thread's mask, put back afterwards.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut old: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_BLOCK, &all, &mut old);
        let result = f();
        libc::pthread_sigmask(libc::SIG_SETMASK, &old, std::ptr::null_mut());
        result
    }
}
