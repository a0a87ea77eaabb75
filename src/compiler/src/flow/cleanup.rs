//! Removal of what does nothing: unreachable blocks, redundant `NOP`s and jumps, pairs that cancel out; and the
//! inlining of small blocks that only leave.
//!
//! A `NOP` that is the only instruction of its line must stay, or a tracer would never see the line.

use super::cfg::{BlockId, Cfg, ENTRY, Ins, NONE, is_unconditional};
use crate::opcode::Op;

/// An exit block of at most this many instructions is copied instead of jumped at.
const MAX_COPY: usize = 4;

/// Counts predecessors and empties the blocks that nothing reaches.
pub(super) fn remove_unreachable(cfg: &mut Cfg) {
    cfg.clear_visited();
    for block in &mut cfg.blocks {
        block.predecessors = 0;
    }
    let entry = cfg.block_mut(ENTRY);
    entry.predecessors = 1;
    entry.visited = true;
    let mut todo = vec![ENTRY];
    let mut edges: Vec<BlockId> = Vec::new();
    while let Some(id) = todo.pop() {
        let block = cfg.block(id);
        edges.clear();
        if block.next != NONE && block.falls_through() {
            edges.push(block.next);
        }
        edges.extend(
            block
                .ins
                .iter()
                .filter(|i| i.op.has_label())
                .map(|i| i.target),
        );
        for &target in &edges {
            let target_block = cfg.block_mut(target);
            target_block.predecessors += 1;
            if !target_block.visited {
                target_block.visited = true;
                todo.push(target);
            }
        }
    }
    cfg.for_each_block(|block| {
        if block.predecessors == 0 {
            block.ins.clear();
            block.is_handler = false;
        }
    });
}

/// Removes the `NOP`s of one block that no line depends on; returns how many.
fn remove_nops_of(cfg: &mut Cfg, id: BlockId) -> usize {
    if !cfg.block(id).ins.iter().any(|i| i.op == Op::NOP) {
        return 0;
    }
    // Where control goes on after a trailing NOP: the first instruction that will stay.
    let next = cfg.next_nonempty(cfg.block(id).next);
    let line_after = if next == NONE {
        -1
    } else {
        let following = cfg
            .block(next)
            .ins
            .iter()
            .find(|i| i.op != Op::NOP || i.has_line());
        following.map_or(-1, |i| i.loc.line)
    };
    let ins = &mut cfg.block_mut(id).ins;
    let before = ins.len();
    let mut kept = 0;
    let mut previous_line = -1;
    for at in 0..before {
        let line = ins[at].loc.line;
        if ins[at].op == Op::NOP {
            if line < 0 || line == previous_line {
                continue;
            }
            if at + 1 < before {
                let next_line = ins[at + 1].loc.line;
                if next_line == line {
                    continue;
                }
                if next_line < 0 {
                    ins[at + 1].loc = ins[at].loc;
                    continue;
                }
            } else if line == line_after {
                continue;
            }
        }
        ins[kept] = ins[at];
        kept += 1;
        previous_line = line;
    }
    if kept < before {
        cfg.block_mut(id).truncate(kept);
    }
    before - kept
}

/// Removes redundant `NOP`s everywhere; returns how many.
pub(super) fn remove_redundant_nops(cfg: &mut Cfg) -> usize {
    let mut removed = 0;
    let mut id = ENTRY;
    while id != NONE {
        removed += remove_nops_of(cfg, id);
        id = cfg.block(id).next;
    }
    removed
}

/// Turns jumps to the place where control arrives anyway into `NOP`s; returns how many.
fn remove_redundant_jumps(cfg: &mut Cfg) -> usize {
    let mut removed = 0;
    let mut id = ENTRY;
    while id != NONE {
        let block = cfg.block(id);
        let next = block.next;
        if let Some(&Ins { op, target, .. }) = block.ins.last()
            && is_unconditional(op)
            && cfg.next_nonempty(target) == cfg.next_nonempty(next)
        {
            cfg.block_mut(id)
                .ins
                .last_mut()
                .expect("it has a last instruction")
                .set_nop();
            removed += 1;
        }
        id = next;
    }
    removed
}

pub(super) fn remove_redundant_nops_and_jumps(cfg: &mut Cfg) {
    while remove_redundant_nops(cfg) + remove_redundant_jumps(cfg) > 0 {}
}

/// Removes `NOP`s, and pushes whose value the next instruction throws away.
pub(super) fn remove_redundant_nops_and_pairs(cfg: &mut Cfg) {
    loop {
        let mut done = true;
        // The instruction that always runs just before the one looked at.
        let mut previous: Option<(BlockId, usize)> = None;
        let mut id = ENTRY;
        while id != NONE {
            remove_nops_of(cfg, id);
            if cfg.block(id).labelled {
                previous = None;
            }
            for at in 0..cfg.block(id).ins.len() {
                if cfg.block(id).ins[at].op == Op::POP_TOP
                    && let Some((block, index)) = previous
                {
                    let push = &mut cfg.block_mut(block).ins[index];
                    let cancels = match push.op {
                        Op::LOAD_CONST | Op::LOAD_SMALL_INT => true,
                        Op::COPY => push.arg == 1,
                        _ => false,
                    };
                    if cancels {
                        push.set_nop();
                        cfg.block_mut(id).ins[at].set_nop();
                        done = false;
                    }
                }
                previous = Some((id, at));
            }
            let block = cfg.block(id);
            let jumps = previous.is_some_and(|(b, i)| cfg.block(b).ins[i].op.has_jump());
            if jumps || !block.falls_through() {
                previous = None;
            }
            id = block.next;
        }
        if done {
            return;
        }
    }
}

/// Copies the target of an unconditional jump in place of the jump when the target leaves the scope within a
/// few instructions, or has no line of its own and does not fall through.
pub(super) fn inline_small_blocks(cfg: &mut Cfg) {
    loop {
        let mut changed = false;
        let mut id = ENTRY;
        while id != NONE {
            changed |= inline_target(cfg, id);
            id = cfg.block(id).next;
        }
        // Every change removes a jump, so this ends.
        if !changed {
            return;
        }
    }
}

fn inline_target(cfg: &mut Cfg, id: BlockId) -> bool {
    let Some(&Ins { op, target, .. }) = cfg.block(id).ins.last() else {
        return false;
    };
    if !is_unconditional(op) || target == id {
        return false;
    }
    let target_block = cfg.block(target);
    let small_exit = target_block.exits_scope() && target_block.ins.len() <= MAX_COPY;
    let lineless = target_block.has_no_line() && !target_block.falls_through();
    if !small_exit && !lineless {
        return false;
    }
    let copy = target_block.ins.clone();
    let block = cfg.block_mut(id);
    block.ins.last_mut().expect("it ends with a jump").set_nop();
    block.ins.extend(copy);
    if lineless
        && let Some(last) = block.ins.last_mut()
        && is_unconditional(last.op)
        && op == Op::JUMP
    {
        // The jump that went away checked for signals; the one that replaces it must.
        last.op = Op::JUMP;
    }
    let target_block = cfg.block_mut(target);
    target_block.predecessors = target_block.predecessors.saturating_sub(1);
    true
}
