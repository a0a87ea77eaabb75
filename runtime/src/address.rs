//! Hash tables keyed by the addresses of cells.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher};

pub(crate) type AddressMap<K, V> = HashMap<K, V, BuildAddress>;
pub(crate) type AddressSet<K> = HashSet<K, BuildAddress>;

#[derive(Default, Clone, Copy)]
pub(crate) struct BuildAddress;

pub(crate) struct AddressHasher(u64);

impl BuildHasher for BuildAddress {
    type Hasher = AddressHasher;
    #[inline]
    fn build_hasher(&self) -> AddressHasher {
        AddressHasher(0)
    }
}

impl Hasher for AddressHasher {
    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {
        unreachable!("only addresses are hashed")
    }
    /// Cells are 16 bytes apart; the table wants entropy at both ends.
    #[inline]
    fn write_u64(&mut self, address: u64) {
        self.0 = (address >> 4)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(26);
    }
    #[inline]
    fn write_usize(&mut self, address: usize) {
        self.write_u64(address as u64);
    }
}
