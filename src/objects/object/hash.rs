//! Hashes of bytes and text: SipHash-1-3 under the process' key, which `PYTHONHASHSEED` fixes or a random source gives.
//! Also the hash of an identity.

use crate::Value;
use std::sync::OnceLock;
use typhon_text::hash::HashKey;

static KEY: OnceLock<HashKey> = OnceLock::new();

/// The process' key. The first string hashed decides it, so `init` comes before any.
#[inline]
pub fn key() -> HashKey {
    *KEY.get_or_init(from_environment)
}

/// Fix the key before the first hash (`-R`, `-E`, `PYTHONHASHSEED`); `seed` None takes random bytes. False when it was too late.
pub fn init(seed: Option<u32>) -> bool {
    let key = match seed {
        Some(seed) => HashKey::from_seed(seed),
        None => random(),
    };
    KEY.set(key).is_ok()
}

#[cold]
fn from_environment() -> HashKey {
    match std::env::var("PYTHONHASHSEED")
        .ok()
        .and_then(|s| s.parse().ok())
    {
        Some(seed) => HashKey::from_seed(seed),
        None => random(),
    }
}

fn random() -> HashKey {
    use std::hash::{BuildHasher, Hasher};
    // The standard library seeds its hasher from the system's random source, once per thread, then counts up.
    let word = || {
        std::collections::hash_map::RandomState::new()
            .build_hasher()
            .finish()
            .to_le_bytes()
    };
    let mut secret = [0u8; 16];
    secret[..8].copy_from_slice(&word());
    secret[8..].copy_from_slice(&word());
    HashKey::from_bytes(secret)
}

/// `hash` of a bytes object, or of a string's units.
#[inline]
pub fn hash_bytes(data: &[u8]) -> i64 {
    key().hash_bytes(data)
}

/// The hash of an identity.
#[inline]
pub fn hash_pointer(v: &Value) -> i64 {
    hash_address(v.bits() & !7)
}

/// The hash of an address: its low zero bits are rotated away, and those of classes, which lie 1024 bytes apart, filled: a small
/// table of classes had all of them at one place.
#[inline]
pub fn hash_address(address: u64) -> i64 {
    match (address.rotate_right(4) ^ address >> 10) as i64 {
        -1 => -2,
        h => h,
    }
}
