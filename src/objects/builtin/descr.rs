//! The descriptors in the namespaces of native types: methods, class methods, computed attributes, members.

use super::function::{builtin_named, new_builtin};
use super::{ClassMethodDescr, GetSetDescr, MemberDescr, MethodDescr};
use crate::native::*;
use crate::objects::object::{alloc, raise_attribute_error};
use crate::objects::str::intern::intern_str;
use crate::objects::str::new_str;
use crate::objects::tuple::new_tuple;
use crate::objects::typeobj::methods::qualname_of;
use crate::slot_ext::SlotExt;

/// `list.append`.
pub fn new_method_descr(cx: &mut Cx, def: &'static MethodDef, owner: &Type) -> Res<Value> {
    let d = MethodDescr {
        head: Header::placeholder(),
        def,
        owner: owner.word(),
    };
    alloc(cx, Type::of::<MethodDescr>(), d)
}

/// `dict.fromkeys`.
pub fn new_classmethod_descr(cx: &mut Cx, def: &'static MethodDef, owner: &Type) -> Res<Value> {
    let d = ClassMethodDescr {
        head: Header::placeholder(),
        def,
        owner: owner.word(),
    };
    alloc(cx, Type::of::<ClassMethodDescr>(), d)
}

/// `int.real`.
pub fn new_getset(cx: &mut Cx, def: &'static GetSetDef, owner: &Type) -> Res<Value> {
    if def.member {
        let name = intern_str(cx, def.name)?;
        let d = MemberDescr {
            head: Header::placeholder(),
            name,
            owner: owner.word(),
            offset: 0,
            readonly: def.set.is_none(),
            def: Some(def),
        };
        return alloc(cx, Type::of::<MemberDescr>(), d);
    }
    let d = GetSetDescr {
        head: Header::placeholder(),
        def,
        owner: owner.word(),
    };
    alloc(cx, Type::of::<GetSetDescr>(), d)
}

/// An attribute in the slot at byte `offset` of the instances of `owner`.
pub fn new_member(
    cx: &mut Cx,
    name: &Value,
    owner: &Type,
    offset: usize,
    readonly: bool,
) -> Res<Value> {
    let d = MemberDescr {
        head: Header::placeholder(),
        name: name.clone(),
        owner: owner.word(),
        offset: offset as u32,
        readonly,
        def: None,
    };
    alloc(cx, Type::of::<MemberDescr>(), d)
}

fn owner(word: u32) -> &'static Type {
    Type::from_word(word)
}

fn doc_of(doc: &'static str) -> Option<&'static str> {
    if doc.is_empty() { None } else { Some(doc) }
}

/// The object a descriptor is used on must be an instance of its class.
fn check_instance(cx: &mut Cx, word: u32, name: &str, obj: &Value) -> Res<()> {
    if obj.is_instance_of_word(word) {
        return Ok(());
    }
    let (o, t) = (owner(word).name(), obj.type_name());
    Err(cx.type_error(format!(
        "descriptor '{name}' for '{o}' objects doesn't apply to a '{t}' object"
    )))
}

/// `(getattr, (class, name))`.
fn reduce(cx: &mut Cx, word: u32, name: &str) -> Res<Value> {
    let getattr = builtin_named(cx, "getattr")?;
    let name = new_str(cx, name)?;
    let args = new_tuple(cx, vec![owner(word).value(), name])?;
    new_tuple(cx, vec![getattr, args])
}

/// The name of a native class with its module, unless that is `builtins`.
fn full_name(word: u32) -> String {
    let class = owner(word);
    let spec = class.spec.load(std::sync::atomic::Ordering::Relaxed);
    // SAFETY: specifications of native types are static; classes made by Python code have none.
    match unsafe { spec.as_ref() } {
        Some(s) if s.module != "builtins" => format!("{}.{}", s.module, s.name),
        _ => class.name(),
    }
}

#[pymethods]
impl MethodDescr {
    #[slot]
    fn call(&self, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        match args.pos.first() {
            Some(first) => check_instance(cx, self.owner, self.def.name, first)?,
            None => {
                let (o, n) = (owner(self.owner).name(), self.def.name);
                return Err(cx.type_error(format!("unbound method {o}.{n}() needs an argument")));
            }
        }
        self.invoke(cx, args)
    }
    #[slot]
    fn descr_get(
        this: &Value,
        obj: Option<&Value>,
        _ty: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<Value> {
        let Some(obj) = obj else {
            return Ok(this.clone());
        };
        let Some(d) = this.downcast::<MethodDescr>() else {
            return Ok(this.clone());
        };
        check_instance(cx, d.owner, d.def.name, obj)?;
        new_builtin(cx, d.def, Some(obj.clone()), None)
    }
    #[slot]
    fn repr(&self) -> String {
        format!(
            "<method '{}' of '{}' objects>",
            self.def.name,
            full_name(self.owner)
        )
    }
    #[member]
    #[getter]
    fn __name__(&self) -> &'static str {
        self.def.name
    }
    #[getter]
    fn __qualname__(&self) -> String {
        format!("{}.{}", qualname_of(owner(self.owner)), self.def.name)
    }
    #[member]
    #[getter]
    fn __objclass__(&self) -> Value {
        owner(self.owner).value()
    }
    #[getter]
    fn __doc__(&self) -> Option<&'static str> {
        doc_of(self.def.doc)
    }
    #[getter]
    fn __text_signature__(&self) -> Option<&'static str> {
        self.def.text_signature
    }
    fn __reduce__(&self, cx: &mut Cx) -> Res<Value> {
        reduce(cx, self.owner, self.def.name)
    }
}

#[pymethods]
impl ClassMethodDescr {
    #[slot]
    fn call(this: &Value, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let Some(d) = this.downcast::<ClassMethodDescr>() else {
            return Err(cx.system_error("not a classmethod_descriptor"));
        };
        let Some(cls) = args.pos.first() else {
            let (n, o) = (d.def.name, owner(d.owner).name());
            return Err(cx.type_error(format!(
                "descriptor '{n}' of '{o}' object needs an argument"
            )));
        };
        check_class(cx, d, cls)?;
        super::call::call_native(cx, d.def, args)
    }
    #[slot]
    fn descr_get(&self, obj: Option<&Value>, ty: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        match (ty, obj) {
            (Some(t), _) => bind_class(cx, self, t),
            (None, Some(o)) => {
                let t = o.ty().value();
                bind_class(cx, self, &t)
            }
            (None, None) => {
                let (n, o) = (self.def.name, owner(self.owner).name());
                Err(cx.type_error(format!(
                    "descriptor '{n}' for type '{o}' needs either an object or a type"
                )))
            }
        }
    }
    #[slot]
    fn repr(&self) -> String {
        format!(
            "<method '{}' of '{}' objects>",
            self.def.name,
            full_name(self.owner)
        )
    }
    #[member]
    #[getter]
    fn __name__(&self) -> &'static str {
        self.def.name
    }
    #[getter]
    fn __qualname__(&self) -> String {
        format!("{}.{}", qualname_of(owner(self.owner)), self.def.name)
    }
    #[member]
    #[getter]
    fn __objclass__(&self) -> Value {
        owner(self.owner).value()
    }
    #[getter]
    fn __doc__(&self) -> Option<&'static str> {
        doc_of(self.def.doc)
    }
    #[getter]
    fn __text_signature__(&self) -> Option<&'static str> {
        self.def.text_signature
    }
}

fn bind_class(cx: &mut Cx, d: &ClassMethodDescr, cls: &Value) -> Res<Value> {
    check_class(cx, d, cls)?;
    new_builtin(cx, d.def, Some(cls.clone()), None)
}

/// The receiver of a class method must be a class below that of the descriptor.
fn check_class(cx: &mut Cx, d: &ClassMethodDescr, cls: &Value) -> Res<()> {
    let (n, o) = (d.def.name, owner(d.owner));
    let Some(t) = cls.downcast::<Type>() else {
        let (o, t) = (o.name(), cls.type_name());
        return Err(cx.type_error(format!(
            "descriptor '{n}' for type '{o}' needs a type, not a '{t}' as arg 2"
        )));
    };
    if !t.is_subtype_of(o) {
        let (o, t) = (o.name(), t.name());
        return Err(cx.type_error(format!(
            "descriptor '{n}' requires a subtype of '{o}' but received '{t}'"
        )));
    }
    Ok(())
}

#[pymethods]
impl GetSetDescr {
    #[slot]
    fn descr_get(
        this: &Value,
        obj: Option<&Value>,
        _ty: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<Value> {
        let Some(obj) = obj else {
            return Ok(this.clone());
        };
        let Some(d) = this.downcast::<GetSetDescr>() else {
            return Ok(this.clone());
        };
        check_instance(cx, d.owner, d.def.name, obj)?;
        (d.def.get)(cx, obj)
    }
    #[slot]
    fn descr_set(&self, obj: &Value, value: Option<&Value>, cx: &mut Cx) -> Res<()> {
        check_instance(cx, self.owner, self.def.name, obj)?;
        match self.def.set {
            Some(set) => set(cx, obj, value),
            None => {
                let (n, o) = (self.def.name, owner(self.owner).name());
                Err(cx.attribute_error(format!("attribute '{n}' of '{o}' objects is not writable")))
            }
        }
    }
    #[slot]
    fn repr(&self) -> String {
        format!(
            "<attribute '{}' of '{}' objects>",
            self.def.name,
            owner(self.owner).name()
        )
    }
    #[member]
    #[getter]
    fn __name__(&self) -> &'static str {
        self.def.name
    }
    #[getter]
    fn __qualname__(&self) -> String {
        format!("{}.{}", qualname_of(owner(self.owner)), self.def.name)
    }
    #[member]
    #[getter]
    fn __objclass__(&self) -> Value {
        owner(self.owner).value()
    }
    #[getter]
    fn __doc__(&self) -> Option<&'static str> {
        doc_of(self.def.doc)
    }
}

impl MemberDescr {
    fn text(&self) -> String {
        self.name
            .downcast::<Str>()
            .map(|s| s.to_string_lossy())
            .unwrap_or_default()
    }
    /// The slot in an instance of the owner.
    fn place<'a>(&self, obj: &'a Value) -> &'a Slot {
        // SAFETY: the class was laid out with a slot at this offset (R10), and callers have checked that `obj` is an
        // instance of it.
        unsafe {
            &*((obj.bits() & !7) as *const u8)
                .add(self.offset as usize)
                .cast::<Slot>()
        }
    }
}

#[pymethods]
impl MemberDescr {
    #[slot]
    fn descr_get(
        this: &Value,
        obj: Option<&Value>,
        _ty: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<Value> {
        let Some(obj) = obj else {
            return Ok(this.clone());
        };
        let Some(d) = this.downcast::<MemberDescr>() else {
            return Ok(this.clone());
        };
        check_instance(cx, d.owner, &d.text(), obj)?;
        if let Some(def) = d.def {
            return (def.get)(cx, obj);
        }
        let found = match obj.header() {
            Some(head) => d.place(obj).get(head),
            None => None,
        };
        match found {
            Some(v) => Ok(v),
            None => {
                let t = crate::objects::typeobj::methods::shown_name(cx, obj.ty());
                let msg = format!("'{t}' object has no attribute '{}'", d.text());
                Err(raise_attribute_error(cx, &msg, obj, &d.name))
            }
        }
    }
    #[slot]
    fn descr_set(&self, obj: &Value, value: Option<&Value>, cx: &mut Cx) -> Res<()> {
        check_instance(cx, self.owner, &self.text(), obj)?;
        if self.readonly {
            return Err(cx.attribute_error("readonly attribute"));
        }
        if let Some(set) = self.def.and_then(|d| d.set) {
            return set(cx, obj, value);
        }
        let Some(head) = obj.header() else {
            return Ok(());
        };
        let old = self
            .place(obj)
            .exchange(head, &mut cx.thread, value.cloned());
        if value.is_none() && old.is_none() {
            return Err(cx.attribute_error(self.text()));
        }
        drop(old);
        Ok(())
    }
    #[slot]
    fn repr(&self) -> String {
        format!(
            "<member '{}' of '{}' objects>",
            self.text(),
            owner(self.owner).name()
        )
    }
    #[member]
    #[getter]
    fn __name__(&self) -> Value {
        self.name.clone()
    }
    #[getter]
    fn __qualname__(&self) -> String {
        format!("{}.{}", qualname_of(owner(self.owner)), self.text())
    }
    #[member]
    #[getter]
    fn __objclass__(&self) -> Value {
        owner(self.owner).value()
    }
    #[getter]
    fn __doc__(&self) -> Option<&'static str> {
        self.def.and_then(|d| doc_of(d.doc))
    }
    fn __reduce__(&self, cx: &mut Cx) -> Res<Value> {
        reduce(cx, self.owner, &self.text())
    }
}
