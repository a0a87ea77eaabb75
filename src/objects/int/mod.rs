//! `int`: 62-bit integers are immediate in the value word; larger ones are dashu big integers in a cell. A value in
//! the immediate range is never boxed (except inside instances of subclasses), so `int` equality can compare words.

pub mod arith;
pub mod methods;
pub mod text;

use crate::native::pytype;
use crate::statics::word;
use crate::{Cx, Res, Value, ValueExt};
use dashu_int::IBig;
use typhon_runtime::header::Header;

pub use arith::{
    abs, add, and, floordiv, invert, lshift, mod_, mul, neg, or, pow, rshift, sub, truediv, xor,
};

/// int([x]) -> integer
/// int(x, base=10) -> integer
///
/// Convert a number or string to an integer, or return 0 if no arguments
/// are given.  If x is a number, return x.__int__().  For floating-point
/// numbers, this truncates towards zero.
///
/// If x is not a number or if base is given, then x must be a string,
/// bytes, or bytearray instance representing an integer literal in the
/// given base.  The literal can be preceded by '+' or '-' and be surrounded
/// by whitespace.  The base defaults to 10.  Valid bases are 0 and 2-36.
/// Base 0 means to interpret the base from the string as an integer literal.
/// >>> int('0b100', base=0)
/// 4
#[pytype(name = "int", basetype, static_index = INT)]
pub struct Int {
    pub head: Header,
    pub big: IBig,
}

/// Make an int value.
#[inline(always)]
pub fn new_int(cx: &mut Cx, i: i64) -> Res<Value> {
    match Value::from_small_int(i) {
        Some(v) => Ok(v),
        None => new_big(cx, IBig::from(i)),
    }
}

/// Make an int from a big integer, narrowing.
#[inline(never)]
pub fn new_big(cx: &mut Cx, big: IBig) -> Res<Value> {
    if let Ok(i) = i64::try_from(&big)
        && let Some(v) = Value::from_small_int(i)
    {
        return Ok(v);
    }
    // SAFETY: R12: the payload is written before the type word.
    let made = unsafe {
        typhon_runtime::alloc_sized(&cx.thread, size_of::<Int>(), word::INT, |p| {
            (&raw mut (*p.cast::<Int>()).big).write(big)
        })
    };
    made.map_err(|_| cx.memory_error())
}

/// An int value of any size, for arithmetic. `bool` and subclasses of `int` included.
pub enum IntRef<'a> {
    Small(i64),
    Big(&'a IBig),
}

impl IntRef<'_> {
    pub fn to_big(&self) -> IBig {
        match self {
            IntRef::Small(i) => IBig::from(*i),
            IntRef::Big(b) => (*b).clone(),
        }
    }
}

/// The integer of an `int` (subclasses and bool included).
#[inline]
pub fn as_int(v: &Value) -> Option<IntRef<'_>> {
    if let Some(i) = v.as_small_int() {
        return Some(IntRef::Small(i));
    }
    if v.is_true() {
        return Some(IntRef::Small(1));
    }
    if v.is_false() {
        return Some(IntRef::Small(0));
    }
    v.downcast::<Int>().map(|i| IntRef::Big(&i.big))
}

/// Whether an int value is zero.
#[inline]
pub fn is_zero(v: &Value) -> bool {
    match as_int(v) {
        Some(IntRef::Small(i)) => i == 0,
        Some(IntRef::Big(b)) => b.is_zero(),
        None => false,
    }
}

/// Whether an int value is below zero.
#[inline]
pub fn is_negative(v: &Value) -> bool {
    match as_int(v) {
        Some(IntRef::Small(i)) => i < 0,
        Some(IntRef::Big(b)) => b.sign() == dashu_int::Sign::Negative,
        None => false,
    }
}
