//! The lock-free lookup in a table (R9) against insertion, deletion beside the key, the key's move to the tail, and
//! replacement of the table with reuse of the displaced value's cell.
//!
//! Interleavings: `lookup_against_insertion` 35, `lookup_against_move` 59, `lookup_against_replacement` 2 483 + 1
//! 527, `lookup_beside_a_change` 514, `two_lookups_against_move` 1 620.

use loom::sync::Arc;
use loom_tests::protocol::probe::{self, Found, IndexWord, Match};
use loom_tests::protocol::refword::{DEFAULT, Dec, READABLE, RefWord};
use loom_tests::protocol::slot_read::{Read, count_and_look_again};
use loom_tests::sync::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use loom_tests::thread;
use loom_tests::{Bug, check, check_bounded, must_catch};

const KEY: u64 = 16;
const OTHER: u64 = 32;
const VALUE: u64 = 48;
const HASH: i64 = 1;

#[derive(Default)]
struct Entry {
    hash: AtomicU64,
    key: AtomicU64,
    value: AtomicU64,
}

struct Table {
    index: Vec<AtomicU8>,
    entries: [Entry; 3],
}

impl Table {
    fn new() -> Table {
        Table {
            index: (0..4).map(|_| AtomicU8::new(u8::MAX)).collect(),
            entries: Default::default(),
        }
    }

    /// As `src/objects/dict/table.rs` does it, with the hash of all keys the same.
    fn insert(&self, n: u32, key: u64, value: u64) {
        let e = &self.entries[n as usize];
        probe::insert(&self.index, HASH, n, &e.key, key, || {
            e.hash.store(HASH as u64, Ordering::Relaxed);
            e.value.store(value, Ordering::Release);
        });
    }
    fn delete(&self, n: u32) {
        probe::rename(&self.index, HASH, n, probe::DUMMY);
        self.entries[n as usize].value.store(0, Ordering::Release);
        self.entries[n as usize].key.store(0, Ordering::Release);
    }
    fn move_to(&self, n: u32, to: u32) {
        let (old, new) = (&self.entries[n as usize], &self.entries[to as usize]);
        new.hash.store(HASH as u64, Ordering::Relaxed);
        new.value
            .store(old.value.load(Ordering::Relaxed), Ordering::Release);
        new.key
            .store(old.key.load(Ordering::Relaxed), Ordering::Release);
        probe::rename(&self.index, HASH, n, to);
        old.value.store(0, Ordering::Release);
        old.key.store(0, Ordering::Release);
    }

    fn find(&self, wanted: u64) -> Found {
        probe::find(
            self.index.len() - 1,
            HASH,
            |i| self.index[i].get(),
            |n| &self.entries[n as usize].key,
            |n, key| {
                // A key that is seen stands in a whole entry.
                let e = &self.entries[n as usize];
                assert_eq!(e.hash.load(Ordering::Relaxed), HASH as u64, "a wrong hash");
                if key == wanted { Match::Yes } else { Match::No }
            },
        )
    }
}

/// Two threads: a key comes while it is looked for.
fn insertion() {
    let table = Arc::new(Table::new());
    let writer = {
        let table = table.clone();
        thread::spawn(move || table.insert(0, KEY, VALUE))
    };
    match table.find(KEY) {
        Found::At(0) => assert_eq!(
            table.entries[0].value.load(Ordering::Acquire),
            VALUE,
            "a key without its value"
        ),
        Found::Absent => {}
        other => panic!("{other:?}"),
    }
    writer.join().unwrap();
    assert_eq!(table.find(KEY), Found::At(0));
}

/// A key that stays is found, while one that stands before it goes and another takes its place.
fn change_beside() {
    let table = Arc::new(Table::new());
    table.insert(0, OTHER, VALUE);
    table.insert(1, KEY, VALUE);
    let writer = {
        let table = table.clone();
        thread::spawn(move || {
            table.delete(0);
            table.insert(2, OTHER, VALUE);
        })
    };
    assert_eq!(table.find(KEY), Found::At(1), "a key that stays was missed");
    writer.join().unwrap();
}

/// `OrderedDict.move_to_end`: the key is found in the old place or in the new.
fn move_to_tail(readers: usize) {
    let table = Arc::new(Table::new());
    table.insert(0, KEY, VALUE);
    let others: Vec<_> = (0..readers)
        .map(|_| {
            let table = table.clone();
            thread::spawn(move || {
                let found = table.find(KEY);
                assert!(
                    matches!(found, Found::At(0 | 1)),
                    "a key that stays was missed"
                );
            })
        })
        .collect();
    table.move_to(0, 1);
    for other in others {
        other.join().unwrap();
    }
}

struct Dict {
    tables: [Table; 2],
    current: AtomicUsize,
    /// The count of the value, whose cell is used again.
    word: RefWord,
    generation: AtomicU64,
}

/// The table is replaced, then the value: the retired table still shows the old value.
fn replacement(word: u32) {
    let dict = Arc::new(Dict {
        tables: [Table::new(), Table::new()],
        current: AtomicUsize::new(0),
        word: RefWord::new(word),
        generation: AtomicU64::new(0),
    });
    dict.tables[0].insert(0, KEY, VALUE);
    let writer = {
        let dict = dict.clone();
        thread::spawn(move || {
            dict.tables[1].insert(0, KEY, VALUE);
            dict.current.store(1, Ordering::Release);
            dict.tables[1].entries[0].value.store(0, Ordering::Release);
            if dict.word.merge(0, || {}) == Dec::Dead {
                dict.generation.store(1, Ordering::Relaxed);
                dict.word.reset();
                let _ = dict.word.inc();
            }
        })
    };
    let at = dict.current.load(Ordering::Acquire);
    let table = &dict.tables[at];
    let Found::At(n) = table.find(KEY) else {
        panic!("a key that stays was missed")
    };
    let slot = &table.entries[n as usize].value;
    let bits = slot.load(Ordering::Acquire);
    if bits != 0 {
        let same = || dict.current.load(Ordering::Acquire) == at;
        let read = count_and_look_again(&dict.word, slot, bits, same);
        assert!(
            read != Read::Counted || dict.generation.load(Ordering::Relaxed) == 0,
            "a foreign object was returned"
        );
    }
    writer.join().unwrap();
}

#[test]
fn lookup_against_insertion() {
    check(insertion);
}

#[test]
fn lookup_beside_a_change() {
    check(change_beside);
}

#[test]
fn lookup_against_move() {
    check(|| move_to_tail(1));
}

#[test]
fn two_lookups_against_move() {
    check_bounded(3, || move_to_tail(2));
}

#[test]
fn lookup_against_replacement() {
    check(|| replacement(READABLE));
    check(|| replacement(DEFAULT));
}

#[test]
fn key_before_its_entry_is_caught() {
    must_catch(Bug::KeyBeforeEntry, insertion);
}

#[test]
fn missing_second_look_at_the_index_is_caught() {
    must_catch(Bug::ProbeNoSecondLook, || move_to_tail(1));
}

#[test]
fn missing_path_check_is_caught() {
    must_catch(Bug::ReadNoRecheck, || replacement(READABLE));
}
