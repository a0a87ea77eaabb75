//! What Python sees of `frozenset`.

use super::methods::{operator, reduce, set_repr};
use super::{FrozenSet, SetCore, algebra, iter};
use crate::native::*;
use crate::objects::object;
use crate::{Cx, Res, Value};
use std::sync::atomic::{AtomicI64, Ordering};

impl FrozenSet {
    /// The hash, if it has been computed.
    pub fn known_hash(&self) -> Option<i64> {
        match self.hash.load(Ordering::Relaxed) {
            0 => None,
            h => Some(h),
        }
    }
}

/// Spreads the bits of an element's hash, so that sets of small ints do not collide.
fn spread(h: u64) -> u64 {
    ((h ^ 89_869_747) ^ (h << 16)).wrapping_mul(3_644_798_167)
}

/// The hash of a set of elements with these hashes, independent of their order; CPython's.
pub fn hash_of(hashes: impl Iterator<Item = i64>) -> i64 {
    let (mut h, mut n) = (0u64, 0u64);
    for e in hashes {
        h ^= spread(e as u64);
        n += 1;
    }
    h ^= (n + 1).wrapping_mul(1_927_868_237);
    h ^= (h >> 11) ^ (h >> 25);
    h = h.wrapping_mul(69_069).wrapping_add(907_133_923);
    if h == u64::MAX { 590_923_713 } else { h as i64 }
}

#[pymethods]
impl FrozenSet {
    #[new]
    #[text_signature(none)]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let exact = std::ptr::eq(cls, Type::of::<FrozenSet>());
        crate::objects::iter::refuse_keywords(
            cx,
            cls,
            Type::of::<FrozenSet>(),
            &args,
            "frozenset",
        )?;
        args.check_count(cx, "frozenset", 0, 1)?;
        let from = args.pos.first();
        if let Some(o) = from
            && exact
            && o.downcast_exact::<FrozenSet>().is_some()
        {
            return Ok(o.clone());
        }
        let payload = FrozenSet {
            head: Header::placeholder(),
            core: SetCore::empty(),
            hash: AtomicI64::new(0),
        };
        let made = object::alloc(cx, cls, payload)?;
        if let Some(o) = from {
            algebra::init(cx, &made, o)?;
        }
        Ok(made)
    }

    /// Return a shallow copy of a set.
    fn copy(this: &Value, cx: &mut Cx) -> Res<Value> {
        if this.downcast_exact::<FrozenSet>().is_some() {
            return Ok(this.clone());
        }
        algebra::copy_as(cx, this, this)
    }
    /// Return a new set with elements from the set and all others.
    #[sig(*others)]
    fn union(this: &Value, others: &[Value], cx: &mut Cx) -> Res<Value> {
        if others.is_empty() && this.downcast_exact::<FrozenSet>().is_some() {
            return Ok(this.clone());
        }
        let made = algebra::copy_as(cx, this, this)?;
        others
            .iter()
            .try_for_each(|o| algebra::update(cx, &made, o))?;
        Ok(made)
    }
    /// Return a new set with elements common to the set and all others.
    #[sig(*others)]
    fn intersection(this: &Value, others: &[Value], cx: &mut Cx) -> Res<Value> {
        algebra::multi_intersection(cx, this, others)
    }
    /// Return a new set with elements in the set that are not in the others.
    #[sig(*others)]
    fn difference(this: &Value, others: &[Value], cx: &mut Cx) -> Res<Value> {
        algebra::multi_difference(cx, this, others)
    }
    /// Return a new set with elements in either the set or other but not both.
    fn symmetric_difference(this: &Value, other: &Value, cx: &mut Cx) -> Res<Value> {
        algebra::symmetric_difference(cx, this, other)
    }
    /// Report whether another set contains this set.
    fn issubset(this: &Value, other: &Value, cx: &mut Cx) -> Res<bool> {
        algebra::is_subset_of(cx, this, other)
    }
    /// Report whether this set contains another set.
    fn issuperset(this: &Value, other: &Value, cx: &mut Cx) -> Res<bool> {
        algebra::is_superset_of(cx, this, other)
    }
    /// Return True if two sets have a null intersection.
    fn isdisjoint(this: &Value, other: &Value, cx: &mut Cx) -> Res<bool> {
        algebra::is_disjoint(cx, this, other)
    }
    /// Return state information for pickling.
    fn __reduce__(this: &Value, cx: &mut Cx) -> Res<Value> {
        reduce(cx, this)
    }
    /// S.__sizeof__() -> size of S in memory, in bytes
    fn __sizeof__(&self) -> usize {
        size_of::<FrozenSet>() + self.like().table_bytes()
    }
    /// See PEP 585
    #[classmethod(name = "__class_getitem__")]
    fn class_getitem(cls: &Type, item: &Value, cx: &mut Cx) -> Res<Value> {
        let cls = cls.value();
        crate::objects::genericalias::new(cx, &cls, item)
    }

    #[slot]
    fn hash(&self, cx: &mut Cx) -> i64 {
        if let Some(h) = self.known_hash() {
            return h;
        }
        let h = hash_of(self.like().items(cx).into_iter().map(|(h, _)| h));
        self.hash.store(h, Ordering::Relaxed);
        h
    }
    #[slot]
    fn len(&self) -> usize {
        self.like().len()
    }
    #[slot]
    fn contains(&self, object: &Value, cx: &mut Cx) -> Res<bool> {
        algebra::with_lookup_hash(cx, object, |cx, k, hash| self.like().contains(cx, k, hash))
    }
    #[slot(iter)]
    fn iter_slot(this: &Value, cx: &mut Cx) -> Res<Value> {
        iter::new_iter(cx, this)
    }
    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<Value> {
        set_repr(cx, this)
    }
    #[slot]
    fn richcompare(this: &Value, other: &Value, op: CmpOp, cx: &mut Cx) -> Res<Value> {
        algebra::compare(cx, this, other, op)
    }
    #[slot]
    fn or(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        operator(cx, left, right, algebra::union)
    }
    #[slot]
    fn and(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        operator(cx, left, right, algebra::intersection)
    }
    #[slot]
    fn sub(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        operator(cx, left, right, algebra::difference)
    }
    #[slot]
    fn xor(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        operator(cx, left, right, algebra::symmetric_difference)
    }

    #[clear]
    fn clear_refs(&self, cx: &mut Cx) {
        self.like().clear(cx);
    }
}
