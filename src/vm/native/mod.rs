//! What native types and modules are written with: the tables the attribute macros fill (`def.rs`), the argument parser
//! (`args.rs`), the conversions of arguments and results (`convert.rs`, `result.rs`) and the visit of children
//! (`traverse.rs`). Everything the macros emit refers to names of this module only. How it is used, by example: the
//! page of the crate `typhon_macros`.
//!
//! ```ignore
//! use typhon_vm::native::*;
//! ```

pub mod args;
pub mod convert;
pub mod def;
pub mod result;
mod suggest;
pub mod traverse;

pub use args::{
    Args, Kwargs, Sig, bind, class_receiver, given, new_args, no_attr_delete, no_delete, operand,
    property_receiver, property_word, receiver, rest, slot_self, word_receiver,
};
pub use convert::{At, Callable, FromArg, Index, check_encodable};
pub use def::{
    AttrDef, GetSetDef, MethodDef, MethodKind, ModuleDef, ModulePart, NativeFn, Part,
    PartsFallback, PyType, TypeCell, TypeParts, TypeSpec, cx_of, traverse_object, unhashable,
};
pub use result::{IntoRes, IntoValue, none, not_implemented};
pub use suggest::suggestion;
pub use traverse::Traverse;

pub use crate::objects::buffer::Buffer;
pub use crate::objects::typeobj::flag as flags;
pub use crate::objects::typeobj::slots::{CmpOp, Slots};
pub use crate::objects::{Str, Tuple, Type};
pub use crate::statics::index as static_index;
pub use crate::{Cx, ExcKind, Raised, Res, Value, ValueExt};
pub use typhon_macros::{pyfunctions, pymethods, pymodule, pytype};
pub use typhon_runtime::gc::Visitor;
pub use typhon_runtime::header::Header;
pub use typhon_runtime::lock::Guarded;
pub use typhon_runtime::region::static_type_word;
pub use typhon_runtime::slot::Slot;
pub use typhon_runtime::thread::Thread;
