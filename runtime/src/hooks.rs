//! What the runtime asks of the interpreter: roots, finalizers, weak reference callbacks.
//! Installed once, before the first thread attaches.

use crate::gc::{Collected, Reason, Visitor};
use crate::header::Header;
use crate::sync::OnceLock;
use crate::thread::Thread;
use crate::value::Value;

pub struct Hooks {
    /// Shows what the thread's registers and native handle stacks hold, uncounted references
    /// included ([`Visitor::root`]). World stopped.
    pub visit_thread_roots: fn(*const Thread, &mut Visitor),
    /// Shows what is alive whatever the counts say: the interpreter's own tables. World stopped.
    pub visit_global_roots: fn(&mut Visitor),
    /// Calls `__del__` (or the type's native finalizer). Errors are reported, not returned.
    pub run_finalizer: fn(&mut Thread, &Value),
    /// Calls the callbacks of these weak references, which are cleared already.
    pub weakrefs_cleared: fn(&mut Thread, Vec<Value>),
    /// This class is garbage and about to be cleared: whoever looks classes up by what names them weakly finds it no more. World
    /// stopped.
    pub class_condemned: fn(*const Header),
    /// Before a collection: `gc.callbacks`. Runs Python code.
    pub collecting: fn(&mut Thread, Reason),
    /// After it.
    pub collected: fn(&mut Thread, Reason, &Collected),
}

static HOOKS: OnceLock<Hooks> = OnceLock::new();

static NONE: Hooks = Hooks {
    visit_thread_roots: |_, _| {},
    visit_global_roots: |_| {},
    run_finalizer: |_, _| {},
    weakrefs_cleared: |_, _| {},
    class_condemned: |_| {},
    collecting: |_, _| {},
    collected: |_, _, _| {},
};

/// False if hooks were installed before.
pub fn install(hooks: Hooks) -> bool {
    HOOKS.set(hooks).is_ok()
}

#[inline]
pub(crate) fn get() -> &'static Hooks {
    HOOKS.get().unwrap_or(&NONE)
}

/// Work that a drop left behind, because drops run no Python.
pub enum Pending {
    /// Reached zero, has a finalizer: call it, then drop the value.
    Finalize(Value),
    /// Weak references whose target is gone: call their callbacks.
    WeakrefCallbacks(Vec<Value>),
}
