//! The error every function of this crate returns: which Python exception to raise, and its text.

use std::fmt;

/// The Python exception an [`Error`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// `ValueError`
    Value,
    /// `TypeError`
    Type,
    /// `OverflowError`
    Overflow,
    /// `ZeroDivisionError`
    ZeroDivision,
    /// `KeyError`
    Key,
    /// `LookupError`
    Lookup,
    /// `struct.error`
    Struct,
    /// `binascii.Error`
    Binascii,
    /// `MemoryError`
    Memory,
}

/// A Python exception to be raised by the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Which exception.
    pub kind: ErrorKind,
    /// Its message, word for word as CPython 3.14's.
    pub msg: String,
}

/// Result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind` with the message `msg`.
    pub fn new(kind: ErrorKind, msg: impl Into<String>) -> Error {
        Error {
            kind,
            msg: msg.into(),
        }
    }

    /// A `ValueError`.
    pub fn value(msg: impl Into<String>) -> Error {
        Error::new(ErrorKind::Value, msg)
    }

    /// A `TypeError`.
    pub fn ty(msg: impl Into<String>) -> Error {
        Error::new(ErrorKind::Type, msg)
    }

    /// An `OverflowError`.
    pub fn overflow(msg: impl Into<String>) -> Error {
        Error::new(ErrorKind::Overflow, msg)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.msg)
    }
}

impl std::error::Error for Error {}
