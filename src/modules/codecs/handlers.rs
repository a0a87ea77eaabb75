//! The built-in error handlers as functions: what `codecs.lookup_error("replace")` returns.

use typhon_text::TextBuf;
use typhon_text::codecs::{Errors, Replacement};
use typhon_vm::native::*;
use typhon_vm::objects::int::new_int;
use typhon_vm::objects::str::new_from_buf;
use typhon_vm::objects::{builtin, bytes, codec, exception, tuple};
use typhon_vm::{ExcKind, number, protocol};

/// The handlers by name, in the order of the functions below.
const NAMES: [&str; 8] = [
    "strict",
    "ignore",
    "replace",
    "xmlcharrefreplace",
    "backslashreplace",
    "namereplace",
    "surrogatepass",
    "surrogateescape",
];

/// Enter all of them in the registry.
pub fn register_all(cx: &mut Cx) -> Res<()> {
    for (name, def) in NAMES.iter().zip(PART.functions) {
        let f = builtin::new_builtin(cx, def, None, None)?;
        codec::register_error(cx, name, &f)?;
    }
    Ok(())
}

fn refuse(cx: &mut Cx, exc: &Value) -> Raised {
    let n = exc.type_name();
    cx.type_error(format!("don't know how to handle {n} in error callback"))
}

/// Raise the exception itself.
fn raise(cx: &mut Cx, exc: &Value) -> Raised {
    if exception::is_exception(exc) {
        cx.raise_value(exc.clone())
    } else {
        cx.type_error("codec must pass exception instance")
    }
}

fn place(cx: &mut Cx, exc: &Value, name: &'static str, len: usize) -> Res<usize> {
    let v = protocol::getattr_str(cx, exc, name)?;
    Ok(number::index_isize(cx, &v)?.clamp(0, len as isize) as usize)
}

fn answer(cx: &mut Cx, v: Value, at: usize) -> Res<Value> {
    let at = new_int(cx, at as i64)?;
    tuple::new_tuple(cx, vec![v, at])
}

fn handle(cx: &mut Cx, errors: Errors, exc: &Value) -> Res<Value> {
    if errors == Errors::Strict {
        return Err(raise(cx, exc));
    }
    if exception::is_kind(exc, ExcKind::UnicodeDecodeError) {
        if matches!(errors, Errors::XmlCharRefReplace | Errors::NameReplace) {
            return Err(refuse(cx, exc));
        }
        let object = protocol::getattr_str(cx, exc, "object")?;
        let data = bytes::contents(cx, &object)?.into_owned();
        let (start, end) = (
            place(cx, exc, "start", data.len())?,
            place(cx, exc, "end", data.len())?,
        );
        let encoding = protocol::getattr_str(cx, exc, "encoding")?;
        let encoding = protocol::str_string(cx, &encoding)?;
        let mut out = TextBuf::new();
        return match errors.on_decode_as(&encoding, start, end.max(start), &data, &mut out) {
            Some(at) => {
                let text = new_from_buf(cx, out)?;
                answer(cx, text, at)
            }
            None => Err(raise(cx, exc)),
        };
    }
    let translating = exception::is_kind(exc, ExcKind::UnicodeTranslateError);
    if !translating && !exception::is_kind(exc, ExcKind::UnicodeEncodeError) {
        return Err(refuse(cx, exc));
    }
    let object = protocol::getattr_str(cx, exc, "object")?;
    let Some(s) = object.downcast::<Str>() else {
        return Err(refuse(cx, exc));
    };
    let (start, end) = (
        place(cx, exc, "start", s.len())?,
        place(cx, exc, "end", s.len())?,
    );
    let end = end.max(start);
    if translating {
        let mut out = TextBuf::new();
        return match errors {
            Errors::Ignore | Errors::Replace => match errors.on_translate(start, end, &mut out) {
                Some(at) => {
                    let text = new_from_buf(cx, out)?;
                    answer(cx, text, at)
                }
                None => Err(raise(cx, exc)),
            },
            Errors::BackslashReplace => {
                s.text()
                    .slice(start..end)
                    .iter()
                    .for_each(|c| typhon_text::str_repr::push_escape(&mut out, c));
                let text = new_from_buf(cx, out)?;
                answer(cx, text, end)
            }
            _ => Err(refuse(cx, exc)),
        };
    }
    let encoding = protocol::getattr_str(cx, exc, "encoding")?;
    let encoding = protocol::str_string(cx, &encoding)?;
    match errors.on_encode_as(&encoding, start, end, s.text()) {
        Some((Replacement::Text(t), at)) => {
            let text = new_from_buf(cx, t)?;
            answer(cx, text, at)
        }
        Some((Replacement::Bytes(b), at)) => {
            let b = bytes::new_bytes(cx, &b)?;
            answer(cx, b, at)
        }
        None => Err(raise(cx, exc)),
    }
}

#[pyfunctions(part = PART, module = "_codecs")]
pub mod functions {
    use super::*;

    /// Implements the 'strict' error handling, which raises a UnicodeError on coding errors.
    #[pyfunction]
    fn strict_errors(exception: &Value, cx: &mut Cx) -> Res<Value> {
        handle(cx, Errors::Strict, exception)
    }
    /// Implements the 'ignore' error handling, which ignores malformed data and continues.
    #[pyfunction]
    fn ignore_errors(exception: &Value, cx: &mut Cx) -> Res<Value> {
        handle(cx, Errors::Ignore, exception)
    }
    /// Implements the 'replace' error handling, which replaces malformed data with a replacement marker.
    #[pyfunction]
    fn replace_errors(exception: &Value, cx: &mut Cx) -> Res<Value> {
        handle(cx, Errors::Replace, exception)
    }
    /// Implements the 'xmlcharrefreplace' error handling, which replaces an unencodable character with the appropriate XML character reference.
    #[pyfunction]
    fn xmlcharrefreplace_errors(exception: &Value, cx: &mut Cx) -> Res<Value> {
        handle(cx, Errors::XmlCharRefReplace, exception)
    }
    /// Implements the 'backslashreplace' error handling, which replaces malformed data with a backslashed escape sequence.
    #[pyfunction]
    fn backslashreplace_errors(exception: &Value, cx: &mut Cx) -> Res<Value> {
        handle(cx, Errors::BackslashReplace, exception)
    }
    /// Implements the 'namereplace' error handling, which replaces an unencodable character with a \N{...} escape sequence.
    #[pyfunction]
    fn namereplace_errors(exception: &Value, cx: &mut Cx) -> Res<Value> {
        handle(cx, Errors::NameReplace, exception)
    }
    #[pyfunction]
    fn surrogatepass(exception: &Value, cx: &mut Cx) -> Res<Value> {
        handle(cx, Errors::SurrogatePass, exception)
    }
    #[pyfunction]
    fn surrogateescape(exception: &Value, cx: &mut Cx) -> Res<Value> {
        handle(cx, Errors::SurrogateEscape, exception)
    }
}
pub use functions::PART;
