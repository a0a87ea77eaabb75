//! What Python sees of `int`. Ints are mostly immediate words, so methods take the word (`this`) instead of a struct.

use super::{Int, IntRef, arith, as_int, new_big, new_int, text};
use crate::native::*;
use crate::number::{self, lift};
use crate::objects::str::Str;
use crate::objects::{bytes, float, tuple};
use crate::statics::word;
use crate::{Cx, Res, Value, ValueExt};
use typhon_text::int_bytes::{self, ByteOrder};

/// The operation `f` when both operands are ints, else NotImplemented.
#[inline(always)]
fn both(
    cx: &mut Cx,
    a: &Value,
    b: &Value,
    f: impl FnOnce(&mut Cx, &Value, &Value) -> Res<Value>,
) -> Res<Value> {
    if as_int(a).is_some() && as_int(b).is_some() {
        f(cx, a, b)
    } else {
        Ok(Value::not_implemented())
    }
}

/// Make an instance of `cls` (int or a subclass) from an exact int.
pub fn of_class(cx: &mut Cx, cls: &Type, exact: Value) -> Res<Value> {
    if cls.word() == word::INT {
        return Ok(exact);
    }
    let big = as_int(&exact).map(|i| i.to_big()).unwrap_or_default();
    crate::objects::object::alloc::<Int>(
        cx,
        cls,
        Int {
            head: Header::placeholder(),
            big,
        },
    )
}

#[pymethods]
impl Int {
    #[new]
    #[counted]
    #[sig(x = absent, /, base = absent)]
    #[text_signature(none)]
    fn new(cls: &Type, x: Option<&Value>, base: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let r = match (x, base) {
            (None, None) => new_int(cx, 0)?,
            (None, Some(_)) => return Err(cx.type_error("int() missing string argument")),
            (Some(x), None) => number::to_int(cx, x)?,
            (Some(x), Some(base)) => {
                let base = number::index_isize(cx, base)?;
                if (base != 0 && base < 2) || base > 36 {
                    return Err(cx.value_error("int() base must be >= 2 and <= 36, or 0"));
                }
                if let Some(s) = x.downcast::<Str>() {
                    text::parse_str(cx, s, base as u32)?
                } else if let Some(data) = bytes::bytes_or_bytearray(cx, x) {
                    text::parse_bytes(cx, &data, base as u32)?
                } else {
                    return Err(cx.type_error("int() can't convert non-string with explicit base"));
                }
            }
        };
        of_class(cx, cls, r)
    }

    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<Value> {
        text::repr(cx, this)
    }
    #[slot]
    fn hash(this: &Value) -> i64 {
        match as_int(this) {
            Some(IntRef::Small(i)) => typhon_text::hash::hash_i64(i),
            Some(IntRef::Big(b)) => typhon_text::hash::hash_int(b),
            None => 0,
        }
    }
    #[slot]
    fn richcompare(this: &Value, other: &Value, op: CmpOp) -> Value {
        if as_int(other).is_none() {
            return Value::not_implemented();
        }
        Value::bool(op.matches(arith::cmp(this, other)))
    }
    #[slot]
    fn add(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        both(cx, left, right, arith::add)
    }
    #[slot]
    fn sub(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        both(cx, left, right, arith::sub)
    }
    #[slot]
    fn mul(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        both(cx, left, right, arith::mul)
    }
    #[slot]
    fn truediv(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        both(cx, left, right, arith::truediv)
    }
    #[slot]
    fn floordiv(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        both(cx, left, right, arith::floordiv)
    }
    #[slot]
    fn mod_(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        both(cx, left, right, arith::mod_)
    }
    #[slot]
    fn divmod(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        both(cx, left, right, |cx, a, b| {
            let (q, r) = arith::divmod_pair(cx, a, b)?;
            tuple::new_tuple(cx, vec![q, r])
        })
    }
    #[slot]
    fn pow(left: &Value, right: &Value, modulus: &Value, cx: &mut Cx) -> Res<Value> {
        if as_int(left).is_none() || as_int(right).is_none() {
            return Ok(Value::not_implemented());
        }
        if modulus.is_none() {
            return arith::pow(cx, left, right, None);
        }
        if as_int(modulus).is_none() {
            return Ok(Value::not_implemented());
        }
        arith::pow(cx, left, right, Some(modulus))
    }
    #[slot]
    fn lshift(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        both(cx, left, right, arith::lshift)
    }
    #[slot]
    fn rshift(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        both(cx, left, right, arith::rshift)
    }
    #[slot]
    fn and(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        both(cx, left, right, arith::and)
    }
    #[slot]
    fn or(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        both(cx, left, right, arith::or)
    }
    #[slot]
    fn xor(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        both(cx, left, right, arith::xor)
    }
    #[slot]
    fn neg(this: &Value, cx: &mut Cx) -> Res<Value> {
        arith::neg(cx, this)
    }
    #[slot]
    fn pos(this: &Value, cx: &mut Cx) -> Res<Value> {
        number::to_index(cx, this)
    }
    #[slot]
    fn abs(this: &Value, cx: &mut Cx) -> Res<Value> {
        arith::abs(cx, this)
    }
    #[slot]
    fn invert(this: &Value, cx: &mut Cx) -> Res<Value> {
        arith::invert(cx, this)
    }
    #[slot]
    fn bool(this: &Value) -> bool {
        !super::is_zero(this)
    }
    #[slot]
    fn int(this: &Value, cx: &mut Cx) -> Res<Value> {
        number::to_index(cx, this)
    }
    #[slot]
    fn index(this: &Value, cx: &mut Cx) -> Res<Value> {
        number::to_index(cx, this)
    }
    #[slot]
    fn float(this: &Value, cx: &mut Cx) -> Res<Value> {
        let f = match as_int(this) {
            Some(i) => number::int_to_f64(cx, i)?,
            None => 0.0,
        };
        float::new_float(cx, f)
    }

    /// Returns self, the complex conjugate of any int.
    fn conjugate(this: &Value, cx: &mut Cx) -> Res<Value> {
        number::to_index(cx, this)
    }
    /// Number of bits necessary to represent self in binary.
    ///
    /// >>> bin(37)
    /// '0b100101'
    /// >>> (37).bit_length()
    /// 6
    fn bit_length(this: &Value) -> usize {
        match as_int(this) {
            Some(IntRef::Small(i)) => (64 - i.unsigned_abs().leading_zeros()) as usize,
            Some(IntRef::Big(b)) => int_bytes::bit_length(b),
            None => 0,
        }
    }
    /// Number of ones in the binary representation of the absolute value of self.
    ///
    /// Also known as the population count.
    ///
    /// >>> bin(13)
    /// '0b1101'
    /// >>> (13).bit_count()
    /// 3
    fn bit_count(this: &Value) -> usize {
        match as_int(this) {
            Some(IntRef::Small(i)) => i.unsigned_abs().count_ones() as usize,
            Some(IntRef::Big(b)) => int_bytes::bit_count(b),
            None => 0,
        }
    }
    /// Return an array of bytes representing an integer.
    ///
    ///   length
    ///     Length of bytes object to use.  An OverflowError is raised if the
    ///     integer is not representable with the given number of bytes.  Default
    ///     is length 1.
    ///   byteorder
    ///     The byte order used to represent the integer.  If byteorder is 'big',
    ///     the most significant byte is at the beginning of the byte array.  If
    ///     byteorder is 'little', the most significant byte is at the end of the
    ///     byte array.  To request the native byte order of the host system, use
    ///     sys.byteorder as the byte order value.  Default is to use 'big'.
    ///   signed
    ///     Determines whether two's complement is used to represent the integer.
    ///     If signed is False and a negative integer is given, an OverflowError
    ///     is raised.
    #[sig(length = 1, byteorder = "big", *, signed = False)]
    fn to_bytes(
        this: &Value,
        length: isize,
        byteorder: &str,
        signed: bool,
        cx: &mut Cx,
    ) -> Res<Value> {
        let order = lift(cx, ByteOrder::parse(byteorder))?;
        if length < 0 {
            return Err(cx.value_error("length argument must be non-negative"));
        }
        if length > isize::MAX >> 8 {
            return Err(cx.memory_error());
        }
        if let Some(n) = this.as_small_int()
            && let Some(data) = int_bytes::small_to_bytes(n, length as usize, order, signed)
        {
            return bytes::new_bytes(cx, &data[..length as usize]);
        }
        let data = lift(
            cx,
            int_bytes::to_bytes(&arith::big(this), length as usize, order, signed),
        )?;
        bytes::new_bytes(cx, &data)
    }
    /// Return the integer represented by the given array of bytes.
    ///
    ///   bytes
    ///     Holds the array of bytes to convert.  The argument must either
    ///     support the buffer protocol or be an iterable object producing bytes.
    ///     Bytes and bytearray are examples of built-in objects that support the
    ///     buffer protocol.
    ///   byteorder
    ///     The byte order used to represent the integer.  If byteorder is 'big',
    ///     the most significant byte is at the beginning of the byte array.  If
    ///     byteorder is 'little', the most significant byte is at the end of the
    ///     byte array.  To request the native byte order of the host system, use
    ///     sys.byteorder as the byte order value.  Default is to use 'big'.
    ///   signed
    ///     Indicates whether two's complement is used to represent the integer.
    #[classmethod]
    #[sig(bytes, byteorder = "big", *, signed = False)]
    fn from_bytes(
        cls: &Type,
        bytes: &Value,
        byteorder: &str,
        signed: bool,
        cx: &mut Cx,
    ) -> Res<Value> {
        let order = lift(cx, ByteOrder::parse(byteorder))?;
        let small = (bytes.downcast_exact::<crate::objects::Bytes>())
            .and_then(|b| int_bytes::small_from_bytes(b.as_slice(), order, signed));
        let n = match small {
            Some(n) => new_int(cx, n)?,
            None => {
                let data = bytes::object_bytes(cx, bytes)?;
                new_big(cx, int_bytes::from_bytes(&data, order, signed))?
            }
        };
        if cls.word() == word::INT {
            return Ok(n);
        }
        let cls = cls.value();
        crate::protocol::call(cx, &cls, &[n])
    }
    /// Return a pair of integers, whose ratio is equal to the original int.
    ///
    /// The ratio is in lowest terms and has a positive denominator.
    ///
    /// >>> (10).as_integer_ratio()
    /// (10, 1)
    /// >>> (-10).as_integer_ratio()
    /// (-10, 1)
    /// >>> (0).as_integer_ratio()
    /// (0, 1)
    fn as_integer_ratio(this: &Value, cx: &mut Cx) -> Res<Value> {
        let n = number::to_index(cx, this)?;
        tuple::new_tuple(cx, vec![n, Value::small_int(1)])
    }
    /// Returns True. Exists for duck type compatibility with float.is_integer.
    fn is_integer(this: &Value) -> bool {
        let _ = this;
        true
    }
    /// Truncating an Integral returns itself.
    fn __trunc__(this: &Value, cx: &mut Cx) -> Res<Value> {
        number::to_index(cx, this)
    }
    /// Flooring an Integral returns itself.
    fn __floor__(this: &Value, cx: &mut Cx) -> Res<Value> {
        number::to_index(cx, this)
    }
    /// Ceiling of an Integral returns itself.
    fn __ceil__(this: &Value, cx: &mut Cx) -> Res<Value> {
        number::to_index(cx, this)
    }
    /// Rounding an Integral returns itself.
    ///
    /// Rounding with an ndigits argument also returns an integer.
    #[sig(ndigits = None, /)]
    fn __round__(this: &Value, ndigits: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        match ndigits {
            None => number::to_index(cx, this),
            Some(n) => {
                let n = number::to_index(cx, n)?;
                arith::round(cx, this, &n)
            }
        }
    }
    fn __getnewargs__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let n = number::to_index(cx, this)?;
        tuple::new_tuple(cx, vec![n])
    }
    /// Convert to a string according to format_spec.
    fn __format__(this: &Value, format_spec: &Str, cx: &mut Cx) -> Res<Value> {
        text::format(cx, this, format_spec)
    }
    /// Returns size in memory, in bytes.
    fn __sizeof__(this: &Value) -> usize {
        match as_int(this) {
            Some(IntRef::Big(b)) => size_of::<Int>() + int_bytes::bit_length(b).div_ceil(64) * 8,
            _ => 8,
        }
    }
    /// the real part of a complex number
    #[getter]
    fn real(this: &Value, cx: &mut Cx) -> Res<Value> {
        number::to_index(cx, this)
    }
    /// the imaginary part of a complex number
    #[getter]
    fn imag(this: &Value) -> Value {
        let _ = this;
        Value::small_int(0)
    }
    /// the numerator of a rational number in lowest terms
    #[getter]
    fn numerator(this: &Value, cx: &mut Cx) -> Res<Value> {
        number::to_index(cx, this)
    }
    /// the denominator of a rational number in lowest terms
    #[getter]
    fn denominator(this: &Value) -> Value {
        let _ = this;
        Value::small_int(1)
    }
}
