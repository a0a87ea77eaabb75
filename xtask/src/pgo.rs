//! `cargo xtask pgo`: a release build that knows what runs often. A binary that counts runs the micro programs of `benches/python`
//! and the examples with small inputs, on one thread (never what speed is measured with: the pyperformance suite); then the real one is built
//! with the counts, into `target/pgo/release` (with `--gil`, `target/pgo-gil/release`).
//!
//! The counts are merged by `llvm-profdata`, which `rustup component add llvm-tools` brings.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Programs that measure something else than speed.
const NOT_TRAINING: &[&str] = &["best", "memory_per_object"];

/// The examples and their sizes for training.
const EXAMPLES: &[(&str, &str)] = &[
    ("mandelbrot", "120"),
    ("nbody", "60"),
    ("queens", "9"),
    ("primes", "1000000"),
    ("matmul", "60"),
    ("json_report", "10000"),
    ("wordstats", "1"),
];

/// False if something is missing, or a build or a program failed.
pub fn run(root: &Path, gil: bool) -> bool {
    match build(root, gil) {
        Ok(binary) => {
            println!("pgo: {}", binary.display());
            true
        }
        Err(why) => {
            println!("pgo: {why}");
            false
        }
    }
}

fn build(root: &Path, gil: bool) -> Result<PathBuf, String> {
    let tool = profdata()?;
    let name = if gil { "pgo-gil" } else { "pgo" };
    let counts = root.join("target").join(format!("{name}-counts"));
    let raw = counts.join("raw");
    let _ = std::fs::remove_dir_all(&raw);
    println!("pgo: a binary that counts");
    let flags = format!("-Cprofile-generate={} --cfg typhon_counts", raw.display());
    cargo(root, &counts, gil, &flags)?;
    // What build scripts and macros of the compiler wrote is not of interest.
    let _ = std::fs::remove_dir_all(&raw);
    train(root, &counts.join("release/typhon"))?;
    let files: Vec<PathBuf> = std::fs::read_dir(&raw)
        .map_err(|e| format!("no counts in {}: {e}", raw.display()))?
        .flatten()
        .map(|file| file.path())
        .collect();
    let merged = counts.join("typhon.profdata");
    let status = Command::new(&tool)
        .args(["merge", "-o"])
        .arg(&merged)
        .args(files)
        .status();
    if !status.is_ok_and(|s| s.success()) {
        return Err(format!("{} failed", tool.display()));
    }
    println!("pgo: the build with counts");
    let target = root.join("target").join(name);
    cargo(
        root,
        &target,
        gil,
        &format!("-Cprofile-use={}", merged.display()),
    )?;
    Ok(target.join("release/typhon"))
}

/// The tool that merges counts, of the toolchain in use.
fn profdata() -> Result<PathBuf, String> {
    let printed = |what: &[&str]| {
        let output = Command::new("rustc").args(what).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let sysroot = printed(&["--print", "sysroot"]).ok_or("rustc does not run")?;
    let version = printed(&["-vV"]).unwrap_or_default();
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .unwrap_or("x86_64-unknown-linux-gnu");
    let tool = Path::new(sysroot.trim_end())
        .join("lib/rustlib")
        .join(host)
        .join("bin/llvm-profdata");
    match tool.is_file() {
        true => Ok(tool),
        false => Err("llvm-profdata is missing: `rustup component add llvm-tools`".into()),
    }
}

fn cargo(root: &Path, target: &Path, gil: bool, flags: &str) -> Result<(), String> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .args(["build", "--release", "--bin", "typhon", "--target-dir"])
        .arg(target)
        .env("RUSTFLAGS", flags)
        .current_dir(root);
    if gil {
        command.args(["--features", "gil"]);
    }
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err("the build failed".into()),
        Err(error) => Err(format!("cannot run cargo: {error}")),
    }
}

/// Run the programs, one after the other.
fn train(root: &Path, binary: &Path) -> Result<(), String> {
    let folder = root.join("benches/python");
    let mut programs: Vec<String> = std::fs::read_dir(&folder)
        .map_err(|e| format!("{}: {e}", folder.display()))?
        .flatten()
        .filter_map(|file| {
            let name = file.file_name().into_string().ok()?;
            let stem = name.strip_suffix(".py")?;
            (!NOT_TRAINING.contains(&stem)).then(|| stem.to_string())
        })
        .collect();
    programs.sort();
    let benches = programs.iter().map(|name| {
        let path = folder.join(format!("{name}.py"));
        (path, ["--runs", "1"].map(String::from).to_vec())
    });
    let examples = EXAMPLES.iter().map(|(name, size)| {
        let path = root.join("examples").join(format!("{name}.py"));
        (
            path,
            ["--threads", "1", "--size", size]
                .map(String::from)
                .to_vec(),
        )
    });
    for (path, arguments) in benches.chain(examples) {
        println!("pgo: {}", path.display());
        let status = quiet(binary, &path).args(arguments).status();
        if !status.is_ok_and(|s| s.success()) {
            return Err(format!("{} failed", path.display()));
        }
    }
    Ok(())
}

/// The binary on a program, in whose folder it runs, without input and output.
fn quiet(binary: &Path, program: &Path) -> Command {
    let mut command = Command::new(binary);
    command
        .arg(program)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(folder) = program.parent() {
        command.current_dir(folder);
    }
    command
}
