//! `map` and `filter`.

use super::next_of_each;
use super::zip::strict_keyword;
use crate::native::*;
use crate::objects::{object, tuple};
use crate::protocol;
use crate::{Cx, Res, Value};
use std::sync::atomic::{AtomicBool, Ordering};

/// Make an iterator that computes the function using arguments from
/// each of the iterables.  Stops when the shortest iterable is exhausted.
///
/// If strict is true and one of the arguments is exhausted before the others,
/// raise a ValueError.
#[pytype(name = "map", gc, basetype, static_index = MAP)]
#[repr(C)]
pub struct Map {
    pub head: Header,
    func: Value,
    its: Vec<Value>,
    strict: AtomicBool,
}

#[pymethods]
impl Map {
    #[new]
    #[text_signature = "(function, iterable, /, *iterables, strict=False)"]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let strict = strict_keyword(cx, "map", &args)?;
        let [func, iterables @ ..] = args.pos else {
            return Err(cx.type_error("map() must have at least two arguments."));
        };
        if iterables.is_empty() {
            return Err(cx.type_error("map() must have at least two arguments."));
        }
        let mut its = Vec::with_capacity(iterables.len());
        for o in iterables {
            its.push(protocol::iter(cx, o)?);
        }
        object::alloc(
            cx,
            cls,
            Map {
                head: Header::placeholder(),
                func: func.clone(),
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
        if let [it] = &self.its[..] {
            let Some(v) = protocol::next(cx, it)? else {
                return Ok(None);
            };
            return protocol::call(cx, &self.func, std::slice::from_ref(&v)).map(Some);
        }
        match next_of_each(cx, "map", &self.its, self.strict.load(Ordering::Relaxed))? {
            Some(items) => protocol::call(cx, &self.func, &items).map(Some),
            None => Ok(None),
        }
    }
    /// Return state information for pickling.
    fn __reduce__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(m) = this.downcast::<Map>() else {
            return Ok(Value::none());
        };
        let mut args = vec![m.func.clone()];
        args.extend(m.its.iter().cloned());
        let args = tuple::new_tuple(cx, args)?;
        let mut out = vec![this.ty().value(), args];
        if m.strict.load(Ordering::Relaxed) {
            out.push(Value::bool(true));
        }
        tuple::new_tuple(cx, out)
    }
    /// Set state information for unpickling.
    fn __setstate__(&self, state: bool) {
        self.strict.store(state, Ordering::Relaxed);
    }
}

/// Return an iterator yielding those items of iterable for which function(item)
/// is true. If function is None, return the items that are true.
#[pytype(name = "filter", gc, basetype, static_index = FILTER)]
#[repr(C)]
pub struct Filter {
    pub head: Header,
    func: Value,
    it: Value,
}

#[pymethods]
impl Filter {
    #[new]
    #[text_signature = "(function, iterable, /)"]
    fn new(cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        super::refuse_keywords(cx, cls, Type::of::<Filter>(), &args, "filter")?;
        args.check_count(cx, "filter", 2, 2)?;
        let it = protocol::iter(cx, &args.pos[1])?;
        object::alloc(
            cx,
            cls,
            Filter {
                head: Header::placeholder(),
                func: args.pos[0].clone(),
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
        let plain = self.func.is_none()
            || self.func.bits() & !7
                == &raw const *Type::from_word(crate::statics::word::BOOL) as u64;
        while let Some(v) = protocol::next(cx, &self.it)? {
            let keep = if plain {
                protocol::truthy(cx, &v)?
            } else {
                let r = protocol::call(cx, &self.func, std::slice::from_ref(&v))?;
                protocol::truthy(cx, &r)?
            };
            if keep {
                return Ok(Some(v));
            }
        }
        Ok(None)
    }
    /// Return state information for pickling.
    fn __reduce__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(f) = this.downcast::<Filter>() else {
            return Ok(Value::none());
        };
        let args = tuple::new_tuple(cx, vec![f.func.clone(), f.it.clone()])?;
        let cls = this.ty().value();
        tuple::new_tuple(cx, vec![cls, args])
    }
}
