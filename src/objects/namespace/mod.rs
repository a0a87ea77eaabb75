//! `types.SimpleNamespace`: attributes in a dict, shown and compared.

use crate::native::*;
use crate::objects::Dict;
use crate::objects::object::methods::dict_in_slot;
use crate::objects::object::{alloc, repr_guard};
use crate::objects::tuple::new_tuple;
use crate::protocol;
use crate::slot_ext::SlotExt;

/// A simple attribute-based namespace.
#[pytype(name = "SimpleNamespace", module = "types", gc, basetype, has_dict, static_index = SIMPLE_NAMESPACE)]
pub struct SimpleNamespace {
    pub head: Header,
    pub dict: Slot,
}

/// A namespace of these attributes.
pub fn new_namespace(cx: &mut Cx, items: Vec<(&str, Value)>) -> Res<Value> {
    let d = crate::objects::dict::new_dict(cx)?;
    if let Some(dict) = d.downcast::<Dict>() {
        for (k, v) in items {
            dict.set_str(cx, k, v)?;
        }
    }
    alloc(
        cx,
        Type::of::<SimpleNamespace>(),
        SimpleNamespace {
            head: Header::placeholder(),
            dict: Slot::new(Some(d)),
        },
    )
}

impl SimpleNamespace {
    fn namespace(&self, cx: &mut Cx) -> Res<Value> {
        dict_in_slot(cx, &self.head, &self.dict)
    }
}

fn fill(cx: &mut Cx, d: &Value, args: Args<'_>) -> Res<()> {
    let Some(dict) = d.downcast::<Dict>() else {
        return Ok(());
    };
    for (k, v) in args.keywords() {
        let k = k.value();
        dict.set(cx, &k, v.clone())?;
    }
    Ok(())
}

#[pymethods]
impl SimpleNamespace {
    #[clear]
    fn break_cycle(&self, cx: &mut Cx) {
        drop(self.dict.put(&self.head, cx, None));
    }
    #[new]
    fn new(cls: &Type, _args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let d = crate::objects::dict::new_dict(cx)?;
        alloc(
            cx,
            cls,
            SimpleNamespace {
                head: Header::placeholder(),
                dict: Slot::new(Some(d)),
            },
        )
    }
    #[init]
    fn init(this: &Value, args: Args<'_>, cx: &mut Cx) -> Res<()> {
        let Some(ns) = this.downcast::<SimpleNamespace>() else {
            return Ok(());
        };
        let d = ns.namespace(cx)?;
        match args.pos {
            [] => {}
            [mapping] => {
                let copy = crate::objects::dict::new_dict(cx)?;
                protocol::call_method(cx, &copy, "update", std::slice::from_ref(mapping))?;
                if let (Some(from), Some(to)) = (copy.downcast::<Dict>(), d.downcast::<Dict>()) {
                    for (k, v) in from.entries(cx) {
                        if k.downcast::<Str>().is_none() {
                            return Err(cx.type_error("keywords must be strings"));
                        }
                        to.set(cx, &k, v)?;
                    }
                }
            }
            many => {
                let (t, n) = (this.ty().name(), many.len());
                return Err(cx.type_error(format!("{t} expected at most 1 argument, got {n}")));
            }
        }
        fill(cx, &d, args)
    }
    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<String> {
        let name = if this.class_word() == crate::statics::word::SIMPLE_NAMESPACE {
            "namespace".into()
        } else {
            this.ty().name()
        };
        let shown = repr_guard(cx, this, |cx| {
            let d = protocol::getattr_str(cx, this, "__dict__")?;
            let Some(d) = d.downcast::<Dict>() else {
                return Ok(String::new());
            };
            let mut parts = Vec::new();
            for (k, v) in d.entries(cx) {
                if let Some(k) = k.downcast::<Str>().filter(|k| !k.is_empty()) {
                    let k = k.to_string_lossy();
                    parts.push(format!("{k}={}", protocol::repr_string(cx, &v)?));
                }
            }
            Ok(parts.join(", "))
        })?;
        Ok(format!("{name}({})", shown.as_deref().unwrap_or("...")))
    }
    #[slot]
    fn richcompare(&self, other: &SimpleNamespace, op: CmpOp, cx: &mut Cx) -> Res<Value> {
        let (a, b) = (self.namespace(cx)?, other.namespace(cx)?);
        protocol::compare(cx, &a, &b, op)
    }
    #[getter]
    fn __dict__(&self, cx: &mut Cx) -> Res<Value> {
        self.namespace(cx)
    }
    /// Return state information for pickling
    fn __reduce__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(ns) = this.downcast::<SimpleNamespace>() else {
            return Ok(Value::none());
        };
        let d = ns.namespace(cx)?;
        let args = new_tuple(cx, vec![])?;
        new_tuple(cx, vec![this.ty().value(), args, d])
    }
    /// Return a copy of the namespace object with new values for the specified attributes.
    fn __replace__(this: &Value, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        if !args.pos.is_empty() {
            return Err(cx.type_error("__replace__() takes no positional arguments"));
        }
        let cls = this.ty().value();
        let made = protocol::call(cx, &cls, &[])?;
        let (Some(from), Some(to)) = (
            this.downcast::<SimpleNamespace>(),
            made.downcast::<SimpleNamespace>(),
        ) else {
            let class = protocol::repr_string(cx, &cls)?;
            let class = class.trim_start_matches("<class '").trim_end_matches("'>");
            let got = made.type_name();
            return Err(cx.type_error(format!(
                "expect types.SimpleNamespace type, but {class}() returned '{got}' object"
            )));
        };
        let (a, b) = (from.namespace(cx)?, to.namespace(cx)?);
        if let (Some(a), Some(b)) = (a.downcast::<Dict>(), b.downcast::<Dict>()) {
            for (k, v) in a.entries(cx) {
                b.set(cx, &k, v)?;
            }
        }
        fill(cx, &b, args)?;
        Ok(made)
    }
}
