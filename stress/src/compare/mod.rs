//! `stress compare`: any program under the global lock and without, in one command.
//!
//! - `options.rs`: the command line; `measure.rs`: the runs
//! - `outcome.rs`: what the runs showed, and differences; `figures.rs`: medians, speedups, costs; `scaling.rs`: what
//!   holds the threads up
//! - `findings.rs`: differences and limits, told once for both; `table.rs`, `files.rs`, `plot.rs`, `html.rs`: the terminal, JSON and CSV, pictures, the report

mod figures;
mod files;
mod findings;
mod html;
mod measure;
mod options;
mod outcome;
mod plot;
mod scaling;
mod table;

use crate::regime::{Kind, Regime};
pub use files::quote;
pub use measure::progress;
use options::Options;
pub use outcome::first_difference;
use outcome::{Difference, Outcome};
use serde::Serialize;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Everything a report tells.
#[derive(Serialize)]
struct Comparison {
    /// The program, short.
    name: String,
    command_line: String,
    program: PathBuf,
    arguments: Vec<String>,
    threads: Vec<usize>,
    rounds: usize,
    work_grows_with_threads: bool,
    clock: String,
    cores: usize,
    machine: String,
    /// The part of the processors that other programs used meanwhile, if the system tells.
    used_by_others: Option<f64>,
    /// Once a round.
    cache_line_transfer_ns: Vec<f64>,
    regimes: Vec<Regime>,
    figures: Vec<figures::Figures>,
    costs: Vec<figures::Cost>,
    differences: Vec<Difference>,
    outcomes: Vec<Outcome>,
    budgets: Vec<scaling::Budget>,
    models: Vec<scaling::Model>,
    cells: Vec<measure::Cell>,
}

/// False if a run went wrong or regimes differ; an error for what the command line asks wrongly.
pub fn main(arguments: Vec<OsString>) -> Result<bool, String> {
    let words: Vec<String> = arguments
        .iter()
        .map(|word| quoted(&word.to_string_lossy()))
        .collect();
    let Some(options) = options::parse(arguments)? else {
        print!("{}", options::HELP);
        return Ok(true);
    };
    if !options.program.is_file() {
        return Err(format!("{} is no file", options.program.display()));
    }
    std::fs::create_dir_all(&options.out).map_err(|e| format!("{}: {e}", options.out.display()))?;
    let comparison = compare(&options, format!("stress compare {}", words.join(" ")));
    table::print(&comparison);
    println!();
    for sentence in comparison.verdict() {
        println!("{sentence}");
    }
    write(&comparison, &options.out)?;
    println!("\nreport: {}", options.out.join("report.html").display());
    Ok(comparison.is_good())
}

/// A word as a shell wants it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=,:+@".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_string(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

fn compare(options: &Options, command_line: String) -> Comparison {
    let regimes = options.choice.regimes();
    let measured = measure::measure(options, &regimes);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let figures = figures::figures(&measured, options.grows);
    let file = options.program.file_stem().unwrap_or_default();
    Comparison {
        name: file.to_string_lossy().into_owned(),
        command_line,
        program: options.program.clone(),
        arguments: options.arguments.clone(),
        threads: options.threads.clone(),
        rounds: options.runs,
        work_grows_with_threads: options.grows,
        clock: match &options.clock {
            Some(clock) => format!("the program's own ({})", clock.as_str()),
            None => "from the start of the process to its end".into(),
        },
        cores,
        machine: machine(cores),
        used_by_others: used_by_others(&measured, cores),
        costs: figures::costs(&measured, &regimes),
        differences: outcome::differences(&measured.seen, &options.threads),
        budgets: scaling::budgets(&figures, &regimes, cores, options.grows),
        models: scaling::models(&measured, &regimes, cores, options.grows),
        regimes,
        figures,
        outcomes: measured.outcomes,
        cache_line_transfer_ns: measured.transfers,
        cells: measured.cells,
    }
}

/// Which part of the processors others had while the runs were measured.
fn used_by_others(measured: &measure::Measured, cores: usize) -> Option<f64> {
    let (mut others, mut capacity) = (0.0, 0.0);
    for run in measured.cells.iter().flat_map(|cell| &cell.runs) {
        others += run.others_seconds?;
        capacity += run.wall_seconds * cores as f64;
    }
    (capacity > 0.0).then(|| others / capacity)
}

/// Processor and system, as far as they say who they are.
fn machine(cores: usize) -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let processor = read("/proc/cpuinfo")
        .lines()
        .find_map(|line| {
            Some(
                line.strip_prefix("model name")?
                    .split_once(':')?
                    .1
                    .trim()
                    .to_string(),
            )
        })
        .unwrap_or_else(|| "unknown processor".into());
    let system = read("/proc/sys/kernel/osrelease");
    format!(
        "{processor}, {cores} of its processors; {} {} {}",
        std::env::consts::OS,
        system.trim(),
        std::env::consts::ARCH
    )
}

impl Comparison {
    fn is_good(&self) -> bool {
        self.differences.is_empty() && self.figures.iter().all(|figures| figures.problem.is_none())
    }

    /// How it was measured.
    fn headline(&self) -> String {
        let work = match self.work_grows_with_threads {
            true => "the work grows with the threads",
            false => "the same work on every number of threads",
        };
        format!(
            "{}: {} rounds in turns on {} processors, time {}; {work}",
            self.name, self.rounds, self.cores, self.clock
        )
    }

    /// What has to be known to read the figures.
    fn notes(&self) -> Vec<String> {
        let summaries: Vec<_> = self
            .figures
            .iter()
            .flat_map(|figures| [figures.seconds, figures.speedup])
            .flatten()
            .filter(|summary| summary.count > 1)
            .collect();
        let mut notes = Vec::new();
        if !summaries.is_empty() {
            notes.push(table::interval_note(&summaries));
        }
        if self.threads.iter().any(|&threads| threads > self.cores) {
            notes.push(format!(
                "there are {} processors: more threads than that cannot be faster",
                self.cores
            ));
        }
        notes.extend(crate::transfer::told(&self.cache_line_transfer_ns));
        if let Some(share) = self.used_by_others.filter(|&share| share > 0.05) {
            notes.push(format!(
                "other programs used {:.0} % of the processors meanwhile: these are not the times of a quiet machine",
                100.0 * share
            ));
        }
        notes
    }

    /// The answers, in a few sentences.
    fn verdict(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        let free = self
            .regimes
            .iter()
            .position(|regime| regime.kind == Kind::Free);
        let best = self
            .figures
            .iter()
            .filter(|figures| Some(figures.regime) == free)
            .filter_map(|figures| Some((figures.threads, figures.speedup?)))
            .filter(|(threads, _)| *threads > self.threads[0])
            .max_by(|a, b| a.1.median.total_cmp(&b.1.median));
        if let Some((threads, speedup)) = best {
            sentences.push(format!(
                "Without the lock, {threads} threads make it {:.2} times as fast as {} ({:.2}..{:.2}).",
                speedup.median, self.threads[0], speedup.low, speedup.high
            ));
        }
        for cost in &self.costs {
            let regime = &self.regimes[cost.against];
            let more = |ratio: f64| (ratio - 1.0) * 100.0;
            let threads = match cost.threads {
                1 => "one thread".into(),
                n => format!("{n} threads"),
            };
            let what = match regime.kind {
                Kind::GilBuild => "Free threading costs on",
                _ => "The free-threaded build takes on",
            };
            sentences.push(format!(
                "{what} {threads}: {:+.1} % time against {} ({:+.1}..{:+.1}).",
                more(cost.ratio.median),
                regime.name,
                more(cost.ratio.low),
                more(cost.ratio.high)
            ));
        }
        for found in &self.differences {
            let threads = match found.threads {
                1 => "one thread".to_string(),
                n => format!("{n} threads"),
            };
            sentences.push(match found.varies_within {
                true => format!("THE RESULTS DIFFER on {threads}, even from run to run."),
                false => format!("THE RESULTS DIFFER between the regimes on {threads}."),
            });
        }
        let bad: Vec<_> = self
            .figures
            .iter()
            .filter(|figures| figures.problem.is_some())
            .collect();
        if !bad.is_empty() {
            sentences.push(format!(
                "{} of {} rows went wrong.",
                bad.len(),
                self.figures.len()
            ));
        }
        for same in bad.chunk_by(|a, b| a.regime == b.regime && a.problem == b.problem) {
            let threads: Vec<_> = same
                .iter()
                .map(|figures| figures.threads.to_string())
                .collect();
            sentences.push(format!(
                "{} on {} thread{}: {}",
                self.regimes[same[0].regime].name,
                threads.join(", "),
                if threads == ["1"] { "" } else { "s" },
                same[0].problem.as_deref().unwrap_or_default()
            ));
        }
        if self.is_good() {
            sentences.push("All regimes printed the same and ended the same way.".into());
        }
        sentences
    }
}

fn write(comparison: &Comparison, out: &Path) -> Result<(), String> {
    let save = |name: &str, bytes: &[u8]| {
        let path = out.join(name);
        std::fs::write(&path, bytes).map_err(|e| format!("{}: {e}", path.display()))
    };
    save("results.json", files::json(comparison)?.as_bytes())?;
    save("results.csv", files::csv(comparison).as_bytes())?;
    let pictures = plot::pictures(comparison);
    let mut drawn = Vec::new();
    for picture in &pictures {
        let svg = picture.svg()?;
        save(&format!("{}.svg", picture.name), svg.as_bytes())?;
        save(&format!("{}.png", picture.name), &picture.png()?)?;
        drawn.push((picture, svg));
    }
    // The overview is throughput and speedup in one, for other uses: the report has to place them by the width it gets.
    drawn.retain(|(picture, _)| picture.name != "overview");
    save("report.html", html::page(comparison, &drawn).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("--threads"), "--threads");
        assert_eq!(quoted("time: ([0-9.]+) s"), "'time: ([0-9.]+) s'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
    }
}
