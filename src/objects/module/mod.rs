//! `module`: a namespace dict with a name. Attribute access goes to the dict, then to a module-level `__getattr__`.

use crate::objects::Dict;
use typhon_runtime::header::Header;
use typhon_runtime::slot::Slot;

#[repr(C)]
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
