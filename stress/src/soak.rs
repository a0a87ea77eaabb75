//! `stress run`: the workloads again and again, in an order and with seeds drawn at random, until the time is over. Every
//! run checks itself, must print what every other run with the same seed prints, and nothing on standard error.

use crate::arguments::{counts, seconds};
use crate::catalogue::{WORKLOADS, Workload, programs};
use crate::compare::{first_difference, progress};
use crate::process::{self, last_line};
use crate::regime::{Choice, Kind, Regime};
use crate::stats::Random;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, Instant};

const HELP: &str = concat!(
    "usage: stress run [options] [WORKLOAD]...

Runs the workloads of stress/workloads/ (or those named) again and again, on numbers of threads, in regimes and with seeds
drawn at random, until the time is over. A run is good if it ends with status 0, its self-check included, prints what the
other runs with its seed print, and prints nothing on standard error. For each run that is not, the command that does it
again is printed.

options:
  --seconds S        how long (default: 60); a run that was begun is finished
  --threads LIST     numbers of threads to draw from (default: 1,2,4)
  --seed N           seed of everything drawn (default: 0)
  --mode LIST        regimes to draw from: free, gil, gil-option, peer (default: all that are there)
  --timeout S        seconds after which a run counts as hanging (default: 300)
  --list             print the names of the workloads
",
    crate::choice_help!(),
    "  -h, --help         this text

exit status: 0 if all runs were good, 1 otherwise, 2 for a wrong command line
"
);

/// Runs with one seed are compared; few seeds make many comparisons.
const SEEDS: usize = 4;

struct Options {
    time: f64,
    threads: Vec<usize>,
    seed: u64,
    modes: Vec<Kind>,
    timeout: Duration,
    names: Vec<String>,
    choice: Choice,
}

fn parse(root: &Path, arguments: Vec<OsString>) -> Result<Option<Options>, String> {
    use lexopt::prelude::*;
    let mut options = Options {
        time: 60.0,
        threads: vec![1, 2, 4],
        seed: 0,
        modes: Vec::new(),
        timeout: Duration::from_secs(300),
        names: Vec::new(),
        choice: Choice::new(),
    };
    let mut parser = lexopt::Parser::from_args(arguments);
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
        if options.choice.take(&name, &mut parser)? {
            continue;
        }
        let mut text = || match parser.value() {
            Ok(value) => Ok(value.to_string_lossy().into_owned()),
            Err(_) => Err(format!("--{name} needs a value")),
        };
        match name.as_str() {
            "help" => {
                print!("{HELP}");
                return Ok(None);
            }
            "list" => {
                for workload in WORKLOADS.iter().filter(|workload| !workload.is_example()) {
                    println!("{:<18}{}", workload.name, workload.about);
                }
                return Ok(None);
            }
            "seconds" => options.time = seconds(&text()?, "--seconds")?,
            "threads" => options.threads = counts(&text()?, "--threads")?,
            "seed" => {
                let text = text()?;
                options.seed = text
                    .parse()
                    .map_err(|_| format!("--seed needs a whole number, not {text:?}"))?;
            }
            "mode" => options.modes = modes(&text()?)?,
            "timeout" => {
                options.timeout = Duration::from_secs_f64(seconds(&text()?, "--timeout")?);
            }
            other => return Err(format!("no option --{other}")),
        }
    }
    options.names = programs(&root.join("stress/workloads"), &options.names)?;
    Ok(Some(options))
}

fn modes(text: &str) -> Result<Vec<Kind>, String> {
    text.split(',')
        .map(|word| match word.trim() {
            "free" => Ok(Kind::Free),
            "gil" => Ok(Kind::GilBuild),
            "gil-option" => Ok(Kind::GilOption),
            "peer" => Ok(Kind::Peer),
            other => Err(format!(
                "--mode: {other:?} is none of free, gil, gil-option, peer"
            )),
        })
        .collect()
}

pub fn main(root: &Path, arguments: Vec<OsString>) -> Result<bool, String> {
    let Some(options) = parse(root, arguments)? else {
        return Ok(true);
    };
    let mut regimes = options.choice.regimes();
    if !options.modes.is_empty() {
        regimes.retain(|regime| options.modes.contains(&regime.kind));
    }
    let mut good = true;
    for regime in &regimes {
        if let Some(problem) = &regime.missing {
            println!("{}: {problem}", regime.name);
            good = false;
        }
    }
    regimes.retain(|regime| regime.missing.is_none());
    if regimes.is_empty() {
        return Err("no regime is left to run in".into());
    }
    let workloads: Vec<&Workload> = WORKLOADS
        .iter()
        .filter(|workload| {
            !workload.is_example() && options.names.iter().any(|n| n == workload.name)
        })
        .collect();
    Ok(good & soak(root, &options, &regimes, &workloads))
}

fn soak(root: &Path, options: &Options, regimes: &[Regime], workloads: &[&Workload]) -> bool {
    let mut random = Random(options.seed);
    // What a workload prints for a seed, and how often each was run.
    let mut expected: HashMap<(&str, usize), String> = HashMap::new();
    let mut runs: HashMap<&str, usize> = HashMap::new();
    let mut bad = 0;
    let bar = progress(options.time.ceil() as u64);
    let start = Instant::now();
    let mut order: Vec<&Workload> = Vec::new();
    while start.elapsed().as_secs_f64() < options.time {
        // Each workload comes before any comes again.
        if order.is_empty() {
            order = workloads.to_vec();
        }
        let workload = order.swap_remove(random.below(order.len()));
        let regime = &regimes[random.below(regimes.len())];
        let threads = options.threads[random.below(options.threads.len())];
        let seed = random.below(SEEDS);
        bar.set_message(format!(
            "{}, {}, {threads} threads",
            workload.name, regime.name
        ));
        let mut command = regime.command();
        command
            .arg(
                root.join(workload.folder)
                    .join(format!("{}.py", workload.name)),
            )
            .args(["--no-times", "--threads", &threads.to_string()])
            .args(["--seed", &seed.to_string()])
            .env("PYTHONDONTWRITEBYTECODE", "1");
        let problem = match process::run(&mut command, options.timeout) {
            Err(problem) => Some(problem),
            Ok(ended) if ended.end.is_good() && !ended.stderr.is_empty() => {
                Some(format!("standard error: {}", ended.stderr.trim_end()))
            }
            Ok(ended) if !ended.end.is_good() => {
                Some(format!("{}: {}", ended.end, last_line(&ended.stderr)))
            }
            Ok(ended) => {
                let known = expected
                    .entry((workload.name, seed))
                    .or_insert_with(|| ended.stdout.clone());
                (*known != ended.stdout).then(|| first_difference(known, &ended.stdout))
            }
        };
        *runs.entry(workload.name).or_default() += 1;
        bar.set_position((start.elapsed().as_secs_f64() as u64).min(options.time as u64));
        if let Some(problem) = problem {
            bad += 1;
            bar.suspend(|| {
                println!(
                    "{}, {}, {threads} threads: {problem}",
                    workload.name, regime.name
                );
                println!("    again: {command:?}");
            });
        }
    }
    bar.finish_and_clear();
    let total: usize = runs.values().sum();
    let least = workloads
        .iter()
        .map(|workload| runs.get(workload.name).copied().unwrap_or(0))
        .min();
    println!(
        "{total} runs of {} workloads (each at least {} times) in {} regimes, {:.0} s, seed {}: {bad} went wrong",
        workloads.len(),
        least.unwrap_or(0),
        regimes.len(),
        start.elapsed().as_secs_f64(),
        options.seed
    );
    bad == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_named() {
        assert_eq!(modes("free, gil"), Ok(vec![Kind::Free, Kind::GilBuild]));
        assert!(modes("all").is_err());
    }
}
