//! The views and the iterator of `OrderedDict`: those of `dict` under other names.

use super::ordered_dict::OrderedDict;
use crate::support::make;
use typhon_vm::native::*;
use typhon_vm::objects::dict::iter::{What, new_iter, new_reversed};
use typhon_vm::objects::dict::views::{DictItems, DictKeys, DictValues};
use typhon_vm::objects::list::repr;
use typhon_vm::protocol;

/// Walks an ordered dict by a dict iterator, whose error it words differently.
#[pytype(name = "odict_iterator", gc, no_new)]
pub struct OdictIter {
    pub head: Header,
    inner: Value,
}

impl OdictIter {
    pub fn over(cx: &mut Cx, dict: &Value, what: What, backward: bool) -> Res<Value> {
        let inner = if backward {
            new_reversed(cx, dict, what)?
        } else {
            new_iter(cx, dict, what)?
        };
        make(
            cx,
            OdictIter {
                head: Header::placeholder(),
                inner,
            },
        )
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
        match protocol::next(cx, &self.inner) {
            Ok(v) => Ok(v),
            Err(r) => {
                cx.catch(r, ExcKind::RuntimeError)?;
                Err(cx.runtime_error("OrderedDict mutated during iteration"))
            }
        }
    }
    /// Private method returning an estimate of len(list(it)).
    fn __length_hint__(&self, cx: &mut Cx) -> Res<Value> {
        protocol::call_method(cx, &self.inner, "__length_hint__", &[])
    }
    /// Return state information for pickling
    fn __reduce__(&self, cx: &mut Cx) -> Res<Value> {
        protocol::call_method(cx, &self.inner, "__reduce__", &[])
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
