//! `str`'s methods that search, split, strip and replace, over `typhon_text::strings`.

use super::methods::part;
use super::{Str, Units, empty, new_from_buf, new_latin1_with, new_str_exact};
use crate::native::*;
use crate::number::{lift, search_bounds};
use crate::objects::{list, tuple};
use crate::{Cx, Res, Value, ValueExt};
use std::ops::Range;
use typhon_text::Text;
use typhon_text::search::{Search, find_all};
use typhon_text::strings::{
    self, count_text, ends_with_text, find_text, rfind_text, starts_with_text,
};

type Found = fn(Text<'_>, Text<'_>) -> Option<usize>;

fn position(
    cx: &mut Cx,
    s: &Str,
    sub: &Str,
    start: Option<&Value>,
    end: Option<&Value>,
    f: Found,
) -> Res<Option<usize>> {
    let Some(range) = search_bounds(cx, start, end, s.len())? else {
        return Ok(None);
    };
    let from = range.start;
    Ok(f(s.text().slice(range), sub.text()).map(|i| i + from))
}

fn or_minus_one(i: Option<usize>) -> i64 {
    i.map_or(-1, |i| i as i64)
}

fn found(cx: &mut Cx, i: Option<usize>) -> Res<usize> {
    i.ok_or_else(|| cx.value_error("substring not found"))
}

/// `maxsplit` and `count`: negative means no limit.
pub fn limit(n: isize) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// A list of parts of `s`.
fn parts(cx: &mut Cx, this: &Value, s: &Str, ranges: Vec<Range<usize>>) -> Res<Value> {
    let mut items = Vec::with_capacity(ranges.len());
    for r in ranges {
        items.push(part(cx, this, s, r)?);
    }
    list::new_list(cx, items)
}

/// The parts of a Latin-1 string between single units, at most `max` cuts from the left.
fn split_at_unit(
    cx: &mut Cx,
    this: &Value,
    s: &Str,
    hay: &[u8],
    unit: u8,
    max: usize,
) -> Res<Value> {
    let cuts = u8::count_unit(hay, unit).min(max);
    if cuts == 0 {
        let whole = super::methods::exact(cx, this)?;
        return list::new_list(cx, vec![whole]);
    }
    let mut items = Vec::with_capacity(cuts + 1);
    let mut start = 0;
    for _ in 0..cuts {
        let Some(n) = next_unit(&hay[start..], unit) else {
            break;
        };
        items.push(latin1_part(cx, s, &hay[start..start + n])?);
        start += n + 1;
    }
    items.push(latin1_part(cx, s, &hay[start..])?);
    list::new_list(cx, items)
}

/// Where `unit` stands first. Parts are short as a rule, so the first bytes are looked at one by one.
#[inline]
fn next_unit(hay: &[u8], unit: u8) -> Option<usize> {
    let near = hay.len().min(16);
    match hay[..near].iter().position(|&u| u == unit) {
        Some(i) => Some(i),
        None => u8::find_unit(&hay[near..], unit).map(|i| i + near),
    }
}

/// A part of a Latin-1 string.
#[inline]
fn latin1_part(cx: &mut Cx, s: &Str, part: &[u8]) -> Res<Value> {
    new_str_exact(cx, Units::Latin1(part), s.is_ascii() || part.is_ascii())
}

/// `s.replace(old, new)` of Latin-1 texts; None when nothing changes.
fn replace_latin1(
    cx: &mut Cx,
    hay: &[u8],
    old: &[u8],
    new: &[u8],
    max: usize,
    ascii: bool,
) -> Res<Option<Value>> {
    let mut places = Vec::new();
    for at in find_all(hay, old).take(max) {
        places.push(at);
    }
    if places.is_empty() {
        return Ok(None);
    }
    let kept = hay.len() - places.len() * old.len();
    let Some(total) = new
        .len()
        .checked_mul(places.len())
        .and_then(|n| n.checked_add(kept))
        .filter(|&n| n < isize::MAX as usize / 4)
    else {
        return Err(cx.overflow_error("replace string is too long"));
    };
    // The parts that are left out may have been the only ones beyond ASCII.
    if !ascii {
        let mut out = Vec::with_capacity(total);
        let mut start = 0;
        for &at in &places {
            out.extend_from_slice(&hay[start..at]);
            out.extend_from_slice(new);
            start = at + old.len();
        }
        out.extend_from_slice(&hay[start..]);
        return new_str_exact(cx, Units::Latin1(&out), out.is_ascii()).map(Some);
    }
    new_latin1_with(cx, total, true, |out| {
        let mut start = 0;
        for &at in &places {
            out.push(&hay[start..at]);
            out.push(new);
            start = at + old.len();
        }
        out.push(&hay[start..]);
    })
    .map(Some)
}

/// The separator of `split`: None for blanks.
fn separator<'a>(cx: &mut Cx, sep: &'a Value) -> Res<Option<Text<'a>>> {
    if sep.is_none() {
        return Ok(None);
    }
    match sep.downcast::<Str>() {
        Some(s) => Ok(Some(s.text())),
        None => {
            let n = sep.type_name();
            Err(cx.type_error(format!("must be str or None, not {n}")))
        }
    }
}

fn partition_at(cx: &mut Cx, this: &Value, sep: &Value, f: Found, last: bool) -> Res<Value> {
    let (Some(s), Some(p)) = (this.downcast::<Str>(), sep.downcast::<Str>()) else {
        let n = sep.type_name();
        return Err(cx.type_error(format!("must be str, not {n}")));
    };
    if p.is_empty() {
        return Err(cx.value_error("empty separator"));
    }
    let items = match f(s.text(), p.text()) {
        Some(i) => {
            let (a, b) = (
                part(cx, this, s, 0..i)?,
                part(cx, this, s, i + p.len()..s.len())?,
            );
            vec![a, sep.clone(), b]
        }
        None => {
            let whole = super::methods::exact(cx, this)?;
            if last {
                vec![empty(), empty(), whole]
            } else {
                vec![whole, empty(), empty()]
            }
        }
    };
    tuple::new_tuple(cx, items)
}

fn stripped(cx: &mut Cx, this: &Value, chars: &Value, left: bool, right: bool) -> Res<Value> {
    let Some(s) = this.downcast::<Str>() else {
        return Ok(this.clone());
    };
    let set = match chars.downcast::<Str>() {
        Some(c) => Some(c.text()),
        None if chars.is_none() => None,
        None => {
            let name = match (left, right) {
                (true, true) => "strip",
                (true, _) => "lstrip",
                _ => "rstrip",
            };
            return Err(cx.type_error(format!("{name} arg must be None or str")));
        }
    };
    let range = strings::strip_text(s.text(), set, left, right);
    part(cx, this, s, range)
}

fn affix(
    cx: &mut Cx,
    s: &Str,
    given: &Value,
    start: Option<&Value>,
    end: Option<&Value>,
    method: &str,
    test: fn(Text<'_>, Text<'_>) -> bool,
) -> Res<bool> {
    let range = search_bounds(cx, start, end, s.len())?;
    let check = |affix: &Str| {
        range
            .clone()
            .is_some_and(|r| test(s.text().slice(r), affix.text()))
    };
    if let Some(affix) = given.downcast::<Str>() {
        return Ok(check(affix));
    }
    let Some(several) = given.downcast::<Tuple>() else {
        let n = given.type_name();
        return Err(cx.type_error(format!(
            "{method} first arg must be str or a tuple of str, not {n}"
        )));
    };
    for v in several.items() {
        let Some(affix) = v.downcast::<Str>() else {
            let n = v.type_name();
            return Err(cx.type_error(format!("tuple for {method} must only contain str, not {n}")));
        };
        if check(affix) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[pymethods(part = FIND)]
impl Str {
    /// Return the lowest index in S where substring sub is found, such that sub is contained within S[start:end].
    ///
    /// Optional arguments start and end are interpreted as in slice notation.
    /// Return -1 on failure.
    #[sig(sub, start = None, end = None, /)]
    #[text_signature = "($self, sub[, start[, end]], /)"]
    fn find(&self, sub: &Str, start: Option<&Value>, end: Option<&Value>, cx: &mut Cx) -> Res<i64> {
        Ok(or_minus_one(position(
            cx, self, sub, start, end, find_text,
        )?))
    }
    /// Return the highest index in S where substring sub is found, such that sub is contained within S[start:end].
    ///
    /// Optional arguments start and end are interpreted as in slice notation.
    /// Return -1 on failure.
    #[sig(sub, start = None, end = None, /)]
    #[text_signature = "($self, sub[, start[, end]], /)"]
    fn rfind(
        &self,
        sub: &Str,
        start: Option<&Value>,
        end: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<i64> {
        Ok(or_minus_one(position(
            cx, self, sub, start, end, rfind_text,
        )?))
    }
    /// Return the lowest index in S where substring sub is found, such that sub is contained within S[start:end].
    ///
    /// Optional arguments start and end are interpreted as in slice notation.
    /// Raises ValueError when the substring is not found.
    #[sig(sub, start = None, end = None, /)]
    #[text_signature = "($self, sub[, start[, end]], /)"]
    fn index(
        &self,
        sub: &Str,
        start: Option<&Value>,
        end: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<usize> {
        let i = position(cx, self, sub, start, end, find_text)?;
        found(cx, i)
    }
    /// Return the highest index in S where substring sub is found, such that sub is contained within S[start:end].
    ///
    /// Optional arguments start and end are interpreted as in slice notation.
    /// Raises ValueError when the substring is not found.
    #[sig(sub, start = None, end = None, /)]
    #[text_signature = "($self, sub[, start[, end]], /)"]
    fn rindex(
        &self,
        sub: &Str,
        start: Option<&Value>,
        end: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<usize> {
        let i = position(cx, self, sub, start, end, rfind_text)?;
        found(cx, i)
    }
    /// Return the number of non-overlapping occurrences of substring sub in string S[start:end].
    ///
    /// Optional arguments start and end are interpreted as in slice notation.
    #[sig(sub, start = None, end = None, /)]
    #[text_signature = "($self, sub[, start[, end]], /)"]
    fn count(
        &self,
        sub: &Str,
        start: Option<&Value>,
        end: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<usize> {
        Ok(match search_bounds(cx, start, end, self.len())? {
            Some(range) => count_text(self.text().slice(range), sub.text()),
            None => 0,
        })
    }
    /// Return True if the string starts with the specified prefix, False otherwise.
    ///
    ///   prefix
    ///     A string or a tuple of strings to try.
    ///   start
    ///     Optional start position. Default: start of the string.
    ///   end
    ///     Optional stop position. Default: end of the string.
    #[sig(prefix, start = None, end = None, /)]
    #[text_signature = "($self, prefix[, start[, end]], /)"]
    fn startswith(
        &self,
        prefix: &Value,
        start: Option<&Value>,
        end: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<bool> {
        affix(cx, self, prefix, start, end, "startswith", starts_with_text)
    }
    /// Return True if the string ends with the specified suffix, False otherwise.
    ///
    ///   suffix
    ///     A string or a tuple of strings to try.
    ///   start
    ///     Optional start position. Default: start of the string.
    ///   end
    ///     Optional stop position. Default: end of the string.
    #[sig(suffix, start = None, end = None, /)]
    #[text_signature = "($self, suffix[, start[, end]], /)"]
    fn endswith(
        &self,
        suffix: &Value,
        start: Option<&Value>,
        end: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<bool> {
        affix(cx, self, suffix, start, end, "endswith", ends_with_text)
    }
    /// Return a copy with all occurrences of substring old replaced by new.
    ///
    ///   count
    ///     Maximum number of occurrences to replace.
    ///     -1 (the default value) means replace all occurrences.
    ///
    /// If the optional argument count is given, only the first count occurrences are
    /// replaced.
    #[sig(old, new, /, count = -1)]
    fn replace(this: &Value, old: &Str, new: &Str, count: isize, cx: &mut Cx) -> Res<Value> {
        let Some(s) = this.downcast::<Str>() else {
            return Ok(this.clone());
        };
        if let (Text::Latin1(h), Text::Latin1(o), Text::Latin1(n)) =
            (s.text(), old.text(), new.text())
            && !o.is_empty()
        {
            let ascii = s.is_ascii() && new.is_ascii();
            return match replace_latin1(cx, h, o, n, limit(count), ascii)? {
                Some(v) => Ok(v),
                None => super::methods::exact(cx, this),
            };
        }
        match strings::replace_text(s.text(), old.text(), new.text(), limit(count)) {
            Some(buf) => new_from_buf(cx, buf),
            None => super::methods::exact(cx, this),
        }
    }
    /// Return a list of the substrings in the string, using sep as the separator string.
    ///
    ///   sep
    ///     The separator used to split the string.
    ///
    ///     When set to None (the default value), will split on any whitespace
    ///     character (including \n \r \t \f and spaces) and will discard
    ///     empty strings from the result.
    ///   maxsplit
    ///     Maximum number of splits.
    ///     -1 (the default value) means no limit.
    ///
    /// Splitting starts at the front of the string and works to the end.
    ///
    /// Note, str.split() is mainly useful for data that has been intentionally
    /// delimited.  With natural text that includes punctuation, consider using
    /// the regular expression module.
    #[sig(sep = None, maxsplit = -1)]
    fn split(this: &Value, sep: &Value, maxsplit: isize, cx: &mut Cx) -> Res<Value> {
        let Some(s) = this.downcast::<Str>() else {
            return Ok(this.clone());
        };
        let sep = separator(cx, sep)?;
        if let (Some(Text::Latin1(&[unit])), Text::Latin1(hay)) = (sep, s.text()) {
            return split_at_unit(cx, this, s, hay, unit, limit(maxsplit));
        }
        let ranges = lift(cx, strings::split_text(s.text(), sep, limit(maxsplit)))?;
        parts(cx, this, s, ranges)
    }
    /// Return a list of the substrings in the string, using sep as the separator string.
    ///
    ///   sep
    ///     The separator used to split the string.
    ///
    ///     When set to None (the default value), will split on any whitespace
    ///     character (including \n \r \t \f and spaces) and will discard
    ///     empty strings from the result.
    ///   maxsplit
    ///     Maximum number of splits.
    ///     -1 (the default value) means no limit.
    ///
    /// Splitting starts at the end of the string and works to the front.
    #[sig(sep = None, maxsplit = -1)]
    fn rsplit(this: &Value, sep: &Value, maxsplit: isize, cx: &mut Cx) -> Res<Value> {
        let Some(s) = this.downcast::<Str>() else {
            return Ok(this.clone());
        };
        let sep = separator(cx, sep)?;
        let ranges = lift(cx, strings::rsplit_text(s.text(), sep, limit(maxsplit)))?;
        parts(cx, this, s, ranges)
    }
    /// Return a list of the lines in the string, breaking at line boundaries.
    ///
    /// Line breaks are not included in the resulting list unless keepends is given and
    /// true.
    #[sig(keepends = False)]
    fn splitlines(this: &Value, keepends: bool, cx: &mut Cx) -> Res<Value> {
        let Some(s) = this.downcast::<Str>() else {
            return Ok(this.clone());
        };
        parts(cx, this, s, strings::split_lines_text(s.text(), keepends))
    }
    /// Partition the string into three parts using the given separator.
    ///
    /// This will search for the separator in the string.  If the separator is found,
    /// returns a 3-tuple containing the part before the separator, the separator
    /// itself, and the part after it.
    ///
    /// If the separator is not found, returns a 3-tuple containing the original string
    /// and two empty strings.
    fn partition(this: &Value, sep: &Value, cx: &mut Cx) -> Res<Value> {
        partition_at(cx, this, sep, find_text, false)
    }
    /// Partition the string into three parts using the given separator.
    ///
    /// This will search for the separator in the string, starting at the end. If
    /// the separator is found, returns a 3-tuple containing the part before the
    /// separator, the separator itself, and the part after it.
    ///
    /// If the separator is not found, returns a 3-tuple containing two empty strings
    /// and the original string.
    fn rpartition(this: &Value, sep: &Value, cx: &mut Cx) -> Res<Value> {
        partition_at(cx, this, sep, rfind_text, true)
    }
    /// Return a copy of the string with leading and trailing whitespace removed.
    ///
    /// If chars is given and not None, remove characters in chars instead.
    #[sig(chars = None, /)]
    fn strip(this: &Value, chars: &Value, cx: &mut Cx) -> Res<Value> {
        stripped(cx, this, chars, true, true)
    }
    /// Return a copy of the string with leading whitespace removed.
    ///
    /// If chars is given and not None, remove characters in chars instead.
    #[sig(chars = None, /)]
    fn lstrip(this: &Value, chars: &Value, cx: &mut Cx) -> Res<Value> {
        stripped(cx, this, chars, true, false)
    }
    /// Return a copy of the string with trailing whitespace removed.
    ///
    /// If chars is given and not None, remove characters in chars instead.
    #[sig(chars = None, /)]
    fn rstrip(this: &Value, chars: &Value, cx: &mut Cx) -> Res<Value> {
        stripped(cx, this, chars, false, true)
    }
    /// Return a str with the given prefix string removed if present.
    ///
    /// If the string starts with the prefix string, return string[len(prefix):].
    /// Otherwise, return a copy of the original string.
    fn removeprefix(this: &Value, prefix: &Str, cx: &mut Cx) -> Res<Value> {
        let Some(s) = this.downcast::<Str>() else {
            return Ok(this.clone());
        };
        let cut = if starts_with_text(s.text(), prefix.text()) {
            prefix.len()
        } else {
            0
        };
        part(cx, this, s, cut..s.len())
    }
    /// Return a str with the given suffix string removed if present.
    ///
    /// If the string ends with the suffix string and that suffix is not empty,
    /// return string[:-len(suffix)]. Otherwise, return a copy of the original
    /// string.
    fn removesuffix(this: &Value, suffix: &Str, cx: &mut Cx) -> Res<Value> {
        let Some(s) = this.downcast::<Str>() else {
            return Ok(this.clone());
        };
        let cut = if ends_with_text(s.text(), suffix.text()) {
            suffix.len()
        } else {
            0
        };
        part(cx, this, s, 0..s.len() - cut)
    }
}
