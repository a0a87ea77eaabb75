//! The live views of a dict: `keys()`, `values()`, `items()`. Keys and items also do set algebra, whose results are sets.

use super::{Dict, iter, new_mapping_proxy};
use crate::native::*;
use crate::objects::iter::snapshot;
use crate::objects::list::repr;
use crate::objects::set::{self, SetLike};
use crate::protocol;
use crate::{Cx, Res, Value};

macro_rules! views {
    ($($t:ident $name:tt $index:ident,)*) => { $(
        #[pytype(name = $name, gc, no_new, static_index = $index)]
        #[repr(C)]
        pub struct $t {
            pub head: Header,
            pub dict: Value,
        }
        impl $t {
            fn dict(&self) -> Option<&Dict> {
                self.dict.downcast::<Dict>()
            }
        }
    )* };
}
views! { DictKeys "dict_keys" DICT_KEYS, DictValues "dict_values" DICT_VALUES, DictItems "dict_items" DICT_ITEMS, }

#[pymethods]
impl DictKeys {
    #[slot]
    fn len(&self) -> usize {
        self.dict().map_or(0, Dict::len)
    }
    #[slot]
    fn iter(&self, cx: &mut Cx) -> Res<Value> {
        iter::new_iter(cx, &self.dict, iter::What::Keys)
    }
    #[slot]
    fn contains(&self, key: &Value, cx: &mut Cx) -> Res<bool> {
        match self.dict() {
            Some(d) => d.contains(cx, key),
            None => Ok(false),
        }
    }
    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<Value> {
        view_repr(cx, this, "dict_keys([")
    }
    #[slot]
    fn richcompare(this: &Value, other: &Value, op: CmpOp, cx: &mut Cx) -> Res<Value> {
        view_compare(cx, this, other, op)
    }
    #[slot]
    fn sub(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        set::algebra::difference(cx, left, right)
    }
    #[slot]
    fn and(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        view_and(cx, left, right)
    }
    #[slot]
    fn or(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        set::algebra::union(cx, left, right)
    }
    #[slot]
    fn xor(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        set::algebra::symmetric_difference(cx, left, right)
    }
    /// Return True if the view and the given iterable have a null intersection.
    fn isdisjoint(this: &Value, other: &Value, cx: &mut Cx) -> Res<bool> {
        view_disjoint(cx, this, other)
    }
    /// Return a reverse iterator over the dict keys.
    fn __reversed__(&self, cx: &mut Cx) -> Res<Value> {
        iter::new_reversed(cx, &self.dict, iter::What::Keys)
    }
    /// dictionary that this view refers to
    #[getter]
    fn mapping(&self, cx: &mut Cx) -> Res<Value> {
        new_mapping_proxy(cx, &self.dict)
    }
}

#[pymethods]
impl DictItems {
    #[slot]
    fn len(&self) -> usize {
        self.dict().map_or(0, Dict::len)
    }
    #[slot]
    fn iter(&self, cx: &mut Cx) -> Res<Value> {
        iter::new_iter(cx, &self.dict, iter::What::Items)
    }
    #[slot]
    fn contains(&self, item: &Value, cx: &mut Cx) -> Res<bool> {
        let (Some(d), Some(pair)) = (self.dict(), item.downcast::<Tuple>()) else {
            return Ok(false);
        };
        let [k, v] = pair.items() else {
            return Ok(false);
        };
        match d.get(cx, k)? {
            Some(found) => protocol::equal(cx, &found, v),
            None => Ok(false),
        }
    }
    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<Value> {
        view_repr(cx, this, "dict_items([")
    }
    #[slot]
    fn richcompare(this: &Value, other: &Value, op: CmpOp, cx: &mut Cx) -> Res<Value> {
        view_compare(cx, this, other, op)
    }
    #[slot]
    fn sub(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        set::algebra::difference(cx, left, right)
    }
    #[slot]
    fn and(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        view_and(cx, left, right)
    }
    #[slot]
    fn or(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        set::algebra::union(cx, left, right)
    }
    #[slot]
    fn xor(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        // Pairs whose values cannot be hashed are no obstacle where both sides have them (CPython does the same).
        items_xor(cx, left, right)
    }
    /// Return True if the view and the given iterable have a null intersection.
    fn isdisjoint(this: &Value, other: &Value, cx: &mut Cx) -> Res<bool> {
        view_disjoint(cx, this, other)
    }
    /// Return a reverse iterator over the dict items.
    fn __reversed__(&self, cx: &mut Cx) -> Res<Value> {
        iter::new_reversed(cx, &self.dict, iter::What::Items)
    }
    /// dictionary that this view refers to
    #[getter]
    fn mapping(&self, cx: &mut Cx) -> Res<Value> {
        new_mapping_proxy(cx, &self.dict)
    }
}

#[pymethods]
impl DictValues {
    #[slot]
    fn len(&self) -> usize {
        self.dict().map_or(0, Dict::len)
    }
    #[slot]
    fn iter(&self, cx: &mut Cx) -> Res<Value> {
        iter::new_iter(cx, &self.dict, iter::What::Values)
    }
    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<Value> {
        view_repr(cx, this, "dict_values([")
    }
    /// Return a reverse iterator over the dict values.
    fn __reversed__(&self, cx: &mut Cx) -> Res<Value> {
        iter::new_reversed(cx, &self.dict, iter::What::Values)
    }
    /// dictionary that this view refers to
    #[getter]
    fn mapping(&self, cx: &mut Cx) -> Res<Value> {
        new_mapping_proxy(cx, &self.dict)
    }
}

/// `dict_keys(['a', 'b'])`; a view inside itself prints as `...`.
fn view_repr(cx: &mut Cx, this: &Value, open: &str) -> Res<Value> {
    repr::guarded(cx, this, "...", |cx, out| {
        out.extend_from_slice(open.as_bytes());
        let items = protocol::collect(cx, this)?;
        repr::push_items(cx, out, |_, i| items.get(i).cloned())?;
        out.extend_from_slice(b"])");
        Ok(())
    })
}

fn is_set_or_view(v: &Value) -> bool {
    SetLike::of(v).is_some()
        || v.downcast::<DictKeys>().is_some()
        || v.downcast::<DictItems>().is_some()
}

/// Comparison as sets: by size and containment.
fn view_compare(cx: &mut Cx, this: &Value, other: &Value, op: CmpOp) -> Res<Value> {
    if !is_set_or_view(other) {
        return Ok(Value::not_implemented());
    }
    let (n, m) = (protocol::len(cx, this)?, protocol::len(cx, other)?);
    let r = match op {
        CmpOp::Eq => n == m && contained(cx, this, other)?,
        CmpOp::Ne => !(n == m && contained(cx, this, other)?),
        CmpOp::Lt => n < m && contained(cx, this, other)?,
        CmpOp::Le => n <= m && contained(cx, this, other)?,
        CmpOp::Gt => n > m && contained(cx, other, this)?,
        CmpOp::Ge => n >= m && contained(cx, other, this)?,
    };
    Ok(Value::bool(r))
}

/// Whether `holds` for every item; those of built-in containers are taken at one moment, so that no other thread's change
/// counts as one during iteration.
fn all(
    cx: &mut Cx,
    items: &Value,
    mut holds: impl FnMut(&mut Cx, Value) -> Res<bool>,
) -> Res<bool> {
    if let Some(items) = snapshot(cx, items)? {
        for v in items {
            if !holds(cx, v)? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    let it = protocol::iter(cx, items)?;
    while let Some(v) = protocol::next(cx, &it)? {
        if !holds(cx, v)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether every element of `a` is in `b`.
fn contained(cx: &mut Cx, a: &Value, b: &Value) -> Res<bool> {
    all(cx, a, |cx, v| protocol::contains(cx, b, &v))
}

/// The elements of the one found in the view, as a set.
fn view_and(cx: &mut Cx, left: &Value, right: &Value) -> Res<Value> {
    // With the operands exchanged the left one may be anything iterable.
    let (view, other) = if is_view(left) {
        (left, right)
    } else {
        (right, left)
    };
    // The elements of the smaller operand are looked up in the greater one, where both are views or sets.
    let swap = if SetLike::of_exact(other).is_some() {
        protocol::len(cx, view)? <= protocol::len(cx, other)?
    } else {
        is_view(other) && protocol::len(cx, other)? > protocol::len(cx, view)?
    };
    let (view, other) = if swap { (other, view) } else { (view, other) };
    let result = set::new_set(cx)?;
    all(cx, other, |cx, v| {
        if protocol::contains(cx, view, &v)? {
            set::add(cx, &result, &v)?;
        }
        Ok(true)
    })?;
    Ok(result)
}

fn is_view(v: &Value) -> bool {
    v.downcast::<DictKeys>().is_some() || v.downcast::<DictItems>().is_some()
}

fn view_disjoint(cx: &mut Cx, this: &Value, other: &Value) -> Res<bool> {
    if this.is(other) {
        return Ok(protocol::len(cx, this)? == 0);
    }
    let (this, other) =
        if is_set_or_view(other) && protocol::len(cx, other)? > protocol::len(cx, this)? {
            (other, this)
        } else {
            (this, other)
        };
    all(cx, other, |cx, v| Ok(!protocol::contains(cx, this, &v)?))
}

fn items_xor(cx: &mut Cx, left: &Value, right: &Value) -> Res<Value> {
    let (Some(a), Some(b)) = (left.downcast::<DictItems>(), right.downcast::<DictItems>()) else {
        return set::algebra::symmetric_difference(cx, left, right);
    };
    let result = set::new_set(cx)?;
    for (one, other) in [(a, b), (b, a)] {
        let (Some(d1), Some(d2)) = (one.dict(), other.dict()) else {
            continue;
        };
        for item in d1.items(cx) {
            let same = match d2.get_with_hash(cx, &item.key, item.hash)? {
                Some(v) => protocol::equal(cx, &item.value, &v)?,
                None => false,
            };
            if !same {
                let pair = crate::objects::tuple::new_tuple(cx, vec![item.key, item.value])?;
                set::add(cx, &result, &pair)?;
            }
        }
    }
    Ok(result)
}
