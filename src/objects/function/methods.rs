//! What Python sees of functions and bound methods, and how the interpreter makes them.

use super::{Function, Method};
use crate::native::*;
use crate::objects::builtin::call::with_receiver;
use crate::objects::builtin::function::builtin_named;
use crate::objects::object::{alloc, methods::dict_in_slot, raise_attribute_error};
use crate::objects::tuple::new_tuple;
use crate::objects::{Cell, CodeObj, Dict, Module};
use crate::protocol;
use crate::slot_ext::SlotExt;
use typhon_runtime::info::type_flag;

/// The builtins namespace that code run in `globals` sees.
pub fn builtins_of(cx: &mut Cx, globals: &Dict) -> Res<Value> {
    if let Some(b) = globals.get_named(cx, "__builtins__") {
        return match b.downcast::<Module>().and_then(|m| m.dict.get(&m.head)) {
            Some(d) => Ok(d),
            None => super::view::dict_for(cx, b),
        };
    }
    match crate::caller::builtins(cx) {
        Some(b) => super::view::dict_for(cx, b),
        None => crate::objects::dict::new_dict(cx),
    }
}

/// A function of `code` in `globals`, without defaults or closure.
pub fn new_function(cx: &mut Cx, code: Value, globals: Value, builtins: Value) -> Res<Value> {
    make(cx, &code, &globals, builtins, None)
}

/// The same with the builtins that `globals` name.
pub fn new_function_in(
    cx: &mut Cx,
    code: &Value,
    globals: &Value,
    closure: Option<Value>,
) -> Res<Value> {
    let Some(g) = globals.downcast::<Dict>() else {
        return Err(cx.system_error("a function wants a dict of globals"));
    };
    let builtins = builtins_of(cx, g)?;
    make(cx, code, globals, builtins, closure)
}

fn make(
    cx: &mut Cx,
    code: &Value,
    globals: &Value,
    builtins: Value,
    closure: Option<Value>,
) -> Res<Value> {
    let Some(g) = globals.downcast::<Dict>() else {
        return Err(cx.system_error("a function wants a dict of globals"));
    };
    g.share(cx);
    if let Some(b) = builtins.downcast::<Dict>() {
        b.share(cx);
    }
    let name = crate::objects::str::intern::intern_static(cx, "__name__")?;
    let module = match name.downcast_exact::<Str>() {
        Some(name) => g.get_str(cx, name),
        None => None,
    };
    function_of(cx, code, globals, builtins, closure, module)
}

/// A function over code in namespaces that functions were made of before: they are shared dicts.
#[inline]
pub(crate) fn function_of(
    cx: &mut Cx,
    code: &Value,
    globals: &Value,
    builtins: Value,
    closure: Option<Value>,
    module: Option<Value>,
) -> Res<Value> {
    let Some(c) = code.downcast::<CodeObj>() else {
        return Err(cx.system_error("a function wants a code object"));
    };
    let f = Function {
        head: Header::placeholder(),
        code: Slot::new(Some(code.clone())),
        globals: globals.clone(),
        builtins: builtins.into_counted(),
        defaults: Slot::EMPTY,
        kwdefaults: Slot::EMPTY,
        closure: closure.map(Value::into_counted),
        name: Slot::new(Some(c.name.clone())),
        qualname: Slot::new(Some(c.qualname.clone())),
        doc: Slot::EMPTY,
        module: Slot::new(module),
        annotations: Slot::EMPTY,
        annotate: Slot::EMPTY,
        type_params: Slot::EMPTY,
        dict: Slot::EMPTY,
    };
    // R16: functions start counted; the names of modules and classes make them deferred.
    alloc(cx, Type::of::<Function>(), f)
}

impl Function {
    /// `__doc__`: what was stored there, else what stands first in the code.
    pub fn documentation(&self, cx: &mut Cx) -> Res<Value> {
        if let Some(v) = self.doc.get(&self.head) {
            return Ok(v);
        }
        let code = self.code.get(&self.head);
        let Some(c) = code.as_ref().and_then(|c| c.downcast::<CodeObj>()) else {
            return Ok(Value::none());
        };
        if c.flags & crate::objects::code::co::HAS_DOCSTRING == 0 {
            return Ok(Value::none());
        }
        let first = c.values(cx)?.consts().first().cloned();
        Ok(first.unwrap_or_else(Value::none))
    }
    /// Whether nothing is missed when the function dies some time after its last reference: its defaults are leaves
    /// without finalizers (R16).
    pub fn may_die_late(&self, cx: &mut Cx) -> bool {
        fn is_leaf(v: &Value) -> bool {
            v.header().is_none_or(|h| {
                h.is_uncounted_in_registers() || !h.info().has(type_flag::GC | type_flag::HAS_DEL)
            })
        }
        let (defaults, named) = (
            self.defaults.get(&self.head),
            self.kwdefaults.get(&self.head),
        );
        let defaults = defaults.as_ref().and_then(|d| d.downcast::<Tuple>());
        defaults.is_none_or(|t| t.items().iter().all(is_leaf))
            && match named.as_ref().and_then(|d| d.downcast::<Dict>()) {
                Some(d) => d.entries(cx).iter().all(|(_, v)| is_leaf(v)),
                None => true,
            }
    }
}

/// A bound method.
#[inline]
pub fn new_method(cx: &mut Cx, func: &Value, this: &Value) -> Res<Value> {
    let m = Method {
        head: Header::placeholder(),
        func: func.clone(),
        this: this.clone(),
    };
    alloc(cx, Type::of::<Method>(), m)
}

fn need<'a, T: PyType>(cx: &mut Cx, v: Option<&'a Value>, text: &str) -> Res<&'a Value> {
    match v {
        Some(v) if v.downcast::<T>().is_some() => Ok(v),
        _ => Err(cx.type_error(text)),
    }
}

/// The pairs of a flat tuple as a dict: how annotations under `from __future__ import annotations` are kept.
fn dict_of_pairs(cx: &mut Cx, t: &Tuple) -> Res<Value> {
    let d = crate::objects::dict::new_dict(cx)?;
    if let Some(dict) = d.downcast::<Dict>() {
        for pair in t.items().chunks_exact(2) {
            dict.set(cx, &pair[0], pair[1].clone())?;
        }
    }
    Ok(d)
}

#[pymethods]
impl Function {
    /// Everything that may be empty; the code stays, so that a call from a finalizer still has some.
    #[clear]
    fn break_cycle(&self, cx: &mut Cx) {
        drop(self.defaults.put(&self.head, cx, None));
        drop(self.kwdefaults.put(&self.head, cx, None));
        drop(self.doc.put(&self.head, cx, None));
        drop(self.module.put(&self.head, cx, None));
        drop(self.annotations.put(&self.head, cx, None));
        drop(self.annotate.put(&self.head, cx, None));
        drop(self.type_params.put(&self.head, cx, None));
        drop(self.dict.put(&self.head, cx, None));
    }
    #[new]
    #[sig(code, globals, name = None, argdefs = None, closure = None, kwdefaults = None)]
    #[allow(clippy::too_many_arguments)]
    fn new(
        _cls: &Type,
        code: &CodeObj,
        globals: &Dict,
        name: &Value,
        argdefs: &Value,
        closure: &Value,
        kwdefaults: &Value,
        cx: &mut Cx,
    ) -> Res<Value> {
        if !name.is_none() && name.downcast::<Str>().is_none() {
            return Err(cx.type_error("arg 3 (name) must be None or string"));
        }
        if !argdefs.is_none() && argdefs.downcast::<Tuple>().is_none() {
            return Err(cx.type_error("arg 4 (defaults) must be None or tuple"));
        }
        let nfree = code.nfree as usize;
        let cells = closure.downcast::<Tuple>();
        if cells.is_none() {
            if nfree > 0 && closure.is_none() {
                return Err(cx.type_error("arg 5 (closure) must be tuple"));
            }
            if !closure.is_none() {
                return Err(cx.type_error("arg 5 (closure) must be None or tuple"));
            }
        }
        if !kwdefaults.is_none() && kwdefaults.downcast::<Dict>().is_none() {
            return Err(cx.type_error("arg 6 (kwdefaults) must be None or dict"));
        }
        let given = cells.map_or(0, Tuple::len);
        if given != nfree {
            let n = code
                .name
                .downcast::<Str>()
                .map(|s| s.to_string_lossy())
                .unwrap_or_default();
            return Err(cx.value_error(format!(
                "{n} requires closure of length {nfree}, not {given}"
            )));
        }
        if let Some(cells) = cells {
            for c in cells.items() {
                if c.downcast::<Cell>().is_none() {
                    let t = c.type_name();
                    return Err(cx.type_error(format!("arg 5 (closure) expected cell, found {t}")));
                }
            }
        }
        let (code, globals) = (code.into_value(cx)?, globals.into_value(cx)?);
        let v = new_function_in(
            cx,
            &code,
            &globals,
            if nfree > 0 {
                Some(closure.clone())
            } else {
                None
            },
        )?;
        if let Some(f) = v.downcast::<Function>() {
            if !name.is_none() {
                drop(f.name.put(&f.head, cx, Some(name.clone())));
            }
            if !argdefs.is_none() {
                drop(f.defaults.put(&f.head, cx, Some(argdefs.clone())));
            }
            if !kwdefaults.is_none() {
                drop(f.kwdefaults.put(&f.head, cx, Some(kwdefaults.clone())));
            }
        }
        Ok(v)
    }
    #[slot]
    fn call(this: &Value, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        crate::call::call_function(cx, this, args)
    }
    #[slot]
    fn descr_get(
        this: &Value,
        obj: Option<&Value>,
        _ty: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<Value> {
        match obj {
            Some(o) if !o.is_none() => new_method(cx, this, o),
            _ => Ok(this.clone()),
        }
    }
    #[slot]
    fn repr(&self) -> String {
        format!(
            "<function {} at {:#x}>",
            super::qualname(self),
            &raw const *self as u64
        )
    }

    #[getter]
    fn __code__(&self) -> Option<Value> {
        self.code.get(&self.head)
    }
    #[setter]
    fn set___code__(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let v = need::<CodeObj>(cx, v, "__code__ must be set to a code object")?;
        let nfree = v.downcast::<CodeObj>().map_or(0, |c| c.nfree as usize);
        let have = self
            .closure
            .as_ref()
            .and_then(|c| c.downcast::<Tuple>())
            .map_or(0, Tuple::len);
        if nfree != have {
            let n = self
                .name
                .get(&self.head)
                .and_then(|n| n.downcast::<Str>().map(|s| s.to_string_lossy()))
                .unwrap_or_default();
            return Err(cx.value_error(format!(
                "{n}() requires a code object with {have} free vars, not {nfree}"
            )));
        }
        use crate::objects::code::co;
        let kind = co::GENERATOR | co::COROUTINE | co::ASYNC_GENERATOR;
        if let Some(new) = v.downcast::<CodeObj>()
            && (new.flags ^ self.code().flags) & kind != 0
        {
            let text = "Assigning a code object of non-matching type is deprecated (e.g., from a generator to a plain function)";
            cx.warn(ExcKind::DeprecationWarning, text)?;
        }
        // The documentation stays that of the first code.
        let doc = self.documentation(cx)?;
        drop(self.doc.put(&self.head, cx, Some(doc)));
        let old = self.code.put(&self.head, cx, Some(v.clone()));
        // A frame may be running the old code, which it names through the function only: it is kept for good.
        if let Some(h) = old.as_ref().and_then(Value::header) {
            h.set_immortal();
        }
        Ok(())
    }
    #[member]
    #[getter]
    fn __globals__(&self) -> Value {
        self.globals.clone()
    }
    #[member]
    #[getter]
    fn __builtins__(&self) -> Value {
        super::view::shown(&self.builtins)
    }
    #[member]
    #[getter]
    fn __closure__(&self) -> Option<Value> {
        self.closure.clone()
    }
    #[getter]
    fn __defaults__(&self) -> Option<Value> {
        self.defaults.get(&self.head)
    }
    #[setter]
    fn set___defaults__(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let v = v.filter(|v| !v.is_none());
        if v.is_some() {
            need::<Tuple>(cx, v, "__defaults__ must be set to a tuple object")?;
        }
        drop(self.defaults.put(&self.head, cx, v.cloned()));
        Ok(())
    }
    #[getter]
    fn __kwdefaults__(&self) -> Option<Value> {
        self.kwdefaults.get(&self.head)
    }
    #[setter]
    fn set___kwdefaults__(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let v = v.filter(|v| !v.is_none());
        if v.is_some() {
            need::<Dict>(cx, v, "__kwdefaults__ must be set to a dict object")?;
        }
        drop(self.kwdefaults.put(&self.head, cx, v.cloned()));
        Ok(())
    }
    #[getter]
    fn __name__(&self) -> Option<Value> {
        self.name.get(&self.head)
    }
    #[setter]
    fn set___name__(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let v = need::<Str>(cx, v, "__name__ must be set to a string object")?;
        drop(self.name.put(&self.head, cx, Some(v.clone())));
        Ok(())
    }
    #[getter]
    fn __qualname__(&self) -> Option<Value> {
        self.qualname.get(&self.head)
    }
    #[setter]
    fn set___qualname__(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let v = need::<Str>(cx, v, "__qualname__ must be set to a string object")?;
        drop(self.qualname.put(&self.head, cx, Some(v.clone())));
        Ok(())
    }
    #[getter]
    fn __doc__(&self, cx: &mut Cx) -> Res<Value> {
        self.documentation(cx)
    }
    #[setter]
    fn set___doc__(&self, v: Option<&Value>, cx: &mut Cx) {
        let v = v.cloned().unwrap_or_else(Value::none);
        drop(self.doc.put(&self.head, cx, Some(v)));
    }
    #[getter]
    fn __module__(&self) -> Option<Value> {
        self.module.get(&self.head)
    }
    #[setter]
    fn set___module__(&self, v: Option<&Value>, cx: &mut Cx) {
        drop(self.module.put(&self.head, cx, v.cloned()));
    }
    #[getter]
    fn __annotations__(&self, cx: &mut Cx) -> Res<Value> {
        let made = match self.annotations.get(&self.head) {
            Some(a) => match a.downcast::<Tuple>() {
                Some(t) => dict_of_pairs(cx, t)?,
                None => return Ok(a),
            },
            None => match self.annotate.get(&self.head) {
                Some(f) if protocol::is_callable(&f) => {
                    let d = protocol::call(cx, &f, &[Value::small_int(1)])?;
                    if d.downcast::<Dict>().is_none() {
                        let t = d.type_name();
                        return Err(
                            cx.type_error(format!("__annotate__ returned non-dict of type '{t}'"))
                        );
                    }
                    d
                }
                _ => crate::objects::dict::new_dict(cx)?,
            },
        };
        drop(self.annotations.put(&self.head, cx, Some(made.clone())));
        Ok(made)
    }
    #[setter]
    fn set___annotations__(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let v = v.filter(|v| !v.is_none());
        if v.is_some() {
            need::<Dict>(cx, v, "__annotations__ must be set to a dict object")?;
        }
        drop(self.annotations.put(&self.head, cx, v.cloned()));
        drop(self.annotate.put(&self.head, cx, None));
        Ok(())
    }
    #[getter]
    fn __annotate__(&self) -> Option<Value> {
        self.annotate.get(&self.head)
    }
    #[setter]
    fn set___annotate__(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let Some(v) = v else {
            return Err(cx.type_error("__annotate__ cannot be deleted"));
        };
        if v.is_none() {
            drop(self.annotate.put(&self.head, cx, None));
            return Ok(());
        }
        if !protocol::is_callable(v) {
            return Err(cx.type_error("__annotate__ must be callable or None"));
        }
        drop(self.annotate.put(&self.head, cx, Some(v.clone())));
        drop(self.annotations.put(&self.head, cx, None));
        Ok(())
    }
    #[getter]
    fn __type_params__(&self, cx: &mut Cx) -> Res<Value> {
        match self.type_params.get(&self.head) {
            Some(t) => Ok(t),
            None => new_tuple(cx, vec![]),
        }
    }
    #[setter]
    fn set___type_params__(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let v = need::<Tuple>(cx, v, "__type_params__ must be set to a tuple")?;
        drop(self.type_params.put(&self.head, cx, Some(v.clone())));
        Ok(())
    }
    #[getter]
    fn __dict__(&self, cx: &mut Cx) -> Res<Value> {
        dict_in_slot(cx, &self.head, &self.dict)
    }
    #[setter]
    fn set___dict__(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let Some(v) = v else {
            return Err(cx.type_error("cannot delete __dict__"));
        };
        if v.downcast::<Dict>().is_none() {
            let t = v.type_name();
            return Err(cx.type_error(format!("__dict__ must be set to a dictionary, not a '{t}'")));
        }
        drop(self.dict.put(&self.head, cx, Some(v.clone())));
        Ok(())
    }
}

#[pymethods]
impl Method {
    /// It is bound already.
    #[slot]
    fn descr_get(this: &Value, _obj: Option<&Value>, _ty: Option<&Value>) -> Value {
        this.clone()
    }
    #[new]
    fn new(_cls: &Type, function: &Value, instance: &Value, cx: &mut Cx) -> Res<Value> {
        if !protocol::is_callable(function) {
            return Err(cx.type_error("first argument must be callable"));
        }
        if instance.is_none() {
            return Err(cx.type_error("instance must not be None"));
        }
        new_method(cx, function, instance)
    }
    #[slot]
    fn call(&self, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        with_receiver(cx, &self.this, args, |cx, args| {
            protocol::call_args(cx, &self.func, args)
        })
    }
    #[slot]
    fn repr(&self, cx: &mut Cx) -> Res<String> {
        let mut name = None;
        for n in ["__qualname__", "__name__"] {
            if let Some(v) = protocol::getattr_str_opt(cx, &self.func, n)?
                && let Some(s) = v.downcast::<Str>()
            {
                name = Some(s.to_string_lossy());
                break;
            }
        }
        let this = protocol::repr_string(cx, &self.this)?;
        Ok(format!(
            "<bound method {} of {this}>",
            name.as_deref().unwrap_or("?")
        ))
    }
    #[slot]
    fn richcompare(&self, other: &Method, op: CmpOp, cx: &mut Cx) -> Res<Value> {
        if !matches!(op, CmpOp::Eq | CmpOp::Ne) {
            return Ok(Value::not_implemented());
        }
        let same = self.this.is(&other.this) && protocol::equal(cx, &self.func, &other.func)?;
        Ok(Value::bool(same == (op == CmpOp::Eq)))
    }
    #[slot]
    fn hash(&self, cx: &mut Cx) -> Res<i64> {
        let f = protocol::hash(cx, &self.func)?;
        Ok((crate::objects::object::hash::hash_pointer(&self.this) ^ f).max(i64::MIN + 1))
            .map(|h| if h == -1 { -2 } else { h })
    }
    /// The attributes of the method's own class, then those of the function.
    #[slot]
    fn getattro(this: &Value, name: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(m) = this.downcast::<Method>() else {
            return Err(cx.system_error("not a method"));
        };
        let interned = crate::objects::str::intern::intern(name);
        if let Some(d) = this.ty().lookup(cx, &interned) {
            return match d.ty().slots.descr_get.get() {
                Some(get) => {
                    let t = this.ty().value();
                    get(cx, &d, Some(this), Some(&t))
                }
                None => Ok(d),
            };
        }
        match protocol::getattr_opt(cx, &m.func, &interned)? {
            Some(v) => Ok(v),
            None => {
                let n = interned
                    .downcast::<Str>()
                    .map(|s| s.to_string_lossy())
                    .unwrap_or_default();
                let t = m.func.type_name();
                Err(raise_attribute_error(
                    cx,
                    &format!("'{t}' object has no attribute '{n}'"),
                    &m.func,
                    &interned,
                ))
            }
        }
    }
    /// the function (or other callable) implementing a method
    #[member]
    #[getter]
    fn __func__(&self) -> Value {
        self.func.clone()
    }
    /// the instance to which a method is bound
    #[member]
    #[getter]
    fn __self__(&self) -> Value {
        self.this.clone()
    }
    #[getter]
    fn __doc__(&self, cx: &mut Cx) -> Res<Value> {
        Ok(protocol::getattr_str_opt(cx, &self.func, "__doc__")?.unwrap_or_else(Value::none))
    }
    fn __reduce__(&self, cx: &mut Cx) -> Res<Value> {
        let name = protocol::getattr_str(cx, &self.func, "__name__")?;
        let getattr = builtin_named(cx, "getattr")?;
        let args = new_tuple(cx, vec![self.this.clone(), name])?;
        new_tuple(cx, vec![getattr, args])
    }
}
