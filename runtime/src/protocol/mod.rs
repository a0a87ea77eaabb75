//! Pure protocol words: each file holds one atomic word (or a small group) as a newtype whose
//! transitions are methods. They name only `crate::sync`, so that `loom-tests` can include the same
//! files over the model checker's atomics. Nobody else touches their bits.

// A protocol word is made on purpose, where its object is.
#![allow(clippy::new_without_default)]

pub mod lock_byte;
pub mod qsbr_seq;
pub mod refword;
pub mod slot_read;
pub mod thread_state;
pub mod xfree;
