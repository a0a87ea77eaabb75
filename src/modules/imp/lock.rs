//! The import lock: reentrant, held by a thread for the moments in which `importlib` looks after its module locks.

use std::sync::atomic::{AtomicU32, Ordering};
use typhon_runtime::park::{RawLock, Wait};
use typhon_vm::native::*;

static LOCK: RawLock = RawLock::new();
/// Id of the holder, 0 if free; written by the holder only.
static OWNER: AtomicU32 = AtomicU32::new(0);
/// How often the holder has it, beyond once.
static DEPTH: AtomicU32 = AtomicU32::new(0);

pub fn acquire(cx: &mut Cx) {
    let me = cx.tid as u32;
    if OWNER.load(Ordering::Relaxed) == me {
        DEPTH.fetch_add(1, Ordering::Relaxed);
        return;
    }
    while !matches!(LOCK.lock(cx, None, false), Wait::Acquired) {}
    OWNER.store(me, Ordering::Relaxed);
}

/// False when this thread does not hold it.
pub fn release(cx: &mut Cx) -> bool {
    if OWNER.load(Ordering::Relaxed) != cx.tid as u32 {
        return false;
    }
    if DEPTH.load(Ordering::Relaxed) > 0 {
        DEPTH.fetch_sub(1, Ordering::Relaxed);
        return true;
    }
    OWNER.store(0, Ordering::Relaxed);
    LOCK.unlock()
}

pub fn is_held() -> bool {
    OWNER.load(Ordering::Relaxed) != 0
}

/// In a forked child only the forking thread is left: the lock is free, or its.
pub fn after_fork(cx: &mut Cx) {
    if OWNER.load(Ordering::Relaxed) != cx.tid as u32 {
        LOCK.reset();
        OWNER.store(0, Ordering::Relaxed);
        DEPTH.store(0, Ordering::Relaxed);
    }
}
