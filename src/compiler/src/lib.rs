//! Python 3.14 source to CPython 3.14 code objects, without any runtime.
//!
//! source -> `parse` (ruff's parser) -> `symtable` -> `codegen` (an [`ir::InstrSeq`] per code object) ->
//! `flow` (control flow graph, optimizations, assembly) -> [`code::Code`].

pub mod code;
pub mod dis;
pub mod error;
pub mod flow;
pub mod ir;
pub mod marshal;
#[cfg(test)]
mod marshal_tests;
pub mod opcode;
pub mod verify;
#[cfg(test)]
mod verify_tests;

pub use error::{CompileError, ErrorKind};

/// What the source is: a module, an expression, an interactive statement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    Exec,
    Eval,
    Single,
}

/// Choices of the caller.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// 0, 1 (`-O`: no asserts) or 2 (`-OO`: no docstrings either).
    pub optimize: u8,
    /// Future features already in force ([`code::flags`]).
    pub flags: u32,
    /// `PyCF_DONT_IMPLY_DEDENT`: as the interactive prompt wants it.
    pub dont_imply_dedent: bool,
    /// `PyCF_ALLOW_INCOMPLETE_INPUT`: report input that stops too early as such.
    pub allow_incomplete: bool,
    /// `PyCF_ALLOW_TOP_LEVEL_AWAIT`.
    pub top_level_await: bool,
}
