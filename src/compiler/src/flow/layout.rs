//! Order of the blocks: code that only runs after an exception goes to the end, so that the common path is
//! contiguous.

use super::cfg::{BlockId, Cfg, ENTRY, Ins, NONE};
use super::cleanup::remove_redundant_nops_and_jumps;
use crate::ir::Loc;
use crate::opcode::Op;

/// Marks what is reached without an exception.
fn mark_warm(cfg: &mut Cfg) {
    cfg.clear_visited();
    cfg.block_mut(ENTRY).visited = true;
    let mut todo = vec![ENTRY];
    while let Some(id) = todo.pop() {
        let block = cfg.block_mut(id);
        block.warm = true;
        for target in successors(cfg, id) {
            if target != NONE && !cfg.block(target).visited {
                cfg.block_mut(target).visited = true;
                todo.push(target);
            }
        }
    }
}

/// Marks what only handlers reach.
fn mark_cold(cfg: &mut Cfg) {
    cfg.clear_visited();
    let mut todo = Vec::new();
    let mut id = ENTRY;
    while id != NONE {
        let block = cfg.block_mut(id);
        if block.is_handler && !block.warm {
            block.visited = true;
            todo.push(id);
        }
        id = block.next;
    }
    while let Some(id) = todo.pop() {
        cfg.block_mut(id).cold = true;
        for target in successors(cfg, id) {
            if target != NONE && !cfg.block(target).warm && !cfg.block(target).visited {
                cfg.block_mut(target).visited = true;
                todo.push(target);
            }
        }
    }
}

fn successors(cfg: &Cfg, id: BlockId) -> [BlockId; 2] {
    let block = cfg.block(id);
    let fall = if block.falls_through() {
        block.next
    } else {
        NONE
    };
    [fall, block.jump_target().unwrap_or(NONE)]
}

/// Moves cold blocks behind the warm ones, keeping the order within each group.
pub(super) fn push_cold_blocks_to_end(cfg: &mut Cfg) {
    if cfg.block(ENTRY).next == NONE {
        return;
    }
    mark_warm(cfg);
    mark_cold(cfg);

    // Cold code that runs on into warm code needs a jump now.
    let mut id = ENTRY;
    while id != NONE {
        let block = cfg.block(id);
        let next = block.next;
        if block.cold && block.falls_through() && next != NONE && cfg.block(next).warm {
            let jump = cfg.new_block();
            let fresh = cfg.block_mut(jump);
            fresh
                .ins
                .push(Ins::jump(Op::JUMP_NO_INTERRUPT, next, Loc::NONE));
            fresh.cold = true;
            fresh.predecessors = 1;
            fresh.next = next;
            cfg.block_mut(next).labelled = true;
            cfg.block_mut(id).next = jump;
        }
        id = next;
    }

    let (mut warm_tail, mut cold_head, mut cold_tail) = (ENTRY, NONE, NONE);
    let mut id = cfg.block(ENTRY).next;
    while id != NONE {
        let next = cfg.block(id).next;
        if !cfg.block(id).cold {
            cfg.block_mut(warm_tail).next = id;
            warm_tail = id;
        } else if cold_tail == NONE {
            cold_head = id;
            cold_tail = id;
        } else {
            cfg.block_mut(cold_tail).next = id;
            cold_tail = id;
        }
        id = next;
    }
    cfg.block_mut(warm_tail).next = cold_head;
    if cold_tail != NONE {
        cfg.block_mut(cold_tail).next = NONE;
        remove_redundant_nops_and_jumps(cfg);
    }
}
