//! `_codecs`: the registry (`typhon_vm::objects::codec`) and the built-in codecs as functions. `handlers.rs` has the error
//! handlers, `charmap.rs` the codecs by tables.

pub mod charmap;
pub mod handlers;

use typhon_text::codecs::utf16::{self, Order};
use typhon_text::codecs::{escape, utf32};
use typhon_vm::native::*;
use typhon_vm::objects::int::new_int;
use typhon_vm::objects::module::methods::import;
use typhon_vm::objects::str::codec::{Codec, decode_as, decode_by, encode_as, with_count};
use typhon_vm::objects::str::new_from_buf;
use typhon_vm::objects::{bytes, codec, tuple};
use typhon_vm::{ExcKind, number};

/// What precedes the first lookup: the named handlers, and the search function of `encodings`.
fn prepare(cx: &mut Cx) -> Res<()> {
    handlers::register_all(cx)?;
    import(cx, "encodings").map(drop)
}

/// The pair of an encoder: bytes, and how many characters they stand for.
pub(crate) fn encoded(cx: &mut Cx, data: Vec<u8>, n: usize) -> Res<Value> {
    let b = bytes::new_bytes_vec(cx, data)?;
    with_count(cx, b, n)
}

fn encode(cx: &mut Cx, s: &Str, kind: Codec, errors: Option<&str>) -> Res<Value> {
    let data = encode_as(cx, s, kind, errors)?;
    encoded(cx, data, s.len())
}

fn decode(
    cx: &mut Cx,
    data: &Value,
    kind: Codec,
    errors: Option<&str>,
    is_final: bool,
) -> Res<Value> {
    let data = bytes::contents(cx, data)?;
    let (v, n) = decode_as(cx, &data, kind, errors, is_final)?;
    with_count(cx, v, n)
}

/// Byte order of `utf_16_encode` and the `ex` decoders: 0 for a mark, -1 little, 1 big.
fn order_of(n: i32) -> Option<Order> {
    match n {
        0 => None,
        n if n < 0 => Some(Order::Little),
        _ => Some(Order::Big),
    }
}

fn order_number(o: Order) -> i64 {
    if o == Order::Little { -1 } else { 1 }
}

/// `utf_16_ex_decode` and `utf_32_ex_decode`: with the order found in a mark.
fn decode_ex(
    cx: &mut Cx,
    data: &Value,
    errors: Option<&str>,
    byteorder: i32,
    is_final: bool,
    wide: bool,
) -> Res<Value> {
    let data = bytes::contents(cx, data)?;
    let (order, skip) = match order_of(byteorder) {
        Some(o) => (Some(o), 0),
        None if wide => utf32::read_mark(&data),
        None => utf16::read_mark(&data),
    };
    let body = &data[skip..];
    let kind = if wide {
        Codec::Utf32(Some(order.unwrap_or(Order::NATIVE)))
    } else {
        Codec::Utf16(Some(order.unwrap_or(Order::NATIVE)))
    };
    let (v, n) = decode_as(cx, body, kind, errors, is_final)?;
    let n = new_int(cx, (n + skip) as i64)?;
    let o = new_int(cx, order.map_or(0, order_number))?;
    tuple::new_tuple(cx, vec![v, n, o])
}

/// The warning about an escape that is none.
fn warn_escape(cx: &mut Cx, data: &[u8], bad: Option<escape::BadEscape>) -> Res<()> {
    let Some(bad) = bad else { return Ok(()) };
    let msg = match bad.octal {
        Some(c) => format!(
            "\"\\{c:o}\" is an invalid octal escape sequence. Such sequences will not work in the future. "
        ),
        None => {
            let c = data.get(bad.at).map_or('?', |&b| b as char);
            format!(
                "\"\\{c}\" is an invalid escape sequence. Such sequences will not work in the future. "
            )
        }
    };
    cx.warn(ExcKind::DeprecationWarning, &msg)
}

/// Bytes of a bytes-like object, or of an ASCII-compatible str as the escape decoders take it.
fn bytes_or_text(cx: &mut Cx, v: &Value) -> Res<Vec<u8>> {
    match v.downcast::<Str>() {
        Some(s) => encode_as(cx, s, Codec::Utf8, None),
        None => Ok(bytes::contents(cx, v)?.into_owned()),
    }
}

#[pymodule(name = "_codecs", include(super::charmap::PART))]
pub mod module {
    use super::*;

    #[pyinit]
    fn init(module: &Value, cx: &mut Cx) -> Res<()> {
        let _ = (module, cx);
        codec::set_prepare(prepare);
        Ok(())
    }

    /// Register a codec search function.
    ///
    /// Search functions are expected to take one argument, the encoding name in
    /// all lower case letters, and either return None, or a tuple of functions
    /// (encoder, decoder, stream_reader, stream_writer) (or a CodecInfo object).
    #[pyfunction]
    fn register(search_function: &Value, cx: &mut Cx) -> Res<()> {
        codec::register(cx, search_function)
    }
    /// Unregister a codec search function and clear the registry's cache.
    ///
    /// If the search function is not registered, do nothing.
    #[pyfunction]
    fn unregister(search_function: &Value) {
        codec::unregister(search_function);
    }
    /// Looks up a codec tuple in the Python codec registry and returns a CodecInfo object.
    #[pyfunction]
    fn lookup(encoding: &str, cx: &mut Cx) -> Res<Value> {
        codec::lookup(cx, encoding)
    }
    /// Encodes obj using the codec registered for encoding.
    ///
    /// The default encoding is 'utf-8'.  errors may be given to set a
    /// different error handling scheme.  Default is 'strict' meaning that encoding
    /// errors raise a ValueError.  Other possible values are 'ignore', 'replace'
    /// and 'backslashreplace' as well as any other name registered with
    /// codecs.register_error that can handle ValueErrors.
    #[pyfunction(name = "encode")]
    #[sig(obj, encoding = "utf-8", errors = "strict")]
    fn encode_any(obj: &Value, encoding: &str, errors: &str, cx: &mut Cx) -> Res<Value> {
        codec::run(cx, obj, encoding, Some(errors), false)
    }
    /// Decodes obj using the codec registered for encoding.
    ///
    /// Default encoding is 'utf-8'.  errors may be given to set a
    /// different error handling scheme.  Default is 'strict' meaning that encoding
    /// errors raise a ValueError.  Other possible values are 'ignore', 'replace'
    /// and 'backslashreplace' as well as any other name registered with
    /// codecs.register_error that can handle ValueErrors.
    #[pyfunction(name = "decode")]
    #[sig(obj, encoding = "utf-8", errors = "strict")]
    fn decode_any(obj: &Value, encoding: &str, errors: &str, cx: &mut Cx) -> Res<Value> {
        codec::run(cx, obj, encoding, Some(errors), true)
    }
    /// Register the specified error handler under the name errors.
    ///
    /// handler must be a callable object, that
    /// will be called with an exception instance containing
    /// information about the location of the encoding/decoding
    /// error and must return a (replacement, new position) tuple.
    #[pyfunction]
    #[sig(errors, handler, /)]
    fn register_error(errors: &str, handler: &Value, cx: &mut Cx) -> Res<()> {
        codec::register_error(cx, errors, handler)
    }
    /// Un-register the specified error handler for the error handling `errors'.
    ///
    /// Only custom error handlers can be un-registered. An exception is raised
    /// if the error handling is a built-in one (e.g., 'strict'), or if an error
    /// occurs.
    ///
    /// Otherwise, this returns True if a custom handler has been successfully
    /// un-registered, and False if no custom handler for the specified error
    /// handling exists.
    #[pyfunction]
    fn _unregister_error(errors: &str, cx: &mut Cx) -> Res<bool> {
        if typhon_text::codecs::Errors::parse(errors).is_some() {
            return Err(cx.value_error(format!(
                "cannot un-register built-in error handler '{errors}'"
            )));
        }
        Ok(codec::unregister_error(errors))
    }
    /// lookup_error(errors) -> handler
    ///
    /// Return the error handler for the specified error handling name or raise a
    /// LookupError, if no handler exists under this name.
    #[pyfunction]
    fn lookup_error(name: &str, cx: &mut Cx) -> Res<Value> {
        codec::lookup_error(cx, name)
    }
    /// Normalize an encoding name *encoding*.
    ///
    /// Used for encodings.normalize_encoding. Does not convert to lower case.
    #[pyfunction]
    #[sig(encoding)]
    fn _normalize_encoding(encoding: &str) -> String {
        let mut out = String::new();
        let mut gap = false;
        for c in encoding.chars() {
            if c.is_ascii_alphanumeric() || c == '.' {
                if gap && !out.is_empty() {
                    out.push('_');
                }
                out.push(c);
                gap = false;
            } else {
                gap = true;
            }
        }
        out
    }

    #[pyfunction]
    #[sig(str, errors = None, /)]
    fn utf_8_encode(str: &Str, errors: Option<&str>, cx: &mut Cx) -> Res<Value> {
        encode(cx, str, Codec::Utf8, errors)
    }
    #[pyfunction]
    #[sig(data, errors = None, r#final = False, /)]
    fn utf_8_decode(data: &Value, errors: Option<&str>, r#final: bool, cx: &mut Cx) -> Res<Value> {
        decode(cx, data, Codec::Utf8, errors, r#final)
    }
    #[pyfunction]
    #[sig(str, errors = None, /)]
    fn utf_7_encode(str: &Str, errors: Option<&str>, cx: &mut Cx) -> Res<Value> {
        encode(cx, str, Codec::Utf7, errors)
    }
    #[pyfunction]
    #[sig(data, errors = None, r#final = False, /)]
    fn utf_7_decode(data: &Value, errors: Option<&str>, r#final: bool, cx: &mut Cx) -> Res<Value> {
        decode(cx, data, Codec::Utf7, errors, r#final)
    }
    #[pyfunction]
    #[sig(str, errors = None, byteorder = 0, /)]
    fn utf_16_encode(str: &Str, errors: Option<&str>, byteorder: i32, cx: &mut Cx) -> Res<Value> {
        encode(cx, str, Codec::Utf16(order_of(byteorder)), errors)
    }
    #[pyfunction]
    #[sig(str, errors = None, /)]
    fn utf_16_le_encode(str: &Str, errors: Option<&str>, cx: &mut Cx) -> Res<Value> {
        encode(cx, str, Codec::Utf16(Some(Order::Little)), errors)
    }
    #[pyfunction]
    #[sig(str, errors = None, /)]
    fn utf_16_be_encode(str: &Str, errors: Option<&str>, cx: &mut Cx) -> Res<Value> {
        encode(cx, str, Codec::Utf16(Some(Order::Big)), errors)
    }
    #[pyfunction]
    #[sig(data, errors = None, r#final = False, /)]
    fn utf_16_decode(data: &Value, errors: Option<&str>, r#final: bool, cx: &mut Cx) -> Res<Value> {
        decode(cx, data, Codec::Utf16(None), errors, r#final)
    }
    #[pyfunction]
    #[sig(data, errors = None, r#final = False, /)]
    fn utf_16_le_decode(
        data: &Value,
        errors: Option<&str>,
        r#final: bool,
        cx: &mut Cx,
    ) -> Res<Value> {
        decode(cx, data, Codec::Utf16(Some(Order::Little)), errors, r#final)
    }
    #[pyfunction]
    #[sig(data, errors = None, r#final = False, /)]
    fn utf_16_be_decode(
        data: &Value,
        errors: Option<&str>,
        r#final: bool,
        cx: &mut Cx,
    ) -> Res<Value> {
        decode(cx, data, Codec::Utf16(Some(Order::Big)), errors, r#final)
    }
    #[pyfunction]
    #[sig(data, errors = None, byteorder = 0, r#final = False, /)]
    fn utf_16_ex_decode(
        data: &Value,
        errors: Option<&str>,
        byteorder: i32,
        r#final: bool,
        cx: &mut Cx,
    ) -> Res<Value> {
        decode_ex(cx, data, errors, byteorder, r#final, false)
    }
    #[pyfunction]
    #[sig(str, errors = None, byteorder = 0, /)]
    fn utf_32_encode(str: &Str, errors: Option<&str>, byteorder: i32, cx: &mut Cx) -> Res<Value> {
        encode(cx, str, Codec::Utf32(order_of(byteorder)), errors)
    }
    #[pyfunction]
    #[sig(str, errors = None, /)]
    fn utf_32_le_encode(str: &Str, errors: Option<&str>, cx: &mut Cx) -> Res<Value> {
        encode(cx, str, Codec::Utf32(Some(Order::Little)), errors)
    }
    #[pyfunction]
    #[sig(str, errors = None, /)]
    fn utf_32_be_encode(str: &Str, errors: Option<&str>, cx: &mut Cx) -> Res<Value> {
        encode(cx, str, Codec::Utf32(Some(Order::Big)), errors)
    }
    #[pyfunction]
    #[sig(data, errors = None, r#final = False, /)]
    fn utf_32_decode(data: &Value, errors: Option<&str>, r#final: bool, cx: &mut Cx) -> Res<Value> {
        decode(cx, data, Codec::Utf32(None), errors, r#final)
    }
    #[pyfunction]
    #[sig(data, errors = None, r#final = False, /)]
    fn utf_32_le_decode(
        data: &Value,
        errors: Option<&str>,
        r#final: bool,
        cx: &mut Cx,
    ) -> Res<Value> {
        decode(cx, data, Codec::Utf32(Some(Order::Little)), errors, r#final)
    }
    #[pyfunction]
    #[sig(data, errors = None, r#final = False, /)]
    fn utf_32_be_decode(
        data: &Value,
        errors: Option<&str>,
        r#final: bool,
        cx: &mut Cx,
    ) -> Res<Value> {
        decode(cx, data, Codec::Utf32(Some(Order::Big)), errors, r#final)
    }
    #[pyfunction]
    #[sig(data, errors = None, byteorder = 0, r#final = False, /)]
    fn utf_32_ex_decode(
        data: &Value,
        errors: Option<&str>,
        byteorder: i32,
        r#final: bool,
        cx: &mut Cx,
    ) -> Res<Value> {
        decode_ex(cx, data, errors, byteorder, r#final, true)
    }
    #[pyfunction]
    #[sig(str, errors = None, /)]
    fn latin_1_encode(str: &Str, errors: Option<&str>, cx: &mut Cx) -> Res<Value> {
        encode(cx, str, Codec::Latin1, errors)
    }
    #[pyfunction]
    #[sig(data, errors = None, /)]
    fn latin_1_decode(data: &Value, errors: Option<&str>, cx: &mut Cx) -> Res<Value> {
        decode(cx, data, Codec::Latin1, errors, true)
    }
    #[pyfunction]
    #[sig(str, errors = None, /)]
    fn ascii_encode(str: &Str, errors: Option<&str>, cx: &mut Cx) -> Res<Value> {
        encode(cx, str, Codec::Ascii, errors)
    }
    #[pyfunction]
    #[sig(data, errors = None, /)]
    fn ascii_decode(data: &Value, errors: Option<&str>, cx: &mut Cx) -> Res<Value> {
        decode(cx, data, Codec::Ascii, errors, true)
    }
    #[pyfunction]
    #[sig(str, errors = None, /)]
    fn unicode_escape_encode(str: &Str, errors: Option<&str>, cx: &mut Cx) -> Res<Value> {
        let _ = errors;
        encoded(cx, escape::encode_unicode(str.text()), str.len())
    }
    #[pyfunction]
    #[sig(data, errors = None, r#final = True, /)]
    fn unicode_escape_decode(
        data: &Value,
        errors: Option<&str>,
        r#final: bool,
        cx: &mut Cx,
    ) -> Res<Value> {
        let data = bytes_or_text(cx, data)?;
        let mut bad = None;
        let (buf, n) = decode_by(cx, &data, errors, r#final, &mut |input, at, fin, out| {
            escape::decode_unicode(input, at, fin, out, &mut bad)
        })?;
        warn_escape(cx, &data, bad)?;
        let text = new_from_buf(cx, buf)?;
        with_count(cx, text, n)
    }
    #[pyfunction]
    #[sig(str, errors = None, /)]
    fn raw_unicode_escape_encode(str: &Str, errors: Option<&str>, cx: &mut Cx) -> Res<Value> {
        let _ = errors;
        encoded(cx, escape::encode_raw_unicode(str.text()), str.len())
    }
    #[pyfunction]
    #[sig(data, errors = None, r#final = True, /)]
    fn raw_unicode_escape_decode(
        data: &Value,
        errors: Option<&str>,
        r#final: bool,
        cx: &mut Cx,
    ) -> Res<Value> {
        let data = bytes_or_text(cx, data)?;
        let (buf, n) = decode_by(cx, &data, errors, r#final, &mut escape::decode_raw_unicode)?;
        let text = new_from_buf(cx, buf)?;
        with_count(cx, text, n)
    }
    #[pyfunction]
    #[sig(data, errors = None, /)]
    fn escape_encode(data: &bytes::Bytes, errors: Option<&str>, cx: &mut Cx) -> Res<Value> {
        let _ = errors;
        let mut out = String::new();
        typhon_text::str_repr::push_escaped_bytes(&mut out, data.as_slice(), b'\'');
        encoded(cx, out.into_bytes(), data.len())
    }
    #[pyfunction]
    #[sig(data, errors = None, /)]
    fn escape_decode(data: &Value, errors: Option<&str>, cx: &mut Cx) -> Res<Value> {
        let data = bytes_or_text(cx, data)?;
        let mut bad = None;
        let out = number::lift(
            cx,
            escape::decode_bytes(&data, errors.unwrap_or("strict"), &mut bad),
        )?;
        warn_escape(cx, &data, bad)?;
        encoded(cx, out, data.len())
    }
    #[pyfunction]
    #[sig(data, errors = None, /)]
    fn readbuffer_encode(data: &Value, errors: Option<&str>, cx: &mut Cx) -> Res<Value> {
        let _ = errors;
        let out = bytes_or_text(cx, data)?;
        let n = out.len();
        encoded(cx, out, n)
    }
}
