//! `TypeVar`.

use super::call_typing;
use super::lazy::{
    Lazy, Variance, checked_bound, checked_name, is_no_default, no_default, note_module,
};
use crate::support::make;
use typhon_vm::native::*;
use typhon_vm::objects::{object, tuple, union};
use typhon_vm::protocol;

/// Type variable.
///
/// The preferred way to construct a type variable is via the dedicated
/// syntax for generic functions, classes, and type aliases::
///
///     class Sequence[T]:  # T is a TypeVar
///         ...
///
/// This syntax can also be used to create bound and constrained type
/// variables::
///
///     # S is a TypeVar bound to str
///     class StrSequence[S: str]:
///         ...
///
///     # A is a TypeVar constrained to str or bytes
///     class StrOrBytesSequence[A: (str, bytes)]:
///         ...
///
/// Type variables can also have defaults:
///
///     class IntDefault[T = int]:
///         ...
///
/// However, if desired, reusable type variables can also be constructed
/// manually, like so::
///
///    T = TypeVar('T')  # Can be anything
///    S = TypeVar('S', bound=str)  # Can be any subtype of str
///    A = TypeVar('A', str, bytes)  # Must be exactly str or bytes
///    D = TypeVar('D', default=int)  # Defaults to int
///
/// Type variables exist primarily for the benefit of static type
/// checkers.  They serve as the parameters for generic types as well
/// as for generic function and type alias definitions.
#[pytype(name = "TypeVar", module = "typing", gc, weakrefable)]
pub struct TypeVar {
    pub head: Header,
    name: Value,
    bound: Lazy,
    constraints: Lazy,
    pub default: Lazy,
    #[skip]
    variance: Variance,
    /// `__dict__`.
    dict: Slot,
}

impl TypeVar {
    pub const DICT_OFFSET: usize = std::mem::offset_of!(TypeVar, dict);

    /// Made by `[T]`, `[T: bound]` or `[T: (constraints)]`.
    pub fn of_syntax(
        cx: &mut Cx,
        name: &Value,
        bound: Option<&Value>,
        constraints: Option<&Value>,
    ) -> Res<Value> {
        let lazy =
            |f: Option<&Value>| f.map_or_else(|| Lazy::known(None), |f| Lazy::computed(f.clone()));
        let none = no_default(cx)?;
        make(
            cx,
            TypeVar {
                head: Header::placeholder(),
                name: name.clone(),
                bound: lazy(bound),
                constraints: lazy(constraints),
                default: Lazy::known(Some(none)),
                variance: Variance::INFERRED,
                dict: Slot::EMPTY,
            },
        )
    }
}

/// `left | right` where one is a type parameter.
pub fn make_union(cx: &mut Cx, left: &Value, right: &Value) -> Res<Value> {
    union::new_union(cx, &[left.clone(), right.clone()])
}

/// The arguments of a generic alias completed by the default of a type parameter that has one.
fn prepare(
    cx: &mut Cx,
    this: &Value,
    default: Option<Value>,
    alias: &Value,
    args: &Value,
) -> Res<Value> {
    let params = protocol::getattr_str(cx, alias, "__parameters__")?;
    let params = protocol::collect(cx, &params)?;
    let given = protocol::collect(cx, args)?;
    let mut index = None;
    for (i, p) in params.iter().enumerate() {
        if protocol::equal(cx, p, this)? {
            index = Some(i);
            break;
        }
    }
    let index = index.unwrap_or(params.len());
    if index < given.len() {
        return Ok(args.clone());
    }
    if index == given.len()
        && let Some(d) = default.filter(|d| !is_no_default(d))
    {
        let mut all = given;
        all.push(d);
        return tuple::new_tuple(cx, all);
    }
    let shown = protocol::str_string(cx, alias)?;
    Err(cx.type_error(format!(
        "Too few arguments for {shown}; actual {}, expected at least {}",
        given.len(),
        index + 1
    )))
}

#[pymethods]
impl TypeVar {
    #[new]
    #[sig(name, *constraints, bound = None, default = absent, covariant = False, contravariant = False, infer_variance = False)]
    #[text_signature(none)]
    fn new(
        cls: &Type,
        name: &Value,
        constraints: &[Value],
        bound: &Value,
        default: Option<&Value>,
        covariant: bool,
        contravariant: bool,
        infer_variance: bool,
        cx: &mut Cx,
    ) -> Res<Value> {
        let name = checked_name(cx, "typevar", name)?;
        let variance = Variance::checked(cx, covariant, contravariant, infer_variance)?;
        let bound = checked_bound(cx, bound)?;
        if constraints.len() == 1 {
            return Err(cx.type_error("A single constraint is not allowed"));
        }
        if !constraints.is_empty() && bound.is_some() {
            return Err(cx.type_error("Constraints cannot be combined with bound=..."));
        }
        let constraints = if constraints.is_empty() {
            None
        } else {
            Some(tuple::new_tuple(cx, constraints.to_vec())?)
        };
        let default = match default {
            Some(d) => d.clone(),
            None => no_default(cx)?,
        };
        let t = TypeVar {
            head: Header::placeholder(),
            name,
            bound: Lazy::known(bound),
            constraints: Lazy::known(constraints),
            default: Lazy::known(Some(default)),
            variance,
            dict: Slot::EMPTY,
        };
        let made = object::alloc(cx, cls, t)?;
        note_module(cx, &made)?;
        Ok(made)
    }

    #[member]
    #[getter]
    fn __name__(&self) -> Value {
        self.name.clone()
    }
    #[member]
    #[getter]
    fn __covariant__(&self) -> bool {
        self.variance.covariant
    }
    #[member]
    #[getter]
    fn __contravariant__(&self) -> bool {
        self.variance.contravariant
    }
    #[member]
    #[getter]
    fn __infer_variance__(&self) -> bool {
        self.variance.infer
    }
    #[getter]
    fn __bound__(&self, cx: &mut Cx) -> Res<Option<Value>> {
        self.bound.get(cx, &self.head)
    }
    #[getter]
    fn __constraints__(&self, cx: &mut Cx) -> Res<Value> {
        match self.constraints.get(cx, &self.head)? {
            Some(v) => Ok(v),
            None => tuple::new_tuple(cx, vec![]),
        }
    }
    #[getter]
    fn __default__(&self, cx: &mut Cx) -> Res<Option<Value>> {
        self.default.get(cx, &self.head)
    }
    #[getter]
    fn evaluate_bound(&self, cx: &mut Cx) -> Res<Value> {
        self.bound.evaluator(cx, &self.head)
    }
    #[getter]
    fn evaluate_constraints(&self, cx: &mut Cx) -> Res<Value> {
        self.constraints.evaluator(cx, &self.head)
    }
    #[getter]
    fn evaluate_default(&self, cx: &mut Cx) -> Res<Value> {
        self.default.evaluator(cx, &self.head)
    }

    fn has_default(&self) -> bool {
        self.default.has(&self.head)
    }
    #[sig(arg, /)]
    fn __typing_subst__(this: &Value, arg: &Value, cx: &mut Cx) -> Res<Value> {
        call_typing(cx, "_typevar_subst", &[this.clone(), arg.clone()])
    }
    #[sig(alias, args, /)]
    fn __typing_prepare_subst__(
        this: &Value,
        alias: &Value,
        args: &Value,
        cx: &mut Cx,
    ) -> Res<Value> {
        let default = match this.downcast::<TypeVar>() {
            Some(t) => t.default.get(cx, &t.head)?,
            None => None,
        };
        prepare(cx, this, default, alias, args)
    }
    fn __reduce__(&self) -> Value {
        self.name.clone()
    }
    #[sig(bases, /)]
    fn __mro_entries__(&self, bases: &Value, cx: &mut Cx) -> Res<Value> {
        let _ = bases;
        Err(cx.type_error("Cannot subclass an instance of TypeVar"))
    }

    #[slot]
    fn or(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        make_union(cx, left, right)
    }
    #[slot]
    fn repr(&self, cx: &mut Cx) -> Res<String> {
        Ok(format!(
            "{}{}",
            self.variance.mark(),
            protocol::str_string(cx, &self.name)?
        ))
    }
}
