//! `cargo xtask golden`: writes what the corpus must print, by running it on CPython 3.14.

use crate::corpus;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Rewrites the expectation of every case whose name contains `filter`; false if one of them could not be made.
pub fn run(root: &Path, python: &Path, filter: &str, check_only: bool) -> bool {
    let version = std::process::Command::new(python).arg("-V").output();
    let version = match version {
        Ok(output) => String::from_utf8_lossy(&output.stdout).trim().to_string(),
        Err(error) => {
            eprintln!("golden: cannot run {}: {error}", python.display());
            return false;
        }
    };
    if !version.starts_with("Python 3.14.") {
        eprintln!(
            "golden: expectations come from CPython 3.14, but {} is {version:?}",
            python.display()
        );
        return false;
    }
    let cases: Vec<_> = corpus::cases(&root.join("tests"))
        .into_iter()
        .filter(|case| case.name.contains(filter))
        .collect();
    let (failed, changed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    cases.par_iter().for_each(|case| {
        let result = if check_only {
            case.check(python, Duration::from_secs(60)).map(|()| false)
        } else {
            write(case, python)
        };
        match result {
            Ok(wrote) => {
                changed.fetch_add(usize::from(wrote), Ordering::Relaxed);
            }
            Err(error) => {
                failed.fetch_add(1, Ordering::Relaxed);
                eprintln!("golden: {}: {error}", case.name);
            }
        }
    });
    let (failed, changed) = (failed.into_inner(), changed.into_inner());
    println!(
        "{} cases with {version}: {changed} expectations written, {failed} failed",
        cases.len()
    );
    failed == 0
}

/// Writes one expectation if it changed. Two runs under different hash seeds must agree, or it would test chance.
fn write(case: &corpus::Case, python: &Path) -> Result<bool, String> {
    let timeout = Duration::from_secs(60);
    let first = case.run(python, timeout)?;
    let second = case.run(python, timeout)?;
    let text = case.golden(&first);
    if text != case.golden(&second) {
        return Err(format!(
            "two runs differ, {}",
            corpus::difference(&text, &case.golden(&second))
        ));
    }
    if case.kind == corpus::Kind::Conformance && first.status != "exit 0" {
        return Err(format!("ends with {}:\n{}", first.status, first.stderr));
    }
    if std::fs::read_to_string(&case.expect).is_ok_and(|old| old == text) {
        return Ok(false);
    }
    std::fs::write(&case.expect, text).map_err(|e| e.to_string())?;
    Ok(true)
}

/// The CPython 3.14 to use: the one named, or the first `python3.14` of the search path.
pub fn find_python(named: Option<PathBuf>) -> PathBuf {
    named.unwrap_or_else(|| PathBuf::from("python3.14"))
}

/// Compares the cases whose names contain `filter` on any interpreter: one line per failure, or with `verbose` what
/// differs. False if one failed.
pub fn check(root: &Path, binary: &Path, filter: &str, verbose: bool) -> bool {
    let cases: Vec<_> = corpus::cases(&root.join("tests"))
        .into_iter()
        .filter(|case| case.name.contains(filter))
        .collect();
    let failed = cases
        .par_iter()
        .filter(|case| {
            let result = case.check(binary, Duration::from_secs(60));
            if let Err(error) = &result {
                // The last line is the exception, if the program ended with one.
                let line = error.lines().last().unwrap_or("");
                println!(
                    "FAILED {}: {}",
                    case.name,
                    if verbose { error } else { line }
                );
            }
            result.is_err()
        })
        .count();
    println!("{} passed, {failed} failed", cases.len() - failed);
    failed == 0
}
