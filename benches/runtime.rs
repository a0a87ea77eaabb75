//! The primitives of the runtime against their nearest relatives: `Arc`, the global allocator, `parking_lot`, `std`.
//!
//! `cargo bench --package typhon-runtime` prints them and, with criterion's baselines (`-- --save-baseline before`, then
//! `-- --baseline before`), compares two commits.
//!
//! SAFETY of the calls below: types are made once before any object, in static type cells; the thread that measures is
//! attached; every object is a `Leaf` or a `Node` laid out as its type says (R3, R12).

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};
use typhon_runtime::info::type_flag;
use typhon_runtime::{Header, Slot, Thread, TypeInfo, Value, Visitor, gc, region};

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

/// Runs `work` on a thread that is attached to the runtime.
fn attached<R>(work: impl FnOnce(&mut Thread) -> R) -> R {
    static TYPES: Once = Once::new();
    TYPES.call_once(|| {
        region::init();
        let node = TypeInfo {
            drop_payload: drop_node,
            traverse: traverse_node,
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

/// Allocating and freeing one object, and a thousand that live together.
fn allocation(c: &mut Criterion) {
    let mut group = c.benchmark_group("allocate and free");
    group.bench_function("object of 24 bytes", |b| {
        attached(|t| b.iter(|| drop(black_box(leaf(t, 1)))));
    });
    group.bench_function("Box of 24 bytes", |b| {
        b.iter(|| drop(black_box(Box::new([1u64; 3]))))
    });
    group.bench_function("thousand objects", |b| {
        attached(|t| b.iter(|| (0..1000).map(|n| leaf(t, n)).collect::<Vec<_>>()));
    });
    group.bench_function("thousand boxes", |b| {
        b.iter(|| (0..1000).map(|n| Box::new([n; 3])).collect::<Vec<_>>())
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
    group.bench_function("Rc", |b| {
        let value = std::rc::Rc::new(1u64);
        b.iter(|| drop(black_box(std::rc::Rc::clone(&value))));
    });
    group.finish();
}

/// Taking and releasing a lock that nobody else wants.
fn locking(c: &mut Criterion) {
    let mut group = c.benchmark_group("lock and unlock");
    group.bench_function("object", |b| {
        attached(|t| {
            let value = leaf(t, 1);
            let head = value.header().expect("a heap object");
            b.iter(|| drop(black_box(head.lock(t))));
        });
    });
    group.bench_function("parking_lot::Mutex", |b| {
        let mutex = parking_lot::Mutex::new(1u64);
        b.iter(|| drop(black_box(mutex.lock())));
    });
    group.bench_function("std::sync::Mutex", |b| {
        let mutex = std::sync::Mutex::new(1u64);
        b.iter(|| drop(black_box(mutex.lock())));
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
        attached(|t| {
            let (ready, done) = (AtomicBool::new(false), AtomicBool::new(false));
            t.detach(|| {
                std::thread::scope(|scope| {
                    scope.spawn(|| {
                        attached(|runner| {
                            ready.store(true, Ordering::Release);
                            while !done.load(Ordering::Acquire) {
                                runner.safepoint_stop();
                            }
                        });
                    });
                    while !ready.load(Ordering::Acquire) {
                        std::thread::yield_now();
                    }
                    let stopper = scope.spawn(|| {
                        attached(|t| b.iter(|| t.stop_the_world(|_| black_box(()))));
                    });
                    let ended = stopper.join();
                    // The runner must end whatever became of the measurement.
                    done.store(true, Ordering::Release);
                    ended.expect("the stopper ends well");
                });
            });
        });
    });
    group.finish();
}

/// A full collection over a hundred thousand live objects, and over as many dead cycles.
fn collecting(c: &mut Criterion) {
    const OBJECTS: usize = 100_000;
    let mut group = c.benchmark_group("collect");
    group.sample_size(10);
    group.bench_function("live objects", |b| {
        attached(|t| {
            let kept: Vec<Value> = (0..OBJECTS).map(|_| node(t, None, None)).collect();
            b.iter(|| gc::collect(t, gc::Reason::Asked));
            drop(kept);
        });
    });
    group.bench_function("dead cycles", |b| {
        attached(|t| {
            let thread: *mut Thread = t;
            b.iter_batched(
                || {
                    // SAFETY: the same thread, which nothing else borrows while the batch is made.
                    let t = unsafe { &mut *thread };
                    for _ in 0..OBJECTS / 2 {
                        let first = node(t, None, None);
                        let second = node(t, Some(first.clone()), None);
                        // SAFETY: `first` is a NODE that no other thread has seen.
                        unsafe { (*(first.as_ptr() as *const Node)).slots[0].init(second) };
                    }
                },
                // SAFETY: as above.
                |()| gc::collect(unsafe { &mut *thread }, gc::Reason::Asked),
                BatchSize::PerIteration,
            );
        });
    });
    group.finish();
}

criterion_group!(benches, allocation, counting, locking, stopping, collecting);
criterion_main!(benches);
