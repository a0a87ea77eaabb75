//! Lists, dicts and sets under several threads: no lost updates, no torn reads, nothing freed under a reader.

use std::sync::Barrier;
use std::thread;
use typhon_vm::native::*;
use typhon_vm::objects::dict::{self, Dict};
use typhon_vm::objects::list::{self, List};
use typhon_vm::objects::set::{self, SetLike};
use typhon_vm::objects::{int, str, tuple};
use typhon_vm::{Cx, Value, init};

const THREADS: i64 = 4;
const ROUNDS: i64 = 3_000;

/// Run `f` on the main thread of a fresh interpreter.
fn with_interpreter(f: impl FnOnce(&mut Cx)) {
    init::prepare();
    let mut cx = Cx::new(true, 4 << 20).expect("address space");
    // SAFETY: the record stays in place on this thread's stack frame until `exit`.
    unsafe { cx.thread.attach_current().expect("a thread id") };
    init::start(&mut cx).unwrap_or_else(|_| panic!("start"));
    f(&mut cx);
    cx.thread.exit();
}

/// Run `f(cx, number)` on several attached threads at once, while the main thread is detached.
fn on_threads(cx: &mut Cx, f: impl Fn(&mut Cx, i64) + Sync) {
    let start = Barrier::new(THREADS as usize);
    cx.thread.detach(|| {
        thread::scope(|s| {
            for n in 0..THREADS {
                let (f, start) = (&f, &start);
                s.spawn(move || {
                    let mut cx = Cx::new(false, 1 << 20).expect("address space");
                    // SAFETY: as above.
                    unsafe { cx.thread.attach_current().expect("a thread id") };
                    cx.thread.detach(|| start.wait());
                    f(&mut cx, n);
                    cx.thread.exit();
                });
            }
        });
    });
}

fn ok<T>(r: Res<T>) -> T {
    r.unwrap_or_else(|_| panic!("an exception"))
}

fn number(v: &Value) -> i64 {
    v.as_small_int().expect("an int")
}

/// A heap object that tells its number: a tuple of one int.
fn boxed(cx: &mut Cx, n: i64) -> Value {
    let i = ok(int::new_int(cx, n));
    ok(tuple::new_tuple(cx, vec![i]))
}

fn unboxed(v: &Value) -> i64 {
    number(&v.downcast_exact::<Tuple>().expect("a tuple").items()[0])
}

#[test]
fn shared_containers() {
    with_interpreter(|cx| {
        appends_are_not_lost(cx);
        reads_meet_writers(cx);
        dict_counts(cx);
        dict_churn(cx);
        set_churn(cx);
        pops_are_not_doubled(cx);
        sort_beside_appends(cx);
    });
}

fn appends_are_not_lost(cx: &mut Cx) {
    let shared = ok(list::new_empty(cx));
    on_threads(cx, |cx, n| {
        let l = shared.downcast_exact::<List>().expect("a list");
        for i in 0..ROUNDS {
            let v = boxed(cx, n * ROUNDS + i);
            ok(l.push(cx, v));
            cx.thread.safepoint_stop();
        }
    });
    let l = shared.downcast_exact::<List>().expect("a list");
    let mut got: Vec<i64> = l.to_vec(cx).iter().map(unboxed).collect();
    got.sort_unstable();
    assert_eq!(got, (0..THREADS * ROUNDS).collect::<Vec<_>>());
}

fn reads_meet_writers(cx: &mut Cx) {
    let items = (0..64).map(|i| boxed(cx, i)).collect();
    let shared = ok(list::new_list(cx, items));
    on_threads(cx, |cx, n| {
        let l = shared.downcast_exact::<List>().expect("a list");
        for i in 0..ROUNDS {
            let at = ((i * 7 + n) % 64) as usize;
            if n == 0 {
                // Grow and shrink, so that buffers are replaced under the readers.
                let v = boxed(cx, at as i64);
                assert!(l.set(cx, at, v).is_ok());
                let more = (0..100).map(|k| boxed(cx, k)).collect();
                ok(l.extend_from_vec(cx, more));
                ok(l.splice(cx, 64, usize::MAX, vec![]));
            } else if let Some(v) = l.get(cx, at) {
                assert_eq!(unboxed(&v), at as i64);
            }
            cx.thread.safepoint_stop();
        }
    });
    assert_eq!(shared.downcast_exact::<List>().map(List::len), Some(64));
}

fn dict_counts(cx: &mut Cx) {
    // `setdefault` is atomic: one list per key, and every append arrives.
    let shared = ok(dict::new_dict(cx));
    on_threads(cx, |cx, n| {
        let d = shared.downcast_exact::<Dict>().expect("a dict");
        for i in 0..ROUNDS {
            let key = ok(str::new_str(cx, &format!("key{}", i % 50)));
            let fresh = ok(list::new_empty(cx));
            let l = ok(d.setdefault(cx, &key, &fresh));
            let v = ok(int::new_int(cx, n * ROUNDS + i));
            ok(l.downcast_exact::<List>().expect("a list").push(cx, v));
            cx.thread.safepoint_stop();
        }
    });
    let d = shared.downcast_exact::<Dict>().expect("a dict");
    assert_eq!(d.len(), 50);
    let total: usize = d
        .values_vec(cx)
        .iter()
        .map(|v| v.downcast_exact::<List>().map_or(0, List::len))
        .sum();
    assert_eq!(total as i64, THREADS * ROUNDS);
}

fn dict_churn(cx: &mut Cx) {
    // Each thread owns a residue class of keys; all read all keys. A value always names its key.
    let shared = ok(dict::new_dict(cx));
    on_threads(cx, |cx, n| {
        let d = shared.downcast_exact::<Dict>().expect("a dict");
        for i in 0..ROUNDS {
            let mine = ok(int::new_int(cx, (i % 40) * THREADS + n));
            if i % 3 == 2 {
                ok(d.remove(cx, &mine));
            } else {
                let v = boxed(cx, number(&mine));
                ok(d.set(cx, &mine, v));
            }
            let other = ok(int::new_int(cx, (i * 31) % (40 * THREADS)));
            if let Some(v) = ok(d.get(cx, &other)) {
                assert_eq!(unboxed(&v), number(&other));
            }
            if i % 500 == 0 {
                for (k, v) in d.entries(cx) {
                    assert_eq!(number(&k), unboxed(&v));
                }
            }
            cx.thread.safepoint_stop();
        }
    });
}

fn set_churn(cx: &mut Cx) {
    let shared = ok(set::new_set(cx));
    on_threads(cx, |cx, n| {
        let s = SetLike::of(&shared).expect("a set");
        for i in 0..ROUNDS {
            let v = ok(str::new_str(
                cx,
                &format!("element {}", (i % 60) * THREADS + n),
            ));
            let hash = ok(typhon_vm::protocol::hash(cx, &v));
            assert!(ok(s.add(cx, &v, hash)));
            assert!(ok(s.contains(cx, &v, hash)));
            if i % 2 == 0 {
                assert!(ok(s.discard(cx, &v, hash)));
            } else {
                let twin = ok(str::new_str(
                    cx,
                    &format!("element {}", (i % 60) * THREADS + n),
                ));
                assert!(!ok(s.add(cx, &twin, hash)));
                assert!(ok(s.discard(cx, &twin, hash)));
            }
            cx.thread.safepoint_stop();
        }
    });
    assert_eq!(SetLike::of(&shared).map(SetLike::len), Some(0));
}

fn pops_are_not_doubled(cx: &mut Cx) {
    let n = THREADS * ROUNDS;
    let shared = ok(list::new_empty(cx));
    let out = ok(list::new_empty(cx));
    for i in 0..n {
        let v = boxed(cx, i);
        ok(shared.downcast_exact::<List>().expect("a list").push(cx, v));
    }
    on_threads(cx, |cx, _| {
        let (l, out) = (
            shared.downcast_exact::<List>().expect("a list"),
            out.downcast_exact::<List>().expect("a list"),
        );
        while let Some(v) = l.remove_at(cx, |n| n.checked_sub(1)) {
            ok(out.push(cx, v));
            cx.thread.safepoint_stop();
        }
    });
    let mut got: Vec<i64> = out
        .downcast_exact::<List>()
        .expect("a list")
        .to_vec(cx)
        .iter()
        .map(unboxed)
        .collect();
    got.sort_unstable();
    assert_eq!(got, (0..n).collect::<Vec<_>>());
}

fn sort_beside_appends(cx: &mut Cx) {
    let shared = ok(list::new_empty(cx));
    on_threads(cx, |cx, n| {
        let l = shared.downcast_exact::<List>().expect("a list");
        for i in 0..200 {
            if n == 0 {
                // A list touched meanwhile is an error, and what was appended then may go; never a crash.
                if let Err(r) = list::sort::sort_list(cx, l, None, false) {
                    drop(cx.take_exc(r));
                }
            } else {
                let v = ok(int::new_int(cx, i));
                ok(l.push(cx, v));
            }
            cx.thread.safepoint_stop();
        }
    });
}
