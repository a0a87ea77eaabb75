//! Native slots as Python sees them: `int.__add__` is a slot wrapper, `(1).__add__` a method wrapper. The other way round:
//! `dunder.rs`.

use super::slots::*;
use super::{Type, flag};
use crate::native::{Args, pymethods, pytype};
use crate::objects::object;
use crate::{Cx, Res, Value, ValueExt};
use typhon_runtime::header::Header;

/// A native slot as a descriptor in a class namespace.
#[pytype(name = "wrapper_descriptor", method_descriptor, static_index = SLOT_WRAPPER)]
pub struct SlotWrapper {
    pub head: Header,
    #[skip]
    pub name: &'static str,
    #[skip]
    pub id: SlotId,
    pub bits: usize,
    /// The class, as a type word.
    pub owner: u32,
}

/// Add wrappers for every special method of a native slot.
pub fn add_wrappers(cx: &mut Cx, t: &Type, id: SlotId) -> Res<()> {
    let bits = t.slots.cell_bits(id);
    let names: &[&'static str] = match id {
        SlotId::concat => &["__add__"],
        SlotId::repeat => &["__mul__", "__rmul__"],
        SlotId::iconcat => &["__iadd__"],
        SlotId::irepeat => &["__imul__"],
        SlotId::getattro => &["__getattribute__"],
        SlotId::hash
            if t.slots
                .hash
                .get()
                .is_some_and(|f| std::ptr::fn_addr_eq(f, crate::native::unhashable as HashFn)) =>
        {
            return Ok(());
        }
        // Memory that never moves needs no release.
        SlotId::buffer if std::ptr::eq(t, Type::of::<crate::objects::Bytes>()) => &["__buffer__"],
        _ => id.specials(),
    };
    for &name in names {
        let w = SlotWrapper {
            head: Header::placeholder(),
            name,
            id,
            bits,
            owner: t.word(),
        };
        let w = object::alloc(cx, Type::of::<SlotWrapper>(), w)?;
        t.dict().set_str(cx, name, w)?;
    }
    Ok(())
}

fn nargs(cx: &mut Cx, name: &str, args: &[Value], min: usize, max: usize) -> Res<()> {
    if args.len() >= min && args.len() <= max {
        return Ok(());
    }
    let got = args.len();
    Err(if min == max {
        // Wrappers of more than one argument tell their name.
        let who = if min > 1 {
            format!("{name} ")
        } else {
            String::new()
        };
        cx.type_error(format!(
            "{who}expected {min} argument{}, got {got}",
            if min == 1 { "" } else { "s" }
        ))
    } else if got < min {
        cx.type_error(format!(
            "expected at least {min} argument{}, got {got}",
            if min == 1 { "" } else { "s" }
        ))
    } else {
        cx.type_error(format!("expected at most {max} arguments, got {got}"))
    })
}

/// Call the slot that a wrapper stands for.
pub fn call_wrapper(cx: &mut Cx, w: &SlotWrapper, this: &Value, args: Args<'_>) -> Res<Value> {
    let name = w.name;
    if !this.ty().is_subtype_of(Type::from_word(w.owner)) {
        let (o, t) = (Type::from_word(w.owner).name(), this.type_name());
        return Err(cx.type_error(format!(
            "descriptor '{name}' requires a '{o}' object but received a '{t}'"
        )));
    }
    let a = args.pos;
    if args.has_keywords() && !matches!(w.id, SlotId::call | SlotId::init) {
        return Err(cx.type_error(format!("wrapper {name}() takes no keyword arguments")));
    }
    // SAFETY: `bits` came from the slot cell of the same id, so the function type matches.
    macro_rules! f {
        ($t:ty) => {
            unsafe { std::mem::transmute::<usize, $t>(w.bits) }
        };
    }
    use SlotId::*;
    match w.id {
        repr | str | iter | await_ | aiter | anext | neg | pos | abs | invert | int | float
        | index => {
            nargs(cx, name, a, 0, 0)?;
            f!(UnaryFn)(cx, this)
        }
        hash => {
            nargs(cx, name, a, 0, 0)?;
            let h = f!(HashFn)(cx, this)?;
            crate::objects::int::new_int(cx, h)
        }
        bool => {
            nargs(cx, name, a, 0, 0)?;
            Ok(Value::bool(f!(BoolFn)(cx, this)?))
        }
        len => {
            nargs(cx, name, a, 0, 0)?;
            let n = f!(LenFn)(cx, this)?;
            crate::objects::int::new_int(cx, n as i64)
        }
        next => {
            nargs(cx, name, a, 0, 0)?;
            match f!(NextFn)(cx, this)? {
                Some(v) => Ok(v),
                None => Err(cx.stop_iteration(None)),
            }
        }
        call => f!(CallFn)(cx, this, args),
        init => {
            f!(InitFn)(cx, this, args)?;
            Ok(Value::none())
        }
        finalize => {
            nargs(cx, name, a, 0, 0)?;
            f!(DelFn)(cx, this)?;
            Ok(Value::none())
        }
        getattro | getitem | concat | repeat | iconcat | irepeat => {
            nargs(cx, name, a, 1, 1)?;
            f!(BinaryFn)(cx, this, &a[0])
        }
        setattro => {
            if name == "__delattr__" {
                nargs(cx, name, a, 1, 1)?;
                check_hackcheck(cx, w, this, "__delattr__")?;
                f!(SetAttrFn)(cx, this, &a[0], None)?;
            } else {
                nargs(cx, name, a, 2, 2)?;
                check_hackcheck(cx, w, this, "__setattr__")?;
                f!(SetAttrFn)(cx, this, &a[0], Some(&a[1]))?;
            }
            Ok(Value::none())
        }
        setitem | descr_set => {
            if matches!(name, "__delitem__" | "__delete__") {
                nargs(cx, name, a, 1, 1)?;
                f!(SetAttrFn)(cx, this, &a[0], None)?;
            } else {
                nargs(cx, name, a, 2, 2)?;
                f!(SetAttrFn)(cx, this, &a[0], Some(&a[1]))?;
            }
            Ok(Value::none())
        }
        contains => {
            nargs(cx, name, a, 1, 1)?;
            Ok(Value::bool(f!(ContainsFn)(cx, this, &a[0])?))
        }
        richcompare => {
            nargs(cx, name, a, 1, 1)?;
            let op = (0..6)
                .map(CmpOp::from_u8)
                .find(|op| op.dunder() == name)
                .unwrap_or(CmpOp::Eq);
            f!(CompareFn)(cx, this, &a[0], op)
        }
        descr_get => {
            nargs(cx, name, a, 1, 2)?;
            let obj = if a[0].is_none() { None } else { Some(&a[0]) };
            let ty = a.get(1).filter(|t| !t.is_none());
            if obj.is_none() && ty.is_none() {
                return Err(cx.type_error("__get__(None, None) is invalid"));
            }
            f!(DescrGetFn)(cx, this, obj, ty)
        }
        pow | ipow => {
            if !(1..=2).contains(&a.len()) {
                let n = a.len();
                return Err(cx.type_error(format!("expected 1 or 2 arguments, got {n}")));
            }
            let none = Value::none();
            let third = a.get(1).unwrap_or(&none);
            if name == "__rpow__" {
                f!(TernaryFn)(cx, &a[0], this, third)
            } else {
                f!(TernaryFn)(cx, this, &a[0], third)
            }
        }
        new => Err(cx.type_error("__new__ is not a slot wrapper")),
        buffer => {
            nargs(cx, name, a, 1, 1)?;
            if name == "__release_buffer__" {
                crate::objects::memoryview::release_of(cx, this, &a[0])?;
                return Ok(Value::none());
            }
            let flags = crate::number::index_i32(cx, &a[0])?;
            let b = f!(BufferFn)(cx, this, flags & 1 != 0)?;
            crate::objects::memoryview::of_buffer(cx, b)
        }
        _ => {
            nargs(cx, name, a, 1, 1)?;
            if name.starts_with("__r") && !matches!(name, "__rshift__") {
                f!(BinaryFn)(cx, &a[0], this)
            } else {
                f!(BinaryFn)(cx, this, &a[0])
            }
        }
    }
}

/// `object.__setattr__(type_or_native_instance, ...)` must not go around a more derived native `__setattr__`.
fn check_hackcheck(cx: &mut Cx, w: &SlotWrapper, this: &Value, what: &str) -> Res<()> {
    let mut t = this.ty();
    while t.has(flag::HEAP) {
        match t.base() {
            Some(b) => t = b,
            None => break,
        }
    }
    if t.slots.setattro.bits() != w.bits
        && Type::from_word(w.owner).slots.setattro.bits() == w.bits
        && t.slots.setattro.bits() != 0
    {
        let (o, n) = (Type::from_word(w.owner).name(), t.name());
        let _ = o;
        return Err(cx.type_error(format!("can't apply this {what} to {n} object")));
    }
    Ok(())
}

#[pymethods]
impl SlotWrapper {
    #[slot]
    fn call(&self, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let Some((this, rest)) = args.pos.split_first() else {
            let (n, o) = (self.name, Type::from_word(self.owner).name());
            return Err(cx.type_error(format!(
                "descriptor '{n}' of '{o}' object needs an argument"
            )));
        };
        call_wrapper(cx, self, this, Args { pos: rest, ..args })
    }
    #[slot]
    fn descr_get(
        this: &Value,
        obj: Option<&Value>,
        _ty: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<Value> {
        match obj {
            None => Ok(this.clone()),
            Some(o) => {
                let w = MethodWrapper {
                    head: Header::placeholder(),
                    wrapper: this.clone(),
                    this: o.clone(),
                };
                object::alloc(cx, Type::of::<MethodWrapper>(), w)
            }
        }
    }
    #[slot]
    fn repr(&self) -> String {
        format!(
            "<slot wrapper '{}' of '{}' objects>",
            self.name,
            Type::from_word(self.owner).name()
        )
    }
    #[member]
    #[getter]
    fn __name__(&self) -> &'static str {
        self.name
    }
    #[getter]
    fn __qualname__(&self) -> String {
        format!("{}.{}", Type::from_word(self.owner).name(), self.name)
    }
    #[member]
    #[getter]
    fn __objclass__(&self) -> Value {
        Type::from_word(self.owner).value()
    }
    #[getter]
    fn __doc__(&self) -> &'static str {
        doc_of(self.name)
    }
    #[getter]
    fn __text_signature__(&self) -> &'static str {
        signature_of(self.name)
    }
    fn __reduce__(&self, cx: &mut Cx) -> Res<Value> {
        let class = Type::from_word(self.owner).value();
        reduce_as_attribute(cx, class, self.name)
    }
}

/// Whether a class attribute is the face of a native slot.
pub fn is_native_slot(v: &Value) -> bool {
    v.downcast::<SlotWrapper>().is_some()
}

/// The native function behind a type's `__buffer__`.
pub fn native_buffer(v: &Value) -> Option<BufferFn> {
    let w = v
        .downcast::<SlotWrapper>()
        .filter(|w| w.id == SlotId::buffer)?;
    // SAFETY: the word of a wrapper for this slot holds such a function.
    Some(unsafe { std::mem::transmute::<usize, BufferFn>(w.bits) })
}

/// What the wrapper of a special method says of itself.
fn doc_of(name: &str) -> &'static str {
    match name {
        "__abs__" => "abs(self)",
        "__add__" => "Return self+value.",
        "__aiter__" => "Return an awaitable, that resolves in asynchronous iterator.",
        "__and__" => "Return self&value.",
        "__anext__" => "Return a value or raise StopAsyncIteration.",
        "__await__" => "Return an iterator to be used in await expression.",
        "__bool__" => "True if self else False",
        "__buffer__" => "Return a buffer object that exposes the underlying memory of the object.",
        "__call__" => "Call self as a function.",
        "__contains__" => "Return bool(key in self).",
        "__del__" => "Called when the instance is about to be destroyed.",
        "__delattr__" => "Implement delattr(self, name).",
        "__delete__" => "Delete an attribute of instance.",
        "__delitem__" => "Delete self[key].",
        "__divmod__" => "Return divmod(self, value).",
        "__eq__" => "Return self==value.",
        "__float__" => "float(self)",
        "__floordiv__" => "Return self//value.",
        "__ge__" => "Return self>=value.",
        "__get__" => "Return an attribute of instance, which is of type owner.",
        "__getattribute__" => "Return getattr(self, name).",
        "__getitem__" => "Return self[key].",
        "__gt__" => "Return self>value.",
        "__hash__" => "Return hash(self).",
        "__iadd__" => "Implement self+=value.",
        "__iand__" => "Return self&=value.",
        "__ifloordiv__" => "Return self//=value.",
        "__ilshift__" => "Return self<<=value.",
        "__imatmul__" => "Return self@=value.",
        "__imod__" => "Return self%=value.",
        "__imul__" => "Implement self*=value.",
        "__index__" => {
            "Return self converted to an integer, if self is suitable for use as an index into a list."
        }
        "__init__" => "Initialize self.  See help(type(self)) for accurate signature.",
        "__int__" => "int(self)",
        "__invert__" => "~self",
        "__ior__" => "Return self|=value.",
        "__ipow__" => "Return self**=value.",
        "__irshift__" => "Return self>>=value.",
        "__isub__" => "Return self-=value.",
        "__iter__" => "Implement iter(self).",
        "__itruediv__" => "Return self/=value.",
        "__ixor__" => "Return self^=value.",
        "__le__" => "Return self<=value.",
        "__len__" => "Return len(self).",
        "__lshift__" => "Return self<<value.",
        "__lt__" => "Return self<value.",
        "__matmul__" => "Return self@value.",
        "__mod__" => "Return self%value.",
        "__mul__" => "Return self*value.",
        "__ne__" => "Return self!=value.",
        "__neg__" => "-self",
        "__next__" => "Implement next(self).",
        "__or__" => "Return self|value.",
        "__pos__" => "+self",
        "__pow__" => "Return pow(self, value, mod).",
        "__radd__" => "Return value+self.",
        "__rand__" => "Return value&self.",
        "__rdivmod__" => "Return divmod(value, self).",
        "__release_buffer__" => {
            "Release the buffer object that exposes the underlying memory of the object."
        }
        "__repr__" => "Return repr(self).",
        "__rfloordiv__" => "Return value//self.",
        "__rlshift__" => "Return value<<self.",
        "__rmatmul__" => "Return value@self.",
        "__rmod__" => "Return value%self.",
        "__rmul__" => "Return value*self.",
        "__ror__" => "Return value|self.",
        "__rpow__" => "Return pow(value, self, mod).",
        "__rrshift__" => "Return value>>self.",
        "__rshift__" => "Return self>>value.",
        "__rsub__" => "Return value-self.",
        "__rtruediv__" => "Return value/self.",
        "__rxor__" => "Return value^self.",
        "__set__" => "Set an attribute of instance to value.",
        "__setattr__" => "Implement setattr(self, name, value).",
        "__setitem__" => "Set self[key] to value.",
        "__str__" => "Return str(self).",
        "__sub__" => "Return self-value.",
        "__truediv__" => "Return self/value.",
        "__xor__" => "Return self^value.",
        _ => "",
    }
}

/// What the wrapper of a special method takes, for `inspect`.
fn signature_of(name: &str) -> &'static str {
    match name {
        "__call__" | "__init__" | "__new__" => "($self, /, *args, **kwargs)",
        "__get__" => "($self, instance, owner=None, /)",
        "__set__" => "($self, instance, value, /)",
        "__delete__" => "($self, instance, /)",
        "__getitem__" | "__delitem__" | "__contains__" => "($self, key, /)",
        "__setitem__" => "($self, key, value, /)",
        "__getattribute__" | "__getattr__" | "__delattr__" => "($self, name, /)",
        "__setattr__" => "($self, name, value, /)",
        "__pow__" | "__rpow__" => "($self, value, mod=None, /)",
        "__buffer__" => "($self, flags, /)",
        "__release_buffer__" => "($self, buffer, /)",
        "__repr__" | "__str__" | "__hash__" | "__iter__" | "__next__" | "__len__" | "__bool__"
        | "__int__" | "__float__" | "__index__" | "__neg__" | "__pos__" | "__abs__"
        | "__invert__" | "__await__" | "__aiter__" | "__anext__" | "__del__" => "($self, /)",
        _ => "($self, value, /)",
    }
}

/// Pickled as the attribute it is: `getattr(object, name)`.
fn reduce_as_attribute(cx: &mut Cx, object: Value, name: &str) -> Res<Value> {
    let getattr = crate::objects::builtin::function::builtin_named(cx, "getattr")?;
    let name = crate::objects::str::intern::intern_str(cx, name)?;
    let args = crate::objects::tuple::new_tuple(cx, vec![object, name])?;
    crate::objects::tuple::new_tuple(cx, vec![getattr, args])
}

/// A slot wrapper bound to an object.
#[pytype(name = "method-wrapper", gc, static_index = METHOD_WRAPPER)]
pub struct MethodWrapper {
    pub head: Header,
    pub wrapper: Value,
    pub this: Value,
}

impl MethodWrapper {
    fn inner(&self) -> &SlotWrapper {
        self.wrapper
            .downcast::<SlotWrapper>()
            .expect("made from a wrapper")
    }
}

#[pymethods]
impl MethodWrapper {
    #[slot]
    fn call(&self, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        call_wrapper(cx, self.inner(), &self.this, args)
    }
    #[slot]
    fn repr(&self) -> String {
        format!(
            "<method-wrapper '{}' of {} object at {:#x}>",
            self.inner().name,
            self.this.type_name(),
            self.this.bits() & !7
        )
    }
    #[slot]
    fn richcompare(this: &Value, b: &Value, op: CmpOp) -> Value {
        let (Some(x), Some(y)) = (
            this.downcast::<MethodWrapper>(),
            b.downcast::<MethodWrapper>(),
        ) else {
            return Value::not_implemented();
        };
        let same = x.wrapper.is(&y.wrapper) && x.this.is(&y.this);
        match op {
            CmpOp::Eq => Value::bool(same),
            CmpOp::Ne => Value::bool(!same),
            _ => Value::not_implemented(),
        }
    }
    #[slot]
    fn hash(&self) -> i64 {
        (self.wrapper.bits() >> 4) as i64 ^ (self.this.bits() >> 4) as i64
    }
    #[member]
    #[getter]
    fn __self__(&self) -> Value {
        self.this.clone()
    }
    #[getter]
    fn __name__(&self) -> &'static str {
        self.inner().name
    }
    #[getter]
    fn __qualname__(&self) -> String {
        format!(
            "{}.{}",
            Type::from_word(self.inner().owner).name(),
            self.inner().name
        )
    }
    #[getter]
    fn __text_signature__(&self) -> &'static str {
        signature_of(self.inner().name)
    }
    #[getter]
    fn __objclass__(&self) -> Value {
        Type::from_word(self.inner().owner).value()
    }
    #[getter]
    fn __doc__(&self) -> &'static str {
        doc_of(self.inner().name)
    }
    fn __reduce__(&self, cx: &mut Cx) -> Res<Value> {
        reduce_as_attribute(cx, self.this.clone(), self.inner().name)
    }
}
