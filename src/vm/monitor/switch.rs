//! Bringing frames that run already to the translation that the wanted events ask for. Both have the same registers, but
//! the plain one leaves locals and constants out of their home registers until they are needed: where a frame goes over,
//! the stack that the translator had in mind there is asked for and written down.
//!
//! A frame of this thread that waits for a callee of the same loop goes over at once, behind the word that calls. One that
//! called native code is known to the loop by more than its record: it is marked, and goes over at its next look at the
//! breaker, which [`left`] brings about.

use super::{Event, SWITCH, mode_of};
use crate::objects::frame::{Frame, FrameKind};
use crate::objects::function::Function;
use crate::regcode::{RegCode, Rop, x_of};
use crate::translate::{Entry, StackAt, stack_at};
use crate::{Cx, Value};
use std::sync::atomic::Ordering;

/// Flag of a frame: it is to go over when what it called returns.
const STALE: u8 = 2;

/// Where the top frame stands.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum At {
    /// Behind a word, at the entry, or at a word that was jumped to.
    Word,
    /// At a jump back that is not made yet.
    BackJump,
    /// Behind an `Event` word, or where a callback sent it.
    Event,
}

/// A run of the loop has ended: the frame below may have missed a change.
#[inline(always)]
pub(crate) fn left(cx: &mut Cx) {
    let f = cx.frame;
    // SAFETY: the top frame of this thread.
    if !f.is_null() && unsafe { (*f).flags } & STALE != 0 {
        // SAFETY: as above.
        unsafe { (*f).flags &= !STALE };
        cx.thread.breaker.fetch_or(SWITCH, Ordering::AcqRel);
    }
}

/// Bring the frames of this thread over.
pub(crate) fn switch_frames(cx: &mut Cx, at: At) {
    let mut g = cx.frame;
    if g.is_null() {
        return;
    }
    if let Some(new) = wanted(cx, g) {
        top(cx, g, new, at);
    }
    // SAFETY (whole loop): the chain of this thread's frames.
    loop {
        let f = unsafe { (*g).prev };
        if f.is_null() {
            break;
        }
        if let Some(new) = wanted(cx, f) {
            match unsafe { (*g).kind } {
                FrameKind::Entry | FrameKind::GenEntry | FrameKind::GenSink => unsafe {
                    (*f).flags |= STALE
                },
                kind => waiting(cx, f, new, kind == FrameKind::GenInline),
            }
        }
        g = f;
    }
}

/// The frame of a generator is about to go on.
#[cold]
#[inline(never)]
pub(crate) fn resumed(cx: &mut Cx, f: *mut Frame) {
    // SAFETY: the caller runs the generator; a suspended frame is behind its `Yield` or `ReturnGenerator`.
    if let Some(new) = wanted(cx, f) {
        unsafe {
            let k = words_run(f) - 1;
            if let Some(j) = same_word((*f).code(), k, new) {
                go(f, new, j + 1);
            }
        }
    }
}

/// Nobody watches the frame's code any more: at the beginning of a block it goes back to the plain translation.
pub(crate) fn leave(f: *mut Frame, plain: *const RegCode, offset: u32) {
    // SAFETY: the running frame; the plain translation belongs to the same code object.
    unsafe {
        if let Ok(i) = (*plain).blocks.binary_search_by_key(&offset, |b| b.0) {
            go(f, &*plain, (&(*plain).blocks)[i].1 as usize);
        }
    }
}

/// The translation a frame should run, if it is another than it does. Nobody is brought back to the plain one.
fn wanted<'a>(cx: &mut Cx, f: *mut Frame) -> Option<&'a RegCode> {
    // SAFETY: a frame of this thread; its function and its code object outlive this.
    unsafe {
        let func = &*(((*f).func & !7) as *const Function);
        let code = func.code();
        let rc = (*f).rc;
        if !code
            .made
            .iter()
            .any(|m| std::ptr::eq(m.load(Ordering::Acquire), rc))
        {
            // The function was given other code meanwhile.
            return None;
        }
        let mode = mode_of(code);
        if mode == super::PLAIN || mode == (*rc).mode {
            return None;
        }
        match crate::call::translation(cx, code, mode) {
            Ok(new) => Some(&*std::ptr::from_ref(new)),
            Err(r) => {
                drop(cx.take_exc(r));
                None
            }
        }
    }
}

/// How many words stand before the next one.
unsafe fn words_run(f: *mut Frame) -> usize {
    // SAFETY: the caller's frame; pc points at the word that runs, or before the first.
    unsafe {
        let at = (*f).pc as isize - (*f).code().words.as_ptr() as isize;
        (at / size_of::<u64>() as isize + 1) as usize
    }
}

/// The next word to run is word `word` of `rc`.
unsafe fn go(f: *mut Frame, rc: &RegCode, word: usize) {
    // SAFETY: the caller's frame; `word` is inside the code.
    unsafe {
        (*f).rc = rc;
        (*f).pc = rc.words.as_ptr().wrapping_add(word).wrapping_sub(1);
    }
}

fn op_at(rc: &RegCode, i: usize) -> (Rop, u8) {
    let w = rc.words[i].load(Ordering::Relaxed);
    let op = match Rop::of(w) {
        // The same call, known to have no self.
        Rop::CallFn => Rop::Call,
        op => op,
    };
    (op, x_of(w))
}

/// The word of `new` that does what word `k` of `old` does: the same opcode of the same instruction.
fn same_word(old: &RegCode, k: usize, new: &RegCode) -> Option<usize> {
    let (op, x) = op_at(old, k);
    let offset = old.offsets.get(k);
    let mut j = 0;
    while j < new.words.len() {
        let (o, y) = op_at(new, j);
        if new.offsets.get(j) == offset && o == op && (op != Rop::Event || x == y) {
            return Some(j);
        }
        // Their second word is a distance.
        j += 1 + matches!(o, Rop::ForIter | Rop::Send) as usize;
    }
    None
}

/// The word at which a frame that has run instructions of line `line` enters the instruction at `offset`.
fn enter(new: &RegCode, offset: u32, line: i32) -> Option<usize> {
    let e = new.instrumented.as_ref()?.entry(offset)?;
    let begins = e.before != e.behind && new.lines()[e.before as usize] != line;
    Some(if begins { e.before } else { e.behind } as usize)
}

/// The top frame goes over.
fn top(cx: &mut Cx, f: *mut Frame, new: &RegCode, at: At) {
    // SAFETY: the top frame of this thread, whose pc is saved; registers hold values or 0, and those that the abstract stack
    // leaves empty hold nothing.
    unsafe {
        let rc = (*f).code();
        let n = words_run(f);
        let to = if n == 0 {
            Some(0)
        } else if at == At::BackJump {
            same_word(rc, n - 1, new).map(|j| j + 1)
        } else if let Some(i) = &rc.instrumented {
            let entry = i
                .entries
                .iter()
                .find(|e| e.before as usize == n || e.behind as usize == n);
            match entry {
                Some(e) => new
                    .instrumented
                    .as_ref()
                    .and_then(|i| i.entry(e.offset))
                    .map(|b| {
                        if e.behind as usize == n {
                            b.behind as usize
                        } else {
                            b.before as usize
                        }
                    }),
                None if op_at(rc, n) == (Rop::Event, Event::BranchRight as u8) => {
                    same_word(rc, n, new)
                }
                None => same_word(rc, n - 1, new).map(|j| j + 1),
            }
        } else {
            let line = rc.lines()[n - 1];
            match rc.blocks.iter().find(|b| b.1 as usize == n) {
                Some(&(offset, _)) => enter(new, offset, line),
                None => stack_at(rc, n).and_then(|s| {
                    let to = enter(new, s.offset, line)?;
                    fill(cx, f, &s);
                    Some(to)
                }),
            }
        };
        if let Some(to) = to {
            go(f, new, to);
        }
    }
}

/// A frame that waits for a callee goes over: the callee's end finds the call's word in the new translation.
fn waiting(cx: &mut Cx, f: *mut Frame, new: &RegCode, generator: bool) {
    // SAFETY: as in `top`; nothing reads the frame's temporaries before the callee ends.
    unsafe {
        let rc = (*f).code();
        let n = words_run(f);
        let behind = 1 + generator as usize;
        if n < behind {
            return;
        }
        let Some(j) = same_word(rc, n - behind, new) else {
            return;
        };
        if rc.instrumented.is_none() {
            let Some(s) = stack_at(rc, n) else {
                return;
            };
            fill(cx, f, &s);
        }
        go(f, new, j + behind);
    }
}

/// Write down what the abstract stack holds outside of its home registers.
unsafe fn fill(cx: &mut Cx, f: *mut Frame, s: &StackAt) {
    // SAFETY: the caller's frame; the translator checked the indices.
    unsafe {
        let rc = (*f).code();
        for (i, e) in s.stack.iter().enumerate() {
            let p = (*f).regs.add(rc.nlocals + i);
            *p = match *e {
                Entry::Temp => continue,
                Entry::Local(l) => match *(*f).regs.add(l as usize) {
                    0 => 0,
                    w => crate::call::counted(cx, w).into_bits(),
                },
                Entry::Const(k) => (*rc.const_at(k as usize))
                    .clone_in(cx.thread.tid)
                    .into_bits(),
                Entry::Int(n) => Value::small_int(n).into_bits(),
                Entry::Null => 0,
            };
        }
    }
}
