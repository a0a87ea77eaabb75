//! The character database against CPython's.

mod common;
use common::*;
use typhon_text::unicode::normalize::Form;
use typhon_text::unicode::{self, case, names, normalize, ucd32};
use typhon_text::{Text, TextBuf};

/// Checksum of a property's values over all code points, as the generator makes it.
fn digest(f: impl Fn(u32, &mut TextBuf)) -> String {
    let mut crc = crc32fast::Hasher::new();
    for c in 0..0x110000 {
        let mut value = TextBuf::new();
        f(c, &mut value);
        value.push(u32::from(b';'));
        for c in value.as_text().iter() {
            let mut buf = [0; 4];
            match char::from_u32(c) {
                Some(c) => crc.update(c.encode_utf8(&mut buf).as_bytes()),
                None => crc.update(&[0xed, 0x80 | (c >> 6) as u8 & 0x3f, 0x80 | c as u8 & 0x3f]),
            }
        }
    }
    crc.finalize().to_string()
}

fn yes(f: impl Fn(u32) -> bool) -> String {
    digest(|c, out| out.push_str(if f(c) { "1" } else { "0" }))
}

fn text<T: ToString>(f: impl Fn(u32) -> T) -> String {
    digest(|c, out| out.push_str(&f(c).to_string()))
}

fn mapped(f: impl Fn(Text<'_>) -> TextBuf) -> String {
    digest(|c, out| out.push_text(f(Text::Ucs4(&[c])).as_text()))
}

fn normal(form: Form, t: Text<'_>) -> TextBuf {
    normalize::normalize(form, t).unwrap_or_else(|| t.iter().collect())
}

fn property(name: &str) -> String {
    if let Some(form) = name.strip_prefix("is").and_then(|f| Form::parse(f).ok()) {
        return yes(|c| normalize::is_normalized(form, Text::Ucs4(&[c])));
    }
    if let Ok(form) = Form::parse(name) {
        return mapped(|t| normal(form, t));
    }
    match name {
        "isalpha" => yes(unicode::is_alpha),
        "isdecimal" => yes(unicode::is_decimal),
        "isdigit" => yes(unicode::is_digit),
        "isnumeric" => yes(unicode::is_numeric),
        "isalnum" => yes(unicode::is_alnum),
        "isupper" => yes(unicode::is_upper),
        "islower" => yes(unicode::is_lower),
        "istitle" => yes(|c| unicode::is_upper(c) || unicode::is_title(c)),
        "isspace" => yes(unicode::is_space),
        "isprintable" => yes(unicode::is_printable),
        "isidentifier" => yes(unicode::is_xid_start),
        "xid_continue" => yes(unicode::is_xid_continue),
        "upper" => mapped(case::upper),
        "lower" => mapped(case::lower),
        "title" => mapped(case::title),
        "capitalize" => mapped(case::capitalize),
        "swapcase" => mapped(case::swapcase),
        "casefold" => mapped(case::casefold),
        "simple_lower" => digest(|c, out| out.push(case::simple_lower(c))),
        "category" => text(unicode::category),
        "bidirectional" => text(unicode::bidirectional),
        "combining" => text(unicode::combining),
        "mirrored" => yes(unicode::is_mirrored),
        "east_asian_width" => text(unicode::east_asian_width),
        "decomposition" => text(unicode::decomposition),
        "decimal" => text(|c| unicode::decimal(c).map_or(String::new(), |d| d.to_string())),
        "digit" => text(|c| unicode::digit(c).map_or(String::new(), |d| d.to_string())),
        "numeric" => text(|c| hexf(unicode::numeric(c).unwrap_or(-1.0))),
        "name" => text(|c| names::name(c).unwrap_or_default()),
        "old_category" => text(ucd32::category),
        "old_bidirectional" => text(ucd32::bidirectional),
        "old_combining" => text(ucd32::combining),
        "old_mirrored" => yes(ucd32::is_mirrored),
        "old_east_asian_width" => text(ucd32::east_asian_width),
        _ => panic!("{name}"),
    }
}

#[test]
fn against_cpython() {
    check("unicode", |kind, q| {
        let t = q[0].as_text();
        let flag = |b: bool| shown_str(Ok(if b { "True" } else { "False" }.to_owned()));
        if let Some(form) = kind.strip_prefix("is").and_then(|f| Form::parse(f).ok()) {
            return flag(normalize::is_normalized(form, t));
        }
        if let Ok(form) = Form::parse(kind) {
            return shown(Ok(normal(form, t)));
        }
        match kind {
            "digest" => shown_str(Ok(property(&q[0].to_string_lossy()))),
            "upper" => shown(Ok(case::upper(t))),
            "lower" => shown(Ok(case::lower(t))),
            "title" => shown(Ok(case::title(t))),
            "capitalize" => shown(Ok(case::capitalize(t))),
            "swapcase" => shown(Ok(case::swapcase(t))),
            "casefold" => shown(Ok(case::casefold(t))),
            "isupper" => flag(case::text_is_upper(t)),
            "islower" => flag(case::text_is_lower(t)),
            "istitle" => flag(case::text_is_title(t)),
            "lookup" => match names::lookup(&t.to_string_lossy()) {
                Some(names::Named::Char(c)) => shown(Ok([c].into_iter().collect())),
                Some(names::Named::Sequence(s)) => shown(Ok(s.iter().copied().collect())),
                None => {
                    let msg = format!(
                        "!KeyError: \"undefined character name '{}'\"",
                        t.to_string_lossy()
                    );
                    msg.as_str().into()
                }
            },
            _ => panic!("{kind}"),
        }
    });
}

#[test]
fn every_name_is_found() {
    for c in 0..0x110000 {
        if let Some(name) = names::name(c) {
            assert_eq!(names::lookup(&name), Some(names::Named::Char(c)), "{name}");
        }
    }
}
