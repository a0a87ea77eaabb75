//! uuencode, one line at a time: a length character, then four characters for three bytes, each 32 + six bits.

/// The bytes of a line; the error's text otherwise.
pub fn decode(line: &[u8]) -> Result<Vec<u8>, &'static str> {
    let Some((&first, rest)) = line.split_first() else {
        return Err("Missing length byte");
    };
    let want = usize::from(first.wrapping_sub(b' ') & 0x3f);
    let mut out = Vec::with_capacity(want);
    let (mut bits, mut count) = (0u32, 0);
    let mut input = rest.iter().copied();
    while out.len() < want {
        // A line cut short stands for one that ends in blanks.
        let c = match input.next() {
            None | Some(b'\n' | b'\r') => 0,
            Some(c @ b' '..=b'`') => (c - b' ') & 0x3f,
            Some(_) => return Err("Illegal char"),
        };
        bits = bits << 6 | u32::from(c);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    // What follows must be padding.
    for c in input {
        if !matches!(c, b' ' | b'`' | b'\n' | b'\r') {
            return Err("Trailing garbage");
        }
    }
    Ok(out)
}

/// The line of at most 45 bytes; `backtick` writes zeros as backticks instead of blanks.
pub fn encode(data: &[u8], backtick: bool) -> Vec<u8> {
    let sign = |v: u8| if v == 0 && backtick { b'`' } else { b' ' + v };
    let mut out = vec![sign(data.len() as u8)];
    for chunk in data.chunks(3) {
        let get = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = get(0) << 16 | get(1) << 8 | get(2);
        out.extend([18, 12, 6, 0].map(|s| sign((bits >> s & 0x3f) as u8)));
    }
    out.push(b'\n');
    out
}
