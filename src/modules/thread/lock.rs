//! `lock` and `RLock`, over the runtime's parking lock. A waiter is detached; signals and asynchronous exceptions interrupt it.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use typhon_text::time_text::Round;
use typhon_vm::native::*;
use typhon_vm::os;
use typhon_vm::runtime::foreign::Holder;
use typhon_vm::runtime::park::{RawLock, Wait};

/// `TIMEOUT_MAX` in nanoseconds.
pub const TIMEOUT_MAX: i64 = i64::MAX / 1_000_000_000 * 1_000_000_000;

/// How long `acquire` waits.
#[derive(Clone, Copy)]
enum Patience {
    None,
    Until(Instant),
    Forever,
}

fn patience(cx: &mut Cx, blocking: bool, timeout: Option<&Value>) -> Res<Patience> {
    let ns = match timeout {
        None => -1_000_000_000,
        Some(v) => crate::time::nanoseconds(cx, v, Round::Up)?,
    };
    let unset = ns == -1_000_000_000;
    if !blocking && !unset {
        return Err(cx.value_error("can't specify a timeout for a non-blocking call"));
    }
    if ns < 0 && !unset {
        return Err(cx.value_error("timeout value must be a non-negative number"));
    }
    if !blocking {
        return Ok(Patience::None);
    }
    if unset {
        return Ok(Patience::Forever);
    }
    if ns > TIMEOUT_MAX {
        return Err(cx.overflow_error("timeout value is too large"));
    }
    Ok(
        match Instant::now().checked_add(Duration::from_nanos(ns as u64)) {
            Some(end) => Patience::Until(end),
            None => Patience::Forever,
        },
    )
}

/// A parking lock, and who holds it: finalizers that other threads brought about wait while their thread holds locks.
#[derive(Default)]
struct Held {
    raw: RawLock,
    holder: Holder,
}

impl Held {
    const fn new() -> Held {
        Held {
            raw: RawLock::new(),
            holder: Holder::new(),
        }
    }
    #[inline]
    fn try_lock(&self, cx: &Cx) -> bool {
        let taken = self.raw.try_lock();
        if taken {
            self.holder.taken(&cx.thread);
        }
        taken
    }
    /// Take the lock as patiently as asked, handling signals meanwhile.
    fn take(&self, cx: &mut Cx, patience: Patience) -> Res<bool> {
        let taken = take(cx, &self.raw, patience)?;
        if taken {
            self.holder.taken(&cx.thread);
        }
        Ok(taken)
    }
    /// False if it was not locked.
    fn unlock(&self) -> bool {
        self.holder.given_up();
        self.raw.unlock()
    }
    fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }
    fn reset(&self) {
        self.holder.given_up();
        self.raw.reset();
    }
}

fn take(cx: &mut Cx, raw: &RawLock, patience: Patience) -> Res<bool> {
    if raw.try_lock() {
        return Ok(true);
    }
    let end = match patience {
        Patience::None => return Ok(false),
        Patience::Until(end) => Some(end),
        Patience::Forever => None,
    };
    if cx.is_main {
        os::signal::ensure_watcher();
    }
    loop {
        match raw.lock_until(&mut cx.thread, end, true) {
            Wait::Acquired => return Ok(true),
            Wait::TimedOut => return Ok(false),
            Wait::Interrupted => crate::os_call::check_signals(cx)?,
        }
    }
}

/// A lock object is a synchronization primitive.  To create a lock,
/// call threading.Lock().
#[pytype(name = "lock", module = "_thread", weakrefable)]
pub struct Lock {
    head: Header,
    #[skip]
    raw: Held,
}

pub fn new_lock(cx: &mut Cx) -> Res<Value> {
    crate::os_call::make(
        cx,
        Lock {
            head: Header::placeholder(),
            raw: Held::new(),
        },
    )
}

impl Lock {
    fn unlock(&self, cx: &mut Cx) -> Res<()> {
        if self.raw.unlock() {
            Ok(())
        } else {
            Err(cx.runtime_error("release unlocked lock"))
        }
    }
}

#[pymethods]
impl Lock {
    #[new]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        args.no_keywords(cx, "lock")?;
        args.check_count(cx, "lock", 0, 0)?;
        typhon_vm::objects::object::alloc(
            cx,
            cls,
            Lock {
                head: Header::placeholder(),
                raw: Held::new(),
            },
        )
    }
    /// Lock the lock.
    ///
    /// Without argument, this blocks if the lock is already
    /// locked (even by the same thread), waiting for another thread to release
    /// the lock, and return True once the lock is acquired.
    /// With an argument, this will only block if the argument is true,
    /// and the return value reflects whether the lock is acquired.
    /// The blocking operation is interruptible.
    #[sig(blocking = True, timeout = absent)]
    fn acquire(&self, blocking: bool, timeout: Option<&Value>, cx: &mut Cx) -> Res<bool> {
        if timeout.is_none() && self.raw.try_lock(cx) {
            return Ok(true);
        }
        let p = patience(cx, blocking, timeout)?;
        self.raw.take(cx, p)
    }
    /// An obsolete synonym of acquire().
    #[sig(blocking = True, timeout = absent)]
    fn acquire_lock(&self, blocking: bool, timeout: Option<&Value>, cx: &mut Cx) -> Res<bool> {
        let p = patience(cx, blocking, timeout)?;
        self.raw.take(cx, p)
    }
    /// Release the lock, allowing another thread that is blocked waiting for
    /// the lock to acquire the lock.  The lock must be in the locked state,
    /// but it needn't be locked by the same thread that unlocks it.
    fn release(&self, cx: &mut Cx) -> Res<()> {
        self.unlock(cx)
    }
    /// An obsolete synonym of release().
    fn release_lock(&self, cx: &mut Cx) -> Res<()> {
        self.unlock(cx)
    }
    /// Return whether the lock is in the locked state.
    fn locked(&self) -> bool {
        self.raw.is_locked()
    }
    /// An obsolete synonym of locked().
    fn locked_lock(&self) -> bool {
        self.raw.is_locked()
    }
    /// Lock the lock.
    fn __enter__(&self, cx: &mut Cx) -> Res<bool> {
        self.raw.take(cx, Patience::Forever)
    }
    /// Release the lock.
    #[sig(*args)]
    fn __exit__(&self, args: &[Value], cx: &mut Cx) -> Res<()> {
        let _ = args;
        self.unlock(cx)
    }
    fn _at_fork_reinit(&self) {
        self.raw.reset();
    }
    #[slot]
    fn repr(this: &Value) -> String {
        let locked = this.downcast::<Lock>().is_some_and(|l| l.raw.is_locked());
        let state = if locked { "locked" } else { "unlocked" };
        format!(
            "<{state} {} object at {:#x}>",
            qualified(this),
            this.bits() & !7
        )
    }
}

fn qualified(v: &Value) -> String {
    let t = v.ty();
    match t.name() {
        n if t.has(typhon_vm::objects::typeobj::flag::HEAP) => n,
        n => format!("_thread.{n}"),
    }
}

/// A lock its owner may take again.
#[pytype(name = "RLock", module = "_thread", basetype, weakrefable)]
pub struct RLock {
    head: Header,
    #[skip]
    raw: Held,
    /// `get_ident()` of the owner, 0 without; written only by the owner.
    owner: AtomicU64,
    /// How often the owner has taken it; touched only by the owner.
    count: AtomicU32,
}

impl RLock {
    fn fresh() -> RLock {
        RLock {
            head: Header::placeholder(),
            raw: Held::new(),
            owner: AtomicU64::new(0),
            count: AtomicU32::new(0),
        }
    }
    fn is_mine(&self) -> bool {
        self.owner.load(Ordering::Relaxed) == os::thread_ident()
    }
    fn enter(&self, cx: &mut Cx, patience: Patience) -> Res<bool> {
        if self.is_mine() {
            let n = self.count.load(Ordering::Relaxed);
            if n == u32::MAX {
                return Err(cx.overflow_error("Internal lock count overflowed"));
            }
            self.count.store(n + 1, Ordering::Relaxed);
            return Ok(true);
        }
        if !self.raw.take(cx, patience)? {
            return Ok(false);
        }
        self.owner.store(os::thread_ident(), Ordering::Relaxed);
        self.count.store(1, Ordering::Relaxed);
        Ok(true)
    }
    fn leave(&self, cx: &mut Cx) -> Res<()> {
        if !self.is_mine() {
            return Err(cx.runtime_error("cannot release un-acquired lock"));
        }
        let n = self.count.load(Ordering::Relaxed) - 1;
        self.count.store(n, Ordering::Relaxed);
        if n == 0 {
            self.owner.store(0, Ordering::Relaxed);
            let _was_locked = self.raw.unlock();
        }
        Ok(())
    }
}

#[pymethods]
impl RLock {
    #[new]
    #[text_signature(none)]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        if std::ptr::eq(cls, RLock::type_object(cx)?)
            && (!args.pos.is_empty() || args.has_keywords())
        {
            cx.warn(
                ExcKind::DeprecationWarning,
                "Passing arguments to RLock is deprecated and will be removed in 3.15",
            )?;
        }
        typhon_vm::objects::object::alloc(cx, cls, RLock::fresh())
    }
    /// Lock the lock.
    ///
    /// `blocking` indicates whether we should wait
    /// for the lock to be available or not.  If `blocking` is False
    /// and another thread holds the lock, the method will return False
    /// immediately.  If `blocking` is True and another thread holds
    /// the lock, the method will wait for the lock to be released,
    /// take it and then return True.
    #[sig(blocking = True, timeout = absent)]
    fn acquire(&self, blocking: bool, timeout: Option<&Value>, cx: &mut Cx) -> Res<bool> {
        let p = patience(cx, blocking, timeout)?;
        self.enter(cx, p)
    }
    /// Release the lock.
    fn release(&self, cx: &mut Cx) -> Res<()> {
        self.leave(cx)
    }
    /// Return a boolean indicating whether this object is locked right now.
    fn locked(&self) -> bool {
        self.raw.is_locked()
    }
    fn __enter__(&self, cx: &mut Cx) -> Res<bool> {
        self.enter(cx, Patience::Forever)
    }
    #[sig(*args)]
    fn __exit__(&self, args: &[Value], cx: &mut Cx) -> Res<()> {
        let _ = args;
        self.leave(cx)
    }
    /// For internal use by `threading.Condition`.
    fn _is_owned(&self) -> bool {
        self.is_mine()
    }
    /// For internal use by reentrancy guards.
    fn _recursion_count(&self) -> u32 {
        if self.is_mine() {
            self.count.load(Ordering::Relaxed)
        } else {
            0
        }
    }
    /// For internal use by `threading.Condition`.
    fn _release_save(&self, cx: &mut Cx) -> Res<(u32, u64)> {
        if !self.is_mine() {
            return Err(cx.runtime_error("cannot release un-acquired lock"));
        }
        let saved = (
            self.count.swap(0, Ordering::Relaxed),
            self.owner.swap(0, Ordering::Relaxed),
        );
        let _was_locked = self.raw.unlock();
        Ok(saved)
    }
    /// For internal use by `threading.Condition`.
    #[sig(state, /)]
    fn _acquire_restore(&self, state: &Value, cx: &mut Cx) -> Res<()> {
        let Some([count, owner]) = state.downcast::<Tuple>().map(Tuple::items) else {
            return Err(cx.type_error("_acquire_restore() argument 1 must be a 2-item tuple"));
        };
        let count = <u32 as FromArg>::from_arg(cx, count, At::attribute("count"))?;
        let owner = <u64 as FromArg>::from_arg(cx, owner, At::attribute("owner"))?;
        // Not interruptible: the caller's `finally` relies on it.
        while !matches!(
            self.raw.raw.lock(&mut cx.thread, None, false),
            Wait::Acquired
        ) {}
        self.raw.holder.taken(&cx.thread);
        self.owner.store(owner, Ordering::Relaxed);
        self.count.store(count, Ordering::Relaxed);
        Ok(())
    }
    fn _at_fork_reinit(&self) {
        self.owner.store(0, Ordering::Relaxed);
        self.count.store(0, Ordering::Relaxed);
        self.raw.reset();
    }
    #[slot]
    fn repr(this: &Value) -> String {
        let Some(l) = this.downcast::<RLock>() else {
            return String::new();
        };
        let (owner, count) = (
            l.owner.load(Ordering::Relaxed),
            l.count.load(Ordering::Relaxed),
        );
        let state = if l.raw.is_locked() {
            "locked"
        } else {
            "unlocked"
        };
        format!(
            "<{state} {} object owner={owner} count={count} at {:#x}>",
            qualified(this),
            this.bits() & !7
        )
    }
}
