//! `_bisect`: places in sorted sequences.

use typhon_vm::native::*;
use typhon_vm::number;
use typhon_vm::objects::List;
use typhon_vm::objects::list::heap::pure_less;
use typhon_vm::protocol;

#[pymodule(name = "_bisect")]
pub mod module {
    //! Bisection algorithms.
    //!
    //! This module provides support for maintaining a list in sorted order without
    //! having to sort the list after each insertion. For long lists of items with
    //! expensive comparison operations, this can be an improvement over the more
    //! common approach.

    use super::*;

    /// Return the index where to insert item x in list a, assuming a is sorted.
    ///
    /// The return value i is such that all e in a[:i] have e <= x, and all e in
    /// a[i:] have e > x.  So if x already appears in the list, a.insert(i, x) will
    /// insert just after the rightmost x already there.
    ///
    /// Optional args lo (default 0) and hi (default len(a)) bound the
    /// slice of a to be searched.
    ///
    /// A custom key function can be supplied to customize the sort order.
    #[pyfunction]
    #[sig(a, x, lo = 0, hi = None, *, key = None)]
    fn bisect_right(
        a: &Value,
        x: &Value,
        lo: isize,
        hi: Option<&Value>,
        key: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<usize> {
        search(cx, a, x, lo, hi, key, true)
    }
    /// Return the index where to insert item x in list a, assuming a is sorted.
    ///
    /// The return value i is such that all e in a[:i] have e < x, and all e in
    /// a[i:] have e >= x.  So if x already appears in the list, a.insert(i, x) will
    /// insert just before the leftmost x already there.
    ///
    /// Optional args lo (default 0) and hi (default len(a)) bound the
    /// slice of a to be searched.
    ///
    /// A custom key function can be supplied to customize the sort order.
    #[pyfunction]
    #[sig(a, x, lo = 0, hi = None, *, key = None)]
    fn bisect_left(
        a: &Value,
        x: &Value,
        lo: isize,
        hi: Option<&Value>,
        key: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<usize> {
        search(cx, a, x, lo, hi, key, false)
    }
    /// Insert item x in list a, and keep it sorted assuming a is sorted.
    ///
    /// If x is already in a, insert it to the right of the rightmost x.
    ///
    /// Optional args lo (default 0) and hi (default len(a)) bound the
    /// slice of a to be searched.
    ///
    /// A custom key function can be supplied to customize the sort order.
    #[pyfunction]
    #[sig(a, x, lo = 0, hi = None, *, key = None)]
    fn insort_right(
        a: &Value,
        x: &Value,
        lo: isize,
        hi: Option<&Value>,
        key: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<()> {
        insort(cx, a, x, lo, hi, key, true)
    }
    /// Insert item x in list a, and keep it sorted assuming a is sorted.
    ///
    /// If x is already in a, insert it to the left of the leftmost x.
    ///
    /// Optional args lo (default 0) and hi (default len(a)) bound the
    /// slice of a to be searched.
    ///
    /// A custom key function can be supplied to customize the sort order.
    #[pyfunction]
    #[sig(a, x, lo = 0, hi = None, *, key = None)]
    fn insort_left(
        a: &Value,
        x: &Value,
        lo: isize,
        hi: Option<&Value>,
        key: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<()> {
        insort(cx, a, x, lo, hi, key, false)
    }
}

fn item(cx: &mut Cx, a: &Value, i: usize) -> Res<Value> {
    if let Some(l) = a.downcast_exact::<List>() {
        return match l.get(cx, i) {
            Some(v) => Ok(v),
            None => Err(cx.index_error("list index out of range")),
        };
    }
    let i = i.into_value(cx)?;
    protocol::getitem(cx, a, &i)
}

/// The first place in `lo..hi` whose item is not less than `x` (left), or is greater (right).
fn search(
    cx: &mut Cx,
    a: &Value,
    x: &Value,
    lo: isize,
    hi: Option<&Value>,
    key: Option<&Value>,
    right: bool,
) -> Res<usize> {
    let Ok(mut lo) = usize::try_from(lo) else {
        return Err(cx.value_error("lo must be non-negative"));
    };
    let mut hi = match hi {
        Some(h) => number::index_isize_checked(cx, h, ExcKind::OverflowError)?,
        None => protocol::len(cx, a)? as isize,
    }
    .max(0) as usize;
    while lo < hi {
        let mid = lo + (hi - lo) / 2;
        let mut v = item(cx, a, mid)?;
        if let Some(f) = key {
            v = protocol::call(cx, f, &[v])?;
        }
        let (before, behind) = if right { (x, &v) } else { (&v, x) };
        let less = match pure_less(before, behind) {
            Some(less) => less,
            None => {
                let less = protocol::compare(cx, before, behind, CmpOp::Lt)?;
                protocol::truthy(cx, &less)?
            }
        };
        if less != right {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    Ok(lo)
}

fn insort(
    cx: &mut Cx,
    a: &Value,
    x: &Value,
    lo: isize,
    hi: Option<&Value>,
    key: Option<&Value>,
    right: bool,
) -> Res<()> {
    let at = match key {
        None => search(cx, a, x, lo, hi, None, right)?,
        Some(f) => {
            let k = protocol::call(cx, f, std::slice::from_ref(x))?;
            search(cx, a, &k, lo, hi, key, right)?
        }
    };
    if let Some(l) = a.downcast_exact::<List>() {
        return l.insert_at(cx, |n| at.min(n), x.clone());
    }
    let at = at.into_value(cx)?;
    protocol::call_method(cx, a, "insert", &[at, x.clone()])?;
    Ok(())
}
