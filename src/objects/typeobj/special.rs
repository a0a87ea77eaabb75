//! Attributes of a class, found without walking its bases: a cache per thread, keyed by the class's version (R15) and
//! the interned name. Entries hold nothing alive. They name only what is deferred or immortal: such an object was in the class
//! when the version was read, and stays until this thread's next safepoint (R11).
//!
//! `lookup` is for everyone and counts what it finds; `special` lends functions to the calls of special methods.

use super::Type;
use crate::objects::Str;
use crate::statics::word;
use crate::{Cx, Value, ValueExt};

const SIZE: usize = 1024;

#[derive(Clone, Copy)]
struct Entry {
    /// The class's version; no class has version 0.
    version: u64,
    /// Address of the interned name; `COUNTED` in it where `special` must not lend what was found.
    name: u64,
    /// A register word, 0 when no class in the order has the name.
    found: u64,
}

/// See `Entry::name`.
const COUNTED: u64 = 1;

/// What one thread knows.
pub struct SpecialCache(Box<[Entry; SIZE]>);

impl SpecialCache {
    pub fn new() -> SpecialCache {
        const NOTHING: Entry = Entry {
            version: 0,
            name: 0,
            found: 0,
        };
        SpecialCache(Box::new([NOTHING; SIZE]))
    }
}

impl Default for SpecialCache {
    fn default() -> SpecialCache {
        SpecialCache::new()
    }
}

#[inline(always)]
fn place(version: u64, name: u64) -> usize {
    (version as usize ^ (name as usize >> 5)) % SIZE
}

/// The attribute `name` (interned for good) of `cls` and its bases, to be called at once: the value may be borrowed from the
/// class, so it is good until the next safepoint only. The frame of a call keeps it from then on.
#[inline]
pub fn special(cx: &mut Cx, cls: &Type, name: &'static Value) -> Option<Value> {
    let version = cls.version();
    let e = &cx.specials.0[place(version, name.bits())];
    if version != 0 && e.version == version && e.name == name.bits() {
        // SAFETY: a borrowed word, see above; 0 is none.
        return (e.found != 0).then(|| unsafe { Value::from_bits(e.found) });
    }
    find(cx, cls, name)
}

#[inline(never)]
fn find(cx: &mut Cx, cls: &Type, name: &'static Value) -> Option<Value> {
    debug_assert!(name.downcast::<Str>().is_some());
    lookup(cx, cls, name)
}

/// The attribute `name` (an interned string, which makes it immortal) of `cls` and its bases, counted.
#[inline]
pub fn lookup(cx: &mut Cx, cls: &Type, name: &Value) -> Option<Value> {
    let (version, name_bits) = (cls.version(), name.bits() & !7);
    let e = &cx.specials.0[place(version, name_bits)];
    if version != 0 && e.version == version && e.name & !COUNTED == name_bits {
        // SAFETY: R11: in the class at this version, and no safepoint came since that was read; 0 is none.
        return (e.found != 0).then(|| unsafe { Value::from_bits(e.found) }.into_counted());
    }
    walk_and_note(cx, cls, name)
}

#[inline(never)]
fn walk_and_note(cx: &mut Cx, cls: &Type, name: &Value) -> Option<Value> {
    let version = cls.assign_version(cx);
    let found = cls.walk(cx, name).map(|found| found.0);
    let (word, lent) = match &found {
        None => (Some(0), true),
        Some(v) => match v.header() {
            Some(h) if h.is_uncounted_in_registers() => (
                Some(v.bits() & !7 | 4),
                h.is_immortal() || h.is_deferred() && v.class_word() == word::FUNCTION,
            ),
            _ => (None, false),
        },
    };
    // Looked up under this version, if it still is the class's.
    if let Some(word) = word
        && version != 0
        && !cls.has_foreign_keys()
        && cls.may_cache(version)
    {
        let name = name.bits() & !7;
        cx.specials.0[place(version, name)] = Entry {
            version,
            name: if lent { name } else { name | COUNTED },
            found: word,
        };
    }
    found
}
