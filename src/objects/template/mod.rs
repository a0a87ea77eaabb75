//! `Template` and `Interpolation`: what a t-string evaluates to (PEP 750). Both immutable.

use crate::native::*;
use crate::objects::list::repr;
use crate::objects::{list, object, str, tuple};
use crate::protocol;
use crate::{Cx, Res, Value};

/// Interpolation object
#[pytype(name = "Interpolation", module = "string.templatelib", gc, static_index = INTERPOLATION)]
#[repr(C)]
pub struct Interpolation {
    pub head: Header,
    value: Value,
    expression: Value,
    conversion: Value,
    format_spec: Value,
}

/// Template object
#[pytype(name = "Template", module = "string.templatelib", gc, static_index = TEMPLATE)]
#[repr(C)]
pub struct Template {
    pub head: Header,
    strings: Value,
    interpolations: Value,
}

/// Make an interpolation; `conversion` is None or one of `s`, `r`, `a`.
pub fn new_interpolation(
    cx: &mut Cx,
    value: Value,
    expression: Value,
    conversion: Value,
    format_spec: Value,
) -> Res<Value> {
    let head = Header::placeholder();
    let payload = Interpolation {
        head,
        value,
        expression,
        conversion,
        format_spec,
    };
    object::alloc(cx, Type::of::<Interpolation>(), payload)
}

/// Make a template of tuples: one string more than interpolations.
pub fn new_template(cx: &mut Cx, strings: Value, interpolations: Value) -> Res<Value> {
    let head = Header::placeholder();
    object::alloc(
        cx,
        Type::of::<Template>(),
        Template {
            head,
            strings,
            interpolations,
        },
    )
}

fn items(v: &Value) -> &[Value] {
    v.downcast::<Tuple>().map_or(&[], Tuple::items)
}

#[pymethods]
impl Interpolation {
    #[new]
    #[sig(value, expression = "", conversion = None, format_spec = "")]
    fn new(
        _cls: &Type,
        value: &Value,
        expression: &Value,
        conversion: &Value,
        format_spec: &Value,
        cx: &mut Cx,
    ) -> Res<Value> {
        for (v, name) in [(expression, "expression"), (format_spec, "format_spec")] {
            if v.downcast::<Str>().is_none() {
                let n = v.type_name();
                return Err(cx.type_error(format!(
                    "Interpolation() argument '{name}' must be str, not {n}"
                )));
            }
        }
        let known = |s: &Str| ["s", "r", "a"].iter().any(|c| s.equals_str(c));
        if !conversion.is_none() && !conversion.downcast::<Str>().is_some_and(known) {
            return Err(cx.value_error(
                "Interpolation() argument 'conversion' must be one of 's', 'a' or 'r'",
            ));
        }
        new_interpolation(
            cx,
            value.clone(),
            expression.clone(),
            conversion.clone(),
            format_spec.clone(),
        )
    }
    #[member]
    #[getter(name = "value")]
    fn get_value(&self) -> Value {
        self.value.clone()
    }
    #[member]
    #[getter(name = "expression")]
    fn get_expression(&self) -> Value {
        self.expression.clone()
    }
    #[member]
    #[getter(name = "conversion")]
    fn get_conversion(&self) -> Value {
        self.conversion.clone()
    }
    #[member]
    #[getter(name = "format_spec")]
    fn get_format_spec(&self) -> Value {
        self.format_spec.clone()
    }
    #[pyattr]
    fn __match_args__(cx: &mut Cx) -> Res<Value> {
        ("value", "expression", "conversion", "format_spec").into_value(cx)
    }
    #[slot]
    fn repr(&self, cx: &mut Cx) -> Res<Value> {
        let mut out = b"Interpolation(".to_vec();
        for (i, v) in [
            &self.value,
            &self.expression,
            &self.conversion,
            &self.format_spec,
        ]
        .into_iter()
        .enumerate()
        {
            if i > 0 {
                out.extend_from_slice(b", ");
            }
            repr::push(cx, &mut out, v)?;
        }
        out.push(b')');
        str::new_str_wtf8(cx, &out)
    }
    fn __reduce__(this: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(i) = this.downcast::<Interpolation>() else {
            return Ok(Value::none());
        };
        let args = vec![
            i.value.clone(),
            i.expression.clone(),
            i.conversion.clone(),
            i.format_spec.clone(),
        ];
        let args = tuple::new_tuple(cx, args)?;
        let cls = this.ty().value();
        tuple::new_tuple(cx, vec![cls, args])
    }
}

/// Put strings and interpolations in turn, joining neighbouring strings.
fn from_parts(cx: &mut Cx, parts: &[Value]) -> Res<Value> {
    let empty = str::new_str(cx, "")?;
    let (mut strings, mut interpolations) = (vec![empty.clone()], Vec::new());
    for p in parts {
        if p.downcast::<Str>().is_some() {
            let last = strings.pop().unwrap_or_else(|| empty.clone());
            strings.push(protocol::binary(cx, protocol::BinOp::Add, &last, p)?);
        } else if p.downcast::<Interpolation>().is_some() {
            interpolations.push(p.clone());
            strings.push(empty.clone());
        } else {
            let n = p.type_name();
            return Err(cx.type_error(format!(
                "Template.__new__ *args need to be of type 'str' or 'Interpolation', got {n}"
            )));
        }
    }
    let strings = tuple::new_tuple(cx, strings)?;
    let interpolations = tuple::new_tuple(cx, interpolations)?;
    new_template(cx, strings, interpolations)
}

impl Template {
    /// Strings (empty ones too) and interpolations in turn.
    fn parts(&self, with_empty: bool) -> Vec<Value> {
        let mut out = Vec::new();
        for (i, s) in items(&self.strings).iter().enumerate() {
            if with_empty || s.downcast::<Str>().is_some_and(|s| !s.is_empty()) {
                out.push(s.clone());
            }
            out.extend(items(&self.interpolations).get(i).cloned());
        }
        out
    }
}

#[pymethods]
impl Template {
    #[new]
    #[text_signature(none)]
    fn new(_cls: &Type, args: Args<'_>, cx: &mut Cx) -> Res<Value> {
        if args.kwnames.is_some_and(|n| !n.is_empty()) {
            return Err(cx.type_error("Template.__new__ only accepts *args arguments"));
        }
        from_parts(cx, args.pos)
    }
    /// Template.__reduce__() -> (function, parts)
    fn __reduce__(&self, cx: &mut Cx) -> Res<Value> {
        let name = "string.templatelib";
        crate::objects::module::methods::import(cx, name)?;
        let Some(module) = crate::objects::module::methods::loaded(cx, name)? else {
            return Err(cx.import_error("lost string.templatelib"));
        };
        let function = protocol::getattr_str(cx, &module, "_template_unpickle")?;
        let parts = vec![self.strings.clone(), self.interpolations.clone()];
        let parts = tuple::new_tuple(cx, parts)?;
        tuple::new_tuple(cx, vec![function, parts])
    }
    #[getter(name = "strings")]
    fn get_strings(&self) -> Value {
        self.strings.clone()
    }
    #[getter(name = "interpolations")]
    fn get_interpolations(&self) -> Value {
        self.interpolations.clone()
    }
    /// Values of interpolations
    #[getter]
    fn values(&self, cx: &mut Cx) -> Res<Value> {
        let values = items(&self.interpolations).iter();
        let values = values
            .filter_map(|i| i.downcast::<Interpolation>().map(|i| i.value.clone()))
            .collect();
        tuple::new_tuple(cx, values)
    }
    #[slot]
    fn iter(&self, cx: &mut Cx) -> Res<Value> {
        let parts = list::new_list(cx, self.parts(false))?;
        protocol::iter(cx, &parts)
    }
    #[slot]
    fn concat(this: &Value, other: &Value, cx: &mut Cx) -> Res<Value> {
        let (Some(a), Some(b)) = (this.downcast::<Template>(), other.downcast::<Template>()) else {
            let b = other.type_name();
            return Err(cx.type_error(format!(
                "can only concatenate string.templatelib.Template (not \"{b}\") to string.templatelib.Template"
            )));
        };
        let mut parts = a.parts(true);
        parts.extend(b.parts(true));
        from_parts(cx, &parts)
    }
    #[slot]
    fn repr(&self, cx: &mut Cx) -> Res<Value> {
        let mut out = b"Template(strings=".to_vec();
        repr::push(cx, &mut out, &self.strings)?;
        out.extend_from_slice(b", interpolations=");
        repr::push(cx, &mut out, &self.interpolations)?;
        out.push(b')');
        str::new_str_wtf8(cx, &out)
    }
}
