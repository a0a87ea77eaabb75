//! Errors of wrong sources against what CPython 3.14 says (`golden/errors.tsv`).

use typhon_compiler::{ErrorKind, Mode, Options, Source, compile};

const DONT_IMPLY_DEDENT: u32 = 0x200;
const ALLOW_INCOMPLETE: u32 = 0x4000;

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let width = match chars.next() {
            Some('n') => {
                out.push('\n');
                continue;
            }
            Some('t') => {
                out.push('\t');
                continue;
            }
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            other => {
                out.extend(other);
                continue;
            }
        };
        let digits: String = chars.by_ref().take(width).collect();
        let value = u32::from_str_radix(&digits, 16).expect("hexadecimal digits");
        out.push(char::from_u32(value).expect("a code point"));
    }
    out
}

#[test]
fn errors_are_cpythons() {
    let table = include_str!("golden/errors.tsv");
    let mut wrong = Vec::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [mode, flags, expected @ .., source] = &fields[..] else {
            panic!("{line}")
        };
        let flags = u32::from_str_radix(flags.trim_start_matches("0x"), 16).expect("flags");
        let mode = match *mode {
            "exec" => Mode::Exec,
            "eval" => Mode::Eval,
            _ => Mode::Single,
        };
        let options = Options {
            dont_imply_dedent: flags & DONT_IMPLY_DEDENT != 0,
            allow_incomplete: flags & ALLOW_INCOMPLETE != 0,
            ..Options::default()
        };
        let text = unescaped(source);
        let result =
            Source::from_text(&text).and_then(|source| compile(&source, "<q>", mode, &options));
        let got = match result {
            Ok(_) => ["ok", "0", "0", "0", "0", ""].map(String::from).to_vec(),
            Err(err) => {
                let kind = match err.kind {
                    ErrorKind::Syntax => "SyntaxError",
                    ErrorKind::Incomplete => "IncompleteInputError",
                    ErrorKind::Indentation => "IndentationError",
                    ErrorKind::Tab => "TabError",
                    _ => "another error",
                };
                let place = [err.line, err.col, err.end_line, err.end_col].map(|n| n.to_string());
                [&[kind.to_string()][..], &place, &[err.msg]].concat()
            }
        };
        let expected: Vec<String> = expected.iter().map(|field| unescaped(field)).collect();
        if got != expected {
            wrong.push(format!("{source}\n  ours   {got:?}\n  theirs {expected:?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
