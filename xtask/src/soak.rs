//! `cargo xtask soak`: the examples again and again, on several numbers of threads and in both builds.
//!
//! Every run must print what the first run printed, whatever the build and the number of threads. A run that prints
//! something else, crashes or hangs is reported with its command; the others still go on.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The examples, each with arguments that make it last a moment only.
const EXAMPLES: &[(&str, &[&str])] = &[
    ("mandelbrot", &["--size", "120"]),
    ("queens", &["--size", "8"]),
    ("primes", &["--size", "1000000"]),
    ("json_report", &["--size", "5000"]),
    ("nbody", &["--size", "40"]),
    ("matmul", &["--size", "60"]),
    ("wordstats", &["--dir", "../tests/conformance"]),
];

/// What the whole library as input takes longer for: run once per build and number of threads.
const WHOLE_LIBRARY: (&str, &[&str]) = ("wordstats", &[]);

/// How long one run may take before it counts as hanging.
const HANG: Duration = Duration::from_secs(180);

/// An interpreter.
pub struct Binary {
    /// The name it goes by in messages.
    pub label: String,
    pub path: PathBuf,
    /// What stands before the program on its command line.
    pub options: &'static [&'static str],
}

impl Binary {
    pub fn new(label: &str, path: PathBuf) -> Binary {
        Binary {
            label: label.into(),
            path,
            options: &[],
        }
    }
}

/// Both builds below a target folder, and the free-threaded one with its lock switched on.
pub fn both_builds(root: &Path, profile: &str) -> Vec<Binary> {
    let free = root.join("target").join(profile).join("typhon");
    vec![
        Binary::new("free-threaded", free.clone()),
        Binary {
            label: "free-threaded, -X gil=1".into(),
            path: free,
            options: &["-X", "gil=1"],
        },
        Binary::new("GIL", root.join("target/gil").join(profile).join("typhon")),
    ]
}

/// What to run.
pub struct Plan {
    pub binaries: Vec<Binary>,
    pub threads: Vec<usize>,
    /// Rounds over everything; with `seconds`, at least that many.
    pub rounds: usize,
    pub seconds: u64,
    /// Whether to count the words of the library too: it is the same in all builds, but not in other Pythons.
    pub whole_library: bool,
    pub filter: String,
}

/// Runs the plan; false if a run went wrong.
pub fn run(root: &Path, plan: &Plan) -> bool {
    let folder = root.join("examples");
    let start = Instant::now();
    let mut expected: Vec<Option<String>> = vec![None; EXAMPLES.len() + 1];
    let (mut runs, mut failures, mut round) = (0, 0, 0);
    while round < plan.rounds || start.elapsed().as_secs() < plan.seconds {
        round += 1;
        let last = if round == 1 && plan.whole_library {
            EXAMPLES.len() + 1
        } else {
            EXAMPLES.len()
        };
        for (index, expected) in expected.iter_mut().enumerate().take(last) {
            let (name, arguments) = EXAMPLES.get(index).copied().unwrap_or(WHOLE_LIBRARY);
            if !name.contains(&plan.filter) {
                continue;
            }
            for threads in &plan.threads {
                for binary in &plan.binaries {
                    runs += 1;
                    let mut command = Command::new(&binary.path);
                    command
                        .args(binary.options)
                        .arg(format!("{name}.py"))
                        .args(arguments)
                        .args(["--no-times", "--threads", &threads.to_string()])
                        .env("PYTHONDONTWRITEBYTECODE", "1")
                        .current_dir(&folder);
                    let problem = match output(command) {
                        Ok(text) => match expected {
                            Some(expected) if *expected != text => {
                                Some(crate::corpus::difference(expected, &text))
                            }
                            Some(_) => None,
                            None => {
                                *expected = Some(text);
                                None
                            }
                        },
                        Err(error) => Some(error),
                    };
                    if let Some(problem) = problem {
                        failures += 1;
                        let label = &binary.label;
                        println!("FAILED {label}: {name}.py on {threads} threads: {problem}");
                    }
                }
            }
        }
        println!(
            "round {round}: {runs} runs, {failures} failed, {:.0} s",
            start.elapsed().as_secs_f64()
        );
    }
    failures == 0 && runs > 0
}

/// Runs each example `turns` times inside one process and compares the memory in use after the last run with the
/// memory after the fifth; false if it grew by more than a fiftieth.
pub fn memory(root: &Path, plan: &Plan, turns: usize) -> bool {
    const EARLY: usize = 5;
    const MOST: f64 = 1.02;
    let folder = root.join("examples");
    let mut good = true;
    println!(
        "{:<14}{:<26}{:>8}{:>22}{:>22}",
        "example", "build", "threads", "resident KiB", "blocks"
    );
    for (name, arguments) in EXAMPLES
        .iter()
        .filter(|(name, _)| name.contains(&plan.filter))
    {
        for threads in &plan.threads {
            for binary in &plan.binaries {
                let mut command = Command::new(&binary.path);
                command
                    .args(binary.options)
                    .arg(format!("{name}.py"))
                    .args(*arguments)
                    .args([
                        "--memory",
                        "--no-times",
                        "--repeat",
                        &turns.to_string(),
                        "--threads",
                        &threads.to_string(),
                    ])
                    .env("PYTHONDONTWRITEBYTECODE", "1")
                    .current_dir(&folder);
                print!("{name:<14}{:<26}{threads:>8}", binary.label);
                let text = match output(command) {
                    Ok(text) => text,
                    Err(error) => {
                        println!("  FAILED: {error}");
                        good = false;
                        continue;
                    }
                };
                let (early, late) = (usage(&text, EARLY), usage(&text, turns));
                let mut verdict = "";
                for (early, late) in early.into_iter().zip(late) {
                    match (early, late) {
                        (Some(early), Some(late)) => {
                            print!("{:>22}", format!("{early:.0} -> {late:.0}"));
                            if late > early * MOST {
                                verdict = "  grew";
                                good = false;
                            }
                        }
                        _ => print!("{:>22}", "not told"),
                    }
                }
                println!("{verdict}");
            }
        }
    }
    good
}

/// Resident KiB and allocated blocks after run `turn`, from what `--memory` prints.
fn usage(text: &str, turn: usize) -> [Option<f64>; 2] {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(&format!("memory after run {turn}: ")))
        .unwrap_or("");
    let words: Vec<&str> = line.split_whitespace().collect();
    let number = |at: usize| words.get(at).and_then(|word| word.parse().ok());
    [number(0), number(3)]
}

/// Standard output of a command that must succeed within `HANG`.
fn output(mut command: Command) -> Result<String, String> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("cannot run: {e}"))?;
    let pid = child.id();
    let mut stdout = child.stdout.take().expect("piped");
    let mut stderr = child.stderr.take().expect("piped");
    let stdout = thread::spawn(move || {
        let mut text = Vec::new();
        let _ = std::io::Read::read_to_end(&mut stdout, &mut text);
        text
    });
    let stderr = thread::spawn(move || {
        let mut text = Vec::new();
        let _ = std::io::Read::read_to_end(&mut stderr, &mut text);
        text
    });
    let start = Instant::now();
    let status = loop {
        match child.try_wait().map_err(|e| e.to_string())? {
            Some(status) => break status,
            None if start.elapsed() > HANG => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!(
                    "hangs (process {pid} ended after {} s)",
                    HANG.as_secs()
                ));
            }
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    let stdout = String::from_utf8_lossy(&stdout.join().unwrap_or_default()).into_owned();
    let stderr = String::from_utf8_lossy(&stderr.join().unwrap_or_default()).into_owned();
    if status.success() {
        return Ok(stdout);
    }
    let lines: Vec<&str> = stderr.lines().collect();
    Err(format!(
        "{status}: {}",
        lines[lines.len().saturating_sub(6)..].join("\n  ")
    ))
}
