//! `cargo xtask tsan`: the runtime's own tests under ThreadSanitizer.
//!
//! It needs a nightly toolchain with the sources of the standard library, which has to be built with the sanitizer too. The
//! feature `sanitized` of the runtime takes the allocator and the addresses that the sanitizer knows. One test, `planted_race`,
//! makes a race on purpose and asserts that it is reported.

use std::path::Path;
use std::process::{Command, Stdio};

const TARGET: &str = "x86_64-unknown-linux-gnu";
const TESTS: &[&str] = &[
    "collector",
    "forking",
    "gil_at_run_time",
    "heap_stress",
    "own_way",
    "planted_race",
    "shared",
    "values",
];

/// What is missing to run it.
fn missing() -> Option<String> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Some(format!("ThreadSanitizer is set up for {TARGET} only"));
    }
    let sysroot = Command::new("rustc")
        .args(["+nightly", "--print", "sysroot"])
        .stderr(Stdio::null())
        .output();
    let sysroot = match sysroot {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_string(),
        _ => {
            return Some(
                "a nightly toolchain is missing: `rustup toolchain install nightly --component rust-src`"
                    .into(),
            );
        }
    };
    let sources = Path::new(&sysroot).join("lib/rustlib/src/rust/library/std");
    (!sources.is_dir()).then(|| {
        "the sources of the standard library are missing: `rustup component add rust-src --toolchain nightly`"
            .into()
    })
}

/// False if a test failed, a race was found, or something is missing.
pub fn run(root: &Path) -> bool {
    if let Some(what) = missing() {
        println!("tsan: {what}");
        return false;
    }
    // Not the cargo of this process: its toolchain is another.
    let mut command = Command::new("cargo");
    command
        .args(["+nightly", "test", "-Zbuild-std", "--target", TARGET])
        .args(["--package", "typhon-runtime", "--features", "sanitized"])
        .args(["--target-dir", "target/tsan", "--no-fail-fast"]);
    for test in TESTS {
        command.args(["--test", test]);
    }
    let status = command
        .env("RUSTFLAGS", "-Zsanitizer=thread")
        .env("TSAN_OPTIONS", "history_size=4 die_after_fork=0")
        .env_remove("CARGO")
        .env_remove("RUSTC")
        .env_remove("RUSTUP_TOOLCHAIN")
        .current_dir(root)
        .status();
    match status {
        Ok(status) => status.success(),
        Err(error) => {
            println!("tsan: cannot run cargo: {error}");
            false
        }
    }
}
