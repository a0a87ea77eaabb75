//! The lock of one stream: held through whole operations, Python code included, as CPython holds a buffered object's lock.
//! Waiters are detached. It is not an object lock (R1): under it the stream's state is reached in short sections, each under
//! the object's lock, so that even a thread that re-enters its own stream finds consistent state.

use std::sync::atomic::{AtomicU64, Ordering};
use typhon_vm::native::*;
use typhon_vm::os;
use typhon_vm::runtime::park::{RawLock, Wait};

#[derive(Default)]
pub struct Busy {
    raw: RawLock,
    /// `get_ident()` of the holder, 0 without.
    owner: AtomicU64,
}

/// Lets go of the lock at its end, also when a panic ends it.
struct Held<'a>(&'a Busy);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.owner.store(0, Ordering::Relaxed);
        let _was_locked = self.0.raw.unlock();
    }
}

impl Busy {
    pub const fn new() -> Busy {
        Busy {
            raw: RawLock::new(),
            owner: AtomicU64::new(0),
        }
    }
    fn enter(&self, cx: &mut Cx, me: u64) -> Held<'_> {
        if !self.raw.try_lock() {
            while !matches!(self.raw.lock(&mut cx.thread, None, false), Wait::Acquired) {}
        }
        self.owner.store(me, Ordering::Relaxed);
        Held(self)
    }
    /// Run `f` with the stream to itself. A thread that holds it already goes on (text streams).
    pub fn nested<T>(&self, cx: &mut Cx, f: impl FnOnce(&mut Cx) -> Res<T>) -> Res<T> {
        let me = os::thread_ident();
        if self.owner.load(Ordering::Relaxed) == me {
            return f(cx);
        }
        let _held = self.enter(cx, me);
        f(cx)
    }
    /// The same, but for a thread that holds it already a `RuntimeError` (buffered streams).
    pub fn once<T>(&self, cx: &mut Cx, this: &Value, f: impl FnOnce(&mut Cx) -> Res<T>) -> Res<T> {
        let me = os::thread_ident();
        if self.owner.load(Ordering::Relaxed) == me {
            let r = typhon_vm::protocol::repr_string(cx, this)?;
            return Err(cx.runtime_error(format!("reentrant call inside {r}")));
        }
        let _held = self.enter(cx, me);
        f(cx)
    }
}
