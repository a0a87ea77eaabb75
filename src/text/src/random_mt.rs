//! The Mersenne twister MT19937 (Matsumoto and Nishimura 1998) as `_random.Random` seeds and reads it.

use crate::error::{Error, Result};
use dashu_int::{IBig, UBig};

const N: usize = 624;
const M: usize = 397;

/// The generator.
#[derive(Clone, Debug)]
pub struct Mt19937 {
    state: [u32; N],
    index: usize,
}

impl Mt19937 {
    fn from_u32(seed: u32) -> Mt19937 {
        let mut state = [0; N];
        state[0] = seed;
        for i in 1..N {
            let last: u32 = state[i - 1];
            state[i] = 1_812_433_253u32
                .wrapping_mul(last ^ last >> 30)
                .wrapping_add(i as u32);
        }
        Mt19937 { state, index: N }
    }

    /// Seeded by 32-bit words (at least one).
    pub fn from_key(key: &[u32]) -> Mt19937 {
        let mut mt = Mt19937::from_u32(19_650_218);
        let s = &mut mt.state;
        let mixed = |s: &[u32; N], i: usize, factor: u32| {
            s[i] ^ (s[i - 1] ^ s[i - 1] >> 30).wrapping_mul(factor)
        };
        let mut i = 1;
        let wrap = |s: &mut [u32; N], i: &mut usize| {
            *i += 1;
            if *i >= N {
                s[0] = s[N - 1];
                *i = 1;
            }
        };
        for j in 0..N.max(key.len()) {
            let j = j % key.len();
            s[i] = mixed(s, i, 1_664_525)
                .wrapping_add(key[j])
                .wrapping_add(j as u32);
            wrap(s, &mut i);
        }
        for _ in 1..N {
            s[i] = mixed(s, i, 1_566_083_941).wrapping_sub(i as u32);
            wrap(s, &mut i);
        }
        s[0] = 0x8000_0000;
        mt
    }

    /// Seeded by the magnitude of an int, as `seed(n)` does.
    pub fn from_int(n: &IBig) -> Mt19937 {
        let mut key: Vec<u32> = n
            .as_sign_words()
            .1
            .iter()
            .flat_map(|&w| [w as u32, (w >> 32) as u32])
            .collect();
        while key.len() > 1 && key.last() == Some(&0) {
            key.pop();
        }
        if key.is_empty() {
            key.push(0);
        }
        Mt19937::from_key(&key)
    }

    fn refill(&mut self) {
        let s = &mut self.state;
        for i in 0..N {
            let y = s[i] & 0x8000_0000 | s[(i + 1) % N] & 0x7fff_ffff;
            let odd = if y & 1 == 1 { 0x9908_b0df } else { 0 };
            s[i] = s[(i + M) % N] ^ y >> 1 ^ odd;
        }
        self.index = 0;
    }

    /// The next 32 bits.
    pub fn next_u32(&mut self) -> u32 {
        if self.index >= N {
            self.refill();
        }
        let mut y = self.state[self.index];
        self.index += 1;
        y ^= y >> 11;
        y ^= y << 7 & 0x9d2c_5680;
        y ^= y << 15 & 0xefc6_0000;
        y ^ y >> 18
    }

    /// `random()`: 53 bits in [0, 1).
    pub fn random(&mut self) -> f64 {
        let a = self.next_u32() >> 5;
        let b = self.next_u32() >> 6;
        (f64::from(a) * 67_108_864.0 + f64::from(b)) / 9_007_199_254_740_992.0
    }

    /// `getrandbits(k)` for k up to 64.
    pub fn bits_u64(&mut self, k: u32) -> u64 {
        match k {
            0 => 0,
            1..=32 => u64::from(self.next_u32() >> (32 - k)),
            _ => {
                let low = u64::from(self.next_u32());
                low | u64::from(self.next_u32() >> (64 - k)) << 32
            }
        }
    }

    /// `getrandbits(k)`
    pub fn bits(&mut self, k: usize) -> UBig {
        if k <= 64 {
            return UBig::from(self.bits_u64(k as u32));
        }
        let mut bytes = Vec::with_capacity(k.div_ceil(32) * 4);
        let mut left = k;
        while left > 0 {
            let mut r = self.next_u32();
            if left < 32 {
                r >>= 32 - left;
            }
            bytes.extend_from_slice(&r.to_le_bytes());
            left = left.saturating_sub(32);
        }
        UBig::from_le_bytes(&bytes)
    }

    /// `getstate()`: the 624 words and the index.
    pub fn state(&self) -> (&[u32; 624], usize) {
        (&self.state, self.index)
    }

    /// `setstate()`
    pub fn from_state(state: [u32; 624], index: usize) -> Result<Mt19937> {
        if index > N {
            return Err(Error::value("invalid state"));
        }
        Ok(Mt19937 { state, index })
    }
}
