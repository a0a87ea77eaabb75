//! Loads of locals that need not count a reference: `LOAD_FAST` becomes `LOAD_FAST_BORROW` when the local is
//! certain to keep the object alive for as long as the value is on the stack.
//!
//! Each block is run over a stack of abstract references, each knowing the load it came from. A load stays a
//! counted one when its value is still on the stack while the local is overwritten, when it is stored in a local,
//! or when it is left on the stack at the end of the block.

use super::cfg::{BlockId, Cfg, ENTRY, NONE};
use super::operands::{consumed, produced};
use crate::opcode::{Op, stack_effect};

/// A reference on the abstract stack: the instruction that made it and the local it came from; `UNKNOWN` for none.
#[derive(Clone, Copy)]
struct Ref {
    from: u32,
    local: u32,
}

const UNKNOWN: u32 = u32::MAX;

struct State {
    refs: Vec<Ref>,
    /// Per instruction of the block: its value outlives what a borrow may.
    counted: Vec<bool>,
}

impl State {
    fn push(&mut self, from: usize, local: u32) {
        self.refs.push(Ref {
            from: from as u32,
            local,
        });
    }
    fn pop(&mut self) -> Ref {
        self.refs.pop().unwrap_or(Ref {
            from: UNKNOWN,
            local: UNKNOWN,
        })
    }
    fn pop_many(&mut self, count: usize) {
        self.refs.truncate(self.refs.len().saturating_sub(count));
    }
    fn count(&mut self, r: Ref) {
        if let Some(counted) = self.counted.get_mut(r.from as usize) {
            *counted = true;
        }
    }
    /// The local loses its object.
    fn kill(&mut self, local: u32) {
        for r in &self.refs {
            if r.local == local {
                self.counted[r.from as usize] = true;
            }
        }
    }
    fn store(&mut self, local: u32) {
        let r = self.pop();
        self.kill(local);
        self.count(r);
    }
}

/// Rewrites all loads that allow it. Needs the stack depth of every block.
pub(super) fn borrow_loads(cfg: &mut Cfg) {
    cfg.clear_visited();
    let mut state = State {
        refs: Vec::new(),
        counted: Vec::new(),
    };
    let mut todo = Vec::new();
    cfg.block_mut(ENTRY).depth = 0;
    enter(cfg, &mut todo, ENTRY);
    while let Some(id) = todo.pop() {
        run(cfg, id, &mut state, &mut todo);
        let block = cfg.block(id);
        // What the code in front of a jump into the void left behind does not matter.
        if block.next != NONE && !block.ins.is_empty() && block.falls_through() {
            enter(cfg, &mut todo, block.next);
        }
        while let Some(r) = state.refs.pop() {
            state.count(r);
        }
        for (ins, counted) in cfg.block_mut(id).ins.iter_mut().zip(&state.counted) {
            if !counted {
                ins.op = match ins.op {
                    Op::LOAD_FAST => Op::LOAD_FAST_BORROW,
                    Op::LOAD_FAST_LOAD_FAST => Op::LOAD_FAST_BORROW_LOAD_FAST_BORROW,
                    op => op,
                };
            }
        }
    }
}

fn enter(cfg: &mut Cfg, todo: &mut Vec<BlockId>, id: BlockId) {
    let block = cfg.block_mut(id);
    if !block.visited {
        block.visited = true;
        todo.push(id);
    }
}

fn run(cfg: &mut Cfg, id: BlockId, state: &mut State, todo: &mut Vec<BlockId>) {
    let block = cfg.block(id);
    state.refs.clear();
    state.refs.resize(
        usize::try_from(block.depth).unwrap_or(0),
        Ref {
            from: UNKNOWN,
            local: UNKNOWN,
        },
    );
    state.counted.clear();
    state.counted.resize(block.ins.len(), false);
    for at in 0..cfg.block(id).ins.len() {
        let ins = cfg.block(id).ins[at];
        let (op, arg) = (ins.op, ins.arg);
        if op.has_label() {
            enter(cfg, todo, ins.target);
        }
        match op {
            Op::LOAD_FAST => state.push(at, arg),
            Op::LOAD_FAST_AND_CLEAR => {
                state.kill(arg);
                state.push(at, arg);
            }
            Op::LOAD_FAST_LOAD_FAST => {
                state.push(at, arg >> 4);
                state.push(at, arg & 15);
            }
            Op::DELETE_FAST => state.kill(arg),
            Op::STORE_FAST => state.store(arg),
            Op::STORE_FAST_LOAD_FAST => {
                state.store(arg >> 4);
                state.push(at, arg & 15);
            }
            Op::STORE_FAST_STORE_FAST => {
                state.store(arg >> 4);
                state.store(arg & 15);
            }
            Op::COPY => {
                let copied = state
                    .refs
                    .len()
                    .checked_sub(arg as usize)
                    .and_then(|i| state.refs.get(i))
                    .copied();
                state.refs.push(copied.unwrap_or(Ref {
                    from: UNKNOWN,
                    local: UNKNOWN,
                }));
            }
            Op::SWAP => {
                let top = state.refs.len();
                if (1..=top).contains(&(arg as usize)) {
                    state.refs.swap(top - 1, top - arg as usize);
                }
            }
            // These leave all their operands. CPython attributes what they push to the first instructions of the
            // block; the same here, for the same code.
            Op::GET_ANEXT
            | Op::GET_LEN
            | Op::IMPORT_FROM
            | Op::MATCH_KEYS
            | Op::MATCH_MAPPING
            | Op::MATCH_SEQUENCE
            | Op::WITH_EXCEPT_START => {
                for pushed in 0..effect(op, arg) {
                    state.push(pushed as usize, UNKNOWN);
                }
            }
            // These consume some operands and push nothing.
            Op::DICT_MERGE
            | Op::DICT_UPDATE
            | Op::LIST_APPEND
            | Op::LIST_EXTEND
            | Op::MAP_ADD
            | Op::RERAISE
            | Op::SET_ADD
            | Op::SET_UPDATE => state.pop_many(effect(op, arg).unsigned_abs() as usize),
            Op::CHECK_EXC_MATCH => {
                state.pop();
                state.push(at, UNKNOWN);
            }
            Op::FOR_ITER => state.push(at, UNKNOWN),
            Op::LOAD_ATTR | Op::LOAD_SUPER_ATTR => {
                let receiver = state.pop();
                if op == Op::LOAD_SUPER_ATTR {
                    state.pop_many(2);
                }
                state.push(at, UNKNOWN);
                // The receiver of a method call goes back on the stack.
                if arg & 1 != 0 {
                    state.refs.push(receiver);
                }
            }
            Op::LOAD_SPECIAL => {
                let receiver = state.pop();
                state.push(at, UNKNOWN);
                state.refs.push(receiver);
            }
            Op::SEND => {
                state.pop();
                state.push(at, UNKNOWN);
            }
            // A string and an iterator stay what they are.
            Op::FORMAT_SIMPLE | Op::GET_YIELD_FROM_ITER => {}
            op if op.is_block_push() => {}
            _ => {
                state.pop_many(consumed(op, arg));
                for _ in 0..produced(op, arg) {
                    state.push(at, UNKNOWN);
                }
            }
        }
    }
}

fn effect(op: Op, arg: u32) -> i32 {
    stack_effect(op, arg, false).unwrap_or(0)
}
