//! The types of the singletons: `None`, `Ellipsis`, `NotImplemented`.

use crate::native::*;
use crate::statics::{self, immortal};

/// The type of the None singleton.
#[pytype(name = "NoneType", static_index = NONE)]
pub struct NoneType {
    pub head: Header,
}

/// The type of the Ellipsis singleton.
#[pytype(name = "ellipsis", static_index = ELLIPSIS)]
pub struct EllipsisType {
    pub head: Header,
}

/// The type of the NotImplemented singleton.
#[pytype(name = "NotImplementedType", static_index = NOT_IMPLEMENTED)]
pub struct NotImplementedType {
    pub head: Header,
}

/// Whether a value is `...`.
pub fn is_ellipsis(v: &Value) -> bool {
    v.bits() & !4 == statics::ELLIPSIS
}

fn no_arguments(cx: &mut Cx, name: &str, args: Args<'_>) -> Res<()> {
    if args.pos.is_empty() && !args.has_keywords() {
        Ok(())
    } else {
        Err(cx.type_error(format!("{name} takes no arguments")))
    }
}

#[pymethods]
impl NoneType {
    #[new]
    fn new(_cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        no_arguments(cx, "NoneType", args)?;
        Ok(Value::none())
    }
    #[slot]
    fn repr(&self) -> &'static str {
        "None"
    }
    #[slot]
    fn bool(&self) -> bool {
        false
    }
    #[slot]
    fn hash(&self) -> i64 {
        0xFCA8_6420
    }
    #[slot]
    fn or(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        if left.is_none() && right.is_none() {
            return Ok(Value::not_implemented());
        }
        crate::objects::union::union_or(cx, left, right)
    }
}

#[pymethods]
impl EllipsisType {
    #[new]
    fn new(_cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        no_arguments(cx, "EllipsisType", args)?;
        Ok(immortal(statics::ELLIPSIS))
    }
    #[slot]
    fn repr(&self) -> &'static str {
        "Ellipsis"
    }
    fn __reduce__(&self) -> &'static str {
        "Ellipsis"
    }
}

#[pymethods]
impl NotImplementedType {
    #[new]
    fn new(_cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        no_arguments(cx, "NotImplementedType", args)?;
        Ok(Value::not_implemented())
    }
    #[slot]
    fn repr(&self) -> &'static str {
        "NotImplemented"
    }
    #[slot]
    fn bool(&self, cx: &mut Cx) -> Res<bool> {
        Err(cx.type_error("NotImplemented should not be used in a boolean context"))
    }
    fn __reduce__(&self) -> &'static str {
        "NotImplemented"
    }
}
