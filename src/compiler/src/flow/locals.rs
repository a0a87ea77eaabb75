//! Loads of locals: those that may be unbound are checked, neighbouring ones are joined into one instruction.

use super::cfg::{BlockId, Cfg, ENTRY, Ins, NONE};
use super::cleanup::remove_redundant_nops;
use crate::opcode::Op;

/// Locals below this number are followed through the graph, one bit each; the others block by block only, so that
/// the cost stays linear.
const TRACKED: u32 = 64;

/// Turns `LOAD_FAST` of a local that may be unbound into `LOAD_FAST_CHECK`.
pub(super) fn check_unbound(cfg: &mut Cfg, nlocals: usize, nparams: usize) {
    if nlocals == 0 {
        return;
    }
    if nlocals > TRACKED as usize {
        check_many(cfg, nlocals);
    }
    for block in &mut cfg.blocks {
        block.visited = false;
        block.unsafe_locals = 0;
    }
    let mut todo = Vec::new();
    let below = |n: usize| if n >= 64 { u64::MAX } else { (1u64 << n) - 1 };
    enter(cfg, &mut todo, ENTRY, below(nlocals) & !below(nparams));
    // Locals also become unbound in the middle, so every block is scanned once.
    let mut id = ENTRY;
    while id != NONE {
        scan(cfg, &mut todo, id);
        id = cfg.block(id).next;
    }
    while let Some(id) = todo.pop() {
        cfg.block_mut(id).visited = false;
        scan(cfg, &mut todo, id);
    }
}

/// More locals may be unbound at the start of `id`; visited means that it waits to be scanned.
fn enter(cfg: &mut Cfg, todo: &mut Vec<BlockId>, id: BlockId, mask: u64) {
    let block = cfg.block_mut(id);
    if block.unsafe_locals | mask != block.unsafe_locals {
        block.unsafe_locals |= mask;
        if !block.visited {
            block.visited = true;
            todo.push(id);
        }
    }
}

fn scan(cfg: &mut Cfg, todo: &mut Vec<BlockId>, id: BlockId) {
    let mut mask = cfg.block(id).unsafe_locals;
    for at in 0..cfg.block(id).ins.len() {
        let ins = &mut cfg.block_mut(id).ins[at];
        let except = ins.except;
        let before = mask;
        if ins.arg < TRACKED {
            let bit = 1u64 << ins.arg;
            match ins.op {
                Op::DELETE_FAST | Op::LOAD_FAST_AND_CLEAR | Op::STORE_FAST_MAYBE_NULL => {
                    mask |= bit
                }
                // A checked load that does not raise proves the local bound.
                Op::STORE_FAST | Op::LOAD_FAST_CHECK => mask &= !bit,
                Op::LOAD_FAST => {
                    if mask & bit != 0 {
                        ins.op = Op::LOAD_FAST_CHECK;
                    }
                    mask &= !bit;
                }
                _ => {}
            }
        }
        if except != NONE {
            enter(cfg, todo, except, before);
        }
    }
    let block = cfg.block(id);
    let fall = if block.falls_through() {
        block.next
    } else {
        NONE
    };
    for target in [fall, block.jump_target().unwrap_or(NONE)] {
        if target != NONE {
            enter(cfg, todo, target, mask);
        }
    }
}

fn check_many(cfg: &mut Cfg, nlocals: usize) {
    // The block in which a local was last known to be bound.
    let mut bound_in = vec![0u32; nlocals];
    let mut number = 0;
    cfg.for_each_block(|block| {
        number += 1;
        for ins in &mut block.ins {
            let local = ins.arg as usize;
            if ins.arg < TRACKED || local >= nlocals {
                continue;
            }
            match ins.op {
                Op::DELETE_FAST | Op::LOAD_FAST_AND_CLEAR | Op::STORE_FAST_MAYBE_NULL => {
                    bound_in[local] = number - 1
                }
                Op::STORE_FAST => bound_in[local] = number,
                Op::LOAD_FAST => {
                    if bound_in[local] != number {
                        ins.op = Op::LOAD_FAST_CHECK;
                    }
                    bound_in[local] = number;
                }
                _ => {}
            }
        }
    });
}

/// Joins pairs of loads and stores of low-numbered locals on one line.
pub(super) fn insert_superinstructions(cfg: &mut Cfg) {
    cfg.for_each_block(|block| {
        for at in 1..block.ins.len() {
            let (first, second) = (block.ins[at - 1], block.ins[at]);
            let op = match (first.op, second.op) {
                (Op::LOAD_FAST, Op::LOAD_FAST) => Op::LOAD_FAST_LOAD_FAST,
                (Op::STORE_FAST, Op::LOAD_FAST) => Op::STORE_FAST_LOAD_FAST,
                (Op::STORE_FAST, Op::STORE_FAST) => Op::STORE_FAST_STORE_FAST,
                _ => continue,
            };
            if on_different_lines(&first, &second) || first.arg >= 16 || second.arg >= 16 {
                continue;
            }
            block.ins[at - 1].set(op, (first.arg << 4) | second.arg);
            block.ins[at].set_nop();
        }
    });
    remove_redundant_nops(cfg);
}

fn on_different_lines(a: &Ins, b: &Ins) -> bool {
    a.has_line() && b.has_line() && a.loc.line != b.loc.line
}
