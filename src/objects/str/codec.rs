//! Text to bytes and back: the built-in codecs with their error handlers, the callbacks of `codecs.register_error`, and the
//! way to other encodings through `objects::codec`, the registry.

use super::{Str, Units, new_from_buf, new_str, new_str_exact};
use crate::objects::int::new_int;
use crate::objects::{Tuple, bytes, codec, tuple};
use crate::{Cx, ExcKind, Raised, Res, Value, ValueExt};
use typhon_text::TextBuf;
use typhon_text::codecs::utf16::Order;
use typhon_text::codecs::{
    self, DecodeError, EncodeError, Errors, Replacement, single, utf7, utf8, utf16, utf32,
};

/// The encodings that need no lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    Utf8,
    Utf16(Option<Order>),
    Utf32(Option<Order>),
    Utf7,
    Latin1,
    Ascii,
}

impl Codec {
    /// By name in any usual spelling; `mbcs` and all others are the registry's.
    pub fn parse(name: &str) -> Option<Codec> {
        if name == "utf-8" {
            return Some(Codec::Utf8);
        }
        let mut buf = [0u8; 12];
        let mut n = 0;
        for b in name.bytes() {
            *buf.get_mut(n)? = match b {
                b'A'..=b'Z' => b.to_ascii_lowercase(),
                b'-' | b' ' => b'_',
                _ => b,
            };
            n += 1;
        }
        Some(match &buf[..n] {
            b"utf_8" | b"utf8" => Codec::Utf8,
            b"utf_16" | b"utf16" => Codec::Utf16(None),
            b"utf_16_le" => Codec::Utf16(Some(Order::Little)),
            b"utf_16_be" => Codec::Utf16(Some(Order::Big)),
            b"utf_32" | b"utf32" => Codec::Utf32(None),
            b"utf_32_le" => Codec::Utf32(Some(Order::Little)),
            b"utf_32_be" => Codec::Utf32(Some(Order::Big)),
            b"ascii" | b"us_ascii" => Codec::Ascii,
            b"latin1" | b"latin_1" | b"iso_8859_1" | b"iso8859_1" => Codec::Latin1,
            _ => return None,
        })
    }
}

/// An error handler by its name, looked up at the first error.
struct Handler<'a> {
    name: &'a str,
    found: Option<Found>,
}

#[derive(Clone)]
enum Found {
    Builtin(Errors),
    Python(Value),
}

impl<'a> Handler<'a> {
    fn new(name: Option<&'a str>) -> Handler<'a> {
        Handler {
            name: name.unwrap_or("strict"),
            found: None,
        }
    }
    fn get(&mut self, cx: &mut Cx) -> Res<Found> {
        if let Some(f) = &self.found {
            return Ok(f.clone());
        }
        let f = match Errors::parse(self.name) {
            Some(e) => Found::Builtin(e),
            None => Found::Python(codec::lookup_error(cx, self.name)?),
        };
        self.found = Some(f.clone());
        Ok(f)
    }
}

/// Make a `UnicodeEncodeError` for `s`.
pub fn encode_error(
    cx: &mut Cx,
    encoding: &str,
    s: &Value,
    start: usize,
    end: usize,
    reason: &str,
) -> Res<Value> {
    let args = vec![
        new_str(cx, encoding)?,
        s.clone(),
        new_int(cx, start as i64)?,
        new_int(cx, end as i64)?,
        new_str(cx, reason)?,
    ];
    crate::objects::exception::new_exception(cx, ExcKind::UnicodeEncodeError, args)
}

/// Make a `UnicodeDecodeError` for the bytes object `data`.
pub fn decode_error(
    cx: &mut Cx,
    encoding: &str,
    data: &Value,
    start: usize,
    end: usize,
    reason: &str,
) -> Res<Value> {
    let args = vec![
        new_str(cx, encoding)?,
        data.clone(),
        new_int(cx, start as i64)?,
        new_int(cx, end as i64)?,
        new_str(cx, reason)?,
    ];
    crate::objects::exception::new_exception(cx, ExcKind::UnicodeDecodeError, args)
}

fn raise(cx: &mut Cx, exc: Res<Value>) -> Raised {
    match exc {
        Ok(e) => cx.raise_value(e),
        Err(r) => r,
    }
}

/// The position an error handler returned, within `len`.
fn resume_at(cx: &mut Cx, v: &Value, len: usize) -> Res<usize> {
    let i = crate::number::index_isize(cx, v)?;
    let at = if i < 0 {
        i.saturating_add(len as isize)
    } else {
        i
    };
    if at < 0 || at as usize > len {
        return Err(cx.index_error(format!("position {i} from error handler out of bounds")));
    }
    Ok(at as usize)
}

/// What a handler written in Python answers: replacement and position.
fn ask(
    cx: &mut Cx,
    handler: &Value,
    exc: Value,
    len: usize,
    encoding: bool,
) -> Res<(Value, usize)> {
    let answer = crate::protocol::call(cx, handler, &[exc])?;
    let good = answer
        .downcast::<Tuple>()
        .filter(|t| t.len() == 2)
        .and_then(|t| {
            let (text, at) = (&t.items()[0], &t.items()[1]);
            let text_ok = text.downcast::<Str>().is_some()
                || (encoding && text.downcast::<bytes::Bytes>().is_some());
            (text_ok && crate::objects::int::as_int(at).is_some())
                .then(|| (text.clone(), at.clone()))
        });
    match good {
        Some((text, at)) => Ok((text, resume_at(cx, &at, len)?)),
        None if encoding => {
            Err(cx.type_error("encoding error handler must return (str/bytes, int) tuple"))
        }
        None => Err(cx.type_error("decoding error handler must return (str, int) tuple")),
    }
}

/// Why encoding ended: an exception stands, or the original error is to be raised.
enum Failed {
    Raised(Raised),
    Error(EncodeError),
}

/// Encode by a function of the text crate.
pub fn encode_by(
    cx: &mut Cx,
    s: &Str,
    errors: Option<&str>,
    encoder: codecs::Encoder<'_>,
) -> Res<Vec<u8>> {
    let mut handler = Handler::new(errors);
    let text = s.text();
    let r = codecs::encode(
        encoder,
        text,
        |e| {
            let mut handle = || -> Res<Option<(Replacement, usize)>> {
                match handler.get(cx)? {
                    Found::Builtin(h) => Ok(h.on_encode(e, text)),
                    Found::Python(f) => {
                        let exc =
                            encode_error(cx, e.encoding, &s.value(), e.start, e.end, e.reason)?;
                        let (with, at) = ask(cx, &f, exc, text.len(), true)?;
                        let with = match with.downcast::<Str>() {
                            Some(t) => Replacement::Text(t.text().to_buf()),
                            None => Replacement::Bytes(
                                with.downcast::<bytes::Bytes>()
                                    .map(|b| b.as_slice().to_vec())
                                    .unwrap_or_default(),
                            ),
                        };
                        Ok(Some((with, at)))
                    }
                }
            };
            match handle() {
                Ok(Some(r)) => Ok(r),
                Ok(None) => Err(Failed::Error(*e)),
                Err(r) => Err(Failed::Raised(r)),
            }
        },
        Failed::Error,
    );
    match r {
        Ok(v) => Ok(v),
        Err(Failed::Raised(r)) => Err(r),
        Err(Failed::Error(e)) => {
            let exc = encode_error(cx, e.encoding, &s.value(), e.start, e.end, e.reason);
            Err(raise(cx, exc))
        }
    }
}

/// Encode by a built-in codec.
pub fn encode_as(cx: &mut Cx, s: &Str, kind: Codec, errors: Option<&str>) -> Res<Vec<u8>> {
    match kind {
        Codec::Utf8 => encode_by(cx, s, errors, &mut utf8::encode),
        Codec::Latin1 => encode_by(cx, s, errors, &mut single::encode_latin1),
        Codec::Ascii => encode_by(cx, s, errors, &mut single::encode_ascii),
        Codec::Utf7 => Ok(utf7::encode(s.text())),
        Codec::Utf16(order) => {
            let name = order_name(order, ["utf-16", "utf-16-le", "utf-16-be"]);
            let o = order.unwrap_or(Order::NATIVE);
            let body = encode_by(cx, s, errors, &mut |t, at, out| {
                utf16::encode(o, name, t, at, out)
            })?;
            Ok(if order.is_some() {
                body
            } else {
                with_mark(mark16(o), body)
            })
        }
        Codec::Utf32(order) => {
            let name = order_name(order, ["utf-32", "utf-32-le", "utf-32-be"]);
            let o = order.unwrap_or(Order::NATIVE);
            let body = encode_by(cx, s, errors, &mut |t, at, out| {
                utf32::encode(o, name, t, at, out)
            })?;
            Ok(if order.is_some() {
                body
            } else {
                with_mark(mark32(o), body)
            })
        }
    }
}

fn order_name(order: Option<Order>, names: [&'static str; 3]) -> &'static str {
    match order {
        None => names[0],
        Some(Order::Little) => names[1],
        Some(Order::Big) => names[2],
    }
}

fn mark16(o: Order) -> &'static [u8] {
    if o == Order::Little {
        b"\xff\xfe"
    } else {
        b"\xfe\xff"
    }
}
fn mark32(o: Order) -> &'static [u8] {
    if o == Order::Little {
        b"\xff\xfe\0\0"
    } else {
        b"\0\0\xfe\xff"
    }
}

fn with_mark(mark: &[u8], body: Vec<u8>) -> Vec<u8> {
    [mark, &body[..]].concat()
}

/// Decode by a function of the text crate: the text and how many bytes were taken.
pub fn decode_by(
    cx: &mut Cx,
    data: &[u8],
    errors: Option<&str>,
    is_final: bool,
    decoder: codecs::Decoder<'_>,
) -> Res<(TextBuf, usize)> {
    let mut handler = Handler::new(errors);
    let mut out = TextBuf::with_capacity(data.len());
    let mut object: Option<Value> = None;
    let taken = codecs::decode(
        decoder,
        data,
        is_final,
        &mut out,
        |e: &DecodeError, out: &mut TextBuf| {
            let found = handler.get(cx)?;
            if let Found::Builtin(h) = &found
                && let Some(at) = h.on_decode(e, data, out)
            {
                return Ok(at);
            }
            let object = match &object {
                Some(o) => o.clone(),
                None => object.insert(bytes::new_bytes(cx, data)?).clone(),
            };
            let exc = decode_error(cx, e.encoding, &object, e.start, e.end, e.reason);
            match found {
                Found::Builtin(_) => Err(raise(cx, exc)),
                Found::Python(f) => {
                    let (with, at) = ask(cx, &f, exc?, data.len(), false)?;
                    if let Some(t) = with.downcast::<Str>() {
                        out.push_text(t.text());
                    }
                    Ok(at)
                }
            }
        },
    )?;
    Ok((out, taken))
}

/// Decode by a built-in codec; unless `is_final`, an unfinished end is left over (the second result is what was taken).
pub fn decode_as(
    cx: &mut Cx,
    data: &[u8],
    kind: Codec,
    errors: Option<&str>,
    is_final: bool,
) -> Res<(Value, usize)> {
    if matches!(kind, Codec::Utf8 | Codec::Ascii | Codec::Latin1) && data.is_ascii() {
        return Ok((new_str_exact(cx, Units::Latin1(data), true)?, data.len()));
    }
    let (buf, taken) = match kind {
        Codec::Utf8 => decode_by(cx, data, errors, is_final, &mut utf8::decode)?,
        Codec::Ascii => decode_by(cx, data, errors, is_final, &mut single::decode_ascii)?,
        Codec::Latin1 => return Ok((new_str_exact(cx, Units::Latin1(data), false)?, data.len())),
        Codec::Utf7 => decode_by(cx, data, errors, is_final, &mut utf7::decode)?,
        Codec::Utf16(order) => {
            let (order, skip) = match order {
                Some(o) => (o, 0),
                None => {
                    let (o, n) = utf16::read_mark(data);
                    (o.unwrap_or(Order::NATIVE), n)
                }
            };
            let mut begin = skip;
            decode_by(cx, data, errors, is_final, &mut |input, at, fin, out| {
                *at += std::mem::take(&mut begin);
                utf16::decode(order, input, at, fin, out)
            })?
        }
        Codec::Utf32(order) => {
            let (order, skip) = match order {
                Some(o) => (o, 0),
                None => {
                    let (o, n) = utf32::read_mark(data);
                    (o.unwrap_or(Order::NATIVE), n)
                }
            };
            let mut begin = skip;
            decode_by(cx, data, errors, is_final, &mut |input, at, fin, out| {
                *at += std::mem::take(&mut begin);
                utf32::decode(order, input, at, fin, out)
            })?
        }
    };
    Ok((new_from_buf(cx, buf)?, taken))
}

/// `s.encode(encoding, errors)`: a bytes object.
pub fn encode(cx: &mut Cx, s: &Str, encoding: Option<&str>, errors: Option<&str>) -> Res<Value> {
    codec::check_names(cx, encoding, errors)?;
    match encoding.map_or(Some(Codec::Utf8), Codec::parse) {
        Some(Codec::Utf8 | Codec::Latin1 | Codec::Ascii) if s.is_ascii() => {
            bytes::new_bytes(cx, s.as_ascii().unwrap_or_default().as_bytes())
        }
        Some(kind) => {
            let data = encode_as(cx, s, kind, errors)?;
            bytes::new_bytes(cx, &data)
        }
        None => codec::encode_text(cx, s, encoding.unwrap_or("utf-8"), errors),
    }
}

/// `data.decode(encoding, errors)`: a str.
pub fn decode(
    cx: &mut Cx,
    data: &[u8],
    encoding: Option<&str>,
    errors: Option<&str>,
) -> Res<Value> {
    codec::check_names(cx, encoding, errors)?;
    match encoding.map_or(Some(Codec::Utf8), Codec::parse) {
        Some(kind) => Ok(decode_as(cx, data, kind, errors, true)?.0),
        None => codec::decode_text(cx, data, encoding.unwrap_or("utf-8"), errors),
    }
}

/// The pair every function of `_codecs` returns.
pub fn with_count(cx: &mut Cx, v: Value, n: usize) -> Res<Value> {
    let n = new_int(cx, n as i64)?;
    tuple::new_tuple(cx, vec![v, n])
}
