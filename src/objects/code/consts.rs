//! Constants: the compiler's plain data to values, and back where a constant can be written as data.

use crate::objects::int::{IntRef, as_int};
use crate::objects::str::{Str, new_str_wtf8};
use crate::objects::tuple::new_tuple;
use crate::objects::{Float, Tuple};
use crate::statics;
use crate::{Cx, Res, Value, ValueExt};
use typhon_compiler::code::{Const, PyStr, push_code_point};

/// An interned string.
pub fn name_value(cx: &mut Cx, s: &PyStr) -> Res<Value> {
    use crate::objects::str::intern::{intern, intern_str};
    if let Some(text) = s.to_str() {
        return intern_str(cx, text);
    }
    let v = new_str_wtf8(cx, s.as_bytes())?;
    Ok(intern(&v))
}

/// A tuple of interned strings.
pub fn names_value<'a>(cx: &mut Cx, names: impl Iterator<Item = &'a PyStr>) -> Res<Value> {
    let mut out = Vec::new();
    for n in names {
        out.push(name_value(cx, n)?);
    }
    new_tuple(cx, out)
}

/// Whether a string constant looks like a name; those are interned.
fn is_name_like(s: &PyStr) -> bool {
    s.as_bytes()
        .iter()
        .all(|b| b.is_ascii_alphanumeric() || *b == b'_')
}

/// The value of a constant.
pub fn const_value(cx: &mut Cx, c: &Const) -> Res<Value> {
    Ok(match c {
        Const::None => Value::none(),
        Const::True => Value::bool(true),
        Const::False => Value::bool(false),
        Const::Ellipsis => statics::immortal(statics::ELLIPSIS),
        Const::Int(i) => crate::objects::int::new_int(cx, *i)?,
        Const::BigInt(b) => {
            let big = dashu_int::IBig::from_le_bytes(&b.to_signed_bytes_le());
            crate::objects::int::new_big(cx, big)?
        }
        Const::Float(f) => crate::objects::float::new_float(cx, *f)?,
        Const::Complex(re, im) => crate::objects::complex::new_complex(cx, *re, *im)?,
        Const::Str(s) if is_name_like(s) => name_value(cx, s)?,
        Const::Str(s) => new_str_wtf8(cx, s.as_bytes())?,
        Const::Bytes(b) => crate::objects::bytes::new_bytes(cx, b)?,
        Const::Tuple(items) => {
            let items = const_values(cx, items)?;
            new_tuple(cx, items)?
        }
        Const::FrozenSet(items) => {
            let items = const_values(cx, items)?;
            crate::objects::set::new_frozenset(cx, items)?
        }
        Const::Slice(parts) => {
            let mut p = const_values(cx, &**parts)?.into_iter();
            let mut next = || p.next().unwrap_or_else(Value::none);
            let (start, stop, step) = (next(), next(), next());
            crate::objects::slice::new_slice(cx, start, stop, step)?
        }
        Const::Code(code) => super::methods::new_code(cx, code.clone())?,
    })
}

pub fn const_values(cx: &mut Cx, items: &[Const]) -> Res<Vec<Value>> {
    let mut out = Vec::with_capacity(items.len());
    for c in items {
        out.push(const_value(cx, c)?);
    }
    Ok(out)
}

/// The text of a string as the compiler keeps it.
pub fn py_str(s: &Str) -> PyStr {
    let mut bytes = Vec::with_capacity(s.len());
    for c in s.units().iter() {
        push_code_point(&mut bytes, c);
    }
    PyStr::from_wtf8(bytes)
}

/// The constant a value can be written as; None for values that are no constants.
pub fn value_const(cx: &mut Cx, v: &Value) -> Option<Const> {
    if v.is_none() {
        return Some(Const::None);
    }
    if v.is_true() || v.is_false() {
        return Some(Const::bool(v.is_true()));
    }
    if v.bits() & !4 == statics::ELLIPSIS {
        return Some(Const::Ellipsis);
    }
    if let Some(s) = v.downcast_exact::<Str>() {
        return Some(Const::Str(py_str(s)));
    }
    if v.class_word() == statics::word::INT {
        return match as_int(v)? {
            IntRef::Small(i) => Some(Const::Int(i)),
            IntRef::Big(b) => Some(Const::int(big_const(b))),
        };
    }
    if let Some(f) = v.as_float_imm() {
        return Some(Const::Float(f));
    }
    if let Some(f) = v.downcast_exact::<Float>() {
        return Some(Const::Float(f.value));
    }
    if let Some(b) = v.downcast_exact::<crate::objects::bytes::Bytes>() {
        return Some(Const::Bytes(b.as_slice().to_vec()));
    }
    if let Some(c) = v.downcast_exact::<crate::objects::complex::Complex>() {
        return Some(Const::Complex(c.re, c.im));
    }
    if let Some(t) = v.downcast_exact::<Tuple>() {
        return t
            .items()
            .iter()
            .map(|i| value_const(cx, i))
            .collect::<Option<Vec<_>>>()
            .map(Const::Tuple);
    }
    if let Some(c) = v.downcast_exact::<super::CodeObj>() {
        return Some(Const::Code(c.code.clone()));
    }
    if v.class_word() == statics::word::FROZENSET {
        let items = crate::protocol::collect(cx, v).ok()?;
        return items
            .iter()
            .map(|i| value_const(cx, i))
            .collect::<Option<Vec<_>>>()
            .map(Const::FrozenSet);
    }
    if v.class_word() == statics::word::SLICE {
        let mut parts = Vec::new();
        for n in ["start", "stop", "step"] {
            let p = crate::protocol::getattr_str(cx, v, n).ok()?;
            parts.push(value_const(cx, &p)?);
        }
        return parts
            .try_into()
            .ok()
            .map(|p: [Const; 3]| Const::Slice(Box::new(p)));
    }
    None
}

/// A big integer in the compiler's form.
fn big_const(b: &dashu_int::IBig) -> num_bigint::BigInt {
    num_bigint::BigInt::from_signed_bytes_le(&b.to_le_bytes())
}
