//! `struct`, `binascii`, JSON, `strftime` and random numbers against CPython's answers.

mod common;
use common::*;
use typhon_text::code_points::Text;
use typhon_text::random_mt::Mt19937;
use typhon_text::struct_codec::{Arg, Format, Value};
use typhon_text::time_text::{Round, Tm, split_seconds, strftime, to_nanoseconds};
use typhon_text::{Error, TextBuf, binascii, json_text};

fn hex(b: &[u8]) -> String {
    b.iter().map(|b| format!("{b:02x}")).collect()
}

fn show(v: &Value<'_>) -> String {
    match *v {
        Value::Int(n) if n < 0 => format!("-{:x}", n.unsigned_abs()),
        Value::Int(n) => format!("{n:x}"),
        Value::UInt(n) => format!("{n:x}"),
        // The payload of a NaN is kept.
        Value::Float(x) => format!("{:016x}", x.to_bits()),
        Value::Complex(a, b) => format!("{:016x}{:016x}", a.to_bits(), b.to_bits()),
        Value::Bool(b) => if b { "True" } else { "False" }.to_owned(),
        Value::Bytes(b) => hex(b),
    }
}

fn pack(format: &[u8], arg: &TextBuf) -> Result<String, Error> {
    let f = Format::parse(format)?;
    let body: TextBuf = arg.as_text().iter().skip(1).collect();
    let data = if arg.as_text().at(0) == u32::from(b'b') {
        unhex(&body)
    } else {
        vec![]
    };
    let mut out = vec![0; f.size];
    f.pack(&mut out, |_| {
        Ok::<_, Error>(match arg.as_text().at(0) as u8 {
            b'b' => Arg::Bytes(&data),
            b'f' => Arg::Float(float(&body)),
            b'c' => {
                let part = |r| float(&body.as_text().slice(r).to_buf());
                Arg::Complex(part(0..16), part(16..32))
            }
            _ => Arg::Int(int(&body)),
        })
    })?;
    Ok(hex(&out))
}

fn scanned(text: Text<'_>, strict: bool) -> TextBuf {
    match json_text::scan_string(text, 1, strict) {
        Ok((value, end)) => {
            let mut out = TextBuf::from(format!("{end} ").as_str());
            out.push_text(value.as_text());
            out
        }
        Err(e) => format!("! {} {}", e.at, e.msg).as_str().into(),
    }
}

fn broken_down(fields: &TextBuf) -> Tm {
    let f: Vec<i64> = fields
        .to_string_lossy()
        .split(' ')
        .map(|n| n.parse().expect("number"))
        .collect();
    Tm {
        year: f[0],
        month: f[1] as u8,
        day: f[2] as u8,
        hour: f[3] as u8,
        minute: f[4] as u8,
        second: f[5] as u8,
        weekday: f[6] as u8,
        yday: f[7] as u16,
        zone: "GMT".to_owned(),
        ..Tm::default()
    }
}

#[test]
fn against_cpython() {
    check("binary", |kind, q| {
        let s = q[0].as_text();
        let text = |r: Result<String, Error>| r.map(|s| TextBuf::from(s.as_str()));
        let flag = |i: usize| q[i].as_text().eq_str("True");
        let latin = |v: Vec<u8>| Ok(TextBuf::Latin1(v));
        shown(match kind {
            "calcsize" => text(Format::parse(&bytes(&q[0])).map(|f| f.size.to_string())),
            "unpack" => text(Format::parse(&bytes(&q[0])).and_then(|f| {
                let data = unhex(&q[1]);
                Ok(f.unpack(&data)?
                    .iter()
                    .map(show)
                    .collect::<Vec<_>>()
                    .join(" "))
            })),
            "pack" => text(pack(&bytes(&q[0]), &q[1])),
            "offset" => text(Format::parse(&bytes(&q[0])).and_then(|f| {
                f.check_offset(number(&q[1]), number(&q[2]), q[3].as_text().eq_str("pack"))?;
                Ok("ok".to_owned())
            })),
            "a2b" => text(binascii::base64_decode(&bytes(&q[0]), flag(1)).map(|b| hex(&b))),
            "fromhex" => text(binascii::from_hex(s).map(|b| hex(&b))),
            "unhexlify" => text(binascii::unhexlify(&bytes(&q[0])).map(|b| hex(&b))),
            "hexsep" => latin(binascii::hexlify_sep(&unhex(&q[0]), b'-', number(&q[1]))),
            "b2a" => latin(binascii::base64_encode(&unhex(&q[0]), true)),
            "sums" => return sums(&unhex(&q[0]), number(&q[1])),
            "scanstring" => Ok(scanned(s, flag(1))),
            "jsonascii" | "jsonplain" => {
                let mut out = TextBuf::new();
                json_text::encode(s, kind == "jsonascii", &mut out);
                Ok(out)
            }
            "strftime" => Ok(strftime(q[1].as_text(), &broken_down(&q[0]))),
            _ => panic!("{kind}"),
        })
    });
}

fn sums(d: &[u8], start: u32) -> TextBuf {
    let text = format!(
        "={} {} {}",
        binascii::crc32(d, start),
        binascii::adler32(d, 1),
        binascii::crc_hqx(d, start as u16)
    );
    text.as_str().into()
}

#[test]
fn random_numbers() {
    check("random", |_, q| {
        let mut r = Mt19937::from_int(&int(&q[0]));
        let mut out: Vec<String> = (0..3).map(|_| hexf(r.random())).collect();
        for k in [1, 31, 32, 33, 64, 65, 200] {
            out.push(r.bits(k).in_radix(16).to_string());
        }
        for _ in 0..700 {
            r.next_u32();
        }
        let (state, index) = r.state();
        let mut again = Mt19937::from_state(*state, index).expect("a state");
        out.push(hexf(r.random()));
        assert_eq!(hexf(again.random()), out[out.len() - 1]);
        format!("={}", out.join(" ")).as_str().into()
    });
}

#[test]
fn seconds_are_rounded() {
    assert_eq!(split_seconds(-1.25, 1e6, Round::Floor), Ok((-2, 750_000)));
    assert_eq!(split_seconds(0.999_999_9, 1e6, Round::HalfEven), Ok((1, 0)));
    assert_eq!(to_nanoseconds(1e-10, 1e9, Round::Up), Ok(1));
    assert_eq!(to_nanoseconds(-1e-10, 1e9, Round::Ceiling), Ok(0));
    assert!(to_nanoseconds(1e10, 1e9, Round::Floor).is_err());
    assert!(to_nanoseconds(f64::NAN, 1e9, Round::Floor).is_err());
}
