//! Hash values of numbers and strings, bit for bit CPython's on 64-bit machines.
//!
//! Numbers hash modulo the Mersenne prime 2**61 - 1 so that equal numbers of different types agree;
//! strings and bytes hash with SipHash-1-3 of their canonical storage under a per-process key.

use crate::code_points::Text;
use dashu_int::{IBig, Sign};
use siphasher::sip::SipHasher13;
use std::hash::Hasher;

const BITS: u32 = 61;
const MODULUS: u64 = (1 << BITS) - 1;
/// Hash of positive infinity.
pub const HASH_INF: i64 = 314_159;
/// What the imaginary part's hash is multiplied by.
pub const HASH_IMAG: u64 = 1_000_003;

/// -1 signals an error in CPython's C interface, so no hash is -1.
#[inline]
const fn finish(h: i64) -> i64 {
    if h == -1 { -2 } else { h }
}

#[inline]
fn signed(negative: bool, h: u64) -> i64 {
    finish(if negative { -(h as i64) } else { h as i64 })
}

/// `hash` of an int that fits 64 bits.
#[inline]
pub fn hash_i64(n: i64) -> i64 {
    signed(n < 0, n.unsigned_abs() % MODULUS)
}

/// `hash` of any int.
pub fn hash_int(n: &IBig) -> i64 {
    let (sign, words) = n.as_sign_words();
    if let [w] = words {
        return signed(sign == Sign::Negative, w % MODULUS);
    }
    let mut h: u64 = 0;
    for &w in words.iter().rev() {
        // h * 2**64 + w, where 2**64 is congruent to 8.
        let wide = u128::from(h) * 8 + u128::from(w % MODULUS);
        h = (wide % u128::from(MODULUS)) as u64;
    }
    signed(sign == Sign::Negative, h)
}

/// `hash` of a float; `None` for NaN, whose hash is that of its identity.
pub fn hash_f64(x: f64) -> Option<i64> {
    if x.is_nan() {
        return None;
    }
    if x.is_infinite() {
        return Some(if x > 0.0 { HASH_INF } else { -HASH_INF });
    }
    if x == 0.0 {
        return Some(0);
    }
    let bits = x.abs().to_bits();
    let (mantissa, exponent) = match bits >> 52 {
        0 => (bits, -1074i64),
        e => (bits & ((1 << 52) - 1) | 1 << 52, e as i64 - 1075),
    };
    // mantissa * 2**exponent: a power of two only rotates the 61 bits.
    let r = exponent.rem_euclid(i64::from(BITS)) as u32;
    let m = mantissa % MODULUS;
    let h = ((m << r) & MODULUS) | (m >> (BITS - r));
    let h = if h == MODULUS { 0 } else { h };
    Some(signed(x < 0.0, h))
}

/// `hash` of a complex from the hashes of its parts.
pub fn hash_complex(real: i64, imag: i64) -> i64 {
    finish((real as u64).wrapping_add(HASH_IMAG.wrapping_mul(imag as u64)) as i64)
}

/// The secret of a process' string hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashKey {
    k0: u64,
    k1: u64,
}

impl HashKey {
    /// From 16 random bytes.
    pub fn from_bytes(secret: [u8; 16]) -> HashKey {
        let (a, b) = secret.split_at(8);
        HashKey {
            k0: u64::from_le_bytes(a.try_into().expect("eight bytes")),
            k1: u64::from_le_bytes(b.try_into().expect("eight bytes")),
        }
    }

    /// From `PYTHONHASHSEED`; 0 turns randomization off.
    pub fn from_seed(seed: u32) -> HashKey {
        if seed == 0 {
            return HashKey { k0: 0, k1: 0 };
        }
        let mut x = seed;
        HashKey::from_bytes(std::array::from_fn(|_| {
            x = x.wrapping_mul(214_013).wrapping_add(2_531_011);
            (x >> 16) as u8
        }))
    }

    /// `hash` of a bytes object.
    pub fn hash_bytes(self, data: &[u8]) -> i64 {
        if data.is_empty() {
            return 0;
        }
        finish(self.sip13(data) as i64)
    }

    /// SipHash-1-3 of what lies in one piece. The crate's hasher takes pieces of any length, and keeps what does not fill a word for the
    /// next: most strings are names of a word or two, for which that was most of the work.
    fn sip13(self, data: &[u8]) -> u64 {
        let mut state = [
            self.k0 ^ 0x736f_6d65_7073_6575,
            self.k1 ^ 0x646f_7261_6e64_6f6d,
            self.k0 ^ 0x6c79_6765_6e65_7261,
            self.k1 ^ 0x7465_6462_7974_6573,
        ];
        let mut words = data.chunks_exact(8);
        for word in &mut words {
            let word = u64::from_le_bytes(word.try_into().expect("eight bytes"));
            state[3] ^= word;
            sip_round(&mut state);
            state[0] ^= word;
        }
        let last = (data.len() as u64) << 56 | bytes_left(data, words.remainder());
        state[3] ^= last;
        sip_round(&mut state);
        state[0] ^= last;
        state[2] ^= 0xff;
        for _ in 0..3 {
            sip_round(&mut state);
        }
        state[0] ^ state[1] ^ state[2] ^ state[3]
    }

    /// `hash` of a str; `text` must be in its narrowest width.
    pub fn hash_text(self, text: Text<'_>) -> i64 {
        fn feed<T: Copy, const N: usize>(
            h: &mut SipHasher13,
            s: &[T],
            bytes: impl Fn(T) -> [u8; N],
        ) {
            let mut block = [0u8; 256];
            for chunk in s.chunks(256 / N) {
                for (out, &unit) in block.chunks_exact_mut(N).zip(chunk) {
                    out.copy_from_slice(&bytes(unit));
                }
                h.write(&block[..chunk.len() * N]);
            }
        }
        let mut h = SipHasher13::new_with_keys(self.k0, self.k1);
        match text {
            Text::Latin1(s) => return self.hash_bytes(s),
            Text::Ucs2(s) => feed(&mut h, s, u16::to_le_bytes),
            Text::Ucs4(s) => feed(&mut h, s, u32::to_le_bytes),
        }
        finish(h.finish() as i64)
    }
}

#[inline(always)]
fn sip_round(v: &mut [u64; 4]) {
    v[0] = v[0].wrapping_add(v[1]);
    v[2] = v[2].wrapping_add(v[3]);
    v[1] = v[1].rotate_left(13) ^ v[0];
    v[3] = v[3].rotate_left(16) ^ v[2];
    v[0] = v[0].rotate_left(32);
    v[2] = v[2].wrapping_add(v[1]);
    v[0] = v[0].wrapping_add(v[3]);
    v[1] = v[1].rotate_left(17) ^ v[2];
    v[3] = v[3].rotate_left(21) ^ v[0];
    v[2] = v[2].rotate_left(32);
}

/// The word of the last bytes of `data`, fewer than eight, `left`.
#[inline(always)]
fn bytes_left(data: &[u8], left: &[u8]) -> u64 {
    let n = left.len();
    if n == 0 {
        return 0;
    }
    if let Some(whole) = data.last_chunk::<8>() {
        // Those before them are shifted out.
        return u64::from_le_bytes(*whole) >> (64 - 8 * n);
    }
    match (left.first_chunk::<4>(), left.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            let last = u64::from(u32::from_le_bytes(*last)) << (8 * (n - 4));
            u64::from(u32::from_le_bytes(*first)) | last
        }
        // One to three: first, middle and last, which may be the same.
        _ => {
            let at = |i: usize| u64::from(left[i]) << (8 * i);
            at(0) | at(n / 2) | at(n - 1)
        }
    }
}

/// `hash` of a tuple from its items' hashes (xxHash-style rounds).
pub fn hash_tuple(items: impl IntoIterator<Item = i64>) -> i64 {
    const P1: u64 = 11_400_714_785_074_694_791;
    const P2: u64 = 14_029_467_366_897_019_727;
    const P5: u64 = 2_870_177_450_012_600_261;
    let mut acc = P5;
    let mut n: u64 = 0;
    for h in items {
        acc = acc
            .wrapping_add((h as u64).wrapping_mul(P2))
            .rotate_left(31)
            .wrapping_mul(P1);
        n += 1;
    }
    acc = acc.wrapping_add(n ^ (P5 ^ 3_527_539));
    if acc == u64::MAX {
        1_546_275_796
    } else {
        acc as i64
    }
}

/// `hash` of a frozenset from its items' hashes, in any order.
pub fn hash_frozenset(items: impl IntoIterator<Item = i64>) -> i64 {
    fn shuffle(h: u64) -> u64 {
        ((h ^ 89_869_747) ^ (h << 16)).wrapping_mul(3_644_798_167)
    }
    let mut h: u64 = 0;
    let mut n: u64 = 0;
    for item in items {
        h ^= shuffle(item as u64);
        n += 1;
    }
    h ^= (n + 1).wrapping_mul(1_927_868_237);
    h ^= (h >> 11) ^ (h >> 25);
    h = h.wrapping_mul(69_069).wrapping_add(907_133_923);
    if h == u64::MAX { 590_923_713 } else { h as i64 }
}
