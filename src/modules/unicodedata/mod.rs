//! `unicodedata`: the Unicode database, and `ucd_3_2_0`, the one of version 3.2 that IDNA is defined over.

use typhon_text::unicode::normalize::{self, Form};
use typhon_text::unicode::{self, names, ucd32};
use typhon_vm::native::*;
use typhon_vm::number::lift;
use typhon_vm::objects::str::{new_char, new_from_buf, new_str};
use typhon_vm::objects::{float, int};

/// unicodedata.UCD: the database of one version.
#[pytype(name = "UCD", module = "unicodedata", no_new)]
pub struct Ucd {
    pub head: Header,
}

fn has_default(function: &str) -> bool {
    matches!(function, "decimal" | "digit" | "numeric" | "name")
}

/// The one character of an argument.
fn character(cx: &mut Cx, v: &Value, function: &str) -> Res<u32> {
    match v.downcast::<Str>() {
        Some(s) if s.len() == 1 => Ok(s.at(0)),
        // Functions of several arguments number theirs.
        Some(s) => {
            let (n, which) = (
                s.len(),
                if has_default(function) {
                    "argument 1"
                } else {
                    "argument"
                },
            );
            Err(cx.type_error(format!(
                "{function}(): {which} must be a unicode character, not a string of length {n}"
            )))
        }
        None => {
            let (n, which) = (
                v.type_name(),
                if has_default(function) {
                    "argument 1"
                } else {
                    "argument"
                },
            );
            Err(cx.type_error(format!(
                "{function}() {which} must be a unicode character, not {n}"
            )))
        }
    }
}

fn or_default(cx: &mut Cx, default: Option<&Value>, error: &str) -> Res<Value> {
    match default {
        Some(d) => Ok(d.clone()),
        None => Err(cx.value_error(error)),
    }
}

/// Whether the older database knows the character.
fn known(old: bool, c: u32) -> bool {
    !old || ucd32::is_assigned(c)
}

fn decimal_of(cx: &mut Cx, old: bool, chr: &Value, default: Option<&Value>) -> Res<Value> {
    let c = character(cx, chr, "decimal")?;
    match unicode::decimal(c).filter(|_| known(old, c)) {
        Some(d) => int::new_int(cx, d.into()),
        None => or_default(cx, default, "not a decimal"),
    }
}

fn digit_of(cx: &mut Cx, old: bool, chr: &Value, default: Option<&Value>) -> Res<Value> {
    let c = character(cx, chr, "digit")?;
    match unicode::digit(c).filter(|_| known(old, c)) {
        Some(d) => int::new_int(cx, d.into()),
        None => or_default(cx, default, "not a digit"),
    }
}

fn numeric_of(cx: &mut Cx, old: bool, chr: &Value, default: Option<&Value>) -> Res<Value> {
    let c = character(cx, chr, "numeric")?;
    match unicode::numeric(c).filter(|_| known(old, c)) {
        Some(x) => float::new_float(cx, x),
        None => or_default(cx, default, "not a numeric character"),
    }
}

fn category_of(cx: &mut Cx, old: bool, chr: &Value) -> Res<&'static str> {
    let c = character(cx, chr, "category")?;
    Ok(if old {
        ucd32::category(c)
    } else {
        unicode::category(c)
    })
}

fn bidirectional_of(cx: &mut Cx, old: bool, chr: &Value) -> Res<&'static str> {
    let c = character(cx, chr, "bidirectional")?;
    Ok(if old {
        ucd32::bidirectional(c)
    } else {
        unicode::bidirectional(c)
    })
}

fn combining_of(cx: &mut Cx, old: bool, chr: &Value) -> Res<i64> {
    let c = character(cx, chr, "combining")?;
    Ok(if old {
        ucd32::combining(c)
    } else {
        unicode::combining(c)
    }
    .into())
}

fn mirrored_of(cx: &mut Cx, old: bool, chr: &Value) -> Res<i64> {
    let c = character(cx, chr, "mirrored")?;
    Ok(if old {
        ucd32::is_mirrored(c)
    } else {
        unicode::is_mirrored(c)
    }
    .into())
}

fn width_of(cx: &mut Cx, old: bool, chr: &Value) -> Res<&'static str> {
    let c = character(cx, chr, "east_asian_width")?;
    Ok(if old {
        ucd32::east_asian_width(c)
    } else {
        unicode::east_asian_width(c)
    })
}

fn decomposition_of(cx: &mut Cx, old: bool, chr: &Value) -> Res<String> {
    let c = character(cx, chr, "decomposition")?;
    Ok(if known(old, c) {
        unicode::decomposition(c)
    } else {
        String::new()
    })
}

fn normalized(cx: &mut Cx, form: &str, text: &Value) -> Res<Value> {
    let form = lift(cx, Form::parse(form))?;
    let Some(s) = text.downcast::<Str>() else {
        let n = text.type_name();
        return Err(cx.type_error(format!("normalize() argument 2 must be str, not {n}")));
    };
    match normalize::normalize(form, s.text()) {
        Some(buf) => new_from_buf(cx, buf),
        None => typhon_vm::objects::str::methods::exact(cx, text),
    }
}

fn is_normal(cx: &mut Cx, form: &str, text: &Str) -> Res<bool> {
    let form = lift(cx, Form::parse(form))?;
    Ok(normalize::is_normalized(form, text.text()))
}

fn name_of(cx: &mut Cx, old: bool, chr: &Value, default: Option<&Value>) -> Res<Value> {
    let c = character(cx, chr, "name")?;
    match names::name(c).filter(|_| known(old, c)) {
        Some(n) => new_str(cx, &n),
        None => or_default(cx, default, "no such name"),
    }
}

fn lookup_name(cx: &mut Cx, old: bool, name: &Value) -> Res<Value> {
    let Some(s) = name.downcast::<Str>() else {
        let n = name.type_name();
        return Err(cx.type_error(format!("lookup() argument must be str, not {n}")));
    };
    let text = s.to_string_lossy();
    if s.len() > 256 {
        return Err(cx.raise(typhon_vm::ExcKind::KeyError, "name too long"));
    }
    match names::lookup(&text) {
        Some(names::Named::Char(c)) if known(old, c) => new_char(cx, c),
        Some(names::Named::Sequence(cs)) if !old => {
            typhon_vm::objects::str::new_str_code_points(cx, cs)
        }
        _ => Err(cx.raise(
            typhon_vm::ExcKind::KeyError,
            format!("undefined character name '{text}'"),
        )),
    }
}

/// The functions of the module and the methods of a `UCD` object are the same but for the version.
#[pymethods]
impl Ucd {
    #[getter]
    fn unidata_version(&self) -> &'static str {
        ucd32::VERSION
    }
    /// Converts a Unicode character into its equivalent decimal value.
    #[sig(chr, default = absent, /)]
    fn decimal(&self, chr: &Value, default: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        decimal_of(cx, true, chr, default)
    }
    /// Converts a Unicode character into its equivalent digit value.
    #[sig(chr, default = absent, /)]
    fn digit(&self, chr: &Value, default: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        digit_of(cx, true, chr, default)
    }
    /// Converts a Unicode character into its equivalent numeric value.
    #[sig(chr, default = absent, /)]
    fn numeric(&self, chr: &Value, default: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        numeric_of(cx, true, chr, default)
    }
    /// Returns the general category assigned to the character chr as string.
    fn category(&self, chr: &Value, cx: &mut Cx) -> Res<&'static str> {
        category_of(cx, true, chr)
    }
    /// Returns the bidirectional class assigned to the character chr as string.
    fn bidirectional(&self, chr: &Value, cx: &mut Cx) -> Res<&'static str> {
        bidirectional_of(cx, true, chr)
    }
    /// Returns the canonical combining class assigned to the character chr as integer.
    fn combining(&self, chr: &Value, cx: &mut Cx) -> Res<i64> {
        combining_of(cx, true, chr)
    }
    /// Returns the mirrored property assigned to the character chr as integer.
    fn mirrored(&self, chr: &Value, cx: &mut Cx) -> Res<i64> {
        mirrored_of(cx, true, chr)
    }
    /// Returns the east asian width assigned to the character chr as string.
    fn east_asian_width(&self, chr: &Value, cx: &mut Cx) -> Res<&'static str> {
        width_of(cx, true, chr)
    }
    /// Returns the character decomposition mapping assigned to the character chr as string.
    fn decomposition(&self, chr: &Value, cx: &mut Cx) -> Res<String> {
        decomposition_of(cx, true, chr)
    }
    /// Return the normal form 'form' for the Unicode string unistr.
    ///
    /// Valid values for form are 'NFC', 'NFKC', 'NFD', and 'NFKD'.
    #[sig(form, unistr, /)]
    fn normalize(&self, form: &str, unistr: &Value, cx: &mut Cx) -> Res<Value> {
        normalized(cx, form, unistr)
    }
    /// Return whether the Unicode string unistr is in the normal form 'form'.
    ///
    /// Valid values for form are 'NFC', 'NFKC', 'NFD', and 'NFKD'.
    #[sig(form, unistr, /)]
    fn is_normalized(&self, form: &str, unistr: &Str, cx: &mut Cx) -> Res<bool> {
        is_normal(cx, form, unistr)
    }
    /// Returns the name assigned to the character chr as a string.
    #[sig(chr, default = absent, /)]
    fn name(&self, chr: &Value, default: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        name_of(cx, true, chr, default)
    }
    /// Look up character by name.
    fn lookup(&self, name: &Value, cx: &mut Cx) -> Res<Value> {
        lookup_name(cx, true, name)
    }
}

#[pymodule(name = "unicodedata", types(Ucd))]
pub mod module {
    //! This module provides access to the Unicode Character Database which
    //! defines character properties for all Unicode characters. The data in
    //! this database is based on the UnicodeData.txt file version
    //! 16.0.0 which is publicly available from the Unicode Consortium.
    //!
    //! The module uses the same names and symbols as defined by the
    //! UnicodeData File Format 16.0.0.
    use super::*;

    #[pyattr]
    const unidata_version: &str = unicode::VERSION;
    #[pyattr]
    fn ucd_3_2_0(cx: &mut Cx) -> Res<Value> {
        let cls = Ucd::type_cell().get(cx)?;
        typhon_vm::objects::object::alloc(
            cx,
            cls,
            Ucd {
                head: Header::placeholder(),
            },
        )
    }
    /// Converts a Unicode character into its equivalent decimal value.
    ///
    /// Returns the decimal value assigned to the character chr as integer.
    /// If no such value is defined, default is returned, or, if not given,
    /// ValueError is raised.
    #[pyfunction]
    #[sig(chr, default = absent, /)]
    fn decimal(chr: &Value, default: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        decimal_of(cx, false, chr, default)
    }
    /// Converts a Unicode character into its equivalent digit value.
    ///
    /// Returns the digit value assigned to the character chr as integer.
    /// If no such value is defined, default is returned, or, if not given,
    /// ValueError is raised.
    #[pyfunction]
    #[sig(chr, default = absent, /)]
    fn digit(chr: &Value, default: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        digit_of(cx, false, chr, default)
    }
    /// Converts a Unicode character into its equivalent numeric value.
    ///
    /// Returns the numeric value assigned to the character chr as float.
    /// If no such value is defined, default is returned, or, if not given,
    /// ValueError is raised.
    #[pyfunction]
    #[sig(chr, default = absent, /)]
    fn numeric(chr: &Value, default: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        numeric_of(cx, false, chr, default)
    }
    /// Returns the general category assigned to the character chr as string.
    #[pyfunction]
    fn category(chr: &Value, cx: &mut Cx) -> Res<&'static str> {
        category_of(cx, false, chr)
    }
    /// Returns the bidirectional class assigned to the character chr as string.
    ///
    /// If no such value is defined, an empty string is returned.
    #[pyfunction]
    fn bidirectional(chr: &Value, cx: &mut Cx) -> Res<&'static str> {
        bidirectional_of(cx, false, chr)
    }
    /// Returns the canonical combining class assigned to the character chr as integer.
    ///
    /// Returns 0 if no combining class is defined.
    #[pyfunction]
    fn combining(chr: &Value, cx: &mut Cx) -> Res<i64> {
        combining_of(cx, false, chr)
    }
    /// Returns the mirrored property assigned to the character chr as integer.
    ///
    /// Returns 1 if the character has been identified as a "mirrored"
    /// character in bidirectional text, 0 otherwise.
    #[pyfunction]
    fn mirrored(chr: &Value, cx: &mut Cx) -> Res<i64> {
        mirrored_of(cx, false, chr)
    }
    /// Returns the east asian width assigned to the character chr as string.
    #[pyfunction]
    fn east_asian_width(chr: &Value, cx: &mut Cx) -> Res<&'static str> {
        width_of(cx, false, chr)
    }
    /// Returns the character decomposition mapping assigned to the character chr as string.
    ///
    /// An empty string is returned in case no such mapping is defined.
    #[pyfunction]
    fn decomposition(chr: &Value, cx: &mut Cx) -> Res<String> {
        decomposition_of(cx, false, chr)
    }
    /// Return the normal form 'form' for the Unicode string unistr.
    ///
    /// Valid values for form are 'NFC', 'NFKC', 'NFD', and 'NFKD'.
    #[pyfunction]
    #[sig(form, unistr, /)]
    fn normalize(form: &str, unistr: &Value, cx: &mut Cx) -> Res<Value> {
        normalized(cx, form, unistr)
    }
    /// Return whether the Unicode string unistr is in the normal form 'form'.
    ///
    /// Valid values for form are 'NFC', 'NFKC', 'NFD', and 'NFKD'.
    #[pyfunction]
    #[sig(form, unistr, /)]
    fn is_normalized(form: &str, unistr: &Str, cx: &mut Cx) -> Res<bool> {
        is_normal(cx, form, unistr)
    }
    /// Returns the name assigned to the character chr as a string.
    ///
    /// If no name is defined, default is returned, or, if not given,
    /// ValueError is raised.
    #[pyfunction]
    #[sig(chr, default = absent, /)]
    fn name(chr: &Value, default: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        name_of(cx, false, chr, default)
    }
    /// Look up character by name.
    ///
    /// If a character with the given name is found, return the
    /// corresponding character.  If not found, KeyError is raised.
    #[pyfunction]
    fn lookup(name: &Value, cx: &mut Cx) -> Res<Value> {
        lookup_name(cx, false, name)
    }
}
