//! The primitives of the runtime against their nearest relatives: `Arc`, the global allocator, `parking_lot`, `std`.
//!
//! `cargo bench --package typhon-runtime --bench runtime` prints them. Two commits are compared with criterion's baselines:
//! `-- --save-baseline before` on the one, `-- --baseline before` on the other (see docs/measuring.md).
//!
//! SAFETY of the calls below: types are made once before any object, in static type cells; the thread that measures is
//! attached; every object is a `Leaf` or a `Node` laid out as its type says (R3, R12).

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};
use typhon_runtime::info::type_flag;
use typhon_runtime::lock::{Guarded, lock2};
use typhon_runtime::{Header, Slot, Thread, TypeInfo, Value, Visitor, gc, qsbr, region};

const TYPE: u32 = region::static_type_word(0);
const LEAF: u32 = region::static_type_word(1);
const NODE: u32 = region::static_type_word(2);

/// 32 bytes with its header, like a float that does not fit in a word.
#[repr(C)]
struct Leaf {
    head: Header,
    number: u64,
}

/// A container of two values.
#[repr(C)]
struct Node {
    head: Header,
    slots: [Slot; 2],
}

unsafe fn drop_node(head: *mut Header, thread: &Thread) {
    // SAFETY: only cells of type NODE come here, and nobody else holds them (R12).
    for slot in unsafe { &(*(head as *const Node)).slots } {
        slot.drop_unshared(thread);
    }
}

unsafe fn traverse_node(head: *const Header, visitor: &mut Visitor) {
    // SAFETY: only cells of type NODE come here.
    visitor.visit_slots(unsafe { &(*(head as *const Node)).slots });
}

unsafe fn clear_node(head: *mut Header, thread: &mut Thread) {
    // SAFETY: only cells of type NODE come here; the collector found them dead and holds them.
    let node = unsafe { &*(head as *const Node) };
    let guard = node.head.lock(thread);
    let displaced = [node.slots[0].take(), node.slots[1].take()];
    drop(guard);
    drop(displaced);
}

/// Runs `work` on a thread that is attached to the runtime.
fn attached<R>(work: impl FnOnce(&mut Thread) -> R) -> R {
    static TYPES: Once = Once::new();
    TYPES.call_once(|| {
        region::init();
        let node = TypeInfo {
            drop_payload: drop_node,
            traverse: traverse_node,
            clear: clear_node,
            ..TypeInfo::new(type_flag::GC, size_of::<Node>() as u32)
        };
        let types = [
            (TYPE, TypeInfo::new(type_flag::IS_TYPE, 1024)),
            (LEAF, TypeInfo::new(0, size_of::<Leaf>() as u32)),
            (NODE, node),
        ];
        for (word, info) in types {
            // SAFETY: static type cells exist once the region is made, and nothing names them yet.
            unsafe {
                let cell = region::type_ptr(word) as *mut u8;
                (cell.add(size_of::<Header>()) as *mut TypeInfo).write(info);
                (*(cell as *const Header)).init_static(TYPE);
            }
        }
    });
    let mut thread = Box::new(Thread::new());
    // SAFETY: the record stays where it is until `exit`.
    unsafe { thread.attach_current() }.expect("a thread id is free");
    let result = work(&mut thread);
    thread.exit();
    result
}

fn leaf(thread: &Thread, number: u64) -> Value {
    // SAFETY: a `Leaf` is a header and a number.
    unsafe { typhon_runtime::alloc(thread, LEAF, number) }.expect("memory")
}

fn node(thread: &Thread, a: Option<Value>, b: Option<Value>) -> Value {
    // SAFETY: both slots are written before the type is stored (R12).
    unsafe {
        typhon_runtime::alloc_with::<Node>(thread, NODE, |cell| {
            (&raw mut (*cell).slots).write([Slot::new(a), Slot::new(b)]);
        })
    }
    .expect("memory")
}

/// An object of so many bytes, header included, whose content nobody looks at.
fn sized(thread: &Thread, bytes: usize) -> Value {
    // SAFETY: a LEAF's content is never read, dropped or visited; the header is the allocator's business.
    unsafe { typhon_runtime::heap::alloc_sized(thread, bytes, LEAF, |_| {}) }.expect("memory")
}

/// Measures while another attached thread does `other` again and again.
fn beside(other: impl Fn(&mut Thread) + Sync, measured: impl FnOnce(&mut Thread) + Send) {
    let (ready, done) = (AtomicBool::new(false), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            attached(|t| {
                ready.store(true, Ordering::Release);
                while !done.load(Ordering::Acquire) {
                    other(t);
                    t.safepoint_stop();
                }
            });
        });
        while !ready.load(Ordering::Acquire) {
            std::thread::yield_now();
        }
        let ended = scope.spawn(|| attached(measured)).join();
        // The other thread must end whatever became of the measurement.
        done.store(true, Ordering::Release);
        ended.expect("the measurement ends well");
    });
}

/// Allocating and freeing one object, and a thousand that live together, by size.
fn allocation(c: &mut Criterion) {
    let mut group = c.benchmark_group("allocate and free");
    for bytes in [32, 64, 128, 256, 512, 4096] {
        group.bench_function(format!("object of {bytes} bytes"), |b| {
            attached(|t| b.iter(|| drop(black_box(sized(t, bytes)))));
        });
        group.bench_function(format!("block of {bytes} bytes"), |b| {
            b.iter(|| drop(black_box(Vec::<u8>::with_capacity(bytes))))
        });
    }
    for bytes in [32, 256] {
        group.bench_function(format!("thousand objects of {bytes} bytes"), |b| {
            attached(|t| b.iter(|| (0..1000).map(|_| sized(t, bytes)).collect::<Vec<_>>()));
        });
        group.bench_function(format!("thousand blocks of {bytes} bytes"), |b| {
            let block = |_| Vec::<u8>::with_capacity(bytes);
            b.iter(|| (0..1000).map(block).collect::<Vec<_>>())
        });
    }
    group.finish();
}

/// A thousand made here and freed by another thread.
fn allocation_across(c: &mut Criterion) {
    let mut group = c.benchmark_group("free in another thread");
    group.bench_function("thousand objects", |b| {
        let (give, take) = std::sync::mpsc::sync_channel::<Vec<Value>>(4);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                attached(|t| {
                    while let Ok(batch) = t.detach(|| take.recv()) {
                        drop(batch);
                        t.safepoint_full();
                    }
                })
            });
            attached(|t| {
                b.iter(|| {
                    let batch: Vec<Value> = (0..1000).map(|n| leaf(t, n)).collect();
                    t.detach(|| give.send(batch))
                        .expect("the other thread lives");
                    t.safepoint_full();
                });
            });
            drop(give);
        });
    });
    group.bench_function("thousand boxes", |b| {
        let (give, take) = std::sync::mpsc::sync_channel::<Vec<Box<[u64; 3]>>>(4);
        std::thread::scope(|scope| {
            scope.spawn(move || take.into_iter().for_each(drop));
            b.iter(|| {
                let batch = (0..1000).map(|n| Box::new([n; 3])).collect();
                give.send(batch).expect("the other thread lives");
            });
            drop(give);
        });
    });
    group.finish();
}

/// Copying a counted reference and dropping the copy.
fn counting(c: &mut Criterion) {
    let mut group = c.benchmark_group("copy and drop a reference");
    group.bench_function("owner", |b| {
        attached(|t| {
            let value = leaf(t, 1);
            b.iter(|| drop(black_box(value.clone())));
        });
    });
    group.bench_function("not the owner", |b| {
        attached(|t| {
            let value = leaf(t, 1);
            t.detach(|| {
                std::thread::scope(|scope| {
                    scope.spawn(|| attached(|_| b.iter(|| drop(black_box(value.clone())))));
                });
            });
        });
    });
    group.bench_function("two that are not the owner, at once", |b| {
        attached(|t| {
            let value = leaf(t, 1);
            t.detach(|| {
                beside(
                    |_| (0..100).for_each(|_| drop(black_box(value.clone()))),
                    |_| b.iter(|| drop(black_box(value.clone()))),
                );
            });
        });
    });
    group.bench_function("deferred, for a register, two threads at once", |b| {
        attached(|t| {
            let value = leaf(t, 1);
            value.header().expect("a heap object").set_deferred();
            t.detach(|| {
                beside(
                    |_| (0..100).for_each(|_| drop(black_box(value.clone_ref_for_register()))),
                    |_| b.iter(|| drop(black_box(value.clone_ref_for_register()))),
                );
            });
        });
    });
    group.bench_function("small int", |b| {
        attached(|_| {
            let value = Value::small_int(5);
            b.iter(|| drop(black_box(black_box(&value).clone())));
        });
    });
    group.bench_function("Arc", |b| {
        let value = Arc::new(1u64);
        b.iter(|| drop(black_box(Arc::clone(&value))));
    });
    group.bench_function("Arc, two threads at once", |b| {
        let value = Arc::new(1u64);
        beside(
            |_| (0..100).for_each(|_| drop(black_box(Arc::clone(&value)))),
            |_| b.iter(|| drop(black_box(Arc::clone(&value)))),
        );
    });
    group.bench_function("Rc", |b| {
        let value = std::rc::Rc::new(1u64);
        b.iter(|| drop(black_box(std::rc::Rc::clone(&value))));
    });
    group.finish();
}

/// Taking and releasing locks: one and two that nobody else wants, and one that another thread wants as well.
fn locking(c: &mut Criterion) {
    let mut group = c.benchmark_group("lock and unlock");
    group.bench_function("object", |b| {
        attached(|t| {
            let value = leaf(t, 1);
            let head = value.header().expect("a heap object");
            b.iter(|| drop(black_box(head.lock(t))));
        });
    });
    group.bench_function("two objects (lock2)", |b| {
        attached(|t| {
            let (one, other) = (leaf(t, 1), leaf(t, 2));
            let heads = (
                one.header().expect("an object"),
                other.header().expect("an object"),
            );
            let data = (Guarded::new(1), Guarded::new(2));
            b.iter(|| drop(black_box(lock2(&data.0, heads.0, &data.1, heads.1, t))));
        });
    });
    group.bench_function("object, two threads", |b| {
        attached(|t| {
            let value = leaf(t, 1);
            let head = value.header().expect("a heap object");
            t.detach(|| {
                beside(
                    |t| drop(black_box(head.lock(t))),
                    |t| b.iter(|| drop(black_box(head.lock(t)))),
                );
            });
        });
    });
    group.bench_function("parking_lot::Mutex", |b| {
        let mutex = parking_lot::Mutex::new(1u64);
        b.iter(|| drop(black_box(mutex.lock())));
    });
    group.bench_function("two of parking_lot::Mutex", |b| {
        let (one, other) = (parking_lot::Mutex::new(1u64), parking_lot::Mutex::new(1u64));
        b.iter(|| drop(black_box((one.lock(), other.lock()))));
    });
    group.bench_function("parking_lot::Mutex, two threads", |b| {
        let mutex = parking_lot::Mutex::new(1u64);
        beside(
            |_| drop(black_box(mutex.lock())),
            |_| b.iter(|| drop(black_box(mutex.lock()))),
        );
    });
    group.bench_function("std::sync::Mutex", |b| {
        let mutex = std::sync::Mutex::new(1u64);
        b.iter(|| drop(black_box(mutex.lock())));
    });
    group.finish();
}

/// Freeing what a lock-free reader might still look at, against freeing at once.
fn reclaiming(c: &mut Criterion) {
    let mut group = c.benchmark_group("reclaim");
    for bytes in [64, 4096] {
        let buffer = move || Box::new(vec![0u8; bytes]);
        group.bench_function(format!("retire {bytes} bytes (QSBR)"), |b| {
            attached(|t| {
                b.iter(|| {
                    qsbr::retire(t, buffer());
                    t.safepoint_full();
                });
            });
        });
        group.bench_function(format!("drop {bytes} bytes"), |b| {
            b.iter(|| drop(black_box(buffer())))
        });
    }
    group.bench_function("safepoint with nothing to do", |b| {
        attached(|t| b.iter(|| t.safepoint_full()));
    });
    group.finish();
}

/// What a thread pays for being stopped and for letting itself be stopped.
fn stopping(c: &mut Criterion) {
    let mut group = c.benchmark_group("threads");
    group.bench_function("detach and attach", |b| {
        attached(|t| b.iter(|| t.detach(|| black_box(()))))
    });
    group.bench_function("stop the world, alone", |b| {
        attached(|t| b.iter(|| t.stop_the_world(|_| black_box(()))))
    });
    group.bench_function("stop the world, one runner", |b| {
        beside(|_| (), |t| b.iter(|| t.stop_the_world(|_| black_box(()))));
    });
    group.finish();
}

/// A full collection, by the number of live objects, and of objects in dead cycles.
fn collecting(c: &mut Criterion) {
    let mut group = c.benchmark_group("collect");
    group.sample_size(10);
    for objects in [1_000, 10_000, 100_000, 1_000_000] {
        group.bench_function(format!("{objects} live objects"), |b| {
            attached(|t| {
                let kept: Vec<Value> = (0..objects).map(|_| node(t, None, None)).collect();
                b.iter(|| gc::collect(t, gc::Reason::Asked));
                drop(kept);
            });
        });
    }
    for objects in [1_000usize, 10_000, 100_000] {
        group.bench_function(format!("{objects} objects in dead cycles"), |b| {
            attached(|t| {
                let thread: *mut Thread = t;
                b.iter_batched(
                    || {
                        // SAFETY: the same thread, which nothing else borrows while the batch is made.
                        let t = unsafe { &mut *thread };
                        for _ in 0..objects / 2 {
                            let first = node(t, None, None);
                            let second = node(t, Some(first.clone()), None);
                            // SAFETY: `first` is a NODE that no other thread has seen.
                            unsafe { (*(first.as_ptr() as *const Node)).slots[0].init(second) };
                        }
                    },
                    // SAFETY: as above.
                    |()| {
                        let found = gc::collect(unsafe { &mut *thread }, gc::Reason::Asked);
                        assert_eq!(found.found, objects, "only this batch is garbage");
                    },
                    BatchSize::PerIteration,
                );
            });
        });
    }
    group.finish();
}

criterion_group!(
    benches,
    allocation,
    allocation_across,
    counting,
    locking,
    reclaiming,
    stopping,
    collecting
);
criterion_main!(benches);
