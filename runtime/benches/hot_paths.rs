//! What the hottest operations cost, in nanoseconds: `cargo bench -p typhon-runtime`.
// SAFETY (whole file): the objects measured are held for the whole run.

#[path = "../tests/common/mod.rs"]
mod common;
use common::*;
use std::hint::black_box;
use std::sync::{Barrier, Mutex};
use std::time::Instant;
use typhon_runtime::{Header, Hooks, Slot, Thread, TypeInfo, Value, gc, hooks, region};

fn best(name: &str, per: usize, mut f: impl FnMut()) {
    let ns = (0..5)
        .map(|_| {
            let begin = Instant::now();
            f();
            begin.elapsed().as_nanos() as f64 / per as f64
        })
        .fold(f64::MAX, f64::min);
    println!("{name:<44} {ns:8.2} ns");
}

const PLAIN: u32 = region::static_type_word(30);

/// An object of a type with nothing to drop.
#[inline(always)]
fn plain(t: &Thread, number: u64) -> Value {
    unsafe { typhon_runtime::alloc(t, PLAIN, number).unwrap() }
}

fn main() {
    init();
    hooks::install(Hooks {
        visit_thread_roots: |_, _| {},
        visit_global_roots: |v| ROOTS.lock().unwrap().iter().for_each(|r| v.root(r)),
        run_finalizer: |_, _| {},
        weakrefs_cleared: |_, _| {},
        class_condemned: |_| {},
        collecting: |_, _| {},
        collected: |_, _, _| {},
    });
    unsafe {
        let cell = region::type_ptr(PLAIN) as *mut u8;
        (cell.add(16) as *mut TypeInfo).write(TypeInfo::new(0, 24));
        (*(cell as *const Header)).init_static(TYPE);
    }
    const N: usize = 2_000_000;
    attached(|t| {
        let v = leaf(t, 1);
        best("clone + drop, owner, id from the thread local", N, || {
            for _ in 0..N {
                drop(black_box(&v).clone());
            }
        });
        best("clone_in + drop_in, owner", N, || {
            for _ in 0..N {
                black_box(&v).clone_in(t.tid).drop_in(t);
            }
        });
        let immortal = leaf(t, 1);
        immortal.header().unwrap().set_immortal();
        best("alloc + free, 32 bytes", N, || {
            for i in 0..N {
                black_box(plain(t, i as u64)).drop_in(t);
            }
        });
        let mut many: Vec<Value> = Vec::with_capacity(1000);
        best("alloc + free, 32 bytes, 1000 at a time", N, || {
            for _ in 0..N / 1000 {
                many.extend((0..1000).map(|i| plain(t, i)));
                many.drain(..).for_each(|v| v.drop_in(t));
            }
        });
        let slot = Slot::new(Some(leaf(t, 2)));
        best("slot: try_get + drop, owner", N, || {
            for _ in 0..N {
                drop(black_box(&slot).try_get_in(t.tid, || true).unwrap());
            }
        });
        best("slot: swap", N, || {
            for i in 0..N {
                drop(slot.swap(Some(Value::small_int(i as i32))));
            }
        });
        best("safepoint, nothing due", N, || {
            for _ in 0..N {
                black_box(&mut *t).safepoint_full();
            }
        });
        let object = node(t);
        best("object lock + unlock, uncontended", N, || {
            for _ in 0..N {
                drop(black_box(&object).header().unwrap().lock(t));
            }
        });
        live_heap(t);
        shared_reads(t, false);
        shared_reads(t, true);
    });
}

static ROOTS: Mutex<Vec<Value>> = Mutex::new(Vec::new());

/// A collection over a million live objects.
fn live_heap(t: &mut Thread) {
    const N: usize = 1_000_000;
    let mut roots: Vec<Value> = Vec::new();
    let mut r = 88_172_645_463_325_252u64;
    for i in 0..N {
        let v = node(t);
        r ^= r << 13;
        r ^= r >> 7;
        r ^= r << 17;
        if i > 0 {
            slots(&v)[0].init(roots[r as usize % roots.len()].clone());
        }
        roots.push(v);
    }
    best("collection, per live object, no roots known", N, || {
        black_box(gc::collect(t, gc::Reason::Asked));
    });
    *ROOTS.lock().unwrap() = roots;
    best("collection, per live object, from roots", N, || {
        black_box(gc::collect(t, gc::Reason::Asked));
    });
    best("collection with garbage, per dead object", N / 10, || {
        for _ in 0..N / 20 {
            let (a, b) = (node(t), node(t));
            slots(&a)[0].init(b.clone());
            slots(&b)[0].init(a);
        }
        black_box(gc::collect(t, gc::Reason::Asked));
    });
    ROOTS.lock().unwrap().clear();
}

/// Two threads that own nothing read one slot.
fn shared_reads(t: &mut Thread, deferred: bool) {
    const N: usize = 1_000_000;
    let v = leaf(t, 3);
    v.header().unwrap().mark_readable();
    if deferred {
        v.header().unwrap().set_deferred();
    }
    let slot = Slot::new(Some(v));
    let start = Barrier::new(2);
    std::thread::scope(|s| {
        let run = || {
            attached(|t| {
                start.wait();
                let begin = Instant::now();
                for _ in 0..N {
                    let v = slot.try_get_for_register(t.tid, || true);
                    drop(black_box(v));
                }
                begin.elapsed().as_nanos() as f64 / N as f64
            })
        };
        let threads = [s.spawn(run), s.spawn(run)];
        let ns = t.detach(|| threads.map(|h| h.join().unwrap()));
        println!(
            "slot read by two threads, deferred {deferred:<10} {:8.2} ns",
            ns[0].max(ns[1])
        );
    });
}
