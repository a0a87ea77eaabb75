//! The views and the iterator of `OrderedDict`: those of `dict` under other names, and an iterator that sees a key moved.

use super::ordered_dict::{OrderedDict, mutated, value_of};
use crate::support::{make, pack};
use std::sync::atomic::{AtomicUsize, Ordering};
use typhon_vm::native::*;
use typhon_vm::objects::Dict;
use typhon_vm::objects::dict::iter::{What, new_iter, new_reversed};
use typhon_vm::objects::dict::order::{Arrangement, is_steady};
use typhon_vm::objects::dict::views::{DictItems, DictKeys, DictValues};
use typhon_vm::objects::list::new_list;
use typhon_vm::objects::list::repr;
use typhon_vm::objects::tuple::new_pair;
use typhon_vm::protocol;

/// Walks an ordered dict by a dict iterator. Values of keys whose hash Python code decides are looked up, as in CPython:
/// then the dict iterator gives items.
#[pytype(name = "odict_iterator", gc, no_new)]
pub struct OdictIter {
    pub head: Header,
    inner: Value,
    dict: Value,
    #[skip]
    what: What,
    #[skip]
    looks_up: bool,
    /// Of the dict when the iteration began.
    #[skip]
    before: Arrangement,
    #[skip]
    left: AtomicUsize,
}

impl OdictIter {
    pub fn over(cx: &mut Cx, dict: &Value, what: What, backward: bool) -> Res<Value> {
        let Some(d) = dict.downcast::<OrderedDict>() else {
            return Err(cx.system_error("not an ordered dict"));
        };
        let looks_up = what != What::Keys && !d.dict_part().has_steady_keys(cx);
        let walked = if looks_up { What::Items } else { what };
        let before = d.dict_part().arrangement(cx);
        let left = AtomicUsize::new(d.dict_part().len());
        let inner = if backward {
            new_reversed(cx, dict, walked)?
        } else {
            new_iter(cx, dict, walked)?
        };
        make(
            cx,
            OdictIter {
                head: Header::placeholder(),
                inner,
                dict: dict.clone(),
                what,
                looks_up,
                before,
                left,
            },
        )
    }
}

impl OdictIter {
    fn looked_up(&self, cx: &mut Cx, d: &Dict, pair: Value) -> Res<Value> {
        let Some([key, value]) = pair.downcast::<Tuple>().map(Tuple::items) else {
            return Ok(pair);
        };
        let value = if is_steady(key) {
            value.clone()
        } else {
            value_of(cx, d, key)?
        };
        match self.what {
            What::Items => new_pair(cx, key.clone(), value),
            _ => Ok(value),
        }
    }
}

#[pymethods]
impl OdictIter {
    #[slot]
    fn iter(this: &Value) -> Value {
        this.clone()
    }
    #[slot]
    fn next(&self, cx: &mut Cx) -> Res<Option<Value>> {
        let Some(of) = self.dict.downcast::<OrderedDict>() else {
            return Ok(None);
        };
        let d = of.dict_part();
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            return Ok(None);
        }
        if self.what != What::Keys {
            of.check_missed(cx)?;
        }
        if d.arrangement(cx) != self.before {
            self.left.store(0, Ordering::Relaxed);
            return Err(mutated(cx));
        }
        let found = match protocol::next(cx, &self.inner) {
            Ok(v) => v,
            Err(r) => {
                cx.catch(r, ExcKind::RuntimeError)?;
                return Err(mutated(cx));
            }
        };
        self.left.store(left - 1, Ordering::Relaxed);
        match found {
            Some(pair) if self.looks_up => self.looked_up(cx, d, pair).map(Some),
            found => Ok(found),
        }
    }
    /// Private method returning an estimate of len(list(it)).
    fn __length_hint__(&self, cx: &mut Cx) -> Res<Value> {
        protocol::call_method(cx, &self.inner, "__length_hint__", &[])
    }
    /// Return state information for pickling
    fn __reduce__(&self, cx: &mut Cx) -> Res<Value> {
        let reduced = protocol::call_method(cx, &self.inner, "__reduce__", &[])?;
        if !self.looks_up || self.what == What::Items {
            return Ok(reduced);
        }
        // The iterator inside gives items: of these the values.
        let pairs = protocol::getitem(cx, &reduced, &Value::small_int(1))?;
        let pairs = protocol::getitem(cx, &pairs, &Value::small_int(0))?;
        let mut values = Vec::new();
        protocol::for_each(cx, &pairs, |cx, pair| {
            values.push(protocol::getitem(cx, &pair, &Value::small_int(1))?);
            Ok(())
        })?;
        let list = new_list(cx, values)?;
        let iter = protocol::getitem(cx, &reduced, &Value::small_int(0))?;
        let args = pack(cx, [list])?;
        pack(cx, [iter, args])
    }
}

macro_rules! views {
    ($($t:ident $base:ident $name:tt $what:ident,)*) => { $(
        #[pytype(name = $name, base = $base, gc, no_new)]
        pub struct $t {
            base: $base,
        }

        impl $t {
            pub fn of(cx: &mut Cx, dict: &Value) -> Res<Value> {
                debug_assert!(dict.downcast::<OrderedDict>().is_some());
                make(cx, $t { base: $base { head: Header::placeholder(), dict: dict.clone() } })
            }
        }

        #[pymethods]
        impl $t {
            #[slot]
            fn iter(&self, cx: &mut Cx) -> Res<Value> {
                OdictIter::over(cx, &self.base.dict, What::$what, false)
            }
            fn __reversed__(&self, cx: &mut Cx) -> Res<Value> {
                OdictIter::over(cx, &self.base.dict, What::$what, true)
            }
            #[slot]
            fn repr(this: &Value, cx: &mut Cx) -> Res<Value> {
                repr::guarded(cx, this, "...", |cx, out| {
                    out.extend_from_slice(concat!($name, "([").as_bytes());
                    let mut first = true;
                    protocol::for_each(cx, this, |cx, v| {
                        if !std::mem::take(&mut first) {
                            out.extend_from_slice(b", ");
                        }
                        repr::push(cx, out, &v)
                    })?;
                    out.extend_from_slice(b"])");
                    Ok(())
                })
            }
        }
    )* };
}

views! {
    OdictKeys DictKeys "odict_keys" Keys,
    OdictValues DictValues "odict_values" Values,
    OdictItems DictItems "odict_items" Items,
}
