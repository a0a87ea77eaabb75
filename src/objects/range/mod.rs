//! `range`: three integers of any size and their count. Where all fit machine words (nearly always) the arithmetic is native.

pub mod iter;

use crate::native::*;
use crate::number;
use crate::objects::dict::keys;
use crate::objects::int::{self, IntRef, new_big};
use crate::objects::list::repr;
use crate::objects::list::slice::{Subscript, subscript};
use crate::objects::slice::Slice;
use crate::objects::{object, tuple};
use crate::protocol;
use crate::{Cx, Res, Value};
use dashu_int::{IBig, Sign};

/// range(stop) -> range object
/// range(start, stop[, step]) -> range object
///
/// Return an object that produces a sequence of integers from start (inclusive)
/// to stop (exclusive) by step.  range(i, j) produces i, i+1, i+2, ..., j-1.
/// start defaults to 0, and stop is omitted!  range(4) produces 0, 1, 2, 3.
/// These are exactly the valid indices for a list of 4 elements.
/// When step is given, it specifies the increment (or decrement).
#[pytype(name = "range", gc, sequence, static_index = RANGE)]
#[repr(C)]
pub struct Range {
    pub head: Header,
    start: Value,
    stop: Value,
    step: Value,
    len: Value,
    /// The same as machine integers; `step` 0 where they do not fit.
    #[skip]
    small: Small,
}

/// A range whose start, step, length and every item fit `i64`.
#[derive(Clone, Copy, Debug)]
pub struct Small {
    pub start: i64,
    pub step: i64,
    pub len: i64,
}

impl Small {
    /// Item `i`, below the length: between two small ints, so it is one.
    #[inline(always)]
    pub fn item(&self, i: i64) -> Value {
        Value::from_small_int(self.start + i * self.step).unwrap_or_else(Value::none)
    }
}

/// Number of items from `start` by `step` before `stop`; None when it does not fit.
fn small_len(start: i64, stop: i64, step: i64) -> Option<i64> {
    let (lo, hi, by) = if step > 0 {
        (start, stop, step.unsigned_abs())
    } else {
        (stop, start, step.unsigned_abs())
    };
    if lo >= hi {
        return Some(0);
    }
    let gap = hi.wrapping_sub(lo) as u64 - 1;
    i64::try_from(gap / by + 1).ok()
}

fn big_len(start: &IBig, stop: &IBig, step: &IBig) -> IBig {
    let gap = if step.sign() == Sign::Negative {
        start - stop
    } else {
        stop - start
    };
    if gap <= IBig::ZERO {
        return IBig::ZERO;
    }
    let by = if step.sign() == Sign::Negative {
        -step
    } else {
        step.clone()
    };
    (gap - IBig::ONE) / by + IBig::ONE
}

/// Make a range of machine integers; `step` is not 0.
pub fn new_small(cx: &mut Cx, start: i64, stop: i64, step: i64) -> Res<Value> {
    let (a, b, c) = (
        int::new_int(cx, start)?,
        int::new_int(cx, stop)?,
        int::new_int(cx, step)?,
    );
    new_range(cx, a, b, c)
}

/// Make a range of exact ints; `step` is not 0.
pub fn new_range(cx: &mut Cx, start: Value, stop: Value, step: Value) -> Res<Value> {
    let mut small = Small {
        start: 0,
        step: 0,
        len: 0,
    };
    let len = if let (Some(a), Some(b), Some(c)) = (
        start.as_small_int(),
        stop.as_small_int(),
        step.as_small_int(),
    ) && let Some(n) = small_len(a, b, c)
    {
        small = Small {
            start: a,
            step: c,
            len: n,
        };
        int::new_int(cx, n)?
    } else {
        let (a, b, c) = (big(&start), big(&stop), big(&step));
        new_big(cx, big_len(&a, &b, &c))?
    };
    object::alloc(
        cx,
        Type::of::<Range>(),
        Range {
            head: Header::placeholder(),
            start,
            stop,
            step,
            len,
            small,
        },
    )
}

fn big(v: &Value) -> IBig {
    int::as_int(v).map_or(IBig::ZERO, |i| i.to_big())
}

impl Range {
    /// The range as machine integers.
    #[inline]
    pub fn small(&self) -> Option<Small> {
        (self.small.step != 0).then_some(self.small)
    }

    /// Start, stop and step of a slice, where machine integers hold all there is.
    fn sliced_small(&self, s: &Slice) -> Option<(i64, i64, i64)> {
        let r = self.small()?;
        let given = |v: &Value| match v.is_none() {
            true => Some(None),
            false => v.as_small_int().map(Some),
        };
        let (start, stop, step) = (given(&s.start)?, given(&s.stop)?, given(&s.step)?);
        let step = step.unwrap_or(1);
        // A step of zero is an error of its own.
        let (lower, upper) = match step {
            0 => return None,
            1.. => (0, r.len),
            _ => (-1, r.len - 1),
        };
        // A small int and a length have two bits to spare.
        let clamp = |v: i64| {
            if v < 0 {
                (v + r.len).max(lower)
            } else {
                v.min(upper)
            }
        };
        let (first, end) = if step < 0 {
            (upper, lower)
        } else {
            (lower, upper)
        };
        let item = |i: i64| r.start.checked_add(i.checked_mul(r.step)?);
        Some((
            item(start.map_or(first, clamp))?,
            item(stop.map_or(end, clamp))?,
            step.checked_mul(r.step)?,
        ))
    }

    /// Item `i` (not negative, below the length) of a big range.
    fn big_item(&self, i: &IBig) -> IBig {
        big(&self.start) + i * big(&self.step)
    }

    /// Item `i`, counted from the end when negative; None outside.
    fn item(&self, cx: &mut Cx, i: &Value) -> Res<Option<Value>> {
        if let (Some(s), Some(i)) = (self.small(), i.as_small_int()) {
            let i = if i < 0 { i + s.len } else { i };
            return if i < 0 || i >= s.len {
                Ok(None)
            } else {
                int::new_int(cx, s.start + i * s.step).map(Some)
            };
        }
        let len = big(&self.len);
        let mut i = big(i);
        if i.sign() == Sign::Negative {
            i += &len;
        }
        if i.sign() == Sign::Negative || i >= len {
            Ok(None)
        } else {
            new_big(cx, self.big_item(&i)).map(Some)
        }
    }

    /// The position of an int; None when it is not in the range.
    fn position(&self, cx: &mut Cx, v: &Value) -> Res<Option<Value>> {
        if let (Some(s), Some(x)) = (self.small(), v.as_small_int()) {
            let gap = x - s.start;
            let i = gap / s.step;
            return if s.len == 0 || gap % s.step != 0 || i < 0 || i >= s.len {
                Ok(None)
            } else {
                int::new_int(cx, i).map(Some)
            };
        }
        let (gap, step) = (big(v) - big(&self.start), big(&self.step));
        let i = &gap / &step;
        if &i * &step != gap || i.sign() == Sign::Negative || i >= big(&self.len) {
            Ok(None)
        } else {
            new_big(cx, i).map(Some)
        }
    }

    fn sliced(&self, cx: &mut Cx, s: &Slice) -> Res<Value> {
        if let Some((start, stop, step)) = self.sliced_small(s) {
            let (start, stop) = (int::new_int(cx, start)?, int::new_int(cx, stop)?);
            let step = int::new_int(cx, step)?;
            return new_range(cx, start, stop, step);
        }
        let len = big(&self.len);
        // `slice.indices` for lengths of any size.
        let one = int::new_int(cx, 1)?;
        let step = if s.step.is_none() {
            one
        } else {
            number::to_index(cx, &s.step)?
        };
        let by = big(&step);
        if by.is_zero() {
            return Err(cx.value_error("slice step cannot be zero"));
        }
        let back = by.sign() == Sign::Negative;
        let (lower, upper) = if back {
            (-IBig::ONE, &len - IBig::ONE)
        } else {
            (IBig::ZERO, len.clone())
        };
        let mut clamp = |v: &Value, default: &IBig| -> Res<IBig> {
            if v.is_none() {
                return Ok(default.clone());
            }
            if v.ty().slots.index.get().is_none() && int::as_int(v).is_none() {
                return Err(cx.type_error(
                    "slice indices must be integers or None or have an __index__ method",
                ));
            }
            let i = number::as_bigint(cx, v)?;
            Ok(if i.sign() == Sign::Negative {
                (i + &len).max(lower.clone())
            } else {
                i.min(upper.clone())
            })
        };
        let from = clamp(&s.start, if back { &upper } else { &lower })?;
        let to = clamp(&s.stop, if back { &lower } else { &upper })?;
        let start = new_big(cx, self.big_item(&from))?;
        let stop = new_big(cx, self.big_item(&to))?;
        let step = new_big(cx, by * big(&self.step))?;
        new_range(cx, start, stop, step)
    }

    fn equals(&self, o: &Range) -> bool {
        let (n, m) = (big(&self.len), big(&o.len));
        n == m
            && (n.is_zero()
                || big(&self.start) == big(&o.start)
                    && (n == IBig::ONE || big(&self.step) == big(&o.step)))
    }
}

/// Whether a value is an exact int or a bool, so that arithmetic answers for `==`.
fn is_plain_int(v: &Value) -> bool {
    v.is_small_int()
        || v.is_true()
        || v.is_false()
        || v.downcast_exact::<crate::objects::Int>().is_some()
}

#[pymethods]
impl Range {
    #[new]
    #[text_signature(none)]
    fn new(_cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        args.no_keywords(cx, "range")?;
        args.check_count(cx, "range", 1, 3)?;
        match args.pos {
            [stop] => {
                let stop = number::to_index(cx, stop)?;
                let (zero, one) = (int::new_int(cx, 0)?, int::new_int(cx, 1)?);
                new_range(cx, zero, stop, one)
            }
            [start, stop, rest @ ..] => {
                let (start, stop) = (number::to_index(cx, start)?, number::to_index(cx, stop)?);
                let step = match rest.first() {
                    Some(s) => number::to_index(cx, s)?,
                    None => int::new_int(cx, 1)?,
                };
                if step.as_small_int() == Some(0) {
                    return Err(cx.value_error("range() arg 3 must not be zero"));
                }
                new_range(cx, start, stop, step)
            }
            [] => Err(cx.type_error("range expected at least 1 argument, got 0")),
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

    /// rangeobject.count(value) -> integer -- return number of occurrences of value
    #[text_signature(none)]
    fn count(this: &Value, value: &Value, cx: &mut Cx) -> Res<usize> {
        let Some(r) = this.downcast::<Range>() else {
            return Ok(0);
        };
        if is_plain_int(value) {
            return Ok(r.position(cx, value)?.is_some() as usize);
        }
        let mut n = 0;
        protocol::for_each(cx, this, |cx, v| {
            n += keys::equal(cx, &v, value)? as usize;
            Ok(())
        })?;
        Ok(n)
    }

    /// rangeobject.index(value) -> integer -- return index of value.
    /// Raise ValueError if the value is not present.
    #[text_signature(none)]
    fn index(this: &Value, value: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(r) = this.downcast::<Range>() else {
            return Ok(Value::none());
        };
        if is_plain_int(value) {
            return match r.position(cx, value)? {
                Some(i) => Ok(i),
                None => Err(cx.value_error("range.index(x): x not in range")),
            };
        }
        let it = protocol::iter(cx, this)?;
        let mut i = 0;
        while let Some(v) = protocol::next(cx, &it)? {
            if keys::equal(cx, &v, value)? {
                return int::new_int(cx, i);
            }
            i += 1;
        }
        Err(cx.value_error("sequence.index(x): x not in sequence"))
    }

    /// Return a reverse iterator.
    fn __reversed__(&self, cx: &mut Cx) -> Res<Value> {
        iter::new_reversed(cx, self)
    }

    fn __reduce__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(r) = this.downcast::<Range>() else {
            return Ok(Value::none());
        };
        let args = tuple::new_tuple(cx, vec![r.start.clone(), r.stop.clone(), r.step.clone()])?;
        let cls = this.ty().value();
        tuple::new_tuple(cx, vec![cls, args])
    }

    #[slot]
    fn len(&self, cx: &mut Cx) -> Res<usize> {
        let len = match int::as_int(&self.len) {
            Some(IntRef::Small(n)) => usize::try_from(n).ok(),
            Some(IntRef::Big(b)) => isize::try_from(b).ok().map(|n| n as usize),
            None => None,
        };
        match len {
            Some(n) => Ok(n),
            None => Err(cx.overflow_error("Python int too large to convert to C ssize_t")),
        }
    }

    #[slot]
    fn bool(&self) -> bool {
        self.len.as_small_int() != Some(0)
    }

    #[slot]
    fn getitem(&self, key: &Value, cx: &mut Cx) -> Res<Value> {
        if let Some(s) = crate::objects::slice::as_slice(key) {
            return self.sliced(cx, s);
        }
        let i = if key.is_small_int() {
            key.clone()
        } else if key.ty().slots.index.get().is_some() {
            number::to_index(cx, key)?
        } else {
            // Says what a subscript may be.
            match subscript(cx, "range", key)? {
                Subscript::Index(_) | Subscript::Slice(_) => key.clone(),
            }
        };
        match self.item(cx, &i)? {
            Some(v) => Ok(v),
            None => Err(cx.index_error("range object index out of range")),
        }
    }

    #[slot]
    fn contains(this: &Value, value: &Value, cx: &mut Cx) -> Res<bool> {
        let Some(r) = this.downcast::<Range>() else {
            return Ok(false);
        };
        if is_plain_int(value) {
            return Ok(r.position(cx, value)?.is_some());
        }
        let it = protocol::iter(cx, this)?;
        while let Some(v) = protocol::next(cx, &it)? {
            if keys::equal(cx, &v, value)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    #[slot(iter)]
    fn iter_slot(&self, cx: &mut Cx) -> Res<Value> {
        iter::new_iter(cx, self)
    }

    #[slot]
    fn repr(&self, cx: &mut Cx) -> Res<Value> {
        let mut out = b"range(".to_vec();
        repr::push(cx, &mut out, &self.start)?;
        out.extend_from_slice(b", ");
        repr::push(cx, &mut out, &self.stop)?;
        if self.step.as_small_int() != Some(1) {
            out.extend_from_slice(b", ");
            repr::push(cx, &mut out, &self.step)?;
        }
        out.push(b')');
        crate::objects::str::new_str_wtf8(cx, &out)
    }

    #[slot]
    fn hash(&self, cx: &mut Cx) -> Res<i64> {
        let n = self.len.as_small_int();
        let none = Value::none();
        let start = if n == Some(0) { &none } else { &self.start };
        let step = if matches!(n, Some(0 | 1)) {
            &none
        } else {
            &self.step
        };
        let mut h = tuple::methods::TupleHash::new();
        for v in [&self.len, start, step] {
            h.add(protocol::hash(cx, v)?);
        }
        Ok(h.finish())
    }

    #[slot]
    fn richcompare(&self, other: &Range, op: CmpOp) -> Value {
        match op {
            CmpOp::Eq => Value::bool(self.equals(other)),
            CmpOp::Ne => Value::bool(!self.equals(other)),
            _ => Value::not_implemented(),
        }
    }
}
