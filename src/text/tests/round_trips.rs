//! What is written reads back the same.

use typhon_text::codecs::{Errors, escape, utf7, utf8, utf16, utf32};
use typhon_text::dashu_int::{IBig, UBig};
use typhon_text::int_bytes::{ByteOrder, from_bytes, to_bytes};
use typhon_text::{
    TextBuf, binascii, codecs, float_math, float_text, int_float, int_text, json_text, strings,
};

/// A small generator, so that failures repeat.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn text(&mut self) -> TextBuf {
        let widest = [0x80, 0x100, 0x800, 0x10000, 0x110000][self.below(5) as usize];
        (0..self.below(20))
            .map(|_| self.below(widest) as u32)
            .collect()
    }

    fn int(&mut self) -> IBig {
        let mut n = UBig::from(self.next());
        for _ in 0..self.below(40) {
            n = (n << 64) + UBig::from(self.next());
        }
        let n = IBig::from(n >> self.below(64) as usize);
        if self.below(2) == 0 { n } else { -n }
    }
}

#[test]
fn floats() {
    let mut r = Rng(1);
    for _ in 0..200_000 {
        let x = f64::from_bits(r.next());
        if x.is_nan() {
            continue;
        }
        let text = float_text::repr(x);
        let back = float_text::parse_ascii(text.as_bytes()).expect("a float");
        assert_eq!(back.to_bits(), x.to_bits(), "{text}");
        let hex = TextBuf::from(float_math::hex(x).as_str());
        assert_eq!(
            float_math::from_hex(hex.as_text()).expect("hex").to_bits(),
            x.to_bits()
        );
        if x.is_finite() {
            let (p, q) = float_math::as_integer_ratio(x).expect("finite");
            assert_eq!(int_float::true_divide(&p, &q).expect("in range"), x);
        }
    }
}

#[test]
fn ints() {
    let mut r = Rng(2);
    for _ in 0..3000 {
        let n = r.int();
        let base = 2 + r.below(35) as u32;
        let magnitude = n.clone().into_parts().1;
        let digits = int_text::digits_in_base(&magnitude, base);
        assert_eq!(
            int_text::parse_int_ascii(digits.as_bytes(), base, 0),
            Ok(magnitude.into())
        );
        let decimal = int_text::to_decimal(&n, 0).expect("no limit");
        assert_eq!(
            int_text::parse_int_ascii(decimal.as_bytes(), 10, 0),
            Ok(n.clone())
        );
        for order in [ByteOrder::Little, ByteOrder::Big] {
            let bytes = to_bytes(&n, 400, order, true).expect("fits");
            assert_eq!(from_bytes(&bytes, order, true), n);
        }
    }
}

#[test]
fn texts() {
    let mut r = Rng(3);
    for _ in 0..20_000 {
        let text = r.text();
        let t = text.as_text();
        let pass = Errors::SurrogatePass;
        let encoded = codecs::encode(
            &mut utf8::encode,
            t,
            |e| pass.on_encode(e, t).ok_or(*e),
            |e| e,
        )
        .expect("utf-8");
        let mut back = TextBuf::new();
        let read = codecs::decode(&mut utf8::decode, &encoded, true, &mut back, |e, out| {
            pass.on_decode(e, &encoded, out).ok_or(*e)
        });
        assert_eq!(read, Ok(encoded.len()));
        assert_eq!(back, text);
        assert_eq!(utf8::encode_lossless(t), encoded);

        let plain: TextBuf = t.iter().filter(|c| !(0xd800..0xe000).contains(c)).collect();
        let p = plain.as_text();
        for order in [utf16::Order::Little, utf16::Order::Big] {
            let mut bytes = vec![];
            utf16::encode(order, "utf-16", p, &mut 0, &mut bytes).expect("no surrogates");
            let mut back = TextBuf::new();
            utf16::decode(order, &bytes, &mut 0, true, &mut back).expect("utf-16");
            assert_eq!(back, plain);
            let mut bytes = vec![];
            utf32::encode(order, "utf-32", p, &mut 0, &mut bytes).expect("no surrogates");
            let mut back = TextBuf::new();
            utf32::decode(order, &bytes, &mut 0, true, &mut back).expect("utf-32");
            assert_eq!(back, plain);
        }
        let mut back = TextBuf::new();
        utf7::decode(&utf7::encode(p), &mut 0, true, &mut back).expect("utf-7");
        assert_eq!(back, plain);

        let mut back = TextBuf::new();
        escape::decode_unicode(
            &escape::encode_unicode(t),
            &mut 0,
            true,
            &mut back,
            &mut None,
        )
        .expect("escapes");
        assert_eq!(back, text);

        let mut json = TextBuf::new();
        json_text::encode(p, true, &mut json);
        assert_eq!(
            json_text::scan_string(json.as_text(), 1, true),
            Ok((plain.clone(), json.len()))
        );
        let mut json = TextBuf::new();
        json_text::encode(t, false, &mut json);
        assert_eq!(
            json_text::scan_string(json.as_text(), 1, true),
            Ok((text.clone(), json.len()))
        );

        let narrow = strings::narrow(t);
        assert_eq!(
            std::mem::discriminant(&narrow),
            std::mem::discriminant(&text)
        );
        assert_eq!(narrow, text);
        let data: Vec<u8> = t.iter().map(|c| c as u8).collect();
        assert_eq!(
            binascii::base64_decode(&binascii::base64_encode(&data, false), true),
            Ok(data)
        );
    }
}
