//! `str.format` and `str.format_map`: evaluates the fields of a template that `typhon_text::str_format` has parsed.

use super::{ascii, format_value};
use crate::native::Kwargs;
use crate::number::{lift, raise_text};
use crate::objects::str::builder::StrBuilder;
use crate::objects::str::{Str, new_from_text};
use crate::protocol;
use crate::{Cx, Raised, Res, Value, ValueExt};
use typhon_text::Text;
use typhon_text::str_format::{self, AutoNumber, Field, First, Step};

/// Where the arguments of a template come from.
pub enum Arguments<'a> {
    /// `format(*args, **kwargs)`
    Call(&'a [Value], &'a Kwargs<'a>),
    /// `format_map(mapping)`
    Mapping(&'a Value),
}

impl Arguments<'_> {
    fn positional(&self, cx: &mut Cx, i: usize) -> Res<Value> {
        match self {
            Arguments::Call(args, _) => match args.get(i) {
                Some(v) => Ok(v.clone()),
                None => Err(cx.index_error(format!(
                    "Replacement index {i} out of range for positional args tuple"
                ))),
            },
            Arguments::Mapping(_) => {
                Err(cx.value_error("Format string contains positional fields"))
            }
        }
    }
    fn named(&self, cx: &mut Cx, name: Text<'_>) -> Res<Value> {
        let key = new_from_text(cx, name)?;
        match self {
            Arguments::Mapping(m) => protocol::getitem(cx, m, &key),
            Arguments::Call(_, kwargs) => {
                let found = key.downcast::<Str>().and_then(|k| {
                    let mut all = **kwargs;
                    all.find(|(n, _)| n.equals(k)).map(|(_, v)| v)
                });
                match found {
                    Some(v) => Ok(v.clone()),
                    None => Err(cx.key_error(&key)),
                }
            }
        }
    }
}

/// Expand `template`.
pub fn expand(cx: &mut Cx, template: &Str, args: &Arguments<'_>) -> Res<Value> {
    let mut out = StrBuilder::with_capacity(template.len() + 16);
    let mut numbers = AutoNumber::default();
    expand_into(cx, template.text(), args, &mut numbers, 2, &mut out)?;
    out.finish(cx)
}

fn expand_into(
    cx: &mut Cx,
    template: Text<'_>,
    args: &Arguments<'_>,
    numbers: &mut AutoNumber,
    depth: u8,
    out: &mut StrBuilder,
) -> Res<()> {
    if depth == 0 {
        return Err(raise_text(cx, str_format::too_deep()));
    }
    for chunk in str_format::parse(template) {
        let chunk = lift(cx, chunk)?;
        out.push_text(chunk.literal);
        if let Some(field) = chunk.field {
            field_into(cx, &field, args, numbers, depth, out)?;
        }
    }
    Ok(())
}

fn field_into(
    cx: &mut Cx,
    field: &Field<'_>,
    args: &Arguments<'_>,
    numbers: &mut AutoNumber,
    depth: u8,
    out: &mut StrBuilder,
) -> Res<()> {
    let value = lookup(cx, field.name, args, numbers)?;
    let value = match field.conversion {
        None => value,
        Some(c) => match u8::try_from(c) {
            Ok(b'r') => protocol::repr(cx, &value)?,
            Ok(b's') => protocol::str(cx, &value)?,
            Ok(b'a') => ascii(cx, &value)?,
            _ => return Err(raise_text(cx, str_format::unknown_conversion(c))),
        },
    };
    let spec = if field.nested {
        let mut inner = StrBuilder::new();
        expand_into(cx, field.spec, args, numbers, depth - 1, &mut inner)?;
        inner.finish(cx)?
    } else {
        new_from_text(cx, field.spec)?
    };
    let text = match spec.downcast::<Str>() {
        Some(spec) => format_value(cx, &value, spec)?,
        None => value,
    };
    if let Some(s) = text.downcast::<Str>() {
        out.push(s);
    }
    Ok(())
}

/// The value of `name[key].attribute`.
fn lookup(
    cx: &mut Cx,
    name: Text<'_>,
    args: &Arguments<'_>,
    numbers: &mut AutoNumber,
) -> Res<Value> {
    let (first, steps) = lift(cx, str_format::split_path(name))?;
    let number = lift(cx, numbers.resolve(first))?;
    let mut value = match (number, first) {
        (Some(i), _) => args.positional(cx, i)?,
        (None, First::Name(n)) => args.named(cx, n)?,
        (None, _) => return Err(unreachable_field(cx)),
    };
    for step in steps {
        value = match lift(cx, step)? {
            Step::Attribute(n) => {
                let n = new_from_text(cx, n)?;
                protocol::getattr(cx, &value, &n)?
            }
            Step::Index(i) => {
                let i = crate::objects::int::new_int(cx, i as i64)?;
                protocol::getitem(cx, &value, &i)?
            }
            Step::Key(k) => {
                let k = new_from_text(cx, k)?;
                protocol::getitem(cx, &value, &k)?
            }
        };
    }
    Ok(value)
}

#[cold]
fn unreachable_field(cx: &mut Cx) -> Raised {
    cx.system_error("a format field without number or name")
}
