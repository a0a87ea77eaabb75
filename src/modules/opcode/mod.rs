//! `_opcode`: facts about instructions, from the compiler's opcode table.

use typhon_compiler::opcode::{self, Op};
use typhon_vm::native::*;
use typhon_vm::number;

fn op(n: i64) -> Option<Op> {
    u16::try_from(n).ok().and_then(Op::from_u16)
}

fn has(n: i64, f: fn(Op) -> bool) -> bool {
    op(n).is_some_and(f)
}

/// The names of `BINARY_OP`'s operands.
const NB_NAMES: [&str; 13] = [
    "ADD",
    "AND",
    "FLOOR_DIVIDE",
    "LSHIFT",
    "MATRIX_MULTIPLY",
    "MULTIPLY",
    "REMAINDER",
    "OR",
    "POWER",
    "RSHIFT",
    "SUBTRACT",
    "TRUE_DIVIDE",
    "XOR",
];

#[pymodule(name = "_opcode")]
pub mod module {
    //! Opcode support module.

    use super::*;

    #[pyattr]
    const ENABLE_SPECIALIZATION: i64 = 1;
    #[pyattr]
    const ENABLE_SPECIALIZATION_FT: i64 = 1;

    /// Compute the stack effect of the opcode.
    #[pyfunction]
    #[sig(opcode, oparg = None, /, *, jump = None)]
    fn stack_effect(opcode: i64, oparg: Option<&Value>, jump: &Value, cx: &mut Cx) -> Res<i32> {
        let arg = match oparg {
            Some(v) => number::index_i64(cx, v)?,
            None => 0,
        };
        let jumps: &[bool] = if jump.is_none() {
            &[true, false]
        } else if jump.is_true() {
            &[true]
        } else if jump.is_false() {
            &[false]
        } else {
            return Err(cx.value_error("stack_effect: jump must be False, True or None"));
        };
        let effects = match (op(opcode), u32::try_from(arg)) {
            (Some(op), Ok(arg)) => jumps
                .iter()
                .filter_map(|&j| opcode::stack_effect(op, arg, j))
                .max(),
            _ => None,
        };
        effects.ok_or_else(|| cx.value_error("invalid opcode or oparg"))
    }
    /// Return True if opcode is valid, False otherwise.
    #[pyfunction]
    #[sig(opcode)]
    fn is_valid(opcode: i64) -> bool {
        op(opcode).is_some()
    }
    /// Return True if the opcode uses its oparg, False otherwise.
    #[pyfunction]
    #[sig(opcode)]
    fn has_arg(opcode: i64) -> bool {
        has(opcode, Op::has_arg)
    }
    /// Return True if the opcode accesses a constant, False otherwise.
    #[pyfunction]
    #[sig(opcode)]
    fn has_const(opcode: i64) -> bool {
        has(opcode, Op::has_const)
    }
    /// Return True if the opcode accesses an attribute by name, False otherwise.
    #[pyfunction]
    #[sig(opcode)]
    fn has_name(opcode: i64) -> bool {
        has(opcode, Op::has_name)
    }
    /// Return True if the opcode has a jump target, False otherwise.
    #[pyfunction]
    #[sig(opcode)]
    fn has_jump(opcode: i64) -> bool {
        has(opcode, Op::has_jump)
    }
    /// Return True if the opcode accesses a free variable, False otherwise.
    #[pyfunction]
    #[sig(opcode)]
    fn has_free(opcode: i64) -> bool {
        has(opcode, Op::has_free)
    }
    /// Return True if the opcode accesses a local variable, False otherwise.
    #[pyfunction]
    #[sig(opcode)]
    fn has_local(opcode: i64) -> bool {
        has(opcode, Op::has_local)
    }
    /// Return True if the opcode sets an exception handler, False otherwise.
    #[pyfunction]
    #[sig(opcode)]
    fn has_exc(opcode: i64) -> bool {
        has(opcode, Op::is_block_push)
    }
    /// Return the specialization stats
    #[pyfunction]
    fn get_specialization_stats() {}
    /// Return array of symbols of binary ops.
    ///
    /// Indexed by the BINARY_OP oparg value.
    #[pyfunction]
    fn get_nb_ops() -> Vec<(String, &'static str)> {
        let plain = NB_NAMES.iter().map(|n| format!("NB_{n}"));
        let inplace = NB_NAMES.iter().map(|n| format!("NB_INPLACE_{n}"));
        plain
            .chain(inplace)
            .chain(["NB_SUBSCR".to_owned()])
            .zip(opcode::binary::SYMBOLS)
            .collect()
    }
    /// Return a list of names of the unary intrinsics.
    #[pyfunction]
    fn get_intrinsic1_descs() -> Vec<&'static str> {
        opcode::intrinsic1::NAMES.to_vec()
    }
    /// Return a list of names of the binary intrinsics.
    #[pyfunction]
    fn get_intrinsic2_descs() -> Vec<&'static str> {
        opcode::intrinsic2::NAMES.to_vec()
    }
    /// Return a list of special method names.
    #[pyfunction]
    fn get_special_method_names() -> Vec<&'static str> {
        opcode::special::NAMES.to_vec()
    }
    /// Return the executor object at offset in code if exists, None otherwise.
    #[pyfunction]
    #[sig(code, offset)]
    fn get_executor(code: &Value, offset: i64, cx: &mut Cx) -> Res<()> {
        let _ = offset;
        if code.downcast::<typhon_vm::objects::CodeObj>().is_none() {
            let n = code.type_name();
            return Err(cx.type_error(format!("expected a code object, not '{n}'")));
        }
        Err(cx.value_error("no executor at given byte offset"))
    }
}
