//! `_string`: what `string.Formatter` uses of the machinery of `str.format`.

use typhon_text::str_format::{self, First, Step};
use typhon_vm::native::*;
use typhon_vm::number::lift;
use typhon_vm::objects::int::new_int;
use typhon_vm::objects::str::{new_char, new_from_text};
use typhon_vm::objects::{list, tuple};
use typhon_vm::protocol;

fn iterator(cx: &mut Cx, items: Vec<Value>) -> Res<Value> {
    let l = list::new_list(cx, items)?;
    protocol::iter(cx, &l)
}

#[pymodule(name = "_string")]
pub mod module {
    //! string helper module
    use super::*;

    /// parse the argument as a format string
    #[pyfunction]
    fn formatter_parser(format_string: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(s) = format_string.downcast::<Str>() else {
            let n = format_string.type_name();
            return Err(cx.type_error(format!("expected str, got {n}")));
        };
        let mut items = Vec::new();
        for chunk in str_format::parse(s.text()) {
            let chunk = lift(cx, chunk)?;
            let literal = new_from_text(cx, chunk.literal)?;
            let rest = match chunk.field {
                None => [Value::none(), Value::none(), Value::none()],
                Some(f) => {
                    let conversion = match f.conversion {
                        Some(c) => new_char(cx, c)?,
                        None => Value::none(),
                    };
                    [
                        new_from_text(cx, f.name)?,
                        new_from_text(cx, f.spec)?,
                        conversion,
                    ]
                }
            };
            let [name, spec, conversion] = rest;
            items.push(tuple::new_tuple(cx, vec![literal, name, spec, conversion])?);
        }
        iterator(cx, items)
    }
    /// split the argument as a field name
    #[pyfunction]
    fn formatter_field_name_split(field_name: &Value, cx: &mut Cx) -> Res<Value> {
        let Some(s) = field_name.downcast::<Str>() else {
            let n = field_name.type_name();
            return Err(cx.type_error(format!("expected str, got {n}")));
        };
        let (first, steps) = lift(cx, str_format::split_path(s.text()))?;
        let first = match first {
            First::Auto => typhon_vm::objects::str::empty(),
            First::Index(i) => new_int(cx, i as i64)?,
            First::Name(n) => new_from_text(cx, n)?,
        };
        let mut items = Vec::new();
        for step in steps {
            let (attribute, key) = match lift(cx, step)? {
                Step::Attribute(n) => (true, new_from_text(cx, n)?),
                Step::Index(i) => (false, new_int(cx, i as i64)?),
                Step::Key(k) => (false, new_from_text(cx, k)?),
            };
            items.push(tuple::new_tuple(cx, vec![Value::bool(attribute), key])?);
        }
        let rest = iterator(cx, items)?;
        tuple::new_tuple(cx, vec![first, rest])
    }
}
