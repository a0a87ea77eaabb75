//! The native modules, one folder each. The table below is all there is to register; modules are made by `loader.rs` when
//! they are first imported. What must never be here: built-in types (`objects/`), files of the library (the program).

// Functions of a `#[pymodule]` bear Python's names.
#![allow(non_upper_case_globals, non_snake_case)]

pub mod abc;
pub mod array;
pub mod atexit;
pub mod binascii;
pub mod bisect;
pub mod builtins;
pub mod cmath;
pub mod codecs;
pub mod collections;
pub mod contextvars;
pub mod csv;
pub mod errno;
pub mod faulthandler;
pub mod fcntl;
pub mod fspath;
pub mod functools;
pub mod gc;
pub mod grp;
pub mod hashes;
pub mod heapq;
pub mod imp;
pub mod io;
pub mod itertools;
pub mod json;
pub mod library;
pub mod loader;
pub mod locale;
pub mod lsprof;
pub mod marshal;
pub mod math;
pub mod mmap;
pub mod multibyte;
pub mod multiprocessing;
pub mod opcode;
pub mod operator;
pub mod os_call;
pub mod pickle;
pub mod posix;
pub mod posixshmem;
pub mod posixsubprocess;
pub mod pwd;
pub mod queue;
pub mod random;
pub mod reentrant;
pub mod resource;
pub mod select;
pub mod signal;
pub mod socket;
pub mod sre;
pub mod stat;
pub mod statistics;
pub mod string;
pub mod struct_;
pub mod structseq;
pub mod suggestions;
pub mod support;
pub mod symtable;
pub mod sys;
pub mod thread;
pub mod time;
pub mod tokenize;
pub mod tracemalloc;
pub mod types;
pub mod typhon_mod;
pub mod typing;
pub mod unicodedata;
pub mod util;
pub mod warnings;
pub mod weakref;
pub mod zlib;

use typhon_vm::native::ModuleDef;

/// Every native module by name, sorted.
pub static MODULES: &[(&str, &ModuleDef)] = &[
    ("_abc", &abc::MODULE),
    ("_bisect", &bisect::module::MODULE),
    ("_blake2", &hashes::blake::module::MODULE),
    ("_codecs", &codecs::module::MODULE),
    ("_collections", &collections::module::MODULE),
    ("_contextvars", &contextvars::module::MODULE),
    ("_csv", &csv::module::MODULE),
    ("_functools", &functools::module::MODULE),
    ("_heapq", &heapq::module::MODULE),
    ("_imp", &imp::module::MODULE),
    ("_io", &io::MODULE),
    ("_json", &json::module::MODULE),
    ("_locale", &locale::module::MODULE),
    ("_md5", &hashes::fixed::md5_module::MODULE),
    ("_multibyte", &multibyte::module::MODULE),
    ("_multiprocessing", &multiprocessing::MODULE),
    ("_opcode", &opcode::module::MODULE),
    ("_operator", &operator::module::MODULE),
    ("_pickle", &pickle::module::MODULE),
    ("_posixshmem", &posixshmem::MODULE),
    ("_posixsubprocess", &posixsubprocess::MODULE),
    ("_lsprof", &lsprof::module::MODULE),
    ("_queue", &queue::module::MODULE),
    ("_random", &random::module::MODULE),
    ("_sha1", &hashes::fixed::sha1_module::MODULE),
    ("_sha2", &hashes::fixed::sha2_module::MODULE),
    ("_sha3", &hashes::shake::module::MODULE),
    ("_signal", &signal::MODULE),
    ("_socket", &socket::module::MODULE),
    ("_sre", &sre::module::MODULE),
    ("_stat", &stat::module::MODULE),
    ("_statistics", &statistics::module::MODULE),
    ("_string", &string::module::MODULE),
    ("_struct", &struct_::module::MODULE),
    ("_suggestions", &suggestions::module::MODULE),
    ("_symtable", &symtable::module::MODULE),
    ("_thread", &thread::MODULE),
    ("_tokenize", &tokenize::module::MODULE),
    ("_tracemalloc", &tracemalloc::module::MODULE),
    ("_types", &types::module::MODULE),
    ("_typing", &typing::module::MODULE),
    ("_warnings", &warnings::module::MODULE),
    ("_weakref", &weakref::MODULE),
    ("array", &array::module::MODULE),
    ("atexit", &atexit::MODULE),
    ("binascii", &binascii::module::MODULE),
    ("builtins", &builtins::module::MODULE),
    ("cmath", &cmath::module::MODULE),
    ("errno", &errno::module::MODULE),
    ("faulthandler", &faulthandler::MODULE),
    ("fcntl", &fcntl::MODULE),
    ("gc", &gc::MODULE),
    ("grp", &grp::MODULE),
    ("itertools", &itertools::module::MODULE),
    ("marshal", &marshal::module::MODULE),
    ("math", &math::module::MODULE),
    ("mmap", &mmap::MODULE),
    ("posix", &posix::MODULE),
    ("pwd", &pwd::MODULE),
    ("resource", &resource::MODULE),
    ("select", &select::MODULE),
    ("sys", &sys::module::MODULE),
    ("time", &time::MODULE),
    ("typhon", &typhon_mod::module::MODULE),
    ("unicodedata", &unicodedata::module::MODULE),
    ("zlib", &zlib::module::MODULE),
];

/// The table row of a native module.
pub fn find(name: &str) -> Option<&'static ModuleDef> {
    MODULES
        .iter()
        .find(|(n, _)| *n == name)
        .map(|(_, def)| *def)
}
