//! The hash functions of `hashlib`: `_md5`, `_sha1`, `_sha2`, `_sha3` and `_blake2`, over the RustCrypto crates and
//! `blake2*_simd`. `fixed.rs` writes the types of fixed output, `shake.rs` those of any, `blake.rs` BLAKE2.

pub mod blake;
pub mod fixed;
pub mod shake;

use std::borrow::Cow;
use typhon_vm::native::*;
use typhon_vm::objects::{buffer, bytes};

/// The data of a constructor or `update`.
pub(crate) fn data_of<'a>(cx: &mut Cx, v: &'a Value) -> Res<Cow<'a, [u8]>> {
    if v.downcast::<Str>().is_some() {
        return Err(cx.type_error("Strings must be encoded before hashing"));
    }
    if let Some(b) = bytes::bytes_or_bytearray(cx, v) {
        return Ok(b);
    }
    match buffer::get_opt(cx, v, false)? {
        Some(b) if b.ndim() > 1 => Err(cx.buffer_error("Buffer must be single dimension")),
        Some(b) => Ok(Cow::Owned(b.to_vec())),
        None => Err(cx.type_error("object supporting the buffer API required")),
    }
}

/// The data argument of a constructor, which has two names.
pub(crate) fn initial<'a>(
    cx: &mut Cx,
    data: Option<&'a Value>,
    string: Option<&'a Value>,
) -> Res<Cow<'a, [u8]>> {
    match (data, string) {
        (Some(_), Some(_)) => {
            Err(cx.type_error("'data' and 'string' are mutually exclusive and support for 'string' keyword parameter is slated for removal in a future version."))
        }
        (Some(v), None) | (None, Some(v)) => data_of(cx, v),
        (None, None) => Ok(Cow::Borrowed(&[])),
    }
}

pub(crate) fn hex(data: &[u8]) -> String {
    typhon_text::binascii::hexlify(data)
        .into_iter()
        .map(char::from)
        .collect()
}
