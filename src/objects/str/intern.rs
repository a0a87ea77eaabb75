//! The table of interned strings: identifiers, attribute names, dict keys of code. Interned strings are immortal (as in
//! CPython's free-threaded build), so identity is equality for them, on every thread, without a count.

use super::Str;
use crate::{Cx, Res, Value, ValueExt};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;
use typhon_runtime::sync::Mutex;

const SHARDS: usize = 16;

#[derive(Default)]
struct Passthrough(u64);
impl Hasher for Passthrough {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {}
    fn write_i64(&mut self, i: i64) {
        self.0 = i as u64;
    }
}

type Shard = Mutex<HashMap<i64, Vec<Value>, BuildHasherDefault<Passthrough>>>;
static TABLE: LazyLock<[Shard; SHARDS]> =
    LazyLock::new(|| std::array::from_fn(|_| Mutex::new(HashMap::default())));

/// The interned twin of a string (exact `str` only; others are returned as they are).
pub fn intern(value: &Value) -> Value {
    let Some(s) = value.downcast_exact::<Str>() else {
        return value.clone();
    };
    if s.is_interned() {
        return value.clone();
    }
    let h = s.hash();
    let mut shard = TABLE[(h as usize >> 7) % SHARDS].lock();
    let bucket = shard.entry(h).or_default();
    for v in bucket.iter() {
        if v.downcast_exact::<Str>().is_some_and(|t| t.equals(s)) {
            return v.clone();
        }
    }
    if let Some(h) = value.header() {
        h.set_immortal();
    }
    bucket.push(value.clone());
    value.clone()
}

/// Intern a Rust string.
pub fn intern_str(cx: &mut Cx, text: &str) -> Res<Value> {
    let v = super::new_str(cx, text)?;
    Ok(intern(&v))
}

/// Enter an immortal static string (the one-character strings) in the table.
pub fn register_static(value: &Value) {
    if let Some(s) = value.downcast_exact::<Str>() {
        let h = s.hash();
        TABLE[(h as usize >> 7) % SHARDS]
            .lock()
            .entry(h)
            .or_default()
            .push(value.clone());
    }
}

/// Number of interned strings.
pub fn count() -> usize {
    TABLE
        .iter()
        .map(|s| s.lock().values().map(Vec::len).sum::<usize>())
        .sum()
}
