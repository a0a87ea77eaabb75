//! The direct subclasses of a class, and other lists of classes below it: weak, by their type words, in the order in which
//! they came.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use typhon_runtime::sync::Mutex;

/// Up to so many are looked for one by one.
const FEW: usize = 16;

/// Of a class without subclasses all bytes are 0: so a fresh type cell has it. A dying class removes itself.
pub struct Subclasses(Mutex<Option<Box<Known>>>);

/// Type words are multiples of a stride.
#[derive(Default)]
struct WordHasher(u64);

impl Hasher for WordHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {
        unreachable!("only type words are hashed")
    }
    fn write_u32(&mut self, word: u32) {
        self.0 = u64::from(word)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(26);
    }
}

#[derive(Default)]
struct Known {
    /// 0 where one has gone.
    order: Vec<u32>,
    gone: usize,
    /// Where each is in `order`, once they are many: classes that were made by the thousand die by the thousand.
    places: HashMap<u32, usize, BuildHasherDefault<WordHasher>>,
}

impl Subclasses {
    /// The class of this word, not 0, has become a subclass.
    pub fn add(&self, word: u32) {
        self.0.lock().get_or_insert_default().add(word);
    }

    /// It is one no more, if it was.
    pub fn remove(&self, word: u32) {
        if let Some(known) = self.0.lock().as_mut() {
            known.remove(word);
        }
    }

    pub fn words(&self) -> Vec<u32> {
        let known = self.0.lock();
        let order = known.iter().flat_map(|known| &known.order);
        order.copied().filter(|&word| word != 0).collect()
    }

    /// All of them, which are in it no more.
    pub fn take(&self) -> Vec<u32> {
        let Some(mut known) = self.0.lock().take() else {
            return Vec::new();
        };
        known.order.retain(|&word| word != 0);
        known.order
    }
}

impl Known {
    fn place(&self, word: u32) -> Option<usize> {
        if self.order.len() > FEW {
            self.places.get(&word).copied()
        } else {
            self.order.iter().position(|&w| w == word)
        }
    }

    fn add(&mut self, word: u32) {
        if self.place(word).is_some() {
            return;
        }
        self.order.push(word);
        if self.order.len() > FEW + 1 {
            self.places.insert(word, self.order.len() - 1);
        } else {
            self.note_places();
        }
    }

    fn remove(&mut self, word: u32) {
        let Some(place) = self.place(word) else {
            return;
        };
        self.order[place] = 0;
        self.places.remove(&word);
        self.gone += 1;
        if self.gone * 2 > self.order.len() {
            self.order.retain(|&w| w != 0);
            self.gone = 0;
            self.note_places();
        }
    }

    /// Of all, since the order has become another, or long.
    fn note_places(&mut self) {
        self.places.clear();
        if self.order.len() > FEW {
            let there = self.order.iter().enumerate().filter(|&(_, &w)| w != 0);
            self.places = there.map(|(place, &w)| (w, place)).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_keep_their_order_and_go_one_by_one() {
        let all = Subclasses(Mutex::new(None));
        all.remove(3);
        let mut wanted: Vec<u32> = Vec::new();
        for n in 1..=100 {
            all.add(n * 7 % 101);
            wanted.push(n * 7 % 101);
            assert_eq!(all.words(), wanted);
        }
        all.add(7);
        assert_eq!(all.words(), wanted);
        for n in 1..=100 {
            let word = n * 31 % 101;
            all.remove(word);
            all.remove(word);
            wanted.retain(|&w| w != word);
            assert_eq!(all.words(), wanted);
        }
        all.add(5);
        assert_eq!(all.words(), [5]);
        all.add(6);
        all.remove(5);
        assert_eq!(all.take(), [6]);
        assert_eq!(all.words(), []);
    }
}
