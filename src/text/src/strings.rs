//! The methods of `str` and `bytes` that cut and join: split, strip, replace, partition, expandtabs, justification.
//!
//! Functions over slices of units serve bytes and every width of str; they return ranges, so callers copy once.
//! [`Pattern`] brings a needle to the width of its haystack. `*_text` functions are the ones over [`Text`].

use crate::code_points::{Text, TextBuf, Unit};
use crate::error::{Error, Result};
use crate::memory;
use crate::search::{self, Search};
use crate::unicode;
use crate::with_units;
use std::borrow::Cow;
use std::ops::Range;

/// A needle in the width `U`; `None` if a character does not fit, so that it cannot occur.
pub struct Pattern<'a, U: Unit>(Option<Cow<'a, [U]>>);

macro_rules! pattern {
    ($unit:ty, $variant:ident) => {
        impl<'a> From<Text<'a>> for Pattern<'a, $unit> {
            fn from(needle: Text<'a>) -> Self {
                if let Text::$variant(s) = needle {
                    return Pattern(Some(Cow::Borrowed(s)));
                }
                let units: Option<Vec<$unit>> =
                    needle.iter().map(<$unit>::from_code_point).collect();
                Pattern(units.map(Cow::Owned))
            }
        }
    };
}
pattern!(u8, Latin1);
pattern!(u16, Ucs2);
pattern!(u32, Ucs4);

/// Runs `$body` with `$h` and `$n` bound to slices of one width, or gives `$absent` if the needle does not fit.
macro_rules! with_pattern {
    ($hay:expr, $needle:expr, $h:ident, $n:ident => $body:expr, else $absent:expr) => {
        with_units!($hay, $h => match Pattern::from($needle).0 {
            Some(needle) => {
                let $n = &*needle;
                $body
            }
            None => $absent,
        })
    };
}

/// `hay.find(needle)`
pub fn find_text(hay: Text<'_>, needle: Text<'_>) -> Option<usize> {
    // Nearly all are.
    if let (Text::Latin1(h), Text::Latin1(n)) = (hay, needle) {
        return search::find(h, n);
    }
    with_pattern!(hay, needle, h, n => search::find(h, n), else None)
}

/// `hay.rfind(needle)`
pub fn rfind_text(hay: Text<'_>, needle: Text<'_>) -> Option<usize> {
    with_pattern!(hay, needle, h, n => search::rfind(h, n), else None)
}

/// `hay.count(needle)`
pub fn count_text(hay: Text<'_>, needle: Text<'_>) -> usize {
    with_pattern!(hay, needle, h, n => search::count(h, n), else 0)
}

/// `hay.startswith(prefix)`
pub fn starts_with_text(hay: Text<'_>, prefix: Text<'_>) -> bool {
    with_pattern!(hay, prefix, h, n => h.starts_with(n), else false)
}

/// `hay.endswith(suffix)`
pub fn ends_with_text(hay: Text<'_>, suffix: Text<'_>) -> bool {
    with_pattern!(hay, suffix, h, n => h.ends_with(n), else false)
}

/// The slice `start:end` that `find` and its kin search, of a sequence of `len`; `None` where even an empty needle
/// is not found.
pub fn search_range(len: usize, start: Option<isize>, end: Option<isize>) -> Option<Range<usize>> {
    let clamp = |i: isize| {
        if i < 0 {
            len.saturating_sub(i.unsigned_abs())
        } else {
            i as usize
        }
    };
    let start = clamp(start.unwrap_or(0));
    let end = end.map_or(len, clamp).min(len);
    (start <= end).then_some(start..end)
}

/// `ValueError: empty separator`
pub fn empty_separator() -> Error {
    Error::value("empty separator")
}

/// Ranges of the parts between separators, at most `max` cuts from the left.
pub fn split<U: Search>(hay: &[U], sep: &[U], max: usize) -> Result<Vec<Range<usize>>> {
    if sep.is_empty() {
        return Err(empty_separator());
    }
    let mut parts = vec![];
    let mut start = 0;
    for at in search::find_all(hay, sep).take(max) {
        parts.push(start..at);
        start = at + sep.len();
    }
    parts.push(start..hay.len());
    Ok(parts)
}

/// The same from the right; parts still come from left to right.
pub fn rsplit<U: Search>(hay: &[U], sep: &[U], max: usize) -> Result<Vec<Range<usize>>> {
    if sep.is_empty() {
        return Err(empty_separator());
    }
    let mut parts = vec![];
    let mut end = hay.len();
    while parts.len() < max
        && let Some(at) = search::rfind(&hay[..end], sep)
    {
        parts.push(at + sep.len()..end);
        end = at;
    }
    parts.push(0..end);
    parts.reverse();
    Ok(parts)
}

/// Ranges of the words between runs of blanks, at most `max` cuts; what is left is not split nor trimmed behind.
pub fn split_blank<U: Unit>(
    s: &[U],
    max: usize,
    is_blank: impl Fn(U) -> bool,
) -> Vec<Range<usize>> {
    let mut parts = vec![];
    let mut i = 0;
    loop {
        while i < s.len() && is_blank(s[i]) {
            i += 1;
        }
        if i == s.len() {
            return parts;
        }
        let start = i;
        if parts.len() == max {
            parts.push(start..s.len());
            return parts;
        }
        while i < s.len() && !is_blank(s[i]) {
            i += 1;
        }
        parts.push(start..i);
    }
}

/// The same from the right.
pub fn rsplit_blank<U: Unit>(
    s: &[U],
    max: usize,
    is_blank: impl Fn(U) -> bool,
) -> Vec<Range<usize>> {
    let mut parts = vec![];
    let mut i = s.len();
    loop {
        while i > 0 && is_blank(s[i - 1]) {
            i -= 1;
        }
        if i == 0 {
            break;
        }
        let end = i;
        if parts.len() == max {
            parts.push(0..end);
            break;
        }
        while i > 0 && !is_blank(s[i - 1]) {
            i -= 1;
        }
        parts.push(i..end);
    }
    parts.reverse();
    parts
}

/// Ranges of the lines, with their ends or without.
pub fn split_lines<U: Unit>(
    s: &[U],
    keep_ends: bool,
    is_break: impl Fn(U) -> bool,
) -> Vec<Range<usize>> {
    let mut lines = vec![];
    let mut i = 0;
    while i < s.len() {
        let start = i;
        while i < s.len() && !is_break(s[i]) {
            i += 1;
        }
        let end = i;
        if i < s.len() {
            let is = |i: usize, c: u32| s.get(i).is_some_and(|&u| u.into() == c);
            i += if is(i, 13) && is(i + 1, 10) { 2 } else { 1 };
        }
        lines.push(start..if keep_ends { i } else { end });
    }
    lines
}

/// What `strip` leaves, cutting what `drop` says on the chosen sides.
pub fn strip<U: Unit>(s: &[U], left: bool, right: bool, drop: impl Fn(U) -> bool) -> Range<usize> {
    let (mut start, mut end) = (0, s.len());
    if left {
        while start < end && drop(s[start]) {
            start += 1;
        }
    }
    if right {
        while end > start && drop(s[end - 1]) {
            end -= 1;
        }
    }
    start..end
}

/// Whether bytes' methods take `b` for a blank.
#[inline]
pub fn is_ascii_blank(b: u8) -> bool {
    matches!(b, b' ' | 9..=13)
}

/// `unicode::is_space` of a Latin-1 unit.
#[inline(always)]
fn is_space_latin1(u: u8) -> bool {
    matches!(u, 9..=13 | 28..=32 | 0x85 | 0xA0)
}

/// `str.split(sep, max)`; `max` is `usize::MAX` for no limit, `sep` `None` for blanks.
pub fn split_text(hay: Text<'_>, sep: Option<Text<'_>>, max: usize) -> Result<Vec<Range<usize>>> {
    let Some(sep) = sep else {
        return Ok(match hay {
            Text::Latin1(s) => split_blank(s, max, is_space_latin1),
            _ => with_units!(hay, s => split_blank(s, max, |u| unicode::is_space(u.into()))),
        });
    };
    if sep.is_empty() {
        return Err(empty_separator());
    }
    with_pattern!(hay, sep, h, n => split(h, n, max), else Ok(std::iter::once(0..hay.len()).collect()))
}

/// `str.rsplit(sep, max)`
pub fn rsplit_text(hay: Text<'_>, sep: Option<Text<'_>>, max: usize) -> Result<Vec<Range<usize>>> {
    let Some(sep) = sep else {
        return Ok(with_units!(hay, s => rsplit_blank(s, max, |u| unicode::is_space(u.into()))));
    };
    if sep.is_empty() {
        return Err(empty_separator());
    }
    with_pattern!(hay, sep, h, n => rsplit(h, n, max), else Ok(std::iter::once(0..hay.len()).collect()))
}

/// `str.splitlines(keepends)`
pub fn split_lines_text(text: Text<'_>, keep_ends: bool) -> Vec<Range<usize>> {
    with_units!(text, s => split_lines(s, keep_ends, |u| unicode::is_linebreak(u.into())))
}

/// `bytes.splitlines(keepends)`
pub fn split_lines_bytes(data: &[u8], keep_ends: bool) -> Vec<Range<usize>> {
    split_lines(data, keep_ends, |b| matches!(b, b'\n' | b'\r'))
}

/// `str.strip(chars)` on the chosen sides; `None` strips blanks.
pub fn strip_text(
    text: Text<'_>,
    chars: Option<Text<'_>>,
    left: bool,
    right: bool,
) -> Range<usize> {
    match chars {
        None => match text {
            Text::Latin1(s) => strip(s, left, right, is_space_latin1),
            _ => with_units!(text, s => strip(s, left, right, |u| unicode::is_space(u.into()))),
        },
        Some(chars) if chars.len() == 1 => {
            let only = chars.at(0);
            with_units!(text, s => strip(s, left, right, |u| u32::from(u) == only))
        }
        Some(chars) => with_units!(text, s => {
            strip(s, left, right, |u| {
                let c: u32 = u.into();
                with_units!(chars, set => set.iter().any(|&x| u32::from(x) == c))
            })
        }),
    }
}

/// `bytes.strip(chars)`
pub fn strip_bytes(data: &[u8], chars: Option<&[u8]>, left: bool, right: bool) -> Range<usize> {
    match chars {
        None => strip(data, left, right, is_ascii_blank),
        Some(set) => strip(data, left, right, |b| memchr::memchr(b, set).is_some()),
    }
}

/// `bytes.replace(old, new, max)`; `None` if nothing changes.
pub fn replace<U: Search>(hay: &[U], old: &[U], new: &[U], max: usize) -> Option<Vec<U>> {
    if max == 0 || old.len() > hay.len() {
        return None;
    }
    if old.is_empty() {
        let n = max.min(hay.len() + 1);
        let mut out = memory::vec(n.saturating_mul(new.len()).saturating_add(hay.len()));
        for i in 0..n {
            out.extend_from_slice(new);
            out.extend(hay.get(i));
        }
        out.extend_from_slice(&hay[n.min(hay.len())..]);
        return Some(out);
    }
    let places: Vec<usize> = search::find_all(hay, old).take(max).collect();
    if places.is_empty() {
        return None;
    }
    let mut out = memory::vec(replaced_len(hay.len(), old.len(), new.len(), places.len()));
    let mut start = 0;
    for at in places {
        out.extend_from_slice(&hay[start..at]);
        out.extend_from_slice(new);
        start = at + old.len();
    }
    out.extend_from_slice(&hay[start..]);
    Some(out)
}

/// Units of a text with `times` of `old` replaced by `new`; what does not fit a size gives one that cannot be allocated.
fn replaced_len(hay: usize, old: usize, new: usize, times: usize) -> usize {
    (hay - times * old).saturating_add(times.saturating_mul(new))
}

/// `str.replace(old, new, max)`; `None` if nothing changes.
pub fn replace_text(hay: Text<'_>, old: Text<'_>, new: Text<'_>, max: usize) -> Option<TextBuf> {
    if let (Text::Latin1(h), Text::Latin1(o), Text::Latin1(n)) = (hay, old, new) {
        return replace(h, o, n, max).map(TextBuf::Latin1);
    }
    if max == 0 || old.len() > hay.len() {
        return None;
    }
    let places: Vec<usize> = if old.is_empty() {
        (0..=hay.len()).take(max).collect()
    } else {
        with_pattern!(hay, old, h, n => search::find_all(h, n).take(max).collect(), else vec![])
    };
    if places.is_empty() {
        return None;
    }
    let mut out =
        TextBuf::with_capacity(replaced_len(hay.len(), old.len(), new.len(), places.len()));
    let mut start = 0;
    for at in places {
        push_narrow(&mut out, hay.slice(start..at));
        out.push_text(new);
        start = at + old.len();
    }
    push_narrow(&mut out, hay.slice(start..hay.len()));
    Some(out)
}

/// Appends a part of a text, which may need less width than the whole.
pub fn push_narrow(out: &mut TextBuf, part: Text<'_>) {
    match (&out, part) {
        (_, Text::Latin1(_))
        | (TextBuf::Ucs2(_), Text::Ucs2(_))
        | (TextBuf::Ucs4(_), Text::Ucs4(_)) => {
            out.push_text(part);
        }
        _ => out.extend(part.iter()),
    }
}

/// A copy of a part in the narrowest width.
pub fn narrow(part: Text<'_>) -> TextBuf {
    match part {
        Text::Latin1(s) => TextBuf::Latin1(s.to_vec()),
        _ => {
            let widest = with_units!(part, s => s.iter().fold(0u32, |a, &u| a | u32::from(u)));
            match widest {
                0..0x100 => TextBuf::Latin1(part.iter().map(|c| c as u8).collect()),
                0x100..0x10000 => TextBuf::Ucs2(part.iter().map(|c| c as u16).collect()),
                _ => TextBuf::Ucs4(part.iter().collect()),
            }
        }
    }
}

/// `expandtabs(size)`: appends units by `push(unit, times)`.
pub fn expand_tabs<U: Unit>(s: &[U], size: usize, mut push: impl FnMut(u32, usize)) {
    let mut column = 0;
    for &u in s {
        let c = u.into();
        match c {
            9 if size == 0 => {}
            9 => {
                let n = size - column % size;
                push(32, n);
                column += n;
            }
            10 | 13 => {
                push(c, 1);
                column = 0;
            }
            _ => {
                push(c, 1);
                column += 1;
            }
        }
    }
}

/// `str.expandtabs(size)`
pub fn expand_tabs_text(text: Text<'_>, size: usize) -> TextBuf {
    let mut out = TextBuf::with_capacity(text.len());
    with_units!(text, s => expand_tabs(s, size, |c, n| out.push_n(c, n)));
    out
}

/// Padding left and right of `center`: the odd one goes left when the width is odd.
pub fn center_padding(len: usize, width: usize) -> (usize, usize) {
    let pad = width.saturating_sub(len);
    let left = pad / 2 + (pad & width & 1);
    (left, pad - left)
}

/// `text` between padding.
pub fn padded(text: Text<'_>, left: usize, right: usize, fill: u32) -> TextBuf {
    let mut out = TextBuf::with_capacity(text.len().saturating_add(left).saturating_add(right));
    out.push_n(fill, left);
    out.push_text(text);
    out.push_n(fill, right);
    out
}

/// `zfill(width)`: zeros go behind a sign.
pub fn zfill<U: Unit>(s: &[U], width: usize) -> Option<Vec<U>> {
    let pad = width.checked_sub(s.len()).filter(|&n| n > 0)?;
    let zero = U::from_code_point(48)?;
    let sign = usize::from(s.first().is_some_and(|&u| matches!(u.into(), 43 | 45)));
    let mut out = memory::vec(width);
    out.extend_from_slice(&s[..sign]);
    out.extend(std::iter::repeat_n(zero, pad));
    out.extend_from_slice(&s[sign..]);
    Some(out)
}

/// `str.zfill(width)`; `None` if nothing changes.
pub fn zfill_text(text: Text<'_>, width: usize) -> Option<TextBuf> {
    match text {
        Text::Latin1(s) => zfill(s, width).map(TextBuf::Latin1),
        Text::Ucs2(s) => zfill(s, width).map(TextBuf::Ucs2),
        Text::Ucs4(s) => zfill(s, width).map(TextBuf::Ucs4),
    }
}

/// `bytes.translate(table, delete)`
pub fn translate_bytes(data: &[u8], table: Option<&[u8; 256]>, delete: &[u8]) -> Vec<u8> {
    let mut gone = [false; 256];
    delete.iter().for_each(|&b| gone[usize::from(b)] = true);
    data.iter()
        .filter(|&&b| !gone[usize::from(b)])
        .map(|&b| table.map_or(b, |t| t[usize::from(b)]))
        .collect()
}
