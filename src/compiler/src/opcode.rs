//! The one table of CPython 3.14's opcodes: name, number, inline cache entries, operand flags, stack effect.
//!
//! Everything that must agree about opcodes (assembler, disassembler, `opcode` for Python, stack depth, the
//! translator of the interpreter) derives from `for_each_op!`. Numbers above 255 are the compiler's pseudo
//! instructions; they never reach a code object.

/// Calls `$m!` with every row `NAME = number, cache entries, flags, stack effect(arg, jump);`.
#[macro_export]
macro_rules! for_each_op {
    ($m:ident) => {
        $m! {
            |arg, jump|
            CACHE=0, 0, PLAIN, 0;
            BINARY_SLICE=1, 0, PLAIN, -2;
            BUILD_TEMPLATE=2, 0, PLAIN, -1;
            CALL_FUNCTION_EX=4, 0, PLAIN, -3;
            CHECK_EG_MATCH=5, 0, PLAIN, 0;
            CHECK_EXC_MATCH=6, 0, PLAIN, 0;
            CLEANUP_THROW=7, 0, PLAIN, -1;
            DELETE_SUBSCR=8, 0, PLAIN, -2;
            END_FOR=9, 0, PLAIN, -1;
            END_SEND=10, 0, PLAIN, -1;
            EXIT_INIT_CHECK=11, 0, PLAIN, -1;
            FORMAT_SIMPLE=12, 0, PLAIN, 0;
            FORMAT_WITH_SPEC=13, 0, PLAIN, -1;
            GET_AITER=14, 0, PLAIN, 0;
            GET_ANEXT=15, 0, PLAIN, 1;
            GET_ITER=16, 0, PLAIN, 0;
            RESERVED=17, 0, PLAIN, 0;
            GET_LEN=18, 0, PLAIN, 1;
            GET_YIELD_FROM_ITER=19, 0, PLAIN, 0;
            INTERPRETER_EXIT=20, 0, PLAIN, -1;
            LOAD_BUILD_CLASS=21, 0, PLAIN, 1;
            LOAD_LOCALS=22, 0, PLAIN, 1;
            MAKE_FUNCTION=23, 0, PLAIN, 0;
            MATCH_KEYS=24, 0, PLAIN, 1;
            MATCH_MAPPING=25, 0, PLAIN, 1;
            MATCH_SEQUENCE=26, 0, PLAIN, 1;
            NOP=27, 0, PLAIN, 0;
            NOT_TAKEN=28, 0, PLAIN, 0;
            POP_EXCEPT=29, 0, PLAIN, -1;
            POP_ITER=30, 0, PLAIN, -1;
            POP_TOP=31, 0, PLAIN, -1;
            PUSH_EXC_INFO=32, 0, PLAIN, 1;
            PUSH_NULL=33, 0, PLAIN, 1;
            RETURN_GENERATOR=34, 0, PLAIN, 1;
            RETURN_VALUE=35, 0, PLAIN, 0;
            SETUP_ANNOTATIONS=36, 0, PLAIN, 0;
            STORE_SLICE=37, 0, PLAIN, -4;
            STORE_SUBSCR=38, 1, PLAIN, -3;
            TO_BOOL=39, 3, PLAIN, 0;
            UNARY_INVERT=40, 0, PLAIN, 0;
            UNARY_NEGATIVE=41, 0, PLAIN, 0;
            UNARY_NOT=42, 0, PLAIN, 0;
            WITH_EXCEPT_START=43, 0, PLAIN, 1;
            BINARY_OP=44, 5, ARG, -1;
            BUILD_INTERPOLATION=45, 0, ARG, -1 - (arg & 1);
            BUILD_LIST=46, 0, ARG, 1 - arg;
            BUILD_MAP=47, 0, ARG, 1 - 2 * arg;
            BUILD_SET=48, 0, ARG, 1 - arg;
            BUILD_SLICE=49, 0, ARG, 1 - arg;
            BUILD_STRING=50, 0, ARG, 1 - arg;
            BUILD_TUPLE=51, 0, ARG, 1 - arg;
            CALL=52, 3, ARG, -1 - arg;
            CALL_INTRINSIC_1=53, 0, ARG, 0;
            CALL_INTRINSIC_2=54, 0, ARG, -1;
            CALL_KW=55, 3, ARG, -2 - arg;
            COMPARE_OP=56, 1, ARG, -1;
            CONTAINS_OP=57, 1, ARG, -1;
            CONVERT_VALUE=58, 0, ARG, 0;
            COPY=59, 0, ARG, 1;
            COPY_FREE_VARS=60, 0, ARG, 0;
            DELETE_ATTR=61, 0, ARG | NAME, -1;
            DELETE_DEREF=62, 0, ARG | FREE, 0;
            DELETE_FAST=63, 0, ARG | LOCAL, 0;
            DELETE_GLOBAL=64, 0, ARG | NAME, 0;
            DELETE_NAME=65, 0, ARG | NAME, 0;
            DICT_MERGE=66, 0, ARG, -1;
            DICT_UPDATE=67, 0, ARG, -1;
            END_ASYNC_FOR=68, 0, ARG | JUMP, -2;
            EXTENDED_ARG=69, 0, ARG, 0;
            FOR_ITER=70, 1, ARG | JUMP, 1;
            GET_AWAITABLE=71, 0, ARG, 0;
            IMPORT_FROM=72, 0, ARG | NAME, 1;
            IMPORT_NAME=73, 0, ARG | NAME, -1;
            IS_OP=74, 0, ARG, -1;
            JUMP_BACKWARD=75, 1, ARG | JUMP, 0;
            JUMP_BACKWARD_NO_INTERRUPT=76, 0, ARG | JUMP, 0;
            JUMP_FORWARD=77, 0, ARG | JUMP, 0;
            LIST_APPEND=78, 0, ARG, -1;
            LIST_EXTEND=79, 0, ARG, -1;
            LOAD_ATTR=80, 9, ARG | NAME, arg & 1;
            LOAD_COMMON_CONSTANT=81, 0, ARG, 1;
            LOAD_CONST=82, 0, ARG | CONST, 1;
            LOAD_DEREF=83, 0, ARG | LOCAL, 1;
            LOAD_FAST=84, 0, ARG | LOCAL, 1;
            LOAD_FAST_AND_CLEAR=85, 0, ARG | LOCAL, 1;
            LOAD_FAST_BORROW=86, 0, ARG | LOCAL, 1;
            LOAD_FAST_BORROW_LOAD_FAST_BORROW=87, 0, ARG | LOCAL, 2;
            LOAD_FAST_CHECK=88, 0, ARG | LOCAL, 1;
            LOAD_FAST_LOAD_FAST=89, 0, ARG | LOCAL, 2;
            LOAD_FROM_DICT_OR_DEREF=90, 0, ARG | FREE, 0;
            LOAD_FROM_DICT_OR_GLOBALS=91, 0, ARG | NAME, 0;
            LOAD_GLOBAL=92, 4, ARG | NAME, 1 + (arg & 1);
            LOAD_NAME=93, 0, ARG | NAME, 1;
            LOAD_SMALL_INT=94, 0, ARG, 1;
            LOAD_SPECIAL=95, 0, ARG, 1;
            LOAD_SUPER_ATTR=96, 1, ARG | NAME, -2 + (arg & 1);
            MAKE_CELL=97, 0, ARG | FREE, 0;
            MAP_ADD=98, 0, ARG, -2;
            MATCH_CLASS=99, 0, ARG, -2;
            POP_JUMP_IF_FALSE=100, 1, ARG | JUMP, -1;
            POP_JUMP_IF_NONE=101, 1, ARG | JUMP, -1;
            POP_JUMP_IF_NOT_NONE=102, 1, ARG | JUMP, -1;
            POP_JUMP_IF_TRUE=103, 1, ARG | JUMP, -1;
            RAISE_VARARGS=104, 0, ARG, -arg;
            RERAISE=105, 0, ARG, -1;
            SEND=106, 1, ARG | JUMP, 0;
            SET_ADD=107, 0, ARG, -1;
            SET_FUNCTION_ATTRIBUTE=108, 0, ARG, -1;
            SET_UPDATE=109, 0, ARG, -1;
            STORE_ATTR=110, 4, ARG | NAME, -2;
            STORE_DEREF=111, 0, ARG | FREE, -1;
            STORE_FAST=112, 0, ARG | LOCAL, -1;
            STORE_FAST_LOAD_FAST=113, 0, ARG | LOCAL, 0;
            STORE_FAST_STORE_FAST=114, 0, ARG | LOCAL, -2;
            STORE_GLOBAL=115, 0, ARG | NAME, -1;
            STORE_NAME=116, 0, ARG | NAME, -1;
            SWAP=117, 0, ARG, 0;
            UNPACK_EX=118, 0, ARG, (arg & 0xff) + (arg >> 8);
            UNPACK_SEQUENCE=119, 1, ARG, arg - 1;
            YIELD_VALUE=120, 0, ARG, 0;
            RESUME=128, 0, ARG, 0;
            INSTRUMENTED_END_FOR=234, 0, PLAIN, -1;
            INSTRUMENTED_POP_ITER=235, 0, PLAIN, -1;
            INSTRUMENTED_END_SEND=236, 0, PLAIN, -1;
            INSTRUMENTED_FOR_ITER=237, 0, ARG | JUMP, 1;
            INSTRUMENTED_INSTRUCTION=238, 0, PLAIN, 0;
            INSTRUMENTED_JUMP_FORWARD=239, 0, ARG, 0;
            INSTRUMENTED_NOT_TAKEN=240, 0, PLAIN, 0;
            INSTRUMENTED_POP_JUMP_IF_TRUE=241, 0, ARG, -1;
            INSTRUMENTED_POP_JUMP_IF_FALSE=242, 0, ARG, -1;
            INSTRUMENTED_POP_JUMP_IF_NONE=243, 0, ARG, -1;
            INSTRUMENTED_POP_JUMP_IF_NOT_NONE=244, 0, ARG, -1;
            INSTRUMENTED_RESUME=245, 0, ARG, 0;
            INSTRUMENTED_RETURN_VALUE=246, 0, PLAIN, 0;
            INSTRUMENTED_YIELD_VALUE=247, 0, ARG, 0;
            INSTRUMENTED_END_ASYNC_FOR=248, 0, ARG | JUMP, -2;
            INSTRUMENTED_LOAD_SUPER_ATTR=249, 0, ARG | NAME, -2 + (arg & 1);
            INSTRUMENTED_CALL=250, 0, ARG, -1 - arg;
            INSTRUMENTED_CALL_KW=251, 0, ARG, -2 - arg;
            INSTRUMENTED_CALL_FUNCTION_EX=252, 0, PLAIN, -3;
            INSTRUMENTED_JUMP_BACKWARD=253, 0, ARG, 0;
            INSTRUMENTED_LINE=254, 0, PLAIN, 0;
            ENTER_EXECUTOR=255, 0, ARG, 0;
            ANNOTATIONS_PLACEHOLDER=256, 0, PLAIN, 0;
            JUMP=257, 0, ARG | JUMP, 0;
            JUMP_IF_FALSE=258, 0, ARG | JUMP, 0;
            JUMP_IF_TRUE=259, 0, ARG | JUMP, 0;
            JUMP_NO_INTERRUPT=260, 0, ARG | JUMP, 0;
            LOAD_CLOSURE=261, 0, ARG | LOCAL, 1;
            POP_BLOCK=262, 0, PLAIN, 0;
            SETUP_CLEANUP=263, 0, ARG | EXC, if jump { 2 } else { 0 };
            SETUP_FINALLY=264, 0, ARG | EXC, if jump { 1 } else { 0 };
            SETUP_WITH=265, 0, ARG | EXC, if jump { 1 } else { 0 };
            STORE_FAST_MAYBE_NULL=266, 0, ARG | LOCAL, -1;
        }
    };
}

/// The instruction takes no operand.
pub const PLAIN: u8 = 0;
/// The operand means something.
pub const ARG: u8 = 1;
/// The operand indexes the constants.
pub const CONST: u8 = 2;
/// The operand (shifted for some opcodes) indexes the names.
pub const NAME: u8 = 4;
/// The operand is a jump distance.
pub const JUMP: u8 = 8;
/// The operand indexes a cell or free variable of `localsplus`.
pub const FREE: u8 = 16;
/// The operand indexes `localsplus`.
pub const LOCAL: u8 = 32;
/// A pseudo instruction that opens a protected block; its label is the handler.
pub const EXC: u8 = 64;

macro_rules! define_ops {
    (|$arg:ident, $jump:ident| $($name:ident = $num:expr, $cache:expr, $flags:expr, $effect:expr;)*) => {
        /// An opcode of CPython 3.14, or one of the compiler's pseudo instructions.
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Op { $($name = $num,)* }

        /// Every opcode in the order of its number.
        pub const ALL: &[Op] = &[$(Op::$name,)*];

        impl Op {
            /// The name as `dis` prints it.
            pub const fn name(self) -> &'static str {
                match self { $(Op::$name => stringify!($name),)* }
            }

            /// How many 16-bit cache entries follow the instruction.
            pub const fn cache_entries(self) -> usize {
                match self { $(Op::$name => $cache,)* }
            }

            /// What the operand means: the constants of this module, or-ed.
            pub const fn flags(self) -> u8 {
                match self { $(Op::$name => $flags,)* }
            }

            /// The opcode with this number.
            pub const fn from_u16(number: u16) -> Option<Op> {
                match number { $($num => Some(Op::$name),)* _ => None }
            }

            /// The opcode with this name.
            pub fn from_name(name: &str) -> Option<Op> {
                ALL.iter().copied().find(|op| op.name() == name)
            }
        }

        /// Net change of the stack depth; `jump` tells whether a jump is taken (or, for the SETUP pseudo
        /// instructions, whether the handler is entered). `None` when the operand is out of range.
        #[allow(unused_variables)]
        pub fn stack_effect(op: Op, oparg: u32, jump: bool) -> Option<i32> {
            let $arg = i32::try_from(oparg).ok()?;
            let $jump = jump;
            let effect: i32 = match op { $(Op::$name => $effect,)* };
            Some(effect)
        }
    };
}

for_each_op!(define_ops);

impl Op {
    /// The opcode number (above 255 for pseudo instructions).
    pub const fn number(self) -> u16 {
        self as u16
    }
    /// Whether the operand means something.
    pub const fn has_arg(self) -> bool {
        self.flags() & ARG != 0
    }
    /// Whether the operand indexes the constants.
    pub const fn has_const(self) -> bool {
        self.flags() & CONST != 0
    }
    /// Whether the operand indexes the names.
    pub const fn has_name(self) -> bool {
        self.flags() & NAME != 0
    }
    /// Whether the operand is a jump distance (or a label, before assembly).
    pub const fn has_jump(self) -> bool {
        self.flags() & JUMP != 0
    }
    /// Whether the operand indexes a cell or free variable.
    pub const fn has_free(self) -> bool {
        self.flags() & FREE != 0
    }
    /// Whether the operand indexes `localsplus`.
    pub const fn has_local(self) -> bool {
        self.flags() & LOCAL != 0
    }
    /// Whether this pseudo instruction opens a protected block.
    pub const fn is_block_push(self) -> bool {
        self.flags() & EXC != 0
    }
    /// Whether the instruction exists only inside the compiler.
    pub const fn is_pseudo(self) -> bool {
        self.number() > 255
    }
    /// Whether before assembly the operand is a label.
    pub const fn has_label(self) -> bool {
        self.has_jump() || self.is_block_push()
    }
    /// Whether control never reaches the next instruction.
    pub const fn ends_flow(self) -> bool {
        matches!(
            self,
            Op::RETURN_VALUE
                | Op::RAISE_VARARGS
                | Op::RERAISE
                | Op::JUMP
                | Op::JUMP_NO_INTERRUPT
                | Op::JUMP_FORWARD
                | Op::JUMP_BACKWARD
                | Op::JUMP_BACKWARD_NO_INTERRUPT
        )
    }
}

/// Operands of `BINARY_OP`.
pub mod binary {
    pub const ADD: u32 = 0;
    pub const AND: u32 = 1;
    pub const FLOOR_DIVIDE: u32 = 2;
    pub const LSHIFT: u32 = 3;
    pub const MATRIX_MULTIPLY: u32 = 4;
    pub const MULTIPLY: u32 = 5;
    pub const REMAINDER: u32 = 6;
    pub const OR: u32 = 7;
    pub const POWER: u32 = 8;
    pub const RSHIFT: u32 = 9;
    pub const SUBTRACT: u32 = 10;
    pub const TRUE_DIVIDE: u32 = 11;
    pub const XOR: u32 = 12;
    /// Added to one of the above for the in-place form.
    pub const INPLACE: u32 = 13;
    pub const SUBSCR: u32 = 26;
    /// How `dis` shows each operand.
    pub const SYMBOLS: [&str; 27] = [
        "+", "&", "//", "<<", "@", "*", "%", "|", "**", ">>", "-", "/", "^", "+=", "&=", "//=",
        "<<=", "@=", "*=", "%=", "|=", "**=", ">>=", "-=", "/=", "^=", "[]",
    ];
}

/// Operands of `CALL_INTRINSIC_1`.
pub mod intrinsic1 {
    pub const PRINT: u32 = 1;
    pub const IMPORT_STAR: u32 = 2;
    pub const STOPITERATION_ERROR: u32 = 3;
    pub const ASYNC_GEN_WRAP: u32 = 4;
    pub const UNARY_POSITIVE: u32 = 5;
    pub const LIST_TO_TUPLE: u32 = 6;
    pub const TYPEVAR: u32 = 7;
    pub const PARAMSPEC: u32 = 8;
    pub const TYPEVARTUPLE: u32 = 9;
    pub const SUBSCRIPT_GENERIC: u32 = 10;
    pub const TYPEALIAS: u32 = 11;
    /// How `dis` shows each operand.
    pub const NAMES: [&str; 12] = [
        "INTRINSIC_1_INVALID",
        "INTRINSIC_PRINT",
        "INTRINSIC_IMPORT_STAR",
        "INTRINSIC_STOPITERATION_ERROR",
        "INTRINSIC_ASYNC_GEN_WRAP",
        "INTRINSIC_UNARY_POSITIVE",
        "INTRINSIC_LIST_TO_TUPLE",
        "INTRINSIC_TYPEVAR",
        "INTRINSIC_PARAMSPEC",
        "INTRINSIC_TYPEVARTUPLE",
        "INTRINSIC_SUBSCRIPT_GENERIC",
        "INTRINSIC_TYPEALIAS",
    ];
}

/// Operands of `CALL_INTRINSIC_2`.
pub mod intrinsic2 {
    pub const PREP_RERAISE_STAR: u32 = 1;
    pub const TYPEVAR_WITH_BOUND: u32 = 2;
    pub const TYPEVAR_WITH_CONSTRAINTS: u32 = 3;
    pub const SET_FUNCTION_TYPE_PARAMS: u32 = 4;
    pub const SET_TYPEPARAM_DEFAULT: u32 = 5;
    /// How `dis` shows each operand.
    pub const NAMES: [&str; 6] = [
        "INTRINSIC_2_INVALID",
        "INTRINSIC_PREP_RERAISE_STAR",
        "INTRINSIC_TYPEVAR_WITH_BOUND",
        "INTRINSIC_TYPEVAR_WITH_CONSTRAINTS",
        "INTRINSIC_SET_FUNCTION_TYPE_PARAMS",
        "INTRINSIC_SET_TYPEPARAM_DEFAULT",
    ];
}

/// Operands of `LOAD_COMMON_CONSTANT`.
pub mod common_constant {
    pub const ASSERTION_ERROR: u32 = 0;
    pub const NOT_IMPLEMENTED_ERROR: u32 = 1;
    pub const BUILTIN_TUPLE: u32 = 2;
    pub const BUILTIN_ALL: u32 = 3;
    pub const BUILTIN_ANY: u32 = 4;
    /// How `dis` shows each operand.
    pub const NAMES: [&str; 5] = [
        "AssertionError",
        "NotImplementedError",
        "tuple",
        "all",
        "any",
    ];
}

/// Operands of `LOAD_SPECIAL`.
pub mod special {
    pub const ENTER: u32 = 0;
    pub const EXIT: u32 = 1;
    pub const AENTER: u32 = 2;
    pub const AEXIT: u32 = 3;
    /// How `dis` shows each operand.
    pub const NAMES: [&str; 4] = ["__enter__", "__exit__", "__aenter__", "__aexit__"];
}

/// Operands of `COMPARE_OP`: the comparison in the bits from 5 up; bit 4 converts to bool; the low four bits
/// are the mask of outcomes the interpreter's specializations use.
pub mod compare {
    pub const LT: u32 = 0;
    pub const LE: u32 = 1;
    pub const EQ: u32 = 2;
    pub const NE: u32 = 3;
    pub const GT: u32 = 4;
    pub const GE: u32 = 5;
    /// Bit of the operand that asks for a bool.
    pub const TO_BOOL: u32 = 16;
    const UNORDERED: u32 = 1;
    const LESS: u32 = 2;
    const GREATER: u32 = 4;
    const EQUAL: u32 = 8;
    /// How `dis` shows each comparison.
    pub const SYMBOLS: [&str; 6] = ["<", "<=", "==", "!=", ">", ">="];

    /// The whole operand for a comparison number.
    pub const fn operand(cmp: u32) -> u32 {
        let mask = match cmp {
            LT => LESS,
            LE => LESS | EQUAL,
            EQ => EQUAL,
            NE => LESS | GREATER | UNORDERED,
            GT => GREATER,
            _ => GREATER | EQUAL,
        };
        (cmp << 5) | mask
    }
}

/// Operands of `RESUME`: where execution continues, plus a bit telling the depth of the handlers.
pub mod resume {
    pub const AT_FUNC_START: u32 = 0;
    pub const AFTER_YIELD: u32 = 1;
    pub const AFTER_YIELD_FROM: u32 = 2;
    pub const AFTER_AWAIT: u32 = 3;
    /// Set when the only handler above is the generator's own StopIteration wrapper.
    pub const DEPTH1: u32 = 4;
}

/// Bits of a function's attributes, operands of `SET_FUNCTION_ATTRIBUTE`.
pub mod function_attribute {
    pub const DEFAULTS: u32 = 1;
    pub const KWDEFAULTS: u32 = 2;
    pub const ANNOTATIONS: u32 = 4;
    pub const CLOSURE: u32 = 8;
    pub const ANNOTATE: u32 = 16;
}
