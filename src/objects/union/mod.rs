//! `int | str` (PEP 604), which is also `typing.Union[int, str]`.

use crate::native::*;
use crate::objects::genericalias::{GenericAlias, collect_parameters, substitute, type_repr};
use crate::objects::object::{alloc, generic_getattr};
use crate::objects::tuple::new_tuple;
use crate::protocol;
use crate::slot_ext::SlotExt;
use crate::statics::word;

/// Represent a union type
///
/// E.g. for int | str
#[pytype(name = "Union", module = "typing", gc, weakrefable, no_new, static_index = UNION)]
pub struct Union {
    pub head: Header,
    /// A tuple, flat and without duplicates.
    args: Value,
    /// How many of them had no hash when the union was made.
    unhashable: usize,
    params: Slot,
}

impl Union {
    fn items(&self) -> &[Value] {
        self.args.downcast::<Tuple>().map_or(&[], Tuple::items)
    }
    /// The members, copied.
    pub fn args_vec(&self) -> Vec<Value> {
        self.items().to_vec()
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

fn is_unionable(v: &Value) -> bool {
    v.is_none()
        || v.downcast::<Type>().is_some()
        || v.downcast::<GenericAlias>().is_some()
        || v.downcast::<Union>().is_some()
        || v.class_word() == word::TYPEALIAS
}

/// `a | b` of types; NotImplemented for what is none.
pub fn union_or(cx: &mut Cx, a: &Value, b: &Value) -> Res<Value> {
    // A union takes whatever it is given, other types only what is a type.
    let is_union = |v: &Value| v.downcast::<Union>().is_some();
    if !(is_union(a) || is_union(b) || is_unionable(a) && is_unionable(b)) {
        return Ok(Value::not_implemented());
    }
    new_union(cx, &[a.clone(), b.clone()])
}

/// Whether two members are the same.
fn same(cx: &mut Cx, a: &Value, b: &Value) -> Res<bool> {
    if a.is(b) {
        return Ok(true);
    }
    if a.downcast::<Type>().is_some()
        && b.downcast::<Type>().is_some()
        && a.class_word() == word::TYPE
        && b.class_word() == word::TYPE
    {
        return Ok(false);
    }
    // `list[int]` and an alias of another kind may compare equal without being the same.
    if a.downcast::<GenericAlias>().is_some() != b.downcast::<GenericAlias>().is_some() {
        return Ok(false);
    }
    protocol::equal(cx, a, b)
}

/// The hash of a member; None when it has none.
fn hash_of(cx: &mut Cx, v: &Value) -> Res<Option<i64>> {
    match protocol::hash(cx, v) {
        Ok(h) => Ok(Some(h)),
        Err(r) => {
            cx.catch(r, ExcKind::TypeError)?;
            Ok(None)
        }
    }
}

/// The name of a type as a reference to be resolved later.
fn forward_reference(cx: &mut Cx, name: &Value) -> Res<Value> {
    let m = crate::objects::module::methods::import(cx, "annotationlib")?;
    protocol::call_method(cx, &m, "ForwardRef", std::slice::from_ref(name))
}

/// The union of these members, flattened; the member itself when only one is left.
pub fn new_union(cx: &mut Cx, members: &[Value]) -> Res<Value> {
    let mut flat: Vec<Value> = Vec::new();
    let mut hashes: Vec<Option<i64>> = Vec::new();
    for m in members {
        let parts = match m.downcast::<Union>() {
            Some(u) => u.args_vec(),
            None if m.is_none() => vec![Type::from_word(word::NONE).value()],
            None if m.downcast::<Str>().is_some() => vec![forward_reference(cx, m)?],
            None => vec![m.clone()],
        };
        for p in parts {
            // As in a set, only what has the same hash is compared.
            let hash = hash_of(cx, &p)?;
            let mut known = false;
            for (f, h) in flat.iter().zip(&hashes) {
                known = known || *h == hash && same(cx, f, &p)?;
            }
            if !known {
                flat.push(p);
                hashes.push(hash);
            }
        }
    }
    if flat.len() == 1 {
        return Ok(flat.remove(0));
    }
    let args = new_tuple(cx, flat)?;
    alloc(
        cx,
        Type::of::<Union>(),
        Union {
            head: Header::placeholder(),
            args,
            unhashable: hashes.iter().filter(|h| h.is_none()).count(),
            params: Slot::EMPTY,
        },
    )
}

#[pymethods]
impl Union {
    #[slot]
    fn repr(&self, cx: &mut Cx) -> Res<String> {
        let mut parts = Vec::new();
        for a in self.items() {
            parts.push(type_repr(cx, a)?);
        }
        Ok(parts.join(" | "))
    }
    #[slot]
    fn hash(&self, cx: &mut Cx) -> Res<i64> {
        // Order is no part of a union's value.
        let mut h = 0i64;
        for a in self.items() {
            h ^= protocol::hash(cx, a)?.wrapping_mul(0x9E37_79B9_7F4A_7C15u64 as i64);
        }
        if self.unhashable != 0 {
            let (n, s) = (self.unhashable, if self.unhashable == 1 { "" } else { "s" });
            return Err(cx.type_error(format!("union contains {n} unhashable element{s}")));
        }
        Ok(if h == -1 { -2 } else { h })
    }
    #[slot]
    fn richcompare(&self, other: &Union, op: CmpOp, cx: &mut Cx) -> Res<Value> {
        if !matches!(op, CmpOp::Eq | CmpOp::Ne) {
            return Ok(Value::not_implemented());
        }
        let mut equal = self.items().len() == other.items().len();
        if equal {
            for a in self.items() {
                let mut found = false;
                for b in other.items() {
                    found |= same(cx, a, b)?;
                }
                equal &= found;
            }
        }
        Ok(Value::bool(equal == (op == CmpOp::Eq)))
    }
    #[slot]
    fn or(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        union_or(cx, left, right)
    }
    #[slot]
    fn getitem(this: &Value, item: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(u) = this.downcast::<Union>() else {
            return Err(cx.system_error("not a union"));
        };
        let params = u.parameters(cx)?;
        let params: Vec<Value> = params
            .downcast::<Tuple>()
            .map(|t| t.items().to_vec())
            .unwrap_or_default();
        let args = substitute(cx, this, u.items(), &params, item)?;
        let mut members = args.into_iter();
        let Some(mut all) = members.next() else {
            return Err(cx.type_error("empty union"));
        };
        for m in members {
            all = protocol::binary(cx, protocol::BinOp::Or, &all, &m)?;
        }
        Ok(all)
    }
    #[slot]
    fn getattro(this: &Value, name: &Value, cx: &mut Cx) -> Res<Value> {
        generic_getattr(cx, this, name)
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
    #[getter]
    fn __origin__(&self) -> Value {
        Type::of::<Union>().value()
    }
    #[getter]
    fn __name__(&self) -> &'static str {
        "Union"
    }
    #[getter]
    fn __qualname__(&self) -> &'static str {
        "Union"
    }
    fn __mro_entries__(this: &Value, _bases: &Value, cx: &mut Cx) -> Res<Value> {
        let r = protocol::repr_string(cx, this)?;
        Err(cx.type_error(format!("Cannot subclass {r}")))
    }
    fn __instancecheck__(this: &Value, o: &Value, cx: &mut Cx) -> Res<bool> {
        crate::objects::object::isinstance::isinstance(cx, o, this)
    }
    fn __subclasscheck__(this: &Value, c: &Value, cx: &mut Cx) -> Res<bool> {
        crate::objects::object::isinstance::issubclass(cx, c, this)
    }
    /// See PEP 604
    #[classmethod]
    fn __class_getitem__(_cls: &Type, item: &Value, cx: &mut Cx) -> Res<Value> {
        let members: Vec<Value> = match item.downcast::<Tuple>() {
            Some(t) => t.items().to_vec(),
            None => vec![item.clone()],
        };
        if members.is_empty() {
            return Err(cx.type_error("Cannot take a Union of no types."));
        }
        new_union(cx, &members)
    }
    fn __reduce__(&self, cx: &mut Cx) -> Res<Value> {
        let or = crate::objects::module::methods::import(cx, "operator")?;
        let f = protocol::getattr_str(cx, &or, "or_")?;
        let items = self.items();
        let rest = match &items[1..] {
            [one] => one.clone(),
            more => new_union(cx, more)?,
        };
        let a = new_tuple(cx, vec![items[0].clone(), rest])?;
        new_tuple(cx, vec![f, a])
    }
}
