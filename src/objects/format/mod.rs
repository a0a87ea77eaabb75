//! `format()`, f-string fields and `str.format`: what turns a value and a format spec into text.
//! - `template.rs`: `str.format` and `str.format_map`

pub mod template;

use crate::objects::str::Str;
use crate::objects::{float, int};
use crate::statics::word;
use crate::{Cx, Res, Value, ValueExt};
use parking_lot::RwLock;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use typhon_text::format_number::NumberLocale;

static C_LOCALE: LazyLock<NumberLocale> = LazyLock::new(NumberLocale::default);
static OTHER: RwLock<Option<&'static NumberLocale>> = RwLock::new(None);
/// Whether `OTHER` counts: spares the usual case the lock.
static LOCALE_SET: AtomicBool = AtomicBool::new(false);

/// What presentation type `n` takes from the locale.
pub fn locale() -> &'static NumberLocale {
    if !LOCALE_SET.load(Ordering::Acquire) {
        return &C_LOCALE;
    }
    OTHER.read().unwrap_or(&C_LOCALE)
}

/// Called by `_locale.setlocale`. The record before is leaked, so that readers need no count; locales change rarely.
pub fn set_locale(locale: NumberLocale) {
    *OTHER.write() = Some(Box::leak(Box::new(locale)));
    LOCALE_SET.store(true, Ordering::Release);
}

/// `format(v, spec)`.
pub fn format_value(cx: &mut Cx, v: &Value, spec: &Str) -> Res<Value> {
    match v.class_word() {
        word::STR if spec.is_empty() => return Ok(v.clone()),
        word::STR => {
            if let Some(s) = v.downcast_exact::<Str>() {
                return format_str(cx, s, spec, "str");
            }
        }
        word::INT if spec.is_empty() => return int::text::repr(cx, v),
        word::INT => return int::text::format(cx, v, spec),
        word::FLOAT if spec.is_empty() => {
            return float::methods::repr(cx, float::as_f64(v).unwrap_or(0.0));
        }
        word::FLOAT => return float::methods::format(cx, v, spec),
        _ => {}
    }
    let spec = spec.value();
    let Some(r) = crate::protocol::call_special(cx, v, "__format__", &[spec])? else {
        let n = v.type_name();
        return Err(cx.type_error(format!("Type {n} doesn't define __format__")));
    };
    if r.downcast::<Str>().is_none() {
        let n = r.type_name();
        return Err(cx.type_error(format!("__format__ must return a str, not {n}")));
    }
    Ok(r)
}

/// `format(v, spec)` with the spec as any value, which must be a str.
pub fn format(cx: &mut Cx, v: &Value, spec: &Value) -> Res<Value> {
    match spec.downcast::<Str>() {
        Some(s) => format_value(cx, v, s),
        None => {
            let n = spec.type_name();
            Err(cx.type_error(format!("format() argument 2 must be str, not {n}")))
        }
    }
}

/// `str.__format__`.
pub fn format_str(cx: &mut Cx, s: &Str, spec: &Str, type_name: &str) -> Res<Value> {
    let text = crate::number::lift(
        cx,
        typhon_text::format_spec::format_str(s.text(), spec.text(), type_name),
    )?;
    crate::objects::str::new_from_buf(cx, text)
}

/// The conversion of an f-string or template field: 1 `!s`, 2 `!r`, 3 `!a` (as `CONVERT_VALUE`'s argument).
pub fn convert(cx: &mut Cx, v: &Value, conversion: u8) -> Res<Value> {
    match conversion {
        1 => crate::protocol::str(cx, v),
        2 => crate::protocol::repr(cx, v),
        3 => ascii(cx, v),
        _ => Ok(v.clone()),
    }
}

/// `ascii(v)`.
pub fn ascii(cx: &mut Cx, v: &Value) -> Res<Value> {
    let r = crate::protocol::repr(cx, v)?;
    let Some(s) = r.downcast::<Str>() else {
        return Ok(r);
    };
    if s.is_ascii() {
        return Ok(r);
    }
    let text = typhon_text::str_repr::escape_non_ascii(s.text());
    crate::objects::str::new_from_buf(cx, text)
}
