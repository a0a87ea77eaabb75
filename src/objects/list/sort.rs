//! `list.sort` and `sorted`. The list is taken empty, sorted without a lock, and put back; a list that was touched meanwhile
//! gets the sorted items all the same, and a ValueError. Keys that all are small ints, floats or exact strings are compared
//! natively; others through `__lt__` by the adaptive merge sort of the text crate, which sorts positions, so that an
//! exception leaves a permutation of the items.
//!
//! A world that is to stop does not wait until all is in order: comparisons poll, and numbers are sorted detached.

use super::List;
use crate::native::*;
use crate::objects::dict::keys;
use crate::objects::float;
use crate::protocol;
use crate::{Cx, Res, Value};
use std::cmp::Ordering;

/// Numbers whose sorting takes a millisecond.
const LONG: usize = 1 << 14;

/// `list.sort(key=key, reverse=reverse)`.
pub fn sort_list(cx: &mut Cx, list: &List, key: Option<&Value>, reverse: bool) -> Res<()> {
    let mut items = list.take_for_sort(cx);
    let sorted = sort_values(cx, &mut items, key, reverse);
    let untouched = list.put_back_sorted(cx, items)?;
    sorted?;
    if !untouched {
        return Err(cx.value_error("list modified during sort"));
    }
    Ok(())
}

/// Sort values stably; after an error they are a permutation of what they were.
pub fn sort_values(
    cx: &mut Cx,
    items: &mut Vec<Value>,
    key: Option<&Value>,
    reverse: bool,
) -> Res<()> {
    match key.filter(|k| !k.is_none()) {
        None => {
            if items.len() < 2 || sort_small_ints(cx, items, reverse) {
                return Ok(());
            }
            let (order, done) = sorted_order(cx, items, reverse);
            apply(items, &order);
            done
        }
        Some(f) => {
            let mut keys = Vec::with_capacity(items.len());
            for v in items.iter() {
                keys.push(protocol::call(cx, f, std::slice::from_ref(v))?);
            }
            if sort_few(&mut keys, items, reverse) {
                return Ok(());
            }
            let (order, done) = sorted_order(cx, &keys, reverse);
            apply(items, &order);
            done
        }
    }
}

/// So many pairs are put in order where they stand, at most.
const FEW: usize = 8;

/// Sort a few items by as many keys that all are small ints, stably. False: the keys are others, or more.
fn sort_few(keys: &mut [Value], items: &mut [Value], reverse: bool) -> bool {
    if keys.len() > FEW || !keys.iter().all(Value::is_small_int) {
        return false;
    }
    for i in 1..keys.len() {
        let mut at = i;
        while at > 0 {
            // The word of a small int orders as the int does.
            let (a, b) = (keys[at - 1].bits() as i64, keys[at].bits() as i64);
            if if reverse { a >= b } else { a <= b } {
                break;
            }
            keys.swap(at - 1, at);
            items.swap(at - 1, at);
            at -= 1;
        }
    }
    true
}

/// Equal small ints are one word, so stability is no matter.
fn sort_small_ints(cx: &mut Cx, items: &mut [Value], reverse: bool) -> bool {
    if !items.iter().all(Value::is_small_int) {
        return false;
    }
    // The word of a small int orders as the int does.
    aside(cx, items.len(), || {
        if reverse {
            items.sort_unstable_by_key(|v| std::cmp::Reverse(v.bits() as i64));
        } else {
            items.sort_unstable_by_key(|v| v.bits() as i64);
        }
    });
    true
}

/// The positions of `keys` in sorted order, and whether a comparison failed on the way.
fn sorted_order(cx: &mut Cx, keys: &[Value], reverse: bool) -> (Vec<u32>, Res<()>) {
    let n = keys.len() as u32;
    let mut order: Vec<u32> = (0..n).collect();
    if keys.iter().all(Value::is_small_int) {
        aside(cx, keys.len(), || {
            by(&mut order, reverse, |a, b| {
                (keys[a].bits() as i64).cmp(&(keys[b].bits() as i64))
            });
        });
        return (order, Ok(()));
    }
    if let Some(floats) = all_floats(keys) {
        aside(cx, keys.len(), || {
            by(&mut order, reverse, |a, b| {
                floats[a].partial_cmp(&floats[b]).unwrap_or(Ordering::Equal)
            });
        });
        return (order, Ok(()));
    }
    let strings: Option<Vec<&Str>> = keys.iter().map(|k| k.downcast_exact::<Str>()).collect();
    if let Some(s) = strings {
        by(&mut order, reverse, |a, b| {
            cx.thread.safepoint_stop_within();
            s[a].compare(s[b])
        });
        return (order, Ok(()));
    }
    let less = |&a: &u32, &b: &u32| {
        cx.thread.safepoint_stop_within();
        less_than(cx, &keys[a as usize], &keys[b as usize])
    };
    let done = if reverse {
        typhon_text::timsort::sort_reversed(&mut order, less)
    } else {
        typhon_text::timsort::sort(&mut order, less)
    };
    (order, done)
}

/// The doubles of keys that all are exact floats, none of them NaN (which has no place in an order).
fn all_floats(keys: &[Value]) -> Option<Vec<f64>> {
    keys.iter()
        .map(|k| float::as_f64_exact(k).filter(|f| !f.is_nan()))
        .collect()
}

/// A stable sort of positions by a total order.
fn by(order: &mut [u32], reverse: bool, mut cmp: impl FnMut(usize, usize) -> Ordering) {
    if reverse {
        order.sort_by(|&a, &b| cmp(b as usize, a as usize));
    } else {
        order.sort_by(|&a, &b| cmp(a as usize, b as usize));
    }
}

/// Work on `count` words that names no object.
fn aside(cx: &mut Cx, count: usize, work: impl FnOnce()) {
    if count < LONG || typhon_runtime::gil::is_enabled() {
        work();
    } else {
        cx.thread.detach(work);
    }
}

#[inline]
fn less_than(cx: &mut Cx, a: &Value, b: &Value) -> Res<bool> {
    if let (Some(x), Some(y)) = (a.as_small_int(), b.as_small_int()) {
        return Ok(x < y);
    }
    if let (Some(x), Some(y)) = (a.downcast_exact::<Tuple>(), b.downcast_exact::<Tuple>()) {
        for (p, q) in x.items().iter().zip(y.items()) {
            if p.is_small_int() && q.is_small_int() {
                if p.bits() != q.bits() {
                    return Ok((p.bits() as i64) < q.bits() as i64);
                }
            } else if !keys::equal(cx, p, q)? {
                return less_than(cx, p, q);
            }
        }
        return Ok(x.len() < y.len());
    }
    if let (Some(x), Some(y)) = (a.downcast_exact::<Str>(), b.downcast_exact::<Str>()) {
        return Ok(x.compare(y) == Ordering::Less);
    }
    if (a.is_true() || a.is_false()) && (b.is_true() || b.is_false()) {
        return Ok(a.is_false() && b.is_true());
    }
    let r = protocol::compare(cx, a, b, CmpOp::Lt)?;
    protocol::truthy(cx, &r)
}

/// Put items in the given order.
fn apply(items: &mut Vec<Value>, order: &[u32]) {
    let mut from: Vec<Option<Value>> = std::mem::take(items).into_iter().map(Some).collect();
    items.extend(order.iter().filter_map(|&i| from[i as usize].take()));
}

/// `sorted(iterable, key=key, reverse=reverse)`: a new list.
pub fn sorted(cx: &mut Cx, iterable: &Value, key: Option<&Value>, reverse: bool) -> Res<Value> {
    let mut items = protocol::collect(cx, iterable)?;
    sort_values(cx, &mut items, key, reverse)?;
    super::new_list(cx, items)
}
