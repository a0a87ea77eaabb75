//! Reads the tables of CPython's answers (`tools/gen_tests.py` writes them).

#![allow(dead_code)]

use typhon_text::dashu_int::IBig;
use typhon_text::{Error, ErrorKind, TextBuf};

/// Fields of each line of a table.
pub fn cases(name: &str) -> Vec<Vec<TextBuf>> {
    let folder = std::env::var("TYPHON_TEXT_DATA")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data").to_owned());
    let text = std::fs::read_to_string(format!("{folder}/{name}.txt")).expect("the table");
    text.lines()
        .map(|l| l.split('\t').map(unescape).collect())
        .collect()
}

fn unescape(field: &str) -> TextBuf {
    let mut out = TextBuf::new();
    let mut rest = field;
    while let Some(at) = rest.find("\\{") {
        out.push_str(&rest[..at]);
        let end = at + rest[at..].find('}').expect("closing brace");
        out.push(u32::from_str_radix(&rest[at + 2..end], 16).expect("hex"));
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}

/// Compares answers line by line and reports all that differ.
pub fn check(name: &str, mut answer: impl FnMut(&str, &[TextBuf]) -> TextBuf) {
    let mut wrong = vec![];
    let cases = cases(name);
    assert!(!cases.is_empty());
    for case in &cases {
        let (want, question) = case.split_last().expect("fields");
        let kind = question[0].to_string_lossy();
        let got = answer(&kind, &question[1..]);
        if got != *want {
            wrong.push(format!(
                "{question:?}\n  want {want:?}\n  got  {got:?}",
                question = show(question),
                want = want.to_string_lossy(),
                got = got.to_string_lossy()
            ));
        }
    }
    let shown: Vec<_> = wrong.iter().take(25).cloned().collect();
    assert!(
        wrong.is_empty(),
        "{} of {} differ:\n{}",
        wrong.len(),
        cases.len(),
        shown.join("\n")
    );
}

fn show(fields: &[TextBuf]) -> Vec<String> {
    fields.iter().map(TextBuf::to_string_lossy).collect()
}

pub fn kind_name(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Value => "ValueError",
        ErrorKind::Type => "TypeError",
        ErrorKind::Overflow => "OverflowError",
        ErrorKind::ZeroDivision => "ZeroDivisionError",
        ErrorKind::Key => "KeyError",
        ErrorKind::Lookup => "LookupError",
        ErrorKind::Struct => "error",
        ErrorKind::Binascii => "Error",
        ErrorKind::Memory => "MemoryError",
    }
}

/// An answer in the table's form.
pub fn shown(result: Result<TextBuf, Error>) -> TextBuf {
    match result {
        Ok(t) => {
            let mut out = TextBuf::from("=");
            out.push_text(t.as_text());
            out
        }
        Err(e) => format!("!{}: {}", kind_name(e.kind), e.msg).as_str().into(),
    }
}

pub fn shown_str(result: Result<String, Error>) -> TextBuf {
    shown(result.map(|s| s.as_str().into()))
}

pub fn float(t: &TextBuf) -> f64 {
    f64::from_bits(u64::from_str_radix(&t.to_string_lossy(), 16).expect("hex"))
}

pub fn hexf(x: f64) -> String {
    // The payload of NaN is nobody's business.
    let x = if x.is_nan() { f64::NAN.copysign(x) } else { x };
    format!("{:016x}", x.to_bits())
}

pub fn int(t: &TextBuf) -> IBig {
    IBig::from_str_radix(&t.to_string_lossy(), 16).expect("hex")
}

pub fn hexi(n: &IBig) -> String {
    n.in_radix(16).to_string()
}

pub fn bytes(t: &TextBuf) -> Vec<u8> {
    t.as_text()
        .iter()
        .map(|c| u8::try_from(c).expect("byte"))
        .collect()
}

pub fn unhex(t: &TextBuf) -> Vec<u8> {
    let s = t.to_string_lossy();
    (0..s.len() / 2)
        .map(|i| u8::from_str_radix(&s[2 * i..2 * i + 2], 16).expect("hex"))
        .collect()
}

pub fn number<T: std::str::FromStr>(t: &TextBuf) -> T {
    t.to_string_lossy().parse().ok().expect("number")
}
