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
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The tests that are known not to pass, with the reason: lines `NAME: REASON`. `cargo test --test harness -- --ignored`
/// runs them, so that a mended one is noticed.
fn known_failures() -> BTreeMap<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/known_failures.txt");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (name, reason) = line.split_once(": ").expect("a line is NAME: REASON");
            (name.to_owned(), reason.to_owned())
        })
        .collect()
}

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
    let known = known_failures();
    for name in known.keys() {
        assert!(
            cases.iter().any(|case| case.name == *name),
            "known_failures.txt names {name}, which is no test"
        );
    }
    if !arguments.list {
        println!("interpreter: {}", binary.display());
        println!(
            "{} known failures are left out (tests/known_failures.txt)",
            known.len()
        );
    }
    let trials = cases
        .into_iter()
        .map(|case| {
            let binary = binary.clone();
            let is_known = known.contains_key(&case.name);
            Trial::test(case.name.clone(), move || {
                case.check(&binary, timeout).map_err(Failed::from)
            })
            .with_ignored_flag(is_known)
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit();
}
