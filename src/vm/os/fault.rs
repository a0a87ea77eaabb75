//! What tells the program's traceback when it crashes, hangs, or is asked by a signal. The handlers do what may be done in
//! one: they write to descriptors, copy memory, and change the handling of signals. What they know stands in atomics; what
//! changes it holds [`CHANGE`].

use super::signal::{NSIG, block_all};
use super::{check, libc};
use crate::postmortem;
use std::cell::UnsafeCell;
use std::ffi::{CStr, c_int, c_void};
use std::fmt::{self, Write};
use std::io;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use typhon_runtime::sync::{Condvar, Mutex};

/// Held by who changes what the handlers know.
static CHANGE: Mutex<()> = Mutex::new(());

/// Copies memory of this process, which may not be there. Async-signal-safe.
pub fn copy_memory(at: usize, into: &mut [u8]) -> bool {
    if into.is_empty() {
        return true;
    }
    let local = libc::iovec {
        iov_base: into.as_mut_ptr().cast(),
        iov_len: into.len(),
    };
    let remote = libc::iovec {
        iov_base: at as *mut c_void,
        iov_len: into.len(),
    };
    // SAFETY: it writes to `into` only; what it reads it looks at first.
    let n = unsafe { libc::process_vm_readv(libc::getpid(), &local, 1, &remote, 1, 0) };
    if n == -1 && matches!(errno(), libc::EPERM | libc::ENOSYS) {
        // Not everybody may: some who run programs in a cage forbid the call.
        return copy_by_file(at, into);
    }
    usize::try_from(n) == Ok(into.len())
}

fn copy_by_file(at: usize, into: &mut [u8]) -> bool {
    // SAFETY: a terminated name; writes to `into` only.
    unsafe {
        let fd = libc::open(c"/proc/self/mem".as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC);
        if fd < 0 {
            return false;
        }
        let n = libc::pread(fd, into.as_mut_ptr().cast(), into.len(), at as libc::off_t);
        libc::close(fd);
        usize::try_from(n) == Ok(into.len())
    }
}

/// The name of a thread of this process. Async-signal-safe.
pub fn thread_name(native: i64, into: &mut [u8; 16]) -> &[u8] {
    let mut path = Fixed::<48>::new();
    let _ = write!(path, "/proc/self/task/{native}/comm\0");
    // SAFETY: a terminated name; writes to `into` only.
    let n = unsafe {
        let fd = libc::open(path.bytes.as_ptr().cast(), libc::O_RDONLY | libc::O_CLOEXEC);
        if fd < 0 {
            return &[];
        }
        let n = libc::read(fd, into.as_mut_ptr().cast(), into.len());
        libc::close(fd);
        n.max(0) as usize
    };
    let name = &into[..n];
    name.strip_suffix(b"\n").unwrap_or(name)
}

fn errno() -> c_int {
    // SAFETY: this thread's.
    unsafe { *libc::__errno_location() }
}

fn set_errno(e: c_int) {
    // SAFETY: this thread's.
    unsafe { *libc::__errno_location() = e };
}

/// Text that has a place of its own; what does not fit is lost.
struct Fixed<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Fixed<N> {
    const fn new() -> Self {
        Fixed {
            bytes: [0; N],
            len: 0,
        }
    }
}

impl<const N: usize> Write for Fixed<N> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        let room = N - self.len;
        let n = s.len().min(room);
        self.bytes[self.len..self.len + n].copy_from_slice(&s.as_bytes()[..n]);
        self.len += n;
        Ok(())
    }
}

/// Text on its way to a descriptor.
struct Out {
    fd: c_int,
    held: Fixed<256>,
}

impl Out {
    fn to(fd: c_int) -> Out {
        Out {
            fd,
            held: Fixed::new(),
        }
    }

    fn flush(&mut self) {
        let mut rest = &self.held.bytes[..self.held.len];
        while !rest.is_empty() {
            // SAFETY: reads `rest`.
            let n = unsafe { libc::write(self.fd, rest.as_ptr().cast(), rest.len()) };
            match usize::try_from(n) {
                Ok(n) => rest = &rest[n..],
                Err(_) if errno() == libc::EINTR => {}
                // There is nobody to tell.
                Err(_) => break,
            }
        }
        self.held.len = 0;
    }
}

impl Write for Out {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        for part in s.as_bytes().chunks(64) {
            if self.held.len + part.len() > self.held.bytes.len() {
                self.flush();
            }
            self.held.bytes[self.held.len..self.held.len + part.len()].copy_from_slice(part);
            self.held.len += part.len();
        }
        Ok(())
    }
}

impl Drop for Out {
    fn drop(&mut self) {
        self.flush();
    }
}

/// Writes a traceback. Async-signal-safe.
fn dump(out: &mut Out, all_threads: bool) {
    let done = postmortem::with_scratch(|scratch| {
        if all_threads {
            postmortem::all_threads(out, scratch);
        } else {
            postmortem::one_thread(out, scratch);
        }
    });
    if done.is_none() {
        let _ = out.write_str("<a traceback is being written already>\n");
    }
}

/// What was done about a signal before, for who comes after.
struct Previous(UnsafeCell<MaybeUninit<libc::sigaction>>);

// SAFETY: written under `CHANGE` while no handler of ours is installed that reads it.
unsafe impl Sync for Previous {}

impl Previous {
    const fn new() -> Previous {
        Previous(UnsafeCell::new(MaybeUninit::zeroed()))
    }

    /// Puts `handler` in its place.
    ///
    /// # Safety
    /// Under `CHANGE`; the handler is async-signal-safe.
    unsafe fn replace(
        &self,
        signal: c_int,
        handler: extern "C" fn(c_int),
        flags: c_int,
    ) -> io::Result<()> {
        // SAFETY: by contract; the struct is filled on success.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = handler as usize;
            libc::sigemptyset(&mut action.sa_mask);
            action.sa_flags = libc::SA_ONSTACK | flags;
            check(libc::sigaction(
                signal,
                &action,
                (*self.0.get()).as_mut_ptr(),
            ))
            .map(drop)
        }
    }

    /// Puts it back. Async-signal-safe.
    ///
    /// # Safety
    /// After `replace`.
    unsafe fn restore(&self, signal: c_int) {
        // SAFETY: by contract.
        unsafe { libc::sigaction(signal, (*self.0.get()).as_ptr(), std::ptr::null_mut()) };
    }
}

/// A signal that ends the program.
struct Fatal {
    signal: c_int,
    name: &'static str,
    enabled: AtomicBool,
    previous: Previous,
}

const fn fatal(signal: c_int, name: &'static str) -> Fatal {
    Fatal {
        signal,
        name,
        enabled: AtomicBool::new(false),
        previous: Previous::new(),
    }
}

static FATAL: [Fatal; 5] = [
    fatal(libc::SIGBUS, "Bus error"),
    fatal(libc::SIGILL, "Illegal instruction"),
    fatal(libc::SIGFPE, "Floating-point exception"),
    fatal(libc::SIGABRT, "Aborted"),
    fatal(libc::SIGSEGV, "Segmentation fault"),
];
static ENABLED: AtomicBool = AtomicBool::new(false);
static FATAL_FD: AtomicI32 = AtomicI32::new(2);
static FATAL_ALL: AtomicBool = AtomicBool::new(true);
static FATAL_NATIVE: AtomicBool = AtomicBool::new(true);

pub fn is_fatal(signal: c_int) -> bool {
    FATAL.iter().any(|f| f.signal == signal)
}

extern "C" fn on_fatal(signal: c_int) {
    let saved = errno();
    let Some(it) = FATAL.iter().find(|f| f.signal == signal) else {
        return;
    };
    if it.enabled.swap(false, Ordering::AcqRel) {
        // SAFETY: it was enabled.
        unsafe { it.previous.restore(signal) };
        let mut out = Out::to(FATAL_FD.load(Ordering::Relaxed));
        let _ = write!(out, "Fatal Python error: {}\n\n", it.name);
        let mut all = FATAL_ALL.load(Ordering::Relaxed);
        if all && !typhon_runtime::gil::is_enabled() {
            let _ = out.write_str("<Cannot show all threads while the GIL is disabled>\n");
            all = false;
        }
        dump(&mut out, all);
        if FATAL_NATIVE.load(Ordering::Relaxed) {
            native_stack(&mut out);
        }
    }
    set_errno(saved);
    // SAFETY: a number. What happened before, or what the system does: it is not blocked here.
    unsafe { libc::raise(signal) };
}

/// From now on a signal that ends the program tells where it was.
pub fn enable(fd: c_int, all_threads: bool, native: bool) -> io::Result<()> {
    let _change = CHANGE.lock();
    FATAL_FD.store(fd, Ordering::Relaxed);
    FATAL_ALL.store(all_threads, Ordering::Relaxed);
    FATAL_NATIVE.store(native, Ordering::Relaxed);
    if ENABLED.swap(true, Ordering::AcqRel) {
        return Ok(());
    }
    alternate_stack();
    if native {
        // The first call loads what it needs, which a handler must not.
        let mut one = [std::ptr::null_mut(); 1];
        addresses_of_calls(&mut one);
    }
    for it in &FATAL {
        // SAFETY: under CHANGE; `on_fatal` is async-signal-safe.
        unsafe { it.previous.replace(it.signal, on_fatal, libc::SA_NODEFER)? };
        it.enabled.store(true, Ordering::Release);
    }
    Ok(())
}

pub fn is_enabled() -> bool {
    ENABLED.load(Ordering::Acquire)
}

/// Whether it was enabled.
pub fn disable() -> bool {
    let _change = CHANGE.lock();
    for it in &FATAL {
        if it.enabled.swap(false, Ordering::AcqRel) {
            // SAFETY: it was enabled.
            unsafe { it.previous.restore(it.signal) };
        }
    }
    ENABLED.swap(false, Ordering::AcqRel)
}

/// Gives the calling thread a stack for handlers, if it has none: where its own is full, none runs there.
fn alternate_stack() {
    const SIZE: usize = 64 << 10;
    // SAFETY: asks first; the mapping is never taken away.
    unsafe {
        let mut old: libc::stack_t = std::mem::zeroed();
        if libc::sigaltstack(std::ptr::null(), &mut old) != 0
            || old.ss_flags & libc::SS_DISABLE == 0 && old.ss_size >= SIZE / 4
        {
            return;
        }
        let at = libc::mmap(
            std::ptr::null_mut(),
            SIZE,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        );
        if at != libc::MAP_FAILED {
            let new = libc::stack_t {
                ss_sp: at,
                ss_flags: 0,
                ss_size: SIZE,
            };
            libc::sigaltstack(&new, std::ptr::null_mut());
        }
    }
}

/// A signal that somebody asks the traceback with.
struct User {
    enabled: AtomicBool,
    fd: AtomicI32,
    all_threads: AtomicBool,
    chain: AtomicBool,
    previous: Previous,
}

static USERS: [User; NSIG] = [const {
    User {
        enabled: AtomicBool::new(false),
        fd: AtomicI32::new(-1),
        all_threads: AtomicBool::new(false),
        chain: AtomicBool::new(false),
        previous: Previous::new(),
    }
}; NSIG];

impl User {
    /// # Safety
    /// Under `CHANGE`, or in the handler itself.
    unsafe fn install(&self, signal: c_int) -> io::Result<()> {
        // One that is called in its turn must not find the signal blocked; without one, system calls go on.
        let flags = if self.chain.load(Ordering::Relaxed) {
            libc::SA_NODEFER
        } else {
            libc::SA_RESTART
        };
        // SAFETY: by contract; `on_user` is async-signal-safe.
        unsafe { self.previous.replace(signal, on_user, flags) }
    }
}

extern "C" fn on_user(signal: c_int) {
    let saved = errno();
    let Some(it) = USERS
        .get(signal as usize)
        .filter(|u| u.enabled.load(Ordering::Acquire))
    else {
        return;
    };
    let all_threads = it.all_threads.load(Ordering::Relaxed);
    dump(&mut Out::to(it.fd.load(Ordering::Relaxed)), all_threads);
    if it.chain.load(Ordering::Relaxed) {
        // SAFETY: it was installed; this is its handler.
        unsafe {
            it.previous.restore(signal);
            set_errno(saved);
            libc::raise(signal);
            let saved = errno();
            let _ = it.install(signal);
            set_errno(saved);
        }
    } else {
        set_errno(saved);
    }
}

/// From now on the signal has the traceback written.
pub fn register(signal: c_int, fd: c_int, all_threads: bool, chain: bool) -> io::Result<()> {
    let _change = CHANGE.lock();
    let it = &USERS[signal as usize];
    it.fd.store(fd, Ordering::Relaxed);
    it.all_threads.store(all_threads, Ordering::Relaxed);
    it.chain.store(chain, Ordering::Relaxed);
    if !it.enabled.load(Ordering::Relaxed) {
        // The handler writes nothing before `enabled`.
        // SAFETY: under CHANGE.
        unsafe { it.install(signal)? };
        it.enabled.store(true, Ordering::Release);
    }
    Ok(())
}

/// Whether it was registered.
pub fn unregister(signal: c_int) -> bool {
    let _change = CHANGE.lock();
    let it = &USERS[signal as usize];
    let was = it.enabled.swap(false, Ordering::AcqRel);
    if was {
        // SAFETY: it was installed.
        unsafe { it.previous.restore(signal) };
    }
    was
}

/// A traceback that is to come.
struct Later {
    /// Which one: another number calls it off.
    number: u64,
    thread: Option<JoinHandle<()>>,
}

static LATER: Mutex<Later> = Mutex::new(Later {
    number: 0,
    thread: None,
});
static CALLED_OFF: Condvar = Condvar::new();

/// Writes `title` and the traceback of all threads after `timeout`, again and again if `repeat`, by a thread of its own, which
/// needs nobody's leave: also where all others hang. May wait for that of before.
pub fn dump_later(
    timeout: Duration,
    title: String,
    repeat: bool,
    fd: c_int,
    exit: bool,
) -> io::Result<()> {
    cancel_later();
    let mut later = LATER.lock();
    let number = later.number;
    let made = std::thread::Builder::new()
        .name("faulthandler".into())
        .stack_size(128 << 10)
        .spawn(move || {
            block_all();
            while waits(number, timeout) {
                let mut out = Out::to(fd);
                let _ = out.write_str(&title);
                dump(&mut out, true);
                out.flush();
                if exit {
                    crate::process::exit_now(1);
                }
                if !repeat {
                    return;
                }
            }
        });
    later.thread = Some(made?);
    Ok(())
}

/// Whether the time is up and nobody has called it off.
fn waits(number: u64, timeout: Duration) -> bool {
    let end = Instant::now() + timeout;
    let mut later = LATER.lock();
    while later.number == number {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        CALLED_OFF.wait_for(&mut later, left);
    }
    false
}

/// No traceback is written any more when this is done.
pub fn cancel_later() {
    let mut later = LATER.lock();
    later.number += 1;
    CALLED_OFF.notify_all();
    let thread = later.thread.take();
    drop(later);
    if let Some(thread) = thread {
        let _ = thread.join();
    }
}

/// In the child of a fork, where the watcher is not.
pub fn reset_in_child() {
    postmortem::reset_in_child();
    let mut later = LATER.lock();
    later.number += 1;
    std::mem::forget(later.thread.take());
}

/// Calls shown of the native stack.
const MOST_CALLS: usize = 32;

#[cfg(target_env = "gnu")]
fn addresses_of_calls(into: &mut [*mut c_void]) -> usize {
    unsafe extern "C" {
        fn backtrace(buffer: *mut *mut c_void, size: c_int) -> c_int;
    }
    // SAFETY: writes so many addresses.
    unsafe { backtrace(into.as_mut_ptr(), into.len() as c_int) }.max(0) as usize
}

#[cfg(not(target_env = "gnu"))]
fn addresses_of_calls(_: &mut [*mut c_void]) -> usize {
    0
}

/// The native calls of the calling thread.
fn native_stack(out: &mut dyn Write) {
    let _ = out.write_str("Current thread's C stack trace (most recent call first):\n");
    let mut calls = [std::ptr::null_mut(); MOST_CALLS + 1];
    let n = addresses_of_calls(&mut calls);
    if n == 0 {
        let _ = out.write_str("  <cannot get C stack on this system>\n");
    }
    for &at in calls.iter().take(n.min(MOST_CALLS)) {
        native_call(out, at);
    }
    if n > MOST_CALLS {
        let _ = out.write_str("  <truncated rest of calls>\n");
    }
}

fn native_call(out: &mut dyn Write, at: *mut c_void) {
    let mut found = MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: fills the struct, whose texts live as long as what is loaded.
    let info = unsafe {
        if libc::dladdr(at, found.as_mut_ptr()) == 0 {
            None
        } else {
            Some(found.assume_init())
        }
    };
    // SAFETY: null, or terminated text of the loader's.
    let text = |p: *const libc::c_char| unsafe {
        if p.is_null() {
            ""
        } else {
            CStr::from_ptr(p).to_str().unwrap_or("")
        }
    };
    let address = at as usize;
    let _ = match info {
        None => writeln!(out, "  <unknown file> [0x{address:x}]"),
        Some(info) => {
            let (base, name) = if info.dli_saddr.is_null() {
                (info.dli_fbase as usize, "")
            } else {
                (info.dli_saddr as usize, text(info.dli_sname))
            };
            let (file, by) = (text(info.dli_fname), address.wrapping_sub(base));
            writeln!(
                out,
                "  Binary file \"{file}\", at {name}+0x{by:x} [0x{address:x}]"
            )
        }
    };
}

/// The same, to a descriptor.
pub fn dump_native_stack(fd: c_int) {
    native_stack(&mut Out::to(fd));
}

/// The traceback of the calling thread, to a descriptor.
pub fn dump_own(fd: c_int) {
    dump(&mut Out::to(fd), false);
}

/// Writes it all.
pub fn write_text(fd: c_int, text: &str) {
    let _ = Out::to(fd).write_str(text);
}

/// Reads where nothing is.
pub fn read_nothing() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: it faults, which is what it is for: the handler of the signal ends the program.
    unsafe {
        std::arch::asm!("mov {0}, qword ptr [{0}]", inout(reg) 0usize => _);
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = super::signal::raise(libc::SIGSEGV);
}

/// Calls itself until the stack is full, or 100 megabytes are.
pub fn overflow_the_stack() -> usize {
    fn deeper(top: usize) -> usize {
        let room = std::hint::black_box([0u8; 4096]);
        let used = top.abs_diff(room.as_ptr() as usize);
        if used > 100 << 20 {
            return used;
        }
        std::hint::black_box(deeper(top)).max(usize::from(room[0]))
    }
    let here = 0u8;
    deeper(&raw const here as usize)
}
