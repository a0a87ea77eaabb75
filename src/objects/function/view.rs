//! Builtins that are no plain dict: `exec` takes any mapping for `__builtins__`. Frames and functions hold a dict, so they
//! get an empty one of a type of its own, which leads to the mapping; only what misses in it asks there.

use crate::globals::namespace_get;
use crate::native::*;
use crate::objects::Dict;
use crate::objects::object::alloc;

/// A dict without entries before some other mapping.
#[pytype(name = "builtins_view", module = "typhon", base = Dict, gc, no_new)]
pub struct BuiltinsView {
    base: Dict,
    mapping: Value,
}

#[pymethods]
impl BuiltinsView {}

/// The dict that stands for `mapping` in functions.
pub fn dict_for(cx: &mut Cx, mapping: Value) -> Res<Value> {
    if mapping.downcast_exact::<Dict>().is_some() {
        return Ok(mapping);
    }
    let class = BuiltinsView::type_object(cx)?;
    let base = Dict::empty();
    alloc(cx, class, BuiltinsView { base, mapping })
}

/// What Python sees of the builtins a function holds.
pub fn shown(builtins: &Value) -> Value {
    match builtins.downcast::<BuiltinsView>() {
        Some(v) => v.mapping.clone(),
        None => builtins.clone(),
    }
}

/// What the mapping behind the dict says, if there is one.
pub fn beyond(cx: &mut Cx, builtins: &Dict, name: &Value) -> Res<Option<Value>> {
    if builtins.is_exact() {
        // A key that is no string may equal the name.
        return match name.downcast::<Str>() {
            Some(n) if builtins.has_other_keys() && builtins.has_foreign(cx, n.hash()) => {
                builtins.get(cx, name)
            }
            _ => Ok(None),
        };
    }
    // SAFETY: a dict begins with its header, and the frame or function that it was taken from holds it.
    let this = unsafe { Value::borrow_header(std::ptr::from_ref(builtins).cast()) };
    let mapping = shown(&this);
    namespace_get(cx, &mapping, name)
}

/// A builtin by its name.
pub fn get(cx: &mut Cx, builtins: &Dict, name: &Value) -> Res<Option<Value>> {
    match builtins.get(cx, name)? {
        Some(v) => Ok(Some(v)),
        None => beyond(cx, builtins, name),
    }
}

pub fn named(cx: &mut Cx, builtins: &Dict, name: &str) -> Res<Option<Value>> {
    let name = crate::objects::str::intern::intern_str(cx, name)?;
    get(cx, builtins, &name)
}
