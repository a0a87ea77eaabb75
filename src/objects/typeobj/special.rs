//! Special methods of a class, found without walking its bases: a cache per thread, keyed by the class's version (R15) and
//! the interned name. Entries hold nothing alive. They name only what registers hold uncounted from birth on (functions) or
//! for good: such an object was in the class when the version was read, and stays until this thread's next safepoint (R11).

use super::Type;
use crate::objects::Str;
use crate::statics::word;
use crate::{Cx, Value, ValueExt};
use std::sync::atomic::Ordering;

const SIZE: usize = 256;

#[derive(Clone, Copy)]
struct Entry {
    /// The class's version; no class has version 0.
    version: u64,
    /// Address of the interned name.
    name: u64,
    /// A register word, 0 when no class in the order has the name.
    found: u64,
}

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
    let version = cls.assign_version(cx);
    let found = cls.lookup(cx, name);
    let word = match &found {
        None => Some(0),
        Some(v) if stays(v) => Some(v.bits() | 4),
        Some(_) => None,
    };
    // Looked up under this version, if it still is the class's.
    if let Some(word) = word
        && version != 0
        && cls.version.load(Ordering::Acquire) == version
    {
        cx.specials.0[place(version, name.bits())] = Entry {
            version,
            name: name.bits(),
            found: word,
        };
    }
    debug_assert!(name.downcast::<Str>().is_some());
    found
}

fn stays(v: &Value) -> bool {
    v.header()
        .is_some_and(|h| h.is_immortal() || h.is_deferred() && v.class_word() == word::FUNCTION)
}
