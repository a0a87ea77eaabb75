//! The one facade over atomics and native locks. Nothing else in the crate names `std::sync`;
//! `loom-tests` includes the files of `protocol/` over a facade of its own with the same names.

pub use parking_lot::{Condvar, Mutex, MutexGuard};
pub use std::sync::atomic::{
    AtomicBool, AtomicI64, AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize,
    Ordering, fence,
};

/// Deliberate mistakes the model checker must catch. In this facade none is ever seeded, and the
/// branches vanish; the facade of `loom-tests` seeds one per test.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bug {
    /// R5 in the other order: merged first, the owner word after.
    MergeBeforeOwner,
    /// R4 without the Release when a cell is freed.
    FreeRelaxed,
    /// R8 without the fences.
    QsbrNoFence,
    /// An unlock that forgets the parked bit.
    UnlockForgetsParked,
    /// R2 without the path check.
    ReadNoRecheck,
    /// A detach that does not look at its merge queue again.
    DetachNoRecheck,
}

#[inline(always)]
pub const fn seeded(_: Bug) -> bool {
    false
}

/// `const fn` here, plain `fn` under the model checker, whose atomics have no const constructors.
macro_rules! const_new {
    ($(#[$m:meta])* $v:vis fn $name:ident($($a:ident: $t:ty),*) -> $r:ty $body:block) => {
        $(#[$m])* $v const fn $name($($a: $t),*) -> $r $body
    };
}
pub(crate) use const_new;
