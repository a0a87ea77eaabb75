//! The native modules, one folder each (`<name>/mod.rs`). They stand on the interpreter's types and protocol
//! (`typhon_vm`) and hold no `unsafe`. `MODULES` is the table the importer looks in.

// Functions of a `#[pymodule]` bear Python's names.
#![allow(non_upper_case_globals, non_snake_case)]

pub mod _codecs;
pub mod _json;
pub mod _random;
pub mod _string;
pub mod _struct;
pub mod binascii;
pub mod hashes;
pub mod math;
pub mod unicodedata;
pub mod util;

use typhon_vm::native::ModuleDef;

/// Every native module.
pub static MODULES: &[&ModuleDef] = &[
    &_codecs::module::MODULE,
    &_json::module::MODULE,
    &_random::module::MODULE,
    &_string::module::MODULE,
    &_struct::module::MODULE,
    &binascii::module::MODULE,
    &hashes::blake::module::MODULE,
    &hashes::fixed::md5_module::MODULE,
    &hashes::fixed::sha1_module::MODULE,
    &hashes::fixed::sha2_module::MODULE,
    &hashes::shake::module::MODULE,
    &math::module::MODULE,
    &unicodedata::module::MODULE,
];
