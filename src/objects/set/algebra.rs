//! Set algebra over whole operands. Left operands may be anything iterable where dict views need it; the result then is a
//! `set`. Results of set operands are of the base type of the left one.

use super::fresh::Fresh;
use super::{FrozenSet, Set, SetLike, empty_frozenset, new_set};
use crate::native::*;
use crate::objects::Dict;
use crate::objects::dict::keys::set_hash;
use crate::objects::dict::views::DictKeys;
use crate::protocol;
use crate::{Cx, Res, Value};

/// Whether results of this left operand are frozen.
fn is_frozen(left: &Value) -> bool {
    left.downcast::<FrozenSet>().is_some()
}

/// An empty set of the base type of `like`.
fn empty_like(cx: &mut Cx, like: &Value) -> Res<Value> {
    if is_frozen(like) {
        empty_frozenset(cx)
    } else {
        new_set(cx)
    }
}

/// The set operations of a value just made by `empty_like`, or checked by the caller.
fn like(v: &Value) -> SetLike<'_> {
    SetLike::of(v).expect("a set")
}

/// A copy of an iterable as a set of the base type of `kind`.
pub fn copy_as(cx: &mut Cx, kind: &Value, from: &Value) -> Res<Value> {
    let mut made = Fresh::new();
    made.fill(cx, from)?;
    made.publish(cx, is_frozen(kind))
}

/// Shows the items of an iterable; those of built-in containers as they are at one moment.
fn each(cx: &mut Cx, o: &Value, mut f: impl FnMut(&mut Cx, Value) -> Res<()>) -> Res<()> {
    match crate::objects::iter::snapshot(cx, o)? {
        Some(items) => items.into_iter().try_for_each(|v| f(cx, v)),
        None => protocol::for_each(cx, o, f),
    }
}

/// Add the elements of an iterable to a set (or a frozenset being built).
pub fn update(cx: &mut Cx, set: &Value, other: &Value) -> Res<()> {
    let Some(s) = SetLike::of(set) else {
        return Ok(());
    };
    if let Some(o) = SetLike::of(other) {
        let items = o.items(cx);
        return s.add_all(cx, items);
    }
    let view = other.downcast_exact::<DictKeys>();
    let dict = view.map_or(other, |v| &v.dict);
    if let Some(d) = dict.downcast_exact::<Dict>() {
        let items = d.items(cx).into_iter().map(|i| (i.hash, i.key)).collect();
        return s.add_all(cx, items);
    }
    if let Some(items) = crate::objects::iter::snapshot(cx, other)? {
        return add_values(cx, s, items);
    }
    protocol::for_each(cx, other, |cx, v| {
        let hash = set_hash(cx, &v)?;
        s.add(cx, &v, hash).map(|_| ())
    })
}

/// Make the elements of an iterable those of an empty set.
pub fn init(cx: &mut Cx, set: &Value, from: &Value) -> Res<()> {
    let mut made = Fresh::new();
    made.fill(cx, from)?;
    if let Some(s) = SetLike::of(set) {
        made.give_to(cx, s);
    }
    Ok(())
}

/// Add elements that stand still; where one cannot be hashed, those before it are in.
fn add_values(cx: &mut Cx, s: SetLike<'_>, items: Vec<Value>) -> Res<()> {
    let mut hashed = Vec::with_capacity(items.len());
    let mut failed = Ok(());
    for v in items {
        match set_hash(cx, &v) {
            Ok(hash) => hashed.push((hash, v)),
            Err(r) => {
                // Set aside: what follows may run Python code.
                failed = Err(cx.take_exc(r));
                break;
            }
        }
    }
    s.add_all(cx, hashed)?;
    failed.map_err(|exc| cx.reraise(exc))
}

/// `left | right`.
pub fn union(cx: &mut Cx, left: &Value, right: &Value) -> Res<Value> {
    let mut made = Fresh::new();
    made.fill(cx, left)?;
    made.fill(cx, right)?;
    made.publish(cx, is_frozen(left))
}

/// `left & right`.
pub fn intersection(cx: &mut Cx, left: &Value, right: &Value) -> Res<Value> {
    let Some(mut a) = SetLike::of(left) else {
        return empty_like(cx, left);
    };
    if let Some(mut b) = SetLike::of(right) {
        if b.len() > a.len() {
            std::mem::swap(&mut a, &mut b);
        }
        if let Some(common) = b.part(cx, a, true) {
            let common = common.map_err(|_| cx.memory_error())?;
            return common.publish(cx, is_frozen(left));
        }
        let mut made = Fresh::new();
        for (hash, k) in b.items(cx) {
            if a.contains(cx, &k, hash)? {
                made.add(cx, k, hash)?;
            }
        }
        return made.publish(cx, is_frozen(left));
    }
    let mut made = Fresh::new();
    each(cx, right, |cx, k| {
        let hash = set_hash(cx, &k)?;
        if a.contains(cx, &k, hash)? {
            made.add(cx, k, hash)?;
        }
        Ok(())
    })?;
    made.publish(cx, is_frozen(left))
}

/// `left - right`.
pub fn difference(cx: &mut Cx, left: &Value, right: &Value) -> Res<Value> {
    let Some(a) = SetLike::of(left) else {
        let made = super::new_set_from(cx, left)?;
        difference_update(cx, &made, right)?;
        return Ok(made);
    };
    let dict = right.downcast::<Dict>();
    let other = SetLike::of(right);
    let n = match (other, dict) {
        (Some(b), _) => b.len(),
        (None, Some(d)) => d.len(),
        _ => 0,
    };
    // A small right operand is taken out of a copy.
    if other.is_none() && dict.is_none() || a.len() >> 2 > n {
        let made = copy_as(cx, left, left)?;
        difference_update(cx, &made, right)?;
        return Ok(made);
    }
    if let Some(b) = other
        && let Some(rest) = a.part(cx, b, false)
    {
        let rest = rest.map_err(|_| cx.memory_error())?;
        return rest.publish(cx, is_frozen(left));
    }
    let mut made = Fresh::new();
    for (hash, k) in a.items(cx) {
        let there = match (other, dict) {
            (Some(b), _) => b.contains(cx, &k, hash)?,
            (None, Some(d)) => d.contains_with_hash(cx, &k, hash)?,
            _ => false,
        };
        if !there {
            made.add(cx, k, hash)?;
        }
    }
    made.publish(cx, is_frozen(left))
}

/// Take the elements of an iterable out of a set.
pub fn difference_update(cx: &mut Cx, set: &Value, other: &Value) -> Res<()> {
    let Some(s) = SetLike::of(set) else {
        return Ok(());
    };
    if set.is(other) {
        s.clear(cx);
        return Ok(());
    }
    if let Some(o) = SetLike::of(other) {
        if s.cut(cx, o, true).is_none() {
            for (hash, k) in o.items(cx) {
                s.discard(cx, &k, hash)?;
            }
        }
        return Ok(());
    }
    each(cx, other, |cx, k| {
        let hash = set_hash(cx, &k)?;
        s.discard(cx, &k, hash).map(|_| ())
    })
}

/// `left ^ right`.
pub fn symmetric_difference(cx: &mut Cx, left: &Value, right: &Value) -> Res<Value> {
    let made = copy_as(cx, left, right)?;
    let into = like(&made);
    let Some(other) = SetLike::of(left) else {
        symmetric_difference_update(cx, &made, left)?;
        return Ok(made);
    };
    for (hash, k) in other.items(cx) {
        if !into.discard_private(cx, &k, hash)? {
            into.add_private(cx, &k, hash)?;
        }
    }
    Ok(made)
}

/// Keep what is in exactly one of the set and the iterable.
pub fn symmetric_difference_update(cx: &mut Cx, set: &Value, other: &Value) -> Res<()> {
    let Some(s) = SetLike::of(set) else {
        return Ok(());
    };
    if set.is(other) {
        s.clear(cx);
        return Ok(());
    }
    let items = match SetLike::of(other) {
        Some(o) => match s.flip(cx, o) {
            Some(done) => return done.map_err(|()| cx.memory_error()),
            None => o.items(cx),
        },
        None => {
            let once = super::new_set_from(cx, other)?;
            like(&once).items(cx)
        }
    };
    for (hash, k) in items {
        if !s.discard(cx, &k, hash)? {
            s.add(cx, &k, hash)?;
        }
    }
    Ok(())
}

/// Keep what is in the set and in the iterable.
pub fn intersection_update(cx: &mut Cx, set: &Value, others: &[Value]) -> Res<()> {
    let Some(s) = SetLike::of(set) else {
        return Ok(());
    };
    if let [other] = others
        && let Some(o) = SetLike::of(other)
        && (s.is_same(o) || s.cut(cx, o, false).is_some())
    {
        return Ok(());
    }
    // What is added while this compares stays, as if it had come afterwards.
    let before = copy_as(cx, set, set)?;
    let kept = multi_intersection(cx, &before, others)?;
    let kept = like(&kept);
    for (hash, k) in like(&before).items(cx) {
        if !kept.contains(cx, &k, hash)? {
            s.discard(cx, &k, hash)?;
        }
    }
    Ok(())
}

/// `set.intersection(*others)`.
pub fn multi_intersection(cx: &mut Cx, set: &Value, others: &[Value]) -> Res<Value> {
    let Some((first, rest)) = others.split_first() else {
        return copy_as(cx, set, set);
    };
    let mut result = intersection(cx, set, first)?;
    for other in rest {
        result = intersection(cx, &result, other)?;
    }
    Ok(result)
}

/// `set.difference(*others)`.
pub fn multi_difference(cx: &mut Cx, set: &Value, others: &[Value]) -> Res<Value> {
    let Some((first, rest)) = others.split_first() else {
        return copy_as(cx, set, set);
    };
    let result = difference(cx, set, first)?;
    for other in rest {
        difference_update(cx, &result, other)?;
    }
    Ok(result)
}

/// Whether every element of `a` is in `b`.
#[inline]
pub fn is_subset(cx: &mut Cx, a: SetLike<'_>, b: SetLike<'_>) -> Res<bool> {
    if a.len() > b.len() {
        return Ok(false);
    }
    if let Some(answer) = a.is_in(cx, b, true) {
        return Ok(answer);
    }
    for (hash, k) in a.items(cx) {
        if !b.contains(cx, &k, hash)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// `set.issubset(iterable)`.
pub fn is_subset_of(cx: &mut Cx, set: &Value, other: &Value) -> Res<bool> {
    let Some(a) = SetLike::of(set) else {
        return Ok(false);
    };
    if let Some(b) = SetLike::of(other) {
        return is_subset(cx, a, b);
    }
    let once = super::new_set_from(cx, other)?;
    is_subset(cx, a, like(&once))
}

/// `set.issuperset(iterable)`.
pub fn is_superset_of(cx: &mut Cx, set: &Value, other: &Value) -> Res<bool> {
    let Some(a) = SetLike::of(set) else {
        return Ok(false);
    };
    if let Some(b) = SetLike::of(other) {
        return is_subset(cx, b, a);
    }
    let it = protocol::iter(cx, other)?;
    while let Some(k) = protocol::next(cx, &it)? {
        let hash = set_hash(cx, &k)?;
        if !a.contains(cx, &k, hash)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// `set.isdisjoint(iterable)`.
pub fn is_disjoint(cx: &mut Cx, set: &Value, other: &Value) -> Res<bool> {
    let Some(mut a) = SetLike::of(set) else {
        return Ok(true);
    };
    if let Some(mut b) = SetLike::of(other) {
        if a.is_same(b) {
            return Ok(a.is_empty());
        }
        if b.len() > a.len() {
            std::mem::swap(&mut a, &mut b);
        }
        if let Some(any) = b.is_in(cx, a, false) {
            return Ok(!any);
        }
        for (hash, k) in b.items(cx) {
            if a.contains(cx, &k, hash)? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    let it = protocol::iter(cx, other)?;
    while let Some(k) = protocol::next(cx, &it)? {
        let hash = set_hash(cx, &k)?;
        if a.contains(cx, &k, hash)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Comparison of two sets: by size and inclusion.
pub fn compare(cx: &mut Cx, left: &Value, right: &Value, op: CmpOp) -> Res<Value> {
    let both = compare_truth(cx, left, right, op)?;
    Ok(both.map_or_else(Value::not_implemented, Value::bool))
}

/// The same without making an object; None unless both are sets.
#[inline]
pub fn compare_truth(cx: &mut Cx, left: &Value, right: &Value, op: CmpOp) -> Res<Option<bool>> {
    let (Some(a), Some(b)) = (SetLike::of(left), SetLike::of(right)) else {
        return Ok(None);
    };
    if op == CmpOp::Le {
        return is_subset(cx, a, b).map(Some);
    }
    let r = match op {
        CmpOp::Eq => equal(cx, left, right, a, b)?,
        CmpOp::Ne => !equal(cx, left, right, a, b)?,
        CmpOp::Le => is_subset(cx, a, b)?,
        CmpOp::Ge => is_subset(cx, b, a)?,
        CmpOp::Lt => a.len() < b.len() && is_subset(cx, a, b)?,
        CmpOp::Gt => b.len() < a.len() && is_subset(cx, b, a)?,
    };
    Ok(Some(r))
}

fn equal(cx: &mut Cx, left: &Value, right: &Value, a: SetLike<'_>, b: SetLike<'_>) -> Res<bool> {
    if a.is_same(b) {
        return Ok(true);
    }
    if a.len() != b.len() {
        return Ok(false);
    }
    if let (Some(x), Some(y)) = (left.downcast::<FrozenSet>(), right.downcast::<FrozenSet>())
        && x.known_hash()
            .zip(y.known_hash())
            .is_some_and(|(x, y)| x != y)
    {
        return Ok(false);
    }
    is_subset(cx, a, b)
}

/// Whether both operands are sets, so that the operators apply.
pub fn both_sets(a: &Value, b: &Value) -> bool {
    SetLike::of(a).is_some() && SetLike::of(b).is_some()
}

/// The hash by which an element is looked up; a `set` stands for the frozenset of its elements.
pub fn with_lookup_hash<R>(
    cx: &mut Cx,
    v: &Value,
    f: impl FnOnce(&mut Cx, &Value, i64) -> Res<R>,
) -> Res<R> {
    match set_hash(cx, v) {
        Ok(hash) => f(cx, v, hash),
        Err(r) if v.downcast::<Set>().is_some() && cx.exc_is(ExcKind::TypeError) => {
            drop(cx.take_exc(r));
            let frozen = empty_frozenset(cx)?;
            if let Some(s) = SetLike::of(v) {
                like(&frozen).copy_from(cx, s)?;
            }
            let hash = protocol::hash(cx, &frozen)?;
            f(cx, &frozen, hash)
        }
        Err(r) => Err(r),
    }
}
