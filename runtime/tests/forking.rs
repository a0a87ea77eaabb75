//! Fork while other threads run, wait for locks and sleep: the child works alone.
// SAFETY (whole file): the child only runs code that is safe after a fork.

mod common;
use common::*;
use std::sync::atomic::{AtomicBool, Ordering::*};
use std::time::Duration;
use typhon_runtime::park::{RawLock, Wait};
use typhon_runtime::{fork, gc, thread};

#[test]
fn the_child_works_alone() {
    attached(|t| {
        let lock = RawLock::new();
        assert!(lock.try_lock());
        let stop = AtomicBool::new(false);
        let shared = node(t);
        let theirs = std::sync::Mutex::new(Vec::new());
        std::thread::scope(|s| {
            for k in 0..3 {
                let (lock, stop, shared, theirs) = (&lock, &stop, &shared, &theirs);
                s.spawn(move || {
                    attached(|t| {
                        while !stop.load(Relaxed) {
                            if k == 0 {
                                let _ = lock.lock(t, Some(Duration::from_millis(1)), true);
                            } else {
                                drop(shared.header().unwrap().lock(t));
                                let v = leaf(t, 3);
                                if let Ok(mut list) = theirs.try_lock() {
                                    list.push(v);
                                    list.truncate(100);
                                }
                            }
                            t.safepoint_full();
                        }
                    })
                });
            }
            for _ in 0..20 {
                t.detach(|| std::thread::sleep(Duration::from_millis(3)));
                let mine = theirs.lock().unwrap().pop();
                match fork::fork(t).unwrap() {
                    0 => {
                        assert_eq!(thread::running_threads(), 1);
                        drop(shared.header().unwrap().lock(t));
                        drop(mine);
                        for i in 0..5000 {
                            drop(leaf(t, i));
                        }
                        t.safepoint_full();
                        gc::collect(t, gc::Reason::Asked);
                        assert_eq!(
                            lock.lock(t, Some(Duration::from_millis(2)), false),
                            Wait::TimedOut
                        );
                        std::thread::spawn(|| attached(|t| drop(leaf(t, 1))));
                        t.detach(|| std::thread::sleep(Duration::from_millis(5)));
                        unsafe { libc::_exit(0) };
                    }
                    pid => {
                        let mut status = 1;
                        t.detach(|| unsafe { libc::waitpid(pid, &mut status, 0) });
                        assert_eq!(status, 0, "the child failed");
                    }
                }
            }
            stop.store(true, Relaxed);
            while thread::running_threads() > 1 {
                t.detach(|| std::thread::sleep(Duration::from_millis(1)));
            }
        });
    });
}
