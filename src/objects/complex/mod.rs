//! `complex`: two doubles. `arith.rs` has the arithmetic, `methods.rs` what Python sees.

pub mod arith;
pub mod methods;

use crate::native::*;
use crate::number;
use crate::objects::{float, int};
use crate::{Cx, ExcKind, Res, Value, ValueExt};

/// Create a complex number from a string or numbers.
///
/// If a string is given, parse it as a complex number.
/// If a single number is given, convert it to a complex number.
/// If the 'real' or 'imag' arguments are given, create a complex number
/// with the specified real and imaginary components.
#[pytype(name = "complex", basetype, static_index = COMPLEX)]
pub struct Complex {
    pub head: Header,
    pub re: f64,
    pub im: f64,
}

/// Real and imaginary part.
pub type C = (f64, f64);

/// Make a complex value.
pub fn new_complex(cx: &mut Cx, re: f64, im: f64) -> Res<Value> {
    let cls = Type::of::<Complex>();
    crate::objects::object::alloc::<Complex>(
        cx,
        cls,
        Complex {
            head: Header::placeholder(),
            re,
            im,
        },
    )
}

/// The parts of a complex (or subclass).
#[inline]
pub fn as_complex(v: &Value) -> Option<C> {
    v.downcast::<Complex>().map(|c| (c.re, c.im))
}

/// The result of `__complex__`, when the class has it.
pub fn special(cx: &mut Cx, v: &Value) -> Res<Option<C>> {
    let Some(r) = crate::protocol::call_special(cx, v, "__complex__", &[])? else {
        return Ok(None);
    };
    let (n, t) = (v.type_name(), r.type_name());
    let Some(c) = as_complex(&r) else {
        return Err(cx.type_error(format!("{n}.__complex__() must return a complex, not {t}")));
    };
    if r.downcast_exact::<Complex>().is_none() {
        cx.warn(
            ExcKind::DeprecationWarning,
            &format!(
                "{n}.__complex__() must return a complex, not {t}.  The ability to return an instance of a strict subclass of \
                 complex is deprecated, and may not be supported in a future version of Python."
            ),
        )?;
    }
    Ok(Some(c))
}

/// Any number as a complex one (`cmath`): complex, `__complex__`, `__float__`, `__index__`.
pub fn to_complex(cx: &mut Cx, v: &Value) -> Res<C> {
    if let Some(c) = v.downcast_exact::<Complex>() {
        return Ok((c.re, c.im));
    }
    if float::as_f64_exact(v).is_none()
        && int::as_int(v).is_none()
        && let Some(c) = special(cx, v)?
    {
        return Ok(c);
    }
    if let Some(c) = as_complex(v) {
        return Ok(c);
    }
    Ok((number::as_f64(cx, v)?, 0.0))
}
