//! The value word: encodings, identity, borrowed copies.
// SAFETY (whole file): words are made from values that the test holds.

mod common;
use common::*;
use typhon_runtime::Value;
use typhon_runtime::value::{SMALL_INT_MAX, SMALL_INT_MIN};

#[test]
fn small_ints() {
    for i in [0, 1, -1, 42, SMALL_INT_MAX, SMALL_INT_MIN] {
        let v = Value::from_small_int(i).unwrap();
        assert_eq!(v.as_small_int(), Some(i));
        assert!(!v.is_ptr() && !v.is_float_imm() && v.as_float_imm().is_none());
        assert!(v.is(&v.clone()));
    }
    assert!(Value::from_small_int(SMALL_INT_MAX + 1).is_none());
    assert!(Value::from_small_int(SMALL_INT_MIN - 1).is_none());
    // Two ints whose words differ only in the bit that marks borrowed pointers.
    assert!(!Value::small_int(0).is(&Value::small_int(1)));
}

#[test]
fn floats() {
    for f in [
        1.0,
        -1.0,
        0.5,
        3.25e100,
        -1e-70,
        255.0,
        1e9,
        f64::MAX.sqrt(),
        std::f64::consts::PI,
    ] {
        let v = Value::from_float_imm(f).unwrap();
        assert_eq!(v.as_float_imm().map(f64::to_bits), Some(f.to_bits()));
        assert!(!v.is_ptr() && !v.is_small_int());
    }
    for f in [
        0.0,
        -0.0,
        f64::INFINITY,
        f64::NAN,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
    ] {
        assert!(Value::from_float_imm(f).is_none(), "{f}");
    }
    // Every exponent: either exact or refused.
    for e in 0..2048u64 {
        let f = f64::from_bits(e << 52 | 0xABCDE);
        if let Some(v) = Value::from_float_imm(f) {
            assert_eq!(v.as_float_imm().unwrap().to_bits(), f.to_bits());
            assert!((256..=1791).contains(&e) || (512..1536).contains(&e));
        }
    }
}

#[test]
fn counting() {
    attached(|t| {
        let a = leaf(t, 7);
        let head = a.header().unwrap();
        assert_eq!(head.refcount(), 1);
        let b = a.clone();
        assert_eq!(head.refcount(), 2);
        let r = unsafe { a.register_copy() };
        assert!(r.is_borrowed() && r.is(&a) && a.is(&r));
        assert_eq!(head.refcount(), 2);
        drop(r.clone());
        let c = r.into_counted();
        assert!(!c.is_borrowed());
        assert_eq!(head.refcount(), 3);
        drop((b, c));
        assert!(head.is_uniquely_held(t.tid));
        head.set_deferred();
        assert_eq!(head.refcount(), 1);
        assert!(a.clone_ref_for_register().is_borrowed());
        assert_eq!(head.refcount(), 1);
        head.set_immortal();
    });
}

#[test]
fn dropping_frees() {
    attached(|t| {
        let before = NODES.load(std::sync::atomic::Ordering::Relaxed);
        // A chain much deeper than the native stack would bear.
        let mut chain = node(t);
        for _ in 0..300_000 {
            let next = node(t);
            slots(&next)[0].init(chain);
            chain = next;
        }
        drop(chain);
        assert_eq!(NODES.load(std::sync::atomic::Ordering::Relaxed), before);
    });
}
