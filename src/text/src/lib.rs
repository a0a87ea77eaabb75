//! Algorithms over text and numbers with CPython 3.14's exact results and error words.
//!
//! Everything here is a pure function over Rust primitives: no object model, no interpreter state,
//! no I/O. Built-in types and native modules are written on top. Strings are [`code_points::Text`]
//! (lone surrogates allowed); errors are [`error::Error`], which name the exception to raise.

// `with_units!` instantiates its body for every width, u32 included.
#![allow(clippy::useless_conversion)]

pub mod binascii;
pub mod code_points;
pub mod codecs;
pub mod complex_text;
pub mod error;
pub mod float_math;
pub mod float_text;
pub mod format_number;
pub mod format_spec;
pub mod hash;
pub mod int_bytes;
pub mod int_float;
pub mod int_text;
pub mod json_text;
pub mod memory;
pub mod percent;
pub mod random_mt;
pub mod search;
pub mod short;
pub mod str_format;
pub mod str_repr;
pub mod strings;
pub mod struct_codec;
pub mod time_text;
pub mod timsort;
pub mod unicode;

pub use code_points::{Text, TextBuf};
pub use dashu_int;
pub use error::{Error, ErrorKind, Result};
