//! Joining strings: f-strings and `+`.

use super::{EXTERNAL, Str, new_latin1_with, new_str_code_points, new_str_ucs2};
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

/// `a += b` where the string in register `at` is held by nothing else, so that its buffer may grow where it lies. False: it
/// is not such a string (or memory is out), and nothing was done. Short strings are copied: they lie in their cells.
///
/// # Safety
/// `at` is a filled register of the running frame.
pub unsafe fn append_in_place(cx: &mut Cx, at: *const u64, b: &Value) -> bool {
    // SAFETY: by contract.
    let a = unsafe { &*at.cast::<Value>() };
    let (Some(s), Some(t)) = (a.downcast_exact::<Str>(), b.downcast_exact::<Str>()) else {
        return false;
    };
    if s.meta & EXTERNAL == 0
        || s.kind() != t.kind()
        || a.is_borrowed()
        || a.is(b)
        || !s.head.is_uniquely_held(cx.tid)
    {
        return false;
    }
    let (kind, n, m) = (s.kind(), s.len(), t.len());
    let Some(bytes) = n
        .checked_add(m)
        .and_then(|total| total.checked_mul(kind))
        .filter(|&bytes| bytes < isize::MAX as usize / 4)
    else {
        return false;
    };
    let ascii = s.is_ascii() && t.is_ascii();
    // SAFETY: the only reference to the string stands in this register, so nobody reads it; its buffer has `n * kind` bytes
    // and was allocated by this layout (`alloc_buffer`); `t` is another string.
    unsafe {
        let layout = std::alloc::Layout::from_size_align_unchecked(n * kind, 16);
        let p = std::alloc::realloc(s.data().cast_mut(), layout, bytes);
        if p.is_null() {
            return false;
        }
        std::ptr::copy_nonoverlapping(t.data(), p.add(n * kind), m * kind);
        let cell = a.as_ptr().cast_mut().cast::<u8>();
        Str::fill_external(cell, n + m, kind as u64, ascii, p);
    }
    true
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
