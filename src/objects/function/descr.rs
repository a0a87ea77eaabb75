//! The descriptors around functions: `staticmethod`, `classmethod`, `property`.

use super::methods::new_method;
use crate::native::*;
use crate::objects::Dict;
use crate::objects::object::methods::dict_in_slot;
use crate::objects::object::{alloc, raise_attribute_error};
use crate::objects::str::intern::intern_str;
use crate::objects::typeobj::methods::qualname_of;
use crate::protocol;
use crate::slot_ext::SlotExt;

/// Convert a function to be a static method.
///
/// A static method does not receive an implicit first argument.
/// To declare a static method, use this idiom:
///
///      class C:
///          @staticmethod
///          def f(arg1, arg2, argN):
///              ...
///
/// It can be called either on the class (e.g. C.f()) or on an instance
/// (e.g. C().f()). Both the class and the instance are ignored, and
/// neither is passed implicitly as the first argument to the method.
///
/// Static methods in Python are similar to those found in Java or C++.
/// For a more advanced concept, see the classmethod builtin.
#[pytype(name = "staticmethod", gc, basetype, has_dict, weakrefable, static_index = STATICMETHOD)]
pub struct StaticMethod {
    pub head: Header,
    pub func: Slot,
    pub dict: Slot,
}

/// Convert a function to be a class method.
///
/// A class method receives the class as implicit first argument,
/// just like an instance method receives the instance.
/// To declare a class method, use this idiom:
///
///   class C:
///       @classmethod
///       def f(cls, arg1, arg2, argN):
///           ...
///
/// It can be called either on the class (e.g. C.f()) or on an instance
/// (e.g. C().f()).  The instance is ignored except for its class.
/// If a class method is called for a derived class, the derived class
/// object is passed as the implied first argument.
#[pytype(name = "classmethod", gc, basetype, has_dict, weakrefable, static_index = CLASSMETHOD)]
pub struct ClassMethod {
    pub head: Header,
    pub func: Slot,
    pub dict: Slot,
}

/// `staticmethod(func)`.
pub fn new_staticmethod(cx: &mut Cx, func: Value) -> Res<Value> {
    let v = alloc(
        cx,
        Type::of::<StaticMethod>(),
        StaticMethod {
            head: Header::placeholder(),
            func: Slot::new(Some(func)),
            dict: Slot::EMPTY,
        },
    )?;
    Ok(v)
}

/// `classmethod(func)`.
pub fn new_classmethod(cx: &mut Cx, func: Value) -> Res<Value> {
    alloc(
        cx,
        Type::of::<ClassMethod>(),
        ClassMethod {
            head: Header::placeholder(),
            func: Slot::new(Some(func)),
            dict: Slot::EMPTY,
        },
    )
}

/// Take over what `functools.wraps` would.
fn copy_names(cx: &mut Cx, dict: &Value, func: &Value) -> Res<()> {
    let Some(d) = dict.downcast::<Dict>() else {
        return Ok(());
    };
    for n in ["__module__", "__name__", "__qualname__", "__doc__"] {
        if let Some(v) = protocol::getattr_str_opt(cx, func, n)? {
            d.set_str(cx, n, v)?;
        }
    }
    Ok(())
}

fn is_abstract(cx: &mut Cx, f: Option<Value>) -> Res<bool> {
    let Some(f) = f else { return Ok(false) };
    match protocol::getattr_str_opt(cx, &f, "__isabstractmethod__")? {
        Some(v) => protocol::truthy(cx, &v),
        None => Ok(false),
    }
}

fn wrapper_repr(cx: &mut Cx, kind: &str, f: Option<Value>) -> Res<String> {
    let f = f.unwrap_or_else(Value::none);
    Ok(format!("<{kind}({})>", protocol::repr_string(cx, &f)?))
}

/// An attribute read through to the wrapped function, then kept in the wrapper's own dict.
fn through(cx: &mut Cx, head: &Header, dict: &Slot, func: &Slot, name: &'static str) -> Res<Value> {
    let d = dict_in_slot(cx, head, dict)?;
    let Some(d) = d.downcast::<Dict>() else {
        return Err(cx.system_error("not a dict"));
    };
    if let Some(v) = d.get_named(cx, name) {
        return Ok(v);
    }
    let f = func.get(head).unwrap_or_else(Value::none);
    let v = protocol::getattr_str(cx, &f, name)?;
    d.set_str(cx, name, v.clone())?;
    Ok(v)
}

fn store_through(
    cx: &mut Cx,
    head: &Header,
    dict: &Slot,
    name: &str,
    v: Option<&Value>,
) -> Res<()> {
    let d = dict_in_slot(cx, head, dict)?;
    let Some(d) = d.downcast::<Dict>() else {
        return Err(cx.system_error("not a dict"));
    };
    let n = intern_str(cx, name)?;
    match v {
        Some(v) => d.set(cx, &n, v.clone()),
        None => match d.remove(cx, &n)? {
            Some(_) => Ok(()),
            None => Err(cx.attribute_error(name)),
        },
    }
}

/// `__init__`: the function. A second one changes what inline caches have kept of the first, by the classes' versions: so
/// all of them end.
fn rebind(cx: &mut Cx, slot: &Slot, head: &Header, function: &Value) {
    let old = slot.put(head, cx, Some(function.clone()));
    if old.is_some() {
        forget_caches(cx);
    }
    drop(old);
}

/// End what inline caches have kept of any class.
fn forget_caches(cx: &mut Cx) {
    Type::from_word(crate::statics::word::OBJECT).invalidate(cx);
}

#[pymethods]
impl StaticMethod {
    #[clear]
    fn break_cycle(&self, cx: &mut Cx) {
        drop(self.func.put(&self.head, cx, None));
        drop(self.dict.put(&self.head, cx, None));
    }
    #[new]
    fn new(cls: &Type, _args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        alloc(
            cx,
            cls,
            StaticMethod {
                head: Header::placeholder(),
                func: Slot::EMPTY,
                dict: Slot::EMPTY,
            },
        )
    }
    #[init]
    #[sig(function, /)]
    fn init(&self, function: &Value, cx: &mut Cx) -> Res<()> {
        rebind(cx, &self.func, &self.head, function);
        let d = dict_in_slot(cx, &self.head, &self.dict)?;
        copy_names(cx, &d, function)
    }
    #[slot]
    fn call(&self, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        match self.func.get(&self.head) {
            Some(f) => protocol::call_args(cx, &f, args),
            None => Err(cx.runtime_error("uninitialized staticmethod object")),
        }
    }
    #[slot]
    fn descr_get(&self, _obj: Option<&Value>, _ty: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        match self.func.get(&self.head) {
            Some(f) => Ok(f),
            None => Err(cx.runtime_error("uninitialized staticmethod object")),
        }
    }
    #[slot]
    fn repr(&self, cx: &mut Cx) -> Res<String> {
        wrapper_repr(cx, "staticmethod", self.func.get(&self.head))
    }
    #[member]
    #[getter]
    fn __func__(&self) -> Option<Value> {
        self.func.get(&self.head)
    }
    #[member]
    #[getter]
    fn __wrapped__(&self) -> Option<Value> {
        self.func.get(&self.head)
    }
    #[getter]
    fn __isabstractmethod__(&self, cx: &mut Cx) -> Res<bool> {
        is_abstract(cx, self.func.get(&self.head))
    }
    #[getter]
    fn __annotations__(&self, cx: &mut Cx) -> Res<Value> {
        through(cx, &self.head, &self.dict, &self.func, "__annotations__")
    }
    #[setter]
    fn set___annotations__(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        store_through(cx, &self.head, &self.dict, "__annotations__", v)
    }
    #[getter]
    fn __annotate__(&self, cx: &mut Cx) -> Res<Value> {
        through(cx, &self.head, &self.dict, &self.func, "__annotate__")
    }
    #[setter]
    fn set___annotate__(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        store_through(cx, &self.head, &self.dict, "__annotate__", v)
    }
    #[getter]
    fn __dict__(&self, cx: &mut Cx) -> Res<Value> {
        dict_in_slot(cx, &self.head, &self.dict)
    }
    #[classmethod]
    fn __class_getitem__(cls: &Type, item: &Value, cx: &mut Cx) -> Res<Value> {
        crate::objects::genericalias::new(cx, &cls.value(), item)
    }
}

#[pymethods]
impl ClassMethod {
    #[clear]
    fn break_cycle(&self, cx: &mut Cx) {
        drop(self.func.put(&self.head, cx, None));
        drop(self.dict.put(&self.head, cx, None));
    }
    #[new]
    fn new(cls: &Type, _args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        alloc(
            cx,
            cls,
            ClassMethod {
                head: Header::placeholder(),
                func: Slot::EMPTY,
                dict: Slot::EMPTY,
            },
        )
    }
    #[init]
    #[sig(function, /)]
    fn init(&self, function: &Value, cx: &mut Cx) -> Res<()> {
        rebind(cx, &self.func, &self.head, function);
        let d = dict_in_slot(cx, &self.head, &self.dict)?;
        copy_names(cx, &d, function)
    }
    #[slot]
    fn descr_get(&self, obj: Option<&Value>, ty: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let Some(f) = self.func.get(&self.head) else {
            return Err(cx.runtime_error("uninitialized classmethod object"));
        };
        match (ty, obj) {
            (Some(t), _) => new_method(cx, &f, t),
            (None, Some(o)) => new_method(cx, &f, &o.ty().value()),
            (None, None) => Err(cx.type_error("__get__(None, None) is invalid")),
        }
    }
    #[slot]
    fn repr(&self, cx: &mut Cx) -> Res<String> {
        wrapper_repr(cx, "classmethod", self.func.get(&self.head))
    }
    #[member]
    #[getter]
    fn __func__(&self) -> Option<Value> {
        self.func.get(&self.head)
    }
    #[member]
    #[getter]
    fn __wrapped__(&self) -> Option<Value> {
        self.func.get(&self.head)
    }
    #[getter]
    fn __isabstractmethod__(&self, cx: &mut Cx) -> Res<bool> {
        is_abstract(cx, self.func.get(&self.head))
    }
    #[getter]
    fn __annotations__(&self, cx: &mut Cx) -> Res<Value> {
        through(cx, &self.head, &self.dict, &self.func, "__annotations__")
    }
    #[setter]
    fn set___annotations__(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        store_through(cx, &self.head, &self.dict, "__annotations__", v)
    }
    #[getter]
    fn __annotate__(&self, cx: &mut Cx) -> Res<Value> {
        through(cx, &self.head, &self.dict, &self.func, "__annotate__")
    }
    #[setter]
    fn set___annotate__(&self, v: Option<&Value>, cx: &mut Cx) -> Res<()> {
        store_through(cx, &self.head, &self.dict, "__annotate__", v)
    }
    #[getter]
    fn __dict__(&self, cx: &mut Cx) -> Res<Value> {
        dict_in_slot(cx, &self.head, &self.dict)
    }
    #[classmethod]
    fn __class_getitem__(cls: &Type, item: &Value, cx: &mut Cx) -> Res<Value> {
        crate::objects::genericalias::new(cx, &cls.value(), item)
    }
}

/// Property attribute.
///
///   fget
///     function to be used for getting an attribute value
///   fset
///     function to be used for setting an attribute value
///   fdel
///     function to be used for del'ing an attribute
///   doc
///     docstring
///
/// Typical use is to define a managed attribute x:
///
/// class C(object):
///     def getx(self): return self._x
///     def setx(self, value): self._x = value
///     def delx(self): del self._x
///     x = property(getx, setx, delx, "I'm the 'x' property.")
///
/// Decorators make defining new properties or modifying existing ones easy:
///
/// class C(object):
///     @property
///     def x(self):
///         "I am the 'x' property."
///         return self._x
///     @x.setter
///     def x(self, value):
///         self._x = value
///     @x.deleter
///     def x(self):
///         del self._x
#[pytype(name = "property", gc, basetype, static_index = PROPERTY)]
pub struct Property {
    pub head: Header,
    pub get: Slot,
    pub set: Slot,
    pub del: Slot,
    pub doc: Slot,
    pub name: Slot,
    /// Whether the doc came from the getter.
    pub getter_doc: std::sync::atomic::AtomicBool,
}

fn empty_property() -> Property {
    Property {
        head: Header::placeholder(),
        get: Slot::EMPTY,
        set: Slot::EMPTY,
        del: Slot::EMPTY,
        doc: Slot::EMPTY,
        name: Slot::EMPTY,
        getter_doc: std::sync::atomic::AtomicBool::new(false),
    }
}

impl Property {
    /// The name for messages and `__name__`.
    fn any_name(&self, cx: &mut Cx) -> Res<Option<Value>> {
        if let Some(n) = self.name.get(&self.head) {
            return Ok(Some(n));
        }
        match self.get.get(&self.head) {
            Some(f) => protocol::getattr_str_opt(cx, &f, "__name__"),
            None => Ok(None),
        }
    }
    #[cold]
    fn lacks(&self, cx: &mut Cx, obj: &Value, what: &str) -> Raised {
        let q = qualname_of(obj.ty());
        let name = match self.any_name(cx) {
            Ok(n) => n,
            Err(r) => return r,
        };
        match name {
            Some(n) => match protocol::repr_string(cx, &n) {
                Ok(n) => cx.attribute_error(format!("property {n} of '{q}' object has no {what}")),
                Err(r) => r,
            },
            None => cx.attribute_error(format!("property of '{q}' object has no {what}")),
        }
    }
}

/// A copy with one function replaced.
fn changed(
    cx: &mut Cx,
    this: &Value,
    get: Option<&Value>,
    set: Option<&Value>,
    del: Option<&Value>,
) -> Res<Value> {
    let Some(p) = this.downcast::<Property>() else {
        return Err(cx.system_error("not a property"));
    };
    let pick = |new: Option<&Value>, old: &Slot| match new {
        Some(v) if !v.is_none() => v.clone(),
        _ => old.get(&p.head).unwrap_or_else(Value::none),
    };
    let (g, s, d) = (pick(get, &p.get), pick(set, &p.set), pick(del, &p.del));
    let doc = if p.getter_doc.load(std::sync::atomic::Ordering::Relaxed) && !g.is_none() {
        Value::none()
    } else {
        p.doc.get(&p.head).unwrap_or_else(Value::none)
    };
    let cls = this.ty().value();
    let made = protocol::call(cx, &cls, &[g, s, d, doc])?;
    if let Some(q) = made.downcast::<Property>() {
        let name = p.name.get(&p.head);
        drop(q.name.put(&q.head, cx, name));
    }
    Ok(made)
}

#[pymethods]
impl Property {
    #[clear]
    fn break_cycle(&self, cx: &mut Cx) {
        drop(self.get.put(&self.head, cx, None));
        drop(self.set.put(&self.head, cx, None));
        drop(self.del.put(&self.head, cx, None));
        drop(self.doc.put(&self.head, cx, None));
        drop(self.name.put(&self.head, cx, None));
    }
    #[new]
    fn new(cls: &Type, _args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        alloc(cx, cls, empty_property())
    }
    #[init]
    #[sig(fget = None, fset = None, fdel = None, doc = None)]
    fn init(
        this: &Value,
        fget: &Value,
        fset: &Value,
        fdel: &Value,
        doc: &Value,
        cx: &mut Cx,
    ) -> Res<()> {
        let Some(p) = this.downcast::<Property>() else {
            return Err(cx.system_error("not a property"));
        };
        let given = |v: &Value| if v.is_none() { None } else { Some(v.clone()) };
        let old = p.get.put(&p.head, cx, given(fget));
        if old.is_some() {
            forget_caches(cx);
        }
        drop(old);
        drop(p.set.put(&p.head, cx, given(fset)));
        drop(p.del.put(&p.head, cx, given(fdel)));
        drop(p.name.put(&p.head, cx, None));
        let mut text = given(doc);
        let mut from_getter = false;
        if text.is_none() && !fget.is_none() {
            text = protocol::getattr_str_opt(cx, fget, "__doc__")?.filter(|d| !d.is_none());
            from_getter = text.is_some();
        }
        p.getter_doc
            .store(from_getter, std::sync::atomic::Ordering::Relaxed);
        if this.class_word() != crate::statics::word::PROPERTY {
            // A subclass keeps its doc among the instance's attributes, where it hides the class's own.
            let v = text.clone().unwrap_or_else(Value::none);
            if let Err(r) = protocol::setattr_str(cx, this, "__doc__", &v) {
                // One that was given is dropped without a word; that of the getter is not.
                if from_getter {
                    return Err(r);
                }
                cx.catch(r, ExcKind::AttributeError)?;
            }
        }
        drop(p.doc.put(&p.head, cx, text));
        Ok(())
    }
    #[slot]
    fn descr_get(
        this: &Value,
        obj: Option<&Value>,
        _ty: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<Value> {
        let Some(obj) = obj.filter(|o| !o.is_none()) else {
            return Ok(this.clone());
        };
        let Some(p) = this.downcast::<Property>() else {
            return Ok(this.clone());
        };
        match p.get.get(&p.head) {
            Some(f) => protocol::call(cx, &f, std::slice::from_ref(obj)),
            None => Err(p.lacks(cx, obj, "getter")),
        }
    }
    #[slot]
    fn descr_set(&self, obj: &Value, value: Option<&Value>, cx: &mut Cx) -> Res<()> {
        match value {
            Some(v) => match self.set.get(&self.head) {
                Some(f) => protocol::call(cx, &f, &[obj.clone(), v.clone()]).map(drop),
                None => Err(self.lacks(cx, obj, "setter")),
            },
            None => match self.del.get(&self.head) {
                Some(f) => protocol::call(cx, &f, std::slice::from_ref(obj)).map(drop),
                None => Err(self.lacks(cx, obj, "deleter")),
            },
        }
    }
    /// Descriptor to obtain a copy of the property with a different getter.
    fn getter(this: &Value, fget: &Value, cx: &mut Cx) -> Res<Value> {
        changed(cx, this, Some(fget), None, None)
    }
    /// Descriptor to obtain a copy of the property with a different setter.
    fn setter(this: &Value, fset: &Value, cx: &mut Cx) -> Res<Value> {
        changed(cx, this, None, Some(fset), None)
    }
    /// Descriptor to obtain a copy of the property with a different deleter.
    fn deleter(this: &Value, fdel: &Value, cx: &mut Cx) -> Res<Value> {
        changed(cx, this, None, None, Some(fdel))
    }
    /// Method to set name of a property.
    fn __set_name__(&self, args: Args<'_>, cx: &mut Cx) -> Res<()> {
        let n = args.pos.len();
        let [_, name] = args.pos else {
            return Err(cx.type_error(format!(
                "__set_name__() takes 2 positional arguments but {n} were given"
            )));
        };
        drop(self.name.put(&self.head, cx, Some(name.clone())));
        Ok(())
    }
    #[member]
    #[getter]
    fn fget(&self) -> Option<Value> {
        self.get.get(&self.head)
    }
    #[member]
    #[getter]
    fn fset(&self) -> Option<Value> {
        self.set.get(&self.head)
    }
    #[member]
    #[getter]
    fn fdel(&self) -> Option<Value> {
        self.del.get(&self.head)
    }
    #[member]
    #[getter]
    fn __doc__(&self) -> Option<Value> {
        self.doc.get(&self.head)
    }
    #[setter]
    fn set___doc__(&self, v: Option<&Value>, cx: &mut Cx) {
        drop(self.doc.put(&self.head, cx, v.cloned()));
    }
    #[getter]
    fn __name__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(p) = this.downcast::<Property>() else {
            return Err(cx.system_error("not a property"));
        };
        match p.any_name(cx)? {
            Some(n) => Ok(n),
            None => {
                let n = intern_str(cx, "__name__")?;
                Err(raise_attribute_error(
                    cx,
                    "'property' object has no attribute '__name__'",
                    this,
                    &n,
                ))
            }
        }
    }
    #[setter]
    fn set___name__(&self, v: Option<&Value>, cx: &mut Cx) {
        drop(self.name.put(&self.head, cx, v.cloned()));
    }
    #[getter]
    fn __isabstractmethod__(&self, cx: &mut Cx) -> Res<bool> {
        Ok(is_abstract(cx, self.get.get(&self.head))?
            || is_abstract(cx, self.set.get(&self.head))?
            || is_abstract(cx, self.del.get(&self.head))?)
    }
}
