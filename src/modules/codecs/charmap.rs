//! The codecs by tables: `charmap_decode`, `charmap_encode`, `charmap_build`. What a mapping says of each byte or character
//! is asked before the codec runs, so that the loop itself calls no Python.

use super::encoded;
use std::collections::HashMap;
use typhon_text::codecs::{DecodeError, EncodeError, charmap};
use typhon_text::{Text, TextBuf};
use typhon_vm::native::*;
use typhon_vm::objects::int::{IntRef, as_int};
use typhon_vm::objects::str::codec::{
    Codec, decode_as, decode_by, encode_as, encode_by, with_count,
};
use typhon_vm::objects::str::new_from_buf;
use typhon_vm::objects::{bytes, object};
use typhon_vm::{ExcKind, protocol};

const REASON: &str = "character maps to <undefined>";

/// The inverse of a decoding table, made by `charmap_build`.
#[pytype(name = "EncodingMap", module = "_codecs", no_new)]
pub struct EncodingMap {
    pub head: Header,
    map: charmap::EncodingMap,
}

#[pymethods]
impl EncodingMap {
    /// Return the size (in bytes) of this object.
    fn size(&self) -> usize {
        size_of::<EncodingMap>()
    }
}

/// `mapping[key]`, None where a LookupError says so.
fn ask(cx: &mut Cx, mapping: &Value, key: u32) -> Res<Option<Value>> {
    let key = Value::small_int(key as i32);
    match protocol::getitem(cx, mapping, &key) {
        Ok(v) if v.is_none() => Ok(None),
        Ok(v) => Ok(Some(v)),
        Err(r) => {
            cx.catch(r, ExcKind::LookupError)?;
            Ok(None)
        }
    }
}

/// What a byte decodes to.
fn decoded_as(cx: &mut Cx, mapping: &Value, b: u8) -> Res<Option<TextBuf>> {
    let Some(v) = ask(cx, mapping, b.into())? else {
        return Ok(None);
    };
    if let Some(i) = as_int(&v) {
        let c = match i {
            IntRef::Small(i) => u32::try_from(i).ok().filter(|&c| c < 0x11_0000),
            IntRef::Big(_) => None,
        };
        return match c {
            Some(charmap::UNDEFINED) => Ok(None),
            Some(c) => Ok(Some(TextBuf::from_iter([c]))),
            None => Err(cx.type_error("character mapping must be in range(0x110000)")),
        };
    }
    match v.downcast::<Str>() {
        Some(s) if s.len() == 1 && s.at(0) == charmap::UNDEFINED => Ok(None),
        Some(s) => Ok(Some(s.text().to_buf())),
        None => Err(cx.type_error("character mapping must return integer, None or str")),
    }
}

/// What a character encodes to.
fn encoded_as(cx: &mut Cx, mapping: &Value, c: u32) -> Res<Option<Vec<u8>>> {
    let Some(v) = ask(cx, mapping, c)? else {
        return Ok(None);
    };
    if let Some(i) = as_int(&v) {
        return match i {
            IntRef::Small(i @ 0..=255) => Ok(Some(vec![i as u8])),
            _ => Err(cx.type_error("character mapping must be in range(256)")),
        };
    }
    match v.downcast::<bytes::Bytes>() {
        Some(b) => Ok(Some(b.as_slice().to_vec())),
        None => {
            let n = v.type_name();
            Err(cx.type_error(format!(
                "character mapping must return integer, bytes or None, not {n}"
            )))
        }
    }
}

fn decode_mapping(
    cx: &mut Cx,
    data: &[u8],
    errors: Option<&str>,
    mapping: &Value,
) -> Res<(TextBuf, usize)> {
    let mut table: Vec<Option<Option<TextBuf>>> = vec![None; 256];
    for &b in data {
        if table[usize::from(b)].is_none() {
            table[usize::from(b)] = Some(decoded_as(cx, mapping, b)?);
        }
    }
    decode_by(cx, data, errors, true, &mut |input, at, _, out| {
        while let Some(&b) = input.get(*at) {
            match &table[usize::from(b)] {
                Some(Some(t)) => out.push_text(t.as_text()),
                _ => {
                    return Err(DecodeError {
                        encoding: "charmap",
                        start: *at,
                        end: *at + 1,
                        reason: REASON,
                    });
                }
            }
            *at += 1;
        }
        Ok(())
    })
}

fn encode_mapping(cx: &mut Cx, s: &Str, errors: Option<&str>, mapping: &Value) -> Res<Vec<u8>> {
    let mut table: HashMap<u32, Option<Vec<u8>>> = HashMap::new();
    // Characters an error handler may answer are asked for as well.
    for c in s.text().iter().chain(0..128) {
        if let std::collections::hash_map::Entry::Vacant(e) = table.entry(c) {
            e.insert(encoded_as(cx, mapping, c)?);
        }
    }
    encode_by(
        cx,
        s,
        errors,
        &mut |text: Text<'_>, at: &mut usize, out: &mut Vec<u8>| {
            while let Some(c) = text.get(*at) {
                match table.get(&c) {
                    Some(Some(b)) => out.extend_from_slice(b),
                    _ => {
                        let known = |c: u32| matches!(table.get(&c), Some(Some(_)));
                        let run = (*at..text.len())
                            .take_while(|&i| !known(text.at(i)))
                            .count();
                        return Err(EncodeError {
                            encoding: "charmap",
                            start: *at,
                            end: *at + run,
                            reason: REASON,
                        });
                    }
                }
                *at += 1;
            }
            Ok(())
        },
    )
}

#[pyfunctions(part = PART, module = "_codecs")]
pub mod functions {
    use super::*;

    #[pyfunction]
    #[sig(data, errors = None, mapping = None, /)]
    fn charmap_decode(
        data: &Value,
        errors: Option<&str>,
        mapping: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<Value> {
        let data = bytes::contents(cx, data)?;
        let Some(mapping) = mapping else {
            let (v, n) = decode_as(cx, &data, Codec::Latin1, errors, true)?;
            return with_count(cx, v, n);
        };
        let (buf, n) = match mapping.downcast_exact::<Str>() {
            Some(table) => {
                let table = table.text();
                decode_by(cx, &data, errors, true, &mut |input, at, _, out| {
                    charmap::decode(table, input, at, out)
                })?
            }
            None => decode_mapping(cx, &data, errors, mapping)?,
        };
        let text = new_from_buf(cx, buf)?;
        with_count(cx, text, n)
    }
    #[pyfunction]
    #[sig(str, errors = None, mapping = None, /)]
    fn charmap_encode(
        str: &Str,
        errors: Option<&str>,
        mapping: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<Value> {
        let out = match mapping {
            None => encode_as(cx, str, Codec::Latin1, errors)?,
            Some(m) => match m.downcast::<EncodingMap>() {
                Some(m) => encode_by(cx, str, errors, &mut |text, at, out| {
                    m.map.encode(text, at, out)
                })?,
                None => encode_mapping(cx, str, errors, m)?,
            },
        };
        encoded(cx, out, str.len())
    }
    #[pyfunction]
    fn charmap_build(map: &Str, cx: &mut Cx) -> Res<Value> {
        let map = charmap::EncodingMap::build(map.text());
        let cls = EncodingMap::type_cell().get(cx)?;
        object::alloc(
            cx,
            cls,
            EncodingMap {
                head: Header::placeholder(),
                map,
            },
        )
    }
}
pub use functions::PART;
