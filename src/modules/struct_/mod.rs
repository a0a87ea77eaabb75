//! `_struct`: packing values into bytes. The codec is `typhon_text::struct_codec`; here values become its arguments and back,
//! and parsed formats are remembered per thread. `objects.rs` has `Struct` and the iterator.

pub mod objects;

use crate::util::{Once, new_exception_class, raise_class};
use dashu_int::IBig;
use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::Arc;
use typhon_text::ErrorKind;
use typhon_text::struct_codec::{self, Arg, Format};
use typhon_vm::native::*;
use typhon_vm::number;
use typhon_vm::objects::str::percent::Failure;
use typhon_vm::objects::{buffer, bytes, complex, float, int, tuple};
use typhon_vm::{ExcKind, protocol};

/// Most formats a thread remembers.
const CACHE: usize = 64;

type Remembered = [Option<(Box<[u8]>, Arc<Format>)>; CACHE];

thread_local! {
    /// Each format has one place, which it shares with others.
    static PARSED: RefCell<Remembered> = const { RefCell::new([const { None }; CACHE]) };
}

/// Where a thread remembers a format.
fn place(format: &[u8]) -> usize {
    let sum = format.iter().fold(0usize, |sum, &b| {
        sum.wrapping_mul(31).wrapping_add(b.into())
    });
    (sum ^ sum >> 8) % CACHE
}

fn remembered(format: &[u8]) -> Option<Arc<Format>> {
    PARSED.with_borrow(|all| match &all[place(format)] {
        Some((known, parsed)) if **known == *format => Some(parsed.clone()),
        _ => None,
    })
}

static ERROR: Once = Once::new();

/// `struct.error`.
pub fn error_class(cx: &mut Cx) -> Res<Value> {
    ERROR.get(cx, |cx| {
        new_exception_class(cx, "struct", "error", ExcKind::Exception)
    })
}

pub fn raise(cx: &mut Cx, e: typhon_text::Error) -> Raised {
    if e.kind == ErrorKind::Struct {
        let class = error_class(cx);
        return raise_class(cx, class, &e.msg);
    }
    number::raise_text(cx, e)
}

fn struct_error(cx: &mut Cx, msg: &str) -> Raised {
    let class = error_class(cx);
    raise_class(cx, class, msg)
}

/// The bytes of a format argument.
pub fn format_bytes(cx: &mut Cx, v: &Value) -> Res<Vec<u8>> {
    if let Some(s) = v.downcast::<Str>() {
        return match s.as_ascii() {
            Some(t) => Ok(t.as_bytes().to_vec()),
            None => Ok(typhon_vm::objects::str::codec::encode_as(
                cx,
                s,
                typhon_vm::objects::str::codec::Codec::Ascii,
                None,
            )?),
        };
    }
    if let Some(b) = v.downcast::<bytes::Bytes>() {
        return Ok(b.as_slice().to_vec());
    }
    let n = v.type_name();
    Err(cx.type_error(format!(
        "Struct() argument 1 must be a str or bytes object, not {n}"
    )))
}

/// The parsed format.
pub fn parse(cx: &mut Cx, v: &Value) -> Res<Arc<Format>> {
    if let Some(text) = v.downcast_exact::<Str>().and_then(Str::as_ascii)
        && let Some(f) = remembered(text.as_bytes())
    {
        return Ok(f);
    }
    let key = format_bytes(cx, v)?;
    if let Some(f) = remembered(&key) {
        return Ok(f);
    }
    let f = Arc::new(Format::parse(&key).map_err(|e| raise(cx, e))?);
    let at = place(&key);
    PARSED.with_borrow_mut(|all| all[at] = Some((key.into(), f.clone())));
    Ok(f)
}

/// An argument that owns what the codec borrows.
enum Owned<'a> {
    Small(i64),
    Int(IBig),
    Float(f64),
    Complex(f64, f64),
    Bool(bool),
    Bytes(Cow<'a, [u8]>),
    Other,
}

impl Owned<'_> {
    fn borrowed(&self) -> Arg<'_> {
        match self {
            Owned::Small(i) => Arg::Small(*i),
            Owned::Int(i) => Arg::Int(i.clone()),
            Owned::Float(x) => Arg::Float(*x),
            Owned::Complex(re, im) => Arg::Complex(*re, *im),
            Owned::Bool(b) => Arg::Bool(*b),
            Owned::Bytes(b) => Arg::Bytes(b),
            Owned::Other => Arg::Other,
        }
    }
}

fn argument<'a>(cx: &mut Cx, code: u8, v: &'a Value) -> Res<Owned<'a>> {
    if let Some(i) = v.as_small_int()
        && !matches!(
            code,
            b'c' | b's' | b'p' | b'?' | b'e' | b'f' | b'd' | b'F' | b'D'
        )
    {
        return Ok(Owned::Small(i));
    }
    Ok(match code {
        b'c' | b's' | b'p' => match bytes::bytes_or_bytearray(cx, v) {
            Some(b) => Owned::Bytes(b),
            None => Owned::Other,
        },
        b'?' => Owned::Bool(protocol::truthy(cx, v)?),
        b'e' | b'f' | b'd' => match number::as_f64(cx, v) {
            Ok(x) => Owned::Float(x),
            Err(r) => {
                drop(cx.take_exc(r));
                Owned::Other
            }
        },
        b'F' | b'D' => match complex::to_complex(cx, v) {
            Ok((re, im)) => Owned::Complex(re, im),
            Err(r) => {
                drop(cx.take_exc(r));
                Owned::Other
            }
        },
        _ if int::as_int(v).is_some() || v.ty().slots.index.get().is_some() => {
            Owned::Int(number::as_bigint(cx, v)?)
        }
        _ => Owned::Other,
    })
}

/// Pack `values`; `function` names the caller in the error of their number.
pub fn pack_values(cx: &mut Cx, f: &Format, values: &[Value], function: &str) -> Res<Vec<u8>> {
    if values.len() != f.len {
        return Err(raise(cx, f.wrong_count(function, values.len())));
    }
    let mut out = bytes::zeros(cx, f.size)?;
    let mut values = values.iter();
    f.pack_each(&mut out, |item, out| {
        let Some(v) = values.next() else {
            return Ok(());
        };
        let arg = argument(cx, item.code, v)?;
        f.pack_one(item, &arg.borrowed(), out)
            .map_err(|e| match e.kind {
                // An int that does not fit a float's format is worded as one that fits no integer's.
                ErrorKind::Overflow if int::as_int(v).is_some() => {
                    struct_error(cx, "int too large to convert")
                }
                _ => raise(cx, e),
            })
    })?;
    Ok(out)
}

/// Unpack `data`, of the right length, into a tuple.
pub fn unpack_values(cx: &mut Cx, f: &Format, data: &[u8]) -> Res<Value> {
    let mut items = Vec::with_capacity(f.len);
    let done = f.unpack_each(data, |v| -> Result<(), Failure> {
        items.push(match v {
            struct_codec::Value::Int(i) => int::new_int(cx, i)?,
            struct_codec::Value::UInt(u) => match i64::try_from(u) {
                Ok(i) => int::new_int(cx, i)?,
                Err(_) => int::new_big(cx, u.into())?,
            },
            struct_codec::Value::Float(x) => float::new_float(cx, x)?,
            struct_codec::Value::Complex(re, im) => complex::new_complex(cx, re, im)?,
            struct_codec::Value::Bool(b) => Value::bool(b),
            struct_codec::Value::Bytes(b) => bytes::new_bytes(cx, b)?,
        });
        Ok(())
    });
    match done {
        Ok(()) => tuple::new_tuple(cx, items),
        Err(Failure::Text(e)) => Err(raise(cx, e)),
        Err(Failure::Raised(r)) => Err(r),
    }
}

/// `pack_into(buffer, offset, *values)`.
pub fn pack_into(cx: &mut Cx, f: &Format, args: &[Value]) -> Res<()> {
    let [target, offset, values @ ..] = args else {
        let what = if args.is_empty() { "buffer" } else { "offset" };
        return Err(struct_error(
            cx,
            &format!("pack_into expected {what} argument"),
        ));
    };
    if values.len() != f.len {
        return Err(raise(cx, f.wrong_count("pack_into", values.len())));
    }
    let b = writable(cx, target)?;
    let offset = number::index_isize_checked(cx, offset, ExcKind::IndexError)?;
    let at = f
        .check_offset(b.len(), offset, true)
        .map_err(|e| raise(cx, e))?;
    let data = pack_values(cx, f, values, "pack_into")?;
    b.write(at, &data);
    Ok(())
}

fn writable(cx: &mut Cx, v: &Value) -> Res<Buffer> {
    let got = match buffer::get_opt(cx, v, true) {
        Ok(b) => b,
        Err(r) => {
            cx.catch(r, ExcKind::BufferError)?;
            None
        }
    };
    match got {
        Some(b) if !b.readonly() && b.is_c_contiguous() => Ok(b),
        _ => {
            let n = v.type_name();
            Err(cx.type_error(format!(
                "argument must be read-write bytes-like object, not {n}"
            )))
        }
    }
}

/// `unpack_from(buffer, offset)`.
pub fn unpack_from(cx: &mut Cx, f: &Format, source: &Value, offset: isize) -> Res<Value> {
    let data = bytes::contents(cx, source)?;
    let at = f
        .check_offset(data.len(), offset, false)
        .map_err(|e| raise(cx, e))?;
    unpack_values(cx, f, &data[at..at + f.size])
}

pub fn unpack(cx: &mut Cx, f: &Format, source: &Value) -> Res<Value> {
    let data = bytes::contents(cx, source)?;
    if data.len() != f.size {
        let n = f.size;
        return Err(struct_error(
            cx,
            &format!("unpack requires a buffer of {n} bytes"),
        ));
    }
    unpack_values(cx, f, &data)
}

#[pymodule(name = "_struct", types(objects::Struct))]
pub mod module {
    //! Functions to convert between Python values and C structs.
    //! Python bytes objects are used to hold the data representing the C struct
    //! and also as format strings (explained below) to describe the layout of data
    //! in the C struct.
    //!
    //! The optional first format char indicates byte order, size and alignment:
    //!   @: native order, size & alignment (default)
    //!   =: native order, std. size & alignment
    //!   <: little-endian, std. size & alignment
    //!   >: big-endian, std. size & alignment
    //!   !: same as >
    use super::*;

    #[pyattr]
    fn error(cx: &mut Cx) -> Res<Value> {
        error_class(cx)
    }
    /// Clear the internal cache.
    #[pyfunction]
    fn _clearcache() {
        PARSED.with_borrow_mut(|all| *all = [const { None }; CACHE]);
    }
    /// Return size in bytes of the struct described by the format string.
    #[pyfunction]
    fn calcsize(format: &Value, cx: &mut Cx) -> Res<usize> {
        Ok(parse(cx, format)?.size)
    }
    /// pack(format, v1, v2, ...) -> bytes
    ///
    /// Return a bytes object containing the values v1, v2, ... packed according
    /// to the format string.  See help(struct) for more on format strings.
    #[pyfunction]
    #[sig(*args)]
    #[text_signature(none)]
    fn pack(args: &[Value], cx: &mut Cx) -> Res<Value> {
        let [format, values @ ..] = args else {
            return Err(cx.type_error("missing format argument"));
        };
        let f = parse(cx, format)?;
        let data = pack_values(cx, &f, values, "pack")?;
        bytes::new_bytes_vec(cx, data)
    }
    /// pack_into(format, buffer, offset, v1, v2, ...)
    ///
    /// Pack the values v1, v2, ... according to the format string and write
    /// the packed bytes into the writable buffer buf starting at offset.  Note
    /// that the offset is a required argument.  See help(struct) for more
    /// on format strings.
    #[pyfunction(name = "pack_into")]
    #[sig(*args)]
    #[text_signature(none)]
    fn pack_into_function(args: &[Value], cx: &mut Cx) -> Res<()> {
        let [format, rest @ ..] = args else {
            return Err(cx.type_error("missing format argument"));
        };
        let f = parse(cx, format)?;
        pack_into(cx, &f, rest)
    }
    /// Return a tuple containing values unpacked according to the format string.
    ///
    /// The buffer's size in bytes must be calcsize(format).
    ///
    /// See help(struct) for more on format strings.
    #[pyfunction(name = "unpack")]
    #[sig(format, buffer, /)]
    fn unpack_function(format: &Value, buffer: &Value, cx: &mut Cx) -> Res<Value> {
        let f = parse(cx, format)?;
        unpack(cx, &f, buffer)
    }
    /// Return a tuple containing values unpacked according to the format string.
    ///
    /// The buffer's size, minus offset, must be at least calcsize(format).
    ///
    /// See help(struct) for more on format strings.
    #[pyfunction(name = "unpack_from")]
    #[sig(format, /, buffer, offset = 0)]
    fn unpack_from_function(
        format: &Value,
        buffer: &Value,
        offset: isize,
        cx: &mut Cx,
    ) -> Res<Value> {
        let f = parse(cx, format)?;
        unpack_from(cx, &f, buffer, offset)
    }
    /// Return an iterator yielding tuples unpacked from the given bytes.
    ///
    /// The bytes are unpacked according to the format string, like
    /// a repeated invocation of unpack_from().
    ///
    /// Requires that the bytes length be a multiple of the struct size.
    #[pyfunction]
    #[sig(format, buffer, /)]
    fn iter_unpack(format: &Value, buffer: &Value, cx: &mut Cx) -> Res<Value> {
        let f = parse(cx, format)?;
        objects::new_iter(cx, f, buffer)
    }
}
