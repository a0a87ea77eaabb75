//! The thread record of the interpreter: the runtime's `Thread` first, then what running Python needs (pending exception,
//! frames, register stack, limits). Everything that may run Python, block or reach a safepoint takes `&mut Cx`.

use crate::objects::frame::{Frame, RegStack};
use crate::{Raised, Res, Value};
use std::ops::{Deref, DerefMut};
use typhon_runtime::thread::Thread;

/// The places of `Cx::locals`: here together, so that no two have the same.
pub mod local {
    /// The current context (`contextvars`).
    pub const CONTEXT: usize = 0;
    /// What this thread holds in instances of `threading.local`.
    pub const THREAD_LOCALS: usize = 1;
    /// The hooks of `sys.set_asyncgen_hooks`.
    pub const FIRSTITER: usize = 2;
    pub const FINALIZER: usize = 3;
}

/// Bytes of native stack that must remain before native code recurses.
const NATIVE_RESERVE: usize = 192 * 1024;

#[repr(C, align(128))]
pub struct Cx {
    /// The runtime's part. First, so that a `*mut Thread` is a `*mut Cx` (R11: the collector finds the registers through it).
    pub thread: Thread,
    /// The pending exception, when some function has returned `Raised`.
    pub exc: Option<Value>,
    /// The exceptions being handled (`sys.exc_info`), innermost last. Generators push their own entry while they run.
    pub handled: Vec<Option<Value>>,
    /// The running Python frame; null outside Python code.
    pub frame: *mut Frame,
    pub stack: RegStack,
    /// What `sys.setrecursionlimit` was told; `stack.limit` is where it ends.
    pub recursion_limit: u32,
    /// Lowest native stack address this thread may use.
    pub native_limit: usize,
    /// `repr` of containers in progress on this thread (identity words), so that cycles print as `...`.
    pub repr_stack: Vec<u64>,
    /// What attribute sites share.
    pub recall: crate::recall::Recall,
    /// Special methods by class.
    pub specials: crate::objects::typeobj::special::SpecialCache,
    /// Other per-thread state, by the places of [`local`].
    pub locals: [Option<Value>; 8],
    /// Hooks of `sys.settrace`/`setprofile` for this thread.
    pub trace: Option<Value>,
    pub profile: Option<Value>,
    /// The exception just re-raised by `RERAISE` keeps its traceback: this frame is not added again.
    pub no_traceback: bool,
    /// Where the exception that `RERAISE` raises again was raised first, for a frame that it leaves.
    pub reraised_at: Option<u32>,
    /// Events of running code: what this thread is being told.
    pub watch: crate::monitor::Watch,
    /// Where items of a generator go that native code uses up.
    pub(crate) sink: crate::feed::ActiveSink,
    /// What runs is counted (`-X stats`).
    pub(crate) stats: Option<&'static crate::stats::Stats>,
    /// The main thread handles signals.
    pub is_main: bool,
}

impl Deref for Cx {
    type Target = Thread;
    #[inline(always)]
    fn deref(&self) -> &Thread {
        &self.thread
    }
}
impl DerefMut for Cx {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut Thread {
        &mut self.thread
    }
}

impl Cx {
    /// Run `f` one native level deeper; `RecursionError` when the native stack is nearly used up.
    #[inline]
    pub fn recurse<T>(&mut self, what: &str, f: impl FnOnce(&mut Cx) -> Res<T>) -> Res<T> {
        self.check_native_stack(what)?;
        f(self)
    }

    /// `RecursionError` ("maximum recursion depth exceeded" + `what`) when the native stack is nearly used up.
    #[inline]
    pub fn check_native_stack(&mut self, what: &str) -> Res<()> {
        let here = approximate_stack_pointer();
        if here < self.native_limit + NATIVE_RESERVE {
            Err(self.native_overflow(what))
        } else {
            Ok(())
        }
    }

    #[cold]
    fn native_overflow(&mut self, what: &str) -> Raised {
        self.recursion_error(format!("maximum recursion depth exceeded{what}"))
    }
}

/// `Cx::handled` of a thread at rest: with room for some levels and so in cache lines of its own. A thread that handles
/// exceptions writes it all the time; a few bytes would lie beside what other threads write or read as often.
pub(crate) fn handled_stack() -> Vec<Option<Value>> {
    let mut handled = Vec::with_capacity(16);
    handled.push(None);
    handled
}

/// An address inside the current native frame.
#[inline(always)]
pub fn approximate_stack_pointer() -> usize {
    let marker = 0u8;
    &raw const marker as usize
}
