//! Python 3.14 source to CPython 3.14 code objects, without any runtime.
//!
//! source -> `parse` (ruff's parser) -> `symtable` -> `codegen` (an [`ir::InstrSeq`] per code object) ->
//! `flow` (control flow graph, optimizations, assembly) -> [`code::Code`].

mod ast;
pub mod code;
mod codegen;
mod diagnose;
pub mod dis;
pub mod error;
pub mod flow;
mod flufl;
mod future;
pub mod ir;
pub mod literal;
pub mod marshal;
#[cfg(test)]
mod marshal_tests;
pub mod opcode;
pub mod packed;
#[cfg(test)]
mod packed_tests;
mod parse;
mod pieces;
pub mod pyast;
pub mod scopes;
pub mod source;
mod symtable;
pub mod tokens;
pub mod verify;
#[cfg(test)]
mod verify_tests;
pub mod warnings;

pub use error::{CompileError, ErrorKind, Stage, Whole};
pub use source::Source;

use std::sync::Arc;

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
    /// `PyCF_TYPE_COMMENTS`: for trees.
    pub type_comments: bool,
}

/// Stack for the parser and for dropping its tree, which both recurse, at least; then what a byte of source can
/// cost at worst. Pages are only committed when used.
const MIN_STACK: usize = 1024 * 1024;
const STACK_PER_BYTE: usize = 2048;
const MAX_STACK: usize = 1024 * 1024 * 1024;

/// Compiles source text to a code object.
pub fn compile(
    source: &Source,
    filename: &str,
    mode: Mode,
    opts: &Options,
) -> Result<Arc<code::Code>, CompileError> {
    on_a_large_stack(source, || {
        compile_tree(&parse::parse(source, mode, opts)?, source, filename, opts)
    })
}

/// Compiles source text and tells what CPython would warn of.
pub fn compile_with_warnings(
    source: &Source,
    filename: &str,
    mode: Mode,
    opts: &Options,
) -> Result<(Arc<code::Code>, Vec<warnings::Warning>), CompileError> {
    on_a_large_stack(source, || {
        let tree = parse::parse(source, mode, opts)?;
        let code = compile_tree(&tree, source, filename, opts)?;
        Ok((code, warnings::collect(tree.root(), source, opts)))
    })
}

/// What CPython has warned of before it comes upon the mistake: the parser warns of literals as it reads them.
pub fn warnings_before(
    source: &Source,
    mode: Mode,
    opts: &Options,
    error: &CompileError,
) -> Vec<warnings::Warning> {
    if error.stage == Stage::Bytes || !warnings::may_have_doubtful_literals(source) {
        return Vec::new();
    }
    on_a_large_stack(source, || {
        let tree = parse::parse_what_can_be(source, mode);
        let mut found = warnings::of_literals(tree.root(), source, opts);
        if error.stage == Stage::Text {
            found.retain(|w| (w.line, w.error.col) < (error.line, error.col) || error.col == 0);
        }
        found
    })
}

/// Compiles a tree in the shape of Python's `ast`; the kind of its root decides the mode.
pub fn compile_node(
    tree: &pyast::Node,
    filename: &str,
    opts: &Options,
) -> Result<Arc<code::Code>, CompileError> {
    let mode = match tree.kind {
        "Expression" => Mode::Eval,
        "Interactive" => Mode::Single,
        _ => Mode::Exec,
    };
    pyast::validate(tree)?;
    let source = pyast::source::write(tree)?;
    on_a_large_stack(&source, || {
        compile_tree(
            &parse::parse_synthetic(&source, mode)?,
            &source,
            filename,
            opts,
        )
    })
}

fn compile_tree(
    tree: &parse::Tree,
    source: &Source,
    filename: &str,
    opts: &Options,
) -> Result<Arc<code::Code>, CompileError> {
    let future = future::features(tree.body(), source, opts.flags & code::flags::FUTURE_MASK)
        .map_err(|e| e.at_stage(Stage::Symbols))?;
    let table = symtable::build(tree.root(), source, opts, future)?;
    codegen::compile(tree.root(), source, table, filename, opts, future)
}

fn on_a_large_stack<T>(source: &Source, run: impl FnOnce() -> T) -> T {
    let stack = (source.text().len() * STACK_PER_BYTE).clamp(MIN_STACK, MAX_STACK);
    stacker::maybe_grow(stack, stack + MIN_STACK, run)
}
