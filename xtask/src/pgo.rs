//! `cargo xtask pgo`: a release build that knows what runs often. A binary that counts runs the micro programs of `benches/python`
//! and the examples with small inputs, on one thread (never what speed is measured with: the pyperformance suite); then the real one is built
//! with the counts, and with what runs lying together, into `target/pgo/release` (with `--gil`, `target/pgo-gil/release`).
//!
//! The counts are merged by `llvm-profdata`, which `rustup component add llvm-tools` brings.

use std::collections::HashSet;
use std::fmt::Write as _;
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

/// What start-up is: the modules that most programs import.
const START: &str = r#"
import argparse, asyncio, dataclasses, json, os, platform, re, sys, threading, time, typing
class Counted:
    """Something of everything that a small program has."""
    def __init__(self):
        self.seen = {}
    def note(self, *words, by=1):
        for word in words:
            self.seen[word] = self.seen.get(word, 0) + by
counted = Counted()
parser = argparse.ArgumentParser()
parser.add_argument("--size", type=int, default=1)
print(parser.parse_args([]).size, file=sys.stderr)
with open(os.devnull, "rb") as empty, open(os.devnull) as text:
    try:
        counted.note(*text, *empty.read().split(), "end")
    except (OSError, ValueError) as error:
        print(error)
while counted.seen:
    counted.seen.popitem()
thread = threading.Thread(target=counted.note, args=("a", "b"))
thread.start()
thread.join()
print(f"{time.perf_counter() > 0!r} {[x for x in range(3) if x]} {'%d %s' % (1, 'one')}")
"#;

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
    cargo(root, &counts, gil, &flags, &[])?;
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
    let mut flags = format!("-Cprofile-use={}", merged.display());
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        // The linker of Rust there knows the option.
        match order(&tool, &counts, &merged) {
            Ok(order) => {
                let _ = write!(
                    flags,
                    " -Clink-arg=-Wl,--symbol-ordering-file={},--no-warn-symbol-ordering",
                    order.display()
                );
            }
            // Only memory is lost.
            Err(why) => println!("pgo: functions are not ordered: {why}"),
        }
    }
    println!("pgo: the build with counts");
    let target = root.join("target").join(name);
    let own = if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        LINKED_AS_ONE
    } else {
        &[]
    };
    if let Err(why) = cargo(root, &target, gil, &flags, own) {
        if own.is_empty() {
            return Err(why);
        }
        println!("pgo: {why}; again without {}", own.join(" "));
        cargo(root, &target, gil, &flags, &[])?;
    }
    Ok(target.join("release/typhon"))
}

/// A file that names the functions in the order of their places: those that every start runs, then those that training runs,
/// so that they lie together. The system maps sixteen pages at a touch, and what start-up runs are 1.2 megabytes out of 6,
/// in all places: nearly the whole was resident.
fn order(tool: &Path, counts: &Path, trained: &Path) -> Result<PathBuf, String> {
    let raw = counts.join("start.profraw");
    let status = Command::new(counts.join("release/typhon"))
        .args(["-c", START])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .env("LLVM_PROFILE_FILE", &raw)
        .status();
    if !status.is_ok_and(|s| s.success()) {
        return Err("the start failed".into());
    }
    let started = counts.join("start.profdata");
    let status = Command::new(tool)
        .args(["merge", "-o"])
        .args([&started, &raw])
        .status();
    if !status.is_ok_and(|s| s.success()) {
        return Err(format!("{} failed", tool.display()));
    }
    let mut names = Vec::new();
    let mut seen = HashSet::new();
    for profile in [&started, trained] {
        let output = Command::new(tool)
            .args(["show", "--covered"])
            .arg(profile)
            .output()
            .map_err(|error| format!("{}: {error}", tool.display()))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let before = names.len();
        for line in text.lines() {
            // What is local to a unit has the unit's name before its own.
            let name = line.trim().rsplit(';').next().unwrap_or_default();
            if !name.is_empty() && seen.insert(name.to_string()) {
                names.push(name.to_string());
            }
        }
        println!("pgo: {} functions run", names.len() - before);
    }
    let file = counts.join("order.txt");
    std::fs::write(&file, names.join("\n")).map_err(|error| error.to_string())?;
    Ok(file)
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

/// What the compiler is told when it makes the whole program of all crates, where the loop's machine code comes from. The program
/// is linked to a fixed address (`build.rs`), so a jump through a table is one instruction; and each instruction of the register
/// code ends with such a jump of its own, which the processor foresees better than one for all: LLVM gives that up where a
/// block has many predecessors and successors. Constants are made where they are used: one that all instructions share would
/// take a register of the loop. And copies between registers are joined however often a variable occurs: the loop's own occur in
/// hundreds of blocks, where LLVM gives up to be done sooner (72 s instead of 70). (Figures in ARCHITECTURE.md.)
const LINKED_AS_ONE: &[&str] = &[
    "-Crelocation-model=static",
    "-Cllvm-args=-tail-dup-pred-size=100000",
    "-Cllvm-args=-tail-dup-succ-size=100000",
    "-Cllvm-args=-disable-constant-hoisting",
    "-Cllvm-args=-large-interval-size-threshold=100000000",
    "-Cllvm-args=-large-interval-freq-threshold=100000000",
];

/// Build with `flags` for all crates and `own` for the last.
fn cargo(root: &Path, target: &Path, gil: bool, flags: &str, own: &[&str]) -> Result<(), String> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .args(["rustc", "--release", "--bin", "typhon", "--target-dir"])
        .arg(target)
        .env("RUSTFLAGS", flags)
        .current_dir(root);
    if gil {
        command.args(["--features", "gil"]);
    }
    if !own.is_empty() {
        command.arg("--").args(own);
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
