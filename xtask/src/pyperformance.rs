//! `cargo xtask pyperformance`: programs of the public `pyperformance` suite, Typhon against CPython, in turns.
//!
//! The suite is not part of the project and nothing is fetched: the directory with its programs is named by `--suite` or
//! `TYPHON_PYPERFORMANCE`. The programs import `pyperf`; `benches/pyperformance/pyperf.py` stands in for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is measured: the folder `bm_NAME` and the arguments of its program. Some print several benchmarks.
const PROGRAMS: &[(&str, &[&str])] = &[
    ("richards", &[]),
    ("deltablue", &[]),
    ("nbody", &[]),
    ("fannkuch", &[]),
    ("spectral_norm", &[]),
    ("chaos", &[]),
    ("go", &[]),
    ("hexiom", &[]),
    ("nqueens", &[]),
    ("raytrace", &[]),
    ("float", &[]),
    ("pidigits", &[]),
    ("unpack_sequence", &[]),
    ("comprehensions", &[]),
    ("generators", &[]),
    ("coroutines", &[]),
    ("deepcopy", &[]),
    ("json_dumps", &[]),
    ("json_loads", &[]),
    ("meteor_contest", &[]),
    ("regex_compile", &[]),
    ("regex_dna", &[]),
    ("regex_effbot", &[]),
    ("regex_v8", &[]),
    ("pickle", &["pickle"]),
    ("pickle", &["unpickle"]),
    ("pickle", &["pickle_list"]),
    ("pickle", &["unpickle_list"]),
    ("pickle", &["pickle_dict"]),
    ("pickle", &["--pure-python", "pickle"]),
    ("pickle", &["--pure-python", "unpickle"]),
    ("scimark", &[]),
    ("logging", &[]),
    ("mdp", &[]),
    ("pyflate", &[]),
    ("crypto_pyaes", &[]),
];

/// What is printed when there is no suite.
const HOW_TO_GET: &str = "\
pyperformance: no suite. It comes from PyPI and stays outside the project:
  pip download --no-deps pyperformance -d DIR && python3 -m zipfile -e DIR/pyperformance-*.whl DIR
  pip install --no-deps --target DIR/deps pyaes
  cargo xtask pyperformance --suite DIR --peer python3.14    (or TYPHON_PYPERFORMANCE=DIR)";

pub struct Plan {
    pub suite: Option<PathBuf>,
    pub binary: PathBuf,
    /// The build with the lock, where there is one.
    pub gil: Option<PathBuf>,
    pub peer: Option<PathBuf>,
    pub runs: usize,
    /// A Markdown file whose table between [`BEGIN`] and [`END`] is written anew.
    pub into: Option<PathBuf>,
    /// Only programs whose name contains one of these.
    pub names: Vec<String>,
}

const BEGIN: &str = "<!-- pyperformance: begin -->\n";
const END: &str = "<!-- pyperformance: end -->\n";

/// What a program said: seconds of each benchmark, peak memory in KiB.
#[derive(Default)]
struct Said {
    seconds: BTreeMap<String, f64>,
    peak: u64,
}

/// Prints the table; false when a program failed.
pub fn run(root: &Path, plan: &Plan) -> bool {
    let Some((programs, suite)) = plan
        .suite
        .as_ref()
        .and_then(|suite| Some((find(suite)?, suite)))
    else {
        println!("{HOW_TO_GET}");
        return false;
    };
    let search = std::env::join_paths([root.join("benches/pyperformance"), suite.join("deps")])
        .expect("paths without colons");
    // Where each interpreter stands in a row; the peer first, as the ratio reads.
    let mut interpreters: Vec<(&str, &Path)> = Vec::new();
    if let Some(peer) = &plan.peer {
        interpreters.push(("peer", peer));
    }
    interpreters.push(("typhon", &plan.binary));
    if let Some(gil) = &plan.gil {
        interpreters.push(("GIL build", gil));
    }
    print!("{:<28}", "program");
    for (name, _) in &interpreters {
        print!("{name:>14}");
    }
    println!("{:>8}{:>10}   peak memory, MiB", "ratio", "vs GIL");

    let mut good = true;
    let (mut ratios, mut against_gil) = (Vec::new(), Vec::new());
    let mut rows = Vec::new();
    for (name, arguments) in PROGRAMS {
        let title = format!("{name} {}", arguments.join(" "));
        if !plan.names.is_empty() && !plan.names.iter().any(|wanted| title.contains(&**wanted)) {
            continue;
        }
        let program = programs.join(format!("bm_{name}/run_benchmark.py"));
        let mut said: Vec<Said> = interpreters.iter().map(|_| Said::default()).collect();
        for _ in 0..plan.runs {
            for ((interpreter, path), said) in interpreters.iter().zip(&mut said) {
                if let Err(error) = listen(path, &program, arguments, &search, said) {
                    println!("{title:<28}{interpreter} failed: {error}");
                    good = false;
                    // The others are measured all the same.
                }
            }
        }
        let place = |wanted: &str| interpreters.iter().position(|(name, _)| *name == wanted);
        let all: Vec<&String> = {
            let mut all: Vec<_> = said.iter().flat_map(|said| said.seconds.keys()).collect();
            all.sort();
            all.dedup();
            all
        };
        for (i, bench) in all.into_iter().enumerate() {
            let seconds = |wanted: &str| said[place(wanted)?].seconds.get(bench).copied();
            let mut row = vec![bench.clone()];
            for (name, _) in &interpreters {
                row.push(seconds(name).map_or("failed".to_string(), duration));
            }
            row.push(ratio(seconds("peer"), seconds("typhon"), &mut ratios));
            let (gil, typhon) = (seconds("GIL build"), seconds("typhon"));
            row.push(ratio(gil, typhon, &mut against_gil));
            row.extend(said.iter().map(|said| match i {
                0 => format!("{:.1}", said.peak as f64 / 1024.0),
                _ => String::new(),
            }));
            print_row(&row, interpreters.len());
            rows.push(row);
        }
    }
    let mut last = vec![String::new(); interpreters.len() + 1];
    last[0] = "geometric mean".to_string();
    last.extend([mean(&ratios), mean(&against_gil)]);
    last.resize(2 * interpreters.len() + 3, String::new());
    print_row(&last, interpreters.len());
    rows.push(last);
    println!(
        "\nthe shortest of {} interleaved runs; ratio = time of the peer / time of typhon",
        plan.runs
    );
    if let Some(file) = &plan.into {
        let heads = |(name, path): &(&str, &Path)| match (*name, path.file_name()) {
            ("peer", Some(file)) => file.to_string_lossy().into_owned(),
            ("typhon", _) => "free-threaded".to_string(),
            (name, _) => name.to_string(),
        };
        let names: Vec<String> = interpreters.iter().map(heads).collect();
        if let Err(error) = write_into(file, &names, &rows) {
            println!("{}: {error}", file.display());
            good = false;
        }
    }
    good
}

fn print_row(row: &[String], interpreters: usize) {
    print!("{:<28}", row[0]);
    for (i, cell) in row[1..].iter().enumerate() {
        let width = match i.checked_sub(interpreters) {
            None => 14,
            Some(1) => 10,
            _ => 8,
        };
        print!("{cell:>width$}");
    }
    println!();
}

/// Replaces the table between the marks in a Markdown file.
fn write_into(file: &Path, interpreters: &[String], rows: &[Vec<String>]) -> std::io::Result<()> {
    let text = std::fs::read_to_string(file)?;
    let missing = || std::io::Error::other(format!("no line {}", BEGIN.trim_end()));
    let begin = text.find(BEGIN).ok_or_else(missing)? + BEGIN.len();
    let end = begin + text[begin..].find(END).ok_or_else(missing)?;
    let mut table = String::from("| program |");
    for name in interpreters {
        table += &format!(" {name} |");
    }
    table += " ratio | vs GIL |";
    for name in interpreters {
        table += &format!(" {name}, MiB |");
    }
    table += "\n| --- |";
    table += &" ---: |".repeat(2 * interpreters.len() + 2);
    table.push('\n');
    for row in rows {
        table += &format!("| {} |\n", row.join(" | "));
    }
    std::fs::write(file, format!("{}{table}{}", &text[..begin], &text[end..]))
}

/// The folder with the programs: `suite` itself or where the wheel has it.
fn find(suite: &Path) -> Option<PathBuf> {
    // The wheel has a second copy, without the data, at its top.
    [
        "pyperformance/data-files/benchmarks",
        "data-files/benchmarks",
        "benchmarks",
        "",
    ]
    .iter()
    .map(|inside| suite.join(inside))
    .find(|folder| folder.join("bm_richards/run_benchmark.py").is_file())
}

/// Runs a program once and keeps the shortest times and the highest peak.
fn listen(
    interpreter: &Path,
    program: &Path,
    arguments: &[&str],
    search: &std::ffi::OsStr,
    said: &mut Said,
) -> Result<(), String> {
    let output = Command::new(interpreter)
        .arg(program)
        .args(arguments)
        .env("PYTHONPATH", search)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .map_err(|e| e.to_string())?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "{}, {}",
            output.status,
            error.lines().last().unwrap_or("")
        ));
    }
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["bench", name, seconds] => {
                let seconds = seconds.parse::<f64>().map_err(|e| e.to_string())?;
                let best = said
                    .seconds
                    .entry(name.to_string())
                    .or_insert(f64::INFINITY);
                *best = best.min(seconds);
            }
            ["peak", kilobytes] => said.peak = said.peak.max(kilobytes.parse().unwrap_or(0)),
            _ => {}
        }
    }
    Ok(())
}

fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.2} us", s * 1e6),
        s if s < 1.0 => format!("{:.2} ms", s * 1e3),
        s => format!("{s:.3} s"),
    }
}

/// How much faster `ours` is, kept too.
fn ratio(theirs: Option<f64>, ours: Option<f64>, kept: &mut Vec<f64>) -> String {
    let (Some(theirs), Some(ours)) = (theirs, ours) else {
        return String::new();
    };
    kept.push(theirs / ours);
    format!("{:.2}", theirs / ours)
}

fn mean(ratios: &[f64]) -> String {
    if ratios.is_empty() {
        return String::new();
    }
    let logs: f64 = ratios.iter().map(|ratio| ratio.ln()).sum();
    format!("{:.2}", (logs / ratios.len() as f64).exp())
}
