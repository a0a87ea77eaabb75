//! `TypeAliasType`: what `type A = ...` makes.

use super::lazy::{Lazy, checked_name};
use super::packs::{ParamSpec, TypeVarTuple};
use super::params::{TypeVar, make_union};
use super::{caller, iter_unpacked, unpack_tuples};
use crate::support::make;
use typhon_vm::native::*;
use typhon_vm::objects::{genericalias, object, tuple};
use typhon_vm::protocol;

/// Type alias.
///
/// Type aliases are created through the type statement::
///
///     type Alias = int
///
/// In this example, Alias and int will be treated equivalently by static
/// type checkers.
///
/// At runtime, Alias is an instance of TypeAliasType. The __name__
/// attribute holds the name of the type alias. The value of the type alias
/// is stored in the __value__ attribute. It is evaluated lazily, so the
/// value is computed only if the attribute is accessed.
///
/// Type aliases can also be generic::
///
///     type ListOrSet[T] = list[T] | set[T]
///
/// In this case, the type parameters of the alias are stored in the
/// __type_params__ attribute.
#[pytype(name = "TypeAliasType", module = "typing", gc)]
pub struct TypeAliasType {
    pub head: Header,
    name: Value,
    /// A tuple, when there are type parameters.
    params: Option<Value>,
    value: Lazy,
    module: Option<Value>,
}

/// Type parameters have to be such, those with defaults last.
fn check_params(cx: &mut Cx, params: &Value) -> Res<()> {
    let Some(t) = params.downcast::<Tuple>() else {
        return Err(cx.type_error("type_params must be a tuple"));
    };
    let mut defaults = false;
    for p in t.items() {
        let has = if let Some(v) = p.downcast_exact::<TypeVar>() {
            v.default.has(&v.head)
        } else if let Some(v) = p.downcast_exact::<ParamSpec>() {
            v.default.has(&v.head)
        } else if let Some(v) = p.downcast_exact::<TypeVarTuple>() {
            v.default.has(&v.head)
        } else {
            let shown = protocol::repr_string(cx, p)?;
            return Err(cx.type_error(format!("Expected a type param, got {shown}")));
        };
        if defaults && !has {
            let shown = protocol::repr_string(cx, p)?;
            return Err(cx.type_error(format!(
                "non-default type parameter '{shown}' follows default type parameter"
            )));
        }
        defaults |= has;
    }
    Ok(())
}

impl TypeAliasType {
    /// Made by the `type` statement.
    pub fn of_syntax(cx: &mut Cx, name: &Value, params: &Value, compute: &Value) -> Res<Value> {
        let module = protocol::getattr_str_opt(cx, compute, "__module__")?;
        let params = Some(params.clone()).filter(|p| !p.is_none());
        make(
            cx,
            TypeAliasType {
                head: Header::placeholder(),
                name: name.clone(),
                params,
                value: Lazy::computed(compute.clone()),
                module,
            },
        )
    }
}

#[pymethods]
impl TypeAliasType {
    #[new]
    #[sig(name, value, *, type_params = absent)]
    #[text_signature(none)]
    fn new(
        cls: &Type,
        name: &Value,
        value: &Value,
        type_params: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<Value> {
        let name = checked_name(cx, "typealias", name)?;
        if let Some(p) = type_params {
            check_params(cx, p)?;
        }
        let params = type_params
            .filter(|p| p.downcast::<Tuple>().is_some_and(|t| !t.is_empty()))
            .cloned();
        let module = caller(cx)?;
        let a = TypeAliasType {
            head: Header::placeholder(),
            name,
            params,
            value: Lazy::known(Some(value.clone())),
            module,
        };
        object::alloc(cx, cls, a)
    }

    #[member]
    #[getter]
    fn __name__(&self) -> Value {
        self.name.clone()
    }
    #[getter]
    fn __value__(&self, cx: &mut Cx) -> Res<Option<Value>> {
        self.value.get(cx, &self.head)
    }
    #[getter]
    fn evaluate_value(&self, cx: &mut Cx) -> Res<Value> {
        self.value.evaluator(cx, &self.head)
    }
    #[getter]
    fn __type_params__(&self, cx: &mut Cx) -> Res<Value> {
        match &self.params {
            Some(p) => Ok(p.clone()),
            None => tuple::new_tuple(cx, vec![]),
        }
    }
    #[getter]
    fn __parameters__(&self, cx: &mut Cx) -> Res<Value> {
        match &self.params {
            Some(p) => unpack_tuples(cx, p),
            None => tuple::new_tuple(cx, vec![]),
        }
    }
    #[getter]
    fn __module__(&self) -> Option<Value> {
        self.module.clone()
    }

    fn __reduce__(&self) -> Value {
        self.name.clone()
    }

    #[slot]
    fn getitem(this: &Value, key: &Value, cx: &mut Cx) -> Res<Value> {
        if this
            .downcast::<TypeAliasType>()
            .is_none_or(|a| a.params.is_none())
        {
            return Err(cx.type_error("Only generic type aliases are subscriptable"));
        }
        genericalias::new(cx, this, key)
    }
    #[slot]
    fn iter(this: &Value, cx: &mut Cx) -> Res<Value> {
        iter_unpacked(cx, this)
    }
    #[slot]
    fn or(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        make_union(cx, left, right)
    }
    #[slot]
    fn repr(&self, cx: &mut Cx) -> Res<String> {
        protocol::str_string(cx, &self.name)
    }
}
