//! How compilation fails: which exception, with which words, where.

use std::fmt;

/// The exception to raise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// `SyntaxError`
    Syntax,
    /// `SyntaxError` raised because the input stops too early (`_IncompleteInputError`).
    Incomplete,
    /// `IndentationError`
    Indentation,
    /// `TabError`
    Tab,
    /// `MemoryError`: nesting beyond the parser's stack.
    Memory,
    /// `RecursionError`: nesting beyond the compiler's stack.
    Recursion,
    /// `OverflowError`
    Overflow,
    /// `TypeError`
    Type,
    /// `ValueError`
    Value,
    /// `SystemError`: the compiler found itself inconsistent.
    System,
}

/// What found a mistake. `SyntaxError` tells the place in another way for each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Decoding bytes that came from no file: as parsing, but without the name.
    Bytes,
    /// Decoding and parsing: the arguments hold the place and the line.
    Text,
    /// The symbol table: only the attributes tell the place, the line is the one in the file of that name.
    Symbols,
    /// Code generation: the arguments hold the place, with the line in the file of that name.
    Code,
}

/// The text around a mistake, for those who look for what was meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Whole {
    /// Nothing to look at: the parser did not find this mistake.
    Unknown,
    /// What the file of that name holds.
    File,
    Text(String),
}

/// A failed compilation: 1-based lines and *character* columns as in `SyntaxError`; a line of -1 stands for "none".
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CompileError {
    pub kind: ErrorKind,
    pub stage: Stage,
    pub msg: String,
    pub line: i32,
    pub col: i32,
    pub end_line: i32,
    pub end_col: i32,
    /// The source line.
    pub text: Option<String>,
    /// The whole text in which the parser found the mistake.
    pub whole: Whole,
}

impl CompileError {
    /// An error without a place.
    pub fn new(kind: ErrorKind, msg: impl Into<String>) -> CompileError {
        CompileError {
            kind,
            stage: Stage::Text,
            msg: msg.into(),
            line: -1,
            col: 0,
            end_line: -1,
            end_col: 0,
            text: None,
            whole: Whole::Unknown,
        }
    }
    /// The same mistake, found by a later stage than the parser.
    pub fn at_stage(self, stage: Stage) -> CompileError {
        CompileError {
            stage,
            text: None,
            ..self
        }
    }
    /// The compiler broke a rule of its own.
    pub fn internal(msg: impl Into<String>) -> CompileError {
        CompileError::new(ErrorKind::System, msg)
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (line {})", self.msg, self.line)
    }
}
impl std::error::Error for CompileError {}
