//! `_json.Encoder`: from objects to text, accumulated in one builder.

use super::quoted;
use typhon_text::float_text;
use typhon_vm::native::*;
use typhon_vm::objects::float::as_f64;
use typhon_vm::objects::int::{self, as_int};
use typhon_vm::objects::str::builder::StrBuilder;
use typhon_vm::objects::{Builtin, Dict, List, dict, list, tuple};
use typhon_vm::protocol;

/// How strings are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoting {
    Ascii,
    Plain,
    /// By a Python function.
    Other,
}

/// Encoder(markers, default, encoder, indent, key_separator, item_separator, sort_keys, skipkeys, allow_nan)
#[pytype(name = "Encoder", module = "_json", gc, basetype)]
pub struct Encoder {
    pub head: Header,
    markers: Value,
    default: Value,
    encoder: Value,
    indent: Value,
    key_separator: Value,
    item_separator: Value,
    #[skip]
    sort_keys: bool,
    #[skip]
    skipkeys: bool,
    #[skip]
    allow_nan: bool,
    #[skip]
    quoting: Quoting,
}

impl Encoder {
    fn push_string(&self, cx: &mut Cx, v: &Value, out: &mut StrBuilder) -> Res<()> {
        let text = match self.quoting {
            Quoting::Ascii => quoted(cx, v, true)?,
            Quoting::Plain => quoted(cx, v, false)?,
            Quoting::Other => {
                let r = protocol::call(cx, &self.encoder, std::slice::from_ref(v))?;
                if r.downcast::<Str>().is_none() {
                    let n = r.type_name();
                    return Err(cx.type_error(format!("encoder() must return a string, not {n}")));
                }
                r
            }
        };
        out.push_value(&text);
        Ok(())
    }

    fn float_text(&self, cx: &mut Cx, x: f64) -> Res<String> {
        if x.is_finite() {
            return Ok(float_text::repr(x));
        }
        if !self.allow_nan {
            let shown = float_text::repr(x);
            return Err(cx.value_error(format!(
                "Out of range float values are not JSON compliant: {shown}"
            )));
        }
        Ok(if x.is_nan() {
            "NaN"
        } else if x > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .into())
    }

    /// The text of a value without children; None for the others.
    fn scalar(&self, cx: &mut Cx, v: &Value) -> Res<Option<String>> {
        if v.is_none() {
            return Ok(Some("null".into()));
        }
        if v.is_true() {
            return Ok(Some("true".into()));
        }
        if v.is_false() {
            return Ok(Some("false".into()));
        }
        if let Some(i) = as_int(v) {
            return int::text::to_decimal(cx, i).map(Some);
        }
        match as_f64(v) {
            Some(x) => self.float_text(cx, x).map(Some),
            None => Ok(None),
        }
    }

    /// Note that `v` is being written; its identity, unless circles are not looked for.
    fn enter(&self, cx: &mut Cx, v: &Value) -> Res<Option<Value>> {
        let Some(markers) = dict::as_dict(&self.markers) else {
            return Ok(None);
        };
        let id = int::new_int(cx, (v.bits() & !7) as i64)?;
        if markers.contains(cx, &id)? {
            return Err(cx.value_error("Circular reference detected"));
        }
        markers.set(cx, &id, v.clone())?;
        Ok(Some(id))
    }

    fn leave(&self, cx: &mut Cx, id: Option<Value>) -> Res<()> {
        if let (Some(id), Some(markers)) = (id, dict::as_dict(&self.markers)) {
            drop(markers.remove(cx, &id)?);
        }
        Ok(())
    }

    fn newline(&self, level: usize, out: &mut StrBuilder) {
        out.push_char(10);
        for _ in 0..level {
            out.push_value(&self.indent);
        }
    }

    fn any(&self, cx: &mut Cx, v: &Value, level: usize, out: &mut StrBuilder) -> Res<()> {
        if v.downcast::<Str>().is_some() {
            return self.push_string(cx, v, out);
        }
        if let Some(text) = self.scalar(cx, v)? {
            out.push_str(&text);
            return Ok(());
        }
        cx.check_native_stack(" while encoding a JSON object")?;
        cx.enter_native(" while encoding a JSON object")?;
        let r = self.container(cx, v, level, out);
        cx.leave_native();
        r
    }

    fn container(&self, cx: &mut Cx, v: &Value, level: usize, out: &mut StrBuilder) -> Res<()> {
        if v.downcast::<List>().is_some() || v.downcast::<Tuple>().is_some() {
            return self.array(cx, v, level, out);
        }
        if v.downcast::<Dict>().is_some() {
            return self.object(cx, v, level, out);
        }
        let id = self.enter(cx, v)?;
        let other = protocol::call(cx, &self.default, std::slice::from_ref(v))?;
        let r = self.any(cx, &other, level, out);
        self.noted(cx, r, v, |_| Ok("object".to_owned()))?;
        self.leave(cx, id)
    }

    /// An error passing through gets a note about where it happened.
    fn noted(
        &self,
        cx: &mut Cx,
        r: Res<()>,
        v: &Value,
        what: impl FnOnce(&mut Cx) -> Res<String>,
    ) -> Res<()> {
        let Err(r) = r else { return Ok(()) };
        let exc = cx.take_exc(r);
        let n = v.type_name();
        let made = what(cx)
            .and_then(|what| {
                typhon_vm::objects::str::new_str(cx, &format!("when serializing {n} {what}"))
            })
            .and_then(|note| protocol::call_method(cx, &exc, "add_note", &[note]));
        if let Err(r) = made {
            drop(cx.take_exc(r));
        }
        Err(cx.reraise(exc))
    }

    fn array(&self, cx: &mut Cx, v: &Value, level: usize, out: &mut StrBuilder) -> Res<()> {
        let length = protocol::len(cx, v)?;
        if length == 0 {
            out.push_str("[]");
            return Ok(());
        }
        let id = self.enter(cx, v)?;
        out.push_char(b'['.into());
        let indented = !self.indent.is_none();
        // The functions called for the items may change the list: what it holds when its turn comes counts.
        let list = v.downcast::<List>();
        let items: &[Value] = v.downcast::<Tuple>().map_or(&[], |t| t.items());
        for i in 0.. {
            let item = match list {
                Some(list) => list.get(cx, i),
                None => items.get(i).cloned(),
            };
            let Some(item) = item else { break };
            if i > 0 {
                out.push_value(&self.item_separator);
            }
            if indented {
                self.newline(level + 1, out);
            }
            let r = self.any(cx, &item, level + 1, out);
            self.noted(cx, r, v, |_| Ok(format!("item {i}")))?;
        }
        self.leave(cx, id)?;
        if indented {
            self.newline(level, out);
        }
        out.push_char(b']'.into());
        Ok(())
    }

    /// A key as a str; None when it is to be skipped.
    fn key(&self, cx: &mut Cx, k: &Value) -> Res<Option<Value>> {
        if k.downcast::<Str>().is_some() {
            return Ok(Some(k.clone()));
        }
        if let Some(text) = self.scalar(cx, k)? {
            return typhon_vm::objects::str::new_str(cx, &text).map(Some);
        }
        if self.skipkeys {
            return Ok(None);
        }
        let n = k.type_name();
        Err(cx.type_error(format!(
            "keys must be str, int, float, bool or None, not {n}"
        )))
    }

    fn object(&self, cx: &mut Cx, v: &Value, level: usize, out: &mut StrBuilder) -> Res<()> {
        if protocol::len(cx, v)? == 0 {
            out.push_str("{}");
            return Ok(());
        }
        let id = self.enter(cx, v)?;
        let mut pairs: Vec<(Value, Value)> = Vec::new();
        match v.downcast_exact::<Dict>() {
            Some(d) if !self.sort_keys => pairs = d.entries(cx),
            _ => {
                let items = protocol::call_method(cx, v, "items", &[])?;
                let mut items = protocol::collect(cx, &items)?;
                if self.sort_keys {
                    let l = list::new_list(cx, items)?;
                    protocol::call_method(cx, &l, "sort", &[])?;
                    items = protocol::collect(cx, &l)?;
                }
                for item in items {
                    match item.downcast::<Tuple>().map(|t| t.items()) {
                        Some([k, x]) => pairs.push((k.clone(), x.clone())),
                        _ => return Err(cx.value_error("items must return 2-tuples")),
                    }
                }
            }
        }
        out.push_char(b'{'.into());
        let indented = !self.indent.is_none();
        let mut first = true;
        for (k, x) in &pairs {
            let Some(k) = self.key(cx, k)? else { continue };
            if !first {
                out.push_value(&self.item_separator);
            }
            first = false;
            if indented {
                self.newline(level + 1, out);
            }
            self.push_string(cx, &k, out)?;
            out.push_value(&self.key_separator);
            let r = self.any(cx, x, level + 1, out);
            self.noted(cx, r, v, |cx| {
                protocol::repr_string(cx, &k).map(|k| format!("item {k}"))
            })?;
        }
        self.leave(cx, id)?;
        if indented && !first {
            self.newline(level, out);
        }
        out.push_char(b'}'.into());
        Ok(())
    }
}

#[pymethods]
impl Encoder {
    #[new]
    #[sig(
        markers,
        default,
        encoder,
        indent,
        key_separator,
        item_separator,
        sort_keys,
        skipkeys,
        allow_nan
    )]
    #[allow(clippy::too_many_arguments)]
    fn new(
        cls: &Type,
        markers: &Value,
        default: &Value,
        encoder: &Value,
        indent: &Value,
        key_separator: &Str,
        item_separator: &Str,
        sort_keys: bool,
        skipkeys: bool,
        allow_nan: bool,
        cx: &mut Cx,
    ) -> Res<Value> {
        if !markers.is_none() && markers.downcast::<Dict>().is_none() {
            let n = markers.type_name();
            return Err(cx.type_error(format!(
                "make_encoder() argument 1 must be dict or None, not {n}"
            )));
        }
        let quoting = match encoder.downcast_exact::<Builtin>().map(Builtin::name) {
            Some("encode_basestring_ascii") => Quoting::Ascii,
            Some("encode_basestring") => Quoting::Plain,
            _ => Quoting::Other,
        };
        let payload = Encoder {
            head: Header::placeholder(),
            markers: markers.clone(),
            default: default.clone(),
            encoder: encoder.clone(),
            indent: indent.clone(),
            key_separator: key_separator.value(),
            item_separator: item_separator.value(),
            sort_keys,
            skipkeys,
            allow_nan,
            quoting,
        };
        typhon_vm::objects::object::alloc(cx, cls, payload)
    }
    #[slot]
    #[sig(obj, _current_indent_level)]
    fn call(&self, obj: &Value, _current_indent_level: isize, cx: &mut Cx) -> Res<Value> {
        let mut out = StrBuilder::new();
        self.any(cx, obj, _current_indent_level.max(0) as usize, &mut out)?;
        let text = out.finish(cx)?;
        tuple::new_tuple(cx, vec![text])
    }
    #[getter]
    fn markers(&self) -> Value {
        self.markers.clone()
    }
    #[getter(name = "default")]
    fn default_getter(&self) -> Value {
        self.default.clone()
    }
    #[getter]
    fn encoder(&self) -> Value {
        self.encoder.clone()
    }
    #[getter]
    fn indent(&self) -> Value {
        self.indent.clone()
    }
    #[getter]
    fn key_separator(&self) -> Value {
        self.key_separator.clone()
    }
    #[getter]
    fn item_separator(&self) -> Value {
        self.item_separator.clone()
    }
    #[getter]
    fn sort_keys(&self) -> bool {
        self.sort_keys
    }
    #[getter]
    fn skipkeys(&self) -> bool {
        self.skipkeys
    }
}
