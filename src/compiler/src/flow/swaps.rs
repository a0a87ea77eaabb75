//! `SWAP`s: a run of them becomes the shortest run with the same effect, and where only stores and pops follow,
//! those change places instead.

use super::cfg::Ins;
use crate::opcode::Op;

/// Rewrites every run of `SWAP`s of one block.
pub(super) fn optimize_swaps(ins: &mut [Ins]) {
    let mut at = 0;
    while at < ins.len() {
        if ins[at].op == Op::SWAP {
            at = shorten_run(ins, at);
            apply_statically(ins, at);
        }
        at += 1;
    }
}

/// Replaces the run of `SWAP`s and `NOP`s at `start` by the minimal one; returns the last index of the run.
fn shorten_run(ins: &mut [Ins], start: usize) -> usize {
    let is_run = |i: &&Ins| matches!(i.op, Op::SWAP | Op::NOP);
    let len = ins[start..].iter().take_while(is_run).count();
    let run = &mut ins[start..start + len];
    let swaps = run.iter().filter(|i| i.op == Op::SWAP).count();
    if swaps < 2 {
        return start;
    }
    let depth = run
        .iter()
        .filter(|i| i.op == Op::SWAP)
        .map(|i| i.arg as usize)
        .max()
        .unwrap_or(0);
    // Where each item ends up; the top of the stack is item 0.
    let mut stack: Vec<usize> = (0..depth).collect();
    for swap in run.iter().filter(|i| i.op == Op::SWAP) {
        stack.swap(0, swap.arg as usize - 1);
    }
    // A permutation is a product of disjoint cycles, and a cycle is a chain of exchanges with the top. Unshuffling
    // it in order is shuffling it in reverse, hence the writing from the end.
    let mut free = len;
    let mut done = vec![false; depth];
    for first in 0..depth {
        if done[first] || stack[first] == first {
            continue;
        }
        let mut item = first;
        loop {
            if item != 0 {
                free -= 1;
                run[free].set(Op::SWAP, item as u32 + 1);
            }
            if done[item] {
                break;
            }
            done[item] = true;
            item = stack[item];
        }
    }
    for unused in &mut run[..free] {
        unused.set_nop();
    }
    start + len - 1
}

/// Instructions that pop the top, cannot raise and do nothing else.
fn is_swappable(op: Op) -> bool {
    matches!(op, Op::STORE_FAST | Op::STORE_FAST_MAYBE_NULL | Op::POP_TOP)
}

/// The local an instruction stores to.
fn stores_to(ins: &Ins) -> Option<u32> {
    matches!(ins.op, Op::STORE_FAST | Op::STORE_FAST_MAYBE_NULL).then_some(ins.arg)
}

/// The next swappable instruction behind `at`, on `line` if one is asked for: stores of different lines must not
/// change places, a tracer sees the variables between lines.
fn next_swappable(ins: &[Ins], at: usize, line: Option<i32>) -> Option<usize> {
    for (i, candidate) in ins.iter().enumerate().skip(at + 1) {
        if line.is_some_and(|line| line >= 0 && candidate.loc.line != line) {
            return None;
        }
        match candidate.op {
            Op::NOP => {}
            op if is_swappable(op) => return Some(i),
            _ => return None,
        }
    }
    None
}

/// Exchanges the instructions behind a `SWAP` instead of the values, from the `SWAP` at `last` backwards.
fn apply_statically(ins: &mut [Ins], last: usize) {
    for at in (0..=last).rev() {
        let swap = ins[at];
        if swap.op != Op::SWAP {
            if swap.op == Op::NOP || is_swappable(swap.op) {
                continue;
            }
            return;
        }
        let Some(first) = next_swappable(ins, at, None) else {
            return;
        };
        let line = ins[first].loc.line;
        let mut second = first;
        for _ in 1..swap.arg {
            match next_swappable(ins, second, Some(line)) {
                Some(next) => second = next,
                None => return,
            }
        }
        // Two stores to the same variable keep their order.
        let (a, b) = (stores_to(&ins[first]), stores_to(&ins[second]));
        if a.is_some() || b.is_some() {
            let clashes = |i: &Ins| stores_to(i).is_some_and(|s| a == Some(s) || b == Some(s));
            if a == b || ins[first + 1..second].iter().any(clashes) {
                return;
            }
        }
        ins[at].set_nop();
        ins.swap(first, second);
    }
}
