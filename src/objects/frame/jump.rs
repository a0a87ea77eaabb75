//! Setting `f_lineno`: a trace function sends its frame to another line. What stands on the stack of each instruction is
//! found by going through the code; the frame may go where the stack is part of what it has.

use super::Frame;
use crate::decode::{Ins, decode};
use crate::monitor::Event;
use crate::native::*;
use typhon_compiler::code::Code;
use typhon_compiler::opcode::{Op, stack_effect};

#[derive(Clone, Copy, PartialEq, Debug)]
enum Kind {
    Object,
    Null,
    Iterator,
    /// An exception, or the one handled before.
    Except,
    /// The place of an exception that is raised again.
    Lasti,
}

type Stack = Vec<Kind>;

/// The stack before every instruction that can be reached.
fn stacks(code: &Code, ins: &[Ins]) -> Vec<Option<Stack>> {
    let handlers = code.exception_table();
    let mut out: Vec<Option<Stack>> = vec![None; ins.len()];
    let mut work: Vec<(usize, Stack)> = vec![(0, Vec::new())];
    while let Some((mut i, mut s)) = work.pop() {
        while i < ins.len() && out[i].is_none() {
            out[i] = Some(s.clone());
            for h in &handlers {
                if (2 * h.start..2 * h.end).contains(&ins[i].offset) {
                    let target = ins.partition_point(|x| x.offset < 2 * h.target);
                    let mut t = s.clone();
                    t.truncate(h.depth as usize);
                    if h.lasti {
                        t.push(Kind::Lasti);
                    }
                    t.push(Kind::Except);
                    work.push((target, t));
                }
            }
            let Ins {
                op, arg, target, ..
            } = ins[i];
            let before = s.len() as i32;
            match op {
                Op::GET_ITER | Op::GET_AITER => {
                    s.pop();
                    s.push(Kind::Iterator);
                }
                Op::FOR_ITER => {
                    // Behind END_FOR, whose value is never pushed.
                    work.push((target + 1, s.clone()));
                    s.push(Kind::Object);
                }
                Op::SEND => work.push((target, s.clone())),
                Op::PUSH_EXC_INFO => s.push(Kind::Except),
                Op::PUSH_NULL => s.push(Kind::Null),
                Op::LOAD_GLOBAL => {
                    s.push(Kind::Object);
                    if arg & 1 != 0 {
                        s.push(Kind::Null);
                    }
                }
                Op::LOAD_ATTR => {
                    s.pop();
                    s.push(Kind::Object);
                    if arg & 1 != 0 {
                        s.push(Kind::Null);
                    }
                }
                Op::SWAP => {
                    let n = s.len();
                    if arg as usize >= 1 && arg as usize <= n {
                        s.swap(n - arg as usize, n - 1);
                    }
                }
                Op::COPY => {
                    let k = s.len().checked_sub(arg as usize).and_then(|k| s.get(k));
                    s.push(k.copied().unwrap_or(Kind::Object));
                }
                _ => {
                    if op.has_jump() && op != Op::END_ASYNC_FOR {
                        let e = stack_effect(op, arg, true).unwrap_or(0);
                        let mut t = s.clone();
                        t.resize((before + e).max(0) as usize, Kind::Object);
                        work.push((target, t));
                    }
                    let e = stack_effect(op, arg, false).unwrap_or(0);
                    s.resize((before + e).max(0) as usize, Kind::Object);
                }
            }
            if op.ends_flow() {
                break;
            }
            i += 1;
        }
    }
    out
}

fn fits(from: Kind, to: Kind) -> bool {
    match to {
        Kind::Object => from != Kind::Null,
        Kind::Null => true,
        to => from == to,
    }
}

/// Whether a frame with stack `from` can go where the stack is `to`.
fn compatible(from: &Stack, to: &Stack) -> bool {
    to.len() <= from.len() && from.iter().zip(to).all(|(a, b)| fits(*a, *b))
}

fn why_not(to: Option<&Stack>) -> &'static str {
    match to {
        None => "can't jump into an exception handler, or code may be unreachable",
        Some(s) => match s.last() {
            Some(Kind::Except) => "can't jump into an 'except' block as there's no exception",
            Some(Kind::Lasti) => "can't jump into a re-raising block as there's no location",
            Some(Kind::Iterator) => "can't jump into the body of a for loop",
            _ => "incompatible stacks",
        },
    }
}

/// Send the frame whose trace function is running to a line.
pub(super) fn jump(cx: &mut Cx, f: *mut Frame, line: i64) -> Res<()> {
    match cx.watch.event {
        Some(Event::PyStart) => {
            return Err(cx.value_error("can't jump from the 'call' trace event of a new frame"));
        }
        Some(Event::Call | Event::CReturn) => {
            return Err(cx.value_error("can't jump during a call"));
        }
        Some(
            Event::PyResume
            | Event::Jump
            | Event::Line
            | Event::Instruction
            | Event::BranchLeft
            | Event::BranchRight
            | Event::PyYield,
        ) if cx.watch.frame == f => {}
        Some(_) if cx.watch.frame == f => {
            return Err(cx.value_error("can only jump from a 'line' trace event"));
        }
        _ => {
            return Err(cx.value_error("f_lineno can only be set in a trace function"));
        }
    }
    // SAFETY: the frame whose event is being told of: it stands at an `Event` word of this thread.
    let (code, here) = unsafe { ((*f).code().code.clone(), (*f).lasti()) };
    let Ok(line) = i32::try_from(line) else {
        return Err(cx.value_error("lineno out of range"));
    };
    if line < code.firstlineno as i32 {
        return Err(cx.value_error(format!("line {line} comes before the current code block")));
    }
    let ins = match decode(&code) {
        Ok(ins) => ins,
        Err(e) => return Err(cx.system_error(e)),
    };
    // Lines are where the line changes.
    let mut lines = crate::monitor::lines::lines(&code, &ins).of;
    let mut last = -1;
    for l in &mut lines {
        if *l == last {
            *l = -1;
        } else if *l >= 0 {
            last = *l;
        }
    }
    let Some(line) = lines.iter().copied().filter(|l| *l >= line).min() else {
        return Err(cx.value_error(format!("line {line} comes after the current code block")));
    };
    let all = stacks(&code, &ins);
    let at = ins.partition_point(|i| i.offset < here);
    let Some(start) = all.get(at).cloned().flatten() else {
        return Err(cx.value_error("can't jump from within an exception handler"));
    };
    let mut best: Option<usize> = None;
    let mut error = None;
    for i in 0..ins.len() {
        if lines[i] != line || matches!(ins[i].op, Op::END_FOR | Op::END_SEND) {
            continue;
        }
        match &all[i] {
            Some(to) if compatible(&start, to) => {
                let deeper = match best {
                    Some(b) => to.len() > all[b].as_ref().map_or(0, Vec::len),
                    None => true,
                };
                if deeper {
                    best = Some(i);
                }
            }
            to => {
                error.get_or_insert_with(|| why_not(to.as_ref()));
            }
        }
    }
    let Some(best) = best else {
        return Err(cx.value_error(error.unwrap_or("cannot find bytecode for specified line")));
    };
    bind_locals(cx, f)?;
    // SAFETY: as above; in a translation with events the whole stack stands in its home registers.
    unsafe {
        let rc = (*f).code();
        let Some(entry) = rc
            .instrumented
            .as_ref()
            .and_then(|i| i.entry(ins[best].offset))
        else {
            return Err(cx.value_error("f_lineno can only be set in a trace function"));
        };
        let keep = all[best].as_ref().map_or(0, Vec::len);
        let nlocals = rc.nlocals;
        (*f).pc = rc
            .words
            .as_ptr()
            .wrapping_add(entry.behind as usize)
            .wrapping_sub(1);
        for k in (keep..start.len()).rev() {
            let w = std::mem::take(&mut *(*f).regs.add(nlocals + k));
            if w == 0 {
                continue;
            }
            if start[k] == Kind::Except {
                let v = Value::from_bits(w).into_counted();
                let v = (!v.is_none()).then_some(v);
                if let Some(top) = cx.handled.last_mut() {
                    let old = std::mem::replace(top, v);
                    drop(old);
                }
            } else {
                crate::call::drop_word(cx, w);
            }
        }
    }
    Ok(())
}

/// Variables without a value become None: the code may rely on their being bound.
fn bind_locals(cx: &mut Cx, f: *mut Frame) -> Res<()> {
    let mut unbound = Vec::new();
    // SAFETY: as in `jump`.
    unsafe {
        for i in 0..(*f).code().nlocals {
            if *(*f).regs.add(i) == 0 {
                unbound.push(i);
            }
        }
    }
    if unbound.is_empty() {
        return Ok(());
    }
    let n = unbound.len();
    let s = if n == 1 { "" } else { "s" };
    cx.warn(
        ExcKind::RuntimeWarning,
        &format!("assigning None to {n} unbound local{s}"),
    )?;
    for i in unbound {
        // SAFETY: as above; the warning may have run code, but none that binds the frame's own registers.
        unsafe {
            let p = (*f).regs.add(i);
            if *p == 0 {
                *p = crate::statics::NONE;
            }
        }
    }
    Ok(())
}
