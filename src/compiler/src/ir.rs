//! What the code generator hands to the back end: a flat sequence of instructions and labels, and the
//! facts of one code object. Nothing here knows how it is optimized or assembled.

use crate::code::Const;
use crate::opcode::Op;
use std::sync::Arc;

/// A place in the source: 1-based lines, utf-8 byte columns; -1 stands for "none".
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Loc {
    pub line: i32,
    pub end_line: i32,
    pub col: i32,
    pub end_col: i32,
}

impl Loc {
    /// An artificial instruction; the optimizer may give it the location of a neighbour.
    pub const NONE: Loc = Loc {
        line: -1,
        end_line: -1,
        col: -1,
        end_col: -1,
    };
    /// An artificial instruction whose location is the next instruction's.
    pub const NEXT: Loc = Loc {
        line: -2,
        end_line: -2,
        col: -2,
        end_col: -2,
    };

    /// A whole line without columns.
    pub const fn line(line: i32) -> Loc {
        Loc {
            line,
            end_line: line,
            col: -1,
            end_col: -1,
        }
    }
}

/// A position in an [`InstrSeq`], to be jumped at.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct Label(pub u32);

/// The operand of an instruction before assembly.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arg {
    None,
    Int(u32),
    Label(Label),
}

/// One instruction, pseudo or real.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Instr {
    pub op: Op,
    pub arg: Arg,
    pub loc: Loc,
}

/// An element of the flat sequence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Item {
    Instr(Instr),
    Label(Label),
}

/// The instructions of one code object in order, with labels as positions.
#[derive(Clone, Default, Debug)]
pub struct InstrSeq {
    pub items: Vec<Item>,
    pub next_label: u32,
}

impl InstrSeq {
    /// A label that has no position yet.
    pub fn new_label(&mut self) -> Label {
        let label = Label(self.next_label);
        self.next_label += 1;
        label
    }
    /// Puts `label` at the end of what was emitted.
    pub fn use_label(&mut self, label: Label) {
        self.items.push(Item::Label(label));
    }
    /// Emits an instruction.
    pub fn push(&mut self, op: Op, arg: Arg, loc: Loc) {
        self.items.push(Item::Instr(Instr { op, arg, loc }));
    }
}

/// Everything the back end needs for one code object.
///
/// Local operations carry an index into `varnames`; cell operations (`MAKE_CELL` is added by the back end;
/// `LOAD_DEREF`, `STORE_DEREF`, `DELETE_DEREF`, `LOAD_CLOSURE`, `LOAD_FROM_DICT_OR_DEREF`) an index into
/// `cellvars` followed by `freevars`. The back end turns both into `localsplus` indices (a parameter that is
/// also a cell has one slot) and puts the prefix (`COPY_FREE_VARS`, `MAKE_CELL`, `RETURN_GENERATOR` and
/// `POP_TOP`) in front. `RESUME` and the StopIteration handler of generators are in `seq` already.
#[derive(Clone, Debug)]
pub struct Unit {
    pub name: String,
    pub qualname: String,
    pub filename: Arc<str>,
    pub flags: u32,
    pub first_lineno: u32,
    pub argcount: u32,
    pub posonlyargcount: u32,
    pub kwonlyargcount: u32,
    /// Parameters (positional, keyword-only, `*args`, `**kwargs`), then the other fast locals.
    pub varnames: Vec<String>,
    /// Fast locals that exist only while an inlined comprehension runs ("hidden" in class and module scopes).
    pub fast_hidden: Vec<String>,
    pub cellvars: Vec<String>,
    pub freevars: Vec<String>,
    pub names: Vec<String>,
    /// `LOAD_CONST` indexes these.
    pub consts: Vec<Const>,
    pub seq: InstrSeq,
}
