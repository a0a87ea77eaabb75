//! Native functions as Python sees them: `builtin_function_or_method`, and the descriptors that stand in the namespaces of
//! native types (`method_descriptor`, `getset_descriptor`, `member_descriptor`, `wrapper_descriptor`).

use crate::native::{GetSetDef, MethodDef};
use crate::Value;
use typhon_runtime::header::Header;

/// A native function, or a native method bound to its object.
#[repr(C)]
pub struct Builtin {
    pub head: Header,
    pub def: &'static MethodDef,
    /// The bound object (methods), the class (class methods), or None (functions).
    pub this: Option<Value>,
    pub module: Option<Value>,
}

impl Builtin {
    pub fn name(&self) -> &'static str {
        self.def.name
    }
}

/// `list.append`: unbound method of a native type.
#[repr(C)]
pub struct MethodDescr {
    pub head: Header,
    pub def: &'static MethodDef,
    /// The class it belongs to, as a type word (native types are immortal or outlive their dict).
    pub owner: u32,
}

/// A computed attribute of a native type.
#[repr(C)]
pub struct GetSetDescr {
    pub head: Header,
    pub def: &'static GetSetDef,
    pub owner: u32,
}

/// An attribute in a fixed place of the instance: `__slots__`, and members of native types.
#[repr(C)]
pub struct MemberDescr {
    pub head: Header,
    pub name: Value,
    pub owner: u32,
    /// Byte offset of the slot in the instance.
    pub offset: u32,
    pub readonly: bool,
}
