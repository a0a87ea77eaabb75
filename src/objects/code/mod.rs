//! `code`: CPython 3.14's stack code as Python sees it, and the register code made from it at first execution.

pub mod consts;
mod lazy;
pub mod methods;

pub use lazy::{Lazy, Values};
pub use methods::new_code;

use crate::Value;
use crate::native::pytype;
use crate::regcode::RegCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use typhon_compiler::code::Code;
use typhon_compiler::ir::Loc;
use typhon_runtime::header::Header;
use typhon_runtime::slot::Slot;

/// `-X no_debug_ranges`: what an instruction's place beyond its line is, is not told.
pub static NO_DEBUG_RANGES: AtomicBool = AtomicBool::new(false);

/// The place of an instruction as it is told.
pub fn without_ranges(loc: Loc) -> Loc {
    if !NO_DEBUG_RANGES.load(Ordering::Relaxed) {
        return loc;
    }
    Loc {
        line: loc.line,
        end_line: loc.line,
        col: -1,
        end_col: -1,
    }
}

/// Create a code object.  Not for mere mortals.
#[pytype(name = "code", gc, weakrefable, static_index = CODE)]
pub struct CodeObj {
    pub head: Header,
    /// The register code that calls run; null before the first, and when the wanted events have changed.
    #[skip]
    pub reg: AtomicPtr<RegCode>,
    /// The translations made, by their mode; freed with the object.
    #[skip]
    pub made: [AtomicPtr<RegCode>; 3],
    /// Who wants events of this code.
    #[skip]
    pub wanted: crate::monitor::Wanted,
    pub argcount: u32,
    pub posonly: u32,
    pub kwonly: u32,
    pub flags: u32,
    pub nlocals: u32,
    pub ncells: u32,
    pub nfree: u32,
    pub firstlineno: u32,
    /// The stack code and its tables.
    #[skip]
    pub code: Arc<Code>,
    /// Constants and names as values.
    pub lazy: Lazy,
    /// A slot, for `.pyc` files that were moved are renamed after loading.
    pub filename: Slot,
    pub name: Value,
    pub qualname: Value,
}

pub mod co {
    pub const OPTIMIZED: u32 = 1;
    pub const NEWLOCALS: u32 = 2;
    pub const VARARGS: u32 = 4;
    pub const VARKEYWORDS: u32 = 8;
    pub const NESTED: u32 = 16;
    pub const GENERATOR: u32 = 32;
    pub const COROUTINE: u32 = 128;
    pub const ITERABLE_COROUTINE: u32 = 256;
    pub const ASYNC_GENERATOR: u32 = 512;
    pub const HAS_DOCSTRING: u32 = 0x0400_0000;
    pub const METHOD: u32 = 0x0800_0000;
}

impl CodeObj {
    /// Register code, when translated.
    #[inline(always)]
    pub fn reg(&self) -> *const RegCode {
        self.reg.load(Ordering::Acquire)
    }
    /// Number of parameter locals, `*args` and `**kwargs` included.
    pub fn total_args(&self) -> usize {
        (self.argcount + self.kwonly) as usize
            + (self.flags & co::VARARGS != 0) as usize
            + (self.flags & co::VARKEYWORDS != 0) as usize
    }
}

impl Drop for CodeObj {
    fn drop(&mut self) {
        if !self.made[0].get_mut().is_null() {
            crate::monitor::forget(self);
        }
        for p in &mut self.made {
            let p = *p.get_mut();
            if !p.is_null() {
                // SAFETY: made by `Box::into_raw` when the code was translated; nothing runs code that is freed (R14: code
                // objects are deferred, and frames hold them through their functions).
                drop(unsafe { Box::from_raw(p) });
            }
        }
    }
}
