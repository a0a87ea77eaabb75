//! Native threads that run Python: a record of their own on their own stack, attached for their life.

use crate::Cx;
use std::ffi::c_void;
use std::io;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use typhon_runtime::thread;

/// Native stack of threads whose size nobody chose.
pub const DEFAULT_STACK: usize = 16 << 20;
/// Stacks are whole pages, of whatever size these are.
const STACK_UNIT: usize = 64 << 10;

/// Run `main` in a new thread, then `ended` when the thread's record is gone: nothing of the interpreter may be touched
/// there. A panic in `main` ends the thread only. The thread's `pthread_self`.
pub fn spawn(
    stack: usize,
    main: impl FnOnce(&mut Cx) + Send + 'static,
    ended: impl FnOnce() + Send + 'static,
) -> io::Result<u64> {
    let id = thread::reserve_id().map_err(|_| io::Error::from_raw_os_error(libc::EAGAIN))?;
    let stack = if stack == 0 { DEFAULT_STACK } else { stack };
    let registers = Cx::stack_for_thread().ok_or(io::ErrorKind::OutOfMemory)?;
    let body = move || {
        let mut cx = Cx::with_stack(registers, false, stack - stack / 16);
        // SAFETY: the thread is new, and the boxed record does not move until `exit`.
        unsafe { cx.thread.attach_with(id) };
        let _ = catch_unwind(AssertUnwindSafe(|| main(&mut cx)));
        clear(&mut cx);
        // The main thread of a process that this thread forked.
        let is_main = cx.is_main;
        if !is_main {
            // Who waits for the end of this thread may block a signal everywhere then: it must not come here.
            crate::os::signal::block_all();
        }
        cx.thread.exit();
        drop(cx);
        ended();
        if is_main {
            end_process();
        }
    };
    create(stack, Box::new(body))
}

type Body = Box<dyn FnOnce() + Send>;

/// A native thread that nobody joins; its `pthread_self`. What the standard library does besides, five system calls in each
/// new thread to tell the overflow of its stack from other faults, is not needed: `Cx::native_limit` comes before the end.
fn create(stack: usize, body: Body) -> io::Result<u64> {
    extern "C" fn run(body: *mut c_void) -> *mut c_void {
        // SAFETY: what `create` made for this thread alone.
        let body = unsafe { Box::from_raw(body.cast::<Body>()) };
        body();
        std::ptr::null_mut()
    }
    let check = |error| match error {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    };
    let mut attributes = MaybeUninit::uninit();
    let attributes = attributes.as_mut_ptr();
    let mut ident = 0;
    // SAFETY: the attributes are initialized first and destroyed last; `run` takes what it is given, which is taken back
    // here when no thread came about.
    unsafe {
        check(libc::pthread_attr_init(attributes))?;
        let body = Box::into_raw(Box::new(body));
        let stack = (stack.max(libc::PTHREAD_STACK_MIN)).next_multiple_of(STACK_UNIT);
        let detached = libc::PTHREAD_CREATE_DETACHED;
        let created = check(libc::pthread_attr_setdetachstate(attributes, detached))
            .and_then(|()| check(libc::pthread_attr_setstacksize(attributes, stack)))
            .and_then(|()| {
                let error = libc::pthread_create(&mut ident, attributes, run, body.cast());
                check(error)
            });
        libc::pthread_attr_destroy(attributes);
        if created.is_err() {
            drop(Box::from_raw(body));
        }
        created.map(|()| ident)
    }
}

/// The end of a forked child whose forking thread is done: with the last thread that runs Python, without finalization.
/// Threads of the interpreter's own, such as the one that waits for signals, do not keep it.
fn end_process() -> ! {
    while thread::running_threads() != 0 {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    crate::process::exit_now(0)
}

/// Drop what the record still holds, with what that brings about.
fn clear(cx: &mut Cx) {
    crate::monitor::legacy::set_trace(cx, None);
    crate::monitor::legacy::set_profile(cx, None);
    for _ in 0..3 {
        let held = (
            cx.exc.take(),
            std::mem::replace(&mut cx.handled, crate::cx::handled_stack()),
            std::mem::take(&mut cx.locals),
            cx.trace.take(),
            cx.profile.take(),
        );
        drop(held);
        let _ = catch_unwind(AssertUnwindSafe(|| crate::call::run_pending(cx)));
    }
}
