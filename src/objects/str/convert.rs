//! `str`'s methods that make another text of it: case, justification, tabs, translation; and `encode`.

use super::builder::StrBuilder;
use super::methods::{exact, single_char};
use super::{Str, codec, new_from_buf};
use crate::native::*;
use crate::objects::{dict, int};
use crate::protocol;
use crate::{Cx, ExcKind, Res, Value, ValueExt};
use typhon_text::strings;
use typhon_text::unicode::case;

/// The fill character of the justifying methods.
fn fill(cx: &mut Cx, v: Option<&Value>) -> Res<u32> {
    let Some(v) = v else { return Ok(32) };
    if v.downcast::<Str>().is_none() {
        let n = v.type_name();
        return Err(cx.type_error(format!(
            "The fill character must be a unicode character, not {n}"
        )));
    }
    match single_char(v) {
        Some(c) => Ok(c),
        None => Err(cx.type_error("The fill character must be exactly one character long")),
    }
}

/// Pad `this` to `width` as `place` (length, width) divides the rest.
fn justify(
    cx: &mut Cx,
    this: &Value,
    width: isize,
    fillchar: Option<&Value>,
    place: fn(usize, usize) -> (usize, usize),
) -> Res<Value> {
    let c = fill(cx, fillchar)?;
    let Some(s) = this.downcast::<Str>() else {
        return Ok(this.clone());
    };
    if width <= s.len() as isize {
        return exact(cx, this);
    }
    if width > isize::MAX / 8 {
        return Err(cx.overflow_error("padded string is too long"));
    }
    let (left, right) = place(s.len(), width as usize);
    new_from_buf(cx, strings::padded(s.text(), left, right, c))
}

/// One entry of a translation table.
enum Mapped {
    Keep,
    Delete,
    Char(u32),
    Text(Value),
}

/// What `table[c]` says.
fn mapped(cx: &mut Cx, table: &Value, c: u32) -> Res<Mapped> {
    let key = Value::small_int(c as i32);
    let found = if let Some(d) = table.downcast_exact::<crate::objects::Dict>() {
        match d.get(cx, &key)? {
            Some(v) => v,
            None => return Ok(Mapped::Keep),
        }
    } else {
        match protocol::getitem(cx, table, &key) {
            Ok(v) => v,
            Err(r) => {
                cx.catch(r, ExcKind::LookupError)?;
                return Ok(Mapped::Keep);
            }
        }
    };
    if found.is_none() {
        return Ok(Mapped::Delete);
    }
    if let Some(i) = int::as_int(&found) {
        let c = match i {
            int::IntRef::Small(i) => u32::try_from(i).ok().filter(|&c| c < 0x11_0000),
            int::IntRef::Big(_) => None,
        };
        return match c {
            Some(c) => Ok(Mapped::Char(c)),
            None => Err(cx.value_error("character mapping must be in range(0x110000)")),
        };
    }
    if found.downcast::<Str>().is_some() {
        return Ok(Mapped::Text(found));
    }
    Err(cx.type_error("character mapping must return integer, None or str"))
}

/// `s.translate(table)`.
pub fn translate(cx: &mut Cx, s: &Str, table: &Value) -> Res<Value> {
    let mut out = StrBuilder::with_capacity(s.len());
    // What the table said of ASCII characters is asked once.
    let mut cache: [Option<Option<u32>>; 128] = [None; 128];
    for i in 0..s.len() {
        let c = s.at(i);
        if let Some(Some(known)) = cache.get(c as usize) {
            if let Some(c) = *known {
                out.push_char(c);
            }
            continue;
        }
        let plain = match mapped(cx, table, c)? {
            Mapped::Keep => Some(c),
            Mapped::Delete => None,
            Mapped::Char(c) => Some(c),
            Mapped::Text(t) => {
                out.push_value(&t);
                continue;
            }
        };
        if let Some(c) = plain {
            out.push_char(c);
        }
        if let Some(slot) = cache.get_mut(c as usize) {
            *slot = Some(plain);
        }
    }
    out.finish(cx)
}

#[pymethods(part = CONVERT)]
impl Str {
    /// Encode the string using the codec registered for encoding.
    ///
    ///   encoding
    ///     The encoding in which to encode the string.
    ///   errors
    ///     The error handling scheme to use for encoding errors.
    ///     The default is 'strict' meaning that encoding errors raise a
    ///     UnicodeEncodeError.  Other possible values are 'ignore', 'replace' and
    ///     'xmlcharrefreplace' as well as any other name registered with
    ///     codecs.register_error that can handle UnicodeEncodeErrors.
    #[sig(encoding = "utf-8", errors = "strict")]
    fn encode(&self, encoding: &str, errors: &str, cx: &mut Cx) -> Res<Value> {
        codec::encode(cx, self, Some(encoding), Some(errors))
    }
    /// Return a copy of the string converted to uppercase.
    fn upper(&self, cx: &mut Cx) -> Res<Value> {
        if let Some(t) = self.as_ascii() {
            return super::new_latin1_with(cx, t.len(), true, |out| {
                out.map(t.as_bytes(), |c| c.to_ascii_uppercase());
            });
        }
        new_from_buf(cx, case::upper(self.text()))
    }
    /// Return a copy of the string converted to lowercase.
    fn lower(&self, cx: &mut Cx) -> Res<Value> {
        if let Some(t) = self.as_ascii() {
            return super::new_latin1_with(cx, t.len(), true, |out| {
                out.map(t.as_bytes(), |c| c.to_ascii_lowercase());
            });
        }
        new_from_buf(cx, case::lower(self.text()))
    }
    /// Return a version of the string suitable for caseless comparisons.
    fn casefold(&self, cx: &mut Cx) -> Res<Value> {
        if let Some(t) = self.as_ascii() {
            return super::new_latin1_with(cx, t.len(), true, |out| {
                out.map(t.as_bytes(), |c| c.to_ascii_lowercase());
            });
        }
        new_from_buf(cx, case::casefold(self.text()))
    }
    /// Return a version of the string where each word is titlecased.
    ///
    /// More specifically, words start with uppercased characters and all remaining
    /// cased characters have lower case.
    fn title(&self, cx: &mut Cx) -> Res<Value> {
        new_from_buf(cx, case::title(self.text()))
    }
    /// Return a capitalized version of the string.
    ///
    /// More specifically, make the first character have upper case and the rest lower
    /// case.
    fn capitalize(&self, cx: &mut Cx) -> Res<Value> {
        new_from_buf(cx, case::capitalize(self.text()))
    }
    /// Convert uppercase characters to lowercase and lowercase characters to uppercase.
    fn swapcase(&self, cx: &mut Cx) -> Res<Value> {
        new_from_buf(cx, case::swapcase(self.text()))
    }
    /// Return a centered string of length width.
    ///
    /// Padding is done using the specified fill character (default is a space).
    #[sig(width, fillchar = absent => "' '", /)]
    fn center(this: &Value, width: isize, fillchar: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        justify(cx, this, width, fillchar, strings::center_padding)
    }
    /// Return a left-justified string of length width.
    ///
    /// Padding is done using the specified fill character (default is a space).
    #[sig(width, fillchar = absent => "' '", /)]
    fn ljust(this: &Value, width: isize, fillchar: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        justify(cx, this, width, fillchar, |len, width| (0, width - len))
    }
    /// Return a right-justified string of length width.
    ///
    /// Padding is done using the specified fill character (default is a space).
    #[sig(width, fillchar = absent => "' '", /)]
    fn rjust(this: &Value, width: isize, fillchar: Option<&Value>, cx: &mut Cx) -> Res<Value> {
        justify(cx, this, width, fillchar, |len, width| (width - len, 0))
    }
    /// Pad a numeric string with zeros on the left, to fill a field of the given width.
    ///
    /// The string is never truncated.
    fn zfill(this: &Value, width: isize, cx: &mut Cx) -> Res<Value> {
        let Some(s) = this.downcast::<Str>() else {
            return Ok(this.clone());
        };
        if width > isize::MAX / 8 {
            return Err(cx.overflow_error("padded string is too long"));
        }
        match strings::zfill_text(s.text(), width.max(0) as usize) {
            Some(buf) => new_from_buf(cx, buf),
            None => exact(cx, this),
        }
    }
    /// Return a copy where all tab characters are expanded using spaces.
    ///
    /// If tabsize is not given, a tab size of 8 characters is assumed.
    #[sig(tabsize = 8)]
    fn expandtabs(&self, tabsize: i32, cx: &mut Cx) -> Res<Value> {
        let tabs = self.text().iter().filter(|&c| c == 9).count();
        if (tabsize.max(0) as usize).saturating_mul(tabs) > isize::MAX as usize / 8 {
            return Err(cx.overflow_error("new string is too long"));
        }
        new_from_buf(
            cx,
            strings::expand_tabs_text(self.text(), tabsize.max(0) as usize),
        )
    }
    /// Replace each character in the string using the given translation table.
    ///
    ///   table
    ///     Translation table, which must be a mapping of Unicode ordinals to
    ///     Unicode ordinals, strings, or None.
    ///
    /// The table must implement lookup/indexing via __getitem__, for instance a
    /// dictionary or list.  If this operation raises LookupError, the character is
    /// left untouched.  Characters mapped to None are deleted.
    #[method(name = "translate")]
    fn translate_method(&self, table: &Value, cx: &mut Cx) -> Res<Value> {
        translate(cx, self, table)
    }
    /// Return a translation table usable for str.translate().
    ///
    /// If there is only one argument, it must be a dictionary mapping Unicode
    /// ordinals (integers) or characters to Unicode ordinals, strings or None.
    /// Character keys will be then converted to ordinals.
    /// If there are two arguments, they must be strings of equal length, and
    /// in the resulting dictionary, each character in x will be mapped to the
    /// character at the same position in y. If there is a third argument, it
    /// must be a string, whose characters will be mapped to None in the result.
    #[staticmethod]
    #[sig(x, y = absent, z = absent, /)]
    fn maketrans(x: &Value, y: Option<&Str>, z: Option<&Str>, cx: &mut Cx) -> Res<Value> {
        let out = dict::new_dict(cx)?;
        let Some(d) = dict::as_dict(&out) else {
            return Ok(out);
        };
        let Some(y) = y else {
            let Some(from) = x.downcast_exact::<crate::objects::Dict>() else {
                return Err(
                    cx.type_error("if you give only one argument to maketrans it must be a dict")
                );
            };
            for (key, value) in from.entries(cx) {
                let key = match key.downcast::<Str>() {
                    Some(s) if s.len() != 1 => {
                        return Err(
                            cx.value_error("string keys in translatetable must be of length 1")
                        );
                    }
                    Some(s) => Value::small_int(s.at(0) as i32),
                    None if int::as_int(&key).is_some() => key,
                    None => {
                        return Err(
                            cx.type_error("keys in translate table mustbe strings or integers")
                        );
                    }
                };
                d.set(cx, &key, value)?;
            }
            return Ok(out);
        };
        let Some(x) = x.downcast::<Str>() else {
            return Err(cx.type_error(
                "first maketrans argument must be a string if there is a second argument",
            ));
        };
        if x.len() != y.len() {
            return Err(cx.value_error("the first two maketrans arguments must have equal length"));
        }
        for (a, b) in x.text().iter().zip(y.text().iter()) {
            d.set(cx, &Value::small_int(a as i32), Value::small_int(b as i32))?;
        }
        if let Some(z) = z {
            for c in z.text().iter() {
                d.set(cx, &Value::small_int(c as i32), Value::none())?;
            }
        }
        Ok(out)
    }
}
