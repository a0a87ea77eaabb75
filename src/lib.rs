//! The interpreter as a program: the command line (`cli`) over the embedded library (`import`) and the native modules.

pub mod cli;
pub mod import;
