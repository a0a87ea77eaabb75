//! The location table (PEP 626, PEP 657): for runs of code units, the source range they come from.
//!
//! An entry starts with a byte that has its top bit set: four bits of form, three of length minus one (in code
//! units). Forms 0-9 pack columns into one more byte on the same line, 10-12 give a line delta of 0-2 and two
//! column bytes, 13 a line delta without columns, 14 everything as variable-length numbers, 15 nothing.

use crate::code::Code;
use crate::ir::Loc;

const NO_COLUMNS: u8 = 13;
const LONG: u8 = 14;
const NONE: u8 = 15;
/// Code units one entry can cover.
const MAX_RUN: u32 = 8;

/// Encodes locations.
pub(super) struct Writer {
    out: Vec<u8>,
    line: i32,
}

impl Writer {
    pub fn new(first_line: i32) -> Writer {
        Writer {
            out: Vec::new(),
            line: first_line,
        }
    }

    /// The next `units` code units come from `loc`.
    pub fn write(&mut self, loc: Loc, mut units: u32) {
        while units > 0 {
            let run = units.min(MAX_RUN);
            self.entry(loc, run);
            units -= run;
        }
    }

    pub fn finish(self) -> Vec<u8> {
        self.out
    }

    fn start(&mut self, form: u8, units: u32) {
        self.out.push(0x80 | (form << 3) | (units - 1) as u8);
    }

    fn entry(&mut self, loc: Loc, units: u32) {
        if loc.line < 0 {
            return self.start(NONE, units);
        }
        let delta = loc.line.wrapping_sub(self.line);
        let one_line = loc.end_line == loc.line;
        if loc.col < 0 || loc.end_col < 0 {
            if one_line || loc.end_line < 0 {
                self.start(NO_COLUMNS, units);
                self.signed(delta);
                self.line = loc.line;
                return;
            }
        } else if one_line {
            let width = loc.end_col.wrapping_sub(loc.col);
            if delta == 0 && loc.col < 80 && (0..16).contains(&width) {
                self.start((loc.col >> 3) as u8, units);
                self.out.push((((loc.col & 7) << 4) | width) as u8);
                return;
            }
            if (0..3).contains(&delta) && loc.col < 128 && loc.end_col < 128 {
                self.start(10 + delta as u8, units);
                self.out.extend([loc.col as u8, loc.end_col as u8]);
                self.line = loc.line;
                return;
            }
        }
        self.start(LONG, units);
        self.signed(delta);
        self.unsigned(loc.end_line.wrapping_sub(loc.line) as u32);
        self.unsigned((loc.col + 1) as u32);
        self.unsigned((loc.end_col + 1) as u32);
        self.line = loc.line;
    }

    fn unsigned(&mut self, mut value: u32) {
        while value >= 64 {
            self.out.push(0x40 | (value & 0x3f) as u8);
            value >>= 6;
        }
        self.out.push(value as u8);
    }

    fn signed(&mut self, value: i32) {
        let magnitude = value.unsigned_abs() << 1;
        self.unsigned(magnitude | u32::from(value < 0));
    }
}

/// A run of code units and where it comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// First byte offset in the code.
    pub start: u32,
    /// First byte offset behind.
    pub end: u32,
    pub loc: Loc,
}

/// Decodes a location table; a malformed table ends the iteration.
#[derive(Clone, Debug)]
pub struct Spans<'a> {
    rest: &'a [u8],
    offset: u32,
    line: i32,
}

impl<'a> Spans<'a> {
    pub fn new(table: &'a [u8], first_line: u32) -> Spans<'a> {
        Spans {
            rest: table,
            offset: 0,
            line: first_line as i32,
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    fn unsigned(&mut self) -> Option<u32> {
        let mut value = 0u32;
        let mut shift = 0;
        loop {
            let byte = self.byte()?;
            if shift < 32 {
                value |= u32::from(byte & 0x3f) << shift;
            }
            if byte & 0x40 == 0 {
                return Some(value);
            }
            shift += 6;
        }
    }

    fn signed(&mut self) -> Option<i32> {
        let value = self.unsigned()?;
        let magnitude = (value >> 1) as i32;
        Some(if value & 1 != 0 {
            -magnitude
        } else {
            magnitude
        })
    }
}

impl Iterator for Spans<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        let head = self.byte()?;
        let units = u32::from(head & 7) + 1;
        let loc = match (head >> 3) & 15 {
            NONE => Loc::NONE,
            LONG => {
                self.line = self.line.wrapping_add(self.signed()?);
                let end_line = self.line.wrapping_add(self.unsigned()? as i32);
                let col = (self.unsigned()? as i32).wrapping_sub(1);
                let end_col = (self.unsigned()? as i32).wrapping_sub(1);
                Loc {
                    line: self.line,
                    end_line,
                    col,
                    end_col,
                }
            }
            NO_COLUMNS => {
                self.line = self.line.wrapping_add(self.signed()?);
                Loc::line(self.line)
            }
            form @ 10..=12 => {
                self.line = self.line.wrapping_add(i32::from(form - 10));
                let (col, end_col) = (i32::from(self.byte()?), i32::from(self.byte()?));
                Loc {
                    line: self.line,
                    end_line: self.line,
                    col,
                    end_col,
                }
            }
            form => {
                let second = self.byte()?;
                let col = (i32::from(form) << 3) | i32::from((second >> 4) & 7);
                Loc {
                    line: self.line,
                    end_line: self.line,
                    col,
                    end_col: col + i32::from(second & 15),
                }
            }
        };
        let start = self.offset;
        self.offset = start.checked_add(units * 2)?;
        Some(Span {
            start,
            end: self.offset,
            loc,
        })
    }
}

impl Code {
    /// The runs of the location table, by byte offsets.
    pub fn spans(&self) -> Spans<'_> {
        Spans::new(&self.linetable, self.firstlineno)
    }

    /// One location per code unit (caches and prefixes included), as `co_positions()`.
    pub fn positions(&self) -> impl Iterator<Item = Loc> + '_ {
        self.spans()
            .flat_map(|span| std::iter::repeat_n(span.loc, ((span.end - span.start) / 2) as usize))
    }

    /// Where the instruction at this byte offset comes from.
    pub fn location_for(&self, offset: u32) -> Option<Loc> {
        self.spans()
            .find(|span| offset < span.end)
            .map(|span| span.loc)
    }

    /// The line of the instruction at this byte offset.
    pub fn line_for(&self, offset: u32) -> Option<i32> {
        self.location_for(offset)
            .map(|loc| loc.line)
            .filter(|&line| line >= 0)
    }
}
