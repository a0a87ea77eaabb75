//! The last transformations before assembly: pseudo instructions become real ones, the prefix of generators and
//! closures is put in front, and cell operands become indices into `localsplus`.

use super::cfg::{Cfg, ENTRY, Ins, NONE};
use super::cleanup::remove_redundant_nops_and_jumps;
use crate::code::{PyStr, flags, kinds};
use crate::error::CompileError;
use crate::ir::{Loc, Unit};
use crate::opcode::Op;
use std::collections::{HashMap, HashSet};

/// `JUMP_IF_x` keeps its operand: copy, convert, pop.
pub(super) fn convert_pseudo_conditional_jumps(cfg: &mut Cfg) {
    cfg.for_each_block(|block| {
        let Some(last) = block.ins.last_mut() else {
            return;
        };
        last.op = match last.op {
            Op::JUMP_IF_FALSE => Op::POP_JUMP_IF_FALSE,
            Op::JUMP_IF_TRUE => Op::POP_JUMP_IF_TRUE,
            _ => return,
        };
        let jump = *last;
        *last = Ins {
            op: Op::COPY,
            arg: 1,
            target: NONE,
            ..jump
        };
        block.ins.push(Ins {
            op: Op::TO_BOOL,
            arg: 0,
            target: NONE,
            ..jump
        });
        block.ins.push(jump);
    });
}

/// Pseudo instructions that have served their purpose.
pub(super) fn convert_pseudo_ops(cfg: &mut Cfg) {
    cfg.for_each_block(|block| {
        for ins in &mut block.ins {
            match ins.op {
                Op::LOAD_CLOSURE => ins.op = Op::LOAD_FAST,
                Op::STORE_FAST_MAYBE_NULL => ins.op = Op::STORE_FAST,
                op if op.is_block_push() => ins.set_nop(),
                _ => {}
            }
        }
    });
    remove_redundant_nops_and_jumps(cfg);
}

/// Conditional jumps only go forward: a backward one is reversed over an unconditional jump. The side not taken
/// gets a `NOT_TAKEN` for branch monitoring.
pub(super) fn normalize_jumps(cfg: &mut Cfg) {
    cfg.clear_visited();
    let mut id = ENTRY;
    while id != NONE {
        let block = cfg.block_mut(id);
        block.visited = true;
        let next = block.next;
        if let Some(&last) = block.ins.last()
            && let Some(reversed) = reversed(last.op)
        {
            if !cfg.block(last.target).visited {
                cfg.block_mut(id)
                    .append(Ins::new(Op::NOT_TAKEN, 0, last.loc));
            } else {
                let cold = cfg.block(id).cold;
                let depth = cfg.block(last.target).depth;
                let back = cfg.new_block();
                let fresh = cfg.block_mut(back);
                fresh.ins.push(Ins::new(Op::NOT_TAKEN, 0, last.loc));
                fresh.ins.push(Ins::jump(Op::JUMP, last.target, last.loc));
                fresh.depth = depth;
                fresh.cold = cold;
                fresh.next = next;
                fresh.visited = true;
                let block = cfg.block_mut(id);
                block.next = back;
                let last = block.ins.last_mut().expect("it ends with a jump");
                last.op = reversed;
                last.target = next;
            }
        }
        id = next;
    }
}

fn reversed(op: Op) -> Option<Op> {
    Some(match op {
        Op::POP_JUMP_IF_NOT_NONE => Op::POP_JUMP_IF_NONE,
        Op::POP_JUMP_IF_NONE => Op::POP_JUMP_IF_NOT_NONE,
        Op::POP_JUMP_IF_FALSE => Op::POP_JUMP_IF_TRUE,
        Op::POP_JUMP_IF_TRUE => Op::POP_JUMP_IF_FALSE,
        _ => return None,
    })
}

/// Names and kinds of the frame's slots.
pub(super) struct LocalsPlus {
    pub names: Vec<PyStr>,
    pub kinds: Vec<u8>,
}

/// Lays out `localsplus`, adds the prefix instructions and rewrites cell operands.
pub(super) fn prepare_localsplus(cfg: &mut Cfg, unit: &Unit) -> Result<LocalsPlus, CompileError> {
    let ncells = unit.cellvars.len();
    // The slot of each cell variable, then of each free variable. A cell that is also a local shares its slot.
    let mut slots: Vec<u32> = Vec::with_capacity(ncells + unit.freevars.len());
    let mut shared = 0;
    if !unit.cellvars.is_empty() {
        let by_name: HashMap<&str, usize> = unit
            .varnames
            .iter()
            .enumerate()
            .map(|(i, name)| (name.as_str(), i))
            .collect();
        for (i, name) in unit.cellvars.iter().enumerate() {
            match by_name.get(name.as_str()) {
                Some(&local) => {
                    slots.push(local as u32);
                    shared += 1;
                }
                None => slots.push((unit.varnames.len() + i - shared) as u32),
            }
        }
    }
    for i in 0..unit.freevars.len() {
        slots.push((unit.varnames.len() + ncells + i - shared) as u32);
    }

    for block in &mut cfg.blocks {
        for ins in &mut block.ins {
            if matches!(
                ins.op,
                Op::LOAD_CLOSURE
                    | Op::LOAD_DEREF
                    | Op::STORE_DEREF
                    | Op::DELETE_DEREF
                    | Op::LOAD_FROM_DICT_OR_DEREF
                    | Op::MAKE_CELL
            ) {
                ins.arg = *slots.get(ins.arg as usize).ok_or_else(|| {
                    CompileError::internal(format!("{} without a variable", ins.op.name()))
                })?;
            }
        }
    }

    let mut prefix = Vec::new();
    if !unit.freevars.is_empty() {
        prefix.push(Ins::new(
            Op::COPY_FREE_VARS,
            unit.freevars.len() as u32,
            Loc::NONE,
        ));
    }
    let mut cells: Vec<u32> = slots[..ncells].to_vec();
    cells.sort_unstable();
    prefix.extend(
        cells
            .iter()
            .map(|&slot| Ins::new(Op::MAKE_CELL, slot, Loc::NONE)),
    );
    if unit.flags & (flags::GENERATOR | flags::COROUTINE | flags::ASYNC_GENERATOR) != 0 {
        let loc = Loc::line(unit.first_lineno as i32);
        prefix.push(Ins::new(Op::RETURN_GENERATOR, 0, loc));
        prefix.push(Ins::new(Op::POP_TOP, 0, loc));
    }
    if !prefix.is_empty() {
        cfg.block_mut(ENTRY).ins.splice(0..0, prefix);
    }

    Ok(describe_slots(unit))
}

fn describe_slots(unit: &Unit) -> LocalsPlus {
    let cells: HashSet<&str> = unit.cellvars.iter().map(String::as_str).collect();
    let hidden: HashSet<&str> = unit.fast_hidden.iter().map(String::as_str).collect();
    let mut names: Vec<PyStr> =
        Vec::with_capacity(unit.varnames.len() + cells.len() + unit.freevars.len());
    let mut slot_kinds = Vec::with_capacity(names.capacity());

    // `argcount` includes the positional-only parameters.
    let positional_only = unit.posonlyargcount as usize;
    let positional = unit.argcount as usize;
    let keyword_only = positional + unit.kwonlyargcount as usize;
    let star = keyword_only + usize::from(unit.flags & flags::VARARGS != 0);
    let star_star = star + usize::from(unit.flags & flags::VARKEYWORDS != 0);
    for (i, name) in unit.varnames.iter().enumerate() {
        let mut kind = kinds::LOCAL;
        kind |= match i {
            _ if i < positional_only => kinds::ARG_POS,
            _ if i < positional => kinds::ARG_POS | kinds::ARG_KW,
            _ if i < keyword_only => kinds::ARG_KW,
            _ if i < star => kinds::ARG_VAR | kinds::ARG_POS,
            _ if i < star_star => kinds::ARG_VAR | kinds::ARG_KW,
            _ => 0,
        };
        if hidden.contains(name.as_str()) {
            kind |= kinds::HIDDEN;
        }
        if cells.contains(name.as_str()) {
            kind |= kinds::CELL;
        }
        names.push(name.as_str().into());
        slot_kinds.push(kind);
    }
    if !cells.is_empty() {
        let locals: HashSet<&str> = unit.varnames.iter().map(String::as_str).collect();
        for name in unit
            .cellvars
            .iter()
            .filter(|name| !locals.contains(name.as_str()))
        {
            let hidden = if hidden.contains(name.as_str()) {
                kinds::HIDDEN
            } else {
                0
            };
            names.push(name.as_str().into());
            slot_kinds.push(kinds::CELL | hidden);
        }
    }
    for name in &unit.freevars {
        names.push(name.as_str().into());
        slot_kinds.push(kinds::FREE);
    }
    LocalsPlus {
        names,
        kinds: slot_kinds,
    }
}
