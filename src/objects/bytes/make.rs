//! Bytes out of any object: the contents of bytes-like ones, and `bytes(x)` as a whole.

use super::{Bytes, new_bytes, zeros};
use crate::native::*;
use crate::number;
use crate::objects::bytearray::Bytearray;
use crate::objects::{List, buffer, int, str};
use crate::protocol;
use std::borrow::Cow;

/// The contents of bytes and bytearray (or subclasses); None for others.
pub fn bytes_or_bytearray<'a>(cx: &mut Cx, v: &'a Value) -> Option<Cow<'a, [u8]>> {
    if let Some(b) = v.downcast::<Bytes>() {
        return Some(Cow::Borrowed(b.as_slice()));
    }
    v.downcast::<Bytearray>().map(|b| Cow::Owned(b.to_vec(cx)))
}

pub fn is_bytes_or_bytearray(v: &Value) -> bool {
    v.downcast::<Bytes>().is_some() || v.downcast::<Bytearray>().is_some()
}

/// The contents of anything with a buffer; None for others.
pub fn contents_opt<'a>(cx: &mut Cx, v: &'a Value) -> Res<Option<Cow<'a, [u8]>>> {
    if let Some(c) = bytes_or_bytearray(cx, v) {
        return Ok(Some(c));
    }
    Ok(buffer::get_opt(cx, v, false)?.map(|b| Cow::Owned(b.to_vec())))
}

/// The contents of a bytes-like object.
pub fn contents<'a>(cx: &mut Cx, v: &'a Value) -> Res<Cow<'a, [u8]>> {
    match contents_opt(cx, v)? {
        Some(c) => Ok(c),
        None => {
            let n = v.type_name();
            Err(cx.type_error(format!("a bytes-like object is required, not '{n}'")))
        }
    }
}

/// One byte from an int.
pub fn byte(cx: &mut Cx, v: &Value, what: &str) -> Res<u8> {
    let i = number::index_isize(cx, v)?;
    u8::try_from(i).map_err(|_| cx.value_error(format!("{what} must be in range(0, 256)")))
}

/// The bytes of an iterable of ints.
fn from_items(cx: &mut Cx, v: &Value, what: &str) -> Res<Vec<u8>> {
    let mut out = Vec::new();
    // The list may change while an item's __index__ runs: what it holds when the turn comes counts.
    if let Some(list) = v.downcast_exact::<List>() {
        out.reserve(list.len());
        for i in 0.. {
            let Some(item) = list.get(cx, i) else { break };
            out.push(byte(cx, &item, what)?);
        }
        return Ok(out);
    }
    if let Some(tuple) = v.downcast_exact::<Tuple>() {
        out.reserve(tuple.len());
        for item in tuple.items() {
            out.push(byte(cx, item, what)?);
        }
        return Ok(out);
    }
    protocol::for_each(cx, v, |cx, item| {
        if out.try_reserve(1).is_err() {
            return Err(cx.memory_error());
        }
        out.push(byte(cx, &item, what)?);
        Ok(())
    })?;
    Ok(out)
}

/// Buffers and iterables of ints, as `bytes` and `bytearray` convert them at the end of their lists.
pub fn from_buffer_or_items(cx: &mut Cx, v: &Value, type_name: &str, what: &str) -> Res<Vec<u8>> {
    if let Some(c) = contents_opt(cx, v)? {
        return Ok(c.into_owned());
    }
    let iterable = v.ty().slots.iter.get().is_some() || v.ty().slots.getitem.get().is_some();
    if v.downcast::<Str>().is_some() || !iterable {
        let n = v.type_name();
        return Err(cx.type_error(format!("cannot convert '{n}' object to {type_name}")));
    }
    from_items(cx, v, what)
}

/// The result of `__bytes__`, when the class has it.
fn special(cx: &mut Cx, v: &Value) -> Res<Option<Value>> {
    if v.downcast_exact::<Bytes>().is_some()
        || v.downcast_exact::<Str>().is_some()
        || v.downcast_exact::<Bytearray>().is_some()
    {
        return Ok(None);
    }
    let Some(r) = protocol::call_special(cx, v, "__bytes__", &[])? else {
        return Ok(None);
    };
    if r.downcast::<Bytes>().is_none() {
        let n = r.type_name();
        return Err(cx.type_error(format!("__bytes__ returned non-bytes (type {n})")));
    }
    Ok(Some(r))
}

/// `PyObject_Bytes`: a bytes object of `__bytes__`, a buffer or an iterable of ints.
pub fn from_object(cx: &mut Cx, v: &Value) -> Res<Value> {
    if v.downcast_exact::<Bytes>().is_some() {
        return Ok(v.clone());
    }
    if let Some(r) = special(cx, v)? {
        return Ok(r);
    }
    let data = from_buffer_or_items(cx, v, "bytes", "bytes")?;
    new_bytes(cx, &data)
}

/// The same as Rust bytes.
pub fn object_bytes(cx: &mut Cx, v: &Value) -> Res<Vec<u8>> {
    let b = from_object(cx, v)?;
    Ok(b.downcast::<Bytes>()
        .map(|b| b.as_slice().to_vec())
        .unwrap_or_default())
}

/// What a constructor's arguments come to.
pub enum Made {
    /// An object of `__bytes__`, used as it is when the class is exactly `bytes`.
    Object(Value),
    Data(Vec<u8>),
}

/// The arguments of `bytes(...)` and `bytearray(...)`.
pub fn construct(
    cx: &mut Cx,
    source: Option<&Value>,
    encoding: Option<&str>,
    errors: Option<&str>,
    type_name: &str,
    what: &str,
    use_special: bool,
) -> Res<Made> {
    let Some(source) = source else {
        if encoding.is_some() || errors.is_some() {
            let w = if encoding.is_some() {
                "encoding"
            } else {
                "errors"
            };
            return Err(cx.type_error(format!("{w} without a string argument")));
        }
        return Ok(Made::Data(Vec::new()));
    };
    if encoding.is_some() || errors.is_some() {
        let Some(s) = source.downcast::<Str>() else {
            let w = if encoding.is_some() {
                "encoding"
            } else {
                "errors"
            };
            return Err(cx.type_error(format!("{w} without a string argument")));
        };
        if encoding.is_none() {
            return Err(cx.type_error("string argument without an encoding"));
        }
        return str::codec::encode(cx, s, encoding, errors).map(Made::Object);
    }
    if use_special && let Some(r) = special(cx, source)? {
        return Ok(Made::Object(r));
    }
    if source.downcast::<Str>().is_some() {
        return Err(cx.type_error("string argument without an encoding"));
    }
    if int::as_int(source).is_some() || source.ty().slots.index.get().is_some() {
        match number::index_isize_checked(cx, source, ExcKind::OverflowError) {
            Ok(n) if n < 0 => return Err(cx.value_error("negative count")),
            Ok(n) => return Ok(Made::Data(zeros(cx, n as usize)?)),
            // An __index__ that raises TypeError leaves the object to be taken for an iterable.
            Err(r) => cx.catch(r, ExcKind::TypeError)?,
        }
    }
    from_buffer_or_items(cx, source, type_name, what).map(Made::Data)
}

/// The result of `fromhex`: of the class itself, or what a subclass makes of it.
pub fn of_hex<T: PyType>(cx: &mut Cx, cls: &Type, data: Vec<u8>) -> Res<Value> {
    let exact = std::ptr::eq(cls, Type::of::<T>());
    let v = if T::NAME == "bytes" {
        super::new_bytes_vec(cx, data)?
    } else {
        crate::objects::bytearray::new_bytearray(cx, data)?
    };
    if exact {
        return Ok(v);
    }
    let cls = cls.value();
    protocol::call(cx, &cls, &[v])
}
