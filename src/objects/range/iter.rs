//! The iterators of ranges: of machine integers by an atomic index, of big integers under the iterator's lock.

use super::{Range, big};
use crate::native::*;
use crate::objects::int::{self, new_big};
use crate::objects::iter::cursor::Cursor;
use crate::objects::{object, tuple};
use crate::{Cx, Res, Value};
use dashu_int::{IBig, Sign};

/// Iterator over a range of machine integers: item `i` is `start + i * step`.
#[pytype(name = "range_iterator", no_new, static_index = RANGE_ITER)]
#[repr(C)]
pub struct RangeIter {
    pub head: Header,
    pub start: i64,
    pub step: i64,
    pub len: i64,
    /// Items given out.
    #[skip]
    next: Cursor,
}

/// Iterator over a range of big integers.
#[pytype(name = "longrange_iterator", no_new, static_index = LONGRANGE_ITER)]
#[repr(C)]
pub struct LongRangeIter {
    pub head: Header,
    state: Guarded<Long>,
}

struct Long {
    start: IBig,
    step: IBig,
    len: IBig,
    next: IBig,
}

/// `iter(range)`.
#[inline]
pub fn new_iter(cx: &mut Cx, r: &Range) -> Res<Value> {
    match r.small() {
        Some(s) => new_small(cx, s.start, s.step, s.len, false),
        None => new_long(cx, big(&r.start), big(&r.step), big(&r.len)),
    }
}

/// The same for a `for` that alone will have it.
#[inline]
pub fn new_in_loop(cx: &mut Cx, r: &Range) -> Res<Value> {
    match r.small() {
        Some(s) => {
            // Every item is an immediate when the first and the last are: the loop does not ask.
            let last = s.start + (s.len - 1).max(0) * s.step;
            let small = |i| Value::from_small_int(i).is_some();
            let in_loop = small(s.start) && small(last);
            new_small(cx, s.start, s.step, s.len, in_loop)
        }
        None => new_iter(cx, r),
    }
}

/// `reversed(range)`.
pub fn new_reversed(cx: &mut Cx, r: &Range) -> Res<Value> {
    match r.small() {
        Some(s) if s.len == 0 => new_small(cx, s.start, s.step, 0, false),
        Some(s) => {
            let last = s.start + (s.len - 1) * s.step;
            new_small(cx, last, -s.step, s.len, false)
        }
        None => {
            let n = big(&r.len);
            let last = r.big_item(&(&n - IBig::ONE));
            new_long(cx, last, -big(&r.step), n)
        }
    }
}

fn new_small(cx: &mut Cx, start: i64, step: i64, len: i64, in_loop: bool) -> Res<Value> {
    let payload = RangeIter {
        head: Header::placeholder(),
        start,
        step,
        len,
        next: Cursor::new(in_loop),
    };
    object::alloc(cx, Type::of::<RangeIter>(), payload)
}

fn new_long(cx: &mut Cx, start: IBig, step: IBig, len: IBig) -> Res<Value> {
    let state = Guarded::new(Long {
        start,
        step,
        len,
        next: IBig::ZERO,
    });
    object::alloc(
        cx,
        Type::of::<LongRangeIter>(),
        LongRangeIter {
            head: Header::placeholder(),
            state,
        },
    )
}

impl RangeIter {
    /// The next item; None at the end. Used by `FOR_ITER` directly.
    #[inline(always)]
    pub fn next_item(&self, cx: &Cx) -> Option<i64> {
        match self.next.advance(&self.head, cx) {
            Some(i) if i < self.len as usize => Some(self.start + i as i64 * self.step),
            Some(_) => {
                self.next.finish();
                None
            }
            None => None,
        }
    }
    /// The next item as a register word, for the loop that alone has the iterator; 0: ask [`Self::next_item`].
    #[inline(always)]
    pub fn next_in_loop(&self) -> u64 {
        let i = self.next.in_loop();
        if i >= self.len as usize {
            return 0;
        }
        self.next.step_in_loop(i);
        ((self.start + i as i64 * self.step) as u64) << 2 | 1
    }
    fn given(&self) -> i64 {
        self.next
            .index()
            .map_or(self.len, |i| self.len.min(i as i64))
    }
}

#[pymethods]
impl RangeIter {
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        match self.next_item(cx) {
            Some(i) => int::new_int(cx, i).map(Some),
            None => Ok(None),
        }
    }
    /// Private method returning an estimate of len(list(it)).
    fn __length_hint__(&self) -> i64 {
        self.len - self.given()
    }
    /// Return state information for pickling.
    fn __reduce__(&self, cx: &mut Cx) -> Res<Value> {
        let i = self.given();
        let stop = IBig::from(self.start) + IBig::from(self.len) * IBig::from(self.step);
        reduce(
            cx,
            IBig::from(self.start),
            stop,
            IBig::from(self.step),
            IBig::from(i),
        )
    }
    /// Set state information for unpickling.
    fn __setstate__(&self, state: i64) {
        self.next.set(state.clamp(0, self.len) as usize);
    }
}

#[pymethods]
impl LongRangeIter {
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        let item = {
            let mut s = self.state.lock(&self.head, cx);
            if s.next >= s.len {
                return Ok(None);
            }
            let item = &s.start + &s.next * &s.step;
            s.next += IBig::ONE;
            item
        };
        new_big(cx, item).map(Some)
    }
    /// Private method returning an estimate of len(list(it)).
    fn __length_hint__(&self, cx: &mut Cx) -> IBig {
        let s = self.state.lock(&self.head, cx);
        &s.len - &s.next
    }
    /// Return state information for pickling.
    fn __reduce__(&self, cx: &mut Cx) -> Res<Value> {
        let (start, stop, step, next) = {
            let s = self.state.lock(&self.head, cx);
            (
                s.start.clone(),
                &s.start + &s.len * &s.step,
                s.step.clone(),
                s.next.clone(),
            )
        };
        reduce(cx, start, stop, step, next)
    }
    /// Set state information for unpickling.
    fn __setstate__(&self, state: &Value, cx: &mut Cx) -> Res<()> {
        let i = crate::number::as_bigint(cx, state)?;
        let mut s = self.state.lock(&self.head, cx);
        s.next = if i.sign() == Sign::Negative {
            IBig::ZERO
        } else {
            i.min(s.len.clone())
        };
        Ok(())
    }
}

/// `(iter, (range(start, stop, step),), state)`.
fn reduce(cx: &mut Cx, start: IBig, stop: IBig, step: IBig, next: IBig) -> Res<Value> {
    let (start, stop, step) = (new_big(cx, start)?, new_big(cx, stop)?, new_big(cx, step)?);
    let range = super::new_range(cx, start, stop, step)?;
    let maker = crate::objects::iter::builtin(cx, "iter")?;
    let args = tuple::new_tuple(cx, vec![range])?;
    let next = new_big(cx, next)?;
    tuple::new_tuple(cx, vec![maker, args, next])
}
