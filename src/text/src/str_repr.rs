//! `repr` and `ascii` of str and bytes.

use crate::code_points::{Text, TextBuf};
use crate::unicode;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Single quotes unless the text has some and no double ones.
fn quote_for(single: bool, double: bool) -> u8 {
    if single && !double { b'"' } else { b'\'' }
}

/// Appends `\xhh`, `\uhhhh` or `\Uhhhhhhhh`, the shortest that holds `c`.
pub fn push_escape(out: &mut TextBuf, c: u32) {
    let (letter, digits) = match c {
        0..0x100 => (b'x', 2),
        0x100..0x10000 => (b'u', 4),
        _ => (b'U', 8),
    };
    out.push_latin1(&[b'\\', letter]);
    for i in (0..digits).rev() {
        out.push(u32::from(HEX[(c >> (4 * i)) as usize & 15]));
    }
}

fn quoted(text: Text<'_>, ascii: bool) -> TextBuf {
    if let Text::Latin1(s) = text
        && s.iter()
            .all(|&b| matches!(b, 0x20..0x7f) && b != b'\'' && b != b'\\')
    {
        let mut out = Vec::with_capacity(s.len() + 2);
        out.push(b'\'');
        out.extend_from_slice(s);
        out.push(b'\'');
        return TextBuf::Latin1(out);
    }
    let (mut single, mut double) = (false, false);
    for c in text.iter() {
        single |= c == u32::from(b'\'');
        double |= c == u32::from(b'"');
    }
    let quote = quote_for(single, double);
    let mut out = TextBuf::with_capacity(text.len() + 2);
    out.push(quote.into());
    for c in text.iter() {
        match c {
            0x5c => out.push_latin1(b"\\\\"),
            0x27 if quote == b'\'' => out.push_latin1(b"\\'"),
            0x20..0x7f => out.push(c),
            9 => out.push_latin1(b"\\t"),
            10 => out.push_latin1(b"\\n"),
            13 => out.push_latin1(b"\\r"),
            0x7f.. if !ascii && unicode::is_printable(c) => out.push(c),
            _ => push_escape(&mut out, c),
        }
    }
    out.push(quote.into());
    out
}

/// `repr` of a str: what is not printable is escaped.
pub fn repr_str(text: Text<'_>) -> TextBuf {
    quoted(text, false)
}

/// `ascii` of a str.
pub fn ascii_str(text: Text<'_>) -> String {
    quoted(text, true).to_string_lossy()
}

/// `ascii(obj)` from `repr(obj)`: escapes what is not ASCII.
pub fn escape_non_ascii(repr: Text<'_>) -> TextBuf {
    let mut out = TextBuf::with_capacity(repr.len());
    for c in repr.iter() {
        if c < 0x80 {
            out.push(c);
        } else {
            push_escape(&mut out, c);
        }
    }
    out
}

/// `repr` of bytes.
pub fn repr_bytes(data: &[u8]) -> String {
    let mut out = String::with_capacity(data.len() + 3);
    let quote = quote_for(data.contains(&b'\''), data.contains(&b'"'));
    out.push('b');
    out.push(quote.into());
    push_escaped_bytes(&mut out, data, quote);
    out.push(quote.into());
    out
}

/// The inside of a bytes `repr` between quotes `quote` (also `codecs.escape_encode` with `'`).
pub fn push_escaped_bytes(out: &mut String, data: &[u8], quote: u8) {
    for &b in data {
        match b {
            b'\\' => out.push_str("\\\\"),
            b'\t' => out.push_str("\\t"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            _ if b == quote => {
                out.push('\\');
                out.push(b.into());
            }
            0x20..0x7f => out.push(b.into()),
            _ => {
                out.push_str("\\x");
                out.push(HEX[usize::from(b >> 4)].into());
                out.push(HEX[usize::from(b & 15)].into());
            }
        }
    }
}
