//! `unicodedata.ucd_3_2_0`: the database as of Unicode 3.2, which IDNA is defined over. Stored as the
//! runs of characters whose properties have changed since.

use super::{record, tables};

/// Version of the data.
pub const VERSION: &str = "3.2.0";

fn changed(c: u32) -> Option<&'static (u32, u32, u8, u8, u8, u8, u8)> {
    let i = tables::OLD.partition_point(|r| r.1 < c);
    tables::OLD.get(i).filter(|r| r.0 <= c)
}

/// Whether Unicode 3.2 knew the character.
pub fn is_assigned(c: u32) -> bool {
    category(c) != "Cn"
}

/// General category.
pub fn category(c: u32) -> &'static str {
    let i = changed(c).map_or_else(|| record(c).category, |r| r.2);
    tables::CATEGORIES[i as usize]
}

/// Bidirectional class.
pub fn bidirectional(c: u32) -> &'static str {
    let i = changed(c).map_or_else(|| record(c).bidi, |r| r.3);
    tables::BIDIRECTIONAL[i as usize]
}

/// Whether mirrored.
pub fn is_mirrored(c: u32) -> bool {
    changed(c).map_or_else(|| super::is_mirrored(c), |r| r.4 != 0)
}

/// East Asian width.
pub fn east_asian_width(c: u32) -> &'static str {
    let i = changed(c).map_or_else(|| record(c).width, |r| r.5);
    tables::EAST_ASIAN_WIDTH[i as usize]
}

/// Canonical combining class.
pub fn combining(c: u32) -> u8 {
    changed(c).map_or_else(|| record(c).combining, |r| r.6)
}
