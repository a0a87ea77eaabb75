//! What Python sees of `set`: its methods and slots.

use super::{Set, SetCore, SetLike, algebra, iter};
use crate::native::*;
use crate::objects::dict::keys::set_hash;
use crate::objects::list::repr;
use crate::objects::{object, tuple};
use crate::protocol;
use crate::{Cx, Res, Value};

#[pymethods]
impl Set {
    #[new]
    fn new(cls: &Type, _args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        object::alloc(
            cx,
            cls,
            Set {
                head: Header::placeholder(),
                core: SetCore::empty(),
            },
        )
    }
    #[init]
    #[text_signature(none)]
    fn init(this: &Value, args: Args<'_>, cx: &mut Cx) -> Res<()> {
        args.no_keywords(cx, "set")?;
        args.check_count(cx, "set", 0, 1)?;
        let Some(s) = SetLike::of(this) else {
            return Ok(());
        };
        if !s.is_empty() {
            s.clear(cx);
        }
        match args.pos.first() {
            Some(o) => algebra::init(cx, this, o),
            None => Ok(()),
        }
    }

    /// Add an element to a set.
    ///
    /// This has no effect if the element is already present.
    fn add(this: &Value, object: &Value, cx: &mut Cx) -> Res<()> {
        let hash = set_hash(cx, object)?;
        let Some(s) = SetLike::of(this) else {
            return Ok(());
        };
        if this.is_borrowed() {
            // R11: a borrowed word stands in a register, as what it was borrowed from does.
            s.add_private(cx, object, hash).map(|_| ())
        } else {
            s.add(cx, object, hash).map(|_| ())
        }
    }
    /// Remove an element from a set if it is a member.
    ///
    /// Unlike set.remove(), the discard() method does not raise
    /// an exception when an element is missing from the set.
    fn discard(&self, object: &Value, cx: &mut Cx) -> Res<()> {
        algebra::with_lookup_hash(cx, object, |cx, k, hash| self.like().discard(cx, k, hash))
            .map(|_| ())
    }
    /// Remove an element from a set; it must be a member.
    ///
    /// If the element is not a member, raise a KeyError.
    fn remove(&self, object: &Value, cx: &mut Cx) -> Res<()> {
        if algebra::with_lookup_hash(cx, object, |cx, k, hash| self.like().discard(cx, k, hash))? {
            return Ok(());
        }
        Err(cx.key_error(object))
    }
    /// Remove and return an arbitrary set element.
    ///
    /// Raises KeyError if the set is empty.
    fn pop(&self, cx: &mut Cx) -> Res<Value> {
        match self.like().pop(cx) {
            Some(v) => Ok(v),
            None => {
                let text = crate::objects::str::new_str(cx, "pop from an empty set")?;
                Err(cx.key_error(&text))
            }
        }
    }
    /// Remove all elements from this set.
    fn clear(&self, cx: &mut Cx) {
        self.like().clear(cx);
    }
    /// Return a shallow copy of a set.
    fn copy(this: &Value, cx: &mut Cx) -> Res<Value> {
        algebra::copy_as(cx, this, this)
    }
    /// Update the set, adding elements from all others.
    #[sig(*others)]
    fn update(this: &Value, others: &[Value], cx: &mut Cx) -> Res<()> {
        others.iter().try_for_each(|o| algebra::update(cx, this, o))
    }
    /// Update the set, removing elements found in others.
    #[sig(*others)]
    fn difference_update(this: &Value, others: &[Value], cx: &mut Cx) -> Res<()> {
        others
            .iter()
            .try_for_each(|o| algebra::difference_update(cx, this, o))
    }
    /// Update the set, keeping only elements found in it and all others.
    #[sig(*others)]
    fn intersection_update(this: &Value, others: &[Value], cx: &mut Cx) -> Res<()> {
        algebra::intersection_update(cx, this, others)
    }
    /// Update the set, keeping only elements found in either set, but not in both.
    fn symmetric_difference_update(this: &Value, other: &Value, cx: &mut Cx) -> Res<()> {
        algebra::symmetric_difference_update(cx, this, other)
    }
    /// Return a new set with elements from the set and all others.
    #[sig(*others)]
    fn union(this: &Value, others: &[Value], cx: &mut Cx) -> Res<Value> {
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
        size_of::<Set>() + self.like().table_bytes()
    }
    /// See PEP 585
    #[classmethod(name = "__class_getitem__")]
    fn class_getitem(cls: &Type, item: &Value, cx: &mut Cx) -> Res<Value> {
        let cls = cls.value();
        crate::objects::genericalias::new(cx, &cls, item)
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
    #[slot]
    fn ior(this: &Value, other: &Value, cx: &mut Cx) -> Res<Value> {
        in_place(cx, this, other, algebra::update)
    }
    #[slot]
    fn iand(this: &Value, other: &Value, cx: &mut Cx) -> Res<Value> {
        in_place(cx, this, other, |cx, s, o| {
            algebra::intersection_update(cx, s, std::slice::from_ref(o))
        })
    }
    #[slot]
    fn isub(this: &Value, other: &Value, cx: &mut Cx) -> Res<Value> {
        in_place(cx, this, other, algebra::difference_update)
    }
    #[slot]
    fn ixor(this: &Value, other: &Value, cx: &mut Cx) -> Res<Value> {
        in_place(cx, this, other, algebra::symmetric_difference_update)
    }

    #[clear]
    fn clear_refs(&self, cx: &mut Cx) {
        self.like().clear(cx);
    }
}

/// An operator: both operands have to be sets.
pub fn operator(
    cx: &mut Cx,
    a: &Value,
    b: &Value,
    f: fn(&mut Cx, &Value, &Value) -> Res<Value>,
) -> Res<Value> {
    if algebra::both_sets(a, b) {
        f(cx, a, b)
    } else {
        Ok(Value::not_implemented())
    }
}

fn in_place(
    cx: &mut Cx,
    a: &Value,
    b: &Value,
    f: fn(&mut Cx, &Value, &Value) -> Res<()>,
) -> Res<Value> {
    if !algebra::both_sets(a, b) {
        return Ok(Value::not_implemented());
    }
    f(cx, a, b)?;
    Ok(a.clone())
}

/// `{1, 2}`, `frozenset({1, 2})`, `Sub({1, 2})`.
pub fn set_repr(cx: &mut Cx, this: &Value) -> Res<Value> {
    let Some(s) = SetLike::of(this) else {
        return Ok(Value::none());
    };
    let name = this.type_name();
    if s.is_empty() {
        return crate::objects::str::new_str(cx, &format!("{name}()"));
    }
    let bare = this.downcast_exact::<Set>().is_some();
    repr::guarded(cx, this, &format!("{name}(...)"), |cx, out| {
        if !bare {
            out.extend_from_slice(name.as_bytes());
            out.push(b'(');
        }
        out.push(b'{');
        let items = s.items(cx);
        repr::push_items(cx, out, |_, i| items.get(i).map(|(_, k)| k.clone()))?;
        out.push(b'}');
        if !bare {
            out.push(b')');
        }
        Ok(())
    })
}

/// `(class, ([elements],), state)`.
pub fn reduce(cx: &mut Cx, this: &Value) -> Res<Value> {
    let items = SetLike::of(this).map(|s| s.items(cx)).unwrap_or_default();
    let list = crate::objects::list::new_list(cx, items.into_iter().map(|(_, k)| k).collect())?;
    let args = tuple::new_tuple(cx, vec![list])?;
    let state = protocol::call_method(cx, this, "__getstate__", &[])?;
    let cls = this.ty().value();
    tuple::new_tuple(cx, vec![cls, args, state])
}
