//! The methods `bytes` and `bytearray` share, written once for both. Those that ask or search take integers as well as
//! bytes-like objects; those that make something make it of the receiver's kind.

use crate::native::*;
use crate::objects::bytes::ops::{self, Kind, data, with};
use crate::objects::bytes::{contents, make};
use crate::objects::str;
use crate::objects::str::find::limit;
use typhon_text::strings::{self, is_ascii_blank};

/// Ranges of `split`'s parts.
fn split_ranges(
    cx: &mut Cx,
    this: &Value,
    sep: &Value,
    maxsplit: isize,
    right: bool,
) -> Res<Value> {
    let max = limit(maxsplit);
    let sep = if sep.is_none() {
        None
    } else {
        Some(ops::pinned(cx, this, sep, |cx| contents(cx, sep))?.into_owned())
    };
    let kind = Kind::of(this);
    let b = data(cx, this);
    let ranges = match (&sep, right) {
        (None, false) => strings::split_blank(&b, max, is_ascii_blank),
        (None, true) => strings::rsplit_blank(&b, max, is_ascii_blank),
        (Some(s), false) => crate::number::lift(cx, strings::split(&b, s, max))?,
        (Some(s), true) => crate::number::lift(cx, strings::rsplit(&b, s, max))?,
    };
    ops::parts(cx, kind, &b, ranges)
}

fn strip(cx: &mut Cx, this: &Value, chars: &Value, left: bool, right: bool) -> Res<Value> {
    let set = if chars.is_none() {
        None
    } else {
        Some(contents(cx, chars)?.into_owned())
    };
    let kind = Kind::of(this);
    let b = data(cx, this);
    let r = strings::strip_bytes(&b, set.as_deref(), left, right);
    if r.len() == b.len() {
        return ops::same(cx, this, kind, &b);
    }
    kind.make(cx, &b[r])
}

/// A copy with every byte changed by `f`.
fn mapped(cx: &mut Cx, this: &Value, f: impl Fn(u8) -> u8) -> Res<Value> {
    let kind = Kind::of(this);
    let out: Vec<u8> = data(cx, this).iter().map(|&b| f(b)).collect();
    kind.make_vec(cx, out)
}

fn affix_cut(cx: &mut Cx, this: &Value, affix: &Value, at_end: bool) -> Res<Value> {
    let a = contents(cx, affix)?.into_owned();
    let kind = Kind::of(this);
    let b = data(cx, this);
    let rest = if at_end {
        b.strip_suffix(&a[..])
    } else {
        b.strip_prefix(&a[..])
    };
    match rest {
        Some(rest) if !a.is_empty() => kind.make(cx, rest),
        _ => ops::same(cx, this, kind, &b),
    }
}

fn translated(cx: &mut Cx, this: &Value, table: &Value, delete: Option<&Value>) -> Res<Value> {
    let table: Option<[u8; 256]> = if table.is_none() {
        None
    } else {
        let t = contents(cx, table)?;
        match <[u8; 256]>::try_from(&t[..]) {
            Ok(t) => Some(t),
            Err(_) => return Err(cx.value_error("translation table must be 256 characters long")),
        }
    };
    let delete = match delete {
        Some(d) => contents(cx, d)?.into_owned(),
        None => Vec::new(),
    };
    let kind = Kind::of(this);
    let b = data(cx, this);
    let out = strings::translate_bytes(&b, table.as_ref(), &delete);
    kind.make_vec(cx, out)
}

fn made_table(cx: &mut Cx, from: &Value, to: &Value) -> Res<Value> {
    let (from, to) = (contents(cx, from)?.into_owned(), contents(cx, to)?);
    if from.len() != to.len() {
        return Err(cx.value_error("maketrans arguments must have same length"));
    }
    let mut table: [u8; 256] = std::array::from_fn(|i| i as u8);
    from.iter()
        .zip(to.iter())
        .for_each(|(&f, &t)| table[usize::from(f)] = t);
    super::new_bytes(cx, &table)
}

macro_rules! shared_methods {
    ($module:ident, $t:ident) => {
        pub mod $module {
            use super::*;
            use crate::objects::bytearray::Bytearray;
            use crate::objects::bytes::Bytes;
            const _: fn(&Bytes, &Bytearray) = |_, _| {};

            #[pymethods(part = SHARED)]
            impl $t {
                /// Return the lowest index in B where subsection 'sub' is found, such that 'sub' is contained within B[start,end].
                ///
                ///   start
                ///     Optional start position. Default: start of the bytes.
                ///   end
                ///     Optional stop position. Default: end of the bytes.
                ///
                /// Return -1 on failure.
                #[sig(sub, start = None, end = None, /)]
                #[text_signature = "($self, sub[, start[, end]], /)"]
                fn find(
                    this: &Value,
                    sub: &Value,
                    start: Option<&Value>,
                    end: Option<&Value>,
                    cx: &mut Cx,
                ) -> Res<i64> {
                    Ok(ops::position(cx, this, sub, start, end, false)?.map_or(-1, |i| i as i64))
                }
                /// Return the highest index in B where subsection 'sub' is found, such that 'sub' is contained within B[start,end].
                ///
                ///   start
                ///     Optional start position. Default: start of the bytes.
                ///   end
                ///     Optional stop position. Default: end of the bytes.
                ///
                /// Return -1 on failure.
                #[sig(sub, start = None, end = None, /)]
                #[text_signature = "($self, sub[, start[, end]], /)"]
                fn rfind(
                    this: &Value,
                    sub: &Value,
                    start: Option<&Value>,
                    end: Option<&Value>,
                    cx: &mut Cx,
                ) -> Res<i64> {
                    Ok(ops::position(cx, this, sub, start, end, true)?.map_or(-1, |i| i as i64))
                }
                /// Return the lowest index in B where subsection 'sub' is found, such that 'sub' is contained within B[start,end].
                ///
                ///   start
                ///     Optional start position. Default: start of the bytes.
                ///   end
                ///     Optional stop position. Default: end of the bytes.
                ///
                /// Raise ValueError if the subsection is not found.
                #[sig(sub, start = None, end = None, /)]
                #[text_signature = "($self, sub[, start[, end]], /)"]
                fn index(
                    this: &Value,
                    sub: &Value,
                    start: Option<&Value>,
                    end: Option<&Value>,
                    cx: &mut Cx,
                ) -> Res<usize> {
                    let i = ops::position(cx, this, sub, start, end, false)?;
                    ops::found(cx, i)
                }
                /// Return the highest index in B where subsection 'sub' is found, such that 'sub' is contained within B[start,end].
                ///
                ///   start
                ///     Optional start position. Default: start of the bytes.
                ///   end
                ///     Optional stop position. Default: end of the bytes.
                ///
                /// Raise ValueError if the subsection is not found.
                #[sig(sub, start = None, end = None, /)]
                #[text_signature = "($self, sub[, start[, end]], /)"]
                fn rindex(
                    this: &Value,
                    sub: &Value,
                    start: Option<&Value>,
                    end: Option<&Value>,
                    cx: &mut Cx,
                ) -> Res<usize> {
                    let i = ops::position(cx, this, sub, start, end, true)?;
                    ops::found(cx, i)
                }
                /// Return the number of non-overlapping occurrences of subsection 'sub' in bytes B[start:end].
                ///
                ///   start
                ///     Optional start position. Default: start of the bytes.
                ///   end
                ///     Optional stop position. Default: end of the bytes.
                #[sig(sub, start = None, end = None, /)]
                #[text_signature = "($self, sub[, start[, end]], /)"]
                fn count(
                    this: &Value,
                    sub: &Value,
                    start: Option<&Value>,
                    end: Option<&Value>,
                    cx: &mut Cx,
                ) -> Res<usize> {
                    ops::count(cx, this, sub, start, end)
                }
                /// Return True if the bytes starts with the specified prefix, False otherwise.
                ///
                ///   prefix
                ///     A bytes or a tuple of bytes to try.
                ///   start
                ///     Optional start position. Default: start of the bytes.
                ///   end
                ///     Optional stop position. Default: end of the bytes.
                #[sig(prefix, start = None, end = None, /)]
                #[text_signature = "($self, prefix[, start[, end]], /)"]
                fn startswith(
                    this: &Value,
                    prefix: &Value,
                    start: Option<&Value>,
                    end: Option<&Value>,
                    cx: &mut Cx,
                ) -> Res<bool> {
                    ops::affix(cx, this, prefix, start, end, false)
                }
                /// Return True if the bytes ends with the specified suffix, False otherwise.
                ///
                ///   suffix
                ///     A bytes or a tuple of bytes to try.
                ///   start
                ///     Optional start position. Default: start of the bytes.
                ///   end
                ///     Optional stop position. Default: end of the bytes.
                #[sig(suffix, start = None, end = None, /)]
                #[text_signature = "($self, suffix[, start[, end]], /)"]
                fn endswith(
                    this: &Value,
                    suffix: &Value,
                    start: Option<&Value>,
                    end: Option<&Value>,
                    cx: &mut Cx,
                ) -> Res<bool> {
                    ops::affix(cx, this, suffix, start, end, true)
                }
                /// Return a copy with all occurrences of substring old replaced by new.
                ///
                ///   count
                ///     Maximum number of occurrences to replace.
                ///     -1 (the default value) means replace all occurrences.
                ///
                /// If the optional argument count is given, only the first count occurrences are
                /// replaced.
                #[sig(old, new, count = -1, /)]
                fn replace(
                    this: &Value,
                    old: &Value,
                    new: &Value,
                    count: isize,
                    cx: &mut Cx,
                ) -> Res<Value> {
                    let (old, new) = (contents(cx, old)?.into_owned(), contents(cx, new)?);
                    let kind = Kind::of(this);
                    let b = data(cx, this);
                    match strings::replace(&b[..], &old[..], &new[..], limit(count)) {
                        Some(out) => kind.make_vec(cx, out),
                        None => ops::same(cx, this, kind, &b),
                    }
                }
                /// Return a list of the sections in the bytes, using sep as the delimiter.
                ///
                ///   sep
                ///     The delimiter according which to split the bytes.
                ///     None (the default value) means split on ASCII whitespace characters
                ///     (space, tab, return, newline, formfeed, vertical tab).
                ///   maxsplit
                ///     Maximum number of splits to do.
                ///     -1 (the default value) means no limit.
                #[sig(sep = None, maxsplit = -1)]
                fn split(this: &Value, sep: &Value, maxsplit: isize, cx: &mut Cx) -> Res<Value> {
                    split_ranges(cx, this, sep, maxsplit, false)
                }
                /// Return a list of the sections in the bytes, using sep as the delimiter.
                ///
                ///   sep
                ///     The delimiter according which to split the bytes.
                ///     None (the default value) means split on ASCII whitespace characters
                ///     (space, tab, return, newline, formfeed, vertical tab).
                ///   maxsplit
                ///     Maximum number of splits to do.
                ///     -1 (the default value) means no limit.
                ///
                /// Splitting is done starting at the end of the bytes and working to the front.
                #[sig(sep = None, maxsplit = -1)]
                fn rsplit(this: &Value, sep: &Value, maxsplit: isize, cx: &mut Cx) -> Res<Value> {
                    split_ranges(cx, this, sep, maxsplit, true)
                }
                /// Return a list of the lines in the bytes, breaking at line boundaries.
                ///
                /// Line breaks are not included in the resulting list unless keepends is given and
                /// true.
                #[sig(keepends = False)]
                fn splitlines(this: &Value, keepends: bool, cx: &mut Cx) -> Res<Value> {
                    let kind = Kind::of(this);
                    let b = data(cx, this);
                    let ranges = strings::split_lines_bytes(&b, keepends);
                    ops::parts(cx, kind, &b, ranges)
                }
                /// Partition the bytes into three parts using the given separator.
                ///
                /// This will search for the separator sep in the bytes. If the separator is found,
                /// returns a 3-tuple containing the part before the separator, the separator
                /// itself, and the part after it.
                ///
                /// If the separator is not found, returns a 3-tuple containing the original bytes
                /// object and two empty bytes objects.
                fn partition(this: &Value, sep: &Value, cx: &mut Cx) -> Res<Value> {
                    ops::partition(cx, this, sep, false)
                }
                /// Partition the bytes into three parts using the given separator.
                ///
                /// This will search for the separator sep in the bytes, starting at the end. If the
                /// separator is found, returns a 3-tuple containing the part before the separator,
                /// the separator itself, and the part after it.
                ///
                /// If the separator is not found, returns a 3-tuple containing two empty bytes
                /// objects and the original bytes object.
                fn rpartition(this: &Value, sep: &Value, cx: &mut Cx) -> Res<Value> {
                    ops::partition(cx, this, sep, true)
                }
                /// Strip leading and trailing bytes contained in the argument.
                ///
                /// If the argument is omitted or None, strip leading and trailing ASCII whitespace.
                #[sig(bytes = None, /)]
                fn strip(this: &Value, bytes: &Value, cx: &mut Cx) -> Res<Value> {
                    super::strip(cx, this, bytes, true, true)
                }
                /// Strip leading bytes contained in the argument.
                ///
                /// If the argument is omitted or None, strip leading  ASCII whitespace.
                #[sig(bytes = None, /)]
                fn lstrip(this: &Value, bytes: &Value, cx: &mut Cx) -> Res<Value> {
                    super::strip(cx, this, bytes, true, false)
                }
                /// Strip trailing bytes contained in the argument.
                ///
                /// If the argument is omitted or None, strip trailing ASCII whitespace.
                #[sig(bytes = None, /)]
                fn rstrip(this: &Value, bytes: &Value, cx: &mut Cx) -> Res<Value> {
                    super::strip(cx, this, bytes, false, true)
                }
                /// Return a bytes object with the given prefix string removed if present.
                ///
                /// If the bytes starts with the prefix string, return bytes[len(prefix):].
                /// Otherwise, return a copy of the original bytes.
                fn removeprefix(this: &Value, prefix: &Value, cx: &mut Cx) -> Res<Value> {
                    affix_cut(cx, this, prefix, false)
                }
                /// Return a bytes object with the given suffix string removed if present.
                ///
                /// If the bytes ends with the suffix string and that suffix is not empty,
                /// return bytes[:-len(prefix)].  Otherwise, return a copy of the original
                /// bytes.
                fn removesuffix(this: &Value, suffix: &Value, cx: &mut Cx) -> Res<Value> {
                    affix_cut(cx, this, suffix, true)
                }
                /// Concatenate any number of bytes objects.
                ///
                /// The bytes whose method is called is inserted in between each pair.
                ///
                /// The result is returned as a new bytes object.
                ///
                /// Example: b'.'.join([b'ab', b'pq', b'rs']) -> b'ab.pq.rs'.
                fn join(this: &Value, iterable_of_bytes: &Value, cx: &mut Cx) -> Res<Value> {
                    ops::join(cx, this, iterable_of_bytes)
                }
                /// Return a copy with each character mapped by the given translation table.
                ///
                ///   table
                ///     Translation table, which must be a bytes object of length 256.
                ///
                /// All characters occurring in the optional argument delete are removed.
                /// The remaining characters are mapped through the given translation table.
                #[sig(table, /, delete = absent => "b''")]
                fn translate(
                    this: &Value,
                    table: &Value,
                    delete: Option<&Value>,
                    cx: &mut Cx,
                ) -> Res<Value> {
                    translated(cx, this, table, delete)
                }
                /// Return a translation table usable for the bytes or bytearray translate method.
                ///
                /// The returned table will be one where each byte in frm is mapped to the byte at
                /// the same position in to.
                ///
                /// The bytes objects frm and to must be of the same length.
                #[staticmethod]
                fn maketrans(frm: &Value, to: &Value, cx: &mut Cx) -> Res<Value> {
                    made_table(cx, frm, to)
                }
                /// Decode the bytes using the codec registered for encoding.
                ///
                ///   encoding
                ///     The encoding with which to decode the bytes.
                ///   errors
                ///     The error handling scheme to use for the handling of decoding errors.
                ///     The default is 'strict' meaning that decoding errors raise a
                ///     UnicodeDecodeError. Other possible values are 'ignore' and 'replace'
                ///     as well as any other name registered with codecs.register_error that
                ///     can handle UnicodeDecodeErrors.
                #[sig(encoding = "utf-8", errors = "strict")]
                fn decode(this: &Value, encoding: &str, errors: &str, cx: &mut Cx) -> Res<Value> {
                    let b = data(cx, this);
                    str::codec::decode(cx, &b, Some(encoding), Some(errors))
                }
                /// Create a string of hexadecimal numbers from a bytes object.
                ///
                ///   sep
                ///     An optional single character or byte to separate hex bytes.
                ///   bytes_per_sep
                ///     How many bytes between separators.  Positive values count from the
                ///     right, negative values count from the left.
                ///
                /// Example:
                /// >>> value = b'\xb9\x01\xef'
                /// >>> value.hex()
                /// 'b901ef'
                /// >>> value.hex(':')
                /// 'b9:01:ef'
                #[sig(sep = absent, bytes_per_sep = 1)]
                fn hex(
                    this: &Value,
                    sep: Option<&Value>,
                    bytes_per_sep: isize,
                    cx: &mut Cx,
                ) -> Res<Value> {
                    let b = data(cx, this);
                    let none = Value::none();
                    ops::pinned(cx, this, sep.unwrap_or(&none), |cx| {
                        ops::hex(cx, &b, sep, bytes_per_sep)
                    })
                }
                /// B.center(width, fillchar=b' ', /)
                ///
                /// Return B centered in a string of length width.
                #[sig(width, fillchar = absent => "b' '", /)]
                fn center(
                    this: &Value,
                    width: isize,
                    fillchar: Option<&Value>,
                    cx: &mut Cx,
                ) -> Res<Value> {
                    let c = ops::fill(cx, fillchar, "center")?;
                    ops::pad(cx, this, width, c, strings::center_padding)
                }
                /// Return a left-justified string of length width.
                ///
                /// Padding is done using the specified fill character.
                #[sig(width, fillchar = absent => "b' '", /)]
                fn ljust(
                    this: &Value,
                    width: isize,
                    fillchar: Option<&Value>,
                    cx: &mut Cx,
                ) -> Res<Value> {
                    let c = ops::fill(cx, fillchar, "ljust")?;
                    ops::pad(cx, this, width, c, |_, _| (0, 0))
                }
                /// Return a right-justified string of length width.
                ///
                /// Padding is done using the specified fill character.
                #[sig(width, fillchar = absent => "b' '", /)]
                fn rjust(
                    this: &Value,
                    width: isize,
                    fillchar: Option<&Value>,
                    cx: &mut Cx,
                ) -> Res<Value> {
                    let c = ops::fill(cx, fillchar, "rjust")?;
                    ops::pad(cx, this, width, c, |len, width| (width - len, 0))
                }
                /// Pad a numeric string with zeros on the left, to fill a field of the given width.
                ///
                /// The original string is never truncated.
                fn zfill(this: &Value, width: isize, cx: &mut Cx) -> Res<Value> {
                    if width > isize::MAX / 4 {
                        return Err(cx.memory_error());
                    }
                    let kind = Kind::of(this);
                    let b = data(cx, this);
                    match strings::zfill(&b, width.max(0) as usize) {
                        Some(out) => kind.make_vec(cx, out),
                        None => ops::same(cx, this, kind, &b),
                    }
                }
                /// Return a copy where all tab characters are expanded using spaces.
                ///
                /// If tabsize is not given, a tab size of 8 characters is assumed.
                #[sig(tabsize = 8)]
                fn expandtabs(this: &Value, tabsize: i32, cx: &mut Cx) -> Res<Value> {
                    let kind = Kind::of(this);
                    let b = data(cx, this);
                    let size = tabsize.max(0) as usize;
                    let tabs = b.iter().filter(|&&c| c == 9).count();
                    if size.saturating_mul(tabs) > isize::MAX as usize / 4 {
                        return Err(cx.overflow_error("result too long"));
                    }
                    let mut out = Vec::with_capacity(b.len());
                    strings::expand_tabs(&b, size, |c, n| {
                        typhon_text::memory::fill(&mut out, c as u8, n)
                    });
                    kind.make_vec(cx, out)
                }
                /// B.upper() -> copy of B
                ///
                /// Return a copy of B with all ASCII characters converted to uppercase.
                fn upper(this: &Value, cx: &mut Cx) -> Res<Value> {
                    mapped(cx, this, |b| b.to_ascii_uppercase())
                }
                /// B.lower() -> copy of B
                ///
                /// Return a copy of B with all ASCII characters converted to lowercase.
                fn lower(this: &Value, cx: &mut Cx) -> Res<Value> {
                    mapped(cx, this, |b| b.to_ascii_lowercase())
                }
                /// B.swapcase() -> copy of B
                ///
                /// Return a copy of B with uppercase ASCII characters converted
                /// to lowercase ASCII and vice versa.
                fn swapcase(this: &Value, cx: &mut Cx) -> Res<Value> {
                    mapped(
                        cx,
                        this,
                        |b| if b.is_ascii_alphabetic() { b ^ 0x20 } else { b },
                    )
                }
                /// B.title() -> copy of B
                ///
                /// Return a titlecased version of B, i.e. ASCII words start with uppercase
                /// characters, all remaining cased characters have lowercase.
                fn title(this: &Value, cx: &mut Cx) -> Res<Value> {
                    let kind = Kind::of(this);
                    let out = ops::titled(&data(cx, this));
                    kind.make_vec(cx, out)
                }
                /// B.capitalize() -> copy of B
                ///
                /// Return a copy of B with only its first character capitalized (ASCII)
                /// and the rest lower-cased.
                fn capitalize(this: &Value, cx: &mut Cx) -> Res<Value> {
                    let kind = Kind::of(this);
                    let mut out = data(cx, this).to_ascii_lowercase();
                    if let Some(first) = out.first_mut() {
                        *first = first.to_ascii_uppercase();
                    }
                    kind.make_vec(cx, out)
                }
                /// B.isalnum() -> bool
                ///
                /// Return True if all characters in B are alphanumeric
                /// and there is at least one character in B, False otherwise.
                fn isalnum(this: &Value, cx: &mut Cx) -> bool {
                    ops::all(cx, this, |b| b.is_ascii_alphanumeric())
                }
                /// B.isalpha() -> bool
                ///
                /// Return True if all characters in B are alphabetic
                /// and there is at least one character in B, False otherwise.
                fn isalpha(this: &Value, cx: &mut Cx) -> bool {
                    ops::all(cx, this, |b| b.is_ascii_alphabetic())
                }
                /// B.isdigit() -> bool
                ///
                /// Return True if all characters in B are digits
                /// and there is at least one character in B, False otherwise.
                fn isdigit(this: &Value, cx: &mut Cx) -> bool {
                    ops::all(cx, this, |b| b.is_ascii_digit())
                }
                /// B.isspace() -> bool
                ///
                /// Return True if all characters in B are whitespace
                /// and there is at least one character in B, False otherwise.
                fn isspace(this: &Value, cx: &mut Cx) -> bool {
                    ops::all(cx, this, is_ascii_blank)
                }
                /// B.isascii() -> bool
                ///
                /// Return True if B is empty or all characters in B are ASCII,
                /// False otherwise.
                fn isascii(this: &Value, cx: &mut Cx) -> bool {
                    with(cx, this, <[u8]>::is_ascii)
                }
                /// B.islower() -> bool
                ///
                /// Return True if all cased characters in B are lowercase and there is
                /// at least one cased character in B, False otherwise.
                fn islower(this: &Value, cx: &mut Cx) -> bool {
                    ops::cased(cx, this, u8::is_ascii_lowercase, u8::is_ascii_uppercase)
                }
                /// B.isupper() -> bool
                ///
                /// Return True if all cased characters in B are uppercase and there is
                /// at least one cased character in B, False otherwise.
                fn isupper(this: &Value, cx: &mut Cx) -> bool {
                    ops::cased(cx, this, u8::is_ascii_uppercase, u8::is_ascii_lowercase)
                }
                /// B.istitle() -> bool
                ///
                /// Return True if B is a titlecased string and there is at least one
                /// character in B, i.e. uppercase characters may only follow uncased
                /// characters and lowercase characters only cased ones. Return False
                /// otherwise.
                fn istitle(this: &Value, cx: &mut Cx) -> bool {
                    with(cx, this, |b| {
                        b.iter().any(u8::is_ascii_alphabetic) && ops::titled(b) == b
                    })
                }
                /// Create a bytes object from a string of hexadecimal numbers.
                ///
                /// Spaces between two numbers are accepted.
                /// Example: bytes.fromhex('B9 01EF') -> b'\\xb9\\x01\\xef'.
                #[classmethod]
                fn fromhex(cls: &Type, string: &Value, cx: &mut Cx) -> Res<Value> {
                    let out = ops::from_hex(cx, string)?;
                    make::of_hex::<$t>(cx, cls, out)
                }
            }
        }
    };
}

shared_methods!(for_bytes, Bytes);
shared_methods!(for_bytearray, Bytearray);
