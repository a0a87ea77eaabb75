//! What a pickler remembers: the objects written so far by identity, in the order they came, each with its number.

use typhon_vm::native::*;

/// An open-addressed index by identity. A reference is held to each object, so that no identity comes twice.
#[derive(Default)]
pub struct Memo {
    held: Vec<Value>,
    /// The length is a power of two.
    index: Vec<Known>,
    /// The last object asked for in vain and its place: it is the one that is remembered next.
    missed: Missed,
}

/// A place of the index: an identity and its number.
#[derive(Clone, Copy, Default)]
struct Known {
    /// 0: free.
    id: u64,
    number: u64,
}

#[derive(Clone, Copy, Default)]
struct Missed {
    /// 0: nobody.
    id: u64,
    at: usize,
}

/// The word that stands for an object's identity.
#[inline(always)]
fn identity(v: &Value) -> u64 {
    v.bits() & !4
}

/// The least size of an index.
const LEAST: usize = 64;

impl Memo {
    /// How many objects there are.
    pub fn count(&self) -> usize {
        self.held.len()
    }

    /// The objects in the order they came, with their numbers.
    pub fn entries(&self) -> impl Iterator<Item = (&Value, u64)> {
        self.held.iter().map(|v| {
            let at = self.find(identity(v));
            (v, self.index[at].number)
        })
    }

    /// Where an identity stands, or would. The index has a free place.
    #[inline(always)]
    fn find(&self, id: u64) -> usize {
        let index = &self.index[..];
        let mask = index.len() - 1;
        // Cells lie 16 bytes apart: the low bits say nothing.
        let mut at = ((id >> 4).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize & mask;
        while index[at].id != 0 && index[at].id != id {
            at = (at + 1) & mask;
        }
        at
    }

    /// The number of an object.
    #[inline(always)]
    pub fn get(&mut self, v: &Value) -> Option<u64> {
        if self.index.is_empty() {
            return None;
        }
        let id = identity(v);
        let at = self.find(id);
        let known = self.index[at];
        if known.id != 0 {
            return Some(known.number);
        }
        self.missed = Missed { id, at };
        None
    }

    /// Remember an object; false if it is there already.
    #[inline]
    pub fn insert(&mut self, v: &Value, tid: u16, number: u64) -> bool {
        // At most two thirds are taken.
        if self.held.len() * 3 >= self.index.len() * 2 {
            self.grow();
        }
        let id = identity(v);
        let missed = std::mem::take(&mut self.missed);
        let at = match missed.id == id {
            true => missed.at,
            false => self.find(id),
        };
        let place = &mut self.index[at];
        if place.id != 0 {
            return false;
        }
        *place = Known { id, number };
        self.held.push(v.clone_in(tid));
        true
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        self.missed = Missed::default();
        let size = (self.index.len() * 4).max(LEAST);
        let old = std::mem::replace(&mut self.index, vec![Known::default(); size]);
        for known in old.into_iter().filter(|known| known.id != 0) {
            let at = self.find(known.id);
            self.index[at] = known;
        }
        self.held.reserve(size * 2 / 3 + 1 - self.held.len());
    }
}

impl Traverse for Memo {
    fn traverse(&self, visitor: &mut Visitor) {
        self.held.traverse(visitor);
    }
}
