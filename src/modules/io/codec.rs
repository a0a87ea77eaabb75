//! The encodings of text streams: UTF-8, Latin-1 and ASCII here, others through the incremental codecs of the registry.

use super::newline::{Newlines, get_state, set_state};
use std::sync::OnceLock;
use typhon_text::codecs::{self, DecodeError, Errors, single, utf8};
use typhon_text::{Text, TextBuf};
use typhon_vm::native::*;
use typhon_vm::objects::bytes::{self, Bytes, new_bytes};
use typhon_vm::objects::str::{new_from_buf, new_from_text, new_str};
use typhon_vm::objects::{codec, str};
use typhon_vm::protocol;

/// Encodings that need no Python code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Native {
    Utf8,
    Latin1,
    Ascii,
}

impl Native {
    /// By any of the names it has in the registry.
    pub fn of(name: &str) -> Option<Native> {
        Some(match codec::normalize(name).replace('.', "_").as_str() {
            "utf_8" | "utf8" | "u8" | "utf" | "cp65001" => Native::Utf8,
            "latin_1" | "latin1" | "iso_8859_1" | "iso8859_1" | "8859" | "cp819" | "iso8859"
            | "latin" | "l1" | "iso_8859_1_1987" => Native::Latin1,
            "ascii" | "us_ascii" | "646" | "ansi_x3_4_1968" => Native::Ascii,
            _ => return None,
        })
    }
    fn decode(
        self,
        input: &[u8],
        at: &mut usize,
        is_final: bool,
        out: &mut TextBuf,
    ) -> Result<(), DecodeError> {
        match self {
            Native::Utf8 => utf8::decode(input, at, is_final, out),
            Native::Latin1 => single::decode_latin1(input, at, is_final, out),
            Native::Ascii => single::decode_ascii(input, at, is_final, out),
        }
    }
}

/// What turns bytes into text.
pub enum Source {
    /// The bytes of an unfinished character wait.
    Native(Native, Errors, Vec<u8>),
    /// An incremental decoder.
    Python(Value),
}

/// A decoder with its newlines.
pub struct Decoder {
    pub source: Source,
    /// None: newlines stay.
    pub newlines: Option<Newlines>,
}

impl Traverse for Decoder {
    fn traverse(&self, v: &mut Visitor) {
        if let Source::Python(d) = &self.source {
            d.traverse(v);
        }
    }
}

impl Decoder {
    /// The text of more bytes.
    pub fn decode(&mut self, cx: &mut Cx, input: &[u8], is_final: bool) -> Res<Value> {
        let text = match &mut self.source {
            Source::Python(d) => {
                let b = new_bytes(cx, input)?;
                let d = d.clone();
                let text = protocol::call_method(cx, &d, "decode", &[b, Value::bool(is_final)])?;
                if text.downcast::<Str>().is_none() {
                    let t = text.type_name();
                    return Err(
                        cx.type_error(format!("decoder should return a string result, not '{t}'"))
                    );
                }
                text
            }
            Source::Native(native, errors, waiting) => {
                let joined;
                let all = if waiting.is_empty() {
                    input
                } else {
                    joined = [&waiting[..], input].concat();
                    &joined[..]
                };
                // The common case: ASCII that passes as it is.
                if all.is_ascii() {
                    waiting.clear();
                    return match self
                        .newlines
                        .as_mut()
                        .and_then(|n| n.feed(Text::Latin1(all), is_final))
                    {
                        Some(b) => new_from_text(cx, b.as_text()),
                        None => str::new_str_latin1(cx, all),
                    };
                }
                let (native, errors) = (*native, *errors);
                let mut out = TextBuf::with_capacity(all.len());
                let done = codecs::decode(
                    &mut |i, at, f, out| native.decode(i, at, f, out),
                    all,
                    is_final,
                    &mut out,
                    |e, out| errors.on_decode(e, all, out).ok_or(*e),
                );
                match done {
                    Ok(n) => {
                        let rest = all[n..].to_vec();
                        *waiting = rest;
                    }
                    Err(e) => {
                        let object = new_bytes(cx, all)?;
                        let args = vec![
                            new_str(cx, e.encoding)?,
                            object,
                            e.start.into_value(cx)?,
                            e.end.into_value(cx)?,
                            new_str(cx, e.reason)?,
                        ];
                        return Err(cx.raise_args(ExcKind::UnicodeDecodeError, args));
                    }
                }
                return match self
                    .newlines
                    .as_mut()
                    .and_then(|n| n.feed(out.as_text(), is_final))
                {
                    Some(b) => new_from_text(cx, b.as_text()),
                    None => new_from_buf(cx, out),
                };
            }
        };
        let s = text
            .downcast::<Str>()
            .map(Str::text)
            .unwrap_or(Text::Latin1(b""));
        match self.newlines.as_mut().and_then(|n| n.feed(s, is_final)) {
            Some(b) => new_from_text(cx, b.as_text()),
            None => Ok(text),
        }
    }
    /// What waits, and flags; the lowest flag is that of newlines.
    pub fn state(&self, cx: &mut Cx) -> Res<(Vec<u8>, u64)> {
        let (buffer, flag) = match &self.source {
            Source::Native(_, _, waiting) => (waiting.clone(), 0),
            Source::Python(d) => {
                let (b, flag) = get_state(cx, &d.clone())?;
                (
                    b.downcast::<Bytes>()
                        .map(|b| b.as_slice().to_vec())
                        .unwrap_or_default(),
                    flag,
                )
            }
        };
        Ok(match self.newlines {
            Some(n) => (buffer, flag << 1 | n.pending_cr as u64),
            None => (buffer, flag),
        })
    }
    pub fn set_state(&mut self, cx: &mut Cx, buffer: &[u8], mut flag: u64) -> Res<()> {
        if let Some(n) = &mut self.newlines {
            n.pending_cr = flag & 1 != 0;
            flag >>= 1;
        }
        match &mut self.source {
            Source::Native(_, _, waiting) => {
                waiting.clear();
                waiting.extend_from_slice(buffer);
                Ok(())
            }
            Source::Python(d) => {
                let b = new_bytes(cx, buffer)?;
                set_state(cx, &d.clone(), b, flag)
            }
        }
    }
    pub fn reset(&mut self, cx: &mut Cx) -> Res<()> {
        if let Some(n) = &mut self.newlines {
            n.pending_cr = false;
            n.seen = 0;
        }
        match &mut self.source {
            Source::Native(_, _, waiting) => {
                waiting.clear();
                Ok(())
            }
            Source::Python(d) => protocol::call_method(cx, &d.clone(), "reset", &[]).map(drop),
        }
    }
}

/// What turns text into bytes.
#[derive(Clone)]
pub enum Encoder {
    Native(Native),
    /// An incremental encoder.
    Python(Value),
}

impl Traverse for Encoder {
    fn traverse(&self, v: &mut Visitor) {
        if let Encoder::Python(e) = self {
            e.traverse(v);
        }
    }
}

/// Encode by a native encoding.
fn encode_native(cx: &mut Cx, native: Native, text: Text<'_>, errors: &str) -> Res<Vec<u8>> {
    if let Some(handler) = Errors::parse(errors) {
        let r = codecs::encode(
            &mut |t, at, out| match native {
                Native::Utf8 => utf8::encode(t, at, out),
                Native::Latin1 => single::encode_latin1(t, at, out),
                Native::Ascii => single::encode_ascii(t, at, out),
            },
            text,
            |e| handler.on_encode(e, text).ok_or(*e),
            |e| e,
        );
        return match r {
            Ok(b) => Ok(b),
            Err(e) => {
                let args = vec![
                    new_str(cx, e.encoding)?,
                    new_from_text(cx, text)?,
                    e.start.into_value(cx)?,
                    e.end.into_value(cx)?,
                    new_str(cx, e.reason)?,
                ];
                Err(cx.raise_args(ExcKind::UnicodeEncodeError, args))
            }
        };
    }
    let s = new_from_text(cx, text)?;
    let name = match native {
        Native::Utf8 => "utf-8",
        Native::Latin1 => "latin-1",
        Native::Ascii => "ascii",
    };
    let b = match s.downcast::<Str>() {
        Some(s) => codec::encode_text(cx, s, name, Some(errors))?,
        None => bytes::empty(),
    };
    Ok(b.downcast::<Bytes>()
        .map(|b| b.as_slice().to_vec())
        .unwrap_or_default())
}

impl Encoder {
    pub fn encode(&self, cx: &mut Cx, text: Text<'_>, errors: &str) -> Res<Vec<u8>> {
        match self {
            Encoder::Native(n) => match text {
                Text::Latin1(b) if b.is_ascii() => Ok(b.to_vec()),
                t => encode_native(cx, *n, t, errors),
            },
            Encoder::Python(e) => {
                let s = new_from_text(cx, text)?;
                let b = protocol::call_method(cx, e, "encode", &[s])?;
                match b.downcast::<Bytes>() {
                    Some(b) => Ok(b.as_slice().to_vec()),
                    None => {
                        let t = b.type_name();
                        Err(cx
                            .type_error(format!("encoder should return a bytes object, not '{t}'")))
                    }
                }
            }
        }
    }
    /// The stream is at its start, or not: encodings with a byte order mark want to know.
    pub fn set_position(&self, cx: &mut Cx, at_start: bool) -> Res<()> {
        match self {
            Encoder::Native(_) => Ok(()),
            Encoder::Python(e) if at_start => protocol::call_method(cx, e, "reset", &[]).map(drop),
            Encoder::Python(e) => {
                protocol::call_method(cx, e, "setstate", &[Value::small_int(0)]).map(drop)
            }
        }
    }
}

/// The codec's `CodecInfo`, which must be of a text encoding.
fn info(cx: &mut Cx, encoding: &str, alternative: &str) -> Res<Value> {
    // The package registers the search function.
    typhon_vm::objects::module::methods::import(cx, "encodings")?;
    let info = codec::lookup(cx, encoding)?;
    if let Some(f) = protocol::getattr_str_opt(cx, &info, "_is_text_encoding")?
        && !protocol::truthy(cx, &f)?
    {
        return Err(cx.lookup_error(format!(
            "'{encoding}' is not a text encoding; use {alternative} to handle arbitrary codecs"
        )));
    }
    Ok(info)
}

pub fn check_encoding(cx: &mut Cx, encoding: &str) -> Res<()> {
    if Native::of(encoding).is_some() {
        Ok(())
    } else {
        info(cx, encoding, "codecs.open()").map(drop)
    }
}

fn incremental(cx: &mut Cx, encoding: &str, errors: &str, what: &'static str) -> Res<Value> {
    let info = info(cx, encoding, "codecs.open()")?;
    let make = protocol::getattr_str(cx, &info, what)?;
    let errors = new_str(cx, errors)?;
    protocol::call(cx, &make, &[errors])
}

pub fn new_decoder(
    cx: &mut Cx,
    encoding: &str,
    errors: &str,
    newlines: Option<Newlines>,
) -> Res<Decoder> {
    let source = match (Native::of(encoding), Errors::parse(errors)) {
        (Some(n), Some(e)) => Source::Native(n, e, Vec::new()),
        _ => Source::Python(incremental(cx, encoding, errors, "incrementaldecoder")?),
    };
    Ok(Decoder { source, newlines })
}

pub fn new_encoder(cx: &mut Cx, encoding: &str, errors: &str) -> Res<Encoder> {
    match Native::of(encoding) {
        Some(n) => Ok(Encoder::Native(n)),
        None => incremental(cx, encoding, errors, "incrementalencoder").map(Encoder::Python),
    }
}

/// The encoding of the locale, as the environment named it when it was first asked for: the locale of a process does not
/// follow its environment.
pub fn locale_encoding() -> &'static str {
    static ENCODING: OnceLock<&str> = OnceLock::new();
    ENCODING.get_or_init(|| match locale_name().as_deref() {
        Some(n) if n.to_ascii_lowercase().replace('-', "").contains("utf8") => "UTF-8",
        // The C locale means UTF-8 mode (PEP 538, PEP 540); others are not supported by anything but UTF-8.
        _ => "utf-8",
    })
}

/// Whether the locale is "C" or "POSIX", where undecodable bytes are kept.
pub fn is_c_locale() -> bool {
    locale_name().is_none_or(|n| matches!(n.as_str(), "C" | "POSIX"))
}

fn locale_name() -> Option<String> {
    ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|n| std::env::var(n).ok().filter(|v| !v.is_empty()))
}
