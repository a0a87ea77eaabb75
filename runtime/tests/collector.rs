//! The cycle collector: cycles, registers as roots, weak references, finalizers, types, threads.
// SAFETY (whole file): every test makes its own world; the pointers it follows belong to objects it holds a count of.

mod common;
use common::*;
use std::cell::RefCell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use typhon_runtime::gc::{self, Reason};
use typhon_runtime::info::type_flag;
use typhon_runtime::{
    Header, Hooks, Pending, Thread, TypeInfo, Value, Visitor, hooks, region, weak,
};

static FINALIZED: AtomicUsize = AtomicUsize::new(0);
static CALLED: AtomicUsize = AtomicUsize::new(0);
static REGISTERS: Mutex<Vec<u64>> = Mutex::new(Vec::new());
/// The tests look at common counters.
static ONE: Mutex<()> = Mutex::new(());

thread_local! { static KEEP: RefCell<Option<Vec<Value>>> = const { RefCell::new(None) }; }

fn setup() {
    hooks::install(Hooks {
        visit_thread_roots: |_, v: &mut Visitor| {
            for &bits in REGISTERS.lock().unwrap().iter() {
                v.root_bits(bits);
            }
        },
        visit_global_roots: |_| {},
        run_finalizer: |_, value| {
            FINALIZED.fetch_add(1, Relaxed);
            KEEP.with_borrow_mut(|k| {
                if let Some(list) = k {
                    list.push(value.clone())
                }
            });
        },
        weakrefs_cleared: |_, refs| {
            CALLED.fetch_add(refs.len(), Relaxed);
        },
        class_condemned: |_| {},
        collecting: |_, _| {},
        collected: |_, _, _| {},
    });
}

fn run(f: impl FnOnce(&mut Thread)) {
    let _one = ONE.lock().unwrap_or_else(|e| e.into_inner());
    setup();
    attached(|t| {
        let nodes = NODES.load(Relaxed);
        f(t);
        t.run_pending();
        gc::collect(t, Reason::Asked);
        assert_eq!(NODES.load(Relaxed), nodes, "nodes leaked or freed twice");
    });
}

fn cycle(t: &Thread, n: usize, ty: u32) -> Vec<Value> {
    let all: Vec<_> = (0..n).map(|_| node_of(t, ty)).collect();
    for i in 0..n {
        slots(&all[i])[0].init(all[(i + 1) % n].clone());
        slots(&all[i])[1].init(leaf(t, i as u64));
    }
    all
}

#[test]
fn cycles_die_and_the_reachable_live() {
    run(|t| {
        let base = NODES.load(Relaxed);
        drop(cycle(t, 1000, NODE));
        let kept = cycle(t, 10, NODE);
        let outside = node(t);
        slots(&outside)[0].init(kept[3].clone());
        drop(kept);
        let c = gc::collect(t, Reason::Asked);
        assert_eq!(c.found, 1000);
        assert_eq!(NODES.load(Relaxed), base + 11);
        assert!(c.alive >= 11);
    });
}

/// Marks are told from those of earlier collections by a number that comes again.
#[test]
fn marks_of_earlier_collections_count_for_nothing() {
    run(|t| {
        let kept = node(t);
        let dead = cycle(t, 3, NODE);
        for round in 0..600 {
            let made = cycle(t, 2, NODE);
            drop(made);
            let found = gc::collect(t, Reason::Asked).found;
            assert_eq!(found, 2, "in round {round}");
        }
        drop(dead);
        assert_eq!(gc::collect(t, Reason::Asked).found, 3);
        drop(kept);
    });
}

#[test]
fn large_cells_and_self_reference() {
    run(|t| {
        let v = unsafe {
            NODES.fetch_add(1, Relaxed);
            typhon_runtime::alloc_sized(t, 4096, NODE, |p| {
                std::ptr::write_bytes(p.add(16), 0, 4096 - 16);
                (*(p as *mut Node)).check = p as u64 ^ 0x5555;
            })
            .unwrap()
        };
        slots(&v)[0].init(v.clone());
        drop(v);
        assert_eq!(gc::collect(t, Reason::Asked).found, 1);
    });
}

#[test]
fn registers_keep_deferred_objects() {
    run(|t| {
        let v = node(t);
        v.header().unwrap().set_deferred();
        REGISTERS
            .lock()
            .unwrap()
            .push(v.clone_ref_for_register().bits());
        let n = NODES.load(Relaxed);
        drop(v);
        assert_eq!(gc::collect(t, Reason::Asked).found, 0);
        assert_eq!(NODES.load(Relaxed), n);
        REGISTERS.lock().unwrap().clear();
        assert_eq!(gc::collect(t, Reason::Asked).found, 1);
        assert_eq!(NODES.load(Relaxed), n - 1);
    });
}

#[test]
fn deferred_objects_die_without_a_collection() {
    run(|t| {
        gc::disable();
        let n = NODES.load(Relaxed);
        let v = node(t);
        v.header().unwrap().set_deferred();
        REGISTERS
            .lock()
            .unwrap()
            .push(v.clone_ref_for_register().bits());
        let w = weakref(t, &v, false);
        let holder = node(t);
        slots(&holder)[0].init(v);
        drop(holder);
        let wait = |t: &mut Thread| {
            t.detach(|| std::thread::sleep(std::time::Duration::from_millis(30)));
            t.safepoint_full();
        };
        wait(t);
        assert_eq!(NODES.load(Relaxed), n + 1, "a register names it");
        drop(weak::upgrade(t, cell(&w)).unwrap());
        REGISTERS.lock().unwrap().clear();
        wait(t);
        assert_eq!(NODES.load(Relaxed), n);
        assert!(cell(&w).is_dead());
        gc::enable();
    });
}

#[test]
fn weak_references() {
    run(|t| {
        let v = node(t);
        let w = weakref(t, &v, true);
        let w2 = weakref(t, &v, false);
        assert_eq!(weak::count(&v), 2);
        assert!(weak::upgrade(t, cell(&w)).unwrap().is(&v));
        drop(v);
        assert!(weak::upgrade(t, cell(&w)).is_none() && cell(&w2).is_dead());
        match t.take_pending() {
            Some(Pending::WeakrefCallbacks(refs)) => assert!(refs.len() == 1 && refs[0].is(&w)),
            _ => panic!("the callback is pending"),
        }
        // In a cycle.
        let called = CALLED.load(Relaxed);
        let all = cycle(t, 3, NODE);
        let w = weakref(t, &all[1], true);
        let w2 = weakref(t, &all[2], false);
        drop(all);
        gc::collect(t, Reason::Asked);
        assert_eq!(CALLED.load(Relaxed), called + 1);
        assert!(cell(&w).is_dead() && cell(&w2).is_dead());
    });
}

#[test]
fn finalizers_run_once_and_may_resurrect() {
    run(|t| {
        let n = FINALIZED.load(Relaxed);
        drop(node_of(t, DEL_NODE));
        t.safepoint_full();
        assert_eq!(FINALIZED.load(Relaxed), n + 1);
        KEEP.set(Some(Vec::new()));
        let nodes = NODES.load(Relaxed);
        drop(cycle(t, 5, DEL_NODE));
        let c = gc::collect(t, Reason::Asked);
        assert_eq!((c.found, c.resurrected), (5, 5));
        assert_eq!(FINALIZED.load(Relaxed), n + 6);
        assert_eq!(NODES.load(Relaxed), nodes + 5);
        KEEP.take();
        let c = gc::collect(t, Reason::Asked);
        assert_eq!((c.found, c.resurrected), (5, 0));
        assert_eq!(FINALIZED.load(Relaxed), n + 6, "a finalizer runs once");
        assert_eq!(NODES.load(Relaxed), nodes);
    });
}

#[test]
fn types_die_after_their_instances() {
    static TYPES: AtomicUsize = AtomicUsize::new(0);
    unsafe fn drop_type(h: *mut Header, t: &Thread) {
        TYPES.fetch_sub(1, Relaxed);
        unsafe { (*((h as *mut u8).add(512) as *const typhon_runtime::Slot)).drop_unshared(t) };
    }
    unsafe fn traverse_type(h: *const Header, v: &mut Visitor) {
        v.visit_slot(unsafe { &*((h as *const u8).add(512) as *const typhon_runtime::Slot) });
    }
    unsafe fn clear_type(h: *mut Header, _: &mut Thread) {
        drop(unsafe { (*((h as *mut u8).add(512) as *const typhon_runtime::Slot)).take() });
    }
    unsafe fn drop_instance(h: *mut Header, t: &Thread) {
        NODES.fetch_sub(1, Relaxed);
        assert!(
            unsafe { (*h).info().has(type_flag::GC) },
            "its type was freed before it"
        );
        for s in unsafe { &(*(h as *const Node)).slots } {
            s.drop_unshared(t);
        }
    }
    const META: u32 = region::static_type_word(9);
    run(|t| unsafe {
        let meta = region::type_ptr(META) as *mut u8;
        (meta.add(16) as *mut TypeInfo).write(TypeInfo {
            drop_payload: drop_type,
            traverse: traverse_type,
            clear: clear_type,
            ..TypeInfo::new(type_flag::GC | type_flag::IS_TYPE, 1024)
        });
        (*(meta as *const Header)).init_static(TYPE);
        let make = |t: &Thread| {
            TYPES.fetch_add(1, Relaxed);
            let cell = region::alloc_type_cell(t);
            let node = region::info(NODE);
            (cell.add(16) as *mut TypeInfo).write(TypeInfo {
                drop_payload: drop_instance,
                traverse: node.traverse,
                clear: node.clear,
                ..TypeInfo::new(type_flag::GC, size_of::<Node>() as u32)
            });
            (*(cell as *const Header)).init_cell(t, META, typhon_runtime::header::flag::DEFERRED);
            Value::from_header(cell as *const Header)
        };
        // The type holds an instance and nobody holds the type.
        let ty = make(t);
        let word = region::word_of(ty.as_ptr() as *const u8);
        let instance = node_of(t, word);
        (*((ty.as_ptr() as *const u8).add(512) as *const typhon_runtime::Slot)).init(instance);
        drop(ty);
        // A type alive through an instance only.
        let ty = make(t);
        let alive = node_of(t, region::word_of(ty.as_ptr() as *const u8));
        drop(ty);
        gc::collect(t, Reason::Asked);
        assert_eq!(TYPES.load(Relaxed), 1);
        drop(alive);
        gc::collect(t, Reason::Asked);
        assert_eq!(TYPES.load(Relaxed), 0);
    });
}

#[test]
fn threads_make_cycles_while_others_collect() {
    run(|t| {
        let stop = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|s| {
            for _ in 0..3 {
                s.spawn(|| {
                    attached(|t| {
                        let keep = cycle(t, 50, NODE);
                        while !stop.load(Relaxed) {
                            drop(cycle(t, 5, NODE));
                            t.safepoint_full();
                        }
                        for (i, v) in keep.iter().enumerate() {
                            let next = slots(v)[0].get_locked().unwrap();
                            assert!(next.is(&keep[(i + 1) % 50]));
                            assert_eq!(number(&slots(v)[1].get_locked().unwrap()), i as u64);
                        }
                        drop(keep);
                        gc::collect(t, Reason::Asked);
                    })
                });
            }
            let mut found = 0;
            for _ in 0..50 {
                found += gc::collect(t, Reason::Asked).found;
                t.detach(|| std::thread::sleep(std::time::Duration::from_millis(2)));
            }
            stop.store(true, Relaxed);
            assert!(found > 0 || gc::totals().found > 0);
            assert!(
                gc::stats_of_heap(t).live_bytes < 200 << 20,
                "garbage outruns the collector"
            );
            // The scope joins: this thread sleeps meanwhile.
            t.detach(|| std::thread::sleep(std::time::Duration::from_millis(50)));
            while typhon_runtime::thread::running_threads() > 1 {
                t.detach(|| std::thread::sleep(std::time::Duration::from_millis(5)));
            }
        });
    });
}

/// The collector's own references are no traffic: whoever owns garbage is not asked to merge it, which would keep it until then.
#[test]
fn what_other_threads_own_dies_in_the_collection_that_finds_it() {
    run(|t| {
        let turn = std::sync::Barrier::new(2);
        let mut seen = Vec::new();
        std::thread::scope(|s| {
            s.spawn(|| {
                attached(|t| {
                    for _ in 0..200 {
                        for node in cycle(t, 200, NODE) {
                            node.header().unwrap().set_deferred();
                        }
                        t.detach(|| turn.wait());
                        t.detach(|| turn.wait());
                    }
                })
            });
            for _ in 0..200 {
                t.detach(|| turn.wait());
                let nodes = NODES.load(Relaxed);
                let found = gc::collect(t, Reason::Asked).found;
                seen.push((found, nodes - NODES.load(Relaxed)));
                t.detach(|| turn.wait());
            }
            t.detach(|| std::thread::sleep(std::time::Duration::from_millis(20)));
        });
        assert_eq!(seen, [(200, 200); 200]);
    });
}

#[test]
fn the_verifier_sees_a_missing_count() {
    run(|t| {
        let all = cycle(t, 3, NODE);
        assert_eq!(gc::verify(t), Vec::<String>::new());
        // A reference in the heap that nobody counted.
        unsafe { slots(&all[0])[2].set_bits(all[1].bits()) };
        let extra = all[1].clone();
        drop(all);
        drop(extra);
        // all[1] is counted once (by all[0]) and referred to twice.
        t.stop_the_world(|_| ());
        let complaints = gc::verify(t);
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        // Count it after all, so that the test leaves a sound heap.
        gc::objects(t).into_iter().for_each(|v| {
            if v.type_word() == NODE && slots(&v)[2].peek_bits() != 0 {
                slots(&v)[2].get_locked().map(Value::into_bits);
            }
        });
    });
}

#[test]
fn growth_triggers() {
    run(|t| {
        let before = gc::totals().collections;
        for _ in 0..200_000 {
            drop(cycle(t, 2, NODE));
            t.safepoint_full();
        }
        assert!(gc::totals().collections > before + 3);
        let live = t
            .stop_the_world(|w| typhon_runtime::heap::stats(w))
            .live_cells;
        assert!(live < 400_000);
    });
}
