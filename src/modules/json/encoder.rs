//! `_json.Encoder`: from objects to text, accumulated in one builder.

use typhon_text::{TextBuf, float_text, int_text, json_text};
use typhon_vm::native::*;
use typhon_vm::objects::float::as_f64;
use typhon_vm::objects::int::{self, IntRef, as_int};
use typhon_vm::objects::str::builder::StrBuilder;
use typhon_vm::objects::str::new_from_buf;
use typhon_vm::objects::{Builtin, Dict, List, list, tuple};
use typhon_vm::protocol;

/// How strings are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoting {
    Ascii,
    Plain,
    /// By a Python function.
    Other,
}

/// The text, and the containers in which the value being written lies, by identity.
struct Out {
    text: StrBuilder,
    path: Vec<u64>,
}

impl Out {
    fn push_char(&mut self, c: u32) {
        self.text.push_char(c);
    }
    fn push_str(&mut self, s: &str) {
        self.text.push_str(s);
    }
    fn push_value(&mut self, v: &Value) {
        self.text.push_value(v);
    }
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
    fn push_string(&self, cx: &mut Cx, v: &Value, out: &mut Out) -> Res<()> {
        match (self.quoting, v.downcast::<Str>()) {
            (Quoting::Ascii | Quoting::Plain, Some(s)) => {
                json_text::encode(s.text(), self.quoting == Quoting::Ascii, &mut out.text.buf);
            }
            _ => {
                let r = protocol::call(cx, &self.encoder, std::slice::from_ref(v))?;
                if r.downcast::<Str>().is_none() {
                    let n = r.type_name();
                    return Err(cx.type_error(format!("encoder() must return a string, not {n}")));
                }
                out.push_value(&r);
            }
        }
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

    /// Append the text of a value without children; false for the others.
    fn scalar(&self, cx: &mut Cx, v: &Value, out: &mut TextBuf) -> Res<bool> {
        if v.is_none() {
            out.push_latin1(b"null");
        } else if v.is_true() {
            out.push_latin1(b"true");
        } else if v.is_false() {
            out.push_latin1(b"false");
        } else if let Some(i) = as_int(v) {
            match i {
                IntRef::Small(i) => out.push_latin1(int_text::write_decimal(i, &mut [0; 20])),
                big => out.push_str(&int::text::to_decimal(cx, big)?),
            }
        } else if let Some(x) = as_f64(v) {
            out.push_str(&self.float_text(cx, x)?);
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Note that `v` is being written, unless circles are not looked for.
    fn enter(&self, cx: &mut Cx, v: &Value, out: &mut Out) -> Res<()> {
        if self.markers.is_none() {
            return Ok(());
        }
        let id = v.bits() & !7;
        if out.path.contains(&id) {
            return Err(cx.value_error("Circular reference detected"));
        }
        out.path.push(id);
        Ok(())
    }

    fn leave(&self, out: &mut Out) {
        out.path.pop();
    }

    fn newline(&self, level: usize, out: &mut Out) {
        out.push_char(10);
        for _ in 0..level {
            out.push_value(&self.indent);
        }
    }

    fn any(&self, cx: &mut Cx, v: &Value, level: usize, out: &mut Out) -> Res<()> {
        if v.downcast::<Str>().is_some() {
            return self.push_string(cx, v, out);
        }
        if self.scalar(cx, v, &mut out.text.buf)? {
            return Ok(());
        }
        cx.check_native_stack(" while encoding a JSON object")?;
        cx.enter_native(" while encoding a JSON object")?;
        let r = self.container(cx, v, level, out);
        cx.leave_native();
        r
    }

    fn container(&self, cx: &mut Cx, v: &Value, level: usize, out: &mut Out) -> Res<()> {
        if v.downcast::<List>().is_some() || v.downcast::<Tuple>().is_some() {
            return self.array(cx, v, level, out);
        }
        if v.downcast::<Dict>().is_some() {
            return self.object(cx, v, level, out);
        }
        self.enter(cx, v, out)?;
        let other = protocol::call(cx, &self.default, std::slice::from_ref(v))?;
        let r = self.any(cx, &other, level, out);
        self.noted(cx, r, v, |_| Ok("object".to_owned()))?;
        self.leave(out);
        Ok(())
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

    fn array(&self, cx: &mut Cx, v: &Value, level: usize, out: &mut Out) -> Res<()> {
        let length = protocol::len(cx, v)?;
        if length == 0 {
            out.push_str("[]");
            return Ok(());
        }
        self.enter(cx, v, out)?;
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
        self.leave(out);
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
        let mut text = TextBuf::new();
        if self.scalar(cx, k, &mut text)? {
            return new_from_buf(cx, text).map(Some);
        }
        if self.skipkeys {
            return Ok(None);
        }
        let n = k.type_name();
        Err(cx.type_error(format!(
            "keys must be str, int, float, bool or None, not {n}"
        )))
    }

    fn object(&self, cx: &mut Cx, v: &Value, level: usize, out: &mut Out) -> Res<()> {
        if protocol::len(cx, v)? == 0 {
            out.push_str("{}");
            return Ok(());
        }
        self.enter(cx, v, out)?;
        let mut pairs: Vec<(Value, Value)> = Vec::new();
        // Other dicts are asked for each entry when its turn comes.
        let mut plain = None;
        match v.downcast_exact::<Dict>() {
            Some(d) if !self.sort_keys => plain = Some(d),
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
        let mut pairs = pairs.into_iter();
        let mut at = 0;
        loop {
            let pair = match plain {
                Some(d) => d.next_entry(cx, &mut at),
                None => pairs.next(),
            };
            let Some((k, x)) = pair else { break };
            let Some(k) = self.key(cx, &k)? else { continue };
            if !first {
                out.push_value(&self.item_separator);
            }
            first = false;
            if indented {
                self.newline(level + 1, out);
            }
            self.push_string(cx, &k, out)?;
            out.push_value(&self.key_separator);
            let r = self.any(cx, &x, level + 1, out);
            self.noted(cx, r, v, |cx| {
                protocol::repr_string(cx, &k).map(|k| format!("item {k}"))
            })?;
        }
        self.leave(out);
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
        let mut out = Out {
            text: StrBuilder::new(),
            path: Vec::new(),
        };
        self.any(cx, obj, _current_indent_level.max(0) as usize, &mut out)?;
        let text = out.text.finish(cx)?;
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
