//! `ParamSpec` with its `args` and `kwargs`, and `TypeVarTuple`.

use super::lazy::{Lazy, Variance, checked_name, no_default, note_module};
use super::params::make_union;
use super::{call_typing, iter_unpacked};
use crate::support::make;
use typhon_vm::native::*;
use typhon_vm::objects::object;
use typhon_vm::protocol;

/// Parameter specification variable.
///
/// The preferred way to construct a parameter specification is via the
/// dedicated syntax for generic functions, classes, and type aliases,
/// where the use of '**' creates a parameter specification::
///
///     type IntFunc[**P] = Callable[P, int]
///
/// Parameter specification variables exist primarily for the benefit of
/// static type checkers.  They are used to forward the parameter types of
/// one callable to another callable, a pattern commonly found in
/// higher-order functions and decorators.
#[pytype(name = "ParamSpec", module = "typing", gc, weakrefable)]
pub struct ParamSpec {
    pub head: Header,
    name: Value,
    bound: Option<Value>,
    pub default: Lazy,
    #[skip]
    variance: Variance,
    /// `__dict__`.
    dict: Slot,
}

impl ParamSpec {
    pub const DICT_OFFSET: usize = std::mem::offset_of!(ParamSpec, dict);

    /// Made by `[**P]`.
    pub fn of_syntax(cx: &mut Cx, name: &Value) -> Res<Value> {
        let default = Lazy::known(Some(no_default(cx)?));
        let p = ParamSpec {
            head: Header::placeholder(),
            name: name.clone(),
            bound: None,
            default,
            variance: Variance::INFERRED,
            dict: Slot::EMPTY,
        };
        make(cx, p)
    }
}

#[pymethods]
impl ParamSpec {
    #[new]
    #[sig(name, *, bound = None, default = absent, covariant = False, contravariant = False, infer_variance = False)]
    #[text_signature(none)]
    fn new(
        cls: &Type,
        name: &Value,
        bound: &Value,
        default: Option<&Value>,
        covariant: bool,
        contravariant: bool,
        infer_variance: bool,
        cx: &mut Cx,
    ) -> Res<Value> {
        let name = checked_name(cx, "paramspec", name)?;
        let variance = Variance::checked(cx, covariant, contravariant, infer_variance)?;
        let bound = (!bound.is_none()).then(|| bound.clone());
        let default = match default {
            Some(d) => d.clone(),
            None => no_default(cx)?,
        };
        let p = ParamSpec {
            head: Header::placeholder(),
            name,
            bound,
            default: Lazy::known(Some(default)),
            variance,
            dict: Slot::EMPTY,
        };
        let made = object::alloc(cx, cls, p)?;
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
    fn __bound__(&self) -> Option<Value> {
        self.bound.clone()
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
    fn __default__(&self, cx: &mut Cx) -> Res<Option<Value>> {
        self.default.get(cx, &self.head)
    }
    #[getter]
    fn evaluate_default(&self, cx: &mut Cx) -> Res<Value> {
        self.default.evaluator(cx, &self.head)
    }
    /// Represents positional arguments.
    #[getter]
    fn args(&self, cx: &mut Cx) -> Res<Value> {
        let origin = self.into_value(cx)?;
        make(
            cx,
            ParamSpecArgs {
                head: Header::placeholder(),
                origin,
            },
        )
    }
    /// Represents keyword arguments.
    #[getter]
    fn kwargs(&self, cx: &mut Cx) -> Res<Value> {
        let origin = self.into_value(cx)?;
        make(
            cx,
            ParamSpecKwargs {
                head: Header::placeholder(),
                origin,
            },
        )
    }

    fn has_default(&self) -> bool {
        self.default.has(&self.head)
    }
    #[sig(arg, /)]
    fn __typing_subst__(this: &Value, arg: &Value, cx: &mut Cx) -> Res<Value> {
        call_typing(cx, "_paramspec_subst", &[this.clone(), arg.clone()])
    }
    #[sig(alias, args, /)]
    fn __typing_prepare_subst__(
        this: &Value,
        alias: &Value,
        args: &Value,
        cx: &mut Cx,
    ) -> Res<Value> {
        call_typing(
            cx,
            "_paramspec_prepare_subst",
            &[this.clone(), alias.clone(), args.clone()],
        )
    }
    fn __reduce__(&self) -> Value {
        self.name.clone()
    }
    #[sig(bases, /)]
    fn __mro_entries__(&self, bases: &Value, cx: &mut Cx) -> Res<Value> {
        let _ = bases;
        Err(cx.type_error("Cannot subclass an instance of ParamSpec"))
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

macro_rules! parts {
    ($($(#[$doc:meta])* $t:ident $name:tt $attr:tt;)*) => { $(
        $(#[$doc])*
        #[pytype(name = $name, module = "typing", gc, weakrefable, unhashable)]
        pub struct $t {
            pub head: Header,
            origin: Value,
        }

        #[pymethods]
        impl $t {
            #[new]
            #[sig(origin)]
            #[text_signature(none)]
            fn new(cls: &Type, origin: &Value, cx: &mut Cx) -> Res<Value> {
                object::alloc(cx, cls, $t { head: Header::placeholder(), origin: origin.clone() })
            }
            #[getter]
            fn __origin__(&self) -> Value {
                self.origin.clone()
            }
            #[sig(bases, /)]
            fn __mro_entries__(&self, bases: &Value, cx: &mut Cx) -> Res<Value> {
                let _ = bases;
                Err(cx.type_error(concat!("Cannot subclass an instance of ", $name)))
            }
            #[slot]
            fn repr(&self, cx: &mut Cx) -> Res<String> {
                let name = match self.origin.downcast::<ParamSpec>() {
                    Some(p) => protocol::str_string(cx, &p.name)?,
                    None => protocol::repr_string(cx, &self.origin)?,
                };
                Ok(format!(concat!("{}.", $attr), name))
            }
            #[slot]
            fn richcompare(&self, other: &$t, op: CmpOp, cx: &mut Cx) -> Res<Value> {
                match op {
                    CmpOp::Eq | CmpOp::Ne => protocol::compare(cx, &self.origin, &other.origin, op),
                    _ => Ok(Value::not_implemented()),
                }
            }
        }
    )* };
}

parts! {
    /// The args for a ParamSpec object.
    ///
    /// Given a ParamSpec object P, P.args returns an instance of ParamSpecArgs.
    ///
    /// ParamSpecArgs objects have a reference back to their ParamSpec::
    ///
    ///     >>> P = ParamSpec("P")
    ///     >>> P.args.__origin__ is P
    ///     True
    ///
    /// This type is meant for runtime introspection and has no special meaning
    /// to static type checkers.
    ParamSpecArgs "ParamSpecArgs" "args";
    /// The kwargs for a ParamSpec object.
    ///
    /// Given a ParamSpec object P, P.kwargs returns an instance of ParamSpecKwargs.
    ///
    /// ParamSpecKwargs objects have a reference back to their ParamSpec::
    ///
    ///     >>> P = ParamSpec("P")
    ///     >>> P.kwargs.__origin__ is P
    ///     True
    ///
    /// This type is meant for runtime introspection and has no special meaning
    /// to static type checkers.
    ParamSpecKwargs "ParamSpecKwargs" "kwargs";
}

/// Type variable tuple. A specialized form of type variable that enables
/// variadic generics.
///
/// The preferred way to construct a type variable tuple is via the
/// dedicated syntax for generic functions, classes, and type aliases,
/// where a single '*' indicates a type variable tuple::
///
///     def move_first_element_to_last[T, *Ts](tup: tuple[T, *Ts]) -> tuple[*Ts, T]:
///         return (*tup[1:], tup[0])
///
/// Note that only TypeVarTuples defined in the global scope can be
/// pickled.
#[pytype(name = "TypeVarTuple", module = "typing", gc, weakrefable)]
pub struct TypeVarTuple {
    pub head: Header,
    name: Value,
    pub default: Lazy,
    /// `__dict__`.
    dict: Slot,
}

impl TypeVarTuple {
    pub const DICT_OFFSET: usize = std::mem::offset_of!(TypeVarTuple, dict);

    /// Made by `[*Ts]`.
    pub fn of_syntax(cx: &mut Cx, name: &Value) -> Res<Value> {
        let default = Lazy::known(Some(no_default(cx)?));
        make(
            cx,
            TypeVarTuple {
                head: Header::placeholder(),
                name: name.clone(),
                default,
                dict: Slot::EMPTY,
            },
        )
    }
}

#[pymethods]
impl TypeVarTuple {
    #[new]
    #[sig(name, *, default = absent)]
    #[text_signature(none)]
    fn new(cls: &Type, name: &Value, default: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        let name = checked_name(cx, "typevartuple", name)?;
        let default = match default {
            Some(d) => d.clone(),
            None => no_default(cx)?,
        };
        let t = TypeVarTuple {
            head: Header::placeholder(),
            name,
            default: Lazy::known(Some(default)),
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
    #[getter]
    fn __default__(&self, cx: &mut Cx) -> Res<Option<Value>> {
        self.default.get(cx, &self.head)
    }
    #[getter]
    fn evaluate_default(&self, cx: &mut Cx) -> Res<Value> {
        self.default.evaluator(cx, &self.head)
    }

    fn has_default(&self) -> bool {
        self.default.has(&self.head)
    }
    #[sig(arg, /)]
    fn __typing_subst__(&self, arg: &Value, cx: &mut Cx) -> Res<Value> {
        let _ = arg;
        Err(cx.type_error("Substitution of bare TypeVarTuple is not supported"))
    }
    #[sig(alias, args, /)]
    fn __typing_prepare_subst__(
        this: &Value,
        alias: &Value,
        args: &Value,
        cx: &mut Cx,
    ) -> Res<Value> {
        call_typing(
            cx,
            "_typevartuple_prepare_subst",
            &[this.clone(), alias.clone(), args.clone()],
        )
    }
    fn __reduce__(&self) -> Value {
        self.name.clone()
    }
    #[sig(bases, /)]
    fn __mro_entries__(&self, bases: &Value, cx: &mut Cx) -> Res<Value> {
        let _ = bases;
        Err(cx.type_error("Cannot subclass an instance of TypeVarTuple"))
    }

    #[slot]
    fn iter(this: &Value, cx: &mut Cx) -> Res<Value> {
        iter_unpacked(cx, this)
    }
    #[slot]
    fn repr(&self, cx: &mut Cx) -> Res<String> {
        protocol::str_string(cx, &self.name)
    }
}
