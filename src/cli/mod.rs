//! The command line.
//! - `args.rs`: options and environment variables; `help.rs`: their texts; `paths.rs`: where things are
//! - `counters.rs`: what TYPHON_COUNTERS writes
//! - `run.rs`: starting the interpreter, running the program, ending; `exit.rs`: exit codes

mod args;
mod counters;
mod exit;
mod help;
mod paths;
mod run;

use args::Outcome;
use std::ffi::OsString;

/// Runs the program named by the process's arguments; does not return.
pub fn main() {
    typhon_vm::os::signal::undo_rusts_handlers();
    let argv: Vec<OsString> = std::env::args_os().collect();
    let code = match args::parse(&argv) {
        Outcome::Say(text) => {
            use std::io::Write;
            let _ = std::io::stdout().write_all(text.as_bytes());
            0
        }
        Outcome::Refuse(text, code) => {
            eprint!("{text}");
            code
        }
        Outcome::Run(command) => run::run(*command),
    };
    exit::now(code)
}
