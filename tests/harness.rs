//! Runs every Python program below `tests/` and compares with what CPython 3.14 printed.
//!
//! The interpreter is the one cargo built, or the one named by the variable `TYPHON`, so the same tests serve the
//! free-threaded build, the GIL build and, to check the tests themselves, CPython. One test per file, in parallel on
//! all cores; `cargo test --test harness -- conformance/lang` runs a part, `TYPHON_TEST_TIMEOUT` sets the seconds a
//! single program may take.

#[path = "support/corpus.rs"]
#[allow(dead_code, reason = "xtask uses the rest")]
mod corpus;

use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};
use std::time::Duration;

fn main() {
    let arguments = Arguments::from_args();
    let binary = std::env::var_os("TYPHON").map_or_else(
        || PathBuf::from(env!("CARGO_BIN_EXE_typhon")),
        PathBuf::from,
    );
    // The programs run in their own folders.
    let binary = binary.canonicalize().unwrap_or_else(|e| {
        eprintln!("TYPHON names {}: {e}", binary.display());
        std::process::exit(2);
    });
    let seconds = std::env::var("TYPHON_TEST_TIMEOUT")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(60);
    let timeout = Duration::from_secs(seconds);
    let cases = corpus::cases(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"));
    assert!(!cases.is_empty(), "no test found");
    if !arguments.list {
        println!("interpreter: {}", binary.display());
    }
    let trials = cases
        .into_iter()
        .map(|case| {
            let binary = binary.clone();
            Trial::test(case.name.clone(), move || {
                case.check(&binary, timeout).map_err(Failed::from)
            })
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit();
}
