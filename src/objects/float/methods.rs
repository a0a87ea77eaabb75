//! What Python sees of `float`. Floats are mostly immediate words, so methods take the word (`this`).

use super::{Float, arith, as_f64, as_f64_exact, new_float};
use crate::native::*;
use crate::number::{self, lift};
use crate::objects::int::new_big;
use crate::objects::str::{Str, new_str};
use crate::objects::{bytes, tuple};
use crate::statics::word;
use crate::{Cx, Res, Value, ValueExt};
use typhon_text::{float_math, float_text, int_float};

fn value(v: &Value) -> f64 {
    as_f64(v).unwrap_or(f64::NAN)
}

/// The operation on doubles when both operands are floats or ints, else NotImplemented.
fn both(cx: &mut Cx, a: &Value, b: &Value) -> Res<Option<(f64, f64)>> {
    let Some(x) = arith::operand(cx, a)? else {
        return Ok(None);
    };
    Ok(arith::operand(cx, b)?.map(|y| (x, y)))
}

/// Make an instance of `cls` (float or a subclass).
pub fn of_class(cx: &mut Cx, cls: &Type, value: f64) -> Res<Value> {
    if cls.word() == word::FLOAT {
        return new_float(cx, value);
    }
    crate::objects::object::alloc::<Float>(
        cx,
        cls,
        Float {
            head: Header::placeholder(),
            value,
        },
    )
}

/// `float(v)`: numbers, and literals in str, bytes and buffers.
pub fn to_float(cx: &mut Cx, v: &Value) -> Res<f64> {
    if let Some(f) = as_f64_exact(v) {
        return Ok(f);
    }
    if let Some(f) = number::as_f64_opt(cx, v)? {
        return Ok(f);
    }
    if let Some(s) = v.downcast::<Str>() {
        return lift(cx, float_text::parse(s.text()));
    }
    if let Some(data) = bytes::contents_opt(cx, v)? {
        return lift(cx, float_text::parse_bytes(&data));
    }
    let n = v.type_name();
    Err(cx.type_error(format!(
        "float() argument must be a string or a real number, not '{n}'"
    )))
}

/// `repr(x)`
pub fn repr(cx: &mut Cx, x: f64) -> Res<Value> {
    new_str(cx, &float_text::repr(x))
}

/// `format(x, spec)`
pub fn format(cx: &mut Cx, v: &Value, spec: &Str) -> Res<Value> {
    if spec.is_empty() {
        return crate::protocol::str(cx, v);
    }
    let name = v.type_name();
    let r = typhon_text::format_number::format_float(
        value(v),
        spec.text(),
        &name,
        crate::objects::format::locale(),
    );
    let text = lift(cx, r)?;
    crate::objects::str::new_from_buf(cx, text)
}

#[pymethods]
impl Float {
    #[new]
    #[sig(x = absent, /)]
    #[text_signature = "(x=0, /)"]
    fn new(cls: &Type, x: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let f = match x {
            None => 0.0,
            Some(v) if cls.word() == word::FLOAT && as_f64_exact(v).is_some() => {
                return Ok(v.clone());
            }
            Some(v) => to_float(cx, v)?,
        };
        of_class(cx, cls, f)
    }
    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<Value> {
        repr(cx, value(this))
    }
    #[slot]
    fn hash(this: &Value) -> i64 {
        match typhon_text::hash::hash_f64(value(this)) {
            Some(h) => h,
            None => crate::objects::object::hash::hash_pointer(this),
        }
    }
    #[slot]
    fn richcompare(this: &Value, other: &Value, op: CmpOp) -> Value {
        match arith::compare(value(this), other) {
            None => Value::not_implemented(),
            Some(Some(ord)) => Value::bool(op.matches(ord)),
            Some(None) => Value::bool(op == CmpOp::Ne),
        }
    }
    #[slot]
    fn add(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        arith::add(cx, left, right)
    }
    #[slot]
    fn sub(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        arith::sub(cx, left, right)
    }
    #[slot]
    fn mul(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        arith::mul(cx, left, right)
    }
    #[slot]
    fn truediv(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        arith::truediv(cx, left, right)
    }
    #[slot]
    fn floordiv(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        arith::floordiv(cx, left, right)
    }
    #[slot]
    fn mod_(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        arith::mod_(cx, left, right)
    }
    #[slot]
    fn divmod(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        let Some((x, y)) = both(cx, left, right)? else {
            return Ok(Value::not_implemented());
        };
        let (q, r) = arith::divmod_f64(cx, x, y)?;
        let (q, r) = (new_float(cx, q)?, new_float(cx, r)?);
        tuple::new_tuple(cx, vec![q, r])
    }
    #[slot]
    fn pow(left: &Value, right: &Value, modulus: &Value, cx: &mut Cx) -> Res<Value> {
        if !modulus.is_none() {
            return Err(
                cx.type_error("pow() 3rd argument not allowed unless all arguments are integers")
            );
        }
        let Some((x, y)) = both(cx, left, right)? else {
            return Ok(Value::not_implemented());
        };
        arith::pow(cx, x, y)
    }
    #[slot]
    fn neg(this: &Value, cx: &mut Cx) -> Res<Value> {
        new_float(cx, -value(this))
    }
    #[slot]
    fn pos(this: &Value, cx: &mut Cx) -> Res<Value> {
        exact(cx, this)
    }
    #[slot]
    fn abs(this: &Value, cx: &mut Cx) -> Res<Value> {
        new_float(cx, value(this).abs())
    }
    #[slot]
    fn bool(this: &Value) -> bool {
        value(this) != 0.0
    }
    #[slot]
    fn int(this: &Value, cx: &mut Cx) -> Res<Value> {
        to_integer(cx, value(this))
    }
    #[slot]
    fn float(this: &Value, cx: &mut Cx) -> Res<Value> {
        exact(cx, this)
    }

    /// Convert real number to a floating-point number.
    #[classmethod]
    fn from_number(cls: &Type, number: &Value, cx: &mut Cx) -> Res<Value> {
        if cls.word() == word::FLOAT && as_f64_exact(number).is_some() {
            return Ok(number.clone());
        }
        let f = number::as_f64(cx, number)?;
        construct(cx, cls, f)
    }
    /// Return self, the complex conjugate of any float.
    fn conjugate(this: &Value, cx: &mut Cx) -> Res<Value> {
        exact(cx, this)
    }
    /// Return the Integral closest to x between 0 and x.
    fn __trunc__(this: &Value, cx: &mut Cx) -> Res<Value> {
        to_integer(cx, value(this))
    }
    /// Return the floor as an Integral.
    fn __floor__(this: &Value, cx: &mut Cx) -> Res<Value> {
        to_integer(cx, value(this).floor())
    }
    /// Return the ceiling as an Integral.
    fn __ceil__(this: &Value, cx: &mut Cx) -> Res<Value> {
        to_integer(cx, value(this).ceil())
    }
    /// Return the Integral closest to x, rounding half toward even.
    ///
    /// When an argument is passed, work like built-in round(x, ndigits).
    #[sig(ndigits = None, /)]
    fn __round__(this: &Value, ndigits: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        match ndigits {
            None => {
                let n = lift(cx, float_math::round_to_int(value(this)))?;
                new_big(cx, n)
            }
            Some(n) => arith::round(cx, value(this), n),
        }
    }
    /// Return a pair of integers, whose ratio is exactly equal to the original float.
    ///
    /// The ratio is in lowest terms and has a positive denominator.  Raise
    /// OverflowError on infinities and a ValueError on NaNs.
    ///
    /// >>> (10.0).as_integer_ratio()
    /// (10, 1)
    /// >>> (0.0).as_integer_ratio()
    /// (0, 1)
    /// >>> (-.25).as_integer_ratio()
    /// (-1, 4)
    fn as_integer_ratio(this: &Value, cx: &mut Cx) -> Res<Value> {
        let (n, d) = lift(cx, float_math::as_integer_ratio(value(this)))?;
        let (n, d) = (new_big(cx, n)?, new_big(cx, d)?);
        tuple::new_tuple(cx, vec![n, d])
    }
    /// Create a floating-point number from a hexadecimal string.
    ///
    /// >>> float.fromhex('0x1.ffffp10')
    /// 2047.984375
    /// >>> float.fromhex('-0x1p-1074')
    /// -5e-324
    #[classmethod]
    fn fromhex(cls: &Type, string: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(s) = string.downcast::<Str>() else {
            return Err(cx.type_error("bad argument type for built-in operation"));
        };
        let f = lift(cx, float_math::from_hex(s.text()))?;
        construct(cx, cls, f)
    }
    /// Return a hexadecimal representation of a floating-point number.
    ///
    /// >>> (-0.1).hex()
    /// '-0x1.999999999999ap-4'
    /// >>> 3.14159.hex()
    /// '0x1.921f9f01b866ep+1'
    fn hex(this: &Value) -> String {
        float_math::hex(value(this))
    }
    /// Return True if the float is an integer.
    fn is_integer(this: &Value) -> bool {
        let x = value(this);
        x.is_finite() && x == x.floor()
    }
    fn __getnewargs__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let f = new_float(cx, value(this))?;
        tuple::new_tuple(cx, vec![f])
    }
    /// You probably don't want to use this function.
    ///
    ///   typestr
    ///     Must be 'double' or 'float'.
    ///
    /// It exists mainly to be used in Python's test suite.
    ///
    /// This function returns whichever of 'unknown', 'IEEE, big-endian' or 'IEEE,
    /// little-endian' best describes the format of floating-point numbers used by the
    /// C type named by typestr.
    #[classmethod]
    fn __getformat__(cls: &Type, typestr: &str, cx: &mut Cx) -> Res<String> {
        let _ = cls;
        if !matches!(typestr, "double" | "float") {
            return Err(cx.value_error("__getformat__() argument 1 must be 'double' or 'float'"));
        }
        Ok(if cfg!(target_endian = "little") {
            "IEEE, little-endian"
        } else {
            "IEEE, big-endian"
        }
        .into())
    }
    /// Formats the float according to format_spec.
    fn __format__(this: &Value, format_spec: &Str, cx: &mut Cx) -> Res<Value> {
        format(cx, this, format_spec)
    }
    /// the real part of a complex number
    #[getter]
    fn real(this: &Value, cx: &mut Cx) -> Res<Value> {
        exact(cx, this)
    }
    /// the imaginary part of a complex number
    #[getter]
    fn imag(this: &Value) -> f64 {
        let _ = this;
        0.0
    }
}

/// An exact float of the same value, the object itself when it is one.
fn exact(cx: &mut Cx, v: &Value) -> Res<Value> {
    if v.class_word() == word::FLOAT {
        Ok(v.clone())
    } else {
        new_float(cx, value(v))
    }
}

/// `int(x)` of a double.
pub fn to_integer(cx: &mut Cx, x: f64) -> Res<Value> {
    if x.abs() < 1e18 {
        return crate::objects::int::new_int(cx, x as i64);
    }
    let n = lift(cx, int_float::f64_to_int(x))?;
    new_big(cx, n)
}

/// A float, or what calling the subclass with it gives.
fn construct(cx: &mut Cx, cls: &Type, f: f64) -> Res<Value> {
    let f = new_float(cx, f)?;
    if cls.word() == word::FLOAT {
        return Ok(f);
    }
    let cls = cls.value();
    crate::protocol::call(cx, &cls, &[f])
}
