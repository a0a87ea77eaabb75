//! Struct sequences: tuples with named fields (`sys.version_info`, `os.stat_result`, `time.struct_time`). Each is a class
//! based on `tuple`; fields beyond the visible ones stand in the instance's dict under their own names.

use std::sync::OnceLock;
use typhon_vm::native::*;
use typhon_vm::objects::builtin::descr::new_method_descr;
use typhon_vm::objects::builtin::function::new_builtin;
use typhon_vm::objects::dict::new_dict;
use typhon_vm::objects::object::{alloc, existing_dict, instance};
use typhon_vm::objects::str::new_str;
use typhon_vm::objects::tuple::{new_tuple, subclass};
use typhon_vm::objects::{Dict, Module};
use typhon_vm::{ExcKind, protocol};

/// A struct sequence class, as a static.
pub struct StructSeq {
    /// `module.name`.
    pub name: &'static str,
    pub doc: &'static str,
    /// Names and documentation; the visible fields first. A name of "" is an unnamed visible field.
    pub fields: &'static [(&'static str, &'static str)],
    pub visible: usize,
    /// Whether Python code may make instances.
    pub constructible: bool,
    class: OnceLock<Value>,
}

impl StructSeq {
    pub const fn new(
        name: &'static str,
        doc: &'static str,
        fields: &'static [(&'static str, &'static str)],
        visible: usize,
    ) -> StructSeq {
        StructSeq {
            name,
            doc,
            fields,
            visible,
            constructible: true,
            class: OnceLock::new(),
        }
    }
    /// One that only the interpreter makes instances of.
    pub const fn closed(
        name: &'static str,
        doc: &'static str,
        fields: &'static [(&'static str, &'static str)],
    ) -> StructSeq {
        StructSeq::closed_showing(name, doc, fields, fields.len())
    }
    /// The same, with only the first fields in the sequence; the others are attributes.
    pub const fn closed_showing(
        name: &'static str,
        doc: &'static str,
        fields: &'static [(&'static str, &'static str)],
        visible: usize,
    ) -> StructSeq {
        StructSeq {
            name,
            doc,
            fields,
            visible,
            constructible: false,
            class: OnceLock::new(),
        }
    }

    /// The class, made at first use.
    pub fn class(&'static self, cx: &mut Cx) -> Res<Value> {
        if let Some(c) = self.class.get() {
            return Ok(c.clone());
        }
        let class = self.make_class(cx)?;
        if let Some(h) = class.header() {
            h.set_immortal();
        }
        Ok(self.class.get_or_init(|| class).clone())
    }

    /// An instance: the visible fields, then the others (which may be fewer than declared).
    pub fn make(&'static self, cx: &mut Cx, mut values: Vec<Value>) -> Res<Value> {
        let class = self.class(cx)?;
        let Some(t) = class.downcast::<Type>() else {
            return Err(cx.system_error("not a class"));
        };
        let rest = values.split_off(values.len().min(self.visible));
        let v = subclass::alloc(cx, t, values)?;
        if !rest.is_empty() {
            let d = new_dict(cx)?;
            let dict = d.downcast::<Dict>().expect("just made");
            for ((name, _), value) in self.fields[self.visible..].iter().zip(rest) {
                dict.set_str(cx, name, value)?;
            }
            instance::replace_dict(cx, &v, d)?;
        }
        Ok(v)
    }

    fn make_class(&'static self, cx: &mut Cx) -> Res<Value> {
        let (module, name) = self
            .name
            .rsplit_once('.')
            .unwrap_or(("builtins", self.name));
        let ns = new_dict(cx)?;
        let d = ns.downcast::<Dict>().expect("just made");
        let text = new_str(cx, module)?;
        d.set_str(cx, "__module__", text)?;
        let text = new_str(cx, self.doc)?;
        d.set_str(cx, "__doc__", text)?;
        let unnamed = self.fields.iter().filter(|(n, _)| n.is_empty()).count();
        for (n, v) in [
            ("n_fields", self.fields.len()),
            ("n_sequence_fields", self.visible),
            ("n_unnamed_fields", unnamed),
        ] {
            d.set_str(cx, n, Value::small_int(v as i32))?;
        }
        let mut names = Vec::new();
        for (name, _) in self.fields[..self.visible]
            .iter()
            .filter(|(n, _)| !n.is_empty())
        {
            names.push(new_str(cx, name)?);
        }
        let names = new_tuple(cx, names)?;
        d.set_str(cx, "__match_args__", names)?;
        for (i, (name, doc)) in self.fields.iter().enumerate() {
            if name.is_empty() {
                continue;
            }
            let place = if i < self.visible { i } else { usize::MAX };
            let cls = Field::type_object(cx)?;
            let f = alloc(
                cx,
                cls,
                Field {
                    head: Header::placeholder(),
                    name,
                    doc,
                    place,
                },
            )?;
            d.set_str(cx, name, f)?;
        }
        let tuple = Type::of::<Tuple>();
        for def in &METHODS {
            let f = new_method_descr(cx, def, tuple)?;
            d.set_str(cx, def.name, f)?;
        }
        let def = if self.constructible {
            &NEW
        } else {
            &NEW_CLOSED
        };
        let f = new_builtin(cx, def, None, None)?;
        d.set_str(cx, "__new__", f)?;
        let name = new_str(cx, name)?;
        let bases = new_tuple(cx, vec![tuple.value()])?;
        let spec = Address {
            head: Header::placeholder(),
            spec: self,
        };
        let cls = Address::type_object(cx)?;
        let spec = alloc(cx, cls, spec)?;
        d.set_str(cx, SPEC, spec)?;
        let class = protocol::call(cx, &Type::of::<Type>().value(), &[name, bases, ns])?;
        Ok(class)
    }
}

/// Hidden name in the class under which its description stands.
const SPEC: &str = "__struct__";

/// The description of a struct sequence class, for its own methods.
#[pytype(name = "_struct_spec", module = "sys")]
struct Address {
    head: Header,
    #[skip]
    spec: &'static StructSeq,
}

fn spec_of(cx: &mut Cx, cls: &Type) -> Res<&'static StructSeq> {
    let found = cls.lookup_str(cx, SPEC);
    match found.as_ref().and_then(|v| v.downcast::<Address>()) {
        Some(a) => Ok(a.spec),
        None => Err(cx.type_error("not a struct sequence")),
    }
}

/// A field as an attribute of the class.
#[pytype(name = "member_descriptor", module = "builtins")]
struct Field {
    head: Header,
    #[skip]
    name: &'static str,
    #[skip]
    doc: &'static str,
    /// Index among the items, or `usize::MAX`: it stands in the instance's dict.
    #[skip]
    place: usize,
}

#[pymethods]
impl Field {
    #[slot]
    fn descr_get(
        this: &Value,
        obj: Option<&Value>,
        _cls: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<Value> {
        let Some(f) = this.downcast::<Field>() else {
            return Err(cx.system_error("not a field"));
        };
        let Some(obj) = obj else {
            return Ok(this.clone());
        };
        let found = if f.place == usize::MAX {
            existing_dict(obj)
                .and_then(|d| d.downcast::<Dict>().and_then(|d| d.get_text(cx, f.name)))
        } else {
            obj.downcast::<Tuple>()
                .and_then(|t| t.items().get(f.place).cloned())
        };
        Ok(found.unwrap_or_else(Value::none))
    }
    #[slot]
    fn descr_set(&self, _obj: &Value, _value: Option<&Value>, cx: &mut Cx) -> Res<()> {
        Err(cx.attribute_error("readonly attribute"))
    }
    #[slot]
    fn repr(&self) -> String {
        format!("<member '{}'>", self.name)
    }
    #[getter]
    fn __name__(&self) -> &'static str {
        self.name
    }
    #[getter]
    fn __doc__(&self) -> Option<&'static str> {
        if self.doc.is_empty() {
            None
        } else {
            Some(self.doc)
        }
    }
}

const fn method(name: &'static str, call: NativeFn, max: u8, keywords: bool) -> MethodDef {
    MethodDef {
        name,
        call,
        doc: "",
        text_signature: None,
        kind: MethodKind::Method,
        min: 0,
        max,
        takes_keywords: keywords,
        quick: None,
    }
}

static METHODS: [MethodDef; 3] = [
    method("__repr__", repr, 0, false),
    method("__reduce__", reduce, 0, false),
    method("__replace__", replace, 0, true),
];

static NEW: MethodDef = MethodDef {
    name: "__new__",
    call: new,
    doc: "",
    text_signature: None,
    kind: MethodKind::StaticMethod,
    min: 1,
    max: 3,
    takes_keywords: true,
    quick: None,
};
static NEW_CLOSED: MethodDef = MethodDef {
    name: "__new__",
    call: |cx, args| {
        let what = match args.pos.first().and_then(|c| c.downcast::<Type>()) {
            Some(t) => spec_of(cx, t)?.name,
            None => "struct sequence",
        };
        Err(cx.type_error(format!("cannot create '{what}' instances")))
    },
    doc: "",
    text_signature: None,
    kind: MethodKind::StaticMethod,
    min: 0,
    max: 255,
    takes_keywords: true,
    quick: None,
};

fn this<'a>(cx: &mut Cx, args: Args<'a>) -> Res<(&'a Value, &'a Tuple, &'static StructSeq)> {
    match args
        .pos
        .first()
        .and_then(|v| v.downcast::<Tuple>().map(|t| (v, t)))
    {
        Some((v, t)) => Ok((v, t, spec_of(cx, v.ty())?)),
        None => Err(cx.type_error("descriptor requires a struct sequence")),
    }
}

fn repr(cx: &mut Cx, args: Args<'_>) -> Res<Value> {
    let (_, t, spec) = this(cx, args)?;
    let mut out = format!("{}(", spec.name);
    for (i, ((name, _), v)) in spec.fields.iter().zip(t.items()).enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        out.push_str(name);
        out.push('=');
        out.push_str(&protocol::repr_string(cx, v)?);
    }
    out.push(')');
    new_str(cx, &out)
}

fn reduce(cx: &mut Cx, args: Args<'_>) -> Res<Value> {
    let (v, t, _) = this(cx, args)?;
    let items = new_tuple(cx, t.items().to_vec())?;
    let rest = match existing_dict(v) {
        Some(d) => d
            .downcast::<Dict>()
            .expect("a dict word names a dict")
            .copy(cx)?,
        None => new_dict(cx)?,
    };
    let inner = new_tuple(cx, vec![items, rest])?;
    let cls = v.ty().value();
    new_tuple(cx, vec![cls, inner])
}

fn replace(cx: &mut Cx, args: Args<'_>) -> Res<Value> {
    let (v, t, spec) = this(cx, args)?;
    if args.pos.len() > 1 {
        return Err(cx.type_error("__replace__() takes no positional arguments"));
    }
    if spec.fields.iter().any(|(n, _)| n.is_empty()) {
        return Err(cx.type_error(format!(
            "__replace__() is not supported for {} because it has unnamed field(s)",
            spec.name
        )));
    }
    let mut values: Vec<Value> = t.items().to_vec();
    let dict = existing_dict(v);
    for (name, _) in &spec.fields[spec.visible..] {
        let old = dict
            .as_ref()
            .and_then(|d| d.downcast::<Dict>())
            .and_then(|d| d.get_named(cx, name));
        values.push(old.unwrap_or_else(Value::none));
    }
    let mut unknown = Vec::new();
    for (key, value) in args.keywords() {
        match spec.fields.iter().position(|(n, _)| key.equals_str(n)) {
            Some(i) if i < values.len() => values[i] = value.clone(),
            _ => unknown.push(key.value()),
        }
    }
    if !unknown.is_empty() {
        let list = typhon_vm::objects::list::new_list(cx, unknown)?;
        let shown = protocol::repr_string(cx, &list)?;
        return Err(cx.type_error(format!("Got unexpected field name(s): {shown}")));
    }
    spec.make(cx, values)
}

/// `cls(sequence, dict={})`.
fn new(cx: &mut Cx, args: Args<'_>) -> Res<Value> {
    let Some(cls) = args.pos.first().and_then(|c| c.downcast::<Type>()) else {
        return Err(cx.type_error("__new__(): not enough arguments"));
    };
    let spec = spec_of(cx, cls)?;
    let sequence = args.pos.get(1).or_else(|| args.keyword("sequence"));
    let Some(sequence) = sequence else {
        let short = spec.name.rsplit('.').next().unwrap_or(spec.name);
        return Err(cx.type_error(format!(
            "{short}() missing required argument 'sequence' (pos 1)"
        )));
    };
    let dict = args.pos.get(2).or_else(|| args.keyword("dict"));
    if let Some(d) = dict
        && d.downcast::<Dict>().is_none()
    {
        return Err(cx.type_error(format!(
            "{}() takes a dict as second arg, if any",
            spec.name
        )));
    }
    let mut values = match protocol::collect(cx, sequence) {
        Ok(v) => v,
        Err(r) => {
            cx.catch(r, ExcKind::TypeError)?;
            return Err(cx.type_error("constructor requires a sequence"));
        }
    };
    let (min, max, n) = (spec.visible, spec.fields.len(), values.len());
    if n < min || n > max {
        let (how, bound) = match (min == max, n < min) {
            (true, _) => ("a", min),
            (false, true) => ("an at least", min),
            (false, false) => ("an at most", max),
        };
        return Err(cx.type_error(format!(
            "{}() takes {how} {bound}-sequence ({n}-sequence given)",
            spec.name
        )));
    }
    if let Some(d) = dict.and_then(|d| d.downcast::<Dict>()) {
        for i in values.len()..max {
            let v = d.get_named(cx, spec.fields[i].0);
            values.push(v.unwrap_or_else(Value::none));
        }
    }
    values.resize_with(max, Value::none);
    spec.make(cx, values)
}

/// Put the class into its module under its own name.
pub fn export(cx: &mut Cx, module: &Value, spec: &'static StructSeq) -> Res<()> {
    let class = spec.class(cx)?;
    let name = spec.name.rsplit('.').next().unwrap_or(spec.name);
    match module.downcast::<Module>() {
        Some(m) => m.dict().set_str(cx, name, class),
        None => Err(cx.system_error("not a module")),
    }
}
