//! The table of interned strings: identifiers, attribute names, dict keys of code. Interned strings are immortal (as in
//! CPython's free-threaded build), so identity is equality for them, on every thread, without a count.

use super::Str;
use crate::{Cx, Res, Value, ValueExt};
use std::collections::HashMap;
use std::mem::ManuallyDrop;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use typhon_runtime::sync::Mutex;

const SHARDS: usize = 16;

/// A part of the table: open addressing, never emptied, so that a place once found stays.
#[derive(Default)]
struct Shard {
    places: Vec<Place>,
    used: usize,
}

/// A string's word, of 48 bits, and above it as many of its hash as there is room for; 0 where there is none. The table's
/// references are never given back.
#[derive(Clone, Copy, Default)]
struct Place(u64);

impl Place {
    const WORD: u64 = (1 << 48) - 1;

    fn of(hash: i64, value: Value) -> Place {
        let bits = value.into_bits();
        assert!(bits <= Place::WORD, "an address of more than 48 bits");
        Place(bits | Place::tag(hash))
    }
    /// The bits of the hash that say neither shard nor place.
    fn tag(hash: i64) -> u64 {
        hash as u64 & !Place::WORD
    }
    #[inline(always)]
    fn value(&self) -> Option<ManuallyDrop<Value>> {
        let bits = self.0 & Place::WORD;
        // SAFETY: the word of an immortal string, or 0.
        (bits != 0).then(|| ManuallyDrop::new(unsafe { Value::from_bits(bits) }))
    }
    #[inline(always)]
    fn string(value: &Value) -> &Str {
        value.downcast_exact::<Str>().expect("a table of strings")
    }
}

impl Shard {
    /// The first place where a string of this hash may stand, and the mask that leads to the next.
    #[inline]
    fn first_place(&self, hash: i64) -> (usize, usize) {
        let mask = self.places.len() - 1;
        ((hash as usize >> 16) & mask, mask)
    }
    /// Put a string that is not there into the first empty place.
    #[inline]
    fn put(&mut self, hash: i64, place: Place) {
        let (mut at, mask) = self.first_place(hash);
        while self.places[at].0 != 0 {
            at = (at + 1) & mask;
        }
        self.places[at] = place;
    }
    #[inline]
    fn find(&self, hash: i64, is_it: impl Fn(&Str) -> bool) -> Option<Value> {
        if self.places.is_empty() {
            return None;
        }
        let (mut at, mask) = self.first_place(hash);
        loop {
            let place = self.places[at];
            // None: an empty place.
            let value = place.value()?;
            if place.0 & !Place::WORD == Place::tag(hash) {
                let s = Place::string(&value);
                if s.hash() == hash && is_it(s) {
                    return Some(Value::clone(&value));
                }
            }
            at = (at + 1) & mask;
        }
    }
    /// Enter a string that is not there.
    fn add(&mut self, hash: i64, value: Value) {
        if self.used * 4 >= self.places.len() * 3 {
            let more = vec![Place::default(); (self.places.len() * 2).max(64)];
            let old = std::mem::replace(&mut self.places, more);
            for place in old {
                if let Some(value) = place.value() {
                    self.put(Place::string(&value).hash(), place);
                }
            }
        }
        self.put(hash, Place::of(hash, value));
        self.used += 1;
    }
}

static TABLE: LazyLock<[Mutex<Shard>; SHARDS]> =
    LazyLock::new(|| std::array::from_fn(|_| Mutex::new(Shard::default())));

fn shard(hash: i64) -> &'static Mutex<Shard> {
    &TABLE[(hash as usize >> 7) % SHARDS]
}

/// Interned strings found of late, by their hash: what is looked for often is found without the table's locks, which several
/// threads would take in turn. The entries are immortal, so that any of them may be read at any time.
static RECENT: [RecentSet; RECENT_SETS] =
    [const { RecentSet([const { AtomicU64::new(0) }; RECENT_PLACES]) }; RECENT_SETS];
const RECENT_SETS: usize = 512;
/// Names that meet in a set shall not drive each other out, call by call and from under other threads.
const RECENT_PLACES: usize = 4;

#[repr(align(32))]
struct RecentSet([AtomicU64; RECENT_PLACES]);

fn recent_set(hash: i64) -> &'static [AtomicU64; RECENT_PLACES] {
    &RECENT[(hash as usize >> 16) % RECENT_SETS].0
}

#[inline]
fn recent(hash: i64, is_it: impl Fn(&Str) -> bool) -> Option<Value> {
    for place in recent_set(hash) {
        let bits = place.load(Ordering::Acquire);
        if bits == 0 {
            break;
        }
        // SAFETY: an interned string's word, published whole; immortal, so that no count goes with it.
        let found = unsafe { ManuallyDrop::new(Value::from_bits(bits)) };
        let same = found
            .downcast_exact::<Str>()
            .is_some_and(|t| t.hash() == hash && is_it(t));
        if same {
            return Some(Value::clone(&found));
        }
    }
    None
}

/// Counts nothing: the table's own reference makes the string immortal. Places are filled in order.
fn remember(hash: i64, found: &Value) {
    let set = recent_set(hash);
    let place = set
        .iter()
        .find(|place| place.load(Ordering::Relaxed) == 0)
        .unwrap_or(&set[(hash as usize >> 40) % RECENT_PLACES]);
    place.store(found.bits(), Ordering::Release);
}

/// The interned twin of a string (exact `str` only; others are returned as they are).
pub fn intern(value: &Value) -> Value {
    let Some(s) = value.downcast_exact::<Str>() else {
        return value.clone();
    };
    if s.is_interned() {
        return value.clone();
    }
    let h = s.hash();
    if let Some(found) = recent(h, |t| t.equals(s)) {
        return found;
    }
    let mut shard = shard(h).lock();
    if let Some(found) = shard.find(h, |t| t.equals(s)) {
        remember(h, &found);
        return found;
    }
    if let Some(h) = value.header() {
        h.set_immortal();
    }
    shard.add(h, value.clone());
    value.clone()
}

/// Intern a Rust string. What is interned already is found without making a string first.
pub fn intern_str(cx: &mut Cx, text: &str) -> Res<Value> {
    if text.len() > 1 && text.is_ascii() {
        let h = crate::objects::object::hash::hash_bytes(text.as_bytes());
        if let Some(found) = recent(h, |t| t.as_ascii() == Some(text)) {
            return Ok(found);
        }
        let found = shard(h).lock().find(h, |t| t.as_ascii() == Some(text));
        if let Some(found) = found {
            remember(h, &found);
            return Ok(found);
        }
    }
    let v = super::new_str(cx, text)?;
    Ok(intern(&v))
}

/// The interned string of a literal of the source.
struct Known {
    text: &'static str,
    value: Value,
}

/// Literals met so far, by their place in the executable, which nothing else ever takes: two places for each, filled once.
static KNOWN: [AtomicPtr<Known>; KNOWN_SIZE] =
    [const { AtomicPtr::new(std::ptr::null_mut()) }; KNOWN_SIZE];
const KNOWN_SIZE: usize = 4096;

/// The interned string of a literal: after the first time one load and one comparison.
#[inline]
pub fn intern_static(cx: &mut Cx, text: &'static str) -> Res<&'static Value> {
    let at = known_place(text);
    for i in [at, at ^ 1] {
        let p = KNOWN[i].load(Ordering::Acquire);
        // SAFETY: an entry is published whole and never freed.
        if let Some(k) = unsafe { p.as_ref() }
            && std::ptr::eq(k.text, text)
        {
            return Ok(&k.value);
        }
    }
    intern_static_slow(cx, text, at)
}

#[inline(always)]
fn known_place(text: &'static str) -> usize {
    let mixed = (text.as_ptr() as usize ^ text.len() << 20).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed >> (usize::BITS - KNOWN_SIZE.ilog2())
}

#[cold]
#[inline(never)]
fn intern_static_slow(cx: &mut Cx, text: &'static str, at: usize) -> Res<&'static Value> {
    let key = (text.as_ptr() as usize, text.len());
    if let Some(k) = SPILLED.lock().get(&key) {
        return Ok(&k.value);
    }
    let value = intern_str(cx, text)?;
    let fresh: &'static Known = Box::leak(Box::new(Known { text, value }));
    for i in [at, at ^ 1] {
        let empty = std::ptr::null_mut();
        let place = std::ptr::from_ref(fresh).cast_mut();
        if KNOWN[i]
            .compare_exchange(empty, place, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
        {
            return Ok(&fresh.value);
        }
    }
    // Both places are taken: this literal keeps being looked up, but is remembered only once.
    SPILLED.lock().insert(key, fresh);
    Ok(&fresh.value)
}

/// Literals that found no place in `KNOWN`.
static SPILLED: LazyLock<Mutex<HashMap<(usize, usize), &'static Known>>> =
    LazyLock::new(|| Mutex::new(HashMap::new()));

/// Enter an immortal static string (the one-character strings) in the table.
pub fn register_static(value: &Value) {
    if let Some(s) = value.downcast_exact::<Str>() {
        let h = s.hash();
        shard(h).lock().add(h, value.clone());
    }
}

/// Number of interned strings.
pub fn count() -> usize {
    TABLE.iter().map(|s| s.lock().used).sum()
}
