//! Case mappings: of single characters and of whole strings as the methods of `str` do them.

use super::{Case, is_lower, is_title, is_upper, record, tables};
use crate::code_points::{Text, TextBuf};

#[inline]
fn shifted(c: u32, delta: i32) -> u32 {
    c.wrapping_add_signed(delta)
}

/// Simple (one to one) lower case.
#[inline]
pub fn simple_lower(c: u32) -> u32 {
    shifted(c, record(c).lower)
}

/// Simple (one to one) upper case.
#[inline]
pub fn simple_upper(c: u32) -> u32 {
    shifted(c, record(c).upper)
}

/// The upper case's first character.
pub fn first_upper(c: u32) -> u32 {
    match special(c) {
        Some(s) => s.upper[0],
        None => simple_upper(c),
    }
}

/// Whether the character takes part in case (`Cased`).
pub fn is_cased(c: u32) -> bool {
    record(c).flags & (tables::CASED | tables::UPPER | tables::LOWER | tables::TITLE) != 0
}

/// Whether the search for a word's end looks past the character (`Case_Ignorable`).
pub fn is_case_ignorable(c: u32) -> bool {
    record(c).flags & tables::CASE_IGNORABLE != 0
}

fn special(c: u32) -> Option<&'static Case> {
    let i = tables::SPECIAL.binary_search_by_key(&c, |e| e.0).ok()?;
    Some(&tables::SPECIAL[i].1)
}

#[derive(Clone, Copy)]
enum To {
    Lower,
    Upper,
    Title,
    Fold,
}

fn push_mapped(out: &mut TextBuf, c: u32, to: To) {
    let r = record(c);
    if r.flags & tables::SPECIAL_CASE != 0
        && let Some(s) = special(c)
    {
        let seq = match to {
            To::Lower => s.lower,
            To::Upper => s.upper,
            To::Title => s.title,
            To::Fold => s.fold,
        };
        seq.into_iter()
            .filter(|&m| m != 0)
            .for_each(|m| out.push(m));
        return;
    }
    out.push(shifted(
        c,
        match to {
            To::Lower | To::Fold => r.lower,
            To::Upper => r.upper,
            To::Title => r.title,
        },
    ));
}

/// Lower case of the character at `i`: a capital sigma at a word's end takes its final form.
fn push_lower(out: &mut TextBuf, text: Text<'_>, i: usize) {
    let c = text.at(i);
    if c != 0x3a3 {
        return push_mapped(out, c, To::Lower);
    }
    let before = (0..i)
        .rev()
        .map(|j| text.at(j))
        .find(|&c| !is_case_ignorable(c));
    let after = || {
        (i + 1..text.len())
            .map(|j| text.at(j))
            .find(|&c| !is_case_ignorable(c))
    };
    let is_final = before.is_some_and(is_cased) && !after().is_some_and(is_cased);
    out.push(if is_final { 0x3c2 } else { 0x3c3 });
}

fn ascii(text: Text<'_>) -> Option<&[u8]> {
    match text {
        Text::Latin1(s) if s.is_ascii() => Some(s),
        _ => None,
    }
}

fn each(text: Text<'_>, to: To) -> TextBuf {
    let mut out = TextBuf::with_capacity(text.len());
    text.iter().for_each(|c| push_mapped(&mut out, c, to));
    out
}

/// `str.lower`
pub fn lower(text: Text<'_>) -> TextBuf {
    if let Some(s) = ascii(text) {
        return TextBuf::Latin1(s.to_ascii_lowercase());
    }
    let mut out = TextBuf::with_capacity(text.len());
    (0..text.len()).for_each(|i| push_lower(&mut out, text, i));
    out
}

/// `str.upper`
pub fn upper(text: Text<'_>) -> TextBuf {
    match ascii(text) {
        Some(s) => TextBuf::Latin1(s.to_ascii_uppercase()),
        None => each(text, To::Upper),
    }
}

/// `str.casefold`
pub fn casefold(text: Text<'_>) -> TextBuf {
    match ascii(text) {
        Some(s) => TextBuf::Latin1(s.to_ascii_lowercase()),
        None => each(text, To::Fold),
    }
}

/// `str.capitalize`
pub fn capitalize(text: Text<'_>) -> TextBuf {
    let mut out = TextBuf::with_capacity(text.len());
    for i in 0..text.len() {
        if i == 0 {
            push_mapped(&mut out, text.at(0), To::Title);
        } else {
            push_lower(&mut out, text, i);
        }
    }
    out
}

/// `str.title`
pub fn title(text: Text<'_>) -> TextBuf {
    let mut out = TextBuf::with_capacity(text.len());
    let mut in_word = false;
    for i in 0..text.len() {
        let c = text.at(i);
        if in_word {
            push_lower(&mut out, text, i);
        } else {
            push_mapped(&mut out, c, To::Title);
        }
        in_word = is_cased(c);
    }
    out
}

/// `str.swapcase`
pub fn swapcase(text: Text<'_>) -> TextBuf {
    let mut out = TextBuf::with_capacity(text.len());
    for i in 0..text.len() {
        let c = text.at(i);
        if is_upper(c) {
            push_lower(&mut out, text, i);
        } else if is_lower(c) {
            push_mapped(&mut out, c, To::Upper);
        } else {
            out.push(c);
        }
    }
    out
}

/// `str.isupper`: some cased character, none lower or title case.
pub fn text_is_upper(text: Text<'_>) -> bool {
    let mut cased = false;
    for c in text.iter() {
        if is_lower(c) || is_title(c) {
            return false;
        }
        cased |= is_upper(c);
    }
    cased
}

/// `str.islower`: some cased character, none upper or title case.
pub fn text_is_lower(text: Text<'_>) -> bool {
    let mut cased = false;
    for c in text.iter() {
        if is_upper(c) || is_title(c) {
            return false;
        }
        cased |= is_lower(c);
    }
    cased
}

/// `str.istitle`: capitals only at the beginning of words, lower case only inside.
pub fn text_is_title(text: Text<'_>) -> bool {
    let (mut cased, mut in_word) = (false, false);
    for c in text.iter() {
        if is_upper(c) || is_title(c) {
            if in_word {
                return false;
            }
            (cased, in_word) = (true, true);
        } else if is_lower(c) {
            if !in_word {
                return false;
            }
            cased = true;
        } else {
            in_word = false;
        }
    }
    cased
}

/// `str.isidentifier`
pub fn text_is_identifier(text: Text<'_>) -> bool {
    let mut chars = text.iter();
    chars.next().is_some_and(super::is_xid_start) && chars.all(super::is_xid_continue)
}
