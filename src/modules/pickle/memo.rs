//! What a pickler remembers: the objects written so far by identity, in the order they came, each with its number.

use typhon_vm::native::*;

/// An open-addressed index over the entries. It holds a reference to each object, so that no identity comes twice.
#[derive(Default)]
pub struct Memo {
    entries: Vec<(Value, u64)>,
    /// The length is a power of two.
    index: Vec<Known>,
}

/// A place of the index: an identity, and which entry has it.
#[derive(Clone, Copy, Default)]
struct Known {
    /// 0: free.
    id: u64,
    entry: usize,
}

/// The word that stands for an object's identity.
fn identity(v: &Value) -> u64 {
    v.bits() & !4
}

impl Memo {
    /// How many objects there are.
    pub fn count(&self) -> usize {
        self.entries.len()
    }

    pub fn entries(&self) -> &[(Value, u64)] {
        &self.entries
    }

    fn place(&self, id: u64) -> usize {
        // Cells lie 16 bytes apart: the low bits say nothing.
        let spread = (id >> 4).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (spread >> 32) as usize & (self.index.len() - 1)
    }

    /// Where an identity stands, or would. The index has a free place.
    #[inline(always)]
    fn find(&self, id: u64) -> usize {
        let mut at = self.place(id);
        while self.index[at].id != 0 && self.index[at].id != id {
            at = (at + 1) & (self.index.len() - 1);
        }
        at
    }

    /// The number of an object.
    #[inline]
    pub fn get(&self, v: &Value) -> Option<u64> {
        if self.index.is_empty() {
            return None;
        }
        let known = self.index[self.find(identity(v))];
        (known.id != 0).then(|| self.entries[known.entry].1)
    }

    /// Remember an object; false if it is there already.
    #[inline]
    pub fn insert(&mut self, v: &Value, tid: u16, number: u64) -> bool {
        if (self.entries.len() + 1) * 2 > self.index.len() {
            self.grow();
        }
        let id = identity(v);
        let at = self.find(id);
        if self.index[at].id != 0 {
            return false;
        }
        let entry = self.entries.len();
        self.entries.push((v.clone_in(tid), number));
        self.index[at] = Known { id, entry };
        true
    }

    #[cold]
    fn grow(&mut self) {
        let size = (self.index.len() * 4).max(32);
        let old = std::mem::replace(&mut self.index, vec![Known::default(); size]);
        for known in old.into_iter().filter(|known| known.id != 0) {
            let at = self.find(known.id);
            self.index[at] = known;
        }
    }
}

impl Traverse for Memo {
    fn traverse(&self, visitor: &mut Visitor) {
        for (v, _) in &self.entries {
            v.traverse(visitor);
        }
    }
}
