//! `builtin_function_or_method`, and the `__new__` of native types as Python sees it.

use super::Builtin;
use crate::native::*;
use crate::objects::Module;
use crate::objects::object::alloc;
use crate::objects::str::new_str;
use crate::objects::tuple::new_tuple;
use crate::objects::typeobj::methods::{qualname_of, type_new_base};
use crate::protocol;

/// A native function (`this` None) or a native method bound to `this`. `module` is the module or its name.
pub fn new_builtin(
    cx: &mut Cx,
    def: &'static MethodDef,
    this: Option<Value>,
    module: Option<Value>,
) -> Res<Value> {
    let b = Builtin {
        head: Header::placeholder(),
        def,
        this: this.map(Value::into_counted),
        module: module.map(Value::into_counted),
    };
    alloc(cx, Type::of::<Builtin>(), b)
}

impl Builtin {
    /// The class of a static method.
    fn class(&self) -> Option<&Type> {
        self.module.as_ref().and_then(|m| m.downcast::<Type>())
    }
    /// The object it is bound to, the module of a function included.
    fn owner(&self) -> Option<&Value> {
        self.this.as_ref().or_else(|| {
            self.module
                .as_ref()
                .filter(|m| m.downcast::<Module>().is_some())
        })
    }
}

#[pymethods]
impl Builtin {
    #[slot]
    fn call(&self, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        self.invoke(cx, args)
    }
    #[slot]
    fn repr(&self) -> String {
        match &self.this {
            Some(t) if t.downcast::<Module>().is_none() => {
                format!(
                    "<built-in method {} of {} object at {:#x}>",
                    self.def.name,
                    t.type_name(),
                    t.bits() & !7
                )
            }
            _ => match self.class() {
                Some(t) => format!(
                    "<built-in method {} of type object at {:#x}>",
                    self.def.name,
                    t.value().bits() & !7
                ),
                None => format!("<built-in function {}>", self.def.name),
            },
        }
    }
    #[slot]
    fn richcompare(&self, other: &Builtin, op: CmpOp) -> Value {
        let same = std::ptr::eq(self.def, other.def)
            && match (&self.this, &other.this) {
                (None, None) => true,
                (Some(a), Some(b)) => a.is(b),
                _ => false,
            };
        match op {
            CmpOp::Eq => Value::bool(same),
            CmpOp::Ne => Value::bool(!same),
            _ => Value::not_implemented(),
        }
    }
    #[slot]
    fn hash(&self) -> i64 {
        let a = self.this.as_ref().map_or(0, |t| t.bits() & !7);
        ((a >> 4) ^ (&raw const *self.def as u64 >> 3)) as i64 & i64::MAX
    }
    #[getter]
    fn __name__(&self) -> &'static str {
        self.def.name
    }
    #[getter]
    fn __qualname__(&self, cx: &mut Cx) -> Res<String> {
        let Some(t) = &self.this else {
            return Ok(match self.class() {
                Some(t) => format!("{}.{}", qualname_of(t), self.def.name),
                None => self.def.name.to_owned(),
            });
        };
        if t.downcast::<Module>().is_some() {
            return Ok(self.def.name.to_owned());
        }
        let q = match t.downcast::<Type>() {
            Some(t) => qualname_of(t),
            None => qualname_of(t.ty()),
        };
        let _ = cx;
        Ok(format!("{q}.{}", self.def.name))
    }
    #[getter]
    fn __self__(&self) -> Option<Value> {
        self.owner().cloned()
    }
    #[member]
    #[getter]
    fn __module__(&self, cx: &mut Cx) -> Res<Option<Value>> {
        match &self.module {
            Some(m) if m.downcast::<Module>().is_some() => {
                protocol::getattr_str(cx, m, "__name__").map(Some)
            }
            Some(m) if m.downcast::<Type>().is_none() => Ok(Some(m.clone())),
            _ => Ok(None),
        }
    }
    #[getter]
    fn __doc__(&self) -> Option<&'static str> {
        if self.def.doc.is_empty() {
            None
        } else {
            Some(self.def.doc)
        }
    }
    #[getter]
    fn __text_signature__(&self) -> Option<&'static str> {
        self.def.text_signature
    }
    fn __reduce__(&self, cx: &mut Cx) -> Res<Value> {
        let name = new_str(cx, self.def.name)?;
        let class = self.class().map(Type::value);
        match self.this.as_ref().or(class.as_ref()) {
            Some(t) if t.downcast::<Module>().is_none() => {
                let getattr = builtin_named(cx, "getattr")?;
                let args = new_tuple(cx, vec![t.clone(), name])?;
                new_tuple(cx, vec![getattr, args])
            }
            _ => Ok(name),
        }
    }
}

/// A function of module `builtins`, for `__reduce__`.
pub fn builtin_named(cx: &mut Cx, name: &'static str) -> Res<Value> {
    let builtins = crate::objects::module::methods::builtins_module(cx)?;
    protocol::getattr_str(cx, &builtins, name)
}

// ---- __new__ -------------------------------------------------------------------------------------------------------

static NEW_DEF: MethodDef = MethodDef {
    name: "__new__",
    call: call_new,
    doc: "Create and return a new object.  See help(type) for accurate signature.",
    text_signature: Some("($type, *args, **kwargs)"),
    kind: MethodKind::StaticMethod,
    min: 0,
    max: 255,
    takes_keywords: true,
    quick: None,
};

/// `T.__new__` of a native type.
pub fn new_dunder_new(cx: &mut Cx, t: &Type) -> Res<Value> {
    new_builtin(cx, &NEW_DEF, Some(t.value()), None)
}

/// The type whose native `__new__` this is.
pub fn is_dunder_new(v: &Value) -> Option<&Type> {
    let b = v.downcast_exact::<Builtin>()?;
    if !std::ptr::eq(b.def, &NEW_DEF) {
        return None;
    }
    b.this.as_ref()?.downcast::<Type>()
}

/// `T.__new__(cls, ...)`: the type comes first, as the receiver.
fn call_new(cx: &mut Cx, args: Args<'_>) -> Res<Value> {
    let Some(owner) = args.pos.first().and_then(|v| v.downcast::<Type>()) else {
        return Err(cx.system_error("__new__ without its type"));
    };
    let name = owner.name();
    let Some(cls_v) = args.pos.get(1) else {
        return Err(cx.type_error(format!("{name}.__new__(): not enough arguments")));
    };
    let Some(cls) = cls_v.downcast::<Type>() else {
        let t = cls_v.type_name();
        return Err(cx.type_error(format!("{name}.__new__(X): X is not a type object ({t})")));
    };
    if !cls.is_subtype_of(owner) {
        let c = cls.name();
        return Err(cx.type_error(format!(
            "{name}.__new__({c}): {c} is not a subtype of {name}"
        )));
    }
    if cls.has(crate::objects::typeobj::flag::NO_NEW)
        && !cls.has(crate::objects::typeobj::flag::HEAP)
    {
        let c = cls.full_name();
        return Err(cx.type_error(format!("cannot create '{c}' instances")));
    }
    let base = type_new_base(cls);
    if base.slots.new.bits() != owner.slots.new.bits() {
        let (c, b) = (cls.name(), base.name());
        return Err(cx.type_error(format!(
            "{name}.__new__({c}) is not safe, use {b}.__new__()"
        )));
    }
    match owner.slots.new.get() {
        Some(new) => new(
            cx,
            cls,
            Args {
                pos: &args.pos[2..],
                ..args
            },
        ),
        None => Err(cx.type_error(format!("cannot create '{name}' instances"))),
    }
}
