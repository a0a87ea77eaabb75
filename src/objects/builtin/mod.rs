//! Native functions as Python sees them: `builtin_function_or_method`, and the descriptors that stand in the namespaces of
//! native types (`method_descriptor`, `getset_descriptor`, `member_descriptor`, `wrapper_descriptor`).

pub mod answer;
pub mod call;
pub mod descr;
pub mod function;
pub mod quick;

pub use call::call_bound;
pub use descr::{new_classmethod_descr, new_getset, new_member, new_method_descr};
pub use function::{is_dunder_new, new_builtin, new_dunder_new};

use crate::Value;
use crate::native::{GetSetDef, MethodDef, pytype};
use typhon_runtime::header::Header;

/// A native function, or a native method bound to its object.
#[pytype(name = "builtin_function_or_method", gc, weakrefable, no_new, static_index = BUILTIN)]
pub struct Builtin {
    pub head: Header,
    #[skip]
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
#[pytype(name = "method_descriptor", method_descriptor, no_new, static_index = METHOD_DESCR)]
pub struct MethodDescr {
    pub head: Header,
    pub def: &'static MethodDef,
    /// The class it belongs to, as a type word (native types are immortal or outlive their dict).
    pub owner: u32,
}

/// `dict.fromkeys`: unbound class method of a native type.
#[pytype(name = "classmethod_descriptor", no_new, static_index = CLASSMETHOD_DESCR)]
pub struct ClassMethodDescr {
    pub head: Header,
    pub def: &'static MethodDef,
    pub owner: u32,
}

/// A computed attribute of a native type.
#[pytype(name = "getset_descriptor", no_new, static_index = GETSET_DESCR)]
pub struct GetSetDescr {
    pub head: Header,
    pub def: &'static GetSetDef,
    pub owner: u32,
}

/// An attribute in a fixed place of the instance: `__slots__`, and members of native types.
#[pytype(name = "member_descriptor", gc, no_new, static_index = MEMBER_DESCR)]
pub struct MemberDescr {
    pub head: Header,
    pub name: Value,
    pub owner: u32,
    /// Byte offset of the slot in the instance.
    pub offset: u32,
    pub readonly: bool,
    /// How a native type reads and writes it; then there is no slot.
    #[skip]
    pub def: Option<&'static GetSetDef>,
}
