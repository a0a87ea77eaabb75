//! A lock of the interpreter that Python code holds for moments, and may take again: that of `importlib`, and that of
//! the filters of warnings. A fork frees it in the child, where its holder is gone.

use std::sync::atomic::{AtomicU32, Ordering};
use typhon_runtime::park::{RawLock, Wait};
use typhon_vm::native::Cx;

pub struct Reentrant {
    lock: RawLock,
    /// Id of the holder, 0 if free; written by the holder only.
    owner: AtomicU32,
    /// How often the holder has it, beyond once.
    depth: AtomicU32,
}

impl Default for Reentrant {
    fn default() -> Reentrant {
        Reentrant::new()
    }
}

impl Reentrant {
    pub const fn new() -> Reentrant {
        Reentrant {
            lock: RawLock::new(),
            owner: AtomicU32::new(0),
            depth: AtomicU32::new(0),
        }
    }

    pub fn acquire(&self, cx: &mut Cx) {
        let me = cx.tid as u32;
        if self.owner.load(Ordering::Relaxed) == me {
            self.depth.fetch_add(1, Ordering::Relaxed);
            return;
        }
        while !matches!(self.lock.lock(cx, None, false), Wait::Acquired) {}
        self.owner.store(me, Ordering::Relaxed);
    }

    /// False when this thread does not hold it.
    pub fn release(&self, cx: &mut Cx) -> bool {
        if self.owner.load(Ordering::Relaxed) != cx.tid as u32 {
            return false;
        }
        if self.depth.load(Ordering::Relaxed) > 0 {
            self.depth.fetch_sub(1, Ordering::Relaxed);
            return true;
        }
        self.owner.store(0, Ordering::Relaxed);
        self.lock.unlock()
    }

    pub fn is_held(&self) -> bool {
        self.owner.load(Ordering::Relaxed) != 0
    }

    /// In a forked child only the forking thread is left: the lock is free, or its.
    pub fn after_fork(&self, cx: &mut Cx) {
        if self.owner.load(Ordering::Relaxed) != cx.tid as u32 {
            self.lock.reset();
            self.owner.store(0, Ordering::Relaxed);
            self.depth.store(0, Ordering::Relaxed);
        }
    }
}
