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
    /// `ValueError`
    Value,
    /// `SystemError`: the compiler found itself inconsistent.
    System,
}

/// A failed compilation: 1-based lines and *character* columns as in `SyntaxError`; 0 stands for "none".
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CompileError {
    pub kind: ErrorKind,
    pub msg: String,
    pub line: i32,
    pub col: i32,
    pub end_line: i32,
    pub end_col: i32,
    /// The source line.
    pub text: Option<String>,
}

impl CompileError {
    /// An error without a place.
    pub fn new(kind: ErrorKind, msg: impl Into<String>) -> CompileError {
        CompileError {
            kind,
            msg: msg.into(),
            line: 0,
            col: 0,
            end_line: 0,
            end_col: 0,
            text: None,
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
