//! Items of a memoryview: the native single-character formats of `struct`, packed and unpacked.

use crate::native::*;
use crate::number;
use crate::objects::int::{IntRef, as_int, new_big, new_int};
use crate::objects::{bytes, complex, float};
use crate::protocol;
use typhon_text::struct_codec::{half_bits, half_to_f64};

/// The single character of a native format (`B`, `@d`), None for anything else.
pub fn native_code(format: &str) -> Option<u8> {
    let f = format.strip_prefix('@').unwrap_or(format);
    match f.as_bytes() {
        &[c] if size(c).is_some() => Some(c),
        _ => None,
    }
}

/// Bytes of one item.
pub fn size(code: u8) -> Option<usize> {
    Some(match code {
        b'c' | b'b' | b'B' | b'?' => 1,
        b'h' | b'H' | b'e' => 2,
        b'i' | b'I' | b'f' => 4,
        b'l' | b'L' | b'q' | b'Q' | b'n' | b'N' | b'P' | b'd' | b'F' => 8,
        b'D' => 16,
        _ => return None,
    })
}

fn array<const N: usize>(raw: &[u8]) -> [u8; N] {
    let mut a = [0; N];
    a.copy_from_slice(&raw[..N]);
    a
}

/// The value of an item's bytes.
pub fn unpack(cx: &mut Cx, format: &str, raw: &[u8]) -> Res<Value> {
    let Some(code) = native_code(format) else {
        return Err(cx.not_implemented(format!("memoryview: format {format} not supported")));
    };
    match code {
        b'B' => Ok(Value::small_int(i32::from(raw[0]))),
        b'b' => Ok(Value::small_int(i32::from(raw[0] as i8))),
        b'c' => bytes::new_bytes(cx, &raw[..1]),
        b'?' => Ok(Value::bool(raw[0] != 0)),
        b'h' => new_int(cx, i16::from_ne_bytes(array(raw)).into()),
        b'H' => new_int(cx, u16::from_ne_bytes(array(raw)).into()),
        b'i' => new_int(cx, i32::from_ne_bytes(array(raw)).into()),
        b'I' => new_int(cx, u32::from_ne_bytes(array(raw)).into()),
        b'l' | b'q' | b'n' => new_int(cx, i64::from_ne_bytes(array(raw))),
        b'L' | b'Q' | b'N' | b'P' => new_big(cx, u64::from_ne_bytes(array(raw)).into()),
        b'e' => float::new_float(cx, half_to_f64(u16::from_ne_bytes(array(raw)))),
        b'f' => float::new_float(cx, f32::from_ne_bytes(array(raw)).into()),
        b'd' => float::new_float(cx, f64::from_ne_bytes(array(raw))),
        b'F' => complex::new_complex(
            cx,
            f32::from_ne_bytes(array(raw)).into(),
            f32::from_ne_bytes(array(&raw[4..])).into(),
        ),
        _ => complex::new_complex(
            cx,
            f64::from_ne_bytes(array(raw)),
            f64::from_ne_bytes(array(&raw[8..])),
        ),
    }
}

/// Why a value does not fit.
enum Bad {
    Type,
    Value,
    Raised(Raised),
}

/// The bytes of a value in a format: as many as its size.
pub fn pack(cx: &mut Cx, format: &str, v: &Value) -> Res<([u8; 16], usize)> {
    let Some(code) = native_code(format) else {
        return Err(cx.not_implemented(format!("memoryview: format {format} not supported")));
    };
    let mut out = [0; 16];
    let n = size(code).unwrap_or(1);
    match pack_into(cx, code, v, &mut out) {
        Ok(()) => Ok((out, n)),
        Err(Bad::Raised(r)) => Err(r),
        Err(Bad::Type) => {
            Err(cx.type_error(format!("memoryview: invalid type for format '{format}'")))
        }
        Err(Bad::Value) => {
            Err(cx.value_error(format!("memoryview: invalid value for format '{format}'")))
        }
    }
}

/// A conversion's TypeError and OverflowError become the memoryview's own.
fn soften<T>(cx: &mut Cx, r: Res<T>) -> Result<T, Bad> {
    match r {
        Ok(v) => Ok(v),
        Err(r) if cx.exc_is(ExcKind::TypeError) => {
            drop(cx.take_exc(r));
            Err(Bad::Type)
        }
        Err(r) if cx.exc_is(ExcKind::OverflowError) || cx.exc_is(ExcKind::ValueError) => {
            drop(cx.take_exc(r));
            Err(Bad::Value)
        }
        Err(r) => Err(Bad::Raised(r)),
    }
}

fn pack_into(cx: &mut Cx, code: u8, v: &Value, out: &mut [u8; 16]) -> Result<(), Bad> {
    macro_rules! put {
        ($e:expr) => {{
            let raw = $e.to_ne_bytes();
            out[..raw.len()].copy_from_slice(&raw);
        }};
    }
    let real = |cx: &mut Cx| {
        let r = number::as_f64(cx, v);
        soften(cx, r)
    };
    match code {
        b'c' => match v.downcast::<bytes::Bytes>().map(bytes::Bytes::as_slice) {
            Some(&[b]) => out[0] = b,
            Some(_) => return Err(Bad::Value),
            None => return Err(Bad::Type),
        },
        b'?' => {
            let r = protocol::truthy(cx, v);
            out[0] = u8::from(soften(cx, r)?);
        }
        b'e' => put!(half_bits(real(cx)?).ok_or(Bad::Value)?),
        b'f' => {
            let x = real(cx)?;
            let f = x as f32;
            if f.is_infinite() && x.is_finite() {
                return Err(Bad::Value);
            }
            put!(f)
        }
        b'd' => put!(real(cx)?),
        b'F' | b'D' => {
            let r = complex::to_complex(cx, v);
            let (re, im) = soften(cx, r)?;
            if code == b'D' {
                out[..8].copy_from_slice(&re.to_ne_bytes());
                out[8..].copy_from_slice(&im.to_ne_bytes());
            } else {
                out[..4].copy_from_slice(&(re as f32).to_ne_bytes());
                out[4..8].copy_from_slice(&(im as f32).to_ne_bytes());
            }
        }
        _ => {
            let r = number::to_index(cx, v);
            let i = soften(cx, r)?;
            let i: i128 = match as_int(&i) {
                Some(IntRef::Small(i)) => i.into(),
                Some(IntRef::Big(b)) => i128::try_from(b).map_err(|_| Bad::Value)?,
                None => return Err(Bad::Type),
            };
            macro_rules! fit {
                ($t:ty) => {
                    put!(<$t>::try_from(i).map_err(|_| Bad::Value)?)
                };
            }
            match code {
                b'b' => fit!(i8),
                b'B' => fit!(u8),
                b'h' => fit!(i16),
                b'H' => fit!(u16),
                b'i' => fit!(i32),
                b'I' => fit!(u32),
                b'l' | b'q' | b'n' => fit!(i64),
                _ => fit!(u64),
            }
        }
    }
    Ok(())
}
