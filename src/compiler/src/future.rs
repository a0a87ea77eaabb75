//! `from __future__ import ...` at the top of a module.

use crate::ast::docstring;
use crate::code::flags;
use crate::error::{CompileError, ErrorKind};
use crate::source::Source;
use ruff_python_ast::Stmt;

/// The features in force: those of the caller and those the module asks for.
pub fn features(body: &[Stmt], src: &Source, mut bits: u32) -> Result<u32, CompileError> {
    let mut open = true;
    let skip = usize::from(docstring(body).is_some());
    for stmt in &body[skip..] {
        let Stmt::ImportFrom(import) = stmt else {
            open = false;
            continue;
        };
        let future = import.level == 0
            && import
                .module
                .as_ref()
                .is_some_and(|module| module.as_str() == "__future__");
        if !future {
            open = false;
            continue;
        }
        if !open {
            let msg = "from __future__ imports must occur at the beginning of the file";
            return Err(src.error(ErrorKind::Syntax, msg, import.range));
        }
        for alias in &import.names {
            bits |= match alias.name.as_str() {
                "nested_scopes" | "generators" | "division" | "absolute_import"
                | "with_statement" | "print_function" | "unicode_literals" | "generator_stop" => 0,
                "barry_as_FLUFL" => flags::FUTURE_BARRY_AS_BDFL,
                "annotations" => flags::FUTURE_ANNOTATIONS,
                "braces" => return Err(src.error(ErrorKind::Syntax, "not a chance", alias.range)),
                other => {
                    let msg = format!("future feature {other} is not defined");
                    return Err(src.error(ErrorKind::Syntax, msg, alias.range));
                }
            };
        }
    }
    Ok(bits)
}
