//! `list[int]` (PEP 585): a class with arguments. Attributes are those of the class; subscripting replaces type parameters.

use crate::native::*;
use crate::objects::List;
use crate::objects::object::{alloc, generic_getattr};
use crate::objects::tuple::new_tuple;
use crate::protocol;
use crate::slot_ext::SlotExt;
use crate::statics::{self, word};

/// Represent a PEP 585 generic type
///
/// E.g. for t = list[int], t.__origin__ is list and t.__args__ is (int,).
#[pytype(name = "GenericAlias", module = "types", gc, basetype, weakrefable, static_index = GENERIC_ALIAS)]
pub struct GenericAlias {
    pub head: Header,
    origin: Value,
    /// A tuple.
    args: Value,
    /// The type parameters among the arguments, found at first use.
    params: Slot,
    #[skip]
    starred: bool,
}

pub use new as new_alias;

/// `origin[args]`; a tuple is the list of arguments.
pub fn new(cx: &mut Cx, origin: &Value, args: &Value) -> Res<Value> {
    make(cx, Type::of::<GenericAlias>(), origin, args, false)
}

fn make(cx: &mut Cx, cls: &Type, origin: &Value, args: &Value, starred: bool) -> Res<Value> {
    let args = if args.downcast::<Tuple>().is_some() {
        args.clone()
    } else {
        new_tuple(cx, vec![args.clone()])?
    };
    alloc(
        cx,
        cls,
        GenericAlias {
            head: Header::placeholder(),
            origin: origin.clone(),
            args,
            params: Slot::EMPTY,
            starred,
        },
    )
}

/// How an argument shows itself in a generic type.
pub fn type_repr(cx: &mut Cx, v: &Value) -> Res<String> {
    if v.bits() & !4 == statics::ELLIPSIS {
        return Ok("...".into());
    }
    if v.downcast::<Type>().is_some_and(|t| t.word() == word::NONE) {
        return Ok("None".into());
    }
    if let Some(l) = v.downcast_exact::<List>() {
        let mut parts = Vec::new();
        for i in l.to_vec(cx) {
            parts.push(type_repr(cx, &i)?);
        }
        return Ok(format!("[{}]", parts.join(", ")));
    }
    let has = |cx: &mut Cx, n: &'static str| protocol::getattr_str_opt(cx, v, n);
    if has(cx, "__origin__")?.is_some() && has(cx, "__args__")?.is_some() {
        return protocol::repr_string(cx, v);
    }
    let (q, m) = (has(cx, "__qualname__")?, has(cx, "__module__")?);
    match (q, m) {
        (Some(q), Some(m)) if !m.is_none() => {
            let q = protocol::str_string(cx, &q)?;
            if m.downcast::<Str>()
                .is_some_and(|m| m.equals_str("builtins"))
            {
                return Ok(q);
            }
            Ok(format!("{}.{q}", protocol::str_string(cx, &m)?))
        }
        _ => protocol::repr_string(cx, v),
    }
}

fn push_unique(cx: &mut Cx, out: &mut Vec<Value>, v: Value) -> Res<()> {
    for o in out.iter() {
        if protocol::equal(cx, o, &v)? {
            return Ok(());
        }
    }
    out.push(v);
    Ok(())
}

/// The type parameters among arguments, in order of their first use.
pub fn collect_parameters(cx: &mut Cx, args: &[Value]) -> Res<Vec<Value>> {
    let mut out = Vec::new();
    for a in args {
        if a.downcast::<Type>().is_some() {
            continue;
        }
        if protocol::getattr_str_opt(cx, a, "__typing_subst__")?.is_some() {
            push_unique(cx, &mut out, a.clone())?;
            continue;
        }
        let nested: Vec<Value> = if let Some(l) = a.downcast_exact::<List>() {
            let items = l.to_vec(cx);
            collect_parameters(cx, &items)?
        } else if let Some(t) = a.downcast_exact::<Tuple>() {
            collect_parameters(cx, t.items())?
        } else {
            match protocol::getattr_str_opt(cx, a, "__parameters__")? {
                Some(p) => p
                    .downcast::<Tuple>()
                    .map(|t| t.items().to_vec())
                    .unwrap_or_default(),
                None => Vec::new(),
            }
        };
        for p in nested {
            push_unique(cx, &mut out, p)?;
        }
    }
    Ok(out)
}

/// The items of `*tuple[...]` in place of it, when its arguments are fixed.
fn unpack(cx: &mut Cx, items: Vec<Value>) -> Res<Vec<Value>> {
    let mut out = Vec::with_capacity(items.len());
    for i in items {
        if i.downcast::<Type>().is_none()
            && let Some(sub) = protocol::getattr_str_opt(cx, &i, "__typing_unpacked_tuple_args__")?
            && let Some(t) = sub.downcast::<Tuple>()
            && t.items()
                .last()
                .is_none_or(|l| l.bits() & !4 != statics::ELLIPSIS)
        {
            out.extend(t.items().iter().cloned());
            continue;
        }
        out.push(i);
    }
    Ok(out)
}

/// Put `item` (one argument or a tuple of them) in place of the type parameters `params` of `args`.
pub fn substitute(
    cx: &mut Cx,
    this: &Value,
    args: &[Value],
    params: &[Value],
    item: &Value,
) -> Res<Vec<Value>> {
    if params.is_empty() {
        let r = protocol::repr_string(cx, this)?;
        return Err(cx.type_error(format!("{r} is not a generic class")));
    }
    let items: Vec<Value> = match item.downcast::<Tuple>() {
        Some(t) => t.items().to_vec(),
        None => vec![item.clone()],
    };
    let items = unpack(cx, items)?;
    let mut item = new_tuple(cx, items)?;
    for p in params {
        if let Some(f) = protocol::getattr_str_opt(cx, p, "__typing_prepare_subst__")?
            && !f.is_none()
        {
            let given = if item.downcast::<Tuple>().is_some() {
                item.clone()
            } else {
                new_tuple(cx, vec![item.clone()])?
            };
            item = protocol::call(cx, &f, &[this.clone(), given])?;
        }
    }
    let given: Vec<Value> = match item.downcast::<Tuple>() {
        Some(t) => t.items().to_vec(),
        None => vec![item.clone()],
    };
    if given.len() != params.len() {
        let (n, want) = (given.len(), params.len());
        let how = if n > want { "many" } else { "few" };
        let r = protocol::repr_string(cx, this)?;
        return Err(cx.type_error(format!(
            "Too {how} arguments for {r}; actual {n}, expected {want}"
        )));
    }
    substitute_in(cx, args, params, &given)
}

fn substitute_in(
    cx: &mut Cx,
    args: &[Value],
    params: &[Value],
    given: &[Value],
) -> Res<Vec<Value>> {
    let place = |cx: &mut Cx, p: &Value| -> Res<Option<usize>> {
        for (i, q) in params.iter().enumerate() {
            if protocol::equal(cx, p, q)? {
                return Ok(Some(i));
            }
        }
        Ok(None)
    };
    let mut out = Vec::new();
    for a in args {
        if a.downcast::<Type>().is_some() {
            out.push(a.clone());
            continue;
        }
        if let Some(l) = a.downcast_exact::<List>() {
            let items = l.to_vec(cx);
            let items = substitute_in(cx, &items, params, given)?;
            out.push(crate::objects::list::new_list(cx, items)?);
            continue;
        }
        if let Some(t) = a.downcast_exact::<Tuple>() {
            let items = substitute_in(cx, t.items(), params, given)?;
            out.push(new_tuple(cx, items)?);
            continue;
        }
        let unpacked =
            match protocol::getattr_str_opt(cx, a, "__typing_is_unpacked_typevartuple__")? {
                Some(v) => protocol::truthy(cx, &v)?,
                None => false,
            };
        let new = match protocol::getattr_str_opt(cx, a, "__typing_subst__")? {
            Some(subst) => {
                let Some(i) = place(cx, a)? else {
                    let r = protocol::repr_string(cx, a)?;
                    return Err(cx.type_error(format!(
                        "argument {r} with __typing_subst__ was not found in __parameters__"
                    )));
                };
                let new = protocol::call(cx, &subst, std::slice::from_ref(&given[i]))?;
                if unpacked && new.downcast::<Tuple>().is_none() {
                    let (of, got) = (a.type_name(), new.type_name());
                    return Err(cx.type_error(format!(
                        "expected __typing_subst__ of {of} objects to return a tuple, not {got}"
                    )));
                }
                new
            }
            None => {
                let sub = protocol::getattr_str_opt(cx, a, "__parameters__")?;
                let sub: Vec<Value> = sub
                    .and_then(|s| s.downcast::<Tuple>().map(|t| t.items().to_vec()))
                    .unwrap_or_default();
                if sub.is_empty() {
                    out.push(a.clone());
                    continue;
                }
                let mut inner = Vec::new();
                for p in &sub {
                    let Some(i) = place(cx, p)? else {
                        inner.push(p.clone());
                        continue;
                    };
                    // A pack of type variables (they alone are iterable) stands for several.
                    let is_pack = p.ty().slots.iter.get().is_some();
                    match given[i].downcast::<Tuple>().filter(|_| is_pack) {
                        Some(t) => inner.extend(t.items().iter().cloned()),
                        None => inner.push(given[i].clone()),
                    }
                }
                let inner = new_tuple(cx, inner)?;
                protocol::getitem(cx, a, &inner)?
            }
        };
        match new.downcast::<Tuple>().filter(|_| unpacked) {
            Some(t) => out.extend(t.items().iter().cloned()),
            None => out.push(new),
        }
    }
    Ok(out)
}

impl GenericAlias {
    fn items(&self) -> &[Value] {
        self.args.downcast::<Tuple>().map_or(&[], Tuple::items)
    }
    fn parameters(&self, cx: &mut Cx) -> Res<Value> {
        if let Some(p) = self.params.get(&self.head) {
            return Ok(p);
        }
        let found = collect_parameters(cx, self.items())?;
        let t = new_tuple(cx, found)?;
        drop(self.params.put(&self.head, cx, Some(t.clone())));
        Ok(t)
    }
}

/// Attributes of the alias itself; all others are those of the origin.
const OWN: [&str; 11] = [
    "__class__",
    "__origin__",
    "__args__",
    "__unpacked__",
    "__parameters__",
    "__typing_unpacked_tuple_args__",
    "__mro_entries__",
    "__reduce_ex__",
    "__reduce__",
    "__orig_class__",
    "__getitem__",
];
/// Attributes that neither gives.
const BLOCKED: [&str; 3] = ["__bases__", "__copy__", "__deepcopy__"];

#[pymethods]
impl GenericAlias {
    #[new]
    fn new(cls: &Type, origin: &Value, args: &Value, cx: &mut Cx) -> Res<Value> {
        make(cx, cls, origin, args, false)
    }
    #[slot]
    fn repr(&self, cx: &mut Cx) -> Res<String> {
        let origin = type_repr(cx, &self.origin)?;
        let mut parts = Vec::new();
        for a in self.items() {
            parts.push(type_repr(cx, a)?);
        }
        let list = if parts.is_empty() {
            "()".to_owned()
        } else {
            parts.join(", ")
        };
        Ok(format!(
            "{}{origin}[{list}]",
            if self.starred { "*" } else { "" }
        ))
    }
    #[slot]
    fn hash(&self, cx: &mut Cx) -> Res<i64> {
        let h = protocol::hash(cx, &self.origin)? ^ protocol::hash(cx, &self.args)?;
        Ok(if h == -1 { -2 } else { h })
    }
    #[slot]
    fn richcompare(&self, other: &GenericAlias, op: CmpOp, cx: &mut Cx) -> Res<Value> {
        if !matches!(op, CmpOp::Eq | CmpOp::Ne) {
            return Ok(Value::not_implemented());
        }
        let same = self.starred == other.starred
            && protocol::equal(cx, &self.origin, &other.origin)?
            && protocol::equal(cx, &self.args, &other.args)?;
        Ok(Value::bool(same == (op == CmpOp::Eq)))
    }
    #[slot]
    fn call(this: &Value, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let Some(a) = this.downcast::<GenericAlias>() else {
            return Err(cx.system_error("not an alias"));
        };
        let made = protocol::call_args(cx, &a.origin, args)?;
        if let Err(r) = protocol::setattr_str(cx, &made, "__orig_class__", this) {
            if !cx.exc_is(ExcKind::AttributeError) {
                cx.catch(r, ExcKind::TypeError)?;
            } else {
                cx.catch(r, ExcKind::AttributeError)?;
            }
        }
        Ok(made)
    }
    #[slot]
    fn getattro(this: &Value, name: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(a) = this.downcast::<GenericAlias>() else {
            return generic_getattr(cx, this, name);
        };
        let text = name
            .downcast::<Str>()
            .map(|s| s.to_string_lossy())
            .unwrap_or_default();
        if OWN.contains(&text.as_str()) || BLOCKED.contains(&text.as_str()) {
            return generic_getattr(cx, this, name);
        }
        if this
            .ty()
            .lookup(cx, &crate::objects::str::intern::intern(name))
            .is_some()
            && !(text.starts_with("__") && text.ends_with("__"))
        {
            return generic_getattr(cx, this, name);
        }
        protocol::getattr(cx, &a.origin, name)
    }
    #[slot]
    fn getitem(this: &Value, item: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(a) = this.downcast::<GenericAlias>() else {
            return Err(cx.system_error("not an alias"));
        };
        let params = a.parameters(cx)?;
        let params: Vec<Value> = params
            .downcast::<Tuple>()
            .map(|t| t.items().to_vec())
            .unwrap_or_default();
        let new = substitute(cx, this, a.items(), &params, item)?;
        let new = new_tuple(cx, new)?;
        make(cx, Type::of::<GenericAlias>(), &a.origin, &new, a.starred)
    }
    #[slot]
    fn or(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        crate::objects::union::union_or(cx, left, right)
    }
    #[slot]
    fn iter(&self, cx: &mut Cx) -> Res<Value> {
        let starred = make(
            cx,
            Type::of::<GenericAlias>(),
            &self.origin,
            &self.args,
            true,
        )?;
        let t = new_tuple(cx, vec![starred])?;
        protocol::iter(cx, &t)
    }
    #[member]
    #[getter]
    fn __origin__(&self) -> Value {
        self.origin.clone()
    }
    #[member]
    #[getter]
    fn __args__(&self) -> Value {
        self.args.clone()
    }
    #[getter]
    fn __parameters__(&self, cx: &mut Cx) -> Res<Value> {
        self.parameters(cx)
    }
    #[member]
    #[getter]
    fn __unpacked__(&self) -> bool {
        self.starred
    }
    #[getter]
    fn __typing_unpacked_tuple_args__(&self) -> Option<Value> {
        let is_tuple = self
            .origin
            .downcast::<Type>()
            .is_some_and(|t| t.word() == word::TUPLE);
        if self.starred && is_tuple {
            Some(self.args.clone())
        } else {
            None
        }
    }
    fn __mro_entries__(&self, _bases: &Value, cx: &mut Cx) -> Res<Value> {
        new_tuple(cx, vec![self.origin.clone()])
    }
    fn __instancecheck__(&self, _o: &Value, cx: &mut Cx) -> Res<bool> {
        Err(cx.type_error("isinstance() argument 2 cannot be a parameterized generic"))
    }
    fn __subclasscheck__(&self, _c: &Value, cx: &mut Cx) -> Res<bool> {
        Err(cx.type_error("issubclass() argument 2 cannot be a parameterized generic"))
    }
    fn __dir__(&self, cx: &mut Cx) -> Res<Value> {
        let own = protocol::call_method(
            cx,
            &self.origin,
            "__dir__",
            std::slice::from_ref(&self.origin),
        );
        let list = match own {
            Ok(l) => l,
            Err(r) => {
                cx.catch(r, ExcKind::TypeError)?;
                protocol::call_method(cx, &self.origin, "__dir__", &[])?
            }
        };
        let mut names = protocol::collect(cx, &list)?;
        for n in OWN {
            names.push(crate::objects::str::new_str(cx, n)?);
        }
        crate::objects::list::new_list(cx, names)
    }
    fn __reduce__(&self, cx: &mut Cx) -> Res<Value> {
        if self.starred {
            let plain = make(
                cx,
                Type::of::<GenericAlias>(),
                &self.origin,
                &self.args,
                false,
            )?;
            let it = protocol::iter(cx, &plain)?;
            let next = crate::objects::builtin::function::builtin_named(cx, "next")?;
            let a = new_tuple(cx, vec![it])?;
            return new_tuple(cx, vec![next, a]);
        }
        let a = new_tuple(cx, vec![self.origin.clone(), self.args.clone()])?;
        new_tuple(cx, vec![Type::of::<GenericAlias>().value(), a])
    }
}
