//! Which instructions begin a line: where tracing says `line`.

use crate::decode::Ins;
use typhon_compiler::code::Code;
use typhon_compiler::opcode::Op;

/// What is known of each instruction.
pub(crate) struct Lines {
    /// The source line; negative when there is none.
    pub of: Vec<i32>,
    /// The instruction begins a line.
    pub starts: Vec<bool>,
    /// The instructions before this one belong to the entry of the code and are not shown.
    pub first: usize,
}

/// Lines begin where the line changes from one instruction to the next, where jumps from other lines arrive, and at handlers.
pub(crate) fn lines(code: &Code, ins: &[Ins]) -> Lines {
    let by_unit: Vec<i32> = code.positions().map(|l| l.line).collect();
    let of: Vec<i32> = ins
        .iter()
        .map(|i| by_unit.get(i.offset as usize / 2).copied().unwrap_or(-1))
        .collect();
    let first = ins.iter().position(|i| i.op == Op::RESUME).unwrap_or(0);
    let mut starts = vec![false; ins.len()];
    let mut current = -1;
    for i in first..ins.len() {
        match ins[i].op {
            // Jumped over or never shown.
            Op::END_ASYNC_FOR | Op::END_FOR | Op::END_SEND | Op::RESUME | Op::POP_ITER => {}
            _ => {
                starts[i] = of[i] != current && of[i] >= 0;
                current = of[i];
            }
        }
    }
    for i in first..ins.len() {
        if !ins[i].op.has_jump() {
            continue;
        }
        let mut target = ins[i].target;
        if ins[i].op == Op::FOR_ITER {
            // Behind END_FOR and POP_ITER.
            target = (target + 2).min(ins.len() - 1);
        }
        if ins[i].op != Op::END_ASYNC_FOR && of[target] >= 0 && of[target] != of[i] {
            starts[target] = !matches!(
                ins[target].op,
                Op::RESUME | Op::END_SEND | Op::END_FOR | Op::POP_ITER
            );
        }
    }
    for h in code.exception_table() {
        let target = ins.partition_point(|i| i.offset < 2 * h.target);
        if target < ins.len() && target > first && of[target] >= 0 {
            starts[target] = true;
        }
    }
    Lines { of, starts, first }
}
