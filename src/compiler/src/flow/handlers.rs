//! Which exception handler protects each instruction.
//!
//! `SETUP_*` pushes a handler, `POP_BLOCK` pops it; a walk over the graph carries the stack of open handlers
//! along every edge. The stacks are persistent lists in one arena, so that an edge costs one word.

use super::cfg::{BlockId, Cfg, ENTRY, NONE};
use crate::error::CompileError;
use crate::opcode::{Op, resume};

/// An open handler above the one it is nested in.
struct Open {
    handler: BlockId,
    outer: u32,
    depth: u32,
}

/// Marks the blocks that are exception handlers.
pub(super) fn mark_handlers(cfg: &mut Cfg) {
    let targets: Vec<BlockId> = cfg
        .blocks
        .iter()
        .flat_map(|b| &b.ins)
        .filter(|i| i.op.is_block_push())
        .map(|i| i.target)
        .collect();
    for target in targets {
        cfg.block_mut(target).is_handler = true;
    }
}

/// Sets `except` on every reachable instruction and turns `POP_BLOCK` into `NOP`.
pub(super) fn label_exception_targets(cfg: &mut Cfg) -> Result<(), CompileError> {
    let mut opens = vec![Open {
        handler: NONE,
        outer: 0,
        depth: 0,
    }];
    let mut entry_stack = vec![0u32; cfg.blocks.len()];
    cfg.clear_visited();
    cfg.block_mut(ENTRY).visited = true;
    let mut todo = vec![ENTRY];
    while let Some(id) = todo.pop() {
        let mut stack = entry_stack[id as usize];
        let mut last_yield_depth = 0;
        let mut visit = |cfg: &mut Cfg, target: BlockId, stack: u32| {
            let block = cfg.block_mut(target);
            if !block.visited {
                block.visited = true;
                entry_stack[target as usize] = stack;
                todo.push(target);
            }
        };
        for at in 0..cfg.block(id).ins.len() {
            let handler = opens[stack as usize].handler;
            let ins = &mut cfg.block_mut(id).ins[at];
            let (op, target) = (ins.op, ins.target);
            if op.is_block_push() {
                visit(cfg, target, stack);
                if matches!(op, Op::SETUP_WITH | Op::SETUP_CLEANUP) {
                    cfg.block_mut(target).lasti = true;
                }
                let depth = opens[stack as usize].depth + 1;
                opens.push(Open {
                    handler: target,
                    outer: stack,
                    depth,
                });
                stack = (opens.len() - 1) as u32;
                continue;
            }
            if op == Op::POP_BLOCK {
                if stack == 0 {
                    return Err(CompileError::internal("POP_BLOCK without a block"));
                }
                stack = opens[stack as usize].outer;
                ins.set_nop();
                continue;
            }
            ins.except = handler;
            match op {
                Op::YIELD_VALUE => last_yield_depth = opens[stack as usize].depth,
                Op::RESUME if ins.arg != resume::AT_FUNC_START => {
                    if last_yield_depth == 1 {
                        ins.arg |= resume::DEPTH1;
                    }
                    last_yield_depth = 0;
                }
                _ if op.has_jump() => visit(cfg, target, stack),
                _ => {}
            }
        }
        let block = cfg.block(id);
        let next = block.next;
        if block.falls_through() {
            if next == NONE {
                return Err(CompileError::internal("control runs off the end"));
            }
            visit(cfg, next, stack);
        }
    }
    Ok(())
}
