//! The text of containers: items joined, cycles cut by identity (`[...]`). Text is collected as WTF-8, since strings may hold
//! lone surrogates.

use crate::objects::Str;
use crate::objects::str::{new_str, new_str_wtf8};
use crate::protocol;
use crate::{Cx, Res, Value, ValueExt};

/// Build the text of a container; `cycle` where it stands inside itself.
pub fn guarded(
    cx: &mut Cx,
    this: &Value,
    cycle: &str,
    f: impl FnOnce(&mut Cx, &mut Vec<u8>) -> Res<()>,
) -> Res<Value> {
    let id = this.bits() & !7;
    if cx.repr_stack.contains(&id) {
        return new_str(cx, cycle);
    }
    cx.repr_stack.push(id);
    let mut out = Vec::new();
    let done = f(cx, &mut out);
    cx.repr_stack.pop();
    done?;
    new_str_wtf8(cx, &out)
}

/// Append `repr(v)`.
pub fn push(cx: &mut Cx, out: &mut Vec<u8>, v: &Value) -> Res<()> {
    if let Some(i) = v.as_small_int() {
        use std::io::Write;
        // Writing to a vector does not fail.
        let _ = write!(out, "{i}");
        return Ok(());
    }
    let text = protocol::repr(cx, v)?;
    if let Some(s) = text.downcast::<Str>() {
        push_str(out, s);
    }
    Ok(())
}

/// Append a string's text as WTF-8.
pub fn push_str(out: &mut Vec<u8>, s: &Str) {
    if let Some(ascii) = s.as_ascii() {
        out.extend_from_slice(ascii.as_bytes());
        return;
    }
    for c in s.units().iter() {
        match char::from_u32(c) {
            Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            // A lone surrogate.
            None => out.extend_from_slice(&[
                0xED,
                0x80 | (c >> 6 & 0x3F) as u8,
                0x80 | (c & 0x3F) as u8,
            ]),
        }
    }
}

/// Append the reprs of `items`, separated by commas.
pub fn push_items(
    cx: &mut Cx,
    out: &mut Vec<u8>,
    mut next: impl FnMut(&mut Cx, usize) -> Option<Value>,
) -> Res<()> {
    let mut i = 0;
    while let Some(v) = next(cx, i) {
        if i > 0 {
            out.extend_from_slice(b", ");
        }
        push(cx, out, &v)?;
        i += 1;
    }
    Ok(())
}
