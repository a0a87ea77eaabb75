//! `cargo xtask bench`: the micro programs of `benches/python`, Typhon against other Pythons, in turns.
//!
//! Each program prints the best time of its own runs. The interpreters take turns (A B A B ...), so that a machine that
//! slows down slows all of them, and the medians are compared.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// The ratios the project promises on one thread, as (program, smallest acceptable speed relative to CPython 3.14).
const PROMISES: &[(&str, f64)] = &[
    ("fib", 1.5),
    ("int_loop", 2.5),
    ("float_loop", 1.5),
    ("attributes", 0.9),
    ("list_ops", 0.9),
    ("dict_ops", 0.9),
    ("str_ops", 0.9),
    ("generators", 0.9),
    ("exceptions", 0.9),
    ("method_calls", 0.9),
    ("start-up", 1.0 / 3.0),
];

/// The largest number of bytes an object of a kind may take, its slot in a list included.
const SIZES: &[(&str, f64)] = &[
    ("int", 8.0),
    ("float", 8.0),
    ("instance", 64.0),
    ("tuple2", 58.0),
];

/// The figures have one digit behind the point.
const SIZE_TOLERANCE: f64 = 0.05;

/// Starts the interpreter that runs it ten times and prints the seconds of one start.
const SELF_START: &str = "
import subprocess, sys, time
start = time.perf_counter()
for _ in range(10):
    subprocess.run([sys.executable, '-c', 'pass'], check=True)
print((time.perf_counter() - start) / 10)
";

/// What to measure, and with which interpreters.
pub struct Plan {
    pub binary: PathBuf,
    pub peers: Vec<PathBuf>,
    /// What the table calls them, the first one first; empty: by their paths, and the table tells what was promised.
    pub labels: Vec<String>,
    pub runs: usize,
    pub filter: String,
}

/// Prints the table of ratios; false if a program could not run.
pub fn run(root: &Path, plan: &Plan) -> bool {
    let folder = root.join("benches/python");
    let mut programs: Vec<String> = std::fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            entry
                .file_name()
                .into_string()
                .ok()?
                .strip_suffix(".py")
                .map(str::to_string)
        })
        .filter(|name| name != "best" && name != "memory_per_object" && name.contains(&plan.filter))
        .collect();
    programs.sort();
    if "start-up".contains(&plan.filter) {
        programs.push("start-up".into());
    }
    let interpreters: Vec<&Path> = std::iter::once(&plan.binary)
        .chain(&plan.peers)
        .map(PathBuf::as_path)
        .collect();
    for interpreter in &interpreters {
        if let Err(error) = Command::new(interpreter).arg("-V").output() {
            eprintln!("bench: cannot run {}: {error}", interpreter.display());
            eprintln!("bench: `cargo build --release` makes target/release/typhon");
            return false;
        }
    }
    let of_commits = !plan.labels.is_empty();
    let labels = match of_commits {
        true => plan.labels.clone(),
        false => std::iter::once("typhon".to_string())
            .chain(plan.peers.iter().map(|peer| label(peer)))
            .collect(),
    };
    println!(
        "median of {} interleaved runs; ratio = time of {} / time of {}\n",
        plan.runs,
        if of_commits { &labels[1] } else { "the peer" },
        labels[0]
    );
    print!("{:<16}{:>12}", "program", labels[0]);
    for peer in &labels[1..] {
        print!("{peer:>14}{:>8}", "ratio");
    }
    println!("{:>10}", if of_commits { "" } else { "promised" });

    let mut good = true;
    for program in &programs {
        let mut times = vec![Vec::new(); interpreters.len()];
        let mut failure = None;
        'rounds: for _ in 0..plan.runs {
            for (interpreter, times) in interpreters.iter().zip(&mut times) {
                match time(interpreter, &folder, program) {
                    Ok(seconds) => times.push(seconds),
                    Err(error) => {
                        failure = Some(format!("{}: {error}", interpreter.display()));
                        break 'rounds;
                    }
                }
            }
        }
        if let Some(failure) = failure {
            println!("{program:<16}failed: {failure}");
            good = false;
            continue;
        }
        let medians: Vec<f64> = times.iter_mut().map(|times| median(times)).collect();
        print!("{program:<16}{:>9.2} ms", medians[0] * 1e3);
        for median in &medians[1..] {
            print!("{:>11.2} ms{:>8.2}", median * 1e3, median / medians[0]);
        }
        if let (Some((_, least)), Some(peer)) = (
            PROMISES
                .iter()
                .find(|(name, _)| !of_commits && name == program),
            medians.get(1),
        ) {
            let verdict = if peer / medians[0] >= *least {
                ""
            } else {
                "  below"
            };
            print!("{least:>10.2}{verdict}");
        }
        println!();
    }
    if plan.filter.is_empty() {
        println!("\nbytes per object, its slot in a list included\n");
        good &= sizes(&folder, &interpreters);
    }
    good
}

fn sizes(folder: &Path, interpreters: &[&Path]) -> bool {
    let Ok(kinds) = output(interpreters[0], folder, &["memory_per_object.py"]) else {
        println!("(not measured)");
        return false;
    };
    for kind in kinds.split_whitespace() {
        print!("{kind:<16}");
        let mut ours = None;
        for interpreter in interpreters {
            let bytes = output(interpreter, folder, &["memory_per_object.py", kind])
                .ok()
                .and_then(|text| text.split_whitespace().last()?.parse::<f64>().ok());
            match bytes {
                Some(bytes) => print!("{bytes:>14.1}"),
                None => print!("{:>14}", "failed"),
            }
            ours = ours.or(bytes);
        }
        if let (Some((_, most)), Some(bytes)) = (SIZES.iter().find(|(name, _)| *name == kind), ours)
        {
            print!(
                "   at most {most}{}",
                if bytes <= most + SIZE_TOLERANCE {
                    ""
                } else {
                    ": above"
                }
            );
        }
        println!();
    }
    true
}

/// The time one run of a program reports, or for the start-up the time of the process.
fn time(interpreter: &Path, folder: &Path, program: &str) -> Result<f64, String> {
    if program == "start-up" {
        const STARTS: u32 = 10;
        // A Python may be reached through a wrapper: where it can, it starts itself, so that the wrapper does not count.
        if let Ok(text) = output(interpreter, folder, &["-c", SELF_START])
            && let Ok(seconds) = text.trim().parse()
        {
            return Ok(seconds);
        }
        let start = Instant::now();
        for _ in 0..STARTS {
            output(interpreter, folder, &["-c", "pass"])?;
        }
        return Ok(start.elapsed().as_secs_f64() / f64::from(STARTS));
    }
    let text = output(interpreter, folder, &[&format!("{program}.py")])?;
    text.lines()
        .find_map(|line| line.strip_prefix("best ")?.parse().ok())
        .ok_or_else(|| format!("no time in {text:?}"))
}

fn output(interpreter: &Path, folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(interpreter)
        .args(arguments)
        .current_dir(folder)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .map_err(|e| e.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let error = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "{}, {}",
        output.status,
        error.lines().last().unwrap_or("")
    ))
}

fn label(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
