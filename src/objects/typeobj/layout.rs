//! The shared attribute layout of a class's instances (R10).
//!
//! An instance keeps its attributes inline behind a *dict word*: `[header][native part][dict word][value 0][value 1]...`.
//! The layout maps names to value indices; it only grows (up to the capacity fixed at class creation from
//! `__static_attributes__`), so the slot of a name is the same for every instance for ever. An instance whose attributes
//! were set in layout order lists them in that order; setting one out of order, deleting one, or running out of capacity
//! *materializes* `__dict__`: the values move into a `Dict` named by the dict word and MOVED stays in every slot.

use crate::Value;
use crate::objects::Str;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Left in every inline slot once the values have moved to the dict: an immortal object that Python never sees, so that a
/// reader may treat it like any value until it compares the word.
pub const MOVED: u64 = typhon_runtime::region::static_value_bits(crate::statics::offset::MOVED);
/// Most inline values an instance may have.
pub const MAX_INLINE: usize = 30;

/// Names of the inline values of a class, in slot order. Names are immortal interned strings, compared by identity.
pub struct Layout {
    count: AtomicU32,
    names: [AtomicU64; MAX_INLINE],
}

impl Default for Layout {
    fn default() -> Self {
        Layout {
            count: AtomicU32::new(0),
            names: [const { AtomicU64::new(0) }; MAX_INLINE],
        }
    }
}

impl Layout {
    pub fn len(&self) -> usize {
        self.count.load(Ordering::Acquire) as usize
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The slot of an interned name.
    #[inline]
    pub fn find(&self, name: &Str) -> Option<usize> {
        let bits = &raw const *name as u64;
        (0..self.len()).find(|&i| self.names[i].load(Ordering::Relaxed) == bits)
    }
    /// Begin with the names of a base's layout.
    pub fn copy_from(&self, base: &Layout) {
        let n = base.len();
        for i in 0..n {
            self.names[i].store(base.names[i].load(Ordering::Relaxed), Ordering::Relaxed);
        }
        self.count.store(n as u32, Ordering::Release);
    }
    /// Hash and name of slot `i`.
    #[inline(always)]
    pub fn key(&self, i: usize) -> (i64, Value) {
        let bits = self.names[i].load(Ordering::Relaxed);
        // SAFETY: names are immortal interned strings.
        unsafe { ((*(bits as *const Str)).hash(), Value::from_bits(bits)) }
    }
    /// Find or add an interned name; None when `cap` is reached. Called under the type mutex.
    pub fn add_locked(&self, name: &Str, cap: usize) -> Option<usize> {
        if let Some(i) = self.find(name) {
            return Some(i);
        }
        let n = self.len();
        if n >= cap.min(MAX_INLINE) {
            return None;
        }
        self.names[n].store(&raw const *name as u64, Ordering::Relaxed);
        self.count.store(n as u32 + 1, Ordering::Release);
        Some(n)
    }
}
