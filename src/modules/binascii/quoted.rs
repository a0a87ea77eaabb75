//! Quoted-printable (RFC 1521): bytes outside printable ASCII as `=XX`, lines of at most 76 characters.

const LINE: usize = 76;

/// The bytes of encoded text; `header` reads underscores as blanks.
pub fn decode(data: &[u8], header: bool) -> Vec<u8> {
    let hex = |b: u8| char::from(b).to_digit(16).map(|d| d as u8);
    let mut out = Vec::with_capacity(data.len());
    let mut i = 0;
    while i < data.len() {
        let b = data[i];
        i += 1;
        if b == b'_' && header {
            out.push(b' ');
            continue;
        }
        if b != b'=' {
            out.push(b);
            continue;
        }
        match (data.get(i), data.get(i + 1)) {
            // A soft line break ends at the line's end; an `=` at the very end stands for nothing.
            (None, _) => {}
            (Some(b'\n' | b'\r'), _) => {
                while i < data.len() && data[i] != b'\n' {
                    i += 1;
                }
                i += 1;
            }
            (Some(b'='), _) => {
                out.push(b'=');
                i += 1;
            }
            (Some(&h), Some(&l)) if hex(h).is_some() && hex(l).is_some() => {
                out.push(hex(h).unwrap_or(0) << 4 | hex(l).unwrap_or(0));
                i += 2;
            }
            _ => out.push(b'='),
        }
    }
    out
}

/// The encoded text.
pub fn encode(data: &[u8], quote_tabs: bool, is_text: bool, header: bool) -> Vec<u8> {
    // Line ends follow the first one there is.
    let crlf = data
        .iter()
        .position(|&b| b == b'\n')
        .is_some_and(|i| i > 0 && data[i - 1] == b'\r');
    let mut out: Vec<u8> = Vec::with_capacity(data.len() + data.len() / 4);
    let mut column = 0;
    let soft_break = |out: &mut Vec<u8>| {
        out.push(b'=');
        if crlf {
            out.push(b'\r');
        }
        out.push(b'\n');
    };
    let push_hex = |out: &mut Vec<u8>, b: u8| {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        out.extend([
            b'=',
            DIGITS[usize::from(b >> 4)],
            DIGITS[usize::from(b & 15)],
        ]);
    };
    let mut i = 0;
    while i < data.len() {
        let b = data[i];
        let next = data.get(i + 1).copied();
        let at_end = next.is_none();
        let quoted = b > 126
            || b == b'='
            || (header && b == b'_')
            || (b == b'.' && column == 0 && matches!(next, None | Some(b'\n' | b'\r' | 0)))
            || (!is_text && matches!(b, b'\r' | b'\n'))
            || (matches!(b, b'\t' | b' ') && at_end)
            || (b < 33 && !matches!(b, b'\r' | b'\n' | b'\t' | b' '))
            || (b < 33
                && !matches!(b, b'\r' | b'\n')
                && (quote_tabs || !matches!(b, b'\t' | b' '))
                && !(header && b == b' '));
        if quoted {
            if column + 3 >= LINE {
                soft_break(&mut out);
                column = 0;
            }
            push_hex(&mut out, b);
            column += 3;
            i += 1;
            continue;
        }
        let newline = is_text && (b == b'\n' || (b == b'\r' && next == Some(b'\n')));
        if newline {
            // A blank at the end of a line must not be lost on the way.
            if let Some(&last @ (b' ' | b'\t')) = out.last() {
                out.pop();
                push_hex(&mut out, last);
            }
            if crlf {
                out.push(b'\r');
            }
            out.push(b'\n');
            i += if b == b'\r' { 2 } else { 1 };
            column = 0;
            continue;
        }
        if next.is_some_and(|n| n != b'\n') && column + 1 >= LINE {
            soft_break(&mut out);
            column = 0;
        }
        out.push(if header && b == b' ' { b'_' } else { b });
        column += 1;
        i += 1;
    }
    out
}
