//! What a pickler remembers: the objects written so far by identity, in the order they came, each with its number.

use typhon_vm::native::*;

/// An open-addressed index over the entries. It holds a reference to each object, so that no identity comes twice.
#[derive(Default)]
pub struct Memo {
    entries: Vec<(Value, u64)>,
    /// Place in `entries` plus one; 0: free. The length is a power of two.
    index: Vec<u32>,
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

    /// The number of an object.
    #[inline]
    pub fn get(&self, v: &Value) -> Option<u64> {
        if self.index.is_empty() {
            return None;
        }
        let id = identity(v);
        let mut at = self.place(id);
        loop {
            match self.index[at] {
                0 => return None,
                n => {
                    let (known, number) = &self.entries[n as usize - 1];
                    if identity(known) == id {
                        return Some(*number);
                    }
                }
            }
            at = (at + 1) & (self.index.len() - 1);
        }
    }

    /// Remember an object; false if it is there already.
    #[inline]
    pub fn insert(&mut self, v: &Value, tid: u16, number: u64) -> bool {
        if (self.entries.len() + 1) * 3 > self.index.len() * 2 {
            self.grow();
        }
        let id = identity(v);
        let mut at = self.place(id);
        loop {
            match self.index[at] {
                0 => break,
                n if identity(&self.entries[n as usize - 1].0) == id => return false,
                _ => at = (at + 1) & (self.index.len() - 1),
            }
        }
        self.entries.push((v.clone_in(tid), number));
        self.index[at] = self.entries.len() as u32;
        true
    }

    #[cold]
    fn grow(&mut self) {
        let size = (self.index.len() * 2).max(16);
        self.index = vec![0; size];
        for n in 0..self.entries.len() {
            let mut at = self.place(identity(&self.entries[n].0));
            while self.index[at] != 0 {
                at = (at + 1) & (size - 1);
            }
            self.index[at] = n as u32 + 1;
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
