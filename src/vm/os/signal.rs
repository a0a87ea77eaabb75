//! Signals. The handler of the C level only notes the signal, sets SIGNAL in the main thread's breaker and writes to the
//! wakeup descriptors; Python's handler runs on the main thread at its next safepoint. A main thread that sleeps in a lock is
//! woken by the watcher, a thread that waits for the handler's pipe: unparking is not async-signal-safe.

use super::{check, fs};
use std::io;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU16, AtomicU32, Ordering};
use typhon_runtime::park;
use typhon_runtime::thread::{Thread, breaker};

/// Signal numbers are below this.
pub const NSIG: usize = 65;

static TRIPPED: [AtomicBool; NSIG] = [const { AtomicBool::new(false) }; NSIG];
static ANY: AtomicBool = AtomicBool::new(false);
/// The main thread's breaker word; null before `adopt_main_thread`.
static MAIN_BREAKER: AtomicPtr<AtomicU32> = AtomicPtr::new(std::ptr::null_mut());
static MAIN_TID: AtomicU16 = AtomicU16::new(0);
/// `signal.set_wakeup_fd`.
static WAKEUP_FD: AtomicI32 = AtomicI32::new(-1);
static WARN_ON_FULL: AtomicBool = AtomicBool::new(true);
/// errno of a failed write to the wakeup descriptor.
static WAKEUP_ERROR: AtomicI32 = AtomicI32::new(0);
/// Write end of the watcher's pipe.
static WATCHER_FD: AtomicI32 = AtomicI32::new(-1);
static WATCHER_PID: AtomicI32 = AtomicI32::new(0);

/// The calling thread gets the signals from now on. Its record must live until the process ends.
pub fn adopt_main_thread(t: &'static Thread) {
    MAIN_TID.store(t.tid, Ordering::Relaxed);
    MAIN_BREAKER.store((&raw const t.breaker).cast_mut(), Ordering::Release);
}

/// `adopt_main_thread` for the running thread, which is the main thread (or the only one left after a fork).
pub fn adopt_current_thread() {
    let t = Thread::current();
    if !t.is_null() {
        // SAFETY: the main thread's record lives until the process ends; only its atomic breaker is kept.
        adopt_main_thread(unsafe { &*t });
    }
}

/// Set the main thread's breaker. Async-signal-safe.
fn poke() {
    let b = MAIN_BREAKER.load(Ordering::Acquire);
    if !b.is_null() {
        // SAFETY: the main thread's record lives until the process ends.
        unsafe { &*b }.fetch_or(breaker::SIGNAL, Ordering::Release);
    }
}

/// Note a signal as if it had been delivered, from ordinary code (`_thread.interrupt_main`).
pub fn trip(signal: i32) {
    TRIPPED[signal as usize].store(true, Ordering::Release);
    ANY.store(true, Ordering::Release);
    poke();
    write_wakeup(signal);
    park::interrupt(MAIN_TID.load(Ordering::Relaxed));
}

fn write_wakeup(signal: i32) {
    let fd = WAKEUP_FD.load(Ordering::Acquire);
    if fd >= 0 {
        let byte = signal as u8;
        // SAFETY: async-signal-safe; reads one byte.
        let r = unsafe { libc::write(fd, (&raw const byte).cast(), 1) };
        if r < 0 {
            // SAFETY: this thread's errno.
            let e = unsafe { *libc::__errno_location() };
            let full = e == libc::EAGAIN || e == libc::EWOULDBLOCK;
            if !full || WARN_ON_FULL.load(Ordering::Relaxed) {
                WAKEUP_ERROR.store(e, Ordering::Relaxed);
            }
        }
    }
}

extern "C" fn on_signal(signal: libc::c_int) {
    // SAFETY: errno is this thread's; the interrupted code must not see ours.
    let saved = unsafe { *libc::__errno_location() };
    if let Some(t) = TRIPPED.get(signal as usize) {
        t.store(true, Ordering::Release);
        ANY.store(true, Ordering::Release);
        poke();
        write_wakeup(signal);
        let fd = WATCHER_FD.load(Ordering::Acquire);
        if fd >= 0 {
            // SAFETY: async-signal-safe; reads one byte.
            unsafe { libc::write(fd, [0u8].as_ptr().cast(), 1) };
        }
    }
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = saved };
}

/// Have signals wake a main thread that sleeps in a lock. Called before the main thread does so; cheap when done already.
pub fn ensure_watcher() {
    let pid = super::process::getpid();
    if WATCHER_PID.load(Ordering::Acquire) == pid {
        return;
    }
    WATCHER_PID.store(pid, Ordering::Release);
    let Ok((read, write)) = fs::pipe(libc::O_CLOEXEC) else {
        return;
    };
    let _ = fs::set_blocking(write, false);
    let started = std::thread::Builder::new()
        .name("signals".into())
        .stack_size(64 * 1024)
        .spawn(move || {
            block_all();
            let mut byte = [0u8; 64];
            loop {
                match fs::read(read, &mut byte) {
                    Ok(0) => return,
                    Ok(_) => park::interrupt(MAIN_TID.load(Ordering::Relaxed)),
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => return,
                }
            }
        });
    if started.is_ok() {
        WATCHER_FD.store(write, Ordering::Release);
        if ANY.load(Ordering::Acquire) {
            park::interrupt(MAIN_TID.load(Ordering::Relaxed));
        }
    }
}

/// In the child of a fork: the watcher is gone, and the forking thread is the main thread.
pub fn reset_in_child() {
    WATCHER_FD.store(-1, Ordering::Release);
    WATCHER_PID.store(0, Ordering::Release);
    for t in &TRIPPED {
        t.store(false, Ordering::Relaxed);
    }
    adopt_current_thread();
}

/// The signals noted since the last call, lowest first; none when nothing came.
pub fn take_tripped() -> Vec<i32> {
    if !ANY.swap(false, Ordering::AcqRel) {
        return Vec::new();
    }
    (1..NSIG)
        .filter(|&s| TRIPPED[s].swap(false, Ordering::AcqRel))
        .map(|s| s as i32)
        .collect()
}

/// Put back signals that were taken but not handled, after an exception of an earlier handler.
pub fn put_back(signals: &[i32]) {
    for &s in signals {
        TRIPPED[s as usize].store(true, Ordering::Release);
    }
    if !signals.is_empty() {
        ANY.store(true, Ordering::Release);
        poke();
    }
}

pub fn set_wakeup_fd(fd: i32, warn_on_full: bool) -> i32 {
    WARN_ON_FULL.store(warn_on_full, Ordering::Relaxed);
    WAKEUP_FD.swap(fd, Ordering::AcqRel)
}

pub fn take_wakeup_error() -> Option<i32> {
    match WAKEUP_ERROR.swap(0, Ordering::Relaxed) {
        0 => None,
        e => Some(e),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Disposition {
    Default,
    Ignore,
    /// Note it for Python.
    Python,
    /// Somebody else's handler.
    Foreign,
}

pub fn set(signal: i32, d: Disposition) -> io::Result<()> {
    // SAFETY: the struct is plain data; the handler is async-signal-safe.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = match d {
            Disposition::Default => libc::SIG_DFL,
            Disposition::Ignore => libc::SIG_IGN,
            _ => on_signal as extern "C" fn(libc::c_int) as usize,
        };
        libc::sigemptyset(&mut action.sa_mask);
        action.sa_flags = libc::SA_ONSTACK;
        check(libc::sigaction(signal, &action, std::ptr::null_mut())).map(drop)
    }
}

pub fn get(signal: i32) -> io::Result<Disposition> {
    // SAFETY: the struct is filled on success.
    unsafe {
        let mut old = MaybeUninit::<libc::sigaction>::zeroed();
        check(libc::sigaction(signal, std::ptr::null(), old.as_mut_ptr()))?;
        Ok(match old.assume_init().sa_sigaction {
            libc::SIG_DFL => Disposition::Default,
            libc::SIG_IGN => Disposition::Ignore,
            h if h == on_signal as extern "C" fn(libc::c_int) as usize => Disposition::Python,
            _ => Disposition::Foreign,
        })
    }
}

/// Rust's start looks for stack overflows by handlers of SIGSEGV and SIGBUS, which swallow the first such signal that another
/// process (or this one) sends. Python's default is that it ends the process.
pub fn undo_rusts_handlers() {
    for signal in [libc::SIGSEGV, libc::SIGBUS] {
        if matches!(get(signal), Ok(Disposition::Foreign)) {
            let _ = set(signal, Disposition::Default);
        }
    }
}

pub fn siginterrupt(signal: i32, interrupt: bool) -> io::Result<()> {
    // SAFETY: changes one flag of the action in place.
    unsafe {
        let mut a = MaybeUninit::<libc::sigaction>::zeroed();
        check(libc::sigaction(signal, std::ptr::null(), a.as_mut_ptr()))?;
        let mut a = a.assume_init();
        if interrupt {
            a.sa_flags &= !libc::SA_RESTART;
        } else {
            a.sa_flags |= libc::SA_RESTART;
        }
        check(libc::sigaction(signal, &a, std::ptr::null_mut())).map(drop)
    }
}

pub fn raise(signal: i32) -> io::Result<()> {
    // SAFETY: a number.
    check(unsafe { libc::raise(signal) }).map(drop)
}

pub fn alarm(seconds: u32) -> u32 {
    // SAFETY: a number.
    unsafe { libc::alarm(seconds) }
}

/// Wait for any signal.
pub fn pause() {
    // SAFETY: no arguments.
    unsafe { libc::pause() };
}

/// Delay and interval of a timer, in microseconds.
pub type Timer = (i64, i64);

fn timer_of(t: libc::itimerval) -> Timer {
    let us = |t: libc::timeval| t.tv_sec * 1_000_000 + t.tv_usec;
    (us(t.it_value), us(t.it_interval))
}

pub fn setitimer(which: i32, (delay, interval): Timer) -> io::Result<Timer> {
    let of = |us: i64| libc::timeval {
        tv_sec: us / 1_000_000,
        tv_usec: us % 1_000_000,
    };
    let new = libc::itimerval {
        it_value: of(delay),
        it_interval: of(interval),
    };
    let mut old = MaybeUninit::<libc::itimerval>::zeroed();
    // SAFETY: plain integers.
    unsafe {
        check(libc::setitimer(which as _, &new, old.as_mut_ptr()))?;
        Ok(timer_of(old.assume_init()))
    }
}

pub fn getitimer(which: i32) -> io::Result<Timer> {
    let mut old = MaybeUninit::<libc::itimerval>::zeroed();
    // SAFETY: plain integers.
    unsafe {
        check(libc::getitimer(which as _, old.as_mut_ptr()))?;
        Ok(timer_of(old.assume_init()))
    }
}

pub fn pthread_kill(ident: u64, signal: i32) -> io::Result<()> {
    // SAFETY: the caller names a thread it knows to live. The error is the result itself.
    match unsafe { libc::pthread_kill(ident as libc::pthread_t, signal) } {
        0 => Ok(()),
        e => Err(io::Error::from_raw_os_error(e)),
    }
}

fn set_of(signals: &[i32]) -> libc::sigset_t {
    // SAFETY: a bit set.
    unsafe {
        let mut s: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut s);
        for &n in signals {
            libc::sigaddset(&mut s, n);
        }
        s
    }
}

fn members(s: &libc::sigset_t) -> Vec<i32> {
    // SAFETY: a bit set.
    (1..NSIG as i32)
        .filter(|&n| unsafe { libc::sigismember(s, n) } == 1)
        .collect()
}

/// Block all signals in the calling thread.
pub(crate) fn block_all() {
    // SAFETY: the calling thread's mask.
    unsafe {
        let mut s: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&mut s);
        libc::pthread_sigmask(libc::SIG_SETMASK, &s, std::ptr::null_mut());
    }
}

/// Change the calling thread's mask; the mask before.
pub fn sigmask(how: i32, signals: &[i32]) -> io::Result<Vec<i32>> {
    let new = set_of(signals);
    // SAFETY: bit sets. The error is the result itself.
    unsafe {
        let mut old: libc::sigset_t = std::mem::zeroed();
        match libc::pthread_sigmask(how, &new, &mut old) {
            0 => Ok(members(&old)),
            e => Err(io::Error::from_raw_os_error(e)),
        }
    }
}

pub fn sigpending() -> io::Result<Vec<i32>> {
    // SAFETY: a bit set.
    unsafe {
        let mut s: libc::sigset_t = std::mem::zeroed();
        check(libc::sigpending(&mut s))?;
        Ok(members(&s))
    }
}

/// All signals the system has.
pub fn valid_signals() -> Vec<i32> {
    // SAFETY: a bit set.
    unsafe {
        let mut s: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&mut s);
        members(&s)
    }
}

pub fn sigwait(signals: &[i32]) -> io::Result<i32> {
    let s = set_of(signals);
    let mut got = 0;
    // SAFETY: a bit set and a number. The error is the result itself.
    match unsafe { libc::sigwait(&s, &mut got) } {
        0 => Ok(got),
        e => Err(io::Error::from_raw_os_error(e)),
    }
}

/// signo, code, errno, pid, uid, status, band of a signal waited for. `timeout` in nanoseconds.
pub fn sigtimedwait(signals: &[i32], timeout: Option<i64>) -> io::Result<[i64; 7]> {
    let s = set_of(signals);
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    // SAFETY: a bit set, a time, and a struct that is filled on success.
    unsafe {
        let r = match timeout {
            None => libc::sigwaitinfo(&s, info.as_mut_ptr()),
            Some(ns) => {
                let t = libc::timespec {
                    tv_sec: ns / 1_000_000_000,
                    tv_nsec: ns % 1_000_000_000,
                };
                libc::sigtimedwait(&s, info.as_mut_ptr(), &t)
            }
        };
        check(r)?;
        let i = info.assume_init();
        Ok([
            i.si_signo as i64,
            i.si_code as i64,
            i.si_errno as i64,
            i.si_pid() as i64,
            i.si_uid() as i64,
            i.si_status() as i64,
            0,
        ])
    }
}

/// The C library's text for a signal.
pub fn describe(signal: i32) -> Option<String> {
    // SAFETY: the C library's terminated text, copied at once.
    unsafe {
        let p = libc::strsignal(signal);
        if p.is_null() {
            return None;
        }
        let text = std::ffi::CStr::from_ptr(p).to_string_lossy().into_owned();
        if text.starts_with("Unknown signal") {
            None
        } else {
            Some(text)
        }
    }
}
