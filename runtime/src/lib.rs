//! The free-threaded substrate of Typhon: value word, object header, reference counts, object heap,
//! locks, quiescent-state reclamation, thread states, stop-the-world, cycle collector, GIL.
//!
//! It knows nothing of Python's semantics: a type is to it a [`info::TypeInfo`] of function pointers,
//! and whatever must run Python code goes through [`hooks::Hooks`]. The rules R1..R20 cited in
//! `// SAFETY:` lines are those of ARCHITECTURE.md.
//!
//! Twin files: [`refcount`], the lock byte and what owners do without it exist twice, for the free-threaded build and for the
//! build with a global lock (feature `gil`). They are chosen here and nowhere else.

// Names in this crate are used across crates in hot loops; every one of them is `#[inline]`.
pub mod alone;
pub mod counters;
pub mod foreign;
pub mod fork;
pub mod gc;
pub mod gil;
pub mod header;
pub mod heap;
pub mod hooks;
pub mod info;
pub mod lock;
pub mod park;
pub mod pauses;
pub mod protocol;
pub mod published;
pub mod qsbr;
pub mod region;
pub mod slot;
pub mod sync;
pub mod thread;
pub mod value;
pub mod weak;

#[cfg_attr(feature = "gil", path = "refcount_gil.rs")]
pub mod refcount;

#[cfg_attr(feature = "gil", path = "rawbyte_gil.rs")]
mod rawbyte;

mod address;
mod arena;
mod barrier;
#[cfg_attr(feature = "gil", path = "bias_gil.rs")]
mod bias;
#[cfg(any(test, not(feature = "sanitized")))]
mod blocks;
mod checking;
#[cfg(not(feature = "gil"))]
mod contention;
pub mod dealloc;
mod general;
mod large;
mod page;
pub mod program_pages;
#[cfg(not(feature = "gil"))]
mod promote;
mod scavenge;
mod signals;
pub mod traffic;
mod zerocount;

pub use gc::Visitor;
pub use general::{before_sleep, into_block};
pub use header::Header;
pub use heap::{OutOfMemory, alloc, alloc_large, alloc_sized, alloc_with};
pub use hooks::{Hooks, Pending};
pub use info::TypeInfo;
pub use lock::{Guard, Guard2, Guarded, lock2};
pub use published::{Published, ReadGuard};
pub use slot::{Contended, Slot};
pub use thread::{Thread, ThreadsExhausted, World};
pub use value::Value;

/// True in the build whose threads take turns (feature `gil`).
pub const GIL_BUILD: bool = cfg!(feature = "gil");
