//! Python functions, bound methods, and the descriptors around them.
//! - `methods.rs`: what Python sees of `function` and `method`
//! - `descr.rs`: `staticmethod`, `classmethod`, `property`
//! - `view.rs`: builtins that are no plain dict

pub mod descr;
pub mod methods;
pub mod view;

pub use methods::new_function;

use crate::native::pytype;
use crate::objects::{CodeObj, Dict};
use crate::{SlotExt, Value, ValueExt};
use typhon_runtime::header::Header;
use typhon_runtime::slot::Slot;

/// A function made by `def` or `lambda`. `globals`, `builtins` and `closure` never change; the rest are slots that other
/// threads may replace at any time (R2).
#[pytype(name = "function", gc, has_dict, weakrefable, method_descriptor, static_index = FUNCTION)]
pub struct Function {
    pub head: Header,
    pub code: Slot,
    pub globals: Value,
    pub builtins: Value,
    pub defaults: Slot,
    pub kwdefaults: Slot,
    pub closure: Option<Value>,
    pub name: Slot,
    pub qualname: Slot,
    /// Empty: that of the code.
    pub doc: Slot,
    pub module: Slot,
    pub annotations: Slot,
    pub annotate: Slot,
    pub type_params: Slot,
    pub dict: Slot,
}

impl Function {
    /// The code object; valid until the next safepoint (code objects are deferred).
    #[inline(always)]
    pub fn code(&self) -> &CodeObj {
        // SAFETY: the slot always holds a code object; code objects are deferred, freed only with the world stopped.
        unsafe { &*(self.code.peek_bits() as *const CodeObj) }
    }
    #[inline(always)]
    pub fn globals(&self) -> &Dict {
        // SAFETY: checked to be a dict when the function was made; immutable.
        unsafe { &*((self.globals.bits() & !7) as *const Dict) }
    }
    #[inline(always)]
    pub fn builtins(&self) -> &Dict {
        // SAFETY: as `globals`.
        unsafe { &*((self.builtins.bits() & !7) as *const Dict) }
    }
}

/// A bound method: `function` with its first argument.
#[pytype(name = "method", gc, weakrefable, static_index = METHOD)]
pub struct Method {
    pub head: Header,
    pub func: Value,
    pub this: Value,
}

/// The function of a value whose class is exactly `function`.
#[inline(always)]
pub fn as_function(v: &Value) -> Option<&Function> {
    v.downcast_exact::<Function>()
}

/// The name for messages: `qualname()` of a function.
pub fn qualname(f: &Function) -> String {
    match f.qualname.get(&f.head) {
        Some(v) => v
            .downcast::<crate::objects::Str>()
            .map(|s| s.to_string_lossy())
            .unwrap_or_default(),
        None => String::new(),
    }
}
