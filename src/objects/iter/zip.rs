//! `zip`.

use super::next_of_each;
use crate::native::*;
use crate::objects::{object, tuple};
use crate::protocol;
use crate::{Cx, Res, Value};
use std::sync::atomic::{AtomicBool, Ordering};

/// The zip object yields n-length tuples, where n is the number of iterables
/// passed as positional arguments to zip().  The i-th element in every tuple
/// comes from the i-th iterable argument to zip().  This continues until the
/// shortest argument is exhausted.
///
/// If strict is true and one of the arguments is exhausted before the others,
/// raise a ValueError.
///
///    >>> list(zip('abcdefg', range(3), range(4)))
///    [('a', 0, 0), ('b', 1, 1), ('c', 2, 2)]
#[pytype(name = "zip", gc, basetype, static_index = ZIP)]
#[repr(C)]
pub struct Zip {
    pub head: Header,
    its: Vec<Value>,
    strict: AtomicBool,
}

/// The only keyword, `strict`.
pub fn strict_keyword(cx: &mut Cx, what: &str, args: &Args<'_>) -> Res<bool> {
    let Some(names) = args.kwnames else {
        return Ok(false);
    };
    let mut strict = false;
    for (name, v) in names.items().iter().zip(args.kwvalues) {
        let text = name
            .downcast::<Str>()
            .map(|s| s.to_string_lossy())
            .unwrap_or_default();
        if text != "strict" {
            return Err(cx.type_error(format!(
                "{what}() got an unexpected keyword argument '{text}'"
            )));
        }
        strict = protocol::truthy(cx, v)?;
    }
    Ok(strict)
}

impl Zip {
    /// The next two items; None when these are not exactly two iterators that may differ in length.
    #[inline]
    pub fn next_parts(&self, cx: &mut Cx) -> Res<Option<Option<(Value, Value)>>> {
        let [a, b] = &self.its[..] else {
            return Ok(None);
        };
        if self.strict.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let Some(x) = protocol::next(cx, a)? else {
            return Ok(Some(None));
        };
        Ok(Some(protocol::next(cx, b)?.map(|y| (x, y))))
    }
}

#[pymethods]
impl Zip {
    #[new]
    #[text_signature(none)]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let strict = strict_keyword(cx, "zip", &args)?;
        let mut its = Vec::with_capacity(args.pos.len());
        for o in args.pos {
            its.push(protocol::iter(cx, o)?);
        }
        object::alloc(
            cx,
            cls,
            Zip {
                head: Header::placeholder(),
                its,
                strict: AtomicBool::new(strict),
            },
        )
    }
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        match self.next_parts(cx)? {
            Some(Some((x, y))) => return tuple::new_pair(cx, x, y).map(Some),
            Some(None) => return Ok(None),
            None => {}
        }
        if self.its.is_empty() {
            return Ok(None);
        }
        match next_of_each(cx, "zip", &self.its, self.strict.load(Ordering::Relaxed))? {
            Some(items) => tuple::new_tuple(cx, items).map(Some),
            None => Ok(None),
        }
    }
    /// Return state information for pickling.
    fn __reduce__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(z) = this.downcast::<Zip>() else {
            return Ok(Value::none());
        };
        let args = tuple::new_tuple(cx, z.its.clone())?;
        let mut out = vec![this.ty().value(), args];
        if z.strict.load(Ordering::Relaxed) {
            out.push(Value::bool(true));
        }
        tuple::new_tuple(cx, out)
    }
    /// Set state information for unpickling.
    fn __setstate__(&self, state: bool) {
        self.strict.store(state, Ordering::Relaxed);
    }
}
