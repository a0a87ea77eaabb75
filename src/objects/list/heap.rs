//! The steps of a binary heap kept in a list. Items change places in pairs under the list's lock, so however threads meet,
//! none is lost or doubled. While keys compare natively a whole step is one hold of the lock; other keys are compared
//! outside, and the step goes on from where it stands (R7).

use super::List;
use crate::native::*;
use crate::objects::dict::keys::pure_eq;
use crate::protocol;
use crate::{Cx, Res, Value};
use std::sync::atomic::Ordering;

/// `a < b` where that runs no Python code; None where it might.
pub fn pure_less(a: &Value, b: &Value) -> Option<bool> {
    if let (Some(x), Some(y)) = (a.as_small_int(), b.as_small_int()) {
        return Some(x < y);
    }
    if let (Some(x), Some(y)) = (a.as_float_imm(), b.as_float_imm()) {
        return Some(x < y);
    }
    if let (Some(x), Some(y)) = (a.downcast_exact::<Str>(), b.downcast_exact::<Str>()) {
        return Some(x.compare(y).is_lt());
    }
    let (x, y) = (a.downcast_exact::<Tuple>()?, b.downcast_exact::<Tuple>()?);
    for (p, q) in x.items().iter().zip(y.items()) {
        if !pure_eq(p, q)? {
            // Tuples in tuples are rare in heaps: they go the slow way.
            return if p.downcast_exact::<Tuple>().is_some() {
                None
            } else {
                pure_less(p, q)
            };
        }
    }
    Some(x.len() < y.len())
}

/// What stopped a step under the lock.
enum Stop {
    Done,
    /// Compare these two: is the first less than the second?
    Ask(Value, Value),
}

/// A step's answer to a question asked before, by the identity of the two.
type Answer = Option<(Value, Value, bool)>;

impl List {
    fn less_locked(&self, i: usize, j: usize, known: &Answer) -> Result<bool, (Value, Value)> {
        let b = self.buffer();
        // SAFETY: the lock is held while the references live; both positions are inside the list.
        let (Some(x), Some(y)) = (unsafe { (b.word(i).as_value(), b.word(j).as_value()) }) else {
            return Ok(false);
        };
        if let Some((p, q, less)) = known
            && p.is(x)
            && q.is(y)
        {
            return Ok(*less);
        }
        pure_less(x, y).ok_or_else(|| (x.clone(), y.clone()))
    }

    fn swap_locked(&self, i: usize, j: usize) {
        let b = self.buffer();
        let (x, y) = (b.word(i).peek_bits(), b.word(j).peek_bits());
        // SAFETY: the counts change places with the words.
        unsafe {
            b.word(i).set_bits(y);
            b.word(j).set_bits(x);
        }
    }

    /// Whether the item at `i` belongs above the one at `j`.
    fn above(&self, i: usize, j: usize, max: bool, known: &Answer) -> Result<bool, (Value, Value)> {
        if max {
            self.less_locked(j, i, known)
        } else {
            self.less_locked(i, j, known)
        }
    }

    /// Run `step` under the lock until it is done, comparing outside what it asks for.
    fn steps(&self, cx: &mut Cx, mut step: impl FnMut(&List, usize, &Answer) -> Stop) -> Res<()> {
        let mut known: Answer = None;
        let len = self.len();
        loop {
            let stop = {
                let _g = self.lock(cx);
                step(self, self.len.load(Ordering::Relaxed), &known)
            };
            match stop {
                Stop::Done => return Ok(()),
                Stop::Ask(a, b) => {
                    let less = protocol::compare_bool(cx, &a, &b, CmpOp::Lt)?;
                    if self.len() != len {
                        return Err(cx.runtime_error("list changed size during iteration"));
                    }
                    known = Some((a, b, less));
                }
            }
        }
    }

    /// Move the item at `pos` towards `start` as long as it belongs above its parent.
    pub fn heap_raise(&self, cx: &mut Cx, start: usize, pos: usize, max: bool) -> Res<()> {
        let mut pos = pos;
        self.steps(cx, |l, len, known| {
            while pos > start && pos < len {
                let parent = (pos - 1) / 2;
                match l.above(pos, parent, max, known) {
                    Err((a, b)) => return Stop::Ask(a, b),
                    Ok(false) => break,
                    Ok(true) => l.swap_locked(pos, parent),
                }
                pos = parent;
            }
            Stop::Done
        })
    }

    /// Move the item at `start` down to a leaf, always below the better child, and up again to its place.
    pub fn heap_sink(&self, cx: &mut Cx, start: usize, max: bool) -> Res<()> {
        let mut pos = start;
        self.steps(cx, |l, len, known| {
            while 2 * pos + 1 < len {
                let mut child = 2 * pos + 1;
                if child + 1 < len {
                    match l.above(child, child + 1, max, known) {
                        Err((a, b)) => return Stop::Ask(a, b),
                        Ok(true) => {}
                        Ok(false) => child += 1,
                    }
                }
                l.swap_locked(pos, child);
                pos = child;
            }
            Stop::Done
        })?;
        self.heap_raise(cx, start, pos, max)
    }

    /// Put `v` at the root: the old root, or `v` back when the list is empty.
    pub fn heap_exchange_root(&self, cx: &mut Cx, v: Value) -> Result<Value, Value> {
        self.set(cx, 0, v)
    }
}
