//! The facade of `runtime/src/sync.rs` over loom, with mistakes that can be seeded.

pub use loom::sync::atomic::{
    AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
};
use std::cell::Cell;

/// See the facade of the runtime.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bug {
    MergeBeforeOwner,
    FreeRelaxed,
    QsbrNoFence,
    UnlockForgetsParked,
    ReadNoRecheck,
    DetachNoRecheck,
    ExchangeNoLook,
}

// The threads of a model are coroutines of the thread that checks it.
thread_local! { static SEEDED: Cell<Option<Bug>> = const { Cell::new(None) }; }

pub fn seed(bug: Option<Bug>) {
    SEEDED.set(bug);
}

pub fn seeded(bug: Bug) -> bool {
    SEEDED.get() == Some(bug)
}

macro_rules! const_new {
    ($(#[$m:meta])* $v:vis fn $name:ident($($a:ident: $t:ty),*) -> $r:ty $body:block) => {
        $(#[$m])* $v fn $name($($a: $t),*) -> $r $body
    };
}
pub(crate) use const_new;
