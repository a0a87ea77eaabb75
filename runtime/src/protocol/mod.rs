//! Pure protocol words: each file holds one atomic word (or a small group) as a newtype whose
//! transitions are methods. They name only `crate::sync`, so that `loom-tests` can include the same
//! files over the model checker's atomics. Nobody else touches their bits.

// A protocol word is made on purpose, where its object is.
#![allow(clippy::new_without_default)]

pub mod alone_end;
pub mod bias;
pub mod cache_pair;
pub mod clearing;
pub mod deferral;
pub mod exchange;
pub mod foreign_pool;
pub mod gil_turns;
pub mod list_read;
pub mod lock_byte;
pub mod owner_queue;
pub mod page_retire;
pub mod probe;
pub mod qsbr_seq;
pub mod ranks;
pub mod refword;
pub mod slot_read;
pub mod stop_bell;
pub mod tally;
pub mod thread_state;
pub mod turn;
pub mod two_locks;
pub mod weak_cell;
pub mod xfree;
