//! `cargo xtask bench`: the micro programs of `benches/python`, Typhon against other Pythons, in turns.
//!
//! Each program prints the best time of its own runs. The interpreters take turns (A B, B A, ...), and the ratio is the median
//! of those within the rounds: a machine that is slow for some runs is so for the runs of a round alike. (Of medians it is
//! not: on one that changed between two speeds, 1 : 1.65, the ratio of one program's came out as 0.64 and as 1.05.)

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
        "{} interleaved rounds: medians; ratio = time of {} / time of {}, median of the rounds' (least..largest)\n",
        plan.runs,
        if of_commits { &labels[1] } else { "the peer" },
        labels[0]
    );
    print!("{:<16}{:>12}", "program", labels[0]);
    for peer in &labels[1..] {
        print!("{peer:>14}{:>20}", "ratio");
    }
    println!("{:>10}", if of_commits { "" } else { "promised" });

    let mut good = true;
    for program in &programs {
        let mut times = vec![Vec::new(); interpreters.len()];
        let mut failure = None;
        'rounds: for round in 0..plan.runs {
            let mut order: Vec<usize> = (0..interpreters.len()).collect();
            if round % 2 == 1 {
                order.reverse();
            }
            for which in order {
                match time(interpreters[which], &folder, program) {
                    Ok(seconds) => times[which].push(seconds),
                    Err(error) => {
                        failure = Some(format!("{}: {error}", interpreters[which].display()));
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
        print!("{program:<16}{:>9.2} ms", median(&times[0]) * 1e3);
        let mut first = None;
        for peer in &times[1..] {
            let ratio = Ratio::within_rounds(peer, &times[0]);
            print!("{:>11.2} ms{:>20}", median(peer) * 1e3, ratio.to_string());
            first = first.or(Some(ratio.median));
        }
        let promise = PROMISES
            .iter()
            .find(|(name, _)| !of_commits && name == program);
        if let (Some((_, least)), Some(ratio)) = (promise, first) {
            let verdict = if ratio >= *least { "" } else { "  below" };
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

fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// How the times of two interpreters compare, round by round.
#[derive(Debug, PartialEq)]
struct Ratio {
    median: f64,
    least: f64,
    largest: f64,
}

impl Ratio {
    fn within_rounds(these: &[f64], those: &[f64]) -> Ratio {
        let ratios: Vec<f64> = these.iter().zip(those).map(|(a, b)| a / b).collect();
        Ratio {
            median: median(&ratios),
            least: ratios.iter().copied().fold(f64::INFINITY, f64::min),
            largest: ratios.iter().copied().fold(0.0, f64::max),
        }
    }
}

impl std::fmt::Display for Ratio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Ratio {
            median,
            least,
            largest,
        } = self;
        write!(f, "{median:.2} ({least:.2}..{largest:.2})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_of_two_speeds_changes_no_ratio() {
        // Both as fast as each other, in a fast round and in two slow ones: the medians' ratio would be another if one
        // of a round's two runs had caught the other speed.
        let peer = [10.0, 16.0, 16.0, 10.0, 10.0];
        let ours = [10.0, 16.0, 16.0, 16.0, 10.0];
        let ratio = Ratio::within_rounds(&peer, &ours);
        assert_eq!(median(&ours) / median(&peer), 1.6);
        assert_eq!(ratio.median, 1.0);
        assert_eq!(ratio.to_string(), "1.00 (0.62..1.00)");
    }
}
