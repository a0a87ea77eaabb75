//! `slice`: three values, immutable; and the arithmetic by which sequences resolve them.

use crate::native::*;
use crate::number;
use crate::objects::list::repr;
use crate::objects::{int, tuple};
use crate::protocol;
use crate::statics::word;
use crate::{Cx, Res, Value};
use dashu_int::{IBig, Sign};

/// slice(stop)
/// slice(start, stop[, step])
///
/// Create a slice object.  This is used for extended slicing (e.g. a[0:10:2]).
#[pytype(name = "slice", gc, static_index = SLICE)]
#[repr(C)]
pub struct Slice {
    pub head: Header,
    pub start: Value,
    pub stop: Value,
    pub step: Value,
}

/// A slice's bounds as machine integers, before they meet a length.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub start: isize,
    pub stop: isize,
    pub step: isize,
}

/// A slice of a sequence of known length: items `start`, `start + step`, ... `count` of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    pub start: isize,
    pub stop: isize,
    pub step: isize,
    pub count: usize,
}

/// Make a slice.
#[inline]
pub fn new_slice(cx: &mut Cx, start: Value, stop: Value, step: Value) -> Res<Value> {
    // SAFETY: R12: every field is written before the type word.
    let made = unsafe {
        typhon_runtime::alloc_with::<Slice>(&cx.thread, word::SLICE, |s| {
            (&raw mut (*s).start).write(start.into_counted());
            (&raw mut (*s).stop).write(stop.into_counted());
            (&raw mut (*s).step).write(step.into_counted());
        })
    };
    made.map_err(|_| cx.memory_error())
}

impl Bounds {
    /// Clamp to a sequence of `len` items.
    #[inline]
    pub fn adjust(self, len: usize) -> Steps {
        let n = len as isize;
        let step = self.step;
        let clamp = |i: isize| {
            if i < 0 {
                let i = i.saturating_add(n);
                if i < 0 {
                    if step < 0 { -1 } else { 0 }
                } else {
                    i
                }
            } else if i >= n {
                if step < 0 { n - 1 } else { n }
            } else {
                i
            }
        };
        let (start, stop) = (clamp(self.start), clamp(self.stop));
        let count = if step < 0 {
            if stop < start {
                (start - stop - 1) as usize / step.unsigned_abs() + 1
            } else {
                0
            }
        } else if start < stop {
            (stop - start - 1) as usize / step as usize + 1
        } else {
            0
        };
        Steps {
            start,
            stop,
            step,
            count,
        }
    }
}

impl Slice {
    /// The bounds; may call `__index__`, so the sequence's length is taken afterwards.
    pub fn bounds(&self, cx: &mut Cx) -> Res<Bounds> {
        let step = if self.step.is_none() {
            1
        } else {
            match number::slice_bound(cx, &self.step)? {
                0 => return Err(cx.value_error("slice step cannot be zero")),
                s => s.max(-isize::MAX),
            }
        };
        let start = match self.start.is_none() {
            true if step < 0 => isize::MAX,
            true => 0,
            false => number::slice_bound(cx, &self.start)?,
        };
        let stop = match self.stop.is_none() {
            true if step < 0 => isize::MIN,
            true => isize::MAX,
            false => number::slice_bound(cx, &self.stop)?,
        };
        Ok(Bounds { start, stop, step })
    }

    /// Bounds resolved against a length that `__index__` cannot change (immutable sequences).
    pub fn steps(&self, cx: &mut Cx, len: usize) -> Res<Steps> {
        Ok(self.bounds(cx)?.adjust(len))
    }

    fn parts(&self) -> [&Value; 3] {
        [&self.start, &self.stop, &self.step]
    }
}

/// The part of `len` items that `index(value, start, stop)` looks at; negative bounds count from the end.
pub fn search_range(start: isize, stop: isize, len: usize) -> (usize, usize) {
    let s = Bounds {
        start,
        stop,
        step: 1,
    }
    .adjust(len);
    (s.start as usize, s.stop as usize)
}

/// `s` as a slice.
#[inline]
pub fn as_slice(v: &Value) -> Option<&Slice> {
    v.downcast_exact::<Slice>()
}

/// One bound of `slice.indices`, as an integer of any size.
fn big_bound(cx: &mut Cx, v: &Value) -> Res<IBig> {
    if v.ty().slots.index.get().is_none() && int::as_int(v).is_none() {
        return Err(
            cx.type_error("slice indices must be integers or None or have an __index__ method")
        );
    }
    number::as_bigint(cx, v)
}

#[pymethods]
impl Slice {
    #[new]
    fn new(_cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        args.no_keywords(cx, "slice")?;
        args.check_count(cx, "slice", 1, 3)?;
        let get = |i: usize| args.pos.get(i).cloned().unwrap_or_else(Value::none);
        match args.pos.len() {
            1 => new_slice(cx, Value::none(), get(0), Value::none()),
            _ => new_slice(cx, get(0), get(1), get(2)),
        }
    }

    #[member]
    #[getter(name = "start")]
    fn get_start(&self) -> Value {
        self.start.clone()
    }
    #[member]
    #[getter(name = "stop")]
    fn get_stop(&self) -> Value {
        self.stop.clone()
    }
    #[member]
    #[getter(name = "step")]
    fn get_step(&self) -> Value {
        self.step.clone()
    }

    /// S.indices(len) -> (start, stop, stride)
    ///
    /// Assuming a sequence of length len, calculate the start and stop
    /// indices, and the stride length of the extended slice described by
    /// S. Out of bounds indices are clipped in a manner consistent with the
    /// handling of normal slices.
    #[text_signature(none)]
    fn indices(&self, len: &Value, cx: &mut Cx) -> Res<(IBig, IBig, IBig)> {
        let len = number::as_bigint(cx, len)?;
        if len.sign() == Sign::Negative {
            return Err(cx.value_error("length should not be negative"));
        }
        let step = if self.step.is_none() {
            IBig::ONE
        } else {
            big_bound(cx, &self.step)?
        };
        if step.is_zero() {
            return Err(cx.value_error("slice step cannot be zero"));
        }
        let back = step.sign() == Sign::Negative;
        let (lower, upper) = if back {
            (-IBig::ONE, &len - IBig::ONE)
        } else {
            (IBig::ZERO, len.clone())
        };
        let mut clamp = |v: &Value, default: &IBig| -> Res<IBig> {
            if v.is_none() {
                return Ok(default.clone());
            }
            let i = big_bound(cx, v)?;
            Ok(if i.sign() == Sign::Negative {
                (i + &len).max(lower.clone())
            } else {
                i.min(upper.clone())
            })
        };
        let (from, to) = if back {
            (&upper, &lower)
        } else {
            (&lower, &upper)
        };
        let start = clamp(&self.start, from)?;
        let stop = clamp(&self.stop, to)?;
        Ok((start, stop, step))
    }

    #[slot]
    fn repr(&self, cx: &mut Cx) -> Res<Value> {
        let mut out = b"slice(".to_vec();
        for (i, v) in self.parts().into_iter().enumerate() {
            if i > 0 {
                out.extend_from_slice(b", ");
            }
            repr::push(cx, &mut out, v)?;
        }
        out.push(b')');
        crate::objects::str::new_str_wtf8(cx, &out)
    }

    #[slot]
    fn hash(&self, cx: &mut Cx) -> Res<i64> {
        let mut h = tuple::methods::TupleHash::new();
        for v in self.parts() {
            h.add(protocol::hash(cx, v)?);
        }
        Ok(h.finish_bare())
    }

    #[slot]
    fn richcompare(&self, other: &Slice, op: CmpOp, cx: &mut Cx) -> Res<Value> {
        for (a, b) in self.parts().into_iter().zip(other.parts()) {
            if !protocol::equal(cx, a, b)? {
                return match op {
                    CmpOp::Eq => Ok(Value::bool(false)),
                    CmpOp::Ne => Ok(Value::bool(true)),
                    _ => protocol::compare(cx, a, b, op),
                };
            }
        }
        Ok(Value::bool(op.matches(std::cmp::Ordering::Equal)))
    }

    /// Return state information for pickling.
    fn __reduce__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(s) = this.downcast_exact::<Slice>() else {
            return Ok(Value::none());
        };
        let args = tuple::new_tuple(cx, s.parts().into_iter().cloned().collect())?;
        let cls = this.ty().value();
        tuple::new_tuple(cx, vec![cls, args])
    }
}

/// The bounds of `[lo:hi]` where they are small integers or None.
#[inline(always)]
fn plain_bounds(lo: &Value, hi: &Value) -> Option<Bounds> {
    let bound = |v: &Value, default: isize| match v.as_small_int() {
        Some(i) => Some(i as isize),
        None => v.is_none().then_some(default),
    };
    Some(Bounds {
        start: bound(lo, 0)?,
        stop: bound(hi, isize::MAX)?,
        step: 1,
    })
}

/// `o[lo:hi] = value` of an exact list by plain bounds, without a slice object. None: ask `__setitem__`.
pub fn store_plain_range(
    cx: &mut Cx,
    o: &Value,
    lo: &Value,
    hi: &Value,
    value: &Value,
) -> Option<Res<()>> {
    let list = o.downcast_exact::<crate::objects::List>()?;
    let bounds = plain_bounds(lo, hi)?;
    Some(list.assign_range(cx, bounds, value))
}

/// The same of a value that ends with the statement: nothing but the register of `value` holds it.
pub fn store_ending_range(
    cx: &mut Cx,
    o: &Value,
    lo: &Value,
    hi: &Value,
    value: &Value,
) -> Option<Res<()>> {
    let from = crate::objects::list::moving::ending(value, cx.tid)?;
    let list = o.downcast_exact::<crate::objects::List>()?;
    let bounds = plain_bounds(lo, hi)?;
    (!std::ptr::eq(list, from)).then(|| list.assign_ending(cx, bounds, from))
}

/// `o[lo:hi]` of an exact list, str, tuple or bytes by plain bounds, without a slice object. None: ask `__getitem__`.
pub fn plain_range(cx: &mut Cx, o: &Value, lo: &Value, hi: &Value) -> Option<Res<Value>> {
    let bounds = plain_bounds(lo, hi)?;
    if let Some(l) = o.downcast_exact::<crate::objects::List>() {
        let s = bounds.adjust(l.len());
        return Some(l.copy_range(cx, s.start as usize, s.stop as usize));
    }
    if let Some(t) = o.downcast_exact::<Str>() {
        let s = bounds.adjust(t.len());
        let (start, stop) = (s.start as usize, s.stop.max(s.start) as usize);
        return Some(crate::objects::str::make::substring(cx, t, start, stop));
    }
    if let Some(t) = o.downcast_exact::<Tuple>() {
        let s = bounds.adjust(t.len());
        let (start, stop) = (s.start as usize, s.stop.max(s.start) as usize);
        if start == 0 && stop == t.len() {
            return Some(Ok(o.clone()));
        }
        return Some(crate::objects::tuple::new_tuple_copy(
            cx,
            &t.items()[start..stop],
        ));
    }
    None
}
