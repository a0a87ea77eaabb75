//! The global lock, asked for at run time or built in: one thread at a time, fairly handed over.

mod common;
use common::*;
use std::sync::atomic::{AtomicUsize, Ordering::*};
use std::time::{Duration, Instant};
use typhon_runtime::gil;

#[test]
fn threads_take_turns() {
    gil::enable();
    assert!(gil::is_enabled());
    gil::set_switch_interval(Duration::from_millis(1));
    let inside = AtomicUsize::new(0);
    let turns: Vec<AtomicUsize> = (0..3).map(|_| AtomicUsize::new(0)).collect();
    std::thread::scope(|s| {
        for mine in &turns {
            let inside = &inside;
            s.spawn(move || {
                attached(|t| {
                    let begin = Instant::now();
                    while begin.elapsed() < Duration::from_millis(200) {
                        assert_eq!(inside.fetch_add(1, SeqCst), 0, "two threads hold the lock");
                        drop(leaf(t, 1));
                        mine.fetch_add(1, Relaxed);
                        inside.fetch_sub(1, SeqCst);
                        t.safepoint_full();
                    }
                    t.detach(|| std::thread::sleep(Duration::from_millis(2)));
                    t.stop_the_world(|_| ());
                })
            });
        }
    });
    let counts: Vec<usize> = turns.iter().map(|n| n.load(Relaxed)).collect();
    let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
    assert!(
        *least > 0 && most / least.max(&1) < 50,
        "unfair: {counts:?}"
    );
}
