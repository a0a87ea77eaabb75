//! Threads at one object: lock-free reads against writers (R2, R9), locks, merging for sleepers (R5),
//! stop-the-world, weak upgrades against the last drop, parking.
// SAFETY (whole file): objects are followed only while the test holds a count of them.

mod common;
use common::*;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::*};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::time::{Duration, Instant};
use typhon_runtime::park::{RawEvent, RawLock, Wait};
use typhon_runtime::thread::breaker;
use typhon_runtime::{
    Guarded, Header, Published, Slot, Thread, TypeInfo, Value, Visitor, counters, gc, lock2,
    region, thread, weak,
};

static ONE: Mutex<()> = Mutex::new(());
const LIST: u32 = region::static_type_word(20);

#[repr(C)]
struct List {
    head: Header,
    buffer: Published<Vec<Slot>>,
    state: Guarded<u64>,
}

unsafe fn drop_list(h: *mut Header, t: &Thread) {
    let list = unsafe { &*(h as *const List) };
    if let Some(old) = list.buffer.replace(None) {
        // No reader is left: the list is dead. But readers that failed may still look at the buffer.
        let buffer = unsafe { old.free_now() };
        for slot in buffer.iter() {
            slot.drop_unshared(t);
        }
        typhon_runtime::qsbr::retire(t, buffer);
    }
}
unsafe fn traverse_list(h: *const Header, v: &mut Visitor) {
    if let Some(buffer) = unsafe { (*(h as *const List)).buffer.get_locked() } {
        v.visit_slots(buffer);
    }
}

fn run(f: impl FnOnce(&mut Thread)) {
    let _one = ONE.lock().unwrap_or_else(|e| e.into_inner());
    attached(|t| {
        unsafe {
            let cell = region::type_ptr(LIST) as *mut u8;
            if (*(cell as *const Header)).type_word() == 0 {
                (cell.add(16) as *mut TypeInfo).write(TypeInfo {
                    drop_payload: drop_list,
                    traverse: traverse_list,
                    ..TypeInfo::new(typhon_runtime::info::type_flag::GC, 64)
                });
                (*(cell as *const Header)).init_static(TYPE);
            }
        }
        f(t)
    });
    attached(|t| {
        gc::collect(t, gc::Reason::Asked);
    });
    assert_eq!(LEAVES.load(Relaxed), 0, "leaves leaked or freed twice");
}

fn list(t: &Thread, n: usize) -> Value {
    let items: Vec<Slot> = (0..n).map(|i| Slot::new(Some(leaf(t, i as u64)))).collect();
    unsafe {
        typhon_runtime::alloc_with::<List>(t, LIST, |p| {
            (&raw mut (*p).buffer).write(Published::new(Box::new(items)));
            (&raw mut (*p).state).write(Guarded::new(0));
        })
        .unwrap()
    }
}
fn body(v: &Value) -> &List {
    unsafe { &*(v.as_ptr() as *const List) }
}

impl List {
    fn get(&self, i: usize, t: &mut Thread) -> Value {
        if self.head.may_read_unlocked(t.tid) {
            let guard = t.read_guard();
            let buffer = self.buffer.load(guard).unwrap();
            let here: *const Vec<Slot> = buffer;
            let still_valid = || self.buffer.address() == here;
            if let Ok(v) = buffer[i].try_get_in(guard.tid(), still_valid) {
                return v.unwrap();
            }
        }
        let _guard = self.state.lock(&self.head, t);
        unsafe {
            self.buffer.get_locked().unwrap()[i]
                .get_locked_marking()
                .unwrap()
        }
    }

    fn set(&self, i: usize, v: Value, t: &mut Thread) {
        let old = {
            let mut guard = self.state.lock(&self.head, t);
            *guard += 1;
            unsafe { self.buffer.get_locked().unwrap()[i].swap(Some(v)) }
        };
        drop(old);
    }

    /// Moves the items to a new buffer, as growth does.
    fn rebuffer(&self, t: &mut Thread) {
        let old = {
            let _guard = self.state.lock(&self.head, t);
            let buffer = unsafe { self.buffer.get_locked().unwrap() };
            let copy: Vec<Slot> = buffer
                .iter()
                .map(|s| {
                    let slot = Slot::EMPTY;
                    unsafe { slot.set_bits(s.peek_bits()) };
                    slot
                })
                .collect();
            self.buffer.replace(Some(Box::new(copy)))
        };
        old.unwrap().retire(t);
    }
}

fn team(n: usize, f: impl Fn(usize, &mut Thread) + Sync, t: &mut Thread) {
    let left = AtomicUsize::new(n);
    std::thread::scope(|s| {
        for k in 0..n {
            let (f, left) = (&f, &left);
            s.spawn(move || {
                attached(|t| f(k, t));
                left.fetch_sub(1, SeqCst);
            });
        }
        t.detach(|| {
            while left.load(SeqCst) != 0 {
                std::thread::sleep(Duration::from_millis(1));
            }
        });
    });
}

#[test]
fn lock_free_reads_against_writers() {
    run(|t| {
        let shared = list(t, 8);
        let sum = AtomicU64::new(0);
        team(
            4,
            |k, t| {
                let l = body(&shared);
                let mut r = 77 + k as u64;
                for i in 0..60_000u64 {
                    r ^= r << 13;
                    r ^= r >> 7;
                    r ^= r << 17;
                    let at = (r >> 20) as usize % 8;
                    if k == 0 || r.is_multiple_of(16) {
                        let v = leaf(t, at as u64);
                        l.set(at, v, t);
                    } else if k == 1 && r % 16 == 1 {
                        l.rebuffer(t);
                    } else {
                        let v = l.get(at, t);
                        assert_eq!(number(&v), at as u64, "a foreign object came back");
                        sum.fetch_add(1, Relaxed);
                    }
                    if i % 64 == 0 {
                        t.safepoint_full();
                    }
                }
            },
            t,
        );
        assert!(sum.load(Relaxed) > 0);
        for _ in 0..100 {
            body(&shared).rebuffer(t);
            t.safepoint_full();
        }
        assert!(counters::total(counters::Counter::reclaimed) > 0);
        drop(shared);
    });
}

#[test]
fn lock2_moves_between_objects() {
    run(|t| {
        let (a, b) = (list(t, 1), list(t, 1));
        team(
            3,
            |k, t| {
                let (a, b) = (body(&a), body(&b));
                for i in 0..30_000 {
                    let (x, y) = if (i + k) % 2 == 0 { (a, b) } else { (b, a) };
                    {
                        let mut pair = lock2(&x.state, &x.head, &y.state, &y.head, t);
                        let (p, q) = pair.both().unwrap();
                        *p = p.wrapping_add(1);
                        *q = q.wrapping_sub(1);
                    }
                    assert!(
                        lock2(&x.state, &x.head, &x.state, &x.head, t)
                            .both()
                            .is_none()
                    );
                    t.safepoint_full();
                }
            },
            t,
        );
        let x = *body(&a).state.lock(&body(&a).head, t);
        let y = *body(&b).state.lock(&body(&b).head, t);
        assert_eq!(x.wrapping_add(y), 0);
    });
}

#[test]
fn a_sleeping_owner_holds_nothing_back() {
    run(|t| {
        let objects: Vec<Value> = (0..1000).map(|i| leaf(t, i)).collect();
        let done = AtomicBool::new(false);
        let mut given = Some(objects);
        std::thread::scope(|s| {
            let objects = given.take().unwrap();
            let done = &done;
            s.spawn(move || {
                attached(|_| {
                    // The owner gets to sleep.
                    std::thread::sleep(Duration::from_millis(20));
                    drop(objects);
                    if !typhon_runtime::GIL_BUILD {
                        assert_eq!(LEAVES.load(Relaxed), 0);
                    }
                });
                done.store(true, SeqCst);
            });
            t.detach(|| {
                while !done.load(SeqCst) {
                    std::thread::sleep(Duration::from_millis(1));
                }
            });
        });
    });
}

#[test]
fn owners_come_and_go() {
    // Objects outlive the threads that made them, ids are inherited.
    run(|t| {
        let bag: Arc<Mutex<Vec<Value>>> = Arc::default();
        for round in 0..20 {
            team(
                3,
                |k, t| {
                    for i in 0..300 {
                        let v = leaf(t, i);
                        bag.lock().unwrap().push(v.clone());
                        if i % 3 == 0 {
                            bag.lock().unwrap().push(v);
                        }
                        let taken = {
                            let mut b = bag.lock().unwrap();
                            let at = (i as usize * 7 + k) % b.len();
                            b.swap_remove(at)
                        };
                        assert!(number(&taken) < 300);
                        let again = taken.clone();
                        drop(taken);
                        drop(again);
                        if i % 10 == round % 10 {
                            t.safepoint_full();
                        }
                    }
                },
                t,
            );
        }
        assert!(thread::running_threads() == 1);
        let rest = std::mem::take(&mut *bag.lock().unwrap());
        drop(rest);
    });
}

#[test]
fn the_world_stops() {
    run(|t| {
        let (running, stops) = (AtomicUsize::new(0), AtomicUsize::new(0));
        team(
            4,
            |k, t| {
                for i in 0..400 {
                    running.fetch_add(1, SeqCst);
                    std::hint::black_box((0..200).sum::<u64>());
                    running.fetch_sub(1, SeqCst);
                    if i % 10 == k {
                        let n = t.stop_the_world(|w| {
                            assert_eq!(running.load(SeqCst), 0, "somebody runs");
                            let mut n = 0;
                            w.for_each_thread(|_| n += 1);
                            n
                        });
                        assert!((1..=5).contains(&n));
                        stops.fetch_add(1, SeqCst);
                    }
                    if i % 7 == 0 {
                        t.detach(std::thread::yield_now);
                    }
                    t.safepoint_stop();
                }
            },
            t,
        );
        assert_eq!(stops.load(SeqCst), 160);
    });
}

#[test]
fn weak_upgrade_against_the_last_drop() {
    run(|t| {
        for _ in 0..300 {
            let target = leaf(t, 5);
            let w = weakref(t, &target, false);
            let start = Barrier::new(2);
            let (tx, rx) = mpsc::channel();
            std::thread::scope(|s| {
                let (w, start) = (&w, &start);
                s.spawn(move || {
                    attached(|t| {
                        start.wait();
                        for _ in 0..20 {
                            match weak::upgrade(t, cell(w)) {
                                Some(v) => assert_eq!(number(&v), 5),
                                None => break,
                            }
                        }
                    });
                    tx.send(()).unwrap();
                });
                t.detach(|| start.wait());
                drop(target);
                t.detach(|| rx.recv().unwrap());
            });
            t.safepoint_full();
            assert!(weak::upgrade(t, cell(&w)).is_none());
        }
    });
}

#[test]
fn python_locks() {
    run(|t| {
        let lock = RawLock::new();
        let mut shared = 0u64;
        let place = &raw mut shared as usize;
        team(
            4,
            |_, t| {
                for _ in 0..3000 {
                    assert_eq!(lock.lock(t, None, true), Wait::Acquired);
                    unsafe { *(place as *mut u64) += 1 };
                    assert!(lock.unlock());
                    t.safepoint_full();
                }
            },
            t,
        );
        assert_eq!(shared, 12_000);
        assert!(!lock.unlock());
        assert!(lock.try_lock() && !lock.try_lock());
        let begin = Instant::now();
        assert_eq!(
            lock.lock(t, Some(Duration::from_millis(30)), false),
            Wait::TimedOut
        );
        assert!(begin.elapsed() >= Duration::from_millis(30));
        // Interrupted by a breaker bit, set before or during the wait.
        t.breaker.fetch_or(breaker::SIGNAL, SeqCst);
        assert_eq!(lock.lock(t, None, true), Wait::Interrupted);
        t.breaker.fetch_and(!breaker::SIGNAL, SeqCst);
        let tid = t.tid;
        std::thread::scope(|s| {
            s.spawn(move || {
                std::thread::sleep(Duration::from_millis(20));
                assert!(thread::set_breaker_of(tid, breaker::SIGNAL));
                typhon_runtime::park::interrupt(tid);
            });
            assert_eq!(lock.lock(t, None, true), Wait::Interrupted);
        });
        t.breaker.fetch_and(!breaker::SIGNAL, SeqCst);
        let event = RawEvent::new();
        std::thread::scope(|s| {
            s.spawn(|| {
                std::thread::sleep(Duration::from_millis(10));
                event.set();
            });
            assert_eq!(event.wait(t, None, true), Wait::Acquired);
        });
        assert!(lock.unlock());
    });
}

#[test]
fn hot_shared_objects_are_promoted() {
    run(|t| {
        let slot = Slot::new(Some(leaf(t, 9)));
        let promoted = counters::total(counters::Counter::promoted);
        team(
            2,
            |_, t| {
                for i in 0..2000 {
                    let found = slot.try_get_for_register(t.tid, || true);
                    let v = found.unwrap_or_else(|_| slot.get_locked_marking()).unwrap();
                    assert_eq!(number(&v), 9);
                    // As a register does before a safepoint: nothing here keeps it otherwise.
                    let v = v.into_counted();
                    drop(v);
                    if i % 50 == 0 {
                        t.safepoint_full();
                    }
                }
            },
            t,
        );
        if !typhon_runtime::GIL_BUILD {
            assert!(counters::total(counters::Counter::promoted) > promoted);
            assert!(slot.get_locked().unwrap().header().unwrap().is_deferred());
        }
        drop(slot.take());
        wait_for_no_leaves(t);
    });
}

/// Two threads that do nothing but take one object's lock share it, whatever their pauses are.
#[test]
fn hammered_locks_are_shared() {
    run(|t| {
        let shared = list(t, 1);
        let turns = [AtomicU64::new(0), AtomicU64::new(0)];
        let begin = Instant::now();
        team(
            2,
            |k, t| {
                while begin.elapsed() < Duration::from_millis(600) {
                    for _ in 0..200 {
                        *body(&shared).state.lock(&body(&shared).head, t) += 1;
                        turns[k].fetch_add(1, Relaxed);
                    }
                    t.safepoint_full();
                }
            },
            t,
        );
        let [a, b] = turns.map(AtomicU64::into_inner);
        assert!(a.min(b) * 10 >= a + b, "{a} turns against {b}");
        drop(shared);
    });
}

/// Waits until the clock has had the deferred objects looked at that nobody holds.
fn wait_for_no_leaves(t: &mut Thread) {
    for _ in 0..400 {
        t.detach(|| std::thread::sleep(Duration::from_millis(5)));
        t.safepoint_full();
        if LEAVES.load(Relaxed) == 0 {
            return;
        }
    }
    panic!("deferred objects are not freed");
}

/// References that one thread counts are given up by others, by many at once, while objects come and go: the counts that
/// threads keep to themselves add up.
#[test]
fn references_to_deferred_objects_wander() {
    run(|t| {
        let shared = list(t, 8);
        for slot in 0..8 {
            body(&shared).get(slot, t).header().unwrap().set_deferred();
        }
        team(
            4,
            |k, t| {
                let list = body(&shared);
                let mut kept = Vec::new();
                for i in 0..6000_usize {
                    let v = list.get((i * 7 + k) % 8, t);
                    assert!(number(&v) < 8 + 4 * 6000);
                    let weak = weakref(t, &v, false);
                    if let Some(again) = weak::upgrade(t, cell(&weak)) {
                        kept.push(again);
                    }
                    if i % 11 == k {
                        list.set(i % 8, v, t);
                    } else if i % 97 == 0 {
                        let new = leaf(t, (8 + k * 6000 + i) as u64);
                        new.header().unwrap().set_deferred();
                        list.set(i % 8, new, t);
                    }
                    if i % 64 == 63 {
                        kept.drain(..kept.len() / 2);
                        t.safepoint_full();
                    }
                    if i % 1000 == 999 {
                        gc::collect(t, gc::Reason::Asked);
                    }
                }
            },
            t,
        );
        for slot in 0..8 {
            let v = body(&shared).get(slot, t);
            assert!(v.header().unwrap().refcount() >= 2);
        }
        drop(shared);
        wait_for_no_leaves(t);
    });
}

/// Another thread that counts an object of this thread often makes this thread let go of it.
#[test]
fn owners_of_hot_deferred_objects_let_go() {
    run(|t| {
        let v = leaf(t, 3);
        v.header().unwrap().set_deferred();
        team(
            2,
            |_, t| {
                for _ in 0..2000 {
                    drop(v.clone());
                    t.safepoint_full();
                }
            },
            t,
        );
        if !typhon_runtime::GIL_BUILD {
            assert_eq!(v.header().unwrap().counts().owner, 0);
        }
        assert_eq!(v.header().unwrap().refcount(), 1);
        drop(v);
        wait_for_no_leaves(t);
    });
}

#[test]
fn reserved_ids_go_back() {
    run(|t| {
        let id = thread::reserve_id().unwrap();
        drop(id);
        let done = AtomicBool::new(false);
        let id = thread::reserve_id().unwrap();
        std::thread::scope(|s| {
            s.spawn(|| {
                let mut other = Box::new(Thread::new());
                unsafe { other.attach_with(id) };
                drop(leaf(&other, 1));
                other.exit();
                done.store(true, SeqCst);
            });
            t.detach(|| {
                while !done.load(SeqCst) {
                    std::thread::yield_now();
                }
            });
        });
    });
}
