//! The loop's own way to exact dicts and sets with keys whose hash and comparison run nothing: no call, no exception in
//! sight. Whatever is not so, or needs the lock, is left to the general way.

use super::Dict;
use super::keys::{hash_small_int, quick_hash};
use super::table::Found;
use crate::objects::list::buf::may_read;
use crate::objects::set::SetLike;
use crate::objects::str::Str;
use crate::objects::{List, Tuple};
use crate::statics::word;
use crate::{Cx, Value, ValueExt};

/// An exact dict.
#[inline(always)]
fn exact(d: &Value) -> Option<&Dict> {
    if !d.is_ptr() || d.class_word() != word::DICT {
        return None;
    }
    // SAFETY: exactly this type.
    Some(unsafe { &*((d.bits() & !7) as *const Dict) })
}

/// `d[key]`, if it is there: a register word.
#[inline(always)]
pub fn get(tid: u16, d: &Value, key: &Value) -> Option<u64> {
    look_up(tid, d, key).filter(|&bits| bits != 0)
}

/// The same, and 0 if it is not there.
#[inline(always)]
pub fn look_up(tid: u16, d: &Value, key: &Value) -> Option<u64> {
    let d = exact(d)?;
    if !may_read(&d.head, tid) {
        return None;
    }
    let t = d.table();
    let Some((hash, bits)) = plain_key(key) else {
        return look_up_any(tid, d, key);
    };
    match t.value_at_first(hash, bits) {
        Some(None) => Some(0),
        Some(Some(value)) => {
            let bits = value.word_for_register(tid, || d.is_table(t));
            (bits != 0).then_some(bits)
        }
        None => look_up_any(tid, d, key),
    }
}

/// Hash and bits of an immediate int or a string: most keys are the very object that is there, at the first place asked.
#[inline(always)]
fn plain_key(key: &Value) -> Option<(i64, u64)> {
    match key.as_small_int() {
        Some(i) => Some((hash_small_int(i), key.bits())),
        None if key.class_word() == word::STR => {
            // SAFETY: exactly this type.
            let text = unsafe { &*((key.bits() & !7) as *const Str) };
            Some((text.hash(), key.bits() & !4))
        }
        None => None,
    }
}

#[inline(never)]
fn look_up_any(tid: u16, d: &Dict, key: &Value) -> Option<u64> {
    let t = d.table();
    match d.place_quick(tid, t, key)? {
        // An entry that went: the general way looks again.
        Found::At(n) => {
            let bits = t.entry(n).value.word_for_register(tid, || d.is_table(t));
            (bits != 0).then_some(bits)
        }
        Found::Absent => Some(0),
        _ => None,
    }
}

/// Whether the word of a small int is among those of items; None if that has to be asked of one of them.
#[inline(always)]
pub fn contains_int(words: impl Iterator<Item = u64>, key: u64) -> Option<bool> {
    // Of ints alone, the two low bits stay 0.
    let mut odd = 0;
    for w in words {
        if w == key {
            return (odd & 3 == 0).then_some(true);
        }
        odd |= w ^ 1;
    }
    (odd & 3 == 0).then_some(false)
}

/// `key in d`.
#[inline(always)]
pub fn contains(tid: u16, d: &Value, key: &Value) -> Option<bool> {
    let class = d.class_word();
    if class != word::DICT {
        return match class {
            word::SET | word::FROZENSET => {
                // SAFETY: its class word.
                let set = unsafe { SetLike::of_class(d, class)? };
                set.contains_unlocked(tid, key, quick_hash(key)?)
            }
            word::LIST | word::TUPLE if key.is_small_int() => sequence_contains(tid, d, key),
            word::STR if key.class_word() == word::STR => text_contains(d, key),
            _ => None,
        };
    }
    // SAFETY: exactly this type.
    let d = unsafe { &*((d.bits() & !7) as *const Dict) };
    if !may_read(&d.head, tid) {
        return None;
    }
    let known = match plain_key(key) {
        Some((hash, bits)) => d.table().value_at_first(hash, bits),
        None => None,
    };
    match known {
        Some(None) => Some(false),
        Some(Some(value)) if !value.is_empty() => Some(true),
        _ => contains_any(tid, d, key),
    }
}

#[inline(never)]
fn contains_any(tid: u16, d: &Dict, key: &Value) -> Option<bool> {
    let t = d.table();
    match d.place_quick(tid, t, key)? {
        Found::At(n) if !t.entry(n).value.is_empty() => Some(true),
        Found::Absent => Some(false),
        _ => None,
    }
}

/// `key in d` of an immediate int in a list or a tuple.
#[inline(never)]
fn sequence_contains(tid: u16, d: &Value, key: &Value) -> Option<bool> {
    if let Some(list) = d.downcast_exact::<List>() {
        return list.contains_int(tid, key.bits());
    }
    let items = d.downcast_exact::<Tuple>()?.items();
    contains_int(items.iter().map(Value::bits), key.bits())
}

/// `key in d` of two strings.
#[inline(never)]
fn text_contains(d: &Value, key: &Value) -> Option<bool> {
    let (text, part) = (d.downcast_exact::<Str>()?, key.downcast_exact::<Str>()?);
    Some(text.contains_text(part))
}

/// `d[key] = value` for an exact dict in a register of the caller, where the first place asked tells: the value that was there.
/// Held by that register alone it needs no lock: another thread has no way to reach it. `Err` gives the value back.
#[inline(always)]
pub fn store(cx: &mut Cx, d: &Dict, key: &Value, value: Value) -> Result<Option<Value>, Value> {
    let Some((hash, bits)) = plain_key(key) else {
        return Err(value);
    };
    let tid = cx.thread.tid;
    if d.head.is_uniquely_held(tid) {
        return store_known(tid, d, key, hash, bits, value);
    }
    let _g = d.lock(cx);
    store_known(tid, d, key, hash, bits, value)
}

/// Under the lock, or uniquely held.
#[inline(always)]
fn store_known(
    tid: u16,
    d: &Dict,
    key: &Value,
    hash: i64,
    bits: u64,
    value: Value,
) -> Result<Option<Value>, Value> {
    let t = d.table();
    match t.at_first(hash, bits) {
        Some(Some(n)) => Ok(t.replace(n, value.into_counted())),
        Some(None) if !t.is_full() => {
            let (key, is_str) = (key.clone_in(tid), bits & 3 == 0);
            d.add_with_room(key, hash, value.into_counted(), is_str);
            Ok(None)
        }
        _ => Err(value),
    }
}
