//! Threads of models. The checker remembers only the last access to each atomic: where one thread loads, and another loads
//! and then stores, it does not try the store first if the lone load came first. So parent and child begin by a step in
//! common, and each runs first in some interleavings.

use crate::sync::{AtomicU32, Ordering};
use loom::sync::Arc;
pub use loom::thread::{JoinHandle, yield_now};

pub fn spawn<T: 'static>(f: impl FnOnce() -> T + 'static) -> JoinHandle<T> {
    let gate = Arc::new(AtomicU32::new(0));
    let theirs = gate.clone();
    let handle = loom::thread::spawn(move || {
        theirs.fetch_add(1, Ordering::Relaxed);
        f()
    });
    gate.fetch_add(1, Ordering::Relaxed);
    handle
}
