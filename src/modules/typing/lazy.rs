//! Values that a type parameter or alias computes at first use, and `NoDefault`.

use super::packs::{ParamSpec, TypeVarTuple};
use super::params::TypeVar;
use crate::support::{make, wrong_type};
use std::sync::OnceLock;
use typhon_vm::SlotExt;
use typhon_vm::native::*;
use typhon_vm::objects::genericalias::type_repr;
use typhon_vm::objects::object;
use typhon_vm::protocol;

/// The type of the NoDefault singleton.
#[pytype(name = "NoDefaultType", module = "typing")]
pub struct NoDefaultType {
    pub head: Header,
}

static NO_DEFAULT: OnceLock<Value> = OnceLock::new();

pub fn no_default(cx: &mut Cx) -> Res<Value> {
    if let Some(v) = NO_DEFAULT.get() {
        return Ok(v.clone());
    }
    let made = make(
        cx,
        NoDefaultType {
            head: Header::placeholder(),
        },
    )?;
    if let Some(h) = made.header() {
        h.set_immortal();
    }
    Ok(NO_DEFAULT.get_or_init(|| made).clone())
}

pub fn is_no_default(v: &Value) -> bool {
    NO_DEFAULT.get().is_some_and(|n| n.is(v))
}

#[pymethods]
impl NoDefaultType {
    #[new]
    #[text_signature(none)]
    fn new(_cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        if !args.pos.is_empty() || args.has_keywords() {
            return Err(cx.type_error("NoDefaultType takes no arguments"));
        }
        no_default(cx)
    }
    #[slot]
    fn repr(&self) -> &'static str {
        "typing.NoDefault"
    }
    fn __reduce__(&self) -> &'static str {
        "NoDefault"
    }
}

/// A value, or the function that computes it when called with an annotation format.
pub struct Lazy {
    value: Slot,
    evaluate: Slot,
}

impl Traverse for Lazy {
    fn traverse(&self, v: &mut Visitor) {
        self.value.traverse(v);
        self.evaluate.traverse(v);
    }
}

impl Drop for Lazy {
    fn drop(&mut self) {
        drop((self.value.take(), self.evaluate.take()));
    }
}

impl Lazy {
    pub fn known(value: Option<Value>) -> Lazy {
        Lazy {
            value: Slot::new(value),
            evaluate: Slot::EMPTY,
        }
    }
    pub fn computed(evaluate: Value) -> Lazy {
        Lazy {
            value: Slot::EMPTY,
            evaluate: Slot::new(Some(evaluate)),
        }
    }
    /// The value, computed now if it has not been; None when there is none.
    pub fn get(&self, cx: &mut Cx, head: &Header) -> Res<Option<Value>> {
        if let Some(v) = self.value.get(head) {
            return Ok(Some(v));
        }
        let Some(f) = self.evaluate.get(head) else {
            return Ok(None);
        };
        let v = protocol::call(cx, &f, &[Value::small_int(1)])?;
        let old = self.value.put(head, cx, Some(v.clone()));
        drop(old);
        Ok(Some(v))
    }
    /// The function that computes it in a format; for known values one is made.
    pub fn evaluator(&self, cx: &mut Cx, head: &Header) -> Res<Value> {
        if let Some(f) = self.evaluate.get(head) {
            return Ok(f);
        }
        match self.value.get(head) {
            Some(v) => make(
                cx,
                ConstEvaluator {
                    head: Header::placeholder(),
                    value: v,
                },
            ),
            None => Ok(Value::none()),
        }
    }
    pub fn set_evaluator(&self, cx: &mut Cx, head: &Header, f: &Value) {
        let old = (
            self.value.put(head, cx, None),
            self.evaluate.put(head, cx, Some(f.clone())),
        );
        drop(old);
    }
    pub fn has(&self, head: &Header) -> bool {
        !self.evaluate.is_empty() || self.value.get(head).is_some_and(|v| !is_no_default(&v))
    }
}

/// Evaluates to a value that is known.
#[pytype(name = "_ConstEvaluator", module = "_typing", gc, no_new)]
pub struct ConstEvaluator {
    pub head: Header,
    value: Value,
}

#[pymethods]
impl ConstEvaluator {
    #[slot]
    fn call(&self, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        let format = match (args.pos, args.keyword("format")) {
            ([f], None) => f,
            ([], Some(f)) => f,
            _ => return Err(cx.type_error("_ConstEvaluator.__call__() takes exactly one argument")),
        };
        // annotationlib.Format.STRING
        if typhon_vm::number::index_i64(cx, format)? != 4 {
            return Ok(self.value.clone());
        }
        let text = match self.value.downcast_exact::<Tuple>() {
            Some(t) => {
                let mut parts = Vec::new();
                for v in t.items() {
                    parts.push(type_repr(cx, v)?);
                }
                let comma = if parts.len() == 1 { "," } else { "" };
                format!("({}{comma})", parts.join(", "))
            }
            None => type_repr(cx, &self.value)?,
        };
        typhon_vm::objects::str::new_str(cx, &text)
    }
    #[slot]
    fn repr(&self, cx: &mut Cx) -> Res<String> {
        Ok(format!(
            "<constevaluator {}>",
            protocol::repr_string(cx, &self.value)?
        ))
    }
}

/// The name of a type parameter as given to its constructor.
pub fn checked_name(cx: &mut Cx, function: &str, name: &Value) -> Res<Value> {
    if name.downcast::<Str>().is_none() {
        return Err(wrong_type(
            cx,
            &format!("{function}() argument 'name'"),
            "str",
            name,
        ));
    }
    Ok(name.clone())
}

/// `typing._type_check(bound, message)` for a bound that is given.
pub fn checked_bound(cx: &mut Cx, bound: &Value) -> Res<Option<Value>> {
    if bound.is_none() {
        return Ok(None);
    }
    let text = typhon_vm::objects::str::new_str(cx, "Bound must be a type.")?;
    super::call_typing(cx, "_type_check", &[bound.clone(), text]).map(Some)
}

/// Note the module that made a type parameter.
pub fn note_module(cx: &mut Cx, made: &Value) -> Res<()> {
    let m = super::caller(cx)?.unwrap_or_else(Value::none);
    let d = object::dict_of(cx, made)?;
    if let Some(d) = d
        .as_ref()
        .and_then(|d| d.downcast::<typhon_vm::objects::Dict>())
    {
        d.set_str(cx, "__module__", m)?;
    }
    Ok(())
}

/// The instruction that gives a type parameter its default.
pub fn set_default(cx: &mut Cx, param: &Value, evaluate: &Value) -> Res<Value> {
    if let Some(t) = param.downcast_exact::<TypeVar>() {
        t.default.set_evaluator(cx, &t.head, evaluate);
    } else if let Some(p) = param.downcast_exact::<ParamSpec>() {
        p.default.set_evaluator(cx, &p.head, evaluate);
    } else if let Some(t) = param.downcast_exact::<TypeVarTuple>() {
        t.default.set_evaluator(cx, &t.head, evaluate);
    } else {
        let n = param.type_name();
        return Err(cx.type_error(format!("Expected a type param, got {n}")));
    }
    Ok(param.clone())
}

/// How a type parameter's variance was declared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Variance {
    pub covariant: bool,
    pub contravariant: bool,
    pub infer: bool,
}

impl Variance {
    pub fn checked(
        cx: &mut Cx,
        covariant: bool,
        contravariant: bool,
        infer: bool,
    ) -> Res<Variance> {
        if covariant && contravariant {
            return Err(cx.value_error("Bivariant types are not supported."));
        }
        if infer && (covariant || contravariant) {
            return Err(cx.value_error("Variance cannot be specified with infer_variance."));
        }
        Ok(Variance {
            covariant,
            contravariant,
            infer,
        })
    }
    pub const INFERRED: Variance = Variance {
        covariant: false,
        contravariant: false,
        infer: true,
    };

    pub fn mark(self) -> &'static str {
        match self {
            Variance { infer: true, .. } => "",
            Variance {
                covariant: true, ..
            } => "+",
            Variance {
                contravariant: true,
                ..
            } => "-",
            _ => "~",
        }
    }
}
