//! `enumerate`.

use crate::native::*;
use crate::number;
use crate::objects::int::{self, new_big};
use crate::objects::{object, tuple};
use crate::protocol;
use crate::{Cx, Res, Value};
use dashu_int::IBig;
use std::sync::atomic::{AtomicI64, Ordering};

/// Return an enumerate object.
///
///   iterable
///     an object supporting iteration
///
/// The enumerate object yields pairs containing a count (from start, which
/// defaults to zero) and a value yielded by the iterable argument.
///
/// enumerate is useful for obtaining an indexed list:
///     (0, seq[0]), (1, seq[1]), (2, seq[2]), ...
#[pytype(name = "enumerate", gc, basetype, static_index = ENUMERATE)]
#[repr(C)]
pub struct Enumerate {
    pub head: Header,
    it: Value,
    /// The next count; `LONG` once counting has gone over to `long`.
    next: AtomicI64,
    #[skip]
    long: Guarded<IBig>,
}

const LONG: i64 = i64::MAX;

impl Enumerate {
    /// The next count and item.
    #[inline]
    pub fn next_parts(&self, cx: &mut Cx) -> Res<Option<(Value, Value)>> {
        let Some(v) = protocol::next(cx, &self.it)? else {
            return Ok(None);
        };
        Ok(Some((self.count(cx)?, v)))
    }
    fn count(&self, cx: &mut Cx) -> Res<Value> {
        let mut i = self.next.load(Ordering::Relaxed);
        if self.head.is_uniquely_held(cx.tid) && i != LONG {
            self.next.store(i + 1, Ordering::Relaxed);
            return int::new_int(cx, i);
        }
        while i != LONG {
            match self
                .next
                .compare_exchange(i, i + 1, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => return int::new_int(cx, i),
                Err(now) => i = now,
            }
        }
        let big = {
            let mut long = self.long.lock(&self.head, cx);
            let now = long.clone();
            *long += IBig::ONE;
            now
        };
        new_big(cx, big)
    }
}

#[pymethods]
impl Enumerate {
    #[new]
    #[sig(iterable = absent, start = 0)]
    #[text_signature = "(iterable, start=0)"]
    fn new(cls: &Type, iterable: Option<&Value>, start: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(iterable) = iterable else {
            return Err(cx.type_error("enumerate() missing required argument 'iterable'"));
        };
        let start = number::to_index(cx, start)?;
        let it = protocol::iter(cx, iterable)?;
        let (next, long) = match start.as_small_int() {
            Some(i) => (i, IBig::from(LONG)),
            None => (LONG, number::as_bigint(cx, &start)?),
        };
        let payload = Enumerate {
            head: Header::placeholder(),
            it,
            next: AtomicI64::new(next),
            long: Guarded::new(long),
        };
        object::alloc(cx, cls, payload)
    }
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        match self.next_parts(cx)? {
            Some((i, v)) => tuple::new_pair(cx, i, v).map(Some),
            None => Ok(None),
        }
    }
    /// Return state information for pickling.
    fn __reduce__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(e) = this.downcast::<Enumerate>() else {
            return Ok(Value::none());
        };
        let i = match e.next.load(Ordering::Relaxed) {
            LONG => {
                let big = e.long.lock(&e.head, cx).clone();
                new_big(cx, big)?
            }
            i => int::new_int(cx, i)?,
        };
        let args = tuple::new_tuple(cx, vec![e.it.clone(), i])?;
        let cls = this.ty().value();
        tuple::new_tuple(cx, vec![cls, args])
    }
    /// See PEP 585
    #[classmethod(name = "__class_getitem__")]
    fn class_getitem(cls: &Type, item: &Value, cx: &mut Cx) -> Res<Value> {
        let cls = cls.value();
        crate::objects::genericalias::new(cx, &cls, item)
    }
}
