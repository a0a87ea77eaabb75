//! `stress`: the example programs on {free-threaded, GIL} x {1, 2, ... threads}, measured in turns and compared.
//!
//! This file reads the command line. What is run stands in `catalogue`, how a process is run and timed in `measure`,
//! the table and the files in `report`; `structures` is a command of its own.

mod arguments;
mod catalogue;
mod compare;
mod litmus;
mod measure;
mod others;
mod process;
mod regime;
mod report;
mod soak;
mod stats;
mod structures;
mod transfer;

use arguments::{Builds, absolute, count, counts};
use measure::{Regime, Variant};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

const HELP: &str = "usage: stress compare [options] FILE [ARG]...     any program, in all regimes, with a report
       stress run [options] [WORKLOAD]...         soak: the workloads of the catalogue, again and again
       stress litmus [options] [TEST]...          small races and their outcomes in each regime
       stress [options] [EXAMPLE | WORKLOAD | workloads]...
       stress structures [--threads N] [--seconds S] [--runs N] [--binary PATH] [STRUCTURE]...

`stress COMMAND --help` tells the options of the first three.

The fourth form runs the programs of examples/, or those named (`workloads`: all of stress/workloads/), on the
free-threaded and on the GIL build of typhon, on each number of threads, in turns, and prints a table of medians (of
ratios within each round, where it compares).
`two processes` is the reference for two threads: two processes of the free-threaded build that each do the whole job on
one thread, from the same moment on, once both have their input. The output of all runs must be equal.

The last form hammers shared lists, dicts, classes, generators, locks and so on from several threads (default: 4, each
structure for 5 seconds, once) and asserts what must hold; its default binary is the checking build, target/debug/typhon.

options:
  --runs N           rounds over all variants; the table shows medians (default: 5)
  --threads LIST     numbers of threads (default: 1,2)
  --quick            smaller inputs
  --binary PATH      the free-threaded build (default: `typhon` beside this program)
  --gil-binary PATH  the GIL build (default: its twin in target/gil)
  --no-gil-build     leave the GIL build out
  --peer PATH        another Python to run beside them; may be given several times
  --timeout S        seconds after which a run counts as hanging (default: 300)
  --json FILE        write every measurement as JSON
  --csv FILE         write every measurement as CSV
  --list             print the names of the examples and workloads
  -h, --help         this text

exit status: 0 if every run ended well and printed the same, 1 otherwise, 2 for a wrong command line
";

struct Options {
    /// The second form of the command.
    structures: bool,
    runs: usize,
    threads: Vec<usize>,
    quick: bool,
    binary: PathBuf,
    gil_binary: Option<PathBuf>,
    peers: Vec<PathBuf>,
    timeout: Duration,
    seconds: f64,
    json: Option<PathBuf>,
    csv: Option<PathBuf>,
    names: Vec<String>,
}

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("stress lies in the workspace");
    let mut words = std::env::args_os().skip(1);
    let command = words.next().unwrap_or_default();
    let done = match command.to_str() {
        Some("compare") => Some(compare::main(words.collect())),
        Some("litmus") => Some(litmus::main(root, words.collect())),
        Some("run") => Some(soak::main(root, words.collect())),
        _ => None,
    };
    if let Some(done) = done {
        let command = command.to_string_lossy();
        return match done {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(message) => {
                eprintln!("stress {command}: {message}\nstress {command} --help tells the options");
                ExitCode::from(2)
            }
        };
    }
    let options = match parse(root) {
        Ok(Some(options)) => options,
        Ok(None) => return ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("stress: {message}\nstress --help tells the options");
            return ExitCode::from(2);
        }
    };
    let done = if options.structures {
        let plan = structures::Plan {
            binary: options.binary,
            threads: options.threads[0],
            seconds: options.seconds,
            rounds: options.runs,
            names: options.names,
        };
        structures::run(&root.join("stress/structures"), &plan)
    } else {
        run(root, &options)
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("stress: {message}");
            ExitCode::FAILURE
        }
    }
}

fn parse(root: &Path) -> Result<Option<Options>, String> {
    use lexopt::prelude::*;
    let builds = Builds::beside_this_program();
    let mut options = Options {
        structures: false,
        runs: 0,
        threads: Vec::new(),
        quick: false,
        binary: PathBuf::new(),
        gil_binary: Some(builds.gil.clone()),
        peers: Vec::new(),
        timeout: Duration::from_secs(300),
        seconds: 5.0,
        json: None,
        csv: None,
        names: Vec::new(),
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next().map_err(|e| e.to_string())? {
        let name = match argument {
            Short('h') => "help".to_string(),
            Long(name) => name.to_string(),
            Value(name) => {
                options.names.push(name.to_string_lossy().into_owned());
                continue;
            }
            other => return Err(other.unexpected().to_string()),
        };
        let mut value = |name: &str| parser.value().map_err(|_| format!("{name} needs a value"));
        match name.as_str() {
            "help" => {
                print!("{HELP}");
                return Ok(None);
            }
            "list" => {
                for workload in catalogue::WORKLOADS {
                    println!("{:<18}{}", workload.name, workload.about);
                }
                return Ok(None);
            }
            "runs" => options.runs = count(&value("--runs")?.to_string_lossy(), "--runs")?,
            "threads" => {
                let text = value("--threads")?;
                options.threads = counts(&text.to_string_lossy(), "--threads")?;
            }
            "quick" => options.quick = true,
            "binary" => options.binary = absolute(value("--binary")?),
            "gil-binary" => options.gil_binary = Some(absolute(value("--gil-binary")?)),
            "no-gil-build" => options.gil_binary = None,
            "peer" => options.peers.push(absolute(value("--peer")?)),
            "timeout" => {
                let seconds = count(&value("--timeout")?.to_string_lossy(), "--timeout")?;
                options.timeout = Duration::from_secs(seconds as u64);
            }
            "seconds" => {
                let text = value("--seconds")?;
                options.seconds = arguments::seconds(&text.to_string_lossy(), "--seconds")?;
            }
            "json" => options.json = Some(absolute(value("--json")?)),
            "csv" => options.csv = Some(absolute(value("--csv")?)),
            other => return Err(format!("no option --{other}")),
        }
    }
    options.structures = options
        .names
        .first()
        .is_some_and(|name| name == "structures");
    if options.structures {
        options.names.remove(0);
    }
    let (runs, threads, binary) = match options.structures {
        true => (1, vec![4], root.join("target/debug/typhon")),
        false => (5, vec![1, 2], builds.free),
    };
    if options.runs == 0 {
        options.runs = runs;
    }
    if options.threads.is_empty() {
        options.threads = threads;
    }
    if options.binary.as_os_str().is_empty() {
        options.binary = binary;
    }
    if options.structures {
        return Ok(Some(options));
    }
    if options.names.iter().any(|name| name == "workloads") {
        options.names.retain(|name| name != "workloads");
        let all = catalogue::WORKLOADS
            .iter()
            .filter(|workload| !workload.is_example());
        options
            .names
            .extend(all.map(|workload| workload.name.to_string()));
    }
    for name in &options.names {
        if !catalogue::WORKLOADS
            .iter()
            .any(|workload| workload.name == name)
        {
            return Err(format!(
                "no example or workload named {name:?}; --list shows them"
            ));
        }
    }
    Ok(Some(options))
}

fn run(root: &Path, options: &Options) -> Result<bool, String> {
    let builds = Builds::beside_this_program();
    let mut interpreters = vec![("free-threaded".to_string(), options.binary.clone())];
    if let Some(path) = &options.gil_binary {
        interpreters.push(("GIL".into(), path.clone()));
    }
    for path in &options.peers {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        interpreters.push((name, path.clone()));
    }
    // What is missing has its rows all the same, and the others theirs.
    let missing = |name: &str, path: &Path| {
        let how = match name {
            "free-threaded" => format!("; `{}` makes it", builds.free_command()),
            "GIL" => format!(
                "; `{}` makes it (--no-gil-build leaves it out)",
                builds.gil_command()
            ),
            _ => String::new(),
        };
        (!path.exists()).then(|| format!("{} does not exist{how}", path.display()))
    };
    let mut variants = Vec::new();
    for (name, path) in &interpreters {
        let missing = missing(name, path);
        if let Some(problem) = &missing {
            eprintln!("stress: {problem}");
        }
        for &threads in &options.threads {
            let regime = Regime::Threads(threads);
            variants.push(Variant {
                interpreter: name.clone(),
                path: path.clone(),
                regime,
                missing: missing.clone(),
            });
        }
        if name == "free-threaded" && options.threads.contains(&2) {
            variants.push(Variant {
                interpreter: name.clone(),
                path: path.clone(),
                regime: Regime::TwoProcesses,
                missing: missing.clone(),
            });
        }
    }
    let workloads: Vec<_> = catalogue::WORKLOADS
        .iter()
        .filter(|workload| {
            options.names.is_empty() && workload.is_example()
                || options.names.iter().any(|name| name == workload.name)
        })
        .collect();
    let plan = measure::Plan {
        root: root.to_path_buf(),
        runs: options.runs,
        quick: options.quick,
        has_peers: !options.peers.is_empty(),
        timeout: options.timeout,
    };
    let (results, transfers) = measure::measure(&plan, &workloads, &variants);
    report::print(&results, &variants, &transfers);
    if let Some(path) = &options.json {
        report::write_json(path, &results, &options.threads, &transfers)?;
    }
    if let Some(path) = &options.csv {
        report::write_csv(path, &results)?;
    }
    Ok(results.iter().all(|result| result.problems.is_empty()))
}
