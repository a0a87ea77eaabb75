//! Inline caches (R14, R15): word and pointer belong together, and no cache answers from before a change that is over.
//!
//! Interleavings: `fill_change_and_reader` 19 937, `fill_during_a_change` 2 900 + 45, `pairs_belong_together` 985,
//! `pairs_belong_together_for_two` 34 461, `what_is_found_lives` 2 520 + 14 095.

use loom::sync::Arc;
use loom_tests::protocol::cache_pair::{EMPTY, change, load, may_fill, publish};
use loom_tests::sync::{AtomicU64, Mutex, Ordering};
use loom_tests::thread;
use loom_tests::{Bug, check, check_bounded, must_catch};

struct World {
    /// Held by a reader between two safepoints; who frees waits for that.
    between: Mutex<()>,
    /// Which of the attributes are freed, a bit each.
    freed: AtomicU64,
    word: AtomicU64,
    pointer: AtomicU64,
    /// The one lock of all fills.
    fills: Mutex<()>,
    version: AtomicU64,
    /// The type mutex, with the last version given.
    types: Mutex<u64>,
    /// What the class says.
    attribute: AtomicU64,
    changed: AtomicU64,
}

impl World {
    fn new() -> Arc<World> {
        Arc::new(World {
            between: Mutex::new(()),
            freed: AtomicU64::new(0),
            word: AtomicU64::new(EMPTY),
            pointer: AtomicU64::new(0),
            fills: Mutex::new(()),
            version: AtomicU64::new(0),
            types: Mutex::new(0),
            attribute: AtomicU64::new(1),
            changed: AtomicU64::new(0),
        })
    }

    fn fill(&self, w: u64, p: u64) {
        let _fills = self.fills.lock();
        publish(&self.word, &self.pointer, w, p);
    }

    fn assign_version(&self) -> u64 {
        let version = self.version.load(Ordering::Acquire);
        if version != 0 {
            return version;
        }
        let mut last = self.types.lock();
        if self.version.load(Ordering::Relaxed) == 0 {
            *last += 1;
            self.version.store(*last, Ordering::Release);
        }
        self.version.load(Ordering::Relaxed)
    }

    /// The slow way, which fills the cache.
    fn look_up(&self) -> u64 {
        let version = self.assign_version();
        let value = self.attribute.load(Ordering::Acquire);
        if may_fill(&self.version, version) {
            self.fill(version << 16, value);
        }
        value
    }

    /// The fast way.
    fn hit(&self) -> Option<u64> {
        let (w, p) = load(&self.word, &self.pointer);
        (w >> 16 == self.version.load(Ordering::Acquire)).then_some(p)
    }

    fn change(&self) {
        let forget = |_: &mut ()| {
            let _types = self.types.lock();
            if self.version.load(Ordering::Relaxed) != 0 {
                self.version.store(0, Ordering::Release);
            }
        };
        change(&mut (), forget, |_| {
            let old = self.attribute.swap(2, Ordering::AcqRel);
            ((), Lost { world: self, old })
        });
        self.changed.store(1, Ordering::Release);
    }
}

/// What the class counted no more: freed when every reader has come to a safepoint.
struct Lost<'a> {
    world: &'a World,
    old: u64,
}

impl Drop for Lost<'_> {
    fn drop(&mut self) {
        let _readers_stand = self.world.between.lock();
        self.world.freed.fetch_or(1 << self.old, Ordering::Relaxed);
    }
}

/// One site filled for one class, and then for another.
fn pairs(readers: usize) {
    let world = World::new();
    world.fill(1 << 16, 1);
    let others: Vec<_> = (0..readers)
        .map(|_| {
            let world = world.clone();
            thread::spawn(move || {
                let (w, p) = load(&world.word, &world.pointer);
                assert!(
                    matches!((w >> 16, p), (1, 1) | (2, 2)) || w == EMPTY,
                    "version {} with pointer {p}",
                    w >> 16
                );
            })
        })
        .collect();
    world.fill(2 << 16, 2);
    for other in others {
        other.join().unwrap();
    }
}

/// Filled while the class changes, then asked.
fn fill_against_change() {
    let world = World::new();
    let changer = {
        let world = world.clone();
        thread::spawn(move || world.change())
    };
    world.look_up();
    let over = world.changed.load(Ordering::Acquire) == 1;
    let hit = world.hit();
    assert!(!over || hit != Some(1), "an answer from before the change");
    changer.join().unwrap();
    assert_ne!(world.hit(), Some(1), "an answer from before the change");
}

/// Who has seen the change does not get the answer of before from the cache.
fn no_way_back() {
    let world = World::new();
    world.look_up();
    let changer = {
        let world = world.clone();
        thread::spawn(move || world.change())
    };
    if world.attribute.load(Ordering::Acquire) == 2 {
        assert_ne!(world.hit(), Some(1), "an answer from before the change");
    }
    changer.join().unwrap();
}

/// The same with the reader a third thread.
fn three() {
    let world = World::new();
    let others = [
        {
            let world = world.clone();
            thread::spawn(move || world.change())
        },
        {
            let world = world.clone();
            thread::spawn(move || {
                world.look_up();
            })
        },
    ];
    let over = world.changed.load(Ordering::Acquire) == 1;
    let hit = world.hit();
    assert!(!over || hit != Some(1), "an answer from before the change");
    for other in others {
        other.join().unwrap();
    }
}

/// A cache that was filled while the class changed never gives what is freed.
fn alive(readers: usize) {
    let world = World::new();
    let changer = {
        let world = world.clone();
        thread::spawn(move || world.change())
    };
    let reader = |world: &World| {
        {
            let _no_safepoint = world.between.lock();
            world.look_up();
        }
        let _no_safepoint = world.between.lock();
        if let Some(p) = world.hit() {
            let freed = world.freed.load(Ordering::Relaxed);
            assert_eq!(freed & 1 << p, 0, "a cache gave a freed object");
        }
    };
    let others: Vec<_> = (1..readers)
        .map(|_| {
            let world = world.clone();
            thread::spawn(move || reader(&world))
        })
        .collect();
    reader(&world);
    for other in others {
        other.join().unwrap();
    }
    changer.join().unwrap();
}

#[test]
fn pairs_belong_together() {
    check(|| pairs(1));
}

#[test]
fn pairs_belong_together_for_two() {
    check_bounded(3, || pairs(2));
}

#[test]
fn fill_during_a_change() {
    check(fill_against_change);
    check(no_way_back);
}

#[test]
fn fill_change_and_reader() {
    check_bounded(3, three);
}

#[test]
fn what_is_found_lives() {
    check(|| alive(1));
    check_bounded(3, || alive(2));
}

#[test]
fn lost_before_it_is_forgotten_is_caught() {
    must_catch(Bug::ChangeDropsEarly, || alive(1));
}

#[test]
fn missing_second_look_is_caught() {
    must_catch(Bug::CacheNoSecondLook, || pairs(1));
}

#[test]
fn fill_over_the_old_pair_is_caught() {
    must_catch(Bug::CacheNotEmptied, || pairs(1));
}

#[test]
fn version_given_during_a_change_is_caught() {
    must_catch(Bug::ChangeForgetsOnce, fill_against_change);
}

#[test]
fn version_kept_during_a_change_is_caught() {
    must_catch(Bug::ChangeForgetsLate, no_way_back);
}
