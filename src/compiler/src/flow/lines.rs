//! Line numbers for instructions that came without: PEP 626 wants every instruction that leaves the frame to
//! have one.
//!
//! An exit block without a line is copied until each copy has a single predecessor, from which it inherits.

use super::cfg::{Block, BlockId, Cfg, ENTRY, NONE};
use crate::ir::Loc;
use crate::opcode::Op;

/// Does both passes.
pub(super) fn resolve_line_numbers(cfg: &mut Cfg) {
    duplicate_exits_without_line(cfg);
    propagate_line_numbers(cfg);
}

/// The block leaves the scope or reaches the eval breaker, and no instruction of it has a line.
fn is_lineless_exit(block: &Block) -> bool {
    (block.exits_scope() || block.ins.iter().any(|i| checks_eval_breaker(i.op)))
        && block.has_no_line()
}

fn checks_eval_breaker(op: Op) -> bool {
    matches!(
        op,
        Op::CALL | Op::CALL_FUNCTION_EX | Op::CALL_KW | Op::JUMP_BACKWARD | Op::RESUME | Op::JUMP
    )
}

fn duplicate_exits_without_line(cfg: &mut Cfg) {
    let mut id = ENTRY;
    while id != NONE {
        if let Some(target) = cfg.block(id).jump_target() {
            let target = cfg.next_nonempty(target);
            if target != NONE
                && cfg.block(target).predecessors > 1
                && is_lineless_exit(cfg.block(target))
            {
                split_off_copy(cfg, id, target);
            }
        }
        id = cfg.block(id).next;
    }
    // What is left of them is reached by falling through, from one block only.
    let mut id = ENTRY;
    while id != NONE {
        let block = cfg.block(id);
        let next = block.next;
        if next != NONE
            && block.falls_through()
            && let Some(last) = block.ins.last()
            && is_lineless_exit(cfg.block(next))
        {
            let loc = last.loc;
            cfg.block_mut(next).ins[0].loc = loc;
        }
        id = next;
    }
}

/// Gives the jump that ends `id` a copy of `target` of its own, placed right behind the original.
fn split_off_copy(cfg: &mut Cfg, id: BlockId, target: BlockId) {
    let jump_loc = cfg.block(id).ins.last().expect("it ends with a jump").loc;
    let copy = cfg.new_block();
    let original = cfg.block_mut(target);
    original.predecessors -= 1;
    let mut ins = original.ins.clone();
    let next = original.next;
    original.next = copy;
    ins[0].loc = jump_loc;
    let fresh = cfg.block_mut(copy);
    fresh.ins = ins;
    fresh.next = next;
    fresh.predecessors = 1;
    fresh.labelled = true;
    cfg.block_mut(id)
        .ins
        .last_mut()
        .expect("it ends with a jump")
        .target = copy;
}

fn propagate_line_numbers(cfg: &mut Cfg) {
    let mut id = ENTRY;
    while id != NONE {
        let block = cfg.block_mut(id);
        let next = block.next;
        if !block.ins.is_empty() {
            let mut previous = Loc::NONE;
            for ins in &mut block.ins {
                if ins.loc.line == Loc::NONE.line {
                    ins.loc = previous;
                } else {
                    previous = ins.loc;
                }
            }
            let target = block.jump_target().unwrap_or(NONE);
            let fall = if block.falls_through() { next } else { NONE };
            for successor in [fall, target] {
                if successor != NONE {
                    let block = cfg.block_mut(successor);
                    if block.predecessors == 1
                        && let Some(first) = block.ins.first_mut()
                        && first.loc.line == Loc::NONE.line
                    {
                        first.loc = previous;
                    }
                }
            }
        }
        id = next;
    }
}
