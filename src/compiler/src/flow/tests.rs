//! The back end on hand-written instruction sequences.

use super::finish;
use crate::Options;
use crate::code::{Code, Const, flags, kinds};
use crate::dis::instructions;
use crate::flow::exctable::{self, Handler};
use crate::flow::linetable::{Spans, Writer};
use crate::ir::{Arg, InstrSeq, Label, Loc, Unit};
use crate::opcode::{Op, binary, compare};
use crate::verify::verify;

/// A unit under construction; every instruction gets the line set last.
pub(crate) struct Build {
    pub unit: Unit,
    pub line: i32,
}

impl Build {
    pub fn new(locals: &[&str], argcount: u32, consts: Vec<Const>) -> Build {
        let unit = Unit {
            name: "f".into(),
            qualname: "f".into(),
            filename: "t.py".into(),
            flags: flags::OPTIMIZED | flags::NEWLOCALS,
            first_lineno: 1,
            argcount,
            posonlyargcount: 0,
            kwonlyargcount: 0,
            varnames: locals.iter().map(|s| s.to_string()).collect(),
            fast_hidden: Vec::new(),
            cellvars: Vec::new(),
            freevars: Vec::new(),
            names: vec!["g".into(), "h".into()],
            consts,
            seq: InstrSeq::default(),
        };
        let mut build = Build { unit, line: 1 };
        build.op(Op::RESUME, 0);
        build
    }
    pub fn label(&mut self) -> Label {
        self.unit.seq.new_label()
    }
    pub fn place(&mut self, label: Label) {
        self.unit.seq.use_label(label);
    }
    pub fn op(&mut self, op: Op, arg: u32) {
        let arg = if op.has_arg() {
            Arg::Int(arg)
        } else {
            Arg::None
        };
        self.unit.seq.push(
            op,
            arg,
            Loc {
                line: self.line,
                end_line: self.line,
                col: 0,
                end_col: 5,
            },
        );
    }
    pub fn jump(&mut self, op: Op, label: Label) {
        self.unit.seq.push(
            op,
            Arg::Label(label),
            Loc {
                line: self.line,
                end_line: self.line,
                col: 0,
                end_col: 5,
            },
        );
    }
    pub fn finish(self) -> Code {
        let code = finish(self.unit, &Options::default()).expect("it compiles");
        verify(&code).expect("it is sound");
        code
    }
}

fn listing(code: &Code) -> Vec<String> {
    let show = |ins: crate::dis::Instruction| {
        let op = ins.op.expect("a real opcode");
        if op.has_arg() {
            format!("{} {}", op.name(), ins.arg)
        } else {
            op.name().to_string()
        }
    };
    instructions(&code.code).map(show).collect()
}

#[test]
fn borrows_arguments() {
    let mut b = Build::new(&["a", "b"], 2, vec![]);
    b.op(Op::LOAD_FAST, 0);
    b.op(Op::LOAD_FAST, 1);
    b.op(Op::BINARY_OP, binary::ADD);
    b.op(Op::RETURN_VALUE, 0);
    let code = b.finish();
    let expected = [
        "RESUME 0",
        "LOAD_FAST_BORROW_LOAD_FAST_BORROW 1",
        "BINARY_OP 0",
        "RETURN_VALUE",
    ];
    assert_eq!(listing(&code), expected);
    assert_eq!(code.stacksize, 2);
    assert_eq!(
        *code.localspluskinds,
        [kinds::LOCAL | kinds::ARG_POS | kinds::ARG_KW; 2]
    );
}

#[test]
fn counts_what_outlives_the_local() {
    // x = a; a is overwritten while its old value is on the stack.
    let mut b = Build::new(&["a"], 1, vec![Const::None]);
    b.op(Op::LOAD_FAST, 0);
    b.op(Op::LOAD_CONST, 0);
    b.op(Op::STORE_FAST, 0);
    b.op(Op::RETURN_VALUE, 0);
    assert_eq!(listing(&b.finish())[1], "LOAD_FAST 0");
}

#[test]
fn checks_unbound_locals() {
    let mut b = Build::new(&["a", "x"], 1, vec![Const::Int(7)]);
    let skip = b.label();
    b.op(Op::LOAD_FAST, 0);
    b.op(Op::TO_BOOL, 0);
    b.jump(Op::POP_JUMP_IF_FALSE, skip);
    b.line = 2;
    b.op(Op::LOAD_CONST, 0);
    b.op(Op::STORE_FAST, 1);
    b.place(skip);
    b.line = 3;
    b.op(Op::LOAD_FAST, 1);
    b.op(Op::RETURN_VALUE, 0);
    let expected = [
        "RESUME 0",
        "LOAD_FAST_BORROW 0",
        "TO_BOOL",
        "POP_JUMP_IF_FALSE 3",
        "NOT_TAKEN",
        "LOAD_SMALL_INT 7",
        "STORE_FAST 1",
        "LOAD_FAST_CHECK 1",
        "RETURN_VALUE",
    ];
    assert_eq!(listing(&b.finish()), expected);
}

#[test]
fn folds_constants() {
    // (2 ** 10 - -1, 'ab' * 2)
    let mut b = Build::new(
        &[],
        0,
        vec![
            Const::None,
            Const::Int(2),
            Const::Int(10),
            Const::Int(1),
            Const::str("ab"),
        ],
    );
    b.op(Op::LOAD_CONST, 1);
    b.op(Op::LOAD_CONST, 2);
    b.op(Op::BINARY_OP, binary::POWER);
    b.op(Op::LOAD_CONST, 3);
    b.op(Op::UNARY_NEGATIVE, 0);
    b.op(Op::BINARY_OP, binary::SUBTRACT);
    b.op(Op::LOAD_CONST, 4);
    b.op(Op::LOAD_CONST, 1);
    b.op(Op::BINARY_OP, binary::MULTIPLY);
    b.op(Op::BUILD_TUPLE, 2);
    b.op(Op::RETURN_VALUE, 0);
    let code = b.finish();
    assert_eq!(listing(&code), ["RESUME 0", "LOAD_CONST 1", "RETURN_VALUE"]);
    assert_eq!(
        code.consts,
        [
            Const::None,
            Const::Tuple(vec![Const::Int(1025), Const::str("abab")])
        ]
    );
}

#[test]
fn folds_long_displays() {
    // x in {1, ..., 40}
    let mut b = Build::new(&["x"], 1, (0..40).map(Const::Int).collect());
    b.op(Op::LOAD_FAST, 0);
    b.op(Op::BUILD_SET, 0);
    // The last one equals an earlier one.
    b.unit.consts.push(Const::Float(7.0));
    for i in 0..=40 {
        b.op(Op::LOAD_CONST, i);
        b.op(Op::SET_ADD, 1);
    }
    b.op(Op::CONTAINS_OP, 0);
    b.op(Op::RETURN_VALUE, 0);
    let code = b.finish();
    let expected = [
        "RESUME 0",
        "LOAD_FAST_BORROW 0",
        "LOAD_CONST 1",
        "CONTAINS_OP 0",
        "RETURN_VALUE",
    ];
    assert_eq!(listing(&code), expected);
    assert_eq!(
        code.consts[1],
        Const::FrozenSet((0..40).map(Const::Int).collect())
    );
}

#[test]
fn limits_folding() {
    // 1 << 1000 stays for the running program.
    let mut b = Build::new(&[], 0, vec![Const::Int(1), Const::Int(1000)]);
    b.op(Op::LOAD_CONST, 0);
    b.op(Op::LOAD_CONST, 1);
    b.op(Op::BINARY_OP, binary::LSHIFT);
    b.op(Op::RETURN_VALUE, 0);
    assert_eq!(listing(&b.finish()).len(), 5);
}

#[test]
fn fuses_conditions() {
    // while a < b: pass
    let mut b = Build::new(&["a", "b"], 2, vec![Const::None]);
    let (top, end) = (b.label(), b.label());
    b.place(top);
    b.line = 2;
    b.op(Op::LOAD_FAST, 0);
    b.op(Op::LOAD_FAST, 1);
    b.op(Op::COMPARE_OP, compare::operand(compare::LT));
    b.op(Op::TO_BOOL, 0);
    b.jump(Op::POP_JUMP_IF_FALSE, end);
    b.jump(Op::JUMP, top);
    b.place(end);
    b.line = 3;
    b.op(Op::LOAD_CONST, 0);
    b.op(Op::RETURN_VALUE, 0);
    let expected = [
        "RESUME 0",
        "LOAD_FAST_BORROW_LOAD_FAST_BORROW 1",
        "COMPARE_OP 18",
        "POP_JUMP_IF_FALSE 3",
        "NOT_TAKEN",
        "JUMP_BACKWARD 8",
        "LOAD_CONST 0",
        "RETURN_VALUE",
    ];
    assert_eq!(listing(&b.finish()), expected);
}

#[test]
fn moves_handlers_to_the_end() {
    let mut b = Build::new(&["a"], 1, vec![Const::None]);
    let (handler, after) = (b.label(), b.label());
    b.jump(Op::SETUP_FINALLY, handler);
    b.line = 2;
    b.op(Op::LOAD_FAST, 0);
    b.op(Op::POP_TOP, 0);
    b.op(Op::POP_BLOCK, 0);
    b.jump(Op::JUMP, after);
    b.place(handler);
    b.op(Op::PUSH_EXC_INFO, 0);
    b.op(Op::POP_TOP, 0);
    b.op(Op::POP_EXCEPT, 0);
    b.place(after);
    b.line = 3;
    for _ in 0..6 {
        b.op(Op::LOAD_GLOBAL, 0);
        b.op(Op::POP_TOP, 0);
    }
    b.op(Op::LOAD_CONST, 0);
    b.op(Op::RETURN_VALUE, 0);
    let code = b.finish();
    let list = listing(&code);
    assert_eq!(
        list[list.len() - 4..list.len() - 1],
        ["PUSH_EXC_INFO", "POP_TOP", "POP_EXCEPT"]
    );
    assert_eq!(
        list.last().map(|s| s.split(' ').next()),
        Some(Some("JUMP_BACKWARD_NO_INTERRUPT"))
    );
    let table = code.exception_table();
    assert_eq!(table.len(), 1);
    assert_eq!(
        (table[0].start, table[0].end, table[0].depth, table[0].lasti),
        (1, 3, 0, false)
    );
}

#[test]
fn extends_long_jumps() {
    let mut b = Build::new(&["a"], 1, vec![Const::None]);
    let end = b.label();
    b.op(Op::LOAD_FAST, 0);
    b.op(Op::TO_BOOL, 0);
    b.jump(Op::POP_JUMP_IF_FALSE, end);
    for _ in 0..30_000 {
        b.op(Op::LOAD_GLOBAL, 0);
        b.op(Op::POP_TOP, 0);
    }
    b.place(end);
    b.op(Op::LOAD_CONST, 0);
    b.op(Op::RETURN_VALUE, 0);
    let code = b.finish();
    let jump = instructions(&code.code)
        .find(|i| i.op == Some(Op::POP_JUMP_IF_FALSE))
        .expect("a jump");
    assert_eq!(jump.offset - jump.start, 4);
    assert_eq!(jump.jump_target(), Some(code.code.len() as u32 - 4));
}

#[test]
fn lays_out_cells() {
    let mut b = Build::new(&["a", "b"], 2, vec![Const::None]);
    b.unit.cellvars = vec!["c".into(), "b".into()];
    b.unit.freevars = vec!["d".into()];
    b.op(Op::LOAD_DEREF, 0);
    b.op(Op::LOAD_DEREF, 1);
    b.op(Op::LOAD_DEREF, 2);
    b.op(Op::BUILD_TUPLE, 3);
    b.op(Op::RETURN_VALUE, 0);
    let code = b.finish();
    let expected = [
        "COPY_FREE_VARS 1",
        "MAKE_CELL 1",
        "MAKE_CELL 2",
        "RESUME 0",
        "LOAD_DEREF 2",
        "LOAD_DEREF 1",
        "LOAD_DEREF 3",
        "BUILD_TUPLE 3",
        "RETURN_VALUE",
    ];
    assert_eq!(listing(&code), expected);
    assert_eq!(*code.localspluskinds, [0x26, 0x66, 0x40, 0x80]);
}

#[test]
fn survives_jump_cycles() {
    let mut b = Build::new(&[], 0, vec![Const::None]);
    let (one, two) = (b.label(), b.label());
    b.jump(Op::JUMP, one);
    b.line = 2;
    b.place(one);
    b.jump(Op::JUMP, two);
    b.line = 3;
    b.place(two);
    b.jump(Op::JUMP, one);
    b.finish();
}

#[test]
fn locations_round_trip() {
    let locations = [
        (
            Loc {
                line: 5,
                end_line: 5,
                col: 3,
                end_col: 9,
            },
            1,
        ),
        (
            Loc {
                line: 5,
                end_line: 5,
                col: 90,
                end_col: 120,
            },
            3,
        ),
        (
            Loc {
                line: 4,
                end_line: 9,
                col: 1000,
                end_col: 0,
            },
            20,
        ),
        (Loc::NONE, 2),
        (Loc::line(100_000), 8),
        (
            Loc {
                line: 2,
                end_line: 2,
                col: 500,
                end_col: 501,
            },
            9,
        ),
    ];
    let mut writer = Writer::new(3);
    for (loc, units) in locations {
        writer.write(loc, units);
    }
    let table = writer.finish();
    let mut read: Vec<(Loc, u32)> = Vec::new();
    for span in Spans::new(&table, 3) {
        let units = (span.end - span.start) / 2;
        match read.last_mut() {
            Some((loc, n)) if *loc == span.loc => *n += units,
            _ => read.push((span.loc, units)),
        }
    }
    assert_eq!(read, locations);
}

#[test]
fn handlers_round_trip() {
    let rows = [
        Handler {
            start: 0,
            end: 1,
            target: 63,
            depth: 0,
            lasti: false,
        },
        Handler {
            start: 64,
            end: 5000,
            target: 1 << 29,
            depth: 300,
            lasti: true,
        },
    ];
    let mut table = Vec::new();
    rows.iter().for_each(|row| exctable::write(&mut table, row));
    assert_eq!(exctable::Handlers::new(&table).collect::<Vec<_>>(), rows);
}
