//! Encodings and literals against CPython's answers.

mod common;
use common::*;
use std::collections::HashMap;
use typhon_text::codecs::charmap::EncodingMap;
use typhon_text::codecs::utf16::Order;
use typhon_text::codecs::{
    DecodeError, EncodeError, Errors, charmap, escape, single, utf7, utf8, utf16, utf32,
};
use typhon_text::{Text, TextBuf, codecs, str_repr};

fn hex(b: &[u8]) -> String {
    b.iter().map(|b| format!("{b:02x}")).collect()
}

fn decode_one(
    name: &str,
    tables: &HashMap<String, TextBuf>,
    input: &[u8],
    at: &mut usize,
    is_final: bool,
    out: &mut TextBuf,
) -> Result<(), DecodeError> {
    match name {
        "utf_8" => utf8::decode(input, at, is_final, out),
        "utf_16_le" => utf16::decode(Order::Little, input, at, is_final, out),
        "utf_16_be" => utf16::decode(Order::Big, input, at, is_final, out),
        "utf_32_le" => utf32::decode(Order::Little, input, at, is_final, out),
        "utf_32_be" => utf32::decode(Order::Big, input, at, is_final, out),
        "utf_7" => utf7::decode(input, at, is_final, out),
        "ascii" => single::decode_ascii(input, at, is_final, out),
        "latin_1" => single::decode_latin1(input, at, is_final, out),
        "unicode_escape" => escape::decode_unicode(input, at, is_final, out, &mut None),
        "raw_unicode_escape" => escape::decode_raw_unicode(input, at, is_final, out),
        _ => charmap::decode(tables[name].as_text(), input, at, out),
    }
}

fn encode_one(
    name: &str,
    tables: &HashMap<String, TextBuf>,
    text: Text<'_>,
    at: &mut usize,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    match name {
        "utf_8" => utf8::encode(text, at, out),
        "utf_16_le" => utf16::encode(Order::Little, "utf-16-le", text, at, out),
        "utf_16_be" => utf16::encode(Order::Big, "utf-16-be", text, at, out),
        "utf_32_le" => utf32::encode(Order::Little, "utf-32-le", text, at, out),
        "utf_32_be" => utf32::encode(Order::Big, "utf-32-be", text, at, out),
        "utf_7" => escape::infallible(utf7::encode)(text, at, out),
        "ascii" => single::encode_ascii(text, at, out),
        "latin_1" => single::encode_latin1(text, at, out),
        "unicode_escape" => escape::infallible(escape::encode_unicode)(text, at, out),
        "raw_unicode_escape" => escape::infallible(escape::encode_raw_unicode)(text, at, out),
        _ => EncodingMap::build(tables[name].as_text()).encode(text, at, out),
    }
}

fn failure(e: (&str, usize, usize, &str)) -> TextBuf {
    format!("!{} {} {} {}", e.0, e.1, e.2, e.3).as_str().into()
}

#[test]
fn against_cpython() {
    let mut tables: HashMap<String, TextBuf> = HashMap::new();
    for case in cases("codec") {
        if case[0].as_text().eq_str("table") {
            tables.insert(
                case[1].to_string_lossy(),
                case[2].as_text().iter().skip(1).collect(),
            );
        }
    }
    check("codec", |kind, q| {
        let name = q[0].to_string_lossy();
        let mut ok = TextBuf::from("=");
        match kind {
            "table" => ok.push_text(tables[&name].as_text()),
            "decode" => {
                let errors = Errors::parse(&q[1].to_string_lossy()).expect("handler");
                let is_final = q[2].as_text().eq_str("True");
                let input = unhex(&q[3]);
                let mut decoder =
                    |input: &[u8], at: &mut usize, is_final: bool, out: &mut TextBuf| {
                        decode_one(&name, &tables, input, at, is_final, out)
                    };
                let result = codecs::decode(&mut decoder, &input, is_final, &mut ok, |e, out| {
                    errors.on_decode(e, &input, out).ok_or(*e)
                });
                match result {
                    Ok(n) => ok.push_str(&format!(" {n}")),
                    Err(e) => return failure((e.encoding, e.start, e.end, e.reason)),
                }
            }
            "encode" => {
                let errors = Errors::parse(&q[1].to_string_lossy()).expect("handler");
                let text = q[2].as_text();
                let mut encoder = |text: Text<'_>, at: &mut usize, out: &mut Vec<u8>| {
                    encode_one(&name, &tables, text, at, out)
                };
                let result = codecs::encode(
                    &mut encoder,
                    text,
                    |e| errors.on_encode(e, text).ok_or(*e),
                    |e| e,
                );
                match result {
                    Ok(b) => ok.push_str(&hex(&b)),
                    Err(e) => return failure((e.encoding, e.start, e.end, e.reason)),
                }
            }
            "escape" => match escape::decode_bytes(&unhex(&q[1]), &name, &mut None) {
                Ok(b) => ok.push_str(&hex(&b)),
                Err(e) => return format!("!{e}").as_str().into(),
            },
            "repr" => ok.push_text(str_repr::repr_str(q[0].as_text()).as_text()),
            "ascii" => ok.push_str(&str_repr::ascii_str(q[0].as_text())),
            "reprbytes" => ok.push_str(&str_repr::repr_bytes(&unhex(&q[0]))),
            _ => panic!("{kind}"),
        }
        ok
    });
}
