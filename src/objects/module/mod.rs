//! `module`: a namespace dict with a name. Attribute access goes to the dict, then to a module-level `__getattr__`.

pub mod methods;

pub use methods::{builtins_module as builtins, new_module};

use crate::native::pytype;
use crate::objects::Dict;
use typhon_runtime::header::Header;
use typhon_runtime::slot::Slot;

/// Create a module object.
///
/// The name must be a string; the optional docstring can have any type.
#[pytype(name = "module", gc, basetype, has_dict, weakrefable, static_index = MODULE)]
pub struct Module {
    pub head: Header,
    /// The namespace, set once by the constructor.
    pub dict: Slot,
}

impl Module {
    #[inline(always)]
    pub fn dict(&self) -> &Dict {
        // SAFETY: every constructor stores a dict before publication; it is never replaced.
        unsafe { &*(self.dict.peek_bits() as *const Dict) }
    }
}
