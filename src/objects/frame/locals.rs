//! `f_locals` of functions: a view of the frame's variables that writes through (PEP 667).

use super::object::FrameObj;
use crate::native::*;
use crate::objects::Dict;
use crate::objects::list::new_list;
use crate::objects::object::alloc;
use crate::objects::tuple::new_tuple;
use crate::protocol;

#[pytype(name = "FrameLocalsProxy", gc, mapping, unhashable, static_index = FRAME_LOCALS)]
pub struct FrameLocals {
    pub head: Header,
    frame: Value,
}

pub fn new_proxy(cx: &mut Cx, frame: &Value) -> Res<Value> {
    alloc(
        cx,
        Type::of::<FrameLocals>(),
        FrameLocals {
            head: Header::placeholder(),
            frame: frame.clone(),
        },
    )
}

impl FrameLocals {
    fn frame(&self) -> &FrameObj {
        self.frame.downcast::<FrameObj>().expect("made for a frame")
    }
    fn look(&self, cx: &mut Cx, key: &Value) -> Res<Option<Value>> {
        let f = self.frame();
        if let Some(i) = f.find(cx, key)? {
            return Ok(f.variable(cx, i));
        }
        match f.extra() {
            Some(e) => match e.downcast::<Dict>() {
                Some(d) => d.get(cx, key),
                None => Ok(None),
            },
            None => Ok(None),
        }
    }
    fn store(&self, cx: &mut Cx, key: &Value, value: &Value) -> Res<()> {
        let f = self.frame();
        if let Some(i) = f.find(cx, key)? {
            f.set_variable(cx, i, Some(value.clone()));
            return Ok(());
        }
        let e = f.extra_or_new(cx)?;
        match e.downcast::<Dict>() {
            Some(d) => d.set(cx, key, value.clone()),
            None => Ok(()),
        }
    }
    /// Take a further name out; variables of the function cannot be removed.
    fn remove(&self, cx: &mut Cx, key: &Value) -> Res<Option<Value>> {
        let f = self.frame();
        if f.find(cx, key)?.is_some() {
            return Err(cx.value_error("cannot remove local variables from FrameLocalsProxy"));
        }
        match f.extra() {
            Some(e) => match e.downcast::<Dict>() {
                Some(d) => d.remove(cx, key),
                None => Ok(None),
            },
            None => Ok(None),
        }
    }
    fn copy_dict(&self, cx: &mut Cx) -> Res<Value> {
        self.frame().locals(cx)
    }
    fn column(&self, cx: &mut Cx, pick: fn((Value, Value)) -> Value) -> Res<Value> {
        let items = self.frame().items(cx).into_iter().map(pick).collect();
        new_list(cx, items)
    }
    fn merge(&self, cx: &mut Cx, other: &Value) -> Res<()> {
        let mapping = match other.downcast::<FrameLocals>() {
            Some(_) => true,
            None => protocol::getattr_str_opt(cx, other, "keys")?.is_some(),
        };
        if !mapping {
            return Err(cx.type_error("update() argument must be dict or another FrameLocalsProxy"));
        }
        let d = crate::objects::dict::new_dict(cx)?;
        protocol::call_method(cx, &d, "update", std::slice::from_ref(other))?;
        if let Some(d) = d.downcast::<Dict>() {
            for (k, v) in d.entries(cx) {
                self.store(cx, &k, &v)?;
            }
        }
        Ok(())
    }
}

fn as_dict(cx: &mut Cx, v: &Value) -> Res<Option<Value>> {
    if let Some(p) = v.downcast::<FrameLocals>() {
        return p.copy_dict(cx).map(Some);
    }
    Ok(v.downcast::<Dict>().is_some().then(|| v.clone()))
}

#[pymethods]
impl FrameLocals {
    #[new]
    #[sig(frame, /)]
    fn new(_cls: &Type, frame: &FrameObj, cx: &mut Cx) -> Res<Value> {
        let f = frame.into_value(cx)?;
        new_proxy(cx, &f)
    }
    #[slot]
    fn len(&self, cx: &mut Cx) -> usize {
        self.frame().items(cx).len()
    }
    #[slot]
    fn getitem(&self, key: &Value, cx: &mut Cx) -> Res<Value> {
        match self.look(cx, key)? {
            Some(v) => Ok(v),
            None => {
                let k = protocol::repr_string(cx, key)?;
                Err(cx.raise(
                    ExcKind::KeyError,
                    format!("local variable '{k}' is not defined"),
                ))
            }
        }
    }
    #[slot]
    fn setitem(&self, key: &Value, value: Option<&Value>, cx: &mut Cx) -> Res<()> {
        match value {
            Some(v) => self.store(cx, key, v),
            None => match self.remove(cx, key)? {
                Some(_) => Ok(()),
                None => Err(cx.key_error(key)),
            },
        }
    }
    #[slot]
    fn contains(&self, key: &Value, cx: &mut Cx) -> Res<bool> {
        Ok(self.look(cx, key)?.is_some())
    }
    #[slot]
    fn iter(&self, cx: &mut Cx) -> Res<Value> {
        let keys = self.column(cx, |(k, _)| k)?;
        protocol::iter(cx, &keys)
    }
    #[slot]
    fn repr(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(p) = this.downcast::<FrameLocals>() else {
            return Err(cx.system_error("not a proxy"));
        };
        let shown = crate::objects::object::repr_guard(cx, &p.frame, |cx| {
            let d = p.copy_dict(cx)?;
            protocol::repr(cx, &d)
        })?;
        match shown {
            Some(r) => Ok(r),
            None => crate::objects::str::new_str(cx, "{...}"),
        }
    }
    #[slot]
    fn richcompare(&self, other: &Value, op: CmpOp, cx: &mut Cx) -> Res<Value> {
        if !matches!(op, CmpOp::Eq | CmpOp::Ne) {
            return Ok(Value::not_implemented());
        }
        let same = if let Some(o) = other.downcast::<FrameLocals>() {
            self.frame.is(&o.frame)
        } else if other.downcast::<Dict>().is_some() {
            let d = self.copy_dict(cx)?;
            protocol::equal(cx, &d, other)?
        } else {
            return Ok(Value::not_implemented());
        };
        Ok(Value::bool(same == (op == CmpOp::Eq)))
    }
    #[slot]
    fn or(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        let (a, b) = (as_dict(cx, left)?, as_dict(cx, right)?);
        match (a, b) {
            (Some(a), Some(b)) => protocol::binary(cx, protocol::BinOp::Or, &a, &b),
            _ => Ok(Value::not_implemented()),
        }
    }
    #[slot]
    fn ior(this: &Value, other: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(p) = this.downcast::<FrameLocals>() else {
            return Ok(Value::not_implemented());
        };
        p.merge(cx, other)?;
        Ok(this.clone())
    }
    fn keys(&self, cx: &mut Cx) -> Res<Value> {
        self.column(cx, |(k, _)| k)
    }
    fn values(&self, cx: &mut Cx) -> Res<Value> {
        self.column(cx, |(_, v)| v)
    }
    fn items(&self, cx: &mut Cx) -> Res<Value> {
        let mut out = Vec::new();
        for (k, v) in self.frame().items(cx) {
            out.push(new_tuple(cx, vec![k, v])?);
        }
        new_list(cx, out)
    }
    fn copy(&self, cx: &mut Cx) -> Res<Value> {
        self.copy_dict(cx)
    }
    fn __reversed__(&self, cx: &mut Cx) -> Res<Value> {
        let keys = self
            .frame()
            .items(cx)
            .into_iter()
            .rev()
            .map(|(k, _)| k)
            .collect();
        new_list(cx, keys)
    }
    #[sig(key, default = None, /)]
    fn get(&self, key: &Value, default: &Value, cx: &mut Cx) -> Res<Value> {
        Ok(self.look(cx, key)?.unwrap_or_else(|| default.clone()))
    }
    #[sig(key, default = None, /)]
    fn setdefault(&self, key: &Value, default: &Value, cx: &mut Cx) -> Res<Value> {
        if let Some(v) = self.look(cx, key)? {
            return Ok(v);
        }
        self.store(cx, key, default)?;
        Ok(default.clone())
    }
    #[sig(key, default = absent, /)]
    fn pop(&self, key: &Value, default: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        match (self.remove(cx, key)?, default) {
            (Some(v), _) => Ok(v),
            (None, Some(d)) => Ok(d.clone()),
            (None, None) => Err(cx.key_error(key)),
        }
    }
    #[sig(other, /)]
    fn update(&self, other: &Value, cx: &mut Cx) -> Res<()> {
        self.merge(cx, other)
    }
}
