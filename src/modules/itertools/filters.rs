//! `compress`, `dropwhile`, `takewhile`, `filterfalse`: iterators that pass or drop items.

use std::sync::atomic::{AtomicBool, Ordering};
use typhon_vm::native::*;
use typhon_vm::objects::object;
use typhon_vm::protocol;

/// Return data elements corresponding to true selector elements.
///
/// Forms a shorter iterator from selected data elements using the selectors
/// to choose the data elements.
#[pytype(name = "compress", module = "itertools", gc, basetype)]
pub struct Compress {
    pub head: Header,
    data: Value,
    selectors: Value,
}

#[pymethods]
impl Compress {
    #[new]
    #[sig(data, selectors)]
    fn new(cls: &Type, data: &Value, selectors: &Value, cx: &mut Cx) -> Res<Value> {
        let (data, selectors) = (protocol::iter(cx, data)?, protocol::iter(cx, selectors)?);
        object::alloc(
            cx,
            cls,
            Compress {
                head: Header::placeholder(),
                data,
                selectors,
            },
        )
    }
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        loop {
            let Some(item) = protocol::next(cx, &self.data)? else {
                return Ok(None);
            };
            let Some(selector) = protocol::next(cx, &self.selectors)? else {
                return Ok(None);
            };
            if protocol::truthy(cx, &selector)? {
                return Ok(Some(item));
            }
        }
    }
}

/// Drop items from the iterable while predicate(item) is true.
///
/// Afterwards, return every element until the iterable is exhausted.
#[pytype(name = "dropwhile", module = "itertools", gc, basetype)]
pub struct DropWhile {
    pub head: Header,
    predicate: Value,
    it: Value,
    started: AtomicBool,
}

#[pymethods]
impl DropWhile {
    #[new]
    #[sig(predicate, iterable, /)]
    fn new(cls: &Type, predicate: Value, iterable: &Value, cx: &mut Cx) -> Res<Value> {
        let it = protocol::iter(cx, iterable)?;
        let d = DropWhile {
            head: Header::placeholder(),
            predicate,
            it,
            started: AtomicBool::new(false),
        };
        object::alloc(cx, cls, d)
    }
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        while let Some(item) = protocol::next(cx, &self.it)? {
            if self.started.load(Ordering::Relaxed) {
                return Ok(Some(item));
            }
            let keep = protocol::call(cx, &self.predicate, std::slice::from_ref(&item))?;
            if !protocol::truthy(cx, &keep)? {
                self.started.store(true, Ordering::Relaxed);
                return Ok(Some(item));
            }
        }
        Ok(None)
    }
}

/// Return successive entries from an iterable as long as the predicate evaluates to true for each entry.
#[pytype(name = "takewhile", module = "itertools", gc, basetype)]
pub struct TakeWhile {
    pub head: Header,
    predicate: Value,
    it: Value,
    stopped: AtomicBool,
}

#[pymethods]
impl TakeWhile {
    #[new]
    #[sig(predicate, iterable, /)]
    fn new(cls: &Type, predicate: Value, iterable: &Value, cx: &mut Cx) -> Res<Value> {
        let it = protocol::iter(cx, iterable)?;
        let t = TakeWhile {
            head: Header::placeholder(),
            predicate,
            it,
            stopped: AtomicBool::new(false),
        };
        object::alloc(cx, cls, t)
    }
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        if self.stopped.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let Some(item) = protocol::next(cx, &self.it)? else {
            return Ok(None);
        };
        let take = protocol::call(cx, &self.predicate, std::slice::from_ref(&item))?;
        if protocol::truthy(cx, &take)? {
            return Ok(Some(item));
        }
        self.stopped.store(true, Ordering::Relaxed);
        Ok(None)
    }
}

/// Return those items of iterable for which function(item) is false.
///
/// If function is None, return the items that are false.
#[pytype(name = "filterfalse", module = "itertools", gc, basetype)]
pub struct FilterFalse {
    pub head: Header,
    function: Value,
    it: Value,
}

#[pymethods]
impl FilterFalse {
    #[new]
    #[sig(function, iterable, /)]
    fn new(cls: &Type, function: Value, iterable: &Value, cx: &mut Cx) -> Res<Value> {
        let it = protocol::iter(cx, iterable)?;
        object::alloc(
            cx,
            cls,
            FilterFalse {
                head: Header::placeholder(),
                function,
                it,
            },
        )
    }
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        let by_truth = self.function.is_none()
            || self
                .function
                .is(&Type::of::<typhon_vm::objects::bool::Bool>().as_value());
        while let Some(item) = protocol::next(cx, &self.it)? {
            let drop_it = if by_truth {
                protocol::truthy(cx, &item)?
            } else {
                let r = protocol::call(cx, &self.function, std::slice::from_ref(&item))?;
                protocol::truthy(cx, &r)?
            };
            if !drop_it {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }
}
