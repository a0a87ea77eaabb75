//! The exception table: ranges of code, the handler that protects each, and how deep to unwind the stack.
//!
//! Four numbers an entry: start, length, target (in code units), depth and the "push the offset" bit. Numbers are
//! big-endian in groups of six bits with a continuation bit; the first byte of an entry has its top bit set, so
//! that one can search the table by bisection.

use crate::code::Code;

/// A protected range, in code units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handler {
    pub start: u32,
    /// First unit behind the range.
    pub end: u32,
    pub target: u32,
    /// The stack is cut to this depth before the handler is entered.
    pub depth: u32,
    /// The offset of the raising instruction is pushed before the exception.
    pub lasti: bool,
}

pub(crate) fn write(out: &mut Vec<u8>, handler: &Handler) {
    number(out, handler.start, 0x80);
    number(out, handler.end - handler.start, 0);
    number(out, handler.target, 0);
    number(out, (handler.depth << 1) | u32::from(handler.lasti), 0);
}

fn number(out: &mut Vec<u8>, value: u32, mut mark: u8) {
    for shift in [30, 24, 18, 12, 6] {
        if value >> shift != 0 {
            out.push(((value >> shift) & 0x3f) as u8 | 0x40 | mark);
            mark = 0;
        }
    }
    out.push((value & 0x3f) as u8 | mark);
}

/// Decodes an exception table; a malformed table ends the iteration.
#[derive(Clone, Debug)]
pub struct Handlers<'a> {
    rest: &'a [u8],
}

impl<'a> Handlers<'a> {
    pub fn new(table: &'a [u8]) -> Handlers<'a> {
        Handlers { rest: table }
    }

    /// Whether everything was understood so far.
    pub fn is_exhausted(&self) -> bool {
        self.rest.is_empty()
    }

    fn number(rest: &mut &[u8]) -> Option<u32> {
        let mut value = 0u32;
        loop {
            let (&byte, tail) = rest.split_first()?;
            *rest = tail;
            if value >> 26 != 0 {
                return None;
            }
            value = (value << 6) | u32::from(byte & 0x3f);
            if byte & 0x40 == 0 {
                return Some(value);
            }
        }
    }
}

impl Iterator for Handlers<'_> {
    type Item = Handler;

    fn next(&mut self) -> Option<Handler> {
        let mut rest = self.rest;
        let start = Self::number(&mut rest)?;
        let end = start.checked_add(Self::number(&mut rest)?)?;
        let target = Self::number(&mut rest)?;
        let last = Self::number(&mut rest)?;
        self.rest = rest;
        Some(Handler {
            start,
            end,
            target,
            depth: last >> 1,
            lasti: last & 1 != 0,
        })
    }
}

impl Code {
    /// The protected ranges in order of their start, in code units.
    pub fn handlers(&self) -> Handlers<'_> {
        Handlers::new(&self.exceptiontable)
    }

    /// All of [`Code::handlers`].
    pub fn exception_table(&self) -> Vec<Handler> {
        self.handlers().collect()
    }
}
