//! The stack depth at the start of each block, and the deepest the stack gets.

use super::cfg::{BlockId, Cfg, ENTRY, NONE};
use crate::error::CompileError;
use crate::opcode::{Op, stack_effect};

/// Sets `depth` on every reachable block and returns the maximum.
pub(super) fn calculate_stack_depth(cfg: &mut Cfg) -> Result<u32, CompileError> {
    for block in &mut cfg.blocks {
        block.depth = -1;
    }
    let mut max = 0;
    let mut todo = Vec::new();
    enter(cfg, &mut todo, ENTRY, 0)?;
    while let Some(id) = todo.pop() {
        let mut depth = cfg.block(id).depth;
        let mut next = cfg.block(id).next;
        for at in 0..cfg.block(id).ins.len() {
            let ins = cfg.block(id).ins[at];
            max = max.max(depth);
            let after = depth + effect(ins.op, ins.arg, false)?;
            if after < 0 {
                return Err(CompileError::internal(format!(
                    "stack underflow at {}",
                    ins.op.name()
                )));
            }
            if ins.op.has_label() && ins.op != Op::END_ASYNC_FOR {
                let there = depth + effect(ins.op, ins.arg, true)?;
                enter(cfg, &mut todo, ins.target, there)?;
            }
            depth = after;
            if ins.op.ends_flow() {
                next = NONE;
                break;
            }
        }
        if next != NONE {
            enter(cfg, &mut todo, next, depth)?;
        }
    }
    Ok(max as u32)
}

fn effect(op: Op, arg: u32, jump: bool) -> Result<i32, CompileError> {
    stack_effect(op, arg, jump)
        .ok_or_else(|| CompileError::internal(format!("bad operand of {}: {arg}", op.name())))
}

fn enter(
    cfg: &mut Cfg,
    todo: &mut Vec<BlockId>,
    id: BlockId,
    depth: i32,
) -> Result<(), CompileError> {
    let block = cfg.block_mut(id);
    if block.depth < 0 {
        block.depth = depth;
        todo.push(id);
    } else if block.depth != depth {
        return Err(CompileError::internal("inconsistent stack depth"));
    }
    Ok(())
}
