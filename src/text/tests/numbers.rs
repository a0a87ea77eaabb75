//! Numbers to text and back, hashes, conversions: against CPython's answers.

mod common;
use common::*;
use typhon_text::format_number::NumberLocale;
use typhon_text::int_bytes::ByteOrder;
use typhon_text::{
    TextBuf, complex_text, float_math, float_text, format_number, format_spec, hash, int_bytes,
    int_float, int_text,
};

#[test]
fn floats() {
    check("float", |kind, q| {
        let x = || float(&q[0]);
        shown_str(match kind {
            "repr" => Ok(float_text::repr(x())),
            "hex" => Ok(float_math::hex(x())),
            "ratio" => {
                float_math::as_integer_ratio(x()).map(|(p, q)| format!("{}/{}", hexi(&p), hexi(&q)))
            }
            "round" => float_math::round(x(), number(&q[1])).map(hexf),
            "int" => int_float::f64_to_int(x()).map(|n| hexi(&n)),
            "roundint" => float_math::round_to_int(x()).map(|n| hexi(&n)),
            "hash" => Ok(hash::hash_f64(x()).expect("a number").to_string()),
            "parse" => float_text::parse(q[0].as_text()).map(hexf),
            "parsebytes" => float_text::parse_bytes(&bytes(&q[0])).map(hexf),
            "complex" => complex_text::parse(q[0].as_text()).map(|(a, b)| hexf(a) + &hexf(b)),
            "fromhex" => float_math::from_hex(q[0].as_text()).map(hexf),
            "complexrepr" => Ok(complex_text::repr(x(), float(&q[1]))),
            "complexhash" => {
                let part = |t| hash::hash_f64(float(t)).expect("a number");
                Ok(hash::hash_complex(part(&q[0]), part(&q[1])).to_string())
            }
            _ => panic!("{kind}"),
        })
    });
}

#[test]
fn ints() {
    let limit = int_text::DEFAULT_MAX_STR_DIGITS;
    check("int", |kind, q| {
        let n = || int(&q[0]);
        let hashes = || {
            let text = q[0].to_string_lossy();
            let fields: Vec<TextBuf> = text.split_whitespace().map(TextBuf::from).collect();
            fields
                .iter()
                .map(|t| hash::hash_int(&int(t)))
                .collect::<Vec<_>>()
        };
        let order = |t: &TextBuf| ByteOrder::parse(&t.to_string_lossy()).expect("order");
        shown_str(match kind {
            "parse" => int_text::parse_int(q[0].as_text(), number(&q[1]), limit).map(|n| hexi(&n)),
            "parsebytes" => {
                int_text::parse_int_bytes(&bytes(&q[0]), number(&q[1]), limit).map(|n| hexi(&n))
            }
            "str" => int_text::to_decimal(&n(), limit),
            "bin" => Ok(int_text::to_base_prefixed(&n(), 2)),
            "oct" => Ok(int_text::to_base_prefixed(&n(), 8)),
            "hex" => Ok(int_text::to_base_prefixed(&n(), 16)),
            "hash" => Ok(hash::hash_int(&n()).to_string()),
            "float" => int_float::int_to_f64(&n()).map(hexf),
            "div" => int_float::true_divide(&n(), &int(&q[1])).map(hexf),
            "to_bytes" => int_bytes::to_bytes(
                &n(),
                number(&q[1]),
                order(&q[2]),
                q[3].as_text().eq_str("True"),
            )
            .map(|b| b.iter().map(|b| format!("{b:02x}")).collect()),
            "from_bytes" => {
                let signed = q[2].as_text().eq_str("True");
                Ok(hexi(&int_bytes::from_bytes(
                    &unhex(&q[0]),
                    order(&q[1]),
                    signed,
                )))
            }
            "bits" => Ok(format!(
                "{} {}",
                int_bytes::bit_length(&n()),
                int_bytes::bit_count(&n())
            )),
            "cmp" => Ok(match int_float::cmp_int_f64(&n(), float(&q[1])) {
                None => "?",
                Some(o) if o.is_lt() => "<",
                Some(o) if o.is_gt() => ">",
                _ => "=",
            }
            .to_owned()),
            "tuple" => Ok(hash::hash_tuple(hashes()).to_string()),
            "frozenset" => Ok(hash::hash_frozenset(hashes()).to_string()),
            _ => panic!("{kind}"),
        })
    });
}

#[test]
fn formats() {
    let c = NumberLocale::default();
    check("format", |kind, q| {
        let spec = q[q.len() - 1].as_text();
        shown(match kind {
            "int" => format_number::format_int(&int(&q[0]), spec, "int", 4300, &c),
            "float" => format_number::format_float(float(&q[0]), spec, "float", &c),
            "complex" => {
                format_number::format_complex(float(&q[0]), float(&q[1]), spec, "complex", &c)
            }
            "str" => format_spec::format_str(q[0].as_text(), spec, "str"),
            _ => panic!("{kind}"),
        })
    });
}

#[test]
fn string_hashes() {
    check("hash", |kind, q| {
        let key = hash::HashKey::from_seed(number(&q[0]));
        let text = q[1].as_text();
        let h = match kind {
            "str" => key.hash_text(text),
            _ => key.hash_bytes(&typhon_text::codecs::utf8::encode_lossless(text)),
        };
        shown_str(Ok(h.to_string()))
    });
}

#[test]
fn short_bytes_are_read_and_written_as_long_ones() {
    use typhon_text::int_bytes::{self, ByteOrder};
    let values = [
        0i64,
        1,
        127,
        128,
        255,
        256,
        0x7FFF,
        0x8000,
        1 << 39,
        (1 << 55) - 1,
        1 << 61,
    ];
    for order in [ByteOrder::Little, ByteOrder::Big] {
        for signed in [false, true] {
            for n in values {
                for length in 1..=8 {
                    let long = int_bytes::to_bytes(&n.into(), length, order, signed).ok();
                    let short = int_bytes::small_to_bytes(n, length, order, signed);
                    assert_eq!(short.map(|b| b[..length].to_vec()), long);
                    let Some(bytes) = long else { continue };
                    if let Some(back) = int_bytes::small_from_bytes(&bytes, order, signed) {
                        assert_eq!(back, n);
                    }
                }
            }
            for bytes in [&[0xFF][..], &[0x80, 1], &[1, 2, 0x83], &[0xFE; 7]] {
                let short = int_bytes::small_from_bytes(bytes, order, signed);
                let long = int_bytes::from_bytes(bytes, order, signed);
                assert_eq!(short.map(Into::into), Some(long));
            }
        }
    }
}
