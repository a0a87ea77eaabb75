//! `_json`: the accelerators of `json`. `scanner.rs` reads documents, `encoder.rs` writes them; strings and numbers are done
//! by `typhon_text::json_text`.

pub mod encoder;
pub mod scanner;

use crate::util::import_submodule;
use typhon_text::TextBuf;
use typhon_text::json_text::{self, JsonError};
use typhon_vm::native::*;
use typhon_vm::objects::int::new_int;
use typhon_vm::objects::str::new_from_buf;
use typhon_vm::objects::tuple;
use typhon_vm::{number, protocol};

/// Raise `json.decoder.JSONDecodeError(msg, document, position)`.
pub(crate) fn raise(cx: &mut Cx, e: JsonError, document: &Value) -> Raised {
    let made = import_submodule(cx, "json.decoder").and_then(|m| {
        let class = protocol::getattr_str(cx, &m, "JSONDecodeError")?;
        let msg = typhon_vm::objects::str::new_str(cx, e.msg)?;
        let at = new_int(cx, e.at as i64)?;
        protocol::call(cx, &class, &[msg, document.clone(), at])
    });
    match made {
        Ok(exc) => cx.raise_value(exc),
        Err(r) => r,
    }
}

/// The JSON text of a str argument.
pub(crate) fn quoted(cx: &mut Cx, v: &Value, ascii: bool) -> Res<Value> {
    let Some(s) = v.downcast::<Str>() else {
        let n = v.type_name();
        return Err(cx.type_error(format!("first argument must be a string, not {n}")));
    };
    let mut buf = TextBuf::with_capacity(s.len() + 2);
    json_text::encode(s.text(), ascii, &mut buf);
    new_from_buf(cx, buf)
}

#[pymodule(name = "_json")]
pub mod module {
    //! json speedups
    use super::*;

    /// encode_basestring_ascii(string) -> string
    ///
    /// Return an ASCII-only JSON representation of a Python string
    #[pyfunction]
    fn encode_basestring_ascii(string: &Value, cx: &mut Cx) -> Res<Value> {
        quoted(cx, string, true)
    }
    /// encode_basestring(string) -> string
    ///
    /// Return a JSON representation of a Python string
    #[pyfunction]
    fn encode_basestring(string: &Value, cx: &mut Cx) -> Res<Value> {
        quoted(cx, string, false)
    }
    /// scanstring(string, end, strict=True) -> (string, end)
    ///
    /// Scan the string s for a JSON string. End is the index of the
    /// character in s after the quote that started the JSON string.
    /// Unescapes all valid JSON string escape sequences and raises ValueError
    /// on attempt to decode an invalid string. If strict is False then literal
    /// control characters are allowed in the string.
    ///
    /// Returns a tuple of the decoded string and the index of the character in s
    /// after the end quote.
    #[pyfunction]
    #[sig(string, end, strict = True, /)]
    fn scanstring(string: &Value, end: &Value, strict: bool, cx: &mut Cx) -> Res<Value> {
        let Some(s) = string.downcast::<Str>() else {
            let n = string.type_name();
            return Err(cx.type_error(format!("first argument must be a string, not {n}")));
        };
        let end = number::index_isize_checked(cx, end, typhon_vm::ExcKind::OverflowError)?;
        if end < 0 || end as usize > s.len() {
            return Err(cx.value_error("end is out of bounds"));
        }
        match json_text::scan_string(s.text(), end as usize, strict) {
            Ok((buf, at)) => {
                let text = new_from_buf(cx, buf)?;
                let at = new_int(cx, at as i64)?;
                tuple::new_tuple(cx, vec![text, at])
            }
            Err(e) => Err(raise(cx, e, string)),
        }
    }
    #[pyattr(name = "make_scanner")]
    fn make_scanner(cx: &mut Cx) -> Res<Value> {
        Ok(scanner::Scanner::type_cell().get(cx)?.value())
    }
    #[pyattr(name = "make_encoder")]
    fn make_encoder(cx: &mut Cx) -> Res<Value> {
        Ok(encoder::Encoder::type_cell().get(cx)?.value())
    }
}
