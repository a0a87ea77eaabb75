//! The interpreter proper: translation to register code, frames, the loop, calls and unwinding (`vm`), and the built-in
//! types (`objects`). The two are one crate because they are mutually recursive: the loop calls types' slots, and types
//! call back into the loop. What must never be here: native modules (they build on this), the command line.

extern crate self as typhon_vm;

pub use typhon_runtime as runtime;
pub use typhon_runtime::value::Value;

pub mod attr;
pub mod call;
pub mod caller;
pub mod cells;
pub mod chain;
pub mod cold;
mod computed;
pub mod cx;
mod decode;
pub mod error;
pub mod feed;
pub mod globals;
mod imports;
pub mod init;
pub mod interp;
mod legs;
mod lines;
pub mod monitor;
pub mod native;
pub mod number;
#[path = "../objects/mod.rs"]
pub mod objects;
mod offsets;
pub mod os;
mod patterns;
pub mod places;
pub mod postmortem;
pub mod process;
pub mod protocol;
mod recall;
pub mod regcode;
mod run;
pub mod slot_ext;
pub mod slow;
pub mod spawn;
pub mod statics;
pub mod stats;
pub mod threads;
pub mod translate;
mod unwind;

pub use cx::Cx;
pub use error::{ExcKind, Raised, Res};
pub use objects::typeobj::{Type, ValueExt};
pub use slot_ext::SlotExt;
