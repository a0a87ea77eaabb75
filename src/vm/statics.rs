//! Where the built-in types and the immortal singletons stand. Both live at constant addresses in the runtime's reserved
//! region, so an exact type test is one compare with an immediate and `None` is a constant word.

use crate::Value;
use typhon_runtime::region::{static_type_word, static_value_bits};

macro_rules! static_types {
    ($($name:ident,)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        #[repr(u32)]
        enum Index { $($name,)* COUNT }
        /// Index of each built-in type in the region (`#[pytype(static_index = ...)]`).
        pub mod index { $(pub const $name: u32 = super::Index::$name as u32;)* pub const COUNT: u32 = super::Index::COUNT as u32; }
        /// Type word (what a header holds) of each built-in type.
        pub mod word { $(pub const $name: u32 = super::static_type_word(super::Index::$name as u32);)* }
    };
}

static_types! {
    OBJECT, TYPE, NONE, BOOL, INT, FLOAT, COMPLEX, STR, BYTES, BYTEARRAY, MEMORYVIEW, LIST, TUPLE, DICT, SET, FROZENSET,
    RANGE, SLICE, ELLIPSIS, NOT_IMPLEMENTED, FUNCTION, BUILTIN, METHOD, METHOD_DESCR, CLASSMETHOD_DESCR, GETSET_DESCR, MEMBER_DESCR,
    SLOT_WRAPPER, METHOD_WRAPPER, PROPERTY, STATICMETHOD, CLASSMETHOD, SUPER, MODULE, CODE, CELL, FRAME, TRACEBACK,
    GENERATOR, COROUTINE, COROUTINE_WRAPPER, ASYNC_GENERATOR, ASYNC_GEN_ASEND, ASYNC_GEN_ATHROW, MAPPING_PROXY, SIMPLE_NAMESPACE,
    WEAKREF, WEAKPROXY, WEAKCALLABLEPROXY, LIST_ITER, LIST_REVITER, TUPLE_ITER, STR_ITER, BYTES_ITER, BYTEARRAY_ITER, MEMORY_ITER,
    RANGE_ITER, LONGRANGE_ITER, DICT_KEYS, DICT_VALUES, DICT_ITEMS, DICT_KEYITER, DICT_VALUEITER, DICT_ITEMITER,
    DICT_REVKEYITER, DICT_REVVALUEITER, DICT_REVITEMITER, SET_ITER, SEQ_ITER, CALLABLE_ITER, ENUMERATE, ZIP, MAP, FILTER, REVERSED,
    GENERIC_ALIAS, UNION, TEMPLATE, INTERPOLATION, TEMPLATE_ITER, TYPEVAR, PARAMSPEC, PARAMSPEC_ARGS, PARAMSPEC_KWARGS, TYPEVARTUPLE, TYPEALIAS, GENERIC,
    FRAME_LOCALS, CODE_LINES, CODE_POSITIONS, ANEXT_AWAITABLE, STRUCT_SEQUENCE, CAPSULE, INSTRUCTION_SEQ,
    STR_ASCII_ITER, SPARE1, SPARE2, SPARE3, SPARE4, SPARE5, SPARE6, SPARE7,
    EXC_FIRST, EXC1, EXC2, EXC3, EXC4, EXC5, EXC6, EXC7, EXC8, EXC9, EXC10, EXC11, EXC12, EXC13, EXC14, EXC15, EXC16, EXC17, EXC18, EXC19,
    EXC20, EXC21, EXC22, EXC23, EXC24, EXC25, EXC26, EXC27, EXC28, EXC29, EXC30, EXC31, EXC32, EXC33, EXC34, EXC35, EXC36, EXC37, EXC38, EXC39,
    EXC40, EXC41, EXC42, EXC43, EXC44, EXC45, EXC46, EXC47, EXC48, EXC49, EXC50, EXC51, EXC52, EXC53, EXC54, EXC55, EXC56, EXC57, EXC58, EXC59,
    EXC60, EXC61, EXC62, EXC63, EXC64, EXC65, EXC66, EXC67, EXC68, EXC69, EXC70, EXC71,
}

/// Byte offsets of the singletons in the region's first 64 KiB.
pub mod offset {
    /// See `typeobj::layout::MOVED`.
    pub const MOVED: u32 = 0x20;
    pub const NONE: u32 = 0x40;
    pub const TRUE: u32 = 0x400;
    pub const FALSE: u32 = 0x440;
    pub const ELLIPSIS: u32 = 0xA0;
    pub const NOT_IMPLEMENTED: u32 = 0xC0;
    pub const FLOAT_ZERO: u32 = 0xE0;
    pub const FLOAT_NEG_ZERO: u32 = 0x100;
    pub const EMPTY_TUPLE: u32 = 0x120;
    pub const EMPTY_STR: u32 = 0x160;
    pub const EMPTY_BYTES: u32 = 0x1A0;
    /// 256 one-character Latin-1 strings, `LATIN1_STRIDE` bytes each.
    pub const LATIN1: u32 = 0x1000;
    pub const LATIN1_STRIDE: u32 = 0x40;
    /// 256 one-byte bytes objects, same stride.
    pub const BYTE1: u32 = 0x5000;
}

pub const NONE: u64 = static_value_bits(offset::NONE);
pub const TRUE: u64 = static_value_bits(offset::TRUE);
pub const FALSE: u64 = static_value_bits(offset::FALSE);
pub const ELLIPSIS: u64 = static_value_bits(offset::ELLIPSIS);
pub const NOT_IMPLEMENTED: u64 = static_value_bits(offset::NOT_IMPLEMENTED);
pub const FLOAT_ZERO: u64 = static_value_bits(offset::FLOAT_ZERO);
pub const FLOAT_NEG_ZERO: u64 = static_value_bits(offset::FLOAT_NEG_ZERO);
pub const EMPTY_TUPLE: u64 = static_value_bits(offset::EMPTY_TUPLE);
pub const EMPTY_STR: u64 = static_value_bits(offset::EMPTY_STR);
pub const EMPTY_BYTES: u64 = static_value_bits(offset::EMPTY_BYTES);

/// An immortal singleton as a value. Immortals carry no count, so any number of words may name them.
#[inline(always)]
pub const fn immortal(bits: u64) -> Value {
    // SAFETY: the bits name an immortal object initialized before any Python value exists; R4: immortals are never freed.
    unsafe { Value::from_bits(bits) }
}
