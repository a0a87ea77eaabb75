//! The object heap under threads: allocation, frees by others, inheritance of ids, page recycling.
// SAFETY (whole file): cells are written only by the thread that took them, until it hands them on.

mod common;
use common::*;
use std::sync::{Arc, Mutex};
use typhon_runtime::counters::{self, Counter};
use typhon_runtime::{Thread, Value, heap};

type Bag = Arc<Vec<Mutex<Vec<(Value, u64)>>>>;

fn sized(t: &Thread, bytes: usize, seed: u64) -> Value {
    LEAVES.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    unsafe {
        heap::alloc_sized(t, bytes, LEAF, |p| {
            for k in (16..bytes).step_by(8) {
                (p.add(k) as *mut u64).write(seed ^ k as u64);
            }
        })
        .unwrap()
    }
}
fn check(v: &Value, bytes: usize, seed: u64) {
    let p = v.as_ptr() as *const u8;
    for k in (16..bytes).step_by(8) {
        assert_eq!(unsafe { (p.add(k) as *const u64).read() }, seed ^ k as u64);
    }
}
fn size_for(seed: u64) -> usize {
    if seed.is_multiple_of(97) {
        528 + (seed % 5) as usize * 64
    } else {
        24 + (seed % 20) as usize * 8
    }
}

#[test]
fn alloc_and_free_across_threads() {
    let bag: Bag = Arc::new((0..8).map(|_| Mutex::new(Vec::new())).collect());
    let rounds = if cfg!(debug_assertions) { 3 } else { 6 };
    for round in 0..rounds {
        let threads: Vec<_> = (0..4u64)
            .map(|k| {
                let bag = bag.clone();
                std::thread::spawn(move || attached(|t| work(t, &bag, round * 4 + k)))
            })
            .collect();
        for t in threads {
            t.join().unwrap();
        }
    }
    attached(|t| {
        for part in bag.iter() {
            let all = std::mem::take(&mut *part.lock().unwrap());
            for (v, seed) in all {
                check(&v, size_for(seed), seed);
                v.drop_in(t);
            }
        }
        let stats = t.stop_the_world(|w| heap::stats(w));
        assert_eq!(stats.live_cells + stats.large_objects, 0, "{stats:?}");
        assert_eq!(LEAVES.load(std::sync::atomic::Ordering::Relaxed), 0);
    });
    // Pages of one class emptied by their owner serve another class after a grace period.
    attached(|t| {
        for bytes in [40, 96, 200, 500] {
            let all: Vec<_> = (0..20_000).map(|i| sized(t, bytes, i)).collect();
            t.safepoint_full();
            drop(all);
            t.safepoint_full();
            t.safepoint_full();
        }
    });
    assert!(counters::total(Counter::page_recycled) > 0);
    if !typhon_runtime::GIL_BUILD {
        assert!(counters::total(Counter::cross_thread_free) > 0);
    }
}

fn work(t: &mut Thread, bag: &Bag, salt: u64) {
    let mut r = 0x9E37_79B9_7F4A_7C15u64.wrapping_mul(salt + 1);
    let mut mine: Vec<(Value, u64)> = Vec::new();
    for i in 0..200_000u64 {
        r ^= r << 13;
        r ^= r >> 7;
        r ^= r << 17;
        let growing = (i / 40_000) % 2 == salt % 2;
        match if growing { r % 10 } else { (r % 10).max(3) } {
            0..=4 => {
                let v = sized(t, size_for(r), r);
                mine.push((v, r));
            }
            5..=7 if !mine.is_empty() => {
                let (v, seed) = mine.swap_remove((r >> 13) as usize % mine.len());
                check(&v, size_for(seed), seed);
                v.drop_in(t);
            }
            8 if mine.len() > 50 => {
                let n = mine.len();
                bag[(r >> 30) as usize & 7]
                    .lock()
                    .unwrap()
                    .extend(mine.drain(n - 40..));
            }
            _ => {
                let taken: Vec<_> = {
                    let mut g = bag[(r >> 30) as usize & 7].lock().unwrap();
                    let n = g.len();
                    g.drain(n.saturating_sub(if growing { 2 } else { 60 })..)
                        .collect()
                };
                for (v, seed) in taken {
                    check(&v, size_for(seed), seed);
                    drop(v);
                }
            }
        }
        if i & 63 == 0 {
            t.safepoint_full();
        }
    }
    bag[0].lock().unwrap().extend(mine);
}
