//! `binascii`: bytes as ASCII text and back. Base64, hexadecimal and checksums are `typhon_text::binascii`'s; `uu.rs` and
//! `quoted.rs` have the older encodings.

pub mod quoted;
pub mod uu;

use crate::util::{Once, new_exception_class, raise_class};
use std::borrow::Cow;
use typhon_text::{ErrorKind, binascii as codec};
use typhon_vm::native::*;
use typhon_vm::objects::bytes::{self, new_bytes_vec, ops};
use typhon_vm::{ExcKind, number};

static ERROR: Once = Once::new();
static INCOMPLETE: Once = Once::new();

fn error_class(cx: &mut Cx) -> Res<Value> {
    ERROR.get(cx, |cx| {
        new_exception_class(cx, "binascii", "Error", ExcKind::ValueError)
    })
}

pub(crate) fn raise(cx: &mut Cx, msg: &str) -> Raised {
    let class = error_class(cx);
    raise_class(cx, class, msg)
}

fn lift<T>(cx: &mut Cx, r: typhon_text::Result<T>) -> Res<T> {
    r.map_err(|e| {
        if e.kind == ErrorKind::Binascii {
            raise(cx, &e.msg)
        } else {
            number::raise_text(cx, e)
        }
    })
}

/// Bytes-like objects, and str of ASCII only.
fn ascii_data<'a>(cx: &mut Cx, v: &'a Value) -> Res<Cow<'a, [u8]>> {
    if let Some(s) = v.downcast::<Str>() {
        return match s.as_ascii() {
            Some(t) => Ok(Cow::Borrowed(t.as_bytes())),
            None => Err(cx.value_error("string argument should contain only ASCII characters")),
        };
    }
    match bytes::contents_opt(cx, v)? {
        Some(c) => Ok(c),
        None => {
            let n = v.type_name();
            Err(cx.type_error(format!(
                "argument should be bytes, buffer or ASCII string, not '{n}'"
            )))
        }
    }
}

fn crc_start(cx: &mut Cx, v: &Value) -> Res<u32> {
    let i = number::as_bigint(cx, v)?;
    let low = i & dashu_int::IBig::from(u32::MAX);
    Ok(u32::try_from(&low).unwrap_or(0))
}

#[pymodule(name = "binascii")]
pub mod module {
    //! Conversion between binary data and ASCII
    use super::*;

    #[pyattr(name = "Error")]
    fn error(cx: &mut Cx) -> Res<Value> {
        error_class(cx)
    }
    #[pyattr(name = "Incomplete")]
    fn incomplete(cx: &mut Cx) -> Res<Value> {
        INCOMPLETE.get(cx, |cx| {
            new_exception_class(cx, "binascii", "Incomplete", ExcKind::Exception)
        })
    }
    /// Decode a line of base64 data.
    ///
    ///   strict_mode
    ///     When set to True, bytes that are not in the base64 standard are not allowed.
    ///     The same applies to excess data after padding (= / ==).
    #[pyfunction]
    #[sig(data, /, *, strict_mode = False)]
    fn a2b_base64(data: &Value, strict_mode: bool, cx: &mut Cx) -> Res<Value> {
        let data = ascii_data(cx, data)?;
        let out = lift(cx, codec::base64_decode(&data, strict_mode))?;
        new_bytes_vec(cx, out)
    }
    /// Base64-code line of data.
    #[pyfunction]
    #[sig(data, /, *, newline = True)]
    fn b2a_base64(data: &Value, newline: bool, cx: &mut Cx) -> Res<Value> {
        let data = bytes::contents(cx, data)?;
        new_bytes_vec(cx, codec::base64_encode(&data, newline))
    }
    /// Binary data of hexadecimal representation.
    ///
    /// hexstr must contain an even number of hex digits (upper or lower case).
    /// This function is also available as "unhexlify()".
    #[pyfunction]
    fn a2b_hex(hexstr: &Value, cx: &mut Cx) -> Res<Value> {
        let data = ascii_data(cx, hexstr)?;
        let out = lift(cx, codec::unhexlify(&data))?;
        new_bytes_vec(cx, out)
    }
    /// Binary data of hexadecimal representation.
    ///
    /// hexstr must contain an even number of hex digits (upper or lower case).
    #[pyfunction]
    fn unhexlify(hexstr: &Value, cx: &mut Cx) -> Res<Value> {
        a2b_hex(hexstr, cx)
    }
    /// Hexadecimal representation of binary data.
    ///
    ///   sep
    ///     An optional single character or byte to separate hex bytes.
    ///   bytes_per_sep
    ///     How many bytes between separators.  Positive values count from the
    ///     right, negative values count from the left.
    ///
    /// The return value is a bytes object.  This function is also
    /// available as "hexlify()".
    #[pyfunction]
    #[sig(data, sep = absent, bytes_per_sep = 1)]
    fn b2a_hex(data: &Value, sep: Option<&Value>, bytes_per_sep: isize, cx: &mut Cx) -> Res<Value> {
        let data = bytes::contents(cx, data)?;
        let text = ops::hex(cx, &data, sep, bytes_per_sep)?;
        let out = text
            .downcast::<Str>()
            .and_then(|s| s.as_ascii())
            .unwrap_or_default()
            .as_bytes()
            .to_vec();
        new_bytes_vec(cx, out)
    }
    /// Hexadecimal representation of binary data.
    ///
    ///   sep
    ///     An optional single character or byte to separate hex bytes.
    ///   bytes_per_sep
    ///     How many bytes between separators.  Positive values count from the
    ///     right, negative values count from the left.
    ///
    /// The return value is a bytes object.  This function is also
    /// available as "b2a_hex()".
    #[pyfunction]
    #[sig(data, sep = absent, bytes_per_sep = 1)]
    fn hexlify(data: &Value, sep: Option<&Value>, bytes_per_sep: isize, cx: &mut Cx) -> Res<Value> {
        b2a_hex(data, sep, bytes_per_sep, cx)
    }
    /// Compute CRC-32 incrementally.
    #[pyfunction]
    #[sig(data, crc = 0, /)]
    fn crc32(data: &Value, crc: &Value, cx: &mut Cx) -> Res<u32> {
        let start = crc_start(cx, crc)?;
        let data = bytes::contents(cx, data)?;
        Ok(codec::crc32(&data, start))
    }
    /// Compute CRC-CCITT incrementally.
    #[pyfunction]
    #[sig(data, crc, /)]
    fn crc_hqx(data: &Value, crc: &Value, cx: &mut Cx) -> Res<u16> {
        let start = crc_start(cx, crc)?;
        let data = bytes::contents(cx, data)?;
        Ok(codec::crc_hqx(&data, start as u16))
    }
    /// Decode a line of uuencoded data.
    #[pyfunction]
    fn a2b_uu(data: &Value, cx: &mut Cx) -> Res<Value> {
        let data = ascii_data(cx, data)?;
        match uu::decode(&data) {
            Ok(out) => new_bytes_vec(cx, out),
            Err(msg) => Err(raise(cx, msg)),
        }
    }
    /// Uuencode line of data.
    #[pyfunction]
    #[sig(data, /, *, backtick = False)]
    fn b2a_uu(data: &Value, backtick: bool, cx: &mut Cx) -> Res<Value> {
        let data = bytes::contents(cx, data)?;
        if data.len() > 45 {
            return Err(raise(cx, "At most 45 bytes at once"));
        }
        new_bytes_vec(cx, uu::encode(&data, backtick))
    }
    /// Decode a string of qp-encoded data.
    #[pyfunction]
    #[sig(data, header = False)]
    fn a2b_qp(data: &Value, header: bool, cx: &mut Cx) -> Res<Value> {
        let data = ascii_data(cx, data)?;
        new_bytes_vec(cx, quoted::decode(&data, header))
    }
    /// Encode a string using quoted-printable encoding.
    ///
    /// On encoding, when istext is set, newlines are not encoded, and white
    /// space at end of lines is.  When istext is not set, \r and \n (CR/LF)
    /// are both encoded.  When quotetabs is set, space and tabs are encoded.
    #[pyfunction]
    #[sig(data, quotetabs = False, istext = True, header = False)]
    fn b2a_qp(
        data: &Value,
        quotetabs: bool,
        istext: bool,
        header: bool,
        cx: &mut Cx,
    ) -> Res<Value> {
        let data = bytes::contents(cx, data)?;
        new_bytes_vec(cx, quoted::encode(&data, quotetabs, istext, header))
    }
}
