//! Taking iterables apart: `a, b = v` and `a, *b = v`.

use super::Stack;
use crate::objects::typeobj::flag;
use crate::objects::{List, Tuple};
use crate::{Cx, Res, Value, ValueExt, protocol};

/// UNPACK_SEQUENCE: the items of `v` into `n` registers from `at`, the first item at the top.
///
/// # Safety
/// `n` empty registers of the running frame start at `at`.
#[inline(never)]
pub unsafe fn unpack(cx: &mut Cx, v: Value, at: *mut u64, n: usize) -> Res<()> {
    let put = |i: usize, item: Value| {
        // SAFETY: by contract.
        unsafe { *at.add(n - 1 - i) = item.into_counted().into_bits() };
    };
    if let Some(t) = v.downcast_exact::<Tuple>() {
        if t.len() == n {
            // SAFETY: by contract.
            let put = |i: usize, bits: u64| unsafe { *at.add(n - 1 - i) = bits };
            crate::objects::tuple::take_apart(cx, v, put);
            return Ok(());
        }
        return Err(wrong_count(cx, t.len(), n, true));
    }
    if let Some(l) = v.downcast_exact::<List>() {
        // SAFETY: by contract.
        let len = l.spread(cx, n, |i, bits| unsafe { *at.add(n - 1 - i) = bits });
        if len == n {
            return Ok(());
        }
        return Err(wrong_count(cx, len, n, true));
    }
    let it = unpack_iter(cx, &v)?;
    let mut items = Vec::with_capacity(n);
    while items.len() < n {
        match protocol::next(cx, &it)? {
            Some(x) => items.push(x),
            None => return Err(wrong_count(cx, items.len(), n, false)),
        }
    }
    if protocol::next(cx, &it)?.is_some() {
        let total = if v.ty().has(flag::DICT_SUBCLASS) {
            protocol::len(cx, &v).ok()
        } else {
            None
        };
        return Err(match total {
            Some(t) => cx.value_error(format!("too many values to unpack (expected {n}, got {t})")),
            None => cx.value_error(format!("too many values to unpack (expected {n})")),
        });
    }
    for (i, item) in items.into_iter().enumerate() {
        put(i, item);
    }
    Ok(())
}

fn unpack_iter(cx: &mut Cx, v: &Value) -> Res<Value> {
    if v.ty().slots.iter.get().is_none() && v.ty().slots.getitem.get().is_none() {
        let n = v.type_name();
        return Err(cx.type_error(format!("cannot unpack non-iterable {n} object")));
    }
    protocol::iter(cx, v)
}

#[cold]
fn wrong_count(cx: &mut Cx, got: usize, n: usize, known: bool) -> crate::Raised {
    if got < n {
        cx.value_error(format!(
            "not enough values to unpack (expected {n}, got {got})"
        ))
    } else if known {
        cx.value_error(format!(
            "too many values to unpack (expected {n}, got {got})"
        ))
    } else {
        cx.value_error(format!("too many values to unpack (expected {n})"))
    }
}

pub(super) fn unpack_ex(
    cx: &mut Cx,
    v: Value,
    s: &mut Stack,
    before: usize,
    after: usize,
) -> Res<()> {
    if v.ty().slots.iter.get().is_none() && v.ty().slots.getitem.get().is_none() {
        let n = v.type_name();
        return Err(cx.type_error(format!("cannot unpack non-iterable {n} object")));
    }
    let mut items = protocol::collect(cx, &v)?;
    if items.len() < before + after {
        let (got, want) = (items.len(), before + after);
        return Err(cx.value_error(format!(
            "not enough values to unpack (expected at least {want}, got {got})"
        )));
    }
    let tail = items.split_off(items.len() - after);
    let middle = items.split_off(before);
    let list = crate::objects::list::new_list(cx, middle)?;
    // The first name is at the top; the value's register is the lowest.
    let total = before + 1 + after;
    let all: Vec<Value> = items.into_iter().chain([list]).chain(tail).collect();
    for (i, item) in all.into_iter().enumerate() {
        // SAFETY: the translator reserved `total` registers from the value's own.
        unsafe { *s.sp.sub(1).add(total - 1 - i) = item.into_counted().into_bits() };
    }
    Ok(())
}
