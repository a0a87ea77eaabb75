//! The verifier: what it refuses.

use crate::code::{Body, Code, Const, flags};
use crate::flow::exctable::{Handler, write};
use crate::opcode::Op;
use crate::verify::verify;

fn code(ops: &[(Op, u8)]) -> Code {
    let mut bytes = Vec::new();
    for &(op, arg) in ops {
        bytes.extend([op.number() as u8, arg]);
        bytes.resize(bytes.len() + 2 * op.cache_entries(), 0);
    }
    Code {
        argcount: 0,
        posonlyargcount: 0,
        kwonlyargcount: 0,
        stacksize: 4,
        flags: 3,
        firstlineno: 1,
        localspluskinds: vec![0x20].into(),
        filename: "t".into(),
        name: "t".into(),
        qualname: "t".into(),
        body: Body {
            code: bytes.into(),
            consts: vec![Const::None],
            names: vec!["n".into()],
            localsplusnames: vec!["a".into()],
            linetable: vec![].into(),
            exceptiontable: vec![].into(),
        }
        .into(),
    }
}

fn refuses(ops: &[(Op, u8)], why: &str) {
    let error = verify(&code(ops)).expect_err(why);
    assert!(error.contains(why), "{error}");
}

#[test]
fn depths() {
    let map = verify(&code(&[
        (Op::LOAD_CONST, 0),
        (Op::COPY, 1),
        (Op::POP_TOP, 0),
        (Op::RETURN_VALUE, 0),
        (Op::NOP, 0),
    ]))
    .expect("sound");
    assert_eq!(
        [0, 2, 4, 6, 8].map(|at| map.depth(at)),
        [Some(0), Some(1), Some(2), Some(1), None]
    );
    assert_eq!(map.max_depth(), 2);
    assert!(map.is_start(8) && !map.is_start(10) && !map.is_start(3));
}

#[test]
fn refusals() {
    refuses(&[(Op::LOAD_CONST, 0), (Op::POP_TOP, 0)], "no instruction");
    refuses(&[(Op::POP_TOP, 0), (Op::RETURN_VALUE, 0)], "needs more");
    refuses(
        &[(Op::LOAD_CONST, 1), (Op::RETURN_VALUE, 0)],
        "out of range",
    );
    refuses(&[(Op::LOAD_FAST, 1), (Op::RETURN_VALUE, 0)], "out of range");
    refuses(
        &[(Op::LOAD_DEREF, 0), (Op::RETURN_VALUE, 0)],
        "out of range",
    );
    refuses(&[(Op::ENTER_EXECUTOR, 0)], "cannot be run");
    refuses(&[(Op::CACHE, 0)], "cannot be run");
    refuses(&[(Op::JUMP_FORWARD, 9), (Op::NOP, 0)], "no instruction");
    refuses(&[(Op::JUMP_BACKWARD, 9)], "jump out of the code");
    refuses(&[(Op::LOAD_CONST, 0), (Op::JUMP_BACKWARD, 3)], "or 1 items");
    refuses(
        &[
            (Op::LOAD_CONST, 0),
            (Op::YIELD_VALUE, 0),
            (Op::RETURN_VALUE, 0),
        ],
        "yield outside",
    );
    refuses(&[(Op::LOAD_CONST, 0); 6], "co_stacksize");
    refuses(
        &[
            (Op::LOAD_CONST, 0),
            (Op::FOR_ITER, 0),
            (Op::RETURN_VALUE, 0),
        ],
        "END_FOR",
    );
}

#[test]
fn cut_off() {
    let mut c = code(&[(Op::LOAD_CONST, 0), (Op::RETURN_VALUE, 0)]);
    c.code.to_mut().extend([Op::CALL.number() as u8, 0, 0, 0]);
    assert!(verify(&c).is_err());
    c.code = vec![].into();
    assert!(verify(&c).is_err());
    c.code = vec![Op::EXTENDED_ARG.number() as u8, 1].into();
    assert!(verify(&c).is_err());
}

#[test]
fn handlers() {
    let ops = [
        (Op::NOP, 0),
        (Op::LOAD_CONST, 0),
        (Op::RETURN_VALUE, 0),
        (Op::RERAISE, 0),
    ];
    let with = |handler: Handler| {
        let mut c = code(&ops);
        write(c.exceptiontable.to_mut(), &handler);
        verify(&c)
    };
    let good = Handler {
        start: 0,
        end: 2,
        target: 3,
        depth: 0,
        lasti: false,
    };
    assert_eq!(with(good).expect("sound").depth(6), Some(1));
    assert!(with(Handler { depth: 1, ..good }).is_err());
    assert!(with(Handler { end: 9, ..good }).is_err());
    assert!(with(Handler { target: 4, ..good }).is_err());
    let mut c = code(&ops);
    c.exceptiontable = vec![0x80, 1].into();
    assert!(verify(&c).is_err());
}

#[test]
fn generators() {
    let ops = [
        (Op::RETURN_GENERATOR, 0),
        (Op::POP_TOP, 0),
        (Op::LOAD_CONST, 0),
        (Op::RETURN_VALUE, 0),
    ];
    let mut c = code(&ops);
    assert!(verify(&c).is_err());
    c.flags |= flags::GENERATOR;
    assert!(verify(&c).is_ok());
    let mut c = code(&ops[2..]);
    c.flags |= flags::GENERATOR;
    assert!(verify(&c).is_err());
}

#[test]
fn damaged_code_never_panics() {
    let good = code(&[
        (Op::RESUME, 0),
        (Op::LOAD_NAME, 0),
        (Op::GET_ITER, 0),
        (Op::FOR_ITER, 3),
        (Op::POP_TOP, 0),
        (Op::JUMP_BACKWARD, 5),
        (Op::END_FOR, 0),
        (Op::POP_ITER, 0),
        (Op::LOAD_CONST, 0),
        (Op::RETURN_VALUE, 0),
    ]);
    verify(&good).expect("sound");
    let mut state = 99u64;
    let mut random = || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 33) as usize
    };
    for _ in 0..50_000 {
        let mut bad = good.clone();
        for _ in 0..1 + random() % 3 {
            let at = random() % bad.code.len();
            bad.code.to_mut()[at] = random() as u8;
        }
        bad.exceptiontable = (0..random() % 9)
            .map(|_| random() as u8)
            .collect::<Vec<_>>()
            .into();
        let _ = verify(&bad);
    }
}
