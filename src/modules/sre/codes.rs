//! The numbers of the pattern code that `re._compiler` writes, and the classes of characters it names.

use typhon_text::unicode::{self, case};

macro_rules! numbered {
    ($t:ty: $($name:ident)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        #[repr(u32)]
        enum Numbers { $($name,)* }
        $(pub const $name: $t = Numbers::$name as $t;)*
    };
}

/// Instructions.
pub mod op {
    numbered! { u32:
        FAILURE SUCCESS ANY ANY_ALL ASSERT ASSERT_NOT AT BRANCH CATEGORY CHARSET BIGCHARSET GROUPREF GROUPREF_EXISTS IN INFO JUMP
        LITERAL MARK MAX_UNTIL MIN_UNTIL NOT_LITERAL NEGATE RANGE REPEAT REPEAT_ONE SUBPATTERN MIN_REPEAT_ONE ATOMIC_GROUP
        POSSESSIVE_REPEAT POSSESSIVE_REPEAT_ONE GROUPREF_IGNORE IN_IGNORE LITERAL_IGNORE NOT_LITERAL_IGNORE GROUPREF_LOC_IGNORE
        IN_LOC_IGNORE LITERAL_LOC_IGNORE NOT_LITERAL_LOC_IGNORE GROUPREF_UNI_IGNORE IN_UNI_IGNORE LITERAL_UNI_IGNORE
        NOT_LITERAL_UNI_IGNORE RANGE_UNI_IGNORE
    }
}

/// Places in the text.
pub mod at {
    numbered! { u32:
        BEGINNING BEGINNING_LINE BEGINNING_STRING BOUNDARY NON_BOUNDARY END END_LINE END_STRING LOC_BOUNDARY LOC_NON_BOUNDARY
        UNI_BOUNDARY UNI_NON_BOUNDARY
    }
}

/// Flags of INFO.
pub const INFO_PREFIX: u32 = 1;
/// No upper limit of a repetition.
pub const MAXREPEAT: u32 = u32::MAX;

pub fn lower_ascii(c: u32) -> u32 {
    if (65..=90).contains(&c) { c + 32 } else { c }
}

pub fn upper_ascii(c: u32) -> u32 {
    if (97..=122).contains(&c) { c - 32 } else { c }
}

pub fn lower(c: u32) -> u32 {
    if c < 128 {
        lower_ascii(c)
    } else {
        case::simple_lower(c)
    }
}

pub fn upper(c: u32) -> u32 {
    if c < 128 {
        upper_ascii(c)
    } else {
        // CPython takes the first character of a mapping to several.
        case::first_upper(c)
    }
}

fn ascii_word(c: u32) -> bool {
    c < 128 && (c as u8 == b'_' || (c as u8).is_ascii_alphanumeric())
}

pub fn unicode_word(c: u32) -> bool {
    if c < 128 {
        ascii_word(c)
    } else {
        unicode::is_alnum(c)
    }
}

/// Whether a character is of a category (`CATEGORY_*`).
#[inline]
pub fn in_category(category: u32, c: u32) -> bool {
    let positive = match category & !1 {
        0 => (48..=57).contains(&c),
        2 => c == 32 || (9..=13).contains(&c),
        // The locale's words are those of ASCII: the locale is C.
        4 | 8 => ascii_word(c),
        6 => c == 10,
        10 => {
            if c < 128 {
                (48..=57).contains(&c)
            } else {
                unicode::is_decimal(c)
            }
        }
        12 => unicode::is_space(c),
        14 => unicode_word(c),
        16 => unicode::is_linebreak(c),
        _ => return false,
    };
    positive == (category & 1 == 0)
}

/// Whether the place between `before` and `after` is of the kind `AT_*`, as far as that depends on words.
pub fn at_boundary(kind: u32, before: Option<u32>, after: Option<u32>) -> bool {
    let word = if kind >= at::UNI_BOUNDARY {
        unicode_word
    } else {
        ascii_word
    };
    let differ = before.is_some_and(word) != after.is_some_and(word);
    match kind {
        at::BOUNDARY | at::LOC_BOUNDARY | at::UNI_BOUNDARY => differ,
        _ => !differ,
    }
}

/// Whether `c` is in the set whose code begins at `at`.
pub fn in_charset(code: &[u32], mut at: usize, c: u32) -> bool {
    let mut yes = true;
    let bit = |words: &[u32], c: usize| words[c / 32] >> (c % 32) & 1 == 1;
    loop {
        match code[at] {
            op::FAILURE => return !yes,
            op::LITERAL => {
                if c == code[at + 1] {
                    return yes;
                }
                at += 2;
            }
            op::CATEGORY => {
                if in_category(code[at + 1], c) {
                    return yes;
                }
                at += 2;
            }
            op::CHARSET => {
                if c < 256 && bit(&code[at + 1..at + 9], c as usize) {
                    return yes;
                }
                at += 9;
            }
            op::RANGE => {
                if (code[at + 1]..=code[at + 2]).contains(&c) {
                    return yes;
                }
                at += 3;
            }
            op::RANGE_UNI_IGNORE => {
                let range = code[at + 1]..=code[at + 2];
                if range.contains(&c) || range.contains(&upper(c)) {
                    return yes;
                }
                at += 3;
            }
            op::NEGATE => {
                yes = !yes;
                at += 1;
            }
            op::BIGCHARSET => {
                let chunks = code[at + 1] as usize;
                let tables = &code[at + 2..];
                if c < 0x1_0000 {
                    // The chunk of each high byte: 256 bytes in 64 words.
                    let high = (c >> 8) as usize;
                    let chunk = (tables[high / 4] >> (8 * (high % 4)) & 0xFF) as usize;
                    if bit(&tables[64 + chunk * 8..72 + chunk * 8], (c & 0xFF) as usize) {
                        return yes;
                    }
                }
                at += 2 + 64 + chunks * 8;
            }
            // Not a set: the code did not come from the compiler.
            _ => return false,
        }
    }
}

/// Whether the single-character instruction at `ip` takes `c`.
pub fn takes(code: &[u32], ip: usize, c: u32) -> bool {
    let arg = code[ip + 1];
    match code[ip] {
        op::ANY => c != 10,
        op::ANY_ALL => true,
        op::LITERAL => c == arg,
        op::NOT_LITERAL => c != arg,
        op::IN => in_charset(code, ip + 2, c),
        op::CATEGORY => in_category(arg, c),
        op::LITERAL_IGNORE => lower_ascii(c) == arg,
        op::NOT_LITERAL_IGNORE => lower_ascii(c) != arg,
        op::IN_IGNORE => in_charset(code, ip + 2, lower_ascii(c)),
        op::LITERAL_UNI_IGNORE => lower(c) == arg,
        op::NOT_LITERAL_UNI_IGNORE => lower(c) != arg,
        op::IN_UNI_IGNORE => in_charset(code, ip + 2, lower(c)),
        op::LITERAL_LOC_IGNORE => loc_equal(c, arg),
        op::NOT_LITERAL_LOC_IGNORE => !loc_equal(c, arg),
        op::IN_LOC_IGNORE => {
            let has = |c| in_charset(code, ip + 2, c);
            let (lower, upper) = (has(lower_ascii(c)), has(upper_ascii(c)));
            // What is excluded in one case is in the other too.
            if code[ip + 2] == op::NEGATE {
                lower && upper
            } else {
                lower || upper
            }
        }
        _ => false,
    }
}

fn loc_equal(c: u32, wanted: u32) -> bool {
    c == wanted || lower_ascii(c) == wanted || upper_ascii(c) == wanted
}
