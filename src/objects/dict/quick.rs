//! The loop's own way to exact dicts with exact `str` keys: no call, no exception in sight. Whatever is not so, or needs
//! the lock, is left to the general way.

use super::Dict;
use super::table::Found;
use crate::objects::Str;
use crate::objects::list::buf::may_read;
use crate::statics::word;
use crate::{Value, ValueExt};

/// Both operands as what they have to be.
#[inline(always)]
fn operands<'a>(d: &'a Value, key: &'a Value) -> Option<(&'a Dict, &'a Str)> {
    if !d.is_ptr() || !key.is_ptr() || d.class_word() != word::DICT || key.class_word() != word::STR
    {
        return None;
    }
    // SAFETY: exactly these types.
    unsafe {
        Some((
            &*((d.bits() & !7) as *const Dict),
            &*((key.bits() & !7) as *const Str),
        ))
    }
}

/// `d[key]`, if it is there: a register word.
#[inline]
pub fn get(tid: u16, d: &Value, key: &Value) -> Option<u64> {
    let (d, text) = operands(d, key)?;
    if !may_read(&d.head, tid) {
        return None;
    }
    let t = d.table();
    match d.place_of_str(tid, t, key, text, text.hash())? {
        // An entry that went: the general way looks again.
        Found::At(n) => match t.entry(n).value.try_get_for_register(tid, || d.is_table(t)) {
            Ok(Some(v)) => Some(v.into_bits()),
            _ => None,
        },
        _ => None,
    }
}

/// `key in d`.
#[inline]
pub fn contains(tid: u16, d: &Value, key: &Value) -> Option<bool> {
    let (d, text) = operands(d, key)?;
    if !may_read(&d.head, tid) {
        return None;
    }
    let t = d.table();
    match d.place_of_str(tid, t, key, text, text.hash())? {
        Found::At(n) if !t.entry(n).value.is_empty() => Some(true),
        Found::Absent => Some(false),
        _ => None,
    }
}

/// `d[key] = value` for a key that is there, in a dict that nothing but the caller's register holds: what was displaced.
/// `Err` gives the value back.
#[inline]
pub fn replace(tid: u16, d: &Value, key: &Value, value: Value) -> Result<Option<Value>, Value> {
    let Some((d, text)) = operands(d, key) else {
        return Err(value);
    };
    if !d.head.is_uniquely_held(tid) {
        return Err(value);
    }
    let t = d.table();
    match d.place_of_str(tid, t, key, text, text.hash()) {
        Some(Found::At(n)) => Ok(t.replace(n, value.into_counted())),
        _ => Err(value),
    }
}
