//! `bool`: the two immortal instances of a subclass of `int`. There is no struct of its own behind them; what differs from
//! `int` is the repr, the constructor and the logic of `&`, `|`, `^` between two bools.

use crate::native::*;
use crate::objects::int::{Int, arith, as_int};
use crate::objects::str::new_str;
use crate::{Cx, ExcKind, Res, Value, ValueExt};

/// Returns True when the argument is true, False otherwise.
/// The builtins True and False are the only two instances of the class bool.
/// The class bool is a subclass of the class int, and cannot be subclassed.
#[pytype(name = "bool", base = Int, static_index = BOOL)]
pub struct Bool {
    // The layout is `int`'s.
    pub base: Int,
}

fn as_bool(v: &Value) -> Option<bool> {
    if v.is_true() {
        Some(true)
    } else if v.is_false() {
        Some(false)
    } else {
        None
    }
}

/// Two bools give a bool, a bool and an int an int.
fn logic(
    cx: &mut Cx,
    a: &Value,
    b: &Value,
    bools: impl FnOnce(bool, bool) -> bool,
    ints: fn(&mut Cx, &Value, &Value) -> Res<Value>,
) -> Res<Value> {
    match (as_bool(a), as_bool(b)) {
        (Some(x), Some(y)) => Ok(Value::bool(bools(x, y))),
        _ if as_int(a).is_some() && as_int(b).is_some() => ints(cx, a, b),
        _ => Ok(Value::not_implemented()),
    }
}

#[pymethods]
impl Bool {
    #[new]
    #[sig(object = absent, /)]
    fn new(cls: &Type, object: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let _ = cls;
        match object {
            None => Ok(Value::bool(false)),
            Some(v) => Ok(Value::bool(crate::protocol::truthy(cx, v)?)),
        }
    }
    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<Value> {
        let v = new_str(cx, if this.is_true() { "True" } else { "False" })?;
        Ok(crate::objects::str::intern::intern(&v))
    }
    #[slot]
    fn and(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        logic(cx, left, right, |x, y| x & y, arith::and)
    }
    #[slot]
    fn or(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        logic(cx, left, right, |x, y| x | y, arith::or)
    }
    #[slot]
    fn xor(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        logic(cx, left, right, |x, y| x ^ y, arith::xor)
    }
    #[slot]
    fn invert(this: &Value, cx: &mut Cx) -> Res<Value> {
        cx.warn(
            ExcKind::DeprecationWarning,
            "Bitwise inversion '~' on bool is deprecated and will be removed in Python 3.16. This returns the bitwise inversion \
             of the underlying int object and is usually not what you expect from the negation of a bool. Use the 'not' operator \
             for boolean negation or ~int(x) for the bitwise inversion of the underlying int.",
        )?;
        arith::invert(cx, this)
    }
    #[slot]
    fn bool(this: &Value) -> bool {
        this.is_true()
    }
}
