//! The four normalization forms (Unicode Standard Annex 15) and their quick check.

use super::{combining, raw_decomposition, record, tables};
use crate::code_points::{Text, TextBuf};
use crate::error::{Error, Result};

/// A normalization form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Canonical decomposition, then composition.
    Nfc,
    /// Canonical decomposition.
    Nfd,
    /// Compatibility decomposition, then canonical composition.
    Nfkc,
    /// Compatibility decomposition.
    Nfkd,
}

impl Form {
    /// From its name in `unicodedata.normalize`.
    pub fn parse(name: &str) -> Result<Form> {
        match name {
            "NFC" => Ok(Form::Nfc),
            "NFD" => Ok(Form::Nfd),
            "NFKC" => Ok(Form::Nfkc),
            "NFKD" => Ok(Form::Nfkd),
            _ => Err(Error::value("invalid normalization form")),
        }
    }

    fn compatible(self) -> bool {
        matches!(self, Form::Nfkc | Form::Nfkd)
    }

    fn composes(self) -> bool {
        matches!(self, Form::Nfc | Form::Nfkc)
    }
}

const HANGUL: u32 = 0xac00;
const LEADS: u32 = 0x1100;
const VOWELS: u32 = 0x1161;
const TAILS: u32 = 0x11a7;
const N_LEADS: u32 = 19;
const N_VOWELS: u32 = 21;
const N_TAILS: u32 = 28;

fn is_hangul(c: u32) -> bool {
    (HANGUL..HANGUL + N_LEADS * N_VOWELS * N_TAILS).contains(&c)
}

fn decompose(c: u32, form: Form, out: &mut Vec<u32>) {
    if c < 0x80 {
        return out.push(c);
    }
    if is_hangul(c) {
        let s = c - HANGUL;
        out.push(LEADS + s / (N_VOWELS * N_TAILS));
        out.push(VOWELS + s % (N_VOWELS * N_TAILS) / N_TAILS);
        if !s.is_multiple_of(N_TAILS) {
            out.push(TAILS + s % N_TAILS);
        }
        return;
    }
    let flag = if form.compatible() {
        tables::NFKD_NO
    } else {
        tables::NFD_NO
    };
    if record(c).flags & flag != 0
        && let Some((_, parts)) = raw_decomposition(c)
    {
        return parts.iter().for_each(|&part| decompose(part, form, out));
    }
    out.push(c);
}

fn compose_pair(a: u32, b: u32) -> Option<u32> {
    if (LEADS..LEADS + N_LEADS).contains(&a) && (VOWELS..VOWELS + N_VOWELS).contains(&b) {
        return Some(HANGUL + ((a - LEADS) * N_VOWELS + (b - VOWELS)) * N_TAILS);
    }
    if is_hangul(a)
        && (a - HANGUL).is_multiple_of(N_TAILS)
        && (TAILS + 1..TAILS + N_TAILS).contains(&b)
    {
        return Some(a + (b - TAILS));
    }
    let i = tables::PAIRS
        .binary_search_by_key(&(a, b), |p| (p.0, p.1))
        .ok()?;
    Some(tables::PAIRS[i].2)
}

fn compose(chars: &mut Vec<u32>) {
    let mut starter: Option<usize> = None;
    let mut last_class = 0;
    let mut kept = 0;
    for i in 0..chars.len() {
        let c = chars[i];
        let class = combining(c);
        if let Some(s) = starter {
            // Blocked if something of the same or a higher class stands between.
            let adjacent = kept == s + 1;
            if (adjacent || last_class < class)
                && let Some(joined) = compose_pair(chars[s], c)
            {
                chars[s] = joined;
                continue;
            }
        }
        chars[kept] = c;
        if class == 0 {
            starter = Some(kept);
        }
        last_class = class;
        kept += 1;
    }
    chars.truncate(kept);
}

/// What a look at the flags alone says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quick {
    Yes,
    Maybe,
    No,
}

fn quick_check(text: Text<'_>, form: Form) -> Quick {
    if text.is_ascii() {
        return Quick::Yes;
    }
    let no = match form {
        Form::Nfc => tables::NFC_NO,
        Form::Nfd => tables::NFD_NO,
        Form::Nfkc => tables::NFKC_NO,
        Form::Nfkd => tables::NFKD_NO,
    };
    let mut answer = Quick::Yes;
    let mut last = 0;
    for c in text.iter() {
        let r = record(c);
        if r.combining != 0 && r.combining < last || r.flags & no != 0 {
            return Quick::No;
        }
        if form.composes() && r.flags & tables::NFC_MAYBE != 0 {
            answer = Quick::Maybe;
        }
        last = r.combining;
    }
    answer
}

/// `unicodedata.normalize(form, text)`; `None` if the text is normalized already.
pub fn normalize(form: Form, text: Text<'_>) -> Option<TextBuf> {
    if quick_check(text, form) == Quick::Yes {
        return None;
    }
    let mut chars = Vec::with_capacity(text.len() + text.len() / 2);
    text.iter().for_each(|c| decompose(c, form, &mut chars));
    let mut i = 0;
    while i < chars.len() {
        let run = chars[i..]
            .iter()
            .take_while(|&&c| combining(c) != 0)
            .count();
        chars[i..i + run].sort_by_key(|&c| combining(c));
        i += run + 1;
    }
    if form.composes() {
        compose(&mut chars);
    }
    Some(chars.into_iter().collect())
}

/// `unicodedata.is_normalized(form, text)`
pub fn is_normalized(form: Form, text: Text<'_>) -> bool {
    match quick_check(text, form) {
        Quick::Yes => true,
        Quick::No => false,
        Quick::Maybe => normalize(form, text).is_none_or(|n| n.as_text() == text),
    }
}
