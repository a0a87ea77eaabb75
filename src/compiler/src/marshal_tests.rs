//! Marshal: round trips, and no input that makes it panic.

use crate::code::{Body, Code, Const, PyStr, push_code_point};
use crate::marshal::{MarshalError, dump, dump_code, load, load_code};
use num_bigint::BigInt;
use std::sync::Arc;

fn sample() -> Const {
    let mut surrogate = Vec::new();
    push_code_point(&mut surrogate, 0xd800);
    let big = BigInt::from(-7).pow(400);
    let code = Code {
        argcount: 1,
        posonlyargcount: 0,
        kwonlyargcount: 0,
        stacksize: 3,
        flags: 3,
        firstlineno: 12,
        localspluskinds: vec![0x26].into(),
        filename: "dir/file.py".into(),
        name: "f".into(),
        qualname: "f".into(),
        body: Body {
            code: vec![128, 0, 35, 0].into(),
            consts: vec![Const::None, Const::str("doc with spaces")],
            names: vec!["name".into(), "näme".into()],
            localsplusnames: vec!["a".into()],
            linetable: vec![0x80, 0].into(),
            exceptiontable: vec![].into(),
        }
        .into(),
    };
    Const::Tuple(vec![
        Const::True,
        Const::False,
        Const::Ellipsis,
        Const::Int(-5),
        Const::Int(i64::MIN),
        Const::int(big),
        Const::Float(-0.0),
        Const::Complex(1.5, f64::NAN),
        Const::Str(PyStr::from_wtf8(surrogate)),
        Const::str(&"long ".repeat(100)),
        Const::Bytes(vec![0, 255]),
        Const::FrozenSet(vec![Const::Int(1), Const::str("name")]),
        Const::Slice(Box::new([Const::None, Const::Int(2), Const::None])),
        Const::Tuple((0..300).map(Const::Int).collect()),
        Const::Code(Arc::new(code)),
    ])
}

#[test]
fn round_trip() {
    let value = sample();
    assert_eq!(load(&dump(&value)), Ok(value));
}

#[test]
fn cpython_bytes() {
    // marshal.dumps((1, 'ab', 'ab', 2**40, 1.0))
    let data = b"\xa9\x05\xe9\x01\x00\x00\x00\xda\x02abr\x02\x00\x00\x00l\x03\x00\x00\x00\x00\x00\x00\x00\x00\x04g\x00\x00\x00\x00\x00\x00\xf0?";
    let expected = Const::Tuple(vec![
        Const::Int(1),
        Const::str("ab"),
        Const::str("ab"),
        Const::Int(1 << 40),
        Const::Float(1.0),
    ]);
    assert_eq!(load(data), Ok(expected));
}

#[test]
fn truncated_input_is_an_error() {
    let data = dump(&sample());
    for len in 0..data.len() {
        assert!(load(&data[..len]).is_err(), "{len}");
    }
}

#[test]
fn damaged_input_never_panics() {
    let data = dump(&sample());
    let mut state = 12345u64;
    let mut random = || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 33) as usize
    };
    for _ in 0..20_000 {
        let mut bytes = data.clone();
        for _ in 0..1 + random() % 4 {
            let at = random() % bytes.len();
            bytes[at] = random() as u8;
        }
        if let Ok(value) = load(&bytes) {
            let _ = load(&dump(&value));
        }
    }
}

#[test]
fn references_do_not_explode() {
    // Each tuple holds the one before twice.
    let mut data = Vec::new();
    let depth = 60u8;
    data.extend([b')', depth + 1, b')' | 0x80, 1, b'T']);
    for level in 0..depth {
        data.extend([b')' | 0x80, 2]);
        for _ in 0..2 {
            data.extend([b'r', level, 0, 0, 0]);
        }
    }
    assert_eq!(load(&data), Err(MarshalError::Bad("too many copies")));
}

#[test]
fn nesting_is_limited() {
    let mut data = [b')', 1].repeat(100_000);
    data.push(b'N');
    assert!(load(&data).is_err());
}

#[test]
fn code_only() {
    assert!(load_code(&dump(&Const::None)).is_err());
    let Const::Tuple(items) = sample() else {
        unreachable!()
    };
    let Some(Const::Code(code)) = items.last() else {
        unreachable!()
    };
    assert_eq!(load_code(&dump_code(code)).as_ref(), Ok(code));
}
