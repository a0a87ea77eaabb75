//! `cargo xtask test`: everything that must pass, step by step, within a time limit.
//!
//! The steps go from cheap to dear, and go on after a failure, so that one run tells everything. Both builds are made
//! with the profile `ci` (optimized without link-time optimization), the GIL build in a target folder of its own.

use crate::{cpython, soak, tidy};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// All steps together must end within this time on two cores.
const LIMIT: Duration = Duration::from_secs(38 * 60);

enum Step {
    Cargo {
        arguments: &'static [&'static str],
        on_gil_build: bool,
    },
    Tidy,
    Cpython,
    Soak,
}

const fn cargo(arguments: &'static [&'static str]) -> Step {
    Step::Cargo {
        arguments,
        on_gil_build: false,
    }
}

const STEPS: &[(&str, Step)] = &[
    ("formatting", cargo(&["fmt", "--all", "--check"])),
    ("rules of the house", Step::Tidy),
    (
        "build",
        cargo(&["build", "--quiet", "--profile", "ci", "--bin", "typhon"]),
    ),
    (
        "build, GIL build",
        cargo(&[
            "build",
            "--quiet",
            "--profile",
            "ci",
            "--bin",
            "typhon",
            "--features",
            "gil",
            "--target-dir",
            "target/gil",
        ]),
    ),
    (
        "clippy",
        cargo(&[
            "clippy",
            "--quiet",
            "--profile",
            "ci",
            "--workspace",
            "--all-targets",
            "--",
            "--deny",
            "warnings",
        ]),
    ),
    (
        "clippy, GIL build",
        cargo(&[
            "clippy",
            "--quiet",
            "--profile",
            "ci",
            "--package",
            "typhon",
            "--package",
            "typhon-runtime",
            "--package",
            "typhon-vm",
            "--package",
            "typhon-modules",
            "--features",
            "gil",
            "--target-dir",
            "target/gil",
            "--",
            "--deny",
            "warnings",
        ]),
    ),
    (
        "Python programs, free-threaded build",
        cargo(&[
            "test",
            "--quiet",
            "--profile",
            "ci",
            "--test",
            "harness",
            "--",
            "--quiet",
        ]),
    ),
    (
        "unit tests of the crates without interpreter",
        cargo(&[
            "test",
            "--quiet",
            "--profile",
            "ci",
            "--package",
            "typhon-text",
            "--package",
            "typhon-compiler",
            "--package",
            "typhon-macros",
            "--package",
            "typhon-runtime",
            "--lib",
            "--tests",
            "--no-fail-fast",
        ]),
    ),
    (
        "unit tests of the interpreter",
        cargo(&[
            "test",
            "--quiet",
            "--profile",
            "ci",
            "--package",
            "typhon-vm",
            "--package",
            "typhon-modules",
            "--lib",
            "--tests",
            "--no-fail-fast",
        ]),
    ),
    (
        "unit tests of the runtime, GIL build",
        cargo(&[
            "test",
            "--quiet",
            "--profile",
            "ci",
            "--package",
            "typhon-runtime",
            "--features",
            "gil",
            "--target-dir",
            "target/gil",
        ]),
    ),
    (
        "models of the concurrent protocols",
        cargo(&[
            "test",
            "--quiet",
            "--profile",
            "ci",
            "--package",
            "loom-tests",
        ]),
    ),
    (
        "Python programs, GIL build",
        Step::Cargo {
            arguments: &[
                "test",
                "--quiet",
                "--profile",
                "ci",
                "--test",
                "harness",
                "--",
                "--quiet",
            ],
            on_gil_build: true,
        },
    ),
    ("CPython's tests of the language", Step::Cpython),
    (
        "workloads drawn at random, both builds",
        cargo(&[
            "run",
            "--quiet",
            "--profile",
            "ci",
            "--package",
            "stress",
            "--",
            "run",
            "--seconds",
            "25",
        ]),
    ),
    (
        "races and their outcomes, both builds",
        cargo(&[
            "run",
            "--quiet",
            "--profile",
            "ci",
            "--package",
            "stress",
            "--",
            "litmus",
            "--seconds",
            "0.2",
        ]),
    ),
    (
        "examples on 1, 2, 4 and 16 threads, both builds",
        Step::Soak,
    ),
];

/// A fixed part of CPython's tests, against the list of known failures. What fails is run once more, as CPython's own runner
/// does: a test may have waited in vain on a busy machine.
fn language_tests(root: &Path) -> bool {
    let modules = match std::fs::read_to_string(root.join("tests/cpython/gate.txt")) {
        Ok(text) => text,
        Err(error) => {
            println!("tests/cpython/gate.txt: {error}");
            return false;
        }
    };
    let lines = modules.lines().filter(|line| !line.starts_with('#'));
    let plan = cpython::Plan {
        binary: root.join("target/ci/typhon"),
        tests: root.join("../shared/cpython-tests"),
        jobs: 2,
        timeout: Duration::from_secs(120),
        check: true,
        update: false,
        threads: 1,
        modules: lines
            .flat_map(str::split_whitespace)
            .map(str::to_string)
            .collect(),
    };
    cpython::run(root, &plan) || cpython::run(root, &plan)
}

/// Runs the steps whose names contain `filter`; true if all passed.
pub fn run(root: &Path, filter: &str) -> bool {
    let start = Instant::now();
    let chosen: Vec<_> = STEPS
        .iter()
        .filter(|(name, _)| name.contains(filter))
        .collect();
    let mut failed = Vec::new();
    for (index, (name, step)) in chosen.iter().enumerate() {
        println!("\n[{}/{}] {name}", index + 1, chosen.len());
        let began = Instant::now();
        let good = match step {
            Step::Tidy => tidy::run(root),
            Step::Cpython => language_tests(root),
            Step::Soak => soak::run(root, &short_soak(root)),
            Step::Cargo {
                arguments,
                on_gil_build,
            } => run_cargo(root, arguments, *on_gil_build, start + LIMIT),
        };
        let verdict = if good { "ok" } else { "FAILED" };
        println!(
            "[{}/{}] {name}: {verdict}, {:.0} s",
            index + 1,
            chosen.len(),
            began.elapsed().as_secs_f64()
        );
        if !good {
            failed.push(*name);
        }
        if start.elapsed() > LIMIT {
            println!("\nstopped: more than {} minutes", LIMIT.as_secs() / 60);
            return false;
        }
    }
    let passed = chosen.len() - failed.len();
    println!(
        "\n{passed} steps passed, {} failed, {:.0} s",
        failed.len(),
        start.elapsed().as_secs_f64()
    );
    for name in &failed {
        println!("  failed: {name}");
    }
    failed.is_empty() && passed > 0
}

fn short_soak(root: &Path) -> soak::Plan {
    soak::Plan {
        binaries: soak::both_builds(root, "ci"),
        threads: vec![1, 2, 4, 16],
        rounds: 2,
        seconds: 0,
        whole_library: true,
        filter: String::new(),
    }
}

/// Runs cargo until `deadline`.
fn run_cargo(root: &Path, arguments: &[&str], on_gil_build: bool, deadline: Instant) -> bool {
    let cargo = std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(root);
    if on_gil_build {
        command.env("TYPHON", root.join("target/gil/ci/typhon"));
    }
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            println!("cannot run cargo: {error}");
            return false;
        }
    };
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(50)),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return false;
            }
        }
    }
}
