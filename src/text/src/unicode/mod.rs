//! The Unicode 16.0 character database: properties, case mappings, values, decompositions, names.
//!
//! The tables are generated (`tools/gen_unicode.py`); a code point finds its record through two
//! stages, so every property costs three dependent loads. Code points are `u32`: lone surrogates
//! are characters too.

pub mod case;
pub mod names;
pub mod normalize;
pub mod ucd32;

#[rustfmt::skip]
#[allow(clippy::all)]
mod tables;

/// Version of the data, `unicodedata.unidata_version`.
pub const VERSION: &str = "16.0.0";

/// Properties shared by many code points.
struct Record {
    flags: u32,
    upper: i32,
    lower: i32,
    title: i32,
    category: u8,
    bidi: u8,
    combining: u8,
    width: u8,
    decimal: u8,
    digit: u8,
}

/// Full case mappings of one code point, padded with 0.
struct Case {
    lower: [u32; 3],
    upper: [u32; 3],
    title: [u32; 3],
    fold: [u32; 3],
}

#[inline]
fn record(c: u32) -> &'static Record {
    let Some(&block) = tables::FIRST.get((c >> tables::SHIFT) as usize) else {
        return record(0xfffff); // past the last code point: as unassigned
    };
    let low = c & ((1 << tables::SHIFT) - 1);
    let i = tables::SECOND[(block as usize) << tables::SHIFT | low as usize];
    &tables::RECORDS[i as usize]
}

#[inline]
fn has(c: u32, flag: u32) -> bool {
    record(c).flags & flag != 0
}

/// `str.isalpha` of one character.
#[inline]
pub fn is_alpha(c: u32) -> bool {
    has(c, tables::ALPHA)
}
/// `str.isdecimal` of one character.
#[inline]
pub fn is_decimal(c: u32) -> bool {
    has(c, tables::DECIMAL)
}
/// `str.isdigit` of one character.
#[inline]
pub fn is_digit(c: u32) -> bool {
    has(c, tables::DIGIT)
}
/// `str.isnumeric` of one character.
#[inline]
pub fn is_numeric(c: u32) -> bool {
    has(c, tables::NUMERIC)
}
/// `str.isalnum` of one character.
#[inline]
pub fn is_alnum(c: u32) -> bool {
    has(
        c,
        tables::ALPHA | tables::DECIMAL | tables::DIGIT | tables::NUMERIC,
    )
}
/// Whether the character has the property Uppercase.
#[inline]
pub fn is_upper(c: u32) -> bool {
    has(c, tables::UPPER)
}
/// Whether the character has the property Lowercase.
#[inline]
pub fn is_lower(c: u32) -> bool {
    has(c, tables::LOWER)
}
/// Whether the character is of category Lt.
#[inline]
pub fn is_title(c: u32) -> bool {
    has(c, tables::TITLE)
}
/// `str.isspace` of one character.
#[inline]
pub fn is_space(c: u32) -> bool {
    if c < 0x80 {
        return matches!(c, 9..=13 | 28..=32);
    }
    has(c, tables::SPACE)
}
/// `str.isprintable` of one character; the others are escaped by `repr`.
#[inline]
pub fn is_printable(c: u32) -> bool {
    if c < 0x80 {
        return (0x20..0x7f).contains(&c);
    }
    has(c, tables::PRINTABLE)
}
/// Whether an identifier may begin with the character (the underscore included).
#[inline]
pub fn is_xid_start(c: u32) -> bool {
    has(c, tables::XID_START)
}
/// Whether an identifier may go on with the character.
#[inline]
pub fn is_xid_continue(c: u32) -> bool {
    has(c, tables::XID_CONTINUE)
}
/// Whether the character is mirrored in bidirectional text.
pub fn is_mirrored(c: u32) -> bool {
    has(c, tables::MIRRORED)
}
/// Whether a line ends at the character, for `str.splitlines`.
#[inline]
pub fn is_linebreak(c: u32) -> bool {
    matches!(c, 10..=13 | 28..=30 | 0x85 | 0x2028 | 0x2029)
}

/// Value of a decimal digit of any script.
#[inline]
pub fn decimal(c: u32) -> Option<u8> {
    Some(record(c).decimal).filter(|&d| d != 255)
}
/// Value of a digit, superscripts and the like included.
pub fn digit(c: u32) -> Option<u8> {
    Some(record(c).digit).filter(|&d| d != 255)
}
/// Numeric value, fractions and ideographs included.
pub fn numeric(c: u32) -> Option<f64> {
    let i = tables::NUMERIC_VALUES
        .binary_search_by_key(&c, |e| e.0)
        .ok()?;
    Some(tables::NUMERIC_VALUES[i].1)
}
/// General category, two letters.
pub fn category(c: u32) -> &'static str {
    tables::CATEGORIES[record(c).category as usize]
}
/// Bidirectional class, empty if unassigned.
pub fn bidirectional(c: u32) -> &'static str {
    tables::BIDIRECTIONAL[record(c).bidi as usize]
}
/// Canonical combining class.
#[inline]
pub fn combining(c: u32) -> u8 {
    record(c).combining
}
/// East Asian width, one or two letters.
pub fn east_asian_width(c: u32) -> &'static str {
    tables::EAST_ASIAN_WIDTH[record(c).width as usize]
}

/// The one step decomposition as `unicodedata.decomposition` shows it.
pub fn decomposition(c: u32) -> String {
    let Some((tag, parts)) = raw_decomposition(c) else {
        return String::new();
    };
    let mut out = String::from(tag);
    for part in parts {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&format!("{part:04X}"));
    }
    out
}

/// Tag (empty if canonical) and code points of the one step decomposition.
fn raw_decomposition(c: u32) -> Option<(&'static str, &'static [u32])> {
    let i = tables::DECOMPOSITIONS
        .binary_search_by_key(&c, |e| e.0)
        .ok()?;
    let (_, tag, start, len) = tables::DECOMPOSITIONS[i];
    let start = start as usize;
    Some((
        tables::TAGS[tag as usize],
        &tables::DECOMPOSED[start..start + len as usize],
    ))
}
