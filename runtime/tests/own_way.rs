//! Owners that lock and change objects in their own way (`runtime/src/bias.rs`) while others begin to do the same: nothing is
//! lost, and what was displaced dies once.
// SAFETY (whole file): objects are followed only while the test holds a count of them.

mod common;
use common::*;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::*};
use typhon_runtime::{
    Guarded, Header, Slot, Thread, TypeInfo, Value, Visitor, counters, gc, lock2, region,
};

/// One test at a time: they count leaves.
static ALONE: Mutex<()> = Mutex::new(());

const PAIR: u32 = region::static_type_word(21);

#[repr(C)]
struct Pair {
    head: Header,
    slot: Slot,
    count: Guarded<u64>,
}

unsafe fn drop_pair(h: *mut Header, t: &Thread) {
    unsafe { &*(h as *const Pair) }.slot.drop_unshared(t);
}
unsafe fn traverse_pair(h: *const Header, v: &mut Visitor) {
    v.visit_slots(std::slice::from_ref(unsafe { &(*(h as *const Pair)).slot }));
}

fn pair(t: &Thread) -> Value {
    let first = Slot::new(Some(leaf(t, 0)));
    unsafe {
        typhon_runtime::alloc_with::<Pair>(t, PAIR, |p| {
            (&raw mut (*p).slot).write(first);
            (&raw mut (*p).count).write(Guarded::new(0));
        })
        .unwrap()
    }
}
fn body(v: &Value) -> &Pair {
    unsafe { &*(v.as_ptr() as *const Pair) }
}

fn make_type() {
    unsafe {
        let cell = region::type_ptr(PAIR) as *mut u8;
        (cell.add(16) as *mut TypeInfo).write(TypeInfo {
            drop_payload: drop_pair,
            traverse: traverse_pair,
            ..TypeInfo::new(
                typhon_runtime::info::type_flag::GC,
                size_of::<Pair>() as u32,
            )
        });
        (*(cell as *const Header)).init_static(TYPE);
    }
}

const OBJECTS: usize = 40;
const OWN: u64 = 600;
const FOREIGN: u64 = 120;

/// Takes a while, so that another who is inside too is likely to be found out.
fn add(count: &mut u64) {
    let before = *count;
    for _ in 0..before % 16 {
        std::hint::spin_loop();
    }
    *count = std::hint::black_box(before) + 1;
}

fn change(p: &Pair, own: &Pair, turns: u64, t: &mut Thread) {
    for i in 0..turns {
        if i % 8 == 7 {
            // With another object of its own.
            let mut both = lock2(&p.count, &p.head, &own.count, &own.head, t);
            add(both.a());
        } else {
            add(&mut p.count.lock(&p.head, t));
        }
        let new = leaf(t, i);
        drop(p.slot.exchange(&p.head, t, Some(new)));
        match p.slot.try_get_in(t.tid, || true) {
            Ok(v) => drop(v),
            Err(_) => {
                let guard = p.head.lock(t);
                let v = p.slot.get_locked_marking();
                drop(guard);
                drop(v);
            }
        }
        if i % 32 == 0 {
            t.safepoint_full();
        }
    }
}

/// Two threads, each the owner of every second object and a stranger to the others.
fn round(round: u64) {
    let shared: [AtomicU64; OBJECTS] = [const { AtomicU64::new(0) }; OBJECTS];
    let done = AtomicUsize::new(0);
    let work = |me: usize, t: &mut Thread| {
        let mut r = round * 2 + me as u64 + 0x9E37_79B9;
        let own = pair(t);
        let mut mine = Vec::new();
        for at in 0..OBJECTS {
            if at % 2 == me {
                let object = pair(t);
                shared[at].store(object.bits(), Release);
                change(body(&object), body(&own), OWN, t);
                mine.push((at, object));
                continue;
            }
            let bits = loop {
                match shared[at].load(Acquire) {
                    0 => {
                        std::thread::yield_now();
                        t.safepoint_full();
                    }
                    bits => break bits,
                }
            };
            r ^= r << 13;
            r ^= r >> 7;
            r ^= r << 17;
            for _ in 0..r % 4096 {
                std::hint::spin_loop();
            }
            // The owner keeps it until both are done.
            let object = std::mem::ManuallyDrop::new(unsafe { Value::from_bits(bits) });
            change(body(&object), body(&own), FOREIGN, t);
        }
        done.fetch_add(1, AcqRel);
        while done.load(Acquire) < 2 {
            std::thread::yield_now();
            t.safepoint_full();
        }
        for (at, object) in mine {
            let sum = *body(&object).count.lock(&body(&object).head, t);
            assert_eq!(sum, OWN + FOREIGN, "object {at}: a change is lost");
        }
    };
    std::thread::scope(|s| {
        let other = s.spawn(|| attached(|t| work(1, t)));
        attached(|t| work(0, t));
        other.join().unwrap();
    });
}

#[test]
fn owners_share_what_they_are_changing() {
    let _alone = ALONE.lock();
    attached(|_| make_type());
    for n in 0..30 {
        round(n);
    }
    attached(|t| {
        gc::collect(t, gc::Reason::Asked);
    });
    assert_eq!(LEAVES.load(Relaxed), 0, "leaves leaked or freed twice");
    if cfg!(all(target_os = "linux", not(feature = "gil"))) {
        assert!(counters::total(counters::Counter::locks_opened) > 0);
    }
}

/// An owner whose objects another thread keeps opening loses its way of locking; left in peace it gets it back, or it could not
/// lose it again.
#[test]
#[cfg(all(target_os = "linux", not(feature = "gil")))]
fn an_owner_loses_its_way_and_gets_it_back() {
    let _alone = ALONE.lock();
    attached(|_| make_type());
    let lost = || counters::total(counters::Counter::own_ways_lost);
    let before = lost();
    let begin = std::time::Instant::now();
    let is_over = || lost() >= before + 2 || begin.elapsed().as_secs() >= 60;
    const ENDED: u64 = 1;
    let given = AtomicU64::new(0);
    let owner = |t: &mut Thread| {
        while !is_over() {
            let object = pair(t);
            add(&mut body(&object).count.lock(&body(&object).head, t));
            given.store(object.bits(), Release);
            while given.load(Acquire) != 0 {
                t.safepoint_full();
            }
        }
        given.store(ENDED, Release);
    };
    let stranger = |t: &mut Thread| {
        loop {
            match given.load(Acquire) {
                ENDED => break,
                0 => {}
                bits => {
                    // The owner keeps it until it is taken back.
                    let object = std::mem::ManuallyDrop::new(unsafe { Value::from_bits(bits) });
                    add(&mut body(&object).count.lock(&body(&object).head, t));
                    given.store(0, Release);
                }
            }
            t.safepoint_full();
        }
    };
    std::thread::scope(|s| {
        s.spawn(|| attached(owner));
        s.spawn(|| attached(stranger));
    });
    assert!(lost() >= before + 2, "lost {} times", lost() - before);
}

/// Threads that do nothing but lock one object take turns at it (`runtime/src/protocol/turn.rs`); so do those of the next object in its cell.
#[test]
fn turns_at_one_object() {
    const THREADS: u64 = 3;
    const CHANGES: u64 = 100_000;
    let _alone = ALONE.lock();
    attached(|_| make_type());
    let begin = std::time::Instant::now();
    let turns = || counters::total(counters::Counter::lock_turns);
    let before = turns();
    let mut rounds = 0;
    while rounds < 3 || turns() < before + 20 && begin.elapsed().as_secs() < 2 {
        rounds += 1;
        attached(|t| {
            let (object, other) = (pair(t), pair(t));
            let bits = (object.bits(), other.bits());
            let work = |t: &mut Thread| {
                // Kept by the thread that made them.
                let [object, other] = [bits.0, bits.1]
                    .map(|b| std::mem::ManuallyDrop::new(unsafe { Value::from_bits(b) }));
                change(body(&object), body(&other), 500, t);
                for i in 0..CHANGES {
                    add(&mut body(&object).count.lock(&body(&object).head, t));
                    if i % 64 == 0 {
                        t.safepoint_full();
                    }
                }
            };
            t.detach(|| {
                std::thread::scope(|s| {
                    for _ in 0..THREADS {
                        s.spawn(|| attached(work));
                    }
                });
            });
            let sum = *body(&object).count.lock(&body(&object).head, t);
            let both = 500 * THREADS;
            assert_eq!(sum, both + CHANGES * THREADS, "a change is lost");
        });
    }
}
