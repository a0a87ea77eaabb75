//! `super`: attribute lookup that starts behind a class in the MRO of an object's class.

use super::{alloc, generic_getattr, raise_attribute_error};
use crate::native::*;
use crate::objects::Cell;
use crate::objects::cell;
use crate::objects::typeobj::lookup::type_of_word;
use crate::protocol;
use crate::slot_ext::SlotExt;

/// super() -> same as super(__class__, <first argument>)
/// super(type) -> unbound super object
/// super(type, obj) -> bound super object; requires isinstance(obj, type)
/// super(type, type2) -> bound super object; requires issubclass(type2, type)
/// Typical use to call a cooperative superclass method:
/// class C(B):
///     def meth(self, arg):
///         super().meth(arg)
/// This works for class methods too:
/// class C(B):
///     @classmethod
///     def cmeth(cls, arg):
///         super().cmeth(arg)
#[pytype(name = "super", gc, basetype, static_index = SUPER)]
pub struct Super {
    pub head: Header,
    /// The class, the object, and the class whose MRO is searched; written by `__init__`.
    class: Slot,
    obj: Slot,
    obj_type: Slot,
}

fn alloc_super(
    cx: &mut Cx,
    cls: &Type,
    class: Option<Value>,
    obj: Option<Value>,
    obj_type: Option<Value>,
) -> Res<Value> {
    alloc(
        cx,
        cls,
        Super {
            head: Header::placeholder(),
            class: Slot::new(class),
            obj: Slot::new(obj),
            obj_type: Slot::new(obj_type),
        },
    )
}

/// `super(class, obj)`.
pub fn new_super(cx: &mut Cx, class: &Value, obj: &Value) -> Res<Value> {
    let t = check(cx, class, obj)?;
    alloc_super(
        cx,
        Type::of::<Super>(),
        Some(class.clone()),
        Some(obj.clone()),
        Some(t),
    )
}

/// The class whose MRO `super(class, obj)` searches.
fn check(cx: &mut Cx, class: &Value, obj: &Value) -> Res<Value> {
    let Some(c) = class.downcast::<Type>() else {
        let t = class.type_name();
        return Err(cx.type_error(format!("super() argument 1 must be a type, not {t}")));
    };
    if let Some(o) = obj.downcast::<Type>()
        && o.is_subtype_of(c)
    {
        return Ok(obj.clone());
    }
    if obj.ty().is_subtype_of(c) {
        return Ok(obj.ty().value());
    }
    if let Some(claimed) = protocol::getattr_str_opt(cx, obj, "__class__")?
        && let Some(t) = claimed.downcast::<Type>()
        && !std::ptr::eq(t, obj.ty())
        && t.is_subtype_of(c)
    {
        return Ok(claimed);
    }
    let (what, o, c) = match obj.downcast::<Type>() {
        Some(o) => ("type", o.name(), c.name()),
        None => ("instance of", obj.type_name(), c.name()),
    };
    Err(cx.type_error(format!(
        "super(type, obj): obj ({what} {o}) is not an instance or subtype of type ({c})."
    )))
}

/// Search the MRO of `start` behind `class`, binding what is found to `obj`.
fn search(
    cx: &mut Cx,
    class: &Value,
    obj: &Value,
    start: &Value,
    name: &Value,
) -> Res<Option<Value>> {
    let Some(t) = start.downcast::<Type>() else {
        return Ok(None);
    };
    // The tuple is held: lookups below may reach a safepoint.
    let Some(mro) = t.mro.get(&t.head) else {
        return Ok(None);
    };
    let Some(mro) = mro.downcast::<Tuple>() else {
        return Ok(None);
    };
    let Some(found) = find_behind(cx, mro.items(), class, name) else {
        return Ok(None);
    };
    match found.ty().slots.descr_get.get() {
        Some(get) => {
            let instance = if obj.is(start) { None } else { Some(obj) };
            get(cx, &found, instance, Some(start)).map(Some)
        }
        None => Ok(Some(found)),
    }
}

/// What the classes behind `class` in this order have by the name, the first first.
fn find_behind(cx: &mut Cx, mro: &[Value], class: &Value, name: &Value) -> Option<Value> {
    let at = mro.iter().position(|c| c.is(class))? + 1;
    let key = name.downcast::<Str>()?;
    // Mostly they are the order of the next class, which remembers what it has.
    if let Some(next) = mro.get(at)
        && let next = type_of_word(next)
        && let Some(own) = next.mro.get(&next.head)
        && let Some(own) = own.downcast::<Tuple>()
        && own.len() == mro.len() - at
        && own.items().iter().zip(&mro[at..]).all(|(a, b)| a.is(b))
    {
        return next.lookup(cx, name);
    }
    mro[at..]
        .iter()
        .find_map(|c| type_of_word(c).dict().get_str(cx, key))
}

/// What `super(class, obj)` finds in the MRO of the class of `obj`, unbound. None also when a plain instance is not meant.
pub fn find_unbound(cx: &mut Cx, class: &Value, obj: &Value, key: &Str) -> Option<Value> {
    let t = obj.ty();
    if !class.downcast::<Type>().is_some_and(|c| t.is_subtype_of(c))
        || obj.downcast::<Type>().is_some()
        || key.equals_str("__class__")
    {
        return None;
    }
    let mro = t.mro.get(&t.head)?;
    let mro = mro.downcast::<Tuple>()?;
    let mut after = mro.items().iter().skip_while(|c| !c.is(class)).skip(1);
    after.find_map(|c| type_of_word(c).dict().get_str(cx, key))
}

/// `super(class, obj).name` without the super object: None when no class behind `class` has it.
pub fn lookup(cx: &mut Cx, class: &Value, obj: &Value, name: &Value) -> Res<Option<Value>> {
    let start = check(cx, class, obj)?;
    let name = crate::objects::str::intern::intern(name);
    if name
        .downcast::<Str>()
        .is_some_and(|n| n.equals_str("__class__"))
    {
        return Ok(None);
    }
    search(cx, class, obj, &start, &name)
}

/// The class and first argument of the running frame, for `super()`.
fn from_frame(cx: &mut Cx) -> Res<(Value, Value)> {
    let f = cx.frame;
    if f.is_null() {
        return Err(cx.runtime_error("super(): no current frame"));
    }
    // SAFETY: the running frame of this thread; its registers hold values or 0.
    let (code, first, in_cell) = unsafe {
        let code = (*f).code().code.clone();
        if code.argcount == 0 && code.flags & typhon_compiler::code::flags::VARARGS == 0 {
            return Err(cx.runtime_error("super(): no arguments"));
        }
        let at = if code.argcount == 0 {
            code.kwonlyargcount as usize
        } else {
            0
        };
        let in_cell = code
            .localspluskinds
            .get(at)
            .is_some_and(|k| k & typhon_compiler::code::kinds::CELL != 0);
        (
            code,
            crate::objects::frame::object::register(f, at),
            in_cell,
        )
    };
    // The argument may live in a cell.
    let first = match first {
        Some(v) => match v.downcast_exact::<Cell>().filter(|_| in_cell) {
            Some(c) => cell::get(cx, c),
            None => Some(v),
        },
        None => None,
    };
    let Some(first) = first else {
        return Err(cx.runtime_error("super(): arg[0] deleted"));
    };
    let free = code
        .localspluskinds
        .iter()
        .position(|k| k & typhon_compiler::code::kinds::FREE != 0);
    for i in free.unwrap_or(code.localsplusnames.len())..code.localsplusnames.len() {
        if code.localsplusnames[i] == *"__class__" {
            // SAFETY: as above.
            let c = unsafe { crate::objects::frame::object::register(f, i) };
            let Some(c) = c else { break };
            let Some(cell) = c.downcast_exact::<Cell>() else {
                return Err(cx.runtime_error("super(): bad __class__ cell"));
            };
            let Some(class) = cell::get(cx, cell) else {
                return Err(cx.runtime_error("super(): empty __class__ cell"));
            };
            if class.downcast::<Type>().is_none() {
                let t = class.type_name();
                return Err(cx.runtime_error(format!("super(): __class__ is not a type ({t})")));
            }
            return Ok((class, first));
        }
    }
    Err(cx.runtime_error("super(): __class__ cell not found"))
}

#[pymethods]
impl Super {
    #[clear]
    fn break_cycle(&self, cx: &mut Cx) {
        drop(self.class.put(&self.head, cx, None));
        drop(self.obj.put(&self.head, cx, None));
        drop(self.obj_type.put(&self.head, cx, None));
    }
    #[new]
    fn new(cls: &Type, _args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        alloc_super(cx, cls, None, None, None)
    }
    #[init]
    fn init(&self, args: Args<'_>, cx: &mut Cx) -> Res<()> {
        args.no_keywords(cx, "super")?;
        args.check_count(cx, "super()", 0, 2)?;
        let (class, obj) = match args.pos {
            [] => {
                let (c, o) = from_frame(cx)?;
                (c, Some(o))
            }
            [c] => (c.clone(), None),
            [c, o, ..] => (c.clone(), Some(o.clone())),
        };
        if class.downcast::<Type>().is_none() {
            let t = class.type_name();
            return Err(cx.type_error(format!("super() argument 1 must be a type, not {t}")));
        }
        let obj = obj.filter(|o| !o.is_none());
        let t = match &obj {
            Some(o) => Some(check(cx, &class, o)?),
            None => None,
        };
        drop(self.class.put(&self.head, cx, Some(class)));
        drop(self.obj.put(&self.head, cx, obj));
        drop(self.obj_type.put(&self.head, cx, t));
        Ok(())
    }
    #[slot]
    fn getattro(this: &Value, name: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(s) = this.downcast::<Super>() else {
            return generic_getattr(cx, this, name);
        };
        let parts = (
            s.class.get(&s.head),
            s.obj.get(&s.head),
            s.obj_type.get(&s.head),
        );
        if let (Some(class), Some(obj), Some(start)) = &parts
            && !name
                .downcast::<Str>()
                .is_some_and(|n| n.equals_str("__class__"))
        {
            let interned = crate::objects::str::intern::intern(name);
            if let Some(v) = search(cx, class, obj, start, &interned)? {
                return Ok(v);
            }
        }
        match super::generic_getattr_opt(cx, this, name)? {
            Some(v) => Ok(v),
            None => {
                let n = name
                    .downcast::<Str>()
                    .map(|s| s.to_string_lossy())
                    .unwrap_or_default();
                Err(raise_attribute_error(
                    cx,
                    &format!("'super' object has no attribute '{n}'"),
                    this,
                    name,
                ))
            }
        }
    }
    #[slot]
    fn descr_get(
        this: &Value,
        obj: Option<&Value>,
        _ty: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<Value> {
        let Some(s) = this.downcast::<Super>() else {
            return Ok(this.clone());
        };
        let Some(obj) = obj.filter(|o| !o.is_none()) else {
            return Ok(this.clone());
        };
        if s.obj.get(&s.head).is_some() {
            return Ok(this.clone());
        }
        let Some(class) = s.class.get(&s.head) else {
            return Ok(this.clone());
        };
        if this.class_word() != crate::statics::word::SUPER {
            let t = this.ty().value();
            return protocol::call(cx, &t, &[class, obj.clone()]);
        }
        new_super(cx, &class, obj)
    }
    #[slot]
    fn repr(&self) -> String {
        let name = |v: Option<Value>| {
            v.and_then(|c| c.downcast::<Type>().map(Type::name))
                .unwrap_or_else(|| "NULL".into())
        };
        let class = name(self.class.get(&self.head));
        match self.obj_type.get(&self.head) {
            Some(t) => format!("<super: <class '{class}'>, <{} object>>", name(Some(t))),
            None => format!("<super: <class '{class}'>, NULL>"),
        }
    }
    /// the class invoking super()
    #[member]
    #[getter]
    fn __thisclass__(&self) -> Option<Value> {
        self.class.get(&self.head)
    }
    /// the instance invoking super(); may be None
    #[member]
    #[getter]
    fn __self__(&self) -> Option<Value> {
        self.obj.get(&self.head)
    }
    /// the type of the instance invoking super(); may be None
    #[member]
    #[getter]
    fn __self_class__(&self) -> Option<Value> {
        self.obj_type.get(&self.head)
    }
}
