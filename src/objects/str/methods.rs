//! What Python sees of `str`: construction, the slots, and the methods that ask or cut nothing. The others stand in
//! `find.rs` (search and splitting), `convert.rs` (case, justification, translation, encoding) and `percent.rs`.

use super::make::{self, concat, empty, join, repeat, stepped};
use super::{Str, iter, new_char, new_from_buf};
use crate::native::*;
use crate::number;
use crate::objects::format::{self, template};
use crate::objects::slice::as_slice;
use crate::objects::{bytes, tuple};
use crate::statics::word;
use crate::{Cx, ExcKind, Res, Value, ValueExt};
use typhon_text::unicode::{self, case};
use typhon_text::with_units;

/// An exact `str` of the same content.
pub fn exact(cx: &mut Cx, v: &Value) -> Res<Value> {
    match v.downcast::<Str>() {
        Some(s) if v.class_word() != word::STR => super::new_str_units(cx, s.units()),
        _ => Ok(v.clone()),
    }
}

/// Make an instance of `cls` (str or a subclass) from a `str`.
pub fn of_class(cx: &mut Cx, cls: &Type, v: Value) -> Res<Value> {
    if cls.word() == word::STR {
        return Ok(v);
    }
    let Some(s) = v.downcast::<Str>() else {
        return Ok(v);
    };
    match Str::payload(s.units(), s.is_ascii()) {
        Some(payload) => crate::objects::object::alloc::<Str>(cx, cls, payload),
        None => Err(cx.memory_error()),
    }
}

/// Whether there is a character and all of them satisfy `f`.
#[allow(clippy::useless_conversion)] // needless in one of the three widths
fn all(s: &Str, f: impl Fn(u32) -> bool) -> bool {
    !s.is_empty() && with_units!(s.text(), u => u.iter().all(|&c| f(u32::from(c))))
}

/// The text of the argument `what` of `str()`, without asking for memory where it is ASCII.
#[inline]
fn name_of_argument<'a>(
    cx: &mut Cx,
    v: Option<&'a Value>,
    what: &str,
) -> Res<Option<std::borrow::Cow<'a, str>>> {
    let Some(v) = v else { return Ok(None) };
    match v.downcast::<Str>() {
        Some(s) => Ok(Some(match s.as_ascii() {
            Some(text) => text.into(),
            None => s.to_string_lossy().into(),
        })),
        None => {
            let n = v.type_name();
            Err(cx.type_error(format!("str() argument '{what}' must be str, not {n}")))
        }
    }
}

#[pymethods(include(FIND, CONVERT))]
impl Str {
    #[new]
    #[counted]
    #[sig(object = absent, encoding = absent, errors = absent)]
    #[text_signature(none)]
    fn new(
        cls: &Type,
        object: Option<&Value>,
        encoding: Option<&Value>,
        errors: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<Value> {
        let encoding = name_of_argument(cx, encoding, "encoding")?;
        let errors = name_of_argument(cx, errors, "errors")?;
        let Some(object) = object else {
            return of_class(cx, cls, empty());
        };
        let v = if encoding.is_none() && errors.is_none() {
            let v = crate::protocol::str(cx, object)?;
            if cls.word() == word::STR {
                return Ok(v);
            }
            v
        } else {
            if object.downcast::<Str>().is_some() {
                return Err(cx.type_error("decoding str is not supported"));
            }
            let Some(data) = bytes::contents_opt(cx, object)? else {
                let n = object.type_name();
                return Err(cx.type_error(format!(
                    "decoding to str: need a bytes-like object, {n} found"
                )));
            };
            super::codec::decode(cx, &data, encoding.as_deref(), errors.as_deref())?
        };
        of_class(cx, cls, v)
    }

    #[slot]
    fn repr(&self, cx: &mut Cx) -> Res<Value> {
        new_from_buf(cx, typhon_text::str_repr::repr_str(self.text()))
    }
    #[slot]
    fn str(this: &Value, cx: &mut Cx) -> Res<Value> {
        exact(cx, this)
    }
    #[slot(hash)]
    fn hash_slot(&self) -> i64 {
        self.hash()
    }
    #[slot]
    fn richcompare(&self, other: &Str, op: CmpOp) -> bool {
        match op {
            CmpOp::Eq => self.equals(other),
            CmpOp::Ne => !self.equals(other),
            _ => op.matches(self.compare(other)),
        }
    }
    #[slot(len)]
    fn len_slot(&self) -> usize {
        self.len()
    }
    #[slot]
    fn getitem(&self, key: &Value, cx: &mut Cx) -> Res<Value> {
        if let Some(i) = key.as_small_int() {
            return item(cx, self, i as isize);
        }
        if let Some(slice) = as_slice(key) {
            let steps = slice.steps(cx, self.len())?;
            return stepped(cx, self, steps.start, steps.step, steps.count);
        }
        if crate::objects::int::as_int(key).is_none() && key.ty().slots.index.get().is_none() {
            let n = key.type_name();
            return Err(cx.type_error(format!("string indices must be integers, not '{n}'")));
        }
        let i = number::index_isize_checked(cx, key, ExcKind::IndexError)?;
        item(cx, self, i)
    }
    #[slot]
    fn contains(&self, item: &Value, cx: &mut Cx) -> Res<bool> {
        match item.downcast::<Str>() {
            Some(s) => Ok(self.contains_text(s)),
            None => {
                let n = item.type_name();
                Err(cx.type_error(format!(
                    "'in <string>' requires string as left operand, not {n}"
                )))
            }
        }
    }
    #[slot(concat)]
    fn concat_slot(&self, other: &Value, cx: &mut Cx) -> Res<Value> {
        match other.downcast::<Str>() {
            Some(o) => concat(cx, self, o),
            None => {
                let n = other.type_name();
                Err(cx.type_error(format!("can only concatenate str (not \"{n}\") to str")))
            }
        }
    }
    #[slot(repeat)]
    fn repeat_slot(&self, count: &Value, cx: &mut Cx) -> Res<Value> {
        let n = number::index_isize_checked(cx, count, ExcKind::OverflowError)?;
        repeat(cx, self, n)
    }
    #[slot]
    fn mod_(left: &Value, right: &Value, cx: &mut Cx) -> Res<Value> {
        match left.downcast::<Str>() {
            Some(s) => super::percent::format(cx, s, right),
            None => Ok(Value::not_implemented()),
        }
    }
    #[slot]
    fn iter(this: &Value, cx: &mut Cx) -> Res<Value> {
        iter::new_iter(cx, this)
    }

    /// Concatenate any number of strings.
    ///
    /// The string whose method is called is inserted in between each given string.
    /// The result is returned as a new string.
    ///
    /// Example: '.'.join(['ab', 'pq', 'rs']) -> 'ab.pq.rs'
    #[method(name = "join")]
    fn join_method(&self, iterable: &Value, cx: &mut Cx) -> Res<Value> {
        if iterable.ty().slots.iter.get().is_none() && iterable.ty().slots.getitem.get().is_none() {
            return Err(cx.type_error("can only join an iterable"));
        }
        let items = crate::protocol::collect(cx, iterable)?;
        join(cx, self, &items)
    }
    /// S.format(*args, **kwargs) -> str
    ///
    /// Return a formatted version of S, using substitutions from args and kwargs.
    /// The substitutions are identified by braces ('{' and '}').
    #[sig(*args, **kwargs)]
    fn format(&self, args: &[Value], kwargs: Kwargs<'_>, cx: &mut Cx) -> Res<Value> {
        template::expand(cx, self, &template::Arguments::Call(args, &kwargs))
    }
    /// Return a formatted version of the string, using substitutions from mapping.
    ///
    /// The substitutions are identified by braces ('{' and '}').
    fn format_map(&self, mapping: &Value, cx: &mut Cx) -> Res<Value> {
        template::expand(cx, self, &template::Arguments::Mapping(mapping))
    }
    /// Return a formatted version of the string as described by format_spec.
    fn __format__(this: &Value, format_spec: &Str, cx: &mut Cx) -> Res<Value> {
        let Some(s) = this.downcast::<Str>() else {
            return Ok(this.clone());
        };
        if format_spec.is_empty() {
            return crate::protocol::str(cx, this);
        }
        let name = this.type_name();
        format::format_str(cx, s, format_spec, &name)
    }
    fn __getnewargs__(this: &Value, cx: &mut Cx) -> Res<Value> {
        // A copy, so that pickling does not find the string itself again.
        let s = match this.downcast::<Str>() {
            Some(s) => super::make::new_from_text(cx, s.text())?,
            None => exact(cx, this)?,
        };
        tuple::new_tuple(cx, vec![s])
    }
    /// Return the size of the string in memory, in bytes.
    fn __sizeof__(&self) -> usize {
        size_of::<Str>() - 8 + (self.len() * self.kind()).max(8)
    }

    /// Return True if all characters in the string are ASCII, False otherwise.
    ///
    /// ASCII characters have code points in the range U+0000-U+007F.
    /// Empty string is ASCII too.
    fn isascii(&self) -> bool {
        self.is_ascii()
    }
    /// Return True if the string is a lowercase string, False otherwise.
    ///
    /// A string is lowercase if all cased characters in the string are lowercase and
    /// there is at least one cased character in the string.
    fn islower(&self) -> bool {
        case::text_is_lower(self.text())
    }
    /// Return True if the string is an uppercase string, False otherwise.
    ///
    /// A string is uppercase if all cased characters in the string are uppercase and
    /// there is at least one cased character in the string.
    fn isupper(&self) -> bool {
        case::text_is_upper(self.text())
    }
    /// Return True if the string is a title-cased string, False otherwise.
    ///
    /// In a title-cased string, upper- and title-case characters may only
    /// follow uncased characters and lowercase characters only cased ones.
    fn istitle(&self) -> bool {
        case::text_is_title(self.text())
    }
    /// Return True if the string is a whitespace string, False otherwise.
    ///
    /// A string is whitespace if all characters in the string are whitespace and there
    /// is at least one character in the string.
    fn isspace(&self) -> bool {
        all(self, unicode::is_space)
    }
    /// Return True if the string is a decimal string, False otherwise.
    ///
    /// A string is a decimal string if all characters in the string are decimal and
    /// there is at least one character in the string.
    fn isdecimal(&self) -> bool {
        all(self, unicode::is_decimal)
    }
    /// Return True if the string is a digit string, False otherwise.
    ///
    /// A string is a digit string if all characters in the string are digits and there
    /// is at least one character in the string.
    fn isdigit(&self) -> bool {
        all(self, unicode::is_digit)
    }
    /// Return True if the string is a numeric string, False otherwise.
    ///
    /// A string is numeric if all characters in the string are numeric and there is at
    /// least one character in the string.
    fn isnumeric(&self) -> bool {
        all(self, unicode::is_numeric)
    }
    /// Return True if the string is an alphabetic string, False otherwise.
    ///
    /// A string is alphabetic if all characters in the string are alphabetic and there
    /// is at least one character in the string.
    fn isalpha(&self) -> bool {
        all(self, unicode::is_alpha)
    }
    /// Return True if the string is an alpha-numeric string, False otherwise.
    ///
    /// A string is alpha-numeric if all characters in the string are alpha-numeric and
    /// there is at least one character in the string.
    fn isalnum(&self) -> bool {
        all(self, unicode::is_alnum)
    }
    /// Return True if the string is a valid Python identifier, False otherwise.
    ///
    /// Call keyword.iskeyword(s) to test whether string s is a reserved identifier,
    /// such as "def" or "class".
    fn isidentifier(&self) -> bool {
        case::text_is_identifier(self.text())
    }
    /// Return True if all characters in the string are printable, False otherwise.
    ///
    /// A character is printable if repr() may use it in its output.
    fn isprintable(&self) -> bool {
        self.is_empty() || all(self, unicode::is_printable)
    }
}

/// `s[i]`, negative positions from the end.
pub fn item(cx: &mut Cx, s: &Str, i: isize) -> Res<Value> {
    let i = if i < 0 { i + s.len() as isize } else { i };
    if i < 0 || i as usize >= s.len() {
        return Err(cx.index_error("string index out of range"));
    }
    new_char(cx, s.at(i as usize))
}

/// The code point of a one-character string (`ord`, fill characters).
pub fn single_char(v: &Value) -> Option<u32> {
    let s = v.downcast::<Str>()?;
    (s.len() == 1).then(|| s.at(0))
}

/// The string of a text that lies within `s`, which is returned when it is the whole.
pub(super) fn part(
    cx: &mut Cx,
    this: &Value,
    s: &Str,
    range: std::ops::Range<usize>,
) -> Res<Value> {
    if range.start == 0 && range.end == s.len() {
        return exact(cx, this);
    }
    make::substring(cx, s, range.start, range.end)
}

/// `chr(c)`.
pub fn chr(cx: &mut Cx, v: &Value) -> Res<Value> {
    let c = number::index_isize(cx, v)?;
    match u32::try_from(c) {
        Ok(c) if c < 0x11_0000 => new_char(cx, c),
        _ => Err(cx.value_error("chr() arg not in range(0x110000)")),
    }
}
