//! Rewriting inside one block: constant expressions are computed, conditions on constants decided, jumps to jumps
//! shortened, conversions to bool dropped where the value is a bool.
//!
//! A removed instruction becomes a `NOP` for `cleanup` to take away, since its line may still matter.

use super::cfg::{BlockId, Cfg, ENTRY, Ins, NONE};
use super::constants::{Constants, const_loads_before, loads_const, nop_out, small_int};
use super::{fold, swaps};
use crate::code::Const;
use crate::ir::Loc;
use crate::opcode::{Op, compare, intrinsic1};
use num_bigint::BigInt;
use num_traits::FromPrimitive;
use std::collections::HashSet;

/// Sequences longer than this are built at run time in the first place.
const MAX_FOLDED: u32 = 30;
/// A shorter display of constants is not worth a constant of its own.
const MIN_CONST_DISPLAY: u32 = 3;
/// Jumps followed per block; real code has chains of two or three, only a cycle is longer.
const MAX_THREADED: u32 = 1000;

/// All rewritings of all blocks.
pub(super) fn optimize_blocks(cfg: &mut Cfg, consts: &mut Constants) {
    cfg.for_each_block(|block| decide_on_constants(&mut block.ins, consts));
    let mut id = ENTRY;
    while id != NONE {
        rewrite(cfg, id, consts);
        swaps::optimize_swaps(&mut cfg.block_mut(id).ins);
        id = cfg.block(id).next;
    }
}

/// Conditional jumps, `is None` and conversions to bool that follow a constant.
fn decide_on_constants(ins: &mut [Ins], consts: &mut Constants) {
    // The load last seen; a copy of it counts as the same.
    let mut load = Ins::new(Op::NOP, 0, Loc::NONE);
    for at in 0..ins.len() {
        if ins[at].op == Op::LOAD_CONST
            && let Some(n) = consts.get(ins[at].arg).and_then(small_int)
        {
            ins[at].set(Op::LOAD_SMALL_INT, n);
        }
        let copies_load = load.op == Op::LOAD_CONST && ins[at].op == Op::COPY && ins[at].arg == 1;
        if !copies_load {
            load = ins[at];
        }
        if !loads_const(load.op) || at + 1 >= ins.len() {
            continue;
        }
        let is_true = match load.op {
            Op::LOAD_SMALL_INT => load.arg != 0,
            _ => consts.get(load.arg).is_some_and(Const::is_true),
        };
        match ins[at + 1].op {
            next @ (Op::POP_JUMP_IF_FALSE
            | Op::POP_JUMP_IF_TRUE
            | Op::JUMP_IF_FALSE
            | Op::JUMP_IF_TRUE) => {
                if matches!(next, Op::POP_JUMP_IF_FALSE | Op::POP_JUMP_IF_TRUE) {
                    ins[at].set_nop();
                }
                if is_true == matches!(next, Op::POP_JUMP_IF_TRUE | Op::JUMP_IF_TRUE) {
                    ins[at + 1].op = Op::JUMP;
                } else {
                    ins[at + 1].set_nop();
                }
            }
            Op::IS_OP
                if load.op == Op::LOAD_CONST
                    && matches!(consts.get(load.arg), Some(Const::None)) =>
            {
                let mut jump = at + 2;
                if ins.get(jump).is_some_and(|i| i.op == Op::TO_BOOL) {
                    ins[jump].set_nop();
                    jump += 1;
                }
                let negated = ins[at + 1].arg != 0;
                let if_none = match ins.get(jump).map(|i| i.op) {
                    Some(Op::POP_JUMP_IF_TRUE) => !negated,
                    Some(Op::POP_JUMP_IF_FALSE) => negated,
                    _ => continue,
                };
                ins[at].set_nop();
                ins[at + 1].set_nop();
                ins[jump].op = if if_none {
                    Op::POP_JUMP_IF_NONE
                } else {
                    Op::POP_JUMP_IF_NOT_NONE
                };
            }
            Op::TO_BOOL => {
                let index = consts.add(Const::bool(is_true));
                ins[at].set_nop();
                ins[at + 1].set(Op::LOAD_CONST, index);
            }
            _ => {}
        }
    }
}

fn rewrite(cfg: &mut Cfg, id: BlockId, consts: &mut Constants) {
    let mut threaded = 0;
    let mut at = 0;
    while at < cfg.block(id).ins.len() {
        let ins = cfg.block(id).ins[at];
        if ins.op.has_jump() && threaded < MAX_THREADED {
            threaded += u32::from(follow_jump(cfg, id, at) == Followed::Again);
            // A threaded jump was appended to the block and comes by later; a retargeted one is looked at again.
            if cfg.block(id).ins[at].target != ins.target && cfg.block(id).ins[at].op == ins.op {
                continue;
            }
        } else {
            rewrite_at(&mut cfg.block_mut(id).ins, at, consts);
        }
        at += 1;
    }
}

#[derive(PartialEq, Eq)]
enum Followed {
    Again,
    Stays,
}

/// A jump to a jump goes where that goes.
fn follow_jump(cfg: &mut Cfg, id: BlockId, at: usize) -> Followed {
    let ins = cfg.block(id).ins[at];
    let Some(&there) = cfg.block(ins.target).ins.first() else {
        return Followed::Stays;
    };
    let op = match (ins.op, there.op) {
        (
            Op::POP_JUMP_IF_NOT_NONE
            | Op::POP_JUMP_IF_NONE
            | Op::POP_JUMP_IF_FALSE
            | Op::POP_JUMP_IF_TRUE,
            Op::JUMP,
        )
        | (Op::JUMP_IF_FALSE, Op::JUMP | Op::JUMP_IF_FALSE)
        | (Op::JUMP_IF_TRUE, Op::JUMP | Op::JUMP_IF_TRUE) => ins.op,
        (Op::JUMP_IF_FALSE, Op::JUMP_IF_TRUE) | (Op::JUMP_IF_TRUE, Op::JUMP_IF_FALSE) => {
            // The value is known not to satisfy the second condition.
            let next = cfg.block(ins.target).next;
            cfg.block_mut(id).ins[at].target = next;
            return Followed::Again;
        }
        (Op::JUMP | Op::JUMP_NO_INTERRUPT, Op::JUMP) => Op::JUMP,
        (Op::JUMP | Op::JUMP_NO_INTERRUPT, Op::JUMP_NO_INTERRUPT) => ins.op,
        _ => return Followed::Stays,
    };
    if ins.target == there.target {
        return Followed::Stays;
    }
    // The old jump stays as a NOP in case its line matters.
    let block = cfg.block_mut(id);
    block.ins[at].set_nop();
    block.append(Ins::jump(op, there.target, there.loc));
    Followed::Again
}

fn rewrite_at(ins: &mut [Ins], at: usize, consts: &mut Constants) {
    let Ins { op, arg, loc, .. } = ins[at];
    let (next, next_arg, next_line) = match ins.get(at + 1) {
        Some(next) => (next.op, next.arg, next.loc.line),
        None => (Op::CACHE, 0, -1),
    };
    match op {
        Op::BUILD_TUPLE => {
            if next == Op::UNPACK_SEQUENCE && arg == next_arg && (1..=3).contains(&arg) {
                ins[at].set_nop();
                if arg == 1 {
                    ins[at + 1].set_nop();
                } else {
                    ins[at + 1].op = Op::SWAP;
                }
                return;
            }
            if arg <= MAX_FOLDED
                && let Some(loads) = const_loads_before(ins, at, arg as usize)
                && let Some(items) = values(ins, &loads, consts)
            {
                nop_out(ins, &loads);
                consts.load(&mut ins[at], Const::Tuple(items));
            }
        }
        Op::BUILD_LIST | Op::BUILD_SET => display(ins, at, next, consts),
        Op::STORE_FAST if next == op && arg == next_arg && loc.line == next_line => {
            ins[at].set(Op::POP_TOP, 0)
        }
        Op::SWAP if arg == 1 => ins[at].set_nop(),
        Op::LOAD_GLOBAL if next == Op::PUSH_NULL && arg & 1 == 0 => {
            ins[at].arg |= 1;
            ins[at + 1].set_nop();
        }
        Op::COMPARE_OP if next == Op::TO_BOOL => {
            ins[at].set_nop();
            ins[at + 1].set(Op::COMPARE_OP, arg | compare::TO_BOOL);
        }
        Op::CONTAINS_OP | Op::IS_OP if next == Op::TO_BOOL => {
            ins[at].set_nop();
            ins[at + 1].set(op, arg);
        }
        Op::CONTAINS_OP | Op::IS_OP if next == Op::UNARY_NOT => {
            ins[at].set_nop();
            ins[at + 1].set(op, arg ^ 1);
        }
        Op::TO_BOOL if next == Op::TO_BOOL => ins[at].set_nop(),
        Op::UNARY_NOT if next == Op::TO_BOOL => {
            ins[at].set_nop();
            ins[at + 1].set(Op::UNARY_NOT, 0);
        }
        Op::UNARY_NOT if next == Op::UNARY_NOT => {
            ins[at].set_nop();
            ins[at + 1].set_nop();
        }
        Op::UNARY_NOT | Op::UNARY_INVERT | Op::UNARY_NEGATIVE => fold_unary(ins, at, consts),
        Op::CALL_INTRINSIC_1 if arg == intrinsic1::LIST_TO_TUPLE => {
            fold_appends(ins, at, at, consts);
            if next == Op::GET_ITER && ins[at].op == op {
                ins[at].set_nop();
            }
        }
        Op::LIST_APPEND | Op::SET_ADD
            if arg == 1 && matches!(next, Op::GET_ITER | Op::CONTAINS_OP) =>
        {
            fold_appends(ins, at, at + 1, consts)
        }
        Op::CALL_INTRINSIC_1 if arg == intrinsic1::UNARY_POSITIVE => fold_unary(ins, at, consts),
        Op::BINARY_OP => {
            if let Some(loads) = const_loads_before(ins, at, 2)
                && let (Some(left), Some(right)) =
                    (consts.value(&ins[loads[0]]), consts.value(&ins[loads[1]]))
                && let Some(result) = fold::binary_op(arg, &left, &right)
            {
                nop_out(ins, &loads);
                consts.load(&mut ins[at], result);
            }
        }
        _ => {}
    }
}

fn values(ins: &[Ins], at: &[usize], consts: &Constants) -> Option<Vec<Const>> {
    at.iter().map(|&i| consts.value(&ins[i])).collect()
}

fn fold_unary(ins: &mut [Ins], at: usize, consts: &mut Constants) {
    if let Some(loads) = const_loads_before(ins, at, 1)
        && let Some(value) = consts.value(&ins[loads[0]])
        && let Some(result) = fold::unary(ins[at].op, ins[at].arg, &value)
    {
        nop_out(ins, &loads);
        consts.load(&mut ins[at], result);
    }
}

/// List and set displays. One that is only iterated or searched need not be mutable; one of constants is copied
/// from a constant.
fn display(ins: &mut [Ins], at: usize, next: Op, consts: &mut Constants) {
    let Ins {
        op,
        arg: count,
        loc,
        ..
    } = ins[at];
    let read_only = matches!(next, Op::GET_ITER | Op::CONTAINS_OP);
    if count > MAX_FOLDED || (count < MIN_CONST_DISPLAY && !read_only) {
        return;
    }
    let Some(loads) = const_loads_before(ins, at, count as usize) else {
        if read_only && op == Op::BUILD_LIST {
            ins[at].op = Op::BUILD_TUPLE;
        }
        return;
    };
    let Some(items) = values(ins, &loads, consts) else {
        return;
    };
    let value = if op == Op::BUILD_SET {
        Const::FrozenSet(distinct(items))
    } else {
        Const::Tuple(items)
    };
    let index = consts.add(value);
    nop_out(ins, &loads);
    if read_only {
        ins[at].set(Op::LOAD_CONST, index);
    } else {
        // At least three loads went away, so there is room in front.
        ins[at - 2].loc = loc;
        ins[at - 2].set(op, 0);
        ins[at - 1].set(Op::LOAD_CONST, index);
        ins[at].set(
            if op == Op::BUILD_LIST {
                Op::LIST_EXTEND
            } else {
                Op::SET_UPDATE
            },
            1,
        );
    }
}

/// The members of a set display: of items that compare equal in Python the first one stays.
#[expect(
    clippy::mutable_key_type,
    reason = "the body of a code object is read at its first use and is the same ever after"
)]
fn distinct(items: Vec<Const>) -> Vec<Const> {
    let mut seen = HashSet::with_capacity(items.len());
    items
        .into_iter()
        .filter(|item| seen.insert(canonical(item)))
        .collect()
}

/// Constants that are equal in Python have the same canonical form: numbers compare across types.
fn canonical(value: &Const) -> Const {
    match value {
        Const::True => Const::Int(1),
        Const::False => Const::Int(0),
        Const::Float(f) if f.fract() == 0.0 => {
            BigInt::from_f64(*f).map_or_else(|| value.clone(), Const::int)
        }
        Const::Complex(re, im) if *im == 0.0 => canonical(&Const::Float(*re)),
        Const::Tuple(items) => Const::Tuple(items.iter().map(canonical).collect()),
        _ => value.clone(),
    }
}

/// `BUILD_LIST 0, (LOAD_CONST, LIST_APPEND 1)*, LIST_TO_TUPLE` is how a long tuple is built, and, without the end, a
/// long list or (with `SET_ADD`) set that is only iterated or searched. The appends stop before `end`; the constant
/// is loaded at `at`.
fn fold_appends(ins: &mut [Ins], at: usize, end: usize, consts: &mut Constants) {
    let is_set = ins[at].op == Op::SET_ADD;
    let (build, append) = if is_set {
        (Op::BUILD_SET, Op::SET_ADD)
    } else {
        (Op::BUILD_LIST, Op::LIST_APPEND)
    };
    let mut involved = Vec::new();
    let mut items = Vec::new();
    let mut expect_append = true;
    for i in (0..end).rev() {
        match ins[i].op {
            Op::NOP => continue,
            op if op == build && ins[i].arg == 0 && expect_append => {
                involved.push(i);
                nop_out(ins, &involved);
                items.reverse();
                let value = if is_set {
                    Const::FrozenSet(distinct(items))
                } else {
                    Const::Tuple(items)
                };
                consts.load(&mut ins[at], value);
                return;
            }
            op if op == append && ins[i].arg == 1 && expect_append => {}
            _ if !expect_append => match consts.value(&ins[i]) {
                Some(value) => items.push(value),
                None => return,
            },
            _ => return,
        }
        involved.push(i);
        expect_append = !expect_append;
    }
}
