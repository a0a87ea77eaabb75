//! From ordered blocks to bytes: jump distances with their `EXTENDED_ARG`s, the location table, the exception
//! table.

use super::cfg::{BlockId, Cfg, ENTRY, NONE};
use super::{exctable, linetable};
use crate::error::CompileError;
use crate::ir::Loc;
use crate::opcode::Op;

/// The tables of a finished code object.
pub(super) struct Assembled {
    pub code: Vec<u8>,
    pub linetable: Vec<u8>,
    pub exceptiontable: Vec<u8>,
}

struct Flat {
    op: Op,
    arg: u32,
    /// Index of the instruction jumped at.
    target: u32,
    except: BlockId,
    /// In code units, inline caches and prefixes included.
    offset: u32,
    size: u32,
    loc: Loc,
}

/// A jump out of an async loop names the `END_SEND` of its `SEND`, this many units behind it.
const END_SEND_OFFSET: u32 = 5;
/// Rounds after which jumps may only grow, so that the sizes settle for sure.
const SHRINKING_ROUNDS: u32 = 8;

/// Code units of an instruction.
fn size_of(op: Op, arg: u32) -> u32 {
    let prefixes = u32::from(arg > 0xff) + u32::from(arg > 0xffff) + u32::from(arg > 0xff_ffff);
    prefixes + 1 + op.cache_entries() as u32
}

pub(super) fn assemble(cfg: &Cfg, first_line: u32) -> Result<Assembled, CompileError> {
    let (mut flat, starts) = flatten(cfg)?;
    resolve_unconditional_jumps(&mut flat);
    resolve_distances(&mut flat);
    // Artificial instructions that asked for the location of whatever follows.
    for at in (0..flat.len()).rev() {
        if flat[at].loc == Loc::NEXT {
            let ends = flat[at].op.ends_flow() || flat[at].op.has_jump();
            flat[at].loc = if ends {
                Loc::NONE
            } else {
                flat.get(at + 1).map_or(Loc::NONE, |i| i.loc)
            };
        }
    }
    Ok(Assembled {
        code: encode(&flat),
        linetable: locations(&flat, first_line),
        exceptiontable: exceptions(cfg, &flat, &starts)?,
    })
}

/// The instructions in order, and for each block the index of its first one.
fn flatten(cfg: &Cfg) -> Result<(Vec<Flat>, Vec<u32>), CompileError> {
    let mut starts = vec![u32::MAX; cfg.blocks.len()];
    let mut count = 0;
    let mut id = ENTRY;
    while id != NONE {
        starts[id as usize] = count;
        count += cfg.block(id).ins.len() as u32;
        id = cfg.block(id).next;
    }
    let mut flat = Vec::with_capacity(count as usize);
    let mut id = ENTRY;
    while id != NONE {
        for ins in &cfg.block(id).ins {
            let target = if ins.op.has_jump() {
                let start = starts[ins.target as usize];
                if start >= count {
                    return Err(CompileError::internal("jump to nowhere"));
                }
                start
            } else {
                0
            };
            let arg = if ins.op.has_jump() { target } else { ins.arg };
            flat.push(Flat {
                op: ins.op,
                arg,
                target,
                except: ins.except,
                offset: 0,
                size: 0,
                loc: ins.loc,
            });
        }
        id = cfg.block(id).next;
    }
    if flat.last().is_none_or(|i| !i.op.ends_flow()) {
        return Err(CompileError::internal("control runs off the end"));
    }
    Ok((flat, starts))
}

fn resolve_unconditional_jumps(flat: &mut [Flat]) {
    for (at, ins) in flat.iter_mut().enumerate() {
        let forward = ins.target as usize > at;
        ins.op = match ins.op {
            Op::JUMP | Op::JUMP_NO_INTERRUPT if forward => Op::JUMP_FORWARD,
            Op::JUMP => Op::JUMP_BACKWARD,
            Op::JUMP_NO_INTERRUPT => Op::JUMP_BACKWARD_NO_INTERRUPT,
            op => op,
        };
    }
}

/// Distances depend on sizes, which depend on distances: iterate until they agree.
fn resolve_distances(flat: &mut [Flat]) {
    for ins in flat.iter_mut() {
        ins.size = size_of(ins.op, ins.arg);
    }
    for round in 0.. {
        let mut offset = 0;
        for ins in flat.iter_mut() {
            ins.offset = offset;
            offset += ins.size;
        }
        let mut changed = false;
        for at in 0..flat.len() {
            let ins = &flat[at];
            if !ins.op.has_jump() {
                continue;
            }
            let after = ins.offset + ins.size;
            let there = flat[ins.target as usize].offset;
            let arg = match ins.op {
                Op::END_ASYNC_FOR => after.saturating_sub(there + END_SEND_OFFSET),
                _ => after.abs_diff(there),
            };
            let size = size_of(ins.op, arg);
            let ins = &mut flat[at];
            ins.arg = arg;
            if size > ins.size || (size < ins.size && round < SHRINKING_ROUNDS) {
                ins.size = size;
                changed = true;
            }
        }
        if !changed {
            return;
        }
    }
}

fn encode(flat: &[Flat]) -> Vec<u8> {
    let units = flat.last().map_or(0, |i| i.offset + i.size);
    let mut out = Vec::with_capacity(units as usize * 2);
    for ins in flat {
        // The size may be larger than the operand needs (see `SHRINKING_ROUNDS`).
        let prefixes = ins.size - 1 - ins.op.cache_entries() as u32;
        for n in (1..=prefixes).rev() {
            out.extend([Op::EXTENDED_ARG.number() as u8, (ins.arg >> (8 * n)) as u8]);
        }
        out.extend([ins.op.number() as u8, ins.arg as u8]);
        out.resize(out.len() + 2 * ins.op.cache_entries(), 0);
    }
    out
}

fn locations(flat: &[Flat], first_line: u32) -> Vec<u8> {
    let mut writer = linetable::Writer::new(first_line as i32);
    let mut current = Loc::NONE;
    let mut size = 0;
    for ins in flat {
        if ins.loc != current {
            writer.write(current, size);
            current = ins.loc;
            size = 0;
        }
        size += ins.size;
    }
    writer.write(current, size);
    writer.finish()
}

fn exceptions(cfg: &Cfg, flat: &[Flat], starts: &[u32]) -> Result<Vec<u8>, CompileError> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < flat.len() {
        let except = flat[at].except;
        let first = at;
        while at < flat.len() && flat[at].except == except {
            at += 1;
        }
        if except == NONE {
            continue;
        }
        let handler = cfg.block(except);
        let target = flat
            .get(starts[except as usize] as usize)
            .ok_or_else(|| CompileError::internal("handler without code"))?
            .offset;
        let depth = handler.depth - 1 - i32::from(handler.lasti);
        let depth =
            u32::try_from(depth).map_err(|_| CompileError::internal("handler with a bad depth"))?;
        let start = flat[first].offset;
        let end = flat
            .get(at)
            .map_or_else(|| flat[at - 1].offset + flat[at - 1].size, |i| i.offset);
        exctable::write(
            &mut out,
            &exctable::Handler {
                start,
                end,
                target,
                depth,
                lasti: handler.lasti,
            },
        );
    }
    Ok(out)
}
