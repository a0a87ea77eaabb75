//! Runs the program in all regimes, in turns, and keeps what every run took.

use super::options::Options;
use super::outcome::Outcome;
use crate::process::{self, Ended, last_line};
use crate::regime::Regime;
use crate::stats::Random;
use crate::transfer;
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the interpreter itself counted, as it writes it to the file that TYPHON_COUNTERS names.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Counted {
    pub mode: String,
    pub counters: BTreeMap<String, u64>,
    pub pauses: Pauses,
    /// Only of the unmeasured round, since telling them takes time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
}

/// Where threads met, by type of object and line of the program.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Place {
    /// `object_lock`, `program_lock` or `foreign_count`.
    pub kind: String,
    pub object: String,
    /// Innermost first.
    pub lines: String,
    pub count: u64,
    pub seconds: f64,
}

/// The times the world stood still.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Pauses {
    pub count: u64,
    pub total_seconds: f64,
    pub longest_seconds: f64,
}

/// One measured run.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    pub round: usize,
    /// By the clock that was asked for.
    pub seconds: f64,
    /// From the start of the process to its end.
    pub wall_seconds: f64,
    pub cpu_seconds: f64,
    /// Processor time of all else that ran meanwhile, if the system tells.
    pub others_seconds: Option<f64>,
    pub peak_kib: u64,
    pub counted: Option<Counted>,
}

/// One regime on one number of threads.
#[derive(Clone, Debug, Serialize)]
pub struct Cell {
    pub regime: usize,
    pub threads: usize,
    pub runs: Vec<Run>,
    /// What the unmeasured run told.
    pub places: Vec<Place>,
    /// What went wrong first.
    pub problem: Option<String>,
}

/// All that was measured.
#[derive(Debug, Serialize)]
pub struct Measured {
    pub cells: Vec<Cell>,
    /// The different outcomes that were seen.
    pub outcomes: Vec<Outcome>,
    /// How long a cache line took between processors, in nanoseconds, once a round.
    pub transfers: Vec<f64>,
    /// Regime, number of threads, outcome of every run, unmeasured ones included.
    pub seen: Vec<(usize, usize, usize)>,
}

/// The file the interpreter writes its counters to; gone when this goes.
struct CountersFile(PathBuf);

impl CountersFile {
    fn new() -> CountersFile {
        let name = format!("typhon-counters-{}.json", std::process::id());
        CountersFile(std::env::temp_dir().join(name))
    }

    /// What the last run wrote.
    fn take(&self) -> Option<Counted> {
        let text = std::fs::read(&self.0).ok()?;
        let _ = std::fs::remove_file(&self.0);
        serde_json::from_slice(&text).ok()
    }
}

impl Drop for CountersFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

pub fn measure(options: &Options, regimes: &[Regime]) -> Measured {
    let mut measured = Measured {
        cells: Vec::new(),
        outcomes: Vec::new(),
        transfers: Vec::new(),
        seen: Vec::new(),
    };
    for (index, regime) in regimes.iter().enumerate() {
        for &threads in &options.threads {
            measured.cells.push(Cell {
                regime: index,
                threads,
                runs: Vec::new(),
                places: Vec::new(),
                problem: regime.missing.clone(),
            });
        }
    }
    // A regime that is missing takes part in nothing, a program that hangs is not asked again.
    let mut out = vec![false; measured.cells.len()];
    for (index, cell) in measured.cells.iter().enumerate() {
        out[index] = cell.problem.is_some();
    }
    let turns = measured.cells.len();
    let bar = progress((turns * (options.runs + 1)) as u64);
    let file = CountersFile::new();
    let mut random = Random(1);
    let mut order: Vec<usize> = (0..turns).collect();
    // Round 0 warms the machine's caches up.
    for round in 0..=options.runs {
        measured.transfers.extend(transfer::nanoseconds());
        // No regime always runs behind the same neighbour.
        random.shuffle(&mut order);
        for &index in &order {
            bar.inc(1);
            if out[index] {
                continue;
            }
            let cell = &measured.cells[index];
            let regime = &regimes[cell.regime];
            bar.set_message(format!("{}, {} threads", regime.name, cell.threads));
            let (regime_index, threads) = (cell.regime, cell.threads);
            let counters = Counters {
                file: &file.0,
                places: round == 0,
            };
            let problem = match run_once(options, regime, threads, &counters) {
                Err(problem) => {
                    out[index] = true;
                    Some(problem)
                }
                Ok(ended) => {
                    let mut counted = file.take();
                    if let (0, Some(counted)) = (round, &mut counted) {
                        measured.cells[index].places = std::mem::take(&mut counted.places);
                    }
                    let outcome = Outcome::of(&ended, &left_out(options));
                    let outcome = intern(&mut measured.outcomes, outcome);
                    measured.seen.push((regime_index, threads, outcome));
                    out[index] = ended.end == process::End::Hung;
                    match seconds(options, &ended) {
                        Ok(seconds) if round > 0 && !out[index] => {
                            measured.cells[index].runs.push(Run {
                                round,
                                seconds,
                                wall_seconds: ended.wall.as_secs_f64(),
                                cpu_seconds: ended.cpu.as_secs_f64(),
                                others_seconds: ended.others.map(|time| time.as_secs_f64()),
                                peak_kib: ended.peak_kib,
                                counted,
                            });
                            problem(options, &ended)
                        }
                        Ok(_) => problem(options, &ended),
                        Err(text) => problem(options, &ended).or(Some(text)),
                    }
                }
            };
            let cell = &mut measured.cells[index];
            if let (None, Some(problem)) = (&cell.problem, problem) {
                bar.println(format!("{}, {threads} threads: {problem}", regime.name));
                cell.problem = Some(problem);
            }
        }
    }
    bar.finish_and_clear();
    measured
}

pub fn progress(length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length);
    let template = "[{elapsed_precise}] {bar:30} {pos}/{len}, {eta} left  {msg}";
    let style = ProgressStyle::with_template(template);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// How the program went wrong, if it did.
fn problem(options: &Options, ended: &Ended) -> Option<String> {
    match ended.end {
        process::End::Status(0) => None,
        process::End::Hung => {
            let limit = options.timeout.as_secs_f64();
            Some(format!("hangs: ended after {limit} s"))
        }
        end => Some(format!("{end}: {}", last_line(&ended.stderr))),
    }
}

/// Lines with the program's own clock differ by nature.
fn left_out(options: &Options) -> Vec<regex::Regex> {
    options
        .ignore
        .iter()
        .chain(&options.clock)
        .cloned()
        .collect()
}

fn intern(outcomes: &mut Vec<Outcome>, outcome: Outcome) -> usize {
    match outcomes.iter().position(|known| *known == outcome) {
        Some(index) => index,
        None => {
            outcomes.push(outcome);
            outcomes.len() - 1
        }
    }
}

/// What the interpreter is asked to tell of itself.
struct Counters<'a> {
    file: &'a Path,
    places: bool,
}

fn run_once(
    options: &Options,
    regime: &Regime,
    threads: usize,
    counters: &Counters<'_>,
) -> Result<Ended, String> {
    let number = threads.to_string();
    let mut command = regime.command();
    command
        .arg(&options.program)
        .args(
            options
                .arguments
                .iter()
                .map(|word| word.replace("{threads}", &number)),
        )
        .env("TYPHON_THREADS", &number)
        .env("TYPHON_COUNTERS", counters.file)
        .env(
            "TYPHON_COUNTERS_PLACES",
            if counters.places { "1" } else { "0" },
        );
    process::run(&mut command, options.timeout)
}

/// What the run took, by the clock that was asked for.
fn seconds(options: &Options, ended: &Ended) -> Result<f64, String> {
    let Some(clock) = &options.clock else {
        return Ok(ended.wall.as_secs_f64());
    };
    clock_of(clock, &ended.stdout)
}

fn clock_of(clock: &regex::Regex, text: &str) -> Result<f64, String> {
    let Some(group) = text.lines().find_map(|line| clock.captures(line)?.get(1)) else {
        return Err(format!(
            "no line of the output matches --clock {:?}",
            clock.as_str()
        ));
    };
    match group.as_str().parse() {
        Ok(seconds) if seconds > 0.0 => Ok(seconds),
        _ => Err(format!(
            "--clock found {:?}, not a time above 0",
            group.as_str()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_of_the_program_is_read() {
        let clock = regex::Regex::new("^time: ([0-9.]+) s").expect("a regex");
        assert_eq!(clock_of(&clock, "sum 5\ntime: 1.25 s on 2\n"), Ok(1.25));
        assert!(clock_of(&clock, "sum 5\n").is_err());
        assert!(clock_of(&clock, "time: 0.000 s\n").is_err());
    }

    #[test]
    fn counters_are_read_as_the_interpreter_writes_them() {
        let text = r#"{"mode": "free-threaded", "gil_build": false, "peak_kib": 5, "counters": {"merged": 3},
            "pauses": {"count": 2, "total_seconds": 0.5, "longest_seconds": 0.25, "histogram": [[1, 2]]}}"#;
        let counted: Counted = serde_json::from_str(text).expect("well formed");
        assert_eq!(counted.counters["merged"], 3);
        assert_eq!(counted.pauses.count, 2);
    }
}
