//! The tables of dicts and sets against a model: random insertions, deletions and rebuilds with colliding hashes.

use super::table::{Found, Match, OldTable, Table, grown_log2, log2_for};
use crate::Value;
use crate::objects::set::table as set_table;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

/// A small generator of test choices (xorshift).
struct Choices(u64);
impl Choices {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

/// Many keys share a hash.
fn hash(key: i32) -> i64 {
    (key % 37) as i64
}

fn find(t: &Table, key: i32) -> Found {
    let bits = Value::small_int(key).bits();
    t.find(
        hash(key),
        |_, k| if k == bits { Match::Yes } else { Match::No },
    )
}

#[test]
fn dict_table_follows_the_model() {
    let mut c = Choices(0x9E37_79B9_7F4A_7C15);
    let mut table = Table::alloc(log2_for(1).unwrap()).unwrap();
    let mut order: Vec<i32> = Vec::new();
    let mut model: BTreeMap<i32, i32> = BTreeMap::new();
    for step in 0..20_000 {
        // SAFETY: the test owns the table.
        let t = unsafe { &*table };
        let key = c.below(200) as i32;
        match find(t, key) {
            Found::At(n) => {
                assert!(model.contains_key(&key));
                if c.below(2) == 0 {
                    let (k, v) = t.delete(n);
                    assert_eq!(k.as_small_int(), Some(key as i64));
                    assert_eq!(v.as_small_int(), model.remove(&key).map(i64::from));
                    order.retain(|&k| k != key);
                } else {
                    drop(t.entry(n).value.swap(Some(Value::small_int(step))));
                    model.insert(key, step);
                }
            }
            Found::Absent => {
                assert!(!model.contains_key(&key));
                if t.is_full() {
                    let new = t
                        .rebuilt(grown_log2(model.len()).unwrap(), true, 0)
                        .unwrap();
                    // SAFETY: nobody else knows the old one; ints need no counts.
                    unsafe { super::table::free_dead(std::mem::replace(&mut table, new)) };
                }
                // SAFETY: as above.
                unsafe {
                    (*table).insert(
                        hash(key),
                        Value::small_int(key),
                        Value::small_int(step),
                        false,
                    )
                };
                order.push(key);
                model.insert(key, step);
            }
            Found::Stopped(_) => unreachable!(),
        }
        // SAFETY: as above.
        let t = unsafe { &*table };
        let live: Vec<i64> = (t.first()..t.tail())
            .filter_map(|n| t.entry(n).key.get_locked())
            .filter_map(|k| k.as_small_int())
            .collect();
        assert_eq!(live, order.iter().map(|&k| k as i64).collect::<Vec<_>>());
    }
    // SAFETY: the test's end.
    unsafe { super::table::free_dead(table) };
    assert!(OldTable::none().is_none());
}

#[test]
fn set_table_follows_the_model() {
    use set_table::{Found, Match, Table};
    let mut c = Choices(42);
    let mut table = Table::alloc(set_table::MIN_SIZE).unwrap();
    let mut model: BTreeMap<i32, ()> = BTreeMap::new();
    for _ in 0..20_000 {
        // SAFETY: the test owns the table.
        let t = unsafe { &*table };
        let key = c.below(300) as i32;
        let bits = Value::small_int(key).bits();
        match t.find(
            hash(key),
            |_, k| if k == bits { Match::Yes } else { Match::No },
        ) {
            Found::At(n) => {
                assert!(model.remove(&key).is_some());
                assert_eq!(t.entry(n).hash.load(Ordering::Relaxed), hash(key));
                assert!(t.delete_at(n).is_some());
            }
            Found::Absent(n) => {
                assert!(model.insert(key, ()).is_none());
                t.insert_at(n, hash(key), Value::small_int(key));
                if t.is_full(0) {
                    let new = t
                        .rebuilt(
                            set_table::grown_size(model.len()).unwrap(),
                            model.len(),
                            true,
                            0,
                        )
                        .unwrap();
                    // SAFETY: nobody else knows the old one; ints need no counts.
                    unsafe { set_table::free_dead(std::mem::replace(&mut table, new)) };
                }
            }
            Found::Stopped(_) => unreachable!(),
        }
        // SAFETY: as above.
        let t = unsafe { &*table };
        let mut live: Vec<i64> = (0..=t.mask())
            .filter_map(|n| t.entry(n).key.get_locked())
            .filter_map(|k| k.as_small_int())
            .collect();
        live.sort_unstable();
        assert_eq!(live, model.keys().map(|&k| k as i64).collect::<Vec<_>>());
    }
    // SAFETY: the test's end.
    unsafe { set_table::free_dead(table) };
}

#[test]
fn hashes_of_ints_are_cpythons() {
    use super::keys::hash_small_int;
    let m = (1i64 << 61) - 1;
    for (i, h) in [
        (0, 0),
        (1, 1),
        (-1, -2),
        (-2, -2),
        (m, 0),
        (-m, 0),
        (m - 1, m - 1),
        (m + 1, 1),
        (-m - 1, -2),
        (1 - m, 1 - m),
    ] {
        assert_eq!(hash_small_int(i), h, "{i}");
    }
}

#[test]
fn slices_resolve_as_cpythons() {
    use crate::objects::slice::Bounds;
    let of = |start, stop, step, len| {
        let s = Bounds { start, stop, step }.adjust(len);
        (0..s.count)
            .map(|k| s.start + s.step * k as isize)
            .collect::<Vec<_>>()
    };
    assert_eq!(of(0, isize::MAX, 2, 5), [0, 2, 4]);
    assert_eq!(of(isize::MAX, isize::MIN, -1, 3), [2, 1, 0]);
    assert_eq!(of(-2, isize::MAX, 1, 5), [3, 4]);
    assert_eq!(of(3, 1, -1, 5), [3, 2]);
    assert_eq!(of(-100, 100, 1, 2), [0, 1]);
    assert_eq!(of(1, 1, 1, 2), []);
    assert_eq!(of(4, -100, -3, 5), [4, 1]);
}
