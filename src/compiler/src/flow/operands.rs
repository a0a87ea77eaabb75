//! How many stack items an instruction needs below it, and how many of them it takes away.

use crate::opcode::{Op, stack_effect};

/// Items an instruction reads from the stack, at most the top ones that it also removes or replaces.
pub(crate) fn consumed(op: Op, arg: u32) -> usize {
    let n = arg as usize;
    match op {
        Op::BUILD_LIST
        | Op::BUILD_SET
        | Op::BUILD_SLICE
        | Op::BUILD_STRING
        | Op::BUILD_TUPLE
        | Op::RAISE_VARARGS => n,
        Op::BUILD_MAP => n.saturating_mul(2),
        Op::BUILD_INTERPOLATION => 2 + (n & 1),
        Op::CALL => n.saturating_add(2),
        Op::CALL_KW => n.saturating_add(3),
        Op::CALL_FUNCTION_EX | Op::STORE_SLICE => 4,
        Op::BINARY_SLICE
        | Op::CLEANUP_THROW
        | Op::LOAD_SUPER_ATTR
        | Op::MATCH_CLASS
        | Op::STORE_SUBSCR => 3,
        Op::BINARY_OP
        | Op::BUILD_TEMPLATE
        | Op::CALL_INTRINSIC_2
        | Op::CHECK_EG_MATCH
        | Op::COMPARE_OP
        | Op::CONTAINS_OP
        | Op::DELETE_SUBSCR
        | Op::END_ASYNC_FOR
        | Op::END_SEND
        | Op::FORMAT_WITH_SPEC
        | Op::IMPORT_NAME
        | Op::IS_OP
        | Op::MAP_ADD
        | Op::SET_FUNCTION_ATTRIBUTE
        | Op::STORE_ATTR
        | Op::STORE_FAST_STORE_FAST => 2,
        Op::CALL_INTRINSIC_1
        | Op::CHECK_EXC_MATCH
        | Op::CONVERT_VALUE
        | Op::DELETE_ATTR
        | Op::DICT_MERGE
        | Op::DICT_UPDATE
        | Op::END_FOR
        | Op::FORMAT_SIMPLE
        | Op::GET_AITER
        | Op::GET_AWAITABLE
        | Op::GET_ITER
        | Op::GET_YIELD_FROM_ITER
        | Op::LIST_APPEND
        | Op::LIST_EXTEND
        | Op::LOAD_ATTR
        | Op::LOAD_FROM_DICT_OR_DEREF
        | Op::LOAD_FROM_DICT_OR_GLOBALS
        | Op::LOAD_SPECIAL
        | Op::MAKE_FUNCTION
        | Op::POP_EXCEPT
        | Op::POP_ITER
        | Op::POP_JUMP_IF_FALSE
        | Op::POP_JUMP_IF_NONE
        | Op::POP_JUMP_IF_NOT_NONE
        | Op::POP_JUMP_IF_TRUE
        | Op::POP_TOP
        | Op::PUSH_EXC_INFO
        | Op::RERAISE
        | Op::RETURN_VALUE
        | Op::SEND
        | Op::SET_ADD
        | Op::SET_UPDATE
        | Op::STORE_DEREF
        | Op::STORE_FAST
        | Op::STORE_FAST_LOAD_FAST
        | Op::STORE_FAST_MAYBE_NULL
        | Op::STORE_GLOBAL
        | Op::STORE_NAME
        | Op::TO_BOOL
        | Op::UNARY_INVERT
        | Op::UNARY_NEGATIVE
        | Op::UNARY_NOT
        | Op::UNPACK_EX
        | Op::UNPACK_SEQUENCE
        | Op::YIELD_VALUE => 1,
        _ => 0,
    }
}

/// Items an instruction leaves in place but reads (or changes: a list it appends to), below those it consumes.
pub(crate) fn peeked(op: Op, arg: u32) -> usize {
    let n = arg as usize;
    match op {
        Op::COPY | Op::SWAP | Op::LIST_APPEND | Op::LIST_EXTEND | Op::SET_ADD | Op::SET_UPDATE => n,
        Op::MAP_ADD | Op::DICT_UPDATE | Op::RERAISE => n,
        // The function called, two places below the dictionary, names itself in the error.
        Op::DICT_MERGE => n.saturating_add(3),
        Op::FOR_ITER
        | Op::GET_ANEXT
        | Op::GET_LEN
        | Op::IMPORT_FROM
        | Op::MATCH_MAPPING
        | Op::MATCH_SEQUENCE => 1,
        Op::SEND => 1,
        Op::MATCH_KEYS => 2,
        Op::WITH_EXCEPT_START => 5,
        _ => 0,
    }
}

/// Items an instruction puts on the stack in place of those it consumes.
pub(crate) fn produced(op: Op, arg: u32) -> usize {
    let effect = stack_effect(op, arg, false).unwrap_or(0);
    (consumed(op, arg) as i64 + i64::from(effect)).max(0) as usize
}
