//! `mappingproxy`: a read-only view of a mapping, as `cls.__dict__` gives.

use super::Dict;
use crate::native::*;
use crate::objects::list::repr;
use crate::objects::object;
use crate::protocol::{self, BinOp};
use crate::{Cx, Res, Value};

/// Read-only proxy of a mapping.
#[pytype(name = "mappingproxy", gc, mapping, static_index = MAPPING_PROXY)]
#[repr(C)]
pub struct MappingProxy {
    pub head: Header,
    pub mapping: Value,
}

/// A read-only view of `mapping`.
pub fn new_mapping_proxy(cx: &mut Cx, mapping: &Value) -> Res<Value> {
    object::alloc(
        cx,
        Type::of::<MappingProxy>(),
        MappingProxy {
            head: Header::placeholder(),
            mapping: mapping.clone(),
        },
    )
}

#[pymethods]
impl MappingProxy {
    #[new]
    #[sig(mapping)]
    fn new(_cls: &Type, mapping: &Value, cx: &mut Cx) -> Res<Value> {
        let is_mapping = mapping.ty().slots.getitem.get().is_some();
        if !is_mapping
            || mapping.downcast::<crate::objects::List>().is_some()
            || mapping.downcast::<Tuple>().is_some()
        {
            let n = mapping.type_name();
            return Err(cx.type_error(format!(
                "mappingproxy() argument must be a mapping, not {n}"
            )));
        }
        new_mapping_proxy(cx, mapping)
    }

    #[slot]
    fn len(&self, cx: &mut Cx) -> Res<usize> {
        protocol::len(cx, &self.mapping)
    }
    #[slot]
    fn getitem(&self, key: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::getitem(cx, &self.mapping, key)
    }
    #[slot]
    fn contains(&self, key: &Value, cx: &mut Cx) -> Res<bool> {
        match self.mapping.downcast_exact::<Dict>() {
            Some(d) => d.contains(cx, key),
            None => protocol::contains(cx, &self.mapping, key),
        }
    }
    #[slot]
    fn iter(&self, cx: &mut Cx) -> Res<Value> {
        protocol::iter(cx, &self.mapping)
    }
    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(p) = this.downcast::<MappingProxy>() else {
            return Ok(Value::none());
        };
        repr::guarded(cx, this, "mappingproxy(...)", |cx, out| {
            out.extend_from_slice(b"mappingproxy(");
            repr::push(cx, out, &p.mapping)?;
            out.push(b')');
            Ok(())
        })
    }
    #[slot]
    fn str(&self, cx: &mut Cx) -> Res<Value> {
        protocol::str(cx, &self.mapping)
    }
    #[slot]
    fn hash(&self, cx: &mut Cx) -> Res<i64> {
        protocol::hash(cx, &self.mapping)
    }
    #[slot]
    fn richcompare(&self, other: &Value, op: CmpOp, cx: &mut Cx) -> Res<Value> {
        protocol::compare(cx, &self.mapping, unwrap(other), op)
    }
    #[slot]
    fn or(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::binary(cx, BinOp::Or, unwrap(left), unwrap(right))
    }
    #[slot]
    fn ior(this: &Value, _other: &Value, cx: &mut Cx) -> Res<Value> {
        let n = this.type_name();
        Err(cx.type_error(format!("'|=' is not supported by {n}; use '|' instead")))
    }

    /// Return the value for key if key is in the mapping, else default.
    #[sig(key, default = None, /)]
    fn get(&self, key: &Value, default: &Value, cx: &mut Cx) -> Res<Value> {
        protocol::call_method(cx, &self.mapping, "get", &[key.clone(), default.clone()])
    }
    /// a set-like object providing a view on D's keys
    fn keys(&self, cx: &mut Cx) -> Res<Value> {
        protocol::call_method(cx, &self.mapping, "keys", &[])
    }
    /// an object providing a view on D's values
    fn values(&self, cx: &mut Cx) -> Res<Value> {
        protocol::call_method(cx, &self.mapping, "values", &[])
    }
    /// a set-like object providing a view on D's items
    fn items(&self, cx: &mut Cx) -> Res<Value> {
        protocol::call_method(cx, &self.mapping, "items", &[])
    }
    /// a shallow copy of D
    fn copy(&self, cx: &mut Cx) -> Res<Value> {
        protocol::call_method(cx, &self.mapping, "copy", &[])
    }
    /// Return a reverse iterator over the mapping's keys.
    fn __reversed__(&self, cx: &mut Cx) -> Res<Value> {
        protocol::call_method(cx, &self.mapping, "__reversed__", &[])
    }
    /// See PEP 585
    #[classmethod(name = "__class_getitem__")]
    fn class_getitem(cls: &Type, item: &Value, cx: &mut Cx) -> Res<Value> {
        let cls = cls.value();
        crate::objects::genericalias::new(cx, &cls, item)
    }
}

/// The mapping behind a proxy.
fn unwrap(v: &Value) -> &Value {
    v.downcast_exact::<MappingProxy>().map_or(v, |p| &p.mapping)
}
