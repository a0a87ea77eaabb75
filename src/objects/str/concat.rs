//! Joining strings: f-strings and `+`.

use super::{Str, new_latin1_with, new_str_code_points, new_str_ucs2};
use crate::{Cx, Res, Value, ValueExt};

/// The concatenation of strings (BUILD_STRING).
pub fn concat_all(cx: &mut Cx, parts: &[Value]) -> Res<Value> {
    let mut total = 0usize;
    let mut kind = 1;
    let mut ascii = true;
    for p in parts {
        let Some(s) = p.downcast::<Str>() else {
            return Err(cx.system_error("BUILD_STRING of something else"));
        };
        total += s.len();
        kind = kind.max(s.kind());
        ascii &= s.is_ascii();
    }
    let units = || {
        parts
            .iter()
            .filter_map(|p| p.downcast::<Str>())
            .map(Str::units)
    };
    match kind {
        1 => new_latin1_with(cx, total, ascii, |out| {
            for p in parts {
                if let Some(s) = p.downcast::<Str>() {
                    out.push_str(s);
                }
            }
        }),
        2 => {
            let mut v: Vec<u16> = Vec::new();
            if v.try_reserve_exact(total).is_err() {
                return Err(cx.memory_error());
            }
            for u in units() {
                v.extend(u.iter().map(|c| c as u16));
            }
            new_str_ucs2(cx, &v)
        }
        _ => {
            let mut v: Vec<u32> = Vec::new();
            if v.try_reserve_exact(total).is_err() {
                return Err(cx.memory_error());
            }
            for u in units() {
                v.extend(u.iter());
            }
            new_str_code_points(cx, &v)
        }
    }
}

/// Whether the text is an identifier (PEP 3131).
pub fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    match chars.next() {
        Some(c) if typhon_text::unicode::is_xid_start(c as u32) || c == '_' => {
            chars.all(|c| typhon_text::unicode::is_xid_continue(c as u32))
        }
        _ => false,
    }
}
