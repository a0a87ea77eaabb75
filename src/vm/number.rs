//! Conversions between Python's numbers and Rust's: `__index__`, `__float__`, sizes and positions as C's integers. Also the
//! bridge that turns an error of the text crate into a raised exception.

use crate::objects::Str;
use crate::objects::bytes;
use crate::objects::float;
use crate::objects::int::{self, IntRef, as_int, new_big};
use crate::statics::word;
use crate::{Cx, ExcKind, Raised, Res, Value, ValueExt};
use dashu_int::IBig;
use typhon_text::ErrorKind;

/// The exception an error of the text crate stands for. `struct.error` and `binascii.Error` belong to their modules, which
/// match on them before they come here; both are `ValueError`s to anybody else.
#[cold]
pub fn raise_text(cx: &mut Cx, e: typhon_text::Error) -> Raised {
    let kind = match e.kind {
        ErrorKind::Value | ErrorKind::Struct | ErrorKind::Binascii => ExcKind::ValueError,
        ErrorKind::Type => ExcKind::TypeError,
        ErrorKind::Overflow => ExcKind::OverflowError,
        ErrorKind::ZeroDivision => ExcKind::ZeroDivisionError,
        ErrorKind::Lookup => ExcKind::LookupError,
        ErrorKind::Memory => return cx.memory_error(),
        ErrorKind::Key => {
            return match crate::objects::str::new_str(cx, &e.msg) {
                Ok(key) => cx.key_error(&key),
                Err(raised) => raised,
            };
        }
    };
    cx.raise(kind, e.msg)
}

/// Turn a result of the text crate into ours.
#[inline]
pub fn lift<T>(cx: &mut Cx, r: typhon_text::Result<T>) -> Res<T> {
    r.map_err(|e| raise_text(cx, e))
}

/// Whether the class of `v` is exactly `int`.
#[inline(always)]
pub fn is_exact_int(v: &Value) -> bool {
    v.class_word() == word::INT
}

pub use to_index as index;

/// `operator.index(v)`: an exact `int`.
#[inline]
pub fn to_index(cx: &mut Cx, v: &Value) -> Res<Value> {
    if is_exact_int(v) {
        Ok(v.clone())
    } else {
        to_index_slow(cx, v)
    }
}

#[inline(never)]
fn to_index_slow(cx: &mut Cx, v: &Value) -> Res<Value> {
    if let Some(i) = as_int(v) {
        return exact(cx, i);
    }
    let Some(f) = v.ty().slots.index.get() else {
        let n = v.type_name();
        return Err(cx.type_error(format!("'{n}' object cannot be interpreted as an integer")));
    };
    let r = f(cx, v)?;
    checked_int(cx, r, "__index__")
}

/// An exact `int` of the same value.
pub fn exact(cx: &mut Cx, i: IntRef<'_>) -> Res<Value> {
    match i {
        IntRef::Small(i) => int::new_int(cx, i),
        IntRef::Big(b) => new_big(cx, b.clone()),
    }
}

/// What `__index__` or `__int__` gave, made an exact `int`; instances of strict subclasses bring a warning.
pub fn checked_int(cx: &mut Cx, r: Value, method: &str) -> Res<Value> {
    if is_exact_int(&r) {
        return Ok(r);
    }
    let n = r.type_name();
    if as_int(&r).is_none() {
        return Err(cx.type_error(format!("{method} returned non-int (type {n})")));
    }
    cx.warn(
        ExcKind::DeprecationWarning,
        &format!(
            "{method} returned non-int (type {n}).  The ability to return an instance of a strict subclass of int is deprecated, \
             and may not be supported in a future version of Python."
        ),
    )?;
    match as_int(&r) {
        Some(i) => exact(cx, i),
        None => Ok(r),
    }
}

/// `int(v)` for anything with `__int__` or `__index__`, or a literal in str or bytes.
pub fn to_int(cx: &mut Cx, v: &Value) -> Res<Value> {
    if is_exact_int(v) {
        return Ok(v.clone());
    }
    if let Some(f) = v.ty().slots.int.get() {
        let r = f(cx, v)?;
        return checked_int(cx, r, "__int__");
    }
    if v.ty().slots.index.get().is_some() {
        return to_index(cx, v);
    }
    if let Some(s) = v.downcast::<Str>() {
        return int::text::parse_str(cx, s, 10);
    }
    if let Some(data) = bytes::contents_opt(cx, v)? {
        return int::text::parse_bytes(cx, &data, 10);
    }
    let n = v.type_name();
    Err(cx.type_error(format!(
        "int() argument must be a string, a bytes-like object or a real number, not '{n}'"
    )))
}

/// `operator.index(v)` as a big integer.
pub fn as_bigint(cx: &mut Cx, v: &Value) -> Res<IBig> {
    if let Some(i) = as_int(v) {
        return Ok(i.to_big());
    }
    let i = to_index(cx, v)?;
    Ok(as_int(&i).map(|i| i.to_big()).unwrap_or(IBig::ZERO))
}

/// `operator.index(v)`, clamped to an `i64`; the flag tells whether it had to be (1 or -1).
#[inline]
fn clamped(cx: &mut Cx, v: &Value) -> Res<(i64, i8)> {
    match v.as_small_int() {
        Some(i) => Ok((i, 0)),
        None => clamped_slow(cx, v),
    }
}

#[inline(never)]
fn clamped_slow(cx: &mut Cx, v: &Value) -> Res<(i64, i8)> {
    let i = to_index(cx, v)?;
    Ok(match as_int(&i) {
        Some(IntRef::Small(i)) => (i, 0),
        Some(IntRef::Big(b)) => match i64::try_from(b) {
            Ok(i) => (i, 0),
            Err(_) if b.sign() == dashu_int::Sign::Negative => (i64::MIN, -1),
            Err(_) => (i64::MAX, 1),
        },
        None => (0, 0),
    })
}

/// An index or bound, clamped to the range of sizes as slices do.
#[inline]
pub fn index_isize(cx: &mut Cx, v: &Value) -> Res<isize> {
    Ok(clamped(cx, v)?.0 as isize)
}

/// An index that must fit a size: `kind` ("cannot fit 'int' into an index-sized integer") otherwise.
#[inline]
pub fn index_isize_checked(cx: &mut Cx, v: &Value, kind: ExcKind) -> Res<isize> {
    match clamped(cx, v)? {
        (i, 0) => Ok(i as isize),
        _ => Err(beyond_index(cx, v, kind)),
    }
}

#[cold]
fn beyond_index(cx: &mut Cx, v: &Value, kind: ExcKind) -> Raised {
    let n = v.type_name();
    cx.raise(
        kind,
        format!("cannot fit '{n}' into an index-sized integer"),
    )
}

/// An `i64`, as C's `long`.
#[inline]
pub fn index_i64(cx: &mut Cx, v: &Value) -> Res<i64> {
    match clamped(cx, v)? {
        (i, 0) => Ok(i),
        _ => Err(cx.overflow_error("Python int too large to convert to C long")),
    }
}

/// An `i32`, as C's `int`.
pub fn index_i32(cx: &mut Cx, v: &Value) -> Res<i32> {
    match clamped(cx, v)? {
        (_, out) if out != 0 => Err(cx.overflow_error("Python int too large to convert to C long")),
        (i, _) => match i32::try_from(i) {
            Ok(i) => Ok(i),
            Err(_) => {
                let side = if i < 0 {
                    "less than minimum"
                } else {
                    "greater than maximum"
                };
                Err(cx.overflow_error(format!("signed integer is {side}")))
            }
        },
    }
}

/// A `u64`, as C's `unsigned long`.
pub fn index_u64(cx: &mut Cx, v: &Value) -> Res<u64> {
    let i = to_index(cx, v)?;
    let r = match as_int(&i) {
        Some(IntRef::Small(i)) => u64::try_from(i).ok(),
        Some(IntRef::Big(b)) => u64::try_from(b).ok(),
        None => None,
    };
    match r {
        Some(n) => Ok(n),
        None if int::is_negative(&i) => {
            Err(cx.overflow_error("can't convert negative value to unsigned int"))
        }
        None => Err(cx.overflow_error("Python int too large to convert to C unsigned long")),
    }
}

/// `float(v)` without text: `__float__`, then `__index__`.
#[inline]
pub fn as_f64(cx: &mut Cx, v: &Value) -> Res<f64> {
    match float::as_f64_exact(v) {
        Some(f) => Ok(f),
        None => as_f64_slow(cx, v),
    }
}

#[inline(never)]
fn as_f64_slow(cx: &mut Cx, v: &Value) -> Res<f64> {
    match as_f64_opt(cx, v)? {
        Some(f) => Ok(f),
        None => {
            let n = v.type_name();
            Err(cx.type_error(format!("must be real number, not {n}")))
        }
    }
}

/// The double of an int.
pub fn int_to_f64(cx: &mut Cx, i: IntRef<'_>) -> Res<f64> {
    match i {
        IntRef::Small(i) => Ok(i as f64),
        IntRef::Big(b) => lift(cx, typhon_text::int_float::int_to_f64(b)),
    }
}

/// `float(v)` for numbers; None when `v` is none.
pub fn as_f64_opt(cx: &mut Cx, v: &Value) -> Res<Option<f64>> {
    if let Some(f) = float::as_f64_exact(v) {
        return Ok(Some(f));
    }
    if is_exact_int(v)
        && let Some(i) = as_int(v)
    {
        return int_to_f64(cx, i).map(Some);
    }
    if let Some(f) = v.ty().slots.float.get() {
        let r = f(cx, v)?;
        if let Some(x) = float::as_f64_exact(&r) {
            return Ok(Some(x));
        }
        let (n, t) = (v.type_name(), r.type_name());
        let Some(x) = float::as_f64(&r) else {
            return Err(cx.type_error(format!("{n}.__float__ returned non-float (type {t})")));
        };
        cx.warn(
            ExcKind::DeprecationWarning,
            &format!(
                "{n}.__float__ returned non-float (type {t}).  The ability to return an instance of a strict subclass of float \
                 is deprecated, and may not be supported in a future version of Python."
            ),
        )?;
        return Ok(Some(x));
    }
    if v.ty().slots.index.get().is_some() {
        let i = to_index(cx, v)?;
        if let Some(i) = as_int(&i) {
            return int_to_f64(cx, i).map(Some);
        }
    }
    Ok(None)
}

/// The optional bounds of `find` and its kin, resolved against a length; None where even an empty needle is not found.
pub fn search_bounds(
    cx: &mut Cx,
    start: Option<&Value>,
    end: Option<&Value>,
    len: usize,
) -> Res<Option<std::ops::Range<usize>>> {
    let (start, end) = given_bounds(cx, start, end)?;
    Ok(typhon_text::strings::search_range(len, start, end))
}

/// The same before the length is known: what can change meanwhile has its length read under the lock it is searched under.
pub fn given_bounds(
    cx: &mut Cx,
    start: Option<&Value>,
    end: Option<&Value>,
) -> Res<(Option<isize>, Option<isize>)> {
    let mut get = |v: Option<&Value>| match v {
        None => Ok(None),
        Some(v) if v.is_none() => Ok(None),
        Some(v) => slice_bound(cx, v).map(Some),
    };
    Ok((get(start)?, get(end)?))
}

/// One bound of a slice, clamped.
pub fn slice_bound(cx: &mut Cx, v: &Value) -> Res<isize> {
    if v.as_small_int().is_none() && as_int(v).is_none() && v.ty().slots.index.get().is_none() {
        return Err(
            cx.type_error("slice indices must be integers or None or have an __index__ method")
        );
    }
    index_isize(cx, v)
}
