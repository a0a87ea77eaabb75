//! The constants of one code object while it is optimized: new ones are shared with equal old ones, unused ones
//! leave at the end.

use super::cfg::{Cfg, Ins};
use crate::code::Const;
use crate::ir::Loc;
use crate::opcode::Op;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// Below this many constants a linear search beats building an index.
const INDEX_FROM: usize = 24;

pub(super) struct Constants {
    list: Vec<Const>,
    /// Hash of a constant to the places with that hash; covers the first `indexed` constants.
    index: HashMap<u64, Vec<u32>>,
    indexed: usize,
    hasher: RandomState,
}

impl Constants {
    pub fn new(list: Vec<Const>) -> Constants {
        Constants {
            list,
            index: HashMap::new(),
            indexed: 0,
            hasher: RandomState::new(),
        }
    }

    pub fn into_list(self) -> Vec<Const> {
        self.list
    }

    /// The value an instruction loads, if it loads a constant.
    pub fn value(&self, ins: &Ins) -> Option<Const> {
        match ins.op {
            Op::LOAD_CONST => self.list.get(ins.arg as usize).cloned(),
            Op::LOAD_SMALL_INT => Some(Const::Int(i64::from(ins.arg))),
            _ => None,
        }
    }

    /// The value at an index.
    pub fn get(&self, index: u32) -> Option<&Const> {
        self.list.get(index as usize)
    }

    /// The index of an equal constant, which is added if there is none.
    pub fn add(&mut self, value: Const) -> u32 {
        if self.list.len() < INDEX_FROM {
            if let Some(at) = self.list.iter().position(|c| *c == value) {
                return at as u32;
            }
        } else {
            while self.indexed < self.list.len() {
                let hash = self.hasher.hash_one(&self.list[self.indexed]);
                self.index
                    .entry(hash)
                    .or_default()
                    .push(self.indexed as u32);
                self.indexed += 1;
            }
            let places = self.index.get(&self.hasher.hash_one(&value));
            if let Some(&at) = places
                .into_iter()
                .flatten()
                .find(|&&at| self.list[at as usize] == value)
            {
                return at;
            }
        }
        self.list.push(value);
        (self.list.len() - 1) as u32
    }

    /// Makes `ins` load `value`.
    pub fn load(&mut self, ins: &mut Ins, value: Const) {
        match small_int(&value) {
            Some(n) => ins.set(Op::LOAD_SMALL_INT, n),
            None => {
                let index = self.add(value);
                ins.set(Op::LOAD_CONST, index);
            }
        }
    }

    /// Drops what no instruction loads, except the first: it may be the docstring.
    pub fn remove_unused(&mut self, cfg: &mut Cfg) {
        let mut used = vec![false; self.list.len()];
        if let Some(first) = used.first_mut() {
            *first = true;
        }
        cfg.for_each_block(|block| {
            for ins in block.ins.iter().filter(|i| i.op.has_const()) {
                used[ins.arg as usize] = true;
            }
        });
        if used.iter().all(|&u| u) {
            return;
        }
        let mut renumbered = Vec::with_capacity(used.len());
        let mut kept = 0;
        for &is_used in &used {
            renumbered.push(kept);
            kept += u32::from(is_used);
        }
        let mut flags = used.iter();
        self.list
            .retain(|_| *flags.next().expect("one flag a constant"));
        self.index.clear();
        self.indexed = 0;
        cfg.for_each_block(|block| {
            for ins in block.ins.iter_mut().filter(|i| i.op.has_const()) {
                ins.arg = renumbered[ins.arg as usize];
            }
        });
    }
}

/// The operand of `LOAD_SMALL_INT` for a constant it can load.
pub(super) fn small_int(value: &Const) -> Option<u32> {
    match value {
        Const::Int(n @ 0..=255) => Some(*n as u32),
        _ => None,
    }
}

pub(super) fn loads_const(op: Op) -> bool {
    matches!(op, Op::LOAD_CONST | Op::LOAD_SMALL_INT)
}

/// The positions of the `count` instructions before `end` if they all load constants, `NOP`s aside.
pub(super) fn const_loads_before(ins: &[Ins], end: usize, count: usize) -> Option<Vec<usize>> {
    let mut found = Vec::with_capacity(count);
    for at in (0..end).rev() {
        if found.len() == count {
            break;
        }
        match ins[at].op {
            Op::NOP => {}
            op if loads_const(op) => found.push(at),
            _ => return None,
        }
    }
    if found.len() < count {
        return None;
    }
    found.reverse();
    Some(found)
}

/// Turns instructions into `NOP`s that no line depends on.
pub(super) fn nop_out(ins: &mut [Ins], at: &[usize]) {
    for &i in at {
        ins[i].set_nop();
        ins[i].loc = Loc::NONE;
    }
}
