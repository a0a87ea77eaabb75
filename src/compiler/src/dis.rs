//! Decoding of instructions, and a plain disassembler for debugging. Takes any bytes: what is no instruction is
//! shown as a number.

use crate::code::{Code, Const};
use crate::opcode::{Op, binary, common_constant, compare, intrinsic1, intrinsic2, special};
use std::fmt::Write;

/// A decoded instruction; `EXTENDED_ARG`s are folded into the one they extend.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Instruction {
    /// Byte offset of the first `EXTENDED_ARG`, or of the instruction itself.
    pub start: u32,
    /// Byte offset of the instruction.
    pub offset: u32,
    /// Byte offset behind the inline caches.
    pub end: u32,
    /// `None` for a number that is no opcode.
    pub op: Option<Op>,
    pub opcode: u8,
    pub arg: u32,
}

impl Instruction {
    /// The byte offset a jump goes to.
    pub fn jump_target(&self) -> Option<u32> {
        let op = self.op.filter(|op| op.has_jump() && !op.is_pseudo())?;
        let distance = self.arg.checked_mul(2)?;
        match op {
            // It names its SEND only for monitoring.
            Op::END_ASYNC_FOR | Op::INSTRUMENTED_END_ASYNC_FOR => None,
            Op::JUMP_BACKWARD | Op::JUMP_BACKWARD_NO_INTERRUPT => self.end.checked_sub(distance),
            _ => self.end.checked_add(distance),
        }
    }
}

/// Iterates over the instructions of a code string.
#[derive(Clone, Debug)]
pub struct Instructions<'a> {
    code: &'a [u8],
    at: usize,
}

/// The instructions of a code string.
pub fn instructions(code: &[u8]) -> Instructions<'_> {
    Instructions { code, at: 0 }
}

impl Iterator for Instructions<'_> {
    type Item = Instruction;

    fn next(&mut self) -> Option<Instruction> {
        let start = self.at;
        let mut arg = 0u32;
        loop {
            let &[opcode, low] = self.code.get(self.at..)?.first_chunk()?;
            arg = (arg << 8) | u32::from(low);
            let op = Op::from_u16(u16::from(opcode));
            let offset = self.at;
            self.at += 2;
            if op == Some(Op::EXTENDED_ARG) && self.at < self.code.len() {
                continue;
            }
            self.at += 2 * op.map_or(0, Op::cache_entries);
            return Some(Instruction {
                start: start as u32,
                offset: offset as u32,
                end: self.at as u32,
                op,
                opcode,
                arg,
            });
        }
    }
}

/// The code object and all code objects inside it, as text.
pub fn disassemble(code: &Code) -> String {
    let mut out = String::new();
    let mut todo = vec![code];
    while let Some(code) = todo.pop() {
        one(&mut out, code);
        let nested = code.consts.iter().filter_map(|c| {
            if let Const::Code(code) = c {
                Some(&**code)
            } else {
                None
            }
        });
        todo.extend(nested.collect::<Vec<_>>().into_iter().rev());
    }
    out
}

fn one(out: &mut String, code: &Code) {
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "{:?} (line {}, {} + {} arguments, stack {}, flags {:#x})",
        code.qualname,
        code.firstlineno,
        code.argcount,
        code.kwonlyargcount,
        code.stacksize,
        code.flags
    );
    let mut spans = code.spans().peekable();
    let mut last_line = i32::MIN;
    for ins in instructions(&code.code) {
        while spans.peek().is_some_and(|s| s.end <= ins.offset) {
            spans.next();
        }
        let line = spans.peek().map_or(-1, |s| s.loc.line);
        if line == last_line {
            out.push_str("      ");
        } else {
            let _ = write!(out, "{line:>6}");
            last_line = line;
        }
        match ins.op {
            Some(op) if op.has_arg() => {
                let _ = write!(out, " {:>6} {:<32} {:>5}", ins.start, op.name(), ins.arg);
                match argument(code, &ins, op) {
                    Some(text) => writeln!(out, " ({text})"),
                    None => writeln!(out),
                }
            }
            Some(op) => writeln!(out, " {:>6} {}", ins.start, op.name()),
            None => writeln!(out, " {:>6} <{}> {}", ins.start, ins.opcode, ins.arg),
        }
        .unwrap_or(());
    }
    for h in code.handlers() {
        let _ = writeln!(
            out,
            "       {} to {} -> {} [{}]{}",
            u64::from(h.start) * 2,
            u64::from(h.end) * 2,
            u64::from(h.target) * 2,
            h.depth,
            if h.lasti { " lasti" } else { "" }
        );
    }
    out.push('\n');
}

fn argument(code: &Code, ins: &Instruction, op: Op) -> Option<String> {
    let arg = ins.arg as usize;
    let local = |index: usize| code.localsplusnames.get(index).map(|n| format!("{n:?}"));
    if let Some(target) = ins.jump_target() {
        return Some(format!("to {target}"));
    }
    match op {
        Op::LOAD_CONST => code.consts.get(arg).map(|c| match c {
            Const::Code(code) => format!("<code {:?}>", code.qualname),
            other => format!("{other:?}"),
        }),
        Op::LOAD_GLOBAL | Op::LOAD_ATTR => code.names.get(arg >> 1).map(|n| format!("{n:?}")),
        Op::LOAD_SUPER_ATTR => code.names.get(arg >> 2).map(|n| format!("{n:?}")),
        Op::LOAD_FAST_LOAD_FAST
        | Op::LOAD_FAST_BORROW_LOAD_FAST_BORROW
        | Op::STORE_FAST_LOAD_FAST
        | Op::STORE_FAST_STORE_FAST => Some(format!("{}, {}", local(arg >> 4)?, local(arg & 15)?)),
        Op::BINARY_OP => binary::SYMBOLS.get(arg).map(ToString::to_string),
        Op::COMPARE_OP => compare::SYMBOLS.get(arg >> 5).map(ToString::to_string),
        Op::CALL_INTRINSIC_1 => intrinsic1::NAMES.get(arg).map(ToString::to_string),
        Op::CALL_INTRINSIC_2 => intrinsic2::NAMES.get(arg).map(ToString::to_string),
        Op::LOAD_COMMON_CONSTANT => common_constant::NAMES.get(arg).map(ToString::to_string),
        Op::LOAD_SPECIAL => special::NAMES.get(arg).map(ToString::to_string),
        _ if op.has_name() => code.names.get(arg).map(|n| format!("{n:?}")),
        _ if op.has_local() || op.has_free() => local(arg),
        _ => None,
    }
}
