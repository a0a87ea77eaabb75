//! `float`: an IEEE double; common exponents are immediate in the value word, the rest stand here in a cell.

pub mod arith;
pub mod methods;

use crate::native::pytype;
use crate::statics::{self, word};
use crate::{Cx, Res, Value, ValueExt};
use typhon_runtime::header::Header;

/// Convert a string or number to a floating-point number, if possible.
#[pytype(name = "float", basetype, static_index = FLOAT)]
pub struct Float {
    pub head: Header,
    pub value: f64,
}

/// Make a float value.
#[inline(always)]
pub fn new_float(cx: &mut Cx, f: f64) -> Res<Value> {
    match Value::from_float_imm(f) {
        Some(v) => Ok(v),
        None => new_float_slow(cx, f),
    }
}

#[cold]
#[inline(never)]
fn new_float_slow(cx: &mut Cx, f: f64) -> Res<Value> {
    if f == 0.0 {
        return Ok(statics::immortal(if f.is_sign_negative() {
            statics::FLOAT_NEG_ZERO
        } else {
            statics::FLOAT_ZERO
        }));
    }
    // SAFETY: R12: the payload is written before the type word.
    let made = unsafe {
        typhon_runtime::alloc_sized(&cx.thread, size_of::<Float>(), word::FLOAT, |p| {
            (&raw mut (*p.cast::<Float>()).value).write(f)
        })
    };
    made.map_err(|_| cx.memory_error())
}

/// The double of a float or float subclass.
#[inline(always)]
pub fn as_f64(v: &Value) -> Option<f64> {
    match v.as_float_imm() {
        Some(f) => Some(f),
        None => v.downcast::<Float>().map(|f| f.value),
    }
}

/// The double of an exact float.
#[inline(always)]
pub fn as_f64_exact(v: &Value) -> Option<f64> {
    match v.as_float_imm() {
        Some(f) => Some(f),
        None => v.downcast_exact::<Float>().map(|f| f.value),
    }
}
