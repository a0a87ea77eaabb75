//! The developer's commands: `cargo xtask test`, `golden`, `bench`, `soak`, `tidy`.
//!
//! Each command is a module; this file reads the command line. No dependency beyond the standard library, so that the
//! first `cargo xtask` on a fresh machine starts at once.

#[path = "../../tests/support/corpus.rs"]
#[allow(dead_code, reason = "the harness uses the rest")]
mod corpus;
mod golden;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask COMMAND

  golden [--python PATH] [--check] [FILTER]
                   run the corpus below tests/ on CPython 3.14 and write what it must print
";

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in the workspace")
        .to_path_buf();
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let mut rest: Vec<String> = arguments.collect();
    let good = match command.as_str() {
        "golden" => {
            let python = golden::find_python(take_value(&mut rest, "--python").map(PathBuf::from));
            let check = take_flag(&mut rest, "--check");
            golden::run(
                &root,
                &python,
                rest.first().map_or("", String::as_str),
                check,
            )
        }
        "" | "-h" | "--help" | "help" => {
            print!("{USAGE}");
            true
        }
        other => {
            eprint!("xtask: no command {other:?}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Removes `name VALUE` from the arguments.
fn take_value(arguments: &mut Vec<String>, name: &str) -> Option<String> {
    let at = arguments.iter().position(|argument| argument == name)?;
    if at + 1 == arguments.len() {
        eprintln!("xtask: {name} needs a value");
        std::process::exit(2);
    }
    arguments.remove(at);
    Some(arguments.remove(at))
}

/// Removes the flag `name` from the arguments; whether it was there.
fn take_flag(arguments: &mut Vec<String>, name: &str) -> bool {
    let before = arguments.len();
    arguments.retain(|argument| argument != name);
    arguments.len() < before
}
