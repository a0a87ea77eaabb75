//! The built-in types, one folder each. A folder's `mod.rs` holds the struct that is laid out behind the 16-byte header;
//! methods, iterators and algorithms stand beside it. Modules (`math`, `_io`, ...) are not here: they build on this.

pub mod bool;
pub mod buffer;
pub mod builtin;
pub mod bytearray;
pub mod bytes;
pub mod cell;
pub mod code;
pub mod codec;
pub mod complex;
pub mod dict;
pub mod exception;
pub mod float;
pub mod format;
pub mod frame;
pub mod function;
pub mod generator;
pub mod genericalias;
pub mod int;
pub mod iter;
pub mod list;
pub mod memoryview;
pub mod module;
pub mod namespace;
pub mod object;
pub mod range;
pub mod set;
pub mod singletons;
pub mod slice;
pub mod str;
pub mod template;
pub mod tuple;
pub mod typeobj;
pub mod union;
pub mod weakref;

pub use self::str::Str;
pub use builtin::Builtin;
pub use bytearray::Bytearray;
pub use bytes::Bytes;
pub use cell::Cell;
pub use code::CodeObj;
pub use dict::Dict;
pub use exception::BaseException;
pub use float::Float;
pub use frame::{Frame, FrameObj};
pub use function::Function;
pub use generator::Generator;
pub use int::Int;
pub use list::List;
pub use module::Module;
pub use object::Object;
pub use tuple::Tuple;
pub use typeobj::Type;

use crate::native::{PyType, TypeCell};

/// Every type with a fixed place except `object`, `type` and the exceptions; bases before their subclasses.
pub fn builtin_type_cells() -> Vec<&'static TypeCell> {
    let mut cells = vec![
        Int::type_cell(),
        bool::Bool::type_cell(),
        Float::type_cell(),
        complex::Complex::type_cell(),
        Str::type_cell(),
        bytes::Bytes::type_cell(),
        bytearray::Bytearray::type_cell(),
        memoryview::MemoryView::type_cell(),
        List::type_cell(),
        Tuple::type_cell(),
        Dict::type_cell(),
        set::Set::type_cell(),
        set::FrozenSet::type_cell(),
        range::Range::type_cell(),
        slice::Slice::type_cell(),
        Function::type_cell(),
        Builtin::type_cell(),
        function::Method::type_cell(),
        builtin::MethodDescr::type_cell(),
        builtin::GetSetDescr::type_cell(),
        builtin::MemberDescr::type_cell(),
        typeobj::wrapper::SlotWrapper::type_cell(),
        typeobj::wrapper::MethodWrapper::type_cell(),
        Module::type_cell(),
        CodeObj::type_cell(),
        Cell::type_cell(),
        builtin::ClassMethodDescr::type_cell(),
        function::descr::StaticMethod::type_cell(),
        function::descr::ClassMethod::type_cell(),
        function::descr::Property::type_cell(),
        object::superobj::Super::type_cell(),
        frame::FrameObj::type_cell(),
        frame::locals::FrameLocals::type_cell(),
        exception::traceback::Traceback::type_cell(),
        &generator::types::GENERATOR_CELL,
        &generator::types::COROUTINE_CELL,
        &generator::types::ASYNC_GENERATOR_CELL,
        generator::methods::CoroutineWrapper::type_cell(),
        generator::agen::Asend::type_cell(),
        generator::agen::Athrow::type_cell(),
        generator::agen::AnextAwaitable::type_cell(),
        namespace::SimpleNamespace::type_cell(),
        genericalias::GenericAlias::type_cell(),
        union::Union::type_cell(),
        weakref::WeakRef::type_cell(),
        weakref::proxy::Proxy::type_cell(),
        weakref::proxy::CallableProxy::type_cell(),
        singletons::NoneType::type_cell(),
        singletons::EllipsisType::type_cell(),
        singletons::NotImplementedType::type_cell(),
    ];
    cells.extend(iter::type_cells());
    cells
}
