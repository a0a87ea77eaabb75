//! Paths given as `str`, `bytes` or `os.PathLike`, and text in the file system's encoding (UTF-8 with surrogate escapes).

use typhon_vm::native::*;
use typhon_vm::objects::bytes::Bytes;
use typhon_vm::objects::str::{codec, new_str};
use typhon_vm::protocol;

/// `os.fspath`.
pub fn fspath(cx: &mut Cx, v: &Value) -> Res<Value> {
    if v.downcast::<Str>().is_some() || v.downcast::<Bytes>().is_some() {
        return Ok(v.clone());
    }
    let t = v.type_name();
    let Some(f) = protocol::lookup_special(cx, v, "__fspath__")? else {
        return Err(cx.type_error(format!(
            "expected str, bytes or os.PathLike object, not {t}"
        )));
    };
    let p = protocol::call(cx, &f, &[])?;
    if p.downcast::<Str>().is_some() || p.downcast::<Bytes>().is_some() {
        return Ok(p);
    }
    let n = p.type_name();
    Err(cx.type_error(format!(
        "expected {t}.__fspath__() to return str or bytes, not {n}"
    )))
}

/// A path as a str.
pub fn path_str(cx: &mut Cx, v: &Value) -> Res<Value> {
    let p = fspath(cx, v)?;
    match p.downcast::<Bytes>() {
        Some(b) => codec::decode(cx, b.as_slice(), Some("utf-8"), Some("surrogateescape")),
        None => Ok(p),
    }
}

/// A str from the operating system's bytes.
pub fn os_str(cx: &mut Cx, s: &std::ffi::OsStr) -> Res<Value> {
    use std::os::unix::ffi::OsStrExt;
    match s.to_str() {
        Some(t) => new_str(cx, t),
        None => codec::decode(cx, s.as_bytes(), Some("utf-8"), Some("surrogateescape")),
    }
}
