//! What attribute sites share: a table per thread of what inline caches were filled with, by class version and name. A site
//! that meets several classes keeps one of them and finds the others here, instead of looking them up and filling its
//! cache again each time (which takes a lock).
//!
//! An entry is a cache like a site's: it validates itself (R14, R15), and what its pointer names lives as R11 says.

use crate::objects::typeobj::{Type, flag};
use crate::regcode::Cache;
use crate::statics::word;
use crate::{Cx, Value, ValueExt};
use std::sync::atomic::Ordering;

/// Sets of two entries each: two that share a place do not displace each other in turns. A table begins small, and becomes
/// as large as it ever is when this many entries have displaced others.
const FIRST_SETS: usize = 64;
const SETS: usize = 512;
const CROWDED: u32 = 48;

/// After this many finds an entry moves into the site's own cache: the site may have turned to another class for good.
const MOVE_IN: u32 = 64;

/// What a site does with the attribute: the same name is cached differently for each.
#[derive(Clone, Copy)]
pub enum Access {
    Load = 0,
    Method = 1,
    Store = 2,
}

struct Entry {
    /// Address of the interned name, and the access in its low bits.
    name: u64,
    version: u64,
    finds: u32,
    cache: Cache,
}

/// One thread's table; empty until it is needed.
#[derive(Default)]
pub struct Recall {
    entries: Vec<Entry>,
    /// One less than there are sets, of which there is a power of two.
    mask: usize,
    displaced: u32,
    /// The small table: who found an entry in it may still look at it.
    outgrown: Vec<Entry>,
}

impl Recall {
    /// An empty table of so many sets takes the place of what is there.
    fn begin(&mut self, sets: usize) -> Vec<Entry> {
        let empty = || Entry {
            name: 0,
            version: 0,
            finds: 0,
            cache: Cache::new(0),
        };
        self.mask = sets - 1;
        std::mem::replace(&mut self.entries, (0..2 * sets).map(|_| empty()).collect())
    }

    /// The set of this version and key; None while there is no table.
    #[inline(always)]
    fn set(&mut self, version: u64, key: u64) -> Option<&mut [Entry]> {
        let at = (place(version, key) & self.mask) * 2;
        self.entries.get_mut(at..at + 2)
    }

    /// A table of the last size, with what is known.
    #[cold]
    fn grow(&mut self) {
        let known = self.begin(SETS);
        for e in known.iter().filter(|e| e.version != 0) {
            let (word, ptr) = e.cache.load();
            let also = e.cache.also.load(Ordering::Relaxed);
            self.enter(e.name, e.version, word, ptr, also);
        }
        self.outgrown = known;
    }

    fn enter(&mut self, key: u64, version: u64, word: u64, ptr: u64, also: u64) {
        let Some(set) = self.set(version, key) else {
            return;
        };
        let is_other = |e: &Entry| e.version != 0 && (e.name, e.version) != (key, version);
        let mut displaced = 0;
        if is_other(&set[0]) {
            // The older of the two goes.
            displaced = u32::from(is_other(&set[1]));
            set.swap(0, 1);
        }
        let e = &mut set[0];
        (e.name, e.version, e.finds) = (key, version, 0);
        e.cache.fill_own(word, ptr, also);
        self.displaced += displaced;
    }
}

/// The version that the caches of an object's attributes hang on: a class's own, or that of the object's class.
#[inline(always)]
fn version_of(o: &Value) -> u64 {
    let t = o.ty();
    if t.has(flag::TYPE_SUBCLASS) {
        // SAFETY: an instance of a subclass of `type`.
        unsafe { &*((o.bits() & !7) as *const Type) }.version()
    } else {
        t.version()
    }
}

/// What tells the set.
#[inline(always)]
fn place(version: u64, key: u64) -> usize {
    // Names lie a cell apart or more; the product spreads what their addresses have in common.
    let mixed = (key >> 4 ^ key << 20 ^ version << 9).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 55) as usize
}

/// Whether this is what the caches of an object's attributes hang on in the site's cache: if not, it may be known here.
#[inline(always)]
pub fn is_for(o: &Value, site: &Cache) -> bool {
    let version = site.word.load(Ordering::Acquire) >> 16;
    // What a metaclass has hangs on that one's version; what a module has, on that of its dict.
    o.is_ptr()
        && (version == version_of(o)
            || version == o.ty().version()
            || o.class_word() == word::MODULE)
}

/// The cache for this object's class, if one is known. It lives as long as the thread; only this thread fills it.
#[inline]
pub fn find<'a>(
    cx: &mut Cx,
    o: &Value,
    name: &Value,
    access: Access,
    site: &Cache,
) -> Option<&'a Cache> {
    if !o.is_ptr() {
        return None;
    }
    let (version, key) = (version_of(o), name.bits() & !7 | access as u64);
    let set = cx.recall.set(version, key)?;
    let e = set
        .iter_mut()
        .find(|e| e.version == version && e.name == key)?;
    if version == 0 {
        return None;
    }
    e.finds += 1;
    if e.finds.is_multiple_of(MOVE_IN) {
        let (word, ptr) = e.cache.load();
        site.fill_also(word, ptr, e.cache.also.load(Ordering::Relaxed));
    }
    let cache: *const Cache = &raw const e.cache;
    // SAFETY: a table stays once made, outgrown or not, and goes with the thread.
    Some(unsafe { &*cache })
}

/// The site was just filled for this object's class, if its cache has that version.
#[inline(never)]
pub fn note(cx: &mut Cx, o: &Value, name: &Value, access: Access, site: &Cache) {
    if !o.is_ptr() {
        return;
    }
    let (word, ptr) = site.load();
    let version = version_of(o);
    if version == 0 || word >> 16 != version || word == Cache::EMPTY {
        return;
    }
    let recall = &mut cx.recall;
    if recall.entries.is_empty() {
        recall.begin(FIRST_SETS);
    } else if recall.displaced >= CROWDED && recall.outgrown.is_empty() {
        recall.grow();
    }
    let key = name.bits() & !7 | access as u64;
    recall.enter(key, version, word, ptr, site.also.load(Ordering::Acquire));
}
