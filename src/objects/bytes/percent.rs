//! `bytes % values` and `bytearray % values`; the walk over the arguments is `str`'s.

use super::{Bytes, make, ops};
use crate::native::*;
use crate::number as num;
use crate::objects::str::percent::{Failure, Values, number};
use crate::objects::{bytes, format as fmt, int};
use crate::protocol;
use typhon_text::percent::{self, Conversion};
use typhon_text::{Text, TextBuf};

/// `template % operand`, in the kind of the template.
pub fn format(cx: &mut Cx, template: &Value, operand: &Value) -> Res<Value> {
    ops::pinned(cx, template, operand, |cx| {
        format_pinned(cx, template, operand)
    })
}

fn format_pinned(cx: &mut Cx, template: &Value, operand: &Value) -> Res<Value> {
    let kind = ops::Kind::of(template);
    let t = ops::data(cx, template).into_owned();
    let mut values = Values::new(cx, operand, true);
    let made = percent::format(Text::Latin1(&t), true, &mut values);
    let made = made.and_then(|buf| Ok(values.finish().map(|()| buf)?));
    drop(values);
    match made {
        // Every piece pushed was Latin-1, so the buffer's units are the bytes.
        Ok(TextBuf::Latin1(out)) => kind.make_vec(cx, out),
        Ok(_) => Err(cx.system_error("bytes formatting gave wide characters")),
        Err(e) => Err(e.raise(cx)),
    }
}

/// One conversion of a bytes template.
pub fn convert(values: &mut Values<'_>, c: &Conversion, out: &mut TextBuf) -> Result<(), Failure> {
    let v = values.take()?;
    let cx = &mut **values.cx.borrow_mut();
    match c.letter() {
        b'r' | b'a' => {
            let text = fmt::ascii(cx, &v)?;
            if let Some(s) = text.downcast::<Str>() {
                c.push_text(s.text(), out);
            }
        }
        b's' | b'b' => {
            let data = text_of(cx, &v)?;
            c.push_text(Text::Latin1(&data), out);
        }
        b'c' => {
            let b = character(cx, &v)?;
            c.push_char(b.into(), out);
        }
        _ => {
            if !number(cx, &v, c, true, out)? {
                return Err(percent::unsupported(c, true).into());
            }
        }
    }
    Ok(())
}

/// The bytes of `%b`.
fn text_of(cx: &mut Cx, v: &Value) -> Res<Vec<u8>> {
    if let Some(d) = make::bytes_or_bytearray(cx, v) {
        return Ok(d.into_owned());
    }
    if let Some(r) = protocol::call_special(cx, v, "__bytes__", &[])? {
        return match r.downcast::<Bytes>() {
            Some(b) => Ok(b.as_slice().to_vec()),
            None => {
                let n = r.type_name();
                Err(cx.type_error(format!("__bytes__ returned non-bytes (type {n})")))
            }
        };
    }
    match make::contents_opt(cx, v)? {
        Some(d) => Ok(d.into_owned()),
        None => {
            let n = v.type_name();
            Err(cx.type_error(format!(
                "%b requires a bytes-like object, or an object that implements __bytes__, not '{n}'"
            )))
        }
    }
}

/// The byte of `%c`.
fn character(cx: &mut Cx, v: &Value) -> Res<u8> {
    if let Some(d) = make::bytes_or_bytearray(cx, v) {
        if let [b] = d[..] {
            return Ok(b);
        }
        let (k, n) = (
            if v.downcast::<bytes::Bytes>().is_some() {
                "bytes"
            } else {
                "bytearray"
            },
            d.len(),
        );
        let article = "a";
        return Err(cx.type_error(format!(
            "%c requires an integer in range(256) or a single byte, not {article} {k} object of length {n}"
        )));
    }
    if int::as_int(v).is_none() && v.ty().slots.index.get().is_none() {
        let n = crate::objects::typeobj::methods::shown_name(cx, v.ty());
        return Err(cx.type_error(format!(
            "%c requires an integer in range(256) or a single byte, not {n}"
        )));
    }
    let i = num::index_isize(cx, v)?;
    u8::try_from(i).map_err(|_| cx.overflow_error("%c arg not in range(256)"))
}
