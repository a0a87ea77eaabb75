//! Values of literals, read again from the source text: ruff's AST cannot hold lone surrogates, and its
//! integers stop at 64 bits.

use crate::code::{Const, PyStr, push_code_point};
use num_bigint::BigInt;
use num_traits::Num;
use typhon_text::unicode::names::{Named, lookup};

/// Why a string literal has no value: CPython's words, and the byte offset in the literal.
#[derive(Debug)]
pub struct BadLiteral {
    pub msg: String,
}

/// The value of a number literal.
pub fn number(text: &str) -> Result<Const, BadLiteral> {
    let clean: String = text
        .chars()
        .filter(|&c| c != '_')
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let big = |digits: &str, radix: u32| {
        BigInt::from_str_radix(digits, radix)
            .map(Const::int)
            .map_err(|_| BadLiteral {
                msg: "invalid number".into(),
            })
    };
    if let Some(digits) = clean.strip_prefix("0x") {
        return big(digits, 16);
    }
    if let Some(digits) = clean.strip_prefix("0o") {
        return big(digits, 8);
    }
    if let Some(digits) = clean.strip_prefix("0b") {
        return big(digits, 2);
    }
    let float = |digits: &str| {
        digits.parse::<f64>().map_err(|_| BadLiteral {
            msg: "invalid number".into(),
        })
    };
    if let Some(digits) = clean.strip_suffix('j') {
        return Ok(Const::Complex(0.0, float(digits)?));
    }
    if clean.contains(['.', 'e']) {
        return Ok(Const::Float(float(&clean)?));
    }
    if clean.len() <= 18 {
        return clean.parse().map(Const::Int).map_err(|_| BadLiteral {
            msg: "invalid number".into(),
        });
    }
    if clean.len() > 4300 {
        return Err(BadLiteral {
            msg: format!(
                "Exceeds the limit (4300 digits) for integer string conversion: value has {} digits; use \
                 sys.set_int_max_str_digits() to increase the limit - Consider hexadecimal for huge integer \
                 literals to avoid decimal conversion limits.",
                clean.len()
            ),
        });
    }
    big(&clean, 10)
}

/// The parts of a string literal's token: prefix letters and what stands between the quotes.
pub struct Token<'a> {
    pub raw: bool,
    pub bytes: bool,
    pub unicode: bool,
    pub body: &'a str,
}

impl<'a> Token<'a> {
    pub fn split(text: &'a str) -> Token<'a> {
        let quote = text.find(['\'', '"']).unwrap_or(0);
        let (prefix, rest) = text.split_at(quote);
        let has = |letter: char| prefix.chars().any(|c| c.eq_ignore_ascii_case(&letter));
        let width = if rest.len() >= 6 && (rest.starts_with("'''") || rest.starts_with("\"\"\"")) {
            3
        } else {
            1
        };
        let body = rest
            .get(width..rest.len() - width.min(rest.len()))
            .unwrap_or("");
        Token {
            raw: has('r'),
            bytes: has('b'),
            unicode: has('u'),
            body,
        }
    }
}

/// Appends the value of a str literal's body to WTF-8 bytes.
pub fn string_body(body: &str, raw: bool, out: &mut Vec<u8>) -> Result<(), BadLiteral> {
    if raw || !body.contains('\\') {
        out.extend_from_slice(body.as_bytes());
        return Ok(());
    }
    let bytes = body.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            let next = bytes[at..]
                .iter()
                .position(|&b| b == b'\\')
                .map_or(bytes.len(), |n| at + n);
            out.extend_from_slice(&bytes[at..next]);
            at = next;
            continue;
        }
        let start = at;
        at += 1;
        let Some(&escape) = bytes.get(at) else {
            out.push(b'\\');
            break;
        };
        at += 1;
        match escape {
            b'N' => {
                if bytes.get(at) != Some(&b'{') {
                    return Err(unicode_error(
                        body,
                        start,
                        at,
                        "malformed \\N character escape",
                    ));
                }
                let end = body[at..].find('}');
                let Some(end) = end.filter(|&end| end > 1) else {
                    let stop = end.map_or(body.len(), |end| at + end + 1);
                    return Err(unicode_error(
                        body,
                        start,
                        stop,
                        "malformed \\N character escape",
                    ));
                };
                let name = &body[at + 1..at + end];
                at += end + 1;
                match lookup(name) {
                    Some(Named::Char(c)) => push_code_point(out, c),
                    _ => {
                        return Err(unicode_error(
                            body,
                            start,
                            at,
                            "unknown Unicode character name",
                        ));
                    }
                }
            }
            b'x' | b'u' | b'U' => {
                let (width, what) = match escape {
                    b'x' => (2, "truncated \\xXX escape"),
                    b'u' => (4, "truncated \\uXXXX escape"),
                    _ => (8, "truncated \\UXXXXXXXX escape"),
                };
                let digits = bytes[at..]
                    .iter()
                    .take(width)
                    .take_while(|b| b.is_ascii_hexdigit())
                    .count();
                if digits < width {
                    return Err(unicode_error(body, start, at + digits, what));
                }
                let cp = u32::from_str_radix(&body[at..at + width], 16).unwrap_or(u32::MAX);
                at += width;
                if cp > 0x10_ffff {
                    return Err(unicode_error(body, start, at, "illegal Unicode character"));
                }
                push_code_point(out, cp);
            }
            _ => {
                if !simple_escape(bytes, escape, &mut at, &mut |value| {
                    push_code_point(out, value)
                }) {
                    // An unknown escape stands for itself.
                    out.push(b'\\');
                    at -= 1;
                    let width = body[at..].chars().next().map_or(0, char::len_utf8);
                    out.extend_from_slice(&bytes[at..at + width]);
                    at += width;
                }
            }
        }
    }
    Ok(())
}

fn unicode_error(body: &str, start: usize, end: usize, what: &str) -> BadLiteral {
    let first = body[..start].chars().count();
    let last = body[..end.min(body.len())]
        .chars()
        .count()
        .saturating_sub(1);
    let place = if first == last {
        format!("position {first}")
    } else {
        format!("position {first}-{last}")
    };
    BadLiteral {
        msg: format!("(unicode error) 'unicodeescape' codec can't decode bytes in {place}: {what}"),
    }
}

/// The escapes that str and bytes share. False when `escape` is none of them.
fn simple_escape(bytes: &[u8], escape: u8, at: &mut usize, push: &mut dyn FnMut(u32)) -> bool {
    match escape {
        b'\n' => {}
        b'\\' | b'\'' | b'"' => push(u32::from(escape)),
        b'a' => push(7),
        b'b' => push(8),
        b'f' => push(12),
        b'n' => push(10),
        b'r' => push(13),
        b't' => push(9),
        b'v' => push(11),
        b'0'..=b'7' => {
            let mut value = u32::from(escape - b'0');
            let more = bytes[*at..]
                .iter()
                .take(2)
                .take_while(|b| (b'0'..=b'7').contains(b))
                .count();
            for &digit in &bytes[*at..*at + more] {
                value = value * 8 + u32::from(digit - b'0');
            }
            *at += more;
            push(value);
        }
        _ => return false,
    }
    true
}

/// Appends the value of a bytes literal's body.
pub fn bytes_body(body: &str, raw: bool, out: &mut Vec<u8>) -> Result<(), BadLiteral> {
    if !body.is_ascii() {
        return Err(BadLiteral {
            msg: "bytes can only contain ASCII literal characters".into(),
        });
    }
    let bytes = body.as_bytes();
    if raw {
        out.extend_from_slice(bytes);
        return Ok(());
    }
    let mut at = 0;
    while at < bytes.len() {
        let b = bytes[at];
        at += 1;
        if b != b'\\' {
            out.push(b);
            continue;
        }
        let Some(&escape) = bytes.get(at) else {
            out.push(b'\\');
            break;
        };
        at += 1;
        if escape == b'x' {
            let value = body
                .get(at..at + 2)
                .and_then(|digits| u8::from_str_radix(digits, 16).ok());
            match value {
                Some(value) if bytes[at].is_ascii_hexdigit() => out.push(value),
                _ => {
                    let msg = format!("(value error) invalid \\x escape at position {}", at - 2);
                    return Err(BadLiteral { msg });
                }
            }
            at += 2;
        } else if !simple_escape(bytes, escape, &mut at, &mut |value| out.push(value as u8)) {
            out.extend_from_slice(&[b'\\', escape]);
        }
    }
    Ok(())
}

/// The docstring as stored: the common indentation of the lines after the first is taken away.
pub fn clean_docstring(doc: &PyStr) -> PyStr {
    let bytes = expand_tabs(doc.as_bytes());
    let lines: Vec<&[u8]> = bytes.split(|&b| b == b'\n').collect();
    let blanks = |line: &[u8]| line.iter().take_while(|&&b| b == b' ').count();
    let margin = lines[1..]
        .iter()
        .filter(|line| blanks(line) < line.len())
        .map(|line| blanks(line))
        .min()
        .unwrap_or(0);
    let mut out = Vec::with_capacity(bytes.len());
    for (index, line) in lines.iter().enumerate() {
        if index == 0 {
            out.extend_from_slice(&line[blanks(line)..]);
        } else {
            out.push(b'\n');
            out.extend_from_slice(line.get(margin..).unwrap_or(b""));
        }
    }
    PyStr::from_wtf8(out)
}

/// `str.expandtabs(8)`
fn expand_tabs(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut column = 0;
    for &b in text {
        match b {
            b'\t' => {
                let fill = 8 - column % 8;
                out.resize(out.len() + fill, b' ');
                column += fill;
            }
            b'\n' | b'\r' => {
                out.push(b);
                column = 0;
            }
            _ => {
                out.push(b);
                column += usize::from(b & 0xc0 != 0x80);
            }
        }
    }
    out
}
