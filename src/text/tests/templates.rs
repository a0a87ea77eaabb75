//! `%` and `str.format` templates against CPython's answers.

mod common;
use common::*;
use typhon_text::percent::{self, Args, Conversion};
use typhon_text::str_format::{First, Step, parse, split_path};
use typhon_text::{Error, Text, TextBuf, str_repr};

struct Values {
    stars: std::collections::VecDeque<isize>,
    value: Option<TextBuf>,
}

impl Args for Values {
    type Error = Error;

    fn check_mapping(&mut self) -> Result<(), Error> {
        Err(percent::needs_mapping())
    }

    fn select(&mut self, _key: Text<'_>) -> Result<(), Error> {
        unreachable!("there is no mapping")
    }

    fn star(&mut self, _precision: bool) -> Result<isize, Error> {
        Ok(self.stars.pop_front().expect("a number for each star"))
    }

    fn convert(&mut self, c: &Conversion, out: &mut TextBuf) -> Result<(), Error> {
        let value = self.value.take().ok_or_else(percent::not_enough)?;
        let body: TextBuf = value.as_text().iter().skip(1).collect();
        match (value.as_text().at(0) as u8, c.letter()) {
            (b's', b's') => c.push_text(body.as_text(), out),
            (b'f', b'e' | b'E' | b'f' | b'F' | b'g' | b'G') => c.push_float(float(&body), out),
            (b'i', b'd' | b'i' | b'u' | b'x' | b'X' | b'o') => {
                c.push_int(&int(&body), 4300, out)?
            }
            (b'i', b'c') => match u32::try_from(&int(&body)) {
                Ok(n) if n < 0x110000 => c.push_char(n, out),
                _ => return Err(Error::overflow("%c arg not in range(0x110000)")),
            },
            _ => return Err(percent::unsupported(c, false)),
        }
        Ok(())
    }
}

fn chunks(template: Text<'_>) -> Result<TextBuf, Error> {
    let mut out = TextBuf::new();
    for chunk in parse(template) {
        let chunk = chunk?;
        if !out.is_empty() {
            out.push_str("|");
        }
        out.push_text(chunk.literal);
        match chunk.field {
            None => out.push_str("~None~None~None"),
            Some(f) => {
                out.push_str("~");
                out.push_text(f.name);
                out.push_str("~");
                out.push_text(f.spec);
                out.push_str("~");
                match f.conversion {
                    None => out.push_str("None"),
                    Some(c) => out.push(c),
                }
            }
        }
    }
    Ok(out)
}

fn path(name: Text<'_>) -> Result<TextBuf, Error> {
    let repr = |t| str_repr::repr_str(t).to_string_lossy();
    let (first, steps) = split_path(name)?;
    let mut out = match first {
        First::Auto => "''".to_owned(),
        First::Index(i) => i.to_string(),
        First::Name(t) => repr(t),
    };
    for step in steps {
        out += &match step? {
            Step::Attribute(t) => format!(" .{}", repr(t)),
            Step::Index(i) => format!(" #{i}"),
            Step::Key(t) => format!(" #{}", repr(t)),
        };
    }
    Ok(out.as_str().into())
}

#[test]
fn against_cpython() {
    check("template", |kind, q| {
        shown(match kind {
            "percent" => {
                let stars = q[1].to_string_lossy();
                let mut values = Values {
                    stars: stars
                        .split_whitespace()
                        .map(|s| s.parse().expect("int"))
                        .collect(),
                    value: Some(q[2].clone()),
                };
                percent::format(q[0].as_text(), false, &mut values).and_then(|out| {
                    if values.value.is_some() {
                        Err(percent::not_all_converted(false))
                    } else {
                        Ok(out)
                    }
                })
            }
            "parse" => chunks(q[0].as_text()),
            "path" => path(q[0].as_text()),
            _ => panic!("{kind}"),
        })
    });
}
